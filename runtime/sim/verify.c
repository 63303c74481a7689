/* verify.c - is the request signed by somebody we know, just now, and of the right content type?
 * The signature is computed again from what arrived, with the stages of aws.h; only headers that it names take part. */
#include <stdlib.h>
#include <string.h>
#include "room.h"

enum { MAX_SKEW_MS = 5 * 60 * 1000, MAX_SIGNED = 64 };

const struct credentials *sim_credentials(void)
{
    static const struct credentials c = {
        .key = { "AKIAKCSANDBOX0000001", 20 },
        .secret = { "kc/sandbox/this+is+not+a+secret/0123456789", 42 },
        .source = { "the sandbox's own keys", 22 },
    };

    return &c;
}

static struct str part_of(struct str header, struct str name)
{
    size_t at = str_find(header, name), end;

    if (at == SIZE_MAX)
        return STR_NONE;
    header = str_sub(header, at + name.n, header.n);
    end = str_find(header, STR(","));
    return str_trim(str_sub(header, 0, end));
}

/* "20261122T061305Z" as wall ms. */
static bool stamp(struct arena *a, struct str x, int64_t *ms)
{
    struct str iso;

    if (x.n != 16 || x.s[8] != 'T' || x.s[15] != 'Z')
        return false;
    iso = str_fmt(a, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", x.s, x.s + 4, x.s + 6, x.s + 9, x.s + 11, x.s + 13);
    return sim_time_read(iso, ms);
}

static bool signed_name(struct str list, struct str name)
{
    struct str part;

    while (str_cut(&list, ';', &part))
        if (str_caseeq(part, name))
            return true;
    return false;
}

static bool added_by_signer(struct str name, bool s3)
{
    return str_caseeq(name, STR("host")) || str_caseeq(name, STR("x-amz-date")) || str_caseeq(name, STR("x-amz-security-token"))
        || str_caseeq(name, STR("authorization")) || (s3 && str_caseeq(name, STR("x-amz-content-sha256")));
}

static struct str expected(struct request *r, const struct credentials *keys, struct str names, struct str scope, int64_t when)
{
    struct header kept[MAX_SIGNED], made[4];
    struct sign_input in = { .method = r->http->method, .host = r->host, .body = r->http->body, .query = r->query, .wall_ms = when };
    struct str key, date, rest = scope, host, path, query;
    size_t i, n = 0, m;

    str_cut(&rest, '/', &key);
    str_cut(&rest, '/', &date);
    str_cut(&rest, '/', &in.region);
    str_cut(&rest, '/', &in.service);
    in.s3 = str_is(in.service, "s3");
    if (url_split(r->http->url, &host, &path, &query))
        in.path = path;
    for (i = 0; i < r->http->nheaders && n < MAX_SIGNED; i++)
        if (signed_name(names, r->http->headers[i].name) && !added_by_signer(r->http->headers[i].name, in.s3))
            kept[n++] = r->http->headers[i];
    in.headers = kept;
    in.nheaders = n;
    m = sign_headers(r->a, &in, keys, made);
    for (i = 0; i < m; i++)
        if (str_caseeq(made[i].name, STR("authorization")))
            return part_of(made[i].value, STR("Signature="));
    return STR_NONE;
}

static bool verify_signature(struct request *r)
{
    struct str auth = header_get(r->http, "authorization"), token = header_get(r->http, "x-amz-security-token"), scope, names, given, date, key, rest;
    struct credentials keys = *sim_credentials();
    int64_t when, skew;

    if (!auth.n)
        return sim_refuse(r, code_of(r, "unsigned"), "the request must contain an authentication token");
    scope = part_of(auth, STR("Credential="));
    names = part_of(auth, STR("SignedHeaders="));
    given = part_of(auth, STR("Signature="));
    date = header_get(r->http, "x-amz-date");
    if (!str_starts(auth, STR("AWS4-HMAC-SHA256 ")) || !scope.n || !given.n || !signed_name(names, STR("host")) || !stamp(r->a, date, &when))
        return sim_refuse(r, code_of(r, "incomplete"), "the Authorization header is incomplete: it needs Credential, SignedHeaders with host, Signature, and X-Amz-Date");
    rest = scope;
    str_cut(&rest, '/', &key);
    if (!str_eq(key, keys.key) && !session_keys(r->a, key, token, &keys))
        return sim_refuse(r, code_of(r, "key"), "the security token included in the request is invalid");
    if (keys.expires && keys.expires <= sim_wall(r))
        return sim_refuse(r, code_of(r, "stale"), "The security token included in the request is expired");
    skew = when - sim_wall(r);
    if (skew > MAX_SKEW_MS || skew < -MAX_SKEW_MS)
        return sim_refuse(r, code_of(r, "expired"), "Signature expired or not yet current: the request is of %.*s, the time here differs by %lld s", STR_ARG(date), (long long)(skew / 1000));
    if (!str_eq(given, expected(r, &keys, names, scope, when)))
        return sim_refuse(r, code_of(r, "signature"), "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.");
    return true;
}

static bool verify_type(struct request *r)
{
    struct str type = header_get(r->http, "content-type");
    bool good = true;

    switch (r->service->model->protocol) {
    case PROTOCOL_EC2:
    case PROTOCOL_QUERY:
        good = !r->http->body.n || str_starts(type, STR("application/x-www-form-urlencoded"));
        break;
    case PROTOCOL_JSON_10:
        good = str_starts(type, STR("application/x-amz-json-1.0"));
        break;
    case PROTOCOL_JSON_11:
        good = str_starts(type, STR("application/x-amz-json-1.1"));
        break;
    case PROTOCOL_REST_JSON:
        good = !r->http->body.n || str_starts(type, STR("application/json"));
        break;
    case PROTOCOL_REST_XML:
        good = !type.n || !r->http->body.n || (r->op->in && r->op->in->payload && r->op->in->payload->shape->kind != SHAPE_STRUCT) || str_find(type, STR("xml")) != SIZE_MAX;
        break;
    }
    if (!good)
        return sim_refuse(r, code_of(r, "content"), "the content type %.*s is not what this operation takes", STR_ARG(type));
    return true;
}

bool sim_verify(struct request *r)
{
    return (r->op->unsigned_ || verify_signature(r)) && verify_type(r);
}
