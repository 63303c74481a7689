/* cli.c - from the command line to a command (see cli.h). */
#include "cli.h"

#include "commands.h"
#include "kc/arena.h"
#include "kc/json.h"

static int run(struct session *s)
{
    static int (*const commands[COMMAND_COUNT])(struct session *s) = {
        [COMMAND_CHECK] = command_check, [COMMAND_PLAN] = command_plan, [COMMAND_APPLY] = command_apply, [COMMAND_DESTROY] = command_apply,
        [COMMAND_GRAPH] = command_graph, [COMMAND_STATE] = command_state, [COMMAND_KUBECONFIG] = command_kubeconfig, [COMMAND_TOKEN] = command_token,
        [COMMAND_WHOAMI] = command_whoami, [COMMAND_LOGIN] = command_login, [COMMAND_SANDBOX] = command_sandbox,
        [COMMAND_EXPLAIN] = command_explain, [COMMAND_VERSION] = command_version, [COMMAND_HELP] = command_help,
    };

    return commands[s->options->command](s);
}

static int usage(struct world *w, struct str problem)
{
    struct buf b = { 0 };

    buf_cstr(&b, "kc: ");
    text_safe(&b, problem);
    buf_putc(&b, '\n');
    world_err(w, buf_view(&b));
    buf_fini(&b);
    return 64;
}

char **cli_shown_args(struct arena *a, int argc, char **argv)
{
    char **out = arena_array(a, (size_t)argc + 1, sizeof *out);
    bool value = false;

    for (int i = 0; i < argc; i++) {
        struct str word = str_of(argv[i]), shown = word, name;

        if (value || str_starts(word, STR("--set="))) {
            struct str rest = value ? word : str_sub(word, 6, word.n);

            str_cut(&rest, '=', &name);
            shown = str_fmt(a, "%s%.*s=...", value ? "" : "--set=", STR_ARG(name));
        }
        value = !value && str_is(word, "--set");
        out[i] = arena_copy(a, str_c(a, shown), shown.n + 1);
    }
    return out;
}

int cli_main(struct world *w, int argc, const char *const *argv, cli_network *network)
{
    struct arena *a = arena_new();
    struct options o;
    struct str problem = STR_NONE;
    uint32_t seed = 0;
    int code;

    world_random(w, &seed, sizeof seed);
    json_seed(seed);
    if (!options_read(w, a, argc, argv, &o, &problem)) {
        code = usage(w, problem);
    } else {
        struct session *s = session_new(w, a, &o, network);

        code = run(s);
        session_close(s);
    }
    arena_free(a);
    return code;
}
