/* expr_help.h - terms from JSON text, values from JSON text, and what an evaluation gives, as text. For tests of expr and its users. */
#ifndef KC_TEST_EXPR_HELP_H
#define KC_TEST_EXPR_HELP_H
#include "kctest.h"
#include "kc/json.h"
#include "kc/term.h"
#include "read_term.h"

extern struct arena *test_arena;
int test_arena_setup(void **state);
int test_arena_teardown(void **state);

const struct value *val(const char *json);                 /* typed JSON; fails the test when malformed */
const struct term *trm(const char *json);
struct str val_text(const struct value *v);                /* value_print; an unknown as its term */
struct str trm_text(const struct term *t);
struct str typ_text(const struct type *t);
struct str val_json(const struct value *v);                /* canonical typed JSON of value_pack */
/* Evaluates with parameters from `params` (a JSON object, or NULL); refs "known.x" have the value of param x. On failure "E0304: problem". */
struct str run(const char *term, const char *params);

#endif
