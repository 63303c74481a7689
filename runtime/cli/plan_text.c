/* plan_text.c - a plan for people: grouped by component, a line an object, below it what differs; then one line that sums up.
 * Secrets and values not known yet are named as such, never shown. */
#include "plan_show.h"

#include <stdlib.h>

#include "kc/arena.h"

enum { DEPTH = 16, NAME_MAX_WIDTH = 40, VALUE_WIDTH = 60 };

struct style { const char *bold, *dim, *off, *sign[ACTION_FORGET + 1]; };
static const struct style plain;
static const struct style coloured = {
    "\033[1m", "\033[2m", "\033[0m",
    { [ACTION_NOOP] = "\033[2m", [ACTION_CREATE] = "\033[32m", [ACTION_RESUME] = "\033[36m", [ACTION_UPDATE] = "\033[33m",
      [ACTION_DISRUPT] = "\033[33;1m", [ACTION_REPLACE_CREATE_FIRST] = "\033[35m", [ACTION_REPLACE_DELETE_FIRST] = "\033[35;1m",
      [ACTION_DELETE] = "\033[31m", [ACTION_READ] = "\033[36m", [ACTION_FORGET] = "\033[2m" },
};

static const char *sign_of(enum action a)
{
    static const char *const signs[] = {
        [ACTION_NOOP] = " ",    [ACTION_CREATE] = "+",  [ACTION_RESUME] = ">",  [ACTION_UPDATE] = "~", [ACTION_DISRUPT] = "~!",
        [ACTION_REPLACE_CREATE_FIRST] = "+/-",          [ACTION_REPLACE_DELETE_FIRST] = "-/+",         [ACTION_DELETE] = "-",
        [ACTION_READ] = "?",    [ACTION_FORGET] = "x",
    };
    return signs[a];
}

static const char *or_empty(const char *s)
{
    return s ? s : "";
}

struct printer {
    struct buf *out;
    const struct plan *plan;
    const struct style *style;
    const struct sources *sources;
    struct arena *arena;
    int name_width, type_width;
    bool all;
};

/* ---- differences ---- */

static void leaf(struct printer *p, struct str path, const struct value *old, const struct value *new, const char *rule)
{
    buf_fmt(p->out, "          %.*s: %.*s -> %.*s%s%s%s\n", STR_ARG(path), STR_ARG(value_brief(p->arena, old, VALUE_WIDTH)),
            STR_ARG(value_brief(p->arena, new, VALUE_WIDTH)), or_empty(p->style->dim), rule, or_empty(p->style->off));
}

static void walk(struct printer *p, struct str path, const struct value *old, const struct value *new, const char *rule, unsigned depth)
{
    if (old && new && old->kind != VALUE_UNKNOWN && new->kind != VALUE_UNKNOWN && value_eq(old, new))
        return;
    if (depth > DEPTH || !old || !new || old->kind != VALUE_OBJECT || new->kind != VALUE_OBJECT) {
        leaf(p, path, old, new, rule);
        return;
    }
    for (size_t i = 0; i < old->object.n; i++) {
        struct str key = old->object.v[i].key;
        walk(p, address_name(p->arena, path, key), old->object.v[i].value, value_get(new, key), rule, depth + 1);
    }
    for (size_t i = 0; i < new->object.n; i++) {
        struct str key = new->object.v[i].key;
        if (!value_get(old, key))
            walk(p, address_name(p->arena, path, key), NULL, new->object.v[i].value, rule, depth + 1);
    }
}

static void changes(struct printer *p, const struct plan_item *x)
{
    bool replace = x->action == ACTION_REPLACE_CREATE_FIRST || x->action == ACTION_REPLACE_DELETE_FIRST;
    for (size_t i = 0; i < x->nchanges; i++) {
        const struct resource_change *c = &x->changes[i];
        const char *rule = c->replace && replace ? "  (cannot change in place)" : c->disruptive ? "  (disruptive)" : "";
        walk(p, c->field, c->old, c->new, rule, 0);
    }
}

static void inputs(struct printer *p, const struct plan_item *x)
{
    const struct value *v = x->inputs ? x->inputs : x->record ? record_inputs(x->record) : NULL;
    for (size_t i = 0; v && v->kind == VALUE_OBJECT && i < v->object.n; i++)
        if (v->object.v[i].value->kind != VALUE_NONE)
            buf_fmt(p->out, "          %s%.*s = %.*s%s\n", or_empty(p->style->dim), STR_ARG(v->object.v[i].key),
                    STR_ARG(value_brief(p->arena, v->object.v[i].value, 2 * VALUE_WIDTH)), or_empty(p->style->off));
}

/* ---- lines ---- */

/* Where the last name of an address starts: after the last dot outside a key. */
static size_t last_name(struct str addr)
{
    size_t at = 0;
    bool quoted = false;
    for (size_t i = 0; i < addr.n; i++) {
        if (addr.s[i] == '\\' && quoted)
            i++;
        else if (addr.s[i] == '"')
            quoted = !quoted;
        else if (addr.s[i] == '.' && !quoted)
            at = i + 1;
    }
    return at;
}

static struct str short_type(const struct plan_item *x)
{
    struct str t = x->type ? x->type->name : x->record ? x->record->type : STR("?");
    return str_starts(t, STR("std/aws/")) ? str_sub(t, 8, t.n) : str_starts(t, STR("std/")) ? str_sub(t, 4, t.n) : t;
}

static bool shown(const struct printer *p, const struct plan_item *x)
{
    return p->all || x->action != ACTION_NOOP;
}

/* What stands to the right: why, where that is not told by the sign or the lines below. */
static struct str remark(struct printer *p, const struct plan_item *x)
{
    if (x->maybe)
        return str_fmt(p->arena, "may replace: %.*s", STR_ARG(x->reason));
    switch (x->action) {
    case ACTION_CREATE:
        return x->again || x->record ? x->reason : STR_NONE;
    case ACTION_UPDATE:
    case ACTION_DISRUPT:
        return x->record && x->record->adopted ? x->reason : x->drift ? STR("changed outside kc") : STR_NONE;
    case ACTION_REPLACE_CREATE_FIRST:
        return str_fmt(p->arena, "new before old goes%s%.*s", x->nchanges ? "" : ": ", x->nchanges ? 0 : (int)x->reason.n, x->reason.s);
    case ACTION_REPLACE_DELETE_FIRST:
        return str_fmt(p->arena, "old goes first%s%.*s", x->nchanges ? "" : ": ", x->nchanges ? 0 : (int)x->reason.n, x->reason.s);
    case ACTION_DELETE:
        return resource_name(p->arena, x->type, record_inputs(x->record), x->record->outs);
    default:
        return x->reason;
    }
}

static void place_of(struct printer *p, const struct plan_item *x)
{
    const struct source *s = x->node && p->sources ? sources_get(p->sources, x->node->span.file) : NULL;
    if (p->all && s && !s->std)
        buf_fmt(p->out, "  %s%.*s:%u%s", or_empty(p->style->dim), STR_ARG(s->path),
                sources_position(p->sources, x->node->span.file, x->node->span.off).line, or_empty(p->style->off));
}

static void line(struct printer *p, const struct plan_item *x)
{
    struct str name = str_sub(x->addr, last_name(x->addr), x->addr.n), type = short_type(x), why = remark(p, x);
    const char *col = or_empty(p->style->sign[x->action]), *off = or_empty(p->style->off), *dim = or_empty(p->style->dim);
    int pad = p->name_width > (int)name.n ? p->name_width - (int)name.n : 0;
    buf_fmt(p->out, "  %s%-3s%s %.*s%*s  %s%.*s%s", col, sign_of(x->action), off, STR_ARG(name), pad, "", dim, STR_ARG(type), off);
    if (why.n)
        buf_fmt(p->out, "%*s  %.*s", p->type_width > (int)type.n ? p->type_width - (int)type.n : 0, "", STR_ARG(why));
    place_of(p, x);
    buf_putc(p->out, '\n');
    if (x->action != ACTION_CREATE)
        changes(p, x);
    if (p->all && x->action == ACTION_CREATE)
        inputs(p, x);
}

static void measure(struct printer *p)
{
    for (size_t i = 0; i < p->plan->nitems; i++) {
        const struct plan_item *x = p->plan->items[i];
        size_t n = x->addr.n - last_name(x->addr), t = short_type(x).n;
        if (shown(p, x) && n <= NAME_MAX_WIDTH && (int)n > p->name_width)
            p->name_width = (int)n;
        if (shown(p, x) && (int)t > p->type_width)
            p->type_width = (int)t;
    }
}

static struct str group_of(const struct plan_item *x)
{
    size_t at = last_name(x->addr);
    return str_sub(x->addr, 0, at ? at - 1 : 0);
}

static int by_group(const void *x, const void *y)
{
    const struct plan_item *a = *(struct plan_item *const *)x, *b = *(struct plan_item *const *)y;
    int c = str_cmp(group_of(a), group_of(b));
    return c ? c : a == b ? 0 : str_cmp(a->addr, b->addr);
}

static void groups(struct printer *p)
{
    struct str group = STR_NONE;
    size_t n = 0;
    struct plan_item **v = ARENA_ARRAY(p->arena, struct plan_item *, p->plan->nitems);
    for (size_t i = 0; i < p->plan->nitems; i++)
        if (shown(p, p->plan->items[i]))
            v[n++] = p->plan->items[i];
    qsort(v, n, sizeof *v, by_group);
    for (size_t i = 0; i < n; i++) {
        struct str g = group_of(v[i]);
        if (i == 0 || !str_eq(g, group)) {
            buf_fmt(p->out, "%s", i ? "\n" : "");
            if (g.n)
                buf_fmt(p->out, "%s%.*s%s\n", or_empty(p->style->bold), STR_ARG(g), or_empty(p->style->off));
        }
        group = g;
        line(p, v[i]);
    }
    if (n)
        buf_putc(p->out, '\n');
}

/* ---- the last line ---- */

static void duration(struct buf *out, int64_t ms)
{
    long long s = (long long)(ms + 500) / 1000;
    if (s < 90)
        buf_fmt(out, "about %lld s", s < 1 ? 1 : s);
    else if (s < 90 * 60)
        buf_fmt(out, "about %lld min", (s + 30) / 60);
    else
        buf_fmt(out, "about %lld h %lld min", s / 3600, s % 3600 / 60);
}

/* The first name that all addresses of the plan share, with its dot. */
static size_t shared_root(const struct plan *p)
{
    struct str root = STR_NONE;
    for (size_t i = 0; i < p->nitems; i++) {
        struct str rest = p->items[i]->addr, first;
        str_cut(&rest, '.', &first);
        if (!rest.n || (root.n && !str_eq(root, first)))
            return 0;
        root = first;
    }
    return root.n ? root.n + 1 : 0;
}

/* `addon["a"]` and its equals, as long and as urgent: which of them will be the last nobody knows, so `addon[*]`. */
static struct str path_name(struct printer *p, const struct plan_op *op, size_t cut)
{
    struct str addr = str_sub(op->item->addr, cut, op->item->addr.n);
    size_t at = addr.n;
    while (at && addr.s[at - 1] != '[')
        at--;
    if (!at || addr.s[addr.n - 1] != ']')
        return addr;
    struct str base = str_sub(op->item->addr, 0, cut + at);
    for (size_t i = 0; i < p->plan->nops; i++) {
        const struct plan_op *x = p->plan->ops[i];
        if (x != op && x->item && x->kind == op->kind && x->usual == op->usual && x->rank == op->rank && str_starts(x->item->addr, base) &&
            last_name(x->item->addr) == last_name(op->item->addr))
            return str_fmt(p->arena, "%.*s*]", STR_ARG(str_sub(addr, 0, at)));
    }
    return addr;
}

static void critical(struct printer *p)
{
    const struct plan *plan = p->plan;
    size_t cut = shared_root(plan), n = 0;
    for (size_t i = 0; i < plan->ncritical; i++) {
        const struct plan_op *op = plan->ops[plan->critical[i]];
        if (!op->item || op->usual * 50 < plan->estimate)
            continue;
        buf_fmt(p->out, "%s%s%.*s", n++ ? " -> " : "; critical path: ", op->kind == OP_DELETE ? "delete " : "",
                STR_ARG(path_name(p, op, cut)));
    }
}

static void summary(struct printer *p)
{
    const struct plan *x = p->plan;
    size_t replaced = x->count[ACTION_REPLACE_CREATE_FIRST] + x->count[ACTION_REPLACE_DELETE_FIRST];
    const struct { size_t n; const char *what; } parts[] = {
        { x->count[ACTION_CREATE], "to create" },   { x->count[ACTION_RESUME], "to finish" },
        { x->count[ACTION_UPDATE], "to update" },   { x->count[ACTION_DISRUPT], "to update with disruption" },
        { replaced, "to replace" },                 { x->count[ACTION_DELETE], "to delete" },
        { x->count[ACTION_READ], "to read" },       { x->count[ACTION_FORGET], "to forget" },
    };
    const char *sep = " ";
    buf_fmt(p->out, "%sPlan:%s", or_empty(p->style->bold), or_empty(p->style->off));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].n) {
            buf_fmt(p->out, "%s%zu %s", sep, parts[i].n, parts[i].what);
            sep = ", ";
        }
    buf_cstr(p->out, "; ");
    duration(p->out, x->estimate);
    critical(p);
    buf_cstr(p->out, "\n");
}

void plan_text(struct buf *out, const struct plan *plan, bool colour, bool all, const struct sources *s)
{
    struct printer p = { .out = out, .plan = plan, .style = colour ? &coloured : &plain, .sources = s, .arena = arena_new(), .all = all };
    for (size_t i = 0; i < plan->nnotes; i++)
        buf_fmt(out, "%snote: %.*s%s\n", or_empty(p.style->dim), STR_ARG(plan->notes[i]), or_empty(p.style->off));
    measure(&p);
    if (plan->nnotes && (all || !plan_empty(plan)))
        buf_putc(out, '\n');
    groups(&p);
    if (!plan_empty(plan))
        summary(&p);
    else
        buf_cstr(out, plan->nops ? "No changes, only outputs to record.\n" : "No changes.\n");
    arena_free(p.arena);
}
