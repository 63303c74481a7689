/* test_sim_eks.c - the simulated IAM and EKS: what a cluster needs to come to life, and what hurts when it is missing. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "sim/room.h"
#include "sim_test.h"

#define TRUST(s) "{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":[{\\\"Effect\\\":\\\"Allow\\\",\\\"Principal\\\":{\\\"Service\\\":[\\\"" s "\\\"]},\\\"Action\\\":[\\\"sts:AssumeRole\\\"]}]}"

enum { NO_NAT = 1, NO_WORKER = 2, NO_CNI = 4, NO_ROUTE_LINK = 8 };
struct made { const char *vpc, *public_subnet, *a, *b, *template; };

static const char *make(struct sim_test *t, const char *op, const char *json, const char *path)
{
    return sim_text(t, sim_ok(t, "ec2", op, json), path);
}

static struct made network(struct sim_test *t, int without)
{
    struct made m;
    const char *igw, *table, *private_table, *address, *nat;

    m.vpc = make(t, "CreateVpc", "{\"CidrBlock\":\"10.0.0.0/16\"}", "Vpc.VpcId");
    m.public_subnet = make(t, "CreateSubnet", sim_json(t, "{'VpcId':'%s','CidrBlock':'10.0.0.0/24','AvailabilityZone':'eu-west-1a'}", m.vpc), "Subnet.SubnetId");
    m.a = make(t, "CreateSubnet", sim_json(t, "{'VpcId':'%s','CidrBlock':'10.0.1.0/24','AvailabilityZone':'eu-west-1a'}", m.vpc), "Subnet.SubnetId");
    m.b = make(t, "CreateSubnet", sim_json(t, "{'VpcId':'%s','CidrBlock':'10.0.2.0/24','AvailabilityZone':'eu-west-1b'}", m.vpc), "Subnet.SubnetId");
    igw = make(t, "CreateInternetGateway", "{}", "InternetGateway.InternetGatewayId");
    sim_ok(t, "ec2", "AttachInternetGateway", sim_json(t, "{'InternetGatewayId':'%s','VpcId':'%s'}", igw, m.vpc));
    table = make(t, "CreateRouteTable", sim_json(t, "{'VpcId':'%s'}", m.vpc), "RouteTable.RouteTableId");
    sim_ok(t, "ec2", "CreateRoute", sim_json(t, "{'RouteTableId':'%s','DestinationCidrBlock':'0.0.0.0/0','GatewayId':'%s'}", table, igw));
    sim_ok(t, "ec2", "AssociateRouteTable", sim_json(t, "{'RouteTableId':'%s','SubnetId':'%s'}", table, m.public_subnet));
    private_table = make(t, "CreateRouteTable", sim_json(t, "{'VpcId':'%s'}", m.vpc), "RouteTable.RouteTableId");
    sim_ok(t, "ec2", "AssociateRouteTable", sim_json(t, "{'RouteTableId':'%s','SubnetId':'%s'}", private_table, m.a));
    if (!(without & NO_ROUTE_LINK))
        sim_ok(t, "ec2", "AssociateRouteTable", sim_json(t, "{'RouteTableId':'%s','SubnetId':'%s'}", private_table, m.b));
    if (!(without & NO_NAT)) {
        address = make(t, "AllocateAddress", "{\"Domain\":\"vpc\"}", "AllocationId");
        nat = make(t, "CreateNatGateway", sim_json(t, "{'SubnetId':'%s','AllocationId':'%s'}", m.public_subnet, address), "NatGateway.NatGatewayId");
        sim_test_pass(t, 115000);
        sim_ok(t, "ec2", "CreateRoute", sim_json(t, "{'RouteTableId':'%s','DestinationCidrBlock':'0.0.0.0/0','NatGatewayId':'%s'}", private_table, nat));
    }
    m.template = make(t, "CreateLaunchTemplate", "{\"LaunchTemplateName\":\"nodes\",\"LaunchTemplateData\":{\"EbsOptimized\":false}}", "LaunchTemplate.LaunchTemplateId");
    return m;
}

static void role(struct sim_test *t, const char *name, const char *trust, const char *const *policies)
{
    sim_ok(t, "iam", "CreateRole", sim_json(t, "{'RoleName':'%s','AssumeRolePolicyDocument':\"%s\"}", name, trust));
    for (; *policies; policies++)
        sim_ok(t, "iam", "AttachRolePolicy", sim_json(t, "{'RoleName':'%s','PolicyArn':'arn:aws:iam::aws:policy/%s'}", name, *policies));
}

static const char *create_cluster(struct sim_test *t, struct made m)
{
    return sim_json(t, "{'name':'demo','version':'1.33','roleArn':'arn:aws:iam::111122223333:role/control','resourcesVpcConfig':{'subnetIds':['%s','%s'],'endpointPrivateAccess':true},"
                    "'accessConfig':{'authenticationMode':'API','bootstrapClusterCreatorAdminPermissions':true},'bootstrapSelfManagedAddons':false,'tags':{'kc:x':'1'},'clientRequestToken':'c'}", m.a, m.b);
}

static const char *create_nodes(struct sim_test *t, struct made m)
{
    return sim_json(t, "{'clusterName':'demo','nodegroupName':'general','nodeRole':'arn:aws:iam::111122223333:role/node','subnets':['%s','%s'],'scalingConfig':{'minSize':2,'maxSize':4,'desiredSize':2},"
                    "'launchTemplate':{'id':'%s','version':'1'},'labels':{'a':'1'},'clientRequestToken':'n'}", m.a, m.b, m.template);
}

static struct made cluster(struct sim_test *t, int without)
{
    static const char *const control[] = { "AmazonEKSClusterPolicy", NULL };
    static const char *const node[] = { "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodePolicy", NULL };
    static const char *const less[] = { "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryPullOnly", NULL };
    struct made m = network(t, without);

    role(t, "control", TRUST("eks.amazonaws.com"), control);
    role(t, "node", TRUST("ec2.amazonaws.com"), without & NO_WORKER ? less : node);
    sim_ok(t, "eks", "CreateCluster", create_cluster(t, m));
    sim_test_pass(t, 591000);
    if (!(without & NO_CNI))
        sim_ok(t, "eks", "CreateAddon", "{\"clusterName\":\"demo\",\"addonName\":\"vpc-cni\"}");
    sim_ok(t, "eks", "CreateAddon", "{\"clusterName\":\"demo\",\"addonName\":\"kube-proxy\"}");
    return m;
}

static const char *status(struct sim_test *t, const char *op, const char *json, const char *path)
{
    return sim_text(t, sim_ok(t, "eks", op, json), path);
}

static const char *group_status(struct sim_test *t)
{
    return status(t, "DescribeNodegroup", "{\"clusterName\":\"demo\",\"nodegroupName\":\"general\"}", "nodegroup.status");
}

static void test_roles(void **state)
{
    struct sim_test *t = sim_test_new(&(struct sim_options){ .exact = true });
    const struct value *r;

    (void)state;
    sim_fails(t, "iam", "GetRole", "{\"RoleName\":\"x\"}", "NoSuchEntity");
    sim_fails(t, "iam", "CreateRole", "{\"RoleName\":\"x\",\"AssumeRolePolicyDocument\":\"{\"}", "MalformedPolicyDocument");
    r = sim_ok(t, "iam", "CreateRole", "{\"RoleName\":\"x\",\"AssumeRolePolicyDocument\":\"" TRUST("ec2.amazonaws.com") "\",\"Tags\":[{\"Key\":\"a\",\"Value\":\"b\"}]}");
    assert_string_equal(sim_text(t, r, "Role.Arn"), "arn:aws:iam::111122223333:role/x");
    assert_memory_equal(sim_text(t, r, "Role.AssumeRolePolicyDocument"), "%7B%22Version", 13);
    sim_fails(t, "iam", "CreateRole", "{\"RoleName\":\"x\",\"AssumeRolePolicyDocument\":\"" TRUST("ec2.amazonaws.com") "\"}", "EntityAlreadyExists");
    sim_fails(t, "iam", "AttachRolePolicy", "{\"RoleName\":\"x\",\"PolicyArn\":\"arn:aws:iam::aws:policy/NoSuchPolicy\"}", "NoSuchEntity");
    sim_ok(t, "iam", "AttachRolePolicy", "{\"RoleName\":\"x\",\"PolicyArn\":\"arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy\"}");
    sim_ok(t, "iam", "AttachRolePolicy", "{\"RoleName\":\"x\",\"PolicyArn\":\"arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy\"}");
    r = sim_ok(t, "iam", "ListAttachedRolePolicies", "{\"RoleName\":\"x\"}");
    assert_string_equal(sim_text(t, r, "AttachedPolicies.0.PolicyName"), "AmazonEKS_CNI_Policy");
    assert_null(value_at(r, "AttachedPolicies.1"));
    sim_ok(t, "iam", "PutRolePolicy", "{\"RoleName\":\"x\",\"PolicyName\":\"in line\",\"PolicyDocument\":\"{\\\"Statement\\\":[]}\"}");
    assert_string_equal(sim_text(t, sim_ok(t, "iam", "GetRolePolicy", "{\"RoleName\":\"x\",\"PolicyName\":\"in line\"}"), "PolicyDocument"), "%7B%22Statement%22%3A%5B%5D%7D");
    sim_fails(t, "iam", "DeleteRole", "{\"RoleName\":\"x\"}", "DeleteConflict");
    sim_ok(t, "iam", "DeleteRolePolicy", "{\"RoleName\":\"x\",\"PolicyName\":\"in line\"}");
    sim_fails(t, "iam", "DeleteRole", "{\"RoleName\":\"x\"}", "DeleteConflict");
    sim_ok(t, "iam", "DetachRolePolicy", "{\"RoleName\":\"x\",\"PolicyArn\":\"arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy\"}");
    sim_ok(t, "iam", "UpdateRole", "{\"RoleName\":\"x\",\"Description\":\"d\",\"MaxSessionDuration\":7200}");
    sim_ok(t, "iam", "TagRole", "{\"RoleName\":\"x\",\"Tags\":[{\"Key\":\"c\",\"Value\":\"d\"}]}");
    sim_ok(t, "iam", "UntagRole", "{\"RoleName\":\"x\",\"TagKeys\":[\"a\"]}");
    r = sim_ok(t, "iam", "GetRole", "{\"RoleName\":\"x\"}");
    assert_string_equal(sim_text(t, r, "Role.MaxSessionDuration"), "7200");
    assert_string_equal(sim_text(t, r, "Role.Tags.0.Key"), "c");
    sim_ok(t, "iam", "DeleteRole", "{\"RoleName\":\"x\"}");
    assert_int_equal(sim_count(t->sim, STR("")), 0);
    sim_test_free(t);
}

static void test_policies(void **state)
{
    struct sim_test *t = sim_test_new(&(struct sim_options){ .exact = true });
    const char *arn, *named;
    const struct value *r;
    int i;

    (void)state;
    arn = sim_text(t, sim_ok(t, "iam", "CreatePolicy", "{\"PolicyName\":\"p\",\"PolicyDocument\":\"{\\\"Statement\\\":[]}\"}"), "Policy.Arn");
    named = sim_json(t, "{'PolicyArn':'%s'}", arn);
    for (i = 0; i < 4; i++)
        sim_ok(t, "iam", "CreatePolicyVersion", sim_json(t, "{'PolicyArn':'%s','PolicyDocument':\"{\\\"Statement\\\":[]}\",'SetAsDefault':true}", arn));
    sim_fails(t, "iam", "CreatePolicyVersion", sim_json(t, "{'PolicyArn':'%s','PolicyDocument':\"{\\\"Statement\\\":[]}\",'SetAsDefault':true}", arn), "LimitExceeded");
    assert_string_equal(sim_text(t, sim_ok(t, "iam", "GetPolicy", named), "Policy.DefaultVersionId"), "v5");
    sim_fails(t, "iam", "DeletePolicyVersion", sim_json(t, "{'PolicyArn':'%s','VersionId':'v5'}", arn), "DeleteConflict");
    sim_fails(t, "iam", "DeletePolicy", named, "DeleteConflict");
    for (i = 1; i < 5; i++)
        sim_ok(t, "iam", "DeletePolicyVersion", sim_json(t, "{'PolicyArn':'%s','VersionId':'v%d'}", arn, i));
    r = sim_ok(t, "iam", "ListPolicyVersions", named);
    assert_string_equal(sim_text(t, r, "Versions.0.VersionId"), "v5");
    sim_ok(t, "iam", "DeletePolicy", named);
    sim_ok(t, "iam", "CreateInstanceProfile", "{\"InstanceProfileName\":\"ip\"}");
    role(t, "r", TRUST("ec2.amazonaws.com"), (const char *const[]){ NULL });
    sim_ok(t, "iam", "AddRoleToInstanceProfile", "{\"InstanceProfileName\":\"ip\",\"RoleName\":\"r\"}");
    assert_string_equal(sim_text(t, sim_ok(t, "iam", "GetInstanceProfile", "{\"InstanceProfileName\":\"ip\"}"), "InstanceProfile.Roles.0.RoleName"), "r");
    sim_fails(t, "iam", "DeleteInstanceProfile", "{\"InstanceProfileName\":\"ip\"}", "DeleteConflict");
    sim_fails(t, "iam", "DeleteRole", "{\"RoleName\":\"r\"}", "DeleteConflict");
    sim_ok(t, "iam", "RemoveRoleFromInstanceProfile", "{\"InstanceProfileName\":\"ip\",\"RoleName\":\"r\"}");
    sim_ok(t, "iam", "DeleteInstanceProfile", "{\"InstanceProfileName\":\"ip\"}");
    arn = sim_text(t, sim_ok(t, "iam", "CreateOpenIDConnectProvider", "{\"Url\":\"https://oidc.eks.eu-west-1.amazonaws.com/id/AB\",\"ClientIDList\":[\"sts.amazonaws.com\"]}"), "OpenIDConnectProviderArn");
    assert_string_equal(arn, "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/AB");
    assert_string_equal(sim_text(t, sim_ok(t, "iam", "ListOpenIDConnectProviders", "{}"), "OpenIDConnectProviderList.0.Arn"), arn);
    assert_string_equal(sim_text(t, sim_ok(t, "iam", "GetOpenIDConnectProvider", sim_json(t, "{'OpenIDConnectProviderArn':'%s'}", arn)), "ClientIDList.0"), "sts.amazonaws.com");
    sim_ok(t, "iam", "DeleteOpenIDConnectProvider", sim_json(t, "{'OpenIDConnectProviderArn':'%s'}", arn));
    sim_test_free(t);
}

static void test_cluster_refused(void **state)
{
    struct sim_test *t = sim_test_new(&(struct sim_options){ .exact = true });
    struct made m = network(t, NO_NAT);

    (void)state;
    sim_fails(t, "eks", "CreateCluster", create_cluster(t, m), "InvalidParameterException");
    role(t, "control", TRUST("eks.amazonaws.com"), (const char *const[]){ NULL });
    sim_fails(t, "eks", "CreateCluster", create_cluster(t, m), "InvalidParameterException");
    sim_ok(t, "iam", "AttachRolePolicy", "{\"RoleName\":\"control\",\"PolicyArn\":\"arn:aws:iam::aws:policy/AmazonEKSClusterPolicy\"}");
    m.b = m.public_subnet;
    sim_fails(t, "eks", "CreateCluster", create_cluster(t, m), "InvalidParameterException");
    sim_fails(t, "eks", "DescribeCluster", "{\"name\":\"demo\"}", "ResourceNotFoundException");
    sim_fails(t, "eks", "ListNodegroups", "{\"clusterName\":\"demo\"}", "ResourceNotFoundException");
    sim_test_free(t);
}

/* A role that was just made is not known to EKS yet: the same call is good some seconds later. */
static void test_propagation(void **state)
{
    static const char *const control[] = { "AmazonEKSClusterPolicy", NULL };
    struct sim_test *t = sim_test_new(&(struct sim_options){ .exact = true, .seed = 7 });
    struct made m = network(t, NO_NAT);
    int waits = 0;

    (void)state;
    t->sim->o.exact = false;
    role(t, "control", TRUST("eks.amazonaws.com"), control);
    while (str_is(sim_call_error(t, "eks", "CreateCluster", create_cluster(t, m)).code, "InvalidParameterException") && waits < 60) {
        sim_test_pass(t, 1000);
        waits++;
    }
    assert_in_range(waits, 3, 20);
    assert_string_equal(status(t, "DescribeCluster", "{\"name\":\"demo\"}", "cluster.status"), "CREATING");
    m.a = m.public_subnet;
    sim_fails(t, "eks", "CreateCluster", create_cluster(t, m), "InvalidParameterException");
    sim_test_free(t);
}

static int nodes(struct sim_test *t, const char *state)
{
    const struct value *r = sim_ok(t, "ec2", "DescribeInstances", sim_json(t, "{'Filters':[{'Name':'tag:eks:nodegroup-name','Values':['general']},{'Name':'instance-state-name','Values':['%s']}]}", state));

    return (int)value_get(r, STR("Reservations"))->list.n;
}

static void test_life(void **state)
{
    struct sim_test *t = sim_test_new(&(struct sim_options){ .exact = true });
    struct made m = cluster(t, 0);
    const struct value *r;
    const char *id;

    (void)state;
    r = sim_ok(t, "eks", "DescribeCluster", "{\"name\":\"demo\"}");
    assert_string_equal(sim_text(t, r, "cluster.status"), "ACTIVE");
    assert_string_equal(sim_text(t, r, "cluster.resourcesVpcConfig.vpcId"), m.vpc);
    assert_string_equal(sim_text(t, r, "cluster.resourcesVpcConfig.endpointPublicAccess"), "true");
    assert_string_equal(sim_text(t, r, "cluster.tags.kc:x"), "1");
    assert_memory_equal(sim_text(t, r, "cluster.identity.oidc.issuer"), "https://oidc.eks.eu-west-1.amazonaws.com/id/", 44);
    assert_null(value_at(r, "cluster.accessConfig.bootstrapClusterCreatorAdminPermissions"));
    assert_string_equal(sim_text(t, sim_ok(t, "eks", "CreateCluster", create_cluster(t, m)), "cluster.status"), "ACTIVE");
    sim_ok(t, "eks", "CreateNodegroup", create_nodes(t, m));
    sim_fails(t, "eks", "CreateNodegroup", create_nodes(t, (struct made){ m.vpc, m.b, m.b, m.b, m.template }), "InvalidParameterException");
    assert_string_equal(group_status(t), "CREATING");
    sim_test_pass(t, 111000);
    assert_string_equal(group_status(t), "ACTIVE");
    assert_int_equal(nodes(t, "pending"), 2);
    sim_test_pass(t, 13000);
    assert_int_equal(nodes(t, "running"), 2);
    assert_string_equal(status(t, "DescribeAddon", "{\"clusterName\":\"demo\",\"addonName\":\"vpc-cni\"}", "addon.addonVersion"), "v1.20.33-eksbuild.1");
    sim_ok(t, "eks", "CreateAddon", "{\"clusterName\":\"demo\",\"addonName\":\"coredns\"}");
    sim_test_pass(t, 26000);
    assert_string_equal(status(t, "DescribeAddon", "{\"clusterName\":\"demo\",\"addonName\":\"coredns\"}", "addon.status"), "ACTIVE");
    id = sim_text(t, sim_ok(t, "eks", "UpdateNodegroupConfig", "{\"clusterName\":\"demo\",\"nodegroupName\":\"general\",\"labels\":{\"addOrUpdateLabels\":{\"b\":\"2\"},\"removeLabels\":[\"a\"]},\"taints\":{\"addOrUpdateTaints\":[{\"key\":\"k\",\"effect\":\"NO_SCHEDULE\"}]}}"), "update.id");
    r = sim_ok(t, "eks", "DescribeUpdate", sim_json(t, "{'name':'demo','nodegroupName':'general','updateId':'%s'}", id));
    assert_string_equal(sim_text(t, r, "update.status"), "InProgress");
    sim_test_pass(t, 21000);
    r = sim_ok(t, "eks", "DescribeNodegroup", "{\"clusterName\":\"demo\",\"nodegroupName\":\"general\"}");
    assert_string_equal(sim_text(t, r, "nodegroup.labels.b"), "2");
    assert_string_equal(sim_text(t, r, "nodegroup.labels.a"), "");
    assert_string_equal(sim_text(t, r, "nodegroup.taints.0.key"), "k");
    sim_ok(t, "eks", "UpdateNodegroupConfig", "{\"clusterName\":\"demo\",\"nodegroupName\":\"general\",\"scalingConfig\":{\"minSize\":1,\"maxSize\":4,\"desiredSize\":3}}");
    sim_test_pass(t, 35000);
    assert_int_equal(nodes(t, "running"), 3);
    sim_ok(t, "eks", "UpdateNodegroupConfig", "{\"clusterName\":\"demo\",\"nodegroupName\":\"general\",\"scalingConfig\":{\"minSize\":1,\"maxSize\":4,\"desiredSize\":1}}");
    sim_test_pass(t, 60000);
    assert_int_equal(nodes(t, "running"), 1);
    sim_ok(t, "eks", "DeleteNodegroup", "{\"clusterName\":\"demo\",\"nodegroupName\":\"general\"}");
    assert_int_equal(nodes(t, "shutting-down"), 1);
    sim_test_free(t);
}

/* What EC2 does not launch is told by the group. */
static void test_nodes_that_are_not_launched(void **state)
{
    struct sim_test *t = sim_test_new(&(struct sim_options){ .exact = true });
    struct made m = cluster(t, 0);

    (void)state;
    m.template = make(t, "CreateLaunchTemplate", "{\"LaunchTemplateName\":\"odd\",\"LaunchTemplateData\":{\"KeyName\":\"nobody\"}}", "LaunchTemplate.LaunchTemplateId");
    sim_ok(t, "eks", "CreateNodegroup", create_nodes(t, m));
    sim_test_pass(t, 111000);
    assert_string_equal(group_status(t), "CREATE_FAILED");
    assert_string_equal(status(t, "DescribeNodegroup", "{\"clusterName\":\"demo\",\"nodegroupName\":\"general\"}", "nodegroup.health.issues.0.code"), "AsgInstanceLaunchFailures");
    assert_int_equal(sim_count(t->sim, STR("ec2.instance")), 0);
    sim_test_free(t);
}

static void test_updates(void **state)
{
    struct sim_test *t = sim_test_new(&(struct sim_options){ .exact = true });
    const char *id;

    (void)state;
    cluster(t, NO_NAT);
    sim_fails(t, "eks", "UpdateClusterVersion", "{\"name\":\"demo\",\"version\":\"1.35\"}", "InvalidParameterException");
    id = sim_text(t, sim_ok(t, "eks", "UpdateClusterVersion", "{\"name\":\"demo\",\"version\":\"1.34\",\"clientRequestToken\":\"u\"}"), "update.id");
    assert_string_equal(sim_text(t, sim_ok(t, "eks", "UpdateClusterVersion", "{\"name\":\"demo\",\"version\":\"1.34\",\"clientRequestToken\":\"u\"}"), "update.id"), id);
    sim_fails(t, "eks", "UpdateClusterConfig", "{\"name\":\"demo\",\"deletionProtection\":true}", "ResourceInUseException");
    sim_fails(t, "eks", "DeleteCluster", "{\"name\":\"demo\"}", "ResourceInUseException");
    sim_test_pass(t, 500000);
    assert_string_equal(status(t, "DescribeCluster", "{\"name\":\"demo\"}", "cluster.version"), "1.33");
    sim_test_pass(t, 60000);
    assert_string_equal(status(t, "DescribeCluster", "{\"name\":\"demo\"}", "cluster.version"), "1.34");
    assert_string_equal(sim_text(t, sim_ok(t, "eks", "DescribeUpdate", sim_json(t, "{'name':'demo','updateId':'%s'}", id)), "update.status"), "Successful");
    sim_fails(t, "eks", "UpdateClusterConfig", "{\"name\":\"demo\",\"deletionProtection\":true,\"upgradePolicy\":{\"supportType\":\"STANDARD\"}}", "InvalidParameterException");
    sim_ok(t, "eks", "UpdateClusterConfig", "{\"name\":\"demo\",\"deletionProtection\":true}");
    sim_test_pass(t, 130000);
    sim_fails(t, "eks", "DeleteCluster", "{\"name\":\"demo\"}", "InvalidRequestException");
    sim_ok(t, "eks", "TagResource", "{\"resourceArn\":\"arn:aws:eks:eu-west-1:111122223333:cluster/demo\",\"tags\":{\"a.b\":\"c\"}}");
    sim_ok(t, "eks", "UntagResource", "{\"resourceArn\":\"arn:aws:eks:eu-west-1:111122223333:cluster/demo\",\"tagKeys\":[\"kc:x\"]}");
    assert_string_equal(str_c(t->a, value_text(t->a, value_get(value_at(sim_ok(t, "eks", "DescribeCluster", "{\"name\":\"demo\"}"), "cluster.tags"), STR("a.b")))), "c");
    sim_test_free(t);
}

static void test_access(void **state)
{
    struct sim_test *t = sim_test_new(&(struct sim_options){ .exact = true });
    const struct value *r;
    const char *id;

    (void)state;
    cluster(t, NO_NAT);
    sim_fails(t, "eks", "AssociateAccessPolicy", "{\"clusterName\":\"demo\",\"principalArn\":\"arn:aws:iam::1:role/a/b\",\"policyArn\":\"arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy\",\"accessScope\":{\"type\":\"cluster\"}}", "ResourceNotFoundException");
    sim_ok(t, "eks", "CreateAccessEntry", "{\"clusterName\":\"demo\",\"principalArn\":\"arn:aws:iam::1:role/a/b\"}");
    sim_ok(t, "eks", "AssociateAccessPolicy", "{\"clusterName\":\"demo\",\"principalArn\":\"arn:aws:iam::1:role/a/b\",\"policyArn\":\"arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy\",\"accessScope\":{\"type\":\"namespace\",\"namespaces\":[\"x\"]}}");
    r = sim_ok(t, "eks", "ListAssociatedAccessPolicies", "{\"clusterName\":\"demo\",\"principalArn\":\"arn:aws:iam::1:role/a/b\"}");
    assert_string_equal(sim_text(t, r, "associatedAccessPolicies.0.accessScope.namespaces.0"), "x");
    assert_string_equal(sim_text(t, r, "clusterName"), "demo");
    sim_ok(t, "eks", "DeleteAccessEntry", "{\"clusterName\":\"demo\",\"principalArn\":\"arn:aws:iam::1:role/a/b\"}");
    assert_int_equal(sim_count(t->sim, STR("eks.access_policy")), 1);      /* the creator's own */
    role(t, "pods", TRUST("pods.eks.amazonaws.com"), (const char *const[]){ NULL });
    sim_fails(t, "eks", "CreatePodIdentityAssociation", "{\"clusterName\":\"demo\",\"namespace\":\"n\",\"serviceAccount\":\"s\",\"roleArn\":\"arn:aws:iam::111122223333:role/node\"}", "InvalidParameterException");
    id = sim_text(t, sim_ok(t, "eks", "CreatePodIdentityAssociation", "{\"clusterName\":\"demo\",\"namespace\":\"n\",\"serviceAccount\":\"s\",\"roleArn\":\"arn:aws:iam::111122223333:role/pods\"}"), "association.associationId");
    r = sim_ok(t, "eks", "ListPodIdentityAssociations", "{\"clusterName\":\"demo\",\"namespace\":\"n\",\"serviceAccount\":\"s\"}");
    assert_string_equal(sim_text(t, r, "associations.0.associationId"), id);
    assert_null(value_at(sim_ok(t, "eks", "ListPodIdentityAssociations", "{\"clusterName\":\"demo\",\"namespace\":\"m\"}"), "associations.0"));
    sim_ok(t, "eks", "DeletePodIdentityAssociation", sim_json(t, "{'clusterName':'demo','associationId':'%s'}", id));
    sim_test_free(t);
}

static void check_nodes_fail(int without, const char *word)
{
    struct sim_test *t = sim_test_new(&(struct sim_options){ .exact = true });
    struct made m = cluster(t, without);
    const struct value *r;

    sim_ok(t, "eks", "CreateNodegroup", create_nodes(t, m));
    sim_test_pass(t, 111000);
    r = sim_ok(t, "eks", "DescribeNodegroup", "{\"clusterName\":\"demo\",\"nodegroupName\":\"general\"}");
    assert_string_equal(sim_text(t, r, "nodegroup.status"), "CREATE_FAILED");
    assert_string_equal(sim_text(t, r, "nodegroup.health.issues.0.code"), "NodeCreationFailure");
    assert_non_null(strstr(sim_text(t, r, "nodegroup.health.issues.0.message"), word));
    sim_test_free(t);
}

static void test_nodes_that_cannot_join(void **state)
{
    (void)state;
    check_nodes_fail(NO_NAT, "way to the internet");
    check_nodes_fail(NO_ROUTE_LINK, "way to the internet");
    check_nodes_fail(NO_WORKER, "AmazonEKSWorkerNodePolicy");
    check_nodes_fail(NO_CNI, "vpc-cni");
}

static void test_taking_down(void **state)
{
    struct sim_test *t = sim_test_new(&(struct sim_options){ .exact = true });
    struct made m = cluster(t, 0);

    (void)state;
    sim_ok(t, "eks", "CreateNodegroup", create_nodes(t, m));
    sim_test_pass(t, 111000);
    sim_fails(t, "eks", "DeleteCluster", "{\"name\":\"demo\"}", "ResourceInUseException");
    sim_fails(t, "ec2", "DeleteSubnet", sim_json(t, "{'SubnetId':'%s'}", m.a), "DependencyViolation");
    sim_ok(t, "eks", "DeleteNodegroup", "{\"clusterName\":\"demo\",\"nodegroupName\":\"general\"}");
    sim_fails(t, "eks", "DeleteNodegroup", "{\"clusterName\":\"demo\",\"nodegroupName\":\"general\"}", "ResourceInUseException");
    sim_ok(t, "iam", "DetachRolePolicy", "{\"RoleName\":\"node\",\"PolicyArn\":\"arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy\"}");
    sim_fails(t, "eks", "DeleteCluster", "{\"name\":\"demo\"}", "ResourceInUseException");
    sim_test_pass(t, 380000);
    sim_fails(t, "eks", "DescribeNodegroup", "{\"clusterName\":\"demo\",\"nodegroupName\":\"general\"}", "ResourceNotFoundException");
    sim_ok(t, "eks", "DeleteCluster", "{\"name\":\"demo\"}");
    sim_test_pass(t, 205000);
    sim_fails(t, "eks", "DescribeCluster", "{\"name\":\"demo\"}", "ResourceNotFoundException");
    sim_fails(t, "ec2", "DeleteSubnet", sim_json(t, "{'SubnetId':'%s'}", m.a), "DependencyViolation");
    assert_int_equal(sim_count(t->sim, STR("ec2.network_interface")), 2);   /* those of pods */
    sim_test_free(t);
}

static void test_coredns_without_nodes(void **state)
{
    struct sim_test *t = sim_test_new(&(struct sim_options){ .exact = true });

    (void)state;
    cluster(t, NO_NAT);
    sim_ok(t, "eks", "CreateAddon", "{\"clusterName\":\"demo\",\"addonName\":\"coredns\"}");
    sim_test_pass(t, 26000);
    assert_string_equal(status(t, "DescribeAddon", "{\"clusterName\":\"demo\",\"addonName\":\"coredns\"}", "addon.status"), "DEGRADED");
    assert_string_equal(status(t, "DescribeAddon", "{\"clusterName\":\"demo\",\"addonName\":\"coredns\"}", "addon.health.issues.0.code"), "InsufficientNumberOfReplicas");
    sim_fails(t, "eks", "CreateAddon", "{\"clusterName\":\"demo\",\"addonName\":\"no-such-thing\"}", "InvalidParameterException");
    assert_string_equal(sim_text(t, sim_ok(t, "eks", "DescribeAddonVersions", "{\"addonName\":\"coredns\",\"kubernetesVersion\":\"1.33\"}"), "addons.0.addonVersions.0.addonVersion"), "v1.12.33-eksbuild.4");
    sim_test_free(t);
}

static const char *profile(struct sim_test *t, const char *name, const char *subnet)
{
    return sim_json(t, "{'clusterName':'demo','fargateProfileName':'%s','podExecutionRoleArn':'arn:aws:iam::111122223333:role/pods','subnets':['%s'],'selectors':[{'namespace':'n'}]}", name, subnet);
}

static void test_fargate(void **state)
{
    struct sim_test *t = sim_test_new(&(struct sim_options){ .exact = true });
    struct made m = cluster(t, NO_NAT);

    (void)state;
    sim_fails(t, "eks", "CreateFargateProfile", profile(t, "one", m.a), "InvalidParameterException");
    role(t, "pods", TRUST("eks-fargate-pods.amazonaws.com"), (const char *const[]){ NULL });
    sim_fails(t, "eks", "CreateFargateProfile", profile(t, "one", m.public_subnet), "InvalidParameterException");
    sim_ok(t, "eks", "CreateFargateProfile", profile(t, "one", m.a));
    sim_fails(t, "eks", "CreateFargateProfile", profile(t, "two", m.a), "ResourceInUseException");
    sim_fails(t, "eks", "DeleteFargateProfile", "{\"clusterName\":\"demo\",\"fargateProfileName\":\"one\"}", "ResourceInUseException");
    sim_test_pass(t, 132000);
    sim_ok(t, "eks", "CreateFargateProfile", profile(t, "two", m.a));
    sim_fails(t, "eks", "DeleteFargateProfile", "{\"clusterName\":\"demo\",\"fargateProfileName\":\"one\"}", "ResourceInUseException");
    sim_test_pass(t, 132000);
    sim_ok(t, "eks", "DeleteFargateProfile", "{\"clusterName\":\"demo\",\"fargateProfileName\":\"one\"}");
    sim_fails(t, "eks", "DeleteCluster", "{\"name\":\"demo\"}", "ResourceInUseException");
    sim_test_pass(t, 96000);
    assert_string_equal(status(t, "ListFargateProfiles", "{\"clusterName\":\"demo\"}", "fargateProfileNames.0"), "two");
    sim_test_free(t);
}

static void test_who_and_images(void **state)
{
    struct sim_test *t = sim_test_new(&(struct sim_options){ .exact = true });
    const char *ami;

    (void)state;
    assert_string_equal(sim_text(t, sim_ok(t, "sts", "GetCallerIdentity", "{}"), "Account"), "111122223333");
    ami = sim_text(t, sim_ok(t, "ssm", "GetParameter", "{\"Name\":\"/aws/service/eks/optimized-ami/1.34/amazon-linux-2023/x86_64/standard/recommended/image_id\"}"), "Parameter.Value");
    assert_int_equal(strlen(ami), 21);
    sim_fails(t, "ssm", "GetParameter", "{\"Name\":\"/mine\"}", "ParameterNotFound");
    sim_test_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_policies),
        cmocka_unit_test(test_cluster_refused),
        cmocka_unit_test(test_propagation),
        cmocka_unit_test(test_life),
        cmocka_unit_test(test_nodes_that_are_not_launched),
        cmocka_unit_test(test_updates),
        cmocka_unit_test(test_access),
        cmocka_unit_test(test_nodes_that_cannot_join),
        cmocka_unit_test(test_taking_down),
        cmocka_unit_test(test_coredns_without_nodes),
        cmocka_unit_test(test_fargate),
        cmocka_unit_test(test_who_and_images),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
