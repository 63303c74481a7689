/* The real world: disk with its promises, environment, child processes, waiting without a network. In a folder of its own. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "kc/arena.h"
#include "kc/world.h"

static struct world *w;
static struct arena *a;
static char folder[64];

static struct str in_folder(const char *name)
{
    return str_fmt(a, "%s/%s", folder, name);
}

static int setup(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/kc-world-XXXXXX");
    a = arena_new();
    return mkdtemp(folder) ? 0 : -1;
}

struct program { bool ended; int code; struct str out; };

static void program_ran(void *user, int code, struct str out)
{
    struct program *p = user;

    *p = (struct program){ true, code, str_dup(a, out) };
}

static int run(const char *const *argv, struct str *out, int64_t timeout_ms)
{
    struct program p = { .ended = false };

    world_run(w, argv, timeout_ms, program_ran, &p);
    assert_false(p.ended);                                 /* never from inside */
    while (!p.ended)
        world_wait(w, world_now(w) + 1000);
    *out = p.out;
    return p.code;
}

static int teardown(void **state)
{
    const char *const argv[] = { "rm", "-rf", folder, NULL };
    struct str out;

    (void)state;
    run(argv, &out, 10000);
    arena_free(a);
    return 0;
}

static void a_written_file_reads_back_and_is_private(void **state)
{
    struct str text;
    struct stat st;

    (void)state;
    assert_int_equal(world_write(w, in_folder("x.json"), STR("one")), DISK_OK);
    assert_int_equal(world_write(w, in_folder("x.json"), STR("two!")), DISK_OK);
    assert_int_equal(world_read(w, a, in_folder("x.json"), 100, &text), DISK_OK);
    assert_true(str_is(text, "two!"));
    assert_int_equal(stat(str_c(a, in_folder("x.json")), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    struct str *names;
    size_t n;
    assert_int_equal(world_list(w, a, str_of(folder), &names, &n), DISK_OK);
    assert_int_equal(n, 1);                                /* no temporary file is left */
}

static void reading_says_why_not(void **state)
{
    struct str text;

    (void)state;
    assert_int_equal(world_read(w, a, in_folder("nothing"), 100, &text), DISK_ABSENT);
    assert_int_equal(world_read(w, a, str_of(folder), 100, &text), DISK_NOT_FILE);
    assert_int_equal(world_read(w, a, STR("/dev/zero"), 100, &text), DISK_NOT_FILE);
    assert_int_equal(mkfifo(str_c(a, in_folder("fifo")), 0600), 0);
    assert_int_equal(world_read(w, a, in_folder("fifo"), 100, &text), DISK_NOT_FILE);
    assert_int_equal(world_write(w, in_folder("big"), STR("0123456789")), DISK_OK);
    assert_int_equal(world_read(w, a, in_folder("big"), 9, &text), DISK_TOO_BIG);
    assert_int_equal(world_read(w, a, in_folder("big"), 10, &text), DISK_OK);
    assert_int_equal(world_read(w, a, ((struct str){ "a\0b", 3 }), 10, &text), DISK_ABSENT);
    assert_int_equal(world_read(w, a, STR("/proc/self/status"), 10, &text), DISK_TOO_BIG);   /* says size 0, has more */
}

/* ---- files as bodies ---- */
enum { BODY = 200000 };                                    /* more than one piece */

static void put_body(const char *name, size_t n, char fill)
{
    FILE *f = fopen(str_c(a, in_folder(name)), "wb");

    for (size_t i = 0; i < n; i++)
        fputc(i + 1 < n ? fill : '.', f);
    fclose(f);
}

/* Everything that is given out, and how it ends. */
static enum disk_error drain(const struct body_file *f, size_t *given)
{
    struct world_body *b;
    char piece[1000];
    size_t n = 1;
    enum disk_error e = world_body(w, f, &b);

    *given = 0;
    if (e != DISK_OK)
        return e;
    while (e == DISK_OK && n) {
        e = world_body_next(b, piece, sizeof piece, &n);
        *given += n;
    }
    world_body_end(b);
    return e;
}

static void a_body_is_what_was_measured_or_not_given_whole(void **state)
{
    struct body_file f, again;
    struct stat st;
    size_t given;

    (void)state;
    put_body("body", BODY, 'x');
    assert_int_equal(world_measure(w, in_folder("body"), BODY - 1, &f), DISK_TOO_BIG);
    assert_int_equal(world_measure(w, in_folder("nothing"), BODY, &f), DISK_ABSENT);
    assert_int_equal(world_measure(w, in_folder("body"), BODY, &f), DISK_OK);
    assert_int_equal(f.size, BODY);
    assert_int_equal(drain(&f, &given), DISK_OK);
    assert_int_equal(given, BODY);
    assert_int_equal(stat(str_c(a, in_folder("body")), &st), 0);
    put_body("body", BODY, 'y');                            /* another content of the same size at the same time */
    const struct timespec times[] = { st.st_atim, st.st_mtim };
    assert_int_equal(utimensat(AT_FDCWD, str_c(a, in_folder("body")), times, 0), 0);
    assert_int_equal(drain(&f, &given), DISK_CHANGED);
    assert_true(given < BODY);
    assert_int_equal(world_measure(w, in_folder("body"), BODY, &again), DISK_OK);
    assert_memory_not_equal(f.sha256, again.sha256, sizeof f.sha256);
    again.changed++;
    assert_int_equal(drain(&again, &given), DISK_CHANGED);
    assert_int_equal(given, 0);
    again.changed--;
    put_body("body", BODY + 1, 'y');
    assert_int_equal(utimensat(AT_FDCWD, str_c(a, in_folder("body")), times, 0), 0);
    assert_int_equal(drain(&again, &given), DISK_CHANGED);
    put_body("body", 0, 'y');
    assert_int_equal(world_measure(w, in_folder("body"), BODY, &f), DISK_OK);
    assert_int_equal(drain(&f, &given), DISK_OK);
    assert_int_equal(given, 0);
}

static void appended_bytes_stay(void **state)
{
    struct world_file *f;
    struct str text;

    (void)state;
    assert_int_equal(world_open(w, in_folder("journal"), &f), DISK_OK);
    assert_int_equal(world_append(w, f, STR("line 1\n")), DISK_OK);
    assert_int_equal(world_append(w, f, STR("line 2\n")), DISK_OK);
    assert_int_equal(world_sync(w, f), DISK_OK);
    assert_int_equal(world_truncate(w, f, 7), DISK_OK);
    assert_int_equal(world_append(w, f, STR("line 3\n")), DISK_OK);
    world_shut(w, f);
    assert_int_equal(world_read(w, a, in_folder("journal"), 100, &text), DISK_OK);
    assert_true(str_is(text, "line 1\nline 3\n"));
}

static void links_are_not_written_through(void **state)
{
    struct world_file *f;
    struct str text;

    (void)state;
    assert_int_equal(world_write(w, in_folder("target"), STR("keep")), DISK_OK);
    assert_int_equal(symlink(str_c(a, in_folder("target")), str_c(a, in_folder("link"))), 0);
    assert_int_equal(world_open(w, in_folder("link"), &f), DISK_NOT_FILE);
    assert_int_equal(world_write(w, in_folder("link"), STR("new")), DISK_OK);
    assert_int_equal(world_read(w, a, in_folder("target"), 100, &text), DISK_OK);
    assert_true(str_is(text, "keep"));
}

static void a_lock_names_its_holder(void **state)
{
    struct world_lock *first, *second;
    struct str holder = STR_NONE;

    (void)state;
    assert_int_equal(world_lock(w, in_folder("lock"), STR("pid 12 on box"), &first, a, &holder), DISK_OK);
    assert_int_equal(world_lock(w, in_folder("lock"), STR("pid 13"), &second, a, &holder), DISK_BUSY);
    assert_true(str_is(holder, "pid 12 on box"));
    world_unlock(w, first);
    assert_int_equal(world_lock(w, in_folder("lock"), STR("pid 13"), &second, a, &holder), DISK_OK);
    world_unlock(w, second);
}

static void folders_are_made_with_parents_and_resolved(void **state)
{
    struct str full;
    struct stat st;

    (void)state;
    assert_int_equal(world_mkdirs(w, in_folder(".kc/stacks/prod")), DISK_OK);
    assert_int_equal(world_mkdirs(w, in_folder(".kc/stacks/prod")), DISK_OK);
    assert_int_equal(stat(str_c(a, in_folder(".kc/stacks")), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(world_write(w, in_folder("plain"), STR("")), DISK_OK);
    assert_int_equal(world_mkdirs(w, in_folder("plain/x")), DISK_ABSENT);
    assert_int_equal(world_resolve(w, a, in_folder(".kc/../.kc/./stacks"), &full), DISK_OK);
    assert_true(str_eq(full, in_folder(".kc/stacks")));
    assert_int_equal(world_resolve(w, a, in_folder("nope"), &full), DISK_ABSENT);
    assert_int_equal(world_remove(w, in_folder("plain")), DISK_OK);
    assert_int_equal(world_remove(w, in_folder("plain")), DISK_ABSENT);
}

static void no_shell_reads_the_arguments_of_a_program(void **state)
{
    const char *const argv[] = { "echo", "$HOME; `id`", NULL };
    const char *const missing[] = { "/no/such/program", NULL };
    const char *const slow[] = { "sleep", "30", NULL };
    const char *const loud[] = { "yes", NULL };
    struct str out;

    (void)state;
    assert_int_equal(run(argv, &out, 5000), 0);
    assert_true(str_is(out, "$HOME; `id`\n"));
    assert_int_equal(run(missing, &out, 5000), -1);
    assert_int_equal(run(slow, &out, 20), -1);
    assert_int_equal(run(loud, &out, 5000), -1);
}

static void count_done(void *user, const struct http_reply *r)
{
    *(int *)user += r->status == NET_NOT_SENT;
}

static void waiting_ends_by_clock_signal_or_refusal(void **state)
{
    int64_t start = world_now(w);
    int refused = 0;

    (void)state;
    assert_int_equal(world_wait(w, start + 3), WAIT_TIMEOUT);
    assert_true(world_now(w) >= start + 3);
    world_send(w, &(struct http_request){ .url = STR("https://example.com/") }, count_done, &refused);
    assert_int_equal(refused, 0);
    assert_int_equal(world_wait(w, world_now(w) + 1000), WAIT_EVENT);
    assert_int_equal(refused, 1);
    assert_int_equal(raise(SIGINT), 0);
    assert_int_equal(world_wait(w, world_now(w) + 1000), WAIT_SIGNAL);
    assert_int_equal(world_signals(w), 1);
    assert_int_equal(world_wait(w, world_now(w) + 1), WAIT_TIMEOUT);
}

static void a_question_ends_by_a_line_its_end_or_a_signal(void **state)
{
    struct str line;
    int fds[2], kept = dup(0);

    (void)state;
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(dup2(fds[0], 0), 0);
    assert_int_equal(write(fds[1], "yes\nno", 6), 6);
    assert_true(world_read_line(w, a, &line));
    assert_true(str_is(line, "yes"));
    close(fds[1]);
    assert_true(world_read_line(w, a, &line));
    assert_true(str_is(line, "no"));
    assert_false(world_read_line(w, a, &line));
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(dup2(fds[0], 0), 0);
    raise(SIGINT);                                         /* before anybody asks: the answer must not be waited for */
    assert_false(world_read_line(w, a, &line));
    assert_int_equal(world_wait(w, world_now(w) + 1000), WAIT_SIGNAL);
    close(fds[1]);
    dup2(kept, 0);
    close(kept);
}

struct seen { unsigned before[5], after[5]; enum disk_error refuse; };

static enum disk_error watch(void *user, enum effect e, bool after, struct str what)
{
    struct seen *s = user;

    (void)what;
    (after ? s->after : s->before)[e]++;
    return after ? DISK_OK : s->refuse;
}

static void the_hook_sees_effects_and_can_refuse_them(void **state)
{
    struct seen s = { .refuse = DISK_OK };
    struct str text;
    int refused = 0;

    (void)state;
    w->hook = watch;
    w->hook_user = &s;
    assert_int_equal(world_write(w, in_folder("h"), STR("1")), DISK_OK);
    s.refuse = DISK_FULL;
    assert_int_equal(world_write(w, in_folder("h"), STR("2")), DISK_FULL);
    world_send(w, &(struct http_request){ .url = STR("https://example.com/") }, count_done, &refused);
    assert_int_equal(world_wait(w, world_now(w) + 1000), WAIT_EVENT);
    world_send(w, &(struct http_request){ .url = STR("https://example.com/") }, count_done, &refused);   /* never finished: freed with the world */
    w->hook = NULL;
    assert_int_equal(world_read(w, a, in_folder("h"), 10, &text), DISK_OK);
    assert_true(str_is(text, "1"));
    assert_int_equal(s.before[EFFECT_DISK_WRITE], 2);
    assert_int_equal(s.after[EFFECT_DISK_WRITE], 1);
    assert_int_equal(s.before[EFFECT_NET_SEND], 2);
    assert_int_equal(s.after[EFFECT_NET_DONE], 1);
    assert_int_equal(refused, 1);
}

static void no_core_is_written(void **state)
{
    struct rlimit limit;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_CORE, &limit), 0);
    assert_int_equal(limit.rlim_max, 0);
    assert_int_equal(prctl(PR_GET_DUMPABLE), 0);
}

int main(void)
{
    char name[] = "kc", command[] = "plan";
    char *argv[] = { name, command, NULL };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_written_file_reads_back_and_is_private, setup, teardown),
        cmocka_unit_test_setup_teardown(reading_says_why_not, setup, teardown),
        cmocka_unit_test_setup_teardown(a_body_is_what_was_measured_or_not_given_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(appended_bytes_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(links_are_not_written_through, setup, teardown),
        cmocka_unit_test_setup_teardown(a_lock_names_its_holder, setup, teardown),
        cmocka_unit_test_setup_teardown(folders_are_made_with_parents_and_resolved, setup, teardown),
        cmocka_unit_test_setup_teardown(no_shell_reads_the_arguments_of_a_program, setup, teardown),
        cmocka_unit_test_setup_teardown(waiting_ends_by_clock_signal_or_refusal, setup, teardown),
        cmocka_unit_test_setup_teardown(a_question_ends_by_a_line_its_end_or_a_signal, setup, teardown),
        cmocka_unit_test(no_core_is_written),
        cmocka_unit_test_setup_teardown(the_hook_sees_effects_and_can_refuse_them, setup, teardown),
    };

    w = world_real(2, argv);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_free(w);
    return failed;
}
