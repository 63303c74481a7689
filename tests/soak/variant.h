/* variant.h - files with holes: {{a|b|c}} is one of the three, {{>a|b}} only ever goes on to the right. */
#ifndef KC_VARIANT_H
#define KC_VARIANT_H
#include "kc/str.h"

enum { MAX_HOLES = 64 };
struct variant { struct str text; size_t nholes; struct { size_t from, to, n; bool forward; } holes[MAX_HOLES]; };
struct choice { unsigned at[MAX_HOLES]; };
void variant_read(struct variant *v, struct str text);
struct str variant_text(const struct variant *v, const struct choice *c, struct arena *a);
bool variant_step(const struct variant *v, struct choice *c, size_t hole, uint64_t chance);     /* another value for one hole; false: none is left */
#endif
