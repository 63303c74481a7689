/* kc kubeconfig --admin as a user meets it: what it prints, and each way in which it does not. The clock stands at 2026-01-02T03:04:05Z. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cli_kit.h"
#include "cred_kit.h"
#include "kc/hash.h"
#include "kc/json.h"
#include "kc/pki.h"

static struct cred_kit kit, *k = &kit;
#define ARN "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/break_glass-AbCdEf"
#define SECRET "https://secretsmanager.eu-west-1.amazonaws.com"
#define OUT(members) "out break_glass = { cluster = \"prod\", server = \"https://api.example.com:6443\", trusted = none, secret = \"" ARN "\", groups = [\"ops\"]" members " }\n"
enum { HOUR = 3600 * 1000 };

static int kc(const char *line)
{
    return cli_run(k->t, line);
}

static void says(struct str text, const char *part)
{
    if (str_find(text, str_of(part)) == SIZE_MAX)
        fail_msg("expected \"%s\" in:\n%.*s", part, STR_ARG(text));
}

static void wrong(const char *line, int code, const char *what)
{
    int got = kc(line);

    if (got != code || test_world_out(k->t).n)
        fail_msg("kc %s: exit %d, and on its output: %.*s", line, got, STR_ARG(test_world_out(k->t)));
    says(test_world_err(k->t), what);
}

/* ---- an authority of the test's own ---- */

static int64_t wall;

static void fill(void *impl, void *p, size_t n)
{
    world_random(impl, p, n);
}

static int64_t now(void *impl)
{
    (void)impl;
    return wall;
}

static struct str made(bool authority, int64_t begins, int64_t lifetime, struct str *key)
{
    struct pki_source source = { fill, now, test_world(k->t) };
    struct pki_request q = { .common_name = STR("break-glass"), .authority = authority, .usages = authority ? 0 : PKI_CLIENT, .lifetime = lifetime };
    struct str pem, why;

    wall = begins;
    assert_true(pki_make(k->a, PKI_EC, 0, STR("P-256"), &source, key, &why));
    assert_true(pki_certify(k->a, &q, *key, STR_NONE, &source, &pem, &why));
    return pem;
}

static struct str both(bool authority, int64_t begins, int64_t lifetime)
{
    struct str key, pem = made(authority, world_wall(test_world(k->t)) + begins, lifetime, &key);

    return str_fmt(k->a, "%.*s%.*s", STR_ARG(key), STR_ARG(pem));
}

static void holds(struct str text)
{
    struct buf b = { 0 };

    json_write(&b, value_str(k->a, text), JSON_CANONICAL, false);
    cred_answer(k, SECRET, 200, str_c(k->a, str_fmt(k->a, "{\"ARN\":\"" ARN "\",\"Name\":\"x\",\"VersionId\":\"version-7\",\"SecretString\":%.*s}", STR_ARG(buf_view(&b)))), 1);
    buf_fini(&b);
}

static void who_asks(const char *arn)
{
    cred_answer(k, "GetCallerIdentity", 200, str_c(k->a, str_fmt(k->a, "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>%s</Arn><UserId>x</UserId>"
                "<Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>", arn)), 0);
}

/* A stack that has these outputs, and somebody to ask. */
static void recorded(const char *file)
{
    cred_forget_answers(k);
    test_world_env(k->t, "AWS_ACCESS_KEY_ID", "AKID");
    test_world_env(k->t, "AWS_SECRET_ACCESS_KEY", "SECRETS");
    test_world_env(k->t, "AWS_REGION", "us-east-1");
    who_asks("arn:aws:iam::111122223333:user/ann");
    test_world_put(k->t, "/home/test/cluster.kcl", str_of(file));
    if (kc("apply --yes") != 0)
        fail_msg("%.*s", STR_ARG(test_world_err(k->t)));
}

/* ---- what it prints ---- */

static struct str member(const char *name)
{
    struct str rest = test_world_out(k->t), line, out;
    const char *key = str_c(k->a, str_fmt(k->a, "%s: ", name));

    while (str_cut(&rest, '\n', &line)) {
        size_t at = str_find(line, str_of(key));
        if (at != SIZE_MAX) {
            assert_true(base64_decode(k->a, str_sub(line, at + strlen(key), line.n), &out));
            return out;
        }
    }
    fail_msg("no %s in:\n%.*s", name, STR_ARG(test_world_out(k->t)));
    return STR_NONE;
}

static struct pki_certificate certificate(void)
{
    struct pki_certificate *v;
    struct str why;
    size_t n;

    assert_true(pki_certificates(k->a, member("client-certificate-data"), &v, &n, &why));
    assert_int_equal(n, 1);
    return v[0];
}

static void a_certificate_is_signed_for_who_asks(void **state)
{
    struct str text, own, why, of_key, of_authority;

    (void)state;
    recorded(OUT(""));
    text = both(true, 0, 1000 * (int64_t)HOUR);
    holds(text);
    assert_int_equal(kc("kubeconfig --admin --for 8h"), 0);
    struct pki_certificate c = certificate();
    assert_true(str_is(c.common_name, "arn:aws:iam::111122223333:user/ann"));
    assert_int_equal(c.norganizations, 1);
    assert_true(str_is(c.organizations[0], "ops"));
    assert_true(str_is(c.issuer, "CN=break-glass"));
    assert_int_equal(c.usages, PKI_CLIENT);
    assert_false(c.authority);
    assert_in_range(c.ends - world_wall(test_world(k->t)), 8 * HOUR - 60000, 8 * HOUR);
    says(test_world_out(k->t), "    server: \"https://api.example.com:6443\"\nusers:");      /* no authority of its own */
    says(test_world_out(k->t), "current-context: \"prod-admin\"\n");
    says(test_world_err(k->t), "note: read secret " ARN ", version version-7\n");
    says(test_world_err(k->t), "note: signed for CN=arn:aws:iam::111122223333:user/ann,O=ops until 2026-01-02T11:04:");
    own = member("client-key-data");
    assert_true(pki_public_pem(k->a, own, &of_key, &why));
    assert_true(pki_public_pem(k->a, text, &of_authority, &why));
    assert_false(str_eq(of_key, of_authority));
    for (size_t i = 0, n; i < 2; i++) {                    /* neither key is anywhere else */
        const struct str *paths;
        struct str line, rest = i ? own : text, file;
        n = test_world_files(k->t, &paths);
        str_cut(&rest, '\n', &line);
        str_cut(&rest, '\n', &line);
        assert_true(str_find(test_world_err(k->t), line) == SIZE_MAX);
        assert_true(str_find(i ? STR("") : test_world_out(k->t), line) == SIZE_MAX);
        for (size_t f = 0; f < n; f++)
            assert_true(test_world_file(k->t, str_c(k->a, paths[f]), &file) && str_find(file, line) == SIZE_MAX);
    }
    const struct http_request *rq = cred_request(k, SECRET);
    says(rq->body, "\"VersionStage\":\"AWSCURRENT\"");
}

static void an_hour_unless_told(void **state)
{
    (void)state;
    recorded(OUT(""));
    holds(both(true, 0, 1000 * (int64_t)HOUR));
    assert_int_equal(kc("kubeconfig --admin"), 0);
    assert_in_range(certificate().ends - world_wall(test_world(k->t)), HOUR - 60000, HOUR);
}

static void never_beyond_the_authority(void **state)
{
    struct str text;

    (void)state;
    recorded(OUT(""));
    text = both(true, 0, 2 * HOUR);
    holds(text);
    assert_int_equal(kc("kubeconfig prod --admin --for 8h"), 1);       /* no such output: nothing was asked for */
    assert_int_equal(kc("kubeconfig break_glass --admin --for 8h"), 0);
    says(test_world_err(k->t), "Z, when the authority itself ends\n");
    assert_in_range(certificate().ends - world_wall(test_world(k->t)), HOUR, 2 * HOUR);
    holds(both(true, -3 * HOUR, 2 * HOUR));
    wrong("kubeconfig --admin", 1, "error[E0814]: the authority in " ARN " (version version-7) cannot sign: it ended at 2026-01-02T02:04:");
}

static void a_long_name_keeps_its_end(void **state)
{
    (void)state;
    recorded(OUT(""));
    cred_forget_answers(k);
    who_asks("arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_AdministratorAccess_0123456789abcdef/ann@example.com");
    holds(both(true, 0, 1000 * (int64_t)HOUR));
    assert_int_equal(kc("kubeconfig --admin"), 0);
    assert_true(str_is(certificate().common_name, "..servedSSO_AdministratorAccess_0123456789abcdef/ann@example.com"));
    cred_forget_answers(k);
    who_asks("arn:aws:sts::111122223333:assumed-role/break-glass-operators/ann@example.com");
    holds(both(true, 0, 1000 * (int64_t)HOUR));
    assert_int_equal(kc("kubeconfig --admin"), 0);
    assert_true(str_is(certificate().common_name, "111122223333:assumed-role/break-glass-operators/ann@example.com"));
}

static void the_clock_is_that_of_aws(void **state)
{
    char body[4096];
    struct str text, part;

    (void)state;
    recorded(OUT(""));
    text = both(true, 0, 1000 * (int64_t)HOUR);
    struct buf b = { 0 };
    json_write(&b, value_str(k->a, text), JSON_CANONICAL, false);
    part = str_fmt(k->a, "{\"ARN\":\"" ARN "\",\"VersionId\":\"v\",\"SecretString\":%.*s}", STR_ARG(buf_view(&b)));
    buf_fini(&b);
    assert_true(part.n < sizeof body);
    cred_forget_answers(k);
    cred_answer_dated(k, "GetCallerIdentity", 200, "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::1:user/a</Arn><UserId>x</UserId><Account>1</Account>"
                      "</GetCallerIdentityResult></GetCallerIdentityResponse>", "Fri, 02 Jan 2026 09:04:05 GMT", 0);
    cred_answer_dated(k, SECRET, 200, str_c(k->a, part), "Fri, 02 Jan 2026 09:04:05 GMT", 0);
    assert_int_equal(kc("kubeconfig --admin"), 0);
    says(test_world_err(k->t), " until 2026-01-02T10:04:");
}

/* ---- ways in which it does not ---- */

static void what_is_recorded_must_tell_the_way(void **state)
{
    static const struct { const char *file, *what; } cases[] = {
        { "out x = 1\n", "error[E0808]: no output `break_glass` is recorded for stack `cluster`" },
        { "out break_glass = \"x\"\n", "error[E0814]: output `break_glass` tells no way in: `cluster` is no name" },
        { "out break_glass = { cluster = \"c\", server = none, trusted = none, secret = \"" ARN "\", groups = [\"g\"] }\n", "`server` is no address that begins with https://" },
        { "out break_glass = { cluster = \"c\", server = \"http://c\", trusted = none, secret = \"" ARN "\", groups = [\"g\"] }\n", "`server` is no address that begins with https://" },
        { "out break_glass = { cluster = \"c\", server = \"https://c\", trusted = \"junk\", secret = \"" ARN "\", groups = [\"g\"] }\n", "`trusted`: " },
        { "out break_glass = { cluster = \"c\", server = \"https://c\", trusted = none, secret = \"prod/break_glass\", groups = [\"g\"] }\n", "`secret` is the ARN of no secret" },
        { "out break_glass = { cluster = \"c\", server = \"https://c\", trusted = none, secret = \"arn:aws:s3:::x:y:z\", groups = [\"g\"] }\n", "`secret` is the ARN of no secret" },
        { "out break_glass = { cluster = \"c\", server = \"https://c\", trusted = none, secret = \"" ARN "\", groups = [] }\n", "`groups` is no list of names, 1 to 16" },
        { "out break_glass = { cluster = \"c\", server = \"https://c\", trusted = none, secret = \"" ARN "\", groups = [1] }\n", "`groups` is no list of names, 1 to 16" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        recorded(cases[i].file);
        wrong("kubeconfig --admin", 1, cases[i].what);
        assert_int_equal(cred_requests(k, SECRET), 0);
    }
}

static void groups_are_such_that_a_certificate_can_say_them(void **state)
{
    (void)state;
    recorded("out break_glass = { cluster = \"c\", server = \"https://c\", trusted = none, secret = \"" ARN "\", groups = [\"g\", \"g\"] }\n");
    holds(both(true, 0, 1000 * (int64_t)HOUR));
    wrong("kubeconfig --admin", 1, "error[E0814]: output `break_glass` tells no way in: \"g\" stands there twice");
}

static void of_several_clusters_one_is_named(void **state)
{
    (void)state;
    recorded("component Cluster {\n  server: string\n  " OUT("") "}\nCluster blue { server = \"https://blue\" }\nCluster green { server = \"https://green\" }\n");
    wrong("kubeconfig --admin", 1, "which output `break_glass`? there are several");
    says(test_world_err(k->t), "name one of them: `blue`, `green`");
    holds(both(true, 0, 1000 * (int64_t)HOUR));
    assert_int_equal(kc("kubeconfig green --admin"), 0);
    says(test_world_out(k->t), "client-key-data: ");
}

static void what_is_kept_must_be_an_authority(void **state)
{
    struct str key, other, pem;

    (void)state;
    recorded(OUT(""));
    holds(STR("hunter2"));
    wrong("kubeconfig --admin", 1, "error[E0814]: the authority in " ARN " (version version-7) cannot sign: ");
    assert_true(str_find(test_world_err(k->t), STR("hunter2")) == SIZE_MAX);
    pem = made(true, world_wall(test_world(k->t)), HOUR, &key);
    holds(key);
    wrong("kubeconfig --admin", 1, "cannot sign: ");
    holds(pem);
    wrong("kubeconfig --admin", 1, "cannot sign: ");
    holds(both(false, 0, HOUR));
    wrong("kubeconfig --admin", 1, "cannot sign: this is the certificate of no authority");
    made(true, world_wall(test_world(k->t)), HOUR, &other);
    holds(str_fmt(k->a, "%.*s%.*s", STR_ARG(other), STR_ARG(pem)));
    wrong("kubeconfig --admin", 1, "cannot sign: the authority's key is not that of its certificate");
    cred_answer(k, SECRET, 200, "{\"ARN\":\"" ARN "\",\"VersionId\":\"version-7\",\"SecretBinary\":\"AAAA\"}", 1);
    wrong("kubeconfig --admin", 1, "cannot sign: it is no text");
}

static void what_aws_refuses_is_told(void **state)
{
    (void)state;
    recorded(OUT(""));
    cred_answer_error(k, SECRET, 400, "AccessDeniedException", 1);
    wrong("kubeconfig --admin", 1, "error[E0701]: secret " ARN " cannot be read: AccessDeniedException: no (request id id-1)");
    says(test_world_err(k->t), "help: its policy lets one operator role read it: add `--role ARN`, or `--profile NAME`");
    cred_answer_error(k, SECRET, 400, "ResourceNotFoundException", 1);
    wrong("kubeconfig --admin", 1, "error[E0701]: secret " ARN " cannot be read: ResourceNotFoundException: no");
    cred_answer(k, SECRET, 0, NULL, 0);
    wrong("kubeconfig --admin", 1, "error[E0710]: secret " ARN " cannot be read: NotSent: the network is down");
    cred_forget_answers(k);
    cred_answer(k, "GetCallerIdentity", 403, "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>no</Message></Error>"
                "<RequestId>id-1</RequestId></ErrorResponse>", 0);
    wrong("kubeconfig --admin", 5, "error[E0702]");
    test_world_env(k->t, "AWS_ACCESS_KEY_ID", NULL);
    test_world_env(k->t, "AWS_SECRET_ACCESS_KEY", NULL);
    wrong("kubeconfig --admin", 5, "error[E0702]: no AWS credentials");
}

static void a_screen_is_warned_of(void **state)
{
    (void)state;
    recorded(OUT(""));
    holds(both(true, 0, 1000 * (int64_t)HOUR));
    test_world_tty(k->t, true, 80);
    assert_int_equal(kc("kubeconfig --admin"), 0);
    says(test_world_err(k->t), "note: what stands above is a key");
}

static void slips_of_usage_are_explained(void **state)
{
    (void)state;
    wrong("kubeconfig --for 8h", 64, "`--for` says how long a certificate is valid: it goes with `--admin`");
    wrong("kubeconfig --admin --for 8", 64, "`--for` is a time from 10m to 24h, as `8h`, not `8`");
    wrong("kubeconfig --admin --for 9m", 64, "not `9m`");
    wrong("kubeconfig --admin --for 25h", 64, "not `25h`");
    wrong("token --admin", 64, "`kc token` has no flag `--admin`");
    recorded("out x = 1\n");
    test_world_env(k->t, "KC_FOR", "8h");
    wrong("kubeconfig", 1, "no kubeconfig is recorded");   /* the variable is for --admin alone */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CRED_CASE(a_certificate_is_signed_for_who_asks), CRED_CASE(an_hour_unless_told), CRED_CASE(never_beyond_the_authority), CRED_CASE(a_long_name_keeps_its_end),
        CRED_CASE(the_clock_is_that_of_aws), CRED_CASE(what_is_recorded_must_tell_the_way), CRED_CASE(of_several_clusters_one_is_named), CRED_CASE(groups_are_such_that_a_certificate_can_say_them),
        CRED_CASE(what_is_kept_must_be_an_authority), CRED_CASE(what_aws_refuses_is_told), CRED_CASE(a_screen_is_warned_of), CRED_CASE(slips_of_usage_are_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
