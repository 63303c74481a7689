/* schedule.c - how long the operations will take: bottom levels, list scheduling as the engine does it (longest path first, waiters hold
 * no slot, one operation a lane), and the critical path: from the operation that ends last back through what each waited for. */
#include "room.h"
#include <stdlib.h>

enum { CALL = 200 };                                       /* ms for a call that nothing is waited for */

int64_t plan_usual(struct state *s, const struct rtype *t, enum op_kind k)
{
    static const char *const verbs[] = { [OP_CREATE] = "create", [OP_UPDATE] = "update", [OP_DELETE] = "delete" };
    if (k == OP_READ)
        return CALL;
    if (k != OP_CREATE && k != OP_UPDATE && k != OP_DELETE)
        return 0;
    int64_t learned = s ? state_usual(s, t->name, str_of(verbs[k])) : 0;
    int64_t shipped = k == OP_CREATE ? t->usual_create : k == OP_UPDATE ? t->usual_update : t->usual_delete;
    return learned ? learned : shipped ? shipped : 1000;
}

/* A step takes its own time, or as long as its type's updates do; one that nothing is waited for is but a call. */
int64_t schedule_update(const struct rtype *t, const struct rstep *const *steps, size_t n)
{
    int64_t sum = 0, usual = t->usual_update ? t->usual_update : 1000;
    for (size_t i = 0; i < n; i++)
        sum += steps[i]->usual ? steps[i]->usual : steps[i]->wait.op.n || usual < 1000 ? usual : 1000;
    return sum ? sum : 1;
}

/* An action that nothing is waited for is but a call. */
static int64_t act_usual(struct maker *m, const struct plan_op *op)
{
    const struct rtype *t = op->item->type;
    const struct rstep *s = op->act->step;
    int64_t learned = state_usual(m->c->state, t->name, str_fmt(m->arena, "act %.*s", STR_ARG(s->called)));
    return learned ? learned : s->usual ? s->usual : !s->wait.op.n && !s->running ? CALL : t->usual_update ? t->usual_update : 1000;
}

/* ---- lanes ---- */

static const struct value *lane_ref(void *user, struct str name)
{
    const struct plan_item *p = user;
    const struct value *v = value_get(p->inputs ? p->inputs : p->record ? record_inputs(p->record) : NULL, name);
    return v ? v : p->record ? value_get(p->record->outs, name) : NULL;
}

/* The lane's value as text; what is not known yet is named by its term, equal for equal references. */
static struct str lane_of(struct maker *m, const struct item *x)
{
    const struct rtype *t = x->pub.type;
    if (!t || !t->lane)
        return STR_NONE;
    struct eval e = { .arena = m->arena, .param = lane_ref, .user = (void *)(uintptr_t)&x->pub };
    const struct value *v = term_eval(&e, t->lane);
    struct buf b = { 0 };
    if (!v || v->kind == VALUE_NONE)
        return STR_NONE;
    buf_fmt(&b, "%.*s|", STR_ARG(place_key(m, x->provider)));
    if (v->kind == VALUE_UNKNOWN && v->unknown.term)
        term_print(&b, v->unknown.term);
    else
        value_print(&b, v);
    return buf_take(&b, m->arena);
}

/* ---- order ---- */

/* Operations so that dependencies come first; fewer than all: the rest is a cycle. */
static size_t order(const struct plan *p, struct arena *a, size_t *out)
{
    size_t *left = ARENA_ARRAY(a, size_t, p->nops), *at = ARENA_ARRAY(a, size_t, p->nops + 1), total = 0, n = 0;
    for (size_t i = 0; i < p->nops; i++) {
        left[i] = p->ops[i]->ndeps;
        total += left[i];
        for (size_t k = 0; k < p->ops[i]->ndeps; k++)
            at[p->ops[i]->deps[k] + 1]++;
    }
    for (size_t i = 0; i < p->nops; i++)
        at[i + 1] += at[i];
    size_t *users = ARENA_ARRAY(a, size_t, total), *fill = arena_copy(a, at, p->nops * sizeof *at);
    for (size_t i = 0; i < p->nops; i++)
        for (size_t k = 0; k < p->ops[i]->ndeps; k++)
            users[fill[p->ops[i]->deps[k]]++] = i;
    for (size_t i = 0; i < p->nops; i++)
        if (!left[i])
            out[n++] = i;
    for (size_t i = 0; i < n; i++)
        for (size_t k = at[out[i]]; k < at[out[i] + 1]; k++)
            if (--left[users[k]] == 0)
                out[n++] = users[k];
    return n;
}

static void rank(const struct plan *p, const size_t *sorted, const int64_t *durations, int64_t *ranks)
{
    for (size_t i = 0; i < p->nops; i++)
        ranks[i] = 0;
    for (size_t i = p->nops; i-- > 0;) {
        const struct plan_op *op = p->ops[sorted[i]];
        ranks[op->index] += durations[op->index];
        for (size_t k = 0; k < op->ndeps; k++)
            if (ranks[op->deps[k]] < ranks[op->index])
                ranks[op->deps[k]] = ranks[op->index];
    }
}

/* ---- list scheduling ---- */

struct heap { size_t *v; size_t n; const int64_t *key; bool most; };

static bool before(const struct heap *h, size_t x, size_t y)
{
    if (h->key[x] != h->key[y])
        return h->most ? h->key[x] > h->key[y] : h->key[x] < h->key[y];
    return x < y;
}

static void heap_add(struct heap *h, size_t x)
{
    size_t i = h->n++;
    for (; i && before(h, x, h->v[(i - 1) / 2]); i = (i - 1) / 2)
        h->v[i] = h->v[(i - 1) / 2];
    h->v[i] = x;
}

static size_t heap_take(struct heap *h)
{
    size_t top = h->v[0], x = h->v[--h->n], i = 0;
    for (;;) {
        size_t c = 2 * i + 1;
        if (c >= h->n)
            break;
        if (c + 1 < h->n && before(h, h->v[c + 1], h->v[c]))
            c++;
        if (!before(h, h->v[c], x))
            break;
        h->v[i] = h->v[c];
        i = c;
    }
    h->v[i] = x;
    return top;
}

struct lane { bool taken; size_t last; struct vec waiting; };
struct sim {
    const struct plan *p;
    struct arena *a;
    const int64_t *durations;
    int64_t *ends;
    size_t *left, *cause;                                  /* cause: whose end let it start; SIZE_MAX: none */
    size_t *at, *users;
    struct heap ready, running;
    struct map lanes;
};

static struct lane *lane(struct sim *s, size_t op)
{
    struct str key = s->p->ops[op]->lane;
    struct lane *l = key.n ? map_get(&s->lanes, key) : NULL;
    if (key.n && !l) {
        l = ARENA_NEW(s->a, struct lane);
        l->last = SIZE_MAX;
        map_put(&s->lanes, key, l);
    }
    return l;
}

static void start(struct sim *s, size_t op, int64_t now)
{
    struct lane *l = lane(s, op);
    if (l && l->taken) {
        vec_add(&l->waiting, (void *)(uintptr_t)op);
        return;
    }
    if (l)
        l->taken = true;
    s->ends[op] = now + s->durations[op];
    heap_add(&s->running, op);
}

static void finish(struct sim *s, size_t op)
{
    struct lane *l = lane(s, op);
    for (size_t k = s->at[op]; k < s->at[op + 1]; k++)
        if (--s->left[s->users[k]] == 0) {
            s->cause[s->users[k]] = op;
            heap_add(&s->ready, s->users[k]);
        }
    if (!l)
        return;
    l->taken = false;
    for (size_t i = 0; i < l->waiting.n; i++) {
        size_t w = (size_t)(uintptr_t)l->waiting.v[i];
        s->cause[w] = op;
        heap_add(&s->ready, w);
    }
    l->waiting.n = 0;
}

static void users_of(struct sim *s)
{
    const struct plan *p = s->p;
    size_t total = 0;
    s->at = ARENA_ARRAY(s->a, size_t, p->nops + 1);
    for (size_t i = 0; i < p->nops; i++)
        for (size_t k = 0; k < p->ops[i]->ndeps; k++, total++)
            s->at[p->ops[i]->deps[k] + 1]++;
    for (size_t i = 0; i < p->nops; i++)
        s->at[i + 1] += s->at[i];
    size_t *fill = arena_copy(s->a, s->at, p->nops * sizeof *fill);
    s->users = ARENA_ARRAY(s->a, size_t, total);
    for (size_t i = 0; i < p->nops; i++)
        for (size_t k = 0; k < p->ops[i]->ndeps; k++)
            s->users[fill[p->ops[i]->deps[k]]++] = i;
}

static size_t path_back(const struct sim *s, size_t last, struct arena *a, const size_t **path)
{
    size_t n = 0;
    for (size_t i = last; i != SIZE_MAX; i = s->cause[i])
        n++;
    size_t *v = ARENA_ARRAY(a, size_t, n), k = n;
    for (size_t i = last; i != SIZE_MAX; i = s->cause[i])
        v[--k] = i;
    *path = v;
    return n;
}

int64_t plan_makespan(const struct plan *p, struct arena *a, const int64_t *durations, const size_t **critical, size_t *n)
{
    int64_t *ranks = ARENA_ARRAY(a, int64_t, p->nops), now = 0;
    size_t *sorted = ARENA_ARRAY(a, size_t, p->nops), last = SIZE_MAX;
    *critical = NULL;
    *n = 0;
    if (!p->nops || order(p, a, sorted) < p->nops)
        return 0;
    rank(p, sorted, durations, ranks);
    struct sim s = { .p = p, .a = a, .durations = durations, .ends = ARENA_ARRAY(a, int64_t, p->nops), .left = ARENA_ARRAY(a, size_t, p->nops),
                     .cause = ARENA_ARRAY(a, size_t, p->nops) };
    users_of(&s);
    s.ready = (struct heap){ ARENA_ARRAY(a, size_t, p->nops + 1), 0, ranks, true };
    s.running = (struct heap){ ARENA_ARRAY(a, size_t, p->nops + 1), 0, s.ends, false };
    for (size_t i = 0; i < p->nops; i++) {
        s.left[i] = p->ops[i]->ndeps;
        s.cause[i] = SIZE_MAX;
        if (!s.left[i])
            heap_add(&s.ready, i);
    }
    while (s.ready.n || s.running.n) {
        while (s.ready.n)
            start(&s, heap_take(&s.ready), now);
        last = heap_take(&s.running);
        now = s.ends[last];
        finish(&s, last);
    }
    *n = path_back(&s, last, a, critical);
    for (size_t i = 0; i < s.lanes.n; i++)
        vec_fini(&((struct lane *)s.lanes.e[i].value)->waiting);
    map_fini(&s.lanes);
    return now;
}

/* ---- the plan's own ---- */

static bool polled(const struct plan_op *op)
{
    const struct rtype *t = op->item ? op->item->type : NULL;
    return t && op->kind == OP_CREATE && t->until;
}

/* What waiting adds: half the distance of two polls (docs/design.md, Scheduling), on the average. */
static int64_t overshoot(int64_t usual)
{
    int64_t gap = usual / 50;
    return (gap < 2000 ? 2000 : gap > 10000 ? 10000 : gap) / 2;
}

/* Two calls for each batch: the page that shows it, and the one that removes it. How many there are beyond the first page nobody knows. */
static int64_t emptying(const struct plan_item *p)
{
    int64_t ms = 0;
    for (size_t i = 0; i < p->ninside; i++) {
        const struct rstep *r = p->inside[i].step->remove;
        int64_t n = (int64_t)p->inside[i].n, batch = r->batch ? r->batch : 1;
        ms += (n + batch - 1) / batch * ((r->usual ? r->usual : CALL) + CALL);
    }
    return ms;
}

static bool blame_cycle(struct maker *m, const size_t *sorted, size_t n)
{
    struct plan *p = m->plan;
    bool *done = ARENA_ARRAY(m->arena, bool, p->nops);
    struct buf b = { 0 };
    for (size_t i = 0; i < n; i++)
        done[sorted[i]] = true;
    size_t at = 0, named = 0;
    while (done[at])
        at++;
    bool *seen = ARENA_ARRAY(m->arena, bool, p->nops);
    for (; !seen[at] && named < 12; named++) {
        const struct plan_op *op = p->ops[at];
        seen[at] = true;
        buf_fmt(&b, "%s%s %.*s", named ? " -> " : "", op->kind == OP_DELETE ? "delete" : "make",
                STR_ARG(op->item ? op->item->addr : op->node->addr));
        for (size_t k = 0; k < op->ndeps; k++)
            if (!done[op->deps[k]]) {
                at = op->deps[k];
                break;
            }
    }
    const struct plan_op *op = p->ops[at];
    struct diag *d = diag_add(m->c->diags, DIAG_E0609, op->node ? op->node->span : SPAN_NONE, "each of these would have to wait for the next: %.*s",
                              STR_ARG(buf_view(&b)));
    diag_help(m->c->diags, d, "apply the change in two steps; if an item only has a new label, write `moved old -> new`");
    buf_fini(&b);
    return false;
}

bool schedule_make(struct maker *m)
{
    struct plan *p = m->plan;
    size_t *sorted = ARENA_ARRAY(m->arena, size_t, p->nops), n;
    int64_t *durations = ARENA_ARRAY(m->arena, int64_t, p->nops), *ranks = ARENA_ARRAY(m->arena, int64_t, p->nops);
    for (size_t i = 0; i < p->nops; i++) {
        struct plan_op *op = p->ops[i];
        bool calls = op->kind == OP_CREATE || op->kind == OP_UPDATE || op->kind == OP_DELETE || op->kind == OP_ACT;
        if (op->item && op->item->type) {
            int64_t steps = op->kind == OP_UPDATE ? ((const struct item *)op->item)->usual : op->kind == OP_ACT ? act_usual(m, op) : 0;
            op->usual = steps ? steps : plan_usual(m->c->state, op->item->type, op->kind);
            op->usual += polled(op) ? overshoot(op->usual) : 0;
            op->lane = calls ? lane_of(m, (const struct item *)op->item) : STR_NONE;
        }
        op->emptying = op->kind == OP_DELETE && op->item ? emptying(op->item) : 0;
        durations[i] = op->usual + op->emptying;
    }
    if ((n = order(p, m->arena, sorted)) < p->nops)
        return blame_cycle(m, sorted, n);
    rank(p, sorted, durations, ranks);
    for (size_t i = 0; i < p->nops; i++)
        p->ops[i]->rank = ranks[i];
    p->estimate = plan_makespan(p, m->arena, durations, &p->critical, &p->ncritical);
    return true;
}
