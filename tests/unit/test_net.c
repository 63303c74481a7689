/* The network over libcurl against a small server on loopback: what is a reply, what was never sent, what is unknown; TLS. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "kc/arena.h"
#include "kc/net.h"

static struct world *w;
static struct arena *a;
static pid_t server;
static int port;

/* ---- the server: a process for each connection, the path says what to do ---- */
static void say(int fd, const char *text)
{
    if (write(fd, text, strlen(text)) < 0)
        _exit(0);
}

/* Reads one request with its body; false at the end of the connection. */
static bool read_request(int fd, char *all, size_t size, char **body)
{
    size_t n = 0, want = 0;

    *body = NULL;
    for (;;) {
        ssize_t k = read(fd, all + n, size - 1 - n);

        if (k <= 0)
            return false;
        n += (size_t)k;
        all[n] = 0;
        char *end = strstr(all, "\r\n\r\n");
        if (!end)
            continue;
        *body = end + 4;
        char *length = strcasestr(all, "content-length:");
        want = length ? (size_t)atoi(length + 15) : 0;
        if (n - (size_t)(*body - all) >= want)
            return true;
    }
}

static void reply(int fd, const char *status, const char *headers, const char *body)
{
    char text[16384];

    snprintf(text, sizeof text, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%s", status, headers, strlen(body), body);
    say(fd, text);
}

static void serve(int fd)
{
    static char all[65536];
    char *body, count[32];
    int served = 0;

    while (read_request(fd, all, sizeof all, &body)) {
        served++;
        if (strstr(all, " /count "))
            snprintf(count, sizeof count, "%d", served), reply(fd, "200 OK", "", count);
        else if (strstr(all, " /echo"))
            reply(fd, "200 OK", "X-Thing: a b \r\nDate: Fri, 02 Jan 2026 05:04:05 GMT\r\n", all);
        else if (strstr(all, " /continue "))
            say(fd, "HTTP/1.1 100 Continue\r\nOld: 1\r\n\r\n"), reply(fd, "201 Created", "New: 2\r\n", "");
        else if (strstr(all, " /redirect "))
            reply(fd, "302 Found", "Location: /count\r\n", "");
        else if (strstr(all, " /cut "))
            say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"), _exit(0);
        else if (strstr(all, " /die-second "))
            if (served > 1)
                _exit(0);
            else
                reply(fd, "200 OK", "", "first");
        else if (strstr(all, " /huge ")) {
            say(fd, "HTTP/1.1 200 OK\r\n\r\n");
            for (;;)
                say(fd, all);
        } else if (strstr(all, " /no-http "))
            say(fd, "This is no HTTP.\r\n\r\n"), _exit(0);
        else if (strstr(all, " /http-9 "))
            say(fd, "HTTP/9.7 200 OK\r\n\r\n"), _exit(0);
        else if (strstr(all, " /size "))
            snprintf(count, sizeof count, "%zu", strlen(body)), reply(fd, "200 OK", "", count);
        else if (strstr(all, " /slow "))
            pause();
        else
            _exit(0);
    }
    _exit(0);
}

static int listen_on_loopback(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 64) != 0 || getsockname(fd, (struct sockaddr *)&at, &n) != 0)
        return -1;
    port = ntohs(at.sin_port);
    return fd;
}

static int start_server(void **state)
{
    int fd = listen_on_loopback();

    (void)state;
    if (fd < 0)
        return -1;
    server = fork();
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGCHLD, SIG_IGN);
        for (;;) {
            int c = accept(fd, NULL, NULL);

            if (fork() == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                close(fd);
                serve(c);
            }
            close(c);
        }
    }
    close(fd);
    a = arena_new();
    return 0;
}

static int stop_server(void **state)
{
    (void)state;
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    arena_free(a);
    return 0;
}

/* ---- the client side ---- */
struct got { int n; enum net_status status; int code; struct str body, problem; struct header *headers; size_t nheaders; };

static void keep(void *user, const struct http_reply *r)
{
    struct got *g = user;

    g->n++;
    g->status = r->status;
    g->code = r->code;
    g->body = str_dup(a, r->body);
    g->problem = str_dup(a, r->problem);
    g->headers = arena_array(a, r->nheaders, sizeof *g->headers);
    g->nheaders = r->nheaders;
    for (size_t i = 0; i < r->nheaders; i++)
        g->headers[i] = (struct header){ str_dup(a, r->headers[i].name), str_dup(a, r->headers[i].value) };
}

static struct got exchange_url(const char *method, struct str url, const char *body, int64_t timeout)
{
    struct header h[] = { { STR("X-Amz-Date"), STR("now") }, { STR("Authorization"), STR("AWS4 x") } };
    struct http_request rq = { .method = str_of(method), .url = url, .headers = h, .nheaders = 2, .body = str_of(body), .timeout_ms = timeout };
    struct got g = { 0 };

    world_send(w, &rq, keep, &g);
    assert_int_equal(g.n, 0);
    while (!g.n)
        world_wait(w, world_now(w) + 10000);
    return g;
}

static struct got exchange(const char *method, const char *path, const char *body)
{
    return exchange_url(method, str_fmt(a, "http://127.0.0.1:%d%s", port, path), body, 5000);
}

static struct str header(const struct got *g, const char *name)
{
    for (size_t i = 0; i < g->nheaders; i++)
        if (str_is(g->headers[i].name, name))
            return g->headers[i].value;
    return STR_NONE;
}

static void requests_go_out_as_written(void **state)
{
    (void)state;
    struct got g = exchange("PUT", "/echo/a%2Fb/../c?x=%20&y", "{\"a\":1}");
    assert_int_equal(g.status, NET_OK);
    assert_int_equal(g.code, 200);
    assert_true(str_starts(g.body, STR("PUT /echo/a%2Fb/../c?x=%20&y HTTP/1.1\r\n")));
    assert_true(str_find(g.body, STR("X-Amz-Date: now\r\n")) != SIZE_MAX);
    assert_true(str_find(g.body, STR("Content-Length: 7\r\n")) != SIZE_MAX);
    assert_true(str_find(g.body, STR("Expect")) == SIZE_MAX);
    assert_true(str_find(g.body, STR("Content-Type")) == SIZE_MAX);
    assert_true(str_ends(g.body, STR("{\"a\":1}")));
    assert_true(str_is(header(&g, "x-thing"), "a b"));
    g = exchange("DELETE", "/echo", NULL);
    assert_true(str_starts(g.body, STR("DELETE /echo HTTP/1.1\r\n")));
    g = exchange("POST", "/echo", NULL);
    assert_true(str_find(g.body, STR("Content-Length: 0\r\n")) != SIZE_MAX);
    g = exchange("HEAD", "/continue", NULL);
    assert_int_equal(g.code, 201);
    assert_true(str_is(header(&g, "new"), "2"));
    assert_int_equal(header(&g, "old").n, 0);
}

static void connections_are_kept(void **state)
{
    (void)state;
    assert_true(str_is(exchange("GET", "/count", NULL).body, "1"));
    assert_true(str_is(exchange("POST", "/count", "x").body, "2"));
    assert_true(str_is(exchange("GET", "/count", NULL).body, "3"));
}

static struct got exchange_file(const char *path, const struct body_file *f)
{
    struct http_request rq = { .method = STR("PUT"), .url = str_fmt(a, "http://127.0.0.1:%d%s", port, path), .file = f, .timeout_ms = 5000 };
    struct got g = { 0 };

    world_send(w, &rq, keep, &g);
    while (!g.n)
        world_wait(w, world_now(w) + 10000);
    return g;
}

static void a_file_is_sent_whole_or_not_at_all(void **state)
{
    enum { SIZE = 60000 };
    char name[] = "/tmp/kc-net-XXXXXX", *text = arena_alloc(a, SIZE);
    int fd = mkstemp(name);
    struct body_file f;

    (void)state;
    memset(text, 'x', SIZE);
    assert_int_equal(write(fd, text, SIZE), SIZE);
    assert_int_equal(world_measure(w, str_of(name), SIZE, &f), DISK_OK);
    struct got g = exchange_file("/size", &f);
    assert_int_equal(g.code, 200);
    assert_true(str_is(g.body, "60000"));
    assert_true(str_is(exchange_file("/size", &f).body, "60000"));     /* read anew for each request */
    f.sha256[0] ^= 1;                                      /* it is another one by now: told when all but the last piece has left */
    g = exchange_file("/size", &f);
    assert_int_equal(g.status, NET_NO_BODY);
    assert_true(str_is(g.problem, "it was changed meanwhile"));
    f.size++;
    assert_int_equal(exchange_file("/size", &f).status, NET_NO_BODY);
    close(fd);
    unlink(name);
    assert_int_equal(exchange_file("/size", &f).status, NET_NO_BODY);
    assert_true(str_is(exchange("GET", "/count", NULL).body, "1"));    /* what was broken off is not used again */
}

static void redirects_are_not_followed(void **state)
{
    (void)state;
    struct got g = exchange("POST", "/redirect", "x");
    assert_int_equal(g.status, NET_OK);
    assert_int_equal(g.code, 302);
}

static void never_sent_and_unknown_are_told_apart(void **state)
{
    (void)state;
    int kept = port;
    int fd = listen_on_loopback();
    close(fd);
    struct got g = exchange("POST", "/", "x");              /* nobody listens there now */
    assert_int_equal(g.status, NET_NOT_SENT);
    assert_true(g.problem.n > 0);
    port = kept;
    g = exchange_url("GET", STR("https://no-such-host.invalid/"), NULL, 5000);
    assert_int_equal(g.status, NET_NOT_SENT);
    assert_int_equal(exchange_url("GET", STR("file:///etc/passwd"), NULL, 5000).status, NET_NOT_SENT);
    assert_int_equal(exchange("POST", "/reset", "x").status, NET_UNKNOWN);
    assert_int_equal(exchange("POST", "/cut", "x").status, NET_UNKNOWN);
    g = exchange("GET", "/huge", NULL);
    assert_int_equal(g.status, NET_UNKNOWN);
    assert_true(str_is(g.problem, "the reply is larger than 32 MiB"));
    g = exchange_url("POST", str_fmt(a, "http://127.0.0.1:%d/slow", port), "x", 50);
    assert_int_equal(g.status, NET_UNKNOWN);
}

/* libcurl calls these "unsupported protocol", as it does a URL that it cannot send anywhere: but the server has seen the request. */
static void a_reply_that_is_no_http_was_asked_for(void **state)
{
    (void)state;
    assert_int_equal(exchange("POST", "/no-http", "x").status, NET_UNKNOWN);
    assert_int_equal(exchange("DELETE", "/http-9", NULL).status, NET_UNKNOWN);
}

/* A connection that is accepted and closed, or never spoken on, before the request could leave. */
static void a_proxy_that_lets_nothing_through_sent_nothing(void **state)
{
    struct str proxy = str_fmt(a, "http://127.0.0.1:%d", port);

    (void)state;
    setenv("https_proxy", str_c(a, proxy), 1);
    struct got g = exchange_url("POST", STR("https://eks.eu-west-1.amazonaws.com/clusters"), "x", 5000);
    unsetenv("https_proxy");
    assert_int_equal(g.status, NET_NOT_SENT);               /* it heard CONNECT, and said no */
    assert_true(g.problem.n > 0);
}

static void a_dead_kept_connection_does_not_send_twice(void **state)
{
    static const char *const methods[] = { "POST", "PUT", "DELETE", "GET" };

    (void)state;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        assert_true(str_is(exchange("POST", "/die-second", "x").body, "first"));
        assert_int_equal(exchange(methods[i], "/die-second", NULL).status, NET_UNKNOWN);   /* not silently sent again */
        assert_true(str_is(exchange("POST", "/die-second", "x").body, "first"));
        assert_int_equal(exchange(methods[i], "/die-second", i < 2 ? "x" : NULL).status, NET_UNKNOWN);
    }
}

static void headers_cannot_smuggle(void **state)
{
    struct header h = { STR("X-A"), STR("b\r\nX-Evil: 1") };
    struct http_request rq = { .method = STR("GET"), .url = str_fmt(a, "http://127.0.0.1:%d/echo", port), .headers = &h, .nheaders = 1, .timeout_ms = 1000 };
    struct got g = { 0 };

    (void)state;
    world_send(w, &rq, keep, &g);
    while (!g.n)
        world_wait(w, world_now(w) + 1000);
    assert_int_equal(g.status, NET_NOT_SENT);
}

static void many_at_once_and_a_signal(void **state)
{
    struct got g[40] = { { 0 } };
    struct http_request rq = { .method = STR("POST"), .url = str_fmt(a, "http://127.0.0.1:%d/echo", port), .body = STR("x"), .timeout_ms = 5000 };
    int n = 0;

    (void)state;
    for (int i = 0; i < 40; i++)
        world_send(w, &rq, keep, &g[i]);
    while (n < 40) {
        world_wait(w, world_now(w) + 5000);
        n = 0;
        for (int i = 0; i < 40; i++)
            n += g[i].n;
    }
    for (int i = 0; i < 40; i++)
        assert_int_equal(g[i].code, 200);
    struct got slow = { 0 };
    rq.url = str_fmt(a, "http://127.0.0.1:%d/slow", port);
    world_send(w, &rq, keep, &slow);
    assert_int_equal(world_wait(w, world_now(w) + 10), WAIT_TIMEOUT);
    raise(SIGINT);
    assert_int_equal(world_wait(w, world_now(w) + 5000), WAIT_SIGNAL);
    assert_int_equal(slow.n, 0);
    net_attach(w, STR_NONE);                               /* closes the former network: the request under way is told */
    assert_int_equal(slow.n, 1);
    assert_int_equal(slow.status, NET_UNKNOWN);
}

/* ---- TLS ---- */
static bool listening(int at)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)at), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool ok = connect(fd, (struct sockaddr *)&to, sizeof to) == 0;

    close(fd);
    return ok;
}

struct tls_server { char folder[24]; pid_t pid; struct str url, numbered; };

static struct str pem(const struct tls_server *s, const char *name)
{
    char path[64], text[8192];
    snprintf(path, sizeof path, "%s/%s", s->folder, name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text, f);
    fclose(f);
    return str_dup(a, (struct str){ text, n });
}

static void certify(const struct tls_server *s, const char *who)
{
    char command[512];
    snprintf(command, sizeof command, "openssl req -x509 -newkey rsa:2048 -nodes -keyout %s/%s.key -out %s/%s.pem -days 2 -subj /CN=localhost "
             "-addext subjectAltName=DNS:localhost >/dev/null 2>&1", s->folder, who, s->folder, who);
    assert_int_equal(system(command), 0);
}

/* mutual: it wants a certificate of its clients, and takes `client` alone. */
static void tls_start(struct tls_server *s, bool mutual)
{
    *s = (struct tls_server){ .folder = "/tmp/kc-tls-XXXXXX" };
    if (!mkdtemp(s->folder) || system("openssl version >/dev/null 2>&1") != 0)
        skip();
    certify(s, "server");
    certify(s, "client");
    close(listen_on_loopback());                           /* a free port */
    s->pid = fork();
    if (s->pid == 0) {
        char at[16];
        snprintf(at, sizeof at, "%d", port);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (chdir(s->folder) || !freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr) || !freopen("/dev/null", "r", stdin))
            _exit(1);
        execlp("openssl", "openssl", "s_server", "-accept", at, "-cert", "server.pem", "-key", "server.key", "-www", "-quiet",
               mutual ? "-Verify" : (char *)NULL, "1", "-verify_return_error", "-CAfile", "client.pem", (char *)NULL);
        _exit(1);
    }
    for (int i = 0; i < 500 && !listening(port); i++)
        usleep(10000);
    s->url = str_fmt(a, "https://localhost:%d/", port);
    s->numbered = str_fmt(a, "https://127.0.0.1:%d/", port);
}

static void tls_stop(struct tls_server *s)
{
    char command[64];
    kill(s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
    snprintf(command, sizeof command, "rm -rf %s", s->folder);
    assert_int_equal(system(command), 0);
}

static void certificates_are_checked(void **state)
{
    struct tls_server s;

    (void)state;
    tls_start(&s, false);
    struct got g = exchange_url("GET", s.url, NULL, 5000);
    assert_int_equal(g.status, NET_NOT_SENT);               /* self-signed */
    assert_true(str_find(g.problem, STR("certificate")) != SIZE_MAX);
    net_attach(w, str_fmt(a, "%s/server.pem", s.folder));
    g = exchange_url("GET", s.url, NULL, 5000);
    assert_int_equal(g.status, NET_OK);
    assert_int_equal(g.code, 200);
    assert_int_equal(exchange_url("GET", s.numbered, NULL, 5000).status, NET_NOT_SENT);   /* another name */
    net_attach(w, STR("/no/such/bundle.pem"));
    assert_int_equal(exchange_url("GET", s.url, NULL, 5000).status, NET_NOT_SENT);
    tls_stop(&s);
}

static struct got with(const struct tls_server *s, const struct tls *t)
{
    struct http_request rq = { .method = STR("GET"), .url = s->url, .timeout_ms = 5000, .tls = t };
    struct got g = { 0 };

    world_send(w, &rq, keep, &g);
    while (!g.n)
        world_wait(w, world_now(w) + 5000);
    return g;
}

static void a_request_brings_its_own_authority_and_certificate(void **state)
{
    struct tls_server s;

    (void)state;
    tls_start(&s, true);
    struct tls whole = { pem(&s, "server.pem"), pem(&s, "client.pem"), pem(&s, "client.key") };
    struct tls nobody = { .ca = whole.ca }, wrong = { whole.certificate, whole.certificate, whole.key };
    assert_int_equal(with(&s, &whole).code, 200);
    assert_int_not_equal(with(&s, &nobody).status, NET_OK); /* a connection that was kept is another's */
    assert_int_equal(with(&s, &wrong).status, NET_NOT_SENT);
    assert_int_equal(with(&s, NULL).status, NET_NOT_SENT);
    tls_stop(&s);
}

#define T(f) cmocka_unit_test_setup_teardown(f, start_server, stop_server)
int main(void)
{
    char name[] = "test";
    char *argv[] = { name, NULL };
    const struct CMUnitTest tests[] = {
        T(requests_go_out_as_written), T(connections_are_kept), T(a_file_is_sent_whole_or_not_at_all), T(redirects_are_not_followed), T(never_sent_and_unknown_are_told_apart),
        T(a_reply_that_is_no_http_was_asked_for), T(a_proxy_that_lets_nothing_through_sent_nothing),
        T(a_dead_kept_connection_does_not_send_twice), T(headers_cannot_smuggle), T(many_at_once_and_a_signal), T(certificates_are_checked),
        T(a_request_brings_its_own_authority_and_certificate),
    };

    unsetenv("HTTP_PROXY");
    unsetenv("http_proxy");
    unsetenv("https_proxy");
    unsetenv("HTTPS_PROXY");
    unsetenv("ALL_PROXY");
    w = world_real(1, argv);
    net_attach(w, STR_NONE);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_free(w);
    return failed;
}
