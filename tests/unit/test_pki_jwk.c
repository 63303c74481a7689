/* JSON Web Key Sets: the keys of the RFCs give the numbers that stand there, and `kid` is what openssl says of the key:
 * openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | basenc --base64url */
#include "pki_kit.h"
#include "kc/hash.h"
#include "kc/json.h"
#include "kc/value.h"

static const char rfc7638[] =                              /* section 3.1 */
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA0vx7agoebGcQSuuPiLJX\n"
    "ZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tS\n"
    "oc/BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ/2W+5JsGY4Hc5n9yBXArwl93lqt\n"
    "7/RN5w6Cf0h4QyQ5v+65YGjQR0/FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0\n"
    "zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt+bFTWhAI4vMQFh6WeZu0f\n"
    "M4lFd2NcRwr3XPksINHaQ+G/xBniIqbw0Ls1jF44+csFCur+kEgU8awapJzKnqDK\n"
    "gwIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
static const char rfc7515_256[] =                          /* appendix A.3 */
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"
    "6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"
    "-----END PUBLIC KEY-----\n";
static const char rfc7515_521[] =                          /* appendix A.4 */
    "-----BEGIN PUBLIC KEY-----\n"
    "MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQB6SkFDxJPxrxVx9U5M2Xfne9KsMIs\n"
    "sleY+TTrBOPGuuNwGlenkQ6dgb82MVno68sVXWNJ9L22zPipTFxZx6rBAaQANKZE\n"
    "DjdnUNI3H9G9wsjztx0vTuXqNDLIFcyjFWD+XZOH7HdLVYOGMOXLv1qMvgqR3QBk\n"
    "xpmaH25uZ/rd7eTIyPY=\n"
    "-----END PUBLIC KEY-----\n";
static const char short_x[] =                              /* its x begins with a zero byte, which stands there too (RFC 7518, 6.2.1.2) */
    "-----BEGIN PUBLIC KEY-----\n"
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEACHSmZ9dmNku/iYcLG0AMFiKiIK5qM4n\n"
    "CH6z9el9lYfguzcbaWl+y3RBN5KyB3O49DWjyEKIb0nCAFO4II4D9r6IAnL4FQwu\n"
    "PHQ1PsecLjmjAEYXE0rYiEcvekpzGCvs\n"
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

static const struct value *set_of(const struct str *keys, size_t n)
{
    struct str text, why = STR_NONE;
    if (!pki_jwks(a, keys, n, &text, &why))
        fail_msg("%.*s", STR_ARG(why));
    const struct value *v = json_read(a, text, 0, &why);
    assert_non_null(v);
    return value_get(v, STR("keys"));
}

static void has(const struct value *key, const char *member, const char *want)
{
    const struct value *v = value_get(key, str_of(member));
    assert_non_null(v);
    assert_str(v->s, want);
}

static void the_keys_of_the_rfcs_are_as_they_stand_there(void **state)
{
    (void)state;
    static const struct { const char *pem, *member[7][2]; } rows[] = {
        { rfc7638, { { "kty", "RSA" }, { "alg", "RS256" }, { "use", "sig" }, { "kid", "rTIyDPbFltiEsFOBulc6uo3dV0m03o9KI6efmondrrI" }, { "e", "AQAB" },
          { "n", "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw" } } },
        { rfc7515_256, { { "kty", "EC" }, { "alg", "ES256" }, { "crv", "P-256" }, { "use", "sig" }, { "kid", "K9G7DESol8MKeqCZHN442AYv5EHeUNoPRoJTRPYC6Cc" },
          { "x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU" }, { "y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" } } },
        { rfc7515_521, { { "kty", "EC" }, { "alg", "ES512" }, { "crv", "P-521" }, { "use", "sig" }, { "kid", "kUbOc9ar7aXgq2km572bVj8vIli0iNUgU0oLhLpYcd8" },
          { "x", "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk" },
          { "y", "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2" } } },
        { short_x, { { "kty", "EC" }, { "alg", "ES384" }, { "crv", "P-384" }, { "use", "sig" }, { "kid", "6S67EBjdXDZVeONaTVmdciun_vHlQZ6nMFOk8mik4Ps" },
          { "x", "ACHSmZ9dmNku_iYcLG0AMFiKiIK5qM4nCH6z9el9lYfguzcbaWl-y3RBN5KyB3O4" }, { "y", "9DWjyEKIb0nCAFO4II4D9r6IAnL4FQwuPHQ1PsecLjmjAEYXE0rYiEcvekpzGCvs" } } },
    };
    struct str all[sizeof rows / sizeof *rows];
    size_t n = sizeof rows / sizeof *rows;
    for (size_t i = 0; i < n; i++)
        all[i] = str_of(rows[i].pem);
    const struct value *keys = set_of(all, n);
    assert_int_equal(keys->list.n, n);
    for (size_t i = 0; i < n; i++) {
        size_t members = 0;
        for (; members < 7 && rows[i].member[members][0]; members++)
            has(keys->list.v[i], rows[i].member[members][0], rows[i].member[members][1]);
        assert_int_equal(keys->list.v[i]->object.n, members);
    }
}

/* RFC 7638: the digest of these members alone, in this order. Of the key in section 3.1 it stands there. */
static void the_thumbprint_of_the_rfc_follows(void **state)
{
    (void)state;
    const struct value *k = set_of(&(struct str){ rfc7638, sizeof rfc7638 - 1 }, 1)->list.v[0];
    struct str text = str_fmt(a, "{\"e\":\"%.*s\",\"kty\":\"%.*s\",\"n\":\"%.*s\"}", STR_ARG(value_get(k, STR("e"))->s), STR_ARG(value_get(k, STR("kty"))->s), STR_ARG(value_get(k, STR("n"))->s));
    uint8_t digest[32];
    sha256(text, digest);
    assert_str(base64_url(a, (struct str){ (const char *)digest, 32 }), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

static void of_a_private_key_the_public_part_alone_is_shown(void **state)
{
    (void)state;
    static const struct { enum pki_kind kind; const char *curve; size_t members; } kinds[] = { { PKI_RSA, "", 6 }, { PKI_EC, "P-256", 7 } };
    for (size_t i = 0; i < 2; i++) {
        struct str key = pki_key(a, kinds[i].kind, kinds[i].curve, 1), public, why = STR_NONE;
        assert_true(pki_public_pem(a, key, &public, &why));
        const struct value *of_private = set_of(&key, 1), *of_public = set_of(&public, 1);
        assert_true(value_eq(of_private, of_public));
        assert_int_equal(of_private->list.v[0]->object.n, kinds[i].members);
    }
}

static void what_makes_no_set_is_refused(void **state)
{
    (void)state;
    struct str ed = pki_key(a, PKI_ED25519, "", 1), one = str_of(rfc7515_256), twice[] = { one, str_of(rfc7638), one }, text, why = STR_NONE;
    assert_false(pki_jwks(a, &ed, 1, &text, &why));
    assert_str(why, "a key of a JSON Web Key Set is an RSA or an EC key");
    assert_false(pki_jwks(a, twice, 3, &text, &why));
    assert_str(why, "the same key stands there twice");
    assert_false(pki_jwks(a, &STR("hunter2"), 1, &text, &why));
    assert_str(why, "this is no key in PEM");
    assert_false(pki_jwks(a, twice, 65, &text, &why));
    assert_str(why, "these are more than 64 keys");
    assert_true(pki_jwks(a, NULL, 0, &text, &why));
    assert_str(text, "{\"keys\":[]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_keys_of_the_rfcs_are_as_they_stand_there), cmocka_unit_test(the_thumbprint_of_the_rfc_follows),
        cmocka_unit_test(of_a_private_key_the_public_part_alone_is_shown), cmocka_unit_test(what_makes_no_set_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
