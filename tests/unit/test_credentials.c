/* Credentials, region and endpoint overrides from the environment and the shared files, as a user would set them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cred_kit.h"

static struct cred_kit kit, *k = &kit;
static struct test_world *t;
static struct arena *a;

static int setup(void **state)
{
    (void)state;
    cred_setup(k);
    t = k->t;
    a = k->a;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    cred_teardown(k);
    return 0;
}

static struct config *load(const char *profile)
{
    struct config_options o = { .profile = str_of(profile), .explicit_profile = profile != NULL };

    return config_load(test_world(t), a, &o);
}

static void gives(const char *profile, const char *key, const char *token, const char *source)
{
    cred_gives(k, profile, key, token, source);
}

static void refuses(const char *profile, const char *part)
{
    cred_refuses(k, profile, part);
}

static void files(const char *config, const char *keys)
{
    cred_files(k, config, keys);
}

static void the_environment_comes_first(void **state)
{
    (void)state;
    files(NULL, "[default]\naws_access_key_id = FILE\naws_secret_access_key = s\n");
    gives(NULL, "FILE", "", "profile `default` in ~/.aws/credentials");
    test_world_env(t, "AWS_ACCESS_KEY_ID", "ENV");
    refuses(NULL, "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not");
    test_world_env(t, "AWS_SECRET_ACCESS_KEY", "s");
    test_world_env(t, "AWS_SESSION_TOKEN", "tok");
    gives(NULL, "ENV", "tok", "environment");
    gives("default", "FILE", "", "profile `default` in ~/.aws/credentials");   /* named by option: the environment is left out */
    test_world_env(t, "AWS_PROFILE", "default");
    gives(NULL, "ENV", "tok", "environment");
    test_world_env(t, "AWS_CREDENTIAL_EXPIRATION", "tomorrow");
    refuses(NULL, "is not a time");
}

static void the_credentials_file_overrides_config(void **state)
{
    (void)state;
    files("[default]\nregion = eu-west-1\n[profile team a]\naws_access_key_id=C\naws_secret_access_key=s\nregion=eu-north-1\n"
          "[profile \"quoted name\"]\naws_access_key_id: Q\naws_secret_access_key: s\n",
          "# comment\n[team a]\naws_access_key_id = K\naws_secret_access_key = s\naws_session_token = t\n");
    gives("team a", "K", "t", "profile `team a` in ~/.aws/credentials");
    gives("quoted name", "Q", "", "profile `quoted name` in ~/.aws/config");
    assert_string_equal(str_c(a, config_region(load("team a"))), "eu-north-1");
    assert_string_equal(str_c(a, config_region(load(NULL))), "eu-west-1");
    test_world_env(t, "AWS_DEFAULT_REGION", "us-east-2");
    assert_string_equal(str_c(a, config_region(load(NULL))), "us-east-2");
    test_world_env(t, "AWS_REGION", "us-east-1");
    assert_string_equal(str_c(a, config_region(load(NULL))), "us-east-1");
}

static void what_is_missing_or_broken_is_said(void **state)
{
    (void)state;
    refuses(NULL, "no AWS credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, profile `default` has none in ~/.aws/credentials (absent)");
    files("[profile staging]\nregion=eu-west-1\n[profile half]\naws_access_key_id=x\n[profile signin]\nlogin_session = arn:aws:iam::1:user/a\n"
          "[profile cmd]\ncredential_process=/bin/false\n", NULL);
    refuses("stagin", "did you mean `staging`?");
    refuses("half", "has aws_access_key_id but no aws_secret_access_key");
    refuses("signin", "from `aws login` (`login_session`, ~/.aws/config, line 6)");
    files(NULL, "[x]\naws_access_key_id = A\naws_secret_access_key = two words\n[cmd]\naws_access_key_id = STATIC\naws_secret_access_key = s\n");
    refuses("x", "the secret access key of profile `x` in ~/.aws/credentials contains a blank");
    gives("cmd", "STATIC", "", "profile `cmd` in ~/.aws/credentials");     /* before credential_process in the chain */
    files("[profile x\n", NULL);
    refuses("x", "~/.aws/config, line 1: `[` without `]`");
    test_world_deny(t, "/home/test/.aws/credentials", DISK_DENIED);
    refuses("x", "~/.aws/credentials cannot be read: permission denied");
}

static void other_files_can_be_named(void **state)
{
    (void)state;
    test_world_put(t, "/etc/keys", STR("[default]\naws_access_key_id = E\naws_secret_access_key = s\n"));
    test_world_env(t, "AWS_SHARED_CREDENTIALS_FILE", "/etc/keys");
    gives(NULL, "E", "", "profile `default` in /etc/keys");
    struct chain *bare = chain_new(test_world(t), k->models, &(struct chain_options){ .config = { .bare = true } });
    chain_free(k->chain);
    k->chain = bare;
    assert_false(cred_get(k, 0));
    assert_int_equal(cred_requests(k, ""), 0);
}

static void endpoint(const char *profile, const char *id, const char *expected)
{
    struct str url = STR_NONE, from = STR_NONE, why = STR_NONE;

    if (!config_endpoint(load(profile), str_of(id), &url, &from, &why)) {
        if (!expected)
            return;
        fail_msg("%.*s", STR_ARG(why));
    }
    assert_non_null(expected);
    assert_string_equal(str_c(a, url), expected);
}

static void endpoints_are_overridden_in_order(void **state)
{
    (void)state;
    files("[profile p]\nservices = local\nendpoint_url = http://profile:1/\n[services local]\nec2 =\n  endpoint_url = http://sec2:2\n"
          "auto_scaling =\n  endpoint_url = http://asg\n[profile lost]\nservices = nowhere\n[profile odd]\nendpoint_url = file:///etc/passwd\n", NULL);
    endpoint(NULL, "EC2", "");
    endpoint("p", "EC2", "http://sec2:2");
    endpoint("p", "Auto Scaling", "http://asg");
    endpoint("p", "EKS", "http://profile:1");
    endpoint("lost", "EKS", NULL);
    endpoint("odd", "EKS", NULL);
    test_world_env(t, "AWS_ENDPOINT_URL", "http://127.0.0.1:5000");
    endpoint("p", "EC2", "http://127.0.0.1:5000");
    test_world_env(t, "AWS_ENDPOINT_URL_AUTO_SCALING", "https://asg.example.com/base/");
    endpoint("p", "Auto Scaling", "https://asg.example.com/base");
    test_world_env(t, "AWS_ENDPOINT_URL_AUTO_SCALING", "https://user:pw@asg.example.com");
    endpoint("p", "Auto Scaling", NULL);
    test_world_env(t, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    endpoint("p", "EC2", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_environment_comes_first, setup, teardown),
        cmocka_unit_test_setup_teardown(the_credentials_file_overrides_config, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_missing_or_broken_is_said, setup, teardown),
        cmocka_unit_test_setup_teardown(other_files_can_be_named, setup, teardown),
        cmocka_unit_test_setup_teardown(endpoints_are_overridden_in_order, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
