/* state_help.c - see state_help.h. */
#include "state_help.h"
#include "kctest.h"
#include "kc/json.h"
#include "state/room.h"

static struct arena *forever;

struct store *state_store(struct test_world *t)
{
    return store_file(test_world(t), test_world_arena(t), STR(FOLDER));
}

struct state *state_try(struct test_world *t, bool write)
{
    struct state *s;
    struct str why;
    enum state_error e = state_open(test_world(t), state_store(t), write, &s, test_world_arena(t), &why);
    if (e != STATE_OK)
        fail_msg("state_open: %d %.*s", e, STR_ARG(why));
    return s;
}

void state_lost(struct state *s)
{
    s->write = false;
    state_close(s);
}

struct record state_a_record(const char *addr, uint32_t generation, enum status status, const char *id)
{
    static const struct str done[] = { { "CreateThing", 11 } };
    if (!forever)
        forever = arena_new();
    struct record r = { .addr = str_of(addr), .type = STR("std/aws/ec2.Thing"), .generation = generation, .status = status, .protect = true };
    struct cidr c;
    cidr_parse(STR("10.0.0.0/16"), &c, NULL);
    struct pair in[2] = { { STR("cidr_block"), value_cidr(forever, c) }, { STR("name"), value_str(forever, STR("n\t\"\n")) } };
    struct pair out[1] = { { STR("id"), value_str(forever, str_of(id)) } };
    r.inputs = value_object(forever, in, 2);
    r.outs = value_object(forever, out, 1);
    r.done = done;
    r.ndone = 1;
    r.deps = arena_array(forever, 1, sizeof(*r.deps));
    r.deps[0].addr = STR("a.base");
    r.deps[0].kind = EDGE_HOLD;
    r.deps[0].generation = 4;
    r.ndeps = 1;
    r.provider = &at_home;
    r.token = STR("token");
    r.created_ms = 1700000000000;
    return r;
}

struct intent state_an_intent(const char *addr, uint32_t generation, const char *op_id)
{
    struct record r = state_a_record(addr, generation, STATUS_CREATING, "none");
    r.outs = NULL;
    struct pair p[1] = { { STR("VpcId"), value_str(forever, STR("vpc-1")) } };
    struct intent i = { .op_id = str_of(op_id), .provider = &at_home, .addr = str_of(addr), .type = r.type, .verb = STR("create"), .step = STR("CreateThing"),
                        .service = STR("ec2"), .operation = STR("CreateThing"), .token = STR("tok"), .generation = generation,
                        .request = value_object(forever, p, 1), .inputs = r.inputs, .wall_ms = 1700000000000 };
    i.record = arena_copy(forever, &r, sizeof(r));
    return i;
}

void state_add(struct state *s, const char *addr, uint32_t generation, enum status status, const char *id)
{
    struct record r = state_a_record(addr, generation, status, id);
    if (!state_put(s, &r) || !state_sync(s))
        fail_msg("state_put: %.*s", STR_ARG(state_problem(s)));
}

struct str state_text(struct state *s, struct arena *a)
{
    struct buf b = { 0 };
    const struct record **v;
    const struct intent **in;
    size_t n = state_list(s, a, &v);
    for (size_t i = 0; i < n; i++) {
        buf_fmt(&b, "%.*s %u %s %d ", STR_ARG(v[i]->addr), v[i]->generation, status_name(v[i]->status), v[i]->serves);
        json_write(&b, v[i]->inputs ? v[i]->inputs : &value_none, JSON_TYPED | JSON_CANONICAL, false);
        json_write(&b, v[i]->outs ? v[i]->outs : &value_none, JSON_TYPED | JSON_CANONICAL, false);
        buf_putc(&b, '\n');
    }
    n = state_intents(s, a, &in);
    for (size_t i = 0; i < n; i++)
        buf_fmt(&b, "intent %.*s %.*s\n", STR_ARG(in[i]->op_id), STR_ARG(in[i]->addr));
    return buf_take(&b, a);
}
