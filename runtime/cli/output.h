/* output.h - what commands say: diagnostics, notes, tables, durations; colours where they are wanted. */
#ifndef KC_CLI_OUTPUT_H
#define KC_CLI_OUTPUT_H
#include "session.h"

bool output_colour(struct session *s, int fd);             /* a terminal, and neither --no-color, NO_COLOR nor TERM=dumb */
void output_diags(struct session *s);                      /* those collected so far, once; text to 2, JSON lines to 1 for check and 2 else */
void output_note(struct session *s, struct str text);      /* a line on 2: "note: ..." */
void output_buf(struct session *s, struct buf *b);         /* to 1, and frees it */
void output_json(struct session *s, const struct value *v);/* to 1, with a line end */
void output_duration(struct buf *out, int64_t ms);           /* "2 min 3 s" */
const struct value *output_text(struct arena *a, struct str s);
const struct value *output_expiry(struct arena *a, const struct expiry *x);    /* {"at": "2026-12-24T10:00:00Z", "days_left": 25}; none: no end is known */
/* {"a": x, ...} from pairs of a C array. */
#define OBJECT(a, ...) value_object((a), (const struct pair[]){ __VA_ARGS__ }, sizeof((const struct pair[]){ __VA_ARGS__ }) / sizeof(struct pair))

#endif
