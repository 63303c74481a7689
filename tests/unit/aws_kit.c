#include "aws_kit.h"

const struct provider at_home = { .kind = { "aws", 3 }, .region = { "eu-west-1", 9 } };

static void meet(struct aws_kit *k, const struct provider *p)
{
    callers_met(k->callers, p, (struct principal){ endpoint_partition(p->region), STR("111122223333"), STR("arn:aws:iam::111122223333:user/sandbox") });
}

struct aws_kit aws_kit_new(struct world *w, struct models *m, struct arena *a, const struct aws_options *o)
{
    struct aws_kit k = { aws_clients_new(w, m, o), callers_new(w, a) };
    callers_add(k.callers, STR("aws"), aws_caller(k.clients));
    meet(&k, &at_home);
    return k;
}

void aws_kit_meet(struct aws_kit *k, const struct graph *g, const struct state *s, struct arena *a)
{
    const struct record **records;
    size_t n = s ? state_list(s, a, &records) : 0;
    for (size_t i = 0; g && i < g->nnodes; i++)
        if (g->nodes[i]->provider)
            meet(k, g->nodes[i]->provider);
    for (size_t i = 0; i < n; i++)
        meet(k, records[i]->provider);
}

void aws_kit_free(struct aws_kit *k)
{
    aws_clients_free(k->clients);
}
