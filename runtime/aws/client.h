/* client.h - the insides of a client, for client.c and request.c. */
#ifndef KC_AWS_CLIENT_H
#define KC_AWS_CLIENT_H
#include "config.h"
#include "limits.h"
#include "retry.h"

enum { ATTEMPTS = 6, ATTEMPTS_THROTTLED = 13, TIMEOUT_MS = 60000, RETRY_FOR_MS = 120000 };

struct aws {
    struct world *world;
    struct models *models;
    struct arena *arena;                                   /* as long as the client: configuration */
    struct aws_options options;
    struct config *config;
    struct credentials credentials;
    bool have_credentials;
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

/* One request as it goes out, made anew for each attempt. False: *why; nothing can be sent. */
struct outgoing { struct http_request http; struct str region; };
enum outcome request_make(struct aws *c, struct arena *a, const struct operation *op, const struct value *input, struct str region, int64_t timeout_ms,
                          struct outgoing *out, struct answer_error *e);
/* The service's endpoint with overrides; also notes an override in c->overridden. */
bool request_endpoint(struct aws *c, struct arena *a, const struct service *s, struct str region, struct endpoint *out, struct str *why);
bool client_credentials(struct aws *c, struct str *why);   /* loaded and not about to expire */
bool client_refresh(struct aws *c, struct str *why);       /* reads again; false: the same as before, or none */

#endif
