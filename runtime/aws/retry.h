/* retry.h - whether to make another attempt, and when (docs/design.md, Retries). No I/O but randomness. */
#ifndef KC_AWS_RETRY_H
#define KC_AWS_RETRY_H
#include "kc/aws.h"

enum answer_class retry_class(enum outcome o);

enum { RETRY_QUOTA = 500, RETRY_COST = 5, RETRY_COST_TIMEOUT = 10 };
struct retry_quota { int left; };                          /* shared by all calls of a client; starts at RETRY_QUOTA */
int retry_take(struct retry_quota *q, enum outcome o);     /* what it cost; 0: empty, do not retry */
void retry_give(struct retry_quota *q, int cost);          /* after success: back, and one more */

/* ms until attempt n + 1, n from 1: full jitter, 20 s at most; Retry-After of the reply is a minimum. */
int64_t retry_delay(struct world *w, enum outcome o, unsigned n, const struct http_reply *r, int64_t scale);

#endif
