/* cmd_check.c - kc check: everything that can be known without an account. Silent when there is nothing to say. */
#include "commands.h"

int command_check(struct session *s)
{
    if (!session_project(s, true))
        return session_fail(s, s->exit_code);
    s->region = s->options->region;
    if (!session_program(s, true) || !session_graph(s, true))
        return session_fail(s, s->exit_code);
    return plan_twins(s->graph, &s->diags) ? 0 : session_fail(s, 1);
}
