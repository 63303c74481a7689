/* world.h - the only door to clock, network, disk, randomness, signals, environment, terminal and child processes.
 * Tables of functions per part, so that a real part and a simulated one can be combined (sandbox: simulated clock and network,
 * real disk and terminal). runtime/world fills the real parts, net_attach (net.h) the real network, sim_attach (sim.h) the
 * simulated clock and network; tests use world_test for everything else.
 * Times are milliseconds in int64_t. Threads: none. */
#ifndef KC_WORLD_H
#define KC_WORLD_H
#include <stdbool.h>
#include <stdint.h>
#include "kc/str.h"

struct arena;
struct world;

/* ---- network ---- */
struct header { struct str name, value; };
/* Whom to believe and who we are, as PEM: not the system's authorities but this one, and a certificate of our own with its key. Empty members: as usual. */
struct tls { struct str ca, certificate, key; };
/* A body that is in a file, as it was when somebody read it. Sent in pieces, read anew for each request; never other bytes than these. */
struct body_file {
    struct str path;
    uint64_t size; int64_t changed;                        /* as world_look tells them */
    uint8_t sha256[32];
};
struct http_request {
    struct str method, url;                                /* url: scheme://host[:port]/path[?query], already encoded */
    const struct header *headers;
    size_t nheaders;
    struct str body;
    const struct body_file *file;                          /* in its place; NULL: none */
    int64_t timeout_ms;                                    /* whole exchange; connect is capped at 10 s */
    const struct tls *tls;                                 /* NULL: as usual. A bearer token is a header */
    bool direct;                                           /* never through a proxy: addresses that mean this machine */
    bool secret;                                           /* what it holds is wiped as soon as it has been sent */
};
enum net_status { NET_OK,                                  /* a whole reply was read */
                  NET_NOT_SENT,                            /* no byte of it left: no effect possible */
                  NET_UNKNOWN,                             /* sent, perhaps in part, and no whole reply: effect unknown */
                  NET_NO_BODY };                           /* the file of its body is not what it was: it did not leave whole, so no effect is possible */
struct http_reply {
    enum net_status status;
    struct str problem;                                    /* for people, when status is not NET_OK */
    int code;                                              /* HTTP status */
    const struct header *headers;                          /* names lower case */
    size_t nheaders;
    struct str body;                                       /* at most 32 MiB */
};
typedef void http_done(void *user, const struct http_reply *r);   /* r is borrowed for the call */

/* ---- disk ---- */
enum disk_error { DISK_OK, DISK_ABSENT, DISK_DENIED, DISK_FULL, DISK_READONLY, DISK_EXISTS, DISK_TOO_BIG, DISK_NOT_FILE, DISK_BUSY, DISK_CHANGED, DISK_FAILED };
const char *disk_error_text(enum disk_error e);
struct world_file;                                         /* open for appending */
struct world_source;                                       /* open for reading in pieces */
struct file_facts { uint64_t size; int64_t changed; };     /* changed: ns since 1970, as the disk has it */
struct world_lock;

enum wait_result { WAIT_EVENT, WAIT_TIMEOUT, WAIT_SIGNAL };

struct child;

struct clock_ops {
    int64_t (*now)(void *impl);                            /* monotonic; starts anywhere */
    int64_t (*wall)(void *impl);                           /* since 1970-01-01T00:00:00Z */
};
struct net_ops {
    void (*send)(void *impl, const struct http_request *rq, http_done *done, void *user);   /* copies rq; done comes from wait only */
    enum wait_result (*wait)(void *impl, int64_t deadline);/* runs completions; returns after at least one, or at the deadline (now), or on a signal */
    void (*close)(void *impl);                             /* requests still under way get their done, NET_UNKNOWN (NET_NOT_SENT where no byte left) */
};
struct disk_ops {
    enum disk_error (*read)(void *impl, struct arena *a, struct str path, size_t limit, struct str *out);  /* regular files only */
    enum disk_error (*look)(void *impl, struct str path, struct world_source **out, struct file_facts *facts);      /* regular files only */
    enum disk_error (*piece)(void *impl, struct world_source *s, char *to, size_t room, size_t *n);     /* what comes next; *n 0: the end */
    void (*leave)(void *impl, struct world_source *s);
    enum disk_error (*write)(void *impl, struct str path, struct str data);      /* whole file: temp, fsync, rename, fsync folder; mode 0600 */
    enum disk_error (*open)(void *impl, struct str path, struct world_file **out);/* for appending; made when absent, 0600, O_NOFOLLOW; its name is durable */
    enum disk_error (*append)(void *impl, struct world_file *f, struct str data);/* all or nothing as far as can be seen */
    enum disk_error (*sync)(void *impl, struct world_file *f);                   /* fdatasync; a failure is final for f */
    enum disk_error (*truncate)(void *impl, struct world_file *f, size_t size);
    void (*shut)(void *impl, struct world_file *f);
    enum disk_error (*mkdirs)(void *impl, struct str path);                      /* with parents, 0700; durable, also those that were there */
    enum disk_error (*list)(void *impl, struct arena *a, struct str path, struct str **names, size_t *n);  /* sorted */
    enum disk_error (*remove)(void *impl, struct str path);
    /* flock; DISK_BUSY: holder says who. Once held, all names that its folder shows are durable: what a killed holder renamed too. */
    enum disk_error (*lock)(void *impl, struct str path, struct str owner, struct world_lock **out, struct arena *a, struct str *holder);
    void (*unlock)(void *impl, struct world_lock *l);
    enum disk_error (*resolve)(void *impl, struct arena *a, struct str path, struct str *out);              /* absolute, links followed */
    struct str (*cwd)(void *impl, struct arena *a);
};
struct system_ops {
    void (*random)(void *impl, void *p, size_t n);
    struct str (*getenv)(void *impl, const char *name);    /* STR_NONE when unset */
    struct str (*args)(void *impl);                        /* the command line, for state history */
    int (*signals)(void *impl);                            /* how many INT, TERM, HUP came so far */
    int (*signal_fd)(void *impl);                          /* readable from a signal until it is drained; -1: none. NULL allowed */
    bool (*is_tty)(void *impl, int fd);
    unsigned (*width)(void *impl, int fd);                 /* columns; 80 when unknown */
    void (*write)(void *impl, int fd, struct str text);    /* 1 or 2; a closed pipe is remembered, never kills */
    bool (*read_line)(void *impl, struct arena *a, struct str *out);  /* from standard input; false at its end */
    struct child *(*start)(void *impl, const char *const *argv);      /* no shell; NULL: not started */
    bool (*look)(void *impl, struct child *c, struct buf *out, int *code);   /* adds what it wrote so far; true: it has ended, code -1: by a signal */
    void (*drop)(void *impl, struct child *c);             /* frees it; killed if it has not ended */
};
/* Tests and the crash campaign look in here: called before and after each durable or outward effect. NULL in the program. */
enum effect { EFFECT_DISK_WRITE, EFFECT_DISK_APPEND, EFFECT_DISK_SYNC, EFFECT_NET_SEND, EFFECT_NET_DONE };
typedef enum disk_error effect_hook(void *user, enum effect e, bool after, struct str what); /* for disk effects "before", not DISK_OK makes it fail so */

struct world {
    const struct clock_ops *clock;   void *clock_impl;
    const struct net_ops *net;       void *net_impl;
    const struct disk_ops *disk;     void *disk_impl;
    const struct system_ops *system; void *system_impl;
    effect_hook *hook;               void *hook_user;
    struct world_sent *sent;                               /* private to world.c: exchanges watched by the hook */
    struct world_timer *timers;                            /* private to world.c: by time */
    struct world_child *children;                          /* private to run.c */
    void (*fini)(struct world *w);                         /* frees the parts; NULL: nothing to free */
};
/* All but the network: without one, world_send completes with NET_NOT_SENT, and world_wait waits for the clock and signals only.
 * Catches INT, TERM and HUP (the third ends the program at once with 130), ignores PIPE, sets umask 077. Once per process. */
struct world *world_real(int argc, char **argv);
void world_free(struct world *w);                          /* closes what is open; NULL is allowed */

int64_t world_now(struct world *w);
int64_t world_wall(struct world *w);
void world_send(struct world *w, const struct http_request *rq, http_done *done, void *user);
enum wait_result world_wait(struct world *w, int64_t deadline);   /* also fires timers that are due: WAIT_EVENT */
/* `fire` is called once, from the first world_wait at or after `at`; in order of time, then of making. The timer is gone when it fires. */
struct world_timer;
struct world_timer *world_timer(struct world *w, int64_t at, void (*fire)(void *user), void *user);
void world_timer_stop(struct world *w, struct world_timer *t);    /* before it fired; NULL is allowed */
enum disk_error world_read(struct world *w, struct arena *a, struct str path, size_t limit, struct str *out);
enum disk_error world_look(struct world *w, struct str path, struct world_source **out, struct file_facts *facts);
enum disk_error world_piece(struct world *w, struct world_source *s, char *to, size_t room, size_t *n);
void world_leave(struct world *w, struct world_source *s);         /* NULL is allowed */
/* Reads all of it in pieces for its size and digest. DISK_TOO_BIG: above the limit; DISK_CHANGED: it was written to meanwhile. f->path borrows. */
enum disk_error world_measure(struct world *w, struct str path, uint64_t limit, struct body_file *f);
/* The bytes of a body in order. DISK_CHANGED: they are not those that were measured. Told before the last piece is given, so that nobody sends all of
 * them by mistake. *n 0: the end. */
struct world_body;
enum disk_error world_body(struct world *w, const struct body_file *f, struct world_body **out);
enum disk_error world_body_next(struct world_body *b, char *to, size_t room, size_t *n);
void world_body_end(struct world_body *b);                 /* NULL is allowed */
enum disk_error world_write(struct world *w, struct str path, struct str data);
enum disk_error world_open(struct world *w, struct str path, struct world_file **out);
enum disk_error world_append(struct world *w, struct world_file *f, struct str data);
enum disk_error world_sync(struct world *w, struct world_file *f);
enum disk_error world_truncate(struct world *w, struct world_file *f, size_t size);
void world_shut(struct world *w, struct world_file *f);
enum disk_error world_mkdirs(struct world *w, struct str path);
enum disk_error world_list(struct world *w, struct arena *a, struct str path, struct str **names, size_t *n);
enum disk_error world_remove(struct world *w, struct str path);
enum disk_error world_lock(struct world *w, struct str path, struct str owner, struct world_lock **out, struct arena *a, struct str *holder);
void world_unlock(struct world *w, struct world_lock *l);
enum disk_error world_resolve(struct world *w, struct arena *a, struct str path, struct str *out);
struct str world_cwd(struct world *w, struct arena *a);
void world_random(struct world *w, void *p, size_t n);
struct str world_getenv(struct world *w, const char *name);
struct str world_args(struct world *w);
int world_signals(struct world *w);
int world_signal_fd(struct world *w);                      /* to wait for together with sockets; -1: none */
void world_signal_drain(struct world *w);                  /* empties it, after it was readable */
bool world_is_tty(struct world *w, int fd);
unsigned world_width(struct world *w, int fd);
void world_out(struct world *w, struct str text);          /* standard output */
void world_err(struct world *w, struct str text);          /* standard error */
bool world_read_line(struct world *w, struct arena *a, struct str *out);
/* A program beside the loop, found by PATH, without a shell; standard input, standard error and environment are ours. `ran` comes once, from a later
 * world_wait: what it wrote to standard output (borrowed; at most 64 KiB) and its exit code. Code -1: not started, ended by a signal, killed at the
 * time limit or for too much output. */
struct world_child;
typedef void world_ran(void *user, int code, struct str out);
struct world_child *world_run(struct world *w, const char *const *argv, int64_t timeout_ms, world_ran *ran, void *user);
void world_run_stop(struct world *w, struct world_child *c);      /* before it came: killed, and `ran` is not called; NULL is allowed */

#endif
