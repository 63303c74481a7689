/* rsteps.c - the steps of a `resource` declaration, lowered: requests, replies, waits, codes of their own. */
#include "rtypes.h"

static const unsigned places[] = { IN_CREATE, IN_READ, IN_FIND, IN_UPDATE, IN_DELETE, IN_RETIRE, IN_HOLDER, IN_EMPTY, IN_ACTION, IN_REMOVE };
static const char *const where[] = { "a `create`", "a `read`", "a `find`", "an `update`", "a `delete`", "a `retire`", "a `holder`", "an `empty`", "an `action`", "a `remove`" };

static struct str item_name(const struct ast_item *it)
{
    return it->path.n ? it->path.v[0].text : STR("");
}

/* ---- waits ---- */

static void lower_wait(struct lowering *l, const struct ast_item *it, struct rwait *w, bool named)
{
    w->op = it->name.text;
    for (size_t i = 0; i < it->body->n; i++) {
        const struct ast_item *x = it->body->items[i];
        struct str name = item_name(x);
        if (x->kind == ITEM_INSTANCE && str_is(name, "send"))
            w->send = body_at(l, IN_WAIT, x->body);
        else if (x->kind == ITEM_SET && str_is(name, "send"))
            w->send = term_at(l, IN_WAIT, x->value);
        else if (x->kind == ITEM_SET && str_is(name, "until"))
            w->until = term_at(l, IN_WAIT, x->value);
        else if (x->kind == ITEM_SET && str_is(name, "failed"))
            w->failed = term_at(l, IN_WAIT, x->value);
        else if (x->kind == ITEM_SET && str_is(name, "why"))
            w->why = term_at(l, IN_WAIT, x->value);
        else if (!(named && x->kind == ITEM_SET && str_is(name, "name")))
            word_misplaced(l, x, IN_WAIT, "a `wait`");
    }
    if (!w->op.n)
        diag_help(l->p->diags, lower_report(l, it->path.span, "`wait` needs the name of an operation"), "write `wait DescribeThing { ... }`");
    if (!w->until)
        diag_help(l->p->diags, lower_report(l, it->path.span, "this `wait` does not say what for"), "write `until = reply...`");
}

static const struct ast_item *setting(const struct ast_body *b, const char *name)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->items[i]->kind == ITEM_SET && b->items[i]->path.n == 1 && str_is(b->items[i]->path.v[0].text, name))
            return b->items[i];
    return NULL;
}

void lower_named_waits(struct lowering *l)
{
    const struct ast_body *b = l->d->item->body;
    l->waits = ARENA_ARRAY(l->p->arena, struct named_wait, b->n);
    for (size_t i = 0; i < b->n; i++) {
        const struct ast_item *it = b->items[i];
        if (it->kind != ITEM_INSTANCE || !str_is(item_name(it), "wait"))
            continue;
        const struct ast_item *name = setting(it->body, "name");
        if (!name || name->value->kind != EXPR_NAME) {
            diag_help(l->p->diags, lower_report(l, name ? name->value->span : it->path.span, "a `wait` of the type needs a name, by which steps use it"),
                      "write `name = update` in it, and `wait = update` in the steps");
            continue;
        }
        struct named_wait *w = &l->waits[l->nwaits++];
        *w = (struct named_wait){ .name = name->value->name.text, .span = it->path.span };
        for (size_t k = 0; k + 1 < l->nwaits; k++)
            if (str_eq(l->waits[k].name, w->name))
                diag_second(l->p->diags, lower_report(l, name->value->span, "two waits are called `%.*s`", STR_ARG(w->name)), l->waits[k].span, "the first one");
        lower_wait(l, it, &w->wait, true);
    }
}

void waits_unused(struct lowering *l)
{
    for (size_t i = 0; i < l->nwaits; i++)
        if (!l->waits[i].used)
            diag_help(l->p->diags, lower_report(l, l->waits[i].span, "no step uses the wait `%.*s`", STR_ARG(l->waits[i].name)), "write `wait = %.*s` in a step",
                      STR_ARG(l->waits[i].name));
}

static void use_wait(struct lowering *l, struct rstep *s, const struct ast_item *it)
{
    struct vec names = { 0 };
    struct str name = it->value->kind == EXPR_NAME ? it->value->name.text : STR("");
    for (size_t i = 0; i < l->nwaits; i++) {
        if (str_eq(l->waits[i].name, name)) {
            s->wait = l->waits[i].wait;
            l->waits[i].used = true;
            vec_fini(&names);
            return;
        }
        names_add(l->p, &names, l->waits[i].name);
    }
    struct diag *x = lower_report(l, it->value->span, "the type declares no wait of this name");
    if (l->nwaits)
        report_suggest(l->p, x, name, it->value->span, &names);
    else
        diag_help(l->p->diags, x, "write `wait DescribeThing { name = %.*s, send { ... }, until = ... }` in the type", STR_ARG(name.n ? name : STR("update")));
}

/* ---- what stands in a step ---- */

static void find_class(struct lowering *l, struct rstep *s, const struct ast_expr *e)
{
    static const char *const names[] = { "token", "name", "tag", "relation" };
    struct str text = plain_text(l, e);
    for (size_t i = 0; i < 4; i++)
        if (str_is(text, names[i])) {
            s->by = (enum find_by)i;
            return;
        }
    if (text.n)
        lower_report(l, e->span, "`by` is \"token\", \"name\", \"tag\" or \"relation\"");
    l->bad = true;
}

static struct rcodes codes(struct lowering *l, const struct ast_expr *e)
{
    struct rcodes c;
    c.v = plain_texts(l, e, &c.n);
    return c;
}

static void step_errors(struct lowering *l, struct rstep *s, const struct ast_body *b)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct ast_item *it = b->items[i];
        struct str name = item_name(it);
        if (it->kind == ITEM_SET && str_is(name, "gone"))
            s->gone = codes(l, it->value);
        else if (it->kind == ITEM_SET && str_is(name, "busy"))
            s->busy = codes(l, it->value);
        else if (it->kind == ITEM_SET && str_is(name, "retry"))
            s->retry = codes(l, it->value);
        else if (it->kind == ITEM_SET && str_is(name, "exists") && s->kind == STEP_CREATE)
            s->exists = codes(l, it->value);
        else if (it->kind == ITEM_SET && str_is(name, "exists"))
            diag_help(l->p->diags, lower_report(l, it->path.span, "`exists` means something for a `create` only"),
                      "write it as `busy`, if the step can be sent again later, or take it out");
        else
            word_misplaced(l, it, IN_STEP_ERRORS, "the `errors` of a step");
    }
}

/* A field or out that the reply sets; `live`. */
static void step_assign(struct lowering *l, struct rstep *s, struct rassign *sets, const struct ast_item *it)
{
    struct str name = it->path.v[0].text;
    sets[s->nsets++] = (struct rassign){ name, term_at(l, places[s->kind], it->value) };
}

static bool assigned(const struct lowering *l, const struct rstep *s, struct str name)
{
    bool field = decl_field(l->d, name) || decl_out(l->d, name);
    const struct word *w = word_setting(name, places[s->kind]);
    if (!w || str_is(name, "live"))
        return field || w;
    /* words that came late, or say nothing in such a step, leave a field of that name what it was */
    static const char *const came[] = { "absent", "unnamed", "first_page", "failed", "why" };
    bool late = str_is(name, "key") && !s->each;
    for (size_t i = 0; i < sizeof came / sizeof *came; i++)
        late |= str_is(name, came[i]);
    return field && late;
}

static void batch(struct lowering *l, struct rstep *s, const struct ast_item *it)
{
    const struct value *v = plain_value(l, it->value, VALUE_INT, "a number of elements");
    if (v && v->i < 1)
        diag_help(l->p->diags, lower_report(l, it->value->span, "a call removes one element at least"), "write what AWS takes in one call, or leave `batch` out");
    s->batch = v ? v->i : 0;
}

static void act_name(struct lowering *l, struct rstep *s, const struct ast_expr *e)
{
    if (e->kind == EXPR_NAME)
        s->called = e->name.text;
    else
        diag_help(l->p->diags, lower_report(l, e->span, "the `name` of an `action` is a name"), "write `name = refresh`");
}

/* What only an `action` says. False: nothing of it. */
static bool act_setting(struct lowering *l, struct rstep *s, const struct ast_item *it)
{
    struct str name = it->path.v[0].text;
    const struct term **to = str_is(name, "when") ? &s->due : str_is(name, "running") ? &s->running : str_is(name, "why") ? &s->reason : NULL;
    if (to)
        *to = term_at(l, IN_ACTION, it->value);
    else if (str_is(name, "name"))
        act_name(l, s, it->value);
    return to || str_is(name, "name");
}

static void step_setting(struct lowering *l, struct rstep *s, struct rassign *sets, const struct ast_item *it)
{
    struct str name = it->path.v[0].text;
    unsigned place = places[s->kind];
    if (s->kind == STEP_ACT && act_setting(l, s, it))
        return;
    if (assigned(l, s, name))
        step_assign(l, s, sets, it);
    else if (!word_setting(name, place))
        word_misplaced(l, it, place, where[s->kind]);
    else if (str_is(name, "send"))
        s->send = term_at(l, place, it->value);
    else if (str_is(name, "key"))
        s->key = term_at(l, place, it->value);
    else if (str_is(name, "by"))
        find_class(l, s, it->value);
    else if (str_is(name, "on"))
        s->on = on_paths(l, it->value, &s->non);
    else if (str_is(name, "renews"))
        s->renews = field_paths(l, it->value, &s->nrenews);
    else if (str_is(name, "usual"))
        s->usual = plain_duration(l, it);
    else if (str_is(name, "over"))
        s->over = term_at(l, place, it->value);
    else if (str_is(name, "when"))
        s->when = term_at(l, place, it->value);
    else if (str_is(name, "wait"))
        use_wait(l, s, it);
    else if (str_is(name, "absent"))
        s->absent = codes(l, it->value);
    else if (str_is(name, "unnamed"))
        s->unnamed = plain_true(l, it);
    else if (str_is(name, "first_page"))
        s->first_page = plain_true(l, it);
    else if (str_is(name, "overwrites"))
        s->overwrites = plain_true(l, it);
    else if (str_is(name, "name"))
        s->name = term_at(l, place, it->value);
    else if (str_is(name, "why") && s->kind == STEP_RETIRE)
        s->why = plain_text(l, it->value);
    else if (str_is(name, "why"))
        s->left_why = term_at(l, place, it->value);
    else if (str_is(name, "failed"))
        s->left = term_at(l, place, it->value);
    else if (str_is(name, "batch"))
        batch(l, s, it);
    else if (str_is(name, "holds")) {
        struct str text = plain_text(l, it->value);
        struct decl *d = text.n ? resource_named(l, text, it->value->span, "`holds`") : NULL;
        s->holds = d ? decl_full_name(l, d) : STR_NONE;
    }
}

static void lower_remove(struct lowering *l, struct rstep *s, const struct ast_item *it);

static void step_item(struct lowering *l, struct rstep *s, struct rassign *sets, const struct ast_item *it)
{
    struct str name = item_name(it);
    unsigned place = places[s->kind];
    if (it->kind == ITEM_INSTANCE && str_is(name, "send"))
        s->send = body_at(l, place, it->body);
    else if (it->kind == ITEM_INSTANCE && str_is(name, "wait") && word_block(name, place))
        lower_wait(l, it, &s->wait, false);
    else if (it->kind == ITEM_INSTANCE && str_is(name, "errors"))
        step_errors(l, s, it->body);
    else if (it->kind == ITEM_INSTANCE && str_is(name, "remove") && word_block(name, place))
        lower_remove(l, s, it);
    else if (it->kind == ITEM_SET)
        step_setting(l, s, sets, it);
    else
        word_misplaced(l, it, place, where[s->kind]);
}

/* What is lost for good goes only where the block says so. */
static void empty_sense(struct lowering *l, const struct rstep *s, const struct ast_item *it)
{
    struct diags *d = l->p->diags;
    if (!s->each || !s->name)
        diag_help(d, lower_report(l, it->path.span, "`empty` needs `each` and `name`"), "write `each = reply.things, name = \"thing \\(it)\"`");
    if (!s->when || s->when->kind == TERM_CONST)
        diag_help(d, lower_report(l, it->path.span, "`empty` needs a `when` over inputs: what stands in an object goes only if its block says so"),
                  "write `force: bool = false @write_only` in the type, and here `when = force`");
    if (!s->remove)
        diag_help(d, lower_report(l, it->path.span, "`empty` does not say how elements are removed"), "write `remove DeleteThings { batch = 100, send { Ids = [for x in each: x.Id] } }`");
}

static bool has_step(const struct lowering *l, enum rstep_kind k)
{
    for (size_t i = 0; i < l->t->nsteps; i++)
        if (l->t->steps[i].kind == k)
            return true;
    return false;
}

static struct str root(struct str path)
{
    struct str rest = path, first;
    str_cut(&rest, '.', &first);
    return first;
}

static bool writes(const struct rstep *s, struct str field)
{
    for (size_t i = 0; i < s->non; i++)
        if (str_eq(root(s->on[i]), root(field)))
            return true;
    return false;
}

static void act_sense(struct lowering *l, const struct rstep *s, const struct ast_item *it)
{
    struct diags *d = l->p->diags;
    if (!s->non && !s->due)
        diag_help(d, lower_report(l, it->path.span, "this `action` is never due: it has neither `on` nor `when`"),
                  "write `on = [field]`, for a change of it, or `when = live...`, for what AWS shows");
    if (s->due && s->due->kind == TERM_CONST)
        diag_help(d, lower_report(l, setting(it->body, "when")->value->span, "what an `action` is due for is what AWS shows: this is always the same"), "write `when` over `live`");
    if (!s->reason)
        diag_help(d, lower_report(l, it->path.span, "`action` needs `why`, the reason that a plan shows"), "write `why = \"...\"`");
    if (s->nsets)
        diag_help(d, lower_report(l, s->sets[0].value->span.file ? s->sets[0].value->span : it->path.span, "an `action` sets no fields: they are read after it"), "take it out");
    for (size_t i = 0; i < l->t->nsteps; i++) {
        const struct rstep *other = &l->t->steps[i];
        if (other->kind == STEP_ACT && str_eq(other->called, s->called))
            diag_second(d, lower_report(l, it->path.span, "two actions are called `%.*s`", STR_ARG(s->called)), other->span, "the first one");
    }
}

void acts_useless(struct lowering *l)
{
    const struct rstep *s, *u;
    for (size_t i = 0; (s = rtype_step(l->t, STEP_ACT, i)); i++)
        for (size_t k = 0; k < s->non; k++) {
            bool written = false;
            for (size_t n = 0; !written && (u = rtype_step(l->t, STEP_UPDATE, n)); n++)
                written = writes(u, s->on[k]);
            if (!written)
                diag_help(l->p->diags, lower_report(l, s->span, "`on` does nothing: no `update` writes `%.*s`", STR_ARG(s->on[k])),
                          "name fields that change in place");
        }
}

static void failed_sense(struct lowering *l, const struct rstep *s, const struct ast_item *it)
{
    if (!s->left != !s->left_why)
        diag_help(l->p->diags, lower_report(l, it->path.span, s->left ? "`failed` needs `why`, the reason of each over `it`" : "`why` does nothing without `failed`"),
                  "write `failed = reply.Errors ?? [], why = \"\\(it.Code): \\(it.Message)\"`");
}

/* What contradicts itself, or would do nothing. */
static void step_sense(struct lowering *l, const struct rstep *s, const struct ast_item *it)
{
    struct diags *d = l->p->diags;
    const struct ast_item *absent = setting(it->body, "absent"), *unnamed = setting(it->body, "unnamed"), *overwrites = setting(it->body, "overwrites");
    if (s->absent.n && !has_step(l, STEP_READ))
        diag_help(d, lower_report(l, absent->path.span, "the first `read` decides whether the object exists; it has no absent parts"),
                  "write codes that mean it is gone into `errors { gone = [...] }`");
    if (s->unnamed && (s->key || s->each))
        diag_help(d, lower_report(l, unnamed->path.span, "`unnamed` does nothing here: `%s` says whose the reply is", s->key ? "key" : "each"), "take it out");
    if (s->overwrites && has_step(l, STEP_CREATE))
        diag_help(d, lower_report(l, overwrites->path.span, "`overwrites` does nothing here: what stands there is looked for before the first `create`"), "take it out");
    if (s->kind == STEP_HOLDER && (!s->each || !s->name))
        diag_help(d, lower_report(l, it->path.span, "`holder` needs `each` and `name`"), "write `each = reply.things, name = \"thing \\(it)\"`");
    if ((s->kind == STEP_HOLDER || s->kind == STEP_EMPTY) && s->holds.n && !s->key)
        diag_help(d, lower_report(l, it->path.span, "`holds` needs the `key` by which kc knows its own"), "write `key = { ... }` over `it`");
    if (s->kind == STEP_EMPTY)
        empty_sense(l, s, it);
    if (s->kind == STEP_ACT)
        act_sense(l, s, it);
    failed_sense(l, s, it);
}

static void read_step(struct lowering *l, struct rstep *s, enum rstep_kind k, const struct ast_item *it)
{
    struct rassign *sets = ARENA_ARRAY(l->p->arena, struct rassign, it->body->n);
    *s = (struct rstep){ .kind = k, .op = it->name.text, .span = it->span };
    if (!s->op.n)
        diag_help(l->p->diags, lower_report(l, it->path.span, "`%.*s` needs the name of an operation", STR_ARG(it->path.v[0].text)),
                  "write `%.*s DescribeThings { ... }`", STR_ARG(it->path.v[0].text));
    const struct ast_item *each = setting(it->body, "each");
    if (each && word_setting(STR("each"), places[k]))
        s->each = term_at(l, places[k], each->value);
    for (size_t i = 0; i < it->body->n; i++)
        step_item(l, s, sets, it->body->items[i]);
    s->sets = sets;
    size_t service = str_find(s->op, STR(":"));
    if (k == STEP_ACT && !s->called.n)
        s->called = service == SIZE_MAX ? s->op : str_sub(s->op, service + 1, s->op.n);
    s->many = s->kind == STEP_READ && s->send && term_uses_param(s->send, STR("ids"));
}

static void lower_remove(struct lowering *l, struct rstep *s, const struct ast_item *it)
{
    struct diags *d = l->p->diags;
    struct rstep *r = ARENA_NEW(l->p->arena, struct rstep);
    if (s->remove) {
        diag_second(d, lower_report(l, it->path.span, "an `empty` has one `remove`"), s->remove->span, "the first one");
        return;
    }
    read_step(l, r, STEP_REMOVE, it);
    s->remove = r;
    if (!r->send || !term_uses_param(r->send, STR("each")))
        diag_help(d, lower_report(l, it->path.span, "this `remove` does not say what it removes"), r->batch ? "write `send { ... }` with `each`, the list of elements"
                                                                                                             : "write `send { ... }` with `each`, the element");
    failed_sense(l, r, it);
}

void lower_step(struct lowering *l, struct rstep *s, enum rstep_kind k, const struct ast_item *it)
{
    read_step(l, s, k, it);
    step_sense(l, s, it);
    l->t->nsteps++;
}
