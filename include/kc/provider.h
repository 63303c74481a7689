/* provider.h - where an object lives and with whose rights it is reached. A value: nodes, records, intents and calls point at one; equal ones
 * need not be the same pointer. */
#ifndef KC_PROVIDER_H
#define KC_PROVIDER_H
#include "kc/arena.h"
#include "kc/value.h"

struct provider {
    struct str kind;                                       /* which caller: "aws" */
    struct str region;                                     /* never empty at apply */
    struct str profile, role;                              /* empty: the run's own credentials; the role is taken on with the profile's */
    struct str endpoint;                                   /* empty: the usual one */
    struct str home;                                       /* address of the object inside which all of it lives, and with which it ends; empty: none */
};
/* Who answers there: what the caller says of a provider that it reached. */
struct principal {
    struct str partition, account, arn;
};
bool provider_same(const struct provider *x, const struct provider *y);        /* all of it; two NULLs are the same */
bool provider_same_rights(const struct provider *x, const struct provider *y); /* but for the region */
struct str provider_key(struct arena *a, const struct provider *p);            /* for maps: equal where provider_same */
struct str provider_show(struct arena *a, const struct provider *p);           /* for people: "eu-west-1 (profile `ops`, role ...)" */
/* As an object of texts, members that are empty left out; and back: what is no text is left empty. */
const struct value *provider_value(struct arena *a, const struct provider *p);
const struct provider *provider_read(struct arena *a, const struct value *v);
/* The same in another region. */
const struct provider *provider_in(struct arena *a, const struct provider *p, struct str region);

#endif
