/* hook_scaling_fleet.c - where and as what a member is launched, and which one goes when a group shrinks. */
#include <string.h>
#include "scaling.h"

/* ---- by which template ---- */
static const struct value *spec_of(const struct value *config)
{
    const struct value *own = value_get(config, STR("LaunchTemplate"));

    return own ? own : tree_get(config, STR("MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification"));
}

static struct object *named_template(struct sim *s, struct arena *a, const struct value *spec)
{
    struct str id = tree_text(a, spec, STR("LaunchTemplateId")), name = tree_text(a, spec, STR("LaunchTemplateName"));

    return id.n ? object_find(ec2_kind(s, "launch_template"), id) : object_by(a, ec2_kind(s, "launch_template"), STR("LaunchTemplateName"), name);
}

struct str fleet_version(struct sim *s, struct arena *a, const struct value *spec)
{
    struct object *t = spec ? named_template(s, a, spec) : NULL;
    struct str version = tree_text(a, spec, STR("Version"));

    return t ? template_number(a, t, version) : version;
}

/* As a member remembers it: by id and number. */
static const struct value *resolved(struct scaling *g, const struct value *spec)
{
    struct object *t = named_template(g->s, g->a, spec);
    const struct value *v = tree_put(g->a, spec, STR("Version"), value_string(g->a, fleet_version(g->s, g->a, spec)));

    if (!t)
        return v;
    v = tree_put(g->a, v, STR("LaunchTemplateId"), value_string(g->a, t->id));
    return tree_put(g->a, v, STR("LaunchTemplateName"), value_get(t->attrs, STR("LaunchTemplateName")));
}

static const struct value *overrides_of(const struct value *config)
{
    const struct value *list = tree_get(config, STR("MixedInstancesPolicy.LaunchTemplate.Overrides"));

    return list && list->kind == VALUE_LIST && list->list.n ? list : NULL;
}

/* The template of a member launched as this type. */
static const struct value *spec_for(const struct value *config, struct str type)
{
    const struct value *list = overrides_of(config), *own;
    size_t i;

    for (i = 0; list && i < list->list.n; i++)
        if (str_eq(data_str(list->list.v[i], "InstanceType"), type) && (own = value_get(list->list.v[i], STR("LaunchTemplateSpecification"))))
            return own;
    return spec_of(config);
}

static bool type_is_wanted(const struct value *config, struct str type)
{
    const struct value *list = overrides_of(config);
    bool any = !list;
    size_t i;

    for (i = 0; list && i < list->list.n; i++)
        any = any || !data_str(list->list.v[i], "InstanceType").n || str_eq(data_str(list->list.v[i], "InstanceType"), type);
    return any;
}

bool fleet_matches(struct scaling *g, const struct object *m, const struct value *config)
{
    struct str type = text_of(g->a, m, "InstanceType");
    const struct value *spec = resolved(g, spec_for(config, type));

    return str_eq(tree_text(g->a, spec, STR("LaunchTemplateId")), text_of(g->a, m, "LaunchTemplate.LaunchTemplateId"))
        && str_eq(tree_text(g->a, spec, STR("Version")), text_of(g->a, m, "LaunchTemplate.Version")) && type_is_wanted(config, type);
}

/* ---- where ---- */
/* Those that a refresh is about to replace hold no place against their successors. */
static void count_places(struct scaling *g, struct place *v, size_t n)
{
    struct object *refresh = refresh_running(g), *m;
    size_t i = 0, k;

    while ((m = each_member(g, &i)))
        for (k = 0; member_counts(g->a, m) && !(refresh && str_eq(text_of(g->a, m, "Old"), refresh->id)) && k < n; k++)
            if (str_eq(v[k].zone, text_of(g->a, m, "AvailabilityZone"))) {
                v[k].in_zone++;
                v[k].in_subnet += str_eq(v[k].subnet, text_of(g->a, m, "SubnetId"));
            }
}

size_t fleet_places(struct scaling *g, struct place v[SCALING_PLACES])
{
    struct str rest = text_of(g->a, g->group, "VPCZoneIdentifier"), one;
    const struct value **zone;
    size_t n = 0, m, i;

    while (n < SCALING_PLACES && str_cut(&rest, ',', &one)) {
        struct object *subnet = object_find(ec2_kind(g->s, "subnet"), str_trim(one));

        v[n++] = (struct place){ .zone = subnet ? text_of(g->a, subnet, "AvailabilityZone") : STR_NONE, .subnet = str_trim(one) };
    }
    m = n ? 0 : tree_leaves(g->a, g->group->attrs, STR("AvailabilityZones"), &zone);
    for (i = 0; i < m && n < SCALING_PLACES; i++)
        v[n++] = (struct place){ .zone = tree_text(g->a, zone[i], STR_NONE) };
    count_places(g, v, n);
    return n;
}

/* The emptiest zone, there the emptiest subnet; a zone that has no capacity is tried last. */
static struct place choose_place(struct scaling *g)
{
    struct place v[SCALING_PLACES], best = { .zone = STR_NONE };
    struct str avoid = text_of(g->a, g->group, "Avoid");
    size_t n = fleet_places(g, v), i;
    bool found = false;

    for (i = 0; i < n; i++) {
        bool bad = avoid.n && str_eq(v[i].zone, avoid), best_bad = avoid.n && str_eq(best.zone, avoid);

        if (!found || (best_bad && !bad) || (bad == best_bad && (v[i].in_zone < best.in_zone || (v[i].in_zone == best.in_zone && v[i].in_subnet < best.in_subnet))))
            best = v[i];
        found = true;
    }
    return best;
}

/* ---- as what ---- */
static bool within(struct arena *a, const struct value *bounds, int64_t n)
{
    int64_t lo = 0, hi = INT64_MAX;

    str_int(tree_text(a, bounds, STR("Min")), &lo);
    str_int(tree_text(a, bounds, STR("Max")), &hi);
    return n >= lo && n <= hi;
}

static bool any_glob(const struct value *list, struct str text)
{
    size_t i;

    for (i = 0; list && list->kind == VALUE_LIST && i < list->list.n; i++)
        if (sim_glob(list->list.v[i]->s, text))
            return true;
    return false;
}

/* The smallest type that meets them. */
static struct str type_for(struct scaling *g, const struct value *need)
{
    const struct value *allowed = value_get(need, STR("AllowedInstanceTypes"));
    int64_t best = INT64_MAX;
    struct str found = STR_NONE;
    struct object *t;
    size_t i = 0;

    rows_make(&(struct request){ .sim = g->s, .a = g->a, .region = g->group->region }, ec2_kind(g->s, "instance_type"));
    while ((t = each_object(ec2_kind(g->s, "instance_type"), &i))) {
        struct str name = text_of(g->a, t, "InstanceType");
        int64_t cpus = int_of(g->a, t, "VCpuInfo.DefaultVCpus", 0), memory = int_of(g->a, t, "MemoryInfo.SizeInMiB", 0), size = cpus * 1000000 + memory;

        if (!str_eq(t->region, g->group->region) || !within(g->a, value_get(need, STR("VCpuCount")), cpus) || !within(g->a, value_get(need, STR("MemoryMiB")), memory)
            || (allowed && !any_glob(allowed, name)) || any_glob(value_get(need, STR("ExcludedInstanceTypes")), name) || size >= best
            || (str_starts(name, STR("t")) && !str_is(tree_text(g->a, need, STR("BurstablePerformance")), "included")))
            continue;
        best = size;
        found = name;
    }
    return found;
}

/* On demand up to the base, and this share of what is above it. */
static bool is_spot(struct scaling *g, const struct value *policy)
{
    int64_t base = 0, above = 100, all = 0, spot = 0;
    struct object *m;
    size_t i = 0;

    str_int(tree_text(g->a, policy, STR("InstancesDistribution.OnDemandBaseCapacity")), &base);
    str_int(tree_text(g->a, policy, STR("InstancesDistribution.OnDemandPercentageAboveBaseCapacity")), &above);
    while ((m = each_member(g, &i)))
        if (member_counts(g->a, m)) {
            all += member_weight(g->a, m);
            spot += text_is(g->a, m, "Spot", "true") ? member_weight(g->a, m) : 0;
        }
    return all - spot >= base && (all - spot - base) * 100 >= (all + 1 - base) * above;
}

static const struct value *tags_of(struct scaling *g)
{
    const struct value *list = &value_empty_list, *all = g->group->tags;
    size_t i;

    for (i = 0; i < all->object.n; i++)
        if (listed(value_get(g->group->attrs, STR("Propagated")), all->object.v[i].key))
            list = tree_list(g->a, list, tree_put(g->a, put_str(g->a, NULL, "Key", all->object.v[i].key), STR("Value"), all->object.v[i].value));
    return list;
}

struct choice { struct place place; const struct value *spec, *override; bool spot; };

static struct choice choose(struct scaling *g, const struct value *config)
{
    const struct value *policy = value_get(config, STR("MixedInstancesPolicy")), *list = overrides_of(config), *own;
    struct choice c = { .place = choose_place(g), .spec = spec_of(config) };

    if (list)
        c.override = list->list.v[(size_t)int_of(g->a, g->group, "Failures", 0) % list->list.n];
    if (c.override && (own = value_get(c.override, STR("LaunchTemplateSpecification"))))
        c.spec = own;
    c.spot = policy && is_spot(g, policy);
    return c;
}

static const struct value *request_of(struct scaling *g, const struct choice *c)
{
    const struct value *need = c->override ? value_get(c->override, STR("InstanceRequirements")) : NULL, *tags = tags_of(g);
    const struct value *v = tree_put(g->a, tree_put(g->a, NULL, STR("MinCount"), value_int(g->a, 1)), STR("MaxCount"), value_int(g->a, 1));

    v = tree_put(g->a, v, STR("LaunchTemplate"), c->spec);
    v = put_str(g->a, v, "InstanceType", need ? type_for(g, need) : c->override ? data_str(c->override, "InstanceType") : STR_NONE);
    v = put_str(g->a, v, "ImageId", c->override ? data_str(c->override, "ImageId") : STR_NONE);
    v = put_str(g->a, v, "SubnetId", c->place.subnet);
    v = put_str(g->a, v, "Placement.AvailabilityZone", c->place.subnet.n ? STR_NONE : c->place.zone);
    v = put_str(g->a, v, "Placement.GroupName", text_of(g->a, g->group, "PlacementGroup"));
    if (c->spot)
        v = put_str(g->a, v, "InstanceMarketOptions.MarketType", STR("spot"));
    if (tags->list.n)
        v = tree_put(g->a, v, STR("TagSpecifications"), tree_list(g->a, NULL, tree_put(g->a, put_str(g->a, NULL, "ResourceType", STR("instance")), STR("Tags"), tags)));
    return v;
}

/* ---- launching ---- */
static void suspend_launches(struct scaling *g)
{
    const struct value *p = put_str(g->a, put_str(g->a, NULL, "ProcessName", STR("Launch")), "SuspensionReason",
                                str_fmt(g->a, "Suspended by Auto Scaling %.*s: no launch has succeeded for 24 hours", STR_ARG(scaling_at(g))));

    put_of(g->s, g->a, g->group, "SuspendedProcesses", tree_list(g->a, value_get(g->group->attrs, STR("SuspendedProcesses")), p));
    put_of(g->s, g->a, g->group, "FailingSince", NULL);
}

void fleet_failed(struct scaling *g)
{
    int64_t n = int_of(g->a, g->group, "Failures", 0), wait = scaling_pace(g->s, "retry"), most = scaling_pace(g->s, "retry_most"), i;
    int64_t since = int_of(g->a, g->group, "FailingSince", g->s->now);

    for (i = 0; i < n && wait < most; i++)
        wait *= 2;
    put_num(g->s, g->a, g->group, "FailingSince", since);
    put_num(g->s, g->a, g->group, "Failures", n + 1);
    put_num(g->s, g->a, g->group, "RetryAt", g->s->now + (wait < most ? wait : most));
    if (g->s->now - since >= scaling_pace(g->s, "gives_up"))
        suspend_launches(g);
}

void fleet_succeeded(struct scaling *g)
{
    put_of(g->s, g->a, g->group, "Failures", NULL);
    put_of(g->s, g->a, g->group, "FailingSince", NULL);
}

static void refused(struct scaling *g, const struct request *r, struct str cause, const struct choice *c, const struct value *details)
{
    struct object *activity = activity_new(g, "Launching a new EC2 instance", STR_NONE, cause, details);

    activity_end(g, activity->id, "Failed", str_fmt(g->a, "%.*s Launching EC2 instance failed.", STR_ARG(r->message)));
    if (str_starts(r->code, STR("Insufficient")))
        put_text(g->s, g->a, g->group, "Avoid", c->place.zone);
    fleet_failed(g);
}

static void launched(struct scaling *g, struct object *instance, struct str cause, const struct choice *c, const struct value *details, struct str refresh)
{
    struct object *activity = activity_new(g, "Launching a new EC2 instance", instance->id, cause, details);
    const struct value *v = tree_put(g->a, NULL, STR("LaunchTemplate"), resolved(g, c->spec));
    struct str zone = text_of(g->a, instance, "Placement.AvailabilityZone");

    v = put_str(g->a, v, "AvailabilityZone", zone.n ? zone : c->place.zone);
    v = put_str(g->a, v, "SubnetId", c->place.subnet);
    v = put_str(g->a, v, "InstanceType", text_of(g->a, instance, "InstanceType"));
    v = put_str(g->a, v, "WeightedCapacity", c->override ? data_str(c->override, "WeightedCapacity") : STR_NONE);
    v = put_str(g->a, v, "Refresh", refresh);
    v = tree_put(g->a, v, STR("Details"), details);
    v = tree_put(g->a, v, STR("Spot"), c->spot ? &value_true : NULL);
    object_tag(g->s, instance, tree_put(g->a, tree_merge(g->a, instance->tags, NULL), STR("aws:autoscaling:groupName"), value_string(g->a, g->group->id)));
    member_new(g, instance, v, activity->id);
    put_of(g->s, g->a, g->group, "Avoid", NULL);
}

bool fleet_launch(struct scaling *g, struct str cause, const struct value *config, struct str refresh)
{
    struct choice c = choose(g, config);
    const struct value *details = put_str(g->a, put_str(g->a, NULL, "Subnet ID", c.place.subnet), "Availability Zone", c.place.zone), **id;
    struct object *instance;
    struct request r;

    if (!sim_within(&r, g->s, g->a, g->group->region, "ec2", "RunInstances", request_of(g, &c))) {
        refused(g, &r, cause, &c, details);
        return false;
    }
    instance = tree_leaves(g->a, r.out, STR("Instances.InstanceId"), &id) ? object_find(ec2_kind(g->s, "instance"), tree_text(g->a, id[0], STR_NONE)) : NULL;
    if (instance)
        launched(g, instance, cause, &c, details, refresh);
    return instance != NULL;
}

/* ---- who goes ---- */
struct crowd { struct object *v[512]; size_t n; };

static size_t in_zone(struct scaling *g, struct str zone)
{
    struct object *m;
    size_t i = 0, n = 0;

    while ((m = each_member(g, &i)))
        n += member_counts(g->a, m) && str_eq(text_of(g->a, m, "AvailabilityZone"), zone);
    return n;
}

/* Keeps those with the highest score. */
static void keep_best(struct scaling *g, struct crowd *c, int64_t (*score)(struct scaling *, const struct object *))
{
    int64_t best = INT64_MIN;
    size_t i, n = 0;

    for (i = 0; i < c->n; i++) {
        int64_t x = score(g, c->v[i]);

        if (x > best) {
            best = x;
            n = 0;
        }
        if (x == best)
            c->v[n++] = c->v[i];
    }
    c->n = n;
}

static int64_t by_health(struct scaling *g, const struct object *m)
{
    return !member_serves(g->a, m);
}

/* Where the group is not any more. */
static int64_t by_stray(struct scaling *g, const struct object *m)
{
    struct place v[SCALING_PLACES];
    size_t n = fleet_places(g, v), i;

    for (i = 0; i < n; i++)
        if (str_eq(v[i].zone, text_of(g->a, m, "AvailabilityZone")))
            return 0;
    return 1;
}

static int64_t by_zone(struct scaling *g, const struct object *m)
{
    return (int64_t)in_zone(g, text_of(g->a, m, "AvailabilityZone"));
}

static int64_t by_age(struct scaling *g, const struct object *m)
{
    return g->s->now - m->born;
}

static int64_t by_youth(struct scaling *g, const struct object *m)
{
    return -by_age(g, m);
}

static int64_t by_template(struct scaling *g, const struct object *m)
{
    return !fleet_matches(g, m, g->group->attrs);
}

static int64_t by_hour(struct scaling *g, const struct object *m)
{
    return by_age(g, m) % 3600000;
}

static void keep_by_policy(struct scaling *g, struct crowd *c, struct str policy)
{
    if (str_is(policy, "OldestInstance"))
        keep_best(g, c, by_age);
    else if (str_is(policy, "NewestInstance"))
        keep_best(g, c, by_youth);
    else if (str_is(policy, "OldestLaunchTemplate") || str_is(policy, "OldestLaunchConfiguration") || str_is(policy, "Default"))
        keep_best(g, c, by_template);
    if (str_is(policy, "ClosestToNextInstanceHour") || str_is(policy, "Default"))
        keep_best(g, c, by_hour);
}

struct object *fleet_victim(struct scaling *g)
{
    const struct value **policy;
    struct crowd c = { .n = 0 };
    struct object *m;
    size_t i = 0, n;

    while ((m = each_member(g, &i)))
        if (c.n < sizeof c.v / sizeof c.v[0] && member_is(g->a, m, "InService") && !text_is(g->a, m, "ProtectedFromScaleIn", "true"))
            c.v[c.n++] = m;
    keep_best(g, &c, by_health);
    keep_best(g, &c, by_stray);
    keep_best(g, &c, by_zone);
    n = tree_leaves(g->a, g->group->attrs, STR("TerminationPolicies"), &policy);
    for (i = 0; i < n; i++)
        keep_by_policy(g, &c, tree_text(g->a, policy[i], STR_NONE));
    return c.n ? c.v[0] : NULL;
}
