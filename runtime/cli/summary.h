/* summary.h - what became of an apply: every failure with what AWS said and its request id, what was skipped because of it, outputs. */
#ifndef KC_CLI_SUMMARY_H
#define KC_CLI_SUMMARY_H
#include "session.h"

void summary_text(struct session *s, const struct plan *p, const struct engine_result *r);
void summary_json(struct session *s, const struct plan *p, const struct engine_result *r);

#endif
