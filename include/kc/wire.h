/* wire.h - AWS on the wire: requests and replies from models and value trees, what is believed of a reply, errors, times, signing, endpoints.
 * Driven by the models alone: no service or resource is named in this room (endpoint exceptions are data in endpoint.c). No I/O.
 * For the client, for whoever gets credentials, for the simulator and the conformance suite. */
#ifndef KC_WIRE_H
#define KC_WIRE_H
#include "kc/caller.h"
#include "kc/date.h"
#include "kc/model.h"
#include "kc/value.h"
#include "kc/world.h"

/* ---- codec ---- */
struct wire {                                              /* an unsigned request without host */
    struct str method, path, query;                        /* path starts with "/"; both percent-encoded as sent */
    struct header *headers; size_t nheaders;               /* content-type, x-amz-target, header members */
    struct str body;
    const struct body_file *file;                          /* in its place; NULL: none */
    struct str host_prefix;                                /* bucket for virtual-host addressing, else empty */
};
/* Writes `input` (object by API names, case and '_' ignored) as op's request. Times: INT ms or ISO 8601 text; blobs: the bytes themselves,
 * base64 is put on here, or, where they are the body, a DIGEST with the path of a file; numbers and literal types stand for strings by value_text; none is not sent; required members must be there.
 * False: *why names the member: "Filters[0].Nmae: Filter has no such member; did you mean Name?". Unknown values inside are refused. */
bool wire_request(struct arena *a, const struct operation *op, const struct value *input, struct wire *out, struct str *why);
/* Reads a success reply to a value tree by API names. NULL: it is not op's own reply, or cannot be read: *why. Absent members are absent. Times are INT ms since 1970; blobs are base64 text as on the wire
 * (a body that is itself a blob too). Nothing points into the reply. */
const struct value *wire_reply(struct arena *a, const struct operation *op, const struct http_reply *r, struct str *why);

/* Reads an error reply of any protocol (docs/design.md, Wire). Always fills e. False: it is no error of AWS (a proxy's page, a redirect, no request
 * id): the code is "NotBelieved", the message says what came. To a HEAD the status is the code: "HTTP 404". */
bool wire_error(struct arena *a, const struct operation *op, const struct http_reply *r, struct answer_error *e);

/* What became of one attempt. */
enum outcome {
    OUTCOME_OK,
    OUTCOME_NOT_SENT,                                      /* no effect possible */
    OUTCOME_UNKNOWN,                                       /* effect unknown */
    OUTCOME_THROTTLED,                                     /* refused without effect, later it may pass */
    OUTCOME_BUSY,                                          /* refused without effect because something else is going on: as throttled, rate untouched */
    OUTCOME_SKEWED,                                        /* our clock is off */
    OUTCOME_EXPIRED,                                       /* credentials ran out */
    OUTCOME_CREDENTIALS,
    OUTCOME_DENIED,
    OUTCOME_REFUSED
};
enum outcome wire_outcome(const struct answer_error *e);     /* of an error reply that is AWS's own */
struct str reply_header(const struct http_reply *r, struct str name);              /* in any case; STR_NONE when absent */
struct str belief_id(const struct http_reply *r);          /* AWS's request id in the headers; empty: none */
/* "HTTP 200 with text/html is no reply of AWS to CreateVpc: <why>; it says: <first words>", never with a secret in it. */
struct str belief_note(struct arena *a, const struct operation *op, const struct http_reply *r, struct str why);

/* ---- times: ms since 1970, years 1 to 9999 ---- */
bool time_rfc822(struct str text, int64_t *ms);            /* "Sun, 06 Nov 1994 08:49:37 GMT" */
bool time_parse(struct str text, int64_t *ms);             /* ISO 8601 (with fraction, Z or offset), RFC 822, or seconds as a number */
struct str time_text(struct arena *a, int64_t ms, enum time_format f);

/* ---- SigV4 (docs/design.md, Signing), every stage callable by tests ---- */
struct credentials {                                       /* what signs; who finds it: kc/credentials.h */
    struct str key, secret, token;                         /* token empty: none */
    int64_t expires;                                       /* wall ms; 0: never */
    struct str source;                                     /* "environment", "profile x in ~/.aws/credentials": for messages */
    uint64_t serial;                                       /* another one for other keys of the same signer; 0: nobody counts */
};
struct sign_input {
    struct str method, host, path, query;
    const struct header *headers; size_t nheaders;         /* lower-case or not; signed ones are chosen here */
    struct str body;
    struct str payload;                                    /* its SHA-256 in hexadecimal digits, or what stands for it ("UNSIGNED-PAYLOAD"); empty: of body */
    struct str service, region;
    int64_t wall_ms;
    bool s3;                                               /* path signed as sent, payload hash in a header */
};
struct str sign_canonical(struct arena *a, const struct sign_input *in, const struct credentials *c, struct str *signed_headers);
/* The headers to add: host is the transport's; X-Amz-Date, X-Amz-Security-Token, x-amz-content-sha256, Authorization. */
size_t sign_headers(struct arena *a, const struct sign_input *in, const struct credentials *c, struct header out[4]);
struct str sign_presign(struct arena *a, const struct sign_input *in, const struct credentials *c, int64_t expires_s);  /* the whole query */
/* The signature that a request of somebody else must have: over exactly the headers `names` ("host;x-amz-date") and what it says its payload is. Of a
 * presigned one, in->query is all but X-Amz-Signature. */
struct str sign_expected(struct arena *a, const struct sign_input *in, const struct credentials *c, struct str names, struct str payload);

/* ---- endpoints ---- */
struct endpoint { struct str url, host, sign_region; bool overridden; };  /* url without trailing slash */
struct endpoint_flags { bool fips, dualstack; };
bool endpoint_find(struct arena *a, const struct service *s, struct str region, struct endpoint_flags f, struct endpoint *out, struct str *why); /* false: unknown region or combination */
bool endpoint_region_known(struct str region);             /* in the list of today; others of the right form still resolve */
size_t endpoint_regions(const struct str **out);           /* that list, sorted: for suggestions */
void endpoint_override(struct endpoint *e, struct str url);/* scheme://host[:port][/path] in its place; sign_region stays */
struct str endpoint_home(struct str partition);            /* a region of it that is always on, for services asked without one; empty when unknown */
struct str endpoint_partition(struct str region);          /* "aws", "aws-cn", ...; empty when unknown */

/* ---- AWS's clock ---- */
enum { SKEW_MATTERS_MS = 4 * 60 * 1000 };                  /* signatures live five minutes */
/* AWS's clock minus ours in ms, from the Date of its reply to a request that left at `sent` (our wall) and came back at `now`: whole seconds that took
 * their time, so that only what this cannot explain is an offset. False: the reply has no Date. */
bool wire_clock(const struct http_reply *r, int64_t sent, int64_t now, int64_t *offset);

/* ---- a whole request ---- */
/* op with `input`, addressed to e and signed with c at wall_ms (AWS's time); operations without signature take none. The time limit is the caller's
 * to set. False: *why, as wire_request. */
bool wire_outgoing(struct arena *a, const struct operation *op, const struct value *input, struct endpoint e, const struct credentials *c, int64_t wall_ms,
                   struct http_request *out, struct str *why);

#endif
