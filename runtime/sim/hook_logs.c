/* hook_logs.c - log groups: retentions that there are, keys that can encrypt, protection, lists by prefix. */
#include "hook.h"

static bool retention_known(int64_t days)
{
    static const int known[] = { 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653 };
    size_t i;

    for (i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i] == days)
            return true;
    return false;
}

static bool log_group_check(struct hook_call *c)
{
    const struct value *days = value_get(c->r->input, STR("retentionInDays")), *key = value_get(c->r->input, STR("kmsKeyId"));

    if (days && days->kind == VALUE_INT && !retention_known(days->i))
        return sim_refuse(c->r, STR("InvalidParameterException"), "1 validation error detected: Value '%lld' at 'retentionInDays' failed to satisfy constraint", (long long)days->i);
    if (key && key->kind == VALUE_STRING && !kms_can_encrypt(c->sim, c->a, c->r->region, key->s))
        return sim_refuse(c->r, STR("InvalidParameterException"), "The specified KMS Key Id could not be found or is not allowed to be used: %.*s", STR_ARG(key->s));
    return true;
}

static bool log_group_before(struct hook_call *c)
{
    if (str_is(tree_text(c->a, c->o->attrs, STR("deletionProtectionEnabled")), "true"))
        return sim_refuse(c->r, STR("ValidationException"), "The log group %.*s has deletion protection enabled.", STR_ARG(c->o->id));
    return true;
}

/* In alphabetical order. */
static bool log_groups(struct hook_call *c)
{
    const struct shape *elem = model_member(c->r->op->out, STR("logGroups"))->shape->elem;
    struct str prefix = tree_text(c->a, c->r->input, STR("logGroupNamePrefix")), pattern = tree_text(c->a, c->r->input, STR("logGroupNamePattern"));
    const struct value *list = &value_empty_list;
    struct object *o, *next;
    struct str last = STR_NONE;
    size_t i;

    do {
        for (i = 0, next = NULL; (o = each_object(c->verb->on, &i));)
            if (!sim_missed(c->r, o) && str_starts(o->id, prefix) && (!pattern.n || str_find(o->id, pattern) != SIZE_MAX) && str_cmp(o->id, last) > 0
                && (!next || str_cmp(o->id, next->id) < 0))
                next = o;
        if (next) {
            list = tree_list(c->a, list, sim_show(c->r, next, elem));
            last = next->id;
        }
    } while (next);
    c->r->out = tree_put(c->a, NULL, STR("logGroups"), list);
    return true;
}

const struct hook hooks_logs[] = {
    { "log_group_check", log_group_check },
    { "log_group_before", log_group_before },
    { "log_groups", log_groups },
    { NULL, NULL },
};
