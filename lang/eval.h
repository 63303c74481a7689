/* eval.h - private to the files of the evaluator. */
#ifndef LANG_EVAL_H
#define LANG_EVAL_H
#include "sema.h"
#include <string.h>

const struct value *eval_list(struct program *p, struct frame *f, const struct ast_expr *e);
const struct value *eval_loop(struct program *p, struct frame *f, const struct ast_expr *e);
const struct value *eval_with(struct program *p, struct frame *f, const struct ast_expr *e);
const struct value *eval_call(struct program *p, struct frame *f, const struct ast_expr *e);
/* One turn of a loop: `f` has the variables; cond is NULL or an open condition. False stops. */
typedef bool turn_fn(void *user, struct frame *f, const struct value *key, const struct value *v, const struct value *cond);
bool eval_turns(struct program *p, struct frame *f, const struct ast_bind *b, const struct value *source, turn_fn *turn, void *user);
const struct value *loop_source(struct program *p, struct frame *f, const struct ast_bind *b);
struct frame *frame_bind(struct program *p, struct frame *f, const struct ast_bind *b, const struct value *k, const struct value *v);
struct term *term_make(struct program *p, enum term_kind k, size_t n, const struct type *t, struct span at);
const struct value *eval_member(struct program *p, const struct value *x, struct str name, bool lenient, struct span at);   /* x.name of any value; x?.name */
const struct value *eval_present(struct program *p, const struct value *v);     /* an unknown that is not none here: the checker made sure */
const struct value *value_spend(struct program *p, struct span at);              /* one step; NULL when none is left (reported once) */
const struct value *value_spend_many(struct program *p, size_t n, struct span at);  /* n steps: before n parts are copied */
const struct value *eval_checked(struct program *p, const struct value *v);     /* reports what an expr_ call found; NULL then */

#endif
