/* rmade.c - `made key = rsa_key(2048)` of a resource type: lowered, and held against what the steps do with it. It exists while a create runs, or an
 * update that names it in `on`; it goes into their requests, and what their replies set may keep its public part alone. One may be made from those
 * before it: a certificate from a key. */
#include "rtypes.h"
#include <stdarg.h>

static struct diag *wrong(struct lowering *l, enum diag_code code, struct span at, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static struct diag *wrong(struct lowering *l, enum diag_code code, struct span at, const char *fmt, ...)
{
    struct buf b = { 0 };
    va_list ap;
    va_start(ap, fmt);
    buf_vfmt(&b, fmt, ap);
    va_end(ap);
    struct diag *x = report(l->p, code, at, "%.*s", (int)b.n, b.s);
    buf_fini(&b);
    l->bad = true;
    return x;
}

/* Something new stands in it, or another made value does. */
static bool makes(const struct rtype *t, const struct term *x)
{
    const struct builtin *b = x->kind == TERM_CALL ? builtin_find(x->name) : NULL;
    bool any = (b && b->makes) || (x->kind == TERM_PARAM && rtype_made(t, x->name));
    for (size_t i = 0; i < x->nargs && !any; i++)
        any = x->args[i] && makes(t, x->args[i]);
    return any;
}

/* That, and not only inside of what takes a public part. */
static bool secret(const struct rtype *t, const struct term *x)
{
    const struct builtin *b = x->kind == TERM_CALL ? builtin_find(x->name) : NULL;
    const struct rmade *m = x->kind == TERM_PARAM ? rtype_made(t, x->name) : NULL;
    bool any = (m && !m->public) || (b && b->makes && !b->public);
    for (size_t i = 0; i < x->nargs && !any && !(b && b->public); i++)
        any = x->args[i] && secret(t, x->args[i]);
    return any;
}

/* Those before it may be used. */
static void check_value(struct lowering *l, const struct rtype *t, const struct rmade *m)
{
    struct diags *d = l->p->diags;
    const struct term *other;
    if (!makes(t, m->value))
        diag_help(d, wrong(l, DIAG_E0315, m->span, "nothing is made here: `%.*s` has the same value each time", STR_ARG(m->name)),
                  "call one of rsa_key, ec_key, ed25519_key, certificate, random_text, random_base64, or write the value where it is sent");
    for (size_t i = 0; i < l->d->nouts + l->d->nmades; i++) {
        const struct field *f = i < l->d->nouts ? &l->d->outs[i] : &l->d->mades[i - l->d->nouts];
        const struct rmade *made = rtype_made(t, f->name);
        if (!(made && made < m) && (other = term_use(m->value, f->name)))
            diag_help(d, wrong(l, DIAG_E0315, other->span, "`%.*s` is made before `%.*s` is known", STR_ARG(m->name), STR_ARG(f->name)),
                      "what is made follows from inputs and from what is made above it; put both together where they are sent");
    }
}

void lower_mades(struct lowering *l, struct rtype *t)
{
    struct rmade *v = ARENA_ARRAY(l->p->arena, struct rmade, l->d->nmades);
    t->mades = v;
    l->p->making = true;
    for (size_t i = 0; i < l->d->nmades; i++) {
        const struct ast_item *it = l->d->mades[i].item;
        const struct term *value = term_at(l, IN_PARENT, it->value);
        if (value)
            v[t->nmades++] = (struct rmade){ l->d->mades[i].name, value, !secret(t, value), it->name.span };
    }
    l->p->making = false;
    for (size_t i = 0; i < t->nmades; i++)
        check_value(l, t, &v[i]);
    if (t->lookup && t->nmades)
        diag_help(l->p->diags, wrong(l, DIAG_E0315, v[0].span, "`%.*s` only reads: nothing is sent that could be made for it", STR_ARG(l->d->name)),
                  "take it out, or write the `create` that sends it");
}

/* ---- steps ---- */

static bool may_use(const struct rstep *s)
{
    return s->kind == STEP_CREATE || s->kind == STEP_UPDATE;
}

/* Its request does, or what that is made of: then one that stands behind it. */
static bool step_uses(const struct rtype *t, const struct rstep *s, const struct rmade *m)
{
    bool uses = may_use(s) && s->send && term_uses_param(s->send, m->name);
    for (const struct rmade *later = m + 1; later < t->mades + t->nmades && !uses; later++)
        uses = term_uses_param(later->value, m->name) && step_uses(t, s, later);
    return uses;
}

static bool on_names(const struct rstep *s, struct str name)
{
    for (size_t i = 0; i < s->non; i++)
        if (str_eq(s->on[i], name))
            return true;
    return false;
}

/* What comes out of the term, and not only out of a public part of it. */
static const struct term *leaks(const struct term *t, struct str name)
{
    const struct builtin *b = t->kind == TERM_CALL ? builtin_find(t->name) : NULL;
    if (!term_uses_param(t, name) || (b && b->public))
        return NULL;
    if (t->kind == TERM_PARAM)
        return t;
    const struct term *found = NULL;
    for (size_t i = 0; i < t->nargs && !found; i++)
        found = t->args[i] ? leaks(t->args[i], name) : NULL;
    return found;
}

static void no_secret_stays(struct lowering *l, const struct rstep *s, const struct rmade *m)
{
    for (size_t i = 0; i < s->nsets && !m->public; i++) {
        const struct term *x = s->sets[i].value ? leaks(s->sets[i].value, m->name) : NULL;       /* NULL: it is wrong, and that is said */
        if (x)
            diag_help(l->p->diags,
                      wrong(l, DIAG_E0316, x->span, "`%.*s` would keep `%.*s` in state: what is made exists only while it is sent", STR_ARG(s->sets[i].target), STR_ARG(m->name)),
                      "keep its public part, if it has one: public_pem(%.*s), public_ssh(%.*s) or key_fingerprint(%.*s)", STR_ARG(m->name), STR_ARG(m->name), STR_ARG(m->name));
    }
}

static void elsewhere(struct lowering *l, const struct term *t, const struct rmade *m)
{
    const struct term *x = term_use(t, m->name);
    if (x)
        diag_help(l->p->diags, wrong(l, DIAG_E0315, x->span, "`%.*s` does not exist here: it is made for the request of a create or an update", STR_ARG(m->name)),
                  "use it in the `send` of a step, and its public part in what the same step sets");
}

/* Terms of a step that are no part of its request and of what it sets. */
static void check_rest(struct lowering *l, const struct rtype *t, const struct rstep *s, const struct rmade *m)
{
    const struct term *const rest[] = { s->each, s->key,  s->over,     s->when,      s->name,       s->due,       s->running, s->reason,
                                        s->left, s->left_why, s->wait.send, s->wait.until, s->wait.failed, s->wait.why };
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        elsewhere(l, rest[i], m);
    if (step_uses(t, s, m))
        return;
    if (!may_use(s))
        elsewhere(l, s->send, m);
    for (size_t i = 0; i < s->nsets; i++)
        elsewhere(l, s->sets[i].value, m);
}

static void check_once(struct lowering *l, const struct rtype *t, const struct rstep *s, const struct rmade *m)
{
    if (s->over && step_uses(t, s, m))
        diag_help(l->p->diags, wrong(l, DIAG_E0315, s->span, "`%.*s` is one value, and this step is sent several times", STR_ARG(m->name)), "take `over` out, or make a value for each object");
}

static void check_update(struct lowering *l, const struct rtype *t, const struct rstep *s, const struct rmade *m)
{
    bool on = on_names(s, m->name), uses = step_uses(t, s, m);
    if (uses && !on)
        diag_help(l->p->diags, wrong(l, DIAG_E0315, s->span, "this update makes `%.*s` anew, and its `on` does not say so", STR_ARG(m->name)), "write `on = [..., %.*s]`", STR_ARG(m->name));
    if (on && !uses)
        diag_help(l->p->diags, wrong(l, DIAG_E0315, s->span, "this update is said to make `%.*s` anew, and does not send it", STR_ARG(m->name)),
                  "use it in `send`, or take it out of `on`");
}

/* A create of which nobody knows what became of it: what it was made with is not known either. It is replaced then, if it is surely ours. */
static bool known_as_ours(const struct rtype *t)
{
    const struct rstep *find = rtype_step(t, STEP_FIND, 0);
    return find && (find->by == FIND_TAG || find->by == FIND_TOKEN || (find->by == FIND_NAME && t->tags.n));
}

static void check_use(struct lowering *l, const struct rtype *t, const struct rmade *m)
{
    const struct rstep *create = NULL;
    bool used = false, anew = false;
    for (size_t i = 0; i < t->nsteps; i++) {
        const struct rstep *s = &t->steps[i];
        bool uses = step_uses(t, s, m);
        used = used || uses;
        create = s->kind == STEP_CREATE && uses ? s : create;
        anew = anew || (s->kind == STEP_UPDATE && uses);
    }
    if (!used && !t->lookup)
        diag_help(l->p->diags, wrong(l, DIAG_E0315, m->span, "no create or update uses `%.*s`", STR_ARG(m->name)), "use it in a `send`, or take it out");
    if (create && !anew && !known_as_ours(t))
        diag_help(l->p->diags,
                  wrong(l, DIAG_E0315, create->span, "after a crash in this create nobody knows what `%.*s` was, and nothing could make it anew", STR_ARG(m->name)),
                  "write an `update` that sends it, with `on = [%.*s]`, or let `find` know its objects by their tags", STR_ARG(m->name));
}

static void note_use(struct lowering *l, struct rstep *s, const struct rtype *t)
{
    struct str *v = ARENA_ARRAY(l->p->arena, struct str, t->nmades), *outs = ARENA_ARRAY(l->p->arena, struct str, s->nrenews + s->nsets);
    size_t n = 0;
    for (size_t i = 0; i < t->nmades; i++)
        if (step_uses(t, s, &t->mades[i]))
            v[n++] = t->mades[i].name;
    s->mades = v;
    s->nmades = n;
    if (!n || s->kind != STEP_UPDATE)
        return;
    n = 0;
    for (size_t i = 0; i < s->nrenews; i++)
        outs[n++] = s->renews[i];
    for (size_t i = 0; i < s->nsets; i++)                  /* another value: whatever the step sets is new with it */
        if (rtype_out(t, s->sets[i].target))
            outs[n++] = s->sets[i].target;
    s->renews = outs;
    s->nrenews = n;
}

static void check_steps(struct lowering *l, const struct rtype *t, const struct rmade *m)
{
    for (size_t i = 0; i < t->nsteps; i++) {
        const struct rstep *s = &t->steps[i];
        check_rest(l, t, s, m);
        check_once(l, t, s, m);
        if (may_use(s))
            no_secret_stays(l, s, m);
        if (s->kind == STEP_UPDATE)
            check_update(l, t, s, m);
    }
}

/* Terms of the type that are no part of a step. */
static void check_type(struct lowering *l, const struct rtype *t, const struct rmade *m)
{
    const struct term *const own[] = { t->until, t->failed, t->why, t->unhealthy, t->leaving, t->uid, t->takes, t->exclusive, t->expires, t->expires_help, t->guarded, t->lane };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        elsewhere(l, own[i], m);
    for (size_t i = 0; i < t->nchains; i++) {
        const struct term *const way[] = { t->chains[i].steps, t->chains[i].refuse, t->chains[i].note, t->chains[i].why, t->chains[i].replace };
        for (size_t k = 0; k < sizeof way / sizeof *way; k++)
            elsewhere(l, way[k], m);
    }
    for (size_t i = 0; i < t->nadjusts; i++)
        elsewhere(l, t->adjusts[i].value, m);
    for (size_t i = 0; i < t->nparents; i++)
        elsewhere(l, t->parents[i].identity, m);
    for (size_t i = 0; i < t->nouts; i++)
        elsewhere(l, t->outs[i].value, m);
    for (size_t i = 0; i < t->nfields; i++)
        elsewhere(l, t->fields[i].dflt, m);
}

void mades_sense(struct lowering *l, struct rtype *t)
{
    for (size_t i = 0; i < t->nmades; i++) {
        check_steps(l, t, &t->mades[i]);
        check_type(l, t, &t->mades[i]);
        check_use(l, t, &t->mades[i]);
    }
    for (size_t i = 0; t->nmades && i < t->nsteps; i++)
        note_use(l, (struct rstep *)(uintptr_t)&t->steps[i], t);
}

/* ---- objects ---- */

static const struct value *input(void *inputs, struct str name)
{
    return value_get(inputs, name);
}

/* Without randomness nothing is made, but what would be is held against what can be. */
void mades_fit(struct program *p, const struct node *n)
{
    for (size_t i = 0; i < n->type->nmades; i++) {
        struct eval e = { .arena = p->arena, .param = input, .user = (void *)(uintptr_t)n->inputs };
        if (!term_eval(&e, n->type->mades[i].value))
            report(p, e.code, e.where.file ? e.where : n->span, "%.*s", STR_ARG(e.problem));
    }
}
