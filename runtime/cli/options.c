/* options.c - commands and flags, each one row of a table; `kc help` prints the same tables.
 * A flag may stand before or after the command; `--flag value`, `--flag=value`; a switch also `--flag=false`. Each has an
 * environment name, but those that may be repeated, --send-secrets, --accept-secrets and --admin: --state-dir is KC_STATE_DIR. The command line wins. */
#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "kc/arena.h"
#include "kc/diag.h"

enum kind { SWITCH, TEXT, PAIRS, TEXTS, SAID };            /* SAID: a switch that the environment does not set */
enum { MAX_REPEATS = 256 };
enum { MINUTE_MS = 60 * 1000, LIFETIME = 60 * MINUTE_MS, LIFETIME_LEAST = 10 * MINUTE_MS, LIFETIME_MOST = 24 * 60 * MINUTE_MS };
#define BIT(c) (1u << COMMAND_##c)
#define WORK (BIT(PLAN) | BIT(APPLY) | BIT(DESTROY))
#define FILES (BIT(CHECK) | BIT(PLAN) | BIT(APPLY) | BIT(DESTROY) | BIT(GRAPH))
#define STACK (FILES | BIT(STATE) | BIT(KUBECONFIG))
#define SIMULATED (STACK | BIT(SANDBOX))
#define RIGHTS (BIT(TOKEN) | BIT(WHOAMI))
#define ANY 0xffffffffu

struct command_row { enum command command; const char *name, *args; size_t least, most; const char *help; };
static const struct command_row commands[] = {
    { COMMAND_CHECK, "check", "[FILE]", 0, 1, "find mistakes; needs no account and no network" },
    { COMMAND_PLAN, "plan", "[FILE]", 0, 1, "say what would change, why, and how long it will take" },
    { COMMAND_APPLY, "apply", "[FILE]", 0, 1, "change what the plan says, after asking" },
    { COMMAND_DESTROY, "destroy", "[FILE]", 0, 1, "delete everything that is recorded, after asking" },
    { COMMAND_GRAPH, "graph", "[FILE]", 0, 1, "print what the file describes, with its dependencies" },
    { COMMAND_STATE, "state", "list | show ADDRESS", 1, 2, "print what kc has recorded" },
    { COMMAND_KUBECONFIG, "kubeconfig", "[OUTPUT]", 0, 1, "print a recorded kubeconfig, or sign one with --admin" },
    { COMMAND_TOKEN, "token", "", 0, 0, "print a token for --cluster, as kubectl wants it" },
    { COMMAND_WHOAMI, "whoami", "", 0, 0, "say whose credentials these are, from where, until when" },
    { COMMAND_LOGIN, "login", "", 0, 0, "sign in by SSO, with a browser anywhere" },
    { COMMAND_SANDBOX, "sandbox", "serve", 1, 1, "serve the simulated AWS of --sandbox to any client of AWS" },
    { COMMAND_EXPLAIN, "explain", "CODE", 1, 1, "explain an error code" },
    { COMMAND_VERSION, "version", "", 0, 0, "print the version" },
    { COMMAND_HELP, "help", "[COMMAND]", 0, 1, "print this, or a command's flags" },
    { COMMAND_CHECK, "validate", "[FILE]", 0, 1, NULL },
};

struct flag { const char *name, *value; enum kind kind; unsigned commands; size_t at; const char *help; };
#define AT(member) offsetof(struct options, member)
static const struct flag flags[] = {
    { "sandbox", NULL, SWITCH, STACK, AT(sandbox), "work on a simulated AWS; needs no account" },
    { "sandbox-speed", "N", TEXT, SIMULATED, AT(speed_text), "simulated time, as a multiple of real time (100); 0: no waiting" },
    { "sandbox-behaviour", "DIR", TEXT, SIMULATED, AT(behaviour), "services of the simulated AWS: DIR/SERVICE.kcl" },
    { "sandbox-seed", "N", TEXT, SIMULATED, AT(seed_text), "chance in a new simulated account" },
    { "yes", NULL, SWITCH, BIT(APPLY) | BIT(DESTROY), AT(yes), "do not ask" },
    { "allow-destroy", "ADDRESS", TEXTS, BIT(APPLY), AT(allow), "let the plan lose what it guards there; may be repeated" },
    { "send-secrets", NULL, SAID, BIT(PLAN) | BIT(APPLY), AT(send_secrets), "send secrets anew that cannot be compared: their key is lost" },
    { "accept-secrets", NULL, SAID, BIT(PLAN) | BIT(APPLY), AT(accept_secrets), "... or take what the file says of them for what is there" },
    { "set", "NAME=VALUE", PAIRS, FILES, AT(set), "set a parameter; may be repeated (also KC_PARAM_NAME)" },
    { "stack", "NAME", TEXT, STACK, AT(stack), "the stack: where state is kept; else named after the file" },
    { "root", "DIR", TEXT, SIMULATED, AT(root), "the project's folder; else the nearest with kc.lock or .kc" },
    { "state-dir", "DIR", TEXT, STACK, AT(state_dir), "instead of .kc in the project's folder" },
    { "stdlib", "DIR", TEXT, SIMULATED, AT(stdlib), "files here replace those of the built-in library" },
    { "region", "REGION", TEXT, SIMULATED | RIGHTS, AT(region), "where resources go that do not say it; else AWS_REGION, profile" },
    { "profile", "NAME", TEXT, STACK | RIGHTS | BIT(LOGIN), AT(profile), "profile of the shared AWS files" },
    { "role", "ARN", TEXT, RIGHTS | BIT(KUBECONFIG), AT(role), "a role to take on with them" },
    { "refresh", NULL, SWITCH, WORK, AT(refresh), "read AWS before planning (--refresh=false: trust state)" },
    { "repin", "ADDRESS", TEXTS, BIT(PLAN) | BIT(APPLY), AT(repin), "take today's answer for a pinned lookup; may be repeated" },
    { "accept-stack-change", NULL, SWITCH, WORK, AT(accept), "go on although region or file differ from last time" },
    { "fail-fast", NULL, SWITCH, BIT(APPLY) | BIT(DESTROY), AT(fail_fast), "start nothing new after a failure" },
    { "exit-code", NULL, SWITCH, BIT(PLAN), AT(exit_code), "exit 2 when there are changes" },
    { "all", NULL, SWITCH, BIT(PLAN) | BIT(APPLY) | BIT(DESTROY), AT(all), "show every value, and what stays as it is" },
    { "cluster", "NAME", TEXT, BIT(TOKEN), AT(cluster), "the EKS cluster" },
    { "admin", NULL, SAID, BIT(KUBECONFIG), AT(admin), "sign a certificate now, with the break-glass authority of the cluster" },
    { "for", "TIME", TEXT, BIT(KUBECONFIG), AT(lifetime_text), "how long it is valid: 10m to 24h (1h)" },
    { "listen", "HOST:PORT", TEXT, BIT(SANDBOX), AT(listen), "where the sandbox is served (127.0.0.1:4566); port 0: any" },
    { "tls-certificate", "FILE", TEXT, BIT(SANDBOX), AT(certificate), "serve HTTPS with this certificate, PEM" },
    { "tls-key", "FILE", TEXT, BIT(SANDBOX), AT(key), "and its key, PEM" },
    { "format", "text|json|dot", TEXT, STACK | RIGHTS | BIT(VERSION), AT(format), "form of the output; dot: graph only" },
    { "json", NULL, SWITCH, STACK | RIGHTS | BIT(VERSION), AT(json), "the same as --format json" },
    { "no-color", NULL, SWITCH, ANY, AT(no_color), "no colours (also NO_COLOR)" },
    { "help", NULL, SAID, ANY, AT(help), "help on a command" },
};
enum { FLAGS = sizeof flags / sizeof *flags, COMMANDS = sizeof commands / sizeof *commands };

struct reader {
    struct world *w;
    struct arena *a;
    struct options *o;
    const char *const *argv;
    int argc, at;
    bool given[FLAGS];
    struct str *args;
    struct pair *set;
    struct str problem;
};

static bool fail(struct reader *r, struct str problem)
{
    r->problem = problem;
    return false;
}

const char *command_title(enum command c)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (commands[i].command == c)
            return commands[i].name;
    return "kc";
}

static const struct command_row *command_row(struct str name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (str_is(name, commands[i].name))
            return &commands[i];
    return NULL;
}

/* "; did you mean `x`?", or nothing. */
static struct str suggestion(struct arena *a, struct str word, const struct str *names, size_t n, const char *prefix)
{
    struct str near[3];

    if (!diag_nearest(word, names, n, near))
        return STR("");
    return str_fmt(a, "; did you mean `%s%.*s`?", prefix, STR_ARG(near[0]));
}

static struct str unknown_flag(struct reader *r, struct str name)
{
    struct str names[FLAGS];

    for (size_t i = 0; i < FLAGS; i++)
        names[i] = str_of(flags[i].name);
    return str_fmt(r->a, "unknown flag `--%.*s`%.*s", STR_ARG(name), STR_ARG(suggestion(r->a, name, names, FLAGS, "--")));
}

static struct str unknown_command(struct reader *r, struct str name)
{
    struct str names[COMMANDS];

    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = str_of(commands[i].name);
    if (str_ends(name, STR(".kcl")))
        return str_fmt(r->a, "`%.*s` is a file, not a command; did you mean `kc plan %.*s`?", STR_ARG(name), STR_ARG(name));
    return str_fmt(r->a, "unknown command `%.*s`%.*s", STR_ARG(name), STR_ARG(suggestion(r->a, name, names, COMMANDS, "kc ")));
}

static bool read_switch(struct reader *r, const struct flag *f, struct str value, bool *out)
{
    static const char *const yes[] = { "true", "1", "yes", "on" }, *const no[] = { "false", "0", "no", "off" };

    for (size_t i = 0; i < 4; i++) {
        if (str_caseeq(value, str_of(yes[i])) || str_caseeq(value, str_of(no[i]))) {
            *out = str_caseeq(value, str_of(yes[i]));
            return true;
        }
    }
    return fail(r, str_fmt(r->a, "`--%s` is true or false, not `%.*s`", f->name, STR_ARG(value)));
}

static bool read_pair(struct reader *r, struct str value)
{
    struct str rest = value, name;

    if (!str_cut(&rest, '=', &name) || !rest.s || !str_trim(name).n)
        return fail(r, str_fmt(r->a, "`--set %.*s`: write `--set name=value`", STR_ARG(value)));
    if (r->o->nset == MAX_REPEATS)
        return fail(r, STR("too many `--set`"));
    r->set[r->o->nset++] = (struct pair){ str_trim(name), value_str(r->a, rest) };
    return true;
}

static bool add_text(struct reader *r, const struct flag *f, struct str value, struct texts *to)
{
    if (!value.n)
        return fail(r, str_fmt(r->a, "`--%s` needs a value: `--%s %s`", f->name, f->name, f->value));
    if (to->n == MAX_REPEATS)
        return fail(r, str_fmt(r->a, "too many `--%s`", f->name));
    if (!to->v)
        to->v = arena_array(r->a, MAX_REPEATS, sizeof *to->v);
    to->v[to->n++] = value;
    return true;
}

static bool set_flag(struct reader *r, size_t index, struct str value)
{
    const struct flag *f = &flags[index];
    void *at = (char *)r->o + f->at;

    r->given[index] = true;
    switch (f->kind) {
    case SWITCH:
    case SAID:
        return read_switch(r, f, value, at);
    case TEXT:
        if (!value.n)
            return fail(r, str_fmt(r->a, "`--%s` needs a value: `--%s %s`", f->name, f->name, f->value));
        *(struct str *)at = value;
        return true;
    case PAIRS:
        return read_pair(r, value);
    case TEXTS:
        return add_text(r, f, value, at);
    }
    return true;
}

static bool read_flag(struct reader *r, struct str text)
{
    struct str value = text, name;
    size_t i = 0;

    str_cut(&value, '=', &name);
    while (i < FLAGS && !str_is(name, flags[i].name))
        i++;
    if (i == FLAGS)
        return fail(r, unknown_flag(r, name));
    if (!value.s && (flags[i].kind == SWITCH || flags[i].kind == SAID))
        value = STR("true");
    if (!value.s) {
        if (r->at + 1 >= r->argc)
            return fail(r, str_fmt(r->a, "`--%s` needs a value: `--%s %s`", flags[i].name, flags[i].name, flags[i].value));
        value = str_of(r->argv[++r->at]);
    }
    return set_flag(r, i, value);
}

static bool read_dashed(struct reader *r, struct str word)
{
    if (str_starts(word, STR("--")))
        return read_flag(r, str_sub(word, 2, word.n));
    return fail(r, str_fmt(r->a, "unknown flag `%.*s`; flags have long names: see `kc help`", STR_ARG(word)));
}

static bool read_word(struct reader *r, struct str word)
{
    if (r->o->command == COMMAND_NONE) {
        const struct command_row *c = command_row(word);

        if (!c)
            return fail(r, unknown_command(r, word));
        r->o->command = c->command;
        r->o->command_name = word;
        return true;
    }
    r->args[r->o->nargs++] = word;
    return true;
}

static bool read_all(struct reader *r)
{
    bool plain = false;

    for (r->at = 1; r->at < r->argc; r->at++) {
        struct str word = str_of(r->argv[r->at]);

        if (!plain && str_is(word, "--"))
            plain = true;
        else if (!plain && str_is(word, "-h"))
            r->o->help = true;
        else if (!plain && str_is(word, "--version") && r->o->command == COMMAND_NONE)
            r->o->command = COMMAND_VERSION;
        else if (!plain && word.n > 1 && word.s[0] == '-' ? !read_dashed(r, word) : !read_word(r, word))
            return false;
    }
    return true;
}

static bool read_environment(struct reader *r)
{
    for (size_t i = 0; i < FLAGS; i++) {
        char name[64] = "KC_";
        size_t n = 3;

        if (r->given[i] || flags[i].kind == PAIRS || flags[i].kind == TEXTS || flags[i].kind == SAID)
            continue;
        for (const char *p = flags[i].name; *p; p++)
            name[n++] = (char)(*p == '-' ? '_' : *p - 32);
        struct str value = world_getenv(r->w, name);
        if (!value.n)
            continue;
        if (!set_flag(r, i, value))
            return fail(r, str_fmt(r->a, "%s: %.*s", name, STR_ARG(r->problem)));
        r->given[i] = false;                               /* not said for this command: no complaint that it has no such flag */
    }
    return true;
}

static bool given(const struct reader *r, const char *name)
{
    for (size_t i = 0; i < FLAGS; i++)
        if (r->given[i] && !strcmp(flags[i].name, name))
            return true;
    return false;
}

static bool fits_command(struct reader *r)
{
    const struct options *o = r->o;
    const struct command_row *c = command_row(o->command_name.n ? o->command_name : str_of(command_title(o->command)));

    for (size_t i = 0; i < FLAGS; i++)
        if (r->given[i] && !(flags[i].commands & 1u << o->command))
            return fail(r, str_fmt(r->a, "`kc %s` has no flag `--%s`; see `kc help %s`", c->name, flags[i].name, c->name));
    if (o->send_secrets && o->accept_secrets)
        return fail(r, STR("`--send-secrets` sends what the file says, `--accept-secrets` takes it as sent: say one of both"));
    if (given(r, "for") && !o->admin)
        return fail(r, STR("`--for` says how long a certificate is valid: it goes with `--admin`"));
    if (o->nargs > c->most)
        return fail(r, str_fmt(r->a, "`kc %s` takes %s, and `%.*s` is too much", c->name, c->most ? c->args : "no argument", STR_ARG(o->args[c->most])));
    if (o->nargs < c->least)
        return fail(r, str_fmt(r->a, "`kc %s` needs: %s", c->name, c->args));
    return true;
}

static bool read_numbers(struct reader *r)
{
    struct options *o = r->o;
    int64_t n;

    if (o->speed_text.n) {
        char *end = NULL;
        const char *text = str_c(r->a, o->speed_text);

        o->speed = str_is(o->speed_text, "max") ? 0 : strtod(text, &end);
        if ((end && *end) || !(o->speed >= 0 && o->speed <= 1e9))
            return fail(r, str_fmt(r->a, "`--sandbox-speed` is a number such as 100, or 0 for no waiting, not `%.*s`", STR_ARG(o->speed_text)));
    }
    if (o->seed_text.n) {
        if (!str_int(o->seed_text, &n) || n < 0)
            return fail(r, str_fmt(r->a, "`--sandbox-seed` is a whole number, not `%.*s`", STR_ARG(o->seed_text)));
        o->seed = (uint64_t)n;
        o->seeded = true;
    }
    o->lifetime = LIFETIME;
    if (o->lifetime_text.n && (!duration_parse(o->lifetime_text, &o->lifetime) || o->lifetime < LIFETIME_LEAST || o->lifetime > LIFETIME_MOST))
        return fail(r, str_fmt(r->a, "`--for` is a time from 10m to 24h, as `8h`, not `%.*s`", STR_ARG(o->lifetime_text)));
    if (!o->format.n)
        o->format = o->json || o->command == COMMAND_TOKEN ? STR("json") : STR("text");
    bool known = str_is(o->format, "text") || str_is(o->format, "json") || (str_is(o->format, "dot") && o->command == COMMAND_GRAPH);
    if (!known)
        return fail(r, str_fmt(r->a, "`--format %.*s`: `kc %s` prints %s", STR_ARG(o->format), command_title(o->command),
                               o->command == COMMAND_GRAPH ? "text, json or dot" : "text or json"));
    o->json = str_is(o->format, "json");
    return true;
}

bool options_read(struct world *w, struct arena *a, int argc, const char *const *argv, struct options *o, struct str *problem)
{
    struct reader r = { .w = w, .a = a, .o = o, .argv = argv, .argc = argc };

    *o = (struct options){ .refresh = true, .speed = 100 };
    o->args = r.args = arena_array(a, (size_t)argc + 1, sizeof *r.args);
    o->set = r.set = arena_array(a, MAX_REPEATS, sizeof *r.set);
    bool good = read_all(&r) && read_environment(&r);
    if (good && o->command == COMMAND_NONE)
        o->command = COMMAND_HELP;
    if (good && o->help && o->command != COMMAND_HELP) {
        o->args = r.args;
        r.args[0] = str_of(command_title(o->command));
        o->nargs = 1;
        o->command = COMMAND_HELP;
        return true;
    }
    good = good && fits_command(&r) && read_numbers(&r);
    o->explicit_profile = o->profile.n > 0;
    *problem = r.problem;
    return good;
}

static void help_command(struct buf *out, const struct command_row *c)
{
    buf_fmt(out, "kc %s%s%s: %s\n\n", c->name, *c->args ? " " : "", c->args, c->help);
    for (size_t i = 0; i < FLAGS; i++) {
        const struct flag *f = &flags[i];
        int width = 2 + (int)strlen(f->name) + (f->value ? 1 + (int)strlen(f->value) : 0);

        if (f->commands & 1u << c->command)
            buf_fmt(out, "  --%s%s%s%*s  %s\n", f->name, f->value ? " " : "", f->value ? f->value : "", width < 26 ? 26 - width : 0, "", f->help);
    }
    buf_cstr(out, "\nEach flag that is said once has an environment variable: --state-dir is KC_STATE_DIR.\n");
}

void options_help(struct buf *out, enum command c)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (commands[i].command == c && c != COMMAND_NONE) {
            help_command(out, &commands[i]);
            return;
        }
    buf_cstr(out, "kc: describe a Kubernetes cluster on AWS in a .kcl file, and make AWS match it\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        if (commands[i].help)
            buf_fmt(out, "  kc %-10s %-20s %s\n", commands[i].name, commands[i].args, commands[i].help);
    buf_cstr(out, "\nWithout FILE: cluster.kcl, or the only .kcl file here. Try it without an account: kc apply --sandbox\n"
                  "Flags of a command: kc help COMMAND. The manual: man kc\n");
}
