/* chunked.c - bodies of S3 in chunks (Content-Encoding: aws-chunked), as SDKs send them over TLS: "1f4\r\n", the bytes, "\r\n", ..., "0\r\n", then headers
 * that were not known before ("x-amz-checksum-crc32:..."). Chunks with signatures of their own: refused before (verify.c). */
#include <string.h>
#include "room.h"

static bool broken(struct request *r)
{
    return sim_refuse(r, STR("IncompleteBody"), "The request body terminated unexpectedly");
}

static bool take_line(struct str *rest, struct str *line)
{
    size_t end = str_find(*rest, STR("\r\n"));

    if (end == SIZE_MAX)
        return false;
    *line = str_sub(*rest, 0, end);
    *rest = str_sub(*rest, end + 2, rest->n);
    return true;
}

static bool hex_number(struct str x, size_t *n)
{
    *n = 0;
    for (size_t i = 0; i < x.n; i++) {
        if (i == 8 || digit_of(x.s[i]) < 0)
            return false;
        *n = *n * 16 + (size_t)digit_of(x.s[i]);
    }
    return x.n > 0;
}

static bool take_chunks(struct request *r, struct str *rest, struct buf *body)
{
    struct str line;
    size_t n;

    while (take_line(rest, &line) && hex_number(line, &n)) {
        if (!n)
            return true;
        if (rest->n < n + 2 || memcmp(rest->s + n, "\r\n", 2))
            break;
        buf_add(body, rest->s, n);
        *rest = str_sub(*rest, n + 2, rest->n);
    }
    return broken(r);
}

/* The headers of the request without the encoding that is undone, and those that came behind the body. */
static void headers(struct request *r, struct str trailers, struct http_request *out)
{
    struct header *h = ARENA_ARRAY(r->a, struct header, r->http->nheaders + 8);
    struct str line, name;
    size_t n = 0;

    for (size_t i = 0; i < r->http->nheaders; i++)
        if (!str_caseeq(r->http->headers[i].name, STR("content-encoding")))
            h[n++] = r->http->headers[i];
    for (size_t i = 0; i < 8 && take_line(&trailers, &line) && str_cut(&line, ':', &name) && name.n; i++)
        h[n++] = (struct header){ name, str_trim(line) };
    out->headers = h;
    out->nheaders = n;
}

bool sim_unchunk(struct request *r)
{
    struct str rest = r->http->body;
    struct http_request *whole;
    struct buf body = { 0 };

    if (!str_is(header_get(r->http, "x-amz-content-sha256"), CHUNKS_PLAIN))
        return true;
    if (!take_chunks(r, &rest, &body)) {
        buf_fini(&body);
        return false;
    }
    whole = arena_copy(r->a, r->http, sizeof *whole);
    whole->body = buf_take(&body, r->a);
    headers(r, rest, whole);
    r->http = whole;
    r->sums = NULL;
    return true;
}
