/* test_state_types.c - the texts of resource types in state: each kept once, for as long as a record is of the type, and not believed when altered. */
#include "kctest.h"
#include "kc/hash.h"
#include "state_help.h"

static const struct rpart two_parts[] = { { { "std/x.kcl", 9 }, { "fn a(x: int) = x", 16 } }, { { "own.kcl", 7 }, { "resource A @aws(\"q\") {\n}", 24 } } };
static const struct rpart other_parts[] = { { { "std/x.kcl", 9 }, { "fn a(x: int) = x", 16 } }, { { "own.kcl", 7 }, { "resource B @aws(\"q\") {\n}", 24 } } };

static struct rsource text_of(const char *name, const struct rpart *parts)
{
    return (struct rsource){ str_of(name), 1, parts, 2 };
}

static void put_of(struct state *s, const char *addr, const char *type)
{
    struct record r = state_a_record(addr, 1, STATUS_READY, "x-1");
    r.type = str_of(type);
    assert_true(state_put(s, &r));
}

static size_t count(struct str text, const char *what)
{
    size_t n = 0;
    for (size_t at; (at = str_find(text, str_of(what))) != SIZE_MAX; n++)
        text = str_sub(text, at + 1, text.n);
    return n;
}

static struct str file(struct test_world *t, const char *path)
{
    struct str text = STR_NONE;
    assert_true(test_world_file(t, path, &text));
    return text;
}

/* After a clean end it stands in the snapshot, after a crash in the journal; what two types share is there once. */
static void a_text_is_kept_once(void **x)
{
    (void)x;
    for (int crash = 0; crash < 2; crash++) {
        struct test_world *t = test_world_new();
        struct state *s = state_try(t, true);
        struct rsource a = text_of("own.A", two_parts), b = text_of("own.B", other_parts);
        assert_true(state_keep_type(s, &a) && state_keep_type(s, &b) && state_keep_type(s, &a));
        put_of(s, "a", "own.A");
        put_of(s, "b", "own.B");
        if (crash)
            assert_true(state_sync(s)), test_world_crash(t, 0), state_lost(s);
        else
            state_close(s);
        struct str text = file(t, crash ? FOLDER "/journal" : FOLDER "/state.json");
        assert_int_equal(count(text, "fn a(x: int) = x"), 1);
        assert_int_equal(count(text, "\"t\":\"type\""), 2);
        s = state_try(t, false);
        assert_true(state_source(s, STR("own.A")) && rsource_eq(state_source(s, STR("own.A")), &a));
        assert_true(state_source(s, STR("own.B")) && rsource_eq(state_source(s, STR("own.B")), &b));
        assert_null(state_source(s, STR("own.C")));
        state_close(s);
        test_world_free(t);
    }
}

/* Changed, the new text stands for the old one; changed back in the same run too. */
static void a_changed_text_takes_the_place(void **x)
{
    (void)x;
    struct test_world *t = test_world_new();
    struct state *s = state_try(t, true);
    struct rsource a = text_of("own.A", two_parts), b = text_of("own.A", other_parts), later = a;
    later.language = 2;
    put_of(s, "a", "own.A");
    assert_true(state_keep_type(s, &a) && state_keep_type(s, &b));
    assert_true(rsource_eq(state_source(s, STR("own.A")), &b));
    assert_true(state_keep_type(s, &a));
    state_close(s);
    s = state_try(t, true);
    assert_true(rsource_eq(state_source(s, STR("own.A")), &a));
    assert_int_equal(count(file(t, FOLDER "/state.json"), "resource B"), 0);
    assert_true(state_keep_type(s, &later));
    state_close(s);
    s = state_try(t, false);
    assert_int_equal(state_source(s, STR("own.A"))->language, 2);
    state_close(s);
    test_world_free(t);
}

static void what_no_record_has_is_forgotten(void **x)
{
    (void)x;
    struct test_world *t = test_world_new();
    struct state *s = state_try(t, true);
    struct rsource a = text_of("own.A", two_parts), b = text_of("own.B", other_parts);
    struct intent i = state_an_intent("c", 1, "op");
    i.type = STR("own.B");
    assert_true(state_keep_type(s, &a) && state_keep_type(s, &b));
    put_of(s, "a", "own.A");
    assert_true(state_intent(s, &i));
    state_close(s);
    s = state_try(t, true);
    assert_non_null(state_source(s, STR("own.A")));
    assert_non_null(state_source(s, STR("own.B")));        /* an open intent has it */
    assert_true(state_drop(s, STR("a"), 1));
    assert_non_null(state_source(s, STR("own.A")));        /* until the end of the run */
    state_close(s);
    s = state_try(t, false);
    assert_null(state_source(s, STR("own.A")));
    assert_int_equal(count(file(t, FOLDER "/state.json"), "resource A"), 0);
    state_close(s);
    test_world_free(t);
}

static enum state_error opened(struct test_world *t, const char *entries, struct state **s, struct str *why)
{
    struct arena *a = test_world_arena(t);
    struct str body = str_fmt(a, "%s\n]}\n", entries);
    test_world_put(t, FOLDER "/state.json",
                   str_fmt(a, "{\"kc\":\"state\",\"format\":2,\"serial\":3,\"lineage\":\"l\",\"salt\":\"s\",\"bytes\":%zu,\"sha256\":\"%.*s\",\"entries\":[\n%.*s", body.n,
                           STR_ARG(sha256_hex(a, body)), STR_ARG(body)));
    return state_open(test_world(t), state_store(t), false, s, a, why);
}

#define TEXT "{\"digest\":\"ca978112ca1bbdcafac231b39a23dc4d\",\"t\":\"text\",\"text\":\"a\"}"
#define PARTS "[[\"p.kcl\",\"ca978112ca1bbdcafac231b39a23dc4d\"]]"

static void altered_texts_are_refused(void **x)
{
    (void)x;
    static const char *const bad[] = {
        "{\"digest\":\"ca978112ca1bbdcafac231b39a23dc4d\",\"t\":\"text\",\"text\":\"b\"}", "{\"digest\":\"\",\"t\":\"text\",\"text\":\"b\"}", "{\"t\":\"text\",\"text\":\"b\"}",
        "{\"digest\":\"ca978112ca1bbdcafac231b39a23dc4d\",\"t\":\"text\"}", "{\"language\":1,\"name\":\"p.A\",\"parts\":" PARTS ",\"t\":\"type\"}",
        TEXT ",\n{\"name\":\"p.A\",\"parts\":" PARTS ",\"t\":\"type\"}", TEXT ",\n{\"language\":0,\"name\":\"p.A\",\"parts\":" PARTS ",\"t\":\"type\"}",
        TEXT ",\n{\"language\":1,\"parts\":" PARTS ",\"t\":\"type\"}", TEXT ",\n{\"language\":1,\"name\":\"p.A\",\"parts\":[],\"t\":\"type\"}",
        TEXT ",\n{\"language\":1,\"name\":\"p.A\",\"parts\":[[\"p.kcl\"]],\"t\":\"type\"}", TEXT ",\n{\"language\":1,\"name\":\"p.A\",\"parts\":[5],\"t\":\"type\"}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct test_world *t = test_world_new();
        struct state *s;
        struct str why;
        if (opened(t, bad[i], &s, &why) != STATE_CORRUPT)
            fail_msg("taken: %s", bad[i]);
        assert_true(str_find(why, STR("a kept ")) != SIZE_MAX);
        test_world_free(t);
    }
}

/* Types that were kept compiled, by kc before this one, are passed over; the rest of that state is read. */
static void compiled_types_are_passed_over(void **x)
{
    (void)x;
    struct test_world *t = test_world_new();
    struct state *s;
    struct str why;
    assert_int_equal(opened(t, TEXT ",\n{\"language\":1,\"name\":\"p.A\",\"parts\":" PARTS ",\"t\":\"type\"},\n"
                               "{\"t\":\"type\",\"type\":{\"name\":\"p.Old\",\"service\":\"ec2\",\"until\":[\"param\",\"live\"]}},\n{\"t\":\"gen\",\"addr\":\"x\",\"gen\":4}", &s, &why), STATE_OK);
    assert_non_null(state_source(s, STR("p.A")));
    assert_null(state_source(s, STR("p.Old")));
    assert_int_equal(state_generation(s, STR("x")), 4);
    state_close(s);
    test_world_free(t);
}

/* A record holds what is known: an unknown value would come back as something else. */
static void what_is_not_known_is_not_recorded(void **x)
{
    (void)x;
    struct test_world *t = test_world_new();
    struct state *s = state_try(t, true);
    struct arena *a = test_world_arena(t);
    struct record r = state_a_record("a", 1, STATUS_READY, "x-1");
    struct pair p = { STR("later"), value_unknown(a, term_ref(a, STR("b"), STR("id"), &type_string, SPAN_NONE), &type_string, PHASE_APPLY) };
    r.inputs = value_object(a, &p, 1);
    assert_false(state_put(s, &r));
    assert_true(str_find(state_problem(s), STR("not known yet")) != SIZE_MAX);
    state_close(s);
    test_world_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_kept_once), cmocka_unit_test(a_changed_text_takes_the_place), cmocka_unit_test(what_no_record_has_is_forgotten),
        cmocka_unit_test(altered_texts_are_refused), cmocka_unit_test(compiled_types_are_passed_over), cmocka_unit_test(what_is_not_known_is_not_recorded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
