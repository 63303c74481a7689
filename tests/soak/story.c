/* story.c - see story.h. */
#include "story.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "canary.h"
#include "kc/arena.h"
#include "kctest.h"

enum { HUNG_MS = 24 * 3600 * 1000, TRIES = 3 };

/* ---- chance ---- */
uint64_t story_random(struct story *y)
{
    uint64_t z = y->random += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t story_below(struct story *y, uint64_t n)
{
    return n ? story_random(y) % n : 0;
}

bool story_chance(struct story *y, unsigned percent)
{
    return story_below(y, 100) < percent;
}

void story_say(struct story *y, const char *fmt, ...)
{
    va_list ap;

    if (!y->verbose)
        return;
    va_start(ap, fmt);
    printf("==== ");
    vprintf(fmt, ap);
    printf("\n");
    fflush(stdout);
    va_end(ap);
}

/* ---- a run, which may be killed ---- */
static enum disk_error effect(void *user, enum effect e, bool after, struct str what)
{
    struct story *y = user;

    if (e == EFFECT_DISK_APPEND && !after && str_find(what, STR("\"t\":\"intent\"")) != SIZE_MAX && ++y->intents == y->kill_intent)
        y->kill_at = y->effects + 1 + y->kill_after;
    if (world_now(y->s->w) - y->began > HUNG_MS) {
        judge_finding(y->j, "hung", "a run did not end within %d hours", HUNG_MS / 3600000);
        longjmp(y->out, 1);
    }
    if (++y->effects == y->kill_at)
        longjmp(y->out, 1);
    return DISK_OK;
}

void story_kill(struct story *y, enum stack_verb v)
{
    if (story_chance(y, 50))
        y->kill_at = 1 + (long)story_below(y, (uint64_t)(y->usual[v] ? y->usual[v] : 2500));
    else
        y->kill_intent = 1 + (long)story_below(y, 40), y->kill_after = (long)story_below(y, 8);
}

static void die_here(struct story *y)
{
    struct world *w = y->s->w;

    sim_hang_up(y->s->sim);
    w->hook = NULL;
    w->sent = NULL;                                        /* what the dead process had in its memory */
    w->timers = NULL;
    test_world_crash(y->s->t, story_below(y, 200));
    y->t->kills++;
}

static void note_code(struct story *y, enum stack_verb v, int code)
{
    bool listed = (code >= 0 && code <= 6 && (v == STACK_PLAN || code != 2)) || code == 130;

    if (!listed)
        judge_finding(y->j, "exit code", "verb %d ended with %d", v, code);
    y->t->codes[code == 130 ? 7 : listed ? code : 1]++;
}

int story_run(struct story *y, enum stack_verb v)
{
    struct stack *s = y->s;
    static const char *const names[] = { "plan", "apply", "destroy" };

    y->effects = y->intents = 0;
    y->began = world_now(s->w);
    s->text = y->text(y);
    s->strict = !y->allow;
    if (v == STACK_PLAN) {
        story_pass(y, 1000);                               /* what a dead one sent has arrived */
        judge_plans(y->j);
    } else {
        judge_target(y->j, v == STACK_DESTROY ? STR_NONE : s->text, y->allow);
    }
    judge_who(y->j, WHO_KC);
    story_say(y, "%s%s", names[v], y->kill_at || y->kill_intent ? ", to be killed" : "");
    s->w->hook = effect;
    s->w->hook_user = y;
    y->t->runs++;
    int code = -1;
    if (!setjmp(y->out)) {
        code = stack_run(s, v);
        s->w->hook = NULL;
        y->usual[v] = y->effects;
        note_code(y, v, code);
        story_say(y, "exit %d: %.*s\n%.*s", code, STR_ARG(s->why), STR_ARG(stack_problems(s)));
    } else {
        code = -1;
        die_here(y);
        story_say(y, "killed at effect %ld", y->effects);
    }
    y->kill_at = y->kill_intent = 0;
    judge_who(y->j, WHO_NOBODY);
    return code;
}

void story_pass(struct story *y, int64_t ms)
{
    int64_t until = world_now(y->s->w) + ms;

    while (world_now(y->s->w) < until)
        world_wait(y->s->w, until);
}

/* ---- at rest ---- */
static void look_at_records(struct story *y)
{
    struct state *st;
    struct str why;
    const struct record **r;

    if (state_open(y->s->w, store_file(y->s->w, y->a, y->s->folder), false, &st, y->a, &why) != STATE_OK) {
        judge_finding(y->j, "state", "%.*s", STR_ARG(why));
        return;
    }
    size_t n = state_list(st, y->a, &r);
    judge_rest(y->j, r, n);
    made_rest(y, r, n);
    state_close(st);
}

static bool at_rest(struct story *y)
{
    if (story_run(y, STACK_PLAN) != 0)
        return false;
    look_at_records(y);
    y->safe = y->now;
    return true;
}

bool story_settle(struct story *y)
{
    struct str said = STR_NONE;
    sim_clear_faults(y->s->sim);
    sim_mercy(y->s->sim);
    story_say(y, "no more trouble");
    story_pass(y, (int64_t)story_below(y, 600000) + (y->campaign == CAMPAIGN_HAND ? 900000 : 0));    /* the last deed is done */
    for (int i = 0; i <= TRIES && !judge_rule(y->j); i++) {
        if (at_rest(y))
            return true;
        if (i == TRIES)
            break;
        story_run(y, STACK_APPLY);
        said = str_fmt(y->a, "%.*s %.*s", STR_ARG(y->s->why), STR_ARG(stack_problems(y->s)));
        if (y->s->guarded) {                               /* said what it would cost, and nobody allowed it: the file goes back */
            y->now = y->safe;
            i = -1;
        }
    }
    if (y->theirs && said.n > 1)
        return false;
    judge_finding(y->j, "rest", "after %d undisturbed runs still to do:%.*s; said: %.*s", TRIES, STR_ARG(y->s->left), STR_ARG(said));
    return false;
}

void story_destroy(struct story *y, bool killed)
{
    struct str said = STR_NONE;
    if (killed) {
        story_kill(y, STACK_DESTROY);
        story_run(y, STACK_DESTROY);
        story_pass(y, (int64_t)story_below(y, 300000));
    }
    for (int i = 0; i < TRIES && !judge_rule(y->j); i++) {
        if (story_run(y, STACK_DESTROY) == 0) {
            judge_end(y->j);
            return;
        }
        said = str_fmt(y->a, "%.*s %.*s", STR_ARG(y->s->why), STR_ARG(stack_problems(y->s)));
    }
    if (!y->theirs)
        judge_finding(y->j, "destroy", "after %d undisturbed runs not destroyed; said: %.*s", TRIES, STR_ARG(said));
}

/* ---- the file ---- */
static struct str plain_text(struct story *y)
{
    return variant_text(&y->v, &y->now, y->a);
}

static struct str replaced(struct arena *a, struct str text, const char *what, struct str with)
{
    size_t at = str_find(text, str_of(what));

    return at == SIZE_MAX ? text : str_fmt(a, "%.*s\"%.*s\"%.*s", (int)at, text.s, STR_ARG(with), STR_ARG(str_sub(text, at + strlen(what), text.n)));
}

struct str story_place(struct story *y, struct str text)
{
    struct stack *s = y->s;
    struct thing *const *things;

    if (str_find(text, STR("@vpc")) == SIZE_MAX && y->campaign != CAMPAIGN_HAND)
        return text;
    s->folder = STR(".kc/stacks/landing");
    s->file = STR("examples/own-network/network.kcl");
    stack_must(s, STACK_APPLY, 0);
    stack_must(s, STACK_PLAN, 0);
    judge_others(y->j);
    size_t n = judge_things(y->j, &things);
    for (size_t i = 0; i < n; i++) {
        if (str_is(things[i]->kind, "ec2.vpc"))
            text = replaced(y->a, text, "@vpc", things[i]->id);
        if (str_is(things[i]->kind, "ec2.subnet") && str_starts(things[i]->addr, STR("private")))
            text = replaced(y->a, text, str_ends(things[i]->addr, STR("a")) ? "@a" : "@b", things[i]->id);
    }
    s->text = STR_NONE;
    s->folder = STR(".kc/stacks/test");
    s->file = STR("cluster.kcl");
    return text;
}

static void choose_file(struct story *y)
{
    static const char *const files[] = { "tests/soak/files/quickstart.kcl", "tests/soak/files/pools.kcl", "tests/soak/files/own.kcl" };
    static const char *const services[] = { "tests/soak/files/services.kcl", "tests/soak/files/made.kcl", "tests/soak/files/masters.kcl", "tests/soak/files/groups.kcl" };
    const char *file = y->campaign == CAMPAIGN_SERVICES ? services[story_below(y, sizeof services / sizeof *services)] : files[story_below(y, sizeof files / sizeof *files)];
    struct str text = stack_read(y->a, file);

    variant_read(&y->v, story_place(y, text));
    for (size_t i = 0; i < y->v.nholes; i++) {
        if (!y->v.holes[i].forward && story_chance(y, 40))
            variant_step(&y->v, &y->now, i, story_random(y));
    }
    y->safe = y->now;
    story_say(y, "%s", file);
}

static void change_file(struct story *y)
{
    for (int n = 1 + (int)story_below(y, 3), i = 0; i < n; i++)
        variant_step(&y->v, &y->now, (size_t)story_below(y, y->v.nholes), story_random(y));
    story_say(y, "the file is now\n%.*s", STR_ARG(y->text(y)));
}

/* ---- the story ---- */
struct story *story_new(enum campaign c, uint64_t seed, bool verbose, struct tally *t, const struct sim_options *given)
{
    struct story *y = calloc(1, sizeof(*y));
    struct sim_options o = *given;

    y->campaign = c;
    y->seed = y->random = seed * 1000003 + (uint64_t)c;
    y->verbose = verbose;
    y->a = arena_new();
    y->j = judge_new(y->a);
    y->t = t;
    y->text = plain_text;
    judge_verbose(y->j, verbose);
    o.seed = seed;
    o.watch = judge_watch;
    o.watch_user = y->j;
    y->s = stack_new("cluster.kcl", &o);                   /* no such file: its text is given before each run */
    test_world_seed(y->s->t, seed);
    return y;
}

static void keep_finding(struct story *y)
{
    struct tally *t = y->t;
    struct buf b = { 0 };

    t->faults += (long)sim_hits(y->s->sim);
    if (!judge_rule(y->j))
        return;
    snprintf(t->rule, sizeof(t->rule), "%s", judge_rule(y->j));
    snprintf(t->what, sizeof(t->what), "%.*s", STR_ARG(judge_what(y->j)));
    judge_lines(y->j, &b);
    struct str all = buf_view(&b), last = str_sub(all, all.n > sizeof(t->lines) - 1 ? all.n - sizeof(t->lines) + 1 : 0, all.n);
    snprintf(t->lines, sizeof(t->lines), "%.*s", STR_ARG(last));
    buf_fini(&b);
}

/* What is secret in the file stands nowhere, whatever happened. */
static void look_for_secrets(struct story *y)
{
    struct str path = canary_on_disk(y->s->t, STR_NONE, NULL);

    if (!path.n)
        path = text_on_disk(y->s->t, "PRIVATE KEY");
    if (path.n)
        judge_finding(y->j, "secret", "%.*s holds what is secret", STR_ARG(path));
}

void story_end(struct story *y)
{
    look_for_secrets(y);
    keep_finding(y);
    stack_free(y->s);
    judge_free(y->j);
    arena_free(y->a);
    free(y);
}

static void trouble(struct story *y)
{
    switch (y->campaign) {
    case CAMPAIGN_LOOKUPS:
        hostile_lookups(y);
        break;
    case CAMPAIGN_SERVICES:
        if (story_chance(y, 50))
            hostile_lookups(y);
        break;
    case CAMPAIGN_FAILING:
        hostile_failures(y);
        break;
    case CAMPAIGN_HAND:
        hand_comes(y);
        break;
    default:
        break;
    }
}

static unsigned kills_in_ten(const struct story *y)
{
    return y->campaign == CAMPAIGN_LAG || y->campaign == CAMPAIGN_LOOKUPS || y->campaign == CAMPAIGN_SERVICES ? 85 : 30;
}

/* Runs towards the file of now, each in some trouble; then none. */
static bool round_of_runs(struct story *y)
{
    int runs = 1 + (int)story_below(y, 3);

    y->allow = story_chance(y, 30);
    for (int i = 0; i < runs && !judge_rule(y->j); i++) {
        enum stack_verb v = story_chance(y, 10) ? STACK_PLAN : STACK_APPLY;
        trouble(y);
        if (story_chance(y, kills_in_ten(y)))
            story_kill(y, v);
        story_run(y, v);
        if (y->campaign == CAMPAIGN_LOOKUPS || y->campaign == CAMPAIGN_SERVICES)
            sim_clear_faults(y->s->sim);
        story_pass(y, (int64_t)story_below(y, story_chance(y, 50) ? 20000 : 600000));
        if (story_chance(y, 12))
            change_file(y);
    }
    return story_settle(y);
}

struct tally *story_tell(enum campaign c, uint64_t seed, bool verbose)
{
    struct tally *t = calloc(1, sizeof(*t));
    struct sim_options o = { .strict_limits = seed % 2, .lag_ms = c == CAMPAIGN_LAG ? 120000 : 20000, .lag_share = 0.5 };
    struct story *y = story_new(c, seed, verbose, t, &o);
    int rounds = 1 + (int)story_below(y, 3);

    choose_file(y);
    if (c == CAMPAIGN_FAILING || c == CAMPAIGN_HAND) {     /* these are about what stands already, most of the time */
        if (story_chance(y, 70))
            story_settle(y);
    }
    bool rest = true;
    for (int i = 0; i < rounds && rest && !judge_rule(y->j); i++) {
        if (i || c == CAMPAIGN_FAILING)
            change_file(y);
        rest = round_of_runs(y);
    }
    if (rest && !judge_rule(y->j) && story_chance(y, 60))
        story_destroy(y, story_chance(y, kills_in_ten(y)));
    story_end(y);
    return t;
}
