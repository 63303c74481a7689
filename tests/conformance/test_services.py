"""kc and somebody else with the same zones, secrets, queues and rules of a served sandbox: what each does when the other was there before."""
import pytest

from kc import Kc
from served import Served

REGION = ["--region", "eu-west-1"]
ZONE = """import "std/aws/route53" as route53
route53.Zone zone { name = "example.com"MORE }
route53.Record api { zone = zone.id, name = "API.example.com", values = ["192.0.2.1"] }
"""
RULE = """import "std/aws/events" as events
import "std/aws/sqs" as sqs
events.Rule rule { name = "r", pattern = { source = ["aws.ec2"] } }
events.Target to { rule = rule.name, name = "t", arn = "arn:aws:sqs:eu-west-1:111122223333:q" }
"""


@pytest.fixture
def at(tmp_path):
    """kc in a project of its own, and the sandbox that it talks to."""
    served = Served(tmp_path)
    folder = tmp_path / "project"
    folder.mkdir()
    kc = Kc(folder, served.url)
    kc.env.update(AWS_ACCESS_KEY_ID=served.env["AWS_ACCESS_KEY_ID"], AWS_SECRET_ACCESS_KEY=served.env["AWS_SECRET_ACCESS_KEY"], KC_WAIT_SCALE="50")
    kc.served = served
    yield kc
    assert served.close() == 0


def apply(at, text, *more):
    at.write("cluster.kcl", text)
    return at.ok("apply", "--yes", *REGION, *more)


def refused(at, *arguments):
    done = at.run(*arguments, *REGION)
    assert done.returncode == 1, done.stdout
    return done.stdout + done.stderr


def put(r53, zone, action, names, *values):
    r53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [
        {"Action": action, "ResourceRecordSet": {"Name": name, "Type": "A", "TTL": 300, "ResourceRecords": [{"Value": v} for v in values]}} for name in names]})


def test_records_of_others_go_only_with_force(at):
    r53 = at.served.client("route53")
    apply(at, ZONE.replace("MORE", ""))
    zone = r53.list_hosted_zones()["HostedZones"][0]["Id"]
    put(r53, zone, "CREATE", [f"s{i}.example.com" for i in range(120)], "192.0.2.9")
    said = refused(at, "destroy", "--yes")
    assert "record s0.example.com A" in said and "api.example.com" not in said.lower().split("record s0")[0]
    assert len(r53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]) == 123
    apply(at, ZONE.replace("MORE", ", force = true"))
    at.ok("destroy", "--yes", *REGION)
    assert not r53.list_hosted_zones()["HostedZones"]


def test_a_record_that_others_changed_is_set_right_and_goes(at):
    r53 = at.served.client("route53")
    apply(at, ZONE.replace("MORE", ""))
    zone = r53.list_hosted_zones()["HostedZones"][0]["Id"]
    put(r53, zone, "UPSERT", ["api.example.com"], "192.0.2.1", "192.0.2.2")
    assert "192.0.2.2" in at.ok("plan", *REGION)
    apply(at, ZONE.replace("MORE", ""))
    at.ok("plan", "--exit-code", *REGION)
    put(r53, zone, "UPSERT", ["api.example.com"], "192.0.2.7")
    at.ok("destroy", "--yes", *REGION)
    assert not r53.list_hosted_zones()["HostedZones"]


def test_a_record_of_others_is_not_taken(at):
    r53 = at.served.client("route53")
    apply(at, 'import "std/aws/route53" as route53\nroute53.Zone zone { name = "example.com" }\n')
    zone = r53.list_hosted_zones()["HostedZones"][0]["Id"]
    put(r53, zone, "CREATE", ["api.example.com"], "192.0.2.9")
    at.write("cluster.kcl", ZONE.replace("MORE", ""))
    assert "exists already" in refused(at, "apply", "--yes")
    assert "192.0.2.9" in str(r53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"])


def versions(at):
    shown = at.served.client("secretsmanager").describe_secret(SecretId="ca")["VersionIdsToStages"]
    return sorted(sorted(labels) for labels in shown.values())


def test_a_rotation_with_overlap(at):
    base = 'import "std/aws/secretsmanager" as sm\nsm.Secret ca { name = "ca", recovery_window = none }\n'
    old = 'sm.SecretVersion a { secret = ca.name, label = "a", value = "one", stages = [STAGES] }\n'
    new = 'sm.SecretVersion b { secret = ca.name, label = "b", value = "two", stages = [STAGES] }\n'
    apply(at, base + old.replace("STAGES", '"AWSCURRENT"'))
    apply(at, base + old.replace("STAGES", '"AWSCURRENT"') + new.replace("STAGES", '"AWSPENDING"'))
    assert versions(at) == [["AWSCURRENT", "a"], ["AWSPENDING", "b"]]
    apply(at, base + old.replace("STAGES", '"AWSPREVIOUS"') + new.replace("STAGES", '"AWSCURRENT"'))
    assert versions(at) == [["AWSCURRENT", "b"], ["AWSPREVIOUS", "a"]]
    at.ok("plan", "--exit-code", *REGION)
    apply(at, base + old.replace("STAGES", '"AWSCURRENT"') + new.replace("STAGES", '"AWSPREVIOUS"'))      # and back
    assert versions(at) == [["AWSCURRENT", "a"], ["AWSPREVIOUS", "b"]]
    apply(at, base + old.replace("STAGES", '"AWSCURRENT"'))
    assert versions(at) == [["AWSCURRENT", "a"]]
    apply(at, base)                                        # a secret has a current value as long as it stands
    assert versions(at) == [["AWSCURRENT"]]
    at.ok("destroy", "--yes", *REGION)


def value(at, **which):
    return at.served.client("secretsmanager").get_secret_value(SecretId="ca", **which)["SecretString"]


def test_what_waits_for_its_end_is_brought_back_to_those_who_deleted_it(at, tmp_path):
    text = 'import "std/aws/secretsmanager" as sm\nsm.Secret ca { name = "ca", value = "VALUE", tags = { a = "b" } }\n'
    apply(at, text.replace("VALUE", "one"))
    at.ok("destroy", "--yes", *REGION)
    other = Kc(tmp_path / "other", at.served.url)
    other.env = at.env
    other.write("cluster.kcl", text)
    said = refused(other, "apply", "--yes")                # another stack's
    assert "exists already" in said and "scheduled for deletion" in said
    apply(at, text.replace("VALUE", "two"))
    at.ok("plan", "--exit-code", *REGION)
    assert value(at) == "two" and value(at, VersionStage="AWSPREVIOUS") == "one"
    at.ok("destroy", "--yes", *REGION)


def test_a_key_is_made_anew_where_the_former_one_waits(at):
    text = 'import "std/aws/secretsmanager" as sm\nsm.GeneratedKey ca { name = "ca" }\n'
    apply(at, text)
    former = value(at)
    at.ok("destroy", "--yes", *REGION)
    apply(at, text)
    at.ok("plan", "--exit-code", *REGION)
    assert value(at) != former


def test_a_target_that_is_not_taken_is_an_error(at):
    at.write("cluster.kcl", RULE)
    said = refused(at, "apply", "--yes")
    assert "ResourceNotFoundException" in said and "does not exist" in said
    apply(at, RULE + 'sqs.Queue q { name = "q" }\n')
    at.ok("plan", "--exit-code", *REGION)


def test_queues_and_rules_of_others_are_not_taken(at):
    at.served.client("sqs").create_queue(QueueName="q")
    at.served.client("events").put_rule(Name="r", EventPattern='{"source": ["aws.s3"]}')
    at.write("cluster.kcl", RULE + 'sqs.Queue q { name = "q" }\n')
    assert refused(at, "apply", "--yes").count("exists already") >= 2
    assert "aws.s3" in at.served.client("events").describe_rule(Name="r")["EventPattern"]


def test_a_queue_waits_for_its_name(at):
    text = 'import "std/aws/sqs" as sqs\nsqs.Queue q { name = "q" }\n'
    apply(at, text)
    at.ok("destroy", "--yes", *REGION)
    apply(at, text)
    at.ok("plan", "--exit-code", *REGION)
