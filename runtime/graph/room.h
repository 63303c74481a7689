/* room.h - what the files of graph share. */
#ifndef KC_GRAPH_ROOM_H
#define KC_GRAPH_ROOM_H
#include "kc/graph.h"

/* Reports cycles (E0410), each by its shortest way round, and returns how many were found. No two reported ones share a node. */
size_t graph_cycles(struct graph *g, struct diags *d);

#endif
