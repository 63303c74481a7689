/* term_print.c - terms as .kcl, for people. Parentheses only where the grammar needs them. */
#include "expr.h"
#include "kc/arena.h"

/* Loosest to tightest, as in the grammar. */
enum { IF, COALESCE, OR, AND, COMPARE, RANGE, ADD, MUL, UNARY, POST, PRIMARY };

static void print(struct buf *out, const struct term *t, int least, unsigned depth);

static int op_level(enum term_op op)
{
    switch (op) {
    case OP_COALESCE: return COALESCE;
    case OP_OR: return OR;
    case OP_AND: return AND;
    case OP_RANGE: return RANGE;
    case OP_ADD: case OP_SUB: return ADD;
    case OP_MUL: case OP_DIV: return MUL;
    case OP_NEG: case OP_NOT: return UNARY;
    default: return COMPARE;
    }
}

static int level(const struct term *t)
{
    switch (t->kind) {
    case TERM_IF: return IF;
    case TERM_OP: return op_level(t->op);
    case TERM_CONST: return t->value->kind == VALUE_RANGE ? RANGE : PRIMARY;
    default: return POST;
    }
}

static void print_op(struct buf *out, const struct term *t, unsigned depth)
{
    int l = op_level(t->op);
    if (l == UNARY) {
        buf_cstr(out, op_name(t->op));
        print(out, t->args[0], UNARY, depth);
        return;
    }
    print(out, t->args[0], l == COMPARE || l == RANGE ? l + 1 : l, depth);
    buf_fmt(out, l == RANGE ? "%s" : " %s ", op_name(t->op));
    print(out, t->args[1], l + 1, depth);
}

static void print_args(struct buf *out, const struct term *t, unsigned depth)
{
    for (size_t i = 0; i < t->nargs; i++) {
        buf_cstr(out, i ? ", " : "");
        buf_cstr(out, t->kind == TERM_LIST && t->spread && t->spread[i] ? "..." : "");
        print(out, t->args[i], IF, depth);
    }
}

static void print_key(struct buf *out, struct str key)
{
    const struct value v = { .kind = VALUE_STRING, .s = key };
    bool plain = key.n > 0;
    for (size_t i = 0; i < key.n && plain; i++)
        plain = ((key.s[i] | 32) >= 'a' && (key.s[i] | 32) <= 'z') || key.s[i] == '_' || (i && key.s[i] >= '0' && key.s[i] <= '9');
    if (plain)
        buf_str(out, key);
    else
        value_print(out, &v);
}

static void print_object(struct buf *out, const struct term *t, unsigned depth)
{
    buf_cstr(out, "{ ");
    for (size_t i = 0; i < t->nargs; i++) {
        buf_cstr(out, i ? ", " : "");
        if (t->keys[i].s) {
            print_key(out, t->keys[i]);
            buf_cstr(out, " = ");
        } else {
            buf_cstr(out, "...");
        }
        print(out, t->args[i], IF, depth);
    }
    buf_cstr(out, t->nargs ? " }" : "}");
}

static void print_for(struct buf *out, const struct term *t, unsigned depth)
{
    bool map = t->nargs > 3 && t->args[3];
    buf_cstr(out, map ? "{ for " : "[for ");
    if (t->name2.n)
        buf_fmt(out, "%.*s, ", STR_ARG(t->name2));
    buf_fmt(out, "%.*s in ", STR_ARG(t->name));
    print(out, t->args[0], COALESCE, depth);
    if (t->args[1]) {
        buf_cstr(out, " if ");
        print(out, t->args[1], COALESCE, depth);
    }
    buf_cstr(out, map ? " { [" : ": ");
    if (map) {
        print(out, t->args[3], IF, depth);
        buf_cstr(out, "] = ");
    }
    print(out, t->args[2], IF, depth);
    buf_cstr(out, map ? " } }" : "]");
}

/* A constant as it stands between quotes. */
static bool print_text(struct buf *out, const struct term *t)
{
    enum value_kind k = t->kind == TERM_CONST && !t->value->secret ? t->value->kind : VALUE_NONE;
    if (k == VALUE_NONE || k == VALUE_SIZE || k >= VALUE_LIST)
        return false;
    struct arena *a = arena_new();
    const struct value text = { .kind = VALUE_STRING, .s = value_text(a, t->value) };
    struct buf b = { 0 };
    value_print(&b, &text);
    struct str s = buf_view(&b);
    buf_str(out, str_sub(s, 1, s.n - 1));
    buf_fini(&b);
    arena_free(a);
    return true;
}

static void print_join(struct buf *out, const struct term *t, unsigned depth)
{
    buf_putc(out, '"');
    for (size_t i = 0; i < t->nargs; i++) {
        if (print_text(out, t->args[i]))
            continue;
        buf_cstr(out, "\\(");
        print(out, t->args[i], IF, depth);
        buf_putc(out, ')');
    }
    buf_putc(out, '"');
}

static void print_kind(struct buf *out, const struct term *t, unsigned depth)
{
    switch (t->kind) {
    case TERM_CONST: value_print(out, t->value); break;
    case TERM_REF:
        buf_str(out, t->name);
        buf_fmt(out, t->path.n ? ".%.*s" : "%.*s", STR_ARG(t->path));
        break;
    case TERM_PARAM: buf_str(out, t->name); break;
    case TERM_OP: print_op(out, t, depth); break;
    case TERM_CALL:
        buf_fmt(out, "%.*s(", STR_ARG(t->name));
        print_args(out, t, depth);
        buf_putc(out, ')');
        break;
    case TERM_FIELD:
        print(out, t->args[0], POST, depth);
        buf_fmt(out, "%s%.*s", str_is(t->path, "?") ? "?." : ".", STR_ARG(t->name));
        break;
    case TERM_INDEX:
        print(out, t->args[0], POST, depth);
        buf_putc(out, '[');
        print(out, t->args[1], IF, depth);
        buf_putc(out, ']');
        break;
    case TERM_IF:
        buf_cstr(out, "if ");
        print(out, t->args[0], COALESCE, depth);
        buf_cstr(out, " then ");
        print(out, t->args[1], IF, depth);
        buf_cstr(out, " else ");
        print(out, t->args[2], IF, depth);
        break;
    case TERM_LIST:
        buf_putc(out, '[');
        print_args(out, t, depth);
        buf_putc(out, ']');
        break;
    case TERM_OBJECT: print_object(out, t, depth); break;
    case TERM_FOR: print_for(out, t, depth); break;
    case TERM_JOIN: print_join(out, t, depth); break;
    }
}

static void print(struct buf *out, const struct term *t, int least, unsigned depth)
{
    if (depth > EVAL_DEPTH) {
        buf_cstr(out, "...");
        return;
    }
    bool group = level(t) < least;
    buf_cstr(out, group ? "(" : "");
    print_kind(out, t, depth + 1);
    buf_cstr(out, group ? ")" : "");
}

void term_print(struct buf *out, const struct term *t)
{
    print(out, t, IF, 0);
}
