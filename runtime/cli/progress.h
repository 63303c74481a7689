/* progress.h - an apply while it runs. On a terminal: one line per running operation with elapsed and expected time, below them a bar
 * with the time left, redrawn in place. Elsewhere: one plain line per operation that ended. Times are world time. */
#ifndef KC_CLI_PROGRESS_H
#define KC_CLI_PROGRESS_H
#include "session.h"

struct progress;
struct progress *progress_new(struct session *s, const struct plan *p);
const struct engine_events *progress_events(struct progress *p);
void progress_end(struct progress *p);                     /* takes the live lines away; the summary follows */
bool op_counts(const struct plan_op *op);                  /* worth a line: gates and outputs take no time and say nothing */
const char *op_verb(enum op_kind k, bool past);            /* "create", "created" */

#endif
