#include "kctest.h"
#include "toy_case.h"

const struct toy_want one[1] = { { .addr = "a", .class = TOY_TAG, .size = 1 } };
const struct toy_want flagged[1] = { { .addr = "a", .class = TOY_NAME, .size = 1, .flag = "up" } };
const struct toy_want bigger[1] = { { .addr = "a", .class = TOY_NAME, .size = 2, .flag = "up" } };

void applied(struct toy *y, const struct toy_want *w, size_t n, int want)
{
    int code = toy_apply(y, w, n);
    if (code != want) {
        for (size_t i = 0; i < y->result.n; i++)
            print_message("%.*s: %d %.*s\n", STR_ARG(y->addrs[i]), y->result.reports[i].state, STR_ARG(y->result.reports[i].detail));
        fail_msg("exit %d, want %d: %.*s", code, want, STR_ARG(y->why));
    }
}

void fault(struct toy *y, const char *op, unsigned times, int kind)
{
    toy_fault_add(y, (struct toy_fault){ .op = op, .times = times, .kind = kind, .http = kind == TOY_HTTP ? 500 : 0 });
}

struct toy_thing *named(struct toy *y, const char *name)
{
    for (size_t i = 0; i < y->nthings; i++) {
        if (str_is(y->things[i].name, name))
            return &y->things[i];
    }
    return NULL;
}
