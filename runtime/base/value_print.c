/* value_print.c - values as .kcl source, for people: what is printed reads back as the same value, but for secrets and unknowns. */
#include "kc/value.h"
#include "kc/arena.h"
#include "kc/diag.h"
#include "scalar.h"

enum { DEPTH = 256, WEIGHT = 4 << 20 };                    /* more nodes than these are not walked: parts may be shared over and over */

static bool unsafe(uint32_t r)
{
    return r < 0x20 || (r >= 0x7f && r < 0xa0) || r == 0x200e || r == 0x200f || (r >= 0x2028 && r <= 0x202e) ||
           (r >= 0x2066 && r <= 0x2069) || r == 0xfeff || r == RUNE_BAD;
}

static void quote(struct buf *out, struct str s)
{
    buf_putc(out, '"');
    for (size_t i = 0; i < s.n;) {
        size_t from = i;
        uint32_t r = str_rune(s, &i);
        if (r == '"' || r == '\\')
            buf_fmt(out, "\\%c", (char)r);
        else if (r == '\n' || r == '\t' || r == '\r')
            buf_fmt(out, "\\%c", r == '\n' ? 'n' : r == '\t' ? 't' : 'r');
        else if (unsafe(r))
            buf_fmt(out, "\\u{%x}", r == RUNE_BAD ? 0xfffd : r);
        else
            buf_add(out, s.s + from, i - from);
    }
    buf_putc(out, '"');
}

static bool is_name(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.s[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(i && c >= '0' && c <= '9'))
            return false;
    }
    return s.n > 0;
}

static void print(struct buf *out, const struct value *v, unsigned depth);

static void print_list(struct buf *out, const struct value *v, unsigned depth)
{
    buf_putc(out, '[');
    for (size_t i = 0; i < v->list.n; i++) {
        buf_cstr(out, i ? ", " : "");
        print(out, v->list.v[i], depth + 1);
    }
    buf_putc(out, ']');
}

static void print_object(struct buf *out, const struct value *v, unsigned depth)
{
    if (!v->object.n) {
        buf_cstr(out, "{}");
        return;
    }
    buf_cstr(out, "{ ");
    for (size_t i = 0; i < v->object.n; i++) {
        struct str key = v->object.v[i].key;
        buf_cstr(out, i ? ", " : "");
        if (is_name(key))
            buf_str(out, key);
        else
            quote(out, key);
        buf_cstr(out, " = ");
        print(out, v->object.v[i].value, depth + 1);
    }
    buf_cstr(out, " }");
}

static void print_scalar(struct buf *out, const struct value *v)
{
    struct arena *a = arena_new();
    if (v->bulk)
        buf_str(out, digest_text(a, v));
    else if (v->kind == VALUE_STRING)
        quote(out, v->s);
    else if (v->kind == VALUE_SIZE)
        buf_str(out, size_text(a, v->i));
    else if (v->kind == VALUE_NONE)
        buf_cstr(out, "none");
    else
        buf_fmt(out, "%s%.*s", v->kind == VALUE_VERSION ? "v" : "", STR_ARG(value_text(a, v)));
    arena_free(a);
}

static void print(struct buf *out, const struct value *v, unsigned depth)
{
    if (v->secret)
        buf_cstr(out, "(secret)");
    else if (depth > DEPTH || value_weight(v) > WEIGHT || out->failed)
        buf_cstr(out, "...");
    else if (v->kind == VALUE_UNKNOWN)
        buf_cstr(out, v->unknown.phase == PHASE_APPLY ? "(known after apply)" : "(known at plan)");
    else if (v->kind == VALUE_LIST)
        print_list(out, v, depth);
    else if (v->kind == VALUE_OBJECT)
        print_object(out, v, depth);
    else
        print_scalar(out, v);
}

void value_print(struct buf *out, const struct value *v)
{
    print(out, v, 0);
}

struct str value_brief(struct arena *a, const struct value *v, size_t limit)
{
    struct buf b = { 0 }, one = { 0 };
    if (!v)
        return STR("none");
    value_print(&b, v);
    bool gap = false;
    for (size_t i = 0; i < b.n && one.n < limit; i++) {
        bool blank = b.s[i] == ' ' || b.s[i] == '\n' || b.s[i] == '\t';
        if (!blank || !gap)
            buf_putc(&one, blank ? ' ' : b.s[i]);
        gap = blank;
    }
    if (one.n >= limit && limit > 3) {
        for (one.n = limit - 3; one.n && ((unsigned char)one.s[one.n] & 0xC0) == 0x80; one.n--)
            ;
        buf_cstr(&one, "...");
    }
    buf_fini(&b);
    struct buf safe = { 0 };
    text_safe(&safe, buf_view(&one));
    buf_fini(&one);
    return buf_take(&safe, a);
}

/* One letter of a secret is no secret, and every text has it. */
enum { SCRUB_FROM = 4 };

static struct str replaced(struct arena *a, struct str text, struct str x)
{
    struct buf b = { 0 };
    for (size_t at; x.n >= SCRUB_FROM && (at = str_find(text, x)) != SIZE_MAX; text = str_sub(text, at + x.n, text.n)) {
        buf_str(&b, str_sub(text, 0, at));
        buf_cstr(&b, "(secret)");
    }
    if (!b.n)
        return text;
    buf_str(&b, text);
    return buf_take(&b, a);
}

struct str value_scrub(struct arena *a, struct str text, const struct value *v)
{
    if (!v || !value_has_secret(v))
        return text;
    for (size_t i = 0; v->kind == VALUE_LIST && i < v->list.n; i++)
        text = value_scrub(a, text, v->list.v[i]);
    for (size_t i = 0; v->kind == VALUE_OBJECT && i < v->object.n; i++)
        text = value_scrub(a, text, v->object.v[i].value);
    return v->kind == VALUE_STRING ? replaced(a, text, v->s) : text;
}
