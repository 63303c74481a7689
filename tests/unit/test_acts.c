/* test_acts.c - `action`: what is done to an object besides making and changing it; over a toy service of fleets whose members are renewed by rolls. */
#include "kcl_kit.h"
#include "kctest.h"
#include <stdlib.h>

static const char model[] =
    "service toy protocol json-1.1 api 2020-01-01 endpoint toy sign toy id \"Toy\" target Toy\n"
    "op CreateFleet in CreateFleetRequest out CreateFleetResponse\n"
    "op DeleteFleet in FleetId\n"
    "op DescribeFleets in DescribeFleetsRequest out DescribeFleetsResponse\n"
    "op DescribeRolls in FleetId out DescribeRollsResponse\n"
    "op PingFleet in FleetId\n"
    "op ResumeFleet in FleetId\n"
    "op StartRoll in StartRollRequest out StartRollResponse\n"
    "op UpdateFleet in UpdateFleetRequest\n"
    "struct CreateFleetRequest\n  Name! string\n  Version int\n  Pings int\n  Tags {string: string}\n"
    "struct CreateFleetResponse\n  Id string\n"
    "struct DescribeFleetsRequest\n  Ids [string]\n  Token string\n"
    "struct DescribeFleetsResponse\n  Fleets [Fleet]\n"
    "struct DescribeRollsResponse\n  Rolls [Roll]\n"
    "struct Fleet\n  Id string\n  Name string\n  Version int\n  Pings int\n  Paused bool\n  Members [int]\n  Tags {string: string}\n"
    "struct FleetId\n  Id! string\n"
    "struct Roll\n  Status string\n  Reason string\n"
    "struct StartRollRequest\n  Id! string\n  Token string token\n"
    "struct StartRollResponse\n  RollId string\n"
    "struct UpdateFleetRequest\n  Id! string\n  Version int\n  Pings int\n";

#define FLEET_BEGIN                                                                                                                                  \
    "resource Fleet @aws(\"toy\") {\n"                                                                                                               \
    "  name: string @replace\n"                                                                                                                      \
    "  version: int = 1\n"                                                                                                                           \
    "  pings: int = 1\n"                                                                                                                             \
    "  roll: bool = true @write_only\n"                                                                                                              \
    "  tags: map[string] = {} @initial\n"                                                                                                \
    "  out id: string\n"                                                                                                                             \
    "  out rolling: bool\n"                                                                                                                          \
    "  create CreateFleet { send { Name = name, Version = version, Pings = pings, Tags = all_tags }, id = reply.Id }\n"                              \
    "  read DescribeFleets { send { Ids = ids }, each = reply.Fleets, key = it.Id, name = it.Name, version = it.Version, pings = it.Pings, tags = it.Tags }\n" \
    "  read DescribeRolls { send { Id = id }, unnamed = true, rolling = any([for r in reply.Rolls: r.Status == \"going\"]) }\n"                      \
    "  find DescribeFleets { by = \"tag\", send { Token = token }, each = reply.Fleets, id = it.Id }\n"                                              \
    "  update UpdateFleet { on = [version], send { Id = id, Version = version } }\n"                                                                 \
    "  update UpdateFleet { on = [pings], send { Id = id, Pings = pings } }\n"                                                                       \
    "  delete DeleteFleet { send { Id = id } }\n"                                                                                                    \
    "  errors { gone = [\"NoSuchFleet\"] }\n"

#define ROLL                                                                                                                                         \
    "  action StartRoll {\n"                                                                                                                         \
    "    name = roll\n"                                                                                                                              \
    "    on = [version]\n"                                                                                                                           \
    "    when = roll && any([for m in live.Members: m != version])\n"                                                                                \
    "    why = \"\\(size([for m in live.Members if m != version: m])) members are of another version\"\n"                                            \
    "    running = rolling ?? false\n"                                                                                                               \
    "    usual = 3m\n"                                                                                                                               \
    "    send { Id = id }\n"                                                                                                                         \
    "    wait DescribeRolls {\n"                                                                                                                     \
    "      send { Id = id }\n"                                                                                                                       \
    "      until = last(reply.Rolls)?.Status == \"done\"\n"                                                                                          \
    "      failed = last(reply.Rolls)?.Status == \"failed\"\n"                                                                                       \
    "      why = last(reply.Rolls)?.Reason\n"                                                                                                        \
    "    }\n"                                                                                                                                        \
    "    errors { busy = [\"RollGoing\"] }\n"                                                                                                        \
    "  }\n"

#define OTHERS                                                                                                                                       \
    "  action ResumeFleet { name = resume, when = live.Paused ?? false, why = \"AWS paused it\", send { Id = id } }\n"                               \
    "  action PingFleet { on = [pings], why = \"pings changed\", send { Id = id } }\n"

#define TYPES FLEET_BEGIN ROLL OTHERS "}\n"

static const char first[] = TYPES "Fleet f { name = \"f\" }\nFleet g @after(f) { name = \"g\" }\n";
static const char second[] = TYPES "Fleet f { name = \"f\", version = 2 }\nFleet g @after(f) { name = \"g\", version = 2, roll = false }\n";
static const char no_roll[] = TYPES "Fleet f { name = \"f\", roll = false }\nFleet g @after(f) { name = \"g\" }\n";
static const char pinged[] = TYPES "Fleet f { name = \"f\", pings = 2 }\nFleet g @after(f) { name = \"g\" }\n";
static const char pinged_second[] = TYPES "Fleet f { name = \"f\", version = 2, pings = 2 }\nFleet g @after(f) { name = \"g\" }\n";

/* ---- the service ---- */

enum { MEMBERS = 3, POLLS = 4 };
struct fleet { char id[16], name[16], token[64]; const struct value *tags; int version, pings, members[MEMBERS]; bool paused, gone; };
struct yard {
    struct fleet v[4]; size_t n;
    int going;                                             /* polls until the roll of the first fleet ends; 0: none goes */
    unsigned rolls, twice, resumes, sent_pings, updates;
    int hidden;                                            /* so many descriptions of rolls do not show yet that one goes */
    bool fails, idle, endless;                             /* rolls fail; renew nobody; do not end */
    unsigned deaf;                                         /* so many requests to start one are refused: busy */
    bool ended, failed;
};
static struct yard *y;
static struct kcl_kit *k;

static struct fleet *fleet_of(const struct value *in)
{
    for (size_t i = 0; i < y->n; i++)
        if (!y->v[i].gone && str_is(kcl_get(in, "Id"), y->v[i].id))
            return &y->v[i];
    return NULL;
}

static const struct value *shown(struct arena *a, const struct fleet *f)
{
    const struct value *m[MEMBERS];
    for (int i = 0; i < MEMBERS; i++)
        m[i] = value_int(a, f->members[i]);
    struct pair p[7] = { { STR("Id"), value_string(a, str_of(f->id)) }, { STR("Name"), value_string(a, str_of(f->name)) }, { STR("Version"), value_int(a, f->version) },
                         { STR("Pings"), value_int(a, f->pings) }, { STR("Paused"), value_bool(f->paused) }, { STR("Members"), value_list(a, m, MEMBERS) }, { STR("Tags"), f->tags } };
    return value_object(a, p, 7);
}

static const char *describe(struct arena *a, const struct value *in, const struct value **reply)
{
    const struct value *ids = value_get(in, STR("Ids")), *v[4];
    size_t n = 0;
    for (size_t i = 0; i < y->n; i++) {
        const struct fleet *f = &y->v[i];
        bool wanted = kcl_get(in, "Token").n && str_is(kcl_get(in, "Token"), f->token);
        for (size_t j = 0; ids && j < ids->list.n; j++)
            wanted = wanted || str_is(ids->list.v[j]->s, f->id);
        if (wanted && !f->gone)
            v[n++] = shown(a, f);
    }
    struct pair p = { STR("Fleets"), value_list(a, v, n) };
    *reply = value_object(a, &p, 1);
    return NULL;
}

static void end_roll(struct fleet *f)
{
    y->ended = true;
    y->failed = y->fails;
    for (int i = 0; i < MEMBERS && !y->fails && !y->idle; i++)
        f->members[i] = f->version;
}

static const struct value *rolls(struct arena *a, struct fleet *f)
{
    bool mine = f == &y->v[0];
    struct pair p[2] = { { STR("Status"), value_str(a, STR("going")) }, { STR("Reason"), value_str(a, STR("no room")) } };
    if (mine && y->going && !y->endless && --y->going == 0)
        end_roll(f);
    if (mine && y->hidden && y->hidden--)
        return &value_empty_list;
    if (!mine || (!y->going && !y->ended))
        return &value_empty_list;
    if (!y->going)
        p[0].value = value_str(a, y->failed ? STR("failed") : STR("done"));
    const struct value *one = value_object(a, p, 2);
    return value_list(a, &one, 1);
}

static const char *start(struct fleet *f)
{
    if (y->deaf && y->deaf--)
        return "RollGoing";
    if (y->going) {
        y->twice++;
        return "RollGoing";
    }
    y->rolls++;
    y->going = POLLS;
    y->ended = false;
    (void)f;
    return NULL;
}

static void create(struct kcl_kit *kit, const struct value *in, struct arena *a, const struct value **reply)
{
    struct fleet *f = &y->v[y->n++];
    snprintf(f->id, sizeof f->id, "fleet-%zu", y->n);
    snprintf(f->name, sizeof f->name, "%.*s", STR_ARG(kcl_get(in, "Name")));
    snprintf(f->token, sizeof f->token, "%.*s", STR_ARG(value_get(value_get(in, STR("Tags")), STR("kc:token"))->s));
    f->tags = value_keep(kit->a, value_get(in, STR("Tags")));
    f->version = (int)value_get(in, STR("Version"))->i;
    f->pings = (int)value_get(in, STR("Pings"))->i;
    for (int i = 0; i < MEMBERS; i++)
        f->members[i] = f->version;
    struct pair p = { STR("Id"), value_string(a, str_of(f->id)) };
    *reply = value_object(a, &p, 1);
}

static const char *call(struct kcl_kit *kit, struct arena *a, struct str op, const struct value *in, const struct value **reply)
{
    if (str_is(op, "CreateFleet")) {
        create(kit, in, a, reply);
        return NULL;
    }
    if (str_is(op, "DescribeFleets"))
        return describe(a, in, reply);
    struct fleet *f = fleet_of(in);
    if (!f)
        return "NoSuchFleet";
    if (str_is(op, "DescribeRolls")) {
        struct pair p = { STR("Rolls"), rolls(a, f) };
        *reply = value_object(a, &p, 1);
    } else if (str_is(op, "UpdateFleet")) {
        y->updates++;
        f->version = value_get(in, STR("Version")) ? (int)value_get(in, STR("Version"))->i : f->version;
        f->pings = value_get(in, STR("Pings")) ? (int)value_get(in, STR("Pings"))->i : f->pings;
    } else if (str_is(op, "StartRoll")) {
        return start(f);
    } else if (str_is(op, "ResumeFleet")) {
        y->resumes++;
        f->paused = false;
    } else if (str_is(op, "PingFleet")) {
        y->sent_pings++;
    } else {
        f->gone = true;
    }
    return NULL;
}

static int setup(void **state)
{
    (void)state;
    y = calloc(1, sizeof *y);
    k = kcl_kit_new(model, call, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    kcl_kit_free(k);
    free(y);
    return 0;
}

static void made(void)
{
    kcl_must(k, first, KCL_APPLY, 0);
    test_world_advance(k->t, 60 * 60000);
}

/* Somebody put members of another version there. */
static void strange(int n)
{
    for (int i = 0; i < n; i++)
        y->v[0].members[i] = 7;
}

static void only_rolls(unsigned n)
{
    assert_int_equal(y->rolls, n);
    assert_int_equal(y->twice, 0);
}

static const struct plan_op *op_of(const char *addr, enum op_kind kind)
{
    for (size_t i = 0; i < k->plan->nops; i++)
        if (k->plan->ops[i]->kind == kind && str_is(k->plan->ops[i]->item->addr, addr))
            return k->plan->ops[i];
    return NULL;
}

static bool waits_for(const struct plan_op *x, const struct plan_op *on)
{
    for (size_t i = 0; i < x->ndeps; i++)
        if (x->deps[i] == on->index)
            return true;
    return false;
}

/* ---- the plan ---- */

static void a_change_makes_it_due_after_the_update(void **state)
{
    (void)state;
    made();
    assert_null(kcl_item(k, "f", ACTION_CREATE)->acts);    /* what is made is as the file wants it */
    kcl_must(k, second, KCL_PLAN, 2);
    const struct plan_item *f = kcl_item(k, "f", ACTION_UPDATE);
    assert_int_equal(f->nacts, 1);
    assert_str(f->acts[0].step->called, "roll");
    const struct plan_op *roll = op_of("f", OP_ACT);
    assert_true(waits_for(roll, op_of("f", OP_UPDATE)));
    assert_true(waits_for(op_of("g", OP_UPDATE), roll));   /* who waits for the fleet, waits for what is done to it */
    assert_int_equal(roll->usual, 180000);
    assert_int_equal(kcl_item(k, "g", ACTION_UPDATE)->nacts, 0);   /* its file holds it, whatever AWS will show */
    assert_true(str_find(kcl_plan_text(k), STR("          => roll: 3 members are of another version, about 3 min\n")) != SIZE_MAX);
    assert_true(str_find(kcl_plan_text(k), STR("2 to update, 1 action to run; about ")) != SIZE_MAX);
    kcl_must(k, second, KCL_APPLY, 0);
    only_rolls(1);
    assert_int_equal(y->v[0].members[0], 2);
    kcl_must(k, second, KCL_PLAN, 0);
}

static void what_aws_shows_makes_it_due(void **state)
{
    (void)state;
    made();
    strange(2);
    kcl_must(k, first, KCL_PLAN, 2);
    const struct plan_item *f = kcl_item(k, "f", ACTION_ACT);
    assert_non_null(f);
    assert_str(f->acts[0].why, "2 members are of another version");
    assert_false(f->acts[0].running);
    assert_true(str_find(kcl_plan_text(k), STR("  =>  f  cluster.Fleet\n          => roll: 2 members are of another version, about 3 min\n")) != SIZE_MAX);
    assert_true(str_find(kcl_plan_text(k), STR("Plan: 1 action to run; about 3 min")) != SIZE_MAX);
    kcl_must(k, no_roll, KCL_PLAN, 2);                     /* the input that holds it changes, and nothing else */
    assert_null(kcl_item(k, "f", ACTION_ACT));
    kcl_must(k, first, KCL_APPLY, 0);
    only_rolls(1);
    kcl_must(k, first, KCL_PLAN, 0);
}

static void nothing_is_due_of_what_is_made_or_goes(void **state)
{
    static const char renamed[] = TYPES "Fleet f { name = \"h\", version = 3 }\n";
    (void)state;
    made();
    strange(1);
    kcl_must(k, renamed, KCL_PLAN, 2);
    assert_null(op_of("f", OP_ACT));
    kcl_must(k, first, KCL_DESTROY, 0);
    only_rolls(0);
}

/* ---- the engine ---- */

static void what_is_under_way_is_waited_for(void **state)
{
    (void)state;
    made();
    strange(1);
    y->going = POLLS + 3;                                  /* somebody else has started one */
    kcl_must(k, first, KCL_PLAN, 2);
    assert_true(kcl_item(k, "f", ACTION_ACT)->acts[0].running);
    kcl_must(k, first, KCL_APPLY, 0);
    assert_true(kcl_says(k, "f: roll: it is under way already"));
    only_rolls(0);
    kcl_must(k, first, KCL_PLAN, 0);
}

/* The one that was under way renewed nobody: then it is started. */
static void after_what_was_under_way_it_is_looked_at_again(void **state)
{
    (void)state;
    made();
    strange(1);
    y->going = POLLS + 3;
    y->idle = true;
    kcl_must(k, first, KCL_APPLY, 0);
    only_rolls(1);
    assert_true(kcl_says(k, "it was done, and is due still"));
}

static void settle_outside(struct kcl_kit *kit)
{
    (void)kit;
    for (int i = 0; i < MEMBERS; i++)
        y->v[0].members[i] = y->v[0].version;
}

static void what_nothing_asks_for_any_more_is_left_out(void **state)
{
    (void)state;
    made();
    strange(1);
    k->before_run = settle_outside;
    kcl_must(k, first, KCL_APPLY, 0);
    assert_true(kcl_says(k, "f: roll: nothing asks for it any more"));
    only_rolls(0);
}

static void one_that_fails_is_an_error_and_stands_in_the_next_plan(void **state)
{
    (void)state;
    made();
    y->fails = true;
    kcl_must(k, second, KCL_APPLY, 1);
    assert_true(kcl_says(k, "roll was taken, then failed: no room"));
    assert_int_equal(y->updates, 1);                       /* g waits for it */
    y->fails = false;
    kcl_must(k, second, KCL_PLAN, 2);
    assert_str(kcl_item(k, "f", ACTION_ACT)->acts[0].why, "3 members are of another version");
    kcl_must(k, second, KCL_APPLY, 0);
    only_rolls(2);
}

static void it_is_done_once_in_a_run(void **state)
{
    (void)state;
    made();
    strange(2);
    y->idle = true;
    kcl_must(k, first, KCL_APPLY, 0);
    assert_true(kcl_says(k, "f: roll: it was done, and is due still; once is enough for a run: 2 members are of another version"));
    only_rolls(1);
    kcl_must(k, first, KCL_PLAN, 2);
}

static void what_is_in_use_is_waited_for(void **state)
{
    (void)state;
    made();
    strange(1);
    y->deaf = 2;
    kcl_must(k, first, KCL_APPLY, 0);
    only_rolls(1);
}

/* AWS took it, and shows it late: it is not sent again. */
static void a_call_without_answer_is_looked_for(void **state)
{
    (void)state;
    for (unsigned at = 1; at < 12; at++) {
        if (at > 1)
            setup(state);
        made();
        strange(1);
        y->hidden = at % 3;
        k->lose = k->calls + at;
        kcl_must(k, first, KCL_APPLY, 0);
        only_rolls(1);
        assert_int_equal(k->open, 0);
        if (at < 11)
            teardown(state);
    }
}

static void one_that_does_not_end_is_not_ready(void **state)
{
    (void)state;
    made();
    strange(1);
    y->endless = true;
    kcl_must(k, first, KCL_APPLY, 4);
    y->endless = false;
    kcl_must(k, first, KCL_PLAN, 2);
    assert_true(kcl_item(k, "f", ACTION_ACT)->acts[0].running);
    kcl_must(k, first, KCL_APPLY, 0);
    only_rolls(1);
}

/* Of the two on one object each has its turn; one without `when` is due by its fields alone. */
static void several_go_one_after_the_other(void **state)
{
    (void)state;
    made();
    y->v[0].paused = true;
    strange(1);
    kcl_must(k, pinged_second, KCL_APPLY, 0);
    only_rolls(1);
    assert_int_equal(y->resumes, 1);
    assert_int_equal(y->sent_pings, 1);
    kcl_must(k, pinged_second, KCL_PLAN, 0);
}

static void interrupt(struct kcl_kit *kit, const struct op_report *r)
{
    if (r->state == OP_POLLING && y->going) {
        kit->changed = NULL;
        test_world_signal(kit->t);
    }
}

static void ctrl_c_leaves_it_to_the_next_run(void **state)
{
    (void)state;
    made();
    strange(1);
    k->changed = interrupt;
    kcl_must(k, first, KCL_APPLY, 130);
    world_wait(test_world(k->t), world_now(test_world(k->t)));              /* the signal that the run saw is this world's still */
    assert_int_equal(k->open, 0);
    kcl_must(k, first, KCL_APPLY, 0);
    only_rolls(1);
}

/* Killed at every effect: never twice at once, and none is lost, whether AWS shows what it is due for or not. */
static void killed_anywhere(void **state, const char *file, int hidden)
{
    unsigned n = 0;
    for (long at = 1;; at++, n++) {
        if (at > 1)
            setup(state);
        made();
        y->hidden = hidden;
        bool dead = kcl_killed(k, file, KCL_APPLY, at);
        if (dead)
            kcl_must(k, file, KCL_APPLY, 0);
        assert_int_equal(y->twice, 0);
        for (int i = 0; i < MEMBERS; i++)
            assert_int_equal(y->v[0].members[i], y->v[0].version);
        assert_int_equal(y->v[0].pings == 2, y->sent_pings > 0);
        assert_int_equal(k->open, 0);
        kcl_must(k, file, KCL_PLAN, 0);
        if (!dead)
            break;
        teardown(state);
    }
    assert_in_range(n, 20, 400);
    print_message("killed %u times\n", n);
}

static void killed_anywhere_nothing_is_lost_and_nothing_done_twice_at_once(void **state)
{
    killed_anywhere(state, second, 0);
}

static void killed_anywhere_though_aws_is_late(void **state)
{
    killed_anywhere(state, second, 2);
}

static void killed_anywhere_one_without_when_is_owed(void **state)
{
    killed_anywhere(state, pinged, 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_change_makes_it_due_after_the_update),
        CASE(what_aws_shows_makes_it_due),
        CASE(nothing_is_due_of_what_is_made_or_goes),
        CASE(what_is_under_way_is_waited_for),
        CASE(after_what_was_under_way_it_is_looked_at_again),
        CASE(what_nothing_asks_for_any_more_is_left_out),
        CASE(one_that_fails_is_an_error_and_stands_in_the_next_plan),
        CASE(it_is_done_once_in_a_run),
        CASE(what_is_in_use_is_waited_for),
        CASE(a_call_without_answer_is_looked_for),
        CASE(one_that_does_not_end_is_not_ready),
        CASE(several_go_one_after_the_other),
        CASE(ctrl_c_leaves_it_to_the_next_run),
        CASE(killed_anywhere_nothing_is_lost_and_nothing_done_twice_at_once),
        CASE(killed_anywhere_though_aws_is_late),
        CASE(killed_anywhere_one_without_when_is_owed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
