/* instance.c - instances of resources and components: where their settings come from, their inputs, what can be read of them.
 * Inputs are computed on demand, each once: a component's block and its wiring may use each other's outs as long as no value needs itself. */
#include "eval.h"
#include <stddef.h>

enum { INSTANCE_LEVEL = 32 };

struct instance *instance_at(struct program *p, struct str addr)
{
    return map_get(&p->instances, addr);
}

static const struct value *answer_for(const struct program *p, struct str addr)
{
    for (size_t i = 0; p->answers && i < p->answers->n; i++)
        if (str_eq(p->answers->v[i].key, addr))
            return p->answers->v[i].value;
    return NULL;
}

struct instance *instance_new(struct program *p, struct str addr, struct decl *d, struct instance *parent, struct span at)
{
    decl_complete(p, d);
    struct instance *i = instance_at(p, addr);
    if (i) {
        diag_second(p->diags, report(p, DIAG_E0306, at, "%.*s exists already", STR_ARG(addr)), i->span, "the first one");
        return NULL;
    }
    if (parent && parent->level >= INSTANCE_LEVEL && d->kind == DECL_COMPONENT) {
        report(p, DIAG_E0404, at, "components are nested more than %d deep", INSTANCE_LEVEL);
        return NULL;
    }
    i = ARENA_NEW(p->arena, struct instance);
    *i = (struct instance){ .addr = addr, .decl = d, .parent = parent, .span = at, .level = parent ? parent->level + 1 : 0 };
    i->inputs = ARENA_ARRAY(p->arena, struct cell, d->nfields);
    i->inner = ARENA_NEW(p->arena, struct frame);
    if (d->kind == DECL_COMPONENT)
        i->inner = frame_body(p, module_frame(p, d->module), d->body, i);
    else
        *i->inner = (struct frame){ .kind = FRAME_SELF, .up = module_frame(p, d->module), .module = d->module, .inst = i };
    if (d->lookup)
        i->answer = answer_for(p, addr);
    if (parent) {
        i->next = parent->kids;
        parent->kids = i;
    }
    map_put(&p->instances, addr, i);
    vec_add(&p->built, i);
    return i;
}

void part_add(struct program *p, struct instance *i, const struct ast_item *item, struct body *b, struct frame *f, bool wiring)
{
    struct part *v = ARENA_ARRAY(p->arena, struct part, i->nparts + 1);
    if (i->nparts)
        memcpy(v, i->parts, i->nparts * sizeof *v);
    v[i->nparts++] = (struct part){ .item = item, .body = b, .frame = f, .wiring = wiring };
    i->parts = v;
    i->inner->open = i->inner->open || f->open;
}

/* ---- settings ---- */

static void unknown_setting(struct program *p, struct instance *i, struct str name, struct span at)
{
    struct vec names = { 0 };
    for (size_t k = 0; k < i->decl->nfields; k++)
        names_add(p, &names, i->decl->fields[k].name);
    struct diag *x = report(p, DIAG_E0302, at, "`%.*s` has no field `%.*s`", STR_ARG(i->decl->name), STR_ARG(name));
    report_suggest(p, x, name, at, &names);
}

static void set(struct program *p, struct instance *i, struct setting s)
{
    if (!decl_field(i->decl, s.name)) {
        unknown_setting(p, i, s.name, s.span);
        return;
    }
    struct setting *old = map_get(&i->settings, s.name);
    if (old && (old->wiring != s.wiring || (!old->spread && !s.spread))) {
        struct diag *x = report(p, DIAG_E0306, s.wiring ? old->span : s.span, "`%.*s` is set twice", STR_ARG(s.name));
        diag_second(p->diags, x, s.wiring ? s.span : old->span, s.wiring ? "the component sets it already" : "first set here");
        return;
    }
    if (old && s.spread && !old->spread)
        return;
    struct setting *n = arena_copy(p->arena, &s, sizeof s);
    map_put(&i->settings, s.name, n);
}

static bool gather_items(struct program *p, struct instance *i, struct frame *f, bool wiring);

static bool gather_spread(struct program *p, struct instance *i, struct frame *f, const struct ast_item *it, bool wiring)
{
    const struct value *v = eval_expr(p, f, it->value);
    if (!v || !(v = eval_decided(p, v, it->value->span, "spread")))
        return false;
    if (v->kind != VALUE_OBJECT && v->kind != VALUE_NONE) {
        report(p, DIAG_E0303, it->value->span, "only an object can be spread here, this is %s", value_kind_name(v->kind));
        return false;
    }
    for (size_t k = 0; v->kind == VALUE_OBJECT && k < v->object.n; k++)
        set(p, i,
            (struct setting){ .name = v->object.v[k].key, .span = it->span, .value = v->object.v[k].value, .frame = f, .item = it, .wiring = wiring,
                              .spread = true });
    return true;
}

static bool gather_sub(struct program *p, struct instance *i, struct frame *f, size_t item, bool wiring)
{
    const struct ast_item *it = f->body->ast->items[item];
    struct str name = it->path.v[0].text;
    if (it->path.n != 1 || !decl_field(i->decl, name)) {
        unknown_setting(p, i, name, it->path.span);
        return false;
    }
    struct sub *s = ARENA_NEW(p->arena, struct sub);
    *s = (struct sub){ .item = it, .body = body_kid(p, f->body, item, false), .frame = f, .label = it->name.text, .wiring = wiring };
    if (it->key) {
        const struct value *k = eval_expr(p, f, it->key);
        bool open = k && k->kind == VALUE_UNKNOWN && p->options.offline && value_phase(k) != PHASE_APPLY;
        if (!k || (!open && !(k = eval_decided(p, k, it->key->span, "key"))))
            return false;
        s->key = open ? STR("*") : value_text(p->arena, k);
    }
    vec_add(&i->subs, s);
    return true;
}

static bool gather_item(struct program *p, struct instance *i, struct frame *f, size_t n, bool wiring)
{
    const struct ast_item *it = f->body->ast->items[n];
    const struct memo *m;
    bool good = true;
    switch (it->kind) {
    case ITEM_SET:
        if (it->path.n != 1) {
            report(p, DIAG_E0307, it->path.span, "set `%.*s` in a block of its own", STR_ARG(it->path.v[0].text));
            return false;
        }
        set(p, i, (struct setting){ .name = it->path.v[0].text, .span = it->path.span, .expr = it->value, .frame = f, .item = it, .wiring = wiring });
        return true;
    case ITEM_SPREAD:
        return gather_spread(p, i, f, it, wiring);
    case ITEM_INSTANCE:
        return gather_sub(p, i, f, n, wiring);
    case ITEM_FOR:
    case ITEM_IF:
        m = item_frames(p, f, n);
        for (size_t k = 0; m && k < m->n; k++)
            good = gather_items(p, i, m->frames[k], wiring) && good;
        return m && good;
    case ITEM_LET:
    case ITEM_ASSERT:
        return true;
    default:
        report(p, DIAG_E0307, it->span, "`%s` cannot stand in a block of settings", ast_item_word(it->kind));
        return false;
    }
}

static bool gather_items(struct program *p, struct instance *i, struct frame *f, bool wiring)
{
    bool good = true;
    for (size_t k = 0; k < f->body->ast->n; k++)
        good = gather_item(p, i, f, k, wiring) && good;
    return good;
}

bool instance_gather(struct program *p, struct instance *i)
{
    if (i->gathered == WORK_BUSY) {
        cell_cycle(p, i, i->addr, i->span);
        i->gathered = WORK_POISON;
    }
    if (i->gathered != WORK_NEW)
        return i->gathered == WORK_DONE;
    if (!cell_enter(p, i->addr, i->span, i))
        return false;
    struct touch *outer = p->touched;
    i->gathered = WORK_BUSY;
    p->touched = NULL;
    bool good = true;
    struct blame b = { p->blame, i->span, "in this block" };
    p->blame = &b;
    for (size_t k = 0; k < i->nparts; k++) {
        struct part *x = &i->parts[k];
        x->block = frame_body(p, x->frame, x->body, x->frame->inst);
        good = gather_items(p, i, x->block, x->wiring) && good;
    }
    p->blame = b.up;
    i->touched = p->touched;
    p->touched = outer;
    cell_leave(p);
    i->gathered = good && i->gathered != WORK_POISON ? WORK_DONE : WORK_POISON;
    return i->gathered == WORK_DONE;
}

/* ---- inputs ---- */

/* The value of a field that was written as a block or blocks: `etcd { }`, `taint x { }`. */
static const struct value *from_blocks(struct program *p, struct instance *i, const struct field *f)
{
    const struct value *out = NULL;
    for (size_t k = 0; k < i->subs.n; k++) {
        const struct sub *s = i->subs.v[k];
        if (!str_eq(s->item->path.v[0].text, f->name))
            continue;
        const struct value *v = eval_body(p, s->frame, s->item->body);
        if (!v)
            return NULL;
        if (!s->label.n) {
            if (out) {
                report(p, DIAG_E0306, s->item->path.span, "`%.*s` is set twice", STR_ARG(f->name));
                return NULL;
            }
            out = v;
            continue;
        }
        struct str label = s->key.s ? str_fmt(p->arena, "%.*s-%.*s", STR_ARG(s->label), STR_ARG(s->key)) : s->label;
        out = value_with(p->arena, out ? out : &value_empty_object, label, v);
    }
    return out;
}

static bool has_block(const struct instance *i, struct str name)
{
    for (size_t k = 0; k < i->subs.n; k++)
        if (str_eq(((struct sub *)i->subs.v[k])->item->path.v[0].text, name))
            return true;
    return false;
}

static const struct value *missing(struct program *p, struct instance *i, const struct field *f)
{
    if (f->provider && p->options.region.n && str_is(f->name, "region"))
        return value_str(p->arena, p->options.region);
    if (f->type->kind == TYPE_OPTIONAL)
        return &value_none;
    if (f->provider && p->options.offline)
        return value_unknown(p->arena, term_param(p->arena, f->name, f->type, f->item->span), f->type, PHASE_PLAN);
    struct diag *x = report(p, DIAG_E0305, i->span, "`%.*s` of `%.*s` is missing", STR_ARG(f->name), STR_ARG(i->addr));
    diag_note(p->diags, x, "it is declared as `%.*s: %.*s`", STR_ARG(f->name), STR_ARG(type_words(p, f->type)));
    diag_help(p->diags, x, "write `%.*s = ...` in the block%s", STR_ARG(f->name), f->provider ? ", or give --region" : "");
    return NULL;
}

static const struct value *input(struct program *p, struct instance *i, const struct field *f)
{
    struct span declared = f->item->type ? f->item->type->span : f->item->span;
    struct str what = str_fmt(p->arena, "`%.*s`", STR_ARG(f->name));
    if (!f->type || f->type->kind == TYPE_ERROR)
        return NULL;
    if (f->slot)
        return slot_value(p, i, f);
    struct setting *s = map_get(&i->settings, f->name);
    const struct value *v;
    if (s && s->expr) {
        v = eval_expr(p, s->frame, s->expr);
        if (v && v->kind != VALUE_NONE)
            return value_fit(p, f->type, v, s->expr, s->span, declared, what);
        if (!v)
            return NULL;
    } else if (s && s->value->kind != VALUE_NONE) {
        return value_fit(p, f->type, s->value, NULL, s->span, declared, what);
    } else if (has_block(i, f->name)) {
        v = from_blocks(p, i, f);
        return v ? value_fit(p, f->type, v, NULL, i->span, declared, what) : NULL;
    }
    v = f->item->value ? eval_as(p, i->inner, f->item->value, f->type, declared, what) : missing(p, i, f);
    if (v && v->kind == VALUE_NONE && f->provider && p->options.region.n && str_is(f->name, "region"))
        return value_str(p->arena, p->options.region);
    return v;
}

const struct value *instance_input(struct program *p, struct instance *i, size_t field)
{
    struct cell *c = &i->inputs[field];
    const struct field *f = &i->decl->fields[field];
    if (c->state == WORK_DONE) {
        cell_touch(p, c->touched);
        return c->value;
    }
    if (c->state == WORK_POISON || !instance_gather(p, i))
        return NULL;
    const struct setting *s = map_get(&i->settings, f->name);
    struct span at = s ? s->span : i->span;
    if (c->state == WORK_BUSY) {
        cell_cycle(p, c, f->name, at);
        c->state = WORK_POISON;
        return NULL;
    }
    if (!cell_enter(p, str_fmt(p->arena, "%.*s.%.*s", STR_ARG(i->addr), STR_ARG(f->name)), at, c))
        return NULL;
    c->state = WORK_BUSY;
    struct blame b = { p->blame, at, "for this field" };
    struct touch *outer = p->touched;
    p->blame = &b;
    p->touched = i->touched;
    const struct value *v = input(p, i, f);
    p->blame = b.up;
    return cell_end(p, c, outer, v);
}

/* ---- what can be read ---- */

static enum phase lookup_phase(struct program *p, struct instance *i)
{
    enum phase phase = PHASE_PLAN;
    for (size_t k = 0; k < i->decl->nfields; k++) {
        const struct value *v = instance_input(p, i, k);
        if (v && value_phase(v) > phase)
            phase = value_phase(v);
    }
    return phase;
}

static const struct value *out_value(struct program *p, struct instance *i, const struct field *o, struct span at)
{
    const struct type *t = o->type ? o->type : &type_any;
    const struct value *known = i->answer ? value_get(i->answer, o->name) : NULL;
    if (known) {
        const struct value *v = type_read(p->arena, t, known);
        return v ? v : known;
    }
    enum phase phase = i->decl->lookup ? lookup_phase(p, i) : PHASE_APPLY;
    return value_unknown(p->arena, term_ref(p->arena, i->addr, o->name, t, at), t, phase);
}

static bool makes_name(const struct term *t, unsigned depth)
{
    bool hit = t->kind == TERM_CALL && str_is(t->name, "fresh");
    for (size_t i = 0; !hit && depth < 64 && i < t->nargs; i++)
        hit = t->args[i] && makes_name(t->args[i], depth + 1);
    return hit;
}

/* A name that kc makes is made once, for the object that bears it: who reads it there waits for it. */
static const struct value *input_read(struct program *p, struct instance *i, const struct field *f, struct span at)
{
    const struct value *v = instance_input(p, i, (size_t)(f - i->decl->fields));
    if (!v || i->decl->kind != DECL_RESOURCE || v->kind != VALUE_UNKNOWN || !v->unknown.term || !makes_name(v->unknown.term, 0))
        return v;
    return value_unknown(p->arena, term_ref(p->arena, i->addr, f->name, f->type, at), f->type, PHASE_APPLY);
}

const struct value *instance_member(struct program *p, struct instance *i, struct str name, struct span at, bool inside)
{
    const struct field *o = decl_out(i->decl, name), *f = decl_field(i->decl, name);
    if (o && i->decl->kind == DECL_RESOURCE)
        return out_value(p, i, o, at);
    if (o) {
        struct sym *s = map_get(&i->decl->body->outs, name);
        return s ? cell_value(p, i->inner, s, at) : NULL;
    }
    if (f && i->decl->kind == DECL_RESOURCE && !i->decl->lookup) {
        struct touch *t = ARENA_NEW(p->arena, struct touch);
        t->inst = i;
        cell_touch(p, t);
    }
    if (f && (inside || i->decl->kind == DECL_RESOURCE))
        return input_read(p, i, f, at);
    struct vec names = { 0 };
    for (size_t k = 0; k < i->decl->nouts; k++)
        names_add(p, &names, i->decl->outs[k].name);
    struct diag *x = report(p, DIAG_E0302, at, "`%.*s` has no out `%.*s`", STR_ARG(i->decl->name), STR_ARG(name));
    report_suggest(p, x, name, SPAN_NONE, &names);
    return NULL;
}

/* ---- provider ---- */

static bool provide(struct program *p, struct instance *i, size_t at, struct str *out)
{
    const struct field *f = &i->decl->fields[at];
    const struct value *v = f->provider ? instance_input(p, i, at) : NULL;
    if (!v || v->kind == VALUE_NONE || (v->kind == VALUE_UNKNOWN && p->options.offline))
        return false;
    const struct setting *s = map_get(&i->settings, f->name);
    struct span where = s && s->expr ? s->expr->span : i->span;
    if (!(v = eval_decided(p, v, where, "provider setting")) || v->kind != VALUE_STRING)
        return false;
    *out = v->s;
    if (str_is(f->name, "region"))
        i->provider_at = where;
    return true;
}

static const struct { const char *name; size_t at; } settings[] = {
    { "region", offsetof(struct provider, region) }, { "profile", offsetof(struct provider, profile) }, { "role", offsetof(struct provider, role) },
    { "endpoint", offsetof(struct provider, endpoint) },
};

bool provider_setting(struct str name)
{
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (str_is(name, settings[i].name))
            return true;
    return false;
}

/* What an instance says itself, over what it stands in says. */
static const struct provider *own_provider(struct program *p, struct instance *i, const struct provider *outer)
{
    struct provider own = *outer;
    bool any = false;
    for (size_t k = 0; i->decl->kind == DECL_COMPONENT && k < i->decl->nfields; k++)
        for (size_t n = 0; n < sizeof settings / sizeof *settings; n++)
            if (str_is(i->decl->fields[k].name, settings[n].name))
                any |= provide(p, i, k, (struct str *)(void *)((char *)&own + settings[n].at));
    if (!any)
        return outer;
    struct provider *kept = ARENA_NEW(p->arena, struct provider);
    *kept = own;
    return kept;
}

const struct provider *instance_provider(struct program *p, struct instance *i)
{
    if (i->provider_state != WORK_NEW)
        return i->provider;
    i->provider_state = WORK_DONE;
    i->provider = &p->provider;                            /* until it is known: an input that asks for it in a ring */
    const struct provider *outer = i->parent ? instance_provider(p, i->parent) : &p->provider;
    i->provider_at = i->parent ? i->parent->provider_at : SPAN_NONE;
    return i->provider = own_provider(p, i, outer);
}
