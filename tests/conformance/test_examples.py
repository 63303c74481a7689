"""The other examples over HTTP: made, nothing to do then, taken down to nothing."""
import pytest

from account import Account
from kc import Kc, example

ROLES = ("support", "data", "platform")


def all_regions(client):
    return Account(client), Account(lambda service: client(service, region="us-west-2"))


@pytest.mark.parametrize("name", ["pools.kcl", "vpc.kcl"])
def test_an_example(server, client, tmp_path, name):
    kc, here, west = Kc(tmp_path, server.url), *all_regions(client)
    for role in ROLES:
        client("iam").create_role(RoleName=role, AssumeRolePolicyDocument='{"Version":"2012-10-17","Statement":[]}')
    before = here.counts(), west.counts()
    kc.write("cluster.kcl", example(name))
    kc.ok("apply", "--yes", AWS_REGION="eu-west-1")
    assert (here.counts(), west.counts()) != before
    kc.ok("plan", "--exit-code", AWS_REGION="eu-west-1")
    kc.ok("destroy", "--yes", AWS_REGION="eu-west-1")
    assert (here.counts(), west.counts()) == before


def test_a_network_of_ones_own(server, client, tmp_path):
    """One project makes the network, another brings a cluster into it and leaves it alone."""
    def folder(name):
        path = tmp_path / name
        path.mkdir()
        return Kc(path, server.url)
    network, cluster = folder("network"), folder("cluster")
    account = Account(lambda service: client(service, region="eu-central-1"))
    before = account.counts()
    network.write("cluster.kcl", example("own-network/network.kcl"))
    network.ok("apply", "--yes", AWS_REGION="eu-central-1")
    made = account.counts()
    vpc, = account.vpcs()
    subnets = [s["SubnetId"] for s in sorted(account.subnets(), key=lambda s: s["CidrBlock"]) if not s["MapPublicIpOnLaunch"]]
    cluster.write("cluster.kcl", example("own-network/cluster.kcl"))
    given = ["--set", f"vpc={vpc['VpcId']}", "--set", f"subnet_a={subnets[0]}", "--set", f"subnet_b={subnets[1]}"]
    cluster.ok("apply", "--yes", *given)
    shown = account.clusters()["edge"]["resourcesVpcConfig"]
    assert (sorted(shown["subnetIds"]), shown["endpointPublicAccess"]) == (sorted(subnets), False)
    assert {e for entry in account.clusters()["edge"]["logging"]["clusterLogging"] if entry["enabled"] for e in entry["types"]} == {"api", "audit"}
    cluster.ok("plan", "--exit-code", *given)
    network.ok("plan", "--exit-code", AWS_REGION="eu-central-1")
    cluster.ok("destroy", "--yes", *given)
    assert account.counts() == made
    network.ok("destroy", "--yes", AWS_REGION="eu-central-1")
    assert account.counts() == before
