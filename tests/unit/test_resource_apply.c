/* A type applied: requests, replies, readiness, verdicts, identity, tokens. */
#include "kctest.h"
#include "kc/json.h"
#include "plan_kit.h"

static struct kit *k;
static struct resource_fault fault;

static int setup(void **state)
{
    (void)state;
    k = kit_new();
    fault = (struct resource_fault){ 0 };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    kit_free(k);
    return 0;
}

static struct resource_view view(const char *inputs, const char *outs)
{
    return (struct resource_view){ .type = k->type, .inputs = kit_json(k, inputs), .outs = outs ? kit_json(k, outs) : NULL };
}

static const char *text(const struct value *v)
{
    struct buf b = { 0 };
    json_write(&b, v, JSON_CANONICAL, true);
    return str_c(k->a, buf_take(&b, k->a));
}

static const struct value *request(const struct rstep *s, const struct resource_view *v)
{
    return resource_request(k->a, k->models, s, v, &fault);
}

static void test_send(void **state)
{
    (void)state;
    struct resource_view v = view("{\"thing_name\":\"a\",\"size\":3,\"zone\":null}", NULL);
    const struct value *r = request(rtype_step(k->type, STEP_CREATE, 0), &v);
    assert_non_null(r);
    assert_string_equal(text(r), "{\"Size\":3,\"ThingName\":\"a\"}");          /* zone is not written, so not sent */
    v.token = STR("tok");
    assert_string_equal(text(request(rtype_step(k->type, STEP_CREATE, 0), &v)), "{\"ClientToken\":\"tok\",\"Size\":3,\"ThingName\":\"a\"}");
}

static void test_send_unknown(void **state)
{
    (void)state;
    struct resource_view v = view("{\"thing_name\":\"a\"}", NULL);
    v.inputs = value_with(k->a, v.inputs, STR("parent"), kit_ref(k, "net.vpc", "id"));
    assert_null(request(rtype_step(k->type, STEP_CREATE, 0), &v));
    assert_true(str_find(fault.problem, STR("Parent")) != SIZE_MAX);
    assert_true(str_find(fault.problem, STR("net.vpc")) != SIZE_MAX);
    v = view("{}", NULL);                                                      /* an update before the id is known */
    assert_null(request(rtype_step(k->type, STEP_DELETE, 0), &v));
}

static void test_send_by_name(void **state)
{
    (void)state;
    struct rstep create = { .kind = STEP_CREATE, .op = STR("CreateThing") };
    struct rstep del = { .kind = STEP_DELETE, .op = STR("DeleteThing") };
    struct resource_view v = view("{\"thing_name\":\"a\",\"size\":1,\"tags\":{\"x\":\"1\"}}", "{\"id\":\"thing-1\"}");
    v.owner_tags = kit_json(k, "{\"kc:gen\":\"1\"}");
    v.token = STR("t");
    struct rfield *f = (struct rfield *)(uintptr_t)rtype_field(k->type, STR("seed"));
    f->wire = STR("Options.Colour");
    v.inputs = value_with(k->a, v.inputs, STR("seed"), value_str(k->a, STR("red")));
    assert_string_equal(text(request(&create, &v)),
                        "{\"ClientToken\":\"t\",\"Options\":{\"Colour\":\"red\"},\"Size\":1,"
                        "\"Tags\":[{\"Key\":\"x\",\"Value\":\"1\"},{\"Key\":\"kc:gen\",\"Value\":\"1\"}],\"ThingName\":\"a\"}");
    assert_string_equal(text(request(&del, &v)), "{\"Id\":\"thing-1\"}");
    v.inputs = value_with(k->a, v.inputs, STR("password"), value_str(k->a, STR("x")));
    assert_null(request(&create, &v));                                         /* no such member, and no update writes it */
    assert_true(str_find(fault.problem, STR("password")) != SIZE_MAX);
}

static void test_operation_names(void **state)
{
    (void)state;
    struct rstep s = { .op = STR("iam:GetRole") };
    assert_str(resource_service(k->type, &s), "iam");
    assert_str(resource_operation(&s), "GetRole");
    s.op = STR("CreateThing");
    assert_str(resource_service(k->type, &s), "toy");
}

static void test_repeated(void **state)
{
    (void)state;
    const struct value **r;
    struct rstep s = *rtype_step(k->type, STEP_DELETE, 0);
    struct resource_view v = view("{\"list\":[\"x\",\"y\"],\"on\":false}", NULL);
    s.over = kit_param(k, "list");
    s.send = kit_object(k, "Id", kit_param(k, "each"), NULL);
    assert_int_equal(resource_requests(k->a, k->models, &s, &v, &r, &fault), 2);
    assert_string_equal(text(r[1]), "{\"Id\":\"y\"}");
    s.when = kit_param(k, "on");
    assert_int_equal(resource_requests(k->a, k->models, &s, &v, &r, &fault), 0);
    assert_int_equal(fault.problem.n, 0);
}

static void test_nothing_to_tag(void **state)
{
    (void)state;
    const struct value **r;
    struct resource_view v = view("{}", "{\"id\":\"thing-1\"}");
    v.tags_set = kit_json(k, "{}");
    v.tags_gone = kit_json(k, "[\"a\"]");
    assert_int_equal(resource_requests(k->a, k->models, rtype_step(k->type, STEP_UPDATE, 1), &v, &r, &fault), 0);
    assert_int_equal(resource_requests(k->a, k->models, rtype_step(k->type, STEP_UPDATE, 2), &v, &r, &fault), 1);
}

static void test_items(void **state)
{
    (void)state;
    struct resource_item *items;
    struct resource_view v = { .type = k->type, .reply = kit_json(k, "{\"Things\":[{\"Id\":\"t1\",\"Name\":\"a\",\"Size\":\"7\"},{\"Id\":\"t2\"}]}") };
    assert_int_equal(resource_items(k->a, rtype_step(k->type, STEP_READ, 0), &v, &items, &fault), 2);
    assert_str(resource_key(k->a, items[0].identity), "t1");
    assert_int_equal(value_get(items[0].fields, STR("size"))->i, 7);           /* read as declared */
    assert_str(value_get(items[0].fields, STR("id"))->s, "t1");
    assert_str(value_at(items[1].fields, "live.Id")->s, "t2");
    assert_int_equal(value_get(items[1].fields, STR("thing_name"))->kind, VALUE_NONE);
    v.reply = kit_json(k, "{}");                                              /* no list: this is no answer */
    assert_int_equal(resource_items(k->a, rtype_step(k->type, STEP_READ, 0), &v, &items, &fault), 0);
    assert_true(fault.problem.n > 0 && fault.unbelieved);
    v.reply = kit_json(k, "{\"Things\":[]}");
    assert_int_equal(resource_items(k->a, rtype_step(k->type, STEP_READ, 0), &v, &items, &fault), 0);
    assert_int_equal(fault.problem.n, 0);
    v.reply = kit_json(k, "{\"Things\":\"oops\"}");
    assert_int_equal(resource_items(k->a, rtype_step(k->type, STEP_READ, 0), &v, &items, &fault), 0);
    assert_true(fault.problem.n > 0);
}

static void test_find(void **state)
{
    (void)state;                                                               /* a find without key and sets reads as the read does */
    struct resource_item *items;
    struct resource_view v = view("{\"thing_name\":\"a\"}", NULL);
    v.reply = kit_json(k, "{\"Things\":[{\"Id\":\"t1\",\"Name\":\"a\"}]}");
    assert_int_equal(resource_items(k->a, rtype_step(k->type, STEP_FIND, 0), &v, &items, &fault), 1);
    assert_str(resource_key(k->a, items[0].identity), "t1");
    assert_str(value_get(items[0].fields, STR("thing_name"))->s, "a");
}

static void test_found(void **state)
{
    (void)state;
    struct resource_view v = view("{}", "{\"id\":\"t2\"}");
    v.reply = kit_json(k, "{\"Things\":[{\"Id\":\"t1\"},{\"Id\":\"t2\",\"Size\":2}]}");
    const struct value *x = resource_found(k->a, rtype_step(k->type, STEP_READ, 0), &v, &fault);
    assert_int_equal(value_get(x, STR("size"))->i, 2);
    v.outs = kit_json(k, "{\"id\":\"t3\"}");
    assert_int_equal(resource_found(k->a, rtype_step(k->type, STEP_READ, 0), &v, &fault)->kind, VALUE_NONE);
}

static void test_bad_reply(void **state)
{
    (void)state;
    struct resource_view v = view("{}", "{\"id\":\"t1\"}");
    v.reply = kit_json(k, "{\"Things\":[{\"Id\":\"t1\",\"Size\":\"many\"}]}");
    const struct value *x = resource_found(k->a, rtype_step(k->type, STEP_READ, 0), &v, &fault);
    assert_int_equal(fault.problem.n, 0);                                      /* the rest was read */
    assert_int_equal(fault.nmembers, 1);
    assert_str(fault.members[0].field, "size");
    assert_true(str_find(fault.members[0].problem, STR("\"many\"")) != SIZE_MAX);
    assert_null(value_get(x, STR("size")));
    struct resource_change *c;
    assert_int_equal(resource_diff(k->a, NULL, k->type, kit_json(k, "{\"size\":2}"), kit_json(k, "{\"size\":2}"), x, NULL, 0, &c), 1);
    assert_true(c[0].unread && !c[0].replace);
    assert_str(c[0].old->s, "many");
    k->type->steps = (struct rstep[]){ *rtype_step(k->type, STEP_READ, 0) };
    k->type->nsteps = 1;                                                       /* no step writes it: nothing to plan */
    assert_int_equal(resource_diff(k->a, NULL, k->type, kit_json(k, "{\"size\":2}"), kit_json(k, "{\"size\":2}"), x, NULL, 0, &c), 0);
    v.reply = kit_json(k, "{\"Things\":[{\"Id\":\"other\",\"Size\":\"many\"},{\"Id\":\"t1\",\"Size\":\"2\"}]}");
    fault = (struct resource_fault){ 0 };
    assert_non_null(resource_found(k->a, rtype_step(k->type, STEP_READ, 0), &v, &fault));   /* somebody else's oddity is not ours */
}

static void test_documents(void **state)
{
    (void)state;
    ((struct rfield *)(uintptr_t)rtype_field(k->type, STR("zone")))->type = type_optional(k->a, &type_document);
    struct resource_view v = view("{}", "{\"id\":\"t1\"}");
    const struct rstep *s = rtype_step(k->type, STEP_READ, 0);
    v.reply = kit_json(k, "{\"Things\":[{\"Id\":\"t1\",\"Zone\":\"{ \\\"a\\\": 1 }\"}]}");
    assert_str(value_get(resource_found(k->a, s, &v, &fault), STR("zone"))->s, "{\"a\":1}");
    v.reply = kit_json(k, "{\"Things\":[{\"Id\":\"t1\",\"Zone\":\"\"}]}");
    assert_int_equal(value_get(resource_found(k->a, s, &v, &fault), STR("zone"))->kind, VALUE_NONE);
    v.reply = kit_json(k, "{\"Things\":[{\"Id\":\"t1\",\"Zone\":\"a: 1\"}]}");         /* YAML, put there by hand */
    assert_str(value_get(resource_found(k->a, s, &v, &fault), STR("zone"))->s, "a: 1");
}

static void test_relation(void **state)
{
    (void)state;
    struct rfield *f = (struct rfield *)(uintptr_t)k->type->fields;
    ((struct rout *)(uintptr_t)k->type->outs)[0].identity = false;
    f[0].identity = f[1].identity = true;
    const struct value *id = resource_identity(k->a, k->type, kit_json(k, "{\"thing_name\":\"a\",\"zone\":\"z\"}"), NULL);
    assert_string_equal(text(id), "{\"thing_name\":\"a\",\"zone\":\"z\"}");
    assert_null(resource_identity(k->a, k->type, kit_json(k, "{\"thing_name\":\"a\",\"zone\":null}"), NULL));
    assert_str(resource_name(k->a, k->type, kit_json(k, "{\"thing_name\":\"a\",\"zone\":\"z\"}"), NULL), "a/z");
}

static void test_ready(void **state)
{
    (void)state;
    struct str why;
    struct resource_view v = view("{}", NULL);
    assert_int_equal(resource_ready(k->a, &v, &why), READY);
    k->type->until = kit_path(k, "live.Done");
    k->type->failed = kit_path(k, "live.Broken");
    k->type->why = kit_path(k, "live.Why");
    v.live = kit_json(k, "{\"Done\":true}");
    assert_int_equal(resource_ready(k->a, &v, &why), READY);
    v.live = kit_json(k, "{}");                                                /* absent is not yet */
    assert_int_equal(resource_ready(k->a, &v, &why), READY_NOT_YET);
    v.live = NULL;
    assert_int_equal(resource_ready(k->a, &v, &why), READY_NOT_YET);
    v.live = kit_json(k, "{\"Done\":true,\"Broken\":true,\"Why\":\"no capacity\"}");
    assert_int_equal(resource_ready(k->a, &v, &why), READY_FAILED);
    assert_str(why, "no capacity");
    k->type->unhealthy = kit_path(k, "live.Ill");
    k->type->leaving = kit_path(k, "live.Leaving");
    v.live = kit_json(k, "{\"Ill\":true,\"Why\":\"a node is lost\"}");       /* not well is neither failed nor gone */
    assert_int_equal(resource_ready(k->a, &v, &why), READY_UNHEALTHY);
    assert_str(why, "a node is lost");
    v.live = kit_json(k, "{\"Done\":true,\"Broken\":true,\"Leaving\":true}");
    assert_int_equal(resource_ready(k->a, &v, &why), READY_LEAVING);
}

static void test_verdicts(void **state)
{
    (void)state;
    static const struct str gone[] = { { "Mine.Gone", 9 }, { "Both", 4 } }, busy[] = { { "Mine.Busy", 9 } }, again[] = { { "Again", 5 } };
    static const struct rsettle settling[] = { { { "Parent.NotFound", 15 }, { "parent", 6 } }, { { "Both", 4 }, { "parent", 6 } } };
    k->type->gone = gone, k->type->ngone = 2;
    k->type->busy = busy, k->type->nbusy = 1;
    k->type->retry = again, k->type->nretry = 1;
    k->type->settling = settling, k->type->nsettling = 2;
    const struct { enum answer_class c; const char *code; enum verdict v; const char *field; } rows[] = {
        { ANSWER_OK, "", VERDICT_OK, "" },
        { ANSWER_REFUSED, "Mine.Gone", VERDICT_GONE, "" },
        { ANSWER_REFUSED, "Mine.Busy", VERDICT_BUSY, "" },
        { ANSWER_REFUSED, "Again", VERDICT_AGAIN, "" },
        { ANSWER_REFUSED, "Parent.NotFound", VERDICT_SETTLING, "parent" },
        { ANSWER_REFUSED, "Both", VERDICT_GONE, "parent" },
        { ANSWER_REFUSED, "InvalidThingID.NotFound", VERDICT_FAILED, "" },        /* nothing is read out of a spelling */
        { ANSWER_REFUSED, "NoSuchEntity", VERDICT_FAILED, "" },
        { ANSWER_REFUSED, "EntityAlreadyExists", VERDICT_FAILED, "" },
        { ANSWER_REFUSED, "DependencyViolation", VERDICT_FAILED, "" },
        { ANSWER_REFUSED, "HTTP 404", VERDICT_FAILED, "" },
        { ANSWER_REFUSED, "ValidationError", VERDICT_FAILED, "" },
        { ANSWER_DENIED, "AccessDenied", VERDICT_FAILED, "" },
        { ANSWER_UNKNOWN, "", VERDICT_UNKNOWN, "" },
        { ANSWER_THROTTLED, "", VERDICT_THROTTLED, "" },
        { ANSWER_CREDENTIALS, "", VERDICT_CREDENTIALS, "" },
        { ANSWER_NOT_SENT, "", VERDICT_FAILED, "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer r = { .class = rows[i].c, .error = { .code = str_of(rows[i].code), .request_id = STR("r-1") } };
        struct str field;
        if (resource_verdict(k->type, NULL, &r, &field) != rows[i].v || !str_is(field, rows[i].field))
            fail_msg("row %zu: %s", i, rows[i].code);
    }
}

static enum verdict verdict_of(enum rstep_kind kind, struct rstep s, const char *code, const char *message, const char *id)
{
    struct answer r = { .class = ANSWER_REFUSED, .error = { .code = str_of(code), .message = str_of(message), .request_id = str_of(id) } };
    struct str field;
    s.kind = kind;
    return resource_verdict(k->type, &s, &r, &field);
}

static void test_codes(void **state)
{
    (void)state;
    static const struct str gone[] = { { "ValidationError: *not found*", 28 } }, taken[] = { { "InUse", 5 } }, step[] = { { "Mine", 4 } };
    k->type->gone = gone, k->type->ngone = 1;
    k->type->busy = taken, k->type->nbusy = 1;
    k->type->exists = taken, k->type->nexists = 1;
    struct rstep none = { 0 }, own = { .busy = { step, 1 }, .gone = { taken, 1 } };
    /* one code, two meanings: the text tells them apart */
    assert_int_equal(verdict_of(STEP_READ, none, "ValidationError", "thing a is not found here", "r"), VERDICT_GONE);
    assert_int_equal(verdict_of(STEP_READ, none, "ValidationError", "size is too large", "r"), VERDICT_FAILED);
    /* a page that AWS did not write is no proof */
    assert_int_equal(verdict_of(STEP_READ, none, "ValidationError", "not found", ""), VERDICT_FAILED);
    /* there already: only for what makes it */
    assert_int_equal(verdict_of(STEP_CREATE, none, "InUse", "", "r"), VERDICT_EXISTS);
    assert_int_equal(verdict_of(STEP_UPDATE, none, "InUse", "", "r"), VERDICT_BUSY);
    assert_int_equal(verdict_of(STEP_DELETE, none, "InUse", "", "r"), VERDICT_BUSY);
    /* the step's own codes go first */
    assert_int_equal(verdict_of(STEP_UPDATE, own, "Mine", "", "r"), VERDICT_BUSY);
    assert_int_equal(verdict_of(STEP_DELETE, own, "InUse", "", "r"), VERDICT_GONE);
    struct answer r = { .class = ANSWER_REFUSED, .error = { .code = STR("Mine"), .request_id = STR("r") } };
    assert_false(resource_absent(&own, &r));
    own.absent = own.busy;
    assert_true(resource_absent(&own, &r));
    r.error.request_id = STR("");
    assert_false(resource_absent(&own, &r));
}

/* A read of one object: reply.Thing, named by its Id. */
static const struct value *alone(const char *reply, bool key, const struct term *live, struct resource_fault *f)
{
    static struct rassign sets[1];
    static struct rstep read;
    sets[0] = (struct rassign){ STR("live"), live };
    read = (struct rstep){ .kind = STEP_READ, .op = STR("GetThing"), .sets = sets, .nsets = 1, .key = key ? kit_path(k, "reply.Thing.Id") : NULL };
    k->type->steps = &read, k->type->nsteps = 1;
    struct resource_view v = view("{}", "{\"id\":\"t1\"}");
    v.reply = kit_json(k, reply);
    return resource_found(k->a, &read, &v, f);
}

static void test_belief(void **state)
{
    (void)state;
    const struct term *thing = kit_path(k, "reply.Thing"), *things = kit_path(k, "reply.Things");
    struct term *first = term_new(k->a, TERM_CALL, &things, 1, &type_any, SPAN_NONE);
    first->name = STR("first");
    struct term *maybe = term_new(k->a, TERM_FIELD, &thing, 1, &type_any, SPAN_NONE);
    maybe->name = STR("Part"), maybe->path = STR("?");
    assert_str(value_at(alone("{\"Thing\":{\"Id\":\"t1\"}}", true, thing, &fault), "live.Id")->s, "t1");
    assert_null(alone("{}", true, thing, &fault));                             /* lacks what it must have: no answer */
    assert_true(fault.unbelieved && str_find(fault.problem, STR("reply.Thing")) != SIZE_MAX);
    assert_null(alone("{\"Thing\":{\"Id\":\"t2\"}}", true, thing, &fault));    /* answers another question */
    assert_true(fault.unbelieved && str_find(fault.problem, STR("t2")) != SIZE_MAX);
    ((struct rstep *)(uintptr_t)k->type->steps)->key = kit_path(k, "live.Id");     /* what the step itself calls `live` */
    assert_non_null(resource_found(k->a, k->type->steps, &(struct resource_view){ .type = k->type, .outs = kit_json(k, "{\"id\":\"t2\"}"), .reply = kit_json(k, "{\"Thing\":{\"Id\":\"t2\"}}") }, &fault));
    assert_non_null(alone("{\"Thing\":{\"Id\":\"t2\"}}", false, thing, &fault));
    assert_int_equal(alone("{\"Things\":[]}", false, first, &fault)->kind, VALUE_NONE);   /* a list, and it is not in there: gone */
    assert_null(alone("{}", false, first, &fault));
    assert_true(fault.unbelieved);
    assert_int_equal(alone("{}", false, maybe, &fault)->kind, VALUE_NONE);     /* `?.`: AWS may leave it out */
}

static void test_made_without_id(void **state)
{
    (void)state;
    struct resource_view v = view("{\"thing_name\":\"a\"}", NULL);
    v.reply = kit_json(k, "{\"Thing\":{}}");
    assert_null(resource_absorb(k->a, rtype_step(k->type, STEP_CREATE, 0), &v, &fault));
    assert_true(fault.unbelieved);                                             /* an unknown outcome, not an object without a name */
}

static void test_following_out(void **state)
{
    (void)state;
    struct rout *outs = ARENA_ARRAY(k->a, struct rout, k->type->nouts + 1);
    const struct term *parts[] = { term_const(k->a, value_string(k->a, STR("arn:"))), kit_param(k, "account"), term_const(k->a, value_string(k->a, STR(":"))), kit_param(k, "thing_name") };
    memcpy(outs, k->type->outs, k->type->nouts * sizeof *outs);
    outs[k->type->nouts] = (struct rout){ .name = STR("arn"), .type = &type_string, .value = term_new(k->a, TERM_JOIN, parts, 4, &type_string, SPAN_NONE) };
    k->type->outs = outs, k->type->nouts++;
    struct resource_view v = view("{\"thing_name\":\"a\"}", NULL);
    const struct rout *arn = &outs[k->type->nouts - 1];
    assert_null(resource_out_value(k->a, &v, arn, &fault));                    /* the account is not known yet */
    v.principal = &(struct principal){ .account = STR("111122223333") };
    assert_str(resource_out_value(k->a, &v, arn, &fault)->s, "arn:111122223333:a");
    v.reply = kit_json(k, "{\"Thing\":{\"Id\":\"t1\"}}");
    assert_str(value_get(resource_absorb(k->a, rtype_step(k->type, STEP_CREATE, 0), &v, &fault), STR("arn"))->s, "arn:111122223333:a");
    struct rassign sets[] = { { STR("id"), kit_path(k, "reply.Thing.Id") }, { STR("arn"), kit_path(k, "reply.Thing.Arn") } };
    struct rstep create = { .kind = STEP_CREATE, .op = STR("CreateThing"), .sets = sets, .nsets = 2 };
    v.reply = kit_json(k, "{\"Thing\":{\"Id\":\"t1\",\"Arn\":\"arn:else\"}}");
    assert_null(resource_absorb(k->a, &create, &v, &fault));
    assert_true(str_find(fault.problem, STR("arn:else")) != SIZE_MAX && !fault.unbelieved);
}

static void test_relations(void **state)
{
    (void)state;
    static struct rparent parent;
    static struct radjust adjust;
    static struct rchain chain;
    const struct term *steps[] = { kit_param(k, "now"), kit_param(k, "size") };
    parent = (struct rparent){ STR("toy.Parent"), kit_object(k, "name", kit_param(k, "thing_name"), NULL), SPAN_NONE };
    adjust = (struct radjust){ STR("zone"), kit_param(k, "id"), SPAN_NONE };
    chain = (struct rchain){ .field = STR("size"), .steps = term_new(k->a, TERM_LIST, steps, 2, &type_any, SPAN_NONE), .note = kit_param(k, "was") };
    k->type->parents = &parent, k->type->nparents = 1;
    k->type->adjusts = &adjust, k->type->nadjusts = 1;
    k->type->chains = &chain, k->type->nchains = 1;
    k->type->uid = kit_path(k, "live.Uid");
    struct resource_view v = view("{\"thing_name\":\"a\",\"size\":3}", "{\"id\":\"z9\"}");
    assert_str(resource_parent_key(k->a, k->type, 0, v.inputs), "a");
    assert_int_equal(resource_parent_key(k->a, k->type, 0, kit_json(k, "{}")).n, 0);
    assert_str(value_get(resource_adjust(k->a, k->type, v.inputs, v.outs, &fault), STR("zone"))->s, "z9");
    assert_int_equal(resource_uid(k->a, &v).n, 0);
    v.live = kit_json(k, "{\"Uid\":\"AROA1\"}");
    assert_str(resource_uid(k->a, &v), "AROA1");
    struct resource_way way;
    v.now = value_int(k->a, 2);
    assert_true(resource_chain(k->a, &v, &chain, &way, &fault));
    assert_int_equal(way.n, 2);
    assert_int_equal(way.steps[1]->i, 3);
    assert_int_equal(way.note.n, 0);
    chain.refuse = kit_path(k, "live.Uid");
    assert_true(resource_chain(k->a, &v, &chain, &way, &fault));
    assert_str(way.refusal, "AROA1");
    struct version x = { 1, 29, -1 }, y = { 1, 32, -1 };
    assert_int_equal(resource_minors(value_version(k->a, x), value_version(k->a, y)), 3);
}

static void test_holders(void **state)
{
    (void)state;
    struct resource_element *h;
    struct rstep s = { .kind = STEP_HOLDER, .op = STR("List"), .each = kit_path(k, "reply.Names"), .name = kit_param(k, "it"), .key = kit_object(k, "parent", kit_param(k, "id"), "name", kit_param(k, "it"), NULL) };
    struct resource_view v = view("{}", "{\"id\":\"t1\"}");
    v.reply = kit_json(k, "{\"Names\":[\"b\"]}");
    assert_int_equal(resource_inside(k->a, &s, &v, &h, &fault), 1);
    assert_str(h[0].name, "b");
    assert_str(h[0].key, "{\"name\":\"b\",\"parent\":\"t1\"}");
    v.reply = kit_json(k, "{}");                                              /* no answer is not "nobody" */
    assert_int_equal(resource_inside(k->a, &s, &v, &h, &fault), 0);
    assert_true(fault.unbelieved);
}

static void test_token(void **state)
{
    (void)state;
    struct str t = resource_token(k->a, STR("l"), STR("s"), STR("a.b"), 1, STR("create"), STR("create"));
    assert_int_equal(t.n, 52);
    assert_true(str_eq(t, resource_token(k->a, STR("l"), STR("s"), STR("a.b"), 1, STR("create"), STR("create"))));
    assert_false(str_eq(t, resource_token(k->a, STR("l"), STR("s"), STR("a.b"), 2, STR("create"), STR("create"))));
    assert_false(str_eq(t, resource_token(k->a, STR("l"), STR("s2"), STR("a.b"), 1, STR("create"), STR("create"))));
    assert_false(str_eq(t, resource_token(k->a, STR("l"), STR("s"), STR("a.c"), 1, STR("create"), STR("create"))));
    assert_false(str_eq(t, resource_token(k->a, STR("l"), STR("s"), STR("a.b"), 1, STR("tags"), STR("create"))));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_send),     TEST(test_send_unknown), TEST(test_send_by_name), TEST(test_operation_names), TEST(test_repeated),
        TEST(test_nothing_to_tag), TEST(test_items),  TEST(test_find),         TEST(test_found),           TEST(test_bad_reply),
        TEST(test_documents), TEST(test_relation), TEST(test_ready),        TEST(test_verdicts),     TEST(test_token),
        TEST(test_codes), TEST(test_belief), TEST(test_made_without_id), TEST(test_following_out), TEST(test_relations),
        TEST(test_holders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
