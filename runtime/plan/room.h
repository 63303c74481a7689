/* room.h - private to runtime/plan: a plan while it is being made. */
#ifndef KC_PLAN_ROOM_H
#define KC_PLAN_ROOM_H
#include "kc/arena.h"
#include "kc/map.h"
#include "kc/plan.h"
#include "kc/read.h"
#include "kc/vec.h"

struct item {                                              /* a plan_item and what planning needs besides */
    struct plan_item pub;                                  /* first: items are handed out as &pub */
    struct str region;
    const struct value *outs;                              /* as recorded or read now */
    const struct str *renews; size_t nrenews;              /* outs that the update may change */
    bool renews_all;
    bool certain;                                          /* created or replaced without doubt: its identity will be a new one */
    struct read_answer answer;                             /* what AWS says of it now; UNASKED: nobody asked */
    bool gone, failed, told;
    bool yields;                                           /* leaves, and its unique name is wanted by something new: goes before that comes */
    bool busy;                                             /* something will be done to it (or, a gate, behind it) */
    bool tainted;                                          /* something it needs is replaced delete-first, or it is itself */
    bool follows, elsewhere;                               /* replace.c */
    bool early, early_known;                               /* replace.c */
    uint32_t generation;                                   /* after the plan */
    int64_t usual;                                         /* of the update: its steps one after the other, ms; 0: not an update */
    struct plan_op *main, *del;
};
struct maker {
    struct plan_context *c;
    struct arena *arena;
    const struct graph *graph;
    struct plan *plan;
    struct map items;                                      /* address -> struct item; current generations */
    struct map gates;                                      /* address -> struct item with no type: gates that something stands behind */
    struct vec all;                                        /* every struct item, old generations too */
    struct vec olds;                                       /* those that are old generations */
    struct vec firsts;                                     /* those replaced delete-first */
    struct vec ops, notes;
    int exit_code;
};

/* record.c: state as it is to be seen after `moved`. False: diagnostics. */
bool records_load(struct maker *m);
const struct rtype *record_type(struct maker *m, const struct record *r);
struct str moved_address(struct maker *m, struct str addr);
/* refresh.c: fills answer of every item with a record that can be read, and pub.observed, outs, gone, failed from it. False: m->exit_code. */
bool refresh_all(struct maker *m);
bool refresh_one(struct maker *m, struct item *x);         /* an adopted object */
/* unread.c */
/* Says why there is no answer; credentials have their own code. */
struct diag *unread_blame(struct diags *diags, const struct read_answer *w, enum diag_code code, struct span at, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
void unread_found(struct maker *m, struct item *x);        /* nothing is planned for it */
void unread_tell(struct maker *m);
bool unread_holds(struct maker *m, struct node *n);        /* it is unread or hangs on what is: decided with that */
void unread_settle(struct maker *m);                       /* after all decisions: what unread objects stand on stays, with what hangs on it */
/* decide.c */
bool decide_node(struct maker *m, struct node *n);
bool decide_delete(struct maker *m, struct item *x);
const struct value *lookup_answer(struct maker *m, struct item *x);  /* NULL: not known before the apply, or it could not be had */
struct item *item_new(struct maker *m, struct str addr);
void note_add(struct maker *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* replace.c */
/* Lives in another region from now on; or in something that goes before its successor comes. Fill pub.reason. */
bool replace_elsewhere(struct maker *m, struct item *x);
bool replace_follows(struct maker *m, struct item *x);
struct str replace_region(struct plan_context *c, const struct node *n);
bool replace_same_region(struct str x, struct str y);              /* unknown ones agree with all */
enum action replace_how(struct maker *m, struct item *x, const struct value *inputs);
/* A direct reference to the identity of something that is certainly made anew cannot equal what there is. */
bool replace_surely_new(struct maker *m, const struct value *v);
/* ops.c: operations and what each waits for. */
bool ops_make(struct maker *m);
/* schedule.c: durations, ranks, estimate, critical path. False: a cycle. */
bool schedule_make(struct maker *m);
int64_t schedule_update(const struct rtype *t, const struct rstep *const *steps, size_t n);

#endif
