/* hook_ec2.c - security groups and their rules, endpoints, where instance types are offered. */
#include <string.h>
#include "hook.h"

/* ---- security groups ---- */
static const struct value *rule(struct arena *a, struct str group, bool egress, struct str protocol, int64_t from, int64_t to)
{
    const struct value *v = tree_put(a, NULL, STR("GroupId"), value_string(a, group));

    v = tree_put(a, v, STR("GroupOwnerId"), text_value(a, "111122223333"));
    v = tree_put(a, v, STR("IsEgress"), value_bool(egress));
    v = tree_put(a, v, STR("IpProtocol"), value_string(a, protocol));
    v = tree_put(a, v, STR("FromPort"), value_int(a, from));
    return tree_put(a, v, STR("ToPort"), value_int(a, to));
}

static struct object *add_rule(struct sim *s, struct arena *a, const struct value *v, struct str region)
{
    struct str id = sim_new_id(s, STR("sgr-"), 17);

    return object_new(s, ec2_kind(s, "security_group_rule"), id, region, tree_put(a, v, STR("SecurityGroupRuleId"), value_string(a, id)));
}

static bool group_check(struct hook_call *c)
{
    if (c->o)
        return true;
    if (str_is(tree_text(c->a, c->attrs, STR("GroupName")), "default") || str_starts(tree_text(c->a, c->attrs, STR("GroupName")), STR("sg-")))
        return sim_refuse(c->r, STR("InvalidParameterValue"), "Cannot use reserved security group name: %.*s", STR_ARG(tree_text(c->a, c->attrs, STR("GroupName"))));
    if (!tree_text(c->a, c->attrs, STR("VpcId")).n)
        return sim_refuse(c->r, STR("VPCIdNotSpecified"), "No default VPC for this user");
    return true;
}

static bool group_made(struct hook_call *c)
{
    add_rule(c->sim, c->a, tree_put(c->a, rule(c->a, c->o->id, true, STR("-1"), -1, -1), STR("CidrIpv4"), text_value(c->a, "0.0.0.0/0")), c->o->region);
    return true;
}

static bool group_before(struct hook_call *c)
{
    if (str_is(tree_text(c->a, c->o->attrs, STR("GroupName")), "default"))
        return sim_refuse(c->r, STR("CannotDelete"), "the specified group: \"%.*s\" name: \"default\" cannot be deleted by a user", STR_ARG(c->o->id));
    return true;
}

/* The older view of rules: one permission for each, by direction. */
static const struct value *permission(struct arena *a, const struct value *v)
{
    static const struct { const char *attr, *list, *as; } sources[] = {
        { "CidrIpv4", "IpRanges", "CidrIp" }, { "CidrIpv6", "Ipv6Ranges", "CidrIpv6" }, { "PrefixListId", "PrefixListIds", "PrefixListId" }, { "ReferencedGroupInfo.GroupId", "UserIdGroupPairs", "GroupId" },
    };
    const struct value *p = tree_put(a, NULL, STR("IpProtocol"), value_get(v, STR("IpProtocol"))), *from;
    size_t i;

    if (!str_is(tree_text(a, v, STR("IpProtocol")), "-1")) {
        p = tree_put(a, p, STR("FromPort"), value_get(v, STR("FromPort")));
        p = tree_put(a, p, STR("ToPort"), value_get(v, STR("ToPort")));
    }
    for (i = 0; i < sizeof sources / sizeof sources[0]; i++)
        if ((from = tree_get(v, str_of(sources[i].attr))))
            p = tree_put(a, p, str_of(sources[i].list), tree_list(a, NULL, tree_put(a, NULL, str_of(sources[i].as), from)));
    return p;
}

static bool group_shown(struct hook_call *c)
{
    const struct value *in = &value_empty_list, *out = &value_empty_list;
    struct object *o;
    size_t i = 0;

    while ((o = each_object(ec2_kind(c->sim, "security_group_rule"), &i))) {
        if (!str_eq(tree_text(c->a, o->attrs, STR("GroupId")), c->o->id))
            continue;
        if (str_is(tree_text(c->a, o->attrs, STR("IsEgress")), "true"))
            out = tree_list(c->a, out, permission(c->a, o->attrs));
        else
            in = tree_list(c->a, in, permission(c->a, o->attrs));
    }
    c->attrs = tree_put(c->a, tree_put(c->a, c->attrs, STR("IpPermissions"), in), STR("IpPermissionsEgress"), out);
    return true;
}

static bool same_rule(struct arena *a, const struct value *x, const struct value *y)
{
    static const char *const parts[] = { "GroupId", "IsEgress", "IpProtocol", "FromPort", "ToPort", "CidrIpv4", "CidrIpv6", "PrefixListId", "ReferencedGroupInfo.GroupId" };
    size_t i;

    for (i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (!str_eq(tree_text(a, x, str_of(parts[i])), tree_text(a, y, str_of(parts[i]))))
            return false;
    return true;
}

static struct object *find_rule(struct hook_call *c, const struct value *v)
{
    struct object *o;
    size_t i = 0;

    while ((o = each_object(ec2_kind(c->sim, "security_group_rule"), &i)))
        if (same_rule(c->a, o->attrs, v))
            return o;
    return NULL;
}

static int64_t port(struct arena *a, const struct value *p, const char *name)
{
    int64_t n;

    return str_int(tree_text(a, p, str_of(name)), &n) ? n : -1;
}

/* One rule for each source of a permission. */
static size_t spread(struct hook_call *c, struct str group, bool egress, const struct value *p, const struct value **out, size_t max)
{
    static const struct { const char *list, *attr, *to; } sources[] = {
        { "IpRanges", "CidrIp", "CidrIpv4" },
        { "Ipv6Ranges", "CidrIpv6", "CidrIpv6" },
        { "PrefixListIds", "PrefixListId", "PrefixListId" },
        { "UserIdGroupPairs", "GroupId", "ReferencedGroupInfo.GroupId" },
    };
    struct str protocol = tree_text(c->a, p, STR("IpProtocol"));
    bool all = str_is(protocol, "-1");
    const struct value *base = rule(c->a, group, egress, protocol, all ? -1 : port(c->a, p, "FromPort"), all ? -1 : port(c->a, p, "ToPort"));
    size_t i, j, n = 0;

    for (i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        const struct value *list = value_get(p, str_of(sources[i].list));

        for (j = 0; list && list->kind == VALUE_LIST && j < list->list.n && n < max; j++) {
            const struct value *from = value_get(list->list.v[j], str_of(sources[i].attr)), *text = value_get(list->list.v[j], STR("Description"));
            const struct value *v = from ? tree_put(c->a, base, str_of(sources[i].to), from) : base;

            out[n++] = text ? tree_put(c->a, v, STR("Description"), text) : v;
        }
    }
    return n;
}

enum { MAX_RULES = 60 };

static struct object *group_of(struct hook_call *c)
{
    struct str id = tree_text(c->a, c->r->input, STR("GroupId"));
    struct object *o = object_find(ec2_kind(c->sim, "security_group"), id);

    if (!id.n)
        sim_refuse(c->r, STR("MissingParameter"), "The request must contain the parameter groupName or groupId");
    else if (!o || sim_missed(c->r, o) || !object_alive(o))
        sim_refuse(c->r, STR("InvalidGroup.NotFound"), "The security group '%.*s' does not exist", STR_ARG(id));
    return c->r->failed ? NULL : o;
}

static size_t wanted(struct hook_call *c, struct str group, bool egress, const struct value **out)
{
    const struct value *permissions = value_get(c->r->input, STR("IpPermissions")), *p = c->r->input;
    size_t i, n = 0;

    for (i = 0; permissions && permissions->kind == VALUE_LIST && i < permissions->list.n; i++)
        n += spread(c, group, egress, permissions->list.v[i], out + n, MAX_RULES - n);
    if (!permissions && tree_text(c->a, p, STR("CidrIp")).n) {
        out[0] = rule(c->a, group, egress, tree_text(c->a, p, STR("IpProtocol")), port(c->a, p, "FromPort"), port(c->a, p, "ToPort"));
        out[0] = tree_put(c->a, out[0], STR("CidrIpv4"), value_get(p, STR("CidrIp")));
        n = 1;
    }
    return n;
}

static bool check_rule(struct hook_call *c, const struct value *v)
{
    struct str block = tree_text(c->a, v, STR("CidrIpv4")), block6 = tree_text(c->a, v, STR("CidrIpv6")), protocol = tree_text(c->a, v, STR("IpProtocol"));
    struct cidr range;
    const char *why = "";

    if (!protocol.n)
        return sim_refuse(c->r, STR("MissingParameter"), "The request must contain the parameter ipProtocol");
    if (block.n && !cidr_parse(block, &range, &why))
        return sim_refuse(c->r, STR("InvalidParameterValue"), "CIDR block %.*s is malformed: %s", STR_ARG(block), why);
    if (block6.n && (!cidr_parse(block6, &range, &why) || !range.ip.v6))
        return sim_refuse(c->r, STR("InvalidParameterValue"), "CIDR block %.*s is malformed: %s", STR_ARG(block6), why);
    if ((str_is(protocol, "tcp") || str_is(protocol, "udp")) && (port(c->a, v, "FromPort") < 0 || port(c->a, v, "ToPort") < port(c->a, v, "FromPort")))
        return sim_refuse(c->r, STR("InvalidParameterValue"), "Invalid value for portRange: must specify both from and to ports with TCP/UDP");
    if (find_rule(c, v))
        return sim_refuse(c->r, STR("InvalidPermission.Duplicate"), "the specified rule already exists");
    return check_refers(c->r, ec2_kind(c->sim, "security_group_rule"), v, NULL);
}

static bool authorize(struct hook_call *c)
{
    bool egress = str_ends(c->r->op->name, STR("Egress"));
    const struct value *rules[MAX_RULES], *tags = input_tags(c->r, ec2_kind(c->sim, "security_group_rule"));
    struct object *group = group_of(c), *made[MAX_RULES];
    size_t n, i;

    if (!group)
        return false;
    n = wanted(c, group->id, egress, rules);
    if (!n)
        return sim_refuse(c->r, STR("MissingParameter"), "The request must contain the parameter ipPermissions");
    for (i = 0; i < n; i++)
        if (!check_rule(c, rules[i]))
            return false;
    for (i = 0; i < n; i++) {
        made[i] = add_rule(c->sim, c->a, rules[i], group->region);
        made[i]->made = true;
        if (tags)
            object_tag(c->sim, made[i], tags);
    }
    sim_answer(c->r, c->verb, made, n);
    c->r->out = value_with(c->a, c->r->out, STR("Return"), &value_true);
    if (!value_get(c->r->out, STR("SecurityGroupRules"))) {
        const struct member *m = model_member(c->r->op->out, STR("SecurityGroupRules"));
        const struct value *list = NULL;

        for (i = 0; i < n; i++)
            list = tree_list(c->a, list, sim_show(c->r, made[i], m->shape->elem));
        c->r->out = value_with(c->a, c->r->out, STR("SecurityGroupRules"), list);
    }
    return true;
}

static bool revoke(struct hook_call *c)
{
    bool egress = str_ends(c->r->op->name, STR("Egress"));
    const struct value *rules[MAX_RULES], *ids = value_get(c->r->input, STR("SecurityGroupRuleIds"));
    struct object *group = group_of(c), *found[MAX_RULES];
    size_t n = 0, i, m;

    if (!group)
        return false;
    for (i = 0; ids && ids->kind == VALUE_LIST && i < ids->list.n && n < MAX_RULES; i++) {
        struct str id = value_text(c->a, ids->list.v[i]);
        struct object *o = object_find(ec2_kind(c->sim, "security_group_rule"), id);

        if (!o || !str_eq(tree_text(c->a, o->attrs, STR("GroupId")), group->id))
            return sim_refuse(c->r, STR("InvalidSecurityGroupRuleId.NotFound"), "The security group rule ID '%.*s' does not exist", STR_ARG(id));
        found[n++] = o;
    }
    m = ids ? 0 : wanted(c, group->id, egress, rules);
    for (i = 0; i < m; i++) {
        found[n] = find_rule(c, rules[i]);
        if (!found[n++])
            return sim_refuse(c->r, STR("InvalidPermission.NotFound"), "The specified rule does not exist in this security group");
    }
    if (!n)
        return sim_refuse(c->r, STR("MissingParameter"), "The request must contain rules");
    for (i = 0; i < n; i++)
        object_remove(c->sim, found[i]);
    c->r->out = tree_put(c->a, NULL, STR("Return"), &value_true);
    return true;
}

/* Ports and sources of rules that are there. What kind of source it is cannot be changed. */
static bool modify_rules(struct hook_call *c)
{
    static const struct { const char *from, *to; } sources[] = {
        { "CidrIpv4", "CidrIpv4" }, { "CidrIpv6", "CidrIpv6" }, { "PrefixListId", "PrefixListId" }, { "ReferencedGroupId", "ReferencedGroupInfo.GroupId" },
    };
    const struct value *updates = value_get(c->r->input, STR("SecurityGroupRules")), *rules[MAX_RULES];
    struct object *group = group_of(c), *found[MAX_RULES];
    size_t i, j, n = 0;

    for (i = 0; group && updates && updates->kind == VALUE_LIST && i < updates->list.n && n < MAX_RULES; i++) {
        struct str id = tree_text(c->a, updates->list.v[i], STR("SecurityGroupRuleId"));
        const struct value *to = value_get(updates->list.v[i], STR("SecurityGroupRule")), *v;
        struct object *o = object_find(ec2_kind(c->sim, "security_group_rule"), id);
        bool all = str_is(tree_text(c->a, to, STR("IpProtocol")), "-1");

        if (!o || !str_eq(tree_text(c->a, o->attrs, STR("GroupId")), group->id))
            return sim_refuse(c->r, STR("InvalidSecurityGroupRuleId.NotFound"), "The security group rule ID '%.*s' does not exist", STR_ARG(id));
        v = rule(c->a, group->id, str_is(tree_text(c->a, o->attrs, STR("IsEgress")), "true"), tree_text(c->a, to, STR("IpProtocol")), all ? -1 : port(c->a, to, "FromPort"),
                 all ? -1 : port(c->a, to, "ToPort"));
        for (j = 0; j < sizeof sources / sizeof sources[0]; j++) {
            const struct value *source = to ? value_get(to, str_of(sources[j].from)) : NULL;

            if (!source != !tree_get(o->attrs, str_of(sources[j].to)))
                return sim_refuse(c->r, STR("InvalidParameterValue"), "You may not change the source or destination type of security group rule %.*s", STR_ARG(id));
            v = source ? tree_put(c->a, v, str_of(sources[j].to), source) : v;
        }
        v = tree_put(c->a, tree_put(c->a, v, STR("SecurityGroupRuleId"), value_string(c->a, id)), STR("Description"), to ? value_get(to, STR("Description")) : NULL);
        if (!same_rule(c->a, o->attrs, v) && !check_rule(c, v))
            return false;
        found[n] = o;
        rules[n++] = v;
    }
    for (i = 0; group && i < n; i++)
        object_set(c->sim, found[i], rules[i]);
    c->r->out = tree_put(c->a, NULL, STR("Return"), &value_true);
    return group && (n || sim_refuse(c->r, STR("MissingParameter"), "The request must contain rules"));
}

/* ---- VPC endpoints ---- */
static const struct value *groups_of(struct arena *a, const struct value *ids)
{
    const struct value *out = &value_empty_list;
    size_t i;

    for (i = 0; ids && ids->kind == VALUE_LIST && i < ids->list.n; i++)
        out = tree_list(a, out, tree_put(a, NULL, STR("GroupId"), ids->list.v[i]));
    return out;
}

static bool endpoint_check(struct hook_call *c)
{
    struct str name = tree_text(c->a, c->attrs, STR("ServiceName")), kind = tree_text(c->a, c->attrs, STR("VpcEndpointType"));
    struct str prefix = str_fmt(c->a, "com.amazonaws.%.*s.", STR_ARG(c->r->region)), service;
    bool gateway;

    if (!str_starts(name, prefix))
        return sim_refuse(c->r, STR("InvalidServiceName"), "The Vpc Endpoint Service '%.*s' does not exist", STR_ARG(name));
    service = str_sub(name, prefix.n, name.n);
    gateway = str_is(service, "s3") || str_is(service, "dynamodb");
    if (str_is(kind, "Gateway") && !gateway)
        return sim_refuse(c->r, STR("InvalidParameter"), "Endpoint type (Gateway) does not match available service types ([Interface]).");
    c->attrs = tree_put(c->a, c->attrs, STR("Groups"), groups_of(c->a, value_get(c->r->input, STR("SecurityGroupIds"))));
    return check_refers(c->r, ec2_kind(c->sim, "vpc_endpoint"), c->attrs, NULL);
}

static const char every_call[] = "{\"Statement\":[{\"Action\":\"*\",\"Effect\":\"Allow\",\"Principal\":\"*\",\"Resource\":\"*\"}]}";

static bool endpoint_made(struct hook_call *c)
{
    if (!tree_text(c->a, c->o->attrs, STR("PolicyDocument")).n)
        object_set(c->sim, c->o, put_str(c->a, c->o->attrs, "PolicyDocument", str_of(every_call)));
    if (str_is(tree_text(c->a, c->o->attrs, STR("VpcEndpointType")), "Gateway"))
        c->o->m.at[1] = c->sim->now + sim_draw_ms(c->sim, 2000, c->o->id);
    return true;
}

static const struct value *changed(struct arena *a, const struct value *old, const struct value *add, const struct value *gone)
{
    const struct value *out = &value_empty_list;
    size_t i, j;

    for (i = 0; old && old->kind == VALUE_LIST && i < old->list.n; i++) {
        bool drop = false;

        for (j = 0; gone && gone->kind == VALUE_LIST && j < gone->list.n; j++)
            drop |= tree_same(a, old->list.v[i], gone->list.v[j]);
        if (!drop)
            out = tree_list(a, out, old->list.v[i]);
    }
    for (i = 0; add && add->kind == VALUE_LIST && i < add->list.n; i++)
        out = tree_list(a, out, add->list.v[i]);
    return out;
}

static bool endpoint_modify(struct hook_call *c)
{
    static const char *const plain[] = { "PrivateDnsEnabled", "PolicyDocument", "IpAddressType" };
    size_t i;
    struct kind *k = ec2_kind(c->sim, "vpc_endpoint");
    const struct value *in = c->r->input, *v;
    struct object *o = object_find(k, tree_text(c->a, in, STR("VpcEndpointId")));

    if (!o || sim_missed(c->r, o))
        return sim_refuse(c->r, k->missing, "The Vpc Endpoint Id '%.*s' does not exist", STR_ARG(tree_text(c->a, in, STR("VpcEndpointId"))));
    v = tree_put(c->a, o->attrs, STR("RouteTableIds"), changed(c->a, value_get(o->attrs, STR("RouteTableIds")), value_get(in, STR("AddRouteTableIds")), value_get(in, STR("RemoveRouteTableIds"))));
    v = tree_put(c->a, v, STR("SubnetIds"), changed(c->a, value_get(v, STR("SubnetIds")), value_get(in, STR("AddSubnetIds")), value_get(in, STR("RemoveSubnetIds"))));
    v = tree_put(c->a, v, STR("Groups"), changed(c->a, value_get(v, STR("Groups")), groups_of(c->a, value_get(in, STR("AddSecurityGroupIds"))), groups_of(c->a, value_get(in, STR("RemoveSecurityGroupIds")))));
    for (i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (value_get(in, str_of(plain[i])))
            v = tree_put(c->a, v, str_of(plain[i]), value_get(in, str_of(plain[i])));
    if (data_true(in, "ResetPolicy"))
        v = tree_put(c->a, v, STR("PolicyDocument"), text_value(c->a, every_call));
    if (!check_refers(c->r, k, v, o))
        return false;
    object_set(c->sim, o, v);
    c->r->out = tree_put(c->a, NULL, STR("Return"), &value_true);
    return true;
}

/* ---- offerings: every type in every zone, GPUs not in the last ---- */
static const struct value *offering(struct hook_call *c, const struct object *type, struct str kind, struct str place)
{
    const struct value *v = tree_put(c->a, NULL, STR("InstanceType"), value_get(type->attrs, STR("InstanceType")));

    return tree_put(c->a, tree_put(c->a, v, STR("LocationType"), value_string(c->a, kind)), STR("Location"), value_string(c->a, place));
}

static bool fits_filters(struct hook_call *c, const struct value *offer)
{
    const struct value *filters = value_get(c->r->input, STR("Filters"));
    size_t i, j;

    for (i = 0; filters && filters->kind == VALUE_LIST && i < filters->list.n; i++) {
        const struct value *values = value_get(filters->list.v[i], STR("Values"));
        struct str have = tree_text(c->a, offer, str_is(data_str(filters->list.v[i], "Name"), "location") ? STR("Location") : STR("InstanceType"));
        bool hit = false;

        for (j = 0; values && values->kind == VALUE_LIST && j < values->list.n; j++)
            hit |= sim_glob(value_text(c->a, values->list.v[j]), have);
        if (!hit)
            return false;
    }
    return true;
}

static bool offerings(struct hook_call *c)
{
    struct kind *types = ec2_kind(c->sim, "instance_type"), *zones = ec2_kind(c->sim, "availability_zone");
    struct str place = tree_text(c->a, c->r->input, STR("LocationType"));
    const struct value *list = &value_empty_list, *v;
    struct object *t, *z;
    size_t i = 0, j;

    rows_make(c->r, types);
    rows_make(c->r, zones);
    while ((t = each_object(types, &i))) {
        struct str name = tree_text(c->a, t->attrs, STR("InstanceType"));

        if (!str_eq(t->region, c->r->region))
            continue;
        if (!str_starts(place, STR("availability-zone"))) {
            v = offering(c, t, STR("region"), c->r->region);
            list = fits_filters(c, v) ? tree_list(c->a, list, v) : list;
            continue;
        }
        for (j = 0; (z = each_object(zones, &j));) {
            if (!str_eq(z->region, c->r->region) || (name.s[0] == 'p' && str_ends(z->attrs ? tree_text(c->a, z->attrs, STR("ZoneName")) : STR_NONE, STR("d"))))
                continue;
            v = offering(c, t, place, tree_text(c->a, z->attrs, str_ends(place, STR("-id")) ? STR("ZoneId") : STR("ZoneName")));
            list = fits_filters(c, v) ? tree_list(c->a, list, v) : list;
        }
    }
    c->r->out = tree_put(c->a, NULL, STR("InstanceTypeOfferings"), list);
    return true;
}

const struct hook hooks_ec2[] = {
    { "group_check", group_check },
    { "group_made", group_made },
    { "group_before", group_before },
    { "group_shown", group_shown },
    { "authorize", authorize },
    { "revoke", revoke },
    { "modify_rules", modify_rules },
    { "endpoint_check", endpoint_check },
    { "endpoint_made", endpoint_made },
    { "endpoint_modify", endpoint_modify },
    { "offerings", offerings },
    { NULL, NULL },
};
