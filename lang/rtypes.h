/* rtypes.h - private to rtypes.c, rsteps.c, rmade.c and rrelations.c: the lowering of one `resource` declaration. */
#ifndef LANG_RTYPES_H
#define LANG_RTYPES_H
#include "eval.h"
#include "words.h"

struct named_wait { struct str name; struct rwait wait; struct span span; bool used; };
struct lowering {
    struct program *p;
    struct decl *d;
    struct frame *frame;                                   /* names are parameters; `words` are those of the place */
    struct rtype *t;
    struct named_wait *waits; size_t nwaits;               /* `wait DescribeUpdate { name = update ... }` of the type */
    bool bad;
};

/* rtypes.c: values of settings; each reports and marks `bad` */
struct diag *lower_report(struct lowering *l, struct span at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
const struct term *term_at(struct lowering *l, unsigned place, const struct ast_expr *e);
const struct term *body_at(struct lowering *l, unsigned place, const struct ast_body *b);
const struct value *plain_value(struct lowering *l, const struct ast_expr *e, enum value_kind kind, const char *what);
struct str plain_text(struct lowering *l, const struct ast_expr *e);
bool plain_true(struct lowering *l, const struct ast_item *it);
int64_t plain_duration(struct lowering *l, const struct ast_item *it);
const struct str *plain_texts(struct lowering *l, const struct ast_expr *e, size_t *n);
const struct str *field_paths(struct lowering *l, const struct ast_expr *e, size_t *n);
const struct str *on_paths(struct lowering *l, const struct ast_expr *e, size_t *n);      /* made values too */
struct decl *resource_named(struct lowering *l, struct str name, struct span at, const char *what);   /* "NodeGroup", "ec2.Vpc"; NULL: reported */
struct str decl_full_name(struct lowering *l, const struct decl *d);
void word_misplaced(struct lowering *l, const struct ast_item *it, unsigned place, const char *where);  /* what cannot stand there: where it could, or what is near */
/* rmade.c */
void lower_mades(struct lowering *l, struct rtype *t);
void mades_sense(struct lowering *l, struct rtype *t);     /* after the steps */
/* rrelations.c */
void lower_relations(struct lowering *l, struct rtype *t);
/* rsteps.c */
void lower_step(struct lowering *l, struct rstep *s, enum rstep_kind k, const struct ast_item *it);
void lower_named_waits(struct lowering *l);
void waits_unused(struct lowering *l);
void acts_useless(struct lowering *l);                     /* their `on` names what no update writes */

#endif
