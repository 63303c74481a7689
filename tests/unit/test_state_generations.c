/* test_state_generations.c - the generations of one address: which one serves, across closing and compaction, and in what 0.1.0 wrote. */
#include "kctest.h"
#include "kc/state.h"
#include "state_help.h"
#include <stdio.h>

static struct test_world *t;

static int setup(void **x)
{
    (void)x;
    t = test_world_new();
    return 0;
}

static int teardown(void **x)
{
    (void)x;
    test_world_free(t);
    return 0;
}

static void generation(struct state *s, uint32_t n, enum status status, bool serves)
{
    struct record r = state_a_record("a.pool", n, status, n == 1 ? "pool-1" : "pool-2");
    r.serves = serves;
    if (status == STATUS_CREATING) {
        r.pending = r.inputs;
        r.inputs = NULL;
    }
    assert_true(state_put(s, &r));
}

static uint32_t current(struct state *s)
{
    return state_get(s, STR("a.pool"))->generation;
}

/* A successor in the making is not what the address stands for; from its first ready it is, and the former one no more. */
static void the_successor_serves_when_it_is_ready(void **x)
{
    (void)x;
    struct state *s = state_try(t, true);
    generation(s, 1, STATUS_READY, true);
    generation(s, 2, STATUS_CREATING, false);
    assert_int_equal(current(s), 1);
    generation(s, 2, STATUS_READY, true);
    assert_int_equal(current(s), 2);
    assert_false(state_get_old(s, STR("a.pool"), 1)->serves);
    state_close(s);
    s = state_try(t, false);
    assert_int_equal(current(s), 2);
    assert_non_null(state_get_old(s, STR("a.pool"), 1));
    state_close(s);
}

/* The way back: the younger one stands still, and is not what serves. */
static void the_former_one_can_serve_again(void **x)
{
    (void)x;
    struct state *s = state_try(t, true);
    generation(s, 1, STATUS_READY, true);
    generation(s, 2, STATUS_READY, true);
    generation(s, 1, STATUS_READY, true);
    generation(s, 2, STATUS_DELETING, false);
    assert_int_equal(current(s), 1);
    state_close(s);
    s = state_try(t, false);
    assert_int_equal(current(s), 1);
    state_close(s);
}

static void without_one_that_serves_the_newest_made_one_counts(void **x)
{
    (void)x;
    struct state *s = state_try(t, true);
    generation(s, 1, STATUS_READY, true);
    generation(s, 2, STATUS_READY, false);
    generation(s, 3, STATUS_CREATING, false);
    assert_true(state_drop(s, STR("a.pool"), 1));
    assert_int_equal(current(s), 2);
    assert_true(state_drop(s, STR("a.pool"), 2));
    assert_int_equal(current(s), 3);
    state_close(s);
}

static void keeps_what_tells_objects_of_one_name_apart(void **x)
{
    (void)x;
    struct state *s = state_try(t, true);
    struct record r = state_a_record("a.pool", 1, STATUS_READY, "pool-1");
    r.uid = STR("ed51884c");
    r.retired = true;
    assert_true(state_put(s, &r));
    state_close(s);
    s = state_try(t, false);
    assert_str(state_get(s, STR("a.pool"))->uid, "ed51884c");
    assert_true(state_get(s, STR("a.pool"))->retired);
    state_close(s);
}

static void load(const char *stack, const char *name)
{
    static char text[1 << 20];
    char path[256], to[64];
    snprintf(path, sizeof path, "tests/data/state-0.1.0/%s/kc/sandbox/stacks/%s/%s", stack, stack, name);
    snprintf(to, sizeof to, FOLDER "/%s", name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text, f);
    fclose(f);
    test_world_put(t, to, str_dup(test_world_arena(t), (struct str){ text, n }));
}

/* 0.1.0 was killed while a pool was being replaced, and its newest record was the successor's. */
static void of_010_the_newest_that_was_ever_ready_serves(void **x)
{
    (void)x;
    load("midway", "state.json");
    load("midway", "journal");
    struct state *s = state_try(t, false);
    const struct record *r = state_get(s, STR("a.node_pool.g.group"));
    assert_int_equal(r->generation, 1);
    assert_int_equal(r->status, STATUS_READY);
    assert_int_equal(state_get_old(s, STR("a.node_pool.g.group"), 2)->status, STATUS_CREATING);
    assert_true(state_get(s, STR("a.node_role"))->serves);
    state_close(s);
}

/* An older kc would not know which generation serves: it must refuse what was written since, at once and not only after the next run. */
static void what_was_opened_for_writing_is_of_the_new_format(void **x)
{
    (void)x;
    struct str text;
    load("midway", "state.json");
    load("midway", "journal");
    struct state *s = state_try(t, true);
    struct str was = state_text(s, test_world_arena(t));
    test_world_crash(t, 0);
    state_lost(s);
    assert_true(test_world_file(t, FOLDER "/state.json", &text));
    assert_true(str_find(text, STR("\"format\":3")) != SIZE_MAX);
    assert_true(test_world_file(t, FOLDER "/journal", &text));
    assert_true(str_find(text, STR("\"format\":3")) != SIZE_MAX);
    s = state_try(t, false);
    assert_str(state_text(s, test_world_arena(t)), str_c(test_world_arena(t), was));
    state_close(s);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_successor_serves_when_it_is_ready),
        TEST(the_former_one_can_serve_again),
        TEST(without_one_that_serves_the_newest_made_one_counts),
        TEST(keeps_what_tells_objects_of_one_name_apart),
        TEST(of_010_the_newest_that_was_ever_ready_serves),
        TEST(what_was_opened_for_writing_is_of_the_new_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
