/* Every tests/golden/check/NAME.kcl gives exactly the diagnostics of NAME.out. KC_ACCEPT=1 rewrites. */
#include "kctest.h"
#include "kc/arena.h"
#include "kc/lang.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char folder[] = "tests/golden/check/";

static bool slurp(struct arena *a, const char *path, struct str *out)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return false;
    char *s = arena_alloc(a, 1 << 16);
    out->n = fread(s, 1, 1 << 16, f);
    out->s = s;
    fclose(f);
    return true;
}

static bool load(void *user, struct arena *a, struct str path, struct str *text, struct str *why)
{
    (void)user;
    *why = STR("no such file");
    if (str_starts(path, STR("std/")))
        return slurp(a, str_c(a, str_fmt(a, "%s_std/%.*s", folder, STR_ARG(str_sub(path, 4, path.n)))), text);
    return slurp(a, str_c(a, str_fmt(a, "%s%.*s", folder, STR_ARG(path))), text);
}

static struct str diagnose(struct arena *a, const char *name)
{
    struct sources *s = sources_new();
    struct diags d;
    struct buf out = { 0 };
    diags_init(&d);
    struct lang_options o = { .load = load, .offline = true };
    struct program *p = lang_load(s, &d, str_of(name), &o);
    lang_eval(p, NULL);
    diags_sort(&d);
    diags_text(&out, &d, s, (struct diag_style){ false, true, 120 });
    lang_free(p);
    diags_fini(&d);
    sources_free(s);
    return buf_take(&out, a);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void golden(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    char *names[512];
    size_t n = 0;
    unsigned bad = 0;
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));)
        if (n < 512 && strlen(e->d_name) > 4 && !strcmp(e->d_name + strlen(e->d_name) - 4, ".kcl") && e->d_name[0] != '_')
            names[n++] = strdup(e->d_name);
    closedir(d);
    qsort(names, n, sizeof *names, by_name);
    for (size_t i = 0; i < n; i++) {
        struct str got = diagnose(a, names[i]), want = STR_NONE;
        const char *path = str_c(a, str_fmt(a, "%s%.*s.out", folder, (int)strlen(names[i]) - 4, names[i]));
        if (getenv("KC_ACCEPT")) {
            FILE *f = fopen(path, "wb");
            assert_non_null(f);
            fwrite(got.s, 1, got.n, f);
            fclose(f);
        } else if (!slurp(a, path, &want) || !str_eq(got, want)) {
            fprintf(stderr, "%s differs; it gives:\n%.*s\n", names[i], STR_ARG(got));
            bad++;
        }
        free(names[i]);
    }
    assert_true(n > 20);
    assert_int_equal(bad, 0);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(golden) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
