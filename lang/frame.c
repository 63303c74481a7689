/* frame.c - bodies at work: cells computed on demand and once, turns of for, branches of if, the instances of a name.
 * A cell that is needed while it is being computed is a cycle, reported once with the whole path. */
#include "eval.h"

struct step {
    struct str name;
    struct span at;
    const void *what;
};

struct frame *frame_body(struct program *p, struct frame *up, struct body *b, struct instance *inst)
{
    struct frame *f = ARENA_NEW(p->arena, struct frame);
    *f = (struct frame){ .kind = FRAME_BODY, .up = up, .module = b->module, .body = b, .inst = inst };
    f->cells = ARENA_ARRAY(p->arena, struct cell, b->nsyms);
    f->memo = ARENA_ARRAY(p->arena, struct memo *, b->ast->n);
    f->open = up && up->open;
    return f;
}

struct frame *frame_vars(struct program *p, struct frame *up, const struct var *v, size_t n)
{
    struct frame *f = ARENA_NEW(p->arena, struct frame);
    *f = (struct frame){ .kind = FRAME_VARS, .up = up, .module = up->module, .vars = v, .nvars = n, .open = up->open };
    return f;
}

struct frame *module_frame(struct program *p, struct module *m)
{
    if (!m->frame)
        m->frame = frame_body(p, NULL, m->body, NULL);
    return m->frame;
}

bool cell_enter(struct program *p, struct str name, struct span at, const void *what)
{
    if (p->trail.n >= CELL_DEPTH) {
        report(p, DIAG_E0403, at, "`%.*s` is nested too deep: more than %d definitions wait for each other", STR_ARG(name), CELL_DEPTH);
        return false;
    }
    struct step *s = ARENA_NEW(p->arena, struct step);
    *s = (struct step){ name, at, what };
    vec_add(&p->trail, s);
    return true;
}

void cell_leave(struct program *p)
{
    vec_pop(&p->trail);
}

const struct value *cell_end(struct program *p, struct cell *c, struct touch *outer, const struct value *v)
{
    c->touched = p->touched;
    p->touched = outer;
    cell_touch(p, c->touched);
    cell_leave(p);
    if (c->state == WORK_POISON)
        return NULL;
    c->state = v ? WORK_DONE : WORK_POISON;
    c->value = v;
    return v;
}

void cell_cycle(struct program *p, const void *what, struct str name, struct span at)
{
    size_t i = p->trail.n;
    while (i && ((struct step *)p->trail.v[i - 1])->what != what)
        i--;
    if (i)
        i--;
    struct buf b = { 0 };
    const struct step *first = i < p->trail.n ? p->trail.v[i] : NULL;
    for (size_t k = i; k < p->trail.n; k++)
        buf_fmt(&b, "%.*s -> ", STR_ARG(((struct step *)p->trail.v[k])->name));
    buf_str(&b, name);
    struct diag *x = report(p, DIAG_E0402, first ? first->at : at, "`%.*s` is defined by itself: %.*s", STR_ARG(name), (int)b.n, b.s);
    for (size_t k = i + 1; k < p->trail.n && k < i + 4; k++)
        diag_second(p->diags, x, ((struct step *)p->trail.v[k])->at, "through `%.*s`", STR_ARG(((struct step *)p->trail.v[k])->name));
    buf_fini(&b);
}

/* ---- parameters ---- */

static const struct pair *given(const struct program *p, struct str name)
{
    for (size_t i = 0; i < p->options.nparams; i++)
        if (str_eq(p->options.params[i].key, name))
            return &p->options.params[i];
    return NULL;
}

static bool textual(const struct type *t)
{
    t = type_strip(t);
    if (t->kind == TYPE_UNION) {
        for (size_t i = 0; i < t->nalt; i++)
            if (!textual(t->alt[i]))
                return false;
        return true;
    }
    return t->kind == TYPE_STRING || t->kind == TYPE_ID || t->kind == TYPE_ARN || t->kind == TYPE_DOCUMENT ||
           (t->kind == TYPE_LITERAL && t->literal->kind == VALUE_STRING);
}

/* The text given for a parameter, read as its type: text as it is, everything else as an expression of the language. */
static const struct value *param_read(struct program *p, const struct sym *s, const struct type *t, struct str text)
{
    if (textual(t))
        return value_string(p->arena, text);
    struct str source = str_fmt(p->arena, "let value = %.*s", STR_ARG(text));
    uint32_t file = sources_add(p->sources, (struct source){ .path = str_fmt(p->arena, "--set %.*s", STR_ARG(s->name)), .text = source });
    struct diags quiet;
    diags_init(&quiet);
    const struct ast_file *f = ast_parse(p->arena, p->sources, file, &quiet);
    bool good = !quiet.errors && f->body.n == 1 && f->body.items[0]->kind == ITEM_LET;
    diags_fini(&quiet);
    if (good)
        return eval_expr(p, module_frame(p, s->home->module), f->body.items[0]->value);
    return value_string(p->arena, text);
}

/* A secret is not shown, not even a wrong one. */
static bool hides(const struct type *t)
{
    for (; t; t = t->elem)
        if (t->kind == TYPE_SECRET)
            return true;
    return false;
}

static const struct value *param_value(struct program *p, struct frame *f, struct sym *s)
{
    const struct type *t = s->item->type ? type_syntax(p, f->module, s->item->type) : &type_any;
    const struct pair *text = given(p, s->name);
    struct str what = str_fmt(p->arena, "parameter `%.*s`", STR_ARG(s->name));
    const struct value *v;
    if (t->kind == TYPE_ERROR)
        return NULL;
    if (text) {
        if (!(v = param_read(p, s, t, text->value->s)))
            return NULL;
        struct type_mistake m = { 0 };
        const struct value *x = type_admit(&p->eval, t, v, &m);
        if (!x && p->eval.failed)
            report_eval(p);
        else if (!x)
            diag_second(p->diags, report(p, DIAG_E0505, SPAN_NONE, "parameter `%.*s`%.*s: %.*s", STR_ARG(s->name), STR_ARG(m.path),
                                         STR_ARG(hides(t) ? STR("the value does not fit") : m.what)), s->span,
                        "declared here as `%.*s`", STR_ARG(type_words(p, t)));
        return x;
    }
    if (s->item->value)
        return eval_as(p, f, s->item->value, t, s->item->type ? s->item->type->span : s->span, what);
    if (t->kind == TYPE_OPTIONAL)
        return &value_none;
    if (p->options.offline)
        return value_unknown(p->arena, term_param(p->arena, str_fmt(p->arena, "param %.*s", STR_ARG(s->name)), t, s->span), t, PHASE_PLAN);
    diag_help(p->diags, report(p, DIAG_E0505, s->span, "parameter `%.*s` has no value", STR_ARG(s->name)), "give it one: --set %.*s=..., or KC_PARAM_%.*s",
              STR_ARG(s->name), STR_ARG(s->name));
    return NULL;
}

/* ---- cells ---- */

void cell_touch(struct program *p, struct touch *t)
{
    if (!t || t == p->touched)
        return;
    if (!p->touched) {
        p->touched = t;
        return;
    }
    struct touch *both = ARENA_NEW(p->arena, struct touch);
    *both = (struct touch){ .a = p->touched, .b = t };
    p->touched = both;
}

static const struct value *group_value(struct program *p, const struct group *g)
{
    if (!g)
        return NULL;
    if (!g->keyed)
        return g->one ? value_ref(p->arena, g->one->addr) : &value_none;
    struct pair *v = ARENA_ARRAY(p->arena, struct pair, g->keys.n);
    for (size_t i = 0; i < g->keys.n; i++)
        v[i] = (struct pair){ g->keys.e[i].key, value_ref(p->arena, ((struct instance *)g->keys.e[i].value)->addr) };
    return value_object(p->arena, v, g->keys.n);
}

static const struct value *typed_expr(struct program *p, struct frame *f, const struct ast_item *it)
{
    struct str what = str_fmt(p->arena, "`%.*s`", STR_ARG(it->name.text));
    if (!it->value)
        return NULL;
    if (!it->type)
        return eval_expr(p, f, it->value);
    const struct type *t = type_syntax(p, f->module, it->type);
    return t->kind == TYPE_ERROR ? NULL : eval_as(p, f, it->value, t, it->type->span, what);
}

/* A let inside an if: found in the branch that is taken. False: poison. */
static bool find_let(struct program *p, struct frame *f, size_t item, struct str name, struct frame **in, const struct ast_item **out)
{
    const struct ast_item *it = f->body->ast->items[item];
    const struct body *kid = f->body->kid[item], *other = f->body->other[item];
    if (it->kind == ITEM_LET && str_eq(it->name.text, name)) {
        *in = f;
        *out = it;
        return true;
    }
    if (it->kind != ITEM_IF || !(map_has(&kid->inside, name) || (other && map_has(&other->inside, name))))
        return true;
    const struct memo *m = item_frames(p, f, item);
    for (size_t i = 0; m && !*in && i < m->n; i++)
        for (size_t k = 0; !*in && k < m->frames[i]->body->ast->n; k++)
            if (!find_let(p, m->frames[i], k, name, in, out))
                return false;
    return m != NULL;
}

static const struct value *let_value(struct program *p, struct frame *f, const struct sym *s, struct span at)
{
    struct frame *in = NULL;
    const struct ast_item *it = NULL;
    if (!s->optional)
        return typed_expr(p, f, s->item);
    for (size_t i = 0; i < s->items.n && !in; i++)
        if (!find_let(p, f, (size_t)(uintptr_t)s->items.v[i], s->name, &in, &it))
            return NULL;
    if (in)
        return typed_expr(p, in, it);
    diag_second(p->diags, report(p, DIAG_E0304, at, "`%.*s` is not there: its `if` is not taken", STR_ARG(s->name)), s->span, "declared here");
    return NULL;
}

static const struct value *compute(struct program *p, struct frame *f, struct sym *s, struct span at)
{
    switch (s->kind) {
    case SYM_PARAM:
        return param_value(p, f, s);
    case SYM_LET:
        return let_value(p, f, s, at);
    case SYM_OUT:
        return typed_expr(p, f, s->item);
    case SYM_INPUT:
        return f->inst ? instance_input(p, f->inst, (size_t)(decl_field(f->inst->decl, s->name) - f->inst->decl->fields)) : NULL;
    case SYM_INSTANCE:
        return group_value(p, group_of(p, f, s));
    case SYM_VAR:
        break;
    }
    return NULL;
}

const struct value *cell_value(struct program *p, struct frame *f, struct sym *s, struct span at)
{
    struct cell *c = &f->cells[s->index];
    if (c->state == WORK_DONE) {
        cell_touch(p, c->touched);
        return c->value;
    }
    if (c->state == WORK_POISON)
        return NULL;
    if (s->kind == SYM_INPUT)
        return compute(p, f, s, at);
    if (c->state == WORK_BUSY) {
        cell_cycle(p, c, s->name, at);
        c->state = WORK_POISON;
        return NULL;
    }
    if (!cell_enter(p, s->name, s->span, c))
        return NULL;
    struct touch *outer = p->touched;
    c->state = WORK_BUSY;
    p->touched = NULL;
    const struct value *v = compute(p, f, s, at);
    return cell_end(p, c, outer, v);
}

/* ---- for and if as items ---- */

struct turning {
    struct program *p;
    struct frame *frame;
    struct body *kid;
    struct vec frames;
};

static bool turn_frame(void *user, struct frame *vars, const struct value *key, const struct value *v, const struct value *cond)
{
    struct turning *t = user;
    struct program *p = t->p;
    (void)vars;
    bool open = cond && p->options.offline && value_phase(cond) != PHASE_APPLY;
    if (cond && !open && !eval_decided(p, cond, t->kid->bind->cond->span, "condition"))
        return false;
    struct frame *f = frame_body(p, t->frame, t->kid, t->frame->inst);
    size_t n = 0;
    if (t->kid->bind->key.text.n)
        f->cells[n++] = (struct cell){ .state = WORK_DONE, .value = key };
    f->cells[n] = (struct cell){ .state = WORK_DONE, .value = v };
    f->open = f->open || open || v->kind == VALUE_UNKNOWN;
    vec_add(&t->frames, f);
    return true;
}

/* Offline, a list that only the plan knows: one turn, its variables open. */
static bool open_turn(struct turning *t, const struct value *source)
{
    struct program *p = t->p;
    const struct ast_bind *b = t->kid->bind;
    const struct type *s = type_strip(source->unknown.type), *elem = s->elem ? s->elem : &type_any;
    const struct type *key = s->kind == TYPE_MAP ? &type_string : &type_int;
    const struct value *v = value_unknown(p->arena, term_param(p->arena, b->value.text, elem, b->value.span), elem, PHASE_PLAN);
    const struct value *k = value_unknown(p->arena, term_param(p->arena, b->key.text, key, b->key.span), key, PHASE_PLAN);
    return turn_frame(t, t->frame, k, v, NULL);
}

static bool loop_frames(struct program *p, struct frame *f, size_t item, struct memo *m)
{
    const struct ast_item *it = f->body->ast->items[item];
    struct turning t = { p, f, f->body->kid[item], { 0 } };
    const struct value *source = loop_source(p, f, it->bind);
    bool good = false;
    if (source && source->kind == VALUE_UNKNOWN && p->options.offline && value_phase(source) != PHASE_APPLY)
        good = open_turn(&t, source);
    else if (source && (source = eval_decided(p, source, it->bind->source->span, "source of `for`")))
        good = eval_turns(p, f, it->bind, source, turn_frame, &t);
    m->frames = arena_copy(p->arena, t.frames.v, t.frames.n * sizeof *m->frames);
    m->n = t.frames.n;
    vec_fini(&t.frames);
    return good;
}

static bool open_frames(struct program *p, struct frame *f, size_t item, struct memo *m)
{
    m->frames = ARENA_ARRAY(p->arena, struct frame *, 2);
    for (int other = 0; other < 2; other++) {
        struct body *kid = other ? f->body->other[item] : f->body->kid[item];
        if (!kid)
            continue;
        struct frame *k = frame_body(p, f, kid, f->inst);
        k->open = true;
        m->frames[m->n++] = k;
    }
    return true;
}

static bool branch(struct program *p, struct frame *f, size_t item, struct memo *m)
{
    const struct ast_item *it = f->body->ast->items[item];
    const struct value *c = eval_expr(p, f, it->value);
    if (!c)
        return false;
    if (c->kind == VALUE_UNKNOWN && p->options.offline && value_phase(c) != PHASE_APPLY)
        return open_frames(p, f, item, m);
    if (!(c = eval_decided(p, c, it->value->span, "condition")))
        return false;
    if (c->kind != VALUE_BOOL) {
        report(p, DIAG_E0303, it->value->span, "a condition must be a bool, this is %s", value_kind_name(c->kind));
        return false;
    }
    struct body *kid = c->b ? f->body->kid[item] : f->body->other[item];
    if (!kid)
        return true;
    m->frames = ARENA_ARRAY(p->arena, struct frame *, 1);
    m->frames[m->n++] = frame_body(p, f, kid, f->inst);
    return true;
}

struct memo *item_frames(struct program *p, struct frame *f, size_t item)
{
    struct memo *m = f->memo[item];
    const struct ast_item *it = f->body->ast->items[item];
    if (!m) {
        m = f->memo[item] = ARENA_NEW(p->arena, struct memo);
        if (!cell_enter(p, it->kind == ITEM_FOR ? STR("for") : STR("if"), it->span, m))
            return NULL;
        struct touch *outer = p->touched;
        m->state = WORK_BUSY;
        bool good;
        good = it->kind == ITEM_IF ? branch(p, f, item, m) : loop_frames(p, f, item, m);
        p->touched = outer;
        cell_leave(p);
        m->state = good && m->state != WORK_POISON ? WORK_DONE : WORK_POISON;
    } else if (m->state == WORK_BUSY) {
        cell_cycle(p, m, it->kind == ITEM_FOR ? STR("for") : STR("if"), it->span);
        m->state = WORK_POISON;
    }
    return m->state == WORK_DONE ? m : NULL;
}

/* ---- the instances of a name ---- */

static struct instance *make_one(struct program *p, struct frame *f, size_t item, struct group *g, struct sym *s)
{
    const struct ast_item *it = f->body->ast->items[item];
    struct instance *home = f->inst;
    struct str base = address_name(p->arena, home ? home->addr : STR(""), s->name), key = STR_NONE;
    const struct value *k = NULL;
    if (it->key) {
        if (!(k = eval_expr(p, f, it->key)))
            return NULL;
        bool open = k->kind == VALUE_UNKNOWN && p->options.offline && value_phase(k) != PHASE_APPLY;
        if (!open && !(k = eval_decided(p, k, it->key->span, "key")))
            return NULL;
        if (!open && k->kind != VALUE_STRING && k->kind != VALUE_INT && k->kind != VALUE_CIDR && k->kind != VALUE_IP) {
            report(p, DIAG_E0303, it->key->span, "a key must be text, this is %s", value_kind_name(k->kind));
            return NULL;
        }
        if (!open && value_has_secret(k)) {
            report(p, DIAG_E0304, it->key->span, "a secret cannot be a key: keys are shown and stored");
            return NULL;
        }
        key = open ? STR("*") : value_text(p->arena, k);
        base = open ? str_fmt(p->arena, "%.*s[*]", STR_ARG(base)) : address_key(p->arena, base, key);
    }
    struct instance *old = it->key ? map_get(&g->keys, key) : g->one;
    if (old && (f->open || old->open))
        return NULL;
    if (old) {
        struct diag *x = report(p, DIAG_E0306, it->key ? it->key->span : it->name.span, "%.*s exists already", STR_ARG(base));
        diag_second(p->diags, x, old->span, "the first one");
        return NULL;
    }
    struct decl *d = find_decl(p, f->module, &it->path);
    if (!d || (d->kind != DECL_RESOURCE && d->kind != DECL_COMPONENT))
        return NULL;
    struct instance *i = instance_new(p, base, d, home, it->name.span);
    if (!i)
        return NULL;
    i->label = it->key ? str_fmt(p->arena, "%.*s-%.*s", STR_ARG(s->name), STR_ARG(key)) : s->name;
    i->open = f->open || (k && k->kind == VALUE_UNKNOWN);
    i->item = it;
    i->around = f;
    part_add(p, i, it, body_kid(p, f->body, item, false), f, false);
    if (it->key)
        map_put(&g->keys, key, i);
    else
        g->one = i;
    if (it->key && k->kind == VALUE_UNKNOWN)
        g->any = i;
    return i;
}

static bool walk(struct program *p, struct frame *f, size_t item, struct group *g, struct sym *s)
{
    const struct ast_item *it = f->body->ast->items[item];
    if (it->kind == ITEM_INSTANCE) {
        if (str_eq(it->name.text, s->name) && !(it->path.n == 1 && s->home->decl && decl_field(s->home->decl, it->path.v[0].text)))
            make_one(p, f, item, g, s);
        return true;
    }
    const struct body *kid = f->body->kid[item], *other = f->body->other[item];
    if ((it->kind != ITEM_FOR && it->kind != ITEM_IF) || !(map_has(&kid->inside, s->name) || (other && map_has(&other->inside, s->name))))
        return true;
    const struct memo *m = item_frames(p, f, item);
    for (size_t i = 0; m && i < m->n; i++)
        if (map_has(&m->frames[i]->body->inside, s->name))
            for (size_t k = 0; k < m->frames[i]->body->ast->n; k++)
                walk(p, m->frames[i], k, g, s);
    return m != NULL;
}

struct group *group_of(struct program *p, struct frame *f, struct sym *s)
{
    struct cell *c = &f->cells[s->index];
    if (c->group)
        return c->group;
    struct group *g = ARENA_NEW(p->arena, struct group);
    g->keyed = s->keyed;
    vec_add(&p->groups, g);
    bool good = true;
    for (size_t i = 0; i < s->items.n; i++)
        good = walk(p, f, (size_t)(uintptr_t)s->items.v[i], g, s) && good;
    c->group = g;
    return good ? g : NULL;
}
