#include "sema.h"
void check_module(struct program *p, struct module *m) { (void)p; (void)m; }
