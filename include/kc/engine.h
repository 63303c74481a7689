/* engine.h - carries a plan out: ready heap by critical path, waiters that hold no slot, intents before and outcomes after each
 * mutating call, recovery of unresolved intents, adaptive polls. Single thread, one loop.
 * A failed operation leaves its dependents skipped because of it; independent branches go on. */
#ifndef KC_ENGINE_H
#define KC_ENGINE_H
#include "kc/plan.h"

enum op_state { OP_WAITING, OP_READY, OP_RUNNING, OP_POLLING, OP_DONE, OP_UNREADY, OP_FAILED, OP_SKIPPED, OP_CANCELLED,
                OP_KEPT };                                 /* a deletion that has to wait for a later run: something may still use the object (@keep) */
struct op_report {                                         /* one per plan_op, same index */
    enum op_state state;
    int64_t started, ended;                                /* world_now; 0: not */
    struct str detail;                                     /* what it is doing, or the failure for people */
    struct str error_code, request_id, operation;            /* of the failure, or empty */
    struct str help;
    size_t because;                                        /* SKIPPED: index of the failed operation */
    enum diag_code code;
    struct span where;
    unsigned attempts;
};
struct engine_events {                                     /* all may be NULL; called from the loop */
    void (*changed)(void *user, const struct plan *p, size_t op, const struct op_report *r);
    void (*tick)(void *user);                              /* about every 100 ms of world time, for the display */
    void (*note)(void *user, struct str text);             /* recovery and retries worth a line */
    void *user;
};
struct engine_context {
    struct world *world;
    struct callers *callers;
    struct models *models;
    struct state *state;                                   /* open for writing */
    const struct engine_events *events;                    /* NULL: none */
    const struct rtype *(*type)(void *user, struct str name); void *user;
    /* The text of a type as it is declared now, kept when a run begins. False: it is not declared any more; what state has stays. NULL: no text is kept. */
    bool (*source)(void *user, struct arena *a, struct str name, struct rsource *out);
    bool fail_fast;
    bool impatient;                                        /* tests of order: what is in use or not to be seen yet fails at once instead of being waited for */
};
struct engine_result {
    int exit_code;                                         /* 0, 1, 3, 4, 5, 6, 130 */
    const struct op_report *reports; size_t n;
    size_t done, failed, skipped, unready;
    const struct value *outs;                              /* of the root and top components, as far as known; borrows from the state: use before state_close */
    int64_t took;                                          /* ms of world time */
    struct str stopped;                                    /* why it stopped early, or empty */
};
/* Resolves intents left by an earlier run, before planning (docs/design.md, Recovery). False: *exit_code and *why. */
bool engine_recover(struct engine_context *c, struct arena *a, int *exit_code, struct str *why);
/* Before a run: digests of secrets come under the stack's key (keyring.h), as far as they fit what the plan wants. False: state_problem. */
bool engine_seal(struct engine_context *c, struct arena *a, const struct plan *p);
struct engine_result engine_run(struct engine_context *c, struct arena *a, const struct plan *p);

#endif
