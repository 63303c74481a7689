/* compare.h - is what the user wants what there is? Private to this room. */
#ifndef KC_RESOURCE_COMPARE_H
#define KC_RESOURCE_COMPARE_H
#include "kc/arena.h"
#include "kc/keyring.h"
#include "kc/resource.h"

enum sameness { SAME, UNSURE, DIFFERENT };                 /* UNSURE: depends on something not known yet */
struct comparing {
    struct arena *a;
    const struct keyring *keys;                            /* for digests of secrets */
    bool doubt;                                            /* what is not comparable differs */
};
/* was: last applied, NULL when unknown: members that neither want nor was name are AWS's own business. What is not comparable counts as SAME, but with `doubt`. */
enum sameness compare(const struct comparing *c, const struct type *t, const struct value *want, const struct value *was, const struct value *now);

#endif
