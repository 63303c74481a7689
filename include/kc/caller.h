/* caller.h - the one seam for all that kc asks and tells: what answers to an operation's name with a value. AWS is the first; the API of a
 * Kubernetes cluster and what makes keys on this machine take the same shape. Engine, reader and journal know none of them by name.
 * A caller says what became of a call (class), never what it means: that is the type's (resource.h). */
#ifndef KC_CALLER_H
#define KC_CALLER_H
#include "kc/provider.h"
#include "kc/value.h"
#include "kc/world.h"

enum answer_class {
    ANSWER_OK,
    ANSWER_NOT_SENT,                                       /* no byte of it left, retries used up */
    ANSWER_UNKNOWN,                                        /* effect unknown: no whole reply, 5xx, or a reply that is not believed ("NotBelieved") */
    ANSWER_THROTTLED,                                      /* retries used up */
    ANSWER_DENIED,                                         /* AccessDenied and kin */
    ANSWER_CREDENTIALS,                                    /* none, expired, invalid: exit code 5 */
    ANSWER_REFUSED                                         /* any other error: `code` decides (resource.h); request_id empty: kc's own, nothing was sent */
};
struct answer_error {
    struct str code, message, request_id;
    int http;
};
struct answer {
    enum answer_class class;
    const struct value *reply;                             /* ANSWER_OK; in the arena given to send */
    const struct value *next;                              /* of a page asked for by itself: the input that asks for the next one; NULL: it was the last */
    struct answer_error error;                             /* otherwise */
    struct str request_id;
    unsigned attempts;
    bool doubt;                                            /* an attempt may have had its effect, whatever the last one says */
};
enum repeat {
    REPEAT_ALWAYS,                                         /* reads, and calls of which a second one does nothing (token, name, relation): an unknown outcome is sent again as is */
    REPEAT_ASK,                                            /* an unknown outcome goes back to whoever asked at once */
    REPEAT_NEVER                                           /* so does "slower": the request is made anew before it is sent again */
};
struct ask {
    const struct provider *provider;                       /* NULL: the caller's own */
    struct str service, op;
    const struct value *input;
    enum repeat repeat;
    bool all_pages;                                        /* follow pagination, lists joined; at most 1,000 pages. Else one page, and `next` */
    bool poll;                                             /* may use half of what the limits allow for reading */
    int64_t deadline;                                      /* world_now; 0: 60 s from now plus retries */
};
typedef void answer_done(void *user, const struct answer *r);
struct ticket { void (*cancel)(struct ticket *t); };       /* a call under way; a caller's own begins with it */

struct caller {
    /* Starts a call; `done` comes from a later world_wait, never from inside. `a` keeps the reply. */
    struct ticket *(*send)(void *impl, struct arena *a, const struct ask *q, answer_done *done, void *user);
    int64_t (*clock)(void *impl, const struct provider *p);/* the other side's clock minus ours in ms; 0 until known, or when they agree. NULL: they are one */
    int64_t (*settles)(void *impl, const struct ask *q);   /* ms for which what was just made may still be unknown to this operation. NULL: it never is */
    void *impl;
};

/* ---- all callers of a run, by kind of provider, and what is known of the providers ---- */
struct callers;
struct callers *callers_new(struct world *w, struct arena *a);         /* lives in a */
void callers_add(struct callers *c, struct str kind, struct caller k); /* kind: a literal */
void callers_scale(struct callers *c, int64_t scale);                  /* KC_WAIT_SCALE: all waiting is divided by it; 1 unless said */
int64_t callers_wait_scale(const struct callers *c);
/* Who answers at a provider; or why nobody can be reached there: every call to it then ends so, and nothing is sent. */
void callers_met(struct callers *c, const struct provider *p, struct principal who);
void callers_lost(struct callers *c, const struct provider *p, const struct answer *why);
const struct principal *callers_principal(const struct callers *c, const struct provider *p);  /* never NULL: empty where nobody was met */
const struct answer *callers_problem(const struct callers *c, const struct provider *p);       /* NULL: not lost */

struct ticket *callers_send(struct callers *c, struct arena *a, const struct ask *q, answer_done *done, void *user);
void ticket_cancel(struct ticket *t);                      /* done will not be called; a request on the wire is left to finish. NULL is allowed */
int64_t callers_clock(const struct callers *c, const struct provider *p);
int64_t callers_settles(const struct callers *c, const struct ask *q);

#endif
