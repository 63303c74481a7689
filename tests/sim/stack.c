/* stack.c - see stack.h. */
#include "stack.h"
#include "kctest.h"
#include "kc/map.h"
#include "sim_test.h"
#include <ftw.h>
#include <stdlib.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- files ---- */

struct str stack_read(struct arena *a, const char *path)
{
    struct buf b = { 0 };
    char part[4096];
    FILE *f = fopen(path, "rb");
    if (!f)
        return STR_NONE;
    for (size_t n; (n = fread(part, 1, sizeof(part), f)) > 0;)
        buf_add(&b, part, n);
    fclose(f);
    return buf_take(&b, a);
}

static bool load(void *user, struct arena *a, struct str path, struct str *text, struct str *why)
{
    struct stack *s = user;
    *why = STR("absent");
    if (str_starts(path, STR("std/")))
        return stdlib_text(str_sub(path, 4, path.n), text);
    *text = str_eq(path, s->file) && s->text.n ? s->text : stack_read(a, str_c(a, path));
    return text->s != NULL;
}

/* ---- evaluating, planning, running ---- */

struct work {
    struct stack *s;
    struct sources *sources;
    struct diags diags;
    struct program *program;
    struct aws_kit aws;
    struct state *state;
    int code;
};

static const struct rtype *type_named(void *user, struct str name)
{
    struct work *k = user;
    return k->program ? lang_rtype(k->program, name) : NULL;
}

static bool source_named(void *user, struct arena *a, struct str name, struct rsource *out)
{
    struct work *k = user;
    return k->program && lang_source(k->program, a, name, out);
}

static void note_diags(struct work *k)
{
    struct buf b = { 0 };
    diags_text(&b, &k->diags, k->sources, (struct diag_style){ .width = 160, .ascii = true });
    if (b.n)
        k->s->why = buf_take(&b, k->s->a);
    buf_fini(&b);
}

static struct plan_context planning(struct work *k, bool destroy)
{
    return (struct plan_context){ .world = k->s->w, .callers = k->aws.callers, .models = k->s->models, .state = k->state, .diags = &k->diags, .type = type_named, .user = k,
                                  .refresh = true, .destroy = destroy };
}

static struct graph *evaluate(struct work *k)
{
    struct pair answers[64];
    struct lang_answers known = { answers, 0 };
    for (int round = 0; round < 8; round++) {
        struct lang_result r = lang_eval(k->program, &known);
        if (!r.graph || !r.nopen)
            return r.graph;
        for (size_t i = 0; i < r.nopen && known.n < 64; i++) {
            struct plan_context pc = planning(k, false);
            const struct value *v;
            if (!plan_lookup(&pc, k->s->a, r.open[i], &v)) {
                k->code = k->diags.n && k->diags.v[k->diags.n - 1]->code == DIAG_E0702 ? 5 : 1;
                return NULL;
            }
            answers[known.n++] = (struct pair){ r.open[i]->addr, v };
        }
    }
    return NULL;
}

static void drop_edges(struct stack *s, struct graph *g)
{
    for (size_t i = 0; s->drop && i < g->nnodes; i++) {
        struct node *n = g->nodes[i];
        size_t kept = 0;
        for (size_t e = 0; e < n->nedges; e++) {
            if (!s->drop(s->drop_user, n, e))
                n->edges[kept++] = n->edges[e];
        }
        n->nedges = kept;
    }
}

static struct graph *compile(struct work *k)
{
    struct stack *s = k->s;
    struct lang_options lo = { .load = load, .user = s, .models = s->models, .params = s->params, .nparams = s->nparams, .region = str_of(s->region) };
    k->program = lang_load(k->sources, &k->diags, s->file, &lo);
    struct graph *g = k->diags.errors ? NULL : evaluate(k);
    if (g)
        drop_edges(s, g);
    else if (!k->code)
        k->code = 1;
    return g;
}

static void on_note(void *user, struct str text)
{
    struct stack *s = user;
    buf_fmt(&s->notes, "%.*s\n", STR_ARG(text));
}

static void carry_out(struct work *k, enum stack_verb v)
{
    struct stack *s = k->s;
    struct engine_events ev = { .note = on_note, .user = s };
    struct engine_context c = { .world = s->w, .callers = k->aws.callers, .models = s->models, .state = k->state, .events = &ev, .type = type_named, .source = source_named,
                                .user = k, .impatient = s->impatient };
    struct graph *g = compile(k);
    if (!g && v != STACK_DESTROY)
        return;
    aws_kit_meet(&k->aws, g, k->state, s->a);
    if (!engine_recover(&c, s->a, &k->code, &s->why))
        return;
    struct plan_context pc = planning(k, v == STACK_DESTROY);
    s->plan = plan_make(&pc, s->a, v == STACK_DESTROY ? NULL : g, &k->code);
    if (!s->plan || v == STACK_PLAN) {
        k->code = !s->plan ? k->code : s->plan->partial ? 1 : plan_empty(s->plan) ? 0 : 2;
        return;
    }
    if (s->strict && v == STACK_APPLY && s->plan->nguards) {
        s->guarded = true;
        s->why = str_fmt(s->a, "guarded: %.*s", STR_ARG(s->plan->guards[0].addr));
        k->code = 1;
        return;
    }
    if (s->before_run)
        s->before_run(s, s->plan);
    s->result = engine_run(&c, s->a, s->plan);
    k->code = s->result.exit_code ? s->result.exit_code : s->plan->partial;
    s->why = s->result.stopped;
}

static void look_at_state(struct stack *s, const struct state *st)
{
    const struct record **v;
    const struct intent **in;
    size_t n = state_list(st, s->a, &v);
    s->open_intents = state_intents(st, s->a, &in);
    s->creating = 0;
    for (size_t i = 0; i < n; i++)
        s->creating += v[i]->status == STATUS_CREATING;
}

/* While the state is open: both borrow from it. */
static struct str problems(struct stack *s)
{
    struct buf b = { 0 };
    for (size_t i = 0; s->plan && i < s->result.n; i++) {
        const struct op_report *r = &s->result.reports[i];
        const struct plan_op *op = s->plan->ops[i];
        if (r->state == OP_DONE || r->state == OP_SKIPPED)
            continue;
        buf_fmt(&b, "  %.*s (kind %d): state %d: %.*s\n", STR_ARG(op->item ? op->item->addr : op->node->addr), op->kind, r->state, STR_ARG(r->detail));
    }
    return buf_take(&b, s->a);
}

static struct str left_to_do(struct stack *s)
{
    struct buf b = { 0 };
    for (size_t i = 0; s->plan && i < s->plan->nitems && b.n < 900; i++) {
        const struct plan_item *x = s->plan->items[i];
        if (x->action != ACTION_NOOP)
            buf_fmt(&b, " %s %.*s (%.*s);", action_name(x->action), STR_ARG(x->addr), STR_ARG(x->reason));
    }
    return buf_take(&b, s->a);
}

int stack_run(struct stack *s, enum stack_verb v)
{
    static const struct credentials wrong = { .key = { "AKIDWRONG", 9 }, .secret = { "wrong", 5 }, .source = { "test", 4 } };
    struct work k = { .s = s, .sources = sources_new() };
    struct aws_options o = { .region = str_of(s->region), .fixed = s->wrong_credentials ? &wrong : sim_credentials(), .bare = true };
    if (s->profile)
        o = (struct aws_options){ .region = o.region, .profile = str_of(s->profile), .explicit_profile = true };
    s->why = STR_NONE;
    s->plan = NULL;
    s->guarded = false;
    s->problems = s->left = STR_NONE;
    s->result = (struct engine_result){ 0 };
    diags_init(&k.diags);
    enum state_error e = state_open(s->w, store_file(s->w, s->a, s->folder), v != STACK_PLAN, &k.state, s->a, &s->why);
    if (e == STATE_OK || e == STATE_ABSENT) {
        look_at_state(s, k.state);
        k.aws = aws_kit_new(s->w, s->models, s->a, &o);
        carry_out(&k, v);
        s->problems = problems(s);
        s->left = left_to_do(s);
        aws_kit_free(&k.aws);
        if (k.diags.n)
            note_diags(&k);
        if (k.program)
            lang_free(k.program);
        state_close(k.state);
    } else {
        k.code = e == STATE_LOCKED ? 6 : 1;
    }
    diags_fini(&k.diags);
    sources_free(k.sources);
    return k.code;
}

/* ---- in memory ---- */

static const struct value *behaviour(void)
{
    static struct arena *a;
    static const struct value *v;
    if (!v) {
        a = arena_new();
        v = sim_behaviour(a);
    }
    return v;
}

static void attach(struct stack *s, const struct sim_options *given)
{
    struct sim_options o = given ? *given : (struct sim_options){ .seed = 1, .exact = true };
    struct str why;
    o.models = s->models;
    if (!o.behaviour)
        o.behaviour = behaviour();
    o.region = str_of(s->region);
    if (!o.start_wall)
        o.start_wall = 1767323045000;
    if (!o.disk)
        o.disk = s->w;
    s->sim = sim_new(&o, s->a, &why);
    if (!s->sim)
        fail_msg("%.*s", STR_ARG(why));
    sim_attach(s->sim, s->w);
}

static struct stack *blank(const char *file)
{
    struct stack *s = calloc(1, sizeof(*s));
    s->a = arena_new();
    s->models = models_new(sim_model_source, NULL);
    s->file = str_of(file);
    s->folder = STR(".kc/stacks/test");
    s->region = "eu-west-1";
    return s;
}

struct stack *stack_new(const char *file, const struct sim_options *o)
{
    struct stack *s = blank(file);
    s->t = test_world_new();
    s->w = test_world(s->t);
    attach(s, o);
    return s;
}

void stack_free(struct stack *s)
{
    sim_free(s->sim);
    if (s->t)
        test_world_free(s->t);
    models_free(s->models);
    buf_fini(&s->notes);
    arena_free(s->a);
    free(s);
}

struct str stack_problems(struct stack *s)
{
    return s->problems;
}

void stack_must(struct stack *s, enum stack_verb v, int want)
{
    int code = stack_run(s, v);
    if (code != want)
        fail_msg("%.*s: verb %d: exit %d, want %d: %.*s\n%.*s", STR_ARG(s->file), v, code, want, STR_ARG(s->why), STR_ARG(stack_problems(s)));
}

const struct op_report *stack_report(const struct stack *s, const char *addr, enum op_kind k)
{
    for (size_t i = 0; s->plan && i < s->result.n; i++) {
        const struct plan_op *op = s->plan->ops[i];
        if (op->kind == k && str_is(op->item ? op->item->addr : op->node->addr, addr))
            return &s->result.reports[i];
    }
    return NULL;
}

/* ---- the account as text ---- */

struct naming { struct arena *a; struct map ids; };

/* An id stands for its kind and the address that its tags name. */
static void name_ids(struct naming *n, struct str kind, const struct value *objects)
{
    for (size_t i = 0; i < objects->object.n; i++) {
        const struct value *tags = value_get(objects->object.v[i].value, STR("tags")), *addr = tags ? value_get(tags, STR("kc:addr")) : NULL;
        struct buf b = { 0 };
        buf_fmt(&b, "<%.*s%s%.*s", STR_ARG(kind), addr ? " " : "", STR_ARG(addr ? addr->s : STR_NONE));
        buf_putc(&b, '>');
        struct str *name = ARENA_NEW(n->a, struct str);
        *name = buf_take(&b, n->a);
        map_put(&n->ids, objects->object.v[i].key, name);
    }
}

static bool is_id_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '-';
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* How much of a word is not generated: trailing groups of four or more hex digits after a '-', or sixteen and more after anything. */
static size_t stable(struct str word)
{
    size_t n = word.n;
    for (;;) {
        size_t i = n;
        while (i && is_hex(word.s[i - 1]))
            i--;
        if (n - i >= 4 && i && word.s[i - 1] == '-')
            n = i - 1;
        else
            return n - i >= 16 || (n < word.n && n - i >= 8) ? i : n;
    }
}

/* Ids inside text by their names; what differs from run to run (tokens, times, generated hex) by a sign. */
static void add_text(struct naming *n, struct buf *b, struct str s)
{
    size_t i = 0;
    while (i < s.n) {
        size_t from = i;
        while (i < s.n && is_id_byte(s.s[i]))
            i++;
        struct str word = str_sub(s, from, i);
        const struct str *name = word.n ? map_get(&n->ids, word) : NULL;
        if (name)
            buf_str(b, *name);
        else
            buf_fmt(b, "%.*s%s", (int)stable(word), word.s ? word.s : "", stable(word) < word.n ? "#" : "");
        if (i < s.n && !is_id_byte(s.s[i]))
            buf_putc(b, s.s[i++]);
    }
}

static bool varies(struct str key)
{
    return str_ends(key, STR("Time")) || str_ends(key, STR("Timestamp")) || str_ends(key, STR("At")) || str_ends(key, STR("Date")) || str_ends(key, STR("Modified")) || str_ends(key, STR("Token")) || str_is(key, "kc:token") ||
           str_is(key, "kc:lineage") || str_is(key, "kc:gen") || str_find(key, STR("IpAddress")) != SIZE_MAX || str_is(key, "PublicIp") ||
           str_is(key, "macAddress") || str_is(key, "endpoint") || str_is(key, "issuer") || str_is(key, "data");
}

static int by_text(const void *x, const void *y)
{
    return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

static void add_value(struct naming *n, struct buf *b, const struct value *v, unsigned depth);

/* Members and elements in the order of their text: neither order says anything about an account. */
static void add_parts(struct naming *n, struct buf *b, const struct value *v, unsigned depth)
{
    bool list = v->kind == VALUE_LIST;
    size_t total = list ? v->list.n : v->object.n, kept = 0;
    struct str *parts = ARENA_ARRAY(n->a, struct str, total);
    for (size_t i = 0; i < total; i++) {
        struct buf one = { 0 };
        if (!list && varies(v->object.v[i].key))
            continue;
        if (!list)
            buf_fmt(&one, "%.*s=", STR_ARG(v->object.v[i].key));
        add_value(n, &one, list ? v->list.v[i] : v->object.v[i].value, depth + 1);
        parts[kept++] = buf_take(&one, n->a);
    }
    if (kept)
        qsort(parts, kept, sizeof(*parts), by_text);
    for (size_t i = 0; i < kept; i++)
        buf_fmt(b, "%.*s%s", STR_ARG(parts[i]), i + 1 < kept ? ", " : "");
}

static void add_value(struct naming *n, struct buf *b, const struct value *v, unsigned depth)
{
    bool list = v->kind == VALUE_LIST;
    if ((list || v->kind == VALUE_OBJECT) && depth < 32) {
        buf_putc(b, list ? '[' : '{');
        add_parts(n, b, v, depth);
        buf_putc(b, list ? ']' : '}');
    } else if (v->kind != VALUE_NONE) {
        add_text(n, b, value_text(n->a, v));
    }
}

struct str stack_account(struct stack *s)
{
    struct naming n = { .a = s->a };
    struct buf out = { 0 };
    const struct value *dump = sim_dump(s->sim, s->a);
    size_t total = 0, at = 0;
    for (size_t i = 0; i < dump->object.n; i++) {
        name_ids(&n, dump->object.v[i].key, dump->object.v[i].value);
        total += dump->object.v[i].value->object.n;
    }
    struct str *lines = ARENA_ARRAY(s->a, struct str, total + 1);
    for (size_t i = 0; i < dump->object.n; i++) {
        const struct value *objects = dump->object.v[i].value;
        for (size_t k = 0; k < objects->object.n; k++) {
            struct buf b = { 0 };
            if (value_get(objects->object.v[k].value, STR("owner")))       /* made by AWS for a service, where it likes */
                continue;
            add_text(&n, &b, objects->object.v[k].key);
            buf_putc(&b, ' ');
            add_value(&n, &b, objects->object.v[k].value, 0);
            lines[at++] = buf_take(&b, s->a);
        }
    }
    qsort(lines, at, sizeof(*lines), by_text);
    for (size_t i = 0; i < at; i++)
        buf_fmt(&out, "%.*s\n", STR_ARG(lines[i]));
    map_fini(&n.ids);
    return buf_take(&out, s->a);
}

/* ---- child processes ---- */

struct killer { long at, n; bool intent; int report; };   /* intent: one is queued or durable, and not sent */

static enum died moment(const struct killer *k, enum effect e, bool after)
{
    if (e == EFFECT_NET_SEND)
        return after ? DIED_SENT : DIED_INTENT;
    if (e == EFFECT_NET_DONE)
        return DIED_REPLY;
    if (e == EFFECT_DISK_WRITE)
        return DIED_FILE;
    if (e == EFFECT_DISK_SYNC && after)
        return k->intent ? DIED_INTENT : DIED_REPLY;
    return DIED_JOURNAL;
}

static void count(struct killer *k, enum died d)
{
    if (++k->n != k->at)
        return;
    if (write(k->report, &d, sizeof(d)) == sizeof(d))
        kill(getpid(), SIGKILL);
    _exit(1);
}

static enum disk_error effect(void *user, enum effect e, bool after, struct str what)
{
    struct killer *k = user;
    if (e == EFFECT_DISK_APPEND && !after)
        k->intent = str_find(what, STR("\"t\":\"intent\"")) != SIZE_MAX;
    count(k, moment(k, e, after));
    return DISK_OK;
}

/* The simulator's log is the other side's memory: an effect is made when it is written there. */
static enum disk_error other_side(void *user, enum effect e, bool after, struct str what)
{
    (void)what;
    count(user, e == EFFECT_DISK_APPEND && !after ? DIED_SENT : DIED_EFFECT);
    return DISK_OK;
}

static char scratch[256];

const char *stack_dir(void)
{
    stack_dir_remove();
    snprintf(scratch, sizeof(scratch), "%s/kc-test-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(scratch))
        fail_msg("mkdtemp");
    return scratch;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
    (void)st, (void)type, (void)f;
    return remove(path);
}

void stack_dir_remove(void)
{
    if (scratch[0])
        nftw(scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    scratch[0] = '\0';
}

void stack_write(const char *dir, const char *name, struct str text)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *f = fopen(path, "wb");
    if (!f)
        _exit(1);
    fwrite(text.s, 1, text.n, f);
    fclose(f);
}

static _Noreturn void child(const char *dir, const char *file, enum stack_verb v, long kill_at, int report)
{
    char name[] = "kc", *argv[] = { name, NULL };
    struct stack *s = blank(file);
    struct killer k = { .at = kill_at, .report = report };
    s->w = world_real(1, argv);
    s->folder = str_fmt(s->a, "%s/.kc/stacks/test", dir);
    struct world other = *s->w;
    struct sim_options o = { .seed = 1, .exact = true, .log = str_fmt(s->a, "%s/account.log", dir), .disk = &other };
    attach(s, &o);
    s->w->hook = effect;
    other.hook = other_side;
    s->w->hook_user = other.hook_user = &k;
    int code = stack_run(s, v);
    s->w->hook = other.hook = NULL;
    stack_write(dir, "account", stack_account(s));
    stack_write(dir, "why", str_fmt(s->a, "%.*s %.*s", STR_ARG(s->why), STR_ARG(stack_problems(s))));
    stack_write(dir, "counts", str_fmt(s->a, "%ld %zu %zu", k.n, s->open_intents, s->creating));
    _exit(code);
}

static struct str read_text(struct arena *a, const char *dir, const char *name)
{
    return stack_read(a, str_c(a, str_fmt(a, "%s/%s", dir, name)));
}

static void read_results(struct arena *a, const char *dir, struct child *c)
{
    long effects = 0;
    c->account = read_text(a, dir, "account");
    c->why = read_text(a, dir, "why");
    sscanf(str_c(a, read_text(a, dir, "counts")), "%ld %zu %zu", &effects, &c->open_intents, &c->creating);
    c->effects = effects;
}

struct child stack_child(struct arena *a, const char *dir, const char *file, enum stack_verb v, long kill_at)
{
    struct child c = { .died = DIED_NOT };
    int report[2], status;
    behaviour();
    fflush(NULL);
    if (pipe(report) != 0)
        fail_msg("pipe");
    pid_t pid = fork();
    if (pid == 0)
        child(dir, file, v, kill_at, report[1]);
    close(report[1]);
    if (read(report[0], &c.died, sizeof(c.died)) < (ssize_t)sizeof(c.died))
        c.died = DIED_NOT;
    close(report[0]);
    waitpid(pid, &status, 0);
    c.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (c.exit_code != 137)
        read_results(a, dir, &c);
    return c;
}
