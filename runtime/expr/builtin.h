/* builtin.h - what the families of built-in functions share. A function gets known arguments of the kinds that builtin.def says
 * (SHALLOW: known at the top) and gives a value, or NULL after call_fail(). A SHALLOW one that cannot say without an unknown element
 * gives NULL and does not fail: the call waits. So does one that MAKES without randomness. An EARLY one sees unknown arguments too: it fails where what
 * is known does not fit, and waits else. Secret marks of the result are builtin.c's work. */
#ifndef KC_EXPR_BUILTIN_H
#define KC_EXPR_BUILTIN_H
#include "expr.h"

struct call {
    struct eval *e;
    struct arena *a;                                       /* e->arena */
    const struct value *const *v;                          /* n arguments */
    size_t n;
    struct span at;
};
enum { SHALLOW = 1, FRESH = 2, MAKES = 4, PUBLIC = 8, EARLY = 16 };

#define BUILTIN(name, min, max, args, flags, signature, doc) const struct value *bi_##name(struct call *c);
#include "builtin.def"
#undef BUILTIN

const struct value *call_fail(struct call *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));  /* E0304; always NULL */
const struct value *call_text(struct call *c, struct buf *b);/* a string value of b, which is emptied; NULL when over the limit or not UTF-8 */

/* builtin_type.c */
const struct type *signature_type(struct eval *e, const struct builtin *b, const struct type *const *args, size_t n, const struct span *at);

#endif
