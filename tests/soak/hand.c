/* hand.c - a second hand: somebody else's changes to what kc made, at some moment while it runs. Each act is one line of the log. */
#include "story.h"
#include "sim/room.h"

struct deed { struct story *y; uint64_t kind, pick; };

static struct sim *sim_of(struct story *y)
{
    return y->s->sim;
}

static void commit(struct story *y, const char *what, const struct thing *t)
{
    y->t->acts++;
    story_say(y, "a hand: %s %.*s", what, STR_ARG(t->key));
    judge_who(y->j, WHO_HAND);
    log_commit(sim_of(y), str_fmt(y->a, "hand.%s", what));
    judge_who(y->j, WHO_KC);
}

static struct object *object_of(struct story *y, const struct thing *t)
{
    struct kind *k = kind_find(sim_of(y), STR_NONE, t->kind);

    store_place(sim_of(y), t->region);
    return k ? object_find(k, t->id) : NULL;
}

static bool in(const char *const *kinds, struct str kind)
{
    for (; *kinds; kinds++)
        if (str_is(kind, *kinds))
            return true;
    return false;
}

/* One of what kc made that stands and is of one of the kinds; NULL: there is none. */
static struct thing *one_of(struct deed *d, const char *const *kinds)
{
    struct thing *const *all, *found[600];
    size_t n = judge_things(d->y->j, &all), m = 0, i;

    for (i = 0; i < n && m < 600; i++)
        if (!all[i]->gone && !all[i]->dying && !all[i]->other && all[i]->made && in(kinds, all[i]->kind))
            found[m++] = all[i];
    return m ? found[d->pick % m] : NULL;
}

static const char *const tagged[] = { "ec2.vpc", "ec2.subnet", "ec2.security_group", "ec2.route_table", "ec2.nat_gateway", "ec2.launch_template", "iam.role", "eks.cluster", "eks.nodegroup", "eks.addon", NULL };

static void foreign_tag(struct deed *d)
{
    struct thing *t = one_of(d, tagged);
    struct object *o = t ? object_of(d->y, t) : NULL;

    if (!o)
        return;
    object_tag(sim_of(d->y), o, value_with(d->y->a, o->tags, STR("else:owner"), value_string(d->y->a, STR("somebody"))));
    commit(d->y, "tag", t);
}

static const struct value *unmarked(struct story *y, const struct value *tags, const char *lineage)
{
    struct fields f = { .a = y->a };
    size_t i;

    for (i = 0; i < tags->object.n; i++)
        if (!str_starts(tags->object.v[i].key, STR("kc:")))
            fields_put(&f, tags->object.v[i].key, tags->object.v[i].value);
    if (lineage) {
        fields_put(&f, STR("kc:lineage"), value_string(y->a, str_of(lineage)));
        fields_put(&f, STR("kc:addr"), value_string(y->a, STR("else.thing")));
        fields_put(&f, STR("kc:gen"), value_string(y->a, STR("1")));
    }
    return fields_take(&f);
}

static void strip(struct deed *d)
{
    struct thing *t = one_of(d, tagged);
    struct object *o = t ? object_of(d->y, t) : NULL;

    if (!o || !t->ready)
        return;
    object_tag(sim_of(d->y), o, unmarked(d->y, o->tags, NULL));
    commit(d->y, "strip", t);
}

static void take_over(struct deed *d)
{
    struct thing *t = one_of(d, tagged);
    struct object *o = t ? object_of(d->y, t) : NULL;

    if (!o || !t->ready)
        return;
    d->y->theirs = true;
    object_tag(sim_of(d->y), o, unmarked(d->y, o->tags, "another-lineage"));
    commit(d->y, "takeover", t);
    judge_gives_away(d->y->j, t->kind, t->id);
}

/* The same name, and another object: made again by somebody who knows nothing of kc. */
static void remake(struct deed *d)
{
    static const struct { const char *kind, *uid[3]; } kinds[] = {
        { "iam.role", { "RoleId", "CreateDate", NULL } }, { "eks.nodegroup", { "nodegroupArn", "createdAt", NULL } }, { "eks.addon", { "addonArn", "createdAt", NULL } },
        { "eks.access_entry", { "accessEntryArn", "createdAt", NULL } }, { "eks.cluster", { "identity.oidc.issuer", "createdAt", NULL } },
    };
    size_t which = (size_t)(d->pick >> 32) % (sizeof kinds / sizeof kinds[0]), i;
    const char *const only[] = { kinds[which].kind, NULL };
    struct thing *t = one_of(d, only);
    struct object *o = t ? object_of(d->y, t) : NULL;
    const struct value *attrs = o ? o->attrs : NULL;

    if (!o || !t->ready || !o->tags->object.n)
        return;
    for (i = 0; kinds[which].uid[i]; i++) {
        struct str old = tree_text(d->y->a, attrs, str_of(kinds[which].uid[i]));
        struct str new = str_fmt(d->y->a, "%.*s", STR_ARG(old));

        if (!old.n)
            continue;
        if (str_ends(str_of(kinds[which].uid[i]), STR("At")) || str_ends(str_of(kinds[which].uid[i]), STR("Date"))) {
            attrs = tree_put(d->y->a, attrs, str_of(kinds[which].uid[i]), value_int(d->y->a, sim_of(d->y)->now + sim_of(d->y)->start_wall));
            continue;
        }
        new = str_fmt(d->y->a, "%.*s%08x", (int)(new.n - 8), new.s, (unsigned)d->pick);
        attrs = tree_put(d->y->a, attrs, str_of(kinds[which].uid[i]), value_string(d->y->a, new));
    }
    d->y->theirs = true;
    judge_nodes_excused(d->y->j);
    object_set(sim_of(d->y), o, attrs);
    object_tag(sim_of(d->y), o, unmarked(d->y, o->tags, NULL));
    commit(d->y, "remake", t);
    judge_gives_away(d->y->j, t->kind, t->id);
}

static void removal(struct deed *d)
{
    static const char *const kinds[] = { "ec2.route", "ec2.route_table_association", "iam.role_attachment", "eks.addon", "eks.access_entry", "eks.access_policy", "ec2.security_group_rule",
                                         "eks.pod_identity_association", "iam.role_policy", "eks.nodegroup", NULL };
    struct thing *t = one_of(d, kinds);
    struct object *o = t ? object_of(d->y, t) : NULL;
    hook_fn *fn = o ? hook_find(data_str(o->kind->data, "removed")) : NULL;

    if (!o || !t->ready)
        return;
    judge_nodes_excused(d->y->j);
    judge_who(d->y->j, WHO_HAND);
    if (fn)
        fn(&(struct hook_call){ .sim = sim_of(d->y), .o = o, .a = d->y->a });
    object_remove(sim_of(d->y), o);
    commit(d->y, "remove", t);
}

static void set_one(struct deed *d, struct thing *t, const char *path, const struct value *v)
{
    struct object *o = object_of(d->y, t);

    if (!o || !t->ready)
        return;
    object_set(sim_of(d->y), o, tree_put(d->y->a, o->attrs, str_of(path), v));
    commit(d->y, "change", t);
}

static void drift(struct deed *d)
{
    static const struct { const char *kind, *path, *value; } kinds[] = {
        { "ec2.subnet", "MapPublicIpOnLaunch", "" }, { "iam.role", "Description", "changed by hand" }, { "eks.nodegroup", "labels.hand", "made" }, { "eks.nodegroup", "updateConfig.maxUnavailablePercentage", "50" },
    };
    size_t which = (size_t)(d->pick >> 32) % (sizeof kinds / sizeof kinds[0]);
    const char *const only[] = { kinds[which].kind, NULL };
    struct thing *t = one_of(d, only);

    if (t && kinds[which].value[0] >= '0' && kinds[which].value[0] <= '9')
        set_one(d, t, kinds[which].path, value_int(d->y->a, 50));
    else if (t)
        set_one(d, t, kinds[which].path, kinds[which].value[0] ? value_string(d->y->a, str_of(kinds[which].value)) : value_bool(d->pick % 2));
}

/* The autoscaler's own: within the limits, up or down. */
static void scale(struct deed *d)
{
    static const char *const kinds[] = { "eks.nodegroup", NULL };
    struct thing *t = one_of(d, kinds);
    int64_t lo, hi;

    if (!t || !str_int(tree_text(d->y->a, t->attrs, STR("scalingConfig.minSize")), &lo) || !str_int(tree_text(d->y->a, t->attrs, STR("scalingConfig.maxSize")), &hi))
        return;
    set_one(d, t, "scalingConfig.desiredSize", value_int(d->y->a, lo + (int64_t)(d->pick % (uint64_t)(hi - lo + 1))));
}

/* A subnet is put under another table. */
static void move(struct deed *d)
{
    static const char *const kinds[] = { "ec2.route_table_association", NULL }, *const tables[] = { "ec2.route_table", NULL };
    struct thing *t = one_of(d, kinds), *table = one_of(d, tables);

    if (t && table)
        set_one(d, t, "RouteTableId", value_string(d->y->a, table->id));
}

/* Somebody uses what kc made: nodes of their own under the cluster, a group of their own in the network. */
static void neighbour(struct deed *d)
{
    static const char *const kinds[] = { "eks.nodegroup", "ec2.security_group", NULL };
    struct thing *t = one_of(d, kinds);
    struct object *o = t ? object_of(d->y, t) : NULL;
    struct str id, name = STR("theirs");
    const struct value *attrs;

    if (!o || !t->ready || d->y->theirs)
        return;
    if (str_is(t->kind, "eks.nodegroup")) {
        id = str_fmt(d->y->a, "%.*s/theirs", STR_ARG(tree_text(d->y->a, o->attrs, STR("clusterName"))));
        attrs = tree_put(d->y->a, tree_put(d->y->a, o->attrs, STR("nodegroupName"), value_string(d->y->a, name)), STR("nodegroupArn"), value_string(d->y->a, STR("arn:aws:eks:else")));
        attrs = tree_put(d->y->a, attrs, STR("launchTemplate"), NULL);   /* kc's own goes with kc's group */
    } else {
        id = sim_new_id(sim_of(d->y), STR("sg-"), 17);
        attrs = tree_put(d->y->a, tree_put(d->y->a, o->attrs, STR("GroupName"), value_string(d->y->a, name)), STR("GroupId"), value_string(d->y->a, id));
    }
    d->y->theirs = true;
    o = object_new(sim_of(d->y), o->kind, id, o->region, attrs);
    o->made = true;
    commit(d->y, "neighbour beside", t);
    judge_gives_away(d->y->j, o->kind->full, o->id);
    judge_held(d->y->j);
}

static void act(void *user)
{
    struct deed *d = user;
    static void (*const deeds[])(struct deed *) = { foreign_tag, foreign_tag, strip, take_over, remake, remake, removal, removal, removal, drift, drift, scale, scale, move, neighbour, neighbour };

    deeds[d->kind % (sizeof deeds / sizeof deeds[0])](d);
}

void hand_comes(struct story *y)
{
    for (int n = 1 + (int)story_below(y, 2), i = 0; i < n; i++) {
        struct deed *d = ARENA_NEW(y->a, struct deed);
        *d = (struct deed){ y, story_random(y), story_random(y) };
        world_timer(y->s->w, world_now(y->s->w) + (int64_t)story_below(y, story_chance(y, 50) ? 30000 : 900000), act, d);
    }
}
