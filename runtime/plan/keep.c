/* keep.c - objects that stay while something recorded may still use them (@keep). The record of a user says with which generation it was last
 * written (EDGE_KEEP), and with which it was before (EDGE_KEPT). An object that is replaced or leaves stays while the settings of a user that is not
 * written in this plan name it, or while a user is not at rest: unread, not ready, or something of it trails, that is, follows what it was told
 * before. Where a user is written in this plan, the deletion waits for that, and the engine looks at all users right before it. What stays keeps
 * what it stands on. */
#include "room.h"

struct user { struct item *x; bool settings; };

static struct str key_of(struct maker *m, struct str addr, uint32_t generation)
{
    return str_fmt(m->arena, "%.*s#%u", STR_ARG(addr), (unsigned)generation);
}

static void note_users(struct maker *m, struct item *y)
{
    const struct record *r = y->pub.record;
    for (size_t i = 0; r && i < r->ndeps; i++) {
        if (r->deps[i].kind != EDGE_KEEP && r->deps[i].kind != EDGE_KEPT)
            continue;
        struct str key = key_of(m, moved_address(m, r->deps[i].addr), r->deps[i].generation);
        struct vec *v = map_get(&m->users, key);
        if (!v)
            map_put(&m->users, key, v = ARENA_NEW(m->arena, struct vec));
        struct user *u = ARENA_NEW(m->arena, struct user);
        *u = (struct user){ y, r->deps[i].kind == EDGE_KEEP };
        vec_add(v, u);
    }
}

static const struct vec *users_of(struct maker *m, const struct item *x)
{
    return m->users.n && x->pub.record ? map_get(&m->users, key_of(m, x->pub.addr, x->pub.record->generation)) : NULL;
}

static bool replaced(const struct item *x)
{
    return x->pub.action == ACTION_REPLACE_CREATE_FIRST || x->pub.action == ACTION_REPLACE_DELETE_FIRST;
}

static bool goes(const struct item *x)
{
    return x->pub.record && !x->pub.unread && !x->pub.stays && (x->pub.action == ACTION_DELETE || replaced(x));
}

/* The object that used it goes altogether, or is gone. */
static bool leaves(const struct item *y)
{
    return !y->pub.stays && (y->gone || y->pub.action == ACTION_DELETE || y->pub.action == ACTION_FORGET || replaced(y));
}

static bool at_rest(struct maker *m, const struct item *y)
{
    struct resource_view v = item_view(m, y);
    struct str why;
    bool known = true, trails = resource_tells(m->arena, &v, y->pub.type->trails, y->pub.type->trails ? &known : NULL);
    if (!y->pub.observed)                                  /* AWS was not asked: the engine will */
        return !m->c->refresh;
    return known && !trails && resource_ready(m->arena, &v, &why) == READY;
}

static bool written(const struct item *y)
{
    return y->pub.action == ACTION_UPDATE || y->pub.action == ACTION_DISRUPT || y->pub.action == ACTION_RESUME || y->pub.action == ACTION_ACT;
}

/* In this plan: nothing that it does changes that. */
static bool uses_still(struct maker *m, const struct item *x, const struct user *u)
{
    const struct item *y = u->x;
    if (leaves(y) || !y->pub.type)
        return false;
    if (y->pub.unread || y->unhealthy || y->pub.stays)
        return true;
    if (x->pub.action == ACTION_REPLACE_DELETE_FIRST)      /* goes before anything is written */
        return u->settings || !at_rest(m, y);
    if (written(y))
        return u->settings && y->pub.action == ACTION_ACT; /* that writes no settings */
    return u->settings || !at_rest(m, y);
}

static bool stay(struct maker *m, struct item *x, struct str by, const char *how)
{
    struct plan_item *p = &x->pub;
    if (p->action == ACTION_REPLACE_DELETE_FIRST) {
        struct diag *d = diag_add(m->c->diags, DIAG_E0618, p->node ? p->node->span : SPAN_NONE, "%.*s must stay, since %.*s %s, and its successor can only come when it is gone",
                                  STR_ARG(p->addr), STR_ARG(by), how);
        d->addr = str_dup(m->c->diags->arena, p->addr);
        diag_note(m->c->diags, d, "because: %.*s", STR_ARG(p->reason));
        diag_help(m->c->diags, d, "give the new one another name, so that both can stand, or let %.*s change first", STR_ARG(by));
        return false;
    }
    p->stays = true;
    p->kept_by = by;
    p->reason = p->action == ACTION_DELETE ? str_fmt(m->arena, "stays: %.*s %s", STR_ARG(by), how) : p->reason;
    note_add(m, "%.*s (generation %u) stays: %.*s %s", STR_ARG(p->addr), (unsigned)p->record->generation, STR_ARG(by), how);
    if (p->action == ACTION_DELETE)
        p->action = ACTION_NOOP;
    return true;
}

/* The item whose object, of this generation, a record stands on. */
static struct item *stood_on(struct maker *m, const struct record *r, size_t i)
{
    const struct vec *family = map_get(&m->families, moved_address(m, r->deps[i].addr));
    for (size_t k = 0; family && k < family->n; k++) {
        struct item *y = family->v[k];
        if (y->pub.record->generation == r->deps[i].generation)
            return y;
    }
    return NULL;
}

static bool keep_needs(struct maker *m, struct item *x, bool *more)
{
    const struct record *r = x->pub.record;
    for (size_t i = 0; r && i < r->ndeps; i++) {
        struct item *y = r->deps[i].kind == EDGE_DATA || r->deps[i].kind == EDGE_AFTER ? stood_on(m, r, i) : NULL;
        if (!y || y == x || !goes(y))
            continue;
        *more = true;
        if (!stay(m, y, x->pub.addr, "stands on it"))
            return false;
    }
    return true;
}

/* All that may still use it, for people and for the engine. */
static void wait_for(struct maker *m, struct item *x, const struct vec *users)
{
    struct buf b = { 0 };
    const struct plan_item **v = ARENA_ARRAY(m->arena, const struct plan_item *, users->n);
    size_t n = 0;
    for (size_t i = 0; i < users->n; i++) {
        const struct item *y = ((const struct user *)users->v[i])->x;
        if (leaves(y) || !y->pub.type)
            continue;
        buf_fmt(&b, "%s%.*s", n ? ", " : "", STR_ARG(y->pub.addr));
        v[n++] = &y->pub;
    }
    x->users = v;
    x->nusers = n;
    x->pub.kept_by = buf_take(&b, m->arena);
}

/* One that may still use x; NULL: none. */
static const struct item *user_of(struct maker *m, const struct item *x)
{
    const struct vec *users = goes(x) ? users_of(m, x) : NULL;
    for (size_t k = 0; users && k < users->n; k++)
        if (uses_still(m, x, users->v[k]))
            return ((const struct user *)users->v[k])->x;
    return NULL;
}

bool keep_settle(struct maker *m)
{
    bool ok = true, more = true;
    for (size_t i = 0; i < m->all.n; i++)
        note_users(m, m->all.v[i]);
    while (m->users.n && ok && more) {
        more = false;
        for (size_t i = 0; ok && i < m->all.n; i++) {
            struct item *x = m->all.v[i];
            const struct item *y = user_of(m, x);
            if (y) {
                ok = stay(m, x, y->pub.addr, "may still use it");
                more = true;
            }
            if (ok && x->pub.stays)
                ok = keep_needs(m, x, &more);
        }
    }
    for (size_t i = 0; m->users.n && ok && i < m->all.n; i++) {
        struct item *x = m->all.v[i];
        if (goes(x) && users_of(m, x))
            wait_for(m, x, users_of(m, x));
    }
    return ok;
}

/* After what is done to those that use it, and after those of them that go. */
void keep_order(struct maker *m)
{
    for (size_t i = 0; m->users.n && i < m->all.n; i++) {
        struct item *x = m->all.v[i];
        const struct vec *users = x->del && x->del->kind == OP_DELETE ? users_of(m, x) : NULL;
        for (size_t k = 0; users && k < users->n; k++) {
            const struct item *y = ((const struct user *)users->v[k])->x;
            if (y->del && y->del->kind == OP_DELETE)
                op_need(x->del, y->del);
            if (y->done && !op_waits(m, y->done, x->del))
                op_need(x->del, y->done);
        }
        if (x->del) {
            x->del->users = x->users;
            x->del->nusers = x->nusers;
        }
    }
}
