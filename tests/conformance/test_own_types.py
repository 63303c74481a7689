"""Resource types that kc does not have, on moto: one written by hand (types/queue.kcl), some written by machine out of botocore's models.
Each goes through check, apply, an empty plan, an update, a loss outside kc, and destroy."""
import os

import botocore
import botocore.exceptions
import pytest

import typegen
from account import own, tags_of
from kc import Kc
from oracle import ROOT
from test_quickstart import writes
from typegen import Plan

REGION = {"AWS_REGION": "eu-west-1"}


@pytest.fixture
def kc(server, tmp_path):
    return Kc(tmp_path, server.url)


def types(name):
    with open(os.path.join(ROOT, "tests", "conformance", "types", name), encoding="utf-8") as f:
        return f.read()


def test_a_queue(server, client, kc):
    sqs, text = client("sqs"), types("queue.kcl")
    kc.write("cluster.kcl", text)
    kc.ok("check")
    kc.ok("apply", "--yes", **REGION)
    urls = {u.rpartition("/")[2]: u for u in sqs.list_queues()["QueueUrls"]}
    assert set(urls) == {"jobs", "letters"}
    shown = sqs.get_queue_attributes(QueueUrl=urls["jobs"], AttributeNames=["All"])["Attributes"]
    assert (shown["DelaySeconds"], shown["MessageRetentionPeriod"]) == ("5", "345600")
    assert sqs.list_queue_tags(QueueUrl=urls["jobs"])["Tags"]["team"] == "payments"
    kc.ok("plan", "--exit-code", **REGION)
    kc.write("cluster.kcl", text.replace("delay = 5", "delay = 60").replace('team = "payments"', 'team = "orders"'))
    server.calls.clear()
    kc.ok("apply", "--yes", **REGION)
    assert sorted(writes(server)) == ["SetQueueAttributes", "TagQueue"]
    assert sqs.get_queue_attributes(QueueUrl=urls["jobs"], AttributeNames=["DelaySeconds"])["Attributes"]["DelaySeconds"] == "60"
    sqs.delete_queue(QueueUrl=urls["letters"])
    assert kc.run("plan", "--exit-code", **REGION).returncode == 2
    kc.ok("apply", "--yes", **REGION)
    assert len(sqs.list_queues()["QueueUrls"]) == 2
    kc.ok("destroy", "--yes", **REGION)
    assert "QueueUrls" not in sqs.list_queues()


def test_a_bucket_and_a_zone(server, client, kc):
    s3, route53, text = client("s3"), client("route53"), types("storage.kcl")
    kc.write("cluster.kcl", text)
    kc.ok("apply", "--yes", **REGION)
    assert s3.get_bucket_location(Bucket="kc-logs-1")["LocationConstraint"] == "eu-west-1"
    assert s3.get_bucket_versioning(Bucket="kc-logs-1")["Status"] == "Enabled"
    zone, = route53.list_hosted_zones()["HostedZones"]
    assert (zone["Name"], zone["Config"]["Comment"]) == ("internal.example.", "first")
    shown = route53.list_tags_for_resource(ResourceType="hostedzone", ResourceId=zone["Id"].rpartition("/")[2])["ResourceTagSet"]["Tags"]
    assert own(tags_of(shown)) == {"team": "payments"}
    kc.ok("plan", "--exit-code", **REGION)
    kc.write("cluster.kcl", text.replace("versioning = true", "versioning = false").replace('"first"', '"second & <third>"').replace('"payments"', '"orders"'))
    kc.ok("apply", "--yes", **REGION)
    assert s3.get_bucket_versioning(Bucket="kc-logs-1")["Status"] == "Suspended"
    shown = route53.list_tags_for_resource(ResourceType="hostedzone", ResourceId=zone["Id"].rpartition("/")[2])["ResourceTagSet"]["Tags"]
    assert own(tags_of(shown)) == {"team": "orders"}
    assert route53.get_hosted_zone(Id=zone["Id"])["HostedZone"]["Config"]["Comment"] == "second & <third>"
    kc.ok("plan", "--exit-code", **REGION)
    kc.ok("destroy", "--yes", **REGION)
    assert not s3.list_buckets()["Buckets"] and not route53.list_hosted_zones()["HostedZones"]


PLANS = [
    Plan("events", "PutRule", "DescribeRule", "DeleteRule", key="Name", found="", ask="Name = name", many=False, update="PutRule",
         values={"Name": "nightly", "ScheduleExpression": "rate(1 day)", "State": "ENABLED", "Description": "d"}, change={"ScheduleExpression": "rate(2 days)", "State": "DISABLED"}),
    Plan("logs", "CreateLogGroup", "DescribeLogGroups", "DeleteLogGroup", key="logGroupName", found="logGroups", ask="logGroupNamePrefix = log_group_name",
         values={"logGroupName": "/kc/one"}),
    Plan("ecr", "CreateRepository", "DescribeRepositories", "DeleteRepository", key="repositoryName", found="repositories", ask="repositoryNames = [repository_name]",
         values={"repositoryName": "team/app", "imageTagMutability": "IMMUTABLE"}, change={"imageTagMutability": "MUTABLE"}),
    Plan("ssm", "PutParameter", "GetParameter", "DeleteParameter", key="Name", found="Parameter", ask="Name = name", many=False, update="PutParameter", again=", Overwrite = true",
         values={"Name": "/kc/one", "Type": "String", "Value": "1"}, change={"Value": "2"}),
    Plan("iam", "CreateRole", "GetRole", "DeleteRole", key="RoleName", found="Role", ask="RoleName = role_name", many=False,
         fixed=', AssumeRolePolicyDocument = "{\\"Version\\":\\"2012-10-17\\",\\"Statement\\":[]}"', values={"RoleName": "one", "Path": "/a/", "MaxSessionDuration": 7200},
         change={"MaxSessionDuration": 3600}),
]


def read_back(client, plan):
    """The values of the object that boto3 finds, or None."""
    call = getattr(client(plan.service), botocore.xform_name(plan.read))
    asked = {plan.key: plan.values[plan.key]} if not plan.many else {}
    try:
        found = call(**asked)
    except botocore.exceptions.ClientError:
        return None
    for part in plan.found.split(".") if plan.found else []:
        found = found[part]
    if plan.many:
        found = next((x for x in found if x[plan.key] == plan.values[plan.key]), None)
    return found and {m: found[m] for m in plan.values}


@pytest.mark.parametrize("plan", PLANS, ids=lambda p: p.service)
def test_a_type_made_from_the_models(client, kc, plan):
    text = typegen.resource(plan, "Thing") + "\n"
    kc.write("cluster.kcl", text + typegen.instance(plan, "Thing"))
    kc.ok("check")
    assert read_back(client, plan) is None
    kc.ok("apply", "--yes", **REGION)
    assert read_back(client, plan) == plan.values
    kc.ok("plan", "--exit-code", **REGION)
    if plan.change:
        kc.write("cluster.kcl", text + typegen.instance(plan, "Thing", **plan.change))
        assert kc.run("plan", "--exit-code", **REGION).returncode == 2
        kc.ok("apply", "--yes", **REGION)
        assert read_back(client, plan) == dict(plan.values, **plan.change)
        kc.ok("plan", "--exit-code", **REGION)
    kc.ok("destroy", "--yes", **REGION)
    assert read_back(client, plan) is None
