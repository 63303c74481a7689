/* story.h - one seed: a file, its changes, the runs of kc, and what is done to them meanwhile. All of it follows from campaign and seed. */
#ifndef KC_STORY_H
#define KC_STORY_H
#include <setjmp.h>
#include "judge.h"
#include "stack.h"
#include "variant.h"

enum campaign { CAMPAIGN_LAG, CAMPAIGN_LOOKUPS, CAMPAIGN_FAILING, CAMPAIGN_HAND, CAMPAIGN_FIELDS, CAMPAIGN_SERVICES, CAMPAIGNS };
enum { CODES = 8 };
struct tally {
    long runs, kills, faults, acts, codes[CODES];          /* codes: 0 to 6, then 130 */
    char rule[40], what[1200], lines[12000];               /* of a finding; rule empty: none */
    char note[240];                                        /* a field that was not changed, and why */
};

struct story {
    enum campaign campaign;
    uint64_t seed, random;
    bool verbose;
    struct arena *a;
    struct stack *s;
    struct judge *j;
    struct tally *t;
    /* the file */
    struct variant v;
    struct choice now, safe;                               /* safe: of the last rest */
    struct str (*text)(struct story *y); const void *own;  /* the file as it is now */
    bool allow;                                            /* guarded steps are allowed in the runs that come */
    bool theirs;                                           /* a hand took a name or a mark: kc may say so and go no further */
    /* kills */
    long effects, intents, kill_at, kill_intent, kill_after, usual[3];
    int64_t began;
    jmp_buf out;
};
uint64_t story_random(struct story *y);
uint64_t story_below(struct story *y, uint64_t n);
bool story_chance(struct story *y, unsigned percent);
__attribute__((format(printf, 2, 3))) void story_say(struct story *y, const char *fmt, ...);
struct story *story_new(enum campaign c, uint64_t seed, bool verbose, struct tally *t, const struct sim_options *o);
/* A run; *code -1: it was killed. Kills are planned by story_kill before. */
int story_run(struct story *y, enum stack_verb v);
void story_kill(struct story *y, enum stack_verb v);
void story_pass(struct story *y, int64_t ms);
/* The trouble is over: at most three runs until nothing is left to do, or until kc says what it refuses (theirs). */
bool story_settle(struct story *y);
void story_destroy(struct story *y, bool killed);
/* What others made where the file wants to stand (ids in place of @vpc, @a, @b), and the stack that is about to be told of. */
struct str story_place(struct story *y, struct str text);
void story_end(struct story *y);                           /* the finding goes to the tally; frees y */
struct tally *story_tell(enum campaign c, uint64_t seed, bool verbose);

void made_rest(struct story *y, const struct record *const *r, size_t n);         /* made.c: a finding where the account holds another key than a record says */
/* ---- hostility.c: faults and fates; hand.c: what a second hand does ---- */
void hostile_lookups(struct story *y);
void hostile_failures(struct story *y);
void hand_comes(struct story *y);                          /* some time during the next runs */
#endif
