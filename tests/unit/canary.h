/* canary.h - a secret that must be found nowhere: neither as it is nor as anything that one line of a script makes from it and from what lies
 * beside it. */
#ifndef KC_CANARY_H
#define KC_CANARY_H
#include "kc/arena.h"
#include "world_test.h"

#define CANARY "canary-7Qx!hunter2"
/* Whether `text` holds it: plain, in hex or base64, its SHA-256, SHA-1 or MD5, its HMAC under `known` (a lineage; or empty), as text and as JSON, each
 * in hex and base64 and cut to half. */
bool canary_in(struct arena *a, struct str text, struct str known);
/* The first file on the disk that holds it, but those whose path contains `but` (NULL: none such); empty: none. */
struct str canary_on_disk(struct test_world *t, struct str known, const char *but);

struct str text_on_disk(struct test_world *t, const char *text);               /* the first file that holds it as it is; empty: none */

#endif
