/* store.h - where a stack's state lives: a few named objects behind a table of functions. Files are the default (store_file, runtime/state);
 * whoever opens a state hands a store in, and runtime/state makes nothing durable but through it.
 *
 *   snapshot           replaced as a whole: the point at which a compaction counts
 *   journal            appended to; begun anew, as a whole, after each snapshot
 *   history/<serial>   former snapshots; written once
 *
 * What was learned about durations is no object: it belongs to the machine and its way to AWS, may vanish, and would only make those who share
 * a store write over each other. cli keeps it beside (state_durations).
 *
 * One writer holds the lock; readers take none, and may see objects from both sides of a compaction (state_open looks again). A call returns
 * when it is done. A store over a network waits in world_wait: callbacks there only note what came, so that a call from the engine's loop is safe.
 * No call is repeated by runtime/state: a store that can try again does so itself, and its failure is final for the run. */
#ifndef KC_STORE_H
#define KC_STORE_H
#include <stdbool.h>
#include "kc/str.h"

struct arena;
struct world;

enum store_error { STORE_OK, STORE_ABSENT,
                   STORE_CHANGED,                          /* it is not what it was said to be: nothing was written */
                   STORE_LOCKED,                           /* another process is at work */
                   STORE_FAILED };                         /* `problem` says why; whether something was written is not known */
/* What an object held when it was read or written: a file's digest, an ETag. An empty tag: it was absent. */
struct store_version { char tag[72]; };

struct store { const struct store_ops *ops; };             /* the first member of a store's own struct */
struct store_ops {
    /* The whole object, in the arena. `version` may be NULL. Never part of a `replace`; of an `append` not yet synced, any part may be there. */
    enum store_error (*read)(struct store *st, struct arena *a, struct str name, size_t limit, struct str *text, struct store_version *version);
    /* The whole object, at once, and durable before it returns: whoever reads sees the former text or this one, also after a loss of power, and
     * replacements are seen in the order in which they were made. `was`: only if that is still there (an empty tag: only if nothing is), NULL: whatever
     * is there. `now` may be NULL. */
    enum store_error (*replace)(struct store *st, struct str name, const struct store_version *was, struct str text, struct store_version *now);
    /* Makes ready to append behind the first `size` bytes: what is behind them goes, and what stays is durable, before it returns. Of one object at a time. */
    enum store_error (*resume)(struct store *st, struct str name, size_t size);
    /* Behind what is there. Durable after `sync`; until then a loss of power may leave any part of it (as a file) or nothing (as a segment of its
     * own), but nothing of it without all that was synced before. */
    enum store_error (*append)(struct store *st, struct str text);
    enum store_error (*sync)(struct store *st);            /* all appends so far are durable. A failure is final: a second try would lie */
    enum store_error (*list)(struct store *st, struct arena *a, struct str prefix, struct str **names, size_t *n);  /* whole names, sorted; none: STORE_OK */
    enum store_error (*remove)(struct store *st, struct str name);
    /* Of the whole store, until `close` or the end of the process. `owner`: for people, shown to whoever finds it locked; *holder: that text, of
     * the one who has it. Once it is held, all that a former holder was seen to have written is durable, and what he left half done is gone. */
    enum store_error (*lock)(struct store *st, struct arena *a, struct str owner, struct str *holder);
    void (*close)(struct store *st);                       /* ends appending, frees the lock; the store may be used again. Also when neither was begun */

    /* For people. */
    struct str (*problem)(struct store *st);               /* why the last call failed, without a name: "no space left on the disk" */
    struct str (*where)(struct store *st, struct arena *a, struct str name);              /* "/p/.kc/stacks/x/journal"; an empty name: the whole; "lock": the lock */
    struct str (*how_to_cut)(struct store *st, struct arena *a, struct str name, size_t size);           /* the command that keeps the first `size` bytes */
    struct str (*how_to_copy)(struct store *st, struct arena *a, struct str from, struct str to);        /* the command that puts `from` in the place of `to` */
};
/* Files in `folder`: state.json, journal, lock, history/. The folder is made by `lock`. Lives in the arena, and must be closed before it goes. */
struct store *store_file(struct world *w, struct arena *a, struct str folder);

#endif
