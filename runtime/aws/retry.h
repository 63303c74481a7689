/* retry.h - what became of one attempt, whether to make another, and when (docs/design.md, Retries). No I/O but randomness. */
#ifndef KC_AWS_RETRY_H
#define KC_AWS_RETRY_H
#include "kc/aws.h"

enum outcome {
    OUTCOME_OK,
    OUTCOME_NOT_SENT,                                      /* no effect possible */
    OUTCOME_UNKNOWN,                                       /* effect unknown */
    OUTCOME_THROTTLED,                                     /* refused without effect, later it may pass */
    OUTCOME_BUSY,                                          /* refused without effect because something else is going on: as throttled, rate untouched */
    OUTCOME_SKEWED,                                        /* our clock is off */
    OUTCOME_EXPIRED,                                       /* credentials ran out */
    OUTCOME_CREDENTIALS,
    OUTCOME_DENIED,
    OUTCOME_REFUSED
};
/* Of an error reply that is AWS's own. */
enum outcome retry_classify(const struct answer_error *e);
enum answer_class retry_class(enum outcome o);

enum { RETRY_QUOTA = 500, RETRY_COST = 5, RETRY_COST_TIMEOUT = 10 };
struct retry_quota { int left; };                          /* shared by all calls of a client; starts at RETRY_QUOTA */
int retry_take(struct retry_quota *q, enum outcome o);     /* what it cost; 0: empty, do not retry */
void retry_give(struct retry_quota *q, int cost);          /* after success: back, and one more */

/* ms until attempt n + 1, n from 1: full jitter, 20 s at most; Retry-After of the reply is a minimum. */
int64_t retry_delay(struct world *w, enum outcome o, unsigned n, const struct http_reply *r, int64_t scale);

#endif
