/* hook_tags.c - the tagging API: what bears tags, of all services of a region, by its ARN. */
#include "hook.h"

static struct str arn_of(struct arena *a, const struct object *o)
{
    static const char *const usual[] = { "Arn", "ARN", "arn" };
    struct str own = data_str(o->kind->data, "names"), arn = own.n ? tree_text(a, o->attrs, own) : STR_NONE;
    size_t i;

    for (i = 0; !arn.n && i < sizeof usual / sizeof usual[0]; i++)
        arn = tree_text(a, o->attrs, str_of(usual[i]));
    return arn;
}

/* "kms:key" and "kms" for arn:aws:kms:eu-west-1:111122223333:key/1. */
static bool of_type(struct str arn, struct str type)
{
    struct str rest = arn, service = STR_NONE, kind = type, part;
    int i;

    for (i = 0; i < 5; i++)
        if (!str_cut(&rest, ':', &part))
            return false;
        else if (i == 2)
            service = part;
    str_cut(&kind, ':', &part);
    return str_eq(part, service) && (!kind.n || str_eq(rest, kind) || (str_starts(rest, kind) && rest.n > kind.n && (rest.s[kind.n] == '/' || rest.s[kind.n] == ':')));
}

static bool wanted_type(struct hook_call *c, struct str arn)
{
    const struct value *const *types, *one[1];
    size_t n = data_list(c->r->input, "ResourceTypeFilters", &types, one), i;

    for (i = 0; i < n; i++)
        if (of_type(arn, value_text(c->a, types[i])))
            return true;
    return !n;
}

static bool has_value(struct hook_call *c, const struct value *filter, const struct value *tag)
{
    const struct value *const *values, *one[1];
    size_t n = data_list(filter, "Values", &values, one), i;

    for (i = 0; tag && i < n; i++)
        if (str_eq(value_text(c->a, values[i]), value_text(c->a, tag)))
            return true;
    return tag && !n;
}

static bool wanted_tags(struct hook_call *c, const struct object *o)
{
    const struct value *const *filters, *one[1];
    size_t n = data_list(c->r->input, "TagFilters", &filters, one), i;

    for (i = 0; i < n; i++)
        if (!has_value(c, filters[i], value_get(o->tags, data_str(filters[i], "Key"))))
            return false;
    return o->tags->object.n > 0;
}

static const struct value *shown(struct hook_call *c, const struct object *o, struct str arn)
{
    const struct value *list = &value_empty_list;
    size_t i;

    for (i = 0; i < o->tags->object.n; i++) {
        const struct value *tag = tree_put(c->a, NULL, STR("Key"), value_str(c->a, o->tags->object.v[i].key));

        list = tree_list(c->a, list, tree_put(c->a, tag, STR("Value"), o->tags->object.v[i].value));
    }
    return tree_put(c->a, tree_put(c->a, NULL, STR("ResourceARN"), value_string(c->a, arn)), STR("Tags"), list);
}

static bool tagged_resources(struct hook_call *c)
{
    const struct value *list = &value_empty_list;
    size_t i, k, n;

    for (i = 0; i < c->sim->nservices; i++)
        for (k = 0; k < c->sim->services[i].nkinds; k++) {
            struct kind *kind = c->sim->services[i].kinds[k];
            struct object *o;

            for (n = 0; (o = each_object(kind, &n));) {
                struct str arn = arn_of(c->a, o);

                if (arn.n && !sim_missed(c->r, o) && wanted_type(c, arn) && wanted_tags(c, o))
                    list = tree_list(c->a, list, shown(c, o, arn));
            }
        }
    c->r->out = tree_put(c->a, NULL, STR("ResourceTagMappingList"), list);
    return true;
}

const struct hook hooks_tags[] = {
    { "tagged_resources", tagged_resources },
    { NULL, NULL },
};
