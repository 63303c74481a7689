/* hook_scaling_log.c - what a group did and why: activities, which outlive it. */
#include <string.h>
#include "kc/json.h"
#include "scaling.h"

enum { CAUSE_MAX = 1023, MESSAGE_MAX = 255 };

static const struct value *now_value(const struct scaling *g)
{
    return value_int(g->a, g->s->start_wall + g->s->now);
}

struct str scaling_at(struct scaling *g)
{
    return str_fmt(g->a, "At %.*s", STR_ARG(sim_time_write(g->a, (g->s->start_wall + g->s->now) / 1000 * 1000, TIME_ISO8601)));
}

static struct str uuid(struct scaling *g)
{
    struct str x = sim_new_id(g->s, STR_NONE, 32);

    return str_fmt(g->a, "%.8s-%.4s-%.4s-%.4s-%.12s", x.s, x.s + 8, x.s + 12, x.s + 16, x.s + 20);
}

static struct object *activity_of(struct scaling *g, struct str id)
{
    return id.n ? object_find(scaling_kind(g->s, "activity"), id) : NULL;
}

struct object *activity_new(struct scaling *g, const char *description, struct str instance, struct str cause, const struct value *details)
{
    const struct value *v = tree_put(g->a, NULL, STR("AutoScalingGroupName"), value_string(g->a, g->group->id));
    struct str id = uuid(g);
    struct buf b = { 0 };

    v = tree_put(g->a, v, STR("ActivityId"), value_string(g->a, id));
    v = tree_put(g->a, v, STR("AutoScalingGroupARN"), value_get(g->group->attrs, STR("AutoScalingGroupARN")));
    v = tree_put(g->a, v, STR("Description"), value_string(g->a, instance.n ? str_fmt(g->a, "%s: %.*s", description, STR_ARG(instance)) : str_of(description)));
    v = tree_put(g->a, v, STR("Cause"), value_string(g->a, str_sub(cause, 0, cause.n < CAUSE_MAX ? cause.n : CAUSE_MAX)));
    v = tree_put(g->a, v, STR("StartTime"), now_value(g));
    v = tree_put(g->a, v, STR("StatusCode"), text_value(g->a, "InProgress"));
    v = tree_put(g->a, v, STR("Progress"), value_int(g->a, 30));
    if (details) {
        json_write(&b, details, JSON_CANONICAL, false);
        v = tree_put(g->a, v, STR("Details"), value_string(g->a, buf_take(&b, g->a)));
    }
    return object_new(g->s, scaling_kind(g->s, "activity"), id, g->group->region, v);
}

void activity_state(struct scaling *g, struct str id, const char *status, int progress, struct str message)
{
    struct object *o = activity_of(g, id);
    const struct value *v;

    if (!o || value_get(o->attrs, STR("EndTime")))
        return;
    v = tree_put(g->a, o->attrs, STR("StatusCode"), text_value(g->a, status));
    v = tree_put(g->a, v, STR("Progress"), value_int(g->a, progress));
    if (message.n)
        v = tree_put(g->a, v, STR("StatusMessage"), value_string(g->a, str_sub(message, 0, message.n < MESSAGE_MAX ? message.n : MESSAGE_MAX)));
    object_set(g->s, o, v);
}

void activity_end(struct scaling *g, struct str id, const char *status, struct str message)
{
    struct object *o = activity_of(g, id);

    if (!o || value_get(o->attrs, STR("EndTime")))
        return;
    activity_state(g, id, status, 100, message);
    object_set(g->s, o, tree_put(g->a, o->attrs, STR("EndTime"), now_value(g)));
}

/* ---- DescribeScalingActivities ---- */
static bool chosen(struct hook_call *c, const struct object *o)
{
    const struct value *in = c->r->input, *ids = value_get(in, STR("ActivityIds")), *filters = value_get(in, STR("Filters"));
    struct str group = tree_text(c->a, in, STR("AutoScalingGroupName"));
    size_t i;

    if (!str_eq(o->region, c->r->region) || (group.n && !str_eq(group, text_of(c->a, o, "AutoScalingGroupName"))))
        return false;
    if (ids && !listed(ids, o->id))
        return false;
    for (i = 0; filters && filters->kind == VALUE_LIST && i < filters->list.n; i++) {
        const struct value *f = filters->list.v[i], *values = value_get(f, STR("Values"));
        struct str name = data_str(f, "Name");
        int64_t bound = 0, start = int_of(c->a, o, "StartTime", 0);

        if (str_is(name, "Status") && !listed(values, text_of(c->a, o, "StatusCode")))
            return false;
        if (!str_starts(name, STR("StartTime")) || !values || !values->list.n || !sim_time_read(value_text(c->a, values->list.v[0]), &bound))
            continue;
        if (str_is(name, "StartTimeLowerBound") ? start < bound : start > bound)
            return false;
    }
    return true;
}

/* Of a group that is gone only for those who ask for it, and of one made anew under its name not those of the former. */
static bool of_the_living(struct hook_call *c, const struct object *o)
{
    struct object *group = object_find(scaling_kind(c->sim, "group"), text_of(c->a, o, "AutoScalingGroupName"));

    return group && str_eq(text_of(c->a, group, "AutoScalingGroupARN"), text_of(c->a, o, "AutoScalingGroupARN"));
}

static bool scaling_activities(struct hook_call *c)
{
    const struct member *m = model_member(c->r->op->out, STR("Activities"));
    struct kind *k = scaling_kind(c->sim, "activity");
    const struct value *list = &value_empty_list;
    bool deleted = data_true(c->r->input, "IncludeDeletedGroups");
    int ended;
    size_t i;

    for (ended = 0; ended < 2; ended++)
        for (i = k->order.n; i-- > 0;) {
            struct object *o = k->order.v[i];
            bool lives = !o->removed && of_the_living(c, o);
            const struct value *v;

            if (o->removed || (value_get(o->attrs, STR("EndTime")) != NULL) != ended || (!lives && !deleted) || !chosen(c, o))
                continue;
            v = tree_put(c->a, sim_show(c->r, o, m->shape->elem), STR("AutoScalingGroupState"), text_value(c->a, lives ? "InService" : "Deleted"));
            list = tree_list(c->a, list, v);
        }
    c->r->out = tree_put(c->a, NULL, STR("Activities"), list);
    return true;
}

const struct hook hooks_scaling_log[] = {
    { "scaling_activities", scaling_activities },
    { NULL, NULL },
};
