/* plan_show.h - a plan for people and for programs. */
#ifndef KC_CLI_PLAN_SHOW_H
#define KC_CLI_PLAN_SHOW_H
#include "kc/plan.h"

/* `all`: what stays as it is too, and every value. `s`: to name places; NULL: no places. */
void plan_text(struct buf *out, const struct plan *p, bool colour, bool all, const struct sources *s);
void plan_json(struct buf *out, const struct plan *p);     /* {"version": 1, ...}; docs/plan.md */

#endif
