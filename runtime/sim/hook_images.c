/* hook_images.c - machine images: whose they are, and which one a public parameter of Systems Manager names. */
#include <string.h>
#include "hook.h"

static bool owned(struct hook_call *c, const struct object *o, const struct value *owners)
{
    struct str id = tree_text(c->a, o->attrs, STR("OwnerId")), alias = tree_text(c->a, o->attrs, STR("ImageOwnerAlias"));
    size_t i;

    for (i = 0; owners && owners->kind == VALUE_LIST && i < owners->list.n; i++) {
        struct str want = value_text(c->a, owners->list.v[i]);

        if (str_eq(want, id) || (alias.n && str_eq(want, alias)) || (str_is(want, "self") && str_is(id, "111122223333")))
            return true;
    }
    return !owners;
}

static bool images(struct hook_call *c)
{
    const struct value *ids = value_get(c->r->input, STR("ImageIds")), *owners = value_get(c->r->input, STR("Owners"));
    const struct shape *shape = model_member(c->r->op->out, STR("Images"))->shape->elem;
    struct kind *k = c->verb->on;
    struct vec found = { 0 };
    struct object *o;
    size_t i = 0;
    bool good;

    rows_make(c->r, k);
    if (!ids)
        while ((o = each_object(k, &i)))
            if (!sim_missed(c->r, o) && owned(c, o, owners))
                vec_add(&found, o);
    for (i = 0; ids && ids->kind == VALUE_LIST && i < ids->list.n; i++)
        if ((o = image_of(c->r, value_text(c->a, ids->list.v[i]))) && owned(c, o, owners))
            vec_add(&found, o);
    good = !c->r->failed && filter_objects(c->r, c->verb, shape, &found) && sim_answer(c->r, c->verb, (struct object *const *)found.v, found.n);
    vec_fini(&found);
    return good;
}

/* An image of its own for a public parameter whose name fits one of the patterns; it stays in the account. */
static struct object *image_new(struct request *r, struct kind *k, struct str parameter, const struct value *row)
{
    const struct value *v, *disk;
    struct str id = str_fmt(r->a, "ami-%.*s", STR_ARG(sim_digits(r->sim, r->a, r->region, parameter))), name, device = data_str(row, "RootDeviceName");
    struct object *o = object_by(r->a, k, STR("ImageId"), id);
    size_t i;

    if (o)
        return o;
    name = str_fmt(r->a, "%.*s%.*s", STR_ARG(data_str(row, "Name")), STR_ARG(parameter));
    for (i = 0; i < name.n; i++)
        if (name.s[i] == '/')
            ((char *)name.s)[i] = '-';
    disk = put_str(r->a, put_str(r->a, NULL, "SnapshotId", str_fmt(r->a, "snap-%.*s", STR_ARG(sim_digits(r->sim, r->a, r->region, name)))), "VolumeType", STR("gp3"));
    disk = tree_put(r->a, tree_put(r->a, disk, STR("VolumeSize"), value_get(row, STR("size"))), STR("DeleteOnTermination"), &value_true);
    v = put_str(r->a, put_str(r->a, put_str(r->a, NULL, "ImageId", id), "Name", name), "PublicSsmParameterName", parameter);
    v = put_str(r->a, put_str(r->a, v, "OwnerId", data_str(row, "OwnerId")), "ImageOwnerAlias", data_str(row, "ImageOwnerAlias"));
    v = put_str(r->a, put_str(r->a, v, "RootDeviceName", device), "CreationDate", STR("2025-11-01T00:00:00.000Z"));
    v = put_str(r->a, v, "Architecture", str_find(parameter, STR("arm64")) == SIZE_MAX ? STR("x86_64") : STR("arm64"));
    v = tree_put(r->a, v, STR("BlockDeviceMappings"), tree_list(r->a, NULL, tree_put(r->a, put_str(r->a, NULL, "DeviceName", device), STR("Ebs"), disk)));
    v = attrs_whole(r, k, v, &id);
    return object_new(r->sim, k, id, r->region, v);
}

struct str parameter_image(struct request *r, struct str parameter)
{
    struct kind *k = ec2_kind(r->sim, "image");
    const struct value *rows = k ? tree_get(k->service->lets, STR("public_images.rows")) : NULL;
    struct object *o;
    size_t i = 0;

    if (!k)
        return STR_NONE;
    rows_make(r, k);
    while ((o = each_object(k, &i)))
        if (!sim_missed(r, o) && str_eq(tree_text(r->a, o->attrs, STR("PublicSsmParameterName")), parameter))
            return tree_text(r->a, o->attrs, STR("ImageId"));
    for (i = 0; rows && rows->kind == VALUE_LIST && i < rows->list.n; i++)
        if (sim_glob(data_str(rows->list.v[i], "parameter"), parameter))
            return tree_text(r->a, image_new(r, k, parameter, rows->list.v[i])->attrs, STR("ImageId"));
    return STR_NONE;
}

struct object *image_of(struct request *r, struct str id)
{
    static const char by_parameter[] = "resolve:ssm:";
    struct kind *k = ec2_kind(r->sim, "image");
    struct str name = str_sub(id, sizeof by_parameter - 1, id.n);
    struct object *o;

    rows_make(r, k);
    if (str_starts(id, str_of(by_parameter))) {
        o = object_find(kind_find(r->sim, STR("ssm"), STR("parameter")), str_sub(name, 0, str_find(name, STR(":"))));
        id = o ? tree_text(r->a, o->attrs, STR("Value")) : parameter_image(r, name);
        if (!id.n)
            sim_refuse(r, STR("InvalidParameterValue"), "Invalid SSM parameter %.*s", STR_ARG(name));
    } else if (!str_starts(id, STR("ami-"))) {
        sim_refuse(r, STR("InvalidAMIID.Malformed"), "Invalid id: \"%.*s\" (expecting \"ami-...\")", STR_ARG(id));
    }
    o = object_by(r->a, k, STR("ImageId"), id);
    if (!o || sim_missed(r, o))
        sim_refuse(r, k->missing, "The image id '[%.*s]' does not exist", STR_ARG(id));
    return r->failed ? NULL : o;
}

const struct hook hooks_images[] = {
    { "images", images },
    { NULL, NULL },
};
