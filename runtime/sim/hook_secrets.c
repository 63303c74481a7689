/* hook_secrets.c - secrets: versions, the labels that move between them, and a deletion that can be taken back.
 * A secret has VersionIdsToStages, { version: [label..] }, as it is shown, and Values, { version: { text, binary, created } }, all that there are.
 * Values are sealed: whoever searches the disk for a secret finds what kc let out, not what the simulated AWS keeps. */
#include <string.h>
#include "hook.h"
#include "kc/hash.h"

enum { VERSIONS = 100, LABELS = 20 };

/* ---- sealing: not to be broken by grep ---- */
static struct str veil(struct sim *s, struct arena *a, struct str name, struct str text)
{
    char *out = arena_alloc(a, text.n ? text.n : 1);
    uint8_t key[32];
    size_t i;

    for (i = 0; i < text.n; i++) {
        if (i % sizeof key == 0)
            sha256(str_fmt(a, "seal %llu %.*s %zu", (unsigned long long)s->o.seed, STR_ARG(name), i), key);
        out[i] = (char)((uint8_t)text.s[i] ^ key[i % sizeof key]);
    }
    return (struct str){ out, text.n };
}

struct str sim_seal(struct sim *s, struct arena *a, struct str name, struct str text)
{
    return base64(a, veil(s, a, name, text));
}

struct str sim_unseal(struct sim *s, struct arena *a, struct str name, struct str sealed)
{
    struct str text = STR_NONE;

    return base64_decode(a, sealed, &text) ? veil(s, a, name, text) : STR_NONE;
}

/* ---- versions and labels ---- */
static const struct value *stages_of(const struct object *o)
{
    return value_get(o->attrs, STR("VersionIdsToStages"));
}

static bool has(const struct value *list, struct str label)
{
    size_t i;

    for (i = 0; list && i < list->list.n; i++)
        if (list->list.v[i]->kind == VALUE_STRING && str_eq(list->list.v[i]->s, label))
            return true;
    return false;
}

/* The version that bears the label; empty: none does. */
static struct str bearer(const struct value *stages, struct str label)
{
    size_t i;

    for (i = 0; i < stages->object.n; i++)
        if (has(stages->object.v[i].value, label))
            return stages->object.v[i].key;
    return STR_NONE;
}

/* The label at `to` alone; at none when that is empty. A version without labels is not shown any more. */
static const struct value *labelled(struct arena *a, const struct value *stages, struct str label, struct str to)
{
    struct fields f = { .a = a };
    size_t i, k;

    for (i = 0; i < stages->object.n; i++) {
        const struct value *old = stages->object.v[i].value, *list = &value_empty_list;

        for (k = 0; k < old->list.n; k++)
            if (!str_eq(old->list.v[k]->s, label))
                list = tree_list(a, list, old->list.v[k]);
        if (list->list.n || str_eq(stages->object.v[i].key, to))
            fields_put(&f, stages->object.v[i].key, list);
    }
    stages = fields_take(&f);
    return to.n ? value_with(a, stages, to, tree_list(a, value_get(stages, to), value_string(a, label))) : stages;
}

/* AWSCURRENT leaves AWSPREVIOUS where it was. */
static const struct value *moved(struct arena *a, const struct value *stages, struct str label, struct str to)
{
    struct str from = bearer(stages, label);

    stages = labelled(a, stages, label, to);
    if (str_is(label, "AWSCURRENT") && to.n && !str_eq(from, to)) {
        if (str_eq(bearer(stages, STR("AWSPREVIOUS")), to))
            stages = labelled(a, stages, STR("AWSPREVIOUS"), STR_NONE);
        if (from.n)
            stages = labelled(a, stages, STR("AWSPREVIOUS"), from);
    }
    return stages;
}

/* ---- the secret that a request names ---- */
static struct object *named(struct hook_call *c, bool kept)
{
    struct object *o = hook_named(c);

    if (o && kept && o->dying) {
        kind_refuse(c->r, o->kind, "busy", STR("InvalidRequestException"), o->id, "is marked for deletion");
        return NULL;
    }
    return o;
}

static void answer(struct hook_call *c, const struct object *o)
{
    c->r->out = tree_put(c->a, tree_put(c->a, NULL, STR("ARN"), value_get(o->attrs, STR("ARN"))), STR("Name"), value_get(o->attrs, STR("Name")));
}

static void tell(struct hook_call *c, const char *member, const struct value *v)
{
    if (v)
        c->r->out = value_with(c->a, c->r->out, str_of(member), v);
}

static int64_t wall(const struct sim *s)
{
    return s->start_wall + s->now;
}

/* ---- new versions ---- */
static struct str given(struct hook_call *c, bool *binary)
{
    struct str text = tree_text(c->a, c->r->input, STR("SecretString"));

    *binary = !text.n;
    return text.n ? text : tree_text(c->a, c->r->input, STR("SecretBinary"));
}

static struct str seal_name(struct arena *a, const struct object *o, struct str version)
{
    return str_fmt(a, "%.*s %.*s", STR_ARG(o->id), STR_ARG(version));
}

/* Those without labels are forgotten when there are too many. */
static const struct value *kept_values(struct arena *a, const struct value *values, const struct value *stages)
{
    struct fields f = { .a = a };
    size_t i, spare = values->object.n > VERSIONS ? values->object.n - VERSIONS : 0;

    for (i = 0; i < values->object.n; i++) {
        if (spare && !value_get(stages, values->object.v[i].key))
            spare--;
        else
            fields_put(&f, values->object.v[i].key, values->object.v[i].value);
    }
    return fields_take(&f);
}

static bool same_version(struct hook_call *c, struct object *o, const struct value *there, struct str version, struct str text)
{
    struct str had = sim_unseal(c->sim, c->a, seal_name(c->a, o, version), tree_text(c->a, there, STR("text")));

    return str_eq(had, text)
        || sim_refuse(c->r, STR("ResourceExistsException"), "You can't use ClientRequestToken %.*s because that value is already in use for a version of secret %.*s.",
                      STR_ARG(version), STR_ARG(tree_text(c->a, o->attrs, STR("ARN"))));
}

static bool may_encrypt(struct hook_call *c, const struct value *attrs)
{
    struct str key = tree_text(c->a, attrs, STR("KmsKeyId")), given = tree_text(c->a, c->r->input, STR("KmsKeyId"));

    key = given.n ? given : key;
    return !key.n || kms_can_encrypt(c->sim, c->a, c->r->region, key)
        || sim_refuse(c->r, STR("EncryptionFailure"), "Secrets Manager can't encrypt the protected secret text using the provided KMS key. Check that the KMS key is available, enabled, "
                      "and not in an invalid state.");
}

/* A version of the request's value, with the labels; the first one of a secret is its current one, too. Empty: refused, or there was no value. */
static struct str version_new(struct hook_call *c, struct object *o, const struct value *labels)
{
    const struct value *values = value_get(o->attrs, STR("Values")), *stages = stages_of(o), *v;
    struct str version = tree_text(c->a, c->r->input, STR("ClientRequestToken")), text;
    bool binary;
    size_t i;

    text = given(c, &binary);
    if (!text.n)
        return STR_NONE;
    if (!version.n)
        version = sim_new_id(c->sim, STR_NONE, 36);
    if (!may_encrypt(c, o->attrs))
        return STR_NONE;
    v = value_get(values, version);
    if (v)
        return same_version(c, o, v, version, text) ? version : STR_NONE;
    v = tree_put(c->a, NULL, STR("text"), value_string(c->a, sim_seal(c->sim, c->a, seal_name(c->a, o, version), text)));
    v = tree_put(c->a, tree_put(c->a, v, STR("binary"), value_bool(binary)), STR("created"), value_int(c->a, wall(c->sim)));
    if (!bearer(stages, STR("AWSCURRENT")).n && !has(labels, STR("AWSCURRENT")))
        labels = tree_list(c->a, labels, text_value(c->a, "AWSCURRENT"));
    for (i = 0; i < labels->list.n; i++)
        stages = moved(c->a, stages, labels->list.v[i]->s, version);
    v = value_with(c->a, o->attrs, STR("Values"), kept_values(c->a, value_with(c->a, values, version, v), stages));
    v = value_with(c->a, v, STR("LastChangedDate"), value_int(c->a, wall(c->sim)));
    object_set(c->sim, o, value_with(c->a, v, STR("VersionIdsToStages"), stages));
    return version;
}

static const struct value *current(struct hook_call *c)
{
    return tree_list(c->a, NULL, text_value(c->a, "AWSCURRENT"));
}

static bool secret_made(struct hook_call *c)
{
    struct str version = version_new(c, c->o, current(c));

    if (version.n)                                         /* what the reply to this create says */
        object_set(c->sim, c->o, value_with(c->a, c->o->attrs, STR("VersionId"), value_string(c->a, version)));
    return !c->r->failed;
}

static bool secret_put(struct hook_call *c)
{
    const struct value *labels = value_get(c->r->input, STR("VersionStages"));
    struct object *o = named(c, true);
    struct str version;
    bool binary;

    if (!o)
        return false;
    if (!given(c, &binary).n)
        return sim_refuse(c->r, STR("InvalidParameterException"), "You must provide either SecretString or SecretBinary.");
    version = version_new(c, o, labels && labels->list.n ? labels : current(c));
    if (!version.n)
        return false;
    answer(c, o);
    tell(c, "VersionId", value_string(c->a, version));
    tell(c, "VersionStages", value_get(stages_of(o), version));
    return true;
}

static bool secret_update(struct hook_call *c)
{
    static const char *const members[] = { "Description", "KmsKeyId" };
    struct object *o = named(c, true);
    struct str version;
    size_t i;

    if (!o)
        return false;
    version = version_new(c, o, current(c));
    if (c->r->failed)
        return false;
    for (i = 0; i < sizeof members / sizeof members[0]; i++) {
        const struct value *v = value_get(c->r->input, str_of(members[i]));
        bool none = v && v->kind == VALUE_STRING && !v->s.n;

        if (v)
            object_set(c->sim, o, tree_put(c->a, o->attrs, str_of(members[i]), none ? NULL : v));
    }
    answer(c, o);
    if (version.n)
        tell(c, "VersionId", value_string(c->a, version));
    return true;
}

/* ---- reading values ---- */
static bool no_value(struct hook_call *c, const char *what, struct str which)
{
    return sim_refuse(c->r, STR("ResourceNotFoundException"), "Secrets Manager can't find the specified secret value for %s: %.*s", what, STR_ARG(which));
}

static bool secret_value(struct hook_call *c)
{
    struct str version = tree_text(c->a, c->r->input, STR("VersionId")), label = tree_text(c->a, c->r->input, STR("VersionStage"));
    struct object *o = named(c, true);
    const struct value *v, *labels;

    if (!o)
        return false;
    if (!version.n) {
        label = label.n ? label : STR("AWSCURRENT");
        version = bearer(stages_of(o), label);
        if (!version.n)
            return no_value(c, "staging label", label);
    }
    v = value_get(value_get(o->attrs, STR("Values")), version);
    labels = value_get(stages_of(o), version);
    if (!v)
        return no_value(c, "VersionId", version);
    if (label.n && !has(labels, label))
        return sim_refuse(c->r, STR("InvalidRequestException"), "You provided a VersionStage that is not associated to the provided VersionId.");
    answer(c, o);
    tell(c, "VersionId", value_string(c->a, version));
    tell(c, "VersionStages", labels);
    tell(c, "CreatedDate", value_get(v, STR("created")));
    tell(c, data_true(v, "binary") ? "SecretBinary" : "SecretString",
         value_string(c->a, sim_unseal(c->sim, c->a, seal_name(c->a, o, version), tree_text(c->a, v, STR("text")))));
    return true;
}

static bool secret_versions(struct hook_call *c)
{
    bool all = data_true(c->r->input, "IncludeDeprecated");
    const struct value *values, *list = &value_empty_list;
    struct object *o = named(c, false);
    size_t i;

    if (!o)
        return false;
    values = value_get(o->attrs, STR("Values"));
    for (i = 0; i < values->object.n; i++) {
        const struct value *labels = value_get(stages_of(o), values->object.v[i].key), *v;

        if (!labels && !all)
            continue;
        v = tree_put(c->a, NULL, STR("VersionId"), value_string(c->a, values->object.v[i].key));
        v = tree_put(c->a, v, STR("CreatedDate"), value_get(values->object.v[i].value, STR("created")));
        list = tree_list(c->a, list, labels ? tree_put(c->a, v, STR("VersionStages"), labels) : v);
    }
    answer(c, o);
    tell(c, "Versions", list);
    return true;
}

/* ---- labels ---- */
static bool secret_stage(struct hook_call *c)
{
    const struct value *in = c->r->input, *values;
    struct str label = tree_text(c->a, in, STR("VersionStage")), to = tree_text(c->a, in, STR("MoveToVersionId")), from = tree_text(c->a, in, STR("RemoveFromVersionId")), at;
    const struct str bad = STR("InvalidParameterException");
    struct object *o = named(c, true);

    if (!o)
        return false;
    values = value_get(o->attrs, STR("Values"));
    at = bearer(stages_of(o), label);
    if (to.n && !value_get(values, to))
        return no_value(c, "VersionId", to);
    if (from.n && !str_eq(from, at))
        return sim_refuse(c->r, bad, "The staging label %.*s is not attached to the version %.*s.", STR_ARG(label), STR_ARG(from));
    if (to.n && at.n && !from.n && !str_eq(at, to))
        return sim_refuse(c->r, bad, "The parameter RemoveFromVersionId can't be empty. Staging label %.*s is currently attached to version %.*s, so you must explicitly "
                          "reference that version in RemoveFromVersionId.", STR_ARG(label), STR_ARG(at));
    if (!to.n && str_is(label, "AWSCURRENT"))
        return sim_refuse(c->r, bad, "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.");
    if (to.n && !str_eq(at, to) && value_get(stages_of(o), to) && value_get(stages_of(o), to)->list.n >= LABELS)
        return sim_refuse(c->r, STR("LimitExceededException"), "A version can have at most %d staging labels.", LABELS);
    if (!str_eq(at, to))
        object_set(c->sim, o, value_with(c->a, o->attrs, STR("VersionIdsToStages"), moved(c->a, stages_of(o), label, to)));
    answer(c, o);
    return true;
}

/* ---- deletion ---- */
static bool secret_delete(struct hook_call *c)
{
    const struct value *days = value_get(c->r->input, STR("RecoveryWindowInDays")), *plan = NULL;
    bool force = data_true(c->r->input, "ForceDeleteWithoutRecovery");
    int64_t n = days && days->kind == VALUE_INT ? days->i : 30;
    struct object *o;

    if (force && days)
        return sim_refuse(c->r, STR("InvalidParameterException"), "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
    if (n < 7 || n > 30)
        return sim_refuse(c->r, STR("InvalidParameterException"), "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
    o = named(c, !force);
    if (!o)
        return false;
    answer(c, o);
    tell(c, "DeletionDate", value_int(c->a, wall(c->sim) + (force ? 0 : n * DAY_MS)));
    if (force) {
        object_remove(c->sim, o);
        return true;
    }
    object_set(c->sim, o, value_with(c->a, o->attrs, STR("DeletedDate"), value_int(c->a, wall(c->sim) + n * DAY_MS)));
    plan = tree_put(c->a, tree_put(c->a, plan, STR("steps"), text_value(c->a, "scheduled")), STR("keep"), value_int(c->a, n * DAY_MS));
    object_run(c->sim, o, plan, true, NULL);
    o->m.corpse = false;                                   /* it still has its name */
    return true;
}

static bool secret_restore(struct hook_call *c)
{
    struct object *o = named(c, false);

    if (!o)
        return false;
    o->dying = false;
    o->m = (struct machine){ 0 };
    object_set(c->sim, o, tree_put(c->a, value_with(c->a, o->attrs, STR("State"), text_value(c->a, "kept")), STR("DeletedDate"), NULL));
    answer(c, o);
    return true;
}

/* ---- the rest ---- */
/* A value wants a key that can encrypt it; a policy that everybody may use is refused where the caller asks for that. */
static bool secret_check(struct hook_call *c)
{
    struct str text = c->o ? tree_text(c->a, c->attrs, STR("ResourcePolicy")) : STR_NONE;
    const struct value *document;
    bool binary;

    if (!c->o && given(c, &binary).n && !may_encrypt(c, c->attrs))
        return false;
    if (!text.n)
        return true;
    document = hook_document(c, text, "MalformedPolicyDocumentException", "This resource policy contains invalid Json");
    if (!document)
        return false;
    if (data_true(c->r->input, "BlockPublicPolicy") && document_is_public(document))
        return sim_refuse(c->r, STR("PublicPolicyException"), "This resource policy grants broad access to your secret.");
    return true;
}

static bool secret_shown(struct hook_call *c)
{
    c->attrs = value_with(c->a, c->attrs, STR("SecretVersionsToStages"), stages_of(c->o));
    return true;
}

static bool secrets_list(struct hook_call *c)
{
    const struct shape *elem = model_member(c->r->op->out, STR("SecretList"))->shape->elem;
    bool all = data_true(c->r->input, "IncludePlannedDeletion");
    const struct value *list = &value_empty_list;
    struct object *o;
    size_t i = 0;

    while ((o = each_object(c->verb->on, &i)))
        if (!sim_missed(c->r, o) && (all || !o->dying))
            list = tree_list(c->a, list, sim_show(c->r, o, elem));
    tell(c, "SecretList", list);
    return true;
}

const struct hook hooks_secrets[] = {
    { "secret_made", secret_made },
    { "secret_put", secret_put },
    { "secret_update", secret_update },
    { "secret_value", secret_value },
    { "secret_versions", secret_versions },
    { "secret_stage", secret_stage },
    { "secret_delete", secret_delete },
    { "secret_restore", secret_restore },
    { "secret_check", secret_check },
    { "secret_shown", secret_shown },
    { "secrets_list", secrets_list },
    { NULL, NULL },
};
