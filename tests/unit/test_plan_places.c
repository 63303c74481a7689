/* test_plan_places.c - regions and accounts: what is elsewhere, by which rights it is reached, and what nobody answers for. */
#include "plan_case.h"

static const struct principal ours = { { "aws", 3 }, { "111122223333", 12 }, { NULL, 0 } }, theirs = { { "aws", 3 }, { "444455556666", 12 }, { NULL, 0 } };

static const struct provider *by_profile(const char *profile, struct principal who)
{
    struct provider *p = ARENA_NEW(k->a, struct provider);
    *p = at_home;
    p->profile = str_of(profile);
    callers_met(k->aws.callers, p, who);
    return p;
}

static const struct provider *lost(const char *region)
{
    static const struct answer why = { .class = ANSWER_NOT_SENT, .error = { .code = { "NotSent", 7 }, .message = { "no way there", 12 } } };
    const struct provider *p = provider_in(k->a, &at_home, str_of(region));
    callers_lost(k->aws.callers, p, &why);
    return p;
}

static struct record *recorded(const char *addr, struct principal who)
{
    char json[64];
    snprintf(json, sizeof json, "{\"thing_name\":\"%s\"}", addr);
    struct record *r = kit_have(k, addr, json);
    r->account = who.account;
    state_put(k->state, r);
    return r;
}

static struct node *wanted(const char *addr, const struct provider *p)
{
    char json[64];
    snprintf(json, sizeof json, "{\"thing_name\":\"%s\"}", addr);
    struct node *n = kit_node(k, addr, json);
    n->provider = p;
    return n;
}

static const struct plan_op *deletion(const struct plan *p)
{
    return kit_op(p, "a", OP_DELETE);
}

static void another_account_is_another_object(void **state)
{
    (void)state;
    recorded("a", ours);
    const struct provider *there = by_profile("other", theirs);
    wanted("a", there);
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_REPLACE_CREATE_FIRST);
    assert_str(kit_item(p, "a")->reason, "account 111122223333 -> 444455556666");
    assert_ptr_equal(kit_op(p, "a", OP_CREATE)->provider, there);
    assert_true(provider_same(deletion(p)->provider, &at_home));           /* from where it is */
}

/* Killed on the way to another region: what stands there already is what the file wants, though both have one name. */
static void what_stands_there_already_is_taken(void **state)
{
    (void)state;
    const struct provider *there = provider_in(k->a, &at_home, STR("us-east-1"));
    callers_met(k->aws.callers, there, ours);
    recorded("a", ours);
    struct record *r = kit_generation(k, "a", "{\"thing_name\":\"a\"}", 2);
    r->provider = there;
    r->account = ours.account;
    r->serves = false;
    state_put(k->state, r);
    wanted("a", there);
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->record->generation, 2);
    assert_int_equal(kit_op(p, "a", OP_DELETE)->generation, 1);
    for (size_t i = 0; i < p->nops; i++)
        assert_int_not_equal(p->ops[i]->generation, 3);
}

static void other_rights_to_the_same_account_change_nothing(void **state)
{
    (void)state;
    recorded("a", ours);
    wanted("a", by_profile("renamed", ours));
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_NOOP);
    assert_int_equal(p->nops, 0);
}

static void what_goes_is_reached_as_it_was_made(void **state)
{
    (void)state;
    const struct provider *there = by_profile("other", theirs);
    struct record *r = recorded("a", theirs);
    r->provider = there;
    state_put(k->state, r);
    struct plan *p = kit_plan(k);
    assert_true(provider_same(deletion(p)->provider, there));
}

static void names_are_told_apart_by_where_they_are(void **state)
{
    (void)state;
    static const struct str name[] = { { "thing_name", 10 } };
    static const struct str *sets[] = { name };
    static size_t one[] = { 1 };
    k->type->unique = (void *)sets;
    k->type->nunique_fields = one;
    k->type->nunique = 1;
    const struct provider *there = provider_in(k->a, &at_home, STR("us-east-1"));
    callers_met(k->aws.callers, there, ours);
    kit_node(k, "a", "{\"thing_name\":\"same\"}");
    kit_node(k, "b", "{\"thing_name\":\"same\"}")->provider = there;
    struct plan *p = kit_plan(k);
    assert_int_equal(p->nops, 2);
}

static void where_nobody_answers_all_stays_and_the_rest_goes_on(void **state)
{
    (void)state;
    const struct provider *there = lost("us-east-1");
    struct record *r = recorded("a", ours);
    r->provider = there;
    state_put(k->state, r);
    wanted("a", there);
    wanted("new", there);
    wanted("b", &at_home);
    struct node *user = wanted("user", &at_home);
    kit_set(k, user, "parent", kit_ref(k, "a", "id"));
    struct plan *p = kit_plan_partial(k, DIAG_E0710);
    assert_true(kit_item(p, "a")->unread && kit_item(p, "new")->unread && kit_item(p, "user")->unread);
    assert_int_equal(kit_item(p, "b")->action, ACTION_CREATE);
    assert_int_equal(p->nops, 1);
    assert_int_equal(k->diags.n, 1);                       /* one cause, one error */
    assert_true(str_find(k->diags.v[0]->message, STR("no way there")) != SIZE_MAX);
}

static void what_nobody_answers_for_is_not_forgotten(void **state)
{
    (void)state;
    struct record *r = recorded("a", ours);
    r->provider = lost("us-east-1");
    state_put(k->state, r);
    struct plan *p = kit_destroy(k);
    assert_int_equal(k->exit_code, 1);
    assert_int_equal(p->nops, 0);
}

/* ---- inside of something ---- */

static const struct provider *within(const char *home, bool reached)
{
    static const struct answer why = { .class = ANSWER_NOT_SENT, .error = { .code = { "NotSent", 7 }, .message = { "no way there", 12 } } };
    struct provider *p = ARENA_NEW(k->a, struct provider);
    *p = at_home;
    p->home = str_of(home);
    if (reached)
        callers_met(k->aws.callers, p, ours);
    else
        callers_lost(k->aws.callers, p, &why);
    return p;
}

static void inhabited(bool reached)
{
    recorded("role", ours);
    recorded("home", ours);
    struct record *r = kit_had(k, "in", "{\"thing_name\":\"in\"}", "home");
    r->provider = within("home", reached);
    state_put(k->state, r);
    r = kit_had(k, "more", "{\"thing_name\":\"more\"}", "role");
    r->provider = within("home", reached);
    state_put(k->state, r);
}

static void what_cannot_be_read_ends_with_what_it_lives_in(void **state)
{
    (void)state;
    inhabited(false);
    struct plan *p = kit_destroy(k);
    assert_int_equal(k->exit_code, 0);
    assert_int_equal(k->diags.n, 0);
    assert_int_equal(kit_item(p, "in")->action, ACTION_FORGET);
    assert_true(kit_before(p, kit_op(p, "home", OP_DELETE), kit_op(p, "in", OP_FORGET)));
    assert_true(kit_before(p, kit_op(p, "more", OP_FORGET), kit_op(p, "role", OP_DELETE)));     /* it may be in use until then */
}

static void what_can_be_read_goes_first(void **state)
{
    (void)state;
    inhabited(true);
    struct plan *p = kit_destroy(k);
    assert_int_equal(kit_item(p, "in")->action, ACTION_DELETE);
    assert_true(kit_before(p, kit_op(p, "in", OP_DELETE), kit_op(p, "home", OP_DELETE)));
    assert_true(kit_before(p, kit_op(p, "more", OP_DELETE), kit_op(p, "home", OP_DELETE)));
}

static void it_does_not_end_with_what_stays(void **state)
{
    (void)state;
    inhabited(false);
    wanted("home", &at_home);
    wanted("role", &at_home);
    struct plan *p = kit_plan_partial(k, DIAG_E0710);
    assert_int_equal(p->nops, 0);
    assert_true(kit_item(p, "in")->unread && kit_item(p, "more")->unread);
}

static void what_lives_in_what_is_gone_is_gone(void **state)
{
    (void)state;
    inhabited(true);
    k->things[1].hidden = true;                            /* home */
    struct plan *p = kit_destroy(k);
    assert_int_equal(kit_item(p, "in")->action, ACTION_FORGET);
    assert_int_equal(kit_item(p, "home")->action, ACTION_FORGET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(another_account_is_another_object),        CASE(what_stands_there_already_is_taken),
        CASE(other_rights_to_the_same_account_change_nothing),
        CASE(what_goes_is_reached_as_it_was_made),      CASE(names_are_told_apart_by_where_they_are),
        CASE(where_nobody_answers_all_stays_and_the_rest_goes_on), CASE(what_nobody_answers_for_is_not_forgotten),
        CASE(what_cannot_be_read_ends_with_what_it_lives_in),      CASE(what_can_be_read_goes_first),
        CASE(it_does_not_end_with_what_stays),          CASE(what_lives_in_what_is_gone_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
