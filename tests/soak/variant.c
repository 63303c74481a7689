/* variant.c - see variant.h. */
#include "variant.h"
#include "kc/arena.h"

/* Bars inside the braces of a value are not the hole's: `{{{ key = "a" }|}}`. */
static size_t alternatives(struct str s, unsigned want, struct str *out)
{
    size_t n = 0, from = 0, i;
    int depth = 0;

    for (i = 0; i <= s.n; i++) {
        if (i < s.n && s.s[i] == '{')
            depth++;
        if (i < s.n && s.s[i] == '}')
            depth--;
        if (i < s.n && (s.s[i] != '|' || depth))
            continue;
        if (n++ == want && out)
            *out = str_sub(s, from, i);
        from = i + 1;
    }
    return n;
}

static struct str inside(const struct variant *v, size_t hole)
{
    return str_sub(v->text, v->holes[hole].from + 2 + v->holes[hole].forward, v->holes[hole].to - 2);
}

/* The end of the hole that begins at `from`: its braces balance. */
static size_t end_of(struct str text, size_t from)
{
    int depth = 0;
    size_t i;

    for (i = from; i < text.n; i++) {
        if (text.s[i] == '{')
            depth++;
        if (text.s[i] == '}' && !--depth)
            return i + 1;
    }
    return text.n;
}

void variant_read(struct variant *v, struct str text)
{
    size_t i;

    *v = (struct variant){ .text = text };
    for (i = 0; i + 1 < text.n; i++) {
        if (text.s[i] != '{' || text.s[i + 1] != '{')
            continue;
        if (v->nholes == MAX_HOLES)
            die("a file of variants has more than %d places", MAX_HOLES);
        v->holes[v->nholes].from = i;
        v->holes[v->nholes].to = end_of(text, i);
        v->holes[v->nholes].forward = text.s[i + 2] == '>';
        v->holes[v->nholes].n = alternatives(inside(v, v->nholes), 0, NULL);
        i = v->holes[v->nholes++].to - 1;
    }
}

struct str variant_text(const struct variant *v, const struct choice *c, struct arena *a)
{
    struct buf b = { 0 };
    size_t at = 0, i;

    for (i = 0; i < v->nholes; i++) {
        struct str one = STR_NONE;

        buf_str(&b, str_sub(v->text, at, v->holes[i].from));
        alternatives(inside(v, i), c->at[i], &one);
        buf_str(&b, one);
        at = v->holes[i].to;
    }
    buf_str(&b, str_sub(v->text, at, v->text.n));
    return buf_take(&b, a);
}

bool variant_step(const struct variant *v, struct choice *c, size_t hole, uint64_t chance)
{
    unsigned n = (unsigned)v->holes[hole].n, at = c->at[hole];

    if (v->holes[hole].forward) {
        if (at + 1 >= n)
            return false;
        c->at[hole] = at + 1 + (unsigned)(chance % (n - at - 1));
        return true;
    }
    if (n < 2)
        return false;
    c->at[hole] = (at + 1 + (unsigned)(chance % (n - 1))) % n;
    return true;
}
