/* hook_scaling_life.c - the life of a member: pending until its instance runs and hooks have answered, in service while it is well, then out of the load
 * balancers, hooks again, and the end of its instance. */
#include <string.h>
#include "scaling.h"

/* ---- members ---- */
struct object *each_member(struct scaling *g, size_t *i)
{
    struct object *m;

    while ((m = each_object(scaling_kind(g->s, "instance"), i)))
        if (str_eq(m->region, g->group->region) && str_eq(text_of(g->a, m, "AutoScalingGroupName"), g->group->id))
            return m;
    return NULL;
}

bool member_is(struct arena *a, const struct object *m, const char *states)
{
    struct str rest = str_of(states), one, state = text_of(a, m, "LifecycleState");

    while (str_cut(&rest, ' ', &one))
        if (sim_glob(one, state))
            return true;
    return false;
}

bool member_counts(struct arena *a, const struct object *m)
{
    return member_is(a, m, "Pending* InService");
}

bool member_serves(struct arena *a, const struct object *m)
{
    return member_is(a, m, "InService") && text_is(a, m, "HealthStatus", "Healthy");
}

int64_t member_weight(struct arena *a, const struct object *m)
{
    return int_of(a, m, "WeightedCapacity", 1);
}

static struct object *machine_of(struct scaling *g, const struct object *m)
{
    struct object *o = object_find(ec2_kind(g->s, "instance"), m->id);

    return o && object_alive(o) ? o : NULL;
}

static bool runs(struct scaling *g, const struct object *m)
{
    struct object *o = machine_of(g, m);

    return o && str_is(object_state(o), "running");
}

/* Going, gone, or stopped by somebody. */
static bool lost(struct scaling *g, const struct object *m)
{
    struct object *o = machine_of(g, m);

    return !o || !(str_is(object_state(o), "running") || str_is(object_state(o), "pending"));
}

void member_state(struct scaling *g, struct object *m, const char *state)
{
    put_text(g->s, g->a, m, "LifecycleState", str_of(state));
}

void member_new(struct scaling *g, const struct object *instance, const struct value *attrs, struct str activity)
{
    const struct value *protect = value_get(g->group->attrs, STR("NewInstancesProtectedFromScaleIn"));
    const struct value *v = tree_put(g->a, attrs, STR("InstanceId"), value_string(g->a, instance->id));

    v = tree_put(g->a, v, STR("Guest"), value_string(g->a, instance->id));
    v = tree_put(g->a, v, STR("AutoScalingGroupName"), value_string(g->a, g->group->id));
    v = tree_put(g->a, v, STR("LifecycleState"), text_value(g->a, "Pending"));
    v = tree_put(g->a, v, STR("HealthStatus"), text_value(g->a, "Healthy"));
    v = tree_put(g->a, v, STR("ProtectedFromScaleIn"), protect ? protect : &value_false);
    v = tree_put(g->a, v, STR("Activity"), value_string(g->a, activity));
    object_new(g->s, scaling_kind(g->s, "instance"), instance->id, g->group->region, v);
}

static void gone(struct scaling *g, struct object *m, const char *status, struct str message)
{
    activity_end(g, text_of(g->a, m, "Activity"), status, message);
    object_remove(g->s, m);
}

/* ---- load balancers ---- */
static const struct value *targets(struct scaling *g, struct str group, const struct object *m)
{
    const struct value *one = tree_put(g->a, NULL, STR("Id"), value_string(g->a, m->id));

    return tree_put(g->a, tree_put(g->a, NULL, STR("TargetGroupArn"), value_string(g->a, group)), STR("Targets"), tree_list(g->a, NULL, one));
}

static struct str target_state(struct scaling *g, struct str group, const struct object *m)
{
    const struct value **state;
    struct request r;

    if (!sim_within(&r, g->s, g->a, g->group->region, "elbv2", "DescribeTargetHealth", targets(g, group, m)) || !tree_leaves(g->a, r.out, STR("TargetHealthDescriptions.TargetHealth.State"), &state))
        return STR_NONE;
    return tree_text(g->a, state[0], STR_NONE);
}

static size_t target_groups(struct scaling *g, const struct value ***out)
{
    return tree_leaves(g->a, g->group->attrs, STR("TargetGroupARNs"), out);
}

static void register_in(struct scaling *g, struct str group, struct object *m)
{
    struct request r;

    sim_within(&r, g->s, g->a, g->group->region, "elbv2", "RegisterTargets", targets(g, group, m));
}

static void take_out_of(struct scaling *g, struct str group, struct object *m)
{
    struct request r;

    sim_within(&r, g->s, g->a, g->group->region, "elbv2", "DeregisterTargets", targets(g, group, m));
}

void members_join(struct scaling *g, struct str group)
{
    struct object *m;
    size_t i = 0;

    while ((m = each_member(g, &i)))
        if (member_is(g->a, m, "InService"))
            register_in(g, group, m);
}

void members_part(struct scaling *g, struct str group)
{
    struct object *m;
    size_t i = 0;

    while ((m = each_member(g, &i)))
        take_out_of(g, group, m);
}

static bool drains(struct scaling *g, const struct object *m)
{
    const struct value **group;
    size_t n = target_groups(g, &group), i;

    for (i = 0; i < n; i++)
        if (str_is(target_state(g, tree_text(g->a, group[i], STR_NONE), m), "draining"))
            return true;
    return false;
}

/* ---- hooks: a member waits for all of its transition at once; `Waits` has when each ends ---- */
static bool waits_begin(struct scaling *g, struct object *m, const char *transition, const char *state)
{
    const struct value *waits = NULL;
    struct object *h;
    size_t i = 0;

    while ((h = each_object(scaling_kind(g->s, "hook"), &i))) {
        int64_t beat = int_of(g->a, h, "HeartbeatTimeout", 3600) * 1000, most = beat * 100 < 172800000 ? beat * 100 : 172800000;
        const struct value *w;

        if (!str_eq(h->region, m->region) || !str_eq(text_of(g->a, h, "AutoScalingGroupName"), g->group->id) || !text_is(g->a, h, "LifecycleTransition", transition))
            continue;
        w = tree_put(g->a, tree_put(g->a, NULL, STR("Until"), value_int(g->a, g->s->now + beat)), STR("Most"), value_int(g->a, g->s->now + most));
        waits = value_with(g->a, waits ? waits : &value_empty_object, text_of(g->a, h, "LifecycleHookName"), w);
        scaling_again(g, g->s->now + beat);
    }
    if (!waits)
        return false;
    put_of(g->s, g->a, m, "Waits", waits);
    member_state(g, m, state);
    activity_state(g, text_of(g->a, m, "Activity"), "MidLifecycleAction", 60, STR_NONE);
    return true;
}

static struct str result_of(struct scaling *g, struct str hook)
{
    struct object *h = object_find(scaling_kind(g->s, "hook"), str_fmt(g->a, "%.*s/%.*s", STR_ARG(g->group->id), STR_ARG(hook)));
    struct str said = h ? text_of(g->a, h, "DefaultResult") : STR("CONTINUE");      /* a hook that was deleted holds nobody */

    return said.n ? said : STR("ABANDON");
}

void hook_answer(struct scaling *g, struct object *m, struct str hook, struct str result)
{
    const struct value *waits = value_get(m->attrs, STR("Waits")), *rest = &value_empty_object;
    size_t i;

    for (i = 0; waits && i < waits->object.n; i++)
        if (!str_eq(waits->object.v[i].key, hook))
            rest = value_with(g->a, rest, waits->object.v[i].key, waits->object.v[i].value);
    put_of(g->s, g->a, m, "Waits", str_is(result, "ABANDON") ? &value_empty_object : rest);
    if (str_is(result, "ABANDON"))
        put_of(g->s, g->a, m, "Abandoned", &value_true);
}

/* True: some hook has not answered yet. */
static bool waiting(struct scaling *g, struct object *m)
{
    const struct value *waits = value_get(m->attrs, STR("Waits"));
    size_t i;

    for (i = 0; waits && i < waits->object.n; i++) {
        struct str hook = waits->object.v[i].key;
        int64_t until = value_get(waits->object.v[i].value, STR("Until"))->i;
        bool there = object_find(scaling_kind(g->s, "hook"), str_fmt(g->a, "%.*s/%.*s", STR_ARG(g->group->id), STR_ARG(hook))) != NULL;

        if (there && until > g->s->now)
            scaling_again(g, until);
        else
            hook_answer(g, m, hook, result_of(g, hook));
    }
    waits = value_get(m->attrs, STR("Waits"));
    return waits && waits->object.n;
}

/* ---- the way in ---- */
static void serves(struct scaling *g, struct object *m)
{
    const struct value **group;
    size_t n = target_groups(g, &group), i;

    for (i = 0; i < n && !is_suspended(g->a, g->group, "AddToLoadBalancer"); i++)
        register_in(g, tree_text(g->a, group[i], STR_NONE), m);
    member_state(g, m, "InService");
    put_num(g->s, g->a, m, "ServesSince", g->s->now);
    fleet_succeeded(g);
    activity_end(g, text_of(g->a, m, "Activity"), "Successful", STR_NONE);
    put_of(g->s, g->a, m, "Activity", NULL);
    scaling_again(g, g->s->now + 1);                       /* its health is looked at from now on */
}

static void abandoned(struct scaling *g, struct object *m)
{
    activity_end(g, text_of(g->a, m, "Activity"), "Cancelled", STR("Instance failed to complete user's Lifecycle Action: the Lifecycle Action was abandoned"));
    put_of(g->s, g->a, m, "Activity", NULL);
    member_ends(g, m);
}

static void comes(struct scaling *g, struct object *m)
{
    if (lost(g, m)) {
        struct object *machine = object_find(ec2_kind(g->s, "instance"), m->id);
        struct str why = machine ? text_of(g->a, machine, "StateReason.Message") : STR_NONE;

        gone(g, m, "Failed", str_fmt(g->a, "Instance became unhealthy while waiting for instance to be in InService state.%s%.*s", why.n ? " Termination Reason: " : "", STR_ARG(why)));
        fleet_failed(g);
        return;
    }
    if (member_is(g->a, m, "Pending")) {
        if (!runs(g, m) || waits_begin(g, m, "autoscaling:EC2_INSTANCE_LAUNCHING", "Pending:Wait"))
            return;
    } else if (waiting(g, m)) {
        return;
    }
    if (value_get(m->attrs, STR("Abandoned")))
        abandoned(g, m);
    else
        serves(g, m);
}

/* ---- in service ---- */
static bool impaired(struct scaling *g, const struct object *m)
{
    const struct value *ids = tree_list(g->a, NULL, value_string(g->a, m->id)), **status;
    struct request r;

    return sim_within(&r, g->s, g->a, g->group->region, "ec2", "DescribeInstanceStatus", tree_put(g->a, NULL, STR("InstanceIds"), ids))
        && tree_leaves(g->a, r.out, STR("InstanceStatuses.InstanceStatus.Status"), &status) && str_is(tree_text(g->a, status[0], STR_NONE), "impaired");
}

static bool refused_by_balancer(struct scaling *g, const struct object *m)
{
    const struct value **group;
    size_t n = str_find(text_of(g->a, g->group, "HealthCheckType"), STR("ELB")) == SIZE_MAX ? 0 : target_groups(g, &group), i;

    for (i = 0; i < n; i++) {
        struct str health = target_state(g, tree_text(g->a, group[i], STR_NONE), m);

        if (str_is(health, "unhealthy"))
            return true;
        if (!str_is(health, "healthy"))                    /* what is healthy changes with its instance, and that is told */
            scaling_again(g, g->s->now + scaling_pace(g->s, "watch"));
    }
    return false;
}

static void check_health(struct scaling *g, struct object *m)
{
    int64_t grace = int_of(g->a, m, "ServesSince", 0) + int_of(g->a, g->group, "HealthCheckGracePeriod", 0) * 1000;
    const char *why = NULL;

    if (is_suspended(g->a, g->group, "HealthCheck") || !text_is(g->a, m, "HealthStatus", "Healthy"))
        return;
    if (lost(g, m))
        why = "an EC2 health check indicating it has been terminated or stopped";
    else if (impaired(g, m))
        why = "an EC2 instance status checks failure";
    else if (refused_by_balancer(g, m))
        why = "an ELB system health check failure";
    if (!why)
        return;
    if (!lost(g, m) && grace > g->s->now) {
        scaling_again(g, grace);
        return;
    }
    put_text(g->s, g->a, m, "HealthStatus", STR("Unhealthy"));
    put_text(g->s, g->a, m, "Unwell", str_of(why));
}

/* ---- the way out ---- */
void member_ends(struct scaling *g, struct object *m)
{
    struct object *machine = machine_of(g, m);

    member_state(g, m, "Terminating:Proceed");
    if (machine)                                           /* termination protection holds other hands only */
        instance_terminate(g->s, g->a, machine, "Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown");
    scaling_again(g, g->s->now + 1);
}

void member_leaves(struct scaling *g, struct object *m, struct str cause)
{
    const struct value *details = value_get(m->attrs, STR("Details")), **group;
    struct object *activity = activity_new(g, "Terminating EC2 instance", m->id, cause, details);
    size_t n = target_groups(g, &group), i;

    activity_end(g, text_of(g->a, m, "Activity"), "Cancelled", STR_NONE);
    put_text(g->s, g->a, m, "Activity", activity->id);
    put_of(g->s, g->a, m, "Waits", NULL);
    put_of(g->s, g->a, m, "Abandoned", NULL);
    member_state(g, m, "Terminating");
    for (i = 0; i < n; i++)
        take_out_of(g, tree_text(g->a, group[i], STR_NONE), m);
    scaling_again(g, g->s->now + 1);
}

static void goes(struct scaling *g, struct object *m)
{
    struct object *o = machine_of(g, m);

    if (!o || str_is(object_state(o), "terminated")) {
        gone(g, m, "Successful", STR_NONE);
        return;
    }
    if (member_is(g->a, m, "Terminating:Proceed"))
        return;
    if (member_is(g->a, m, "Terminating")) {
        if (drains(g, m)) {
            activity_state(g, text_of(g->a, m, "Activity"), "WaitingForELBConnectionDraining", 50, STR_NONE);
            scaling_again(g, g->s->now + scaling_pace(g->s, "look"));
            return;
        }
        if (runs(g, m) && waits_begin(g, m, "autoscaling:EC2_INSTANCE_TERMINATING", "Terminating:Wait"))
            return;
    } else if (waiting(g, m)) {
        return;
    }
    member_ends(g, m);
}

void members_follow(struct scaling *g)
{
    struct object *m;
    size_t i = 0;

    while ((m = each_member(g, &i))) {
        if (member_is(g->a, m, "Pending*"))
            comes(g, m);
        else if (member_is(g->a, m, "InService"))
            check_health(g, m);
        else if (member_is(g->a, m, "Terminating*"))
            goes(g, m);
    }
}
