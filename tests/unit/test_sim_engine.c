/* test_sim_engine.c - the simulated account as a whole: its log, its clock, its faults, its limits, its lags, and services of data alone. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "kc/json.h"
#include "kc/lang.h"
#include "sim_test.h"

#define LOG "/acct/account.log"

static struct sim *again(struct sim_test *t, const struct sim_options *given, struct str *why)
{
    struct sim_options o = *given;

    o.models = t->models;
    o.behaviour = t->behaviour;
    o.disk = test_world(t->world);
    o.log = STR(LOG);
    *why = STR_NONE;
    return sim_new(&o, t->a, why);
}

static void stop(struct sim_test *t)
{
    sim_free(t->sim);
    t->sim = NULL;
}

static void start(struct sim_test *t, const struct sim_options *o)
{
    struct str why;

    t->sim = again(t, o, &why);
    if (!t->sim)
        fail_msg("%.*s", STR_ARG(why));
    sim_attach(t->sim, test_world(t->world));
}

static struct sim_test *logged(const struct sim_options *given)
{
    struct sim_options o = *given;
    struct sim_test *t;

    o.log = STR_NONE;
    t = sim_test_new(&o);
    stop(t);
    world_mkdirs(test_world(t->world), STR("/acct"));
    start(t, given);
    return t;
}

static const char *vpc(struct sim_test *t, const char *block)
{
    return sim_text(t, sim_ok(t, "ec2", "CreateVpc", sim_json(t, "{'CidrBlock':'%s'}", block)), "Vpc.VpcId");
}

/* ---- the log ---- */
static void test_survives(void **state)
{
    struct sim_options o = { .seed = 3, .exact = true, .start_wall = 1767323045000 };
    struct sim_test *t = logged(&o);
    const struct value *before, *after, *r;
    const char *id, *nat;
    int64_t wall;

    (void)state;
    id = vpc(t, "10.0.0.0/16");
    nat = sim_text(t, sim_ok(t, "ec2", "CreateSubnet", sim_json(t, "{'VpcId':'%s','CidrBlock':'10.0.0.0/24'}", id)), "Subnet.SubnetId");
    nat = sim_text(t, sim_ok(t, "ec2", "CreateNatGateway", sim_json(t, "{'SubnetId':'%s','AllocationId':'%s','ClientToken':'k'}", nat,
          sim_text(t, sim_ok(t, "ec2", "AllocateAddress", "{\"Domain\":\"vpc\"}"), "AllocationId"))), "NatGateway.NatGatewayId");
    sim_test_pass(t, 5000);
    wall = world_wall(test_world(t->world));
    before = sim_dump(t->sim, t->a);
    stop(t);
    test_world_advance(t->world, 1000000);
    start(t, &o);
    after = sim_dump(t->sim, t->a);
    assert_true(value_eq(before, after));
    assert_int_equal(world_wall(test_world(t->world)), wall);
    assert_int_equal(sim_count(t->sim, STR("")), 4);
    r = sim_ok(t, "ec2", "DescribeNatGateways", "{}");
    assert_string_equal(sim_text(t, r, "NatGateways.0.State"), "pending");
    sim_test_pass(t, 115000);
    r = sim_ok(t, "ec2", "DescribeNatGateways", "{}");
    assert_string_equal(sim_text(t, r, "NatGateways.0.NatGatewayId"), nat);
    assert_string_equal(sim_text(t, r, "NatGateways.0.State"), "failed");
    sim_test_free(t);
}

/* Ids go on where they were: two runs cut in the middle or not give the same account. */
static void test_continues(void **state)
{
    struct sim_options o = { .seed = 9, .exact = true, .start_wall = 1 };
    struct sim_test *one = logged(&o), *two = logged(&o);

    (void)state;
    one->sim = one->sim;
    vpc(one, "10.0.0.0/16");
    vpc(one, "10.1.0.0/16");
    vpc(two, "10.0.0.0/16");
    stop(two);
    start(two, &o);
    vpc(two, "10.1.0.0/16");
    assert_true(value_eq(sim_dump(one->sim, one->a), sim_dump(two->sim, two->a)));
    sim_test_free(one);
    sim_test_free(two);
}

static void test_torn_and_damaged(void **state)
{
    struct sim_options o = { .exact = true };
    struct sim_test *t = logged(&o);
    struct str text, why;
    char *copy;

    (void)state;
    vpc(t, "10.0.0.0/16");
    vpc(t, "10.1.0.0/16");
    stop(t);
    assert_true(test_world_file(t->world, LOG, &text));
    copy = arena_copy(t->a, text.s, text.n);
    test_world_put(t->world, LOG, (struct str){ copy, text.n - 10 });
    start(t, &o);
    assert_int_equal(sim_count(t->sim, STR("")), 1);
    vpc(t, "10.2.0.0/16");
    stop(t);
    start(t, &o);
    assert_int_equal(sim_count(t->sim, STR("")), 2);
    stop(t);
    copy[text.n / 2] ^= 1;
    test_world_put(t->world, LOG, (struct str){ copy, text.n });
    assert_null(again(t, &o, &why));
    assert_true(str_find(why, STR("damaged at byte")) != SIZE_MAX);
    sim_test_free(t);
}

/* Whatever is in the file: an account, or a reason; never a crash, and never a different account that passes for this one. */
static void test_any_log(void **state)
{
    struct sim_options o = { .exact = true };
    struct sim_test *t = logged(&o);
    uint64_t x = 88172645463325252ull;
    struct str text, why;
    size_t i, j, refused = 0;

    (void)state;
    for (i = 0; i < 5; i++)
        vpc(t, sim_json(t, "10.%zu.0.0/16", i));
    stop(t);
    assert_true(test_world_file(t->world, LOG, &text));
    text = str_dup(t->a, text);
    for (i = 0; i < 200; i++) {
        char *copy = arena_copy(t->a, text.s, text.n);
        struct sim *s;

        for (j = 0; j <= i % 4; j++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            copy[x % text.n] = (char)(x >> 32);
        }
        test_world_put(t->world, LOG, (struct str){ copy, i % 3 ? text.n : x % text.n });
        s = again(t, &o, &why);
        refused += !s;
        assert_true(s || why.n);
        assert_true(!s || sim_count(s, STR("")) <= 5);
        sim_free(s);
    }
    assert_in_range(refused, 50, 200);
    sim_test_free(t);
}

/* A log of a sandbox with other behaviour: kinds that are not there are said, not dropped. */
static void test_other_behaviour(void **state)
{
    struct sim_options o = { .exact = true };
    struct sim_test *t = logged(&o);
    struct str why;

    (void)state;
    vpc(t, "10.0.0.0/16");
    stop(t);
    t->behaviour = value_with(t->a, &value_empty_object, STR("iam"), value_get(t->behaviour, STR("iam")));
    assert_null(again(t, &o, &why));
    assert_true(str_find(why, STR("holds an object of kind ec2.")) != SIZE_MAX);
    sim_test_free(t);
}

static void test_full_disk(void **state)
{
    struct sim_options o = { .exact = true };
    struct sim_test *t = logged(&o);
    struct http_request rq;
    struct http_reply out;

    (void)state;
    rq = sim_request(t, "ec2", "CreateVpc", json_read(t->a, STR("{\"CidrBlock\":\"10.0.0.0/16\"}"), 0, NULL));
    test_world_disk_fails(t->world, DISK_FULL, 0, 1);
    sim_exchange(t->sim, t->a, &rq, &out);
    assert_int_equal(out.status, NET_UNKNOWN);
    assert_true(str_find(out.problem, STR("no space left")) != SIZE_MAX);
    sim_exchange(t->sim, t->a, &rq, &out);
    assert_int_equal(out.status, NET_NOT_SENT);
    sim_test_free(t);
}

/* ---- clock and network ---- */
struct got { int n; int code; int64_t at; struct world *w; enum net_status status; };

static void arrived(void *user, const struct http_reply *r)
{
    struct got *g = user;

    g->n++;
    g->code = r->code;
    g->status = r->status;
    g->at = world_now(g->w);
}

static void test_wait(void **state)
{
    struct sim_test *t = sim_test_new(&(struct sim_options){ .exact = true });
    struct world *w = test_world(t->world);
    struct http_request rq = sim_request(t, "ec2", "DescribeVpcs", &value_empty_object);
    struct got g = { .w = w };
    int64_t start_at = world_now(w);

    (void)state;
    world_send(w, &rq, arrived, &g);
    assert_int_equal(world_wait(w, start_at + 10), WAIT_TIMEOUT);
    assert_int_equal(g.n, 0);
    assert_int_equal(world_wait(w, start_at + 100000), WAIT_EVENT);
    assert_int_equal(g.code, 200);
    assert_int_equal(g.at, start_at + 80);
    assert_int_equal(world_wait(w, start_at + 100000), WAIT_TIMEOUT);
    assert_int_equal(world_now(w), start_at + 100000);
    test_world_signal(t->world);
    assert_int_equal(world_wait(w, start_at + 200000), WAIT_SIGNAL);
    sim_test_free(t);
}

/* A hundred times as fast as the world below, which waits for real. */
static void test_speed(void **state)
{
    struct sim_test *t = sim_test_new(&(struct sim_options){ .exact = true, .speed = 100 });
    struct world *w = test_world(t->world);
    int64_t virtual_start = world_now(w), wall = world_wall(w);

    (void)state;
    assert_int_equal(world_wait(w, virtual_start + 60000), WAIT_TIMEOUT);
    assert_in_range(world_now(w), virtual_start + 60000, virtual_start + 60200);
    assert_in_range(world_wall(w), wall + 60000, wall + 60200);
    test_world_signal(t->world);
    assert_int_equal(world_wait(w, virtual_start + 1200000), WAIT_SIGNAL);
    sim_free(t->sim);
    t->sim = NULL;
    assert_in_range(world_now(w), 1000600, 1000610);
    sim_test_free(t);
}

/* ---- faults ---- */
static struct http_reply once(struct sim_test *t, const struct fault *f, const char *op, const char *json)
{
    struct http_request rq = sim_request(t, "ec2", op, json_read(t->a, str_of(json), 0, NULL));
    struct http_reply out;

    sim_fault(t->sim, f);
    sim_exchange(t->sim, t->a, &rq, &out);
    sim_clear_faults(t->sim);
    return out;
}

static void test_faults(void **state)
{
    static const struct { enum fault_kind kind; enum net_status status; int code; const char *body; size_t vpcs; } cases[] = {
        { FAULT_THROTTLE, NET_OK, 503, "RequestLimitExceeded", 0 },
        { FAULT_500, NET_OK, 500, "InternalError", 0 },
        { FAULT_503, NET_OK, 503, "<html>", 0 },
        { FAULT_RESET_BEFORE, NET_UNKNOWN, 0, "", 0 },
        { FAULT_RESET_AFTER, NET_UNKNOWN, 0, "", 1 },
        { FAULT_TIMEOUT, NET_UNKNOWN, 0, "", 2 },
        { FAULT_TRUNCATE, NET_OK, 200, "<?xml", 3 },
        { FAULT_GARBAGE, NET_OK, 200, "doctype", 4 },
        { FAULT_EXPIRED, NET_OK, 400, "RequestExpired", 4 },
        { FAULT_REDIRECT, NET_OK, 307, "", 4 },
        { FAULT_CODE, NET_OK, 418, "Teapot", 4 },
    };
    struct sim_test *t = sim_test_new(&(struct sim_options){ .exact = true });
    size_t i;

    (void)state;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fault f = { .kind = cases[i].kind, .op = STR("CreateVpc"), .times = 1, .cut = 30, .code = STR("Teapot"), .http = 418 };
        struct http_reply r = once(t, &f, "CreateVpc", "{\"CidrBlock\":\"10.0.0.0/16\"}");

        assert_int_equal(r.status, cases[i].status);
        assert_int_equal(r.code, cases[i].code);
        if (r.status == NET_OK)
            assert_true(str_find(r.body, str_of(cases[i].body)) != SIZE_MAX);
        assert_int_equal(sim_count(t->sim, STR("ec2.vpc")), cases[i].vpcs);
    }
    sim_test_free(t);
}

static void test_fault_counts(void **state)
{
    struct sim_test *t = sim_test_new(&(struct sim_options){ .exact = true });
    const struct sim_call *calls;
    size_t n;

    (void)state;
    sim_fault(t->sim, &(struct fault){ .kind = FAULT_500, .op = STR("DescribeVpcs"), .skip = 1, .times = 2 });
    sim_ok(t, "ec2", "DescribeSubnets", "{}");
    sim_ok(t, "ec2", "DescribeVpcs", "{}");
    sim_fails(t, "ec2", "DescribeVpcs", "{}", "InternalError");
    sim_fails(t, "ec2", "DescribeVpcs", "{}", "InternalError");
    sim_ok(t, "ec2", "DescribeVpcs", "{}");
    n = sim_calls(t->sim, &calls);
    assert_int_equal(n, 5);
    assert_true(str_is(calls[2].op, "DescribeVpcs") && calls[2].http == 500 && str_is(calls[2].code, "InternalError"));
    sim_test_free(t);
}

/* ---- limits, lags ---- */
static void test_limits(void **state)
{
    struct sim_test *t = sim_test_new(&(struct sim_options){ .exact = true, .strict_limits = true });
    int i;

    (void)state;
    for (i = 0; i < 50; i++)
        sim_ok(t, "ec2", "CreateInternetGateway", "{}");
    sim_fails(t, "ec2", "CreateInternetGateway", "{}", "RequestLimitExceeded");
    sim_ok(t, "ec2", "DescribeInternetGateways", "{}");
    sim_test_pass(t, 1000);
    for (i = 0; i < 5; i++)
        sim_ok(t, "ec2", "CreateInternetGateway", "{}");
    sim_fails(t, "ec2", "CreateInternetGateway", "{}", "RequestLimitExceeded");
    sim_test_free(t);
}

static void test_lag(void **state)
{
    struct sim_test *t = sim_test_new(&(struct sim_options){ .seed = 5 });
    const char *ids[40];
    size_t late = 0, i;

    (void)state;
    for (i = 0; i < 40; i++)
        ids[i] = vpc(t, sim_json(t, "10.%zu.0.0/16", i));
    for (i = 0; i < 40; i++)
        late += str_is(sim_call_error(t, "ec2", "DescribeVpcs", sim_json(t, "{'VpcIds':['%s']}", ids[i])).code, "InvalidVpcID.NotFound");
    assert_in_range(late, 2, 20);
    sim_test_pass(t, 5000);
    for (i = 0; i < 40; i++)
        sim_ok(t, "ec2", "DescribeVpcs", sim_json(t, "{'VpcIds':['%s']}", ids[i]));
    sim_test_free(t);
}

static void test_regions(void **state)
{
    struct sim_test *t = sim_test_new(&(struct sim_options){ .exact = true });
    const char *id = vpc(t, "10.0.0.0/16");

    (void)state;
    t->region = STR("us-west-2");
    sim_fails(t, "ec2", "DeleteVpc", sim_json(t, "{'VpcId':'%s'}", id), "InvalidVpcID.NotFound");
    assert_null(value_at(sim_ok(t, "ec2", "DescribeVpcs", "{}"), "Vpcs.0"));
    assert_string_equal(sim_text(t, sim_ok(t, "ec2", "DescribeAvailabilityZones", "{}"), "AvailabilityZones.0.ZoneId"), "usw2-az1");
    sim_test_free(t);
}

/* ---- a service that is data alone ---- */
static const char sqs[] =
    "{\"sqs\":{\"service\":{\"codes\":{\"missing\":\"QueueDoesNotExist\"}},"
    "\"queue\":{\"key\":\"QueueUrl\",\"missing\":\"QueueDoesNotExist\",\"exists\":\"QueueNameExists\",\"unique\":[[\"QueueName\"]],"
    "\"create\":{\"op\":\"CreateQueue\",\"same\":true},\"delete\":\"DeleteQueue\",\"list\":{\"op\":\"ListQueues\"},"
    "\"get\":[{\"op\":\"GetQueueUrl\",\"by\":\"QueueName\"},\"GetQueueAttributes\"],\"update\":\"SetQueueAttributes\","
    "\"tag\":\"TagQueue\",\"untag\":\"UntagQueue\",\"tags\":\"ListQueueTags\","
    "\"defaults\":{\"Attributes\":{\"VisibilityTimeout\":\"30\"}},"
    "\"computed\":{\"QueueUrl\":\"https://sqs.{region}.amazonaws.com/{account}/{QueueName}\",\"Attributes\":{\"QueueArn\":\"arn:{partition}:sqs:{region}:{account}:{QueueName}\"}},"
    "\"gone\":{\"steps\":[],\"takes\":[]}}}}";

static void test_data_alone(void **state)
{
    struct arena *a = arena_new();
    struct str why;
    const struct value *behaviour = json_read(a, str_of(sqs), 0, &why), *r;
    struct sim_test *t = sim_test_new(&(struct sim_options){ .exact = true, .behaviour = behaviour });
    const char *url, *named;

    (void)state;
    url = sim_text(t, sim_ok(t, "sqs", "CreateQueue", "{\"QueueName\":\"jobs\",\"Attributes\":{\"DelaySeconds\":\"5\"},\"tags\":{\"a\":\"b\"}}"), "QueueUrl");
    assert_string_equal(url, "https://sqs.eu-west-1.amazonaws.com/111122223333/jobs");
    named = sim_json(t, "{'QueueUrl':'%s'}", url);
    sim_fails(t, "sqs", "CreateQueue", "{\"QueueName\":\"jobs\",\"Attributes\":{\"DelaySeconds\":\"6\"}}", "QueueNameExists");
    assert_string_equal(sim_text(t, sim_ok(t, "sqs", "GetQueueUrl", "{\"QueueName\":\"jobs\"}"), "QueueUrl"), url);
    sim_ok(t, "sqs", "SetQueueAttributes", sim_json(t, "{'QueueUrl':'%s','Attributes':{'VisibilityTimeout':'60'}}", url));
    r = sim_ok(t, "sqs", "GetQueueAttributes", sim_json(t, "{'QueueUrl':'%s','AttributeNames':['All']}", url));
    assert_string_equal(sim_text(t, r, "Attributes.VisibilityTimeout"), "60");
    assert_string_equal(sim_text(t, r, "Attributes.DelaySeconds"), "5");
    assert_string_equal(sim_text(t, r, "Attributes.QueueArn"), "arn:aws:sqs:eu-west-1:111122223333:jobs");
    sim_ok(t, "sqs", "TagQueue", sim_json(t, "{'QueueUrl':'%s','Tags':{'c':'d'}}", url));
    sim_ok(t, "sqs", "UntagQueue", sim_json(t, "{'QueueUrl':'%s','TagKeys':['a']}", url));
    r = sim_ok(t, "sqs", "ListQueueTags", named);
    assert_string_equal(sim_text(t, r, "Tags.c"), "d");
    assert_string_equal(sim_text(t, r, "Tags.a"), "");
    assert_int_equal(sim_count(t->sim, STR("")), 1);
    sim_ok(t, "sqs", "DeleteQueue", named);
    sim_fails(t, "sqs", "GetQueueAttributes", named, "QueueDoesNotExist");
    assert_int_equal(sim_count(t->sim, STR("")), 0);
    sim_test_free(t);
    arena_free(a);
}

static void test_bad_data(void **state)
{
    static const struct { const char *json, *why; } cases[] = {
        { "{\"ec2\":{\"x\":{\"shape\":\"Vpc\",\"colour\":1}}}", "nobody reads colour" },
        { "{\"ec2\":{\"x\":{\"shape\":\"Vpc\",\"check\":\"none\"}}}", "no such hook: none" },
        { "{\"ec2\":{\"x\":{\"shape\":\"Vpc\",\"refers\":{\"VpcId\":{\"to\":\"y\"}}}}}", "not there: y" },
        { "{\"ec2\":{\"x\":{\"create\":\"A\"},\"y\":{\"create\":\"A\"}}}", "two kinds want A" },
        { "{}", "no behaviour" },
    };
    struct arena *a = arena_new();
    size_t i;

    (void)state;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct str why;
        struct sim_options o = { .behaviour = json_read(a, str_of(cases[i].json), 0, &why) };

        assert_null(sim_new(&o, a, &why));
        assert_true(str_find(why, str_of(cases[i].why)) != SIZE_MAX);
    }
    arena_free(a);
}

int main(void)
{
    json_seed(1);                                          /* before the first table */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_survives),
        cmocka_unit_test(test_continues),
        cmocka_unit_test(test_torn_and_damaged),
        cmocka_unit_test(test_any_log),
        cmocka_unit_test(test_other_behaviour),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_wait),
        cmocka_unit_test(test_speed),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_fault_counts),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_lag),
        cmocka_unit_test(test_regions),
        cmocka_unit_test(test_data_alone),
        cmocka_unit_test(test_bad_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
