/* hook_volumes.c - volumes: what each kind of them takes, whom they are attached to; they come and go with instances. */
#include <string.h>
#include "hook.h"

static const struct limits {
    const char *type;
    int64_t lo, hi, iops_lo, iops_hi, iops_gib, iops;      /* GiB; IOPS that may be asked for, at most so many for each GiB; what is given when none are */
} kinds[] = {
    { "gp3", 1, 65536, 3000, 80000, 500, 3000 }, { "gp2", 1, 16384, 0, 0, 0, 0 },          { "io1", 4, 16384, 100, 64000, 50, 0 },  { "io2", 4, 65536, 100, 256000, 1000, 0 },
    { "st1", 125, 16384, 0, 0, 0, 0 },           { "sc1", 125, 16384, 0, 0, 0, 0 },        { "standard", 1, 1024, 0, 0, 0, 0 },
};

static const struct limits *limits_of(struct str type)
{
    size_t i;

    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (str_is(type, kinds[i].type))
            return &kinds[i];
    return NULL;
}

static int64_t number(struct arena *a, const struct value *v, const char *name)
{
    int64_t n;

    return str_int(tree_text(a, v, str_of(name)), &n) ? n : 0;
}

/* gp2: three IOPS for each GiB, between 100 and 16,000. */
static int64_t given_iops(const struct limits *l, int64_t size)
{
    if (strcmp(l->type, "gp2"))
        return l->iops;
    return size * 3 < 100 ? 100 : size * 3 > 16000 ? 16000 : size * 3;
}

static bool check_speed(struct request *r, const struct limits *l, int64_t size, int64_t iops, int64_t rate)
{
    if (iops && !l->iops_hi)
        return sim_refuse(r, STR("InvalidParameterCombination"), "The parameter iops is not supported for %s volumes.", l->type);
    if (!iops && l->iops_hi && !l->iops)
        return sim_refuse(r, STR("MissingParameter"), "The request must contain the parameter iops for %s volumes.", l->type);
    if (iops && (iops < l->iops_lo || iops > l->iops_hi))
        return sim_refuse(r, STR("InvalidParameterValue"), "Volume iops of %lld is not in the range of %s volumes: %lld to %lld.", (long long)iops, l->type, (long long)l->iops_lo, (long long)l->iops_hi);
    if (iops > 3000 && iops > size * l->iops_gib)
        return sim_refuse(r, STR("InvalidParameterValue"), "Iops to volume size ratio of %lld to %lld is too high; maximum is %lld iops per GiB.", (long long)iops, (long long)size, (long long)l->iops_gib);
    if (rate && strcmp(l->type, "gp3"))
        return sim_refuse(r, STR("InvalidParameterCombination"), "The parameter throughput is not supported for %s volumes.", l->type);
    if (rate && (rate < 125 || rate > 2000))
        return sim_refuse(r, STR("InvalidParameterValue"), "Throughput of %lld MiB/s is not in the range 125 to 2000.", (long long)rate);
    if (rate > 125 && rate * 4 > (iops ? iops : 3000))
        return sim_refuse(r, STR("InvalidParameterCombination"), "Throughput (MiBps) to iops ratio of %lld to %lld is too high; maximum is 0.25 MiBps per iops.", (long long)rate, (long long)(iops ? iops : 3000));
    return true;
}

const struct value *volume_attrs(struct request *r, const struct value *spec, struct str size_as)
{
    struct str type = tree_text(r->a, spec, STR("VolumeType"));
    const struct limits *l = limits_of(type.n ? type : STR("gp2"));
    int64_t size = number(r->a, spec, str_c(r->a, size_as)), iops = number(r->a, spec, "Iops"), rate = number(r->a, spec, "Throughput");
    const struct value *v = NULL;

    if (!l)
        sim_refuse(r, STR("InvalidParameterValue"), "Value (%.*s) for parameter volumeType is invalid.", STR_ARG(type));
    else if (!size)
        sim_refuse(r, STR("MissingParameter"), "The request must contain the parameter size or snapshotId");
    else if (size < l->lo || size > l->hi)
        sim_refuse(r, STR("InvalidParameterValue"), "Volume of %lldGiB is %s for volume type %s; %s is %lldGiB.", (long long)size, size < l->lo ? "too small" : "too large", l->type,
                   size < l->lo ? "minimum" : "maximum", (long long)(size < l->lo ? l->lo : l->hi));
    else
        check_speed(r, l, size, iops, rate);
    if (r->failed)
        return NULL;
    v = tree_put(r->a, put_str(r->a, NULL, "VolumeType", str_of(l->type)), STR("Size"), value_int(r->a, size));
    iops = iops ? iops : given_iops(l, size);
    v = tree_put(r->a, v, STR("Iops"), iops ? value_int(r->a, iops) : NULL);
    v = tree_put(r->a, v, STR("Throughput"), strcmp(l->type, "gp3") ? NULL : value_int(r->a, rate ? rate : 125));
    return v;
}

/* As large as the snapshot, unless larger; encrypted where that is. */
static bool from_snapshot(struct hook_call *c)
{
    struct str id = tree_text(c->a, c->attrs, STR("SnapshotId"));
    struct object *o = object_find(ec2_kind(c->sim, "snapshot"), id);
    int64_t size = number(c->a, c->attrs, "Size"), least;

    if (!id.n)
        return true;
    if (!o || sim_missed(c->r, o))
        return sim_refuse(c->r, STR("InvalidSnapshot.NotFound"), "The snapshot '%.*s' does not exist.", STR_ARG(id));
    if (!str_is(object_state(o), "completed"))
        return sim_refuse(c->r, STR("IncorrectState"), "Snapshot is in invalid state - %.*s", STR_ARG(object_state(o)));
    least = number(c->a, o->attrs, "VolumeSize");
    if (size && size < least)
        return sim_refuse(c->r, STR("InvalidParameterValue"), "The size of a volume cannot be smaller than the size of its snapshot, %lldGiB", (long long)least);
    if (!size)
        c->attrs = tree_put(c->a, c->attrs, STR("Size"), value_int(c->a, least));
    if (data_true(o->attrs, "Encrypted"))
        c->attrs = tree_put(c->a, c->attrs, STR("Encrypted"), &value_true);
    return true;
}

static bool volume_check(struct hook_call *c)
{
    struct str zone = tree_text(c->a, c->attrs, STR("AvailabilityZone"));
    const struct value *v;

    if (c->o)
        return true;
    if (!zone_named(c->r, zone))
        return sim_refuse(c->r, STR("InvalidZone.NotFound"), "The zone '%.*s' does not exist.", STR_ARG(zone));
    if (!from_snapshot(c))
        return false;
    v = volume_attrs(c->r, c->attrs, STR("Size"));
    if (!v)
        return false;
    c->attrs = tree_merge(c->a, c->attrs, v);
    return true;
}

/* ---- whose it is ---- */
static struct object *link_of(struct sim *s, struct arena *a, struct str volume, struct str instance)
{
    struct object *o;
    size_t i = 0;

    while ((o = each_object(ec2_kind(s, "volume_attachment"), &i)))
        if (str_eq(tree_text(a, o->attrs, STR("VolumeId")), volume) && (!instance.n || str_eq(tree_text(a, o->attrs, STR("InstanceId")), instance)))
            return o;
    return NULL;
}

static void set_state(struct sim *s, struct arena *a, struct object *volume, const char *state)
{
    volume->m = (struct machine){ 0 };
    object_set(s, volume, put_str(a, volume->attrs, "State", str_of(state)));
}

struct object *volume_attach(struct request *r, struct object *volume, const struct object *instance, struct str device, bool fleeting)
{
    struct kind *k = ec2_kind(r->sim, "volume_attachment");
    const struct value *v = put_str(r->a, put_str(r->a, put_str(r->a, NULL, "VolumeId", volume->id), "InstanceId", instance->id), "Device", device);
    struct str id = str_fmt(r->a, "%.*s/%.*s", STR_ARG(volume->id), STR_ARG(instance->id));
    struct object *o;

    v = tree_put(r->a, v, STR("DeleteOnTermination"), value_bool(fleeting));
    v = tree_put(r->a, v, STR("AttachTime"), value_int(r->a, r->sim->start_wall + r->sim->now));
    o = object_new(r->sim, k, id, r->region, v);
    object_run(r->sim, o, value_get(k->data, STR("state")), false, NULL);
    set_state(r->sim, r->a, volume, "in-use");
    return o;
}

void volumes_let_go(struct sim *s, struct arena *a, const struct object *instance, bool all)
{
    struct object *o, *volume;
    size_t i = 0;

    while ((o = each_object(ec2_kind(s, "volume_attachment"), &i))) {
        if (!str_eq(tree_text(a, o->attrs, STR("InstanceId")), instance->id))
            continue;
        volume = object_find(ec2_kind(s, "volume"), tree_text(a, o->attrs, STR("VolumeId")));
        object_remove(s, o);
        if (volume && (all || str_is(tree_text(a, o->attrs, STR("DeleteOnTermination")), "true")))
            object_remove(s, volume);
        else if (volume && !link_of(s, a, volume->id, STR_NONE))
            set_state(s, a, volume, "available");
    }
}

struct object *volume_of(struct request *r, struct str id)
{
    struct object *o = object_find(ec2_kind(r->sim, "volume"), id);

    if (!o || sim_missed(r, o) || !object_alive(o))
        sim_refuse(r, STR("InvalidVolume.NotFound"), "The volume '%.*s' does not exist.", STR_ARG(id));
    return r->failed ? NULL : o;
}

static bool may_attach(struct hook_call *c, const struct object *volume, const struct object *instance, struct str device)
{
    struct object *o;
    size_t i = 0;

    if (!str_is(object_state(instance), "running") && !str_is(object_state(instance), "stopped") && !str_is(object_state(instance), "stopping"))
        return sim_refuse(c->r, STR("IncorrectState"), "Instance '%.*s' is not 'running'.", STR_ARG(instance->id));
    if (!str_eq(tree_text(c->a, volume->attrs, STR("AvailabilityZone")), tree_text(c->a, instance->attrs, STR("Placement.AvailabilityZone"))))
        return sim_refuse(c->r, STR("InvalidVolume.ZoneMismatch"), "The volume '%.*s' is not in the same availability zone as instance '%.*s'", STR_ARG(volume->id), STR_ARG(instance->id));
    if (str_is(object_state(volume), "in-use") && (!data_true(volume->attrs, "MultiAttachEnabled") || link_of(c->sim, c->a, volume->id, instance->id)))
        return sim_refuse(c->r, STR("VolumeInUse"), "%.*s is already attached to an instance", STR_ARG(volume->id));
    if (!str_is(object_state(volume), "in-use") && !str_is(object_state(volume), "available"))
        return sim_refuse(c->r, STR("IncorrectState"), "%.*s is not 'available'.", STR_ARG(volume->id));
    while ((o = each_object(ec2_kind(c->sim, "volume_attachment"), &i)))
        if (str_eq(tree_text(c->a, o->attrs, STR("InstanceId")), instance->id) && str_eq(tree_text(c->a, o->attrs, STR("Device")), device))
            return sim_refuse(c->r, STR("InvalidParameterValue"), "Invalid value '%.*s' for unixDevice. Attachment point %.*s is already in use", STR_ARG(device), STR_ARG(device));
    return true;
}

static const struct value *shown(struct hook_call *c, struct object *link)
{
    return sim_show(c->r, link, c->r->op->out);
}

static bool attach(struct hook_call *c)
{
    struct object *volume = volume_of(c->r, tree_text(c->a, c->r->input, STR("VolumeId")));
    struct object *instance = volume ? instance_of(c->r, tree_text(c->a, c->r->input, STR("InstanceId"))) : NULL;
    struct str device = tree_text(c->a, c->r->input, STR("Device"));

    if (!instance || !may_attach(c, volume, instance, device))
        return false;
    c->r->out = shown(c, volume_attach(c->r, volume, instance, device, false));
    return true;
}

static bool detach(struct hook_call *c)
{
    struct object *volume = volume_of(c->r, tree_text(c->a, c->r->input, STR("VolumeId"))), *o;

    if (!volume)
        return false;
    o = link_of(c->sim, c->a, volume->id, tree_text(c->a, c->r->input, STR("InstanceId")));
    if (!o)
        return sim_refuse(c->r, STR("IncorrectState"), "Volume '%.*s' is in the 'available' state.", STR_ARG(volume->id));
    if (!o->dying)
        object_run(c->sim, o, value_get(o->kind->data, STR("gone")), true, NULL);
    c->r->out = shown(c, o);
    return true;
}

/* The last link that goes leaves the volume free. */
static bool attachment_removed(struct hook_call *c)
{
    struct object *volume = object_find(ec2_kind(c->sim, "volume"), tree_text(c->a, c->o->attrs, STR("VolumeId"))), *o;
    size_t i = 0;

    while ((o = each_object(c->o->kind, &i)))
        if (o != c->o && volume && str_eq(tree_text(c->a, o->attrs, STR("VolumeId")), volume->id))
            return true;
    if (volume)
        set_state(c->sim, c->a, volume, "available");
    return true;
}

/* ---- growing, changing ---- */
enum { MODIFY_EVERY_MS = 6 * 3600 * 1000 };

static bool may_modify(struct hook_call *c, const struct object *volume)
{
    struct object *last = object_find(ec2_kind(c->sim, "volume_modification"), volume->id);
    int64_t size = number(c->a, c->r->input, "Size"), now = number(c->a, volume->attrs, "Size");

    if (!str_is(object_state(volume), "available") && !str_is(object_state(volume), "in-use"))
        return sim_refuse(c->r, STR("IncorrectState"), "Cannot modify volume %.*s in state %.*s", STR_ARG(volume->id), STR_ARG(object_state(volume)));
    if (last && !str_is(object_state(last), "completed"))
        return sim_refuse(c->r, STR("IncorrectModificationState"), "Cannot modify volume %.*s in modification state %.*s", STR_ARG(volume->id), STR_ARG(object_state(last)));
    if (last && c->sim->now - last->born < MODIFY_EVERY_MS)
        return sim_refuse(c->r, STR("VolumeModificationRateExceeded"), "You've reached the maximum modification rate per volume limit. Wait at least 6 hours between modifications per EBS volume.");
    return !size || size >= now || sim_refuse(c->r, STR("InvalidParameterValue"), "New size cannot be smaller than existing size");
}

/* The volume as it is then: what is not asked for stays, where the kind of volume has it. NULL: refused. */
static const struct value *as_asked(struct hook_call *c, const struct object *volume)
{
    const struct value *in = c->r->input, *type = value_get(in, STR("VolumeType")), *v = NULL, *multi = value_get(in, STR("MultiAttachEnabled"));
    bool same = !type || str_eq(value_text(c->a, type), tree_text(c->a, volume->attrs, STR("VolumeType")));
    const char *const speeds[] = { "Iops", "Throughput" };
    size_t i;

    v = tree_put(c->a, v, STR("VolumeType"), type ? type : value_get(volume->attrs, STR("VolumeType")));
    v = tree_put(c->a, v, STR("Size"), value_get(value_get(in, STR("Size")) ? in : volume->attrs, STR("Size")));
    for (i = 0; i < 2; i++)
        v = tree_put(c->a, v, str_of(speeds[i]), value_get(value_get(in, str_of(speeds[i])) ? in : same ? volume->attrs : NULL, str_of(speeds[i])));
    if (limits_of(tree_text(c->a, v, STR("VolumeType"))) && !limits_of(tree_text(c->a, v, STR("VolumeType")))->iops_hi)
        v = tree_put(c->a, v, STR("Iops"), value_get(in, STR("Iops")));
    v = volume_attrs(c->r, v, STR("Size"));
    return v && multi ? tree_put(c->a, v, STR("MultiAttachEnabled"), multi) : v;
}

static bool modify(struct hook_call *c)
{
    static const char *const parts[] = { "Size", "Iops", "VolumeType", "Throughput", "MultiAttachEnabled" };
    struct object *volume = volume_of(c->r, tree_text(c->a, c->r->input, STR("VolumeId"))), *old, *o;
    struct kind *k = ec2_kind(c->sim, "volume_modification");
    const struct value *to, *v;
    size_t i;

    if (!volume || !may_modify(c, volume))
        return false;
    to = as_asked(c, volume);
    if (!to)
        return false;
    to = tree_merge(c->a, tree_put(c->a, tree_put(c->a, volume->attrs, STR("Iops"), NULL), STR("Throughput"), NULL), to);
    v = put_str(c->a, NULL, "VolumeId", volume->id);
    for (i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        v = tree_put(c->a, v, str_fmt(c->a, "Original%s", parts[i]), value_get(volume->attrs, str_of(parts[i])));
        v = tree_put(c->a, v, str_fmt(c->a, "Target%s", parts[i]), value_get(to, str_of(parts[i])));
    }
    v = tree_put(c->a, tree_put(c->a, v, STR("StartTime"), value_int(c->a, c->sim->start_wall + c->sim->now)), STR("Progress"), value_int(c->a, 0));
    old = object_find(k, volume->id);
    if (old)
        object_remove(c->sim, old);
    o = object_new(c->sim, k, volume->id, volume->region, v);
    object_run(c->sim, o, value_get(k->data, STR("state")), false, tree_put(c->a, NULL, STR("Progress"), value_int(c->a, 100)));
    object_set(c->sim, volume, to);
    c->r->out = tree_put(c->a, NULL, STR("VolumeModification"), o->attrs);
    return true;
}

static bool snapshot_check(struct hook_call *c)
{
    struct object *volume = c->o ? NULL : object_find(ec2_kind(c->sim, "volume"), tree_text(c->a, c->attrs, STR("VolumeId")));

    if (!volume)
        return true;
    c->attrs = tree_put(c->a, c->attrs, STR("VolumeSize"), value_get(volume->attrs, STR("Size")));
    c->attrs = tree_put(c->a, tree_put(c->a, c->attrs, STR("Encrypted"), value_get(volume->attrs, STR("Encrypted"))), STR("KmsKeyId"), value_get(volume->attrs, STR("KmsKeyId")));
    return true;
}

const struct hook hooks_volumes[] = {
    { "volume_modify", modify },
    { "snapshot_check", snapshot_check },
    { "volume_check", volume_check },
    { "volume_attach", attach },
    { "volume_detach", detach },
    { "attachment_removed", attachment_removed },
    { NULL, NULL },
};
