/* made.c - values that exist only while a step runs: how one comes to be, and which are to be made anew. Their names stand among the fields that
 * differ, so that the steps with such a name in `on` are found as those of fields are. */
#include "kc/pki.h"
#include "view.h"

const struct value *resource_made(struct arena *a, const struct resource_view *v, const struct rmade *m, const struct pki_source *s, struct resource_fault *f)
{
    const struct value *x = view_make(a, v, m->value, s, f);
    if (x && x->kind != VALUE_STRING) {
        fault_set(a, f, m->span, "%.*s is %s, not text", STR_ARG(m->name), value_kind_name(x->kind));
        x = NULL;
    }
    return x && !m->public ? value_secret(a, x) : x;
}

static bool names(const struct str *v, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(v[i], name))
            return true;
    return false;
}

static bool sets(const struct rstep *s, struct str target)
{
    for (size_t i = 0; i < s->nsets; i++)
        if (str_eq(s->sets[i].target, target))
            return true;
    return false;
}

static bool reads(const struct rtype *t, struct str out)
{
    const struct rstep *s;
    for (size_t i = 0; (s = rtype_step(t, STEP_READ, i)); i++)
        if (sets(s, out))
            return true;
    return false;
}

bool resource_witness(const struct rtype *t, const struct rstep *s, struct str out)
{
    return s->nmades && rtype_out(t, out) && sets(s, out) && reads(t, out);
}

/* ---- what is to be made anew ---- */

struct anew { const struct rtype *type; struct str *v; size_t n; };

static void take(struct anew *x, const struct str *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (rtype_made(x->type, v[i]) && !names(x->v, x->n, v[i]))
            x->v[x->n++] = v[i];
}

static bool there(const struct value *v)
{
    return v && v->kind != VALUE_NONE;
}

/* ---- a step that knows by its `when` whether AWS holds what it makes ---- */

bool resource_lacks(struct arena *a, const struct rstep *s, const struct resource_view *v, bool *lost)
{
    struct resource_view recorded = *v;
    struct resource_fault f;
    recorded.live = NULL;                                  /* the record alone speaks */
    bool now = resource_applies(a, s, v, &f) || f.problem.n, ever = resource_applies(a, s, &recorded, &f) || f.problem.n;
    *lost = now && !ever;
    return now;
}

bool resource_knows(const struct rstep *s)
{
    return s->kind == STEP_UPDATE && s->nmades && s->when;
}

/* ---- a step that makes whenever it goes ---- */

/* AWS holds another than the one that was made last: somebody else's, or an earlier attempt's that came late. */
static bool is_another(const struct rtype *t, const struct rstep *s, const struct value *recorded, const struct value *observed)
{
    for (size_t i = 0; observed && i < s->nsets; i++) {
        struct str out = s->sets[i].target;
        const struct value *was = value_get(recorded, out), *now = value_get(observed, out);
        if (resource_witness(t, s, out) && there(was) && there(now) && !value_eq(was, now))
            return true;
    }
    return false;
}

static bool follows(const struct rstep *s, const struct rassign *set)
{
    for (size_t k = 0; k < s->nmades; k++)
        if (term_uses_param(set->value, s->mades[k]))
            return true;
    return false;
}

/* Its public part was told to nobody: the object was adopted. One that lacks a part of it was made before the type had that out: it stays. */
static bool lacks_public(const struct rtype *t, const struct rstep *s, struct resource_anew *x)
{
    size_t all = 0, known = 0;
    struct str lacks = STR_NONE;
    for (size_t i = 0; i < s->nsets; i++) {
        struct str out = s->sets[i].target;
        if (!rtype_out(t, out) || !follows(s, &s->sets[i]))
            continue;
        bool here = value_get(x->view.outs, out) != NULL;
        lacks = here ? lacks : out;
        known += here;
        all++;
    }
    x->lacking = known && known < all ? lacks : x->lacking;
    return all && !known;
}

static bool written_with(struct arena *a, const struct rtype *t, const struct rstep *s, const struct resource_anew *x)
{
    const struct rstep **steps;
    struct str orphan;
    size_t nsteps = 0;
    bool found = false;
    if (x->nchanges)
        resource_updates(a, x->keys, t, x->changes, x->nchanges, &steps, &nsteps, &orphan);
    for (size_t i = 0; i < nsteps; i++)
        found = found || steps[i] == s;
    return found;
}

/* Whether what the step makes is to be made anew, also if nothing is said to be unmade. */
static bool anew_by(struct arena *a, const struct rtype *t, const struct rstep *s, struct resource_anew *x)
{
    bool knows = resource_knows(s), another = false, lacks = false;
    if (knows)
        lacks = resource_lacks(a, s, &x->view, &another);
    else
        another = is_another(t, s, x->recorded, x->observed);
    x->another = x->another || another;
    if (knows)
        return lacks && !(another && x->young);
    return s->nmades && ((another && !x->young) || lacks_public(t, s, x) || written_with(a, t, s, x));
}

/* None of the steps that make it would. */
static bool is_needless(struct arena *a, const struct rtype *t, const struct resource_anew *x, struct str name)
{
    bool known = false, lost;
    for (size_t i = 0; i < t->nsteps; i++) {
        const struct rstep *s = &t->steps[i];
        if (s->kind != STEP_UPDATE || !names(s->mades, s->nmades, name))
            continue;
        if (!resource_knows(s) || resource_lacks(a, s, &x->view, &lost))
            return false;
        known = true;
    }
    return known;
}

/* Of these inputs it comes out the same each time: nothing. */
static bool is_nothing(struct arena *a, const struct resource_view *v, const struct rmade *m)
{
    struct resource_fault f;
    const struct value *x = view_eval(a, v, NULL, NULL, m->value, &f);
    return x && value_is_known(x);
}

static size_t without_nothing(struct arena *a, const struct rtype *t, const struct resource_anew *x, struct str *v, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!is_nothing(a, &x->view, rtype_made(t, v[i])))
            v[kept++] = v[i];
    return kept;
}

size_t resource_anew(struct arena *a, const struct rtype *t, struct resource_anew *x, struct str **out)
{
    struct anew r = { t, ARENA_ARRAY(a, struct str, t->nmades), 0 };
    for (size_t i = 0; i < x->nunmade; i++)
        if (!is_needless(a, t, x, x->unmade[i]))
            take(&r, &x->unmade[i], 1);
    for (size_t i = 0; i < t->nsteps; i++)
        if (anew_by(a, t, &t->steps[i], x))
            take(&r, t->steps[i].mades, t->steps[i].nmades);
    *out = r.v;
    return without_nothing(a, t, x, r.v, r.n);
}

bool resource_remakes(const struct rtype *t, struct str name)
{
    for (size_t i = 0; i < t->nsteps; i++)
        if (t->steps[i].kind == STEP_UPDATE && names(t->steps[i].mades, t->steps[i].nmades, name))
            return true;
    return false;
}

size_t resource_made_changes(struct arena *a, const struct rtype *t, const struct str *v, size_t n, struct resource_change **out)
{
    *out = ARENA_ARRAY(a, struct resource_change, n);
    for (size_t i = 0; i < n; i++)
        (*out)[i] = (struct resource_change){ .field = v[i], .old = &value_none, .new = &value_none, .made = true, .replace = !resource_remakes(t, v[i]) };
    return n;
}
