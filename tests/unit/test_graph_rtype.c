/* Resource types as JSON: everything that state needs comes back. */
#include "expr_help.h"
#include "kc/rtype.h"

static const struct rtype *sample(void)
{
    static struct rfield fields[2];
    static struct rout outs[1];
    static struct rstep steps[4];
    static struct rassign sets[1];
    static struct str on[1], renews[1], gone[1], busy[1], exists[1], retry[1], both[2];
    static const struct str *unique[1];
    static const size_t nunique[1] = { 2 };
    static struct rsettle settling[1];
    static struct rtype t;
    on[0] = STR("tags"), renews[0] = STR("id"), gone[0] = STR("NotFound"), busy[0] = STR("DependencyViolation"), exists[0] = STR("Exists"), retry[0] = STR("Try");
    both[0] = STR("vpc"), both[1] = STR("cidr");
    unique[0] = both;
    settling[0] = (struct rsettle){ STR("InvalidParameterValue"), STR("role") };
    fields[0] = (struct rfield){ .name = STR("cidr"), .wire = STR("CidrBlock"), .type = &type_cidr4, .replace = true, .identity = true };
    fields[1] = (struct rfield){ .name = STR("tags"), .type = type_map(test_arena, &type_string), .dflt = trm("{}"), .owned_keys = true, .disruptive = true, .initial = true, .write_only = true };
    outs[0] = (struct rout){ .name = STR("id"), .wire = STR("VpcId"), .type = &type_string, .identity = true };
    sets[0] = (struct rassign){ STR("id"), trm("[\"field\",[\"param\",\"reply\"],\"VpcId\"]") };
    steps[0] = (struct rstep){ .kind = STEP_CREATE, .op = STR("CreateVpc"), .send = trm("[\"object\",[\"CidrBlock\",[\"param\",\"cidr\"]]]"), .sets = sets, .nsets = 1 };
    steps[1] = (struct rstep){ .kind = STEP_READ, .op = STR("DescribeVpcs"), .each = trm("[\"param\",\"reply\"]"), .key = trm("[\"param\",\"it\"]"), .many = true };
    steps[2] = (struct rstep){ .kind = STEP_FIND, .op = STR("DescribeVpcs"), .by = FIND_TAG };
    steps[3] = (struct rstep){ .kind = STEP_UPDATE, .op = STR("CreateTags"), .on = on, .non = 1, .renews = renews, .nrenews = 1, .over = trm("[\"param\",\"x\"]"), .when = trm("true") };
    steps[3].wait = (struct rwait){ STR("DescribeUpdate"), trm("{}"), trm("true"), trm("false"), trm("\"why\"") };
    t = (struct rtype){ .name = STR("std/aws/ec2.Vpc"), .service = STR("ec2"), .fields = fields, .nfields = 2, .outs = outs, .nouts = 1, .steps = steps, .nsteps = 4,
        .until = trm("true"), .failed = trm("false"), .why = trm("\"x\""), .gone = gone, .busy = busy, .exists = exists, .retry = retry, .ngone = 1, .nbusy = 1, .nexists = 1, .nretry = 1,
        .settling = settling, .nsettling = 1, .unique = unique, .nunique_fields = nunique, .nunique = 1, .lane = trm("[\"param\",\"cluster\"]"),
        .usual_create = 2000, .usual_update = 3, .usual_delete = 1000, .lookup = true, .std = true, .tags = STR("tags"), .tag_kind = STR("spec") };
    return &t;
}

static void everything_comes_back(void **state)
{
    (void)state;
    struct str json = val_json(rtype_to_json(test_arena, sample()));
    const struct rtype *t = rtype_from_json(test_arena, val(str_c(test_arena, json)));
    assert_non_null(t);
    assert_str(val_json(rtype_to_json(test_arena, t)), str_c(test_arena, json));
    assert_str(rtype_field(t, STR("cidr"))->wire, "CidrBlock");
    assert_true(rtype_field(t, STR("tags"))->owned_keys && rtype_field(t, STR("tags"))->dflt);
    assert_null(rtype_field(t, STR("nope")));
    assert_true(rtype_out(t, STR("id"))->identity);
    assert_str(rtype_step(t, STEP_UPDATE, 0)->wait.op, "DescribeUpdate");
    assert_int_equal(rtype_step(t, STEP_FIND, 0)->by, FIND_TAG);
    assert_null(rtype_step(t, STEP_READ, 1));
    assert_int_equal(t->nunique_fields[0], 2);
    assert_str(t->settling[0].field, "role");
    assert_int_equal(t->usual_delete, 1000);
}

static void broken_ones_are_refused(void **state)
{
    (void)state;
    const struct value *good = rtype_to_json(test_arena, sample());
    for (size_t i = 0; i < good->object.n; i++) {          /* each member of a wrong kind */
        const struct value *bad = value_with(test_arena, good, good->object.v[i].key, value_float(test_arena, 1.5));
        bool is_term = str_is(good->object.v[i].key, "until") || str_is(good->object.v[i].key, "failed") || str_is(good->object.v[i].key, "why") || str_is(good->object.v[i].key, "lane");
        if (!is_term && rtype_from_json(test_arena, bad))  /* a number is a constant term */
            fail_msg("taken with a number as %.*s", STR_ARG(good->object.v[i].key));
    }
    assert_null(rtype_from_json(test_arena, val("{}")));
    assert_null(rtype_from_json(test_arena, val("[]")));
    assert_null(rtype_from_json(test_arena, val("{\"name\":\"x\",\"service\":\"y\",\"steps\":[{\"kind\":\"jump\",\"op\":\"x\"}]}")));
    assert_null(rtype_from_json(test_arena, val("{\"name\":\"x\",\"service\":\"y\",\"fields\":[5]}")));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(everything_comes_back), cmocka_unit_test(broken_ones_are_refused) };
    return cmocka_run_group_tests(tests, test_arena_setup, test_arena_teardown);
}
