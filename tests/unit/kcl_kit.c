/* kcl_kit.c - see kcl_kit.h. */
#include "kcl_kit.h"
#include "cli/plan_show.h"
#include "kc/json.h"
#include "kctest.h"
#include "state_help.h"
#include <stdlib.h>

struct loaded { struct program *program; struct sources *sources; struct loaded *next; };

/* ---- the other side ---- */

static void lost(struct http_reply *out, enum net_status status)
{
    *out = (struct http_reply){ .status = status, .problem = STR("it broke") };
}

static void serve(void *user, const struct http_request *rq, struct arena *a, struct http_reply *out)
{
    struct kcl_kit *k = user;
    struct str why, op = test_header(rq->headers, rq->nheaders, "x-amz-target");
    const struct value *in = json_read(a, rq->body, 0, &why), *reply = NULL;
    if (++k->sends_seen > k->sends_alive && k->dead) {
        lost(out, NET_NOT_SENT);
        return;
    }
    out->code = 200;
    test_answer_id(out);
    k->calls++;
    const char *code = k->call(k, a, str_sub(op, 4, op.n), in, &reply);
    struct buf b = { 0 };
    if (code)
        buf_fmt(&b, "{\"__type\":\"%s\",\"message\":\"no: %s\"}", code, code);
    else
        json_write(&b, reply ? reply : &value_empty_object, 0, false);
    out->code = code ? 400 : 200;
    out->body = buf_take(&b, a);
    if (k->dead || k->calls == k->lose)
        lost(out, NET_UNKNOWN);
}

static enum disk_error effect(void *user, enum effect e, bool after, struct str what)
{
    struct kcl_kit *k = user;
    (void)what;
    if (!k->dead && k->kill_at && ++k->effects == k->kill_at)
        k->dead = true;
    if (e == EFFECT_NET_SEND && !after && !k->dead)
        k->sends_alive++;
    return k->dead && !after ? DISK_FAILED : DISK_OK;
}

static bool model_text(void *user, struct str service, struct str *text)
{
    *text = str_of(((const struct kcl_kit *)user)->model);
    return str_is(service, "toy");
}

struct kcl_kit *kcl_kit_new(const char *model, kcl_call *call, void *user)
{
    struct kcl_kit *k = calloc(1, sizeof *k);
    k->t = test_world_new();
    k->a = test_world_arena(k->t);
    k->model = model;
    k->call = call;
    k->user = user;
    k->models = models_new(model_text, k);
    test_world_answer(k->t, serve, k);
    test_world(k->t)->hook = effect;
    test_world(k->t)->hook_user = k;
    return k;
}

static void forget(struct kcl_kit *k)
{
    state_close(k->state);
    k->state = NULL;
    for (struct loaded *l = k->programs, *next; l; l = next) {
        next = l->next;
        lang_free(l->program);
        sources_free(l->sources);
    }
    k->programs = NULL;
    arena_free(k->run);
    k->run = NULL;
}

void kcl_kit_free(struct kcl_kit *k)
{
    forget(k);
    models_free(k->models);
    test_world_free(k->t);
    free(k);
}

/* ---- a run ---- */

static bool load(void *user, struct arena *a, struct str path, struct str *text, struct str *why)
{
    (void)a;
    *text = str_of(((const struct kcl_kit *)user)->file);
    *why = STR("absent");
    return str_is(path, "cluster.kcl");
}

static struct program *program_of(struct kcl_kit *k, struct diags *d)
{
    struct loaded *l = ARENA_NEW(k->run, struct loaded);
    struct lang_options o = { .load = load, .user = k, .models = k->models, .region = STR("eu-west-1") };
    l->sources = sources_new();
    l->program = lang_load(l->sources, d, STR("cluster.kcl"), &o);
    l->next = k->programs;
    k->programs = l;
    return l->program;
}

static const struct rtype *type_named(void *user, struct str name)
{
    struct kcl_kit *k = user;
    return lang_rtype(((struct loaded *)k->programs)->program, name);
}

static bool source_named(void *user, struct arena *a, struct str name, struct rsource *out)
{
    struct kcl_kit *k = user;
    return lang_source(((struct loaded *)k->programs)->program, a, name, out);
}

static struct kcl_kit *running;

static void on_note(void *user, struct str text)
{
    struct kcl_kit *k = running;
    (void)user;
    k->said = str_fmt(k->a, "%.*s%.*s\n", STR_ARG(k->said), STR_ARG(text));
}

static void on_change(void *user, const struct plan *p, size_t op, const struct op_report *r)
{
    (void)user, (void)p, (void)op;
    if (running->changed)
        running->changed(running, r);
}

static void say_all(struct kcl_kit *k, const struct diags *d)
{
    for (size_t i = 0; i < d->n; i++) {
        k->said = str_fmt(k->a, "%.*s%.*s\n", STR_ARG(k->said), STR_ARG(d->v[i]->message));
        for (size_t n = 0; n < d->v[i]->nnotes; n++)
            k->said = str_fmt(k->a, "%.*s%.*s\n", STR_ARG(k->said), STR_ARG(d->v[i]->notes[n].text));
    }
    k->code = d->n ? d->v[0]->code : k->code;
    for (size_t i = 0; i < k->result.n; i++)
        if (k->result.reports[i].state != OP_DONE)
            k->said = str_fmt(k->a, "%.*s%.*s; %.*s\n", STR_ARG(k->said), STR_ARG(k->result.reports[i].detail), STR_ARG(k->result.reports[i].help));
}

static int carry_out(struct kcl_kit *k, struct callers *callers, struct state *s, enum kcl_verb v, struct diags *d)
{
    struct world *w = test_world(k->t);
    struct engine_events ev = { .note = on_note, .changed = on_change };
    struct engine_context c = { .world = w, .callers = callers, .models = k->models, .state = s, .events = &ev, .type = type_named, .source = source_named, .user = k };
    struct graph *g = lang_eval(program_of(k, d), NULL).graph;
    int code = 1;
    if (!g || d->errors || !engine_recover(&c, k->run, &code, &k->said))
        return code;
    struct plan_context pc = { .world = w, .callers = callers, .models = k->models, .state = s, .diags = d, .type = type_named, .user = k, .refresh = !k->trust_state,
                               .destroy = v == KCL_DESTROY };
    k->plan = plan_make(&pc, k->run, v == KCL_DESTROY ? NULL : g, &code);
    if (!k->plan || v == KCL_PLAN)
        return !k->plan ? code : plan_empty(k->plan) ? 0 : 2;
    if (k->before_run)
        k->before_run(k);
    k->began = world_now(w);
    k->result = engine_run(&c, k->run, k->plan);
    return k->result.exit_code ? k->result.exit_code : k->plan->partial;
}

int kcl_run(struct kcl_kit *k, const char *file, enum kcl_verb v)
{
    static const struct credentials cred = { .key = { "AKID", 4 }, .secret = { "secret", 6 }, .source = { "test", 4 } };
    struct aws_options o = { .region = STR("eu-west-1"), .fixed = &cred, .bare = true };
    struct state *s;
    struct diags d;
    const struct intent **open;
    forget(k);
    k->file = file;
    k->run = arena_new();
    k->plan = NULL;
    k->result = (struct engine_result){ 0 };
    k->said = STR_NONE;
    k->code = 0;
    running = k;
    enum state_error e = state_open(test_world(k->t), state_store(k->t), true, &s, k->a, &k->said);
    if (e != STATE_OK)
        return k->dead ? 137 : 100 + (int)e;
    diags_init(&d);
    struct aws_kit aws = aws_kit_new(test_world(k->t), k->models, k->a, &o);
    int code = carry_out(k, aws.callers, s, v, &d);
    k->open = state_intents(s, k->a, &open);
    say_all(k, &d);
    aws_kit_free(&aws);
    diags_fini(&d);
    if (!k->dead && !k->kill_at) {
        k->state = s;
        return code;
    }
    if (!k->dead) {
        state_close(s);
        return k->dead ? 137 : code;
    }
    test_world_crash(k->t, 0);
    state_lost(s);
    return 137;
}

void kcl_must(struct kcl_kit *k, const char *file, enum kcl_verb v, int want)
{
    int code = kcl_run(k, file, v);
    if (code != want)
        fail_msg("exit %d, want %d: %.*s", code, want, STR_ARG(k->said));
}

bool kcl_killed(struct kcl_kit *k, const char *file, enum kcl_verb v, long at)
{
    k->kill_at = at;
    k->effects = 0;
    k->sends_alive = k->sends_seen = 0;
    int code = kcl_run(k, file, v);
    bool dead = k->dead;
    k->kill_at = 0;
    k->dead = false;
    if (!dead && code != 0)
        fail_msg("exit %d: %.*s", code, STR_ARG(k->said));
    return dead;
}

/* ---- looking ---- */

bool kcl_says(const struct kcl_kit *k, const char *text)
{
    if (str_find(k->said, str_of(text)) != SIZE_MAX)
        return true;
    print_message("'%s' is not in: %.*s\n", text, STR_ARG(k->said));
    return false;
}

const struct plan_item *kcl_item(const struct kcl_kit *k, const char *addr, enum action a)
{
    for (size_t i = 0; k->plan && i < k->plan->nitems; i++)
        if (str_is(k->plan->items[i]->addr, addr) && k->plan->items[i]->action == a)
            return k->plan->items[i];
    return NULL;
}

size_t kcl_records(struct kcl_kit *k)
{
    const struct record **v;
    struct state *s = state_try(k->t, false);
    size_t n = state_list(s, k->a, &v);
    state_close(s);
    return n;
}

struct str kcl_plan_text(struct kcl_kit *k)
{
    struct buf b = { 0 };
    plan_text(&b, k->plan, false, false, NULL);
    return buf_take(&b, k->a);
}

struct str kcl_get(const struct value *in, const char *key)
{
    const struct value *x = value_at(in, key);
    return x && x->kind == VALUE_STRING ? x->s : STR_NONE;
}
