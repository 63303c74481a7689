/* test_sim_slots.c - the simulated Auto Scaling: groups of one that keep a network interface, launches that fail, refreshes, and restarts of the simulator. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "scaling_kit.h"

#define LOG "/acct/account.log"

/* ---- one holder at a time ---- */
struct slot { const char *interface, *address; };

/* A template that names an interface, and a group of one in its zone. */
static struct slot slot_of(struct scaling_kit *k, const char *more)
{
    const struct value *r = sim_ok(k->t, "ec2", "CreateNetworkInterface", sim_json(k->t, "{'SubnetId':'%s'}", k->subnet[0]));
    struct slot s = { sim_text(k->t, r, "NetworkInterface.NetworkInterfaceId"), sim_text(k->t, r, "NetworkInterface.PrivateIpAddress") };

    sim_ok(k->t, "ec2", "CreateLaunchTemplateVersion", sim_json(k->t, "{'LaunchTemplateId':'%s','LaunchTemplateData':{'ImageId':'%s','InstanceType':'t3.small','NetworkInterfaces':[{'DeviceIndex':0,"
           "'NetworkInterfaceId':'%s'}]}}", k->template_id, k->image, s.interface));
    sim_ok(k->t, "autoscaling", "CreateAutoScalingGroup", sim_json(k->t, "{'AutoScalingGroupName':'slot','MinSize':1,'MaxSize':1,'AvailabilityZones':['eu-west-1a'],'InstanceMaintenancePolicy':"
           "{'MinHealthyPercentage':0,'MaxHealthyPercentage':100},'LaunchTemplate':{'LaunchTemplateId':'%s','Version':'2'}%s}", k->template_id, more));
    return s;
}

static const char *address_of(struct scaling_kit *k, const char *instance)
{
    return sim_text(k->t, sim_ok(k->t, "ec2", "DescribeInstances", sim_json(k->t, "{'InstanceIds':['%s']}", instance)), "Reservations.0.Instances.0.PrivateIpAddress");
}

/* A slot that has a holder. */
static struct slot held_slot(struct scaling_kit *k, const char **holder)
{
    struct slot s = slot_of(k, "");

    asg_pass(k, 60);
    *holder = asg_member(k, "slot", 0);
    assert_string_equal(address_of(k, *holder), s.address);
    return s;
}

static void another_holds(struct scaling_kit *k, struct slot s, const char *former)
{
    assert_int_equal(asg_members(k, "slot", "InService"), 1);
    assert_false(asg_has(k, "slot", former));
    assert_string_equal(address_of(k, asg_member(k, "slot", 0)), s.address);
}

static void a_slot_keeps_its_address(void **state)
{
    struct scaling_kit *k = asg_new(NULL);
    const char *first;
    struct slot s = held_slot(k, &first);

    (void)state;
    assert_string_equal(sim_text(k->t, asg_show(k, "slot"), "VPCZoneIdentifier"), "");
    assert_string_equal(sim_text(k->t, asg_show(k, "slot"), "Instances.0.AvailabilityZone"), "eu-west-1a");
    sim_ok(k->t, "ec2", "TerminateInstances", sim_json(k->t, "{'InstanceIds':['%s']}", first));
    asg_pass(k, 20);
    assert_int_equal(asg_members(k, "slot", "InService"), 0);
    assert_true(asg_ended(k, "slot", "Failed", "in use"));
    asg_pass(k, 180);
    another_holds(k, s, first);
    asg_free(k);
}

static void launches_that_fail_for_a_day_are_suspended(void **state)
{
    struct scaling_kit *k = asg_new(NULL);
    struct slot s;
    const char *holder;
    const struct value *r;
    size_t n = 0;

    (void)state;
    s = slot_of(k, ",'DesiredCapacity':1");
    sim_ok(k->t, "autoscaling", "SuspendProcesses", "{\"AutoScalingGroupName\":\"slot\",\"ScalingProcesses\":[\"Launch\"]}");
    r = sim_ok(k->t, "ec2", "RunInstances", sim_json(k->t, "{'MinCount':1,'MaxCount':1,'ImageId':'%s','InstanceType':'t3.small','NetworkInterfaces':[{'DeviceIndex':0,'NetworkInterfaceId':'%s'}]}", k->image,
                                                     s.interface));
    holder = sim_text(k->t, r, "Instances.0.InstanceId");
    sim_ok(k->t, "autoscaling", "ResumeProcesses", "{\"AutoScalingGroupName\":\"slot\"}");
    asg_pass(k, 23 * 3600);
    assert_string_equal(sim_text(k->t, asg_show(k, "slot"), "SuspendedProcesses.0.ProcessName"), "");
    asg_pass(k, 2 * 3600);
    assert_string_equal(sim_text(k->t, asg_show(k, "slot"), "SuspendedProcesses.0.ProcessName"), "Launch");
    assert_null(strstr(sim_text(k->t, asg_show(k, "slot"), "SuspendedProcesses.0.SuspensionReason"), "User"));
    sim_ok(k->t, "ec2", "TerminateInstances", sim_json(k->t, "{'InstanceIds':['%s']}", holder));
    asg_pass(k, 1200);
    assert_int_equal(asg_members(k, "slot", "*"), 0);
    sim_ok(k->t, "autoscaling", "ResumeProcesses", "{\"AutoScalingGroupName\":\"slot\",\"ScalingProcesses\":[\"Launch\"]}");
    asg_pass(k, 60);
    assert_int_equal(asg_members(k, "slot", "InService"), 1);
    while (asg_activity(k, "slot", n))
        n++;
    assert_true(n >= 50);                                  /* it tried, and not all the time */
    assert_true(sim_count(k->t->sim, STR("autoscaling.activity")) < 400);
    asg_free(k);
}

static void a_launch_that_comes_to_nothing_is_one_that_failed(void **state)
{
    struct scaling_kit *k = asg_new(NULL);

    (void)state;
    asg_group(k, "g", 1, "");
    asg_pass(k, 5);
    sim_ok(k->t, "ec2", "TerminateInstances", sim_json(k->t, "{'InstanceIds':['%s']}", asg_member(k, "g", 0)));
    asg_pass(k, 10);
    assert_int_equal(asg_members(k, "g", "*"), 0);
    assert_true(asg_ended(k, "g", "Failed", "Termination Reason: Client.UserInitiatedShutdown"));
    asg_pass(k, 60);
    assert_int_equal(asg_members(k, "g", "InService"), 1);
    assert_string_equal(sim_text(k->t, sim_ok(k->t, "autoscaling", "DescribeAutoScalingGroups", "{\"IncludeInstances\":false}"), "AutoScalingGroups.0.Instances.0.InstanceId"), "");
    asg_free(k);
}

/* ---- capacity ---- */
static void a_zone_without_capacity_is_tried_last(void **state)
{
    struct scaling_kit *k = asg_new(NULL);
    struct fault none = { .kind = FAULT_CODE, .op = STR("RunInstances"), .within = true, .times = 1, .code = STR("InsufficientInstanceCapacity"),
                          .message = STR("We currently do not have sufficient t3.small capacity in the Availability Zone you requested (eu-west-1a).") };
    const struct value *r;

    (void)state;
    sim_fault(k->t->sim, &none);
    asg_group(k, "g", 2, "");
    asg_pass(k, 60);
    assert_true(asg_ended(k, "g", "Failed", "sufficient t3.small capacity"));
    r = asg_show(k, "g");
    assert_int_equal(asg_in_zone(r, "eu-west-1a") + asg_in_zone(r, "eu-west-1b"), 2);
    none.times = 1000;
    sim_fault(k->t->sim, &none);
    sim_ok(k->t, "autoscaling", "UpdateAutoScalingGroup", "{\"AutoScalingGroupName\":\"g\",\"MaxSize\":4,\"DesiredCapacity\":4}");
    asg_pass(k, 3600);
    assert_int_equal(asg_members(k, "g", "InService"), 2);
    sim_clear_faults(k->t->sim);
    asg_pass(k, 600);
    assert_int_equal(asg_members(k, "g", "InService"), 4);
    r = asg_show(k, "g");
    assert_int_equal(asg_in_zone(r, "eu-west-1a"), 2);
    asg_free(k);
}

/* ---- refreshes ---- */
static const char *refresh(struct scaling_kit *k, const char *group, const char *preferences)
{
    return sim_text(k->t, sim_ok(k->t, "autoscaling", "StartInstanceRefresh", sim_json(k->t, "{'AutoScalingGroupName':'%s','Preferences':{%s}}", group, preferences)), "InstanceRefreshId");
}

static const char *refreshed(struct scaling_kit *k, const char *group, const char *path)
{
    const struct value *r = sim_ok(k->t, "autoscaling", "DescribeInstanceRefreshes", sim_json(k->t, "{'AutoScalingGroupName':'%s'}", group));

    return sim_text(k->t, r, str_c(k->t->a, str_fmt(k->t->a, "InstanceRefreshes.0.%s", path)));
}

/* Members by the version of the template; "": any. */
static size_t of_version(struct scaling_kit *k, const char *group, const char *version)
{
    const struct value *v = asg_show(k, group);
    size_t i, n = 0;

    for (i = 0; *sim_text(k->t, v, str_c(k->t->a, str_fmt(k->t->a, "Instances.%zu.InstanceId", i))); i++)
        n += !strcmp(sim_text(k->t, v, str_c(k->t->a, str_fmt(k->t->a, "Instances.%zu.LaunchTemplate.Version", i))), version);
    return n;
}

static void next_version(struct scaling_kit *k, const char *group)
{
    asg_version(k, "t3.large");
    sim_ok(k->t, "autoscaling", "UpdateAutoScalingGroup", sim_json(k->t, "{'AutoScalingGroupName':'%s','LaunchTemplate':{'LaunchTemplateId':'%s','Version':'$Latest'}}", group, k->template_id));
}

static void a_refresh_replaces_all_and_keeps_enough(void **state)
{
    struct scaling_kit *k = asg_new(NULL);
    int i;

    (void)state;
    asg_group(k, "g", 4, "'DefaultInstanceWarmup':60");
    asg_pass(k, 60);
    next_version(k, "g");
    asg_pass(k, 60);
    assert_int_equal(of_version(k, "g", "1"), 4);          /* a new template alone replaces nothing */
    assert_string_equal(refreshed(k, "g", "Status"), "");
    refresh(k, "g", "'MinHealthyPercentage':75");
    sim_fails(k->t, "autoscaling", "StartInstanceRefresh", "{\"AutoScalingGroupName\":\"g\"}", "InstanceRefreshInProgress");
    assert_string_equal(refreshed(k, "g", "Status"), "Pending");
    for (i = 0; i < 400 && strcmp(refreshed(k, "g", "Status"), "Successful"); i++) {
        assert_true(asg_members(k, "g", "InService") >= 3);
        assert_true(asg_members(k, "g", "InService") + asg_members(k, "g", "Pending") <= 4);
        asg_pass(k, 5);
    }
    assert_string_equal(refreshed(k, "g", "Status"), "Successful");
    assert_string_equal(refreshed(k, "g", "PercentageComplete"), "100");
    assert_true(i * 5 >= 4 * 60);                          /* one after the other, each warm before the next */
    assert_int_equal(of_version(k, "g", "2"), 4);
    assert_int_equal(asg_members(k, "g", "InService"), 4);
    assert_true(asg_told(k, "g", "in response to an instance refresh"));
    asg_free(k);
}

static void a_refresh_may_launch_first(void **state)
{
    struct scaling_kit *k = asg_new(NULL);
    size_t most = 0, now;
    int i;

    (void)state;
    asg_group(k, "g", 2, "'MaxSize':3,'DefaultInstanceWarmup':0");
    asg_pass(k, 60);
    next_version(k, "g");
    refresh(k, "g", "'MinHealthyPercentage':100,'MaxHealthyPercentage':150");
    for (i = 0; i < 400 && strcmp(refreshed(k, "g", "Status"), "Successful"); i++) {
        assert_true(asg_members(k, "g", "InService") >= 2);
        now = asg_members(k, "g", "InService") + asg_members(k, "g", "Pending");
        most = now > most ? now : most;
        asg_pass(k, 5);
    }
    assert_int_equal(most, 3);
    assert_int_equal(of_version(k, "g", "2"), 2);
    asg_pass(k, 60);
    assert_int_equal(asg_members(k, "g", "*"), 2);
    asg_free(k);
}

static void a_refresh_skips_what_matches(void **state)
{
    struct scaling_kit *k = asg_new(NULL);
    const char *first;

    (void)state;
    asg_group(k, "g", 2, "");
    asg_pass(k, 60);
    first = asg_member(k, "g", 0);
    refresh(k, "g", "'SkipMatching':true");
    asg_pass(k, 30);
    assert_string_equal(refreshed(k, "g", "Status"), "Successful");
    assert_true(asg_has(k, "g", first));
    sim_fails(k->t, "autoscaling", "CancelInstanceRefresh", "{\"AutoScalingGroupName\":\"g\"}", "ActiveInstanceRefreshNotFound");
    refresh(k, "g", "");
    asg_pass(k, 600);
    assert_string_equal(refreshed(k, "g", "Status"), "Successful");
    assert_false(asg_has(k, "g", first));
    asg_free(k);
}

static void a_refresh_can_be_cancelled(void **state)
{
    struct scaling_kit *k = asg_new(NULL);

    (void)state;
    asg_group(k, "g", 3, "'DefaultInstanceWarmup':120");
    asg_pass(k, 60);
    next_version(k, "g");
    sim_ok(k->t, "autoscaling", "SuspendProcesses", "{\"AutoScalingGroupName\":\"g\",\"ScalingProcesses\":[\"InstanceRefresh\"]}");
    refresh(k, "g", "");
    asg_pass(k, 600);
    assert_string_equal(refreshed(k, "g", "Status"), "Pending");
    sim_ok(k->t, "autoscaling", "ResumeProcesses", "{\"AutoScalingGroupName\":\"g\"}");
    asg_pass(k, 30);
    assert_string_equal(refreshed(k, "g", "Status"), "InProgress");
    sim_ok(k->t, "autoscaling", "CancelInstanceRefresh", "{\"AutoScalingGroupName\":\"g\"}");
    asg_pass(k, 600);
    assert_string_equal(refreshed(k, "g", "Status"), "Cancelled");
    assert_int_equal(of_version(k, "g", "1"), 2);
    assert_int_equal(of_version(k, "g", "2"), 1);
    sim_fails(k->t, "autoscaling", "StartInstanceRefresh", "{\"AutoScalingGroupName\":\"g\",\"Preferences\":{\"MinHealthyPercentage\":10,\"MaxHealthyPercentage\":150}}", "ValidationError");
    asg_free(k);
}

static void a_slot_is_refreshed_without_a_second_holder(void **state)
{
    struct scaling_kit *k = asg_new(NULL);
    const char *first;
    struct slot s = held_slot(k, &first);

    (void)state;
    refresh(k, "slot", "'MinHealthyPercentage':0,'MaxHealthyPercentage':100,'InstanceWarmup':0");
    asg_pass(k, 300);
    assert_string_equal(refreshed(k, "slot", "Status"), "Successful");
    another_holds(k, s, first);
    asg_free(k);
}

/* ---- the simulator ends and begins again ---- */
static void begin(struct sim_test *t, const struct sim_options *given)
{
    struct sim_options o = *given;
    struct str why = STR_NONE;

    o.models = t->models;
    o.behaviour = t->behaviour;
    o.disk = test_world(t->world);
    o.log = STR(LOG);
    t->sim = sim_new(&o, t->a, &why);
    if (!t->sim)
        fail_msg("%.*s", STR_ARG(why));
    sim_attach(t->sim, test_world(t->world));
}

/* A group that is filling when the simulator is killed, or not. What comes of it. */
static const struct value *life(bool killed, struct arena *a)
{
    struct sim_options o = { .seed = 11, .start_wall = 1767323045000 };
    struct sim_test *t = sim_test_new(&o);
    struct scaling_kit *k;
    struct str log = STR_NONE;
    const struct value *out;

    sim_free(t->sim);
    world_mkdirs(test_world(t->world), STR("/acct"));
    begin(t, &o);
    k = asg_of(t);
    asg_group(k, "g", 3, "'MaxSize':4");
    world_read(test_world(t->world), t->a, STR(LOG), 1 << 24, &log);
    if (killed) {
        asg_pass(k, 25);                                   /* what nobody asked about was never written */
        sim_free(t->sim);
        world_write(test_world(t->world), STR(LOG), log);
        begin(t, &o);
    }
    asg_pass(k, 100);
    sim_ok(t, "autoscaling", "SetDesiredCapacity", "{\"AutoScalingGroupName\":\"g\",\"DesiredCapacity\":4}");
    if (killed) {
        sim_free(t->sim);
        begin(t, &o);
    }
    asg_pass(k, 100);
    out = sim_dump(t->sim, a);
    sim_test_free(t);
    return out;
}

static void a_killed_simulator_goes_on_where_it_was(void **state)
{
    struct arena *a = arena_new();
    const struct value *whole = life(false, a), *killed = life(true, a);

    (void)state;
    assert_int_equal(value_get(whole, STR("autoscaling.instance"))->object.n, 4);
    assert_true(value_eq(whole, killed));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slot_keeps_its_address), cmocka_unit_test(launches_that_fail_for_a_day_are_suspended), cmocka_unit_test(a_zone_without_capacity_is_tried_last), cmocka_unit_test(a_launch_that_comes_to_nothing_is_one_that_failed), cmocka_unit_test(a_refresh_replaces_all_and_keeps_enough),
        cmocka_unit_test(a_refresh_may_launch_first), cmocka_unit_test(a_refresh_skips_what_matches), cmocka_unit_test(a_refresh_can_be_cancelled),
        cmocka_unit_test(a_slot_is_refreshed_without_a_second_holder), cmocka_unit_test(a_killed_simulator_goes_on_where_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
