/* cli.h - the program: one call that reads the command line, does the command, and says how it went. */
#ifndef KC_CLI_H
#define KC_CLI_H
#include "kc/world.h"

/* Puts the real network into the world when a command needs it; NULL: the world has one (tests). */
typedef void cli_network(struct world *w, struct str ca_bundle);
/* The whole program; returns the exit code (docs/design.md, Projects, stacks, files). Everything it says goes through world_out and world_err. */
int cli_main(struct world *w, int argc, const char *const *argv, cli_network *network);

/* The arguments as they may be recorded: values of --set are left out, they may be secrets. */
char **cli_shown_args(struct arena *a, int argc, char **argv);

#endif
