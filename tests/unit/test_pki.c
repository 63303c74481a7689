/* Keys: made from the randomness given and from nothing else, shown in the forms that others read. The fixed ones and what is said of them come
 * from OpenSSL's and OpenSSH's own programs. */
#include "pki_kit.h"
#include "kc/term.h"

static const char ed_private[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIAFhQZrZEqXzD3DArmTFOV7y7UxehkhU9Jmjr+HEV/9b\n"
    "-----END PRIVATE KEY-----\n";
static const char ed_public[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAr5E0kXJ33eWPJnN4Z4iwf4FgP3mmlE1eTvSjgWsn/E4=\n"
    "-----END PUBLIC KEY-----\n";
static const char ec_private[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgJojOhg6M0Bgftczm\n"
    "4MfAsQD6/J1XeiHtzhQu2ZHgqMChRANCAARJr2RhngWpidPM35swsKg0EKXtKHeR\n"
    "ypUTrICuAAMlX/MWtCFU2g56Ez78GjfvPiTYrPwU+iVZEWqIlHDR/GIx\n"
    "-----END PRIVATE KEY-----\n";
static const char ec_sec1[] =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHcCAQEEICaIzoYOjNAYH7XM5uDHwLEA+vydV3oh7c4ULtmR4KjAoAoGCCqGSM49\n"
    "AwEHoUQDQgAESa9kYZ4FqYnTzN+bMLCoNBCl7Sh3kcqVE6yArgADJV/zFrQhVNoO\n"
    "ehM+/Bo37z4k2Kz8FPolWRFqiJRw0fxiMQ==\n"
    "-----END EC PRIVATE KEY-----\n";
static const char ec_public[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAESa9kYZ4FqYnTzN+bMLCoNBCl7Sh3\n"
    "kcqVE6yArgADJV/zFrQhVNoOehM+/Bo37z4k2Kz8FPolWRFqiJRw0fxiMQ==\n"
    "-----END PUBLIC KEY-----\n";
static const char rsa_public[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAtKIq5HTjW10zteWEWzcy\n"
    "eRfI/C9GO045L66I1ugaQzwx3ZOF9dogUI3HLpSsGsUs4FbpmM+LHlZqZleHoJpH\n"
    "n5FxZX1aoO4FyHX/VGhv19kOEaKE4Z8KdTH0725BHV6n8qcQVmgjf+p1DpyQdgkH\n"
    "e0SEQtL4EkOczntA8lHT2vNYy1neTV/52loixJcxyTkD8Ju7sYu90sE5nMBy6ugZ\n"
    "96xuP6mXBg5iusyXio8ntVDpPZVTsMIUWNYnWPdZV4P/qnQ2XlDD4kVNOVKLCT/r\n"
    "jqol3eTFbezaGx7zN7W5W0OnMQPFDP41h2U6Zwa7SZWE4ZX13ATJYiYXFxkLNLgw\n"
    "8wIDAQAB\n"
    "-----END PUBLIC KEY-----\n";

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

static struct str make(enum pki_kind kind, const char *curve, uint32_t seed)
{
    return pki_key(a, kind, curve, seed);
}

static void a_key_follows_from_the_randomness_given(void **state)
{
    (void)state;
    static const struct { enum pki_kind kind; const char *curve; } kinds[] = { { PKI_EC, "P-256" }, { PKI_EC, "P-384" }, { PKI_EC, "P-521" }, { PKI_ED25519, "" } };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct str one = make(kinds[i].kind, kinds[i].curve, 7), again = make(kinds[i].kind, kinds[i].curve, 7), other = make(kinds[i].kind, kinds[i].curve, 8);
        assert_true(str_starts(one, STR("-----BEGIN PRIVATE KEY-----\n")));
        assert_true(str_eq(one, again));
        assert_false(str_eq(one, other));
    }
}

static void each_kind_is_made_and_shown(void **state)
{
    (void)state;
    static const struct { enum pki_kind kind; const char *curve, *ssh; } kinds[] = {
        { PKI_RSA, "", "ssh-rsa AAAA" }, { PKI_EC, "P-384", "ecdsa-sha2-nistp384 AAAA" }, { PKI_EC, "P-521", "ecdsa-sha2-nistp521 AAAA" }, { PKI_ED25519, "", "ssh-ed25519 AAAA" },
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct str key = make(kinds[i].kind, kinds[i].curve, 1), same, public, ssh, why = STR_NONE;
        assert_true(pki_private_pem(a, key, &same, &why) && str_eq(key, same));
        assert_true(pki_public_pem(a, key, &public, &why) && str_starts(public, STR("-----BEGIN PUBLIC KEY-----\n")));
        assert_true(pki_public_ssh(a, key, &ssh, &why) && str_starts(ssh, str_of(kinds[i].ssh)));
    }
}

static void forms_are_those_that_others_read(void **state)
{
    (void)state;
    static const struct { const char *key, *public, *ssh, *print; } rows[] = {
        { ed_private, ed_public, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK+RNJFyd93ljyZzeGeIsH+BYD95ppRNXk70o4FrJ/xO", "SHA256:qsGDrD7p3LWMWKq2ZAaATpB4KWI1BJDynfuGYOnEVRI" },
        { ec_private, ec_public, "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmvZGGeBamJ08zfmzCwqDQQpe0od5HKlROsgK4AAyVf8xa0IVTaDnoTPvwaN+8+JNis/BT6JVkRaoiUcNH8YjE=", "SHA256:jQlKBJr9PLapkqQRiuhVmdUiyf/pFho/xdw1KHOprqM" },
        { rsa_public, rsa_public, "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC0oirkdONbXTO15YRbNzJ5F8j8L0Y7TjkvrojW6BpDPDHdk4X12iBQjcculKwaxSzgVumYz4seVmpmV4egmkefkXFlfVqg7gXIdf9UaG/X2Q4RooThnwp1MfTvbkEdXqfypxBWaCN/6nUOnJB2CQd7RIRC0vgSQ5zOe0DyUdPa81jLWd5NX/naWiLElzHJOQPwm7uxi73SwTmcwHLq6Bn3rG4/qZcGDmK6zJeKjye1UOk9lVOwwhRY1idY91lXg/+qdDZeUMPiRU05UosJP+uOqiXd5MVt7NobHvM3tblbQ6cxA8UM/jWHZTpnBrtJlYThlfXcBMliJhcXGQs0uDDz", "SHA256:7sjt5QkY/YtXoSF11+RSm/jfFI8PieB1WtijZpY1csc" },
    };
    struct str got, why = STR_NONE;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int public = 0; public < 2; public++) {       /* the public part has the same ones */
            struct str key = str_of(public ? rows[i].public : rows[i].key);
            assert_true(pki_public_pem(a, key, &got, &why));
            assert_str(got, rows[i].public);
            assert_true(pki_public_ssh(a, key, &got, &why));
            assert_str(got, rows[i].ssh);
            assert_true(pki_fingerprint(a, key, &got, &why));
            assert_str(got, rows[i].print);
        }
    }
    assert_true(pki_private_pem(a, str_of(ec_sec1), &got, &why));
    assert_str(got, ec_private);
}

static void refuses(struct str key, const char *want)
{
    struct str got, why = STR_NONE;
    assert_false(pki_private_pem(a, key, &got, &why));
    assert_str(why, want);
}

static void what_is_no_key_is_refused_and_never_shown(void **state)
{
    (void)state;
    static const char locked[] = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgM\n-----END ENCRYPTED PRIVATE KEY-----\n";
    const char *no = "this is no private key in PEM, or it has a passphrase";
    struct str got, why = STR_NONE;
    refuses(STR(""), no);
    refuses(STR("hunter2"), no);
    refuses(str_of(ed_public), no);
    refuses(str_of(locked), no);
    refuses(str_sub(str_of(ec_private), 0, 120), no);
    assert_false(pki_public_ssh(a, STR("hunter2"), &got, &why));
    assert_str(why, "this is no key in PEM");
    assert_false(pki_make(a, PKI_EC, 0, STR("P-1"), NULL, &got, &why));
    assert_str(why, "the curves are P-256, P-384 and P-521");
    assert_false(pki_make(a, PKI_RSA, 1024, STR_NONE, NULL, &got, &why) || pki_make(a, PKI_RSA, 2049, STR_NONE, NULL, &got, &why));
    assert_str(why, "an RSA key has 2048 to 8192 bits, in whole bytes");
}

/* ---- as functions of the language ---- */

static const struct value *call(struct eval *e, const char *name, const struct value *x, const struct value *y)
{
    const struct value *args[] = { x, y };
    return expr_call(e, str_of(name), args, (x != NULL) + (y != NULL), SPAN_NONE);
}

static struct str problem(struct eval e, const char *name, const struct value *x, const struct value *y)
{
    assert_null(call(&e, name, x, y));
    return e.problem;
}

static const struct value *authority(void)
{
    struct pair of[] = { { STR("common_name"), value_str(a, STR("x")) }, { STR("authority"), &value_true }, { STR("lifetime"), value_of_kind(a, VALUE_DURATION, 3600000) } };
    return value_object(a, of, 3);
}

static void without_randomness_nothing_is_made(void **state)
{
    (void)state;
    static const char *const makes[] = { "ed25519_key", "ec_key", "rsa_key", "random_text", "random_base64", "certificate" };
    for (size_t i = 0; i < builtin_count(); i++) {
        bool known = false;
        for (size_t k = 0; k < sizeof makes / sizeof *makes; k++)
            known = known || !strcmp(makes[k], builtin_at(i)->name);
        assert_int_equal(builtin_at(i)->makes, known);
    }
    for (size_t k = 0; k < sizeof makes / sizeof *makes; k++) {
        struct eval e = { .arena = a };
        const struct value *arg = k == 0 ? NULL : k == 1 ? value_str(a, STR("P-256")) : k == 5 ? value_str(a, str_of(ec_private)) : value_int(a, 2048);
        const struct value *v = call(&e, makes[k], arg, k == 5 ? authority() : NULL);
        assert_non_null(v);
        assert_int_equal(v->kind, VALUE_UNKNOWN);
        assert_int_equal(value_phase(v), PHASE_APPLY);
        assert_non_null(call(&e, "public_pem", v, NULL));
    }
}

static void only_the_public_part_is_no_secret(void **state)
{
    (void)state;
    struct pki_sequence s = { .seed = 1 };
    struct pki_source r = { pki_fill, pki_now, &s };
    struct eval e = { .arena = a, .source = &r };
    const struct value *key = value_secret(a, call(&e, "ec_key", value_str(a, STR("P-256")), NULL));
    static const char *const shown[] = { "public_pem", "public_ssh", "key_fingerprint" }, *const kept[] = { "private_pem", "base64", "sha256", "size", "upper" };
    for (size_t i = 0; i < 3; i++)
        assert_false(value_has_secret(call(&e, shown[i], key, NULL)));
    for (size_t i = 0; i < 5; i++)
        assert_true(value_has_secret(call(&e, kept[i], key, NULL)));
    assert_true(value_has_secret(call(&e, "base64", call(&e, "private_pem", key, NULL), NULL)));
    assert_false(e.failed);
    const struct value *text = value_secret(a, value_str(a, STR("hunter2")));
    assert_true(str_find(problem((struct eval){ .arena = a }, "private_pem", text, NULL), STR("hunter2")) == SIZE_MAX);
}

static void random_text_has_each_character_as_often(void **state)
{
    (void)state;
    struct pki_sequence s = { .seed = 3 };
    struct pki_source r = { pki_fill, pki_now, &s };
    struct eval e = { .arena = a, .source = &r };
    unsigned count[128] = { 0 };
    const struct value *v = call(&e, "random_text", value_int(a, 4096), NULL);
    assert_int_equal(v->s.n, 4096);
    for (size_t i = 0; i < v->s.n; i++)
        count[(unsigned char)v->s.s[i]]++;
    for (unsigned c = 0; c < 128; c++) {
        bool wanted = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        assert_true(wanted ? count[c] > 30 && count[c] < 110 : !count[c]);     /* 66 on average */
    }
    v = call(&e, "random_text", value_int(a, 400), value_str(a, STR("abc")));
    assert_int_equal(v->s.n, 400);
    for (size_t i = 0; i < v->s.n; i++)
        assert_true(v->s.s[i] >= 'a' && v->s.s[i] <= 'c');
    v = call(&e, "random_base64", value_int(a, 32), NULL);
    assert_int_equal(v->s.n, 44);
    assert_false(e.failed);
    assert_str(problem(e, "random_text", value_int(a, 0), NULL), "1 to 4096 characters can be had");
    assert_str(problem(e, "random_text", value_int(a, 5), value_str(a, STR("abca"))), "the characters to choose from are at least two, ASCII, and none of them twice");
    assert_str(problem(e, "random_base64", value_int(a, 5000), NULL), "1 to 4096 bytes can be had");
    assert_str(problem(e, "rsa_key", value_int(a, -1), NULL), "an RSA key has 2048 to 8192 bits, in whole bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_follows_from_the_randomness_given), cmocka_unit_test(each_kind_is_made_and_shown), cmocka_unit_test(forms_are_those_that_others_read),
        cmocka_unit_test(what_is_no_key_is_refused_and_never_shown), cmocka_unit_test(without_randomness_nothing_is_made), cmocka_unit_test(only_the_public_part_is_no_secret),
        cmocka_unit_test(random_text_has_each_character_as_often),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
