#include "plan_case.h"

struct kit *k;

int case_setup(void **state)
{
    (void)state;
    k = kit_new();
    return 0;
}

int case_teardown(void **state)
{
    (void)state;
    kit_free(k);
    return 0;
}
