/* test_sim_made_doubt.c - what kc makes, where answers are lost, requests come late, other hands write, and what is there already is adopted: what
 * AWS holds at the end is the one whose public part is in state, or kc says that it is not. */
#include "kctest.h"
#include "kc/json.h"
#include "kc/pki.h"
#include "sim_test.h"
#include "stack.h"
#include <string.h>

static const char types[] = "tests/sim/files/made.kcl";

/* The types of the file, and these items. */
static void items(struct stack *s, const char *text)
{
    struct str all = stack_read(s->a, types);
    size_t at = str_find(all, STR("param turn"));
    assert_true(at != SIZE_MAX);
    s->text = str_fmt(s->a, "%.*s%s", (int)at, all.s, text);
}

/* What the plan of the last apply said of its first item that changes, while it was there. */
static struct { enum action action; size_t n, made; bool replace, drift; } said;

static void listen(struct stack *s, struct plan *p)
{
    const struct plan_item *x = NULL;
    (void)s;
    for (size_t i = 0; i < p->nitems; i++)
        x = !x && p->items[i]->action != ACTION_NOOP ? p->items[i] : x;
    memset(&said, 0, sizeof said);
    if (!x)
        return;
    said.action = x->action;
    said.n = x->nchanges;
    said.drift = x->drift;
    for (size_t i = 0; i < x->nchanges; i++) {
        said.made += x->changes[i].made && str_is(x->changes[i].field, "key");
        said.replace = said.replace || (x->changes[i].made && x->changes[i].replace);
    }
}

static struct stack *start(const char *text)
{
    struct stack *s = stack_new(types, NULL);
    items(s, text);
    s->before_run = listen;
    return s;
}

static const struct value *call(struct stack *s, const char *op, const char *json)
{
    struct sim_test t = { .a = s->a, .models = s->models, .world = s->t, .sim = s->sim, .region = str_of(s->region) };
    return sim_ok(&t, "secretsmanager", op, json);
}

static struct str text_at(const struct value *v, const char *path)
{
    const struct value *x = value_at(v, path);
    return x && x->kind == VALUE_STRING ? x->s : STR_NONE;
}

static size_t versions(struct stack *s, const char *name)
{
    const struct value *v = call(s, "ListSecretVersionIds", str_c(s->a, str_fmt(s->a, "{\"SecretId\":\"%s\",\"IncludeDeprecated\":true}", name)));
    return value_get(v, STR("Versions"))->list.n;
}

static bool agree(struct stack *s, const char *name)
{
    struct str public = STR_NONE, why, state = STR_NONE;
    const struct value *v = call(s, "GetSecretValue", str_c(s->a, str_fmt(s->a, "{\"SecretId\":\"%s\"}", name)));
    struct buf b = { 0 };
    if (!pki_public_pem(s->a, text_at(v, "SecretString"), &public, &why))
        return false;
    for (size_t i = 0; i < public.n; i++)
        buf_fmt(&b, public.s[i] == '\n' ? "\\n" : "%c", public.s[i]);
    assert_int_equal(world_read(s->w, s->a, STR(".kc/stacks/test/state.json"), 1 << 20, &state), DISK_OK);
    bool same = str_find(state, str_fmt(s->a, "\"public\":\"%.*s\"", STR_ARG(buf_view(&b)))) != SIZE_MAX;
    buf_fini(&b);
    return same;
}

/* Until what was written is old. */
static void pass(struct stack *s)
{
    int64_t until = world_now(s->w) + 301000;
    while (world_now(s->w) < until)
        world_wait(s->w, until);
}

static void done(struct stack *s, const char *name)
{
    stack_must(s, STACK_PLAN, 0);
    pass(s);
    stack_must(s, STACK_PLAN, 0);
    assert_true(agree(s, name));
    stack_free(s);
}

static bool told(const struct stack *s, const char *what)
{
    return str_find(s->problems, str_of(what)) != SIZE_MAX;
}

static void a_number_makes_it_anew(void **x)
{
    (void)x;
    struct stack *s = start("Key one { name = \"one\" }\n");
    stack_must(s, STACK_APPLY, 0);
    assert_int_equal(versions(s, "one"), 1);
    stack_must(s, STACK_PLAN, 0);
    items(s, "Key one { name = \"one\", turn = 7 }\n");
    stack_must(s, STACK_APPLY, 0);
    assert_int_equal(said.action, ACTION_UPDATE);
    assert_true(said.n == 3 && said.made == 1 && !said.replace && !said.drift);
    assert_int_equal(versions(s, "one"), 2);
    done(s, "one");
}

static void another_hands_version_is_made_anew(void **x)
{
    (void)x;
    struct stack *s = start("Key one { name = \"one\" }\n");
    stack_must(s, STACK_APPLY, 0);
    call(s, "PutSecretValue", "{\"SecretId\":\"one\",\"SecretString\":\"theirs\"}");
    stack_must(s, STACK_PLAN, 0);                          /* AWS may show what it held before */
    pass(s);
    stack_must(s, STACK_APPLY, 0);
    assert_true(said.drift && said.n == 2 && said.made == 1);
    done(s, "one");
}

/* The reply to the create, or to the update, is lost: nothing is believed but the reply itself. */
static void a_lost_reply_is_no_proof(void **x)
{
    (void)x;
    struct stack *s = start("Key one { name = \"one\" }\n");
    sim_fault(s->sim, &(struct fault){ .kind = FAULT_RESET_AFTER, .op = STR("CreateSecret"), .times = 1 });
    stack_must(s, STACK_APPLY, 0);
    assert_int_equal(versions(s, "one"), 2);               /* a version of which the answer came */
    done(s, "one");
}

static void an_update_is_sent_again_with_the_same(void **x)
{
    (void)x;
    static const enum fault_kind kinds[] = { FAULT_RESET_AFTER, FAULT_RESET_BEFORE, FAULT_500, FAULT_THROTTLE, FAULT_EMPTY };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct stack *s = start("Key one { name = \"one\" }\n");
        stack_must(s, STACK_APPLY, 0);
        items(s, "Key one { name = \"one\", turn = 2 }\n");
        sim_fault(s->sim, &(struct fault){ .kind = kinds[i], .op = STR("PutSecretValue"), .times = 2 });
        stack_must(s, STACK_APPLY, 0);
        assert_int_equal(versions(s, "one"), 2);
        done(s, "one");
    }
}

static void without_an_update_another_object_is_made(void **x)
{
    (void)x;
    struct stack *s = start("Once two { name = \"two\" }\n");
    sim_fault(s->sim, &(struct fault){ .kind = FAULT_RESET_AFTER, .op = STR("CreateSecret"), .times = 1 });
    stack_must(s, STACK_APPLY, 1);
    assert_true(told(s, "what it was made with is not known"));
    stack_must(s, STACK_APPLY, 0);
    assert_true(said.action == ACTION_REPLACE_DELETE_FIRST && said.replace);
    done(s, "two");
}

/* A request of an earlier attempt arrives just after ours was answered. */
static struct stack *late;

static enum disk_error arrives(void *user, enum effect e, bool after, struct str what)
{
    (void)user, (void)what;
    const struct sim_call *calls;
    size_t n = e == EFFECT_NET_DONE && after && late ? sim_calls(late->sim, &calls) : 0;
    if (n && str_is(calls[n - 1].op, "PutSecretValue")) {
        struct stack *s = late;
        late = NULL;
        call(s, "PutSecretValue", "{\"SecretId\":\"one\",\"SecretString\":\"late\"}");
    }
    return DISK_OK;
}

static void what_comes_late_is_told_and_made_anew(void **x)
{
    (void)x;
    struct stack *s = start("Key one { name = \"one\" }\n");
    stack_must(s, STACK_APPLY, 0);
    items(s, "Key one { name = \"one\", turn = 2 }\n");
    late = s;
    s->w->hook = arrives;
    stack_must(s, STACK_APPLY, 1);
    s->w->hook = NULL;
    assert_null(late);
    assert_true(told(s, "AWS holds another one than was just made"));
    stack_must(s, STACK_APPLY, 0);
    assert_true(said.made == 1);
    done(s, "one");
}

static void what_is_adopted_is_made_anew_to_be_known(void **x)
{
    (void)x;
    struct stack *s = start("Key one @adopt(\"one\") { name = \"one\" }\n");
    call(s, "CreateSecret", "{\"Name\":\"one\",\"SecretString\":\"theirs\"}");
    stack_must(s, STACK_APPLY, 0);
    assert_true(said.action == ACTION_UPDATE && said.made == 1);
    assert_int_equal(versions(s, "one"), 2);
    done(s, "one");
    s = start("Once two @adopt(\"two\") { name = \"two\" }\n");
    call(s, "CreateSecret", "{\"Name\":\"two\",\"SecretString\":\"theirs\"}");
    stack_must(s, STACK_PLAN, 1);
    assert_true(str_find(s->why, STR("E0619")) != SIZE_MAX);
    stack_free(s);
}

/* What needs the new public part waits for it, and gets it in the same run. */
static void who_uses_it_follows(void **x)
{
    (void)x;
    static const char *const turns[] = { "1", "2" };
    struct stack *s = start("");
    struct str seen[2];
    for (size_t i = 0; i < 2; i++) {
        items(s, str_c(s->a, str_fmt(s->a, "Key one { name = \"one\", turn = %s }\nsecretsmanager.Secret note { name = \"note\", description = one.public }\n", turns[i])));
        stack_must(s, STACK_APPLY, 0);
        stack_must(s, STACK_PLAN, 0);
        seen[i] = str_dup(s->a, text_at(call(s, "DescribeSecret", "{\"SecretId\":\"note\"}"), "Description"));
        assert_true(str_starts(seen[i], STR("-----BEGIN PUBLIC KEY-----")));
    }
    assert_false(str_eq(seen[0], seen[1]));
    done(s, "one");
}

/* The type got another out: what was made stays, until somebody asks for another one. */
static void a_new_out_makes_nothing_anew(void **x)
{
    (void)x;
    struct stack *s = start("Key one { name = \"one\" }\n");
    struct str before = s->text, all = STR_NONE;
    struct buf b = { 0 };
    stack_must(s, STACK_APPLY, 0);
    for (struct str rest = before, line; str_cut(&rest, '\n', &line);) {
        buf_fmt(&b, "%.*s\n", STR_ARG(line));
        if (str_is(line, "  out public: string") && !all.n) {
            all = STR("x");
            buf_cstr(&b, "  out ssh: string\n");
        }
        if (str_is(line, "    public = public_pem(key)"))
            buf_cstr(&b, "    ssh = public_ssh(key)\n");
    }
    s->text = buf_take(&b, s->a);
    stack_must(s, STACK_PLAN, 0);
    assert_true(agree(s, "one"));
    items(s, "Key one { name = \"one\", turn = 2 }\n");
    stack_must(s, STACK_APPLY, 0);
    assert_int_equal(versions(s, "one"), 2);
    done(s, "one");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_makes_it_anew), cmocka_unit_test(another_hands_version_is_made_anew), cmocka_unit_test(a_lost_reply_is_no_proof),
        cmocka_unit_test(an_update_is_sent_again_with_the_same), cmocka_unit_test(without_an_update_another_object_is_made), cmocka_unit_test(what_comes_late_is_told_and_made_anew),
        cmocka_unit_test(what_is_adopted_is_made_anew_to_be_known), cmocka_unit_test(who_uses_it_follows),
        cmocka_unit_test(a_new_out_makes_nothing_anew),
    };
    json_seed(1);                                          /* before the first table */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
