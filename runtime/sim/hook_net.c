/* hook_net.c */
#include "sim/room.h"

const struct hook hooks_net[] = { { NULL, NULL } };
