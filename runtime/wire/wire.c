/* wire.c - an input tree as an HTTP request, driven by the model alone; what all protocols share, and the HTTP parts of the rest ones.
 * The rules are those of docs/design.md, Wire. One fact that models do not carry is recognised by form: a rest-xml label value that is itself a path
 * ("/hostedzone/Z1", as Route 53 shows ids) is its last segment. */
#include <stdio.h>
#include <string.h>
#include "kc/arena.h"
#include "kc/hash.h"
#include "kc/json.h"
#include "wire.h"

enum { MAX_HEADERS = 128 };

/* ---- messages ---- */

struct at at_member(const struct at *up, struct str name)
{
    return (struct at){ up, name, 0, up ? up->depth + 1 : 1 };
}

struct at at_index(const struct at *up, size_t index)
{
    return (struct at){ up, STR_NONE, index, up ? up->depth + 1 : 1 };
}

static void print_path(struct buf *b, const struct at *at)
{
    if (!at)
        return;
    print_path(b, at->up);
    if (!at->name.n)
        buf_fmt(b, "[%zu]", at->index);
    else
        buf_fmt(b, "%s%.*s", b->n ? "." : "", STR_ARG(at->name));
}

bool refuse(struct writing *w, const struct at *at, const char *fmt, ...)
{
    struct buf b = { 0 };
    va_list args;
    print_path(&b, at);
    if (b.n)
        buf_cstr(&b, ": ");
    va_start(args, fmt);
    buf_vfmt(&b, fmt, args);
    va_end(args);
    if (w->why)
        *w->why = buf_take(&b, w->a);
    else
        buf_fini(&b);
    return false;
}

/* ---- shared checks ---- */

static bool check_known(struct writing *w, const struct at *at, const struct value *v)
{
    return v->kind != VALUE_UNKNOWN || refuse(w, at, "the value is not known yet");
}

bool check_container(struct writing *w, const struct at *at, const struct shape *s, const struct value *v)
{
    bool list = s->kind == SHAPE_LIST;
    if (!check_known(w, at, v))
        return false;
    if (v->kind != (list ? VALUE_LIST : VALUE_OBJECT))
        return refuse(w, at, "must be %s, not %s", list ? "a list" : s->kind == SHAPE_MAP ? "a map" : "an object", value_kind_name(v->kind));
    return !at || at->depth <= WIRE_DEPTH || refuse(w, at, "nested deeper than %d levels", WIRE_DEPTH);
}

static bool unknown_member(struct writing *w, const struct at *at, const struct shape *s, struct str name)
{
    struct at here = at_member(at, name);
    size_t best = 4;
    struct str near = STR_NONE;
    for (size_t i = 0; i < s->nmembers; i++) {
        size_t d = str_distance(s->members[i].name, name, 3);
        if (d < best) {
            best = d;
            near = s->members[i].name;
        }
    }
    if (near.n)
        return refuse(w, &here, "%.*s has no such member; did you mean %.*s?", STR_ARG(s->name), STR_ARG(near));
    return refuse(w, &here, "%.*s has no such member", STR_ARG(s->name));
}

const struct value **bind_members(struct writing *w, const struct at *at, const struct shape *s, const struct value *v)
{
    if (!check_container(w, at, s, v))
        return NULL;
    const struct value **out = ARENA_ARRAY(w->a, const struct value *, s->nmembers + 1);
    for (size_t i = 0; i < v->object.n; i++) {
        const struct pair *p = &v->object.v[i];
        const struct member *m = model_match(s, p->key);
        if (!m) {
            unknown_member(w, at, s, p->key);
            return NULL;
        }
        struct at here = at_member(at, m->name);
        if (out[m - s->members]) {
            refuse(w, &here, "given twice");
            return NULL;
        }
        if (p->value->kind != VALUE_NONE)
            out[m - s->members] = p->value;
    }
    for (size_t i = 0; i < s->nmembers; i++) {
        struct at here = at_member(at, s->members[i].name);
        if (s->members[i].required && !out[i]) {
            refuse(w, &here, "is required");
            return NULL;
        }
    }
    return out;
}

/* ---- scalars ---- */

static bool string_text(struct writing *w, const struct at *at, const struct value *v, struct str *out)
{
    if (v->kind == VALUE_LIST || v->kind == VALUE_OBJECT || v->kind == VALUE_REF || v->kind == VALUE_NONE)
        return refuse(w, at, "must be a string, not %s", value_kind_name(v->kind));
    *out = v->kind == VALUE_STRING ? v->s : value_text(w->a, v);
    return str_utf8(*out) || refuse(w, at, "is not UTF-8 text");
}

static bool whole_number(const struct value *v, int64_t *out)
{
    if (v->kind == VALUE_INT)
        return *out = v->i, true;
    if (v->kind != VALUE_FLOAT || !(v->f >= -9007199254740992.0 && v->f <= 9007199254740992.0) || (double)(int64_t)v->f != v->f)
        return false;
    return *out = (int64_t)v->f, true;
}

static bool int_text(struct writing *w, const struct at *at, const struct shape *s, const struct value *v, struct str *out)
{
    int64_t i;
    if (!whole_number(v, &i))
        return refuse(w, at, "must be a whole number, not %s", value_kind_name(v->kind));
    if (s->kind == SHAPE_INT && (i < INT32_MIN || i > INT32_MAX))
        return refuse(w, at, "%lld does not fit in 32 bits", (long long)i);
    *out = str_fmt(w->a, "%lld", (long long)i);
    return true;
}

static bool float_text(struct writing *w, const struct at *at, const struct value *v, struct str *out)
{
    if (v->kind != VALUE_INT && v->kind != VALUE_FLOAT)
        return refuse(w, at, "must be a number, not %s", value_kind_name(v->kind));
    if (v->kind == VALUE_INT)
        return *out = str_fmt(w->a, "%lld", (long long)v->i), true;
    char text[40];
    double back = 0;
    for (int digits = 15; digits <= 17; digits++) {        /* the shortest that reads back the same */
        snprintf(text, sizeof text, "%.*g", digits, v->f);
        if (sscanf(text, "%lf", &back) == 1 && memcmp(&back, &v->f, sizeof back) == 0)
            break;
    }
    return *out = str_dup(w->a, str_of(text)), true;
}

static bool time_value(struct writing *w, const struct at *at, const struct value *v, int64_t *ms)
{
    if (v->kind == VALUE_INT)
        *ms = v->i;
    else if (v->kind != VALUE_STRING || !time_parse(v->s, ms))
        return refuse(w, at, "must be a time such as \"2026-01-31T12:00:00Z\"");
    return date_in_range(*ms) || refuse(w, at, "the time is outside the years 1 to 9999");
}

bool scalar_text(struct writing *w, const struct at *at, const struct shape *s, const struct value *v, enum time_format fallback, struct str *out)
{
    int64_t ms;
    if (!check_known(w, at, v))
        return false;
    switch (s->kind) {
    case SHAPE_STRING:
    case SHAPE_ENUM:
        return string_text(w, at, v, out);
    case SHAPE_BOOL:
        if (v->kind != VALUE_BOOL)
            return refuse(w, at, "must be true or false, not %s", value_kind_name(v->kind));
        return *out = v->b ? STR("true") : STR("false"), true;
    case SHAPE_INT:
    case SHAPE_LONG:
        return int_text(w, at, s, v, out);
    case SHAPE_FLOAT:
    case SHAPE_DOUBLE:
        return float_text(w, at, v, out);
    case SHAPE_TIME:
        if (!time_value(w, at, v, &ms))
            return false;
        return *out = time_text(w->a, ms, s->time == TIME_DEFAULT ? fallback : s->time), true;
    case SHAPE_BLOB:
        if (v->kind != VALUE_STRING)
            return refuse(w, at, "must be a string, not %s", value_kind_name(v->kind));
        return *out = base64(w->a, v->s), true;
    default:
        return refuse(w, at, "a list or object cannot stand here");
    }
}

struct str percent_encode(struct arena *a, struct str text, bool keep_slash)
{
    static const char hexdigits[] = "0123456789ABCDEF";
    char *out = arena_array(a, text.n, 3);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.s[i];
        bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
        if (plain || (keep_slash && c == '/')) {
            out[n++] = (char)c;
        } else {
            out[n++] = '%';
            out[n++] = hexdigits[c >> 4];
            out[n++] = hexdigits[c & 15];
        }
    }
    return (struct str){ out, n };
}

/* ---- headers ---- */

static bool add_header(struct writing *w, struct wire *out, const struct at *at, struct str name, struct str value)
{
    if (out->nheaders == MAX_HEADERS)
        return refuse(w, at, "more than %d headers", MAX_HEADERS);
    for (size_t i = 0; i < value.n; i++)
        if ((unsigned char)value.s[i] < 0x20 && value.s[i] != '\t')
            return refuse(w, at, "a header cannot hold a line break or control character");
    for (size_t i = 0; i < name.n; i++)
        if (!strchr("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", name.s[i]))
            return refuse(w, at, "'%.*s' is not a header name", STR_ARG(name));
    out->headers[out->nheaders++] = (struct header){ name, value };
    return true;
}

static bool has_header(const struct wire *out, struct str name)
{
    for (size_t i = 0; i < out->nheaders; i++)
        if (str_caseeq(out->headers[i].name, name))
            return true;
    return false;
}

/* Elements joined by commas; an element with a comma or quote is quoted. */
static bool list_header(struct writing *w, const struct at *at, const struct shape *s, const struct value *v, struct str *out)
{
    struct buf b = { 0 };
    bool ok = check_container(w, at, s, v);
    for (size_t i = 0; ok && i < v->list.n; i++) {
        struct at here = at_index(at, i);
        struct str text;
        ok = scalar_text(w, &here, s->elem, v->list.v[i], TIME_RFC822, &text);
        if (!ok)
            break;
        bool quote = str_find(text, STR(",")) != SIZE_MAX || str_find(text, STR("\"")) != SIZE_MAX;
        buf_cstr(&b, i ? (quote ? ",\"" : ",") : quote ? "\"" : "");
        for (size_t k = 0; k < text.n; k++) {
            if (quote && text.s[k] == '"')
                buf_putc(&b, '\\');
            buf_putc(&b, text.s[k]);
        }
        if (quote)
            buf_putc(&b, '"');
    }
    *out = buf_take(&b, w->a);
    return ok;
}

static bool header_member(struct writing *w, struct wire *out, const struct at *at, const struct member *m, const struct value *v)
{
    struct str text;
    if (m->shape->kind == SHAPE_LIST) {
        if (!list_header(w, at, m->shape, v, &text))
            return false;
        return !v->list.n || add_header(w, out, at, m->wire_in, text);
    }
    return scalar_text(w, at, m->shape, v, TIME_RFC822, &text) && add_header(w, out, at, m->wire_in, text);
}

static bool header_map(struct writing *w, struct wire *out, const struct at *at, const struct member *m, const struct value *v)
{
    if (!check_container(w, at, m->shape, v))
        return false;
    for (size_t i = 0; i < v->object.n; i++) {
        struct at here = at_member(at, v->object.v[i].key);
        struct str text, name = str_fmt(w->a, "%.*s%.*s", STR_ARG(m->wire_in), STR_ARG(v->object.v[i].key));
        if (!scalar_text(w, &here, m->shape->elem, v->object.v[i].value, TIME_RFC822, &text) || !add_header(w, out, &here, name, text))
            return false;
    }
    return true;
}

/* ---- query ---- */

static bool add_query(struct writing *w, struct buf *q, const struct at *at, struct str key, const struct shape *s, const struct value *v)
{
    struct str text;
    if (s->kind == SHAPE_LIST) {
        if (!check_container(w, at, s, v))
            return false;
        for (size_t i = 0; i < v->list.n; i++) {
            struct at here = at_index(at, i);
            if (!add_query(w, q, &here, key, s->elem, v->list.v[i]))
                return false;
        }
        return true;
    }
    if (s->kind == SHAPE_MAP) {
        if (!check_container(w, at, s, v))
            return false;
        for (size_t i = 0; i < v->object.n; i++) {
            struct at here = at_member(at, v->object.v[i].key);
            if (!add_query(w, q, &here, v->object.v[i].key, s->elem, v->object.v[i].value))
                return false;
        }
        return true;
    }
    if (!scalar_text(w, at, s, v, TIME_ISO8601, &text))
        return false;
    if (q->n)
        buf_putc(q, '&');
    buf_str(q, percent_encode(w->a, key, false));
    buf_putc(q, '=');
    buf_str(q, percent_encode(w->a, text, false));
    return true;
}

/* ---- path ---- */

static struct str last_segment(struct str path)
{
    size_t from = path.n;
    while (from && path.s[from - 1] != '/')
        from--;
    return str_sub(path, from, path.n);
}

static bool label_text(struct writing *w, const struct value *const *v, struct str label, bool greedy, struct str *out)
{
    const struct shape *in = w->op->in;
    for (size_t i = 0; in && i < in->nmembers; i++) {
        const struct member *m = &in->members[i];
        if (m->location != LOCATION_URI || !str_eq(m->wire_in, label))
            continue;
        struct at here = at_member(NULL, m->name);
        if (!v[i])
            return refuse(w, &here, "is required");
        if (!scalar_text(w, &here, m->shape, v[i], TIME_ISO8601, out))
            return false;
        if (!greedy && w->op->service->protocol == PROTOCOL_REST_XML && str_starts(*out, STR("/")))
            *out = last_segment(*out);
        if (!out->n)
            return refuse(w, &here, "must not be empty: it is a part of the path");
        if (str_is(*out, ".") || str_is(*out, ".."))
            return refuse(w, &here, "\"%.*s\" cannot be a part of a path", STR_ARG(*out));
        return true;
    }
    return refuse(w, NULL, "the model's path has a label {%.*s} that no member fills", STR_ARG(label));
}

/* Virtual-host addressing: the service's label at the beginning becomes the host prefix, and the path begins after it. */
static bool take_host(struct writing *w, const struct value *const *v, struct str *uri, struct str *prefix)
{
    struct str name = w->op->service->host, label = str_fmt(w->a, "/{%.*s}", STR_ARG(name));
    if (!name.n || !str_starts(*uri, label))
        return true;
    if (!label_text(w, v, name, false, prefix))
        return false;
    for (size_t i = 0; i < prefix->n; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_", prefix->s[i]) || prefix->n > 255) {
            struct at here = at_member(NULL, name);
            return refuse(w, &here, "\"%.*s\" cannot be a part of a host's name", STR_ARG(*prefix));
        }
    *uri = str_sub(*uri, label.n, uri->n);
    return true;
}

static bool write_path(struct writing *w, const struct value *const *v, struct str uri, struct buf *path)
{
    for (size_t i = 0; i < uri.n; i++) {
        if (uri.s[i] != '{') {
            buf_putc(path, uri.s[i]);
            continue;
        }
        size_t end = str_find(str_sub(uri, i, uri.n), STR("}"));
        if (end == SIZE_MAX)
            return refuse(w, NULL, "the model's path is broken");
        struct str text, label = str_sub(uri, i + 1, i + end);
        bool greedy = str_ends(label, STR("+"));
        label.n -= greedy;
        if (!label_text(w, v, label, greedy, &text))
            return false;
        buf_str(path, percent_encode(w->a, text, greedy));
        i += end;
    }
    return true;
}

static bool write_target(struct writing *w, const struct value *const *v, struct wire *out)
{
    struct str uri = w->op->uri;
    struct buf path = { 0 }, query = { 0 };
    bool ok = take_host(w, v, &uri, &out->host_prefix);
    size_t mark = str_find(uri, STR("?"));
    if (mark != SIZE_MAX) {
        buf_str(&query, str_sub(uri, mark + 1, uri.n));
        uri.n = mark;
    }
    if (!str_starts(uri, STR("/")))
        buf_putc(&path, '/');
    ok = ok && write_path(w, v, uri, &path);
    for (size_t i = 0; ok && w->op->in && i < w->op->in->nmembers; i++) {
        const struct member *m = &w->op->in->members[i];
        struct at here = at_member(NULL, m->name);
        if (m->location == LOCATION_QUERY && v[i])
            ok = add_query(w, &query, &here, m->wire_in, m->shape, v[i]);
    }
    out->path = buf_take(&path, w->a);
    out->query = buf_take(&query, w->a);
    return ok;
}

/* ---- bodies ---- */

static bool json_body(struct writing *w, const struct value *tree, struct wire *out)
{
    if (!tree)
        return false;
    struct buf b = { .limit = WIRE_BODY };
    json_write(&b, tree, JSON_PLAIN, true);
    bool ok = !b.failed || refuse(w, NULL, "the request is larger than 32 MiB");
    out->body = buf_take(&b, w->a);
    return ok;
}

/* A file that is sent in pieces. */
static const struct body_file *file_of(struct arena *a, const struct digest *d)
{
    struct body_file *f = ARENA_NEW(a, struct body_file);
    *f = (struct body_file){ .path = d->path, .size = d->size, .changed = d->changed };
    memcpy(f->sha256, d->sum, sizeof f->sha256);
    return f;
}

static bool raw_payload(struct writing *w, const struct at *at, const struct member *m, const struct value *v, struct wire *out)
{
    if (!v)
        return true;
    if (m->stream && value_is_file(v)) {
        out->file = file_of(w->a, v->digest);
    } else if (m->shape->kind == SHAPE_BLOB) {
        if (!check_known(w, at, v))
            return false;
        if (v->kind != VALUE_STRING)
            return refuse(w, at, "must be a string, not %s", value_kind_name(v->kind));
        out->body = v->s;
    } else if (!scalar_text(w, at, m->shape, v, TIME_ISO8601, &out->body)) {
        return false;
    }
    if (has_header(out, STR("Content-Type")))
        return true;
    return add_header(w, out, at, STR("Content-Type"), m->shape->kind == SHAPE_BLOB ? STR("application/octet-stream") : STR("text/plain; charset=utf-8"));
}

static bool has_body_member(const struct shape *in)
{
    for (size_t i = 0; in && i < in->nmembers; i++)
        if (in->members[i].location == LOCATION_BODY)
            return true;
    return false;
}

static bool gives_body_member(const struct shape *in, const struct value *const *v)
{
    for (size_t i = 0; in && i < in->nmembers; i++)
        if (in->members[i].location == LOCATION_BODY && v[i])
            return true;
    return false;
}

static bool rest_json_body(struct writing *w, const struct value *const *v, struct wire *out)
{
    const struct shape *in = w->op->in;
    if (!has_body_member(in))
        return true;
    const struct value *tree;
    if (in->payload) {
        const struct value *given = v[in->payload - in->members];
        struct at here = at_member(NULL, in->payload->name);
        if (in->payload->shape->kind != SHAPE_STRUCT)
            return raw_payload(w, &here, in->payload, given, out);
        tree = given ? json_wire(w, &here, in->payload->shape, given) : &value_empty_object;
    } else {
        tree = json_struct(w, NULL, in, v, true);
    }
    if (!json_body(w, tree, out))
        return false;
    return has_header(out, STR("Content-Type")) || add_header(w, out, NULL, STR("Content-Type"), STR("application/json"));
}

static bool rest_xml_body(struct writing *w, const struct value *const *v, struct wire *out)
{
    const struct shape *in = w->op->in;
    if (!gives_body_member(in, v))
        return true;
    struct buf b = { .limit = WIRE_BODY };
    bool ok;
    if (in->payload) {
        const struct value *given = v[in->payload - in->members];
        struct at here = at_member(NULL, in->payload->name);
        if (!given || in->payload->shape->kind != SHAPE_STRUCT)
            return raw_payload(w, &here, in->payload, given, out);
        ok = xml_write(w, &here, in->payload->wire_in, in->payload->xmlns, in->payload->shape, given, &b);
    } else {
        ok = xml_write_struct(w, NULL, w->op->root.n ? w->op->root : in->name, w->op->service->xmlns, in, v, true, &b);
    }
    ok = ok && (!b.failed || refuse(w, NULL, "the request is larger than 32 MiB"));
    out->body = buf_take(&b, w->a);
    return ok && (has_header(out, STR("Content-Type")) || add_header(w, out, NULL, STR("Content-Type"), STR("application/xml")));
}

/* Operations that need a checksum of the body get SHA-256; the algorithm cannot be chosen otherwise. */
static bool add_checksum(struct writing *w, struct wire *out)
{
    struct str name = STR("x-amz-sdk-checksum-algorithm");
    for (size_t i = 0; i < out->nheaders; i++)
        if (str_caseeq(out->headers[i].name, name) && !str_is(out->headers[i].value, "SHA256"))
            return refuse(w, NULL, "ChecksumAlgorithm must be SHA256, or left out");
    uint8_t digest[32];
    sha256(out->body, digest);
    struct str sum = base64(w->a, (struct str){ (const char *)digest, sizeof digest });
    if (!has_header(out, name) && !add_header(w, out, NULL, name, STR("SHA256")))
        return false;
    return has_header(out, STR("x-amz-checksum-sha256")) || add_header(w, out, NULL, STR("x-amz-checksum-sha256"), sum);
}

/* ---- protocols ---- */

static bool form_request(struct writing *w, const struct value *const *v, struct wire *out)
{
    struct buf b = { .limit = WIRE_BODY };
    out->path = STR("/");
    bool ok = form_write(w, v, &b) && (!b.failed || refuse(w, NULL, "the request is larger than 32 MiB"));
    out->body = buf_take(&b, w->a);
    return ok && add_header(w, out, NULL, STR("Content-Type"), STR("application/x-www-form-urlencoded; charset=utf-8"));
}

static bool json_request(struct writing *w, const struct value *const *v, struct wire *out)
{
    const struct service *s = w->op->service;
    out->path = STR("/");
    struct str target = str_fmt(w->a, "%.*s.%.*s", STR_ARG(s->target), STR_ARG(w->op->name));
    struct str type = s->protocol == PROTOCOL_JSON_10 ? STR("application/x-amz-json-1.0") : STR("application/x-amz-json-1.1");
    if (!add_header(w, out, NULL, STR("X-Amz-Target"), target) || !add_header(w, out, NULL, STR("Content-Type"), type))
        return false;
    if (s->querymode && !add_header(w, out, NULL, STR("x-amzn-query-mode"), STR("true")))
        return false;
    return json_body(w, w->op->in ? json_struct(w, NULL, w->op->in, v, false) : &value_empty_object, out);
}

static bool rest_request(struct writing *w, const struct value *const *v, struct wire *out)
{
    if (!write_target(w, v, out))
        return false;
    for (size_t i = 0; w->op->in && i < w->op->in->nmembers; i++) {
        const struct member *m = &w->op->in->members[i];
        struct at here = at_member(NULL, m->name);
        if (m->location == LOCATION_HEADER && v[i] && !header_member(w, out, &here, m, v[i]))
            return false;
        if (m->location == LOCATION_HEADERS && v[i] && !header_map(w, out, &here, m, v[i]))
            return false;
    }
    bool ok = w->op->service->protocol == PROTOCOL_REST_JSON ? rest_json_body(w, v, out) : rest_xml_body(w, v, out);
    return ok && (!w->op->checksum || add_checksum(w, out));
}

bool wire_request(struct arena *a, const struct operation *op, const struct value *input, struct wire *out, struct str *why)
{
    static const struct shape nothing = { .kind = SHAPE_STRUCT, .name = { "the input", 9 } };
    struct writing w = { a, op, why };
    const struct value **v = bind_members(&w, NULL, op->in ? op->in : &nothing, input ? input : &value_empty_object);
    *out = (struct wire){ .method = op->method };
    if (!v)
        return false;
    out->headers = ARENA_ARRAY(a, struct header, MAX_HEADERS);
    switch (op->service->protocol) {
    case PROTOCOL_EC2:
    case PROTOCOL_QUERY:
        return form_request(&w, v, out);
    case PROTOCOL_JSON_10:
    case PROTOCOL_JSON_11:
        return json_request(&w, v, out);
    default:
        return rest_request(&w, v, out);
    }
}
