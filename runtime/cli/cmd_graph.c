/* cmd_graph.c - kc graph: what the file describes. Without an account lookups stay open (`public[*]`); with --sandbox they are answered. */
#include "commands.h"

#include "output.h"

int command_graph(struct session *s)
{
    bool offline = !s->options->sandbox;
    struct buf b = { 0 };

    if (!session_project(s, true) || (!offline && !session_sandbox(s)) || !session_client(s) || !session_program(s, offline))
        return session_fail(s, s->exit_code);
    if ((!offline && !session_state(s, false)) || !session_graph(s, offline))
        return session_fail(s, s->exit_code);
    output_diags(s);
    if (str_is(s->options->format, "dot"))
        graph_dot(&b, s->graph);
    else if (s->options->json)
        graph_json(&b, s->graph);
    else
        graph_text(&b, s->graph);
    output_buf(s, &b);
    return 0;
}
