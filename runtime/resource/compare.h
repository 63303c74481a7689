/* compare.h - is what the user wants what there is? Private to this room. */
#ifndef KC_RESOURCE_COMPARE_H
#define KC_RESOURCE_COMPARE_H
#include "kc/arena.h"
#include "kc/resource.h"

enum sameness { SAME, UNSURE, DIFFERENT };                 /* UNSURE: depends on something not known yet */
/* was: last applied, NULL when unknown: members that neither want nor was name are AWS's own business. */
enum sameness compare(struct arena *a, const struct type *t, const struct value *want, const struct value *was, const struct value *now);
bool same_document(struct arena *a, const struct value *x, const struct value *y);

#endif
