/* hash.c - digests and text encodings. The only file of base that knows OpenSSL. */
#include "kc/hash.h"
#include "kc/arena.h"
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdlib.h>

void sha256(struct str data, uint8_t out[32])
{
    if (!SHA256((const unsigned char *)(data.n ? data.s : ""), data.n, out))
        die("SHA-256 failed");
}

void hmac_sha256(struct str key, struct str data, uint8_t out[32])
{
    if (key.n > INT32_MAX)
        die("HMAC key of %zu bytes", key.n);
    unsigned n = 32;
    if (!HMAC(EVP_sha256(), key.n ? key.s : "", (int)key.n, (const unsigned char *)(data.n ? data.s : ""), data.n, out, &n))
        die("HMAC failed");
}

void md5(struct str data, uint8_t out[16])
{
    unsigned n = 16;
    if (!EVP_Digest(data.n ? data.s : "", data.n, out, &n, EVP_md5(), NULL))
        die("MD5 failed: OpenSSL may be in FIPS mode");
}

struct sums { EVP_MD_CTX *sha, *md; };

static EVP_MD_CTX *begin(const EVP_MD *kind)
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    if (!c || !EVP_DigestInit_ex(c, kind, NULL))
        die("a digest cannot be begun");
    return c;
}

struct sums *sums_new(bool with_md5)
{
    struct sums *s = calloc(1, sizeof *s);
    if (!s)
        die("out of memory");
    s->sha = begin(EVP_sha256());
    s->md = with_md5 ? begin(EVP_md5()) : NULL;
    return s;
}

void sums_add(struct sums *s, struct str piece)
{
    if (!EVP_DigestUpdate(s->sha, piece.n ? piece.s : "", piece.n) || (s->md && !EVP_DigestUpdate(s->md, piece.n ? piece.s : "", piece.n)))
        die("a digest cannot go on");
}

void sums_end(struct sums *s, uint8_t sha[32], uint8_t md[16])
{
    uint8_t out[EVP_MAX_MD_SIZE];
    if (!EVP_DigestFinal_ex(s->sha, sha ? sha : out, NULL) || (s->md && !EVP_DigestFinal_ex(s->md, md ? md : out, NULL)))
        die("a digest cannot be ended");
    EVP_MD_CTX_free(s->sha);
    EVP_MD_CTX_free(s->md);
    free(s);
}

struct str hex(struct arena *a, const uint8_t *p, size_t n)
{
    char *s = arena_array(a, n, 2);
    for (size_t i = 0; i < n; i++) {
        s[2 * i] = "0123456789abcdef"[p[i] >> 4];
        s[2 * i + 1] = "0123456789abcdef"[p[i] & 15];
    }
    return (struct str){ s, 2 * n };
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hex_decode(struct str text, uint8_t *out)
{
    for (size_t i = 0; i + 1 < text.n; i += 2) {
        int hi = digit(text.s[i]), lo = digit(text.s[i + 1]);
        if (hi < 0 || lo < 0)
            return false;
        out[i / 2] = (uint8_t)(hi * 16 + lo);
    }
    return text.n % 2 == 0;
}

struct str sha1_hex(struct arena *a, struct str data)
{
    uint8_t d[20];
    unsigned n = sizeof d;

    if (!EVP_Digest(data.n ? data.s : "", data.n, d, &n, EVP_sha1(), NULL))
        die("SHA-1 failed: OpenSSL may be in FIPS mode");
    return hex(a, d, sizeof d);
}

struct str sha256_hex(struct arena *a, struct str data)
{
    uint8_t d[32];
    sha256(data, d);
    return hex(a, d, sizeof d);
}

/* Bits of p from the left in groups of `width`, each a letter of `alphabet`. */
static struct str letters(struct arena *a, struct str x, unsigned width, const char *alphabet, size_t pad)
{
    size_t n = (x.n * 8 + width - 1) / width, whole = pad ? (n + pad - 1) / pad * pad : n;
    char *s = arena_alloc(a, whole);
    uint32_t bits = 0;
    unsigned have = 0;
    size_t k = 0;
    for (size_t i = 0; i < x.n; i++) {
        bits = bits << 8 | (unsigned char)x.s[i];
        for (have += 8; have >= width; have -= width)
            s[k++] = alphabet[bits >> (have - width) & ((1u << width) - 1)];
    }
    if (have)
        s[k++] = alphabet[bits << (width - have) & ((1u << width) - 1)];
    while (k < whole)
        s[k++] = '=';
    return (struct str){ s, whole };
}

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct str base32(struct arena *a, const uint8_t *p, size_t n)
{
    return letters(a, (struct str){ (const char *)p, n }, 5, "abcdefghijklmnopqrstuvwxyz234567", 0);
}

struct str base64(struct arena *a, struct str data)
{
    return letters(a, data, 6, standard, 4);
}

struct str base64_url(struct arena *a, struct str data)
{
    return letters(a, data, 6, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 0);
}

static int sextet(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_decode(struct arena *a, struct str text, struct str *out)
{
    size_t n = text.n;
    if (n % 4)
        return false;
    for (int pad = 0; n && pad < 2 && text.s[n - 1] == '='; pad++)
        n--;
    char *s = arena_alloc(a, text.n / 4 * 3 + 1);
    uint32_t bits = 0;
    unsigned have = 0;
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        int x = sextet(text.s[i]);
        if (x < 0)
            return false;
        bits = bits << 6 | (uint32_t)x;
        have += 6;
        if (have >= 8) {
            have -= 8;
            s[k++] = (char)(bits >> have & 255);
        }
    }
    if (bits & ((1u << have) - 1))
        return false;
    *out = (struct str){ s, k };
    return true;
}
