/* type_print.c - types as .kcl source. A schema has its name; a shape without one is spelled out, long ones cut. */
#include "expr.h"
#include "kc/arena.h"
#include <math.h>

enum { SHOWN_FIELDS = 8, SHOWN_ALTERNATIVES = 12 };

static void print(struct buf *out, const struct type *t, unsigned depth);

static const char *kind_name(const struct type *t)
{
    switch (t->kind) {
    case TYPE_ANY: return "any";
    case TYPE_ERROR: return "(error)";
    case TYPE_NONE: return "none";
    case TYPE_BOOL: return "bool";
    case TYPE_INT: return "int";
    case TYPE_FLOAT: return "float";
    case TYPE_STRING: return "string";
    case TYPE_CIDR: return t->family == 4 ? "cidr4" : t->family == 6 ? "cidr6" : "cidr";
    case TYPE_IP: return t->family == 4 ? "ip4" : t->family == 6 ? "ip6" : "ip";
    case TYPE_SIZE: return "size";
    case TYPE_DURATION: return "duration";
    case TYPE_PERCENT: return "percent";
    case TYPE_RANGE: return "range";
    case TYPE_VERSION: return "version";
    case TYPE_DOCUMENT: return "document";
    case TYPE_BLOB: return "blob";
    case TYPE_LIST: return "list";
    case TYPE_SET: return "set";
    case TYPE_MAP: return "map";
    case TYPE_SECRET: return "secret";
    case TYPE_ID: return "id";
    case TYPE_ARN: return "arn";
    case TYPE_OBJECT: case TYPE_OPTIONAL: case TYPE_UNION: case TYPE_LITERAL: case TYPE_INSTANCE: break;
    }
    return "";
}

static void print_bound(struct buf *out, const struct type *t, double x)
{
    struct value v = { .kind = t->kind == TYPE_SIZE ? VALUE_SIZE : t->kind == TYPE_DURATION ? VALUE_DURATION : VALUE_INT };
    if (t->kind == TYPE_FLOAT || t->kind == TYPE_PERCENT || fabs(x) > 9e15) {
        buf_fmt(out, t->kind == TYPE_PERCENT ? "%.15g%%" : "%.15g", x);
        return;
    }
    v.i = (int64_t)x;
    value_print(out, &v);
}

static void print_constraint(struct buf *out, const struct type *t)
{
    if (t->check_text.n) {
        buf_fmt(out, "(%.*s)", STR_ARG(t->check_text));
        return;
    }
    if (!t->has_lo && !t->has_hi)
        return;
    buf_cstr(out, t->has_lo && t->has_hi ? "(" : t->has_lo ? "(it >= " : "(it <= ");
    if (t->has_lo)
        print_bound(out, t, t->lo);
    buf_cstr(out, t->has_lo && t->has_hi ? ".." : "");
    if (t->has_hi)
        print_bound(out, t, t->hi);
    buf_putc(out, ')');
}

static void print_object(struct buf *out, const struct type *t, unsigned depth)
{
    if (t->name.n) {
        buf_str(out, t->name);
        return;
    }
    buf_cstr(out, t->nfields || t->open ? "{ " : "{}");
    for (size_t i = 0; i < t->nfields && i < SHOWN_FIELDS; i++) {
        buf_fmt(out, "%s%.*s: ", i ? ", " : "", STR_ARG(t->fields[i].name));
        print(out, t->fields[i].type, depth + 1);
    }
    if (t->open || t->nfields > SHOWN_FIELDS)
        buf_cstr(out, t->nfields ? ", ..." : "...");
    buf_cstr(out, t->nfields || t->open ? " }" : "");
}

static void print_union(struct buf *out, const struct type *t, unsigned depth)
{
    for (size_t i = 0; i < t->nalt && i < SHOWN_ALTERNATIVES; i++) {
        buf_cstr(out, i ? " | " : "");
        print(out, t->alt[i], depth + 1);
    }
    if (t->nalt > SHOWN_ALTERNATIVES)
        buf_fmt(out, " | ... (%zu more)", t->nalt - SHOWN_ALTERNATIVES);
}

static void print_args(struct buf *out, const struct type *t, unsigned depth)
{
    if (t->kind == TYPE_ID || t->kind == TYPE_ARN) {
        if (t->name.n)
            buf_fmt(out, t->sub.n ? "[\"%.*s\", \"%.*s\"]" : "[\"%.*s\"]", STR_ARG(t->name), STR_ARG(t->sub));
        return;
    }
    bool empty = t->elem && t->elem->kind == TYPE_UNION && !t->elem->nalt;
    if (!t->elem || t->kind == TYPE_RANGE || empty)
        return;
    buf_putc(out, '[');
    print(out, t->elem, depth + 1);
    buf_putc(out, ']');
}

static void print(struct buf *out, const struct type *t, unsigned depth)
{
    if (depth > 8) {
        buf_cstr(out, "...");
    } else if (t->kind == TYPE_OPTIONAL) {
        bool group = t->elem->kind == TYPE_UNION;
        buf_cstr(out, group ? "(" : "");
        print(out, t->elem, depth + 1);
        buf_cstr(out, group ? ")?" : "?");
    } else if (t->kind == TYPE_OBJECT) {
        print_object(out, t, depth);
    } else if (t->kind == TYPE_UNION) {
        print_union(out, t, depth);
    } else if (t->kind == TYPE_LITERAL) {
        value_print(out, t->literal);
    } else if (t->kind == TYPE_INSTANCE) {
        buf_fmt(out, t->name.n ? "%.*s" : "instance%.*s", STR_ARG(t->name));
    } else {
        buf_cstr(out, kind_name(t));
        print_args(out, t, depth);
        print_constraint(out, t);
    }
}

void type_print(struct buf *out, const struct type *t)
{
    print(out, t, 0);
}

struct str type_text(struct arena *a, const struct type *t)
{
    struct buf b = { 0 };
    type_print(&b, t);
    return buf_take(&b, a);
}
