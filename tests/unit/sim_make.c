/* sim_make.c - see sim_make.h. */
#include "sim_make.h"
#include <stdlib.h>
#include <string.h>
#include "kc/hash.h"
#include "sim/room.h"

const char *const sim_services[SIM_SERVICES] = { "acm", "autoscaling", "ec2", "ecr", "eks", "elbv2", "events", "iam", "kms", "logs", "resourcegroupstaggingapi", "route53", "s3",
                                                 "secretsmanager", "service-quotas", "sqs", "ssm", "sso", "sso-oidc", "sts" };

/* ---- random values of a shape ---- */
struct maker {
    struct arena *a;
    uint64_t state;
    bool line;                                             /* text for a header, a label or a query: one line, no blanks around */
};

static uint64_t next(struct maker *m)
{
    m->state ^= m->state << 13;
    m->state ^= m->state >> 7;
    m->state ^= m->state << 17;
    return m->state;
}

static size_t below(struct maker *m, size_t n)
{
    return n ? (size_t)(next(m) % n) : 0;
}

static struct str text(struct maker *m, const struct shape *s)
{
    static const char *const bits[] = { "a", "Z", "0", "-", "_", ".", "~", "/", ":", "+", "%", "&", "=", "<", ">", "\"", "'", "é", "*", "(", "#", "@", ",", ";", "{", "}", "$" };
    size_t lo = s->has_lo && s->lo > 0 ? (size_t)s->lo : 1, hi = s->has_hi && s->hi < 1e6 ? (size_t)s->hi : lo + 12, want, i;
    struct buf b = { 0 };

    want = lo + below(m, hi - lo > 12 ? 12 : hi - lo + 1);
    for (i = 0; i < want; i++)
        buf_cstr(&b, i && i + 1 < want && !m->line && !below(m, 6) ? " " : bits[below(m, !i ? 3 : m->line ? 11 : sizeof bits / sizeof bits[0])]);
    return buf_take(&b, m->a);
}

static const struct value *number(struct maker *m, const struct shape *s, bool whole)
{
    int64_t lo = s->has_lo ? (int64_t)s->lo : whole ? -50 : 0, hi = s->has_hi && s->hi < 1e15 ? (int64_t)s->hi : lo + 100000;
    int64_t n = lo + (int64_t)below(m, (size_t)(hi - lo) + 1);

    return whole ? value_int(m->a, n) : value_float(m->a, (double)n + (double)below(m, 4) / 4);
}

static const struct value *blob(struct maker *m, const struct shape *s)
{
    char bytes[40];
    size_t n = (s->has_lo && s->lo > 0 ? (size_t)s->lo : 1) + below(m, 8), i;

    if (n > sizeof bytes)
        n = sizeof bytes;
    for (i = 0; i < n; i++)
        bytes[i] = (char)next(m);
    return value_string(m->a, base64(m->a, (struct str){ bytes, n }));
}

static const struct value *make(struct maker *m, const struct shape *s, int depth);

static bool scalar(const struct shape *s)
{
    return s->kind != SHAPE_STRUCT && s->kind != SHAPE_LIST && s->kind != SHAPE_MAP;
}

/* How the body is summed, and to what: whoever writes it says. */
static bool clients_own(struct str member)
{
    return str_is(member, "ChecksumAlgorithm") || str_is(member, "ContentMD5") || str_is(member, "ChecksumSHA256");
}

static const struct value *structure(struct maker *m, const struct shape *s, int depth)
{
    struct fields f = { .a = m->a };
    size_t i;

    for (i = 0; i < s->nmembers; i++) {
        bool line = s->members[i].location != LOCATION_BODY, deep = depth > 4;

        if (!s->members[i].required && s->nmembers > 1 && &s->members[i] != s->payload && !str_is(s->members[i].name, "ContentType") && (deep || below(m, s->nmembers > 12 ? 4 : 2)))
            continue;
        if (s->members[i].location == LOCATION_STATUS || clients_own(s->members[i].name))
            continue;
        m->line = line;
        fields_put(&f, s->members[i].name, str_is(s->members[i].name, "Bucket") && line ? value_string(m->a, STR("bucket-1")) : make(m, s->members[i].shape, depth + 1));
        m->line = false;
    }
    for (i = 0; depth && !f.n && i < s->nmembers; i++)     /* never empty: an empty one does not travel in a form */
        if (scalar(s->members[i].shape) || depth < 9)
            fields_put(&f, s->members[i].name, make(m, s->members[i].shape, depth + 1));
    return fields_take(&f);
}

static const struct value *make(struct maker *m, const struct shape *s, int depth)
{
    size_t n = (s->has_lo && s->lo > 0 ? (size_t)s->lo : 1) + below(m, depth > 4 ? 1 : 2), i;
    const struct value *v = NULL;
    struct fields f = { .a = m->a };

    if (s->has_hi && s->hi >= 0 && n > (size_t)s->hi)
        n = (size_t)s->hi;
    switch (s->kind) {
    case SHAPE_STRUCT:
        return structure(m, s, depth);
    case SHAPE_LIST:
        for (i = 0; i < n && depth < 10; i++)
            v = tree_list(m->a, v, make(m, s->elem, depth + 1));
        return v ? v : &value_empty_list;
    case SHAPE_MAP:
        for (i = 0; i < n && depth < 10; i++)
            fields_put(&f, m->line ? str_fmt(m->a, "key-%zu", i) : make(m, s->key, depth + 1)->s, make(m, s->elem, depth + 1));
        return fields_take(&f);
    case SHAPE_BOOL:
        return value_bool(below(m, 2));
    case SHAPE_INT:
    case SHAPE_LONG:
        return number(m, s, true);
    case SHAPE_FLOAT:
    case SHAPE_DOUBLE:
        return number(m, s, false);
    case SHAPE_TIME:
        return value_int(m->a, (int64_t)(below(m, 2000000000)) * 1000);
    case SHAPE_BLOB:
        return blob(m, s);
    case SHAPE_ENUM:
        return value_string(m->a, s->values[below(m, s->nvalues)]);
    case SHAPE_STRING:
        return value_string(m->a, text(m, s));
    }
    return NULL;
}

/* The client takes blobs as bytes and writes base64; what the simulator reads is base64. */
const struct value *sim_bytes(struct arena *a, const struct shape *s, const struct value *v)
{
    struct fields f = { .a = a };
    const struct value *out = &value_empty_list;
    struct str raw;
    size_t i;

    if (s->kind == SHAPE_BLOB && base64_decode(a, v->s, &raw))
        return value_string(a, raw);
    if (s->kind == SHAPE_LIST) {
        for (i = 0; i < v->list.n; i++)
            out = tree_list(a, out, sim_bytes(a, s->elem, v->list.v[i]));
        return out;
    }
    if (s->kind != SHAPE_STRUCT && s->kind != SHAPE_MAP)
        return v;
    for (i = 0; i < v->object.n; i++) {
        const struct member *m = s->kind == SHAPE_STRUCT ? model_member(s, v->object.v[i].key) : NULL;

        fields_put(&f, v->object.v[i].key, sim_bytes(a, m ? m->shape : s->elem, v->object.v[i].value));
    }
    return fields_take(&f);
}

const struct value *sim_make(struct arena *a, const struct shape *s, uint64_t seed)
{
    struct maker m = { .a = a, .state = 88172645463325252ull + seed };

    return s ? make(&m, s, 0) : &value_empty_object;
}

/* ---- an account that knows every service and does nothing ---- */
const struct value *sim_everything(struct arena *a)
{
    struct fields f = { .a = a };
    size_t i;

    for (i = 0; i < SIM_SERVICES; i++) {
        const char *host = !strcmp(sim_services[i], "elbv2") ? "elasticloadbalancing" : !strcmp(sim_services[i], "ecr") ? "api.ecr" : !strcmp(sim_services[i], "resourcegroupstaggingapi") ? "tagging"
                         : !strcmp(sim_services[i], "service-quotas") ? "servicequotas" : !strcmp(sim_services[i], "sso") ? "portal.sso" : !strcmp(sim_services[i], "sso-oidc") ? "oidc" : sim_services[i];
        const struct value *v = tree_put(a, NULL, STR("service.host"), value_string(a, str_of(host)));

        if (!strcmp(sim_services[i], "s3"))
            v = tree_put(a, v, STR("service.buckets"), &value_true);
        fields_put(&f, str_of(sim_services[i]), v);
    }
    return fields_take(&f);
}

