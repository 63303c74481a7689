/* hook_data.c */
#include "sim/room.h"

const struct hook hooks_data[] = { { NULL, NULL } };
