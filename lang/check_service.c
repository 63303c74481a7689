/* check_service.c - a resource type of a project, and in the tests of the library: complete (docs/design.md, Resource types), and its calls against the
 * service model: operations exist, requests are ones (fit.c), what is read of replies is in them, and what a find relies on is sent. */
#include "fit.h"

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

/* A find is asked when no reply has come yet: it sees no out but those that follow from inputs. */
static void find_sees(struct fitting *x, const struct rstep *find)
{
    const struct term *const terms[] = { find->send, find->each, find->key };
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++)
        for (size_t k = 0; k < x->t->nouts; k++) {
            const struct rout *o = &x->t->outs[k];
            const struct term *use = o->value ? NULL : term_use(terms[i], o->name);
            if (!use)
                continue;
            struct diag *d = report(x->p, DIAG_E0311, use->span.file ? use->span : find->span, "`%.*s` is not there when an object is looked for", STR_ARG(o->name));
            diag_note(x->p->diags, d, "a `find` asks after a create without reply, which is what would have told that out");
            diag_help(x->p->diags, d, "look for what the create was sent: inputs, and `token`");
        }
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
    if (find && find->by == FIND_TAG && create && create->send && !term_uses_param(create->send, STR("all_tags")) && !term_uses_param(create->send, STR("token")))
        diag_note(p->diags, report(p, DIAG_E0311, find->span, "found by tag, but `create` sends no tags"),
                  "an object that is tagged by a second call cannot be found between the two");
    if (find)
        find_sees(x, find);
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

/* ---- calls ---- */

/* "Operation" of the type's service, or "service:Operation". */
static const struct service *service_of(struct fitting *x, struct str *op)
{
    struct str rest = *op, service, why;
    if (str_find(*op, STR(":")) == SIZE_MAX || !str_cut(&rest, ':', &service))
        return x->service;
    *op = rest;
    return model_service(x->p->options.models, service, &why);
}

static const struct operation *operation_of(struct fitting *x, struct str op)
{
    const struct service *s = service_of(x, &op);
    return s ? model_operation(s, op) : NULL;
}

static const struct operation *operation_named(struct fitting *x, struct str op, struct span at)
{
    struct program *p = x->p;
    struct str name = op;
    const struct service *s = service_of(x, &name);
    const struct operation *o = s ? model_operation(s, name) : NULL;
    if (!s)
        report(p, DIAG_E0312, at, "no service is called `%.*s`", (int)(op.n - name.n - 1), op.s);
    if (o || !s)
        return o;
    struct vec names = { 0 };
    for (size_t i = 0; i < s->noperations; i++)
        names_add(p, &names, s->operations[i].name);
    report_suggest(p, report(p, DIAG_E0312, at, "%.*s has no operation `%.*s`", STR_ARG(s->name), STR_ARG(name)), name, SPAN_NONE, &names);
    return NULL;
}

static struct fit_text send_text(const struct ast_item *step)
{
    return fit_text(step ? fit_written(step->body, STR("send")) : NULL);
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
    size_t mark = x->nnames;
    fit_name(x, STR("sent"), of->out);
    if (o && o->in)
        fit_request(x, o->in, s->wait.send, (struct fit_text){ NULL, NULL }, s->span, o->name);
    fit_follow(x, s->wait.send);
    fit_name(x, STR("reply"), o ? o->out : NULL);
    fit_follow(x, s->wait.until);
    fit_follow(x, s->wait.failed);
    fit_follow(x, s->wait.why);
    x->nnames = mark;
}

/* What a reply says was not done, element by element. */
static void check_left(struct fitting *x, const struct rstep *s)
{
    size_t mark = x->nnames;
    fit_name(x, STR("it"), fit_elem(fit_follow(x, s->left)));
    fit_follow(x, s->left_why);
    x->nnames = mark;
}

static const struct ast_item *remove_item(const struct ast_item *empty)
{
    const struct ast_item *it = empty ? fit_written(empty->body, STR("remove")) : NULL;
    return it && it->kind == ITEM_INSTANCE ? it : NULL;
}

/* The call that removes elements of this shape. */
static void check_remove(struct fitting *x, const struct rstep *s, const struct shape *elem, const struct ast_item *item)
{
    const struct operation *o = operation_named(x, s->op, item ? item->name.span : s->span);
    struct shape list = { .kind = SHAPE_LIST, .elem = elem };
    if (!o || !s->send)
        return;
    size_t mark = x->nnames;
    fit_name(x, STR("each"), elem && s->batch ? &list : elem);
    fit_request(x, o->in, s->send, send_text(item), s->span, o->name);
    fit_follow(x, s->send);
    fit_name(x, STR("reply"), o->out);
    check_left(x, s);
    x->nnames = mark;
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

static bool takes_token(const struct operation *o)
{
    for (size_t i = 0; o->in && i < o->in->nmembers; i++)
        if (o->in->members[i].token)
            return true;
    return false;
}

/* docs/design.md, Recovery: a lost reply to the create must be resolvable by what the find relies on. */
static void check_find(struct fitting *x, const struct rstep *s, const struct operation *o)
{
    const struct rstep *find = rtype_step(x->t, STEP_FIND, 0);
    if (s == rtype_step(x->t, STEP_CREATE, 0) && find && find->by == FIND_TOKEN && !takes_token(o))
        diag_help(x->p->diags, report(x->p, DIAG_E0311, find->span, "found by token, but `%.*s` takes no idempotency token", STR_ARG(o->name)), "`by` may also be \"name\", \"tag\" or \"relation\"");
}

/* Without `send` every field goes under the member that is called like it, or the one of @wire. */
static struct str wire_name(struct str wire, struct str name)
{
    struct str rest = wire.n ? wire : name, first;
    str_cut(&rest, '.', &first);
    return first;
}

static bool is_on(const struct rtype *t, struct str field)
{
    for (size_t i = 0; i < t->nsteps; i++)
        for (size_t k = 0; k < t->steps[i].non; k++)
            if (path_of(t->steps[i].on[k], field))
                return true;
    return false;
}

static void check_by_name(struct fitting *x, const struct rstep *s, const struct operation *o)
{
    const struct rtype *t = x->t;
    struct str bad;
    for (size_t i = 0; i < o->in->nmembers; i++) {
        const struct member *m = &o->in->members[i];
        bool found = !m->required || m->token;
        for (size_t k = 0; k < t->nfields && !found; k++)
            found = model_match(o->in, wire_name(t->fields[k].wire, t->fields[k].name)) == m;
        for (size_t k = 0; s->kind != STEP_CREATE && k < t->nouts && !found; k++)
            found = (s->kind != STEP_FIND || t->outs[k].value) && model_match(o->in, wire_name(t->outs[k].wire, t->outs[k].name)) == m;
        if (!found)
            report(x->p, DIAG_E0312, s->span, "`%.*s` must be sent `%.*s`, and no field is called so", STR_ARG(o->name), STR_ARG(m->name));
    }
    for (size_t i = 0; s->kind == STEP_CREATE && i < t->nfields; i++) {
        const struct rfield *f = &t->fields[i];
        if (is_on(t, f->name))
            continue;
        if (!model_match(o->in, wire_name(f->wire, f->name)))
            report(x->p, DIAG_E0312, f->span, "`%.*s` takes no `%.*s`", STR_ARG(o->name), STR_ARG(wire_name(f->wire, f->name)));
        else if (f->wire.n && !model_path(o->in, f->wire, &bad))
            report(x->p, DIAG_E0312, f->span, "`%.*s` has no `%.*s`", STR_ARG(f->wire), STR_ARG(bad));
    }
}

/* What a read or find goes through, and how an element is known and called. Returns its shape. */
static const struct shape *check_elements(struct fitting *x, const struct rstep *s, const struct ast_item *it)
{
    const struct ast_item *key = it ? fit_written(it->body, STR("key")) : NULL;
    check_key(x, s, key && key->value ? key->value->span : s->span);
    const struct shape *elem = s->each ? fit_elem(fit_follow(x, s->each)) : NULL;
    fit_name(x, STR("it"), elem);
    fit_follow(x, s->key);
    fit_follow(x, s->name);
    return elem;
}

static void check_step(struct fitting *x, const struct rstep *s)
{
    const struct ast_item *it = step_item(x, s);
    const struct operation *o = operation_named(x, s->op, it ? it->name.span : s->span);
    const struct ast_item *first = s->first_page && it ? fit_written(it->body, STR("first_page")) : NULL;
    if (!o)
        return;
    size_t mark = x->nnames;
    check_mark(x, s, o);
    check_find(x, s, o);
    if (first && !o->page.token_out.n)
        diag_help(x->p->diags, report(x->p, DIAG_E0312, first->path.span, "`first_page` does nothing here: %.*s has no pages", STR_ARG(o->name)), "take it out");
    if (o->in && s->send)
        fit_request(x, o->in, s->send, send_text(it), s->span, o->name);
    else if (o->in)
        check_by_name(x, s, o);
    fit_follow(x, s->send);
    fit_follow(x, s->due);
    fit_follow(x, s->running);
    fit_follow(x, s->reason);
    fit_name(x, STR("reply"), o->out);
    const struct shape *elem = check_elements(x, s, it);
    check_left(x, s);
    for (size_t i = 0; i < s->nsets; i++) {
        const struct shape *got = fit_follow(x, s->sets[i].value);
        if (str_is(s->sets[i].target, "live"))
            fit_name(x, STR("live"), got);
        if (str_is(s->sets[i].target, "live") && s->kind == STEP_CREATE)
            fit_follow(x, x->t->uid);                      /* the object as its create shows it */
    }
    if (s->wait.op.n)
        check_wait(x, s, o);
    if (s->remove)
        check_remove(x, s->remove, elem, remove_item(it));
    x->nnames = mark;
}

/* The shape of `live` when all reads are done: what the last one of them sets it to, else the element or the reply of the first. */
static const struct shape *live_shape(struct fitting *x)
{
    const struct shape *live = NULL;
    const struct rstep *s;
    size_t mark = x->nnames;
    x->quiet++;
    for (size_t i = 0; (s = rtype_step(x->t, STEP_READ, i)); i++) {
        const struct operation *o = operation_of(x, s->op);
        fit_name(x, STR("live"), live);
        fit_name(x, STR("reply"), o ? o->out : NULL);
        const struct shape *elem = fit_elem(fit_follow(x, s->each));
        fit_name(x, STR("it"), elem);
        live = i ? live : s->each ? elem : o ? o->out : NULL;
        for (size_t k = 0; k < s->nsets; k++)
            if (str_is(s->sets[k].target, "live"))
                live = fit_follow(x, s->sets[k].value);
        x->nnames = mark;
    }
    x->quiet--;
    x->misses = 0;
    return live;
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
    fit_name(&x, STR("live"), live_shape(&x));
    for (size_t i = 0; i < x.t->nsteps; i++)
        check_step(&x, &x.t->steps[i]);
    const struct term *over_live[] = { x.t->until, x.t->failed, x.t->why, x.t->unhealthy, x.t->leaving, x.t->uid, x.t->takes, x.t->trails, x.t->guarded };
    for (size_t i = 0; i < sizeof over_live / sizeof *over_live; i++)
        fit_follow(&x, over_live[i]);
    for (size_t i = 0; i < x.t->nchains; i++) {
        const struct rchain *c = &x.t->chains[i];
        const struct term *of_chain[] = { c->steps, c->refuse, c->note, c->why, c->replace };
        for (size_t k = 0; k < sizeof of_chain / sizeof *of_chain; k++)
            fit_follow(&x, of_chain[k]);
    }
}
