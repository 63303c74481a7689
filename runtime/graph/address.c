/* address.c - addresses: name { "." name | "[" "\"key\"" "]" }. Keys are quoted as strings of the language.
 * The tag form (docs/design.md, Tokens and tags) has keys after "/"; a "/" or "." inside a key is escaped too, so that no two addresses meet. */
#include "kc/graph.h"
#include "kc/arena.h"
#include "kc/hash.h"

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t name_end(struct str s, size_t i)
{
    if (i >= s.n || !is_letter(s.s[i]))
        return i;
    while (i < s.n && (is_letter(s.s[i]) || is_digit(s.s[i])))
        i++;
    return i;
}

static bool is_name(struct str s)
{
    return s.n && name_end(s, 0) == s.n;
}

struct str address_name(struct arena *a, struct str base, struct str name)
{
    return base.n ? str_fmt(a, "%.*s.%.*s", STR_ARG(base), STR_ARG(name)) : str_dup(a, name);
}

struct str address_key(struct arena *a, struct str base, struct str key)
{
    struct buf b = { 0 };
    const struct value v = { .kind = VALUE_STRING, .s = key };
    buf_str(&b, base);
    buf_putc(&b, '[');
    value_print(&b, &v);
    buf_putc(&b, ']');
    return buf_take(&b, a);
}

/* ---- reading ---- */

struct step {
    bool key;
    struct str text;                                       /* a key as written between its quotes, escapes and all */
};

static bool read_escape(struct str s, size_t *i)
{
    char c = *i + 1 < s.n ? s.s[*i + 1] : '\0';
    *i += 2;
    if (c == 'n' || c == 'r' || c == 't' || c == '0' || c == '"' || c == '\\')
        return true;
    if (c != 'u' || *i >= s.n || s.s[*i] != '{')
        return false;
    size_t from = ++*i;
    while (*i < s.n && (is_digit(s.s[*i]) || ((s.s[*i] | 32) >= 'a' && (s.s[*i] | 32) <= 'f')))
        ++*i;
    return *i > from && *i - from <= 6 && *i < s.n && s.s[(*i)++] == '}';
}

/* The next step from *i on; false: no more, or (*bad) not an address. */
static bool next(struct str s, size_t *i, struct step *out, bool *bad)
{
    *bad = true;
    if (*i == s.n) {
        *bad = s.n == 0;
        return false;
    }
    if (s.s[*i] == '[' && *i > 0) {
        size_t at = *i + 2;
        if (at >= s.n || s.s[*i + 1] != '"')
            return false;
        size_t from = at;
        while (at < s.n && s.s[at] != '"') {
            if (s.s[at] != '\\')
                at++;
            else if (!read_escape(s, &at))
                return false;
        }
        if (at + 1 >= s.n || s.s[at + 1] != ']')
            return false;
        *out = (struct step){ true, str_sub(s, from, at) };
        *i = at + 2;
        return true;
    }
    size_t from = *i + (*i > 0);
    size_t end = name_end(s, from);
    if (end == from || (*i > 0 && s.s[*i] != '.'))
        return false;
    *out = (struct step){ false, str_sub(s, from, end) };
    *i = end;
    return true;
}

bool address_valid(struct str addr)
{
    struct step st;
    bool bad;
    size_t i = 0;
    while (next(addr, &i, &st, &bad))
        continue;
    return !bad;
}

struct str address_normal(struct arena *a, struct str addr)
{
    struct buf b = { 0 };
    struct step st;
    bool bad;
    for (size_t i = 0; next(addr, &i, &st, &bad);) {
        if (st.key && !is_name(st.text))
            buf_fmt(&b, "[\"%.*s\"]", STR_ARG(st.text));
        else
            buf_fmt(&b, "%s%.*s", b.n ? "." : "", STR_ARG(st.text));
    }
    struct str s = buf_take(&b, a);
    return bad ? str_dup(a, addr) : s;
}

/* ---- the form in tags ---- */

static void tag_bytes(struct buf *b, struct str s, bool key)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.s[i];
        bool plain = is_letter(c) || is_digit(c) || c == ':' || c == '+' || c == '@' || c == '-' || (!key && (c == '.' || c == '/'));
        if (plain)
            buf_putc(b, c);
        else
            buf_fmt(b, "=%02X", (unsigned)(unsigned char)c);
    }
}

enum { TAG_MAX = 256, TAG_CUT = 200 };

struct str address_tag(struct arena *a, struct str addr)
{
    struct buf b = { 0 };
    struct step st;
    bool bad;
    for (size_t i = 0; next(addr, &i, &st, &bad);) {
        buf_cstr(&b, st.key ? "/" : b.n ? "." : "");
        tag_bytes(&b, st.text, st.key);
    }
    if (bad) {
        b.n = 0;
        tag_bytes(&b, addr, true);
    }
    struct str s = buf_take(&b, a);
    return s.n <= TAG_MAX ? s : str_fmt(a, "%.*s==%.32s", TAG_CUT, s.s, sha256_hex(a, addr).s);
}
