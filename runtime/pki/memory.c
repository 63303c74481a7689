/* memory.c - OpenSSL's memory. Keys that it knows for keys it keeps in a heap of its own, locked and cleared; what it makes of them on the way (DER, PEM,
 * numbers) comes from malloc, and goes without being cleared. */
#include "room.h"
#include <openssl/crypto.h>
#include <stdlib.h>
#include "kc/memory.h"

enum { SECURE_HEAP = 1 << 20, SECURE_LEAST = 32 };

static void *give(size_t n, const char *file, int line)
{
    (void)file, (void)line;
    return malloc(n);
}

static void *move(void *p, size_t n, const char *file, int line)
{
    (void)file, (void)line;
    return memory_move(p, n);
}

static void clear(void *p, const char *file, int line)
{
    (void)file, (void)line;
    memory_clear(p);
}

void pki_clear_freed(void)
{
    CRYPTO_set_mem_functions(give, move, clear);
}

void pki_ready(void)
{
    if (!CRYPTO_secure_malloc_initialized())
        CRYPTO_secure_malloc_init(SECURE_HEAP, SECURE_LEAST);      /* where it cannot be had, OpenSSL uses its own, and clears it */
}
