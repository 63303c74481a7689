/* expr.h - what the files of this room share. */
#ifndef KC_EXPR_EXPR_H
#define KC_EXPR_EXPR_H
#include "kc/term.h"

enum { EVAL_STEPS = 10000000, EVAL_DEPTH = 256, EVAL_TERM = 65536, EVAL_NODES = 1000000, EVAL_TEXT = 64 << 20, TYPE_DEPTH = 64 };

extern const struct type type_nothing;                     /* the elements of an empty list */
const struct type *type_secret(struct arena *a, const struct type *elem);
const struct type *type_of_kind(enum value_kind k);        /* scalars; any for the rest */
const struct type *type_precise(struct arena *a, const struct value *v);   /* as type_of, strings and numbers as literals */
struct str type_text(struct arena *a, const struct type *t);
bool id_fits(struct str kind, struct str text);            /* "vpc", "vpc-0a1b" */
bool arn_fits(struct str service, struct str resource, struct str text);

bool eval_spend(struct eval *e, size_t steps, struct span at);              /* false: over the budget, failed */
const struct value *eval_sized(struct eval *e, const struct value *v, struct span at);   /* v, or NULL when over the limit of nodes */
bool eval_text(struct eval *e, size_t bytes, struct span at);              /* accounts for text about to be made */
struct str value_shown(struct arena *a, const struct value *v);            /* printed, cut to fit a message */

/* An unknown holding t; its phase is the latest of the arguments', secret if one of them is. NULL when t is over the limit. */
const struct value *unknown_term(struct eval *e, const struct term *t, const struct type *ty, const struct value *const *args, size_t n);
const struct value *eval_withheld(const struct value *const *args, size_t n);    /* what is computed from what is not kept is not known either; NULL: all is kept */
const struct value *eval_taint(struct eval *e, const struct value *result, const struct value *const *args, size_t n);  /* secret if an argument has a secret leaf */
size_t term_weight(const struct term *t);
const struct value *eval_for(struct eval *e, const struct term *t);
const struct value *eval_merge(struct eval *e, const struct pair *p, size_t n, struct span at);  /* an object of pairs whose keys may repeat */
bool type_may_be_none(const struct type *t);
const struct value *access_field(struct eval *e, const struct value *x, struct str name, bool lenient, struct span at);
const struct value *access_index(struct eval *e, const struct value *x, const struct value *i, bool lenient, struct span at);
const struct type *access_field_type(struct arena *a, const struct type *t, struct str name, bool lenient);      /* of x.name; NULL: no such field */
const struct type *access_element_type(struct arena *a, const struct type *t, const struct type *i);              /* of x[i]; NULL: none */
bool op_in(const struct value *x, const struct value *all, bool *known);/* known: whether the answer is certain */
const struct value *op_known(struct eval *e, enum term_op op, const struct value *x, const struct value *y, struct span at);
const char *op_name(enum term_op op);

/* Names bound for a while: e->param sees them first. Pushed and popped in pairs, on the stack. */
struct scope {
    struct str name[2];
    const struct value *value[2];
    const struct value *(*find)(struct scope *s, struct str name);         /* further names, or NULL */
    struct eval *e;
    const struct value *(*ref)(void *user, struct str addr, struct str path, const struct type *t);
    const struct value *(*param)(void *user, struct str name);
    void *user;
};
void scope_push(struct eval *e, struct scope *s);
void scope_pop(struct eval *e, struct scope *s);

/* type_json.c: what a kind of type is called in JSON; cidr and ip also by their family (4, 6; 0: either) */
struct type_kind_word { const char *name; enum type_kind kind; uint8_t family; };
extern const struct type_kind_word type_kinds[];
extern const size_t ntype_kinds;

#endif
