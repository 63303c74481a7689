/* cmd_apply.c - kc apply and kc destroy: plan, show, ask, carry out, sum up. */
#include "commands.h"

#include "kc/arena.h"
#include "guards.h"
#include "output.h"
#include "plan_show.h"
#include "progress.h"
#include "summary.h"

static bool confirmed(struct session *s)
{
    struct str line = STR_NONE;
    bool destroy = s->options->command == COMMAND_DESTROY;

    if (s->options->yes)
        return true;
    void (*say)(struct world *w, struct str text) = s->options->json ? world_err : world_out;   /* JSON stays alone on its output */

    say(s->world, destroy ? STR("\nDelete all of this? Only `yes` is taken: ") : STR("\nDo this? Only `yes` is taken: "));
    bool said = world_read_line(s->world, s->arena, &line);
    if (!said || !world_is_tty(s->world, 0))
        say(s->world, STR("\n"));
    return said && str_is(str_trim(line), "yes");
}

/* What the next command compares with: recorded before anything is changed. */
static bool record_meta(struct session *s, const struct plan *p)
{
    struct state_meta *m = state_meta(s->state);

    m->account = s->who.account;
    m->region = s->region.n ? s->region : m->region;
    m->partition = m->region.n ? endpoint_partition(m->region) : m->partition;
    m->stack = s->project.stack;
    if (s->project.file.n)
        m->file = s->project.file;
    if (s->graph && s->graph->params)
        m->params = value_withhold(s->arena, s->graph->params);
    if (state_commit_meta(s->state) && state_sync(s->state) && engine_seal(&s->carrying, s->arena, p))
        return true;
    diag_add(&s->diags, DIAG_E0805, SPAN_NONE, "%.*s", STR_ARG(state_problem(s->state)));
    return false;
}

static int carry_out(struct session *s, const struct plan *p)
{
    struct progress *progress = progress_new(s, p);

    s->carrying.events = progress_events(progress);
    struct engine_result r = engine_run(&s->carrying, s->arena, p);
    progress_end(progress);
    if (p->partial && !r.exit_code)
        r.exit_code = 1;
    if (s->options->json)
        summary_json(s, p, &r);
    else
        summary_text(s, p, &r);
    return r.exit_code;
}

int command_apply(struct session *s)
{
    struct buf b = { 0 };
    struct plan *p = make_plan(s, true);

    if (!p)
        return session_fail(s, s->exit_code);
    output_diags(s);
    if (!s->options->json || !s->options->yes) {           /* who is asked must see what for */
        plan_header(s, &b);
        plan_text(&b, p, output_colour(s, s->options->json ? 2 : 1), s->options->all, s->sources);
    }
    if (s->options->json)
        world_err(s->world, buf_view(&b));
    else
        world_out(s->world, buf_view(&b));
    buf_fini(&b);
    if (session_interrupted(s))
        return 130;
    int refused = s->options->command == COMMAND_APPLY ? guards_pass(s, p) : 0;
    if (refused)
        return refused;
    if (!plan_empty(p) && !confirmed(s)) {
        world_err(s->world, STR("Not confirmed: nothing was changed. `--yes` answers for scripts.\n"));
        return session_interrupted(s) ? 130 : 1;
    }
    if (!record_meta(s, p))
        return session_fail(s, 1);
    int code = plan_empty(p) && !p->nops && !s->options->json ? p->partial : carry_out(s, p);
    struct str news = s->keys ? keyring_news(s->keys, s->arena) : STR_NONE;

    if (news.n)
        output_note(s, news);
    return code;
}
