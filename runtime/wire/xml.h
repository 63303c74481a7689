/* xml.h - XML text as a tree, over expat. Private to this room; fuzzed on its own.
 * Document types and entities are refused, so nothing expands; namespaces are dropped ("ns:Name" is "Name").
 * Text between child elements is dropped: AWS has no mixed content. Limits: 32 MiB, depth 64, 4 million elements and attributes. */
#ifndef AWS_XML_H
#define AWS_XML_H
#include <stdbool.h>
#include "kc/str.h"
struct arena;

struct xml_attribute { struct str name, value; };          /* name with its prefix, as written */
struct xml {
    struct str name;
    struct str text;                                       /* of an element without children; else empty */
    const struct xml *child, *next;                        /* first child; next sibling */
    const struct xml_attribute *attributes; size_t nattributes;
};

/* The root element, in a. NULL: *why says "line 3: ...". */
const struct xml *xml_read(struct arena *a, struct str text, struct str *why);
const struct xml *xml_child(const struct xml *x, struct str name);   /* the first of that name; NULL; x may be NULL */
const struct xml *xml_again(const struct xml *x, struct str name);   /* x itself or a later sibling, of that name */

#endif
