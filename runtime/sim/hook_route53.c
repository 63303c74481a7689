/* hook_route53.c - hosted zones: names, name servers, the VPCs that see a private one, tags, changes that spread. Records: hook_records.c. */
#include <stdlib.h>
#include "hook_dns.h"

enum { ZONE_TAGS = 10, PAGE = 100 };

struct kind *dns_kind(struct sim *s, const char *name)
{
    return kind_find(s, STR("route53"), str_of(name));
}

/* ---- names ---- */
struct str dns_name(struct arena *a, struct str name)
{
    struct buf b = { 0 };
    size_t i;

    for (i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.s[i];

        if (c >= 'A' && c <= 'Z')
            buf_putc(&b, (char)(c + 32));
        else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '\\')
            buf_putc(&b, (char)c);
        else
            buf_fmt(&b, "\\%03o", c);
    }
    if (b.n && b.s[b.n - 1] != '.')
        buf_putc(&b, '.');
    return buf_take(&b, a);
}

bool dns_inside(struct str name, struct str zone)
{
    return str_eq(name, zone) || (name.n > zone.n && str_ends(name, zone) && name.s[name.n - zone.n - 1] == '.');
}

struct str dns_order(struct arena *a, struct str name)
{
    struct buf b = { 0 };
    size_t end = name.n && name.s[name.n - 1] == '.' ? name.n - 1 : name.n, at;

    while (end) {
        for (at = end; at && name.s[at - 1] != '.'; at--)
            ;
        buf_fmt(&b, "%s%.*s", b.n ? " " : "", (int)(end - at), name.s + at);
        end = at ? at - 1 : 0;
    }
    return buf_take(&b, a);
}

static int by_order(const void *x, const void *y)
{
    return str_cmp(((const struct dns_item *)x)->order, ((const struct dns_item *)y)->order);
}

void dns_sort(struct dns_item *v, size_t n)
{
    if (n)
        qsort(v, n, sizeof *v, by_order);
}

/* ---- changes ---- */
const struct value *dns_change(struct hook_call *c)
{
    struct kind *k = dns_kind(c->sim, "change");
    struct str id = sim_new_id(c->sim, STR("C"), 13);
    const struct value *v = tree_put(c->a, NULL, STR("Id"), value_string(c->a, id));
    struct object *o = object_new(c->sim, k, id, STR_NONE, tree_put(c->a, v, STR("SubmittedAt"), value_int(c->a, c->sim->start_wall + c->sim->now)));

    object_run(c->sim, o, value_get(k->data, STR("state")), true, NULL);
    return value_with(c->a, o->attrs, STR("Id"), value_string(c->a, str_fmt(c->a, "/change/%.*s", STR_ARG(id))));
}

static bool change_get(struct hook_call *c)
{
    struct kind *k = dns_kind(c->sim, "change");
    struct str id = tree_text(c->a, c->r->input, STR("Id"));
    struct object *o = object_find(k, id);

    if (!o)
        return kind_refuse(c->r, k, "missing", STR("NoSuchChange"), id, "does not exist");
    c->r->out = tree_put(c->a, NULL, STR("ChangeInfo"), value_with(c->a, o->attrs, STR("Id"), value_string(c->a, str_fmt(c->a, "/change/%.*s", STR_ARG(id)))));
    return true;
}

/* ---- the VPCs of private zones ---- */
static bool is_private(struct arena *a, const struct object *zone)
{
    return str_is(tree_text(a, zone->attrs, STR("Config.PrivateZone")), "true");
}

static const struct value *vpcs_of(const struct object *zone)
{
    const struct value *list = value_get(zone->attrs, STR("VPCs"));

    return list && list->kind == VALUE_LIST ? list : &value_empty_list;
}

static bool sees(struct arena *a, const struct object *zone, struct str vpc)
{
    size_t i;

    for (i = 0; i < vpcs_of(zone)->list.n; i++)
        if (str_eq(tree_text(a, vpcs_of(zone)->list.v[i], STR("VPCId")), vpc))
            return true;
    return false;
}

static bool vpc_exists(struct hook_call *c, const struct value *vpc)
{
    struct str id = tree_text(c->a, vpc, STR("VPCId")), region = tree_text(c->a, vpc, STR("VPCRegion"));
    struct object *o = object_by(c->a, ec2_kind(c->sim, "vpc"), STR("VpcId"), id);

    return (o && str_eq(o->region, region) && o->seen <= c->sim->now)
        || sim_refuse(c->r, STR("InvalidVPCId"), "The VPC %.*s in region %.*s that you provided is not authorized to make the association.", STR_ARG(id), STR_ARG(region));
}

/* A VPC sees one zone of a name. */
static bool domain_free(struct hook_call *c, struct str name, struct str vpc, const struct object *self)
{
    struct object *o;
    size_t i = 0;

    while ((o = each_object(dns_kind(c->sim, "zone"), &i)))
        if (o != self && str_eq(tree_text(c->a, o->attrs, STR("Name")), name) && sees(c->a, o, vpc))
            return sim_refuse(c->r, STR("ConflictingDomainExists"), "The VPC %.*s has already been associated with the hosted zone %.*s with the same domain name.",
                              STR_ARG(vpc), STR_ARG(o->id));
    return true;
}

static bool answer_change(struct hook_call *c)
{
    c->r->out = tree_put(c->a, NULL, STR("ChangeInfo"), dns_change(c));
    return true;
}

static bool zone_associate(struct hook_call *c)
{
    const struct value *vpc = value_get(c->r->input, STR("VPC"));
    struct object *o = hook_named(c);
    struct str id;

    if (!o)
        return false;
    id = tree_text(c->a, vpc, STR("VPCId"));
    if (!is_private(c->a, o))
        return sim_refuse(c->r, STR("PublicZoneVPCAssociation"), "You're trying to associate a VPC with a public hosted zone.");
    if (!vpc_exists(c, vpc) || !domain_free(c, tree_text(c->a, o->attrs, STR("Name")), id, o))
        return false;
    if (sees(c->a, o, id))
        return sim_refuse(c->r, STR("ConflictingDomainExists"), "The VPC %.*s has already been associated with the hosted zone %.*s.", STR_ARG(id), STR_ARG(o->id));
    object_set(c->sim, o, value_with(c->a, o->attrs, STR("VPCs"), tree_list(c->a, vpcs_of(o), vpc)));
    return answer_change(c);
}

static bool zone_disassociate(struct hook_call *c)
{
    struct str id = tree_text(c->a, c->r->input, STR("VPC.VPCId"));
    const struct value *list = &value_empty_list;
    struct object *o = hook_named(c);
    size_t i;

    if (!o)
        return false;
    if (!sees(c->a, o, id))
        return sim_refuse(c->r, STR("VPCAssociationNotFound"), "The VPC %.*s is not associated with hosted zone %.*s.", STR_ARG(id), STR_ARG(o->id));
    if (vpcs_of(o)->list.n == 1)
        return sim_refuse(c->r, STR("LastVPCAssociation"), "The VPC %.*s is the only one that is associated with hosted zone %.*s.", STR_ARG(id), STR_ARG(o->id));
    for (i = 0; i < vpcs_of(o)->list.n; i++)
        if (!str_eq(tree_text(c->a, vpcs_of(o)->list.v[i], STR("VPCId")), id))
            list = tree_list(c->a, list, vpcs_of(o)->list.v[i]);
    object_set(c->sim, o, value_with(c->a, o->attrs, STR("VPCs"), list));
    return answer_change(c);
}

/* ---- zones ---- */
static bool zone_check(struct hook_call *c)
{
    struct str name = tree_text(c->a, c->attrs, STR("Name"));
    const struct value *vpc = value_get(c->attrs, STR("VPC"));
    bool private = str_is(tree_text(c->a, c->attrs, STR("Config.PrivateZone")), "true");

    if (c->o)
        return true;
    if (str_find(name, STR(" ")) != SIZE_MAX || str_find(name, STR("..")) != SIZE_MAX || str_starts(name, STR(".")))
        return sim_refuse(c->r, STR("InvalidDomainName"), "%.*s is not a valid domain name", STR_ARG(name));
    if (private && !vpc)
        return sim_refuse(c->r, STR("InvalidInput"), "When you're creating a private hosted zone, you must specify an initial VPC");
    name = dns_name(c->a, name);
    set_text(c, "Name", name);
    if (!vpc)
        return true;
    if (!vpc_exists(c, vpc) || !domain_free(c, name, tree_text(c->a, vpc, STR("VPCId")), NULL))
        return false;
    c->attrs = value_with(c->a, c->attrs, STR("VPCs"), tree_list(c->a, NULL, vpc));
    c->attrs = tree_put(c->a, c->attrs, STR("Config.PrivateZone"), &value_true);
    return true;
}

static const struct value *servers(struct hook_call *c)
{
    static const char *const ends[] = { "com", "net", "org", "co.uk" };
    const struct value *list = &value_empty_list;
    size_t i;

    for (i = 0; i < 4; i++) {
        unsigned n = (unsigned)(sim_draw(c->sim, str_fmt(c->a, "server %.*s %zu", STR_ARG(c->o->id), i)) % 512 + 512 * i);

        list = tree_list(c->a, list, value_string(c->a, str_fmt(c->a, "ns-%u.awsdns-%02u.%s", n, n % 64, ends[i])));
    }
    return list;
}

static bool zone_made(struct hook_call *c)
{
    const struct value *list = is_private(c->a, c->o) ? tree_list(c->a, NULL, text_value(c->a, "ns-0.awsdns-00.com")) : servers(c);
    const struct value *v = value_with(c->a, c->o->attrs, STR("ChangeInfo"), dns_change(c));

    if (!is_private(c->a, c->o))
        v = tree_put(c->a, v, STR("DelegationSet.NameServers"), list);
    v = value_with(c->a, v, STR("Location"), value_string(c->a, str_fmt(c->a, "https://route53.amazonaws.com/2013-04-01/hostedzone/%.*s", STR_ARG(c->o->id))));
    object_set(c->sim, c->o, v);
    dns_records_new(c, c->o, list);
    return true;
}

static bool zone_before(struct hook_call *c)
{
    struct object *o;
    size_t i = 0;

    while ((o = dns_next(c, c->o, &i)))
        if (!dns_is_own(c->o, c->a, o))
            return sim_refuse(c->r, STR("HostedZoneNotEmpty"), "The specified hosted zone contains non-required resource record sets and so cannot be deleted.");
    object_set(c->sim, c->o, value_with(c->a, c->o->attrs, STR("ChangeInfo"), dns_change(c)));
    return true;
}

static bool zone_shown(struct hook_call *c)
{
    size_t i = 0, n = 0;

    while (dns_next(c, c->o, &i))
        n++;
    c->attrs = value_with(c->a, c->attrs, STR("Id"), value_string(c->a, str_fmt(c->a, "/hostedzone/%.*s", STR_ARG(c->o->id))));
    c->attrs = value_with(c->a, c->attrs, STR("ResourceRecordSetCount"), value_int(c->a, (int64_t)n));
    return true;
}

static bool zones_by_name(struct hook_call *c)
{
    const struct shape *elem = model_member(c->r->op->out, STR("HostedZones"))->shape->elem;
    struct str from = tree_text(c->a, c->r->input, STR("DNSName"));
    struct kind *k = dns_kind(c->sim, "zone");
    struct dns_item *v = ARENA_ARRAY(c->a, struct dns_item, k->order.n);
    const struct value *list = &value_empty_list;
    struct object *o;
    size_t i = 0, n = 0;

    from = from.n ? dns_order(c->a, dns_name(c->a, from)) : from;
    while ((o = each_object(k, &i))) {
        struct str order = dns_order(c->a, tree_text(c->a, o->attrs, STR("Name")));

        if (!sim_missed(c->r, o) && str_cmp(order, from) >= 0)
            v[n++] = (struct dns_item){ str_fmt(c->a, "%.*s\t%.*s", STR_ARG(order), STR_ARG(o->id)), o };
    }
    dns_sort(v, n);
    for (i = 0; i < n && i < PAGE; i++)
        list = tree_list(c->a, list, sim_show(c->r, v[i].o, elem));
    c->r->out = tree_put(c->a, tree_put(c->a, NULL, STR("HostedZones"), list), STR("IsTruncated"), value_bool(n > PAGE));
    c->r->out = tree_put(c->a, c->r->out, STR("MaxItems"), text_value(c->a, "100"));
    return true;
}

/* ---- tags ---- */
static const struct value *without_keys(struct hook_call *c, const struct value *tags, const struct value *keys)
{
    struct fields f = { .a = c->a };
    size_t i, k;

    for (i = 0; i < tags->object.n; i++) {
        bool gone = false;

        for (k = 0; keys && k < keys->list.n; k++)
            gone |= str_eq(value_text(c->a, keys->list.v[k]), tags->object.v[i].key);
        if (!gone)
            fields_put(&f, tags->object.v[i].key, tags->object.v[i].value);
    }
    return fields_take(&f);
}

static bool zone_tag(struct hook_call *c)
{
    const struct value *add = value_get(c->r->input, STR("AddTags")), *tags;
    struct object *o = hook_named(c);

    if (!o)
        return false;
    tags = without_keys(c, o->tags, value_get(c->r->input, STR("RemoveTagKeys")));
    tags = add ? tree_merge(c->a, tags, tags_read(c->r, add)) : tags;
    if (tags->object.n > ZONE_TAGS)
        return sim_refuse(c->r, STR("InvalidInput"), "Number of tags in the request exceeds the maximum of %d", ZONE_TAGS);
    object_tag(c->sim, o, tags);
    return true;
}

static const struct value *tag_set(struct hook_call *c, const struct object *o)
{
    const struct value *list = &value_empty_list, *v = tree_put(c->a, NULL, STR("ResourceType"), text_value(c->a, "hostedzone"));
    size_t i;

    for (i = 0; i < o->tags->object.n; i++) {
        const struct value *tag = tree_put(c->a, NULL, STR("Key"), value_str(c->a, o->tags->object.v[i].key));

        list = tree_list(c->a, list, tree_put(c->a, tag, STR("Value"), o->tags->object.v[i].value));
    }
    return tree_put(c->a, tree_put(c->a, v, STR("ResourceId"), value_str(c->a, o->id)), STR("Tags"), list);
}

static bool zone_tags(struct hook_call *c)
{
    struct object *o = hook_named(c);

    if (o)
        c->r->out = tree_put(c->a, NULL, STR("ResourceTagSet"), tag_set(c, o));
    return o != NULL;
}

static bool zones_tags(struct hook_call *c)
{
    const struct value *const *ids, *one[1], *list = &value_empty_list;
    size_t n = data_list(c->r->input, "ResourceIds", &ids, one), i;
    struct kind *k = dns_kind(c->sim, "zone");

    for (i = 0; i < n; i++) {
        struct object *o = object_find(k, value_text(c->a, ids[i]));

        if (!o)
            return kind_refuse(c->r, k, "missing", k->missing, value_text(c->a, ids[i]), "does not exist");
        list = tree_list(c->a, list, tag_set(c, o));
    }
    c->r->out = tree_put(c->a, NULL, STR("ResourceTagSets"), list);
    return true;
}

const struct hook hooks_route53[] = {
    { "change_get", change_get },
    { "zone_associate", zone_associate },
    { "zone_disassociate", zone_disassociate },
    { "zone_check", zone_check },
    { "zone_made", zone_made },
    { "zone_before", zone_before },
    { "zone_shown", zone_shown },
    { "zones_by_name", zones_by_name },
    { "zone_tag", zone_tag },
    { "zone_tags", zone_tags },
    { "zones_tags", zones_tags },
    { NULL, NULL },
};
