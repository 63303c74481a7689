/* lower.c - one evaluation: everything the program declares becomes nodes and edges of a graph.
 * Instances are queued as names are expanded; each is built once, in the order made. Edges by @after and @hold are tied last. */
#include "eval.h"


/* ---- asserts ---- */

static void assert_names(struct program *p, struct frame *f, const struct ast_expr *e, struct diag *x, unsigned depth)
{
    if (!e || depth > 8 || x->nnotes >= DIAG_NOTES - 1)
        return;
    bool chain = e->kind == EXPR_FIELD || e->kind == EXPR_NAME;
    if (chain) {
        const struct value *v = eval_expr(p, f, e);
        if (!v || v->kind == VALUE_OBJECT || v->kind == VALUE_REF)
            return;
        struct buf b = { 0 };
        value_print(&b, v);
        struct str text = ast_text(p->sources, e->span);
        for (size_t i = 0; i < x->nnotes; i++)
            if (str_starts(x->notes[i].text, str_fmt(p->arena, "with `%.*s` =", STR_ARG(text)))) {
                buf_fini(&b);
                return;
            }
        if (b.n <= 200)
            diag_note(p->diags, x, "with `%.*s` = %.*s", STR_ARG(text), (int)b.n, b.s);
        buf_fini(&b);
        return;
    }
    if (e->kind == EXPR_FOR) {                             /* what is inside speaks of each element */
        assert_names(p, f, e->bind->source, x, depth + 1);
        return;
    }
    if (e->kind != EXPR_CALL)
        assert_names(p, f, e->a, x, depth + 1);
    assert_names(p, f, e->b, x, depth + 1);
    assert_names(p, f, e->c, x, depth + 1);
    if (e->kind == EXPR_CALL)
        for (size_t i = 0; i < e->args.n; i++)
            assert_names(p, f, e->args.v[i].value, x, depth + 1);
}

static void run_assert(struct program *p, struct frame *f, const struct ast_item *it, struct instance *i)
{
    const struct value *c = eval_expr(p, f, it->value);
    if (!c)
        return;
    if (c->kind == VALUE_BOOL && c->b)
        return;
    if (c->kind != VALUE_BOOL && c->kind != VALUE_UNKNOWN) {
        report(p, DIAG_E0303, it->value->span, "an assertion must be a bool, this is %s", value_kind_name(c->kind));
        return;
    }
    const struct value *m = eval_expr(p, f, it->other);
    if (c->kind == VALUE_BOOL) {
        struct str text = m ? expr_to_text(&p->eval, m, it->other->span) : STR("assertion failed");
        report_eval(p);
        struct diag *x = report(p, DIAG_E0309, it->value->span, "%.*s", STR_ARG(text));
        assert_names(p, f, it->value, x, 0);
        return;
    }
    if (f->open || (p->options.offline && value_phase(c) != PHASE_APPLY))
        return;
    struct str addr = address_name(p->arena, i ? i->addr : STR(""), str_fmt(p->arena, "assert_%u", ++p->asserts));
    struct node *n = graph_add(p->graph, NODE_ASSERT, addr, it->span);
    if (!n || !m)
        return;
    n->value = c;
    n->message = m;
    if (i)
        n->provider = instance_provider(p, i);
}

/* ---- marks ---- */

static void target_ref(void *user, const struct term *ref)
{
    struct { struct program *p; struct vec *out; } *u = user;
    struct instance *i = instance_at(u->p, ref->name);
    if (i)
        vec_add(u->out, i);
}

void targets_of(struct program *p, const struct value *v, struct vec *out)
{
    struct { struct program *p; struct vec *out; } u = { p, out };
    if (v->kind == VALUE_REF && instance_at(p, v->addr))
        vec_add(out, instance_at(p, v->addr));
    else if (v->kind == VALUE_OBJECT)
        for (size_t i = 0; i < v->object.n; i++)
            targets_of(p, v->object.v[i].value, out);
    else if (v->kind == VALUE_LIST)
        for (size_t i = 0; i < v->list.n; i++)
            targets_of(p, v->list.v[i], out);
    else if (v->kind == VALUE_UNKNOWN)
        value_refs(v, target_ref, &u);
}

static void tie_annots(struct program *p, struct instance *i, struct ast_annots annots, struct frame *f)
{
    for (size_t k = 0; k < annots.n; k++) {
        const struct ast_annot *a = &annots.v[k];
        bool hold = a->path.n == 1 && str_is(a->path.v[0].text, "hold");
        if (!hold && !(a->path.n == 1 && str_is(a->path.v[0].text, "after")))
            continue;
        for (size_t j = 0; j < a->args.n; j++) {
            const struct value *v = eval_expr(p, f, a->args.v[j].value);
            if (v)
                targets_of(p, v, &i->after[hold]);
        }
    }
}

/* What @after and @hold of an instance name: the user's annotations and those of wiring. */
static void tie(struct program *p, struct instance *i)
{
    if (i->tied)
        return;
    i->tied = true;
    for (size_t k = 0; k < i->nparts; k++)
        tie_annots(p, i, i->parts[k].item->annots, i->parts[k].frame);
    if (!i->nparts && i->item)
        tie_annots(p, i, i->item->annots, i->around);
}

static void gate_inside(struct program *p, struct node *gate, const struct instance *i, struct span at)
{
    for (const struct instance *k = i->kids; k; k = k->next) {
        if (k->node)
            graph_edge(p->graph, gate, k->node, EDGE_AFTER, at);
        gate_inside(p, gate, k, at);
    }
}

static struct node *gate_of(struct program *p, struct instance *i)
{
    if (i->decl->kind == DECL_RESOURCE)
        return i->node;
    if (!i->gate && (i->gate = graph_add(p->graph, NODE_GATE, i->addr, i->span))) {
        i->gate->provider = instance_provider(p, i);
        gate_inside(p, i->gate, i, i->span);
    }
    return i->gate;
}

/* An input read from another resource is known, yet the other must be there first: a data edge. */
static void tie_touched(struct program *p, struct instance *i, struct touch *t, struct span at)
{
    for (; t && t->seen != p->walks; t = t->a) {
        t->seen = p->walks;
        if (t->inst && t->inst != i && t->inst->node)
            graph_edge(p->graph, i->node, t->inst->node, EDGE_DATA, at);
        tie_touched(p, i, t->b, at);
    }
}

static void tie_node(struct program *p, struct instance *i)
{
    p->walks++;
    for (size_t k = 0; k < i->decl->nfields; k++)
        tie_touched(p, i, i->inputs[k].touched, i->node->field_spans[k]);
    for (struct instance *x = i; x; x = x->parent) {
        tie(p, x);
        for (int hold = 0; hold < 2; hold++)
            for (size_t k = 0; k < x->after[hold].n; k++) {
                struct node *to = gate_of(p, x->after[hold].v[k]);
                if (to && to != i->node)
                    graph_edge(p->graph, i->node, to, hold ? EDGE_HOLD : EDGE_AFTER, x->span);
            }
    }
}

static const struct ast_annot *mark(const struct instance *i, const char *name)
{
    for (size_t k = 0; k < i->nparts; k++) {
        const struct ast_annot *a = ast_annot(i->parts[k].item->annots, name);
        if (a)
            return a;
    }
    return NULL;
}

static struct frame *mark_frame(const struct instance *i, const char *name)
{
    for (size_t k = 0; k < i->nparts; k++)
        if (ast_annot(i->parts[k].item->annots, name))
            return i->parts[k].frame;
    return NULL;
}

static void set_protect(struct program *p, struct node *n, struct instance *i)
{
    for (; i; i = i->parent) {
        const struct ast_annot *a = mark(i, "protect");
        if (!a)
            continue;
        n->protect.set = true;
        n->protect.on = true;
        if (a->args.n) {
            const struct value *v = eval_expr(p, mark_frame(i, "protect"), a->args.v[0].value);
            v = v ? eval_decided(p, v, a->args.v[0].span, "mark") : NULL;
            if (v && v->kind != VALUE_BOOL)
                diag_help(p->diags, report(p, DIAG_E0303, a->args.v[0].span, "`@protect` takes true or false"), "write `@protect` or `@protect(false)`");
            n->protect.on = !v || v->kind != VALUE_BOOL || v->b;
        }
        return;
    }
}

static void set_ignore(struct program *p, struct node *n, const struct instance *i)
{
    const struct ast_annot *a = mark(i, "ignore");
    if (!a)
        return;
    struct str *v = ARENA_ARRAY(p->arena, struct str, a->args.n);
    for (size_t k = 0; k < a->args.n; k++) {
        const struct ast_expr *e = a->args.v[k].value;
        struct str name = e->kind == EXPR_LITERAL && e->value->kind == VALUE_STRING ? e->value->s : ast_text(p->sources, e->span);
        if (!decl_field(i->decl, name)) {
            struct vec names = { 0 };
            for (size_t j = 0; j < i->decl->nfields; j++)
                names_add(p, &names, i->decl->fields[j].name);
            report_suggest(p, report(p, DIAG_E0302, e->span, "`%.*s` has no field `%.*s`", STR_ARG(i->decl->name), STR_ARG(name)), name, e->span, &names);
            continue;
        }
        v[n->nignore++] = name;
    }
    n->ignore = v;
}

static void set_marks(struct program *p, struct node *n, struct instance *i)
{
    const struct ast_annot *a;
    set_protect(p, n, i);
    set_ignore(p, n, i);
    n->pin = mark(i, "pin") != NULL;
    if ((a = mark(i, "adopt")) && a->args.n) {
        const struct value *v = eval_expr(p, mark_frame(i, "adopt"), a->args.v[0].value);
        v = v ? eval_decided(p, v, a->args.v[0].span, "id to adopt") : NULL;
        if (v && v->kind == VALUE_STRING && str_trim(v->s).n)
            n->adopt = v->s;
        else if (v)
            diag_help(p->diags, report(p, DIAG_E0304, a->args.v[0].span, "`@adopt` takes what AWS calls the object, and this is %s",
                                       v->kind == VALUE_STRING ? "empty" : "no text"), "write the id that AWS shows");
    }
    if ((a = mark(i, "replace")) && a->args.n) {
        const struct ast_expr *e = a->args.v[0].value;
        struct str how = e->kind == EXPR_LITERAL && e->value->kind == VALUE_STRING ? e->value->s : ast_text(p->sources, e->span);
        if (str_is(how, "create_first"))
            n->replace = REPLACE_CREATE_FIRST;
        else if (str_is(how, "delete_first"))
            n->replace = REPLACE_DELETE_FIRST;
        else
            diag_help(p->diags, report(p, DIAG_E0304, e->span, "`@replace` takes `create_first` or `delete_first`"), "write @replace(create_first)");
    }
}

/* ---- instances ---- */

static void run_asserts(struct program *p, const struct ast_body *b, struct frame *f, struct instance *i)
{
    for (size_t k = 0; k < b->n; k++)
        if (b->items[k]->kind == ITEM_ASSERT)
            run_assert(p, f, b->items[k], i);
}

/* Asserts in an instance's block see the block's fields too. */
static void block_asserts(struct program *p, struct instance *i)
{
    for (size_t k = 0; k < i->nparts; k++) {
        if (!i->parts[k].block)
            continue;
        struct frame *f = ARENA_NEW(p->arena, struct frame);
        *f = (struct frame){ .kind = FRAME_SELF, .up = i->parts[k].block, .module = i->parts[k].block->module, .inst = i, .open = i->open };
        run_asserts(p, i->parts[k].item->body, f, i);
        for (size_t j = 0; j < i->parts[k].block->body->ast->n; j++) {
            struct sym *s = NULL;
            const struct ast_item *it = i->parts[k].block->body->ast->items[j];
            if (it->kind == ITEM_LET && (s = body_sym(i->parts[k].block->body, it->name.text)))
                cell_value(p, i->parts[k].block, s, it->span);
        }
    }
}

/* What an object is known by is shown, stored and put into messages. */
static bool names_openly(struct program *p, struct pair field, struct span at)
{
    if (!value_has_secret(field.value))
        return true;
    report(p, DIAG_E0304, at, "a secret cannot be `%.*s`: the object is known by it, and that is shown and stored", STR_ARG(field.key));
    return false;
}

static struct span users_block(const struct program *p, const struct instance *i)
{
    const struct source *s = sources_get(p->sources, i->span.file);
    return s && s->std && i->parent ? users_block(p, i->parent) : i->span;
}

static void build_resource(struct program *p, struct instance *i)
{
    struct decl *d = i->decl;
    const struct rtype *t = rtype_of(p, d);
    struct pair *in = ARENA_ARRAY(p->arena, struct pair, d->nfields);
    struct span *at = ARENA_ARRAY(p->arena, struct span, d->nfields);
    bool good = t != NULL;
    for (size_t k = 0; k < d->nfields; k++) {
        const struct setting *s = map_get(&i->settings, d->fields[k].name);
        in[k] = (struct pair){ d->fields[k].name, instance_input(p, i, k) };
        s = s ? s : map_get(&i->settings, d->fields[k].name);
        at[k] = s ? s->span : SPAN_NONE;
        good = good && in[k].value && (!t->fields[k].identity || names_openly(p, in[k], s ? s->span : i->span));
    }
    if (!good)
        return;
    run_asserts(p, d->item->body, i->inner, i);
    struct node *n = graph_add(p->graph, d->lookup ? NODE_LOOKUP : NODE_RESOURCE, i->addr, i->span);
    if (!n)
        return;
    i->node = n;
    n->block = users_block(p, i);
    n->type = t;
    n->inputs = rtype_mark(p->arena, t, value_object(p->arena, in, d->nfields));
    n->field_spans = at;
    n->provider = instance_provider(p, i);
    n->provider_at = i->provider_at;
    n->doc = i->item ? i->item->doc : STR_NONE;
    graph_type(p->graph, t);
    mades_fit(p, n);
    set_marks(p, n, i);
}

struct outing {                                            /* outs become nodes last: a resource of that address comes first */
    struct frame *frame;
    const struct ast_item *item;
    struct str base;
};

static void queue_out(struct program *p, struct frame *f, const struct ast_item *it, struct str base)
{
    struct outing *o = ARENA_NEW(p->arena, struct outing);
    *o = (struct outing){ f, it, base };
    vec_add(&p->outs, o);
}

static void secret_ref(void *user, const struct term *ref)
{
    bool *secret = user;
    *secret = *secret || (ref->type && ref->type->kind == TYPE_SECRET);
}

static void add_out(struct program *p, struct frame *f, const struct ast_item *it, struct str base)
{
    struct sym *s = map_get(&f->body->outs, it->name.text);
    const struct value *v = s ? cell_value(p, f, s, it->span) : NULL;
    struct str addr = address_name(p->arena, base, it->name.text);
    if (!v)
        return;
    struct node *n = graph_add(p->graph, NODE_OUT, addr, it->name.span);
    if (!n)
        n = graph_add(p->graph, NODE_OUT, address_name(p->arena, addr, STR("out")), it->name.span);
    if (!n)
        return;
    n->value = v;
    n->out_type = it->type ? type_syntax(p, f->module, it->type) : v->kind == VALUE_UNKNOWN ? v->unknown.type : type_of(p->arena, v);
    n->secret = value_has_secret(v) || n->out_type->kind == TYPE_SECRET;
    value_refs(v, secret_ref, &n->secret);
    n->doc = it->doc;
}

static void force(struct program *p, struct frame *f, struct sym *s, struct span at)
{
    if (s)
        cell_value(p, f, s, at);
}

static struct frame *owner_frame(struct frame *f)
{
    while (f && f->body->owner != f->body)
        f = f->up;
    return f;
}

/* Everything in a body that owns instances: its own items and those of its fors and ifs. */
static void build_frame(struct program *p, struct frame *f, struct instance *i, bool outs)
{
    struct frame *owner = owner_frame(f);
    for (size_t k = 0; k < f->body->ast->n; k++) {
        const struct ast_item *it = f->body->ast->items[k];
        const struct memo *m;
        switch (it->kind) {
        case ITEM_LET:
            force(p, body_sym(f->body, it->name.text) ? f : owner, body_sym(body_sym(f->body, it->name.text) ? f->body : owner->body, it->name.text), it->span);
            break;
        case ITEM_PARAM:
            force(p, f, body_sym(f->body, it->name.text), it->span);
            break;
        case ITEM_OUT:
            if (outs)
                queue_out(p, f, it, i ? i->addr : STR(""));
            force(p, f, map_get(&f->body->outs, it->name.text), it->span);
            break;
        case ITEM_INSTANCE:
            if (it->name.text.n && !(it->path.n == 1 && owner->body->decl && decl_field(owner->body->decl, it->path.v[0].text)))
                force(p, owner, body_sym(owner->body, it->name.text), it->span);
            break;
        case ITEM_ASSERT:
            run_assert(p, f, it, i);
            break;
        case ITEM_MOVED:
            moved_add(p, it, i);
            break;
        case ITEM_FOR:
        case ITEM_IF:
            m = item_frames(p, f, k);
            for (size_t j = 0; m && j < m->n; j++)
                build_frame(p, m->frames[j], i, false);
            break;
        default:
            break;
        }
    }
}

/* The instance and those around it: the last one stands in a user's file. */
static struct blame *blame_chain(struct program *p, const struct instance *i)
{
    struct blame *b = ARENA_NEW(p->arena, struct blame);
    *b = (struct blame){ i->parent ? blame_chain(p, i->parent) : NULL, i->span, "in this instance" };
    return b;
}

static void build(struct program *p, struct instance *i)
{
    i->built = true;
    p->blame = blame_chain(p, i);
    instance_provider(p, i);
    if (i->decl->kind == DECL_RESOURCE) {
        build_resource(p, i);
    } else {
        for (size_t k = 0; k < i->decl->nfields; k++)
            instance_input(p, i, k);
        build_frame(p, i->inner, i, !i->parent);
    }
    block_asserts(p, i);
    p->blame = NULL;
}

static void build_module(struct program *p, struct module *m)
{
    if (m->std || !m->body)
        return;
    build_frame(p, module_frame(p, m), NULL, m == p->root);
}

static void collect_params(struct program *p)
{
    struct vec v = { 0 };
    for (size_t k = 0; k < p->modules.n; k++) {
        struct module *m = p->modules.e[k].value;
        for (size_t j = 0; !m->std && m->body && j < m->body->syms.n; j++) {
            struct sym *s = m->body->syms.e[j].value;
            const struct value *x = s->kind == SYM_PARAM ? cell_value(p, module_frame(p, m), s, s->span) : NULL;
            if (!x || !value_is_known(x) || value_has_secret(x))
                continue;
            struct pair *pair = ARENA_NEW(p->arena, struct pair);
            *pair = (struct pair){ s->name, x };
            vec_add(&v, pair);
        }
    }
    struct pair *out = ARENA_ARRAY(p->arena, struct pair, v.n);
    for (size_t k = 0; k < v.n; k++)
        out[k] = *(struct pair *)v.v[k];
    p->graph->params = value_object(p->arena, out, v.n);
    vec_fini(&v);
}

void lower_fini(struct program *p)
{
    for (size_t k = 0; k < p->built.n; k++) {
        struct instance *i = p->built.v[k];
        map_fini(&i->settings);
        vec_fini(&i->subs);
        vec_fini(&i->after[0]);
        vec_fini(&i->after[1]);
    }
    for (size_t k = 0; k < p->groups.n; k++)
        map_fini(&((struct group *)p->groups.v[k])->keys);
    keep_fini(p);
    vec_fini(&p->built);
    vec_fini(&p->groups);
    vec_fini(&p->moved);
    vec_fini(&p->outs);
    vec_fini(&p->trail);
    vec_fini(&p->checking);
    vec_fini(&p->calls);
    map_fini(&p->instances);
    map_fini(&p->open);
}

void lower_all(struct program *p)
{
    lower_fini(p);
    for (size_t k = 0; k < p->modules.n; k++)
        ((struct module *)p->modules.e[k].value)->frame = NULL;
    p->graph = graph_new(p->arena);
    p->asserts = 0;
    p->loops = 0;
    p->blame = NULL;
    p->touched = NULL;
    eval_begin(p);
    for (size_t k = 0; k < p->modules.n; k++)
        build_module(p, p->modules.e[k].value);
    for (size_t k = 0; k < p->built.n; k++)
        build(p, p->built.v[k]);
    for (size_t k = 0; k < p->built.n; k++)
        if (((struct instance *)p->built.v[k])->node)
            tie_node(p, p->built.v[k]);
    for (size_t k = 0; k < p->built.n; k++)
        if (((struct instance *)p->built.v[k])->node)
            keep_collect(p, p->built.v[k]);
    for (size_t k = 0; k < p->outs.n; k++) {
        const struct outing *o = p->outs.v[k];
        add_out(p, o->frame, o->item, o->base);
    }
    collect_params(p);
    lost_report(p);
}
