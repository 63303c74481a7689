/* evaluate.c - from a loaded program to a whole graph: rounds of evaluation, lookups answered in between (docs/design.md, Phases). */
#include "session.h"

#include "kc/arena.h"
#include "kc/vec.h"
#include "output.h"

#include <stdlib.h>

enum { ROUNDS = 8 };

static bool stop(struct session *s, int exit_code)
{
    s->exit_code = exit_code;
    return false;
}

/* Credentials that fail on the way are told by their code. */
static int exit_of_diags(const struct session *s)
{
    for (size_t i = 0; i < s->diags.n; i++)
        if (s->diags.v[i]->code == DIAG_E0702)
            return 5;
    return 1;
}

/* --repin: the kept answer goes; the lookup is asked anew and kept again by the apply. A plan forgets it in memory only. */
static bool drop_pins(struct session *s)
{
    const struct options *o = s->options;

    for (size_t i = 0; i < o->repin.n; i++) {
        struct str addr = address_normal(s->arena, o->repin.v[i]);
        const struct record *r = state_get(s->state, addr);

        if (!r || !r->pin) {
            diag_add(&s->diags, DIAG_E0808, SPAN_NONE, "`--repin %.*s`: no answer is pinned there", STR_ARG(o->repin.v[i]));
            return stop(s, 1);
        }
        if (!state_drop(s->state, addr, r->generation)) {
            diag_add(&s->diags, DIAG_E0805, SPAN_NONE, "%.*s", STR_ARG(state_problem(s->state)));
            return stop(s, 1);
        }
    }
    return true;
}

struct answers { struct pair *v; size_t n, cap; };

static bool answer_all(struct session *s, struct answers *known, const struct lang_result *r)
{
    for (size_t i = 0; i < r->nopen; i++) {
        const struct value *answer;

        if (!plan_lookup(&s->planning, s->arena, r->open[i], &answer))
            return stop(s, session_interrupted(s) ? 130 : exit_of_diags(s));
        known->v = vec_grow(known->v, known->n, &known->cap, sizeof *known->v);
        known->v[known->n++] = (struct pair){ str_dup(s->arena, r->open[i]->addr), answer };
    }
    return true;
}

static bool rounds(struct session *s, struct answers *known, bool offline)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct lang_result r = lang_eval(s->program, &(struct lang_answers){ known->v, known->n });

        s->graph = r.graph;
        if (s->diags.errors || (!r.graph && !r.nopen))
            return stop(s, 1);
        if (i == 0 && !session_providers(s))
            return false;
        if (i == 0 && !offline && (!session_identity(s) || !drop_pins(s)))
            return false;
        if (!r.nopen || offline)
            return true;
        if (!answer_all(s, known, &r))
            return false;
    }
    diag_add(&s->diags, DIAG_E0402, SPAN_NONE, "lookups depend on the answers of lookups more than %d times over", ROUNDS);
    return stop(s, 1);
}

bool session_graph(struct session *s, bool offline)
{
    struct answers known = { 0 };
    bool good = rounds(s, &known, offline);

    free(known.v);
    return good;
}
