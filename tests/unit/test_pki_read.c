/* Certificates that others made, and kc, read: what stands in them, one after the other; what is none. */
#include "pki_kit.h"

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

/* By `openssl req -x509` with a configuration; the key stands before it. */
static const char key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIId3A5Yko2bU4di3Emz6vvaxa9U1MKdueC/nXUMajRYh\n"
    "-----END PRIVATE KEY-----\n";
static const char foreign[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBtDCCAWagAwIBAgICAQIwBQYDK2VwMDQxFDASBgNVBAoMC0vDpHNlLCBHbWJI\n"
    "MQwwCgYDVQQKDAN0d28xDjAMBgNVBAMMBcOpbGFuMCAXDTI2MTEyOTIzMjMyMFoY\n"
    "DzIxMjYxMTA1MjMyMzIwWjA0MRQwEgYDVQQKDAtLw6RzZSwgR21iSDEMMAoGA1UE\n"
    "CgwDdHdvMQ4wDAYDVQQDDAXDqWxhbjAqMAUGAytlcAMhAGSVtv9vLZtk4GEL2fTM\n"
    "VW3ADZ/RZIsGyZX7snxMAm7Go4GZMIGWMAwGA1UdEwEB/wQCMAAwHQYDVR0lBBYw\n"
    "FAYIKwYBBQUHAwIGCCsGAQUFBwMEMEgGA1UdEQRBMD+CCWEuZXhhbXBsZYcECgAA\n"
    "AYENeEBleGFtcGxlLmNvbYcQIAENuAAAAAAAAAAAAAAAAYILKi5iLmV4YW1wbGUw\n"
    "HQYDVR0OBBYEFBw54E3fsWwvEsiz6a/y5t5SzLOgMAUGAytlcANBABp7SLLD8PBo\n"
    "3KoPRkiR+SpE/qHDG2+Qyytphgz4rWwnPJiT4mzmxJxW+O7A8cNmft+PJf0xJJ3U\n"
    "7quBqb/hWQ8=\n"
    "-----END CERTIFICATE-----\n";

static struct pki_certificate *read(struct str pem, size_t want)
{
    struct pki_certificate *v;
    struct str why = STR_NONE;
    size_t n;
    if (!pki_certificates(a, pem, &v, &n, &why))
        fail_msg("%.*s", STR_ARG(why));
    assert_int_equal(n, want);
    return v;
}

static void joined(const struct str *v, size_t n, const char *want)
{
    struct buf b = { 0 };
    for (size_t i = 0; i < n; i++)
        buf_fmt(&b, "%s%.*s", i ? "|" : "", STR_ARG(v[i]));
    assert_str(buf_view(&b), want);
    buf_fini(&b);
}

static void what_others_made_is_read(void **state)
{
    (void)state;
    const struct pki_certificate *c = read(str_fmt(a, "%s%s", key, foreign), 1);
    assert_str(c->pem, foreign);
    assert_str(c->subject, "CN=\xc3\xa9lan,O=two,O=K\xc3\xa4se\\, GmbH");
    assert_str(c->issuer, "CN=\xc3\xa9lan,O=two,O=K\xc3\xa4se\\, GmbH");
    assert_str(c->common_name, "\xc3\xa9lan");
    joined(c->organizations, c->norganizations, "K\xc3\xa4se, GmbH|two");
    joined(c->names, c->nnames, "a.example|10.0.0.1|2001:db8::1|*.b.example");
    assert_str(c->serial, "0102");
    assert_str(c->fingerprint, "bc15f377027ebd4747006dfcc4120dd75e3ef4b91ec9bd849fd401fd561f8214");
    assert_int_equal(c->begins, INT64_C(1795994600000));
    assert_int_equal(c->ends, INT64_C(4949594600000));     /* in the other century: another form of time */
    assert_false(c->authority);
    assert_int_equal(c->usages, PKI_CLIENT);
}

static void what_was_asked_for_is_read_back(void **state)
{
    (void)state;
    static const struct str orgs[] = { { "b", 1 }, { "a:c", 3 } }, names[] = { { "192.0.2.1", 9 }, { "a.example", 9 }, { "::1", 3 } };
    struct str pair = pki_authority(a, pki_key(a, PKI_EC, "P-256", 1), "root");
    struct pki_request q = { .common_name = STR("J\xc3\xbcrgen"), .organizations = orgs, .norganizations = 2, .usages = PKI_SERVER | PKI_CLIENT, .names = names, .nnames = 3, .lifetime = 3600 * 1000 };
    const struct pki_certificate *c = read(pki_made(a, &q, pki_key(a, PKI_ED25519, "", 2), pair, 3), 1), *root = read(pair, 1);
    assert_str(c->subject, "CN=J\xc3\xbcrgen,O=a:c+O=b");
    joined(c->organizations, c->norganizations, "b|a:c");
    joined(c->names, c->nnames, "a.example|192.0.2.1|::1");
    assert_int_equal(c->begins, pki_noon - 5 * 60 * 1000);
    assert_int_equal(c->ends, pki_noon + 3600 * 1000);
    assert_int_equal(c->usages, PKI_SERVER | PKI_CLIENT);
    assert_str(c->issuer, "CN=root");
    assert_true(root->authority);
    assert_int_equal(root->usages, 0);
}

static void all_in_a_text_are_read_in_their_order(void **state)
{
    (void)state;
    struct str one = pki_authority(a, pki_key(a, PKI_EC, "P-256", 1), "one"), two = pki_authority(a, pki_key(a, PKI_EC, "P-256", 2), "two");
    const struct pki_certificate *c = read(str_fmt(a, "for people\n%.*s\n# and\n%s%.*s", STR_ARG(one), foreign, STR_ARG(two)), 3);
    assert_str(c[0].common_name, "one");
    assert_str(c[1].pem, foreign);
    assert_str(c[2].common_name, "two");
    struct str trusted = str_fmt(a, "%.*s%.*s", STR_ARG(c[0].pem), STR_ARG(c[2].pem));
    assert_str(read(trusted, 2)[1].common_name, "two");
}

static void refused(struct str pem, const char *want)
{
    struct pki_certificate *v;
    struct str why = STR_NONE;
    size_t n;
    if (pki_certificates(a, pem, &v, &n, &why))
        fail_msg("%zu were read in %.*s", n, STR_ARG(pem));
    assert_str(why, want);
}

static struct str times(const char *s, size_t n)
{
    struct buf b = { 0 };
    for (size_t i = 0; i < n; i++)
        buf_cstr(&b, s);
    return buf_take(&b, a);
}

static void what_is_none_is_refused(void **state)
{
    (void)state;
    const char *none = "this is no certificate in PEM", *damaged = "a certificate in it is damaged";
    struct str whole = str_of(foreign);
    refused(STR(""), none);
    refused(STR("hunter2"), none);
    refused(str_of(key), none);
    refused(str_sub(whole, 0, 200), damaged);
    refused(str_sub(whole, 0, whole.n - 30), damaged);
    refused(STR("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), damaged);
    refused(STR("-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n"), damaged);
    refused(str_fmt(a, "%s%.*s", foreign, STR_ARG(str_sub(whole, 0, 200))), damaged);    /* not the first one alone */
    char *changed = arena_copy(a, whole.s, whole.n);
    changed[31] = 'A';                                     /* a length in its first line */
    refused((struct str){ changed, whole.n }, damaged);
}

static void there_is_a_limit_to_what_is_read(void **state)
{
    (void)state;
    read(times(foreign, PKI_BUNDLE_MOST), PKI_BUNDLE_MOST);
    refused(times(foreign, PKI_BUNDLE_MOST + 1), "these are more than 64 certificates");
    refused(times("0123456789abcdef", 1 << 20), "this is no certificate in PEM");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_others_made_is_read), cmocka_unit_test(what_was_asked_for_is_read_back), cmocka_unit_test(all_in_a_text_are_read_in_their_order),
        cmocka_unit_test(what_is_none_is_refused), cmocka_unit_test(there_is_a_limit_to_what_is_read),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
