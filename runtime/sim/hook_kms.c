/* hook_kms.c - keys: what they are for, policies that must not lock everybody out, names for keys, a deletion that waits; data keys. */
#include <string.h>
#include "hook.h"
#include "kc/hash.h"

#define ACCOUNT "111122223333"

static struct kind *kms_kind(struct sim *s, const char *name)
{
    return kind_find(s, STR("kms"), str_of(name));
}

/* ---- which key: its id, its ARN, an alias, the ARN of an alias ---- */
static struct object *key_of(struct sim *s, struct arena *a, struct str name)
{
    struct kind *aliases = kms_kind(s, "alias"), *keys = kms_kind(s, "key");
    struct object *alias = object_find(aliases, name), *o;

    if (!alias && str_starts(name, STR("arn:")))
        alias = object_by(a, aliases, STR("AliasArn"), name);
    if (alias)
        name = tree_text(a, alias->attrs, STR("TargetKeyId"));
    o = object_find(keys, name);
    return o ? o : object_by(a, keys, STR("Arn"), name);
}

bool kms_can_encrypt(struct sim *s, struct arena *a, struct str region, struct str name)
{
    struct object *o = str_find(name, STR("alias/aws/")) == SIZE_MAX ? key_of(s, a, name) : NULL;

    if (str_find(name, STR("alias/aws/")) != SIZE_MAX)
        return true;
    return o && str_eq(o->region, region) && str_is(object_state(o), "Enabled") && str_is(tree_text(a, o->attrs, STR("KeySpec")), "SYMMETRIC_DEFAULT");
}

static struct object *named(struct hook_call *c)
{
    struct str name = tree_text(c->a, c->r->input, STR("KeyId"));
    struct object *o = key_of(c->sim, c->a, name);

    if (o && !sim_missed(c->r, o))
        return o;
    kind_refuse(c->r, kms_kind(c->sim, str_find(name, STR("alias/")) == SIZE_MAX ? "key" : "alias"), "missing", STR("NotFoundException"), name, "is not found");
    return NULL;
}

static bool key_describe(struct hook_call *c)
{
    struct object *o = named(c);

    if (o)
        c->r->out = tree_put(c->a, NULL, STR("KeyMetadata"), sim_show(c->r, o, model_member(c->r->op->out, STR("KeyMetadata"))->shape));
    return o != NULL;
}

static bool key_shown(struct hook_call *c)
{
    bool symmetric = str_is(tree_text(c->a, c->o->attrs, STR("KeySpec")), "SYMMETRIC_DEFAULT");

    if (symmetric)
        c->attrs = value_with(c->a, c->attrs, STR("EncryptionAlgorithms"), tree_list(c->a, NULL, text_value(c->a, "SYMMETRIC_DEFAULT")));
    return true;
}

/* ---- what a key may be ---- */
static bool fits(struct str usage, struct str spec)
{
    static const struct { const char *usage, *spec; } may[] = {
        { "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT" }, { "ENCRYPT_DECRYPT", "RSA_" }, { "ENCRYPT_DECRYPT", "SM2" },  { "SIGN_VERIFY", "RSA_" },
        { "SIGN_VERIFY", "ECC_" },                  { "SIGN_VERIFY", "SM2" },      { "SIGN_VERIFY", "ML_DSA_" },  { "GENERATE_VERIFY_MAC", "HMAC_" },
        { "KEY_AGREEMENT", "ECC_NIST_P" },          { "KEY_AGREEMENT", "SM2" },    { "ENCAPSULATE_DECAPSULATE", "ML_KEM_" },
    };
    size_t i;

    for (i = 0; i < sizeof may / sizeof may[0]; i++)
        if (str_is(usage, may[i].usage) && str_starts(spec, str_of(may[i].spec)))
            return true;
    return false;
}

/* ---- policies ---- */
static bool any_like(const struct value *v, bool (*like)(struct str))
{
    size_t i;

    for (i = 0; v && v->kind == VALUE_LIST && i < v->list.n; i++)
        if (any_like(v->list.v[i], like))
            return true;
    return v && v->kind == VALUE_STRING && like(v->s);
}

static bool is_us(struct str who)
{
    return str_is(who, "*") || str_is(who, ACCOUNT) || str_ends(who, STR("::" ACCOUNT ":root")) || str_ends(who, STR("::" ACCOUNT ":user/sandbox"));
}

static bool is_put_policy(struct str action)
{
    return sim_glob(action, STR("kms:PutKeyPolicy"));
}

static bool keeps_us_in(const struct value *document)
{
    const struct value *const *list, *one[1], *who;
    size_t n = data_list(document, "Statement", &list, one), i;

    for (i = 0; i < n; i++) {
        who = value_get(list[i], STR("Principal"));
        who = who && who->kind == VALUE_OBJECT ? value_get(who, STR("AWS")) : who;
        if (str_is(data_str(list[i], "Effect"), "Allow") && any_like(who, is_us) && any_like(value_get(list[i], STR("Action")), is_put_policy))
            return true;
    }
    return false;
}

/* Roles that are named must be there: what was just made is not known at once. */
static bool knows(struct hook_call *c, const struct value *who)
{
    struct object *role;
    size_t i;

    for (i = 0; who && who->kind == VALUE_LIST && i < who->list.n; i++)
        if (!knows(c, who->list.v[i]))
            return false;
    if (!who || who->kind != VALUE_STRING || str_find(who->s, STR(":role/")) == SIZE_MAX)
        return true;
    role = role_of(c->sim, c->a, who->s);
    return role && !sim_missed(c->r, role);
}

static bool policy_check(struct hook_call *c, struct str text)
{
    const struct value *document = hook_document(c, text, "MalformedPolicyDocumentException", "The policy contains invalid Json"), *const *list, *one[1], *who;
    size_t n, i;

    if (!document)
        return false;
    n = data_list(document, "Statement", &list, one);
    for (i = 0; i < n; i++) {
        who = value_get(list[i], STR("Principal"));
        if (!knows(c, who && who->kind == VALUE_OBJECT ? value_get(who, STR("AWS")) : who))
            return sim_refuse(c->r, STR("MalformedPolicyDocumentException"), "Policy contains a statement with one or more invalid principals.");
    }
    return data_true(c->r->input, "BypassPolicyLockoutSafetyCheck") || keeps_us_in(document)
        || sim_refuse(c->r, STR("MalformedPolicyDocumentException"), "The new key policy will not allow you to update the key policy in the future.");
}

static struct str usual_policy(struct hook_call *c)
{
    return str_fmt(c->a, "{\"Version\":\"2012-10-17\",\"Id\":\"key-default-1\",\"Statement\":[{\"Sid\":\"Enable IAM User Permissions\",\"Effect\":\"Allow\","
                         "\"Principal\":{\"AWS\":\"arn:%.*s:iam::" ACCOUNT ":root\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}]}", STR_ARG(endpoint_partition(c->r->region)));
}

static bool key_check(struct hook_call *c)
{
    struct str policy = tree_text(c->a, c->r->input, STR("Policy")), usage = tree_text(c->a, c->attrs, STR("KeyUsage")), spec = tree_text(c->a, c->attrs, STR("KeySpec"));
    bool rotation = str_ends(c->r->op->name, STR("KeyRotation"));

    if (policy.n && !policy_check(c, policy))
        return false;
    if (!c->o && !fits(usage, spec))
        return sim_refuse(c->r, STR("ValidationException"), "KeyUsage %.*s is not compatible with KeySpec %.*s", STR_ARG(usage), STR_ARG(spec));
    if (!c->o && !policy.n)
        set_text(c, "Policy", usual_policy(c));
    if (rotation && !str_is(tree_text(c->a, c->o->attrs, STR("KeySpec")), "SYMMETRIC_DEFAULT"))
        return sim_refuse(c->r, STR("UnsupportedOperationException"), "%.*s does not support rotation.", STR_ARG(tree_text(c->a, c->o->attrs, STR("Arn"))));
    if (rotation && str_is(object_state(c->o), "Disabled"))
        return sim_refuse(c->r, STR("DisabledException"), "%.*s is disabled.", STR_ARG(tree_text(c->a, c->o->attrs, STR("Arn"))));
    return true;
}

/* ---- names ---- */
static bool alias_check(struct hook_call *c)
{
    struct str name = tree_text(c->a, c->r->input, STR("AliasName"));
    struct object *key = key_of(c->sim, c->a, tree_text(c->a, c->r->input, STR("TargetKeyId")));

    if (!str_starts(name, STR("alias/")) || name.n == 6)
        return sim_refuse(c->r, STR("InvalidAliasNameException"), "Alias must start with the prefix \"alias/\" and may not be empty after it.");
    if (str_starts(name, STR("alias/aws/")))
        return sim_refuse(c->r, STR("NotAuthorizedException"), "Aliases that begin with alias/aws/ are reserved for AWS.");
    if (key)
        set_text(c, "TargetKeyId", key->id);
    return true;
}

/* ---- deletion ---- */
static bool key_delete(struct hook_call *c)
{
    const struct value *given = value_get(c->r->input, STR("PendingWindowInDays")), *plan, *v;
    int64_t days = given && given->kind == VALUE_INT ? given->i : 30, at;
    struct object *o = hook_named(c);

    if (!o)
        return false;
    if (days < 7 || days > 30)
        return sim_refuse(c->r, STR("ValidationException"), "PendingWindowInDays must be between 7 and 30.");
    if (o->dying)
        return kind_refuse(c->r, o->kind, "busy", STR("KMSInvalidStateException"), tree_text(c->a, o->attrs, STR("Arn")), "is pending deletion.");
    at = c->sim->start_wall + c->sim->now + days * DAY_MS;
    v = value_with(c->a, value_with(c->a, o->attrs, STR("Enabled"), &value_false), STR("DeletionDate"), value_int(c->a, at));
    object_set(c->sim, o, v);
    plan = tree_put(c->a, tree_put(c->a, NULL, STR("steps"), text_value(c->a, "PendingDeletion")), STR("keep"), value_int(c->a, days * DAY_MS));
    object_run(c->sim, o, plan, true, NULL);
    o->m.corpse = false;                                   /* it can come back */
    v = tree_put(c->a, tree_put(c->a, NULL, STR("KeyId"), value_get(o->attrs, STR("Arn"))), STR("DeletionDate"), value_int(c->a, at));
    c->r->out = tree_put(c->a, tree_put(c->a, v, STR("KeyState"), text_value(c->a, "PendingDeletion")), STR("PendingWindowInDays"), value_int(c->a, days));
    return true;
}

static bool key_restore(struct hook_call *c)
{
    struct object *o = hook_named(c);

    if (!o)
        return false;
    if (!o->dying)
        return sim_refuse(c->r, STR("KMSInvalidStateException"), "%.*s is not pending deletion.", STR_ARG(tree_text(c->a, o->attrs, STR("Arn"))));
    o->dying = false;
    o->m = (struct machine){ 0 };
    object_set(c->sim, o, tree_put(c->a, value_with(c->a, o->attrs, STR("KeyState"), text_value(c->a, "Disabled")), STR("DeletionDate"), NULL));
    c->r->out = tree_put(c->a, NULL, STR("KeyId"), value_get(o->attrs, STR("Arn")));
    return true;
}

/* ---- data keys: the ciphertext names the key and veils the text ---- */
static bool may_use(struct hook_call *c, const struct object *o)
{
    struct str arn = tree_text(c->a, o->attrs, STR("Arn"));

    if (str_is(object_state(o), "Disabled"))
        return sim_refuse(c->r, STR("DisabledException"), "%.*s is disabled.", STR_ARG(arn));
    return !o->dying || kind_refuse(c->r, o->kind, "busy", STR("KMSInvalidStateException"), arn, "is pending deletion.");
}

static bool key_data(struct hook_call *c)
{
    const struct value *given = value_get(c->r->input, STR("NumberOfBytes")), *v;
    size_t n = given && given->kind == VALUE_INT ? (size_t)given->i : str_is(tree_text(c->a, c->r->input, STR("KeySpec")), "AES_128") ? 16 : 32, i;
    struct object *o = named(c);
    struct buf b = { 0 };
    struct str text;

    if (!o || !may_use(c, o))
        return false;
    for (i = 0; i < n; i++)
        buf_putc(&b, (char)sim_draw(c->sim, str_fmt(c->a, "data key %llu %zu", (unsigned long long)c->sim->next, i)));
    c->sim->next++;
    text = buf_take(&b, c->a);
    v = tree_put(c->a, NULL, STR("Plaintext"), value_string(c->a, base64(c->a, text)));
    text = str_fmt(c->a, "%.*s %.*s", STR_ARG(o->id), STR_ARG(sim_seal(c->sim, c->a, o->id, text)));
    v = tree_put(c->a, v, STR("CiphertextBlob"), value_string(c->a, base64(c->a, text)));
    c->r->out = tree_put(c->a, v, STR("KeyId"), value_get(o->attrs, STR("Arn")));
    return true;
}

static bool key_decrypt(struct hook_call *c)
{
    struct str blob, id = STR_NONE;
    struct object *o = NULL;

    if (base64_decode(c->a, tree_text(c->a, c->r->input, STR("CiphertextBlob")), &blob) && str_cut(&blob, ' ', &id))
        o = object_find(kms_kind(c->sim, "key"), id);
    if (!o)
        return sim_refuse(c->r, STR("InvalidCiphertextException"), "The ciphertext is invalid.");
    if (!may_use(c, o))
        return false;
    c->r->out = tree_put(c->a, NULL, STR("Plaintext"), value_string(c->a, base64(c->a, sim_unseal(c->sim, c->a, o->id, blob))));
    c->r->out = tree_put(c->a, c->r->out, STR("KeyId"), value_get(o->attrs, STR("Arn")));
    return true;
}

const struct hook hooks_kms[] = {
    { "key_describe", key_describe },
    { "key_shown", key_shown },
    { "key_check", key_check },
    { "key_delete", key_delete },
    { "key_restore", key_restore },
    { "key_data", key_data },
    { "key_decrypt", key_decrypt },
    { "alias_check", alias_check },
    { NULL, NULL },
};
