/* hook_net.c - networks: route tables, what makes a gateway work, public addresses in the way of a detach. */
#include <string.h>
#include "hook.h"

/* ---- for the other hooks too ---- */
struct kind *ec2_kind(struct sim *s, const char *name)
{
    return kind_find(s, STR("ec2"), str_of(name));
}

struct object *each_object(struct kind *k, size_t *i)
{
    while (k && *i < k->order.n) {
        struct object *o = k->order.v[(*i)++];

        if (object_alive(o))
            return o;
    }
    return NULL;
}

const struct value *text_value(struct arena *a, const char *text)
{
    return value_string(a, str_of(text));
}

const struct value *put_str(struct arena *a, const struct value *v, const char *path, struct str text)
{
    return text.n ? tree_put(a, v, str_of(path), value_string(a, text)) : v ? v : &value_empty_object;
}

void tag_as(struct request *r, struct object *o, const struct value *input)
{
    const struct value *specs = value_get(input, STR("TagSpecifications")), *tags = specs ? tags_specified(r, specs, data_str(o->kind->data, "tag_kind")) : NULL;

    if (tags)
        object_tag(r->sim, o, tags);
}

void set_text(struct hook_call *c, const char *path, struct str text)
{
    c->attrs = tree_put(c->a, c->attrs, str_of(path), value_string(c->a, text));
}

/* The table that a subnet uses: its own, else the main one of its VPC. */
static struct object *table_of(struct sim *s, struct arena *a, const struct object *subnet)
{
    struct kind *links = ec2_kind(s, "route_table_association"), *tables = ec2_kind(s, "route_table");
    struct str vpc = tree_text(a, subnet->attrs, STR("VpcId"));
    struct object *o, *main_table = NULL;
    size_t i = 0;

    while ((o = each_object(links, &i)))
        if (str_eq(tree_text(a, o->attrs, STR("SubnetId")), subnet->id))
            return object_find(tables, tree_text(a, o->attrs, STR("RouteTableId")));
    for (i = 0; (o = each_object(tables, &i));)
        if (!o->made && str_eq(tree_text(a, o->attrs, STR("VpcId")), vpc))
            main_table = o;
    return main_table;
}

static bool attached(struct sim *s, struct arena *a, struct str gateway, struct str vpc)
{
    struct object *o;
    size_t i = 0;

    while ((o = each_object(ec2_kind(s, "internet_gateway_attachment"), &i)))
        if (str_eq(tree_text(a, o->attrs, STR("InternetGatewayId")), gateway) && str_eq(tree_text(a, o->attrs, STR("VpcId")), vpc))
            return true;
    return false;
}

static bool nat_works(struct sim *s, struct arena *a, struct str id)
{
    struct object *o = object_find(ec2_kind(s, "nat_gateway"), id);

    return o && str_is(tree_text(a, o->attrs, STR("State")), "available");
}

enum way way_out(struct sim *s, struct arena *a, struct str subnet_id)
{
    struct object *subnet = object_find(ec2_kind(s, "subnet"), subnet_id), *table, *o;
    struct str vpc;
    size_t i = 0;

    table = subnet ? table_of(s, a, subnet) : NULL;
    if (!table)
        return WAY_NONE;
    vpc = tree_text(a, subnet->attrs, STR("VpcId"));
    while ((o = each_object(ec2_kind(s, "route"), &i))) {
        struct str nat = tree_text(a, o->attrs, STR("NatGatewayId")), gateway = tree_text(a, o->attrs, STR("GatewayId"));

        if (!str_eq(tree_text(a, o->attrs, STR("RouteTableId")), table->id) || !str_is(tree_text(a, o->attrs, STR("DestinationCidrBlock")), "0.0.0.0/0"))
            continue;
        if (nat.n && nat_works(s, a, nat))
            return WAY_NAT;
        if (str_starts(gateway, STR("igw-")) && attached(s, a, gateway, vpc))
            return WAY_INTERNET;
    }
    return WAY_NONE;
}

/* ---- networks ---- */
static bool vpc_check(struct hook_call *c)
{
    struct str text = tree_text(c->a, c->attrs, STR("CidrBlock"));
    struct cidr range;
    const char *why = "";

    if (c->o)
        return true;
    if (!text.n)
        return sim_refuse(c->r, STR("MissingParameter"), "The request must contain the parameter CidrBlock");
    if (!cidr_parse(text, &range, &why))
        return sim_refuse(c->r, STR("InvalidParameterValue"), "Value (%.*s) for parameter cidrBlock is invalid: %s", STR_ARG(text), why);
    return (range.bits >= 16 && range.bits <= 28 && !range.ip.v6) || sim_refuse(c->r, STR("InvalidVpc.Range"), "The CIDR '%.*s' is invalid: its prefix must be 16 to 28", STR_ARG(text));
}

static bool route_table_made(struct hook_call *c)
{
    local_routes(c->sim, c->a, c->o);
    return true;
}

/* A VPC comes with a main route table and a default security group. */
static bool vpc_made(struct hook_call *c)
{
    struct sim *s = c->sim;
    struct str table = sim_new_id(s, STR("rtb-"), 17), group = sim_new_id(s, STR("sg-"), 17), link = sim_new_id(s, STR("rtbassoc-"), 17);
    const struct value *vpc = value_string(c->a, c->o->id), *owner = text_value(c->a, "111122223333"), *v;
    struct object *o;

    vpc_blocks_made(c);
    v = tree_put(c->a, tree_put(c->a, tree_put(c->a, NULL, STR("RouteTableId"), value_string(c->a, table)), STR("VpcId"), vpc), STR("OwnerId"), owner);
    o = object_new(s, ec2_kind(s, "route_table"), table, c->o->region, v);
    local_routes(s, c->a, o);
    v = tree_put(c->a, tree_put(c->a, NULL, STR("RouteTableAssociationId"), value_string(c->a, link)), STR("RouteTableId"), value_string(c->a, table));
    v = tree_put(c->a, tree_put(c->a, v, STR("Main"), &value_true), STR("AssociationState.State"), text_value(c->a, "associated"));
    object_new(s, ec2_kind(s, "route_table_association"), link, c->o->region, v);
    v = tree_put(c->a, tree_put(c->a, tree_put(c->a, NULL, STR("GroupId"), value_string(c->a, group)), STR("VpcId"), vpc), STR("OwnerId"), owner);
    v = tree_put(c->a, tree_put(c->a, v, STR("GroupName"), text_value(c->a, "default")), STR("Description"), text_value(c->a, "default VPC security group"));
    object_new(s, ec2_kind(s, "security_group"), group, c->o->region, v);
    return true;
}

static struct object *zone_of(struct request *r, const char *attr, struct str name)
{
    struct kind *zones = ec2_kind(r->sim, "availability_zone");
    struct object *o;
    size_t i = 0;

    rows_make(r, zones);
    while ((o = each_object(zones, &i)))
        if (str_eq(tree_text(r->a, o->attrs, str_of(attr)), name) && str_eq(o->region, r->region))
            return o;
    return NULL;
}

struct object *zone_named(struct request *r, struct str name)
{
    return zone_of(r, "ZoneName", name);
}

static bool place(struct hook_call *c)
{
    struct str name = tree_text(c->a, c->attrs, STR("AvailabilityZone")), id = tree_text(c->a, c->attrs, STR("AvailabilityZoneId"));
    struct object *zone = name.n ? zone_of(c->r, "ZoneName", name) : id.n ? zone_of(c->r, "ZoneId", id)
                        : zone_of(c->r, "ZoneName", str_fmt(c->a, "%.*sa", STR_ARG(c->r->region)));

    if (!zone)
        return sim_refuse(c->r, STR("InvalidParameterValue"), "Value (%.*s) for parameter availabilityZone is invalid. Subnets can currently only be created in zones of %.*s.",
                      STR_ARG(name.n ? name : id), STR_ARG(c->r->region));
    set_text(c, "AvailabilityZone", tree_text(c->a, zone->attrs, STR("ZoneName")));
    set_text(c, "AvailabilityZoneId", tree_text(c->a, zone->attrs, STR("ZoneId")));
    return true;
}

/* One attribute at a time; addresses are given out of a block that is there. */
static bool subnet_changes(struct hook_call *c)
{
    struct cidr block;

    if (c->r->input->object.n > 2)
        return sim_refuse(c->r, STR("InvalidParameterCombination"), "Only one subnet attribute can be modified at a time");
    if (data_true(c->attrs, "AssignIpv6AddressOnCreation") && !blocks_of(c->sim, c->a, "subnet_ipv6_cidr", c->o->id, &block, 1))
        return sim_refuse(c->r, STR("InvalidParameterValue"), "Invalid value 'true' for assignIpv6AddressOnCreation. Subnet must be associated with an IPv6 CIDR block.");
    return true;
}

static bool subnet_check(struct hook_call *c)
{
    struct str block4 = tree_text(c->a, c->attrs, STR("CidrBlock")), block6 = tree_text(c->a, c->r->input, STR("Ipv6CidrBlock"));
    struct object *vpc = c->o ? NULL : object_find(ec2_kind(c->sim, "vpc"), tree_text(c->a, c->attrs, STR("VpcId")));
    bool native = data_true(c->attrs, "Ipv6Native");

    if (c->o)
        return subnet_changes(c);
    if (native && (block4.n || !block6.n))
        return sim_refuse(c->r, STR("InvalidParameterCombination"), "An IPv6-only subnet has an IPv6 CIDR block and no IPv4 one");
    if (native)
        c->attrs = put_str(c->a, tree_put(c->a, c->attrs, STR("AssignIpv6AddressOnCreation"), &value_true), "PrivateDnsNameOptionsOnLaunch.HostnameType", STR("resource-name"));
    return place(c) && (native || subnet_block4(c, vpc, block4)) && (!block6.n || subnet_block6(c, vpc, block6));
}

/* ---- routes ---- */
static const char *const targets[] = { "GatewayId", "NatGatewayId", "EgressOnlyInternetGatewayId", "TransitGatewayId", "VpcPeeringConnectionId", "NetworkInterfaceId",
                                       "InstanceId", "VpcEndpointId", "LocalGatewayId", "CarrierGatewayId" };
enum { TARGETS = sizeof targets / sizeof targets[0] };

static bool route_check(struct hook_call *c)
{
    struct str table = tree_text(c->a, c->o ? c->o->attrs : c->attrs, STR("RouteTableId")), gateway = tree_text(c->a, c->attrs, STR("GatewayId"));
    struct object *t = object_find(ec2_kind(c->sim, "route_table"), table);
    struct cidr range;
    const char *why = "";
    struct str to = tree_text(c->a, c->o ? c->o->attrs : c->attrs, STR("DestinationCidrBlock")), to6 = tree_text(c->a, c->o ? c->o->attrs : c->attrs, STR("DestinationIpv6CidrBlock"));
    size_t i, n = 0;

    for (i = 0; i < TARGETS; i++)
        n += tree_text(c->a, c->attrs, str_of(targets[i])).n > 0;
    if (c->o && str_is(tree_text(c->a, c->o->attrs, STR("GatewayId")), "local") && !tree_text(c->a, c->attrs, STR("NatGatewayId")).n && !tree_text(c->a, c->attrs, STR("NetworkInterfaceId")).n)
        return sim_refuse(c->r, STR("InvalidParameterValue"), "The target of the local route %.*s can only be a NAT gateway, a network interface or an endpoint", STR_ARG(tree_text(c->a, c->o->attrs, STR("DestinationCidrBlock"))));
    if (n != 1)
        return sim_refuse(c->r, n ? STR("InvalidParameterCombination") : STR("MissingParameter"), "The request must contain exactly one target");
    if (to.n && !cidr_parse(to, &range, &why))
        return sim_refuse(c->r, STR("InvalidParameterValue"), "Value (%.*s) for parameter destinationCidrBlock is invalid: %s", STR_ARG(to), why);
    if (to6.n && (!cidr_parse(to6, &range, &why) || !range.ip.v6))
        return sim_refuse(c->r, STR("InvalidParameterValue"), "Value (%.*s) for parameter destinationIpv6CidrBlock is invalid: %s", STR_ARG(to6), why);
    if (!to6.n && tree_text(c->a, c->attrs, STR("EgressOnlyInternetGatewayId")).n)
        return sim_refuse(c->r, STR("InvalidParameterCombination"), "An egress-only internet gateway is a target for IPv6 destinations only");
    if (str_starts(gateway, STR("igw-")) && (!t || !attached(c->sim, c->a, gateway, tree_text(c->a, t->attrs, STR("VpcId")))))
        return sim_refuse(c->r, STR("InvalidParameterValue"), "route table %.*s and network gateway %.*s belong to different networks", STR_ARG(table), STR_ARG(gateway));
    for (i = 0; c->o && i < TARGETS; i++)
        if (!tree_text(c->a, c->attrs, str_of(targets[i])).n)
            c->attrs = tree_put(c->a, c->attrs, str_of(targets[i]), &value_none);
    return true;
}

static bool route_before(struct hook_call *c)
{
    if (str_is(tree_text(c->a, c->o->attrs, STR("GatewayId")), "local"))
        return sim_refuse(c->r, STR("InvalidParameterValue"), "cannot remove local route %.*s in route table %.*s", STR_ARG(tree_text(c->a, c->o->attrs, STR("DestinationCidrBlock"))),
                      STR_ARG(tree_text(c->a, c->o->attrs, STR("RouteTableId"))));
    return true;
}

/* A VPC keeps its main table. */
static bool route_table_before(struct hook_call *c)
{
    if (!c->o->made)
        return sim_refuse(c->r, STR("DependencyViolation"), "The routeTable '%.*s' has dependencies and cannot be deleted.", STR_ARG(c->o->id));
    return true;
}

static bool association_check(struct hook_call *c)
{
    struct object *table = object_find(ec2_kind(c->sim, "route_table"), tree_text(c->a, c->attrs, STR("RouteTableId")));
    struct object *subnet = object_find(ec2_kind(c->sim, "subnet"), tree_text(c->a, c->attrs, STR("SubnetId")));

    if (table && subnet && !str_eq(tree_text(c->a, table->attrs, STR("VpcId")), tree_text(c->a, subnet->attrs, STR("VpcId"))))
        return sim_refuse(c->r, STR("InvalidParameterValue"), "route table %.*s and subnet %.*s belong to different networks", STR_ARG(table->id), STR_ARG(subnet->id));
    return true;
}

static bool association_replace(struct hook_call *c)
{
    struct kind *links = ec2_kind(c->sim, "route_table_association");
    struct object *old = object_find(links, tree_text(c->a, c->r->input, STR("AssociationId"))), *o;
    struct object *table = object_find(ec2_kind(c->sim, "route_table"), tree_text(c->a, c->r->input, STR("RouteTableId")));
    const struct value *v;
    struct str id;

    if (!old || sim_missed(c->r, old))
        return sim_refuse(c->r, STR("InvalidAssociationID.NotFound"), "The association ID '%.*s' does not exist", STR_ARG(tree_text(c->a, c->r->input, STR("AssociationId"))));
    if (!table || sim_missed(c->r, table))
        return sim_refuse(c->r, STR("InvalidRouteTableID.NotFound"), "The routeTable ID '%.*s' does not exist", STR_ARG(tree_text(c->a, c->r->input, STR("RouteTableId"))));
    id = sim_new_id(c->sim, STR("rtbassoc-"), 17);
    v = tree_put(c->a, tree_put(c->a, old->attrs, STR("RouteTableId"), value_string(c->a, table->id)), STR("RouteTableAssociationId"), value_string(c->a, id));
    o = object_new(c->sim, links, id, old->region, v);
    o->made = old->made;
    object_remove(c->sim, old);
    c->r->out = tree_put(c->a, tree_put(c->a, NULL, STR("NewAssociationId"), value_string(c->a, id)), STR("AssociationState.State"), text_value(c->a, "associated"));
    return true;
}

static bool gateway_detach(struct hook_call *c)
{
    struct str vpc = tree_text(c->a, c->o->attrs, STR("VpcId"));
    struct object *o;
    size_t i = 0;

    while ((o = each_object(ec2_kind(c->sim, "nat_gateway"), &i)))
        if (str_eq(tree_text(c->a, o->attrs, STR("VpcId")), vpc) && !str_is(object_state(o), "failed"))
            return sim_refuse(c->r, STR("DependencyViolation"), "Network %.*s has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.", STR_ARG(vpc));
    for (i = 0; (o = each_object(ec2_kind(c->sim, "network_interface"), &i));)
        if (str_eq(tree_text(c->a, o->attrs, STR("VpcId")), vpc) && tree_text(c->a, o->attrs, STR("Association.PublicIp")).n)
            return sim_refuse(c->r, STR("DependencyViolation"), "Network %.*s has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.", STR_ARG(vpc));
    return true;
}

const struct hook hooks_net[] = {
    { "vpc_check", vpc_check },
    { "vpc_made", vpc_made },
    { "subnet_check", subnet_check },
    { "route_table_made", route_table_made },
    { "route_check", route_check },
    { "route_before", route_before },
    { "route_table_before", route_table_before },
    { "association_check", association_check },
    { "association_replace", association_replace },
    { "gateway_detach", gateway_detach },
    { NULL, NULL },
};
