/* parse.y - the grammar. LALR(1), no conflicts, no error productions: what does not fit stops the run, and repair.c edits the
 * lexemes until it fits. One constructor (make.c) in each action. Which items are legal in which body is the checker's business. */
%define api.pure full
%define api.prefix {kcparse}
%define api.token.prefix {T_}
%define api.location.type {struct span}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param { struct parse *p }
%code top {
#include "syntax.h"
}
%code {
#define YYMAXDEPTH 20000
#define YYLLOC_DEFAULT(cur, rhs, n) ((cur) = span_over(&YYRHSLOC(rhs, (n) ? 1 : 0), &YYRHSLOC(rhs, n), (n) == 0))
static struct span span_over(const struct span *a, const struct span *b, bool empty)
{
    if (empty)
        return (struct span){ b->file, b->off + b->len, 0 };
    return (struct span){ a->file, a->off, b->off + b->len - a->off };
}
static int kcparselex(KCPARSESTYPE *value, struct span *at, struct parse *p)
{
    (void)value;
    return layout_next(p, at);
}
static void kcparseerror(struct span *at, struct parse *p, const char *message);
static const struct list NO_LIST;
static const struct span NO_SPAN;
}
%union {
    struct ast_expr *expr;
    struct ast_type *type;
    struct ast_item *item;
    struct ast_body *body;
    struct ast_bind *bind;
    struct decl decl;
    struct label label;
    struct list list;
}
%token IMPORT "import" AS "as" AMENDS "amends" PARAM "param" LET "let" TYPE "type" FN "fn"
%token SCHEMA "schema" RESOURCE "resource" COMPONENT "component" OUT "out" MADE "made" ASSERT "assert" MOVED "moved"
%token FOR "for" IN "in" IF "if" THEN "then" ELSE "else" WITH "with" TRUE "true" FALSE "false" NONE "none"
%token NAME "a name" NUMBER "a number" QUANTITY "a quantity" PERCENT "a percentage" CIDR "a CIDR block" IP "an IP address"
%token VERSION "a version" DOTTED "a dotted number"
%token QUOTE "a string" TEXT "text" QUOTE_END "the end of the string" HOLE "\\(" HOLE_END "the ) of \\("
%token ELLIPSIS "..." DOTDOT ".." QDOT "?." COALESCE "??" ARROW "->" EQ "==" NE "!=" LE "<=" GE ">=" AND "&&" OR "||"
%token NL "the end of the line" BAD "something unreadable" BAD_ITEM "an unreadable item"
%left COALESCE
%left OR
%left AND
%left EQ NE '<' '>' LE GE IN
%nonassoc DOTDOT
%left '+' '-'
%left '*' '/'
%type <list> body path annots params plist names types tpost_list checks elements args arglist parts
%type <item> item line ifitem
%type <body> block
%type <label> label
%type <decl> decl
%type <bind> bind
%type <type> type tpost tprim
%type <expr> expr binary unary post prim literal text string list
%%
file    : body                                 { p->body = make_body(p, p->part, $1); } ;
body    : %empty                               { $$ = NO_LIST; }
        | body line                            { $$ = make_line(p, $1, $2); }
        | body sep ;
line    : item sep ;
sep     : NL | ';' | ',' ;

item    : IMPORT text annots                   { $$ = make_import(p, @$, $2, NO_SPAN, $3); }
        | IMPORT text AS NAME annots           { $$ = make_import(p, @$, $2, @4, $5); }
        | AMENDS text                          { $$ = make_pair(p, @$, ITEM_AMENDS, $2, NULL); }
        | PARAM NAME decl annots               { $$ = make_declaration(p, @$, ITEM_PARAM, @2, $3, $4); }
        | LET NAME '=' expr                    { $$ = make_declaration(p, @$, ITEM_LET, @2, (struct decl){ NULL, $4 }, NO_LIST); }
        | LET NAME ':' type '=' expr           { $$ = make_declaration(p, @$, ITEM_LET, @2, (struct decl){ $4, $6 }, NO_LIST); }
        | TYPE NAME '=' type                   { $$ = make_declaration(p, @$, ITEM_TYPE, @2, (struct decl){ $4, NULL }, NO_LIST); }
        | FN NAME '(' params ')' '=' expr      { $$ = make_fn(p, @$, @2, $4, NULL, $7); }
        | FN NAME '(' params ')' ARROW type '=' expr { $$ = make_fn(p, @$, @2, $4, $7, $9); }
        | SCHEMA NAME annots block             { $$ = make_kind(p, @$, ITEM_SCHEMA, @2, $3, $4); }
        | RESOURCE NAME annots block           { $$ = make_kind(p, @$, ITEM_RESOURCE, @2, $3, $4); }
        | COMPONENT NAME annots block          { $$ = make_kind(p, @$, ITEM_COMPONENT, @2, $3, $4); }
        | OUT NAME decl annots                 { $$ = make_declaration(p, @$, ITEM_OUT, @2, $3, $4); }
        | OUT NAME '=' expr annots             { $$ = make_declaration(p, @$, ITEM_OUT, @2, (struct decl){ NULL, $4 }, $5); }
        | MADE NAME '=' expr                   { $$ = make_declaration(p, @$, ITEM_MADE, @2, (struct decl){ NULL, $4 }, NO_LIST); }
        | MADE NAME ':' type '=' expr          { $$ = make_declaration(p, @$, ITEM_MADE, @2, (struct decl){ $4, $6 }, NO_LIST); }
        | ASSERT expr ELSE expr                { $$ = make_pair(p, @$, ITEM_ASSERT, $2, $4); }
        | MOVED expr ARROW expr                { $$ = make_pair(p, @$, ITEM_MOVED, $2, $4); }
        | FOR bind block                       { $$ = make_for_item(p, @$, $2, $3); }
        | ifitem
        | ELLIPSIS expr                        { $$ = make_pair(p, @$, ITEM_SPREAD, $2, NULL); }
        | '[' expr ']' '=' expr                { $$ = make_entry(p, @$, $2, $5, NO_LIST); }
        | string '=' expr annots               { $$ = make_entry(p, @$, $1, $3, $4); }
        | path '=' expr annots                 { $$ = make_set(p, @$, $1, $3, $4); }
        | path decl annots                     { $$ = make_declare(p, @$, $1, $2, $3); }
        | path annots block                    { $$ = make_instance(p, @$, $1, (struct label){ 0 }, $2, $3); }
        | path label annots block              { $$ = make_instance(p, @$, $1, $2, $3, $4); }
        | path label '[' expr ']' annots block { $2.key = $4; $$ = make_instance(p, @$, $1, $2, $6, $7); }
        | BAD_ITEM                             { $$ = NULL; } ;
ifitem  : IF expr block                        { $$ = make_if_item(p, @$, $2, $3, NULL); }
        | IF expr block ELSE block             { $$ = make_if_item(p, @$, $2, $3, $5); }
        | IF expr block ELSE ifitem            { $$ = make_if_item(p, @$, $2, $3, make_else_if(p, $5)); } ;
block   : '{' body '}'                         { $$ = make_body(p, @$, $2); } ;
label   : NAME                                 { $$ = make_label(p, @1, NULL); }
        | string                               { $$ = make_label(p, @1, $1); } ;
path    : NAME                                 { $$ = make_names(p, NO_LIST, @1); }
        | path '.' NAME                        { $$ = make_names(p, $1, @3); } ;
decl    : ':' type                             { $$ = (struct decl){ $2, NULL }; }
        | ':' type '=' expr                    { $$ = (struct decl){ $2, $4 }; } ;
annots  : %empty                               { $$ = NO_LIST; }
        | annots '@' path                      { $$ = make_annot(p, $1, @2, $3, false, NO_LIST); }
        | annots '@' path '(' args ')'         { $$ = make_annot(p, $1, span_over(&@2, &@6, false), $3, true, $5); } ;
params  : %empty                               { $$ = NO_LIST; }
        | plist | plist ',' ;
plist   : NAME decl                            { $$ = make_param(p, NO_LIST, @$, @1, $2); }
        | plist ',' NAME decl                  { $$ = make_param(p, $1, span_over(&@3, &@4, false), @3, $4); } ;
bind    : names IN expr                        { $$ = make_bind(p, @$, $1, $3, NULL); }
        | names IN expr IF expr                { $$ = make_bind(p, @$, $1, $3, $5); } ;
names   : NAME                                 { $$ = make_names(p, NO_LIST, @1); }
        | NAME ',' NAME                        { $$ = make_names(p, make_names(p, NO_LIST, @1), @3); } ;

type    : tpost
        | tpost_list '|' tpost                 { $$ = make_type_union(p, @$, make_list(p, $1, &$3, sizeof $3)); } ;
tpost_list : tpost                             { $$ = make_list(p, NO_LIST, &$1, sizeof $1); }
        | tpost_list '|' tpost                 { $$ = make_list(p, $1, &$3, sizeof $3); } ;
tpost   : tprim
        | tprim '?'                            { $$ = make_type_optional(p, @$, $1); } ;
tprim   : path checks                          { $$ = make_type_name(p, @$, $1, NO_LIST, $2); }
        | path '[' types ']' checks            { $$ = make_type_name(p, @$, $1, $3, $5); }
        | string                               { $$ = make_type_literal(p, @$, $1); }
        | literal                              { $$ = make_type_literal(p, @$, $1); }
        | '(' type ')'                         { $$ = $2; } ;
types   : type                                 { $$ = make_list(p, NO_LIST, &$1, sizeof $1); }
        | types ',' type                       { $$ = make_list(p, $1, &$3, sizeof $3); } ;
checks  : %empty                               { $$ = NO_LIST; }
        | '(' elements ')'                     { $$ = $2; } ;

expr    : binary
        | IF expr THEN expr ELSE expr          { $$ = make_if(p, @$, $2, $4, $6); } ;
binary  : unary
        | binary COALESCE binary               { $$ = make_op(p, @$, @2, OP_COALESCE, $1, $3); }
        | binary OR binary                     { $$ = make_op(p, @$, @2, OP_OR, $1, $3); }
        | binary AND binary                    { $$ = make_op(p, @$, @2, OP_AND, $1, $3); }
        | binary EQ binary                     { $$ = make_op(p, @$, @2, OP_EQ, $1, $3); }
        | binary NE binary                     { $$ = make_op(p, @$, @2, OP_NE, $1, $3); }
        | binary '<' binary                    { $$ = make_op(p, @$, @2, OP_LT, $1, $3); }
        | binary '>' binary                    { $$ = make_op(p, @$, @2, OP_GT, $1, $3); }
        | binary LE binary                     { $$ = make_op(p, @$, @2, OP_LE, $1, $3); }
        | binary GE binary                     { $$ = make_op(p, @$, @2, OP_GE, $1, $3); }
        | binary IN binary                     { $$ = make_op(p, @$, @2, OP_IN, $1, $3); }
        | binary DOTDOT binary                 { $$ = make_op(p, @$, @2, OP_RANGE, $1, $3); }
        | binary '+' binary                    { $$ = make_op(p, @$, @2, OP_ADD, $1, $3); }
        | binary '-' binary                    { $$ = make_op(p, @$, @2, OP_SUB, $1, $3); }
        | binary '*' binary                    { $$ = make_op(p, @$, @2, OP_MUL, $1, $3); }
        | binary '/' binary                    { $$ = make_op(p, @$, @2, OP_DIV, $1, $3); } ;
unary   : post
        | '-' unary                            { $$ = make_op(p, @$, @1, OP_NEG, $2, NULL); }
        | '!' unary                            { $$ = make_op(p, @$, @1, OP_NOT, $2, NULL); } ;
post    : prim
        | post '.' NAME                        { $$ = make_field(p, @$, $1, @2, @3, false); }
        | post QDOT NAME                       { $$ = make_field(p, @$, $1, @2, @3, true); }
        | post '[' expr ']'                    { $$ = make_index(p, @$, $1, @2, $3); }
        | post '(' args ')'                    { $$ = make_call(p, @$, $1, @2, $3); }
        | post WITH block                      { $$ = make_with(p, @$, $1, $3); } ;
prim    : NAME                                 { $$ = make_name(p, @1); }
        | literal
        | TRUE                                 { $$ = make_literal(p, @1, T_TRUE); }
        | FALSE                                { $$ = make_literal(p, @1, T_FALSE); }
        | NONE                                 { $$ = make_literal(p, @1, T_NONE); }
        | string | list
        | block                                { $$ = make_object(p, @$, $1); }
        | '(' expr ')'                         { $$ = make_parens(p, $2, @$); } ;
literal : NUMBER                               { $$ = make_literal(p, @1, T_NUMBER); }
        | QUANTITY                             { $$ = make_literal(p, @1, T_QUANTITY); }
        | PERCENT                              { $$ = make_literal(p, @1, T_PERCENT); }
        | CIDR                                 { $$ = make_literal(p, @1, T_CIDR); }
        | IP                                   { $$ = make_literal(p, @1, T_IP); }
        | VERSION                              { $$ = make_literal(p, @1, T_VERSION); }
        | DOTTED                               { $$ = make_literal(p, @1, T_DOTTED); }
        | BAD                                  { $$ = make_bad(p, @1); } ;
list    : '[' ']'                              { $$ = make_elements(p, @$, NO_LIST); }
        | '[' elements ']'                     { $$ = make_elements(p, @$, $2); }
        | '[' elements ',' ']'                 { $$ = make_elements(p, @$, $2); }
        | '[' FOR bind ':' expr ']'            { $$ = make_for(p, @$, $3, $5); } ;
elements: expr                                 { $$ = make_arg(p, NO_LIST, @1, NO_SPAN, false, $1); }
        | ELLIPSIS expr                        { $$ = make_arg(p, NO_LIST, @$, NO_SPAN, true, $2); }
        | elements ',' expr                    { $$ = make_arg(p, $1, @3, NO_SPAN, false, $3); }
        | elements ',' ELLIPSIS expr           { $$ = make_arg(p, $1, span_over(&@3, &@4, false), NO_SPAN, true, $4); } ;
args    : %empty                               { $$ = NO_LIST; }
        | arglist | arglist ',' ;
arglist : expr                                 { $$ = make_arg(p, NO_LIST, @1, NO_SPAN, false, $1); }
        | ELLIPSIS expr                        { $$ = make_arg(p, NO_LIST, @$, NO_SPAN, true, $2); }
        | NAME '=' expr                        { $$ = make_arg(p, NO_LIST, @$, @1, false, $3); }
        | arglist ',' expr                     { $$ = make_arg(p, $1, @3, NO_SPAN, false, $3); }
        | arglist ',' ELLIPSIS expr            { $$ = make_arg(p, $1, span_over(&@3, &@4, false), NO_SPAN, true, $4); }
        | arglist ',' NAME '=' expr            { $$ = make_arg(p, $1, span_over(&@3, &@5, false), @3, false, $5); } ;
text    : string
        | BAD                                  { $$ = make_bad(p, @1); } ;
string  : QUOTE parts QUOTE_END                { $$ = make_string(p, @$, @1, $2, @3); } ;
parts   : %empty                               { $$ = NO_LIST; }
        | parts TEXT                           { $$ = make_part(p, $1, @2, NULL); }
        | parts HOLE expr HOLE_END             { $$ = make_part(p, $1, span_over(&@2, &@4, false), $3); } ;
%%
/* Stops the run: what to say is found out by trying repairs. */
static int yyreport_syntax_error(const yypcontext_t *c, struct parse *p)
{
    yysymbol_kind_t expected[EXPECTED_MAX];
    int n = yypcontext_expected_tokens(c, expected, EXPECTED_MAX);
    p->failed = true;
    p->wrong = p->given;
    p->wrong_kind = yypcontext_token(c) == YYSYMBOL_YYEOF ? 0 : p->last;
    p->nexpected = 0;
    if (!p->explain)
        return 2;
    for (int i = 0; i < n; i++)
        for (int kind = 0; kind < T_BAD_ITEM; kind++)      /* symbol -> token: the inverse of yytranslate */
            if (YYTRANSLATE(kind) == expected[i] && kind && (kind < 128 || kind >= T_IMPORT) && p->nexpected < EXPECTED_MAX)
                p->expected[p->nexpected++] = (uint16_t)kind;
    return 2;
}

static void kcparseerror(struct span *at, struct parse *p, const char *message)
{
    (void)at;
    (void)message;
    if (p->failed)
        return;
    p->exhausted = p->failed = true;
    p->wrong = p->given;
}

void parse_run(struct parse *p, size_t first, size_t end, bool inside)
{
    layout_begin(p, first, inside);
    p->end = end;
    p->failed = p->exhausted = false;
    p->body = NULL;
    kcparseparse(p);
}
