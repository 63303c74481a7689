/* regex.h - POSIX extended regular expressions in time bounded by text times pattern. Private to expr.
 * Not the C library's: its matcher takes minutes for a few hostile bytes, and patterns come from files that need not be trusted.
 * Characters are code points. Back references, collating elements and \w-like classes do not exist. */
#ifndef KC_EXPR_REGEX_H
#define KC_EXPR_REGEX_H
#include "kc/str.h"

struct regex;
struct regex *regex_compile(struct arena *a, struct str pattern, const char **why);  /* NULL: *why (static) says what is wrong */
size_t regex_size(const struct regex *re);                 /* steps of the program: the cost of a character is in proportion */
bool regex_search(struct arena *a, const struct regex *re, struct str text);         /* whether it matches somewhere */

#endif
