/* test_state_store.c - what a stack's state keeps, across closing, crashes and compaction. Damaged files: test_state_damage.c. */
#include "kctest.h"
#include "kc/state.h"
#include "canary.h"
#include "kc/hash.h"
#include "state_help.h"

static void keeps_records(void **x)
{
    (void)x;
    struct test_world *t = test_world_new();
    struct state *s = state_try(t, true);
    state_add(s, "a.vpc", 1, STATUS_CREATING, "vpc-1");
    state_add(s, "a.vpc", 1, STATUS_READY, "vpc-1");
    state_add(s, "a.sub[\"x\"]", 1, STATUS_READY, "subnet-1");
    state_close(s);
    s = state_try(t, false);
    const struct record **v;
    assert_int_equal(state_list(s, test_world_arena(t), &v), 2);
    assert_str(v[0]->addr, "a.sub[\"x\"]");
    const struct record *r = state_get(s, STR("a.vpc"));
    assert_int_equal(r->status, STATUS_READY);
    assert_str(value_at(r->outs, "id")->s, "vpc-1");
    assert_int_equal(value_at(r->inputs, "cidr_block")->kind, VALUE_CIDR);
    assert_int_equal(r->ndeps, 1);
    assert_int_equal(r->deps[0].kind, EDGE_HOLD);
    assert_str(r->deps[0].addr, "a.base");
    assert_int_equal(r->ndone, 1);
    assert_str(r->done[0], "CreateThing");
    assert_true(r->protect);
    assert_null(state_get(s, STR("a.nothing")));
    state_close(s);
    test_world_free(t);
}

/* The same after a crash at once: what was acknowledged is there without a clean end. */
static void survives_crash(void **x)
{
    (void)x;
    for (size_t keep = 0; keep < 40; keep += 3) {
        struct test_world *t = test_world_new();
        struct state *s = state_try(t, true);
        state_add(s, "a.vpc", 1, STATUS_READY, "vpc-1");
        struct intent i = state_an_intent("a.sub", 1, "op-1");
        assert_true(state_intent(s, &i));
        assert_true(state_sync(s));
        i.op_id = STR("op-2");
        assert_true(state_intent(s, &i));                  /* never synced */
        test_world_crash(t, keep);
        state_lost(s);
        struct state *again = state_try(t, true);
        const struct intent **in;
        assert_non_null(state_get(again, STR("a.vpc")));
        assert_int_equal(state_intents(again, test_world_arena(t), &in), 1);
        assert_str(in[0]->op_id, "op-1");
        state_close(again);
        test_world_free(t);
    }
}

static void generations_outlive_records(void **x)
{
    (void)x;
    struct test_world *t = test_world_new();
    struct state *s = state_try(t, true);
    assert_int_equal(state_generation(s, STR("a.vpc")), 0);
    state_add(s, "a.vpc", 1, STATUS_READY, "vpc-1");
    state_add(s, "a.vpc", 2, STATUS_READY, "vpc-2");
    assert_int_equal(state_get(s, STR("a.vpc"))->generation, 2);
    assert_true(state_drop(s, STR("a.vpc"), 1));
    assert_true(state_drop(s, STR("a.vpc"), 2));
    assert_null(state_get(s, STR("a.vpc")));
    state_close(s);
    s = state_try(t, true);
    assert_int_equal(state_generation(s, STR("a.vpc")), 2);
    state_close(s);
    test_world_free(t);
}

static void intents_until_outcome(void **x)
{
    (void)x;
    struct test_world *t = test_world_new();
    struct state *s = state_try(t, true);
    struct intent i = state_an_intent("a.sub", 3, "op-1");
    const struct intent **in;
    assert_true(state_intent(s, &i));
    assert_true(state_sync(s));
    state_close(s);
    s = state_try(t, true);
    assert_int_equal(state_intents(s, test_world_arena(t), &in), 1);
    assert_str(in[0]->operation, "CreateThing");
    assert_str(value_at(in[0]->request, "VpcId")->s, "vpc-1");
    assert_str(in[0]->record->addr, "a.sub");
    assert_int_equal(state_generation(s, STR("a.sub")), 3);
    struct record r = *in[0]->record;
    assert_true(state_outcome(s, STR("op-1"), &r, NULL));
    state_close(s);
    s = state_try(t, false);
    assert_int_equal(state_intents(s, test_world_arena(t), &in), 0);
    assert_non_null(state_get(s, STR("a.sub")));
    state_close(s);
    test_world_free(t);
}

static void no_secret_on_disk(void **x)
{
    (void)x;
    struct test_world *t = test_world_new();
    struct arena *a = test_world_arena(t);
    struct state *s = state_try(t, true);
    struct str why;
    struct keyring *keys = keyring_open(test_world(t), a, state_meta(s)->lineage, &why);
    const struct value *secret = value_secret(a, value_str(a, STR(CANARY)));
    keyring_may_make(keys);
    state_use_keys(s, keys);
    struct pair p[2] = { { STR("name"), value_str(a, STR("x")) }, { STR("password"), secret } };
    const struct value *inputs = value_object(a, p, 2);
    struct intent i = state_an_intent("a.db", 1, "op-1");
    i.inputs = inputs;
    i.request = inputs;
    assert_true(state_intent(s, &i));
    struct record r = state_a_record("a.db", 1, STATUS_READY, "db-1");
    r.inputs = inputs;
    r.outs = inputs;
    r.pending = inputs;
    assert_true(state_outcome(s, STR("op-1"), &r, NULL));
    state_meta(s)->outs = inputs;
    state_meta(s)->params = inputs;
    assert_true(state_commit_meta(s));
    i.op_id = STR("op-2");
    assert_true(state_intent(s, &i) && state_sync(s));
    assert_str(canary_on_disk(t, state_meta(s)->lineage, NULL), "");
    struct str lineage = str_dup(a, state_meta(s)->lineage);
    state_close(s);
    assert_str(canary_on_disk(t, lineage, NULL), "");
    s = state_try(t, true);
    const struct intent **in;
    assert_int_equal(state_intents(s, a, &in), 1);
    assert_null(in[0]->request);                           /* rebuilt by whoever resolves it */
    const struct value *got = value_get(state_get(s, STR("a.db"))->inputs, STR("password"));
    assert_int_equal(keyring_compare(keys, got, secret), KEPT_SAME);
    assert_int_equal(keyring_compare(keys, got, value_secret(a, value_str(a, STR("other")))), KEPT_OTHER);
    assert_int_equal(keyring_compare(NULL, got, secret), KEPT_UNSURE);
    assert_ptr_equal(value_get(state_meta(s)->outs, STR("password"))->digest, value_withheld.digest);      /* nobody compares these */
    assert_ptr_equal(value_get(state_meta(s)->params, STR("password"))->digest, value_withheld.digest);
    state_close(s);
    test_world_free(t);
}

/* {"$secret": digest} under the lineage, in snapshot and journal: read as what it is, and written anew without a word of it changed. */
static void secrets_of_format_2(void **x)
{
    (void)x;
    struct test_world *t = test_world_new();
    struct arena *a = test_world_arena(t);
    uint8_t mac[32];
    struct str why, text;
    hmac_sha256(STR("line"), STR("\"" CANARY "\""), mac);
    struct str body = str_fmt(a, "{\"salt\":\"s\",\"t\":\"meta\"},\n{\"record\":{\"addr\":\"a.db\",\"changed\":1,\"created\":1,\"gen\":1,\"inputs\":{\"password\":{\"$$secret\":\"%.*s\"},"
                                 "\"plain\":{\"$$secret\":\"a user's own\"}},\"serves\":true,\"status\":\"ready\",\"type\":\"t\"},\"t\":\"put\"}\n]}\n",
                              STR_ARG(hex(a, mac, 16)));
    test_world_put(t, FOLDER "/state.json", str_fmt(a, "{\"kc\":\"state\",\"format\":2,\"serial\":1,\"lineage\":\"line\",\"salt\":\"s\",\"bytes\":%zu,\"sha256\":\"%.*s\",\"entries\":[\n%.*s",
                                                    body.n, STR_ARG(sha256_hex(a, body)), STR_ARG(body)));
    for (int round = 0; round < 3; round++) {              /* as it was, made anew, read again */
        struct state *s = state_try(t, round > 0);
        struct keyring *k = keyring_open(test_world(t), a, state_meta(s)->lineage, &why);
        const struct value *in = state_get(s, STR("a.db"))->inputs;
        assert_int_equal(keyring_compare(k, value_get(in, STR("password")), value_secret(a, value_str(a, STR(CANARY)))), KEPT_SAME);
        assert_int_equal(keyring_compare(k, value_get(in, STR("password")), value_secret(a, value_str(a, STR("x")))), KEPT_OTHER);
        assert_true(keyring_stale(k, value_get(in, STR("password"))));
        assert_str(value_at(in, "plain.$secret")->s, "a user's own");
        state_close(s);
    }
    assert_true(test_world_file(t, FOLDER "/state.json", &text));
    assert_true(str_find(text, STR("\"format\":3")) != SIZE_MAX && str_find(text, STR("{\"$secret\":[\"")) != SIZE_MAX);
    test_world_free(t);
}

static void moves_keep_origin(void **x)
{
    (void)x;
    struct test_world *t = test_world_new();
    struct state *s = state_try(t, true);
    state_add(s, "a.base", 4, STATUS_READY, "base-1");
    state_add(s, "a.vpc", 1, STATUS_READY, "vpc-1");
    assert_true(state_move(s, STR("a.base"), STR("b.base")));
    state_close(s);
    s = state_try(t, true);
    assert_null(state_get(s, STR("a.base")));
    assert_str(state_get(s, STR("b.base"))->origin, "a.base");
    assert_str(state_get(s, STR("a.vpc"))->deps[0].addr, "b.base");
    assert_int_equal(state_generation(s, STR("b.base")), 4);
    assert_int_equal(state_generation(s, STR("a.base")), 4);
    state_close(s);
    test_world_free(t);
}

static void one_writer_many_readers(void **x)
{
    (void)x;
    struct test_world *t = test_world_new();
    struct arena *a = test_world_arena(t);
    struct state *s = state_try(t, true), *second = NULL;
    struct str why;
    assert_int_equal(state_open(test_world(t), state_store(t), true, &second, a, &why), STATE_LOCKED);
    assert_null(second);
    assert_true(str_find(why, STR("another kc")) != SIZE_MAX);
    state_add(s, "a.vpc", 1, STATUS_READY, "vpc-1");
    struct state *reader = state_try(t, false);
    assert_non_null(state_get(reader, STR("a.vpc")));
    struct record r = state_a_record("a.mem", 1, STATUS_READY, "m-1");
    assert_true(state_put(reader, &r));                    /* in memory only */
    assert_false(state_writable(reader));
    state_close(reader);
    assert_null(state_get(s, STR("a.mem")));
    state_close(s);
    s = state_try(t, true);
    assert_null(state_get(s, STR("a.mem")));
    state_close(s);
    test_world_free(t);
}

static void absent_is_empty(void **x)
{
    (void)x;
    struct test_world *t = test_world_new();
    const struct str *paths;
    struct state *s;
    struct str why;
    assert_int_equal(state_open(test_world(t), state_store(t), false, &s, test_world_arena(t), &why), STATE_ABSENT);
    assert_non_null(s);
    assert_true(state_meta(s)->lineage.n == 32);
    state_close(s);
    assert_int_equal(test_world_files(t, &paths), 0);
    test_world_free(t);
}

static void compacts_and_keeps_history(void **x)
{
    (void)x;
    struct test_world *t = test_world_new();
    struct arena *a = test_world_arena(t);
    const struct str *paths;
    size_t kept = 0;
    for (int i = 0; i < 15; i++) {
        struct state *s = state_try(t, true);
        assert_int_equal(state_meta(s)->serial, i);
        state_add(s, str_c(a, str_fmt(a, "a.v%d", i)), 1, STATUS_READY, "x");
        state_close(s);
    }
    size_t n = test_world_files(t, &paths);
    for (size_t i = 0; i < n; i++)
        kept += str_find(paths[i], STR("/history/")) != SIZE_MAX;
    assert_int_equal(kept, 10);
    struct state *s = state_try(t, true);
    const struct record **v;
    assert_int_equal(state_list(s, a, &v), 15);
    uint64_t before = state_meta(s)->serial;
    for (int i = 0; i < 4000; i++)                         /* well over 1 MiB of journal */
        state_add(s, "a.v1", 1, STATUS_READY, "y");
    assert_true(state_meta(s)->serial > before);
    struct str text;
    assert_true(test_world_file(t, FOLDER "/journal", &text));
    assert_true(text.n < (1 << 20) + 4096);
    test_world_crash(t, 0);
    state_lost(s);
    s = state_try(t, true);
    assert_int_equal(state_list(s, a, &v), 15);
    state_close(s);
    test_world_free(t);
}

/* Somebody writes the snapshot while a run is at work: it is not written over, and what the run did is in the journal still. */
static void changed_by_somebody_else(void **x)
{
    (void)x;
    struct test_world *t = test_world_new();
    struct arena *a = test_world_arena(t);
    struct str before, theirs = STR("theirs"), now;
    struct state *s = state_try(t, true);
    state_add(s, "a.vpc", 1, STATUS_READY, "vpc-1");
    state_close(s);
    test_world_file(t, FOLDER "/state.json", &before);
    before = str_dup(a, before);
    s = state_try(t, true);
    state_add(s, "a.sub", 1, STATUS_READY, "subnet-1");
    test_world_put(t, FOLDER "/state.json", theirs);
    state_close(s);
    test_world_file(t, FOLDER "/state.json", &now);
    assert_true(str_eq(now, theirs));
    test_world_put(t, FOLDER "/state.json", before);
    s = state_try(t, false);
    assert_non_null(state_get(s, STR("a.sub")));
    state_close(s);
    test_world_free(t);
}

/* Each entry changes what is seen at once, and none is on the disk before the sync; after it all are. */
static void one_sync_for_all(void **x)
{
    (void)x;
    struct test_world *t = test_world_new();
    struct state *s = state_try(t, true);
    struct record r = state_a_record("a.vpc", 1, STATUS_READY, "vpc-1");
    struct intent i = state_an_intent("a.sub", 1, "op-1");
    unsigned effects = test_world_effects(t);
    assert_true(state_put(s, &r) && state_intent(s, &i) && state_outcome(s, STR("op-1"), i.record, NULL) && state_drop(s, STR("a.vpc"), 1));
    assert_int_equal(test_world_effects(t), effects);
    assert_null(state_get(s, STR("a.vpc")));
    struct state *reader = state_try(t, false);
    assert_null(state_get(reader, STR("a.sub")));
    state_close(reader);
    assert_true(state_sync(s));
    assert_int_equal(test_world_effects(t), effects + 2);  /* an append and its sync */
    assert_true(state_sync(s));
    assert_int_equal(test_world_effects(t), effects + 2);
    test_world_crash(t, 0);
    state_lost(s);
    s = state_try(t, false);
    assert_non_null(state_get(s, STR("a.sub")));
    assert_null(state_get(s, STR("a.vpc")));
    state_close(s);
    test_world_free(t);
}

static void nothing_new_nothing_written(void **x)
{
    (void)x;
    struct test_world *t = test_world_new();
    struct state *s = state_try(t, true);
    state_add(s, "a.vpc", 1, STATUS_READY, "vpc-1");
    state_close(s);
    s = state_try(t, true);
    uint64_t serial = state_meta(s)->serial;
    state_close(s);
    s = state_try(t, false);
    assert_int_equal(state_meta(s)->serial, serial);
    state_close(s);
    test_world_free(t);
}

static void learns_durations(void **x)
{
    (void)x;
    struct test_world *t = test_world_new();
    struct state *s = state_try(t, true);
    assert_int_equal(state_learned(s, test_world_arena(t)).n, 0);
    state_learn(s, STR("T"), STR("create"), 1000);
    state_learn(s, STR("T"), STR("create"), 2000);
    assert_int_equal(state_usual(s, STR("T"), STR("create")), 0);
    state_learn(s, STR("T"), STR("create"), 2000);
    struct str kept = state_learned(s, test_world_arena(t));
    state_close(s);
    s = state_try(t, true);
    assert_int_equal(state_usual(s, STR("T"), STR("create")), 0);
    state_durations(s, kept);
    assert_in_range(state_usual(s, STR("T"), STR("create")), 1400, 1600);
    assert_int_equal(state_usual(s, STR("T"), STR("delete")), 0);
    assert_int_equal(state_learned(s, test_world_arena(t)).n, 0);
    state_close(s);
    s = state_try(t, true);
    state_durations(s, STR("{\"T create \": \"no\", nonsense"));
    assert_int_equal(state_usual(s, STR("T"), STR("create")), 0);
    state_close(s);
    test_world_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_records),          cmocka_unit_test(survives_crash),       cmocka_unit_test(generations_outlive_records),
        cmocka_unit_test(intents_until_outcome),  cmocka_unit_test(no_secret_on_disk),    cmocka_unit_test(secrets_of_format_2), cmocka_unit_test(moves_keep_origin),
        cmocka_unit_test(one_writer_many_readers), cmocka_unit_test(absent_is_empty),      cmocka_unit_test(compacts_and_keeps_history),
        cmocka_unit_test(nothing_new_nothing_written), cmocka_unit_test(learns_durations),
        cmocka_unit_test(changed_by_somebody_else), cmocka_unit_test(one_sync_for_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
