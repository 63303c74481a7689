"""The same story of groups told to the simulated Auto Scaling and to moto: shown and refused alike.

Where moto is known to differ from AWS, and is asked nothing:
- it never lists scaling activities, and knows no instance refreshes, lifecycle hooks' effects or deletions that take their time;
- UpdateAutoScalingGroup passes over most members; an unknown HealthCheckType, colon in a name or sizes out of order are taken;
- it forgets who suspended a process, and shows terminated members no more at once.
tests/unit/test_sim_autoscaling.c and test_sim_slots.c hold the simulator to what AWS does there."""
from test_simulator import build_network, error, simulated, stage, tags  # noqa: F401 (fixtures)


def make_template(at, kind="t3.small", **more):
    image = at.ssm.get_parameter(Name="/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64")["Parameter"]["Value"]
    data = {"ImageId": image, "InstanceType": kind}
    return at.ec2.create_launch_template(LaunchTemplateName="how", LaunchTemplateData=data | more)["LaunchTemplate"]["LaunchTemplateId"]


def make_group(at, n, name="g", **more):
    call = {"AutoScalingGroupName": name, "MinSize": 1, "MaxSize": 4, "DesiredCapacity": 2, "VPCZoneIdentifier": ",".join(n["subnets"]),
            "LaunchTemplate": {"LaunchTemplateId": n["template"], "Version": "$Latest"}}
    at.autoscaling.create_auto_scaling_group(**call | more)


def show(at, name="g"):
    return at.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"][0]


def serving(at, name="g"):
    return len([i for i in show(at, name)["Instances"] if i["LifecycleState"] == "InService"])


def build(at, **more):
    n = build_network(at)
    n["template"] = make_template(at)
    make_group(at, n, **more)
    at.until(lambda: serving(at), more.get("DesiredCapacity", 2))
    return n


def tag(key, value, propagate, name="g"):
    return {"ResourceId": name, "ResourceType": "auto-scaling-group", "Key": key, "Value": value, "PropagateAtLaunch": propagate}


def test_a_group_is_shown_alike(stage):
    n = build(stage, Tags=[tag("a", "1", True), tag("b", "2", False)], TerminationPolicies=["OldestInstance", "Default"], HealthCheckGracePeriod=60, DefaultCooldown=120)
    g = show(stage)
    assert (g["MinSize"], g["MaxSize"], g["DesiredCapacity"], g["DefaultCooldown"], g["HealthCheckType"], g["HealthCheckGracePeriod"]) == (1, 4, 2, 120, "EC2", 60)
    assert (g["LaunchTemplate"]["LaunchTemplateId"], g["LaunchTemplate"]["LaunchTemplateName"], g["LaunchTemplate"]["Version"]) == (n["template"], "how", "$Latest")
    assert (sorted(g["AvailabilityZones"]), set(g["VPCZoneIdentifier"].split(","))) == (["eu-west-1a", "eu-west-1b"], set(n["subnets"]))
    assert (g["TerminationPolicies"], g["NewInstancesProtectedFromScaleIn"], g["SuspendedProcesses"]) == (["OldestInstance", "Default"], False, [])
    assert sorted(g["Tags"], key=lambda t: t["Key"]) == [tag("a", "1", True), tag("b", "2", False)]
    assert g["AutoScalingGroupARN"].startswith("arn:aws:autoscaling:eu-west-1:") and g["AutoScalingGroupARN"].endswith(":autoScalingGroupName/g")
    assert g["ServiceLinkedRoleARN"].endswith(":role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling")
    assert {(i["LifecycleState"], i["HealthStatus"], i["ProtectedFromScaleIn"], i["InstanceType"]) for i in g["Instances"]} == {("InService", "Healthy", False, "t3.small")}
    found = stage.autoscaling.describe_auto_scaling_groups(Filters=[{"Name": "tag:b", "Values": ["2"]}])["AutoScalingGroups"]
    assert [f["AutoScalingGroupName"] for f in found] == ["g"]
    assert stage.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=["nobody"])["AutoScalingGroups"] == []
    got = stage.ec2.describe_instances(InstanceIds=[i["InstanceId"] for i in g["Instances"]])
    for machine in [m for r in got["Reservations"] for m in r["Instances"]]:
        assert machine["State"]["Name"] == "running" and machine["InstanceType"] == "t3.small"
        assert {k: v for k, v in tags(machine["Tags"]).items() if k in ("a", "b", "aws:autoscaling:groupName")} == {"a": "1", "aws:autoscaling:groupName": "g"}


def test_members_are_shown_alike(stage):
    build(stage)
    ids = sorted(i["InstanceId"] for i in show(stage)["Instances"])
    got = stage.autoscaling.describe_auto_scaling_instances(InstanceIds=ids)["AutoScalingInstances"]
    assert sorted(i["InstanceId"] for i in got) == ids
    assert {(i["AutoScalingGroupName"], i["LifecycleState"], i["ProtectedFromScaleIn"]) for i in got} == {("g", "InService", False)}
    stage.autoscaling.set_instance_protection(AutoScalingGroupName="g", InstanceIds=ids[:1], ProtectedFromScaleIn=True)
    assert [i["ProtectedFromScaleIn"] for i in sorted(show(stage)["Instances"], key=lambda i: i["InstanceId"])] == [True, False]


def test_sizes_and_processes_change_alike(stage):
    build(stage)
    asg = stage.autoscaling
    asg.set_desired_capacity(AutoScalingGroupName="g", DesiredCapacity=3)
    stage.until(lambda: serving(stage), 3)
    asg.update_auto_scaling_group(AutoScalingGroupName="g", MinSize=0, MaxSize=5, DesiredCapacity=1)
    stage.until(lambda: len(show(stage)["Instances"]), 1)
    asg.suspend_processes(AutoScalingGroupName="g", ScalingProcesses=["AZRebalance", "Launch"])
    assert sorted(p["ProcessName"] for p in show(stage)["SuspendedProcesses"]) == ["AZRebalance", "Launch"]
    asg.resume_processes(AutoScalingGroupName="g", ScalingProcesses=["Launch"])
    assert [p["ProcessName"] for p in show(stage)["SuspendedProcesses"]] == ["AZRebalance"]
    asg.enable_metrics_collection(AutoScalingGroupName="g", Granularity="1Minute", Metrics=["GroupMinSize"])
    assert show(stage)["EnabledMetrics"] == [{"Metric": "GroupMinSize", "Granularity": "1Minute"}]
    asg.create_or_update_tags(Tags=[tag("c", "3", True)])
    asg.delete_tags(Tags=[tag("c", "3", True)])
    assert show(stage)["Tags"] == []


def test_a_mixed_group_is_shown_alike(stage):
    n = build_network(stage)
    n["template"] = make_template(stage)
    policy = {"LaunchTemplate": {"LaunchTemplateSpecification": {"LaunchTemplateId": n["template"], "Version": "1"},
                                 "Overrides": [{"InstanceType": "t3.large", "WeightedCapacity": "2"}, {"InstanceType": "t3.small", "WeightedCapacity": "1"}]},
              "InstancesDistribution": {"OnDemandBaseCapacity": 1, "OnDemandPercentageAboveBaseCapacity": 50, "SpotAllocationStrategy": "capacity-optimized"}}
    stage.autoscaling.create_auto_scaling_group(AutoScalingGroupName="g", MinSize=0, MaxSize=4, DesiredCapacity=0, VPCZoneIdentifier=n["subnets"][0], MixedInstancesPolicy=policy)
    got = show(stage)["MixedInstancesPolicy"]
    assert "LaunchTemplate" not in show(stage)
    assert got["LaunchTemplate"]["LaunchTemplateSpecification"]["LaunchTemplateId"] == n["template"]
    assert got["LaunchTemplate"]["Overrides"] == policy["LaunchTemplate"]["Overrides"]
    assert {k: got["InstancesDistribution"][k] for k in policy["InstancesDistribution"]} == policy["InstancesDistribution"]


def test_hooks_are_shown_alike(stage):
    build(stage, DesiredCapacity=1)
    stage.autoscaling.put_lifecycle_hook(AutoScalingGroupName="g", LifecycleHookName="out", LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING", HeartbeatTimeout=300, DefaultResult="CONTINUE")
    hook, = stage.autoscaling.describe_lifecycle_hooks(AutoScalingGroupName="g")["LifecycleHooks"]
    assert (hook["LifecycleHookName"], hook["LifecycleTransition"], hook["HeartbeatTimeout"], hook["DefaultResult"]) == ("out", "autoscaling:EC2_INSTANCE_TERMINATING", 300, "CONTINUE")
    stage.autoscaling.delete_lifecycle_hook(AutoScalingGroupName="g", LifecycleHookName="out")
    assert stage.autoscaling.describe_lifecycle_hooks(AutoScalingGroupName="g")["LifecycleHooks"] == []


def test_the_same_is_refused(stage):
    n = build(stage, DesiredCapacity=1)
    asg = stage.autoscaling
    whole = {"AutoScalingGroupName": "h", "MinSize": 0, "MaxSize": 1, "VPCZoneIdentifier": n["subnets"][0]}
    refused = {
        "nothing to launch": error(asg.create_auto_scaling_group, **whole),
        "no group to update": error(asg.update_auto_scaling_group, AutoScalingGroupName="nobody", MinSize=0),
        "no group to delete": error(asg.delete_auto_scaling_group, AutoScalingGroupName="nobody"),
        "no place": error(asg.create_auto_scaling_group, AutoScalingGroupName="h", MinSize=0, MaxSize=1, LaunchTemplate={"LaunchTemplateId": n["template"]}),
    }
    assert refused == dict.fromkeys(refused, "ValidationError")


def test_a_group_can_be_taken_down(stage):
    build(stage, DesiredCapacity=1)
    machine = show(stage)["Instances"][0]["InstanceId"]
    stage.autoscaling.delete_auto_scaling_group(AutoScalingGroupName="g", ForceDelete=True)
    stage.until(lambda: stage.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=["g"])["AutoScalingGroups"], [])
    state = stage.ec2.describe_instances(InstanceIds=[machine])["Reservations"][0]["Instances"][0]["State"]["Name"]
    assert state == "terminated"
