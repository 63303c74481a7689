/* ast.h - the syntax tree: what a .kcl file says, before any name is looked up.
 * Made by parse.y through the constructors at the end; read by everything else in lang.
 * Not here: tokens (token.h), types and names (type.h, and the rest of lang).
 * Ownership: every node, array and text lives in the arena given to ast_parse; source text is borrowed (slices point into it).
 * Places: every node has a span; `file` is its number in sources. Literals are decoded: no later pass reads digits again.
 * Errors: what could not be read is reported once, here, and leaves EXPR_ERROR, SYNTAX_ERROR or `broken` behind. Whoever meets one
 * of these stays silent: EXPR_ERROR has the poison type, a broken body may have lost items (so nothing is "missing" in it). */
#ifndef LANG_AST_H
#define LANG_AST_H
#include "kc/arena.h"
#include "kc/diag.h"
#include "kc/term.h"
#include "kc/value.h"

enum { AST_FILE_LIMIT = 4 << 20, AST_DEPTH_LIMIT = 256, AST_PARTS_LIMIT = 4096 };   /* parts: of one block, object or union */

struct ast_name {
    struct str text;                                       /* empty: not written */
    struct span span;
};
struct ast_path { const struct ast_name *v; size_t n; struct span span; };   /* ec2.Subnet; n >= 1 */

/* ---- expressions ---- */
enum ast_expr_kind {
    EXPR_ERROR,                                            /* already reported */
    EXPR_LITERAL,                                          /* value: none, bool, int, float, string without \( ), cidr, ip, size, duration, percent, version */
    EXPR_JOIN,                                             /* string with \( ): args are its parts in order, text as EXPR_LITERAL strings */
    EXPR_NAME,                                             /* name */
    EXPR_LIST,                                             /* args; spread where `...` */
    EXPR_OBJECT,                                           /* body */
    EXPR_FOR,                                              /* [for bind: a]: bind, a */
    EXPR_OP,                                               /* op, a, and b for two operands; OP_RANGE is `..` */
    EXPR_FIELD,                                            /* a . name; optional: a ?. name */
    EXPR_INDEX,                                            /* a [ b ] */
    EXPR_CALL,                                             /* a ( args ) */
    EXPR_IF,                                               /* if a then b else c */
    EXPR_WITH                                              /* a with body */
};
struct ast_expr;
struct ast_body;
struct ast_arg {                                           /* of a call, an annotation; an element of a list; a part of a string */
    struct ast_name name;                                  /* f(name = value); else empty */
    bool spread;                                           /* ...value */
    struct ast_expr *value;
    struct span span;
};
struct ast_args { const struct ast_arg *v; size_t n; };
struct ast_bind {                                          /* for k, v in source if cond */
    struct ast_name key, value;                            /* key is empty for one name */
    struct ast_expr *source;
    struct ast_expr *cond;                                 /* NULL: none */
    struct span span;
};
struct ast_expr {
    enum ast_expr_kind kind;
    enum term_op op;
    struct span span;
    struct span op_span;                                   /* OP: the operator; FIELD, INDEX, CALL: from the dot or bracket on */
    uint16_t depth;                                        /* of the tree below; private to the parser */
    bool optional;                                         /* FIELD: ?. */
    bool parens;                                           /* stood in ( ): for messages and printing only */
    struct ast_name name;                                  /* NAME, FIELD */
    const struct value *value;                             /* LITERAL */
    struct ast_expr *a, *b, *c;
    struct ast_args args;
    const struct ast_bind *bind;                           /* FOR */
    const struct ast_body *body;                           /* OBJECT, WITH */
};

/* ---- types ---- */
enum ast_type_kind {
    SYNTAX_ERROR,                                          /* already reported */
    SYNTAX_NAME,                                           /* path [args] (checks): int(1..6), list[id["subnet"]], ec2.Tags */
    SYNTAX_LITERAL,                                        /* value: a string, a number, or another literal as a type */
    SYNTAX_OPTIONAL,                                       /* args[0]? */
    SYNTAX_UNION                                           /* args[0] | args[1] | ... : flat, two or more */
};
struct ast_type {
    enum ast_type_kind kind;
    struct span span;
    uint16_t depth;                                        /* private to the parser */
    struct ast_path path;                                  /* NAME */
    const struct value *value;                             /* LITERAL */
    const struct ast_type *const *args; size_t nargs;      /* NAME: type arguments; OPTIONAL, UNION: operands */
    const struct ast_expr *const *checks; size_t nchecks;  /* NAME: constraints over `it`, or ranges */
};

/* ---- items ---- */
struct ast_annot {                                         /* @after(x), @message("...") */
    struct ast_path path;
    struct ast_args args;
    bool parens;                                           /* ( ) was written */
    struct span span;                                      /* from the @ */
};
struct ast_annots { const struct ast_annot *v; size_t n; };
struct ast_param { struct ast_name name; const struct ast_type *type; struct ast_expr *dflt; struct span span; };  /* of a fn */

enum ast_item_kind {
    ITEM_IMPORT,                                           /* value (a string literal), name = alias or empty, annots */
    ITEM_AMENDS,                                           /* value */
    ITEM_PARAM,                                            /* name, type, value = default or NULL, annots */
    ITEM_LET,                                              /* name, type or NULL, value */
    ITEM_TYPE,                                             /* name, type */
    ITEM_FN,                                               /* name, params, type = result or NULL, value = body */
    ITEM_SCHEMA, ITEM_RESOURCE, ITEM_COMPONENT,            /* name, annots, body */
    ITEM_OUT,                                              /* name, type or NULL, value or NULL, annots */
    ITEM_MADE,                                             /* name, value: of a resource type */
    ITEM_ASSERT,                                           /* value = condition, other = message */
    ITEM_MOVED,                                            /* value -> other */
    ITEM_FOR,                                              /* bind, body */
    ITEM_IF,                                               /* value = condition, body, other_body (NULL: no else; `else if`: one ITEM_IF in it) */
    ITEM_SPREAD,                                           /* ...value */
    ITEM_ENTRY,                                            /* [other] = value, or "text" = value with other the string; annots */
    ITEM_SET,                                              /* path = value, annots */
    ITEM_DECLARE,                                          /* path: type = value (NULL: none), annots */
    ITEM_INSTANCE                                          /* path label[key] annots { body }; label, key may be missing */
};
struct ast_item {
    enum ast_item_kind kind;
    struct span span;                                      /* without doc comment */
    struct str doc;                                        /* `##` lines above, marks stripped, joined by '\n'; or empty */
    struct ast_name name;                                  /* of what is declared; INSTANCE: the label, which may be any text */
    bool quoted;                                           /* INSTANCE: the label was written as a string */
    struct ast_path path;                                  /* SET, DECLARE: what is set; INSTANCE: the kind */
    const struct ast_type *type;
    struct ast_expr *value, *other;
    struct ast_expr *key;                                  /* INSTANCE: label[key] */
    const struct ast_param *params; size_t nparams;
    const struct ast_bind *bind;
    const struct ast_body *body, *other_body;
    struct ast_annots annots;
    uint16_t depth;                                        /* private to the parser */
};
struct ast_body {
    struct span span;                                      /* from { to }; the whole text for a file */
    struct ast_item *const *items; size_t n;
    bool broken;                                           /* an item in here could not be read and is missing */
    uint16_t depth;                                        /* private to the parser */
};

/* ---- files ---- */
struct token;
struct ast_file {
    uint32_t file;
    struct ast_body body;
    bool broken;                                           /* anything in here was reported: evaluate nothing of it */
    const struct token *tokens; size_t ntokens;            /* every byte of the text in exactly one, in order (token.h) */
};

/* Parses the whole text of source number `file`; never NULL, mistakes go to d. A text over AST_FILE_LIMIT gives an empty broken file.
 * Nesting over AST_DEPTH_LIMIT is reported once, so that readers of the tree may recurse. */
struct ast_file *ast_parse(struct arena *a, const struct sources *s, uint32_t file, struct diags *d);
/* Parses bytes `part` of the text as a file of its own; spans are those of the whole text. For one declaration of an index. */
struct ast_file *ast_parse_part(struct arena *a, const struct sources *s, struct span part, struct diags *d);

struct ast_entry {                                         /* a top-level item, found without parsing */
    enum ast_item_kind kind;
    struct str name;                                       /* declared name, instance's label; empty when it has none */
    struct span span;                                      /* with doc comments and annotations: what ast_parse_part wants */
};
/* Lists the top-level items of a text by looking at tokens only; 0 entries for a text over the limit. Reports nothing. */
struct ast_entry *ast_index(struct arena *a, const struct sources *s, uint32_t file, size_t *n);

struct str ast_text(const struct sources *s, struct span span);    /* the source text of a span; empty for no place */
const struct ast_annot *ast_annot(struct ast_annots x, const char *name);   /* first annotation @name, or NULL */
const char *ast_item_word(enum ast_item_kind k);           /* "let", "component", "field", ... for messages */
const char *ast_op_text(enum term_op op);                  /* "&&" */
void ast_print(struct buf *out, const struct ast_file *f); /* one item a line, indented, as tests compare it */

#endif
