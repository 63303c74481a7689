/* hook_iam.c */
#include "sim/room.h"

const struct hook hooks_iam[] = { { NULL, NULL } };
