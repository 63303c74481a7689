/* hook_policy.c - policy documents, as far as services look into them. */
#include "hook.h"
#include "kc/json.h"

const struct value *hook_document(struct hook_call *c, struct str text, const char *code, const char *message)
{
    struct str why;
    const struct value *v = json_read(c->a, text, 0, &why);

    if (v && v->kind == VALUE_OBJECT && value_get(v, STR("Statement")))
        return v;
    sim_refuse(c->r, str_of(code), "%s", v ? "Syntax errors in policy." : message);
    return NULL;
}

static bool is_everybody(const struct value *v)
{
    size_t i;

    if (v && v->kind == VALUE_LIST)
        for (i = 0; i < v->list.n; i++)
            if (is_everybody(v->list.v[i]))
                return true;
    return v && v->kind == VALUE_STRING && str_is(v->s, "*");
}

static bool lets_all_in(const struct value *statement)
{
    const struct value *who = value_get(statement, STR("Principal"));

    return str_is(data_str(statement, "Effect"), "Allow") && !value_get(statement, STR("Condition"))
        && (is_everybody(who) || (who && who->kind == VALUE_OBJECT && is_everybody(value_get(who, STR("AWS")))));
}

bool document_is_public(const struct value *document)
{
    const struct value *const *list, *one[1];
    size_t n = data_list(document, "Statement", &list, one), i;

    for (i = 0; i < n; i++)
        if (lets_all_in(list[i]))
            return true;
    return false;
}
