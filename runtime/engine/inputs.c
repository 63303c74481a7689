/* inputs.c - what becomes known during the apply: references taken from recorded outputs, values held against their types. */
#include "room.h"

void run_given(struct run *r, struct str addr, const struct value *inputs)
{
    if (inputs && (value_has_secret(inputs) || value_has_bulk(inputs)))
        map_put(&r->given, addr, (void *)(uintptr_t)inputs);
}

static const struct value *outs_of(struct run *r, struct str addr)
{
    const struct value *v = map_get(&r->results, addr);
    const struct record *rec = v ? NULL : state_get(r->c->state, addr);
    if (rec && rec->pin)
        return rec->pin;
    return v ? v : rec ? rec->outs : NULL;
}

/* A record that has no such out answers with its input of that name, then with none: AWS did not send it. */
static const struct value *ref(void *user, struct str addr, struct str path, const struct type *t)
{
    struct run *r = user;
    const struct value *outs = outs_of(r, addr);
    const struct record *rec = state_get(r->c->state, addr);
    (void)t;
    if (!outs)
        return NULL;
    if (!path.n)
        return outs;
    const char *dotted = str_c(r->a, path);
    const struct value *v = outs->kind == VALUE_OBJECT ? value_at(outs, dotted) : NULL;
    const struct value *given = map_get(&r->given, addr), *inputs = given ? given : rec ? rec->inputs : NULL;
    if (!v && inputs)
        v = value_at(inputs, dotted);
    return v ? v : &value_none;
}

static const struct value *resolve(struct run *r, const struct value *v, struct resource_fault *f)
{
    return value_is_known(v) ? v : plan_resolve(r->a, v, NULL, ref, r, f);
}

const struct value *inputs_known(struct run *r, const struct value *v, struct resource_fault *f)
{
    const struct value *out = resolve(r, v, f);
    return out && value_is_known(out) ? out : NULL;
}

static bool known(struct task *t, const struct value *v, struct str field)
{
    if (value_is_known(v))
        return true;
    struct buf b = { 0 };
    value_print(&b, v);
    task_fail(t, DIAG_E0709, task_span(t), str_fmt(t->r->a, "%.*s%sis still unknown when it is needed: %.*s", STR_ARG(field), field.n ? " " : "a value ", STR_ARG(buf_view(&b))), STR_NONE);
    buf_fini(&b);
    return false;
}

const struct value *inputs_value(struct task *t, const struct value *v, struct span where)
{
    struct resource_fault f = { .where = where };
    const struct value *out = resolve(t->r, v, &f);
    if (!out) {
        task_fail_fault(t, &f);
        return NULL;
    }
    return known(t, out, STR_NONE) ? out : NULL;
}

bool inputs_resolve(struct task *t)
{
    struct resource_fault f = { 0 };
    const struct node *n = t->op->node;
    const struct value *from = t->op->inputs ? t->op->inputs : t->op->item && !t->kept ? t->op->item->inputs : NULL;
    if (t->kept)                                           /* it stays, and with it the names that it was made with */
        from = plan_names(t->r->a, n, t->op->item->record);
    if (!from && n)
        from = n->inputs;
    if (!from)
        from = &value_empty_object;
    const struct value *out = resolve(t->r, from, &f);
    if (!out || (n && n->inputs && !plan_admit(t->r->a, n, &out, &f))) {
        task_fail_fault(t, &f);
        return false;
    }
    t->inputs = out;
    run_given(t->r, t->addr, out);
    for (size_t i = 0; out->kind == VALUE_OBJECT && i < out->object.n; i++) {
        if (!known(t, out->object.v[i].value, out->object.v[i].key))
            return false;
    }
    return true;
}

struct recent { struct run *r; int64_t since; bool hit; };

/* What an address stands for was changed lately, or something attached to it was (a policy on a role). */
static void visit(void *user, const struct term *term)
{
    struct recent *x = user;
    const struct record *rec = state_get(x->r->c->state, term->name);
    if (rec && (rec->changed_ms >= x->since || rec->created_ms >= x->since))
        x->hit = true;
}

static bool deps_recent(const struct task *t, const struct recent *x)
{
    for (size_t i = 0; i < t->rec.ndeps; i++) {
        const struct record *rec = state_get(t->r->c->state, t->rec.deps[i].addr);
        if (rec && (rec->changed_ms >= x->since || rec->created_ms >= x->since))
            return true;
    }
    return false;
}

bool inputs_recent(struct task *t, struct str field, int64_t window)
{
    struct recent x = { .r = t->r, .since = world_wall(t->r->c->world) - window };
    const struct value *v = t->op->node && t->op->node->inputs ? value_get(t->op->node->inputs, field) : NULL;
    if (t->rec.created_ms >= x.since && t->type && rtype_out(t->type, field))
        return true;                                       /* the field is the object itself */
    if (v)
        value_refs(v, visit, &x);
    return x.hit || deps_recent(t, &x);
}
