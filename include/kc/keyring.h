/* keyring.h - what stands for secrets in state: digests under a key that state does not have.
 *
 * The key, 32 bytes, is KC_STATE_KEY, else the file kc/keys/LINEAGE in $XDG_CONFIG_HOME or ~/.config. A stack has one key: the first apply that has
 * a secret to keep makes it, unless the environment gives one. With each digest stands the id of its key, so that a digest of another key is never
 * taken for a changed secret: it is not comparable, and what is not comparable counts as unchanged. Who has no key, or another one, records that
 * there is a secret and nothing of it (value_withheld): so nobody undoes what others recorded. keyring_recover is the way out of a lost key.
 * kc 0.1.0 took the lineage itself for the key: such digests are still compared, and written anew by the next apply. */
#ifndef KC_KEYRING_H
#define KC_KEYRING_H
#include "kc/value.h"

struct world;
struct keyring;
enum likeness { KEPT_SAME, KEPT_OTHER, KEPT_UNSURE };          /* UNSURE: not comparable */

struct keyring *keyring_open(struct world *w, struct arena *a, struct str lineage, struct str *why);    /* NULL: the key is malformed or cannot be read; *why */
void keyring_close(struct keyring *k);                     /* no key stays in memory; NULL is allowed */
void keyring_met(struct keyring *k, const struct value *digest);               /* state has this one: tells whose the stack's key is */
void keyring_may_make(struct keyring *k);                  /* a stack without a key gets one when it has a secret to keep */
/* The stack's key is lost, or others recorded without it: from now on ours is the stack's, and what cannot be compared is taken for what the file says,
 * or counts as changed where an update can write it, so that AWS has it for sure. */
enum recovery { RECOVERY_NONE, RECOVERY_TAKE, RECOVERY_SEND };
void keyring_recover(struct keyring *k, enum recovery how);
enum recovery keyring_recovery(const struct keyring *k);   /* k NULL: none */

/* v as it is kept: secrets as digests, bulk as its sum. k NULL: nothing is known of secrets. What is a digest already stays. */
const struct value *keyring_seal(struct keyring *k, struct arena *a, const struct value *v);
/* Whether two values, each as it is or as it was kept, are the same. k NULL: no key. */
enum likeness keyring_compare(const struct keyring *k, const struct value *x, const struct value *y);
bool keyring_opens(const struct keyring *k, const struct value *v);            /* every digest of a secret in it is comparable */
bool keyring_stale(const struct keyring *k, const struct value *v);            /* one in it was made with the lineage */
void keyring_sum(const struct keyring *k, struct buf *out, const struct value *v);   /* adds a digest of v with its secrets; nothing without a key */

/* For people. */
struct str keyring_problem(const struct keyring *k, struct arena *a);          /* why digests of state are not comparable here, and what to do */
struct str keyring_news(const struct keyring *k, struct arena *a);             /* a key was made, or could not be; empty: neither */

#endif
