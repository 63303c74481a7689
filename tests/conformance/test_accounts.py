"""One file, several accounts and regions over HTTP: made, nothing to do then, taken down to nothing; one region out of reach stays as it is."""
import json

import boto3

from account import Account
from kc import Kc, example
from kcmoto.server import ACCOUNT

OTHER = "222233334444"
ROLE = f"arn:aws:iam::{OTHER}:role/kc"
PLACES = [(ACCOUNT, "eu-west-1"), (OTHER, "eu-west-1"), (OTHER, "us-west-2"), (OTHER, "ap-northeast-1")]


def accounts(server, client):
    """(account, region) -> Account."""
    keys = client("sts").assume_role(RoleArn=ROLE, RoleSessionName="test")["Credentials"]

    def other(region):
        return lambda service: boto3.client(service, endpoint_url=server.url, region_name=region, aws_access_key_id=keys["AccessKeyId"],
                                            aws_secret_access_key=keys["SecretAccessKey"], aws_session_token=keys["SessionToken"])
    return {(a, r): Account(other(r) if a == OTHER else lambda service, r=r: client(service, region=r)) for a, r in PLACES}


def vpcs(seen):
    return {place: len(account.vpcs()) for place, account in seen.items()}


def places(kc):
    """(account, region) -> how many records are there."""
    out = {}
    for address in [r["address"] for r in json.loads(kc.ok("state", "list", "--json"))["resources"] if r["status"] == "ready"]:
        record = json.loads(kc.ok("state", "show", address, "--json"))
        place = (record["account"], record["provider"]["region"])
        out[place] = out.get(place, 0) + 1
    return out


def test_accounts_and_regions(server, client, tmp_path):
    kc, seen = Kc(tmp_path, server.url), accounts(server, client)
    before = {place: account.counts() for place, account in seen.items()}
    kc.write("cluster.kcl", example("accounts.kcl"))
    kc.ok("apply", "--yes", AWS_REGION="eu-west-1")
    assert vpcs(seen) == dict.fromkeys(PLACES, 1)
    assert set(places(kc)) == set(PLACES)
    kc.ok("plan", "--exit-code", AWS_REGION="eu-west-1")
    kc.ok("destroy", "--yes", AWS_REGION="eu-west-1")
    assert {place: account.counts() for place, account in seen.items()} == before


def test_a_region_out_of_reach_stays_as_it_is(server, client, tmp_path):
    kc, seen = Kc(tmp_path, server.url), accounts(server, client)
    text = example("accounts.kcl")
    kc.write("cluster.kcl", text)
    kc.ok("apply", "--yes", AWS_REGION="eu-west-1")
    kc.write("cluster.kcl", text.replace("zones = 2", "zones = 3"))
    server.down = {"us-west-2"}
    done = kc.run("apply", "--yes", AWS_REGION="eu-west-1", AWS_MAX_ATTEMPTS="1")
    assert done.returncode == 1
    assert "oregon" in done.stderr and "cannot read" in done.stderr
    server.down = set()
    assert {place: len(a.subnets()) for place, a in seen.items()} == {p: 4 if p == (OTHER, "us-west-2") else 6 for p in PLACES}
    kc.ok("apply", "--yes", AWS_REGION="eu-west-1")
    assert {len(a.subnets()) for a in seen.values()} == {6}


def test_rights_that_reach_another_account_are_refused(server, client, tmp_path):
    kc, seen = Kc(tmp_path, server.url), accounts(server, client)
    kc.write("cluster.kcl", example("vpc.kcl"))
    kc.ok("apply", "--yes", AWS_REGION="eu-west-1")
    keys = client("sts").assume_role(RoleArn=ROLE, RoleSessionName="test")["Credentials"]
    wrong = {"AWS_ACCESS_KEY_ID": keys["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"], "AWS_SESSION_TOKEN": keys["SessionToken"]}
    for command in (["plan"], ["apply", "--yes"], ["apply", "--yes", "--accept-stack-change"], ["destroy", "--yes", "--accept-stack-change"]):
        done = kc.run(*command, AWS_REGION="eu-west-1", **wrong)
        assert done.returncode == 6
        assert f"`{ACCOUNT}`" in done.stderr and f"`{OTHER}`" in done.stderr
    assert vpcs(seen)[ACCOUNT, "eu-west-1"] == 1 and vpcs(seen)[OTHER, "eu-west-1"] == 0
    kc.ok("plan", "--exit-code", AWS_REGION="eu-west-1")
