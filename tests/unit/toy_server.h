/* toy_server.h - the other side of the toy (toy.h): a small AWS that lags, refuses, loses replies. */
#ifndef TOY_SERVER_H
#define TOY_SERVER_H
#include "toy.h"

bool toy_exists(struct toy *y, const struct toy_thing *x); /* not deleted, or not yet gone */
struct toy_thing *toy_thing(struct toy *y, struct str id); /* NULL: none of that id */
test_answer toy_answer;                                    /* user: the toy */

#endif
