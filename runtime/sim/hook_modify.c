/* hook_modify.c - what changes about an instance that is there: attributes, monitoring, credits, the profile that it has. */
#include <string.h>
#include "hook.h"

/* ---- attributes ---- */
static bool attribute(struct hook_call *c)
{
    static const char *const plain[] = { "productCodes", "blockDeviceMapping", "groupSet", "enclaveOptions" };
    struct object *o = instance_of(c->r, tree_text(c->a, c->r->input, STR("InstanceId")));
    struct str name = tree_text(c->a, c->r->input, STR("Attribute"));
    const struct member *m = model_match(c->r->op->out, name);
    const struct value *v;
    size_t i;

    if (!o)
        return false;
    c->r->out = put_str(c->a, NULL, "InstanceId", o->id);
    for (i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (str_is(name, plain[i]))
            return true;
    if (!m)
        return sim_refuse(c->r, STR("InvalidParameterValue"), "Value (%.*s) for parameter attribute is invalid. Unknown attribute.", STR_ARG(name));
    v = str_is(name, "sourceDestCheck") ? tree_get(interface_at(c->sim, c->a, o, 0)->attrs, m->name) : value_get(o->attrs, m->name);
    if (v)
        c->r->out = tree_put(c->a, c->r->out, m->name, tree_put(c->a, NULL, STR("Value"), v));
    return true;
}

/* The attribute in its own member, or by name and value. */
static const struct value *asked(struct hook_call *c, const char *name)
{
    const struct value *v = value_get(c->r->input, str_of(name));

    if (!v && str_caseeq(tree_text(c->a, c->r->input, STR("Attribute")), str_of(name)))
        return value_get(c->r->input, STR("Value"));
    return v && v->kind == VALUE_OBJECT ? value_get(v, STR("Value")) : v;
}

/* Whether a disk goes with the instance: by volume, or by device. */
static bool modify_disks(struct hook_call *c, const struct object *instance)
{
    const struct value *list = value_get(c->r->input, STR("BlockDeviceMappings"));
    size_t i;

    for (i = 0; list && list->kind == VALUE_LIST && i < list->list.n; i++) {
        struct str device = data_str(list->list.v[i], "DeviceName"), id = tree_text(c->a, list->list.v[i], STR("Ebs.VolumeId"));
        const struct value *fleeting = tree_get(list->list.v[i], STR("Ebs.DeleteOnTermination"));
        struct object *o, *found = NULL;
        size_t k = 0;

        while ((o = each_object(ec2_kind(c->sim, "volume_attachment"), &k)))
            if (str_eq(tree_text(c->a, o->attrs, STR("InstanceId")), instance->id)
                && (id.n ? str_eq(tree_text(c->a, o->attrs, STR("VolumeId")), id) : str_eq(tree_text(c->a, o->attrs, STR("Device")), device)))
                found = o;
        if (!found)
            return sim_refuse(c->r, STR("InvalidInstanceAttributeValue"), "No device is currently mapped at %.*s", STR_ARG(device));
        if (fleeting)
            object_set(c->sim, found, tree_put(c->a, found->attrs, STR("DeleteOnTermination"), fleeting));
    }
    return true;
}

static bool modify(struct hook_call *c)
{
    static const struct { const char *name; bool at_rest; } own[] = { { "InstanceType", true }, { "UserData", true }, { "EbsOptimized", true }, { "EnaSupport", true },
        { "DisableApiTermination", false }, { "DisableApiStop", false }, { "InstanceInitiatedShutdownBehavior", false } };
    struct object *o = instance_of(c->r, tree_text(c->a, c->r->input, STR("InstanceId"))), *eni = o ? interface_at(c->sim, c->a, o, 0) : NULL;
    const struct value *groups = value_get(c->r->input, STR("Groups")), *v = o ? o->attrs : NULL, *x;
    size_t i;

    if (!o || !eni)
        return o && sim_refuse(c->r, STR("IncorrectInstanceState"), "The instance '%.*s' is terminated.", STR_ARG(o->id));
    for (i = 0; i < sizeof own / sizeof own[0]; i++) {
        x = asked(c, own[i].name);
        if (x && own[i].at_rest && !str_is(object_state(o), "stopped"))
            return sim_refuse(c->r, STR("IncorrectInstanceState"), "The instance '%.*s' is not in the 'stopped' state.", STR_ARG(o->id));
        v = x ? tree_put(c->a, v, str_of(own[i].name), x) : v;
    }
    if (!modify_disks(c, o))
        return false;
    groups = groups ? interface_groups(c->r, groups, tree_text(c->a, eni->attrs, STR("VpcId"))) : NULL;
    if (c->r->failed)
        return false;
    object_set(c->sim, o, v);
    v = groups ? tree_put(c->a, eni->attrs, STR("Groups"), groups) : eni->attrs;
    x = asked(c, "SourceDestCheck");
    object_set(c->sim, eni, x ? tree_put(c->a, v, STR("SourceDestCheck"), x) : v);
    return true;
}

/* ---- monitoring, credits ---- */
static bool monitor(struct hook_call *c)
{
    bool on = str_is(c->r->op->name, "MonitorInstances");
    const struct value *list = &value_empty_list;
    struct vec found = { 0 };
    bool good = instances_named(c, &found);
    size_t i;

    for (i = 0; good && i < found.n; i++) {
        struct object *o = found.v[i];

        object_set(c->sim, o, put_str(c->a, o->attrs, "Monitoring.State", on ? STR("enabled") : STR("disabled")));
        list = tree_list(c->a, list, put_str(c->a, put_str(c->a, NULL, "InstanceId", o->id), "Monitoring.State", on ? STR("pending") : STR("disabling")));
    }
    vec_fini(&found);
    c->r->out = tree_put(c->a, NULL, STR("InstanceMonitorings"), list);
    return good;
}

static bool is_burstable(struct hook_call *c, const struct object *o)
{
    return str_starts(tree_text(c->a, o->attrs, STR("InstanceType")), STR("t"));
}

/* t types have credits: unlimited of t3 and later, unless asked for otherwise. */
static struct str credits_of(struct hook_call *c, const struct object *o)
{
    struct str own = tree_text(c->a, o->attrs, STR("CreditSpecification.CpuCredits"));

    return own.n ? own : str_starts(tree_text(c->a, o->attrs, STR("InstanceType")), STR("t2")) ? STR("standard") : STR("unlimited");
}

static bool credits_modify(struct hook_call *c)
{
    const struct value *list = value_get(c->r->input, STR("InstanceCreditSpecifications")), *done = &value_empty_list;
    size_t i;

    for (i = 0; list && list->kind == VALUE_LIST && i < list->list.n; i++) {
        struct object *o = instance_of(c->r, data_str(list->list.v[i], "InstanceId"));

        if (!o)
            return false;
        if (!is_burstable(c, o))
            return sim_refuse(c->r, STR("InvalidParameterCombination"), "The instance type of %.*s does not support CPU credits", STR_ARG(o->id));
        object_set(c->sim, o, put_str(c->a, o->attrs, "CreditSpecification.CpuCredits", data_str(list->list.v[i], "CpuCredits")));
        done = tree_list(c->a, done, put_str(c->a, NULL, "InstanceId", o->id));
    }
    c->r->out = tree_put(c->a, NULL, STR("SuccessfulInstanceCreditSpecifications"), done);
    return true;
}

static bool credits(struct hook_call *c)
{
    struct kind *k = ec2_kind(c->sim, "instance");
    const struct value *list = &value_empty_list;
    struct vec found = { 0 };
    bool good = instances_named(c, &found);
    size_t i;

    for (i = 0; good && !value_get(c->r->input, STR("InstanceIds")) && i < k->order.n; i++)
        if (!((struct object *)k->order.v[i])->removed && !sim_missed(c->r, k->order.v[i]))
            vec_add(&found, k->order.v[i]);
    good = good && filter_objects(c->r, c->verb, NULL, &found);
    for (i = 0; good && i < found.n; i++)
        if (is_burstable(c, found.v[i]) && object_alive(found.v[i]))
            list = tree_list(c->a, list, put_str(c->a, put_str(c->a, NULL, "InstanceId", ((struct object *)found.v[i])->id), "CpuCredits", credits_of(c, found.v[i])));
    vec_fini(&found);
    c->r->out = tree_put(c->a, NULL, STR("InstanceCreditSpecifications"), list);
    return good;
}

/* ---- profiles ---- */
const struct value *instance_profile_named(struct request *r, const struct value *spec)
{
    struct kind *k = kind_find(r->sim, STR("iam"), STR("instance_profile"));
    struct str name = tree_text(r->a, spec, STR("Name")), arn = tree_text(r->a, spec, STR("Arn"));
    struct object *o = !k ? NULL : name.n ? object_find(k, name) : object_by(r->a, k, STR("Arn"), arn);

    if (!o) {
        sim_refuse(r, STR("InvalidParameterValue"), "Value (%.*s) for parameter iamInstanceProfile.%s is invalid. Invalid IAM Instance Profile %s", STR_ARG(name.n ? name : arn), name.n ? "name" : "arn",
                   name.n ? "name" : "ARN");
        return NULL;
    }
    return tree_put(r->a, tree_put(r->a, NULL, STR("Arn"), value_get(o->attrs, STR("Arn"))), STR("Id"), value_get(o->attrs, STR("InstanceProfileId")));
}

static struct object *link_of(struct sim *s, struct arena *a, const struct object *instance)
{
    struct object *o;
    size_t i = 0;

    while ((o = each_object(ec2_kind(s, "profile_association"), &i)))
        if (!o->dying && str_eq(tree_text(a, o->attrs, STR("InstanceId")), instance->id))
            return o;
    return NULL;
}

struct object *profile_give(struct request *r, struct object *instance, const struct value *profile)
{
    struct kind *k = ec2_kind(r->sim, "profile_association");
    const struct value *v = tree_put(r->a, put_str(r->a, NULL, "InstanceId", instance->id), STR("IamInstanceProfile"), profile);
    struct object *o;
    struct str id;

    v = attrs_whole(r, k, v, &id);
    o = object_new(r->sim, k, id, r->region, v);
    object_run(r->sim, o, value_get(k->data, STR("state")), false, NULL);
    object_set(r->sim, instance, tree_put(r->a, instance->attrs, STR("IamInstanceProfile"), profile));
    return o;
}

void profile_let_go(struct sim *s, struct arena *a, const struct object *instance)
{
    struct object *o = link_of(s, a, instance);

    if (o)
        object_remove(s, o);
}

static bool answered(struct hook_call *c, const struct object *o)
{
    c->r->out = tree_put(c->a, NULL, STR("IamInstanceProfileAssociation"), o->attrs);
    return true;
}

static bool profile_associate(struct hook_call *c)
{
    struct object *instance = instance_of(c->r, tree_text(c->a, c->r->input, STR("InstanceId")));
    const struct value *profile = instance ? instance_profile_named(c->r, value_get(c->r->input, STR("IamInstanceProfile"))) : NULL;

    if (!profile)
        return false;
    if (link_of(c->sim, c->a, instance))
        return sim_refuse(c->r, STR("IncorrectState"), "There is an existing association for instance %.*s", STR_ARG(instance->id));
    return answered(c, profile_give(c->r, instance, profile));
}

static struct object *link_named(struct hook_call *c)
{
    struct str id = tree_text(c->a, c->r->input, STR("AssociationId"));
    struct object *o = object_find(ec2_kind(c->sim, "profile_association"), id);

    if (!o || o->dying || sim_missed(c->r, o))
        sim_refuse(c->r, STR("InvalidAssociationID.NotFound"), "An invalid association-id of '%.*s' was given", STR_ARG(id));
    return c->r->failed ? NULL : o;
}

static bool profile_replace(struct hook_call *c)
{
    struct object *old = link_named(c), *instance = old ? instance_of(c->r, tree_text(c->a, old->attrs, STR("InstanceId"))) : NULL;
    const struct value *profile = instance ? instance_profile_named(c->r, value_get(c->r->input, STR("IamInstanceProfile"))) : NULL;

    if (!profile)
        return false;
    object_remove(c->sim, old);
    return answered(c, profile_give(c->r, instance, profile));
}

static bool profile_disassociate(struct hook_call *c)
{
    struct object *o = link_named(c), *instance = o ? instance_of(c->r, tree_text(c->a, o->attrs, STR("InstanceId"))) : NULL;

    if (!instance)
        return false;
    object_set(c->sim, instance, tree_put(c->a, instance->attrs, STR("IamInstanceProfile"), NULL));
    object_run(c->sim, o, value_get(o->kind->data, STR("gone")), true, NULL);
    return answered(c, o);
}

const struct hook hooks_modify[] = {
    { "instance_attribute", attribute },
    { "instance_modify", modify },
    { "instances_monitor", monitor },
    { "instances_credits", credits },
    { "instances_credits_modify", credits_modify },
    { "profile_associate", profile_associate },
    { "profile_replace", profile_replace },
    { "profile_disassociate", profile_disassociate },
    { NULL, NULL },
};
