/* canary.c - see canary.h. */
#include "canary.h"
#include "kc/hash.h"
#include <string.h>

static bool holds(struct str text, struct str x)
{
    return x.n && str_find(text, x) != SIZE_MAX;
}

/* Bytes in every way that people write them; base64 without its end, which depends on what follows. */
static bool encoded_in(struct arena *a, struct str text, struct str bytes)
{
    struct str b64 = base64(a, bytes), url = base64_url(a, bytes);
    return holds(text, bytes) || holds(text, hex(a, (const uint8_t *)bytes.s, bytes.n)) || holds(text, str_sub(b64, 0, b64.n - 4)) ||
           holds(text, str_sub(url, 0, url.n - 4)) || holds(text, base32(a, (const uint8_t *)bytes.s, bytes.n));
}

static bool sum_in(struct arena *a, struct str text, const uint8_t *sum, size_t n)
{
    return encoded_in(a, text, (struct str){ (const char *)sum, n }) || encoded_in(a, text, (struct str){ (const char *)sum, n / 2 });
}

static bool digests_in(struct arena *a, struct str text, struct str of, struct str known)
{
    uint8_t sum[32], small[16], mac[32];
    sha256(of, sum);
    md5(of, small);
    hmac_sha256(known, of, mac);
    return sum_in(a, text, sum, 32) || sum_in(a, text, small, 16) || sum_in(a, text, mac, 32) || holds(text, sha1_hex(a, of));
}

bool canary_in(struct arena *a, struct str text, struct str known)
{
    struct str c = STR(CANARY);
    return encoded_in(a, text, c) || digests_in(a, text, c, known) || digests_in(a, text, STR("\"" CANARY "\""), known);
}

struct str canary_on_disk(struct test_world *t, struct str known, const char *but)
{
    const struct str *paths;
    struct str text, found = STR_NONE;
    struct arena *a = arena_new();
    size_t n = test_world_files(t, &paths);
    for (size_t i = 0; i < n && !found.n; i++)
        if (!(but && str_find(paths[i], str_of(but)) != SIZE_MAX) && test_world_file(t, str_c(a, paths[i]), &text) && canary_in(a, text, known))
            found = paths[i];
    arena_free(a);
    return found;
}

struct str text_on_disk(struct test_world *t, const char *what)
{
    const struct str *paths;
    struct str text;
    size_t n = test_world_files(t, &paths);
    for (size_t i = 0; i < n; i++)
        if (test_world_file(t, str_c(test_world_arena(t), paths[i]), &text) && str_find(text, str_of(what)) != SIZE_MAX)
            return paths[i];
    return STR_NONE;
}
