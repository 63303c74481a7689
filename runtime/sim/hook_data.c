/* hook_data.c */
#include "room.h"

const struct hook hooks_data[] = { { NULL, NULL } };
