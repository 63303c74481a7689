/* room.h - private to runtime/plan: a plan while it is being made.
 *
 * An item is one object: a generation that state knows, or one that is to come. Of the generations at one address one is wanted (it has the
 * node, and map `items` finds it), the others go. The order of work: record.c loads, refresh.c asks AWS, decide.c decides node
 * by node in topological order and then about what leaves, unread.c takes back what rests on no answer, guards.c looks at the whole, ops.c makes
 * the operations. */
#ifndef KC_PLAN_ROOM_H
#define KC_PLAN_ROOM_H
#include "kc/arena.h"
#include "kc/map.h"
#include "kc/plan.h"
#include "kc/read.h"
#include "kc/vec.h"

struct item {                                              /* a plan_item and what planning needs besides */
    struct plan_item pub;                                  /* first: items are handed out as &pub */
    const struct provider *provider;                       /* by which its object is reached */
    const struct value *outs;                              /* as recorded or read now */
    const struct str *renews; size_t nrenews;              /* outs that the update may change */
    bool renews_all;
    const struct value *will;                              /* outs after the update, with unknown parts; NULL: not an update */
    bool certain;                                          /* created or replaced without doubt: what is renewed will be another one */
    struct read_answer answer;                             /* what AWS says of it now; UNASKED: nobody asked */
    bool gone, told;
    bool failed;                                           /* its creation failed, and it never was ready */
    bool unhealthy, leaving;                               /* made and not well; somebody is deleting it */
    struct str why;                                        /* what AWS says of that */
    bool yields;                                           /* leaves, and its unique name is wanted by something new: goes before that comes */
    bool busy;                                             /* something will be done to it (or, a gate, behind it) */
    bool tainted;                                          /* something it needs is replaced delete-first, or it is itself */
    bool ends;                                             /* home.c: forgotten once what it lives in is gone */
    bool follows, elsewhere;                               /* replace.c */
    bool early, early_known;                               /* replace.c */
    struct item *wanted;                                   /* of a generation that goes: what stands at its address from then on */
    bool first;                                            /* of a generation that goes: before the next attempt is made */
    const struct rchain *chain;                            /* chain.c: the field that goes through these values, the last one included */
    const struct value **steps; size_t nsteps;
    struct plan_op **ops;                                  /* an operation for each */
    uint32_t generation;                                   /* after the plan */
    int64_t usual;                                         /* of the update: its steps one after the other, ms; 0: not an update */
    struct plan_op *head, *main, *del;                     /* head: the first of several that make up main; else the same */
    const struct plan_item **users; size_t nusers;         /* keep.c: looked at before it is deleted */
    struct plan_op *done;                                  /* what those wait for that need it: its last action, else main */
};
struct maker {
    struct plan_context *c;
    struct arena *arena;
    const struct graph *graph;
    struct plan *plan;
    struct map items;                                      /* address -> struct item: the wanted one; before it is decided, what serves */
    struct map families;                                   /* address -> struct vec of struct item: all generations, oldest first */
    struct map gates;                                      /* address -> struct item with no type: gates that something stands behind */
    struct map names;                                      /* names.c: which fresh names are held */
    struct map users;                                      /* keep.c: who may use a generation that is kept for it */
    struct map claims;                                     /* generations.c: type, place and identity -> whose record speaks of that object */
    struct vec all;                                        /* every struct item */
    struct vec firsts;                                     /* those replaced delete-first */
    struct vec ops, notes, guards;
    struct plan_op *moves;                                 /* the last of the moves: everything waits for it */
    size_t round;                                          /* op_waits */
    bool settled;                                          /* unread_settle has been there */
    int exit_code;
};

/* record.c: state as it is to be seen after `moved`. False: diagnostics. */
bool records_load(struct maker *m);
const struct rtype *record_type(struct maker *m, const struct record *r);
struct str moved_address(struct maker *m, struct str addr);
bool record_made(const struct record *r);                  /* a call of its creation was answered */
struct item *item_new(struct maker *m, struct str addr);
struct resource_view item_view(struct maker *m, const struct item *x);           /* the object that its record speaks of, as it was read now */
void note_add(struct maker *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* resolve.c */
struct span field_span(const struct node *n, struct str field);                 /* where the file sets it; n may be NULL */
bool field_ignored(const struct node *n, struct str field);                     /* the whole of it */
/* refresh.c: fills answer of every item with a record that can be read, and pub.observed, outs, gone, failed, unhealthy, leaving from it. False: m->exit_code. */
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
/* names.c */
bool names_asked(const struct value *v);                   /* fresh(...) stands in it */
const struct value *names_new(struct maker *m, const struct item *x, const struct node *n, const struct value *inputs);
/* compare.c */
bool desired_inputs(struct maker *m, struct item *x, const struct node *n, const struct record *kept, const struct value **inputs);
const struct value *desired_ref(void *user, struct str addr, struct str path, const struct type *t);      /* plan_ref over m: what is known of addr.path now */
bool compare_with(struct maker *m, struct item *x, const struct node *n);       /* fills pub.inputs, changes, drift. False: diagnostics */
const struct resource_change *compare_trigger(struct maker *m, const struct item *x);     /* why it cannot stay; the certain one, if there is one */
struct str compare_text(struct maker *m, const struct resource_change *c);      /* "size 3 -> 4" */
bool plan_fault(struct maker *m, const struct node *n, const struct resource_fault *f);   /* a diagnostic; false */
/* generations.c */
void generation_sift(struct maker *m);                     /* after the reads: records overtaken by a successor of their name are gone */
struct item *generation_wanted(struct maker *m, struct node *n); /* NULL: nothing of this address stands or stood */
void generation_settle(struct maker *m, struct item *wanted);    /* all others at its address go */
bool generation_overtaken(struct maker *m, const struct item *x, struct str *by);         /* what bears its name is another, younger object of ours */
struct item *generation_same(struct maker *m, const struct item *x);                       /* another that state knows by the same name; or NULL */
uint32_t generation_next(struct maker *m, const struct item *x);
/* decide.c */
bool decide_node(struct maker *m, struct node *n);
bool decide_delete(struct maker *m, struct item *x);
const struct value *lookup_answer(struct maker *m, struct item *x);             /* NULL: not known before the apply, or it could not be had */
bool decide_update(struct maker *m, struct item *x);       /* the item has changes that can be made in place */
/* acts.c */
void acts_decide(struct maker *m, struct item *x);         /* what is done to an object that stays: fills pub.acts */
void acts_make(struct maker *m, struct item *x);           /* their operations, after main */
/* adopt.c */
bool adopt_object(struct maker *m, struct item *x);
/* home.c */
struct item *home_of(struct maker *m, const struct item *x);                    /* what it lives inside; NULL: nothing, or that is not there */
bool home_inside(const struct item *x);
bool home_stands(struct maker *m, struct item *x);         /* it can be asked for. False: fills answer */
bool home_settle(struct maker *m, struct item *x);         /* unread, and its home goes, or does not any more. True: something changed */
/* place.c */
bool place_global(struct plan_context *c, const struct rtype *t);               /* its service is one for all regions */
struct str place_key(struct maker *m, const struct provider *p);                /* for maps */
struct str place_key_of(struct maker *m, const struct rtype *t, const struct provider *p);    /* of names: without the region where they are those of all */
bool place_same(struct plan_context *c, const struct rtype *t, const struct record *r, const struct provider *p);     /* what is not known agrees with all */
const struct provider *place_reach(struct maker *m, const struct rtype *t, const struct record *r, struct str addr);  /* by which provider a record's object is read */
bool place_near(struct maker *m, const struct item *x, const struct item *y);   /* one may live in the other: names are told apart by where they are */
bool place_elsewhere(struct maker *m, struct item *x);     /* lives in another region or account from now on. Fills pub.reason */
/* replace.c */
bool replace_follows(struct maker *m, struct item *x);     /* lives in something that goes before its successor comes. Fills pub.reason */
const struct value *replace_carries(struct maker *m, const struct item *x, const struct value *inputs);
enum action replace_how(struct maker *m, struct item *x, const struct value *inputs);
/* A direct reference to what is renewed by something that is certainly made anew cannot equal what there is. */
bool replace_surely_new(struct maker *m, const struct value *v);
/* chain.c */
bool chain_steps(struct maker *m, struct item *x);         /* the values that a field goes through. False: refused, diagnostics */
void chain_make(struct maker *m, struct item *x);          /* the operations of an update that goes through them */
void chain_order(struct maker *m);                         /* children that follow their parent's chain, also those that are replaced */
void chain_leave(struct maker *m);                         /* children that only leave, after all else is ordered. May add diagnostics */
/* keep.c */
bool keep_settle(struct maker *m);                         /* after all decisions: what something may still use stays. False: diagnostics */
void keep_order(struct maker *m);
/* parents.c */
bool parent_is(struct maker *m, const struct item *x, const struct value *inputs, const struct item *y);  /* x, with these inputs, lives in y */
struct item *parent_of(struct maker *m, const struct item *x, const struct value *inputs);               /* NULL: none that state or file knows */
struct str parent_key(struct maker *m, const struct rtype *t, const struct value *inputs);               /* equal for those that live in one */
/* secrets.c */
void secrets_note(struct maker *m);                        /* which count as unchanged because nobody can compare them */
bool secrets_known(struct maker *m, const struct item *x); /* all that a create would send is there. False: a diagnostic */
/* guards.c: what is refused before the first call (false: diagnostics), and what wants a word of the user before it happens. */
bool guards_protect(struct maker *m, const struct item *x, const char *what);   /* @protect: false after a diagnostic */
bool guards_refuse(struct maker *m);                       /* what AWS protects */
void guards_look(struct maker *m);
/* twins.c: as plan_twins, with what the account says. */
bool twins_look(struct maker *m);
/* expiry.c: fills pub.expiry, notes which object ends first and warns of those that end soon. */
void expiry_tell(struct maker *m);
/* holders.c: strangers that stand on what goes, and what stands in it. False: diagnostics. */
bool holders_ask(struct maker *m);
/* ops.c: operations and what each waits for. */
bool ops_make(struct maker *m);
struct plan_op *op_new(struct maker *m, struct item *x, enum op_kind k, uint32_t generation);
void op_need(struct plan_op *op, struct plan_op *dep);
bool op_waits(struct maker *m, struct plan_op *op, const struct plan_op *dep);     /* directly or not */
/* records.c: what only the state is told. */
void records_make(struct maker *m);
/* load.c: what carries load under a parent goes only when all that comes there is ready. */
void load_order(struct maker *m);
/* schedule.c: durations, ranks, estimate, critical path. False: a cycle. */
bool schedule_make(struct maker *m);
int64_t schedule_update(const struct rtype *t, const struct rstep *const *steps, size_t n);

#endif
