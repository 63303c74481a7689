/* hook_parameters.c - the parameter store: parameters of one's own with their versions, and the public ones whose names say which machine image is
 * meant. What is secret is kept sealed. */
#include "hook.h"
#include "kc/hash.h"

enum { PLAIN_BYTES = 4096, MOST_BYTES = 8192 };

static struct kind *parameters(struct sim *s)
{
    return kind_find(s, STR("ssm"), STR("parameter"));
}

static bool is_secure(struct arena *a, const struct value *attrs)
{
    return str_is(tree_text(a, attrs, STR("Type")), "SecureString");
}

/* ---- writing ---- */
static bool bad(struct hook_call *c, const char *why)
{
    return sim_refuse(c->r, STR("ValidationException"), "%s", why);
}

static bool name_allowed(struct hook_call *c, struct str name)
{
    struct str head = str_starts(name, STR("/")) ? str_sub(name, 1, name.n) : name;

    if (str_starts(head, STR("aws")) || str_starts(head, STR("ssm")))
        return sim_refuse(c->r, STR("ValidationException"), "No access to reserved parameter name: %.*s.", STR_ARG(name));
    return true;
}

static bool value_allowed(struct hook_call *c, const struct value *attrs)
{
    struct str text = tree_text(c->a, c->r->input, STR("Value")), key = tree_text(c->a, attrs, STR("KeyId")), tier = tree_text(c->a, attrs, STR("Tier"));
    bool image = str_is(tree_text(c->a, attrs, STR("DataType")), "aws:ec2:image");

    if (!text.n)
        return bad(c, "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1.");
    if (text.n > MOST_BYTES || (text.n > PLAIN_BYTES && str_is(tier, "Standard")))
        return bad(c, "Standard tier parameters support a maximum parameter value of 4096 characters, and advanced ones of 8192.");
    if (image && !str_starts(text, STR("ami-")))
        return bad(c, "Parameter value is not a valid AMI id.");
    if (value_get(c->r->input, STR("KeyId")) && !is_secure(c->a, attrs))
        return bad(c, "KeyId is required for SecureString type parameter only.");
    if (is_secure(c->a, attrs) && !kms_can_encrypt(c->sim, c->a, c->r->region, key))
        return sim_refuse(c->r, STR("InvalidKeyId"), "The key %.*s cannot be used.", STR_ARG(key));
    return true;
}

/* What is stored for an input over what there was. */
static const struct value *stored(struct hook_call *c, const struct value *former)
{
    static const char *const members[] = { "Name", "Type", "Description", "AllowedPattern", "Tier", "DataType", "KeyId" };
    const struct value *v = former ? former : &value_empty_object;
    size_t i;

    for (i = 0; i < sizeof members / sizeof members[0]; i++) {
        const struct value *x = value_get(c->r->input, str_of(members[i]));

        if (x)
            v = value_with(c->a, v, str_of(members[i]), x->kind == VALUE_STRING && !x->s.n ? &value_none : x);
    }
    if (!value_get(v, STR("Tier")) || str_is(tree_text(c->a, v, STR("Tier")), "Intelligent-Tiering"))
        v = value_with(c->a, v, STR("Tier"), text_value(c->a, tree_text(c->a, c->r->input, STR("Value")).n > PLAIN_BYTES ? "Advanced" : "Standard"));
    if (is_secure(c->a, v) && !tree_text(c->a, v, STR("KeyId")).n)
        v = value_with(c->a, v, STR("KeyId"), text_value(c->a, "alias/aws/ssm"));
    return v;
}

static const struct value *with_value(struct hook_call *c, const struct value *v)
{
    struct str text = tree_text(c->a, c->r->input, STR("Value")), name = tree_text(c->a, v, STR("Name"));

    return value_with(c->a, v, STR("Value"), value_string(c->a, is_secure(c->a, v) ? sim_seal(c->sim, c->a, name, text) : text));
}

static bool overwrite(struct hook_call *c, struct object *o)
{
    const struct value *v = stored(c, o->attrs), *version = value_get(o->attrs, STR("Version"));

    if (!data_true(c->r->input, "Overwrite"))
        return kind_refuse(c->r, o->kind, "exists", STR("ParameterAlreadyExists"), o->id, "already exists");
    if (!str_eq(tree_text(c->a, v, STR("Type")), tree_text(c->a, o->attrs, STR("Type"))))
        return sim_refuse(c->r, STR("HierarchyTypeMismatchException"), "Parameter Store doesn't support changing a parameter type.");
    if (str_is(tree_text(c->a, o->attrs, STR("Tier")), "Advanced") && str_is(tree_text(c->a, c->r->input, STR("Tier")), "Standard"))
        return bad(c, "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier.");
    if (!value_allowed(c, v))
        return false;
    v = value_with(c->a, with_value(c, v), STR("Version"), value_int(c->a, version->i + 1));
    object_set(c->sim, o, value_with(c->a, v, STR("LastModifiedDate"), value_int(c->a, c->sim->start_wall + c->sim->now)));
    c->r->out = tree_put(c->a, tree_put(c->a, NULL, STR("Version"), value_int(c->a, version->i + 1)), STR("Tier"), value_get(v, STR("Tier")));
    return true;
}

static bool parameter_put(struct hook_call *c)
{
    struct str name = tree_text(c->a, c->r->input, STR("Name"));
    struct object *o = object_find(parameters(c->sim), name);

    if (!name_allowed(c, name))
        return false;
    if (data_true(c->r->input, "Overwrite") && input_tags(c->r, parameters(c->sim)))
        return bad(c, "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing "
                      "parameter, please use AddTagsToResource or RemoveTagsFromResource.");
    if (o && str_eq(o->region, c->r->region))
        return overwrite(c, o);
    if (!value_get(c->r->input, STR("Type")))
        return bad(c, "A parameter type is required when you create a parameter.");
    return verb_create(c->r, c->verb);
}

static bool parameter_check(struct hook_call *c)
{
    const struct value *v = tree_merge(c->a, c->attrs, stored(c, NULL));

    if (!value_allowed(c, v))
        return false;
    c->attrs = with_value(c, v);
    return true;
}

/* ---- reading ---- */
static const struct value *shown(struct hook_call *c, struct object *o, const struct shape *shape)
{
    const struct value *v = sim_show(c->r, o, shape);

    if (is_secure(c->a, o->attrs) && data_true(c->r->input, "WithDecryption"))
        v = value_with(c->a, v, STR("Value"), value_string(c->a, sim_unseal(c->sim, c->a, o->id, tree_text(c->a, o->attrs, STR("Value")))));
    return v;
}

/* One's own, else a public one; NULL: there is none. */
static const struct value *one(struct hook_call *c, struct str name, const struct shape *shape)
{
    struct object *o = object_find(parameters(c->sim), name);
    const struct value *v;
    struct str text;

    if (o && str_eq(o->region, c->r->region))
        return sim_missed(c->r, o) ? NULL : shown(c, o, shape);
    text = parameter_image(c->r, name);
    if (!text.n)
        return NULL;
    v = tree_put(c->a, tree_put(c->a, NULL, STR("Name"), value_string(c->a, name)), STR("Value"), value_string(c->a, text));
    v = tree_put(c->a, tree_put(c->a, v, STR("Type"), text_value(c->a, "String")), STR("Version"), value_int(c->a, 1));
    return tree_put(c->a, v, STR("ARN"), value_string(c->a, str_fmt(c->a, "arn:aws:ssm:%.*s::parameter%.*s", STR_ARG(c->r->region), STR_ARG(name))));
}

static bool parameter(struct hook_call *c)
{
    struct str name = tree_text(c->a, c->r->input, STR("Name"));
    const struct value *v = one(c, name, model_member(c->r->op->out, STR("Parameter"))->shape);

    if (!v)
        return kind_refuse(c->r, parameters(c->sim), "missing", STR("ParameterNotFound"), name, "is not there");
    c->r->out = tree_put(c->a, NULL, STR("Parameter"), v);
    return true;
}

static bool parameters_get(struct hook_call *c)
{
    const struct value *const *names, *single[1], *found = &value_empty_list, *missing = &value_empty_list;
    size_t n = data_list(c->r->input, "Names", &names, single), i;

    for (i = 0; i < n; i++) {
        const struct value *v = one(c, value_text(c->a, names[i]), model_member(c->r->op->out, STR("Parameters"))->shape->elem);

        if (v)
            found = tree_list(c->a, found, v);
        else
            missing = tree_list(c->a, missing, names[i]);
    }
    c->r->out = tree_put(c->a, tree_put(c->a, NULL, STR("Parameters"), found), STR("InvalidParameters"), missing);
    return true;
}

/* Filters of DescribeParameters: { Key, Option, Values }. */
static bool passes(struct hook_call *c, const struct object *o, const struct value *filter)
{
    struct str key = data_str(filter, "Key"), option = data_str(filter, "Option"), have = tree_text(c->a, o->attrs, key);
    const struct value *const *values, *single[1];
    size_t n = data_list(filter, "Values", &values, single), i;

    for (i = 0; i < n; i++) {
        struct str want = value_text(c->a, values[i]);

        if (str_is(option, "BeginsWith") ? str_starts(have, want) : str_is(option, "Contains") ? str_find(have, want) != SIZE_MAX : str_eq(have, want))
            return true;
    }
    return false;
}

static bool all_pass(struct hook_call *c, const struct object *o, const char *member)
{
    const struct value *const *filters, *single[1];
    size_t n = data_list(c->r->input, member, &filters, single), i;

    for (i = 0; i < n; i++)
        if (!passes(c, o, filters[i]))
            return false;
    return true;
}

/* Below a path; of one level, or of all. */
static bool below(struct hook_call *c, struct str name)
{
    struct str path = tree_text(c->a, c->r->input, STR("Path"));

    path = str_ends(path, STR("/")) ? path : str_fmt(c->a, "%.*s/", STR_ARG(path));
    return str_starts(name, path) && (data_true(c->r->input, "Recursive") || str_find(str_sub(name, path.n, name.n), STR("/")) == SIZE_MAX);
}

static bool parameters_list(struct hook_call *c)
{
    const struct shape *elem = model_member(c->r->op->out, STR("Parameters"))->shape->elem;
    bool by_path = value_get(c->r->input, STR("Path")) != NULL;
    const struct value *list = &value_empty_list;
    struct object *o;
    size_t i = 0;

    while ((o = each_object(parameters(c->sim), &i)))
        if (!sim_missed(c->r, o) && (!by_path || below(c, o->id)) && all_pass(c, o, "ParameterFilters") && all_pass(c, o, "Filters"))
            list = tree_list(c->a, list, shown(c, o, elem));
    c->r->out = tree_put(c->a, NULL, STR("Parameters"), list);
    return true;
}

const struct hook hooks_parameters[] = {
    { "parameter_put", parameter_put },
    { "parameter_check", parameter_check },
    { "parameter", parameter },
    { "parameters_get", parameters_get },
    { "parameters_list", parameters_list },
    { NULL, NULL },
};
