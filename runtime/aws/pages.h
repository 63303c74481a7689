/* pages.h - following pagination (docs/design.md, Wire): pure functions over inputs and replies. */
#ifndef KC_AWS_PAGES_H
#define KC_AWS_PAGES_H
#include "kc/model.h"
#include "kc/value.h"

enum { PAGES_MAX = 1000 };
/* The input of the next page; NULL: that was the last one. *why: the listing cannot be trusted to be whole (a token that comes back unchanged,
 * more promised and no token). */
const struct value *pages_next(struct arena *a, const struct operation *op, const struct value *input, const struct value *reply, const char **why);
/* `so_far` with the lists of `reply` appended to its own; members that are no lists are the last reply's. so_far NULL: reply itself.
 * A list that no page has stays absent. NULL and *why: one page has a list that another lacks. */
const struct value *pages_join(struct arena *a, const struct operation *op, const struct value *so_far, const struct value *reply, const char **why);

#endif
