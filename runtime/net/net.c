/* net.c - HTTP exchanges over libcurl's multi interface, one thread (see net.h).
 *
 * When a kept-alive connection dies under a request, libcurl would send it again by itself; it is stopped before that, and whoever knows
 * whether repeating is safe decides. What never left (NET_NOT_SENT) and what may have had an effect (NET_UNKNOWN) is told apart by the
 * bytes of the request that were written, and by nothing else: the codes of libcurl say where it failed, not when. */
#include "kc/net.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "kc/arena.h"
#include "kc/vec.h"
#include "load.h"
#include "proxy.h"

enum { MAX_BODY = 32 << 20, MAX_HEADERS_BYTES = 256 << 10, CONNECT_MS = 10000, PER_HOST = 16, STALLED_S = 60 };

struct exchange {
    struct net *net;
    struct exchange *next, **link;
    CURL *easy;
    struct curl_slist *list;
    struct arena *arena;
    struct str body;                                       /* ours, to be sent */
    size_t given;                                          /* of the body, to libcurl */
    struct world_body *file; uint64_t file_size;           /* the body, when it is a file */
    enum disk_error spoilt;                                /* that file is not what it was */
    size_t written;                                        /* bytes of head and body that left, into the socket or the TLS above it */
    struct header *headers;
    size_t nheaders, cap_headers, header_bytes;
    struct buf reply;
    char error[CURL_ERROR_SIZE];
    http_done *done;
    void *user;
    const char *early;                                     /* could not even start, and why */
};
struct net {
    struct world *world;
    struct str ca;
    const struct curl_api *curl;
    CURLM *multi;
    struct exchange *first;
    const struct net_ops *idle; void *idle_impl;           /* the former network: waits for clock and signals until ours is needed */
};

/* ---- callbacks of libcurl ---- */
static size_t give_file(struct exchange *x, char *to, size_t room)
{
    size_t n;

    x->spoilt = world_body_next(x->file, to, room, &n);
    return x->spoilt == DISK_OK ? n : CURL_READFUNC_ABORT;
}

static size_t give_body(char *to, size_t size, size_t n, void *user)
{
    struct exchange *x = user;
    size_t left = x->body.n - x->given, k = size * n < left ? size * n : left;

    if (x->file)
        return give_file(x, to, size * n);
    if (k)
        memcpy(to, x->body.s + x->given, k);
    x->given += k;
    return k;
}

/* libcurl tells what it wrote right after writing it, on a new connection as on a kept one. What it says to a proxy to get through is not
 * the request. */
static int count_written(CURL *easy, curl_infotype type, char *data, size_t n, void *user)
{
    struct exchange *x = user;

    (void)easy;
    if (type == CURLINFO_DATA_OUT || (type == CURLINFO_HEADER_OUT && !str_starts((struct str){ data, n }, STR("CONNECT "))))
        x->written += n;
    return 0;
}

/* Called when a connection is ready, before the first byte of the request goes into it: once, unless libcurl begins again. */
static int begin(void *user, char *to, char *from, int to_port, int from_port)
{
    const struct exchange *x = user;

    (void)to, (void)from, (void)to_port, (void)from_port;
    return x->written ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static size_t take_body(char *from, size_t size, size_t n, void *user)
{
    struct exchange *x = user;

    buf_add(&x->reply, from, size * n);
    return x->reply.failed ? 0 : size * n;
}

static struct str lower(struct arena *a, struct str x)
{
    char *s = arena_alloc(a, x.n + 1);

    for (size_t i = 0; i < x.n; i++)
        s[i] = (char)(x.s[i] >= 'A' && x.s[i] <= 'Z' ? x.s[i] + 32 : x.s[i]);
    return (struct str){ s, x.n };
}

static size_t take_header(char *from, size_t size, size_t n, void *user)
{
    struct exchange *x = user;
    struct str line = str_trim((struct str){ from, size * n }), value = line, name;

    x->header_bytes += size * n;
    if (x->header_bytes > MAX_HEADERS_BYTES)
        return 0;
    if (str_starts(line, STR("HTTP/")))                    /* a reply of its own begins: 100 Continue came before */
        x->nheaders = 0;
    else if (str_cut(&value, ':', &name) && value.s) {
        x->headers = vec_grow(x->headers, x->nheaders, &x->cap_headers, sizeof *x->headers);
        x->headers[x->nheaders++] = (struct header){ lower(x->arena, str_trim(name)), str_dup(x->arena, str_trim(value)) };
    }
    return size * n;
}

/* ---- one exchange ---- */
static void exchange_free(struct exchange *x)
{
    struct net *net = x->net;

    *x->link = x->next;
    if (x->next)
        x->next->link = x->link;
    if (x->easy) {
        net->curl->multi_remove_handle(net->multi, x->easy);
        net->curl->easy_cleanup(x->easy);
    }
    if (x->list)
        net->curl->slist_free_all(x->list);
    world_body_end(x->file);
    buf_fini(&x->reply);
    free(x->headers);
    arena_free(x->arena);
    free(x);
}

static bool usable(const struct http_request *rq)
{
    for (size_t i = 0; i < rq->nheaders; i++)
        for (size_t k = 0; k < rq->headers[i].value.n; k++)
            if (rq->headers[i].value.s[k] == '\n' || rq->headers[i].value.s[k] == '\r' || !rq->headers[i].value.s[k])
                return false;
    return rq->url.n && !memchr(rq->url.s, 0, rq->url.n) && (str_starts(rq->url, STR("https://")) || str_starts(rq->url, STR("http://")));
}

static void set_headers(struct exchange *x, const struct http_request *rq)
{
    const struct curl_api *c = x->net->curl;
    bool typed = false;

    for (size_t i = 0; i < rq->nheaders; i++) {
        const struct header *h = &rq->headers[i];
        struct str line = h->value.n ? str_fmt(x->arena, "%.*s: %.*s", STR_ARG(h->name), STR_ARG(h->value)) : str_fmt(x->arena, "%.*s;", STR_ARG(h->name));

        typed = typed || str_caseeq(h->name, STR("content-type"));
        x->list = c->slist_append(x->list, str_c(x->arena, line));
    }
    x->list = c->slist_append(x->list, "Expect:");
    if (!typed)
        x->list = c->slist_append(x->list, "Content-Type:");
    c->easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->list);
}

static void set_method(struct exchange *x, const struct http_request *rq)
{
    const struct curl_api *c = x->net->curl;

    if (str_is(rq->method, "HEAD")) {
        c->easy_setopt(x->easy, CURLOPT_NOBODY, 1L);
        return;
    }
    if (x->file || rq->body.n || str_is(rq->method, "POST") || str_is(rq->method, "PUT")) {
        c->easy_setopt(x->easy, CURLOPT_POST, 1L);
        c->easy_setopt(x->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)(x->file ? x->file_size : rq->body.n));
        c->easy_setopt(x->easy, CURLOPT_READFUNCTION, give_body);
        c->easy_setopt(x->easy, CURLOPT_READDATA, x);
    }
    c->easy_setopt(x->easy, CURLOPT_CUSTOMREQUEST, str_c(x->arena, rq->method));
}

static void set_rules(struct exchange *x, const struct http_request *rq)
{
    const struct curl_api *c = x->net->curl;
    CURL *e = x->easy;

    c->easy_setopt(e, CURLOPT_URL, str_c(x->arena, rq->url));
    c->easy_setopt(e, CURLOPT_PROTOCOLS_STR, str_starts(rq->url, STR("https://")) ? "https" : "http");
    c->easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
    c->easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    c->easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    c->easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    c->easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    c->easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
    c->easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
    c->easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (x->net->ca.n)
        c->easy_setopt(e, CURLOPT_CAINFO, str_c(x->arena, x->net->ca));
    c->easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    c->easy_setopt(e, CURLOPT_TIMEOUT_MS, rq->timeout_ms > 0 && rq->timeout_ms < LONG_MAX ? (long)rq->timeout_ms : 60000L);
    if (x->file) {                                         /* it may take hours, but it moves */
        c->easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, 1L);
        c->easy_setopt(e, CURLOPT_LOW_SPEED_TIME, (long)STALLED_S);
    }
    c->easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
    c->easy_setopt(e, CURLOPT_ERRORBUFFER, x->error);
    c->easy_setopt(e, CURLOPT_WRITEFUNCTION, take_body);
    c->easy_setopt(e, CURLOPT_WRITEDATA, x);
    c->easy_setopt(e, CURLOPT_HEADERFUNCTION, take_header);
    c->easy_setopt(e, CURLOPT_HEADERDATA, x);
    c->easy_setopt(e, CURLOPT_VERBOSE, 1L);                /* or the next one is not called */
    c->easy_setopt(e, CURLOPT_DEBUGFUNCTION, count_written);
    c->easy_setopt(e, CURLOPT_DEBUGDATA, x);
    c->easy_setopt(e, CURLOPT_PREREQFUNCTION, begin);
    c->easy_setopt(e, CURLOPT_PREREQDATA, x);
    c->easy_setopt(e, CURLOPT_PRIVATE, x);
}

static void set_blob(struct exchange *x, CURLoption option, struct str pem)
{
    struct str kept = str_dup(x->arena, pem);
    struct curl_blob blob = { .data = (void *)(uintptr_t)kept.s, .len = kept.n, .flags = CURL_BLOB_NOCOPY };

    if (pem.n)
        x->net->curl->easy_setopt(x->easy, option, &blob);
}

/* In memory only: a key that was never a file is none that is left behind. libcurl keeps connections of different ones apart. */
static void set_tls(struct exchange *x, const struct tls *t)
{
    set_blob(x, CURLOPT_CAINFO_BLOB, t->ca);
    set_blob(x, CURLOPT_SSLCERT_BLOB, t->certificate);
    set_blob(x, CURLOPT_SSLKEY_BLOB, t->key);
    if (t->ca.n)
        x->net->curl->easy_setopt(x->easy, CURLOPT_CAPATH, NULL);
}

/* Said for each request, so that libcurl asks no variable of its own. */
static void set_proxy(struct exchange *x, const struct http_request *rq)
{
    const struct curl_api *c = x->net->curl;
    struct proxy p = proxy_for(x->net->world, str_starts(rq->url, STR("https://")));

    c->easy_setopt(x->easy, CURLOPT_PROXY, rq->direct ? "" : str_c(x->arena, p.url));
    c->easy_setopt(x->easy, CURLOPT_NOPROXY, str_c(x->arena, proxy_exceptions(x->net->world).url));
}

static const char *open_multi(struct net *net)
{
    const char *why;

    if (net->multi)
        return NULL;
    net->curl = curl_load(&why);
    if (!net->curl)
        return why;
    net->multi = net->curl->multi_init();
    if (!net->multi)
        return "libcurl cannot start";
    net->curl->multi_setopt(net->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)PER_HOST);
    return NULL;
}

static const char *start(struct exchange *x, const struct http_request *rq)
{
    struct net *net = x->net;
    const char *why = usable(rq) ? open_multi(net) : "the request has a bad URL or header";

    if (why)
        return why;
    x->easy = net->curl->easy_init();
    if (!x->easy)
        return "libcurl cannot start a request";
    set_rules(x, rq);
    if (rq->tls)
        set_tls(x, rq->tls);
    set_proxy(x, rq);
    set_method(x, rq);
    set_headers(x, rq);
    return net->curl->multi_add_handle(net->multi, x->easy) == CURLM_OK ? NULL : "libcurl does not take the request";
}

static void net_send(void *impl, const struct http_request *rq, http_done *done, void *user)
{
    struct net *net = impl;
    struct exchange *x = calloc(1, sizeof *x);

    if (!x)
        die("out of memory");
    x->net = net;
    x->arena = rq->secret ? arena_secret() : arena_new();
    x->reply.limit = MAX_BODY;
    x->done = done;
    x->user = user;
    x->body = str_dup(x->arena, rq->body);
    x->next = net->first;
    x->link = &net->first;
    if (x->next)
        x->next->link = &x->next;
    net->first = x;
    if (rq->file) {
        x->file_size = rq->file->size;
        x->spoilt = world_body(net->world, rq->file, &x->file);
    }
    x->early = x->spoilt == DISK_OK ? start(x, rq) : disk_error_text(x->spoilt);
}

/* ---- how it ended ---- */
static enum net_status status_of(const struct exchange *x, CURLcode code)
{
    if (code == CURLE_OK)
        return NET_OK;
    if (x->spoilt != DISK_OK)
        return NET_NO_BODY;
    return x->written ? NET_UNKNOWN : NET_NOT_SENT;
}

static struct str problem_of(struct exchange *x, CURLcode code)
{
    if (x->spoilt != DISK_OK)
        return str_of(disk_error_text(x->spoilt));
    if (x->reply.failed)
        return STR("the reply is larger than 32 MiB");
    if (x->header_bytes > MAX_HEADERS_BYTES)
        return STR("the reply has more than 256 KiB of headers");
    return str_dup(x->arena, str_of(x->error[0] ? x->error : x->net->curl->easy_strerror(code)));
}

static void complete(struct exchange *x, CURLcode code)
{
    struct http_reply r = { .status = status_of(x, code), .headers = x->headers, .nheaders = x->nheaders };
    long http = 0;

    if (r.status == NET_OK) {
        x->net->curl->easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &http);
        r.code = (int)http;
        r.body = buf_view(&x->reply);
    } else {
        r.problem = problem_of(x, code);
        r.nheaders = 0;
    }
    x->done(x->user, &r);
    exchange_free(x);
}

static bool complete_early(struct net *net)
{
    for (struct exchange *x = net->first; x; x = x->next)
        if (x->early) {
            struct http_reply r = { .status = x->spoilt == DISK_OK ? NET_NOT_SENT : NET_NO_BODY, .problem = str_of(x->early) };

            x->done(x->user, &r);
            exchange_free(x);
            return true;
        }
    return false;
}

static bool complete_ready(struct net *net)
{
    CURLMsg *m;
    int left, running;
    bool any = false;

    if (!net->multi)
        return false;
    net->curl->multi_perform(net->multi, &running);
    while ((m = net->curl->multi_info_read(net->multi, &left))) {
        char *x = NULL;

        if (m->msg != CURLMSG_DONE)
            continue;
        CURLcode code = m->data.result;
        net->curl->easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &x);
        complete((struct exchange *)(void *)x, code);
        any = true;
    }
    return any;
}

/* Sleeps until something moves; true on a signal. */
static bool sleep_until(struct net *net, int64_t deadline)
{
    int64_t left = deadline - world_now(net->world);
    int timeout = left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left, fd = world_signal_fd(net->world);
    struct curl_waitfd extra = { .fd = fd, .events = CURL_WAIT_POLLIN };
    net->curl->multi_poll(net->multi, fd >= 0 ? &extra : NULL, fd >= 0 ? 1 : 0, timeout, NULL);
    return fd >= 0 && extra.revents;
}

static enum wait_result net_wait(void *impl, int64_t deadline)
{
    struct net *net = impl;

    for (;;) {
        if (complete_early(net) || complete_ready(net))
            return WAIT_EVENT;
        if (!net->multi)
            return net->idle->wait(net->idle_impl, deadline);
        if (sleep_until(net, deadline)) {
            world_signal_drain(net->world);
            return WAIT_SIGNAL;
        }
        if (world_now(net->world) >= deadline)
            return complete_ready(net) ? WAIT_EVENT : WAIT_TIMEOUT;
    }
}

static void close_own(struct net *net)
{
    struct http_reply r = { .problem = STR("the program ended before the reply came") };

    while (net->first) {
        r.status = net->first->written ? NET_UNKNOWN : NET_NOT_SENT;
        net->first->done(net->first->user, &r);
        exchange_free(net->first);
    }
    if (net->multi)
        net->curl->multi_cleanup(net->multi);
    free((char *)(uintptr_t)net->ca.s);
    free(net);
}

static void net_close(void *impl)
{
    struct net *net = impl;
    const struct net_ops *idle = net->idle;
    void *idle_impl = net->idle_impl;

    close_own(net);
    if (idle->close)
        idle->close(idle_impl);
}

static const struct net_ops ops = { .send = net_send, .wait = net_wait, .close = net_close };

void net_attach(struct world *w, struct str ca_bundle)
{
    struct net *net = calloc(1, sizeof *net);

    if (!net || (ca_bundle.n && !(net->ca.s = malloc(ca_bundle.n))))
        die("out of memory");
    if (ca_bundle.n)
        memcpy((char *)(uintptr_t)net->ca.s, ca_bundle.s, ca_bundle.n);
    net->ca.n = ca_bundle.n;
    net->world = w;
    net->idle = w->net;
    net->idle_impl = w->net_impl;
    if (w->net == &ops) {
        struct net *former = w->net_impl;

        net->idle = former->idle;
        net->idle_impl = former->idle_impl;
        close_own(former);
    }
    w->net = &ops;
    w->net_impl = net;
}
