/* check.h - private to the static checker: types and phases of everything written in the project, also where nothing is instantiated.
 * A scope is a chain of bodies (through body->up) with what expressions add: variables, the fields of a block, words of a binding, facts. */
#ifndef LANG_CHECK_H
#define LANG_CHECK_H
#include "annots.h"
#include "sema.h"
#include <string.h>

struct info {                                              /* of an expression */
    const struct type *type;                               /* TYPE_ERROR: reported */
    enum phase phase;                                      /* APPLY: certainly only known after apply */
    struct span at;                                        /* where that enters */
};
struct named {
    struct ast_name name;
    struct info info;
    bool used;
};
struct scope {
    struct scope *up;                                      /* inside of what; NULL at the end */
    struct module *module;
    struct body *body;                                     /* a body and those around it */
    const struct named *vars; size_t nvars;
    const struct decl *self;                               /* its fields are names */
    const struct type *object;                             /* its fields are names */
    const char *words;                                     /* binding words: of type any */
    bool makes;                                            /* a `made`: what makes something new may be called */
    const struct ast_expr *fact; bool unless;              /* this holds here */
};
struct target {                                            /* what a block sets */
    const struct decl *decl;                               /* or */
    const struct type *type;                               /* OBJECT */
    struct str name;                                       /* as messages call it */
    struct map wired;                                      /* fields that the declaring component sets: name -> item */
    bool partial;                                          /* wiring: nothing is missing */
    const struct type *variants;                           /* @one_of this is one variant of */
    struct str slot;                                       /* the field of that */
};

#define INFO_ERROR ((struct info){ &type_error, PHASE_KNOWN, SPAN_NONE })
static inline struct info info_of(const struct type *t)
{
    return (struct info){ t, PHASE_KNOWN, SPAN_NONE };
}
static inline bool bad(const struct type *t)
{
    return !t || t->kind == TYPE_ERROR;
}

/* check_names.c */
struct info check_name(struct program *p, struct scope *s, const struct ast_expr *e, bool call);
struct info sym_info(struct program *p, struct sym *s);
struct info member_info(struct program *p, struct scope *s, const struct ast_expr *e, const struct type *base);
const struct type *check_out_type(struct program *p, struct decl *d, struct field *o);
struct import *scope_alias(struct program *p, struct scope *s, const struct ast_expr *e);   /* e is a name of an import, hidden by nothing */
void check_bind(struct program *p, struct body *b);
bool scope_holds(const struct scope *s, const struct ast_expr *path);                             /* path is not none here */
bool scope_holds_cond(const struct scope *s, const struct ast_expr *cond, bool unless);           /* an if around here has the same condition */
/* check_expr.c */
struct info check_expr(struct program *p, struct scope *s, const struct ast_expr *e);
struct info check_call(struct program *p, struct scope *s, const struct ast_expr *e);
/* check_shape.c */
struct info check_shape(struct program *p, struct scope *s, const struct ast_body *b);
struct info check_with(struct program *p, struct scope *s, const struct ast_expr *e);
/* check_join.c */
const struct type *type_widen(struct program *p, const struct type *t);                          /* literals as their kinds, deep */
const struct type *plain_type(struct program *p, const struct type *t);                     /* the same for the first level only */
const struct type *join_types(struct program *p, const struct type *x, const struct type *y);
const struct type *join_conflict(struct program *p, const struct type *x, struct span at, const struct type *y, struct span other);
const struct type *type_culprit(const struct type *want, const struct type *got);                 /* of a joined type: the part that does not fit, with its place; or NULL */
void check_decided(struct program *p, const struct info *i, const struct ast_expr *e, const char *use);
struct named *check_bind_vars(struct program *p, const struct ast_bind *b, struct info source, size_t *n);
void check_cond(struct program *p, struct scope *s, const struct ast_expr *e, const char *use);
/* check_as.c */
bool check_as(struct program *p, struct scope *s, const struct ast_expr *e, const struct type *want, struct span declared, struct str what, struct info *out);
void check_mismatch(struct program *p, const struct ast_expr *e, const struct type *want, const struct type *got, struct span declared, struct str what);
bool check_assignable(const struct type *to, const struct type *from);
/* check_block.c */
void check_settings(struct program *p, struct body *b, struct target *t, struct span header, bool broken);
void check_object(struct program *p, struct scope *s, const struct ast_body *b, const struct type *want, struct span at, struct str what);
bool decl_is_lookup(const struct decl *d);
/* check_service.c */
void check_marks(struct program *p, const struct decl *d, const struct rtype *t);         /* annotations that would do nothing beside what else the type says */
void check_kept(struct program *p, const struct rtype *t);                               /* what is there only as a digest is used where it is there */
void check_service(struct program *p, struct decl *d);
/* source.c */
void check_source(struct program *p, struct decl *d);     /* a resource type's text is whole without the rest of the program */
/* check_item.c */
void check_instance(struct program *p, struct body *b, size_t item);
void check_assert(struct program *p, struct scope *s, const struct ast_item *it);
void check_fn(struct program *p, struct fn *f);

#endif
