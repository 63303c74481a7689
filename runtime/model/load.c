/* load.c - the text form of service models: one fact a line, one pass, no copies of names.
 *
 *     service eks protocol rest-json api 2017-11-01 endpoint eks sign eks id "EKS" [target P] [xmlns U] [host LABEL] [global] [querymode]
 *     op Name [METHOD /uri] [in S] [out S] [root E] [wrapper W] [page A>B [limit L] list X [more M]] [checksum] [unsigned] [status N]
 *       errors Code ...
 *     struct Name [payload Member]
 *       Member[!] type [>sent] [<read] [=both] [@location] [token] [secret] [flat] [attr] [stream] [xmlns U]
 *     enum Name VALUE "VALUE WITH SPACES" ...
 *
 * type: string bool int long float double time[:format] blob Name [type element flat] {type key: type value flat}, with (lo..hi) after scalars
 * and lists. A name may be used before its line; each must be defined once. Anything else is an error with its line. */
#include <stdlib.h>
#include <string.h>
#include "kc/arena.h"
#include "kc/map.h"
#include "load.h"

enum { MAX_MEMBERS = 1024, MAX_WORDS = 1024, MAX_NESTING = 16 };

struct named {                                             /* a struct or enum, perhaps only mentioned so far */
    struct shape shape;                                    /* first: pointers to it are pointers to the shape */
    bool defined;
    size_t line;                                           /* of the first mention */
};

struct load {
    struct arena *a;
    const char *p, *end;                                   /* the rest of the current line */
    struct str rest;                                       /* lines after it */
    size_t line;
    struct service *service;
    struct map names;                                      /* shape name -> struct named */
    struct operation *ops; size_t nops, capops;            /* in the arena, grown by copying */
    bool after_op;                                         /* an "errors" line may come */
    struct named *open;                                    /* the struct whose members come, or NULL */
    struct str payload;                                    /* its payload member's name */
    size_t nmembers;
    struct member members[MAX_MEMBERS];
    struct str words[MAX_WORDS];
    struct str why;
};

static bool bad(struct load *l, const char *what, struct str near)
{
    if (!l->why.n)
        l->why = str_fmt(l->a, "model %.*s, line %zu: %s%s%.*s%s", STR_ARG(l->service->name), l->line, what, near.n ? " '" : "", STR_ARG(near),
                         near.n ? "'" : "");
    return false;
}

/* ---- words ---- */

static bool at_end(const struct load *l)
{
    return l->p == l->end;
}

static void skip_spaces(struct load *l)
{
    while (l->p < l->end && *l->p == ' ')
        l->p++;
}

/* The next word of the line, without quotes; empty at its end. */
static struct str word(struct load *l)
{
    skip_spaces(l);
    const char *from = l->p;
    if (from < l->end && *from == '"') {
        const char *close = memchr(from + 1, '"', (size_t)(l->end - from - 1));
        if (!close) {
            bad(l, "a quote is not closed", STR(""));
            l->p = l->end;
            return STR_NONE;
        }
        l->p = close + 1;
        return (struct str){ from + 1, (size_t)(close - from - 1) };
    }
    while (l->p < l->end && *l->p != ' ')
        l->p++;
    return (struct str){ from, (size_t)(l->p - from) };
}

/* A word inside a type: ends at a bracket, brace, parenthesis or colon too. */
static struct str type_word(struct load *l)
{
    const char *from = l->p;
    while (l->p < l->end && !strchr(" ]}():", *l->p))
        l->p++;
    return (struct str){ from, (size_t)(l->p - from) };
}

static bool eat(struct load *l, char c)
{
    if (l->p == l->end || *l->p != c)
        return false;
    l->p++;
    return true;
}

/* ---- names ---- */

static struct named *mention(struct load *l, struct str name)
{
    struct named *n = map_get(&l->names, name);
    if (n)
        return n;
    n = ARENA_NEW(l->a, struct named);
    n->shape.name = name;
    n->line = l->line;
    map_put(&l->names, name, n);
    return n;
}

static struct named *define(struct load *l, enum shape_kind kind)
{
    struct str name = word(l);
    if (!name.n) {
        bad(l, "a name is missing", STR(""));
        return NULL;
    }
    struct named *n = mention(l, name);
    if (n->defined) {
        bad(l, "defined twice:", name);
        return NULL;
    }
    n->defined = true;
    n->shape.kind = kind;
    return n;
}

/* ---- types ---- */

static const struct shape scalars[] = {
    { .kind = SHAPE_STRING }, { .kind = SHAPE_BOOL }, { .kind = SHAPE_INT }, { .kind = SHAPE_LONG },
    { .kind = SHAPE_FLOAT }, { .kind = SHAPE_DOUBLE }, { .kind = SHAPE_TIME }, { .kind = SHAPE_BLOB },
};
static const char *const scalar_names[] = { "string", "bool", "int", "long", "float", "double", "time", "blob" };

static const struct shape times[] = {
    { .kind = SHAPE_TIME, .time = TIME_ISO8601 }, { .kind = SHAPE_TIME, .time = TIME_RFC822 }, { .kind = SHAPE_TIME, .time = TIME_UNIX },
};
static const char *const time_names[] = { "iso8601", "rfc822", "unixTimestamp" };

static const struct shape *read_type(struct load *l, unsigned depth);

/* One side of "(lo..hi)". */
static bool read_bound(struct load *l, bool *has, double *out)
{
    char digits[32];
    size_t n = 0;
    while (l->p < l->end && n < sizeof digits - 1 && (strchr("-0123456789e+", *l->p) || (*l->p == '.' && l->p + 1 < l->end && l->p[1] != '.')))
        digits[n++] = *l->p++;
    digits[n] = '\0';
    if (!n)
        return true;
    char *stop;
    *out = strtod(digits, &stop);
    *has = true;
    return !*stop;
}

static const struct shape *with_bounds(struct load *l, const struct shape *s)
{
    if (!eat(l, '('))
        return s;
    struct shape *copy = arena_copy(l->a, s, sizeof *s);
    if (!read_bound(l, &copy->has_lo, &copy->lo) || !eat(l, '.') || !eat(l, '.') || !read_bound(l, &copy->has_hi, &copy->hi) || !eat(l, ')')) {
        bad(l, "bounds are written (lo..hi)", STR(""));
        return NULL;
    }
    return copy;
}

/* After the last type of a list or map: [element name] [flat], and the closing bracket. */
static bool read_tail(struct load *l, struct shape *s, char close)
{
    while (eat(l, ' ')) {
        struct str w = type_word(l);
        if (str_is(w, "flat"))
            s->flat = true;
        else if (w.n && !s->elem_wire.n)
            s->elem_wire = w;
        else
            return bad(l, "unexpected word in a type", w);
    }
    return eat(l, close) || bad(l, "a type is not closed", STR(""));
}

static const struct shape *read_list(struct load *l, unsigned depth)
{
    struct shape *s = ARENA_NEW(l->a, struct shape);
    s->kind = SHAPE_LIST;
    s->elem = read_type(l, depth);
    if (!s->elem || !read_tail(l, s, ']'))
        return NULL;
    return with_bounds(l, s);
}

static const struct shape *read_map(struct load *l, unsigned depth)
{
    struct shape *s = ARENA_NEW(l->a, struct shape);
    s->kind = SHAPE_MAP;
    s->key = read_type(l, depth);
    if (!s->key)
        return NULL;
    if (eat(l, ' '))
        s->key_wire = type_word(l);
    if (!eat(l, ':') || !eat(l, ' ')) {
        bad(l, "a map is written {key: value}", STR(""));
        return NULL;
    }
    s->elem = read_type(l, depth);
    return s->elem && read_tail(l, s, '}') ? s : NULL;
}

static const struct shape *read_time(struct load *l)
{
    if (!eat(l, ':'))
        return &scalars[6];
    struct str w = type_word(l);
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (str_is(w, time_names[i]))
            return &times[i];
    bad(l, "no such time format:", w);
    return NULL;
}

static const struct shape *read_type(struct load *l, unsigned depth)
{
    if (depth == MAX_NESTING) {
        bad(l, "a type is nested too deep", STR(""));
        return NULL;
    }
    if (eat(l, '['))
        return read_list(l, depth + 1);
    if (eat(l, '{'))
        return read_map(l, depth + 1);
    struct str w = type_word(l);
    if (!w.n) {
        bad(l, "a type is missing", STR(""));
        return NULL;
    }
    if (w.s[0] >= 'a' && w.s[0] <= 'z')
        for (size_t i = 0; i < sizeof scalars / sizeof *scalars; i++)
            if (str_is(w, scalar_names[i]))
                return scalars[i].kind == SHAPE_TIME ? read_time(l) : with_bounds(l, &scalars[i]);
    return &mention(l, w)->shape;
}

/* ---- members ---- */

static struct str lower_first(struct load *l, struct str name)
{
    if (!name.n || name.s[0] < 'A' || name.s[0] > 'Z')
        return name;
    char *s = arena_copy(l->a, name.s, name.n);
    s[0] = (char)(s[0] - 'A' + 'a');
    return (struct str){ s, name.n };
}

static const struct { const char *text; enum location location; } locations[] = {
    { "@uri", LOCATION_URI }, { "@header", LOCATION_HEADER }, { "@headers", LOCATION_HEADERS },
    { "@querystring", LOCATION_QUERY }, { "@statusCode", LOCATION_STATUS },
};

static bool set_location(struct member *m, struct str w)
{
    for (size_t i = 0; i < sizeof locations / sizeof *locations; i++)
        if (str_is(w, locations[i].text)) {
            m->location = locations[i].location;
            return true;
        }
    return false;
}

/* One word after a member's type. */
static bool set_fact(struct load *l, struct member *m, struct str w)
{
    struct str rest = str_sub(w, 1, w.n);
    if (w.s[0] == '@')
        return set_location(m, w);
    if (w.s[0] == '>' || w.s[0] == '=')
        m->wire_in = rest;
    if (w.s[0] == '<' || w.s[0] == '=')
        m->wire_out = rest;
    if (strchr("<>=", w.s[0]))
        return rest.n > 0;
    if (str_is(w, "xmlns")) {
        m->xmlns = word(l);
        return m->xmlns.n > 0;
    }
    bool *flag = str_is(w, "token") ? &m->token : str_is(w, "secret") ? &m->secret : str_is(w, "flat") ? &m->flat
               : str_is(w, "attr") ? &m->attribute : str_is(w, "stream") ? &m->stream : NULL;
    if (!flag)
        return false;
    return *flag = true;
}

static bool read_member(struct load *l)
{
    if (l->nmembers == MAX_MEMBERS)
        return bad(l, "too many members", STR(""));
    struct member *m = &l->members[l->nmembers++];
    *m = (struct member){ 0 };
    m->name = word(l);
    if (str_ends(m->name, STR("!"))) {
        m->required = true;
        m->name.n--;
    }
    if (!m->name.n)
        return bad(l, "a member's name is missing", STR(""));
    skip_spaces(l);
    m->shape = read_type(l, 0);
    if (!m->shape)
        return false;
    if (m->shape->kind == SHAPE_LIST || m->shape->kind == SHAPE_MAP)
        m->flat = m->shape->flat;
    for (struct str w = word(l); w.n; w = word(l))
        if (!set_fact(l, m, w))
            return bad(l, "no such fact of a member:", w);
    if (!m->wire_in.n)
        m->wire_in = m->name;
    if (!m->wire_out.n)
        m->wire_out = l->service->protocol == PROTOCOL_EC2 ? lower_first(l, m->name) : m->name;
    return !l->why.n;
}

/* The members collected for the open struct become its own. */
static bool close_struct(struct load *l)
{
    if (!l->open)
        return true;
    struct shape *s = &l->open->shape;
    struct member *members = arena_copy(l->a, l->members, l->nmembers * sizeof *l->members);
    s->members = members;
    s->nmembers = l->nmembers;
    l->open = NULL;
    if (!l->payload.n)
        return true;
    s->payload = model_member(s, l->payload);
    return s->payload || bad(l, "the struct before has no payload member", l->payload);
}

/* ---- lines ---- */

static bool read_struct(struct load *l)
{
    l->open = define(l, SHAPE_STRUCT);
    if (!l->open)
        return false;
    l->nmembers = 0;
    l->payload = STR_NONE;
    struct str w = word(l);
    if (str_is(w, "payload"))
        l->payload = word(l);
    else if (w.n)
        return bad(l, "no such fact of a struct:", w);
    return true;
}

/* The words to the end of the line, copied to the arena. */
static const struct str *read_words(struct load *l, size_t *n)
{
    *n = 0;
    for (skip_spaces(l); !at_end(l); skip_spaces(l)) {
        if (*n == MAX_WORDS) {
            bad(l, "too many words", STR(""));
            return NULL;
        }
        l->words[(*n)++] = word(l);
    }
    return arena_copy(l->a, l->words, *n * sizeof *l->words);
}

static bool read_enum(struct load *l)
{
    struct named *n = define(l, SHAPE_ENUM);
    if (!n)
        return false;
    n->shape.values = read_words(l, &n->shape.nvalues);
    return n->shape.nvalues > 0 || bad(l, "an enum without values:", n->shape.name);
}

static struct operation *add_op(struct load *l)
{
    if (l->nops == l->capops) {
        size_t cap = l->capops ? 2 * l->capops : 32;
        struct operation *ops = ARENA_ARRAY(l->a, struct operation, cap);
        if (l->nops)
            memcpy(ops, l->ops, l->nops * sizeof *ops);
        l->ops = ops;
        l->capops = cap;
    }
    return &l->ops[l->nops++];
}

static bool read_page(struct load *l, struct operation *op)
{
    struct str tokens = word(l);
    size_t arrow = str_find(tokens, STR(">"));
    if (arrow == SIZE_MAX)
        return bad(l, "paging is written reply>request, not", tokens);
    op->page.token_out = str_sub(tokens, 0, arrow);
    op->page.token_in = str_sub(tokens, arrow + 1, tokens.n);
    return true;
}

/* One word of an op line, and what belongs to it. */
static bool set_op_fact(struct load *l, struct operation *op, struct str w)
{
    struct str *text = str_is(w, "root") ? &op->root : str_is(w, "wrapper") ? &op->wrapper : str_is(w, "limit") ? &op->page.limit
                     : str_is(w, "list") ? &op->page.list : str_is(w, "more") ? &op->page.more : NULL;
    int64_t status;
    if (text)
        *text = word(l);
    else if (str_is(w, "in"))
        op->in = &mention(l, word(l))->shape;
    else if (str_is(w, "out"))
        op->out = &mention(l, word(l))->shape;
    else if (str_is(w, "page"))
        return read_page(l, op);
    else if (str_is(w, "checksum"))
        op->checksum = true;
    else if (str_is(w, "unsigned"))
        op->unsigned_ = true;
    else if (str_is(w, "status") && str_int(word(l), &status) && status >= 100 && status <= 599)
        op->status = (int)status;
    else
        return bad(l, "no such fact of an operation:", w);
    return true;
}

static bool read_op(struct load *l)
{
    struct operation *op = add_op(l);
    *op = (struct operation){ .name = word(l), .method = STR("POST"), .uri = STR("/"), .status = 200, .service = l->service };
    struct str w = word(l);
    if (str_is(w, "GET") || str_is(w, "PUT") || str_is(w, "POST") || str_is(w, "DELETE") || str_is(w, "HEAD") || str_is(w, "PATCH")) {
        op->method = w;
        op->uri = word(l);
        if (!str_starts(op->uri, STR("/")))
            return bad(l, "a path begins with /:", op->uri);
        w = word(l);
    }
    for (; w.n; w = word(l))
        if (!set_op_fact(l, op, w))
            return false;
    if (l->service->protocol == PROTOCOL_QUERY && op->out && !op->wrapper.n)
        op->wrapper = str_fmt(l->a, "%.*sResult", STR_ARG(op->name));
    return op->name.n > 0 || bad(l, "a name is missing", STR(""));
}

static const struct { const char *text; enum protocol protocol; } protocols[] = {
    { "ec2", PROTOCOL_EC2 }, { "query", PROTOCOL_QUERY }, { "rest-json", PROTOCOL_REST_JSON },
    { "rest-xml", PROTOCOL_REST_XML }, { "json-1.0", PROTOCOL_JSON_10 }, { "json-1.1", PROTOCOL_JSON_11 },
};

static bool set_protocol(struct load *l, struct str w)
{
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
        if (str_is(w, protocols[i].text)) {
            l->service->protocol = protocols[i].protocol;
            return true;
        }
    return bad(l, "no such protocol:", w);
}

static bool set_service_fact(struct load *l, struct service *s, struct str w)
{
    struct str *text = str_is(w, "api") ? &s->api : str_is(w, "endpoint") ? &s->endpoint : str_is(w, "sign") ? &s->sign
                     : str_is(w, "id") ? &s->id : str_is(w, "target") ? &s->target : str_is(w, "xmlns") ? &s->xmlns : str_is(w, "host") ? &s->host : NULL;
    if (text) {
        *text = word(l);
        return text->n > 0 || bad(l, "a value is missing after", w);
    }
    if (str_is(w, "protocol"))
        return set_protocol(l, word(l));
    if (str_is(w, "global"))
        return s->global = true;
    if (str_is(w, "querymode"))
        return s->querymode = true;
    return bad(l, "no such fact of a service:", w);
}

static bool read_service(struct load *l)
{
    struct service *s = l->service;
    struct str name = word(l);
    if (l->line != 1)
        return bad(l, "only the first line names the service", STR(""));
    if (!str_eq(name, s->name))
        return bad(l, "this is the model of another service:", name);
    for (struct str w = word(l); w.n; w = word(l))
        if (!set_service_fact(l, s, w))
            return false;
    return (s->api.n && s->endpoint.n && s->sign.n && s->id.n) || bad(l, "api, endpoint, sign and id must be there", STR(""));
}

/* An indented line: a member of the open struct, or the errors of the operation before. */
static bool read_indented(struct load *l)
{
    if (l->open)
        return read_member(l);
    if (!l->after_op || !str_is(word(l), "errors"))
        return bad(l, "this line belongs to nothing", STR(""));
    l->after_op = false;
    struct operation *op = &l->ops[l->nops - 1];
    op->errors = read_words(l, &op->nerrors);
    return op->errors != NULL;
}

static bool read_line(struct load *l)
{
    if (at_end(l))
        return bad(l, "an empty line", STR(""));
    if (*l->p == ' ')
        return read_indented(l);
    if (!close_struct(l))
        return false;
    struct str w = word(l);
    l->after_op = str_is(w, "op");
    if ((l->line == 1) != str_is(w, "service"))
        return bad(l, "the first line, and no other, is the service's", STR(""));
    if (str_is(w, "service"))
        return read_service(l);
    if (str_is(w, "op"))
        return read_op(l);
    if (str_is(w, "struct"))
        return read_struct(l);
    if (str_is(w, "enum"))
        return read_enum(l);
    return bad(l, "a line begins with service, op, struct or enum, not", w);
}

/* What a single line cannot know: names are defined, inputs and outputs are structs. */
static bool finish(struct load *l)
{
    if (!close_struct(l))
        return false;
    for (size_t i = 0; i < l->names.n; i++) {
        const struct named *n = l->names.e[i].value;
        l->line = n->line;
        if (!n->defined)
            return bad(l, "no such type:", n->shape.name);
    }
    for (size_t i = 0; i < l->nops; i++) {
        const struct operation *op = &l->ops[i];
        if ((op->in && op->in->kind != SHAPE_STRUCT) || (op->out && op->out->kind != SHAPE_STRUCT))
            return bad(l, "input and output are structs in", op->name);
    }
    l->service->operations = l->ops;
    l->service->noperations = l->nops;
    return l->nops > 0 || bad(l, "a service without operations", STR(""));
}

struct service *load_service(struct arena *a, struct str name, struct str text, struct str *why)
{
    struct arena *scratch = arena_new();
    struct load *l = ARENA_NEW(scratch, struct load);
    l->a = a;
    l->service = ARENA_NEW(a, struct service);
    l->service->name = str_dup(a, name);
    l->rest = text;
    bool ok = true;
    struct str line;
    while (ok && str_cut(&l->rest, '\n', &line)) {
        l->line++;
        l->p = line.s;
        l->end = line.s + line.n;
        if (l->rest.s || line.n)                           /* nothing after the last newline is no line */
            ok = read_line(l);
    }
    ok = ok && finish(l) && !l->why.n;
    struct service *service = ok ? l->service : NULL;
    *why = l->why;
    map_fini(&l->names);
    arena_free(scratch);
    return service;
}
