/* read_term.h - terms, types and values with unknowns out of their JSON, which kc itself only writes. Anything else gives NULL. */
#ifndef KC_TEST_READ_TERM_H
#define KC_TEST_READ_TERM_H
#include "kc/term.h"

const struct term *read_term_json(struct arena *a, const struct value *v);
const struct type *read_type_json(struct arena *a, const struct value *v);
const struct value *read_value_json(struct arena *a, const struct value *v);            /* of value_pack */

#endif
