/* providers.c - everywhere that a run reaches to: by the file, by what state knows. Each is asked once who answers there. Where nobody does, what is
 * there is left as it is and the rest goes on; an object recorded in one account is never looked for in another. */
#include "session.h"

#include "kc/arena.h"
#include "kc/vec.h"

struct places {
    struct vec v;                                          /* const struct provider *, each once, in order */
};

static void add(struct places *l, const struct provider *p)
{
    for (size_t i = 0; i < l->v.n; i++)
        if (provider_same(l->v.v[i], p))
            return;
    vec_add(&l->v, (void *)(uintptr_t)p);
}

static void add_graph(struct session *s, struct places *l)
{
    for (size_t i = 0; s->graph && i < s->graph->nnodes; i++)
        if (s->graph->nodes[i]->type)
            add(l, s->graph->nodes[i]->provider);
}

static void add_state(struct session *s, struct places *l)
{
    const struct record **records;
    const struct intent **intents;
    size_t n = state_list(s->state, s->arena, &records);
    for (size_t i = 0; i < n; i++)
        add(l, records[i]->provider);
    n = state_intents(s->state, s->arena, &intents);
    for (size_t i = 0; i < n; i++)
        add(l, intents[i]->provider);
}

/* What a run asks for that has nothing anywhere: the run's own credentials, which `kc plan` of an empty file is about. */
static void add_own(struct session *s, struct places *l)
{
    struct provider *p = ARENA_NEW(s->arena, struct provider);
    *p = (struct provider){ .kind = STR("aws"), .region = s->region.n ? s->region : endpoint_home(STR("aws")) };
    add(l, p);
}

/* ---- regions that can be ---- */

/* A region that kc does not know is refused where it cannot be one, and in the sandbox; elsewhere it may be new. */
bool session_region(struct session *s, struct str region, struct span at)
{
    bool fatal = s->options->sandbox || !endpoint_partition(region).n;
    const struct str *names;
    struct str near[3];
    size_t n = endpoint_regions(&names), k = diag_nearest(region, names, n, near);

    if (!region.n || endpoint_region_known(region) || (s->aws && aws_endpoint_note(s->aws).n))
        return true;
    struct diag *x = fatal ? diag_add(&s->diags, DIAG_E0810, at, "`%.*s` is not an AWS region", STR_ARG(region)) :
                             diag_add(&s->diags, DIAG_E0811, at, "`%.*s` is not a region that kc knows", STR_ARG(region));
    if (k)
        diag_help(&s->diags, x, "did you mean `%.*s`?", STR_ARG(near[0]));
    return !fatal;
}

bool session_providers(struct session *s)
{
    struct places seen = { 0 };
    bool good = true;

    for (size_t i = 0; s->graph && i < s->graph->nnodes; i++) {
        const struct node *n = s->graph->nodes[i];
        size_t before = seen.v.n;

        if (n->type)
            add(&seen, n->provider);
        if (seen.v.n > before)
            good = session_region(s, n->provider->region, n->provider_at) && good;
    }
    vec_fini(&seen.v);
    s->exit_code = good ? s->exit_code : 1;
    return good;
}

/* ---- who answers ---- */

static bool unreached(const struct answer *r)
{
    return r->class == ANSWER_NOT_SENT || r->class == ANSWER_UNKNOWN || r->class == ANSWER_THROTTLED;
}

/* All places that one set of rights reaches: asked in one region after the other until one of them answers. */
static bool meet(struct session *s, const struct places *l, size_t first, struct answer *last)
{
    const struct provider *p = l->v.v[first];
    struct aws *client = aws_clients_get(s->clients, p);
    struct principal who;
    bool met = false;

    for (size_t i = first; i < l->v.n && !met; i++)
        if (provider_same_rights(p, l->v.v[i])) {
            met = aws_identity(client, s->arena, l->v.v[i], &who, last);
            if (!met && !unreached(last))
                break;
        }
    struct answer *why = ARENA_NEW(s->arena, struct answer);
    *why = *last;
    for (size_t i = first; i < l->v.n; i++) {
        const struct provider *q = l->v.v[i];
        if (!provider_same_rights(p, q))
            continue;
        who.partition = endpoint_partition(q->region);
        if (met)
            callers_met(s->callers, q, who);
        else
            callers_lost(s->callers, q, why);
    }
    if (met && !s->who.account.n)
        s->who = who;
    return met;
}

static bool asked_before(const struct places *l, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (provider_same_rights(l->v.v[i], l->v.v[at]))
            return true;
    return false;
}

bool session_no_answer(struct session *s, const struct answer *r)
{
    struct str id = r->request_id.n ? str_fmt(s->arena, " (request id %.*s)", STR_ARG(r->request_id)) : STR("");

    if (session_interrupted(s)) {
        s->exit_code = 130;
        return false;
    }
    s->exit_code = r->class == ANSWER_CREDENTIALS || r->class == ANSWER_DENIED ? 5 : 1;
    if (s->exit_code == 5) {
        struct str what = r->error.message, todo = diag_advice(&what);
        struct diag *x = diag_add(&s->diags, DIAG_E0702, SPAN_NONE, "%.*s%.*s", STR_ARG(what), STR_ARG(id));
        if (todo.n)
            diag_help(&s->diags, x, "%.*s", STR_ARG(todo));
        if (r->error.code.n && !str_is(r->error.code, "NoCredentials"))
            diag_note(&s->diags, x, "AWS said %.*s", STR_ARG(r->error.code));
        return false;
    }
    diag_add(&s->diags, DIAG_E0710, SPAN_NONE, "AWS could not be asked whose credentials these are: %.*s%.*s", STR_ARG(r->error.message), STR_ARG(id));
    return false;
}

static bool meet_all(struct session *s, const struct places *l)
{
    struct answer last = { .class = ANSWER_OK }, first = { .class = ANSWER_OK };
    bool any = false;

    for (size_t i = 0; i < l->v.n; i++) {
        if (asked_before(l, i))
            continue;
        if (meet(s, l, i, &last))
            any = true;
        else if (first.class == ANSWER_OK)
            first = last;
        if (session_interrupted(s))
            return session_no_answer(s, &last);
    }
    return any || session_no_answer(s, &first);
}

/* ---- the same as last time ---- */

static void differs(struct session *s, struct diag **x, const char *what, struct str was, struct str is)
{
    if (!was.n || !is.n || str_eq(was, is))
        return;
    if (!*x)
        *x = diag_add(&s->diags, DIAG_E0807, SPAN_NONE, "stack `%.*s` was last applied elsewhere", STR_ARG(s->project.stack));
    diag_note(&s->diags, *x, "%s: then `%.*s`, now `%.*s`", what, STR_ARG(was), STR_ARG(is));
}

/* Objects recorded in one account, and the rights they were made with reach another: kc would take them for gone. */
static bool same_accounts(struct session *s)
{
    const struct record **records, *first = NULL;
    size_t n = state_list(s->state, s->arena, &records), many = 0;

    for (size_t i = 0; i < n; i++) {
        struct str now = callers_principal(s->callers, records[i]->provider)->account;
        if (!records[i]->account.n || !now.n || str_eq(records[i]->account, now) || records[i]->pin)
            continue;
        first = first ? first : records[i];
        many++;
    }
    if (!first)
        return true;
    struct str account = callers_principal(s->callers, first->provider)->account, more = many > 1 ? str_fmt(s->arena, " and %zu more", many - 1) : STR_NONE;
    struct diag *x = diag_add(&s->diags, DIAG_E0807, SPAN_NONE, "stack `%.*s` has %.*s%.*s in account `%.*s`, and %.*s reaches `%.*s`", STR_ARG(s->project.stack),
                              STR_ARG(first->addr), STR_ARG(more), STR_ARG(first->account), STR_ARG(provider_show(s->arena, first->provider)), STR_ARG(account));
    diag_help(&s->diags, x, "use credentials of `%.*s` (`--profile`), or another `--stack` for what is to be made in `%.*s`", STR_ARG(first->account),
              STR_ARG(account));
    s->exit_code = 6;
    return false;
}

bool session_identity(struct session *s)
{
    const struct state_meta *m = state_meta(s->state);
    struct places l = { 0 };
    struct diag *x = NULL;

    add_graph(s, &l);
    add_state(s, &l);
    if (!l.v.n)
        add_own(s, &l);
    bool met = meet_all(s, &l);
    s->places = arena_copy(s->arena, l.v.v, l.v.n * sizeof *l.v.v);
    s->nplaces = l.v.n;
    vec_fini(&l.v);
    if (!met || !same_accounts(s))
        return false;
    if (s->options->accept)
        return true;
    differs(s, &x, "region", m->region, s->region);
    differs(s, &x, "file", m->file, s->project.file);
    if (!x)
        return true;
    diag_help(&s->diags, x, "to go on with the new ones, add `--accept-stack-change`; to keep apart what is apart, use another `--stack`");
    s->exit_code = 6;
    return false;
}
