/* hook_events.c - rules of event buses, which are put as a whole, and their targets, of which a success may refuse some. */
#include "hook.h"
#include "kc/json.h"

enum { TARGETS = 5 };

static struct kind *events_kind(struct sim *s, const char *name)
{
    return kind_find(s, STR("events"), str_of(name));
}

/* By name or ARN; "default" where none is given. Empty: there is no such bus. */
static struct str bus_name(struct hook_call *c)
{
    struct kind *k = events_kind(c->sim, "bus");
    struct str name = tree_text(c->a, c->r->input, STR("EventBusName"));
    size_t at = str_find(name, STR(":event-bus/"));
    struct object *o;

    name = at != SIZE_MAX ? str_sub(name, at + 11, name.n) : name.n ? name : STR("default");
    rows_make(c->r, k);
    o = object_by(c->a, k, STR("Name"), name);
    if (o)
        return name;
    kind_refuse(c->r, k, "missing", k->missing, name, "does not exist");
    return STR_NONE;
}

static bool bus_describe(struct hook_call *c)
{
    struct kind *k = events_kind(c->sim, "bus");
    struct str name = tree_text(c->a, c->r->input, STR("Name"));
    struct object *o;

    rows_make(c->r, k);
    o = object_by(c->a, k, STR("Name"), name.n ? name : STR("default"));
    if (!o)
        return kind_refuse(c->r, k, "missing", k->missing, name, "does not exist");
    c->r->out = tree_put(c->a, tree_put(c->a, NULL, STR("Name"), value_get(o->attrs, STR("Name"))), STR("Arn"), value_get(o->attrs, STR("Arn")));
    return true;
}

/* The rule that the request names by `member`; NULL: refused, or there is none and that is no mistake here. */
static struct object *rule_named(struct hook_call *c, const char *member, bool must)
{
    struct str bus = bus_name(c), name = tree_text(c->a, c->r->input, str_of(member));
    struct kind *k = events_kind(c->sim, "rule");
    struct object *o = bus.n ? object_find(k, str_fmt(c->a, "%.*s/%.*s", STR_ARG(bus), STR_ARG(name))) : NULL;

    if (o && str_eq(o->region, c->r->region) && !sim_missed(c->r, o))
        return o;
    if (bus.n && must)
        sim_refuse(c->r, k->missing, "Rule %.*s does not exist on EventBus %.*s.", STR_ARG(name), STR_ARG(bus));
    return NULL;
}

/* ---- rules ---- */
static bool is_schedule(struct str text)
{
    return str_ends(text, STR(")")) && (str_starts(text, STR("rate(")) || str_starts(text, STR("cron(")));
}

static bool rule_allowed(struct hook_call *c, struct str bus)
{
    struct str pattern = tree_text(c->a, c->r->input, STR("EventPattern")), schedule = tree_text(c->a, c->r->input, STR("ScheduleExpression")), why;
    const struct value *v = pattern.n ? json_read(c->a, pattern, 0, &why) : NULL;

    if (!pattern.n && !schedule.n)
        return sim_refuse(c->r, STR("ValidationException"), "Parameter(s) EventPattern or ScheduleExpression must be specified.");
    if (pattern.n && (!v || v->kind != VALUE_OBJECT))
        return sim_refuse(c->r, STR("InvalidEventPatternException"), "Event pattern is not valid. Reason: Filter is not an object");
    if (schedule.n && !is_schedule(schedule))
        return sim_refuse(c->r, STR("ValidationException"), "Parameter ScheduleExpression is not valid.");
    if (schedule.n && !str_is(bus, "default"))
        return sim_refuse(c->r, STR("ValidationException"), "ScheduleExpression is supported only on the default event bus.");
    return true;
}

static bool rule_check(struct hook_call *c)
{
    struct str bus = tree_text(c->a, c->attrs, STR("EventBusName")), name = tree_text(c->a, c->attrs, STR("Name"));

    set_text(c, "Arn", str_fmt(c->a, "arn:%.*s:events:%.*s:111122223333:rule/%.*s%s%.*s", STR_ARG(endpoint_partition(c->r->region)), STR_ARG(c->r->region),
                               STR_ARG(str_is(bus, "default") ? STR("") : bus), str_is(bus, "default") ? "" : "/", STR_ARG(name)));
    return true;
}

/* What is left out of a rule that is there is taken off. */
static bool rule_put(struct hook_call *c)
{
    static const char *const members[] = { "EventPattern", "ScheduleExpression", "Description", "RoleArn", "State" };
    struct str bus = bus_name(c);
    struct object *o = bus.n ? rule_named(c, "Name", false) : NULL;
    const struct value *v;
    size_t i;

    if (!bus.n || !rule_allowed(c, bus))
        return false;
    if (!o) {
        if (!verb_create(c->r, c->verb))
            return false;
        o = rule_named(c, "Name", false);
    } else {
        v = value_with(c->a, o->attrs, STR("State"), text_value(c->a, "ENABLED"));
        for (i = 0; i < sizeof members / sizeof members[0]; i++)
            v = i == 4 && !value_get(c->r->input, STR("State")) ? v : tree_put(c->a, v, str_of(members[i]), value_get(c->r->input, str_of(members[i])));
        object_set(c->sim, o, v);
    }
    if (o)
        c->r->out = tree_put(c->a, NULL, STR("RuleArn"), value_get(o->attrs, STR("Arn")));
    return true;
}

static bool rule_describe(struct hook_call *c)
{
    struct object *o = rule_named(c, "Name", true);

    if (o)
        c->r->out = sim_show(c->r, o, c->r->op->out);
    return o != NULL;
}

static bool rule_state(struct hook_call *c)
{
    struct object *o = rule_named(c, "Name", true);

    if (o)
        object_set(c->sim, o, value_with(c->a, o->attrs, STR("State"), text_value(c->a, str_starts(c->r->op->name, STR("Enable")) ? "ENABLED" : "DISABLED")));
    return o != NULL;
}

static bool of_rule(struct hook_call *c, const struct object *target, const struct object *rule)
{
    return str_eq(target->region, rule->region) && str_eq(tree_text(c->a, target->attrs, STR("Rule")), tree_text(c->a, rule->attrs, STR("Name")))
        && str_eq(tree_text(c->a, target->attrs, STR("Bus")), tree_text(c->a, rule->attrs, STR("EventBusName")));
}

static bool rule_delete(struct hook_call *c)
{
    struct object *o = rule_named(c, "Name", false), *t;
    size_t i = 0;

    while (o && (t = each_object(events_kind(c->sim, "target"), &i)))
        if (of_rule(c, t, o))
            return sim_refuse(c->r, STR("ValidationException"), "Rule can't be deleted since it has targets.");
    if (o)
        object_remove(c->sim, o);
    return !c->r->failed;
}

static bool rules_list(struct hook_call *c)
{
    const struct shape *elem = model_member(c->r->op->out, STR("Rules"))->shape->elem;
    struct str bus = bus_name(c), prefix = tree_text(c->a, c->r->input, STR("NamePrefix"));
    const struct value *list = &value_empty_list;
    struct object *o;
    size_t i = 0;

    while (bus.n && (o = each_object(events_kind(c->sim, "rule"), &i)))
        if (!sim_missed(c->r, o) && str_eq(tree_text(c->a, o->attrs, STR("EventBusName")), bus) && str_starts(tree_text(c->a, o->attrs, STR("Name")), prefix))
            list = tree_list(c->a, list, sim_show(c->r, o, elem));
    c->r->out = tree_put(c->a, NULL, STR("Rules"), list);
    return bus.n > 0;
}

/* ---- targets ---- */
static size_t count(struct hook_call *c, const struct object *rule)
{
    struct object *t;
    size_t i = 0, n = 0;

    while ((t = each_object(events_kind(c->sim, "target"), &i)))
        n += of_rule(c, t, rule);
    return n;
}

static struct str place_of(struct hook_call *c, const struct object *rule, struct str id)
{
    return str_fmt(c->a, "%.*s/%.*s", STR_ARG(rule->id), STR_ARG(id));
}

static const struct value *failure(struct hook_call *c, struct str id, const char *code, struct str message)
{
    const struct value *v = tree_put(c->a, tree_put(c->a, NULL, STR("TargetId"), value_string(c->a, id)), STR("ErrorCode"), text_value(c->a, code));

    return tree_put(c->a, v, STR("ErrorMessage"), value_string(c->a, message));
}

/* A queue of this account must be there. */
static bool leads_somewhere(struct hook_call *c, struct str arn)
{
    return !str_starts(arn, STR("arn:aws:sqs:")) || object_by(c->a, kind_find(c->sim, STR("sqs"), STR("queue")), STR("Arn"), arn);
}

static void put_one(struct hook_call *c, const struct object *rule, const struct value *target, struct str id)
{
    struct kind *k = events_kind(c->sim, "target");
    struct str place = place_of(c, rule, id);
    struct object *o = object_find(k, place);
    const struct value *v = value_with(c->a, target, STR("Rule"), value_get(rule->attrs, STR("Name")));

    v = value_with(c->a, v, STR("Bus"), value_get(rule->attrs, STR("EventBusName")));
    if (o) {
        object_set(c->sim, o, v);
        return;
    }
    o = object_new(c->sim, k, place, rule->region, v);
    o->made = true;
}

static bool well_formed(struct hook_call *c, const struct value *target)
{
    struct str arn = data_str(target, "Arn"), input = data_str(target, "Input"), why, id = data_str(target, "Id");

    if (!str_starts(arn, STR("arn:")))
        return sim_refuse(c->r, STR("ValidationException"), "Parameter %.*s is not valid. Reason: Provided Arn is not in correct format.", STR_ARG(arn));
    if (input.n && !json_read(c->a, input, 0, &why))
        return sim_refuse(c->r, STR("ValidationException"), "JSON syntax error in input for target %.*s", STR_ARG(id));
    if (str_ends(arn, STR(".fifo")) && !value_at(target, "SqsParameters.MessageGroupId"))
        return sim_refuse(c->r, STR("ValidationException"), "Parameter(s) SqsParameters must be specified for target: %.*s.", STR_ARG(id));
    return true;
}

static void answer(struct hook_call *c, const struct value *failures)
{
    c->r->out = tree_put(c->a, tree_put(c->a, NULL, STR("FailedEntryCount"), value_int(c->a, (int64_t)failures->list.n)), STR("FailedEntries"), failures);
}

static bool targets_put(struct hook_call *c)
{
    const struct value *const *list, *one[1], *failures = &value_empty_list;
    size_t n = data_list(c->r->input, "Targets", &list, one), i;
    struct object *rule = rule_named(c, "Rule", true);

    for (i = 0; rule && i < n; i++)
        if (!well_formed(c, list[i]))
            return false;
    for (i = 0; rule && i < n; i++) {
        struct str id = data_str(list[i], "Id"), arn = data_str(list[i], "Arn");
        bool there = object_find(events_kind(c->sim, "target"), place_of(c, rule, id)) != NULL;

        if (!there && count(c, rule) >= TARGETS)
            return sim_refuse(c->r, STR("LimitExceededException"), "The requested resource exceeds the maximum number allowed.");
        if (leads_somewhere(c, arn))
            put_one(c, rule, list[i], id);
        else
            failures = tree_list(c->a, failures, failure(c, id, "ResourceNotFoundException", str_fmt(c->a, "The target %.*s does not exist.", STR_ARG(arn))));
    }
    answer(c, failures);
    return rule != NULL;
}

static bool targets_remove(struct hook_call *c)
{
    const struct value *const *ids, *one[1];
    size_t n = data_list(c->r->input, "Ids", &ids, one), i;
    struct object *rule = rule_named(c, "Rule", true), *o;

    for (i = 0; rule && i < n; i++)
        if ((o = object_find(events_kind(c->sim, "target"), place_of(c, rule, value_text(c->a, ids[i])))))
            object_remove(c->sim, o);
    answer(c, &value_empty_list);
    return rule != NULL;
}

static bool targets_list(struct hook_call *c)
{
    const struct shape *elem = model_member(c->r->op->out, STR("Targets"))->shape->elem;
    const struct value *list = &value_empty_list;
    struct object *rule = rule_named(c, "Rule", true), *o;
    size_t i = 0;

    while (rule && (o = each_object(events_kind(c->sim, "target"), &i)))
        if (of_rule(c, o, rule))
            list = tree_list(c->a, list, sim_show(c->r, o, elem));
    c->r->out = tree_put(c->a, NULL, STR("Targets"), list);
    return rule != NULL;
}

static bool rules_of_target(struct hook_call *c)
{
    struct str bus = bus_name(c), arn = tree_text(c->a, c->r->input, STR("TargetArn"));
    const struct value *list = &value_empty_list;
    struct object *o;
    size_t i = 0;

    while (bus.n && (o = each_object(events_kind(c->sim, "target"), &i)))
        if (str_eq(o->region, c->r->region) && str_eq(tree_text(c->a, o->attrs, STR("Arn")), arn) && str_eq(tree_text(c->a, o->attrs, STR("Bus")), bus))
            list = tree_list(c->a, list, value_get(o->attrs, STR("Rule")));
    c->r->out = tree_put(c->a, NULL, STR("RuleNames"), list);
    return bus.n > 0;
}

const struct hook hooks_events[] = {
    { "bus_describe", bus_describe },
    { "rule_put", rule_put },
    { "rule_check", rule_check },
    { "rule_describe", rule_describe },
    { "rule_state", rule_state },
    { "rule_delete", rule_delete },
    { "rules_list", rules_list },
    { "targets_put", targets_put },
    { "targets_remove", targets_remove },
    { "targets_list", targets_list },
    { "rules_of_target", rules_of_target },
    { NULL, NULL },
};
