/* world_test.h - a world for tests: memory for a disk, a clock that only waiting moves, a fixed environment, seeded
 * randomness, captured output, a network answered by a function. Nothing outside the process is touched.
 *
 *     struct test_world *t = test_world_new();
 *     test_world_env(t, "AWS_REGION", "eu-west-1");
 *     test_world_answer(t, my_answer, my_data);
 *     ... code under test with test_world(t) ...
 *     test_world_free(t);
 *
 * The disk: the current folder is /home/test, so that "a/b" and "/home/test/a/b" are one file (listed as "a/b").
 * Bytes appended and not synced are lost by test_world_crash, as on a machine that loses power.
 * Parts may be replaced: sim_attach(sim, test_world(t)) gives a simulated clock and network over this disk and terminal. */
#ifndef KC_WORLD_TEST_H
#define KC_WORLD_TEST_H
#include "kc/arena.h"
#include "kc/world.h"

struct test_world;
struct test_world *test_world_new(void);
void test_world_free(struct test_world *t);
struct world *test_world(struct test_world *t);
struct arena *test_world_arena(struct test_world *t);      /* lives as long as t: for a test's odds and ends */

/* ---- environment, terminal, randomness, signals ---- */
void test_world_env(struct test_world *t, const char *name, const char *value);   /* NULL: unset */
void test_world_args(struct test_world *t, const char *args);
void test_world_tty(struct test_world *t, bool tty, unsigned width);
void test_world_type(struct test_world *t, const char *line);                     /* a line for read_line; in order */
struct str test_world_out(const struct test_world *t);     /* what was written so far */
struct str test_world_err(const struct test_world *t);
void test_world_forget_output(struct test_world *t);
void test_world_seed(struct test_world *t, uint64_t seed);
void test_world_signal(struct test_world *t);              /* as if Ctrl-C were pressed now */
void test_world_signal_at(struct test_world *t, int64_t now);                     /* when the clock gets there */
/* What a program that is run says in the end, after so many looks at it; and how many were run, and the last one's words joined by "|". */
void test_world_program(struct test_world *t, const char *output, int exit_code);
void test_world_program_takes(struct test_world *t, int looks);
struct str test_world_ran(const struct test_world *t);
unsigned test_world_runs(const struct test_world *t);

/* ---- clock ---- */
void test_world_advance(struct test_world *t, int64_t ms); /* starts at now 1,000,000 and wall 2026-01-02T03:04:05Z */
void test_world_set_wall(struct test_world *t, int64_t wall_ms);

/* ---- network ---- */
/* Called for each request when it is due (latency ms after sending, 1 unless told); fills `out` (zeroed: NET_OK, code 0), memory from `a`. */
typedef void test_answer(void *user, const struct http_request *rq, struct arena *a, struct http_reply *out);
void test_answer_id(struct http_reply *out);               /* the request id that AWS puts on every reply: for answers that pass for AWS's */
void test_world_answer(struct test_world *t, test_answer *f, void *user);
void test_world_latency(struct test_world *t, int64_t ms);
struct test_request { struct http_request rq; int64_t at; };
size_t test_world_requests(const struct test_world *t, const struct test_request **out);  /* all so far, in order */
struct str test_header(const struct header *h, size_t n, const char *name);       /* value, case ignored; STR_NONE when absent */

/* ---- disk ---- */
void test_world_put(struct test_world *t, const char *path, struct str text);     /* makes folders too */
void test_world_link(struct test_world *t, const char *path, const char *target); /* what resolve makes of it; target is absolute */
bool test_world_file(struct test_world *t, const char *path, struct str *text);     /* false: absent */
size_t test_world_files(struct test_world *t, const struct str **paths);          /* sorted */
enum { TEST_ALWAYS = -1 };
/* After `skip` further disk effects (write, append, sync, mkdirs, remove, truncate, open) the next `times` fail with e. */
void test_world_disk_fails(struct test_world *t, enum disk_error e, int skip, int times);
void test_world_disk_room(struct test_world *t, int64_t bytes);                   /* then DISK_FULL; -1: no limit */
void test_world_deny(struct test_world *t, const char *path, enum disk_error e);  /* reading or listing it fails with e */
unsigned test_world_effects(const struct test_world *t);   /* disk effects so far: to place faults at each in turn */
/* Power is lost: unsynced bytes beyond `keep` per file vanish, open files and locks are gone. */
void test_world_crash(struct test_world *t, size_t keep);

#endif
