/* hook_nodes.c - node groups and Fargate profiles: what lets nodes join, what an update may ask for, how many nodes are ready.
 * The nodes are instances of EC2 (as many as MOST_NODES of a group), each with an interface more for its pods.
 *
 * A node group's attribute `ready` (shown by no reply, written to the log) is the number of its nodes that are ready: none while it is made, `desiredSize` once it is ACTIVE
 * and after each update (a version update starts new nodes before it takes old ones away), none from the moment it is DELETING, for its nodes are drained from then on. */
#include <string.h>
#include "hook.h"

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

/* The group's new version: not above the cluster's, never below its own. */
static bool check_version(struct hook_call *c, struct object *cluster, struct str version)
{
    int64_t want, have, own;

    if (!version.n || !cluster || !minor_of(version, &want) || !minor_of(attr(c, cluster, "version"), &have) || !minor_of(attr(c, c->o, "version"), &own))
        return true;
    if (want > have)
        return invalid(c, "Requested Nodegroup version %.*s is above the cluster's version %.*s", STR_ARG(version), STR_ARG(attr(c, cluster, "version")));
    return want >= own || invalid(c, "Requested Nodegroup version %.*s is lower than its version %.*s", STR_ARG(version), STR_ARG(attr(c, c->o, "version")));
}

static bool refuse_template(struct hook_call *c, const char *what)
{
    return sim_refuse(c->r, STR("InvalidRequestException"), "%s", what);
}

static bool check_template(struct hook_call *c)
{
    struct str id = tree_text(c->a, c->attrs, STR("launchTemplate.id")), version = tree_text(c->a, c->attrs, STR("launchTemplate.version"));
    struct str own = c->o ? attr(c, c->o, "launchTemplate.id") : STR_NONE;

    if (!id.n)
        return true;
    if (c->o && !own.n)
        return invalid(c, "You cannot specify a launch template when you updating a node group that was not created with one");
    if (own.n && !str_eq(own, id))
        return invalid(c, "You cannot specify another launch template than the one the node group was created with");
    if (tree_get(c->attrs, STR("diskSize")) || tree_get(c->attrs, STR("remoteAccess")))
        return invalid(c, "Disk size and remote access must be specified within the launch template.");
    if (version.n && version.s[0] != '$' && !object_find(ec2_kind(c->sim, "launch_template_version"), str_fmt(c->a, "%.*s/%.*s", STR_ARG(id), STR_ARG(version))))
        return refuse_template(c, "You have specified a launch template version that does not exist.");
    return true;
}

/* A count or a percentage, the new one alone. */
static bool check_pace(struct hook_call *c)
{
    const struct value *pace = value_get(c->r->input, STR("updateConfig"));
    const struct value *count = pace ? value_get(pace, STR("maxUnavailable")) : NULL, *share = pace ? value_get(pace, STR("maxUnavailablePercentage")) : NULL;

    if (count && share)
        return invalid(c, "You can only specify one of maxUnavailable and maxUnavailablePercentage");
    if (count || share)
        c->attrs = tree_put(c->a, c->attrs, count ? STR("updateConfig.maxUnavailablePercentage") : STR("updateConfig.maxUnavailable"), &value_none);
    return true;
}

static bool nodegroup_update(struct hook_call *c)
{
    const struct value *taints = value_get(c->attrs, STR("taints"));
    struct object *cluster = cluster_of(c, c->o->attrs);
    bool versions = str_is(c->r->op->name, "UpdateNodegroupVersion");
    struct str version = tree_text(c->a, c->attrs, STR("version"));

    if (!versions && !taints && !tree_get(c->attrs, STR("labels")) && !tree_get(c->attrs, STR("scalingConfig")) && !tree_get(c->attrs, STR("updateConfig")) && !tree_get(c->attrs, STR("nodeRepairConfig"))
        && !tree_get(c->attrs, STR("warmPoolConfig")))
        return invalid(c, "At least one of labels, taints, scalingConfig and updateConfig is required");
    if (!check_version(c, cluster, version) || !check_template(c) || !check_pace(c))
        return false;
    if (value_get(c->attrs, STR("labels")))
        merge_labels(c);
    if (taints)
        c->attrs = value_with(c->a, c->attrs, STR("taints"), upserted(c, value_get(c->o->attrs, STR("taints")), value_get(taints, STR("addOrUpdateTaints")), value_get(taints, STR("removeTaints"))));
    if (versions && !version.n && cluster)
        c->attrs = tree_put(c->a, c->attrs, STR("version"), value_get(cluster->attrs, STR("version")));
    return check_scaling(c);
}

static struct str architecture(struct hook_call *c, const struct value *type)
{
    struct object *o = object_by(c->a, ec2_kind(c->sim, "instance_type"), STR("InstanceType"), tree_text(c->a, type, STR_NONE));

    const struct value **all;

    return o && tree_leaves(c->a, o->attrs, STR("ProcessorInfo.SupportedArchitectures"), &all) ? tree_text(c->a, all[0], STR_NONE) : STR_NONE;
}

static bool check_types(struct hook_call *c)
{
    struct str image = tree_text(c->a, c->attrs, STR("amiType")), first = STR_NONE, own;
    const struct value **type;
    size_t n = tree_leaves(c->a, c->attrs, STR("instanceTypes"), &type), i;
    bool arm = str_find(image, STR("ARM")) != SIZE_MAX, custom = str_is(image, "CUSTOM");

    rows_make(c->r, ec2_kind(c->sim, "instance_type"));
    for (i = 0; i < n; i++) {
        own = architecture(c, type[i]);
        if (!own.n)
            return invalid(c, "The following supplied instance types do not exist: [%.*s]", STR_ARG(tree_text(c->a, type[i], STR_NONE)));
        if (i && !str_eq(own, first))
            return invalid(c, "Instance types must have one architecture: [%.*s] differs", STR_ARG(tree_text(c->a, type[i], STR_NONE)));
        if (!custom && arm != str_is(own, "arm64"))
            return invalid(c, "[%.*s] is not a valid instance type for requested amiType %.*s", STR_ARG(tree_text(c->a, type[i], STR_NONE)), STR_ARG(image));
        first = own;
    }
    return true;
}

static bool check_place(struct hook_call *c, struct object *cluster)
{
    const struct value **id;
    size_t n = tree_leaves(c->a, c->attrs, STR("subnets"), &id), i;

    for (i = 0; i < n; i++) {
        struct object *o = object_find(ec2_kind(c->sim, "subnet"), tree_text(c->a, id[i], STR_NONE));

        if (o && !str_eq(attr(c, o, "VpcId"), attr(c, cluster, "resourcesVpcConfig.vpcId")))
            return invalid(c, "Subnet %.*s is not in the VPC of the cluster", STR_ARG(o->id));
    }
    return true;
}

static bool nodegroup_check(struct hook_call *c)
{
    struct str version = tree_text(c->a, c->attrs, STR("version")), own, image = tree_text(c->a, c->attrs, STR("amiType"));
    struct object *cluster;
    int64_t n;

    if (c->o)
        return nodegroup_update(c);
    cluster = cluster_of(c, c->attrs);
    own = attr(c, cluster, "version");
    if (version.n && !str_eq(version, own))
        return invalid(c, "Requested Nodegroup version %.*s is invalid: it must be equal to the cluster's, %.*s", STR_ARG(version), STR_ARG(own));
    set_text(c, "version", own);
    if (str_starts(image, STR("AL2_")) && minor_of(own, &n) && n > 32)
        return invalid(c, "AMI type %.*s is only supported for kubernetes versions 1.32 or earlier", STR_ARG(image));
    if (!role_trusts(c->sim, c->a, tree_text(c->a, c->attrs, STR("nodeRole")), "ec2.amazonaws.com"))
        return invalid(c, "Following required service principals [ec2.amazonaws.com] were not found in the trust relationships of nodeRole");
    if (!check_template(c) || !check_pace(c) || !check_types(c) || !check_place(c, cluster))
        return false;
    set_text(c, "releaseVersion", str_fmt(c->a, "%.*s.0-20260101", STR_ARG(own)));
    set_text(c, "nodeRoleId", principal_id(c, tree_text(c->a, c->attrs, STR("nodeRole"))));
    c->attrs = tree_put(c->a, c->attrs, STR("ready"), value_int(c->a, 0));
    return check_scaling(c);
}

/* The last part of a node group's ARN names what EKS makes for it. */
static struct str profile_of(struct hook_call *c)
{
    struct str arn = attr(c, c->o, "nodegroupArn");

    return str_fmt(c->a, "eks-%.*s", STR_ARG(str_sub(arn, arn.n > 36 ? arn.n - 36 : 0, arn.n)));
}

/* Nodes may enter: EKS makes their access entry itself, and an instance profile that holds their role. */
static bool nodegroup_made(struct hook_call *c)
{
    struct str principal = attr(c, c->o, "nodeRole"), cluster = attr(c, c->o, "clusterName");

    if (!object_find(eks_kind(c->sim, "access_entry"), str_fmt(c->a, "%.*s/%.*s", STR_ARG(cluster), STR_ARG(principal))))
        entry_new(c, cluster, principal, "EC2_LINUX");
    profile_new(c->sim, c->a, profile_of(c), principal);
    return true;
}

static void nodes_end(struct hook_call *c, size_t keep);

/* Its nodes are drained and end from the moment that it goes. */
static bool nodegroup_before(struct hook_call *c)
{
    nodes_end(c, 0);
    object_set(c->sim, c->o, tree_put(c->a, c->o->attrs, STR("ready"), value_int(c->a, 0)));
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

    if (!entry_works(c, cluster->id, role))
        return "the cluster has no access entry for the node role as it is now";
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

enum { MOST_NODES = 10 };

/* ---- the nodes ---- */
static bool is_node(struct hook_call *c, const struct object *instance)
{
    return str_eq(tree_text(c->a, instance->attrs, STR("owner")), owner_of(c, c->o));
}

/* Marked as made by EKS, like all that comes with it. */
static void own(struct hook_call *c, struct object *instance)
{
    static const struct { const char *kind, *by; } with[] = {
        { "network_interface", "Attachment.InstanceId" }, { "volume_attachment", "InstanceId" }, { "guest", "InstanceId" }, { "profile_association", "InstanceId" },
    };
    struct str owner = owner_of(c, c->o);
    struct object *o, *volume;
    size_t i, k;

    object_set(c->sim, instance, put_str(c->a, instance->attrs, "owner", owner));
    for (k = 0; k < sizeof with / sizeof with[0]; k++)
        for (i = 0; (o = each_object(ec2_kind(c->sim, with[k].kind), &i));) {
            if (!str_eq(tree_text(c->a, o->attrs, str_of(with[k].by)), instance->id))
                continue;
            object_set(c->sim, o, put_str(c->a, o->attrs, "owner", str_fmt(c->a, "%.*s node", STR_ARG(owner))));
            volume = object_find(ec2_kind(c->sim, "volume"), tree_text(c->a, o->attrs, STR("VolumeId")));
            if (volume)
                object_set(c->sim, volume, put_str(c->a, volume->attrs, "owner", owner));
        }
}

static struct str node_image(struct hook_call *c)
{
    struct str type = attr(c, c->o, "amiType"), version = attr(c, c->o, "version");
    const char *arch = str_find(type, STR("ARM")) == SIZE_MAX ? "x86_64" : "arm64";

    if (str_starts(type, STR("BOTTLEROCKET")))
        return str_fmt(c->a, "resolve:ssm:/aws/service/bottlerocket/aws-k8s-%.*s/%s/latest/image_id", STR_ARG(version), arch);
    return str_fmt(c->a, "resolve:ssm:/aws/service/eks/optimized-ami/%.*s/amazon-linux-2023/%s/standard/recommended/image_id", STR_ARG(version), arch);
}

static bool says(const struct value *data, const char *member)
{
    return data && tree_get(data, str_of(member)) != NULL;
}

/* What RunInstances takes for one: the group's template, and what that leaves open. */
static const struct value *node_spec(struct hook_call *c, const struct object *cluster, struct str subnet)
{
    struct str template = attr(c, c->o, "launchTemplate.id"), number = attr(c, c->o, "launchTemplate.version");
    const struct object *version = template.n ? object_find(ec2_kind(c->sim, "launch_template_version"), str_fmt(c->a, "%.*s/%.*s", STR_ARG(template), STR_ARG(number))) : NULL;
    const struct value *data = version ? value_get(version->attrs, STR("LaunchTemplateData")) : NULL, **type;
    const struct value *v = tree_put(c->a, tree_put(c->a, put_str(c->a, NULL, "SubnetId", subnet), STR("MinCount"), value_int(c->a, 1)), STR("MaxCount"), value_int(c->a, 1));
    const struct value *tags = tree_put(c->a, put_str(c->a, NULL, "Key", STR("eks:nodegroup-name")), STR("Value"), value_get(c->o->attrs, STR("nodegroupName")));

    tags = tree_list(c->a, tree_list(c->a, NULL, tags), tree_put(c->a, put_str(c->a, NULL, "Key", STR("eks:cluster-name")), STR("Value"), value_get(c->o->attrs, STR("clusterName"))));
    tags = tree_put(c->a, put_str(c->a, NULL, "ResourceType", STR("instance")), STR("Tags"), tags);
    v = tree_put(c->a, v, STR("TagSpecifications"), tree_list(c->a, NULL, tags));
    if (version)
        v = put_str(c->a, put_str(c->a, v, "LaunchTemplate.LaunchTemplateId", template), "LaunchTemplate.Version", number);
    if (!says(data, "ImageId"))
        v = put_str(c->a, v, "ImageId", node_image(c));
    if (!says(data, "InstanceType") && tree_leaves(c->a, c->o->attrs, STR("instanceTypes"), &type))
        v = put_str(c->a, v, "InstanceType", value_text(c->a, type[0]));
    if (!says(data, "SecurityGroupIds") && !says(data, "NetworkInterfaces"))
        v = tree_put(c->a, v, STR("SecurityGroupIds"), tree_list(c->a, NULL, value_get(value_get(cluster->attrs, STR("resourcesVpcConfig")), STR("clusterSecurityGroupId"))));
    return v;
}

/* One in a subnet, and an interface for its pods. False: EC2 refuses, *why. */
static bool node_new(struct hook_call *c, const struct object *cluster, struct str subnet, struct str *why)
{
    struct request r;
    struct object *instance;

    if (!sim_within(&r, c->sim, c->a, c->o->region, "ec2", "RunInstances", node_spec(c, cluster, subnet))) {
        *why = r.message;
        return false;
    }
    instance = object_find(ec2_kind(c->sim, "instance"), tree_text(c->a, value_get(r.out, STR("Instances"))->list.v[0], STR("InstanceId")));
    own(c, instance);
    interface_new(c->sim, c->a, subnet, attr(c, cluster, "resourcesVpcConfig.clusterSecurityGroupId"), str_fmt(c->a, "aws-K8S-%.*s", STR_ARG(instance->id)), owner_of(c, c->o), false);
    return true;
}

static size_t nodes_there(struct hook_call *c)
{
    struct object *o;
    size_t i = 0, n = 0;

    while ((o = each_object(ec2_kind(c->sim, "instance"), &i)))
        n += !o->dying && is_node(c, o);
    return n;
}

static void nodes_end(struct hook_call *c, size_t keep)
{
    struct object *o;
    size_t i = 0, n = 0;

    while ((o = each_object(ec2_kind(c->sim, "instance"), &i)))
        if (!o->dying && is_node(c, o) && n++ >= keep)
            instance_terminate(c->sim, c->a, o, "Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown");
}

/* As many as are wanted, in one subnet after the other; all of them new when `renew`. NULL, or why EC2 gives none. */
static const char *nodes_follow(struct hook_call *c, const struct object *cluster, int64_t want, bool renew)
{
    const struct value **id;
    size_t n = tree_leaves(c->a, c->o->attrs, STR("subnets"), &id), have, i;
    struct str why = STR_NONE;

    nodes_end(c, renew ? 0 : (size_t)want);
    have = nodes_there(c);
    for (i = have; n && i < (size_t)want && i < MOST_NODES; i++)
        if (!node_new(c, cluster, tree_text(c->a, id[i % n], STR_NONE), &why))
            return str_c(c->a, why);
    return NULL;
}

static void set_ready(struct hook_call *c, int64_t n)
{
    c->set = tree_merge(c->a, c->set, tree_put(c->a, NULL, STR("ready"), value_int(c->a, n)));
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
    why = nodes_follow(c, cluster, want, false);
    if (why) {
        c->last = STR("CREATE_FAILED");
        c->set = issue(c, "AsgInstanceLaunchFailures", str_c(c->a, str_fmt(c->a, "Could not launch On-Demand Instances. %s Launching EC2 instance failed.", why)));
        return true;
    }
    set_ready(c, want);
    return true;
}

/* The update that ends now: it was recorded with the same end. */
static struct object *running_update(struct hook_call *c)
{
    struct object *o;
    size_t i = 0;

    while ((o = each_object(eks_kind(c->sim, "update"), &i)))
        if (str_eq(attr(c, o, "nodegroupName"), attr(c, c->o, "nodegroupName")) && str_eq(attr(c, o, "clusterName"), attr(c, c->o, "clusterName")) && o->m.pos + 1 < o->m.n
            && str_eq(o->region, c->o->region))
            return o;
    return NULL;
}

/* An update that must start nodes fails where nodes cannot join; the old ones stay. */
static bool nodegroup_updated(struct hook_call *c)
{
    struct object *cluster = cluster_of(c, c->o->attrs), *update = running_update(c);
    bool versions = update && str_is(attr(c, update, "type"), "VersionUpdate");
    int64_t want = 0, have = 0;
    const char *why;

    str_int(attr(c, c->o, "scalingConfig.desiredSize"), &want);
    str_int(attr(c, c->o, "ready"), &have);
    why = !cluster ? "the cluster is gone" : (versions && want) || want > have ? obstacle(c, cluster) : NULL;
    if (!why)
        why = nodes_follow(c, cluster, want, versions);
    if (!why) {
        set_ready(c, want);
        if (!tree_text(c->a, c->o->attrs, STR("ails")).n)
            c->set = tree_put(c->a, c->set, STR("health.issues"), &value_empty_list);
        else
            c->last = STR("DEGRADED");
        return true;
    }
    c->set = issue(c, "NodeCreationFailure", str_c(c->a, str_fmt(c->a, "Instances failed to join the kubernetes cluster: %s", why)));
    c->last = STR("DEGRADED");
    c->undo = versions;
    if (update && versions)
        update_fails(c->sim, update, "NodeCreationFailure", why);
    return true;
}

/* Somebody took the launch template away: the group lives on, and cannot renew its nodes. */
static bool template_removed(struct hook_call *c)
{
    struct object *o;
    size_t i = 0;

    while ((o = each_object(eks_kind(c->sim, "nodegroup"), &i)))
        if (str_eq(attr(c, o, "launchTemplate.id"), c->o->id) && str_is(object_state(o), "ACTIVE"))
            object_ail(c->sim, o, STR("DEGRADED"), STR("Ec2LaunchTemplateNotFound"), STR("The launch template of the node group is gone"));
    return true;
}

/* A node role without its policies cannot give interfaces back: they stay available, and hold subnets and groups. */
static bool nodegroup_removed(struct hook_call *c)
{
    profile_drop(c->sim, profile_of(c));
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


const struct hook hooks_nodes[] = {
    { "nodegroup_check", nodegroup_check },
    { "nodegroup_made", nodegroup_made },
    { "nodegroup_before", nodegroup_before },
    { "nodegroup_settle", nodegroup_settle },
    { "nodegroup_updated", nodegroup_updated },
    { "nodegroup_removed", nodegroup_removed },
    { "template_removed", template_removed },
    { "fargate_check", fargate_check },
    { "fargate_before", fargate_before },
    { NULL, NULL },
};
