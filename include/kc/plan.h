/* plan.h - what would be done and why: refresh, three-way diff, actions, the graph of operations, estimate and critical path.
 * Planning changes nothing anywhere. The plan is the only thing handed to the engine. */
#ifndef KC_PLAN_H
#define KC_PLAN_H
#include "kc/resource.h"
#include "kc/state.h"

enum action { ACTION_NOOP, ACTION_CREATE, ACTION_RESUME,   /* resume: created, not finished or not ready yet */
              ACTION_UPDATE, ACTION_DISRUPT, ACTION_REPLACE_CREATE_FIRST, ACTION_REPLACE_DELETE_FIRST, ACTION_DELETE,
              ACTION_READ,                                 /* lookup that waits for the apply */
              ACTION_FORGET,                               /* gone from AWS and not wanted any more */
              ACTION_ACT,                                  /* nothing of it differs, but something is done to it: item->acts */
              ACTIONS };
/* A record's inputs are kept as state_digest gives them, and a plan compares in that form; `inputs` here are the real ones. A NOOP lookup has the
 * answer that the plan used in `observed`. */
/* What stands in an object that goes, and is removed before it. */
struct plan_inside {
    const struct rstep *step;                              /* STEP_EMPTY: how it is listed and removed */
    bool asked;                                            /* false: AWS was not */
    size_t n; bool more;                                   /* how many on the first page that shows any; there are further pages */
    struct str names;                                      /* "version 3 of a, version 1 of b, and more" */
};
/* Something done to an object that is no field of it. */
struct plan_act {
    const struct rstep *step;                              /* STEP_ACT */
    struct str why;                                        /* for people */
    bool running;                                          /* under way already: it is waited for, then looked at again */
    bool owed;                                             /* a change of fields makes it due, or did: whatever AWS showed then */
};
struct plan_item {
    struct str addr;
    enum action action;
    const struct node *node;                               /* NULL: deleted */
    const struct record *record;                           /* NULL: created */
    const struct rtype *type;
    const struct resource_change *changes; size_t nchanges;
    struct str reason;                                     /* one line for people: "new", "cidr 10.0.0.0/16 -> 10.1.0.0/16 cannot change in place" */
    const struct value *inputs;                            /* desired, as far as known */
    const struct value *observed;                          /* fields and outs as read now, or NULL */
    const struct expiry *expiry;                           /* of an object that is there and in the file; NULL: its type says nothing of an end */
    bool drift;                                            /* observed differs from what was last applied */
    bool maybe;                                            /* a replace trigger is unknown: "may replace" */
    bool again;                                            /* vanished from AWS: created anew */
    const struct plan_inside *inside; size_t ninside;      /* deleted or replaced: what goes before its object */
    const struct plan_act *acts; size_t nacts;             /* after its change, in this order */
    bool stays;                                            /* its object, which is to go, stays in this plan: kept_by says for whom */
    struct str kept_by;                                    /* deleted or replaced: who may still use it (@keep), "a, b" */
    bool unread;                                           /* it could not be read, or something that it hangs on or that stands on it: NOOP, `reason` says why */
};
/* What an operation does is all said here; the engine knows no other rule.
 *   MOVE     the record goes from item->record->addr to item->addr
 *   ADOPT    item->record is put into the state; the update that follows writes its marks
 *   PROTECT  the record's `protect` becomes what the file says
 *   PIN      the lookup's answer is kept
 *   FORGET   the record goes, AWS is not asked
 *   ACT      op->act is done to the object */
enum op_kind { OP_CREATE, OP_UPDATE, OP_DELETE, OP_READ, OP_ASSERT, OP_GATE, OP_OUT, OP_FORGET, OP_MOVE, OP_ADOPT, OP_PROTECT, OP_PIN, OP_ACT, OP_KINDS };
struct plan_op {
    struct plan_item *item;                                /* NULL: GATE, ASSERT, OUT (see node) */
    const struct node *node;
    const struct provider *provider;                       /* by which it is reached; NULL: gates, assertions, outs */
    enum op_kind kind;
    uint32_t generation;                                   /* of the object it works on */
    size_t *deps; size_t ndeps;                            /* indices of operations that must have succeeded before */
    int64_t usual;                                         /* expected ms */
    int64_t emptying;                                      /* DELETE: ms before that, while item->inside is removed */
    struct str lane;                                       /* operations of equal lane run one at a time; empty: none */
    int64_t rank;                                          /* longest path to the end, ms */
    size_t index;
    const struct value *inputs;                            /* a step of a chain: what it goes to; NULL: item->inputs */
    const struct plan_item *instead; uint32_t serves;      /* DELETE: whose generation serves from then on: looked at once more before; or NULL */
    const struct plan_item *const *users; size_t nusers;   /* DELETE: each is looked at before; while one may still use the object, it stays */
    const struct plan_act *act;                            /* ACT */
    struct str step;                                       /* of a chain, for people: "version v1.31 (1 of 3)"; ACT: what it is called; else empty */
};
/* A deletion or replacement that wants its address typed, or --allow-destroy ADDRESS. */
struct plan_guard { struct str addr, what, why; };         /* "deletes it", "leaves no nodes"; "lost with it: the objects in it" */
struct plan {
    struct arena *arena;
    const struct graph *graph;                             /* NULL: destroy */
    struct plan_item **items; size_t nitems;               /* by address */
    struct plan_op **ops; size_t nops;
    const size_t *critical; size_t ncritical;              /* op indices, first to last */
    int64_t estimate;                                      /* ms; lanes included, AWS request limits not: they matter above some hundred objects of one kind */
    const struct str *notes; size_t nnotes;                /* drift, pins, endpoint override, ... */
    size_t count[ACTIONS];
    const struct plan_guard *guards; size_t nguards;       /* by address */
    bool partial;                                          /* something could not be read: nothing is planned for it or what hangs on it; exit 1 after all else */
    struct str hash;
};
struct plan_context {
    struct world *world;
    struct callers *callers;
    struct models *models;
    struct state *state;                                   /* open; read only is enough */
    struct diags *diags;
    const struct rtype *(*type)(void *user, struct str name); void *user;   /* types of records that the graph does not use */
    bool refresh;                                          /* false: trust state */
    bool destroy;
    const struct str *notes; size_t nnotes;                /* to stand among the plan's: an endpoint overridden, a proxy */
};
/* Answers plan-phase lookups. False: failed, diagnostics added. `answer` is an object of outs. */
bool plan_lookup(struct plan_context *c, struct arena *a, const struct node *lookup, const struct value **answer);
const struct value *record_inputs(const struct record *r);  /* applied, else being applied; NULL: none known */
/* NULL after errors (diagnostics added; *exit_code: 1, 5, or 130 after a signal). */
struct plan *plan_make(struct plan_context *c, struct arena *a, const struct graph *g, int *exit_code);
/* What a record of this node must remember for its deletion: its edges, gates replaced by what stands behind them. Fills r->deps. */
void plan_deps(const struct plan *p, struct arena *a, const struct node *n, struct record *r);
/* Inputs (or any value) of a node with references answered by `ref`, and with a suffix what fresh(label) comes to: the same code for plan and
 * engine. NULL: *f. What `ref` answers NULL stays unknown, as do fresh names without a suffix. */
typedef const struct value *plan_ref(void *user, struct str addr, struct str path, const struct type *t);
const struct value *plan_resolve(struct arena *a, const struct value *v, const struct str *suffix, plan_ref *ref, void *user, struct resource_fault *f);
/* The node's inputs with every name that kc makes as the record has it: an object keeps its names for life. */
const struct value *plan_names(struct arena *a, const struct node *n, const struct record *r);
/* Fields that were unknown in node->inputs and are known in `inputs`, held against their declared types and constraints. False: *f blames the
 * user's line; *inputs is then unchanged, else as the types have them. */
bool plan_admit(struct arena *a, const struct node *n, const struct value **inputs, struct resource_fault *f);
/* Two items of the file that would be one object in AWS; unknown values count as equal where their terms are. False: diagnostics. */
bool plan_twins(const struct graph *g, struct diags *d);
bool plan_empty(const struct plan *p);                     /* no operation: an apply writes nothing */
const char *action_name(enum action a);                    /* "create", "replace (create first)", ... */
struct str plan_type_help(struct arena *a, struct str type);                            /* what to do about a type of a record that nobody knows */
int64_t plan_usual(struct state *s, const struct rtype *t, enum op_kind k);
/* Lower bound and list-scheduling makespan for given durations, for the estimate and the bench. */
int64_t plan_makespan(const struct plan *p, struct arena *a, const int64_t *durations, const size_t **critical, size_t *n);

#endif
