/* retry.c - see retry.h. */
#include "retry.h"

#include "belief.h"

/* Codes by what they mean. Quota errors (LimitExceeded) are not here: waiting does not help. */
static const char *const throttles[] = {
    "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException", "TooManyRequestsException", "RequestLimitExceeded",
    "ProvisionedThroughputExceededException", "BandwidthLimitExceeded", "RequestThrottled", "SlowDown", "EC2ThrottledException", "HTTP 429",
};
static const char *const transients[] = {
    "InternalError", "InternalFailure", "InternalServerError", "InternalServerException", "ServerException", "ServiceUnavailable",
    "ServiceUnavailableException", "Unavailable", "RequestTimeout", "RequestTimeoutException", "ServiceFailure",
};
static const char *const busies[] = {
    "PriorRequestNotComplete", "ConcurrentModification", "ConcurrentModificationException", "EntityTemporarilyUnmodifiable", "ResourceContention",
    "ConditionalRequestConflict", "OperationAborted", "TransactionInProgressException", "IDPCommunicationError",
};
static const char *const skews[] = { "RequestTimeTooSkewed", "RequestInTheFuture" };
static const char *const expiries[] = { "ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired" };
static const char *const bad_keys[] = {
    "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "MissingAuthenticationToken", "MissingAuthenticationTokenException",
    "SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature", "IncompleteSignatureException", "InvalidToken", "NotSignedUp",
};
static const char *const denials[] = {
    "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedException", "AuthorizationError", "AuthorizationErrorException",
    "NotAuthorized", "HTTP 401", "HTTP 403",
};

static bool listed(struct str code, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_is(code, list[i]))
            return true;
    return false;
}
#define LISTED(code, list) listed((code), (list), sizeof(list) / sizeof *(list))

static bool says(const struct answer_error *e, const char *part)
{
    return str_find(e->message, str_of(part)) != SIZE_MAX;
}

/* A signature may be wrong because of the clock: then the message speaks of time. */
static bool clock_to_blame(const struct answer_error *e)
{
    return says(e, "Signature expired") || says(e, "not yet current") || says(e, "Signature not yet");
}

enum outcome retry_classify(const struct answer_error *e)
{
    if (LISTED(e->code, throttles))
        return OUTCOME_THROTTLED;
    if (LISTED(e->code, skews) || (LISTED(e->code, bad_keys) && clock_to_blame(e)))
        return OUTCOME_SKEWED;
    if (LISTED(e->code, expiries))
        return OUTCOME_EXPIRED;
    if (LISTED(e->code, bad_keys) || (str_is(e->code, "AuthFailure") && (e->http == 401 || says(e, "credentials"))))
        return OUTCOME_CREDENTIALS;
    if (LISTED(e->code, denials))
        return OUTCOME_DENIED;
    if (LISTED(e->code, busies))
        return OUTCOME_BUSY;
    if (LISTED(e->code, transients) || e->http == 500 || e->http == 502 || e->http == 503 || e->http == 504)
        return OUTCOME_UNKNOWN;
    return OUTCOME_REFUSED;
}

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
