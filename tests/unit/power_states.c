/* power_states.c - every disk that may be found after a loss of power (power.h). */
#include <stdlib.h>
#include <string.h>
#include "kctest.h"
#include "power_room.h"

struct states {
    struct arena *a;
    struct power_disk *d, *found;                          /* as it is being put together; a copy of that to hand out */
    power_each *each;
    void *user;
    size_t n;
    int names[NAMES];                                      /* those with more than one value */
    int nnames;
    int files[16], nfiles;                                 /* files with something pending, that bear a name */
    bool torn_too, torn;
};

static void choose_file(struct states *s, int at);

static void keep(struct states *s, int at, int inode, struct str text, bool torn)
{
    bool was = s->torn;
    s->d->v[inode].seen = s->d->v[inode].safe = text;
    s->torn |= torn;
    choose_file(s, at + 1);
    s->torn = was;
}

static struct str zeros(struct arena *a, struct str text, size_t from, size_t to)
{
    char *p = arena_copy(a, text.s, text.n);
    memset(p + from, 0, to - from);
    return (struct str){ p, text.n };
}

/* The ends of a line, of the write and of blocks: between them one cut is like the next. */
static bool at_edge(struct str text, size_t from, size_t cut)
{
    for (size_t i = cut > from + 2 ? cut - 2 : from; i <= cut + 2 && i < text.n; i++)
        if (text.s[i] == '\n' || text.s[i] == '\t' || i % BLOCK == 0)
            return true;
    return cut <= from + 2 || cut + 2 >= text.n;
}

/* All that may be there of a write [c.at, c.at + c.n) over `base`, of which `whole` is the outcome. */
static void write_states(struct states *s, int at, int inode, struct str base, struct str whole, struct change c)
{
    size_t end = c.at + c.n, first = c.at / BLOCK, blocks = (end - 1) / BLOCK - first + 1;
    assert_true(c.at == base.n && end == whole.n && blocks < 12);
    for (size_t k = c.at; k <= end; k++) {
        bool torn = !at_edge(whole, c.at, k);
        if (torn && !s->torn_too)
            continue;
        keep(s, at, inode, str_sub(whole, 0, k), torn);
        if (k < end)
            keep(s, at, inode, zeros(s->a, whole, k, end), torn);
    }
    for (size_t lost = 1; lost < (size_t)1 << blocks; lost++) {
        struct str text = whole;
        for (size_t b = 0; b < blocks; b++) {
            size_t from = (first + b) * BLOCK, to = from + BLOCK;
            if (lost >> b & 1)
                text = zeros(s->a, text, from > c.at ? from : c.at, to < end ? to : end);
        }
        keep(s, at, inode, text, false);
        for (size_t b = 1; b < blocks; b++)
            keep(s, at, inode, str_sub(text, 0, (first + b) * BLOCK), false);
    }
}

static bool is_read(const struct power_disk *d, int inode)
{
    for (int i = 0; i < d->nnames; i++)
        if (d->names[i].value[0] == inode && !power_is_temp(d->names[i].name) && !str_is(d->names[i].name, "lock"))
            return true;
    return false;
}

static void choose_file(struct states *s, int at)
{
    if (at == s->nfiles) {
        s->n++;
        *s->found = *s->d;
        s->each(s->user, s->found, s->torn);
        return;
    }
    int inode = s->files[at];
    struct inode *f = &s->d->v[inode], was = *f;
    bool named[INODES] = { false };
    power_mark(s->d, ROOT, named);
    f->npending = 0;
    if (!named[inode]) {
        choose_file(s, at + 1);
    } else if (!is_read(s->d, inode)) {
        keep(s, at, inode, was.safe, false);
        keep(s, at, inode, was.seen, false);
        keep(s, at, inode, str_sub(was.seen, 0, was.seen.n / 2), false);
    } else {
        /* A truncation, a write, or the one and then the other: more than that is never left unsynced by what is tested. */
        struct change *cut = was.pending[0].cut ? &was.pending[0] : NULL, *w = was.pending[was.npending - 1].cut ? NULL : &was.pending[was.npending - 1];
        assert_true(was.npending == (cut != NULL) + (w != NULL));
        struct str base = cut ? str_sub(was.safe, 0, cut->at) : was.safe;
        if (cut)
            keep(s, at, inode, was.safe, false);
        if (cut && w)                                      /* the write without the truncation */
            keep(s, at, inode, power_overlay(s->a, was.safe, w->at, str_sub(was.seen, w->at, w->at + w->n)), false);
        if (w)
            write_states(s, at, inode, base, was.seen, *w);
        else
            keep(s, at, inode, base, false);
    }
    s->d->v[inode] = was;
}

static void choose_name(struct states *s, int at)
{
    if (at == s->nnames) {
        choose_file(s, 0);
        return;
    }
    struct name *e = &s->d->names[s->names[at]], was = *e;
    for (int i = 0; i < was.n; i++) {
        e->value[0] = was.value[i];
        e->n = 1;
        choose_name(s, at + 1);
    }
    *e = was;
}

size_t power_states(const struct power_disk *d, bool torn, power_each *each, void *user)
{
    struct arena *a = arena_new();
    struct states s = { .a = a, .d = power_copy(d, a), .found = power_copy(d, a), .torn_too = torn, .each = each, .user = user };
    bool seen[INODES] = { false };
    struct power_disk *former = power_now(NULL);
    power_mark(d, ROOT, seen);
    for (int i = 0; i < INODES; i++)
        if (seen[i] && d->v[i].npending)
            s.files[s.nfiles++] = i;
    for (int i = 0; i < d->nnames; i++)
        if (d->names[i].n > 1)
            s.names[s.nnames++] = i;
    choose_name(&s, 0);
    arena_free(a);
    power_now(former);
    return s.n;
}
