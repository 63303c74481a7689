/* session.c - see session.h: project, client, program, state, identity. The sandbox: sandbox.c. Evaluation: evaluate.c. */
#include "session.h"

#include <stdlib.h>
#include <string.h>

#include "kc/arena.h"
#include "kc/map.h"
#include "output.h"

static bool model_text(void *user, struct str service, struct str *text)
{
    struct session *s = user;

    return project_library(&s->loader, s->arena, str_fmt(s->arena, "aws/models/%.*s.model", STR_ARG(service)), text);
}

static const struct rtype *type_named(void *user, struct str name)
{
    struct session *s = user;
    const struct rtype *t = s->program ? lang_rtype(s->program, name) : NULL;

    return t || !s->state ? t : state_type(s->state, name);
}

struct session *session_new(struct world *w, struct arena *a, const struct options *o, cli_network *network)
{
    struct session *s = ARENA_NEW(a, struct session);
    struct str cwd = world_cwd(w, a);

    s->world = w;
    s->arena = a;
    s->options = o;
    s->network = network;
    diags_init(&s->diags);
    s->sources = sources_new();
    s->loader = (struct loader){ .world = w, .stdlib = o->stdlib, .behaviour = o->behaviour };
    if (o->stdlib.n && o->stdlib.s[0] != '/')
        s->loader.stdlib = str_fmt(a, "%.*s/%.*s", STR_ARG(cwd), STR_ARG(o->stdlib));
    if (o->behaviour.n && o->behaviour.s[0] != '/')
        s->loader.behaviour = str_fmt(a, "%.*s/%.*s", STR_ARG(cwd), STR_ARG(o->behaviour));
    s->models = models_new(model_text, s);
    return s;
}

void session_close(struct session *s)
{
    output_diags(s);
    if (s->program)
        lang_free(s->program);
    if (s->state)
        state_close(s->state);
    aws_free(s->aws);
    sim_free(s->sim);
    if (s->sandbox_lock)
        world_unlock(s->world, s->sandbox_lock);
    models_free(s->models);
    sources_free(s->sources);
    diags_fini(&s->diags);
}

int session_fail(struct session *s, int exit_code)
{
    output_diags(s);
    return exit_code;
}

static bool stop(struct session *s, int exit_code)
{
    s->exit_code = exit_code;
    return false;
}

bool session_interrupted(struct session *s)
{
    return world_signals(s->world) > 0;
}

bool session_project(struct session *s, bool need_file)
{
    if (!project_find(s->world, s->arena, s->options, need_file, &s->project, &s->diags))
        return stop(s, 1);
    s->loader.project = s->project;
    return true;
}

/* A region that kc does not know is refused where it cannot be one, and in the sandbox; elsewhere it may be new. */
static bool good_region(struct session *s, struct str region, struct span at)
{
    bool fatal = s->options->sandbox || !endpoint_partition(region).n;
    const struct str *names;
    struct str near[3];
    size_t n = endpoint_regions(&names), k = diag_nearest(region, names, n, near);

    if (!region.n || endpoint_region_known(region) || (s->aws && aws_endpoint_note(s->aws).n))
        return true;
    struct diag *x = fatal ? diag_add(&s->diags, DIAG_E0810, at, "`%.*s` is not an AWS region", STR_ARG(region)) :
                             diag_add(&s->diags, DIAG_E0811, at, "`%.*s` is not a region that kc knows", STR_ARG(region));
    if (k)
        diag_help(&s->diags, x, "did you mean `%.*s`?", STR_ARG(near[0]));
    return !fatal;
}

bool session_providers(struct session *s)
{
    struct map seen = { 0 };
    bool good = true;

    for (size_t i = 0; s->graph && i < s->graph->nnodes; i++) {
        const struct node *n = s->graph->nodes[i];
        struct str key = str_fmt(s->arena, "%.*s %.*s %.*s", STR_ARG(n->provider.region), STR_ARG(n->provider.profile), STR_ARG(n->provider.role));

        if (map_put(&seen, key, s))
            continue;
        good = good_region(s, n->provider.region, n->provider.at) && good;
        if (n->provider.profile.n || n->provider.role.n) {
            struct diag *x = diag_add(&s->diags, DIAG_E0601, n->span, "`%.*s` asks for credentials of its own", STR_ARG(n->addr));
            diag_help(&s->diags, x, "one run works with one set of credentials: take `profile` and `role` out, and say `--profile`");
            good = false;
        }
    }
    map_fini(&seen);
    return good || stop(s, 1);
}

bool session_client(struct session *s)
{
    const struct options *o = s->options;
    struct aws_options ao = { .region = o->region, .profile = o->profile, .explicit_profile = o->explicit_profile };

    if (o->sandbox) {
        if (!ao.region.n)
            ao.region = STR("us-east-1");
        ao.bare = true;
        ao.fixed = sim_credentials();
    }
    s->aws = aws_new(s->world, s->models, &ao);
    s->region = aws_region(s->aws);
    return good_region(s, s->region, SPAN_NONE) || stop(s, 1);
}

/* `param NAME` at the start of a line of the root file: the names that KC_PARAM_NAME may set. */
static size_t params_of_environment(struct session *s, struct pair *out, size_t max)
{
    struct str text = STR_NONE, why, line;
    size_t n = 0;

    if (!project_load(&s->loader, s->arena, s->project.file, &text, &why))
        return 0;
    while (n < max && str_cut(&text, '\n', &line)) {
        struct str rest = str_trim(line), name = STR("");

        if (!str_starts(rest, STR("param ")))
            continue;
        rest = str_trim(str_sub(rest, 6, rest.n));
        while (name.n < rest.n && (rest.s[name.n] == '_' || (rest.s[name.n] >= '0' && rest.s[name.n] <= '9') || (rest.s[name.n] >= 'a' && rest.s[name.n] <= 'z') ||
                                   (rest.s[name.n] >= 'A' && rest.s[name.n] <= 'Z')))
            name = str_sub(rest, 0, name.n + 1);
        struct str value = world_getenv(s->world, str_c(s->arena, str_fmt(s->arena, "KC_PARAM_%.*s", STR_ARG(name))));
        if (name.n && value.s)
            out[n++] = (struct pair){ name, value_string(s->arena, value) };
    }
    return n;
}

bool session_program(struct session *s, bool offline)
{
    enum { MAX_PARAMS = 256 };
    const struct options *o = s->options;
    struct pair *params = arena_array(s->arena, MAX_PARAMS + o->nset, sizeof *params);
    size_t n = params_of_environment(s, params, MAX_PARAMS);

    for (size_t i = 0; i < o->nset; i++) {                 /* --set over the environment, the last one over earlier ones */
        size_t k = 0;

        while (k < n && !str_eq(params[k].key, o->set[i].key))
            k++;
        params[k] = o->set[i];
        n += k == n;
    }
    struct lang_options lo = { .load = project_load, .user = &s->loader, .models = s->models, .params = params, .nparams = n, .region = s->region,
                               .offline = offline };
    s->program = lang_load(s->sources, &s->diags, s->project.file, &lo);
    return s->diags.errors ? stop(s, 1) : true;
}

static bool load_nothing(void *user, struct arena *a, struct str path, struct str *text, struct str *why)
{
    struct session *s = user;

    if (str_starts(path, STR("std/")))
        return project_load(&s->loader, a, path, text, why);
    *text = STR("");
    return true;
}

bool session_no_program(struct session *s)
{
    struct lang_options lo = { .load = load_nothing, .user = s, .models = s->models, .region = s->region };

    s->program = lang_load(s->sources, &s->diags, STR("destroy.kcl"), &lo);
    return s->diags.errors ? stop(s, 70) : true;
}

static void set_contexts(struct session *s)
{
    s->planning = (struct plan_context){ .world = s->world, .aws = s->aws, .models = s->models, .state = s->state, .diags = &s->diags, .type = type_named,
                                         .user = s, .refresh = s->options->refresh };
    s->carrying = (struct engine_context){ .world = s->world, .aws = s->aws, .models = s->models, .state = s->state, .type = type_named, .user = s,
                                           .fail_fast = s->options->fail_fast };
}

bool session_state(struct session *s, bool write)
{
    static const struct { enum state_error error; enum diag_code code; int exit_code; } ends[] = {
        { STATE_LOCKED, DIAG_E0803, 6 }, { STATE_CORRUPT, DIAG_E0802, 6 }, { STATE_NEWER, DIAG_E0804, 6 }, { STATE_DISK, DIAG_E0805, 1 },
    };
    struct str why = STR_NONE;
    enum state_error e = state_open(s->world, s->project.stack_folder, write, &s->state, s->arena, &why);

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (e == ends[i].error) {
            diag_add(&s->diags, ends[i].code, SPAN_NONE, "%.*s", STR_ARG(why));
            return stop(s, ends[i].exit_code);
        }
    if (state_note(s->state).n)
        output_note(s, state_note(s->state));
    set_contexts(s);
    return true;
}

/* Where to ask who we are: the region of the run, of the first node, of last time. */
static struct str identity_region(struct session *s)
{
    if (s->region.n)
        return s->region;
    for (size_t i = 0; s->graph && i < s->graph->nnodes; i++)
        if (s->graph->nodes[i]->provider.region.n)
            return s->graph->nodes[i]->provider.region;
    const struct record **records;
    size_t n = s->state ? state_list(s->state, s->arena, &records) : 0;
    for (size_t i = 0; i < n; i++)
        if (records[i]->region.n)
            return records[i]->region;
    return STR("us-east-1");
}

static bool complain_identity(struct session *s, const struct aws_result *r)
{
    struct str id = r->request_id.n ? str_fmt(s->arena, " (request id %.*s)", STR_ARG(r->request_id)) : STR("");

    if (session_interrupted(s))
        return stop(s, 130);
    if (r->class == AWS_CREDENTIALS || r->class == AWS_DENIED) {
        struct str what = r->error.message, todo = STR_NONE;
        size_t cut = str_find(what, STR("; "));            /* what is the matter; what to do about it */

        if (cut != SIZE_MAX) {
            todo = str_sub(what, cut + 2, what.n);
            what = str_sub(what, 0, cut);
        }
        struct diag *x = diag_add(&s->diags, DIAG_E0702, SPAN_NONE, "%.*s%.*s", STR_ARG(what), STR_ARG(id));
        if (todo.n)
            diag_help(&s->diags, x, "%.*s", STR_ARG(todo));
        if (r->error.code.n && !str_is(r->error.code, "NoCredentials"))
            diag_note(&s->diags, x, "AWS said %.*s", STR_ARG(r->error.code));
        return stop(s, 5);
    }
    diag_add(&s->diags, DIAG_E0710, SPAN_NONE, "AWS could not be asked whose credentials these are: %.*s%.*s", STR_ARG(r->error.message), STR_ARG(id));
    return stop(s, 1);
}

static void differs(struct session *s, struct diag **x, const char *what, struct str was, struct str is)
{
    if (!was.n || !is.n || str_eq(was, is))
        return;
    if (!*x)
        *x = diag_add(&s->diags, DIAG_E0807, SPAN_NONE, "stack `%.*s` was last applied elsewhere", STR_ARG(s->project.stack));
    diag_note(&s->diags, *x, "%s: then `%.*s`, now `%.*s`", what, STR_ARG(was), STR_ARG(is));
}

bool session_identity(struct session *s)
{
    const struct state_meta *m = state_meta(s->state);
    struct diag *x = NULL;
    struct aws_result r;

    if (!aws_identity(s->aws, s->arena, identity_region(s), &s->who, &r))
        return complain_identity(s, &r);
    if (s->options->accept)
        return true;
    differs(s, &x, "account", m->account, s->who.account);
    differs(s, &x, "region", m->region, s->region);
    differs(s, &x, "file", m->file, s->project.file);
    if (!x)
        return true;
    diag_help(&s->diags, x, "to go on with the new ones, add `--accept-stack-change`; to keep apart what is apart, use another `--stack`");
    return stop(s, 6);
}
