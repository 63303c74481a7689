/* judge.h - what the account did, against what a plan may do (docs/design.md). It reads the simulator's log line by line (sim_options.watch) and
 * never asks kc. The first breach is kept, with the lines before it. */
#ifndef KC_JUDGE_H
#define KC_JUDGE_H
#include "kc/sim.h"
#include "kc/state.h"
#include "kc/str.h"

enum who { WHO_NOBODY, WHO_KC, WHO_HAND };                  /* whose doing the next lines are; time's own is nobody's */
struct judge;
struct judge *judge_new(struct arena *a);
void judge_free(struct judge *j);
void judge_watch(void *judge, const struct value *line);
void judge_who(struct judge *j, enum who who);
/* Everything that stands now is somebody else's, and stays as it is. */
void judge_others(struct judge *j);
/* Somebody else made this one (again): from now on it is theirs. Tags without `kc:` that hands set are looked after by themselves. */
void judge_gives_away(struct judge *j, struct str kind, struct str id);
/* A run towards the file called `target` begins; clusters may be deleted in it or not. Empty: a destroy. */
void judge_target(struct judge *j, struct str target, bool may_lose_cluster);
void judge_plans(struct judge *j);                          /* a run begins that may change nothing */
void judge_held(struct judge *j);                          /* something of somebody else's stands on ours: a destroy must not begin */
void judge_nodes_excused(struct judge *j);                  /* a second hand took nodes: how many stand is not kc's doing until the next rest */
/* kc says that nothing is left to do: does what stands agree with the records, and did anything happen on the way that must not. */
void judge_rest(struct judge *j, const struct record *const *records, size_t n);
void judge_end(struct judge *j);                           /* after a destroy: only what is others' stands */
void judge_finding(struct judge *j, const char *rule, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
const char *judge_rule(const struct judge *j);             /* of the first breach; NULL: none */
struct str judge_what(const struct judge *j);
void judge_lines(const struct judge *j, struct buf *out);   /* the last lines of the log */
void judge_verbose(struct judge *j, bool on);              /* lines to standard output as they come */

/* ---- what stands, for a second hand that looks for something to do ---- */
struct thing {
    struct str key, kind, id, region, addr, gen, state;
    const struct value *attrs, *tags;
    bool made, dying, gone, ready;                         /* ready: it was, once */
    bool ours, other;
    const struct value *foreign;                           /* tags that a hand set on ours */
};
size_t judge_things(const struct judge *j, struct thing *const **out);
#endif
