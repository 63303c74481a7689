/* toy_case.h - applies of the toy that must end with an exit code, what they are mostly about, and how it is spoilt. */
#ifndef TOY_CASE_H
#define TOY_CASE_H
#include "toy.h"

enum { MINUTE = 60000 };
/* A thing alone: known by its tag; by its name, with a flag that a later step writes; that one with another size. */
extern const struct toy_want one[1], flagged[1], bigger[1];

void applied(struct toy *y, const struct toy_want *w, size_t n, int want);     /* fails the test with what each operation says */
void fault(struct toy *y, const char *op, unsigned times, int kind);           /* TOY_LOSE_REPLY and the like; TOY_HTTP: 500 */
struct toy_thing *named(struct toy *y, const char *name);                      /* NULL: there is none */

#endif
