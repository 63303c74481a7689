/* plan_kit.c - see plan_kit.h. */
#include "kctest.h"
#include "kc/json.h"
#include "kc/map.h"
#include "plan_kit.h"
#include <stdlib.h>

static const char model[] =
    "service toy protocol json-1.1 api 2020-01-01 endpoint ec2 sign toy id \"Toy\" target Toy\n"
    "op CreateThing in CreateThingRequest out CreateThingResponse\n"
    "op DeleteThing in ThingId\n"
    "op DescribeThings in DescribeThingsRequest out DescribeThingsResponse\n"
    "op GetGrade in ThingId out GetGradeResponse\n"
    "op TagThing in TagThingRequest\n"
    "op UntagThing in UntagThingRequest\n"
    "op UpdateThing in UpdateThingRequest out CreateThingResponse\n"
    "enum Grade LOW HIGH\n"
    "struct CreateThingRequest\n"
    "  ThingName! string\n"
    "  Zone string\n"
    "  Size int\n"
    "  Parent string\n"
    "  Grade Grade\n"
    "  Options Options\n"
    "  Tags [Tag]\n"
    "  ClientToken string token\n"
    "struct CreateThingResponse\n"
    "  Thing Thing\n"
    "struct DescribeThingsRequest\n"
    "  Ids [string]\n"
    "struct DescribeThingsResponse\n"
    "  Things [Thing]\n"
    "struct GetGradeResponse\n"
    "  Grade string\n"
    "  Version string\n"
    "struct Options\n"
    "  HighSpeed bool\n"
    "  Colour string\n"
    "struct Tag\n"
    "  Key string\n"
    "  Value string\n"
    "struct TagThingRequest\n"
    "  Id! string\n"
    "  Tags [Tag]\n"
    "struct Thing\n"
    "  Id string\n"
    "  Name string\n"
    "  Zone string\n"
    "  Size int\n"
    "  Parent string\n"
    "  State string\n"
    "  Tags {string: string}\n"
    "struct ThingId\n"
    "  Id! string\n"
    "struct UntagThingRequest\n"
    "  Id! string\n"
    "  Keys [string]\n"
    "struct UpdateThingRequest\n"
    "  Id! string\n"
    "  Size int\n"
    "  Grade Grade\n";

static bool source(void *user, struct str service, struct str *text)
{
    (void)user;
    *text = str_of(model);
    return str_is(service, "toy");
}

/* ---- terms and values ---- */

const struct term *kit_param(struct kit *k, const char *name)
{
    return term_param(k->a, str_of(name), &type_any, SPAN_NONE);
}

static struct term *blank(struct kit *k, enum term_kind kind, size_t n)
{
    struct term *t = ARENA_NEW(k->a, struct term);
    t->kind = kind;
    t->type = &type_any;
    t->args = arena_array(k->a, n ? n : 1, sizeof *t->args);
    t->nargs = n;
    return t;
}

static void set_arg(struct term *t, size_t i, const struct term *x)
{
    ((const struct term **)(uintptr_t)t->args)[i] = x;
}

const struct term *kit_path(struct kit *k, const char *dotted)
{
    struct str rest = str_of(dotted), part;
    str_cut(&rest, '.', &part);
    const struct term *t = term_param(k->a, str_dup(k->a, part), &type_any, SPAN_NONE);
    while (str_cut(&rest, '.', &part)) {
        struct term *f = blank(k, TERM_FIELD, 1);
        f->name = str_dup(k->a, part);
        set_arg(f, 0, t);
        t = f;
    }
    return t;
}

const struct term *kit_object(struct kit *k, const char *key, ...)
{
    const char *keys[16];
    const struct term *args[16];
    size_t n = 0;
    va_list ap;
    va_start(ap, key);
    for (; key && n < 16; key = va_arg(ap, const char *)) {
        keys[n] = key;
        args[n++] = va_arg(ap, const struct term *);
    }
    va_end(ap);
    struct term *t = blank(k, TERM_OBJECT, n);
    struct str *names = ARENA_ARRAY(k->a, struct str, n);
    for (size_t i = 0; i < n; i++) {
        names[i] = str_of(keys[i]);
        set_arg(t, i, args[i]);
    }
    t->keys = names;
    return t;
}

const struct term *kit_list(struct kit *k, const struct term *x)
{
    struct term *t = blank(k, TERM_LIST, 1);
    set_arg(t, 0, x);
    return t;
}

const struct value *kit_json(struct kit *k, const char *json)
{
    struct str why = STR_NONE;
    const struct value *v = json_read(k->a, str_of(json), JSON_TYPED, &why);
    if (!v)
        fail_msg("%s: %.*s", json, STR_ARG(why));
    return v;
}

const struct value *kit_ref(struct kit *k, const char *addr, const char *path)
{
    return value_unknown(k->a, term_ref(k->a, str_of(addr), str_of(path), &type_string, SPAN_NONE), &type_string, PHASE_APPLY);
}

/* ---- the type ---- */

static struct rfield field(const char *name, const struct type *t)
{
    return (struct rfield){ .name = str_of(name), .type = t };
}

static void fields(struct kit *k)
{
    const struct type *opt = type_optional(k->a, &type_string), *map = type_map(k->a, &type_string);
    struct rfield *f = ARENA_ARRAY(k->a, struct rfield, 9);
    size_t n = 0;
    f[n] = field("thing_name", &type_string);
    f[n++].replace = true;
    f[n] = field("zone", opt);
    f[n++].replace = true;
    f[n] = field("parent", opt);
    f[n++].replace = true;
    f[n++] = field("size", type_optional(k->a, &type_int));
    f[n] = field("grade", opt);
    f[n++].disruptive = true;
    f[n] = field("seed", opt);
    f[n++].initial = true;
    f[n] = field("password", opt);
    f[n++].write_only = true;
    f[n] = field("tags", map);
    f[n++].owned_keys = true;
    k->type->fields = f;
    k->type->nfields = n;
}

static const struct rassign *sets(struct kit *k, const char *base, size_t *n)
{
    static const char *const names[][2] = { { "thing_name", "Name" }, { "zone", "Zone" }, { "parent", "Parent" }, { "size", "Size" }, { "tags", "Tags" } };
    struct rassign *s = ARENA_ARRAY(k->a, struct rassign, 6);
    for (*n = 0; *n < 5; (*n)++)
        s[*n] = (struct rassign){ str_of(names[*n][0]), kit_path(k, str_c(k->a, str_fmt(k->a, "%s.%s", base, names[*n][1]))) };
    s[(*n)++] = (struct rassign){ STR("live"), kit_path(k, base) };
    return s;
}

static const struct str *names(struct kit *k, const char *x, const char *y)
{
    struct str *s = ARENA_ARRAY(k->a, struct str, 2);
    s[0] = str_of(x);
    s[1] = str_of(y);
    return s;
}

static void steps(struct kit *k)
{
    struct rstep *s = ARENA_ARRAY(k->a, struct rstep, 8);
    struct rassign *id = ARENA_NEW(k->a, struct rassign);
    size_t n = 0;
    *id = (struct rassign){ STR("id"), kit_path(k, "reply.Thing.Id") };
    s[n++] = (struct rstep){ .kind = STEP_CREATE, .op = STR("CreateThing"), .sets = id, .nsets = 1,
                             .send = kit_object(k, "ThingName", kit_param(k, "thing_name"), "Zone", kit_param(k, "zone"), "Size",
                                                kit_param(k, "size"), "Parent", kit_param(k, "parent"), NULL) };
    s[n] = (struct rstep){ .kind = STEP_READ, .op = STR("DescribeThings"), .send = kit_object(k, "Ids", kit_param(k, "ids"), NULL),
                           .each = kit_path(k, "reply.Things"), .key = kit_path(k, "it.Id"), .many = true };
    s[n].sets = sets(k, "it", &s[n].nsets);
    n++;
    s[n++] = (struct rstep){ .kind = STEP_FIND, .op = STR("DescribeThings"), .by = FIND_TOKEN, .each = kit_path(k, "reply.Things"),
                             .send = kit_object(k, NULL, NULL) };
    s[n++] = (struct rstep){ .kind = STEP_UPDATE, .op = STR("UpdateThing"), .on = names(k, "size", "grade"), .non = 2,
                             .send = kit_object(k, "Id", kit_param(k, "id"), "Size", kit_param(k, "size"), "Grade", kit_param(k, "grade"), NULL),
                             .renews = names(k, "version", ""), .nrenews = 1 };
    s[n++] = (struct rstep){ .kind = STEP_UPDATE, .op = STR("TagThing"), .on = names(k, "tags", ""), .non = 1,
                             .send = kit_object(k, "Id", kit_param(k, "id"), "Tags", kit_param(k, "tags_set"), NULL) };
    s[n++] = (struct rstep){ .kind = STEP_UPDATE, .op = STR("UntagThing"), .on = names(k, "tags", ""), .non = 1,
                             .send = kit_object(k, "Id", kit_param(k, "id"), "Keys", kit_param(k, "tags_gone"), NULL) };
    s[n++] = (struct rstep){ .kind = STEP_DELETE, .op = STR("DeleteThing"), .send = kit_object(k, "Id", kit_param(k, "id"), NULL) };
    k->type->steps = s;
    k->type->nsteps = n;
}

static void make_type(struct kit *k)
{
    static const struct str name_set[] = { { "thing_name", 10 } };
    static const struct str *const unique[] = { name_set };
    static const size_t one[] = { 1 };
    struct rout *outs = ARENA_ARRAY(k->a, struct rout, 2);
    outs[0] = (struct rout){ .name = STR("id"), .type = &type_string, .identity = true };
    outs[1] = (struct rout){ .name = STR("version"), .type = &type_string };
    k->type = ARENA_NEW(k->a, struct rtype);
    *k->type = (struct rtype){ .name = STR("toy.Thing"), .service = STR("toy"), .outs = outs, .nouts = 2, .unique = unique,
                               .nunique_fields = one, .nunique = 1, .usual_create = 10000, .usual_update = 5000, .usual_delete = 4000,
                               .tags = STR("tags") };
    fields(k);
    steps(k);
}

/* ---- the toy's AWS ---- */

static const struct value *thing_json(struct arena *a, const struct thing *x)
{
    struct pair p[7];
    size_t n = 0;
    p[n++] = (struct pair){ STR("Id"), value_string(a, str_of(x->id)) };
    p[n++] = (struct pair){ STR("Name"), value_string(a, str_of(x->name)) };
    p[n++] = (struct pair){ STR("Size"), value_int(a, x->size) };
    if (x->zone[0])
        p[n++] = (struct pair){ STR("Zone"), value_string(a, str_of(x->zone)) };
    if (x->parent[0])
        p[n++] = (struct pair){ STR("Parent"), value_string(a, str_of(x->parent)) };
    if (x->state[0])
        p[n++] = (struct pair){ STR("State"), value_string(a, str_of(x->state)) };
    if (x->tags)
        p[n++] = (struct pair){ STR("Tags"), x->tags };
    return value_object(a, p, n);
}


static void answer(void *user, const struct http_request *rq, struct arena *a, struct http_reply *out)
{
    struct kit *k = user;
    struct str why;
    *out = (struct http_reply){ .status = NET_OK, .code = 200 };
    test_answer_id(out);
    if (k->refuse && (!k->refuse_id || str_find(rq->body, str_of(k->refuse_id)) != SIZE_MAX)) {
        out->code = 400;
        out->body = str_fmt(a, "{\"__type\":\"%s\",\"message\":\"no\"}", k->refuse);
        return;
    }
    const struct value *body = json_read(a, rq->body, 0, &why), *ids = body ? value_get(body, STR("Ids")) : NULL;
    const struct value **list = ARENA_ARRAY(a, const struct value *, k->nthings);
    size_t n = 0;
    struct map seen = { 0 };
    for (size_t i = 0; ids && i < ids->list.n; i++)
        map_put(&seen, ids->list.v[i]->s, k);
    for (size_t i = 0; i < k->nthings; i++)
        if (!k->things[i].hidden && map_has(&seen, str_of(k->things[i].id)))
            list[n++] = thing_json(a, &k->things[i]);
    map_fini(&seen);
    struct pair p = { STR("Things"), value_list(a, list, n) };
    struct buf b = { 0 };
    json_write(&b, value_object(a, &p, 1), 0, true);
    out->body = buf_take(&b, a);
}

struct kit *kit_new(void)
{
    struct kit *k = calloc(1, sizeof *k);
    struct str why = STR_NONE;
    k->t = test_world_new();
    k->w = test_world(k->t);
    k->a = arena_new();
    k->things = calloc(KIT_THINGS, sizeof *k->things);
    k->models = models_new(source, k);
    static const struct credentials keys = { .key = { "AKIDEXAMPLE", 11 }, .secret = { "secret", 6 }, .source = { "test", 4 } };
    k->aws = aws_kit_new(k->w, k->models, k->a, &(struct aws_options){ .region = STR("eu-west-1"), .fixed = &keys, .bare = true });
    diags_init(&k->diags);
    k->graph = graph_new(k->a);
    test_world_answer(k->t, answer, k);
    if (state_open(k->w, store_file(k->w, k->a, STR("/p/.kc/stacks/x")), true, &k->state, k->a, &why) != STATE_OK)
        fail_msg("state: %.*s", STR_ARG(why));
    make_type(k);
    return k;
}

void kit_free(struct kit *k)
{
    state_close(k->state);
    aws_kit_free(&k->aws);
    models_free(k->models);
    diags_fini(&k->diags);
    test_world_free(k->t);
    arena_free(k->a);
    free(k->things);
    free(k);
}

/* ---- graph and state ---- */

static const struct value *full(struct kit *k, const char *json)
{
    const struct value *v = kit_json(k, json);
    for (size_t i = 0; i < k->type->nfields; i++)
        if (!value_get(v, k->type->fields[i].name))
            v = value_with(k->a, v, k->type->fields[i].name, str_is(k->type->fields[i].name, "tags") ? &value_empty_object : &value_none);
    return v;
}

struct node *kit_node(struct kit *k, const char *addr, const char *json)
{
    struct node *n = graph_add(k->graph, NODE_RESOURCE, str_of(addr), SPAN_NONE);
    n->provider = &at_home;
    n->type = k->type;
    n->inputs = full(k, json);
    return n;
}

void kit_set(struct kit *k, struct node *n, const char *field_name, const struct value *v)
{
    n->inputs = value_with(k->a, n->inputs, str_of(field_name), v);
}

static void copy(char *out, size_t cap, const struct value *v)
{
    size_t n = v && v->kind == VALUE_STRING ? v->s.n : 0;
    if (n >= cap)
        n = cap - 1;
    if (n)
        memcpy(out, v->s.s, n);
    out[n] = 0;
}

static struct record *had(struct kit *k, const char *addr, const char *json, const char *dep, uint32_t generation)
{
    struct record *r = ARENA_NEW(k->a, struct record);
    struct thing *x = &k->things[k->nthings++];
    const struct value *in = full(k, json), *size = value_get(in, STR("size"));
    snprintf(x->id, sizeof x->id, "thing-%zu", k->nthings);
    copy(x->name, sizeof x->name, value_get(in, STR("thing_name")));
    copy(x->zone, sizeof x->zone, value_get(in, STR("zone")));
    copy(x->parent, sizeof x->parent, value_get(in, STR("parent")));
    x->size = size->kind == VALUE_INT ? size->i : 0;
    x->tags = value_get(in, STR("tags"));
    *r = (struct record){ .addr = str_of(addr), .type = k->type->name, .generation = generation, .status = STATUS_READY, .inputs = in,
                          .serves = true, .provider = &at_home, .created_ms = 1 };
    r->outs = value_with(k->a, kit_json(k, "{\"version\": \"1\"}"), STR("id"), value_string(k->a, str_of(x->id)));
    if (dep) {
        r->deps = arena_array(k->a, 1, sizeof *r->deps);
        r->deps[0].addr = str_of(dep);
        r->deps[0].kind = EDGE_DATA;
        r->deps[0].generation = 1;
        r->ndeps = 1;
    }
    if (!state_put(k->state, r))
        fail_msg("state: %.*s", STR_ARG(state_problem(k->state)));
    return r;
}

struct record *kit_had(struct kit *k, const char *addr, const char *json, const char *dep)
{
    return had(k, addr, json, dep, 1);
}

struct record *kit_generation(struct kit *k, const char *addr, const char *json, uint32_t generation)
{
    return had(k, addr, json, NULL, generation);
}

const struct value *kit_fresh(struct kit *k, const char *label)
{
    const struct term *args[] = { term_const(k->a, value_string(k->a, str_of(label))) };
    struct term *call = term_new(k->a, TERM_CALL, args, 1, &type_string, SPAN_NONE);
    call->name = STR("fresh");
    return value_unknown(k->a, call, &type_string, PHASE_APPLY);
}

struct record *kit_have(struct kit *k, const char *addr, const char *json)
{
    return kit_had(k, addr, json, NULL);
}

static const struct rtype *find_type(void *user, struct str name)
{
    struct kit *k = user;
    const struct node *q = graph_find(k->graph, STR("q"));
    return str_eq(name, k->type->name) ? k->type : q && str_eq(name, q->type->name) ? q->type : NULL;
}

static struct plan *make(struct kit *k, const struct graph *g, int *exit_code)
{
    struct plan_context c = { .world = k->w, .callers = k->aws.callers, .models = k->models, .state = k->state, .diags = &k->diags, .type = find_type,
                              .user = k, .refresh = !k->trust_state, .destroy = !g };
    struct plan *p = plan_make(&c, k->a, g, exit_code);
    k->exit_code = *exit_code;
    return p;
}

static void show(struct kit *k)
{
    for (size_t i = 0; i < k->diags.n; i++)
        print_error("%s: %.*s\n", diag_name(k->diags.v[i]->code), STR_ARG(k->diags.v[i]->message));
}

struct plan *kit_plan(struct kit *k)
{
    int code = -1;
    if (!graph_finish(k->graph, &k->diags)) {
        show(k);
        fail_msg("the graph is broken");
    }
    struct plan *p = make(k, k->graph, &code);
    if (!p) {
        show(k);
        fail_msg("no plan, exit %d", code);
    }
    assert_int_equal(code, 0);
    return p;
}

struct plan *kit_plan_partial(struct kit *k, enum diag_code code)
{
    int exit_code = -1;
    assert_true(graph_finish(k->graph, &k->diags));
    struct plan *p = make(k, k->graph, &exit_code);
    assert_non_null(p);
    assert_true(p->partial);
    assert_int_equal(exit_code, 1);
    assert_true(k->diags.n > 0);
    assert_int_equal(k->diags.v[0]->code, code);
    return p;
}

struct plan *kit_plan_fails(struct kit *k, enum diag_code code)
{
    int exit_code = -1;
    assert_true(graph_finish(k->graph, &k->diags));
    struct plan *p = make(k, k->graph, &exit_code);
    assert_null(p);
    assert_int_not_equal(exit_code, 0);
    assert_true(k->diags.n > 0);
    if (k->diags.v[0]->code != code) {
        show(k);
        fail_msg("another mistake than expected");
    }
    return p;
}

struct plan *kit_destroy(struct kit *k)
{
    int code = -1;
    struct plan *p = make(k, NULL, &code);
    if (!p) {
        show(k);
        fail_msg("no plan, exit %d", code);
    }
    return p;
}

void kit_destroy_fails(struct kit *k, enum diag_code code)
{
    int exit_code = -1;
    assert_null(make(k, NULL, &exit_code));
    assert_int_not_equal(exit_code, 0);
    assert_true(k->diags.n > 0);
    assert_int_equal(k->diags.v[0]->code, code);
}

const struct plan_item *kit_item(const struct plan *p, const char *addr)
{
    for (size_t i = 0; i < p->nitems; i++)
        if (str_is(p->items[i]->addr, addr))
            return p->items[i];
    fail_msg("no item %s", addr);
    return NULL;
}

const struct plan_op *kit_op(const struct plan *p, const char *addr, enum op_kind kind)
{
    for (size_t i = 0; i < p->nops; i++) {
        const struct plan_op *op = p->ops[i];
        struct str at = op->item ? op->item->addr : op->node->addr;
        if (str_is(at, addr) && op->kind == kind)
            return op;
    }
    fail_msg("no such operation on %s", addr);
    return NULL;
}

bool kit_before(const struct plan *p, const struct plan_op *x, const struct plan_op *y)
{
    for (size_t i = 0; i < y->ndeps; i++)
        if (y->deps[i] == x->index || kit_before(p, x, p->ops[y->deps[i]]))
            return true;
    return false;
}
