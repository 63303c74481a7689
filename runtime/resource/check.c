/* check.c - a type's bindings against the service models, before anything is sent: operations exist, members of requests exist and the
 * required ones are bound, paths into replies exist, constants are among an enum's values, and the re-find class can work.
 * What only shows at run time (the value of a call, a computed key) is not judged here; the client validates each request again. */
#include "view.h"

enum { NAMES = 16, DEPTH = 64 };

struct check {
    const struct rtype *type;
    struct models *models;
    struct diags *diags;
    const struct rstep *step;
    struct { struct str name; const struct shape *shape; } bound[NAMES];   /* reply, it, live, sent and comprehension variables */
    size_t nbound;
    unsigned depth;
    unsigned quiet, misses;                                /* in `a ?? b` one of both may be missing: counted, not reported */
};

static struct span place(const struct check *c, struct span at)
{
    return at.file ? at : c->step && c->step->span.file ? c->step->span : c->type->span;
}

static void no_member(struct check *c, const struct shape *sh, struct str name, struct span at, struct str where)
{
    struct str near[3], *all = ARENA_ARRAY(c->diags->arena, struct str, sh->nmembers);
    for (size_t i = 0; i < sh->nmembers; i++)
        all[i] = sh->members[i].name;
    struct diag *d = diag_add(c->diags, DIAG_E0312, place(c, at), "%.*s: %.*s has no member %.*s", STR_ARG(c->type->name), STR_ARG(where),
                              STR_ARG(name));
    if (diag_nearest(name, all, sh->nmembers, near))
        diag_help(c->diags, d, "did you mean %.*s?", STR_ARG(near[0]));
}

static void bind(struct check *c, const char *name, const struct shape *sh)
{
    if (c->nbound < NAMES)
        c->bound[c->nbound++] = (__typeof__(c->bound[0])){ str_of(name), sh };
}

static const struct shape *element(const struct shape *sh)
{
    return sh && (sh->kind == SHAPE_LIST || sh->kind == SHAPE_MAP) ? sh->elem : NULL;
}

static const struct shape *shape_of(struct check *c, const struct term *t);

static const struct shape *param_shape(const struct check *c, struct str name)
{
    for (size_t i = c->nbound; i-- > 0;)
        if (str_eq(c->bound[i].name, name))
            return c->bound[i].shape;
    return NULL;
}

static const struct shape *field_shape(struct check *c, const struct term *t)
{
    const struct shape *sh = shape_of(c, t->args[0]);
    if (!sh || sh->kind == SHAPE_MAP)
        return element(sh);
    const struct member *m = sh->kind == SHAPE_STRUCT ? model_member(sh, t->name) : NULL;
    if (!m && c->quiet)
        c->misses++;
    else if (!m)
        no_member(c, sh, t->name, t->span, sh->name.n ? sh->name : STR("the reply's value"));
    return m ? m->shape : NULL;
}

static const struct shape *for_shape(struct check *c, const struct term *t)
{
    const struct shape *src = shape_of(c, t->args[0]);
    size_t mark = c->nbound;
    if (c->nbound + 2 <= NAMES) {
        c->bound[c->nbound++] = (__typeof__(c->bound[0])){ t->name, element(src) };
        c->bound[c->nbound++] = (__typeof__(c->bound[0])){ t->name2, NULL };
    }
    for (size_t i = 1; i < t->nargs; i++)
        if (t->args[i])
            shape_of(c, t->args[i]);
    c->nbound = mark;
    return NULL;
}

/* `a ?? b` may name what only one of several shapes has, so one of them must exist. */
static const struct shape *either_shape(struct check *c, const struct term *t)
{
    unsigned before = c->misses;
    c->quiet++;
    const struct shape *x = shape_of(c, t->args[0]);
    unsigned left = c->misses - before;
    const struct shape *y = shape_of(c, t->args[1]);
    unsigned right = c->misses - before - left;
    c->quiet--;
    c->misses = before;
    if (left && right)
        shape_of(c, t->args[0]);
    return x ? x : y;
}

/* The shape of a term that walks into a reply; NULL: not a matter of models. Reports members that do not exist. */
static const struct shape *shape_of(struct check *c, const struct term *t)
{
    const struct shape *sh = NULL;
    if (!t || c->depth > DEPTH)
        return NULL;
    c->depth++;
    if (t->kind == TERM_PARAM) {
        sh = param_shape(c, t->name);
    } else if (t->kind == TERM_FIELD) {
        sh = field_shape(c, t);
    } else if (t->kind == TERM_FOR) {
        sh = for_shape(c, t);
    } else if (t->kind == TERM_OP && t->op == OP_COALESCE && t->nargs == 2) {
        sh = either_shape(c, t);
    } else {
        for (size_t i = 0; i < t->nargs; i++) {
            const struct shape *x = shape_of(c, t->args[i]);
            sh = i == 0 && t->kind == TERM_INDEX ? element(x) : sh;
        }
    }
    c->depth--;
    return sh;
}

static void value_fits(struct check *c, const struct shape *sh, const struct value *v, struct span at)
{
    if (v->kind == VALUE_OBJECT && sh->kind == SHAPE_STRUCT)
        for (size_t i = 0; i < v->object.n; i++) {
            const struct member *m = model_member(sh, v->object.v[i].key);
            if (m)
                value_fits(c, m->shape, v->object.v[i].value, at);
            else
                no_member(c, sh, v->object.v[i].key, at, sh->name);
        }
    if (v->kind == VALUE_LIST && sh->kind == SHAPE_LIST)
        for (size_t i = 0; i < v->list.n; i++)
            value_fits(c, sh->elem, v->list.v[i], at);
    if (v->kind != VALUE_STRING || sh->kind != SHAPE_ENUM)
        return;
    for (size_t i = 0; i < sh->nvalues; i++)
        if (str_eq(sh->values[i], v->s))
            return;
    struct str near[3];
    struct diag *d = diag_add(c->diags, DIAG_E0312, place(c, at), "%.*s: %.*s has no value \"%.*s\"", STR_ARG(c->type->name),
                              STR_ARG(sh->name), STR_ARG(v->s));
    if (diag_nearest(v->s, sh->values, sh->nvalues, near))
        diag_help(c->diags, d, "did you mean \"%.*s\"?", STR_ARG(near[0]));
}

static void fits(struct check *c, const struct shape *sh, const struct term *t, struct str where);

static bool has_key(const struct term *t, struct str key)
{
    for (size_t i = 0; i < t->nargs; i++)
        if (!t->keys[i].s || str_eq(t->keys[i], key))
            return true;
    return false;
}

static void object_fits(struct check *c, const struct shape *sh, const struct term *t, struct str where)
{
    for (size_t i = 0; i < t->nargs; i++) {
        const struct member *m = t->keys[i].s ? model_member(sh, t->keys[i]) : NULL;
        if (m)
            fits(c, m->shape, t->args[i], m->name);
        else if (t->keys[i].s)
            no_member(c, sh, t->keys[i], t->args[i]->span, where);
    }
    for (size_t i = 0; i < sh->nmembers; i++)
        if (sh->members[i].required && !sh->members[i].token && !has_key(t, sh->members[i].name))
            diag_add(c->diags, DIAG_E0312, place(c, t->span), "%.*s: %.*s needs member %.*s", STR_ARG(c->type->name), STR_ARG(where),
                     STR_ARG(sh->members[i].name));
}

/* What is written literally in a request, down to where it is computed. */
static void fits(struct check *c, const struct shape *sh, const struct term *t, struct str where)
{
    if (!t || !sh || c->depth > DEPTH)
        return;
    c->depth++;
    if (t->kind == TERM_CONST)
        value_fits(c, sh, t->value, t->span);
    else if (t->kind == TERM_OBJECT && sh->kind == SHAPE_STRUCT)
        object_fits(c, sh, t, where);
    else if (t->kind == TERM_OBJECT && sh->kind == SHAPE_MAP)
        for (size_t i = 0; i < t->nargs; i++)
            fits(c, sh->elem, t->args[i], where);
    else if (t->kind == TERM_LIST && sh->kind == SHAPE_LIST)
        for (size_t i = 0; i < t->nargs; i++)
            fits(c, t->spread && t->spread[i] ? sh : sh->elem, t->args[i], where);
    else if (t->kind == TERM_IF && t->nargs == 3) {
        fits(c, sh, t->args[1], where);
        fits(c, sh, t->args[2], where);
    } else if (t->kind == TERM_FOR && sh->kind == SHAPE_LIST && t->nargs == 3)
        fits(c, sh->elem, t->args[2], where);
    c->depth--;
}

static const struct operation *known_operation(const struct check *c, const struct rstep *s, const struct service **svc)
{
    struct str why = STR_NONE;
    *svc = model_service(c->models, resource_service(c->type, s), &why);
    return *svc ? model_operation(*svc, resource_operation(s)) : NULL;
}

static const struct operation *operation_of(struct check *c, struct str name)
{
    struct rstep s = { .op = name };
    const struct service *svc;
    struct str near[3], service = resource_service(c->type, &s);
    const struct operation *op = known_operation(c, &s, &svc);
    if (!svc)
        diag_add(c->diags, DIAG_E0312, place(c, SPAN_NONE), "%.*s: no service %.*s in the models", STR_ARG(c->type->name), STR_ARG(service));
    if (op || !svc)
        return op;
    struct str *all = ARENA_ARRAY(c->diags->arena, struct str, svc->noperations);
    for (size_t i = 0; i < svc->noperations; i++)
        all[i] = svc->operations[i].name;
    struct diag *d = diag_add(c->diags, DIAG_E0312, place(c, SPAN_NONE), "%.*s: %.*s has no operation %.*s", STR_ARG(c->type->name),
                              STR_ARG(service), STR_ARG(resource_operation(&s)));
    if (diag_nearest(resource_operation(&s), all, svc->noperations, near))
        diag_help(c->diags, d, "did you mean %.*s?", STR_ARG(near[0]));
    diag_note(c->diags, d, "operations with a model are listed in stdlib/aws/models/operations");
    return NULL;
}

static bool on_field(const struct rtype *t, struct str field)
{
    for (size_t i = 0; i < t->nsteps; i++)
        for (size_t k = 0; k < t->steps[i].non; k++)
            if (str_eq(path_root(t->steps[i].on[k]), field))
                return true;
    return false;
}

static bool bound_by_name(const struct rtype *t, const struct rstep *s, const struct shape *in, const struct member *m)
{
    for (size_t i = 0; i < t->nfields; i++) {
        struct str wire = t->fields[i].wire.n ? t->fields[i].wire : t->fields[i].name;
        if (model_match(in, path_root(wire)) == m)
            return true;
    }
    for (size_t i = 0; i < t->nouts && s->kind != STEP_CREATE; i++) {
        struct str wire = t->outs[i].wire.n ? t->outs[i].wire : t->outs[i].name;
        if (model_match(in, wire) == m)
            return true;
    }
    return false;
}

/* A step without `send`: what would be sent by name. */
static void check_names(struct check *c, const struct rstep *s, const struct operation *op)
{
    const struct rtype *t = c->type;
    for (size_t i = 0; i < op->in->nmembers; i++) {
        const struct member *m = &op->in->members[i];
        if (m->required && !m->token && !bound_by_name(t, s, op->in, m))
            diag_add(c->diags, DIAG_E0312, place(c, s->span), "%.*s: %.*s needs member %.*s and no field has that name", STR_ARG(t->name),
                     STR_ARG(op->name), STR_ARG(m->name));
    }
    for (size_t i = 0; i < t->nfields && s->kind == STEP_CREATE; i++) {
        struct str wire = t->fields[i].wire.n ? t->fields[i].wire : t->fields[i].name, bad;
        if (!model_match(op->in, path_root(wire)) && !on_field(t, t->fields[i].name))
            no_member(c, op->in, wire, t->fields[i].span, op->name);
        else if (t->fields[i].wire.n && !on_field(t, t->fields[i].name) && !model_path(op->in, wire, &bad))
            no_member(c, op->in, bad, t->fields[i].span, op->name);
    }
}

static void check_wait(struct check *c, const struct rstep *s, const struct operation *op)
{
    const struct operation *w = s->wait.op.n ? operation_of(c, s->wait.op) : NULL;
    if (!w)
        return;
    size_t mark = c->nbound;
    bind(c, "sent", op->out);
    if (s->wait.send && w->in)
        fits(c, w->in, s->wait.send, w->name);
    shape_of(c, s->wait.send);
    bind(c, "reply", w->out);
    shape_of(c, s->wait.until);
    shape_of(c, s->wait.failed);
    shape_of(c, s->wait.why);
    c->nbound = mark;
}

/* The call that removes elements of this shape. */
static void check_remove(struct check *c, const struct rstep *s, const struct shape *elem)
{
    const struct operation *op = operation_of(c, s->op);
    struct shape *list = ARENA_NEW(c->diags->arena, struct shape);
    *list = (struct shape){ .kind = SHAPE_LIST, .elem = elem };
    if (!op)
        return;
    size_t mark = c->nbound;
    bind(c, "each", !elem || !s->batch ? elem : list);
    if (op->in)
        fits(c, op->in, s->send, op->name);
    shape_of(c, s->send);
    bind(c, "reply", op->out);
    bind(c, "it", element(shape_of(c, s->left)));
    shape_of(c, s->left_why);
    c->nbound = mark;
}

static void check_step(struct check *c, const struct rstep *s)
{
    c->step = s;
    const struct operation *op = operation_of(c, s->op);
    if (!op)
        return;
    size_t mark = c->nbound;
    if (s->send && op->in)
        fits(c, op->in, s->send, op->name);
    else if (!s->send && op->in)
        check_names(c, s, op);
    shape_of(c, s->send);
    bind(c, "reply", op->out);
    const struct shape *elem = s->each ? element(shape_of(c, s->each)) : NULL;
    bind(c, "it", elem);
    if (s->kind == STEP_READ && s == rtype_step(c->type, STEP_READ, 0))
        bind(c, "live", s->each ? elem : op->out);
    shape_of(c, s->key);
    shape_of(c, s->name);
    if (s->left) {
        size_t outer = c->nbound;
        bind(c, "it", element(shape_of(c, s->left)));
        shape_of(c, s->left_why);
        c->nbound = outer;
    }
    for (size_t i = 0; i < s->nsets; i++) {
        const struct shape *sh = shape_of(c, s->sets[i].value);
        if (str_is(s->sets[i].target, "live"))
            bind(c, "live", sh);
        if (str_is(s->sets[i].target, "live") && s->kind == STEP_CREATE)
            shape_of(c, c->type->uid);                     /* the object as its create shows it */
    }
    if (s->first_page && !op->page.token_out.n)
        diag_add(c->diags, DIAG_E0312, place(c, s->span), "%.*s: %.*s has no pages, so none is the first", STR_ARG(c->type->name), STR_ARG(op->name));
    shape_of(c, s->due);
    shape_of(c, s->running);
    shape_of(c, s->reason);
    check_wait(c, s, op);
    c->nbound = mark;
    if (s->remove)
        check_remove(c, s->remove, elem);
}

/* The shape of `live`: what the first read assigns to it, its element, or its reply. */
static const struct shape *live_shape(struct check *c)
{
    const struct rstep *s = rtype_step(c->type, STEP_READ, 0);
    struct diags silent;
    diags_init(&silent);
    struct check quiet = { .type = c->type, .models = c->models, .diags = &silent, .step = s };
    const struct operation *op = s ? operation_of(&quiet, s->op) : NULL;
    const struct shape *sh = NULL;
    if (op) {
        bind(&quiet, "reply", op->out);
        sh = s->each ? element(shape_of(&quiet, s->each)) : op->out;
        bind(&quiet, "it", s->each ? sh : NULL);
        for (size_t i = 0; i < s->nsets; i++)
            if (str_is(s->sets[i].target, "live"))
                sh = shape_of(&quiet, s->sets[i].value);
    }
    diags_fini(&silent);
    return sh;
}

static bool takes_token(const struct operation *op)
{
    for (size_t i = 0; op && op->in && i < op->in->nmembers; i++)
        if (op->in->members[i].token)
            return true;
    return false;
}

/* docs/design.md, Recovery: a lost reply to the create must be resolvable by what the find relies on. */
static void check_find(struct check *c)
{
    const struct rtype *t = c->type;
    const struct rstep *create = rtype_step(t, STEP_CREATE, 0), *find = rtype_step(t, STEP_FIND, 0);
    c->step = find;
    if (!create || t->lookup)
        return;
    if (!find) {
        diag_add(c->diags, DIAG_E0312, t->span, "%.*s has a create but no find: after a crash its object could not be found again",
                 STR_ARG(t->name));
        return;
    }
    const struct service *svc;
    const struct operation *op = known_operation(c, create, &svc);
    bool tagged = create->send ? term_uses_param(create->send, STR("all_tags")) || term_uses_param(create->send, STR("token"))
                               : t->tags.n && op && op->in && model_match(op->in, t->tags);
    if (op && find->by == FIND_TOKEN && !takes_token(op))
        diag_add(c->diags, DIAG_E0312, place(c, find->span), "%.*s: find by token, but %.*s takes no idempotency token", STR_ARG(t->name),
                 STR_ARG(op->name));
    if (op && find->by == FIND_TAG && !tagged)
        diag_add(c->diags, DIAG_E0312, place(c, find->span), "%.*s: find by tag, but %.*s does not send all_tags", STR_ARG(t->name),
                 STR_ARG(op->name));
}

/* What is made and not marked in one call is nobody's when the run ends between the two. */
static void check_mark(struct check *c)
{
    const struct service *svc;
    const struct rtype *t = c->type;
    const struct rstep *create = rtype_step(t, STEP_CREATE, 0);
    const struct operation *op = create ? known_operation(c, create, &svc) : NULL;
    const struct member *m = op ? model_tags(op->in) : NULL;
    const struct rstep *find = rtype_step(t, STEP_FIND, 0);
    if (find && find->by == FIND_TAG && create->send)      /* said by check_find */
        return;
    bool sent = m && (create->send ? term_uses_param(create->send, STR("all_tags")) : t->tags.n > 0);
    if (m && !sent)
        diag_add(c->diags, DIAG_E0312, place(c, create->span), "%.*s: %.*s takes %.*s, and is not sent all_tags", STR_ARG(t->name), STR_ARG(op->name), STR_ARG(m->name));
}

void resource_check(const struct rtype *t, struct models *m, struct diags *d)
{
    struct check c = { .type = t, .models = m, .diags = d };
    const struct shape *live = live_shape(&c);
    bind(&c, "live", live);
    for (size_t i = 0; i < t->nsteps; i++)
        check_step(&c, &t->steps[i]);
    c.step = NULL;
    const struct term *over_live[] = { t->until, t->failed, t->why, t->unhealthy, t->leaving, t->uid, t->takes, t->trails, t->guarded };
    for (size_t i = 0; i < sizeof over_live / sizeof *over_live; i++)
        shape_of(&c, over_live[i]);
    for (size_t i = 0; i < t->nchains; i++) {
        shape_of(&c, t->chains[i].steps);
        shape_of(&c, t->chains[i].refuse);
        shape_of(&c, t->chains[i].note);
        shape_of(&c, t->chains[i].replace);
    }
    check_find(&c);
    check_mark(&c);
}
