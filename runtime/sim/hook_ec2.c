/* hook_ec2.c */
#include "room.h"

const struct hook hooks_ec2[] = { { NULL, NULL } };
