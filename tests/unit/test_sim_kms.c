/* test_sim_kms.c - the simulated KMS and the tagging API: keys, policies, names, deletion, what is encrypted. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>
#include "kc/hash.h"
#include "sim_test.h"

#define DAY 86400000ll
#define ROOT "arn:aws:iam::111122223333:root"

static struct sim_test *exact(void)
{
    return sim_test_new(&(struct sim_options){ .exact = true });
}

static const char *make(struct sim_test *t, const char *json)
{
    return sim_text(t, sim_ok(t, "kms", "CreateKey", json), "KeyMetadata.KeyId");
}

static const char *state(struct sim_test *t, const char *name)
{
    return sim_text(t, sim_ok(t, "kms", "DescribeKey", sim_json(t, "{'KeyId':'%s'}", name)), "KeyMetadata.KeyState");
}

static const char *policy(struct sim_test *t, const char *who, const char *action)
{
    return str_c(t->a, str_fmt(t->a, "{\\\"Statement\\\":[{\\\"Effect\\\":\\\"Allow\\\",\\\"Principal\\\":{\\\"AWS\\\":\\\"%s\\\"},\\\"Action\\\":\\\"%s\\\",\\\"Resource\\\":\\\"*\\\"}]}", who, action));
}

static void a_key_is_called_by_id_arn_and_alias(void **unused)
{
    struct sim_test *t = exact();
    const char *id = make(t, "{\"Description\":\"etcd\"}"), *other = make(t, "{}");
    const struct value *r = sim_ok(t, "kms", "DescribeKey", sim_json(t, "{'KeyId':'%s'}", id));

    (void)unused;
    assert_int_equal(strlen(id), 36);
    assert_string_equal(sim_text(t, r, "KeyMetadata.KeySpec"), "SYMMETRIC_DEFAULT");
    assert_string_equal(state(t, sim_text(t, r, "KeyMetadata.Arn")), "Enabled");
    sim_fails(t, "kms", "CreateAlias", sim_json(t, "{'AliasName':'etcd','TargetKeyId':'%s'}", id), "InvalidAliasNameException");
    sim_fails(t, "kms", "CreateAlias", sim_json(t, "{'AliasName':'alias/aws/x','TargetKeyId':'%s'}", id), "NotAuthorizedException");
    sim_fails(t, "kms", "CreateAlias", "{\"AliasName\":\"alias/x\",\"TargetKeyId\":\"none\"}", "NotFoundException");
    sim_ok(t, "kms", "CreateAlias", sim_json(t, "{'AliasName':'alias/x','TargetKeyId':'%s'}", sim_text(t, r, "KeyMetadata.Arn")));
    sim_fails(t, "kms", "CreateAlias", sim_json(t, "{'AliasName':'alias/x','TargetKeyId':'%s'}", other), "AlreadyExistsException");
    assert_string_equal(sim_text(t, sim_ok(t, "kms", "ListAliases", sim_json(t, "{'KeyId':'%s'}", id)), "Aliases.0.AliasName"), "alias/x");
    assert_string_equal(sim_text(t, sim_ok(t, "kms", "DescribeKey", "{\"KeyId\":\"alias/x\"}"), "KeyMetadata.Description"), "etcd");
    sim_ok(t, "kms", "UpdateAlias", sim_json(t, "{'AliasName':'alias/x','TargetKeyId':'%s'}", other));
    assert_string_equal(sim_text(t, sim_ok(t, "kms", "DescribeKey", "{\"KeyId\":\"alias/x\"}"), "KeyMetadata.KeyId"), other);
    sim_ok(t, "kms", "DeleteAlias", "{\"AliasName\":\"alias/x\"}");
    sim_fails(t, "kms", "DescribeKey", "{\"KeyId\":\"alias/x\"}", "NotFoundException");
    sim_test_free(t);
}

static void a_key_that_is_deleted_waits_and_can_come_back(void **unused)
{
    struct sim_test *t = exact();
    const char *id = make(t, "{}"), *which = sim_json(t, "{'KeyId':'%s'}", id);

    (void)unused;
    sim_ok(t, "kms", "CreateAlias", sim_json(t, "{'AliasName':'alias/x','TargetKeyId':'%s'}", id));
    sim_fails(t, "kms", "ScheduleKeyDeletion", sim_json(t, "{'KeyId':'%s','PendingWindowInDays':6}", id), "ValidationException");
    sim_ok(t, "kms", "ScheduleKeyDeletion", sim_json(t, "{'KeyId':'%s','PendingWindowInDays':7}", id));
    assert_string_equal(state(t, "alias/x"), "PendingDeletion");
    sim_fails(t, "kms", "ScheduleKeyDeletion", which, "KMSInvalidStateException");
    sim_fails(t, "kms", "GetKeyRotationStatus", which, "KMSInvalidStateException");
    sim_fails(t, "kms", "EnableKey", which, "KMSInvalidStateException");
    sim_fails(t, "kms", "UpdateAlias", sim_json(t, "{'AliasName':'alias/x','TargetKeyId':'%s'}", id), "KMSInvalidStateException");
    sim_fails(t, "kms", "GenerateDataKey", which, "KMSInvalidStateException");
    sim_ok(t, "kms", "CancelKeyDeletion", which);
    assert_string_equal(state(t, id), "Disabled");
    sim_fails(t, "kms", "CancelKeyDeletion", which, "KMSInvalidStateException");
    sim_ok(t, "kms", "ScheduleKeyDeletion", sim_json(t, "{'KeyId':'%s','PendingWindowInDays':7}", id));
    sim_test_pass(t, 7 * DAY + 1000);
    sim_fails(t, "kms", "DescribeKey", which, "NotFoundException");
    sim_fails(t, "kms", "DescribeKey", "{\"KeyId\":\"alias/x\"}", "NotFoundException");
    assert_int_equal(sim_count(t->sim, STR("")), 0);
    sim_test_free(t);
}

static void a_policy_never_locks_its_account_out(void **unused)
{
    struct sim_test *t = exact();
    const char *id = make(t, "{}");

    (void)unused;
    assert_non_null(strstr(sim_text(t, sim_ok(t, "kms", "GetKeyPolicy", sim_json(t, "{'KeyId':'%s'}", id)), "Policy"), ROOT));
    sim_fails(t, "kms", "CreateKey", "{\"Policy\":\"{}\"}", "MalformedPolicyDocumentException");
    sim_fails(t, "kms", "PutKeyPolicy", sim_json(t, "{'KeyId':'%s','Policy':'%s'}", id, policy(t, "arn:aws:iam::999988887777:root", "kms:*")), "MalformedPolicyDocumentException");
    sim_fails(t, "kms", "PutKeyPolicy", sim_json(t, "{'KeyId':'%s','Policy':'%s'}", id, policy(t, ROOT, "kms:Decrypt")), "MalformedPolicyDocumentException");
    sim_fails(t, "kms", "PutKeyPolicy", sim_json(t, "{'KeyId':'%s','Policy':'%s'}", id, policy(t, ROOT "\\\",\\\"arn:aws:iam::111122223333:role/none", "kms:*")), "MalformedPolicyDocumentException");
    sim_ok(t, "kms", "PutKeyPolicy", sim_json(t, "{'KeyId':'%s','Policy':'%s'}", id, policy(t, ROOT, "kms:Put*")));
    assert_non_null(strstr(sim_text(t, sim_ok(t, "kms", "GetKeyPolicy", sim_json(t, "{'KeyId':'%s'}", id)), "Policy"), "kms:Put*"));
    sim_test_free(t);
}

static void only_symmetric_keys_that_are_enabled_rotate(void **unused)
{
    struct sim_test *t = exact();
    const char *id = make(t, "{}"), *which = sim_json(t, "{'KeyId':'%s'}", id), *rsa;

    (void)unused;
    sim_fails(t, "kms", "CreateKey", "{\"KeySpec\":\"RSA_2048\",\"KeyUsage\":\"GENERATE_VERIFY_MAC\"}", "ValidationException");
    rsa = make(t, "{\"KeySpec\":\"RSA_2048\",\"KeyUsage\":\"SIGN_VERIFY\"}");
    sim_fails(t, "kms", "EnableKeyRotation", sim_json(t, "{'KeyId':'%s'}", rsa), "UnsupportedOperationException");
    sim_ok(t, "kms", "EnableKeyRotation", sim_json(t, "{'KeyId':'%s','RotationPeriodInDays':90}", id));
    assert_string_equal(sim_text(t, sim_ok(t, "kms", "GetKeyRotationStatus", which), "RotationPeriodInDays"), "90");
    sim_ok(t, "kms", "DisableKey", which);
    sim_fails(t, "kms", "DisableKeyRotation", which, "DisabledException");
    sim_fails(t, "kms", "GenerateDataKey", which, "DisabledException");
    sim_ok(t, "kms", "EnableKey", which);
    sim_ok(t, "kms", "DisableKeyRotation", which);
    assert_string_equal(sim_text(t, sim_ok(t, "kms", "GetKeyRotationStatus", which), "KeyRotationEnabled"), "false");
    sim_test_free(t);
}

static void what_is_encrypted_needs_its_key(void **unused)
{
    struct sim_test *t = exact();
    const char *id = make(t, "{}");
    const struct value *r = sim_ok(t, "kms", "GenerateDataKey", sim_json(t, "{'KeyId':'%s','KeySpec':'AES_256'}", id));
    const char *plain = sim_text(t, r, "Plaintext"), *back;
    struct str blob;

    (void)unused;
    assert_true(base64_decode(t->a, str_of(sim_text(t, r, "CiphertextBlob")), &blob));
    back = sim_text(t, sim_ok(t, "kms", "Decrypt", sim_json(t, "{'CiphertextBlob':'%s'}", str_c(t->a, blob))), "Plaintext");
    assert_string_equal(plain, back);
    sim_fails(t, "kms", "Decrypt", "{\"CiphertextBlob\":\"xy\"}", "InvalidCiphertextException");
    sim_fails(t, "secretsmanager", "CreateSecret", "{\"Name\":\"a\",\"SecretString\":\"x\",\"KmsKeyId\":\"none\"}", "EncryptionFailure");
    assert_int_equal(sim_count(t->sim, STR("secretsmanager.secret")), 0);
    sim_ok(t, "secretsmanager", "CreateSecret", sim_json(t, "{'Name':'a','SecretString':'x','KmsKeyId':'%s'}", id));
    sim_ok(t, "kms", "DisableKey", sim_json(t, "{'KeyId':'%s'}", id));
    sim_fails(t, "secretsmanager", "PutSecretValue", "{\"SecretId\":\"a\",\"SecretString\":\"y\"}", "EncryptionFailure");
    sim_test_free(t);
}

static void what_bears_a_tag_is_found_by_it(void **unused)
{
    struct sim_test *t = exact();
    const char *id = make(t, "{\"Tags\":[{\"TagKey\":\"kc:token\",\"TagValue\":\"t1\"}]}");
    const struct value *r;

    (void)unused;
    make(t, "{\"Tags\":[{\"TagKey\":\"kc:token\",\"TagValue\":\"t2\"}]}");
    sim_ok(t, "secretsmanager", "CreateSecret", "{\"Name\":\"a\",\"Tags\":[{\"Key\":\"kc:token\",\"Value\":\"t1\"}]}");
    r = sim_ok(t, "resourcegroupstaggingapi", "GetResources", "{\"ResourceTypeFilters\":[\"kms:key\"],\"TagFilters\":[{\"Key\":\"kc:token\",\"Values\":[\"t1\"]}]}");
    assert_non_null(strstr(sim_text(t, r, "ResourceTagMappingList.0.ResourceARN"), id));
    assert_string_equal(sim_text(t, r, "ResourceTagMappingList.1.ResourceARN"), "");
    r = sim_ok(t, "resourcegroupstaggingapi", "GetResources", "{\"TagFilters\":[{\"Key\":\"kc:token\",\"Values\":[\"t1\"]}]}");
    assert_string_not_equal(sim_text(t, r, "ResourceTagMappingList.1.ResourceARN"), "");
    assert_string_equal(sim_text(t, r, "ResourceTagMappingList.2.ResourceARN"), "");
    sim_test_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_called_by_id_arn_and_alias), cmocka_unit_test(a_key_that_is_deleted_waits_and_can_come_back),
        cmocka_unit_test(a_policy_never_locks_its_account_out), cmocka_unit_test(only_symmetric_keys_that_are_enabled_rotate),
        cmocka_unit_test(what_is_encrypted_needs_its_key), cmocka_unit_test(what_bears_a_tag_is_found_by_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
