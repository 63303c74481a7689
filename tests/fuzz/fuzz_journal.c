/* fuzz_journal.c - any bytes as a journal: loaded, repaired or refused, never a crash. The lines of the input, given right digests, reach the
 * entries too. */
#include "kc/hash.h"
#include "kc/state.h"
#include "world_test.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void try(struct str journal, bool write)
{
    struct test_world *t = test_world_new();
    struct state *s;
    struct str why;
    test_world_put(t, ".kc/stacks/x/journal", journal);
    state_open(test_world(t), store_file(test_world(t), test_world_arena(t), STR(".kc/stacks/x")), write, &s, test_world_arena(t), &why);
    state_close(s);
    test_world_free(t);
}

static void add_sealed(struct buf *out, char digits[32], struct arena *a, struct str line)
{
    uint8_t h[32];
    sha256(str_fmt(a, "%.*s%.*s", 32, digits, STR_ARG(line)), h);
    memcpy(digits, hex(a, h, 16).s, 32);
    buf_fmt(out, "%.*s\t%.*s\n", STR_ARG(line), 32, digits);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *a = arena_new();
    struct buf b = { 0 };
    char digits[32];
    struct str rest = { (const char *)data, n }, line;
    try(rest, n % 2);
    memset(digits, '0', sizeof(digits));
    add_sealed(&b, digits, a, str_fmt(a, "{\"format\":%zu,\"kc\":\"journal\",\"lineage\":\"l\",\"salt\":\"s\",\"serial\":0}", n % 3 + 1));
    while (str_cut(&rest, '\n', &line))
        add_sealed(&b, digits, a, line);
    try(buf_view(&b), n % 2);
    buf_fini(&b);
    arena_free(a);
    return 0;
}
