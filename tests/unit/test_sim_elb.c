/* test_sim_elb.c - the simulated load balancers: where they may stand, what they keep for good, what outlives them, what fits together. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "sim_test.h"

static struct sim_test *t;
static const char *vpc, *subnet[3], *group;

static int setup(void **state)
{
    (void)state;
    t = sim_test_new(&(struct sim_options){ .exact = true });
    vpc = sim_text(t, sim_ok(t, "ec2", "CreateVpc", "{\"CidrBlock\":\"10.0.0.0/16\"}"), "Vpc.VpcId");
    for (int i = 0; i < 3; i++)
        subnet[i] = sim_text(t, sim_ok(t, "ec2", "CreateSubnet", sim_json(t, "{'VpcId':'%s','CidrBlock':'10.0.%d.0/24','AvailabilityZone':'eu-west-1%c'}", vpc, i, i < 2 ? 'a' + i : 'a')), "Subnet.SubnetId");
    group = sim_text(t, sim_ok(t, "ec2", "CreateSecurityGroup", sim_json(t, "{'VpcId':'%s','GroupName':'g','Description':'g'}", vpc)), "GroupId");
    sim_test_pass(t, 60000);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sim_test_free(t);
    return 0;
}

static const char *balancer_json(const char *more)
{
    return sim_json(t, "{'Name':'lb','Type':'network','Scheme':'internal',%s}", more);
}

static const char *balancer(const char *more)
{
    const struct value *r = sim_ok(t, "elbv2", "CreateLoadBalancer", balancer_json(more));

    sim_test_pass(t, 300000);
    return sim_text(t, r, "LoadBalancers.0.LoadBalancerArn");
}

static const char *target_group(const char *name, const char *more)
{
    return sim_text(t, sim_ok(t, "elbv2", "CreateTargetGroup", sim_json(t, "{'Name':'%s','Protocol':'TCP','Port':6443,'VpcId':'%s'%s}", name, vpc, more)), "TargetGroups.0.TargetGroupArn");
}

static const char *listener_json(const char *arn, int port, const char *protocol, const char *to)
{
    return sim_json(t, "{'LoadBalancerArn':'%s','Port':%d,'Protocol':'%s','DefaultActions':[{'Type':'forward','TargetGroupArn':'%s'}]}", arn, port, protocol, to);
}

static const char *subnets(size_t n)
{
    return n == 1 ? sim_json(t, "'Subnets':['%s']", subnet[0]) : sim_json(t, "'Subnets':['%s','%s']", subnet[0], subnet[n == 2 ? 1 : 2]);
}

static size_t interfaces(void)
{
    return value_get(sim_ok(t, "ec2", "DescribeNetworkInterfaces", "{}"), STR("NetworkInterfaces"))->list.n;
}

static void where_it_may_stand(void **state)
{
    (void)state;
    sim_fails(t, "elbv2", "CreateLoadBalancer", balancer_json("'Subnets':['subnet-0123456789abcdef0']"), "SubnetNotFound");
    sim_fails(t, "elbv2", "CreateLoadBalancer", balancer_json(subnets(3)), "InvalidConfigurationRequest");      /* both in one zone */
    sim_fails(t, "elbv2", "CreateLoadBalancer", sim_json(t, "{'Name':'lb','Type':'network',%s}", subnets(1)), "InvalidSubnet");  /* no way to the internet */
    sim_fails(t, "elbv2", "CreateLoadBalancer", sim_json(t, "{'Name':'lb','Scheme':'internal',%s}", subnets(1)), "ValidationError");   /* an application's needs two */
    sim_fails(t, "elbv2", "CreateLoadBalancer", sim_json(t, "{'Name':'internal-lb','Type':'network','Scheme':'internal',%s}", subnets(1)), "ValidationError");
    sim_fails(t, "elbv2", "CreateLoadBalancer", balancer_json(sim_json(t, "%s,'IpAddressType':'dualstack'", subnets(1))), "InvalidSubnet");
    const char *arn = balancer(subnets(1));
    sim_fails(t, "elbv2", "CreateLoadBalancer", balancer_json(subnets(2)), "DuplicateLoadBalancerName");
    assert_string_equal(sim_text(t, sim_ok(t, "elbv2", "CreateLoadBalancer", balancer_json(subnets(1))), "LoadBalancers.0.LoadBalancerArn"), arn);      /* the same is the same */
    assert_string_equal(sim_text(t, sim_ok(t, "elbv2", "DescribeLoadBalancers", "{\"Names\":[\"lb\"]}"), "LoadBalancers.0.State.Code"), "active");
    sim_fails(t, "elbv2", "DescribeLoadBalancers", "{\"Names\":[\"lb\",\"other\"]}", "LoadBalancerNotFound");
    sim_fails(t, "elbv2", "SetIpAddressType", sim_json(t, "{'LoadBalancerArn':'%s','IpAddressType':'dualstack'}", arn), "InvalidSubnet");
}

static void what_it_keeps_for_good(void **state)
{
    (void)state;
    const char *address = sim_text(t, sim_ok(t, "ec2", "AllocateAddress", "{}"), "AllocationId"), *arn;

    sim_fails(t, "elbv2", "CreateLoadBalancer", balancer_json(sim_json(t, "'SubnetMappings':[{'SubnetId':'%s','AllocationId':'%s'}]", subnet[0], address)), "InvalidConfigurationRequest");
    arn = balancer(sim_json(t, "'SubnetMappings':[{'SubnetId':'%s','PrivateIPv4Address':'10.0.0.9'}]", subnet[0]));
    sim_fails(t, "elbv2", "SetSubnets", sim_json(t, "{'LoadBalancerArn':'%s','SubnetMappings':[{'SubnetId':'%s','PrivateIPv4Address':'10.0.0.10'}]}", arn, subnet[0]), "InvalidConfigurationRequest");
    sim_fails(t, "elbv2", "SetSecurityGroups", sim_json(t, "{'LoadBalancerArn':'%s','SecurityGroups':['%s']}", arn, group), "InvalidConfigurationRequest");
    sim_ok(t, "elbv2", "SetSubnets", sim_json(t, "{'LoadBalancerArn':'%s','SubnetMappings':[{'SubnetId':'%s','PrivateIPv4Address':'10.0.0.9'},{'SubnetId':'%s'}]}", arn, subnet[0], subnet[1]));
    assert_int_equal(interfaces(), 2);
    sim_fails(t, "elbv2", "ModifyLoadBalancerAttributes", sim_json(t, "{'LoadBalancerArn':'%s','Attributes':[{'Key':'idle_timeout.timeout_seconds','Value':'60'}]}", arn), "InvalidConfigurationRequest");
}

static void its_interfaces_outlive_it(void **state)
{
    (void)state;
    const char *arn = balancer(sim_json(t, "%s,'SecurityGroups':['%s']", subnets(1), group)), *protect = "deletion_protection.enabled";

    sim_fails(t, "ec2", "DeleteSecurityGroup", sim_json(t, "{'GroupId':'%s'}", group), "DependencyViolation");
    sim_ok(t, "elbv2", "ModifyLoadBalancerAttributes", sim_json(t, "{'LoadBalancerArn':'%s','Attributes':[{'Key':'%s','Value':'true'}]}", arn, protect));
    sim_fails(t, "elbv2", "DeleteLoadBalancer", sim_json(t, "{'LoadBalancerArn':'%s'}", arn), "OperationNotPermitted");
    sim_ok(t, "elbv2", "ModifyLoadBalancerAttributes", sim_json(t, "{'LoadBalancerArn':'%s','Attributes':[{'Key':'%s','Value':'false'}]}", arn, protect));
    sim_ok(t, "elbv2", "DeleteLoadBalancer", sim_json(t, "{'LoadBalancerArn':'%s'}", arn));
    sim_ok(t, "elbv2", "DeleteLoadBalancer", sim_json(t, "{'LoadBalancerArn':'%s'}", arn));        /* gone is gone */
    sim_fails(t, "elbv2", "DescribeLoadBalancers", sim_json(t, "{'LoadBalancerArns':['%s']}", arn), "LoadBalancerNotFound");
    sim_fails(t, "ec2", "DeleteSubnet", sim_json(t, "{'SubnetId':'%s'}", subnet[0]), "DependencyViolation");
    sim_fails(t, "ec2", "DeleteSecurityGroup", sim_json(t, "{'GroupId':'%s'}", group), "DependencyViolation");
    sim_test_pass(t, 300000);
    sim_ok(t, "ec2", "DeleteSubnet", sim_json(t, "{'SubnetId':'%s'}", subnet[0]));
    sim_ok(t, "ec2", "DeleteSecurityGroup", sim_json(t, "{'GroupId':'%s'}", group));
}

static void what_fits_together(void **state)
{
    (void)state;
    const char *arn = balancer(subnets(1)), *one = target_group("one", ""), *two = target_group("two", ",'HealthCheckProtocol':'HTTPS','HealthCheckPath':'/readyz'"), *udp, *other, *l;

    udp = sim_text(t, sim_ok(t, "elbv2", "CreateTargetGroup", sim_json(t, "{'Name':'udp','Protocol':'UDP','Port':53,'VpcId':'%s'}", vpc)), "TargetGroups.0.TargetGroupArn");
    sim_fails(t, "elbv2", "CreateTargetGroup", sim_json(t, "{'Name':'x','Protocol':'TCP','Port':1,'VpcId':'%s','HealthCheckPath':'/'}", vpc), "InvalidConfigurationRequest");
    sim_fails(t, "elbv2", "CreateListener", listener_json(arn, 443, "HTTP", one), "UnsupportedProtocol");
    sim_fails(t, "elbv2", "CreateListener", listener_json(arn, 443, "TCP", udp), "IncompatibleProtocols");
    sim_fails(t, "elbv2", "CreateListener", listener_json(arn, 443, "TLS", one), "ValidationError");       /* no certificate */
    l = sim_text(t, sim_ok(t, "elbv2", "CreateListener", listener_json(arn, 443, "TCP", one)), "Listeners.0.ListenerArn");
    sim_fails(t, "elbv2", "CreateListener", listener_json(arn, 443, "TCP", two), "DuplicateListener");
    sim_fails(t, "elbv2", "DeleteTargetGroup", sim_json(t, "{'TargetGroupArn':'%s'}", one), "ResourceInUse");
    other = sim_text(t, sim_ok(t, "elbv2", "CreateLoadBalancer", sim_json(t, "{'Name':'lb2','Type':'network','Scheme':'internal',%s}", subnets(1))), "LoadBalancers.0.LoadBalancerArn");
    sim_fails(t, "elbv2", "CreateListener", listener_json(other, 443, "TCP", one), "TargetGroupAssociationLimit");
    sim_ok(t, "elbv2", "ModifyListener", sim_json(t, "{'ListenerArn':'%s','DefaultActions':[{'Type':'forward','TargetGroupArn':'%s'}]}", l, two));
    sim_ok(t, "elbv2", "DeleteTargetGroup", sim_json(t, "{'TargetGroupArn':'%s'}", one));
    assert_string_equal(sim_text(t, sim_ok(t, "elbv2", "DescribeTargetGroups", sim_json(t, "{'LoadBalancerArn':'%s'}", arn)), "TargetGroups.0.TargetGroupName"), "two");
    sim_ok(t, "elbv2", "DeleteLoadBalancer", sim_json(t, "{'LoadBalancerArn':'%s'}", arn));        /* its listeners go with it */
    sim_fails(t, "elbv2", "DescribeListeners", sim_json(t, "{'ListenerArns':['%s']}", l), "ListenerNotFound");
    sim_ok(t, "elbv2", "DeleteTargetGroup", sim_json(t, "{'TargetGroupArn':'%s'}", two));
}

static const char *health(const char *arn, const char *id)
{
    return sim_text(t, sim_ok(t, "elbv2", "DescribeTargetHealth", sim_json(t, "{'TargetGroupArn':'%s','Targets':[{'Id':'%s'}]}", arn, id)), "TargetHealthDescriptions.0.TargetHealth.Reason");
}

static void addresses_are_targets(void **state)
{
    (void)state;
    const char *arn = target_group("ips", ",'TargetType':'ip'"), *lb = balancer(subnets(1));

    sim_fails(t, "elbv2", "RegisterTargets", sim_json(t, "{'TargetGroupArn':'%s','Targets':[{'Id':'8.8.8.8'}]}", arn), "InvalidTarget");
    sim_fails(t, "elbv2", "RegisterTargets", sim_json(t, "{'TargetGroupArn':'%s','Targets':[{'Id':'i-0123456789abcdef0'}]}", target_group("machines", "")), "InvalidTarget");
    assert_string_equal(health(arn, "10.0.0.7"), "Target.NotRegistered");
    sim_ok(t, "elbv2", "RegisterTargets", sim_json(t, "{'TargetGroupArn':'%s','Targets':[{'Id':'10.0.0.7'}]}", arn));
    assert_string_equal(health(arn, "10.0.0.7"), "Target.NotInUse");
    sim_ok(t, "elbv2", "CreateListener", listener_json(lb, 443, "TCP", arn));
    assert_string_equal(health(arn, "10.0.0.7"), "Elb.InitialHealthChecking");
    sim_test_pass(t, 120000);
    assert_string_equal(health(arn, "10.0.0.7"), "Target.FailedHealthChecks");             /* nothing has that address */
    sim_ok(t, "elbv2", "DeregisterTargets", sim_json(t, "{'TargetGroupArn':'%s','Targets':[{'Id':'10.0.0.7'}]}", arn));
    assert_string_equal(health(arn, "10.0.0.7"), "Target.DeregistrationInProgress");
    sim_test_pass(t, 310000);
    assert_string_equal(health(arn, "10.0.0.7"), "Target.NotRegistered");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(where_it_may_stand),
        CASE(what_it_keeps_for_good),
        CASE(its_interfaces_outlive_it),
        CASE(what_fits_together),
        CASE(addresses_are_targets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
