/* lang.h - from .kcl text to a graph. Knows no AWS, no clock, no network; files come from the loader given to it.
 * Everything a user wrote wrongly becomes a diagnostic; nothing here prints, exits, or stops at the first mistake. */
#ifndef KC_LANG_H
#define KC_LANG_H
#include "kc/diag.h"
#include "kc/graph.h"

struct models;
struct program;

/* Reads one file. `path` is relative to the project's root, or "std/..." for the library. False: *why says why (absent, too big, outside the project). */
typedef bool lang_loader(void *user, struct arena *a, struct str path, struct str *text, struct str *why);
/* What file_blob() gives of a file: its bytes when they are few (of a), else its digest with a path to be read by. False: *why. */
typedef bool lang_measurer(void *user, struct arena *a, struct str path, const struct value **blob, struct str *why);
struct lang_options {
    lang_loader *load; void *user;
    lang_measurer *measure;                                /* NULL: there are no such files */
    struct models *models;                                 /* to check a project's own bindings; NULL: not checked */
    const struct pair *params; size_t nparams;             /* --set and KC_PARAM_*: text values, read as the declared type */
    struct str region;                                     /* what `region` defaults to; may be empty */
    bool offline;                                          /* check: parameters without default and lookups stay unknown */
    bool check_all;                                        /* std bodies are checked too (tests) */
};
struct program *lang_load(struct sources *s, struct diags *d, struct str root_file, const struct lang_options *o);  /* parses with imports, resolves, checks types; never NULL */
void lang_free(struct program *p);

/* Answers to lookups by address: object of outs, from plan or pinned in state. */
struct lang_answers { const struct pair *v; size_t n; };
struct lang_result {
    struct graph *graph;                                   /* NULL after errors */
    struct node *const *open; size_t nopen;                /* lookups whose answer decides keys, loops or conditions: answer, call again */
};
struct lang_result lang_eval(struct program *p, const struct lang_answers *answers);   /* may be called again with more answers */
/* "std/aws/ec2.Vpc", "lib/queue.Queue"; a file that is not yet part of the program is loaded and checked for it. NULL: no such type, or diagnostics. */
const struct rtype *lang_rtype(struct program *p, struct str name);
/* A type as text (rtype.h), borrowing the program's. Parameters, instances and files are not part of it: a type that needs them does not compile.
 * False: no such type. */
bool lang_source(struct program *p, struct arena *a, struct str name, struct rsource *out);
/* A program that knows only this text, borrowed until lang_free, and not the library either: ask lang_rtype for out of it. Never NULL; nothing is
 * checked again: what compiled once is good. */
struct program *lang_reload(struct sources *s, struct diags *d, const struct rsource *t);
/* The `let`s of a file as plain known values: sandbox behaviours. NULL after errors. */
const struct value *lang_values(struct sources *s, struct diags *d, struct arena *a, struct str path, lang_loader *load, void *user);

/* The embedded library (generated at build time). */
bool stdlib_text(struct str path, struct str *text);       /* "aws/ec2.kcl", "aws/models/ec2.model", "sandbox/ec2.kcl" */
size_t stdlib_list(const struct str **paths);

#endif
