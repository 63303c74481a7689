/* builtin.c - the table of built-in functions and calling one. The functions: builtin_*.c by family. */
#include "builtin.h"
#include "kc/arena.h"
#include <stdlib.h>
#include <string.h>

struct entry {
    struct builtin pub;                                    /* first: found again from it */
    const char *args;
    int flags;
    const struct value *(*run)(struct call *c);
};

static const struct entry table[] = {
#define BUILTIN(name, min, max, args, flags, signature, doc) { { #name, signature, doc, min, max, ((flags) & MAKES) != 0, ((flags) & PUBLIC) != 0 }, args, flags, bi_##name },
#include "builtin.def"
#undef BUILTIN
};
enum { COUNT = sizeof table / sizeof *table };

size_t builtin_count(void)
{
    return COUNT;
}

const struct builtin *builtin_at(size_t i)
{
    return &table[i].pub;
}

static int by_name(const void *key, const void *element)
{
    return str_cmp(*(const struct str *)key, str_of(((const struct entry *)element)->pub.name));
}

static const struct entry *find(struct str name)
{
    return bsearch(&name, table, COUNT, sizeof *table, by_name);
}

const struct builtin *builtin_find(struct str name)
{
    const struct entry *f = find(name);
    return f ? &f->pub : NULL;
}

const struct type *builtin_type(struct eval *e, const struct builtin *b, const struct type *const *args, size_t n, const struct span *at)
{
    return signature_type(e, b, args, n, at);
}

const struct value *call_fail(struct call *c, const char *fmt, ...)
{
    struct buf b = { 0 };
    va_list ap;
    va_start(ap, fmt);
    buf_vfmt(&b, fmt, ap);
    va_end(ap);
    eval_fail(c->e, DIAG_E0304, c->at, "%.*s", STR_ARG(buf_view(&b)));
    buf_fini(&b);
    return NULL;
}

const struct value *call_text(struct call *c, struct buf *b)
{
    if (b->failed || !eval_text(c->e, b->n, c->at)) {
        eval_fail(c->e, DIAG_E0403, c->at, "the text gets too long");
        buf_fini(b);
        return NULL;
    }
    return value_str(c->a, buf_take(b, c->a));
}

/* ---- checking arguments ---- */

static const char *kind_wanted(char letter)
{
    switch (letter) {
    case 's': return "string";
    case 'i': return "int";
    case 'n': return "number";
    case 'b': return "bool";
    case 'l': return "list";
    case 'm': return "map";
    case 'c': return "cidr";
    case 'z': return "size";
    case 'd': return "duration";
    case 'r': return "range";
    case 'v': return "version";
    default: return "value";
    }
}

static bool kind_fits(char letter, enum value_kind k)
{
    switch (letter) {
    case 's': return k == VALUE_STRING;
    case 'i': return k == VALUE_INT;
    case 'n': return k == VALUE_INT || k == VALUE_FLOAT;
    case 'b': return k == VALUE_BOOL;
    case 'l': return k == VALUE_LIST;
    case 'm': return k == VALUE_OBJECT;
    case 'c': return k == VALUE_CIDR;
    case 'z': return k == VALUE_SIZE;
    case 'd': return k == VALUE_DURATION;
    case 'r': return k == VALUE_RANGE;
    case 'v': return k == VALUE_VERSION;
    default: return true;
    }
}

/* The letter of argument i: the last one counts on for `*`. */
static char letter_of(const char *args, size_t i)
{
    char last = 'a';
    for (const char *p = args; *p; p++) {
        if (*p == '?' || *p == '*')
            continue;
        last = *p;
        if (i-- == 0)
            break;
    }
    return last;
}

static bool right_count(struct call *c, const struct builtin *b)
{
    if (c->n >= b->min && c->n <= b->max)
        return true;
    eval_fail(c->e, DIAG_E0303, c->at, "`%s` takes %zu%s argument%s, got %zu", b->name, b->min,
              b->max == b->min       ? ""
              : b->max > 8           ? " or more"
              : b->max == b->min + 1 ? " or one more"
                                     : " or more",
              b->min == 1 && b->max == 1 ? "" : "s", c->n);
    c->e->help = str_fmt(c->a, "its form is %s", b->signature);
    return false;
}

/* An argument, or an element that the function would look at, is not kept. */
static bool withheld(const struct call *c, const struct entry *f)
{
    for (size_t i = 0; i < c->n; i++)
        if (f->flags & SHALLOW ? c->v[i]->kind == VALUE_DIGEST : value_has_digest(c->v[i]))
            return true;
    return false;
}

static bool right_kinds(struct call *c, const struct entry *f)
{
    for (size_t i = 0; i < c->n; i++) {
        char want = letter_of(f->args, i);
        if (c->v[i]->kind == VALUE_UNKNOWN || kind_fits(want, c->v[i]->kind))
            continue;
        eval_fail(c->e, DIAG_E0303, c->at, "`%s` takes a %s as argument %zu, got %s", f->pub.name, kind_wanted(want), i + 1,
                  value_kind_name(c->v[i]->kind));
        c->e->help = str_fmt(c->a, "its form is %s", f->pub.signature);
        return false;
    }
    return true;
}

/* ---- calling ---- */

static const struct value *later(struct call *c, const struct entry *f)
{
    const struct type **types = ARENA_ARRAY(c->a, const struct type *, c->n);
    const struct term **args = ARENA_ARRAY(c->a, const struct term *, c->n);
    for (size_t i = 0; i < c->n; i++) {
        types[i] = type_of(c->a, c->v[i]);
        args[i] = term_of(c->a, c->v[i]);
    }
    const struct type *ty = builtin_type(c->e, &f->pub, types, c->n, NULL);
    if (!ty)
        return NULL;
    struct term *t = term_new(c->a, TERM_CALL, args, c->n, ty, c->at);
    t->name = str_of(f->pub.name);
    if (f->pub.makes)
        return value_unknown(c->a, t, ty, PHASE_APPLY);
    const struct value *r = unknown_term(c->e, t, ty, c->v, c->n);
    return r && f->pub.public ? value_unknown(c->a, t, ty, value_phase(r)) : r;
}

/* fresh(label) waits for the planner, which knows what other objects hold: it becomes fresh(label, suffix), the second argument being the
 * parameter `fresh`. */
static const struct value *wait_for_suffix(struct call *c)
{
    const struct term *args[] = { term_of(c->a, c->v[0]), term_param(c->a, STR("fresh"), &type_string, c->at) };
    struct term *t = term_new(c->a, TERM_CALL, args, 2, &type_string, c->at);
    t->name = STR("fresh");
    const struct value *when = value_unknown(c->a, args[1], &type_string, PHASE_PLAN);
    const struct value *const both[] = { c->v[0], when };
    return unknown_term(c->e, t, &type_string, both, 2);
}

static bool ready(const struct call *c, const struct entry *f)
{
    for (size_t i = 0; i < c->n; i++)
        if (f->flags & SHALLOW ? c->v[i]->kind == VALUE_UNKNOWN : !value_is_known(c->v[i]))
            return false;
    return true;
}

static size_t cost(const struct call *c)
{
    size_t n = 1;
    for (size_t i = 0; i < c->n; i++) {
        const struct value *v = c->v[i];
        n += v->kind == VALUE_LIST ? v->list.n : v->kind == VALUE_OBJECT ? v->object.n : v->kind == VALUE_STRING ? v->s.n / 64 : 0;
    }
    return n;
}

static const struct value *marked(struct call *c, const struct entry *f, const struct value *r)
{
    if (f->pub.public)
        return r;
    for (size_t i = 0; i < c->n; i++) {
        bool scalar = c->v[i]->kind != VALUE_LIST && c->v[i]->kind != VALUE_OBJECT;
        if (value_has_secret(c->v[i]) && (scalar || !(f->flags & SHALLOW)))
            return value_secret(c->a, r);
    }
    return r;
}

const struct value *expr_call(struct eval *e, struct str name, const struct value *const *args, size_t n, struct span at)
{
    if (e->failed)
        return NULL;
    const struct entry *f = find(name);
    struct call c = { e, e->arena, args, n, at };
    if (!f) {
        eval_fail(e, DIAG_E0301, at, "no function `%.*s`", STR_ARG(name));
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        if (!eval_sized(e, args[i], at))
            return NULL;
    if (!right_count(&c, &f->pub))
        return NULL;
    if (withheld(&c, f))
        return &value_withheld;
    if (!right_kinds(&c, f) || !eval_spend(e, cost(&c), at))
        return NULL;
    if (f->flags & FRESH && n == 1)
        return wait_for_suffix(&c);
    if (!ready(&c, f) && !(f->flags & EARLY))
        return later(&c, f);
    const struct value *r = f->run(&c);
    if (!r && !e->failed)                                  /* SHALLOW: an element decides, and is not known; MAKES: no randomness */
        return later(&c, f);
    r = r ? eval_sized(e, r, at) : NULL;
    return r ? marked(&c, f, r) : NULL;
}
