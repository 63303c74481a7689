/* test_sim_balanced.c - the simulated Auto Scaling and load balancers: members are registered, believed when a target group calls them unhealthy, and drained. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "scaling_kit.h"

struct balanced { struct scaling_kit *k; const char *targets; };

/* A network load balancer that is up, and sends to a target group. */
static struct balanced balanced(void)
{
    struct balanced b = { .k = asg_new(NULL) };
    struct sim_test *t = b.k->t;
    const char *balancer;

    b.targets = sim_text(t, sim_ok(t, "elbv2", "CreateTargetGroup", sim_json(t, "{'Name':'api','Protocol':'TCP','Port':6443,'VpcId':'%s','HealthCheckIntervalSeconds':10,'HealthyThresholdCount':2}", b.k->vpc)),
                         "TargetGroups.0.TargetGroupArn");
    sim_ok(t, "elbv2", "ModifyTargetGroupAttributes", sim_json(t, "{'TargetGroupArn':'%s','Attributes':[{'Key':'deregistration_delay.timeout_seconds','Value':'60'}]}", b.targets));
    balancer = sim_text(t, sim_ok(t, "elbv2", "CreateLoadBalancer", sim_json(t, "{'Name':'api','Type':'network','Scheme':'internal','Subnets':['%s','%s']}", b.k->subnet[0], b.k->subnet[1])),
                        "LoadBalancers.0.LoadBalancerArn");
    sim_ok(t, "elbv2", "CreateListener", sim_json(t, "{'LoadBalancerArn':'%s','Protocol':'TCP','Port':6443,'DefaultActions':[{'Type':'forward','TargetGroupArn':'%s'}]}", balancer, b.targets));
    asg_pass(b.k, 600);
    return b;
}

static void group(struct balanced *b, int size, const char *more)
{
    asg_group(b->k, "g", size, str_c(b->k->t->a, str_fmt(b->k->t->a, "'MinSize':0,'TargetGroupARNs':['%s'],%s", b->targets, more)));
}

/* How many targets are so; "": any. */
static size_t targets(struct balanced *b, const char *state)
{
    const struct value *r = sim_ok(b->k->t, "elbv2", "DescribeTargetHealth", sim_json(b->k->t, "{'TargetGroupArn':'%s'}", b->targets)), *list = value_get(r, STR("TargetHealthDescriptions"));
    size_t i, n = 0;

    for (i = 0; i < list->list.n; i++)
        n += !*state || !strcmp(sim_text(b->k->t, list->list.v[i], "TargetHealth.State"), state);
    return n;
}

static void members_are_targets_and_become_healthy(void **state)
{
    struct balanced b = balanced();
    const struct value *r;

    (void)state;
    sim_fails(b.k->t, "autoscaling", "CreateAutoScalingGroup", asg_json(b.k, "g", 1, "'TargetGroupARNs':['arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/no/0123456789abcdef']"), "ValidationError");
    group(&b, 2, "'HealthCheckType':'ELB','HealthCheckGracePeriod':120");
    asg_pass(b.k, 30);
    assert_int_equal(targets(&b, "initial"), 2);
    asg_pass(b.k, 300);
    assert_int_equal(targets(&b, "healthy"), 2);
    assert_int_equal(asg_members(b.k, "g", "InService"), 2);
    r = sim_ok(b.k->t, "autoscaling", "DescribeLoadBalancerTargetGroups", "{\"AutoScalingGroupName\":\"g\"}");
    assert_string_equal(sim_text(b.k->t, r, "LoadBalancerTargetGroups.0.LoadBalancerTargetGroupARN"), b.targets);
    assert_string_equal(sim_text(b.k->t, asg_show(b.k, "g"), "TrafficSources.0.Identifier"), b.targets);
    assert_false(asg_told(b.k, "g", "health"));
    asg_free(b.k);
}

static void what_never_answers_is_replaced_after_its_grace(void **state)
{
    struct balanced b = balanced();
    const char *first;

    (void)state;
    group(&b, 1, "'HealthCheckType':'ELB','HealthCheckGracePeriod':180,'Tags':[{'Key':'sandbox:guest','Value':'never joins','PropagateAtLaunch':true}]");
    asg_pass(b.k, 60);
    first = asg_member(b.k, "g", 0);
    sim_ok(b.k->t, "autoscaling", "DeleteTags", "{\"Tags\":[{\"ResourceId\":\"g\",\"ResourceType\":\"auto-scaling-group\",\"Key\":\"sandbox:guest\"}]}");
    asg_pass(b.k, 60);
    assert_int_equal(targets(&b, "unhealthy"), 1);
    assert_true(asg_has(b.k, "g", first));
    asg_pass(b.k, 600);
    assert_false(asg_has(b.k, "g", first));
    assert_int_equal(targets(&b, "healthy"), 1);
    assert_true(asg_told(b.k, "g", "in response to an ELB system health check failure"));
    asg_free(b.k);
}

static void without_elb_checks_nobody_minds(void **state)
{
    struct balanced b = balanced();
    const char *first;

    (void)state;
    group(&b, 1, "'Tags':[{'Key':'sandbox:guest','Value':'never joins','PropagateAtLaunch':true}]");
    asg_pass(b.k, 60);
    first = asg_member(b.k, "g", 0);
    asg_pass(b.k, 1200);
    assert_int_equal(targets(&b, "unhealthy"), 1);
    assert_true(asg_has(b.k, "g", first));
    asg_free(b.k);
}

static void who_leaves_is_drained_first(void **state)
{
    struct balanced b = balanced();
    const char *first;

    (void)state;
    group(&b, 1, "'HealthCheckType':'ELB','HealthCheckGracePeriod':120");
    asg_pass(b.k, 300);
    first = asg_member(b.k, "g", 0);
    sim_ok(b.k->t, "autoscaling", "SetDesiredCapacity", "{\"AutoScalingGroupName\":\"g\",\"DesiredCapacity\":0}");
    asg_pass(b.k, 30);
    assert_int_equal(asg_members(b.k, "g", "Terminating"), 1);
    assert_int_equal(targets(&b, "draining"), 1);
    assert_string_equal(sim_text(b.k->t, asg_activity(b.k, "g", 0), "StatusCode"), "WaitingForELBConnectionDraining");
    assert_string_equal(asg_state(b.k, first), "running");
    asg_pass(b.k, 60);
    assert_string_equal(asg_state(b.k, first), "shutting-down");
    asg_pass(b.k, 60);
    assert_int_equal(asg_members(b.k, "g", "*"), 0);
    assert_int_equal(targets(&b, ""), 0);
    asg_free(b.k);
}

static void target_groups_come_and_go(void **state)
{
    struct balanced b = balanced();

    (void)state;
    asg_group(b.k, "g", 1, "");
    asg_pass(b.k, 60);
    sim_ok(b.k->t, "autoscaling", "AttachLoadBalancerTargetGroups", sim_json(b.k->t, "{'AutoScalingGroupName':'g','TargetGroupARNs':['%s']}", b.targets));
    asg_pass(b.k, 120);
    assert_int_equal(targets(&b, "healthy"), 1);
    sim_ok(b.k->t, "autoscaling", "DetachTrafficSources", sim_json(b.k->t, "{'AutoScalingGroupName':'g','TrafficSources':[{'Identifier':'%s','Type':'elbv2'}]}", b.targets));
    asg_pass(b.k, 120);
    assert_int_equal(targets(&b, ""), 0);
    sim_fails(b.k->t, "autoscaling", "DetachLoadBalancerTargetGroups", sim_json(b.k->t, "{'AutoScalingGroupName':'g','TargetGroupARNs':['%s']}", b.targets), "ValidationError");
    sim_ok(b.k->t, "autoscaling", "SuspendProcesses", "{\"AutoScalingGroupName\":\"g\",\"ScalingProcesses\":[\"AddToLoadBalancer\"]}");
    sim_ok(b.k->t, "autoscaling", "AttachTrafficSources", sim_json(b.k->t, "{'AutoScalingGroupName':'g','TrafficSources':[{'Identifier':'%s','Type':'elbv2'}]}", b.targets));
    sim_ok(b.k->t, "ec2", "TerminateInstances", sim_json(b.k->t, "{'InstanceIds':['%s']}", asg_member(b.k, "g", 0)));
    asg_pass(b.k, 300);
    assert_int_equal(asg_members(b.k, "g", "InService"), 1);
    assert_int_equal(targets(&b, ""), 0);
    asg_free(b.k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_targets_and_become_healthy), cmocka_unit_test(what_never_answers_is_replaced_after_its_grace), cmocka_unit_test(without_elb_checks_nobody_minds),
        cmocka_unit_test(who_leaves_is_drained_first), cmocka_unit_test(target_groups_come_and_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
