/* What is split and taken apart by hand on the way to credentials: a program's command line, a URL that may be asked for keys. */
#include <stdint.h>
#include <stdlib.h>

#include "credentials/url.h"
#include "credentials/words.h"
#include "kc/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct str text = { (const char *)data, size }, host = STR("");
    const char *why = NULL;
    size_t n = 0;
    const char *const *words = words_split(a, text, &n, &why);

    if ((words == NULL) != (why != NULL) || (words && words[n]))
        abort();
    if (url_may_give_credentials(text, &host) && (!host.n || host.n > size))
        abort();
    arena_free(a);
    return 0;
}
