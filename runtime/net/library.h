/* library.h - a shared library that is looked for when it is first needed. Private to runtime/net. */
#ifndef KC_NET_LIBRARY_H
#define KC_NET_LIBRARY_H
#include <stdbool.h>
#include <stddef.h>

struct symbol { const char *name; size_t at; };            /* at: of the function's pointer in the table */
struct library {
    const char *const *names;                              /* of the file, the best first; NULL at the end */
    const struct symbol *symbols; size_t nsymbols;
    const char *is, *needed, *package;                     /* for people: "libcurl", "7.66", Debian's name */
};
/* Fills `table`. False: *problem (n bytes) says why not, and what to install. */
bool library_open(const struct library *l, void *table, char *problem, size_t n);

#endif
