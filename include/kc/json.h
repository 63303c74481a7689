/* json.h - values as JSON and back, over jansson. The only room that touches jansson is base.
 * Plain JSON: none null, quantities and literal types as text, maps in order. Limits: 32 MiB, depth 64 (JSON_TYPED: 1024,
 * because terms nest), 4 M values; duplicate keys refused. Writing what is nested deeper, or has over 8 M nodes, sets out->failed. */
#ifndef KC_JSON_H
#define KC_JSON_H
#include <stdbool.h>
#include "kc/str.h"
struct value;
struct arena;

enum json_flags { JSON_PLAIN = 0, JSON_CANONICAL = 1,      /* keys sorted, no white space */
                  JSON_PRETTY = 2, JSON_TYPED = 4,         /* literal types as {"$cidr": "10.0.0.0/16"}: loses nothing; for state and terms */
                  JSON_KEPT = 8 };                         /* and digests: for state alone. All else has "(secret)" for them, of bulk {"sha256": .., "bytes": ..} */
/* Writes v; secrets and bulk are written as they are only with `secrets` true (request bodies). Unknowns: {"$term": ...} is the caller's work (term.h). */
void json_write(struct buf *out, const struct value *v, int flags, bool secrets);
/* Reads text; NULL and *why (in a) on error: "line 3 column 5: ...". Integers are INT, other numbers FLOAT. flags: JSON_TYPED, JSON_KEPT or 0. */
const struct value *json_read(struct arena *a, struct str text, int flags, struct str *why);
void json_seed(uint32_t seed);                             /* hash seed, once at start, from world randomness */

#endif
