/* Conditional writes to simulated S3: who is told of a race with others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim_test.h"

enum { WRITES = 500 };

/* How many of so many first writes of an object meet a race. */
static unsigned races(bool served)
{
    struct sim_test *t = sim_test_new(&(struct sim_options){ .seed = 7, .served = served });
    unsigned lost = 0;

    sim_ok(t, "s3", "CreateBucket", "{\"Bucket\":\"bkt\",\"CreateBucketConfiguration\":{\"LocationConstraint\":\"eu-west-1\"}}");
    for (int i = 0; i < WRITES; i++) {
        struct answer_error e = sim_call_error(t, "s3", "PutObject", sim_json(t, "{'Bucket':'bkt','Key':'%d','Body':'','IfNoneMatch':'*'}", i));

        lost += str_is(e.code, "ConditionalRequestConflict");
        assert_true(!e.code.n || str_is(e.code, "ConditionalRequestConflict"));
    }
    assert_non_null(sim_ok(t, "s3", "HeadBucket", "{\"Bucket\":\"bkt\"}"));
    sim_test_free(t);
    return lost;
}

static void some_writers_race(void **state)
{
    unsigned lost = races(false);

    (void)state;
    assert_in_range(lost, 1, WRITES / 10);
}

static void in_a_served_account_there_are_no_others(void **state)
{
    (void)state;
    assert_int_equal(races(true), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(some_writers_race), cmocka_unit_test(in_a_served_account_there_are_no_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
