/* term.h - expressions that outlive their source (docs/design.md, Terms), built-in functions, and the one evaluator.
 * A term has no source names, no files, no user functions. lang makes terms while it evaluates: whatever is known becomes a
 * constant at once; what is left is an unknown value that holds its term. The same expr_* calls serve lang, planner and engine.
 * Limits: 10^7 steps, depth 256, 64 k nodes per term, 64 MiB of output text per evaluation. */
#ifndef KC_TERM_H
#define KC_TERM_H
#include "kc/type.h"

struct pki_source;
enum term_kind {
    TERM_CONST,                                            /* value */
    TERM_REF,                                              /* name = address, path = output path ("id", "endpoint", "ca") */
    TERM_PARAM,                                            /* name: self fields by bare name, reply, live, it, id, ids, token, all_tags, tags_set, tags_gone, each */
    TERM_OP,                                               /* op, args[1..2] */
    TERM_CALL,                                             /* name = built-in, args; named arguments already put in order */
    TERM_FIELD,                                            /* args[0] . name; a missing member is none when the type is any, or open, or path is "?" (written a?.b) */
    TERM_INDEX,                                            /* args[0] [ args[1] ] */
    TERM_IF,                                               /* args: condition, then, else */
    TERM_LIST,                                             /* args; spread[i] set: that one is spread */
    TERM_OBJECT,                                           /* keys[i] = args[i]; keys[i].s NULL: args[i] is spread */
    TERM_FOR,                                              /* names: key variable or empty, value variable; args: source, condition or NULL, body [, key of a map entry] */
    TERM_JOIN                                              /* string interpolation: args to text, joined */
};
enum term_op { OP_OR, OP_AND, OP_EQ, OP_NE, OP_LT, OP_GT, OP_LE, OP_GE, OP_IN, OP_RANGE, OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_NEG, OP_NOT, OP_COALESCE };
struct term {
    enum term_kind kind;
    enum term_op op;
    struct str name, path, name2;                          /* FOR: name = value variable, name2 = key variable or empty */
    const struct value *value;
    const struct term *const *args; size_t nargs;
    const struct str *keys;                                /* OBJECT */
    const bool *spread;                                    /* LIST, or NULL */
    const struct type *type;                               /* of the result */
    struct span span;                                      /* where the user wrote it; not part of the text form */
    uint32_t weight;                                       /* nodes counted as a tree, for the limit; 0: not counted yet */
};

/* What an evaluation sees and how it fails. Fill in, evaluate many terms, look at `failed`. */
struct eval {
    struct arena *arena;
    int64_t steps;                                         /* left; 0 from the start means 10^7 */
    unsigned depth;
    size_t bytes;                                          /* text made so far */
    const struct value *(*ref)(void *user, struct str addr, struct str path, const struct type *t);  /* NULL: stays unknown */
    const struct value *(*param)(void *user, struct str name);                                       /* NULL: stays unknown */
    void *user;
    const struct pki_source *source;                       /* randomness and time, for what makes something new; NULL: such a call stays unknown */
    bool failed;
    enum diag_code code;                                   /* of the first failure */
    struct str problem, help;                              /* "CIDR 10.0.0.0/16 has no subnet number 20", ... */
    struct span where;
};
void eval_fail(struct eval *e, enum diag_code code, struct span at, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* NULL after a failure (e->failed). A value with unknown parts where references are not to be had yet. */
const struct value *term_eval(struct eval *e, const struct term *t);

/* One step, partially: known arguments give a value, else an unknown of the right type holding the term. Used by lang and term_eval. */
const struct value *expr_op(struct eval *e, enum term_op op, const struct value *x, const struct value *y, struct span at);   /* y NULL for NEG, NOT */
const struct value *expr_field(struct eval *e, const struct value *x, struct str name, bool lenient, struct span at);   /* lenient: a?.b */
const struct value *expr_index(struct eval *e, const struct value *x, const struct value *i, struct span at);
const struct value *expr_join(struct eval *e, const struct value *const *parts, size_t n, struct span at);
const struct value *expr_call(struct eval *e, struct str name, const struct value *const *args, size_t n, struct span at);
const struct value *expr_if(struct eval *e, const struct value *c, const struct value *x, const struct value *y, struct span at); /* when c is unknown */
struct str expr_to_text(struct eval *e, const struct value *v, struct span at);    /* as \( ) shows it */

/* Built-in functions, for the checker, completion and docs. */
struct builtin {
    const char *name;
    const char *signature;                                 /* "subnet(block: cidr, bits: int, index: int) -> cidr" */
    const char *doc;
    size_t min, max;                                       /* number of arguments */
    bool makes;                                            /* another value each time: stands in a `made` alone */
    bool public;                                           /* no secret, whatever it was made from */
};
const struct builtin *builtin_find(struct str name);       /* NULL: none of that name */
size_t builtin_count(void);
const struct builtin *builtin_at(size_t i);                /* sorted by name */
/* Result type for argument types; NULL with e->failed and a message when the arguments do not fit. */
const struct type *builtin_type(struct eval *e, const struct builtin *b, const struct type *const *args, size_t n, const struct span *at);
const struct type *op_type(struct eval *e, enum term_op op, const struct type *x, const struct type *y, struct span at);  /* the same for operators */

const struct term *term_of(struct arena *a, const struct value *v);          /* a constant, or the term of an unknown; lists and objects become LIST and OBJECT where a part is unknown */
const struct term *term_const(struct arena *a, const struct value *v);
/* Any other kind: args are copied; fill in op, name, keys, spread, value and path before it is used. `nargs` of FOR is 4 (NULL where absent). */
struct term *term_new(struct arena *a, enum term_kind k, const struct term *const *args, size_t nargs, const struct type *type, struct span at);
/* A comprehension whose source, condition, body or key stayed unknown. `value` and `key` (NULL: none) are the PARAM terms that stand for the
 * variables in args[1..3]: pass the very terms that these were evaluated with. They are renamed here where another loop uses the same name. */
const struct term *term_for(struct arena *a, struct term *value, struct term *key, const struct term *const args[4], const struct type *type, struct span at);
const struct term *term_ref(struct arena *a, struct str addr, struct str path, const struct type *t, struct span at);
const struct term *term_param(struct arena *a, struct str name, const struct type *t, struct span at);
typedef void term_ref_visitor(void *user, const struct term *ref);
void term_refs(const struct term *t, term_ref_visitor *f, void *user);       /* every REF inside */
void value_refs(const struct value *v, term_ref_visitor *f, void *user);     /* every REF inside its unknowns */
bool term_uses_param(const struct term *t, struct str name);
const struct term *term_use(const struct term *t, struct str name);         /* the innermost part of t where that parameter stands; NULL: nowhere, or t is NULL */
const struct value *term_to_json(struct arena *a, const struct term *t);     /* ["ref","payments.network.vpc","id"], ...: to be shown, not to be read */
void term_print(struct buf *out, const struct term *t);    /* as .kcl, for people */
const struct value *value_pack(struct arena *a, const struct value *v);      /* unknowns -> {"$term": ...}, for JSON_TYPED writing */

#endif
