/* library.c - shared libraries by dlopen: commands that do not need one never pay for it (docs/design.md, Models). */
#include "library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static bool find_all(void *handle, const struct library *l, void *table)
{
    for (size_t i = 0; i < l->nsymbols; i++) {
        void *f = dlsym(handle, l->symbols[i].name);

        if (!f)
            return false;
        memcpy((char *)table + l->symbols[i].at, &f, sizeof f);   /* a function pointer out of a data pointer: as POSIX has it */
    }
    return true;
}

bool library_open(const struct library *l, void *table, char *problem, size_t n)
{
    void *handle = NULL;

    for (size_t i = 0; l->names[i] && !handle; i++)
        handle = dlopen(l->names[i], RTLD_NOW | RTLD_LOCAL);
    if (handle && find_all(handle, l, table))
        return true;
    const char *reason = handle ? NULL : dlerror();
    if (handle)
        snprintf(problem, n, "%s cannot be used: it is too old (%s is needed); install it (Debian: %s)", l->is, l->needed, l->package);
    else
        snprintf(problem, n, "%s cannot be used: %s; install it (Debian: %s)", l->is, reason ? reason : "not found", l->package);
    return false;
}
