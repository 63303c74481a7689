/* room.h - private to runtime/state: the image of a stack's state in memory and the objects it comes from.
 *
 * Journal, one entry a line:   [blank] <canonical JSON> TAB <32 hex digits> LF
 * the digits are the first of SHA-256(digits of the line before, this line up to the TAB); the first line hashes 32 zeros. First line:
 *   {"format":3,"kc":"journal","lineage":"..","salt":"..","serial":N}      it continues snapshot N (0: there is none yet)
 * then entries with "t": begin, intent, outcome, put, drop, move, text, type, meta, gen, end. A line that begins with a blank was appended together
 * with the one before it, by one sync: journal.c needs to know when the end is damaged.
 *
 * Snapshot, one JSON document, entries in the same form (never begin, outcome, drop, move or end):
 *   {"format":3,"kc":"state","lineage":"..","salt":"..","serial":N,"bytes":B,"sha256":"..","entries":[ LF
 *   entry, LF ... entry LF ]} LF          bytes and sha256 are of all that follows the first line
 *
 * A resource type of a record is kept as text (rtype.h): {"t":"text","digest":D,"text":".."} for each declaration, once whatever types share it,
 * then {"t":"type","name":"..","language":1,"parts":[[path,D],..]}. A "type" with a member "type" holds a compiled one: it is not read any more.
 *
 * Of secrets and of bulk state has digests (json.h, keyring.h), of secrets that nobody compares (params, outs) not even that.
 *
 * Format 1 (kc 0.1.0) has no flag that says which generation serves, formats 1 and 2 have digests of secrets as objects, made with the lineage. They
 * are read, and written anew as format 3 when opened for writing.
 *
 * Every change goes to the journal as a line and into memory by reading that line: memory is what a reload would give. */
#ifndef KC_STATE_ROOM_H
#define KC_STATE_ROOM_H
#include "kc/arena.h"
#include "kc/keyring.h"
#include "kc/map.h"
#include "kc/state.h"

enum { STATE_FORMAT = 3, FORMAT_SEALED = 3, DIGEST_LEN = 32, JOURNAL_LIMIT = 1 << 20, HISTORY_KEPT = 10 };
enum { STATE_FILE_LIMIT = 512 << 20 };

struct entry {                                             /* one address */
    struct str addr;
    uint32_t last;                                         /* generation last used, kept after delete */
    struct record **v;                                     /* by generation; heap */
    size_t n, cap;
};
#define STATE_SNAPSHOT STR("snapshot")                       /* names in the store */
#define STATE_JOURNAL STR("journal")
#define STATE_HISTORY STR("history/")
#define STATE_LOCK STR("lock")

struct duration {
    int64_t ms;
    int64_t samples;
};
struct state {
    struct world *w;
    struct arena *a;
    struct store *store;
    struct keyring *keys;                                  /* NULL: secrets are withheld */
    bool write;
    struct store_version snapshot;                         /* as it was read or written last */
    size_t journal_size, snapshot_size;
    char digest[DIGEST_LEN];                               /* of the last line written or read */
    struct state_meta meta;
    struct map entries, intents, durations;
    struct map types, texts;                               /* name -> struct rsource; digest -> its text, a value */
    struct buf queue;                                      /* lines not yet appended */
    struct str problem, note;
    bool dirty;                                            /* the journal holds changes that the snapshot has not */
    int64_t format;                                        /* of the file that is being read */
    bool former;                                           /* a file of a former format was read */
    bool learned;                                          /* durations changed */
};

/* entry.c: entries as JSON lines and back. */
struct value;
const struct value *entry_record(struct state *s, struct arena *a, const struct record *r);   /* the object under "record" */
const struct value *entry_intent(struct state *s, struct arena *a, const struct intent *i);
const struct value *entry_meta(struct arena *a, const struct state_meta *m);
/* Applies one entry (already read) to the image. False and a static *why: not an entry that kc writes. */
bool entry_apply(struct state *s, const struct value *e, const char **why);
struct entry *entry_at(struct state *s, struct str addr);  /* made when absent */

/* types.c */
const struct value *types_text_entry(struct arena *a, struct str digest, struct str text);
const struct value *types_entry(struct arena *a, const struct rsource *t);             /* its texts come before it */
const char *types_read_text(struct state *s, const struct value *e);                   /* NULL: taken; else what is wrong with it */
const char *types_read(struct state *s, const struct value *e);
void types_forget_unused(struct state *s);

/* journal.c */
enum state_error journal_load(struct state *s, struct arena *a, struct str *why);       /* after the snapshot; cuts a torn tail when writing */
bool journal_start(struct state *s);                       /* a new, empty journal for the present serial */
bool journal_queue(struct state *s, const struct value *entry);                         /* line to the queue, and applied to memory */
bool journal_flush(struct state *s);                       /* append and sync */
bool state_fail(struct state *s, struct str name, const char *doing, enum store_error e);       /* sets problem; false */
struct str state_where(const struct state *s, struct arena *a, struct str name);        /* the object, for people */

/* snapshot.c */
enum state_error snapshot_load(struct state *s, struct arena *a, struct str *why);
bool snapshot_write(struct state *s);                      /* compaction: history, snapshot, new journal */

#endif
