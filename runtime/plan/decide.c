/* decide.c - what is to be done with each node, and why. Called in topological order, so that everything a node refers to is decided:
 * references to what stays take recorded outputs, to what is made or replaced they stay unknown, to what is updated they are unknown
 * only in what the update renews. */
#include "room.h"

static bool renewed(const struct item *x, struct str path)
{
    struct str rest = path, first;
    str_cut(&rest, '.', &first);
    for (size_t i = 0; i < x->nrenews; i++)
        if (str_eq(x->renews[i], first))
            return true;
    return x->renews_all;
}

static const struct value *at_path(struct maker *m, const struct value *v, struct str path)
{
    return v ? value_at(v, str_c(m->arena, path)) : NULL;
}

/* What is known of addr.path now. */
static const struct value *on_ref(void *user, struct str addr, struct str path, const struct type *t)
{
    struct maker *m = user;
    struct item *x = map_get(&m->items, addr);
    (void)t;
    if (!x)
        return NULL;
    if (x->pub.node && x->pub.node->kind == NODE_LOOKUP)
        return at_path(m, lookup_answer(m, x), path);
    bool fresh = x->pub.action == ACTION_CREATE || x->pub.action == ACTION_REPLACE_CREATE_FIRST || x->pub.action == ACTION_REPLACE_DELETE_FIRST;
    if (!fresh && !renewed(x, path)) {
        const struct value *v = at_path(m, x->outs, path);
        if (v && !(x->pub.action == ACTION_RESUME && v->kind == VALUE_NONE))           /* what is being made may show it later */
            return v;
    }
    const struct value *input = at_path(m, x->pub.inputs, path);
    return input && value_is_known(input) ? input : NULL;
}

static bool fault(struct maker *m, const struct node *n, const struct resource_fault *f)
{
    struct diag *d = diag_add(m->c->diags, f->code, f->where.file ? f->where : n->span, "%.*s", STR_ARG(f->problem));
    d->addr = str_dup(m->c->diags->arena, n->addr);
    if (f->where.file && n->span.file)
        diag_second(m->c->diags, d, n->span, "while planning %.*s", STR_ARG(n->addr));
    return false;
}

static bool resolve(struct maker *m, const struct node *n, uint32_t generation, const struct value **inputs)
{
    struct resource_fault f = { 0 };
    *inputs = plan_resolve(m->arena, n->inputs, generation, on_ref, m, &f);
    return *inputs && plan_admit(m->arena, n, inputs, &f) ? true : fault(m, n, &f);
}

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
    if (m->c->refresh && plan_lookup(m->c, m->arena, &n, &now) && !value_eq(now, x->pub.record->pin))
        note_add(m, "%.*s keeps its pinned answer; AWS would answer differently today (kc plan --repin %.*s takes it)", STR_ARG(n.addr),
             STR_ARG(n.addr));
}

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

static bool decide_lookup(struct maker *m, struct node *n)
{
    struct item *x = map_get(&m->items, n->addr);
    if (!x)
        map_put(&m->items, n->addr, x = item_new(m, n->addr));
    x->pub.node = n;
    x->pub.type = n->type;
    x->region = replace_region(m->c, n);
    if (!resolve(m, n, 1, &x->pub.inputs))
        return false;
    bool held = x->pub.record && x->pub.record->pin && value_is_known(x->pub.inputs) && value_eq(x->pub.record->inputs, x->pub.inputs) &&
                replace_same_region(x->pub.record->region, replace_region(m->c, n));
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

static size_t differences(struct maker *m, struct item *x, const struct value *inputs, struct resource_change **c)
{
    const struct record *r = x->pub.record;
    const struct node *n = x->pub.node;
    const struct value *applied = r->pending && r->status != STATUS_READY ? r->pending : r->inputs;
    if (r->adopted && !state_get(m->c->state, r->addr))
        applied = NULL;
    size_t count = resource_diff(m->arena, x->pub.type, state_digest(m->c->state, m->arena, inputs), applied, x->pub.observed, n->ignore,
                                 n->nignore, c);
    for (size_t i = 0; i < count; i++)
        if ((*c)[i].unknown && replace_surely_new(m, (*c)[i].new))
            (*c)[i].unknown = false;
    return count;
}

static bool drifted(struct maker *m, struct item *x)
{
    struct resource_change *c;
    const struct record *r = x->pub.record;
    if (!x->pub.observed || r->status != STATUS_READY || !r->inputs)
        return false;
    size_t n = resource_diff(m->arena, x->pub.type, r->inputs, r->inputs, x->pub.observed, x->pub.node->ignore, x->pub.node->nignore, &c);
    for (size_t i = 0; i < n; i++)
        if (!c[i].unknown)
            return true;
    return false;
}

static bool guarded(struct maker *m, const struct item *x, const char *what)
{
    const struct node *n = x->pub.node;
    const struct record *r = x->pub.record;
    bool held = n && n->protect.set ? n->protect.on : r && r->protect;
    if (!held)
        return false;
    struct diag *d = diag_add(m->c->diags, DIAG_E0603, n ? n->span : SPAN_NONE, "%.*s is protected, and the plan would %s it",
                              STR_ARG(x->pub.addr), what);
    d->addr = str_dup(m->c->diags->arena, x->pub.addr);
    if (x->pub.reason.n)
        diag_note(m->c->diags, d, "because: %.*s", STR_ARG(x->pub.reason));
    if (n && n->protect.set)
        diag_help(m->c->diags, d, "drop the change, or lift the protection: `@protect(false)`");
    else
        diag_help(m->c->diags, d, "state remembers the protection: put the item back with `@protect(false)` and apply, then remove it");
    m->exit_code = 1;
    return true;
}

static struct str change_text(struct maker *m, const struct resource_change *c)
{
    return str_fmt(m->arena, "%.*s %.*s -> %.*s", STR_ARG(c->field), STR_ARG(value_brief(m->arena, c->old, 40)), STR_ARG(value_brief(m->arena, c->new, 40)));
}

static bool replace(struct maker *m, struct item *x, const struct resource_change *why)
{
    struct plan_item *p = &x->pub;
    if (why)
        p->reason = str_fmt(m->arena, "%.*s %s", STR_ARG(change_text(m, why)),
                            why->unknown ? "may differ, and cannot change in place" : "cannot change in place");
    if (guarded(m, x, "replace"))
        return false;
    x->generation = state_generation(m->c->state, p->record->addr) + 1;
    if (x->generation <= p->record->generation)
        x->generation = p->record->generation + 1;
    if (!resolve(m, p->node, x->generation, &p->inputs))
        return false;
    p->maybe = why && why->unknown && !x->follows;
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

static bool update(struct maker *m, struct item *x)
{
    struct plan_item *p = &x->pub;
    const struct rstep **steps;
    size_t n, total = 0;
    struct str orphan;
    bool disruptive = false;
    if (!resource_updates(m->arena, p->type, p->changes, p->nchanges, &steps, &n, &orphan)) {
        struct diag *d = diag_add(m->c->diags, DIAG_E0607, p->node->span, "%.*s of %.*s cannot be changed: its type has no way to",
                                  STR_ARG(orphan), STR_ARG(p->addr));
        d->addr = str_dup(m->c->diags->arena, p->addr);
        diag_help(m->c->diags, d, "write `@ignore(%.*s)` to leave it as it is", STR_ARG(orphan));
        return false;
    }
    for (size_t i = 0; i < n; i++)
        total += steps[i]->nrenews;
    x->usual = schedule_update(p->type, steps, n);
    struct str *renews = ARENA_ARRAY(m->arena, struct str, total);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < steps[i]->nrenews; k++)
            renews[x->nrenews++] = steps[i]->renews[k];
    x->renews = renews;
    for (size_t i = 0; i < p->nchanges; i++)
        disruptive |= p->changes[i].disruptive;
    p->action = disruptive ? ACTION_DISRUPT : ACTION_UPDATE;
    x->busy = true;
    if (!p->reason.n)
        p->reason = p->nchanges == 1 ? change_text(m, &p->changes[0]) : str_fmt(m->arena, "%zu fields differ", p->nchanges);
    return true;
}

/* An object in the making differs wherever a later step of its creation has not run; only what was changed since it was begun counts. */
static bool not_made_yet(struct maker *m, const struct item *x, const struct resource_change *c)
{
    if (x->pub.record->status != STATUS_CREATING || c->unknown)
        return false;
    struct str rest = c->field, name;
    str_cut(&rest, '.', &name);
    const struct value *begun = value_get(record_inputs(x->pub.record), name), *now = value_get(state_digest(m->c->state, m->arena, x->pub.inputs), name);
    return begun && now && value_eq(begun, now);
}

static const struct resource_change *trigger(struct maker *m, const struct item *x)
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

static void resume(struct item *x, struct str reason)
{
    x->pub.action = ACTION_RESUME;
    x->pub.reason = reason;
    x->busy = true;
    x->renews_all = !x->outs || x->outs->object.n == 0;
}

/* Something started and not finished: what the record's status says, before any ordinary difference. */
static bool unfinished(struct item *x)
{
    switch (x->pub.record->status) {
    case STATUS_CREATING:
        resume(x, STR("its creation was not finished"));
        return true;
    case STATUS_UNREADY:
        resume(x, STR("made, and not ready yet when kc stopped waiting"));
        return true;
    case STATUS_UPDATING:
        if (!x->pub.nchanges)
            resume(x, STR("its update was not finished"));
        return !x->pub.nchanges;
    default:
        return false;
    }
}

static bool existing(struct maker *m, struct item *x)
{
    struct plan_item *p = &x->pub;
    struct resource_change *c;
    if (p->record->status == STATUS_DELETING) {
        p->reason = STR("its deletion had begun");
        return replace(m, x, NULL);
    }
    if (x->failed || p->record->status == STATUS_FAILED) {
        if (!p->reason.n)
            p->reason = STR("it failed when it was made");
        return replace(m, x, NULL);
    }
    if (!resolve(m, p->node, p->record->generation, &p->inputs))
        return false;
    p->nchanges = differences(m, x, p->inputs, &c);
    p->changes = c;
    p->drift = drifted(m, x);
    const struct resource_change *why = trigger(m, x);
    bool certain = why && !why->unknown, follows = replace_follows(m, x);
    if (replace_elsewhere(m, x) || (follows && !certain))
        return replace(m, x, NULL);
    if (why)
        return replace(m, x, why);
    if (unfinished(x) || !p->nchanges)
        return true;
    return update(m, x);
}

static bool create(struct maker *m, struct item *x, struct str reason)
{
    x->generation = state_generation(m->c->state, x->pub.record ? x->pub.record->addr : x->pub.addr) + 1;
    x->pub.action = ACTION_CREATE;
    x->pub.reason = reason;
    x->certain = x->busy = true;
    x->outs = NULL;
    return resolve(m, x->pub.node, x->generation, &x->pub.inputs);
}

/* @adopt: an object that somebody else made is read by its id and compared as if state had it. */
static bool adopt(struct maker *m, struct item *x)
{
    struct plan_item *p = &x->pub;
    const struct node *n = p->node;
    const struct value *id = value_str(m->arena, n->adopt);
    struct record *r = ARENA_NEW(m->arena, struct record);
    struct pair *pair = ARENA_ARRAY(m->arena, struct pair, p->type->nouts);
    size_t npairs = 0;
    for (size_t i = 0; i < p->type->nouts; i++)
        if (p->type->outs[i].identity || str_is(p->type->outs[i].name, "id"))
            pair[npairs++] = (struct pair){ p->type->outs[i].name, id };
    if (!resolve(m, n, 1, &p->inputs))
        return false;
    *r = (struct record){ .addr = n->addr, .type = n->type->name, .generation = 1, .status = STATUS_READY, .adopted = true,
                          .region = x->region, .inputs = p->inputs, .outs = value_object(m->arena, pair, npairs) };
    p->record = r;
    x->outs = r->outs;
    x->generation = 1;
    if (!refresh_one(m, x))
        return false;
    if (p->unread)
        return true;
    if (x->gone || !p->observed) {
        diag_add(m->c->diags, DIAG_E0606, n->span, "%.*s cannot be adopted: AWS has no such object", STR_ARG(n->adopt));
        return false;
    }
    r->outs = x->outs;
    struct resource_change *c;
    p->nchanges = differences(m, x, p->inputs, &c);
    p->changes = c;
    const struct resource_change *why = trigger(m, x);
    if (why) {
        struct diag *d = diag_add(m->c->diags, DIAG_E0606, n->span, "%.*s cannot be adopted as it is: %.*s cannot change in place",
                                  STR_ARG(n->adopt), STR_ARG(change_text(m, why)));
        diag_help(m->c->diags, d, "write the value that AWS has");
        return false;
    }
    p->reason = str_fmt(m->arena, "adopted: %.*s exists already", STR_ARG(n->adopt));
    return update(m, x);
}

/* The address now names another type: the old object goes, after all that used it, and a new one comes. */
static bool retyped(struct maker *m, struct item *x, struct node *n)
{
    if (guarded(m, x, "replace"))
        return false;
    struct item *y = item_new(m, n->addr);
    map_put(&m->items, n->addr, y);
    x->pub.node = NULL;
    y->pub.node = n;
    y->pub.type = n->type;
    y->region = replace_region(m->c, n);
    y->tainted = x->tainted;
    return create(m, y, x->pub.reason);
}

static void inherit_taint(struct maker *m, struct item *x, const struct node *n)
{
    for (size_t i = 0; i < n->nedges && !x->tainted; i++) {
        struct item *y = map_get(&m->items, n->edges[i].to->addr);
        y = y ? y : map_get(&m->gates, n->edges[i].to->addr);
        x->tainted = y && y->tainted;
    }
}

/* Ours is gone, and somebody else has made one under its name: never tagged, changed or deleted. */
static bool foreign(struct maker *m, struct item *x)
{
    const struct node *n = x->pub.node;
    struct str name = resource_name(m->arena, x->pub.type, record_inputs(x->pub.record), x->answer.outs);
    struct diag *d = diag_add(m->c->diags, DIAG_E0612, n->span, "%.*s is gone: the %.*s that AWS shows under its name was made by somebody else",
                              STR_ARG(n->addr), STR_ARG(name));
    d->addr = str_dup(m->c->diags->arena, n->addr);
    diag_note(m->c->diags, d, "kc made %.*s; what is there now is %.*s", STR_ARG(x->pub.record->uid), STR_ARG(x->answer.uid));
    diag_help(m->c->diags, d, "give it another name, or ask its owner to delete the other one; kc leaves it alone");
    return false;
}

static bool decide_resource(struct maker *m, struct node *n)
{
    struct item *x = map_get(&m->items, n->addr);
    if (!x)
        map_put(&m->items, n->addr, x = item_new(m, n->addr));
    x->pub.node = n;
    inherit_taint(m, x, n);
    if (x->pub.record && !str_eq(x->pub.record->type, n->type->name)) {
        x->pub.reason = str_fmt(m->arena, "was a %.*s", STR_ARG(x->pub.record->type));
        return retyped(m, x, n);
    }
    x->pub.type = n->type;
    if (!x->pub.record) {
        x->region = replace_region(m->c, n);
        return n->adopt.n ? adopt(m, x) : create(m, x, STR("new"));
    }
    if (x->answer.state == READ_FOREIGN)
        return foreign(m, x);
    if (x->gone) {
        x->pub.again = true;
        return create(m, x, STR("vanished from AWS: made anew"));
    }
    if (x->pub.record->status == STATUS_CREATING && (!x->outs || !resource_identity(m->arena, n->type, record_inputs(x->pub.record), x->outs))) {
        x->generation = x->pub.record->generation;
        resume(x, STR("its creation was not finished"));
        x->certain = true;
        return resolve(m, n, x->generation, &x->pub.inputs);
    }
    return existing(m, x);
}

static bool decide_gate(struct maker *m, struct node *n)
{
    struct item *x = ARENA_NEW(m->arena, struct item);
    x->pub.addr = n->addr;
    x->pub.node = n;
    map_put(&m->gates, n->addr, x);
    inherit_taint(m, x, n);
    x->busy = waits(m, n);
    return true;
}

/* A condition that is known by now is judged now; what is not waits for the apply. */
static bool decide_assert(struct maker *m, struct node *n)
{
    struct resource_fault f = { 0 };
    struct item *x = ARENA_NEW(m->arena, struct item);
    x->pub.node = n;
    x->pub.addr = n->addr;
    map_put(&m->gates, n->addr, x);
    const struct value *v = plan_resolve(m->arena, n->value, 0, on_ref, m, &f);
    if (!v)
        return fault(m, n, &f);
    x->busy = !value_is_known(v);
    if (x->busy || (v->kind == VALUE_BOOL && v->b))
        return true;
    const struct value *text = n->message ? plan_resolve(m->arena, n->message, 0, on_ref, m, &f) : NULL;
    struct diag *d = diag_add(m->c->diags, DIAG_E0309, n->span, "%.*s",
                              STR_ARG(text && text->kind == VALUE_STRING ? text->s : STR("assertion does not hold")));
    d->addr = str_dup(m->c->diags->arena, n->addr);
    return false;
}

static bool decide_out(struct maker *m, struct node *n)
{
    struct resource_fault f = { 0 };
    struct item *x = ARENA_NEW(m->arena, struct item);
    x->pub.node = n;
    x->pub.addr = n->addr;
    map_put(&m->gates, n->addr, x);
    x->pub.inputs = plan_resolve(m->arena, n->value, 0, on_ref, m, &f);
    if (!x->pub.inputs)
        return fault(m, n, &f);
    const struct value *outs = state_meta(m->c->state)->outs, *was = outs ? value_get(outs, n->addr) : NULL;
    x->busy = !value_is_known(x->pub.inputs) || (!n->secret && !(was && value_eq(was, x->pub.inputs)));
    return true;
}

bool decide_node(struct maker *m, struct node *n)
{
    if (unread_holds(m, n))
        return true;
    switch (n->kind) {
    case NODE_RESOURCE:
        return decide_resource(m, n);
    case NODE_LOOKUP:
        return decide_lookup(m, n);
    case NODE_GATE:
        return decide_gate(m, n);
    case NODE_ASSERT:
        return decide_assert(m, n);
    case NODE_OUT:
        break;
    }
    return decide_out(m, n);
}

bool decide_delete(struct maker *m, struct item *x)
{
    struct plan_item *p = &x->pub;
    if (p->unread)
        return true;
    if (p->record->pin || x->gone || x->answer.state == READ_FOREIGN) {
        p->action = ACTION_FORGET;
        p->reason = p->record->pin ? STR("its answer is not used any more") : x->gone ? STR("gone from AWS already") : STR("gone from AWS; what bears its name now is another's");
        return true;
    }
    p->action = ACTION_DELETE;
    p->reason = p->record->old ? STR("a former object, replaced before") : m->c->destroy ? STR_NONE : STR("not in the file any more");
    return p->record->old || !guarded(m, x, "delete");
}
