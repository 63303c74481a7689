/* Any bytes as JSON, plain and typed: no crash, and what was read and written once reads back as the same text. */
#include <stdint.h>
#include <stdlib.h>
#include "kc/arena.h"
#include "kc/json.h"
#include "kc/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void round_trip(struct arena *a, struct str text, int flags)
{
    struct str why;
    const struct value *v = json_read(a, text, flags, &why);
    if (!v)
        return;
    struct buf one = { 0 }, two = { 0 }, shown = { 0 };
    json_write(&one, v, flags | JSON_CANONICAL, true);
    const struct value *w = json_read(a, buf_view(&one), flags, &why);
    if (!w || !value_eq(v, w))
        abort();
    json_write(&two, w, flags | JSON_CANONICAL, true);
    if (!str_eq(buf_view(&one), buf_view(&two)))
        abort();
    value_print(&shown, v);
    buf_fini(&one);
    buf_fini(&two);
    buf_fini(&shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct str text = { (const char *)data, size };
    round_trip(a, text, 0);
    round_trip(a, text, JSON_TYPED);
    round_trip(a, text, JSON_TYPED | JSON_KEPT);
    arena_free(a);
    return 0;
}
