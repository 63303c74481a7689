"""What conformance runs against is itself as strict as AWS: boto3 as the client."""
import time

import boto3
import botocore.config
import botocore.exceptions
import pytest

from kcmoto.server import ACCOUNT, KEY, SECRET, Fault

TRUST = '{"Version":"2012-10-17","Statement":[]}'


def code_of(call, **parameters):
    with pytest.raises(botocore.exceptions.ClientError) as error:
        call(**parameters)
    return error.value.response["Error"]["Code"]


def until(status, read):
    for _ in range(400):
        if read() == status:
            return
        time.sleep(0.005)
    assert read() == status


@pytest.fixture
def network(client):
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    zones = ("eu-west-1a", "eu-west-1b")
    return vpc, [ec2.create_subnet(VpcId=vpc, AvailabilityZone=z, CidrBlock=f"10.0.{i}.0/24")["Subnet"]["SubnetId"] for i, z in enumerate(zones)]


@pytest.fixture
def cluster(client, network):
    iam, eks = client("iam"), client("eks")
    role = iam.create_role(RoleName="plane", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    iam.attach_role_policy(RoleName="plane", PolicyArn="arn:aws:iam::aws:policy/AmazonEKSClusterPolicy")
    eks.create_cluster(name="c", version="1.33", roleArn=role, resourcesVpcConfig={"subnetIds": network[1]}, clientRequestToken="t-1",
                       accessConfig={"authenticationMode": "API"})
    until("ACTIVE", lambda: eks.describe_cluster(name="c")["cluster"]["status"])
    return eks


def test_signatures_are_verified(server, client):
    assert client("sts").get_caller_identity()["Account"] == ACCOUNT
    for service, call, parameters in (("ec2", "describe_vpcs", {}), ("eks", "describe_access_entry", {"clusterName": "c", "principalArn": "arn:aws:iam::1:role/a/b"}),
                                      ("s3", "list_objects_v2", {"Bucket": "b-1", "Prefix": "a b+c/é"}), ("route53", "list_hosted_zones", {}),
                                      ("ssm", "get_parameter", {"Name": "/x"})):
        bad = boto3.client(service, endpoint_url=server.url, region_name="eu-west-1", aws_access_key_id=KEY, aws_secret_access_key=SECRET + "x",
                           config=botocore.config.Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}))
        assert code_of(getattr(bad, call), **parameters) == "SignatureDoesNotMatch", service
        try:
            getattr(client(service), call)(**parameters)
        except botocore.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] in ("ResourceNotFoundException", "NoSuchBucket", "ParameterNotFound"), service


def test_parameters_are_checked(client):
    loose = botocore.config.Config(parameter_validation=False, retries={"max_attempts": 0})
    assert code_of(client("ec2", loose).create_subnet, CidrBlock="10.0.0.0/24") == "MissingParameter"
    assert code_of(client("iam", loose).create_role, RoleName="x") == "ValidationError"
    assert code_of(client("eks", loose).create_cluster, name="c") == "InvalidParameterException"
    assert code_of(client("eks").create_access_entry, clusterName="c", principalArn="arn:x", type="STANDARD") == "ResourceNotFoundException"
    assert code_of(client("ec2").create_vpc_endpoint, VpcId="vpc-1", VpcEndpointType="Sideways", ServiceName="s") == "InvalidParameterValue"


def test_tokens_repeat_the_reply_or_are_refused(client, network):
    ec2 = client("ec2")
    first = ec2.create_route_table(VpcId=network[0], ClientToken="t")["RouteTable"]["RouteTableId"]
    assert ec2.create_route_table(VpcId=network[0], ClientToken="t")["RouteTable"]["RouteTableId"] == first
    assert code_of(ec2.create_route_table, VpcId="vpc-other", ClientToken="t") == "IdempotentParameterMismatch"


def test_a_gateway_takes_time_and_blocks_what_it_uses(client, network):
    ec2, (vpc, subnets) = client("ec2"), network
    igw = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=igw, VpcId=vpc)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=address)["NatGateway"]

    def state():
        return ec2.describe_nat_gateways(Filters=[{"Name": "nat-gateway-id", "Values": [nat["NatGatewayId"]]}])["NatGateways"][0]["State"]
    assert nat["State"] == "pending"
    until("available", state)
    assert code_of(ec2.release_address, AllocationId=address) == "InvalidIPAddress.InUse"
    assert code_of(ec2.delete_subnet, SubnetId=subnets[0]) == "DependencyViolation"
    assert code_of(ec2.detach_internet_gateway, InternetGatewayId=igw, VpcId=vpc) == "DependencyViolation"
    ec2.delete_nat_gateway(NatGatewayId=nat["NatGatewayId"])
    until("deleted", state)
    ec2.release_address(AllocationId=address)
    ec2.delete_subnet(SubnetId=subnets[0])


def test_the_life_of_a_cluster(client, cluster, network):
    eks = cluster
    shown = eks.describe_cluster(name="c")["cluster"]
    assert shown["resourcesVpcConfig"]["vpcId"] == network[0]
    assert shown["resourcesVpcConfig"]["clusterSecurityGroupId"].startswith("sg-")
    assert shown["identity"]["oidc"]["issuer"].startswith("https://oidc.eks.eu-west-1.amazonaws.com/id/")
    update = eks.update_cluster_version(name="c", version="1.34")["update"]["id"]
    assert code_of(eks.update_cluster_config, name="c", deletionProtection=True) == "ResourceInUseException"
    until("Successful", lambda: eks.describe_update(name="c", updateId=update)["update"]["status"])
    assert eks.describe_cluster(name="c")["cluster"]["version"] == "1.34"
    assert code_of(eks.update_cluster_version, name="c", version="1.36") == "InvalidParameterException"
    update = eks.update_cluster_config(name="c", resourcesVpcConfig={"endpointPrivateAccess": True})["update"]["id"]
    until("Successful", lambda: eks.describe_update(name="c", updateId=update)["update"]["status"])
    assert eks.describe_cluster(name="c")["cluster"]["resourcesVpcConfig"]["subnetIds"] == network[1]
    eks.create_access_entry(clusterName="c", principalArn="arn:aws:iam::999988887777:role/a/b", tags={"x": "y"})
    entry = eks.describe_access_entry(clusterName="c", principalArn="arn:aws:iam::999988887777:role/a/b")["accessEntry"]
    eks.tag_resource(resourceArn=entry["accessEntryArn"], tags={"more": "1"})
    assert eks.list_tags_for_resource(resourceArn=entry["accessEntryArn"])["tags"] == {"x": "y", "more": "1"}
    assert code_of(client("ec2").delete_subnet, SubnetId=network[1][0]) == "DependencyViolation"
    eks.delete_cluster(name="c")
    until([], lambda: eks.list_clusters()["clusters"])
    client("ec2").delete_subnet(SubnetId=network[1][0])


def test_a_cluster_wants_its_role_and_subnets(client, network):
    eks, iam = client("eks"), client("iam")
    role = iam.create_role(RoleName="bare", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    for role_arn, subnets in ((role, network[1]), ("arn:aws:iam::111122223333:role/none", network[1]), (role, ["subnet-1", "subnet-2"])):
        assert code_of(eks.create_cluster, name="c", roleArn=role_arn, resourcesVpcConfig={"subnetIds": subnets}) == "InvalidParameterException"


def test_faults(server, client):
    ec2 = client("ec2", botocore.config.Config(retries={"max_attempts": 0}))
    server.faults.append(Fault("CreateVpc", code="RequestLimitExceeded"))
    assert code_of(ec2.create_vpc, CidrBlock="10.0.0.0/16") == "RequestLimitExceeded"
    before = len(ec2.describe_vpcs()["Vpcs"])
    for kind, made in (("reset before", 0), ("reset after", 1)):
        server.faults.append(Fault("CreateVpc", kind=kind))
        with pytest.raises(botocore.exceptions.HTTPClientError):
            ec2.create_vpc(CidrBlock="10.0.0.0/16")
        assert len(ec2.describe_vpcs()["Vpcs"]) == before + made


def test_public_images(client):
    name = "/aws/service/eks/optimized-ami/1.34/amazon-linux-2023/x86_64/standard/recommended/image_id"
    assert client("ssm").get_parameter(Name=name)["Parameter"]["Value"].startswith("ami-")


def test_no_reply_is_called_a_web_page(client):
    made = client("logs").create_log_group(logGroupName="g")
    assert made["ResponseMetadata"]["HTTPHeaders"]["content-type"] == "application/x-amz-json-1.1"
    assert made["ResponseMetadata"]["RequestId"]
