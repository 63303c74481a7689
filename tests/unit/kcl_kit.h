/* kcl_kit.h - words of the resource language at work: a service "toy" given as the text of a model and a function that answers for it, and a .kcl file
 * over it that is evaluated, planned and applied. Killing is simulated as in toy.h. */
#ifndef KC_KCL_KIT_H
#define KC_KCL_KIT_H
#include "aws_kit.h"
#include "kc/engine.h"
#include "kc/lang.h"
#include "world_test.h"

struct kcl_kit;
/* The code of a refusal, or NULL and the reply (NULL: an empty one). `user` is the kit's. */
typedef const char *kcl_call(struct kcl_kit *k, struct arena *a, struct str op, const struct value *in, const struct value **reply);
enum kcl_verb { KCL_PLAN, KCL_APPLY, KCL_DESTROY };
struct kcl_kit {
    struct test_world *t;
    struct arena *a;
    struct models *models;
    const char *model, *file;                              /* the file may change between runs */
    kcl_call *call;
    void *user;
    unsigned lose;                                         /* of that call, counted from 1, the reply does not come; 0: none */
    unsigned calls;
    bool trust_state;
    /* of the last run; plan and result are of memory that goes with the next one, and borrow from the state */
    struct state *state;
    struct arena *run;
    struct plan *plan;
    struct engine_result result;
    struct str said;                                       /* diagnostics, then what operations failed with, then notes */
    enum diag_code code;                                   /* of the first diagnostic */
    size_t open;                                           /* intents left */
    int64_t began;                                         /* world time */
    void (*before_run)(struct kcl_kit *k);                 /* between plan and apply */
    void (*changed)(struct kcl_kit *k, const struct op_report *r);
    /* killing */
    long kill_at, effects;                                 /* 0: never */
    bool dead;
    unsigned sends_alive, sends_seen;
    void *programs;                                        /* private */
};
struct kcl_kit *kcl_kit_new(const char *model, kcl_call *call, void *user);
void kcl_kit_free(struct kcl_kit *k);
int kcl_run(struct kcl_kit *k, const char *file, enum kcl_verb v);         /* exit code; KCL_PLAN: 2 when there is something to do; 137: killed */
void kcl_must(struct kcl_kit *k, const char *file, enum kcl_verb v, int want);
bool kcl_killed(struct kcl_kit *k, const char *file, enum kcl_verb v, long at);        /* false: it ended before that effect */
bool kcl_says(const struct kcl_kit *k, const char *text);                  /* it stands in `said` */
const struct plan_item *kcl_item(const struct kcl_kit *k, const char *addr, enum action a);     /* NULL: none of this action */
size_t kcl_records(struct kcl_kit *k);                     /* that state has */
struct str kcl_plan_text(struct kcl_kit *k);
struct str kcl_get(const struct value *in, const char *key);               /* text or empty */

#endif
