/* left.h - what a run left behind in its folder, for tests of values that kc makes. */
#ifndef KC_LEFT_H
#define KC_LEFT_H
#include "sim_test.h"
#include "stack.h"

struct left {
    struct sim_test *t;                                    /* the account, to be asked */
    struct test_world *disk;
    struct str state, files[64];                           /* what the state's files say; all that are in the folder */
    size_t nfiles;
};
struct left left_look(const char *dir);
void left_free(struct left *l);
struct str left_value(struct left *l, const char *name);   /* of a secret, the current one */
const char *left_leak(struct left *l, const char *name);   /* a file has something of one of its versions: which; NULL: none does */

#endif
