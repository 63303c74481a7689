/* check_join.c - types put together: literals widened, branches and elements joined, and what does not join kept with its place. */
#include "check.h"

/* ---- types of literals, as precise as they were written ---- */

const struct type *type_widen(struct program *p, const struct type *t)
{
    if (!t)
        return &type_any;
    switch (t->kind) {
    case TYPE_LITERAL:
        return type_of(p->arena, t->literal);
    case TYPE_UNION: {
        const struct type *first = type_widen(p, t->alt[0]);
        for (size_t i = 1; i < t->nalt; i++)
            if (!type_eq(type_widen(p, t->alt[i]), first))
                return t;
        return first;
    }
    case TYPE_LIST:
    case TYPE_SET:
    case TYPE_MAP:
    case TYPE_OPTIONAL: {
        const struct type *e = type_widen(p, t->elem);
        if (e == t->elem)
            return t;
        struct type *x = arena_copy(p->arena, t, sizeof *t);
        x->elem = e;
        return x;
    }
    default:
        return t;
    }
}

/* For the first level only: what operators and functions look at. */
const struct type *plain_type(struct program *p, const struct type *t)
{
    return t->kind == TYPE_LITERAL || t->kind == TYPE_UNION || t->kind == TYPE_LIST || t->kind == TYPE_OPTIONAL ? type_widen(p, t) : t;
}

/* Two types that do not join, each with the place where it was written: blamed only when a use does not take one of them. */
static const char conflict_mark;

static const struct type *placed(struct program *p, const struct type *t, struct span at)
{
    struct type *x = arena_copy(p->arena, type_widen(p, t), sizeof *x);
    x->span = at;
    return x;
}

const struct type *join_conflict(struct program *p, const struct type *x, struct span at, const struct type *y, struct span other)
{
    size_t n = 0, nx = x->decl == &conflict_mark ? x->nalt : 1;
    const struct type **alt = ARENA_ARRAY(p->arena, const struct type *, nx + 1);
    struct type *u = arena_copy(p->arena, &type_any, sizeof *u);
    if (bad(x) || bad(y))
        return &type_error;
    for (; x->decl == &conflict_mark && n < nx; n++)
        alt[n] = x->alt[n];
    if (!n)
        alt[n++] = placed(p, x, at);
    alt[n++] = placed(p, y, other);
    u->kind = TYPE_UNION;
    u->alt = alt;
    u->nalt = n;
    u->decl = &conflict_mark;
    return u;
}

const struct type *type_culprit(const struct type *want, const struct type *got)
{
    if (got->decl == &conflict_mark && got->kind == TYPE_UNION)
        for (size_t i = 0; i < got->nalt; i++)
            if (!check_assignable(want, got->alt[i]))
                return got->alt[i];
    return NULL;
}

/* Two shapes of object literals: fields of both, optional where only one has it; places stay those of the text. */
static const struct type *join_objects(struct program *p, const struct type *x, const struct type *y)
{
    struct type *t = arena_copy(p->arena, x, sizeof *t);
    struct type_field *v = ARENA_ARRAY(p->arena, struct type_field, x->nfields + y->nfields);
    size_t n = 0;
    for (size_t i = 0; i < x->nfields; i++) {
        const struct type_field *other = type_field(y, x->fields[i].name);
        v[n] = x->fields[i];
        v[n].type = other ? join_types(p, x->fields[i].type, other->type) : x->fields[i].type->kind == TYPE_OPTIONAL ? v[n].type : type_optional(p->arena, v[n].type);
        if (other && bad(v[n].type))
            v[n].type = join_conflict(p, x->fields[i].type, x->fields[i].span, other->type, other->span);
        if (bad(v[n++].type))
            return &type_error;
    }
    for (size_t i = 0; i < y->nfields; i++)
        if (!type_field(x, y->fields[i].name)) {
            v[n] = y->fields[i];
            v[n].type = v[n].type->kind == TYPE_OPTIONAL ? v[n].type : type_optional(p->arena, v[n].type);
            n++;
        }
    t->fields = v;
    t->nfields = n;
    return t;
}

const struct type *join_types(struct program *p, const struct type *x, const struct type *y)
{
    if (!bad(x) && !bad(y) && x->kind == TYPE_OBJECT && y->kind == TYPE_OBJECT && !x->decl && !y->decl)
        return join_objects(p, x, y);
    if (bad(x) || bad(y))
        return &type_error;
    if (x->kind == TYPE_ANY || y->kind == TYPE_ANY)
        return &type_any;
    if (check_assignable(x, y))
        return x;
    if (check_assignable(y, x))
        return y;
    if (x->kind == TYPE_NONE)
        return type_optional(p->arena, y);
    if (y->kind == TYPE_NONE)
        return x->kind == TYPE_OPTIONAL ? x : type_optional(p->arena, x);
    if ((x->kind == TYPE_LITERAL || x->kind == TYPE_UNION) && (y->kind == TYPE_LITERAL || y->kind == TYPE_UNION)) {
        size_t n = 0, nx = x->kind == TYPE_UNION ? x->nalt : 1, ny = y->kind == TYPE_UNION ? y->nalt : 1;
        const struct type **alt = ARENA_ARRAY(p->arena, const struct type *, nx + ny);
        for (size_t i = 0; i < nx; i++)
            alt[n++] = x->kind == TYPE_UNION ? x->alt[i] : x;
        for (size_t i = 0; i < ny; i++) {
            const struct type *one = y->kind == TYPE_UNION ? y->alt[i] : y;
            if (!check_assignable(x, one))
                alt[n++] = one;
        }
        if (n <= 16 && type_eq(type_widen(p, x), type_widen(p, y)))
            return type_union(p->arena, alt, n);
    }
    return type_join(p->arena, type_widen(p, x), type_widen(p, y));
}
