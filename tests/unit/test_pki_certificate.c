/* Certificates that kc makes, as OpenSSL's verifier sees them; what is refused before one is made. */
#include "pki_kit.h"
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include "kc/hash.h"
#include "kc/term.h"

static const int64_t day = 24 * 3600 * 1000, late = 5 * 60 * 1000;
static struct arena *a;

static int setup(void **state)
{
    (void)state;
    a = arena_secret();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static X509 *parsed(struct str pem)
{
    BIO *b = BIO_new_mem_buf(pem.s, (int)pem.n);
    X509 *x = PEM_read_bio_X509(b, NULL, NULL, NULL);
    BIO_free(b);
    assert_non_null(x);
    return x;
}

/* What OpenSSL says of a certificate below an authority: X509_V_OK, or why not. */
static int verified(struct str certificate, struct str authority, int purpose, int64_t at)
{
    X509 *leaf = parsed(certificate), *root = parsed(authority);
    X509_STORE *trusted = X509_STORE_new();
    X509_STORE_CTX *c = X509_STORE_CTX_new();
    assert_true(X509_STORE_add_cert(trusted, root) && X509_STORE_CTX_init(c, trusted, leaf, NULL));
    X509_VERIFY_PARAM *p = X509_STORE_CTX_get0_param(c);
    X509_VERIFY_PARAM_set_time(p, (time_t)(at / 1000));
    X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
    if (purpose)
        assert_true(X509_VERIFY_PARAM_set_purpose(p, purpose));
    int result = X509_verify_cert(c) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(c);
    X509_STORE_CTX_free(c);
    X509_STORE_free(trusted);
    X509_free(leaf);
    X509_free(root);
    return result;
}

static const struct { enum pki_kind kind; const char *curve; } kinds[] = {
    { PKI_RSA, "" }, { PKI_EC, "P-256" }, { PKI_EC, "P-384" }, { PKI_EC, "P-521" }, { PKI_ED25519, "" },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static void a_chain_of_each_kind_of_key_verifies(void **state)
{
    (void)state;
    struct str keys[KINDS], whole[KINDS];
    for (size_t i = 0; i < KINDS; i++) {
        keys[i] = pki_key(a, kinds[i].kind, kinds[i].curve, 7);
        whole[i] = pki_authority(a, keys[i], "root");
        assert_int_equal(verified(whole[i], whole[i], 0, pki_noon), X509_V_OK);
    }
    for (size_t i = 0; i < KINDS; i++)
        for (size_t k = 0; k < KINDS; k++)
            if (i != k)
                assert_int_equal(verified(pki_leaf(a, keys[k], whole[i], PKI_CLIENT), whole[i], X509_PURPOSE_SSL_CLIENT, pki_noon), X509_V_OK);
    struct str other = pki_authority(a, pki_key(a, PKI_EC, "P-256", 8), "root");     /* of the same name */
    assert_int_not_equal(verified(pki_leaf(a, keys[2], whole[1], PKI_CLIENT), other, X509_PURPOSE_SSL_CLIENT, pki_noon), X509_V_OK);
}

static void each_usage_is_the_one_that_was_asked_for(void **state)
{
    (void)state;
    struct str key = pki_key(a, PKI_EC, "P-256", 1), root = pki_authority(a, pki_key(a, PKI_EC, "P-256", 2), "root");
    for (unsigned usages = 1; usages <= 3; usages++) {
        struct str leaf = pki_leaf(a, key, root, usages);
        assert_int_equal(verified(leaf, root, X509_PURPOSE_SSL_SERVER, pki_noon) == X509_V_OK, (usages & PKI_SERVER) != 0);
        assert_int_equal(verified(leaf, root, X509_PURPOSE_SSL_CLIENT, pki_noon) == X509_V_OK, (usages & PKI_CLIENT) != 0);
    }
}

static void it_is_valid_from_five_minutes_ago_to_its_end(void **state)
{
    (void)state;
    struct str key = pki_key(a, PKI_EC, "P-256", 1), root = pki_authority(a, key, "root"), leaf = pki_leaf(a, pki_key(a, PKI_EC, "P-256", 2), root, PKI_CLIENT);
    assert_int_equal(verified(leaf, root, 0, pki_noon - late), X509_V_OK);
    assert_int_equal(verified(leaf, root, 0, pki_noon - late - 1000), X509_V_ERR_CERT_NOT_YET_VALID);
    assert_int_equal(verified(leaf, root, 0, pki_noon + day - 1000), X509_V_OK);
    assert_int_equal(verified(leaf, root, 0, pki_noon + day + 1000), X509_V_ERR_CERT_HAS_EXPIRED);
}

static void a_leaf_signs_nothing(void **state)
{
    (void)state;
    struct str key = pki_key(a, PKI_EC, "P-256", 1), root = pki_authority(a, key, "root"), leaf = pki_leaf(a, key, root, PKI_CLIENT);
    X509 *x = parsed(leaf), *r = parsed(root);
    assert_int_equal(X509_check_ca(x), 0);
    assert_int_equal(X509_check_ca(r), 1);
    assert_int_equal(X509_get_key_usage(x), KU_DIGITAL_SIGNATURE);
    assert_int_equal(X509_get_key_usage(r), KU_DIGITAL_SIGNATURE | KU_KEY_CERT_SIGN);
    X509_free(x);
    X509_free(r);
}

static void a_server_has_its_names(void **state)
{
    (void)state;
    static const struct str names[] = { { "10.0.0.10", 9 }, { "api.example.com", 15 }, { "2001:db8::1", 11 }, { "*.Pods.example", 14 }, { "localhost", 9 } };
    struct pki_request q = { .common_name = STR("api"), .usages = PKI_SERVER, .names = names, .nnames = 5, .lifetime = day };
    struct str key = pki_key(a, PKI_EC, "P-256", 1);
    X509 *x = parsed(pki_made(a, &q, key, pki_authority(a, key, "root"), 1));
    static const char *const hosts[] = { "api.example.com", "API.example.com", "a.pods.example", "localhost" }, *const others[] = { "api", "example.com", "a.b.pods.example", "10.0.0.10" };
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(X509_check_host(x, hosts[i], 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL), 1);
        assert_int_equal(X509_check_host(x, others[i], 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL), 0);
    }
    assert_int_equal(X509_check_ip_asc(x, "10.0.0.10", 0), 1);
    assert_int_equal(X509_check_ip_asc(x, "2001:db8:0::1", 0), 1);
    assert_int_equal(X509_check_ip_asc(x, "10.0.0.11", 0), 0);
    X509_free(x);
}

static void all_chance_is_the_callers(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        struct str key = pki_key(a, kinds[i].kind, kinds[i].curve, 3), root = pki_authority(a, key, "root");
        struct pki_request q = { .common_name = STR("x"), .usages = PKI_CLIENT, .lifetime = day };
        struct str one = pki_made(a, &q, key, root, 7), again = pki_made(a, &q, key, root, 7), other = pki_made(a, &q, key, root, 8);
        assert_true(str_eq(one, again));
        assert_false(str_eq(one, other));
        struct pki_certificate *x, *y;
        size_t n;
        struct str why = STR_NONE;
        assert_true(pki_certificates(a, one, &x, &n, &why));
        assert_true(pki_certificates(a, other, &y, &n, &why));
        assert_int_equal(x->serial.n, 32);                 /* 16 bytes */
        assert_false(str_eq(x->serial, y->serial));
    }
}

static void a_public_key_is_enough_below_an_authority(void **state)
{
    (void)state;
    struct str root = pki_authority(a, pki_key(a, PKI_EC, "P-256", 1), "root"), public = STR_NONE, why = STR_NONE, pem;
    assert_true(pki_public_pem(a, pki_key(a, PKI_RSA, "", 2), &public, &why));
    assert_int_equal(verified(pki_leaf(a, public, root, PKI_CLIENT), root, X509_PURPOSE_SSL_CLIENT, pki_noon), X509_V_OK);
    struct pki_sequence s = { .seed = 1 };
    struct pki_request q = { .common_name = STR("x"), .authority = true, .lifetime = day };
    assert_false(pki_certify(a, &q, public, STR_NONE, &(struct pki_source){ pki_fill, pki_now, &s }, &pem, &why));
    assert_str(why, "this is no private key in PEM, or it has a passphrase");
}

/* ---- what is refused ---- */

#define TEXT(s) ((struct str){ s, sizeof s - 1 })
#define LONG "0123456789012345678901234567890123456789012345678901234567890123"    /* 64 */
#define LIST(...) (const struct str[]){ __VA_ARGS__ }, sizeof (const struct str[]){ __VA_ARGS__ } / sizeof (struct str)

static void what_no_certificate_can_say_is_refused(void **state)
{
    (void)state;
    static const char name[] = "the common name has 1 to 64 characters", time[] = "a certificate is valid for a minute to a hundred years";
#define NO_NAME " is no DNS name, as \"api.example.com\" or \"*.example.com\", and no IP address"
    const struct { struct pki_request q; const char *why; } rows[] = {
        { { .common_name = STR(LONG), .usages = PKI_CLIENT, .lifetime = day }, NULL },
        { { .common_name = STR("\xc3\xa9" "23456789012345678901234567890123456789012345678901234567890123"), .usages = PKI_CLIENT, .lifetime = 60 * 1000 }, NULL },
        { { .common_name = STR(LONG "x"), .usages = PKI_CLIENT, .lifetime = day }, name },
        { { .common_name = STR(""), .usages = PKI_CLIENT, .lifetime = day }, name },
        { { .common_name = STR("a\nb"), .usages = PKI_CLIENT, .lifetime = day }, name },
        { { .common_name = STR("a\0b"), .usages = PKI_CLIENT, .lifetime = day }, name },
        { { .common_name = STR("\xff"), .usages = PKI_CLIENT, .lifetime = day }, name },
        { { .common_name = STR("x"), .organizations = LIST(TEXT("a"), TEXT("b")), .usages = PKI_CLIENT, .lifetime = day }, NULL },
        { { .common_name = STR("x"), .organizations = LIST(TEXT("a"), TEXT("")), .usages = PKI_CLIENT, .lifetime = day }, "\"\" is no organization: it has 1 to 64 characters" },
        { { .common_name = STR("x"), .organizations = LIST(TEXT("a"), TEXT("a")), .usages = PKI_CLIENT, .lifetime = day }, "\"a\" stands there twice" },
        { { .common_name = STR("x"), .usages = PKI_SERVER, .names = LIST(TEXT("a.b-c.d1"), TEXT("*.x"), TEXT("::1")), .lifetime = day }, NULL },
        { { .common_name = STR("x"), .usages = PKI_SERVER, .names = LIST(TEXT("a_b")), .lifetime = day }, "\"a_b\"" NO_NAME },
        { { .common_name = STR("x"), .usages = PKI_SERVER, .names = LIST(TEXT("-a")), .lifetime = day }, "\"-a\"" NO_NAME },
        { { .common_name = STR("x"), .usages = PKI_SERVER, .names = LIST(TEXT("a.")), .lifetime = day }, "\"a.\"" NO_NAME },
        { { .common_name = STR("x"), .usages = PKI_SERVER, .names = LIST(TEXT("10.0.0.256")), .lifetime = day }, "\"10.0.0.256\"" NO_NAME },
        { { .common_name = STR("x"), .usages = PKI_SERVER, .names = LIST(TEXT("1.example")), .lifetime = day }, NULL },
        { { .common_name = STR("x"), .usages = PKI_SERVER, .names = LIST(TEXT("a..b")), .lifetime = day }, "\"a..b\"" NO_NAME },
        { { .common_name = STR("x"), .usages = PKI_SERVER, .names = LIST(TEXT("a.*.b")), .lifetime = day }, "\"a.*.b\"" NO_NAME },
        { { .common_name = STR("x"), .usages = PKI_SERVER, .names = LIST(TEXT("*")), .lifetime = day }, "\"*\"" NO_NAME },
        { { .common_name = STR("x"), .usages = PKI_SERVER, .names = LIST(TEXT("10.0.0.0/8")), .lifetime = day }, "\"10.0.0.0/8\"" NO_NAME },
        { { .common_name = STR("x"), .usages = PKI_SERVER, .names = LIST(TEXT(LONG)), .lifetime = day }, "\"" LONG "\"" NO_NAME },
        { { .common_name = STR("x"), .usages = PKI_SERVER, .names = LIST(TEXT("a"), TEXT("a")), .lifetime = day }, "\"a\" stands there twice" },
        { { .common_name = STR("x"), .usages = PKI_SERVER, .lifetime = day }, "a server's certificate has the names and addresses by which it is reached" },
        { { .common_name = STR("x"), .lifetime = day }, "a certificate that is no authority's is a server's, a client's or both" },
        { { .common_name = STR("x"), .authority = true, .usages = PKI_CLIENT, .lifetime = day }, "an authority signs certificates, and is no server or client" },
        { { .common_name = STR("x"), .authority = true, .lifetime = 59 * 1000 }, time },
        { { .common_name = STR("x"), .authority = true, .lifetime = -1 }, time },
        { { .common_name = STR("x"), .authority = true, .lifetime = INT64_MAX }, time },
        { { .common_name = STR("x"), .authority = true, .lifetime = 36525 * day }, NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct str why = STR_NONE;
        bool fits = pki_request_fits(a, &rows[i].q, &why);
        if (fits != !rows[i].why || (rows[i].why && !str_is(why, rows[i].why)))
            fail_msg("row %zu: %.*s", i, STR_ARG(why));
    }
}

static void refused(const char *want, struct str key, struct str authority, int64_t lifetime)
{
    struct pki_sequence s = { .seed = 1 };
    struct pki_request q = { .common_name = STR("x"), .usages = PKI_CLIENT, .lifetime = lifetime };
    struct str pem, why = STR_NONE;
    assert_false(pki_certify(a, &q, key, authority, &(struct pki_source){ pki_fill, pki_now, &s }, &pem, &why));
    assert_str(why, want);
}

static struct str beside(struct str key, struct str certificate)
{
    return str_fmt(a, "%.*s%.*s", STR_ARG(key), STR_ARG(certificate));
}

static int64_t at_the_time(void *impl)
{
    return *(int64_t *)impl;
}

static void zeros(void *impl, void *p, size_t n)
{
    (void)impl;
    memset(p, 0x5a, n);
}

static struct str authority_made_at(struct str key, int64_t when, int64_t lifetime)
{
    struct pki_request q = { .common_name = STR("root"), .authority = true, .lifetime = lifetime };
    struct str pem = STR_NONE, why = STR_NONE;
    assert_true(pki_certify(a, &q, key, STR_NONE, &(struct pki_source){ zeros, at_the_time, &when }, &pem, &why));
    return beside(key, pem);
}

static void who_may_not_sign_signs_nothing(void **state)
{
    (void)state;
    struct str key = pki_key(a, PKI_EC, "P-256", 1), other = pki_key(a, PKI_EC, "P-256", 2), root = pki_authority(a, key, "root");
    struct str certificate = str_sub(root, key.n, root.n), pem, why = STR_NONE;
    refused("this is the certificate of no authority: it may sign no other", other, beside(other, pki_leaf(a, other, root, PKI_CLIENT)), day);
    refused("the authority's key is not that of its certificate", other, beside(other, certificate), day);
    refused("there is no certificate beside the authority's key", other, key, day);
    refused("this is no private key in PEM, or it has a passphrase", other, certificate, day);
    refused("the authority's certificate is damaged", other, beside(key, str_sub(certificate, 0, certificate.n - 60)), day);
    refused("the authority's certificate is not valid yet", other, authority_made_at(key, pki_noon + late + 1000, day), day);
    refused("the authority's certificate has ended", other, authority_made_at(key, pki_noon - day - 1000, day), day);
    refused("it would be valid for longer than the authority that signs it", other, authority_made_at(key, pki_noon, day), day + 1000);
    pki_leaf(a, other, authority_made_at(key, pki_noon, day), PKI_CLIENT);           /* as long as it: the last that goes */
    struct pki_request q = { .common_name = STR("below"), .authority = true, .lifetime = day };
    struct pki_sequence s = { .seed = 1 };
    assert_false(pki_certify(a, &q, other, root, &(struct pki_source){ pki_fill, pki_now, &s }, &pem, &why));
    assert_str(why, "an authority signs for itself: none stands above it");
}

/* ---- as a function of the language ---- */

static const struct value *fields(const char *name, const struct value *v)
{
    struct pair p[] = { { STR("common_name"), value_str(a, STR("x")) }, { STR("lifetime"), value_of_kind(a, VALUE_DURATION, day) }, { STR("authority"), &value_true } };
    return name ? value_with(a, value_object(a, p, 3), str_of(name), v) : value_object(a, p, 3);
}

static const struct value *one_text(const char *s)
{
    const struct value *v = value_str(a, str_of(s));
    return value_list(a, &v, 1);
}

static void what_is_written_wrong_is_said(void **state)
{
    (void)state;
    struct pki_sequence s = { .seed = 1 };
    struct pki_source source = { pki_fill, pki_now, &s };
    const struct value *number = value_int(a, 1);
    const struct { const char *name; const struct value *v; const char *why; } rows[] = {
        { NULL, NULL, NULL }, { "organizations", &value_none, NULL }, { "names", &value_empty_list, NULL }, { "authority", &value_false, "a certificate that is no authority's is a server's, a client's or both" },
        { "common_name", &value_none, "a certificate has a `common_name` and a `lifetime`" }, { "lifetime", number, "`lifetime` of a certificate is duration" },
        { "expires", number, "a certificate has no `expires`: common_name, organizations, authority, usages, names, lifetime" },
        { "usages", one_text("server"), "an authority signs certificates, and is no server or client" }, { "usages", one_text("signing"), "a certificate is used by a \"server\" or a \"client\", not \"signing\"" },
        { "common_name", value_secret(a, value_str(a, STR("hunter2"))), "a certificate is shown to everybody, and a secret stands in its fields" },
        { "names", number, "`names` of a certificate is list" }, { "organizations", value_list(a, &number, 1), "`organizations` of a certificate is a list of text" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct eval e = { .arena = a, .source = &source };
        const struct value *key = value_secret(a, value_str(a, pki_key(a, PKI_EC, "P-256", 1))), *args[] = { key, fields(rows[i].name, rows[i].v) };
        const struct value *v = expr_call(&e, STR("certificate"), args, 2, SPAN_NONE);
        if (!v != (rows[i].why != NULL) || (rows[i].why && !str_is(e.problem, rows[i].why)))
            fail_msg("row %zu: %.*s", i, STR_ARG(e.problem));
        if (v) {
            assert_false(value_has_secret(v));
            assert_true(str_starts(v->s, STR("-----BEGIN CERTIFICATE-----\n")));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_of_each_kind_of_key_verifies), cmocka_unit_test(each_usage_is_the_one_that_was_asked_for), cmocka_unit_test(it_is_valid_from_five_minutes_ago_to_its_end),
        cmocka_unit_test(a_leaf_signs_nothing), cmocka_unit_test(a_server_has_its_names), cmocka_unit_test(all_chance_is_the_callers), cmocka_unit_test(a_public_key_is_enough_below_an_authority),
        cmocka_unit_test(what_no_certificate_can_say_is_refused), cmocka_unit_test(who_may_not_sign_signs_nothing), cmocka_unit_test(what_is_written_wrong_is_said),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
