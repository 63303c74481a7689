/* journal.c - the append-only file of entries: reading with its chain of digests, appending, group commit.
 * The format stands in room.h. Not here: what entries mean (entry.c), snapshots (snapshot.c).
 *
 * Torn or altered? An append that a crash cut short leaves a last line without its end, or blocks of zero bytes: that was never
 * acknowledged, so it is cut. A line that is whole and does not match its digest was changed after it was written, as was any bad
 * line before a good one: kc refuses, because cutting would forget objects that exist. */
#include "kc/hash.h"
#include "kc/json.h"
#include "room.h"
#include <string.h>

struct str state_path(const struct state *s, struct arena *a, const char *name)
{
    return str_fmt(a, "%.*s/%s", STR_ARG(s->folder), name);
}

bool state_fail(struct state *s, struct str file, const char *doing, enum disk_error e)
{
    if (!s->problem.n)
        s->problem = str_fmt(s->a, "cannot %s %.*s: %s", doing, STR_ARG(file), disk_error_text(e));
    return false;
}

/* The digits that follow a line; `prev` are those of the line before. */
static void chain(const char prev[DIGEST_LEN], struct str line, char out[DIGEST_LEN])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t h[32];
    struct buf b = { 0 };
    buf_add(&b, prev, DIGEST_LEN);
    buf_str(&b, line);
    sha256(buf_view(&b), h);
    buf_fini(&b);
    for (size_t i = 0; i < DIGEST_LEN / 2; i++) {
        out[2 * i] = digits[h[i] >> 4];
        out[2 * i + 1] = digits[h[i] & 15];
    }
}

static void add_line(struct buf *out, char digest[DIGEST_LEN], const struct value *entry)
{
    size_t from = out->n;
    json_write(out, entry, JSON_TYPED | JSON_CANONICAL, false);
    chain(digest, (struct str){ out->s + from, out->n - from }, digest);
    buf_putc(out, '\t');
    buf_add(out, digest, DIGEST_LEN);
    buf_putc(out, '\n');
}

/* ---- writing ---- */

bool journal_start(struct state *s)
{
    struct arena *a = arena_new();
    struct buf b = { 0 };
    struct str path = state_path(s, s->a, "journal");
    struct pair head[5] = { { STR("kc"), value_str(a, STR("journal")) },
                            { STR("format"), value_int(a, STATE_FORMAT) },
                            { STR("lineage"), value_str(a, s->meta.lineage) },
                            { STR("salt"), value_str(a, s->meta.salt) },
                            { STR("serial"), value_int(a, (int64_t)s->meta.serial) } };
    if (s->file)
        world_shut(s->w, s->file);
    s->file = NULL;
    memset(s->digest, '0', DIGEST_LEN);
    add_line(&b, s->digest, value_object(a, head, 5));
    enum disk_error e = world_write(s->w, path, buf_view(&b));
    if (e == DISK_OK)
        e = world_open(s->w, path, &s->file);
    s->journal_size = b.n;
    s->dirty = false;
    buf_fini(&b);
    arena_free(a);
    return e == DISK_OK || state_fail(s, path, "start the journal", e);
}

bool journal_queue(struct state *s, const struct value *entry)
{
    if (s->problem.n)
        return false;
    struct buf line = { 0 };
    const char *why = NULL;
    struct str bad = STR_NONE;
    json_write(&line, entry, JSON_TYPED | JSON_CANONICAL, false);
    const struct value *back = json_read(s->a, buf_view(&line), JSON_TYPED, &bad);
    if (!back || !entry_apply(s, back, &why))
        s->problem = str_fmt(s->a, "a journal entry cannot be read back (%.*s): nothing more is written", STR_ARG(back ? str_of(why) : bad));
    else if (s->write)
        add_line(&s->queue, s->digest, entry);
    buf_fini(&line);
    if (s->queue.failed)
        s->problem = STR("a journal entry is larger than 256 MiB");
    return !s->problem.n;
}

bool journal_flush(struct state *s)
{
    if (s->problem.n)
        return false;
    if (!s->write || !s->queue.n)
        return true;
    enum disk_error e = world_append(s->w, s->file, buf_view(&s->queue));
    if (e == DISK_OK)
        e = world_sync(s->w, s->file);
    if (e != DISK_OK)
        return state_fail(s, state_path(s, s->a, "journal"), "write", e);
    s->journal_size += s->queue.n;
    buf_fini(&s->queue);
    size_t limit = s->snapshot_size > JOURNAL_LIMIT ? s->snapshot_size : JOURNAL_LIMIT;
    return s->journal_size <= limit || snapshot_write(s);
}

/* ---- reading ---- */

struct line {
    struct str json, digest;
    size_t at, end;                                        /* offsets; end is after the LF */
};

/* The next line; false at the end or when what is left has no LF or no digest. */
static bool next_line(struct str text, size_t at, struct line *out)
{
    const char *lf = at < text.n ? memchr(text.s + at, '\n', text.n - at) : NULL;
    if (!lf)
        return false;
    size_t n = (size_t)(lf - text.s) - at;
    *out = (struct line){ .at = at, .end = at + n + 1 };
    if (n < DIGEST_LEN + 1 || text.s[at + n - DIGEST_LEN - 1] != '\t')
        return true;
    out->json = (struct str){ text.s + at, n - DIGEST_LEN - 1 };
    out->digest = (struct str){ lf - DIGEST_LEN, DIGEST_LEN };
    return true;
}

static bool line_good(const struct line *l, const char prev[DIGEST_LEN])
{
    char want[DIGEST_LEN];
    if (!l->digest.n)
        return false;
    chain(prev, l->json, want);
    return memcmp(want, l->digest.s, DIGEST_LEN) == 0;
}

/* What follows the last good line: an append cut short, or altered bytes? */
static bool is_torn(struct str tail, const char prev[DIGEST_LEN])
{
    struct buf b = { 0 };
    struct line l;
    if (str_find(tail, (struct str){ "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16 }) != SIZE_MAX)
        return true;
    if (memchr(tail.s, '\n', tail.n))
        return false;
    buf_add(&b, tail.s, tail.n - 1);
    buf_putc(&b, '\n');
    bool altered = next_line(buf_view(&b), 0, &l) && line_good(&l, prev);
    buf_fini(&b);
    return !altered;
}

/* A later line that chains on its neighbour: then the bytes between are not a torn tail, whatever they look like. */
static bool good_after(struct str text, size_t at)
{
    struct line l;
    char prev[DIGEST_LEN];
    bool have = false;
    while (next_line(text, at, &l)) {
        if (have && line_good(&l, prev))
            return true;
        have = l.digest.n != 0;
        if (have)
            memcpy(prev, l.digest.s, DIGEST_LEN);
        at = l.end;
    }
    return false;
}

static enum state_error refuse(struct arena *a, struct str path, size_t line, size_t at, const char *what, struct str *why)
{
    *why = str_fmt(a, "%.*s: line %zu, at byte %zu: %s. kc does not guess what was there; nothing was changed. Put the file back from a copy, or, to ", STR_ARG(path), line, at, what);
    *why = line == 1 ? str_fmt(a, "%.*sgo back to what state.json beside it says, move it away (what was recorded since is then unknown to kc)", STR_ARG(*why))
                     : str_fmt(a, "%.*sforget everything recorded from there on (objects that exist in AWS stay there, unknown to kc): truncate -s %zu '%.*s'", STR_ARG(*why), at, STR_ARG(path));
    return STATE_CORRUPT;
}

static enum state_error read_head(struct state *s, struct arena *a, struct str path, struct str json, bool have_snapshot, uint64_t *serial, struct str *why)
{
    struct str bad;
    const struct value *h = json_read(a, json, JSON_TYPED, &bad);
    const struct value *kc = h ? value_get(h, STR("kc")) : NULL, *format = h ? value_get(h, STR("format")) : NULL;
    const struct value *n = h ? value_get(h, STR("serial")) : NULL, *lineage = h ? value_get(h, STR("lineage")) : NULL;
    const struct value *salt = h ? value_get(h, STR("salt")) : NULL;
    if (!kc || kc->kind != VALUE_STRING || !str_is(kc->s, "journal") || !format || format->kind != VALUE_INT)
        return refuse(a, path, 1, 0, "this is not a kc journal", why);
    if (format->i > STATE_FORMAT) {
        *why = str_fmt(a, "%.*s was written by a newer kc (format %lld; this kc reads %d): use that kc", STR_ARG(path), (long long)format->i, STATE_FORMAT);
        return STATE_NEWER;
    }
    if (!n || n->kind != VALUE_INT || n->i < 0 || !lineage || lineage->kind != VALUE_STRING || !salt || salt->kind != VALUE_STRING || !lineage->s.n || !salt->s.n)
        return refuse(a, path, 1, 0, "the first line is incomplete", why);
    s->former |= format->i < STATE_FORMAT;
    *serial = (uint64_t)n->i;
    if (have_snapshot && !str_eq(lineage->s, s->meta.lineage)) {
        *why = str_fmt(a, "%.*s belongs to another stack (lineage %.*s) than state.json beside it (lineage %.*s): put the right one back", STR_ARG(path),
                       STR_ARG(lineage->s), STR_ARG(s->meta.lineage));
        return STATE_CORRUPT;
    }
    if (!have_snapshot) {
        s->meta.lineage = str_dup(s->a, lineage->s);
        s->meta.salt = str_dup(s->a, salt->s);
    }
    return STATE_OK;
}

static enum state_error read_entries(struct state *s, struct arena *a, struct str path, struct str text, struct line l, size_t *good, struct str *why)
{
    size_t number = 2;
    for (size_t at = l.end; at < text.n; at = l.end, number++) {
        const char *what = NULL;
        struct str bad;
        if (!next_line(text, at, &l) || !line_good(&l, s->digest)) {
            struct str tail = str_sub(text, at, text.n);
            if (good_after(text, at) || !is_torn(tail, s->digest))
                return refuse(a, path, number, at, "it was altered after kc wrote it (its checksum does not match)", why);
            s->note = str_fmt(s->a, "%.*s: the last line was cut short by a crash and is ignored (%zu bytes at %zu)", STR_ARG(path), tail.n, at);
            break;
        }
        const struct value *e = json_read(s->a, l.json, JSON_TYPED, &bad);    /* the image keeps parts of it */
        if (!e)
            return refuse(a, path, number, at, "it is not JSON", why);
        if (!entry_apply(s, e, &what))
            return refuse(a, path, number, at, what, why);
        memcpy(s->digest, l.digest.s, DIGEST_LEN);
        s->dirty = true;
        *good = l.end;
    }
    return STATE_OK;
}

static enum state_error open_at(struct state *s, struct arena *a, struct str path, size_t good, size_t size, struct str *why)
{
    if (!s->write)
        return STATE_OK;
    enum disk_error e = world_open(s->w, path, &s->file);
    if (e == DISK_OK && good < size)
        e = world_truncate(s->w, s->file, good);
    if (e == DISK_OK)
        return STATE_OK;
    *why = str_fmt(a, "%.*s: cannot open it for writing: %s", STR_ARG(path), disk_error_text(e));
    return STATE_DISK;
}

static enum state_error start(struct state *s, struct arena *a, struct str *why)
{
    if (!s->write || journal_start(s))
        return STATE_OK;
    *why = str_dup(a, s->problem);
    return STATE_DISK;
}

enum state_error journal_load(struct state *s, struct arena *a, struct str *why)
{
    static const char zero[] = "00000000000000000000000000000000";
    struct str path = state_path(s, s->a, "journal"), text;
    struct line l;
    uint64_t serial;
    bool have_snapshot = s->meta.lineage.n != 0;
    enum disk_error e = world_read(s->w, s->a, path, STATE_FILE_LIMIT, &text);
    if (e == DISK_ABSENT)
        return have_snapshot ? start(s, a, why) : STATE_ABSENT;
    if (e != DISK_OK) {
        *why = str_fmt(a, "%.*s: %s", STR_ARG(path), disk_error_text(e));
        return STATE_DISK;
    }
    if (!next_line(text, 0, &l) || !line_good(&l, zero))
        return refuse(a, path, 1, 0, "its first line is damaged or missing", why);
    enum state_error err = read_head(s, a, path, l.json, have_snapshot, &serial, why);
    if (err != STATE_OK)
        return err;
    if (serial < s->meta.serial)                           /* all of it is in the snapshot: a crash came between the two */
        return start(s, a, why);
    if (serial > s->meta.serial) {
        *why = str_fmt(a, "%.*s continues snapshot %llu, but state.json %s: put state.json %llu back (the folder history has the former ones)", STR_ARG(path),
                       (unsigned long long)serial, have_snapshot ? "is older" : "is missing", (unsigned long long)serial);
        return STATE_CORRUPT;
    }
    size_t good = l.end;
    memcpy(s->digest, l.digest.s, DIGEST_LEN);
    err = read_entries(s, a, path, text, l, &good, why);
    s->journal_size = good;
    return err == STATE_OK ? open_at(s, a, path, good, text.n, why) : err;
}
