/* aws.h - AWS as a caller: calls by name of service and operation, with credentials, limits, retries, pages.
 * Single thread; calls complete from world_wait. */
#ifndef KC_AWS_H
#define KC_AWS_H
#include "kc/caller.h"
#include "kc/credentials.h"
#include "kc/wire.h"

struct aws_options {
    struct str region, profile;                            /* empty: environment, then the shared files */
    struct str role;                                       /* ARN of a role to take on with what the profile gives; empty: none */
    struct str endpoint;                                   /* URL for every service, before what environment and files say; empty: none */
    bool explicit_profile;                                 /* keys in the environment do not go before it */
    struct str profile_by;                                 /* who named it, for messages; empty: --profile */
    const struct credentials *fixed;                       /* sandbox and tests: nothing else is read; or NULL. Must outlive the client */
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
/* The credentials that calls are signed with now; waits for them. False: *why. Strings from `a`. */
bool aws_credentials(struct aws *c, struct arena *a, struct credentials *out, struct str *why);
/* "k8s-aws-v1...." for an EKS cluster, valid 14 minutes (docs/design.md, Signing); empty and *why without credentials. */
struct str aws_eks_token(struct aws *c, struct arena *a, struct str cluster, struct str region, int64_t *expires_wall_ms, struct str *why);

#endif
