/* Arenas, slices, buffers, vectors and maps. */
#include "kctest.h"
#include "kc/map.h"
#include "kc/vec.h"
#include "sanitized.h"

static void arena_gives_zeroed_aligned_memory(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    for (size_t n = 0; n < 3000; n += 7) {
        char *p = arena_alloc(a, n);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xee, n);
    }
    assert_non_null(arena_alloc(a, 10 << 20));
    assert_true(arena_used(a) > 10 << 20);
    arena_free(a);
    arena_free(NULL);
}

/* What the kernel says of the mapping that holds `p`. */
static bool mapped_as(const void *p, const char *flag)
{
    char line[512];
    bool here = false, found = false;
    FILE *f = fopen("/proc/self/smaps", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        unsigned long lo, hi;
        if (sscanf(line, "%lx-%lx ", &lo, &hi) == 2)
            here = (uintptr_t)p >= lo && (uintptr_t)p < hi;
        found = found || (here && !strncmp(line, "VmFlags:", 8) && strstr(line, flag));
    }
    fclose(f);
    return found;
}

static void what_is_secret_is_in_no_core_and_goes_as_a_whole(void **state)
{
    (void)state;
    struct arena *a = arena_secret();
    char *small = arena_alloc(a, 40), *large = arena_alloc(a, 100000);
    memset(large, 's', 100000);
    assert_true(mapped_as(small, " dd") && mapped_as(large, " dd"));
    assert_true(SANITIZED || mapped_as(small, " lo"));     /* sanitizers leave mlock out */
    assert_false(mapped_as(state, " dd"));
    arena_free(a);
    assert_false(mapped_as(small, "rd") || mapped_as(large, "rd"));
}

static void slices_compare_and_cut(void **state)
{
    (void)state;
    assert_true(str_cmp(STR("a"), STR("ab")) < 0);
    assert_true(str_cmp(STR("b"), STR("ab")) > 0);
    assert_true(str_eq(STR_NONE, STR("")));
    assert_true(str_starts(STR("vpc-1"), STR("vpc-")) && !str_starts(STR("vp"), STR("vpc-")));
    assert_true(str_ends(STR("a.kcl"), STR(".kcl")) && !str_ends(STR("kcl"), STR(".kcl")));
    assert_true(str_caseeq(STR("AbC"), STR("aBc")));
    assert_int_equal(str_find(STR("hello"), STR("lo")), 3);
    assert_true(str_find(STR("hello"), STR("xx")) == SIZE_MAX);
    assert_str(str_trim(STR(" \t x y \n")), "x y");
    assert_str(str_folder(STR("/a/b")), "/a");
    assert_str(str_folder(STR("/a")), "/");
    assert_str(str_folder(STR("a")), ".");
    assert_str(str_sub(STR("abc"), 1, 99), "bc");
    struct str rest = STR("a,,b"), part;
    assert_true(str_cut(&rest, ',', &part));
    assert_str(part, "a");
    assert_true(str_cut(&rest, ',', &part));
    assert_str(part, "");
    assert_true(str_cut(&rest, ',', &part));
    assert_str(part, "b");
    assert_false(str_cut(&rest, ',', &part));
}

static void integers_are_read_whole(void **state)
{
    (void)state;
    int64_t x;
    assert_true(str_int(STR("-9223372036854775808"), &x) && x == INT64_MIN);
    assert_true(str_int(STR("9223372036854775807"), &x) && x == INT64_MAX);
    assert_false(str_int(STR("9223372036854775808"), &x));
    assert_false(str_int(STR(""), &x) || str_int(STR("-"), &x) || str_int(STR("1x"), &x) || str_int(STR(" 1"), &x));
}

static void distance_is_for_typing_slips(void **state)
{
    (void)state;
    assert_int_equal(str_distance(STR("nodes"), STR("node"), 3), 1);
    assert_int_equal(str_distance(STR("cidr_block"), STR("CidrBlock"), 3), 0);
    assert_int_equal(str_distance(STR("instnace"), STR("instance"), 3), 1);
    assert_int_equal(str_distance(STR("abc"), STR("xyz"), 2), 3);
    assert_int_equal(str_distance(STR(""), STR("ab"), 3), 2);
}

static void utf8_is_checked(void **state)
{
    (void)state;
    assert_true(str_utf8(STR("gr\xc3\xbc\xc3\x9f \xf0\x9f\x8c\x8d")));
    assert_false(str_utf8(STR("\xc0\xaf")) || str_utf8(STR("\xed\xa0\x80")) || str_utf8(STR("\xf4\x90\x80\x80")) || str_utf8(STR("\xe2\x82")));
}

static void buffers_fail_once_at_their_limit(void **state)
{
    (void)state;
    struct buf b = { .limit = 100 };
    buf_fmt(&b, "%d-%s", 7, "x");
    assert_str(buf_view(&b), "7-x");
    for (int i = 0; i < 50; i++)
        buf_cstr(&b, "abc");
    assert_true(b.failed && b.n <= 100);
    buf_fini(&b);
    assert_false(b.failed);
    struct arena *a = arena_new();
    buf_cstr(&b, "kept");
    assert_str(buf_take(&b, a), "kept");
    arena_free(a);
}

static void map_keeps_order_and_forgets(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct map m = { 0 };
    assert_null(map_get(&m, STR("x")));
    for (size_t i = 0; i < 10000; i++)
        assert_null(map_put(&m, str_fmt(a, "key%zu", i), (void *)(uintptr_t)(i + 1)));
    for (size_t i = 0; i < 10000; i += 2)
        map_del(&m, str_fmt(a, "key%zu", i));
    assert_int_equal(m.live, 5000);
    for (size_t i = 0; i < 10000; i++)
        assert_int_equal((uintptr_t)map_get(&m, str_fmt(a, "key%zu", i)), i % 2 ? i + 1 : 0);
    assert_int_equal((uintptr_t)map_put(&m, STR("key1"), (void *)99), 2);
    map_put(&m, STR("key0"), (void *)7);
    struct str last = STR_NONE;
    for (size_t i = 0; i < m.n; i++)
        if (m.e[i].live)
            last = m.e[i].key;
    assert_str(last, "key0");
    for (size_t i = 0; i < 40000; i++) {                   /* put and delete for ever must not grow without end */
        map_put(&m, STR("again"), (void *)1);
        map_del(&m, STR("again"));
    }
    assert_true(m.n < 40000);
    map_fini(&m);
    arena_free(a);
}

static void vectors_grow(void **state)
{
    (void)state;
    struct vec v = { 0 };
    assert_null(vec_pop(&v));
    for (uintptr_t i = 1; i < 1000; i++)
        vec_add(&v, (void *)i);
    assert_int_equal((uintptr_t)vec_pop(&v), 999);
    vec_fini(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_gives_zeroed_aligned_memory), cmocka_unit_test(what_is_secret_is_in_no_core_and_goes_as_a_whole),
        cmocka_unit_test(slices_compare_and_cut),
        cmocka_unit_test(integers_are_read_whole), cmocka_unit_test(distance_is_for_typing_slips), cmocka_unit_test(utf8_is_checked),
        cmocka_unit_test(buffers_fail_once_at_their_limit), cmocka_unit_test(map_keeps_order_and_forgets),
        cmocka_unit_test(vectors_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
