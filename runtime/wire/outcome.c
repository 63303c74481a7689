/* outcome.c - what an error reply of AWS means for the request that it answers (docs/design.md, Retries): one list of codes for each meaning. */
#include "kc/wire.h"

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

enum outcome wire_outcome(const struct answer_error *e)
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
