/* test_sim_buckets.c - std/aws/s3 on the simulated S3: buckets that are full, and objects that must not be overwritten. */
#include "kctest.h"
#include "sim_test.h"
#include "stack.h"
#include <string.h>

/* Another hand in the same account. */
static struct sim_test hand(struct stack *s)
{
    return (struct sim_test){ .a = arena_new(), .models = s->models, .world = s->t, .sim = s->sim, .region = str_of(s->region) };
}

static struct stack *stack_of(const char *text)
{
    struct stack *s = stack_new("cluster.kcl", NULL);

    s->text = str_of(text);
    return s;
}

#define BUCKET "import \"std/aws/s3\" as s3\ns3.Bucket it { name = \"kc-full\", versioning = true"

static void fill(struct stack *s, unsigned versions, unsigned markers)
{
    for (unsigned i = 0; i < versions + markers; i++) {
        struct sim_test t = hand(s);

        if (i < versions)
            sim_ok(&t, "s3", "PutObject", sim_json(&t, "{'Bucket':'kc-full','Key':'k/%u','Body':'%u'}", i % 10, i));
        else
            sim_ok(&t, "s3", "DeleteObject", sim_json(&t, "{'Bucket':'kc-full','Key':'k/%u'}", i % 10));
        arena_free(t.a);
    }
}

static size_t calls_of(struct stack *s, const char *op)
{
    const struct sim_call *v;
    size_t n = sim_calls(s->sim, &v), found = 0;

    for (size_t i = 0; i < n; i++)
        found += str_is(v[i].op, op);
    return found;
}

static void a_full_bucket_goes_only_when_its_block_says_so(void **state)
{
    struct stack *s = stack_of(BUCKET " }\n");

    (void)state;
    stack_must(s, STACK_APPLY, 0);
    fill(s, 2900, 100);
    assert_int_equal(sim_count(s->sim, STR("s3.version")), 3000);
    stack_must(s, STACK_DESTROY, 1);
    assert_true(str_find(s->why, STR("E0616")) != SIZE_MAX);
    assert_int_equal(calls_of(s, "DeleteObjects") + calls_of(s, "DeleteBucket"), 0);
    assert_int_equal(sim_count(s->sim, STR("s3.version")), 3000);
    s->text = STR(BUCKET ", force = true }\n");
    stack_must(s, STACK_APPLY, 0);
    stack_must(s, STACK_DESTROY, 0);
    assert_int_equal(sim_count(s->sim, STR("")), 0);
    assert_int_equal(calls_of(s, "DeleteObjects"), 3);
    stack_free(s);
}

/* ---- objects ---- */

#define LOCK "import \"std/aws/s3\" as s3\ns3.Bucket home { name = \"kc-home\", versioning = true }\n" \
             "s3.Object lock { bucket = home.name, key = \"init\", body = \"%s\" }\n"

static const char *lock_file(struct arena *a, const char *dir, const char *body)
{
    stack_write(dir, "lock.kcl", str_fmt(a, LOCK, body));
    return str_c(a, str_fmt(a, "%s/lock.kcl", dir));
}

/* With versions a bucket remembers every time that something was put into it. */
static void killed_anywhere_an_object_is_put_once(void **state)
{
    struct arena *a = arena_new();
    const char *dir = stack_dir();
    struct child made = stack_child(a, dir, lock_file(a, dir, "one"), STACK_APPLY, 0), put = stack_child(a, dir, lock_file(a, dir, "two"), STACK_APPLY, 0);

    (void)state;
    assert_int_equal(made.exit_code + put.exit_code, 0);
    for (long k = 1; k <= made.effects + put.effects; k++) {
        bool first = k <= made.effects;

        dir = stack_dir();
        if (!first)
            assert_int_equal(stack_child(a, dir, lock_file(a, dir, "one"), STACK_APPLY, 0).exit_code, 0);
        const char *file = lock_file(a, dir, first ? "one" : "two");
        assert_int_equal(stack_child(a, dir, file, STACK_APPLY, first ? k : k - made.effects).exit_code, 137);
        struct child next = stack_child(a, dir, file, STACK_APPLY, 0);
        if (next.exit_code != 0 || !str_eq(next.account, first ? made.account : put.account))
            fail_msg("killed at effect %ld: exit %d: %.*s\n%.*s", k, next.exit_code, STR_ARG(next.why), STR_ARG(next.account));
    }
    stack_dir_remove();
    arena_free(a);
}

static void an_object_that_somebody_else_put_stays(void **state)
{
    struct stack *s = stack_of("import \"std/aws/s3\" as s3\ns3.Bucket home { name = \"kc-home\", versioning = true }\n");

    (void)state;
    stack_must(s, STACK_APPLY, 0);
    struct sim_test t = hand(s);
    sim_ok(&t, "s3", "PutObject", sim_json(&t, "{'Bucket':'kc-home','Key':'init','Body':'theirs'}"));
    s->text = str_fmt(s->a, LOCK, "ours");
    stack_must(s, STACK_APPLY, 1);
    assert_true(str_find(s->problems, STR("lock")) != SIZE_MAX);
    assert_int_equal(calls_of(s, "PutObject"), 2);         /* theirs, and ours with If-None-Match */
    assert_int_equal(sim_count(s->sim, STR("s3.version")), 1);
    arena_free(t.a);
    stack_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_bucket_goes_only_when_its_block_says_so),
        cmocka_unit_test(killed_anywhere_an_object_is_put_once),
        cmocka_unit_test(an_object_that_somebody_else_put_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
