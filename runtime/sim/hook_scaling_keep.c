/* hook_scaling_keep.c - the pass over a group: what is not well is replaced, what is missing is launched, what is too much goes, zones are kept even. */
#include <string.h>
#include "scaling.h"

void scaling_again(struct scaling *g, int64_t at)
{
    object_wake(g->s, g->group, at);
}

/* Launches come before terminations where the policy allows more than all. */
static bool launches_first(struct scaling *g)
{
    return int_of(g->a, g->group, "InstanceMaintenancePolicy.MaxHealthyPercentage", 100) > 100;
}

static bool may(struct scaling *g, const char *process)
{
    return !is_suspended(g->a, g->group, process);
}

/* In service, not well, and to be replaced; it stays until its successor serves where launches come first. */
static bool given_up(struct scaling *g, const struct object *m)
{
    return member_is(g->a, m, "InService") && text_is(g->a, m, "HealthStatus", "Unhealthy") && may(g, "ReplaceUnhealthy") && may(g, "Terminate");
}

struct tally scaling_tally(struct scaling *g)
{
    struct tally t = { .want = int_of(g->a, g->group, "DesiredCapacity", 0) };
    struct object *m;
    size_t i = 0;

    while ((m = each_member(g, &i))) {
        int64_t w = member_weight(g->a, m);

        t.live += member_counts(g->a, m) && !given_up(g, m) ? w : 0;
        t.serving += member_serves(g->a, m) ? w : 0;
        t.pending += member_is(g->a, m, "Pending*") ? w : 0;
    }
    return t;
}

static void replace_unwell(struct scaling *g)
{
    struct tally t = scaling_tally(g);
    struct object *m;
    size_t i = 0;

    while ((m = each_member(g, &i))) {
        struct object *instance = object_find(ec2_kind(g->s, "instance"), m->id);
        bool there = instance && object_alive(instance) && str_is(object_state(instance), "running");

        if (!given_up(g, m) || (there && launches_first(g) && may(g, "Launch") && t.serving < t.want))
            continue;
        put_of(g->s, g->a, g->group, "Replacing", &value_true);
        member_leaves(g, m, str_fmt(g->a, "%.*s an instance was taken out of service in response to %.*s.", STR_ARG(scaling_at(g)), STR_ARG(text_of(g->a, m, "Unwell"))));
    }
}

static void end_of_life(struct scaling *g)
{
    int64_t lifetime = int_of(g->a, g->group, "MaxInstanceLifetime", 0) * 1000;
    struct tally t = scaling_tally(g);
    struct object *m;
    size_t i = 0;

    while (lifetime && may(g, "Terminate") && (m = each_member(g, &i))) {
        if (!member_is(g->a, m, "InService"))
            continue;
        if (m->born + lifetime > g->s->now) {
            scaling_again(g, m->born + lifetime);
        } else if (t.serving >= t.want) {
            member_leaves(g, m, str_fmt(g->a, "%.*s an instance was taken out of service in response to its age, the group's maximum instance lifetime.", STR_ARG(scaling_at(g))));
            return;
        }
    }
}

/* ---- capacity ---- */
static struct str why_launched(struct scaling *g, const struct tally *t, bool refresh)
{
    struct str at = scaling_at(g), cause = text_of(g->a, g->group, "Cause");

    if (refresh)
        return str_fmt(g->a, "%.*s an instance was launched in response to an instance refresh.", STR_ARG(at));
    if (value_get(g->group->attrs, STR("Replacing")))
        return str_fmt(g->a, "%.*s an instance was launched in response to an unhealthy instance needing to be replaced.", STR_ARG(at));
    return str_fmt(g->a, "%.*s%s%.*s an instance was started in response to a difference between desired and actual capacity, increasing the capacity from %lld to %lld.", STR_ARG(cause), cause.n ? "  " : "",
                   STR_ARG(at), (long long)t->live, (long long)t->want);
}

static void fill(struct scaling *g)
{
    const struct value *spec = refresh_spec(g);
    struct object *refresh = refresh_running(g);
    struct tally t = scaling_tally(g);
    int64_t all = t.want + refresh_extra(g, &t), retry = int_of(g->a, g->group, "RetryAt", 0);

    if (t.live >= all) {
        put_of(g->s, g->a, g->group, "Replacing", NULL);
        return;
    }
    if (!may(g, "Launch"))
        return;
    if (retry > g->s->now) {
        scaling_again(g, retry);
        return;
    }
    while (t.live < all && fleet_launch(g, why_launched(g, &t, refresh != NULL), spec ? spec : g->group->attrs, refresh ? refresh->id : STR_NONE))
        t = scaling_tally(g);
    if (t.live < all)
        scaling_again(g, int_of(g->a, g->group, "RetryAt", g->s->now + 1));
}

static void shrink(struct scaling *g)
{
    struct tally t = scaling_tally(g);
    int64_t all = t.want + refresh_extra(g, &t);
    struct object *m;

    while (t.live > all && may(g, "Terminate") && (m = fleet_victim(g))) {
        int64_t w = member_weight(g->a, m);

        if (t.live - w < all || (t.pending && t.serving - w < t.want))
            return;
        member_leaves(g, m, str_fmt(g->a, "%.*s an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from %lld to %lld.  %.*s instance %.*s was "
                                    "selected for termination.", STR_ARG(scaling_at(g)), (long long)t.live, (long long)t.want, STR_ARG(scaling_at(g)), STR_ARG(m->id)));
        t = scaling_tally(g);
    }
}

/* ---- zones ---- */
/* Some zone has two more than another, or a member stands where the group is not any more. */
static bool uneven(struct scaling *g)
{
    struct place v[SCALING_PLACES];
    size_t n = fleet_places(g, v), i = 0, k;
    int64_t least = INT64_MAX, most = 0;
    bool stray = false;
    struct object *m;

    for (k = 0; k < n; k++) {
        least = v[k].in_zone < least ? v[k].in_zone : least;
        most = v[k].in_zone > most ? v[k].in_zone : most;
    }
    while ((m = each_member(g, &i))) {
        for (k = 0; k < n && !str_eq(v[k].zone, text_of(g->a, m, "AvailabilityZone")); k++)
            ;
        stray = stray || (k == n && member_counts(g->a, m));
    }
    return n && (stray || most > least + 1);
}

/* One more where there are fewest; shrinking takes one from where there are most. */
static void rebalance(struct scaling *g)
{
    struct tally t = scaling_tally(g);

    if (!may(g, "AZRebalance") || !may(g, "Launch") || !may(g, "Terminate") || t.live != t.want || t.serving != t.want || !t.want || refresh_running(g)
        || text_of(g->a, g->group, "Avoid").n || int_of(g->a, g->group, "RetryAt", 0) > g->s->now || !uneven(g))
        return;
    fleet_launch(g, str_fmt(g->a, "%.*s an instance was launched to rebalance the group's instances over its Availability Zones.", STR_ARG(scaling_at(g))), g->group->attrs, STR_NONE);
}

/* ---- the pass ---- */
static bool anybody(struct scaling *g)
{
    size_t i = 0;

    return each_member(g, &i) != NULL;
}

void scaling_pass(struct scaling *g)
{
    members_follow(g);
    if (text_of(g->a, g->group, "Status").n) {
        if (!anybody(g))
            object_remove(g->s, g->group);
        return;
    }
    refresh_follow(g);
    replace_unwell(g);
    end_of_life(g);
    fill(g);
    shrink(g);
    rebalance(g);
}

static bool scaling_wakes(struct hook_call *c)
{
    struct scaling g = { c->sim, c->a, c->o };

    scaling_pass(&g);
    return true;
}

/* Something happened to its instance. */
static bool scaling_member_wakes(struct hook_call *c)
{
    struct object *group = object_find(scaling_kind(c->sim, "group"), text_of(c->a, c->o, "AutoScalingGroupName"));

    if (group)
        object_wake(c->sim, group, c->sim->now);
    return true;
}

const struct hook hooks_scaling_keep[] = {
    { "scaling_wakes", scaling_wakes },
    { "scaling_member_wakes", scaling_member_wakes },
    { NULL, NULL },
};
