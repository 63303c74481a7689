/* `empty` in a plan: what stands in an object is refused by name, guarded, or said to go first. */
#include "shelf.h"

static const char kept[] = SHELF_TYPES "Box b { name = \"b\" }\n";
static const char forced[] = SHELF_TYPES "Box b { name = \"b\", force = true }\n";
static const char renamed[] = SHELF_TYPES "Box b { name = \"c\" }\n";
static const char renamed_forced[] = SHELF_TYPES "Box b { name = \"c\", force = true }\n";
static const char nothing[] = SHELF_TYPES;

static void what_stands_in_it_is_refused_by_name(void **state)
{
    (void)state;
    kcl_must(shelf_kit, kept, KCL_APPLY, 0);
    shelf_fill(4);
    shelf_grow_old();
    kcl_must(shelf_kit, nothing, KCL_PLAN, 1);
    assert_int_equal(shelf_kit->code, DIAG_E0616);
    assert_true(kcl_says(shelf_kit, "b cannot go: in it stand 4 that would go with it: version v0 of p00000, version v1 of p00000, version v2 of p00000, version v0 of p00001"));
    assert_true(kcl_says(shelf_kit, "put its block back with `force = true`"));
    kcl_must(shelf_kit, nothing, KCL_DESTROY, 1);
    assert_int_equal(shelf_kit->code, DIAG_E0616);
    assert_int_equal(shelf_alive(0), 4);
    kcl_must(shelf_kit, renamed, KCL_PLAN, 1);             /* a replacement loses them too */
    assert_true(kcl_says(shelf_kit, "write `force = true` in its block"));
    for (size_t i = 0; i < 4; i++)
        shelf->parts[i].gone = true;
    kcl_must(shelf_kit, nothing, KCL_APPLY, 0);            /* nothing in it: nobody is asked for anything */
    assert_int_equal(shelf_boxes(), 0);
    assert_int_equal(shelf->removals, 0);
}

static void only_the_first_page_is_read_for_a_plan(void **state)
{
    (void)state;
    kcl_must(shelf_kit, forced, KCL_APPLY, 0);
    shelf_fill(1234);
    shelf->lists = 0;
    kcl_must(shelf_kit, nothing, KCL_PLAN, 2);
    assert_int_equal(shelf->lists, 1);
    const struct plan_item *x = kcl_item(shelf_kit, "b", ACTION_DELETE);
    assert_int_equal(x->ninside, 1);
    assert_int_equal(x->inside[0].n, SHELF_PAGE);
    assert_true(x->inside[0].more);
    assert_true(str_find(kcl_plan_text(shelf_kit), STR("emptied first: more than 100 things: version v0 of p00000")) != SIZE_MAX);
}

/* A page may show nothing that goes, and the next one does. */
static void a_page_without_any_says_nothing_of_the_next(void **state)
{
    (void)state;
    kcl_must(shelf_kit, kept, KCL_APPLY, 0);
    for (int i = 0; i < SHELF_PAGE + 20; i++)
        shelf_add(0, i, 0, true);
    kcl_must(shelf_kit, nothing, KCL_PLAN, 2);
    shelf_add(0, 70000, 0, false);
    kcl_must(shelf_kit, nothing, KCL_PLAN, 1);
    assert_true(kcl_says(shelf_kit, "in it stands 1 that would go with it: version v0 of p70000"));
}

static void what_goes_with_it_is_guarded_however_little_the_plan_sees(void **state)
{
    (void)state;
    kcl_must(shelf_kit, forced, KCL_APPLY, 0);
    shelf_grow_old();
    kcl_must(shelf_kit, nothing, KCL_PLAN, 2);
    assert_int_equal(shelf_kit->plan->nguards, 1);
    assert_str(shelf_kit->plan->guards[0].why, "lost with it: what stands in it by then (nothing now)");
    shelf_fill(2);
    kcl_must(shelf_kit, renamed_forced, KCL_PLAN, 2);
    assert_int_equal(shelf_kit->plan->nguards, 1);
    assert_str(shelf_kit->plan->guards[0].what, "replaces it");
    assert_str(shelf_kit->plan->guards[0].why, "lost with it: 2 things in it");
    kcl_must(shelf_kit, nothing, KCL_DESTROY, 0);          /* says its intent itself */
    assert_int_equal(shelf_kit->plan->nguards, 0);
    assert_int_equal(kcl_item(shelf_kit, "b", ACTION_DELETE)->inside[0].n, 2);
    assert_int_equal(shelf_boxes(), 0);
}

static void the_block_counts_before_the_record(void **state)
{
    (void)state;
    kcl_must(shelf_kit, kept, KCL_APPLY, 0);
    shelf_fill(2);
    shelf_grow_old();
    kcl_must(shelf_kit, renamed_forced, KCL_APPLY, 0);     /* force, written with the very change that needs it */
    assert_int_equal(shelf_boxes(), 1);
    assert_int_equal(shelf_alive(0), 0);
    kcl_must(shelf_kit, renamed, KCL_APPLY, 0);            /* taken back: the record's word is the last one applied */
    shelf_add(1, 0, 0, false);
    shelf_grow_old();
    kcl_must(shelf_kit, nothing, KCL_PLAN, 1);
}

static void what_goes_by_itself_is_no_loss(void **state)
{
    static const char with_part[] = SHELF_TYPES "Box b { name = \"b\" }\nPart p { box = b.id, name = \"own\" }\n";
    (void)state;
    kcl_must(shelf_kit, with_part, KCL_APPLY, 0);
    shelf_grow_old();
    assert_int_equal(shelf_alive(0), 1);
    kcl_must(shelf_kit, nothing, KCL_APPLY, 0);
    assert_int_equal(shelf_boxes(), 0);
}

/* The file names the box in plain text: the part does not go with it by any operation of the plan, and would be lost. */
static void what_the_plan_leaves_in_it_is_a_loss(void **state)
{
    static const char with_part[] = SHELF_TYPES "Box b { name = \"b\" }\nPart p @after(b) { box = \"box-1\", name = \"own\" }\n";
    static const char part_alone[] = SHELF_TYPES "Part p { box = \"box-1\", name = \"own\" }\n";
    (void)state;
    kcl_must(shelf_kit, with_part, KCL_APPLY, 0);
    shelf_grow_old();
    kcl_must(shelf_kit, part_alone, KCL_PLAN, 1);
    assert_int_equal(shelf_kit->code, DIAG_E0616);
}

static void without_asking_all_that_stands_in_it_counts(void **state)
{
    (void)state;
    kcl_must(shelf_kit, forced, KCL_APPLY, 0);
    shelf_fill(3);
    shelf_kit->trust_state = true;
    kcl_must(shelf_kit, nothing, KCL_PLAN, 2);
    assert_str(shelf_kit->plan->guards[0].why, "lost with it: what stands in it");
    kcl_must(shelf_kit, nothing, KCL_APPLY, 0);
    assert_int_equal(shelf_boxes(), 0);
}

static void the_estimate_counts_it(void **state)
{
    (void)state;
    kcl_must(shelf_kit, forced, KCL_APPLY, 0);
    kcl_must(shelf_kit, nothing, KCL_PLAN, 2);
    int64_t before = shelf_kit->plan->estimate;
    shelf_fill(100);                                       /* three batches of forty, listed and removed */
    kcl_must(shelf_kit, nothing, KCL_PLAN, 2);
    assert_int_equal(shelf_kit->plan->estimate - before, 3 * 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_stands_in_it_is_refused_by_name),
        CASE(only_the_first_page_is_read_for_a_plan),
        CASE(a_page_without_any_says_nothing_of_the_next),
        CASE(what_goes_with_it_is_guarded_however_little_the_plan_sees),
        CASE(the_block_counts_before_the_record),
        CASE(what_goes_by_itself_is_no_loss),
        CASE(what_the_plan_leaves_in_it_is_a_loss),
        CASE(without_asking_all_that_stands_in_it_counts),
        CASE(the_estimate_counts_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
