/* load.c - libcurl by dlopen: `kc check` and the sandbox never pay for it (docs/design.md, Models). */
#include "load.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char *const libraries[] = { "libcurl.so.4", "libcurl-gnutls.so.4" };

static bool find(void *library, const char *name, void *slot)
{
    void *f = dlsym(library, name);

    memcpy(slot, &f, sizeof f);                            /* a function pointer out of a data pointer: as POSIX has it */
    return f != NULL;
}

static bool find_all(void *l, struct curl_api *c)
{
    return find(l, "curl_global_init", &c->global_init) && find(l, "curl_easy_init", &c->easy_init) && find(l, "curl_easy_cleanup", &c->easy_cleanup) &&
           find(l, "curl_easy_setopt", &c->easy_setopt) && find(l, "curl_easy_getinfo", &c->easy_getinfo) &&
           find(l, "curl_easy_strerror", &c->easy_strerror) && find(l, "curl_slist_append", &c->slist_append) &&
           find(l, "curl_slist_free_all", &c->slist_free_all) && find(l, "curl_multi_init", &c->multi_init) &&
           find(l, "curl_multi_cleanup", &c->multi_cleanup) && find(l, "curl_multi_setopt", &c->multi_setopt) &&
           find(l, "curl_multi_add_handle", &c->multi_add_handle) && find(l, "curl_multi_remove_handle", &c->multi_remove_handle) &&
           find(l, "curl_multi_perform", &c->multi_perform) && find(l, "curl_multi_poll", &c->multi_poll) &&
           find(l, "curl_multi_info_read", &c->multi_info_read);
}

const struct curl_api *curl_load(const char **why)
{
    static struct curl_api api;
    static bool tried, good;
    static char problem[256];

    if (!tried) {
        void *l = NULL;

        tried = true;
        for (size_t i = 0; i < sizeof libraries / sizeof *libraries && !l; i++)
            l = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL);
        good = l && find_all(l, &api) && api.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
        const char *reason = l ? "it is too old (7.66 is needed)" : dlerror();
        if (!good)
            snprintf(problem, sizeof problem, "libcurl cannot be used: %s; install it (Debian: libcurl4)", reason ? reason : "not found");
    }
    *why = problem;
    return good ? &api : NULL;
}
