/* test_sim_network.c - the simulated EC2: networks are made, shown, refused, taken down. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>
#include "sim_test.h"

static struct sim_test *exact(void)
{
    return sim_test_new(&(struct sim_options){ .exact = true });
}

static const char *make(struct sim_test *t, const char *op, const char *json, const char *path)
{
    const char *id = sim_text(t, sim_ok(t, "ec2", op, json), path);

    assert_string_not_equal(id, "");
    return id;
}

static void test_vpc(void **state)
{
    struct sim_test *t = exact();
    const struct value *r;
    const char *id;

    (void)state;
    id = make(t, "CreateVpc", "{\"CidrBlock\":\"10.0.0.0/16\",\"TagSpecifications\":[{\"ResourceType\":\"vpc\",\"Tags\":[{\"Key\":\"Name\",\"Value\":\"a & b\"}]}]}", "Vpc.VpcId");
    assert_int_equal(strlen(id), 4 + 17);
    r = sim_ok(t, "ec2", "DescribeVpcs", sim_json(t, "{'Filters':[{'Name':'vpc-id','Values':['%s']}]}", id));
    assert_string_equal(sim_text(t, r, "Vpcs.0.State"), "pending");
    assert_string_equal(sim_text(t, r, "Vpcs.0.Tags.0.Value"), "a & b");
    sim_test_pass(t, 3000);
    r = sim_ok(t, "ec2", "DescribeVpcs", "{\"Filters\":[{\"Name\":\"tag:Name\",\"Values\":[\"a*\"]}]}");
    assert_string_equal(sim_text(t, r, "Vpcs.0.State"), "available");
    sim_ok(t, "ec2", "ModifyVpcAttribute", sim_json(t, "{'VpcId':'%s','EnableDnsHostnames':{'Value':true}}", id));
    r = sim_ok(t, "ec2", "DescribeVpcAttribute", sim_json(t, "{'VpcId':'%s','Attribute':'enableDnsHostnames'}", id));
    assert_string_equal(sim_text(t, r, "EnableDnsHostnames.Value"), "true");
    sim_ok(t, "ec2", "CreateTags", sim_json(t, "{'Resources':['%s'],'Tags':[{'Key':'kc:x.y','Value':'1'}]}", id));
    sim_ok(t, "ec2", "DeleteTags", sim_json(t, "{'Resources':['%s'],'Tags':[{'Key':'Name'}]}", id));
    r = sim_ok(t, "ec2", "DescribeVpcs", sim_json(t, "{'VpcIds':['%s']}", id));
    assert_string_equal(sim_text(t, r, "Vpcs.0.Tags.0.Key"), "kc:x.y");
    assert_string_equal(sim_text(t, r, "Vpcs.0.Tags.1.Key"), "");
    assert_int_equal(sim_count(t->sim, STR("")), 1);
    sim_ok(t, "ec2", "DeleteVpc", sim_json(t, "{'VpcId':'%s'}", id));
    sim_fails(t, "ec2", "DeleteVpc", sim_json(t, "{'VpcId':'%s'}", id), "InvalidVpcID.NotFound");
    assert_int_equal(sim_count(t->sim, STR("")), 0);
    assert_int_equal(sim_count(t->sim, STR("ec2.route_table")), 0);
    sim_test_free(t);
}

static void test_refused(void **state)
{
    struct sim_test *t = exact();
    const char *vpc;

    (void)state;
    sim_fails(t, "ec2", "CreateVpc", "{\"CidrBlock\":\"10.0.0.0/8\"}", "InvalidVpc.Range");
    sim_fails(t, "ec2", "CreateVpc", "{\"CidrBlock\":\"10.0.0.1/16\"}", "InvalidParameterValue");
    sim_fails(t, "ec2", "CreateSubnet", "{\"VpcId\":\"vpc-0\",\"CidrBlock\":\"10.0.0.0/24\"}", "InvalidVpcID.NotFound");
    vpc = make(t, "CreateVpc", "{\"CidrBlock\":\"10.0.0.0/16\"}", "Vpc.VpcId");
    sim_fails(t, "ec2", "CreateSubnet", sim_json(t, "{'VpcId':'%s','CidrBlock':'10.1.0.0/24'}", vpc), "InvalidSubnet.Range");
    sim_fails(t, "ec2", "CreateSubnet", sim_json(t, "{'VpcId':'%s','CidrBlock':'10.0.0.0/24','AvailabilityZone':'us-east-1a'}", vpc), "InvalidParameterValue");
    make(t, "CreateSubnet", sim_json(t, "{'VpcId':'%s','CidrBlock':'10.0.0.0/24','AvailabilityZone':'eu-west-1b'}", vpc), "Subnet.SubnetId");
    sim_fails(t, "ec2", "CreateSubnet", sim_json(t, "{'VpcId':'%s','CidrBlock':'10.0.0.128/25'}", vpc), "InvalidSubnet.Conflict");
    sim_fails(t, "ec2", "DeleteVpc", sim_json(t, "{'VpcId':'%s'}", vpc), "DependencyViolation");
    sim_fails(t, "ec2", "DescribeVpcs", "{\"Filters\":[{\"Name\":\"colour\",\"Values\":[\"red\"]}]}", "InvalidParameterValue");
    sim_fails(t, "ec2", "DescribeVpcs", "{\"VpcIds\":[\"vpc-1\"]}", "InvalidVpcID.NotFound");
    sim_test_free(t);
}

struct net { const char *vpc, *subnet, *igw, *table, *nat, *address, *link; };

static struct net network(struct sim_test *t, bool with_route)
{
    struct net n;

    n.vpc = make(t, "CreateVpc", "{\"CidrBlock\":\"10.0.0.0/16\"}", "Vpc.VpcId");
    n.subnet = make(t, "CreateSubnet", sim_json(t, "{'VpcId':'%s','CidrBlock':'10.0.0.0/24'}", n.vpc), "Subnet.SubnetId");
    n.igw = make(t, "CreateInternetGateway", "{}", "InternetGateway.InternetGatewayId");
    n.table = make(t, "CreateRouteTable", sim_json(t, "{'VpcId':'%s'}", n.vpc), "RouteTable.RouteTableId");
    sim_fails(t, "ec2", "CreateRoute", sim_json(t, "{'RouteTableId':'%s','DestinationCidrBlock':'0.0.0.0/0','GatewayId':'%s'}", n.table, n.igw), "InvalidParameterValue");
    sim_ok(t, "ec2", "AttachInternetGateway", sim_json(t, "{'InternetGatewayId':'%s','VpcId':'%s'}", n.igw, n.vpc));
    sim_fails(t, "ec2", "AttachInternetGateway", sim_json(t, "{'InternetGatewayId':'%s','VpcId':'%s'}", n.igw, n.vpc), "Resource.AlreadyAssociated");
    if (with_route)
        sim_ok(t, "ec2", "CreateRoute", sim_json(t, "{'RouteTableId':'%s','DestinationCidrBlock':'0.0.0.0/0','GatewayId':'%s'}", n.table, n.igw));
    n.link = make(t, "AssociateRouteTable", sim_json(t, "{'RouteTableId':'%s','SubnetId':'%s'}", n.table, n.subnet), "AssociationId");
    n.address = make(t, "AllocateAddress", "{\"Domain\":\"vpc\"}", "AllocationId");
    n.nat = make(t, "CreateNatGateway", sim_json(t, "{'SubnetId':'%s','AllocationId':'%s','ClientToken':'x'}", n.subnet, n.address), "NatGateway.NatGatewayId");
    return n;
}

static void test_nat(void **state)
{
    struct sim_test *t = exact();
    struct net n = network(t, true);
    const struct value *r;

    (void)state;
    assert_string_equal(make(t, "CreateNatGateway", sim_json(t, "{'SubnetId':'%s','AllocationId':'%s','ClientToken':'x'}", n.subnet, n.address), "NatGateway.NatGatewayId"), n.nat);
    sim_fails(t, "ec2", "CreateNatGateway", sim_json(t, "{'SubnetId':'%s','AllocationId':'%s','ClientToken':'x','ConnectivityType':'public'}", n.subnet, n.address), "IdempotentParameterMismatch");
    sim_fails(t, "ec2", "CreateNatGateway", sim_json(t, "{'SubnetId':'%s','AllocationId':'%s'}", n.subnet, n.address), "Resource.AlreadyAssociated");
    sim_test_pass(t, 113000);
    r = sim_ok(t, "ec2", "DescribeNatGateways", sim_json(t, "{'Filter':[{'Name':'nat-gateway-id','Values':['%s']}]}", n.nat));
    assert_string_equal(sim_text(t, r, "NatGateways.0.State"), "pending");
    sim_fails(t, "ec2", "CreateRoute", sim_json(t, "{'RouteTableId':'%s','DestinationCidrBlock':'10.9.0.0/16','NatGatewayId':'%s'}", n.table, n.nat), "InvalidNatGatewayID.NotFound");
    sim_test_pass(t, 2000);
    r = sim_ok(t, "ec2", "DescribeNatGateways", "{}");
    assert_string_equal(sim_text(t, r, "NatGateways.0.State"), "available");
    assert_string_equal(sim_text(t, r, "NatGateways.0.NatGatewayAddresses.0.AllocationId"), n.address);
    r = sim_ok(t, "ec2", "DescribeRouteTables", sim_json(t, "{'Filters':[{'Name':'association.subnet-id','Values':['%s']}]}", n.subnet));
    assert_string_equal(sim_text(t, r, "RouteTables.0.Routes.0.GatewayId"), "local");
    assert_string_equal(sim_text(t, r, "RouteTables.0.Routes.1.GatewayId"), n.igw);
    assert_string_equal(sim_text(t, r, "RouteTables.0.Associations.0.RouteTableAssociationId"), n.link);
    r = sim_ok(t, "ec2", "DescribeRouteTables", sim_json(t, "{'Filters':[{'Name':'association.route-table-association-id','Values':['%s']}]}", n.link));
    assert_string_equal(sim_text(t, r, "RouteTables.0.RouteTableId"), n.table);
    sim_fails(t, "ec2", "DetachInternetGateway", sim_json(t, "{'InternetGatewayId':'%s','VpcId':'%s'}", n.igw, n.vpc), "DependencyViolation");
    sim_fails(t, "ec2", "ReleaseAddress", sim_json(t, "{'AllocationId':'%s'}", n.address), "InvalidIPAddress.InUse");
    sim_fails(t, "ec2", "DeleteSubnet", sim_json(t, "{'SubnetId':'%s'}", n.subnet), "DependencyViolation");
    sim_fails(t, "ec2", "DeleteRouteTable", sim_json(t, "{'RouteTableId':'%s'}", n.table), "DependencyViolation");
    sim_ok(t, "ec2", "DeleteNatGateway", sim_json(t, "{'NatGatewayId':'%s'}", n.nat));
    sim_fails(t, "ec2", "ReleaseAddress", sim_json(t, "{'AllocationId':'%s'}", n.address), "InvalidIPAddress.InUse");
    sim_test_pass(t, 61000);
    r = sim_ok(t, "ec2", "DescribeNatGateways", "{}");
    assert_string_equal(sim_text(t, r, "NatGateways.0.State"), "deleted");
    sim_ok(t, "ec2", "ReleaseAddress", sim_json(t, "{'AllocationId':'%s'}", n.address));
    sim_ok(t, "ec2", "DisassociateRouteTable", sim_json(t, "{'AssociationId':'%s'}", n.link));
    sim_ok(t, "ec2", "DeleteSubnet", sim_json(t, "{'SubnetId':'%s'}", n.subnet));
    sim_ok(t, "ec2", "DeleteRouteTable", sim_json(t, "{'RouteTableId':'%s'}", n.table));
    sim_fails(t, "ec2", "DeleteInternetGateway", sim_json(t, "{'InternetGatewayId':'%s'}", n.igw), "DependencyViolation");
    sim_ok(t, "ec2", "DetachInternetGateway", sim_json(t, "{'InternetGatewayId':'%s','VpcId':'%s'}", n.igw, n.vpc));
    sim_ok(t, "ec2", "DeleteInternetGateway", sim_json(t, "{'InternetGatewayId':'%s'}", n.igw));
    sim_ok(t, "ec2", "DeleteVpc", sim_json(t, "{'VpcId':'%s'}", n.vpc));
    assert_int_equal(sim_count(t->sim, STR("")), 0);
    sim_test_pass(t, 3700000);
    assert_null(value_at(sim_ok(t, "ec2", "DescribeNatGateways", "{}"), "NatGateways.0"));
    sim_test_free(t);
}

static void test_nat_without_way_out(void **state)
{
    struct sim_test *t = exact();
    const struct value *r;

    (void)state;
    network(t, false);
    sim_test_pass(t, 120000);
    r = sim_ok(t, "ec2", "DescribeNatGateways", "{}");
    assert_string_equal(sim_text(t, r, "NatGateways.0.State"), "failed");
    assert_string_equal(sim_text(t, r, "NatGateways.0.FailureCode"), "Gateway.NotAttached");
    sim_test_free(t);
}

static void test_groups(void **state)
{
    struct sim_test *t = exact();
    const char *vpc = make(t, "CreateVpc", "{\"CidrBlock\":\"10.0.0.0/16\"}", "Vpc.VpcId"), *a, *b, *rule;
    const struct value *r;

    (void)state;
    a = make(t, "CreateSecurityGroup", sim_json(t, "{'GroupName':'a','Description':'d','VpcId':'%s'}", vpc), "GroupId");
    b = make(t, "CreateSecurityGroup", sim_json(t, "{'GroupName':'b','Description':'d','VpcId':'%s'}", vpc), "GroupId");
    sim_fails(t, "ec2", "CreateSecurityGroup", sim_json(t, "{'GroupName':'a','Description':'d','VpcId':'%s'}", vpc), "InvalidGroup.Duplicate");
    r = sim_ok(t, "ec2", "AuthorizeSecurityGroupIngress", sim_json(t, "{'GroupId':'%s','IpPermissions':[{'IpProtocol':'tcp','FromPort':443,'ToPort':443,'UserIdGroupPairs':[{'GroupId':'%s'}],'IpRanges':[{'CidrIp':'10.0.0.0/8'}]}]}", a, b));
    rule = sim_text(t, r, "SecurityGroupRules.1.SecurityGroupRuleId");
    assert_string_equal(sim_text(t, r, "SecurityGroupRules.1.ReferencedGroupInfo.GroupId"), b);
    sim_fails(t, "ec2", "AuthorizeSecurityGroupIngress", sim_json(t, "{'GroupId':'%s','IpPermissions':[{'IpProtocol':'tcp','FromPort':443,'ToPort':443,'IpRanges':[{'CidrIp':'10.0.0.0/8'}]}]}", a), "InvalidPermission.Duplicate");
    sim_fails(t, "ec2", "DeleteSecurityGroup", sim_json(t, "{'GroupId':'%s'}", b), "DependencyViolation");
    r = sim_ok(t, "ec2", "DescribeSecurityGroupRules", sim_json(t, "{'Filters':[{'Name':'group-id','Values':['%s']}]}", a));
    assert_non_null(value_at(r, "SecurityGroupRules.2"));
    assert_null(value_at(r, "SecurityGroupRules.3"));
    r = sim_ok(t, "ec2", "DescribeSecurityGroups", sim_json(t, "{'GroupIds':['%s']}", a));
    assert_string_equal(sim_text(t, r, "SecurityGroups.0.IpPermissions.0.IpRanges.0.CidrIp"), "10.0.0.0/8");
    assert_string_equal(sim_text(t, r, "SecurityGroups.0.IpPermissions.1.UserIdGroupPairs.0.GroupId"), b);
    assert_string_equal(sim_text(t, r, "SecurityGroups.0.IpPermissionsEgress.0.IpProtocol"), "-1");
    sim_ok(t, "ec2", "RevokeSecurityGroupIngress", sim_json(t, "{'GroupId':'%s','SecurityGroupRuleIds':['%s']}", a, rule));
    sim_fails(t, "ec2", "RevokeSecurityGroupIngress", sim_json(t, "{'GroupId':'%s','SecurityGroupRuleIds':['%s']}", a, rule), "InvalidSecurityGroupRuleId.NotFound");
    sim_ok(t, "ec2", "DeleteSecurityGroup", sim_json(t, "{'GroupId':'%s'}", b));
    sim_ok(t, "ec2", "DeleteSecurityGroup", sim_json(t, "{'GroupId':'%s'}", a));
    sim_ok(t, "ec2", "DeleteVpc", sim_json(t, "{'VpcId':'%s'}", vpc));
    assert_int_equal(sim_count(t->sim, STR("")), 0);
    sim_test_free(t);
}

static void test_templates(void **state)
{
    struct sim_test *t = exact();
    const struct value *r;
    const char *id;

    (void)state;
    id = make(t, "CreateLaunchTemplate", "{\"LaunchTemplateName\":\"web\",\"ClientToken\":\"t\",\"LaunchTemplateData\":{\"MetadataOptions\":{\"HttpTokens\":\"required\",\"HttpPutResponseHopLimit\":1},\"UserData\":\"eA==\",\"TagSpecifications\":[{\"ResourceType\":\"instance\",\"Tags\":[{\"Key\":\"a\",\"Value\":\"b\"}]}]}}", "LaunchTemplate.LaunchTemplateId");
    sim_fails(t, "ec2", "CreateLaunchTemplate", "{\"LaunchTemplateName\":\"web\",\"LaunchTemplateData\":{\"KeyName\":\"k\"}}", "InvalidLaunchTemplateName.AlreadyExistsException");
    r = sim_ok(t, "ec2", "CreateLaunchTemplateVersion", sim_json(t, "{'LaunchTemplateId':'%s','LaunchTemplateData':{'KeyName':'k'}}", id));
    assert_string_equal(sim_text(t, r, "LaunchTemplateVersion.VersionNumber"), "2");
    r = sim_ok(t, "ec2", "DescribeLaunchTemplateVersions", sim_json(t, "{'LaunchTemplateId':'%s','Versions':['$Latest']}", id));
    assert_string_equal(sim_text(t, r, "LaunchTemplateVersions.0.LaunchTemplateData.KeyName"), "k");
    r = sim_ok(t, "ec2", "DescribeLaunchTemplateVersions", sim_json(t, "{'LaunchTemplateId':'%s','Versions':['1']}", id));
    assert_string_equal(sim_text(t, r, "LaunchTemplateVersions.0.LaunchTemplateData.TagSpecifications.0.Tags.0.Value"), "b");
    r = sim_ok(t, "ec2", "DescribeLaunchTemplates", "{\"Filters\":[{\"Name\":\"launch-template-name\",\"Values\":[\"web\"]}]}");
    assert_string_equal(sim_text(t, r, "LaunchTemplates.0.LatestVersionNumber"), "2");
    sim_ok(t, "ec2", "DeleteLaunchTemplate", sim_json(t, "{'LaunchTemplateId':'%s'}", id));
    assert_int_equal(sim_count(t->sim, STR("ec2.launch_template_version")), 0);
    sim_test_free(t);
}

static void test_lookups(void **state)
{
    struct sim_test *t = exact();
    const struct value *r;

    (void)state;
    r = sim_ok(t, "ec2", "DescribeAvailabilityZones", "{\"Filters\":[{\"Name\":\"state\",\"Values\":[\"available\"]},{\"Name\":\"zone-type\",\"Values\":[\"availability-zone\"]}]}");
    assert_string_equal(sim_text(t, r, "AvailabilityZones.2.ZoneName"), "eu-west-1c");
    assert_string_equal(sim_text(t, r, "AvailabilityZones.2.ZoneId"), "euw1-az3");
    r = sim_ok(t, "ec2", "DescribeInstanceTypes", "{\"InstanceTypes\":[\"m7g.large\"]}");
    assert_string_equal(sim_text(t, r, "InstanceTypes.0.ProcessorInfo.SupportedArchitectures.0"), "arm64");
    sim_fails(t, "ec2", "DescribeInstanceTypes", "{\"InstanceTypes\":[\"m7g.huge\"]}", "InvalidInstanceType");
    r = sim_ok(t, "ec2", "DescribeInstanceTypeOfferings", "{\"LocationType\":\"availability-zone\",\"Filters\":[{\"Name\":\"instance-type\",\"Values\":[\"m6i.large\"]}]}");
    assert_string_equal(sim_text(t, r, "InstanceTypeOfferings.3.Location"), "eu-west-1d");
    assert_int_equal(sim_count(t->sim, STR("")), 0);
    sim_test_free(t);
}

static void test_paging(void **state)
{
    struct sim_test *t = exact();
    const struct value *r;
    const char *vpc = make(t, "CreateVpc", "{\"CidrBlock\":\"10.0.0.0/16\"}", "Vpc.VpcId");
    int i;

    (void)state;
    for (i = 0; i < 7; i++)
        make(t, "CreateSubnet", sim_json(t, "{'VpcId':'%s','CidrBlock':'10.0.%d.0/24'}", vpc, i), "Subnet.SubnetId");
    r = sim_ok(t, "ec2", "DescribeSubnets", "{\"MaxResults\":5}");
    assert_non_null(value_at(r, "Subnets.4"));
    assert_null(value_at(r, "Subnets.5"));
    r = sim_ok(t, "ec2", "DescribeSubnets", sim_json(t, "{'MaxResults':5,'NextToken':'%s'}", sim_text(t, r, "NextToken")));
    assert_non_null(value_at(r, "Subnets.1"));
    assert_null(value_at(r, "Subnets.2"));
    assert_string_equal(sim_text(t, r, "NextToken"), "");
    sim_fails(t, "ec2", "DescribeSubnets", "{\"NextToken\":\"5-beef\"}", "InvalidNextToken");
    sim_test_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vpc),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_nat),
        cmocka_unit_test(test_nat_without_way_out),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_templates),
        cmocka_unit_test(test_lookups),
        cmocka_unit_test(test_paging),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
