/* pki.h - keys and X.509 certificates (RFC 5280): made from the randomness and the time that the caller gives, and shown in the forms that others read.
 * Over OpenSSL, which nobody else needs to know.
 * Both are text: a key is PKCS#8 in PEM, the form in which it is kept and handed on; a certificate is PEM, and where one is looked for, whatever
 * else stands in the text is passed over. So one text may hold a certificate and its key.
 * Memory: what comes out lives in the arena given, a secret one for what holds a private key; what OpenSSL needs on the way it clears itself.
 * Errors: false, and *why for people, never with anything of the key in it. Threads: none. */
#ifndef KC_PKI_H
#define KC_PKI_H
#include <stdbool.h>
#include "kc/str.h"

struct pki_source {
    void (*fill)(void *impl, void *p, size_t n);           /* with random bytes */
    int64_t (*now)(void *impl);                            /* ms since 1970-01-01T00:00:00Z */
    void *impl;
};

/* From now on what OpenSSL frees is cleared, what TLS has of it too. To be called before anything else of OpenSSL: it takes no other memory then. */
void pki_clear_freed(void);

/* ---- keys ---- */
enum pki_kind { PKI_RSA, PKI_EC, PKI_ED25519 };
enum { PKI_RSA_LEAST = 2048, PKI_RSA_MOST = 8192 };

/* RSA: `bits` in whole bytes. EC: `curve` as NIST has it, "P-256". */
bool pki_offers(enum pki_kind kind, int bits, struct str curve, struct str *why);
/* Of what is offered. Takes the processor for as long as it takes: 8192 bits are some seconds. */
bool pki_make(struct arena *a, enum pki_kind kind, int bits, struct str curve, const struct pki_source *s, struct str *key, struct str *why);
bool pki_private_pem(struct arena *a, struct str key, struct str *out, struct str *why);      /* PKCS#8, whatever form of PEM it came in */
bool pki_public_pem(struct arena *a, struct str key, struct str *out, struct str *why);       /* SubjectPublicKeyInfo; `key` may be a public one */
bool pki_public_ssh(struct arena *a, struct str key, struct str *out, struct str *why);       /* as in authorized_keys, without a comment */
bool pki_fingerprint(struct arena *a, struct str key, struct str *out, struct str *why);      /* as `ssh-keygen -l` shows it: SHA256:... */
/* A JSON Web Key Set (RFC 7517) of these RSA and EC keys, for whoever verifies what they sign. `kid` is the SHA-256 of the public key in DER. */
bool pki_jwks(struct arena *a, const struct str *keys, size_t n, struct str *out, struct str *why);

/* ---- certificates ---- */
enum { PKI_SERVER = 1, PKI_CLIENT = 2 };
enum { PKI_NAMES_MOST = 256, PKI_BUNDLE_MOST = 64 };

struct pki_request {                                       /* what a certificate is to say */
    struct str common_name;
    const struct str *organizations; size_t norganizations;
    bool authority;                                        /* signs others, and itself */
    unsigned usages;                                       /* PKI_SERVER | PKI_CLIENT; an authority has none */
    const struct str *names; size_t nnames;                /* DNS names, also "*.example.com", and IP addresses */
    int64_t lifetime;                                      /* ms from now; it begins five minutes ago, for clocks that are late */
};
bool pki_request_fits(struct arena *a, const struct pki_request *q, struct str *why);    /* whether a certificate can say that */
/* For `key`, which may be public where an authority signs. `authority`: its certificate and private key, one text; empty: signed by the key itself.
 * Never valid for longer than the authority that signs: that is refused. */
bool pki_certify(struct arena *a, const struct pki_request *q, struct str key, struct str authority, const struct pki_source *s, struct str *certificate, struct str *why);

struct pki_certificate {
    struct str pem;                                        /* it alone */
    struct str subject, issuer;                            /* RFC 4514: "CN=kubernetes-admin,O=kubeadm:cluster-admins" */
    struct str common_name;
    const struct str *organizations; size_t norganizations;
    const struct str *names; size_t nnames;                /* DNS names and IP addresses */
    struct str serial, fingerprint;                        /* hexadecimal digits; the SHA-256 of its DER */
    int64_t begins, ends;                                  /* ms since 1970 */
    bool authority;
    unsigned usages;
};
/* All that stand in the text, in their order: at least one. */
bool pki_certificates(struct arena *a, struct str pem, struct pki_certificate **out, size_t *n, struct str *why);

#endif
