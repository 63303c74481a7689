/* judge.c - see judge.h. Things are kept as the log's lines tell them; each line is one moment. */
#include "judge.h"
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "kc/arena.h"
#include "kc/graph.h"
#include "kc/map.h"
#include "kc/vec.h"
#include "sim/room.h"

enum { KEPT_LINES = 60 };
struct judge {
    struct arena *a;
    struct map byid;
    struct vec things;
    enum who who;
    struct str target; bool may_lose_cluster, destroy, held, plan;
    bool rebuilt;                                          /* a cluster was deleted, and that was allowed: what hung on it went too */
    int64_t before, lowest; struct str lowest_at; bool excused, mixed;   /* nodes since the last rest */
    struct vec lone;                                       /* struct lone: deleted while nothing that is ready stood for it */
    const char *rule; struct str what;
    struct str lines[KEPT_LINES]; size_t nlines;
    int64_t now; struct str op;
    bool verbose;
};
struct lone { struct thing *thing; struct str target; struct str at; };

struct judge *judge_new(struct arena *a)
{
    struct judge *j = ARENA_NEW(a, struct judge);

    j->a = a;
    j->lowest = INT64_MAX;
    return j;
}

void judge_free(struct judge *j)
{
    map_fini(&j->byid);
    vec_fini(&j->things);
    vec_fini(&j->lone);
}

void judge_finding(struct judge *j, const char *rule, const char *fmt, ...)
{
    struct buf b = { 0 };
    va_list ap;

    if (j->rule)
        return;
    va_start(ap, fmt);
    buf_vfmt(&b, fmt, ap);
    va_end(ap);
    j->rule = str_c(j->a, str_dup(j->a, str_of(rule)));
    j->what = buf_take(&b, j->a);
    if (j->verbose)
        printf("*** %s: %.*s\n", rule, STR_ARG(j->what));
}

const char *judge_rule(const struct judge *j)
{
    return j->rule;
}

struct str judge_what(const struct judge *j)
{
    return j->what;
}

void judge_verbose(struct judge *j, bool on)
{
    j->verbose = on;
}

void judge_lines(const struct judge *j, struct buf *out)
{
    size_t from = j->nlines > KEPT_LINES ? j->nlines - KEPT_LINES : 0, i;

    for (i = from; i < j->nlines; i++)
        buf_fmt(out, "%.*s\n", STR_ARG(j->lines[i % KEPT_LINES]));
}

size_t judge_things(const struct judge *j, struct thing *const **out)
{
    *out = (struct thing *const *)j->things.v;
    return j->things.n;
}

/* ---- reading a line ---- */
static struct str text_at(const struct value *v, const char *key)
{
    const struct value *x = v ? value_get(v, str_of(key)) : NULL;

    return x && x->kind == VALUE_STRING ? x->s : STR_NONE;
}

static bool true_at(const struct value *v, const char *key)
{
    const struct value *x = value_get(v, str_of(key));

    return x && x->kind == VALUE_BOOL && x->b;
}

static struct str state_of(const struct value *attrs)
{
    static const char *const names[] = { "status", "State", "Status", "state" };
    size_t i;

    for (i = 0; i < 4; i++)
        if (text_at(attrs, names[i]).n)
            return text_at(attrs, names[i]);
    return STR_NONE;
}

static bool well(struct str state)
{
    return !state.n || str_is(state, "ACTIVE") || str_is(state, "available") || str_is(state, "attached");
}

static bool stands(const struct thing *t)
{
    return !t->gone && !t->dying;
}

static struct thing *thing_of(struct judge *j, struct str kind, struct str id, struct str region)
{
    struct str key = str_fmt(j->a, "%.*s %.*s %.*s", STR_ARG(kind), STR_ARG(id), STR_ARG(region));
    struct thing *t = map_get(&j->byid, key);

    if (t && !t->gone)
        return t;
    t = ARENA_NEW(j->a, struct thing);                      /* the same name again is another thing */
    t->key = key;
    t->kind = str_dup(j->a, kind);
    t->id = str_dup(j->a, id);
    t->region = str_dup(j->a, region);
    t->tags = t->foreign = &value_empty_object;
    map_put(&j->byid, key, t);
    vec_add(&j->things, t);
    return t;
}

/* ---- rules: others ---- */
static const struct value *strange_tags(struct judge *j, const struct value *tags)
{
    const struct value *out = &value_empty_object;
    size_t i;

    for (i = 0; tags && tags->kind == VALUE_OBJECT && i < tags->object.n; i++)
        if (str_starts(tags->object.v[i].key, STR("else:")))
            out = value_with(j->a, out, tags->object.v[i].key, tags->object.v[i].value);
    return out;
}

/* "ec2.DescribeVpcs"; what a hand did and what time brought are nobody's calls either. */
static bool reads(struct str op)
{
    size_t dot = str_find(op, STR("."));
    struct str name = dot == SIZE_MAX ? op : str_sub(op, dot + 1, op.n);

    return dot == SIZE_MAX || str_starts(op, STR("hand.")) || str_starts(name, STR("Describe")) || str_starts(name, STR("Get")) || str_starts(name, STR("List"));
}

static void check_others(struct judge *j, struct thing *t, const struct value *attrs, const struct value *tags)
{
    size_t i;

    /* What becomes visible with a read is AWS's own doing: an update that kc sent before the object was taken over. */
    if (t->other && t->attrs && !reads(j->op) && (!value_eq(attrs, t->attrs) || !value_eq(tags, t->tags)))
        judge_finding(j, "others", "%.*s changed somebody else's %.*s", STR_ARG(j->op), STR_ARG(t->key));
    for (i = 0; i < t->foreign->object.n; i++)
        if (!value_get(tags, t->foreign->object.v[i].key))
            judge_finding(j, "foreign tags", "%.*s took the tag %.*s of %.*s", STR_ARG(j->op), STR_ARG(t->foreign->object.v[i].key), STR_ARG(t->key));
}

/* ---- rules: doubled ---- */
static void check_doubled(struct judge *j, const struct thing *t)
{
    size_t i, alive = 0;

    for (i = 0; i < j->things.n; i++) {
        const struct thing *x = j->things.v[i];

        if (!x->ours || x->other || !stands(x) || !str_eq(x->kind, t->kind) || !str_eq(x->addr, t->addr))
            continue;
        alive++;
        if (x != t && str_eq(x->gen, t->gen))
            judge_finding(j, "doubled", "%.*s and %.*s both stand for %.*s, generation %.*s (%.*s)", STR_ARG(x->key), STR_ARG(t->key), STR_ARG(t->addr), STR_ARG(t->gen), STR_ARG(j->op));
    }
    if (alive > 2)
        judge_finding(j, "successors", "%zu objects stand for %.*s at once (%.*s)", alive, STR_ARG(t->addr), STR_ARG(j->op));
}

/* ---- rules: deleted ---- */
static bool for_same(const struct thing *x, const struct thing *t)
{
    return x != t && x->ours && !x->other && stands(x) && str_eq(x->kind, t->kind) && str_eq(x->addr, t->addr);
}

/* Where AWS, not kc, keeps the name or the place: an old one must go before a new one comes. */
static bool one_place(const struct thing *t)
{
    static const char *const kinds[] = { "eks.addon", "eks.access_entry", "eks.pod_identity_association", "ec2.subnet", "ec2.vpc_endpoint", "ec2.internet_gateway", "iam.open_id_connect_provider" };
    size_t i;

    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (str_is(t->kind, kinds[i]))
            return true;
    return false;
}

static void check_deleted(struct judge *j, struct thing *t)
{
    struct thing *successor = NULL;
    struct lone *l;
    size_t i;

    if (t->other && j->who == WHO_KC)
        judge_finding(j, "others", "%.*s deleted somebody else's %.*s", STR_ARG(j->op), STR_ARG(t->key));
    if (j->destroy && j->held && j->who == WHO_KC)
        judge_finding(j, "holder", "%.*s deletes %.*s, though what somebody else put on the cluster or its network will keep them from going", STR_ARG(j->op), STR_ARG(t->key));
    j->rebuilt |= str_is(t->kind, "eks.cluster") && t->ours && j->who != WHO_HAND;      /* also by a request that its kill left under way */
    if (!t->ours || t->other || j->who != WHO_KC || j->destroy)
        return;
    if (str_is(t->kind, "eks.cluster") && t->ready && !j->may_lose_cluster)
        judge_finding(j, "cluster", "the cluster %.*s is deleted, which nobody allowed", STR_ARG(t->id));
    for (i = 0; i < j->things.n; i++)
        if (for_same(j->things.v[i], t))
            successor = j->things.v[i];
    if (!t->ready || (successor ? successor->ready : one_place(t)))
        return;
    l = ARENA_NEW(j->a, struct lone);
    *l = (struct lone){ t, j->target, str_fmt(j->a, "%.*s at %lld s, %s%.*s%s%.*s", STR_ARG(j->op), (long long)j->now / 1000, successor ? "while " : "before anything else stood there",
                                              STR_ARG(successor ? successor->key : STR_NONE), successor ? " was " : "", STR_ARG(successor ? successor->state : STR_NONE)) };
    vec_add(&j->lone, l);
}

/* ---- rules: nodes ---- */
static int64_t number_at(const struct judge *j, const struct thing *t, const char *path)
{
    struct str s = tree_text(j->a, t->attrs, str_of(path));
    int64_t n = 0;

    return str_int(s, &n) ? n : 0;
}

static bool carries(const struct thing *t)
{
    return t->ours && !t->other && str_is(t->kind, "eks.nodegroup") && stands(t) && t->ready;
}

static int64_t nodes(const struct judge *j, const char *path)
{
    int64_t n = 0;
    size_t i;

    for (i = 0; i < j->things.n; i++)
        if (carries(j->things.v[i]))
            n += number_at(j, j->things.v[i], path);
    return n;
}

static void watch_nodes(struct judge *j)
{
    int64_t n = nodes(j, "scalingConfig.desiredSize");

    if (n < j->lowest) {
        j->lowest = n;
        j->lowest_at = str_fmt(j->a, "%.*s at %lld", STR_ARG(j->op), (long long)j->now);
    }
}

/* ---- the log ---- */
static void add_line(struct judge *j, struct buf *b)
{
    struct str s = buf_take(b, j->a);

    j->lines[j->nlines++ % KEPT_LINES] = s;
    if (j->verbose)
        printf("%.*s\n", STR_ARG(s));
}

static void take_put(struct judge *j, const struct value *v, struct buf *b)
{
    struct thing *t = thing_of(j, text_at(v, "kind"), text_at(v, "id"), text_at(v, "region"));
    const struct value *attrs = value_keep(j->a, value_get(v, STR("attrs"))), *tags = value_keep(j->a, value_get(v, STR("tags")));
    struct str addr = text_at(tags, "kc:addr"), was = t->state;
    bool fresh = !t->attrs, began = true_at(v, "dying") && !t->dying, marked;

    check_others(j, t, attrs, tags);
    t->attrs = attrs;
    t->tags = tags;
    t->state = str_dup(j->a, state_of(attrs));
    t->made = true_at(v, "made");
    if (j->who == WHO_HAND)
        t->foreign = strange_tags(j, tags);
    marked = addr.n && !t->ours;
    if (addr.n) {
        t->ours = true;
        t->addr = str_dup(j->a, addr);
        t->gen = str_dup(j->a, text_at(tags, "kc:gen"));
    }
    buf_fmt(b, " %s%.*s", fresh ? "+" : began ? "-" : "", STR_ARG(t->key));
    if (addr.n && fresh)
        buf_fmt(b, "(%.*s/%.*s)", STR_ARG(addr), STR_ARG(t->gen));
    if (!str_eq(was, t->state))
        buf_fmt(b, "=%.*s", STR_ARG(t->state));
    if (began)
        check_deleted(j, t);
    t->dying = true_at(v, "dying");
    if (!t->dying && well(t->state))
        t->ready = true;
    if (marked && stands(t))
        check_doubled(j, t);
}

static void take_gone(struct judge *j, const struct value *v, struct buf *b)
{
    struct thing *t;

    if (v->kind != VALUE_LIST || v->list.n != 3)
        return;
    t = thing_of(j, v->list.v[0]->s, v->list.v[1]->s, v->list.v[2]->s);
    buf_fmt(b, " gone %.*s", STR_ARG(t->key));
    if (!t->dying && !t->gone)
        check_deleted(j, t);
    t->gone = true;
}

void judge_watch(void *judge, const struct value *line)
{
    struct judge *j = judge;
    const struct value *put = value_get(line, STR("put")), *gone = value_get(line, STR("gone")), *now = value_get(line, STR("now"));
    struct buf b = { 0 };
    size_t i;

    j->now = now && now->kind == VALUE_INT ? now->i : j->now;
    j->op = str_dup(j->a, text_at(line, "op"));
    buf_fmt(&b, "%9.1f %.*s:", (double)j->now / 1000, STR_ARG(j->op));
    /* What goes is gone before what comes stands beside it, but a successor that is ready in this very line is ready. */
    for (i = 0; put && put->kind == VALUE_LIST && i < put->list.n; i++)
        if (!true_at(put->list.v[i], "dying"))
            take_put(j, put->list.v[i], &b);
    for (i = 0; put && put->kind == VALUE_LIST && i < put->list.n; i++)
        if (true_at(put->list.v[i], "dying"))
            take_put(j, put->list.v[i], &b);
    for (i = 0; gone && gone->kind == VALUE_LIST && i < gone->list.n; i++)
        take_gone(j, gone->list.v[i], &b);
    watch_nodes(j);
    add_line(j, &b);
    if (j->plan && j->who == WHO_KC && !reads(j->op) && (put || gone))
        judge_finding(j, "plan", "a plan sent %.*s", STR_ARG(j->op));
}

/* ---- the story's turns ---- */
void judge_who(struct judge *j, enum who who)
{
    j->who = who;
}

void judge_others(struct judge *j)
{
    size_t i;

    for (i = 0; i < j->things.n; i++) {
        struct thing *t = j->things.v[i];

        t->other = t->made;
        t->ours = false;
    }
}

void judge_gives_away(struct judge *j, struct str kind, struct str id)
{
    size_t i;

    for (i = 0; i < j->things.n; i++) {
        struct thing *t = j->things.v[i];

        if (!t->gone && str_eq(t->kind, kind) && str_eq(t->id, id)) {
            t->other = true;
            t->ours = false;
        }
    }
}

void judge_plans(struct judge *j)
{
    j->plan = true;
}

void judge_target(struct judge *j, struct str target, bool may_lose_cluster)
{
    j->plan = false;
    if (j->target.n && target.n && !str_eq(target, j->target))
        j->mixed = true;
    j->target = str_dup(j->a, target);
    j->destroy = !target.n;
    j->may_lose_cluster = may_lose_cluster;
}

void judge_held(struct judge *j)
{
    j->held = true;
}

void judge_nodes_excused(struct judge *j)
{
    j->excused = true;
}

static bool recorded(const struct judge *j, const struct thing *t, const struct record *const *r, size_t n)
{
    int64_t gen = 0;
    size_t i;

    str_int(t->gen, &gen);
    for (i = 0; i < n; i++) {
        struct str name = r[i]->origin.n ? r[i]->origin : r[i]->addr;

        if (r[i]->generation == (uint32_t)gen && str_eq(t->addr, address_tag(j->a, name)))
            return true;
    }
    return false;
}

static void check_lone(struct judge *j)
{
    size_t i, k;

    for (i = 0; i < j->lone.n; i++) {
        struct lone *l = j->lone.v[i];

        for (k = 0; k < j->things.n && !j->rebuilt && str_eq(l->target, j->target); k++)
            if (for_same(j->things.v[k], l->thing))
                judge_finding(j, "successor", "%.*s was deleted (%.*s), and the file kept %.*s", STR_ARG(l->thing->key), STR_ARG(l->at), STR_ARG(l->thing->addr));
    }
    j->lone.n = 0;
}

void judge_rest(struct judge *j, const struct record *const *records, size_t n)
{
    int64_t after = nodes(j, "scalingConfig.minSize"), floor = after < j->before ? after : j->before;
    size_t i, k;

    for (i = 0; i < j->things.n; i++) {
        struct thing *t = j->things.v[i];

        if (!t->ours || t->other || !stands(t))
            continue;
        if (!recorded(j, t, records, n))
            judge_finding(j, "orphaned", "%.*s stands for %.*s, generation %.*s, and no record knows it", STR_ARG(t->key), STR_ARG(t->addr), STR_ARG(t->gen));
        for (k = 0; k < i; k++) {
            struct thing *other = j->things.v[k];

            if (for_same(other, t) && t->ready && other->ready)   /* a former serves until its successor is well */
                judge_finding(j, "doubled", "at rest %.*s and %.*s both stand for %.*s", STR_ARG(t->key), STR_ARG(other->key), STR_ARG(t->addr));
        }
    }
    check_lone(j);
    if (!j->mixed && !j->excused && !j->rebuilt && j->lowest < floor)
        judge_finding(j, "nodes", "%lld nodes were ready (%.*s), where %lld was the minimum before and %lld after", (long long)j->lowest, STR_ARG(j->lowest_at), (long long)j->before, (long long)after);
    j->before = after;
    j->lowest = INT64_MAX;
    j->excused = j->mixed = j->rebuilt = false;
    j->target = STR_NONE;
    watch_nodes(j);
}

static bool memory(const struct thing *t)
{
    return str_is(t->kind, "eks.update");
}

void judge_end(struct judge *j)
{
    size_t i;

    for (i = 0; i < j->things.n; i++) {
        struct thing *t = j->things.v[i];

        if (stands(t) && !t->other && t->made && !memory(t))
            judge_finding(j, "orphaned", "%.*s (%.*s) stands after a destroy", STR_ARG(t->key), STR_ARG(t->addr));
        if (t->gone && t->other && t->attrs && j->who == WHO_KC)
            judge_finding(j, "others", "somebody else's %.*s is gone", STR_ARG(t->key));
    }
    j->before = 0;
    j->lowest = INT64_MAX;
}
