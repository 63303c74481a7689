/* test_sim_types.c - resource types that kc does not have, written by this test out of the models: a .kcl type and a .kcl behaviour and nothing
 * else, through plan, apply, a change and destroy. Any service will do that can create, read and delete something by name. */
#include <string.h>
#include "kc/json.h"
#include "kctest.h"
#include "sim_test.h"
#include "stack.h"

enum { KEYS = 3, OTHERS = 6 };

/* What the model says of one kind of thing. */
struct thing {
    const struct service *service;
    const struct operation *create, *read, *update, *delete;
    const struct member *keys[KEYS]; size_t nkeys;
    const struct member *others[OTHERS]; size_t nothers;   /* required at creation */
    const struct member *text;                             /* what is changed; NULL: nothing can be */
    struct str wrapper, shape;                             /* where the reply has it */
};

/* ---- finding things in the models ---- */
static const struct operation *named(const struct service *s, struct arena *a, const char *verb, struct str what)
{
    return model_operation(s, str_fmt(a, "%s%.*s", verb, STR_ARG(what)));
}

static bool is_text(const struct member *m)
{
    return m->shape->kind == SHAPE_STRING && !m->secret && m->location != LOCATION_HEADER;
}

static bool take_keys(struct thing *t)
{
    size_t i, n = 0;

    for (i = 0; i < t->delete->in->nmembers; i++) {
        const struct member *m = &t->delete->in->members[i], *made;

        if (!m->required)
            continue;
        made = model_member(t->create->in, m->name);
        if (!is_text(m) || !made || !is_text(made) || !model_member(t->read->in, m->name) || t->nkeys == KEYS)
            return false;
        t->keys[t->nkeys++] = made;
    }
    for (i = 0; i < t->read->in->nmembers; i++)
        n += t->read->in->members[i].required;
    return t->nkeys && n == t->nkeys;
}

static bool is_key(const struct thing *t, const struct member *m)
{
    size_t i;

    for (i = 0; i < t->nkeys; i++)
        if (str_eq(t->keys[i]->name, m->name))
            return true;
    return false;
}

static const struct shape *shown(struct thing *t)
{
    const struct shape *out = t->read->out;

    if (out->nmembers == 1 && out->members[0].shape->kind == SHAPE_STRUCT) {
        t->wrapper = out->members[0].name;
        t->shape = out->members[0].shape->name;
        return out->members[0].shape;
    }
    return out;
}

/* A text that the change can carry and the reply shows. */
static bool changeable(const struct thing *t, const struct shape *out, const struct member *m)
{
    const struct member *there = model_member(out, m->name);

    return is_text(m) && !is_key(t, m) && there && there->shape->kind == SHAPE_STRING && model_member(t->update->in, m->name) && (!m->shape->has_lo || m->shape->lo < 20);
}

static bool take_members(struct thing *t)
{
    const struct shape *out = shown(t);
    size_t i;

    for (i = 0; t->update && i < t->create->in->nmembers; i++)
        if (!t->text && changeable(t, out, &t->create->in->members[i]))
            t->text = &t->create->in->members[i];
    for (i = 0; i < t->create->in->nmembers; i++) {
        const struct member *m = &t->create->in->members[i];

        if (!m->required || is_key(t, m) || m == t->text)
            continue;
        if ((!is_text(m) && m->shape->kind != SHAPE_ENUM) || t->nothers == OTHERS)
            return false;
        t->others[t->nothers++] = m;
    }
    return true;
}

static bool find(struct arena *a, const struct service *s, const struct operation *create, struct thing *t)
{
    bool put = str_starts(create->name, STR("Put"));
    struct str what = str_sub(create->name, put ? 3 : 6, create->name.n);

    if (!put && !str_starts(create->name, STR("Create")))
        return false;
    *t = (struct thing){ .service = s, .create = create };
    t->read = named(s, a, "Get", what);
    if (!t->read)
        t->read = named(s, a, "Describe", what);
    t->delete = named(s, a, "Delete", what);
    t->update = put ? create : named(s, a, "Update", what);
    return t->read && t->delete && create->in && t->read->in && t->read->out && t->delete->in && !t->read->out->payload && take_keys(t) && take_members(t);
}

/* ---- writing the two files ---- */
static void send_keys(struct buf *b, const struct thing *t)
{
    size_t i;

    for (i = 0; i < t->nkeys; i++)
        buf_fmt(b, "%s%.*s = key%zu", i ? ", " : "", STR_ARG(t->keys[i]->name), i);
}

static void send_text(struct buf *b, const struct thing *t)
{
    if (t->text)
        buf_fmt(b, ", %.*s = text", STR_ARG(t->text->name));
}

static struct str type_file(struct arena *a, const struct thing *t, const char *text)
{
    const struct member *tags = model_tags(t->create->in);
    struct buf b = { 0 };
    size_t i;

    buf_fmt(&b, "resource Thing @aws(\"%.*s\") {\n", STR_ARG(t->service->name));
    for (i = 0; i < t->nkeys; i++)
        buf_fmt(&b, "  key%zu: string @identity @replace\n", i);
    if (t->text)
        buf_cstr(&b, "  text: string\n");
    buf_fmt(&b, "  create %.*s { send { ", STR_ARG(t->create->name));
    send_keys(&b, t);
    send_text(&b, t);
    for (i = 0; i < t->nothers; i++)
        buf_fmt(&b, ", %.*s = \"%.*s\"", STR_ARG(t->others[i]->name), STR_ARG(t->others[i]->shape->kind == SHAPE_ENUM ? t->others[i]->shape->values[0] : STR("{\\\"Statement\\\":[]}")));
    if (tags)
        buf_fmt(&b, ", %.*s = %s", STR_ARG(tags->name), tags->shape->kind == SHAPE_MAP ? "all_tags" : "[for k, v in all_tags: { Key = k, Value = v }]");
    buf_fmt(&b, " } }\n  read %.*s {\n    send { ", STR_ARG(t->read->name));
    send_keys(&b, t);
    buf_fmt(&b, " }\n    live = reply%s%.*s\n", t->wrapper.n ? "." : "", STR_ARG(t->wrapper));
    if (t->text)
        buf_fmt(&b, "    text = live.%.*s\n", STR_ARG(t->text->name));
    buf_fmt(&b, "  }\n  find %.*s {\n    by = \"name\"\n    send { ", STR_ARG(t->read->name));
    send_keys(&b, t);
    buf_cstr(&b, " }\n    each = [reply]\n  }\n");
    if (t->text) {
        buf_fmt(&b, "  update %.*s { on = [text], send { ", STR_ARG(t->update->name));
        send_keys(&b, t);
        send_text(&b, t);
        buf_cstr(&b, " } }\n");
    }
    buf_fmt(&b, "  delete %.*s { send { ", STR_ARG(t->delete->name));
    send_keys(&b, t);
    buf_cstr(&b, " } }\n  errors { gone = [\"Gone\"], exists = [\"There\"] }\n}\n\n");
    buf_cstr(&b, "Thing one { ");
    for (i = 0; i < t->nkeys; i++)
        buf_fmt(&b, "key%zu = \"alpha-%zu\"%s", i, i, i + 1 < t->nkeys || t->text ? ", " : "");
    if (t->text)
        buf_fmt(&b, "text = \"%s\"", text);
    buf_cstr(&b, " }\n");
    return buf_take(&b, a);
}

static struct str behaviour_file(struct arena *a, const struct thing *t)
{
    struct buf b = { 0 };
    size_t i;

    buf_cstr(&b, "let service = { codes = { missing = \"Gone\", exists = \"There\" } }\n\nlet thing = {\n  key = [");
    for (i = 0; i < t->nkeys; i++)
        buf_fmt(&b, "%s\"%.*s\"", i ? ", " : "", STR_ARG(t->keys[i]->name));
    buf_fmt(&b, "]\n  create = { op = \"%.*s\", upsert = %s }\n  get = \"%.*s\"\n  delete = \"%.*s\"\n", STR_ARG(t->create->name), t->update == t->create ? "true" : "false",
            STR_ARG(t->read->name), STR_ARG(t->delete->name));
    if (t->shape.n)
        buf_fmt(&b, "  shape = \"%.*s\"\n", STR_ARG(t->shape));
    if (t->update && t->update != t->create)
        buf_fmt(&b, "  update = \"%.*s\"\n", STR_ARG(t->update->name));
    buf_cstr(&b, "}\n");
    return buf_take(&b, a);
}

/* ---- going through ---- */
static bool memory(void *user, struct arena *a, struct str path, struct str *text, struct str *why)
{
    (void)a, (void)path, (void)why;
    *text = *(struct str *)user;
    return true;
}

static const struct value *behaviour_of(struct arena *a, const struct thing *t)
{
    struct str text = behaviour_file(a, t);
    struct sources *s = sources_new();
    const struct value *std = sim_behaviour(a), *v;
    struct diags d;

    diags_init(&d);
    v = lang_values(s, &d, a, STR("sandbox/thing.kcl"), memory, &text);
    if (!v)
        fail_msg("%.*s", STR_ARG(text));
    diags_fini(&d);
    sources_free(s);
    return value_with(a, value_with(a, &value_empty_object, STR("sts"), value_get(std, STR("sts"))), t->service->name, v);
}

static void through(struct arena *a, const struct thing *t)
{
    struct sim_options o = { .seed = 1, .exact = true, .behaviour = behaviour_of(a, t) };
    struct stack *s = stack_new("cluster.kcl", &o);
    struct buf dump = { 0 };

    s->text = type_file(a, t, "first one of two");
    stack_must(s, STACK_PLAN, 2);
    stack_must(s, STACK_APPLY, 0);
    stack_must(s, STACK_PLAN, 0);
    assert_int_equal(sim_count(s->sim, STR_NONE), 1);
    if (t->text) {
        s->text = type_file(a, t, "second one of two");
        stack_must(s, STACK_PLAN, 2);
        stack_must(s, STACK_APPLY, 0);
        stack_must(s, STACK_PLAN, 0);
        json_write(&dump, sim_dump(s->sim, s->a), JSON_CANONICAL, false);
        assert_true(str_find(buf_view(&dump), STR("second one of two")) != SIZE_MAX);
        buf_fini(&dump);
    }
    stack_must(s, STACK_DESTROY, 0);
    assert_int_equal(sim_count(s->sim, STR_NONE), 0);
    stack_free(s);
}

static void test_made_from_models(void **state)
{
    static const char *const services[] = { "autoscaling", "eks", "events", "iam", "ssm", "route53", "secretsmanager", "kms", "logs", "ecr" };
    struct arena *a = arena_new();
    struct models *models = models_new(sim_model_source, NULL);
    size_t i, j, n = 0, changed = 0;

    (void)state;
    for (i = 0; i < sizeof services / sizeof services[0]; i++) {
        const struct service *s = model_service(models, str_of(services[i]), NULL);

        for (j = 0; j < s->noperations; j++) {
            struct thing t;

            if (!find(a, s, &s->operations[j], &t))
                continue;
            printf("  %s %.*s%s\n", services[i], STR_ARG(t.create->name), t.text ? ", with a change" : "");
            through(a, &t);
            n++;
            changed += t.text != NULL;
        }
    }
    assert_in_range(n, 6, 40);
    assert_in_range(changed, 4, 40);
    models_free(models);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_made_from_models) };
    json_seed(1);                                          /* before the first table */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
