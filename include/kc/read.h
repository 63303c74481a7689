/* read.h - the one reader of objects: what AWS says of what kc knows, for the plan (which waits for all) and the engine (one task at a time).
 * It only asks. Asks of one turn for one type, provider and step share a call, up to 200 objects each; all goes through the world's loop.
 * What an answer means is decided here and nowhere else:
 *   HERE     AWS shows the object. Members that cannot be read as declared are told in `faults`; all others are in `fields`
 *   GONE     the first read of the type says so: by a code that the type lists, or by a list that is there without the object. Also when
 *            what bears its name now is another object of this stack
 *   FOREIGN  what bears its name is not the one that was recorded (`uid`) and does not carry our mark: ours is gone, this one is another's
 *   TAKEN    the one that was recorded, as far as AWS tells, and another stack's mark is on it: it is theirs now
 *   UNREAD   no answer: the network, 5xx, a denial, a reply that is not believed, an interruption. It is a reason for nothing
 * Only the first read decides existence. A further one may say by a code of its `absent` that its part is not there and reads as empty; any
 * other error of it leaves the whole object UNREAD. When a call for many is refused, each is asked for by itself. */
#ifndef KC_READ_H
#define KC_READ_H
#include "kc/resource.h"
#include "kc/state.h"

enum read_state { READ_UNASKED, READ_HERE, READ_GONE, READ_FOREIGN, READ_TAKEN, READ_UNREAD };
/* For a find. OURS: it carries the mark of the record; or nothing of its kind can, and a create of it was sent that nobody answered. ERROR is never NONE. */
enum find_result { FIND_NONE, FIND_OURS, FIND_FOREIGN, FIND_ERROR };

/* Who says, in the tags of an object, that he made it? THIS: the record asked for. FREE: a generation of its address that has no record, a create of
 * which nothing was heard again. STACK: something else of this stack. OTHER: another stack. */
enum read_mark { MARKED_NOT, MARKED_THIS, MARKED_FREE, MARKED_STACK, MARKED_OTHER };

struct read_answer {
    enum read_state state;
    const struct value *fields;                            /* HERE, FOREIGN, TAKEN: fields, outs and `live`, of all reads together */
    const struct value *outs;                              /* what the caller had, with what AWS says of it */
    enum read_mark mark; struct str owner;                 /* HERE, FOREIGN, TAKEN; owner: for people, of STACK and OTHER */
    struct str uid;                                        /* what is new with each object under its name; empty: the type has none */
    const struct resource_fault *faults; size_t nfaults;   /* single members that could not be read as declared */
    /* UNREAD or FIND_ERROR: why. A reply not believed has a fault; everything else the result of the call. */
    struct answer result;
    struct resource_fault fault;
    struct str operation;
    bool interrupted;
    enum find_result found; size_t nfound;                 /* of a find; nfound: how many are ours, or were there when none is */
};
/* One question. The caller fills the first part, keeps it until `then`, and may ask again with it from there. */
struct read_ask {
    const struct rtype *type;
    const struct value *inputs, *outs;                     /* what the identity is made of; NULL counts as empty */
    const struct record *record;                           /* whose mark, uid and age count; NULL: a lookup */
    const struct provider *provider;
    bool doubt;                                            /* absence is looked at twice, and of an object that is young until it is young no more */
    bool poll;                                             /* may use half of the read bucket only */
    bool sent;                                             /* find: a create was sent whose answer never came */
    void (*then)(struct read_ask *q); void *user;          /* from reader_turn or reader_wait, never from inside reader_ask */
    struct read_answer answer;
    /* the reader's own */
    struct reader *reader;
    const struct rstep *step;
    size_t nth;                                            /* which read of the type is next */
    bool finding, alone;
    unsigned absences;
    int64_t wake, missing_since;
    struct read_ask *next;
};
struct reader;
/* `state` says whose mark is ours. All answers live in the arena. */
struct reader *reader_new(struct world *w, struct callers *callers, struct models *m, struct state *state, struct arena *a);
void reader_free(struct reader *r);                        /* what is on its way is cancelled; NULL is allowed */
void reader_ask(struct reader *r, struct read_ask *q);     /* all reads of the type, in order */
void reader_find(struct reader *r, struct read_ask *q);    /* its find: is what a create was to make there, and is it ours? */
/* Hands out what came back and sends what is wanted. To be called once in each turn of a loop. True: something was handed out. */
bool reader_turn(struct reader *r);
bool reader_idle(const struct reader *r);                  /* nothing is asked */
/* Nothing is sent any more: all that is asked, now and later, is answered as UNREAD (FIND_ERROR), interrupted, by the next turn. */
void reader_stop(struct reader *r);
bool reader_wait(struct reader *r);                        /* turns until idle. False: a signal came, and the reader has stopped */
int64_t read_visible(const struct rtype *t, int64_t scale);   /* how long AWS may hide a new one: ms of waiting */
/* AWS may still hide it: its absence proves nothing yet. `scale`: callers_wait_scale. */
bool read_young(const struct rtype *t, const struct record *r, int64_t wall, int64_t scale);

#endif
