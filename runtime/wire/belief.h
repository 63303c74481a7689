/* belief.h - which replies are AWS's own. Private to this room; what others ask is in kc/wire.h.
 * Between us and AWS stand proxies, captive portals and broken connections, and they answer too: with pages, with status 200. Only what
 * is provably AWS's decides anything: a success is the operation's own reply, a refusal an error of its protocol, both with AWS's
 * request id. All else leaves the effect of a call unknown. */
#ifndef KC_WIRE_BELIEF_H
#define KC_WIRE_BELIEF_H
#include "kc/wire.h"
#include "xml.h"

/* A success reply's body, from which the members of the output are read: one of the two, or neither when nothing is read from it. */
struct opened { const struct xml *xml; const struct value *json; };
/* False, and *why: this is not op's own success reply. A payload that is text or bytes stays unopened. */
bool belief_open(struct arena *a, const struct operation *op, const struct http_reply *r, struct opened *out, struct str *why);

#endif
