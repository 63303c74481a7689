/* pki.h - keys: made from randomness that the caller gives, and shown in the forms that others read. Over OpenSSL, which nobody else needs to know.
 * A key is text: PKCS#8 in PEM, the form in which it is kept and handed on.
 * Memory: what comes out lives in the arena given, a secret one for what holds a private key; what OpenSSL needs on the way it clears itself.
 * Errors: false, and *why for people, never with anything of the key in it. Threads: none. */
#ifndef KC_PKI_H
#define KC_PKI_H
#include <stdbool.h>
#include "kc/str.h"

struct pki_random { void (*fill)(void *impl, void *p, size_t n); void *impl; };
enum pki_kind { PKI_RSA, PKI_EC, PKI_ED25519 };
enum { PKI_RSA_LEAST = 2048, PKI_RSA_MOST = 8192 };

/* RSA: `bits` in whole bytes. EC: `curve` as NIST has it, "P-256". */
bool pki_offers(enum pki_kind kind, int bits, struct str curve, struct str *why);
/* Of what is offered. Takes the processor for as long as it takes: 8192 bits are some seconds. */
bool pki_make(struct arena *a, enum pki_kind kind, int bits, struct str curve, const struct pki_random *r, struct str *key, struct str *why);
bool pki_private_pem(struct arena *a, struct str key, struct str *out, struct str *why);      /* PKCS#8, whatever form of PEM it came in */
bool pki_public_pem(struct arena *a, struct str key, struct str *out, struct str *why);       /* SubjectPublicKeyInfo; `key` may be a public one */
bool pki_public_ssh(struct arena *a, struct str key, struct str *out, struct str *why);       /* as in authorized_keys, without a comment */
bool pki_fingerprint(struct arena *a, struct str key, struct str *out, struct str *why);      /* as `ssh-keygen -l` shows it: SHA256:... */

#endif
