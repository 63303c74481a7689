/* print.c - the graph as text, JSON and DOT. JSON: one node a line, schema version 1, described in docs/graph.md. */
#include "room.h"
#include "kc/arena.h"
#include "kc/json.h"

static const char *const node_kinds[] = { "resource", "lookup", "gate", "assert", "out" };
static const char *const edge_kinds[] = { "data", "after", "hold" };
static const char *const replace_kinds[] = { "auto", "create_first", "delete_first" };

void graph_text(struct buf *out, const struct graph *g)
{
    for (size_t i = 0; i < g->nnodes; i++) {
        const struct node *n = g->nodes[i];
        buf_fmt(out, "%.*s  (%s%s%.*s)\n", STR_ARG(n->addr), node_kinds[n->kind], n->type ? " " : "", n->type ? (int)n->type->name.n : 0,
                n->type ? n->type->name.s : "");
        for (size_t k = 0; k < n->nkeeps; k++)
            buf_fmt(out, "  keeps %.*s\n", STR_ARG(n->keeps[k]->addr));
        for (size_t k = 0; k < n->nedges; k++)
            buf_fmt(out, "  %s %.*s\n", n->edges[k].kind == EDGE_DATA ? "uses" : n->edges[k].kind == EDGE_AFTER ? "after" : "holds",
                    STR_ARG(n->edges[k].to->addr));
    }
}

/* ---- JSON ---- */

static void json_text(struct buf *out, struct str s)
{
    const struct value v = { .kind = VALUE_STRING, .s = s };
    json_write(out, &v, JSON_CANONICAL, false);
}

static void put_text(struct buf *out, const char *key, struct str s)
{
    buf_fmt(out, "%s\"%s\":", key[0] == '+' ? "" : ",", key + (key[0] == '+'));
    json_text(out, s);
}

static void put_value(struct buf *out, const char *key, const struct value *v)
{
    struct arena *a = arena_new();
    buf_fmt(out, ",\"%s\":", key);
    json_write(out, value_pack(a, v), JSON_TYPED | JSON_CANONICAL, false);
    arena_free(a);
}

static void put_edges(struct buf *out, const struct node *n)
{
    buf_cstr(out, ",\"edges\":[");
    for (size_t k = 0; k < n->nedges; k++) {
        buf_cstr(out, k ? ",{" : "{");
        put_text(out, "+to", n->edges[k].to->addr);
        put_text(out, "kind", str_of(edge_kinds[n->edges[k].kind]));
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
    for (size_t k = 0; k < n->nkeeps; k++) {
        buf_cstr(out, k ? "," : ",\"keeps\":[");
        json_text(out, n->keeps[k]->addr);
    }
    buf_cstr(out, n->nkeeps ? "]" : "");
}

static void put_provider(struct buf *out, const struct provider *p)
{
    if (!p || (!p->region.n && !p->profile.n && !p->role.n && !p->endpoint.n))
        return;
    buf_cstr(out, ",\"provider\":{");
    put_text(out, "+region", p->region);
    put_text(out, "profile", p->profile);
    put_text(out, "role", p->role);
    put_text(out, "endpoint", p->endpoint);
    buf_putc(out, '}');
}

static void put_marks(struct buf *out, const struct node *n)
{
    if (n->protect.set)
        buf_fmt(out, ",\"protect\":%s", n->protect.on ? "true" : "false");
    if (n->pin)
        buf_cstr(out, ",\"pin\":true");
    if (n->secret)
        buf_cstr(out, ",\"secret\":true");
    if (n->adopt.n)
        put_text(out, "adopt", n->adopt);
    if (n->replace != REPLACE_AUTO)
        put_text(out, "replace", str_of(replace_kinds[n->replace]));
    for (size_t i = 0; i < n->nignore; i++) {
        const struct value v = { .kind = VALUE_STRING, .s = n->ignore[i] };
        buf_cstr(out, i ? "," : ",\"ignore\":[");
        json_write(out, &v, JSON_CANONICAL, false);
    }
    buf_cstr(out, n->nignore ? "]" : "");
}

static void put_node(struct buf *out, const struct node *n)
{
    buf_putc(out, '{');
    put_text(out, "+addr", n->addr);
    put_text(out, "kind", str_of(node_kinds[n->kind]));
    if (n->type)
        put_text(out, "type", n->type->name);
    if (n->type)
        put_value(out, "inputs", n->inputs);
    if (n->value)
        put_value(out, "value", n->value);
    if (n->message)
        put_value(out, "message", n->message);
    if (n->doc.n)
        put_text(out, "doc", n->doc);
    put_provider(out, n->provider);
    put_marks(out, n);
    put_edges(out, n);
    buf_putc(out, '}');
}

void graph_json(struct buf *out, const struct graph *g)
{
    buf_cstr(out, "{\"version\":1");
    put_value(out, "params", g->params);
    buf_cstr(out, ",\"nodes\":[");
    for (size_t i = 0; i < g->nnodes; i++) {
        buf_cstr(out, i ? ",\n" : "\n");
        put_node(out, g->nodes[i]);
    }
    buf_cstr(out, g->nnodes ? "\n],\"moved\":[" : "],\"moved\":[");
    for (size_t i = 0; i < g->nmoved; i++) {
        buf_cstr(out, i ? ",{" : "{");
        put_text(out, "+from", g->moved[i].from);
        put_text(out, "to", g->moved[i].to);
        buf_putc(out, '}');
    }
    buf_cstr(out, "]}\n");
}

/* ---- DOT ---- */

static void dot_text(struct buf *out, struct str s)
{
    buf_putc(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.s[i] == '"' || s.s[i] == '\\')
            buf_putc(out, '\\');
        buf_putc(out, s.s[i]);
    }
    buf_putc(out, '"');
}

static struct str short_type(const struct node *n)
{
    struct str name = n->type ? n->type->name : str_of(node_kinds[n->kind]), rest = name, part;
    while (str_cut(&rest, '/', &part))
        name = part;
    return name;
}

void graph_dot(struct buf *out, const struct graph *g)
{
    static const char *const shape[] = { "box", "ellipse", "point", "diamond", "note" };
    buf_cstr(out, "digraph kc {\n  rankdir=RL;\n  node [fontname=\"sans-serif\", fontsize=11];\n");
    for (size_t i = 0; i < g->nnodes; i++) {
        const struct node *n = g->nodes[i];
        struct buf label = { 0 };
        buf_fmt(&label, "%.*s\n%.*s", STR_ARG(n->addr), STR_ARG(short_type(n)));
        buf_cstr(out, "  ");
        dot_text(out, n->addr);
        buf_fmt(out, " [shape=%s, label=", shape[n->kind]);
        dot_text(out, buf_view(&label));
        buf_cstr(out, "];\n");
        buf_fini(&label);
        for (size_t k = 0; k < n->nedges; k++) {
            buf_cstr(out, "  ");
            dot_text(out, n->addr);
            buf_cstr(out, " -> ");
            dot_text(out, n->edges[k].to->addr);
            buf_cstr(out, n->edges[k].kind == EDGE_DATA    ? ";\n"
                          : n->edges[k].kind == EDGE_AFTER ? " [style=dashed];\n"
                                                           : " [style=dotted];\n");
        }
    }
    buf_cstr(out, "}\n");
}
