/* sigv4.c - AWS Signature Version 4 (docs/design.md, Signing): canonical request, string to sign, signature, as headers or in the query.
 * No I/O, no clock: the time comes in. Rules that differ for S3 are marked by sign_input.s3. Tokens for clusters: token.c. */
#include "kc/wire.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kc/arena.h"
#include "kc/hash.h"
#include "kc/vec.h"
#include "wire.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
enum { MAX_HEADERS = 256, MAX_PARAMS = 4096 };

struct stamp { char text[17], date[9]; };                  /* 20260102T030405Z, 20260102 */

/* Headers that proxies and libraries change on the way, or that carry the signature itself. */
static const char *const unsigned_headers[] = {
    "authorization", "connection", "content-length", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization",
    "te", "trailer", "transfer-encoding", "upgrade", "user-agent", "x-amzn-trace-id",
};
/* Headers that signing sets itself: what the caller gives under these names is replaced. */
static const char *const own_headers[] = { "host", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256" };

static bool listed(struct str name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_caseeq(name, str_of(list[i])))
            return true;
    return false;
}
#define LISTED(name, list) listed((name), (list), sizeof(list) / sizeof *(list))

static struct stamp stamp_of(int64_t wall_ms)
{
    time_t t = (time_t)(wall_ms / 1000);
    struct tm tm = { 0 };
    struct stamp s = { "", "" };

    if (!gmtime_r(&t, &tm) || !strftime(s.text, sizeof s.text, "%Y%m%dT%H%M%SZ", &tm) || !strftime(s.date, sizeof s.date, "%Y%m%d", &tm))
        die("no date for %lld ms", (long long)wall_ms);
    return s;
}

/* Dot segments and doubled slashes out (RFC 3986 5.2.4, and AWS). */
static struct str normal_path(struct arena *a, struct str path)
{
    struct buf b = { 0 };
    struct str rest = path, part;

    while (str_cut(&rest, '/', &part)) {
        if (!part.n || str_is(part, "."))
            continue;
        if (!str_is(part, "..")) {
            buf_putc(&b, '/');
            buf_str(&b, part);
            continue;
        }
        while (b.n && b.s[--b.n] != '/')
            ;
    }
    if (!b.n || (path.n && path.s[path.n - 1] == '/'))
        buf_putc(&b, '/');
    return buf_take(&b, a);
}

static void canonical_path(struct buf *b, struct arena *a, const struct sign_input *in)
{
    if (in->s3)
        buf_str(b, in->path.n ? in->path : STR("/"));
    else
        buf_str(b, percent_encode(a, normal_path(a, in->path), true));
}

static int by_key_then_value(const void *x, const void *y)
{
    const struct header *a = x, *b = y;
    int c = str_cmp(a->name, b->name);

    return c ? c : str_cmp(a->value, b->value);
}

static struct str spaces_escaped(struct arena *a, struct str x)
{
    struct buf b = { 0 };

    if (!x.n || !memchr(x.s, '+', x.n))
        return x;
    for (size_t i = 0; i < x.n; i++)
        if (x.s[i] == '+')
            buf_cstr(&b, "%20");
        else
            buf_putc(&b, x.s[i]);
    return buf_take(&b, a);
}

/* "b=2&a" -> "a=&b=2": sorted by encoded key, then value. The query is encoded already. */
static void canonical_query(struct buf *b, struct arena *a, struct str query)
{
    struct header *v = NULL;
    size_t n = 0, cap = 0;
    struct str rest = query, part;

    while (str_cut(&rest, '&', &part)) {
        struct str value = part, key = STR_NONE;

        if (!part.n)
            continue;
        if (n == MAX_PARAMS)
            break;
        if (!str_cut(&value, '=', &key))
            key = part;
        v = vec_grow(v, n, &cap, sizeof *v);
        v[n++] = (struct header){ spaces_escaped(a, key), spaces_escaped(a, value) };
    }
    if (n)
        qsort(v, n, sizeof *v, by_key_then_value);
    for (size_t i = 0; i < n; i++) {
        buf_str(b, i ? STR("&") : STR(""));
        buf_str(b, v[i].name);
        buf_putc(b, '=');
        buf_str(b, v[i].value);
    }
    free(v);
}

/* Outer white space off, inner runs to one space. */
static struct str collapsed(struct arena *a, struct str value)
{
    struct str x = str_trim(value);
    struct buf b = { 0 };

    for (size_t i = 0; i < x.n; i++) {
        bool space = x.s[i] == ' ' || x.s[i] == '\t';

        if (!space)
            buf_putc(&b, x.s[i]);
        else if (b.n && b.s[b.n - 1] != ' ')
            buf_putc(&b, ' ');
    }
    return buf_take(&b, a);
}

static struct str lower(struct arena *a, struct str x)
{
    char *s = arena_copy(a, x.s, x.n);

    for (size_t i = 0; i < x.n; i++)
        if (s[i] >= 'A' && s[i] <= 'Z')
            s[i] = (char)(s[i] + 32);
    return (struct str){ s, x.n };
}

struct signed_set {                                        /* what is signed, sorted by name, one entry a name */
    struct header v[MAX_HEADERS];
    size_t n;
};

/* Inserts in place; a repeated name is joined with a comma in the order given. */
static void put(struct signed_set *h, struct arena *a, struct str name, struct str value)
{
    size_t i = h->n;

    name = lower(a, name);
    value = collapsed(a, value);
    for (size_t k = 0; k < h->n; k++)
        if (str_eq(h->v[k].name, name)) {
            h->v[k].value = str_fmt(a, "%.*s,%.*s", STR_ARG(h->v[k].value), STR_ARG(value));
            return;
        }
    if (h->n == MAX_HEADERS)
        die("more than %d headers to sign", MAX_HEADERS);
    while (i && str_cmp(h->v[i - 1].name, name) > 0) {
        h->v[i] = h->v[i - 1];
        i--;
    }
    h->v[i] = (struct header){ name, value };
    h->n++;
}

static struct signed_set *gather(struct arena *a, const struct sign_input *in)
{
    struct signed_set *h = ARENA_NEW(a, struct signed_set);

    for (size_t i = 0; i < in->nheaders; i++)
        if (!LISTED(in->headers[i].name, unsigned_headers) && !LISTED(in->headers[i].name, own_headers))
            put(h, a, in->headers[i].name, in->headers[i].value);
    put(h, a, STR("host"), in->host);
    return h;
}

static struct str names_of(struct arena *a, const struct signed_set *h)
{
    struct buf b = { 0 };

    for (size_t i = 0; i < h->n; i++) {
        buf_str(&b, i ? STR(";") : STR(""));
        buf_str(&b, h->v[i].name);
    }
    return buf_take(&b, a);
}

static struct str canonical(struct arena *a, const struct sign_input *in, struct str query, const struct signed_set *h, struct str payload)
{
    struct buf b = { 0 };

    buf_str(&b, in->method);
    buf_putc(&b, '\n');
    canonical_path(&b, a, in);
    buf_putc(&b, '\n');
    canonical_query(&b, a, query);
    buf_putc(&b, '\n');
    for (size_t i = 0; i < h->n; i++)
        buf_fmt(&b, "%.*s:%.*s\n", STR_ARG(h->v[i].name), STR_ARG(h->v[i].value));
    buf_fmt(&b, "\n%.*s\n%.*s", STR_ARG(names_of(a, h)), STR_ARG(payload));
    return buf_take(&b, a);
}

static struct str scope_of(struct arena *a, const struct sign_input *in, struct stamp s)
{
    return str_fmt(a, "%s/%.*s/%.*s/aws4_request", s.date, STR_ARG(in->region), STR_ARG(in->service));
}

static struct str signature(struct arena *a, const struct sign_input *in, const struct credentials *c, struct stamp s, struct str request)
{
    struct str text = str_fmt(a, ALGORITHM "\n%s\n%.*s\n%.*s", s.text, STR_ARG(scope_of(a, in, s)), STR_ARG(sha256_hex(a, request)));
    struct str parts[] = { str_of(s.date), in->region, in->service, STR("aws4_request"), text };
    struct buf first = { 0 };
    uint8_t key[32], next[32];

    buf_cstr(&first, "AWS4");
    buf_str(&first, c->secret);
    hmac_sha256(buf_view(&first), parts[0], key);
    buf_fini(&first);
    for (size_t i = 1; i < sizeof parts / sizeof *parts; i++) {
        hmac_sha256((struct str){ (const char *)key, sizeof key }, parts[i], next);
        memcpy(key, next, sizeof key);
    }
    struct str sum = hex(a, key, sizeof key);
    explicit_bzero(key, sizeof key);
    explicit_bzero(next, sizeof next);
    return sum;
}

static struct signed_set *header_set(struct arena *a, const struct sign_input *in, const struct credentials *c, struct str payload)
{
    struct signed_set *h = gather(a, in);

    put(h, a, STR("x-amz-date"), str_of(stamp_of(in->wall_ms).text));
    if (c->token.n)
        put(h, a, STR("x-amz-security-token"), c->token);
    if (in->s3)
        put(h, a, STR("x-amz-content-sha256"), payload);
    return h;
}

static struct str payload_of(struct arena *a, const struct sign_input *in)
{
    return in->payload.n ? in->payload : sha256_hex(a, in->body);
}

struct str sign_canonical(struct arena *a, const struct sign_input *in, const struct credentials *c, struct str *signed_headers)
{
    struct str payload = payload_of(a, in);
    struct signed_set *h = header_set(a, in, c, payload);

    *signed_headers = names_of(a, h);
    return canonical(a, in, in->query, h, payload);
}

size_t sign_headers(struct arena *a, const struct sign_input *in, const struct credentials *c, struct header out[4])
{
    struct stamp s = stamp_of(in->wall_ms);
    struct str names, request = sign_canonical(a, in, c, &names);
    struct str sum = signature(a, in, c, s, request);
    size_t n = 0;

    out[n++] = (struct header){ STR("X-Amz-Date"), str_dup(a, str_of(s.text)) };
    if (c->token.n)
        out[n++] = (struct header){ STR("X-Amz-Security-Token"), c->token };
    if (in->s3)
        out[n++] = (struct header){ STR("x-amz-content-sha256"), payload_of(a, in) };
    out[n++] = (struct header){ STR("Authorization"),
                                str_fmt(a, ALGORITHM " Credential=%.*s/%.*s, SignedHeaders=%.*s, Signature=%.*s", STR_ARG(c->key),
                                        STR_ARG(scope_of(a, in, s)), STR_ARG(names), STR_ARG(sum)) };
    return n;
}

static void param(struct arena *a, struct buf *b, const char *name, struct str value)
{
    if (b->n)
        buf_putc(b, '&');
    buf_cstr(b, name);
    buf_putc(b, '=');
    buf_str(b, percent_encode(a, value, false));
}

struct str sign_presign(struct arena *a, const struct sign_input *in, const struct credentials *c, int64_t expires_s)
{
    struct stamp s = stamp_of(in->wall_ms);
    struct signed_set *h = gather(a, in);
    struct str payload = in->s3 ? STR("UNSIGNED-PAYLOAD") : payload_of(a, in);
    struct buf b = { 0 };

    buf_str(&b, in->query);
    param(a, &b, "X-Amz-Algorithm", STR(ALGORITHM));
    param(a, &b, "X-Amz-Credential", str_fmt(a, "%.*s/%.*s", STR_ARG(c->key), STR_ARG(scope_of(a, in, s))));
    param(a, &b, "X-Amz-Date", str_of(s.text));
    param(a, &b, "X-Amz-Expires", str_fmt(a, "%lld", (long long)expires_s));
    param(a, &b, "X-Amz-SignedHeaders", names_of(a, h));
    if (c->token.n)
        param(a, &b, "X-Amz-Security-Token", c->token);
    param(a, &b, "X-Amz-Signature", signature(a, in, c, s, canonical(a, in, buf_view(&b), h, payload)));
    return buf_take(&b, a);
}

struct str sign_expected(struct arena *a, const struct sign_input *in, const struct credentials *c, struct str names, struct str payload)
{
    struct signed_set *h = ARENA_NEW(a, struct signed_set);
    struct str rest = names, name;

    while (str_cut(&rest, ';', &name))
        for (size_t i = 0; i < in->nheaders; i++)
            if (str_caseeq(in->headers[i].name, name) && h->n < MAX_HEADERS)
                put(h, a, name, in->headers[i].value);
    return signature(a, in, c, stamp_of(in->wall_ms), canonical(a, in, in->query, h, payload));
}
