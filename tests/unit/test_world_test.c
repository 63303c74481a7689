/* The test world itself: what other tests rely on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "world_test.h"

static struct test_world *t;
static struct world *w;
static struct arena *a;

static int setup(void **state)
{
    (void)state;
    t = test_world_new();
    w = test_world(t);
    a = test_world_arena(t);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_world_free(t);
    return 0;
}

static void unsynced_bytes_are_lost_in_a_crash(void **state)
{
    struct world_file *f;
    struct str text;

    (void)state;
    assert_int_equal(world_open(w, STR(".kc/journal"), &f), DISK_ABSENT);
    assert_int_equal(world_mkdirs(w, STR(".kc/x")), DISK_OK);
    assert_int_equal(world_open(w, STR(".kc/journal"), &f), DISK_OK);
    assert_int_equal(world_append(w, f, STR("aaaa")), DISK_OK);
    assert_int_equal(world_sync(w, f), DISK_OK);
    assert_int_equal(world_append(w, f, STR("bbbb")), DISK_OK);
    test_world_crash(t, 1);
    assert_true(test_world_file(t, ".kc/journal", &text));
    assert_true(str_is(text, "aaaab"));
    assert_int_equal(world_append(w, f, STR("c")), DISK_FAILED);
}

static void faults_come_when_told(void **state)
{
    struct str text;

    (void)state;
    test_world_disk_fails(t, DISK_FULL, 1, 1);
    assert_int_equal(world_write(w, STR("one"), STR("1")), DISK_OK);
    assert_int_equal(world_write(w, STR("two"), STR("2")), DISK_FULL);
    assert_int_equal(world_write(w, STR("two"), STR("2")), DISK_OK);
    test_world_disk_fails(t, DISK_READONLY, 0, TEST_ALWAYS);
    assert_int_equal(world_write(w, STR("one"), STR("9")), DISK_READONLY);
    assert_int_equal(world_read(w, a, STR("./one"), 10, &text), DISK_OK);
    assert_true(str_is(text, "1"));
}

static void folders_list_their_own_files_only(void **state)
{
    struct str *names, full;
    size_t n;

    (void)state;
    test_world_put(t, "a/b/c.kcl", STR("x"));
    test_world_put(t, "a/d.kcl", STR("y"));
    assert_int_equal(world_list(w, a, STR("a"), &names, &n), DISK_OK);
    assert_int_equal(n, 2);
    assert_true(str_is(names[0], "b"));
    assert_true(str_is(names[1], "d.kcl"));
    assert_int_equal(world_resolve(w, a, STR("a/b/../d.kcl"), &full), DISK_OK);
    assert_true(str_is(full, "/home/test/a/d.kcl"));
}

static void echo(void *user, const struct http_request *rq, struct arena *mem, struct http_reply *out)
{
    (void)user;
    out->code = 200;
    out->body = str_dup(mem, rq->url);
}

static void keep(void *user, const struct http_reply *r)
{
    *(struct str *)user = str_dup(a, r->body);
}

static void replies_come_in_waiting_at_their_time(void **state)
{
    struct str got = STR_NONE;
    int64_t start = world_now(w);

    (void)state;
    test_world_answer(t, echo, NULL);
    test_world_latency(t, 40);
    world_send(w, &(struct http_request){ .url = STR("https://a/") }, keep, &got);
    assert_int_equal(world_wait(w, start + 10), WAIT_TIMEOUT);
    test_world_signal_at(t, start + 20);
    assert_int_equal(world_wait(w, start + 100), WAIT_SIGNAL);
    assert_int_equal(world_now(w), start + 20);
    assert_int_equal(world_wait(w, start + 100), WAIT_EVENT);
    assert_int_equal(world_now(w), start + 40);
    assert_true(str_is(got, "https://a/"));
    assert_int_equal(world_wait(w, start + 100), WAIT_TIMEOUT);
    assert_int_equal(world_signals(w), 1);
}

static void mark(void *user)
{
    (*(int *)user)++;
}

static void timers_fire_in_waiting(void **state)
{
    int64_t start = world_now(w);
    int first = 0, second = 0, never = 0;

    (void)state;
    world_timer(w, start + 20, mark, &second);
    world_timer(w, start + 10, mark, &first);
    world_timer_stop(w, world_timer(w, start + 15, mark, &never));
    assert_int_equal(world_wait(w, start + 5), WAIT_TIMEOUT);
    assert_int_equal(world_wait(w, start + 100), WAIT_EVENT);
    assert_true(world_now(w) == start + 10 && first == 1 && second == 0);
    assert_int_equal(world_wait(w, start + 100), WAIT_EVENT);
    assert_true(world_now(w) == start + 20 && second == 1);
    assert_int_equal(world_wait(w, start + 100), WAIT_TIMEOUT);
    world_timer(w, start + 1000, mark, &never);             /* freed with the world */
    assert_int_equal(never, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(unsynced_bytes_are_lost_in_a_crash, setup, teardown),
        cmocka_unit_test_setup_teardown(faults_come_when_told, setup, teardown),
        cmocka_unit_test_setup_teardown(folders_list_their_own_files_only, setup, teardown),
        cmocka_unit_test_setup_teardown(timers_fire_in_waiting, setup, teardown),
        cmocka_unit_test_setup_teardown(replies_come_in_waiting_at_their_time, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
