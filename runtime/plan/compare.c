/* compare.c - what the file wants of an object, as far as that is known, held against what was applied and what AWS shows. References to what
 * stays take recorded outputs, to what is made or replaced they stay unknown but for what must come out the same, to what is updated they are
 * unknown only in what the update renews. */
#include "room.h"

static bool among_renewed(const struct item *x, struct str name)
{
    for (size_t i = 0; i < x->nrenews; i++)
        if (str_eq(x->renews[i], name))
            return true;
    return x->renews_all;
}

static bool renewed(const struct item *x, struct str path)
{
    struct str rest = path, first;
    str_cut(&rest, '.', &first);
    const struct rout *o = x->pub.type ? rtype_out(x->pub.type, first) : NULL;
    bool anew = among_renewed(x, first);
    for (size_t i = 0; o && o->value && i < x->nrenews && !anew; i++)
        anew = term_uses_param(o->value, x->renews[i]);
    return anew;
}

static const struct value *at_path(struct maker *m, const struct value *v, struct str path)
{
    return v ? value_at(v, str_c(m->arena, path)) : NULL;
}

/* An out that follows from the inputs is known before AWS says it. */
static const struct value *follows(struct maker *m, const struct item *x, struct str path)
{
    struct str rest = path, first;
    str_cut(&rest, '.', &first);
    const struct rout *o = x->pub.type ? rtype_out(x->pub.type, first) : NULL;
    struct resource_view view = item_view(m, x);
    struct resource_fault f = { 0 };
    view.inputs = x->pub.inputs;
    view.outs = x->will ? x->will : view.outs;
    const struct value *v = o && o->value && x->pub.inputs ? resource_out_value(m->arena, &view, o, &f) : NULL;
    if (v && rest.n)
        v = value_at(v, str_c(m->arena, rest));
    return v && value_is_known(v) ? v : NULL;
}

static bool comes_anew(const struct item *x)
{
    return x->pub.action == ACTION_CREATE || x->pub.action == ACTION_REPLACE_CREATE_FIRST || x->pub.action == ACTION_REPLACE_DELETE_FIRST;
}

const struct value *desired_ref(void *user, struct str addr, struct str path, const struct type *t)
{
    struct maker *m = user;
    struct item *x = map_get(&m->items, addr);
    (void)t;
    if (!x)
        return NULL;
    if (x->pub.node && x->pub.node->kind == NODE_LOOKUP)
        return at_path(m, lookup_answer(m, x), path);
    if (!comes_anew(x) && !renewed(x, path)) {
        const struct value *v = follows(m, x, path);       /* the inputs may be others than when it was recorded */
        v = v ? v : at_path(m, x->outs, path);
        if (v && !(x->pub.action == ACTION_RESUME && v->kind == VALUE_NONE))           /* what is being made may show it later */
            return v;
    }
    const struct value *v = follows(m, x, path), *input = at_path(m, x->pub.inputs, path);
    return v ? v : input && value_is_known(input) ? input : NULL;
}

bool plan_fault(struct maker *m, const struct node *n, const struct resource_fault *f)
{
    struct diag *d = diag_add(m->c->diags, f->code, f->where.file ? f->where : n->span, "%.*s", STR_ARG(f->problem));
    d->addr = str_dup(m->c->diags->arena, n->addr);
    if (f->where.file && n->span.file)
        diag_second(m->c->diags, d, n->span, "while planning %.*s", STR_ARG(n->addr));
    return false;
}

bool desired_inputs(struct maker *m, struct item *x, const struct node *n, const struct record *kept, const struct value **inputs)
{
    struct resource_fault f = { 0 };
    const struct value *v = kept ? plan_names(m->arena, n, kept) : n->inputs;
    v = plan_resolve(m->arena, v, NULL, desired_ref, m, &f);
    if (!v)
        return plan_fault(m, n, &f);
    v = kept && x->outs && n->type ? resource_adjust(m->arena, n->type, v, x->outs, &f) : kept ? v : n->kind == NODE_RESOURCE ? names_new(m, x, n, v) : v;
    if (f.problem.n)
        return plan_fault(m, n, &f);
    *inputs = v;
    return plan_admit(m->arena, n, inputs, &f) ? true : plan_fault(m, n, &f);
}

/* ---- differences ---- */

/* What kc wrote last, finished or not. */
static const struct value *written(struct maker *m, const struct record *r)
{
    if (r->adopted && !state_get(m->c->state, r->addr))
        return NULL;
    return r->pending && r->status != STATUS_READY ? r->pending : r->inputs;
}

static size_t differences(struct maker *m, struct item *x, const struct node *n, const struct value *inputs, struct resource_change **c)
{
    size_t count = resource_diff(m->arena, state_keys(m->c->state), x->pub.type, inputs, written(m, x->pub.record), x->pub.observed,
                                 n->ignore, n->nignore, c);
    for (size_t i = 0; i < count; i++)
        if ((*c)[i].unknown && replace_surely_new(m, (*c)[i].new))
            (*c)[i].unknown = false;
    return count;
}

/* Somebody else changed it. Of what kc was killed over only its own change is known: that is no drift until a read has settled it. */
static bool drifted(struct maker *m, struct item *x, const struct node *node)
{
    struct resource_change *c;
    const struct record *r = x->pub.record;
    if (!x->pub.observed || r->status != STATUS_READY || !r->inputs)
        return false;
    size_t n = resource_diff(m->arena, state_keys(m->c->state), x->pub.type, r->inputs, r->inputs, x->pub.observed, node->ignore, node->nignore, &c);
    for (size_t i = 0; i < n; i++)
        if (!c[i].unknown)
            return true;
    return false;
}

/* What is to be made anew stands among the changes. */
static void make_anew(struct maker *m, struct item *x)
{
    struct plan_item *p = &x->pub;
    const struct record *r = p->record;
    int64_t age = world_wall(m->c->world) - r->changed_ms;
    struct resource_anew about = { .unmade = r->unmade, .nunmade = r->nunmade, .view = item_view(m, x), .recorded = r->outs, .observed = p->observed,
                                   .changes = p->changes, .nchanges = p->nchanges, .keys = state_keys(m->c->state),
                                   .young = age < read_visible(p->type, callers_wait_scale(m->c->callers)) };
    struct resource_change *made, *all;
    struct str *names;
    about.view.inputs = p->inputs;
    size_t n = resource_anew(m->arena, p->type, &about, &names);
    p->drift = p->drift || (about.another && !about.young);
    if (about.another && about.young)
        note_add(m, "%.*s: AWS shows another version than was made a short while ago; if it stays so, a later plan makes it anew", STR_ARG(p->addr));
    if (about.lacking.n)
        note_add(m, "%.*s: what is there was made before its type had the out `%.*s`, which is known only when it is made anew", STR_ARG(p->addr), STR_ARG(about.lacking));
    if (!n)
        return;
    resource_made_changes(m->arena, p->type, names, n, &made);
    all = ARENA_ARRAY(m->arena, struct resource_change, p->nchanges + n);
    for (size_t i = 0; i < p->nchanges + n; i++)
        all[i] = i < p->nchanges ? p->changes[i] : made[i - p->nchanges];
    p->changes = all;
    p->nchanges += n;
}

bool compare_with(struct maker *m, struct item *x, const struct node *n)
{
    struct plan_item *p = &x->pub;
    struct resource_change *c;
    if (!desired_inputs(m, x, n, p->record, &p->inputs))
        return false;
    p->nchanges = differences(m, x, n, p->inputs, &c);
    p->changes = c;
    p->drift = drifted(m, x, n);
    if (p->type->nmades)
        make_anew(m, x);
    return true;
}

struct str compare_text(struct maker *m, const struct resource_change *c)
{
    if (c->made)
        return str_fmt(m->arena, "%.*s is made anew", STR_ARG(c->field));
    return str_fmt(m->arena, "%.*s %.*s -> %.*s", STR_ARG(c->field), STR_ARG(value_brief(m->arena, c->old, 40)),
                   STR_ARG(value_brief(m->arena, c->new, 40)));
}

/* An object in the making differs wherever a later step of its creation has not run; only what was changed since it was begun counts. */
static bool not_made_yet(struct maker *m, const struct item *x, const struct resource_change *c)
{
    if (x->pub.record->status != STATUS_CREATING || c->unknown)
        return false;
    struct str rest = c->field, name;
    str_cut(&rest, '.', &name);
    const struct value *begun = value_get(record_inputs(x->pub.record), name), *now = value_get(x->pub.inputs, name);
    return begun && now && keyring_compare(state_keys(m->c->state), begun, now) != KEPT_OTHER;
}

const struct resource_change *compare_trigger(struct maker *m, const struct item *x)
{
    const struct plan_item *p = &x->pub;
    const struct resource_change *maybe = NULL;
    for (size_t i = 0; i < p->nchanges; i++) {
        if (not_made_yet(m, x, &p->changes[i]))
            continue;
        if (p->changes[i].replace && !p->changes[i].unknown)
            return &p->changes[i];
        if (p->changes[i].replace && !maybe)
            maybe = &p->changes[i];
    }
    return maybe;
}
