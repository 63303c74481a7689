/* Digests and text encodings against the vectors of their standards (FIPS 180-4, RFC 4231, RFC 4648, RFC 1321). */
#include "kctest.h"
#include "kc/hash.h"

static struct arena *a;

static void digests(void **state)
{
    (void)state;
    assert_str(sha256_hex(a, STR("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_str(sha256_hex(a, STR_NONE), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    uint8_t d[32];
    hmac_sha256(STR("Jefe"), STR("what do ya want for nothing?"), d);
    assert_str(hex(a, d, 32), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    md5(STR("abc"), d);
    assert_str(hex(a, d, 16), "900150983cd24fb0d6963f7d28e17f72");
}

static void encodings(void **state)
{
    (void)state;
    static const struct { const char *plain, *b64, *b32; } v[] = {
        { "", "", "" }, { "f", "Zg==", "my" }, { "fo", "Zm8=", "mzxq" }, { "foo", "Zm9v", "mzxw6" }, { "foob", "Zm9vYg==", "mzxw6yq" },
        { "fooba", "Zm9vYmE=", "mzxw6ytb" }, { "foobar", "Zm9vYmFy", "mzxw6ytboi" },
    };
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        struct str p = str_of(v[i].plain), back;
        assert_str(base64(a, p), v[i].b64);
        assert_str(base32(a, (const uint8_t *)p.s, p.n), v[i].b32);
        assert_true(base64_decode(a, str_of(v[i].b64), &back));
        assert_str(back, v[i].plain);
    }
    assert_str(base64_url(a, STR("\xfb\xff\xfe")), "-__-");
    struct str x;
    assert_false(base64_decode(a, STR("Zg="), &x) || base64_decode(a, STR("Zg=a"), &x) || base64_decode(a, STR("Zh=="), &x));
}

static int setup(void **state)
{
    (void)state;
    a = arena_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(digests), cmocka_unit_test(encodings) };
    return cmocka_run_group_tests(tests, setup, teardown);
}
