/* hook_eks.c */
#include "sim/room.h"

const struct hook hooks_eks[] = { { NULL, NULL } };
