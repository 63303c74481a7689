/* test_sim_autoscaling.c - the simulated Auto Scaling: groups keep their size, place and template, and say what they did and why. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "scaling_kit.h"

/* ---- size ---- */
static void a_group_is_filled_over_its_zones(void **state)
{
    struct scaling_kit *k = asg_new(NULL);
    const struct value *r;

    (void)state;
    asg_group(k, "g", 3, "'Tags':[{'Key':'team','Value':'x','PropagateAtLaunch':true},{'Key':'own','Value':'y','PropagateAtLaunch':false}]");
    assert_int_equal(asg_members(k, "g", "*"), 0);
    asg_pass(k, 10);
    assert_int_equal(asg_members(k, "g", "Pending"), 3);
    asg_pass(k, 30);
    assert_int_equal(asg_members(k, "g", "InService"), 3);
    r = asg_show(k, "g");
    assert_int_equal(asg_in_zone(r, "eu-west-1a") + asg_in_zone(r, "eu-west-1b"), 3);
    assert_true(asg_in_zone(r, "eu-west-1a") >= 1 && asg_in_zone(r, "eu-west-1b") >= 1);
    assert_string_equal(sim_text(k->t, r, "Instances.0.LaunchTemplate.Version"), "1");
    assert_string_equal(sim_text(k->t, r, "Instances.0.HealthStatus"), "Healthy");
    assert_string_equal(sim_text(k->t, r, "ServiceLinkedRoleARN"), "arn:aws:iam::111122223333:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling");
    sim_ok(k->t, "iam", "GetRole", "{\"RoleName\":\"AWSServiceRoleForAutoScaling\"}");
    r = sim_ok(k->t, "ec2", "DescribeInstances", "{\"Filters\":[{\"Name\":\"tag:aws:autoscaling:groupName\",\"Values\":[\"g\"]},{\"Name\":\"tag:team\",\"Values\":[\"x\"]}]}");
    assert_int_equal(value_get(r, STR("Reservations"))->list.n, 3);
    r = sim_ok(k->t, "ec2", "DescribeInstances", "{\"Filters\":[{\"Name\":\"tag-key\",\"Values\":[\"own\"]}]}");
    assert_int_equal(value_get(r, STR("Reservations"))->list.n, 0);
    r = asg_activity(k, "g", 0);
    assert_string_equal(sim_text(k->t, r, "StatusCode"), "Successful");
    assert_non_null(strstr(sim_text(k->t, r, "Description"), "Launching a new EC2 instance: i-"));
    assert_non_null(strstr(sim_text(k->t, r, "Cause"), "a user request created an AutoScalingGroup changing the desired capacity from 0 to 3"));
    asg_free(k);
}

static void what_ends_is_replaced(void **state)
{
    struct scaling_kit *k = asg_new(NULL);
    const char *first;

    (void)state;
    asg_group(k, "g", 2, "");
    asg_pass(k, 60);
    first = asg_member(k, "g", 0);
    sim_ok(k->t, "ec2", "TerminateInstances", sim_json(k->t, "{'InstanceIds':['%s']}", first));
    asg_pass(k, 120);
    assert_int_equal(asg_members(k, "g", "InService"), 2);
    assert_string_not_equal(asg_member(k, "g", 0), first);
    assert_true(asg_told(k, "g", "taken out of service in response to an EC2 health check indicating it has been terminated or stopped"));
    assert_true(asg_told(k, "g", "in response to an unhealthy instance needing to be replaced"));
    sim_ok(k->t, "ec2", "StopInstances", sim_json(k->t, "{'InstanceIds':['%s']}", asg_member(k, "g", 0)));
    asg_pass(k, 180);
    assert_int_equal(asg_members(k, "g", "InService"), 2);
    assert_int_equal(asg_members(k, "g", "*"), 2);
    asg_free(k);
}

static void the_size_follows_what_is_wanted(void **state)
{
    struct scaling_kit *k = asg_new(NULL);
    const char *kept;

    (void)state;
    asg_group(k, "g", 2, "'MaxSize':4");
    asg_pass(k, 60);
    sim_fails(k->t, "autoscaling", "SetDesiredCapacity", "{\"AutoScalingGroupName\":\"g\",\"DesiredCapacity\":5}", "ValidationError");
    sim_ok(k->t, "autoscaling", "SetDesiredCapacity", "{\"AutoScalingGroupName\":\"g\",\"DesiredCapacity\":4}");
    asg_pass(k, 60);
    assert_int_equal(asg_members(k, "g", "InService"), 4);
    assert_true(asg_told(k, "g", "a user request explicitly set group desired capacity changing the desired capacity from 2 to 4"));
    kept = asg_member(k, "g", 0);
    sim_ok(k->t, "autoscaling", "SetInstanceProtection", sim_json(k->t, "{'AutoScalingGroupName':'g','InstanceIds':['%s'],'ProtectedFromScaleIn':true}", kept));
    sim_ok(k->t, "autoscaling", "UpdateAutoScalingGroup", "{\"AutoScalingGroupName\":\"g\",\"MinSize\":0,\"MaxSize\":1}");
    assert_string_equal(sim_text(k->t, asg_show(k, "g"), "DesiredCapacity"), "1");
    asg_pass(k, 120);
    assert_int_equal(asg_members(k, "g", "*"), 1);
    assert_string_equal(asg_member(k, "g", 0), kept);
    sim_ok(k->t, "autoscaling", "UpdateAutoScalingGroup", "{\"AutoScalingGroupName\":\"g\",\"DesiredCapacity\":0}");
    asg_pass(k, 120);
    assert_int_equal(asg_members(k, "g", "InService"), 1);
    sim_ok(k->t, "autoscaling", "SetInstanceProtection", sim_json(k->t, "{'AutoScalingGroupName':'g','InstanceIds':['%s'],'ProtectedFromScaleIn':false}", kept));
    asg_pass(k, 120);
    assert_int_equal(asg_members(k, "g", "*"), 0);
    asg_free(k);
}

static void the_oldest_template_goes_first(void **state)
{
    struct scaling_kit *k = asg_new(NULL);
    const char *old;

    (void)state;
    asg_group(k, "g", 1, "'MaxSize':3");
    asg_pass(k, 60);
    old = asg_member(k, "g", 0);
    asg_version(k, "t3.large");
    sim_ok(k->t, "autoscaling", "UpdateAutoScalingGroup", sim_json(k->t, "{'AutoScalingGroupName':'g','DesiredCapacity':3,'LaunchTemplate':{'LaunchTemplateId':'%s','Version':'2'}}", k->template_id));
    asg_pass(k, 60);
    assert_int_equal(asg_members(k, "g", "InService"), 3);
    sim_ok(k->t, "autoscaling", "SetDesiredCapacity", "{\"AutoScalingGroupName\":\"g\",\"DesiredCapacity\":2}");
    asg_pass(k, 120);
    assert_int_equal(asg_members(k, "g", "InService"), 2);
    assert_false(asg_has(k, "g", old));
    asg_free(k);
}

static void zones_are_kept_even(void **state)
{
    struct scaling_kit *k = asg_new(NULL);
    const struct value *r;

    (void)state;
    asg_group(k, "g", 4, "");
    asg_pass(k, 60);
    sim_ok(k->t, "autoscaling", "UpdateAutoScalingGroup", sim_json(k->t, "{'AutoScalingGroupName':'g','VPCZoneIdentifier':'%s'}", k->subnet[0]));
    asg_pass(k, 600);
    r = asg_show(k, "g");
    assert_int_equal(asg_in_zone(r, "eu-west-1a"), 4);
    assert_int_equal(asg_members(k, "g", "*"), 4);
    sim_ok(k->t, "autoscaling", "SuspendProcesses", "{\"AutoScalingGroupName\":\"g\",\"ScalingProcesses\":[\"AZRebalance\"]}");
    sim_ok(k->t, "autoscaling", "UpdateAutoScalingGroup", sim_json(k->t, "{'AutoScalingGroupName':'g','VPCZoneIdentifier':'%s,%s'}", k->subnet[0], k->subnet[1]));
    asg_pass(k, 600);
    assert_int_equal(asg_in_zone(asg_show(k, "g"), "eu-west-1a"), 4);
    sim_ok(k->t, "autoscaling", "ResumeProcesses", "{\"AutoScalingGroupName\":\"g\"}");
    asg_pass(k, 600);
    assert_int_equal(asg_in_zone(asg_show(k, "g"), "eu-west-1a"), 2);
    asg_free(k);
}

/* ---- mixed ---- */
static const char *mixed(struct scaling_kit *k, const char *overrides, const char *distribution)
{
    return str_c(k->t->a, str_fmt(k->t->a, "'MaxSize':8,'LaunchTemplate':null,'MixedInstancesPolicy':{'LaunchTemplate':{'LaunchTemplateSpecification':{'LaunchTemplateId':'%s','Version':'1'},'Overrides':[%s]},"
                                  "'InstancesDistribution':{%s}}", k->template_id, overrides, distribution));
}

static size_t machines(struct scaling_kit *k, const char *filter, const char *value)
{
    const struct value *r = sim_ok(k->t, "ec2", "DescribeInstances", sim_json(k->t, "{'Filters':[{'Name':'%s','Values':['%s']},{'Name':'instance-state-name','Values':['running']}]}", filter, value));

    return value_get(r, STR("Reservations"))->list.n;
}

static void weights_fill_the_capacity(void **state)
{
    struct scaling_kit *k = asg_new(NULL);

    (void)state;
    asg_group(k, "g", 4, mixed(k, "{'InstanceType':'t3.large','WeightedCapacity':'2'},{'InstanceType':'t3.small','WeightedCapacity':'1'}", ""));
    asg_pass(k, 60);
    assert_int_equal(asg_members(k, "g", "InService"), 2);
    assert_string_equal(sim_text(k->t, asg_show(k, "g"), "Instances.0.WeightedCapacity"), "2");
    sim_ok(k->t, "autoscaling", "UpdateAutoScalingGroup", "{\"AutoScalingGroupName\":\"g\",\"MinSize\":0,\"DesiredCapacity\":3}");
    asg_pass(k, 120);
    assert_int_equal(asg_members(k, "g", "InService"), 2);  /* one fewer would be too few */
    sim_ok(k->t, "autoscaling", "SetDesiredCapacity", "{\"AutoScalingGroupName\":\"g\",\"DesiredCapacity\":2}");
    asg_pass(k, 120);
    assert_int_equal(asg_members(k, "g", "*"), 1);
    asg_free(k);
}

static void spot_and_on_demand_are_mixed(void **state)
{
    struct scaling_kit *k = asg_new(NULL);

    (void)state;
    asg_group(k, "g", 5, mixed(k, "{'InstanceType':'t3.large'}", "'OnDemandBaseCapacity':1,'OnDemandPercentageAboveBaseCapacity':50"));
    asg_pass(k, 60);
    assert_int_equal(asg_members(k, "g", "InService"), 5);
    assert_int_equal(machines(k, "instance-lifecycle", "spot"), 2);
    asg_free(k);
}

static void requirements_choose_a_type(void **state)
{
    struct scaling_kit *k = asg_new(NULL);

    (void)state;
    asg_group(k, "g", 1, mixed(k, "{'InstanceRequirements':{'VCpuCount':{'Min':4,'Max':8},'MemoryMiB':{'Min':16384},'AllowedInstanceTypes':['m6i.*']}}", ""));
    asg_pass(k, 60);
    assert_int_equal(machines(k, "instance-type", "m6i.xlarge"), 1);
    asg_free(k);
}

static void nobody_gets_older_than_allowed(void **state)
{
    struct scaling_kit *k = asg_new(NULL);
    const char *first;

    (void)state;
    asg_group(k, "g", 2, "'MaxInstanceLifetime':86400");
    asg_pass(k, 60);
    first = asg_member(k, "g", 0);
    asg_pass(k, 86000);
    assert_true(asg_has(k, "g", first));
    asg_pass(k, 1200);
    assert_false(asg_has(k, "g", first));
    assert_int_equal(asg_members(k, "g", "InService"), 2);
    assert_true(asg_told(k, "g", "maximum instance lifetime"));
    asg_free(k);
}

/* ---- processes ---- */
static void suspended_processes_rest(void **state)
{
    struct scaling_kit *k = asg_new(NULL);
    const char *first;

    (void)state;
    asg_group(k, "g", 2, "");
    asg_pass(k, 60);
    first = asg_member(k, "g", 0);
    sim_fails(k->t, "autoscaling", "SuspendProcesses", "{\"AutoScalingGroupName\":\"g\",\"ScalingProcesses\":[\"Sleep\"]}", "ValidationError");
    sim_ok(k->t, "autoscaling", "SuspendProcesses", "{\"AutoScalingGroupName\":\"g\",\"ScalingProcesses\":[\"ReplaceUnhealthy\"]}");
    assert_non_null(strstr(sim_text(k->t, asg_show(k, "g"), "SuspendedProcesses.0.SuspensionReason"), "User suspended at 20"));
    sim_ok(k->t, "ec2", "StopInstances", sim_json(k->t, "{'InstanceIds':['%s']}", first));
    asg_pass(k, 300);
    assert_true(asg_has(k, "g", first));
    assert_string_equal(sim_text(k->t, asg_show(k, "g"), "Instances.0.HealthStatus"), "Unhealthy");
    sim_ok(k->t, "autoscaling", "SuspendProcesses", "{\"AutoScalingGroupName\":\"g\",\"ScalingProcesses\":[\"Launch\"]}");
    sim_ok(k->t, "autoscaling", "ResumeProcesses", "{\"AutoScalingGroupName\":\"g\",\"ScalingProcesses\":[\"ReplaceUnhealthy\"]}");
    asg_pass(k, 300);
    assert_int_equal(asg_members(k, "g", "*"), 1);
    sim_ok(k->t, "autoscaling", "ResumeProcesses", "{\"AutoScalingGroupName\":\"g\"}");
    asg_pass(k, 60);
    assert_int_equal(asg_members(k, "g", "InService"), 2);
    sim_ok(k->t, "autoscaling", "SuspendProcesses", "{\"AutoScalingGroupName\":\"g\",\"ScalingProcesses\":[\"HealthCheck\"]}");
    first = asg_member(k, "g", 0);
    sim_ok(k->t, "ec2", "StopInstances", sim_json(k->t, "{'InstanceIds':['%s']}", first));
    asg_pass(k, 300);
    assert_string_equal(sim_text(k->t, asg_show(k, "g"), "Instances.0.HealthStatus"), "Healthy");
    sim_ok(k->t, "autoscaling", "ResumeProcesses", "{\"AutoScalingGroupName\":\"g\",\"ScalingProcesses\":[\"HealthCheck\"]}");
    asg_pass(k, 300);
    assert_false(asg_has(k, "g", first));
    sim_ok(k->t, "autoscaling", "SuspendProcesses", "{\"AutoScalingGroupName\":\"g\",\"ScalingProcesses\":[\"Terminate\"]}");
    sim_ok(k->t, "autoscaling", "UpdateAutoScalingGroup", "{\"AutoScalingGroupName\":\"g\",\"MinSize\":0,\"DesiredCapacity\":0}");
    asg_pass(k, 300);
    assert_int_equal(asg_members(k, "g", "InService"), 2);
    asg_free(k);
}

/* ---- health ---- */
static void a_dead_guest_is_replaced_after_its_grace(void **state)
{
    struct scaling_kit *k = asg_new(NULL);
    const char *first;

    (void)state;
    asg_group(k, "g", 1, "'HealthCheckGracePeriod':300,'Tags':[{'Key':'sandbox:guest','Value':'joins after 10s, dies after 60s','PropagateAtLaunch':true}]");
    asg_pass(k, 30);
    first = asg_member(k, "g", 0);
    sim_ok(k->t, "autoscaling", "DeleteTags", "{\"Tags\":[{\"ResourceId\":\"g\",\"ResourceType\":\"auto-scaling-group\",\"Key\":\"sandbox:guest\"}]}");
    asg_pass(k, 200);
    assert_true(asg_has(k, "g", first));
    assert_int_equal(asg_members(k, "g", "InService"), 1);
    asg_pass(k, 300);
    assert_false(asg_has(k, "g", first));
    assert_int_equal(asg_members(k, "g", "InService"), 1);
    assert_true(asg_told(k, "g", "in response to an EC2 instance status checks failure"));
    asg_free(k);
}

static void termination_protection_holds_other_hands_only(void **state)
{
    struct scaling_kit *k = asg_new(NULL);
    const char *first;

    (void)state;
    asg_group(k, "g", 1, "'MinSize':0");
    asg_pass(k, 60);
    first = asg_member(k, "g", 0);
    sim_ok(k->t, "ec2", "ModifyInstanceAttribute", sim_json(k->t, "{'InstanceId':'%s','DisableApiTermination':{'Value':true}}", first));
    sim_fails(k->t, "ec2", "TerminateInstances", sim_json(k->t, "{'InstanceIds':['%s']}", first), "OperationNotPermitted");
    sim_ok(k->t, "autoscaling", "SetDesiredCapacity", "{\"AutoScalingGroupName\":\"g\",\"DesiredCapacity\":0}");
    asg_pass(k, 120);
    assert_string_equal(asg_state(k, first), "terminated");
    assert_int_equal(asg_members(k, "g", "*"), 0);
    asg_free(k);
}

static void a_user_may_call_it_unhealthy(void **state)
{
    struct scaling_kit *k = asg_new(NULL);
    const char *first;

    (void)state;
    asg_group(k, "g", 1, "'MaxSize':2,'HealthCheckGracePeriod':600,'InstanceMaintenancePolicy':{'MinHealthyPercentage':100,'MaxHealthyPercentage':200}");
    asg_pass(k, 60);
    first = asg_member(k, "g", 0);
    sim_ok(k->t, "autoscaling", "SetInstanceHealth", sim_json(k->t, "{'InstanceId':'%s','HealthStatus':'Unhealthy'}", first));
    asg_pass(k, 60);
    assert_true(asg_has(k, "g", first));
    sim_ok(k->t, "autoscaling", "SetInstanceHealth", sim_json(k->t, "{'InstanceId':'%s','HealthStatus':'Unhealthy','ShouldRespectGracePeriod':false}", first));
    asg_pass(k, 8);
    assert_true(asg_has(k, "g", first));                   /* with this policy its successor comes first */
    assert_int_equal(asg_members(k, "g", "*"), 2);
    asg_pass(k, 120);
    assert_false(asg_has(k, "g", first));
    assert_int_equal(asg_members(k, "g", "InService"), 1);
    sim_fails(k->t, "autoscaling", "SetInstanceHealth", sim_json(k->t, "{'InstanceId':'%s','HealthStatus':'Unhealthy'}", first), "ValidationError");
    asg_free(k);
}

/* ---- hooks ---- */
/* The only one of a new group, which waits for the hook `in`. */
static const char *one_that_waits(struct scaling_kit *k)
{
    asg_group(k, "g", 1, "'LifecycleHookSpecificationList':[{'LifecycleHookName':'in','LifecycleTransition':'autoscaling:EC2_INSTANCE_LAUNCHING','HeartbeatTimeout':60}]");
    asg_pass(k, 40);
    assert_int_equal(asg_members(k, "g", "Pending:Wait"), 1);
    return asg_member(k, "g", 0);
}

static void a_new_one_waits_for_its_hook(void **state)
{
    struct scaling_kit *k = asg_new(NULL);
    const char *first = one_that_waits(k);

    (void)state;
    assert_string_equal(sim_text(k->t, asg_activity(k, "g", 0), "StatusCode"), "MidLifecycleAction");
    sim_ok(k->t, "autoscaling", "RecordLifecycleActionHeartbeat", sim_json(k->t, "{'AutoScalingGroupName':'g','LifecycleHookName':'in','InstanceId':'%s'}", first));
    asg_pass(k, 50);
    assert_int_equal(asg_members(k, "g", "Pending:Wait"), 1);
    sim_ok(k->t, "autoscaling", "CompleteLifecycleAction", sim_json(k->t, "{'AutoScalingGroupName':'g','LifecycleHookName':'in','InstanceId':'%s','LifecycleActionResult':'CONTINUE'}", first));
    asg_pass(k, 5);
    assert_int_equal(asg_members(k, "g", "InService"), 1);
    sim_fails(k->t, "autoscaling", "CompleteLifecycleAction", sim_json(k->t, "{'AutoScalingGroupName':'g','LifecycleHookName':'in','InstanceId':'%s','LifecycleActionResult':'CONTINUE'}", first), "ValidationError");
    asg_free(k);
}

static void who_is_not_heard_of_is_given_up(void **state)
{
    struct scaling_kit *k = asg_new(NULL);
    const char *first = one_that_waits(k);

    (void)state;
    sim_ok(k->t, "autoscaling", "PutLifecycleHook", "{\"AutoScalingGroupName\":\"g\",\"LifecycleHookName\":\"in\",\"DefaultResult\":\"ABANDON\"}");
    asg_pass(k, 200);
    assert_false(asg_has(k, "g", first));
    assert_true(asg_ended(k, "g", "Cancelled", "abandoned"));
    sim_ok(k->t, "autoscaling", "PutLifecycleHook", "{\"AutoScalingGroupName\":\"g\",\"LifecycleHookName\":\"in\",\"DefaultResult\":\"CONTINUE\"}");
    asg_pass(k, 300);
    assert_int_equal(asg_members(k, "g", "InService"), 1);
    asg_free(k);
}

static void one_that_goes_waits_for_its_hook(void **state)
{
    struct scaling_kit *k = asg_new(NULL);
    const char *first;

    (void)state;
    asg_group(k, "g", 1, "");
    sim_ok(k->t, "autoscaling", "PutLifecycleHook", "{\"AutoScalingGroupName\":\"g\",\"LifecycleHookName\":\"out\",\"LifecycleTransition\":\"autoscaling:EC2_INSTANCE_TERMINATING\",\"HeartbeatTimeout\":300,"
           "\"DefaultResult\":\"CONTINUE\"}");
    assert_string_equal(sim_text(k->t, sim_ok(k->t, "autoscaling", "DescribeLifecycleHooks", "{\"AutoScalingGroupName\":\"g\"}"), "LifecycleHooks.0.GlobalTimeout"), "30000");
    asg_pass(k, 60);
    first = asg_member(k, "g", 0);
    sim_ok(k->t, "autoscaling", "UpdateAutoScalingGroup", "{\"AutoScalingGroupName\":\"g\",\"MinSize\":0,\"DesiredCapacity\":0}");
    asg_pass(k, 60);
    assert_int_equal(asg_members(k, "g", "Terminating:Wait"), 1);
    assert_string_equal(asg_state(k, first), "running");
    asg_pass(k, 260);
    assert_string_equal(asg_state(k, first), "shutting-down");
    asg_pass(k, 60);
    assert_int_equal(asg_members(k, "g", "*"), 0);
    sim_ok(k->t, "autoscaling", "DeleteLifecycleHook", "{\"AutoScalingGroupName\":\"g\",\"LifecycleHookName\":\"out\"}");
    sim_fails(k->t, "autoscaling", "DeleteLifecycleHook", "{\"AutoScalingGroupName\":\"g\",\"LifecycleHookName\":\"out\"}", "ValidationError");
    asg_free(k);
}

/* ---- the end ---- */
static void a_group_goes_with_its_instances(void **state)
{
    struct scaling_kit *k = asg_new(NULL);
    const char *first;

    (void)state;
    asg_group(k, "g", 1, "");
    asg_pass(k, 60);
    first = asg_member(k, "g", 0);
    sim_fails(k->t, "autoscaling", "DeleteAutoScalingGroup", "{\"AutoScalingGroupName\":\"g\"}", "ResourceInUse");
    sim_ok(k->t, "autoscaling", "DeleteAutoScalingGroup", "{\"AutoScalingGroupName\":\"g\",\"ForceDelete\":true}");
    assert_string_equal(sim_text(k->t, asg_show(k, "g"), "Status"), "Delete in progress");
    sim_fails(k->t, "autoscaling", "CreateAutoScalingGroup", asg_json(k, "g", 1, ""), "AlreadyExists");
    sim_fails(k->t, "autoscaling", "SuspendProcesses", "{\"AutoScalingGroupName\":\"g\"}", "ValidationError");
    asg_pass(k, 60);
    assert_null(asg_show(k, "g"));
    assert_string_equal(asg_state(k, first), "terminated");
    assert_int_equal(sim_count(k->t->sim, STR("autoscaling.instance")), 0);
    assert_null(asg_activity(k, "g", 0));
    assert_string_equal(sim_text(k->t, sim_ok(k->t, "autoscaling", "DescribeScalingActivities", "{\"IncludeDeletedGroups\":true}"), "Activities.0.AutoScalingGroupState"), "Deleted");
    sim_fails(k->t, "autoscaling", "DeleteAutoScalingGroup", "{\"AutoScalingGroupName\":\"g\"}", "ValidationError");
    asg_group(k, "g", 0, "");
    assert_null(asg_activity(k, "g", 0));
    sim_ok(k->t, "autoscaling", "DeleteAutoScalingGroup", "{\"AutoScalingGroupName\":\"g\"}");
    asg_free(k);
}

static void protection_holds_the_group(void **state)
{
    struct scaling_kit *k = asg_new(NULL);

    (void)state;
    asg_group(k, "g", 0, "'DeletionProtection':'prevent-force-deletion'");
    sim_fails(k->t, "autoscaling", "DeleteAutoScalingGroup", "{\"AutoScalingGroupName\":\"g\",\"ForceDelete\":true}", "ValidationError");
    sim_ok(k->t, "autoscaling", "DeleteAutoScalingGroup", "{\"AutoScalingGroupName\":\"g\"}");
    asg_pass(k, 10);
    assert_null(asg_show(k, "g"));
    asg_free(k);
}

/* ---- members by name ---- */
static void members_leave_by_name(void **state)
{
    struct scaling_kit *k = asg_new(NULL);
    const char *one, *two;
    const struct value *r;

    (void)state;
    asg_group(k, "g", 3, "'MinSize':1");
    asg_pass(k, 60);
    one = asg_member(k, "g", 0);
    r = sim_ok(k->t, "autoscaling", "TerminateInstanceInAutoScalingGroup", sim_json(k->t, "{'InstanceId':'%s','ShouldDecrementDesiredCapacity':true}", one));
    assert_string_equal(sim_text(k->t, r, "Activity.StatusCode"), "InProgress");
    asg_pass(k, 120);
    assert_int_equal(asg_members(k, "g", "*"), 2);
    two = asg_member(k, "g", 0);
    sim_ok(k->t, "autoscaling", "EnterStandby", sim_json(k->t, "{'AutoScalingGroupName':'g','InstanceIds':['%s'],'ShouldDecrementDesiredCapacity':true}", two));
    asg_pass(k, 60);
    assert_int_equal(asg_members(k, "g", "Standby"), 1);
    assert_int_equal(asg_members(k, "g", "InService"), 1);
    sim_ok(k->t, "autoscaling", "ExitStandby", sim_json(k->t, "{'AutoScalingGroupName':'g','InstanceIds':['%s']}", two));
    asg_pass(k, 60);
    assert_int_equal(asg_members(k, "g", "InService"), 2);
    sim_ok(k->t, "autoscaling", "DetachInstances", sim_json(k->t, "{'AutoScalingGroupName':'g','InstanceIds':['%s'],'ShouldDecrementDesiredCapacity':false}", two));
    asg_pass(k, 60);
    assert_false(asg_has(k, "g", two));
    assert_int_equal(asg_members(k, "g", "InService"), 2);
    assert_string_equal(asg_state(k, two), "running");
    r = sim_ok(k->t, "autoscaling", "DescribeAutoScalingInstances", sim_json(k->t, "{'InstanceIds':['%s','%s']}", two, asg_member(k, "g", 0)));
    assert_int_equal(value_get(r, STR("AutoScalingInstances"))->list.n, 1);
    assert_string_equal(sim_text(k->t, r, "AutoScalingInstances.0.HealthStatus"), "HEALTHY");
    sim_ok(k->t, "autoscaling", "UpdateAutoScalingGroup", "{\"AutoScalingGroupName\":\"g\",\"MinSize\":2}");
    sim_fails(k->t, "autoscaling", "TerminateInstanceInAutoScalingGroup", sim_json(k->t, "{'InstanceId':'%s','ShouldDecrementDesiredCapacity':true}", asg_member(k, "g", 0)), "ValidationError");
    asg_free(k);
}

/* ---- what is refused ---- */
static void nonsense_is_refused(void **state)
{
    struct scaling_kit *k = asg_new(NULL);
    static const char *const wrong[] = {
        "'LaunchTemplate':{'LaunchTemplateId':'lt-0123456789abcdef0','Version':'1'}", "'MaxSize':0,'MinSize':1", "'DesiredCapacity':9", "'VPCZoneIdentifier':'subnet-0123456789abcdef0'",
        "'HealthCheckType':'PULSE'", "'MaxInstanceLifetime':60", "'InstanceMaintenancePolicy':{'MinHealthyPercentage':0,'MaxHealthyPercentage':110}",
        "'InstanceMaintenancePolicy':{'MinHealthyPercentage':50}", "'AutoScalingGroupName':'a:b'",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        sim_fails(k->t, "autoscaling", "CreateAutoScalingGroup", asg_json(k, "g", 1, wrong[i]), "ValidationError");
    sim_fails(k->t, "autoscaling", "CreateAutoScalingGroup", sim_json(k->t, "{'AutoScalingGroupName':'g','MinSize':0,'MaxSize':0,'VPCZoneIdentifier':'%s'}", k->subnet[0]), "ValidationError");
    sim_fails(k->t, "autoscaling", "CreateAutoScalingGroup", sim_json(k->t, "{'AutoScalingGroupName':'g','MinSize':0,'MaxSize':0,'LaunchTemplate':{'LaunchTemplateId':'%s'}}", k->template_id), "ValidationError");
    asg_group(k, "g", 0, "");
    sim_fails(k->t, "autoscaling", "CreateAutoScalingGroup", asg_json(k, "g", 0, ""), "AlreadyExists");
    sim_fails(k->t, "autoscaling", "UpdateAutoScalingGroup", "{\"AutoScalingGroupName\":\"h\",\"MinSize\":0}", "ValidationError");
    sim_fails(k->t, "autoscaling", "PutLifecycleHook", "{\"AutoScalingGroupName\":\"g\",\"LifecycleHookName\":\"x\"}", "ValidationError");
    sim_fails(k->t, "autoscaling", "PutLifecycleHook", "{\"AutoScalingGroupName\":\"g\",\"LifecycleHookName\":\"x\",\"LifecycleTransition\":\"autoscaling:EC2_INSTANCE_LAUNCHING\",\"HeartbeatTimeout\":5}", "ValidationError");
    sim_fails(k->t, "autoscaling", "CreateOrUpdateTags", "{\"Tags\":[{\"ResourceId\":\"h\",\"ResourceType\":\"auto-scaling-group\",\"Key\":\"k\",\"Value\":\"v\"}]}", "ValidationError");
    assert_int_equal(value_get(sim_ok(k->t, "autoscaling", "DescribeAutoScalingGroups", "{\"AutoScalingGroupNames\":[\"h\"]}"), STR("AutoScalingGroups"))->list.n, 0);
    asg_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_is_filled_over_its_zones), cmocka_unit_test(what_ends_is_replaced), cmocka_unit_test(the_size_follows_what_is_wanted),
        cmocka_unit_test(the_oldest_template_goes_first), cmocka_unit_test(zones_are_kept_even), cmocka_unit_test(weights_fill_the_capacity), cmocka_unit_test(spot_and_on_demand_are_mixed),
        cmocka_unit_test(requirements_choose_a_type), cmocka_unit_test(nobody_gets_older_than_allowed), cmocka_unit_test(suspended_processes_rest),
        cmocka_unit_test(a_dead_guest_is_replaced_after_its_grace), cmocka_unit_test(a_user_may_call_it_unhealthy), cmocka_unit_test(termination_protection_holds_other_hands_only), cmocka_unit_test(a_new_one_waits_for_its_hook),
        cmocka_unit_test(who_is_not_heard_of_is_given_up), cmocka_unit_test(one_that_goes_waits_for_its_hook), cmocka_unit_test(a_group_goes_with_its_instances),
        cmocka_unit_test(protection_holds_the_group), cmocka_unit_test(members_leave_by_name), cmocka_unit_test(nonsense_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
