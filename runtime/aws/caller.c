/* caller.c - AWS as a caller (caller.h): a client for each set of rights and each endpoint that the providers of a run name, made when first asked for.
 * Regions share a client: its buckets are kept per region. */
#include "kc/aws.h"

#include "kc/arena.h"

enum { MINUTE = 60 * 1000 };

struct aws_clients {
    struct world *world;
    struct models *models;
    struct arena *arena;
    struct aws_options own;                                /* what a provider that says nothing gets */
    struct client {
        struct client *next;
        struct provider provider;
        struct aws *aws;
    } *first;
};

struct aws_clients *aws_clients_new(struct world *w, struct models *m, const struct aws_options *own)
{
    struct arena *a = arena_new();
    struct aws_clients *c = ARENA_NEW(a, struct aws_clients);

    *c = (struct aws_clients){ .world = w, .models = m, .arena = a, .own = *own };
    return c;
}

void aws_clients_free(struct aws_clients *c)
{
    if (!c)
        return;
    for (struct client *x = c->first; x; x = x->next)
        aws_free(x->aws);
    arena_free(c->arena);
}

/* A profile or a role that the file names stands for itself: keys in the environment do not go before it. */
static struct aws_options options_for(const struct aws_clients *c, const struct provider *p)
{
    struct aws_options o = c->own;

    if (p->profile.n) {
        o.profile = p->profile;
        o.explicit_profile = true;
        o.profile_by = STR("the .kcl file");
    }
    if (p->profile.n || p->role.n)
        o.role = p->role;
    if (p->endpoint.n)
        o.endpoint = p->endpoint;
    return o;
}

struct aws *aws_clients_get(struct aws_clients *c, const struct provider *p)
{
    static const struct provider nothing = { .kind = { "aws", 3 } };
    struct client *x = c->first;

    p = p ? p : &nothing;
    while (x && !provider_same_rights(&x->provider, p))
        x = x->next;
    if (!x) {
        struct aws_options o = options_for(c, p);
        x = ARENA_NEW(c->arena, struct client);
        *x = (struct client){ c->first, *p, aws_new(c->world, c->models, &o) };
        c->first = x;
    }
    return x->aws;
}

static struct ticket *send(void *impl, struct arena *a, const struct ask *q, answer_done *done, void *user)
{
    return aws_send(aws_clients_get(impl, q->provider), a, q, done, user);
}

static int64_t clock_of(void *impl, const struct provider *p)
{
    return aws_clock_offset(aws_clients_get(impl, p));
}

/* How long a service may not see what another has just made: EC2 documents its eventual consistency in minutes, the others answer sooner. */
static int64_t settles(void *impl, const struct ask *q)
{
    const struct aws_clients *c = impl;
    struct str why;
    const struct service *s = model_service(c->models, q->service, &why);

    return s && s->protocol == PROTOCOL_EC2 ? 5 * MINUTE : 2 * MINUTE;
}

struct caller aws_caller(struct aws_clients *c)
{
    return (struct caller){ .send = send, .clock = clock_of, .settles = settles, .impl = c };
}
