/* main.c - the program: the real world, and the command line. */
#include "cli.h"

#include "kc/net.h"

int main(int argc, char **argv)
{
    struct world *w = world_real(argc, argv);
    int code = cli_main(w, argc, (const char *const *)argv, net_attach);

    world_free(w);
    return code;
}
