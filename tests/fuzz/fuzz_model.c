/* Any bytes as a service model. */
#include <stddef.h>
#include <stdint.h>
#include "kc/model.h"

static bool given(void *user, struct str service, struct str *text)
{
    (void)service;
    *text = *(struct str *)user;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = { (const char *)data, size }, why = STR_NONE;
    struct models *m = models_new(given, &text);
    if (!model_service(m, STR("x"), &why) && !why.n)
        __builtin_trap();
    models_free(m);
    return 0;
}
