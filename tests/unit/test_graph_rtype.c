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
    static struct rfield desired[3];
    static struct rparent parents[1];
    static struct rchain chains[2];
    static struct radjust adjusts[1];
    static struct rstep more[7];
    memcpy(more, steps, sizeof steps);
    memcpy(desired, fields, sizeof fields);
    desired[2] = (struct rfield){ .name = STR("desired"), .type = &type_int, .shared = true };
    outs[0].renewed = true, outs[0].value = trm("[\"param\",\"cidr\"]");
    parents[0] = (struct rparent){ STR("std/aws/eks.Cluster"), trm("{\"name\":\"c\"}"), SPAN_NONE };
    chains[0] = (struct rchain){ .field = STR("version"), .steps = trm("[\"param\",\"now\"]"), .refuse = trm("null"), .note = trm("\"n\"") };
    chains[1] = (struct rchain){ .field = STR("cidr"), .after = STR("version"), .lag = 3 };
    adjusts[0] = (struct radjust){ STR("cidr"), trm("[\"param\",\"cidr\"]"), SPAN_NONE };
    more[4] = (struct rstep){ .kind = STEP_RETIRE, .op = STR("Taint"), .gone = { gone, 1 }, .busy = { busy, 1 }, .exists = { exists, 1 }, .retry = { retry, 1 } };
    more[5] = (struct rstep){ .kind = STEP_HOLDER, .op = STR("List"), .each = trm("[\"param\",\"reply\"]"), .name = trm("[\"param\",\"it\"]"), .holds = STR("std/aws/eks.NodeGroup") };
    more[6] = (struct rstep){ .kind = STEP_READ, .op = STR("GetPolicy"), .absent = { gone, 1 }, .unnamed = true };
    t.fields = desired, t.nfields = 3, t.steps = more, t.nsteps = 7;
    t.unhealthy = trm("false"), t.leaving = trm("true"), t.uid = trm("\"u\""), t.takes = trm("true");
    t.parents = parents, t.nparents = 1, t.chains = chains, t.nchains = 2, t.adjusts = adjusts, t.nadjusts = 1;
    t.load = true, t.keeps = STR("the objects in it"), t.guarded = trm("true"), t.guarded_by = STR("protection"), t.visible = 300000;
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
    assert_null(rtype_step(t, STEP_READ, 2));
    assert_int_equal(t->nunique_fields[0], 2);
    assert_str(t->settling[0].field, "role");
    assert_int_equal(t->usual_delete, 1000);
    assert_true(rtype_field(t, STR("desired"))->shared && rtype_out(t, STR("id"))->renewed && rtype_out(t, STR("id"))->value);
    assert_str(t->parents[0].type, "std/aws/eks.Cluster");
    assert_true(t->chains[0].steps && t->chains[0].refuse && t->chains[0].note && t->chains[1].lag == 3);
    assert_str(t->chains[1].after, "version");
    assert_str(t->adjusts[0].field, "cidr");
    assert_str(rtype_step(t, STEP_HOLDER, 0)->holds, "std/aws/eks.NodeGroup");
    assert_str(rtype_step(t, STEP_RETIRE, 0)->busy.v[0], "DependencyViolation");
    assert_true(rtype_step(t, STEP_READ, 1)->unnamed && rtype_step(t, STEP_READ, 1)->absent.n == 1);
    assert_true(t->load && t->unhealthy && t->leaving && t->uid && t->takes && t->guarded && t->visible == 300000);
    assert_str(t->keeps, "the objects in it");
}

static void broken_ones_are_refused(void **state)
{
    (void)state;
    const struct value *good = rtype_to_json(test_arena, sample());
    for (size_t i = 0; i < good->object.n; i++) {          /* each member of a wrong kind */
        const struct value *bad = value_with(test_arena, good, good->object.v[i].key, value_float(test_arena, 1.5));
        static const char *const terms[] = { "until", "failed", "why", "lane", "unhealthy", "leaving", "uid", "takes", "guarded" };
        bool is_term = false;
        for (size_t k = 0; k < sizeof terms / sizeof *terms; k++)
            is_term |= str_is(good->object.v[i].key, terms[k]);
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
