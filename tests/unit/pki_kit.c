#include "pki_kit.h"
#include "kc/hash.h"

void pki_fill(void *impl, void *p, size_t n)
{
    struct pki_sequence *s = impl;
    for (size_t i = 0; i < n; i++) {
        uint32_t from[] = { s->seed, s->n++ };
        uint8_t digest[32];
        sha256((struct str){ (const char *)from, sizeof from }, digest);
        ((uint8_t *)p)[i] = digest[0];
    }
}

int64_t pki_now(void *impl)
{
    (void)impl;
    return pki_noon;
}

struct str pki_key(struct arena *a, enum pki_kind kind, const char *curve, uint32_t seed)
{
    struct pki_sequence s = { .seed = seed };
    struct pki_source source = { pki_fill, pki_now, &s };
    struct str key = STR_NONE, why = STR_NONE;
    if (!pki_make(a, kind, 2048, str_of(curve), &source, &key, &why))
        fail_msg("%.*s", STR_ARG(why));
    assert_true(s.n > 0);
    return key;
}

struct str pki_made(struct arena *a, const struct pki_request *q, struct str key, struct str authority, uint32_t seed)
{
    struct pki_sequence s = { .seed = seed };
    struct pki_source source = { pki_fill, pki_now, &s };
    struct str pem = STR_NONE, why = STR_NONE;
    if (!pki_certify(a, q, key, authority, &source, &pem, &why))
        fail_msg("%.*s", STR_ARG(why));
    return pem;
}

struct str pki_authority(struct arena *a, struct str key, const char *common_name)
{
    struct pki_request q = { .common_name = str_of(common_name), .authority = true, .lifetime = INT64_C(3650) * 24 * 3600 * 1000 };
    struct str certificate = pki_made(a, &q, key, STR_NONE, 1);
    return str_fmt(a, "%.*s%.*s", STR_ARG(key), STR_ARG(certificate));
}

struct str pki_leaf(struct arena *a, struct str key, struct str authority, unsigned usages)
{
    static const struct str names[] = { { "a.example", 9 }, { "192.0.2.1", 9 } };
    struct pki_request q = { .common_name = STR("leaf"), .usages = usages, .names = names, .nnames = usages & PKI_SERVER ? 2 : 0, .lifetime = 24 * 3600 * 1000 };
    return pki_made(a, &q, key, authority, 2);
}
