/* hook_iam.c */
#include "room.h"

const struct hook hooks_iam[] = { { NULL, NULL } };
