/* script_kit.h - the client of AWS against an endpoint that answers by a script: script_setup and script_teardown around each test. */
#ifndef KC_SCRIPT_KIT_H
#define KC_SCRIPT_KIT_H
#include "kc/arena.h"
#include "kc/aws.h"
#include "world_test.h"

enum { SCRIPT_STEPS = 64 };
struct step { enum net_status status; int code; const char *body, *header, *value; bool foreign; };   /* foreign: without AWS's request id */
struct script {
    struct test_world *t;
    struct world *w;
    struct arena *a;
    struct models *models;
    struct aws *aws;                                       /* of one user, in eu-west-1 */
    size_t at;                                             /* so many requests have come */
    struct step steps[SCRIPT_STEPS]; size_t nsteps;        /* the last one goes on for ever */
};
extern struct script *script;
int script_setup(void **state);
int script_teardown(void **state);

void script_step(struct step s);
void script_say(enum net_status status, int code, const char *body);
void script_say_with(int code, const char *body, const char *header, const char *value);
void script_say_foreign(int code, const char *body);       /* a web page, from somebody else */
void script_forget(void);                                  /* what was said, and what has come */

const struct value *script_text(const char *s);
struct answer script_call(const char *service, const char *op, const struct value *input, enum repeat repeat);
struct answer script_describe_cluster(void);
void script_arrived(void *user, const struct answer *r);   /* a call_done that counts what went well in an unsigned */

extern const char script_throttle[], script_cluster[];     /* what AWS says to too many calls, and of a cluster */

#endif
