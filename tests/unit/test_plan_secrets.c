/* Secrets in a plan: what is compared with digests, what nobody can compare, what only state knows of; and records under the stack's key. */
#include "plan_case.h"
#include "canary.h"
#include "cli/plan_show.h"
#include "kc/engine.h"
#include "kc/hash.h"

#define KEY "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define OTHER "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const struct value *secret(const char *text)
{
    return value_secret(k->a, value_str(k->a, str_of(text)));
}

static struct keyring *keys(const char *key)
{
    struct str why;
    test_world_env(k->t, "KC_STATE_KEY", key);
    struct keyring *r = keyring_open(k->w, k->a, state_meta(k->state)->lineage, &why);
    state_use_keys(k->state, r);
    return r;
}

/* The object is in AWS and in state, with this password, as a machine with that key (NULL: none) recorded it. */
static void have(const char *addr, const char *password, const char *key)
{
    struct record *r = kit_have(k, addr, str_c(k->a, str_fmt(k->a, "{\"thing_name\":\"%s\"}", addr)));
    r->inputs = value_with(k->a, r->inputs, STR("password"), secret(password));
    keys(key);
    assert_true(state_put(k->state, r));
}

static struct node *want(const char *addr, const struct value *password)
{
    struct node *n = kit_node(k, addr, str_c(k->a, str_fmt(k->a, "{\"thing_name\":\"%s\"}", addr)));
    kit_set(k, n, "password", password);
    return n;
}

static struct str shown(const struct plan *p)
{
    struct buf b = { 0 };
    plan_text(&b, p, false, true, NULL);
    plan_json(&b, p);
    return buf_take(&b, k->a);
}

static bool says(const struct plan *p, const char *text)
{
    return str_find(shown(p), str_of(text)) != SIZE_MAX;
}

static void unchanged_and_changed(void **state)
{
    (void)state;
    have("a", CANARY, KEY);
    have("b", "former", KEY);
    want("a", secret(CANARY));
    want("b", secret(CANARY));
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_NOOP);
    assert_int_equal(kit_item(p, "b")->action, ACTION_UPDATE);
    assert_false(canary_in(k->a, shown(p), state_meta(k->state)->lineage));
    assert_false(says(p, "cannot be compared"));
}

static void without_the_key_it_is_unchanged(void **state)
{
    (void)state;
    have("a", "former", KEY);
    want("a", secret(CANARY));
    keys(NULL);
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_NOOP);
    assert_true(says(p, "1 secret cannot be compared and counts as unchanged (a: password)"));
    keys(OTHER);
    p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_NOOP);
    assert_true(says(p, "KC_STATE_KEY is another key than the stack's"));
}

static void taken_out_or_put_in_is_seen_without_a_key(void **state)
{
    (void)state;
    have("a", "former", NULL);
    kit_have(k, "b", "{\"thing_name\":\"b\"}");
    kit_node(k, "a", "{\"thing_name\":\"a\"}");
    want("b", secret("new"));
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_UPDATE);
    assert_int_equal(kit_item(p, "b")->action, ACTION_UPDATE);
}

/* In a field that AWS shows: compared as it is, whoever looks, and shown by nobody. */
static void what_aws_shows_needs_no_key(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\",\"tags\":{\"p\":\"" CANARY "\",\"q\":\"x\"}}");
    struct node *n = kit_node(k, "a", "{\"thing_name\":\"a\",\"tags\":{\"p\":\"" CANARY "\",\"q\":\"x\"}}");
    kit_set(k, n, "tags", value_with(k->a, value_get(n->inputs, STR("tags")), STR("p"), secret(CANARY)));
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_NOOP);
    assert_false(says(p, "cannot be compared"));
    kit_set(k, n, "tags", value_with(k->a, value_get(n->inputs, STR("tags")), STR("p"), secret("another")));
    p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_UPDATE);
    assert_true(says(p, "tags.p: (secret) -> (secret)"));
    assert_false(says(p, CANARY));
}

static void knows_a_secret(const char *addr, const struct value *out)
{
    struct rout *outs = ARENA_ARRAY(k->a, struct rout, 3);
    memcpy(outs, k->type->outs, 2 * sizeof *outs);
    outs[2] = (struct rout){ .name = STR("word"), .type = &type_string };
    k->type->outs = outs;
    k->type->nouts = 3;
    struct record *r = kit_have(k, addr, str_c(k->a, str_fmt(k->a, "{\"thing_name\":\"%s\"}", addr)));
    r->outs = value_with(k->a, r->outs, STR("word"), out);
    assert_true(state_put(k->state, r));
    kit_node(k, addr, str_c(k->a, str_fmt(k->a, "{\"thing_name\":\"%s\"}", addr)));
}

/* AWS showed it once, and state has a digest: it can be compared as a whole, and not sent. */
static void what_is_not_kept_cannot_be_sent(void **state)
{
    (void)state;
    keys(KEY);
    knows_a_secret("a", secret(CANARY));
    have("same", CANARY, KEY);
    want("same", kit_ref(k, "a", "word"));
    assert_int_equal(kit_item(kit_plan(k), "same")->action, ACTION_NOOP);
    want("new", kit_ref(k, "a", "word"));
    kit_plan_fails(k, DIAG_E0813);
}

static void what_is_made_of_it_counts_as_unchanged(void **state)
{
    (void)state;
    keys(KEY);
    knows_a_secret("a", secret(CANARY));
    have("b", "url/" CANARY, KEY);
    const struct term *parts[] = { term_const(k->a, value_str(k->a, STR("url/"))), term_ref(k->a, STR("a"), STR("word"), &type_string, SPAN_NONE) };
    want("b", value_unknown(k->a, term_new(k->a, TERM_JOIN, parts, 2, &type_string, SPAN_NONE), &type_string, PHASE_APPLY));
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "b")->action, ACTION_NOOP);
    assert_true(says(p, "(b: password): they are made from a secret that is known only where it comes from"));
}

static void equal_plans_have_equal_hashes(void **state)
{
    (void)state;
    keys(KEY);
    struct node *n = want("a", secret("x"));
    struct str one = kit_plan(k)->hash, same = kit_plan(k)->hash;
    kit_set(k, n, "password", secret("y"));
    assert_true(str_eq(one, same));
    assert_false(str_eq(one, kit_plan(k)->hash));
}

/* ---- before a run ---- */

static const struct value *kept(const char *addr)
{
    return value_get(state_get(k->state, str_of(addr))->inputs, STR("password"));
}

static bool seal(const struct plan *p)
{
    struct engine_context c = { .world = k->w, .state = k->state };
    return engine_seal(&c, k->a, p);
}

/* As kc 0.1.0 recorded it: under the lineage. */
static void had_by_010(const char *addr, const char *password)
{
    struct digest d = { .n = SECRET_SUM };
    uint8_t mac[32], id[32];
    struct record *r = kit_have(k, addr, str_c(k->a, str_fmt(k->a, "{\"thing_name\":\"%s\"}", addr)));
    hmac_sha256(state_meta(k->state)->lineage, str_fmt(k->a, "\"%s\"", password), mac);
    sha256(state_meta(k->state)->lineage, id);
    memcpy(d.sum, mac, d.n);
    memcpy(d.key, id, sizeof d.key);
    r->inputs = value_with(k->a, r->inputs, STR("password"), value_digest(k->a, &d, true));
    r->outs = value_with(k->a, r->outs, STR("word"), value_digest(k->a, &d, true));
    assert_true(state_put(k->state, r));
}

static void those_of_010_come_under_the_key(void **state)
{
    (void)state;
    had_by_010("a", CANARY);
    had_by_010("b", "former");
    want("a", secret(CANARY));
    want("b", secret(CANARY));
    struct keyring *r = keys(KEY);
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_NOOP);
    assert_int_equal(kit_item(p, "b")->action, ACTION_UPDATE);
    assert_true(seal(p));
    assert_false(keyring_stale(r, kept("a")));
    assert_int_equal(keyring_compare(r, kept("a"), secret(CANARY)), KEPT_SAME);
    assert_int_equal(keyring_compare(r, kept("b"), secret(CANARY)), KEPT_OTHER);          /* its update is still to come */
    assert_ptr_equal(value_get(state_get(k->state, STR("a"))->outs, STR("word"))->digest, value_withheld.digest);
    assert_int_equal(kit_item(kit_plan(k), "b")->action, ACTION_UPDATE);
}

static void what_was_no_secret_becomes_one(void **state)
{
    (void)state;
    struct record *r = kit_have(k, "a", "{\"thing_name\":\"a\",\"password\":\"" CANARY "\"}");
    want("a", secret(CANARY));
    struct keyring *keyring = keys(KEY);
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_NOOP);
    assert_true(seal(p));
    assert_int_equal(kept("a")->kind, VALUE_DIGEST);
    assert_int_equal(keyring_compare(keyring, kept("a"), secret(CANARY)), KEPT_SAME);
    assert_true(r->inputs);
}

static void a_lost_key_is_done_without(void **state)
{
    (void)state;
    have("a", "former", KEY);
    want("a", secret(CANARY));
    struct keyring *r = keys(OTHER);
    assert_true(seal(kit_plan(k)));
    assert_false(keyring_opens(r, kept("a")));             /* not by itself */
    keyring_recover(r, RECOVERY_TAKE);
    struct plan *p = kit_plan(k);
    assert_true(says(p, "is taken for what is there"));
    assert_true(seal(p));
    assert_int_equal(keyring_compare(r, kept("a"), secret(CANARY)), KEPT_SAME);
    r = keys(OTHER);
    kit_set(k, graph_find(k->graph, STR("a")), "password", secret("next"));
    assert_int_equal(kit_item(kit_plan(k), "a")->action, ACTION_UPDATE);
}

/* Where an update writes it, and no more than what cannot be compared. */
static void or_they_are_sent_anew(void **state)
{
    (void)state;
    struct rstep *update = (struct rstep *)(uintptr_t)rtype_step(k->type, STEP_UPDATE, 0);
    static const struct str on[] = { { "size", 4 }, { "password", 8 } };
    have("b", "other", OTHER);
    have("a", "former", KEY);
    want("a", secret(CANARY));
    want("b", secret("other"));
    struct keyring *r = keys(OTHER);
    keyring_recover(r, RECOVERY_SEND);
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_NOOP);
    assert_true(says(p, "1 secret cannot be compared and counts as unchanged (a: password): no update sends them"));
    update->on = on;
    p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_UPDATE);
    assert_int_equal(kit_item(p, "b")->action, ACTION_NOOP);
    assert_false(says(p, "cannot be compared"));
    ((struct rfield *)(uintptr_t)rtype_field(k->type, STR("password")))->replace = true;
    assert_int_equal(kit_item(kit_plan(k), "a")->action, ACTION_NOOP);         /* nothing is replaced for want of a key */
}

/* What AWS shows is compared with the text, or, to tell who changed it, with its digest. */
static void long_texts_are_kept_by_their_digest(void **state)
{
    (void)state;
    struct rfield *f = (struct rfield *)(uintptr_t)rtype_field(k->type, STR("zone")), *unread = (struct rfield *)(uintptr_t)rtype_field(k->type, STR("password"));
    f->digest = unread->digest = true;
    kit_have(k, "a", "{\"thing_name\":\"a\",\"zone\":\"long text\",\"password\":\"" CANARY "\"}");
    struct node *n = kit_node(k, "a", "{\"thing_name\":\"a\",\"zone\":\"long text\",\"password\":\"" CANARY "\"}");
    n->inputs = rtype_mark(k->a, k->type, n->inputs);
    keys(NULL);
    assert_int_equal(kit_item(kit_plan(k), "a")->action, ACTION_NOOP);
    assert_true(seal(kit_plan(k)));                        /* what an older kc, or an older type, kept whole */
    assert_int_equal(kept("a")->kind, VALUE_DIGEST);
    assert_int_equal(kept("a")->digest->size, sizeof CANARY - 1);
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_NOOP);
    assert_false(kit_item(p, "a")->drift);
    strcpy(k->things[0].zone, "other text");
    p = kit_plan(k);
    assert_true(kit_item(p, "a")->drift);
    assert_int_equal(kit_item(p, "a")->nchanges, 1);
    assert_true(says(p, "zone: (10 B, sha256 ") && !says(p, "other text") && !says(p, "long text"));
    kit_set(k, n, "password", value_bulk(k->a, value_str(k->a, STR("another"))));
    p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->nchanges, 2);
    assert_true(says(p, "password: (18 B, sha256 ") && says(p, " -> (7 B, sha256 "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(unchanged_and_changed), CASE(without_the_key_it_is_unchanged), CASE(taken_out_or_put_in_is_seen_without_a_key), CASE(what_aws_shows_needs_no_key),
        CASE(what_is_not_kept_cannot_be_sent), CASE(what_is_made_of_it_counts_as_unchanged), CASE(equal_plans_have_equal_hashes),
        CASE(those_of_010_come_under_the_key), CASE(what_was_no_secret_becomes_one), CASE(a_lost_key_is_done_without), CASE(or_they_are_sent_anew),
        CASE(long_texts_are_kept_by_their_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
