/* toy.h - a small AWS of one service for engine tests: a model, a server in memory that can be made hostile, resource types over it, and the
 * whole way from a list of wishes to an apply. Killing is simulated: from the k-th effect on, nothing reaches disk or server any more. */
#ifndef KC_TOY_H
#define KC_TOY_H
#include "aws_kit.h"
#include "kc/engine.h"
#include "world_test.h"

enum toy_class { TOY_TAG, TOY_TOKEN, TOY_NAME, TOY_LINK, TOY_CLASSES };
struct toy_thing {
    struct str made;                                       /* new with each object, whatever its id; empty: as the id */
    struct str id, name, parent, flag, token, tags_token, tags_addr, tags_gen, tags_lineage;
    int64_t size, visible, ready, gone;                    /* times; gone: 0 or when it vanishes */
    bool deleted, failed, degraded;
    enum toy_class class;
};
struct toy_fault {
    const char *op;                                        /* NULL: any */
    unsigned skip, times;
    enum { TOY_LOSE_REPLY, TOY_LOSE_REQUEST, TOY_NOT_SENT, TOY_CODE, TOY_HTTP } kind;
    const char *code;                                      /* CODE */
    int http;
};
struct toy_want {                                          /* one resource of the file */
    const char *addr;
    enum toy_class class;
    int64_t size;
    const char *parent;                                    /* address of the parent, or NULL */
    const char *flag;                                      /* written after the create, or NULL */
    const char *name;                                      /* NULL: from the address */
    const char *lane;                                      /* NULL: none */
    const char *after;                                     /* address, or NULL */
    const struct provider *provider;                       /* NULL: at_home */
};
struct toy {
    struct test_world *t;
    struct arena *a;
    struct models *models;
    struct state *state;                                   /* of the last apply */
    struct callers *callers;                               /* the same */
    const struct rtype *types[TOY_CLASSES];                /* made when first asked for */
    struct toy_thing things[4096];
    size_t nthings;
    struct toy_fault faults[8];
    size_t nfaults;
    int64_t lag, pending, deleting;                        /* ms until visible, ready, gone */
    int64_t ahead;                                         /* the server's clock minus ours, said with each reply; 0: not said */
    bool fail_next, degrade_next;                          /* the next one made ends in state "failed", "degraded" */
    bool fail_fast;
    bool renews, renewed;                                  /* types: an update of size may give a new id; server: it does */
    bool retires;                                          /* types: marked "drained" before they are deleted */
    bool left;                                             /* the file that declares the types has gone: only what state keeps of them is known */
    bool shared;                                           /* types: size is @shared */
    bool digest;                                           /* types: name and flag are @digest */
    bool secrets;                                          /* names and flags that hold the canary are secret, and state has a key for them */
    bool shuffle;                                          /* planted: tokens arrive as if made at random for each send */
    bool blind;                                            /* planted: what only a tag can find is sent again as if AWS dedupped it */
    unsigned calls, creates, describes;
    unsigned updates, deletes, sent[TOY_CLASSES];          /* calls that reached the server; sent: creates, also those refused */
    struct str lineage;                                    /* of the last apply's state */
    size_t open;                                           /* intents that the last apply left open */
    /* killing */
    long kill_at, effects;                                 /* 0: never; counted from 1 */
    bool dead;
    unsigned sends_alive, sends_seen;
    int killed_in;                                         /* the effect at which it died: enum effect * 2 + after */
    unsigned lines, had_lines;                             /* of an append at whose end it died, so many lines reach the disk; how many it had */
    size_t torn;                                           /* the bytes of those */
    struct engine_result result;
    struct str *addrs;                                     /* of its operations */
    void (*before_run)(struct toy *y, struct plan *p);     /* to plant a fault in the plan */
    void (*on_call)(struct toy *y, struct str op);         /* before a call is served */
    void (*on_change)(struct toy *y, struct str addr, const struct op_report *r);      /* what the engine tells of an operation */
    struct str why;
    struct str notes;
};
struct toy *toy_new(void);
void toy_free(struct toy *y);
const struct rtype *toy_type(struct toy *y, enum toy_class c);
/* recover, plan, run with these wishes; destroy: n 0. The exit code; 137 when killed. */
int toy_apply(struct toy *y, const struct toy_want *w, size_t n);
struct op_report toy_report(struct toy *y, const char *addr);   /* of the last apply; state OP_DONE when there was nothing to do for it */
size_t toy_alive(const struct toy *y);                     /* things that exist now */
struct str toy_text(struct toy *y);                        /* what exists, by name, without ids: equal texts, equal accounts */
void toy_fault_add(struct toy *y, struct toy_fault f);

#endif
