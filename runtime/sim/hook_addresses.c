/* hook_addresses.c - public addresses: drawn, leading to an interface, lent to NAT gateways. */
#include <string.h>
#include "hook.h"

struct str public_ip(struct sim *s, struct arena *a, struct str of)
{
    uint64_t x = sim_draw(s, of);

    return str_fmt(a, "54.%u.%u.%u", (unsigned)(64 + x % 160), (unsigned)(x >> 8 & 255), (unsigned)(1 + (x >> 16) % 254));
}

static bool address_made(struct hook_call *c)
{
    object_set(c->sim, c->o, put_str(c->a, c->o->attrs, "PublicIp", public_ip(c->sim, c->a, c->o->id)));
    return true;
}

static bool address_before(struct hook_call *c)
{
    if (tree_text(c->a, c->o->attrs, STR("AssociationId")).n)
        return sim_refuse(c->r, STR("InvalidIPAddress.InUse"), "Address with allocation id [%.*s] cannot be released because it is in use.", STR_ARG(c->o->id));
    return true;
}

/* Which instance it leads to follows from the interface. */
static bool address_shown(struct hook_call *c)
{
    struct object *eni = object_find(ec2_kind(c->sim, "network_interface"), tree_text(c->a, c->o->attrs, STR("NetworkInterfaceId")));

    if (eni)
        c->attrs = put_str(c->a, c->attrs, "InstanceId", tree_text(c->a, eni->attrs, STR("Attachment.InstanceId")));
    return true;
}

/* ---- where it leads ---- */
static void lead_nowhere(struct sim *s, struct arena *a, struct object *address)
{
    static const char *const parts[] = { "AssociationId", "NetworkInterfaceId", "NetworkInterfaceOwnerId", "PrivateIpAddress" };
    struct object *eni = object_find(ec2_kind(s, "network_interface"), tree_text(a, address->attrs, STR("NetworkInterfaceId")));
    const struct value *v = address->attrs;
    size_t i;

    for (i = 0; i < sizeof parts / sizeof parts[0]; i++)
        v = tree_put(a, v, str_of(parts[i]), NULL);
    object_set(s, address, v);
    if (eni)
        object_set(s, eni, tree_put(a, eni->attrs, STR("Association"), NULL));
}

void address_of_none(struct sim *s, struct arena *a, const struct object *interface)
{
    struct object *o;
    size_t i = 0;

    while ((o = each_object(ec2_kind(s, "address"), &i)))
        if (str_eq(tree_text(a, o->attrs, STR("NetworkInterfaceId")), interface->id))
            lead_nowhere(s, a, o);
}

static bool has_gateway(struct hook_call *c, struct str vpc)
{
    struct object *o;
    size_t i = 0;

    while ((o = each_object(ec2_kind(c->sim, "internet_gateway_attachment"), &i)))
        if (str_eq(tree_text(c->a, o->attrs, STR("VpcId")), vpc))
            return true;
    return false;
}

/* The interface that the request means. NULL: refused. */
static struct object *target(struct hook_call *c)
{
    struct str id = tree_text(c->a, c->r->input, STR("NetworkInterfaceId")), holder = tree_text(c->a, c->r->input, STR("InstanceId"));
    struct object *instance = holder.n ? instance_of(c->r, holder) : NULL, *o = object_find(ec2_kind(c->sim, "network_interface"), id);

    if (c->r->failed)
        return NULL;
    if (!instance && !id.n)
        sim_refuse(c->r, STR("MissingParameter"), "Either 'NetworkInterfaceId' or 'InstanceId' must be specified");
    else if (instance && !str_is(object_state(instance), "running") && !str_is(object_state(instance), "stopped"))
        sim_refuse(c->r, STR("InvalidInstanceID"), "The %.*s instance '%.*s' is not in a valid state for this operation.", STR_ARG(object_state(instance)), STR_ARG(holder));
    else if (!instance && (!o || sim_missed(c->r, o)))
        sim_refuse(c->r, STR("InvalidNetworkInterfaceID.NotFound"), "The networkInterface ID '%.*s' does not exist", STR_ARG(id));
    if (instance)
        o = interface_at(c->sim, c->a, instance, 0);
    if (!c->r->failed && !has_gateway(c, tree_text(c->a, o->attrs, STR("VpcId"))))
        sim_refuse(c->r, STR("Gateway.NotAttached"), "Network %.*s is not attached to any internet gateway", STR_ARG(tree_text(c->a, o->attrs, STR("VpcId"))));
    return c->r->failed ? NULL : o;
}

static bool has_ip(struct hook_call *c, const struct object *eni, struct str ip)
{
    const struct value **leaf;
    size_t n = tree_leaves(c->a, eni->attrs, STR("PrivateIpAddresses.PrivateIpAddress"), &leaf), i;

    for (i = 0; i < n; i++)
        if (str_eq(value_text(c->a, leaf[i]), ip))
            return true;
    return false;
}

static bool associate(struct hook_call *c)
{
    struct str id = tree_text(c->a, c->r->input, STR("AllocationId")), ip = tree_text(c->a, c->r->input, STR("PrivateIpAddress")), link;
    struct object *address = object_find(ec2_kind(c->sim, "address"), id), *eni;
    const struct value *v;

    if (!address || sim_missed(c->r, address))
        return sim_refuse(c->r, STR("InvalidAllocationID.NotFound"), "The allocation ID '%.*s' does not exist", STR_ARG(id));
    eni = target(c);
    if (!eni)
        return false;
    if (!ip.n)
        ip = tree_text(c->a, eni->attrs, STR("PrivateIpAddress"));
    if (!has_ip(c, eni, ip))
        return sim_refuse(c->r, STR("InvalidParameterValue"), "The address %.*s is not assigned to interface %.*s", STR_ARG(ip), STR_ARG(eni->id));
    if (tree_text(c->a, address->attrs, STR("AssociationId")).n && !data_true(c->r->input, "AllowReassociation"))
        return sim_refuse(c->r, STR("Resource.AlreadyAssociated"), "resource %.*s is already associated with associate-id %.*s", STR_ARG(id), STR_ARG(tree_text(c->a, address->attrs, STR("AssociationId"))));
    if (tree_text(c->a, address->attrs, STR("AssociationId")).n && !tree_text(c->a, address->attrs, STR("NetworkInterfaceId")).n)
        return sim_refuse(c->r, STR("AuthFailure"), "You do not have permission to access the specified resource.");
    lead_nowhere(c->sim, c->a, address);
    address_of_none(c->sim, c->a, eni);
    link = sim_new_id(c->sim, STR("eipassoc-"), 17);
    v = put_str(c->a, put_str(c->a, address->attrs, "AssociationId", link), "NetworkInterfaceId", eni->id);
    object_set(c->sim, address, put_str(c->a, put_str(c->a, v, "PrivateIpAddress", ip), "NetworkInterfaceOwnerId", STR("111122223333")));
    v = put_str(c->a, put_str(c->a, eni->attrs, "Association.AllocationId", id), "Association.AssociationId", link);
    v = tree_put(c->a, v, STR("Association.PublicIp"), value_get(address->attrs, STR("PublicIp")));
    object_set(c->sim, eni, put_str(c->a, v, "Association.IpOwnerId", STR("111122223333")));
    c->r->out = put_str(c->a, NULL, "AssociationId", link);
    return true;
}

static bool disassociate(struct hook_call *c)
{
    struct str id = tree_text(c->a, c->r->input, STR("AssociationId"));
    struct object *o = object_by(c->a, ec2_kind(c->sim, "address"), STR("AssociationId"), id);

    if (!id.n || !o || sim_missed(c->r, o))
        return sim_refuse(c->r, STR("InvalidAssociationID.NotFound"), "The association ID '%.*s' does not exist", STR_ARG(id));
    if (!tree_text(c->a, o->attrs, STR("NetworkInterfaceId")).n)
        return sim_refuse(c->r, STR("AuthFailure"), "You do not have permission to access the specified resource.");
    lead_nowhere(c->sim, c->a, o);
    return true;
}

/* ---- NAT ---- */
static bool nat_check(struct hook_call *c)
{
    struct str allocation = tree_text(c->a, c->attrs, STR("AllocationId")), subnet_id = tree_text(c->a, c->attrs, STR("SubnetId"));
    struct object *address = object_find(ec2_kind(c->sim, "address"), allocation), *subnet = object_find(ec2_kind(c->sim, "subnet"), subnet_id);
    const struct value *v;

    if (!subnet)
        return sim_refuse(c->r, STR("MissingParameter"), "The request must contain the parameter SubnetId");
    set_text(c, "VpcId", tree_text(c->a, subnet->attrs, STR("VpcId")));
    if (!address)
        return str_is(tree_text(c->a, c->attrs, STR("ConnectivityType")), "private") || sim_refuse(c->r, STR("MissingParameter"), "The request must contain the parameter AllocationId");
    if (tree_text(c->a, address->attrs, STR("AssociationId")).n)
        return sim_refuse(c->r, STR("Resource.AlreadyAssociated"), "Elastic IP address [%.*s] is already associated", STR_ARG(allocation));
    v = tree_put(c->a, NULL, STR("AllocationId"), value_string(c->a, allocation));
    v = tree_put(c->a, v, STR("PublicIp"), value_get(address->attrs, STR("PublicIp")));
    v = tree_put(c->a, v, STR("IsPrimary"), &value_true);
    v = tree_put(c->a, v, STR("NetworkInterfaceId"), value_string(c->a, sim_new_id(c->sim, STR("eni-"), 17)));
    v = tree_put(c->a, v, STR("AssociationId"), value_string(c->a, sim_new_id(c->sim, STR("eipassoc-"), 17)));
    v = tree_put(c->a, v, STR("Status"), text_value(c->a, "succeeded"));
    c->attrs = tree_put(c->a, c->attrs, STR("NatGatewayAddresses"), tree_list(c->a, NULL, v));
    return true;
}

static void join_address(struct hook_call *c, bool on)
{
    struct object *address = object_find(ec2_kind(c->sim, "address"), tree_text(c->a, c->o->attrs, STR("AllocationId")));
    const struct value **id;
    size_t n = tree_leaves(c->a, c->o->attrs, STR("NatGatewayAddresses.AssociationId"), &id);

    if (address)
        object_set(c->sim, address, tree_put(c->a, address->attrs, STR("AssociationId"), on && n ? id[0] : NULL));
}

static bool nat_made(struct hook_call *c)
{
    join_address(c, true);
    return true;
}

static bool nat_settle(struct hook_call *c)
{
    struct str subnet = tree_text(c->a, c->o->attrs, STR("SubnetId"));

    if (str_is(tree_text(c->a, c->o->attrs, STR("ConnectivityType")), "private") || way_out(c->sim, c->a, subnet) == WAY_INTERNET)
        return true;
    c->last = STR("failed");
    c->set = tree_put(c->a, NULL, STR("FailureCode"), text_value(c->a, "Gateway.NotAttached"));
    c->set = tree_put(c->a, c->set, STR("FailureMessage"), value_string(c->a, str_fmt(c->a, "Network %.*s has no Internet gateway attached, or subnet %.*s has no route to it",
        STR_ARG(tree_text(c->a, c->o->attrs, STR("VpcId"))), STR_ARG(subnet))));
    join_address(c, false);
    return true;
}

static bool nat_deleted(struct hook_call *c)
{
    join_address(c, false);
    return true;
}

const struct hook hooks_addresses[] = {
    { "address_made", address_made },
    { "address_before", address_before },
    { "address_shown", address_shown },
    { "address_associate", associate },
    { "address_disassociate", disassociate },
    { "nat_check", nat_check },
    { "nat_made", nat_made },
    { "nat_settle", nat_settle },
    { "nat_deleted", nat_deleted },
    { NULL, NULL },
};
