/* hook_net.c */
#include "room.h"

const struct hook hooks_net[] = { { NULL, NULL } };
