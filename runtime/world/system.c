/* system.c - randomness, environment, command line, signals, terminal, child processes.
 * Signals only write a byte into a pipe and count; whoever waits (real.c, runtime/net) watches the pipe. */
#include "real.h"
#include "kc/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 64 * 1024, SIGNALS_TO_ABORT = 3 };

struct system {
    struct buf args;
    bool closed[3];                                        /* a write to this descriptor failed: the reader is gone */
    char in[4096];
    size_t in_at, in_n;
};

static volatile sig_atomic_t signal_count;
static int signal_pipe[2] = { -1, -1 };

static void on_signal(int number)
{
    int kept = errno;

    (void)number;
    signal_count = signal_count + 1;
    if (signal_count >= SIGNALS_TO_ABORT)
        _exit(130);
    (void)!write(signal_pipe[1], "s", 1);
    errno = kept;
}

static void catch_signals(void)
{
    static const int caught[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction sa = { .sa_handler = on_signal };
    struct sigaction ignore = { .sa_handler = SIG_IGN };

    if (signal_pipe[0] < 0 && pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
        die("no pipe for signals");
    sigemptyset(&sa.sa_mask);
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
        sigaction(caught[i], &sa, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

struct system *system_new(int argc, char **argv)
{
    struct system *s = calloc(1, sizeof *s);

    if (!s)
        die("out of memory");
    for (int i = 0; i < argc; i++) {
        if (i)
            buf_putc(&s->args, ' ');
        buf_cstr(&s->args, argv[i]);
    }
    catch_signals();
    return s;
}

void system_free(struct system *s)
{
    buf_fini(&s->args);
    free(s);
}

static void system_random(void *impl, void *p, size_t n)
{
    unsigned char *at = p;

    (void)impl;
    while (n) {
        ssize_t k = getrandom(at, n, 0);

        if (k < 0 && errno != EINTR)
            die("no randomness from the system");
        if (k > 0) {
            at += k;
            n -= (size_t)k;
        }
    }
}

static struct str system_getenv(void *impl, const char *name)
{
    (void)impl;
    return str_of(getenv(name));
}

static struct str system_args(void *impl)
{
    struct system *s = impl;

    return buf_view(&s->args);
}

static int system_signals(void *impl)
{
    (void)impl;
    return (int)signal_count;
}

static int system_signal_fd(void *impl)
{
    (void)impl;
    return signal_pipe[0];
}

static bool system_is_tty(void *impl, int fd)
{
    (void)impl;
    return isatty(fd) == 1;
}

static unsigned system_width(void *impl, int fd)
{
    struct winsize size;
    int64_t n;

    (void)impl;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col)
        return size.ws_col;
    if (str_int(str_of(getenv("COLUMNS")), &n) && n >= 20 && n <= 1000)
        return (unsigned)n;
    return 80;
}

static void system_write(void *impl, int fd, struct str text)
{
    struct system *s = impl;

    while (text.n && !s->closed[fd]) {
        ssize_t k = write(fd, text.s, text.n);

        if (k < 0 && errno == EAGAIN) {
            struct pollfd p = { .fd = fd, .events = POLLOUT };
            (void)poll(&p, 1, 1000);
        } else if (k < 0 && errno != EINTR) {
            s->closed[fd] = true;
        } else if (k > 0) {
            text.s += k;
            text.n -= (size_t)k;
        }
    }
}

/* Waits for standard input; false when a signal came first, even one that nobody has waited for yet. */
static bool input_ready(void)
{
    struct pollfd p[] = { { .fd = 0, .events = POLLIN }, { .fd = signal_pipe[0], .events = POLLIN } };

    while (poll(p, 2, -1) < 0)
        if (errno != EINTR)
            return true;                                   /* let read say what is wrong */
    return !p[1].revents;
}

/* One byte of standard input; its end, or a signal, gives false. */
static bool next_byte(struct system *s, char *c)
{
    if (s->in_at == s->in_n) {
        ssize_t k;

        if (!input_ready())
            return false;
        do
            k = read(0, s->in, sizeof s->in);
        while (k < 0 && errno == EINTR);
        if (k <= 0)
            return false;
        s->in_at = 0;
        s->in_n = (size_t)k;
    }
    *c = s->in[s->in_at++];
    return true;
}

static bool system_read_line(void *impl, struct arena *a, struct str *out)
{
    struct system *s = impl;
    struct buf line = { .limit = LINE_MAX_BYTES };
    char c = 0;
    bool any = false;

    while (next_byte(s, &c)) {
        any = true;
        if (c == '\n')
            break;
        buf_putc(&line, c);
    }
    *out = buf_take(&line, a);
    return any;
}

struct child { pid_t pid; int fd; bool closed, reaped; int code; };

static struct child *system_start(void *impl, const char *const *argv)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t defaults;
    int fds[2];
    pid_t pid;

    (void)impl;
    if (pipe2(fds, O_CLOEXEC) != 0)
        return NULL;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fds[1], 1);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setsigdefault(&attr, &defaults);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
    int failed = posix_spawnp(&pid, argv[0], &actions, &attr, (char *const *)(uintptr_t)argv, environ);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&actions);
    close(fds[1]);
    struct child *c = failed ? NULL : calloc(1, sizeof *c);
    if (!c) {
        close(fds[0]);
        return NULL;
    }
    (void)fcntl(fds[0], F_SETFL, O_NONBLOCK);
    *c = (struct child){ .pid = pid, .fd = fds[0] };
    return c;
}

/* It has ended when its output has, which a program that it left behind may keep open, and when it has been reaped. */
static bool system_look(void *impl, struct child *c, struct buf *out, int *code)
{
    char part[4096];
    int status = 0;

    (void)impl;
    while (!c->closed && !out->failed) {
        ssize_t k = read(c->fd, part, sizeof part);

        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0 && errno == EAGAIN)
            break;
        if (k > 0)
            buf_add(out, part, (size_t)k);
        else
            c->closed = true;
    }
    if (c->closed && !c->reaped && waitpid(c->pid, &status, WNOHANG) == c->pid) {
        c->reaped = true;
        c->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    *code = c->code;
    return c->reaped;
}

static void system_drop(void *impl, struct child *c)
{
    int status;

    (void)impl;
    if (!c->reaped) {
        kill(c->pid, SIGKILL);
        waitpid(c->pid, &status, 0);
    }
    close(c->fd);
    free(c);
}

const struct system_ops system_real = {
    .random = system_random, .getenv = system_getenv, .args = system_args, .signals = system_signals,
    .signal_fd = system_signal_fd, .is_tty = system_is_tty, .width = system_width, .write = system_write,
    .read_line = system_read_line, .start = system_start, .look = system_look, .drop = system_drop,
};
