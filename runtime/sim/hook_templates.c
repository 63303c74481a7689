/* hook_templates.c - launch templates and their versions: kept as they were sent, found by number, $Latest or $Default. */
#include <string.h>
#include "hook.h"

static void add_version(struct hook_call *c, struct object *template, int64_t number, const struct value *data)
{
    const struct value *v = put_str(c->a, NULL, "LaunchTemplateId", template->id);

    v = tree_put(c->a, v, STR("LaunchTemplateName"), value_get(template->attrs, STR("LaunchTemplateName")));
    v = tree_put(c->a, v, STR("VersionNumber"), value_int(c->a, number));
    v = tree_put(c->a, v, STR("CreateTime"), value_int(c->a, c->sim->start_wall + c->sim->now));
    v = tree_put(c->a, v, STR("DefaultVersion"), value_bool(number == 1));
    v = tree_put(c->a, v, STR("LaunchTemplateData"), data);
    object_new(c->sim, ec2_kind(c->sim, "launch_template_version"), str_fmt(c->a, "%.*s/%lld", STR_ARG(template->id), (long long)number), template->region, v);
}

static bool template_made(struct hook_call *c)
{
    const struct value *data = value_get(c->r->input, STR("LaunchTemplateData"));

    add_version(c, c->o, 1, data ? data : &value_empty_object);
    return true;
}

struct object *template_of(struct request *r, const struct value *named)
{
    struct kind *k = ec2_kind(r->sim, "launch_template");
    struct str id = tree_text(r->a, named, STR("LaunchTemplateId")), name = tree_text(r->a, named, STR("LaunchTemplateName"));
    struct object *o = id.n ? object_find(k, id) : object_by(r->a, k, STR("LaunchTemplateName"), name);

    if (!o || sim_missed(r, o))
        sim_refuse(r, id.n ? STR("InvalidLaunchTemplateId.NotFound") : STR("InvalidLaunchTemplateName.NotFoundException"), "The specified launch template, '%.*s', does not exist.",
               STR_ARG(id.n ? id : name));
    return r->failed ? NULL : o;
}

struct str template_number(struct arena *a, const struct object *template, struct str version)
{
    if (str_is(version, "$Latest"))
        return tree_text(a, template->attrs, STR("LatestVersionNumber"));
    return !version.n || str_is(version, "$Default") ? tree_text(a, template->attrs, STR("DefaultVersionNumber")) : version;
}

struct object *template_version(struct request *r, const struct object *template, struct str version)
{
    struct str number = template_number(r->a, template, version);
    struct object *o = object_find(ec2_kind(r->sim, "launch_template_version"), str_fmt(r->a, "%.*s/%.*s", STR_ARG(template->id), STR_ARG(number)));

    if (!o)
        sim_refuse(r, STR("InvalidLaunchTemplateId.VersionNotFound"), "Could not find the specified version %.*s for the launch template with ID %.*s.", STR_ARG(number), STR_ARG(template->id));
    return o;
}

static int64_t latest(struct arena *a, const struct object *template)
{
    int64_t n;

    return str_int(tree_text(a, template->attrs, STR("LatestVersionNumber")), &n) ? n : 1;
}

static bool version_check(struct hook_call *c)
{
    struct object *t = template_of(c->r, c->attrs);
    int64_t n;

    if (!t)
        return false;
    n = latest(c->a, t) + 1;
    set_text(c, "LaunchTemplateId", t->id);
    c->attrs = tree_put(c->a, c->attrs, STR("LaunchTemplateName"), value_get(t->attrs, STR("LaunchTemplateName")));
    c->attrs = tree_put(c->a, c->attrs, STR("VersionNumber"), value_int(c->a, n));
    object_set(c->sim, t, tree_put(c->a, t->attrs, STR("LatestVersionNumber"), value_int(c->a, n)));
    return true;
}

static bool asked(struct hook_call *c, const struct object *t, const struct object *version)
{
    const struct value *list = value_get(c->r->input, STR("Versions"));
    struct str number = tree_text(c->a, version->attrs, STR("VersionNumber"));
    size_t i;

    for (i = 0; list && list->kind == VALUE_LIST && i < list->list.n; i++)
        if (str_eq(template_number(c->a, t, value_text(c->a, list->list.v[i])), number))
            return true;
    return !list;
}

static bool template_versions(struct hook_call *c)
{
    const struct member *m = model_member(c->r->op->out, STR("LaunchTemplateVersions"));
    struct object *t = template_of(c->r, c->r->input), *o;
    const struct value *list = &value_empty_list;
    size_t i = 0;

    if (!t)
        return false;
    while ((o = each_object(ec2_kind(c->sim, "launch_template_version"), &i)))
        if (str_eq(tree_text(c->a, o->attrs, STR("LaunchTemplateId")), t->id) && asked(c, t, o))
            list = tree_list(c->a, list, sim_show(c->r, o, m->shape->elem));
    c->r->out = tree_put(c->a, NULL, STR("LaunchTemplateVersions"), list);
    return true;
}

const struct hook hooks_templates[] = {
    { "template_made", template_made },
    { "version_check", version_check },
    { "template_versions", template_versions },
    { NULL, NULL },
};
