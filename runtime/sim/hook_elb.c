/* hook_elb.c - load balancers: where they stand, their interfaces (which outlive them for a while), their properties, their listeners. */
#include <string.h>
#include "hook.h"

enum { MAX_PLACES = 64, LINGER_MS = 90000 };

static const struct value *put(struct arena *a, const struct value *v, const char *path, struct str text)
{
    return tree_put(a, v, str_of(path), value_string(a, text));
}

static struct str text_of(struct hook_call *c, const struct value *v, const char *path)
{
    return tree_text(c->a, v, str_of(path));
}

/* What is about to be stored, else what is. */
static struct str now_or(struct hook_call *c, const char *path)
{
    struct str text = text_of(c, c->attrs, path);

    return text.n || !c->o ? text : text_of(c, c->o->attrs, path);
}

static bool wrong(struct hook_call *c, const char *code, const char *fmt, struct str what)
{
    struct str before, after = str_of(fmt);
    size_t at = str_find(after, STR("%"));

    before = str_sub(after, 0, at == SIZE_MAX ? after.n : at);
    after = at == SIZE_MAX ? STR_NONE : str_sub(after, at + 1, after.n);
    return sim_refuse(c->r, str_of(code), "%.*s%.*s%.*s", STR_ARG(before), STR_ARG(at == SIZE_MAX ? STR_NONE : what), STR_ARG(after));
}

bool elb_name(struct hook_call *c, const char *attr)
{
    struct str name = text_of(c, c->attrs, attr);
    size_t i;
    bool good = name.n && name.n <= 32 && name.s[0] != '-' && name.s[name.n - 1] != '-' && !str_starts(name, STR("internal-"));

    for (i = 0; i < name.n; i++)
        good &= (name.s[i] >= 'a' && name.s[i] <= 'z') || (name.s[i] >= 'A' && name.s[i] <= 'Z') || (name.s[i] >= '0' && name.s[i] <= '9') || name.s[i] == '-';
    return good || wrong(c, "ValidationError", "The name '%' is not valid: up to 32 letters, digits and hyphens", name);
}

/* ---- properties: lists of { Key, Value } ---- */
static const struct value *pair(struct arena *a, struct str key, const struct value *v)
{
    return tree_put(a, put(a, NULL, "Key", key), STR("Value"), v);
}

void elb_properties(struct hook_call *c, const char *table, bool network)
{
    const struct value *let = value_get(kind_find(c->sim, STR("elbv2"), STR("load_balancer"))->service->lets, str_of(table));
    const struct value *all = let ? value_get(let, network ? STR("network") : STR("application")) : NULL, *list = &value_empty_list;
    size_t i;

    for (i = 0; all && i < all->object.n; i++)
        list = tree_list(c->a, list, pair(c->a, all->object.v[i].key, all->object.v[i].value));
    c->attrs = tree_put(c->a, c->attrs, STR("Attributes"), list);
}

struct str elb_property(struct arena *a, const struct object *o, const char *key)
{
    const struct value *list = value_get(o->attrs, STR("Attributes"));
    size_t i;

    for (i = 0; list && list->kind == VALUE_LIST && i < list->list.n; i++)
        if (str_is(tree_text(a, list->list.v[i], STR("Key")), key))
            return tree_text(a, list->list.v[i], STR("Value"));
    return STR_NONE;
}

bool elb_change_properties(struct hook_call *c)
{
    const struct value *given = value_get(c->attrs, STR("Attributes")), *have = value_get(c->o->attrs, STR("Attributes")), *list = &value_empty_list;
    size_t i, j;

    for (i = 0; given && i < given->list.n; i++) {
        struct str key = text_of(c, given->list.v[i], "Key");

        for (j = 0; j < have->list.n && !str_eq(text_of(c, have->list.v[j], "Key"), key); j++)
            ;
        if (j == have->list.n)
            return wrong(c, "InvalidConfigurationRequest", "Attribute key '%' is not recognized, or not supported here", key);
    }
    for (j = 0; j < have->list.n; j++) {
        const struct value *v = have->list.v[j];

        for (i = 0; given && i < given->list.n; i++)
            if (str_eq(text_of(c, given->list.v[i], "Key"), text_of(c, v, "Key")))
                v = pair(c->a, text_of(c, v, "Key"), value_get(given->list.v[i], STR("Value")) ? value_get(given->list.v[i], STR("Value")) : text_value(c->a, ""));
        list = tree_list(c->a, list, v);
    }
    c->attrs = tree_put(c->a, c->attrs, STR("Attributes"), list);
    return true;
}

/* ---- where a balancer stands ---- */
struct place { struct object *subnet; const struct value *mapping; };

static size_t places_of(struct hook_call *c, struct place out[MAX_PLACES])
{
    const struct value *ids = value_get(c->r->input, STR("Subnets")), *mappings = value_get(c->r->input, STR("SubnetMappings")), *list = ids ? ids : mappings;
    size_t i, n = 0;

    if (!ids == !mappings || !list->list.n || list->list.n > MAX_PLACES)
        return wrong(c, "ValidationError", "You must specify either subnets or subnet mappings, and at least one", STR_NONE);
    for (i = 0; i < list->list.n; i++) {
        struct str id = ids ? value_text(c->a, list->list.v[i]) : text_of(c, list->list.v[i], "SubnetId");
        struct object *subnet = object_find(ec2_kind(c->sim, "subnet"), id);

        if (!subnet || sim_missed(c->r, subnet))
            return wrong(c, "SubnetNotFound", "The subnet ID '%' does not exist", id);
        out[n++] = (struct place){ subnet, mappings ? list->list.v[i] : NULL };
    }
    return n;
}

static bool zones_differ(struct hook_call *c, const struct place *p, size_t n, bool network)
{
    size_t i, j;

    for (i = 0; i < n; i++) {
        if (!str_eq(attr(c, p[i].subnet, "VpcId"), attr(c, p[0].subnet, "VpcId")))
            return wrong(c, "InvalidConfigurationRequest", "The subnet '%' is in another VPC", p[i].subnet->id);
        for (j = 0; j < i; j++)
            if (str_eq(attr(c, p[i].subnet, "AvailabilityZone"), attr(c, p[j].subnet, "AvailabilityZone")))
                return wrong(c, "InvalidConfigurationRequest", "A load balancer cannot be attached to multiple subnets in the same Availability Zone: '%'", p[i].subnet->id);
    }
    return network || n >= 2 || wrong(c, "ValidationError", "At least two subnets in two different Availability Zones must be specified", STR_NONE);
}

static bool address_free(struct hook_call *c, struct str id)
{
    struct object *address = object_find(ec2_kind(c->sim, "address"), id);

    if (!address || sim_missed(c->r, address))
        return wrong(c, "AllocationIdNotFound", "The allocation IDs '%' do not exist", id);
    if (attr(c, address, "AssociationId").n)
        return wrong(c, "ResourceInUse", "The allocation IDs '%' are not available for use", id);
    return true;
}

/* The entry of a subnet that the balancer stands in already; NULL: it does not. */
static const struct value *entry_now(struct hook_call *c, struct str subnet)
{
    const struct value *zones = c->o ? value_get(c->o->attrs, STR("AvailabilityZones")) : NULL;
    size_t i;

    for (i = 0; zones && i < zones->list.n; i++)
        if (str_eq(text_of(c, zones->list.v[i], "SubnetId"), subnet))
            return zones->list.v[i];
    return NULL;
}

static bool keeps_address(struct hook_call *c, const struct place *p, const struct value *entry)
{
    static const char *const names[] = { "AllocationId", "PrivateIPv4Address", "IPv6Address" };
    const struct value *first = value_at(entry, "LoadBalancerAddresses.0");
    size_t i;

    for (i = 0; p->mapping && i < sizeof names / sizeof names[0]; i++) {
        struct str want = text_of(c, p->mapping, names[i]);

        if (want.n && (!first || !str_eq(text_of(c, first, names[i]), want)))
            return wrong(c, "InvalidConfigurationRequest", "You cannot change the addresses of the subnet '%' of a load balancer", p->subnet->id);
    }
    return true;
}

static bool zone_entry(struct hook_call *c, const struct place *p, bool internal, const struct value **out)
{
    struct str allocation = p->mapping ? text_of(c, p->mapping, "AllocationId") : STR_NONE, private_ip = p->mapping ? text_of(c, p->mapping, "PrivateIPv4Address") : STR_NONE;
    struct str ipv6 = p->mapping ? text_of(c, p->mapping, "IPv6Address") : STR_NONE;
    const struct value *address = NULL;

    if (allocation.n && internal)
        return wrong(c, "InvalidConfigurationRequest", "Elastic IP addresses are of internet-facing load balancers: '%'", allocation);
    if (private_ip.n && !internal)
        return wrong(c, "InvalidConfigurationRequest", "Private addresses are of internal load balancers: '%'", private_ip);
    if (allocation.n && !address_free(c, allocation))
        return false;
    if (allocation.n)
        address = tree_put(c->a, put(c->a, NULL, "AllocationId", allocation), STR("IpAddress"), value_get(object_find(ec2_kind(c->sim, "address"), allocation)->attrs, STR("PublicIp")));
    if (private_ip.n)
        address = put(c->a, NULL, "PrivateIPv4Address", private_ip);
    if (ipv6.n)
        address = put(c->a, address, "IPv6Address", ipv6);
    *out = put(c->a, put(c->a, NULL, "SubnetId", p->subnet->id), "ZoneName", attr(c, p->subnet, "AvailabilityZone"));
    if (address)
        *out = tree_put(c->a, *out, STR("LoadBalancerAddresses"), tree_list(c->a, NULL, address));
    return true;
}

/* Both kinds of addresses only where the subnets have both. */
static bool addressed(struct hook_call *c, const struct object *subnet)
{
    struct cidr block;

    if (!str_starts(now_or(c, "IpAddressType"), STR("dualstack")) || blocks_of(c->sim, c->a, "subnet_ipv6_cidr", subnet->id, &block, 1))
        return true;
    return wrong(c, "InvalidSubnet", "The subnet '%' must have an IPv6 CIDR block", subnet->id);
}

static bool all_addressed(struct hook_call *c)
{
    const struct value **id;
    size_t n = tree_leaves(c->a, c->o->attrs, STR("AvailabilityZones.SubnetId"), &id), i;

    for (i = 0; i < n; i++)
        if (!addressed(c, object_find(ec2_kind(c->sim, "subnet"), value_text(c->a, id[i]))))
            return false;
    return true;
}

static bool stand(struct hook_call *c)
{
    bool network = str_is(now_or(c, "Type"), "network"), internal = str_is(now_or(c, "Scheme"), "internal");
    const struct value *zones = &value_empty_list, *entry;
    struct place p[MAX_PLACES];
    size_t n = places_of(c, p), i;

    if (!n || !zones_differ(c, p, n, network))
        return false;
    for (i = 0; i < n; i++) {
        if (!addressed(c, p[i].subnet))
            return false;
        if (!internal && way_out(c->sim, c->a, p[i].subnet->id) == WAY_NONE)
            return wrong(c, "InvalidSubnet", "VPC % has no internet gateway", attr(c, p[i].subnet, "VpcId"));
        entry = entry_now(c, p[i].subnet->id);
        if (entry ? !keeps_address(c, &p[i], entry) : !zone_entry(c, &p[i], internal, &entry))
            return false;
        zones = tree_list(c->a, zones, entry);
    }
    c->attrs = tree_put(c->a, c->attrs, STR("AvailabilityZones"), zones);
    set_text(c, "VpcId", attr(c, p[0].subnet, "VpcId"));
    return true;
}

/* ---- interfaces ---- */
static const char *const places_path = "AvailabilityZones.SubnetId";

static struct str interface_text(struct hook_call *c)
{
    struct str arn = attr(c, c->o, "LoadBalancerArn");

    return str_fmt(c->a, "ELB %.*s", STR_ARG(str_sub(arn, str_find(arn, STR("loadbalancer/")) + 13, arn.n)));
}

static void place_interface(struct hook_call *c, const struct value *attrs, struct str subnet)
{
    const struct value **groups, *list = &value_empty_list, *v;
    size_t n = tree_leaves(c->a, attrs, STR("SecurityGroups"), &groups), i;
    struct object *o = interface_new(c->sim, c->a, subnet, STR_NONE, interface_text(c), owner_of(c, c->o), str_is(text_of(c, attrs, "Scheme"), "internet-facing"));

    if (!o)
        return;
    for (i = 0; i < n; i++)
        list = tree_list(c->a, list, put(c->a, NULL, "GroupId", value_text(c->a, groups[i])));
    v = tree_put(c->a, tree_put(c->a, o->attrs, STR("Groups"), list), STR("RequesterManaged"), &value_true);
    object_set(c->sim, o, put(c->a, v, "InterfaceType", str_is(text_of(c, attrs, "Type"), "network") ? STR("network_load_balancer") : STR("interface")));
}

/* AWS takes an interface away some time after the balancer has left its subnet. */
static void leave_interface(struct hook_call *c, struct object *o)
{
    const struct value *plan = put(c->a, put(c->a, NULL, "field", STR("Status")), "steps", STR("in-use"));

    object_run(c->sim, o, tree_put(c->a, plan, STR("takes"), tree_list(c->a, NULL, value_int(c->a, LINGER_MS))), true, NULL);
}

static struct object *own_interface(struct hook_call *c, struct str subnet)
{
    struct str owner = owner_of(c, c->o);
    struct object *o;
    size_t i = 0;

    while ((o = each_object(ec2_kind(c->sim, "network_interface"), &i)))
        if (!o->dying && str_eq(attr(c, o, "owner"), owner) && (!subnet.n || str_eq(attr(c, o, "SubnetId"), subnet)))
            return o;
    return NULL;
}

static bool leaf_is(struct hook_call *c, const struct value *const *leaf, size_t n, struct str text)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (str_eq(value_text(c->a, leaf[i]), text))
            return true;
    return false;
}

/* Interfaces where it stands from now on, none elsewhere, all with its groups. */
static void move_interfaces(struct hook_call *c, const struct value *attrs)
{
    const struct value **was, **now;
    size_t nwas = tree_leaves(c->a, c->o->attrs, str_of(places_path), &was), n = tree_leaves(c->a, attrs, str_of(places_path), &now), i;
    struct object *o;

    for (i = 0; i < nwas; i++)
        if (!leaf_is(c, now, n, value_text(c->a, was[i])) && (o = own_interface(c, value_text(c->a, was[i]))))
            leave_interface(c, o);
    for (i = 0; i < n; i++) {
        o = own_interface(c, value_text(c->a, now[i]));
        if (o && !tree_same(c->a, value_get(attrs, STR("SecurityGroups")), value_get(c->o->attrs, STR("SecurityGroups")))) {
            object_remove(c->sim, o);
            o = NULL;
        }
        if (!o)
            place_interface(c, attrs, value_text(c->a, now[i]));
    }
}

static void hold_addresses(struct hook_call *c, const struct value *attrs, bool hold)
{
    const struct value **id;
    size_t n = tree_leaves(c->a, attrs, STR("AvailabilityZones.LoadBalancerAddresses.AllocationId"), &id), i;

    for (i = 0; i < n; i++) {
        struct object *address = object_find(ec2_kind(c->sim, "address"), value_text(c->a, id[i]));

        if (address)
            object_set(c->sim, address, tree_put(c->a, address->attrs, STR("AssociationId"), hold ? value_string(c->a, sim_new_id(c->sim, STR("eipassoc-"), 17)) : NULL));
    }
}

/* ---- balancers ---- */
static bool set_groups(struct hook_call *c)
{
    const struct value *want = value_get(c->attrs, STR("SecurityGroups")), *have = value_get(c->o->attrs, STR("SecurityGroups"));
    bool network = str_is(attr(c, c->o, "Type"), "network");

    if (network && (!have || !have->list.n))
        return wrong(c, "InvalidConfigurationRequest", "You cannot set security groups on a Network Load Balancer that was created without any: '%'", c->o->id);
    if (!want || !want->list.n)
        return wrong(c, "InvalidConfigurationRequest", "At least one security group must be specified for '%'", c->o->id);
    c->attrs = tree_put(c->a, c->attrs, STR("SecurityGroupIds"), want);
    return true;
}

static bool balancer_change(struct hook_call *c)
{
    if (str_is(c->r->op->name, "ModifyLoadBalancerAttributes"))
        return elb_change_properties(c);
    if (str_is(c->r->op->name, "SetSecurityGroups") && !set_groups(c))
        return false;
    if (str_is(c->r->op->name, "SetIpAddressType") && !all_addressed(c))
        return false;
    if (str_is(c->r->op->name, "SetSubnets")) {
        if (!stand(c))
            return false;
        hold_addresses(c, c->o->attrs, false);
        hold_addresses(c, c->attrs, true);
    }
    if (!check_refers(c->r, c->o->kind, c->attrs, c->o))
        return false;
    move_interfaces(c, tree_merge(c->a, c->o->attrs, c->attrs));
    return true;
}

static struct object *default_group(struct hook_call *c, struct str vpc)
{
    struct object *o;
    size_t i = 0;

    while ((o = each_object(ec2_kind(c->sim, "security_group"), &i)))
        if (str_eq(attr(c, o, "VpcId"), vpc) && str_is(attr(c, o, "GroupName"), "default"))
            return o;
    return NULL;
}

static bool balancer_check(struct hook_call *c)
{
    bool network = str_is(now_or(c, "Type"), "network"), internal = str_is(now_or(c, "Scheme"), "internal");
    struct str name = text_of(c, c->attrs, "LoadBalancerName"), arn = text_of(c, c->attrs, "LoadBalancerArn");
    const struct value *groups = value_get(c->attrs, STR("SecurityGroups"));
    struct object *own;

    if (c->o)
        return balancer_change(c);
    if (!elb_name(c, "LoadBalancerName") || !stand(c))
        return false;
    if (!network)
        arn = str_fmt(c->a, "%.*s/app/%.*s", (int)str_find(arn, STR("/net/")), arn.s, STR_ARG(str_sub(arn, str_find(arn, STR("/net/")) + 5, arn.n)));
    if (!network && !groups && (own = default_group(c, text_of(c, c->attrs, "VpcId"))))
        c->attrs = tree_put(c->a, c->attrs, STR("SecurityGroups"), tree_list(c->a, NULL, value_string(c->a, own->id)));
    if (network && groups)
        set_text(c, "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic", STR("on"));
    set_text(c, "LoadBalancerArn", arn);
    set_text(c, "ResourceArn", arn);
    set_text(c, "DNSName", str_fmt(c->a, "%s%.*s-%.*s.elb.%.*s.amazonaws.com", internal ? "internal-" : "", STR_ARG(name), STR_ARG(str_sub(arn, arn.n - 16, arn.n)), STR_ARG(c->r->region)));
    elb_properties(c, "load_balancer_attributes", network);
    return check_refers(c->r, kind_find(c->sim, STR("elbv2"), STR("load_balancer")), c->attrs, NULL);
}

static bool balancer_made(struct hook_call *c)
{
    const struct value **id;
    size_t n = tree_leaves(c->a, c->o->attrs, str_of(places_path), &id), i;

    hold_addresses(c, c->o->attrs, true);
    for (i = 0; i < n; i++)
        place_interface(c, c->o->attrs, value_text(c->a, id[i]));
    return true;
}

static bool balancer_before(struct hook_call *c)
{
    if (str_is(elb_property(c->a, c->o, "deletion_protection.enabled"), "true"))
        return wrong(c, "OperationNotPermitted", "Load balancer '%' cannot be deleted because deletion protection is enabled", c->o->id);
    return true;
}

static bool balancer_removed(struct hook_call *c)
{
    struct object *o;

    hold_addresses(c, c->o->attrs, false);
    while ((o = own_interface(c, STR_NONE)))
        leave_interface(c, o);
    return true;
}

const struct hook hooks_elb[] = {
    { "balancer_check", balancer_check },
    { "balancer_made", balancer_made },
    { "balancer_before", balancer_before },
    { "balancer_removed", balancer_removed },
    { NULL, NULL },
};
