/* journal.c - the append-only list of entries: reading with its chain of digests, appending, group commit.
 * The format stands in room.h. Not here: what entries mean (entry.c), snapshots (snapshot.c).
 *
 * Torn or altered? Of the last append, when the power was lost before its sync, any bytes may be there: its beginning, or all but some blocks, which
 * read as zeros. It was never acknowledged, so it is cut from its first bad line on, however good the lines behind that look; the good ones before
 * it stay. An append before the last one was synced: a bad line in it was changed afterwards, as was a line that is neither cut nor
 * has zeros where a block may lack: kc refuses, because cutting would forget objects that exist. */
#include "kc/hash.h"
#include "kc/json.h"
#include "room.h"
#include <string.h>

enum { BLOCK = 512 };                                      /* what a disk writes whole; file systems take multiples of it */

struct str state_where(const struct state *s, struct arena *a, struct str name)
{
    return s->store->ops->where(s->store, a, name);
}

bool state_fail(struct state *s, struct str name, const char *doing, enum store_error e)
{
    static const char changed[] = "it was changed by somebody else while this run was at work, and is left as it is";
    struct str why = e == STORE_CHANGED ? str_of(changed) : e == STORE_ABSENT ? STR("it is gone") : s->store->ops->problem(s->store);
    if (!s->problem.n)
        s->problem = str_fmt(s->a, "cannot %s %.*s: %.*s", doing, STR_ARG(state_where(s, s->a, name)), STR_ARG(why));
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

/* The first line of what is appended together, or one that continues it. */
static void add_line(struct buf *out, char digest[DIGEST_LEN], const struct value *entry)
{
    size_t from = out->n;
    if (from)
        buf_putc(out, ' ');
    json_write(out, entry, JSON_TYPED | JSON_CANONICAL | JSON_KEPT, false);
    chain(digest, (struct str){ out->s + from, out->n - from }, digest);
    buf_putc(out, '\t');
    buf_add(out, digest, DIGEST_LEN);
    buf_putc(out, '\n');
}

/* ---- writing ---- */

/* Whoever replaced the snapshot owns the journal; the first one has no snapshot behind it. */
bool journal_start(struct state *s)
{
    static const struct store_version absent;
    struct arena *a = arena_new();
    struct buf b = { 0 };
    struct pair head[5] = { { STR("kc"), value_str(a, STR("journal")) },
                            { STR("format"), value_int(a, STATE_FORMAT) },
                            { STR("lineage"), value_str(a, s->meta.lineage) },
                            { STR("salt"), value_str(a, s->meta.salt) },
                            { STR("serial"), value_int(a, (int64_t)s->meta.serial) } };
    memset(s->digest, '0', DIGEST_LEN);
    add_line(&b, s->digest, value_object(a, head, 5));
    enum store_error e = s->store->ops->replace(s->store, STATE_JOURNAL, s->meta.serial ? NULL : &absent, buf_view(&b), NULL);
    if (e == STORE_OK)
        e = s->store->ops->resume(s->store, STATE_JOURNAL, b.n);
    s->journal_size = b.n;
    s->dirty = false;
    buf_fini(&b);
    arena_free(a);
    return e == STORE_OK || state_fail(s, STATE_JOURNAL, "start", e);
}

bool journal_queue(struct state *s, const struct value *entry)
{
    if (s->problem.n)
        return false;
    struct buf line = { 0 };
    const char *why = NULL;
    struct str bad = STR("a value in it is not known yet");
    json_write(&line, entry, JSON_TYPED | JSON_CANONICAL | JSON_KEPT, false);
    const struct value *back = value_is_known(entry) ? json_read(s->a, buf_view(&line), JSON_TYPED | JSON_KEPT, &bad) : NULL;
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
    enum store_error e = s->store->ops->append(s->store, buf_view(&s->queue));
    if (e == STORE_OK)
        e = s->store->ops->sync(s->store);
    if (e != STORE_OK)
        return state_fail(s, STATE_JOURNAL, "write", e);
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

/* ---- the damaged end ---- */

/* A line that begins an append: what is before it was durable, or it would not have been written. */
static bool begins_append(struct str text, size_t at)
{
    return at < text.n && text.s[at] == '{';
}

/* Zero bytes as a file system leaves them where the size of a file reached the disk and its data did not: up to the end, or whole blocks as far as
 * the append filled them. No line holds a zero byte, so one anywhere else was put there afterwards. */
static bool holes_only(struct str text, size_t at)
{
    bool some = false;
    for (size_t i = at, end; i < text.n; i = end + 1) {
        end = i;
        while (end < text.n && !text.s[end])
            end++;
        if (end == i)
            continue;
        if (end < text.n && (end % BLOCK || (i != at && i % BLOCK)))
            return false;
        some = true;
    }
    return some;
}

/* What follows the last good line, which ends at `at`: an append that a crash cut short, or altered bytes? */
static bool is_torn(struct str text, size_t at, const char prev[DIGEST_LEN])
{
    struct str tail = str_sub(text, at, text.n);
    struct buf b = { 0 };
    struct line l;
    for (size_t i = at + 1; i < text.n; i++) {
        if (text.s[i - 1] == '\n' && begins_append(text, i))
            return false;
    }
    if (memchr(tail.s, 0, tail.n))
        return holes_only(text, at);
    if (memchr(tail.s, '\n', tail.n))
        return false;
    buf_add(&b, tail.s, tail.n - 1);                       /* whole but for its end, which reads otherwise */
    buf_putc(&b, '\n');
    bool altered = next_line(buf_view(&b), 0, &l) && line_good(&l, prev);
    buf_fini(&b);
    return !altered;
}

static enum state_error refuse(struct state *s, struct arena *a, size_t line, size_t at, const char *what, struct str *why)
{
    struct str where = state_where(s, a, STATE_JOURNAL);
    *why = str_fmt(a, "%.*s: line %zu, at byte %zu: %s. kc does not guess what was there; nothing was changed. Put it back from a copy, or, to ", STR_ARG(where), line, at, what);
    *why = line == 1 ? str_fmt(a, "%.*sgo back to what %.*s says, move it away (what was recorded since is then unknown to kc)", STR_ARG(*why), STR_ARG(state_where(s, a, STATE_SNAPSHOT)))
                     : str_fmt(a, "%.*sforget everything recorded from there on (objects that exist in AWS stay there, unknown to kc): %.*s", STR_ARG(*why),
                               STR_ARG(s->store->ops->how_to_cut(s->store, a, STATE_JOURNAL, at)));
    return STATE_CORRUPT;
}

static enum state_error read_head(struct state *s, struct arena *a, struct str json, bool have_snapshot, uint64_t *serial, struct str *why)
{
    struct str bad;
    const struct value *h = json_read(a, json, JSON_TYPED, &bad);
    const struct value *kc = h ? value_get(h, STR("kc")) : NULL, *format = h ? value_get(h, STR("format")) : NULL;
    const struct value *n = h ? value_get(h, STR("serial")) : NULL, *lineage = h ? value_get(h, STR("lineage")) : NULL;
    const struct value *salt = h ? value_get(h, STR("salt")) : NULL;
    if (!kc || kc->kind != VALUE_STRING || !str_is(kc->s, "journal") || !format || format->kind != VALUE_INT)
        return refuse(s, a, 1, 0, "this is not a kc journal", why);
    if (format->i > STATE_FORMAT) {
        *why = str_fmt(a, "%.*s was written by a newer kc (format %lld; this kc reads %d): use that kc", STR_ARG(state_where(s, a, STATE_JOURNAL)), (long long)format->i, STATE_FORMAT);
        return STATE_NEWER;
    }
    if (!n || n->kind != VALUE_INT || n->i < 0 || !lineage || lineage->kind != VALUE_STRING || !salt || salt->kind != VALUE_STRING || !lineage->s.n || !salt->s.n)
        return refuse(s, a, 1, 0, "the first line is incomplete", why);
    s->former |= format->i < STATE_FORMAT;
    s->format = format->i;
    *serial = (uint64_t)n->i;
    if (have_snapshot && !str_eq(lineage->s, s->meta.lineage)) {
        *why = str_fmt(a, "%.*s belongs to another stack (lineage %.*s) than %.*s (lineage %.*s): put the right one back",
                       STR_ARG(state_where(s, a, STATE_JOURNAL)), STR_ARG(lineage->s), STR_ARG(state_where(s, a, STATE_SNAPSHOT)), STR_ARG(s->meta.lineage));
        return STATE_CORRUPT;
    }
    if (!have_snapshot) {
        s->meta.lineage = str_dup(s->a, lineage->s);
        s->meta.salt = str_dup(s->a, salt->s);
    }
    return STATE_OK;
}

static enum state_error read_entries(struct state *s, struct arena *a, struct str text, struct line l, size_t *good, struct str *why)
{
    size_t number = 2;
    for (size_t at = l.end; at < text.n; at = l.end, number++) {
        const char *what = NULL;
        struct str bad;
        if (!next_line(text, at, &l) || !line_good(&l, s->digest)) {
            if (!is_torn(text, at, s->digest))
                return refuse(s, a, number, at, "it was altered after kc wrote it (its checksum does not match)", why);
            s->note = str_fmt(s->a, "%.*s: the last line was cut short by a crash and is ignored (%zu bytes at %zu)", STR_ARG(state_where(s, a, STATE_JOURNAL)), text.n - at, at);
            break;
        }
        const struct value *e = json_read(s->a, l.json, JSON_TYPED | JSON_KEPT, &bad);    /* the image keeps parts of it */
        if (!e)
            return refuse(s, a, number, at, "it is not JSON", why);
        if (!entry_apply(s, e, &what))
            return refuse(s, a, number, at, what, why);
        memcpy(s->digest, l.digest.s, DIGEST_LEN);
        s->dirty = true;
        *good = l.end;
    }
    return STATE_OK;
}

static enum state_error writable(struct state *s, struct arena *a, bool ok, struct str *why)
{
    if (ok)
        return STATE_OK;
    *why = str_dup(a, s->problem);
    return STATE_DISK;
}

static enum state_error start(struct state *s, struct arena *a, struct str *why)
{
    return writable(s, a, !s->write || journal_start(s), why);
}

/* The torn end goes before anything is appended: else a loss of power could leave the new lines with the old end behind them. */
static enum state_error go_on(struct state *s, struct arena *a, size_t good, struct str *why)
{
    s->journal_size = good;
    enum store_error e = s->write ? s->store->ops->resume(s->store, STATE_JOURNAL, good) : STORE_OK;
    return writable(s, a, e == STORE_OK || state_fail(s, STATE_JOURNAL, "write", e), why);
}

enum state_error journal_load(struct state *s, struct arena *a, struct str *why)
{
    static const char zero[] = "00000000000000000000000000000000";
    struct str where = state_where(s, a, STATE_JOURNAL), text;
    struct line l;
    uint64_t serial = 0;
    bool have_snapshot = s->meta.lineage.n != 0;
    enum store_error e = s->store->ops->read(s->store, s->a, STATE_JOURNAL, STATE_FILE_LIMIT, &text, NULL);
    if (e == STORE_ABSENT)
        return have_snapshot ? start(s, a, why) : STATE_ABSENT;
    if (e != STORE_OK) {
        *why = str_fmt(a, "%.*s: %.*s", STR_ARG(where), STR_ARG(s->store->ops->problem(s->store)));
        return STATE_DISK;
    }
    if (!next_line(text, 0, &l) || !line_good(&l, zero))
        return refuse(s, a, 1, 0, "its first line is damaged or missing", why);
    enum state_error err = read_head(s, a, l.json, have_snapshot, &serial, why);
    if (err != STATE_OK)
        return err;
    if (serial < s->meta.serial)                           /* all of it is in the snapshot: a crash came between the two */
        return start(s, a, why);
    if (serial > s->meta.serial) {
        *why = str_fmt(a, "%.*s continues snapshot %llu, but %.*s %s: put snapshot %llu back (%.*s has the former ones)", STR_ARG(where), (unsigned long long)serial,
                       STR_ARG(state_where(s, a, STATE_SNAPSHOT)), have_snapshot ? "is older" : "is missing", (unsigned long long)serial,
                       STR_ARG(state_where(s, a, STATE_HISTORY)));
        return STATE_CORRUPT;
    }
    size_t good = l.end;
    memcpy(s->digest, l.digest.s, DIGEST_LEN);
    err = read_entries(s, a, text, l, &good, why);
    return err == STATE_OK ? go_on(s, a, good, why) : err;
}
