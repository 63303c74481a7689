/* find.c - is what a create was to make already there, and is it ours (docs/design.md, Recovery)? Reading only.
 * By token and by tag the request itself asks for our tag. By name, the owner tags decide. A relation is what it says: equal is ours. */
#include "room.h"

enum find_by find_class(const struct rtype *t)
{
    const struct rstep *s = rtype_step(t, STEP_FIND, 0);
    return s ? s->by : FIND_RELATION;
}

bool find_is_sure(const struct rtype *t)
{
    return find_class(t) != FIND_TAG;
}

static bool tag_is(const struct value *tags, const char *key, struct str want)
{
    const struct value *v = value_get(tags, str_of(key));
    return v && v->kind == VALUE_STRING && str_eq(v->s, want);
}

/* Ours is what carries our token; or our address, and a generation that has no record: a create of which we never heard again. */
static bool our_tags(struct task *t, const struct value *tags)
{
    const struct state_meta *m = state_meta(t->r->c->state);
    const struct value *gen = value_get(tags, STR("kc:gen"));
    int64_t g;
    if (tag_is(tags, "kc:token", t->rec.token))
        return true;
    if (!tag_is(tags, "kc:lineage", m->lineage) || !tag_is(tags, "kc:addr", address_tag(t->r->a, t->addr)))
        return false;
    return gen && gen->kind == VALUE_STRING && str_int(gen->s, &g) && g > 0 && g <= t->generation && !state_get_old(t->r->c->state, t->addr, (uint32_t)g);
}

static enum find_result judge_name(struct task *t, const struct value *fields)
{
    const struct value *tags = t->type->tags.n ? value_get(fields, t->type->tags) : NULL;
    if (tags && tags->kind == VALUE_OBJECT)
        return our_tags(t, tags) ? FIND_OURS : FIND_FOREIGN;
    return t->call.doubt || t->resumed ? FIND_OURS : FIND_FOREIGN;     /* it cannot carry tags: ours if we asked for it and got no answer */
}

static enum find_result judge_relation(struct task *t, const struct value *fields)
{
    struct resource_change *c;
    struct pair *want = ARENA_ARRAY(t->r->a, struct pair, t->type->nfields);
    size_t n = 0;
    for (size_t i = 0; i < t->type->nfields; i++) {        /* what the find does not show cannot differ */
        const struct value *v = value_get(t->inputs, t->type->fields[i].name);
        if (v && value_get(fields, t->type->fields[i].name))
            want[n++] = (struct pair){ t->type->fields[i].name, v };
    }
    return resource_diff(t->r->a, t->type, value_object(t->r->a, want, n), NULL, fields, NULL, 0, &c) ? FIND_FOREIGN : FIND_OURS;
}

enum find_result find_judge(struct run *r, struct task *t, const struct rstep *s, const struct resource_item *v, size_t n, const struct value **fields)
{
    if (n == 0)
        return FIND_NONE;
    *fields = v[0].fields;
    if (n > 1 && s->by != FIND_RELATION)
        run_note(r, str_fmt(r->a, "%.*s: %zu objects carry its mark; the first is taken", STR_ARG(t->addr), n));
    if (s->by == FIND_NAME)
        return judge_name(t, *fields);
    return s->by == FIND_RELATION ? judge_relation(t, *fields) : FIND_OURS;
}

/* A list that does not show the tags (IAM): the object is read by itself, and they decide. */
static bool shows_no_tags(const struct task *t, const struct rstep *s)
{
    return s->by == FIND_NAME && t->type->tags.n && rtype_step(t->type, STEP_READ, 0) && !value_get(t->found_fields, t->type->tags);
}

static void tags_read(struct task *t, enum read_state r)
{
    const struct value *before = t->outs_before;
    t->outs_before = NULL;
    if (r != READ_HERE) {
        t->outs = before;
        t->found(t, r == READ_GONE ? FIND_NONE : FIND_ERROR);
        return;
    }
    t->found_fields = resource_merge(t->r->a, t->found_fields, t->observed);
    enum find_result found = judge_name(t, t->found_fields);
    if (found != FIND_OURS)
        t->outs = before;
    t->found(t, found);
}

static void answered(struct exchange *x)
{
    struct task *t = x->t;
    struct str field;
    struct resource_fault f = { 0 };
    struct resource_view view = task_view(t);
    struct resource_item *v;
    enum verdict verdict = resource_verdict(t->type, &x->result, &field);
    t->found_fields = NULL;
    t->read_result = x->result;
    if (verdict == VERDICT_CREDENTIALS)
        run_stop(t->r, STOP_CREDENTIALS, x->result.error.message);
    if (verdict != VERDICT_OK) {
        t->found(t, verdict == VERDICT_GONE ? FIND_NONE : FIND_ERROR);
        return;
    }
    view.reply = x->result.reply;
    size_t n = resource_items(t->r->a, x->step, &view, &v, &f);
    if (f.problem.n) {                                     /* not the answer to what was asked */
        t->read_result = (struct aws_result){ .class = AWS_UNKNOWN, .error = { .message = f.problem }, .request_id = x->result.request_id };
        t->found(t, FIND_ERROR);
        return;
    }
    enum find_result found = find_judge(t->r, t, x->step, v, n, &t->found_fields);
    if (found == FIND_NONE || !shows_no_tags(t, x->step)) {
        t->found(t, found);
        return;
    }
    t->outs_before = t->outs;
    t->outs = resource_outs(t->r->a, t->type, t->outs ? t->outs : &value_empty_object, t->found_fields);
    read_begin(t, tags_read);
}

void find_begin(struct task *t, find_then *then)
{
    struct resource_fault f = { 0 };
    struct resource_view view = task_view(t);
    const struct rstep *s = rtype_step(t->type, STEP_FIND, 0);
    t->found = then;
    if (t->r->stop || !s) {
        then(t, s ? FIND_ERROR : FIND_NONE);
        return;
    }
    const struct value *request = resource_request(t->r->a, t->r->c->models, s, &view, &f);
    if (!request) {
        task_fail_fault(t, &f);
        return;
    }
    struct aws_call call = { .service = resource_service(t->type, s), .op = resource_operation(s), .region = t->region, .input = request,
                             .repeat = AWS_REPEAT_ALWAYS, .all_pages = true };
    struct exchange *x = exchange_send(t->r, &call, false, answered);
    x->t = t;
    x->step = s;
}
