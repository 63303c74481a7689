"""examples/quickstart.kcl over real HTTP: what boto3 finds afterwards is what a table written by hand says; nothing to do then; a change
touches only what changed; destroy leaves nothing; faults on the way change nothing of this. The tests run in their order."""
import pytest

from account import OWNER, Account, own, tags_of
from kc import Kc, example
from kcmoto.server import ACCOUNT, Fault

COMMON = {"team": "payments", "env": "dev"}
ZONES = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
PUBLIC = ["10.20.0.0/20", "10.20.16.0/20", "10.20.32.0/20"]
PRIVATE = ["10.20.128.0/20", "10.20.144.0/20", "10.20.160.0/20"]
pytestmark = pytest.mark.xdist_group("quickstart")         # in their order, so all by one worker
ADMIN = f"arn:aws:iam::{ACCOUNT}:role/platform"
MADE = {"vpcs": 1, "subnets": 6, "gateways": 1, "tables": 4, "nats": 1, "addresses": 1, "groups": 1, "templates": 1, "roles": 2, "providers": 1, "clusters": 1,
        "nodegroups": 1, "addons": 4}


def named(name):
    return dict(COMMON, Name=name)


def writes(server):
    """Names of the operations that changed something, in order."""
    return [name for _, name, status in server.calls if status < 300 and not name.startswith(("Describe", "List", "Get"))]


def difference(after, before):
    return {k: after[k] - before[k] for k in after}


class Scene:
    """One account and one project, for the tests of a module in order."""

    def __init__(self, server, client, folder):
        self.server, self.kc, self.account = server, Kc(folder, server.url), Account(client)
        client("iam").create_role(RoleName="platform", AssumeRolePolicyDocument='{"Version":"2012-10-17","Statement":[]}')
        self.before = self.account.counts()
        self.kc.write("cluster.kcl", example("quickstart.kcl"))


@pytest.fixture(scope="module")
def scene(whole_server, tmp_path_factory):
    from conftest import make_client
    whole_server.reset()
    s = Scene(whole_server, make_client(whole_server), tmp_path_factory.mktemp("quickstart"))
    s.output = s.kc.ok("apply", "--yes")
    return s


@pytest.fixture
def account(scene):
    return scene.account


# ---- what is there ----

def test_everything_is_there_once(scene, account):
    assert difference(account.counts(), scene.before) == MADE


def test_the_vpc(account):
    vpc, = account.vpcs()
    assert vpc["CidrBlock"] == "10.20.0.0/16"
    assert account.vpc_attribute(vpc["VpcId"], "enableDnsSupport") and account.vpc_attribute(vpc["VpcId"], "enableDnsHostnames")
    assert own(tags_of(vpc["Tags"])) == named("payments")


def test_the_subnets(account):
    vpc, = account.vpcs()
    want = {}
    for kind, cidrs, role in (("public", PUBLIC, "elb"), ("private", PRIVATE, "internal-elb")):
        for zone, cidr in zip(ZONES, cidrs):
            want[cidr] = (vpc["VpcId"], zone, kind == "public", dict(named(f"payments-{kind}-{zone}"), **{f"kubernetes.io/role/{role}": "1"}))
    found = {s["CidrBlock"]: (s["VpcId"], s["AvailabilityZone"], s["MapPublicIpOnLaunch"], own(tags_of(s["Tags"]))) for s in account.subnets()}
    assert found == want


def test_the_ways_out(account):
    vpc, = account.vpcs()
    gateway, = account.gateways()
    nat, = account.nats()
    address, = account.addresses()
    by_cidr = {s["CidrBlock"]: s["SubnetId"] for s in account.subnets()}
    assert [a["VpcId"] for a in gateway["Attachments"]] == [vpc["VpcId"]]
    assert own(tags_of(gateway["Tags"])) == named("payments")
    assert (nat["SubnetId"], nat["State"]) == (by_cidr[PUBLIC[0]], "available")
    assert nat["NatGatewayAddresses"][0]["AllocationId"] == address["AllocationId"]
    assert own(tags_of(nat["Tags"])) == named("payments-eu-west-1a")
    assert own(tags_of(address["Tags"])) == named("payments-nat-eu-west-1a")


def test_the_routes(account):
    gateway, nat = account.gateways()[0]["InternetGatewayId"], account.nats()[0]["NatGatewayId"]
    cidr_of = {s["SubnetId"]: s["CidrBlock"] for s in account.subnets()}
    found = {}
    for table in account.tables():
        target, = [r.get("NatGatewayId") or r["GatewayId"] for r in table["Routes"] if r["DestinationCidrBlock"] == "0.0.0.0/0"]
        found[tags_of(table["Tags"])["Name"]] = (target, sorted(cidr_of[a["SubnetId"]] for a in table["Associations"]))
    want = {f"payments-private-{zone}": (nat, [cidr]) for zone, cidr in zip(ZONES, PRIVATE)}
    want["payments-public"] = (gateway, sorted(PUBLIC))
    assert found == want


def test_the_roles(account):
    roles = account.roles()
    trust, policies, tags = roles["payments.cluster-eu-west-1"]
    assert trust == {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": ["eks.amazonaws.com"]}, "Action": ["sts:AssumeRole", "sts:TagSession"]}]}
    assert (policies, own(tags)) == (["AmazonEKSClusterPolicy"], COMMON)
    trust, policies, tags = roles["payments.node-eu-west-1"]
    assert trust == {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com"]}, "Action": ["sts:AssumeRole"]}]}
    assert policies == ["AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonSSMManagedInstanceCore"]
    assert own(tags) == COMMON


def test_the_control_plane(account):
    cluster = account.clusters()["payments"]
    network = cluster["resourcesVpcConfig"]
    assert (cluster["status"], cluster["version"]) == ("ACTIVE", "1.34")
    assert cluster["roleArn"] == f"arn:aws:iam::{ACCOUNT}:role/payments.cluster-eu-west-1"
    assert sorted(network["subnetIds"]) == sorted(s["SubnetId"] for s in account.subnets())
    assert (network["endpointPublicAccess"], network["endpointPrivateAccess"], network["publicAccessCidrs"]) == (True, True, ["203.0.113.0/24"])
    assert cluster["accessConfig"]["authenticationMode"] == "API"
    assert cluster["upgradePolicy"] == {"supportType": "STANDARD"}
    assert not any(entry["enabled"] for entry in cluster["logging"]["clusterLogging"])
    assert own(cluster["tags"]) == COMMON


def test_the_access_entries(account):
    entries = account.entries("payments")
    assert (entries[ADMIN]["type"], entries[ADMIN]["kubernetesGroups"], own(entries[ADMIN]["tags"])) == ("STANDARD", [], COMMON)
    assert account.policies("payments", ADMIN) == {"AmazonEKSClusterAdminPolicy": "cluster"}
    assert set(entries) == {ADMIN, f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:iam::{ACCOUNT}:role/payments.node-eu-west-1"}   # the creator; the nodes, by EKS


def test_the_nodes(account):
    group = account.nodegroups("payments")["general"]
    template, = account.templates()
    data = account.template_data(template["LaunchTemplateId"])
    by_cidr = {s["CidrBlock"]: s["SubnetId"] for s in account.subnets()}
    assert group["status"] == "ACTIVE"
    assert group["scalingConfig"] == {"minSize": 2, "maxSize": 6, "desiredSize": 2}
    assert (group["instanceTypes"], group["amiType"], group["capacityType"], group["version"]) == (["m6i.large"], "AL2023_x86_64_STANDARD", "ON_DEMAND", "1.34")
    assert sorted(group["subnets"]) == sorted(by_cidr[c] for c in PRIVATE)
    assert (group["labels"], group.get("taints", []), group["updateConfig"]) == ({"workload": "general"}, [], {"maxUnavailablePercentage": 33})
    assert group["nodeRole"] == f"arn:aws:iam::{ACCOUNT}:role/payments.node-eu-west-1"
    assert group["launchTemplate"] == {"id": template["LaunchTemplateId"], "name": "payments.general", "version": "1"}
    assert own(group["tags"]) == COMMON
    assert own(tags_of(template["Tags"])) == named("payments-general")
    disk = data["BlockDeviceMappings"][0]["Ebs"]
    assert (disk["VolumeSize"], disk["VolumeType"], disk["Encrypted"]) == (80, "gp3", True)
    assert (data["MetadataOptions"]["HttpTokens"], data["MetadataOptions"]["HttpPutResponseHopLimit"]) == ("required", 1)
    assert own(tags_of(data["TagSpecifications"][0]["Tags"])) == named("payments-general")


def test_the_addons(account):
    addons = account.addons("payments")
    assert set(addons) == {"vpc-cni", "kube-proxy", "eks-pod-identity-agent", "coredns"}
    for addon in addons.values():
        assert (addon["status"], own(addon["tags"])) == ("ACTIVE", COMMON)


def test_the_oidc_provider(account):
    provider, = account.providers()
    issuer = account.clusters()["payments"]["identity"]["oidc"]["issuer"]
    assert ("https://" + provider["Url"].removeprefix("https://"), provider["ClientIDList"]) == (issuer, ["sts.amazonaws.com"])
    assert own(tags_of(provider["Tags"])) == COMMON


def all_tags(account):
    for listed in (account.vpcs(), account.subnets(), account.gateways(), account.tables(), account.nats(), account.addresses(), account.templates(), account.providers()):
        yield from (tags_of(x["Tags"]) for x in listed)
    yield from (tags for name, (_, _, tags) in account.roles().items() if name.startswith("payments"))
    yield from (x["tags"] for x in account.clusters().values())
    yield from (x["tags"] for x in [*account.nodegroups("payments").values(), *account.addons("payments").values()])


def test_kc_knows_its_things(account):
    everything = list(all_tags(account))
    assert all(set(OWNER) <= set(tags) for tags in everything)
    assert len({tags["kc:lineage"] for tags in everything}) == 1
    addresses = [tags["kc:addr"] for tags in everything]
    assert len(set(addresses)) == len(addresses)
    assert {"payments.network.main", "payments.network.public/eu-west-1a", "payments.control_plane.eks.cluster", "payments.node_pool.general.group"} <= set(addresses)


# ---- what happens then ----

def test_the_kubeconfig_names_the_cluster(scene, account):
    text = scene.kc.ok("kubeconfig")
    assert account.clusters()["payments"]["endpoint"] in text and "token" in text


def test_a_second_plan_has_nothing_to_do(scene):
    scene.server.calls.clear()
    scene.kc.ok("plan", "--exit-code")
    scene.kc.ok("apply", "--yes")
    assert writes(scene.server) == []


def test_a_change_touches_only_what_changed(scene, account):
    scene.kc.write("cluster.kcl", example("quickstart.kcl").replace("nodes = 2..6", "nodes = 3..8"))
    assert scene.kc.run("plan", "--exit-code").returncode == 2
    scene.server.calls.clear()
    scene.kc.ok("apply", "--yes")
    assert writes(scene.server) == ["UpdateNodegroupConfig"]
    assert account.nodegroups("payments")["general"]["scalingConfig"] == {"minSize": 3, "maxSize": 8, "desiredSize": 3}
    scene.kc.ok("plan", "--exit-code")


def test_drift_is_found_and_mended(scene, account):
    vpc, = account.vpcs()
    account.ec2.create_tags(Resources=[vpc["VpcId"]], Tags=[{"Key": "team", "Value": "someone else"}])
    assert scene.kc.run("plan", "--exit-code").returncode == 2
    scene.kc.ok("apply", "--yes")
    assert own(tags_of(account.vpcs()[0]["Tags"])) == named("payments")


def test_destroy_leaves_nothing(scene, account):
    scene.kc.ok("destroy", "--yes")
    assert account.counts() == scene.before


def test_apply_after_destroy_works_on_the_same_account(scene, account):
    scene.kc.write("cluster.kcl", example("quickstart.kcl"))
    scene.kc.ok("apply", "--yes")
    assert difference(account.counts(), scene.before) == MADE


def test_faults_on_the_way_change_nothing(server, client, tmp_path):
    scene = Scene(server, client, tmp_path)
    server.faults += [Fault("CreateVpc", kind="reset after"), Fault("AllocateAddress", kind="reset after"), Fault("CreateSubnet", kind="reset after", times=2, skip=1),
                      Fault("CreateInternetGateway", kind="reset before"), Fault("CreateRouteTable", kind="reset after"), Fault("CreateRoute", kind="reset after"),
                      Fault("CreateNatGateway", code="RequestLimitExceeded", times=2), Fault("CreateRole", code="Throttling", status=400),
                      Fault("CreateCluster", kind="reset after"), Fault("CreateNodegroup", code="ServerException", status=500), Fault("CreateAddon", kind="reset after"),
                      Fault("CreateAccessEntry", kind="reset after"), Fault("DescribeCluster", code="ThrottlingException", status=429, times=2),
                      Fault("CreateOpenIDConnectProvider", kind="reset after"), Fault("CreateLaunchTemplate", kind="reset after")]
    scene.kc.ok("apply", "--yes")
    assert difference(scene.account.counts(), scene.before) == MADE
    assert not [f.op for f in server.faults if f.times]
    server.faults += [Fault("DeleteNodegroup", kind="reset after"), Fault("DeleteVpc", code="DependencyViolation", status=400), Fault("ReleaseAddress", kind="reset after")]
    scene.kc.ok("destroy", "--yes")
    assert scene.account.counts() == scene.before


def test_wrong_credentials_are_exit_code_5(server, client, tmp_path):
    scene = Scene(server, client, tmp_path)
    server.calls.clear()
    for wrong in ({"AWS_SECRET_ACCESS_KEY": "wrong"}, {"AWS_ACCESS_KEY_ID": "AKIDNOBODY"}, {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}):
        done = scene.kc.run("apply", "--yes", **wrong)
        assert done.returncode == 5, (wrong, done.stderr)
        assert "error[E07" in done.stderr
    assert writes(server) == []
