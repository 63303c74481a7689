/* cli_kit.h - the program in a world in memory. */
#ifndef CLI_KIT_H
#define CLI_KIT_H
#include "world_test.h"

/* Runs "kc <line>" and gives its exit code; words are split at blanks. Output of earlier runs is forgotten. */
int cli_run(struct test_world *t, const char *line);

#endif
