/* type.h - the types of the language, and values checked against them.
 * Types live in an arena and are shared freely; compare with type_eq. No type is ever printed as just "object": type_print is structural. */
#ifndef KC_TYPE_H
#define KC_TYPE_H
#include "kc/diag.h"
#include "kc/value.h"

struct term;
struct eval;

enum type_kind {
    TYPE_ANY,                                              /* reply trees and `json`; assignable both ways */
    TYPE_ERROR,                                            /* poison: already reported, stays silent */
    TYPE_NONE, TYPE_BOOL, TYPE_INT, TYPE_FLOAT, TYPE_STRING,
    TYPE_CIDR, TYPE_IP, TYPE_SIZE, TYPE_DURATION, TYPE_PERCENT, TYPE_RANGE, TYPE_VERSION,
    TYPE_LIST, TYPE_SET, TYPE_MAP,                         /* elem; a set is a list without order: compared sorted */
    TYPE_OBJECT,                                           /* a schema or the shape of an object literal */
    TYPE_OPTIONAL,                                         /* elem or none */
    TYPE_UNION,                                            /* alternatives: literals, or scalar kinds a literal tells apart */
    TYPE_LITERAL,                                          /* exactly `literal` */
    TYPE_ID, TYPE_ARN,                                     /* id["vpc"], arn["iam","role"]: text with a prefix check */
    TYPE_SECRET,                                           /* elem, tainted */
    TYPE_DOCUMENT,                                         /* JSON text or object, compared by value */
    TYPE_BLOB,                                             /* bytes, of a text or a file: kept, shown and compared by SHA-256 and size, which are its fields */
    TYPE_INSTANCE                                          /* an instance of a resource or component: `name`; members by lang */
};
struct type_field {
    struct str name;
    const struct type *type;
    const struct term *dflt;                               /* NULL: required, unless the type is optional */
    struct span span;                                      /* where it is declared */
    struct str doc;
};
struct type {
    enum type_kind kind;
    struct str name;                                       /* schema, alias, instance kind, id or arn service; else empty */
    struct str sub;                                        /* arn resource kind */
    uint8_t family;                                        /* CIDR, IP: 4, 6 or 0 for both */
    const struct type *elem;                               /* LIST SET MAP OPTIONAL SECRET; RANGE: of int */
    const struct type *key;                                /* MAP: NULL or a string type with a constraint */
    const struct type *const *alt; size_t nalt;            /* UNION */
    const struct value *literal;                           /* LITERAL */
    const struct type_field *fields; size_t nfields;       /* OBJECT; BLOB */
    bool open;                                             /* OBJECT: unknown keys allowed */
    bool one_of;                                           /* OBJECT @one_of: exactly one field set */
    bool has_lo, has_hi; double lo, hi;                    /* numbers, and sizes/durations in bytes/ms; strings and lists: length */
    const struct term *check;                              /* constraint over the parameter `it`, or NULL */
    struct str check_text, message;                        /* as written; @message */
    struct span span;
    const void *decl;                                      /* private to lang (INSTANCE, OBJECT) */
};
extern const struct type type_any, type_error, type_none, type_bool, type_int, type_float, type_string, type_cidr, type_cidr4, type_cidr6,
    type_ip, type_size, type_duration, type_percent, type_range, type_version, type_document, type_blob;
const struct type *type_list(struct arena *a, const struct type *elem);
const struct type *type_map(struct arena *a, const struct type *elem);
const struct type *type_optional(struct arena *a, const struct type *elem);
const struct type *type_literal(struct arena *a, const struct value *v);
const struct type *type_union(struct arena *a, const struct type *const *alt, size_t n);
const struct type *type_of(struct arena *a, const struct value *v);          /* inferred */
const struct type *type_join(struct arena *a, const struct type *x, const struct type *y);  /* for if and lists; TYPE_ERROR when there is none */
bool type_eq(const struct type *a, const struct type *b);
bool type_assignable(const struct type *to, const struct type *from);        /* statically; constraints ignored */
const struct type *type_strip(const struct type *t);                         /* without OPTIONAL and SECRET around it */
const struct type_field *type_field(const struct type *t, struct str name);  /* OBJECT */
void type_print(struct buf *out, const struct type *t);

/* Checks v against t and gives the value as t has it (defaults filled in, literal text taken for ids and arns, int for float).
 * Unknown parts stay; their constraints are checked later with the same call. NULL on a mistake, which `m` describes. */
struct type_mistake {
    struct str path;                                       /* ".taints[0].effect" inside v, or empty */
    struct str what;                                       /* "expected int in 1..6, got 9" */
    struct str help;                                       /* what to write instead, or empty */
    struct str offender;                                   /* unknown field's name, for suggestions, or empty */
    const struct type *type;                               /* the innermost type that refused */
};
const struct value *type_admit(struct eval *e, const struct type *t, const struct value *v, struct type_mistake *m);
/* Reads text or JSON-ish values of a reply as t: "10.0.0.0/16" for cidr, "80" for int, "true" for bool, JSON text for document. NULL: cannot be. */
const struct value *type_read(struct arena *a, const struct type *t, const struct value *v);

const struct value *type_to_json(struct arena *a, const struct type *t);     /* canonical; to be shown */

#endif
