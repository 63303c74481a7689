/* fields.c - the fields are asked of the program: what the components behind a `cluster` declare. Each is changed from what the file has to other
 * legal values, found by its type or in the table below, killed on the way there and on the way back, and judged like any other story.
 * A field that the component sets itself (E0306) is none of the user's. */
#include "fields.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kc/arena.h"
#include "lang/sema.h"

enum { MAX_FIELDS = 400, MAX_VALUES = 6, KILLS = 3 };
struct one { const char *file; struct str block, name; struct str values[MAX_VALUES]; size_t nvalues; };
struct own { const struct one *f; struct str base, value; };   /* of a story */
static struct arena *arena;
static struct one fields[MAX_FIELDS];
static size_t nfields, stride = 1;

static const char *const files[] = { "tests/soak/files/fields-quickstart.kcl", "tests/soak/files/fields-pools.kcl", "tests/soak/files/fields-own.kcl" };

/* Where a type alone does not say what is good, or says too little; by the field, block.field or file:field. */
static const struct { const char *name, *value; } examples[] = {
    { "instance", "\"m6i.2xlarge\"" }, { "quickstart:instance", "\"m7g.large\"" }, { "more_instances", "[\"m5.large\"]" }, { "labels", "{ soak = \"yes\" }" },
    { "taints", "[{ key = \"soak\", value = \"yes\", effect = \"NoExecute\" }]" }, { "admins", "[\"arn:aws:iam::111122223333:role/soak\"]" }, { "viewers", "[\"arn:aws:iam::111122223333:role/soak\"]" },
    { "namespaced", "[{ principal = \"arn:aws:iam::111122223333:role/soak\", namespaces = [\"soak\"] }]" }, { "allow", "[{ actions = [\"s3:ListBucket\"] }]" },
    { "policies", "[\"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess\"]" }, { "boundary", "\"arn:aws:iam::aws:policy/PowerUserAccess\"" }, { "addon.role", "\"arn:aws:iam::111122223333:role/@name.node-eu-west-1\"" }, { "addon.version", "\"v0.8.0-eksbuild.1\"" },
    { "secrets_key", "\"arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab\"" }, { "configuration", "{ replicaCount = 3 }" }, { "cidr", "10.99.0.0/16" },
    { "service_cidr", "172.20.0.0/16" }, { "endpoints", "[\"s3\"]" }, { "endpoints", "[\"ecr.api\", \"ecr.dkr\", \"s3\", \"sts\"]" }, { "region", "\"eu-central-1\"" }, { "profile", "\"ops\"" }, { "cluster.role", "\"arn:aws:iam::111122223333:role/kc\"" }, { "vpc", "\"vpc-0123456789abcdef0\"" },
    { "nodes", "3..8" }, { "nodes", "1..2" }, { "version", "v1.34" }, { "public_access", "[198.51.100.0/24]" }, { "public_access", "[]" }, { "namespace", "\"soak\"" },
};

/* ---- values ---- */
static void add_value(struct one *f, struct str v)
{
    if (f->nvalues < MAX_VALUES)
        f->values[f->nvalues++] = v;
}

static struct str literal(const struct value *v)
{
    struct buf b = { 0 };

    value_print(&b, v);
    return buf_take(&b, arena);
}

static void add_by_type(struct one *f, const struct type *t, const char *before, const char *after)
{
    static const struct { enum type_kind kind; const char *text[2]; } plain[] = {
        { TYPE_BOOL, { "true", "false" } }, { TYPE_STRING, { "\"soak\"" } }, { TYPE_CIDR, { "10.77.0.0/16" } }, { TYPE_SIZE, { "120GiB", "60GiB" } }, { TYPE_DURATION, { "2h" } },
        { TYPE_PERCENT, { "50%", "20%" } }, { TYPE_RANGE, { "3..5", "1..3" } }, { TYPE_VERSION, { "v1.34" } }, { TYPE_FLOAT, { "1.5" } }, { TYPE_DOCUMENT, { "{ soak = 1 }" } },
    };
    size_t i, k;

    t = type_strip(t);
    for (i = 0; i < sizeof plain / sizeof plain[0]; i++)
        for (k = 0; k < 2 && plain[i].kind == t->kind && plain[i].text[k]; k++)
            add_value(f, str_fmt(arena, "%s%s%s", before, plain[i].text[k], after));
    for (i = 0; t->kind == TYPE_UNION && i < t->nalt; i++)
        add_by_type(f, t->alt[i], before, after);
    if (t->kind == TYPE_LITERAL)
        add_value(f, str_fmt(arena, "%s%.*s%s", before, STR_ARG(literal(t->literal)), after));
    if (t->kind == TYPE_INT) {
        add_value(f, str_fmt(arena, "%s%d%s", before, t->has_lo ? (int)t->lo : 1, after));
        add_value(f, str_fmt(arena, "%s%d%s", before, t->has_lo ? (int)t->lo + 1 : 2, after));
    }
    if (t->kind == TYPE_ID)
        add_value(f, str_fmt(arena, "%s\"%.*s-0123456789abcdef0\"%s", before, STR_ARG(t->name), after));
    if (t->kind == TYPE_ARN)
        add_value(f, str_fmt(arena, "%s\"arn:aws:%.*s::111122223333:%.*s/soak\"%s", before, STR_ARG(t->name), STR_ARG(t->sub), after));
    if (t->kind == TYPE_OBJECT)
        add_value(f, str_fmt(arena, "%s{ }%s", before, after));
    if (t->kind == TYPE_LIST || t->kind == TYPE_SET)
        add_by_type(f, t->elem, "[", "]");
    if (t->kind == TYPE_MAP)
        add_by_type(f, t->elem, "{ soak = ", " }");
}

static void add_field(const char *file, struct str block, struct str name, const struct type *t)
{
    struct one *f = &fields[nfields];
    struct str whole, in_file, base = str_sub(str_of(file), strlen("tests/soak/files/fields-"), strlen(file) - strlen(".kcl"));
    size_t i;

    if (nfields == MAX_FIELDS)
        return;
    *f = (struct one){ .file = file, .block = block, .name = name };
    whole = str_fmt(arena, "%.*s.%.*s", STR_ARG(block), STR_ARG(name));
    in_file = str_fmt(arena, "%.*s:%.*s", STR_ARG(base), STR_ARG(name));
    for (i = 0; i < sizeof examples / sizeof examples[0]; i++)
        if (str_is(name, examples[i].name) || str_is(whole, examples[i].name) || str_is(in_file, examples[i].name))
            add_value(f, str_of(examples[i].value));
    if (!f->nvalues)
        add_by_type(f, t, "", "");
    nfields++;
}

/* ---- the fields of a file ---- */
static void add_all(const char *file, struct str text, struct str block, const struct type *t)
{
    const struct decl *d = type_decl(type_strip(t));
    struct str mark = str_fmt(arena, "# %.*s\n", STR_ARG(block));
    size_t i;

    if (str_find(text, mark) == SIZE_MAX)
        return;                                            /* the file has no such block */
    for (i = 0; d && i < d->nfields; i++)
        add_field(file, block, str_dup(arena, d->fields[i].name), d->fields[i].type);
    for (i = 0; !d && i < type_strip(t)->nfields; i++)
        add_field(file, block, str_dup(arena, type_strip(t)->fields[i].name), type_strip(t)->fields[i].type);
}

static void walk(const char *file, struct str text, const struct decl *cluster)
{
    size_t i, k;

    for (i = 0; i < cluster->nfields; i++) {
        const struct field *f = &cluster->fields[i];
        const struct type *t = type_strip(f->type);

        if (f->slot == SLOT_ONE)
            add_all(file, text, f->name, t);
        else if (f->slot == SLOT_VARIANT)
            for (k = 0; k < t->nfields; k++)
                add_all(file, text, str_fmt(arena, "%.*s.%.*s", STR_ARG(f->name), STR_ARG(t->fields[k].name)), t->fields[k].type);
        else if (t->kind == TYPE_MAP && (f->slot == SLOT_MAP || type_strip(t->elem)->kind == TYPE_OBJECT))
            add_all(file, text, f->name, t->elem);
        else
            add_field(file, STR("cluster"), str_dup(arena, f->name), f->type);
    }
}

static bool load(void *user, struct arena *a, struct str path, struct str *text, struct str *why)
{
    (void)user;
    *why = STR("absent");
    if (str_starts(path, STR("std/")))
        return stdlib_text(str_sub(path, 4, path.n), text);
    *text = stack_read(a, str_c(a, path));
    return text->s != NULL;
}

static void list_file(const char *file)
{
    struct sources *sources = sources_new();
    struct diags diags;
    struct lang_options o = { .load = load, .offline = true, .region = STR("eu-west-1") };

    diags_init(&diags);
    struct program *p = lang_load(sources, &diags, str_of(file), &o);
    for (size_t i = 0; i < p->modules.n; i++) {
        struct module *m = p->modules.e[i].value;
        struct decl *d = m && str_is(m->name, "std/cluster") ? map_get(&m->decls, STR("cluster")) : NULL;
        if (d)
            walk(file, stack_read(arena, file), d);
    }
    lang_free(p);
    diags_fini(&diags);
    sources_free(sources);
}

size_t fields_count(void)
{
    if (!arena) {
        arena = arena_new();
        for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
            list_file(files[i]);
    }
    return nfields * KILLS;
}

void fields_spread(size_t n)
{
    stride = n;
}

/* ---- the file with one field changed ---- */
static bool sets(struct str line, struct str name)
{
    size_t i = 0;

    while (i < line.n && line.s[i] == ' ')
        i++;
    return str_starts(str_sub(line, i, line.n), name) && str_starts(str_sub(line, i + name.n, line.n), STR(" ="));
}

static bool closes(struct str line)
{
    return line.n && line.s[line.n - 1] == '}' && str_find(line, STR("{")) == SIZE_MAX;
}

/* `@name` in a value is the cluster's. */
static struct str named(struct arena *a, struct str base, struct str value)
{
    size_t at = str_find(value, STR("@name")), from = str_find(base, STR("\ncluster ")) + 9, to = from;

    if (at == SIZE_MAX)
        return value;
    while (to < base.n && base.s[to] != ' ')
        to++;
    return str_fmt(a, "%.*s%.*s%.*s", (int)at, value.s, STR_ARG(str_sub(base, from, to)), STR_ARG(str_sub(value, at + 5, value.n)));
}

static struct str changed(struct arena *a, struct str base, const struct one *f, struct str value)
{
    struct str mark = str_fmt(a, "# %.*s", STR_ARG(f->block)), rest = base, line;
    struct buf b = { 0 };
    bool inside = false;

    while (str_cut(&rest, '\n', &line)) {
        bool drop = inside && sets(line, f->name);
        if (!drop)
            buf_fmt(&b, "%.*s\n", STR_ARG(line));
        if (inside && closes(line))
            inside = false;
        if (!str_ends(line, mark))
            continue;
        inside = true;
        buf_fmt(&b, "  %.*s = %.*s\n", STR_ARG(f->name), STR_ARG(named(a, base, value)));
    }
    return buf_take(&b, a);
}

static struct str text(struct story *y)
{
    const struct own *o = y->own;

    return y->now.at[0] ? changed(y->a, o->base, o->f, o->value) : o->base;
}

/* ---- the story ---- */
static void first_line(struct story *y, const char *what, const struct one *f)
{
    struct str said = y->s->why.n ? y->s->why : y->s->problems, line;

    str_cut(&said, '\n', &line);
    snprintf(y->t->note, sizeof y->t->note, "%s %.*s.%.*s: %s: %.*s", strrchr(f->file, '/') + 8, STR_ARG(f->block), STR_ARG(f->name), what, STR_ARG(line));
    story_say(y, "%s", y->t->note);
}

/* A value that makes a difference; false: none does, and why. */
static bool finds_value(struct story *y, struct own *o)
{
    int code = 0;

    for (size_t i = 0; i < o->f->nvalues; i++) {
        o->value = o->f->values[(i + y->seed) % o->f->nvalues];
        y->now.at[0] = 1;
        code = story_run(y, STACK_PLAN);
        if (code == 2)
            return true;
        if (code == 1)
            first_line(y, str_find(y->s->why, STR("E0306")) != SIZE_MAX ? "not the user's" : "refused", o->f);
        else
            snprintf(y->t->note, sizeof y->t->note, "%s %.*s.%.*s: no difference", strrchr(o->f->file, '/') + 8, STR_ARG(o->f->block), STR_ARG(o->f->name));
    }
    y->now.at[0] = 0;
    if (!o->f->nvalues)
        judge_finding(y->j, "example", "no value is known for %.*s.%.*s: add one to tests/soak/fields.c", STR_ARG(o->f->block), STR_ARG(o->f->name));
    return false;
}

static void go(struct story *y, unsigned to, bool allow)
{
    y->now.at[0] = to;
    y->allow = allow;
    story_kill(y, STACK_APPLY);
    story_run(y, STACK_APPLY);
    story_pass(y, (int64_t)story_below(y, 120000));
    story_settle(y);
}

/* Some things have no way back (versions): the plan says so, and the file stays as it is. */
static bool goes_back(struct story *y)
{
    unsigned at = y->now.at[0];

    y->now.at[0] = 0;
    if (story_run(y, STACK_PLAN) != 1)
        return true;
    y->now.at[0] = at;
    story_settle(y);
    return false;
}

struct tally *fields_tell(size_t nth, bool verbose)
{
    struct tally *t = calloc(1, sizeof(*t));
    size_t at = (nth * stride - 1) % fields_count();
    struct own o = { .f = &fields[at / KILLS] };
    struct story *y = story_new(CAMPAIGN_FIELDS, at + 1, verbose, t, &(struct sim_options){ .strict_limits = true, .lag_ms = 4000, .lag_share = 0.2 });

    y->own = &o;
    y->text = text;
    o.base = story_place(y, stack_read(y->a, o.f->file));
    story_settle(y);
    if (!judge_rule(y->j) && finds_value(y, &o)) {
        t->note[0] = '\0';
        go(y, 1, false);
        if (!judge_rule(y->j) && !y->now.at[0])            /* guarded, and so it went back: once more, allowed */
            go(y, 1, true);
        if (!judge_rule(y->j) && goes_back(y))
            go(y, 0, true);
    } else if (!judge_rule(y->j)) {
        story_settle(y);
    }
    if (!judge_rule(y->j) && story_chance(y, 30))
        story_destroy(y, true);
    story_end(y);
    return t;
}
