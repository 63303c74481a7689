#include "cli_kit.h"
#include "cli/cli.h"

enum { MAX_ARGS = 24 };

int cli_run(struct test_world *t, const char *line)
{
    const char *argv[MAX_ARGS] = { "kc" };
    struct str rest = str_of(line), word;
    int n = 1;

    while (str_cut(&rest, ' ', &word) && n < MAX_ARGS)
        if (word.n)
            argv[n++] = str_c(test_world_arena(t), word);
    test_world_forget_output(t);
    test_world_args(t, line);
    return cli_main(test_world(t), n, argv, NULL);
}
