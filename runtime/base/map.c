/* map.c - open addressing over an array of entries in order of insertion.
 * A slot holds an entry's number plus one. A removed entry keeps its slot, so that probing goes on past it;
 * both go away when the table is rebuilt. At most half of the slots are used. */
#include "kc/map.h"
#include "kc/arena.h"
#include "kc/vec.h"
#include <stdlib.h>
#include <string.h>

static size_t probe(const struct map *m, struct str key)
{
    size_t mask = m->nslot - 1;
    for (size_t i = str_hash(key) & mask;; i = (i + 1) & mask) {
        uint32_t s = m->slot[i];
        if (!s || (m->e[s - 1].live && str_eq(m->e[s - 1].key, key)))
            return i;
    }
}

static void rebuild(struct map *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->n; i++)
        if (m->e[i].live)
            m->e[n++] = m->e[i];
    m->n = n;
    size_t want = 16;
    while (want < n * 4)
        want *= 2;
    if (want > UINT32_MAX)
        die("map of %zu entries", n);
    if (!m->arena)
        free(m->slot);
    m->slot = m->arena ? arena_array(m->arena, want, sizeof *m->slot) : calloc(want, sizeof *m->slot);
    if (!m->slot)
        die("out of memory: map of %zu entries", n);
    m->nslot = want;
    for (size_t i = 0; i < n; i++)
        m->slot[probe(m, m->e[i].key)] = (uint32_t)i + 1;
}

static struct map_entry *find(const struct map *m, struct str key)
{
    if (!m->nslot)
        return NULL;
    uint32_t s = m->slot[probe(m, key)];
    return s ? &m->e[s - 1] : NULL;
}

void *map_get(const struct map *m, struct str key)
{
    struct map_entry *e = find(m, key);
    return e ? e->value : NULL;
}

bool map_has(const struct map *m, struct str key)
{
    return find(m, key) != NULL;
}

static void grow(struct map *m)
{
    if (!m->arena) {
        m->e = vec_grow(m->e, m->n, &m->cap, sizeof *m->e);
    } else if (m->n == m->cap) {
        size_t cap = m->cap ? m->cap * 2 : 8;
        struct map_entry *e = arena_array(m->arena, cap, sizeof *e);
        if (m->n)
            memcpy(e, m->e, m->n * sizeof *e);
        m->e = e;
        m->cap = cap;
    }
}

void *map_put(struct map *m, struct str key, void *value)
{
    struct map_entry *e = find(m, key);
    if (e) {
        void *old = e->value;
        e->value = value;
        return old;
    }
    if ((m->n + 1) * 2 > m->nslot)
        rebuild(m);
    grow(m);
    m->e[m->n++] = (struct map_entry){ key, value, true };
    m->slot[probe(m, key)] = (uint32_t)m->n;
    m->live++;
    return NULL;
}

void map_del(struct map *m, struct str key)
{
    struct map_entry *e = find(m, key);
    if (!e)
        return;
    e->live = false;
    e->value = NULL;
    m->live--;
}

void map_fini(struct map *m)
{
    if (!m->arena) {
        free(m->e);
        free(m->slot);
    }
    *m = (struct map){ 0 };
}
