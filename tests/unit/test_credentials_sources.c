/* Each source of credentials over a scripted network, disk and program: what it asks, what it gives, what it says when it is broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cred_kit.h"
#include "kc/hash.h"

static struct cred_kit kit, *k = &kit;
#define KEYS "[base]\naws_access_key_id = BASE\naws_secret_access_key = s\n"
#define ROLE "arn:aws:iam::111122223333:role/"

static void env(const char *name, const char *value)
{
    test_world_env(k->t, name, value);
}

static bool body_has(const char *request, const char *part)
{
    const struct http_request *rq = cred_request(k, request);

    return rq && str_find(rq->body, str_of(part)) != SIZE_MAX;
}

static struct str header_of(const char *request, const char *name)
{
    const struct http_request *rq = cred_request(k, request);

    return rq ? test_header(rq->headers, rq->nheaders, name) : STR_NONE;
}

/* ---- roles ---- */
static void a_role_is_assumed_with_its_source_profile(void **state)
{
    (void)state;
    cred_files(k, "[profile deploy]\nrole_arn = " ROLE "deploy\nsource_profile = base\nexternal_id = x-1\nduration_seconds = 1800\nrole_session_name = ci\n"
                  "region = eu-west-1\n", KEYS);
    cred_sts(k, "Action=AssumeRole", "ASSUMED", 60, 0);
    cred_gives(k, "deploy", "ASSUMED", "t-ASSUMED", "role `" ROLE "deploy` (profile `deploy`), with profile `base` in ~/.aws/credentials");
    assert_true(k->keys.expires == world_wall(test_world(k->t)) / 1000 * 1000 + 3600000);
    assert_non_null(cred_request(k, "POST https://sts.eu-west-1.amazonaws.com/ "));
    assert_true(body_has("AssumeRole", "ExternalId=x-1") && body_has("AssumeRole", "DurationSeconds=1800") && body_has("AssumeRole", "RoleSessionName=ci"));
    assert_true(str_find(header_of("AssumeRole", "authorization"), STR("Credential=BASE/")) != SIZE_MAX);
}

static void roles_are_assumed_one_from_another(void **state)
{
    (void)state;
    cred_files(k, "[profile a]\nrole_arn = " ROLE "a\nsource_profile = b\n[profile b]\nrole_arn = " ROLE "b\nsource_profile = base\n", KEYS);
    cred_sts(k, "role%2Fb", "KEYB", 60, 0);
    cred_sts(k, "role%2Fa", "KEYA", 60, 0);
    cred_gives(k, "a", "KEYA", "t-KEYA", "role `" ROLE "a` (profile `a`), with role `" ROLE "b` (profile `b`), with profile `base` in ~/.aws/credentials");
    assert_true(str_find(header_of("role%2Fa", "authorization"), STR("Credential=KEYB/")) != SIZE_MAX);
    assert_true(str_is(header_of("role%2Fa", "x-amz-security-token"), "t-KEYB"));
    assert_true(body_has("role%2Fa", "RoleSessionName=kc-17673"));
}

static void a_ring_of_profiles_is_refused(void **state)
{
    (void)state;
    cred_files(k, "[profile a]\nrole_arn = " ROLE "a\nsource_profile = b\n[profile b]\nrole_arn = " ROLE "b\nsource_profile = a\n"
                  "[profile self]\nrole_arn = " ROLE "s\nsource_profile = self\n[profile own]\nrole_arn = " ROLE "o\nsource_profile = own\n"
                  "aws_access_key_id = OWN\naws_secret_access_key = s\n", NULL);
    cred_refuses(k, "a", "profile `a` gets its role's credentials from itself by `source_profile`: `a` <- `b` <- `a`");
    cred_refuses(k, "self", "from itself by `source_profile`");
    assert_int_equal(cred_requests(k, ""), 0);
    cred_sts(k, "role%2Fo", "KEYO", 60, 0);
    cred_gives(k, "own", "KEYO", "t-KEYO", "role `" ROLE "o` (profile `own`), with profile `own` in ~/.aws/config");
    assert_true(str_find(header_of("role%2Fo", "authorization"), STR("Credential=OWN/")) != SIZE_MAX);
}

static void a_role_without_good_source_says_what_to_write(void **state)
{
    (void)state;
    cred_files(k, "[profile none]\nrole_arn = " ROLE "r\n[profile both]\nrole_arn = " ROLE "r\nsource_profile = base\ncredential_source = Environment\n"
                  "[profile lost]\nrole_arn = " ROLE "r\nsource_profile = gone\n[profile odd]\nrole_arn = " ROLE "r\ncredential_source = Ec2\n"
                  "[profile empty]\nrole_arn = " ROLE "r\nsource_profile = bare\n[profile bare]\nregion = eu-west-1\n"
                  "[profile long]\nrole_arn = " ROLE "r\nsource_profile = base\nduration_seconds = an hour\n"
                  "[profile noenv]\nrole_arn = " ROLE "r\ncredential_source = Environment\n", KEYS);
    cred_refuses(k, "none", "profile `none` has `role_arn` (~/.aws/config, line 2) but neither `source_profile` nor `credential_source`");
    cred_refuses(k, "both", "has both `source_profile` and `credential_source`");
    cred_refuses(k, "lost", "names `source_profile = gone` (~/.aws/config, line 9), and there is no such profile");
    cred_refuses(k, "odd", "`credential_source = Ec2` (~/.aws/config, line 12) is not one of Environment, EcsContainer, Ec2InstanceMetadata");
    cred_refuses(k, "empty", "is to be assumed with profile `bare`, which has no credentials");
    cred_refuses(k, "long", "`duration_seconds = an hour` (~/.aws/config, line 21) is not a number from 900 to 43200");
    cred_refuses(k, "noenv", "is to be assumed with credential_source `Environment`, which has no credentials");
    assert_int_equal(cred_requests(k, ""), 0);
}

static void a_role_that_aws_refuses_says_with_whose_credentials(void **state)
{
    (void)state;
    cred_files(k, "[profile deploy]\nrole_arn = " ROLE "deploy\nsource_profile = base\n", KEYS);
    cred_answer(k, "AssumeRole", 403, "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: u is not authorized</Message></Error>"
                                      "<RequestId>r-9</RequestId></ErrorResponse>", 0);
    cred_refuses(k, "deploy", "cannot be assumed with the credentials from profile `base` in ~/.aws/credentials: AccessDenied: User: u is not authorized (request id r-9)");
    assert_int_equal(cred_requests(k, "AssumeRole"), 1);
}

static void the_machine_can_be_a_roles_source(void **state)
{
    (void)state;
    cred_files(k, "[profile e]\nrole_arn = " ROLE "e\ncredential_source = Environment\n[profile c]\nrole_arn = " ROLE "c\ncredential_source = EcsContainer\n", NULL);
    env("AWS_ACCESS_KEY_ID", "ENV");
    env("AWS_SECRET_ACCESS_KEY", "s");
    env("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/keys");
    cred_answer(k, "GET http://127.0.0.1:1/keys", 200, "{\"AccessKeyId\":\"TASK\",\"SecretAccessKey\":\"s\",\"Token\":\"t\",\"Expiration\":\"2026-01-02T09:04:05Z\"}", 0);
    cred_sts(k, "role%2Fe", "KEYE", 60, 0);
    cred_sts(k, "role%2Fc", "KEYC", 60, 0);
    cred_gives(k, "e", "KEYE", "t-KEYE", "role `" ROLE "e` (profile `e`), with environment");
    cred_gives(k, "c", "KEYC", "t-KEYC", "role `" ROLE "c` (profile `c`), with the container's credentials at 127.0.0.1 (AWS_CONTAINER_CREDENTIALS_FULL_URI)");
    assert_true(str_find(header_of("role%2Fc", "authorization"), STR("Credential=TASK/")) != SIZE_MAX);
}

static void a_role_may_be_given_on_top(void **state)
{
    (void)state;
    cred_files(k, NULL, KEYS);
    k->role = ROLE "top";
    cred_sts(k, "role%2Ftop", "TOP", 60, 0);
    cred_gives(k, "base", "TOP", "t-TOP", "role `" ROLE "top`, with profile `base` in ~/.aws/credentials");
    cred_refuses(k, "nobody", "profile `nobody` (from --profile) is neither in");
}

/* No region is said anywhere: a role is asked for in its own partition. */
static void a_role_is_asked_for_where_it_lives(void **state)
{
    const struct test_request *sent;

    (void)state;
    cred_files(k, NULL, KEYS);
    k->role = "arn:aws-eusc:iam::111122223333:role/top";
    cred_sts(k, "role%2Ftop", "TOP", 60, 0);
    cred_gives(k, "base", "TOP", "t-TOP", "role `arn:aws-eusc:iam::111122223333:role/top`, with profile `base` in ~/.aws/credentials");
    size_t n = test_world_requests(k->t, &sent);
    assert_true(str_starts(sent[n - 1].rq.url, STR("https://sts.eusc-de-east-1.amazonaws.eu/")));
}

#define MFA_PROFILE "[profile admin]\nrole_arn = " ROLE "admin\nsource_profile = base\nmfa_serial = arn:aws:iam::1:mfa/me\n"

static void a_code_is_asked_for_once_and_its_session_kept(void **state)
{
    struct str text;

    (void)state;
    cred_files(k, MFA_PROFILE, KEYS);
    cred_refuses(k, "admin", "needs a code of the MFA device arn:aws:iam::1:mfa/me, and there is no terminal to ask at; run `kc whoami`");
    test_world_tty(k->t, true, 80);
    test_world_type(k->t, "12345");
    test_world_type(k->t, " 123456 ");
    cred_sts(k, "AssumeRole", "MFA", 60, 0);
    cred_gives(k, "admin", "MFA", "t-MFA", "role `" ROLE "admin` (profile `admin`), with profile `base` in ~/.aws/credentials");
    assert_true(body_has("AssumeRole", "TokenCode=123456") && body_has("AssumeRole", "SerialNumber=arn%3Aaws%3Aiam%3A%3A1%3Amfa%2Fme"));
    assert_true(str_find(test_world_err(k->t), STR("MFA code of arn:aws:iam::1:mfa/me, for role")) != SIZE_MAX);
    /* sha1 of {"RoleArn": "...role/admin", "SerialNumber": "arn:aws:iam::1:mfa/me"}: the AWS CLI's name for the same session */
    assert_true(test_world_file(k->t, "/home/test/.aws/cli/cache/8e487c76ee18810c279444aed7ba5ca962e89f8e.json", &text));
    assert_true(str_find(text, STR("{\"Credentials\":{\"AccessKeyId\":\"MFA\",\"SecretAccessKey\":\"s\",\"SessionToken\":\"t-MFA\",\"Expiration\":\"2026-01-02T04:04:05Z\"}}")) == 0);
    test_world_tty(k->t, false, 80);
    cred_gives(k, "admin", "MFA", "t-MFA", "role `" ROLE "admin` (profile `admin`), a session with MFA kept in ~/.aws/cli/cache");
    assert_int_equal(cred_requests(k, "AssumeRole"), 1);
}

static void a_session_with_mfa_ends_for_good(void **state)
{
    (void)state;
    cred_files(k, MFA_PROFILE, KEYS);
    test_world_tty(k->t, true, 80);
    test_world_type(k->t, "123456");
    test_world_type(k->t, "654321");
    cred_sts(k, "AssumeRole", "MFA", 60, 0);
    cred_restart(k, "admin");
    assert_true(cred_get(k, 0));
    test_world_advance(k->t, 55 * 60000);
    assert_true(cred_get(k, 0));                           /* while it lasts, without a second question */
    test_world_advance(k->t, 6 * 60000);
    assert_false(cred_get(k, 0));
    assert_true(str_find(k->why, STR("began with an MFA code and cannot be renewed without another; run kc again")) != SIZE_MAX);
    assert_int_equal(cred_requests(k, "AssumeRole"), 1);
}

/* ---- web identity ---- */
static void a_token_of_an_identity_provider_gives_a_role(void **state)
{
    (void)state;
    test_world_put(k->t, "/run/token", STR("eyJ.one.two\n"));
    env("AWS_WEB_IDENTITY_TOKEN_FILE", "/run/token");
    cred_refuses(k, NULL, "the web identity token `/run/token` is named, but no role; set AWS_ROLE_ARN");
    env("AWS_ROLE_ARN", ROLE "pod");
    env("AWS_ROLE_SESSION_NAME", "pod-1");
    cred_sts(k, "AssumeRoleWithWebIdentity", "POD", 60, 0);
    cred_gives(k, NULL, "POD", "t-POD", "role `" ROLE "pod` by the web identity token /run/token");
    assert_true(body_has("WebIdentity", "WebIdentityToken=eyJ.one.two") && body_has("WebIdentity", "RoleSessionName=pod-1"));
    assert_int_equal(header_of("WebIdentity", "authorization").n, 0);
    test_world_put(k->t, "/run/token", STR("eyJ.next.one"));        /* read again for each fetch */
    (void)cred_get(k, k->keys.serial);
    assert_true(body_has("WebIdentity", "WebIdentityToken=eyJ.next.one"));
    env("AWS_WEB_IDENTITY_TOKEN_FILE", "/run/gone");
    cred_refuses(k, NULL, "the web identity token /run/gone cannot be read: no such file");
    cred_refuses(k, "default", "profile `default`");       /* named by option: variables are left out */
}

static void a_refused_token_is_not_shown(void **state)
{
    (void)state;
    test_world_put(k->t, "/run/token", STR("eyJsecret.one.two"));
    cred_files(k, "[profile ci]\nweb_identity_token_file = /run/token\nrole_arn = " ROLE "ci\n", NULL);
    cred_answer(k, "WebIdentity", 400, "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidIdentityToken</Code><Message>No OpenIDConnect provider found</Message></Error>"
                                       "<RequestId>r</RequestId></ErrorResponse>", 0);
    cred_refuses(k, "ci", "AWS does not give it for that token: InvalidIdentityToken: No OpenIDConnect provider found");
    assert_true(str_find(k->why, STR("eyJsecret")) == SIZE_MAX);
}

/* ---- SSO ---- */
#define SSO_PROFILE "[profile dev]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Dev\n" \
                    "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-central-1\n"
#define ROLE_KEYS "{\"roleCredentials\":{\"accessKeyId\":\"SSO\",\"secretAccessKey\":\"s\",\"sessionToken\":\"t\",\"expiration\":1767326645000}}"

static const char *token_path(const char *name)
{
    return str_c(k->a, str_fmt(k->a, "/home/test/.aws/sso/cache/%.*s.json", STR_ARG(sha1_hex(k->a, str_of(name)))));
}

static void token(const char *name, const char *until, bool renewable)
{
    test_world_put(k->t, token_path(name),
                   str_fmt(k->a, "{\"startUrl\":\"x\",\"region\":\"x\",\"accessToken\":\"old-token\",\"expiresAt\":\"%s\"%s}", until,
                           renewable ? ",\"clientId\":\"cid\",\"clientSecret\":\"csec\",\"registrationExpiresAt\":\"2026-03-01T00:00:00Z\",\"refreshToken\":\"rt\"" : ""));
}

static void a_signed_in_session_gives_a_roles_keys(void **state)
{
    (void)state;
    cred_files(k, SSO_PROFILE, NULL);
    cred_refuses(k, "dev", "SSO session `corp` is not signed in; run `kc login --profile dev`");
    token("corp", "2026-01-02T09:00:00Z", true);
    cred_answer(k, "GET https://portal.sso.eu-central-1.amazonaws.com/federation/credentials?role_name=Dev&account_id=111122223333", 200, ROLE_KEYS, 0);
    cred_gives(k, "dev", "SSO", "t", "role Dev in account 111122223333 by SSO session `corp` (profile `dev`)");
    assert_true(k->keys.expires == 1767326645000);
    assert_true(str_is(header_of("federation", "x-amz-sso_bearer_token"), "old-token"));
    assert_int_equal(header_of("federation", "authorization").n, 0);
}

static void a_token_near_its_end_is_renewed_and_kept(void **state)
{
    struct str text;

    (void)state;
    cred_files(k, SSO_PROFILE, NULL);
    token("corp", "2026-01-02T03:10:00Z", true);
    cred_answer(k, "POST https://oidc.eu-central-1.amazonaws.com/token", 200,
                "{\"accessToken\":\"new-token\",\"expiresIn\":3600,\"refreshToken\":\"rt2\",\"tokenType\":\"Bearer\"}", 0);
    cred_answer(k, "federation", 200, ROLE_KEYS, 0);
    cred_gives(k, "dev", "SSO", "t", "role Dev in account 111122223333 by SSO session `corp` (profile `dev`)");
    assert_true(body_has("/token", "\"grantType\":\"refresh_token\"") && body_has("/token", "\"refreshToken\":\"rt\""));
    assert_true(str_is(header_of("federation", "x-amz-sso_bearer_token"), "new-token"));
    assert_true(test_world_file(k->t, token_path("corp"), &text));
    assert_string_equal(str_c(k->a, text), "{\"startUrl\":\"https://corp.awsapps.com/start\",\"region\":\"eu-central-1\",\"accessToken\":\"new-token\","
                        "\"expiresAt\":\"2026-01-02T04:04:05Z\",\"clientId\":\"cid\",\"clientSecret\":\"csec\",\"registrationExpiresAt\":\"2026-03-01T00:00:00Z\","
                        "\"refreshToken\":\"rt2\"}");
    cred_gives(k, "dev", "SSO", "t", "role Dev in account 111122223333 by SSO session `corp` (profile `dev`)");
    assert_int_equal(cred_requests(k, "oidc"), 1);
}

/* Two runs must not spend one refresh token: the second waits, and finds what the first has got. */
static void a_token_that_another_run_renews_is_waited_for(void **state)
{
    struct world *w = test_world(k->t);
    struct world_lock *lock = NULL;
    struct str holder;

    (void)state;
    cred_files(k, SSO_PROFILE, NULL);
    token("corp", "2026-01-02T03:10:00Z", true);
    cred_answer(k, "federation", 200, ROLE_KEYS, 0);
    assert_int_equal(world_lock(w, STR("/home/test/.aws/sso/cache/kc.lock"), STR("kc"), &lock, k->a, &holder), DISK_OK);
    cred_restart(k, "dev");
    cred_ask(k, 0);
    for (int64_t end = world_now(w) + 3000; world_now(w) < end;)
        world_wait(w, end);
    assert_int_equal(k->answers, 0);
    token("corp", "2026-01-02T11:00:00Z", true);
    world_unlock(w, lock);
    for (int64_t end = world_now(w) + 3000; world_now(w) < end;)
        world_wait(w, end);
    assert_true(k->answers == 1 && k->good);
    assert_int_equal(cred_requests(k, "oidc"), 0);
    assert_int_equal(world_lock(w, STR("/home/test/.aws/sso/cache/kc.lock"), STR("kc"), &lock, k->a, &holder), DISK_OK);   /* and it is free again */
}

static void a_token_that_cannot_be_renewed_serves_to_its_end(void **state)
{
    (void)state;
    cred_files(k, SSO_PROFILE, NULL);
    token("corp", "2026-01-02T03:10:00Z", true);
    cred_answer_error(k, "oidc", 400, "InvalidGrantException", 0);
    cred_answer(k, "federation", 200, ROLE_KEYS, 0);
    cred_gives(k, "dev", "SSO", "t", "role Dev in account 111122223333 by SSO session `corp` (profile `dev`)");
    assert_true(str_is(header_of("federation", "x-amz-sso_bearer_token"), "old-token"));
    token("corp", "2026-01-02T03:00:00Z", true);
    cred_refuses(k, "dev", "SSO session `corp` has ended; run `kc login --profile dev`");
    token("corp", "2026-01-02T03:00:00Z", false);
    cred_refuses(k, "dev", "SSO session `corp` has ended");
    cred_forget_answers(k);
    token("corp", "2026-01-02T09:00:00Z", false);
    cred_answer_error(k, "federation", 401, "UnauthorizedException", 0);
    cred_refuses(k, "dev", "SSO session `corp` is no longer valid; run `kc login --profile dev`");
    assert_true(str_find(k->why, STR("token")) == SIZE_MAX);
}

static void the_old_form_of_sso_works(void **state)
{
    (void)state;
    cred_files(k, "[default]\nsso_start_url = https://old.awsapps.com/start\nsso_region = us-east-1\nsso_account_id = 1\nsso_role_name = R\n"
                  "[profile half]\nsso_start_url = https://old.awsapps.com/start\nsso_account_id = 1\nsso_role_name = R\n[profile norole]\nsso_account_id = 1\n"
                  "[profile lost]\nsso_session = gone\nsso_account_id = 1\nsso_role_name = R\n"
                  "[profile two]\nsso_session = s\nsso_region = us-east-1\nsso_account_id = 1\nsso_role_name = R\n[sso-session s]\nsso_start_url = x\nsso_region = us-west-2\n", NULL);
    cred_refuses(k, NULL, "SSO of https://old.awsapps.com/start is not signed in; run `kc login`");
    token("https://old.awsapps.com/start", "2026-01-02T09:00:00Z", false);
    cred_answer(k, "https://portal.sso.us-east-1.amazonaws.com/federation", 200, ROLE_KEYS, 0);
    cred_gives(k, NULL, "SSO", "t", "role R in account 1 by SSO of https://old.awsapps.com/start (profile `default`)");
    cred_refuses(k, "half", "signs in by SSO, but `sso_region` is missing; write it into [profile half] of ~/.aws/config");
    cred_refuses(k, "norole", "signs in by SSO, but `sso_role_name` is missing");
    cred_refuses(k, "lost", "names `sso_session = gone` (~/.aws/config, line 13), but ~/.aws/config has no [sso-session gone]");
    cred_refuses(k, "two", "have different values of `sso_region`");
}

/* ---- programs ---- */
static void a_program_prints_keys(void **state)
{
    (void)state;
    cred_files(k, "[profile p]\ncredential_process = /opt/get \"two words\" it\\'s 'a \"b' $HOME;ls\n[profile open]\ncredential_process = get 'x\n", NULL);
    test_world_program(k->t, "{\"Version\":1,\"AccessKeyId\":\"PROG\",\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\",\"Expiration\":\"2026-01-02T04:04:05Z\"}", 0);
    test_world_program_takes(k->t, 5);
    cred_gives(k, "p", "PROG", "t", "credential_process of profile `p` (~/.aws/config, line 2)");
    assert_string_equal(str_c(k->a, test_world_ran(k->t)), "/opt/get|two words|it's|a \"b|$HOME;ls");
    assert_true(k->keys.expires == 1767326645000);
    test_world_program(k->t, "{\"Version\":1,\"AccessKeyId\":\"PROG\",\"SecretAccessKey\":\"s\"}", 0);
    cred_gives(k, "p", "PROG", "", "credential_process of profile `p` (~/.aws/config, line 2)");
    assert_true(k->keys.expires == 0);
    cred_refuses(k, "open", "cannot be split into words: a quote stays open");
}

static void what_a_program_prints_is_never_shown(void **state)
{
    static const struct { const char *out; int code; const char *part; } cases[] = {
        { "SECRETS", 0, "what `get` printed is no JSON object" },
        { "{\"AccessKeyId\":\"SECRETS\",\"SecretAccessKey\":\"SECRETS\"}", 0, "what `get` printed does not have `\"Version\": 1`" },
        { "{\"Version\":2,\"AccessKeyId\":\"SECRETS\",\"SecretAccessKey\":\"SECRETS\"}", 0, "does not have `\"Version\": 1`" },
        { "{\"Version\":1,\"SecretAccessKey\":\"SECRETS\"}", 0, "has no `AccessKeyId`" },
        { "{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"SECRETS\",\"Expiration\":\"SECRETS\"}", 0, "`Expiration` of" },
        { "SECRETS", 3, "`get` ended with exit code 3" },
        { "", -1, "`get` could not be run to its end" },
    };

    (void)state;
    cred_files(k, "[profile p]\ncredential_process = get\n", NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        test_world_program(k->t, cases[i].out, cases[i].code);
        cred_refuses(k, "p", cases[i].part);
        assert_true(str_find(k->why, STR("SECRETS")) == SIZE_MAX);
    }
}

/* ---- containers ---- */
#define TASK_KEYS "{\"AccessKeyId\":\"TASK\",\"SecretAccessKey\":\"s\",\"Token\":\"t\",\"Expiration\":\"2026-01-02T09:04:05Z\"}"

static void a_container_asks_its_agent(void **state)
{
    (void)state;
    env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/1");
    cred_answer(k, "GET http://169.254.170.2/v2/credentials/1", 500, "", 1);
    cred_answer(k, "GET http://169.254.170.2/v2/credentials/1", 200, TASK_KEYS, 0);
    cred_gives(k, NULL, "TASK", "t", "the container's credentials at 169.254.170.2 (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI)");
    assert_true(cred_request(k, "169.254.170.2")->direct);
    env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "@evil.example.com/");
    cred_refuses(k, NULL, "is not where credentials may be asked for: a path that begins with /");
}

static void pod_identity_shows_its_token(void **state)
{
    (void)state;
    env("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials");
    env("AWS_CONTAINER_AUTHORIZATION_TOKEN", "from-variable");
    cred_answer(k, "GET http://169.254.170.23/v1/credentials", 200, TASK_KEYS, 0);
    cred_gives(k, NULL, "TASK", "t", "the container's credentials at 169.254.170.23 (AWS_CONTAINER_CREDENTIALS_FULL_URI)");
    assert_true(str_is(header_of("169.254.170.23", "authorization"), "from-variable"));
    test_world_put(k->t, "/run/eks-token", STR("from-file"));
    env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/run/eks-token");
    cred_gives(k, NULL, "TASK", "t", "the container's credentials at 169.254.170.23 (AWS_CONTAINER_CREDENTIALS_FULL_URI)");
    assert_true(str_is(header_of("169.254.170.23", "authorization"), "from-file"));
    test_world_put(k->t, "/run/eks-token", STR("renewed"));
    (void)cred_get(k, k->keys.serial);
    assert_true(str_is(header_of("169.254.170.23", "authorization"), "renewed"));
    size_t before = cred_requests(k, "");
    test_world_put(k->t, "/run/eks-token", STR("x\r\nX-Evil: 1"));
    cred_refuses(k, NULL, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: the token contains a line break");
    env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/run/gone");
    cred_refuses(k, NULL, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: /run/gone cannot be read");
    assert_int_equal(cred_requests(k, ""), before);
}

static void keys_are_asked_for_only_at_home(void **state)
{
    static const char *const good[] = { "https://agent.example.com/x", "http://127.0.0.1/x", "http://127.9.9.9:80/x", "http://[::1]:99/x", "http://localhost/x",
                                        "http://169.254.170.2/x", "http://169.254.170.23/x", "http://[fd00:ec2::23]/x", "http://[FD00:0ec2:0::23]/x" };
    static const char *const bad[] = { "http://example.com/x", "http://169.254.169.254/x", "http://10.0.0.1/x", "http://169.254.170.2@evil.com/x", "http://169.254.170.2.evil.com/x",
                                       "http://localhost.evil.com/", "ftp://127.0.0.1/", "http://2130706433/", "http://0x7f.1/", "http://[::ffff:1.2.3.4]/", "http:///x", "127.0.0.1",
                                       "http://127.0.0.1\\@evil.com/", "http://127.0.0.1#@evil.com/", "http://[fd00:ec2::23/", "https://u:p@agent/" };

    (void)state;
    cred_answer(k, "GET http", 200, TASK_KEYS, 0);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        env("AWS_CONTAINER_CREDENTIALS_FULL_URI", good[i]);
        cred_restart(k, NULL);
        assert_true(cred_get(k, 0));
    }
    size_t before = cred_requests(k, "");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        env("AWS_CONTAINER_CREDENTIALS_FULL_URI", bad[i]);
        cred_refuses(k, NULL, "is not where credentials may be asked for");
    }
    assert_int_equal(cred_requests(k, ""), before);
}

static void an_agent_that_is_silent_is_asked_three_times(void **state)
{
    (void)state;
    env("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost:9/x");
    int64_t from = world_now(test_world(k->t));
    cred_refuses(k, NULL, "gave no credentials, asked 3 times: nobody lives there");
    assert_int_equal(cred_requests(k, "localhost:9"), 3);
    assert_true(world_now(test_world(k->t)) - from >= 2000);
    cred_answer(k, "localhost:9", 200, "{\"code\":\"InvalidToken\"}", 0);
    cred_refuses(k, NULL, "has no `AccessKeyId`");
}

/* ---- instances ---- */
#define METADATA "http://169.254.169.254/latest/"
#define INSTANCE_KEYS "{\"Code\":\"Success\",\"AccessKeyId\":\"EC2\",\"SecretAccessKey\":\"s\",\"Token\":\"t\",\"Expiration\":\"2026-01-02T09:04:05Z\"}"

static void an_instance_has_its_role(void **state)
{
    (void)state;
    cred_answer(k, "PUT " METADATA "api/token", 200, "session-token", 0);
    cred_answer(k, "GET " METADATA "meta-data/iam/security-credentials/node", 200, INSTANCE_KEYS, 0);
    cred_answer(k, "GET " METADATA "meta-data/iam/security-credentials/ ", 200, "node\n", 0);
    cred_gives(k, NULL, "EC2", "t", "role node of this EC2 instance");
    assert_true(str_is(header_of("api/token", "x-aws-ec2-metadata-token-ttl-seconds"), "21600"));
    assert_true(str_is(header_of("credentials/node", "x-aws-ec2-metadata-token"), "session-token"));
    assert_true(cred_request(k, "credentials/node")->direct);
    assert_int_equal(cred_request(k, "credentials/node")->timeout_ms, 1000);
    env("AWS_EC2_METADATA_DISABLED", "TRUE");
    cred_refuses(k, NULL, "no AWS credentials");
}

static void an_instance_may_have_only_the_older_way(void **state)
{
    (void)state;
    cred_answer(k, "PUT " METADATA "api/token", 403, "", 0);
    cred_answer(k, "GET " METADATA "meta-data/iam/security-credentials/node", 200, INSTANCE_KEYS, 0);
    cred_answer(k, "GET " METADATA "meta-data/iam/security-credentials/ ", 200, "node", 0);
    cred_gives(k, NULL, "EC2", "t", "role node of this EC2 instance");
    assert_int_equal(header_of("credentials/node", "x-aws-ec2-metadata-token").n, 0);
    env("AWS_EC2_METADATA_V1_DISABLED", "true");
    cred_refuses(k, NULL, "gives no session token (IMDSv2), and the way without one is switched off");
}

static void the_metadata_service_is_set_up_by_variables(void **state)
{
    (void)state;
    env("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://10.1.1.1:8080/");
    env("AWS_METADATA_SERVICE_TIMEOUT", "3");
    env("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "2");
    cred_answer(k, "PUT http://10.1.1.1:8080/latest/api/token", 500, "", 1);
    cred_answer(k, "PUT http://10.1.1.1:8080/latest/api/token", 200, "tok", 0);
    cred_answer(k, "credentials/r", 200, INSTANCE_KEYS, 0);
    cred_answer(k, "GET http://10.1.1.1:8080/latest/meta-data/iam/security-credentials/ ", 200, "r", 0);
    cred_gives(k, NULL, "EC2", "t", "role r of this EC2 instance");
    assert_int_equal(cred_request(k, "credentials/r")->timeout_ms, 3000);
    env("AWS_EC2_METADATA_SERVICE_ENDPOINT", NULL);
    env("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6");
    cred_refuses(k, NULL, "no AWS credentials");
    assert_non_null(cred_request(k, "PUT http://[fd00:ec2::254]/latest/api/token"));
    env("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ipv5");
    cred_refuses(k, NULL, "`ipv5` is neither ipv4 nor ipv6");
}

static void stale_keys_of_an_instance_are_used(void **state)
{
    (void)state;
    cred_answer(k, "PUT " METADATA "api/token", 200, "tok", 0);
    cred_answer(k, "credentials/node", 200, "{\"AccessKeyId\":\"OLD\",\"SecretAccessKey\":\"s\",\"Token\":\"t\",\"Expiration\":\"2026-01-02T02:04:05Z\"}", 0);
    cred_answer(k, "security-credentials/ ", 200, "node", 0);
    cred_gives(k, NULL, "OLD", "t", "role node of this EC2 instance");
    int64_t left = k->keys.expires - world_wall(test_world(k->t));
    assert_true(left >= 5 * 60000 - 1000 && left <= 10 * 60000);    /* and asked for again before that */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CRED_CASE(a_role_is_assumed_with_its_source_profile),
        CRED_CASE(roles_are_assumed_one_from_another),
        CRED_CASE(a_ring_of_profiles_is_refused),
        CRED_CASE(a_role_without_good_source_says_what_to_write),
        CRED_CASE(a_role_that_aws_refuses_says_with_whose_credentials),
        CRED_CASE(the_machine_can_be_a_roles_source),
        CRED_CASE(a_role_may_be_given_on_top),
        CRED_CASE(a_role_is_asked_for_where_it_lives),
        CRED_CASE(a_code_is_asked_for_once_and_its_session_kept),
        CRED_CASE(a_session_with_mfa_ends_for_good),
        CRED_CASE(a_token_of_an_identity_provider_gives_a_role),
        CRED_CASE(a_refused_token_is_not_shown),
        CRED_CASE(a_signed_in_session_gives_a_roles_keys),
        CRED_CASE(a_token_near_its_end_is_renewed_and_kept),
        CRED_CASE(a_token_that_another_run_renews_is_waited_for),
        CRED_CASE(a_token_that_cannot_be_renewed_serves_to_its_end),
        CRED_CASE(the_old_form_of_sso_works),
        CRED_CASE(a_program_prints_keys),
        CRED_CASE(what_a_program_prints_is_never_shown),
        CRED_CASE(a_container_asks_its_agent),
        CRED_CASE(pod_identity_shows_its_token),
        CRED_CASE(keys_are_asked_for_only_at_home),
        CRED_CASE(an_agent_that_is_silent_is_asked_three_times),
        CRED_CASE(an_instance_has_its_role),
        CRED_CASE(an_instance_may_have_only_the_older_way),
        CRED_CASE(the_metadata_service_is_set_up_by_variables),
        CRED_CASE(stale_keys_of_an_instance_are_used),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
