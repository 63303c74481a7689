/* test_sim_fates.c - what the simulator does on purpose: creations that fail or never end, other people's pages, clients that die, a watched log. */
#include "kc/json.h"
#include "kctest.h"
#include "sim_test.h"
#include "stack.h"

static const struct value *group_of(struct stack *s)
{
    const struct value *all = value_get(sim_dump(s->sim, s->a), STR("eks.nodegroup"));

    return all && all->object.n ? all->object.v[0].value : NULL;
}

static void a_creation_fails(void **x)
{
    (void)x;
    struct stack *s = stack_new("examples/quickstart.kcl", NULL);
    sim_fate(s->sim, &(struct sim_fate){ .kind = STR("eks.nodegroup"), .from = STR("CREATING"), .to = STR("CREATE_FAILED"), .fails = true, .times = 1 });
    assert_int_equal(stack_run(s, STACK_APPLY), 1);
    assert_str(value_get(group_of(s), STR("status"))->s, "CREATE_FAILED");
    assert_int_equal(sim_hits(s->sim), 1);
    stack_must(s, STACK_APPLY, 0);                         /* once only */
    assert_str(value_get(group_of(s), STR("status"))->s, "ACTIVE");
    stack_free(s);
}

static void never_ends_with_mercy(void **x)
{
    (void)x;
    struct sim_test *t = sim_test_new(&(struct sim_options){ .exact = true });
    sim_fate(t->sim, &(struct sim_fate){ .kind = STR("ec2.vpc"), .from = STR("pending"), .times = 1 });
    const char *id = sim_text(t, sim_ok(t, "ec2", "CreateVpc", "{\"CidrBlock\":\"10.0.0.0/16\"}"), "Vpc.VpcId");
    sim_test_pass(t, 86400000);
    const char *ask = sim_json(t, "{'VpcIds':['%s']}", id);
    assert_string_equal(sim_text(t, sim_ok(t, "ec2", "DescribeVpcs", ask), "Vpcs.0.State"), "pending");
    sim_mercy(t->sim);
    sim_test_pass(t, 2000);
    assert_string_equal(sim_text(t, sim_ok(t, "ec2", "DescribeVpcs", ask), "Vpcs.0.State"), "available");
    sim_test_free(t);
}

static struct http_reply ask(struct sim_test *t)
{
    struct str why;
    struct http_request rq = sim_request(t, "ec2", "DescribeVpcs", json_read(t->a, STR("{}"), 0, &why));
    struct http_reply out;

    sim_exchange(t->sim, t->a, &rq, &out);
    return out;
}

static void replies_that_are_none(void **x)
{
    (void)x;
    struct sim_test *t = sim_test_new(&(struct sim_options){ .exact = true });
    sim_fault(t->sim, &(struct fault){ .kind = FAULT_HTML, .op = STR("Describe*"), .http = 404, .times = 1 });
    sim_fault(t->sim, &(struct fault){ .kind = FAULT_EMPTY, .op = STR("DescribeVpcs"), .times = 1 });
    struct http_reply page = ask(t), empty = ask(t), good = ask(t);
    assert_int_equal(page.code, 404);
    assert_true(str_find(page.body, STR("<title>")) != SIZE_MAX);
    assert_int_equal(empty.code, 200);
    assert_str(empty.body, "{}");
    assert_true(str_find(good.body, STR("DescribeVpcsResponse")) != SIZE_MAX);
    sim_test_free(t);
}

static void count_line(void *user, const struct value *line)
{
    *(size_t *)user += value_get(line, STR("put")) != NULL;
}

static void ignore(void *user, const struct http_reply *r)
{
    (void)r;
    *(bool *)user = true;
}

/* A request on its way arrives, and nobody hears of it; the log is watched. */
static void a_client_dies(void **x)
{
    (void)x;
    size_t lines = 0;
    bool heard = false;
    struct str why;
    struct sim_test *t = sim_test_new(&(struct sim_options){ .exact = true, .watch = count_line, .watch_user = &lines });
    struct world *w = test_world(t->world);
    struct http_request rq = sim_request(t, "ec2", "CreateVpc", json_read(t->a, STR("{\"CidrBlock\":\"10.0.0.0/16\"}"), 0, &why));
    world_send(w, &rq, ignore, &heard);
    sim_hang_up(t->sim);
    sim_test_pass(t, 5000);
    assert_int_equal(sim_count(t->sim, STR("ec2.vpc")), 1);
    assert_false(heard);
    assert_int_equal(lines, 1);
    sim_test_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_creation_fails), cmocka_unit_test(never_ends_with_mercy), cmocka_unit_test(replies_that_are_none), cmocka_unit_test(a_client_dies) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
