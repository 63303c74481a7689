/* utf8.c - code points out of slices. Overlong forms, surrogates and values over 10FFFF are not UTF-8. */
#include "kc/str.h"

uint32_t str_rune(struct str a, size_t *i)
{
    unsigned char c = (unsigned char)a.s[*i];
    if (c < 0x80) {
        *i += 1;
        return c;
    }
    size_t n = c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
    uint32_t r = n ? c & (0x7fu >> n) : 0;
    bool ok = n && n <= a.n - *i;
    for (size_t k = 1; ok && k < n; k++) {
        unsigned char d = (unsigned char)a.s[*i + k];
        ok = (d & 0xc0) == 0x80;
        r = r << 6 | (d & 0x3f);
    }
    if (!ok || (n == 3 && (r < 0x800 || (r >= 0xd800 && r < 0xe000))) || (n == 4 && (r < 0x10000 || r > 0x10ffff))) {
        *i += 1;
        return RUNE_BAD;
    }
    *i += n;
    return r;
}

bool str_utf8(struct str a)
{
    for (size_t i = 0; i < a.n;)
        if (str_rune(a, &i) == RUNE_BAD)
            return false;
    return true;
}
