"""The same stories of secrets, keys, names, parameters, queues, rules and log groups told to the simulator and to moto: shown and refused alike.
Where moto leaves something out that AWS does, the story leaves it out too; the simulator's own rules are in tests/unit/test_sim_*.c."""
import json

from test_simulator import error, simulated, stage, tags  # noqa: F401 (fixtures)

TOKENS = [str(i) * 8 + "-1111-4111-8111-" + str(i) * 12 for i in range(4)]
PATTERN = json.dumps({"source": ["aws.ec2"]})


def test_versions_of_a_secret(stage):
    sm = stage.secretsmanager
    made = sm.create_secret(Name="s", SecretString="one", ClientRequestToken=TOKENS[1], Description="d", Tags=[{"Key": "a", "Value": "b"}])
    assert made["VersionId"] == TOKENS[1] and made["Name"] == "s" and ":secret:s-" in made["ARN"]
    stage.wait()
    assert error(sm.create_secret, Name="s", SecretString="two") == "ResourceExistsException"
    assert sm.put_secret_value(SecretId="s", SecretString="two", ClientRequestToken=TOKENS[2])["VersionStages"] == ["AWSCURRENT"]
    sm.put_secret_value(SecretId="s", SecretString="three", ClientRequestToken=TOKENS[3], VersionStages=["AWSPENDING"])
    shown = sm.describe_secret(SecretId=made["ARN"])
    assert {k: sorted(v) for k, v in shown["VersionIdsToStages"].items()} == {TOKENS[1]: ["AWSPREVIOUS"], TOKENS[2]: ["AWSCURRENT"], TOKENS[3]: ["AWSPENDING"]}
    assert tags(shown["Tags"]) == {"a": "b"} and shown["Description"] == "d"
    move = {"SecretId": "s", "VersionStage": "AWSCURRENT", "MoveToVersionId": TOKENS[3]}
    assert error(sm.update_secret_version_stage, **move) == "InvalidParameterException"
    sm.update_secret_version_stage(RemoveFromVersionId=TOKENS[2], **move)
    values = {stage_name: sm.get_secret_value(SecretId="s", VersionStage=stage_name)["SecretString"] for stage_name in ("AWSCURRENT", "AWSPREVIOUS")}
    assert values == {"AWSCURRENT": "three", "AWSPREVIOUS": "two"}
    assert error(sm.get_secret_value, SecretId="s", VersionId=TOKENS[2], VersionStage="AWSCURRENT") == "InvalidRequestException"


def test_a_secret_that_is_deleted_and_restored(stage):
    sm = stage.secretsmanager
    assert error(sm.describe_secret, SecretId="s") == "ResourceNotFoundException"
    sm.create_secret(Name="s", SecretString="one")
    stage.wait()
    sm.put_resource_policy(SecretId="s", ResourcePolicy=json.dumps({"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]}))
    assert "Deny" in sm.get_resource_policy(SecretId="s")["ResourcePolicy"]
    sm.delete_resource_policy(SecretId="s")
    assert "ResourcePolicy" not in sm.get_resource_policy(SecretId="s")
    sm.tag_resource(SecretId="s", Tags=[{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d"}])
    sm.untag_resource(SecretId="s", TagKeys=["a"])
    assert tags(sm.describe_secret(SecretId="s")["Tags"]) == {"c": "d"}
    assert error(sm.delete_secret, SecretId="s", RecoveryWindowInDays=3) == "InvalidParameterException"
    sm.delete_secret(SecretId="s", RecoveryWindowInDays=7)
    assert sm.describe_secret(SecretId="s")["DeletedDate"]
    assert error(sm.get_secret_value, SecretId="s") == "InvalidRequestException"
    assert not sm.list_secrets()["SecretList"]
    sm.restore_secret(SecretId="s")
    assert sm.get_secret_value(SecretId="s")["SecretString"] == "one"
    sm.delete_secret(SecretId="s", ForceDeleteWithoutRecovery=True)
    assert error(sm.describe_secret, SecretId="s") == "ResourceNotFoundException"


def test_keys_and_their_names(stage):
    kms = stage.kms
    key = kms.create_key(Description="d", Tags=[{"TagKey": "kc:token", "TagValue": "t"}])["KeyMetadata"]
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    stage.wait()
    assert (key["KeyState"], key["KeySpec"], key["Origin"]) == ("Enabled", "SYMMETRIC_DEFAULT", "AWS_KMS")
    assert "kms:*" in kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"]
    kms.create_alias(AliasName="alias/a", TargetKeyId=key["KeyId"])
    stage.wait()
    assert error(kms.create_alias, AliasName="alias/a", TargetKeyId=other) == "AlreadyExistsException"
    assert kms.describe_key(KeyId="alias/a")["KeyMetadata"]["Description"] == "d"
    kms.update_alias(AliasName="alias/a", TargetKeyId=other)
    assert kms.describe_key(KeyId="alias/a")["KeyMetadata"]["KeyId"] == other
    kms.delete_alias(AliasName="alias/a")
    assert error(kms.describe_key, KeyId="alias/a") == "NotFoundException"
    kms.enable_key_rotation(KeyId=key["KeyId"])
    assert kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"]
    kms.disable_key(KeyId=key["KeyId"])
    assert kms.describe_key(KeyId=key["Arn"])["KeyMetadata"]["KeyState"] == "Disabled"
    found = stage.resourcegroupstaggingapi.get_resources(TagFilters=[{"Key": "kc:token", "Values": ["t"]}], ResourceTypeFilters=["kms:key"])
    assert [r["ResourceARN"] for r in found["ResourceTagMappingList"]] == [key["Arn"]]
    gone = kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    assert gone["KeyState"] == "PendingDeletion" if "KeyState" in gone else gone["DeletionDate"]
    assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "PendingDeletion"
    kms.cancel_key_deletion(KeyId=key["KeyId"])
    assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "Disabled"


def record(action, name, kind, value, **more):
    return {"Action": action, "ResourceRecordSet": {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value}], **more}}


def test_records_of_a_zone(stage):
    r53 = stage.route53
    zone = r53.create_hosted_zone(Name="example.com", CallerReference="1", HostedZoneConfig={"Comment": "c"})
    ident = zone["HostedZone"]["Id"]
    assert ident.startswith("/hostedzone/") and len(zone["DelegationSet"]["NameServers"]) == 4
    change = lambda *changes: r53.change_resource_record_sets(HostedZoneId=ident, ChangeBatch={"Changes": list(changes)})  # noqa: E731
    refused = lambda *changes: error(r53.change_resource_record_sets, HostedZoneId=ident, ChangeBatch={"Changes": list(changes)})  # noqa: E731
    assert change(record("CREATE", "b.example.com", "A", "192.0.2.1"), record("CREATE", "*.example.com", "A", "192.0.2.2"))["ChangeInfo"]["Id"].startswith("/change/")
    stage.wait()
    assert refused(record("CREATE", "b.example.com", "A", "192.0.2.1")) == "InvalidChangeBatch"
    change(record("UPSERT", "b.example.com.", "A", "192.0.2.3"), record("CREATE", "w.example.com", "A", "192.0.2.4", SetIdentifier="one", Weight=1))
    stage.wait()
    listed = r53.list_resource_record_sets(HostedZoneId=ident)["ResourceRecordSets"]
    assert [(r["Name"].replace("\\052", "*"), r["Type"], r["ResourceRecords"][0]["Value"]) for r in listed if r["Type"] == "A"] == [
        ("*.example.com.", "A", "192.0.2.2"), ("b.example.com.", "A", "192.0.2.3"), ("w.example.com.", "A", "192.0.2.4")]
    assert {r["Type"] for r in listed if r["Name"] == "example.com."} == {"NS", "SOA"}
    page = r53.list_resource_record_sets(HostedZoneId=ident, StartRecordName="b.example.com", StartRecordType="A", MaxItems="1")
    assert page["ResourceRecordSets"][0]["Name"] == "b.example.com." and page["IsTruncated"] and page["NextRecordName"] == "w.example.com."
    assert error(r53.delete_hosted_zone, Id=ident) == "HostedZoneNotEmpty"
    change(*[{"Action": "DELETE", "ResourceRecordSet": r} for r in listed if r["Type"] == "A"])
    stage.wait()
    r53.change_tags_for_resource(ResourceType="hostedzone", ResourceId=ident.split("/")[-1], AddTags=[{"Key": "a", "Value": "b"}])
    assert tags(r53.list_tags_for_resource(ResourceType="hostedzone", ResourceId=ident.split("/")[-1])["ResourceTagSet"]["Tags"]) == {"a": "b"}
    r53.update_hosted_zone_comment(Id=ident, Comment="d")
    assert r53.get_hosted_zone(Id=ident)["HostedZone"]["Config"] == {"Comment": "d", "PrivateZone": False}
    assert [z["Id"] for z in r53.list_hosted_zones_by_name(DNSName="example.com")["HostedZones"]] == [ident]
    r53.delete_hosted_zone(Id=ident)
    assert error(r53.get_hosted_zone, Id=ident) == "NoSuchHostedZone"


def test_zones_that_vpcs_see(stage):
    vpcs = [stage.ec2.create_vpc(CidrBlock=f"10.{i}.0.0/16")["Vpc"]["VpcId"] for i in range(2)]
    stage.wait()
    seen = [{"VPCRegion": "eu-west-1", "VPCId": v} for v in vpcs]
    r53 = stage.route53
    zone = r53.create_hosted_zone(Name="x.internal", CallerReference="1", VPC=seen[0], HostedZoneConfig={"PrivateZone": True})["HostedZone"]
    assert zone["Config"]["PrivateZone"]
    r53.associate_vpc_with_hosted_zone(HostedZoneId=zone["Id"], VPC=seen[1])
    assert [v["VPCId"] for v in r53.get_hosted_zone(Id=zone["Id"])["VPCs"]] == vpcs
    r53.disassociate_vpc_from_hosted_zone(HostedZoneId=zone["Id"], VPC=seen[0])
    assert error(r53.disassociate_vpc_from_hosted_zone, HostedZoneId=zone["Id"], VPC=seen[1]) == "LastVPCAssociation"


def test_parameters(stage):
    ssm = stage.ssm
    assert error(ssm.get_parameter, Name="/a") == "ParameterNotFound"
    assert error(ssm.put_parameter, Name="/a", Value="1") == "ValidationException"
    assert ssm.put_parameter(Name="/a", Value="1", Type="String", Description="d", Tags=[{"Key": "a", "Value": "b"}])["Version"] == 1
    stage.wait()
    assert error(ssm.put_parameter, Name="/a", Value="2", Type="String") == "ParameterAlreadyExists"
    assert error(ssm.put_parameter, Name="/a", Value="2", Overwrite=True, Tags=[{"Key": "c", "Value": "d"}]) == "ValidationException"
    assert ssm.put_parameter(Name="/a", Value="2", Overwrite=True)["Version"] == 2
    one = ssm.get_parameter(Name="/a")["Parameter"]
    assert (one["Value"], one["Type"], one["Version"], one["ARN"]) == ("2", "String", 2, f"arn:aws:ssm:eu-west-1:{one['ARN'].split(':')[4]}:parameter/a")
    shown = ssm.describe_parameters(ParameterFilters=[{"Key": "Name", "Option": "Equals", "Values": ["/a"]}])["Parameters"]
    assert [(p["Name"], p["Description"], p["Tier"]) for p in shown] == [("/a", "d", "Standard")]
    assert tags(ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/a")["TagList"]) == {"a": "b"}
    ssm.put_parameter(Name="/b/s", Value="hush", Type="SecureString")
    stage.wait()
    assert ssm.get_parameter(Name="/b/s", WithDecryption=True)["Parameter"]["Value"] == "hush"
    assert ssm.get_parameter(Name="/b/s")["Parameter"]["Value"] != "hush"
    assert [p["Name"] for p in ssm.get_parameters_by_path(Path="/b")["Parameters"]] == ["/b/s"]
    ssm.delete_parameter(Name="/a")
    assert error(ssm.delete_parameter, Name="/a") == "ParameterNotFound"


def test_queues(stage):
    sqs = stage.sqs
    assert error(sqs.get_queue_url, QueueName="q") == "AWS.SimpleQueueService.NonExistentQueue"
    url = sqs.create_queue(QueueName="q", Attributes={"DelaySeconds": "1"}, tags={"a": "b"})["QueueUrl"]
    stage.wait()
    assert sqs.create_queue(QueueName="q", Attributes={"DelaySeconds": "1"})["QueueUrl"] == url
    assert error(sqs.create_queue, QueueName="q", Attributes={"DelaySeconds": "2"}) == "QueueAlreadyExists"
    shown = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (shown["DelaySeconds"], shown["MessageRetentionPeriod"], shown["VisibilityTimeout"]) == ("1", "345600", "30") and shown["QueueArn"].endswith(":q")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    stage.wait()
    dead = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "60", "RedrivePolicy": json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 3})})
    stage.wait()
    shown = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert shown["VisibilityTimeout"] == "60" and json.loads(shown["RedrivePolicy"]) == {"deadLetterTargetArn": dead, "maxReceiveCount": 3}
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"a": "b"}
    sqs.delete_queue(QueueUrl=url)
    stage.wait()
    assert error(sqs.get_queue_url, QueueName="q") == "AWS.SimpleQueueService.NonExistentQueue"


def test_rules_and_targets(stage):
    events, sqs = stage.events, stage.sqs
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    stage.wait()
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    assert error(events.describe_rule, Name="r") == "ResourceNotFoundException"
    assert error(events.put_rule, Name="r", EventPattern="no") == "InvalidEventPatternException"
    rule = events.put_rule(Name="r", EventPattern=PATTERN, Description="d", Tags=[{"Key": "a", "Value": "b"}])["RuleArn"]
    shown = events.describe_rule(Name="r")
    assert (shown["Arn"], shown["State"], json.loads(shown["EventPattern"])) == (rule, "ENABLED", {"source": ["aws.ec2"]})
    assert tags(events.list_tags_for_resource(ResourceARN=rule)["Tags"]) == {"a": "b"}
    assert events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": arn, "Input": "{}"}])["FailedEntryCount"] == 0
    assert [(t["Id"], t["Arn"], t["Input"]) for t in events.list_targets_by_rule(Rule="r")["Targets"]] == [("t", arn, "{}")]
    assert error(events.put_targets, Rule="none", Targets=[{"Id": "t", "Arn": arn}]) == "ResourceNotFoundException"
    assert error(events.delete_rule, Name="r") == "ValidationException"
    events.disable_rule(Name="r")
    assert events.describe_rule(Name="r")["State"] == "DISABLED"
    events.remove_targets(Rule="r", Ids=["t"])
    events.delete_rule(Name="r")
    assert error(events.describe_rule, Name="r") == "ResourceNotFoundException"


def test_log_groups(stage):
    logs = stage.logs
    logs.create_log_group(logGroupName="/a/b", tags={"a": "b"})
    logs.create_log_group(logGroupName="/a")
    stage.wait()
    assert error(logs.create_log_group, logGroupName="/a") == "ResourceAlreadyExistsException"
    listed = logs.describe_log_groups(logGroupNamePrefix="/a")["logGroups"]
    assert [g["logGroupName"] for g in listed] == ["/a", "/a/b"] and listed[0]["arn"].endswith(":log-group:/a:*")
    logs.put_retention_policy(logGroupName="/a", retentionInDays=7)
    assert logs.describe_log_groups(logGroupNamePrefix="/a")["logGroups"][0]["retentionInDays"] == 7
    logs.delete_retention_policy(logGroupName="/a")
    assert "retentionInDays" not in logs.describe_log_groups(logGroupNamePrefix="/a")["logGroups"][0]
    arn = listed[1]["arn"].removesuffix(":*")
    logs.tag_resource(resourceArn=arn, tags={"c": "d"})
    logs.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"c": "d"}
    logs.delete_log_group(logGroupName="/a")
    assert error(logs.delete_log_group, logGroupName="/a") == "ResourceNotFoundException"
