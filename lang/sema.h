/* sema.h - what the rooms of lang behind the parser share: declarations, bodies, names, frames, instances.
 * Static side: a `body` is what one { } declares, made once per place in the text; a `scope` (check.h) is a chain of them with types.
 * Running side: a `frame` is a body at work (a component instance, one turn of a for), its cells are computed on demand and once.
 * Ownership: everything lives in program->arena.
 * Errors: each is reported where it is found; the value NULL and the type TYPE_ERROR are poison and stay silent afterwards. */
#ifndef LANG_SEMA_H
#define LANG_SEMA_H
#include "ast.h"
#include "kc/lang.h"
#include "kc/map.h"
#include "kc/model.h"
#include "kc/vec.h"

struct module;
struct decl;
struct body;
struct frame;
struct instance;

/* ---- what is declared ---- */
enum decl_kind { DECL_TYPE, DECL_SCHEMA, DECL_RESOURCE, DECL_COMPONENT };
enum work_state { WORK_NEW, WORK_BUSY, WORK_DONE, WORK_POISON };
enum slot_kind { SLOT_NONE, SLOT_ONE, SLOT_MAP, SLOT_VARIANT };    /* field whose type is a component, map of one, @one_of of some */
struct field {
    struct str name;
    const struct ast_item *item;
    const struct type *type;
    enum slot_kind slot;
    bool required;                                         /* no default and not optional */
    bool provider;                                         /* @provider: region, profile, role for all inside */
    bool used;                                             /* read by an expression of its own declaration */
};
struct decl {
    enum decl_kind kind;
    struct str name;
    struct module *module;
    const struct ast_item *item;
    enum work_state state;                                 /* of type, fields, outs */
    const struct type *type;                               /* TYPE: the aliased; SCHEMA: OBJECT; RESOURCE, COMPONENT: INSTANCE */
    struct field *fields; size_t nfields;
    struct field *outs; size_t nouts;                      /* COMPONENT: type NULL until inferred, when none is written */
    struct field *mades; size_t nmades;                    /* RESOURCE: what exists only while a create or an update runs */
    struct map by_name, out_by_name, made_by_name;         /* name -> field */
    bool lookup;                                           /* RESOURCE with only reads */
    bool one_of;
    struct body *body;                                     /* COMPONENT */
    const struct rtype *rtype;                             /* RESOURCE, lowered on demand */
    enum work_state rtype_state, check_state;
};
struct fn {
    struct str name;
    struct module *module;
    const struct ast_item *item;
    bool used;
    enum work_state state, check_state;
    const struct type **params;                            /* one per item->params */
    const struct type *result;                             /* declared or inferred; NULL until then */
};
struct import {
    const struct ast_item *item;
    struct module *module;                                 /* NULL: could not be loaded (reported) */
    struct str alias;                                      /* empty: all public names */
    bool used;
};
struct module {
    struct str path;                                       /* as the loader knows it */
    struct str name;                                       /* path without .kcl: "std/aws/ec2" */
    uint32_t file;
    bool std;
    bool bad;                                              /* loaded for one of its types, and a mistake is in it */
    const struct ast_file *ast;                            /* items of all its files; tokens of the first */
    const struct ast_file **parts; size_t nparts;          /* its files: "aws/ec2.kcl", then "aws/ec2.volumes.kcl" and so on */
    enum work_state state;                                 /* of loading, for cycles */
    struct import *imports; size_t nimports;
    struct map decls, fns;                                 /* own ones: name -> decl, fn */
    struct body *body;
    struct frame *frame;                                   /* its lets, params and instances at work */
};

/* ---- names of one { } ---- */
enum body_kind {
    BODY_FILE, BODY_COMPONENT,                             /* own their instances */
    BODY_NEST,                                             /* of a for or if: lets of its own, instances belong to the owner above */
    BODY_BLOCK                                             /* settings of an instance */
};
enum sym_kind { SYM_PARAM, SYM_LET, SYM_INPUT, SYM_OUT, SYM_INSTANCE, SYM_VAR };
struct sym {
    enum sym_kind kind;
    struct str name;
    struct span span;
    const struct ast_item *item;                           /* declaration; INSTANCE: the first one */
    struct body *home;
    size_t index;                                          /* of its cell in a frame of home */
    size_t field;                                          /* INPUT, OUT: index in the component's fields or outs */
    /* INSTANCE */
    struct decl *decl;                                     /* NULL: kind not found (reported by check) */
    bool keyed, optional;
    const struct body *in;                                 /* the body in which it is written */
    struct vec items;                                      /* indices (as pointers) of home's items that contain one */
    /* static */
    bool used;
    enum work_state state;
    const struct type *type;
    enum phase phase;
    struct span phase_at;                                  /* where an apply value enters */
};
struct body {
    enum body_kind kind;
    struct body *up;
    struct body *owner;                                    /* nearest FILE, COMPONENT or BLOCK body; itself for those */
    struct module *module;
    struct decl *decl;                                     /* COMPONENT */
    const struct ast_body *ast;
    const struct ast_bind *bind;                           /* NEST of a for: its variables are the first syms */
    const struct ast_expr *cond; bool unless;              /* NEST of an if: its condition; of the else */
    bool bound;                                            /* the variables have their types */
    struct map syms;                                       /* name -> sym */
    struct map outs;                                       /* name -> sym: outs are read from outside, so they are no names inside */
    size_t nsyms;
    struct map inside;                                     /* names of instances and ".slot" of wirings at any depth */
    struct body **kid, **other;                            /* per item: body of for, if, instance; else-body */
};

/* ---- at work ---- */
enum frame_kind { FRAME_BODY, FRAME_VARS, FRAME_SELF, FRAME_WORDS };
/* Resources whose inputs a value was made from: known now, but the value is only good once they are there. Joined, never copied. */
struct touch {
    struct instance *inst;
    struct touch *a, *b;
    unsigned seen;                                         /* number of the last walk that came by */
};
struct cell {
    enum work_state state;
    const struct value *value;
    struct touch *touched;
    struct group *group;                                   /* of an instance name */
};
struct memo {                                              /* of a for, if item: its frames */
    enum work_state state;
    struct frame **frames; size_t n;                       /* if: 0 or 1 (2 while the condition is open offline) */
};
struct var {
    struct str name;
    const struct value *value;
};
struct frame {
    enum frame_kind kind;
    struct frame *up;
    struct module *module;
    struct body *body;                                     /* BODY */
    struct cell *cells;                                    /* BODY: per sym */
    struct memo **memo;                                    /* BODY: per item */
    const struct var *vars; size_t nvars;                  /* VARS */
    struct instance *inst;                                 /* BODY of a component, SELF: whose inputs are names */
    const struct decl *decl;                               /* WORDS: inputs, outs and binding words as parameters */
    bool open;                                             /* a turn whose variable is unknown, or a branch whose condition is */
    const char *words;                                     /* WORDS: further names, space before and after each */
};

/* Where the settings of an instance were written: the user's block, and wiring blocks. */
struct part {
    const struct ast_item *item;
    struct body *body;
    struct frame *frame;                                   /* around the block */
    struct frame *block;                                   /* the block itself, with its lets */
    bool wiring;
};
struct setting {
    struct str name;
    struct span span;                                      /* of the name */
    const struct ast_expr *expr;                           /* NULL: value is there already */
    struct frame *frame;
    const struct value *value;
    const struct ast_item *item;
    bool wiring, spread;
};
struct sub {                                               /* a block inside an instance's block: for a slot or an object field */
    const struct ast_item *item;
    struct body *body;
    struct frame *frame;
    struct str label, key;
    bool wiring;
};
struct instance {
    struct str addr;
    struct str label;                                      /* self.label */
    unsigned level;                                        /* components around it */
    struct decl *decl;
    struct instance *parent;                               /* the component it is inside of */
    struct part *parts; size_t nparts;
    const struct ast_item *item;                           /* the user's, or the wiring's */
    struct span span;
    struct frame *around;                                  /* where annotations are evaluated */
    struct frame *inner;                                   /* COMPONENT: body at work; RESOURCE: SELF frame */
    enum work_state gathered;
    struct touch *touched;                                 /* by what gathering evaluated */
    struct map settings;                                   /* name -> setting */
    struct vec subs;
    struct cell *inputs;                                   /* per field */
    enum work_state provider_state;
    const struct provider *provider;                       /* of all inside; once provider_state says so */
    struct span provider_at;
    bool open;                                             /* stands for unknown many: [*] */
    bool built;
    struct node *node, *gate;
    struct instance *kids, *next;                          /* instances inside, in the order made (kids is the last) */
    struct vec after[2];                                   /* instances named by @after, @hold; computed once */
    bool tied;
    const struct value *answer;                            /* LOOKUP */
};
struct group {                                             /* the instances of one name */
    bool keyed;
    struct instance *one;                                  /* not keyed; NULL: not there */
    struct map keys;                                       /* keyed: key -> instance */
    struct instance *any;                                  /* the [*] one, while keys are open */
};
struct blame {                                             /* the user's place that led here, innermost first */
    struct blame *up;
    struct span span;
    const char *what;
};
struct program {
    struct sources *sources;
    struct diags *diags;
    struct lang_options options;
    struct provider provider;                              /* of what names none: the region of the options */
    struct arena *arena;
    struct module *root;
    struct map modules;                                    /* path -> module, in the order read */
    struct source *files; size_t nfiles, files_cap;        /* all that were read, in order */
    bool bad;                                              /* errors while loading or checking */
    bool no_eval;
    /* one evaluation */
    struct graph *graph;
    struct eval eval;
    struct map instances;                                  /* addr -> instance */
    struct vec built, groups;                              /* all instances in the order made; all groups */
    struct vec keeps;                                      /* keep.c */
    struct map open;                                       /* addr -> instance: lookups to be answered */
    const struct lang_answers *answers;
    struct blame *blame;
    struct touch *touched;                                 /* by the value being computed */
    unsigned walks;
    size_t memory, memory_at;                              /* what this evaluation may take; of the arena when it began */
    int64_t steps;                                         /* what it may take */
    unsigned depth;                                        /* nested cells */
    unsigned loops;                                        /* nested comprehensions over unknowns */
    bool making;                                           /* a `made` of a resource type is being lowered: what makes something new may be called */
    bool none_ok;                                          /* the next check_as is for a field with a default: none leaves it out */
    struct vec lost;                                       /* names that were not found: struct lost, said at the end */
    struct vec excused;                                    /* names whose broken declaration is reported: struct candidate */
    unsigned hushed;                                       /* types of the library are being found: say nothing */
    struct vec calls;                                      /* functions being checked: struct fn */
    struct vec checking;                                   /* symbols whose types are being found: struct sym */
    struct vec trail;                                      /* cells being computed, for cycles: struct step */
    struct map params;                                     /* name -> value used */
    struct vec moved, outs;                                /* to be finished when all instances are there */
    unsigned asserts;
};
enum { CELL_DEPTH = 1000 };

/* load.c */
struct program *program_new(struct sources *s, struct diags *d, const struct lang_options *o);    /* without any file yet */
void check_modules(struct program *p, size_t from);                                               /* those of the project, from that number on */
struct module *load_module(struct program *p, struct str path, struct span at);
bool name_public(struct str name);
bool path_join(struct arena *a, struct str from, struct str to, struct str *out);                 /* relative to the folder of `from`; false: leaves the project */
/* scope.c: bodies and names */
struct body *body_make(struct program *p, enum body_kind k, struct module *m, struct body *up, const struct ast_body *ast, const struct ast_bind *bind, struct decl *d);
struct body *body_kid(struct program *p, struct body *b, size_t item, bool other);
struct sym *body_sym(const struct body *b, struct str name);
struct decl *find_decl(struct program *p, struct module *m, const struct ast_path *path);        /* NULL: none; reports nothing */
struct fn *find_fn(struct module *m, struct str alias, struct str name);                          /* alias may be empty */
struct import *find_alias(struct module *m, struct str name);
struct sym *find_export(struct module *m, struct str name, struct module **home);                 /* a value of an import without `as` */
struct field *decl_field(const struct decl *d, struct str name);                                  /* input */
struct field *decl_out(const struct decl *d, struct str name);
struct field *decl_made(const struct decl *d, struct str name);
void names_kinds(struct program *p, struct module *m, struct str alias, bool kinds, struct vec *out); /* of types, or only of what can be instantiated */
/* typing.c: types from syntax, declarations completed */
const struct type *type_syntax(struct program *p, struct module *m, const struct ast_type *t);
void decl_complete(struct program *p, struct decl *d);
const struct decl *type_decl(const struct type *t);                                               /* of an INSTANCE, or NULL */
enum slot_kind type_slot(const struct type *t);
const struct term *compile_over(struct program *p, struct module *m, const struct decl *d, const char *words, const struct ast_expr *e, const struct type *it);
/* report.c */
struct diag *report(struct program *p, enum diag_code c, struct span at, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void eval_begin(struct program *p);                                                               /* a new budget of steps and memory */
void report_eval(struct program *p);                                                              /* p->eval failed: says so, resets it */
void report_mistake(struct program *p, const struct type *t, const struct type_mistake *m, const struct ast_expr *e, struct span at, struct span declared, struct str what);
void report_suggest(struct program *p, struct diag *x, struct str word, struct span at, struct vec *names);  /* names: struct str *; frees the vec */
void names_add(struct program *p, struct vec *names, struct str name);
struct span span_inside(const struct ast_expr *e, struct str path, struct span fallback);
struct str type_words(struct program *p, const struct type *t);
/* lost.c: names that are not found are collected, so that a misspelt declaration costs one message, not one for each use */
struct candidate {
    struct str name;
    struct span span;                                      /* of its declaration in the same file; or none */
    const bool *used;                                      /* NULL: not known */
};
bool lost_again(struct program *p, struct str name, struct span at, const char *what);             /* true: collected already, lost_add is not needed */
void lost_add(struct program *p, struct str name, struct span at, const char *what, struct candidate *v, size_t n);  /* what: "nothing", "no function" */
void lost_excuse(struct program *p, struct str name, uint32_t file);    /* its declaration is reported already; empty: of a name that cannot be told */
void lost_report(struct program *p);
void field_lost(struct program *p, const struct decl *d, struct str name, struct span at);        /* a binding names a field that d has not */
bool constraint_good(struct program *p, struct module *m, const struct decl *self, const struct ast_expr *e, const struct type *it);  /* checked with the names that it may use */
void alias_lost(struct program *p, struct module *m, const struct ast_name *name);                /* check_names.c: no import is called so */
/* eval.c */
const struct value *eval_expr(struct program *p, struct frame *f, const struct ast_expr *e);
const struct value *eval_body(struct program *p, struct frame *f, const struct ast_body *b);      /* as an object */
const struct value *eval_name(struct program *p, struct frame *f, struct str name, struct span at);
const struct value *eval_fn(struct program *p, struct frame *f, struct fn *fn, const struct ast_expr *call);
void fn_types(struct program *p, struct fn *fn);
size_t builtin_position(const struct builtin *b, struct str name);
const struct value *eval_as(struct program *p, struct frame *f, const struct ast_expr *e, const struct type *t, struct span declared, struct str what);
const struct value *value_fit(struct program *p, const struct type *t, const struct value *v, const struct ast_expr *e, struct span at, struct span declared, struct str what);
struct frame *frame_vars(struct program *p, struct frame *up, const struct var *v, size_t n);
const struct value *eval_decided(struct program *p, const struct value *v, struct span at, const char *use);  /* must be known now; NULL: reported, or waits for a lookup */
/* frame.c */
struct frame *frame_body(struct program *p, struct frame *up, struct body *b, struct instance *inst);
struct frame *module_frame(struct program *p, struct module *m);
const struct value *cell_value(struct program *p, struct frame *f, struct sym *s, struct span at);
struct memo *item_frames(struct program *p, struct frame *f, size_t item);                        /* NULL: poison or waiting */
struct group *group_of(struct program *p, struct frame *f, struct sym *s);
bool cell_enter(struct program *p, struct str name, struct span at, const void *what);                 /* one step deeper; false: too deep */
void cell_leave(struct program *p);
const struct value *cell_end(struct program *p, struct cell *c, struct touch *outer, const struct value *v);  /* leaves, with the value found; NULL: poison */
void cell_cycle(struct program *p, const void *what, struct str name, struct span at);
void cell_touch(struct program *p, struct touch *t);                                                   /* adds to what is being computed */
/* instance.c */
struct instance *instance_new(struct program *p, struct str addr, struct decl *d, struct instance *parent, struct span at);
const struct value *instance_input(struct program *p, struct instance *i, size_t field);
const struct value *instance_member(struct program *p, struct instance *i, struct str name, struct span at, bool inside);
bool provider_setting(struct str name);                    /* what `@provider` may stand on */
const struct provider *instance_provider(struct program *p, struct instance *i);
bool instance_gather(struct program *p, struct instance *i);
struct instance *instance_at(struct program *p, struct str addr);
void part_add(struct program *p, struct instance *i, const struct ast_item *item, struct body *b, struct frame *f, bool wiring);
/* slots.c */
const struct value *slot_value(struct program *p, struct instance *i, const struct field *f);
/* lower.c */
void lower_all(struct program *p);
void keep_collect(struct program *p, struct instance *i);                                         /* keep.c: what its @keep names */
void keep_finish(struct program *p);                                                              /* after graph_finish */
void keep_fini(struct program *p);
void targets_of(struct program *p, const struct value *v, struct vec *out);                       /* lower.c: the instances that a value speaks of */
void lower_fini(struct program *p);                                                               /* frees what one evaluation holds on the heap */
/* program.c */
struct decl *resource_decl(struct program *p, struct str name);                                   /* "std/aws/ec2.Vpc"; its file is loaded where it must be; NULL: none */
/* rtypes.c */
const struct rtype *rtype_of(struct program *p, struct decl *d);
/* rmade.c */
void mades_fit(struct program *p, const struct node *n);                                            /* whether what it makes can be made of its inputs, as far as they are known */
/* moved.c */
void moved_add(struct program *p, const struct ast_item *it, const struct instance *i);
void moved_finish(struct program *p);
/* check.c */
void check_module(struct program *p, struct module *m);

#endif
