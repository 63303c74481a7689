/* hook_eks.c */
#include "room.h"

const struct hook hooks_eks[] = { { NULL, NULL } };
