/* token.h - a text as tokens: every byte in exactly one of them, in order.
 * Kinds are those of the grammar (T_... in the generated parse.h) and, for what the grammar never sees, the four below.
 * Not here: which newlines matter and which words are keywords (layout.c), what literals mean (literal.c). */
#ifndef LANG_TOKEN_H
#define LANG_TOKEN_H
#include <stddef.h>
#include <stdint.h>
#include "kc/diag.h"

enum { TOKEN_SPACE = 1000, TOKEN_EOL, TOKEN_COMMENT, TOKEN_DOC };   /* trivia; TOKEN_DOC is one `##` line */
enum { TOKEN_NEST = 64 };                                  /* interpolations inside interpolations */

struct token {
    uint32_t off, len;                                     /* len 0: supplied where a string was not opened or closed */
    uint16_t kind;
};
struct tokens { struct token *v; size_t n, cap; };

struct scan {                                              /* one run of scan.l */
    struct tokens out;
    struct str text;                                       /* the whole source */
    struct diags *diags;                                   /* NULL: say nothing */
    size_t mark;                                           /* diagnostics before this scan */
    uint32_t file, off, end;                               /* bytes off..end are still to be scanned */
    unsigned parens[TOKEN_NEST];                           /* open ( of each interpolation that is being read */
    unsigned depth;
    char open[16];                                         /* brackets opened on this line and still open */
    unsigned nopen;
    size_t look;                                           /* bytes that looking ahead may still cost: no text is quadratic */
    bool said;                                             /* something was said about this line */
    bool failed;                                           /* something is wrong, said or not */
};

/* Scans bytes `part` of a source. The vector is on the heap: free(v). Each lexical mistake goes to d once, and sets *failed. */
struct tokens scan_text(struct str text, struct span part, struct diags *d, bool *failed);
void scan_run(struct scan *s);                             /* scan.l: all of off..end */

/* For the actions of scan.l. Those that return a size say how many bytes after the current lexeme are to be consumed as well. */
void scan_add(struct scan *s, int kind, size_t len);
int scan_word(const char *word, size_t n);                 /* keyword or T_NAME */
bool scan_quantity(struct scan *s, const char *text, size_t n);    /* units known? else reported */
void scan_bad(struct scan *s, enum diag_code code, size_t len);    /* a token that cannot be: reported, added as T_BAD */
size_t scan_quote(struct scan *s, char quote, bool *closed);       /* at a one-line string's quote; when not closed on its line: what to skip */
size_t scan_block(struct scan *s, size_t len, const char *quotes, bool *closed);  /* the same for """ and ''', len bytes long with their line end */
bool scan_hole(struct scan *s, bool one_line);             /* at \( : is there its ) ? else reported */
void scan_escape(struct scan *s, size_t len);              /* reports an unknown escape */
void scan_comment(struct scan *s, size_t len);             /* reports a C comment */

#endif
