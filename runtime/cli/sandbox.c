/* sandbox.c - the simulated AWS of a project in place of clock and network (docs/design.md, Sandbox), or else the real network. */
#include "session.h"

#include "kc/arena.h"
#include "output.h"

enum { BEHAVIOUR_SERVICES = 64 };

static bool complain(struct session *s, int exit_code, const char *what, struct str why)
{
    diag_add(&s->diags, DIAG_E0809, SPAN_NONE, "%s: %.*s", what, STR_ARG(why));
    s->exit_code = exit_code;
    return false;
}

/* One command at a time works on a simulated account: its log has one writer. */
static bool take_lock(struct session *s)
{
    struct arena *a = s->arena;
    struct str holder = STR_NONE;
    enum disk_error e = world_mkdirs(s->world, s->project.sandbox);

    if (e == DISK_OK)
        e = world_lock(s->world, str_fmt(a, "%.*s/lock", STR_ARG(s->project.sandbox)), world_args(s->world), &s->sandbox_lock, a, &holder);
    if (e == DISK_BUSY)
        return complain(s, 6, "the sandbox is in use", holder.n ? str_fmt(a, "by `%.*s`", STR_ARG(holder)) : STR("by another kc"));
    if (e != DISK_OK)
        return complain(s, 1, "the sandbox's folder cannot be used", str_fmt(a, "%.*s: %s", STR_ARG(s->project.sandbox), disk_error_text(e)));
    return true;
}

static const struct value *behaviour(struct session *s)
{
    struct pair v[BEHAVIOUR_SERVICES];
    const struct str *names;
    size_t n = project_services(&s->loader, s->arena, &names), kept = 0;

    for (size_t i = 0; i < n && kept < BEHAVIOUR_SERVICES; i++) {
        struct str path = str_fmt(s->arena, "std/sandbox/%.*s.kcl", STR_ARG(names[i]));
        const struct value *x = lang_values(s->sources, &s->diags, s->arena, path, project_load, &s->loader);

        if (!x)
            return NULL;
        v[kept++] = (struct pair){ names[i], x };
    }
    return value_object(s->arena, v, kept);
}

/* The certificates to trust, as AWS's settings say. */
static struct str bundle(struct session *s)
{
    const struct options *o = s->options;
    struct config_options c = { .profile = o->profile, .explicit_profile = o->explicit_profile };

    return config_ca_bundle(config_load(s->world, s->arena, &c));
}

bool session_sandbox(struct session *s)
{
    const struct options *o = s->options;
    struct sim_options so = { .models = s->models, .disk = s->world, .seed = o->seed, .speed = o->speed, .strict_limits = true,
                              .start_wall = world_wall(s->world), .region = o->region, .served = o->command == COMMAND_SANDBOX };
    struct str why = STR_NONE;

    if (!o->sandbox && !so.served) {
        if (s->network)
            s->network(s->world, bundle(s));
        return true;
    }
    if (!take_lock(s))
        return false;
    so.behaviour = behaviour(s);
    if (!so.behaviour) {
        s->exit_code = 1;
        return false;
    }
    if (!o->seeded)
        world_random(s->world, &so.seed, sizeof so.seed);
    so.log = str_fmt(s->arena, "%.*s/account.log", STR_ARG(s->project.sandbox));
    s->sim = sim_new(&so, s->arena, &why);
    if (!s->sim)
        return complain(s, 6, "the simulated account cannot be read", why);
    if (!so.served)
        sim_attach(s->sim, s->world);
    return true;
}
