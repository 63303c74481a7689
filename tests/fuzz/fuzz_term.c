/* Any JSON as a term and as a type, as tests write them: printing, evaluating within budgets, writing; what was written reads back as the same text. */
#include <stdint.h>
#include <stdlib.h>
#include "kc/arena.h"
#include "kc/json.h"
#include "kc/term.h"
#include "read_term.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct buf text_of(struct arena *a, const struct value *v)
{
    struct buf b = { 0 };
    json_write(&b, value_pack(a, v), JSON_TYPED | JSON_CANONICAL, true);
    return b;
}

static void same(struct arena *a, const struct value *x, const struct value *y)
{
    struct buf one = text_of(a, x), two = text_of(a, y);
    if (!str_eq(buf_view(&one), buf_view(&two)))
        abort();
    buf_fini(&one);
    buf_fini(&two);
}

static void as_term(struct arena *a, const struct value *v)
{
    const struct term *t = read_term_json(a, v);
    if (!t)
        return;
    const struct value *j = term_to_json(a, t);
    const struct term *again = read_term_json(a, j);
    if (!again)
        abort();
    same(a, j, term_to_json(a, again));
    struct buf shown = { 0 };
    term_print(&shown, t);
    buf_fini(&shown);
    struct eval e = { .arena = a, .steps = 20000 };
    const struct value *r = term_eval(&e, t);
    if (!r != e.failed)
        abort();
    if (r) {
        struct buf b = text_of(a, r);
        buf_fini(&b);
    }
}

static void as_type(struct arena *a, const struct value *v, const struct value *x)
{
    const struct type *t = read_type_json(a, v);
    if (!t)
        return;
    const struct value *j = type_to_json(a, t);
    const struct type *again = read_type_json(a, j);
    if (!again)
        abort();
    same(a, j, type_to_json(a, again));
    struct buf shown = { 0 };
    type_print(&shown, t);
    buf_fini(&shown);
    struct eval e = { .arena = a, .steps = 20000 };
    struct type_mistake m;
    type_admit(&e, t, x, &m);
    type_read(a, t, x);
    type_assignable(t, type_of(a, x));
    type_join(a, t, type_of(a, x));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct str text = { (const char *)data, size }, why;
    const struct value *v = json_read(a, text, JSON_TYPED, &why);
    if (v) {
        as_term(a, v);
        as_type(a, v, v);
        if (v->kind == VALUE_LIST && v->list.n == 2)
            as_type(a, v->list.v[0], v->list.v[1]);
    }
    arena_free(a);
    return 0;
}
