/* test_sim_rules.c - rules of AWS on which decisions rest: what can be changed in place, in which order, and what is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "sim_test.h"

#define TRUST(s) "{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":[{\\\"Effect\\\":\\\"Allow\\\",\\\"Principal\\\":{\\\"Service\\\":[\\\"" s "\\\"]},\\\"Action\\\":[\\\"sts:AssumeRole\\\"]}]}"

struct base { struct sim_test *t; const char *vpc, *a, *b, *template; };

static const char *ec2(struct sim_test *t, const char *op, const char *json, const char *path)
{
    return sim_text(t, sim_ok(t, "ec2", op, json), path);
}

static void role(struct sim_test *t, const char *name, const char *trust, const char *const *policies)
{
    sim_ok(t, "iam", "CreateRole", sim_json(t, "{'RoleName':'%s','AssumeRolePolicyDocument':\"%s\"}", name, trust));
    for (; *policies; policies++)
        sim_ok(t, "iam", "AttachRolePolicy", sim_json(t, "{'RoleName':'%s','PolicyArn':'arn:aws:iam::aws:policy/%s'}", name, *policies));
}

/* A cluster of two public zones, ready for nodes, in the given mode. */
static struct base base_new(const char *mode)
{
    static const char *const control[] = { "AmazonEKSClusterPolicy", NULL };
    static const char *const node[] = { "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodePolicy", NULL };
    struct base x = { .t = sim_test_new(&(struct sim_options){ .exact = true }) };
    const char *igw, *table;

    x.vpc = ec2(x.t, "CreateVpc", "{\"CidrBlock\":\"10.0.0.0/16\"}", "Vpc.VpcId");
    x.a = ec2(x.t, "CreateSubnet", sim_json(x.t, "{'VpcId':'%s','CidrBlock':'10.0.1.0/24','AvailabilityZone':'eu-west-1a'}", x.vpc), "Subnet.SubnetId");
    x.b = ec2(x.t, "CreateSubnet", sim_json(x.t, "{'VpcId':'%s','CidrBlock':'10.0.2.0/24','AvailabilityZone':'eu-west-1b'}", x.vpc), "Subnet.SubnetId");
    igw = ec2(x.t, "CreateInternetGateway", "{}", "InternetGateway.InternetGatewayId");
    sim_ok(x.t, "ec2", "AttachInternetGateway", sim_json(x.t, "{'InternetGatewayId':'%s','VpcId':'%s'}", igw, x.vpc));
    table = ec2(x.t, "CreateRouteTable", sim_json(x.t, "{'VpcId':'%s'}", x.vpc), "RouteTable.RouteTableId");
    sim_ok(x.t, "ec2", "CreateRoute", sim_json(x.t, "{'RouteTableId':'%s','DestinationCidrBlock':'0.0.0.0/0','GatewayId':'%s'}", table, igw));
    sim_ok(x.t, "ec2", "AssociateRouteTable", sim_json(x.t, "{'RouteTableId':'%s','SubnetId':'%s'}", table, x.a));
    sim_ok(x.t, "ec2", "AssociateRouteTable", sim_json(x.t, "{'RouteTableId':'%s','SubnetId':'%s'}", table, x.b));
    sim_ok(x.t, "ec2", "ModifySubnetAttribute", sim_json(x.t, "{'SubnetId':'%s','MapPublicIpOnLaunch':{'Value':true}}", x.a));
    sim_ok(x.t, "ec2", "ModifySubnetAttribute", sim_json(x.t, "{'SubnetId':'%s','MapPublicIpOnLaunch':{'Value':true}}", x.b));
    x.template = ec2(x.t, "CreateLaunchTemplate", "{\"LaunchTemplateName\":\"nodes\",\"LaunchTemplateData\":{\"EbsOptimized\":false}}", "LaunchTemplate.LaunchTemplateId");
    role(x.t, "control", TRUST("eks.amazonaws.com"), control);
    role(x.t, "node", TRUST("ec2.amazonaws.com"), node);
    sim_ok(x.t, "eks", "CreateCluster", sim_json(x.t, "{'name':'demo','version':'1.33','roleArn':'arn:aws:iam::111122223333:role/control','resourcesVpcConfig':{'subnetIds':['%s','%s'],'endpointPrivateAccess':true},"
           "'accessConfig':{'authenticationMode':'%s','bootstrapClusterCreatorAdminPermissions':true},'bootstrapSelfManagedAddons':false}", x.a, x.b, mode));
    sim_test_pass(x.t, 591000);
    sim_ok(x.t, "eks", "CreateAddon", "{\"clusterName\":\"demo\",\"addonName\":\"vpc-cni\"}");
    sim_ok(x.t, "eks", "CreateAddon", "{\"clusterName\":\"demo\",\"addonName\":\"kube-proxy\"}");
    sim_test_pass(x.t, 30000);
    return x;
}

static const char *group(struct base *x, const char *more)
{
    return sim_json(x->t, "{'clusterName':'demo','nodegroupName':'g','nodeRole':'arn:aws:iam::111122223333:role/node','subnets':['%s','%s'],'instanceTypes':['m6i.large'],"
                    "'scalingConfig':{'minSize':2,'maxSize':4,'desiredSize':2}%s}", x->a, x->b, more);
}

static void make_group(struct base *x)
{
    sim_ok(x->t, "eks", "CreateNodegroup", group(x, sim_json(x->t, ",'launchTemplate':{'id':'%s','version':'1'}", x->template)));
    sim_test_pass(x->t, 111000);
}

static const char *group_status(struct base *x)
{
    return sim_text(x->t, sim_ok(x->t, "eks", "DescribeNodegroup", "{\"clusterName\":\"demo\",\"nodegroupName\":\"g\"}"), "nodegroup.status");
}

static void config(struct base *x, const char *what, const char *code)
{
    const char *json = sim_json(x->t, "{'name':'demo',%s}", what);

    if (code) {
        sim_fails(x->t, "eks", "UpdateClusterConfig", json, code);
        return;
    }
    sim_ok(x->t, "eks", "UpdateClusterConfig", json);
    sim_test_pass(x->t, 130000);
}

static void one_way_of_entering(void **state)
{
    struct base x = base_new("CONFIG_MAP");

    (void)state;
    config(&x, "'accessConfig':{'authenticationMode':'API'}", "InvalidParameterException");
    config(&x, "'accessConfig':{'authenticationMode':'API_AND_CONFIG_MAP'}", NULL);
    config(&x, "'accessConfig':{'authenticationMode':'CONFIG_MAP'}", "InvalidParameterException");
    config(&x, "'accessConfig':{'authenticationMode':'API'}", NULL);
    config(&x, "'accessConfig':{'authenticationMode':'API'}", "InvalidParameterException");
    config(&x, "'accessConfig':{'authenticationMode':'API_AND_CONFIG_MAP'}", "InvalidParameterException");
    sim_test_free(x.t);
}

static void nothing_to_change(void **state)
{
    struct base x = base_new("API");

    (void)state;
    config(&x, "'logging':{'clusterLogging':[{'types':['api'],'enabled':true}]}", NULL);
    config(&x, "'logging':{'clusterLogging':[{'types':['api'],'enabled':true},{'types':['audit'],'enabled':false}]}", "InvalidParameterException");
    config(&x, "'logging':{'clusterLogging':[{'types':['audit'],'enabled':true}]}", NULL);
    assert_string_equal(sim_text(x.t, sim_ok(x.t, "eks", "DescribeCluster", "{\"name\":\"demo\"}"), "cluster.logging.clusterLogging.0.types.1"), "audit");
    config(&x, "'resourcesVpcConfig':{'endpointPublicAccess':true,'endpointPrivateAccess':true,'publicAccessCidrs':['0.0.0.0/0']}", "InvalidParameterException");
    config(&x, "'resourcesVpcConfig':{'endpointPublicAccess':false,'endpointPrivateAccess':false}", "InvalidParameterException");
    config(&x, "'resourcesVpcConfig':{'publicAccessCidrs':['10.0.0.0/8']}", "InvalidParameterException");
    config(&x, "'resourcesVpcConfig':{'publicAccessCidrs':['203.0.113.0/24']}", NULL);
    config(&x, "'resourcesVpcConfig':{'publicAccessCidrs':['0.0.0.0/0']},'deletionProtection':true", "InvalidParameterException");
    sim_fails(x.t, "eks", "UpdateNodegroupConfig", "{\"clusterName\":\"demo\",\"nodegroupName\":\"g\"}", "ResourceNotFoundException");
    make_group(&x);
    sim_fails(x.t, "eks", "UpdateNodegroupConfig", "{\"clusterName\":\"demo\",\"nodegroupName\":\"g\"}", "InvalidParameterException");
    sim_test_free(x.t);
}

static void encryption_later(void **state)
{
    struct base x = base_new("API");
    const char *ask = "{\"clusterName\":\"demo\",\"encryptionConfig\":[{\"resources\":[\"secrets\"],\"provider\":{\"keyArn\":\"arn:aws:kms:eu-west-1:111122223333:key/k\"}}]}", *id;

    (void)state;
    id = sim_text(x.t, sim_ok(x.t, "eks", "AssociateEncryptionConfig", ask), "update.id");
    sim_fails(x.t, "eks", "AssociateEncryptionConfig", ask, "ResourceInUseException");
    assert_string_equal(sim_text(x.t, sim_ok(x.t, "eks", "DescribeUpdate", sim_json(x.t, "{'name':'demo','updateId':'%s'}", id)), "update.status"), "InProgress");
    sim_test_pass(x.t, 601000);
    assert_string_equal(sim_text(x.t, sim_ok(x.t, "eks", "DescribeUpdate", sim_json(x.t, "{'name':'demo','updateId':'%s'}", id)), "update.status"), "Successful");
    assert_string_equal(sim_text(x.t, sim_ok(x.t, "eks", "DescribeCluster", "{\"name\":\"demo\"}"), "cluster.encryptionConfig.0.provider.keyArn"), "arn:aws:kms:eu-west-1:111122223333:key/k");
    sim_fails(x.t, "eks", "AssociateEncryptionConfig", ask, "InvalidParameterException");
    sim_test_free(x.t);
}

static void versions_of_nodes(void **state)
{
    struct base x = base_new("API");
    const char *template = sim_json(x.t, ",'launchTemplate':{'id':'%s','version':'1'}", x.template);

    (void)state;
    sim_fails(x.t, "eks", "CreateNodegroup", group(&x, ",\"version\":\"1.32\""), "InvalidParameterException");
    sim_fails(x.t, "eks", "CreateNodegroup", group(&x, ",\"version\":\"1.34\""), "InvalidParameterException");
    sim_fails(x.t, "eks", "CreateNodegroup", group(&x, ",\"amiType\":\"AL2023_ARM_64_STANDARD\""), "InvalidParameterException");
    sim_fails(x.t, "eks", "CreateNodegroup", group(&x, ",\"amiType\":\"AL2_x86_64\""), "InvalidParameterException");
    sim_fails(x.t, "eks", "CreateNodegroup", group(&x, sim_json(x.t, ",'launchTemplate':{'id':'%s','version':'7'}", x.template)), "InvalidRequestException");
    sim_fails(x.t, "eks", "CreateNodegroup", group(&x, sim_json(x.t, "%s,'diskSize':20", template)), "InvalidParameterException");
    sim_fails(x.t, "eks", "CreateNodegroup", group(&x, ",\"updateConfig\":{\"maxUnavailable\":1,\"maxUnavailablePercentage\":33}"), "InvalidParameterException");
    make_group(&x);
    sim_ok(x.t, "eks", "UpdateClusterVersion", "{\"name\":\"demo\",\"version\":\"1.34\"}");
    sim_test_pass(x.t, 560000);
    sim_fails(x.t, "eks", "UpdateNodegroupVersion", "{\"clusterName\":\"demo\",\"nodegroupName\":\"g\",\"version\":\"1.35\"}", "InvalidParameterException");
    sim_ok(x.t, "eks", "UpdateNodegroupVersion", "{\"clusterName\":\"demo\",\"nodegroupName\":\"g\",\"version\":\"1.34\"}");
    sim_fails(x.t, "eks", "UpdateNodegroupConfig", "{\"clusterName\":\"demo\",\"nodegroupName\":\"g\",\"scalingConfig\":{\"maxSize\":5}}", "ResourceInUseException");
    sim_test_pass(x.t, 370000);
    sim_fails(x.t, "eks", "UpdateNodegroupVersion", "{\"clusterName\":\"demo\",\"nodegroupName\":\"g\",\"version\":\"1.33\"}", "InvalidParameterException");
    sim_fails(x.t, "eks", "UpdateAddon", "{\"clusterName\":\"demo\",\"addonName\":\"kube-proxy\",\"addonVersion\":\"v1.35.0-eksbuild.2\"}", "InvalidParameterException");
    sim_test_free(x.t);
}

static void ready_nodes(void **state)
{
    struct base x = base_new("API");

    (void)state;
    sim_ok(x.t, "eks", "CreateNodegroup", group(&x, ""));
    assert_int_equal(sim_ready_nodes(x.t->sim, STR("demo")), 0);
    sim_test_pass(x.t, 111000);
    sim_ok(x.t, "eks", "UpdateNodegroupConfig", "{\"clusterName\":\"demo\",\"nodegroupName\":\"g\",\"scalingConfig\":{\"desiredSize\":4},\"taints\":{\"addOrUpdateTaints\":[{\"key\":\"k\",\"effect\":\"NO_SCHEDULE\"}]}}");
    assert_int_equal(sim_ready_nodes(x.t->sim, STR("demo")), 2);
    sim_test_pass(x.t, 30000);
    assert_int_equal(sim_ready_nodes(x.t->sim, STR("demo")), 4);
    assert_string_equal(sim_text(x.t, sim_ok(x.t, "eks", "DescribeNodegroup", "{\"clusterName\":\"demo\",\"nodegroupName\":\"g\"}"), "nodegroup.taints.0.effect"), "NO_SCHEDULE");
    sim_ok(x.t, "eks", "DeleteNodegroup", "{\"clusterName\":\"demo\",\"nodegroupName\":\"g\"}");
    assert_int_equal(sim_ready_nodes(x.t->sim, STR("demo")), 0);
    assert_string_equal(group_status(&x), "DELETING");
    sim_test_free(x.t);
}

/* What ails a group does not end it; an update that cannot start nodes fails and leaves the old ones. */
static void ailing_groups(void **state)
{
    struct base x = base_new("API");
    const char *id;

    (void)state;
    make_group(&x);
    sim_ok(x.t, "iam", "DetachRolePolicy", "{\"RoleName\":\"node\",\"PolicyArn\":\"arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy\"}");
    sim_ok(x.t, "ec2", "CreateLaunchTemplateVersion", sim_json(x.t, "{'LaunchTemplateId':'%s','LaunchTemplateData':{'EbsOptimized':true}}", x.template));
    id = sim_text(x.t, sim_ok(x.t, "eks", "UpdateNodegroupVersion", sim_json(x.t, "{'clusterName':'demo','nodegroupName':'g','launchTemplate':{'id':'%s','version':'2'}}", x.template)), "update.id");
    sim_test_pass(x.t, 370000);
    assert_string_equal(sim_text(x.t, sim_ok(x.t, "eks", "DescribeUpdate", sim_json(x.t, "{'name':'demo','nodegroupName':'g','updateId':'%s'}", id)), "update.status"), "Failed");
    assert_string_equal(group_status(&x), "DEGRADED");
    assert_string_equal(sim_text(x.t, sim_ok(x.t, "eks", "DescribeNodegroup", "{\"clusterName\":\"demo\",\"nodegroupName\":\"g\"}"), "nodegroup.launchTemplate.version"), "1");
    assert_int_equal(sim_ready_nodes(x.t->sim, STR("demo")), 2);
    sim_ok(x.t, "iam", "AttachRolePolicy", "{\"RoleName\":\"node\",\"PolicyArn\":\"arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy\"}");
    sim_ok(x.t, "eks", "UpdateNodegroupVersion", sim_json(x.t, "{'clusterName':'demo','nodegroupName':'g','launchTemplate':{'id':'%s','version':'2'}}", x.template));
    sim_test_pass(x.t, 370000);
    assert_string_equal(group_status(&x), "ACTIVE");
    sim_ok(x.t, "ec2", "DeleteLaunchTemplate", sim_json(x.t, "{'LaunchTemplateId':'%s'}", x.template));
    assert_string_equal(group_status(&x), "DEGRADED");
    assert_true(sim_ail(x.t->sim, STR("eks.nodegroup"), STR("demo/g"), STR("ACTIVE"), STR_NONE, STR_NONE));
    assert_string_equal(group_status(&x), "ACTIVE");
    sim_test_free(x.t);
}

static void what_ends_badly(void **state)
{
    struct base x = base_new("API");
    const char *id;

    (void)state;
    sim_fate(x.t->sim, &(struct sim_fate){ .kind = STR("eks.nodegroup"), .from = STR("CREATING"), .to = STR("CREATE_FAILED"), .fails = true, .times = 1 });
    make_group(&x);
    assert_string_equal(group_status(&x), "CREATE_FAILED");
    assert_int_equal(sim_ready_nodes(x.t->sim, STR("demo")), 0);
    sim_fate(x.t->sim, &(struct sim_fate){ .kind = STR("eks.addon"), .from = STR("UPDATING"), .to = STR("UPDATE_FAILED"), .fails = true, .times = 1 });
    sim_fate(x.t->sim, &(struct sim_fate){ .kind = STR("eks.update"), .from = STR("InProgress"), .to = STR("Failed"), .fails = true, .times = 1 });
    id = sim_text(x.t, sim_ok(x.t, "eks", "UpdateAddon", "{\"clusterName\":\"demo\",\"addonName\":\"vpc-cni\",\"configurationValues\":\"{}\"}"), "update.id");
    sim_test_pass(x.t, 50000);
    assert_string_equal(sim_text(x.t, sim_ok(x.t, "eks", "DescribeUpdate", sim_json(x.t, "{'name':'demo','addonName':'vpc-cni','updateId':'%s'}", id)), "update.status"), "Failed");
    assert_string_equal(sim_text(x.t, sim_ok(x.t, "eks", "DescribeAddon", "{\"clusterName\":\"demo\",\"addonName\":\"vpc-cni\"}"), "addon.status"), "UPDATE_FAILED");
    assert_string_equal(sim_text(x.t, sim_ok(x.t, "eks", "DescribeAddon", "{\"clusterName\":\"demo\",\"addonName\":\"vpc-cni\"}"), "addon.configurationValues"), "");
    sim_test_free(x.t);
}

/* EKS's instance profile holds the role of nodes; a role made anew is another one to EKS. */
static void role_in_use(void **state)
{
    struct base x = base_new("API");
    const char *first, *second, *profile;

    (void)state;
    make_group(&x);
    first = sim_text(x.t, sim_ok(x.t, "iam", "GetRole", "{\"RoleName\":\"node\"}"), "Role.RoleId");
    sim_ok(x.t, "iam", "DetachRolePolicy", "{\"RoleName\":\"node\",\"PolicyArn\":\"arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy\"}");
    sim_ok(x.t, "iam", "DetachRolePolicy", "{\"RoleName\":\"node\",\"PolicyArn\":\"arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy\"}");
    sim_ok(x.t, "iam", "DetachRolePolicy", "{\"RoleName\":\"node\",\"PolicyArn\":\"arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly\"}");
    sim_fails(x.t, "iam", "DeleteRole", "{\"RoleName\":\"node\"}", "DeleteConflict");
    profile = sim_text(x.t, sim_ok(x.t, "iam", "ListInstanceProfilesForRole", "{\"RoleName\":\"node\"}"), "InstanceProfiles.0.InstanceProfileName");
    sim_ok(x.t, "iam", "RemoveRoleFromInstanceProfile", sim_json(x.t, "{'InstanceProfileName':'%s','RoleName':'node'}", profile));
    sim_ok(x.t, "iam", "DeleteRole", "{\"RoleName\":\"node\"}");
    role(x.t, "node", TRUST("ec2.amazonaws.com"), (const char *const[]){ "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodePolicy", NULL });
    second = sim_text(x.t, sim_ok(x.t, "iam", "GetRole", "{\"RoleName\":\"node\"}"), "Role.RoleId");
    assert_string_not_equal(first, second);
    sim_ok(x.t, "eks", "UpdateNodegroupConfig", "{\"clusterName\":\"demo\",\"nodegroupName\":\"g\",\"scalingConfig\":{\"desiredSize\":3}}");
    sim_test_pass(x.t, 30000);
    assert_string_equal(group_status(&x), "DEGRADED");
    sim_ok(x.t, "eks", "DeleteNodegroup", "{\"clusterName\":\"demo\",\"nodegroupName\":\"g\"}");
    sim_test_pass(x.t, 400000);
    assert_null(value_at(sim_ok(x.t, "iam", "ListInstanceProfiles", "{}"), "InstanceProfiles.0"));
    sim_test_free(x.t);
}

static void entries_new_with_each(void **state)
{
    struct base x = base_new("API");
    const char *ask = "{\"clusterName\":\"demo\",\"principalArn\":\"arn:aws:iam::1:role/a\"}", *one, *two;

    (void)state;
    one = sim_text(x.t, sim_ok(x.t, "eks", "CreateAccessEntry", ask), "accessEntry.accessEntryArn");
    sim_ok(x.t, "eks", "DeleteAccessEntry", ask);
    two = sim_text(x.t, sim_ok(x.t, "eks", "CreateAccessEntry", ask), "accessEntry.accessEntryArn");
    assert_string_not_equal(one, two);
    sim_fails(x.t, "eks", "UpdateAccessEntry", "{\"clusterName\":\"demo\",\"principalArn\":\"arn:aws:iam::1:role/a\",\"kubernetesGroups\":[\"system:masters\"]}", "InvalidParameterException");
    sim_fails(x.t, "eks", "CreateAccessEntry", "{\"clusterName\":\"demo\",\"principalArn\":\"arn:aws:iam::1:role/b\",\"type\":\"EC2_LINUX\",\"kubernetesGroups\":[\"x\"]}", "InvalidParameterException");
    assert_true(strlen(sim_text(x.t, sim_ok(x.t, "eks", "DescribeAccessEntry", "{\"clusterName\":\"demo\",\"principalArn\":\"arn:aws:iam::111122223333:user/sandbox\"}"), "accessEntry.accessEntryArn")) > 0);
    sim_test_free(x.t);
}

static void routes_of_the_vpc(void **state)
{
    struct base x = base_new("API");
    const char *main_table, *igw;
    const struct value *r = sim_ok(x.t, "ec2", "DescribeRouteTables", "{\"Filters\":[{\"Name\":\"association.main\",\"Values\":[\"true\"]}]}");

    (void)state;
    main_table = sim_text(x.t, r, "RouteTables.0.RouteTableId");
    assert_string_equal(sim_text(x.t, r, "RouteTables.0.Routes.0.GatewayId"), "local");
    sim_fails(x.t, "ec2", "DeleteRouteTable", sim_json(x.t, "{'RouteTableId':'%s'}", main_table), "DependencyViolation");
    sim_fails(x.t, "ec2", "DeleteRoute", sim_json(x.t, "{'RouteTableId':'%s','DestinationCidrBlock':'10.0.0.0/16'}", main_table), "InvalidParameterValue");
    igw = sim_text(x.t, sim_ok(x.t, "ec2", "DescribeInternetGateways", "{}"), "InternetGateways.0.InternetGatewayId");
    sim_fails(x.t, "ec2", "CreateRoute", sim_json(x.t, "{'RouteTableId':'%s','DestinationCidrBlock':'10.0.0.0/16','GatewayId':'%s'}", main_table, igw), "RouteAlreadyExists");
    sim_fails(x.t, "ec2", "ReplaceRoute", sim_json(x.t, "{'RouteTableId':'%s','DestinationCidrBlock':'10.0.0.0/16','GatewayId':'%s'}", main_table, igw), "InvalidParameterValue");
    sim_test_free(x.t);
}

static void rules_change_in_place(void **state)
{
    struct sim_test *t = sim_test_new(&(struct sim_options){ .exact = true });
    const char *vpc = ec2(t, "CreateVpc", "{\"CidrBlock\":\"10.0.0.0/16\"}", "Vpc.VpcId"), *sg, *rule;

    (void)state;
    sg = ec2(t, "CreateSecurityGroup", sim_json(t, "{'GroupName':'g','Description':'d','VpcId':'%s'}", vpc), "GroupId");
    rule = ec2(t, "AuthorizeSecurityGroupIngress", sim_json(t, "{'GroupId':'%s','IpPermissions':[{'IpProtocol':'tcp','FromPort':22,'ToPort':22,'IpRanges':[{'CidrIp':'10.0.0.0/8'}]}]}", sg),
               "SecurityGroupRules.0.SecurityGroupRuleId");
    sim_ok(t, "ec2", "ModifySecurityGroupRules", sim_json(t, "{'GroupId':'%s','SecurityGroupRules':[{'SecurityGroupRuleId':'%s','SecurityGroupRule':{'IpProtocol':'tcp','FromPort':443,'ToPort':443,'CidrIpv4':'10.1.0.0/16'}}]}", sg, rule));
    assert_string_equal(sim_text(t, sim_ok(t, "ec2", "DescribeSecurityGroupRules", sim_json(t, "{'SecurityGroupRuleIds':['%s']}", rule)), "SecurityGroupRules.0.CidrIpv4"), "10.1.0.0/16");
    sim_fails(t, "ec2", "ModifySecurityGroupRules", sim_json(t, "{'GroupId':'%s','SecurityGroupRules':[{'SecurityGroupRuleId':'%s','SecurityGroupRule':{'IpProtocol':'tcp','FromPort':443,'ToPort':443,'ReferencedGroupId':'%s'}}]}", sg, rule, sg), "InvalidParameterValue");
    sim_test_free(t);
}

static void things_of_others(void **state)
{
    struct sim_test *t = sim_test_new(&(struct sim_options){ .exact = true });
    const char *vpc = ec2(t, "CreateVpc", "{\"CidrBlock\":\"10.0.0.0/16\"}", "Vpc.VpcId"), *subnet, *eni, *arn;

    (void)state;
    subnet = ec2(t, "CreateSubnet", sim_json(t, "{'VpcId':'%s','CidrBlock':'10.0.1.0/24'}", vpc), "Subnet.SubnetId");
    eni = ec2(t, "CreateNetworkInterface", sim_json(t, "{'SubnetId':'%s','Description':'a balancer'}", subnet), "NetworkInterface.NetworkInterfaceId");
    assert_string_equal(sim_text(t, sim_ok(t, "ec2", "DescribeNetworkInterfaces", sim_json(t, "{'Filters':[{'Name':'vpc-id','Values':['%s']}]}", vpc)), "NetworkInterfaces.0.Description"), "a balancer");
    sim_fails(t, "ec2", "DeleteSubnet", sim_json(t, "{'SubnetId':'%s'}", subnet), "DependencyViolation");
    sim_ok(t, "ec2", "DeleteNetworkInterface", sim_json(t, "{'NetworkInterfaceId':'%s'}", eni));
    sim_ok(t, "ec2", "DeleteSubnet", sim_json(t, "{'SubnetId':'%s'}", subnet));
    arn = sim_text(t, sim_ok(t, "iam", "CreateOpenIDConnectProvider", "{\"Url\":\"https://x.example/a\",\"ClientIDList\":[\"one\"]}"), "OpenIDConnectProviderArn");
    sim_ok(t, "iam", "AddClientIDToOpenIDConnectProvider", sim_json(t, "{'OpenIDConnectProviderArn':'%s','ClientID':'two'}", arn));
    sim_ok(t, "iam", "RemoveClientIDFromOpenIDConnectProvider", sim_json(t, "{'OpenIDConnectProviderArn':'%s','ClientID':'one'}", arn));
    assert_string_equal(sim_text(t, sim_ok(t, "iam", "GetOpenIDConnectProvider", sim_json(t, "{'OpenIDConnectProviderArn':'%s'}", arn)), "ClientIDList.0"), "two");
    sim_test_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_way_of_entering),   cmocka_unit_test(nothing_to_change), cmocka_unit_test(encryption_later),
        cmocka_unit_test(versions_of_nodes),     cmocka_unit_test(ready_nodes),       cmocka_unit_test(ailing_groups),
        cmocka_unit_test(what_ends_badly),       cmocka_unit_test(role_in_use),       cmocka_unit_test(entries_new_with_each),
        cmocka_unit_test(routes_of_the_vpc),     cmocka_unit_test(rules_change_in_place), cmocka_unit_test(things_of_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
