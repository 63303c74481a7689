/* lookup.c - questions to AWS whose answers the file builds on. A pinned answer in state is used while the arguments are equal. */
#include "room.h"

static bool blame(struct plan_context *c, const struct node *n, const char *what, struct str why)
{
    struct diag *d = diag_add(c->diags, DIAG_E0610, n->span, "%s of %.*s: %.*s", what, STR_ARG(n->addr), STR_ARG(why));
    d->addr = str_dup(c->diags->arena, n->addr);
    return false;
}

static bool refused(struct plan_context *c, const struct node *n, const struct aws_result *r)
{
    struct diag *d;
    if (r->class == AWS_CREDENTIALS)
        d = diag_add(c->diags, DIAG_E0702, SPAN_NONE, "AWS did not accept the credentials: %.*s", STR_ARG(r->error.message));
    else
        d = diag_add(c->diags, DIAG_E0610, n->span, "lookup of %.*s failed: %.*s%s%.*s", STR_ARG(n->addr), STR_ARG(r->error.code),
                     r->error.code.n ? ": " : "", STR_ARG(r->error.message));
    d->addr = str_dup(c->diags->arena, n->addr);
    if (r->request_id.n)
        diag_note(c->diags, d, "AWS request id %.*s", STR_ARG(r->request_id));
    if (r->class == AWS_CREDENTIALS)
        diag_help(c->diags, d, "check the profile or the environment's keys; `--sandbox` needs none");
    return false;
}

/* One read of the lookup, its sets merged into *answer. */
static bool ask(struct plan_context *c, struct arena *a, const struct node *n, const struct rstep *s, const struct value **answer)
{
    struct resource_view v = { .type = n->type, .inputs = n->inputs, .outs = *answer, .generation = 1 };
    struct resource_fault f = { 0 };
    const struct value **requests;
    size_t count = resource_requests(a, c->models, s, &v, &requests, &f);
    if (f.problem.n)
        return blame(c, n, "lookup", f.problem);
    if (!count)
        return true;
    struct aws_call call = { .service = resource_service(n->type, s), .op = resource_operation(s), .region = n->provider.region,
                             .input = requests[0], .repeat = AWS_REPEAT_ALWAYS, .all_pages = true };
    struct aws_result r = aws_call_wait(c->aws, a, &call);
    if (r.class != AWS_OK)
        return refused(c, n, &r);
    v.reply = r.reply;
    const struct value *got = resource_found(a, s, &v, &f);
    if (!got)
        return blame(c, n, "answer", f.problem);
    if (got->kind == VALUE_NONE)
        return blame(c, n, "lookup", STR("AWS has nothing that fits"));
    *answer = resource_merge(a, *answer, got);
    return true;
}

static bool ask_all(struct plan_context *c, struct arena *a, const struct node *n, const struct value **answer)
{
    const struct rstep *s;
    *answer = &value_empty_object;
    for (size_t i = 0; (s = rtype_step(n->type, STEP_READ, i)); i++)
        if (!ask(c, a, n, s, answer))
            return false;
    *answer = resource_outs(a, n->type, NULL, *answer);
    return true;
}

static const struct value *pinned(struct plan_context *c, const struct node *n)
{
    const struct record *r = n->pin && c->state ? state_get(c->state, n->addr) : NULL;
    return r && r->pin && value_eq(r->inputs, n->inputs) && replace_same_region(r->region, replace_region(c, n)) ? r->pin : NULL;
}

bool plan_lookup(struct plan_context *c, struct arena *a, const struct node *lookup, const struct value **answer)
{
    *answer = pinned(c, lookup);
    return *answer || ask_all(c, a, lookup, answer);
}
