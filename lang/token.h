/* token.h - a text as tokens: every byte in exactly one of them, in order.
 * Kinds are those of the grammar (T_... in the generated parse.h) and, for what the grammar never sees, the four below.
 * Not here: which newlines matter and which words are keywords (layout.c).
 * Ownership: the vector lives in the arena given to scan_text. */
#ifndef LANG_TOKEN_H
#define LANG_TOKEN_H
#include <stddef.h>
#include <stdint.h>
#include "kc/diag.h"

enum { TOKEN_SPACE = 1000, TOKEN_EOL, TOKEN_COMMENT, TOKEN_DOC };   /* trivia; TOKEN_DOC is one `##` line */
enum { TOKEN_NEST = 64 };                                  /* interpolations inside interpolations */

struct token {
    uint32_t off, len;                                     /* len 0: supplied where a string or interpolation was not closed */
    uint16_t kind;
};
struct tokens { struct token *v; size_t n, cap; };

/* State of one scan, for scan.l. */
struct scan {
    struct tokens out;
    struct str text;                                       /* the whole source */
    struct diags *diags;                                   /* NULL: say nothing */
    uint32_t file, off, end;                               /* bytes off..end are still to be scanned */
    struct { unsigned parens; uint32_t at; bool one_line, unclosed; } nest[TOKEN_NEST];
    unsigned depth;
    struct { char c; uint32_t line; } open[16];            /* brackets opened on the current line */
    unsigned nopen;
    bool failed;                                           /* something was reported, or would have been */
};
/* Scans bytes `part` of a source. The vector is on the heap: free(out.v). Lexical mistakes go to d, each once. */
struct tokens scan_text(struct str text, struct span part, struct diags *d, bool *failed);

/* Used by the actions of scan.l. */
void scan_add(struct scan *s, int kind, size_t len);
int scan_word(const char *word, size_t n);                 /* keyword or T_NAME */
void scan_report(struct scan *s, enum diag_code code, size_t len);

#endif
