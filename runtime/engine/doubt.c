/* doubt.c - what came of a create whose answer never came (docs/design.md, Unknown outcomes). The one place that looks, for calls of this run
 * and for intents that an earlier run left open.
 *
 *   found with our mark     it was made, and is ours
 *   not found               proves something only when no request can be under way any more (signatures live five minutes, our clock may
 *                           differ from AWS's) and AWS had the time to show it; then several times in a row. Who needs no proof, since AWS
 *                           makes no second one (token, name, relation), takes one negative answer for what it is
 *   the lookup failed       counts for nothing. After some time the outcome is left unknown: the intent stays open, the next run looks again */
#include "room.h"
#include <assert.h>

enum { SECOND = 1000, SIGNATURE = 300 * SECOND,
       NEGATIVES = 3, GAP = 20 * SECOND, ERRORS = 20 };

static void look(struct task *t);

/* How much longer a signature lives that was made before AWS's clock was known. Clocks that are farther apart have it refused at once. */
static int64_t apart(const struct task *t)
{
    int64_t offset = callers_clock(t->r->c->callers, t->provider), size = offset < 0 ? -offset : offset;
    return size < SIGNATURE ? size : SIGNATURE;
}

/* Its last byte may be half as late again as it may begin. */
int64_t doubt_over(const struct task *t, int64_t sent)
{
    return sent + task_scaled(t, SIGNATURE + apart(t)) + call_once_window(t) * 3 / 2;
}

/* And AWS shows what came of it. */
static int64_t proven_at(const struct task *t)
{
    return doubt_over(t, t->call.sent) + read_visible(t->type, t->r->scale);
}

static void not_seen(struct task *t)
{
    int64_t now = world_now(t->r->c->world), proven = proven_at(t), at = now + task_scaled(t, GAP);
    t->negatives++;
    if (!t->proof || (t->negatives >= NEGATIVES && now >= proven)) {
        t->doubted(t, DOUBT_NONE);
        return;
    }
    if (t->negatives + 1 >= NEGATIVES && at < proven)
        at = proven;
    task_state(t, OP_POLLING, str_fmt(t->r->a, "%.*s: no answer came; looks until it is sure that nothing was made", STR_ARG(t->call.name)));
    task_wake(t, at, look);
}

static void failed(struct task *t)
{
    enum answer_class c = t->read_result.class;
    if (c == ANSWER_DENIED || c == ANSWER_REFUSED || c == ANSWER_CREDENTIALS || ++t->lookup_errors >= ERRORS) {
        t->doubted(t, DOUBT_OPEN);
        return;
    }
    unsigned seconds = t->lookup_errors < 10 ? t->lookup_errors : 10;
    task_state(t, OP_POLLING, str_fmt(t->r->a, "%.*s: no answer came, and looking whether it took effect fails", STR_ARG(t->call.name)));
    task_wake(t, world_now(t->r->c->world) + task_scaled(t, seconds * SECOND), look);
}

static void looked(struct task *t, enum find_result f)
{
    if (f == FIND_OURS) {
        t->doubted(t, DOUBT_OURS);
        return;
    }
    if (t->r->stop) {
        task_cancel(t, STR("interrupted; the next apply looks whether it was made"));
        return;
    }
    if (f != FIND_ERROR)
        t->lookup_errors = 0;
    if (f == FIND_FOREIGN)
        t->doubted(t, DOUBT_FOREIGN);
    else if (f == FIND_NONE)
        not_seen(t);
    else
        failed(t);
}

static void look(struct task *t)
{
    find_begin(t, looked);
}

void doubt_begin(struct task *t, bool proof, doubt_then *then)
{
    assert(t->call.op_id.n && t->call.sent <= world_now(t->r->c->world));
    t->call.doubt = true;
    t->proof = proof;
    t->negatives = t->lookup_errors = 0;
    t->doubted = then;
    look(t);
}

const struct intent *doubt_intent(struct run *r, const struct record *rec)
{
    const struct intent **in;
    size_t n = state_intents(r->c->state, r->a, &in);
    for (size_t i = 0; i < n; i++) {
        bool here = in[i]->generation == rec->generation && (str_eq(in[i]->addr, rec->addr) || str_eq(in[i]->addr, rec->origin));
        if (here && in[i]->record && in[i]->record->ndone == 0)
            return in[i];
    }
    return NULL;
}
