/* rtypes.c - a `resource` declaration lowered to struct rtype: expressions become terms over the type's own names and the words of the
 * place (words.c). Steps: rsteps.c. Not here: whether the binding fits the service and is complete (check_service.c). */
#include "rtypes.h"
#include <stdarg.h>

struct diag *lower_report(struct lowering *l, struct span at, const char *fmt, ...)
{
    struct buf b = { 0 };
    va_list ap;
    va_start(ap, fmt);
    buf_vfmt(&b, fmt, ap);
    va_end(ap);
    struct diag *x = report(l->p, DIAG_E0311, at, "%.*s", (int)b.n, b.s);
    buf_fini(&b);
    l->bad = true;
    return x;
}

const struct term *term_at(struct lowering *l, unsigned place, const struct ast_expr *e)
{
    l->frame->words = word_names(place);
    const struct value *v = eval_expr(l->p, l->frame, e);
    l->bad = l->bad || !v;
    return v ? term_of(l->p->arena, v) : NULL;
}

const struct term *body_at(struct lowering *l, unsigned place, const struct ast_body *b)
{
    l->frame->words = word_names(place);
    const struct value *v = eval_body(l->p, l->frame, b);
    l->bad = l->bad || !v;
    return v ? term_of(l->p->arena, v) : NULL;
}

/* A value that is known when the file is read. NULL: reported. */
const struct value *plain_value(struct lowering *l, const struct ast_expr *e, enum value_kind kind, const char *what)
{
    l->frame->words = "";
    const struct value *v = eval_expr(l->p, l->frame, e);
    if (v && v->kind == kind)
        return v;
    if (v)
        lower_report(l, e->span, "this must be %s", what);
    l->bad = true;
    return NULL;
}

struct str plain_text(struct lowering *l, const struct ast_expr *e)
{
    const struct value *v = plain_value(l, e, VALUE_STRING, "text");
    return v ? v->s : STR_NONE;
}

bool plain_true(struct lowering *l, const struct ast_item *it)
{
    const struct value *v = plain_value(l, it->value, VALUE_BOOL, "true");
    if (v && !v->b)
        diag_help(l->p->diags, lower_report(l, it->span, "`%.*s = false` does nothing", STR_ARG(it->path.v[0].text)), "take it out");
    return v && v->b;
}

int64_t plain_duration(struct lowering *l, const struct ast_item *it)
{
    const struct value *v = plain_value(l, it->value, VALUE_DURATION, "a duration: 9m");
    return v ? v->i : 0;
}

const struct str *plain_texts(struct lowering *l, const struct ast_expr *e, size_t *n)
{
    const struct value *v = plain_value(l, e, VALUE_LIST, "a list of texts");
    *n = 0;
    struct str *out = ARENA_ARRAY(l->p->arena, struct str, v ? v->list.n : 0);
    for (size_t i = 0; v && i < v->list.n; i++)
        if (v->list.v[i]->kind == VALUE_STRING && v->list.v[i]->s.n)
            out[(*n)++] = v->list.v[i]->s;
        else
            lower_report(l, e->kind == EXPR_LIST && i < e->args.n ? e->args.v[i].span : e->span, "this must be text");
    return out;
}

/* `[vpc, config.public]`: names of fields as they are written, not their values. */
static const struct str *paths(struct lowering *l, const struct ast_expr *e, bool mades, size_t *n)
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
        if (!decl_field(l->d, first) && !decl_out(l->d, first) && !(mades && decl_made(l->d, text))) {
            field_lost(l->p, l->d, first, x->span);
            l->bad = true;
            continue;
        }
        out[(*n)++] = text;
    }
    return out;
}

const struct str *field_paths(struct lowering *l, const struct ast_expr *e, size_t *n)
{
    return paths(l, e, false, n);
}

const struct str *on_paths(struct lowering *l, const struct ast_expr *e, size_t *n)
{
    return paths(l, e, true, n);
}

struct decl *resource_named(struct lowering *l, struct str name, struct span at, const char *what)
{
    struct ast_name v[2];
    struct str rest = name, part;
    struct ast_path path = { v, 0, at };
    while (path.n < 2 && str_cut(&rest, '.', &part))
        v[path.n++] = (struct ast_name){ part, at };
    struct decl *d = find_decl(l->p, l->d->module, &path);
    if (d && d->kind == DECL_RESOURCE) {
        decl_complete(l->p, d);
        return d;
    }
    struct vec names = { 0 };
    names_kinds(l->p, l->d->module, path.n == 2 ? v[0].text : STR(""), true, &names);
    report_suggest(l->p, lower_report(l, at, "%s: no resource type is called `%.*s` here", what, STR_ARG(name)), path.n == 2 ? v[1].text : name, SPAN_NONE, &names);
    return NULL;
}

struct str decl_full_name(struct lowering *l, const struct decl *d)
{
    return str_fmt(l->p->arena, "%.*s.%.*s", STR_ARG(d->module->name), STR_ARG(d->name));
}

void word_misplaced(struct lowering *l, const struct ast_item *it, unsigned place, const char *where)
{
    struct program *p = l->p;
    struct str name = (it->kind == ITEM_SET || it->kind == ITEM_INSTANCE) && it->path.n == 1 ? it->path.v[0].text : STR("");
    const struct word *here = name.n ? word_find(name, place) : NULL, *w = name.n ? word_find(name, ~0u) : NULL;
    struct str homes = w ? places_of(p->arena, name) : STR_NONE;
    struct vec names = { 0 };
    if (here) {
        diag_help(p->diags, lower_report(l, it->path.span, here->form == FORM_BLOCK ? "`%.*s` is a block" : "`%.*s` is no block", STR_ARG(name)),
                  here->form == FORM_BLOCK ? "write `%.*s { ... }`" : "write `%.*s = ...`", STR_ARG(name));
    } else if (homes.n && !decl_field(l->d, name)) {
        diag_help(p->diags, lower_report(l, it->path.span, "`%.*s` does nothing in %s", STR_ARG(name), where), "it stands in %.*s", STR_ARG(homes));
    } else if (!name.n) {
        lower_report(l, it->span, "this cannot stand in %s", where);
    } else {
        words_offer(p, &names, place);
        for (size_t i = 0; (place & IN_STEP) && i < l->d->nfields + l->d->nouts; i++)
            names_add(p, &names, i < l->d->nfields ? l->d->fields[i].name : l->d->outs[i - l->d->nfields].name);
        report_suggest(p, lower_report(l, it->path.span, "%s has no `%.*s`", where, STR_ARG(name)), name, it->path.span, &names);
    }
}

/* ---- fields and outs ---- */

static struct str wire_of(const struct ast_item *it)
{
    const struct ast_annot *a = ast_annot(it->annots, "wire");
    if (a && a->args.n == 1 && a->args.v[0].value->kind == EXPR_LITERAL && a->args.v[0].value->value->kind == VALUE_STRING)
        return a->args.v[0].value->value->s;
    return STR_NONE;
}

static struct rfield lower_field(struct lowering *l, const struct field *f)
{
    struct ast_annots a = f->item->annots;
    struct rfield r = { .name = f->name, .wire = wire_of(f->item), .type = f->type, .span = f->item->span, .doc = f->item->doc };
    r.replace = ast_annot(a, "replace");
    r.disruptive = ast_annot(a, "disruptive");
    r.initial = ast_annot(a, "initial");
    r.write_only = ast_annot(a, "write_only");
    r.owned_keys = ast_annot(a, "owned_keys");
    r.identity = ast_annot(a, "identity");
    r.shared = ast_annot(a, "shared");
    r.digest = ast_annot(a, "digest") || type_strip(f->type)->kind == TYPE_BLOB;
    if (f->item->value)
        r.dflt = term_at(l, IN_PARENT, f->item->value);
    return r;
}

static struct rout lower_out(struct lowering *l, const struct field *f)
{
    struct ast_annots a = f->item->annots;
    struct rout r = { .name = f->name, .wire = wire_of(f->item), .type = f->type ? f->type : &type_any, .span = f->item->span };
    r.identity = ast_annot(a, "identity");
    r.renewed = ast_annot(a, "renewed");
    if (f->item->value)
        r.value = term_at(l, IN_OUT, f->item->value);
    if (f->item->value && !f->type)
        diag_help(l->p->diags, lower_report(l, f->item->name.span, "an `out` with a value needs a type"), "write `out %.*s: string = ...`", STR_ARG(f->name));
    return r;
}

/* Its value could never be sent: the word goes before it. An `id` that AWS gives is what the word means; outs of a lookup are never sent. */
static void names_free(struct lowering *l)
{
    const struct decl *d = l->d;
    size_t nouts = d->lookup ? 0 : d->nouts, given = d->nfields + d->nmades;
    for (size_t i = 0; i < given + nouts; i++) {
        const struct field *f = i < d->nfields ? &d->fields[i] : i < given ? &d->mades[i - d->nfields] : &d->outs[i - given];
        if (!word_is_name(f->name) || (i >= given && str_is(f->name, "id")))
            continue;
        struct diag *x = lower_report(l, f->item->span, "`%.*s` is a word of resource types", STR_ARG(f->name));
        diag_note(l->p->diags, x, "in `send` and behind it that word would be meant, never the field");
        diag_help(l->p->diags, x, "give it another name, like `%.*s_value`, and write `send { ... }` with the name that AWS has for it", STR_ARG(f->name));
    }
}

static void lower_fields(struct lowering *l, struct rtype *t)
{
    struct rfield *v = ARENA_ARRAY(l->p->arena, struct rfield, l->d->nfields);
    struct rout *o = ARENA_ARRAY(l->p->arena, struct rout, l->d->nouts);
    bool identity = false;
    names_free(l);
    for (size_t i = 0; i < l->d->nfields; i++) {
        v[i] = lower_field(l, &l->d->fields[i]);
        identity = identity || v[i].identity;
        if (str_is(v[i].name, "tags"))
            t->tags = v[i].name;
    }
    for (size_t i = 0; i < l->d->nouts; i++) {
        o[i] = lower_out(l, &l->d->outs[i]);
        identity = identity || o[i].identity;
    }
    for (size_t i = 0; !identity && i < l->d->nouts; i++)
        o[i].identity = str_is(o[i].name, "id");
    t->fields = v;
    t->nfields = l->d->nfields;
    t->outs = o;
    t->nouts = l->d->nouts;
}

/* ---- blocks of the type ---- */

static void settling(struct lowering *l, struct rtype *t, const struct ast_body *o)
{
    struct rsettle *v = ARENA_ARRAY(l->p->arena, struct rsettle, o->n);
    for (size_t k = 0; k < o->n; k++) {
        size_t n;
        struct str code = o->items[k]->kind == ITEM_ENTRY ? plain_text(l, o->items[k]->other) : o->items[k]->path.v[0].text;
        const struct str *f = field_paths(l, o->items[k]->value, &n);
        if (n)
            v[t->nsettling++] = (struct rsettle){ code, f[0] };
    }
    t->settling = v;
}

static void lower_errors(struct lowering *l, struct rtype *t, const struct ast_body *b)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct ast_item *it = b->items[i];
        struct str name = it->path.n ? it->path.v[0].text : STR("");
        if (it->kind == ITEM_SET && str_is(name, "gone"))
            t->gone = plain_texts(l, it->value, &t->ngone);
        else if (it->kind == ITEM_SET && str_is(name, "busy"))
            t->busy = plain_texts(l, it->value, &t->nbusy);
        else if (it->kind == ITEM_SET && str_is(name, "exists"))
            t->exists = plain_texts(l, it->value, &t->nexists);
        else if (it->kind == ITEM_SET && str_is(name, "retry"))
            t->retry = plain_texts(l, it->value, &t->nretry);
        else if (it->kind == ITEM_SET && str_is(name, "settling") && it->value->kind == EXPR_OBJECT)
            settling(l, t, it->value->body);
        else
            word_misplaced(l, it, IN_ERRORS, "`errors`");
    }
}

static void lower_usual(struct lowering *l, struct rtype *t, const struct ast_body *b)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct ast_item *it = b->items[i];
        struct str name = it->path.n ? it->path.v[0].text : STR("");
        if (it->kind == ITEM_SET && str_is(name, "create"))
            t->usual_create = plain_duration(l, it);
        else if (it->kind == ITEM_SET && str_is(name, "update"))
            t->usual_update = plain_duration(l, it);
        else if (it->kind == ITEM_SET && str_is(name, "delete"))
            t->usual_delete = plain_duration(l, it);
        else if (it->kind == ITEM_SET && str_is(name, "visible"))
            t->visible = plain_duration(l, it);
        else
            word_misplaced(l, it, IN_USUAL, "`usual`");
    }
}

static void lower_unique(struct lowering *l, struct rtype *t, const struct ast_expr *e)
{
    size_t n = e->kind == EXPR_LIST ? e->args.n : 0;
    const struct str **v = ARENA_ARRAY(l->p->arena, const struct str *, n);
    size_t *count = ARENA_ARRAY(l->p->arena, size_t, n);
    for (size_t i = 0; i < n; i++)
        v[i] = field_paths(l, e->args.v[i].value, &count[i]);
    t->unique = v;
    t->nunique_fields = count;
    t->nunique = n;
}

static void lower_ready(struct lowering *l, struct rtype *t, const struct ast_body *b)
{
    const struct { const char *name; const struct term **to; } words[] = {
        { "until", &t->until }, { "failed", &t->failed }, { "why", &t->why }, { "unhealthy", &t->unhealthy }, { "leaving", &t->leaving },
    };
    for (size_t i = 0; i < b->n; i++) {
        const struct ast_item *it = b->items[i];
        size_t k = 0;
        while (k < sizeof words / sizeof *words && !(it->kind == ITEM_SET && str_is(it->path.v[0].text, words[k].name)))
            k++;
        if (k < sizeof words / sizeof *words)
            *words[k].to = term_at(l, IN_READY, it->value);
        else
            word_misplaced(l, it, IN_READY, "`ready`");
    }
    if (t->unhealthy && !t->until)
        diag_help(l->p->diags, lower_report(l, l->d->item->name.span, "`unhealthy` does nothing without `until`: an object that is ready at once is always well"),
                  "write `until = live...` in `ready`");
}

static void lower_guard(struct lowering *l, struct rtype *t, const struct ast_item *block)
{
    size_t errors = l->p->diags->errors;
    for (size_t i = 0; i < block->body->n; i++) {
        const struct ast_item *it = block->body->items[i];
        struct str name = it->path.n ? it->path.v[0].text : STR("");
        size_t n = 0;
        if (it->kind == ITEM_SET && str_is(name, "when")) {
            t->guarded = term_at(l, IN_GUARD, it->value);
        } else if (it->kind == ITEM_SET && str_is(name, "by")) {
            const struct str *by = field_paths(l, it->value, &n);
            if (n == 1 && rtype_field(t, by[0]))
                t->guarded_by = by[0];
            else if (n)
                lower_report(l, it->value->span, "`by` is the one input that lifts the protection");
        } else {
            word_misplaced(l, it, IN_GUARD, "`guard`");
        }
    }
    if (l->p->diags->errors == errors && (!t->guarded || !t->guarded_by.n))
        diag_help(l->p->diags, lower_report(l, block->path.span, "`guard` needs `when` and `by`"), "write `guard { when = live.locked ?? false, by = locked }`");
}

/* No `live`: what is recorded says it too, and an object that cannot be read still has that. */
static void lower_expires(struct lowering *l, struct rtype *t, const struct ast_item *block)
{
    size_t errors = l->p->diags->errors;
    for (size_t i = 0; i < block->body->n; i++) {
        const struct ast_item *it = block->body->items[i];
        struct str name = it->path.n ? it->path.v[0].text : STR("");
        if (it->kind == ITEM_SET && str_is(name, "at"))
            t->expires = term_at(l, IN_EXPIRES, it->value);
        else if (it->kind == ITEM_SET && str_is(name, "help"))
            t->expires_help = term_at(l, IN_EXPIRES, it->value);
        else
            word_misplaced(l, it, IN_EXPIRES, "`expires`");
    }
    if (l->p->diags->errors == errors && (!t->expires || !t->expires_help))
        diag_help(l->p->diags, lower_report(l, block->path.span, "`expires` needs `at` and `help`"), "write `expires { at = ends, help = \"what to write before that\" }`");
}

/* ---- the type ---- */

static void lower_block(struct lowering *l, struct rtype *t, struct rstep *steps, const struct ast_item *it)
{
    static const char *const kinds[] = { "create", "read", "find", "update", "delete", "retire", "holder", "empty", "action" };
    struct str name = it->path.v[0].text;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_is(name, kinds[i])) {
            lower_step(l, &steps[t->nsteps], (enum rstep_kind)i, it);
            return;
        }
    if (str_is(name, "ready"))
        lower_ready(l, t, it->body);
    else if (str_is(name, "errors"))
        lower_errors(l, t, it->body);
    else if (str_is(name, "usual"))
        lower_usual(l, t, it->body);
    else if (str_is(name, "guard"))
        lower_guard(l, t, it);
    else if (str_is(name, "expires"))
        lower_expires(l, t, it);
    else if (!word_block(name, IN_TYPE))
        word_misplaced(l, it, IN_TYPE, "a resource type");
}

static void lower_setting(struct lowering *l, struct rtype *t, const struct ast_item *it)
{
    struct str name = it->path.n == 1 ? it->path.v[0].text : STR("");
    if (str_is(name, "unique"))
        lower_unique(l, t, it->value);
    else if (str_is(name, "lane"))
        t->lane = term_at(l, IN_UPDATE, it->value);
    else if (str_is(name, "uid"))
        t->uid = term_at(l, IN_TERM, it->value);
    else if (str_is(name, "takes"))
        t->takes = term_at(l, IN_TERM, it->value);
    else if (str_is(name, "exclusive"))
        t->exclusive = term_at(l, IN_ADJUST, it->value);
    else if (str_is(name, "trails"))
        t->trails = term_at(l, IN_TERM, it->value);
    else if (str_is(name, "carries_load"))
        t->load = plain_true(l, it);
    else if (str_is(name, "keeps"))
        t->keeps = plain_text(l, it->value);
    else
        word_misplaced(l, it, IN_TYPE, "a resource type");
}

static void lower_items(struct lowering *l, struct rtype *t)
{
    const struct ast_body *b = l->d->item->body;
    struct rstep *steps = ARENA_ARRAY(l->p->arena, struct rstep, b->n);
    t->steps = steps;
    lower_named_waits(l);
    lower_relations(l, t);
    for (size_t i = 0; i < b->n; i++) {
        const struct ast_item *it = b->items[i];
        if (it->kind == ITEM_INSTANCE)
            lower_block(l, t, steps, it);
        else if (it->kind == ITEM_SET)
            lower_setting(l, t, it);
        else if (it->kind != ITEM_DECLARE && it->kind != ITEM_OUT && it->kind != ITEM_MADE && it->kind != ITEM_ASSERT)
            word_misplaced(l, it, IN_TYPE, "a resource type");
    }
    waits_unused(l);
}

/* What fits no other word of the type. */
static void type_sense(struct lowering *l, const struct rtype *t)
{
    const struct rstep *retire = rtype_step(t, STEP_RETIRE, 0);
    if (retire && !t->load)
        diag_help(l->p->diags, lower_report(l, retire->span, "`retire` does nothing: the type carries no load"), "write `carries_load = true` in the type");
    acts_useless(l);
}

/* What no read shows can only be compared with what was sent. */
static void digests_unread(const struct rtype *t)
{
    const struct rstep *s;
    for (size_t i = 0; i < t->nfields; i++) {
        struct rfield *f = (struct rfield *)(uintptr_t)&t->fields[i];
        bool read = !f->digest;
        for (size_t k = 0; (s = rtype_step(t, STEP_READ, k)); k++)
            for (size_t n = 0; n < s->nsets; n++)
                read = read || str_eq(s->sets[n].target, f->name);
        f->write_only = f->write_only || !read;
    }
}

static bool reads(const struct rtype *t, struct str field)
{
    const struct rstep *s;
    for (size_t i = 0; (s = rtype_step(t, STEP_READ, i)); i++)
        for (size_t k = 0; k < s->nsets; k++)
            if (str_eq(s->sets[k].target, field))
                return true;
    return false;
}

/* A call that replaces all tags is given others' tags too: so they must be read. */
static void tags_sense(struct lowering *l, const struct rtype *t)
{
    const struct rstep *u;
    for (size_t i = 0; (u = rtype_step(t, STEP_UPDATE, i)); i++) {
        if (u->send && term_uses_param(u->send, STR("tags_after")) && !rtype_field(t, STR("tags_after")) && !reads(t, STR("tags")))
            diag_help(l->p->diags, lower_report(l, u->span, "`tags_after` keeps the tags that others set, and no `read` says which there are"), "write `tags = reply...` in a `read`");
    }
}

static struct str service_of(struct lowering *l)
{
    const struct ast_annot *a = ast_annot(l->d->item->annots, "aws");
    if (a && a->args.n == 1)
        return plain_text(l, a->args.v[0].value);
    diag_help(l->p->diags, lower_report(l, l->d->item->name.span, "resource `%.*s` does not say which service it belongs to", STR_ARG(l->d->name)),
              "write `resource %.*s @aws(\"sqs\") { ... }`", STR_ARG(l->d->name));
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
    *f = (struct frame){ .kind = FRAME_WORDS, .up = module_frame(p, d->module), .module = d->module, .decl = d, .words = "" };
    struct rtype *t = ARENA_NEW(p->arena, struct rtype);
    struct lowering l = { .p = p, .d = d, .frame = f, .t = t };
    t->name = decl_full_name(&l, d);
    t->std = d->module->std;
    t->lookup = d->lookup;
    t->span = d->item->name.span;
    t->service = service_of(&l);
    lower_fields(&l, t);
    lower_mades(&l, t);
    lower_items(&l, t);
    type_sense(&l, t);
    mades_sense(&l, t);
    tags_sense(&l, t);
    digests_unread(t);
    d->rtype = l.bad ? NULL : t;
    d->rtype_state = l.bad ? WORK_POISON : WORK_DONE;
    return d->rtype;
}
