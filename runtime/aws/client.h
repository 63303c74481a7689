/* client.h - the insides of a client, for client.c and request.c. */
#ifndef KC_AWS_CLIENT_H
#define KC_AWS_CLIENT_H
#include "kc/aws.h"
#include "limits.h"
#include "retry.h"

enum { ATTEMPTS = 6, ATTEMPTS_THROTTLED = 13, TIMEOUT_MS = 60000, RETRY_FOR_MS = 120000,
       SLOW_BYTES_MS = 100 };                              /* a file is sent at 100 kB/s at least */

struct aws {
    struct world *world;
    struct models *models;
    struct arena *arena;                                   /* as long as the client: configuration */
    struct config *config;
    struct chain *chain;
    struct signer signer;
    struct limits *limits;
    struct retry_quota quota;
    int64_t skew;                                          /* AWS's clock minus ours, ms */
    bool clock_known;                                      /* skew was read from a reply */
    int attempts, attempts_throttled;
    struct str overridden;                                 /* "http://... (AWS_ENDPOINT_URL)", first seen */
    struct aws_stats stats;
    struct aws_ticket *tickets;
    size_t pending;
};

/* One request as it goes out, made anew for each attempt; keys NULL: an operation without signature. Not OUTCOME_OK: *e; nothing can be sent. */
enum outcome request_make(struct aws *c, struct arena *a, const struct operation *op, const struct value *input, const struct credentials *keys, struct str region,
                          int64_t timeout_ms, struct http_request *out, struct answer_error *e);

#endif
