/* fit.h - terms of a resource type's calls held against shapes of the service model: what a path into a reply leads to, and whether a request is one.
 * Private to check_service.c and fit.c. */
#ifndef LANG_FIT_H
#define LANG_FIT_H
#include "check.h"
#include "kc/model.h"

enum { FIT_NAMES = 32 };
struct fitting {
    struct program *p;
    struct decl *d;
    const struct rtype *t;
    const struct service *service;
    struct { struct str name; const struct shape *shape; } names[FIT_NAMES];           /* what terms see here: reply, live, it, sent, each, variables; the last of a name counts */
    size_t nnames;
    const struct shape *ids;                               /* a list of identities: of structs that name their parts, or of plain values */
    unsigned quiet, misses;                                /* in `a ?? b` one of both may be missing: counted, not reported */
};
void fit_name(struct fitting *x, struct str name, const struct shape *s);
const struct shape *fit_elem(const struct shape *s);       /* of a list or map; NULL: it is none */
/* The shape of a term; NULL: not a matter of models, or the term is NULL. Reports members that do not exist. */
const struct shape *fit_follow(struct fitting *x, const struct term *t);
/* Text that a term came from, to point at: a block, or an expression; both NULL: not known. */
struct fit_text { const struct ast_body *body; const struct ast_expr *expr; };
struct fit_text fit_text(const struct ast_item *it);                 /* it may be NULL */
/* What is written out in a request of this shape, down to where it is computed. `what` takes it. */
void fit_request(struct fitting *x, const struct shape *s, const struct term *t, struct fit_text text, struct span at, struct str what);
const struct ast_item *fit_written(const struct ast_body *b, struct str key);          /* what sets `key`, or a block of that name; NULL: not written as one */

#endif
