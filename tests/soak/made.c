/* made.c - what kc makes: the private key that the account holds is the one whose public part the record has. */
#include "kc/pki.h"
#include "sim/hook.h"
#include "story.h"

/* The value that bears AWSCURRENT; empty: none. */
static struct str current(struct sim *sim, struct arena *a, struct str name)
{
    const struct value *all = value_get(sim_dump(sim, a), STR("secretsmanager.secret")), *o = all ? value_get(all, name) : NULL;
    const struct value *stages = o ? value_get(o, STR("VersionIdsToStages")) : NULL, *values = o ? value_get(o, STR("Values")) : NULL;
    size_t i, k;

    for (i = 0; stages && values && i < stages->object.n; i++) {
        const struct value *labels = stages->object.v[i].value, *v = value_at(value_get(values, stages->object.v[i].key), "text");

        for (k = 0; v && k < labels->list.n; k++)
            if (str_is(labels->list.v[k]->s, "AWSCURRENT"))
                return sim_unseal(sim, a, str_fmt(a, "%.*s %.*s", STR_ARG(name), STR_ARG(stages->object.v[i].key)), v->s);
    }
    return STR_NONE;
}

void made_rest(struct story *y, const struct record *const *r, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++) {
        const struct value *name = r[i]->inputs ? value_get(r[i]->inputs, STR("name")) : NULL, *public = r[i]->outs ? value_get(r[i]->outs, STR("public")) : NULL;
        struct str held = STR_NONE, why = STR_NONE;

        if (!str_ends(r[i]->type, STR(".GeneratedKey")) || !name || !public)
            continue;
        if (!pki_public_pem(y->a, current(y->s->sim, y->a, name->s), &held, &why) || !str_eq(held, public->s))
            judge_finding(y->j, "made", "%.*s: the account holds another key than the record says (%.*s)", STR_ARG(r[i]->addr), STR_ARG(why));
        if (r[i]->nunmade)
            judge_finding(y->j, "made", "%.*s: at rest something is said to be unmade", STR_ARG(r[i]->addr));
    }
}
