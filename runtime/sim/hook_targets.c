/* hook_targets.c - what is registered with a target group, and how well it is: as its machine and what runs in it are, and as often as it was checked. */
#include <string.h>
#include "hook.h"

static struct kind *elb_kind(struct sim *s, const char *name)
{
    return kind_find(s, STR("elbv2"), str_of(name));
}

static struct object *group_of(struct hook_call *c)
{
    struct str arn = tree_text(c->a, c->r->input, STR("TargetGroupArn"));
    struct object *o = object_find(elb_kind(c->sim, "target_group"), arn);

    if (!o || sim_missed(c->r, o))
        sim_refuse(c->r, STR("TargetGroupNotFound"), "The target group '%.*s' does not exist", STR_ARG(arn));
    return c->r->failed ? NULL : o;
}

/* ---- the machine behind a target ---- */
static struct object *instance_called(struct sim *s, struct str id)
{
    struct object *o = object_find(ec2_kind(s, "instance"), id);

    return o && object_alive(o) ? o : NULL;
}

static struct object *interface_with(struct sim *s, struct arena *a, struct str vpc, struct str ip)
{
    struct object *o;
    size_t i = 0;

    while ((o = each_object(ec2_kind(s, "network_interface"), &i)))
        if (str_eq(tree_text(a, o->attrs, STR("VpcId")), vpc) && str_eq(tree_text(a, o->attrs, STR("PrivateIpAddress")), ip))
            return o;
    return NULL;
}

static struct object *machine_of(struct hook_call *c, const struct object *group, struct str id)
{
    struct object *interface;

    if (str_is(attr(c, group, "TargetType"), "instance"))
        return instance_called(c->sim, id);
    interface = interface_with(c->sim, c->a, attr(c, group, "VpcId"), id);
    return interface ? instance_called(c->sim, attr(c, interface, "Attachment.InstanceId")) : NULL;
}

/* Since when what runs in it answers; INT64_MAX: it does not. */
static int64_t well_since(struct sim *s, const struct object *instance)
{
    struct object *guest = instance && guest_is_well(s, instance) ? object_find(ec2_kind(s, "guest"), instance->id) : NULL;

    return guest ? guest->m.at[guest->m.pos] : INT64_MAX;
}

/* ---- registering ---- */
static struct str port_of(struct hook_call *c, const struct object *group, const struct value *target)
{
    struct str port = tree_text(c->a, target, STR("Port"));

    return port.n ? port : attr(c, group, "Port");
}

static struct object *registered(struct hook_call *c, const struct object *group, const struct value *target)
{
    return object_find(elb_kind(c->sim, "target"), str_fmt(c->a, "%.*s/%.*s/%.*s", STR_ARG(group->id), STR_ARG(tree_text(c->a, target, STR("Id"))), STR_ARG(port_of(c, group, target))));
}

static bool private_address(struct str id)
{
    struct ip ip;

    if (!ip_parse(id, &ip))
        return false;
    return ip.v6 || ip.b[0] == 10 || (ip.b[0] == 172 && ip.b[1] >> 4 == 1) || (ip.b[0] == 192 && ip.b[1] == 168) || (ip.b[0] == 100 && ip.b[1] >> 6 == 1);
}

static struct str vpc_of(struct hook_call *c, const struct object *instance)
{
    struct object *primary = interface_at(c->sim, c->a, instance, 0);

    return primary ? attr(c, primary, "VpcId") : STR_NONE;
}

static bool may_register(struct hook_call *c, const struct object *group, struct str id)
{
    struct str type = attr(c, group, "TargetType");
    struct object *instance = str_is(type, "instance") ? instance_called(c->sim, id) : NULL;

    if (str_is(type, "instance") && (!instance || !str_is(object_state(instance), "running")))
        return sim_refuse(c->r, STR("InvalidTarget"), "The following targets are not in a running state and cannot be registered: '%.*s'", STR_ARG(id));
    if (instance && !str_eq(vpc_of(c, instance), attr(c, group, "VpcId")))
        return sim_refuse(c->r, STR("InvalidTarget"), "The following targets are not in the target group VPC: '%.*s'", STR_ARG(id));
    if (str_is(type, "ip") && !private_address(id))
        return sim_refuse(c->r, STR("InvalidTarget"), "The IP address '%.*s' is not within the VPC or a private range", STR_ARG(id));
    if (str_is(type, "alb") && !object_find(elb_kind(c->sim, "load_balancer"), id))
        return sim_refuse(c->r, STR("InvalidTarget"), "The following targets are no application load balancers: '%.*s'", STR_ARG(id));
    return true;
}

static struct str zone_of(struct hook_call *c, const struct object *group, const struct value *target)
{
    struct str given = tree_text(c->a, target, STR("AvailabilityZone"));
    struct object *interface = interface_with(c->sim, c->a, attr(c, group, "VpcId"), tree_text(c->a, target, STR("Id")));

    return given.n || !interface ? given : attr(c, interface, "AvailabilityZone");
}

static void enter(struct hook_call *c, const struct object *group, const struct value *target)
{
    struct object *old = registered(c, group, target);
    struct str zone = zone_of(c, group, target);
    const struct value *v = tree_put(c->a, target, STR("TargetGroupArn"), value_string(c->a, group->id));

    if (old && !old->dying)
        return;
    if (old)
        object_remove(c->sim, old);
    v = tree_put(c->a, v, STR("Port"), value_string(c->a, port_of(c, group, target)));
    v = tree_put(c->a, v, STR("AvailabilityZone"), zone.n ? value_string(c->a, zone) : NULL);
    v = tree_put(c->a, v, STR("Since"), value_int(c->a, c->sim->now));
    object_new(c->sim, elb_kind(c->sim, "target"), key_text(c->a, elb_kind(c->sim, "target"), v), group->region, v)->made = !c->r->within;
}

static bool targets_register(struct hook_call *c)
{
    struct object *group = group_of(c);
    const struct value *list = value_get(c->r->input, STR("Targets"));
    size_t i;

    for (i = 0; group && i < list->list.n; i++)
        if (!may_register(c, group, tree_text(c->a, list->list.v[i], STR("Id"))))
            return false;
    for (i = 0; group && i < list->list.n; i++)
        enter(c, group, list->list.v[i]);
    return group != NULL;
}

/* It drains for the delay of its group; where nobody sends to it there is nothing to drain. */
static bool targets_deregister(struct hook_call *c)
{
    struct object *group = group_of(c), *o;
    const struct value *list = value_get(c->r->input, STR("Targets")), *plan = tree_put(c->a, NULL, STR("field"), text_value(c->a, "State"));
    int64_t seconds = 300;
    size_t i;

    if (!group)
        return false;
    str_int(elb_property(c->a, group, "deregistration_delay.timeout_seconds"), &seconds);
    plan = tree_put(c->a, plan, STR("steps"), text_value(c->a, "draining"));
    plan = tree_put(c->a, plan, STR("takes"), tree_list(c->a, NULL, value_int(c->a, seconds * 1000)));
    for (i = 0; i < list->list.n; i++) {
        o = registered(c, group, list->list.v[i]);
        if (!o || o->dying)
            continue;
        if (seconds && balancer_of_group(c->sim, c->a, group->id))
            object_run(c->sim, o, plan, true, NULL);
        else
            object_remove(c->sim, o);
    }
    return true;
}

/* ---- health ---- */
static const struct value *says(struct hook_call *c, const char *state, const char *reason, const char *text)
{
    const struct value *v = tree_put(c->a, NULL, STR("State"), text_value(c->a, state));

    if (reason)
        v = tree_put(c->a, v, STR("Reason"), text_value(c->a, reason));
    return text ? tree_put(c->a, v, STR("Description"), text_value(c->a, text)) : v;
}

static int64_t checks(struct hook_call *c, const struct object *group, const char *threshold)
{
    int64_t n = 2, seconds = 30;

    str_int(attr(c, group, threshold), &n);
    str_int(attr(c, group, "HealthCheckIntervalSeconds"), &seconds);
    return n * seconds * 1000;
}

static int64_t later(int64_t x, int64_t y)
{
    return x > y ? x : y;
}

static const struct value *health(struct hook_call *c, const struct object *group, const struct object *target)
{
    struct object *balancer = balancer_of_group(c->sim, c->a, group->id), *machine = machine_of(c, group, attr(c, target, "Id"));
    bool instance = str_is(attr(c, group, "TargetType"), "instance");
    int64_t since = 0, well = str_is(attr(c, group, "TargetType"), "alb") ? 0 : well_since(c->sim, machine);

    if (target->dying)
        return says(c, "draining", "Target.DeregistrationInProgress", "Target deregistration is in progress");
    if (!balancer)
        return says(c, "unused", "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer");
    if (instance && machine && !str_is(object_state(machine), "running"))
        return says(c, "unused", "Target.InvalidState", "Target is in the stopped or terminated state");
    str_int(attr(c, target, "Since"), &since);
    if (str_is(object_state(balancer), "provisioning"))
        return says(c, "initial", "Elb.RegistrationInProgress", "Target registration is in progress");
    since = later(since, balancer->m.n ? balancer->m.at[balancer->m.pos] : 0);
    if (well != INT64_MAX && c->sim->now - later(since, well) >= checks(c, group, "HealthyThresholdCount"))
        return says(c, "healthy", NULL, NULL);
    if (c->sim->now - since >= checks(c, group, "UnhealthyThresholdCount") && (well == INT64_MAX || well > since))
        return says(c, "unhealthy", "Target.FailedHealthChecks", "Health checks failed");
    return says(c, "initial", "Elb.InitialHealthChecking", "Initial health checks in progress");
}

static const struct value *description(struct hook_call *c, const struct object *group, const struct value *target, const struct value *state)
{
    const struct shape *shape = model_member(c->r->op->out, STR("TargetHealthDescriptions"))->shape->elem;
    const struct value *v = tree_put(c->a, tree_put(c->a, NULL, STR("Target"), target), STR("TargetHealth"), state);
    struct str port = attr(c, group, "HealthCheckPort");

    if (str_is(port, "traffic-port"))
        port = port_of(c, group, target);
    return sim_fit(c->r, tree_put(c->a, v, STR("HealthCheckPort"), value_string(c->a, port)), shape, 0);
}

/* A machine that is gone is not registered any more. */
static bool counts(struct hook_call *c, const struct object *group, const struct object *target)
{
    return str_eq(attr(c, target, "TargetGroupArn"), group->id) && (!str_is(attr(c, group, "TargetType"), "instance") || machine_of(c, group, attr(c, target, "Id")));
}

static bool targets_health(struct hook_call *c)
{
    struct object *group = group_of(c), *o;
    const struct value *asked = value_get(c->r->input, STR("Targets")), *list = &value_empty_list;
    size_t i;

    for (i = 0; group && asked && i < asked->list.n; i++) {
        const struct value *t = tree_put(c->a, asked->list.v[i], STR("Port"), value_string(c->a, port_of(c, group, asked->list.v[i])));

        o = registered(c, group, t);
        if (o && counts(c, group, o))
            list = tree_list(c->a, list, description(c, group, o->attrs, health(c, group, o)));
        else
            list = tree_list(c->a, list, description(c, group, t, says(c, "unused", "Target.NotRegistered", "Target is not registered to the target group")));
    }
    for (i = 0; group && !asked && (o = each_object(elb_kind(c->sim, "target"), &i));)
        if (counts(c, group, o))
            list = tree_list(c->a, list, description(c, group, o->attrs, health(c, group, o)));
    c->r->out = tree_put(c->a, NULL, STR("TargetHealthDescriptions"), list);
    return group != NULL;
}

const struct hook hooks_targets[] = {
    { "targets_register", targets_register },
    { "targets_deregister", targets_deregister },
    { "targets_health", targets_health },
    { NULL, NULL },
};
