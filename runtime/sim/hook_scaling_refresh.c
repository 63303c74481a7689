/* hook_scaling_refresh.c - instance refreshes: one at a time; members go as fast as the healthy share allows, and each successor must have warmed up. */
#include <string.h>
#include "scaling.h"

struct progress { int64_t old, leaving, warming, missing; };      /* to be replaced, on their way out, new and not warm yet, not even launched */

static bool is_open(const struct object *r)
{
    struct str s = object_state(r);

    return str_is(s, "Pending") || str_is(s, "InProgress") || str_is(s, "Cancelling") || str_is(s, "Baking");
}

struct object *refresh_running(struct scaling *g)
{
    struct object *r;
    size_t i = 0;

    while ((r = each_object(scaling_kind(g->s, "refresh"), &i)))
        if (is_open(r) && str_eq(r->region, g->group->region) && str_eq(text_of(g->a, r, "AutoScalingGroupName"), g->group->id))
            return r;
    return NULL;
}

const struct value *refresh_spec(struct scaling *g)
{
    struct object *r = refresh_running(g);

    return r ? value_get(r->attrs, STR("DesiredConfiguration")) : NULL;
}

static int64_t preference(struct scaling *g, const struct object *r, const char *name, int64_t otherwise)
{
    return int_of(g->a, r, str_c(g->a, str_fmt(g->a, "Preferences.%s", name)), otherwise);
}

static void state(struct scaling *g, struct object *r, const char *status, struct str reason)
{
    const struct value *v = tree_put(g->a, r->attrs, STR("Status"), text_value(g->a, status));

    v = tree_put(g->a, v, STR("StatusReason"), reason.n ? value_string(g->a, reason) : NULL);
    object_set(g->s, r, v);
    if (!is_open(r))
        put_num(g->s, g->a, r, "EndTime", g->s->start_wall + g->s->now);
}

/* ---- which members ---- */
static bool is_old(struct scaling *g, const struct object *r, const struct object *m)
{
    return str_eq(text_of(g->a, m, "Old"), r->id);
}

static bool is_passed_over(struct scaling *g, const struct object *r, const struct object *m)
{
    const struct value *config = value_get(r->attrs, STR("DesiredConfiguration"));
    bool ignored = text_is(g->a, m, "ProtectedFromScaleIn", "true") && text_is(g->a, r, "Preferences.ScaleInProtectedInstances", "Ignore");

    return ignored || (text_is(g->a, r, "Preferences.SkipMatching", "true") && fleet_matches(g, m, config ? config : g->group->attrs));
}

static void begin(struct scaling *g, struct object *r)
{
    struct object *m;
    int64_t n = 0;
    size_t i = 0;

    while ((m = each_member(g, &i)))
        if (member_counts(g->a, m) && !is_passed_over(g, r, m)) {
            put_text(g->s, g->a, m, "Old", r->id);
            n++;
        }
    put_num(g->s, g->a, r, "Total", n);
    put_num(g->s, g->a, r, "Left", n);
    put_num(g->s, g->a, r, "Moved", g->s->now);
    state(g, r, "InProgress", STR_NONE);
}

static struct progress progress_of(struct scaling *g, const struct object *r)
{
    int64_t warmup = preference(g, r, "InstanceWarmup", 0) * 1000;
    struct tally t = scaling_tally(g);
    struct progress p = { .missing = t.live < t.want ? t.want - t.live : 0 };
    struct object *m;
    size_t i = 0;

    while ((m = each_member(g, &i))) {
        bool in_service = member_is(g->a, m, "InService");

        if (is_old(g, r, m)) {
            p.old += member_counts(g->a, m);
            p.leaving += member_is(g->a, m, "Terminating*");
        } else if (str_eq(text_of(g->a, m, "Refresh"), r->id) && member_counts(g->a, m)) {
            int64_t warm = int_of(g->a, m, "ServesSince", 0) + warmup;

            p.warming += !in_service || warm > g->s->now;
            if (in_service && warm > g->s->now)
                scaling_again(g, warm);
        }
    }
    return p;
}

static void show(struct scaling *g, struct object *r, const struct progress *p)
{
    int64_t total = int_of(g->a, r, "Total", 0), left = p->old + p->warming + p->missing;

    left = left < total ? left : total;
    if (left != int_of(g->a, r, "Left", -1))
        put_num(g->s, g->a, r, "Moved", g->s->now);
    put_num(g->s, g->a, r, "Left", left);
    put_num(g->s, g->a, r, "InstancesToUpdate", left);
    put_num(g->s, g->a, r, "PercentageComplete", total ? 100 * (total - left) / total : 100);
}

/* ---- how fast ---- */
static int64_t most_of(struct scaling *g, const struct object *r, int64_t want)
{
    int64_t share = preference(g, r, "MaxHealthyPercentage", 100), n = want * share / 100;

    return share > 100 && n == want ? want + 1 : n;
}

int64_t refresh_extra(struct scaling *g, const struct tally *t)
{
    struct object *r = refresh_running(g);
    struct progress p;
    int64_t extra;

    if (!r || !str_is(object_state(r), "InProgress"))
        return 0;
    p = progress_of(g, r);
    extra = most_of(g, r, t->want) - t->want;
    return extra < p.old ? extra : p.old;
}

static struct object *next_old(struct scaling *g, const struct object *r)
{
    bool waits = text_is(g->a, r, "Preferences.ScaleInProtectedInstances", "Wait");
    struct object *m;
    size_t i = 0;

    while ((m = each_member(g, &i)))
        if (is_old(g, r, m) && member_is(g->a, m, "InService") && !(waits && text_is(g->a, m, "ProtectedFromScaleIn", "true")))
            return m;
    return NULL;
}

static void take_old(struct scaling *g, struct object *r, const struct progress *p)
{
    struct tally t = scaling_tally(g);
    int64_t least = (t.want * preference(g, r, "MinHealthyPercentage", 90) + 99) / 100, cold = p->warming > t.pending ? p->warming - t.pending : 0;
    bool more_first = most_of(g, r, t.want) > t.want;
    int64_t n = t.serving - cold - least;
    struct object *m;

    if (more_first && n > t.live - t.want)
        n = t.live - t.want;
    if (!more_first && n < 1 && !p->warming && !p->leaving && t.live >= t.want)
        n = 1;
    while (n-- > 0 && (m = next_old(g, r)))
        member_leaves(g, m, str_fmt(g->a, "%.*s an instance was taken out of service in response to an instance refresh.", STR_ARG(scaling_at(g))));
}

/* At a checkpoint it pauses. */
static bool pauses(struct scaling *g, struct object *r)
{
    const struct value **at;
    size_t n = tree_leaves(g->a, r->attrs, STR("Preferences.CheckpointPercentages"), &at), passed = (size_t)int_of(g->a, r, "Checkpoint", 0);
    int64_t done = int_of(g->a, r, "PercentageComplete", 0), until = int_of(g->a, r, "PausedUntil", 0), mark = 0;

    if (passed < n && str_int(tree_text(g->a, at[passed], STR_NONE), &mark) && done >= mark && mark < 100) {
        put_num(g->s, g->a, r, "Checkpoint", (int64_t)passed + 1);
        put_num(g->s, g->a, r, "PausedUntil", until = g->s->now + preference(g, r, "CheckpointDelay", 3600) * 1000);
    }
    if (until > g->s->now) {
        put_num(g->s, g->a, r, "Moved", g->s->now);
        scaling_again(g, until);
    }
    return until > g->s->now;
}

static void finish(struct scaling *g, struct object *r)
{
    int64_t bake = preference(g, r, "BakeTime", 0) * 1000, until = int_of(g->a, r, "BakesUntil", 0);
    const struct value *config = value_get(r->attrs, STR("DesiredConfiguration"));

    if (bake && !until) {
        put_num(g->s, g->a, r, "BakesUntil", until = g->s->now + bake);
        state(g, r, "Baking", STR_NONE);
    }
    if (until > g->s->now) {
        scaling_again(g, until);
        return;
    }
    state(g, r, "Successful", STR_NONE);
    if (!config)
        return;
    put_of(g->s, g->a, g->group, "LaunchTemplate", value_get(config, STR("LaunchTemplate")));
    put_of(g->s, g->a, g->group, "MixedInstancesPolicy", value_get(config, STR("MixedInstancesPolicy")));
}

void refresh_follow(struct scaling *g)
{
    struct object *r = refresh_running(g);
    struct progress p;

    if (!r || is_suspended(g->a, g->group, "InstanceRefresh") || is_suspended(g->a, g->group, "Launch") || is_suspended(g->a, g->group, "Terminate"))
        return;
    if (str_is(object_state(r), "Pending"))
        begin(g, r);
    p = progress_of(g, r);
    show(g, r, &p);
    if (!p.old && !p.warming && !p.leaving && !p.missing)
        finish(g, r);
    else if (str_is(object_state(r), "Cancelling") && !p.warming && !p.leaving)
        state(g, r, "Cancelled", STR("Cancelled due to user request."));
    else if (g->s->now - int_of(g->a, r, "Moved", g->s->now) >= scaling_pace(g->s, "refresh_gives_up"))
        state(g, r, "Failed", STR("No instance could be replaced for an hour: see the scaling activities."));
    else if (str_is(object_state(r), "InProgress") && !pauses(g, r))
        take_old(g, r, &p);
    if (is_open(r))
        scaling_again(g, int_of(g->a, r, "Moved", g->s->now) + scaling_pace(g->s, "refresh_gives_up"));
}

/* ---- requests ---- */
static bool share_is_wrong(struct hook_call *c, const struct value *p)
{
    const struct value *lo = value_get(p, STR("MinHealthyPercentage")), *hi = value_get(p, STR("MaxHealthyPercentage"));

    if (hi && !lo)
        return !scaling_wrong(c->r, "You must specify MinHealthyPercentage when you specify MaxHealthyPercentage.");
    return hi && hi->i - lo->i > 100 && !scaling_wrong(c->r, "The difference between MaxHealthyPercentage and MinHealthyPercentage cannot be greater than 100.");
}

static const struct value *with_default(struct arena *a, const struct value *p, const char *name, const struct value *v)
{
    return value_get(p, str_of(name)) || !v ? p : tree_put(a, p, str_of(name), v);
}

static const struct value *preferences_of(struct hook_call *c, const struct object *group)
{
    const struct value *p = value_get(c->r->input, STR("Preferences")), *policy = value_get(group->attrs, STR("InstanceMaintenancePolicy")), *warmup = value_get(group->attrs, STR("DefaultInstanceWarmup"));

    p = p ? p : &value_empty_object;
    if (!value_get(p, STR("MinHealthyPercentage")))
        p = with_default(c->a, p, "MaxHealthyPercentage", tree_get(policy, STR("MaxHealthyPercentage")));
    p = with_default(c->a, p, "MinHealthyPercentage", tree_get(policy, STR("MinHealthyPercentage")) ? tree_get(policy, STR("MinHealthyPercentage")) : value_int(c->a, 90));
    p = with_default(c->a, p, "InstanceWarmup", warmup && warmup->i >= 0 ? warmup : value_int(c->a, int_of(c->a, group, "HealthCheckGracePeriod", 0)));
    p = with_default(c->a, p, "SkipMatching", &value_false);
    p = with_default(c->a, p, "AutoRollback", &value_false);
    p = with_default(c->a, p, "ScaleInProtectedInstances", text_value(c->a, "Wait"));
    return with_default(c->a, p, "StandbyInstances", text_value(c->a, "Wait"));
}

static bool refresh_start(struct hook_call *c)
{
    struct object *group = scaling_group(c->r, tree_text(c->a, c->r->input, STR("AutoScalingGroupName"))), *r;
    struct scaling g = { c->sim, c->a, group };
    const struct value *v;
    struct str id;

    if (!group || share_is_wrong(c, value_get(c->r->input, STR("Preferences"))))
        return false;
    if (refresh_running(&g))
        return sim_refuse(c->r, STR("InstanceRefreshInProgress"), "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.");
    v = tree_put(c->a, tree_put(c->a, NULL, STR("AutoScalingGroupName"), value_string(c->a, group->id)), STR("Preferences"), preferences_of(c, group));
    v = tree_put(c->a, v, STR("Strategy"), text_value(c->a, "Rolling"));
    v = tree_put(c->a, v, STR("DesiredConfiguration"), value_get(c->r->input, STR("DesiredConfiguration")));
    v = tree_put(c->a, v, STR("StartTime"), value_int(c->a, c->sim->start_wall + c->sim->now));
    v = attrs_whole(c->r, scaling_kind(c->sim, "refresh"), tree_put(c->a, v, STR("Status"), text_value(c->a, "Pending")), &id);
    r = object_new(c->sim, scaling_kind(c->sim, "refresh"), id, group->region, v);
    scaling_soon(c->sim, group);
    c->r->out = tree_put(c->a, NULL, STR("InstanceRefreshId"), value_string(c->a, r->id));
    return true;
}

static bool refresh_cancel(struct hook_call *c)
{
    struct object *group = scaling_group(c->r, tree_text(c->a, c->r->input, STR("AutoScalingGroupName"))), *r;
    struct scaling g = { c->sim, c->a, group };

    if (!group)
        return false;
    r = refresh_running(&g);
    if (!r)
        return sim_refuse(c->r, STR("ActiveInstanceRefreshNotFound"), "No in progress or pending Instance Refresh found for Auto Scaling group %.*s", STR_ARG(group->id));
    state(&g, r, "Cancelling", STR("Cancelled due to user request."));
    scaling_soon(c->sim, group);
    c->r->out = tree_put(c->a, NULL, STR("InstanceRefreshId"), value_string(c->a, r->id));
    return true;
}

static bool refreshes(struct hook_call *c)
{
    const struct member *m = model_member(c->r->op->out, STR("InstanceRefreshes"));
    struct object *group = scaling_group(c->r, tree_text(c->a, c->r->input, STR("AutoScalingGroupName")));
    const struct value *list = &value_empty_list, *ids = value_get(c->r->input, STR("InstanceRefreshIds"));
    struct kind *k = scaling_kind(c->sim, "refresh");
    size_t i;

    for (i = k->order.n; group && i-- > 0;) {
        struct object *r = k->order.v[i];

        if (!r->removed && str_eq(r->region, group->region) && str_eq(text_of(c->a, r, "AutoScalingGroupName"), group->id) && (!ids || listed(ids, r->id)))
            list = tree_list(c->a, list, sim_show(c->r, r, m->shape->elem));
    }
    c->r->out = tree_put(c->a, NULL, STR("InstanceRefreshes"), list);
    return group != NULL;
}

const struct hook hooks_scaling_refresh[] = {
    { "refresh_start", refresh_start },
    { "refresh_cancel", refresh_cancel },
    { "refreshes", refreshes },
    { NULL, NULL },
};
