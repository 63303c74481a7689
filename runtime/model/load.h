/* load.h - reads the text form of one service model (docs/design.md, Models). Private to this room. */
#ifndef MODEL_LOAD_H
#define MODEL_LOAD_H
#include "kc/model.h"
struct arena;

/* `text` must outlive the result: names point into it. NULL: *why (in a) says "model eks, line 12: ...". */
struct service *load_service(struct arena *a, struct str name, struct str text, struct str *why);

#endif
