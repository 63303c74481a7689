/* hook_launch.c - one instance from what a client, a node group or Auto Scaling asks for: template, image, type, interfaces, disks, and then the objects.
 * All that can refuse comes first. An interface that exists has one holder at a time; a new one gets its address here. */
#include <string.h>
#include "hook.h"
#include "kc/hash.h"

enum { MAX_INTERFACES = 15, MAX_DISKS = 28, USER_DATA = 16384 };

struct launch {
    struct request *r;
    struct arena *a;
    const struct value *spec;                              /* as RunInstances takes it, the template's members under the given ones */
    struct object *template; struct str version;           /* NULL: none */
    struct object *image, *type;
    struct { const struct value *spec, *attrs; struct object *existing; int64_t index; bool fleeting; } eni[MAX_INTERFACES];
    struct { const struct value *attrs; struct str device; bool fleeting; } disk[MAX_DISKS];
    size_t nenis, ndisks;
    struct str zone;
};

static struct str get(const struct launch *l, const char *path)
{
    return tree_text(l->a, l->spec, str_of(path));
}

/* ---- the template ---- */
/* Tags of both, kind by kind; the given ones win. */
static const struct value *both_tags(struct arena *a, const struct value *under, const struct value *over)
{
    size_t i;

    for (i = 0; over && over->kind == VALUE_LIST && i < over->list.n; i++)
        under = tree_list(a, under, over->list.v[i]);
    return under;
}

static bool with_template(struct launch *l, const struct value *spec)
{
    const struct value *named = value_get(spec, STR("LaunchTemplate")), *data, *tags;
    struct object *version;

    l->spec = spec;
    if (!named)
        return true;
    l->template = template_of(l->r, named);
    version = l->template ? template_version(l->r, l->template, tree_text(l->a, named, STR("Version"))) : NULL;
    if (!version)
        return false;
    l->version = tree_text(l->a, version->attrs, STR("VersionNumber"));
    data = value_get(version->attrs, STR("LaunchTemplateData"));
    tags = both_tags(l->a, value_get(data, STR("TagSpecifications")), value_get(spec, STR("TagSpecifications")));
    for (size_t i = 0; i < spec->object.n; i++)
        data = value_with(l->a, data, spec->object.v[i].key, spec->object.v[i].value);
    l->spec = tags ? tree_put(l->a, data, STR("TagSpecifications"), tags) : data;
    return true;
}

/* ---- image, type, data ---- */
static bool find_image(struct launch *l)
{
    if (!get(l, "ImageId").n)
        return sim_refuse(l->r, STR("MissingParameter"), "The request must contain the parameter ImageId");
    l->image = image_of(l->r, get(l, "ImageId"));
    return l->image != NULL;
}

static bool find_type(struct launch *l)
{
    struct kind *k = ec2_kind(l->r->sim, "instance_type");
    struct str name = get(l, "InstanceType"), want = tree_text(l->a, l->image->attrs, STR("Architecture"));
    struct object *o;
    size_t i = 0;
    const struct value **arch;

    rows_make(l->r, k);
    if (!name.n)
        return sim_refuse(l->r, STR("MissingParameter"), "The request must contain the parameter InstanceType");
    while ((o = each_object(k, &i)))
        if (!sim_missed(l->r, o) && str_eq(tree_text(l->a, o->attrs, STR("InstanceType")), name))
            l->type = o;
    if (!l->type)
        return sim_refuse(l->r, STR("InvalidParameterValue"), "Invalid value '%.*s' for InstanceType.", STR_ARG(name));
    if (!tree_leaves(l->a, l->type->attrs, STR("ProcessorInfo.SupportedArchitectures"), &arch) || !str_eq(value_text(l->a, arch[0]), want))
        return sim_refuse(l->r, STR("InvalidParameterValue"), "The architecture '%.*s' of the specified instance type does not match the architecture '%.*s' of the specified AMI.",
                          STR_ARG(value_text(l->a, arch[0])), STR_ARG(want));
    return true;
}

static bool check_data(struct launch *l)
{
    struct str plain;

    if (!base64_decode(l->a, get(l, "UserData"), &plain))
        return sim_refuse(l->r, STR("InvalidUserData.Malformed"), "Invalid BASE64 encoding of user data.");
    return plain.n <= USER_DATA || sim_refuse(l->r, STR("InvalidParameterValue"), "User data is limited to 16384 bytes");
}

/* ---- interfaces ---- */
/* Without any: one, made of what is said of the instance itself. Who launches for others says the subnet beside the template's interface. */
static const struct value *wanted_interfaces(struct launch *l)
{
    static const struct { const char *from, *to; } same[] = { { "SubnetId", "SubnetId" }, { "SecurityGroupIds", "Groups" }, { "PrivateIpAddress", "PrivateIpAddress" },
                                                              { "Ipv6AddressCount", "Ipv6AddressCount" }, { "Ipv6Addresses", "Ipv6Addresses" }, { "EnablePrimaryIpv6", "PrimaryIpv6" } };
    const struct value *list = value_get(l->spec, STR("NetworkInterfaces")), *one = tree_put(l->a, NULL, STR("DeviceIndex"), value_int(l->a, 0));
    size_t i;

    if (!list || list->kind != VALUE_LIST || !list->list.n) {
        for (i = 0; i < sizeof same / sizeof same[0]; i++)
            one = tree_put(l->a, one, str_of(same[i].to), value_get(l->spec, str_of(same[i].from)));
        return tree_list(l->a, NULL, one);
    }
    for (i = 0; i < sizeof same / sizeof same[0]; i++)
        if (value_get(l->spec, str_of(same[i].from)) && (!l->r->within || i)) {
            sim_refuse(l->r, STR("InvalidParameterCombination"), "Network interfaces and an instance-level %s may not be specified on the same request",
                       i == 0 ? "subnet ID" : i == 1 ? "security groups" : "address");
            return NULL;
        }
    return list;
}

static bool existing(struct launch *l, size_t n, struct str id)
{
    static const char *const beside[] = { "Groups", "SubnetId", "PrivateIpAddress", "PrivateIpAddresses", "SecondaryPrivateIpAddressCount", "Ipv6AddressCount", "Ipv6Addresses", "AssociatePublicIpAddress" };
    struct object *o = object_find(ec2_kind(l->r->sim, "network_interface"), id);
    size_t i;

    for (i = 0; i < sizeof beside / sizeof beside[0]; i++)
        if (value_get(l->eni[n].spec, str_of(beside[i])))
            return sim_refuse(l->r, STR("InvalidParameterCombination"), "A network interface may not specify both a network interface ID and %s", beside[i]);
    if (!o || sim_missed(l->r, o))
        return sim_refuse(l->r, STR("InvalidNetworkInterfaceID.NotFound"), "The networkInterface ID '%.*s' does not exist", STR_ARG(id));
    if (!str_is(object_state(o), "available"))
        return sim_refuse(l->r, STR("InvalidNetworkInterface.InUse"), "The specified network interface '%.*s' is in use", STR_ARG(id));
    l->eni[n].existing = o;
    l->eni[n].attrs = o->attrs;
    return true;
}

static bool find_interface(struct launch *l, size_t n, struct map *taken)
{
    const struct value *spec = l->eni[n].spec, *fleeting = value_get(spec, STR("DeleteOnTermination"));
    struct str id = tree_text(l->a, spec, STR("NetworkInterfaceId")), zone;

    str_int(tree_text(l->a, spec, STR("DeviceIndex")), &l->eni[n].index);
    l->eni[n].fleeting = fleeting ? fleeting->kind == VALUE_BOOL && fleeting->b : !id.n;
    if (id.n) {
        if (!existing(l, n, id))
            return false;
    } else {
        if (!value_get(spec, STR("SubnetId")) && value_get(l->spec, STR("SubnetId")))
            spec = tree_put(l->a, spec, STR("SubnetId"), value_get(l->spec, STR("SubnetId")));
        if (!value_get(spec, STR("SubnetId")))
            return sim_refuse(l->r, STR("VPCIdNotSpecified"), "No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.");
        l->eni[n].spec = spec;
        l->eni[n].attrs = interface_attrs(l->r, spec, taken);
    }
    if (l->r->failed)
        return false;
    zone = tree_text(l->a, l->eni[n].attrs, STR("AvailabilityZone"));
    if (l->zone.n && !str_eq(l->zone, zone))
        return sim_refuse(l->r, STR("InvalidParameterValue"), "You cannot specify interfaces or subnets of %.*s for an instance in %.*s", STR_ARG(zone), STR_ARG(l->zone));
    l->zone = zone;
    return true;
}

static bool find_interfaces(struct launch *l)
{
    const struct value *list = wanted_interfaces(l);
    struct map taken = { .arena = l->a };
    int64_t most = MAX_INTERFACES;

    str_int(tree_text(l->a, l->type->attrs, STR("NetworkInfo.MaximumNetworkInterfaces")), &most);
    l->zone = get(l, "Placement.AvailabilityZone");
    for (; list && l->nenis < list->list.n; l->nenis++) {
        if (l->nenis == (size_t)most || l->nenis == MAX_INTERFACES)
            return sim_refuse(l->r, STR("AttachmentLimitExceeded"), "Interface count %zu exceeds the limit for %.*s", list->list.n, STR_ARG(get(l, "InstanceType")));
        l->eni[l->nenis].spec = list->list.v[l->nenis];
        if (!find_interface(l, l->nenis, &taken))
            return false;
    }
    if (list && str_ends(l->zone, STR("d")) && get(l, "InstanceType").s[0] == 'p')
        return sim_refuse(l->r, STR("Unsupported"), "Your requested instance type (%.*s) is not supported in your requested Availability Zone (%.*s).", STR_ARG(get(l, "InstanceType")), STR_ARG(l->zone));
    return list != NULL;
}

/* ---- disks ---- */
static const struct value *mapping(const struct value *list, struct str device)
{
    size_t i;

    for (i = 0; list && list->kind == VALUE_LIST && i < list->list.n; i++)
        if (str_eq(data_str(list->list.v[i], "DeviceName"), device))
            return list->list.v[i];
    return NULL;
}

static bool add_disk(struct launch *l, const struct value *own, const struct value *given)
{
    const struct value *ebs = tree_merge(l->a, own ? value_get(own, STR("Ebs")) : NULL, given ? value_get(given, STR("Ebs")) : NULL), *v;
    int64_t least = 0, size = 0;

    if ((given && value_get(given, STR("NoDevice"))) || !ebs)
        return true;
    if (l->ndisks == MAX_DISKS)
        return sim_refuse(l->r, STR("InvalidBlockDeviceMapping"), "too many devices");
    str_int(tree_text(l->a, own, STR("Ebs.VolumeSize")), &least);
    str_int(tree_text(l->a, ebs, STR("VolumeSize")), &size);
    if (size && size < least)
        return sim_refuse(l->r, STR("InvalidBlockDeviceMapping"), "Volume of size %lldGB is smaller than snapshot '%.*s', expect size >= %lldGB", (long long)size,
                          STR_ARG(tree_text(l->a, own, STR("Ebs.SnapshotId"))), (long long)least);
    v = volume_attrs(l->r, ebs, STR("VolumeSize"));
    if (!v)
        return false;
    v = tree_put(l->a, put_str(l->a, v, "AvailabilityZone", l->zone), STR("SnapshotId"), value_get(ebs, STR("SnapshotId")));
    v = tree_put(l->a, tree_put(l->a, v, STR("Encrypted"), value_bool(data_true(ebs, "Encrypted"))), STR("KmsKeyId"), value_get(ebs, STR("KmsKeyId")));
    l->disk[l->ndisks].attrs = v;
    l->disk[l->ndisks].device = data_str(given ? given : own, "DeviceName");
    l->disk[l->ndisks++].fleeting = data_true(ebs, "DeleteOnTermination");
    return true;
}

static bool find_disks(struct launch *l)
{
    const struct value *own = value_get(l->image->attrs, STR("BlockDeviceMappings")), *given = value_get(l->spec, STR("BlockDeviceMappings"));
    size_t i;

    for (i = 0; own && own->kind == VALUE_LIST && i < own->list.n; i++)
        if (!add_disk(l, own->list.v[i], mapping(given, data_str(own->list.v[i], "DeviceName"))))
            return false;
    for (i = 0; given && given->kind == VALUE_LIST && i < given->list.n; i++)
        if (!mapping(own, data_str(given->list.v[i], "DeviceName")) && !add_disk(l, NULL, given->list.v[i]))
            return false;
    return true;
}

/* ---- the instance itself ---- */
/* Members that it takes over as they are given: from what, where. */
static const struct { const char *from, *to; } taken_over[] = {
    { "InstanceType", "InstanceType" }, { "KeyName", "KeyName" }, { "UserData", "UserData" }, { "DisableApiTermination", "DisableApiTermination" }, { "DisableApiStop", "DisableApiStop" },
    { "InstanceInitiatedShutdownBehavior", "InstanceInitiatedShutdownBehavior" }, { "EbsOptimized", "EbsOptimized" }, { "Placement", "Placement" }, { "MetadataOptions", "MetadataOptions" },
    { "CpuOptions", "CpuOptions" }, { "CreditSpecification", "CreditSpecification" }, { "PrivateDnsNameOptions", "PrivateDnsNameOptions" }, { "MaintenanceOptions", "MaintenanceOptions" },
    { "EnclaveOptions", "EnclaveOptions" }, { "HibernationOptions", "HibernationOptions" }, { "CapacityReservationSpecification.CapacityReservationPreference", "CapacityReservationSpecification.CapacityReservationPreference" },
    { "CapacityReservationSpecification.CapacityReservationTarget", "CapacityReservationSpecification.CapacityReservationTarget" }, { "NetworkPerformanceOptions", "NetworkPerformanceOptions" },
    { "ClientToken", "ClientToken" }, { "InstanceMarketOptions.MarketType", "InstanceLifecycle" },
};

static const struct value *cpus(struct launch *l, const struct value *v)
{
    int64_t n = 0, threads = 2, cores;

    if (!str_int(tree_text(l->a, l->type->attrs, STR("VCpuInfo.DefaultVCpus")), &n))
        return v;
    if (str_is(tree_text(l->a, l->image->attrs, STR("Architecture")), "arm64") || n == 1)
        threads = 1;
    cores = n / threads;
    if (!tree_get(v, STR("CpuOptions.CoreCount")))
        v = tree_put(l->a, v, STR("CpuOptions.CoreCount"), value_int(l->a, cores));
    return tree_get(v, STR("CpuOptions.ThreadsPerCore")) ? v : tree_put(l->a, v, STR("CpuOptions.ThreadsPerCore"), value_int(l->a, threads));
}

/* Names in DNS are as the subnet says, where nothing else is said. */
static const struct value *named_as_subnet(struct launch *l, const struct value *v)
{
    struct object *subnet = object_find(ec2_kind(l->r->sim, "subnet"), tree_text(l->a, l->eni[0].attrs, STR("SubnetId")));
    const struct value *names = subnet ? value_get(subnet->attrs, STR("PrivateDnsNameOptionsOnLaunch")) : NULL;

    return names ? tree_put(l->a, v, STR("PrivateDnsNameOptions"), tree_merge(l->a, names, value_get(v, STR("PrivateDnsNameOptions")))) : v;
}

static const struct value *whole(struct launch *l, struct str *id)
{
    static const char *const of_image[] = { "ImageId", "Architecture", "RootDeviceName", "RootDeviceType", "Hypervisor", "VirtualizationType", "EnaSupport", "BootMode", "PlatformDetails", "UsageOperation" };
    const struct value *v = put_str(l->a, NULL, "Monitoring.State", data_true(value_get(l->spec, STR("Monitoring")), "Enabled") ? STR("enabled") : STR("disabled"));
    size_t i;

    for (i = 0; i < sizeof of_image / sizeof of_image[0]; i++)
        v = tree_put(l->a, v, str_of(of_image[i]), value_get(l->image->attrs, str_of(of_image[i])));
    for (i = 0; i < sizeof taken_over / sizeof taken_over[0]; i++)
        if (tree_get(l->spec, str_of(taken_over[i].from)))
            v = tree_put(l->a, v, str_of(taken_over[i].to), tree_get(l->spec, str_of(taken_over[i].from)));
    if (tree_get(v, STR("HibernationOptions.Configured")) == NULL)
        v = tree_put(l->a, v, STR("HibernationOptions.Configured"), &value_false);
    v = put_str(l->a, v, "Placement.AvailabilityZone", l->zone);
    v = named_as_subnet(l, v);
    v = cpus(l, v);
    if (value_get(l->spec, STR("IamInstanceProfile")))
        v = tree_put(l->a, v, STR("IamInstanceProfile"), instance_profile_named(l->r, value_get(l->spec, STR("IamInstanceProfile"))));
    return l->r->failed ? NULL : attrs_whole(l->r, ec2_kind(l->r->sim, "instance"), v, id);
}

static void public_address(struct launch *l, size_t n, struct object *o)
{
    struct object *subnet = object_find(ec2_kind(l->r->sim, "subnet"), tree_text(l->a, o->attrs, STR("SubnetId")));
    const struct value *asked = value_get(l->eni[n].spec, STR("AssociatePublicIpAddress"));
    bool wanted = asked ? asked->kind == VALUE_BOOL && asked->b : subnet && data_true(subnet->attrs, "MapPublicIpOnLaunch");

    if (wanted && !l->eni[n].existing && tree_get(o->attrs, STR("PrivateIpAddress")))
        object_set(l->r->sim, o, put_str(l->a, o->attrs, "Association.PublicIp", public_ip(l->r->sim, l->a, o->id)));
}

static void bring_interfaces(struct launch *l, struct object *instance)
{
    size_t i;

    for (i = 0; i < l->nenis; i++) {
        struct object *o = l->eni[i].existing ? l->eni[i].existing : interface_made(l->r, l->eni[i].attrs);

        if (!l->eni[i].existing)
            tag_as(l->r, o, l->spec);
        o->made = !l->eni[i].fleeting && !l->r->within;
        public_address(l, i, o);
        interface_attach(l->r, o, instance, l->eni[i].index, l->eni[i].fleeting);
    }
}

static void bring_disks(struct launch *l, struct object *instance)
{
    size_t i;
    struct str id;

    for (i = 0; i < l->ndisks; i++) {
        struct kind *k = ec2_kind(l->r->sim, "volume");
        const struct value *v = attrs_whole(l->r, k, l->disk[i].attrs, &id);
        struct object *o = object_new(l->r->sim, k, id, l->r->region, v);

        tag_as(l->r, o, l->spec);
        o->made = !l->disk[i].fleeting && !l->r->within;
        volume_attach(l->r, o, instance, l->disk[i].device, l->disk[i].fleeting);
    }
}

static struct object *bring_up(struct launch *l)
{
    struct kind *k = ec2_kind(l->r->sim, "instance");
    struct str id;
    const struct value *v = whole(l, &id);
    struct object *o;

    if (!v || !check_refers(l->r, k, v, NULL))
        return NULL;
    o = object_new(l->r->sim, k, id, l->r->region, v);
    tag_as(l->r, o, l->spec);
    if (l->template) {
        v = put_str(l->a, NULL, "aws:ec2launchtemplate:id", l->template->id);
        object_tag(l->r->sim, o, tree_merge(l->a, o->tags, put_str(l->a, v, "aws:ec2launchtemplate:version", l->version)));
    }
    o->made = !l->r->within;
    object_run(l->r->sim, o, value_get(k->data, STR("state")), false, NULL);
    bring_interfaces(l, o);
    bring_disks(l, o);
    if (value_get(o->attrs, STR("IamInstanceProfile")))
        profile_give(l->r, o, value_get(o->attrs, STR("IamInstanceProfile")));
    guest_starts(l->r->sim, l->a, o);
    return o;
}

struct object *instance_launch(struct request *r, const struct value *spec)
{
    struct launch *l = ARENA_NEW(r->a, struct launch);

    l->r = r;
    l->a = r->a;
    if (!with_template(l, spec) || !check_data(l) || !find_image(l) || !find_type(l) || !find_interfaces(l) || !find_disks(l))
        return NULL;
    return bring_up(l);
}
