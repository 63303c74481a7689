"""An afternoon with the served sandbox: boto3 over many services, its waiters included, as a person or a program of theirs would use it."""
import base64
import hashlib
import json

import pytest
from test_served import code, served  # noqa: F401

ROLE_TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
SOON = {"Delay": 1, "MaxAttempts": 60}


@pytest.fixture
def aws(served):  # noqa: F811
    return served.client


def seen(ec2, subnets):
    """AWS may take a moment to show new ones; each call is a moment of the account's time."""
    filters = [{"Name": "subnet-id", "Values": subnets}]
    assert any(len(ec2.describe_subnets(Filters=filters)["Subnets"]) == len(subnets) for _ in range(1000))


@pytest.fixture
def net(aws):
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.get_waiter("vpc_exists").wait(VpcIds=[vpc], WaiterConfig=SOON)
    ec2.get_waiter("vpc_available").wait(VpcIds=[vpc], WaiterConfig=SOON)
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"eu-west-1{z}")["Subnet"]["SubnetId"] for n, z in enumerate("ab")]
    seen(ec2, subnets)
    ec2.get_waiter("subnet_available").wait(SubnetIds=subnets, WaiterConfig=SOON)
    return vpc, subnets


def image(aws):
    return aws("ssm").get_parameter(Name="/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64")["Parameter"]["Value"]


def test_an_instance_and_its_volume(aws, net):
    ec2, (_, subnets) = aws("ec2"), net
    one = ec2.run_instances(ImageId=image(aws), InstanceType="m6i.large", MinCount=1, MaxCount=1, SubnetId=subnets[0])["Instances"][0]["InstanceId"]
    ec2.get_waiter("instance_running").wait(InstanceIds=[one], WaiterConfig=SOON)
    ec2.get_waiter("instance_status_ok").wait(InstanceIds=[one], WaiterConfig=SOON)
    volume = ec2.create_volume(AvailabilityZone="eu-west-1a", Size=20, VolumeType="gp3", Encrypted=True)["VolumeId"]
    ec2.get_waiter("volume_available").wait(VolumeIds=[volume], WaiterConfig=SOON)
    ec2.attach_volume(InstanceId=one, VolumeId=volume, Device="/dev/xvdb")
    ec2.get_waiter("volume_in_use").wait(VolumeIds=[volume], WaiterConfig=SOON)
    assert code(ec2.delete_volume, VolumeId=volume) == "VolumeInUse"
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[snapshot], WaiterConfig=SOON)
    ec2.terminate_instances(InstanceIds=[one])
    ec2.get_waiter("instance_terminated").wait(InstanceIds=[one], WaiterConfig=SOON)
    ec2.get_waiter("volume_available").wait(VolumeIds=[volume], WaiterConfig=SOON)
    ec2.delete_volume(VolumeId=volume)
    ec2.get_waiter("volume_deleted").wait(VolumeIds=[volume], WaiterConfig=SOON)
    assert code(ec2.describe_instances, InstanceIds=["i-00000000000000000"]) == "InvalidInstanceID.NotFound"


def test_a_group_behind_a_balancer(aws, net):
    ec2, elb, asg, (vpc, subnets) = aws("ec2"), aws("elbv2"), aws("autoscaling"), net
    balancer = elb.create_load_balancer(Name="api", Type="network", Scheme="internal", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    targets = elb.create_target_group(Name="api", Protocol="TCP", Port=6443, VpcId=vpc, TargetType="instance")["TargetGroups"][0]["TargetGroupArn"]
    elb.create_listener(LoadBalancerArn=balancer, Protocol="TCP", Port=6443, DefaultActions=[{"Type": "forward", "TargetGroupArn": targets}])
    elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[balancer], WaiterConfig=SOON)
    template = ec2.create_launch_template(LaunchTemplateName="node", LaunchTemplateData={"ImageId": image(aws), "InstanceType": "m6i.large"})["LaunchTemplate"]
    asg.create_auto_scaling_group(AutoScalingGroupName="nodes", MinSize=1, MaxSize=3, DesiredCapacity=2, VPCZoneIdentifier=",".join(subnets),
                                  LaunchTemplate={"LaunchTemplateId": template["LaunchTemplateId"], "Version": "1"}, TargetGroupARNs=[targets])
    elb.get_waiter("target_in_service").wait(TargetGroupArn=targets, WaiterConfig=SOON)
    assert code(elb.delete_target_group, TargetGroupArn=targets) == "ResourceInUse"
    assert len(asg.describe_scaling_activities(AutoScalingGroupName="nodes")["Activities"]) >= 2
    asg.delete_auto_scaling_group(AutoScalingGroupName="nodes", ForceDelete=True)
    assert any(not asg.describe_auto_scaling_groups(AutoScalingGroupNames=["nodes"])["AutoScalingGroups"] for _ in range(20000))
    elb.delete_load_balancer(LoadBalancerArn=balancer)
    elb.get_waiter("load_balancers_deleted").wait(LoadBalancerArns=[balancer], WaiterConfig=SOON)


def test_a_bucket(aws):
    s3 = aws("s3")
    s3.create_bucket(Bucket="kc-afternoon", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.get_waiter("bucket_exists").wait(Bucket="kc-afternoon", WaiterConfig=SOON)
    s3.put_bucket_versioning(Bucket="kc-afternoon", VersioningConfiguration={"Status": "Enabled"})
    body = b"hello" * 1000
    first = s3.put_object(Bucket="kc-afternoon", Key="a/b c", Body=body, IfNoneMatch="*", ChecksumSHA256=base64.b64encode(hashlib.sha256(body).digest()).decode())
    s3.get_waiter("object_exists").wait(Bucket="kc-afternoon", Key="a/b c", WaiterConfig=SOON)
    assert code(s3.put_object, Bucket="kc-afternoon", Key="a/b c", Body=b"other", IfNoneMatch="*") == "PreconditionFailed"
    assert s3.head_object(Bucket="kc-afternoon", Key="a/b c")["VersionId"] == first["VersionId"]
    assert code(s3.delete_bucket, Bucket="kc-afternoon") == "BucketNotEmpty"
    s3.delete_objects(Bucket="kc-afternoon", Delete={"Objects": [{"Key": "a/b c", "VersionId": first["VersionId"]}]})
    s3.delete_bucket(Bucket="kc-afternoon")
    s3.get_waiter("bucket_not_exists").wait(Bucket="kc-afternoon", WaiterConfig=SOON)
    assert code(s3.head_bucket, Bucket="kc-afternoon") == "404"


def test_names_of_a_zone(aws):
    dns = aws("route53")
    zone = dns.create_hosted_zone(Name="example.test", CallerReference="once")["HostedZone"]["Id"]
    change = {"Action": "CREATE", "ResourceRecordSet": {"Name": "api.example.test", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}}
    sent = dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})["ChangeInfo"]["Id"]
    dns.get_waiter("resource_record_sets_changed").wait(Id=sent, WaiterConfig=SOON)
    assert code(dns.change_resource_record_sets, HostedZoneId=zone, ChangeBatch={"Changes": [change]}) == "InvalidChangeBatch"
    assert [r["Type"] for r in dns.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]] == ["NS", "SOA", "A"]
    assert code(dns.delete_hosted_zone, Id=zone) == "HostedZoneNotEmpty"


def test_keys_secrets_and_parameters(aws):
    kms, secrets, ssm = aws("kms"), aws("secretsmanager"), aws("ssm")
    key = kms.create_key(Description="afternoon")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/afternoon", TargetKeyId=key)
    assert kms.describe_key(KeyId="alias/afternoon")["KeyMetadata"]["KeyId"] == key
    assert kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)["KeyState"] == "PendingDeletion"
    secrets.create_secret(Name="afternoon", SecretString="one")
    secrets.put_secret_value(SecretId="afternoon", SecretString="two")
    assert secrets.get_secret_value(SecretId="afternoon")["SecretString"] == "two"
    assert secrets.get_secret_value(SecretId="afternoon", VersionStage="AWSPREVIOUS")["SecretString"] == "one"
    secrets.delete_secret(SecretId="afternoon")
    assert code(secrets.get_secret_value, SecretId="afternoon") == "InvalidRequestException"
    ssm.put_parameter(Name="/afternoon", Value="x", Type="String")
    assert ssm.get_parameter(Name="/afternoon")["Parameter"]["Version"] == 1
    assert code(ssm.put_parameter, Name="/afternoon", Value="y", Type="String") == "ParameterAlreadyExists"


def test_roles_queues_rules_and_logs(aws):
    iam, sqs, events, logs = aws("iam"), aws("sqs"), aws("events"), aws("logs")
    iam.create_role(RoleName="afternoon", AssumeRolePolicyDocument=ROLE_TRUST)
    iam.get_waiter("role_exists").wait(RoleName="afternoon", WaiterConfig=SOON)
    iam.create_instance_profile(InstanceProfileName="afternoon")
    iam.get_waiter("instance_profile_exists").wait(InstanceProfileName="afternoon", WaiterConfig=SOON)
    url = sqs.create_queue(QueueName="afternoon")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="afternoon", EventPattern=json.dumps({"source": ["aws.ec2"]}))
    assert events.put_targets(Rule="afternoon", Targets=[{"Id": "q", "Arn": arn}])["FailedEntryCount"] == 0
    assert code(events.delete_rule, Name="afternoon") == "ValidationException"
    logs.create_log_group(logGroupName="/afternoon")
    logs.put_retention_policy(logGroupName="/afternoon", retentionInDays=7)
    assert [g["retentionInDays"] for g in logs.describe_log_groups(logGroupNamePrefix="/afternoon")["logGroups"]] == [7]
    assert aws("eks").list_clusters()["clusters"] == []
