/* credentials.h - where AWS credentials come from: the chain of the AWS SDKs (docs/credentials.md), one signer for a profile and a role.
 * Everything moves in world_wait. Nothing is fetched before somebody asks, and one fetch at a time serves all that wait.
 *
 * A fetch begins 15 minutes before the end, while the present ones go on to be given (advisory); from 10 minutes before it everybody waits for it
 * (mandatory); of short-lived ones it is a quarter and a sixth of their life. When it fails, the present ones are given as long as they last, and it is
 * tried again after half a minute. When none last any more, and what holds up the fetch may pass (no network, a service in trouble), it is tried every five
 * seconds for two minutes. Then there are no credentials: why. (The windows are botocore's, which gives up at ten
 * minutes, and asks without end where a whole life is shorter than the window.) */
#ifndef KC_CREDENTIALS_H
#define KC_CREDENTIALS_H
#include "kc/config.h"

/* NULL: there are none; why says where was looked, and what to do after "; ". Both are borrowed for the call. */
typedef void credentials_got(void *user, const struct credentials *c, struct str why);
struct signer {
    /* `got` is called once, from here or from a later world_wait. offset: AWS's clock minus ours in ms, 0 when not known. refused: the serial of those
     * that AWS called expired, so that others are wanted; 0: none. Others that are the same keys count as none. */
    void (*get)(void *impl, int64_t offset, uint64_t refused, credentials_got *got, void *user);
    void (*cancel)(void *impl, void *user);                /* got will not be called for that user */
    void *impl;
};

struct chain_options {
    struct config_options config;                          /* files and variables are read again for each fetch */
    struct str role;                                       /* an ARN: assumed with what the profile gives; empty: none */
    const struct credentials *fixed;                       /* given always, nothing is fetched: sandbox and tests; or NULL. Must outlive the chain */
};
struct chain;
struct chain *chain_new(struct world *w, struct models *m, const struct chain_options *o);   /* copies o */
void chain_free(struct chain *c);                          /* not from inside `got` */
struct signer chain_signer(struct chain *c);               /* borrows c */

/* ---- kc login: the device flow of SSO ---- */
struct login_prompt {                                      /* what a person does next, in a browser anywhere */
    struct str url, url_with_code, code;                   /* url_with_code: empty when the service gives none */
    int64_t expires;                                       /* wall ms */
};
typedef void login_show(void *user, const struct login_prompt *p);
/* Signs in the SSO session of the config's profile: shows the prompt, waits until it is answered, keeps the token where the AWS CLI keeps it (0600).
 * False: *why, as above ("interrupted" after a signal). *session names what was signed in, *expires when it ends. Strings from `a`. */
bool login_run(struct world *w, struct models *m, struct arena *a, const struct config_options *o, login_show *show, void *user,
               struct str *session, int64_t *expires, struct str *why);

#endif
