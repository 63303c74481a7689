/* request.c - one attempt made ready: endpoint, codec, signature. Retries and waiting: client.c. */
#include "client.h"

#include "kc/arena.h"

static bool find_endpoint(struct aws *c, struct arena *a, const struct service *s, struct str region, struct endpoint *out, struct str *why)
{
    struct str from = STR_NONE;
    bool found = config_service(c->config, a, s, region, out, &from, why);

    if (found && from.n && !c->overridden.n)
        c->overridden = str_fmt(c->arena, "%.*s (%.*s)", STR_ARG(out->url), STR_ARG(from));
    return found;
}

enum outcome request_make(struct aws *c, struct arena *a, const struct operation *op, const struct value *input, const struct credentials *keys, struct str region,
                          int64_t timeout_ms, struct http_request *out, struct answer_error *e)
{
    struct endpoint ep;

    if (!region.n && !op->service->global) {
        e->code = STR("NoRegion");
        e->message = STR("no region: set `region` in the file or AWS_REGION, or use `--region`");
        return OUTCOME_REFUSED;
    }
    if (!find_endpoint(c, a, op->service, region, &ep, &e->message)) {
        e->code = STR("NoEndpoint");
        return OUTCOME_REFUSED;
    }
    if (!wire_outgoing(a, op, input, ep, keys, world_wall(c->world) + c->skew, out, &e->message)) {
        e->code = STR("InvalidRequest");
        return OUTCOME_REFUSED;
    }
    out->timeout_ms = timeout_ms;
    return OUTCOME_OK;
}
