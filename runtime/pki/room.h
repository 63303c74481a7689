/* room.h - private to runtime/pki: keys as OpenSSL has them. */
#ifndef KC_PKI_ROOM_H
#define KC_PKI_ROOM_H
#include <openssl/evp.h>
#include "kc/pki.h"

void pki_ready(void);                                      /* before anything that touches a private key */
EVP_PKEY *pki_read(struct str pem, bool public_too, struct str *why);            /* NULL: *why; else for EVP_PKEY_free */
bool pki_write_private(struct arena *a, EVP_PKEY *k, struct str *out, struct str *why);
bool pki_failed(struct str *why, const char *what);        /* false, after OpenSSL's own errors are forgotten */

#endif
