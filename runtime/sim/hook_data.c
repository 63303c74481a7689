/* hook_data.c - parameters: one's own, and the public ones whose names say which machine image is meant. */
#include <string.h>
#include "hook.h"

static bool parameter_check(struct hook_call *c)
{
    struct str name = tree_text(c->a, c->attrs, STR("Name"));

    if (str_starts(name, STR("/aws/")) || str_starts(name, STR("aws")))
        return sim_refuse(c->r, STR("ValidationException"), "No access to reserved parameter name: %.*s.", STR_ARG(name));
    return true;
}

static bool parameter(struct hook_call *c)
{
    struct str name = tree_text(c->a, c->r->input, STR("Name")), text;
    const struct member *m = model_member(c->r->op->out, STR("Parameter"));
    struct object *o = object_find(kind_find(c->sim, STR("ssm"), STR("parameter")), name);
    const struct value *v;

    if (o && str_eq(o->region, c->r->region)) {
        c->r->out = tree_put(c->a, NULL, STR("Parameter"), sim_show(c->r, o, m->shape));
        return true;
    }
    text = parameter_image(c->r, name);
    if (!text.n)
        return sim_refuse(c->r, STR("ParameterNotFound"), "Parameter %.*s not found.", STR_ARG(name));
    v = tree_put(c->a, tree_put(c->a, NULL, STR("Name"), value_string(c->a, name)), STR("Value"), value_string(c->a, text));
    v = tree_put(c->a, tree_put(c->a, v, STR("Type"), text_value(c->a, "String")), STR("Version"), value_int(c->a, 1));
    v = tree_put(c->a, v, STR("ARN"), value_string(c->a, str_fmt(c->a, "arn:aws:ssm:%.*s::parameter%.*s", STR_ARG(c->r->region), STR_ARG(name))));
    c->r->out = tree_put(c->a, NULL, STR("Parameter"), v);
    return true;
}

const struct hook hooks_data[] = {
    { "parameter_check", parameter_check },
    { "parameter", parameter },
    { NULL, NULL },
};
