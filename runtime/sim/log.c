/* log.c - account.log: what the simulated account holds, so that it outlives the process.
 *
 * One JSON object a line, then a tab, 32 hex digits of SHA-256(former digits, line), and a newline. The first line says
 * {"kc":"sandbox","version":1,"wall":..,"seed":..}; each other line is one request's effects:
 * {"now":ms,"next":n,"op":"ec2.CreateVpc","put":[object...],"gone":[["ec2.vpc","vpc-1","eu-west-1"]...]}.
 * It is appended and synced before the reply is delivered. A last line without its newline is cut off; any other bad line refuses. */
#include <string.h>
#include "kc/hash.h"
#include "kc/json.h"
#include "room.h"

enum { MAX_LOG = 256 << 20 };

static void chain(struct sim *s, struct str line, char out[33])
{
    struct buf b = { 0 };
    uint8_t sum[32];
    static const char digits[] = "0123456789abcdef";
    int i;

    buf_cstr(&b, s->digest);
    buf_str(&b, line);
    sha256(buf_view(&b), sum);
    buf_fini(&b);
    for (i = 0; i < 16; i++) {
        out[i * 2] = digits[sum[i] >> 4];
        out[i * 2 + 1] = digits[sum[i] & 15];
    }
    out[32] = '\0';
}

/* ---- writing ---- */
static const struct value *ints(struct arena *a, const int64_t *v, size_t n)
{
    const struct value *out = &value_empty_list;
    size_t i;

    for (i = 0; i < n; i++)
        out = tree_list(a, out, value_int(a, v[i]));
    return out;
}

static const struct value *write_machine(struct arena *a, const struct machine *m)
{
    struct fields f = { .a = a };
    const struct value *steps = &value_empty_list;
    size_t i;

    for (i = 0; i < m->n; i++)
        steps = tree_list(a, steps, value_str(a, m->steps[i]));
    fields_put(&f, STR("field"), value_str(a, m->field));
    fields_put(&f, STR("steps"), steps);
    fields_put(&f, STR("at"), ints(a, m->at, m->n));
    fields_put(&f, STR("pos"), value_int(a, (int64_t)m->pos));
    fields_put(&f, STR("vanish"), value_int(a, m->vanish));
    fields_put(&f, STR("corpse"), value_bool(m->corpse));
    fields_put(&f, STR("merge"), m->merge);
    fields_put(&f, STR("settle"), value_str(a, m->settle));
    return fields_take(&f);
}

static const struct value *write_object(struct arena *a, const struct object *o)
{
    struct fields f = { .a = a };

    fields_put(&f, STR("kind"), value_str(a, o->kind->full));
    fields_put(&f, STR("id"), value_str(a, o->id));
    fields_put(&f, STR("region"), value_str(a, o->region));
    fields_put(&f, STR("attrs"), o->attrs);
    fields_put(&f, STR("tags"), o->tags);
    fields_put(&f, STR("born"), value_int(a, o->born));
    fields_put(&f, STR("seen"), value_int(a, o->seen));
    fields_put(&f, STR("serial"), value_int(a, (int64_t)o->serial));
    fields_put(&f, STR("token"), value_str(a, o->token));
    fields_put(&f, STR("digest"), value_str(a, o->digest));
    fields_put(&f, STR("made"), value_bool(o->made));
    fields_put(&f, STR("dying"), value_bool(o->dying));
    if (o->wake)
        fields_put(&f, STR("wake"), value_int(a, o->wake));
    if (o->m.n || o->m.vanish)
        fields_put(&f, STR("states"), write_machine(a, &o->m));
    return fields_take(&f);
}

static bool write_line(struct sim *s, struct arena *a, const struct value *v)
{
    struct buf b = { 0 };
    char digest[33];
    enum disk_error e;

    (void)a;
    json_write(&b, v, JSON_CANONICAL, true);
    chain(s, buf_view(&b), digest);
    buf_putc(&b, '\t');
    buf_cstr(&b, digest);
    buf_putc(&b, '\n');
    e = world_append(s->o.disk, s->log, buf_view(&b));
    if (e == DISK_OK)
        e = world_sync(s->o.disk, s->log);
    buf_fini(&b);
    if (e != DISK_OK) {
        s->broken = str_fmt(s->account, "the simulated account cannot be written to %.*s: %s", STR_ARG(s->o.log), disk_error_text(e));
        return false;
    }
    memcpy(s->digest, digest, sizeof digest);
    s->logged = s->now;
    return true;
}

bool log_commit(struct sim *s, struct str op)
{
    struct arena *a = arena_new();
    struct fields f = { .a = a };
    const struct value *put = NULL, *gone = NULL, *line;
    bool good = true;
    size_t i;

    for (i = 0; i < s->dirty.n; i++) {
        struct object *o = s->dirty.v[i];

        o->dirty = false;
        if (o->removed)
            gone = tree_list(a, gone, tree_list(a, tree_list(a, tree_list(a, NULL, value_str(a, o->kind->full)), value_str(a, o->id)), value_str(a, o->region)));
        else
            put = tree_list(a, put, write_object(a, o));
    }
    fields_put(&f, STR("now"), value_int(a, s->now));
    fields_put(&f, STR("next"), value_int(a, (int64_t)s->next));
    fields_put(&f, STR("op"), value_str(a, op));
    fields_put(&f, STR("put"), put);
    fields_put(&f, STR("gone"), gone);
    s->dirty.n = 0;
    line = fields_take(&f);
    if (s->log)
        good = write_line(s, a, line);
    if (s->o.watch)
        s->o.watch(s->o.watch_user, line);
    arena_free(a);
    return good;
}

/* ---- reading ---- */
static int64_t number(const struct value *v, const char *key)
{
    const struct value *x = value_get(v, str_of(key));

    return x && x->kind == VALUE_INT ? x->i : 0;
}

static void read_machine(struct sim *s, struct machine *m, const struct value *v)
{
    const struct value *steps = value_get(v, STR("steps")), *at = value_get(v, STR("at")), *merge = value_get(v, STR("merge"));
    size_t i;

    m->field = str_dup(s->account, data_str(v, "field"));
    m->settle = str_dup(s->account, data_str(v, "settle"));
    m->vanish = number(v, "vanish");
    m->corpse = data_true(v, "corpse");
    m->merge = merge ? value_keep(s->account, merge) : NULL;
    for (i = 0; steps && at && steps->kind == VALUE_LIST && at->kind == VALUE_LIST && i < steps->list.n && i < at->list.n && i < SIM_STEPS; i++) {
        m->steps[i] = str_dup(s->account, steps->list.v[i]->kind == VALUE_STRING ? steps->list.v[i]->s : STR_NONE);
        m->at[i] = at->list.v[i]->kind == VALUE_INT ? at->list.v[i]->i : 0;
    }
    m->n = i;
    m->pos = (size_t)number(v, "pos");
    if (m->pos >= m->n)
        m->pos = m->n ? m->n - 1 : 0;
}

static bool read_object(struct sim *s, const struct value *v)
{
    struct kind *k = kind_find(s, STR_NONE, data_str(v, "kind"));
    struct str id = data_str(v, "id");
    const struct value *attrs = value_get(v, STR("attrs")), *tags = value_get(v, STR("tags")), *states = value_get(v, STR("states"));
    struct object *o;

    if (!k)
        s->stranger = str_dup(s->account, data_str(v, "kind"));
    if (!k || !id.n || !attrs || attrs->kind != VALUE_OBJECT)
        return false;
    store_place(s, data_str(v, "region"));
    o = object_find(k, id);
    if (!o)
        o = object_new(s, k, id, data_str(v, "region"), attrs);
    o->attrs = value_keep(s->account, attrs);
    o->tags = tags && tags->kind == VALUE_OBJECT ? value_keep(s->account, tags) : &value_empty_object;
    o->born = number(v, "born");
    o->seen = number(v, "seen");
    o->serial = (uint64_t)number(v, "serial");
    o->token = str_dup(s->account, data_str(v, "token"));
    o->digest = str_dup(s->account, data_str(v, "digest"));
    o->made = data_true(v, "made");
    o->dying = data_true(v, "dying");
    o->wake = number(v, "wake");
    o->m = (struct machine){ 0 };
    if (states)
        read_machine(s, &o->m, states);
    return true;
}

static bool read_effects(struct sim *s, const struct value *v)
{
    const struct value *put = value_get(v, STR("put")), *gone = value_get(v, STR("gone"));
    size_t i;

    for (i = 0; put && put->kind == VALUE_LIST && i < put->list.n; i++)
        if (!read_object(s, put->list.v[i]))
            return false;
    for (i = 0; gone && gone->kind == VALUE_LIST && i < gone->list.n; i++) {
        const struct value *g = gone->list.v[i];
        struct kind *k = g->kind == VALUE_LIST && g->list.n == 3 ? kind_find(s, STR_NONE, g->list.v[0]->s) : NULL;
        struct object *o;

        if (k)
            store_place(s, g->list.v[2]->s);
        o = k ? object_find(k, g->list.v[1]->s) : NULL;
        if (o) {
            o->removed = true;
            map_del(&k->byid, o->handle);
        }
    }
    s->now = number(v, "now");
    s->next = (uint64_t)number(v, "next");
    return true;
}

static bool read_line(struct sim *s, struct str line, size_t nth)
{
    size_t tab = line.n > 33 ? line.n - 33 : 0;
    struct arena *a = arena_new();
    const struct value *v;
    char digest[33];
    struct str why;
    bool good = false;

    if (tab && line.s[tab] == '\t') {
        chain(s, str_sub(line, 0, tab), digest);
        v = memcmp(digest, line.s + tab + 1, 32) ? NULL : json_read(a, str_sub(line, 0, tab), 0, &why);
        if (v && !nth) {
            good = str_is(data_str(v, "kc"), "sandbox") && number(v, "version") == 1;
            s->start_wall = number(v, "wall");
            s->o.seed = (uint64_t)number(v, "seed");
        } else if (v) {
            good = read_effects(s, v);
        }
        if (good)
            memcpy(s->digest, digest, sizeof digest);
    }
    arena_free(a);
    return good;
}

static bool replay(struct sim *s, struct str text, size_t *keep, struct str *why)
{
    size_t nth = 0, i;

    *keep = 0;
    while (*keep < text.n) {
        struct str rest = str_sub(text, *keep, text.n);
        size_t end = str_find(rest, STR("\n"));

        if (end == SIZE_MAX)
            break;
        if (!read_line(s, str_sub(rest, 0, end), nth)) {
            if (s->stranger.n) {
                *why = str_fmt(s->account, "the simulated account %.*s holds an object of kind %.*s, which the sandbox's behaviour does not know: give the same --sandbox-behaviour as before, or remove the file",
                               STR_ARG(s->o.log), STR_ARG(s->stranger));
                return false;
            }
            if (*keep + end + 1 == text.n && nth)
                break;
            *why = str_fmt(s->account, "the simulated account %.*s is damaged at byte %zu; remove the file to start anew", STR_ARG(s->o.log), *keep);
            return false;
        }
        *keep += end + 1;
        nth++;
    }
    for (i = 0; i < s->dirty.n; i++)
        ((struct object *)s->dirty.v[i])->dirty = false;
    s->dirty.n = 0;
    s->logged = s->now;
    return true;
}

static bool write_head(struct sim *s)
{
    struct arena *a = arena_new();
    struct fields f = { .a = a };
    bool good;

    fields_put(&f, STR("kc"), value_str(a, STR("sandbox")));
    fields_put(&f, STR("version"), value_int(a, 1));
    fields_put(&f, STR("wall"), value_int(a, s->start_wall));
    fields_put(&f, STR("seed"), value_int(a, (int64_t)s->o.seed));
    good = write_line(s, a, fields_take(&f));
    arena_free(a);
    return good;
}

bool log_open(struct sim *s, struct str *why)
{
    struct arena *a;
    struct str text = STR_NONE;
    size_t keep = 0;
    enum disk_error e;
    bool good = true;

    if (!s->o.log.n || !s->o.disk)
        return true;
    a = arena_new();
    s->replaying = true;
    e = world_read(s->o.disk, a, s->o.log, MAX_LOG, &text);
    if (e == DISK_OK)
        good = replay(s, text, &keep, why);
    s->replaying = false;
    if (good && (e == DISK_OK || e == DISK_ABSENT)) {
        e = world_open(s->o.disk, s->o.log, &s->log);
        if (e == DISK_OK && keep < text.n)
            e = world_truncate(s->o.disk, s->log, keep);
        if (e == DISK_OK && !keep && !write_head(s)) {
            *why = s->broken;
            good = false;
        }
    }
    arena_free(a);
    if (good && e != DISK_OK) {
        *why = str_fmt(s->account, "the simulated account %.*s: %s", STR_ARG(s->o.log), disk_error_text(e));
        return false;
    }
    return good;
}

void log_close(struct sim *s)
{
    if (!s->log)
        return;
    if (!s->broken.n && (s->dirty.n || s->now > s->logged))
        log_commit(s, STR("time"));
    world_shut(s->o.disk, s->log);
    s->log = NULL;
}
