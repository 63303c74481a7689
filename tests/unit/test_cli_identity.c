/* kc whoami and kc login as a user sees them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cli_kit.h"
#include "cred_kit.h"
#include "kc/hash.h"

static struct cred_kit kit, *k = &kit;
#define IDENTITY "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/ann</Arn><UserId>x</UserId>" \
                 "<Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"

static int kc(const char *line)
{
    return cli_run(k->t, line);
}

static const char *out(void)
{
    return str_c(k->a, test_world_out(k->t));
}

static const char *err(void)
{
    return str_c(k->a, test_world_err(k->t));
}

static void says(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("expected \"%s\" in:\n%s", part, text);
}

static void whoami_says_who_from_where_until_when(void **state)
{
    (void)state;
    cred_answer(k, "GetCallerIdentity", 200, IDENTITY, 0);
    test_world_env(k->t, "AWS_ACCESS_KEY_ID", "AKID");
    test_world_env(k->t, "AWS_SECRET_ACCESS_KEY", "SECRETS");
    assert_int_equal(kc("whoami"), 0);
    assert_string_equal(out(), "account    111122223333\nprincipal  arn:aws:iam::111122223333:user/ann\nsource     environment\nuntil      they do not end\n");
    test_world_env(k->t, "AWS_CREDENTIAL_EXPIRATION", "2026-01-02T04:04:05Z");
    test_world_env(k->t, "HTTPS_PROXY", "http://user:SECRETS@proxy.corp:3128/x?SECRETS");
    test_world_env(k->t, "NO_PROXY", "localhost,.corp");
    assert_int_equal(kc("whoami"), 0);
    says(out(), "until      2026-01-02T04:04:05Z, in ");
    says(out(), "note: proxy: http://proxy.corp:3128 (HTTPS_PROXY), not for localhost,.corp (NO_PROXY)\n");
    assert_null(strstr(out(), "SECRETS"));
    assert_int_equal(kc("whoami --json"), 0);
    says(out(), "\"account\": \"111122223333\"");
    says(out(), "\"expires\": \"2026-01-02T04:04:05Z\"");
}

static void a_role_is_taken_on_top(void **state)
{
    (void)state;
    cred_answer(k, "GetCallerIdentity", 200, IDENTITY, 0);
    test_world_env(k->t, "AWS_ACCESS_KEY_ID", "AKID");
    test_world_env(k->t, "AWS_SECRET_ACCESS_KEY", "SECRETS");
    assert_int_equal(kc("whoami --role arn:aws:iam::222233334444:role/ops"), 5);
    says(err(), "role/ops` cannot be assumed");            /* it was asked for, and here nobody grants it */
    assert_int_equal(kc("token --cluster c --region eu-west-1 --role arn:aws:iam::222233334444:role/ops"), 5);
    says(err(), "role/ops` cannot be assumed");
}

static void whoami_says_why_not(void **state)
{
    (void)state;
    cred_files(k, "[profile a]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = a\n", NULL);
    assert_int_equal(kc("whoami"), 5);
    says(err(), "error[E0702]: no AWS credentials:");
    says(err(), "help: set the variables, choose another profile with `--profile`, sign in with `kc login`");
    assert_int_equal(kc("whoami --profile a"), 5);
    says(err(), "help: let one of them name a profile with keys");
    assert_int_equal(kc("whoami --profile a --json"), 5);
    says(err(), "\"E0702\"");
    assert_string_equal(out(), "");
}

#define PROFILE "[profile dev]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Dev\n" \
                "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-central-1\nsso_registration_scopes = sso:account:access, x:y\n"

static void a_service(void)
{
    cred_files(k, PROFILE, NULL);
    cred_answer(k, "POST https://oidc.eu-central-1.amazonaws.com/client/register", 200,
                "{\"clientId\":\"cid\",\"clientSecret\":\"csec\",\"clientIdIssuedAt\":1,\"clientSecretExpiresAt\":1770000000}", 0);
    cred_answer(k, "POST https://oidc.eu-central-1.amazonaws.com/device_authorization", 200,
                "{\"deviceCode\":\"DEVICE\",\"userCode\":\"ABCD-EFGH\",\"verificationUri\":\"https://device.example/\",\"verificationUriComplete\":\"x\",\"expiresIn\":600,"
                "\"interval\":1}", 0);
}

static void login_shows_a_code_and_waits_for_it(void **state)
{
    struct str text, path = str_fmt(k->a, "/home/test/.aws/sso/cache/%.*s.json", STR_ARG(sha1_hex(k->a, STR("corp"))));

    (void)state;
    a_service();
    cred_answer_error(k, "/token", 400, "AuthorizationPendingException", 2);
    cred_answer_error(k, "/token", 400, "SlowDownException", 1);
    cred_answer(k, "/token", 200, "{\"accessToken\":\"TOKEN\",\"expiresIn\":28800,\"refreshToken\":\"REFRESH\",\"tokenType\":\"Bearer\"}", 0);
    int64_t from = world_now(test_world(k->t));
    assert_int_equal(kc("login --profile dev"), 0);
    says(out(), "    https://device.example/\n\nand type the code\n\n    ABCD-EFGH\n");
    says(out(), "Signed in: SSO session `corp`, until 2026-01-02T11:04:");
    assert_null(strstr(out(), "TOKEN"));
    int64_t took = world_now(test_world(k->t)) - from;
    assert_true(took >= 9000 && took < 12000);             /* 1 + 1 + 1 s, then six between questions */
    assert_true(str_find(cred_request(k, "/register")->body, STR("\"scopes\":[\"sso:account:access\",\"x:y\"]")) != SIZE_MAX);
    assert_true(str_find(cred_request(k, "/device_authorization")->body, STR("\"startUrl\":\"https://corp.awsapps.com/start\"")) != SIZE_MAX);
    assert_true(str_find(cred_request(k, "/token")->body, STR("\"deviceCode\":\"DEVICE\"")) != SIZE_MAX);
    assert_true(test_world_file(k->t, str_c(k->a, path), &text));
    says(str_c(k->a, text), "\"accessToken\":\"TOKEN\",\"expiresAt\":\"2026-01-02T11:04:");
    says(str_c(k->a, text), "\"clientId\":\"cid\",\"clientSecret\":\"csec\",\"registrationExpiresAt\":\"2026-02-02T02:40:00Z\",\"refreshToken\":\"REFRESH\"}");
}

static void login_says_why_not(void **state)
{
    (void)state;
    assert_int_equal(kc("login"), 5);
    says(err(), "profile `default` does not sign in by SSO");
    a_service();
    cred_answer_error(k, "/token", 400, "AuthorizationPendingException", 0);
    assert_int_equal(kc("login --profile dev"), 5);
    says(err(), "nobody typed the code in time");
    cred_forget_answers(k);
    a_service();
    cred_answer_error(k, "/token", 400, "AccessDeniedException", 0);
    assert_int_equal(kc("login --profile dev"), 5);
    says(err(), "the request was refused in the browser");
    cred_forget_answers(k);
    a_service();
    cred_answer_dated(k, "/token", 400, "{\"__type\":\"InvalidGrantException\",\"error\":\"invalid_grant\",\"error_description\":\"Invalid grant provided\"}", NULL, 0);
    assert_int_equal(kc("login --profile dev"), 5);
    says(err(), "SSO session `corp`: InvalidGrantException: Invalid grant provided");
    cred_forget_answers(k);
    assert_int_equal(kc("login --profile dev"), 5);
    says(err(), "does not take kc as a client: nobody lives there");
    a_service();
    cred_answer_error(k, "/token", 400, "AuthorizationPendingException", 0);
    test_world_signal_at(k->t, world_now(test_world(k->t)) + 5000);
    assert_int_equal(kc("login --profile dev"), 130);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CRED_CASE(whoami_says_who_from_where_until_when),
        CRED_CASE(a_role_is_taken_on_top),
        CRED_CASE(whoami_says_why_not),
        CRED_CASE(login_shows_a_code_and_waits_for_it),
        CRED_CASE(login_says_why_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
