/* test_pages.c - the way from page to page, as pure functions: operations with one token, with two, with three of which one may be absent. */
#include "aws/pages.h"
#include "kc/arena.h"
#include "kc/json.h"
#include "kc/lang.h"
#include "kctest.h"

static struct arena *a;
static struct models *models;

static bool model_text(void *user, struct str service, struct str *text)
{
    (void)user;
    return stdlib_text(str_fmt(a, "aws/models/%.*s.model", STR_ARG(service)), text);
}

static const struct value *json(const char *text)
{
    struct str why;
    const struct value *v = json_read(a, str_of(text), 0, &why);
    assert_non_null(v);
    return v;
}

/* The input of the next page as JSON, or why there is none. */
static struct str next(const char *service, const char *op, const char *input, const char *reply)
{
    const char *why = NULL;
    struct buf b = { 0 };
    const struct operation *o = model_operation(model_service(models, str_of(service), NULL), str_of(op));
    const struct value *v = pages_next(a, o, json(input), json(reply), &why);
    if (v)
        json_write(&b, v, 0, false);
    else
        buf_cstr(&b, why ? why : "the last");
    return buf_take(&b, a);
}

static void several_tokens_go_together(void **state)
{
    (void)state;
    assert_str(next("s3", "ListObjectVersions", "{\"Bucket\":\"b\"}", "{\"IsTruncated\":true,\"NextKeyMarker\":\"k\",\"NextVersionIdMarker\":\"v\"}"),
               "{\"Bucket\":\"b\",\"KeyMarker\":\"k\",\"VersionIdMarker\":\"v\"}");
    assert_str(next("s3", "ListObjectVersions", "{\"Bucket\":\"b\",\"KeyMarker\":\"k\",\"VersionIdMarker\":\"v\"}",
                    "{\"IsTruncated\":true,\"NextKeyMarker\":\"k\",\"NextVersionIdMarker\":\"w\"}"),
               "{\"Bucket\":\"b\",\"KeyMarker\":\"k\",\"VersionIdMarker\":\"w\"}");         /* one key, its further versions */
    assert_str(next("s3", "ListObjectVersions", "{\"Bucket\":\"b\",\"KeyMarker\":\"k\",\"VersionIdMarker\":\"v\"}", "{\"IsTruncated\":false}"), "the last");
    assert_str(next("route53", "ListResourceRecordSets", "{\"HostedZoneId\":\"Z\"}",
                    "{\"IsTruncated\":true,\"NextRecordName\":\"a.\",\"NextRecordType\":\"A\",\"NextRecordIdentifier\":\"blue\"}"),
               "{\"HostedZoneId\":\"Z\",\"StartRecordName\":\"a.\",\"StartRecordType\":\"A\",\"StartRecordIdentifier\":\"blue\"}");
}

/* A record set without identifier follows one that has one: the former identifier would ask for a place that is not meant. */
static void a_token_that_is_absent_goes(void **state)
{
    (void)state;
    assert_str(next("route53", "ListResourceRecordSets", "{\"HostedZoneId\":\"Z\",\"StartRecordName\":\"a.\",\"StartRecordType\":\"A\",\"StartRecordIdentifier\":\"blue\"}",
                    "{\"IsTruncated\":true,\"NextRecordName\":\"b.\",\"NextRecordType\":\"A\"}"),
               "{\"HostedZoneId\":\"Z\",\"StartRecordName\":\"b.\",\"StartRecordType\":\"A\"}");
    assert_str(next("route53", "ListResourceRecordSets", "{\"HostedZoneId\":\"Z\",\"StartRecordName\":\"a.\",\"StartRecordType\":\"A\",\"StartRecordIdentifier\":\"blue\"}",
                    "{\"IsTruncated\":true,\"NextRecordName\":\"a.\",\"NextRecordType\":\"A\"}"),
               "{\"HostedZoneId\":\"Z\",\"StartRecordName\":\"a.\",\"StartRecordType\":\"A\"}");           /* another place all the same */
}

static void what_cannot_be_a_way_is_an_error(void **state)
{
    (void)state;
    assert_str(next("s3", "ListObjectVersions", "{\"Bucket\":\"b\",\"KeyMarker\":\"k\",\"VersionIdMarker\":\"v\"}",
                    "{\"IsTruncated\":true,\"NextKeyMarker\":\"k\",\"NextVersionIdMarker\":\"v\"}"),
               "a page of the listing names itself as the next one");
    assert_str(next("s3", "ListObjectVersions", "{\"Bucket\":\"b\"}", "{\"IsTruncated\":true}"), "a page of the listing says that more follows, and not where");
}

static int setup(void **state)
{
    (void)state;
    a = arena_new();
    models = models_new(model_text, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    models_free(models);
    arena_free(a);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_tokens_go_together),
        cmocka_unit_test(a_token_that_is_absent_goes),
        cmocka_unit_test(what_cannot_be_a_way_is_an_error),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
