/* listen.c - a server over libmicrohttpd's own epoll, one thread: it is waited for together with signals (see listen.h).
 * Paths stay encoded as they came: signatures are over that. */
#include "kc/listen.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "kc/arena.h"
#include "load_httpd.h"

enum { MAX_BODY = 32 << 20, MAX_HEADERS = 128, CONNECTIONS = 64, IDLE_S = 60, HEADERS_BYTES = 256 << 10 };

struct listener {
    struct world *world;
    struct listen_options o;
    struct arena *arena;
    const struct httpd_api *httpd;
    struct MHD_Daemon *daemon;
    int fd;                                                /* the daemon's epoll */
    struct str url;
};
/* One exchange: from its first line to the end of its reply. */
struct call {
    struct arena *a;
    struct str target;                                     /* "/path?query", as sent */
    struct buf body;
    bool begun, too_big;
};

/* ---- what libmicrohttpd calls ---- */
static void *call_new(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct arena *a = arena_new();
    struct call *c = ARENA_NEW(a, struct call);

    (void)cls, (void)connection;
    c->a = a;
    c->target = str_dup(a, str_of(uri));
    return c;
}

static void call_ended(void *cls, struct MHD_Connection *connection, void **user, enum MHD_RequestTerminationCode why)
{
    struct call *c = *user;

    (void)cls, (void)connection, (void)why;
    *user = NULL;
    if (!c)
        return;
    buf_fini(&c->body);
    arena_free(c->a);
}

static size_t as_it_is(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls, (void)connection;
    return strlen(text);
}

struct headers { struct arena *a; struct header v[MAX_HEADERS]; size_t n; };

static enum MHD_Result take_header(void *user, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct headers *h = user;

    (void)kind;
    if (h->n < MAX_HEADERS)
        h->v[h->n++] = (struct header){ str_dup(h->a, str_of(name)), str_dup(h->a, str_of(value ? value : "")) };
    return MHD_YES;
}

static struct str host_of(const struct headers *h)
{
    for (size_t i = 0; i < h->n; i++)
        if (str_caseeq(h->v[i].name, STR("host")))
            return h->v[i].value;
    return STR("localhost");
}

static ssize_t nothing(void *cls, uint64_t at, char *to, size_t n)
{
    (void)cls, (void)at, (void)to, (void)n;
    return MHD_CONTENT_READER_END_OF_STREAM;
}

/* To HEAD: the length of what GET would give, and none of it. */
static struct MHD_Response *response_of(const struct httpd_api *h, bool head, const struct http_reply *r)
{
    struct str length = STR_NONE;
    int64_t n = 0;

    for (size_t i = 0; head && i < r->nheaders; i++)
        if (str_caseeq(r->headers[i].name, STR("content-length")))
            length = r->headers[i].value;
    if (length.n && str_int(length, &n) && n > 0)
        return h->create_response_from_callback((uint64_t)n, 1024, nothing, NULL, NULL);
    return h->create_response_from_buffer(r->body.n, (void *)(r->body.n ? r->body.s : ""), MHD_RESPMEM_MUST_COPY);
}

static enum MHD_Result reply(struct listener *l, struct MHD_Connection *connection, struct arena *a, bool head, const struct http_reply *r)
{
    const struct httpd_api *h = l->httpd;
    struct MHD_Response *response = response_of(h, head, r);
    enum MHD_Result done;

    if (!response)
        return MHD_NO;
    for (size_t i = 0; i < r->nheaders; i++)
        if (!str_caseeq(r->headers[i].name, STR("content-length")))
            h->add_response_header(response, str_c(a, r->headers[i].name), str_c(a, r->headers[i].value));
    done = h->queue_response(connection, (unsigned)r->code, response);
    h->destroy_response(response);
    return done;
}

static enum MHD_Result answer(struct listener *l, struct MHD_Connection *connection, struct call *c, struct str method)
{
    static const struct http_reply too_big = { .status = NET_OK, .code = 413 };
    struct headers h = { .a = c->a };
    struct http_request rq = { .method = method, .body = buf_view(&c->body), .headers = h.v };
    struct http_reply r = { 0 };
    bool head = str_is(method, "HEAD");

    if (c->too_big)
        return reply(l, connection, c->a, head, &too_big);
    l->httpd->get_connection_values(connection, MHD_HEADER_KIND, take_header, &h);
    rq.nheaders = h.n;
    rq.url = str_fmt(c->a, "%s://%.*s%.*s", l->o.key.n ? "https" : "http", STR_ARG(host_of(&h)), STR_ARG(c->target));
    l->o.answer(l->o.user, c->a, &rq, &r);
    return r.status == NET_OK ? reply(l, connection, c->a, head, &r) : MHD_NO;
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url, const char *method, const char *version, const char *data, size_t *n, void **user)
{
    struct call *c = *user;

    (void)url, (void)version;
    if (!c->begun) {                                       /* head only: a client that asks whether to go on is told to */
        c->begun = true;
        return MHD_YES;
    }
    if (!*n)
        return answer(cls, connection, c, str_of(method));
    c->too_big = c->too_big || *n > MAX_BODY - c->body.n;
    if (!c->too_big)
        buf_add(&c->body, data, *n);
    *n = 0;
    return MHD_YES;
}

/* ---- the listener ---- */
/* "HOST:PORT", "[HOST]:PORT": addresses, no names but localhost: nobody is asked. */
static struct addrinfo *resolve(struct arena *a, struct str address)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE }, *found = NULL;
    size_t colon = address.n;

    while (colon && address.s[colon - 1] != ':')
        colon--;
    if (!colon || colon == address.n)
        return NULL;
    struct str host = str_sub(address, 0, colon - 1), port = str_sub(address, colon, address.n);
    if (host.n > 2 && host.s[0] == '[' && host.s[host.n - 1] == ']')
        host = str_sub(host, 1, host.n - 1);
    if (str_is(host, "localhost"))
        host = STR("127.0.0.1");
    return host.n && getaddrinfo(str_c(a, host), str_c(a, port), &hints, &found) == 0 ? found : NULL;
}

static struct MHD_Daemon *start(struct listener *l, const struct addrinfo *at)
{
    bool tls = l->o.key.n;
    unsigned flags = MHD_USE_EPOLL | (at->ai_family == AF_INET6 ? MHD_USE_IPv6 : 0) | (tls ? MHD_USE_TLS : 0);
    const char *key = str_c(l->arena, l->o.key), *certificate = str_c(l->arena, l->o.certificate);
    struct MHD_OptionItem secure[] = { { MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)key }, { MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)certificate }, { MHD_OPTION_END, 0, NULL } };

    return l->httpd->start_daemon(flags, 0, NULL, NULL, handle, l, MHD_OPTION_SOCK_ADDR, at->ai_addr, MHD_OPTION_URI_LOG_CALLBACK, call_new, l,
                                  MHD_OPTION_UNESCAPE_CALLBACK, as_it_is, NULL, MHD_OPTION_NOTIFY_COMPLETED, call_ended, NULL,
                                  MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
                                  MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADERS_BYTES, MHD_OPTION_ARRAY, tls ? secure : secure + 2, MHD_OPTION_END);
}

static bool bind_to(struct listener *l, struct str *why)
{
    struct addrinfo *at = resolve(l->arena, l->o.address);
    size_t colon = l->o.address.n;

    if (!at) {
        *why = STR("an address to listen at is HOST:PORT, for instance 127.0.0.1:4566");
        return false;
    }
    errno = 0;
    l->daemon = start(l, at);
    freeaddrinfo(at);
    if (!l->daemon) {
        *why = str_fmt(l->arena, "nothing can listen at %.*s: %s", STR_ARG(l->o.address), errno ? strerror(errno) : l->o.key.n ? "the certificate and the key are no pair in PEM" : "unknown");
        return false;
    }
    l->fd = l->httpd->get_daemon_info(l->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    while (l->o.address.s[colon - 1] != ':')
        colon--;
    l->url = str_fmt(l->arena, "%s://%.*s%u", l->o.key.n ? "https" : "http", STR_ARG(str_sub(l->o.address, 0, colon)),
                     (unsigned)l->httpd->get_daemon_info(l->daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    return true;
}

struct listener *listen_open(struct world *w, const struct listen_options *o, struct arena *a, struct str *why)
{
    struct arena *own = arena_new();
    struct listener *l = ARENA_NEW(own, struct listener);
    const char *problem = "";

    *l = (struct listener){ .world = w, .o = *o, .arena = own, .httpd = httpd_load(&problem) };
    *why = str_of(problem);
    if (l->httpd && bind_to(l, why))
        return l;
    *why = str_dup(a, *why);
    listen_close(l);
    return NULL;
}

struct str listen_url(const struct listener *l)
{
    return l->url;
}

bool listen_run(struct listener *l, struct str *why)
{
    int before = world_signals(l->world);

    while (world_signals(l->world) == before) {
        struct pollfd fds[] = { { .fd = l->fd, .events = POLLIN }, { .fd = world_signal_fd(l->world), .events = POLLIN } };
        unsigned long long ms = 0;
        bool hurry = l->httpd->get_timeout(l->daemon, &ms) == MHD_YES;

        if (poll(fds, 2, hurry && ms < 1000 ? (int)ms : 1000) < 0 && errno != EINTR) {
            *why = str_of(strerror(errno));
            return false;
        }
        l->httpd->run(l->daemon);
    }
    world_signal_drain(l->world);
    return true;
}

void listen_close(struct listener *l)
{
    if (!l)
        return;
    if (l->daemon)
        l->httpd->stop_daemon(l->daemon);
    arena_free(l->arena);
}
