/* sim.h - simulated AWS behind the world's network, on a virtual clock (docs/design.md, Sandbox).
 * Requests arrive as complete signed HTTP; they are decoded and validated against the models, verified, executed against an
 * in-memory account whose every effect is appended to a log before the reply is delivered, and answered from the models.
 * What a service does is data (stdlib/sandbox/<service>.kcl as values) plus small C hooks named in the data. Never derived from bindings. */
#ifndef KC_SIM_H
#define KC_SIM_H
#include "kc/model.h"
#include "kc/value.h"
#include "kc/world.h"

struct sim;
enum { SIM_INFINITE = 0 };                                 /* speed: jump to the next event */
struct sim_options {
    struct models *models;
    const struct value *behaviour;                         /* object: service -> object of lets of its sandbox file */
    struct str log;                                        /* path of account.log; empty: not kept */
    struct world *disk;                                    /* where the log is; may be the world it is attached to */
    uint64_t seed;
    double speed;                                          /* virtual ms per real ms, or SIM_INFINITE */
    bool exact;                                            /* durations are the medians, no lag: for tests of estimates */
    bool strict_limits;                                    /* per-action token buckets on (default in the sandbox) */
    int64_t start_wall;                                    /* virtual wall clock at creation; ignored when the log has one */
    bool served;                                           /* its clients are other programs (sim_exchange): they go by the wall clock of `disk`, the account's time by `speed` */
    struct str region;
    int64_t session_ms;                                    /* how long keys of an assumed role live, whatever was asked; 0: as asked */
    int64_t lag_ms; double lag_share;                      /* this share of new objects is seen up to so much later, in every service that lags at all; 0: as the data says */
    /* Each line of account.log as it is written, also when no log is kept: {"now":..,"op":..,"put":[..],"gone":[..]} (log.c). Borrowed for the call. */
    void (*watch)(void *user, const struct value *line); void *watch_user;
};
/* Replays the log if there is one. NULL: *why (torn tail is cut; a bad line before good ones is refused). */
struct sim *sim_new(const struct sim_options *o, struct arena *a, struct str *why);
void sim_free(struct sim *s);
void sim_attach(struct sim *s, struct world *w);           /* fills w->clock and w->net; waits really sleep when speed is finite */
const struct credentials *sim_credentials(void);           /* fixed keys that it accepts; account 111122223333 */

/* ---- faults, for tests: checked at each request in the order added ---- */
enum fault_kind { FAULT_THROTTLE, FAULT_500, FAULT_503, FAULT_TIMEOUT, FAULT_RESET_BEFORE, FAULT_RESET_AFTER, FAULT_TRUNCATE, FAULT_EXPIRED, FAULT_SKEW, FAULT_GARBAGE, FAULT_REDIRECT, FAULT_CODE,
                  FAULT_HTML,                              /* a page of some proxy's, status `http` or 200 */
                  FAULT_EMPTY,                             /* the real reply's status and headers, and {} for a body */
                  FAULT_DELAY };                             /* served late, and then as if nothing were; not seen by sim_exchange */
struct fault {
    enum fault_kind kind;
    struct str op;                                         /* "CreateVpc", "Describe*"; empty: any */
    unsigned skip, times;                                  /* let so many matches pass, then hit so often */
    size_t cut;                                            /* TRUNCATE: bytes kept */
    struct str code, message; int http;                    /* CODE; http: HTML too */
    int64_t delay_ms;                                      /* DELAY: keep it below the client's timeout */
    double rate;                                           /* > 0: hit with this probability instead, from the seed */
    bool within;                                           /* CODE: hits what one service of AWS asks of another, and no client */
};
void sim_fault(struct sim *s, const struct fault *f);
void sim_clear_faults(struct sim *s);
/* How something ends that takes its time: a node group's creation in CREATE_FAILED, an update in Failed, anything never. */
struct sim_fate {
    struct str kind, from;                                 /* "eks.nodegroup", the state that it is in meanwhile: "CREATING" */
    struct str to;                                         /* its last state; empty: never */
    bool fails;                                            /* and nothing of what it was to bring comes true */
    const struct value *set;                               /* attributes that come with it; NULL: none */
    unsigned skip, times;
};
void sim_fate(struct sim *s, const struct sim_fate *f);
void sim_mercy(struct sim *s);                             /* no more of these, and what was never to end ends soon */
uint64_t sim_hits(const struct sim *s);                    /* how often a fault or a fate struck so far */
void sim_hang_up(struct sim *s);                           /* the client died: what it sent still arrives, its replies go nowhere */
/* ---- looking in, for tests ---- */
size_t sim_count(const struct sim *s, struct str kind);    /* live objects of a kind ("ec2.vpc"); empty: all that a client made */
const struct value *sim_dump(const struct sim *s, struct arena *a);   /* kind -> id -> object, for comparison */
/* Nodes of a cluster that are ready now: those of node groups that are not being deleted. In the log it is the attribute `ready` of each node group. */
size_t sim_ready_nodes(const struct sim *s, struct str cluster);
/* Another hand's, or fate's: an object at rest changes its state, with `code: message` as its health issue; an empty code: it is well again. False: there is none. */
bool sim_ail(struct sim *s, struct str kind, struct str id, struct str state, struct str code, struct str message);
struct sim_call { struct str service, op; int64_t at; int http; struct str code; };
size_t sim_calls(const struct sim *s, const struct sim_call **out);   /* every request so far, in order */
/* One exchange without a world: of the served sandbox, the botocore oracle and the mutation tests. */
void sim_exchange(struct sim *s, struct arena *a, const struct http_request *rq, struct http_reply *out);

#endif
