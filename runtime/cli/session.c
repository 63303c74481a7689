/* session.c - see session.h: project, client, program, state. Whom it reaches: providers.c. The sandbox: sandbox.c. Evaluation: evaluate.c. */
#include "session.h"

#include <stdlib.h>
#include <string.h>

#include "kc/arena.h"
#include "kc/net.h"
#include "output.h"

enum { DURATIONS_MAX = 1 << 20 };

size_t session_ways(struct session *s, const struct str **out)
{
    const struct str all[] = { aws_endpoint_note(s->aws), s->options->sandbox ? STR_NONE : net_proxy_note(s->world, s->arena) };
    struct str *v = arena_array(s->arena, 2, sizeof *v);
    size_t n = 0;

    for (size_t i = 0; i < 2; i++)
        if (all[i].n)
            v[n++] = all[i];
    *out = v;
    return n;
}

static bool model_text(void *user, struct str service, struct str *text)
{
    struct session *s = user;

    return project_library(&s->loader, s->arena, str_fmt(s->arena, "aws/models/%.*s.model", STR_ARG(service)), text);
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
    s->loader = (struct loader){ .world = w, .stdlib = o->stdlib, .behaviour = o->behaviour, .arena = a };
    if (o->stdlib.n && o->stdlib.s[0] != '/')
        s->loader.stdlib = str_fmt(a, "%.*s/%.*s", STR_ARG(cwd), STR_ARG(o->stdlib));
    if (o->behaviour.n && o->behaviour.s[0] != '/')
        s->loader.behaviour = str_fmt(a, "%.*s/%.*s", STR_ARG(cwd), STR_ARG(o->behaviour));
    s->models = models_new(model_text, s);
    return s;
}

/* What was learned is a cache: that it could not be kept costs nothing. */
static void close_state(struct session *s)
{
    struct str learned = state_writable(s->state) ? state_learned(s->state, s->arena) : STR_NONE;

    if (learned.n)
        world_write(s->world, s->project.durations, learned);
    state_close(s->state);
}

void session_close(struct session *s)
{
    output_diags(s);
    session_types_close(s);
    if (s->program)
        lang_free(s->program);
    if (s->state)
        close_state(s);
    keyring_close(s->keys);
    aws_clients_free(s->clients);
    sim_free(s->sim);
    if (s->sandbox_lock)
        world_unlock(s->world, s->sandbox_lock);
    models_free(s->models);
    map_fini(&s->loader.measured);
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

bool session_client(struct session *s)
{
    const struct options *o = s->options;
    struct aws_options ao = { .region = o->region, .profile = o->profile, .role = o->role, .explicit_profile = o->explicit_profile };

    if (o->sandbox) {
        if (!ao.region.n)
            ao.region = STR("us-east-1");
        ao.bare = true;
        ao.fixed = sim_credentials();
    }
    s->clients = aws_clients_new(s->world, s->models, &ao);
    s->aws = aws_clients_get(s->clients, NULL);
    s->callers = callers_new(s->world, s->arena);
    callers_add(s->callers, STR("aws"), aws_caller(s->clients));
    callers_scale(s->callers, aws_wait_scale(s->aws));
    s->region = aws_region(s->aws);
    return session_region(s, s->region, SPAN_NONE) || stop(s, 1);
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
    struct lang_options lo = { .load = project_load, .measure = project_measure, .user = &s->loader, .models = s->models, .params = params, .nparams = n, .region = s->region,
                               .offline = offline };
    s->program = lang_load(s->sources, &s->diags, s->project.file, &lo);
    return s->diags.errors ? stop(s, 1) : true;
}

/* The file of a program without a file: its path is empty, and so is it. */
static bool load_types(void *user, struct arena *a, struct str path, struct str *text, struct str *why)
{
    struct session *s = user;

    if (path.n)
        return project_load(&s->loader, a, path, text, why);
    *text = STR("");
    return true;
}

bool session_no_program(struct session *s)
{
    struct lang_options lo = { .load = load_types, .user = s, .models = s->models, .region = s->region };

    s->program = lang_load(s->sources, &s->diags, STR(""), &lo);
    return s->diags.errors ? stop(s, 70) : true;
}

bool session_secrets(struct session *s, bool write)
{
    struct str why = STR_NONE;

    s->keys = keyring_open(s->world, s->arena, state_meta(s->state)->lineage, &why);
    if (!s->keys) {
        struct diag *x = diag_add(&s->diags, DIAG_E0812, SPAN_NONE, "%.*s", STR_ARG(why));

        diag_help(&s->diags, x, "put the key of this stack there; without any, secrets count as unchanged");
        return stop(s, 1);
    }
    state_use_keys(s->state, s->keys);
    if (write)
        keyring_may_make(s->keys);
    if (s->options->send_secrets || s->options->accept_secrets)
        keyring_recover(s->keys, s->options->send_secrets ? RECOVERY_SEND : RECOVERY_TAKE);
    return true;
}

static void set_contexts(struct session *s)
{
    s->planning = (struct plan_context){ .world = s->world, .callers = s->callers, .models = s->models, .state = s->state, .diags = &s->diags, .type = session_type,
                                         .user = s, .refresh = s->options->refresh };
    s->carrying = (struct engine_context){ .world = s->world, .callers = s->callers, .models = s->models, .state = s->state, .type = session_type,
                                           .source = session_source, .user = s, .fail_fast = s->options->fail_fast };
}

bool session_state(struct session *s, bool write)
{
    static const struct { enum state_error error; enum diag_code code; int exit_code; } ends[] = {
        { STATE_LOCKED, DIAG_E0803, 6 }, { STATE_CORRUPT, DIAG_E0802, 6 }, { STATE_NEWER, DIAG_E0804, 6 }, { STATE_DISK, DIAG_E0805, 1 },
    };
    struct str why = STR_NONE, learned;
    struct store *store = store_file(s->world, s->arena, s->project.stack_folder);
    enum state_error e = state_open(s->world, store, write, &s->state, s->arena, &why);

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (e == ends[i].error) {
            diag_add(&s->diags, ends[i].code, SPAN_NONE, "%.*s", STR_ARG(why));
            return stop(s, ends[i].exit_code);
        }
    if (!session_types_readable(s))
        return stop(s, 6);
    if (world_read(s->world, s->arena, s->project.durations, DURATIONS_MAX, &learned) == DISK_OK)
        state_durations(s->state, learned);
    if (state_note(s->state).n)
        output_note(s, state_note(s->state));
    set_contexts(s);
    return true;
}
