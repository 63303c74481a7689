/* store.c - the objects of the account, their ids, and the states that come by themselves as virtual time passes.
 * All chance comes from the seed and a name for the occasion, never from an order of calls: two runs of one script agree. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "kc/hash.h"
#include "room.h"

/* ---- chance ---- */
uint64_t sim_draw(struct sim *s, struct str what)
{
    struct buf b = { 0 };
    uint8_t out[32];
    uint64_t x = 0;
    int i;

    buf_fmt(&b, "%llu/", (unsigned long long)s->o.seed);
    buf_str(&b, what);
    sha256(buf_view(&b), out);
    buf_fini(&b);
    for (i = 0; i < 8; i++)
        x = x << 8 | out[i];
    return x;
}

double sim_draw_unit(struct sim *s, struct str what)
{
    return (double)(sim_draw(s, what) >> 11) / 9007199254740992.0;
}

int64_t sim_draw_ms(struct sim *s, int64_t median, struct str what)
{
    static const double sigma = 0.06;                      /* nine in ten within a tenth: as clusters were measured to spread */
    double u1, u2, z;
    struct buf b = { 0 };

    if (s->o.exact || median <= 0)
        return median;
    buf_fmt(&b, "%.*s/angle", STR_ARG(what));
    u1 = 1.0 - sim_draw_unit(s, what);
    u2 = sim_draw_unit(s, buf_view(&b));
    buf_fini(&b);
    z = sqrt(-2.0 * log(u1)) * cos(6.283185307179586 * u2);
    return (int64_t)llround((double)median * exp(sigma * z));
}

struct str sim_new_id(struct sim *s, struct str prefix, size_t digits)
{
    struct str seed = str_fmt(s->account, "id %llu", (unsigned long long)s->next++);
    uint8_t out[32];
    struct buf b = { 0 };

    buf_fmt(&b, "%llu/%.*s", (unsigned long long)s->o.seed, STR_ARG(seed));
    sha256(buf_view(&b), out);
    buf_fini(&b);
    if (digits > 64)
        digits = 64;
    return str_fmt(s->account, "%.*s%.*s", STR_ARG(prefix), (int)digits, str_c(s->account, hex(s->account, out, 32)));
}

struct str sim_digits(struct sim *s, struct arena *a, struct str region, struct str name)
{
    return str_fmt(a, "%016llx7", (unsigned long long)sim_draw(s, str_fmt(a, "%.*s %.*s", STR_ARG(region), STR_ARG(name))));
}

/* ---- objects ---- */
/* Names that clients choose are taken once per region: two clusters may be called alike in two regions. Some are taken everywhere. */
static bool has_place(const struct kind *k, struct str region)
{
    return k->nkeys && region.n && !k->elsewhere.n;
}

void store_place(struct sim *s, struct str region)
{
    if (!str_eq(s->place, region))
        s->place = str_dup(s->account, region);
}

struct object *object_find(struct kind *k, struct str id)
{
    struct object *o = NULL;

    if (k->place && has_place(k, *k->place)) {
        struct buf b = { 0 };

        buf_fmt(&b, "%.*s %.*s", STR_ARG(*k->place), STR_ARG(id));
        o = map_get(&k->byid, buf_view(&b));
        buf_fini(&b);
    }
    return o ? o : map_get(&k->byid, id);
}

struct object *object_by(struct arena *a, struct kind *k, struct str attr, struct str text)
{
    size_t i;

    for (i = 0; i < k->order.n; i++) {
        struct object *o = k->order.v[i];

        if (!o->removed && object_alive(o) && str_eq(tree_text(a, o->attrs, attr), text))
            return o;
    }
    return NULL;
}

static void wake_others(struct sim *s, const struct object *changed);

void object_touch(struct sim *s, struct object *o)
{
    if (!o->dirty && !o->row)
        vec_add(&s->dirty, o);
    o->dirty = !o->row;
    if (o->kind->watched && !s->replaying)
        wake_others(s, o);
}

struct object *object_new(struct sim *s, struct kind *k, struct str id, struct str region, const struct value *attrs)
{
    struct object *o = ARENA_NEW(s->account, struct object);

    o->kind = k;
    o->id = str_dup(s->account, id);
    o->region = str_dup(s->account, region);
    o->attrs = value_keep(s->account, attrs);
    o->tags = &value_empty_object;
    o->born = s->now;
    o->serial = s->next++;
    o->handle = has_place(k, o->region) ? str_fmt(s->account, "%.*s %.*s", STR_ARG(o->region), STR_ARG(o->id)) : o->id;
    map_put(&k->byid, o->handle, o);
    vec_add(&k->order, o);
    object_touch(s, o);
    return o;
}

void object_set(struct sim *s, struct object *o, const struct value *attrs)
{
    o->attrs = value_keep(s->account, attrs);
    object_touch(s, o);
}

void object_tag(struct sim *s, struct object *o, const struct value *tags)
{
    o->tags = value_keep(s->account, tags);
    object_touch(s, o);
}

bool refers_to(struct sim *s, const struct object *o, const struct refer *f, const struct object *target)
{
    struct arena *a;
    const struct value **v;
    struct str want;
    size_t n, i;
    bool hit = false;

    if (kind_find(s, o->kind->service->name, f->to) != target->kind || (target->region.n && !str_eq(o->region, target->region)))
        return false;
    a = arena_new();
    want = f->by.n ? tree_text(a, target->attrs, f->by) : target->id;
    n = tree_leaves(a, o->attrs, f->path, &v);
    for (i = 0; i < n && !hit; i++)
        hit = want.n && str_eq(tree_text(a, v[i], STR_NONE), want);
    arena_free(a);
    return hit;
}

/* Those that look after what they refer to: refers = { InstanceId = { to = "ec2.instance", wakes = 2s } }. */
static void wake_others(struct sim *s, const struct object *changed)
{
    size_t i, j, n, m;

    for (i = 0; i < s->nservices; i++)
        for (j = 0; j < s->services[i].nkinds; j++) {
            struct kind *k = s->services[i].kinds[j];

            for (n = 0; n < k->nrefers; n++)
                for (m = 0; k->refers[n].wakes >= 0 && m < k->order.n; m++) {
                    struct object *o = k->order.v[m];

                    if (!o->removed && refers_to(s, o, &k->refers[n], changed))
                        object_wake(s, o, s->now + k->refers[n].wakes);
                }
        }
}

void object_wake(struct sim *s, struct object *o, int64_t at)
{
    if (at <= s->now)
        at = s->now + 1;
    if (o->removed || (o->wake && o->wake <= at))
        return;
    o->wake = at;
    object_touch(s, o);
}

static void cascade(struct sim *s, const struct object *gone)
{
    size_t i, j, n, m;

    for (i = 0; i < s->nservices; i++)
        for (j = 0; j < s->services[i].nkinds; j++) {
            struct kind *k = s->services[i].kinds[j];

            for (n = 0; n < k->nrefers; n++)
                for (m = 0; k->refers[n].cascade && m < k->order.n; m++) {
                    struct object *o = k->order.v[m];

                    if (!o->removed && (!o->made || !k->refers[n].blocks.n) && refers_to(s, o, &k->refers[n], gone))
                        object_remove(s, o);
                }
        }
}

void object_remove(struct sim *s, struct object *o)
{
    if (o->removed)
        return;
    o->removed = true;
    map_del(&o->kind->byid, o->handle);
    object_touch(s, o);
    cascade(s, o);
}

static void sweep(struct kind *k)
{
    size_t i, n = 0;

    for (i = 0; i < k->order.n; i++) {
        struct object *o = k->order.v[i];

        if (!o->removed || o->dirty)
            k->order.v[n++] = o;
    }
    k->order.n = n;
}

bool object_alive(const struct object *o)
{
    return !o->removed && !(o->dying && o->m.corpse && o->m.pos + 1 >= o->m.n);
}

struct str object_state(const struct object *o)
{
    const struct value *v = o->kind->field.n ? tree_get(o->attrs, o->kind->field) : NULL;

    return v && v->kind == VALUE_STRING ? v->s : STR_NONE;
}

/* ---- states ---- */
void object_ail(struct sim *s, struct object *o, struct str state, struct str code, struct str message)
{
    struct arena *a = arena_new();
    const struct value *issue = tree_put(a, tree_put(a, NULL, STR("code"), value_string(a, code)), STR("message"), value_string(a, message));
    const struct value *v = tree_put(a, o->attrs, o->kind->field, value_string(a, state));

    v = tree_put(a, v, STR("health.issues"), code.n ? tree_list(a, NULL, issue) : &value_empty_list);
    o->m = (struct machine){ 0 };
    object_set(s, o, tree_put(a, v, STR("ails"), code.n ? &value_true : NULL));
    arena_free(a);
}

void update_fails(struct sim *s, struct object *update, const char *code, const char *message)
{
    const struct value *v = tree_put(s->account, NULL, STR("errorCode"), value_string(s->account, str_of(code)));

    v = tree_put(s->account, v, STR("errorMessage"), value_string(s->account, str_dup(s->account, str_of(message))));
    update->m.steps[update->m.n - 1] = STR("Failed");
    update->m.merge = tree_put(s->account, NULL, STR("errors"), tree_list(s->account, NULL, v));
    object_touch(s, update);
}

static void enter(struct sim *s, struct object *o)
{
    const struct value *v = value_string(s->account, o->m.steps[o->m.pos]);

    o->attrs = tree_put(s->account, o->attrs, o->m.field, v);
    object_touch(s, o);
}

void object_run(struct sim *s, struct object *o, const struct value *plan, bool vanish, const struct value *merge)
{
    const struct value *const *steps = NULL, *one[1], *const *takes = NULL, *two[1];
    size_t n = data_list(plan, "steps", &steps, one), nt = data_list(plan, "takes", &takes, two), i;
    struct machine m = { .field = str_dup(s->account, data_str(plan, "field")), .settle = str_dup(s->account, data_str(plan, "settle")) };   /* a hook's plan is gone tomorrow */
    int64_t at = s->now;

    if (!m.field.n)
        m.field = o->kind->field;
    for (i = 0; i < n && i < SIM_STEPS; i++) {
        m.steps[i] = steps[i]->kind == VALUE_STRING ? str_dup(s->account, steps[i]->s) : STR_NONE;
        m.at[i] = at;
        if (i < nt)
            at += sim_draw_ms(s, data_ms(takes[i], 0), str_fmt(s->account, "%.*s %.*s %.*s %zu %lld", STR_ARG(o->kind->full), STR_ARG(o->id),
                                                          STR_ARG(m.steps[i]), i, (long long)o->born));
    }
    m.n = i;
    m.merge = merge ? value_keep(s->account, merge) : NULL;
    if (vanish)
        m.vanish = at + data_ms(value_get(plan, STR("keep")), 0) + (at == 0);
    m.corpse = vanish && nt < n;
    fate_take(s, o, &m);
    o->dying = vanish;
    o->m = m;
    if (m.n)
        enter(s, o);
    object_touch(s, o);
}

static int64_t step_due(const struct object *o)
{
    const struct machine *m = &o->m;

    if (m->pos + 1 < m->n)
        return m->at[m->pos + 1];
    return m->vanish ? m->vanish : INT64_MAX;
}

static int64_t due(const struct object *o)
{
    int64_t at = step_due(o);

    return o->removed ? INT64_MAX : o->wake && o->wake < at ? o->wake : at;
}

static struct object *first_due(const struct sim *s, int64_t *when)
{
    struct object *best = NULL;
    size_t i, j, n;

    *when = INT64_MAX;
    for (i = 0; i < s->nservices; i++)
        for (j = 0; j < s->services[i].nkinds; j++) {
            struct kind *k = s->services[i].kinds[j];

            for (n = 0; n < k->order.n; n++) {
                struct object *o = k->order.v[n];
                int64_t at = due(o);

                if (at < *when || (at == *when && best && at != INT64_MAX && o->serial < best->serial)) {
                    *when = at;
                    best = o;
                }
            }
        }
    return best;
}

static void last_step(struct sim *s, struct object *o)
{
    hook_fn *fn = o->m.settle.n ? hook_find(o->m.settle) : NULL;
    struct hook_call c = { .sim = s, .o = o, .last = o->m.steps[o->m.pos] };
    const struct value *before = o->attrs;

    if (o->m.merge)
        o->attrs = value_keep(s->account, tree_merge(s->account, o->attrs, o->m.merge));
    if (!fn)
        return;
    c.a = arena_new();
    fn(&c);
    o->m.steps[o->m.pos] = str_dup(s->account, c.last);
    if (c.undo)
        o->attrs = before;
    if (c.set)
        o->attrs = value_keep(s->account, tree_merge(s->account, o->attrs, c.set));
    arena_free(c.a);
    enter(s, o);
}

static void run_hook(struct sim *s, struct object *o, const char *which)
{
    hook_fn *fn = hook_find(data_str(o->kind->data, which));
    struct hook_call c = { .sim = s, .o = o };

    if (!fn)
        return;
    c.a = arena_new();
    fn(&c);
    arena_free(c.a);
}

static void step(struct sim *s, struct object *o)
{
    if (due(o) < step_due(o)) {
        o->wake = 0;
        object_touch(s, o);
        run_hook(s, o, "wakes");
    } else if (o->m.pos + 1 < o->m.n) {
        o->m.pos++;
        enter(s, o);
        if (o->m.pos + 1 == o->m.n)
            last_step(s, o);
    } else {
        run_hook(s, o, "removed");
        object_remove(s, o);
    }
}

void store_advance(struct sim *s, int64_t to)
{
    int64_t when;
    struct object *o;
    size_t i, j;

    while ((o = first_due(s, &when)) && when <= to) {
        if (when > s->now)
            s->now = when;
        store_place(s, o->region);
        step(s, o);
    }
    if (to > s->now)
        s->now = to;
    for (i = 0; i < s->nservices; i++)
        for (j = 0; j < s->services[i].nkinds; j++)
            sweep(s->services[i].kinds[j]);
}
