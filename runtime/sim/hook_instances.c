/* hook_instances.c - instances as clients see them: run, shown by reservation, started, stopped, ended; how they are. */
#include <string.h>
#include "hook.h"

static const struct { const char *name; int code; } states[] = { { "pending", 0 }, { "running", 16 }, { "shutting-down", 32 }, { "terminated", 48 }, { "stopping", 64 }, { "stopped", 80 } };

static struct kind *instances(struct sim *s)
{
    return ec2_kind(s, "instance");
}

static const struct value *state_value(struct arena *a, struct str name)
{
    size_t i;

    for (i = 0; i < sizeof states / sizeof states[0]; i++)
        if (str_is(name, states[i].name))
            return put_str(a, tree_put(a, NULL, STR("Code"), value_int(a, states[i].code)), "Name", name);
    return put_str(a, NULL, "Name", name);
}

struct object *instance_of(struct request *r, struct str id)
{
    struct object *o = object_find(instances(r->sim), id);

    if (!str_starts(id, STR("i-")) || id.n < 3)
        sim_refuse(r, STR("InvalidInstanceID.Malformed"), "Invalid id: \"%.*s\"", STR_ARG(id));
    else if (!o || sim_missed(r, o))
        sim_refuse(r, STR("InvalidInstanceID.NotFound"), "The instance ID '%.*s' does not exist", STR_ARG(id));
    return r->failed ? NULL : o;
}

bool instances_named(struct hook_call *c, struct vec *out)
{
    const struct value *ids = value_get(c->r->input, STR("InstanceIds"));
    struct object *o;
    size_t i;

    for (i = 0; ids && ids->kind == VALUE_LIST && i < ids->list.n; i++) {
        o = instance_of(c->r, value_text(c->a, ids->list.v[i]));
        if (!o)
            return false;
        vec_add(out, o);
    }
    return true;
}

/* ---- run ---- */
static struct object *of_token(struct hook_call *c, struct str token)
{
    struct kind *k = instances(c->sim);
    size_t i;

    for (i = 0; token.n && i < k->order.n; i++) {
        struct object *o = k->order.v[i];

        if (!o->removed && str_eq(o->region, c->r->region) && str_eq(tree_text(c->a, o->attrs, STR("ClientToken")), token))
            return o;
    }
    return NULL;
}

static const struct value *reservation(struct hook_call *c, struct str id, const struct shape *shape, struct object *const *o, size_t n)
{
    const struct shape *elem = model_member(shape, STR("Instances"))->shape->elem;
    const struct value *v = put_str(c->a, put_str(c->a, NULL, "ReservationId", id), "OwnerId", STR("111122223333")), *list = &value_empty_list;
    size_t i;

    for (i = 0; i < n; i++)
        if (str_eq(tree_text(c->a, o[i]->attrs, STR("ReservationId")), id))
            list = tree_list(c->a, list, sim_show(c->r, o[i], elem));
    return tree_put(c->a, tree_put(c->a, v, STR("Groups"), &value_empty_list), STR("Instances"), list);
}

static bool again(struct hook_call *c, const struct object *first)
{
    if (!str_eq(first->digest, request_digest(c->r)))
        return sim_refuse(c->r, STR("IdempotentParameterMismatch"), "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).");
    c->r->out = reservation(c, tree_text(c->a, first->attrs, STR("ReservationId")), c->r->op->out, (struct object *const *)instances(c->sim)->order.v, instances(c->sim)->order.n);
    return true;
}

/* As if it had never been. */
static void undo(struct hook_call *c, struct object *o)
{
    interfaces_let_go(c->sim, c->a, o, true);
    volumes_let_go(c->sim, c->a, o, true);
    object_remove(c->sim, o);
}

/* At least MinCount of them, or none. */
static bool run(struct hook_call *c)
{
    struct object *first = of_token(c, tree_text(c->a, c->r->input, STR("ClientToken"))), *o[100];
    const struct value **named_interface;
    int64_t lo = 1, hi = 1;
    struct str id;
    size_t n = 0;

    if (first)
        return again(c, first);
    str_int(tree_text(c->a, c->r->input, STR("MinCount")), &lo);
    str_int(tree_text(c->a, c->r->input, STR("MaxCount")), &hi);
    if (lo < 1 || hi < lo || hi > 100)
        return sim_refuse(c->r, STR("InvalidParameterValue"), "Invalid value '%lld' for maxCount. Must be at least minCount, at most 100.", (long long)hi);
    if (hi > 1 && tree_leaves(c->a, c->r->input, STR("NetworkInterfaces.NetworkInterfaceId"), &named_interface))
        return sim_refuse(c->r, STR("InvalidParameterCombination"), "A network interface ID cannot be specified when launching more than one instance");
    id = sim_new_id(c->sim, STR("r-"), 17);
    for (; n < (size_t)hi; n++) {
        o[n] = instance_launch(c->r, c->r->input);
        if (!o[n] && n >= (size_t)lo)
            break;
        if (!o[n]) {
            while (n)
                undo(c, o[--n]);
            return false;
        }
        o[n]->digest = str_dup(c->sim->account, request_digest(c->r));
        object_set(c->sim, o[n], tree_put(c->a, put_str(c->a, o[n]->attrs, "ReservationId", id), STR("AmiLaunchIndex"), value_int(c->a, (int64_t)n)));
    }
    c->r->failed = false;
    c->r->out = reservation(c, id, c->r->op->out, o, n);
    return true;
}

/* ---- shown ---- */
static bool describe(struct hook_call *c)
{
    const struct shape *shape = model_member(c->r->op->out, STR("Reservations"))->shape->elem;
    struct kind *k = instances(c->sim);
    const struct value *list = &value_empty_list;
    struct map seen = { .arena = c->a };
    struct vec found = { 0 };
    bool good = instances_named(c, &found);
    size_t i;

    for (i = 0; good && !value_get(c->r->input, STR("InstanceIds")) && i < k->order.n; i++) {
        struct object *o = k->order.v[i];

        if (!o->removed && !sim_missed(c->r, o))
            vec_add(&found, o);
    }
    good = good && filter_objects(c->r, c->verb, model_member(shape, STR("Instances"))->shape->elem, &found);
    for (i = 0; good && i < found.n; i++) {
        const struct object *o = found.v[i];
        struct str id = tree_text(c->a, o->attrs, STR("ReservationId"));

        if (map_put(&seen, id, k))
            continue;
        list = tree_list(c->a, list, reservation(c, id, shape, (struct object *const *)found.v, found.n));
    }
    vec_fini(&found);
    c->r->out = tree_put(c->a, NULL, STR("Reservations"), list);
    return good;
}

/* What is true of its primary interface is shown of the instance. */
static const struct value *by_interfaces(struct hook_call *c, const struct value *v)
{
    static const struct { const char *from, *to; } same[] = {
        { "SubnetId", "SubnetId" }, { "VpcId", "VpcId" }, { "PrivateIpAddress", "PrivateIpAddress" }, { "PrivateDnsName", "PrivateDnsName" }, { "Ipv6Address", "Ipv6Address" },
        { "SourceDestCheck", "SourceDestCheck" }, { "Groups", "SecurityGroups" }, { "Association.PublicIp", "PublicIpAddress" },
    };
    struct kind *k = ec2_kind(c->sim, "network_interface");
    const struct value *list = &value_empty_list;
    struct object *o, *primary = interface_at(c->sim, c->a, c->o, 0);
    size_t i = 0;

    while ((o = each_object(k, &i)))
        if (interface_of(c->a, o, c->o))
            list = tree_list(c->a, list, o->attrs);
    for (i = 0; primary && i < sizeof same / sizeof same[0]; i++)
        if (tree_get(primary->attrs, str_of(same[i].from)))
            v = tree_put(c->a, v, str_of(same[i].to), tree_get(primary->attrs, str_of(same[i].from)));
    if (primary && str_is(tree_text(c->a, c->o->attrs, STR("PrivateDnsNameOptions.HostnameType")), "resource-name"))
        v = put_str(c->a, v, "PrivateDnsName", internal_name(c->a, c->o->region, c->o->id));
    return tree_put(c->a, v, STR("NetworkInterfaces"), list);
}

static const struct value *by_volumes(struct hook_call *c)
{
    static const char *const same[] = { "VolumeId", "DeleteOnTermination", "AttachTime" };
    const struct value *list = &value_empty_list;
    struct object *o;
    size_t i = 0, j;

    while ((o = each_object(ec2_kind(c->sim, "volume_attachment"), &i))) {
        const struct value *v = put_str(c->a, NULL, "DeviceName", tree_text(c->a, o->attrs, STR("Device")));

        if (!str_eq(tree_text(c->a, o->attrs, STR("InstanceId")), c->o->id))
            continue;
        v = put_str(c->a, v, "Ebs.Status", object_state(o));
        for (j = 0; j < sizeof same / sizeof same[0]; j++)
            v = tree_put(c->a, v, str_fmt(c->a, "Ebs.%s", same[j]), value_get(o->attrs, str_of(same[j])));
        list = tree_list(c->a, list, v);
    }
    return list;
}

static bool shown(struct hook_call *c)
{
    c->attrs = tree_put(c->a, c->attrs, STR("State"), state_value(c->a, object_state(c->o)));
    if (object_alive(c->o))
        c->attrs = by_interfaces(c, c->attrs);
    c->attrs = tree_put(c->a, c->attrs, STR("BlockDeviceMappings"), by_volumes(c));
    return true;
}

/* ---- states ---- */
static const struct value *plan_of(struct sim *s, const char *name)
{
    return value_get(instances(s)->service->lets, str_of(name));
}

static void why(struct sim *s, struct arena *a, struct object *o, const char *code, const char *message)
{
    const struct value *v = put_str(a, put_str(a, o->attrs, "StateReason.Code", str_of(code)), "StateReason.Message", str_of(message));

    object_set(s, o, put_str(a, v, "StateTransitionReason", str_starts(str_of(code), STR("Client.")) ? STR("User initiated") : STR("Server initiated")));
}

void instance_terminate(struct sim *s, struct arena *a, struct object *o, const char *code, const char *message)
{
    if (o->dying)
        return;
    why(s, a, o, code, message);
    guest_ends(s, o);
    object_run(s, o, value_get(o->kind->data, STR("gone")), true, NULL);
}

static void stop(struct sim *s, struct arena *a, struct object *o, const char *code, const char *message)
{
    why(s, a, o, code, message);
    guest_ends(s, o);
    object_run(s, o, plan_of(s, "instance_stop"), false, NULL);
}

void instance_shuts_down(struct sim *s, struct arena *a, struct object *o)
{
    static const char code[] = "Client.InstanceInitiatedShutdown", message[] = "Client.InstanceInitiatedShutdown: Instance initiated shutdown";

    if (str_is(tree_text(a, o->attrs, STR("InstanceInitiatedShutdownBehavior")), "terminate"))
        instance_terminate(s, a, o, code, message);
    else
        stop(s, a, o, code, message);
}

/* Its end: interfaces and disks are free again, or go with it. */
static bool ended(struct hook_call *c)
{
    interfaces_let_go(c->sim, c->a, c->o, false);
    volumes_let_go(c->sim, c->a, c->o, false);
    profile_let_go(c->sim, c->a, c->o);
    return true;
}

/* At rest it has no public address of its own. */
static bool stopped(struct hook_call *c)
{
    struct object *o = interface_at(c->sim, c->a, c->o, 0);

    if (o && !tree_get(o->attrs, STR("Association.AllocationId")))
        object_set(c->sim, o, tree_put(c->a, o->attrs, STR("Association"), NULL));
    return true;
}

static bool may(struct hook_call *c, struct object *o)
{
    struct str state = object_state(o), op = c->r->op->name;
    bool end = str_is(op, "TerminateInstances"), halt = str_is(op, "StopInstances");

    if ((end && data_true(o->attrs, "DisableApiTermination")) || (halt && data_true(o->attrs, "DisableApiStop")))
        return sim_refuse(c->r, STR("OperationNotPermitted"), "The instance '%.*s' may not be %s. Modify its '%s' instance attribute and try again.", STR_ARG(o->id), end ? "terminated" : "stopped",
                          end ? "disableApiTermination" : "disableApiStop");
    if (end || (halt && (str_is(state, "running") || str_is(state, "stopping") || str_is(state, "stopped") || str_is(state, "pending"))))
        return true;
    if (str_is(op, "StartInstances") && (str_is(state, "stopped") || str_is(state, "running") || str_is(state, "pending")))
        return true;
    if (str_is(op, "RebootInstances") && (str_is(state, "running") || str_is(state, "pending")))
        return true;
    return sim_refuse(c->r, STR("IncorrectInstanceState"), "The instance '%.*s' is not in a state from which it can be %s.", STR_ARG(o->id), halt ? "stopped" : "started");
}

static void move(struct hook_call *c, struct object *o)
{
    struct str state = object_state(o), op = c->r->op->name;

    if (str_is(op, "TerminateInstances")) {
        instance_terminate(c->sim, c->a, o, "Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown");
    } else if (str_is(op, "RebootInstances")) {
        guest_starts(c->sim, c->a, o);
    } else if (str_is(op, "StopInstances")) {
        if (str_is(state, "running") || str_is(state, "pending"))
            stop(c->sim, c->a, o, "Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown");
    } else if (str_is(state, "stopped")) {
        object_set(c->sim, o, tree_put(c->a, tree_put(c->a, o->attrs, STR("StateReason"), NULL), STR("LaunchTime"), value_int(c->a, c->sim->start_wall + c->sim->now)));
        object_run(c->sim, o, plan_of(c->sim, "instance_start"), false, NULL);
        guest_starts(c->sim, c->a, o);
    }
}

static bool change(struct hook_call *c)
{
    const struct value *list = &value_empty_list;
    struct vec found = { 0 };
    bool good = instances_named(c, &found);
    size_t i;

    for (i = 0; good && i < found.n; i++)
        good = may(c, found.v[i]);
    for (i = 0; good && i < found.n; i++) {
        struct object *o = found.v[i];
        const struct value *v = tree_put(c->a, put_str(c->a, NULL, "InstanceId", o->id), STR("PreviousState"), state_value(c->a, object_state(o)));

        move(c, o);
        list = tree_list(c->a, list, tree_put(c->a, v, STR("CurrentState"), state_value(c->a, object_state(o))));
    }
    vec_fini(&found);
    if (good && c->r->op->out && c->r->op->out->nmembers)
        c->r->out = tree_put(c->a, NULL, c->r->op->out->members[0].name, list);
    return good;
}

/* ---- how they are ---- */
static const struct value *summary(struct arena *a, const char *status)
{
    const struct value *v = put_str(a, put_str(a, NULL, "Name", STR("reachability")), "Status", str_of(!strcmp(status, "ok") ? "passed" : !strcmp(status, "impaired") ? "failed" : status));

    return tree_put(a, put_str(a, NULL, "Status", str_of(status)), STR("Details"), tree_list(a, NULL, v));
}

static const struct value *status(struct hook_call *c, const struct object *o)
{
    bool up = str_is(object_state(o), "running"), young = c->sim->now - o->born < data_ms(plan_of(c->sim, "instance_checks") ? value_get(plan_of(c->sim, "instance_checks"), STR("take")) : NULL, 0);
    const char *system = !up ? "not-applicable" : young ? "initializing" : "ok";
    const struct value *v = tree_put(c->a, put_str(c->a, NULL, "InstanceId", o->id), STR("InstanceState"), state_value(c->a, object_state(o)));

    v = tree_put(c->a, v, STR("AvailabilityZone"), tree_get(o->attrs, STR("Placement.AvailabilityZone")));
    v = tree_put(c->a, v, STR("SystemStatus"), summary(c->a, system));
    v = tree_put(c->a, v, STR("AttachedEbsStatus"), summary(c->a, system));
    return tree_put(c->a, v, STR("InstanceStatus"), summary(c->a, up && str_is(guest_state(c->sim, o), "dead") ? "impaired" : system));
}

static bool statuses(struct hook_call *c)
{
    bool all = data_true(c->r->input, "IncludeAllInstances"), one_by_one = value_get(c->r->input, STR("InstanceIds")) != NULL, good;
    const struct shape *shape = model_member(c->r->op->out, STR("InstanceStatuses"))->shape->elem;
    struct kind *k = instances(c->sim);
    const struct value *list = &value_empty_list;
    struct vec found = { 0 };
    size_t i;

    good = instances_named(c, &found);
    for (i = 0; good && !one_by_one && i < k->order.n; i++)
        if (!((struct object *)k->order.v[i])->removed && !sim_missed(c->r, k->order.v[i]))
            vec_add(&found, k->order.v[i]);
    good = good && filter_objects(c->r, c->verb, NULL, &found);
    for (i = 0; good && i < found.n; i++)
        if (all || str_is(object_state(found.v[i]), "running"))
            list = tree_list(c->a, list, sim_fit(c->r, status(c, found.v[i]), shape, 0));
    vec_fini(&found);
    c->r->out = tree_put(c->a, NULL, STR("InstanceStatuses"), list);
    return good;
}

const struct hook hooks_instances[] = {
    { "instances_run", run },
    { "instances_described", describe },
    { "instance_shown", shown },
    { "instance_ended", ended },
    { "instance_stopped", stopped },
    { "instances_change", change },
    { "instances_status", statuses },
    { NULL, NULL },
};
