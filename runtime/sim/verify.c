/* verify.c - is the request signed by somebody we know, just now, and of the right content type?
 * The signature is computed again from what arrived, with the stages of wire.h; only headers that it names take part. It stands in a header, or in
 * the query (a presigned url, as tokens for clusters are). */
#include <stdlib.h>
#include <string.h>
#include "kc/hash.h"
#include "room.h"

enum { MAX_SKEW_MS = 5 * 60 * 1000, MAX_SIGNED = 127 };

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

/* ---- what is signed, and by whom ---- */
static void read_scope(struct signature *g, struct str scope)
{
    struct str date;

    if (str_cut(&scope, '/', &g->key) && str_cut(&scope, '/', &date) && str_cut(&scope, '/', &g->region))
        str_cut(&scope, '/', &g->service);
}

static void read_header(struct request *r, struct signature *g, struct str auth)
{
    if (!str_starts(auth, STR("AWS4-HMAC-SHA256 ")))
        return;
    read_scope(g, part_of(auth, STR("Credential=")));
    g->names = part_of(auth, STR("SignedHeaders="));
    g->given = part_of(auth, STR("Signature="));
    g->date = header_get(r->http, "x-amz-date");
    g->token = header_get(r->http, "x-amz-security-token");
    g->query = r->query;
}

/* False: it is the request's own. */
static bool read_param(struct signature *g, const struct param *p)
{
    const struct { const char *name; struct str *at; } texts[] = {
        { "X-Amz-SignedHeaders", &g->names }, { "X-Amz-Signature", &g->given }, { "X-Amz-Date", &g->date }, { "X-Amz-Security-Token", &g->token },
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (str_is(p->key, texts[i].name)) {
            *texts[i].at = p->value;
            return true;
        }
    if (str_is(p->key, "X-Amz-Credential"))
        read_scope(g, p->value);
    else if (str_is(p->key, "X-Amz-Expires"))
        str_int(p->value, &g->expires_s);
    else
        return str_is(p->key, "X-Amz-Algorithm");
    return true;
}

/* What is about the signature is no part of what is asked. */
static void read_query(struct request *r, struct signature *g)
{
    struct str rest = r->query, part;
    struct buf with = { 0 }, without = { 0 };

    while (str_cut(&rest, '&', &part)) {
        struct param *v;
        bool bad, about = form_parse(r->a, part, false, &v, &bad) == 1 && read_param(g, v);

        if (!str_starts(part, STR("X-Amz-Signature=")))
            buf_fmt(&with, "%s%.*s", with.n ? "&" : "", STR_ARG(part));
        if (!about)
            buf_fmt(&without, "%s%.*s", without.n ? "&" : "", STR_ARG(part));
    }
    g->query = buf_take(&with, r->a);
    r->query = buf_take(&without, r->a);
    g->presigned = true;
}

void signature_read(struct request *r)
{
    struct str auth = header_get(r->http, "authorization");

    if (auth.n)
        read_header(r, &r->signature, auth);
    else if (str_find(r->query, STR("X-Amz-Signature=")) != SIZE_MAX)
        read_query(r, &r->signature);
}

/* ---- the payload ---- */
/* What the signature says the payload is, once the body is known to be that. */
static bool payload(struct request *r, struct str *out)
{
    struct str claimed = header_get(r->http, "x-amz-content-sha256"), is = r->http->file ? hex(r->a, sim_sums(r)->sha256, 32) : sha256_hex(r->a, r->http->body);
    bool s3 = str_is(r->signature.service, "s3");

    *out = claimed.n ? claimed : r->signature.presigned && s3 ? STR("UNSIGNED-PAYLOAD") : is;
    if (!claimed.n && s3 && !r->signature.presigned)
        return sim_refuse(r, STR("InvalidRequest"), "Missing required header for this request: x-amz-content-sha256");
    if (str_eq(*out, is) || (s3 && (str_is(*out, "UNSIGNED-PAYLOAD") || str_is(*out, CHUNKS_PLAIN))))
        return true;
    if (str_starts(*out, STR("STREAMING-")))
        return sim_refuse(r, STR("NotImplemented"), "chunks with signatures of their own are not simulated: send the body with its SHA-256, or as UNSIGNED-PAYLOAD");
    return sim_refuse(r, s3 ? STR("XAmzContentSHA256Mismatch") : code_of(r, "signature"), "The provided 'x-amz-content-sha256' header does not match what was computed.");
}

static bool signed_name(struct str list, struct str name)
{
    struct str part;

    while (str_cut(&list, ';', &part))
        if (str_caseeq(part, name))
            return true;
    return false;
}

static struct str expected(struct request *r, const struct credentials *keys, int64_t when, struct str content)
{
    const struct signature *g = &r->signature;
    struct sign_input in = { .method = r->http->method, .host = r->host, .path = r->sent_path, .query = g->query, .headers = r->http->headers, .nheaders = r->http->nheaders,
                             .service = g->service, .region = g->region, .wall_ms = when, .s3 = str_is(g->service, "s3") };
    struct header with_host[MAX_SIGNED + 1];

    if (header_get(r->http, "host").n || in.nheaders > MAX_SIGNED)
        return sign_expected(r->a, &in, keys, g->names, content);
    memcpy(with_host, in.headers, in.nheaders * sizeof *with_host);   /* in our own process the host is the url's */
    with_host[in.nheaders++] = (struct header){ STR("host"), r->host };
    in.headers = with_host;
    return sign_expected(r->a, &in, keys, g->names, content);
}

/* In time, as far as it tells: its clock is ours, and a presigned one has not ended. How long one is good it says itself, where the service heeds it. */
static bool in_time(struct request *r, int64_t when)
{
    const struct signature *g = &r->signature;
    int64_t skew = when - sim_wall(r);
    int64_t least = g->presigned ? -data_ms(value_get(r->service->data, STR("presigned")), 1000 * g->expires_s) : -MAX_SKEW_MS;

    if (skew <= MAX_SKEW_MS && skew >= least)
        return true;
    return sim_refuse(r, code_of(r, "expired"), "Signature expired or not yet current: the request is of %.*s, the time here differs by %lld s", STR_ARG(g->date), (long long)(skew / 1000));
}

static bool verify_signature(struct request *r)
{
    struct signature *g = &r->signature;
    struct credentials keys = *sim_credentials();
    struct str content;
    int64_t when;

    if (!header_get(r->http, "authorization").n && !g->presigned)
        return sim_refuse(r, code_of(r, "unsigned"), "the request must contain an authentication token");
    if (!g->key.n || !g->service.n || !g->given.n || !signed_name(g->names, STR("host")) || !stamp(r->a, g->date, &when))
        return sim_refuse(r, code_of(r, "incomplete"), "the Authorization header is incomplete: it needs Credential, SignedHeaders with host, Signature, and X-Amz-Date");
    if (!str_eq(g->key, keys.key) && !session_keys(r->a, g->key, g->token, &keys, &g->role))
        return sim_refuse(r, code_of(r, "key"), "the security token included in the request is invalid");
    if (keys.expires && keys.expires <= sim_wall(r))
        return sim_refuse(r, code_of(r, "stale"), "The security token included in the request is expired");
    if (!in_time(r, when) || !payload(r, &content))
        return false;
    if (!str_eq(g->given, expected(r, &keys, when, content)))
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

/* Sums that the client sends along are of what arrived; some operations want one. */
static bool verify_sums(struct request *r)
{
    struct str old = header_get(r->http, "content-md5"), sum = header_get(r->http, "x-amz-checksum-sha256");
    const struct sums_of_body *is = old.n || sum.n ? sim_sums(r) : NULL;

    if ((old.n && !str_eq(old, base64(r->a, (struct str){ (const char *)is->md5, sizeof is->md5 })))
        || (sum.n && !str_eq(sum, base64(r->a, (struct str){ (const char *)is->sha256, sizeof is->sha256 }))))
        return sim_refuse(r, STR("BadDigest"), "The checksum you specified did not match what we received.");
    if (!r->op->checksum || old.n)
        return true;
    for (size_t i = 0; i < r->http->nheaders; i++)
        if (r->http->headers[i].name.n > 15 && str_caseeq(str_sub(r->http->headers[i].name, 0, 15), STR("x-amz-checksum-")))
            return true;
    return sim_refuse(r, STR("InvalidRequest"), "Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
}

bool sim_verify(struct request *r)
{
    return (r->op->unsigned_ || verify_signature(r)) && sim_unchunk(r) && verify_type(r) && verify_sums(r);
}
