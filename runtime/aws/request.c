/* request.c - one attempt made ready: credentials, endpoint, codec, signature. Retries and waiting: client.c. */
#include "client.h"

#include <string.h>

#include "kc/arena.h"

enum { EXPIRES_SOON_MS = 60000 };

bool client_refresh(struct aws *c, struct str *why)
{
    struct str old = c->have_credentials ? str_dup(c->arena, c->credentials.key) : STR_NONE;
    struct str old_token = c->have_credentials ? str_dup(c->arena, c->credentials.token) : STR_NONE;
    struct credentials fresh;

    if (c->options.fixed)
        return false;
    c->config = config_load(c->world, c->arena, &c->options);
    if (!credentials_find(c->config, c->arena, &fresh, why))
        return false;
    bool changed = !c->have_credentials || !str_eq(old, fresh.key) || !str_eq(old_token, fresh.token);
    c->credentials = fresh;
    c->have_credentials = true;
    return changed;
}

bool client_credentials(struct aws *c, struct str *why)
{
    if (!c->have_credentials) {
        if (!credentials_find(c->config, c->arena, &c->credentials, why))
            return false;
        c->have_credentials = true;
    }
    int64_t expires = c->credentials.expires, now = world_wall(c->world) + c->skew;
    if (!expires || expires - now > EXPIRES_SOON_MS || client_refresh(c, why))
        return true;
    if (expires > now)
        return true;
    *why = str_fmt(c->arena, "the credentials from %.*s have expired; renew them and run kc again", STR_ARG(c->credentials.source));
    return false;
}

/* The host as signed: without scheme, path and the scheme's own port. */
static struct str host_of(struct str url)
{
    bool tls = str_starts(url, STR("https://"));
    struct str rest = str_sub(url, tls ? 8 : 7, url.n);
    size_t slash = str_find(rest, STR("/"));
    struct str host = slash == SIZE_MAX ? rest : str_sub(rest, 0, slash);

    if (str_ends(host, tls ? STR(":443") : STR(":80")))
        host.n -= tls ? 4 : 3;
    return host;
}

bool request_endpoint(struct aws *c, struct arena *a, const struct service *s, struct str region, struct endpoint *out, struct str *why)
{
    struct str url = STR_NONE, from = STR_NONE;

    if (!config_endpoint(c->config, s->id, &url, &from, why))
        return false;
    if (!region.n && s->global)
        region = STR("us-east-1");
    bool found = endpoint_find(a, s, region, config_flags(c->config), out, why);
    if (!url.n)
        return found;
    if (!found && s->global)
        out->sign_region = STR("us-east-1");
    out->url = url;
    out->host = host_of(url);
    out->overridden = true;
    if (!c->overridden.n)
        c->overridden = str_fmt(c->arena, "%.*s (%.*s)", STR_ARG(url), STR_ARG(from));
    return true;
}

/* Where the bucket of a request goes: into the host, or in front of the path where the host cannot have it. */
static void place_bucket(struct arena *a, struct endpoint *e, struct wire *w)
{
    if (!w->host_prefix.n)
        return;
    if (e->overridden || str_find(w->host_prefix, STR(".")) != SIZE_MAX) {
        w->path = str_fmt(a, "/%.*s%.*s", STR_ARG(w->host_prefix), STR_ARG(w->path));
        return;
    }
    e->host = str_fmt(a, "%.*s.%.*s", STR_ARG(w->host_prefix), STR_ARG(e->host));
    e->url = str_fmt(a, "https://%.*s", STR_ARG(e->host));
}

/* Path of an override ("http://host/base") in front of the operation's own. */
static struct str base_path(struct str url)
{
    size_t from = str_find(url, STR("://")) + 3;
    struct str rest = str_sub(url, from, url.n);
    size_t slash = str_find(rest, STR("/"));

    return slash == SIZE_MAX ? STR("") : str_sub(rest, slash, rest.n);
}

static void sign(struct aws *c, struct arena *a, const struct operation *op, const struct wire *w, const struct endpoint *e, struct outgoing *out)
{
    struct header *h = arena_array(a, w->nheaders + 6, sizeof *h);
    size_t n = w->nheaders;

    if (n)
        memcpy(h, w->headers, n * sizeof *h);
    h[n++] = (struct header){ STR("User-Agent"), STR("kc/" KC_VERSION) };
    if (!op->unsigned_) {
        struct sign_input in = { w->method, e->host, str_fmt(a, "%.*s%.*s", STR_ARG(base_path(e->url)), STR_ARG(w->path)), w->query, w->headers, w->nheaders,
                                 w->body, op->service->sign, e->sign_region, world_wall(c->world) + c->skew, str_is(op->service->sign, "s3") };
        struct header signed_headers[4];
        size_t k = sign_headers(a, &in, &c->credentials, signed_headers);

        memcpy(h + n, signed_headers, k * sizeof *h);
        n += k;
    }
    out->http.headers = h;
    out->http.nheaders = n;
}

enum outcome request_make(struct aws *c, struct arena *a, const struct operation *op, const struct value *input, struct str region, int64_t timeout_ms,
                          struct outgoing *out, struct answer_error *e)
{
    struct endpoint ep;
    struct wire w = { 0 };

    if (!op->unsigned_ && !client_credentials(c, &e->message)) {
        e->code = STR("NoCredentials");
        return OUTCOME_CREDENTIALS;
    }
    if (!region.n && !op->service->global) {
        e->code = STR("NoRegion");
        e->message = STR("no region: set `region` in the file or AWS_REGION, or use `--region`");
        return OUTCOME_REFUSED;
    }
    if (!request_endpoint(c, a, op->service, region, &ep, &e->message)) {
        e->code = STR("NoEndpoint");
        return OUTCOME_REFUSED;
    }
    if (!wire_request(a, op, input, &w, &e->message)) {
        e->code = STR("InvalidRequest");
        return OUTCOME_REFUSED;
    }
    place_bucket(a, &ep, &w);
    sign(c, a, op, &w, &ep, out);
    out->region = region;
    out->http.method = w.method;
    out->http.url = str_fmt(a, "%.*s%.*s%s%.*s", STR_ARG(ep.url), STR_ARG(w.path), w.query.n ? "?" : "", STR_ARG(w.query));
    out->http.body = w.body;
    out->http.timeout_ms = timeout_ms;
    return OUTCOME_OK;
}
