/* hook_scaling_members.c - what is asked of members of a group by name, and of lifecycle hooks. */
#include <string.h>
#include "scaling.h"

static struct object *member_of(struct hook_call *c, struct str id)
{
    struct object *m = object_find(scaling_kind(c->sim, "instance"), id);

    if (!m || !str_eq(m->region, c->r->region))
        scaling_wrong(c->r, "Instance Id not found - No managed instance found for instance ID: %.*s", STR_ARG(id));
    return c->r->failed ? NULL : m;
}

static bool group_of(struct hook_call *c, const struct object *m, struct scaling *g)
{
    *g = (struct scaling){ c->sim, c->a, m ? scaling_group(c->r, text_of(c->a, m, "AutoScalingGroupName")) : NULL };
    return g->group != NULL;
}

/* The members that InstanceIds names, all of the group that is named. False: refused. */
static bool members_named(struct hook_call *c, struct scaling *g, struct vec *out)
{
    const struct value *ids = value_get(c->r->input, STR("InstanceIds"));
    size_t i;

    *g = (struct scaling){ c->sim, c->a, scaling_group(c->r, tree_text(c->a, c->r->input, STR("AutoScalingGroupName"))) };
    for (i = 0; g->group && ids && ids->kind == VALUE_LIST && i < ids->list.n; i++) {
        struct object *m = object_find(scaling_kind(c->sim, "instance"), ids->list.v[i]->s);

        if (!m || !str_eq(text_of(c->a, m, "AutoScalingGroupName"), g->group->id) || !str_eq(m->region, g->group->region))
            return scaling_wrong(c->r, "The instance %.*s is not part of Auto Scaling group %.*s.", STR_ARG(ids->list.v[i]->s), STR_ARG(g->group->id));
        vec_add(out, m);
    }
    return g->group != NULL;
}

/* One fewer is wanted; false: refused, for there would be fewer than the least. */
static bool one_fewer(struct hook_call *c, struct scaling *g, int64_t n)
{
    int64_t want = int_of(c->a, g->group, "DesiredCapacity", 0), least = int_of(c->a, g->group, "MinSize", 0);

    if (!data_true(c->r->input, "ShouldDecrementDesiredCapacity"))
        return true;
    if (want - n < least)
        return scaling_wrong(c->r, "Currently, desiredSize equals minSize (%lld). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity "
                             "flag to false or lower group's min size.", (long long)least);
    put_num(c->sim, c->a, g->group, "DesiredCapacity", want - n);
    return true;
}

static const struct value *shown_activity(struct hook_call *c, const struct shape *shape, struct str id)
{
    struct object *o = object_find(scaling_kind(c->sim, "activity"), id);

    return o ? sim_show(c->r, o, shape) : NULL;
}

static bool member_terminate(struct hook_call *c)
{
    const struct member *shape = model_member(c->r->op->out, STR("Activity"));
    struct object *m = member_of(c, tree_text(c->a, c->r->input, STR("InstanceId")));
    struct scaling g;

    if (!group_of(c, m, &g) || !one_fewer(c, &g, 1))
        return false;
    if (!member_is(c->a, m, "Terminating*"))
        member_leaves(&g, m, str_fmt(c->a, "%.*s instance %.*s was taken out of service in response to a user request.", STR_ARG(scaling_at(&g)), STR_ARG(m->id)));
    c->r->out = tree_put(c->a, NULL, STR("Activity"), shown_activity(c, shape->shape, text_of(c->a, m, "Activity")));
    return true;
}

static bool member_health(struct hook_call *c)
{
    struct object *m = member_of(c, tree_text(c->a, c->r->input, STR("InstanceId")));
    struct str health = tree_text(c->a, c->r->input, STR("HealthStatus"));
    const struct value *respect = value_get(c->r->input, STR("ShouldRespectGracePeriod"));
    struct scaling g;

    if (!group_of(c, m, &g))
        return false;
    if (!str_is(health, "Healthy") && !str_is(health, "Unhealthy"))
        return scaling_wrong(c->r, "Health status must be Healthy or Unhealthy");
    if (str_is(health, "Unhealthy") && !(respect && respect->kind == VALUE_BOOL && !respect->b)
        && int_of(c->a, m, "ServesSince", c->sim->now) + int_of(c->a, g.group, "HealthCheckGracePeriod", 0) * 1000 > c->sim->now)
        return true;
    put_text(c->sim, c->a, m, "HealthStatus", health);
    put_text(c->sim, c->a, m, "Unwell", STR("a user health-check"));
    scaling_soon(c->sim, g.group);
    return true;
}

static bool members_protect(struct hook_call *c)
{
    const struct value *protect = value_get(c->r->input, STR("ProtectedFromScaleIn"));
    struct vec found = { 0 };
    struct scaling g;
    bool good = members_named(c, &g, &found);
    size_t i;

    for (i = 0; good && i < found.n; i++)
        put_of(c->sim, c->a, found.v[i], "ProtectedFromScaleIn", protect);
    if (good)
        scaling_soon(c->sim, g.group);
    vec_fini(&found);
    return good;
}

/* ---- out of the group, and aside ---- */
static bool members_move(struct hook_call *c, const char *from, bool (*move)(struct hook_call *c, struct scaling *g, struct object *m, const struct value **list))
{
    const struct value *list = &value_empty_list;
    struct vec found = { 0 };
    struct scaling g;
    bool good = members_named(c, &g, &found);
    size_t i;

    for (i = 0; good && i < found.n; i++)
        if (!member_is(c->a, found.v[i], from))
            good = scaling_wrong(c->r, "The instance %.*s is not in %s.", STR_ARG(((struct object *)found.v[i])->id), from);
    good = good && (!value_get(c->r->input, STR("ShouldDecrementDesiredCapacity")) || one_fewer(c, &g, (int64_t)found.n));
    for (i = 0; good && i < found.n; i++)
        good = move(c, &g, found.v[i], &list);
    if (good) {
        c->r->out = tree_put(c->a, NULL, STR("Activities"), list);
        scaling_soon(c->sim, g.group);
    }
    vec_fini(&found);
    return good;
}

static void done_at_once(struct hook_call *c, struct scaling *g, struct object *m, const char *what, const char *cause, const struct value **list)
{
    const struct member *shape = model_member(c->r->op->out, STR("Activities"));
    struct object *activity = activity_new(g, what, m->id, str_fmt(c->a, "%.*s instance %.*s was %s in response to a user request.", STR_ARG(scaling_at(g)), STR_ARG(m->id), cause), value_get(m->attrs, STR("Details")));

    activity_end(g, activity->id, "Successful", STR_NONE);
    *list = tree_list(c->a, *list, shown_activity(c, shape->shape->elem, activity->id));
}

static void out_of_balancers(struct hook_call *c, struct scaling *g, struct object *m)
{
    const struct value **arn, *one = tree_list(c->a, NULL, tree_put(c->a, NULL, STR("Id"), value_string(c->a, m->id)));
    size_t n = tree_leaves(c->a, g->group->attrs, STR("TargetGroupARNs"), &arn), i;
    struct request r;

    for (i = 0; i < n; i++)
        sim_within(&r, c->sim, c->a, g->group->region, "elbv2", "DeregisterTargets", tree_put(c->a, tree_put(c->a, NULL, STR("TargetGroupArn"), arn[i]), STR("Targets"), one));
}

static bool detach(struct hook_call *c, struct scaling *g, struct object *m, const struct value **list)
{
    struct object *instance = object_find(ec2_kind(c->sim, "instance"), m->id);

    done_at_once(c, g, m, "Detaching EC2 instance", "detached", list);
    out_of_balancers(c, g, m);
    if (instance)
        object_tag(c->sim, instance, tree_put(c->a, instance->tags, STR("aws:autoscaling:groupName"), NULL));
    object_remove(c->sim, m);
    return true;
}

static bool members_detach(struct hook_call *c)
{
    return members_move(c, "InService Standby", detach);
}

static bool step_aside(struct hook_call *c, struct scaling *g, struct object *m, const struct value **list)
{
    done_at_once(c, g, m, "Moving EC2 instance to Standby", "moved to standby", list);
    out_of_balancers(c, g, m);
    member_state(g, m, "Standby");
    return true;
}

static bool members_standby(struct hook_call *c)
{
    return members_move(c, "InService", step_aside);
}

/* It comes back as one that is new, but that its instance runs already; one more is wanted then. */
static bool step_back(struct hook_call *c, struct scaling *g, struct object *m, const struct value **list)
{
    done_at_once(c, g, m, "Moving EC2 instance out of Standby", "moved out of standby", list);
    member_state(g, m, "Pending");
    put_num(c->sim, c->a, g->group, "DesiredCapacity", int_of(c->a, g->group, "DesiredCapacity", 0) + 1);
    return true;
}

static bool members_return(struct hook_call *c)
{
    return members_move(c, "Standby", step_back);
}

/* ---- hooks ---- */
static bool lifecycle_put(struct hook_call *c)
{
    const struct value *in = c->r->input;
    struct kind *k = scaling_kind(c->sim, "hook");
    struct object *had = object_find(k, key_text(c->a, k, in));
    int64_t beat;

    if (!scaling_group(c->r, tree_text(c->a, in, STR("AutoScalingGroupName"))))
        return false;
    if (!had && !tree_text(c->a, in, STR("LifecycleTransition")).n)
        return scaling_wrong(c->r, "You must specify a lifecycle transition for a new lifecycle hook");
    if (str_int(tree_text(c->a, in, STR("HeartbeatTimeout")), &beat) && (beat < 30 || beat > 7200))
        return scaling_wrong(c->r, "HeartbeatTimeout must be between 30 and 7200 seconds");
    if (tree_text(c->a, in, STR("NotificationTargetARN")).n && !tree_text(c->a, in, STR("RoleARN")).n && !(had && text_of(c->a, had, "RoleARN").n))
        return scaling_wrong(c->r, "You must specify a role ARN together with a notification target");
    return verb_create(c->r, c->verb);
}

static bool lifecycle_shown(struct hook_call *c)
{
    int64_t beat = int_of(c->a, c->o, "HeartbeatTimeout", 3600), most = beat * 100 < 172800 ? beat * 100 : 172800;

    c->attrs = tree_put(c->a, c->attrs, STR("GlobalTimeout"), value_int(c->a, most));
    if (!text_of(c->a, c->o, "NotificationTargetARN").n)
        c->attrs = tree_put(c->a, c->attrs, STR("NotificationTargetARN"), NULL);
    return true;
}

static bool lifecycle_hooks(struct hook_call *c)
{
    const struct member *m = model_member(c->r->op->out, STR("LifecycleHooks"));
    const struct value *names = value_get(c->r->input, STR("LifecycleHookNames")), *list = &value_empty_list;
    struct object *group = object_find(scaling_kind(c->sim, "group"), tree_text(c->a, c->r->input, STR("AutoScalingGroupName"))), *h;
    size_t i = 0;

    if (!group && !scaling_group(c->r, tree_text(c->a, c->r->input, STR("AutoScalingGroupName"))))
        return false;
    while ((h = each_object(scaling_kind(c->sim, "hook"), &i)))
        if (str_eq(h->region, group->region) && str_eq(text_of(c->a, h, "AutoScalingGroupName"), group->id)
            && (!names || !names->list.n || listed(names, text_of(c->a, h, "LifecycleHookName"))))
            list = tree_list(c->a, list, sim_show(c->r, h, m->shape->elem));
    c->r->out = tree_put(c->a, NULL, STR("LifecycleHooks"), list);
    return true;
}

/* The member that waits for the hook which the request names. */
static struct object *waiting_member(struct hook_call *c, struct scaling *g, struct str *hook)
{
    struct object *m = member_of(c, tree_text(c->a, c->r->input, STR("InstanceId")));

    *hook = tree_text(c->a, c->r->input, STR("LifecycleHookName"));
    if (!group_of(c, m, g))
        return NULL;
    if (!value_get(m->attrs, STR("Waits")) || !value_get(value_get(m->attrs, STR("Waits")), *hook)) {
        scaling_wrong(c->r, "No active Lifecycle Action found with instance ID %.*s", STR_ARG(m->id));
        return NULL;
    }
    return m;
}

static bool lifecycle_complete(struct hook_call *c)
{
    struct str result = tree_text(c->a, c->r->input, STR("LifecycleActionResult")), hook;
    struct scaling g;
    struct object *m = waiting_member(c, &g, &hook);

    if (m && !str_is(result, "CONTINUE") && !str_is(result, "ABANDON"))
        return scaling_wrong(c->r, "LifecycleActionResult must be CONTINUE or ABANDON");
    if (!m)
        return false;
    hook_answer(&g, m, hook, result);
    scaling_soon(c->sim, g.group);
    return true;
}

static bool lifecycle_beat(struct hook_call *c)
{
    struct str hook;
    struct scaling g;
    struct object *m = waiting_member(c, &g, &hook), *h;
    const struct value *waits, *w;
    int64_t until, most;

    if (!m)
        return false;
    h = object_find(scaling_kind(c->sim, "hook"), str_fmt(c->a, "%.*s/%.*s", STR_ARG(g.group->id), STR_ARG(hook)));
    waits = value_get(m->attrs, STR("Waits"));
    w = value_get(waits, hook);
    most = value_get(w, STR("Most"))->i;
    until = c->sim->now + (h ? int_of(c->a, h, "HeartbeatTimeout", 3600) : 0) * 1000;
    put_of(c->sim, c->a, m, "Waits", value_with(c->a, waits, hook, tree_put(c->a, w, STR("Until"), value_int(c->a, until < most ? until : most))));
    scaling_soon(c->sim, g.group);
    return true;
}

static bool scaling_member_shown(struct hook_call *c)
{
    bool well = text_is(c->a, c->o, "HealthStatus", "Healthy");

    c->attrs = tree_put(c->a, c->attrs, STR("HealthStatus"), text_value(c->a, well ? "HEALTHY" : "UNHEALTHY"));
    return true;
}

const struct hook hooks_scaling_members[] = {
    { "member_terminate", member_terminate },
    { "member_health", member_health },
    { "members_protect", members_protect },
    { "members_detach", members_detach },
    { "members_standby", members_standby },
    { "members_return", members_return },
    { "lifecycle_put", lifecycle_put },
    { "lifecycle_shown", lifecycle_shown },
    { "lifecycle_hooks", lifecycle_hooks },
    { "lifecycle_complete", lifecycle_complete },
    { "lifecycle_beat", lifecycle_beat },
    { "scaling_member_shown", scaling_member_shown },
    { NULL, NULL },
};
