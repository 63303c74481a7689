/* stack.h - the whole program without its command line: a .kcl file, evaluated, planned and applied against the simulated AWS.
 * Either everything is in memory (stack_new), or in a child process with files, to be killed for real (stack_child). */
#ifndef KC_STACK_H
#define KC_STACK_H
#include "aws_kit.h"
#include "kc/engine.h"
#include "kc/lang.h"
#include "kc/sim.h"
#include "world_test.h"

struct stack {
    struct arena *a;
    struct test_world *t;                                  /* NULL in a child */
    struct world *w;
    struct models *models;
    struct sim *sim;
    struct str file, text;                                 /* the root file's path and text; text empty: read from the source tree */
    struct str folder;                                     /* of the state */
    const struct pair *params; size_t nparams;
    bool wrong_credentials;
    const char *profile;                                   /* credentials from the test world's files; NULL: the sandbox's keys */
    bool strict;                                           /* guarded steps refuse, as they do at a terminal where nobody types the address */
    bool impatient;                                        /* the engine waits for nothing that an edge should have ordered */
    const char *region;
    /* of the last run */
    struct plan *plan;
    struct engine_result result;
    struct str why;                                        /* first diagnostic, or why it stopped */
    struct str problems, left;                             /* operations that failed; what the plan held */
    struct buf notes;
    size_t open_intents, creating;                         /* what the last run found in the state */
    bool guarded;                                          /* strict, and it did refuse */
    void (*before_run)(struct stack *s, struct plan *p);   /* to plant a fault */
    bool (*drop)(void *user, const struct node *from, size_t edge); void *drop_user;    /* edges to lose */
};
enum stack_verb { STACK_PLAN, STACK_APPLY, STACK_DESTROY };
struct stack *stack_new(const char *file, const struct sim_options *o);   /* o: NULL for exact, infinitely fast, seed 1; behaviour NULL: std's */
void stack_free(struct stack *s);
int stack_run(struct stack *s, enum stack_verb v);         /* exit code as kc has it; STACK_PLAN: 2 when there is something to do */
void stack_must(struct stack *s, enum stack_verb v, int want);      /* fails the test with what went wrong */
struct str stack_account(struct stack *s);                 /* the account without ids and times: equal texts, equal accounts */
const struct op_report *stack_report(const struct stack *s, const char *addr, enum op_kind k);   /* NULL: no such operation */
/* Every operation's problem, for messages. */
struct str stack_problems(struct stack *s);

/* ---- child processes, killed for real ---- */
enum died { DIED_NOT, DIED_JOURNAL,                        /* before an entry was durable */
            DIED_INTENT,                                   /* an intent is durable, its request not sent */
            DIED_SENT, DIED_EFFECT,                        /* sent; made by the other side, and the reply not read */
            DIED_REPLY, DIED_FILE, DIED_KINDS };           /* reply read, outcome not durable; while writing a whole file */
struct child {
    int exit_code;                                         /* 137: killed */
    enum died died;
    long effects;                                          /* how many effects there were */
    size_t open_intents, creating;                         /* found in the state at its start */
    struct str account, why;
};
/* Runs `file` with real files in `dir`, killed at effect `kill_at` (0: never). */
struct child stack_child(struct arena *a, const char *dir, const char *file, enum stack_verb v, long kill_at);
const char *stack_dir(void);                               /* an empty folder, on a memory disk where there is one; emptied by each call */
void stack_dir_remove(void);
struct str stack_read(struct arena *a, const char *path);
void stack_write(const char *dir, const char *name, struct str text);

#endif
