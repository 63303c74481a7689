/* cred_kit.h - a chain of credentials in a test world, and what answers its requests: by a part of "METHOD URL body", the first line that fits and is
 * not used up. */
#ifndef KC_CRED_KIT_H
#define KC_CRED_KIT_H
#include "kc/credentials.h"
#include "world_test.h"

struct cred_kit {
    struct test_world *t;
    struct arena *a;
    struct models *models;
    struct chain *chain;                                   /* made by the first cred_get after cred_restart */
    const char *profile, *role;
    struct credentials keys;                               /* of the last answer */
    struct str why;
    bool good;
    unsigned answers;                                      /* in all */
};
void cred_setup(struct cred_kit *k);
void cred_teardown(struct cred_kit *k);
int cred_case_setup(void **kit);                           /* the same, for cmocka */
int cred_case_teardown(void **kit);
#define CRED_CASE(f) cmocka_unit_test_prestate_setup_teardown(f, cred_case_setup, cred_case_teardown, &kit)
void cred_restart(struct cred_kit *k, const char *profile); /* another run of kc, with --profile or without */
void cred_files(struct cred_kit *k, const char *config, const char *keys);
/* times: how often; 0: always. A NULL body: no reply at all (never sent). */
void cred_answer(struct cred_kit *k, const char *part, int code, const char *body, int times);
void cred_answer_error(struct cred_kit *k, const char *part, int code, const char *type, int times);  /* of SSO: x-amzn-errortype */
void cred_answer_dated(struct cred_kit *k, const char *part, int code, const char *body, const char *date, int times);
void cred_forget_answers(struct cred_kit *k);
/* STS answers AssumeRole... with these keys and an end so many minutes from now. */
void cred_sts(struct cred_kit *k, const char *part, const char *key, int minutes, int times);
bool cred_get(struct cred_kit *k, uint64_t refused);        /* asks and waits */
void cred_ask(struct cred_kit *k, uint64_t refused);        /* asks; k->answers counts what came */
void cred_gives(struct cred_kit *k, const char *profile, const char *key, const char *token, const char *source);   /* in a run of its own */
void cred_refuses(struct cred_kit *k, const char *profile, const char *part);
size_t cred_requests(struct cred_kit *k, const char *part); /* how many of that kind were sent so far */
const struct http_request *cred_request(struct cred_kit *k, const char *part);      /* the last of that kind, or NULL */

#endif
