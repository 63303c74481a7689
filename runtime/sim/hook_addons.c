/* hook_addons.c - add-ons: which builds there are for which version of Kubernetes, and which want nodes. */
#include <string.h>
#include "hook.h"
#include "kc/json.h"

static struct str newest_build(struct hook_call *c, struct str name, struct str version)
{
    struct str text = data_str(eks_let(c->sim, "addon_builds"), str_c(c->a, name));
    size_t at = str_find(text, STR("{v}"));

    if (at == SIZE_MAX)
        return text;
    return str_fmt(c->a, "%.*s%.*s%.*s", (int)at, text.s, STR_ARG(str_sub(version, 2, version.n)), STR_ARG(str_sub(text, at + 3, text.n)));
}

/* Builds for a later minor than the cluster's do not fit it; those for its own and earlier ones do. */
static bool fits(struct hook_call *c, struct str name, struct str version, struct str cluster)
{
    const struct value *versions = value_get(eks_let(c->sim, "service"), STR("versions"));
    int64_t own, of;
    size_t i;

    if (!minor_of(cluster, &own))
        return true;
    for (i = 0; i < versions->list.n; i++)
        if (str_eq(newest_build(c, name, versions->list.v[i]->s), version) && minor_of(versions->list.v[i]->s, &of))
            return of <= own;
    return true;
}

static bool addon_check(struct hook_call *c)
{
    const struct value *attrs = c->o ? c->o->attrs : c->attrs;
    struct str name = tree_text(c->a, attrs, STR("addonName")), version = tree_text(c->a, c->attrs, STR("addonVersion")), values, why;
    struct object *cluster = cluster_of(c, attrs);

    if (!data_str(eks_let(c->sim, "addon_builds"), str_c(c->a, name)).n)
        return invalid(c, "Addon specified is not supported");
    if (!version.n && !c->o)
        set_text(c, "addonVersion", newest_build(c, name, attr(c, cluster, "version")));
    else if (version.n && (version.s[0] != 'v' || !fits(c, name, version, attr(c, cluster, "version"))))
        return invalid(c, "Addon version specified is not supported for the cluster's version");
    values = tree_text(c->a, c->attrs, STR("configurationValues"));
    if (values.n && !json_read(c->a, values, 0, &why))
        return invalid(c, "ConfigurationValue provided in request is not supported");
    return true;
}

static bool any_nodes(struct hook_call *c, struct str cluster)
{
    static const char *const kinds[] = { "nodegroup", "fargate_profile" };
    struct object *o;
    size_t i, j;

    for (j = 0; j < 2; j++)
        for (i = 0; (o = each_object(eks_kind(c->sim, kinds[j]), &i));)
            if (str_eq(attr(c, o, "clusterName"), cluster) && (str_is(object_state(o), "ACTIVE") || str_is(object_state(o), "UPDATING")))
                return true;
    return false;
}

static bool addon_settle(struct hook_call *c)
{
    if (!listed(eks_let(c->sim, "needs_nodes"), attr(c, c->o, "addonName")) || any_nodes(c, attr(c, c->o, "clusterName")))
        return true;
    c->last = STR("DEGRADED");
    c->set = issue(c, "InsufficientNumberOfReplicas", "The add-on is unhealthy because it doesn't have the desired number of replicas: there are no nodes.");
    return true;
}

static bool addon_versions(struct hook_call *c)
{
    const struct value *builds = eks_let(c->sim, "addon_builds"), *list = &value_empty_list, *versions = value_get(eks_let(c->sim, "service"), STR("versions"));
    struct str only = tree_text(c->a, c->r->input, STR("addonName")), kubernetes = tree_text(c->a, c->r->input, STR("kubernetesVersion"));
    size_t i, j;

    for (i = 0; i < builds->object.n; i++) {
        struct str name = builds->object.v[i].key;
        const struct value *all = &value_empty_list, *v;

        if (builds->object.v[i].value->kind != VALUE_STRING || (only.n && !str_eq(only, name)))
            continue;
        for (j = versions->list.n; j-- > 0;) {
            struct str version = versions->list.v[j]->s;

            if (kubernetes.n && !str_eq(kubernetes, version))
                continue;
            v = tree_put(c->a, tree_put(c->a, NULL, STR("clusterVersion"), value_string(c->a, version)), STR("defaultVersion"), &value_true);
            v = tree_put(c->a, NULL, STR("compatibilities"), tree_list(c->a, NULL, v));
            all = tree_list(c->a, all, tree_put(c->a, v, STR("addonVersion"), value_string(c->a, newest_build(c, name, version))));
        }
        v = tree_put(c->a, tree_put(c->a, NULL, STR("addonName"), value_string(c->a, name)), STR("addonVersions"), all);
        list = tree_list(c->a, list, tree_put(c->a, v, STR("owner"), text_value(c->a, "aws")));
    }
    c->r->out = tree_put(c->a, NULL, STR("addons"), list);
    return true;
}


const struct hook hooks_addons[] = {
    { "addon_check", addon_check },
    { "addon_settle", addon_settle },
    { "addon_versions", addon_versions },
    { NULL, NULL },
};
