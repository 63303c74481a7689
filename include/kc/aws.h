/* aws.h - AWS as a client: requests from models and value trees, signing, endpoints, credentials, limits, retries.
 * Driven by the models alone: no service or resource is named in this room (endpoint exceptions are data in endpoint.c).
 * Single thread; calls complete from world_wait. */
#ifndef KC_AWS_H
#define KC_AWS_H
#include "kc/caller.h"
#include "kc/model.h"
#include "kc/value.h"
#include "kc/world.h"

/* ---- codec: no I/O; for the client, the simulator's tests and the conformance suite ---- */
struct wire {                                              /* an unsigned request without host */
    struct str method, path, query;                        /* path starts with "/"; both percent-encoded as sent */
    struct header *headers; size_t nheaders;               /* content-type, x-amz-target, header members */
    struct str body;
    struct str host_prefix;                                /* bucket for virtual-host addressing, else empty */
};
/* Writes `input` (object by API names, case and '_' ignored) as op's request. Times: INT ms or ISO 8601 text; blobs: the bytes themselves,
 * base64 is put on here; numbers and literal types stand for strings by value_text; none is not sent; required members must be there.
 * False: *why names the member: "Filters[0].Nmae: Filter has no such member; did you mean Name?". Unknown values inside are refused. */
bool wire_request(struct arena *a, const struct operation *op, const struct value *input, struct wire *out, struct str *why);
/* Reads a success reply to a value tree by API names. NULL: it is not op's own reply, or cannot be read: *why. Absent members are absent. Times are INT ms since 1970; blobs are base64 text as on the wire
 * (a body that is itself a blob too). Nothing points into the reply. */
const struct value *wire_reply(struct arena *a, const struct operation *op, const struct http_reply *r, struct str *why);

/* Reads an error reply of any protocol (docs/design.md, Wire). Always fills e. False: it is no error of AWS (a proxy's page, a redirect, no request
 * id): the code is "NotBelieved", the message says what came. To a HEAD the status is the code: "HTTP 404". */
bool wire_error(struct arena *a, const struct operation *op, const struct http_reply *r, struct answer_error *e);

/* ---- credentials ---- */
struct credentials {
    struct str key, secret, token;                         /* token empty: none */
    int64_t expires;                                       /* wall ms; 0: never */
    struct str source;                                     /* "environment", "profile x in ~/.aws/credentials": for messages */
};
/* ---- SigV4 (docs/design.md, Signing), every stage callable by tests ---- */
struct sign_input {
    struct str method, host, path, query;
    const struct header *headers; size_t nheaders;         /* lower-case or not; signed ones are chosen here */
    struct str body;
    struct str service, region;
    int64_t wall_ms;
    bool s3;                                               /* path signed as sent, payload hash in a header */
};
struct str sign_canonical(struct arena *a, const struct sign_input *in, const struct credentials *c, struct str *signed_headers);
/* The headers to add: host is the transport's; X-Amz-Date, X-Amz-Security-Token, x-amz-content-sha256, Authorization. */
size_t sign_headers(struct arena *a, const struct sign_input *in, const struct credentials *c, struct header out[4]);
struct str sign_presign(struct arena *a, const struct sign_input *in, const struct credentials *c, int64_t expires_s);  /* the whole query */

/* ---- endpoints ---- */
struct endpoint { struct str url, host, sign_region; bool overridden; };  /* url without trailing slash */
struct endpoint_flags { bool fips, dualstack; };
bool endpoint_find(struct arena *a, const struct service *s, struct str region, struct endpoint_flags f, struct endpoint *out, struct str *why); /* false: unknown region or combination */
bool endpoint_region_known(struct str region);             /* in the list of today; others of the right form still resolve */
size_t endpoint_regions(const struct str **out);           /* that list, sorted: for suggestions */
struct str endpoint_partition(struct str region);          /* "aws", "aws-cn", ...; empty when unknown */

/* ---- client ---- */
struct aws_options {
    struct str region, profile;                            /* empty: environment, then the shared files */
    struct str role;                                       /* ARN of a role to take on with what the profile gives; empty: none */
    struct str endpoint;                                   /* URL for every service, before what environment and files say; empty: none */
    bool explicit_profile;
    const struct credentials *fixed;                       /* sandbox and tests: nothing else is read; or NULL */
    bool bare;                                             /* read no environment variables, files or endpoint overrides (sandbox) */
};
struct aws;
struct aws *aws_new(struct world *w, struct models *m, const struct aws_options *o);
void aws_free(struct aws *c);
struct str aws_region(struct aws *c);                      /* empty: none found anywhere */
struct str aws_endpoint_note(struct aws *c);               /* overridden endpoints, for the plan header; or empty */
int64_t aws_wait_scale(struct aws *c);                     /* KC_WAIT_SCALE, 1 unless an endpoint is overridden */

/* Starts a call in the region of its provider, or the client's where it has none: see caller.h. */
struct ticket *aws_send(struct aws *c, struct arena *a, const struct ask *call, answer_done *done, void *user);
/* For simple callers: sends and waits. Stops early with ANSWER_UNKNOWN when a signal comes. */
struct answer aws_call_wait(struct aws *c, struct arena *a, const struct ask *call);
size_t aws_pending(const struct aws *c);
struct aws_stats { uint64_t requests, retries, throttles, reads, writes; };
/* Clients of a run by the rights and the endpoint that providers name; those that say nothing share one with `own`. */
struct aws_clients;
struct aws_clients *aws_clients_new(struct world *w, struct models *m, const struct aws_options *own);
void aws_clients_free(struct aws_clients *c);              /* and all clients; NULL is allowed */
struct aws *aws_clients_get(struct aws_clients *c, const struct provider *p);   /* borrowed; NULL: the run's own */
struct caller aws_caller(struct aws_clients *c);
int64_t aws_clock_offset(const struct aws *c);             /* AWS's clock minus ours in ms, from its first reply; 0 until known, or when they agree */
struct aws_stats aws_stats(const struct aws *c);
/* Whose credentials these are. False: *r says why. */
bool aws_identity(struct aws *c, struct arena *a, const struct provider *p, struct principal *out, struct answer *r);
/* "k8s-aws-v1...." for an EKS cluster, valid 14 minutes (docs/design.md, Signing); empty and *why without credentials. */
struct str aws_eks_token(struct aws *c, struct arena *a, struct str cluster, struct str region, int64_t *expires_wall_ms, struct str *why);

#endif
