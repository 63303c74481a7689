/* hook_eks.c - control planes: what they need to come to life, what may be changed in them, what they leave behind; and who may enter.
 * Nodes are in hook_nodes.c, add-ons in hook_addons.c. */
#include <stdarg.h>
#include <string.h>
#include "hook.h"

struct kind *eks_kind(struct sim *s, const char *name)
{
    return kind_find(s, STR("eks"), str_of(name));
}

const struct value *eks_let(struct sim *s, const char *name)
{
    return value_get(service_find(s, STR("eks"))->lets, str_of(name));
}

bool listed(const struct value *list, struct str text)
{
    size_t i;

    for (i = 0; list && list->kind == VALUE_LIST && i < list->list.n; i++)
        if (list->list.v[i]->kind == VALUE_STRING && str_eq(list->list.v[i]->s, text))
            return true;
    return false;
}

struct str attr(struct hook_call *c, const struct object *o, const char *path)
{
    return tree_text(c->a, o->attrs, str_of(path));
}

struct object *cluster_of(struct hook_call *c, const struct value *attrs)
{
    return object_find(eks_kind(c->sim, "cluster"), tree_text(c->a, attrs, STR("clusterName")));
}

bool invalid(struct hook_call *c, const char *fmt, ...)
{
    struct buf b = { 0 };
    va_list ap;

    va_start(ap, fmt);
    buf_vfmt(&b, fmt, ap);
    va_end(ap);
    sim_refuse(c->r, STR("InvalidParameterException"), "%.*s", STR_ARG(buf_view(&b)));
    buf_fini(&b);
    return false;
}

const struct value *issue(struct hook_call *c, const char *code, const char *text)
{
    const struct value *v = tree_put(c->a, tree_put(c->a, NULL, STR("code"), text_value(c->a, code)), STR("message"), text_value(c->a, text));

    return tree_put(c->a, NULL, STR("health.issues"), tree_list(c->a, NULL, v));
}

/* ---- clusters ---- */
static struct str zone_of(struct hook_call *c, const struct value *id)
{
    struct object *o = object_find(ec2_kind(c->sim, "subnet"), tree_text(c->a, id, STR_NONE));

    return o ? attr(c, o, "AvailabilityZone") : STR_NONE;
}

static bool check_subnets(struct hook_call *c)
{
    const struct value **id;
    size_t n = tree_leaves(c->a, c->attrs, STR("resourcesVpcConfig.subnetIds"), &id), i;
    struct str vpc = STR_NONE;
    bool two = false;

    if (!n)
        return c->o || invalid(c, "Subnets specified must be in at least two different AZs");
    for (i = 0; i < n; i++) {
        struct object *o = object_find(ec2_kind(c->sim, "subnet"), tree_text(c->a, id[i], STR_NONE));

        two |= !str_eq(zone_of(c, id[i]), zone_of(c, id[0]));
        if (vpc.n && !str_eq(vpc, attr(c, o, "VpcId")))
            return invalid(c, "Subnets specified must belong to one VPC");
        vpc = attr(c, o, "VpcId");
    }
    if (!two)
        return invalid(c, "Subnets specified must be in at least two different AZs");
    if (c->o && !str_eq(vpc, attr(c, c->o, "resourcesVpcConfig.vpcId")))
        return invalid(c, "Provided subnets belong to another VPC than the cluster's");
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

bool minor_of(struct str version, int64_t *n)
{
    return str_starts(version, STR("1.")) && str_int(str_sub(version, 2, version.n), n);
}

/* Nodes may be three minors behind their control plane, no more. */
static bool check_skew(struct hook_call *c, int64_t to)
{
    struct object *o;
    size_t i = 0;
    int64_t have;

    while ((o = each_object(eks_kind(c->sim, "nodegroup"), &i)))
        if (str_eq(attr(c, o, "clusterName"), c->o->id) && str_eq(o->region, c->o->region) && minor_of(attr(c, o, "version"), &have) && have + 3 < to)
            return sim_refuse(c->r, STR("InvalidStateException"), "Nodegroup %.*s is at version %.*s: nodes may be at most three minor versions behind the control plane",
                              STR_ARG(attr(c, o, "nodegroupName")), STR_ARG(attr(c, o, "version")));
    return true;
}

static bool check_upgrade(struct hook_call *c, struct str to)
{
    int64_t old, new;

    if (!listed(value_get(eks_let(c->sim, "service"), STR("versions")), to))
        return invalid(c, "unsupported Kubernetes version");
    if (!c->o || !minor_of(attr(c, c->o, "version"), &old) || !minor_of(to, &new))
        return true;
    if (new != old + 1)
        return invalid(c, "Unsupported Kubernetes minor version update from %.*s to %.*s", STR_ARG(attr(c, c->o, "version")), STR_ARG(to));
    return check_skew(c, new);
}

static bool asks(struct hook_call *c, const char *paths)
{
    struct str rest = str_of(paths), path;

    while (str_cut(&rest, '|', &path))
        if (tree_get(c->attrs, path))
            return true;
    return false;
}

/* One kind of change in one call. */
static bool check_one_update(struct hook_call *c)
{
    static const char *const kinds[] = {
        "logging", "accessConfig", "upgradePolicy", "zonalShiftConfig", "computeConfig|storageConfig|kubernetesNetworkConfig", "deletionProtection", "remoteNetworkConfig", "controlPlaneScalingConfig",
        "resourcesVpcConfig.subnetIds|resourcesVpcConfig.securityGroupIds",
        "resourcesVpcConfig.endpointPublicAccess|resourcesVpcConfig.endpointPrivateAccess|resourcesVpcConfig.publicAccessCidrs",
    };
    size_t i, n = 0;

    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        n += asks(c, kinds[i]);
    return n <= 1 ? n == 1 || invalid(c, "The request names no change") : invalid(c, "Only one type of update can be allowed.");
}

static bool same_set(struct hook_call *c, const struct value *x, const struct value *y)
{
    size_t i;

    if (!x || !y || x->kind != VALUE_LIST || y->kind != VALUE_LIST || x->list.n != y->list.n)
        return false;
    for (i = 0; i < x->list.n; i++)
        if (!listed(y, tree_text(c->a, x->list.v[i], STR_NONE)))
            return false;
    return true;
}

static bool reserved(struct str cidr)
{
    static const char *const own[] = { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10" };
    struct cidr x, y;
    size_t i;
    int bit;

    if (!cidr_parse(cidr, &x, NULL))
        return true;
    for (i = 0; i < sizeof own / sizeof own[0]; i++) {
        cidr_parse(str_of(own[i]), &y, NULL);
        for (bit = 0; bit < y.bits && !((x.ip.b[bit / 8] ^ y.ip.b[bit / 8]) & (0x80 >> bit % 8)); bit++)
            ;
        if (bit == y.bits && x.bits >= y.bits)
            return true;
    }
    return false;
}

static bool check_endpoints(struct hook_call *c)
{
    static const char path[] = "resourcesVpcConfig.publicAccessCidrs";
    const struct value *all = tree_merge(c->a, c->o ? c->o->attrs : NULL, c->attrs), *now = c->o ? tree_get(c->o->attrs, str_of(path)) : NULL, *cidrs = tree_get(c->attrs, str_of(path));
    bool open = str_is(tree_text(c->a, all, STR("resourcesVpcConfig.endpointPublicAccess")), "true");
    size_t i;

    if (!asks(c, "resourcesVpcConfig.endpointPublicAccess|resourcesVpcConfig.endpointPrivateAccess|resourcesVpcConfig.publicAccessCidrs"))
        return true;
    if (!open && !str_is(tree_text(c->a, all, STR("resourcesVpcConfig.endpointPrivateAccess")), "true"))
        return invalid(c, "Private and public endpoint access cannot be false");
    for (i = 0; cidrs && cidrs->kind == VALUE_LIST && i < cidrs->list.n; i++)
        if (reserved(tree_text(c->a, cidrs->list.v[i], STR_NONE)))
            return invalid(c, "The following CIDRs are not allowed in publicAccessCidrs: [%.*s]", STR_ARG(tree_text(c->a, cidrs->list.v[i], STR_NONE)));
    if (cidrs && same_set(c, cidrs, now))
        c->attrs = tree_put(c->a, c->attrs, str_of(path), now);
    if (c->o && value_eq(tree_merge(c->a, c->o->attrs, c->attrs), c->o->attrs))
        return invalid(c, "Cluster is already at the desired configuration with endpointPrivateAccess: %.*s , endpointPublicAccess: %s, and Public Endpoint Restrictions: [%.*s]",
                       STR_ARG(attr(c, c->o, "resourcesVpcConfig.endpointPrivateAccess")), open ? "true" : "false",
                       STR_ARG(now && now->kind == VALUE_LIST && now->list.n ? tree_text(c->a, now->list.v[0], STR_NONE) : STR_NONE));
    return true;
}

/* CONFIG_MAP, then both, then API: one step at a time, and never back. */
static int mode_rank(struct str mode)
{
    return str_is(mode, "API") ? 2 : str_is(mode, "API_AND_CONFIG_MAP") ? 1 : 0;
}

static bool check_mode(struct hook_call *c)
{
    struct str to = tree_text(c->a, c->attrs, STR("accessConfig.authenticationMode")), from = c->o ? attr(c, c->o, "accessConfig.authenticationMode") : STR_NONE;

    if (!c->o || !to.n)
        return true;
    if (str_eq(from, to))
        return invalid(c, "Cluster is already at the desired authentication mode %.*s", STR_ARG(to));
    return mode_rank(to) == mode_rank(from) + 1 || invalid(c, "Unsupported authentication mode update from %.*s to %.*s", STR_ARG(from), STR_ARG(to));
}

/* Two lists always: what is written to the log and what is not. An update moves the types that it names. */
static bool check_logging(struct hook_call *c)
{
    static const char *const types[] = { "api", "audit", "authenticator", "controllerManager", "scheduler" };
    const struct value *asked = tree_get(c->attrs, STR("logging.clusterLogging")), *old = c->o ? tree_get(c->o->attrs, STR("logging.clusterLogging")) : NULL, *v;
    const struct value *lists[2] = { &value_empty_list, &value_empty_list };
    size_t i, j;

    if (!asked || asked->kind != VALUE_LIST)
        return true;
    for (i = 0; i < sizeof types / sizeof types[0]; i++) {
        bool on = false;

        for (j = 0; old && j < old->list.n; j++)
            if (listed(value_get(old->list.v[j], STR("types")), str_of(types[i])))
                on = str_is(tree_text(c->a, old->list.v[j], STR("enabled")), "true");
        for (j = 0; j < asked->list.n; j++)
            if (listed(value_get(asked->list.v[j], STR("types")), str_of(types[i])))
                on = str_is(tree_text(c->a, asked->list.v[j], STR("enabled")), "true");
        lists[on] = tree_list(c->a, lists[on], text_value(c->a, types[i]));
    }
    for (v = &value_empty_list, i = 2; i-- > 0;)
        if (lists[i]->list.n)
            v = tree_list(c->a, v, tree_put(c->a, tree_put(c->a, NULL, STR("types"), lists[i]), STR("enabled"), value_bool(i)));
    if (old && value_eq(v, old))
        return invalid(c, "No changes needed for the logging config provided");
    c->attrs = tree_put(c->a, c->attrs, STR("logging.clusterLogging"), v);
    return true;
}

static void interfaces_move(struct hook_call *c);

static bool encryption_check(struct hook_call *c)
{
    const struct value *now = value_get(c->o->attrs, STR("encryptionConfig")), **key;

    if (now && now->kind == VALUE_LIST && now->list.n)
        return invalid(c, "Encryption config is already associated with the cluster, and cannot be changed");
    return (tree_leaves(c->a, c->attrs, STR("encryptionConfig.provider.keyArn"), &key) == 1 && str_starts(tree_text(c->a, key[0], STR_NONE), STR("arn:"))) || invalid(c, "The keyArn in encryptionConfig provider is invalid");
}

static bool cluster_check(struct hook_call *c)
{
    struct str version = tree_text(c->a, c->attrs, STR("version"));

    if (c->o && str_is(c->r->op->name, "AssociateEncryptionConfig"))
        return encryption_check(c);
    if (c->o && !version.n && !check_one_update(c))
        return false;
    if (version.n && !check_upgrade(c, version))
        return false;
    if (!check_subnets(c) || !check_endpoints(c) || !check_mode(c) || !check_logging(c))
        return false;
    if (c->o && tree_get(c->attrs, STR("resourcesVpcConfig.subnetIds")))
        interfaces_move(c);
    return c->o || check_role(c);
}

struct str owner_of(struct hook_call *c, const struct object *o)
{
    return str_fmt(c->a, "%.*s %.*s", STR_ARG(o->kind->full), STR_ARG(o->id));
}

struct str principal_id(struct hook_call *c, struct str arn)
{
    struct object *role = role_of(c->sim, c->a, arn);

    return role ? attr(c, role, "RoleId") : arn;
}

void entry_new(struct hook_call *c, struct str cluster, struct str principal, const char *type)
{
    struct kind *k = eks_kind(c->sim, "access_entry");
    const struct value *v = tree_put(c->a, NULL, STR("clusterName"), value_string(c->a, cluster));
    struct str id;

    v = tree_put(c->a, v, STR("principalArn"), value_string(c->a, principal));
    v = tree_put(c->a, v, STR("principalId"), value_string(c->a, principal_id(c, principal)));
    v = attrs_whole(c->r, k, tree_put(c->a, v, STR("type"), text_value(c->a, type)), &id);
    object_new(c->sim, k, id, c->o->region, v);
}

bool entry_works(struct hook_call *c, struct str cluster, struct str principal)
{
    struct object *o = object_find(eks_kind(c->sim, "access_entry"), str_fmt(c->a, "%.*s/%.*s", STR_ARG(cluster), STR_ARG(principal)));

    return o && str_eq(attr(c, o, "principalId"), principal_id(c, principal));
}

static void admit_creator(struct hook_call *c)
{
    struct str partition = endpoint_partition(c->r->region), principal = str_fmt(c->a, "arn:%.*s:iam::111122223333:user/sandbox", STR_ARG(partition)), id;
    struct kind *k = eks_kind(c->sim, "access_policy");
    const struct value *v = tree_put(c->a, NULL, STR("clusterName"), value_string(c->a, c->o->id));

    entry_new(c, c->o->id, principal, "STANDARD");
    v = tree_put(c->a, v, STR("principalArn"), value_string(c->a, principal));
    v = tree_put(c->a, v, STR("policyArn"), value_string(c->a, str_fmt(c->a, "arn:%.*s:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy", STR_ARG(partition))));
    v = attrs_whole(c->r, k, tree_put(c->a, v, STR("accessScope.type"), text_value(c->a, "cluster")), &id);
    object_new(c->sim, k, id, c->o->region, v);
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

static bool check_groups(struct hook_call *c, struct str type)
{
    const struct value *groups = value_get(c->attrs, STR("kubernetesGroups"));
    size_t i;

    for (i = 0; groups && groups->kind == VALUE_LIST && i < groups->list.n; i++)
        if (str_starts(tree_text(c->a, groups->list.v[i], STR_NONE), STR("system:")))
            return invalid(c, "The kubernetes group name %.*s is invalid, it cannot start with system:", STR_ARG(tree_text(c->a, groups->list.v[i], STR_NONE)));
    if (i && !str_is(type, "STANDARD"))
        return invalid(c, "The kubernetesGroups parameter cannot be used with the type %.*s", STR_ARG(type));
    return true;
}

static bool access_entry_check(struct hook_call *c)
{
    struct str principal = tree_text(c->a, c->attrs, STR("principalArn"));

    if (c->o)
        return check_groups(c, attr(c, c->o, "type"));
    if (!str_starts(principal, STR("arn:")))
        return invalid(c, "The principalArn parameter format is not valid");
    set_text(c, "principalId", principal_id(c, principal));
    return check_groups(c, tree_text(c->a, c->attrs, STR("type"))) && check_api_mode(c);
}

static bool access_policy_check(struct hook_call *c)
{
    struct object *entry = object_find(eks_kind(c->sim, "access_entry"), tree_text(c->a, c->attrs, STR("entry")));

    if (str_find(tree_text(c->a, c->attrs, STR("policyArn")), STR(":eks::aws:cluster-access-policy/AmazonEKS")) == SIZE_MAX)
        return invalid(c, "The policyArn parameter format is not valid");
    if (str_is(tree_text(c->a, c->attrs, STR("accessScope.type")), "namespace") && !tree_get(c->attrs, STR("accessScope.namespaces")))
        return invalid(c, "The namespace scope needs namespaces");
    if (entry && !str_is(attr(c, entry, "type"), "STANDARD"))
        return sim_refuse(c->r, STR("InvalidRequestException"), "Access policies cannot be associated with an access entry of type %.*s", STR_ARG(attr(c, entry, "type")));
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
    { "cluster_versions", cluster_versions },
    { "access_entry_check", access_entry_check },
    { "access_policy_check", access_policy_check },
    { "pod_identity_check", pod_identity_check },
    { NULL, NULL },
};
