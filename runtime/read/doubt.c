/* doubt.c - absence is not deletion: AWS may take minutes to show a new object everywhere. What is missing is looked for once more at once, and what
 * is young again and again until it is young no more; all of them side by side. Old objects, and runs without a missing one, wait for nothing. */
#include "room.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, LONGEST_GAP = 20 * SECOND };

int64_t read_visible(const struct rtype *t, int64_t scale)
{
    int64_t ms = (t->visible ? t->visible : 5 * MINUTE) / scale;
    return ms > 0 ? ms : 1;
}

bool read_young(const struct rtype *t, const struct record *r, int64_t wall, int64_t scale)
{
    return r && r->created_ms && wall - r->created_ms < read_visible(t, scale);
}

static void woken(void *user)
{
    struct reader *r = user;
    r->timer = NULL;
}

static void set_timer(struct reader *r)
{
    int64_t at = INT64_MAX;
    world_timer_stop(r->world, r->timer);
    r->timer = NULL;
    for (struct read_ask *q = r->asleep.first; q; q = q->next)
        at = q->wake < at ? q->wake : at;
    if (r->asleep.n)
        r->timer = world_timer(r->world, at, woken, r);
}

/* 2, 4, 8, 16, 20, 20 ... seconds, and a last time when the window ends. */
static void rest(struct read_ask *q, int64_t now, int64_t end)
{
    struct reader *r = q->reader;
    int64_t gap = q->absences < 6 ? SECOND << (q->absences - 1) : LONGEST_GAP;
    gap = (gap < LONGEST_GAP ? gap : LONGEST_GAP) / r->scale;
    q->wake = now + (gap > 0 ? gap : 1);
    q->wake = q->wake < end ? q->wake : end;
    ask_add(&r->asleep, q);
    set_timer(r);
}

void doubt_wake(struct reader *r)
{
    struct asks all = r->asleep;
    struct read_ask *q;
    int64_t now = world_now(r->world);
    if (!all.n || r->timer)
        return;
    r->asleep = (struct asks){ 0 };
    while ((q = ask_pop(&all))) {
        if (q->wake <= now)
            ask_want(q, rtype_step(q->type, STEP_READ, 0));
        else
            ask_add(&r->asleep, q);
    }
    set_timer(r);
}

void doubt_absence(struct read_ask *q)
{
    struct reader *r = q->reader;
    int64_t now = world_now(r->world), wall = world_wall(r->world);
    answer_forget(q);
    q->answer.state = READ_GONE;
    q->answer.found = FIND_NONE;
    if (!q->absences++)
        q->missing_since = now;
    if (q->doubt && q->absences == 1) {
        ask_want(q, rtype_step(q->type, STEP_READ, 0));
        return;
    }
    /* A clock that was set back since makes nothing young for longer than the window. */
    int64_t left = read_visible(q->type, r->scale), since = now - q->missing_since;
    if (q->doubt && read_young(q->type, q->record, wall, r->scale) && since < left) {
        int64_t age = wall - q->record->created_ms;
        rest(q, now, now + left - (age > since ? age : since));
    } else {
        ask_done(q);
    }
}
