/* cmd_plan.c - kc plan, and the way to a plan that apply and destroy share. */
#include "commands.h"

#include "kc/arena.h"
#include "output.h"
#include "plan_show.h"

static bool resolve_open_intents(struct session *s)
{
    struct str why = STR_NONE;

    if (engine_recover(&s->carrying, s->arena, &s->exit_code, &why))
        return true;
    if (s->exit_code != 130)
        diag_add(&s->diags, s->exit_code == 5 ? DIAG_E0702 : DIAG_E0703, SPAN_NONE, "what an earlier run left open cannot be resolved: %.*s", STR_ARG(why));
    return false;
}

static bool open_all(struct session *s, bool write)
{
    bool destroy = s->options->command == COMMAND_DESTROY;

    if (!session_project(s, !destroy) || !session_sandbox(s) || !session_client(s))
        return false;
    if (destroy)
        return session_no_program(s) && session_state(s, write) && session_identity(s);
    return session_program(s, false) && session_state(s, write) && session_secrets(s, write) && session_graph(s, false);
}

struct plan *make_plan(struct session *s, bool write)
{
    s->exit_code = 1;
    if (!open_all(s, write))
        return NULL;
    if (write && !resolve_open_intents(s))
        return NULL;
    s->planning.nnotes = session_ways(s, &s->planning.notes);
    s->planning.destroy = s->options->command == COMMAND_DESTROY;
    return plan_make(&s->planning, s->arena, s->graph, &s->exit_code);
}

/* What is different from the last apply without being in the way: said before the plan. */
static void changed_params(struct session *s, struct buf *out)
{
    const struct value *was = state_meta(s->state)->params, *now = s->graph ? s->graph->params : NULL;

    for (size_t i = 0; was && now && now->kind == VALUE_OBJECT && i < now->object.n; i++) {
        const struct value *old = value_get(was, now->object.v[i].key), *fresh = now->object.v[i].value;
        struct buf x = { 0 }, y = { 0 };

        if (!old || !value_is_known(fresh) || value_eq(old, fresh) || value_has_secret(fresh) || value_has_secret(old))
            continue;
        value_print(&x, old);
        value_print(&y, fresh);
        buf_fmt(out, "note: parameter `%.*s` was %.*s at the last apply and is %.*s now\n", STR_ARG(now->object.v[i].key), STR_ARG(buf_view(&x)),
                STR_ARG(buf_view(&y)));
        buf_fini(&x);
        buf_fini(&y);
    }
}

/* Where all of it is, if that is more than one place. */
static void put_places(struct session *s, struct buf *out)
{
    bool rights = false;

    for (size_t i = 0; s->nplaces > 1 && i < s->nplaces; i++) {
        const struct answer *lost = callers_problem(s->callers, s->places[i]);
        struct str account = callers_principal(s->callers, s->places[i])->account;

        buf_fmt(out, "  %.*s: %s%.*s\n", STR_ARG(provider_show(s->arena, s->places[i])), lost ? "nobody answers: " : "account ",
                STR_ARG(lost ? lost->error.message : account));
    }
    for (size_t i = 0; i < s->nplaces; i++)
        rights = rights || s->places[i]->profile.n || s->places[i]->role.n;
    if (rights && s->options->sandbox)
        buf_cstr(out, "note: the sandbox is one account: profiles and roles are not taken on\n");
}

void plan_header(struct session *s, struct buf *out)
{
    buf_fmt(out, "Stack %.*s, account %.*s%s", STR_ARG(s->project.stack), STR_ARG(s->who.account), s->options->sandbox ? " (simulated)" : "");
    if (s->region.n && (s->options->region.n || !s->options->sandbox))
        buf_fmt(out, ", region %.*s", STR_ARG(s->region));
    buf_putc(out, '\n');
    put_places(s, out);
    changed_params(s, out);
}

int command_plan(struct session *s)
{
    struct buf b = { 0 };
    struct plan *p = make_plan(s, false);

    if (!p)
        return session_fail(s, s->exit_code);
    output_diags(s);
    if (s->options->json) {
        plan_json(&b, p);
    } else {
        plan_header(s, &b);
        plan_text(&b, p, output_colour(s, 1), s->options->all, s->sources);
    }
    output_buf(s, &b);
    if (p->partial)
        return 1;
    return s->options->exit_code && !plan_empty(p) ? 2 : 0;
}
