/* state.c - opening and closing a stack's state, looking into it, and its journal records.
 * Formats and the order of writes: room.h, snapshot.c. A failed write is final: every later call says false (state_problem). */
#include "kc/hash.h"
#include "kc/vec.h"
#include "room.h"
#include <stdlib.h>

static struct str random_hex(struct world *w, struct arena *a)
{
    uint8_t p[16];
    world_random(w, p, sizeof(p));
    return hex(a, p, sizeof(p));
}

static void state_free(struct state *s)
{
    for (size_t i = 0; i < s->entries.n; i++)
        free(((struct entry *)s->entries.e[i].value)->v);
    s->store->ops->close(s->store);
    map_fini(&s->entries);
    map_fini(&s->intents);
    map_fini(&s->types);
    map_fini(&s->texts);
    map_fini(&s->durations);
    buf_fini(&s->queue);
    arena_free(s->a);
    free(s);
}

static struct state *fresh(struct world *w, struct store *store, bool write)
{
    struct state *s = calloc(1, sizeof(*s));
    if (!s)
        die("no memory");
    s->w = w;
    s->a = arena_new();
    s->store = store;
    s->write = write;
    return s;
}

static enum state_error take_lock(struct state *s, struct arena *a, struct str *why)
{
    struct str holder = STR_NONE, where = state_where(s, a, STATE_LOCK);
    enum store_error e = s->store->ops->lock(s->store, a, world_args(s->w), &holder);
    if (e == STORE_OK)
        return STATE_OK;
    if (e == STORE_LOCKED) {
        *why = str_fmt(a, "another kc is at work on this stack: %.*s; wait until it ends (it holds %.*s, which frees itself when that process ends)", STR_ARG(holder), STR_ARG(where));
        return STATE_LOCKED;
    }
    *why = str_fmt(a, "cannot lock %.*s: %.*s; --state-dir names another place", STR_ARG(where), STR_ARG(s->store->ops->problem(s->store)));
    return STATE_DISK;
}

/* Records of 0.1.0 say neither the region nor the account that are the stack's own. */
static void settle_places(struct state *s)
{
    const struct state_meta *m = &s->meta;
    for (size_t i = 0; i < s->entries.n; i++) {
        const struct entry *e = s->entries.e[i].value;
        for (size_t k = 0; k < e->n; k++) {
            struct record *r = e->v[k];
            if (!r->provider->region.n)
                r->provider = provider_in(s->a, r->provider, m->region);
            if (!r->account.n)
                r->account = m->account;
        }
    }
}

static enum state_error load(struct state *s, struct arena *a, struct str *why)
{
    enum state_error err = snapshot_load(s, a, why);
    if (err == STATE_OK)
        err = journal_load(s, a, why);
    if (err == STATE_OK)
        settle_places(s);
    s->format = STATE_FORMAT;                              /* of all entries from now on */
    if (err == STATE_OK && s->write && s->former && !snapshot_write(s)) {
        *why = str_dup(a, s->problem);
        return STATE_DISK;
    }
    if (err != STATE_ABSENT)
        return err;
    s->meta.lineage = random_hex(s->w, s->a);
    s->meta.salt = random_hex(s->w, s->a);
    if (!s->write)
        return STATE_ABSENT;
    if (journal_start(s))
        return STATE_OK;
    *why = str_dup(a, s->problem);
    return STATE_DISK;
}

enum state_error state_open(struct world *w, struct store *store, bool write, struct state **out, struct arena *a, struct str *why)
{
    enum state_error err = STATE_OK;
    *out = NULL;
    *why = STR_NONE;
    for (int tries = 0; tries < 3; tries++) {              /* a reader may see snapshot and journal from both sides of a compaction */
        struct state *s = fresh(w, store, write);
        err = write ? take_lock(s, a, why) : STATE_OK;
        if (err == STATE_OK)
            err = load(s, a, why);
        if (err == STATE_OK || err == STATE_ABSENT) {
            *out = s;
            return err;
        }
        state_free(s);
        if (write || err != STATE_CORRUPT)
            break;
    }
    return err;
}

void state_close(struct state *s)
{
    if (!s)
        return;
    if (s->write && journal_flush(s) && s->dirty) {
        types_forget_unused(s);
        snapshot_write(s);
    }
    state_free(s);
}

static void met(void *user, const struct value *digest)
{
    keyring_met(user, digest);
}

void state_use_keys(struct state *s, struct keyring *k)
{
    s->keys = k;
    for (size_t i = 0; i < s->entries.n; i++) {
        const struct entry *e = s->entries.e[i].value;
        for (size_t n = 0; n < e->n; n++) {
            const struct record *r = e->v[n];
            const struct value *const kept[] = { r->inputs, r->outs, r->pending, r->pin };
            for (size_t v = 0; v < sizeof kept / sizeof *kept; v++)
                value_digests(kept[v], met, k);
        }
    }
}

struct keyring *state_keys(const struct state *s)
{
    return s->keys;
}

struct state_meta *state_meta(struct state *s)
{
    return &s->meta;
}

bool state_writable(const struct state *s)
{
    return s->write;
}

struct str state_problem(const struct state *s)
{
    return s->problem;
}

struct str state_note(const struct state *s)
{
    return s->note;
}

/* ---- looking ---- */

const struct record *state_get(const struct state *s, struct str addr)
{
    const struct entry *e = map_get(&s->entries, addr);
    const struct record *best = NULL;
    for (size_t i = 0; e && i < e->n; i++) {
        const struct record *r = e->v[i];
        if (r->serves)
            return r;
        if (!best || record_was_ready(r) || !record_was_ready(best))
            best = r;
    }
    return best;
}

const struct record *state_get_old(const struct state *s, struct str addr, uint32_t generation)
{
    const struct entry *e = map_get(&s->entries, addr);
    for (size_t i = 0; e && i < e->n; i++) {
        if (e->v[i]->generation == generation)
            return e->v[i];
    }
    return NULL;
}

static int by_addr(const void *x, const void *y)
{
    const struct record *a = *(const struct record *const *)x, *b = *(const struct record *const *)y;
    int c = str_cmp(a->addr, b->addr);
    return c ? c : (a->generation > b->generation) - (a->generation < b->generation);
}

size_t state_list(const struct state *s, struct arena *a, const struct record ***out)
{
    size_t n = 0, k = 0;
    for (size_t i = 0; i < s->entries.n; i++)
        n += ((const struct entry *)s->entries.e[i].value)->n;
    const struct record **v = ARENA_ARRAY(a, const struct record *, n);
    for (size_t i = 0; i < s->entries.n; i++) {
        const struct entry *e = s->entries.e[i].value;
        for (size_t j = 0; j < e->n; j++)
            v[k++] = e->v[j];
    }
    if (n)
        qsort(v, n, sizeof(*v), by_addr);
    *out = v;
    return n;
}

size_t state_intents(const struct state *s, struct arena *a, const struct intent ***out)
{
    size_t n = 0;
    const struct intent **v = ARENA_ARRAY(a, const struct intent *, s->intents.n);
    for (size_t i = 0; i < s->intents.n; i++) {
        if (s->intents.e[i].live)
            v[n++] = s->intents.e[i].value;
    }
    *out = v;
    return n;
}

uint32_t state_generation(const struct state *s, struct str addr)
{
    const struct entry *e = map_get(&s->entries, addr);
    return e ? e->last : 0;
}

/* ---- journal records ---- */

static bool log_entry(struct state *s, struct arena *a, const struct value *entry)
{
    bool ok = journal_queue(s, entry);
    arena_free(a);
    return ok;
}

static const struct value *entry_of(struct arena *a, const char *t, const struct pair *v, size_t n)
{
    struct pair all[8] = { { STR("t"), value_str(a, str_of(t)) } };
    for (size_t i = 0; i < n; i++)
        all[i + 1] = v[i];
    return value_object(a, all, n + 1);
}

bool state_begin(struct state *s, struct str plan_hash, struct str args)
{
    struct arena *a = arena_new();
    struct pair p[4] = { { STR("plan"), value_str(a, plan_hash) },
                         { STR("args"), value_str(a, args) },
                         { STR("version"), value_str(a, STR(KC_VERSION)) },
                         { STR("at"), value_int(a, world_wall(s->w)) } };
    return log_entry(s, a, entry_of(a, "begin", p, 4));
}

bool state_end(struct state *s, int exit_code)
{
    struct arena *a = arena_new();
    struct pair p[2] = { { STR("exit"), value_int(a, exit_code) }, { STR("at"), value_int(a, world_wall(s->w)) } };
    return log_entry(s, a, entry_of(a, "end", p, 2));
}

bool state_intent(struct state *s, const struct intent *i)
{
    struct arena *a = arena_new();
    s->dirty = true;
    return log_entry(s, a, entry_intent(s, a, i));
}

bool state_sync(struct state *s)
{
    return journal_flush(s);
}

bool state_outcome(struct state *s, struct str op_id, const struct record *after, const struct str *error)
{
    struct arena *a = arena_new();
    struct pair p[4] = { { STR("op"), value_str(a, op_id) }, { STR("at"), value_int(a, world_wall(s->w)) } };
    size_t n = 2;
    if (after)
        p[n++] = (struct pair){ STR("record"), entry_record(s, a, after) };
    if (error)
        p[n++] = (struct pair){ STR("error"), value_str(a, *error) };
    s->dirty = true;
    return log_entry(s, a, entry_of(a, "outcome", p, n));
}

bool state_put(struct state *s, const struct record *r)
{
    struct arena *a = arena_new();
    struct pair p[1] = { { STR("record"), entry_record(s, a, r) } };
    s->dirty = true;
    return log_entry(s, a, entry_of(a, "put", p, 1));
}

bool state_drop(struct state *s, struct str addr, uint32_t generation)
{
    struct arena *a = arena_new();
    struct pair p[2] = { { STR("addr"), value_str(a, addr) }, { STR("gen"), value_int(a, generation) } };
    s->dirty = true;
    return log_entry(s, a, entry_of(a, "drop", p, 2));
}

bool state_move(struct state *s, struct str from, struct str to)
{
    struct arena *a = arena_new();
    struct pair p[2] = { { STR("from"), value_str(a, from) }, { STR("to"), value_str(a, to) } };
    s->dirty = true;
    return log_entry(s, a, entry_of(a, "move", p, 2));
}

bool state_commit_meta(struct state *s)
{
    struct arena *a = arena_new();
    s->dirty = true;
    return log_entry(s, a, entry_meta(a, &s->meta));
}
