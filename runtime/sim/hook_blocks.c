/* hook_blocks.c - blocks of addresses of VPCs and subnets, of both kinds: what belongs where, what overlaps, what is in use; and whose DHCP options a VPC has.
 * A block is an object of its own (vpc_cidr, vpc_ipv6_cidr, subnet_ipv6_cidr), which stays visible for an hour after it was taken away. */
#include <string.h>
#include "hook.h"

enum { MAX_BLOCKS = 64, BLOCKS_OF_VPC = 5 };

bool cidr_within(struct cidr outer, struct ip x)
{
    int i;

    if (outer.ip.v6 != x.v6)
        return false;
    for (i = 0; i < outer.bits; i++)
        if ((outer.ip.b[i / 8] ^ x.b[i / 8]) & (0x80 >> i % 8))
            return false;
    return true;
}

bool cidr_overlaps(struct cidr x, struct cidr y)
{
    return x.bits < y.bits ? cidr_within(x, y.ip) : cidr_within(y, x.ip);
}

/* ---- which there are ---- */
static struct str block_text(struct arena *a, const struct object *o)
{
    struct str text = tree_text(a, o->attrs, STR("CidrBlock"));

    return text.n ? text : tree_text(a, o->attrs, STR("Ipv6CidrBlock"));
}

static struct str block_state(struct arena *a, const struct object *o)
{
    return tree_text(a, o->attrs, o->kind->field);
}

size_t blocks_of(struct sim *s, struct arena *a, const char *kind, struct str owner, struct cidr *out, size_t max)
{
    const char *by = str_starts(str_of(kind), STR("vpc")) ? "VpcId" : "SubnetId";
    struct object *o;
    size_t i = 0, n = 0;

    while (n < max && (o = each_object(ec2_kind(s, kind), &i)))
        if (str_eq(tree_text(a, o->attrs, str_of(by)), owner) && str_is(block_state(a, o), "associated") && cidr_parse(block_text(a, o), &out[n], NULL))
            n++;
    return n;
}

static bool inside_any(const struct cidr *v, size_t n, struct cidr x)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (x.bits >= v[i].bits && cidr_within(v[i], x.ip))
            return true;
    return false;
}

static const struct value *list_of(struct hook_call *c, const char *kind, const char *by)
{
    struct kind *k = ec2_kind(c->sim, kind);
    const struct value *list = &value_empty_list;
    size_t i;

    for (i = 0; i < k->order.n; i++) {
        struct object *o = k->order.v[i];

        if (!o->removed && str_eq(tree_text(c->a, o->attrs, str_of(by)), c->o->id))
            list = tree_list(c->a, list, o->attrs);
    }
    return list;
}

static bool vpc_shown(struct hook_call *c)
{
    c->attrs = tree_put(c->a, c->attrs, STR("CidrBlockAssociationSet"), list_of(c, "vpc_cidr", "VpcId"));
    c->attrs = tree_put(c->a, c->attrs, STR("Ipv6CidrBlockAssociationSet"), list_of(c, "vpc_ipv6_cidr", "VpcId"));
    return true;
}

/* Four addresses at the beginning of a subnet and the last one are AWS's. */
static bool subnet_shown(struct hook_call *c)
{
    struct map taken = { .arena = c->a };
    struct cidr in;
    int64_t n = 0;
    size_t i;

    c->attrs = tree_put(c->a, c->attrs, STR("Ipv6CidrBlockAssociationSet"), list_of(c, "subnet_ipv6_cidr", "SubnetId"));
    if (cidr_parse(tree_text(c->a, c->o->attrs, STR("CidrBlock")), &in, NULL)) {
        addresses_taken(c->sim, c->a, c->o->id, &taken);
        n = ((int64_t)1 << (32 - in.bits)) - 5;
        for (i = 0; i < taken.n; i++)
            n -= str_find(taken.e[i].key, STR(":")) == SIZE_MAX;
    }
    c->attrs = tree_put(c->a, c->attrs, STR("AvailableIpAddressCount"), value_int(c->a, n));
    return true;
}

/* ---- a new one ---- */
static struct object *block_new(struct request *r, const char *kind, const char *by, struct str owner, struct str text, bool at_once)
{
    struct kind *k = ec2_kind(r->sim, kind);
    const char *attr = str_find(text, STR(":")) == SIZE_MAX ? "CidrBlock" : "Ipv6CidrBlock";
    const struct value *v = put_str(r->a, put_str(r->a, NULL, by, owner), attr, text);
    struct object *o;
    struct str id;

    if (at_once)
        v = put_str(r->a, v, str_c(r->a, k->field), STR("associated"));
    v = attrs_whole(r, k, v, &id);
    o = object_new(r->sim, k, id, r->region, v);
    if (!at_once)
        object_run(r->sim, o, value_get(k->data, STR("state")), false, NULL);
    return o;
}

static struct str amazons(struct sim *s, struct arena *a)
{
    uint64_t x = sim_draw(s, str_fmt(a, "ipv6 %llu", (unsigned long long)s->next));

    return str_fmt(a, "2a05:d0%02x:%x:%x00::/56", (unsigned)(x & 255), (unsigned)(0x100 + (x >> 8) % 0xe00), (unsigned)(1 + (x >> 24) % 254));
}

void vpc_blocks_made(struct hook_call *c)
{
    block_new(c->r, "vpc_cidr", "VpcId", c->o->id, tree_text(c->a, c->o->attrs, STR("CidrBlock")), true);
    if (data_true(c->r->input, "AmazonProvidedIpv6CidrBlock"))
        block_new(c->r, "vpc_ipv6_cidr", "VpcId", c->o->id, amazons(c->sim, c->a), false);
}

/* ---- local routes: one for each block in each table of the VPC ---- */
static void local_route(struct sim *s, struct arena *a, const struct object *table, struct cidr block)
{
    struct str text = cidr_text(a, block), id = str_fmt(a, "%.*s/%.*s", STR_ARG(table->id), STR_ARG(text));
    const struct value *v = put_str(a, put_str(a, NULL, "RouteTableId", table->id), block.ip.v6 ? "DestinationIpv6CidrBlock" : "DestinationCidrBlock", text);

    v = put_str(a, put_str(a, put_str(a, v, "GatewayId", STR("local")), "Origin", STR("CreateRouteTable")), "State", STR("active"));
    if (!object_find(ec2_kind(s, "route"), id))
        object_new(s, ec2_kind(s, "route"), id, table->region, v);
}

void local_routes(struct sim *s, struct arena *a, const struct object *table)
{
    static const char *const both[] = { "vpc_cidr", "vpc_ipv6_cidr" };
    struct cidr v[MAX_BLOCKS];
    size_t i, k, n;

    for (k = 0; k < 2; k++) {
        n = blocks_of(s, a, both[k], tree_text(a, table->attrs, STR("VpcId")), v, MAX_BLOCKS);
        for (i = 0; i < n; i++)
            local_route(s, a, table, v[i]);
    }
}

static bool block_settled(struct hook_call *c)
{
    struct object *table, *route;
    struct cidr block;
    size_t i = 0;

    if (!cidr_parse(block_text(c->a, c->o), &block, NULL))
        return true;
    while ((table = each_object(ec2_kind(c->sim, "route_table"), &i))) {
        if (!str_eq(tree_text(c->a, table->attrs, STR("VpcId")), tree_text(c->a, c->o->attrs, STR("VpcId"))))
            continue;
        route = object_find(ec2_kind(c->sim, "route"), str_fmt(c->a, "%.*s/%.*s", STR_ARG(table->id), STR_ARG(cidr_text(c->a, block))));
        if (str_is(c->last, "associated"))
            local_route(c->sim, c->a, table, block);
        else if (route)
            object_remove(c->sim, route);
    }
    return true;
}

/* ---- VPCs ---- */
static int private_range(struct cidr x)
{
    static const struct { uint8_t a, b, mask; } ranges[] = { { 10, 0, 0 }, { 172, 16, 0xf0 }, { 192, 168, 0xff } };
    size_t i;

    for (i = 0; i < 3; i++)
        if (x.ip.b[0] == ranges[i].a && (x.ip.b[1] & ranges[i].mask) == ranges[i].b)
            return (int)i + 1;
    return 0;
}

static bool may_add(struct hook_call *c, const struct object *vpc, struct str text)
{
    struct cidr v[MAX_BLOCKS], x, first;
    size_t n = blocks_of(c->sim, c->a, "vpc_cidr", vpc->id, v, MAX_BLOCKS), i;
    const char *why = "";

    if (!cidr_parse(text, &x, &why) || x.ip.v6)
        return sim_refuse(c->r, STR("InvalidParameterValue"), "Value (%.*s) for parameter cidrBlock is invalid. This is not a valid CIDR block. %s", STR_ARG(text), why);
    if (x.bits < 16 || x.bits > 28)
        return sim_refuse(c->r, STR("InvalidVpc.Range"), "The CIDR '%.*s' is invalid.", STR_ARG(text));
    for (i = 0; i < n; i++)
        if (cidr_overlaps(v[i], x))
            return sim_refuse(c->r, STR("CidrConflict"), "The CIDR '%.*s' conflicts with another CIDR of the VPC", STR_ARG(text));
    cidr_parse(tree_text(c->a, vpc->attrs, STR("CidrBlock")), &first, NULL);
    if (private_range(x) && private_range(first) && private_range(x) != private_range(first))
        return sim_refuse(c->r, STR("InvalidVpc.Range"), "The CIDR '%.*s' is restricted. Use a CIDR from the same private address range as the current VPC CIDR.", STR_ARG(text));
    return n < BLOCKS_OF_VPC || sim_refuse(c->r, STR("CidrLimitExceeded"), "This network '%.*s' has met its maximum number of allowed CIDRs: %d", STR_ARG(vpc->id), BLOCKS_OF_VPC);
}

static bool vpc_associate(struct hook_call *c)
{
    struct str id = tree_text(c->a, c->r->input, STR("VpcId")), text = tree_text(c->a, c->r->input, STR("CidrBlock"));
    struct object *vpc = object_find(ec2_kind(c->sim, "vpc"), id), *o;
    bool ipv6 = data_true(c->r->input, "AmazonProvidedIpv6CidrBlock");

    if (!vpc || sim_missed(c->r, vpc))
        return sim_refuse(c->r, STR("InvalidVpcID.NotFound"), "The vpc ID '%.*s' does not exist", STR_ARG(id));
    if (ipv6 == (text.n > 0))
        return sim_refuse(c->r, STR("InvalidParameterCombination"), "The request must contain exactly one of cidrBlock and amazonProvidedIpv6CidrBlock");
    if (!ipv6 && !may_add(c, vpc, text))
        return false;
    o = block_new(c->r, ipv6 ? "vpc_ipv6_cidr" : "vpc_cidr", "VpcId", id, ipv6 ? amazons(c->sim, c->a) : text, false);
    o->made = !c->r->within;
    c->r->out = tree_put(c->a, put_str(c->a, NULL, "VpcId", id), ipv6 ? STR("Ipv6CidrBlockAssociation") : STR("CidrBlockAssociation"), o->attrs);
    return true;
}

static bool holds_subnet(struct hook_call *c, struct str vpc, struct cidr block)
{
    struct cidr v[MAX_BLOCKS], x;
    struct object *o;
    size_t i = 0, k, n;

    while ((o = each_object(ec2_kind(c->sim, "subnet"), &i))) {
        if (!str_eq(tree_text(c->a, o->attrs, STR("VpcId")), vpc))
            continue;
        if (cidr_parse(tree_text(c->a, o->attrs, STR("CidrBlock")), &x, NULL) && cidr_overlaps(block, x))
            return true;
        n = blocks_of(c->sim, c->a, "subnet_ipv6_cidr", o->id, v, MAX_BLOCKS);
        for (k = 0; k < n; k++)
            if (cidr_overlaps(block, v[k]))
                return true;
    }
    return false;
}

static struct object *association(struct hook_call *c, const char *const *kinds, const char *missing)
{
    struct str id = tree_text(c->a, c->r->input, STR("AssociationId"));
    struct object *o = NULL;

    for (; !o && *kinds; kinds++)
        o = object_find(ec2_kind(c->sim, *kinds), id);
    if (!o || sim_missed(c->r, o) || o->dying)
        sim_refuse(c->r, str_of(missing), "The CIDR block association ID '%.*s' does not exist", STR_ARG(id));
    return c->r->failed ? NULL : o;
}

static void taken_off(struct hook_call *c, struct object *o, const char *by, const char *member)
{
    object_run(c->sim, o, value_get(o->kind->data, STR("gone")), true, NULL);
    c->r->out = tree_put(c->a, tree_put(c->a, NULL, str_of(by), value_get(o->attrs, str_of(by))), str_of(member), o->attrs);
}

static bool vpc_disassociate(struct hook_call *c)
{
    static const char *const kinds[] = { "vpc_cidr", "vpc_ipv6_cidr", NULL };
    struct object *o = association(c, kinds, "InvalidVpcCidrBlockAssociationID.NotFound"), *vpc;
    struct str owner = o ? tree_text(c->a, o->attrs, STR("VpcId")) : STR_NONE;
    struct cidr block;

    if (!o)
        return false;
    vpc = object_find(ec2_kind(c->sim, "vpc"), owner);
    if (vpc && str_eq(tree_text(c->a, vpc->attrs, STR("CidrBlock")), block_text(c->a, o)))
        return sim_refuse(c->r, STR("OperationNotPermitted"), "The vpc CIDR block with association ID %.*s may not be disassociated. It is the primary IPv4 CIDR block of the VPC", STR_ARG(o->id));
    if (cidr_parse(block_text(c->a, o), &block, NULL) && holds_subnet(c, owner, block))
        return sim_refuse(c->r, STR("InvalidCidrBlock.InUse"), "The vpc %.*s currently has a subnet within CIDR block %.*s", STR_ARG(owner), STR_ARG(block_text(c->a, o)));
    taken_off(c, o, "VpcId", str_is(o->kind->name, "vpc_cidr") ? "CidrBlockAssociation" : "Ipv6CidrBlockAssociation");
    return true;
}

/* ---- subnets ---- */
bool subnet_block4(struct hook_call *c, const struct object *vpc, struct str text)
{
    struct cidr v[MAX_BLOCKS], x, other;
    size_t n = blocks_of(c->sim, c->a, "vpc_cidr", vpc->id, v, MAX_BLOCKS), i = 0;
    const char *why = "it is missing";
    struct object *o;

    if (!cidr_parse(text, &x, &why))
        return sim_refuse(c->r, text.n ? STR("InvalidParameterValue") : STR("MissingParameter"), "Value (%.*s) for parameter cidrBlock is invalid: %s", STR_ARG(text), why);
    if (x.bits > 28 || !inside_any(v, n, x))
        return sim_refuse(c->r, STR("InvalidSubnet.Range"), "The CIDR '%.*s' is invalid: it is not inside the VPC's", STR_ARG(text));
    while ((o = each_object(ec2_kind(c->sim, "subnet"), &i)))
        if (str_eq(tree_text(c->a, o->attrs, STR("VpcId")), vpc->id) && cidr_parse(tree_text(c->a, o->attrs, STR("CidrBlock")), &other, NULL) && cidr_overlaps(x, other))
            return sim_refuse(c->r, STR("InvalidSubnet.Conflict"), "The CIDR '%.*s' conflicts with another subnet", STR_ARG(text));
    return true;
}

bool subnet_block6(struct hook_call *c, const struct object *vpc, struct str text)
{
    struct cidr v[MAX_BLOCKS], x, other;
    size_t n = blocks_of(c->sim, c->a, "vpc_ipv6_cidr", vpc->id, v, MAX_BLOCKS), i = 0;
    const char *why = "";
    struct object *o;

    if (!cidr_parse(text, &x, &why) || !x.ip.v6)
        return sim_refuse(c->r, STR("InvalidParameterValue"), "Value (%.*s) for parameter ipv6CidrBlock is invalid: %s", STR_ARG(text), why);
    if (x.bits < 44 || x.bits > 64 || x.bits % 4 || !inside_any(v, n, x))
        return sim_refuse(c->r, STR("InvalidSubnet.Range"), "The IPv6 CIDR '%.*s' is invalid: it is not inside the VPC's, or not between /44 and /64 in steps of four", STR_ARG(text));
    while ((o = each_object(ec2_kind(c->sim, "subnet_ipv6_cidr"), &i)))
        if (!o->dying && cidr_parse(block_text(c->a, o), &other, NULL) && cidr_overlaps(x, other))
            return sim_refuse(c->r, STR("InvalidSubnet.Conflict"), "The CIDR '%.*s' conflicts with another subnet", STR_ARG(text));
    return true;
}

static bool subnet_made(struct hook_call *c)
{
    struct str text = tree_text(c->a, c->r->input, STR("Ipv6CidrBlock"));

    if (text.n)
        block_new(c->r, "subnet_ipv6_cidr", "SubnetId", c->o->id, text, false);
    return true;
}

static bool subnet_associate(struct hook_call *c)
{
    struct str id = tree_text(c->a, c->r->input, STR("SubnetId")), text = tree_text(c->a, c->r->input, STR("Ipv6CidrBlock"));
    struct object *subnet = object_find(ec2_kind(c->sim, "subnet"), id), *o;
    struct cidr old;

    if (!subnet || sim_missed(c->r, subnet))
        return sim_refuse(c->r, STR("InvalidSubnetID.NotFound"), "The subnet ID '%.*s' does not exist", STR_ARG(id));
    if (blocks_of(c->sim, c->a, "subnet_ipv6_cidr", id, &old, 1))
        return sim_refuse(c->r, STR("InvalidParameterValue"), "The subnet %.*s has an IPv6 CIDR block already", STR_ARG(id));
    if (!subnet_block6(c, object_find(ec2_kind(c->sim, "vpc"), tree_text(c->a, subnet->attrs, STR("VpcId"))), text))
        return false;
    o = block_new(c->r, "subnet_ipv6_cidr", "SubnetId", id, text, false);
    c->r->out = tree_put(c->a, put_str(c->a, NULL, "SubnetId", id), STR("Ipv6CidrBlockAssociation"), o->attrs);
    return true;
}

static bool subnet_disassociate(struct hook_call *c)
{
    static const char *const kinds[] = { "subnet_ipv6_cidr", NULL };
    struct object *o = association(c, kinds, "InvalidSubnetCidrBlockAssociationID.NotFound"), *subnet, *eni;
    const struct value **address;
    size_t i = 0;

    if (!o)
        return false;
    subnet = object_find(ec2_kind(c->sim, "subnet"), tree_text(c->a, o->attrs, STR("SubnetId")));
    if (subnet && data_true(subnet->attrs, "AssignIpv6AddressOnCreation"))
        return sim_refuse(c->r, STR("InvalidCidrBlock.InUse"), "The subnet IPv6 CIDR block with association ID %.*s may not be disassociated, because its subnet has assign-ipv6-address-on-creation set to true.",
                          STR_ARG(o->id));
    while (subnet && (eni = each_object(ec2_kind(c->sim, "network_interface"), &i)))
        if (str_eq(tree_text(c->a, eni->attrs, STR("SubnetId")), subnet->id) && tree_leaves(c->a, eni->attrs, STR("Ipv6Addresses.Ipv6Address"), &address))
            return sim_refuse(c->r, STR("InvalidCidrBlock.InUse"), "The subnet %.*s currently has IPv6 addresses within its CIDR block", STR_ARG(subnet->id));
    taken_off(c, o, "SubnetId", "Ipv6CidrBlockAssociation");
    return true;
}

/* ---- DHCP options ---- */
static bool dhcp_associate(struct hook_call *c)
{
    struct str id = tree_text(c->a, c->r->input, STR("DhcpOptionsId")), vpc_id = tree_text(c->a, c->r->input, STR("VpcId"));
    struct object *vpc = object_find(ec2_kind(c->sim, "vpc"), vpc_id), *o = object_find(ec2_kind(c->sim, "dhcp_options"), id);

    if (!vpc || sim_missed(c->r, vpc))
        return sim_refuse(c->r, STR("InvalidVpcID.NotFound"), "The vpc ID '%.*s' does not exist", STR_ARG(vpc_id));
    if (!str_is(id, "default") && (!o || sim_missed(c->r, o)))
        return sim_refuse(c->r, STR("InvalidDhcpOptionID.NotFound"), "The dhcpOption ID '%.*s' does not exist", STR_ARG(id));
    object_set(c->sim, vpc, put_str(c->a, vpc->attrs, "DhcpOptionsId", id));
    return true;
}

const struct hook hooks_blocks[] = {
    { "vpc_shown", vpc_shown },
    { "subnet_shown", subnet_shown },
    { "subnet_made", subnet_made },
    { "block_settled", block_settled },
    { "vpc_associate", vpc_associate },
    { "vpc_disassociate", vpc_disassociate },
    { "subnet_associate", subnet_associate },
    { "subnet_disassociate", subnet_disassociate },
    { "dhcp_associate", dhcp_associate },
    { NULL, NULL },
};
