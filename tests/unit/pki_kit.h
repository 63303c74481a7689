/* pki_kit.h - keys and certificates for tests: made from bytes that follow from a number, at a time that stands still. */
#ifndef PKI_KIT_H
#define PKI_KIT_H
#include "kctest.h"
#include "kc/pki.h"

static const int64_t pki_noon = INT64_C(1796000000000);    /* 2026-11-29T20:53:20Z */

struct pki_sequence { uint32_t seed, n; };
void pki_fill(void *impl, void *p, size_t n);              /* impl: a struct pki_sequence */
int64_t pki_now(void *impl);
struct str pki_key(struct arena *a, enum pki_kind kind, const char *curve, uint32_t seed);        /* RSA: 2048 bits */
struct str pki_made(struct arena *a, const struct pki_request *q, struct str key, struct str authority, uint32_t seed);   /* fails the test where it is refused */
struct str pki_authority(struct arena *a, struct str key, const char *common_name);               /* for ten years: its key and certificate, one text */
struct str pki_leaf(struct arena *a, struct str key, struct str authority, unsigned usages);      /* "leaf", for a day; a server's is a.example and 192.0.2.1 */

#endif
