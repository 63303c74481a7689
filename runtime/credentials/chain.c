/* chain.c - the sources in the order of the AWS SDKs (docs/credentials.md). The first that applies decides: it gives keys, or it is broken and says
 * why; nothing is skipped silently. A new kind of source is a row here and a file beside. */
#include "kc/diag.h"
#include "room.h"

static void broken_files(struct fetch *f);

const struct origin source_environment = { SOURCE_MACHINE, environment_find };
const struct origin source_container = { SOURCE_MACHINE, container_find };
const struct origin source_instance = { SOURCE_MACHINE, instance_find };
static const struct origin files = { 0, broken_files }, assumed = { 0, role_find }, web = { 0, web_find }, sso = { 0, sso_find };
static const struct origin keys_file = { 0, keys_file_find }, login = { 0, login_find }, program = { 0, process_find }, config_file = { 0, config_file_find };

static const struct origin *const sources[] = {
    &source_environment, &files, &assumed, &web, &sso, &keys_file, &login, &program, &config_file, &source_container, &source_instance,
};
enum { SOURCES = sizeof sources / sizeof *sources };

/* A profile somebody asked for must exist; a file that is there must be readable. */
static void broken_files(struct fetch *f)
{
    const struct config *c = f->s->config;
    struct str problem = c->keys.problem.n ? c->keys.problem : c->config.problem, near[3];
    const struct str *names;

    if (problem.n) {
        broken(f, "%.*s", STR_ARG(problem));
        return;
    }
    if (f->up || !c->profile_from.n || f->profile.in_keys || f->profile.in_config) {
        not_here(f);
        return;
    }
    size_t n = config_profiles(c, f->s->arena, &names), k = diag_nearest(f->profile.name, names, n, near);
    broken(f, "profile `%.*s` (from %.*s) is neither in %.*s nor in %.*s%s%.*s%s", STR_ARG(f->profile.name), STR_ARG(c->profile_from), STR_ARG(c->config.shown),
           STR_ARG(c->keys.shown), k ? "; did you mean `" : "", k ? (int)near[0].n : 0, k ? near[0].s : "", k ? "`?" : "");
}

static size_t without_machine(const struct origin **v)
{
    size_t n = 0;

    for (size_t i = 0; i < SOURCES; i++)
        if (!(sources[i]->flags & SOURCE_MACHINE))
            v[n++] = sources[i];
    return n;
}

void fetch_below(struct fetch *up, struct profile p, const struct origin *one, fetch_done *done)
{
    struct fetch *f = ARENA_NEW(up->s->arena, struct fetch);
    const struct origin **v = arena_array(up->s->arena, SOURCES, sizeof *v);

    *v = one;
    *f = (struct fetch){ .s = up->s, .up = up, .profile = p, .environment = one != NULL, .sources = v, .nsources = one ? 1 : without_machine(v),
                         .done = done };
    not_here(f);
}

static void nothing_found(struct fetch *f)
{
    const struct config *c = f->s->config;

    f->why = str_fmt(f->s->arena, "no AWS credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, profile `%.*s` has none in %.*s%s or %.*s%s, "
                     "and this machine offers none; set the variables, choose another profile with `--profile`, sign in with `kc login`, "
                     "or try `--sandbox`, which needs no account", STR_ARG(f->profile.name), STR_ARG(c->keys.shown), c->keys.present ? "" : " (absent)",
                     STR_ARG(c->config.shown), c->config.present ? "" : " (absent)");
}

static void first_done(struct fetch *f, enum ended how)
{
    f->done = f->s->done;
    if (how == ENDED_NONE) {
        nothing_found(f);
        how = ENDED_BROKEN;
    }
    if (how == ENDED_FOUND && f->s->role.n)
        role_given(f, f->s->role);
    else
        f->done(f, how);
}

void search_start(struct search *s, struct str role, fetch_done *done, void *user)
{
    struct fetch *f = ARENA_NEW(s->arena, struct fetch);

    s->role = role;
    s->done = done;
    *f = (struct fetch){ .s = s, .profile = s->config->profile, .environment = !s->config->options.explicit_profile, .sources = sources,
                         .nsources = s->config->options.bare ? 0 : SOURCES, .done = first_done, .user = user };
    not_here(f);
}
