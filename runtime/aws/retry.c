/* retry.c - see retry.h. */
#include "retry.h"

enum answer_class retry_class(enum outcome o)
{
    switch (o) {
    case OUTCOME_OK: return ANSWER_OK;
    case OUTCOME_NOT_SENT: return ANSWER_NOT_SENT;
    case OUTCOME_UNKNOWN: return ANSWER_UNKNOWN;
    case OUTCOME_THROTTLED: return ANSWER_THROTTLED;
    case OUTCOME_SKEWED: case OUTCOME_EXPIRED: case OUTCOME_CREDENTIALS: return ANSWER_CREDENTIALS;
    case OUTCOME_DENIED: return ANSWER_DENIED;
    case OUTCOME_BUSY: case OUTCOME_REFUSED: break;
    }
    return ANSWER_REFUSED;
}

int retry_take(struct retry_quota *q, enum outcome o)
{
    int cost = o == OUTCOME_UNKNOWN || o == OUTCOME_NOT_SENT ? RETRY_COST_TIMEOUT : RETRY_COST;

    if (q->left < cost)
        return 0;
    q->left -= cost;
    return cost;
}

void retry_give(struct retry_quota *q, int cost)
{
    q->left += cost + 1;
    if (q->left > RETRY_QUOTA)
        q->left = RETRY_QUOTA;
}

/* Whole seconds of Retry-After, ms of x-amz-retry-after; 0: not said. */
static int64_t asked_to_wait(const struct http_reply *r)
{
    int64_t n;

    if (r && str_int(str_trim(reply_header(r, STR("x-amz-retry-after"))), &n) && n > 0)
        return n < 5000 ? n : 5000;
    if (r && str_int(str_trim(reply_header(r, STR("retry-after"))), &n) && n > 0)
        return n < 20 ? n * 1000 : 20000;
    return 0;
}

int64_t retry_delay(struct world *w, enum outcome o, unsigned n, const struct http_reply *r, int64_t scale)
{
    int64_t limit = o == OUTCOME_THROTTLED || o == OUTCOME_BUSY ? 1000 : 200, least = asked_to_wait(r);
    uint32_t random;

    for (unsigned i = 1; i < n && limit < 20000; i++)
        limit *= 2;
    if (limit > 20000)
        limit = 20000;
    world_random(w, &random, sizeof random);
    int64_t delay = 100 + (int64_t)((uint64_t)random * (uint64_t)limit >> 32);
    if (delay < least)
        delay = least;
    return scale > 1 ? delay / scale : delay;
}
