/* ini.h - the format of ~/.aws/config and ~/.aws/credentials (docs/design.md, Endpoints and credentials), as Python's RawConfigParser reads it:
 * sections, `key = value` or `key: value`, comments on lines of their own, indented lines continue a value; a value that is
 * empty and continued by `k = v` lines is a nested block. Sections and keys written twice are merged, the last value wins.
 * Ownership: slices point into the text and the arena given. Limits: 1 MiB, 4,096 sections, 65,536 entries. */
#ifndef KC_CREDENTIALS_INI_H
#define KC_CREDENTIALS_INI_H
#include "kc/str.h"

struct ini_entry {
    struct str key;                                        /* lower case; keys of nested blocks as written */
    struct str value;
    unsigned line;                                         /* from 1: the last place where it is written */
    struct ini_entry *sub; size_t nsub, capsub;            /* nested block */
};
struct ini_section { struct str name; struct ini_entry *v; size_t n, cap; };
struct ini { struct ini_section *v; size_t n, cap; };

/* False: *line (from 1) and *why (static). What was read before it stays. */
bool ini_parse(struct arena *a, struct str text, struct ini *out, unsigned *line, const char **why);
const struct ini_section *ini_section(const struct ini *x, struct str name);       /* NULL: none; name with "profile " and the like */
const struct ini_entry *ini_entry(const struct ini_section *s, const char *key);   /* s may be NULL */
struct str ini_get(const struct ini_section *s, const char *key);                  /* STR_NONE: absent */
struct str ini_sub(const struct ini_entry *e, struct str key);                     /* in a nested block, case ignored; e may be NULL */

#endif
