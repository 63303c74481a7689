/* expr_help.c - see expr_help.h. */
#include "expr_help.h"

struct arena *test_arena;

int test_arena_setup(void **state)
{
    (void)state;
    test_arena = arena_new();
    return 0;
}

int test_arena_teardown(void **state)
{
    (void)state;
    arena_free(test_arena);
    return 0;
}

const struct value *val(const char *json)
{
    struct str why = STR_NONE;
    const struct value *v = json_read(test_arena, str_of(json), JSON_TYPED, &why);
    if (v)
        v = read_value_json(test_arena, v);
    if (!v)
        fail_msg("bad JSON in test: %s: %.*s", json, STR_ARG(why));
    return v;
}

const struct term *trm(const char *json)
{
    struct str why = STR_NONE;
    const struct value *v = json_read(test_arena, str_of(json), JSON_TYPED, &why);
    const struct term *t = v ? read_term_json(test_arena, v) : NULL;
    if (!t)
        fail_msg("bad term in test: %s: %.*s", json, STR_ARG(why));
    return t;
}

struct str val_text(const struct value *v)
{
    struct buf b = { 0 };
    if (value_is_known(v) || v->secret)
        value_print(&b, v);
    else
        term_print(&b, term_of(test_arena, v));
    return buf_take(&b, test_arena);
}

struct str trm_text(const struct term *t)
{
    struct buf b = { 0 };
    term_print(&b, t);
    return buf_take(&b, test_arena);
}

struct str typ_text(const struct type *t)
{
    struct buf b = { 0 };
    type_print(&b, t);
    return buf_take(&b, test_arena);
}

struct str val_json(const struct value *v)
{
    struct buf b = { 0 };
    json_write(&b, value_pack(test_arena, v), JSON_TYPED | JSON_CANONICAL, false);
    return buf_take(&b, test_arena);
}

static const struct value *find_param(void *user, struct str name)
{
    return user ? value_get(user, name) : NULL;
}

static const struct value *find_ref(void *user, struct str addr, struct str path, const struct type *t)
{
    (void)t;
    return user && str_is(addr, "known") ? value_get(user, path) : NULL;
}

struct str run(const char *term, const char *params)
{
    struct eval e = { .arena = test_arena, .param = find_param, .ref = find_ref };
    e.user = params ? (void *)val(params) : NULL;
    const struct value *v = term_eval(&e, trm(term));
    if (v)
        return val_text(v);
    assert_true(e.failed);
    return str_fmt(test_arena, "%s: %.*s%s%.*s", diag_name(e.code), STR_ARG(e.problem), e.help.n ? "; " : "", STR_ARG(e.help));
}
