/* diag.h - sources, spans and diagnostics: everything kc says about a user's files.
 * A span is a file number and a byte range; lines and columns are computed when printing.
 * Codes, severities and titles stand in kc/diag.def, explanations in docs/errors; a code that is not there does not compile (enum).
 * Ownership: a diags owns its texts in its own arena. Errors: adding never fails; past the cap (50) only the count grows. */
#ifndef KC_DIAG_H
#define KC_DIAG_H
#include <stdbool.h>
#include "kc/str.h"

struct span {
    uint32_t file;                                         /* index in sources; 0: no place */
    uint32_t off, len;
};
#define SPAN_NONE ((struct span){ 0, 0, 0 })

struct source {
    struct str path;                                       /* as shown to the user */
    struct str text;
    bool std;                                              /* part of the embedded library: hidden unless nothing else is to blame */
};
struct sources;
struct sources *sources_new(void);
void sources_free(struct sources *s);
uint32_t sources_add(struct sources *s, struct source src);/* copies path, borrows text (keep it alive); returns the number, >= 1 */
const struct source *sources_get(const struct sources *s, uint32_t file);  /* NULL for 0 */
struct position { uint32_t line, col, utf16; };            /* 1-based; col counts code points */
struct position sources_position(const struct sources *s, uint32_t file, uint32_t off);
uint32_t sources_line(const struct sources *s, uint32_t file, uint32_t off);     /* its line alone, in the time of a binary search */

enum diag_code {
#define DIAG(code, severity, title) DIAG_##code,
#include "kc/diag.def"
#undef DIAG
    DIAG_COUNT
};
enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE };
enum { DIAG_LABELS = 4, DIAG_NOTES = 8, DIAG_CAP = 50 };

struct diag {
    enum diag_code code;
    enum severity severity;
    struct span at;
    struct str message;                                    /* lower case, no full stop, stands alone */
    struct str label;                                      /* under the carets; may be empty */
    struct { struct span at; struct str text; } labels[DIAG_LABELS];  /* secondary places, "---" */
    size_t nlabels;
    struct { bool help; struct str text; } notes[DIAG_NOTES];
    size_t nnotes;
    struct { struct span at; struct str text; bool certain; } fix;     /* replace `at` by text; none when text.s is NULL */
    struct str addr;                                       /* resource address it concerns, or empty */
};
struct diags {
    struct arena *arena;
    struct diag **v;
    size_t n, cap;
    size_t hidden;                                         /* over the cap */
    size_t errors, warnings;
};
void diags_init(struct diags *d);
void diags_fini(struct diags *d);
struct diag *diag_add(struct diags *d, enum diag_code code, struct span at, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));                 /* never NULL: over the cap a scratch one */
void diag_label(struct diags *d, struct diag *x, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void diag_second(struct diags *d, struct diag *x, struct span at, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void diag_note(struct diags *d, struct diag *x, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void diag_help(struct diags *d, struct diag *x, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Cuts "what is the matter; what to do about it" and returns what to do, or nothing. */
struct str diag_advice(struct str *text);
void diag_fix(struct diags *d, struct diag *x, struct span at, struct str text, bool certain);
void diags_rewind(struct diags *d, size_t n);              /* forgets all but the first n: for whoever reads a text twice */
void diags_sort(struct diags *d);                          /* by file, offset, code; drops exact repeats */

struct diag_style { bool colour, ascii; unsigned width; };
void diags_text(struct buf *out, const struct diags *d, const struct sources *s, struct diag_style style);
void diags_json(struct buf *out, const struct diags *d, const struct sources *s);  /* one object per line, docs/design.md, Diagnostics */
const char *diag_name(enum diag_code code);                /* "E0302" */
const char *diag_title(enum diag_code code);
bool diag_find(struct str name, enum diag_code *out);      /* "E0302" -> code */

/* Up to three of `names` near `word` (docs/design.md, Diagnostics), best first; returns how many. */
size_t diag_nearest(struct str word, const struct str *names, size_t n, struct str out[3]);
/* Text made safe for a terminal: control, bidi and invalid bytes are shown as \x.. */
void text_safe(struct buf *out, struct str text);

#endif
