/* hook_eks.c - what a control plane, its nodes and its software need to come to life, and what they leave behind. */
#include <string.h>
#include "hook.h"
#include "kc/json.h"

static struct kind *eks_kind(struct sim *s, const char *name)
{
    return kind_find(s, STR("eks"), str_of(name));
}

static const struct value *eks_let(struct sim *s, const char *name)
{
    return value_get(service_find(s, STR("eks"))->lets, str_of(name));
}

static bool listed(const struct value *list, struct str text)
{
    size_t i;

    for (i = 0; list && list->kind == VALUE_LIST && i < list->list.n; i++)
        if (list->list.v[i]->kind == VALUE_STRING && str_eq(list->list.v[i]->s, text))
            return true;
    return false;
}

static struct str attr(struct hook_call *c, const struct object *o, const char *path)
{
    return tree_text(c->a, o->attrs, str_of(path));
}

static struct object *cluster_of(struct hook_call *c, const struct value *attrs)
{
    return object_find(eks_kind(c->sim, "cluster"), tree_text(c->a, attrs, STR("clusterName")));
}

static bool invalid(struct hook_call *c, const char *text)
{
    return sim_refuse(c->r, STR("InvalidParameterException"), "%s", text);
}

/* ---- clusters ---- */
static bool check_subnets(struct hook_call *c)
{
    const struct value **id;
    size_t n = tree_leaves(c->a, c->attrs, STR("resourcesVpcConfig.subnetIds"), &id), i;
    struct str zone = STR_NONE, vpc = STR_NONE;
    bool two = false;

    for (i = 0; i < n; i++) {
        struct object *o = object_find(ec2_kind(c->sim, "subnet"), tree_text(c->a, id[i], STR_NONE));

        if (zone.n && !str_eq(zone, attr(c, o, "AvailabilityZone")))
            two = true;
        if (vpc.n && !str_eq(vpc, attr(c, o, "VpcId")))
            return invalid(c, "Subnets specified must belong to one VPC");
        zone = attr(c, o, "AvailabilityZone");
        vpc = attr(c, o, "VpcId");
    }
    if (!two && (n || !c->o))
        return invalid(c, "Subnets specified must be in at least two different AZs");
    if (n && c->o && !str_eq(vpc, attr(c, c->o, "resourcesVpcConfig.vpcId")))
        return invalid(c, "Provided subnets belong to another VPC than the cluster's");
    if (n)
        set_text(c, "resourcesVpcConfig.vpcId", vpc);
    return true;
}

static bool check_role(struct hook_call *c)
{
    struct str role = tree_text(c->a, c->attrs, STR("roleArn"));

    if (!role_trusts(c->sim, c->a, role, "eks.amazonaws.com"))
        return invalid(c, "Role could not be assumed because the trusted entity is not correct");
    if (!role_has(c->sim, c->a, role, "AmazonEKSClusterPolicy"))
        return invalid(c, "The role doesn't have the Amazon EKS Managed Policies associated with it: AmazonEKSClusterPolicy");
    return true;
}

static bool minor(struct str version, int64_t *n)
{
    return str_starts(version, STR("1.")) && str_int(str_sub(version, 2, version.n), n);
}

static bool check_upgrade(struct hook_call *c, struct str to)
{
    int64_t old, new;

    if (!listed(value_get(eks_let(c->sim, "service"), STR("versions")), to))
        return invalid(c, "unsupported Kubernetes version");
    if (!c->o || !minor(attr(c, c->o, "version"), &old) || !minor(to, &new))
        return true;
    if (new != old + 1)
        return invalid(c, new == old ? "The cluster is already at this version" : "Unsupported Kubernetes minor version update");
    return true;
}

static bool check_one_update(struct hook_call *c)
{
    static const char *const kinds[] = { "logging", "accessConfig", "upgradePolicy", "zonalShiftConfig", "computeConfig", "deletionProtection", "resourcesVpcConfig.subnetIds",
                                         "resourcesVpcConfig.endpointPublicAccess" };
    size_t i, n = 0;

    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        n += tree_get(c->attrs, str_of(kinds[i])) != NULL;
    return n <= 1 || invalid(c, "Only one type of update can be allowed.");
}

static void interfaces_move(struct hook_call *c);

static bool cluster_check(struct hook_call *c)
{
    struct str version = tree_text(c->a, c->attrs, STR("version"));

    if (c->o && !check_one_update(c))
        return false;
    if (version.n && !check_upgrade(c, version))
        return false;
    if (!check_subnets(c))
        return false;
    if (c->o && tree_get(c->attrs, STR("resourcesVpcConfig.subnetIds")))
        interfaces_move(c);
    return c->o || check_role(c);
}

static struct str owner_of(struct hook_call *c, const struct object *o)
{
    return str_fmt(c->a, "%.*s %.*s", STR_ARG(o->kind->full), STR_ARG(o->id));
}

static void admit_creator(struct hook_call *c)
{
    struct str principal = str_fmt(c->a, "arn:%.*s:iam::111122223333:user/sandbox", STR_ARG(endpoint_partition(c->r->region)));
    const struct value *v = tree_put(c->a, NULL, STR("clusterName"), value_string(c->a, c->o->id));

    v = tree_put(c->a, v, STR("principalArn"), value_string(c->a, principal));
    v = tree_put(c->a, v, STR("type"), text_value(c->a, "STANDARD"));
    v = tree_put(c->a, v, STR("kubernetesGroups"), &value_empty_list);
    object_new(c->sim, eks_kind(c->sim, "access_entry"), str_fmt(c->a, "%.*s/%.*s", STR_ARG(c->o->id), STR_ARG(principal)), c->o->region, v);
}

/* The control plane's interfaces: in the first four of its subnets. */
static void interfaces_place(struct hook_call *c, const struct value *attrs, struct str group)
{
    const struct value **id;
    size_t n = tree_leaves(c->a, attrs, STR("resourcesVpcConfig.subnetIds"), &id), i;

    for (i = 0; i < n && i < 4; i++)
        interface_new(c->sim, c->a, tree_text(c->a, id[i], STR_NONE), group, str_fmt(c->a, "Amazon EKS %.*s", STR_ARG(c->o->id)), owner_of(c, c->o), false);
}

static void interfaces_move(struct hook_call *c)
{
    interfaces_drop(c->sim, c->a, owner_of(c, c->o), false);
    interfaces_place(c, c->attrs, attr(c, c->o, "resourcesVpcConfig.clusterSecurityGroupId"));
}

static bool cluster_made(struct hook_call *c)
{
    struct str group = sim_new_id(c->sim, STR("sg-"), 17), vpc = attr(c, c->o, "resourcesVpcConfig.vpcId");
    const struct value *v = tree_put(c->a, NULL, STR("GroupId"), value_string(c->a, group));
    struct object *o;

    v = tree_put(c->a, v, STR("GroupName"), value_string(c->a, str_fmt(c->a, "eks-cluster-sg-%.*s-%.*s", STR_ARG(c->o->id), 8, group.s + 3)));
    v = tree_put(c->a, v, STR("Description"), text_value(c->a, "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes, as well as any managed workloads."));
    v = tree_put(c->a, v, STR("OwnerId"), text_value(c->a, "111122223333"));
    o = object_new(c->sim, ec2_kind(c->sim, "security_group"), group, c->o->region, tree_put(c->a, v, STR("VpcId"), value_string(c->a, vpc)));
    object_tag(c->sim, o, value_with(c->a, &value_empty_object, str_fmt(c->a, "kubernetes.io/cluster/%.*s", STR_ARG(c->o->id)), text_value(c->a, "owned")));
    interfaces_place(c, c->o->attrs, group);
    if (str_is(attr(c, c->o, "accessConfig.bootstrapClusterCreatorAdminPermissions"), "true"))
        admit_creator(c);
    v = tree_put(c->a, c->o->attrs, STR("resourcesVpcConfig.clusterSecurityGroupId"), value_string(c->a, group));
    object_set(c->sim, c->o, tree_put(c->a, v, STR("accessConfig.bootstrapClusterCreatorAdminPermissions"), NULL));
    return true;
}

static bool cluster_before(struct hook_call *c)
{
    if (str_is(attr(c, c->o, "deletionProtection"), "true"))
        return sim_refuse(c->r, STR("InvalidRequestException"), "Cluster deletion protection is enabled");
    return true;
}

/* Without its role EKS cannot take its interfaces away: they stay, and hold subnets and groups. */
static bool cluster_removed(struct hook_call *c)
{
    bool able = role_has(c->sim, c->a, attr(c, c->o, "roleArn"), "AmazonEKSClusterPolicy");
    struct object *group = object_find(ec2_kind(c->sim, "security_group"), attr(c, c->o, "resourcesVpcConfig.clusterSecurityGroupId"));

    interfaces_drop(c->sim, c->a, owner_of(c, c->o), !able);
    if (group && able)
        object_remove(c->sim, group);
    return true;
}

/* ---- node groups ---- */
static const struct value *upserted(struct hook_call *c, const struct value *list, const struct value *add, const struct value *gone)
{
    const struct value *out = &value_empty_list;
    size_t i, j;

    for (i = 0; list && list->kind == VALUE_LIST && i < list->list.n; i++) {
        const struct value *t = list->list.v[i], *const sets[2] = { add, gone };
        bool drop = false;
        size_t k;

        for (k = 0; k < 2; k++)
            for (j = 0; sets[k] && sets[k]->kind == VALUE_LIST && j < sets[k]->list.n; j++)
                drop |= str_eq(data_str(sets[k]->list.v[j], "key"), data_str(t, "key")) && str_eq(data_str(sets[k]->list.v[j], "effect"), data_str(t, "effect"));
        if (!drop)
            out = tree_list(c->a, out, t);
    }
    for (j = 0; add && add->kind == VALUE_LIST && j < add->list.n; j++)
        out = tree_list(c->a, out, add->list.v[j]);
    return out;
}

static void merge_labels(struct hook_call *c)
{
    const struct value *add = tree_get(c->attrs, STR("labels.addOrUpdateLabels")), *gone = tree_get(c->attrs, STR("labels.removeLabels"));
    const struct value *old = value_get(c->o->attrs, STR("labels")), *out = &value_empty_object;
    size_t i;

    for (i = 0; old && old->kind == VALUE_OBJECT && i < old->object.n; i++)
        out = value_with(c->a, out, old->object.v[i].key, listed(gone, old->object.v[i].key) ? &value_none : old->object.v[i].value);
    for (i = 0; add && add->kind == VALUE_OBJECT && i < add->object.n; i++)
        out = value_with(c->a, out, add->object.v[i].key, add->object.v[i].value);
    c->attrs = value_with(c->a, c->attrs, STR("labels"), out);
}

static bool check_scaling(struct hook_call *c)
{
    int64_t lo = 0, hi = 0, want = 0;
    const struct value *s = tree_merge(c->a, c->o ? value_get(c->o->attrs, STR("scalingConfig")) : NULL, value_get(c->attrs, STR("scalingConfig")));

    if (!s || !str_int(tree_text(c->a, s, STR("minSize")), &lo) || !str_int(tree_text(c->a, s, STR("maxSize")), &hi) || !str_int(tree_text(c->a, s, STR("desiredSize")), &want))
        return true;
    if (lo > want)
        return invalid(c, "Minimum capacity can't be greater than desired size");
    return want <= hi || invalid(c, "desired capacity can't be greater than max size");
}

static bool nodegroup_update(struct hook_call *c)
{
    const struct value *taints = value_get(c->attrs, STR("taints"));
    struct object *cluster = cluster_of(c, c->o->attrs);
    struct str version = tree_text(c->a, c->attrs, STR("version"));
    int64_t want, have;

    if (value_get(c->attrs, STR("labels")))
        merge_labels(c);
    if (taints)
        c->attrs = value_with(c->a, c->attrs, STR("taints"), upserted(c, value_get(c->o->attrs, STR("taints")), value_get(taints, STR("addOrUpdateTaints")), value_get(taints, STR("removeTaints"))));
    if (version.n && cluster && minor(version, &want) && minor(attr(c, cluster, "version"), &have) && want > have)
        return invalid(c, "The node group's version cannot be above the cluster's");
    if (str_is(c->r->op->name, "UpdateNodegroupVersion") && !version.n && cluster)
        c->attrs = tree_put(c->a, c->attrs, STR("version"), value_get(cluster->attrs, STR("version")));
    return check_scaling(c);
}

static bool nodegroup_check(struct hook_call *c)
{
    struct object *cluster;
    struct str version = tree_text(c->a, c->attrs, STR("version")), own;
    int64_t want, have;

    if (c->o)
        return nodegroup_update(c);
    cluster = cluster_of(c, c->attrs);
    own = attr(c, cluster, "version");
    if (!version.n)
        set_text(c, "version", own);
    else if (!minor(version, &want) || !minor(own, &have) || want > have)
        return invalid(c, "Requested Nodegroup release version is invalid: it cannot be above the cluster's");
    if (!role_trusts(c->sim, c->a, tree_text(c->a, c->attrs, STR("nodeRole")), "ec2.amazonaws.com"))
        return invalid(c, "Following required service principals [ec2.amazonaws.com] were not found in the trust relationships of nodeRole");
    set_text(c, "releaseVersion", str_fmt(c->a, "%.*s.0-20260101", STR_ARG(tree_text(c->a, c->attrs, STR("version")))));
    return check_scaling(c);
}

/* Nodes may enter: EKS makes their access entry itself. */
static bool nodegroup_made(struct hook_call *c)
{
    struct str principal = attr(c, c->o, "nodeRole"), id = str_fmt(c->a, "%.*s/%.*s", STR_ARG(attr(c, c->o, "clusterName")), STR_ARG(principal));
    struct kind *k = eks_kind(c->sim, "access_entry");
    const struct value *v = tree_put(c->a, NULL, STR("clusterName"), value_get(c->o->attrs, STR("clusterName")));

    if (object_find(k, id))
        return true;
    v = tree_put(c->a, v, STR("principalArn"), value_string(c->a, principal));
    v = tree_put(c->a, v, STR("type"), text_value(c->a, "EC2_LINUX"));
    object_new(c->sim, k, id, c->o->region, v);
    return true;
}

static bool has_addon(struct hook_call *c, struct str cluster, const char *name)
{
    struct object *o = object_find(eks_kind(c->sim, "addon"), str_fmt(c->a, "%.*s/%s", STR_ARG(cluster), name));

    return o && !o->dying && !str_is(object_state(o), "CREATE_FAILED");
}

static bool has_endpoint(struct hook_call *c, struct str vpc, const char *service)
{
    struct object *o;
    size_t i = 0;

    while ((o = each_object(ec2_kind(c->sim, "vpc_endpoint"), &i)))
        if (str_eq(attr(c, o, "VpcId"), vpc) && str_ends(attr(c, o, "ServiceName"), str_of(service)) && str_is(object_state(o), "available"))
            return true;
    return false;
}

static bool subnet_works(struct hook_call *c, struct str id)
{
    static const char *const needed[] = { ".s3", ".ecr.api", ".ecr.dkr", ".ec2", ".sts" };
    struct object *subnet = object_find(ec2_kind(c->sim, "subnet"), id);
    enum way way = way_out(c->sim, c->a, id);
    size_t i;

    if (way == WAY_NAT)
        return true;
    if (way == WAY_INTERNET)
        return subnet && str_is(attr(c, subnet, "MapPublicIpOnLaunch"), "true");
    for (i = 0; subnet && i < sizeof needed / sizeof needed[0]; i++)
        if (!has_endpoint(c, attr(c, subnet, "VpcId"), needed[i]))
            return false;
    return subnet != NULL;
}

/* Why instances would not join; NULL: they do. */
static const char *obstacle(struct hook_call *c, struct object *cluster)
{
    struct str role = attr(c, c->o, "nodeRole");
    const struct value **id;
    size_t n = tree_leaves(c->a, c->o->attrs, STR("subnets"), &id), i;

    if (!role_has(c->sim, c->a, role, "AmazonEKSWorkerNodePolicy") && !role_has(c->sim, c->a, role, "AmazonEKSWorkerNodeMinimalPolicy"))
        return "the node role lacks AmazonEKSWorkerNodePolicy";
    if (!role_has(c->sim, c->a, role, "AmazonEC2ContainerRegistryPullOnly") && !role_has(c->sim, c->a, role, "AmazonEC2ContainerRegistryReadOnly"))
        return "the node role may not pull images";
    if (!role_has(c->sim, c->a, role, "AmazonEKS_CNI_Policy"))
        return "the node role lacks AmazonEKS_CNI_Policy";
    if (!str_is(attr(c, cluster, "bootstrapSelfManagedAddons"), "true") && !has_addon(c, cluster->id, "vpc-cni"))
        return "no container network: the add-on vpc-cni is missing";
    if (!str_is(attr(c, cluster, "bootstrapSelfManagedAddons"), "true") && !has_addon(c, cluster->id, "kube-proxy"))
        return "no service network: the add-on kube-proxy is missing";
    for (i = 0; i < n; i++)
        if (!subnet_works(c, tree_text(c->a, id[i], STR_NONE)))
            return "a subnet has no working way to the internet";
    return NULL;
}

static void launch(struct hook_call *c, struct object *cluster)
{
    const struct value **id;
    size_t n = tree_leaves(c->a, c->o->attrs, STR("subnets"), &id), i;
    int64_t want = 0;

    str_int(attr(c, c->o, "scalingConfig.desiredSize"), &want);
    for (i = 0; n && i < (size_t)want && i < 10; i++) {
        struct str subnet = tree_text(c->a, id[i % n], STR_NONE);

        interface_new(c->sim, c->a, subnet, attr(c, cluster, "resourcesVpcConfig.clusterSecurityGroupId"), str_fmt(c->a, "node of %.*s", STR_ARG(c->o->id)), owner_of(c, c->o),
                      way_out(c->sim, c->a, subnet) == WAY_INTERNET);
    }
}

static const struct value *issue(struct hook_call *c, const char *code, const char *text)
{
    const struct value *v = tree_put(c->a, tree_put(c->a, NULL, STR("code"), text_value(c->a, code)), STR("message"), text_value(c->a, text));

    return tree_put(c->a, NULL, STR("health.issues"), tree_list(c->a, NULL, v));
}

static bool nodegroup_settle(struct hook_call *c)
{
    struct object *cluster = cluster_of(c, c->o->attrs);
    const char *why = cluster ? obstacle(c, cluster) : "the cluster is gone";
    int64_t want = 1;

    str_int(attr(c, c->o, "scalingConfig.desiredSize"), &want);
    if (!want)
        return true;
    if (why) {
        c->last = STR("CREATE_FAILED");
        c->set = issue(c, "NodeCreationFailure", str_c(c->a, str_fmt(c->a, "Instances failed to join the kubernetes cluster: %s", why)));
        return true;
    }
    launch(c, cluster);
    return true;
}

/* A node role without its policies cannot give interfaces back: they stay available, and hold subnets and groups. */
static bool nodegroup_removed(struct hook_call *c)
{
    interfaces_drop(c->sim, c->a, owner_of(c, c->o), !role_has(c->sim, c->a, attr(c, c->o, "nodeRole"), "AmazonEKS_CNI_Policy"));
    return true;
}

/* ---- Fargate: one profile at a time, private subnets only ---- */
static bool fargate_busy(struct hook_call *c, struct str cluster, const struct object *but)
{
    struct object *o;
    size_t i = 0;

    while ((o = each_object(eks_kind(c->sim, "fargate_profile"), &i)))
        if (o != but && str_eq(attr(c, o, "clusterName"), cluster) && (str_is(object_state(o), "CREATING") || str_is(object_state(o), "DELETING")))
            return !sim_refuse(c->r, STR("ResourceInUseException"), "Cannot change Fargate Profile because cluster %.*s currently has Fargate profile %.*s in status %.*s",
                               STR_ARG(cluster), STR_ARG(attr(c, o, "fargateProfileName")), STR_ARG(object_state(o)));
    return false;
}

static bool fargate_check(struct hook_call *c)
{
    const struct value **id;
    size_t n = tree_leaves(c->a, c->attrs, STR("subnets"), &id), i;

    for (i = 0; i < n; i++)
        if (way_out(c->sim, c->a, tree_text(c->a, id[i], STR_NONE)) == WAY_INTERNET)
            return invalid(c, "Subnet provided in Fargate Profile is not a private subnet");
    if (!role_trusts(c->sim, c->a, tree_text(c->a, c->attrs, STR("podExecutionRoleArn")), "eks-fargate-pods.amazonaws.com"))
        return invalid(c, "Misconfigured PodExecutionRole Trust Policy; Please add the eks-fargate-pods.amazonaws.com Service Principal");
    return !fargate_busy(c, tree_text(c->a, c->attrs, STR("clusterName")), NULL);
}

static bool fargate_before(struct hook_call *c)
{
    return !fargate_busy(c, attr(c, c->o, "clusterName"), c->o);
}

/* ---- add-ons ---- */
static struct str newest_build(struct hook_call *c, struct str name, struct str version)
{
    struct str text = data_str(eks_let(c->sim, "addon_builds"), str_c(c->a, name));
    size_t at = str_find(text, STR("{v}"));

    if (at == SIZE_MAX)
        return text;
    return str_fmt(c->a, "%.*s%.*s%.*s", (int)at, text.s, STR_ARG(str_sub(version, 2, version.n)), STR_ARG(str_sub(text, at + 3, text.n)));
}

static bool addon_check(struct hook_call *c)
{
    const struct value *attrs = c->o ? c->o->attrs : c->attrs;
    struct str name = tree_text(c->a, attrs, STR("addonName")), version = tree_text(c->a, c->attrs, STR("addonVersion")), values, why;
    struct object *cluster = cluster_of(c, attrs);

    if (!data_str(eks_let(c->sim, "addon_builds"), str_c(c->a, name)).n)
        return invalid(c, "Addon specified is not supported");
    if (!version.n && !c->o)
        set_text(c, "addonVersion", newest_build(c, name, attr(c, cluster, "version")));
    else if (version.n && version.s[0] != 'v')
        return invalid(c, "Addon version specified is not supported");
    values = tree_text(c->a, c->attrs, STR("configurationValues"));
    if (values.n && !json_read(c->a, values, 0, &why))
        return invalid(c, "ConfigurationValue provided in request is not supported");
    return true;
}

static bool any_nodes(struct hook_call *c, struct str cluster)
{
    static const char *const kinds[] = { "nodegroup", "fargate_profile" };
    struct object *o;
    size_t i, j;

    for (j = 0; j < 2; j++)
        for (i = 0; (o = each_object(eks_kind(c->sim, kinds[j]), &i));)
            if (str_eq(attr(c, o, "clusterName"), cluster) && (str_is(object_state(o), "ACTIVE") || str_is(object_state(o), "UPDATING")))
                return true;
    return false;
}

static bool addon_settle(struct hook_call *c)
{
    if (!listed(eks_let(c->sim, "needs_nodes"), attr(c, c->o, "addonName")) || any_nodes(c, attr(c, c->o, "clusterName")))
        return true;
    c->last = STR("DEGRADED");
    c->set = issue(c, "InsufficientNumberOfReplicas", "The add-on is unhealthy because it doesn't have the desired number of replicas: there are no nodes.");
    return true;
}

static bool addon_versions(struct hook_call *c)
{
    const struct value *builds = eks_let(c->sim, "addon_builds"), *list = &value_empty_list, *versions = value_get(eks_let(c->sim, "service"), STR("versions"));
    struct str only = tree_text(c->a, c->r->input, STR("addonName")), kubernetes = tree_text(c->a, c->r->input, STR("kubernetesVersion"));
    size_t i, j;

    for (i = 0; i < builds->object.n; i++) {
        struct str name = builds->object.v[i].key;
        const struct value *all = &value_empty_list, *v;

        if (builds->object.v[i].value->kind != VALUE_STRING || (only.n && !str_eq(only, name)))
            continue;
        for (j = versions->list.n; j-- > 0;) {
            struct str version = versions->list.v[j]->s;

            if (kubernetes.n && !str_eq(kubernetes, version))
                continue;
            v = tree_put(c->a, tree_put(c->a, NULL, STR("clusterVersion"), value_string(c->a, version)), STR("defaultVersion"), &value_true);
            v = tree_put(c->a, NULL, STR("compatibilities"), tree_list(c->a, NULL, v));
            all = tree_list(c->a, all, tree_put(c->a, v, STR("addonVersion"), value_string(c->a, newest_build(c, name, version))));
        }
        v = tree_put(c->a, tree_put(c->a, NULL, STR("addonName"), value_string(c->a, name)), STR("addonVersions"), all);
        list = tree_list(c->a, list, tree_put(c->a, v, STR("owner"), text_value(c->a, "aws")));
    }
    c->r->out = tree_put(c->a, NULL, STR("addons"), list);
    return true;
}

static bool cluster_versions(struct hook_call *c)
{
    const struct value *versions = value_get(eks_let(c->sim, "service"), STR("versions")), *list = &value_empty_list, *v;
    size_t i;

    for (i = versions->list.n; i-- > 0;) {
        v = tree_put(c->a, NULL, STR("clusterVersion"), versions->list.v[i]);
        v = tree_put(c->a, v, STR("clusterType"), text_value(c->a, "eks"));
        v = tree_put(c->a, v, STR("defaultVersion"), value_bool(i + 1 == versions->list.n));
        list = tree_list(c->a, list, tree_put(c->a, v, STR("versionStatus"), text_value(c->a, i < 2 ? "EXTENDED_SUPPORT" : "STANDARD_SUPPORT")));
    }
    c->r->out = tree_put(c->a, NULL, STR("clusterVersions"), list);
    return true;
}

/* ---- access ---- */
static bool check_api_mode(struct hook_call *c)
{
    struct object *cluster = cluster_of(c, c->attrs);

    if (cluster && str_is(attr(c, cluster, "accessConfig.authenticationMode"), "CONFIG_MAP"))
        return sim_refuse(c->r, STR("InvalidRequestException"), "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.");
    return true;
}

static bool access_entry_check(struct hook_call *c)
{
    if (c->o)
        return true;
    if (!str_starts(tree_text(c->a, c->attrs, STR("principalArn")), STR("arn:")))
        return invalid(c, "The principalArn parameter format is not valid");
    return check_api_mode(c);
}

static bool access_policy_check(struct hook_call *c)
{
    if (str_find(tree_text(c->a, c->attrs, STR("policyArn")), STR(":eks::aws:cluster-access-policy/AmazonEKS")) == SIZE_MAX)
        return invalid(c, "The policyArn parameter format is not valid");
    if (str_is(tree_text(c->a, c->attrs, STR("accessScope.type")), "namespace") && !tree_get(c->attrs, STR("accessScope.namespaces")))
        return invalid(c, "The namespace scope needs namespaces");
    return check_api_mode(c);
}

static bool pod_identity_check(struct hook_call *c)
{
    struct str role = tree_text(c->a, c->attrs, STR("roleArn"));

    if (role.n && !role_trusts(c->sim, c->a, role, "pods.eks.amazonaws.com"))
        return invalid(c, "Trust policy of role must allow sts:AssumeRole and sts:TagSession for pods.eks.amazonaws.com");
    return true;
}

const struct hook hooks_eks[] = {
    { "cluster_check", cluster_check },
    { "cluster_made", cluster_made },
    { "cluster_before", cluster_before },
    { "cluster_removed", cluster_removed },
    { "nodegroup_check", nodegroup_check },
    { "nodegroup_made", nodegroup_made },
    { "nodegroup_settle", nodegroup_settle },
    { "nodegroup_removed", nodegroup_removed },
    { "fargate_check", fargate_check },
    { "fargate_before", fargate_before },
    { "addon_check", addon_check },
    { "addon_settle", addon_settle },
    { "addon_versions", addon_versions },
    { "cluster_versions", cluster_versions },
    { "access_entry_check", access_entry_check },
    { "access_policy_check", access_policy_check },
    { "pod_identity_check", pod_identity_check },
    { NULL, NULL },
};
