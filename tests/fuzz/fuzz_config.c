/* The shared AWS files: any bytes as config and credentials; then profile, region, flags and endpoint overrides are asked for. */
#include <stdint.h>

#include "kc/config.h"
#include "kc/arena.h"
#include "world_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct test_world *t = test_world_new();
    struct arena *a = test_world_arena(t);
    struct str all = { (const char *)data, size }, second = all, head = STR("");
    struct str url, from, why;

    str_cut(&second, 0, &head);                            /* a NUL byte parts the two files */
    test_world_put(t, "/home/test/.aws/config", head);
    test_world_put(t, "/home/test/.aws/credentials", second);
    struct config_options o = { .profile = STR("x") };
    for (int i = 0; i < 2; i++) {
        struct config *c = config_load(test_world(t), a, &o);

        (void)config_region(c);
        (void)config_flags(c);
        (void)config_endpoint(c, STR("Auto Scaling"), &url, &from, &why);
        o.profile = STR_NONE;
    }
    test_world_free(t);
    return 0;
}
