/* names.c - names that kc makes: fresh(label). An object keeps the name that it was made with for as long as it lives, through `moved` and
 * through new versions of kc. A new one takes the label, or label-2, label-3 ... while another object of its type holds that under the same
 * parent, so that old and new can stand side by side. In a global service the region comes first: its names are those of all regions. */
#include "room.h"

enum { DEPTH = 64, TRIES = 10000 };

static bool term_asks(const struct term *t, unsigned depth)
{
    bool hit = t->kind == TERM_CALL && str_is(t->name, "fresh");
    for (size_t i = 0; !hit && depth < DEPTH && i < t->nargs; i++)
        hit = t->args[i] && term_asks(t->args[i], depth + 1);
    return hit;
}

static bool asked(const struct value *v, unsigned depth)
{
    if (depth > DEPTH || value_is_known(v))
        return false;
    if (v->kind == VALUE_UNKNOWN)
        return v->unknown.term && term_asks(v->unknown.term, 0);
    bool list = v->kind == VALUE_LIST, hit = false;
    for (size_t i = 0; !hit && i < (list ? v->list.n : v->object.n); i++)
        hit = asked(list ? v->list.v[i] : v->object.v[i].value, depth + 1);
    return hit;
}

bool names_asked(const struct value *v)
{
    return asked(v, 0);
}

const struct value *plan_names(struct arena *a, const struct node *n, const struct record *r)
{
    const struct value *had = record_inputs(r), *out = n->inputs;
    for (size_t i = 0; had && n->type && i < n->type->nfields; i++) {
        struct str name = n->type->fields[i].name;
        const struct value *v = value_get(n->inputs, name), *kept = value_get(had, name);
        if (v && kept && kept->kind != VALUE_NONE && value_is_known(kept) && names_asked(v))
            out = value_with(a, out, name, kept);
    }
    return out;
}

/* ---- who holds what ---- */

static struct str held_key(struct maker *m, const struct rtype *t, struct str where, struct str field, const struct value *inputs, const struct value *v)
{
    struct str text = value_text(m->arena, v);
    return str_fmt(m->arena, "%.*s|%.*s|%.*s|%.*s|%.*s", STR_ARG(t->name), STR_ARG(where), STR_ARG(parent_key(m, t, inputs)), STR_ARG(field), STR_ARG(text));
}

static void hold(struct maker *m, const struct item *x, const struct value *inputs)
{
    const struct rtype *t = x->pub.type;
    for (size_t i = 0; inputs && i < t->nfields; i++) {
        const struct value *v = value_get(inputs, t->fields[i].name);
        if (v && v->kind == VALUE_STRING && !v->secret)
            map_put(&m->names, held_key(m, t, place_key_of(m, t, x->provider), t->fields[i].name, inputs, v), (void *)(uintptr_t)x);
    }
}

static void hold_all(struct maker *m)
{
    for (size_t i = 0; i < m->all.n; i++) {
        const struct item *x = m->all.v[i];
        if (x->pub.type && x->pub.record && !x->pub.record->pin && !x->gone && x->answer.state != READ_FOREIGN)
            hold(m, x, record_inputs(x->pub.record));
    }
}

static bool free_to_take(struct maker *m, const struct item *x, const struct node *n, const struct value *inputs)
{
    const struct rtype *t = n->type;
    for (size_t i = 0; i < t->nfields; i++) {
        const struct value *v = value_get(inputs, t->fields[i].name), *asks = value_get(n->inputs, t->fields[i].name);
        if (v && asks && v->kind == VALUE_STRING && names_asked(asks) &&
            map_has(&m->names, held_key(m, t, place_key_of(m, t, x->provider), t->fields[i].name, inputs, v)))
            return false;
    }
    return true;
}

static const struct value *with_suffix(struct maker *m, const struct node *n, const struct value *inputs, struct str suffix)
{
    struct resource_fault f = { 0 };
    for (size_t i = 0; i < n->type->nfields; i++) {
        struct str name = n->type->fields[i].name;
        const struct value *v = value_get(inputs, name);
        if (!v || !names_asked(v))
            continue;
        v = plan_resolve(m->arena, v, &suffix, desired_ref, m, &f);
        inputs = v ? value_with(m->arena, inputs, name, v) : inputs;
    }
    return inputs;
}

const struct value *names_new(struct maker *m, const struct item *x, const struct node *n, const struct value *inputs)
{
    struct str where = place_global(m->c, n->type) && x->provider->region.n ? str_fmt(m->arena, "-%.*s", STR_ARG(x->provider->region)) : STR_NONE;
    const struct value *out = inputs;
    if (!names_asked(inputs))
        return inputs;
    if (!m->names.n)
        hold_all(m);
    for (int nth = 1; nth < TRIES; nth++) {
        struct str suffix = nth == 1 ? where : str_fmt(m->arena, "%.*s-%d", STR_ARG(where), nth);
        out = with_suffix(m, n, inputs, suffix);
        if (free_to_take(m, x, n, out))
            break;
    }
    struct item as = { .pub.type = n->type, .provider = x->provider };
    hold(m, &as, out);                          /* two new ones of one label do not get the same */
    return out;
}
