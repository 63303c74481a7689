/* hook_s3.c - S3 beyond data: names of buckets that everybody shares, policies that let everybody in, objects with versions, conditional writes.
 * Bodies over 64 KiB are not kept, only their size and digests: GetObject of them is refused as not implemented.
 * Not here: listings (hook_s3_list.c). */
#include <string.h>
#include "hook_s3.h"
#include "kc/hash.h"

enum { KEPT_BODY = 64 << 10, MAX_TAGS = 10 };

struct kind *s3_kind(struct sim *s, const char *name)
{
    return kind_find(s, STR("s3"), str_of(name));
}

static struct str given(struct hook_call *c, const char *path)
{
    return tree_text(c->a, c->r->input, str_of(path));
}

/* ---- buckets ---- */
static bool is_stranger(struct hook_call *c, struct str name)
{
    return listed(value_get(s3_kind(c->sim, "bucket")->data, STR("strangers")), name);
}

struct object *s3_bucket(struct hook_call *c)
{
    struct verb named = { .kind = VERB_GET, .on = s3_kind(c->sim, "bucket"), .data = &value_empty_object };
    struct vec found = { 0 };
    struct object *o = sim_locate(c->r, &named, &found) ? found.v[0] : NULL;

    vec_fini(&found);
    return o;
}

bool s3_versioned(const struct object *bucket)
{
    return value_get(bucket->attrs, STR("Status")) != NULL;
}

static bool name_fits(struct str name)
{
    size_t i, digits = 0;

    if (name.n < 3 || name.n > 63 || str_find(name, STR("..")) != SIZE_MAX)
        return false;
    for (i = 0; i < name.n; i++) {
        bool plain = (name.s[i] >= 'a' && name.s[i] <= 'z') || (name.s[i] >= '0' && name.s[i] <= '9');

        digits += (name.s[i] >= '0' && name.s[i] <= '9') || name.s[i] == '.';
        if (!plain && (i == 0 || i + 1 == name.n || (name.s[i] != '-' && name.s[i] != '.')))
            return false;
    }
    return digits < name.n;                                /* no IP address */
}

static bool constraint_fits(struct hook_call *c)
{
    struct str want = given(c, "CreateBucketConfiguration.LocationConstraint"), region = c->r->region;
    bool home = str_is(region, "us-east-1");

    if (home && str_is(want, "us-east-1"))
        return sim_refuse(c->r, STR("InvalidLocationConstraint"), "The specified location-constraint is not valid");
    if (want.n ? str_eq(want, region) : home)
        return true;
    return sim_refuse(c->r, STR("IllegalLocationConstraintException"), "The %.*s location constraint is incompatible for the region specific endpoint this request was sent to.",
                      STR_ARG(want.n ? want : STR("unspecified")));
}

static bool create_bucket(struct hook_call *c)
{
    struct request *r = c->r;
    struct verb create = { .kind = VERB_CREATE, .on = s3_kind(c->sim, "bucket"), .data = &value_empty_object };
    struct str name = given(c, "Bucket"), ownership = given(c, "ObjectOwnership"), want = given(c, "CreateBucketConfiguration.LocationConstraint");
    const struct value *input = r->input, *v = tree_put(c->a, NULL, STR("Bucket"), value_get(input, STR("Bucket"))), *rule;
    struct object *had = object_find(create.on, name);

    if (!name_fits(name))
        return sim_refuse(r, STR("InvalidBucketName"), "The specified bucket is not valid.");
    if (!constraint_fits(c))
        return false;
    if (is_stranger(c, name))
        return sim_refuse(r, STR("BucketAlreadyExists"), "The requested bucket name is not available. The bucket namespace is shared by all users of the system.");
    if (had && !(str_is(had->region, "us-east-1") && str_is(r->region, "us-east-1")))
        return sim_refuse(r, STR("BucketAlreadyOwnedByYou"), "Your previous request to create the named bucket succeeded and you already own it.");
    if (!had) {
        rule = tree_put(c->a, NULL, STR("ObjectOwnership"), value_string(c->a, ownership));
        v = tree_put(c->a, v, STR("LocationConstraint"), want.n ? value_string(c->a, want) : NULL);
        v = tree_put(c->a, v, STR("OwnershipControls.Rules"), ownership.n ? tree_list(c->a, NULL, rule) : NULL);
        v = tree_put(c->a, v, STR("Status"), str_is(given(c, "ObjectLockEnabledForBucket"), "true") ? text_value(c->a, "Enabled") : NULL);
        v = tree_put(c->a, v, STR("Tags"), tree_get(input, STR("CreateBucketConfiguration.Tags")));
        r->input = v;
        if (!verb_create(r, &create))
            return false;
    }
    r->out = tree_put(c->a, NULL, STR("Location"), value_string(c->a, str_fmt(c->a, "/%.*s", STR_ARG(name))));
    return true;
}

/* ---- policies ---- */
/* Each resource is the bucket or something in it. */
static bool about(struct hook_call *c, const struct value *policy, struct str bucket)
{
    const struct value *const *s, *one[1];
    size_t n = data_list(policy, "Statement", &s, one), i, k, m;

    for (i = 0; i < n; i++) {
        const struct value **leaf;

        for (k = 0, m = tree_leaves(c->a, s[i], STR("Resource"), &leaf); k < m; k++) {
            struct str text = tree_text(c->a, leaf[k], STR_NONE), head = STR(":s3:::");
            size_t at = str_find(text, head);
            struct str rest = at == SIZE_MAX ? STR_NONE : str_sub(text, at + head.n, text.n);

            if (!str_starts(rest, bucket) || (rest.n > bucket.n && rest.s[bucket.n] != '/'))
                return false;
        }
        if (!m)
            return false;
    }
    return n > 0;
}

/* What is about to be stored of a bucket. */
static bool bucket_check(struct hook_call *c)
{
    struct str text = tree_text(c->a, c->attrs, STR("Policy"));
    const struct value *policy;

    if (!text.n || !c->o)
        return true;
    policy = hook_document(c, text, "MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'");
    if (!policy)
        return false;
    if (!about(c, policy, c->o->id))
        return sim_refuse(c->r, STR("MalformedPolicy"), "Policy has invalid resource");
    if (document_is_public(policy) && str_is(tree_text(c->a, c->o->attrs, STR("PublicAccessBlockConfiguration.BlockPublicPolicy")), "true"))
        return sim_refuse(c->r, STR("AccessDenied"), "User is not authorized to perform: s3:PutBucketPolicy on this bucket because public policies are blocked by the BlockPublicPolicy "
                          "block public access setting.");
    return true;
}

/* ---- versions ---- */
bool s3_marker(const struct object *version)
{
    return data_true(version->attrs, "DeleteMarker");
}

struct object *s3_latest(struct hook_call *c, struct str bucket, struct str key)
{
    struct object *o, *latest = NULL;
    size_t i = 0;

    while ((o = each_object(s3_kind(c->sim, "version"), &i)))
        if (str_eq(data_str(o->attrs, "Key"), key) && str_eq(data_str(o->attrs, "Bucket"), bucket)
            && (!latest || str_cmp(data_str(o->attrs, "Order"), data_str(latest->attrs, "Order")) < 0))
            latest = o;
    return latest;
}

static struct str version_name(struct arena *a, struct str bucket, struct str key, struct str id)
{
    return str_fmt(a, "%.*s/%.*s/%.*s", STR_ARG(bucket), STR_ARG(key), STR_ARG(id));
}

struct object *s3_version(struct hook_call *c, struct str bucket, struct str key, struct str id)
{
    return object_find(s3_kind(c->sim, "version"), version_name(c->a, bucket, key, id));
}

/* A new latest version, or the one without an id anew. `Order` sorts later ones before earlier ones, and begins their ids: a marker in a listing holds
 * when what it names is gone. */
static struct object *add_version(struct hook_call *c, const struct object *bucket, struct str key, const struct value *attrs)
{
    bool many = str_is(data_str(bucket->attrs, "Status"), "Enabled");
    struct str id = STR("null"), order;
    struct object *o = many ? NULL : s3_version(c, bucket->id, key, id);

    order = str_fmt(c->a, "%016llx", (unsigned long long)(UINT64_MAX - c->sim->next++));
    if (many)
        id = str_fmt(c->a, "%.*s%.*s", STR_ARG(order), STR_ARG(sim_new_id(c->sim, STR_NONE, 16)));
    attrs = tree_put(c->a, attrs, STR("Order"), value_string(c->a, order));
    attrs = tree_put(c->a, attrs, STR("Bucket"), value_string(c->a, bucket->id));
    attrs = tree_put(c->a, attrs, STR("Key"), value_string(c->a, key));
    attrs = tree_put(c->a, attrs, STR("VersionId"), value_string(c->a, id));
    attrs = tree_put(c->a, attrs, STR("LastModified"), value_int(c->a, c->sim->start_wall + c->sim->now));
    if (o)
        object_set(c->sim, o, attrs);
    else
        o = object_new(c->sim, s3_kind(c->sim, "version"), version_name(c->a, bucket->id, key, id), bucket->region, attrs);
    o->made = true;
    return o;
}

const struct value *s3_remove(struct hook_call *c, const struct object *bucket, struct str key, struct str id)
{
    struct object *o = id.n ? s3_version(c, bucket->id, key, id) : NULL;
    const struct value *out = &value_empty_object;

    if (!id.n && s3_versioned(bucket))
        o = add_version(c, bucket, key, tree_put(c->a, NULL, STR("DeleteMarker"), &value_true));
    else if (!id.n)
        o = s3_version(c, bucket->id, key, STR("null"));
    if (o && s3_versioned(bucket)) {
        out = tree_put(c->a, out, STR("VersionId"), value_get(o->attrs, STR("VersionId")));
        out = tree_put(c->a, out, STR("DeleteMarker"), s3_marker(o) ? &value_true : NULL);
    }
    if (o && (id.n || !s3_versioned(bucket)))
        object_remove(c->sim, o);
    return out;
}

/* ---- writing ---- */
static struct str etag(struct hook_call *c)
{
    return str_fmt(c->a, "\"%.*s\"", STR_ARG(hex(c->a, sim_sums(c->r)->md5, 16)));
}

/* Clients of a served account are others' programs, whose only races are those that they run. */
static bool lost_a_race(struct hook_call *c, struct str key)
{
    const struct value *share = value_get(c->verb->data, STR("conflicts"));
    struct str what = str_fmt(c->a, "conflict %.*s %llu", STR_ARG(key), (unsigned long long)c->sim->requests);

    if (c->sim->o.exact || c->sim->o.served)
        return false;
    return share && share->kind == VALUE_INT && sim_draw_unit(c->sim, what) * 100 < (double)share->i;
}

/* If-None-Match: *, If-Match: "etag". Two writers at one time may both be told to come again. */
static bool conditions_hold(struct hook_call *c, struct str key, const struct object *latest)
{
    struct str none = given(c, "IfNoneMatch"), match = given(c, "IfMatch");
    bool there = latest && !s3_marker(latest);

    if (none.n && !str_is(none, "*"))
        return sim_refuse(c->r, STR("NotImplemented"), "A header you provided implies functionality that is not implemented: If-None-Match takes * only");
    if (match.n && !there)
        return sim_refuse(c->r, STR("NoSuchKey"), "The specified key does not exist.");
    if ((none.n && there) || (match.n && !str_eq(match, data_str(latest->attrs, "ETag"))))
        return sim_refuse(c->r, STR("PreconditionFailed"), "At least one of the pre-conditions you specified did not hold");
    if ((none.n || match.n) && lost_a_race(c, key))
        return sim_refuse(c->r, STR("ConditionalRequestConflict"), "The conditional request cannot succeed due to a conflicting operation against this resource.");
    return true;
}

/* "team=a&env=b", as the header has tags. NULL: refused. */
static const struct value *header_tags(struct hook_call *c)
{
    struct fields f = { .a = c->a };
    struct param *v;
    bool bad;
    size_t n = form_parse(c->a, given(c, "Tagging"), true, &v, &bad), i;

    for (i = 0; i < n; i++)
        fields_put(&f, v[i].key, value_string(c->a, v[i].value));
    if (!bad && f.n <= MAX_TAGS)
        return fields_take(&f);
    fields_take(&f);
    sim_refuse(c->r, STR("InvalidTag"), bad ? "The tags are badly encoded" : "Object tags cannot be greater than %d", MAX_TAGS);
    return NULL;
}

/* As the request says, else as the bucket does. */
static const struct value *encrypted(struct hook_call *c, const struct object *bucket, const struct value *attrs)
{
    const struct value *rules = tree_get(bucket->attrs, STR("ServerSideEncryptionConfiguration.Rules"));
    const struct value *rule = rules && rules->kind == VALUE_LIST && rules->list.n ? rules->list.v[0] : &value_empty_object;

    if (value_get(attrs, STR("ServerSideEncryption")))
        return attrs;
    attrs = tree_put(c->a, attrs, STR("ServerSideEncryption"), tree_get(rule, STR("ApplyServerSideEncryptionByDefault.SSEAlgorithm")));
    attrs = tree_put(c->a, attrs, STR("SSEKMSKeyId"), tree_get(rule, STR("ApplyServerSideEncryptionByDefault.KMSMasterKeyID")));
    return data_true(rule, "BucketKeyEnabled") ? tree_put(c->a, attrs, STR("BucketKeyEnabled"), &value_true) : attrs;
}

static const struct value *object_attrs(struct hook_call *c, const struct object *bucket)
{
    static const char *const told[] = { "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType", "Expires", "Metadata", "ServerSideEncryption",
                                        "SSEKMSKeyId", "BucketKeyEnabled", "StorageClass", "WebsiteRedirectLocation", "ChecksumCRC32", "ChecksumCRC32C", "ChecksumCRC64NVME",
                                        "ChecksumSHA1", "ChecksumSHA256" };
    struct str body = c->r->http->body;
    uint64_t size = sim_sums(c->r)->size;
    const struct value *v = &value_empty_object;
    size_t i;

    for (i = 0; i < sizeof told / sizeof told[0]; i++)
        v = tree_put(c->a, v, str_of(told[i]), value_get(c->r->input, str_of(told[i])));
    if (!value_get(v, STR("ContentType")))
        v = tree_put(c->a, v, STR("ContentType"), text_value(c->a, "binary/octet-stream"));
    if (!value_get(v, STR("StorageClass")))
        v = tree_put(c->a, v, STR("StorageClass"), text_value(c->a, "STANDARD"));
    v = tree_put(c->a, v, STR("ETag"), value_string(c->a, etag(c)));
    v = tree_put(c->a, v, STR("Size"), value_int(c->a, (int64_t)size));
    v = tree_put(c->a, v, STR("Body"), size <= KEPT_BODY ? value_str(c->a, base64(c->a, body)) : NULL);
    return encrypted(c, bucket, v);
}

/* The members of the reply that the object has; its version only where the bucket has versions. */
static const struct value *shown(struct hook_call *c, const struct object *bucket, const struct object *o)
{
    struct fields f = { .a = c->a };
    bool sums = !model_member(c->r->op->in, STR("ChecksumMode")) || str_is(given(c, "ChecksumMode"), "ENABLED");
    size_t i;

    for (i = 0; i < c->r->op->out->nmembers; i++) {
        const struct member *m = &c->r->op->out->members[i];
        bool sum = str_starts(m->name, STR("Checksum"));

        if ((sum && !sums) || (str_is(m->name, "VersionId") && !s3_versioned(bucket)))
            continue;
        if (str_is(m->name, "StorageClass") && str_is(data_str(o->attrs, "StorageClass"), "STANDARD"))
            continue;
        fields_put(&f, m->name, sim_fit(c->r, value_get(o->attrs, m->name), m->shape, 0));
    }
    return fields_take(&f);
}

static bool put(struct hook_call *c)
{
    struct object *bucket = s3_bucket(c), *latest, *o;
    struct str key = given(c, "Key"), acl = given(c, "ACL");
    const struct value *tags;

    if (!bucket)
        return false;
    latest = s3_latest(c, bucket->id, key);
    if (!conditions_hold(c, key, latest))
        return false;
    if (acl.n && !str_is(acl, "private") && !str_is(acl, "bucket-owner-full-control"))
        return sim_refuse(c->r, STR("AccessControlListNotSupported"), "The bucket does not allow ACLs");
    if (given(c, "SSECustomerKey").n)
        return sim_refuse(c->r, STR("NotImplemented"), "the simulated S3 does not know customers' own keys");
    tags = header_tags(c);
    if (!tags)
        return false;
    o = add_version(c, bucket, key, object_attrs(c, bucket));
    object_tag(c->sim, o, tags);
    c->r->out = shown(c, bucket, o);
    return true;
}

/* ---- reading, tags, deletion ---- */
/* The version that is asked for; a delete marker is none. NULL: refused. */
static struct object *named(struct hook_call *c, const struct object *bucket)
{
    struct str key = given(c, "Key"), id = given(c, "VersionId");
    struct object *o = id.n ? s3_version(c, bucket->id, key, id) : s3_latest(c, bucket->id, key);

    if (o && !s3_marker(o))
        return o;
    if (o && id.n)
        sim_refuse(c->r, STR("MethodNotAllowed"), "The specified method is not allowed against this resource.");
    else
        sim_refuse(c->r, id.n ? STR("NoSuchVersion") : STR("NoSuchKey"), "The specified %s does not exist.", id.n ? "version" : "key");
    return NULL;
}

static bool get(struct hook_call *c)
{
    struct object *bucket = s3_bucket(c), *o = bucket ? named(c, bucket) : NULL;
    struct str tag, match = given(c, "IfMatch"), none = given(c, "IfNoneMatch");
    const struct value *out, *size;

    if (!o)
        return false;
    tag = data_str(o->attrs, "ETag");
    size = value_get(o->attrs, STR("Size"));
    if (match.n && !str_eq(match, tag))
        return sim_refuse(c->r, STR("PreconditionFailed"), "At least one of the pre-conditions you specified did not hold");
    if (none.n && str_eq(none, tag))
        return sim_refuse(c->r, STR("NotModified"), "Not modified");
    if (str_is(c->r->op->method, "GET") && !value_get(o->attrs, STR("Body")))
        return sim_refuse(c->r, STR("NotImplemented"), "the simulated S3 keeps bodies of up to 64 KiB; this one has %lld bytes, and its SHA-256 is in HeadObject", (long long)size->i);
    out = tree_put(c->a, shown(c, bucket, o), STR("ContentLength"), size);
    out = tree_put(c->a, out, STR("AcceptRanges"), text_value(c->a, "bytes"));
    c->r->out = o->tags->object.n ? tree_put(c->a, out, STR("TagCount"), value_int(c->a, (int64_t)o->tags->object.n)) : out;
    return true;
}

static bool tags(struct hook_call *c)
{
    struct object *bucket = s3_bucket(c), *o = bucket ? named(c, bucket) : NULL;
    struct verb v = { .kind = VERB_TAGS, .on = s3_kind(c->sim, "version"), .data = &value_empty_object };

    return o && sim_answer(c->r, &v, &o, 1);
}

static bool tag(struct hook_call *c)
{
    struct object *bucket = s3_bucket(c), *o = bucket ? named(c, bucket) : NULL;
    const struct value *set = o ? tags_read(c->r, tree_get(c->r->input, STR("Tagging.TagSet"))) : NULL;

    if (!o)
        return false;
    if (set->object.n > MAX_TAGS)
        return sim_refuse(c->r, STR("BadRequest"), "Object tags cannot be greater than %d", MAX_TAGS);
    object_tag(c->sim, o, set);
    return true;
}

static bool delete(struct hook_call *c)
{
    struct object *bucket = s3_bucket(c);

    if (!bucket)
        return false;
    c->r->out = s3_remove(c, bucket, given(c, "Key"), given(c, "VersionId"));
    return true;
}

static bool delete_many(struct hook_call *c)
{
    struct object *bucket = s3_bucket(c);
    const struct value *all = tree_get(c->r->input, STR("Delete.Objects")), **done;
    bool quiet = str_is(given(c, "Delete.Quiet"), "true");
    size_t i;

    if (!bucket)
        return false;
    if (!all->list.n || all->list.n > 1000)
        return sim_refuse(c->r, STR("MalformedXML"), "The XML you provided was not well-formed or did not validate against our published schema");
    done = ARENA_ARRAY(c->a, const struct value *, all->list.n);
    for (i = 0; i < all->list.n; i++) {
        struct str key = data_str(all->list.v[i], "Key"), id = data_str(all->list.v[i], "VersionId");
        const struct value *gone = s3_remove(c, bucket, key, id), *v = tree_put(c->a, NULL, STR("Key"), value_string(c->a, key));

        if (id.n)
            v = tree_put(c->a, v, STR("VersionId"), value_string(c->a, id));
        if (data_true(gone, "DeleteMarker")) {
            v = tree_put(c->a, v, STR("DeleteMarker"), &value_true);
            v = tree_put(c->a, v, STR("DeleteMarkerVersionId"), value_get(gone, STR("VersionId")));
        }
        done[i] = v;
    }
    if (!quiet)
        c->r->out = tree_put(c->a, NULL, STR("Deleted"), value_list(c->a, done, all->list.n));
    return true;
}

const struct hook hooks_s3[] = {
    { "s3_create_bucket", create_bucket },
    { "s3_bucket", bucket_check },
    { "s3_put", put },
    { "s3_get", get },
    { "s3_tags", tags },
    { "s3_tag", tag },
    { "s3_delete", delete },
    { "s3_delete_many", delete_many },
    { "s3_list_versions", s3_list_versions },
    { "s3_list", s3_list },
    { NULL, NULL },
};
