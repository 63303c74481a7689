/* plan_json.c - a plan for programs. Schema: docs/plan.md. Secrets are "(secret)", values not known yet {"$term": ...}. */
#include "plan_show.h"

#include "kc/arena.h"
#include "kc/json.h"
#include "output.h"

enum { PLAN_VERSION = 1, MEMBERS = 24 };

struct object { struct arena *a; struct pair p[MEMBERS]; size_t n; };

static void put(struct object *o, const char *key, const struct value *v)
{
    if (v && o->n < MEMBERS)
        o->p[o->n++] = (struct pair){ str_of(key), v };
}

static void put_str(struct object *o, const char *key, struct str s)
{
    if (s.n)
        put(o, key, value_str(o->a, s));
}

static void put_flag(struct object *o, const char *key, bool on)
{
    if (on)
        put(o, key, &value_true);
}

static const struct value *done(struct object *o)
{
    return value_object(o->a, o->p, o->n);
}

static const struct value *safe(struct arena *a, const struct value *v)
{
    return v ? value_pack(a, v) : &value_none;
}

static const struct value *change(struct arena *a, const struct resource_change *c)
{
    struct object o = { .a = a };
    put_str(&o, "field", c->field);
    if (!c->made) {
        put(&o, "old", safe(a, c->old));
        put(&o, "new", safe(a, c->new));
    }
    put_flag(&o, "made", c->made);
    put_flag(&o, "replace", c->replace);
    put_flag(&o, "disruptive", c->disruptive);
    put_flag(&o, "unsure", c->unknown);
    if (c->why.n)
        put_str(&o, "why", c->why);
    return done(&o);
}

static const struct value *action_value(struct arena *a, enum action x)
{
    static const char *const words[] = {
        [ACTION_NOOP] = "none",     [ACTION_CREATE] = "create", [ACTION_RESUME] = "resume", [ACTION_UPDATE] = "update",
        [ACTION_DISRUPT] = "disrupt", [ACTION_REPLACE_CREATE_FIRST] = "replace_create_first",
        [ACTION_REPLACE_DELETE_FIRST] = "replace_delete_first",  [ACTION_DELETE] = "delete", [ACTION_READ] = "read",
        [ACTION_FORGET] = "forget", [ACTION_ACT] = "act",
    };
    return value_str(a, str_of(words[x]));
}

static const struct value *insides(struct arena *a, const struct plan_item *x)
{
    const struct value **list = ARENA_ARRAY(a, const struct value *, x->ninside);
    for (size_t i = 0; i < x->ninside; i++) {
        const struct plan_inside *in = &x->inside[i];
        struct object o = { .a = a };
        put_str(&o, "listed_by", in->step->op);
        if (in->asked)
            put(&o, "count", value_int(a, (int64_t)in->n));
        put_flag(&o, "more", in->more);
        put_str(&o, "names", in->names);
        list[i] = done(&o);
    }
    return x->ninside ? value_list(a, list, x->ninside) : NULL;
}

static const struct value *acts(struct arena *a, const struct plan_item *x)
{
    const struct value **list = ARENA_ARRAY(a, const struct value *, x->nacts);
    for (size_t i = 0; i < x->nacts; i++) {
        struct object o = { .a = a };
        put_str(&o, "name", x->acts[i].step->called);
        put_str(&o, "calls", x->acts[i].step->op);
        put_str(&o, "why", x->acts[i].why);
        put_flag(&o, "running", x->acts[i].running);
        list[i] = done(&o);
    }
    return x->nacts ? value_list(a, list, x->nacts) : NULL;
}

static const struct value *item(struct arena *a, const struct plan_item *x)
{
    struct object o = { .a = a };
    const struct value **list = ARENA_ARRAY(a, const struct value *, x->nchanges);
    for (size_t i = 0; i < x->nchanges; i++)
        list[i] = change(a, &x->changes[i]);
    put_str(&o, "addr", x->addr);
    put_str(&o, "type", x->type ? x->type->name : x->record ? x->record->type : STR_NONE);
    put(&o, "action", action_value(a, x->action));
    put_str(&o, "reason", x->reason);
    if (x->record && x->type)
        put_str(&o, "id", resource_name(a, x->type, record_inputs(x->record), x->record->outs));
    if (x->record && !str_eq(x->record->addr, x->addr))
        put_str(&o, "moved_from", x->record->addr);
    if (x->nchanges)
        put(&o, "changes", value_list(a, list, x->nchanges));
    if (x->inputs)
        put(&o, "inputs", safe(a, x->inputs));
    put(&o, "inside", insides(a, x));
    put_str(&o, "kept_by", x->kept_by);
    put_flag(&o, "stays", x->stays);
    put(&o, "acts", acts(a, x));
    put(&o, "expires", x->expiry ? output_expiry(a, x->expiry) : NULL);
    put_flag(&o, "drift", x->drift);
    put_flag(&o, "maybe", x->maybe);
    put_flag(&o, "again", x->again);
    put_flag(&o, "unread", x->unread);
    return done(&o);
}

static const struct value *op(struct arena *a, const struct plan_op *x)
{
    static const char *const kinds[] = { [OP_CREATE] = "create", [OP_UPDATE] = "update", [OP_DELETE] = "delete", [OP_READ] = "read",
                                         [OP_ASSERT] = "assert", [OP_GATE] = "gate",     [OP_OUT] = "out",       [OP_FORGET] = "forget",
                                         [OP_MOVE] = "move",     [OP_ADOPT] = "adopt",   [OP_PROTECT] = "protect", [OP_PIN] = "pin",
                                         [OP_ACT] = "act" };
    struct object o = { .a = a };
    const struct value **deps = ARENA_ARRAY(a, const struct value *, x->ndeps);
    for (size_t i = 0; i < x->ndeps; i++)
        deps[i] = value_int(a, (int64_t)x->deps[i]);
    put(&o, "index", value_int(a, (int64_t)x->index));
    put_str(&o, "addr", x->item ? x->item->addr : x->node->addr);
    put(&o, "kind", value_str(a, str_of(kinds[x->kind])));
    if (x->generation)
        put(&o, "generation", value_int(a, x->generation));
    if (x->provider)
        put(&o, "provider", provider_value(a, x->provider));
    put(&o, "after", value_list(a, deps, x->ndeps));
    put(&o, "usual_ms", value_int(a, x->usual + x->emptying));
    put(&o, "rank_ms", value_int(a, x->rank));
    put_str(&o, "lane", x->lane);
    put_str(&o, "step", x->step);
    if (x->inputs)
        put(&o, "inputs", safe(a, x->inputs));
    if (x->instead)
        put(&o, "instead", value_int(a, x->serves));
    if (x->kind == OP_PROTECT && x->item->node)
        put(&o, "on", value_bool(x->item->node->protect.on));
    return done(&o);
}

static const struct value *guard(struct arena *a, const struct plan_guard *g)
{
    struct object o = { .a = a };
    put_str(&o, "addr", g->addr);
    put_str(&o, "what", g->what);
    put_str(&o, "why", g->why);
    return done(&o);
}

static const struct value *counts(struct arena *a, const struct plan *p)
{
    struct object o = { .a = a };
    for (size_t i = 0; i < ACTIONS; i++)
        o.p[o.n++] = (struct pair){ action_value(a, (enum action)i)->s, value_int(a, (int64_t)p->count[i]) };
    return done(&o);
}

void plan_json(struct buf *out, const struct plan *p)
{
    struct arena *a = arena_new();
    struct object o = { .a = a };
    const struct value **items = ARENA_ARRAY(a, const struct value *, p->nitems), **ops = ARENA_ARRAY(a, const struct value *, p->nops);
    const struct value **path = ARENA_ARRAY(a, const struct value *, p->ncritical), **notes = ARENA_ARRAY(a, const struct value *, p->nnotes);
    const struct value **guards = ARENA_ARRAY(a, const struct value *, p->nguards);
    for (size_t i = 0; i < p->nitems; i++)
        items[i] = item(a, p->items[i]);
    for (size_t i = 0; i < p->nops; i++)
        ops[i] = op(a, p->ops[i]);
    for (size_t i = 0; i < p->ncritical; i++)
        path[i] = value_int(a, (int64_t)p->critical[i]);
    for (size_t i = 0; i < p->nguards; i++)
        guards[i] = guard(a, &p->guards[i]);
    for (size_t i = 0; i < p->nnotes; i++)
        notes[i] = value_str(a, p->notes[i]);
    put(&o, "version", value_int(a, PLAN_VERSION));
    put_str(&o, "hash", p->hash);
    put(&o, "empty", value_bool(plan_empty(p)));
    put(&o, "counts", counts(a, p));
    put(&o, "estimate_ms", value_int(a, p->estimate));
    put(&o, "critical", value_list(a, path, p->ncritical));
    put_flag(&o, "partial", p->partial);
    put(&o, "guards", value_list(a, guards, p->nguards));
    put(&o, "notes", value_list(a, notes, p->nnotes));
    put(&o, "items", value_list(a, items, p->nitems));
    put(&o, "operations", value_list(a, ops, p->nops));
    json_write(out, done(&o), JSON_PRETTY, false);
    buf_putc(out, '\n');
    arena_free(a);
}
