/* progress.c - see progress.h. */
#include "progress.h"

#include <string.h>

#include "kc/arena.h"
#include "output.h"

enum { BAR = 24, MOST_LINES = 16, REDRAW_MS = 100, REDRAW_TIMELESS_MS = 1000, NAME_WIDTH = 44 };

struct progress {
    struct session *session;
    const struct plan *plan;
    struct engine_events events;
    const struct op_report **reports;                      /* latest, by operation; NULL: none yet */
    bool live, colour;
    size_t drawn;                                          /* lines now on the screen */
    int64_t started, last_draw, interval;                  /* interval: between redraws, in world time */
    size_t ended;                                          /* operations of resources that ended, however */
    size_t total;
};

const char *op_verb(enum op_kind k, bool past)
{
    switch (k) {
    case OP_CREATE: return past ? "created" : "create";
    case OP_UPDATE: return past ? "updated" : "update";
    case OP_DELETE: return past ? "deleted" : "delete";
    case OP_READ: return "read";
    case OP_ASSERT: return past ? "checked" : "check";
    case OP_FORGET: return past ? "forgotten" : "forget";
    case OP_MOVE: return past ? "moved" : "move";
    case OP_ADOPT: return past ? "adopted" : "adopt";
    case OP_PROTECT: return past ? "protection changed" : "protect";
    case OP_PIN: return past ? "kept" : "keep";
    case OP_ACT: return past ? "done" : "run";
    case OP_GATE: case OP_OUT: case OP_KINDS: break;
    }
    return past ? "done" : "finish";
}

bool op_counts(const struct plan_op *op)
{
    return op->kind != OP_GATE && op->kind != OP_OUT;
}

static bool over(enum op_state s)
{
    return s == OP_DONE || s == OP_UNREADY || s == OP_FAILED || s == OP_SKIPPED || s == OP_CANCELLED || s == OP_KEPT;
}

static struct str address_of(const struct plan_op *op)
{
    return op->item ? op->item->addr : op->node ? op->node->addr : STR("");
}

/* A step of a chain is told from its fellows: "payments.eks.cluster: version v1.31 (1 of 3)". */
static struct str label_of(struct arena *a, const struct plan_op *op)
{
    return op->step.n ? str_fmt(a, "%.*s: %.*s", STR_ARG(address_of(op)), STR_ARG(op->step)) : address_of(op);
}

static void erase(struct progress *p, struct buf *b)
{
    if (p->drawn)
        buf_fmt(b, "\033[%zuA\r\033[J", p->drawn);
    p->drawn = 0;
}

static struct str fitted(struct arena *a, struct str text, size_t width)
{
    size_t n = width;

    if (text.n <= width)
        return text;
    while (n && ((unsigned char)text.s[n] & 0xC0) == 0x80)
        n--;
    return str_fmt(a, "%.*s..", (int)(n > 2 ? n - 2 : n), text.s);
}

static void running_line(struct progress *p, struct arena *a, struct buf *b, size_t i, size_t width)
{
    const struct plan_op *op = p->plan->ops[i];
    const struct op_report *r = p->reports[i];
    struct buf line = { 0 };

    text_safe(&line, fitted(a, label_of(a, op), NAME_WIDTH));
    while (line.n < NAME_WIDTH)
        buf_putc(&line, ' ');
    buf_fmt(&line, "  %-7s ", op_verb(op->kind, false));
    output_duration(&line, world_now(p->session->world) - r->started);
    if (op->usual) {
        buf_cstr(&line, " of about ");
        output_duration(&line, op->usual);
    }
    if (r->detail.n && !str_eq(r->detail, op->step)) {
        buf_cstr(&line, "  ");
        text_safe(&line, r->detail);
    }
    buf_fmt(b, "%s%.*s%s\n", p->colour ? "\033[36m" : "", STR_ARG(fitted(a, buf_view(&line), width)), p->colour ? "\033[0m" : "");
    buf_fini(&line);
    p->drawn++;
}

/* The longest way still to go: what a running operation has left, or a waiting one has before it ends, with all behind it. */
static int64_t time_left(const struct progress *p)
{
    int64_t left = 0, now = world_now(p->session->world);

    for (size_t i = 0; i < p->plan->nops; i++) {
        const struct plan_op *op = p->plan->ops[i];
        const struct op_report *r = p->reports[i];
        int64_t spent = r && r->started ? now - r->started : 0, mine;

        if (r && over(r->state))
            continue;
        mine = op->rank - (spent < op->usual ? spent : op->usual);
        if (mine > left)
            left = mine;
    }
    return left;
}

static void bar_line(struct progress *p, struct arena *a, struct buf *b, size_t width)
{
    size_t full = p->total ? p->ended * BAR / p->total : BAR;
    int64_t left = time_left(p);
    struct buf line = { 0 };

    buf_putc(&line, '[');
    for (size_t i = 0; i < BAR; i++)
        buf_putc(&line, i < full ? '#' : '.');
    buf_fmt(&line, "] %zu of %zu  ", p->ended, p->total);
    output_duration(&line, world_now(p->session->world) - p->started);
    if (left > 0 && p->ended < p->total) {
        buf_cstr(&line, ", about ");
        output_duration(&line, left);
        buf_cstr(&line, " left");
    }
    if (session_interrupted(p->session))
        buf_cstr(&line, "  stopping after what is under way; again to stop at once");
    buf_fmt(b, "%.*s\n", STR_ARG(fitted(a, buf_view(&line), width)));
    buf_fini(&line);
    p->drawn++;
}

static bool is_running(const struct op_report *r)
{
    return r && (r->state == OP_RUNNING || r->state == OP_POLLING);
}

static void draw(struct progress *p, struct buf *b)
{
    struct arena *a = arena_new();
    size_t width = world_width(p->session->world, 1), running = 0;

    width -= width > 1;                                    /* a full last column would wrap on some terminals */
    erase(p, b);
    for (size_t i = 0; i < p->plan->nops; i++) {
        if (!is_running(p->reports[i]) || !op_counts(p->plan->ops[i]))
            continue;
        if (++running <= MOST_LINES)
            running_line(p, a, b, i, width);
    }
    if (running > MOST_LINES) {
        buf_fmt(b, "... and %zu more\n", running - MOST_LINES);
        p->drawn++;
    }
    bar_line(p, a, b, width);
    arena_free(a);
    p->last_draw = world_now(p->session->world);
}

static bool due(const struct progress *p)
{
    return world_now(p->session->world) - p->last_draw >= p->interval;
}

static void ended_line(struct progress *p, struct buf *b, const struct plan_op *op, const struct op_report *r)
{
    static const char *const colours[] = { [OP_DONE] = "\033[32m", [OP_FAILED] = "\033[31m", [OP_UNREADY] = "\033[33m", [OP_SKIPPED] = "\033[2m", [OP_CANCELLED] = "\033[2m", [OP_KEPT] = "\033[2m" };
    const char *colour = p->colour ? colours[r->state] : "";

    buf_cstr(b, colour);
    text_safe(b, label_of(p->session->arena, op));
    buf_cstr(b, *colour ? "\033[0m: " : ": ");
    if (r->state == OP_DONE) {
        buf_fmt(b, "%s in ", op_verb(op->kind, true));
        output_duration(b, r->ended - r->started);
    } else if (r->state == OP_SKIPPED && r->because < p->plan->nops) {
        buf_cstr(b, "skipped because of ");
        text_safe(b, address_of(p->plan->ops[r->because]));
    } else if (r->state == OP_KEPT) {
        text_safe(b, r->detail);
    } else {
        buf_fmt(b, "%s", r->state == OP_FAILED ? "failed" : r->state == OP_UNREADY ? "not ready yet" : r->state == OP_SKIPPED ? "skipped" : "not started");
        if (r->detail.n) {
            buf_cstr(b, ": ");
            text_safe(b, r->detail);
        }
    }
    buf_putc(b, '\n');
}

static void changed(void *user, const struct plan *plan, size_t i, const struct op_report *r)
{
    struct progress *p = user;
    bool was_over = p->reports[i] && over(p->reports[i]->state), began = is_running(r) && !p->reports[i];
    struct op_report *kept = (struct op_report *)(uintptr_t)p->reports[i];
    struct buf b = { 0 };

    if (!kept)
        kept = ARENA_NEW(p->session->arena, struct op_report);
    *kept = *r;
    p->reports[i] = kept;
    if (!op_counts(plan->ops[i]))
        return;
    if (over(r->state) && !was_over) {
        p->ended++;
        if (p->live)
            erase(p, &b);
        ended_line(p, &b, plan->ops[i], r);
    } else if (began && !p->live && plan->ops[i]->usual >= 60000) {
        text_safe(&b, address_of(plan->ops[i]));
        buf_fmt(&b, ": %s, usually about ", op_verb(plan->ops[i]->kind, false));
        output_duration(&b, plan->ops[i]->usual);
        buf_putc(&b, '\n');
    }
    if (p->live && (b.n || due(p)))
        draw(p, &b);
    output_buf(p->session, &b);
}

static void tick(void *user)
{
    struct progress *p = user;
    struct buf b = { 0 };

    if (!p->live || !due(p))
        return;
    draw(p, &b);
    output_buf(p->session, &b);
}

static void note(void *user, struct str text)
{
    struct progress *p = user;
    struct buf b = { 0 };

    if (p->live)
        erase(p, &b);
    buf_cstr(&b, "note: ");
    text_safe(&b, text);
    buf_putc(&b, '\n');
    if (p->live)
        draw(p, &b);
    output_buf(p->session, &b);
}

struct progress *progress_new(struct session *s, const struct plan *plan)
{
    struct progress *p = ARENA_NEW(s->arena, struct progress);

    p->session = s;
    p->plan = plan;
    p->reports = arena_array(s->arena, plan->nops, sizeof *p->reports);
    p->live = !s->options->json && world_is_tty(s->world, 1) && !str_is(world_getenv(s->world, "TERM"), "dumb");
    p->colour = output_colour(s, 1);
    p->started = world_now(s->world);
    p->interval = !s->options->sandbox ? REDRAW_MS : s->options->speed > 0 ? (int64_t)(REDRAW_MS * s->options->speed) : REDRAW_TIMELESS_MS;
    for (size_t i = 0; i < plan->nops; i++)
        p->total += op_counts(plan->ops[i]);
    p->events = (struct engine_events){ .changed = changed, .tick = tick, .note = note, .user = p };
    if (s->options->json)
        p->events = (struct engine_events){ 0 };
    return p;
}

const struct engine_events *progress_events(struct progress *p)
{
    return &p->events;
}

void progress_end(struct progress *p)
{
    struct buf b = { 0 };

    erase(p, &b);
    output_buf(p->session, &b);
}
