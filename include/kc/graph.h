/* graph.h - what lang hands to the runtime: nodes, edges, the types they use. Nothing else crosses.
 * Ownership: a graph and all in it live in one arena; the runtime only reads it.
 * Addresses: docs/design.md, Addresses, never an index. */
#ifndef KC_GRAPH_H
#define KC_GRAPH_H
#include "kc/provider.h"
#include "kc/rtype.h"

enum node_kind { NODE_RESOURCE, NODE_LOOKUP, NODE_GATE, NODE_ASSERT, NODE_OUT };
enum edge_kind {
    EDGE_DATA,                                             /* uses an output of `to` */
    EDGE_AFTER,                                            /* created after, deleted before `to` */
    EDGE_HOLD,                                             /* `to` must outlive this while this is being deleted */
    /* of records alone: `to` has @keep(this), and this was last written with that generation of it; was written with it before, and may follow it still */
    EDGE_KEEP, EDGE_KEPT
};
struct node;
struct edge {
    struct node *to;                                       /* the one depended upon */
    enum edge_kind kind;
    struct span span;                                      /* the expression or annotation that made it */
};
struct node {
    struct str addr;                                       /* "payments.network.public[\"eu-west-1a\"]" */
    enum node_kind kind;
    const struct rtype *type;                              /* RESOURCE, LOOKUP */
    const struct value *inputs;                            /* object; RESOURCE, LOOKUP: every declared field, defaults filled in */
    const struct value *value;                             /* ASSERT: the condition; OUT: the value */
    const struct value *message;                           /* ASSERT: text, maybe unknown */
    const struct type *out_type;                           /* OUT */
    bool secret;                                           /* OUT */
    struct str doc;
    const struct provider *provider;                       /* where it lives, or NULL: OUT, some ASSERTs */
    struct span provider_at;                               /* where the region is written */
    struct edge *edges; size_t nedges;
    struct node **keeps; size_t nkeeps;                    /* those that have @keep(this) and that this depends on, directly or not */
    struct { bool set; bool on; } protect;                 /* @protect, @protect(expr) */
    bool pin;                                              /* LOOKUP: @pin */
    struct str adopt;                                      /* @adopt("vpc-123"): id, or empty */
    const struct str *ignore; size_t nignore;              /* @ignore(field) */
    enum { REPLACE_AUTO, REPLACE_CREATE_FIRST, REPLACE_DELETE_FIRST } replace;
    struct span span;                                      /* the instance's kind and label */
    struct span block;                                     /* the same, or of the block of the user's file by which the library made it */
    const struct span *field_spans;                        /* one per type field, SPAN_NONE where defaulted; or NULL */
    size_t index;                                          /* position in graph->nodes */
};
struct moved { struct str from, to; struct span span; };
struct graph {
    struct arena *arena;
    struct node **nodes; size_t nnodes;                    /* sorted by address after graph_finish */
    const struct rtype *const *types; size_t ntypes;       /* each once */
    const struct moved *moved; size_t nmoved;
    const struct value *params;                            /* object: the parameters used, for state */
    struct map *by_addr;
};
struct graph *graph_new(struct arena *a);
struct node *graph_add(struct graph *g, enum node_kind k, struct str addr, struct span at);   /* NULL: the address is taken (see graph_find) */
struct node *graph_find(const struct graph *g, struct str addr);
void graph_edge(struct graph *g, struct node *from, struct node *to, enum edge_kind k, struct span at);  /* doubles are dropped, the stronger kind kept */
void graph_keep(struct graph *g, struct node *user, struct node *kept);    /* once each */
void graph_type(struct graph *g, const struct rtype *t);   /* once each */
/* Makes the data edges from the references inside inputs and values, sorts, and reports cycles with the whole path (E0410). False: cycles or references to nowhere. */
bool graph_finish(struct graph *g, struct diags *d);
/* Dependencies before dependents; ties by address. Only after graph_finish said true. */
struct node **graph_order(struct graph *g, struct arena *a);
void graph_text(struct buf *out, const struct graph *g);   /* a line a node, its edges below */
void graph_json(struct buf *out, const struct graph *g);   /* {"version": 1, ...}; schema in docs/graph.md */
void graph_dot(struct buf *out, const struct graph *g);
/* Address text <-> parts. address_join: base + ".name", or + "[\"key\"]" with key escaped; base may be empty. */
struct str address_name(struct arena *a, struct str base, struct str name);
struct str address_key(struct arena *a, struct str base, struct str key);
bool address_valid(struct str addr);
struct str address_normal(struct arena *a, struct str addr);               /* x["general"] is read as x.general */
struct str address_tag(struct arena *a, struct str addr);                  /* the form in owner tags, 7.7 */

#endif
