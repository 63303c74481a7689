/* annots.h - annotations: where one stands decides what it does; where it would do nothing it is an error. One table (annots.c). */
#ifndef LANG_ANNOTS_H
#define LANG_ANNOTS_H
#include <stdbool.h>
#include "kc/str.h"

struct ast_item;
struct decl;
struct program;
struct scope;
enum annot_place { AT_NOWHERE = 0, AT_RESOURCE = 1, AT_LOOKUP = 2, AT_COMPONENT = 4,    /* instances */
                   AT_INPUT = 8, AT_FIELD = 16, AT_RFIELD = 32, AT_ROUT = 64,         /* of a component, a schema, a resource type */
                   AT_SCHEMA = 128, AT_RTYPE = 256 };                                 /* bits */
bool annot_is(struct str name);                            /* there is one of that name */
/* d: what it is an instance of, where the kind is known; s: NULL: its arguments are no expressions of the program. */
void check_annots(struct program *p, struct scope *s, const struct ast_item *it, enum annot_place at, const struct decl *d);

#endif
