/* snapshot.c - the whole image as one object, and compaction of the journal into it. The format stands in room.h.
 * Order: the former snapshot goes to the history, the new one takes its place (at once) with the next serial, then a new journal starts.
 * A crash between the last two leaves a journal of an older serial, which the next start ignores: its entries are in the snapshot. */
#include "kc/hash.h"
#include "kc/json.h"
#include "room.h"

/* ---- writing ---- */

static void add_entry(struct buf *b, const struct value *e, bool *first)
{
    if (!*first)
        buf_cstr(b, ",\n");
    *first = false;
    json_write(b, e, JSON_TYPED | JSON_CANONICAL | JSON_KEPT, false);
}

static const struct value *tagged(struct arena *a, const char *t, const char *key, const struct value *v)
{
    struct pair p[2] = { { STR("t"), value_str(a, str_of(t)) }, { str_of(key), v } };
    return value_object(a, p, 2);
}

static void add_records(struct buf *b, struct state *s, struct arena *a, bool *first)
{
    const struct record **v;
    size_t n = state_list(s, a, &v);
    for (size_t i = 0; i < n; i++)
        add_entry(b, tagged(a, "put", "record", entry_record(s, a, v[i])), first);
    for (size_t i = 0; i < s->entries.n; i++) {
        const struct entry *e = s->entries.e[i].live ? s->entries.e[i].value : NULL;
        if (!e || !e->last || (e->n && e->v[e->n - 1]->generation == e->last))
            continue;
        struct pair p[3] = { { STR("t"), value_str(a, STR("gen")) }, { STR("addr"), value_str(a, e->addr) }, { STR("gen"), value_int(a, e->last) } };
        add_entry(b, value_object(a, p, 3), first);
    }
}

static void add_types(struct buf *b, const struct state *s, struct arena *a)
{
    const struct rsource **v;
    bool first = false;
    size_t n = state_sources(s, a, &v);
    for (size_t i = 0; i < s->texts.n; i++)
        if (s->texts.e[i].live)
            add_entry(b, types_text_entry(a, s->texts.e[i].key, ((const struct value *)s->texts.e[i].value)->s), &first);
    for (size_t i = 0; i < n; i++)
        add_entry(b, types_entry(a, v[i]), &first);
}

static void add_body(struct buf *b, struct state *s, struct arena *a)
{
    bool first = true;
    const struct intent **in;
    add_entry(b, entry_meta(a, &s->meta), &first);
    add_types(b, s, a);
    add_records(b, s, a, &first);
    size_t n = state_intents(s, a, &in);
    for (size_t i = 0; i < n; i++)
        add_entry(b, entry_intent(s, a, in[i]), &first);
    buf_cstr(b, "\n]}\n");
}

static void add_head(struct buf *b, const struct state *s, struct arena *a, struct str body, uint64_t serial)
{
    buf_fmt(b, "{\"kc\":\"state\",\"format\":%d,\"serial\":%llu,\"lineage\":\"%.*s\",\"salt\":\"%.*s\",\"bytes\":%zu,\"sha256\":\"%.*s\",\"entries\":[\n", STATE_FORMAT,
            (unsigned long long)serial, STR_ARG(s->meta.lineage), STR_ARG(s->meta.salt), body.n, STR_ARG(sha256_hex(a, body)));
}

/* The former snapshot is kept; the oldest go. A history that cannot be written stops compaction, not the run: the journal goes on. */
static bool keep_history(struct state *s, struct arena *a)
{
    const struct store_ops *store = s->store->ops;
    struct str text, *names, former = str_fmt(a, "%.*s%010llu", STR_ARG(STATE_HISTORY), (unsigned long long)s->meta.serial);
    size_t n;
    if (!s->snapshot.tag[0])
        return true;
    enum store_error e = store->read(s->store, a, STATE_SNAPSHOT, STATE_FILE_LIMIT, &text, NULL);
    if (e != STORE_OK)
        return state_fail(s, STATE_SNAPSHOT, "read", e);
    e = store->replace(s->store, former, NULL, text, NULL);
    if (e != STORE_OK)
        return state_fail(s, former, "write", e);
    if (store->list(s->store, a, STATE_HISTORY, &names, &n) == STORE_OK) {
        for (size_t i = 0; i + HISTORY_KEPT < n; i++)
            store->remove(s->store, names[i]);
    }
    return true;
}

bool snapshot_write(struct state *s)
{
    struct arena *a = arena_new();
    struct buf body = { 0 }, file = { 0 };
    uint64_t serial = s->meta.serial + 1;
    add_body(&body, s, a);
    add_head(&file, s, a, buf_view(&body), serial);
    buf_str(&file, buf_view(&body));
    bool ok = !body.failed && !file.failed && keep_history(s, a);
    if (body.failed || file.failed)
        s->problem = STR("the state is larger than 256 MiB");
    if (ok) {
        enum store_error e = s->store->ops->replace(s->store, STATE_SNAPSHOT, &s->snapshot, buf_view(&file), &s->snapshot);
        ok = e == STORE_OK || state_fail(s, STATE_SNAPSHOT, "write", e);
    }
    if (ok) {
        s->meta.serial = serial;
        s->snapshot_size = file.n;
        ok = journal_start(s);
    }
    buf_fini(&body);
    buf_fini(&file);
    arena_free(a);
    return ok;
}

/* ---- reading ---- */

static enum state_error refuse(struct state *s, struct arena *a, size_t at, const char *what, struct str *why)
{
    *why = str_fmt(a,
                   "%.*s: at byte %zu: %s. kc does not guess what was there; nothing was changed. Put it back from a copy, or take the last one from %.*s "
                   "(then move %.*s away: it belongs to this one)",
                   STR_ARG(state_where(s, a, STATE_SNAPSHOT)), at, what, STR_ARG(state_where(s, a, STATE_HISTORY)), STR_ARG(state_where(s, a, STATE_JOURNAL)));
    return STATE_CORRUPT;
}

static bool head_string(const struct value *h, const char *key, struct str *out)
{
    const struct value *v = value_get(h, str_of(key));
    if (!v || v->kind != VALUE_STRING || !v->s.n)
        return false;
    *out = v->s;
    return true;
}

static bool head_int(const struct value *h, const char *key, int64_t *out)
{
    const struct value *v = value_get(h, str_of(key));
    if (!v || v->kind != VALUE_INT || v->i < 0)
        return false;
    *out = v->i;
    return true;
}

static enum state_error read_head(struct state *s, struct arena *a, struct str first, struct str body, struct str *why)
{
    struct str bad, kc, lineage, salt, sum;
    int64_t format, serial, bytes;
    const struct value *h = json_read(a, str_fmt(a, "%.*s]}", STR_ARG(first)), JSON_TYPED, &bad);
    if (!h || !head_string(h, "kc", &kc) || !str_is(kc, "state") || !head_int(h, "format", &format))
        return refuse(s, a, 0, "this is not a kc state file", why);
    if (format > STATE_FORMAT) {
        *why = str_fmt(a, "%.*s was written by a newer kc (format %lld; this kc reads %d): use that kc", STR_ARG(state_where(s, a, STATE_SNAPSHOT)), (long long)format, STATE_FORMAT);
        return STATE_NEWER;
    }
    if (!head_int(h, "serial", &serial) || !head_int(h, "bytes", &bytes) || !head_string(h, "lineage", &lineage) || !head_string(h, "salt", &salt) ||
        !head_string(h, "sha256", &sum))
        return refuse(s, a, 0, "the first line is incomplete", why);
    if ((uint64_t)bytes != body.n)
        return refuse(s, a, first.n + 1, body.n < (uint64_t)bytes ? "the file was cut short" : "the file has grown since kc wrote it", why);
    if (!str_eq(sum, sha256_hex(a, body)))
        return refuse(s, a, first.n + 1, "what follows was altered after kc wrote it (its checksum does not match)", why);
    s->former |= format < STATE_FORMAT;
    s->format = format;
    s->meta.serial = (uint64_t)serial;
    s->meta.lineage = str_dup(s->a, lineage);
    s->meta.salt = str_dup(s->a, salt);
    return STATE_OK;
}

static enum state_error read_body(struct state *s, struct arena *a, struct str text, size_t at, struct str *why)
{
    struct str rest = str_sub(text, at, text.n), line;
    while (str_cut(&rest, '\n', &line) && !str_is(line, "]}")) {
        const char *what = NULL;
        struct str bad;
        size_t off = (size_t)(line.s - text.s);
        if (str_ends(line, STR(",")))
            line.n--;
        const struct value *e = json_read(s->a, line, JSON_TYPED | JSON_KEPT, &bad);      /* the image keeps parts of it */
        if (!e)
            return refuse(s, a, off, "it is not JSON", why);
        if (!entry_apply(s, e, &what))
            return refuse(s, a, off, what, why);
    }
    return STATE_OK;
}

/* Nothing here, but former snapshots: starting anew would make everything a second time. */
static enum state_error check_lost(struct state *s, struct arena *a, struct str *why)
{
    const struct store_ops *store = s->store->ops;
    struct str *names, text;
    size_t n;
    if (store->list(s->store, a, STATE_HISTORY, &names, &n) != STORE_OK || n == 0)
        return STATE_OK;
    if (store->read(s->store, a, STATE_JOURNAL, STATE_FILE_LIMIT, &text, NULL) != STORE_ABSENT)
        return STATE_OK;                                   /* the journal says which one is missing */
    *why = str_fmt(a, "%.*s is missing, but there are former ones: put the last one back (%.*s), or remove %.*s to start anew",
                   STR_ARG(state_where(s, a, STATE_SNAPSHOT)), STR_ARG(store->how_to_copy(s->store, a, names[n - 1], STATE_SNAPSHOT)),
                   STR_ARG(state_where(s, a, STATE_HISTORY)));
    return STATE_CORRUPT;
}

enum state_error snapshot_load(struct state *s, struct arena *a, struct str *why)
{
    struct str text;
    enum store_error e = s->store->ops->read(s->store, s->a, STATE_SNAPSHOT, STATE_FILE_LIMIT, &text, &s->snapshot);
    if (e == STORE_ABSENT)
        return check_lost(s, a, why);
    if (e != STORE_OK) {
        *why = str_fmt(a, "%.*s: %.*s", STR_ARG(state_where(s, a, STATE_SNAPSHOT)), STR_ARG(s->store->ops->problem(s->store)));
        return STATE_DISK;
    }
    struct str body = text, first;
    if (!str_cut(&body, '\n', &first))
        first = text;
    s->snapshot_size = text.n;
    enum state_error err = read_head(s, a, first, body, why);
    return err == STATE_OK ? read_body(s, a, text, first.n + 1, why) : err;
}
