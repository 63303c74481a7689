/* options.h - the command line and KC_* variables as one struct. Nothing is opened here. */
#ifndef KC_CLI_OPTIONS_H
#define KC_CLI_OPTIONS_H
#include "kc/value.h"
#include "kc/world.h"

enum command {
    COMMAND_NONE, COMMAND_CHECK, COMMAND_PLAN, COMMAND_APPLY, COMMAND_DESTROY, COMMAND_GRAPH, COMMAND_STATE, COMMAND_KUBECONFIG, COMMAND_TOKEN,
    COMMAND_WHOAMI, COMMAND_LOGIN, COMMAND_SANDBOX, COMMAND_EXPLAIN, COMMAND_VERSION, COMMAND_HELP, COMMAND_COUNT
};
struct options {
    enum command command;
    struct str command_name;                               /* as typed: "validate" is check */
    const struct str *args; size_t nargs;                  /* what is no flag, after the command */
    bool help, json, no_color, yes, sandbox, admin, exit_code, accept, accept_secrets, send_secrets, all, fail_fast, refresh;
    struct str format, root, stack, state_dir, stdlib, behaviour, region, profile, role, cluster, listen, certificate, key, speed_text, seed_text, lifetime_text;
    double speed;                                          /* virtual ms per real ms; 0: as fast as it goes */
    uint64_t seed; bool seeded;
    int64_t lifetime;                                      /* --for, ms */
    const struct pair *set; size_t nset;                   /* --set, in order */
    struct texts { struct str *v; size_t n; } repin, allow; /* --repin, --allow-destroy: said any number of times */
    bool explicit_profile;                                 /* --profile or KC_PROFILE */
};
/* False: *problem says what is wrong, ready for the user ("unknown flag `--yess`; did you mean `--yes`?"). argv[0] is skipped. */
bool options_read(struct world *w, struct arena *a, int argc, const char *const *argv, struct options *o, struct str *problem);
const char *command_title(enum command c);                 /* "plan" */
/* Help: all commands, or one with its flags. */
void options_help(struct buf *out, enum command c);

#endif
