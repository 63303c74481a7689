/* What a plan says of objects that end. The clock stands at 2026-01-02T03:04:05Z. */
#include "cli/plan_show.h"
#include "kc/json.h"
#include "plan_case.h"

static const char *const HELP = "write `turn = 2`";

/* An object of this address that ends then, by an input that is never compared; the file has it too. */
static void ends(const char *addr, const char *when)
{
    const char *json = str_c(k->a, str_fmt(k->a, "{\"thing_name\":\"%s\",\"seed\":\"%s\"}", addr, when));
    kit_have(k, addr, json);
    kit_node(k, addr, json);
    k->type->expires = kit_param(k, "seed");
    k->type->expires_help = term_const(k->a, value_str(k->a, str_of(HELP)));
}

/* ... by an out, as it is recorded. */
static void by_its_out(const char *addr, const char *when)
{
    ends(addr, "x");
    struct record r = *state_get(k->state, str_of(addr));
    r.outs = value_with(k->a, r.outs, STR("version"), value_str(k->a, str_of(when)));
    assert_true(state_put(k->state, &r));
    k->type->expires = kit_param(k, "version");
}

static struct str note(const struct plan *p)
{
    return p->nnotes ? p->notes[p->nnotes - 1] : STR("(no note)");
}

static void assert_warned(size_t n, const char *first)
{
    assert_int_equal(k->diags.n, n);
    assert_int_equal(k->diags.v[0]->code, DIAG_W0903);
    assert_str(k->diags.v[0]->message, first);
    assert_true(k->diags.v[0]->notes[0].help);
    assert_str(k->diags.v[0]->notes[0].text, HELP);
}

static void the_nearest_end_is_told(void **state)
{
    (void)state;
    ends("a", "2031-01-02T03:04:05Z");
    ends("b", "2026-05-01T00:00:00Z");
    kit_have(k, "c", "{\"thing_name\":\"c\"}");
    kit_node(k, "c", "{\"thing_name\":\"c\"}");             /* it has no end */
    struct plan *p = kit_plan(k);
    assert_true(plan_empty(p));
    assert_str(note(p), "nearest end: b ends in 118 days (2026-05-01T00:00:00Z)");
    assert_int_equal(k->diags.n, 0);
}

static void what_ends_soon_is_warned_of(void **state)
{
    (void)state;
    ends("a", "2026-01-27T04:00:00Z");
    ends("b", "2026-02-01T03:05:00Z");                     /* thirty days and a minute */
    ends("c", "2026-02-01T03:04:00Z");                     /* a minute less */
    struct plan *p = kit_plan(k);
    assert_warned(2, "a ends in 25 days (2026-01-27T04:00:00Z)");
    assert_str(k->diags.v[1]->message, "c ends in 29 days (2026-02-01T03:04:00Z)");
    assert_str(k->diags.v[1]->addr, "c");
    assert_str(note(p), "nearest end: a ends in 25 days (2026-01-27T04:00:00Z)");
    assert_int_equal(k->exit_code, 0);
}

static void what_has_ended_is_said(void **state)
{
    (void)state;
    ends("a", "2026-01-02T03:04:05Z");
    ends("b", "2026-01-02T23:00:00Z");
    ends("c", "2026-01-04T00:00:00Z");
    struct plan *p = kit_plan(k);
    assert_warned(3, "a has ended (2026-01-02T03:04:05Z)");
    assert_str(k->diags.v[1]->message, "b ends within a day (2026-01-02T23:00:00Z)");
    assert_str(k->diags.v[2]->message, "c ends in 1 day (2026-01-04T00:00:00Z)");
    assert_str(note(p), "nearest end: a has ended (2026-01-02T03:04:05Z)");
}

static void times_are_those_of_utc(void **state)
{
    (void)state;
    ends("a", "2026-05-01T00:30:00.25+02:00");
    assert_str(note(kit_plan(k)), "nearest end: a ends in 118 days (2026-04-30T22:30:00.250Z)");
}

static void a_time_of_a_reply_counts_too(void **state)
{
    (void)state;
    ends("a", "x");
    k->type->expires = term_const(k->a, value_int(k->a, INT64_C(1777593600000)));
    assert_str(note(kit_plan(k)), "nearest end: a ends in 118 days (2026-05-01T00:00:00Z)");
}

static void what_is_no_time_is_not_known(void **state)
{
    static const char *const odd[] = { "soon", "", "2026-02-30T00:00:00Z", "2026-13-01", "2026-01-01T00:00", "99999-01-01T00:00:00Z", "2026-01-01T00:00:00+0", "9999-12-31T23:59:59-01:00" };
    (void)state;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        ends("a", odd[i]);
        struct plan *p = kit_plan(k);
        assert_str(note(p), str_c(k->a, str_fmt(k->a, "a: when it ends is not known: \"%s\" is no time", odd[i])));
        assert_int_equal(kit_item(p, "a")->expiry->kind, EXPIRY_ODD);
        assert_int_equal(k->diags.n, 0);
        kit_free(k);
        k = kit_new();
    }
    ends("a", "no certificate");
    const struct term *seed[] = { kit_param(k, "seed") };
    struct term *call = term_new(k->a, TERM_CALL, seed, 1, &type_string, SPAN_NONE);
    call->name = STR("certificate_ends");
    k->type->expires = call;
    assert_true(str_starts(note(kit_plan(k)), STR("a: when it ends is not known: ")));
    assert_int_equal(k->diags.n, 0);
    k->type->expires = term_const(k->a, value_secret(k->a, value_str(k->a, STR("2026-05-01"))));
    assert_str(note(kit_plan(k)), "a: when it ends is not known: (secret) is no time");
}

static void what_was_not_read_ends_as_recorded(void **state)
{
    (void)state;
    by_its_out("a", "2026-01-27T04:00:00Z");
    k->refuse = "AccessDeniedException";
    struct plan *p = kit_plan_partial(k, DIAG_E0602);
    assert_true(kit_item(p, "a")->unread);
    assert_int_equal(k->diags.v[1]->code, DIAG_W0903);
    assert_str(k->diags.v[1]->message, "a ends in 25 days (2026-01-27T04:00:00Z)");
}

/* A resize gives the out anew by which it ends, other tags do not. */
static void what_the_plan_renews_is_told_by_the_next(void **state)
{
    (void)state;
    by_its_out("a", "2026-01-27T04:00:00Z");
    k->trust_state = true;
    struct node *n = graph_find(k->graph, STR("a"));
    kit_set(k, n, "tags", kit_json(k, "{\"t\": \"1\"}"));
    assert_int_equal(kit_item(kit_plan(k), "a")->action, ACTION_UPDATE);
    assert_warned(1, "a ends in 25 days (2026-01-27T04:00:00Z)");
    kit_set(k, n, "size", value_int(k->a, 2));
    struct plan *p = kit_plan(k);
    assert_int_equal(k->diags.n, 1);                       /* no further one */
    assert_int_equal(kit_item(p, "a")->expiry->days, 25);
    for (size_t i = 0; i < p->nnotes; i++)
        assert_true(str_find(p->notes[i], STR("nearest end")) == SIZE_MAX);
}

/* An out that follows from others is another one when they are. */
static void what_follows_from_that_too(void **state)
{
    (void)state;
    by_its_out("a", "2026-01-27T04:00:00Z");
    k->trust_state = true;
    struct rout *outs = arena_array(k->a, 3, sizeof *outs);
    memcpy(outs, k->type->outs, 2 * sizeof *outs);
    outs[2] = (struct rout){ .name = STR("ends"), .type = &type_string, .value = kit_param(k, "version") };
    k->type->outs = outs;
    k->type->nouts = 3;
    k->type->expires = kit_param(k, "ends");
    struct record r = *state_get(k->state, STR("a"));
    r.outs = value_with(k->a, r.outs, STR("ends"), value_str(k->a, STR("2026-01-27T04:00:00Z")));
    assert_true(state_put(k->state, &r));
    kit_plan(k);
    assert_warned(1, "a ends in 25 days (2026-01-27T04:00:00Z)");
    kit_set(k, graph_find(k->graph, STR("a")), "size", value_int(k->a, 2));
    kit_plan(k);
    assert_int_equal(k->diags.n, 1);
}

static void of_what_goes_nothing_is_said(void **state)
{
    (void)state;
    ends("a", "2026-01-27T04:00:00Z");
    kit_have(k, "gone", "{\"thing_name\":\"gone\",\"seed\":\"2026-01-05\"}");
    kit_have(k, "moves", "{\"thing_name\":\"moves\",\"zone\":\"x\",\"seed\":\"2026-01-05\"}");
    kit_node(k, "moves", "{\"thing_name\":\"moves\",\"zone\":\"y\",\"seed\":\"2026-01-05\"}");
    kit_node(k, "new", "{\"thing_name\":\"new\",\"seed\":\"2026-01-05\"}");
    struct plan *p = kit_plan(k);
    assert_warned(1, "a ends in 25 days (2026-01-27T04:00:00Z)");
    assert_null(kit_item(p, "gone")->expiry);
    p = kit_destroy(k);
    assert_int_equal(k->diags.n, 1);
    assert_null(kit_item(p, "a")->expiry);
}

static void programs_are_told_of_each(void **state)
{
    (void)state;
    struct str why;
    ends("a", "2026-05-01T02:00:00+02:00");
    ends("b", "soon");
    struct buf b = { 0 };
    plan_json(&b, kit_plan(k));
    const struct value *v = json_read(k->a, buf_take(&b, k->a), 0, &why);
    assert_str(value_at(v, "items.0.expires.at")->s, "2026-05-01T00:00:00Z");
    assert_int_equal(value_at(v, "items.0.expires.days_left")->i, 118);
    assert_int_equal(value_at(v, "items.1.expires")->kind, VALUE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_nearest_end_is_told), CASE(what_ends_soon_is_warned_of), CASE(what_has_ended_is_said), CASE(times_are_those_of_utc),
        CASE(a_time_of_a_reply_counts_too), CASE(what_is_no_time_is_not_known), CASE(what_was_not_read_ends_as_recorded),
        CASE(what_the_plan_renews_is_told_by_the_next), CASE(what_follows_from_that_too), CASE(of_what_goes_nothing_is_said), CASE(programs_are_told_of_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
