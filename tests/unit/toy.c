/* toy.c - see toy.h. */
#include "toy_server.h"
#include "canary.h"
#include "kctest.h"
#include "state_help.h"
#include <stdlib.h>

/* ---- the model ---- */

static const char model[] =
    "service toy protocol json-1.1 api 2020-01-01 endpoint toy sign toy id \"Toy\" target Toy\n"
    "op AttachThing in AttachThingRequest out Nothing\n"
    "op CreateLink in CreateThingRequest out CreateThingResponse\n"
    "op CreateNamed in CreateThingRequest out CreateThingResponse\n"
    "op CreateTagged in CreateThingRequest out CreateThingResponse\n"
    "op CreateTokened in CreateTokenedRequest out CreateThingResponse\n"
    "op DeleteThing in DeleteThingRequest out Nothing\n"
    "op DescribeThings in DescribeThingsRequest out DescribeThingsResponse\n"
    "op UpdateThing in UpdateThingRequest out CreateThingResponse\n"
    "struct AttachThingRequest\n  Id! string\n  Flag! string\n"
    "struct CreateThingRequest\n  Name! string\n  Size int\n  Parent string\n  Tags {string: string}\n"
    "struct CreateThingResponse\n  Id string\n"
    "struct CreateTokenedRequest\n  Name! string\n  Size int\n  Parent string\n  Tags {string: string}\n  ClientToken string token\n"
    "struct DeleteThingRequest\n  Id! string\n"
    "struct DescribeThingsRequest\n  Ids [string]\n  Parent string\n  Name string\n  Token string\n  Class string\n"
    "struct DescribeThingsResponse\n  Things [Thing]\n"
    "struct Nothing\n"
    "struct Thing\n  Id string\n  Name string\n  Size int\n  Parent string\n  Flag string\n  State string\n  Made string\n  Tags {string: string}\n"
    "struct UpdateThingRequest\n  Id! string\n  Size int\n";

static bool model_text(void *user, struct str service, struct str *text)
{
    (void)user;
    *text = (struct str){ model, sizeof(model) - 1 };
    return str_is(service, "toy");
}

/* ---- the types ---- */

static const struct term *term(struct arena *a, enum term_kind k, struct str name, const struct term *const *args, size_t n)
{
    struct term *t = ARENA_NEW(a, struct term);
    *t = (struct term){ .kind = k, .name = name, .nargs = n, .type = &type_any };
    if (n)
        t->args = arena_copy(a, args, n * sizeof(*args));
    return t;
}

static const struct term *param(struct arena *a, const char *dotted)
{
    struct str rest = str_of(dotted), part;
    str_cut(&rest, '.', &part);
    const struct term *t = term_param(a, part, &type_any, SPAN_NONE);
    while (rest.n && str_cut(&rest, '.', &part))
        t = term(a, TERM_FIELD, part, &t, 1);
    return t;
}

/* "Name=name Size=size": an object of parameters. */
static const struct term *object(struct arena *a, const char *text)
{
    const struct term *args[8];
    struct str *keys = ARENA_ARRAY(a, struct str, 8), rest = str_of(text), part, key;
    size_t n = 0;
    while (str_cut(&rest, ' ', &part)) {
        str_cut(&part, '=', &key);
        keys[n] = key;
        args[n++] = part.n && part.s[0] == '"' ? term_const(a, value_str(a, str_sub(part, 1, part.n - 1))) : param(a, str_c(a, part));
    }
    struct term *t = (struct term *)(uintptr_t)term(a, TERM_OBJECT, STR_NONE, args, n);
    t->keys = keys;
    return t;
}

static const struct term *equals(struct arena *a, const char *x, const char *text)
{
    const struct term *args[2] = { param(a, x), term_const(a, value_str(a, str_of(text))) };
    struct term *t = (struct term *)(uintptr_t)term(a, TERM_OP, STR_NONE, args, 2);
    t->op = OP_EQ;
    return t;
}

static struct rassign *sets(struct arena *a, const char *text, size_t *n)
{
    struct rassign *v = ARENA_ARRAY(a, struct rassign, 8);
    struct str rest = str_of(text), part, key;
    *n = 0;
    while (str_cut(&rest, ' ', &part)) {
        str_cut(&part, '=', &key);
        v[(*n)++] = (struct rassign){ key, param(a, str_c(a, part)) };
    }
    return v;
}

static struct rstep step(struct arena *a, enum rstep_kind k, const char *op, const char *send, const char *set)
{
    struct rstep s = { .kind = k, .op = str_of(op), .send = object(a, send) };
    s.sets = sets(a, set, &s.nsets);
    return s;
}

static const struct str *strings(struct arena *a, const char *text)
{
    struct str *s = ARENA_NEW(a, struct str);
    *s = str_of(text);
    return s;
}

static void add_errors(struct arena *a, struct rtype *t)
{
    t->gone = strings(a, "NoSuchThing"), t->ngone = 1;
    t->busy = strings(a, "InUse"), t->nbusy = 1;
    t->exists = strings(a, "AlreadyExists"), t->nexists = 1;
    struct rsettle *s = ARENA_NEW(a, struct rsettle);
    *s = (struct rsettle){ STR("NoSuchParent"), STR("parent") };
    t->settling = s, t->nsettling = 1;
}

static const struct rtype *make_type(const struct toy *y, struct arena *a, enum toy_class c)
{
    bool blind = y->blind, renews = y->renews;
    static const char *const names[] = { "toy.Tagged", "toy.Tokened", "toy.Named", "toy.Link" };
    static const char *const create[] = { "CreateTagged", "CreateTokened", "CreateNamed", "CreateLink" };
    static const char *const send[] = { "Name=name Size=size Parent=parent Tags=all_tags", "Name=name Size=size Parent=parent Tags=all_tags ClientToken=token",
                                        "Name=name Size=size Parent=parent Tags=all_tags", "Name=name Size=size Parent=parent" };
    static const char *const find[] = { "Token=token", "Token=token", "Name=name", "Name=name Class=\"link\"" };
    static const enum find_by by[] = { FIND_TAG, FIND_TOKEN, FIND_NAME, FIND_RELATION };
    struct rtype *t = ARENA_NEW(a, struct rtype);
    struct rfield *f = ARENA_ARRAY(a, struct rfield, 6);
    struct rout *o = ARENA_NEW(a, struct rout);
    struct rstep *s = ARENA_ARRAY(a, struct rstep, 8);
    f[0] = (struct rfield){ .name = STR("name"), .type = &type_string, .replace = true, .digest = y->digest && c <= TOY_TOKEN };         /* the others are found by it */
    f[1] = (struct rfield){ .name = STR("size"), .type = &type_int, .shared = y->shared };
    f[2] = (struct rfield){ .name = STR("parent"), .type = type_optional(a, &type_string), .replace = true };
    f[3] = (struct rfield){ .name = STR("flag"), .type = type_optional(a, &type_string), .digest = y->digest };
    f[4] = (struct rfield){ .name = STR("lane"), .type = type_optional(a, &type_string), .initial = true };
    f[5] = (struct rfield){ .name = STR("tags"), .type = type_map(a, &type_string), .owned_keys = true, .initial = true };
    *o = (struct rout){ .name = STR("id"), .type = &type_string, .identity = true };
    s[0] = step(a, STEP_CREATE, create[c], send[c], "id=reply.Id");
    s[1] = step(a, STEP_READ, "DescribeThings", "Ids=ids", "name=it.Name size=it.Size parent=it.Parent flag=it.Flag tags=it.Tags");
    s[1].each = param(a, "reply.Things"), s[1].key = param(a, "it.Id"), s[1].many = true;
    s[2] = step(a, STEP_FIND, "DescribeThings", find[c], "id=it.Id name=it.Name size=it.Size parent=it.Parent tags=it.Tags");
    s[2].each = param(a, "reply.Things"), s[2].by = blind && by[c] == FIND_TAG ? FIND_TOKEN : by[c];
    s[3] = step(a, STEP_UPDATE, "UpdateThing", "Id=id Size=size", renews ? "id=reply.Id" : "");
    s[3].on = strings(a, "size"), s[3].non = 1;
    if (renews)
        s[3].renews = strings(a, "id"), s[3].nrenews = 1;
    s[4] = step(a, STEP_UPDATE, "AttachThing", "Id=id Flag=flag", "");
    s[4].on = strings(a, "flag"), s[4].non = 1;
    s[5] = step(a, STEP_DELETE, "DeleteThing", "Id=id", "");
    s[6] = step(a, STEP_HOLDER, "DescribeThings", "Parent=id", "");
    s[6].each = param(a, "reply.Things"), s[6].name = param(a, "it.Name"), s[6].key = param(a, "it.Id");
    s[7] = step(a, STEP_RETIRE, "AttachThing", "Id=id Flag=\"drained\"", "");
    *t = (struct rtype){ .name = str_of(names[c]), .service = STR("toy"), .fields = f, .nfields = 6, .outs = o, .nouts = 1, .steps = s, .nsteps = y->retires ? 8 : 7,
                         .until = equals(a, "live.State", "ready"), .failed = equals(a, "live.State", "failed"),
                         .unhealthy = equals(a, "live.State", "degraded"), .leaving = equals(a, "live.State", "deleting"), .lane = param(a, "lane"), .uid = param(a, "live.Made"),
                         .usual_create = 2000, .usual_update = 1000, .usual_delete = 1000, .tags = c == TOY_LINK ? STR_NONE : STR("tags") };
    add_errors(a, t);
    if (c == TOY_NAME || c == TOY_LINK) {
        static const size_t one[] = { 1 };
        const struct str **sets_ = ARENA_NEW(a, const struct str *);
        sets_[0] = strings(a, "name");
        t->unique = sets_, t->nunique_fields = one, t->nunique = 1;
    }
    return t;
}

const struct rtype *toy_type(struct toy *y, enum toy_class c)
{
    if (!y->types[c])
        y->types[c] = make_type(y, y->a, c);
    return y->types[c];
}

/* ---- killing ---- */

static void tear(struct toy *y, struct str append)
{
    y->torn = y->had_lines = 0;
    for (size_t i = 0; i < append.n; i++) {
        if (append.s[i] == '\n' && ++y->had_lines == y->lines)
            y->torn = i + 1;
    }
}

static enum disk_error effect(void *user, enum effect e, bool after, struct str what)
{
    struct toy *y = user;
    if (!y->dead && y->kill_at && ++y->effects == y->kill_at) {
        y->dead = true;
        y->killed_in = (int)e * 2 + after;
        if (y->killed_in == EFFECT_DISK_APPEND * 2 + 1)
            tear(y, what);
    }
    if (e == EFFECT_NET_SEND && !after && !y->dead)
        y->sends_alive++;
    return y->dead && !after ? DISK_FAILED : DISK_OK;
}

/* ---- the whole way ---- */

struct toy *toy_new(void)
{
    struct toy *y = calloc(1, sizeof(*y));
    y->t = test_world_new();
    y->a = test_world_arena(y->t);
    y->models = models_new(model_text, NULL);
    test_world_answer(y->t, toy_answer, y);
    test_world(y->t)->hook = effect;
    test_world(y->t)->hook_user = y;
    return y;
}

void toy_free(struct toy *y)
{
    models_free(y->models);
    test_world_free(y->t);
    free(y);
}

void toy_fault_add(struct toy *y, struct toy_fault f)
{
    y->faults[y->nfaults++] = f;
}

static const struct value *text(const struct toy *y, struct arena *a, const char *s)
{
    const struct value *v = s ? value_str(a, str_of(s)) : &value_none;
    return s && y->secrets && strstr(s, CANARY) ? value_secret(a, v) : v;
}

static void add_node(struct toy *y, struct graph *g, const struct toy_want *w)
{
    struct arena *a = g->arena;
    struct node *n = graph_add(g, NODE_RESOURCE, str_of(w->addr), SPAN_NONE);
    n->provider = w->provider ? w->provider : &at_home;
    const struct value *parent = &value_none;
    if (w->parent)
        parent = value_unknown(a, term_ref(a, str_of(w->parent), STR("id"), &type_string, SPAN_NONE), &type_string, PHASE_APPLY);
    struct pair p[6] = { { STR("name"), text(y, a, w->name ? w->name : w->addr) }, { STR("size"), value_int(a, w->size) }, { STR("parent"), parent },
                         { STR("flag"), text(y, a, w->flag) },                      { STR("lane"), text(y, a, w->lane) },      { STR("tags"), &value_empty_object } };
    n->type = toy_type(y, w->class);
    n->inputs = rtype_mark(a, n->type, value_object(a, p, 6));
    graph_type(g, n->type);
}

static struct graph *make_graph(struct toy *y, struct arena *a, const struct toy_want *w, size_t n, struct diags *d)
{
    struct graph *g = graph_new(a);
    for (size_t i = 0; i < n; i++)
        add_node(y, g, &w[i]);
    for (size_t i = 0; i < n; i++) {
        if (w[i].after)
            graph_edge(g, graph_find(g, str_of(w[i].addr)), graph_find(g, str_of(w[i].after)), EDGE_AFTER, SPAN_NONE);
    }
    if (!graph_finish(g, d))
        fail_msg("graph");
    return g;
}

/* A type's text: what is special about it. */
static bool source_named(void *user, struct arena *a, struct str name, struct rsource *out)
{
    struct toy *y = user;
    struct rpart *part = ARENA_NEW(a, struct rpart);
    *part = (struct rpart){ STR("toy.kcl"), y->retires ? STR("retires") : STR("plain") };
    *out = (struct rsource){ str_dup(a, name), RTYPE_LANGUAGE, part, 1 };
    return !y->left;
}

static const struct rtype *type_named(void *user, struct str name)
{
    struct toy *y = user;
    const struct rsource *text = y->left ? state_source(y->state, name) : NULL;
    bool retires = y->retires;
    for (int c = 0; c < TOY_CLASSES; c++) {
        if (!str_eq(toy_type(y, (enum toy_class)c)->name, name))
            continue;
        if (!y->left)
            return y->types[c];
        y->retires = text && str_is(text->parts[0].text, "retires");
        const struct rtype *t = text ? make_type(y, y->a, (enum toy_class)c) : NULL;
        y->retires = retires;
        return t;
    }
    return NULL;
}

static struct toy *noting;

static void on_note(void *user, struct str text_)
{
    (void)user;
    noting->notes = str_fmt(noting->a, "%.*s%.*s\n", STR_ARG(noting->notes), STR_ARG(text_));
}

static void on_change(void *user, const struct plan *p, size_t op, const struct op_report *r)
{
    (void)user;
    if (noting->on_change && p->ops[op]->item)
        noting->on_change(noting, p->ops[op]->item->addr, r);
}

static int plan_and_run(struct toy *y, struct callers *callers, struct state *s, const struct toy_want *w, size_t n)
{
    struct world *wo = test_world(y->t);
    struct engine_events ev = { .note = on_note, .changed = on_change };
    struct engine_context c = { .world = wo, .callers = callers, .models = y->models, .state = s, .events = &ev, .type = type_named, .source = source_named, .user = y, .fail_fast = y->fail_fast };
    int code;
    y->state = s;
    y->callers = callers;
    noting = y;
    if (!engine_recover(&c, y->a, &code, &y->why))
        return code;
    struct diags d;
    diags_init(&d);
    struct plan_context pc = { .world = wo, .callers = callers, .models = y->models, .state = s, .diags = &d, .type = type_named, .user = y, .refresh = true, .destroy = n == 0 };
    struct plan *p = plan_make(&pc, y->a, make_graph(y, y->a, w, n, &d), &code);
    if (!p && d.n)
        y->why = str_dup(y->a, d.v[0]->message);
    diags_fini(&d);
    if (!p)
        return code;
    if (y->before_run)
        y->before_run(y, p);
    y->result = engine_run(&c, y->a, p);
    const struct intent **open;
    y->open = state_intents(s, y->a, &open);
    y->addrs = ARENA_ARRAY(y->a, struct str, p->nops);
    for (size_t i = 0; i < p->nops; i++)
        y->addrs[i] = p->ops[i]->item ? str_dup(y->a, p->ops[i]->item->addr) : STR("gate");
    y->why = y->result.stopped;
    return y->result.exit_code;
}

int toy_apply(struct toy *y, const struct toy_want *w, size_t n)
{
    struct world *wo = test_world(y->t);
    static const struct credentials cred = { .key = { "AKID", 4 }, .secret = { "secret", 6 }, .source = { "test", 4 } };
    struct aws_options o = { .region = STR("eu-west-1"), .fixed = &cred, .bare = true };
    struct state *s;
    y->result = (struct engine_result){ 0 };
    y->why = STR_NONE;
    enum state_error e = state_open(wo, state_store(y->t), true, &s, y->a, &y->why);
    if (e != STATE_OK)
        return y->dead ? 137 : 100 + e;
    if (y->secrets) {
        struct keyring *k = keyring_open(wo, y->a, state_meta(s)->lineage, &y->why);
        state_use_keys(s, k);
        keyring_may_make(k);
    }
    y->lineage = str_dup(y->a, state_meta(s)->lineage);
    struct aws_kit aws = aws_kit_new(wo, y->models, y->a, &o);
    int code = plan_and_run(y, aws.callers, s, w, n);
    aws_kit_free(&aws);
    if (!y->dead) {
        state_close(s);
        return y->dead ? 137 : code;
    }
    test_world_crash(y->t, y->torn);
    y->torn = 0;
    state_lost(s);
    return 137;
}

struct op_report toy_report(struct toy *y, const char *addr)
{
    for (size_t i = 0; i < y->result.n; i++) {
        if (str_is(y->addrs[i], addr))
            return y->result.reports[i];
    }
    return (struct op_report){ .state = OP_DONE };
}

size_t toy_alive(const struct toy *y)
{
    size_t n = 0;
    for (size_t i = 0; i < y->nthings; i++)
        n += toy_exists((struct toy *)(uintptr_t)y, &y->things[i]);
    return n;
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct toy_thing *)a)->name, ((const struct toy_thing *)b)->name);
}

struct str toy_text(struct toy *y)
{
    struct buf b = { 0 };
    struct toy_thing *v = ARENA_ARRAY(y->a, struct toy_thing, y->nthings);
    size_t n = 0;
    for (size_t i = 0; i < y->nthings; i++) {
        if (toy_exists(y, &y->things[i]))
            v[n++] = y->things[i];
    }
    if (n)
        qsort(v, n, sizeof(*v), by_name);
    for (size_t i = 0; i < n; i++) {
        struct toy_thing *p = v[i].parent.n ? toy_thing(y, v[i].parent) : NULL;
        buf_fmt(&b, "%.*s %lld %.*s %.*s\n", STR_ARG(v[i].name), (long long)v[i].size, STR_ARG(p ? p->name : STR("-")), STR_ARG(v[i].flag));
    }
    return buf_take(&b, y->a);
}
