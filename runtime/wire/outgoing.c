/* outgoing.c - a request as the transport takes it: written by its model, addressed to an endpoint, signed. */
#include <string.h>
#include "kc/arena.h"
#include "kc/hash.h"
#include "kc/wire.h"

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

void endpoint_override(struct endpoint *e, struct str url)
{
    e->url = url;
    e->host = host_of(url);
    e->overridden = true;
}

/* Where the host prefix of a request (a bucket) goes: into the host, or in front of the path where the host cannot have it. */
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

static void add_headers(struct arena *a, const struct operation *op, const struct wire *w, const struct endpoint *e, const struct credentials *c, int64_t wall_ms,
                        struct http_request *out)
{
    struct header *h = arena_array(a, w->nheaders + 6, sizeof *h);
    size_t n = w->nheaders;

    if (n)
        memcpy(h, w->headers, n * sizeof *h);
    h[n++] = (struct header){ STR("User-Agent"), STR("kc/" KC_VERSION) };
    if (c) {
        struct sign_input in = { .method = w->method, .host = e->host, .path = str_fmt(a, "%.*s%.*s", STR_ARG(base_path(e->url)), STR_ARG(w->path)),
                                 .query = w->query, .headers = w->headers, .nheaders = w->nheaders, .body = w->body, .service = op->service->sign,
                                 .payload = w->file ? hex(a, w->file->sha256, sizeof w->file->sha256) : STR_NONE, .region = e->sign_region, .wall_ms = wall_ms, .s3 = str_is(op->service->sign, "s3") };
        struct header signed_headers[4];
        size_t k = sign_headers(a, &in, c, signed_headers);

        memcpy(h + n, signed_headers, k * sizeof *h);
        n += k;
    }
    out->headers = h;
    out->nheaders = n;
}

bool wire_outgoing(struct arena *a, const struct operation *op, const struct value *input, struct endpoint e, const struct credentials *c, int64_t wall_ms,
                   struct http_request *out, struct str *why)
{
    struct wire w = { 0 };

    if (!wire_request(a, op, input, &w, why))
        return false;
    place_bucket(a, &e, &w);
    add_headers(a, op, &w, &e, op->unsigned_ ? NULL : c, wall_ms, out);
    out->method = w.method;
    out->url = str_fmt(a, "%.*s%.*s%s%.*s", STR_ARG(e.url), STR_ARG(w.path), w.query.n ? "?" : "", STR_ARG(w.query));
    out->body = w.body;
    out->secret = value_has_secret(input);
    out->file = w.file;
    return true;
}
