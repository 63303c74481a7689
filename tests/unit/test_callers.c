/* Callers and providers: who is called, and what is said where nobody answers. */
#include "kctest.h"
#include "kc/caller.h"
#include "world_test.h"

static struct test_world *t;
static struct arena *a;
static struct callers *callers;
static unsigned sent, cancelled, answered;
static struct answer last;

static const struct provider home = { .kind = { "toy", 3 }, .region = { "near", 4 } }, away = { .kind = { "toy", 3 }, .region = { "far", 3 } },
                             other = { .kind = { "else", 4 } };

static void cancel(struct ticket *ticket)
{
    (void)ticket;
    cancelled++;
}

static struct ticket *send(void *impl, struct arena *arena, const struct ask *q, answer_done *done, void *user)
{
    static struct ticket one = { cancel };
    (void)arena, (void)q, (void)done, (void)user;
    assert_ptr_equal(impl, &sent);
    sent++;
    return &one;
}

static int64_t ahead(void *impl, const struct provider *p)
{
    (void)impl;
    return str_is(p->region, "far") ? 7000 : 0;
}

static int setup(void **state)
{
    (void)state;
    t = test_world_new();
    a = arena_new();
    callers = callers_new(test_world(t), a);
    sent = cancelled = answered = 0;
    callers_add(callers, STR("toy"), (struct caller){ .send = send, .clock = ahead, .impl = &sent });
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(a);
    test_world_free(t);
    return 0;
}

static void on_answer(void *user, const struct answer *r)
{
    assert_ptr_equal(user, &answered);
    answered++;
    last = *r;
}

static struct ticket *call(const struct provider *p)
{
    return callers_send(callers, a, &(struct ask){ .provider = p, .service = STR("things"), .op = STR("MakeThing") }, on_answer, &answered);
}

static void turn(void)
{
    world_wait(test_world(t), world_now(test_world(t)));
}

static void a_call_goes_to_the_caller_of_its_kind(void **state)
{
    (void)state;
    ticket_cancel(call(&home));
    ticket_cancel(NULL);
    assert_int_equal(sent, 1);
    assert_int_equal(cancelled, 1);
    assert_int_equal(callers_clock(callers, &home), 0);
    assert_int_equal(callers_clock(callers, &away), 7000);
    assert_int_equal(callers_settles(callers, &(struct ask){ .provider = &home }), 0);
}

static void a_kind_that_nobody_calls_is_refused(void **state)
{
    (void)state;
    call(&other);
    assert_int_equal(answered, 0);                         /* never from inside */
    turn();
    assert_int_equal(answered, 1);
    assert_int_equal(last.class, ANSWER_REFUSED);
    assert_true(str_find(last.error.message, STR("`else`")) != SIZE_MAX);
}

static void where_nobody_answers_nothing_is_sent(void **state)
{
    (void)state;
    const struct answer why = { .class = ANSWER_CREDENTIALS, .error = { .code = STR("Expired"), .message = STR("they are over") } };
    callers_lost(callers, &away, &why);
    call(&away);
    turn();
    assert_int_equal(sent, 0);
    assert_int_equal(answered, 1);
    assert_int_equal(last.class, ANSWER_CREDENTIALS);
    assert_str(last.error.message, "they are over");
    ticket_cancel(call(&away));
    turn();
    assert_int_equal(answered, 1);
    call(&home);
    assert_int_equal(sent, 1);                             /* one place is lost, not the others */
}

static void what_is_known_of_a_place_is_its_own(void **state)
{
    (void)state;
    callers_met(callers, &home, (struct principal){ STR("p"), STR("1"), STR("arn:1") });
    assert_str(callers_principal(callers, &(struct provider){ .kind = STR("toy"), .region = STR("near") })->account, "1");
    assert_int_equal(callers_principal(callers, &away)->account.n, 0);
    assert_null(callers_problem(callers, &home));
}

static void providers_are_values(void **state)
{
    (void)state;
    struct provider ops = home;
    ops.profile = STR("ops");
    assert_true(provider_same(&home, &(struct provider){ .kind = STR("toy"), .region = STR("near") }));
    assert_false(provider_same(&home, &away));
    assert_true(provider_same_rights(&home, &away));
    assert_false(provider_same_rights(&home, &ops));
    assert_false(str_eq(provider_key(a, &home), provider_key(a, &ops)));
    assert_str(provider_show(a, &ops), "near, profile `ops`");
    assert_true(provider_same(&ops, provider_read(a, provider_value(a, &ops))));
    assert_true(provider_same(&away, provider_in(a, &home, STR("far"))));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_call_goes_to_the_caller_of_its_kind), T(a_kind_that_nobody_calls_is_refused), T(where_nobody_answers_nothing_is_sent),
        T(what_is_known_of_a_place_is_its_own),   T(providers_are_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
