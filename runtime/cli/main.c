/* main.c - the program: the real world, and the command line. */
#include "cli.h"

#include "kc/arena.h"
#include "kc/net.h"
#include "kc/pki.h"

int main(int argc, char **argv)
{
    pki_clear_freed();
    struct arena *a = arena_new();
    struct world *w = world_real(argc, cli_shown_args(a, argc, argv));
    int code = cli_main(w, argc, (const char *const *)argv, net_attach);

    world_free(w);
    arena_free(a);
    return code;
}
