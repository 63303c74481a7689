/* test_sim_disks.c - the simulated EC2's blocks of addresses, interfaces, public addresses, volumes and snapshots: what they refuse, and in which time they change. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>
#include "kc/json.h"
#include "sim_test.h"

static const char *make(struct sim_test *t, const char *op, const char *json, const char *path)
{
    const char *id = sim_text(t, sim_ok(t, "ec2", op, json), path);

    assert_string_not_equal(id, "");
    return id;
}

static struct sim_test *exact(void)
{
    return sim_test_new(&(struct sim_options){ .exact = true });
}

static const char *vpc_new(struct sim_test *t, const char *more)
{
    const char *id = make(t, "CreateVpc", sim_json(t, "{'CidrBlock':'10.0.0.0/16'%s}", more), "Vpc.VpcId");

    sim_test_pass(t, 6000);
    return id;
}

static const char *vpc(struct sim_test *t, const char *id, const char *path)
{
    return sim_text(t, sim_ok(t, "ec2", "DescribeVpcs", sim_json(t, "{'VpcIds':['%s']}", id)), str_c(t->a, str_fmt(t->a, "Vpcs.0.%s", path)));
}

/* ---- blocks ---- */
static void test_blocks_of_a_vpc(void **state)
{
    struct sim_test *t = exact();
    const char *id = vpc_new(t, ""), *link, *first;
    int i;

    (void)state;
    first = vpc(t, id, "CidrBlockAssociationSet.0.AssociationId");
    sim_fails(t, "ec2", "DisassociateVpcCidrBlock", sim_json(t, "{'AssociationId':'%s'}", first), "OperationNotPermitted");
    sim_fails(t, "ec2", "AssociateVpcCidrBlock", sim_json(t, "{'VpcId':'%s','CidrBlock':'10.0.128.0/17'}", id), "CidrConflict");
    sim_fails(t, "ec2", "AssociateVpcCidrBlock", sim_json(t, "{'VpcId':'%s','CidrBlock':'192.168.0.0/16'}", id), "InvalidVpc.Range");
    sim_fails(t, "ec2", "AssociateVpcCidrBlock", sim_json(t, "{'VpcId':'%s'}", id), "InvalidParameterCombination");
    link = make(t, "AssociateVpcCidrBlock", sim_json(t, "{'VpcId':'%s','CidrBlock':'100.64.0.0/16'}", id), "CidrBlockAssociation.AssociationId");
    sim_fails(t, "ec2", "CreateSubnet", sim_json(t, "{'VpcId':'%s','CidrBlock':'100.64.1.0/24'}", id), "InvalidSubnet.Range");
    sim_test_pass(t, 4000);
    assert_string_equal(vpc(t, id, "CidrBlockAssociationSet.1.CidrBlockState.State"), "associated");
    make(t, "CreateSubnet", sim_json(t, "{'VpcId':'%s','CidrBlock':'100.64.1.0/24'}", id), "Subnet.SubnetId");
    sim_fails(t, "ec2", "DisassociateVpcCidrBlock", sim_json(t, "{'AssociationId':'%s'}", link), "InvalidCidrBlock.InUse");
    for (i = 65; i < 68; i++)
        make(t, "AssociateVpcCidrBlock", sim_json(t, "{'VpcId':'%s','CidrBlock':'100.%d.0.0/16'}", id, i), "VpcId");
    sim_test_pass(t, 4000);
    sim_fails(t, "ec2", "AssociateVpcCidrBlock", sim_json(t, "{'VpcId':'%s','CidrBlock':'100.70.0.0/16'}", id), "CidrLimitExceeded");
    sim_test_free(t);
}

/* Each block has its local route in each table; one that was taken away is remembered for an hour. */
static void test_a_block_comes_and_goes(void **state)
{
    struct sim_test *t = exact();
    const char *id = vpc_new(t, ""), *table, *link;
    const struct value *r;

    (void)state;
    table = make(t, "CreateRouteTable", sim_json(t, "{'VpcId':'%s'}", id), "RouteTable.RouteTableId");
    link = make(t, "AssociateVpcCidrBlock", sim_json(t, "{'VpcId':'%s','AmazonProvidedIpv6CidrBlock':true}", id), "Ipv6CidrBlockAssociation.AssociationId");
    assert_string_equal(vpc(t, id, "Ipv6CidrBlockAssociationSet.0.Ipv6CidrBlockState.State"), "associating");
    sim_test_pass(t, 5000);
    r = sim_ok(t, "ec2", "DescribeRouteTables", sim_json(t, "{'RouteTableIds':['%s']}", table));
    assert_string_equal(sim_text(t, r, "RouteTables.0.Routes.1.DestinationIpv6CidrBlock"), vpc(t, id, "Ipv6CidrBlockAssociationSet.0.Ipv6CidrBlock"));
    sim_ok(t, "ec2", "DisassociateVpcCidrBlock", sim_json(t, "{'AssociationId':'%s'}", link));
    sim_fails(t, "ec2", "DisassociateVpcCidrBlock", sim_json(t, "{'AssociationId':'%s'}", link), "InvalidVpcCidrBlockAssociationID.NotFound");
    sim_test_pass(t, 5000);
    assert_string_equal(vpc(t, id, "Ipv6CidrBlockAssociationSet.0.Ipv6CidrBlockState.State"), "disassociated");
    r = sim_ok(t, "ec2", "DescribeRouteTables", sim_json(t, "{'RouteTableIds':['%s']}", table));
    assert_string_equal(sim_text(t, r, "RouteTables.0.Routes.1.GatewayId"), "");
    sim_test_pass(t, 3700000);
    assert_string_equal(vpc(t, id, "Ipv6CidrBlockAssociationSet.0.AssociationId"), "");
    sim_ok(t, "ec2", "DeleteRouteTable", sim_json(t, "{'RouteTableId':'%s'}", table));
    sim_ok(t, "ec2", "DeleteVpc", sim_json(t, "{'VpcId':'%s'}", id));
    assert_int_equal(sim_count(t->sim, STR("ec2.vpc_cidr")), 0);
    sim_test_free(t);
}

/* "2a05:d0fc:ec4:900::/56" with another end: "2a05:d0fc:ec4:901::/64" */
static const char *part(struct sim_test *t, const char *block, const char *end)
{
    return str_c(t->a, str_fmt(t->a, "%.*s%s", (int)(strlen(block) - strlen("00::/56")), block, end));
}

static void test_subnets_of_both_kinds(void **state)
{
    struct sim_test *t = exact();
    const char *id = vpc_new(t, ",'AmazonProvidedIpv6CidrBlock':true"), *block = vpc(t, id, "Ipv6CidrBlockAssociationSet.0.Ipv6CidrBlock"), *subnet, *link, *eni, *only;
    const struct value *r;

    (void)state;
    subnet = make(t, "CreateSubnet", sim_json(t, "{'VpcId':'%s','CidrBlock':'10.0.0.0/28'}", id), "Subnet.SubnetId");
    sim_fails(t, "ec2", "ModifySubnetAttribute", sim_json(t, "{'SubnetId':'%s','AssignIpv6AddressOnCreation':{'Value':true}}", subnet), "InvalidParameterValue");
    sim_fails(t, "ec2", "AssociateSubnetCidrBlock", sim_json(t, "{'SubnetId':'%s','Ipv6CidrBlock':'fd00::/64'}", subnet), "InvalidSubnet.Range");
    sim_fails(t, "ec2", "AssociateSubnetCidrBlock", sim_json(t, "{'SubnetId':'%s','Ipv6CidrBlock':'%s'}", subnet, part(t, block, "01::/65")), "InvalidSubnet.Range");
    link = make(t, "AssociateSubnetCidrBlock", sim_json(t, "{'SubnetId':'%s','Ipv6CidrBlock':'%s'}", subnet, part(t, block, "01::/64")), "Ipv6CidrBlockAssociation.AssociationId");
    sim_test_pass(t, 4000);
    sim_ok(t, "ec2", "ModifySubnetAttribute", sim_json(t, "{'SubnetId':'%s','AssignIpv6AddressOnCreation':{'Value':true}}", subnet));
    sim_fails(t, "ec2", "ModifySubnetAttribute", sim_json(t, "{'SubnetId':'%s','AssignIpv6AddressOnCreation':{'Value':true},'EnableDns64':{'Value':true}}", subnet), "InvalidParameterCombination");
    sim_fails(t, "ec2", "DisassociateSubnetCidrBlock", sim_json(t, "{'AssociationId':'%s'}", link), "InvalidCidrBlock.InUse");
    eni = make(t, "CreateNetworkInterface", sim_json(t, "{'SubnetId':'%s'}", subnet), "NetworkInterface.NetworkInterfaceId");
    r = sim_ok(t, "ec2", "DescribeNetworkInterfaces", sim_json(t, "{'NetworkInterfaceIds':['%s']}", eni));
    assert_string_equal(sim_text(t, r, "NetworkInterfaces.0.Ipv6Addresses.0.Ipv6Address"), part(t, block, "01::4"));
    r = sim_ok(t, "ec2", "DescribeSubnets", sim_json(t, "{'SubnetIds':['%s']}", subnet));
    assert_string_equal(sim_text(t, r, "Subnets.0.AvailableIpAddressCount"), "10");
    sim_fails(t, "ec2", "CreateSubnet", sim_json(t, "{'VpcId':'%s','Ipv6CidrBlock':'%s','Ipv6Native':true}", id, part(t, block, "01::/64")), "InvalidSubnet.Conflict");
    only = make(t, "CreateSubnet", sim_json(t, "{'VpcId':'%s','Ipv6CidrBlock':'%s','Ipv6Native':true}", id, part(t, block, "02::/64")), "Subnet.SubnetId");
    sim_test_pass(t, 4000);
    eni = make(t, "CreateNetworkInterface", sim_json(t, "{'SubnetId':'%s'}", only), "NetworkInterface.NetworkInterfaceId");
    r = sim_ok(t, "ec2", "DescribeNetworkInterfaces", sim_json(t, "{'NetworkInterfaceIds':['%s']}", eni));
    assert_string_equal(sim_text(t, r, "NetworkInterfaces.0.PrivateIpAddress"), "");
    assert_string_not_equal(sim_text(t, r, "NetworkInterfaces.0.Ipv6Addresses.0.Ipv6Address"), "");
    sim_test_free(t);
}

/* ---- interfaces and addresses ---- */
static void test_addresses_lead_somewhere(void **state)
{
    struct sim_test *t = exact();
    const char *id = vpc_new(t, ""), *subnet, *eni, *other, *address, *link, *door;
    const struct value *r;

    (void)state;
    subnet = make(t, "CreateSubnet", sim_json(t, "{'VpcId':'%s','CidrBlock':'10.0.0.0/24'}", id), "Subnet.SubnetId");
    eni = make(t, "CreateNetworkInterface", sim_json(t, "{'SubnetId':'%s','PrivateIpAddress':'10.0.0.10'}", subnet), "NetworkInterface.NetworkInterfaceId");
    other = make(t, "CreateNetworkInterface", sim_json(t, "{'SubnetId':'%s'}", subnet), "NetworkInterface.NetworkInterfaceId");
    sim_fails(t, "ec2", "CreateNetworkInterface", sim_json(t, "{'SubnetId':'%s','PrivateIpAddress':'10.0.0.10'}", subnet), "InvalidIPAddress.InUse");
    sim_fails(t, "ec2", "AssignPrivateIpAddresses", sim_json(t, "{'NetworkInterfaceId':'%s','PrivateIpAddresses':['10.0.0.10']}", other), "InvalidIPAddress.InUse");
    sim_ok(t, "ec2", "AssignPrivateIpAddresses", sim_json(t, "{'NetworkInterfaceId':'%s','PrivateIpAddresses':['10.0.0.20']}", eni));
    sim_fails(t, "ec2", "UnassignPrivateIpAddresses", sim_json(t, "{'NetworkInterfaceId':'%s','PrivateIpAddresses':['10.0.0.10']}", eni), "InvalidParameterValue");
    address = make(t, "AllocateAddress", "{\"Domain\":\"vpc\"}", "AllocationId");
    sim_fails(t, "ec2", "AssociateAddress", sim_json(t, "{'AllocationId':'%s','NetworkInterfaceId':'%s'}", address, eni), "Gateway.NotAttached");
    door = make(t, "CreateInternetGateway", "{}", "InternetGateway.InternetGatewayId");
    sim_ok(t, "ec2", "AttachInternetGateway", sim_json(t, "{'InternetGatewayId':'%s','VpcId':'%s'}", door, id));
    make(t, "AssociateAddress", sim_json(t, "{'AllocationId':'%s','NetworkInterfaceId':'%s','PrivateIpAddress':'10.0.0.20'}", address, eni), "AssociationId");
    sim_fails(t, "ec2", "AssociateAddress", sim_json(t, "{'AllocationId':'%s','NetworkInterfaceId':'%s'}", address, other), "Resource.AlreadyAssociated");
    link = make(t, "AssociateAddress", sim_json(t, "{'AllocationId':'%s','NetworkInterfaceId':'%s','AllowReassociation':true}", address, other), "AssociationId");
    r = sim_ok(t, "ec2", "DescribeNetworkInterfaces", sim_json(t, "{'NetworkInterfaceIds':['%s','%s']}", eni, other));
    assert_string_equal(sim_text(t, r, "NetworkInterfaces.0.Association.PublicIp"), "");
    assert_string_equal(sim_text(t, r, "NetworkInterfaces.1.Association.AssociationId"), link);
    sim_fails(t, "ec2", "ReleaseAddress", sim_json(t, "{'AllocationId':'%s'}", address), "InvalidIPAddress.InUse");
    sim_fails(t, "ec2", "DetachInternetGateway", sim_json(t, "{'InternetGatewayId':'%s','VpcId':'%s'}", door, id), "DependencyViolation");
    sim_ok(t, "ec2", "DeleteNetworkInterface", sim_json(t, "{'NetworkInterfaceId':'%s'}", other));
    sim_fails(t, "ec2", "DisassociateAddress", sim_json(t, "{'AssociationId':'%s'}", link), "InvalidAssociationID.NotFound");
    sim_ok(t, "ec2", "ReleaseAddress", sim_json(t, "{'AllocationId':'%s'}", address));
    sim_test_free(t);
}

/* ---- volumes ---- */
static const char *disk(struct sim_test *t, const char *id, const char *path)
{
    return sim_text(t, sim_ok(t, "ec2", "DescribeVolumes", sim_json(t, "{'VolumeIds':['%s']}", id)), str_c(t->a, str_fmt(t->a, "Volumes.0.%s", path)));
}

static void test_a_volume_grows_once_in_six_hours(void **state)
{
    struct sim_test *t = exact();
    const char *id = make(t, "CreateVolume", "{\"AvailabilityZone\":\"eu-west-1a\",\"Size\":10,\"VolumeType\":\"gp3\"}", "VolumeId"), *by = sim_json(t, "{'VolumeIds':['%s']}", id);

    (void)state;
    sim_fails(t, "ec2", "DescribeVolumesModifications", by, "InvalidVolumeModification.NotFound");
    sim_fails(t, "ec2", "ModifyVolume", sim_json(t, "{'VolumeId':'%s','Size':20}", id), "IncorrectState");
    sim_test_pass(t, 3000);
    sim_fails(t, "ec2", "ModifyVolume", sim_json(t, "{'VolumeId':'%s','Size':8}", id), "InvalidParameterValue");
    sim_fails(t, "ec2", "ModifyVolume", sim_json(t, "{'VolumeId':'%s','Throughput':1500}", id), "InvalidParameterCombination");
    sim_ok(t, "ec2", "ModifyVolume", sim_json(t, "{'VolumeId':'%s','Size':20,'Iops':4000}", id));
    assert_string_equal(sim_text(t, sim_ok(t, "ec2", "DescribeVolumesModifications", by), "VolumesModifications.0.ModificationState"), "modifying");
    sim_fails(t, "ec2", "ModifyVolume", sim_json(t, "{'VolumeId':'%s','Size':30}", id), "IncorrectModificationState");
    sim_test_pass(t, 7000);
    assert_string_equal(sim_text(t, sim_ok(t, "ec2", "DescribeVolumesModifications", by), "VolumesModifications.0.ModificationState"), "optimizing");
    assert_string_equal(disk(t, id, "Iops"), "4000");
    sim_test_pass(t, 3600000);
    assert_string_equal(sim_text(t, sim_ok(t, "ec2", "DescribeVolumesModifications", by), "VolumesModifications.0.OriginalSize"), "10");
    sim_fails(t, "ec2", "ModifyVolume", sim_json(t, "{'VolumeId':'%s','Size':30}", id), "VolumeModificationRateExceeded");
    sim_test_pass(t, 6 * 3600000);
    sim_ok(t, "ec2", "ModifyVolume", sim_json(t, "{'VolumeId':'%s','VolumeType':'io2','Iops':1000}", id));
    assert_string_equal(disk(t, id, "Throughput"), "");
    sim_ok(t, "ec2", "DeleteVolume", sim_json(t, "{'VolumeId':'%s'}", id));
    sim_test_free(t);
}

static void test_snapshots(void **state)
{
    struct sim_test *t = exact();
    const char *id = make(t, "CreateVolume", "{\"AvailabilityZone\":\"eu-west-1a\",\"Size\":10,\"Encrypted\":true}", "VolumeId"), *kept, *back;

    (void)state;
    sim_fails(t, "ec2", "CreateSnapshot", "{\"VolumeId\":\"vol-1\"}", "InvalidVolume.NotFound");
    kept = make(t, "CreateSnapshot", sim_json(t, "{'VolumeId':'%s'}", id), "SnapshotId");
    sim_fails(t, "ec2", "CreateVolume", sim_json(t, "{'AvailabilityZone':'eu-west-1b','SnapshotId':'%s'}", kept), "IncorrectState");
    sim_test_pass(t, 130000);
    sim_ok(t, "ec2", "DeleteVolume", sim_json(t, "{'VolumeId':'%s'}", id));
    sim_fails(t, "ec2", "CreateVolume", sim_json(t, "{'AvailabilityZone':'eu-west-1b','SnapshotId':'%s','Size':5}", kept), "InvalidParameterValue");
    back = make(t, "CreateVolume", sim_json(t, "{'AvailabilityZone':'eu-west-1b','SnapshotId':'%s'}", kept), "VolumeId");
    assert_string_equal(disk(t, back, "Size"), "10");
    assert_string_equal(disk(t, back, "Encrypted"), "true");
    sim_ok(t, "ec2", "DeleteSnapshot", sim_json(t, "{'SnapshotId':'%s'}", kept));
    sim_fails(t, "ec2", "DescribeSnapshots", sim_json(t, "{'SnapshotIds':['%s']}", kept), "InvalidSnapshot.NotFound");
    sim_test_free(t);
}

int main(void)
{
    json_seed(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_of_a_vpc),
        cmocka_unit_test(test_a_block_comes_and_goes),
        cmocka_unit_test(test_subnets_of_both_kinds),
        cmocka_unit_test(test_addresses_lead_somewhere),
        cmocka_unit_test(test_a_volume_grows_once_in_six_hours),
        cmocka_unit_test(test_snapshots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
