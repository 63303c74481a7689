/* hook_sqs.c - queues: attributes that are checked, that show some time after they were set; names that are not free at once. */
#include <string.h>
#include "hook.h"
#include "kc/json.h"

enum { NAME_KEPT_MS = 60000, SPREAD_MS = 1500 };

struct attribute { const char *name; int64_t least, most; const char *usual; bool fifo; };
/* Numbers, with their bounds; texts have none. */
static const struct attribute table[] = {
    { "DelaySeconds", 0, 900, "0", false },
    { "MaximumMessageSize", 1024, 1048576, "1048576", false },
    { "MessageRetentionPeriod", 60, 1209600, "345600", false },
    { "ReceiveMessageWaitTimeSeconds", 0, 20, "0", false },
    { "VisibilityTimeout", 0, 43200, "30", false },
    { "KmsDataKeyReusePeriodSeconds", 60, 86400, NULL, false },
    { "SqsManagedSseEnabled", 1, 0, "true", false },
    { "KmsMasterKeyId", 1, 0, NULL, false },
    { "Policy", 1, 0, NULL, false },
    { "RedrivePolicy", 1, 0, NULL, false },
    { "RedriveAllowPolicy", 1, 0, NULL, false },
    { "FifoQueue", 1, 0, "true", true },
    { "ContentBasedDeduplication", 1, 0, "false", true },
    { "DeduplicationScope", 1, 0, "queue", true },
    { "FifoThroughputLimit", 1, 0, "perQueue", true },
};
enum { ATTRIBUTES = sizeof table / sizeof table[0] };

static struct kind *sqs_kind(struct sim *s, const char *name)
{
    return kind_find(s, STR("sqs"), str_of(name));
}

static bool is_fifo(struct str name)
{
    return str_ends(name, STR(".fifo"));
}

static bool bad_value(struct hook_call *c, struct str name)
{
    return sim_refuse(c->r, STR("InvalidAttributeValue"), "Invalid value for the parameter %.*s.", STR_ARG(name));
}

/* ---- what attributes may be ---- */
static const struct attribute *row_of(struct str name)
{
    size_t i;

    for (i = 0; i < ATTRIBUTES; i++)
        if (str_is(name, table[i].name))
            return &table[i];
    return NULL;
}

static bool redrive(struct hook_call *c, struct str queue, struct str text)
{
    struct str why, arn;
    const struct value *v = json_read(c->a, text, 0, &why);
    struct object *target;
    int64_t n;

    if (!v || v->kind != VALUE_OBJECT || !str_int(tree_text(c->a, v, STR("maxReceiveCount")), &n) || n < 1 || n > 1000)
        return bad_value(c, STR("RedrivePolicy"));
    arn = tree_text(c->a, v, STR("deadLetterTargetArn"));
    target = object_by(c->a, sqs_kind(c->sim, "queue"), STR("Arn"), arn);
    if (!target || sim_missed(c->r, target))
        return sim_refuse(c->r, STR("InvalidParameterValue"), "Value %.*s for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.", STR_ARG(text));
    if (is_fifo(target->id) != is_fifo(queue))
        return sim_refuse(c->r, STR("InvalidParameterValue"), "Value %.*s for parameter RedrivePolicy is invalid. Reason: Dead-letter queue must be same type of queue as the source.",
                          STR_ARG(text));
    return true;
}

static bool allowed(struct hook_call *c, struct str queue, struct str name, struct str text)
{
    const struct attribute *row = row_of(name);
    struct str why;
    int64_t n;

    if (!row || (row->fifo && !is_fifo(queue)))
        return sim_refuse(c->r, STR("InvalidAttributeName"), "Unknown Attribute %.*s.", STR_ARG(name));
    if (!text.n)
        return true;
    if (row->least <= row->most)
        return (str_int(text, &n) && n >= row->least && n <= row->most) || bad_value(c, name);
    if (str_is(name, "Policy"))
        return hook_document(c, text, "InvalidAttributeValue", "Invalid value for the parameter Policy.") != NULL;
    if (str_is(name, "RedrivePolicy"))
        return redrive(c, queue, text);
    if (str_is(name, "RedriveAllowPolicy"))
        return json_read(c->a, text, 0, &why) || bad_value(c, name);
    return true;
}

static bool all_allowed(struct hook_call *c, struct str queue, const struct value *given)
{
    bool kms = tree_text(c->a, given, STR("KmsMasterKeyId")).n > 0, own = str_is(tree_text(c->a, given, STR("SqsManagedSseEnabled")), "true");
    size_t i;

    for (i = 0; given && i < given->object.n; i++)
        if (!allowed(c, queue, given->object.v[i].key, value_text(c->a, given->object.v[i].value)))
            return false;
    if (kms && own)
        return sim_refuse(c->r, STR("InvalidAttributeValue"), "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.");
    return true;
}

/* Given ones over those that there are; an empty text takes one off. */
static const struct value *over(struct hook_call *c, const struct value *now, const struct value *given)
{
    size_t i;

    for (i = 0; given && i < given->object.n; i++)
        now = tree_put(c->a, now, given->object.v[i].key, value_text(c->a, given->object.v[i].value).n ? given->object.v[i].value : NULL);
    if (tree_text(c->a, given, STR("KmsMasterKeyId")).n)
        now = tree_put(c->a, now, STR("SqsManagedSseEnabled"), text_value(c->a, "false"));
    if (str_is(tree_text(c->a, given, STR("SqsManagedSseEnabled")), "true"))
        now = tree_put(c->a, tree_put(c->a, now, STR("KmsMasterKeyId"), NULL), STR("KmsDataKeyReusePeriodSeconds"), NULL);
    return now;
}

/* ---- making ---- */
static bool queue_check(struct hook_call *c)
{
    struct str name = tree_text(c->a, c->attrs, STR("QueueName"));
    const struct value *given = value_get(c->r->input, STR("Attributes")), *all = &value_empty_object;
    size_t i;

    if (str_is(tree_text(c->a, given, STR("FifoQueue")), "true") != is_fifo(name))
        return sim_refuse(c->r, STR("InvalidParameterValue"), "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix "
                          "and be 1 to 80 in length.");
    if (!all_allowed(c, name, given))
        return false;
    for (i = 0; i < ATTRIBUTES; i++)
        if (table[i].usual && (!table[i].fifo || is_fifo(name)))
            all = tree_put(c->a, all, str_of(table[i].name), text_value(c->a, table[i].usual));
    c->attrs = value_with(c->a, c->attrs, STR("Attributes"), over(c, all, given));
    return true;
}

/* One of the name: the same queue for the same attributes. */
static bool there_already(struct hook_call *c, const struct object *o)
{
    const struct value *given = value_get(c->r->input, STR("Attributes")), *have = value_get(o->attrs, STR("Attributes"));
    size_t i;

    for (i = 0; given && i < given->object.n; i++)
        if (!str_eq(value_text(c->a, given->object.v[i].value), tree_text(c->a, have, given->object.v[i].key)))
            return sim_refuse(c->r, STR("QueueNameExists"), "A queue already exists with the same name and a different value for attribute %.*s", STR_ARG(given->object.v[i].key));
    c->r->out = tree_put(c->a, NULL, STR("QueueUrl"), value_get(o->attrs, STR("QueueUrl")));
    return true;
}

static bool queue_create(struct hook_call *c)
{
    struct str name = tree_text(c->a, c->r->input, STR("QueueName"));
    struct object *o = object_find(sqs_kind(c->sim, "queue"), name), *former = object_find(sqs_kind(c->sim, "deleted_queue"), name);

    if (o && str_eq(o->region, c->r->region))
        return there_already(c, o);
    if (former && str_eq(former->region, c->r->region))
        return sim_refuse(c->r, STR("QueueDeletedRecently"), "You must wait 60 seconds after deleting a queue before you can create another with the same name.");
    return verb_create(c->r, c->verb);
}

static bool queue_removed(struct hook_call *c)
{
    const struct value *v = tree_put(c->a, NULL, STR("QueueName"), value_str(c->a, c->o->id));
    struct object *o = object_new(c->sim, sqs_kind(c->sim, "deleted_queue"), c->o->id, c->o->region, v);

    object_run(c->sim, o, tree_put(c->a, NULL, STR("keep"), value_int(c->a, NAME_KEPT_MS)), true, NULL);
    return true;
}

/* ---- changing, showing ---- */
static bool queue_set(struct hook_call *c)
{
    const struct value *given = value_get(c->r->input, STR("Attributes")), *now, *v;
    struct object *o = hook_named(c);
    int64_t at;

    if (!o || !all_allowed(c, o->id, given))
        return false;
    if (value_get(given, STR("FifoQueue")))
        return sim_refuse(c->r, STR("InvalidAttributeName"), "Unknown Attribute FifoQueue.");
    now = value_get(o->attrs, STR("Attributes"));
    at = c->sim->now + (c->sim->o.exact ? 0 : sim_draw_ms(c->sim, SPREAD_MS, str_fmt(c->a, "spread %.*s %lld", STR_ARG(o->id), (long long)c->sim->now)));
    v = value_with(c->a, value_with(c->a, o->attrs, STR("Former"), now), STR("ShownAt"), value_int(c->a, at));
    v = value_with(c->a, v, STR("Changed"), value_int(c->a, c->sim->start_wall + c->sim->now));
    object_set(c->sim, o, value_with(c->a, v, STR("Attributes"), over(c, now, given)));
    return true;
}

static struct str seconds_of(struct hook_call *c, const struct object *o, const char *attr)
{
    const struct value *v = value_get(o->attrs, str_of(attr));

    return str_fmt(c->a, "%lld", (long long)(v && v->kind == VALUE_INT ? v->i / 1000 : 0));
}

static bool is_asked(struct hook_call *c, struct str name)
{
    const struct value *const *names, *one[1];
    size_t n = data_list(c->r->input, "AttributeNames", &names, one), i;

    for (i = 0; i < n; i++)
        if (str_is(value_text(c->a, names[i]), "All") || str_eq(value_text(c->a, names[i]), name))
            return true;
    return false;
}

static bool queue_show(struct hook_call *c)
{
    static const char *const counts[] = { "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed" };
    struct object *o = hook_named(c);
    const struct value *at, *all, *out = &value_empty_object;
    size_t i;

    if (!o)
        return false;
    at = value_get(o->attrs, STR("ShownAt"));
    all = value_get(o->attrs, at && at->i > c->sim->now ? STR("Former") : STR("Attributes"));
    all = tree_put(c->a, all, STR("QueueArn"), value_get(o->attrs, STR("Arn")));
    all = tree_put(c->a, all, STR("CreatedTimestamp"), value_string(c->a, seconds_of(c, o, "CreatedTimestamp")));
    all = tree_put(c->a, all, STR("LastModifiedTimestamp"), value_string(c->a, seconds_of(c, o, "Changed")));
    for (i = 0; i < sizeof counts / sizeof counts[0]; i++)
        all = tree_put(c->a, all, str_of(counts[i]), text_value(c->a, "0"));
    for (i = 0; i < all->object.n; i++)
        if (is_asked(c, all->object.v[i].key))
            out = value_with(c->a, out, all->object.v[i].key, all->object.v[i].value);
    c->r->out = tree_put(c->a, NULL, STR("Attributes"), out);
    return true;
}

static bool queues_list(struct hook_call *c)
{
    struct str prefix = tree_text(c->a, c->r->input, STR("QueueNamePrefix"));
    const struct value *list = &value_empty_list;
    struct object *o;
    size_t i = 0;

    while ((o = each_object(sqs_kind(c->sim, "queue"), &i)))
        if (!sim_missed(c->r, o) && str_starts(o->id, prefix))
            list = tree_list(c->a, list, value_get(o->attrs, STR("QueueUrl")));
    c->r->out = tree_put(c->a, NULL, STR("QueueUrls"), list);
    return true;
}

const struct hook hooks_sqs[] = {
    { "queue_check", queue_check },
    { "queue_create", queue_create },
    { "queue_removed", queue_removed },
    { "queue_set", queue_set },
    { "queue_show", queue_show },
    { "queues_list", queues_list },
    { NULL, NULL },
};
