/* codec_kit.h - operations of the embedded models, for tests of the codec: codec_begin and codec_end around a group of tests. */
#ifndef KC_CODEC_KIT_H
#define KC_CODEC_KIT_H
#include "kctest.h"
#include "kc/model.h"

extern struct arena *codec_arena;                          /* of the group */
int codec_begin(void **state);
int codec_end(void **state);
const struct operation *codec_operation(const char *service, const char *name);

#endif
