/* guards.c - see guards.h. `--yes` answers none of this: it is written once and forgotten, an address speaks of one thing. */
#include "guards.h"

#include <string.h>

#include "kc/arena.h"
#include "output.h"

struct str guard_text(struct arena *a, const struct plan_guard *g)
{
    return str_fmt(a, "%.*s; %.*s", STR_ARG(g->what), STR_ARG(g->why));
}

static const struct plan_guard *guard_at(struct session *s, const struct plan *p, struct str addr)
{
    addr = address_normal(s->arena, addr);
    for (size_t i = 0; i < p->nguards; i++)
        if (str_eq(address_normal(s->arena, p->guards[i].addr), addr))
            return &p->guards[i];
    return NULL;
}

/* An address that nothing guards was meant for another plan, or is misspelt: both want a look. */
static bool all_known(struct session *s, const struct plan *p)
{
    struct buf b = { 0 };

    for (size_t i = 0; i < s->options->allow.n; i++) {
        struct str addr = s->options->allow.v[i];

        if (guard_at(s, p, addr))
            continue;
        buf_cstr(&b, "kc: `--allow-destroy ");
        text_safe(&b, addr);
        buf_cstr(&b, p->nguards ? "`: this plan loses nothing for good there; guarded are " : "`: nothing in this plan is guarded; leave it out");
        for (size_t k = 0; k < p->nguards; k++)
            buf_fmt(&b, "%s`%.*s`", k ? ", " : "", STR_ARG(p->guards[k].addr));
        buf_putc(&b, '\n');
        world_err(s->world, buf_view(&b));
        buf_fini(&b);
        return false;
    }
    return true;
}

static bool allowed(struct session *s, const struct plan *p, const struct plan_guard *g)
{
    for (size_t i = 0; i < s->options->allow.n; i++)
        if (guard_at(s, p, s->options->allow.v[i]) == g)
            return true;
    return false;
}

static bool ask(struct session *s, const struct plan_guard *g)
{
    struct buf b = { 0 };
    struct str line = STR_NONE;

    buf_putc(&b, '\n');
    text_safe(&b, g->addr);
    buf_cstr(&b, "\n  this apply ");
    text_safe(&b, guard_text(s->arena, g));
    buf_cstr(&b, "\nType its address to go on: ");
    if (s->options->json)                                  /* JSON stays alone on its output */
        world_err(s->world, buf_view(&b));
    else
        world_out(s->world, buf_view(&b));
    buf_fini(&b);
    return world_read_line(s->world, s->arena, &line) &&
           str_eq(address_normal(s->arena, str_trim(line)), address_normal(s->arena, g->addr));
}

/* As a shell takes it: x["a"] wants quotes. */
static struct str quoted(struct arena *a, struct str addr)
{
    bool plain = true;

    for (size_t i = 0; i < addr.n; i++)
        plain = plain && (strchr("._-", addr.s[i]) || (addr.s[i] >= '0' && addr.s[i] <= '9') || (addr.s[i] >= 'a' && addr.s[i] <= 'z') ||
                          (addr.s[i] >= 'A' && addr.s[i] <= 'Z'));
    return plain ? addr : str_fmt(a, "'%.*s'", STR_ARG(addr));
}

static void refuse(struct session *s, const struct plan *p, const struct plan_guard *g)
{
    struct span at = SPAN_NONE;

    for (size_t i = 0; i < p->nitems; i++)
        if (p->items[i]->node && str_eq(p->items[i]->addr, g->addr))
            at = p->items[i]->node->span;
    struct diag *x = diag_add(&s->diags, DIAG_E0611, at, "`%.*s`: this apply %.*s", STR_ARG(g->addr), STR_ARG(guard_text(s->arena, g)));
    diag_help(&s->diags, x, "to do it all the same, add `--allow-destroy %.*s`, or type the address at a terminal", STR_ARG(quoted(s->arena, g->addr)));
}

int guards_pass(struct session *s, const struct plan *p)
{
    bool terminal = world_is_tty(s->world, 0), good = true;

    if (!all_known(s, p))
        return 64;
    for (size_t i = 0; i < p->nguards && (good || !terminal); i++) {
        const struct plan_guard *g = &p->guards[i];

        if (allowed(s, p, g) || (terminal && ask(s, g)))
            continue;
        good = false;
        if (!terminal)
            refuse(s, p, g);
    }
    if (!good && terminal)
        world_err(s->world, STR("Not confirmed: nothing was changed.\n"));
    output_diags(s);
    return good ? 0 : session_interrupted(s) ? 130 : 1;
}
