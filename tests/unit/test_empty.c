/* `empty` at work: what stands in an object is removed before it, page by page, whatever happens meanwhile. */
#include "shelf.h"

static const char forced[] = SHELF_TYPES "Box b { name = \"b\", force = true }\n";
static const char nothing[] = SHELF_TYPES;

static void it_is_emptied_page_by_page(void **state)
{
    (void)state;
    shelf->forgetful = true;
    kcl_must(shelf_kit, forced, KCL_APPLY, 0);
    shelf_fill(1003);
    for (int i = 0; i < 5; i++)
        shelf_add(0, 80000, i, true);                      /* they stay, and hold nobody up */
    shelf_grow_old();
    shelf->lists = 0;
    kcl_must(shelf_kit, nothing, KCL_APPLY, 0);
    assert_int_equal(shelf_boxes(), 0);
    assert_int_equal(shelf_alive(0), 5);
    assert_int_equal(shelf->largest, 40);
    assert_int_equal(shelf->removals, 10 * 3 + 1);         /* a page of a hundred goes by 40, 40, 20 */
    assert_int_equal(shelf->lists, 1 + 11 + 1);            /* the plan's, one for each page, one that shows that it is empty */
    assert_int_equal(shelf->lost, 0);
    assert_int_equal(kcl_records(shelf_kit), 0);
    assert_int_equal(shelf_kit->open, 0);
}

static void memory_does_not_grow_with_what_stands_in_it(void **state)
{
    size_t used[2], n[2] = { 1000, 20000 };
    for (int i = 0; i < 2; i++) {
        if (i)
            shelf_setup(state);
        kcl_must(shelf_kit, forced, KCL_APPLY, 0);
        shelf_fill(n[i]);
        shelf_grow_old();
        kcl_must(shelf_kit, nothing, KCL_APPLY, 0);
        used[i] = arena_used(shelf_kit->run);
        assert_int_equal(shelf_alive(0), 0);
        if (!i)
            shelf_teardown(state);
    }
    print_message("%zu bytes of memory for 1000 things, %zu for 20000\n", used[0], used[1]);
    assert_in_range((used[1] - used[0]) / (n[1] - n[0]), 0, 60); /* the calls that carry them, not what they carry */
}

static void what_could_not_be_removed_is_told(void **state)
{
    (void)state;
    kcl_must(shelf_kit, forced, KCL_APPLY, 0);
    shelf_fill(60);
    shelf->stuck = 15;                                     /* in the second batch */
    shelf_grow_old();
    kcl_must(shelf_kit, nothing, KCL_APPLY, 1);
    assert_true(kcl_says(shelf_kit, "RemoveParts left 3 of 20 in it: p00015: AccessDenied"));
    assert_int_equal(shelf_boxes(), 1);
    assert_int_equal(shelf_alive(0), 3);
    assert_int_equal(shelf_kit->open, 0);
    shelf->stuck = -1;
    kcl_must(shelf_kit, nothing, KCL_APPLY, 0);
    assert_int_equal(shelf_boxes(), 0);
}

static void who_writes_meanwhile_is_named(void **state)
{
    (void)state;
    kcl_must(shelf_kit, forced, KCL_APPLY, 0);
    shelf_fill(10);
    shelf->written = 2;
    shelf_grow_old();
    kcl_must(shelf_kit, nothing, KCL_APPLY, 1);
    assert_true(kcl_says(shelf_kit, "it does not get empty: after "));
    assert_true(kcl_says(shelf_kit, " stand in it again: version v0 of p90000, and more"));
    assert_int_equal(shelf_boxes(), 1);
    assert_in_range(shelf->removals, 4, 12);
    shelf->written = 0;
    kcl_must(shelf_kit, nothing, KCL_APPLY, 0);
    assert_int_equal(shelf_boxes(), 0);
}

static void a_removal_without_answer_is_listed_again(void **state)
{
    (void)state;
    for (unsigned at = 3; at < 12; at++) {
        if (at > 3)
            shelf_setup(state);
        kcl_must(shelf_kit, forced, KCL_APPLY, 0);
        shelf_fill(100);
        shelf_grow_old();
        shelf_kit->lose = shelf_kit->calls + at;
        kcl_must(shelf_kit, nothing, KCL_APPLY, 0);
        assert_int_equal(shelf_boxes(), 0);
        assert_int_equal(shelf_kit->open, 0);
        if (at < 11)
            shelf_teardown(state);
    }
}

static unsigned told;

static void on_progress(struct kcl_kit *kit, const struct op_report *r)
{
    (void)kit;
    told += str_starts(r->detail, STR("removes what stands in it: "));
}

static void progress_is_told(void **state)
{
    (void)state;
    kcl_must(shelf_kit, forced, KCL_APPLY, 0);
    shelf_fill(200);
    told = 0;
    shelf_kit->changed = on_progress;
    kcl_must(shelf_kit, nothing, KCL_APPLY, 0);
    assert_true(told >= 6);
}

static void interrupt(struct kcl_kit *kit, const struct op_report *r)
{
    if (str_starts(r->detail, STR("removes what stands in it: 80")))
        test_world_signal(kit->t);
}

static void ctrl_c_stops_between_calls(void **state)
{
    (void)state;
    kcl_must(shelf_kit, forced, KCL_APPLY, 0);
    shelf_fill(1000);
    shelf_grow_old();
    shelf_kit->changed = interrupt;
    kcl_must(shelf_kit, nothing, KCL_APPLY, 130);
    shelf_kit->changed = NULL;
    assert_int_equal(shelf_kit->open, 0);
    assert_in_range(shelf_alive(0), 500, 999);
    kcl_must(shelf_kit, nothing, KCL_APPLY, 0);
    assert_int_equal(shelf_boxes(), 0);
}

static void killed_anywhere_the_next_run_goes_on(void **state)
{
    unsigned n = 0;
    for (long at = 1;; at++, n++) {
        if (at > 1)
            shelf_setup(state);
        kcl_must(shelf_kit, forced, KCL_APPLY, 0);
        shelf_fill(230);
        shelf_grow_old();
        if (!kcl_killed(shelf_kit, nothing, KCL_APPLY, at))
            break;
        kcl_must(shelf_kit, nothing, KCL_APPLY, 0);
        assert_int_equal(shelf_boxes(), 0);
        assert_int_equal(shelf_alive(0), 0);
        assert_int_equal(kcl_records(shelf_kit), 0);
        shelf_teardown(state);
    }
    assert_in_range(n, 40, 400);
    print_message("killed %u times\n", n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(it_is_emptied_page_by_page),
        CASE(memory_does_not_grow_with_what_stands_in_it),
        CASE(what_could_not_be_removed_is_told),
        CASE(who_writes_meanwhile_is_named),
        CASE(a_removal_without_answer_is_listed_again),
        CASE(progress_is_told),
        CASE(ctrl_c_stops_between_calls),
        CASE(killed_anywhere_the_next_run_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
