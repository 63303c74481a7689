"""The simulated AWS with boto3 as its client: its replies are read by botocore, and the same story told to it and to moto ends the same,
in what is shown and in what is refused."""
import json
import time

import botocore.exceptions
import pytest

from simulated import Simulated

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": ["eks.amazonaws.com", "ec2.amazonaws.com", "pods.eks.amazonaws.com"]}, "Action": ["sts:AssumeRole", "sts:TagSession"]}]})


class Stage:
    """Either of the two: clients, and a way to let time pass."""

    def __init__(self, client, wait):
        self.clients, self.make, self.wait = {}, client, wait

    def __getattr__(self, service):
        if service not in self.clients:
            self.clients[service] = self.make(service)
        return self.clients[service]

    def until(self, read, wanted):
        for _ in range(100):
            if read() == wanted:
                return
            self.wait()
        assert read() == wanted


@pytest.fixture
def simulated():
    s = Simulated()
    yield s
    s.close()


@pytest.fixture(params=["simulator", "moto"])
def stage(request):
    if request.param == "moto":
        return Stage(request.getfixturevalue("client"), lambda: time.sleep(0.01))
    s = request.getfixturevalue("simulated")
    return Stage(s.client, lambda: s.pass_time(30))


def error(call, **parameters):
    try:
        call(**parameters)
    except botocore.exceptions.ClientError as refused:
        return refused.response["Error"]["Code"]
    return None


def tagged(of, **tags):
    return [{"ResourceType": of, "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}]


def tags(listed):
    return {t["Key"]: t["Value"] for t in listed or []}


def build_network(at):
    """A VPC with two subnets, a way out, and a NAT gateway."""
    ec2 = at.ec2
    n = {"vpc": ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tagged("vpc", Name="n", kind="test"))["Vpc"]["VpcId"]}
    at.until(lambda: ec2.describe_vpcs(VpcIds=[n["vpc"]])["Vpcs"][0]["State"], "available")
    n["igw"] = ec2.create_internet_gateway(TagSpecifications=tagged("internet-gateway", Name="g"))["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=n["igw"], VpcId=n["vpc"])
    n["subnets"] = [ec2.create_subnet(VpcId=n["vpc"], AvailabilityZone=f"eu-west-1{z}", CidrBlock=f"10.0.{i}.0/24", TagSpecifications=tagged("subnet", Name=z))["Subnet"]["SubnetId"]
                    for i, z in enumerate("ab")]
    n["table"] = ec2.create_route_table(VpcId=n["vpc"])["RouteTable"]["RouteTableId"]
    at.wait()
    n["association"] = ec2.associate_route_table(RouteTableId=n["table"], SubnetId=n["subnets"][0])["AssociationId"]
    ec2.create_route(RouteTableId=n["table"], DestinationCidrBlock="0.0.0.0/0", GatewayId=n["igw"])
    ec2.modify_subnet_attribute(SubnetId=n["subnets"][0], MapPublicIpOnLaunch={"Value": True})
    n["address"] = ec2.allocate_address(Domain="vpc")["AllocationId"]
    n["nat"] = ec2.create_nat_gateway(SubnetId=n["subnets"][0], AllocationId=n["address"], ClientToken="t")["NatGateway"]["NatGatewayId"]
    at.until(lambda: nat_state(at, n), "available")
    return n


def nat_state(at, n):
    return at.ec2.describe_nat_gateways(Filter=[{"Name": "nat-gateway-id", "Values": [n["nat"]]}])["NatGateways"][0]["State"]


def build_group(at, n):
    ec2 = at.ec2
    n["group"] = ec2.create_security_group(GroupName="web", Description="d", VpcId=n["vpc"], TagSpecifications=tagged("security-group", Name="w"))["GroupId"]
    at.wait()
    ec2.authorize_security_group_ingress(GroupId=n["group"], IpPermissions=[{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}])
    n["template"] = ec2.create_launch_template(LaunchTemplateName="lt", LaunchTemplateData={
        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 80, "VolumeType": "gp3", "Encrypted": True}}]})["LaunchTemplate"]["LaunchTemplateId"]


def test_a_network_is_shown_alike(stage):
    n = build_network(stage)
    ec2 = stage.ec2
    vpc, = ec2.describe_vpcs(Filters=[{"Name": "tag:kind", "Values": ["test"]}])["Vpcs"]
    assert (vpc["CidrBlock"], vpc["State"], vpc["IsDefault"], tags(vpc["Tags"])) == ("10.0.0.0/16", "available", False, {"Name": "n", "kind": "test"})
    shown = {s["CidrBlock"]: (s["VpcId"], s["AvailabilityZone"], s["MapPublicIpOnLaunch"], s["State"], tags(s["Tags"]))
             for s in ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [n["vpc"]]}])["Subnets"]}
    assert shown == {"10.0.0.0/24": (n["vpc"], "eu-west-1a", True, "available", {"Name": "a"}), "10.0.1.0/24": (n["vpc"], "eu-west-1b", False, "available", {"Name": "b"})}
    table, = ec2.describe_route_tables(RouteTableIds=[n["table"]])["RouteTables"]
    assert {r["DestinationCidrBlock"]: (r["GatewayId"], r["State"], r["Origin"]) for r in table["Routes"]} == {
        "10.0.0.0/16": ("local", "active", "CreateRouteTable"), "0.0.0.0/0": (n["igw"], "active", "CreateRoute")}
    assert [(a["RouteTableAssociationId"], a["SubnetId"], a["Main"]) for a in table["Associations"]] == [(n["association"], n["subnets"][0], False)]
    gateway, = ec2.describe_internet_gateways(Filters=[{"Name": "internet-gateway-id", "Values": [n["igw"]]}])["InternetGateways"]
    assert [(a["VpcId"], a["State"]) for a in gateway["Attachments"]] == [(n["vpc"], "available")]
    nat, = ec2.describe_nat_gateways(Filter=[{"Name": "vpc-id", "Values": [n["vpc"]]}])["NatGateways"]
    assert (nat["SubnetId"], nat["VpcId"], nat["NatGatewayAddresses"][0]["AllocationId"]) == (n["subnets"][0], n["vpc"], n["address"])
    address, = ec2.describe_addresses(Filters=[{"Name": "allocation-id", "Values": [n["address"]]}])["Addresses"]
    assert address["Domain"] == "vpc" and address["AssociationId"].startswith("eipassoc-")
    assert [ec2.describe_vpc_attribute(VpcId=n["vpc"], Attribute=a)[a[0].upper() + a[1:]]["Value"] for a in ("enableDnsSupport", "enableDnsHostnames")] == [True, False]
    main, = [t for t in ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [n["vpc"]]}])["RouteTables"] if t["RouteTableId"] != n["table"]]
    assert main["Associations"][0]["Main"] is True


def test_groups_and_templates_are_shown_alike(stage):
    n = {"vpc": stage.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]}
    stage.wait()
    build_group(stage, n)
    group, = stage.ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["web"]}, {"Name": "vpc-id", "Values": [n["vpc"]]}])["SecurityGroups"]
    assert (group["GroupId"], group["Description"], tags(group["Tags"])) == (n["group"], "d", {"Name": "w"})
    rule, = [r for r in stage.ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [n["group"]]}])["SecurityGroupRules"] if not r["IsEgress"]]
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"], rule["CidrIpv4"]) == ("tcp", 443, 443, "10.0.0.0/8")
    template, = stage.ec2.describe_launch_templates(LaunchTemplateIds=[n["template"]])["LaunchTemplates"]
    assert (template["LaunchTemplateName"], template["DefaultVersionNumber"], template["LatestVersionNumber"]) == ("lt", 1, 1)
    data = stage.ec2.describe_launch_template_versions(LaunchTemplateId=n["template"], Versions=["$Latest"])["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    assert data["MetadataOptions"] == {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}
    assert data["BlockDeviceMappings"][0]["Ebs"] == {"VolumeSize": 80, "VolumeType": "gp3", "Encrypted": True}
    zones = stage.ec2.describe_availability_zones(Filters=[{"Name": "state", "Values": ["available"]}, {"Name": "zone-type", "Values": ["availability-zone"]}])["AvailabilityZones"]
    assert {"eu-west-1a", "eu-west-1b", "eu-west-1c"} <= {z["ZoneName"] for z in zones}
    kind, = stage.ec2.describe_instance_types(InstanceTypes=["m6i.large"])["InstanceTypes"]
    assert (kind["VCpuInfo"]["DefaultVCpus"], kind["MemoryInfo"]["SizeInMiB"], kind["ProcessorInfo"]["SupportedArchitectures"]) == (2, 8192, ["x86_64"])


def test_the_same_is_refused(stage):
    n = build_network(stage)
    build_group(stage, n)
    ec2 = stage.ec2
    refused = {
        "no vpc": error(ec2.create_subnet, VpcId="vpc-0123456789abcdef0", CidrBlock="10.0.9.0/24"),
        "overlap": error(ec2.create_subnet, VpcId=n["vpc"], CidrBlock="10.0.0.0/25"),
        "outside": error(ec2.create_subnet, VpcId=n["vpc"], CidrBlock="10.9.0.0/24"),
        "busy vpc": error(ec2.delete_vpc, VpcId=n["vpc"]),
        "busy subnet": error(ec2.delete_subnet, SubnetId=n["subnets"][0]),
        "busy table": error(ec2.delete_route_table, RouteTableId=n["table"]),
        "busy gateway": error(ec2.delete_internet_gateway, InternetGatewayId=n["igw"]),
        "mapped addresses": error(ec2.detach_internet_gateway, InternetGatewayId=n["igw"], VpcId=n["vpc"]),
        "second route": error(ec2.create_route, RouteTableId=n["table"], DestinationCidrBlock="0.0.0.0/0", GatewayId=n["igw"]),
        "no route": error(ec2.delete_route, RouteTableId=n["table"], DestinationCidrBlock="192.168.0.0/16"),
        "no table": error(ec2.create_route, RouteTableId="rtb-0123456789abcdef0", DestinationCidrBlock="0.0.0.0/0", GatewayId=n["igw"]),
        "no nat": error(ec2.create_route, RouteTableId=n["table"], DestinationCidrBlock="1.0.0.0/8", NatGatewayId="nat-0123456789abcdef0"),
        "second attach": error(ec2.attach_internet_gateway, InternetGatewayId=n["igw"], VpcId=n["vpc"]),
        "second group": error(ec2.create_security_group, GroupName="web", Description="d", VpcId=n["vpc"]),
        "second rule": error(ec2.authorize_security_group_ingress, GroupId=n["group"],
                             IpPermissions=[{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]),
        "no group": error(ec2.delete_security_group, GroupId="sg-0123456789abcdef0"),
        "no address": error(ec2.release_address, AllocationId="eipalloc-0123456789abcdef0"),
        "no association": error(ec2.disassociate_route_table, AssociationId="rtbassoc-0123456789abcdef0"),
        "second template": error(ec2.create_launch_template, LaunchTemplateName="lt", LaunchTemplateData={"ImageId": "ami-1"}),
        "token again": error(ec2.create_nat_gateway, SubnetId=n["subnets"][1], AllocationId=n["address"], ClientToken="t"),
        "unknown vpc": error(ec2.describe_vpcs, VpcIds=["vpc-0123456789abcdef0"]),
    }
    assert refused == {
        "no vpc": "InvalidVpcID.NotFound", "overlap": "InvalidSubnet.Conflict", "outside": "InvalidSubnet.Range", "busy vpc": "DependencyViolation",
        "busy subnet": "DependencyViolation", "busy table": "DependencyViolation", "busy gateway": "DependencyViolation", "mapped addresses": "DependencyViolation",
        "second route": "RouteAlreadyExists", "no route": "InvalidRoute.NotFound", "no table": "InvalidRouteTableID.NotFound", "no nat": "InvalidNatGatewayID.NotFound",
        "second attach": "Resource.AlreadyAssociated", "second group": "InvalidGroup.Duplicate", "second rule": "InvalidPermission.Duplicate",
        "no group": "InvalidGroup.NotFound", "no address": "InvalidAllocationID.NotFound", "no association": "InvalidAssociationID.NotFound",
        "second template": "InvalidLaunchTemplateName.AlreadyExistsException", "token again": "IdempotentParameterMismatch", "unknown vpc": "InvalidVpcID.NotFound"}


def test_a_network_can_be_taken_down_in_order(stage):
    n = build_network(stage)
    ec2 = stage.ec2
    ec2.delete_nat_gateway(NatGatewayId=n["nat"])
    stage.until(lambda: nat_state(stage, n), "deleted")
    ec2.release_address(AllocationId=n["address"])
    ec2.delete_route(RouteTableId=n["table"], DestinationCidrBlock="0.0.0.0/0")
    ec2.disassociate_route_table(AssociationId=n["association"])
    ec2.delete_route_table(RouteTableId=n["table"])
    ec2.detach_internet_gateway(InternetGatewayId=n["igw"], VpcId=n["vpc"])
    ec2.delete_internet_gateway(InternetGatewayId=n["igw"])
    for subnet in n["subnets"]:
        ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=n["vpc"])
    assert error(ec2.describe_vpcs, VpcIds=[n["vpc"]]) == "InvalidVpcID.NotFound"


def test_a_wrong_signature_is_refused(simulated):
    assert error(simulated.client("ec2", secret="wrong").describe_vpcs) == "SignatureDoesNotMatch"
