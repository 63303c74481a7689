/* fuzz_state.c - any bytes as state.json: loaded or refused, never a crash. The same bytes under a right checksum reach the entries too. */
#include "kc/hash.h"
#include "world_test.h"
#include "kc/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void try(struct str snapshot)
{
    struct test_world *t = test_world_new();
    struct state *s;
    struct str why;
    test_world_put(t, ".kc/stacks/x/state.json", snapshot);
    state_open(test_world(t), store_file(test_world(t), test_world_arena(t), STR(".kc/stacks/x")), snapshot.n % 2, &s, test_world_arena(t), &why);
    state_close(s);
    test_world_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *a = arena_new();
    struct str body = { (const char *)data, n };
    try(body);
    try(str_fmt(a, "{\"kc\":\"state\",\"format\":%zu,\"serial\":3,\"lineage\":\"l\",\"salt\":\"s\",\"bytes\":%zu,\"sha256\":\"%.*s\",\"entries\":[\n%.*s", n % 3 + 1, n,
                STR_ARG(sha256_hex(a, body)), STR_ARG(body)));
    arena_free(a);
    return 0;
}
