/* builtin_type.c - types of built-in calls, read off their signatures: parameters are patterns, T U N C stand for types to be found.
 * A few functions say more about their result than a signature can; they stand at the end. */
#include "builtin.h"
#include "kc/arena.h"
#include <string.h>

enum { VARIABLES = 26 };

struct matcher {
    struct eval *e;
    struct arena *a;
    struct str rest;                                       /* of the signature */
    const struct type *bound[VARIABLES];
};

/* ---- reading a pattern; a variable is an INSTANCE named by its letter ---- */

static void blanks(struct matcher *m)
{
    while (m->rest.n && m->rest.s[0] == ' ')
        m->rest = str_sub(m->rest, 1, m->rest.n);
}

static bool take(struct matcher *m, const char *text)
{
    blanks(m);
    if (!str_starts(m->rest, str_of(text)))
        return false;
    m->rest = str_sub(m->rest, strlen(text), m->rest.n);
    return true;
}

static struct str word(struct matcher *m)
{
    blanks(m);
    size_t n = 0;
    while (n < m->rest.n && (((m->rest.s[n] | 32) >= 'a' && (m->rest.s[n] | 32) <= 'z') || m->rest.s[n] == '_' ||
                             (m->rest.s[n] >= '0' && m->rest.s[n] <= '9')))
        n++;
    struct str w = str_sub(m->rest, 0, n);
    m->rest = str_sub(m->rest, n, m->rest.n);
    return w;
}

static const struct type *pattern(struct matcher *m);

static const struct type *named(struct matcher *m, struct str w)
{
    static const struct { const char *name; const struct type *type; } plain[] = {
        { "any", &type_any }, { "bool", &type_bool }, { "int", &type_int }, { "float", &type_float }, { "string", &type_string },
        { "cidr", &type_cidr }, { "cidr4", &type_cidr4 }, { "ip", &type_ip }, { "size", &type_size }, { "duration", &type_duration },
        { "percent", &type_percent }, { "range", &type_range }, { "version", &type_version }, { "blob", &type_blob },
    };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (str_is(w, plain[i].name))
            return plain[i].type;
    if (str_is(w, "number")) {
        const struct type *both[] = { &type_int, &type_float };
        return type_union(m->a, both, 2);
    }
    if (w.n != 1)
        die("builtin signature: type '%.*s'", STR_ARG(w));
    struct type *t = ARENA_NEW(m->a, struct type);
    t->kind = TYPE_INSTANCE;
    t->name = w;
    return t;
}

static const struct type *shape(struct matcher *m)
{
    struct type_field *f = ARENA_ARRAY(m->a, struct type_field, 2);
    struct type *t = ARENA_NEW(m->a, struct type);
    t->kind = TYPE_OBJECT;
    t->fields = f;
    do {
        f[t->nfields].name = word(m);
        take(m, ":");
        f[t->nfields++].type = pattern(m);
    } while (t->nfields < 2 && take(m, ","));
    take(m, "}");
    return t;
}

static const struct type *pattern(struct matcher *m)
{
    const struct type *t;
    if (take(m, "{")) {
        t = shape(m);
    } else {
        struct str w = word(m);
        if (take(m, "[")) {
            const struct type *elem = pattern(m);
            take(m, "]");
            t = str_is(w, "list") ? type_list(m->a, elem) : type_map(m->a, elem);
        } else {
            t = named(m, w);
        }
    }
    if (take(m, "?"))
        t = type_optional(m->a, t);
    while (take(m, "or ")) {
        const struct type *both[] = { t, pattern(m) };
        t = type_union(m->a, both, 2);
    }
    return t;
}

/* ---- matching ---- */

static bool bind(struct matcher *m, const struct type *var, const struct type *t)
{
    char c = var->name.s[0];
    const struct type *s = type_strip(t);
    bool soft = s->kind == TYPE_ANY || s->kind == TYPE_ERROR;
    if (c == 'N' && !soft && !type_assignable(&type_float, t))
        return false;
    if (c == 'C' && !soft && !type_assignable(&type_cidr, t))
        return false;
    const struct type **slot = &m->bound[c - 'A'];
    *slot = *slot ? type_join(m->a, *slot, t) : t;
    if ((*slot)->kind == TYPE_ERROR)
        *slot = &type_any;
    return true;
}

static bool match(struct matcher *m, const struct type *p, const struct type *t)
{
    if (p->kind == TYPE_INSTANCE)
        return bind(m, p, t);
    if (t->kind == TYPE_SECRET)
        return match(m, p, t->elem);
    if (p->kind == TYPE_OPTIONAL)
        return t->kind == TYPE_NONE || match(m, p->elem, t->kind == TYPE_OPTIONAL ? t->elem : t);
    if (p->kind == TYPE_UNION) {
        for (size_t i = 0; i < p->nalt; i++)
            if (match(m, p->alt[i], t))
                return true;
        return false;
    }
    bool soft = t->kind == TYPE_ANY || t->kind == TYPE_ERROR;
    if (p->kind == TYPE_LIST || p->kind == TYPE_MAP) {
        if (soft)
            return match(m, p->elem, &type_any);
        if (p->kind == TYPE_LIST)
            return (t->kind == TYPE_LIST || t->kind == TYPE_SET) && match(m, p->elem, t->elem);
        for (size_t i = 0; t->kind == TYPE_OBJECT && i < t->nfields; i++)
            if (!match(m, p->elem, t->fields[i].type))
                return false;
        return t->kind == TYPE_OBJECT || (t->kind == TYPE_MAP && match(m, p->elem, t->elem));
    }
    if (p->kind == TYPE_OBJECT) {
        for (size_t i = 0; i < p->nfields; i++) {
            const struct type_field *f = type_field(t, p->fields[i].name);
            if (!soft && !f)
                return false;
            if (!match(m, p->fields[i].type, f ? f->type : &type_any))
                return false;
        }
        return true;
    }
    return type_assignable(p, t);
}

static const struct type *result(struct matcher *m, const struct type *p)
{
    if (p->kind == TYPE_INSTANCE) {
        const struct type *t = m->bound[p->name.s[0] - 'A'];
        return !t || t == &type_nothing ? &type_any : t;
    }
    if (p->kind == TYPE_LIST)
        return type_list(m->a, result(m, p->elem));
    if (p->kind == TYPE_MAP)
        return type_map(m->a, result(m, p->elem));
    if (p->kind == TYPE_OPTIONAL)
        return type_optional(m->a, result(m, p->elem));
    if (p->kind != TYPE_OBJECT)
        return p;
    struct type *t = arena_copy(m->a, p, sizeof *p);
    struct type_field *f = arena_copy(m->a, p->fields, p->nfields * sizeof *f);
    for (size_t i = 0; i < p->nfields; i++)
        f[i].type = result(m, p->fields[i].type);
    t->fields = f;
    return t;
}

/* ---- functions that say more ---- */

static const struct type *merged(struct arena *a, const struct type *const *args, size_t n)
{
    size_t room = 0, k = 0;
    for (size_t i = 0; i < n; i++) {
        if (type_strip(args[i])->kind != TYPE_OBJECT)
            return NULL;
        room += type_strip(args[i])->nfields;
    }
    struct type_field *f = ARENA_ARRAY(a, struct type_field, room);
    bool open = false;
    for (size_t i = 0; i < n; i++) {
        const struct type *t = type_strip(args[i]);
        open |= t->open;
        for (size_t j = 0; j < t->nfields; j++) {
            size_t at = 0;
            while (at < k && !str_eq(f[at].name, t->fields[j].name))
                at++;
            f[at] = (struct type_field){ .name = t->fields[j].name, .type = t->fields[j].type };
            k += at == k;
        }
    }
    struct type *r = ARENA_NEW(a, struct type);
    r->kind = TYPE_OBJECT;
    r->fields = f;
    r->nfields = k;
    r->open = open;
    return r;
}

static const struct type *without_none(struct arena *a, const struct type *t)
{
    if (t->kind == TYPE_LIST || t->kind == TYPE_SET)
        return type_list(a, t->elem->kind == TYPE_OPTIONAL ? t->elem->elem : t->elem);
    if (t->kind == TYPE_MAP)
        return type_map(a, t->elem->kind == TYPE_OPTIONAL ? t->elem->elem : t->elem);
    return t->kind == TYPE_OBJECT || t->kind == TYPE_ANY ? t : NULL;
}

static struct str literal_text(const struct type *t)
{
    return t->kind == TYPE_LITERAL && t->literal->kind == VALUE_STRING ? t->literal->s : STR_NONE;
}

static const struct type *nominal(struct arena *a, enum type_kind k, const struct type *name, const struct type *sub)
{
    struct str n = literal_text(name), s = sub ? literal_text(sub) : STR_NONE;
    if (!n.s || (sub && !s.s))
        return &type_string;
    struct type *t = ARENA_NEW(a, struct type);
    t->kind = k;
    t->name = n;
    t->sub = s;
    return t;
}

static bool countable(const struct type *t)
{
    switch (t->kind) {
    case TYPE_ANY: case TYPE_ERROR: case TYPE_LIST: case TYPE_SET: case TYPE_MAP: case TYPE_OBJECT: case TYPE_RANGE: case TYPE_STRING:
    case TYPE_ID: case TYPE_ARN: case TYPE_LITERAL: case TYPE_UNION: return true;
    default: return false;
    }
}

/* NULL: what the signature says. */
static const struct type *special(struct matcher *m, struct str name, const struct type *const *args, size_t n, bool *refused)
{
    const struct type *t = n ? type_strip(args[0]) : &type_nothing;
    if (str_is(name, "merge"))
        return merged(m->a, args, n);
    if (str_is(name, "id"))
        return nominal(m->a, TYPE_ID, args[0], NULL);
    if (str_is(name, "arn"))
        return nominal(m->a, TYPE_ARN, args[0], args[1]);
    if (str_is(name, "get") && n == 3) {
        const struct type *r = result(m, named(m, STR("T")));
        return r->kind == TYPE_OPTIONAL && !type_may_be_none(args[2]) ? r->elem : r;
    }
    if ((str_is(name, "min") || str_is(name, "max")) && t->kind == TYPE_RANGE)
        return &type_int;
    if (str_is(name, "compact")) {
        t = without_none(m->a, t);
        *refused = !t;
        return t;
    }
    if (str_is(name, "size"))
        *refused = !countable(t);
    return NULL;
}

/* ---- all of it ---- */

static const struct type *no_fit(struct matcher *m, const struct builtin *b, struct str param, const struct type *p, const struct type *t,
                                 size_t i, const struct span *at)
{
    struct str want = p->kind == TYPE_INSTANCE ? str_is(p->name, "N") ? STR("number") : STR("cidr") : type_text(m->a, p);
    eval_fail(m->e, DIAG_E0303, at ? at[i] : SPAN_NONE, "`%s` takes %.*s as %.*s, got %.*s", b->name, STR_ARG(want), STR_ARG(param),
              STR_ARG(type_text(m->a, t)));
    m->e->help =
        t->kind == TYPE_OPTIONAL ? STR("it may be none: give it a value first with \?\?") : str_fmt(m->a, "its form is %s", b->signature);
    return NULL;
}

struct signature {
    struct str name[4];
    const struct type *param[4];
    size_t n;
    const struct type *result;
};

static void skip_default(struct matcher *m)
{
    size_t n = 0;
    while (n < m->rest.n && m->rest.s[n] != ',' && m->rest.s[n] != ')')
        n++;
    m->rest = str_sub(m->rest, n, m->rest.n);
}

static void read_signature(struct matcher *m, struct signature *s)
{
    word(m);
    take(m, "(");
    while (!take(m, ")") && s->n < 4) {
        s->name[s->n] = word(m);
        take(m, ":");
        s->param[s->n++] = pattern(m);
        if (take(m, "="))
            skip_default(m);
        take(m, "...");
        take(m, ",");
    }
    take(m, "->");
    s->result = pattern(m);
}

/* Bytes have no other form than their digest. */
static bool holds_blob(const struct type *t, unsigned depth)
{
    t = type_strip(t);
    if (t->kind == TYPE_BLOB || depth > 8)
        return t->kind == TYPE_BLOB;
    for (size_t i = 0; t->kind == TYPE_OBJECT && i < t->nfields; i++)
        if (holds_blob(t->fields[i].type, depth + 1))
            return true;
    return t->elem && holds_blob(t->elem, depth + 1);
}

static const struct type *no_blob(struct matcher *m, const struct builtin *b, size_t i, const struct span *at)
{
    eval_fail(m->e, DIAG_E0303, at ? at[i] : SPAN_NONE, "`%s` cannot take the bytes of a blob", b->name);
    m->e->help = STR("take what is known of them: .sha256, .sha256_base64 or .size");
    return NULL;
}

const struct type *signature_type(struct eval *e, const struct builtin *b, const struct type *const *args, size_t n, const struct span *at)
{
    struct matcher m = { .e = e, .a = e->arena, .rest = str_of(b->signature) };
    struct signature s = { .n = 0 };
    if (n < b->min || n > b->max) {
        eval_fail(e, DIAG_E0303, at && n ? at[0] : SPAN_NONE, "`%s` does not take %zu arguments", b->name, n);
        e->help = str_fmt(e->arena, "its form is %s", b->signature);
        return NULL;
    }
    read_signature(&m, &s);
    bool secret = false, refused = false;
    for (size_t i = 0; i < n; i++) {
        size_t k = i < s.n ? i : s.n - 1;                  /* the last one once more: `...` */
        if (!match(&m, s.param[k], args[i]))
            return no_fit(&m, b, s.name[k], s.param[k], args[i], i, at);
        if (s.param[k]->kind == TYPE_ANY && holds_blob(args[i], 0))
            return no_blob(&m, b, i, at);
        secret |= args[i]->kind == TYPE_SECRET;
    }
    const struct type *r = special(&m, str_of(b->name), args, n, &refused);
    if (refused)
        return no_fit(&m, b, s.name[0], str_is(str_of(b->name), "size") ? type_list(m.a, &type_any) : s.param[0], args[0], 0, at);
    r = r ? r : result(&m, s.result);
    return secret && !b->public ? type_secret(e->arena, r) : r;
}
