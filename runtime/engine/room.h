/* room.h - private to runtime/engine: a run, its tasks (one per operation of the plan), and what the files of this room offer each other.
 *
 * A task goes WAITING -> READY -> RUNNING (its code runs, calls are out) -> POLLING (only a timer) -> DONE, UNREADY, FAILED, SKIPPED, CANCELLED.
 * Everything happens in the loop of loop.c. A turn: hand replies and timers to their tasks, start what is ready, make all outcomes and intents of
 * the turn durable with one sync, tell who ended, send the requests of the intents, let the reader send what is wanted, wait for the world.
 * A task may start in the turn in which the one before it ended: its reads decide nothing, and its intent stands behind that outcome in the
 * journal, so that one is never durable without the other (state.h). Replies are never handled inside a callback. */
#ifndef KC_ENGINE_ROOM_H
#define KC_ENGINE_ROOM_H
#include "kc/arena.h"
#include "kc/engine.h"
#include "kc/map.h"
#include "kc/read.h"
#include "kc/vec.h"
#include <stdlib.h>

/* ---- heap.c: least key first, ties by text ---- */
struct heap {
    struct heap_item { int64_t key; struct str tie; void *p; } *v;
    size_t n, cap;
};
void heap_push(struct heap *h, int64_t key, struct str tie, void *p);
void *heap_pop(struct heap *h, int64_t *key);              /* NULL: empty */
void heap_fini(struct heap *h);

struct task;
struct run;
enum doubt { DOUBT_NONE,                                   /* it was not made: proven by time, or harmless since AWS makes no second one */
             DOUBT_OURS, DOUBT_FOREIGN,
             DOUBT_OPEN };                                 /* cannot be found out now: the intent stays open */
typedef void call_then(struct task *t, enum verdict v);
typedef void read_then(struct task *t, enum read_state r); /* HERE, GONE, FOREIGN, TAKEN or UNREAD: see read.h */
typedef void find_then(struct task *t, enum find_result r);
typedef void doubt_then(struct task *t, enum doubt d);
/* Which of a type's update steps have something to write, by what was read last. False: the task has failed. */
typedef bool steps_due(struct task *t, const struct rstep ***steps, size_t *n);
typedef void task_then(struct task *t);

struct call {                                              /* a mutating call from its intent to its outcome */
    const struct rstep *step;
    const struct value *request;
    struct str op_id, name, verb, token;                   /* name: "CreateTags", "AddRule#2" for a repeated step */
    call_then *then;
    struct ticket *ticket;                             /* while on the wire */
    struct arena *arena;                                   /* of request and replies; NULL: the run's */
    struct answer result;                              /* the last one */
    unsigned tries, unknowns;                              /* sent; of those, ended without an answer */
    bool doubt;                                            /* an attempt ended without an answer */
    int64_t began, sent;                                   /* the first and the last time; after a crash: when the intent says */
};
struct task {
    struct run *r;
    const struct plan_op *op;
    struct op_report *report;
    const struct rtype *type;                              /* NULL for gates, assertions, outs */
    struct str addr;
    const struct provider *provider;
    enum op_kind kind;                                     /* op's; a replacement found unneeded becomes an update */
    uint32_t generation;
    bool kept;                                             /* "may replace": it stays */
    size_t blockers;                                       /* dependencies not done yet */
    struct task **users; size_t nusers, capusers;
    struct lane *lane;
    bool ended;

    const struct value *inputs, *outs, *live, *observed;
    const struct value *owner_tags;
    struct record rec;                                     /* as it will be written next */

    const struct rstep **steps; size_t nsteps, step;       /* calls to make, in order */
    const struct value **requests; size_t nrequests, request;
    const struct rstep **due; size_t ndue;                 /* which of them have something to write still */
    steps_due *find_due;
    task_then *written;                                    /* when all steps are through */
    const struct value *changed;                           /* their fields' names, for the requests */
    const struct value *had_inputs, *had_pending;          /* what kc wrote last, and what it was about to write when it was killed */
    struct call call;
    struct arena *vault;                                   /* made.c: what exists only while this operation runs; NULL: nothing does */
    const struct value *made;                              /* the made values, by name; in the vault, as requests that use them are */
    const struct value *made_fields;                       /* what the replies to those set */
    const struct str *had_unmade; size_t nhad_unmade; int64_t had_changed;     /* of the record that an earlier run left */
    bool resumed, completed, tried_early;
    task_then *judge;                                      /* after the next read: what the read says of the last call */
    unsigned revision;                                     /* the step's request was built anew, and is another one now */
    bool wrote;                                            /* a step was sent since it was read */
    bool *stepped;                                         /* by the type's steps: it was sent in this run */
    bool stale;                                            /* what was read is older than what was waited for: read again before anything is sent */
    int64_t busy_since; unsigned busy_tries;               /* AWS is at work on it; 0: not */

    doubt_then *doubted;                                   /* doubt.c */
    bool proof;
    unsigned negatives, lookup_errors;
    const struct value *wanted;                            /* the inputs to go on with, while the object of an older intent is looked for */

    struct task *probe_of;                                 /* this one only reads something, for that one: retire.c */
    task_then *before_delete, *after_former, *after_wait, *after_holders, *after_users;
    size_t user;                                           /* keep.c: who is looked at next */
    size_t holder; struct str held;                        /* holders.c: which step is next; "node group b, ..." */
    struct emptying *empty;                                /* empty.c; NULL: not begun */
    struct str unwell; unsigned unwell_reads;              /* AWS's reason, and how many reads in a row gave one */
    const struct value *present;                           /* CREATE of a successor: what the former has now in @shared fields */
    bool sent, denied_once;                                /* DELETE: a call was sent; the last one said that it is not there */
    unsigned absent, failures;                             /* DELETE: reads in a row that did not show it; that showed its deletion as failed */

    bool acted, waited, told_running; unsigned looks;      /* act.c: sent; its own wait is over; said that it is under way; reads that showed nothing */
    struct read_ask ask;                                   /* what it reads or looks for, and the last answer */
    size_t told_faults;
    read_then *read_done;
    struct answer read_result;
    unsigned read_errors;
    int64_t poll_since, deadline, usual;

    find_then *found;
    const struct value *found_fields;

    int64_t wake;                                          /* 0: no timer */
    task_then *on_wake;
};
struct lane {
    bool busy;
    struct heap waiting;
};
enum stop { STOP_NOT, STOP_SIGNAL, STOP_CREDENTIALS, STOP_STATE };
struct exchange;                                           /* a call, or the question of a wait, on the wire */
struct run {
    struct engine_context *c;
    struct arena *a;
    const struct plan *p;
    struct task *tasks;
    size_t n;
    struct op_report *reports;
    struct heap ready, timers;
    struct map results, lanes;                             /* address -> outs of lookups, and those that hold secrets; lane key -> struct lane */
    struct map given;                                      /* address -> inputs of which state keeps digests, as they are */
    struct map decided;                                    /* address of a "may replace" -> whether it is replaced: "y", "n" */
    task_then *first;                                      /* what starts a task; NULL: by its kind */
    struct vec queue;                                      /* tasks with a queued intent */
    struct vec ends;                                       /* tasks that ended in this turn: nobody was told yet */
    struct reader *reader;
    struct exchange *events, *events_end;                  /* what came back and waits for its turn */
    struct exchange *wire;                                 /* all that were sent; those live are on the wire */
    size_t calls, flights;                                 /* mutating calls, and all exchanges, on the wire */
    size_t failed, unready;
    bool replan;                                           /* all failures so far: the plan no longer fits */
    bool halted;                                           /* fail_fast: start nothing more */
    enum stop stop;
    struct str stopped, run_id;
    unsigned serial;
    struct pair *outs; size_t nouts;                       /* values of OUT operations */
    int64_t scale, start, next_tick, drain_until;
    int signals;
};

/* ---- loop.c ---- */
void run_stop(struct run *r, enum stop why, struct str text);
/* The rights of a task are gone for good: what needs them fails, and the run stops when nothing else is left. */
void run_rights_lost(struct task *t, const struct answer *why);
void run_loop(struct run *r);
void run_sync(struct run *r);                              /* what was queued for the state is durable, and the ends are told; else stopped */
/* Gives a reply, in `a`, its turn: `deliver` runs from the loop. Each exchange is made with exchange_new and freed with the arena. */
struct exchange {
    struct run *r;
    struct answer result;
    void (*deliver)(struct exchange *x);
    struct ticket *ticket;
    struct task *t;
    bool mutating, live;
    struct exchange *next, *next_wire;
};
struct exchange *exchange_send(struct run *r, struct arena *a, const struct ask *call, bool mutating, void (*deliver)(struct exchange *x));

/* ---- task.c ---- */
void task_start(struct task *t);
void task_done(struct task *t);
void task_state(struct task *t, enum op_state state, struct str detail);
void task_fail(struct task *t, enum diag_code code, struct span where, struct str detail, struct str help);
void task_fail_answer(struct task *t, const struct answer *r, struct str operation);
void task_fail_fault(struct task *t, const struct resource_fault *f);
void task_fail_unknown(struct task *t, struct str operation);   /* the intent stays open */
void task_fail_foreign(struct task *t);                    /* what bears the name is not what kc made */
void task_unready(struct task *t, struct str detail);
void task_kept(struct task *t, struct str detail);         /* nothing is done to it, nor to what it stands on, and that is well */
void task_unwell(struct task *t);                          /* made and at rest, but not well (t->unwell) */
void task_cancel(struct task *t, struct str detail);       /* stopping: nothing more is done for it in this run */
void task_interrupted(struct task *t);                     /* the same, while AWS may be at work on it */
void task_wake(struct task *t, int64_t at, task_then *then);
bool task_enter_lane(struct task *t);                      /* false: waits its turn and is started again */
void task_take_uid(struct task *t);                        /* what was read is ours: the record knows it by this from now on */
void task_tell(struct task *t);                            /* to the run's events: what its report says now */
void task_unwritten(struct task *t);                       /* the state does not take it: stops the run */
bool task_put(struct task *t);                             /* rec to the state; false: stopped */
struct resource_view task_view(struct task *t);
/* A task beside the plan's own, to read another object than the operation's. Its failure is the failure of the one that it reads for. */
struct task *task_probe(struct task *t, const struct rtype *type, const struct record *rec);
struct span task_span(const struct task *t);
int64_t task_scaled(const struct task *t, int64_t ms);     /* divided by the wait scale, at least 1 */
void run_note(struct run *r, struct str text);

/* ---- call.c: intent, request, retries; `then` must write the outcome, but of UNKNOWN, whose intent stays open until something is known.
 * It gets OK, GONE, FAILED; EXISTS of a create or update; BUSY of an update or delete, which must be read again before it is sent again ---- */
void call_begin(struct task *t, const struct rstep *s, const struct value *request, struct str name, const char *verb, struct str token, call_then *then);
void call_resume(struct task *t, const struct intent *in, const struct rstep *s, call_then *then);   /* t->call of an intent that an earlier run left open */
int64_t call_once_window(const struct task *t);            /* ms from its intent in which a create that AWS would do a second time has gone out, or will not */
void call_send_queued(struct run *r);                      /* after the sync of the turn */
bool call_outcome(struct task *t, const struct record *after, const struct str *error);
void call_again(struct task *t);                           /* the same request once more */
void call_again_later(struct task *t);                     /* the more there was no answer to it, the later */
struct str call_name(struct run *r, const struct rstep *s, size_t nth);  /* "AddRule#2" for the second of a repeated step */
bool call_busy_code(const struct task *t);                 /* the type lists the code as "in use" */
struct str call_error(struct task *t);                     /* "CreateVpc: Code: message" */
/* After BUSY: closes the intent and calls `then` after a while; false: it was busy for too long, and the task has failed. */
bool call_wait_busy(struct task *t, task_then *then, const char *why);   /* why: "waits until ..." */
enum { UNKNOWN_TRIES = 6 };                                /* requests without an answer before the outcome is left unknown */

/* ---- doubt.c: what came of a create whose answer never came ---- */
/* proof: DOUBT_NONE only when no request can be under way any more and AWS would show what came of it. */
void doubt_begin(struct task *t, bool proof, doubt_then *then);
int64_t doubt_over(const struct task *t, int64_t sent);    /* from then on nothing more can come of a request that was sent then */
const struct intent *doubt_intent(struct run *r, const struct record *rec);             /* the open intent of its first create, or NULL */

/* ---- read.c ---- */
void read_begin(struct task *t, read_then *then);          /* all reads of the type; HERE fills observed, live, outs */
void read_prepare(struct task *t, void (*then)(struct read_ask *q));    /* t->ask: about the object of the task */
void poll_begin(struct task *t, int64_t usual);            /* starts the clock of polls and the deadline */
void poll_again(struct task *t, task_then *then);          /* at the next time by the schedule; past the deadline: task_unready */
bool read_retry(struct task *t, task_then *then);          /* after READ_UNREAD: again later, or the task has failed */

/* ---- find.c ---- */
void find_begin(struct task *t, find_then *then);
bool find_is_sure(const struct rtype *t);                  /* by tag: only time tells that nothing was made */
enum find_by find_class(const struct rtype *t);

/* ---- ready.c: after the calls of a create or update: read, wait until ready, complete what the create could not carry, record ---- */
void ready_begin(struct task *t);
bool ready_young(const struct task *t);                    /* made a short while ago: AWS may not show it everywhere yet */
/* Not shown: of a young object that may be lag, and `then` is called later; else the task has failed. */
void ready_vanished(struct task *t, task_then *then);
void ready_fields(struct task *t, const struct value *fields);          /* outs out of absorbed fields, into task and record */
bool ready_absorb(struct task *t);                         /* what the call's reply sets; false: it cannot be understood, the task has failed */
void record_done(struct task *t, struct str name);         /* a step, in rec.done; once */

/* ---- one file per kind of operation ---- */
void create_start(struct task *t);
void create_token(struct task *t);                         /* its first request is another one than an earlier run's: a new token, and marks with it */
void task_record(struct task *t, const struct record *had);/* rec for a create (had NULL) or of what is there */
void update_start(struct task *t);
void delete_start(struct task *t);
void lookup_start(struct task *t);
void assert_start(struct task *t);
void out_start(struct task *t);
/* records.c */
void move_start(struct task *t);
void adopt_start(struct task *t);
void protect_start(struct task *t);
void pin_start(struct task *t);
void forget_start(struct task *t);
/* steps.c: runs the update steps that `due` names, each with its wait, then `then`. Used after a create too. What was waited for is read
 * again, and only what still differs is sent. */
void steps_run(struct task *t, steps_due *due, task_then *then);
void steps_wait(struct task *t, task_then *then);          /* the wait of t->call.step, if it has one */
/* What the steps are to write, `changed` in their sends: the fields of these changes, and those that `more` names (a list, or NULL). */
void steps_changed(struct task *t, const struct resource_change *c, size_t n, const struct value *more);
int64_t steps_usual(const struct task *t, const struct rstep *s);        /* how long this one takes */

/* ---- keep.c: looks at those that may still use it; ends the task if one may, else `then` ---- */
void keep_begin(struct task *t, task_then *then);

/* ---- retire.c: what must be true and done before something is deleted, then `then` ---- */
void retire_begin(struct task *t, task_then *then);

/* ---- empty.c: what stands in it is removed, if the plan says so, then `then` ---- */
void empty_begin(struct task *t, task_then *then);
void empty_end(struct task *t);                            /* frees what it holds */

/* ---- holders.c: what stands on it or in it, into t->held, then `then` ---- */
void holders_begin(struct task *t, task_then *then);

/* ---- seal.c ---- */
const struct value *seal_recorded(struct task *t);         /* the task's inputs as its record is to have them when it is done */

/* ---- act.c ---- */
void act_start(struct task *t);
void act_owe(struct task *t, struct str name);             /* the record owes it until it was seen done */
void act_owe_all(struct task *t);                          /* what the plan's changes make due, and nothing else */

/* ---- former.c: reads what a successor takes over from the object that it replaces, then `then` ---- */
void former_begin(struct task *t, task_then *then);

/* ---- made.c: values that exist only while an operation runs ---- */
bool made_already(const struct task *t, const struct rstep *s);          /* AWS surely holds all that the step would make */
void made_begin(struct task *t, const struct record *had); /* with its record, or for a new object (NULL) */
void made_planned(struct task *t);                         /* what the plan says is to be made anew */
size_t made_changes(struct task *t, struct resource_change **out);       /* what updates are to make anew, as changes */
/* Before the request of `s` is built: what it uses is there, the record says so, and what the token is made from is final. False: the task has ended,
 * or waits and goes on with `again`. */
bool made_prepare(struct task *t, const struct rstep *s, struct resource_view *view, task_then *again);
struct arena *made_arena(const struct task *t, const struct rstep *s);   /* for the request of `s`, and for what its reply sets until that is kept */
void made_fault(const struct task *t, struct resource_fault *f);         /* its text, which may be in the vault, kept */
void made_came(struct task *t, const struct rstep *s, const struct value *fields);        /* the reply to it was absorbed: AWS holds what was made */
bool made_is_another(struct task *t);                      /* what was read is not what this operation made */
void made_unsure(struct task *t, const struct str *names, size_t n);
void made_lost(struct task *t, struct str what);           /* it holds something that nobody knows: the task fails, the next plan makes it anew */
void made_end(struct task *t);

/* ---- inputs.c ---- */
void run_given(struct run *r, struct str addr, const struct value *inputs);    /* who refers to them takes these while the run lasts */
const struct value *inputs_known(struct run *r, const struct value *v, struct resource_fault *f);      /* NULL: *f, or still unknown when f->problem is empty */
/* v with every reference taken from recorded outs; NULL: the task has failed. */
const struct value *inputs_value(struct task *t, const struct value *v, struct span where);
/* The task's inputs, resolved and held against their types. False: the task has failed. */
bool inputs_resolve(struct task *t);
bool inputs_recent(struct task *t, struct str field, int64_t window);   /* something that `field` refers to was changed by us within window ms */

#endif
