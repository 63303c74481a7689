/* state.h - what kc knows it made: a snapshot and an append-only journal (docs/design.md, Journal), in a store (store.h).
 * A failure to write is final for this run: nothing more may be mutated. */
#ifndef KC_STATE_H
#define KC_STATE_H
#include "kc/graph.h"
#include "kc/keyring.h"
#include "kc/store.h"
#include "kc/world.h"

enum status { STATUS_CREATING, STATUS_UNREADY, STATUS_READY, STATUS_UPDATING, STATUS_DELETING, STATUS_FAILED };
struct record {
    struct str addr, type;                                 /* type: rtype name */
    uint32_t generation;
    enum status status;
    const struct value *inputs;                            /* last applied; read from state: secrets and bulk as digests (keyring.h) */
    const struct value *outs;                              /* id and the rest */
    const struct value *pending;                           /* inputs being applied while CREATING or UPDATING, or NULL */
    const struct str *done; size_t ndone;                  /* steps already done of a create or update */
    const struct str *owes; size_t nowes;                  /* actions that a change made due, or that had begun, and that nobody saw done */
    const struct str *unmade; size_t nunmade;              /* made values that AWS does not surely hold: they are to be made anew, whatever it shows */
    struct { struct str addr; enum edge_kind kind; uint32_t generation; } *deps; size_t ndeps;
    const struct provider *provider;                       /* where it lives: never NULL */
    struct str account;                                    /* the one that the provider reached when it was made; empty: not known (a lookup) */
    struct str origin;                                     /* address under which tokens and tags were made, after `moved`; else empty */
    bool protect, adopted;
    bool serves;                                           /* of the generations at this address the one that is in use: a successor serves from its first ready */
    bool retired;                                          /* its retire steps were sent: it takes no new work */
    struct str uid;                                        /* rtype's `uid` when it was made; empty: not known (made by kc 0.1.0, or the type has none) */
    int64_t created_ms, changed_ms;                        /* wall */
    struct str token;                                      /* of the create */
    const struct value *pin;                               /* LOOKUP with @pin: the kept answer; type is the lookup's */
};
struct intent {                                            /* an INTENT without OUTCOME */
    struct str op_id, addr, type, verb, step, service, operation, token;
    const struct provider *provider;
    uint32_t generation;
    const struct value *request;                           /* input of the call; NULL with a secret leaf: rebuilt from inputs, and what is made from new values */
    const struct value *inputs;
    const struct record *record;                           /* a create: the record as it will be, without outs; else NULL */
    int64_t wall_ms;
};
struct state_meta {
    struct str lineage, salt, account, region, partition, file, stack;
    const struct value *params, *outs;                     /* outs: recorded outputs of root and top components */
    uint64_t serial;
};
struct state;
enum state_error { STATE_OK, STATE_ABSENT, STATE_LOCKED, STATE_CORRUPT, STATE_NEWER, STATE_DISK };
/* Opens what the store holds; borrows it until state_close. write: takes the lock and makes what is absent. On error *why says what, where
 * (object, offset) and what to do. Without write nothing is written: puts, intents and outcomes change the image in memory only (a plan resolves
 * open intents so). STATE_ABSENT (only without write): nothing there yet; *out is an empty state all the same, to be closed like any other. */
enum state_error state_open(struct world *w, struct store *store, bool write, struct state **out, struct arena *a, struct str *why);
void state_close(struct state *s);                         /* compacts when writing and clean; releases the lock; closes the store */
struct state_meta *state_meta(struct state *s);            /* change, then state_commit_meta */
const struct record *state_get(const struct state *s, struct str addr);                /* the generation that serves; else the newest that was ever ready, else the newest */
const struct record *state_get_old(const struct state *s, struct str addr, uint32_t generation);       /* that one */
bool record_was_ready(const struct record *r);             /* its creation came to an end once: what is applied is known */
size_t state_list(const struct state *s, struct arena *a, const struct record ***out); /* all, by address then generation */
size_t state_intents(const struct state *s, struct arena *a, const struct intent ***out);
uint32_t state_generation(const struct state *s, struct str addr);                      /* last used; 0: never */
const struct rsource *state_source(const struct state *s, struct str type);             /* the text of the type as it was last declared; NULL: not kept */
size_t state_sources(const struct state *s, struct arena *a, const struct rsource ***out);

/* Journal records. Each changes the image at once and is queued for the journal, in the order of the calls; state_sync makes durable all that is
 * queued, as one append: after a crash some first part of it is there, never a later one without those before it. So an outcome that was
 * queued before the intent of a dependent is durable whenever that intent is. What the caller owes:
 *   - no request of an intent is sent before a state_sync that came after the intent;
 *   - nobody is told that something is done (progress, exit code) before a state_sync that came after its outcome.
 * False: it cannot be made durable, now or ever in this run: stop mutating, and tell nobody of what is queued. */
bool state_begin(struct state *s, struct str plan_hash, struct str args);
bool state_intent(struct state *s, const struct intent *i);
bool state_sync(struct state *s);                                                       /* nothing queued: costs nothing */
bool state_outcome(struct state *s, struct str op_id, const struct record *after, const struct str *error);  /* after: the record as it is now, NULL: unchanged */
bool state_put(struct state *s, const struct record *r);
bool state_drop(struct state *s, struct str addr, uint32_t generation);                 /* deleted */
bool state_move(struct state *s, struct str from, struct str to);
bool state_keep_type(struct state *s, const struct rsource *t);                         /* queued, as an intent is; nothing when it is kept so already */
bool state_commit_meta(struct state *s);
bool state_end(struct state *s, int exit_code);
bool state_writable(const struct state *s);                                             /* opened for writing */
struct str state_problem(const struct state *s);                                        /* why the last write failed */
struct str state_note(const struct state *s);                                           /* what was repaired while opening (a torn last line), or empty */
/* With what secrets are kept and compared from now on (keyring.h): the keyring learns whose digests state has. None: they are withheld. */
void state_use_keys(struct state *s, struct keyring *k);
struct keyring *state_keys(const struct state *s);
bool status_find(struct str name, enum status *out);
const char *status_name(enum status s);
/* Durations learned per (type, verb, region): EWMA, a cache that may vanish, of this machine and not of the store: whoever opens the state gives it
 * what state_learned gave him the last time, and keeps what it gives now. Damaged text is no text. */
void state_durations(struct state *s, struct str text);
struct str state_learned(const struct state *s, struct arena *a);                       /* all that is known; empty: nothing new */
/* ms; 0: fewer than three samples yet. */
int64_t state_usual(struct state *s, struct str type, struct str verb);
void state_learn(struct state *s, struct str type, struct str verb, int64_t ms);

#endif
