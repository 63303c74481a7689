/* made.c - values that exist only while an operation runs: keys, passwords. Each is made once for an operation, when a step that uses it is about to
 * be sent, in memory of its own that is wiped when the operation ends; a request that is sent again carries the same one.
 *
 * The record never has the value, but the names of those that AWS does not surely hold (`unmade`): written before the request is sent, taken off by
 * the reply to that very request. Whatever else shows that the object is there says nothing of what it holds: then it is made anew, by the update that
 * names it, under a token of its own. A request of an earlier run that comes late is told by an out that a read shows too; where there is none,
 * nothing is sent before it can be under way no more. */
#include "kc/pki.h"
#include "room.h"

static void fill(void *impl, void *p, size_t n)
{
    world_random(impl, p, n);
}

static int64_t now(void *impl)
{
    return world_wall(impl);
}

struct arena *made_arena(const struct task *t, const struct rstep *s)
{
    return s->nmades && t->vault ? t->vault : t->r->a;
}

void made_fault(const struct task *t, struct resource_fault *f)
{
    f->problem = str_dup(t->r->a, f->problem);
}

/* ---- the record's names ---- */

static bool among(const struct str *v, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(v[i], name))
            return true;
    }
    return false;
}

void made_unsure(struct task *t, const struct str *names, size_t n)
{
    struct str *v = ARENA_ARRAY(t->r->a, struct str, t->rec.nunmade + n);
    size_t count = t->rec.nunmade;
    for (size_t i = 0; i < count; i++)
        v[i] = t->rec.unmade[i];
    for (size_t i = 0; i < n; i++) {
        if (!among(v, count, names[i]))
            v[count++] = names[i];
    }
    t->rec.unmade = v;
    t->rec.nunmade = count;
}

static void sure(struct task *t, const struct rstep *s)
{
    struct str *v = ARENA_ARRAY(t->r->a, struct str, t->rec.nunmade);
    size_t n = 0;
    for (size_t i = 0; i < t->rec.nunmade; i++) {
        if (!among(s->mades, s->nmades, t->rec.unmade[i]))
            v[n++] = t->rec.unmade[i];
    }
    t->rec.unmade = v;
    t->rec.nunmade = n;
}

/* What only updates make has not been made for a new object. */
static void never_made(struct task *t)
{
    const struct rstep *s, *c;
    for (size_t i = 0; (s = rtype_step(t->type, STEP_UPDATE, i)); i++) {
        for (size_t k = 0; k < s->nmades; k++) {
            bool sent = false;
            for (size_t n = 0; (c = rtype_step(t->type, STEP_CREATE, n)); n++)
                sent = sent || among(c->mades, c->nmades, s->mades[k]);
            if (!sent)
                made_unsure(t, &s->mades[k], 1);
        }
    }
}

/* A type that changed may have other ones. */
static void known_names(struct task *t)
{
    struct str *v = ARENA_ARRAY(t->r->a, struct str, t->rec.nunmade);
    size_t n = 0;
    for (size_t i = 0; i < t->rec.nunmade; i++) {
        if (rtype_made(t->type, t->rec.unmade[i]))
            v[n++] = t->rec.unmade[i];
    }
    t->rec.unmade = t->had_unmade = v;
    t->rec.nunmade = t->nhad_unmade = n;
    t->had_changed = t->rec.changed_ms;
}

void made_begin(struct task *t, const struct record *had)
{
    if (had)
        known_names(t);
    else
        never_made(t);
}

void made_planned(struct task *t)
{
    const struct plan_item *x = t->op->item;
    for (size_t i = 0; x && i < x->nchanges; i++) {
        if (x->changes[i].made)
            made_unsure(t, &x->changes[i].field, 1);
    }
}

size_t made_changes(struct task *t, struct resource_change **out)
{
    size_t n = 0;
    struct str *v = ARENA_ARRAY(t->r->a, struct str, t->rec.nunmade);
    for (size_t i = 0; i < t->rec.nunmade; i++) {
        if (resource_remakes(t->type, t->rec.unmade[i]))
            v[n++] = t->rec.unmade[i];
    }
    return resource_made_changes(t->r->a, t->type, v, n, out);
}

/* ---- before a request ---- */

static bool lacks(const struct task *t, const struct rstep *s)
{
    for (size_t i = 0; i < s->nmades; i++) {
        if (!value_get(t->made, s->mades[i]))
            return true;
    }
    return false;
}

bool made_already(const struct task *t, const struct rstep *s)
{
    bool unsure = false;
    for (size_t i = 0; i < s->nmades; i++)
        unsure = unsure || among(t->rec.unmade, t->rec.nunmade, s->mades[i]);
    return s->nmades && !unsure;
}

static bool make(struct task *t, const struct rstep *s, struct resource_view *view)
{
    struct pki_source source = { fill, now, t->r->c->world };
    t->vault = t->vault ? t->vault : arena_secret();
    for (size_t i = 0; i < s->nmades; i++) {
        struct resource_fault f = { 0 };
        const struct rmade *m = rtype_made(t->type, s->mades[i]);
        if (value_get(t->made, s->mades[i]))
            continue;
        const struct value *v = resource_made(t->vault, view, m, &source, &f);
        if (!v) {
            made_fault(t, &f);
            task_fail_fault(t, &f);
            return false;
        }
        view->made = t->made = value_with(t->vault, t->made ? t->made : &value_empty_object, m->name, v);
    }
    return true;
}

/* Which of its outs tells what AWS holds. */
static bool told_by_reads(const struct task *t, const struct rstep *s)
{
    for (size_t i = 0; i < s->nsets; i++) {
        if (resource_witness(t->type, s, s->sets[i].target))
            return true;
    }
    return false;
}

/* An earlier run may have sent the same, not later than its record was written last. The first create is looked for, which is proof of its own. */
static bool must_wait(struct task *t, const struct rstep *s, task_then *again)
{
    struct run *r = t->r;
    bool earlier = false;
    for (size_t i = 0; t->had_unmade && i < s->nmades; i++)
        earlier = earlier || among(t->had_unmade, t->nhad_unmade, s->mades[i]);
    int64_t age = world_wall(r->c->world) - t->had_changed, over = doubt_over(t, world_now(r->c->world) - (age > 0 ? age : 0));
    if (!earlier || told_by_reads(t, s) || over <= world_now(r->c->world))
        return false;
    if (r->stop) {
        task_interrupted(t);
        return true;
    }
    task_state(t, OP_POLLING, str_fmt(r->a, "%.*s: waits until nothing of an earlier attempt can arrive any more", STR_ARG(resource_operation(s))));
    task_wake(t, over, again);
    return true;
}

bool made_prepare(struct task *t, const struct rstep *s, struct resource_view *view, task_then *again)
{
    struct resource_fault f = { 0 };
    bool first = s == rtype_step(t->type, STEP_CREATE, 0);
    if (!s->nmades)
        return true;
    if (!resource_applies(t->r->a, s, view, &f)) {         /* nothing is sent */
        if (f.problem.n)
            task_fail_fault(t, &f);
        else if (s->kind == STEP_UPDATE)
            sure(t, s);
        return !f.problem.n;
    }
    bool fresh = lacks(t, s);
    if (fresh && ((!first && must_wait(t, s, again)) || !make(t, s, view)))
        return false;
    if (fresh)
        made_unsure(t, s->mades, s->nmades);
    if (fresh && first && t->resumed)
        create_token(t);
    return !fresh || first || task_put(t);
}

/* ---- after its reply ---- */

void made_came(struct task *t, const struct rstep *s, const struct value *fields)
{
    if (s->nmades)
        sure(t, s);
    if (s->nmades || t->made_fields)                       /* a later step may tell what that has become */
        t->made_fields = resource_merge(t->r->a, t->made_fields, fields);
}

/* It was made just now, and the step that did would make it again. */
static bool is_lost(struct task *t, const struct rstep *s)
{
    struct resource_view view = task_view(t);
    bool made_now = false, lost = false;
    for (size_t i = 0; i < s->nmades; i++)
        made_now = made_now || value_get(t->made, s->mades[i]);
    if (made_now && resource_knows(s))
        resource_lacks(t->r->a, s, &view, &lost);
    return lost;
}

bool made_is_another(struct task *t)
{
    for (size_t i = 0; t->made_fields && i < t->type->nsteps; i++) {
        const struct rstep *s = &t->type->steps[i];
        if (is_lost(t, s))
            return true;
        for (size_t k = 0; k < s->nsets; k++) {
            struct str out = s->sets[k].target;
            const struct value *made = value_get(t->made_fields, out), *now = value_get(t->observed, out);
            if (made && now && made->kind != VALUE_NONE && now->kind != VALUE_NONE && resource_witness(t->type, s, out) && !value_eq(made, now))
                return true;
        }
    }
    return false;
}

void made_lost(struct task *t, struct str what)
{
    for (size_t i = 0; i < t->type->nmades; i++)
        made_unsure(t, &t->type->mades[i].name, 1);
    if (task_put(t))
        task_fail(t, DIAG_E0619, task_span(t), what, STR("apply again: it is made anew"));
}

/* ---- the end ---- */

void made_end(struct task *t)
{
    for (const struct exchange *x = t->r->wire; x; x = x->next_wire) {
        if (x->live && x->t == t && x->mutating)
            return;                                        /* its request is still read from there: the run's end has it */
    }
    arena_free(t->vault);
    t->vault = NULL;
    t->made = NULL;
}
