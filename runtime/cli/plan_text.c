/* plan_text.c - a plan for people: grouped by component, a line an object, below it what differs; then one line that sums up.
 * Secrets and values not known yet are named as such, never shown. */
#include "guards.h"
#include "plan_show.h"

#include <stdlib.h>

#include "kc/arena.h"

enum { DEPTH = 16, NAME_MAX_WIDTH = 40, VALUE_WIDTH = 60 };

struct style { const char *bold, *dim, *off, *sign[ACTIONS]; };
static const struct style plain;
static const struct style coloured = {
    "\033[1m", "\033[2m", "\033[0m",
    { [ACTION_NOOP] = "\033[2m", [ACTION_CREATE] = "\033[32m", [ACTION_RESUME] = "\033[36m", [ACTION_UPDATE] = "\033[33m",
      [ACTION_DISRUPT] = "\033[33;1m", [ACTION_REPLACE_CREATE_FIRST] = "\033[35m", [ACTION_REPLACE_DELETE_FIRST] = "\033[35;1m",
      [ACTION_DELETE] = "\033[31m", [ACTION_READ] = "\033[36m", [ACTION_FORGET] = "\033[2m", [ACTION_ACT] = "\033[33m" },
};

static const char *sign_of(enum action a)
{
    static const char *const signs[] = {
        [ACTION_NOOP] = " ",    [ACTION_CREATE] = "+",  [ACTION_RESUME] = ">",  [ACTION_UPDATE] = "~", [ACTION_DISRUPT] = "~!",
        [ACTION_REPLACE_CREATE_FIRST] = "+/-",          [ACTION_REPLACE_DELETE_FIRST] = "-/+",         [ACTION_DELETE] = "-",
        [ACTION_READ] = "?",    [ACTION_FORGET] = "x", [ACTION_ACT] = "=>",
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
    struct plan_op **ops; size_t nops;                     /* those of items: an item's stand together, in their order */
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
        if (c->why.n && !*rule)
            rule = str_c(p->arena, str_fmt(p->arena, "  (%.*s)", STR_ARG(c->why)));
        if (c->made)
            buf_fmt(p->out, "          %.*s: made anew%s%s%s\n", STR_ARG(c->field), or_empty(p->style->dim), rule, or_empty(p->style->off));
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

/* ---- an item's operations ---- */

static int by_item(const void *x, const void *y)
{
    const struct plan_op *a = *(struct plan_op *const *)x, *b = *(struct plan_op *const *)y;
    uintptr_t i = (uintptr_t)a->item, k = (uintptr_t)b->item;

    return i < k ? -1 : i > k ? 1 : (a->index > b->index) - (a->index < b->index);
}

static void sort_ops(struct printer *p)
{
    p->ops = ARENA_ARRAY(p->arena, struct plan_op *, p->plan->nops);
    for (size_t i = 0; i < p->plan->nops; i++)
        if (p->plan->ops[i]->item)
            p->ops[p->nops++] = p->plan->ops[i];
    qsort(p->ops, p->nops, sizeof *p->ops, by_item);
}

static struct plan_op **ops_of(const struct printer *p, const struct plan_item *x, size_t *n)
{
    size_t low = 0, high = p->nops;

    while (low < high) {
        size_t mid = (low + high) / 2;
        if ((uintptr_t)p->ops[mid]->item < (uintptr_t)x)
            low = mid + 1;
        else
            high = mid;
    }
    for (*n = 0; low + *n < p->nops && p->ops[low + *n]->item == x; ++*n)
        ;
    return p->ops + low;
}

/* What happens to the record alone: "moved from a.b, protection lifted". AWS hears nothing of it. */
static struct str kept(const struct printer *p, const struct plan_item *x)
{
    struct buf b = { 0 };
    size_t n;
    struct plan_op **ops = ops_of(p, x, &n);

    for (size_t i = 0; i < n; i++) {
        const char *sep = b.n ? ", " : "";
        if (ops[i]->kind == OP_MOVE && x->record)
            buf_fmt(&b, "%smoved from %.*s", sep, STR_ARG(x->record->addr));
        else if (ops[i]->kind == OP_ADOPT)
            buf_fmt(&b, "%staken under kc's care", sep);
        else if (ops[i]->kind == OP_PROTECT)
            buf_fmt(&b, "%sprotection %s", sep, x->node && x->node->protect.on ? "set" : "lifted");
        else if (ops[i]->kind == OP_PIN)
            buf_fmt(&b, "%sanswer kept", sep);
        else if (ops[i]->kind == OP_FORGET && x->action != ACTION_FORGET)
            buf_fmt(&b, "%sa former one that is gone is forgotten", sep);
    }
    return buf_take(&b, p->arena);
}

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

static void steps(struct printer *p, const struct plan_item *x)
{
    size_t n;
    struct plan_op **ops = ops_of(p, x, &n);

    for (size_t i = 0; i < n; i++) {
        if (!ops[i]->step.n || ops[i]->kind == OP_ACT)
            continue;
        buf_fmt(p->out, "          %sstep: %.*s, ", or_empty(p->style->dim), STR_ARG(ops[i]->step));
        duration(p->out, ops[i]->usual);
        buf_fmt(p->out, "%s\n", or_empty(p->style->off));
    }
}

/* What is done to it besides. */
static void acts(struct printer *p, const struct plan_item *x)
{
    size_t n;
    struct plan_op **ops = ops_of(p, x, &n);

    for (size_t i = 0; i < n; i++) {
        const struct plan_act *act = ops[i]->kind == OP_ACT ? ops[i]->act : NULL;
        if (!act)
            continue;
        buf_fmt(p->out, "          %s=>%s %.*s: %.*s%s, ", or_empty(p->style->sign[ACTION_ACT]), or_empty(p->style->off), STR_ARG(act->step->called), STR_ARG(act->why),
                act->running ? "; under way already" : "");
        duration(p->out, ops[i]->usual);
        buf_putc(p->out, '\n');
    }
}

/* What becomes of what runs on it, before it is deleted. */
static void retirement(struct printer *p, const struct plan_item *x)
{
    size_t n;
    struct plan_op **ops = ops_of(p, x, &n);
    const struct rstep *s = x->type ? rtype_step(x->type, STEP_RETIRE, 0) : NULL;
    bool goes = false;

    for (size_t i = 0; i < n; i++)
        goes = goes || ops[i]->kind == OP_DELETE;
    if (goes && s && s->why.n)
        buf_fmt(p->out, "          %sretired first: %.*s%s\n", or_empty(p->style->dim), STR_ARG(s->why), or_empty(p->style->off));
}

/* What goes before it: a destroy has no guard that would say so. */
static void emptied(struct printer *p, const struct plan_item *x)
{
    for (size_t i = 0; i < x->ninside; i++) {
        const struct plan_inside *in = &x->inside[i];
        if (in->asked && !in->n)
            continue;
        buf_fmt(p->out, "          %semptied first: ", or_empty(p->style->dim));
        if (in->asked)
            buf_fmt(p->out, "%s%zu thing%s: %.*s", in->more ? "more than " : "", in->n, in->n == 1 && !in->more ? "" : "s", STR_ARG(in->names));
        else
            buf_cstr(p->out, "whatever stands in it");
        buf_fmt(p->out, "%s\n", or_empty(p->style->off));
    }
}

/* It stays as long as one of them may still use it. */
static void kept_for(struct printer *p, const struct plan_item *x)
{
    if (x->kept_by.n && !x->stays)
        buf_fmt(p->out, "          %sgoes when nothing of %.*s may use it any more%s\n", or_empty(p->style->dim), STR_ARG(x->kept_by), or_empty(p->style->off));
}

static void losses(struct printer *p, const struct plan_item *x)
{
    for (size_t i = 0; i < p->plan->nguards; i++) {
        const struct plan_guard *g = &p->plan->guards[i];
        if (str_eq(g->addr, x->addr))
            buf_fmt(p->out, "          %s! %.*s%s\n", or_empty(p->style->sign[ACTION_DELETE]), STR_ARG(guard_text(p->arena, g)), or_empty(p->style->off));
    }
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
    return p->all || x->action != ACTION_NOOP || x->unread || kept(p, x).n;
}

/* How long it is not there: from the begin of the delete to the end of the create. */
static struct str outage(const struct printer *p, const struct plan_item *x)
{
    const struct plan_op *gone = NULL, *made = NULL;
    struct buf b = { 0 };
    size_t n;
    struct plan_op **ops = ops_of(p, x, &n);

    for (size_t i = 0; i < n; i++) {
        gone = ops[i]->kind == OP_DELETE ? ops[i] : gone;
        made = ops[i]->kind == OP_CREATE ? ops[i] : made;
    }
    if (gone && made) {
        int64_t by_path = gone->rank - made->rank + made->usual, alone = gone->usual + made->usual;
        buf_cstr(&b, "without it for ");
        duration(&b, by_path > alone ? by_path : alone);
    }
    return buf_take(&b, p->arena);
}

/* Why, where that is not told by the sign or the lines below. */
static struct str reason(struct printer *p, const struct plan_item *x)
{
    if (x->maybe)
        return str_fmt(p->arena, "may replace: %.*s", STR_ARG(x->reason));
    if (x->unread)
        return str_fmt(p->arena, "not planned: %.*s", STR_ARG(x->reason));
    switch (x->action) {
    case ACTION_CREATE:
        return x->again || x->record ? x->reason : STR_NONE;
    case ACTION_UPDATE:
    case ACTION_DISRUPT:
        return x->record && x->record->adopted ? x->reason : x->drift ? STR("changed outside kc") : STR_NONE;
    case ACTION_REPLACE_CREATE_FIRST:
        return str_fmt(p->arena, "%s%s%.*s", x->stays ? "new beside the old one, which stays" : "new before old goes", x->nchanges ? "" : ": ", x->nchanges ? 0 : (int)x->reason.n, x->reason.s);
    case ACTION_REPLACE_DELETE_FIRST:
        return str_fmt(p->arena, "old goes first, %.*s%s%.*s", STR_ARG(outage(p, x)), x->nchanges ? "" : ": ", x->nchanges ? 0 : (int)x->reason.n, x->reason.s);
    case ACTION_ACT:                                       /* each has its line */
        return STR_NONE;
    case ACTION_DELETE:
        return resource_name(p->arena, x->type, record_inputs(x->record), x->record->outs);
    default:
        return x->reason;
    }
}

/* What stands to the right. */
static struct str remark(struct printer *p, const struct plan_item *x)
{
    struct str why = reason(p, x), what = kept(p, x);

    if (!what.n || (why.n && x->record && x->record->adopted))     /* the reason speaks of the adoption */
        return why;
    return why.n ? str_fmt(p->arena, "%.*s; %.*s", STR_ARG(why), STR_ARG(what)) : what;
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
    const char *sign = x->unread ? "!" : x->action == ACTION_NOOP && kept(p, x).n ? "*" : sign_of(x->action);
    buf_fmt(p->out, "  %s%-3s%s %.*s%*s  %s%.*s%s", col, sign, off, STR_ARG(name), pad, "", dim, STR_ARG(type), off);
    if (why.n)
        buf_fmt(p->out, "%*s  %.*s", p->type_width > (int)type.n ? p->type_width - (int)type.n : 0, "", STR_ARG(why));
    place_of(p, x);
    buf_putc(p->out, '\n');
    if (x->action != ACTION_CREATE)
        changes(p, x);
    if (p->all && x->action == ACTION_CREATE)
        inputs(p, x);
    steps(p, x);
    acts(p, x);
    retirement(p, x);
    emptied(p, x);
    kept_for(p, x);
    losses(p, x);
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
        buf_fmt(p->out, "%s%s%.*s%s%.*s", n++ ? " -> " : "; critical path: ", op->kind == OP_DELETE ? "delete " : "",
                STR_ARG(path_name(p, op, cut)), op->step.n ? ": " : "", STR_ARG(op->step));
    }
}

static void guarded(struct printer *p)
{
    const struct plan *x = p->plan;
    if (!x->nguards)
        return;
    buf_fmt(p->out, "%sGuarded:%s `kc apply` wants each address typed, or given by --allow-destroy ADDRESS\n", or_empty(p->style->bold),
            or_empty(p->style->off));
    for (size_t i = 0; i < x->nguards; i++)
        buf_fmt(p->out, "  %.*s: %.*s\n", STR_ARG(x->guards[i].addr), STR_ARG(guard_text(p->arena, &x->guards[i])));
    buf_putc(p->out, '\n');
}

static void summary(struct printer *p)
{
    const struct plan *x = p->plan;
    size_t replaced = x->count[ACTION_REPLACE_CREATE_FIRST] + x->count[ACTION_REPLACE_DELETE_FIRST], kinds[OP_KINDS] = { 0 };
    for (size_t i = 0; i < x->nops; i++)
        kinds[x->ops[i]->kind]++;
    const struct { size_t n; const char *what; } parts[] = {
        { x->count[ACTION_CREATE], "to create" },   { x->count[ACTION_RESUME], "to finish" },
        { x->count[ACTION_UPDATE], "to update" },   { x->count[ACTION_DISRUPT], "to update with disruption" },
        { replaced, "to replace" },                 { x->count[ACTION_DELETE], "to delete" },
        { x->count[ACTION_READ], "to read" },       { kinds[OP_FORGET], "to forget" },
        { kinds[OP_MOVE], "to move" },              { kinds[OP_ADOPT], "to adopt" },
        { kinds[OP_PROTECT], kinds[OP_PROTECT] == 1 ? "protection to change" : "protections to change" },
        { kinds[OP_PIN], kinds[OP_PIN] == 1 ? "answer to keep" : "answers to keep" },
        { kinds[OP_ACT], kinds[OP_ACT] == 1 ? "action to run" : "actions to run" },
    };
    const char *sep = " ";
    buf_fmt(p->out, "%sPlan:%s", or_empty(p->style->bold), or_empty(p->style->off));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].n) {
            buf_fmt(p->out, "%s%zu %s", sep, parts[i].n, parts[i].what);
            sep = ", ";
        }
    buf_cstr(p->out, *sep == ',' ? "" : " outputs to record");
    if (kinds[OP_CREATE] + kinds[OP_UPDATE] + kinds[OP_DELETE] + kinds[OP_READ] + kinds[OP_ACT]) {     /* else AWS is not asked: done at once */
        buf_cstr(p->out, "; ");
        duration(p->out, x->estimate);
        critical(p);
    }
    buf_cstr(p->out, "\n");
}

void plan_text(struct buf *out, const struct plan *plan, bool colour, bool all, const struct sources *s)
{
    struct printer p = { .out = out, .plan = plan, .style = colour ? &coloured : &plain, .sources = s, .arena = arena_new(), .all = all };
    for (size_t i = 0; i < plan->nnotes; i++)
        buf_fmt(out, "%snote: %.*s%s\n", or_empty(p.style->dim), STR_ARG(plan->notes[i]), or_empty(p.style->off));
    sort_ops(&p);
    measure(&p);
    if (plan->nnotes && (all || !plan_empty(plan)))
        buf_putc(out, '\n');
    groups(&p);
    guarded(&p);
    if (plan->partial)
        buf_cstr(out, "Not planned: what could not be read, and what hangs on it.\n");
    if (!plan_empty(plan))
        summary(&p);
    else
        buf_fmt(out, "No changes%s%s.\n", plan->partial ? " in the rest" : "", plan->nops ? ", only outputs to record" : "");
    arena_free(p.arena);
}
