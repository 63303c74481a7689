/* hook_iam.c - policy documents that must be JSON, versions of managed policies, what a role is good for. */
#include <string.h>
#include "hook.h"

static struct kind *iam_kind(struct sim *s, const char *name)
{
    return kind_find(s, STR("iam"), str_of(name));
}

static struct str tail(struct str arn)
{
    size_t i = arn.n;

    while (i && arn.s[i - 1] != '/')
        i--;
    return str_sub(arn, i, arn.n);
}

struct object *role_of(struct sim *s, struct arena *a, struct str arn)
{
    return object_by(a, iam_kind(s, "role"), STR("Arn"), arn);
}

bool role_has(struct sim *s, struct arena *a, struct str role_arn, const char *policy)
{
    struct object *role = role_of(s, a, role_arn), *o;
    size_t i = 0;

    while (role && (o = each_object(iam_kind(s, "role_attachment"), &i)))
        if (str_eq(tree_text(a, o->attrs, STR("RoleName")), role->id) && str_is(tail(tree_text(a, o->attrs, STR("PolicyArn"))), policy))
            return true;
    return false;
}

bool role_trusts(struct sim *s, struct arena *a, struct str role_arn, const char *service)
{
    struct object *role = role_of(s, a, role_arn);

    return role && str_find(tree_text(a, role->attrs, STR("AssumeRolePolicyDocument")), str_of(service)) != SIZE_MAX;
}

void profile_new(struct sim *s, struct arena *a, struct str name, struct str role_arn)
{
    struct object *role = role_of(s, a, role_arn);
    struct str partition = role_arn, part = STR_NONE;
    const struct value *v = tree_put(a, NULL, STR("InstanceProfileName"), value_string(a, name)), *link = v;

    if (!role)
        return;
    str_cut(&partition, ':', &part);
    str_cut(&partition, ':', &part);
    v = tree_put(a, v, STR("Path"), text_value(a, "/"));
    v = tree_put(a, v, STR("Arn"), value_string(a, str_fmt(a, "arn:%.*s:iam::111122223333:instance-profile/%.*s", STR_ARG(part), STR_ARG(name))));
    v = tree_put(a, v, STR("InstanceProfileId"), value_string(a, sim_new_id(s, STR("AIPA"), 16)));
    v = tree_put(a, v, STR("CreateDate"), value_int(a, s->start_wall + s->now));
    object_new(s, iam_kind(s, "instance_profile"), name, STR_NONE, v);
    link = tree_put(a, link, STR("RoleName"), value_string(a, role->id));
    object_new(s, iam_kind(s, "instance_profile_role"), str_fmt(a, "%.*s/%.*s", STR_ARG(name), STR_ARG(role->id)), STR_NONE, link);
}

void profile_drop(struct sim *s, struct str name)
{
    struct arena *a = arena_new();
    struct object *o = object_by(a, iam_kind(s, "instance_profile_role"), STR("InstanceProfileName"), name), *profile = object_find(iam_kind(s, "instance_profile"), name);

    if (o)
        object_remove(s, o);
    if (profile)
        object_remove(s, profile);
    arena_free(a);
}

static bool document(struct hook_call *c, const char *name)
{
    struct str text = tree_text(c->a, c->attrs, str_of(name));

    return !text.n || hook_document(c, text, "MalformedPolicyDocument", "This policy contains invalid Json");
}

static bool documents(struct hook_call *c)
{
    struct str trust = tree_text(c->a, c->attrs, STR("AssumeRolePolicyDocument"));

    if (!document(c, "AssumeRolePolicyDocument") || !document(c, "PolicyDocument"))
        return false;
    if (trust.n && str_find(trust, STR("sts:AssumeRole")) == SIZE_MAX)
        return sim_refuse(c->r, STR("MalformedPolicyDocument"), "%.*s", STR_ARG(STR("AssumeRole policy may only specify STS AssumeRole actions.")));
    return true;
}

static bool provider_check(struct hook_call *c)
{
    if (!c->o && !str_starts(tree_text(c->a, c->r->input, STR("Url")), STR("https://")))
        return sim_refuse(c->r, STR("InvalidInput"), "The URL must begin with https://");
    return true;
}

static bool client_ids(struct hook_call *c)
{
    struct str id = tree_text(c->a, c->r->input, STR("ClientID")), arn = tree_text(c->a, c->r->input, STR("OpenIDConnectProviderArn"));
    struct object *o = object_by(c->a, iam_kind(c->sim, "open_id_connect_provider"), STR("Arn"), arn);
    const struct value *old = o ? value_get(o->attrs, STR("ClientIDList")) : NULL, *list = &value_empty_list;
    size_t i;

    if (!o || sim_missed(c->r, o))
        return sim_refuse(c->r, STR("NoSuchEntity"), "OpenIDConnect Provider not found for arn %.*s", STR_ARG(arn));
    for (i = 0; old && old->kind == VALUE_LIST && i < old->list.n; i++)
        if (!str_eq(tree_text(c->a, old->list.v[i], STR_NONE), id))
            list = tree_list(c->a, list, old->list.v[i]);
    if (str_starts(c->r->op->name, STR("Add")))
        list = tree_list(c->a, list, value_string(c->a, id));
    object_set(c->sim, o, tree_put(c->a, o->attrs, STR("ClientIDList"), list));
    return true;
}

/* ---- managed policies and their versions ---- */
static size_t versions(struct hook_call *c, struct str arn, int64_t *newest)
{
    struct object *o;
    size_t i = 0, n = 0;
    int64_t v;

    *newest = 0;
    while ((o = each_object(iam_kind(c->sim, "policy_version"), &i))) {
        struct str id = tree_text(c->a, o->attrs, STR("VersionId"));

        if (!str_eq(tree_text(c->a, o->attrs, STR("PolicyArn")), arn))
            continue;
        n++;
        if (str_int(str_sub(id, 1, id.n), &v) && v > *newest)
            *newest = v;
    }
    return n;
}

static bool policy_check(struct hook_call *c)
{
    const struct value *text = c->o ? NULL : value_get(c->r->input, STR("PolicyDocument"));
    struct hook_call inner = *c;

    if (!text)
        return true;
    inner.attrs = tree_put(c->a, NULL, STR("PolicyDocument"), text);
    return document(&inner, "PolicyDocument");
}

static bool policy_made(struct hook_call *c)
{
    struct str arn = tree_text(c->a, c->o->attrs, STR("Arn"));
    const struct value *v = tree_put(c->a, NULL, STR("PolicyArn"), value_string(c->a, arn));

    v = tree_put(c->a, v, STR("VersionId"), text_value(c->a, "v1"));
    v = tree_put(c->a, v, STR("IsDefaultVersion"), &value_true);
    v = tree_put(c->a, v, STR("Document"), value_get(c->r->input, STR("PolicyDocument")));
    v = tree_put(c->a, v, STR("CreateDate"), value_int(c->a, c->sim->start_wall + c->sim->now));
    object_new(c->sim, iam_kind(c->sim, "policy_version"), str_fmt(c->a, "%.*s/v1", STR_ARG(arn)), STR_NONE, v);
    return true;
}

static void set_default(struct hook_call *c, struct str arn, struct str id)
{
    struct object *policy = object_find(iam_kind(c->sim, "policy"), arn), *o;
    size_t i = 0;

    while ((o = each_object(iam_kind(c->sim, "policy_version"), &i)))
        if (str_eq(tree_text(c->a, o->attrs, STR("PolicyArn")), arn) && str_is(tree_text(c->a, o->attrs, STR("IsDefaultVersion")), "true"))
            object_set(c->sim, o, tree_put(c->a, o->attrs, STR("IsDefaultVersion"), &value_false));
    if (policy)
        object_set(c->sim, policy, tree_put(c->a, policy->attrs, STR("DefaultVersionId"), value_string(c->a, id)));
}

static bool policy_version_check(struct hook_call *c)
{
    struct str arn = tree_text(c->a, c->attrs, STR("PolicyArn")), id;
    int64_t newest;

    if (!document(c, "Document"))
        return false;
    if (versions(c, arn, &newest) >= 5)
        return sim_refuse(c->r, STR("LimitExceeded"), "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.");
    id = str_fmt(c->a, "v%lld", (long long)newest + 1);
    set_text(c, "VersionId", id);
    if (str_is(tree_text(c->a, c->attrs, STR("IsDefaultVersion")), "true"))
        set_default(c, arn, id);
    return true;
}

static bool policy_version_before(struct hook_call *c)
{
    if (str_is(tree_text(c->a, c->o->attrs, STR("IsDefaultVersion")), "true"))
        return sim_refuse(c->r, STR("DeleteConflict"), "Cannot delete the default version of a policy.");
    return true;
}

static bool policy_before(struct hook_call *c)
{
    int64_t newest;

    if (versions(c, tree_text(c->a, c->o->attrs, STR("Arn")), &newest) > 1)
        return sim_refuse(c->r, STR("DeleteConflict"), "This policy has more than one version. Before you delete a policy, you must delete the policy's versions.");
    return true;
}

/* ---- lists across kinds ---- */
static bool profiles_for_role(struct hook_call *c)
{
    struct str role = tree_text(c->a, c->r->input, STR("RoleName"));
    const struct member *m = model_member(c->r->op->out, STR("InstanceProfiles"));
    const struct value *list = &value_empty_list;
    struct object *o, *profile;
    size_t i = 0;

    if (!object_find(iam_kind(c->sim, "role"), role))
        return sim_refuse(c->r, STR("NoSuchEntity"), "The role with name %.*s cannot be found.", STR_ARG(role));
    while ((o = each_object(iam_kind(c->sim, "instance_profile_role"), &i))) {
        profile = object_find(iam_kind(c->sim, "instance_profile"), tree_text(c->a, o->attrs, STR("InstanceProfileName")));
        if (profile && str_eq(tree_text(c->a, o->attrs, STR("RoleName")), role))
            list = tree_list(c->a, list, sim_show(c->r, profile, m->shape->elem));
    }
    c->r->out = tree_put(c->a, NULL, STR("InstanceProfiles"), list);
    return true;
}

static bool entities_for_policy(struct hook_call *c)
{
    struct str arn = tree_text(c->a, c->r->input, STR("PolicyArn"));
    const struct value *roles = &value_empty_list;
    struct object *o;
    size_t i = 0;

    while ((o = each_object(iam_kind(c->sim, "role_attachment"), &i)))
        if (str_eq(tree_text(c->a, o->attrs, STR("PolicyArn")), arn))
            roles = tree_list(c->a, roles, tree_put(c->a, NULL, STR("RoleName"), value_get(o->attrs, STR("RoleName"))));
    c->r->out = tree_put(c->a, NULL, STR("PolicyRoles"), roles);
    return true;
}

const struct hook hooks_iam[] = {
    { "documents", documents },
    { "provider_check", provider_check },
    { "client_ids", client_ids },
    { "policy_check", policy_check },
    { "policy_made", policy_made },
    { "policy_version_check", policy_version_check },
    { "policy_version_before", policy_version_before },
    { "policy_before", policy_before },
    { "profiles_for_role", profiles_for_role },
    { "entities_for_policy", entities_for_policy },
    { NULL, NULL },
};
