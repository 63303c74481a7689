/* test_read.c - the one reader of objects: what each kind of answer means, how asks share calls, and whose absence is doubted. */
#include "kctest.h"
#include "kc/json.h"
#include "kc/read.h"
#include "plan_kit.h"

struct rule { const char *op, *about; int code; const char *body; enum net_status net; };   /* op, about: NULL for any */
struct shown { const char *id, *json; int64_t from; };     /* from: world_now at which AWS begins to show it */

static struct kit *k;
static struct reader *reader;
static struct shown shown[300];
static size_t nshown;
static struct rule rules[4];
static size_t nrules;
static size_t answered;

static const struct str no_grade[] = { { "NoSuchGrade", 11 } }, no_thing[] = { { "NoSuchThing", 11 } };

static void describe(struct arena *a, const struct http_request *rq, struct http_reply *out)
{
    struct str why;
    const struct value *in = json_read(a, rq->body, 0, &why), *ids = in ? value_get(in, STR("Ids")) : NULL;
    struct buf b = { 0 };
    size_t n = 0;
    buf_cstr(&b, "{\"Things\":[");
    for (size_t i = 0; i < nshown; i++) {
        bool wanted = !ids;
        for (size_t j = 0; ids && j < ids->list.n; j++)
            wanted = wanted || str_is(ids->list.v[j]->s, shown[i].id);
        if (wanted && shown[i].from <= world_now(k->w))
            buf_fmt(&b, "%s%s", n++ ? "," : "", shown[i].json);
    }
    buf_cstr(&b, "]}");
    out->body = buf_take(&b, a);
}

static void answer(void *user, const struct http_request *rq, struct arena *a, struct http_reply *out)
{
    static const struct header headers[] = { { { "content-type", 12 }, { "application/x-amz-json-1.1", 26 } }, { { "x-amzn-requestid", 16 }, { "r-1", 3 } } };
    struct str op = test_header(rq->headers, rq->nheaders, "x-amz-target");
    (void)user;
    *out = (struct http_reply){ .status = NET_OK, .code = 200, .headers = headers, .nheaders = 2 };
    for (size_t i = 0; i < nrules; i++) {
        const struct rule *r = &rules[i];
        if ((r->op && !str_ends(op, str_of(r->op))) || (r->about && str_find(rq->body, str_of(r->about)) == SIZE_MAX))
            continue;
        out->code = r->code;
        out->body = str_of(r->body);
        out->status = r->net;
        return;
    }
    describe(a, rq, out);
}

static int setup(void **state)
{
    (void)state;
    k = kit_new();
    nshown = nrules = answered = 0;
    test_world_answer(k->t, answer, NULL);
    state_meta(k->state)->lineage = STR("line");
    reader = reader_new(k->w, k->aws.callers, k->models, k->state, k->a);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    reader_free(reader);
    kit_free(k);
    return 0;
}

/* ---- asking ---- */

static void show(const char *id, const char *json, int64_t from)
{
    shown[nshown++] = (struct shown){ id, json, from };
}

static void refuse(const char *op, const char *about, int code, const char *aws_code)
{
    rules[nrules++] = (struct rule){ op, about, code, str_c(k->a, str_fmt(k->a, "{\"__type\":\"%s\",\"message\":\"no\"}", aws_code)), NET_OK };
}

static void came(struct read_ask *q)
{
    (void)q;
    answered++;
}

static struct record *record(const char *id)
{
    struct record *r = ARENA_NEW(k->a, struct record);
    *r = (struct record){ .addr = STR("a"), .type = k->type->name, .generation = 2, .status = STATUS_READY, .token = STR("our-token"), .created_ms = 1,
                          .inputs = kit_json(k, "{\"thing_name\":\"a\"}"), .outs = value_with(k->a, &value_empty_object, STR("id"), value_str(k->a, str_of(id))) };
    return r;
}

static struct read_ask *question(const char *id)
{
    struct read_ask *q = ARENA_NEW(k->a, struct read_ask);
    struct record *r = record(id);
    *q = (struct read_ask){ .type = k->type, .inputs = r->inputs, .outs = r->outs, .record = r, .provider = &at_home, .then = came };
    return q;
}

static struct read_ask *ask(const char *id)
{
    struct read_ask *q = question(id);
    reader_ask(reader, q);
    return q;
}

static struct read_ask *ask_young(const char *id)
{
    struct read_ask *q = question(id);
    ((struct record *)(uintptr_t)q->record)->created_ms = world_wall(k->w) - 1000;
    q->doubt = true;
    reader_ask(reader, q);
    return q;
}

static size_t requests(void)
{
    const struct test_request *v;
    return test_world_requests(k->t, &v);
}

static void wait_all(void)
{
    assert_true(reader_wait(reader));
    assert_true(reader_idle(reader));
}

static int64_t size_of(const struct read_ask *q)
{
    const struct value *v = value_get(q->answer.fields, STR("size"));
    return v && v->kind == VALUE_INT ? v->i : -1;
}

/* ---- many at once ---- */

static void test_many_share_a_call(void **state)
{
    (void)state;
    show("t-1", "{\"Id\":\"t-1\",\"Name\":\"a\",\"Size\":1}", 0);
    show("t-2", "{\"Id\":\"t-2\",\"Name\":\"b\",\"Size\":2}", 0);
    struct read_ask *x = ask("t-1"), *y = ask("t-2");
    wait_all();
    assert_int_equal(requests(), 1);
    assert_int_equal(answered, 2);
    assert_int_equal(x->answer.state, READ_HERE);
    assert_int_equal(size_of(x), 1);
    assert_int_equal(size_of(y), 2);
}

static void test_two_hundred_a_call(void **state)
{
    (void)state;
    for (int i = 0; i < 201; i++) {
        const char *id = str_c(k->a, str_fmt(k->a, "t-%d", i));
        show(id, str_c(k->a, str_fmt(k->a, "{\"Id\":\"%s\",\"Name\":\"x\",\"Size\":%d}", id, i)), 0);
        ask(id);
    }
    wait_all();
    assert_int_equal(requests(), 2);
    assert_int_equal(answered, 201);
}

static void test_one_of_a_list_is_gone(void **state)
{
    (void)state;
    show("t-1", "{\"Id\":\"t-1\",\"Name\":\"a\",\"Size\":1}", 0);
    struct read_ask *x = ask("t-1"), *y = ask("t-2");
    wait_all();
    assert_int_equal(x->answer.state, READ_HERE);
    assert_int_equal(y->answer.state, READ_GONE);
}

static void test_one_of_a_call_is_gone(void **state)
{
    (void)state;
    k->type->gone = no_thing;
    k->type->ngone = 1;
    show("t-1", "{\"Id\":\"t-1\",\"Name\":\"a\",\"Size\":1}", 0);
    refuse(NULL, "t-2", 400, "NoSuchThing");
    struct read_ask *x = ask("t-1"), *y = ask("t-2");
    wait_all();
    assert_int_equal(x->answer.state, READ_HERE);
    assert_int_equal(y->answer.state, READ_GONE);
    assert_int_equal(requests(), 3);                       /* both, then each by itself */
}

static void test_one_of_a_call_is_odd(void **state)
{
    (void)state;
    show("t-1", "{\"Id\":\"t-1\",\"Name\":\"a\",\"Size\":1}", 0);
    refuse(NULL, "t-2", 400, "MalformedId");
    struct read_ask *x = ask("t-1"), *y = ask("t-2");
    wait_all();
    assert_int_equal(x->answer.state, READ_HERE);
    assert_int_equal(y->answer.state, READ_UNREAD);
    assert_str(y->answer.result.error.code, "MalformedId");
}

/* ---- an error is no answer ---- */

static void test_errors_are_no_answers(void **state)
{
    static const struct rule all[] = {
        { NULL, NULL, 503, "{\"__type\":\"ServiceUnavailable\"}", NET_OK },     { NULL, NULL, 400, "{\"__type\":\"AccessDeniedException\"}", NET_OK },
        { NULL, NULL, 200, "<html>Welcome to the airport</html>", NET_OK },     { NULL, NULL, 200, "{\"Things\":[{\"Id\":\"t-", NET_OK },
        { NULL, NULL, 404, "<html>not here</html>", NET_OK },
        { NULL, NULL, 0, "", NET_UNKNOWN },                                     { NULL, NULL, 0, "", NET_NOT_SENT },
    };
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        rules[0] = all[i];
        nrules = 1;
        struct read_ask *x = ask("t-1"), *y = ask("t-2");
        x->doubt = y->doubt = true;
        wait_all();
        if (x->answer.state != READ_UNREAD || y->answer.state != READ_UNREAD)
            fail_msg("answer %zu counts as %d and %d", i, (int)x->answer.state, (int)y->answer.state);
        assert_true(x->answer.result.class != ANSWER_OK);
    }
}

static void test_code_that_no_type_lists(void **state)
{
    (void)state;
    refuse(NULL, NULL, 404, "SomethingElseNotFound");
    struct read_ask *x = ask("t-1");
    wait_all();
    assert_int_equal(x->answer.state, READ_UNREAD);
}

/* ---- further reads ---- */

static void second_read(void)
{
    struct rstep *s = ARENA_ARRAY(k->a, struct rstep, k->type->nsteps + 1);
    struct rassign *set = ARENA_NEW(k->a, struct rassign);
    memcpy(s, k->type->steps, k->type->nsteps * sizeof *s);
    *set = (struct rassign){ STR("grade"), kit_path(k, "reply.Grade") };
    s[k->type->nsteps] = (struct rstep){ .kind = STEP_READ, .op = STR("GetGrade"), .send = kit_object(k, "Id", kit_param(k, "id"), NULL), .sets = set, .nsets = 1,
                                         .absent = { .v = no_grade, .n = 1 } };
    k->type->steps = s;
    k->type->nsteps++;
    show("t-1", "{\"Id\":\"t-1\",\"Name\":\"a\",\"Size\":1}", 0);
}

static void test_further_read(void **state)
{
    (void)state;
    second_read();
    rules[nrules++] = (struct rule){ "GetGrade", NULL, 200, "{\"Grade\":\"HIGH\"}", NET_OK };
    struct read_ask *x = ask("t-1");
    wait_all();
    assert_int_equal(x->answer.state, READ_HERE);
    assert_int_equal(size_of(x), 1);
    assert_str(value_get(x->answer.fields, STR("grade"))->s, "HIGH");
}

static void test_part_is_absent(void **state)
{
    (void)state;
    second_read();
    refuse("GetGrade", NULL, 400, "NoSuchGrade");
    struct read_ask *x = ask("t-1");
    wait_all();
    assert_int_equal(x->answer.state, READ_HERE);
    assert_int_equal(value_get(x->answer.fields, STR("grade"))->kind, VALUE_NONE);
}

static void test_further_read_never_says_gone(void **state)
{
    (void)state;
    k->type->gone = no_thing;
    k->type->ngone = 1;
    second_read();
    refuse("GetGrade", NULL, 400, "NoSuchThing");
    struct read_ask *x = ask("t-1");
    wait_all();
    assert_int_equal(x->answer.state, READ_UNREAD);
    assert_str(x->answer.operation, "GetGrade");
}

/* ---- absence ---- */

static void test_old_absence_is_believed(void **state)
{
    (void)state;
    struct read_ask *x = question("t-1");
    int64_t before = world_now(k->w);
    x->doubt = true;
    reader_ask(reader, x);
    wait_all();
    assert_int_equal(x->answer.state, READ_GONE);
    assert_true(world_now(k->w) - before < 1000);
}

static void test_young_absence_is_doubted(void **state)
{
    (void)state;
    int64_t before = world_now(k->w);
    show("t-1", "{\"Id\":\"t-1\",\"Name\":\"a\",\"Size\":1}", before + 200000);
    struct read_ask *x = ask_young("t-1");
    wait_all();
    assert_int_equal(x->answer.state, READ_HERE);
    assert_true(world_now(k->w) - before < 225000);
}

static void test_young_ones_wait_side_by_side(void **state)
{
    (void)state;
    int64_t before = world_now(k->w);
    for (int i = 0; i < 20; i++)
        ask_young(str_c(k->a, str_fmt(k->a, "t-%d", i)));
    wait_all();
    assert_int_equal(answered, 20);
    assert_true(world_now(k->w) - before > 298000);
    assert_true(world_now(k->w) - before < 305000);
    assert_true(requests() < 25);
}

static void test_type_says_how_long(void **state)
{
    (void)state;
    k->type->visible = 10000;
    int64_t before = world_now(k->w);
    struct read_ask *x = ask_young("t-1");
    wait_all();
    assert_int_equal(x->answer.state, READ_GONE);
    assert_true(world_now(k->w) - before > 8000);
    assert_true(world_now(k->w) - before < 12000);
}

static void test_clock_set_back_ends(void **state)
{
    (void)state;
    struct read_ask *x = question("t-1");
    ((struct record *)(uintptr_t)x->record)->created_ms = world_wall(k->w) + 86400000;
    x->doubt = true;
    int64_t before = world_now(k->w);
    reader_ask(reader, x);
    wait_all();
    assert_int_equal(x->answer.state, READ_GONE);
    assert_true(world_now(k->w) - before < 305000);
}

static void test_interrupted_at_once(void **state)
{
    (void)state;
    int64_t before = world_now(k->w);
    struct read_ask *x = ask_young("t-1");
    test_world_signal_at(k->t, before + 10000);
    assert_false(reader_wait(reader));
    assert_int_equal(x->answer.state, READ_UNREAD);
    assert_true(x->answer.interrupted);
    assert_true(world_now(k->w) - before < 11000);
    assert_int_equal(answered, 1);
    struct read_ask *y = ask("t-2");                       /* nothing is sent any more */
    size_t sent = requests();
    reader_turn(reader);
    assert_true(y->answer.interrupted);
    assert_int_equal(requests(), sent);
}

/* ---- whose it is ---- */

static struct read_ask *ask_with_uid(const char *tags)
{
    k->type->uid = kit_path(k, "live.Zone");
    show("t-1", str_c(k->a, str_fmt(k->a, "{\"Id\":\"t-1\",\"Name\":\"a\",\"Zone\":\"new\",\"Tags\":{%s}}", tags)), 0);
    struct read_ask *q = question("t-1");
    ((struct record *)(uintptr_t)q->record)->uid = STR("old");
    reader_ask(reader, q);
    wait_all();
    assert_str(q->answer.uid, "new");
    return q;
}

static void test_anothers(void **state)
{
    (void)state;
    assert_int_equal(ask_with_uid("")->answer.state, READ_FOREIGN);
}

static void test_anothers_mark(void **state)
{
    (void)state;
    struct read_ask *q = ask_with_uid("\"kc:lineage\":\"other\",\"kc:addr\":\"b\",\"kc:gen\":\"2\"");
    assert_int_equal(q->answer.state, READ_FOREIGN);
    assert_int_equal(q->answer.mark, MARKED_OTHER);
    assert_str(q->answer.owner, "b of stack other");
}

static void test_our_mark_is_ours(void **state)
{
    (void)state;
    assert_int_equal(ask_with_uid("\"kc:token\":\"our-token\"")->answer.state, READ_HERE);
}

static void test_name_of_our_next(void **state)
{
    (void)state;
    assert_int_equal(ask_with_uid("\"kc:lineage\":\"line\",\"kc:addr\":\"a\",\"kc:gen\":\"3\"")->answer.state, READ_GONE);
}

/* ---- members ---- */

static void test_one_member_cannot_be_read(void **state)
{
    (void)state;
    show("t-1", "{\"Id\":\"t-1\",\"Name\":7,\"Size\":1,\"Zone\":\"z\"}", 0);
    show("t-2", "{\"Id\":\"t-2\",\"Name\":\"b\",\"Size\":2}", 0);
    k->type->fields = arena_copy(k->a, k->type->fields, k->type->nfields * sizeof *k->type->fields);
    for (size_t i = 0; i < k->type->nfields; i++)
        if (str_is(k->type->fields[i].name, "zone"))
            ((struct rfield *)(uintptr_t)k->type->fields)[i].type = &type_bool;
    struct read_ask *x = ask("t-1"), *y = ask("t-2");
    wait_all();
    assert_int_equal(x->answer.state, READ_HERE);
    assert_int_equal(size_of(x), 1);
    assert_int_equal(x->answer.nfaults, 1);
    assert_true(str_find(x->answer.faults[0].problem, STR("zone")) != SIZE_MAX);
    assert_int_equal(y->answer.nfaults, 0);
}

/* ---- finding ---- */

static struct read_ask *find(enum find_by by, const char *tags, bool sent)
{
    struct rstep *s = arena_copy(k->a, k->type->steps, k->type->nsteps * sizeof *s);
    for (size_t i = 0; i < k->type->nsteps; i++)
        if (s[i].kind == STEP_FIND)
            s[i].by = by;
    k->type->steps = s;
    if (tags)
        show("t-1", str_c(k->a, str_fmt(k->a, "{\"Id\":\"t-1\",\"Name\":\"a\",\"Size\":1%s}", tags)), 0);
    struct read_ask *q = question("t-1");
    q->sent = sent;
    reader_find(reader, q);
    wait_all();
    return q;
}

#define TAGGED(tags) ",\"Tags\":{" tags "}"

static void test_find_none(void **state)
{
    (void)state;
    for (int by = FIND_TOKEN; by <= FIND_RELATION; by++)
        assert_int_equal(find((enum find_by)by, NULL, true)->answer.found, FIND_NONE);
}

static void test_find_error_is_not_none(void **state)
{
    (void)state;
    refuse(NULL, NULL, 400, "AccessDeniedException");
    for (int by = FIND_TOKEN; by <= FIND_RELATION; by++)
        assert_int_equal(find((enum find_by)by, NULL, true)->answer.found, FIND_ERROR);
}

static void test_find_by_token(void **state)
{
    (void)state;
    struct read_ask *q = find(FIND_TOKEN, TAGGED("\"kc:token\":\"our-token\""), false);
    assert_int_equal(q->answer.found, FIND_OURS);
    assert_str(value_get(q->answer.outs, STR("id"))->s, "t-1");
}

static void test_find_by_tag_shows_anothers(void **state)
{
    (void)state;
    assert_int_equal(find(FIND_TAG, TAGGED("\"kc:token\":\"x\""), false)->answer.found, FIND_ERROR);
}

static void test_find_by_name(void **state)
{
    (void)state;
    assert_int_equal(find(FIND_NAME, TAGGED("\"kc:token\":\"our-token\""), false)->answer.found, FIND_OURS);
    nshown = 0;
    assert_int_equal(find(FIND_NAME, TAGGED("\"kc:lineage\":\"line\",\"kc:addr\":\"a\",\"kc:gen\":\"1\""), false)->answer.found, FIND_OURS);
    nshown = 0;
    assert_int_equal(find(FIND_NAME, TAGGED("\"kc:lineage\":\"other\",\"kc:addr\":\"a\",\"kc:gen\":\"2\""), true)->answer.found, FIND_FOREIGN);
    nshown = 0;
    assert_int_equal(find(FIND_NAME, TAGGED(""), true)->answer.found, FIND_FOREIGN);
}

static void test_find_our_one_of_several(void **state)
{
    (void)state;
    show("t-9", "{\"Id\":\"t-9\",\"Name\":\"a\",\"Tags\":{}}", 0);
    struct read_ask *q = find(FIND_NAME, TAGGED("\"kc:token\":\"our-token\""), false);
    assert_int_equal(q->answer.found, FIND_OURS);
    assert_int_equal(q->answer.nfound, 1);
    assert_str(value_get(q->answer.outs, STR("id"))->s, "t-1");
}

static void test_find_without_marks(void **state)
{
    (void)state;
    k->type->tags = STR_NONE;
    assert_int_equal(find(FIND_NAME, "", false)->answer.found, FIND_FOREIGN);
    nshown = 0;
    assert_int_equal(find(FIND_NAME, "", true)->answer.found, FIND_OURS);
    nshown = 0;
    assert_int_equal(find(FIND_RELATION, "", true)->answer.found, FIND_OURS);
    nshown = 0;
    assert_int_equal(find(FIND_RELATION, "", false)->answer.found, FIND_FOREIGN);
}

static void test_find_relation_that_differs(void **state)
{
    (void)state;
    k->type->tags = STR_NONE;
    show("t-1", "{\"Id\":\"t-1\",\"Name\":\"another\",\"Size\":1}", 0);
    assert_int_equal(find(FIND_RELATION, NULL, true)->answer.found, FIND_FOREIGN);
}

/* ---- lookups ---- */

static void test_lookup(void **state)
{
    (void)state;
    struct rassign *set = ARENA_NEW(k->a, struct rassign);
    struct rstep *s = ARENA_NEW(k->a, struct rstep);
    *set = (struct rassign){ STR("version"), kit_path(k, "reply.Version") };
    *s = (struct rstep){ .kind = STEP_READ, .op = STR("GetGrade"), .send = kit_object(k, "Id", kit_param(k, "thing_name"), NULL), .sets = set, .nsets = 1 };
    k->type->steps = s;
    k->type->nsteps = 1;
    k->type->lookup = true;
    rules[nrules++] = (struct rule){ "GetGrade", NULL, 200, "{\"Version\":\"v7\"}", NET_OK };
    struct read_ask *q = question("t-1");
    q->record = NULL;
    q->outs = NULL;
    reader_ask(reader, q);
    wait_all();
    assert_int_equal(q->answer.state, READ_HERE);
    assert_str(value_get(q->answer.outs, STR("version"))->s, "v7");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_many_share_a_call), TEST(test_two_hundred_a_call), TEST(test_one_of_a_list_is_gone), TEST(test_one_of_a_call_is_gone),
        TEST(test_one_of_a_call_is_odd), TEST(test_errors_are_no_answers), TEST(test_code_that_no_type_lists), TEST(test_further_read),
        TEST(test_part_is_absent), TEST(test_further_read_never_says_gone), TEST(test_old_absence_is_believed), TEST(test_young_absence_is_doubted),
        TEST(test_young_ones_wait_side_by_side), TEST(test_type_says_how_long), TEST(test_clock_set_back_ends), TEST(test_interrupted_at_once),
        TEST(test_anothers), TEST(test_anothers_mark), TEST(test_our_mark_is_ours), TEST(test_name_of_our_next), TEST(test_one_member_cannot_be_read),
        TEST(test_find_none), TEST(test_find_error_is_not_none), TEST(test_find_by_token), TEST(test_find_by_tag_shows_anothers), TEST(test_find_by_name),
        TEST(test_find_our_one_of_several), TEST(test_find_without_marks), TEST(test_find_relation_that_differs), TEST(test_lookup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
