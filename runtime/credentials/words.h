/* words.h - a command line in words, as Python's shlex.split has it: blanks part, quotes join, a backslash takes the next byte as it is (between
 * double quotes only before " and \). No variables, no patterns, no operators: there is no shell. Limits: 4,096 words. */
#ifndef KC_CREDENTIALS_WORDS_H
#define KC_CREDENTIALS_WORDS_H
#include <stdbool.h>
#include "kc/str.h"

/* A NULL-terminated argv in `a`; NULL and *why (static) when a quote stays open and the like. */
const char *const *words_split(struct arena *a, struct str line, size_t *n, const char **why);

#endif
