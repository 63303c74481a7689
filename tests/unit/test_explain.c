/* Every error code is explained, and the examples of the explanations are what they say: the wrong ones give that code, the others nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cli/cli.h"
#include "kc/diag.h"
#include "kc/lang.h"
#include "world_test.h"

/* The text of the block that begins with the line `fence`; false: there is none. */
static bool block(struct str text, const char *fence, struct str *out)
{
    size_t at = str_find(text, str_of(fence));

    if (at == SIZE_MAX)
        return false;
    struct str rest = str_sub(text, at + strlen(fence), text.n);
    size_t end = str_find(rest, STR("\n```"));
    *out = str_sub(rest, 0, end == SIZE_MAX ? rest.n : end + 1);
    return true;
}

static struct str check(struct test_world *t, struct str text)
{
    const char *argv[] = { "kc", "check" };

    test_world_put(t, "cluster.kcl", text);
    test_world_forget_output(t);
    cli_main(test_world(t), 2, argv, NULL);
    return test_world_err(t);
}

static void every_code_has_its_page(void **state)
{
    (void)state;
    for (size_t i = 0; i < DIAG_COUNT; i++) {
        struct test_world *t = test_world_new();
        struct arena *a = test_world_arena(t);
        const char *name = diag_name((enum diag_code)i);
        struct str page, code;

        if (!stdlib_text(str_fmt(a, "docs/errors/%s.md", name), &page))
            fail_msg("docs/errors/%s.md is missing", name);
        if (block(page, "```kcl wrong\n", &code)) {
            struct str said = check(t, code);
            if (!str_starts(said, str_fmt(a, "error[%s]", name)) && !str_starts(said, str_fmt(a, "warning[%s]", name)))
                fail_msg("%s: the wrong example says:\n%.*s", name, STR_ARG(said));
        }
        if (block(page, "```kcl\n", &code)) {
            struct str said = check(t, code);
            if (said.n)
                fail_msg("%s: the right example says:\n%.*s", name, STR_ARG(said));
        }
        test_world_free(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_code_has_its_page) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
