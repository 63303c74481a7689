/* entry.c - journal entries as values: writing records, intents and meta as JSON objects, and applying an entry to the image.
 * Not here: lines, digests and files (journal.c, snapshot.c). Reading is strict: anything kc would not write is refused. */
#include "kc/hash.h"
#include "kc/vec.h"
#include "room.h"
#include <string.h>

static const char *const status_names[] = { "creating", "unready", "ready", "updating", "deleting", "failed" };
static const char *const edge_names[] = { "data", "after", "hold", "keep", "kept" };
enum { EDGE_NAMES = sizeof edge_names / sizeof *edge_names };

const char *status_name(enum status s)
{
    return status_names[s];
}

static bool name_index(struct str name, const char *const *names, size_t n, size_t *out)
{
    for (size_t i = 0; i < n; i++) {
        if (str_is(name, names[i])) {
            *out = i;
            return true;
        }
    }
    return false;
}

bool status_find(struct str name, enum status *out)
{
    size_t i;
    if (!name_index(name, status_names, sizeof(status_names) / sizeof(*status_names), &i))
        return false;
    *out = (enum status)i;
    return true;
}

/* ---- writing ---- */

struct object {
    struct arena *a;
    struct pair v[32];
    size_t n;
};

static void add(struct object *o, const char *key, const struct value *v)
{
    if (v)
        o->v[o->n++] = (struct pair){ str_of(key), v };
}

static void add_str(struct object *o, const char *key, struct str s)
{
    if (s.n)
        add(o, key, value_str(o->a, s));
}

static void add_int(struct object *o, const char *key, int64_t i)
{
    add(o, key, value_int(o->a, i));
}

static void add_flag(struct object *o, const char *key, bool b)
{
    if (b)
        add(o, key, &value_true);
}

static const struct value *finish(const struct object *o)
{
    return value_object(o->a, o->v, o->n);
}

static const struct value *sealed(struct state *s, struct arena *a, const struct value *v)
{
    return keyring_seal(s->keys, a, v);
}

static const struct value *deps_value(struct arena *a, const struct record *r)
{
    const struct value **v = ARENA_ARRAY(a, const struct value *, r->ndeps);
    for (size_t i = 0; i < r->ndeps; i++) {
        const struct value *dep[3] = { value_str(a, r->deps[i].addr), value_str(a, str_of(edge_names[r->deps[i].kind])),
                                       value_int(a, r->deps[i].generation) };
        v[i] = value_list(a, dep, 3);
    }
    return value_list(a, v, r->ndeps);
}

static const struct value *strings_value(struct arena *a, const struct str *v, size_t n)
{
    const struct value **out = ARENA_ARRAY(a, const struct value *, n);
    for (size_t i = 0; i < n; i++)
        out[i] = value_str(a, v[i]);
    return value_list(a, out, n);
}

const struct value *entry_record(struct state *s, struct arena *a, const struct record *r)
{
    struct object o = { .a = a };
    add_str(&o, "addr", r->addr);
    add_str(&o, "type", r->type);
    add_int(&o, "gen", r->generation);
    add_str(&o, "status", str_of(status_name(r->status)));
    add(&o, "inputs", sealed(s, a, r->inputs));
    add(&o, "outs", sealed(s, a, r->outs));
    add(&o, "pending", sealed(s, a, r->pending));
    add(&o, "pin", sealed(s, a, r->pin));
    if (r->ndone)
        add(&o, "done", strings_value(a, r->done, r->ndone));
    if (r->nowes)
        add(&o, "owes", strings_value(a, r->owes, r->nowes));
    if (r->nunmade)
        add(&o, "unmade", strings_value(a, r->unmade, r->nunmade));
    if (r->ndeps)
        add(&o, "deps", deps_value(a, r));
    add(&o, "provider", provider_value(a, r->provider));
    add_str(&o, "account", r->account);
    add_str(&o, "origin", r->origin);
    add_str(&o, "token", r->token);
    add_flag(&o, "protect", r->protect);
    add_flag(&o, "adopted", r->adopted);
    add(&o, "serves", r->serves ? &value_true : &value_false);              /* always: what has none was written by 0.1.0 */
    add_flag(&o, "retired", r->retired);
    add_str(&o, "uid", r->uid);
    add_int(&o, "created", r->created_ms);
    add_int(&o, "changed", r->changed_ms);
    return finish(&o);
}

const struct value *entry_intent(struct state *s, struct arena *a, const struct intent *i)
{
    struct object o = { .a = a };
    add_str(&o, "t", STR("intent"));
    add_str(&o, "op", i->op_id);
    add_str(&o, "addr", i->addr);
    add_str(&o, "type", i->type);
    add_str(&o, "verb", i->verb);
    add_str(&o, "step", i->step);
    add_str(&o, "service", i->service);
    add_str(&o, "operation", i->operation);
    add_str(&o, "token", i->token);
    add(&o, "provider", provider_value(a, i->provider));
    add_int(&o, "gen", i->generation);
    add_int(&o, "at", i->wall_ms);
    if (i->request && !value_has_secret(i->request))
        add(&o, "request", i->request);
    add(&o, "inputs", sealed(s, a, i->inputs));
    if (i->record)
        add(&o, "record", entry_record(s, a, i->record));
    return finish(&o);
}

const struct value *entry_meta(struct arena *a, const struct state_meta *m)
{
    struct object o = { .a = a };
    add_str(&o, "t", STR("meta"));
    add_str(&o, "salt", m->salt);
    add_str(&o, "account", m->account);
    add_str(&o, "region", m->region);
    add_str(&o, "partition", m->partition);
    add_str(&o, "file", m->file);
    add_str(&o, "stack", m->stack);
    add(&o, "params", m->params ? value_withhold(a, m->params) : NULL);       /* nobody compares them */
    add(&o, "outs", m->outs ? value_withhold(a, m->outs) : NULL);
    return finish(&o);
}

/* ---- reading ---- */

struct reader {
    struct state *s;
    const struct value *from;
    const char *why;                                       /* the first thing wrong */
};

static const struct value *member(struct reader *r, const char *key, bool required)
{
    const struct value *v = value_get(r->from, str_of(key));
    if (!v && required && !r->why)
        r->why = "a member is missing";
    return v;
}

static struct str get_str(struct reader *r, const char *key, bool required)
{
    const struct value *v = member(r, key, required);
    if (!v)
        return STR_NONE;
    if (v->kind != VALUE_STRING || (required && !v->s.n)) {
        r->why = "a member that must be text is not";
        return STR_NONE;
    }
    return str_dup(r->s->a, v->s);
}

static int64_t get_int(struct reader *r, const char *key, int64_t lo, int64_t hi)
{
    const struct value *v = member(r, key, true);
    if (!v)
        return lo;
    if (v->kind != VALUE_INT || v->i < lo || v->i > hi) {
        r->why = "a number is missing or out of range";
        return lo;
    }
    return v->i;
}

static bool get_flag(struct reader *r, const char *key)
{
    const struct value *v = member(r, key, false);
    if (v && v->kind != VALUE_BOOL)
        r->why = "a flag is not true or false";
    return v && v->kind == VALUE_BOOL && v->b;
}

/* Up to format 2 a secret was {"$secret": digest} among the user's own objects, the digest made with the lineage. */
static const struct value *former_secret(struct state *s, const struct value *v)
{
    struct digest d = { .n = SECRET_SUM };
    uint8_t id[32];
    const struct value *sum = v->object.n == 1 ? value_get(v, STR("$secret")) : NULL;
    if (!sum || sum->kind != VALUE_STRING || sum->s.n != 2 * SECRET_SUM || !hex_decode(sum->s, d.sum))
        return NULL;
    sha256(s->meta.lineage, id);
    memcpy(d.key, id, sizeof d.key);
    return value_digest(s->a, &d, true);
}

static const struct value *of_former(struct state *s, const struct value *v)
{
    if (v->kind == VALUE_LIST) {
        const struct value **p = ARENA_ARRAY(s->a, const struct value *, v->list.n);
        for (size_t i = 0; i < v->list.n; i++)
            p[i] = of_former(s, v->list.v[i]);
        return value_list(s->a, p, v->list.n);
    }
    const struct value *digest = v->kind == VALUE_OBJECT ? former_secret(s, v) : v;
    if (digest)
        return digest;
    struct pair *p = ARENA_ARRAY(s->a, struct pair, v->object.n);
    for (size_t i = 0; i < v->object.n; i++)
        p[i] = (struct pair){ v->object.v[i].key, of_former(s, v->object.v[i].value) };
    return value_object(s->a, p, v->object.n);
}

static const struct value *get_value(struct reader *r, const char *key, bool object)
{
    const struct value *v = member(r, key, false);
    v = v && r->s->format < FORMAT_SEALED ? of_former(r->s, v) : v;
    if (!v)
        return NULL;
    if (object && v->kind != VALUE_OBJECT) {
        r->why = "a stored value is malformed";
        return NULL;
    }
    return v;
}

/* The names of steps, of actions, of made values. */
static const struct str *get_names(struct reader *r, const char *key, size_t *n)
{
    const struct value *v = member(r, key, false);
    *n = 0;
    if (!v)
        return NULL;
    if (v->kind != VALUE_LIST) {
        r->why = "a list of names is not a list";
        return NULL;
    }
    struct str *names = ARENA_ARRAY(r->s->a, struct str, v->list.n);
    for (size_t i = 0; i < v->list.n; i++) {
        if (v->list.v[i]->kind != VALUE_STRING) {
            r->why = "a name is not text";
            return NULL;
        }
        names[i] = str_dup(r->s->a, v->list.v[i]->s);
    }
    *n = v->list.n;
    return names;
}

static void get_deps(struct reader *r, struct record *rec)
{
    const struct value *v = member(r, "deps", false);
    if (!v)
        return;
    if (v->kind != VALUE_LIST) {
        r->why = "the list of dependencies is not a list";
        return;
    }
    rec->deps = arena_array(r->s->a, v->list.n, sizeof(*rec->deps));
    for (size_t i = 0; i < v->list.n; i++) {
        const struct value *d = v->list.v[i];
        size_t kind;
        if (d->kind != VALUE_LIST || d->list.n != 3 || d->list.v[0]->kind != VALUE_STRING || d->list.v[1]->kind != VALUE_STRING ||
            d->list.v[2]->kind != VALUE_INT || d->list.v[2]->i < 0 || d->list.v[2]->i > UINT32_MAX ||
            !name_index(d->list.v[1]->s, edge_names, EDGE_NAMES, &kind)) {
            r->why = "a dependency is malformed";
            return;
        }
        rec->deps[i].addr = str_dup(r->s->a, d->list.v[0]->s);
        rec->deps[i].kind = (enum edge_kind)kind;
        rec->deps[i].generation = (uint32_t)d->list.v[2]->i;
    }
    rec->ndeps = v->list.n;
}

/* 0.1.0 wrote a region, none for the one of the stack, and knew one account alone. */
static const struct provider *get_provider(struct reader *r)
{
    const struct value *v = value_get(r->from, STR("provider"));
    if (v && v->kind == VALUE_OBJECT)
        return provider_read(r->s->a, v);
    struct provider *p = ARENA_NEW(r->s->a, struct provider);
    *p = (struct provider){ .kind = STR("aws"), .region = get_str(r, "region", false) };
    return p;
}

static struct record *read_record(struct reader *r)
{
    struct record *rec = ARENA_NEW(r->s->a, struct record);
    rec->addr = get_str(r, "addr", true);
    rec->type = get_str(r, "type", true);
    rec->generation = (uint32_t)get_int(r, "gen", 0, UINT32_MAX);
    if (!status_find(get_str(r, "status", true), &rec->status) && !r->why)
        r->why = "a status is none of creating, unready, ready, updating, deleting, failed";
    rec->inputs = get_value(r, "inputs", true);
    rec->outs = get_value(r, "outs", true);
    rec->pending = get_value(r, "pending", true);
    rec->pin = get_value(r, "pin", false);
    rec->done = get_names(r, "done", &rec->ndone);
    rec->owes = get_names(r, "owes", &rec->nowes);
    rec->unmade = get_names(r, "unmade", &rec->nunmade);
    get_deps(r, rec);
    rec->provider = get_provider(r);
    rec->account = get_str(r, "account", false);
    rec->origin = get_str(r, "origin", false);
    rec->token = get_str(r, "token", false);
    rec->protect = get_flag(r, "protect");
    rec->adopted = get_flag(r, "adopted");
    rec->serves = get_flag(r, "serves");
    rec->retired = get_flag(r, "retired");
    rec->uid = get_str(r, "uid", false);
    rec->created_ms = get_int(r, "created", INT64_MIN, INT64_MAX);
    rec->changed_ms = get_int(r, "changed", INT64_MIN, INT64_MAX);
    return r->why ? NULL : rec;
}

/* ---- applying ---- */

struct entry *entry_at(struct state *s, struct str addr)
{
    struct entry *e = map_get(&s->entries, addr);
    if (e)
        return e;
    e = ARENA_NEW(s->a, struct entry);
    e->addr = str_dup(s->a, addr);
    map_put(&s->entries, e->addr, e);
    return e;
}

bool record_was_ready(const struct record *r)
{
    return r->inputs != NULL;
}

/* 0.1.0 knew no such flag: of what it wrote, the newest generation that was ever ready serves. */
static bool serves_silently(const struct reader *r, const struct entry *e, const struct record *rec)
{
    bool newest = true;
    for (size_t i = 0; i < e->n; i++)
        newest &= e->v[i]->generation <= rec->generation || !record_was_ready(e->v[i]);
    return !value_get(r->from, STR("serves")) && record_was_ready(rec) && newest;
}

/* Keeps records by generation, one of which serves at most. */
static void put(struct state *s, struct record *rec)
{
    struct entry *e = entry_at(s, rec->addr);
    size_t i = 0;
    rec->addr = e->addr;
    if (rec->generation > e->last)
        e->last = rec->generation;
    while (i < e->n && e->v[i]->generation < rec->generation)
        i++;
    if (i == e->n || e->v[i]->generation != rec->generation) {
        e->v = vec_grow(e->v, e->n, &e->cap, sizeof(struct record *));
        memmove(e->v + i + 1, e->v + i, (e->n - i) * sizeof(*e->v));
        e->n++;
    }
    e->v[i] = rec;
    for (size_t k = 0; k < e->n && rec->serves; k++)
        e->v[k]->serves = e->v[k] == rec;
}

static struct record *get_record(struct reader *r)
{
    struct reader inner = { .s = r->s, .from = member(r, "record", true) };
    if (r->why)
        return NULL;
    struct record *rec = read_record(&inner);
    r->why = inner.why;
    const struct entry *e = rec ? map_get(&r->s->entries, rec->addr) : NULL;
    if (rec)
        rec->serves |= serves_silently(&inner, e ? e : &(struct entry){ 0 }, rec);
    return rec;
}

static void apply_put(struct reader *r)
{
    struct record *rec = get_record(r);
    if (rec)
        put(r->s, rec);
}

static void apply_intent(struct reader *r)
{
    struct intent *i = ARENA_NEW(r->s->a, struct intent);
    i->op_id = get_str(r, "op", true);
    i->addr = get_str(r, "addr", true);
    i->type = get_str(r, "type", true);
    i->verb = get_str(r, "verb", true);
    i->step = get_str(r, "step", false);
    i->service = get_str(r, "service", false);
    i->operation = get_str(r, "operation", false);
    i->token = get_str(r, "token", false);
    i->provider = get_provider(r);
    i->generation = (uint32_t)get_int(r, "gen", 0, UINT32_MAX);
    i->wall_ms = get_int(r, "at", INT64_MIN, INT64_MAX);
    i->request = get_value(r, "request", true);
    i->inputs = get_value(r, "inputs", true);
    if (value_get(r->from, STR("record")))
        i->record = get_record(r);
    if (r->why)
        return;
    struct entry *e = entry_at(r->s, i->addr);
    if (i->generation > e->last)
        e->last = i->generation;
    map_put(&r->s->intents, i->op_id, i);
}

/* A create that was not made gives its generation back: the next attempt has the same token and the same names. */
static void not_made(struct state *s, const struct intent *i)
{
    struct entry *e = i && i->record ? map_get(&s->entries, i->addr) : NULL;
    if (!e || e->last != i->generation || (e->n && e->v[e->n - 1]->generation == i->generation))
        return;
    e->last--;
}

static void apply_outcome(struct reader *r)
{
    struct str op = get_str(r, "op", true);
    bool record = value_get(r->from, STR("record")) != NULL;
    if (!r->why && record)
        apply_put(r);
    if (r->why)
        return;
    if (!record)
        not_made(r->s, map_get(&r->s->intents, op));
    map_del(&r->s->intents, op);
}

static void apply_drop(struct reader *r)
{
    struct str addr = get_str(r, "addr", true);
    uint32_t generation = (uint32_t)get_int(r, "gen", 0, UINT32_MAX);
    struct entry *e = r->why ? NULL : map_get(&r->s->entries, addr);
    for (size_t i = 0; e && i < e->n; i++) {
        if (e->v[i]->generation == generation) {
            memmove(e->v + i, e->v + i + 1, (e->n - i - 1) * sizeof(*e->v));
            e->n--;
        }
    }
}

static void rename_deps(struct state *s, struct str from, struct str to)
{
    for (size_t i = 0; i < s->entries.n; i++) {
        struct entry *e = s->entries.e[i].live ? s->entries.e[i].value : NULL;
        for (size_t k = 0; e && k < e->n; k++) {
            for (size_t d = 0; d < e->v[k]->ndeps; d++) {
                if (str_eq(e->v[k]->deps[d].addr, from))
                    e->v[k]->deps[d].addr = to;
            }
        }
    }
}

static void apply_move(struct reader *r)
{
    struct str from = get_str(r, "from", true), to = get_str(r, "to", true);
    struct entry *e = r->why ? NULL : map_get(&r->s->entries, from);
    if (!e)
        return;
    size_t n = e->n;
    e->n = 0;
    struct entry *dest = entry_at(r->s, to);
    if (e->last > dest->last)
        dest->last = e->last;
    for (size_t i = 0; i < n; i++) {
        struct record *rec = e->v[i];
        if (!rec->origin.n)
            rec->origin = e->addr;
        rec->addr = dest->addr;
        put(r->s, rec);
    }
    rename_deps(r->s, from, dest->addr);
}

static void apply_meta(struct reader *r)
{
    struct state_meta m = { .lineage = r->s->meta.lineage, .serial = r->s->meta.serial };
    m.salt = get_str(r, "salt", true);
    m.account = get_str(r, "account", false);
    m.region = get_str(r, "region", false);
    m.partition = get_str(r, "partition", false);
    m.file = get_str(r, "file", false);
    m.stack = get_str(r, "stack", false);
    m.params = get_value(r, "params", true);
    m.outs = get_value(r, "outs", true);
    if (!r->why)
        r->s->meta = m;
}

static void apply_gen(struct reader *r)
{
    struct str addr = get_str(r, "addr", true);
    uint32_t generation = (uint32_t)get_int(r, "gen", 0, UINT32_MAX);
    if (!r->why)
        entry_at(r->s, addr)->last = generation;
}

bool entry_apply(struct state *s, const struct value *e, const char **why)
{
    struct reader r = { .s = s, .from = e };
    struct str t = e->kind == VALUE_OBJECT ? get_str(&r, "t", true) : STR_NONE;
    if (str_is(t, "put"))
        apply_put(&r);
    else if (str_is(t, "intent"))
        apply_intent(&r);
    else if (str_is(t, "outcome"))
        apply_outcome(&r);
    else if (str_is(t, "drop"))
        apply_drop(&r);
    else if (str_is(t, "move"))
        apply_move(&r);
    else if (str_is(t, "type"))
        r.why = types_read(s, e);
    else if (str_is(t, "text"))
        r.why = types_read_text(s, e);
    else if (str_is(t, "meta"))
        apply_meta(&r);
    else if (str_is(t, "gen"))
        apply_gen(&r);
    else if (!str_is(t, "begin") && !str_is(t, "end"))
        r.why = "it is no entry that this kc knows";
    *why = r.why;
    return !r.why;
}
