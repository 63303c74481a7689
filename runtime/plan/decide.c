/* decide.c - what is to be done with each node, and why. Called in topological order, so that everything a node refers to is decided. */
#include "room.h"

/* ---- lookups ---- */

const struct value *lookup_answer(struct maker *m, struct item *x)
{
    if (x->pub.action == ACTION_READ || x->pub.unread)
        return NULL;
    if (x->pub.observed)
        return x->pub.observed;
    struct node n = *x->pub.node;
    n.inputs = x->pub.inputs;
    if (plan_lookup(m->c, m->arena, &n, &x->pub.observed))
        return x->pub.observed;
    unread_found(m, x);
    for (size_t i = 0; i < m->c->diags->n; i++)
        if (m->c->diags->v[i]->code == DIAG_E0702)
            m->exit_code = 5;
    return NULL;
}

/* A pin that AWS would answer differently today is only mentioned. */
static void compare_pin(struct maker *m, struct item *x)
{
    struct node n = *x->pub.node;
    const struct value *now;
    n.inputs = x->pub.inputs;
    n.pin = false;
    if (m->c->refresh && plan_lookup(m->c, m->arena, &n, &now) && keyring_compare(state_keys(m->c->state), now, x->pub.record->pin) == KEPT_OTHER)
        note_add(m, "%.*s keeps its pinned answer; AWS would answer differently today (kc plan --repin %.*s takes it)", STR_ARG(n.addr),
             STR_ARG(n.addr));
}

static struct item *item_at(struct maker *m, struct node *n)
{
    struct item *x = map_get(&m->items, n->addr);
    if (!x)
        map_put(&m->items, n->addr, x = item_new(m, n->addr));
    x->pub.node = n;
    x->pub.type = n->type;
    return x;
}

static bool decide_lookup(struct maker *m, struct node *n)
{
    struct item *x = item_at(m, n);
    x->provider = n->provider;
    if (!desired_inputs(m, x, n, NULL, &x->pub.inputs))
        return false;
    bool held = x->pub.record && x->pub.record->pin && value_is_known(x->pub.inputs) &&
                keyring_compare(state_keys(m->c->state), x->pub.record->inputs, x->pub.inputs) != KEPT_OTHER &&
                place_same(m->c, n->type, x->pub.record, n->provider);
    if (held)
        compare_pin(m, x);
    if (!held && !value_is_known(x->pub.inputs)) {
        x->pub.action = ACTION_READ;
        x->busy = true;
        x->pub.reason = STR("read during the apply: its arguments are known only then");
        return true;
    }
    if (n->pin)
        lookup_answer(m, x);
    return m->exit_code == 0;
}

/* ---- resources ---- */

static bool replace(struct maker *m, struct item *x, const struct resource_change *why)
{
    struct plan_item *p = &x->pub;
    if (why)
        p->reason = str_fmt(m->arena, "%.*s %s", STR_ARG(compare_text(m, why)),
                            why->made ? "only with another object" : why->unknown ? "may differ, and cannot change in place" : "cannot change in place");
    if (!guards_protect(m, x, "replace"))
        return false;
    x->generation = generation_next(m, x);
    if (!desired_inputs(m, x, p->node, NULL, &p->inputs))
        return false;
    if (!secrets_known(m, x))
        return false;
    p->maybe = why && why->unknown && !x->follows;
    p->inputs = replace_carries(m, x, p->inputs);
    p->action = replace_how(m, x, p->inputs);
    x->certain = !p->maybe;
    x->busy = true;
    if (p->action == ACTION_REPLACE_DELETE_FIRST) {
        x->tainted = true;
        if (x->certain)
            vec_add(&m->firsts, x);
    }
    return true;
}

/* A step that makes something goes only where that is to be made. */
static bool goes(const struct plan_item *p, const struct rstep *s)
{
    bool any = !s->nmades;
    for (size_t i = 0; i < p->nchanges && !any; i++)
        for (size_t k = 0; k < s->nmades && !any; k++)
            any = p->changes[i].made && str_eq(p->changes[i].field, s->mades[k]);
    return any;
}

static size_t going(struct maker *m, const struct plan_item *p, const struct rstep ***steps, size_t n)
{
    const struct rstep **v = ARENA_ARRAY(m->arena, const struct rstep *, n);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (goes(p, (*steps)[i]))
            v[kept++] = (*steps)[i];
    *steps = v;
    return kept;
}

static void renews(struct maker *m, struct item *x, const struct rstep *const *steps, size_t n)
{
    struct resource_view v = item_view(m, x);
    size_t total = 0;
    for (size_t i = 0; i < n; i++)
        total += steps[i]->nrenews;
    struct str *names = ARENA_ARRAY(m->arena, struct str, total);
    v.inputs = x->pub.inputs;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < steps[i]->nrenews; k++)
            names[x->nrenews++] = steps[i]->renews[k];
        if (steps[i]->nrenews)
            v.outs = resource_will(m->arena, steps[i], &v);
    }
    x->renews = names;
    x->will = v.outs;
}

bool decide_update(struct maker *m, struct item *x)
{
    struct plan_item *p = &x->pub;
    const struct rstep **steps;
    size_t n;
    struct str orphan;
    bool disruptive = false;
    if (!resource_updates(m->arena, state_keys(m->c->state), p->type, p->changes, p->nchanges, &steps, &n, &orphan)) {
        struct diag *d = diag_add(m->c->diags, DIAG_E0607, p->node->span, "%.*s of %.*s cannot be changed: its type has no way to",
                                  STR_ARG(orphan), STR_ARG(p->addr));
        d->addr = str_dup(m->c->diags->arena, p->addr);
        diag_help(m->c->diags, d, "write `@ignore(%.*s)` to leave it as it is", STR_ARG(orphan));
        return false;
    }
    n = going(m, p, &steps, n);
    renews(m, x, steps, n);
    x->usual = schedule_update(p->type, steps, n);
    for (size_t i = 0; i < p->nchanges; i++)
        disruptive |= p->changes[i].disruptive;
    p->action = disruptive ? ACTION_DISRUPT : ACTION_UPDATE;
    x->busy = true;
    if (!p->reason.n)
        p->reason = p->nchanges == 1 ? compare_text(m, &p->changes[0]) : str_fmt(m->arena, "%zu fields differ", p->nchanges);
    return true;
}

/* What is made while it is finished is known to nobody before. */
static void resume(struct maker *m, struct item *x, struct str reason)
{
    const struct rstep **steps;
    struct str orphan;
    size_t n = 0;
    if (x->pub.nchanges && resource_updates(m->arena, state_keys(m->c->state), x->pub.type, x->pub.changes, x->pub.nchanges, &steps, &n, &orphan)) {
        n = going(m, &x->pub, &steps, n);
        renews(m, x, steps, n);
    }
    x->pub.action = ACTION_RESUME;
    x->pub.reason = reason;
    x->busy = true;
    x->renews_all = !x->outs || x->outs->object.n == 0;
}

/* Something started and not finished: what the record's status says, before any ordinary difference. */
static bool unfinished(struct maker *m, struct item *x)
{
    const struct record *r = x->pub.record;
    if (r->status == STATUS_CREATING)
        resume(m, x, STR("its creation was not finished"));
    else if (r->status == STATUS_UNREADY && !x->unhealthy)
        resume(m, x, STR("made, and not ready yet when kc stopped waiting"));
    else if (x->pub.nchanges)
        return false;
    else if (r->status == STATUS_UPDATING)
        resume(m, x, STR("its update was not finished"));
    else if (state_get(m->c->state, r->addr) != r && !x->unhealthy)        /* not well: its former serves, and it is waited for */
        resume(m, x, STR("it fits what the file says and stands already: it serves from now on"));
    return x->pub.action == ACTION_RESUME;
}

/* Health is not existence: only a creation that failed, a deletion that began, and what cannot change in place replace. */
static bool lost(struct item *x)
{
    struct plan_item *p = &x->pub;
    if (p->record->status == STATUS_DELETING)
        p->reason = STR("its deletion had begun");
    else if (x->leaving)
        p->reason = STR("somebody is deleting it");
    else if (x->failed && x->why.n)
        p->reason = x->why;
    else if (x->failed)
        p->reason = STR("it failed when it was made");
    else
        return false;
    return true;
}

static bool existing(struct maker *m, struct item *x)
{
    struct plan_item *p = &x->pub;
    if (lost(x))
        return replace(m, x, NULL);
    if (!compare_with(m, x, p->node) || !chain_steps(m, x))
        return false;
    if (x->unhealthy)
        note_add(m, "%.*s is not well: %.*s", STR_ARG(p->addr), STR_ARG(x->why.n ? x->why : STR("AWS gives no reason")));
    const struct resource_change *why = compare_trigger(m, x);
    bool certain = why && !why->unknown, follows = replace_follows(m, x);
    if (place_elsewhere(m, x) || (follows && !certain))
        return replace(m, x, NULL);
    if (why)
        return replace(m, x, why);
    return unfinished(m, x) || !p->nchanges || decide_update(m, x);
}

static bool create(struct maker *m, struct item *x, struct str reason)
{
    x->generation = generation_next(m, x);
    x->pub.action = ACTION_CREATE;
    x->pub.reason = reason;
    x->certain = x->busy = true;
    return desired_inputs(m, x, x->pub.node, NULL, &x->pub.inputs) && secrets_known(m, x);
}

/* What stood here goes, after all that used it; what comes has nothing of it but the address. */
static bool made_anew(struct maker *m, struct item *was, struct node *n, struct str reason, bool again)
{
    struct item *x = item_new(m, n->addr);
    was->pub.node = NULL;
    x->pub.node = n;
    x->pub.type = n->type;
    x->pub.again = again;
    x->provider = n->provider;
    x->tainted = was->tainted;
    generation_settle(m, x);
    return create(m, x, reason);
}

static void inherit_taint(struct maker *m, struct item *x, const struct node *n)
{
    for (size_t i = 0; i < n->nedges && !x->tainted; i++) {
        struct item *y = map_get(&m->items, n->edges[i].to->addr);
        y = y ? y : map_get(&m->gates, n->edges[i].to->addr);
        x->tainted = y && y->tainted;
    }
}

static bool decide_new(struct maker *m, struct node *n)
{
    struct item *x = item_at(m, n);
    inherit_taint(m, x, n);
    x->provider = n->provider;
    return n->adopt.n ? adopt_object(m, x) : create(m, x, STR("new"));
}

/* Another stack has put its mark on it: nothing is done to it, nor to what hangs on it, nor to what it stands on. Before a destroy too. */
static bool taken(struct maker *m, struct item *x)
{
    const struct plan_item *p = &x->pub;
    struct str name = resource_name(m->arena, p->type, record_inputs(p->record), x->answer.outs);
    struct diag *d = diag_add(m->c->diags, DIAG_E0612, p->node ? p->node->span : SPAN_NONE, "%.*s: another stack's mark is on %.*s now: %.*s", STR_ARG(p->addr),
                              STR_ARG(name), STR_ARG(x->answer.owner));
    d->addr = str_dup(m->c->diags->arena, p->addr);
    diag_help(m->c->diags, d, "take that mark (the tags `kc:`) off if the object is yours, and plan again; kc puts its own back");
    unread_found(m, x);
    x->pub.reason = STR("another stack's mark is on it");
    return true;
}

/* Ours is gone, and somebody else has made one under its name: never tagged, changed or deleted, and nothing is planned that hangs on it. */
static bool foreign(struct maker *m, struct item *x)
{
    const struct node *n = x->pub.node;
    struct str name = resource_name(m->arena, x->pub.type, record_inputs(x->pub.record), x->answer.outs);
    struct diag *d = diag_add(m->c->diags, DIAG_E0612, n->span, "%.*s is gone: the %.*s that AWS shows under its name was made by somebody else",
                              STR_ARG(n->addr), STR_ARG(name));
    d->addr = str_dup(m->c->diags->arena, n->addr);
    diag_note(m->c->diags, d, "kc made %.*s; what is there now is %.*s", STR_ARG(x->pub.record->uid), STR_ARG(x->answer.uid));
    diag_help(m->c->diags, d, "give it another name, or ask its owner to delete the other one; kc leaves it alone");
    unread_found(m, x);
    x->pub.reason = STR("what bears its name is another's");
    return true;
}

static bool decide_resource(struct maker *m, struct node *n)
{
    size_t errors = m->c->diags->errors;
    struct item *x = generation_wanted(m, n);
    if (!x)
        return decide_new(m, n);
    if (m->c->diags->errors != errors)
        return false;
    x->pub.node = n;
    inherit_taint(m, x, n);
    if (!str_eq(x->pub.record->type, n->type->name)) {
        x->pub.reason = str_fmt(m->arena, "was a %.*s", STR_ARG(x->pub.record->type));
        return guards_protect(m, x, "replace") && made_anew(m, x, n, x->pub.reason, false);
    }
    x->pub.type = n->type;
    if (x->answer.state == READ_FOREIGN)
        return foreign(m, x);
    if (x->answer.state == READ_TAKEN)
        return taken(m, x);
    if (x->gone)
        return made_anew(m, x, n, STR("vanished from AWS: made anew"), true);
    generation_settle(m, x);
    if (x->pub.record->status == STATUS_CREATING && (!x->outs || !resource_identity(m->arena, n->type, record_inputs(x->pub.record), x->outs))) {
        x->generation = x->pub.record->generation;
        resume(m, x, STR("its creation was not finished"));
        x->certain = true;
        return desired_inputs(m, x, n, x->pub.record, &x->pub.inputs);
    }
    bool ok = existing(m, x);
    acts_decide(m, x);
    return ok;
}

/* ---- what is no object ---- */

static bool waits(struct maker *m, const struct node *n)
{
    for (size_t i = 0; i < n->nedges; i++) {
        struct item *y = map_get(&m->items, n->edges[i].to->addr);
        y = y ? y : map_get(&m->gates, n->edges[i].to->addr);
        if (y && y->busy && n->edges[i].kind != EDGE_HOLD)
            return true;
    }
    return false;
}

static struct item *other_at(struct maker *m, struct node *n)
{
    struct item *x = ARENA_NEW(m->arena, struct item);
    x->pub.addr = n->addr;
    x->pub.node = n;
    map_put(&m->gates, n->addr, x);
    return x;
}

static bool decide_gate(struct maker *m, struct node *n)
{
    struct item *x = other_at(m, n);
    inherit_taint(m, x, n);
    x->busy = waits(m, n);
    return true;
}

/* A condition that is known by now is judged now; what is not waits for the apply. */
static bool decide_assert(struct maker *m, struct node *n)
{
    struct resource_fault f = { 0 };
    struct item *x = other_at(m, n);
    const struct value *v = plan_resolve(m->arena, n->value, NULL, desired_ref, m, &f);
    if (!v)
        return plan_fault(m, n, &f);
    x->busy = !value_is_known(v);
    if (x->busy || (v->kind == VALUE_BOOL && v->b))
        return true;
    const struct value *text = n->message ? plan_resolve(m->arena, n->message, NULL, desired_ref, m, &f) : NULL;
    struct diag *d = diag_add(m->c->diags, DIAG_E0309, n->span, "%.*s",
                              STR_ARG(text && text->kind == VALUE_STRING ? text->s : STR("assertion does not hold")));
    d->addr = str_dup(m->c->diags->arena, n->addr);
    return false;
}

static bool decide_out(struct maker *m, struct node *n)
{
    struct resource_fault f = { 0 };
    struct item *x = other_at(m, n);
    x->pub.inputs = plan_resolve(m->arena, n->value, NULL, desired_ref, m, &f);
    if (!x->pub.inputs)
        return plan_fault(m, n, &f);
    const struct value *outs = state_meta(m->c->state)->outs, *was = outs ? value_get(outs, n->addr) : NULL;
    x->busy = !value_is_known(x->pub.inputs) || (!n->secret && !(was && value_eq(was, x->pub.inputs)));
    return true;
}

bool decide_node(struct maker *m, struct node *n)
{
    if (unread_holds(m, n))
        return true;
    if (n->kind == NODE_RESOURCE)
        return decide_resource(m, n);
    if (n->kind == NODE_LOOKUP)
        return decide_lookup(m, n);
    return n->kind == NODE_GATE ? decide_gate(m, n) : n->kind == NODE_ASSERT ? decide_assert(m, n) : decide_out(m, n);
}

/* ---- what leaves ---- */

/* The record goes, and nothing else: there is nothing of ours behind it. */
static bool forgotten(struct maker *m, struct item *x)
{
    struct plan_item *p = &x->pub;
    struct str by;
    if (p->record->pin)
        p->reason = STR("its answer is not used any more");
    else if (x->gone)
        p->reason = p->reason.n ? p->reason : STR("gone from AWS already");
    else if (x->answer.state == READ_FOREIGN) {
        p->reason = STR("gone from AWS; what bears its name now is another's, and stays");
        note_add(m, "%.*s: ours is gone, and what bears its name now is another's: it stays", STR_ARG(p->addr));
    } else if (generation_overtaken(m, x, &by))
        p->reason = str_fmt(m->arena, "what bears its name now is %.*s", STR_ARG(by));
    else
        return false;
    p->action = ACTION_FORGET;
    return true;
}

bool decide_delete(struct maker *m, struct item *x)
{
    struct plan_item *p = &x->pub;
    const struct item *w = x->wanted, *at = map_get(&m->items, p->addr);
    if (p->unread || (at && at->pub.unread)) {             /* of one that is not read, all generations are left alone */
        unread_found(m, x);
        return true;
    }
    if (forgotten(m, x))
        return true;
    if (x->answer.state == READ_TAKEN)
        return taken(m, x);
    if (w && w->unhealthy && w->pub.action != ACTION_REPLACE_CREATE_FIRST) {
        p->reason = str_fmt(m->arena, "stays until %.*s is well", STR_ARG(w->pub.addr));
        return true;
    }
    p->action = ACTION_DELETE;
    p->reason = x->first && w ? STR("never was ready: goes before the next attempt") : w ? STR("a former object: what serves now has taken its place")
              : m->c->destroy ? STR_NONE : STR("not in the file any more");
    return w || guards_protect(m, x, "delete");
}
