/* hook_scaling.c - Auto Scaling groups: what one may be made of and changed to, how it is shown, how it goes. */
#include <stdarg.h>
#include <string.h>
#include "scaling.h"

/* ---- for the other files ---- */
struct kind *scaling_kind(struct sim *s, const char *name)
{
    return kind_find(s, STR("autoscaling"), str_of(name));
}

int64_t scaling_pace(const struct sim *s, const char *what)
{
    const struct value *pace = value_get(service_find((struct sim *)s, STR("autoscaling"))->lets, STR("pace"));

    return data_ms(pace ? value_get(pace, str_of(what)) : NULL, 1000);
}

bool scaling_wrong(struct request *r, const char *fmt, ...)
{
    struct buf b = { 0 };
    va_list ap;

    va_start(ap, fmt);
    buf_vfmt(&b, fmt, ap);
    va_end(ap);
    sim_refuse(r, STR("ValidationError"), "%.*s", STR_ARG(buf_view(&b)));
    buf_fini(&b);
    return false;
}

struct object *scaling_group(struct request *r, struct str name)
{
    struct object *o = object_find(scaling_kind(r->sim, "group"), name);

    if (!o || !str_eq(o->region, r->region))
        scaling_wrong(r, "AutoScalingGroup name not found - AutoScalingGroup '%.*s' not found", STR_ARG(name));
    else if (text_of(r->a, o, "Status").n)
        scaling_wrong(r, "AutoScalingGroup '%.*s' is pending delete", STR_ARG(name));
    return r->failed ? NULL : o;
}

struct str text_of(struct arena *a, const struct object *o, const char *path)
{
    return tree_text(a, o->attrs, str_of(path));
}

bool text_is(struct arena *a, const struct object *o, const char *path, const char *text)
{
    return str_is(text_of(a, o, path), text);
}

int64_t int_of(struct arena *a, const struct object *o, const char *path, int64_t otherwise)
{
    int64_t n;

    return str_int(text_of(a, o, path), &n) ? n : otherwise;
}

void put_of(struct sim *s, struct arena *a, struct object *o, const char *path, const struct value *v)
{
    const struct value *had = tree_get(o->attrs, str_of(path));

    if (had == v || (had && v && value_eq(had, v)))
        return;
    object_set(s, o, tree_put(a, o->attrs, str_of(path), v));
}

void put_text(struct sim *s, struct arena *a, struct object *o, const char *path, struct str text)
{
    put_of(s, a, o, path, value_string(a, text));
}

void put_num(struct sim *s, struct arena *a, struct object *o, const char *path, int64_t n)
{
    put_of(s, a, o, path, value_int(a, n));
}

bool is_suspended(struct arena *a, const struct object *group, const char *process)
{
    const struct value **name;
    size_t n = tree_leaves(a, group->attrs, STR("SuspendedProcesses.ProcessName"), &name), i;

    for (i = 0; i < n; i++)
        if (str_is(tree_text(a, name[i], STR_NONE), process))
            return true;
    return false;
}

void scaling_soon(struct sim *s, struct object *group)
{
    struct arena *a = arena_new();

    object_wake(s, group, s->now + sim_draw_ms(s, scaling_pace(s, "soon"), str_fmt(a, "scaling %.*s %lld", STR_ARG(group->id), (long long)s->now)));
    arena_free(a);
}

/* ---- what it launches ---- */
static bool no_template(struct hook_call *c, const char *why)
{
    return scaling_wrong(c->r, "You must use a valid fully-formed launch template. %s", why);
}

/* The template with id, name and version, as AWS keeps it. `over`: overrides, which may bring image and type themselves. NULL: refused. */
static const struct value *whole_spec(struct hook_call *c, const struct value *spec, const struct value *over)
{
    struct str id = tree_text(c->a, spec, STR("LaunchTemplateId")), name = tree_text(c->a, spec, STR("LaunchTemplateName")), version;
    struct kind *k = ec2_kind(c->sim, "launch_template");
    struct object *t = id.n ? object_find(k, id) : object_by(c->a, k, STR("LaunchTemplateName"), name), *data;
    const struct value **image;

    if (!t || sim_missed(c->r, t)) {
        no_template(c, str_c(c->a, str_fmt(c->a, "The specified launch template, with template %s %.*s, does not exist.", id.n ? "ID" : "name", STR_ARG(id.n ? id : name))));
        return NULL;
    }
    if (!value_get(spec, STR("Version")))
        spec = tree_put(c->a, spec, STR("Version"), text_value(c->a, "$Default"));
    version = fleet_version(c->sim, c->a, spec);
    data = object_find(ec2_kind(c->sim, "launch_template_version"), str_fmt(c->a, "%.*s/%.*s", STR_ARG(t->id), STR_ARG(version)));
    if (!data) {
        no_template(c, str_c(c->a, str_fmt(c->a, "Could not find the specified version %.*s for the launch template with ID %.*s.", STR_ARG(version), STR_ARG(t->id))));
        return NULL;
    }
    if (!tree_get(data->attrs, STR("LaunchTemplateData.ImageId")) && !(over && tree_leaves(c->a, over, STR("ImageId"), &image) == over->list.n)) {
        no_template(c, "The request must contain the parameter ImageId");
        return NULL;
    }
    if (!over && !tree_get(data->attrs, STR("LaunchTemplateData.InstanceType")) && !tree_get(data->attrs, STR("LaunchTemplateData.InstanceRequirements"))) {
        no_template(c, "The request must contain the parameter InstanceType");
        return NULL;
    }
    spec = tree_put(c->a, spec, STR("LaunchTemplateId"), value_string(c->a, t->id));
    return tree_put(c->a, spec, STR("LaunchTemplateName"), value_get(t->attrs, STR("LaunchTemplateName")));
}

static const struct value *usual_distribution(struct arena *a, const struct value *policy)
{
    const struct value *d = tree_put(a, tree_put(a, NULL, STR("OnDemandBaseCapacity"), value_int(a, 0)), STR("OnDemandPercentageAboveBaseCapacity"), value_int(a, 100));

    d = tree_put(a, tree_put(a, d, STR("OnDemandAllocationStrategy"), text_value(a, "prioritized")), STR("SpotAllocationStrategy"), text_value(a, "lowest-price"));
    d = tree_merge(a, d, value_get(policy, STR("InstancesDistribution")));
    return tree_text(a, d, STR("SpotMaxPrice")).n ? d : tree_put(a, d, STR("SpotMaxPrice"), NULL);
}

static bool check_mixed(struct hook_call *c, const struct value *policy)
{
    const struct value *list = tree_get(policy, STR("LaunchTemplate.Overrides")), *spec = tree_get(policy, STR("LaunchTemplate.LaunchTemplateSpecification")), *own;
    size_t i, n = list && list->kind == VALUE_LIST ? list->list.n : 0;

    if (!spec)
        return scaling_wrong(c->r, "Launch Template Specification is required.");
    for (i = 0; i < n; i++) {
        const struct value *o = list->list.v[i];

        if (data_str(o, "InstanceType").n && value_get(o, STR("InstanceRequirements")))
            return scaling_wrong(c->r, "You cannot specify both InstanceType and InstanceRequirements in one override.");
        if ((own = value_get(o, STR("LaunchTemplateSpecification"))) && !whole_spec(c, own, tree_list(c->a, NULL, o)))
            return false;
    }
    spec = whole_spec(c, spec, n ? list : NULL);
    if (!spec)
        return false;
    policy = tree_put(c->a, policy, STR("LaunchTemplate.LaunchTemplateSpecification"), spec);
    c->attrs = tree_put(c->a, c->attrs, STR("MixedInstancesPolicy"), tree_put(c->a, policy, STR("InstancesDistribution"), usual_distribution(c->a, policy)));
    return true;
}

static bool check_template(struct hook_call *c)
{
    const struct value *spec = value_get(c->attrs, STR("LaunchTemplate")), *policy = value_get(c->attrs, STR("MixedInstancesPolicy"));

    if (spec && policy)
        return scaling_wrong(c->r, "Valid requests must contain exactly one of LaunchTemplate and MixedInstancesPolicy");
    if (!spec && !policy)
        return c->o || scaling_wrong(c->r, "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.");
    if (policy)
        return check_mixed(c, policy);
    spec = whole_spec(c, spec, NULL);
    c->attrs = spec ? tree_put(c->a, c->attrs, STR("LaunchTemplate"), spec) : c->attrs;
    return spec != NULL;
}

/* ---- where ---- */
static bool check_subnets(struct hook_call *c, struct str rest)
{
    const struct value *zones = &value_empty_list;
    struct str one, vpc = STR_NONE;

    while (str_cut(&rest, ',', &one)) {
        struct object *subnet = object_find(ec2_kind(c->sim, "subnet"), str_trim(one));
        struct str zone;

        if (!subnet || sim_missed(c->r, subnet))
            return scaling_wrong(c->r, "The subnet ID '%.*s' does not exist", STR_ARG(one));
        if (vpc.n && !str_eq(vpc, text_of(c->a, subnet, "VpcId")))
            return scaling_wrong(c->r, "The subnets must be in one VPC");
        vpc = text_of(c->a, subnet, "VpcId");
        zone = text_of(c->a, subnet, "AvailabilityZone");
        if (!listed(zones, zone))
            zones = tree_list(c->a, zones, value_string(c->a, zone));
    }
    c->attrs = tree_put(c->a, c->attrs, STR("AvailabilityZones"), zones);
    return true;
}

static bool check_place(struct hook_call *c)
{
    struct str subnets = tree_text(c->a, c->attrs, STR("VPCZoneIdentifier"));
    const struct value **zone;
    size_t n = tree_leaves(c->a, c->attrs, STR("AvailabilityZones"), &zone), i;
    struct kind *zones = ec2_kind(c->sim, "availability_zone");

    if (subnets.n)
        return check_subnets(c, subnets);
    if (!n)
        return c->o || scaling_wrong(c->r, "At least one Availability Zone or VPC Subnet is required.");
    rows_make(c->r, zones);
    for (i = 0; i < n; i++)
        if (!object_by(c->a, zones, STR("ZoneName"), tree_text(c->a, zone[i], STR_NONE)) || !str_starts(tree_text(c->a, zone[i], STR_NONE), c->r->region))
            return scaling_wrong(c->r, "Invalid availability zones: [%.*s]", STR_ARG(tree_text(c->a, zone[i], STR_NONE)));
    return true;
}

/* ---- how many ---- */
static int64_t asked(struct hook_call *c, const char *name, int64_t otherwise)
{
    int64_t n;

    return str_int(tree_text(c->a, c->attrs, str_of(name)), &n) ? n : c->o ? int_of(c->a, c->o, name, otherwise) : otherwise;
}

static bool check_sizes(struct hook_call *c)
{
    int64_t lo = asked(c, "MinSize", 0), hi = asked(c, "MaxSize", 0), want = asked(c, "DesiredCapacity", lo), was = c->o ? int_of(c->a, c->o, "DesiredCapacity", 0) : 0;
    bool given = tree_text(c->a, c->attrs, STR("DesiredCapacity")).n > 0;
    const char *what = c->o ? "a user request update of AutoScalingGroup constraints to" : "a user request created an AutoScalingGroup";
    struct scaling g = { c->sim, c->a, c->o };

    if (lo < 0 || hi < lo)
        return scaling_wrong(c->r, "Max bound, %lld, must be greater than or equal to min bound, %lld", (long long)hi, (long long)lo);
    if (c->o && !given)
        want = want < lo ? lo : want > hi ? hi : want;
    if (want < lo || want > hi)
        return scaling_wrong(c->r, "Desired capacity:%lld must be between the specified min size:%lld and max size:%lld", (long long)want, (long long)lo, (long long)hi);
    c->attrs = tree_put(c->a, c->attrs, STR("DesiredCapacity"), value_int(c->a, want));
    if (want == was)
        return true;
    set_text(c, "Cause", c->o ? str_fmt(c->a, "%.*s %s min: %lld, max: %lld, desired: %lld changing the desired capacity from %lld to %lld.", STR_ARG(scaling_at(&g)), what, (long long)lo, (long long)hi,
                                        (long long)want, (long long)was, (long long)want)
                              : str_fmt(c->a, "%.*s %s changing the desired capacity from 0 to %lld.", STR_ARG(scaling_at(&g)), what, (long long)want));
    return true;
}

/* ---- the rest ---- */
static bool check_numbers(struct hook_call *c)
{
    int64_t lifetime = asked(c, "MaxInstanceLifetime", 0), lo = asked(c, "InstanceMaintenancePolicy.MinHealthyPercentage", -1), hi = asked(c, "InstanceMaintenancePolicy.MaxHealthyPercentage", -1);

    if (lifetime && lifetime < 86400)
        return scaling_wrong(c->r, "The maximum instance lifetime must be 0, or at least 86400 seconds");
    if ((lo < 0) != (hi < 0))
        return scaling_wrong(c->r, "You must specify both MinHealthyPercentage and MaxHealthyPercentage in an instance maintenance policy");
    return hi - lo <= 100 || scaling_wrong(c->r, "The difference between MinHealthyPercentage and MaxHealthyPercentage cannot be greater than 100");
}

static bool check_kinds(struct hook_call *c)
{
    static const char *const checks[] = { "EC2", "ELB", "EBS", "VPC_LATTICE" };
    struct str rest = tree_text(c->a, c->attrs, STR("HealthCheckType")), one;
    struct kind *groups = kind_find(c->sim, STR("elbv2"), STR("target_group"));
    const struct value **arn;
    size_t n = tree_leaves(c->a, c->attrs, STR("TargetGroupARNs"), &arn), i;

    while (str_cut(&rest, ',', &one)) {
        for (i = 0; i < sizeof checks / sizeof checks[0] && !str_is(str_trim(one), checks[i]); i++)
            ;
        if (i == sizeof checks / sizeof checks[0])
            return scaling_wrong(c->r, "Invalid HealthCheckType: %.*s", STR_ARG(one));
    }
    for (i = 0; groups && i < n; i++)
        if (!object_find(groups, tree_text(c->a, arn[i], STR_NONE)))
            return scaling_wrong(c->r, "Provided Target Groups may not be valid. Please ensure they exist and try again.");
    return true;
}

/* Which of the tags go to instances. */
static void read_tags(struct hook_call *c)
{
    const struct value *tags = value_get(c->r->input, STR("Tags")), *list = &value_empty_list;
    size_t i;

    for (i = 0; tags && tags->kind == VALUE_LIST && i < tags->list.n; i++)
        if (data_true(tags->list.v[i], "PropagateAtLaunch"))
            list = tree_list(c->a, list, value_string(c->a, data_str(tags->list.v[i], "Key")));
    c->attrs = tree_put(c->a, c->attrs, STR("Propagated"), list);
}

/* What a change replaces as a whole goes before it is merged. */
static void make_room(struct hook_call *c)
{
    bool spec = value_get(c->attrs, STR("LaunchTemplate")), policy = value_get(c->attrs, STR("MixedInstancesPolicy"));

    if (spec || policy) {
        put_of(c->sim, c->a, c->o, "LaunchTemplate", NULL);
        put_of(c->sim, c->a, c->o, "MixedInstancesPolicy", NULL);
        put_of(c->sim, c->a, c->o, "RetryAt", NULL);
    }
    if (value_get(c->attrs, STR("AvailabilityZones")) && !tree_text(c->a, c->attrs, STR("VPCZoneIdentifier")).n)
        put_of(c->sim, c->a, c->o, "VPCZoneIdentifier", NULL);
    scaling_soon(c->sim, c->o);
}

static bool scaling_group_check(struct hook_call *c)
{
    if (str_find(tree_text(c->a, c->attrs, STR("AutoScalingGroupName")), STR(":")) != SIZE_MAX)
        return scaling_wrong(c->r, "The name of an Auto Scaling group may not contain a colon");
    if (!check_template(c) || !check_place(c) || !check_sizes(c) || !check_numbers(c) || !check_kinds(c))
        return false;
    c->attrs = tree_put(c->a, c->attrs, STR("LifecycleHookSpecificationList"), NULL);
    if (c->o)
        make_room(c);
    else
        read_tags(c);
    return true;
}

/* The role that Auto Scaling acts with comes with the first group. */
static void service_role(struct hook_call *c)
{
    const struct value *v = tree_put(c->a, NULL, STR("RoleName"), text_value(c->a, "AWSServiceRoleForAutoScaling"));
    struct request r;

    if (object_find(kind_find(c->sim, STR("iam"), STR("role")), STR("AWSServiceRoleForAutoScaling")))
        return;
    v = tree_put(c->a, v, STR("Path"), text_value(c->a, "/aws-service-role/autoscaling.amazonaws.com/"));
    v = tree_put(c->a, v, STR("AssumeRolePolicyDocument"), text_value(c->a, "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"autoscaling.amazonaws.com\"},"
                                                                             "\"Action\":\"sts:AssumeRole\"}]}"));
    sim_within(&r, c->sim, c->a, c->r->region, "iam", "CreateRole", v);
}

static bool scaling_group_made(struct hook_call *c)
{
    const struct value *hooks = value_get(c->r->input, STR("LifecycleHookSpecificationList"));
    size_t i;

    for (i = 0; hooks && hooks->kind == VALUE_LIST && i < hooks->list.n; i++) {
        struct request r;

        if (!sim_within(&r, c->sim, c->a, c->r->region, "autoscaling", "PutLifecycleHook", tree_put(c->a, hooks->list.v[i], STR("AutoScalingGroupName"), value_string(c->a, c->o->id))))
            return sim_refuse(c->r, r.code, "%.*s", STR_ARG(r.message));
    }
    service_role(c);
    scaling_soon(c->sim, c->o);
    return true;
}

static bool scaling_group_update(struct hook_call *c)
{
    return scaling_group(c->r, tree_text(c->a, c->r->input, STR("AutoScalingGroupName"))) && verb_update(c->r, c->verb);
}

/* ---- how it is shown ---- */
const struct value *scaling_tag(struct arena *a, const struct object *group, const struct pair *tag)
{
    const struct value *v = tree_put(a, tree_put(a, NULL, STR("ResourceId"), value_string(a, group->id)), STR("ResourceType"), text_value(a, "auto-scaling-group"));

    v = tree_put(a, tree_put(a, v, STR("Key"), value_string(a, tag->key)), STR("Value"), tag->value);
    return tree_put(a, v, STR("PropagateAtLaunch"), value_bool(listed(value_get(group->attrs, STR("Propagated")), tag->key)));
}

static bool scaling_group_shown(struct hook_call *c)
{
    const struct value *tags = &value_empty_list, *sources = &value_empty_list, **arn;
    size_t i, n = tree_leaves(c->a, c->o->attrs, STR("TargetGroupARNs"), &arn);

    for (i = 0; i < c->o->tags->object.n; i++)
        tags = tree_list(c->a, tags, scaling_tag(c->a, c->o, &c->o->tags->object.v[i]));
    for (i = 0; i < n; i++)
        sources = tree_list(c->a, sources, tree_put(c->a, tree_put(c->a, NULL, STR("Identifier"), arn[i]), STR("Type"), text_value(c->a, "elbv2")));
    c->attrs = tree_put(c->a, tree_put(c->a, c->attrs, STR("Tags"), tags), STR("TrafficSources"), sources);
    if (str_is(tree_text(c->a, c->r->input, STR("IncludeInstances")), "false"))
        c->attrs = tree_put(c->a, c->attrs, STR("Instances"), NULL);
    if (int_of(c->a, c->o, "InstanceMaintenancePolicy.MinHealthyPercentage", -1) < 0)
        c->attrs = tree_put(c->a, c->attrs, STR("InstanceMaintenancePolicy"), NULL);
    if (int_of(c->a, c->o, "DefaultInstanceWarmup", -1) < 0)
        c->attrs = tree_put(c->a, c->attrs, STR("DefaultInstanceWarmup"), NULL);
    if (!text_of(c->a, c->o, "PlacementGroup").n)
        c->attrs = tree_put(c->a, c->attrs, STR("PlacementGroup"), NULL);
    return true;
}

/* ---- how it goes ---- */
static bool may_delete(struct hook_call *c, struct scaling *g, bool force)
{
    struct object *m, *o;
    size_t i = 0;

    if (!text_is(c->a, g->group, "DeletionProtection", "none") && (force || text_is(c->a, g->group, "DeletionProtection", "prevent-all-deletion")))
        return scaling_wrong(c->r, "AutoScalingGroup '%.*s' cannot be deleted: its deletion protection is %.*s", STR_ARG(g->group->id), STR_ARG(text_of(c->a, g->group, "DeletionProtection")));
    if (force)
        return true;
    while ((m = each_member(g, &i)))
        return sim_refuse(c->r, STR("ResourceInUse"), "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.");
    for (i = 0; (o = each_object(scaling_kind(c->sim, "activity"), &i));)
        if (str_eq(o->region, g->group->region) && str_eq(text_of(c->a, o, "AutoScalingGroupARN"), text_of(c->a, g->group, "AutoScalingGroupARN")) && !value_get(o->attrs, STR("EndTime")))
            return sim_refuse(c->r, STR("ScalingActivityInProgress"), "You cannot delete an AutoScalingGroup while there are scaling activities in progress for that group.");
    return true;
}

static bool scaling_group_delete(struct hook_call *c)
{
    struct scaling g = { c->sim, c->a, scaling_group(c->r, tree_text(c->a, c->r->input, STR("AutoScalingGroupName"))) };
    struct object *m;
    size_t i = 0;

    if (!g.group || !may_delete(c, &g, data_true(c->r->input, "ForceDelete")))
        return false;
    put_text(c->sim, c->a, g.group, "Status", STR("Delete in progress"));
    g.group->dying = true;
    while ((m = each_member(&g, &i)))
        if (!member_is(c->a, m, "Terminating:Proceed")) {
            member_leaves(&g, m, str_fmt(c->a, "%.*s a user request deleted the AutoScalingGroup.", STR_ARG(scaling_at(&g))));
            member_ends(&g, m);
        }
    scaling_soon(c->sim, g.group);
    return true;
}

const struct hook hooks_scaling[] = {
    { "scaling_group_check", scaling_group_check },
    { "scaling_group_made", scaling_group_made },
    { "scaling_group_update", scaling_group_update },
    { "scaling_group_shown", scaling_group_shown },
    { "scaling_group_delete", scaling_group_delete },
    { NULL, NULL },
};
