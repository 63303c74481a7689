/* test_sim_groups.c - kc and groups of Auto Scaling: launches that fail are told with AWS's reason, a former holder of an interface is waited for,
 * launches that AWS has suspended are named and resumed, and a group that goes lets its instances go first. */
#include <string.h>
#include "kc/json.h"
#include "kctest.h"
#include "sim/room.h"
#include "stack.h"

static const char region[] = "eu-west-1";


/* Another hand, by AWS's own operations; json in single quotes. */
__attribute__((format(printf, 4, 5))) static const struct value *hand(struct stack *s, const char *service, const char *op, const char *fmt, ...)
{
    struct buf b = { 0 };
    struct request r;
    struct str why = STR_NONE;
    const struct value *in;
    va_list ap;
    size_t i;

    va_start(ap, fmt);
    buf_vfmt(&b, fmt, ap);
    va_end(ap);
    for (i = 0; i < b.n; i++)
        if (b.s[i] == '\'')
            b.s[i] = '"';
    in = json_read(s->a, buf_take(&b, s->a), 0, &why);
    if (!in || !sim_within(&r, s->sim, s->a, str_of(region), service, op, in))
        fail_msg("%s: %.*s %.*s", op, STR_ARG(in ? r.code : why), STR_ARG(in ? r.message : STR_NONE));
    return r.out;
}

static void pass(struct stack *s, int64_t seconds)
{
    world_wait(s->w, world_now(s->w) + seconds * 1000);
}

static const struct value *group(struct stack *s)
{
    return value_at(hand(s, "autoscaling", "DescribeAutoScalingGroups", "{'AutoScalingGroupNames':['slot']}"), "AutoScalingGroups.0");
}

static struct str member(struct stack *s)
{
    return tree_text(s->a, value_at(group(s), "Instances.0"), STR("InstanceId"));
}

/* A network, an interface in it, and a template that names it or a type. */
struct ground { struct str subnet, interface, image, template; };

static struct str made(struct stack *s, const struct value *out, const char *path)
{
    return value_text(s->a, value_at(out, path));
}

static struct ground ground(struct stack *s, const char *type, bool with_interface)
{
    struct ground g;
    struct str vpc = made(s, hand(s, "ec2", "CreateVpc", "{'CidrBlock':'10.0.0.0/16'}"), "Vpc.VpcId");
    static const char data[] = "{'LaunchTemplateName':'slot','LaunchTemplateData':{'ImageId':'%.*s','InstanceType':'%s'%s%.*s%s}}";

    pass(s, 10);
    g.subnet = made(s, hand(s, "ec2", "CreateSubnet", "{'VpcId':'%.*s','CidrBlock':'10.0.0.0/24','AvailabilityZone':'eu-west-1a'}", STR_ARG(vpc)), "Subnet.SubnetId");
    pass(s, 10);
    g.interface = made(s, hand(s, "ec2", "CreateNetworkInterface", "{'SubnetId':'%.*s'}", STR_ARG(g.subnet)), "NetworkInterface.NetworkInterfaceId");
    g.image = made(s, hand(s, "ssm", "GetParameter", "{'Name':'/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64'}"), "Parameter.Value");
    g.template = made(s, hand(s, "ec2", "CreateLaunchTemplate", data, STR_ARG(g.image), type, with_interface ? ",'NetworkInterfaces':[{'DeviceIndex':0,'NetworkInterfaceId':'" : "",
                              STR_ARG(with_interface ? g.interface : STR_NONE), with_interface ? "'}]" : ""), "LaunchTemplate.LaunchTemplateId");
    pass(s, 10);
    return g;
}

static void file(struct stack *s, const struct ground *g, const char *more)
{
    bool zones = !strstr(more, "subnets");

    s->text = str_fmt(s->a, "import \"std/aws/autoscaling\" as autoscaling\nautoscaling.Group slot {\n  name = \"slot\"\n  template = \"%.*s\"\n  template_version = 1\n%s"
                            "  minimum = 1\n  maximum = 1\n%s\n}\n", STR_ARG(g->template), zones ? "  zones = [\"eu-west-1a\"]\n" : "", more);
}

static bool noted(const struct stack *s, const char *what)
{
    size_t i;

    for (i = 0; s->plan && i < s->plan->nnotes; i++)
        if (str_find(s->plan->notes[i], str_of(what)) != SIZE_MAX)
            return true;
    return str_find(s->problems, str_of(what)) != SIZE_MAX;
}

static void launches_that_fail_are_told_with_the_reason(void **x)
{
    struct stack *s = stack_new("group.kcl", NULL);
    struct ground g = ground(s, "z9.huge", false);
    int64_t began;

    (void)x;
    file(s, &g, str_c(s->a, str_fmt(s->a, "  subnets = [\"%.*s\"]", STR_ARG(g.subnet))));
    began = world_now(s->w);
    assert_int_equal(stack_run(s, STACK_APPLY), 4);
    assert_true(str_find(s->problems, STR("made, and not well: Invalid value 'z9.huge' for InstanceType.")) != SIZE_MAX);
    assert_true(world_now(s->w) - began < 600000);
    stack_free(s);
}

static void capacity_that_comes_back_is_enough(void **x)
{
    struct stack *s = stack_new("group.kcl", NULL);
    struct ground g = ground(s, "t3.small", true);
    struct fault none = { .kind = FAULT_CODE, .op = STR("RunInstances"), .within = true, .times = 1000, .code = STR("InsufficientInstanceCapacity"), .message = STR("There is no such machine.") };

    (void)x;
    file(s, &g, "");
    sim_fault(s->sim, &none);
    assert_int_equal(stack_run(s, STACK_APPLY), 4);
    assert_true(noted(s, "There is no such machine."));
    sim_clear_faults(s->sim);
    stack_must(s, STACK_APPLY, 0);
    stack_must(s, STACK_PLAN, 0);
    stack_free(s);
}

static void a_former_holder_is_waited_for(void **x)
{
    struct stack *s = stack_new("group.kcl", NULL);
    struct ground g = ground(s, "t3.small", true);

    (void)x;
    file(s, &g, "");
    stack_must(s, STACK_APPLY, 0);
    hand(s, "ec2", "TerminateInstances", "{'InstanceIds':['%.*s']}", STR_ARG(member(s)));
    pass(s, 5);
    file(s, &g, "  grace = 1m");
    stack_must(s, STACK_APPLY, 0);
    assert_false(noted(s, "in use"));
    assert_string_equal(str_c(s->a, tree_text(s->a, value_at(group(s), "Instances.0"), STR("LifecycleState"))), "InService");
    stack_must(s, STACK_PLAN, 0);
    stack_must(s, STACK_DESTROY, 0);
    stack_free(s);
}

static void suspended_launches_are_named_and_resumed(void **x)
{
    struct stack *s = stack_new("group.kcl", NULL);
    struct ground g = ground(s, "t3.small", true);
    struct str holder;

    (void)x;
    file(s, &g, "");
    stack_must(s, STACK_APPLY, 0);
    hand(s, "autoscaling", "SuspendProcesses", "{'AutoScalingGroupName':'slot','ScalingProcesses':['Launch']}");
    hand(s, "ec2", "TerminateInstances", "{'InstanceIds':['%.*s']}", STR_ARG(member(s)));
    pass(s, 120);
    holder = made(s, hand(s, "ec2", "RunInstances", "{'MinCount':1,'MaxCount':1,'ImageId':'%.*s','InstanceType':'t3.small','NetworkInterfaces':[{'DeviceIndex':0,'NetworkInterfaceId':'%.*s'}]}",
                                  STR_ARG(g.image), STR_ARG(g.interface)), "Instances.0.InstanceId");
    hand(s, "autoscaling", "ResumeProcesses", "{'AutoScalingGroupName':'slot'}");
    pass(s, 25 * 3600);
    hand(s, "ec2", "TerminateInstances", "{'InstanceIds':['%.*s']}", STR_ARG(holder));
    pass(s, 120);
    assert_int_equal(stack_run(s, STACK_PLAN), 2);
    assert_true(noted(s, "AWS has suspended its launches"));
    assert_true(noted(s, "in use"));
    stack_must(s, STACK_APPLY, 0);
    assert_true(member(s).n > 0);
    stack_must(s, STACK_PLAN, 0);
    stack_free(s);
}

/* ---- refreshes ---- */
static void version(struct stack *s, const struct ground *g, const char *type)
{
    hand(s, "ec2", "CreateLaunchTemplateVersion", "{'LaunchTemplateId':'%.*s','LaunchTemplateData':{'ImageId':'%.*s','InstanceType':'%s','NetworkInterfaces':[{'DeviceIndex':0,'NetworkInterfaceId':'%.*s'}]}}",
         STR_ARG(g->template), STR_ARG(g->image), type, STR_ARG(g->interface));
}

static void newer(struct stack *s, const char *from, const char *to)
{
    size_t at = str_find(s->text, str_of(from));

    assert_true(at != SIZE_MAX);
    s->text = str_fmt(s->a, "%.*s%s%.*s", STR_ARG(str_sub(s->text, 0, at)), to, STR_ARG(str_sub(s->text, at + strlen(from), s->text.n)));
}

static const struct plan_item *only_item(const struct stack *s)
{
    assert_non_null(s->plan);
    assert_int_equal(s->plan->nitems, 1);
    return s->plan->items[0];
}

static void instances_follow_their_template_where_the_file_says_so(void **x)
{
    struct stack *s = stack_new("group.kcl", NULL);
    struct ground g = ground(s, "t3.small", true);
    struct str first;

    (void)x;
    file(s, &g, "");
    stack_must(s, STACK_APPLY, 0);
    first = member(s);
    version(s, &g, "t3.large");
    newer(s, "template_version = 1", "template_version = 2");
    stack_must(s, STACK_PLAN, 2);
    assert_int_equal(only_item(s)->nacts, 0);
    stack_must(s, STACK_APPLY, 0);
    assert_true(str_eq(member(s), first));                 /* nobody asked for more than new ones by the new version */
    newer(s, "maximum = 1", "maximum = 1\n  refresh = { min_healthy = 0%, max_healthy = 100%, warmup = 0s }");
    stack_must(s, STACK_PLAN, 2);
    assert_int_equal(only_item(s)->nacts, 1);
    assert_true(str_find(only_item(s)->acts[0].why, STR("1 of 1 instances are of another template than version 2")) != SIZE_MAX);
    stack_must(s, STACK_APPLY, 0);
    assert_false(str_eq(member(s), first));
    stack_must(s, STACK_PLAN, 0);
    first = member(s);
    version(s, &g, "t3.small");
    newer(s, "template_version = 2", "template_version = 3");
    stack_must(s, STACK_APPLY, 0);                         /* the version and what follows from it, in one apply */
    assert_false(str_eq(member(s), first));
    stack_must(s, STACK_PLAN, 0);
    stack_free(s);
}

static void a_refresh_of_anothers_is_waited_for(void **x)
{
    struct stack *s = stack_new("group.kcl", NULL);
    struct ground g = ground(s, "t3.small", true);
    const struct value *all;

    (void)x;
    file(s, &g, "  refresh = { min_healthy = 0%, max_healthy = 100%, warmup = 0s }");
    stack_must(s, STACK_APPLY, 0);
    version(s, &g, "t3.large");
    hand(s, "autoscaling", "UpdateAutoScalingGroup", "{'AutoScalingGroupName':'slot','LaunchTemplate':{'LaunchTemplateId':'%.*s','Version':'2'}}", STR_ARG(g.template));
    hand(s, "autoscaling", "StartInstanceRefresh", "{'AutoScalingGroupName':'slot','Preferences':{'MinHealthyPercentage':0}}");
    newer(s, "template_version = 1", "template_version = 2");
    stack_must(s, STACK_APPLY, 0);
    all = value_get(hand(s, "autoscaling", "DescribeInstanceRefreshes", "{'AutoScalingGroupName':'slot'}"), STR("InstanceRefreshes"));
    assert_int_equal(all->list.n, 1);
    stack_must(s, STACK_PLAN, 0);
    stack_free(s);
}

static void a_refresh_that_fails_is_told(void **x)
{
    struct stack *s = stack_new("group.kcl", NULL);
    struct ground g = ground(s, "t3.small", true);
    struct fault none = { .kind = FAULT_CODE, .op = STR("RunInstances"), .within = true, .times = 1000, .code = STR("InsufficientInstanceCapacity"), .message = STR("There is no such machine.") };

    (void)x;
    file(s, &g, "  refresh = { min_healthy = 0%, max_healthy = 100%, warmup = 0s }");
    stack_must(s, STACK_APPLY, 0);
    version(s, &g, "t3.large");
    newer(s, "template_version = 1", "template_version = 2");
    sim_fault(s->sim, &none);
    assert_int_equal(stack_run(s, STACK_APPLY), 1);
    assert_true(noted(s, "No instance could be replaced for an hour"));
    sim_clear_faults(s->sim);
    stack_must(s, STACK_APPLY, 0);
    stack_must(s, STACK_PLAN, 0);
    stack_free(s);
}

/* Its last instance leaves as when it shrinks: hooks are heard before anything is deleted. */
static void a_group_that_goes_lets_its_instances_go_first(void **x)
{
    struct stack *s = stack_new("group.kcl", NULL);
    struct ground g = ground(s, "t3.small", true);
    int64_t began;

    (void)x;
    file(s, &g, "");
    stack_must(s, STACK_APPLY, 0);
    hand(s, "autoscaling", "PutLifecycleHook", "{'AutoScalingGroupName':'slot','LifecycleHookName':'out','LifecycleTransition':'autoscaling:EC2_INSTANCE_TERMINATING','HeartbeatTimeout':300,"
         "'DefaultResult':'CONTINUE'}");
    began = world_now(s->w);
    stack_must(s, STACK_DESTROY, 0);
    assert_true(world_now(s->w) - began >= 300000);
    stack_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(launches_that_fail_are_told_with_the_reason), cmocka_unit_test(capacity_that_comes_back_is_enough), cmocka_unit_test(a_former_holder_is_waited_for), cmocka_unit_test(suspended_launches_are_named_and_resumed),
        cmocka_unit_test(instances_follow_their_template_where_the_file_says_so), cmocka_unit_test(a_refresh_of_anothers_is_waited_for), cmocka_unit_test(a_refresh_that_fails_is_told),
        cmocka_unit_test(a_group_that_goes_lets_its_instances_go_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
