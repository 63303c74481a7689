/* hash.h - digests and text encodings, over OpenSSL. Callers own every output buffer. */
#ifndef KC_HASH_H
#define KC_HASH_H
#include <stdbool.h>
#include "kc/str.h"

void sha256(struct str data, uint8_t out[32]);
void hmac_sha256(struct str key, struct str data, uint8_t out[32]);
void md5(struct str data, uint8_t out[16]);                /* S3 Content-MD5 only */
/* SHA-256 of bytes that come in pieces, and MD5 where it is wanted. */
struct sums;
struct sums *sums_new(bool with_md5);
void sums_add(struct sums *s, struct str piece);
void sums_end(struct sums *s, uint8_t sha[32], uint8_t md[16]);   /* frees it; both may be NULL */
struct str sha1_hex(struct arena *a, struct str data);      /* names of the AWS CLI's cache files only */
struct str hex(struct arena *a, const uint8_t *p, size_t n);           /* lower case */
bool hex_decode(struct str text, uint8_t *out);            /* false: an odd number of digits, or no digit */
struct str sha256_hex(struct arena *a, struct str data);
struct str base32(struct arena *a, const uint8_t *p, size_t n);        /* RFC 4648, lower case, no padding */
struct str base64(struct arena *a, struct str data);                   /* RFC 4648 section 4 */
struct str base64_url(struct arena *a, struct str data);               /* section 5, no padding */
bool base64_decode(struct arena *a, struct str text, struct str *out); /* false: not base64 */

#endif
