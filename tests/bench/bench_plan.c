/* bench_plan.c - a plan with nothing to do over many objects, against a network that answers at once: refresh in batches, diff, order.
 * Prints one line per size; the last column is what matters on a noisy machine. */
#include "kctest.h"
#include "plan_kit.h"
#include <time.h>

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Groups of ten: one hub and nine that refer to it. */
static double run(size_t n)
{
    struct kit *k = kit_new();
    for (size_t i = 0; i < n; i++) {
        const char *addr = str_c(k->a, str_fmt(k->a, "net.group[\"%zu\"].x%zu", i / 10, i % 10));
        const char *hub = i % 10 ? str_c(k->a, str_fmt(k->a, "net.group[\"%zu\"].x0", i / 10)) : NULL;
        const char *json = str_c(k->a, str_fmt(k->a, "{\"thing_name\":\"n%zu\",\"size\":%zu,\"tags\":{\"a\":\"1\",\"b\":\"2\"}}", i, i));
        const char *full = hub ? str_c(k->a, str_fmt(k->a, "{\"thing_name\":\"n%zu\",\"size\":%zu,\"tags\":{\"a\":\"1\",\"b\":\"2\"},\"parent\":\"thing-%zu\"}",
                                                     i, i, i / 10 * 10 + 1)) : json;
        kit_had(k, addr, full, hub);
        struct node *x = kit_node(k, addr, json);
        if (hub)
            kit_set(k, x, "parent", kit_ref(k, hub, "id"));
    }
    double from = seconds();
    struct plan *p = kit_plan(k);
    double took = seconds() - from;
    if (!plan_empty(p))
        printf("  the plan is not empty: %zu operations\n", p->nops);
    kit_free(k);
    return took;
}

int main(void)
{
    double one = run(10000), two = run(20000);
    for (int i = 0; i < 2; i++) {
        double x = run(10000), y = run(20000);
        one = x < one ? x : one;
        two = y < two ? y : two;
    }
    printf("  nothing to do, 10k objects  %6.0f ms   20k/10k %4.2f\n", one * 1000, two / one);
    return two / one < 2.6 ? 0 : 1;
}
