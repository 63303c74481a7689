"""What AWS refuses and moto lets pass, what AWS does besides, and NAT gateways that take their time. Looks into moto's back ends; changes NAT
gateways, and filters that moto has not."""
import fnmatch

from moto.ec2 import utils
from moto.ec2.models import ec2_backends
from moto.ec2.models.nat_gateways import NatGateway, NatGatewayBackend
from moto.ec2.models.vpcs import VPCBackend
from moto.iam.models import iam_backends
from moto.s3.models import s3_backends

from . import clock
from .wire import Refusal

LIVE = ("pending", "available", "deleting")


def ec2(call, account):
    return ec2_backends[account][call.region]


# ---- filters: of an attribute with many values any may match; moto wants all of them when several are asked for ----

plain_matching = utils.is_filter_matching


def is_filter_matching(thing, name, wanted):
    value = thing.get_filter_value(name)
    if isinstance(wanted, list) and isinstance(value, (list, tuple, set, type({}.keys()), type({}.values()))):
        return any(fnmatch.fnmatch(str(v), pattern) for v in value for pattern in wanted)
    return plain_matching(thing, name, wanted)


utils.is_filter_matching = is_filter_matching

# ---- NAT gateways: pending, available, deleting, deleted; failed where no internet gateway is attached ----

def read_state(gateway):
    steps = gateway.__dict__.setdefault("_kc_steps", [])
    while len(steps) > 1 and clock.passed(steps[1][1]):
        steps.pop(0)
    return steps[0][0] if steps else "available"


def write_state(gateway, state):
    if state == "available":
        gateway.__dict__["_kc_steps"] = [("pending", 0), ("available", clock.due("nat create"))]
    else:
        gateway.__dict__["_kc_steps"] = [("deleting", 0), ("deleted", clock.due("nat delete"))]


NatGateway.state = property(read_state, write_state)
plain_create, plain_describe = NatGatewayBackend.create_nat_gateway, NatGatewayBackend.describe_nat_gateways


def belongs_to_aws(eni, kind, description):
    eni.interface_type, eni.requester_managed, eni.description = kind, True, description


def create_nat_gateway(backend, *args, **kwargs):
    gateway = plain_create(backend, *args, **kwargs)
    belongs_to_aws(gateway._eni, "nat_gateway", f"Interface for NAT Gateway {gateway.id}")
    if not any(i.vpc and i.vpc.id == gateway.vpc_id for i in backend.internet_gateways.values()):
        gateway.__dict__["_kc_steps"] = [("failed", 0)]
    return gateway


def describe_nat_gateways(backend, filters, nat_gateway_ids):
    found = plain_describe(backend, filters, nat_gateway_ids)
    for name, values in (filters or {}).items():
        if name.startswith("tag:"):
            found = [g for g in found if any(t["key"] == name[4:] and t["value"] in values for t in g.get_tags())]
    return found


NatGatewayBackend.create_nat_gateway = create_nat_gateway
NatGatewayBackend.describe_nat_gateways = describe_nat_gateways
plain_endpoint, plain_endpoints = VPCBackend.create_vpc_endpoint, VPCBackend.describe_vpc_endpoints


def create_vpc_endpoint(backend, *args, **kwargs):
    endpoint = plain_endpoint(backend, *args, **kwargs)
    for eni_id in endpoint.network_interface_ids or []:
        belongs_to_aws(backend.enis[eni_id], "vpc_endpoint", f"VPC Endpoint Interface {endpoint.id}")
    return endpoint


def describe_vpc_endpoints(backend, vpc_end_point_ids, filters=None):
    rest = {k: v for k, v in (filters or {}).items() if k != "vpc-endpoint-id"}
    found = plain_endpoints(backend, vpc_end_point_ids, rest or None)
    wanted = (filters or {}).get("vpc-endpoint-id")
    return [e for e in found if wanted is None or e.id in wanted]


VPCBackend.create_vpc_endpoint = create_vpc_endpoint
VPCBackend.describe_vpc_endpoints = describe_vpc_endpoints


def live_gateways(backend):
    return [g for g in backend.nat_gateways.values() if g.state in LIVE]


def has_way_out(backend, subnet):
    """Can nodes in the subnet reach the internet: by a live NAT gateway, or by an internet gateway with public addresses?"""
    tables = backend.route_tables.values()
    table = next((t for t in tables if any(a.get("SubnetId") == subnet.id for a in t.associations)), None)
    table = table or next(t for t in tables if t.vpc_id == subnet.vpc_id and t.main_association_id)
    for route in table.routes:
        if str(route.destination_cidr_block) == "0.0.0.0/0":
            if route.nat_gateway is not None:
                return route.nat_gateway.state == "available"
            return route.gateway is not None and subnet.map_public_ip_on_launch in (True, "true")
    return False


# ---- rules, by operation ----

def depends(what, why):
    raise Refusal("DependencyViolation", f"{what} has dependencies and cannot be deleted: {why}")


def delete_subnet(call, account, eks):
    subnet = call.params["SubnetId"]
    if any(g.subnet_id == subnet for g in live_gateways(ec2(call, account))):
        depends(f"The subnet '{subnet}'", "a NAT gateway")
    user = eks.uses_subnet(call.region, subnet)
    if user:
        depends(f"The subnet '{subnet}'", user)


def delete_security_group(call, account, eks):
    group = call.params.get("GroupId")
    for groups in ec2(call, account).groups.values():
        for other in groups.values():
            rules = list(other.ingress_rules) + list(other.egress_rules)
            if other.id != group and any(group == r.source_group.get("GroupId") for r in rules):
                raise Refusal("DependencyViolation", f"resource {group} has a dependent object")
    if eks.uses_group(call.region, group):
        raise Refusal("DependencyViolation", f"resource {group} has a dependent object")


def release_address(call, account, eks):
    allocation = call.params.get("AllocationId")
    for g in live_gateways(ec2(call, account)):
        if any(a.get("allocationId") == allocation for a in g.address_set):
            raise Refusal("InvalidIPAddress.InUse", f"The address with allocation id [{allocation}] is in use.")


def detach_internet_gateway(call, account, eks):
    vpc, gateway = call.params["VpcId"], ec2(call, account).internet_gateways.get(call.params["InternetGatewayId"])
    attached = gateway is not None and gateway.vpc and gateway.vpc.id == vpc
    if attached and any(g.vpc_id == vpc and g.address_set for g in live_gateways(ec2(call, account))):
        raise Refusal("DependencyViolation", f"Network {vpc} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.")


def attach_internet_gateway(call, account, eks):
    vpc = call.params["VpcId"]
    if any(i.vpc and i.vpc.id == vpc for i in ec2(call, account).internet_gateways.values()):
        raise Refusal("Resource.AlreadyAssociated", f"resource {vpc} is already attached to an internet gateway")


def delete_vpc(call, account, eks):
    vpc, backend = call.params["VpcId"], ec2(call, account)
    if any(i.vpc and i.vpc.id == vpc for i in backend.internet_gateways.values()):
        depends(f"The vpc '{vpc}'", "an internet gateway")
    if any(g.name != "default" for g in backend.groups.get(vpc, {}).values()):
        depends(f"The vpc '{vpc}'", "a security group")
    if any(g.vpc_id == vpc for g in live_gateways(backend)):
        depends(f"The vpc '{vpc}'", "a NAT gateway")


def create_route(call, account, eks):
    gateway = call.params.get("NatGatewayId")
    if gateway and not any(g.id == gateway and g.state == "available" for g in ec2(call, account).nat_gateways.values()):
        raise Refusal("InvalidNatGatewayID.NotFound", f"The NatGateway ID '{gateway}' does not exist")


def create_security_group(call, account, eks):
    vpc = call.params.get("VpcId")
    if vpc and vpc not in ec2(call, account).vpcs:
        raise Refusal("InvalidVpcID.NotFound", f"The vpc ID '{vpc}' does not exist")


def delete_nat_gateway(call, account, eks):
    gateway = ec2(call, account).nat_gateways.get(call.params["NatGatewayId"])
    if gateway is None or gateway.state == "deleted":
        raise Refusal("NatGatewayNotFound", f"The Nat Gateway {call.params['NatGatewayId']} was not found")


def create_launch_template(call, account, eks):
    name = call.params["LaunchTemplateName"]
    if any(t.name == name for t in ec2(call, account).launch_templates.values()):
        raise Refusal("InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.")


def delete_policy(call, account, eks):
    arn = call.params["PolicyArn"]
    if any(arn in role.managed_policies for role in iam_backends[account]["aws"].roles.values()):
        raise Refusal("DeleteConflict", "Cannot delete a policy attached to entities.", 409)


RULES = {("ec2", "DeleteSubnet"): delete_subnet, ("ec2", "DeleteSecurityGroup"): delete_security_group, ("ec2", "ReleaseAddress"): release_address,
         ("ec2", "DetachInternetGateway"): detach_internet_gateway, ("ec2", "AttachInternetGateway"): attach_internet_gateway, ("ec2", "DeleteVpc"): delete_vpc, ("ec2", "CreateRoute"): create_route,
         ("ec2", "ReplaceRoute"): create_route, ("ec2", "CreateSecurityGroup"): create_security_group, ("ec2", "DeleteNatGateway"): delete_nat_gateway,
         ("ec2", "CreateLaunchTemplate"): create_launch_template, ("iam", "DeletePolicy"): delete_policy}


def apply(call, account, eks):
    rule = RULES.get((call.service, call.name))
    if rule:
        rule(call, account, eks)


# ---- what moto leaves out of a call that succeeded ----

def tag_bucket(call, account):
    """Tags that come with the creation."""
    tags = call.params.get("CreateBucketConfiguration", {}).get("Tags")
    if tags:
        s3_backends[account]["aws"].put_bucket_tagging(call.params["Bucket"], {t["Key"]: t["Value"] for t in tags})


BESIDES = {("s3", "CreateBucket"): tag_bucket}


def besides(call, account, status):
    if status < 300 and (call.service, call.name) in BESIDES:
        BESIDES[call.service, call.name](call, account)
