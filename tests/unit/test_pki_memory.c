/* Nothing of a private key stays in the memory of the process when the arena it was in has gone, whatever was done with it. */
#include "pki_kit.h"
#include <stdlib.h>
#include "kc/hash.h"
#include "sanitized.h"

/* What is looked for, not as it is: it must be found nowhere, and so not here. */
enum { MASK = 0xa5, MOST = 64 };
struct piece { const char *name; uint8_t masked[MOST]; size_t n; };

static struct piece remember(const char *name, struct str bytes)
{
    struct piece p = { .name = name, .n = bytes.n };
    for (size_t i = 0; i < bytes.n; i++)
        p.masked[i] = (uint8_t)bytes.s[i] ^ MASK;
    return p;
}

static bool is_at(const volatile uint8_t *m, const struct piece *p)
{
    size_t i = 0;
    while (i < p->n && (m[i] ^ MASK) == p->masked[i])
        i++;
    return i == p->n;
}

/* How often it stands in what the process can write. A sanitizer keeps what was freed, and forbids to look there: `unseen` is said then. */
static size_t found(const struct piece *p, size_t unseen)
{
    if (SANITIZED)
        return unseen;
    char line[512], rights[8];
    unsigned long from, to;
    size_t n = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps))
        if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) == 3 && rights[0] == 'r' && rights[1] == 'w')
            for (unsigned long at = from; at + p->n <= to; at++)
                n += is_at((const volatile uint8_t *)at, p);
    fclose(maps);
    return n;
}

static struct str der_of(struct arena *a, struct str pem)
{
    struct str rest = pem, line, der = STR_NONE;
    struct buf b = { 0 };
    while (str_cut(&rest, '\n', &line))
        if (!str_starts(line, STR("-----")))
            buf_str(&b, line);
    assert_true(base64_decode(a, buf_take(&b, a), &der));
    return der;
}

static struct str line_of(struct str pem, unsigned n)
{
    struct str line = STR_NONE;
    for (unsigned i = 0; i <= n; i++)
        assert_true(str_cut(&pem, '\n', &line));
    return line;
}

/* All that is done with keys. */
static void use(struct arena *a, struct str key)
{
    struct str root = pki_authority(a, key, "root"), out, why = STR_NONE;
    struct pki_certificate *c;
    size_t n;
    pki_leaf(a, key, root, PKI_CLIENT);
    assert_true(pki_certificates(a, root, &c, &n, &why));
    assert_true(pki_private_pem(a, root, &out, &why) && pki_public_pem(a, root, &out, &why) && pki_public_ssh(a, root, &out, &why) && pki_jwks(a, &root, 1, &out, &why));
    assert_false(pki_private_pem(a, str_sub(key, 0, key.n - 40), &out, &why));
}

static void nothing_of_a_key_stays(void **state)
{
    (void)state;
    static const struct { enum pki_kind kind; const char *curve; size_t from, to; unsigned line; } kinds[] = { { PKI_RSA, "", 700, 764, 20 }, { PKI_EC, "P-256", 36, 68, 1 } };
    for (size_t i = 0; i < 2; i++) {
        struct arena *a = arena_secret();
        struct str key = pki_key(a, kinds[i].kind, kinds[i].curve, 5), der = der_of(a, key);
        struct piece pieces[] = { remember("DER", str_sub(der, kinds[i].from, kinds[i].to)), remember("PEM", line_of(key, kinds[i].line)) };
        for (size_t k = 0; k < 2; k++)
            assert_true(found(&pieces[k], 1) > 0);
        use(a, key);
        arena_free(a);
        for (size_t k = 0; k < 2; k++)
            if (found(&pieces[k], 0))
                fail_msg("%s of a key of kind %zu stands there %zu times still", pieces[k].name, i, found(&pieces[k], 0));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(nothing_of_a_key_stays) };
    pki_clear_freed();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
