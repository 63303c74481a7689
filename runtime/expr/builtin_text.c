/* builtin_text.c - built-in functions over text. Positions count characters (code points). Regular expressions: builtin_regex.c. */
#include "builtin.h"
#include "kc/arena.h"
#include "kc/hash.h"
#include <string.h>

static const struct value *case_of(struct call *c, char from, char to)
{
    struct str s = str_dup(c->a, c->v[0]->s);
    char *p = (char *)s.s;
    for (size_t i = 0; i < s.n; i++)
        if (p[i] >= from && p[i] <= to)
            p[i] = (char)(p[i] ^ 0x20);
    return value_str(c->a, s);
}

const struct value *bi_upper(struct call *c)
{
    return case_of(c, 'a', 'z');
}

const struct value *bi_lower(struct call *c)
{
    return case_of(c, 'A', 'Z');
}

const struct value *bi_trim(struct call *c)
{
    return value_str(c->a, str_trim(c->v[0]->s));
}

const struct value *bi_split(struct call *c)
{
    struct str s = c->v[0]->s, sep = c->v[1]->s;
    if (!sep.n)
        return call_fail(c, "`split` needs a separator");
    size_t n = 1, at, k = 0;
    for (struct str r = s; (at = str_find(r, sep)) != SIZE_MAX; n++)
        r = str_sub(r, at + sep.n, r.n);
    if (!eval_spend(c->e, n, c->at))
        return NULL;
    const struct value **v = ARENA_ARRAY(c->a, const struct value *, n);
    for (; (at = str_find(s, sep)) != SIZE_MAX; s = str_sub(s, at + sep.n, s.n))
        v[k++] = value_str(c->a, str_sub(s, 0, at));
    v[k++] = value_str(c->a, s);
    return value_list(c->a, v, n);
}

const struct value *bi_join(struct call *c)
{
    struct buf b = { .limit = EVAL_TEXT };
    for (size_t i = 0; i < c->v[0]->list.n && !c->e->failed; i++) {
        struct str s = expr_to_text(c->e, c->v[0]->list.v[i], c->at);
        if (i)
            buf_str(&b, c->v[1]->s);
        buf_str(&b, s);
    }
    if (!c->e->failed)
        return call_text(c, &b);
    buf_fini(&b);
    return NULL;
}

const struct value *bi_replace(struct call *c)
{
    struct str s = c->v[0]->s, from = c->v[1]->s;
    if (!from.n)
        return call_fail(c, "`replace` needs something to replace");
    struct buf b = { .limit = EVAL_TEXT };
    for (size_t at; (at = str_find(s, from)) != SIZE_MAX; s = str_sub(s, at + from.n, s.n)) {
        buf_str(&b, str_sub(s, 0, at));
        buf_str(&b, c->v[2]->s);
    }
    buf_str(&b, s);
    return call_text(c, &b);
}

const struct value *bi_starts(struct call *c)
{
    return value_bool(str_starts(c->v[0]->s, c->v[1]->s));
}

const struct value *bi_ends(struct call *c)
{
    return value_bool(str_ends(c->v[0]->s, c->v[1]->s));
}

static size_t length(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; n++)
        str_rune(s, &i);
    return n;
}

/* The offset of character n, or the end. */
static size_t offset(struct str s, uint64_t n)
{
    size_t i = 0;
    while (n-- && i < s.n)
        str_rune(s, &i);
    return i;
}

const struct value *bi_substr(struct call *c)
{
    struct str s = c->v[0]->s;
    if (c->v[1]->i < 0 || (c->n > 2 && c->v[2]->i < 0))
        return call_fail(c, "`substr` counts from 0: got a negative number");
    size_t from = offset(s, (uint64_t)c->v[1]->i);
    s = str_sub(s, from, s.n);
    return value_str(c->a, c->n > 2 ? str_sub(s, 0, offset(s, (uint64_t)c->v[2]->i)) : s);
}

static const struct value *pad(struct call *c, bool left)
{
    struct str fill = c->n > 2 ? c->v[2]->s : STR(" ");
    int64_t want = c->v[1]->i;
    if (want > 65536 || length(fill) != 1)
        return call_fail(c, want > 65536 ? "a width over 65536" : "the fill must be one character");
    size_t have = length(c->v[0]->s);
    struct buf b = { 0 };
    if (!left)
        buf_str(&b, c->v[0]->s);
    for (size_t i = have; (int64_t)i < want; i++)
        buf_str(&b, fill);
    if (left)
        buf_str(&b, c->v[0]->s);
    return call_text(c, &b);
}

const struct value *bi_pad_left(struct call *c)
{
    return pad(c, true);
}

const struct value *bi_pad_right(struct call *c)
{
    return pad(c, false);
}

const struct value *bi_indent(struct call *c)
{
    int64_t columns = c->v[1]->i;
    if (columns < 0 || columns > 256)
        return call_fail(c, "indentation must be in 0..256, got %lld", (long long)columns);
    struct str rest = c->v[0]->s, line;
    struct buf b = { .limit = EVAL_TEXT };
    for (bool first = true; str_cut(&rest, '\n', &line); first = false) {
        buf_cstr(&b, first ? "" : "\n");
        for (int64_t i = 0; i < columns && line.n; i++)
            buf_putc(&b, ' ');
        buf_str(&b, line);
    }
    return call_text(c, &b);
}

/* ---- text with a form ---- */

const struct value *bi_id(struct call *c)
{
    if (id_fits(c->v[0]->s, c->v[1]->s))
        return c->v[1];
    return call_fail(c, "%.*s is not an id of this kind: it would start with \"%.*s-\"", STR_ARG(value_shown(c->a, c->v[1])),
                     STR_ARG(c->v[0]->s));
}

const struct value *bi_arn(struct call *c)
{
    if (arn_fits(c->v[0]->s, c->v[1]->s, c->v[2]->s))
        return c->v[2];
    return call_fail(c, "%.*s is not an ARN of %.*s %.*s", STR_ARG(value_shown(c->a, c->v[2])), STR_ARG(c->v[0]->s), STR_ARG(c->v[1]->s));
}

/* What is too long for most services gives up its end for a digest of the whole, which tells two long labels apart. */
const struct value *bi_fresh(struct call *c)
{
    enum { LONGEST = 63, DIGITS = 8 };
    struct str label = c->v[0]->s, suffix = c->v[1]->s;
    if (label.n + suffix.n > LONGEST && suffix.n + DIGITS + 1 < LONGEST) {
        struct str digest = str_sub(sha256_hex(c->a, label), 0, DIGITS);
        label = str_fmt(c->a, "%.*s-%.*s", (int)(LONGEST - DIGITS - 1 - suffix.n), label.s, STR_ARG(digest));
    }
    return value_str(c->a, str_fmt(c->a, "%.*s%.*s", STR_ARG(label), STR_ARG(suffix)));
}
