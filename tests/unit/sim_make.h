/* sim_make.h - random values of any shape of the models, and an account that knows every service and does nothing. */
#ifndef KC_SIM_MAKE_H
#define KC_SIM_MAKE_H
#include "kc/arena.h"
#include "kc/model.h"
#include "kc/value.h"

enum { SIM_SERVICES = 20 };
extern const char *const sim_services[SIM_SERVICES];       /* all that have a model */
/* A valid value: required members, enums, lengths and ranges kept; structures below the top are never empty. Blobs are base64. NULL shape: {}. */
const struct value *sim_make(struct arena *a, const struct shape *s, uint64_t seed);
const struct value *sim_bytes(struct arena *a, const struct shape *s, const struct value *v);   /* the same with blobs as bytes: what wire_request takes */
const struct value *sim_everything(struct arena *a);       /* behaviour: every service, no operation */
#endif
