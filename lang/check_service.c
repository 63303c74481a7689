/* check_service.c - a project's own resource type: complete (docs/design.md, Resource types), and its names against the service model.
 * The library's types are checked by the tests, not here. */
#include "check.h"

struct fitting {
    struct program *p;
    struct decl *d;
    const struct rtype *t;
    const struct service *service;
    const struct shape *reply, *live, *it, *sent, *ids;    /* what these words are; NULL: not known */
    struct map vars;                                       /* variables of loops: name -> shape */
};

/* ---- complete ---- */

static bool path_of(struct str path, struct str field)
{
    return str_starts(path, field) && (path.n == field.n || path.s[field.n] == '.');
}

static bool can_change(const struct rtype *t, const struct rfield *f)
{
    for (size_t i = 0; i < t->nsteps; i++)
        for (size_t k = 0; t->steps[i].kind == STEP_UPDATE && k < t->steps[i].non; k++)
            if (path_of(t->steps[i].on[k], f->name))
                return true;
    return f->replace || f->initial || f->write_only;
}

static bool is_read(const struct rtype *t, const struct rfield *f)
{
    for (size_t i = 0; i < t->nsteps; i++)
        for (size_t k = 0; t->steps[i].kind == STEP_READ && k < t->steps[i].nsets; k++)
            if (str_eq(t->steps[i].sets[k].target, f->name))
                return true;
    return f->initial || f->write_only || f->identity;
}

/* Whether the type can ever say that an object is gone: a list without it, a `live` that may be none, or a code. */
static bool ends(const struct rtype *t, const struct rstep *read)
{
    if (t->ngone || read->gone.n || read->each)
        return true;
    for (size_t i = 0; i < read->nsets; i++) {
        const struct term *v = read->sets[i].value;
        if (str_is(read->sets[i].target, "live"))
            return v->kind != TERM_OBJECT && (v->kind != TERM_FIELD || str_is(v->path, "?"));
    }
    return false;
}

static void complete(struct fitting *x)
{
    struct program *p = x->p;
    const struct rtype *t = x->t;
    const struct rstep *create = rtype_step(t, STEP_CREATE, 0), *find = rtype_step(t, STEP_FIND, 0);
    if (t->lookup)
        return;
    if (!rtype_step(t, STEP_READ, 0))
        diag_help(p->diags, report(p, DIAG_E0311, t->span, "`%.*s` has no `read`: kc could not see what AWS has", STR_ARG(x->d->name)),
                  "write `read DescribeThings { ... }`");
    if (!rtype_step(t, STEP_DELETE, 0))
        diag_help(p->diags, report(p, DIAG_E0311, t->span, "`%.*s` has no `delete`", STR_ARG(x->d->name)), "write `delete DeleteThing { send { ... } }`");
    if (!find)
        diag_help(p->diags,
                  report(p, DIAG_E0311, t->span, "`%.*s` has no `find`: after a crash kc could not tell whether the object exists", STR_ARG(x->d->name)),
                  "write `find DescribeThings { by = \"tag\" ... }`; `by` is \"token\", \"name\", \"tag\" or \"relation\"");
    if (find && find->by == FIND_TAG && create && create->send && !term_uses_param(create->send, STR("all_tags")))
        diag_note(p->diags, report(p, DIAG_E0311, find->span, "found by tag, but `create` sends no tags"),
                  "an object that is tagged by a second call cannot be found between the two");
    const struct rstep *read = rtype_step(t, STEP_READ, 0);
    if (read && !ends(t, read))
        diag_help(p->diags, report(p, DIAG_W0902, read->span, "nothing says how AWS answers when a `%.*s` is gone: a deletion would never end", STR_ARG(x->d->name)),
                  "write `errors { gone = [\"...\"] }` with the codes of this operation");
    for (size_t i = 0; i < t->nfields; i++) {
        const struct rfield *f = &t->fields[i];
        if (!can_change(t, f) && !is_read(t, f))
            diag_help(p->diags, report(p, DIAG_E0311, f->span, "field `%.*s` is never read back and has no way to change", STR_ARG(f->name)),
                      "write `%.*s = reply...` in a `read`, and mark it @replace or name it in the `on` of an `update`", STR_ARG(f->name));
        else if (!can_change(t, f))
            diag_help(p->diags, report(p, DIAG_E0311, f->span, "field `%.*s` has no way to change", STR_ARG(f->name)),
                      "mark it @replace or @initial, or name it in the `on` of an `update`");
        else if (!is_read(t, f))
            diag_help(p->diags, report(p, DIAG_E0311, f->span, "field `%.*s` is never read back", STR_ARG(f->name)),
                      "write `%.*s = reply...` in a `read`, or mark it @initial or @write_only", STR_ARG(f->name));
    }
}

/* ---- identities: one value where an out is the identity, an object of the identity fields where inputs are ---- */

static size_t identity_parts(const struct rtype *t, struct str *names)
{
    size_t n = 0;
    for (size_t i = 0; i < t->nfields; i++)
        if (t->fields[i].identity)
            names[n++] = t->fields[i].name;
    for (size_t i = 0; n && i < t->nouts; i++)
        if (t->outs[i].identity)
            names[n++] = t->outs[i].name;
    return n;
}

/* What `ids` is, as a shape: a list of objects, or of plain values. */
static const struct shape *ids_shape(struct fitting *x)
{
    struct arena *a = x->p->arena;
    struct shape *list = ARENA_NEW(a, struct shape), *elem = ARENA_NEW(a, struct shape);
    struct str *names = ARENA_ARRAY(a, struct str, x->t->nfields + x->t->nouts);
    size_t n = identity_parts(x->t, names);
    struct member *m = ARENA_ARRAY(a, struct member, n);
    for (size_t i = 0; i < n; i++)
        m[i].name = names[i];
    elem->kind = n ? SHAPE_STRUCT : SHAPE_STRING;
    elem->name = STR("an element of `ids`");
    elem->members = m;
    elem->nmembers = n;
    list->kind = SHAPE_LIST;
    list->elem = elem;
    return list;
}

static bool keyed_by(const struct term *key, const struct str *names, size_t n)
{
    bool all = key->nargs == n;
    for (size_t i = 0; all && i < n; i++) {
        bool found = false;
        for (size_t k = 0; k < key->nargs; k++)
            found = found || (key->keys[k].s && str_eq(key->keys[k], names[i]));
        all = found;
    }
    return all;
}

static void check_key(struct fitting *x, const struct rstep *s, struct span at)
{
    struct program *p = x->p;
    struct str *names = ARENA_ARRAY(p->arena, struct str, x->t->nfields + x->t->nouts);
    size_t n = identity_parts(x->t, names);
    if (!s->key || s->kind == STEP_HOLDER || s->kind == STEP_EMPTY || x->t->lookup)
        return;
    if (!n && s->key->kind == TERM_OBJECT)
        diag_help(p->diags, report(p, DIAG_E0312, at, "`key` is one value here: objects of `%.*s` are known by an out", STR_ARG(x->d->name)),
                  "write `key = it.Id`, or mark inputs with @identity");
    if (!n || (s->key->kind != TERM_OBJECT ? n == 1 : keyed_by(s->key, names, n)))
        return;
    struct buf b = { 0 };
    for (size_t i = 0; i < n; i++)
        buf_fmt(&b, "%s%.*s = ...", i ? ", " : "", STR_ARG(names[i]));
    diag_help(p->diags, report(p, DIAG_E0312, at, "this `key` does not name an object of `%.*s`", STR_ARG(x->d->name)), "write `key = { %.*s }`", (int)b.n, b.s);
    buf_fini(&b);
}

/* ---- replies ---- */

static const struct shape *follow(struct fitting *x, const struct term *t);

static void all(struct fitting *x, const struct term *t)
{
    for (size_t i = 0; t && i < t->nargs; i++)
        if (t->args[i])
            follow(x, t->args[i]);
}

static struct str shape_words(struct program *p, const struct shape *s)
{
    if (!s->name.n)
        return STR("the reply");
    return str_find(s->name, STR("`")) == SIZE_MAX ? str_fmt(p->arena, "`%.*s`", STR_ARG(s->name)) : s->name;
}

static const struct shape *member_of(struct fitting *x, const struct term *t)
{
    struct program *p = x->p;
    const struct shape *s = follow(x, t->args[0]);
    if (s && s == x->ids->elem && s->kind != SHAPE_STRUCT)
        diag_help(p->diags, report(p, DIAG_E0312, t->span, "an element of `ids` is the identity itself, it has no `%.*s`", STR_ARG(t->name)), "leave `.%.*s` out", STR_ARG(t->name));
    if (!s || s->kind != SHAPE_STRUCT)
        return s && s->kind == SHAPE_MAP ? s->elem : NULL;
    const struct member *m = model_member(s, t->name);
    if (m)
        return m->shape;
    struct vec names = { 0 };
    for (size_t i = 0; i < s->nmembers; i++)
        names_add(p, &names, s->members[i].name);
    struct span at = t->span;
    if (at.len > t->name.n)
        at = (struct span){ at.file, at.off + at.len - (uint32_t)t->name.n, (uint32_t)t->name.n };
    report_suggest(p, report(p, DIAG_E0312, at, "%.*s has no member `%.*s`", STR_ARG(shape_words(p, s)), STR_ARG(t->name)), t->name, at, &names);
    return NULL;
}

static const struct shape *follow_loop(struct fitting *x, const struct term *t)
{
    const struct shape *s = follow(x, t->args[0]), *body;
    map_put(&x->vars, t->name, (void *)(uintptr_t)(s && (s->kind == SHAPE_LIST || s->kind == SHAPE_MAP) ? s->elem : NULL));
    if (t->args[1])
        follow(x, t->args[1]);
    body = follow(x, t->args[2]);
    if (t->nargs > 3)
        follow(x, t->args[3]);
    bool same = t->nargs == 3 && t->args[2]->kind == TERM_PARAM && str_eq(t->args[2]->name, t->name);
    (void)body;
    return same ? s : NULL;
}

static const struct shape *follow(struct fitting *x, const struct term *t)
{
    const struct shape *s;
    switch (t->kind) {
    case TERM_PARAM:
        if (str_is(t->name, "reply"))
            return x->reply;
        if (str_is(t->name, "live"))
            return x->live;
        if (str_is(t->name, "it"))
            return x->it;
        if (str_is(t->name, "ids"))
            return x->ids;
        return str_is(t->name, "sent") ? x->sent : map_get(&x->vars, t->name);
    case TERM_FIELD:
        return member_of(x, t);
    case TERM_INDEX:
        s = follow(x, t->args[0]);
        follow(x, t->args[1]);
        return s && (s->kind == SHAPE_LIST || s->kind == SHAPE_MAP) ? s->elem : NULL;
    case TERM_FOR:
        return follow_loop(x, t);
    case TERM_OP:
        s = follow(x, t->args[0]);
        if (t->nargs > 1)
            follow(x, t->args[1]);
        return t->op == OP_COALESCE ? s : NULL;
    case TERM_CALL:
        s = t->nargs ? follow(x, t->args[0]) : NULL;
        for (size_t i = 1; i < t->nargs; i++)
            follow(x, t->args[i]);
        return s && s->kind == SHAPE_LIST && (str_is(t->name, "first") || str_is(t->name, "last")) ? s->elem : NULL;
    case TERM_IF:
        follow(x, t->args[0]);
        s = follow(x, t->args[1]);
        return follow(x, t->args[2]) == s ? s : NULL;
    case TERM_LIST:
    case TERM_OBJECT:
    case TERM_JOIN:
        all(x, t);
        return NULL;
    case TERM_CONST:
    case TERM_REF:
        return NULL;
    }
    return NULL;
}

/* ---- requests ---- */

/* The value written for `key`, to point at and to go into; NULL: not written as a plain setting. */
static const struct ast_item *written(const struct ast_body *b, struct str key)
{
    for (size_t i = 0; b && i < b->n; i++)
        if ((b->items[i]->kind == ITEM_SET || b->items[i]->kind == ITEM_INSTANCE) && b->items[i]->path.n == 1 && str_eq(b->items[i]->path.v[0].text, key))
            return b->items[i];
    return NULL;
}

static const struct ast_body *body_of(const struct ast_item *it)
{
    if (!it)
        return NULL;
    if (it->kind == ITEM_INSTANCE)
        return it->body;
    return it->value && it->value->kind == EXPR_OBJECT ? it->value->body : NULL;
}

static void request(struct fitting *x, const struct shape *s, const struct term *t, const struct ast_body *b, struct span at)
{
    struct program *p = x->p;
    if (!s || t->kind == TERM_CONST)
        return;
    if (t->kind == TERM_PARAM && str_is(t->name, "ids") && s->kind == SHAPE_LIST && x->ids->elem->kind == SHAPE_STRUCT && s->elem->kind != SHAPE_STRUCT) {
        struct str first = x->ids->elem->members[0].name;
        diag_help(p->diags, report(p, DIAG_E0312, at, "the elements of `ids` are objects here: `%.*s` is known by inputs", STR_ARG(x->d->name)), "write `[for i in ids: i.%.*s]`", STR_ARG(first));
        return;
    }
    if (t->kind == TERM_LIST && s->kind == SHAPE_LIST) {
        for (size_t i = 0; i < t->nargs; i++)
            request(x, s->elem, t->args[i], NULL, t->span.file ? t->span : at);
        return;
    }
    if (t->kind == TERM_FOR && s->kind == SHAPE_LIST && t->nargs == 3) {
        request(x, s->elem, t->args[2], NULL, t->span);
        return;
    }
    if (t->kind != TERM_OBJECT || s->kind != SHAPE_STRUCT)
        return;
    for (size_t i = 0; i < t->nargs; i++) {
        if (!t->keys[i].s)
            continue;
        const struct member *m = model_match(s, t->keys[i]);
        const struct ast_item *it = written(b, t->keys[i]);
        struct span where = it ? it->path.span : at;
        if (m) {
            request(x, m->shape, t->args[i], body_of(it), where);
            continue;
        }
        struct vec names = { 0 };
        for (size_t k = 0; k < s->nmembers; k++)
            names_add(p, &names, s->members[k].name);
        report_suggest(p, report(p, DIAG_E0312, where, "`%.*s` takes no `%.*s`", STR_ARG(s->name.n ? s->name : x->service->name), STR_ARG(t->keys[i])), t->keys[i],
                it ? where : SPAN_NONE, &names);
    }
}

static void required(struct fitting *x, const struct rstep *s, const struct shape *in)
{
    for (size_t i = 0; in && s->send && s->send->kind == TERM_OBJECT && i < in->nmembers; i++) {
        bool found = !in->members[i].required || in->members[i].token;
        for (size_t k = 0; k < s->send->nargs && !found; k++)
            found = !s->send->keys[k].s || model_match(in, s->send->keys[k]) == &in->members[i];
        if (!found)
            report(x->p, DIAG_E0312, s->span, "`%.*s` must be sent `%.*s`", STR_ARG(s->op), STR_ARG(in->members[i].name));
    }
}

static const struct operation *operation_named(struct fitting *x, struct str op, struct span at)
{
    struct program *p = x->p;
    const struct service *s = x->service;
    struct str name = op, service, why;
    if (str_cut(&name, ':', &service) && name.n && name.s) {
        s = model_service(p->options.models, service, &why);
        if (!s)
            report(p, DIAG_E0312, at, "no service is called `%.*s`", STR_ARG(service));
    } else {
        name = op;
    }
    const struct operation *o = s ? model_operation(s, name) : NULL;
    if (o || !s)
        return o;
    struct vec names = { 0 };
    for (size_t i = 0; i < s->noperations; i++)
        names_add(p, &names, s->operations[i].name);
    report_suggest(p, report(p, DIAG_E0312, at, "%.*s has no operation `%.*s`", STR_ARG(s->name), STR_ARG(name)), name, SPAN_NONE, &names);
    return NULL;
}

static const struct ast_body *send_body(const struct ast_body *b)
{
    for (size_t i = 0; b && i < b->n; i++)
        if (b->items[i]->path.n == 1 && str_is(b->items[i]->path.v[0].text, "send"))
            return body_of(b->items[i]);
    return NULL;
}

static const struct ast_item *step_item(const struct fitting *x, const struct rstep *s)
{
    const struct ast_body *b = x->d->item->body;
    for (size_t i = 0; i < b->n; i++)
        if (b->items[i]->span.off == s->span.off && b->items[i]->span.file == s->span.file)
            return b->items[i];
    return NULL;
}

static void check_wait(struct fitting *x, const struct rstep *s, const struct operation *of)
{
    const struct operation *o = operation_named(x, s->wait.op, s->span);
    x->sent = of->out;
    x->reply = o ? o->out : NULL;
    if (o && s->wait.send) {
        request(x, o->in, s->wait.send, NULL, s->span);
        follow(x, s->wait.send);
    }
    if (s->wait.until)
        follow(x, s->wait.until);
    if (s->wait.failed)
        follow(x, s->wait.failed);
    if (s->wait.why)
        follow(x, s->wait.why);
    x->sent = NULL;
}

static const struct shape *elements_of(struct fitting *x, const struct term *each)
{
    const struct shape *list = follow(x, each);
    if (each->kind == TERM_LIST && each->nargs == 1)
        return follow(x, each->args[0]);
    return list && list->kind == SHAPE_LIST ? list->elem : NULL;
}

static const struct ast_item *remove_item(const struct ast_item *empty)
{
    const struct ast_item *it = empty ? written(empty->body, STR("remove")) : NULL;
    return it && it->kind == ITEM_INSTANCE ? it : NULL;
}

/* The call that removes elements; `it` is one of them. */
static void check_remove(struct fitting *x, const struct rstep *s, const struct ast_item *item)
{
    const struct operation *o = operation_named(x, s->op, item ? item->name.span : s->span);
    struct shape list = { .kind = SHAPE_LIST, .elem = x->it };
    size_t errors = x->p->diags->errors;
    if (!o || !s->send)
        return;
    map_put(&x->vars, STR("each"), (void *)(uintptr_t)(x->it && s->batch ? &list : x->it));
    follow(x, s->send);
    map_put(&x->vars, STR("each"), NULL);
    request(x, o->in, s->send, item ? send_body(item->body) : NULL, s->span);
    if (x->p->diags->errors == errors)
        required(x, s, o->in);
    x->reply = o->out;
    x->it = s->left ? elements_of(x, s->left) : NULL;
    if (s->left_why)
        follow(x, s->left_why);
}

/* all_tags in the form that this shape has for tags. */
static struct str tags_as(struct arena *a, const struct shape *s)
{
    const struct shape *e = s->kind == SHAPE_LIST ? s->elem : s;
    const struct member *k = model_match(e, STR("key")), *v = model_match(e, STR("value"));
    k = k ? k : model_match(e, STR("tag_key"));
    v = v ? v : model_match(e, STR("tag_value"));
    if (s->kind == SHAPE_MAP)
        return STR("all_tags");
    if (k && v)
        return str_fmt(a, "[for k, v in all_tags: { %.*s = k, %.*s = v }]", STR_ARG(k->name), STR_ARG(v->name));
    return STR("[{ ResourceType = \"thing\", Tags = [for k, v in all_tags: { Key = k, Value = v }] }]");
}

/* What is made and not marked in one call is nobody's when the run ends between the two. */
static void check_mark(struct fitting *x, const struct rstep *s, const struct operation *o)
{
    const struct member *m = s == rtype_step(x->t, STEP_CREATE, 0) ? model_tags(o->in) : NULL;
    const struct rstep *find = rtype_step(x->t, STEP_FIND, 0);
    bool said = find && find->by == FIND_TAG && s->send;   /* by complete() */
    if (!m || said || (s->send ? term_uses_param(s->send, STR("all_tags")) : x->t->tags.n > 0))
        return;
    struct diag *d = report(x->p, DIAG_E0311, s->span, "`%.*s` takes tags, and this `create` sends none: what it makes would bear no mark of kc", STR_ARG(o->name));
    diag_help(x->p->diags, d, "write `%.*s = %.*s` in its `send`", STR_ARG(m->name), STR_ARG(tags_as(x->p->arena, m->shape)));
}

static void check_step(struct fitting *x, const struct rstep *s)
{
    const struct ast_item *it = step_item(x, s);
    const struct operation *o = operation_named(x, s->op, it ? it->name.span : s->span);
    if (!o)
        return;
    check_mark(x, s, o);
    size_t errors = x->p->diags->errors;
    x->reply = o->out;
    const struct ast_item *key = it ? written(it->body, STR("key")) : NULL;
    check_key(x, s, key && key->value ? key->value->span : s->span);
    if (s->kind == STEP_READ && s->send) {
        x->reply = NULL;
        follow(x, s->send);
        x->reply = o->out;
    }
    const struct ast_item *first = s->first_page && it ? written(it->body, STR("first_page")) : NULL;
    if (first && !o->page.token_out.n)
        diag_help(x->p->diags, report(x->p, DIAG_E0312, first->path.span, "`first_page` does nothing here: %.*s has no pages", STR_ARG(o->name)), "take it out");
    x->it = NULL;
    if (s->send) {
        request(x, o->in, s->send, it ? send_body(it->body) : NULL, s->span);
        if (x->p->diags->errors == errors)
            required(x, s, o->in);
    }
    if (s->each)
        x->it = elements_of(x, s->each);
    if (s->key)
        follow(x, s->key);
    if (s->name)
        follow(x, s->name);
    if (s->left) {
        x->it = elements_of(x, s->left);
        if (s->left_why)
            follow(x, s->left_why);
    }
    for (size_t i = 0; i < s->nsets; i++) {
        const struct shape *got = follow(x, s->sets[i].value);
        if (s->kind == STEP_READ && str_is(s->sets[i].target, "live"))
            x->live = got;
    }
    if (s->kind == STEP_READ && !x->live)
        x->live = x->it;
    const struct term *of_acts[] = { s->due, s->running, s->reason };
    x->reply = s->kind == STEP_ACT ? NULL : x->reply;
    for (size_t i = 0; i < sizeof of_acts / sizeof *of_acts; i++)
        if (of_acts[i])
            follow(x, of_acts[i]);
    if (s->wait.op.n)
        check_wait(x, s, o);
    if (s->remove)
        check_remove(x, s->remove, remove_item(it));
}

void check_service(struct program *p, struct decl *d)
{
    struct fitting x = { .p = p, .d = d, .t = rtype_of(p, d) };
    struct str why = STR_NONE;
    complete(&x);
    if (!p->options.models)
        return;
    x.service = model_service(p->options.models, x.t->service, &why);
    if (!x.service) {
        const struct ast_annot *a = ast_annot(d->item->annots, "aws");
        diag_note(p->diags, report(p, DIAG_E0312, a ? a->span : x.t->span, "no service is called `%.*s`", STR_ARG(x.t->service)), "%.*s", STR_ARG(why));
        return;
    }
    x.ids = ids_shape(&x);
    for (size_t i = 0; i < x.t->nsteps; i++)
        check_step(&x, &x.t->steps[i]);
    x.reply = x.it = NULL;
    const struct term *over_live[] = { x.t->until, x.t->failed, x.t->why, x.t->unhealthy, x.t->leaving, x.t->uid, x.t->takes, x.t->trails, x.t->guarded };
    for (size_t i = 0; i < sizeof over_live / sizeof *over_live; i++)
        if (over_live[i])
            follow(&x, over_live[i]);
    map_fini(&x.vars);
}
