/* builtin_encode.c - built-in functions that encode and decode: base64, JSON, YAML, URLs, SHA-256. */
#include "builtin.h"
#include "kc/arena.h"
#include "kc/hash.h"
#include "kc/json.h"
#include <string.h>

const struct value *bi_base64(struct call *c)
{
    struct str s = c->v[0]->s;
    return eval_text(c->e, s.n / 3 * 4 + 4, c->at) ? value_str(c->a, base64(c->a, s)) : NULL;
}

const struct value *bi_base64_decode(struct call *c)
{
    struct str s;
    if (!base64_decode(c->a, c->v[0]->s, &s))
        return call_fail(c, "%.*s is not base64", STR_ARG(value_shown(c->a, c->v[0])));
    return str_utf8(s) ? value_str(c->a, s) : call_fail(c, "what it stands for is not text");
}

const struct value *bi_sha256(struct call *c)
{
    return value_str(c->a, sha256_hex(c->a, c->v[0]->s));
}

const struct value *bi_sha256_base64(struct call *c)
{
    uint8_t sum[32];
    sha256(c->v[0]->s, sum);
    return value_str(c->a, base64(c->a, (struct str){ (const char *)sum, sizeof sum }));
}

const struct value *bi_blob(struct call *c)
{
    return value_bulk(c->a, c->v[0]);
}

const struct value *bi_blob_of(struct call *c)
{
    struct digest d = { .n = sizeof d.sum, .size = (uint64_t)c->v[1]->i };
    struct str sum;
    if (!base64_decode(c->a, c->v[0]->s, &sum) || sum.n != sizeof d.sum || c->v[1]->i < 0)
        return call_fail(c, "%.*s is not the SHA-256 of %lld bytes", STR_ARG(value_shown(c->a, c->v[0])), (long long)c->v[1]->i);
    memcpy(d.sum, sum.s, sizeof d.sum);
    return value_digest(c->a, &d, false);
}

const struct value *bi_json(struct call *c)
{
    if (c->v[0]->kind == VALUE_REF)
        return call_fail(c, "an instance has no JSON: name its fields");
    struct buf b = { .limit = EVAL_TEXT };
    json_write(&b, c->v[0], JSON_CANONICAL, true);
    return call_text(c, &b);
}

const struct value *bi_json_decode(struct call *c)
{
    struct str why = STR_NONE;
    const struct value *v = json_read(c->a, c->v[0]->s, 0, &why);
    return v ? v : c->v[0]->secret ? call_fail(c, "not JSON") : call_fail(c, "not JSON: %.*s", STR_ARG(why));
}

static const struct value *tree(struct call *c, const struct value *v)
{
    struct str why;
    const struct value *t = v->kind == VALUE_STRING ? json_read(c->a, v->s, 0, &why) : v;
    return t ? t : v;                                      /* text that is no JSON is equal to the same text */
}

const struct value *bi_json_equal(struct call *c)
{
    return value_bool(value_eq(tree(c, c->v[0]), tree(c, c->v[1])));
}

const struct value *bi_url_encode(struct call *c)
{
    struct buf b = { .limit = EVAL_TEXT };
    for (size_t i = 0; i < c->v[0]->s.n; i++) {
        unsigned char x = (unsigned char)c->v[0]->s.s[i];
        bool plain = (x >= '0' && x <= '9') || ((x | 32) >= 'a' && (x | 32) <= 'z') || x == '-' || x == '.' || x == '_' || x == '~';
        if (plain)
            buf_putc(&b, (char)x);
        else
            buf_fmt(&b, "%%%02X", x);
    }
    return call_text(c, &b);
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 32);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

const struct value *bi_url_decode(struct call *c)
{
    struct str s = c->v[0]->s;
    struct buf b = { .limit = EVAL_TEXT };
    for (size_t i = 0; i < s.n; i++) {
        int hi = s.s[i] == '%' && i + 2 < s.n ? nibble(s.s[i + 1]) : -1, lo = hi >= 0 ? nibble(s.s[i + 2]) : -1;
        if (s.s[i] == '%' && lo < 0) {
            buf_fini(&b);
            return call_fail(c, "a %% without two hexadecimal digits");
        }
        buf_putc(&b, (char)(s.s[i] == '+' ? ' ' : lo < 0 ? s.s[i] : hi << 4 | lo));
        i += lo < 0 ? 0 : 2;
    }
    if (str_utf8(buf_view(&b)))
        return call_text(c, &b);
    buf_fini(&b);
    return call_fail(c, "what it stands for is not text");
}

/* ---- YAML: block style; every text is quoted as JSON, which YAML 1.2 takes, so that no text turns into a number or a date ---- */

static void yaml(struct buf *b, const struct value *v, unsigned depth, bool inline_first)
{
    bool list = v->kind == VALUE_LIST && v->list.n, object = v->kind == VALUE_OBJECT && v->object.n;
    size_t n = list ? v->list.n : object ? v->object.n : 0;
    if (!n || depth > TYPE_DEPTH) {
        json_write(b, v, JSON_CANONICAL, true);
        buf_putc(b, '\n');
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const struct value *x = list ? v->list.v[i] : v->object.v[i].value;
        bool nested = (x->kind == VALUE_LIST && x->list.n) || (x->kind == VALUE_OBJECT && x->object.n);
        for (unsigned k = 0; k < depth * 2 && !(inline_first && i == 0); k++)
            buf_putc(b, ' ');
        if (object) {
            const struct value key = { .kind = VALUE_STRING, .s = v->object.v[i].key };
            json_write(b, &key, JSON_CANONICAL, true);
            buf_putc(b, ':');
        } else {
            buf_putc(b, '-');
        }
        buf_putc(b, object && nested ? '\n' : ' ');
        yaml(b, x, depth + 1, list && nested);
    }
}

const struct value *bi_yaml(struct call *c)
{
    if (c->v[0]->kind == VALUE_REF)
        return call_fail(c, "an instance has no YAML: name its fields");
    struct buf b = { .limit = EVAL_TEXT };
    yaml(&b, c->v[0], 0, false);
    return call_text(c, &b);
}
