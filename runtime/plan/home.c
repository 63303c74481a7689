/* home.c - objects that live inside another one and are reached through it alone: their provider names it. They are asked for after it, are gone when it
 * is, and where nobody can read them they do not hold it: they end with it, and are forgotten once it is gone. */
#include "room.h"

struct item *home_of(struct maker *m, const struct item *x)
{
    const struct provider *p = x->pub.record ? x->pub.record->provider : x->provider;
    return p && p->home.n ? map_get(&m->items, moved_address(m, p->home)) : NULL;
}

bool home_inside(const struct item *x)
{
    const struct provider *p = x->pub.record ? x->pub.record->provider : x->provider;
    return p && p->home.n;
}

/* True: it can be asked for. Else its answer is its home's. */
bool home_stands(struct maker *m, struct item *x)
{
    const struct item *y = home_of(m, x);
    if (!y || y->gone)
        x->answer.state = READ_GONE;
    else if (y->pub.unread)
        x->answer = y->answer;
    else
        return true;
    return false;
}

static bool ends(struct maker *m, const struct item *x)
{
    const struct item *y = home_of(m, x);
    return y && y->pub.action == ACTION_DELETE && !y->pub.unread;
}

bool home_settle(struct maker *m, struct item *x)
{
    bool with = x->pub.record && (x->pub.unread || x->ends) && ends(m, x);
    if (with == x->ends)
        return false;
    x->ends = with;
    x->pub.unread = !with;
    x->pub.action = with ? ACTION_FORGET : ACTION_NOOP;
    x->pub.reason = with ? str_fmt(m->arena, "ends with %.*s, in which it lives", STR_ARG(home_of(m, x)->pub.addr)) : STR("could not be read");
    return true;
}
