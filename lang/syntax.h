/* syntax.h - what the stages of parsing share: scan.l -> layout.c -> parse.y, with brackets.c and repair.c behind a failed parse.
 * The grammar knows right files only. A wrong one is edited, one lexeme at a time, until it is right: each edit is one diagnostic.
 * So there are no error productions, every message knows what was meant, and one mistake is said once.
 * Private to these files and to the constructors in make.c. */
#ifndef LANG_SYNTAX_H
#define LANG_SYNTAX_H
#include "ast.h"
#include "token.h"

enum { NODE_DEPTH_LIMIT = 1024, EXPECTED_MAX = 80 };

struct lexeme {                                            /* a token that matters, as the layout pass sees it */
    uint32_t off, len;
    uint16_t kind;                                         /* T_... ; words are still keywords everywhere */
    bool line;                                             /* first on its line */
    bool made;                                             /* put in by a repair: its kind is final */
};
struct edit {                                              /* lexeme `at` dropped, or one put before it, or both */
    size_t at;
    bool drop;
    int kind;                                              /* what is put in; 0: nothing */
    bool line;                                             /* the new one starts the line instead of ending the one before */
    bool tail;                                             /* it was missed at the end of the line before: said there */
};
struct list { void *v; size_t n, cap; bool broken; };      /* grows in the arena */

struct parse {
    struct arena *arena;
    struct diags *diags;                                   /* NULL: a trial, nothing is said */
    const struct sources *sources;
    struct str text;
    uint32_t file;
    struct span part;
    const struct token *tokens; size_t ntokens;
    bool docs;                                             /* there are doc comments */
    struct lexeme *v; size_t n, cap;

    /* one run of the parser over lexemes first..end with one edit applied */
    struct edit edit;
    size_t pos, end;
    bool inside;                                           /* started in a body: its } ends the run */
    int last;                                              /* kind given last */
    uint32_t last_end;
    bool import;                                           /* on an import's line: `as` is a keyword */
    unsigned depth;
    char stack[AST_DEPTH_LIMIT + 1];                       /* open brackets: ( [ { and h for \( */
    size_t given;                                          /* index of the lexeme given last, in the edited order */

    bool failed;                                           /* the run met a mistake, at lexeme `wrong` of the edited order */
    size_t wrong;
    int wrong_kind;                                        /* what the parser got: may be T_NL or 0 for the end */
    bool explain;                                          /* fill in `expected` */
    uint16_t expected[EXPECTED_MAX]; size_t nexpected;
    bool exhausted;                                        /* the parser's stack was full */
    struct ast_body *body;                                 /* result */
    bool broken, deep;
};

/* layout.c */
void layout_lexemes(struct parse *p);                      /* fills v from tokens */
void layout_begin(struct parse *p, size_t first, bool inside);
int layout_next(struct parse *p, struct span *at);         /* the parser's lexer */
struct lexeme layout_get(const struct parse *p, size_t i, bool *ok);   /* i-th lexeme of the edited order */
bool layout_continues(int kind);                           /* cannot start an item: the line goes on */
bool layout_opens(int kind);                               /* cannot end an item: the next line goes on */
bool layout_is_word(int kind);                             /* a keyword */

/* parse.y: runs the parser; p->failed tells. Messages are the repair's business. */
void parse_run(struct parse *p, size_t first, size_t end, bool inside);

/* repair.c: edits p->v until it parses, reporting each edit. */
struct trial {                                             /* where edits are tried, and how much trying is left */
    struct parse *p;
    size_t start; bool inside;                             /* the run begins here */
    size_t limit;                                          /* and is good when it gets this far */
    size_t budget;                                         /* lexemes that trials may still look at */
};
void repair(struct parse *p);
void repair_aim(struct trial *t, size_t at, size_t limit); /* trials around lexeme `at` */
size_t repair_try(struct trial *t, struct edit e);         /* the lexeme that was wrong, counted without the edit; `limit` or more: good */
void repair_apply(struct parse *p, struct edit e);
size_t repair_drop(struct trial *t, size_t at);            /* the innermost item around lexeme `at` becomes one T_BAD_ITEM: its index */
void repair_replace(struct parse *p, size_t first, size_t last);   /* lexemes first..last become one T_BAD_ITEM */
struct diag *repair_report(struct parse *p, enum diag_code code, struct span at, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));                 /* NULL when something was said about that line already, and in trials */
struct span repair_gap(const struct parse *p, struct edit e);      /* the place of what e puts in */
/* brackets.c: edits p->v until every bracket has its partner, reporting each edit. */
void brackets_repair(struct trial *t);
/* complain.c: what to say about an edit. `wrong` is the run that failed; the lexemes are not edited yet. */
void complain(struct parse *p, const struct parse *wrong, struct edit e);
void complain_item(struct parse *p, const struct parse *wrong);    /* no edit helped: the item is dropped */

/* slips.c: warns of what is right but probably not meant. For files that parse. */
void slips_report(struct parse *p);

/* make.c, strings.c: constructors, one for each action of the grammar. They take the place of the whole construct first. */
struct decl { struct ast_type *type; struct ast_expr *value; };
struct label { struct ast_name name; bool quoted; struct ast_expr *key; };
struct list make_list(struct parse *p, struct list l, const void *element, size_t size);
struct list make_names(struct parse *p, struct list l, struct span at);
struct ast_expr *make_literal(struct parse *p, struct span at, int kind);
struct ast_expr *make_name(struct parse *p, struct span at);
struct ast_expr *make_bad(struct parse *p, struct span at);
struct piece { struct span at; struct ast_expr *value; };  /* part of a string; value NULL: text, as written */
struct ast_expr *make_string(struct parse *p, struct span at, struct span open, struct list parts, struct span close);
struct list make_part(struct parse *p, struct list parts, struct span at, struct ast_expr *value);  /* value NULL: text */
struct ast_expr *make_op(struct parse *p, struct span at, struct span op_at, enum term_op op, struct ast_expr *a, struct ast_expr *b);
struct ast_expr *make_if(struct parse *p, struct span at, struct ast_expr *a, struct ast_expr *b, struct ast_expr *c);
struct ast_expr *make_field(struct parse *p, struct span at, struct ast_expr *a, struct span dot, struct span name, bool optional);
struct ast_expr *make_index(struct parse *p, struct span at, struct ast_expr *a, struct span open, struct ast_expr *b);
struct ast_expr *make_call(struct parse *p, struct span at, struct ast_expr *a, struct span open, struct list args);
struct ast_expr *make_with(struct parse *p, struct span at, struct ast_expr *a, struct ast_body *body);
struct ast_expr *make_object(struct parse *p, struct span at, struct ast_body *body);
struct ast_expr *make_elements(struct parse *p, struct span at, struct list args);
struct ast_expr *make_for(struct parse *p, struct span at, struct ast_bind *bind, struct ast_expr *a);
struct ast_expr *make_parens(struct parse *p, struct ast_expr *e, struct span at);
struct list make_arg(struct parse *p, struct list l, struct span at, struct span name, bool spread, struct ast_expr *value);
struct ast_bind *make_bind(struct parse *p, struct span at, struct list names, struct ast_expr *source, struct ast_expr *cond);

struct ast_type *make_type_name(struct parse *p, struct span at, struct list path, struct list args, struct list checks);
struct ast_type *make_type_literal(struct parse *p, struct span at, struct ast_expr *literal);
struct ast_type *make_type_optional(struct parse *p, struct span at, struct ast_type *t);
struct ast_type *make_type_union(struct parse *p, struct span at, struct list alternatives);

struct ast_body *make_body(struct parse *p, struct span at, struct list items);
struct list make_line(struct parse *p, struct list items, struct ast_item *item);
struct list make_annot(struct parse *p, struct list l, struct span at, struct list path, bool parens, struct list args);
struct list make_param(struct parse *p, struct list l, struct span at, struct span name, struct decl d);
struct label make_label(struct parse *p, struct span at, struct ast_expr *string);      /* string NULL: a name */
struct ast_item *make_item(struct parse *p, struct span at, enum ast_item_kind kind);
struct ast_item *make_import(struct parse *p, struct span at, struct ast_expr *what, struct span alias, struct list annots);
struct ast_item *make_declaration(struct parse *p, struct span at, enum ast_item_kind kind, struct span name, struct decl d, struct list annots);
struct ast_item *make_fn(struct parse *p, struct span at, struct span name, struct list params, struct ast_type *result, struct ast_expr *value);
struct ast_item *make_kind(struct parse *p, struct span at, enum ast_item_kind kind, struct span name, struct list annots, struct ast_body *body);
struct ast_item *make_pair(struct parse *p, struct span at, enum ast_item_kind kind, struct ast_expr *value, struct ast_expr *other);
struct ast_item *make_for_item(struct parse *p, struct span at, struct ast_bind *bind, struct ast_body *body);
struct ast_item *make_if_item(struct parse *p, struct span at, struct ast_expr *cond, struct ast_body *body, struct ast_body *other);
struct ast_body *make_else_if(struct parse *p, struct ast_item *item);
struct ast_item *make_entry(struct parse *p, struct span at, struct ast_expr *key, struct ast_expr *value, struct list annots);
struct ast_item *make_set(struct parse *p, struct span at, struct list path, struct ast_expr *value, struct list annots);
struct ast_item *make_declare(struct parse *p, struct span at, struct list path, struct decl d, struct list annots);
struct ast_item *make_instance(struct parse *p, struct span at, struct list path, struct label label, struct list annots, struct ast_body *body);

/* literal.c: the value of a literal's text; NULL after a report. */
const struct value *literal_value(struct parse *p, struct span at, int kind);

#endif
