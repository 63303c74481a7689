/* make.c - a plan from start to end: records, refresh, decisions in topological order, operations, estimate. */
#include "kc/hash.h"
#include "kc/json.h"
#include "room.h"
#include <stdlib.h>

const char *action_name(enum action a)
{
    static const char *const names[] = {
        [ACTION_NOOP] = "nothing",        [ACTION_CREATE] = "create",   [ACTION_RESUME] = "resume",
        [ACTION_UPDATE] = "update",       [ACTION_DISRUPT] = "update (disruptive)",
        [ACTION_REPLACE_CREATE_FIRST] = "replace (create first)",       [ACTION_REPLACE_DELETE_FIRST] = "replace (delete first)",
        [ACTION_DELETE] = "delete",       [ACTION_READ] = "read",         [ACTION_FORGET] = "forget",
        [ACTION_ACT] = "act",
    };
    return names[a];
}

bool plan_empty(const struct plan *p)
{
    return p->nops == 0;
}

static bool decide_all(struct maker *m)
{
    bool ok = true;
    if (m->graph) {
        struct node **order = graph_order((struct graph *)(uintptr_t)m->graph, m->arena);
        for (size_t i = 0; i < m->graph->nnodes; i++)
            ok &= decide_node(m, order[i]);
    }
    for (size_t i = 0; i < m->all.n; i++) {
        struct item *x = m->all.v[i];
        if (!x->pub.node)
            ok &= decide_delete(m, x);
    }
    unread_settle(m);
    ok = ok && keep_settle(m);
    return ok && m->exit_code == 0;
}

static int by_address(const void *x, const void *y)
{
    const struct plan_item *a = *(struct plan_item *const *)x, *b = *(struct plan_item *const *)y;
    int c = str_cmp(a->addr, b->addr);
    if (c)
        return c;
    if (!a->node != !b->node)                              /* what is wanted, then its former generations */
        return a->node ? -1 : 1;
    uint32_t i = a->record ? a->record->generation : UINT32_MAX, k = b->record ? b->record->generation : UINT32_MAX;
    return i < k ? -1 : i > k;
}

static int by_guard(const void *x, const void *y)
{
    return str_cmp(((const struct plan_guard *)x)->addr, ((const struct plan_guard *)y)->addr);
}

static void collect_items(struct maker *m)
{
    struct plan *p = m->plan;
    p->nitems = m->all.n;
    p->items = ARENA_ARRAY(m->arena, struct plan_item *, p->nitems);
    for (size_t i = 0; i < p->nitems; i++) {
        p->items[i] = m->all.v[i];
        p->count[p->items[i]->action]++;
    }
    qsort(p->items, p->nitems, sizeof *p->items, by_address);
}

static void collect_ops(struct maker *m)
{
    struct plan *p = m->plan;
    p->nops = m->ops.n;
    p->ops = ARENA_ARRAY(m->arena, struct plan_op *, p->nops);
    for (size_t i = 0; i < p->nops; i++)
        p->ops[i] = m->ops.v[i];
}

static void note_drift(struct maker *m)
{
    size_t n = 0;
    struct str first = STR_NONE;
    for (size_t i = 0; i < m->plan->nitems; i++)
        if (m->plan->items[i]->drift) {
            first = n++ ? first : m->plan->items[i]->addr;
        }
    if (n == 1)
        note_add(m, "%.*s was changed outside kc", STR_ARG(first));
    else if (n)
        note_add(m, "%zu objects were changed outside kc, %.*s among them", n, STR_ARG(first));
}

static void collect_notes(struct maker *m)
{
    struct plan *p = m->plan;
    note_drift(m);
    secrets_note(m);
    expiry_tell(m);
    for (size_t i = 0; i < m->c->nnotes; i++)
        note_add(m, "%.*s", STR_ARG(m->c->notes[i]));
    if (!m->c->refresh)
        note_add(m, "AWS was not asked: state is trusted as it is");
    struct str *v = ARENA_ARRAY(m->arena, struct str, m->notes.n);
    for (size_t i = 0; i < m->notes.n; i++)
        v[i] = *(struct str *)m->notes.v[i];
    p->notes = v;
    p->nnotes = m->notes.n;
}

/* What is to be done, to what, with which values: two plans of equal hash do the same. */
static void hash_plan(struct maker *m)
{
    struct plan *p = m->plan;
    struct buf b = { 0 };
    for (size_t i = 0; i < p->nitems; i++) {
        const struct plan_item *x = p->items[i];
        if (x->action == ACTION_NOOP)
            continue;
        buf_fmt(&b, "%.*s|%d|%u|%s", STR_ARG(x->addr), (int)x->action, x->record ? (unsigned)x->record->generation : 0, x->stays ? "stays|" : "");
        if (x->ninside)
            buf_cstr(&b, "emptied|");
        if (x->inputs)
            json_write(&b, value_pack(m->arena, x->inputs), JSON_CANONICAL | JSON_TYPED, false);
        if (x->inputs)
            keyring_sum(state_keys(m->c->state), &b, x->inputs);
        buf_putc(&b, '\n');
    }
    for (size_t i = 0; i < p->nops; i++)
        buf_fmt(&b, "%.*s|%d|%u|%.*s|%.*s\n", STR_ARG(p->ops[i]->item ? p->ops[i]->item->addr : p->ops[i]->node->addr), (int)p->ops[i]->kind,
                (unsigned)p->ops[i]->generation, STR_ARG(p->ops[i]->step), STR_ARG(place_key(m, p->ops[i]->provider)));
    p->hash = sha256_hex(m->arena, buf_view(&b));
    buf_fini(&b);
}

static void collect_guards(struct maker *m)
{
    struct plan_guard *v = ARENA_ARRAY(m->arena, struct plan_guard, m->guards.n);
    for (size_t i = 0; i < m->guards.n; i++)
        v[i] = *(const struct plan_guard *)m->guards.v[i];
    qsort(v, m->guards.n, sizeof *v, by_guard);
    m->plan->guards = v;
    m->plan->nguards = m->guards.n;
}

static void finish(struct maker *m)
{
    for (size_t i = 0; i < m->families.n; i++)
        vec_fini(m->families.e[i].value);
    map_fini(&m->items);
    map_fini(&m->families);
    map_fini(&m->gates);
    map_fini(&m->names);
    map_fini(&m->claims);
    for (size_t i = 0; i < m->users.n; i++)
        vec_fini(m->users.e[i].value);
    map_fini(&m->users);
    vec_fini(&m->all);
    vec_fini(&m->firsts);
    vec_fini(&m->ops);
    vec_fini(&m->notes);
    vec_fini(&m->guards);
}

/* All that refuses comes before the first operation is thought of. */
static bool decided(struct maker *m)
{
    generation_sift(m);
    return decide_all(m) && (!m->graph || twins_look(m)) && guards_refuse(m) && holders_ask(m);
}

struct plan *plan_make(struct plan_context *c, struct arena *a, const struct graph *g, int *exit_code)
{
    struct maker m = { .c = c, .arena = a, .graph = g, .plan = ARENA_NEW(a, struct plan) };
    m.plan->arena = a;
    m.plan->graph = g;
    bool ok = records_load(&m) && (!c->refresh || refresh_all(&m)) && decided(&m);
    if (ok) {
        guards_look(&m);
        ok = ops_make(&m);
        collect_items(&m);
        collect_guards(&m);
        collect_ops(&m);
        ok = ok && schedule_make(&m);
        collect_notes(&m);
        hash_plan(&m);
    }
    *exit_code = ok ? m.plan->partial : m.exit_code ? m.exit_code : 1;
    finish(&m);
    return ok ? m.plan : NULL;
}
