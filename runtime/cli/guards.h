/* guards.h - what an apply would lose for good wants its address, typed at the terminal or given by --allow-destroy. */
#ifndef KC_CLI_GUARDS_H
#define KC_CLI_GUARDS_H
#include "session.h"

/* 0: nothing is guarded, or all of it was allowed. Else the exit code, said why; nothing was done. */
int guards_pass(struct session *s, const struct plan *p);
struct str guard_text(struct arena *a, const struct plan_guard *g);   /* "replaces it; lost with it: the Kubernetes objects in it" */

#endif
