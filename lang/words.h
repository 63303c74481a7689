/* words.h - the words of the resource language: where each may stand, and what stands behind it. One table for the checker (check.c) and
 * the lowering (rtypes.c, rsteps.c), and so for messages and suggestions. What the names in terms mean at run time: runtime/resource/view.c. */
#ifndef LANG_WORDS_H
#define LANG_WORDS_H
#include "sema.h"

enum word_place {
    IN_TYPE = 1 << 0,
    IN_CREATE = 1 << 1, IN_READ = 1 << 2, IN_FIND = 1 << 3, IN_UPDATE = 1 << 4, IN_DELETE = 1 << 5, IN_RETIRE = 1 << 6, IN_HOLDER = 1 << 7,
    IN_WAIT = 1 << 8, IN_READY = 1 << 9, IN_ERRORS = 1 << 10, IN_STEP_ERRORS = 1 << 11, IN_USUAL = 1 << 12, IN_GUARD = 1 << 13, IN_CHAIN = 1 << 14,
    IN_PARENT = 1 << 15, IN_ADJUST = 1 << 16, IN_OUT = 1 << 17, IN_TERM = 1 << 18,   /* the value of an out; of uid, takes, lane */
    IN_EMPTY = 1 << 19, IN_REMOVE = 1 << 20, IN_EXPIRES = 1 << 21, IN_ACTION = 1 << 22,
    IN_CALLS = IN_CREATE | IN_UPDATE | IN_DELETE | IN_RETIRE,                        /* what changes something */
    IN_ASK = IN_HOLDER | IN_EMPTY,                                                   /* questions before a delete */
    IN_STEP = IN_CALLS | IN_READ | IN_FIND | IN_ASK | IN_ACTION
};
enum word_form {
    FORM_TERM,                                             /* an expression over fields, outs and the names of the place */
    FORM_NAMES,                                            /* names of fields or of something declared, not their values */
    FORM_PLAIN,                                            /* known when the file is read: text, codes, a duration, a number, true */
    FORM_BLOCK                                             /* NAME { ... } */
};
struct word {
    const char *name;
    enum word_form form;
    unsigned places;
    unsigned inside;                                       /* BLOCK: the place that it opens; 0: an object of expressions (send, parent, adjust) */
};
const struct word *word_find(struct str name, unsigned place);       /* NULL: no such word there */
const struct word *word_block(struct str name, unsigned place);      /* NAME { ... } */
const struct word *word_setting(struct str name, unsigned place);    /* NAME = ... */
const char *word_names(unsigned place);                              /* what terms see there besides fields and outs, with a space between */
bool word_is_name(struct str name);                         /* a word of its own in the terms of every call: no field is called so */
const char *word_name_home(struct str name);                         /* where terms see a name that they do not see everywhere: "a `chain`"; NULL: no such name */
void words_offer(struct program *p, struct vec *names, unsigned place);               /* for suggestions */
struct str places_of(struct arena *a, struct str name);              /* "`create`, `update` or `delete`": blocks in which a word may stand */

#endif
