/* room.h - private to runtime/pki: keys and certificates as OpenSSL has them. */
#ifndef KC_PKI_ROOM_H
#define KC_PKI_ROOM_H
#include <openssl/x509.h>
#include "kc/pki.h"

enum { PKI_TEXT_MOST = 256 << 10 };                        /* of PEM */

void pki_ready(void);                                      /* before anything that touches a private key */
void pki_draw_from(const struct pki_source *s);            /* where OpenSSL's randomness comes from; NULL: from itself again */
EVP_PKEY *pki_read(struct str pem, bool public_too, struct str *why);            /* NULL: *why; else for EVP_PKEY_free */
bool pki_write_private(struct arena *a, EVP_PKEY *k, struct str *out, struct str *why);
bool pki_take(struct arena *a, BIO *b, bool written, struct str *out);           /* what was written; frees b */
X509 *pki_next(BIO *b, bool *damaged);                     /* the next certificate in PEM, for X509_free; NULL: none, or *damaged */
bool pki_moment(const ASN1_TIME *t, int64_t *ms);
bool pki_failed(struct str *why, const char *what);        /* false, after OpenSSL's own errors are forgotten */

#endif
