/* hook_records.c - records of Route 53: batches of changes, of which all or none is done, and lists in their order.
 * A batch is tried on what the zone has together with what it has changed so far; only when nothing is wrong it is carried out. */
#include "hook_dns.h"

enum { MOST = 300, SETS = 100, BUSY_MS = 200 };

/* ---- where a record stands: zone, name, type, identifier ---- */
static struct str place_of(struct arena *a, const struct object *zone, struct str order, struct str type, struct str set)
{
    const struct str parts[] = { zone->id, order, type, set };
    struct buf b = { 0 };
    size_t i;

    for (i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (i)
            buf_putc(&b, '\t');
        buf_str(&b, parts[i]);
    }
    return buf_take(&b, a);
}

struct object *dns_next(struct hook_call *c, const struct object *zone, size_t *i)
{
    struct object *o;

    while ((o = each_object(dns_kind(c->sim, "record"), i)))
        if (str_eq(tree_text(c->a, o->attrs, STR("Zone")), zone->id))
            return o;
    return NULL;
}

bool dns_is_own(const struct object *zone, struct arena *a, const struct object *record)
{
    struct str type = tree_text(a, record->attrs, STR("Type"));

    return str_eq(tree_text(a, record->attrs, STR("Name")), tree_text(a, zone->attrs, STR("Name"))) && (str_is(type, "NS") || str_is(type, "SOA"));
}

static void put(struct hook_call *c, const struct object *zone, struct str place, const struct value *set, bool made)
{
    struct kind *k = dns_kind(c->sim, "record");
    struct object *o = object_find(k, place);
    const struct value *v = value_with(c->a, set, STR("Zone"), value_str(c->a, zone->id));

    v = value_with(c->a, v, STR("Place"), value_string(c->a, place));
    if (o) {
        object_set(c->sim, o, v);
        return;
    }
    o = object_new(c->sim, k, place, STR_NONE, v);
    o->made = made;
}

static const struct value *simple(struct arena *a, struct str name, const char *type, int64_t ttl, const struct value *texts)
{
    const struct value *v = tree_put(a, tree_put(a, NULL, STR("Name"), value_string(a, name)), STR("Type"), text_value(a, type)), *list = &value_empty_list;
    size_t i;

    for (i = 0; i < texts->list.n; i++)
        list = tree_list(a, list, tree_put(a, NULL, STR("Value"), value_string(a, str_fmt(a, "%.*s", STR_ARG(texts->list.v[i]->s)))));
    return tree_put(a, tree_put(a, v, STR("TTL"), value_int(a, ttl)), STR("ResourceRecords"), list);
}

void dns_records_new(struct hook_call *c, const struct object *zone, const struct value *servers)
{
    struct str name = tree_text(c->a, zone->attrs, STR("Name")), order = dns_order(c->a, name);
    const struct value *dotted = &value_empty_list, *soa;
    size_t i;

    for (i = 0; i < servers->list.n; i++)
        dotted = tree_list(c->a, dotted, value_string(c->a, str_fmt(c->a, "%.*s.", STR_ARG(servers->list.v[i]->s))));
    soa = tree_list(c->a, NULL, value_string(c->a, str_fmt(c->a, "%.*s awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400", STR_ARG(dotted->list.v[0]->s))));
    put(c, zone, place_of(c->a, zone, order, STR("NS"), STR_NONE), simple(c->a, name, "NS", 172800, dotted), false);
    put(c, zone, place_of(c->a, zone, order, STR("SOA"), STR_NONE), simple(c->a, name, "SOA", 900, soa), false);
}

/* ---- a batch while it is tried ---- */
struct change {
    struct str action, name, order, type, set, place;
    const struct value *record;                            /* as AWS writes it */
};
struct batch {
    struct hook_call *c;
    struct object *zone;
    struct str apex;
    struct map now;                                        /* place -> what stands there after the changes so far; NULL: nothing */
    struct buf wrong;
};

static void wrong(struct batch *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void wrong(struct batch *b, const char *fmt, ...)
{
    va_list ap;

    buf_cstr(&b->wrong, b->wrong.n ? ", " : "[");
    va_start(ap, fmt);
    buf_vfmt(&b->wrong, fmt, ap);
    va_end(ap);
}

static const struct value *at(const struct batch *b, struct str place)
{
    struct object *o;

    if (map_has(&b->now, place))
        return map_get(&b->now, place);
    o = object_find(dns_kind(b->c->sim, "record"), place);
    return o ? o->attrs : NULL;
}

/* "[name='www.example.com.', type='A', set identifier='a']" */
static struct str named(const struct batch *b, const struct change *x)
{
    struct str set = x->set.n ? str_fmt(b->c->a, ", set identifier='%.*s'", STR_ARG(x->set)) : STR_NONE;

    return str_fmt(b->c->a, "[name='%.*s', type='%.*s'%.*s]", STR_ARG(x->name), STR_ARG(x->type), STR_ARG(set));
}

/* Calls `hit` for each record of the zone as it would be now, until it says true. */
static bool any(const struct batch *b, bool (*hit)(const struct batch *, const struct change *, const struct value *), const struct change *x)
{
    struct object *o;
    size_t i = 0;

    while ((o = dns_next(b->c, b->zone, &i)))
        if (!map_has(&b->now, o->id) && hit(b, x, o->attrs))
            return true;
    for (i = 0; i < b->now.n; i++)
        if (b->now.e[i].value && hit(b, x, b->now.e[i].value))
            return true;
    return false;
}

static bool has(const struct batch *b, const struct value *record, const char *member, struct str text)
{
    return str_eq(tree_text(b->c->a, record, str_of(member)), text);
}

static bool other_type(const struct batch *b, const struct change *x, const struct value *record)
{
    return has(b, record, "Name", x->name) && !has(b, record, "Type", x->type);
}

static bool is_cname(const struct batch *b, const struct change *x, const struct value *record)
{
    return other_type(b, x, record) && has(b, record, "Type", STR("CNAME"));
}

/* One without an identifier beside one with it. */
static bool other_way(const struct batch *b, const struct change *x, const struct value *record)
{
    bool bears = value_get(record, STR("SetIdentifier")) != NULL;

    return has(b, record, "Name", x->name) && has(b, record, "Type", x->type) && bears != (x->set.n > 0);
}

/* ---- what a record may be ---- */
static bool quoted_strings(struct str text, bool *too_long)
{
    size_t i = 0, n;

    *too_long = false;
    while (i < text.n) {
        if (text.s[i++] != '"')
            return false;
        for (n = 0; i < text.n && text.s[i] != '"'; i++, n++)
            i += text.s[i] == '\\' && i + 1 < text.n;
        if (i++ >= text.n)
            return false;
        *too_long |= n > 255;
        while (i < text.n && text.s[i] == ' ')
            i++;
    }
    return text.n > 0;
}

static bool has_address(struct str text, bool six)
{
    size_t i, dots = 0, colons = 0;

    for (i = 0; i < text.n; i++) {
        bool letter = (text.s[i] >= 'a' && text.s[i] <= 'f') || (text.s[i] >= 'A' && text.s[i] <= 'F');

        dots += text.s[i] == '.';
        colons += text.s[i] == ':';
        if (text.s[i] != '.' && text.s[i] != ':' && !(text.s[i] >= '0' && text.s[i] <= '9') && !(six && letter))
            return false;
    }
    return six ? colons >= 2 : dots == 3 && !colons;
}

static void check_value(struct batch *b, const struct change *x, struct str text)
{
    bool too_long;

    if (str_is(x->type, "A") && !has_address(text, false))
        wrong(b, "Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with '%.*s''", STR_ARG(text));
    else if (str_is(x->type, "AAAA") && !has_address(text, true))
        wrong(b, "Invalid Resource Record: 'FATAL problem: AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address) encountered with '%.*s''", STR_ARG(text));
    else if ((str_is(x->type, "TXT") || str_is(x->type, "SPF")) && !quoted_strings(text, &too_long))
        wrong(b, "Invalid Resource Record: 'FATAL problem: InvalidCharacterString (Value should be enclosed in quotation marks) encountered with '%.*s''", STR_ARG(text));
    else if ((str_is(x->type, "TXT") || str_is(x->type, "SPF")) && too_long)
        wrong(b, "Invalid Resource Record: 'FATAL problem: CharacterStringTooLong (Value is too long) encountered with '%.*s''", STR_ARG(text));
}

static void check_values(struct batch *b, const struct change *x, const struct value *records)
{
    size_t i, k;

    if (str_is(x->type, "CNAME") && records->list.n > 1)
        wrong(b, "The CNAME record %.*s has more than one value", STR_ARG(x->name));
    for (i = 0; i < records->list.n; i++) {
        struct str text = data_str(records->list.v[i], "Value");

        check_value(b, x, text);
        for (k = 0; k < i; k++)
            if (str_eq(data_str(records->list.v[k], "Value"), text))
                wrong(b, "Duplicate Resource Record: '%.*s'", STR_ARG(text));
    }
}

/* A target in a zone of this account must be there; load balancers and the like live in zones of AWS. */
static void check_alias(struct batch *b, const struct change *x, const struct value *alias)
{
    struct arena *a = b->c->a;
    struct str zone_id = tree_text(a, alias, STR("HostedZoneId")), target = dns_name(a, tree_text(a, alias, STR("DNSName")));
    struct object *zone = object_find(dns_kind(b->c->sim, "zone"), zone_id);
    struct str place;

    if (!zone)
        return;
    if (!dns_inside(target, tree_text(a, zone->attrs, STR("Name")))) {
        wrong(b, "Tried to create an alias that targets %.*s, type %.*s in zone %.*s, but the alias target name does not lie within the target zone", STR_ARG(target),
              STR_ARG(x->type), STR_ARG(zone_id));
        return;
    }
    place = place_of(a, zone, dns_order(a, target), x->type, STR_NONE);
    if (zone != b->zone ? !object_find(dns_kind(b->c->sim, "record"), place) : !at(b, place))
        wrong(b, "Tried to create an alias that targets %.*s, type %.*s in zone %.*s, but that target was not found", STR_ARG(target), STR_ARG(x->type), STR_ARG(zone_id));
}

/* Members that say when a record is the answer: none, or one of them, with an identifier. */
static size_t routes(const struct value *record)
{
    static const char *const members[] = { "Weight", "Region", "Failover", "MultiValueAnswer", "GeoLocation", "GeoProximityLocation", "CidrRoutingConfig" };
    size_t i, n = 0;

    for (i = 0; i < sizeof members / sizeof members[0]; i++)
        n += value_get(record, str_of(members[i])) != NULL;
    return n;
}

/* What no batch may say: false, and the whole request is refused. */
static bool well_formed(struct batch *b, const struct change *x)
{
    const struct value *alias = value_get(x->record, STR("AliasTarget")), *ttl = value_get(x->record, STR("TTL")), *list = value_get(x->record, STR("ResourceRecords"));

    if ((alias != NULL) == (ttl && list) || (alias && (ttl || list)))
        return sim_refuse(b->c->r, STR("InvalidInput"), "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found "
                          "%s in Change with [Action=%.*s, Name=%.*s, Type=%.*s, SetIdentifier=%.*s]", alias ? "more than one" : "none", STR_ARG(x->action), STR_ARG(x->name),
                          STR_ARG(x->type), STR_ARG(x->set.n ? x->set : STR("null")));
    if ((routes(x->record) == 1) != (x->set.n > 0))
        return sim_refuse(b->c->r, STR("InvalidInput"), "Invalid request: Expected exactly one of [Weight, Region, Failover, GeoLocation, GeoProximityLocation, CidrRoutingConfig, or "
                          "MultiValueAnswer], but found %s in Change with [Action=%.*s, Name=%.*s, Type=%.*s, SetIdentifier=%.*s]",
                          routes(x->record) ? "more than one, or one without SetIdentifier," : "none", STR_ARG(x->action), STR_ARG(x->name), STR_ARG(x->type),
                          STR_ARG(x->set.n ? x->set : STR("null")));
    if (value_get(x->record, STR("HealthCheckId")))
        return sim_refuse(b->c->r, STR("NoSuchHealthCheck"), "No health check exists with the specified ID");
    return true;
}

/* ---- what a change does to what is there ---- */
static void try_delete(struct batch *b, struct change *x)
{
    const struct value *old = at(b, x->place), *v;

    if (str_eq(x->name, b->apex) && str_is(x->type, "SOA"))
        wrong(b, "A HostedZone must contain exactly one SOA record.");
    else if (str_eq(x->name, b->apex) && str_is(x->type, "NS"))
        wrong(b, "A HostedZone must contain at least one NS record for the zone itself.");
    if (!old) {
        wrong(b, "Tried to delete resource record set %.*s but it was not found", STR_ARG(named(b, x)));
        return;
    }
    v = tree_put(b->c->a, tree_put(b->c->a, old, STR("Zone"), NULL), STR("Place"), NULL);
    if (!value_eq(v, x->record))
        wrong(b, "Tried to delete resource record set %.*s but the values provided do not match the current values", STR_ARG(named(b, x)));
    map_put(&b->now, x->place, NULL);
}

static void try_put(struct batch *b, struct change *x)
{
    const struct value *records = value_get(x->record, STR("ResourceRecords")), *alias = value_get(x->record, STR("AliasTarget"));

    if (str_is(x->action, "CREATE") && at(b, x->place))
        wrong(b, "Tried to create resource record set %.*s but it already exists", STR_ARG(named(b, x)));
    if (str_is(x->type, "CNAME") && str_eq(x->name, b->apex))
        wrong(b, "RRSet of type CNAME with DNS name %.*s is not permitted at apex in zone %.*s", STR_ARG(x->name), STR_ARG(b->apex));
    else if (str_is(x->type, "CNAME") && any(b, other_type, x))
        wrong(b, "RRSet of type CNAME with DNS name %.*s is not permitted as it conflicts with other records with the same DNS name in zone %.*s", STR_ARG(x->name), STR_ARG(b->apex));
    else if (any(b, is_cname, x))
        wrong(b, "RRSet of type %.*s with DNS name %.*s is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone %.*s",
              STR_ARG(x->type), STR_ARG(x->name), STR_ARG(b->apex));
    if (any(b, other_way, x))
        wrong(b, "RRSet with DNS name %.*s, type %.*s, SetIdentifier %.*s cannot be created as other RRSets exist with the same name and type.", STR_ARG(x->name), STR_ARG(x->type),
              STR_ARG(x->set.n ? x->set : STR("null")));
    if (records)
        check_values(b, x, records);
    if (alias)
        check_alias(b, x, alias);
    map_put(&b->now, x->place, (void *)x->record);
}

/* ---- the batch ---- */
static struct change read_change(struct batch *b, const struct value *v)
{
    struct arena *a = b->c->a;
    const struct value *record = value_get(v, STR("ResourceRecordSet")), *alias = value_get(record, STR("AliasTarget"));
    struct change x = { .action = data_str(v, "Action"), .name = dns_name(a, data_str(record, "Name")), .type = data_str(record, "Type"), .set = data_str(record, "SetIdentifier") };

    x.order = dns_order(a, x.name);
    x.place = place_of(a, b->zone, x.order, x.type, x.set);
    x.record = value_with(a, record, STR("Name"), value_string(a, x.name));
    if (alias)
        x.record = tree_put(a, x.record, STR("AliasTarget.DNSName"), value_string(a, dns_name(a, data_str(alias, "DNSName"))));
    return x;
}

static bool try_all(struct batch *b, const struct value *changes)
{
    size_t i;

    for (i = 0; i < changes->list.n; i++) {
        struct change x = read_change(b, changes->list.v[i]);

        if (!well_formed(b, &x))
            return false;
        if (!dns_inside(x.name, b->apex))
            wrong(b, "RRSet with DNS name %.*s is not permitted in zone %.*s", STR_ARG(x.name), STR_ARG(b->apex));
        else if (str_is(x.action, "DELETE"))
            try_delete(b, &x);
        else
            try_put(b, &x);
    }
    return true;
}

static void carry_out(struct batch *b)
{
    size_t i;

    for (i = 0; i < b->now.n; i++) {
        struct object *o = object_find(dns_kind(b->c->sim, "record"), b->now.e[i].key);

        if (b->now.e[i].value)
            put(b->c, b->zone, b->now.e[i].key, b->now.e[i].value, true);
        else if (o)
            object_remove(b->c->sim, o);
    }
}

/* A zone works at one batch at a time. */
static bool is_busy(const struct hook_call *c, const struct object *zone)
{
    const struct value *last = value_get(zone->attrs, STR("Changed"));

    return !c->sim->o.exact && last && last->kind == VALUE_INT && c->sim->now - last->i < BUSY_MS;
}

static bool records_change(struct hook_call *c)
{
    const struct value *changes = tree_get(c->r->input, STR("ChangeBatch.Changes"));
    struct batch b = { .c = c, .zone = hook_named(c) };
    bool good;

    if (!b.zone)
        return false;
    if (is_busy(c, b.zone))
        return sim_refuse(c->r, STR("PriorRequestNotComplete"), "The request was rejected because Route 53 was still processing a prior request.");
    b.apex = tree_text(c->a, b.zone->attrs, STR("Name"));
    good = try_all(&b, changes);
    if (good && b.wrong.n) {
        buf_putc(&b.wrong, ']');
        good = sim_refuse(c->r, STR("InvalidChangeBatch"), "%.*s", (int)b.wrong.n, b.wrong.s);
    }
    if (good) {
        carry_out(&b);
        object_set(c->sim, b.zone, value_with(c->a, b.zone->attrs, STR("Changed"), value_int(c->a, c->sim->now)));
        c->r->out = tree_put(c->a, NULL, STR("ChangeInfo"), dns_change(c));
    }
    buf_fini(&b.wrong);
    map_fini(&b.now);
    return good;
}

/* ---- lists: from a name, a type and an identifier on ---- */
static bool start_of(struct hook_call *c, const struct object *zone, struct str *start)
{
    struct str name = tree_text(c->a, c->r->input, STR("StartRecordName")), type = tree_text(c->a, c->r->input, STR("StartRecordType"));
    struct str set = tree_text(c->a, c->r->input, STR("StartRecordIdentifier"));

    *start = STR_NONE;
    if (!name.n && (type.n || set.n))
        return sim_refuse(c->r, STR("InvalidInput"), "Invalid request: a type or an identifier to start from needs a name");
    if (set.n && !type.n)
        return sim_refuse(c->r, STR("InvalidInput"), "Invalid request: an identifier to start from needs a type");
    if (name.n)
        *start = place_of(c->a, zone, dns_order(c->a, dns_name(c->a, name)), type, set);
    return true;
}

static bool records_list(struct hook_call *c)
{
    const struct shape *elem = model_member(c->r->op->out, STR("ResourceRecordSets"))->shape->elem;
    struct kind *k = dns_kind(c->sim, "record");
    struct dns_item *v = ARENA_ARRAY(c->a, struct dns_item, k->order.n);
    const struct value *list = &value_empty_list, *out;
    struct object *zone = hook_named(c), *o;
    struct str start, limit = tree_text(c->a, c->r->input, STR("MaxItems"));
    int64_t most = MOST;
    size_t i = 0, n = 0;

    if (!zone || !start_of(c, zone, &start))
        return false;
    if (limit.n && (!str_int(limit, &most) || most < 1))
        return sim_refuse(c->r, STR("InvalidInput"), "Invalid request: MaxItems is %.*s", STR_ARG(limit));
    most = most < MOST ? most : MOST;
    while ((o = dns_next(c, zone, &i)))
        if (str_cmp(o->id, start) >= 0)
            v[n++] = (struct dns_item){ o->id, o };
    dns_sort(v, n);
    for (i = 0; i < n && i < (size_t)most; i++)
        list = tree_list(c->a, list, sim_show(c->r, v[i].o, elem));
    out = tree_put(c->a, tree_put(c->a, NULL, STR("ResourceRecordSets"), list), STR("IsTruncated"), value_bool(i < n));
    out = tree_put(c->a, out, STR("MaxItems"), value_string(c->a, str_fmt(c->a, "%lld", (long long)most)));
    if (i < n) {
        out = tree_put(c->a, out, STR("NextRecordName"), value_get(v[i].o->attrs, STR("Name")));
        out = tree_put(c->a, out, STR("NextRecordType"), value_get(v[i].o->attrs, STR("Type")));
        out = tree_put(c->a, out, STR("NextRecordIdentifier"), value_get(v[i].o->attrs, STR("SetIdentifier")));
    }
    c->r->out = out;
    return true;
}

const struct hook hooks_records[] = {
    { "records_change", records_change },
    { "records_list", records_list },
    { NULL, NULL },
};
