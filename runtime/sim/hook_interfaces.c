/* hook_interfaces.c - network interfaces: their addresses, whom they are attached to. One holder at a time: an interface in use cannot be another's. */
#include <string.h>
#include "hook.h"

enum { RESERVED_FIRST = 4, SEARCHED = 1 << 16 };

static struct kind *interfaces(struct sim *s)
{
    return ec2_kind(s, "network_interface");
}

/* ---- addresses ---- */
void addresses_taken(struct sim *s, struct arena *a, struct str subnet, struct map *out)
{
    static const char *const paths[] = { "PrivateIpAddress", "PrivateIpAddresses.PrivateIpAddress", "Ipv6Addresses.Ipv6Address" };
    struct object *o;
    size_t i = 0, j, k, n;

    while ((o = each_object(interfaces(s), &i))) {
        if (!str_eq(tree_text(a, o->attrs, STR("SubnetId")), subnet))
            continue;
        for (j = 0; j < sizeof paths / sizeof paths[0]; j++) {
            const struct value **leaf;

            n = tree_leaves(a, o->attrs, str_of(paths[j]), &leaf);
            for (k = 0; k < n; k++)
                map_put(out, value_text(a, leaf[k]), o);
        }
    }
}

static struct ip plus(struct ip ip, uint32_t n)
{
    int i;

    for (i = ip.v6 ? 15 : 3; i >= 0 && n; i--) {
        n += ip.b[i];
        ip.b[i] = (uint8_t)n;
        n >>= 8;
    }
    return ip;
}

static uint32_t room_of(struct cidr c)
{
    return c.ip.v6 || c.bits < 16 ? SEARCHED : (uint32_t)1 << (32 - c.bits);
}

static bool next_free(struct arena *a, struct cidr in, struct map *taken, struct str *out)
{
    uint32_t n, end = room_of(in) - 1;

    for (n = RESERVED_FIRST; n < end; n++) {
        *out = ip_text(a, plus(in.ip, n));
        if (!map_has(taken, *out)) {
            map_put(taken, *out, taken);
            return true;
        }
    }
    return false;
}

static bool reserved(struct cidr in, struct ip x)
{
    uint32_t n;

    for (n = 0; n < RESERVED_FIRST; n++)
        if (!memcmp(plus(in.ip, n).b, x.b, 16))
            return true;
    return !in.ip.v6 && !memcmp(plus(in.ip, room_of(in) - 1).b, x.b, 16);
}

/* The address that is wanted, or the next free one when none is. */
static bool take_address(struct request *r, struct cidr in, struct str want, struct map *taken, struct str *out)
{
    struct ip ip;

    if (!want.n)
        return next_free(r->a, in, taken, out) || sim_refuse(r, STR("InsufficientFreeAddressesInSubnet"), "The subnet does not have enough free addresses to satisfy the request.");
    if (!ip_parse(want, &ip) || ip.v6 != in.ip.v6)
        return sim_refuse(r, STR("InvalidParameterValue"), "Value (%.*s) for an address is invalid. Invalid IP address.", STR_ARG(want));
    if (!cidr_within(in, ip))
        return sim_refuse(r, STR("InvalidParameterValue"), "Address %.*s does not fall within the subnet's address range", STR_ARG(want));
    if (reserved(in, ip))
        return sim_refuse(r, STR("InvalidParameterValue"), "Address %.*s is in subnet's reserved address range", STR_ARG(want));
    *out = ip_text(r->a, ip);
    if (map_has(taken, *out))
        return sim_refuse(r, STR("InvalidIPAddress.InUse"), "Address %.*s is in use.", STR_ARG(*out));
    map_put(taken, *out, taken);
    return true;
}

static int64_t count_of(struct arena *a, const struct value *v, const char *name)
{
    int64_t n;

    return str_int(tree_text(a, v, str_of(name)), &n) && n > 0 && n < 256 ? n : 0;
}

struct str internal_name(struct arena *a, struct str region, struct str host)
{
    return str_is(region, "us-east-1") ? str_fmt(a, "%.*s.ec2.internal", STR_ARG(host)) : str_fmt(a, "%.*s.%.*s.compute.internal", STR_ARG(host), STR_ARG(region));
}

static struct str dns_name(struct request *r, struct str ip)
{
    struct buf b = { 0 };
    struct str part;

    buf_cstr(&b, "ip");
    while (str_cut(&ip, '.', &part))
        buf_fmt(&b, "-%.*s", STR_ARG(part));
    return internal_name(r->a, r->region, buf_take(&b, r->a));
}

static const struct value *with_address(struct request *r, const struct value *list, struct str ip, bool primary)
{
    const struct value *one = put_str(r->a, put_str(r->a, NULL, "PrivateIpAddress", ip), "PrivateDnsName", dns_name(r, ip));

    return tree_list(r->a, list, tree_put(r->a, one, STR("Primary"), value_bool(primary)));
}

/* Primary, further ones by name, further ones by number. */
static const struct value *addresses4(struct request *r, const struct value *spec, struct cidr in, struct map *taken, struct str *primary)
{
    const struct value *more = value_get(spec, STR("PrivateIpAddresses")), *list = NULL;
    struct str want = tree_text(r->a, spec, STR("PrivateIpAddress")), ip;
    int64_t n = count_of(r->a, spec, "SecondaryPrivateIpAddressCount");
    size_t i;

    for (i = 0; !want.n && more && more->kind == VALUE_LIST && i < more->list.n; i++)
        if (data_true(more->list.v[i], "Primary"))
            want = data_str(more->list.v[i], "PrivateIpAddress");
    if (!take_address(r, in, want, taken, primary))
        return NULL;
    list = with_address(r, NULL, *primary, true);
    for (i = 0; more && more->kind == VALUE_LIST && i < more->list.n; i++) {
        if (data_true(more->list.v[i], "Primary"))
            continue;
        if (!take_address(r, in, data_str(more->list.v[i], "PrivateIpAddress"), taken, &ip))
            return NULL;
        list = with_address(r, list, ip, false);
    }
    for (; n; n--) {
        if (!take_address(r, in, STR_NONE, taken, &ip))
            return NULL;
        list = with_address(r, list, ip, false);
    }
    return list;
}

static const struct value *addresses6(struct request *r, const struct value *spec, const struct object *subnet, struct map *taken)
{
    const struct value *named = value_get(spec, STR("Ipv6Addresses")), *list = NULL;
    int64_t n = count_of(r->a, spec, "Ipv6AddressCount");
    bool primary = data_true(spec, "EnablePrimaryIpv6") || data_true(spec, "PrimaryIpv6");
    struct cidr in;
    struct str ip;
    size_t i, m = named && named->kind == VALUE_LIST ? named->list.n : 0;

    if (!m && !n && (data_true(subnet->attrs, "AssignIpv6AddressOnCreation") || data_true(subnet->attrs, "Ipv6Native")))
        n = 1;
    if ((m || n) && !blocks_of(r->sim, r->a, "subnet_ipv6_cidr", subnet->id, &in, 1)) {
        sim_refuse(r, STR("InvalidParameterValue"), "The subnet %.*s does not have an IPv6 CIDR block", STR_ARG(subnet->id));
        return NULL;
    }
    for (i = 0; i < m + (size_t)n; i++) {
        struct str want = i < m ? data_str(named->list.v[i], "Ipv6Address") : STR_NONE;

        if (!take_address(r, in, want, taken, &ip))
            return NULL;
        list = tree_list(r->a, list, tree_put(r->a, put_str(r->a, NULL, "Ipv6Address", ip), STR("IsPrimaryIpv6"), value_bool(primary && !i)));
    }
    return list ? list : &value_empty_list;
}

/* ---- what a new one is made of ---- */
static struct object *default_group(struct request *r, struct str vpc)
{
    struct object *o;
    size_t i = 0;

    while ((o = each_object(ec2_kind(r->sim, "security_group"), &i)))
        if (str_eq(tree_text(r->a, o->attrs, STR("VpcId")), vpc) && str_is(tree_text(r->a, o->attrs, STR("GroupName")), "default"))
            return o;
    return NULL;
}

static const struct value *shown_group(struct arena *a, const struct object *group)
{
    return tree_put(a, put_str(a, NULL, "GroupId", group->id), STR("GroupName"), value_get(group->attrs, STR("GroupName")));
}

const struct value *interface_groups(struct request *r, const struct value *ids, struct str vpc)
{
    const struct value *out = NULL;
    size_t i;

    for (i = 0; ids && ids->kind == VALUE_LIST && i < ids->list.n; i++) {
        struct str id = value_text(r->a, ids->list.v[i]);
        struct object *o = object_find(ec2_kind(r->sim, "security_group"), id);

        if (!o || sim_missed(r, o))
            sim_refuse(r, STR("InvalidGroup.NotFound"), "The security group '%.*s' does not exist", STR_ARG(id));
        else if (!str_eq(tree_text(r->a, o->attrs, STR("VpcId")), vpc))
            sim_refuse(r, STR("InvalidParameter"), "The security group %.*s and the subnet belong to different networks.", STR_ARG(id));
        if (r->failed)
            return NULL;
        out = tree_list(r->a, out, shown_group(r->a, o));
    }
    return out ? out : tree_list(r->a, NULL, shown_group(r->a, default_group(r, vpc)));
}

static struct str mac_of(struct sim *s, struct arena *a, struct str ip)
{
    uint64_t x = sim_draw(s, str_fmt(a, "mac %.*s %llu", STR_ARG(ip), (unsigned long long)s->next));

    return str_fmt(a, "02:%02x:%02x:%02x:%02x:%02x", (unsigned)(x & 255), (unsigned)(x >> 8 & 255), (unsigned)(x >> 16 & 255), (unsigned)(x >> 24 & 255), (unsigned)(x >> 32 & 255));
}

static const struct value *located(struct arena *a, const struct object *subnet)
{
    static const char *const same[] = { "VpcId", "AvailabilityZone", "AvailabilityZoneId" };
    const struct value *v = put_str(a, NULL, "SubnetId", subnet->id);
    size_t i;

    for (i = 0; i < sizeof same / sizeof same[0]; i++)
        v = tree_put(a, v, str_of(same[i]), value_get(subnet->attrs, str_of(same[i])));
    return v;
}

const struct value *interface_attrs(struct request *r, const struct value *spec, struct map *taken)
{
    struct str id = tree_text(r->a, spec, STR("SubnetId")), primary = STR_NONE;
    struct object *subnet = object_find(ec2_kind(r->sim, "subnet"), id);
    const struct value *v, *groups, *list;
    struct cidr in;

    if (!subnet || sim_missed(r, subnet)) {
        sim_refuse(r, STR("InvalidSubnetID.NotFound"), "The subnet ID '%.*s' does not exist", STR_ARG(id));
        return NULL;
    }
    addresses_taken(r->sim, r->a, id, taken);
    v = located(r->a, subnet);
    groups = interface_groups(r, value_get(spec, STR("Groups")), tree_text(r->a, v, STR("VpcId")));
    if (!groups)
        return NULL;
    v = tree_put(r->a, v, STR("Groups"), groups);
    if (!data_true(subnet->attrs, "Ipv6Native") && cidr_parse(tree_text(r->a, subnet->attrs, STR("CidrBlock")), &in, NULL)) {
        list = addresses4(r, spec, in, taken, &primary);
        v = tree_put(r->a, tree_put(r->a, v, STR("PrivateIpAddresses"), list), STR("PrivateIpAddress"), list ? value_string(r->a, primary) : NULL);
        v = put_str(r->a, v, "PrivateDnsName", list ? dns_name(r, primary) : STR_NONE);
    }
    list = r->failed ? NULL : addresses6(r, spec, subnet, taken);
    if (!list)
        return NULL;
    v = tree_put(r->a, v, STR("Ipv6Addresses"), list);
    v = put_str(r->a, v, "Ipv6Address", list->list.n ? data_str(list->list.v[0], "Ipv6Address") : STR_NONE);
    v = tree_put(r->a, v, STR("Description"), value_get(spec, STR("Description")));
    v = put_str(r->a, v, "InterfaceType", tree_text(r->a, spec, STR("InterfaceType")));
    v = put_str(r->a, v, "MacAddress", mac_of(r->sim, r->a, primary));
    return put_str(r->a, v, "Status", STR("available"));
}

/* The first of them stays with the interface from now on. NULL: there is none, and it is refused. */
static const struct value *with_primary6(struct hook_call *c)
{
    const struct value *old = value_get(c->o->attrs, STR("Ipv6Addresses")), *list = NULL;
    size_t i;

    for (i = 0; old && i < old->list.n; i++)
        list = tree_list(c->a, list, tree_put(c->a, old->list.v[i], STR("IsPrimaryIpv6"), value_bool(!i)));
    if (!list)
        sim_refuse(c->r, STR("InvalidParameterValue"), "The interface %.*s has no IPv6 address", STR_ARG(c->o->id));
    return list;
}

static bool interface_check(struct hook_call *c)
{
    struct kind *k = interfaces(c->sim);
    const struct value *groups = value_get(c->r->input, STR("Groups")), *v;
    struct map taken = { .arena = c->a };

    if (c->o) {
        v = data_true(c->r->input, "EnablePrimaryIpv6") ? with_primary6(c) : NULL;
        if (v)
            c->attrs = tree_put(c->a, c->attrs, STR("Ipv6Addresses"), v);
        v = groups ? interface_groups(c->r, groups, tree_text(c->a, c->o->attrs, STR("VpcId"))) : NULL;
        if (v)
            c->attrs = tree_put(c->a, c->attrs, STR("Groups"), v);
        return !c->r->failed;
    }
    v = interface_attrs(c->r, c->r->input, &taken);
    if (!v)
        return false;
    c->attrs = tree_merge(c->a, c->attrs, v);
    return check_refers(c->r, k, c->attrs, NULL);
}

/* ---- further addresses ---- */
static struct object *named(struct hook_call *c)
{
    struct str id = tree_text(c->a, c->r->input, STR("NetworkInterfaceId"));
    struct object *o = object_find(interfaces(c->sim), id);

    if (!o || sim_missed(c->r, o))
        sim_refuse(c->r, STR("InvalidNetworkInterfaceID.NotFound"), "The networkInterface ID '%.*s' does not exist", STR_ARG(id));
    return c->r->failed ? NULL : o;
}

/* Those asked for by text, and so many more. NULL: refused. */
static const struct value *assigned(struct hook_call *c, const struct object *o, const struct value *texts, int64_t n, bool v6, const struct value **added)
{
    const struct value *list = value_get(o->attrs, v6 ? STR("Ipv6Addresses") : STR("PrivateIpAddresses"));
    struct object *subnet = object_find(ec2_kind(c->sim, "subnet"), tree_text(c->a, o->attrs, STR("SubnetId")));
    struct map taken = { .arena = c->a };
    size_t m = texts && texts->kind == VALUE_LIST ? texts->list.n : 0, i;
    struct cidr in;
    struct str ip;

    addresses_taken(c->sim, c->a, subnet->id, &taken);
    if (v6 ? !blocks_of(c->sim, c->a, "subnet_ipv6_cidr", subnet->id, &in, 1) : !cidr_parse(tree_text(c->a, subnet->attrs, STR("CidrBlock")), &in, NULL)) {
        sim_refuse(c->r, STR("InvalidParameterValue"), "The subnet %.*s does not have such a CIDR block", STR_ARG(subnet->id));
        return NULL;
    }
    for (i = 0; i < m + (size_t)n; i++) {
        if (!take_address(c->r, in, i < m ? value_text(c->a, texts->list.v[i]) : STR_NONE, &taken, &ip))
            return NULL;
        list = v6 ? tree_list(c->a, list, put_str(c->a, NULL, "Ipv6Address", ip)) : with_address(c->r, list, ip, false);
        *added = tree_list(c->a, *added, v6 ? value_string(c->a, ip) : put_str(c->a, NULL, "PrivateIpAddress", ip));
    }
    return list;
}

static bool assign(struct hook_call *c)
{
    bool v6 = str_is(c->r->op->name, "AssignIpv6Addresses");
    struct str attr = v6 ? STR("Ipv6Addresses") : STR("PrivateIpAddresses");
    struct object *o = named(c);
    const struct value *added = &value_empty_list, *v = o ? assigned(c, o, value_get(c->r->input, attr), count_of(c->a, c->r->input, v6 ? "Ipv6AddressCount" : "SecondaryPrivateIpAddressCount"), v6, &added) : NULL;

    if (!v)
        return false;
    v = tree_put(c->a, o->attrs, attr, v);
    if (v6 && v && !tree_text(c->a, v, STR("Ipv6Address")).n)
        v = put_str(c->a, v, "Ipv6Address", data_str(value_get(v, attr)->list.v[0], "Ipv6Address"));
    object_set(c->sim, o, v);
    c->r->out = tree_put(c->a, put_str(c->a, NULL, "NetworkInterfaceId", o->id), v6 ? STR("AssignedIpv6Addresses") : STR("AssignedPrivateIpAddresses"), added);
    return true;
}

static bool unassign(struct hook_call *c)
{
    bool v6 = str_is(c->r->op->name, "UnassignIpv6Addresses");
    struct str attr = v6 ? STR("Ipv6Addresses") : STR("PrivateIpAddresses"), part = v6 ? STR("Ipv6Address") : STR("PrivateIpAddress");
    struct object *o = named(c);
    const struct value *gone = value_get(c->r->input, attr), *old = o ? value_get(o->attrs, attr) : NULL, *list = &value_empty_list;
    size_t i, j;

    if (!o)
        return false;
    for (i = 0; old && i < old->list.n; i++) {
        struct str ip = tree_text(c->a, old->list.v[i], part);
        bool hit = false;

        for (j = 0; gone && gone->kind == VALUE_LIST && j < gone->list.n; j++)
            hit |= str_eq(value_text(c->a, gone->list.v[j]), ip);
        if (hit && data_true(old->list.v[i], "Primary"))
            return sim_refuse(c->r, STR("InvalidParameterValue"), "The primary address %.*s of interface %.*s cannot be unassigned", STR_ARG(ip), STR_ARG(o->id));
        list = hit ? list : tree_list(c->a, list, old->list.v[i]);
    }
    old = tree_put(c->a, o->attrs, attr, list);
    if (v6)
        old = tree_put(c->a, old, STR("Ipv6Address"), list->list.n ? value_get(list->list.v[0], STR("Ipv6Address")) : NULL);
    object_set(c->sim, o, old);
    if (v6)
        c->r->out = tree_put(c->a, put_str(c->a, NULL, "NetworkInterfaceId", o->id), STR("UnassignedIpv6Addresses"), gone ? gone : &value_empty_list);
    return true;
}

/* ---- whose it is ---- */
struct object *interface_made(struct request *r, const struct value *attrs)
{
    struct kind *k = interfaces(r->sim);
    struct str id;

    attrs = attrs_whole(r, k, attrs, &id);
    return object_new(r->sim, k, id, r->region, attrs);
}

void interface_attach(struct request *r, struct object *o, const struct object *instance, int64_t index, bool fleeting)
{
    const struct value *v = put_str(r->a, NULL, "AttachmentId", sim_new_id(r->sim, STR("eni-attach-"), 17));

    v = put_str(r->a, put_str(r->a, v, "InstanceId", instance->id), "InstanceOwnerId", STR("111122223333"));
    v = put_str(r->a, v, "Status", STR("attached"));
    v = tree_put(r->a, tree_put(r->a, v, STR("DeviceIndex"), value_int(r->a, index)), STR("NetworkCardIndex"), value_int(r->a, 0));
    v = tree_put(r->a, v, STR("DeleteOnTermination"), value_bool(fleeting));
    v = tree_put(r->a, v, STR("AttachTime"), value_int(r->a, r->sim->start_wall + r->sim->now));
    object_set(r->sim, o, put_str(r->a, tree_put(r->a, o->attrs, STR("Attachment"), v), "Status", STR("in-use")));
}

bool interface_of(struct arena *a, const struct object *o, const struct object *instance)
{
    return str_eq(tree_text(a, o->attrs, STR("Attachment.InstanceId")), instance->id);
}

struct object *interface_at(struct sim *s, struct arena *a, const struct object *instance, int64_t index)
{
    struct object *o;
    size_t i = 0;
    int64_t n;

    while ((o = each_object(interfaces(s), &i)))
        if (interface_of(a, o, instance) && str_int(tree_text(a, o->attrs, STR("Attachment.DeviceIndex")), &n) && n == index)
            return o;
    return NULL;
}

static void let_go(struct sim *s, struct arena *a, struct object *o)
{
    object_set(s, o, put_str(a, tree_put(a, o->attrs, STR("Attachment"), NULL), "Status", STR("available")));
}

void interfaces_let_go(struct sim *s, struct arena *a, const struct object *instance, bool all)
{
    struct object *o;
    size_t i = 0;

    while ((o = each_object(interfaces(s), &i)))
        if (interface_of(a, o, instance)) {
            if (all || str_is(tree_text(a, o->attrs, STR("Attachment.DeleteOnTermination")), "true")) {
                address_of_none(s, a, o);
                object_remove(s, o);
            } else {
                let_go(s, a, o);
            }
        }
}

static bool interface_removed(struct hook_call *c)
{
    address_of_none(c->sim, c->a, c->o);
    return true;
}

/* ---- attaching by hand ---- */
static bool attach(struct hook_call *c)
{
    struct str id = tree_text(c->a, c->r->input, STR("NetworkInterfaceId")), holder = tree_text(c->a, c->r->input, STR("InstanceId"));
    struct object *o = object_find(interfaces(c->sim), id), *instance = object_find(ec2_kind(c->sim, "instance"), holder);
    int64_t index = 0;

    if (!o || sim_missed(c->r, o))
        return sim_refuse(c->r, STR("InvalidNetworkInterfaceID.NotFound"), "The networkInterface ID '%.*s' does not exist", STR_ARG(id));
    if (!instance || sim_missed(c->r, instance))
        return sim_refuse(c->r, STR("InvalidInstanceID.NotFound"), "The instance ID '%.*s' does not exist", STR_ARG(holder));
    if (!str_is(object_state(instance), "running") && !str_is(object_state(instance), "stopped"))
        return sim_refuse(c->r, STR("IncorrectState"), "The instance '%.*s' is %.*s", STR_ARG(holder), STR_ARG(object_state(instance)));
    if (!str_is(object_state(o), "available"))
        return sim_refuse(c->r, STR("InvalidNetworkInterface.InUse"), "Interface: [%.*s] in use.", STR_ARG(id));
    if (!str_eq(tree_text(c->a, o->attrs, STR("AvailabilityZone")), tree_text(c->a, instance->attrs, STR("Placement.AvailabilityZone"))))
        return sim_refuse(c->r, STR("InvalidParameterCombination"), "You may not attach a network interface to an instance if they are not in the same availability zone");
    str_int(tree_text(c->a, c->r->input, STR("DeviceIndex")), &index);
    if (interface_at(c->sim, c->a, instance, index))
        return sim_refuse(c->r, STR("InvalidParameterValue"), "Instance '%.*s' already has an interface attached at device index '%lld'.", STR_ARG(holder), (long long)index);
    interface_attach(c->r, o, instance, index, false);
    c->r->out = tree_put(c->a, tree_put(c->a, NULL, STR("AttachmentId"), tree_get(o->attrs, STR("Attachment.AttachmentId"))), STR("NetworkCardIndex"), value_int(c->a, 0));
    return true;
}

static bool detach(struct hook_call *c)
{
    struct str id = tree_text(c->a, c->r->input, STR("AttachmentId"));
    struct object *o = object_by(c->a, interfaces(c->sim), STR("Attachment.AttachmentId"), id);

    if (!o || sim_missed(c->r, o))
        return sim_refuse(c->r, STR("InvalidAttachmentID.NotFound"), "The interface attachment '%.*s' does not exist.", STR_ARG(id));
    if (str_is(tree_text(c->a, o->attrs, STR("Attachment.DeviceIndex")), "0"))
        return sim_refuse(c->r, STR("OperationNotPermitted"), "The network interface at device index 0 cannot be detached.");
    let_go(c->sim, c->a, o);
    return true;
}

/* ---- what services put into subnets ---- */
struct object *interface_new(struct sim *s, struct arena *a, struct str subnet_id, struct str group, struct str description, struct str owner, bool public_ip)
{
    struct object *subnet = object_find(ec2_kind(s, "subnet"), subnet_id);
    const struct object *g = object_find(ec2_kind(s, "security_group"), group);
    struct str id, ip;
    struct map taken = { .arena = a };
    const struct value *v;
    struct cidr in;

    if (!subnet)
        return NULL;
    id = sim_new_id(s, STR("eni-"), 17);
    v = put_str(a, put_str(a, put_str(a, located(a, subnet), "NetworkInterfaceId", id), "Description", description), "Status", STR("in-use"));
    v = put_str(a, v, "owner", owner);
    if (group.n)
        v = tree_put(a, v, STR("Groups"), tree_list(a, NULL, g ? shown_group(a, g) : put_str(a, NULL, "GroupId", group)));
    addresses_taken(s, a, subnet_id, &taken);
    if (cidr_parse(tree_text(a, subnet->attrs, STR("CidrBlock")), &in, NULL) && next_free(a, in, &taken, &ip))
        v = put_str(a, v, "PrivateIpAddress", ip);
    if (public_ip)
        v = put_str(a, v, "Association.PublicIp", STR("3.248.0.1"));
    return object_new(s, interfaces(s), id, subnet->region, v);
}

void interfaces_drop(struct sim *s, struct arena *a, struct str owner, bool linger)
{
    struct object *o;
    size_t i = 0;

    while ((o = each_object(interfaces(s), &i))) {
        if (!str_eq(tree_text(a, o->attrs, STR("owner")), owner))
            continue;
        if (linger)
            object_set(s, o, tree_put(a, tree_put(a, tree_put(a, o->attrs, STR("Status"), text_value(a, "available")), STR("Association"), NULL), STR("owner"), NULL));
        else
            object_remove(s, o);
    }
}

const struct hook hooks_interfaces[] = {
    { "interface_check", interface_check },
    { "interface_assign", assign },
    { "interface_unassign", unassign },
    { "interface_removed", interface_removed },
    { "interface_attach", attach },
    { "interface_detach", detach },
    { NULL, NULL },
};
