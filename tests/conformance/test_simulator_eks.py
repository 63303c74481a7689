"""The same story of roles and clusters told to the simulator and to the EKS beside moto: shown and refused alike."""
import json

import pytest

from test_simulator import TRUST, build_network, build_group, error, simulated, stage, tags  # noqa: F401 (fixtures)

PLANE, NODE = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy", "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"
POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
INLINE = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["*"]}]})
GUEST = "arn:aws:iam::999988887777:role/team/guest"


def make_role(at, name, *policies):
    arn = at.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, Description="d", Tags=[{"Key": "a", "Value": "b"}])["Role"]["Arn"]
    for policy in policies:
        at.iam.attach_role_policy(RoleName=name, PolicyArn=policy)
    return arn


def status(at, name="c"):
    return at.eks.describe_cluster(name=name)["cluster"]["status"]


def make_cluster(at):
    n = build_network(at)
    n["role"] = make_role(at, "plane", PLANE)
    at.wait()
    at.eks.create_cluster(name="c", version="1.33", roleArn=n["role"], resourcesVpcConfig={"subnetIds": n["subnets"], "endpointPrivateAccess": True},
                          accessConfig={"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False}, tags={"x": "y"}, clientRequestToken="t-1")
    return n


@pytest.fixture
def cluster(stage):  # noqa: F811
    n = make_cluster(stage)
    stage.until(lambda: status(stage), "ACTIVE")
    return n


def test_roles_are_shown_alike(stage):  # noqa: F811
    arn = make_role(stage, "r", PLANE)
    role = stage.iam.get_role(RoleName="r")["Role"]
    assert (role["Arn"], role["Path"], role["Description"], role["MaxSessionDuration"], tags(role["Tags"])) == (arn, "/", "d", 3600, {"a": "b"})
    assert role["AssumeRolePolicyDocument"] == json.loads(TRUST)
    assert [p["PolicyArn"] for p in stage.iam.list_attached_role_policies(RoleName="r")["AttachedPolicies"]] == [PLANE]
    stage.iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=INLINE)
    assert stage.iam.get_role_policy(RoleName="r", PolicyName="p")["PolicyDocument"] == json.loads(INLINE)
    refused = {
        "again": error(stage.iam.create_role, RoleName="r", AssumeRolePolicyDocument=TRUST),
        "attached": error(stage.iam.delete_role, RoleName="r"),
        "no role": error(stage.iam.get_role, RoleName="none"),
        "no policy": error(stage.iam.attach_role_policy, RoleName="r", PolicyArn="arn:aws:iam::aws:policy/NoSuchPolicyAtAll"),
        "not attached": error(stage.iam.detach_role_policy, RoleName="r", PolicyArn=NODE),
        "no inline": error(stage.iam.get_role_policy, RoleName="r", PolicyName="q"),
        "no provider": error(stage.iam.get_open_id_connect_provider, OpenIDConnectProviderArn=arn.replace(":role/r", ":oidc-provider/x.example/id/1")),
    }
    assert refused == {"again": "EntityAlreadyExists", "attached": "DeleteConflict", "no role": "NoSuchEntity", "no policy": "NoSuchEntity", "not attached": "NoSuchEntity",
                       "no inline": "NoSuchEntity", "no provider": "NoSuchEntity"}
    stage.iam.detach_role_policy(RoleName="r", PolicyArn=PLANE)
    stage.iam.delete_role_policy(RoleName="r", PolicyName="p")
    stage.iam.delete_role(RoleName="r")


def test_a_cluster_comes_and_goes_alike(stage):  # noqa: F811
    n = make_cluster(stage)
    made = stage.eks.describe_cluster(name="c")["cluster"]
    assert (made["status"], "endpoint" in made) == ("CREATING", False)
    assert error(stage.eks.create_nodegroup, clusterName="c", nodegroupName="g", subnets=n["subnets"], nodeRole=n["role"]) == "InvalidRequestException"
    stage.until(lambda: status(stage), "ACTIVE")
    shown = stage.eks.describe_cluster(name="c")["cluster"]
    network = shown["resourcesVpcConfig"]
    assert (shown["version"], shown["roleArn"], shown["tags"], network["vpcId"], sorted(network["subnetIds"])) == ("1.33", n["role"], {"x": "y"}, n["vpc"], sorted(n["subnets"]))
    assert (network["endpointPublicAccess"], network["endpointPrivateAccess"], network["publicAccessCidrs"]) == (True, True, ["0.0.0.0/0"])
    assert shown["accessConfig"]["authenticationMode"] == "API"
    assert shown["endpoint"].startswith("https://") and shown["certificateAuthority"]["data"] and shown["identity"]["oidc"]["issuer"].startswith("https://oidc.eks.eu-west-1.")
    assert network["clusterSecurityGroupId"].startswith("sg-")
    update = stage.eks.update_cluster_version(name="c", version="1.34")["update"]
    assert (update["status"], update["type"]) == ("InProgress", "VersionUpdate")
    assert error(stage.eks.update_cluster_config, name="c", deletionProtection=True) == "ResourceInUseException"
    assert error(stage.eks.delete_cluster, name="c") == "ResourceInUseException"
    stage.until(lambda: stage.eks.describe_update(name="c", updateId=update["id"])["update"]["status"], "Successful")
    stage.until(lambda: status(stage), "ACTIVE")
    assert stage.eks.describe_cluster(name="c")["cluster"]["version"] == "1.34"
    assert error(stage.ec2.delete_subnet, SubnetId=n["subnets"][1]) == "DependencyViolation"
    stage.eks.delete_cluster(name="c")
    assert status(stage) == "DELETING"
    stage.until(lambda: error(stage.eks.describe_cluster, name="c"), "ResourceNotFoundException")
    stage.until(lambda: error(stage.ec2.delete_subnet, SubnetId=n["subnets"][1]), None)


def test_nodes_and_addons_alike(stage, cluster):  # noqa: F811
    build_group(stage, cluster)
    eks, role = stage.eks, make_role(stage, "node", NODE, "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy", "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly")
    stage.wait()
    eks.create_nodegroup(clusterName="c", nodegroupName="g", subnets=cluster["subnets"][:1], nodeRole=role, scalingConfig={"minSize": 1, "maxSize": 3, "desiredSize": 1},
                         instanceTypes=["m6i.large"], labels={"l": "1"}, launchTemplate={"id": cluster["template"], "version": "1"}, tags={"x": "y"})

    def group():
        return eks.describe_nodegroup(clusterName="c", nodegroupName="g")["nodegroup"]
    assert error(eks.create_nodegroup, clusterName="c", nodegroupName="g", subnets=cluster["subnets"], nodeRole=role) == "ResourceInUseException"
    stage.until(lambda: group()["status"], "ACTIVE")
    assert (group()["scalingConfig"], group()["labels"], group()["launchTemplate"]["version"], group()["tags"]) == (
        {"minSize": 1, "maxSize": 3, "desiredSize": 1}, {"l": "1"}, "1", {"x": "y"})
    update = eks.update_nodegroup_config(clusterName="c", nodegroupName="g", scalingConfig={"minSize": 2, "maxSize": 4, "desiredSize": 2}, labels={"addOrUpdateLabels": {"m": "2"}, "removeLabels": ["l"]})
    stage.until(lambda: eks.describe_update(name="c", nodegroupName="g", updateId=update["update"]["id"])["update"]["status"], "Successful")
    stage.until(lambda: group()["status"], "ACTIVE")
    assert (group()["scalingConfig"], group()["labels"]) == ({"minSize": 2, "maxSize": 4, "desiredSize": 2}, {"m": "2"})
    eks.create_addon(clusterName="c", addonName="coredns", tags={"x": "y"})
    stage.until(lambda: eks.describe_addon(clusterName="c", addonName="coredns")["addon"]["status"], "ACTIVE")
    assert error(eks.create_addon, clusterName="c", addonName="coredns") == "ResourceInUseException"
    assert error(eks.delete_cluster, name="c") == "ResourceInUseException"
    eks.delete_nodegroup(clusterName="c", nodegroupName="g")
    assert group()["status"] == "DELETING"
    stage.until(lambda: error(eks.describe_nodegroup, clusterName="c", nodegroupName="g"), "ResourceNotFoundException")
    eks.delete_addon(clusterName="c", addonName="coredns")
    stage.until(lambda: error(eks.describe_addon, clusterName="c", addonName="coredns"), "ResourceNotFoundException")


def test_access_alike(stage, cluster):  # noqa: F811
    eks = stage.eks
    eks.create_access_entry(clusterName="c", principalArn=GUEST, kubernetesGroups=["viewers"], tags={"x": "y"})
    entry = eks.describe_access_entry(clusterName="c", principalArn=GUEST)["accessEntry"]
    assert (entry["kubernetesGroups"], entry["type"], entry["tags"]) == (["viewers"], "STANDARD", {"x": "y"})
    assert error(eks.create_access_entry, clusterName="c", principalArn=GUEST) == "ResourceInUseException"
    eks.associate_access_policy(clusterName="c", principalArn=GUEST, policyArn=POLICY, accessScope={"type": "namespace", "namespaces": ["a", "b"]})
    shown, = eks.list_associated_access_policies(clusterName="c", principalArn=GUEST)["associatedAccessPolicies"]
    assert (shown["policyArn"], shown["accessScope"]) == (POLICY, {"type": "namespace", "namespaces": ["a", "b"]})
    eks.tag_resource(resourceArn=entry["accessEntryArn"], tags={"z": "1"})
    eks.untag_resource(resourceArn=entry["accessEntryArn"], tagKeys=["x"])
    assert eks.describe_access_entry(clusterName="c", principalArn=GUEST)["accessEntry"]["tags"] == {"z": "1"}
    eks.disassociate_access_policy(clusterName="c", principalArn=GUEST, policyArn=POLICY)
    eks.delete_access_entry(clusterName="c", principalArn=GUEST)
    assert error(eks.describe_access_entry, clusterName="c", principalArn=GUEST) == "ResourceNotFoundException"
    made = eks.create_pod_identity_association(clusterName="c", namespace="n", serviceAccount="s", roleArn=cluster["role"])["association"]
    assert error(eks.create_pod_identity_association, clusterName="c", namespace="n", serviceAccount="s", roleArn=cluster["role"]) == "ResourceInUseException"
    listed, = eks.list_pod_identity_associations(clusterName="c", namespace="n", serviceAccount="s")["associations"]
    assert (listed["associationId"], listed["associationArn"]) == (made["associationId"], made["associationArn"])
    eks.delete_pod_identity_association(clusterName="c", associationId=made["associationId"])
    assert error(eks.describe_pod_identity_association, clusterName="c", associationId=made["associationId"]) == "ResourceNotFoundException"


def test_what_a_cluster_wants(stage):  # noqa: F811
    n = build_network(stage)
    role = make_role(stage, "bare")
    stage.wait()
    refused = {
        "no such role": error(stage.eks.create_cluster, name="c", roleArn=role + "-none", resourcesVpcConfig={"subnetIds": n["subnets"]}),
        "no such subnet": error(stage.eks.create_cluster, name="c", roleArn=role, resourcesVpcConfig={"subnetIds": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]}),
        "one zone": error(stage.eks.create_cluster, name="c", roleArn=role, resourcesVpcConfig={"subnetIds": n["subnets"][:1]}),
        "no cluster": error(stage.eks.describe_nodegroup, clusterName="c", nodegroupName="g"),
        "to delete": error(stage.eks.delete_cluster, name="c"),
    }
    assert refused == {"no such role": "InvalidParameterException", "no such subnet": "InvalidParameterException", "one zone": "InvalidParameterException",
                       "no cluster": "ResourceNotFoundException", "to delete": "ResourceNotFoundException"}
