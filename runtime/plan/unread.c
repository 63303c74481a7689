/* unread.c - what could not be read. An error is no answer: nothing is planned for such an object, nor for what hangs on it, nor is what it stands
 * on deleted or replaced. Everything else goes on, and the plan is partial. */
#include "room.h"
#include <stdarg.h>

struct diag *unread_blame(struct diags *diags, const struct read_answer *w, enum diag_code code, struct span at, const char *fmt, ...)
{
    const struct answer *r = &w->result;
    struct diag *d;
    if (r->class == ANSWER_CREDENTIALS) {
        d = diag_add(diags, DIAG_E0702, SPAN_NONE, "AWS did not accept the credentials: %.*s", STR_ARG(r->error.message));
        if (r->error.code.n)
            diag_note(diags, d, "AWS said %.*s", STR_ARG(r->error.code));
        diag_help(diags, d, "check the profile or the environment's keys; `--sandbox` needs none");
        return d;
    }
    struct buf what = { 0 };
    va_list ap;
    va_start(ap, fmt);
    buf_vfmt(&what, fmt, ap);
    va_end(ap);
    d = diag_add(diags, code, at, "%.*s: %.*s%s%.*s", STR_ARG(buf_view(&what)), STR_ARG(r->error.code), r->error.code.n ? ": " : "",
                 STR_ARG(r->error.message));
    buf_fini(&what);
    if (w->fault.problem.n && w->fault.where.file)
        diag_second(diags, d, w->fault.where, "what AWS answered does not fit this");
    if (r->request_id.n)
        diag_note(diags, d, "AWS request id %.*s", STR_ARG(r->request_id));
    if (r->class == ANSWER_DENIED)
        diag_help(diags, d, "the credentials in use lack the right to read it; planning needs read access to all that kc made");
    return d;
}

/* ---- marking ---- */

static bool leave(struct maker *m, struct item *x, struct str why)
{
    struct plan_item *p = &x->pub;
    p->unread = true;
    p->action = ACTION_NOOP;
    p->reason = why;
    p->nchanges = p->nacts = 0;
    p->maybe = p->again = p->drift = false;
    x->busy = x->tainted = x->certain = false;
    m->plan->partial = true;
    return true;
}

void unread_found(struct maker *m, struct item *x)
{
    leave(m, x, STR("could not be read"));
}

static struct item *any(struct maker *m, struct str addr)
{
    struct item *x = map_get(&m->items, addr);
    return x ? x : map_get(&m->gates, addr);
}

/* What is unread and holds this node: itself, or something that it hangs on. NULL: nothing. */
static struct item *holder(struct maker *m, const struct node *n)
{
    const struct vec *family = map_get(&m->families, n->addr);
    struct item *x = any(m, n->addr);
    if (x && x->pub.unread)
        return x;
    for (size_t i = 0; family && i < family->n; i++)
        if (((struct item *)family->v[i])->pub.unread)
            return family->v[i];
    for (size_t i = 0; i < n->nedges; i++) {
        struct item *y = any(m, n->edges[i].to->addr);
        if (y && !y->pub.unread && y->pub.node && y->pub.node->kind == NODE_LOOKUP && n->edges[i].kind == EDGE_DATA)
            lookup_answer(m, y);
        if (y && y->pub.unread && n->edges[i].kind != EDGE_HOLD)
            return y;
    }
    return NULL;
}

static struct str hangs_on(struct maker *m, const struct item *y)
{
    return str_fmt(m->arena, "it hangs on %.*s, of which kc could not read all", STR_ARG(y->pub.addr));
}

bool unread_holds(struct maker *m, struct node *n)
{
    struct item *y = holder(m, n), *x = any(m, n->addr);
    if (!y)
        return false;
    if (!x && (n->kind == NODE_RESOURCE || n->kind == NODE_LOOKUP))
        map_put(&m->items, n->addr, x = item_new(m, n->addr));
    else if (!x)
        map_put(&m->gates, n->addr, x = ARENA_NEW(m->arena, struct item));
    x->pub.addr = n->addr;
    x->pub.node = n;
    x->pub.type = x->pub.type ? x->pub.type : n->type;
    return x == y || leave(m, x, hangs_on(m, y));
}

static bool goes(const struct item *x)
{
    enum action a = x->pub.action;
    return a == ACTION_DELETE || a == ACTION_REPLACE_CREATE_FIRST || a == ACTION_REPLACE_DELETE_FIRST;
}

/* What x stands on stays as long as nobody knows what x is. True: something more is left alone. */
static bool keep_needs(struct maker *m, struct item *x)
{
    const struct record *r = x->pub.record;
    bool more = false;
    for (size_t i = 0; r && i < r->ndeps; i++)
        for (size_t k = 0; k < m->all.n; k++) {
            struct item *y = m->all.v[k];
            if (goes(y) && str_eq(y->pub.addr, moved_address(m, r->deps[i].addr)))
                more |= leave(m, y, str_fmt(m->arena, "%.*s, which could not be read, stands on it", STR_ARG(x->pub.addr)));
        }
    return more;
}

/* What leaves the file and stood on something unread. */
static bool leave_user(struct maker *m, struct item *x)
{
    const struct record *r = x->pub.record;
    for (size_t i = 0; r && i < r->ndeps; i++) {
        struct item *y = map_get(&m->items, moved_address(m, r->deps[i].addr));
        if (y && y != x && y->pub.unread)
            return leave(m, x, hangs_on(m, y));
    }
    return false;
}

void unread_settle(struct maker *m)
{
    struct node **order = m->graph ? graph_order((struct graph *)(uintptr_t)m->graph, m->arena) : NULL;
    bool more = m->plan->partial;
    while (more) {
        more = false;
        for (size_t i = 0; i < m->all.n; i++) {
            struct item *x = m->all.v[i];
            more |= home_settle(m, x);
            if (x->pub.unread)
                more |= keep_needs(m, x);
            else if (goes(x))
                more |= leave_user(m, x);
        }
        for (size_t i = 0; m->graph && i < m->graph->nnodes; i++) {
            struct item *x = any(m, order[i]->addr), *y = holder(m, order[i]);
            if (x && y && x != y && !x->pub.unread)
                more |= leave(m, x, hangs_on(m, y));
        }
    }
    m->settled = true;
    unread_tell(m);
    m->plan->partial = false;
    for (size_t i = 0; i < m->all.n; i++)
        m->plan->partial |= ((const struct item *)m->all.v[i])->pub.unread;
}

/* ---- telling: one error for each cause ---- */

static struct str cause(struct maker *m, const struct item *x)
{
    const struct read_answer *w = &x->answer;
    if (callers_problem(m->c->callers, x->provider))
        return provider_key(m->arena, x->provider);
    return str_fmt(m->arena, "%.*s|%.*s|%.*s", STR_ARG(w->operation), STR_ARG(w->result.error.code), STR_ARG(w->result.error.message));
}

/* A code that a type of the project does not know may be the one by which AWS says that the object is gone: nobody but the type can tell. */
static void advise_gone(struct maker *m, const struct item *x, struct diag *d)
{
    const struct answer *r = &x->answer.result;
    if (r->class == ANSWER_REFUSED && r->request_id.n && x->pub.type && !str_starts(x->pub.type->name, STR("std/")))
        diag_help(m->c->diags, d, "if AWS says so of an object that is gone, list it in the `read` or the type: `errors { gone = [\"%.*s\"] }`", STR_ARG(r->error.code));
}

static void tell(struct maker *m, struct item *x, struct str more)
{
    struct diag *d = unread_blame(m->c->diags, &x->answer, DIAG_E0602, x->pub.node ? x->pub.node->span : SPAN_NONE, "cannot read %.*s%.*s",
                                  STR_ARG(x->pub.addr), STR_ARG(more));
    d->addr = str_dup(m->c->diags->arena, x->pub.addr);
    advise_gone(m, x, d);
    if (x->answer.result.class == ANSWER_CREDENTIALS)
        m->exit_code = 5;
}

static void tell_lost(struct maker *m, struct item *x, struct str more)
{
    const struct answer *why = &x->answer.result;
    bool rights = why->class == ANSWER_CREDENTIALS || why->class == ANSWER_DENIED;
    const struct node *n = x->pub.node;
    struct str what = why->error.message, todo = diag_advice(&what);
    struct diag *d = diag_add(m->c->diags, rights ? DIAG_E0702 : DIAG_E0710, n && n->provider_at.file ? n->provider_at : n ? n->span : SPAN_NONE,
                              "nobody answers at %.*s: %.*s", STR_ARG(provider_show(m->arena, x->provider)), STR_ARG(what));
    diag_note(m->c->diags, d, "left alone: %.*s%.*s; the rest goes on", STR_ARG(x->pub.addr), STR_ARG(more));
    if (todo.n)
        diag_help(m->c->diags, d, "%.*s", STR_ARG(todo));
    else
        diag_help(m->c->diags, d, rights ? "`kc whoami` with that profile and role says whose credentials they are" :
                                           "check the network, the region and the endpoint, and run it again");
}

void unread_tell(struct maker *m)
{
    struct map causes = { 0 };
    for (size_t i = 0; i < m->all.n; i++) {
        struct item *x = m->all.v[i];
        if (x->answer.state != READ_UNREAD || x->told || (m->settled ? x->ends : home_inside(x)))
            continue;
        struct vec *v = map_get(&causes, cause(m, x));
        if (!v)
            map_put(&causes, cause(m, x), v = ARENA_NEW(m->arena, struct vec));
        vec_add(v, x);
        x->told = true;
    }
    for (size_t i = 0; i < causes.n; i++) {
        struct vec *v = causes.e[i].value;
        struct item *x = v->v[0];
        struct str more = v->n > 1 ? str_fmt(m->arena, " and %zu more", v->n - 1) : STR_NONE;
        if (callers_problem(m->c->callers, x->provider))
            tell_lost(m, x, more);
        else
            tell(m, x, more);
        vec_fini(v);
    }
    map_fini(&causes);
}
