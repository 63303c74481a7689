/* commands.h - one function per command: does it with a fresh session, returns the exit code (docs/design.md, Projects, stacks, files). */
#ifndef KC_CLI_COMMANDS_H
#define KC_CLI_COMMANDS_H
#include "session.h"

int command_check(struct session *s);
int command_plan(struct session *s);
int command_apply(struct session *s);                      /* destroy too */
int command_graph(struct session *s);
int command_state(struct session *s);
int command_kubeconfig(struct session *s);
int command_admin(struct session *s);                      /* kc kubeconfig --admin */
int command_token(struct session *s);
int command_whoami(struct session *s);
int command_login(struct session *s);
int command_sandbox(struct session *s);
int command_explain(struct session *s);
int command_version(struct session *s);
int command_help(struct session *s);

/* Opens what planning needs, evaluates, plans. write: state is locked for changes, intents left open are resolved first.
 * NULL: diagnostics are in the session, s->exit_code says how to end. */
struct plan *make_plan(struct session *s, bool write);
/* An output of the root or of a top component, by the command's argument: NAME, NAME.kind, or without one `kind`, else the only one that ends so. NULL: said why not. */
const struct pair *recorded_out(struct session *s, struct str kind, const char *what, const char *otherwise);
void plan_header(struct session *s, struct buf *out);      /* stack, account, region, simulated or not */

#endif
