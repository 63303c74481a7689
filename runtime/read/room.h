/* room.h - private to runtime/read: the reader, its calls, and what the files of this room offer each other.
 * An ask is in one place at a time: wanted, in a call on the wire, asleep (its absence is doubted), or done and about to be handed out. */
#ifndef KC_READ_ROOM_H
#define KC_READ_ROOM_H
#include "kc/arena.h"
#include "kc/map.h"
#include "kc/read.h"
#include "kc/vec.h"

struct asks { struct read_ask *first, *last; size_t n; };
struct call {                                              /* one step for one or more objects, on the wire or just back */
    struct reader *r;
    const struct rstep *step;
    struct read_ask **asks; size_t n;
    const struct value *ids;
    struct ticket *ticket;
    struct answer result;
    struct call *next;
};
struct reader {
    struct world *world;
    struct callers *callers;
    struct models *models;
    struct state *state;
    struct arena *arena;
    int64_t scale;
    struct asks wanted, asleep, done;
    struct call *wire, *back, **back_end;                  /* sent; answered, in the order of arrival */
    size_t flights;
    struct world_timer *timer;                             /* when the next one wakes */
    bool stopped;
};
/* reader.c */
void ask_add(struct asks *l, struct read_ask *q);
struct read_ask *ask_pop(struct asks *l);
void ask_want(struct read_ask *q, const struct rstep *s);
void ask_done(struct read_ask *q);
struct resource_view ask_view(const struct read_ask *q);
/* answer.c: what came back, for each ask of the call. */
void answer_call(struct call *c);
void answer_next(struct read_ask *q);                      /* the next read of the type, or the end */
void answer_unread(struct read_ask *q, const struct answer *r, const struct resource_fault *f);
void answer_unbelieved(struct read_ask *q, const char *why);
void answer_forget(struct read_ask *q);                    /* nothing is known of it yet */
/* doubt.c: the first read does not show it. Done (GONE), or asked again now or later. */
void doubt_absence(struct read_ask *q);
void doubt_wake(struct reader *r);                         /* wants those whose time has come */
/* find.c */
void find_call(struct call *c);
void find_none(struct read_ask *q);
void find_read(struct read_ask *q);                        /* what was found has been read by itself */
/* mark.c */
enum read_mark mark_of(const struct read_ask *q, const struct value *fields, struct str *owner);

#endif
