/* seal.c - what becomes of digests of secrets in records.
 * Before a run they are brought under the stack's key: those of kc 0.1.0 which still fit what the file says, what was kept as it is when it was written,
 * and with RECOVERY_TAKE those that nobody here can compare. What nothing in the file says anew is forgotten; what differs is left to its update.
 * After an update: a secret that nobody here could compare, and no call sent, is still what its digest says; another machine has the key. */
#include "room.h"

/* A step of the update sends the field, named after it or not. */
static bool sends(const struct task *t, struct str field)
{
    for (size_t i = 0; i < t->nsteps; i++)
        if (!t->steps[i]->send || term_uses_param(t->steps[i]->send, field))
            return true;
    return false;
}

const struct value *seal_recorded(struct task *t)
{
    const struct keyring *k = state_keys(t->r->c->state);
    const struct value *out = t->inputs;
    for (size_t i = 0; t->kind == OP_UPDATE && t->had_inputs && value_has_digest(t->had_inputs) && i < t->type->nfields; i++) {
        struct str field = t->type->fields[i].name;
        const struct value *want = value_get(t->inputs, field), *was = value_get(t->had_inputs, field);
        if (want && was && value_has_digest(was) && keyring_compare(k, want, was) == KEPT_UNSURE && !sends(t, field))
            out = value_with(t->r->a, out, field, was);
    }
    return out;
}

/* ---- before a run ---- */

static const struct value *brought(const struct keyring *k, const struct value *want, const struct value *was)
{
    bool shut = keyring_recovery(k) == RECOVERY_TAKE && !keyring_opens(k, was), stale = keyring_stale(k, was), bare = (value_has_secret(want) || value_has_bulk(want)) && !value_has_digest(was);
    if (!value_is_known(want) || (!shut && !stale && !bare))
        return was;
    enum likeness same = keyring_compare(k, want, was);
    return same == KEPT_SAME || (same == KEPT_UNSURE && !bare) ? want : was;
}

static const struct value *inputs_brought(struct arena *a, const struct keyring *k, const struct value *want, const struct value *was)
{
    struct pair *p = ARENA_ARRAY(a, struct pair, was->object.n);
    bool some = false;
    for (size_t i = 0; i < was->object.n; i++) {
        const struct value *w = want ? value_get(want, was->object.v[i].key) : NULL;
        p[i] = was->object.v[i];
        p[i].value = w ? brought(k, w, p[i].value) : p[i].value;
        some |= p[i].value != was->object.v[i].value;
    }
    return some ? value_object(a, p, was->object.n) : was;
}

/* What nothing in the file says anew. */
static const struct value *shed(struct arena *a, const struct keyring *k, const struct value *v)
{
    bool drop = v && (keyring_stale(k, v) || (keyring_recovery(k) == RECOVERY_TAKE && !keyring_opens(k, v)));
    return drop ? value_withhold(a, v) : v;
}

static struct str key_of(struct arena *a, const struct record *r)
{
    return str_fmt(a, "%u %.*s", (unsigned)r->generation, STR_ARG(r->addr));
}

static void wanted(struct arena *a, const struct plan *p, struct map *out)
{
    for (size_t i = 0; i < p->nitems; i++)
        if (p->items[i]->node && p->items[i]->record)
            map_put(out, key_of(a, p->items[i]->record), p->items[i]);
}

static bool holds(const struct record *r)
{
    const struct value *const v[] = { r->inputs, r->outs, r->pin };
    bool some = false;
    for (size_t i = 0; i < sizeof v / sizeof *v; i++)
        some = some || (v[i] && value_has_digest(v[i]));
    return some;
}

bool engine_seal(struct engine_context *c, struct arena *a, const struct plan *p)
{
    const struct keyring *k = state_keys(c->state);
    const struct record **v;
    size_t n = k ? state_list(c->state, a, &v) : 0;
    struct map items = { 0 };
    bool ok = true;
    wanted(a, p, &items);
    for (size_t i = 0; i < n && ok; i++) {
        struct record r = *v[i];
        const struct plan_item *x = map_get(&items, key_of(a, &r));
        const struct value *want = x && x->inputs ? x->inputs : NULL;
        if (!holds(&r) && !(want && (value_has_secret(want) || value_has_bulk(want))))
            continue;
        if (r.inputs)
            r.inputs = x ? inputs_brought(a, k, want, r.inputs) : shed(a, k, r.inputs);
        r.outs = shed(a, k, r.outs);
        r.pin = shed(a, k, r.pin);
        bool same = r.inputs == v[i]->inputs && r.outs == v[i]->outs && r.pin == v[i]->pin;
        ok = same || state_put(c->state, &r);
    }
    map_fini(&items);
    return ok && state_sync(c->state);
}
