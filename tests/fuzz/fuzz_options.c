/* The command line: any words, parted by line ends. Nothing may be opened or crash; help and usage only. */
#include <stdint.h>

#include "cli/options.h"
#include "kc/arena.h"
#include "world_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { WORDS = 64 };
    struct test_world *t = test_world_new();
    struct arena *a = test_world_arena(t);
    const char *argv[WORDS + 1] = { "kc" };
    struct str rest = { (const char *)data, size }, word, problem;
    struct options o;
    int n = 1;

    while (n < WORDS && str_cut(&rest, '\n', &word))
        argv[n++] = str_c(a, word);
    (void)options_read(test_world(t), a, n, argv, &o, &problem);
    test_world_free(t);
    return 0;
}
