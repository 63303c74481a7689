/* rtypes.c - a `resource` declaration lowered to struct rtype: expressions become terms over the type's own names and the binding words.
 * Not here: whether the binding fits the service and is complete (check_binding.c). */
#include "eval.h"

static const char words[] = "reply live it id ids token each all_tags tags_set tags_gone sent";

struct lowering {
    struct program *p;
    struct decl *d;
    struct frame *frame;                                   /* names are parameters */
    bool bad;
};

static const struct term *term_in(struct lowering *l, const struct ast_expr *e)
{
    const struct value *v = eval_expr(l->p, l->frame, e);
    l->bad = l->bad || !v;
    return v ? term_of(l->p->arena, v) : NULL;
}

static const struct term *body_term(struct lowering *l, const struct ast_body *b)
{
    const struct value *v = eval_body(l->p, l->frame, b);
    l->bad = l->bad || !v;
    return v ? term_of(l->p->arena, v) : NULL;
}

static struct str text_of(struct lowering *l, const struct ast_expr *e)
{
    const struct value *v = eval_expr(l->p, l->frame, e);
    if (v && v->kind == VALUE_STRING)
        return v->s;
    if (v)
        report(l->p, DIAG_E0311, e->span, "this must be text");
    l->bad = true;
    return STR_NONE;
}

static const struct str *texts(struct lowering *l, const struct ast_expr *e, size_t *n)
{
    const struct value *v = eval_expr(l->p, l->frame, e);
    *n = 0;
    if (!v || v->kind != VALUE_LIST) {
        if (v)
            report(l->p, DIAG_E0311, e->span, "this must be a list of texts");
        l->bad = true;
        return NULL;
    }
    struct str *out = ARENA_ARRAY(l->p->arena, struct str, v->list.n);
    for (size_t i = 0; i < v->list.n; i++)
        if (v->list.v[i]->kind == VALUE_STRING)
            out[(*n)++] = v->list.v[i]->s;
    return out;
}

/* `[vpc, config.public]`: names of fields as they are written, not their values. */
static const struct str *paths(struct lowering *l, const struct ast_expr *e, size_t *n)
{
    size_t count = e->kind == EXPR_LIST ? e->args.n : 1;
    struct str *out = ARENA_ARRAY(l->p->arena, struct str, count);
    *n = 0;
    for (size_t i = 0; i < count; i++) {
        const struct ast_expr *x = e->kind == EXPR_LIST ? e->args.v[i].value : e;
        struct str text = ast_text(l->p->sources, x->span), first = text;
        for (size_t k = 0; k < first.n; k++)
            if (first.s[k] == '.')
                first.n = k;
        if (!decl_field(l->d, first) && !decl_out(l->d, first)) {
            field_lost(l->p, l->d, first, x->span);
            l->bad = true;
            continue;
        }
        out[(*n)++] = text;
    }
    return out;
}

/* ---- fields and outs ---- */

static struct str wire_of(const struct ast_item *it)
{
    const struct ast_annot *a = ast_annot(it->annots, "wire");
    if (a && a->args.n == 1 && a->args.v[0].value->kind == EXPR_LITERAL && a->args.v[0].value->value->kind == VALUE_STRING)
        return a->args.v[0].value->value->s;
    return STR_NONE;
}

static void lower_fields(struct lowering *l, struct rtype *t)
{
    struct rfield *v = ARENA_ARRAY(l->p->arena, struct rfield, l->d->nfields);
    struct rout *o = ARENA_ARRAY(l->p->arena, struct rout, l->d->nouts);
    bool identity = false;
    for (size_t i = 0; i < l->d->nfields; i++) {
        const struct field *f = &l->d->fields[i];
        struct ast_annots a = f->item->annots;
        v[i] = (struct rfield){ .name = f->name,
                                .wire = wire_of(f->item),
                                .type = f->type,
                                .replace = ast_annot(a, "replace"),
                                .disruptive = ast_annot(a, "disruptive"),
                                .initial = ast_annot(a, "initial"),
                                .write_only = ast_annot(a, "write_only"),
                                .owned_keys = ast_annot(a, "owned_keys"),
                                .identity = ast_annot(a, "identity"),
                                .span = f->item->span,
                                .doc = f->item->doc };
        identity = identity || v[i].identity;
        if (f->item->value)
            v[i].dflt = term_in(l, f->item->value);
        if (str_is(f->name, "tags"))
            t->tags = f->name;
    }
    for (size_t i = 0; i < l->d->nouts; i++) {
        const struct field *f = &l->d->outs[i];
        o[i] = (struct rout){ .name = f->name,
                              .wire = wire_of(f->item),
                              .type = f->type ? f->type : &type_any,
                              .identity = ast_annot(f->item->annots, "identity"),
                              .span = f->item->span };
        identity = identity || o[i].identity;
    }
    for (size_t i = 0; !identity && i < l->d->nouts; i++)
        o[i].identity = str_is(o[i].name, "id");
    t->fields = v;
    t->nfields = l->d->nfields;
    t->outs = o;
    t->nouts = l->d->nouts;
}

/* ---- steps ---- */

static struct str operation(const struct ast_item *it)
{
    return it->name.text;
}

static void lower_wait(struct lowering *l, const struct ast_item *it, struct rwait *w)
{
    w->op = operation(it);
    for (size_t i = 0; i < it->body->n; i++) {
        const struct ast_item *x = it->body->items[i];
        if (x->kind == ITEM_INSTANCE && x->path.n == 1 && str_is(x->path.v[0].text, "send"))
            w->send = body_term(l, x->body);
        else if (x->kind == ITEM_SET && str_is(x->path.v[0].text, "until"))
            w->until = term_in(l, x->value);
        else if (x->kind == ITEM_SET && str_is(x->path.v[0].text, "failed"))
            w->failed = term_in(l, x->value);
        else if (x->kind == ITEM_SET && str_is(x->path.v[0].text, "why"))
            w->why = term_in(l, x->value);
        else {
            report(l->p, DIAG_E0311, x->span, "`wait` has `send`, `until`, `failed` and `why`");
            l->bad = true;
        }
    }
}

static void find_class(struct lowering *l, struct rstep *s, const struct ast_expr *e)
{
    static const char *const names[] = { "token", "name", "tag", "relation" };
    struct str text = text_of(l, e);
    for (size_t i = 0; i < 4; i++)
        if (str_is(text, names[i])) {
            s->by = (enum find_by)i;
            return;
        }
    if (text.n)
        report(l->p, DIAG_E0311, e->span, "`by` is \"token\", \"name\", \"tag\" or \"relation\"");
    l->bad = true;
}

/* A word of steps, nearly: said at once. True: no word is near, it was meant as a field. */
static bool step_word(struct lowering *l, struct span at, struct str name)
{
    static const char *const known[] = { "send", "each", "key", "by", "on", "renews", "over", "when", "usual", "live", "wait" };
    struct vec names = { 0 };
    struct str all[sizeof known / sizeof *known], near[3];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        all[i] = str_of(known[i]);
        names_add(l->p, &names, all[i]);
    }
    if (!diag_nearest(name, all, sizeof known / sizeof *known, near)) {
        vec_fini(&names);
        return true;
    }
    report_suggest(l->p, report(l->p, DIAG_E0302, at, "a step has no `%.*s`", STR_ARG(name)), name, at, &names);
    return false;
}

static void step_assign(struct lowering *l, struct rstep *s, struct rassign *sets, const struct ast_item *it)
{
    struct str name = it->path.v[0].text;
    if (!decl_field(l->d, name) && !decl_out(l->d, name) && !str_is(name, "live")) {
        if (step_word(l, it->path.span, name))
            field_lost(l->p, l->d, name, it->path.span);
        l->bad = true;
        return;
    }
    sets[s->nsets++] = (struct rassign){ name, term_in(l, it->value) };
}

static int64_t duration_of(struct lowering *l, const struct ast_item *it)
{
    const struct value *v = eval_expr(l->p, l->frame, it->value);
    if (v && v->kind == VALUE_DURATION)
        return v->i;
    report(l->p, DIAG_E0311, it->span, "`usual` is a duration: `usual = 9m`");
    l->bad = true;
    return 0;
}

static void step_item(struct lowering *l, struct rstep *s, struct rassign *sets, const struct ast_item *it)
{
    struct str name = it->path.n ? it->path.v[0].text : STR("");
    if (it->kind == ITEM_INSTANCE && str_is(name, "send"))
        s->send = body_term(l, it->body);
    else if (it->kind == ITEM_INSTANCE && str_is(name, "wait"))
        lower_wait(l, it, &s->wait);
    else if (it->kind != ITEM_SET) {
        if (it->kind != ITEM_INSTANCE || step_word(l, it->path.span, name))
            report(l->p, DIAG_E0311, it->span, "this cannot stand in a step");
        l->bad = true;
    } else if (str_is(name, "send"))
        s->send = term_in(l, it->value);
    else if (str_is(name, "each"))
        return;
    else if (str_is(name, "key") && (s->each || !decl_field(l->d, name)))
        s->key = term_in(l, it->value);
    else if (str_is(name, "by"))
        find_class(l, s, it->value);
    else if (str_is(name, "on"))
        s->on = paths(l, it->value, &s->non);
    else if (str_is(name, "renews"))
        s->renews = paths(l, it->value, &s->nrenews);
    else if (str_is(name, "usual") && s->kind == STEP_UPDATE)
        s->usual = duration_of(l, it);
    else if (str_is(name, "over"))
        s->over = term_in(l, it->value);
    else if (str_is(name, "when"))
        s->when = term_in(l, it->value);
    else
        step_assign(l, s, sets, it);
}

static void lower_step(struct lowering *l, struct rtype *t, struct rstep *s, enum rstep_kind k, const struct ast_item *it)
{
    struct rassign *sets = ARENA_ARRAY(l->p->arena, struct rassign, it->body->n);
    *s = (struct rstep){ .kind = k, .op = operation(it), .span = it->span };
    if (!s->op.n) {
        diag_help(l->p->diags, report(l->p, DIAG_E0311, it->path.span, "`%.*s` needs the name of an operation", STR_ARG(it->path.v[0].text)),
                  "write `%.*s DescribeThings { ... }`", STR_ARG(it->path.v[0].text));
        l->bad = true;
    }
    for (size_t i = 0; i < it->body->n; i++)
        if (it->body->items[i]->kind == ITEM_SET && str_is(it->body->items[i]->path.v[0].text, "each"))
            s->each = term_in(l, it->body->items[i]->value);
    for (size_t i = 0; i < it->body->n; i++)
        step_item(l, s, sets, it->body->items[i]);
    s->sets = sets;
    s->many = s->kind == STEP_READ && s->send && term_uses_param(s->send, STR("ids"));
    t->nsteps++;
}

/* ---- the rest ---- */

static void lower_errors(struct lowering *l, struct rtype *t, const struct ast_body *b)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct ast_item *it = b->items[i];
        struct str name = it->path.n ? it->path.v[0].text : STR("");
        if (it->kind == ITEM_SET && str_is(name, "gone"))
            t->gone = texts(l, it->value, &t->ngone);
        else if (it->kind == ITEM_SET && str_is(name, "busy"))
            t->busy = texts(l, it->value, &t->nbusy);
        else if (it->kind == ITEM_SET && str_is(name, "exists"))
            t->exists = texts(l, it->value, &t->nexists);
        else if (it->kind == ITEM_SET && str_is(name, "retry"))
            t->retry = texts(l, it->value, &t->nretry);
        else if (it->kind == ITEM_SET && str_is(name, "settling") && it->value->kind == EXPR_OBJECT) {
            const struct ast_body *o = it->value->body;
            struct rsettle *v = ARENA_ARRAY(l->p->arena, struct rsettle, o->n);
            for (size_t k = 0; k < o->n; k++) {
                size_t n;
                struct str code = o->items[k]->kind == ITEM_ENTRY ? text_of(l, o->items[k]->other) : o->items[k]->path.v[0].text;
                const struct str *f = paths(l, o->items[k]->value, &n);
                if (n)
                    v[t->nsettling++] = (struct rsettle){ code, f[0] };
            }
            t->settling = v;
        } else {
            report(l->p, DIAG_E0311, it->span, "`errors` has `gone`, `busy`, `exists`, `retry` and `settling`");
            l->bad = true;
        }
    }
}

static void lower_usual(struct lowering *l, struct rtype *t, const struct ast_body *b)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct ast_item *it = b->items[i];
        const struct value *v = it->kind == ITEM_SET ? eval_expr(l->p, l->frame, it->value) : NULL;
        struct str name = it->path.n ? it->path.v[0].text : STR("");
        if (!v || v->kind != VALUE_DURATION) {
            report(l->p, DIAG_E0311, it->span, "`usual` has durations for `create`, `update` and `delete`");
            l->bad = true;
        } else if (str_is(name, "create"))
            t->usual_create = v->i;
        else if (str_is(name, "update"))
            t->usual_update = v->i;
        else if (str_is(name, "delete"))
            t->usual_delete = v->i;
    }
}

static void lower_unique(struct lowering *l, struct rtype *t, const struct ast_expr *e)
{
    size_t n = e->kind == EXPR_LIST ? e->args.n : 0;
    const struct str **v = ARENA_ARRAY(l->p->arena, const struct str *, n);
    size_t *count = ARENA_ARRAY(l->p->arena, size_t, n);
    for (size_t i = 0; i < n; i++)
        v[i] = paths(l, e->args.v[i].value, &count[i]);
    t->unique = v;
    t->nunique_fields = count;
    t->nunique = n;
}

static void lower_ready(struct lowering *l, struct rtype *t, const struct ast_body *b)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct ast_item *it = b->items[i];
        struct str name = it->path.n ? it->path.v[0].text : STR("");
        if (it->kind == ITEM_SET && str_is(name, "until"))
            t->until = term_in(l, it->value);
        else if (it->kind == ITEM_SET && str_is(name, "failed"))
            t->failed = term_in(l, it->value);
        else if (it->kind == ITEM_SET && str_is(name, "why"))
            t->why = term_in(l, it->value);
        else {
            report(l->p, DIAG_E0311, it->span, "`ready` has `until`, `failed` and `why`");
            l->bad = true;
        }
    }
}

static void lower_block(struct lowering *l, struct rtype *t, struct rstep *steps, const struct ast_item *it)
{
    static const struct {
        const char *name;
        enum rstep_kind kind;
    } kinds[] = { { "create", STEP_CREATE }, { "read", STEP_READ }, { "find", STEP_FIND }, { "update", STEP_UPDATE }, { "delete", STEP_DELETE } };
    struct str name = it->path.v[0].text;
    for (size_t i = 0; i < 5; i++)
        if (str_is(name, kinds[i].name)) {
            lower_step(l, t, &steps[t->nsteps], kinds[i].kind, it);
            return;
        }
    if (str_is(name, "ready"))
        lower_ready(l, t, it->body);
    else if (str_is(name, "errors"))
        lower_errors(l, t, it->body);
    else if (str_is(name, "usual"))
        lower_usual(l, t, it->body);
    else {
        struct vec names = { 0 };
        static const char *const all[] = { "create", "read", "find", "update", "delete", "ready", "errors", "usual" };
        for (size_t i = 0; i < sizeof all / sizeof *all; i++)
            names_add(l->p, &names, str_of(all[i]));
        report_suggest(l->p, report(l->p, DIAG_E0311, it->path.span, "a resource type has no block `%.*s`", STR_ARG(name)), name, it->path.span, &names);
        l->bad = true;
    }
}

static void lower_items(struct lowering *l, struct rtype *t)
{
    const struct ast_body *b = l->d->item->body;
    struct rstep *steps = ARENA_ARRAY(l->p->arena, struct rstep, b->n);
    for (size_t i = 0; i < b->n; i++) {
        const struct ast_item *it = b->items[i];
        if (it->kind == ITEM_INSTANCE)
            lower_block(l, t, steps, it);
        else if (it->kind == ITEM_SET && str_is(it->path.v[0].text, "unique"))
            lower_unique(l, t, it->value);
        else if (it->kind == ITEM_SET && str_is(it->path.v[0].text, "lane"))
            t->lane = term_in(l, it->value);
        else if (it->kind != ITEM_DECLARE && it->kind != ITEM_OUT && it->kind != ITEM_ASSERT) {
            struct vec names = { 0 };
            struct str name = it->kind == ITEM_SET ? it->path.v[0].text : STR("");
            names_add(l->p, &names, STR("unique"));
            names_add(l->p, &names, STR("lane"));
            report_suggest(l->p, report(l->p, DIAG_E0311, name.n ? it->path.span : it->span, "a resource type has no setting `%.*s`", STR_ARG(name)), name,
                    name.n ? it->path.span : SPAN_NONE, &names);
            l->bad = true;
        }
    }
    t->steps = steps;
}

static struct str service_of(struct lowering *l)
{
    const struct ast_annot *a = ast_annot(l->d->item->annots, "aws");
    if (a && a->args.n == 1)
        return text_of(l, a->args.v[0].value);
    diag_help(l->p->diags, report(l->p, DIAG_E0311, l->d->item->name.span, "resource `%.*s` does not say which service it belongs to", STR_ARG(l->d->name)),
              "write `resource %.*s @aws(\"sqs\") { ... }`", STR_ARG(l->d->name));
    l->bad = true;
    return STR_NONE;
}

const struct rtype *rtype_of(struct program *p, struct decl *d)
{
    if (d->rtype_state == WORK_DONE)
        return d->rtype;
    if (d->rtype_state != WORK_NEW)
        return NULL;
    d->rtype_state = WORK_BUSY;
    decl_complete(p, d);
    struct frame *f = ARENA_NEW(p->arena, struct frame);
    *f = (struct frame){ .kind = FRAME_WORDS, .up = module_frame(p, d->module), .module = d->module, .decl = d, .words = words };
    struct lowering l = { p, d, f, false };
    struct rtype *t = ARENA_NEW(p->arena, struct rtype);
    t->name = str_fmt(p->arena, "%.*s.%.*s", STR_ARG(d->module->name), STR_ARG(d->name));
    t->std = d->module->std;
    t->lookup = d->lookup;
    t->span = d->item->name.span;
    t->service = service_of(&l);
    lower_fields(&l, t);
    lower_items(&l, t);
    d->rtype = l.bad ? NULL : t;
    d->rtype_state = l.bad ? WORK_POISON : WORK_DONE;
    return d->rtype;
}
