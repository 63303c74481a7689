/* clock.c - the system's clocks. Monotonic time counts through suspension, so that deadlines of AWS stay true on a laptop. */
#include "real.h"

#include <time.h>

static int64_t read_ms(clockid_t id)
{
    struct timespec t;

    if (clock_gettime(id, &t) != 0)
        die("clock_gettime failed");
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t now(void *impl)
{
    (void)impl;
    return read_ms(CLOCK_BOOTTIME);
}

static int64_t wall(void *impl)
{
    (void)impl;
    return read_ms(CLOCK_REALTIME);
}

const struct clock_ops clock_real = { .now = now, .wall = wall };
