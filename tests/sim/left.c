/* left.c - what a run left behind in its folder: the account as its log tells it, and all files, in which nothing of a made value may be found. */
#include "left.h"
#include "kctest.h"
#include "kc/hash.h"
#include <ftw.h>

static struct left *visited;

static int visit(const char *path, const struct stat *st, int type, struct FTW *f)
{
    (void)st, (void)f;
    if (type == FTW_F && visited->nfiles < 64)
        visited->files[visited->nfiles++] = stack_read(visited->t->a, path);
    return 0;
}

struct left left_look(const char *dir)
{
    struct arena *a = arena_new();
    struct test_world *w = test_world_new();
    struct str log = stack_read(a, str_c(a, str_fmt(a, "%s/account.log", dir)));
    struct left l = { .disk = w };
    assert_int_equal(world_write(test_world(w), STR("account.log"), log), DISK_OK);
    l.t = sim_test_new(&(struct sim_options){ .seed = 1, .exact = true, .log = STR("account.log"), .disk = test_world(w) });
    l.state = str_fmt(l.t->a, "%.*s%.*s", STR_ARG(stack_read(a, str_c(a, str_fmt(a, "%s/.kc/stacks/test/state.json", dir)))),
                      STR_ARG(stack_read(a, str_c(a, str_fmt(a, "%s/.kc/stacks/test/journal", dir)))));
    visited = &l;
    nftw(dir, visit, 16, FTW_PHYS);
    arena_free(a);
    return l;
}

void left_free(struct left *l)
{
    sim_test_free(l->t);
    test_world_free(l->disk);
}

struct str left_value(struct left *l, const char *name)
{
    return str_of(sim_text(l->t, sim_ok(l->t, "secretsmanager", "GetSecretValue", sim_json(l->t, "{'SecretId':'%s'}", name)), "SecretString"));
}

/* ---- nothing of it stays ---- */

static bool holds(const struct left *l, struct str what)
{
    for (size_t i = 0; i < l->nfiles; i++)
        if (str_find(l->files[i], what) != SIZE_MAX)
            return true;
    return false;
}

/* As it is, or as others would write it: as base64 at each of its three offsets, as hexadecimal digits. */
static bool leaks(const struct left *l, struct str secret)
{
    struct arena *a = l->t->a;
    if (holds(l, secret) || holds(l, hex(a, (const uint8_t *)secret.s, secret.n)))
        return true;
    for (size_t off = 0; off < 3 && secret.n > 12; off++) {
        struct str from = str_sub(secret, off, secret.n), whole = base64(a, str_sub(from, 0, from.n / 3 * 3));
        if (holds(l, whole))
            return true;
    }
    return false;
}

/* The secret number of a key on P-256, or of Ed25519, where PKCS#8 has it; and the lines of PEM that hold some of it. A certificate may stand behind it. */
static bool leaks_key(const struct left *l, struct str pem)
{
    struct str rest = pem, line, der = STR_NONE;
    struct buf body = { 0 };
    bool found = false;
    for (unsigned n = 0; str_cut(&rest, '\n', &line) && !str_starts(line, STR("-----BEGIN CERTIFICATE")); n++) {
        if (line.n && !str_starts(line, STR("-----")))
            buf_str(&body, line);
        found = found || ((n == 1 || (n == 2 && line.n == 64)) && leaks(l, line));
    }
    assert_true(base64_decode(l->t->a, buf_take(&body, l->t->a), &der) && (der.n == 48 || der.n == 138));
    return found || leaks(l, der.n == 48 ? str_sub(der, 16, 48) : str_sub(der, 36, 68));
}

const char *left_leak(struct left *l, const char *name)
{
    struct arena *a = l->t->a;
    const struct value *all = sim_ok(l->t, "secretsmanager", "ListSecretVersionIds", sim_json(l->t, "{'SecretId':'%s','IncludeDeprecated':true}", name));
    const struct value *list = value_get(all, STR("Versions"));
    for (size_t i = 0; i < list->list.n; i++) {
        const char *id = sim_text(l->t, list->list.v[i], "VersionId");
        struct str text = str_of(sim_text(l->t, sim_ok(l->t, "secretsmanager", "GetSecretValue", sim_json(l->t, "{'SecretId':'%s','VersionId':'%s'}", name, id)), "SecretString")), salt;
        text = str_sub(text, 0, str_find(text, STR("-----BEGIN CERTIFICATE-----")));     /* which is no secret */
        bool found = str_starts(text, STR("-----")) ? leaks_key(l, text) : leaks(l, text);
        if (!str_starts(text, STR("-----")) && str_find(text, STR(":")) != SIZE_MAX)
            found = found || (str_cut(&text, ':', &salt) && (leaks(l, salt) || leaks(l, text)));
        if (found)
            return str_c(a, str_fmt(a, "version %s of %s is in a file", id, name));
    }
    return NULL;
}
