/* test_sim_secrets.c - the simulated Secrets Manager: values, versions, labels, deletion. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>
#include "sim_test.h"

#define SM "secretsmanager"
#define TOKEN1 "11111111-1111-1111-1111-111111111111"
#define TOKEN2 "22222222-2222-2222-2222-222222222222"
#define DAY 86400000ll

static struct sim_test *exact(void)
{
    return sim_test_new(&(struct sim_options){ .exact = true });
}

static const char *value_of(struct sim_test *t, const char *label)
{
    return sim_text(t, sim_ok(t, SM, "GetSecretValue", sim_json(t, "{'SecretId':'db','VersionStage':'%s'}", label)), "SecretString");
}

/* The labels of a version, with a blank between; "" when it has none. */
static const char *labels(struct sim_test *t, const char *version)
{
    const struct value *list = value_get(value_get(sim_ok(t, SM, "DescribeSecret", "{\"SecretId\":\"db\"}"), STR("VersionIdsToStages")), str_of(version));
    struct buf b = { 0 };
    size_t i;

    for (i = 0; list && i < list->list.n; i++)
        buf_fmt(&b, "%s%.*s", i ? " " : "", STR_ARG(list->list.v[i]->s));
    return str_c(t->a, buf_take(&b, t->a));
}

static void make(struct sim_test *t)
{
    sim_ok(t, SM, "CreateSecret", "{\"Name\":\"db\",\"SecretString\":\"one\",\"ClientRequestToken\":\"" TOKEN1 "\",\"Tags\":[{\"Key\":\"a\",\"Value\":\"b\"}]}");
}

static void a_value_is_put_once_for_a_token(void **state)
{
    struct sim_test *t = exact();
    const char *put = "{\"SecretId\":\"db\",\"SecretString\":\"two\",\"ClientRequestToken\":\"" TOKEN2 "\"}";

    (void)state;
    make(t);
    make(t);                                               /* the same request again */
    assert_int_equal(sim_count(t->sim, STR("secretsmanager.secret")), 1);
    sim_fails(t, SM, "CreateSecret", "{\"Name\":\"db\",\"SecretString\":\"x\",\"ClientRequestToken\":\"" TOKEN2 "\"}", "ResourceExistsException");
    sim_ok(t, SM, "PutSecretValue", put);
    assert_string_equal(sim_text(t, sim_ok(t, SM, "PutSecretValue", put), "VersionId"), TOKEN2);
    sim_fails(t, SM, "PutSecretValue", "{\"SecretId\":\"db\",\"SecretString\":\"three\",\"ClientRequestToken\":\"" TOKEN2 "\"}", "ResourceExistsException");
    assert_string_equal(value_of(t, "AWSCURRENT"), "two");
    assert_string_equal(value_of(t, "AWSPREVIOUS"), "one");
    sim_fails(t, SM, "GetSecretValue", "{\"SecretId\":\"db\",\"VersionStage\":\"AWSPENDING\"}", "ResourceNotFoundException");
    sim_fails(t, SM, "GetSecretValue", "{\"SecretId\":\"db\",\"VersionStage\":\"AWSPREVIOUS\",\"VersionId\":\"" TOKEN2 "\"}", "InvalidRequestException");
    sim_test_free(t);
}

static void labels_move_and_the_current_one_leaves_the_previous(void **state)
{
    struct sim_test *t = exact();

    (void)state;
    make(t);
    sim_ok(t, SM, "PutSecretValue", "{\"SecretId\":\"db\",\"SecretString\":\"two\",\"ClientRequestToken\":\"" TOKEN2 "\",\"VersionStages\":[\"AWSPENDING\",\"mine\"]}");
    assert_string_equal(labels(t, TOKEN1), "AWSCURRENT");
    assert_string_equal(labels(t, TOKEN2), "AWSPENDING mine");
    sim_fails(t, SM, "UpdateSecretVersionStage", "{\"SecretId\":\"db\",\"VersionStage\":\"AWSCURRENT\",\"MoveToVersionId\":\"" TOKEN2 "\"}", "InvalidParameterException");
    sim_fails(t, SM, "UpdateSecretVersionStage", "{\"SecretId\":\"db\",\"VersionStage\":\"AWSCURRENT\",\"RemoveFromVersionId\":\"" TOKEN1 "\"}", "InvalidParameterException");
    sim_fails(t, SM, "UpdateSecretVersionStage", "{\"SecretId\":\"db\",\"VersionStage\":\"AWSCURRENT\",\"RemoveFromVersionId\":\"" TOKEN2 "\",\"MoveToVersionId\":\"" TOKEN1 "\"}",
              "InvalidParameterException");
    sim_ok(t, SM, "UpdateSecretVersionStage",
           "{\"SecretId\":\"db\",\"VersionStage\":\"AWSCURRENT\",\"MoveToVersionId\":\"" TOKEN2 "\",\"RemoveFromVersionId\":\"" TOKEN1 "\"}");
    assert_string_equal(labels(t, TOKEN1), "AWSPREVIOUS");
    assert_string_equal(labels(t, TOKEN2), "AWSPENDING mine AWSCURRENT");
    assert_string_equal(value_of(t, "AWSCURRENT"), "two");
    sim_ok(t, SM, "UpdateSecretVersionStage", "{\"SecretId\":\"db\",\"VersionStage\":\"AWSPREVIOUS\",\"RemoveFromVersionId\":\"" TOKEN1 "\"}");
    assert_string_equal(labels(t, TOKEN1), "");
    assert_string_equal(sim_text(t, sim_ok(t, SM, "ListSecretVersionIds", "{\"SecretId\":\"db\"}"), "Versions.1.VersionId"), "");
    assert_string_equal(sim_text(t, sim_ok(t, SM, "ListSecretVersionIds", "{\"SecretId\":\"db\",\"IncludeDeprecated\":true}"), "Versions.1.VersionId"), TOKEN2);
    sim_test_free(t);
}

static void the_first_version_is_current_whatever_it_is_called(void **state)
{
    struct sim_test *t = exact();

    (void)state;
    sim_ok(t, SM, "CreateSecret", "{\"Name\":\"db\"}");
    sim_fails(t, SM, "GetSecretValue", "{\"SecretId\":\"db\"}", "ResourceNotFoundException");
    sim_ok(t, SM, "PutSecretValue", "{\"SecretId\":\"db\",\"SecretString\":\"one\",\"ClientRequestToken\":\"" TOKEN1 "\",\"VersionStages\":[\"AWSPENDING\"]}");
    assert_string_equal(labels(t, TOKEN1), "AWSPENDING AWSCURRENT");
    sim_test_free(t);
}

static void a_deletion_keeps_the_name_until_it_is_due(void **state)
{
    struct sim_test *t = exact();
    const struct value *r;

    (void)state;
    make(t);
    sim_fails(t, SM, "DeleteSecret", "{\"SecretId\":\"db\",\"RecoveryWindowInDays\":6}", "InvalidParameterException");
    sim_fails(t, SM, "DeleteSecret", "{\"SecretId\":\"db\",\"RecoveryWindowInDays\":7,\"ForceDeleteWithoutRecovery\":true}", "InvalidParameterException");
    sim_ok(t, SM, "DeleteSecret", "{\"SecretId\":\"db\",\"RecoveryWindowInDays\":7}");
    assert_string_not_equal(sim_text(t, sim_ok(t, SM, "DescribeSecret", "{\"SecretId\":\"db\"}"), "DeletedDate"), "");
    sim_fails(t, SM, "CreateSecret", "{\"Name\":\"db\"}", "InvalidRequestException");
    sim_fails(t, SM, "GetSecretValue", "{\"SecretId\":\"db\"}", "InvalidRequestException");
    sim_fails(t, SM, "TagResource", "{\"SecretId\":\"db\",\"Tags\":[{\"Key\":\"x\",\"Value\":\"y\"}]}", "InvalidRequestException");
    sim_fails(t, SM, "DeleteSecret", "{\"SecretId\":\"db\",\"RecoveryWindowInDays\":7}", "InvalidRequestException");
    assert_null(value_at(sim_ok(t, SM, "ListSecrets", "{}"), "SecretList.0"));
    sim_ok(t, SM, "RestoreSecret", "{\"SecretId\":\"db\"}");
    assert_string_equal(value_of(t, "AWSCURRENT"), "one");
    sim_ok(t, SM, "DeleteSecret", "{\"SecretId\":\"db\",\"RecoveryWindowInDays\":7}");
    sim_test_pass(t, 6 * DAY);
    sim_fails(t, SM, "CreateSecret", "{\"Name\":\"db\"}", "InvalidRequestException");
    sim_test_pass(t, DAY + 1000);
    sim_fails(t, SM, "DescribeSecret", "{\"SecretId\":\"db\"}", "ResourceNotFoundException");
    sim_ok(t, SM, "CreateSecret", "{\"Name\":\"db\"}");
    sim_ok(t, SM, "DeleteSecret", "{\"SecretId\":\"db\",\"ForceDeleteWithoutRecovery\":true}");
    r = sim_ok(t, SM, "CreateSecret", "{\"Name\":\"db\"}");
    assert_string_equal(sim_text(t, sim_ok(t, SM, "DescribeSecret", sim_json(t, "{'SecretId':'%s'}", sim_text(t, r, "ARN"))), "Name"), "db");
    sim_test_free(t);
}

static void policies_are_looked_into(void **state)
{
    struct sim_test *t = exact();
    const char *open = "{'SecretId':'db','BlockPublicPolicy':true,'ResourcePolicy':'{\\\"Statement\\\":[{\\\"Effect\\\":\\\"Allow\\\",\\\"Principal\\\":\\\"*\\\",\\\"Action\\\":\\\"*\\\"}]}'}";
    const char *closed = "{'SecretId':'db','BlockPublicPolicy':true,'ResourcePolicy':'{\\\"Statement\\\":[{\\\"Effect\\\":\\\"Deny\\\",\\\"Principal\\\":\\\"*\\\",\\\"Action\\\":\\\"*\\\"}]}'}";

    (void)state;
    make(t);
    sim_fails(t, SM, "PutResourcePolicy", "{\"SecretId\":\"db\",\"ResourcePolicy\":\"no\"}", "MalformedPolicyDocumentException");
    sim_fails(t, SM, "PutResourcePolicy", sim_json(t, "%s", open), "PublicPolicyException");
    assert_string_equal(sim_text(t, sim_ok(t, SM, "GetResourcePolicy", "{\"SecretId\":\"db\"}"), "ResourcePolicy"), "");
    sim_ok(t, SM, "PutResourcePolicy", sim_json(t, "%s", closed));
    assert_string_not_equal(sim_text(t, sim_ok(t, SM, "GetResourcePolicy", "{\"SecretId\":\"db\"}"), "ResourcePolicy"), "");
    sim_ok(t, SM, "DeleteResourcePolicy", "{\"SecretId\":\"db\"}");
    assert_string_equal(sim_text(t, sim_ok(t, SM, "GetResourcePolicy", "{\"SecretId\":\"db\"}"), "ResourcePolicy"), "");
    sim_test_free(t);
}

/* What the account keeps does not show values: a search for a leaked secret finds leaks alone. */
static void values_do_not_lie_open(void **state)
{
    struct sim_test *t = exact();
    struct buf b = { 0 };

    (void)state;
    sim_ok(t, SM, "CreateSecret", "{\"Name\":\"db\",\"SecretString\":\"canary-77\"}");
    value_print(&b, sim_dump(t->sim, t->a));
    assert_int_equal(str_find(buf_view(&b), STR("canary")), SIZE_MAX);
    assert_string_equal(value_of(t, "AWSCURRENT"), "canary-77");
    buf_fini(&b);
    sim_test_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_put_once_for_a_token), cmocka_unit_test(labels_move_and_the_current_one_leaves_the_previous),
        cmocka_unit_test(the_first_version_is_current_whatever_it_is_called), cmocka_unit_test(a_deletion_keeps_the_name_until_it_is_due),
        cmocka_unit_test(policies_are_looked_into), cmocka_unit_test(values_do_not_lie_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
