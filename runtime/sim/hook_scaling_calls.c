/* hook_scaling_calls.c - what is asked of a group that is there: its tags, processes, metrics, load balancers, size. Of its members: hook_scaling_members.c. */
#include <string.h>
#include "scaling.h"

static struct object *named_group(struct hook_call *c)
{
    return scaling_group(c->r, tree_text(c->a, c->r->input, STR("AutoScalingGroupName")));
}

/* A list of texts with those of `more` that it lacks, or without those of `less`. */
static const struct value *with(struct arena *a, const struct value *list, const struct value *more)
{
    size_t i;

    list = list && list->kind == VALUE_LIST ? list : &value_empty_list;
    for (i = 0; more && more->kind == VALUE_LIST && i < more->list.n; i++)
        if (!listed(list, more->list.v[i]->s))
            list = tree_list(a, list, more->list.v[i]);
    return list;
}

static const struct value *less(struct arena *a, const struct value *list, const struct value *gone)
{
    const struct value *out = &value_empty_list;
    size_t i;

    for (i = 0; list && list->kind == VALUE_LIST && i < list->list.n; i++)
        if (!listed(gone, list->list.v[i]->s))
            out = tree_list(a, out, list->list.v[i]);
    return out;
}

/* The objects of a list whose member is none of `gone`. */
static const struct value *less_by(struct arena *a, const struct value *list, const char *member, const struct value *gone)
{
    const struct value *out = &value_empty_list;
    size_t i;

    for (i = 0; list && list->kind == VALUE_LIST && i < list->list.n; i++)
        if (!listed(gone, data_str(list->list.v[i], member)))
            out = tree_list(a, out, list->list.v[i]);
    return out;
}

/* What was asked for by name, or all that there are. */
static const struct value *asked_or_all(struct hook_call *c, const char *member, const char *const *names, size_t n)
{
    const struct value *asked = value_get(c->r->input, str_of(member)), *all = &value_empty_list;
    size_t i;

    if (asked && asked->kind == VALUE_LIST && asked->list.n)
        return asked;
    for (i = 0; i < n; i++)
        all = tree_list(c->a, all, text_value(c->a, names[i]));
    return all;
}

/* Members of objects in a list as a list of texts. */
static const struct value *texts(struct arena *a, const struct value *list, const char *member)
{
    const struct value *out = &value_empty_list;
    size_t i;

    for (i = 0; list && list->kind == VALUE_LIST && i < list->list.n; i++)
        out = tree_list(a, out, value_string(a, data_str(list->list.v[i], member)));
    return out;
}

/* ---- tags ---- */
static struct object *tagged(struct hook_call *c, const struct value *tag)
{
    struct str name = data_str(tag, "ResourceId");
    struct object *o = object_find(scaling_kind(c->sim, "group"), name);

    if (!o || !str_eq(o->region, c->r->region))
        scaling_wrong(c->r, "AutoScalingGroup not found - AutoScaling Group %.*s not found", STR_ARG(name));
    return c->r->failed ? NULL : o;
}

static const struct value *one_text(struct arena *a, struct str text)
{
    return tree_list(a, NULL, value_string(a, text));
}

static bool tags_put(struct hook_call *c)
{
    const struct value *tags = value_get(c->r->input, STR("Tags"));
    size_t i;

    for (i = 0; i < tags->list.n; i++)
        if (!tagged(c, tags->list.v[i]))
            return false;
    for (i = 0; i < tags->list.n; i++) {
        const struct value *t = tags->list.v[i], *propagated, *key = one_text(c->a, data_str(t, "Key"));
        struct object *o = tagged(c, t);

        propagated = value_get(o->attrs, STR("Propagated"));
        if (value_get(t, STR("PropagateAtLaunch")))
            propagated = data_true(t, "PropagateAtLaunch") ? with(c->a, propagated, key) : less(c->a, propagated, key);
        object_tag(c->sim, o, value_with(c->a, o->tags, data_str(t, "Key"), value_string(c->a, data_str(t, "Value"))));
        put_of(c->sim, c->a, o, "Propagated", propagated);
    }
    return true;
}

static bool tags_drop(struct hook_call *c)
{
    const struct value *tags = value_get(c->r->input, STR("Tags"));
    size_t i, k;

    for (i = 0; i < tags->list.n; i++) {
        struct object *o = tagged(c, tags->list.v[i]);
        struct str key = data_str(tags->list.v[i], "Key");
        const struct value *rest = &value_empty_object;

        if (!o)
            return false;
        for (k = 0; k < o->tags->object.n; k++)
            if (!str_eq(o->tags->object.v[k].key, key))
                rest = value_with(c->a, rest, o->tags->object.v[k].key, o->tags->object.v[k].value);
        object_tag(c->sim, o, rest);
        put_of(c->sim, c->a, o, "Propagated", less(c->a, value_get(o->attrs, STR("Propagated")), one_text(c->a, key)));
    }
    return true;
}

static bool tag_is_wanted(struct hook_call *c, const struct value *tag)
{
    static const struct { const char *filter, *member; } by[] = { { "auto-scaling-group", "ResourceId" }, { "key", "Key" }, { "value", "Value" }, { "propagate-at-launch", "PropagateAtLaunch" } };
    const struct value *filters = value_get(c->r->input, STR("Filters"));
    size_t i, k;

    for (i = 0; filters && filters->kind == VALUE_LIST && i < filters->list.n; i++)
        for (k = 0; k < sizeof by / sizeof by[0]; k++)
            if (str_is(data_str(filters->list.v[i], "Name"), by[k].filter) && !listed(value_get(filters->list.v[i], STR("Values")), tree_text(c->a, tag, str_of(by[k].member))))
                return false;
    return true;
}

static bool tags_list(struct hook_call *c)
{
    const struct value *list = &value_empty_list;
    struct object *o;
    size_t i = 0, k;

    while ((o = each_object(scaling_kind(c->sim, "group"), &i)))
        for (k = 0; str_eq(o->region, c->r->region) && k < o->tags->object.n; k++) {
            const struct value *tag = scaling_tag(c->a, o, &o->tags->object.v[k]);

            list = tag_is_wanted(c, tag) ? tree_list(c->a, list, tag) : list;
        }
    c->r->out = tree_put(c->a, NULL, STR("Tags"), list);
    return true;
}

/* ---- processes ---- */
static const char *const processes[] = { "Launch", "Terminate", "AddToLoadBalancer", "AlarmNotification", "AZRebalance", "HealthCheck", "InstanceRefresh", "ReplaceUnhealthy", "ScheduledActions" };

static bool is_process(struct str name)
{
    size_t i;

    for (i = 0; i < sizeof processes / sizeof processes[0]; i++)
        if (str_is(name, processes[i]))
            return true;
    return false;
}

/* NULL: refused. */
static const struct value *asked_processes(struct hook_call *c)
{
    const struct value *asked = asked_or_all(c, "ScalingProcesses", processes, sizeof processes / sizeof processes[0]);
    size_t i;

    for (i = 0; i < asked->list.n; i++)
        if (!is_process(asked->list.v[i]->s)) {
            scaling_wrong(c->r, "%.*s is not a valid process", STR_ARG(asked->list.v[i]->s));
            return NULL;
        }
    return asked;
}

static bool processes_suspend(struct hook_call *c)
{
    struct object *o = named_group(c);
    const struct value *asked = o ? asked_processes(c) : NULL, *now = o ? value_get(o->attrs, STR("SuspendedProcesses")) : NULL;
    struct scaling g = { c->sim, c->a, o };
    size_t i;

    for (i = 0; asked && i < asked->list.n; i++)
        if (!is_suspended(c->a, o, str_c(c->a, asked->list.v[i]->s))) {
            struct str at = scaling_at(&g), why = str_fmt(c->a, "User suspended at %.*s", STR_ARG(str_sub(at, 3, at.n)));

            now = tree_list(c->a, now, tree_put(c->a, tree_put(c->a, NULL, STR("ProcessName"), asked->list.v[i]), STR("SuspensionReason"), value_string(c->a, why)));
        }
    if (asked)
        put_of(c->sim, c->a, o, "SuspendedProcesses", now);
    return asked != NULL;
}

static bool processes_resume(struct hook_call *c)
{
    struct object *o = named_group(c);
    const struct value *asked = o ? asked_processes(c) : NULL;

    if (!asked)
        return false;
    put_of(c->sim, c->a, o, "SuspendedProcesses", less_by(c->a, value_get(o->attrs, STR("SuspendedProcesses")), "ProcessName", asked));
    put_of(c->sim, c->a, o, "RetryAt", NULL);
    scaling_soon(c->sim, o);
    return true;
}

/* ---- metrics ---- */
static const char *const metrics[] = { "GroupMinSize", "GroupMaxSize", "GroupDesiredCapacity", "GroupInServiceInstances", "GroupPendingInstances", "GroupStandbyInstances",
                                       "GroupTerminatingInstances", "GroupTotalInstances" };

static const struct value *asked_metrics(struct hook_call *c)
{
    return asked_or_all(c, "Metrics", metrics, sizeof metrics / sizeof metrics[0]);
}

static bool metrics_enable(struct hook_call *c)
{
    struct object *o = named_group(c);
    const struct value *asked = asked_metrics(c), *now = o ? value_get(o->attrs, STR("EnabledMetrics")) : NULL, *names = texts(c->a, now, "Metric");
    size_t i;

    if (!str_is(tree_text(c->a, c->r->input, STR("Granularity")), "1Minute"))
        return scaling_wrong(c->r, "Granularity must be 1Minute");
    for (i = 0; o && i < asked->list.n; i++)
        if (!listed(names, asked->list.v[i]->s))
            now = tree_list(c->a, now, tree_put(c->a, tree_put(c->a, NULL, STR("Metric"), asked->list.v[i]), STR("Granularity"), text_value(c->a, "1Minute")));
    if (o)
        put_of(c->sim, c->a, o, "EnabledMetrics", now);
    return o != NULL;
}

static bool metrics_disable(struct hook_call *c)
{
    struct object *o = named_group(c);

    if (o)
        put_of(c->sim, c->a, o, "EnabledMetrics", less_by(c->a, value_get(o->attrs, STR("EnabledMetrics")), "Metric", asked_metrics(c)));
    return o != NULL;
}

/* ---- load balancers ---- */
static const struct value *asked_groups(struct hook_call *c)
{
    const struct value *arns = value_get(c->r->input, STR("TargetGroupARNs")), *sources = value_get(c->r->input, STR("TrafficSources"));
    struct kind *k = kind_find(c->sim, STR("elbv2"), STR("target_group"));
    size_t i;

    arns = arns ? arns : texts(c->a, sources, "Identifier");
    for (i = 0; k && str_starts(c->r->op->name, STR("Attach")) && i < arns->list.n; i++)
        if (!object_find(k, arns->list.v[i]->s)) {
            scaling_wrong(c->r, "Provided Target Groups may not be valid. Please ensure they exist and try again.");
            return NULL;
        }
    return arns;
}

static bool balancers_attach(struct hook_call *c)
{
    struct object *o = named_group(c);
    const struct value *arns = o ? asked_groups(c) : NULL, *now = o ? value_get(o->attrs, STR("TargetGroupARNs")) : NULL;
    struct scaling g = { c->sim, c->a, o };
    size_t i;

    if (!arns)
        return false;
    put_of(c->sim, c->a, o, "TargetGroupARNs", with(c->a, now, arns));
    for (i = 0; i < arns->list.n && !is_suspended(c->a, o, "AddToLoadBalancer"); i++)
        members_join(&g, arns->list.v[i]->s);
    return true;
}

static bool balancers_detach(struct hook_call *c)
{
    struct object *o = named_group(c);
    const struct value *arns = o ? asked_groups(c) : NULL, *now = o ? value_get(o->attrs, STR("TargetGroupARNs")) : NULL;
    struct scaling g = { c->sim, c->a, o };
    size_t i;

    for (i = 0; arns && i < arns->list.n; i++)
        if (!listed(now, arns->list.v[i]->s))
            return scaling_wrong(c->r, "Trying to remove Target Groups that are not part of the group");
    if (!arns)
        return false;
    put_of(c->sim, c->a, o, "TargetGroupARNs", less(c->a, now, arns));
    for (i = 0; i < arns->list.n; i++)
        members_part(&g, arns->list.v[i]->s);
    return true;
}

static bool balancers(struct hook_call *c)
{
    struct object *o = named_group(c);
    const struct value *list = &value_empty_list, **arn;
    size_t n = o ? tree_leaves(c->a, o->attrs, STR("TargetGroupARNs"), &arn) : 0, i;
    bool checked = o && str_find(text_of(c->a, o, "HealthCheckType"), STR("ELB")) != SIZE_MAX;

    for (i = 0; i < n; i++)
        list = tree_list(c->a, list, tree_put(c->a, tree_put(c->a, NULL, STR("LoadBalancerTargetGroupARN"), arn[i]), STR("State"), text_value(c->a, checked ? "InService" : "Added")));
    c->r->out = tree_put(c->a, NULL, STR("LoadBalancerTargetGroups"), list);
    return o != NULL;
}

/* ---- size ---- */
static bool desired_set(struct hook_call *c)
{
    struct object *o = named_group(c);
    struct scaling g = { c->sim, c->a, o };
    int64_t want = 0, was = o ? int_of(c->a, o, "DesiredCapacity", 0) : 0;

    str_int(tree_text(c->a, c->r->input, STR("DesiredCapacity")), &want);
    if (!o)
        return false;
    if (want > int_of(c->a, o, "MaxSize", 0))
        return scaling_wrong(c->r, "New SetDesiredCapacity value %lld is above max value %lld for the AutoScalingGroup.", (long long)want, (long long)int_of(c->a, o, "MaxSize", 0));
    if (want < int_of(c->a, o, "MinSize", 0))
        return scaling_wrong(c->r, "New SetDesiredCapacity value %lld is below min value %lld for the AutoScalingGroup.", (long long)want, (long long)int_of(c->a, o, "MinSize", 0));
    put_num(c->sim, c->a, o, "DesiredCapacity", want);
    put_text(c->sim, c->a, o, "Cause", str_fmt(c->a, "%.*s a user request explicitly set group desired capacity changing the desired capacity from %lld to %lld.", STR_ARG(scaling_at(&g)), (long long)was,
                                               (long long)want));
    scaling_soon(c->sim, o);
    return true;
}

const struct hook hooks_scaling_calls[] = {
    { "scaling_tags_put", tags_put },
    { "scaling_tags_drop", tags_drop },
    { "scaling_tags", tags_list },
    { "processes_suspend", processes_suspend },
    { "processes_resume", processes_resume },
    { "metrics_enable", metrics_enable },
    { "metrics_disable", metrics_disable },
    { "balancers_attach", balancers_attach },
    { "balancers_detach", balancers_detach },
    { "balancers", balancers },
    { "desired_set", desired_set },
    { NULL, NULL },
};
