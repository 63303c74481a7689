/* summary.c - see summary.h. */
#include "summary.h"

#include "kc/arena.h"
#include "output.h"
#include "progress.h"

enum { SHOWN_SKIPPED = 12, LONG_OUTPUT = 200 };

static struct str address_of(const struct plan_op *op)
{
    return op->item ? op->item->addr : op->node ? op->node->addr : STR("");
}

static const char *state_word(enum op_state s)
{
    static const char *const words[] = { [OP_WAITING] = "waiting", [OP_READY] = "waiting", [OP_RUNNING] = "running", [OP_POLLING] = "running", [OP_DONE] = "done",
                                         [OP_UNREADY] = "not ready", [OP_FAILED] = "failed", [OP_SKIPPED] = "skipped", [OP_CANCELLED] = "not started", [OP_KEPT] = "left in place" };

    return words[s];
}

static void failure(struct session *s, struct buf *b, const struct plan_op *op, const struct op_report *r, bool colour)
{
    const struct source *src = sources_get(s->sources, r->where.file);

    buf_fmt(b, "%s%s[%s]%s: ", colour ? "\033[1;31m" : "", r->state == OP_FAILED ? "error" : "not ready", diag_name(r->code), colour ? "\033[0m" : "");
    buf_fmt(b, "%s ", op_verb(op->kind, false));
    text_safe(b, address_of(op));
    if (op->step.n)
        buf_fmt(b, " (%.*s)", STR_ARG(op->step));
    buf_cstr(b, ": ");
    text_safe(b, r->detail);
    buf_putc(b, '\n');
    if (src && !src->std) {
        struct position at = sources_position(s->sources, r->where.file, r->where.off);

        buf_fmt(b, "  --> %.*s:%u:%u\n", STR_ARG(src->path), at.line, at.col);
    }
    bool asked = r->code != DIAG_E0702 || r->request_id.n;  /* without credentials nobody said anything */
    if (asked && (r->operation.n || r->error_code.n))
        buf_fmt(b, "   = %.*s%s%.*s\n", STR_ARG(r->operation), r->operation.n && r->error_code.n ? " said " : "", STR_ARG(r->error_code));
    if (r->request_id.n) {
        buf_cstr(b, "   = request id ");
        text_safe(b, r->request_id);
        buf_putc(b, '\n');
    }
    if (r->help.n) {
        buf_cstr(b, "   = help: ");
        text_safe(b, r->help);
        buf_putc(b, '\n');
    }
}

/* Credentials that have ended end all that was under way: one cause, said once, with what it ended. */
static bool same_cause(const struct op_report *x, const struct op_report *y)
{
    return x->state == OP_FAILED && y->state == OP_FAILED && x->code == DIAG_E0702 && y->code == DIAG_E0702;
}

static bool said_before(const struct engine_result *r, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (same_cause(&r->reports[k], &r->reports[i]))
            return true;
    return false;
}

static void also_ended(struct buf *b, const struct plan *p, const struct engine_result *r, size_t i)
{
    size_t n = 0;

    for (size_t k = i + 1; k < r->n; k++) {
        if (!same_cause(&r->reports[i], &r->reports[k]) || ++n > SHOWN_SKIPPED)
            continue;
        buf_cstr(b, n == 1 ? "   = ended by it too: " : ", ");
        text_safe(b, address_of(p->ops[k]));
    }
    if (n > SHOWN_SKIPPED)
        buf_fmt(b, " and %zu more", n - SHOWN_SKIPPED);
    if (n)
        buf_putc(b, '\n');
}

static void failures(struct session *s, struct buf *b, const struct plan *p, const struct engine_result *r, bool colour)
{
    for (size_t i = 0; i < r->n; i++) {
        size_t skipped = 0;

        if ((r->reports[i].state != OP_FAILED && r->reports[i].state != OP_UNREADY) || said_before(r, i))
            continue;
        buf_putc(b, '\n');
        failure(s, b, p->ops[i], &r->reports[i], colour);
        also_ended(b, p, r, i);
        for (size_t k = 0; k < r->n; k++) {
            if (r->reports[k].state != OP_SKIPPED || r->reports[k].because != i || !p->ops[k]->item)
                continue;
            if (++skipped > SHOWN_SKIPPED)
                continue;
            buf_cstr(b, skipped == 1 ? "   = skipped because of it: " : ", ");
            text_safe(b, address_of(p->ops[k]));
        }
        if (skipped > SHOWN_SKIPPED)
            buf_fmt(b, " and %zu more", skipped - SHOWN_SKIPPED);
        if (skipped)
            buf_putc(b, '\n');
    }
}

static size_t lines_of(struct str text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++)
        n += text.s[i] == '\n';
    return n;
}

static void outputs(struct buf *b, const struct value *outs)
{
    bool any = false;

    for (size_t i = 0; outs && outs->kind == VALUE_OBJECT && i < outs->object.n; i++) {
        const struct pair *o = &outs->object.v[i];
        struct buf text = { 0 };

        if (str_find(o->key, STR(".")) != SIZE_MAX)
            continue;                                      /* of components: kc state, kc kubeconfig */
        if (!any)
            buf_cstr(b, "\nOutputs:\n");
        any = true;
        value_print(&text, o->value);
        if (o->value->kind == VALUE_STRING && !o->value->secret && lines_of(o->value->s) > 1)
            buf_fmt(b, "  %.*s = (%zu lines; print it with `kc %s`)\n", STR_ARG(o->key), lines_of(o->value->s),
                    str_is(o->key, "kubeconfig") ? "kubeconfig" : "state show");
        else
            buf_fmt(b, "  %.*s = %.*s%s\n", STR_ARG(o->key), (int)(text.n < LONG_OUTPUT ? text.n : LONG_OUTPUT), text.n ? text.s : "", text.n < LONG_OUTPUT ? "" : "...");
        buf_fini(&text);
    }
}

/* "41 created, 2 updated, 1 failed": what people know the plan by; gates and outputs are not counted. */
static void counted(struct buf *b, const struct plan *p, const struct engine_result *r)
{
    size_t done[OP_KINDS] = { 0 }, other[OP_KEPT + 1] = { 0 };
    const char *sep = "";

    for (size_t i = 0; i < r->n; i++)
        if (op_counts(p->ops[i]))
            *(r->reports[i].state == OP_DONE ? &done[p->ops[i]->kind] : &other[r->reports[i].state]) += 1;
    const struct { size_t n; const char *what; } parts[] = {
        { done[OP_CREATE], "created" },     { done[OP_UPDATE], "updated" },          { done[OP_DELETE], "deleted" },
        { done[OP_READ], "read" },          { done[OP_ASSERT], "checked" },          { done[OP_FORGET], "forgotten" },
        { done[OP_MOVE], "moved" },         { done[OP_ADOPT], "adopted" },           { done[OP_PIN], done[OP_PIN] == 1 ? "answer kept" : "answers kept" },
        { done[OP_PROTECT], done[OP_PROTECT] == 1 ? "protection changed" : "protections changed" },
        { done[OP_ACT], done[OP_ACT] == 1 ? "action done" : "actions done" },
        { other[OP_FAILED], "failed" },     { other[OP_UNREADY], "not ready yet" },  { other[OP_SKIPPED], "skipped" },
        { other[OP_CANCELLED], "not started" }, { other[OP_KEPT], "left in place" },
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].n) {
            buf_fmt(b, "%s%zu %s", sep, parts[i].n, parts[i].what);
            sep = ", ";
        }
    if (!*sep)
        buf_cstr(b, "nothing to do");
}

void summary_text(struct session *s, const struct plan *p, const struct engine_result *r)
{
    struct buf b = { 0 };
    bool colour = output_colour(s, 1);

    failures(s, &b, p, r, colour);
    if (r->stopped.n) {
        buf_cstr(&b, "\nstopped early: ");
        text_safe(&b, r->stopped);
        buf_putc(&b, '\n');
    }
    if (!r->failed && !r->unready && s->options->command == COMMAND_APPLY)
        outputs(&b, r->outs);
    buf_fmt(&b, "\n%s", colour ? (r->failed ? "\033[1;31m" : "\033[1;32m") : "");
    counted(&b, p, r);
    buf_fmt(&b, "%s in ", colour ? "\033[0m" : "");
    output_duration(&b, r->took);
    buf_cstr(&b, s->options->sandbox ? " of simulated time.\n" : ".\n");
    if (p->partial)
        buf_cstr(&b, "Nothing was done for what could not be read (the errors above).\n");
    if (r->failed || r->unready || r->stopped.n)
        buf_fmt(&b, "Run `kc %s` again to go on from here: what is done is recorded.\n", command_title(s->options->command));
    output_buf(s, &b);
}

static const struct value *report_value(struct arena *a, const struct plan *p, size_t i, const struct op_report *r)
{
    const struct plan_op *op = p->ops[i];
    const struct value *because = r->state == OP_SKIPPED && r->because < p->nops ? value_str(a, address_of(p->ops[r->because])) : &value_none;

    return OBJECT(a, { STR("address"), value_str(a, address_of(op)) }, { STR("operation"), value_str(a, str_of(op_verb(op->kind, false))) },
                  { STR("step"), output_text(a, op->step) },
                  { STR("state"), value_str(a, str_of(state_word(r->state))) }, { STR("ms"), value_int(a, r->ended > r->started ? r->ended - r->started : 0) },
                  { STR("detail"), output_text(a, r->detail) }, { STR("aws_operation"), output_text(a, r->operation) }, { STR("aws_code"), output_text(a, r->error_code) },
                  { STR("request_id"), output_text(a, r->request_id) }, { STR("because"), because });
}

void summary_json(struct session *s, const struct plan *p, const struct engine_result *r)
{
    struct arena *a = s->arena;
    const struct value **ops = arena_array(a, r->n, sizeof *ops);
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++)
        if (op_counts(p->ops[i]))
            ops[n++] = report_value(a, p, i, &r->reports[i]);
    output_json(s, OBJECT(a, { STR("version"), value_int(a, 1) }, { STR("exit_code"), value_int(a, r->exit_code) }, { STR("done"), value_int(a, (int64_t)r->done) },
                          { STR("failed"), value_int(a, (int64_t)r->failed) }, { STR("skipped"), value_int(a, (int64_t)r->skipped) },
                          { STR("unready"), value_int(a, (int64_t)r->unready) }, { STR("ms"), value_int(a, r->took) }, { STR("stopped"), output_text(a, r->stopped) },
                          { STR("operations"), value_list(a, ops, n) }, { STR("outputs"), r->outs && value_is_known(r->outs) ? r->outs : &value_none }));
}
