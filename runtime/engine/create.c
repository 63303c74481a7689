/* create.c - making an object: its create steps in order, each with its intent and outcome; then ready.c.
 * A create that was begun by an earlier run (the record is there) goes on with the steps not done. When the first of them was sent and nobody
 * knows what came of it (of this run, or an intent that is still open), doubt.c looks; nothing is made a second time.
 * What exists already is ours only with our mark; what cannot carry one only if a create of it was open. What would be overwritten
 * silently (a relation: put, attach, associate; what the type says so of) is looked for before the first call. */
#include "room.h"

static void advance(struct task *t);

/* Tokens and tags are made under the address that the object had at first. */
static struct str origin(const struct task *t)
{
    return t->rec.origin.n ? t->rec.origin : t->addr;
}

static struct str first_token(struct task *t)
{
    const struct state_meta *m = state_meta(t->r->c->state);
    const struct rstep *s = rtype_step(t->type, STEP_CREATE, 0);
    return resource_token(t->r->a, m->lineage, m->salt, t->addr, t->generation, s ? call_name(t->r, s, 0) : STR("none"), STR("create"));
}

static void marks(struct task *t)
{
    t->owner_tags = resource_owner_tags(t->r->a, state_meta(t->r->c->state)->lineage, origin(t), t->rec.generation, t->rec.token);
}

void create_token(struct task *t)
{
    const struct state_meta *m = state_meta(t->r->c->state);
    struct str step = str_fmt(t->r->a, "%.*s@%lld", STR_ARG(call_name(t->r, rtype_step(t->type, STEP_CREATE, 0), 0)), (long long)world_wall(t->r->c->world));
    t->rec.token = resource_token(t->r->a, m->lineage, m->salt, origin(t), t->rec.generation, step, STR("create"));
    marks(t);
}

void task_record(struct task *t, const struct record *had)
{
    struct run *r = t->r;
    int64_t now = world_wall(r->c->world);
    if (had)
        t->rec = *had;
    else
        t->rec = (struct record){ .addr = t->addr, .type = t->type->name, .generation = t->generation, .status = STATUS_CREATING, .token = first_token(t),
                                  .created_ms = now, .changed_ms = now };
    t->rec.provider = t->provider;
    t->rec.account = callers_principal(r->c->callers, t->provider)->account;
    t->rec.pending = t->inputs;
    if (t->op->node)
        t->rec.protect = t->op->node->protect.set && t->op->node->protect.on;
    t->outs = had && had->outs ? had->outs : &value_empty_object;
    t->usual = t->op->usual;
    if (t->op->node && r->p)
        plan_deps(r->p, r->a, t->op->node, &t->rec);
    made_begin(t, had);
    marks(t);
}

void record_done(struct task *t, struct str name)
{
    struct str *done = ARENA_ARRAY(t->r->a, struct str, t->rec.ndone + 1);
    for (size_t i = 0; i < t->rec.ndone; i++) {
        if (str_eq(t->rec.done[i], name))
            return;
        done[i] = t->rec.done[i];
    }
    done[t->rec.ndone] = name;
    t->rec.done = done;
    t->rec.ndone++;
}

static bool is_done(const struct task *t, struct str name)
{
    for (size_t i = 0; i < t->rec.ndone; i++) {
        if (str_eq(t->rec.done[i], name))
            return true;
    }
    return false;
}

/* What tells this object from the next of its name is kept from the first answer that shows it: between the create and the first read somebody
 * may make another. */
void ready_fields(struct task *t, const struct value *fields)
{
    struct resource_view view = task_view(t);
    t->outs = resource_outs(t->r->a, t->type, t->outs ? t->outs : &value_empty_object, fields);
    t->rec.outs = t->outs;
    view.live = value_get(fields, STR("live"));
    if (view.live && !t->rec.uid.n)
        t->rec.uid = resource_uid(t->r->a, &view);
}

bool ready_absorb(struct task *t)
{
    struct resource_fault f = { 0 };
    struct resource_view view = task_view(t);
    struct arena *a = made_arena(t, t->call.step);
    view.reply = t->call.result.reply;
    const struct value *fields = resource_absorb(a, t->call.step, &view, &f);
    if (!fields) {
        made_fault(t, &f);
        task_fail_fault(t, &f);
        return false;
    }
    fields = a == t->r->a ? fields : value_keep(t->r->a, fields);
    ready_fields(t, fields);
    made_came(t, t->call.step, fields);
    return true;
}

/* ---- outcomes ---- */

static bool is_first(const struct task *t)
{
    return t->call.step == rtype_step(t->type, STEP_CREATE, 0) && t->request == 0;
}

static void made(struct task *t)
{
    if (is_first(t))
        poll_begin(t, t->op->usual);
    record_done(t, t->call.name);
    t->rec.outs = t->outs;
    if (!call_outcome(t, &t->rec, NULL))
        return;
    t->busy_since = t->busy_tries = 0;
    t->request++;
    steps_wait(t, advance);
}

/* What an older intent made is settled: from here on it is what is wanted now, with all that state does not keep of it. */
static void go_on_with_wanted(struct task *t)
{
    if (!t->wanted)
        return;
    t->rec.pending = t->inputs;                            /* what it was made with */
    t->inputs = t->wanted;
    t->wanted = NULL;
}

/* The reply cannot be understood: the intent stays open, so that the next start finds the object by its mark. */
static void made_by_reply(struct task *t)
{
    if (!ready_absorb(t))
        return;
    go_on_with_wanted(t);
    made(t);
}

/* Nothing was made: what recovery wrote down of an open intent goes too. */
static bool not_made(struct task *t, struct str error)
{
    if (!call_outcome(t, NULL, &error))
        return false;
    const struct record *had = state_get_old(t->r->c->state, t->addr, t->generation);
    if (!had || had->outs || had->ndone)
        return true;
    if (state_drop(t->r->c->state, t->addr, t->generation))
        return true;
    task_unwritten(t);
    return false;
}

static void refused(struct task *t)
{
    struct str error = call_error(t);
    if (is_first(t) ? not_made(t, error) : call_outcome(t, &t->rec, &error))
        task_fail_answer(t, &t->call.result, resource_operation(t->call.step));
}

/* ---- what is there already ---- */

static void others(struct task *t)
{
    const struct value *found = t->found_fields ? t->found_fields : &value_empty_object;
    struct str name = resource_name(t->r->a, t->type, t->inputs, found);
    t->report->error_code = t->call.result.error.code;
    t->report->request_id = t->call.result.request_id;
    struct str said = t->call.result.class == ANSWER_REFUSED ? t->call.result.error.message : STR_NONE, more = said.n ? str_fmt(t->r->a, ": %.*s", STR_ARG(said)) : STR("");
    task_fail(t, DIAG_E0706, task_span(t),
              str_fmt(t->r->a, "%.*s exists already and was not made by this stack%.*s", STR_ARG(name.n ? name : t->addr), STR_ARG(more)),
              STR("give it another name, delete the other one, or take it over with @adopt"));
}

static void taken(struct task *t)
{
    struct str error = call_error(t);
    t->report->operation = resource_operation(t->call.step);
    if (not_made(t, error))
        others(t);
}

/* Unmarked, and AWS made it along with something of ours. */
static bool taken_along(struct task *t)
{
    struct resource_view view = task_view(t);
    const struct value *live = t->found_fields ? value_get(t->found_fields, STR("live")) : NULL;
    view.live = live ? live : t->found_fields;
    return t->found_fields && t->ask.answer.mark == MARKED_NOT && resource_takes(t->r->a, &view);
}

static void ours(struct task *t)
{
    run_note(t->r, str_fmt(t->r->a, "%.*s: already made by an earlier attempt; taken", STR_ARG(t->addr)));
    ready_fields(t, t->found_fields);
    go_on_with_wanted(t);
    made(t);
}

static void adopted(struct task *t, enum find_result f);

static void look_again(struct task *t)
{
    find_begin(t, adopted);
}

/* AWS refuses a second one and does not show the first: what a request of ours may have made is waited for as long as AWS may hide it. */
static bool may_show_yet(const struct task *t)
{
    bool perhaps_ours = t->call.doubt || t->resumed;
    return t->call.tries < 10 || (perhaps_ours && world_now(t->r->c->world) - t->call.began < read_visible(t->type, t->r->scale));
}

/* AWS says that there is one: is it ours? */
static void adopted(struct task *t, enum find_result f)
{
    bool mine = find_class(t->type) != FIND_RELATION || t->call.doubt || t->resumed;
    if ((f == FIND_OURS && mine) || ((f == FIND_OURS || f == FIND_FOREIGN) && taken_along(t))) {
        ours(t);
    } else if (f == FIND_FOREIGN || f == FIND_OURS) {
        taken(t);
    } else if (t->r->stop) {
        task_cancel(t, STR("interrupted; the next apply looks whether it was made"));
    } else if (may_show_yet(t)) {                          /* said to exist, not to be seen yet; or the code meant busy */
        task_wake(t, world_now(t->r->c->world) + task_scaled(t, 3000), f == FIND_NONE ? call_again : look_again);
        t->call.tries++;
    } else if (f == FIND_NONE && t->call.result.class == ANSWER_REFUSED && !call_busy_code(t)) {
        taken(t);                                          /* there is one, and it does not carry our mark */
    } else {
        refused(t);
    }
}

/* ---- what nobody answered ---- */

enum { PROVEN_TRIES = 4 };                                 /* where each takes the ten minutes of a proof */

/* An intent of an earlier run is settled: what is wanted now may be something else. */
static void begin_anew(struct task *t)
{
    struct str error = STR("it was not made");
    if (!call_outcome(t, NULL, &error))
        return;
    t->inputs = t->rec.pending = t->wanted;
    t->wanted = NULL;
    former_begin(t, advance);
}

static void doubted(struct task *t, enum doubt d)
{
    unsigned tries = t->proof ? PROVEN_TRIES : UNKNOWN_TRIES;
    bool older = t->wanted != NULL, repeats = find_class(t->type) == FIND_TOKEN && t->call.request;
    if (d == DOUBT_OURS)
        ours(t);
    else if (d == DOUBT_OPEN || t->call.unknowns >= tries)
        task_fail_unknown(t, t->call.name);
    else if (d == DOUBT_FOREIGN && !(older && find_class(t->type) == FIND_NAME))
        taken(t);
    else if (older && !(d == DOUBT_NONE && repeats))
        begin_anew(t);
    else
        call_again_later(t);                               /* proven not to be there, or AWS makes no second one */
}

/* Where AWS would do it a second time: nothing but a tag tells, or what is made anew has another token. */
static bool wants_proof(const struct task *t)
{
    return !find_is_sure(t->type) || (find_class(t->type) == FIND_TOKEN && rtype_step(t->type, STEP_CREATE, 0)->nmades);
}

static void unknown(struct task *t)
{
    if (is_first(t) && rtype_step(t->type, STEP_FIND, 0))
        doubt_begin(t, !find_is_sure(t->type), doubted);
    else if (t->call.unknowns >= UNKNOWN_TRIES)
        task_fail_unknown(t, t->call.name);
    else
        call_again_later(t);
}

static void called(struct task *t, enum verdict v)
{
    if (v == VERDICT_OK)
        made_by_reply(t);
    else if (v == VERDICT_EXISTS && !is_first(t))
        made(t);                                           /* a later step that is done already */
    else if (v == VERDICT_GONE && !is_first(t) && ready_young(t))
        call_wait_busy(t, advance, "waits until AWS knows it everywhere");     /* it was just made */
    else if (v == VERDICT_EXISTS)
        look_again(t);
    else if (v == VERDICT_UNKNOWN)
        unknown(t);
    else
        refused(t);
}

/* ---- steps ---- */

static struct str step_token(struct task *t, const struct rstep *s, struct str name)
{
    const struct state_meta *m = state_meta(t->r->c->state);
    struct str step = s->nmades ? str_fmt(t->r->a, "%.*s@%lld", STR_ARG(name), (long long)t->rec.changed_ms) : name;
    return is_done(t, name) ? STR_NONE : resource_token(t->r->a, m->lineage, m->salt, origin(t), t->rec.generation, step, STR("create"));
}

static struct resource_view step_view(struct task *t, struct str token)
{
    struct resource_view view = task_view(t);
    view.token = token;
    if (t->present)
        view.inputs = resource_merge(t->r->a, t->inputs, t->present);
    return view;
}

static bool load_step(struct task *t, const struct rstep *s, struct str token)
{
    struct resource_fault f = { 0 };
    struct resource_view view = step_view(t, token);
    t->nrequests = resource_requests(made_arena(t, s), t->r->c->models, s, &view, &t->requests, &f);
    if (!f.problem.n)
        return true;
    made_fault(t, &f);
    task_fail_fault(t, &f);
    return false;
}

/* What it sent is gone, and it is not sent again. */
static bool made_before(struct task *t, const struct rstep *s)
{
    return s->nmades && is_done(t, call_name(t->r, s, 0));
}

static void advance(struct task *t)
{
    const struct rstep *s;
    for (; (s = rtype_step(t->type, STEP_CREATE, t->step)); t->step++, t->request = 0) {
        struct resource_view view = step_view(t, STR_NONE);
        if (made_before(t, s))
            continue;
        if (!made_prepare(t, s, &view, advance))
            return;
        for (;; t->request++) {
            struct str name = call_name(t->r, s, t->request), token = step_token(t, s, name);
            if (!load_step(t, s, t->step || t->request ? token : t->rec.token))
                return;
            if (t->request >= t->nrequests)
                break;
            if (!is_done(t, name)) {
                call_begin(t, s, t->requests[t->request], name, "create", t->step || t->request ? token : t->rec.token, called);
                return;
            }
        }
    }
    ready_begin(t);
}

/* ---- starting ---- */

/* What an earlier run sent is looked for with what it sent; then the create goes on with what is wanted now. */
static bool goes_on_with_intent(struct task *t, const struct record *had)
{
    const struct intent *in = had ? doubt_intent(t->r, had) : NULL;
    const struct rstep *first = rtype_step(t->type, STEP_CREATE, 0);
    if (!in || !first)
        return false;
    call_resume(t, in, first, called);
    t->wanted = t->inputs;
    t->inputs = in->inputs ? in->inputs : t->inputs;
    t->step = t->request = 0;
    doubt_begin(t, wants_proof(t), doubted);
    return true;
}

enum { LOOK_ERRORS = 20, LOOK_WINDOW = 5 * 60000, LOOK_GAP = 3000 };

static void look_first(struct task *t);

/* The object of a former generation, deleted just before, may be shown for a while. */
static bool just_deleted(const struct task *t)
{
    for (size_t i = 0; i < t->op->ndeps; i++) {
        const struct task *d = &t->r->tasks[t->op->deps[i]];
        if (d->op->kind == OP_DELETE && d->type == t->type && world_now(t->r->c->world) - d->report->ended < task_scaled(t, LOOK_WINDOW))
            return true;
    }
    return false;
}

/* Nothing was sent: what is there counts as what the first call would have made. */
static void take_found(struct task *t, const char *why)
{
    const struct rstep *first = rtype_step(t->type, STEP_CREATE, 0);
    run_note(t->r, str_fmt(t->r->a, "%.*s: %s; taken", STR_ARG(t->addr), why));
    ready_fields(t, t->found_fields);
    made_unsure(t, first->mades, first->nmades);
    record_done(t, call_name(t->r, first, 0));
    poll_begin(t, t->op->usual);
    t->request++;
    if (task_put(t))
        advance(t);
}

/* A denial has two reasons, and AWS does not tell them apart. */
static void not_looked(struct task *t)
{
    struct str op = t->ask.answer.operation, name = resource_name(t->r->a, t->type, t->inputs, NULL);
    if (t->read_result.class != ANSWER_DENIED) {
        task_fail_answer(t, &t->read_result, op);
        return;
    }
    t->report->error_code = t->read_result.error.code;
    t->report->request_id = t->read_result.error.request_id;
    t->report->operation = op;
    task_fail(t, DIAG_E0701, task_span(t),
              str_fmt(t->r->a, "%.*s may not be looked at before it is made: %.*s", STR_ARG(name.n ? name : t->addr), STR_ARG(t->read_result.error.message)),
              str_fmt(t->r->a, "another account has one of this name, or the credentials in use may not call %.*s:%.*s: give it another name, or allow that action",
                      STR_ARG(t->type->service), STR_ARG(op)));
}

static void looked_first(struct task *t, enum find_result f)
{
    int64_t later = world_now(t->r->c->world) + task_scaled(t, LOOK_GAP);
    if (f == FIND_NONE)
        former_begin(t, advance);
    else if (t->r->stop)
        task_cancel(t, STR("interrupted"));
    else if (f == FIND_ERROR && ++t->lookup_errors < LOOK_ERRORS)
        task_wake(t, later, look_first);
    else if (f == FIND_ERROR)
        not_looked(t);
    else if (just_deleted(t))
        task_wake(t, later, look_first);
    else if (taken_along(t))
        take_found(t, "AWS made it along");
    else if (f == FIND_OURS && find_class(t->type) != FIND_RELATION)
        take_found(t, "already made by an earlier attempt");
    else
        others(t);
}

static void look_first(struct task *t)
{
    find_begin(t, looked_first);
}

/* AWS would not refuse a second one. */
static bool overwrites(const struct task *t)
{
    const struct rstep *create = rtype_step(t->type, STEP_CREATE, 0);
    return rtype_step(t->type, STEP_FIND, 0) && (find_class(t->type) == FIND_RELATION || (create && create->overwrites));
}

void create_start(struct task *t)
{
    if (!inputs_resolve(t) || !task_enter_lane(t))
        return;
    const struct record *had = state_get_old(t->r->c->state, t->addr, t->generation);
    task_record(t, had);
    t->resumed = had != NULL;
    if (had) {
        made_planned(t);
        t->had_inputs = had->inputs;
        t->had_pending = had->status == STATUS_READY ? NULL : had->pending;
        poll_begin(t, t->op->usual);
        task_state(t, OP_RUNNING, STR("goes on with what an earlier run began"));
    }
    if (goes_on_with_intent(t, had))
        return;
    if (had && had->status != STATUS_CREATING)
        ready_begin(t);                                    /* all its calls were made */
    else if (!had && overwrites(t))
        look_first(t);
    else if (!had || !had->ndone)
        former_begin(t, advance);
    else
        advance(t);
}
