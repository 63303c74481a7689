/* limits.c - see limits.h. */
#include "limits.h"

#include <stdlib.h>
#include <string.h>

#include "kc/arena.h"
#include "kc/map.h"

struct limit { const char *service, *action; int burst, per_1000s; bool unfiltered; };

/* First match wins; `*` at the end matches any rest. Sources: "Request throttling for the EC2 API", ELB and Route 53 pages, as
 * collected in docs/design.md, Limits of AWS; where AWS publishes nothing, numbers that were seen to pass. */
static const struct limit table[] = {
    { "ec2", "DescribeInstances", 50, 10000, true },
    { "ec2", "DescribeInstanceStatus", 50, 10000, true },
    { "ec2", "DescribeNetworkInterfaces", 50, 10000, true },
    { "ec2", "DescribeSecurityGroups", 50, 10000, true },
    { "ec2", "DescribeSnapshots", 50, 10000, true },
    { "ec2", "DescribeVolumes", 50, 10000, true },
    { "ec2", "DescribeSpotInstanceRequests", 50, 10000, true },
    { "ec2", "Describe*", 100, 20000, false },
    { "ec2", "Get*", 100, 20000, false },
    { "ec2", "List*", 100, 20000, false },
    { "ec2", "Search*", 100, 20000, false },
    { "ec2", "RunInstances", 5, 2000, false },
    { "ec2", "StartInstances", 5, 2000, false },
    { "ec2", "CreateNatGateway", 10, 1000, false },
    { "ec2", "DeleteNatGateway", 10, 1000, false },
    { "ec2", "CreateVpcEndpoint", 4, 300, false },
    { "ec2", "ModifyVpcEndpoint", 4, 300, false },
    { "ec2", "DeleteVpcEndpoints", 4, 300, false },
    { "ec2", "CreateTags", 100, 10000, false },
    { "ec2", "DeleteTags", 100, 10000, false },
    { "ec2", "CreateVolume", 100, 5000, false },
    { "ec2", "CreateNetworkInterface", 100, 5000, false },
    { "ec2", "CreateLaunchTemplateVersion", 100, 5000, false },
    { "ec2", "ModifyLaunchTemplate", 100, 5000, false },
    { "ec2", "CreateSnapshot", 100, 5000, false },
    { "ec2", "*", 50, 5000, false },
    { "elbv2", "Describe*", 40, 10000, false },
    { "elbv2", "*", 20, 5000, false },
    { "route53", "CreateHostedZone", 40, 2000, false },
    { "route53", "AssociateVPCWithHostedZone", 20, 5000, false },
    { "route53", "*", 50, 10000, false },
    { "s3", "*", 200, 100000, false },
    { "iam", "Get*", 50, 20000, false },
    { "iam", "List*", 50, 20000, false },
    { "iam", "*", 20, 5000, false },
    { "autoscaling", "Describe*", 30, 10000, false },
    { "autoscaling", "*", 10, 5000, false },
    { "eks", "Describe*", 30, 10000, false },
    { "eks", "List*", 30, 10000, false },
    { "eks", "*", 20, 5000, false },
    { "*", "Describe*", 50, 20000, false },
    { "*", "Get*", 50, 20000, false },
    { "*", "List*", 50, 20000, false },
    { "*", "*", 30, 10000, false },
};
static const char *const reading[] = { "Describe*", "Get*", "List*", "Head*", "Search*", "Lookup*", "BatchGet*", "Simulate*", "Preview*", "Test*" };

enum { BACK_OFF_PERCENT = 70, SLOWEST_PER_1000S = 500 };

struct limits_bucket {
    struct limits *limits;
    const struct limit *row;
    double tokens, rate, full_rate;                        /* per ms */
    int64_t filled, throttled;                             /* when last */
    struct limits_turn *first, **last;                     /* calls, in order */
    struct limits_turn *poll, **poll_last;                 /* polls: after the calls */
    struct world_timer *timer;
};
struct limits {
    struct world *world;
    struct arena *arena;
    struct map buckets;
};

static bool matches(const char *pattern, struct str text)
{
    size_t n = strlen(pattern);

    if (n && pattern[n - 1] == '*')
        return str_starts(text, (struct str){ pattern, n - 1 });
    return str_is(text, pattern);
}

bool action_reads(struct str action)
{
    for (size_t i = 0; i < sizeof reading / sizeof *reading; i++)
        if (matches(reading[i], action))
            return true;
    return false;
}

static const struct limit *row_of(struct str service, struct str action, bool unfiltered)
{
    size_t i = 0;

    while (!matches(table[i].service, service) || !matches(table[i].action, action) || (table[i].unfiltered && !unfiltered))
        i++;                                               /* the last row matches all */
    return &table[i];
}

void limits_of(struct str service, struct str action, bool unfiltered, int *burst, int *per_1000s)
{
    const struct limit *row = row_of(service, action, unfiltered);

    *burst = row->burst;
    *per_1000s = row->per_1000s;
}

struct limits *limits_new(struct world *w)
{
    struct limits *l = calloc(1, sizeof *l);

    if (!l)
        die("out of memory");
    l->world = w;
    l->arena = arena_new();
    return l;
}

void limits_free(struct limits *l)
{
    for (size_t i = 0; i < l->buckets.n; i++) {
        struct limits_bucket *b = l->buckets.e[i].value;

        world_timer_stop(l->world, b->timer);
    }
    map_fini(&l->buckets);
    arena_free(l->arena);
    free(l);
}

static struct limits_bucket *bucket_of(struct limits *l, struct str region, struct str service, struct str action, bool unfiltered)
{
    const struct limit *row = row_of(service, action, unfiltered);
    struct str key = str_fmt(l->arena, "%.*s/%.*s/%.*s%s", STR_ARG(region), STR_ARG(service), STR_ARG(action), row->unfiltered ? "/all" : "");
    struct limits_bucket *b = map_get(&l->buckets, key);

    if (b)
        return b;
    b = ARENA_NEW(l->arena, struct limits_bucket);
    b->limits = l;
    b->row = row;
    b->tokens = row->burst;
    b->rate = b->full_rate = row->per_1000s / 1e6;
    b->filled = world_now(l->world);
    b->last = &b->first;
    b->poll_last = &b->poll;
    map_put(&l->buckets, key, b);
    return b;
}

static void refill(struct limits_bucket *b)
{
    int64_t now = world_now(b->limits->world);
    double passed = (double)(now - b->filled);

    if (passed <= 0)
        return;
    if (b->rate < b->full_rate && now - b->throttled > 1000) {
        b->rate += passed * 1e-6;                          /* one per second more, each second */
        if (b->rate > b->full_rate)
            b->rate = b->full_rate;
    }
    b->tokens += passed * b->rate;
    if (b->tokens > b->row->burst)
        b->tokens = b->row->burst;
    b->filled = now;
}

/* How many tokens must be there for the next in line; 0: nobody waits. */
static double needed(const struct limits_bucket *b)
{
    if (b->first)
        return 1;
    return b->poll ? b->row->burst / 2.0 : 0;
}

static void arm(struct limits_bucket *b);

static void pump(void *user)
{
    struct limits_bucket *b = user;
    double need;

    b->timer = NULL;
    refill(b);
    while ((need = needed(b)) > 0 && b->tokens >= need - 1e-6) {
        struct limits_turn *t = b->first ? b->first : b->poll;

        limits_leave(b->limits, t);
        b->tokens -= 1;
        t->go(t->user);
    }
    arm(b);
}

static void arm(struct limits_bucket *b)
{
    struct world *w = b->limits->world;
    double need = needed(b);

    world_timer_stop(w, b->timer);
    b->timer = NULL;
    if (need <= 0)
        return;
    refill(b);
    double wait = b->tokens >= need ? 0 : (need - b->tokens) / b->rate;
    b->timer = world_timer(w, world_now(w) + (int64_t)wait + (wait > 0), pump, b);
}

void limits_wait(struct limits *l, struct limits_turn *t, struct str region, struct str service, struct str action, bool poll, bool unfiltered,
                 void (*go)(void *user), void *user)
{
    struct limits_bucket *b = bucket_of(l, region, service, action, unfiltered);
    struct limits_turn ***last = poll ? &b->poll_last : &b->last;

    *t = (struct limits_turn){ .bucket = b, .go = go, .user = user };
    **last = t;
    *last = &t->next;
    if (!b->timer || (!poll && b->first == t))
        arm(b);
}

static bool unlink_turn(struct limits_turn **first, struct limits_turn ***last, struct limits_turn *t)
{
    struct limits_turn **p = first;

    while (*p && *p != t)
        p = &(*p)->next;
    if (!*p)
        return false;
    *p = t->next;
    if (*last == &t->next)
        *last = p;
    return true;
}

void limits_leave(struct limits *l, struct limits_turn *t)
{
    struct limits_bucket *b = t->bucket;

    (void)l;
    if (!b)
        return;
    if (!unlink_turn(&b->first, &b->last, t))
        unlink_turn(&b->poll, &b->poll_last, t);
    t->bucket = NULL;
    t->next = NULL;
}

void limits_throttled(struct limits *l, struct str region, struct str service, struct str action)
{
    struct limits_bucket *b = bucket_of(l, region, service, action, false);

    refill(b);
    b->rate = b->rate * BACK_OFF_PERCENT / 100;
    if (b->rate < SLOWEST_PER_1000S / 1e6)
        b->rate = b->full_rate < SLOWEST_PER_1000S / 1e6 ? b->full_rate : SLOWEST_PER_1000S / 1e6;
    b->tokens = b->tokens > 1 ? 1 : b->tokens;
    b->throttled = world_now(l->world);
    if (b->timer)
        arm(b);
}
