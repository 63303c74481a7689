/* config.c - see kc/config.h. */
#include "files.h"

#include <string.h>

#include "kc/arena.h"

struct str config_env(const struct config *c, const char *name)
{
    struct str v = c->options.bare ? STR_NONE : world_getenv(c->world, name);

    return v.n ? v : STR_NONE;
}

struct str config_home(const struct config *c, const char *path)
{
    struct str home = config_env(c, "HOME"), p = str_of(path);

    if (!str_starts(p, STR("~/")) || !home.n)
        return p;
    return str_fmt(c->arena, "%.*s%.*s", STR_ARG(home), STR_ARG(str_sub(p, 1, p.n)));
}

static void load_file(struct config *c, struct config_file *f, const char *variable, const char *usual)
{
    struct str named = config_env(c, variable), text = STR_NONE;
    const char *why = "";
    unsigned line;

    f->shown = named.n ? named : str_of(usual);
    f->path = config_home(c, str_c(c->arena, f->shown));
    enum disk_error e = world_read(c->world, c->arena, f->path, 1 << 20, &text);
    if (e == DISK_ABSENT)
        return;
    f->present = true;
    if (e != DISK_OK)
        f->problem = str_fmt(c->arena, "%.*s cannot be read: %s", STR_ARG(f->shown), disk_error_text(e));
    else if (!ini_parse(c->arena, text, &f->ini, &line, &why))
        f->problem = str_fmt(c->arena, "%.*s, line %u: %s", STR_ARG(f->shown), line, why);
}

static struct str chosen_profile(struct config *c)
{
    static const char *const variables[] = { "AWS_DEFAULT_PROFILE", "AWS_PROFILE" };
    struct str name = c->options.profile;

    c->profile_from = !name.n ? STR_NONE : c->options.profile_by.n ? c->options.profile_by : STR("--profile");
    for (size_t i = 0; i < 2 && !name.n; i++) {
        name = config_env(c, variables[i]);
        c->profile_from = name.n ? str_of(variables[i]) : STR_NONE;
    }
    return name.n ? name : STR("default");
}

const struct ini_section *config_section(const struct config *c, const char *kind, struct str name)
{
    return ini_section(&c->config.ini, str_fmt(c->arena, "%s %.*s", kind, STR_ARG(name)));
}

struct profile profile_named(const struct config *c, struct str name)
{
    struct profile p = { name, config_section(c, "profile", name), ini_section(&c->keys.ini, name) };

    if (!p.in_config && str_is(name, "default"))
        p.in_config = ini_section(&c->config.ini, name);
    return p;
}

struct config *config_load(struct world *w, struct arena *a, const struct config_options *o)
{
    struct config *c = ARENA_NEW(a, struct config);

    c->world = w;
    c->arena = a;
    c->options = *o;
    c->profile.name = chosen_profile(c);
    if (o->bare)
        return c;
    load_file(c, &c->config, "AWS_CONFIG_FILE", "~/.aws/config");
    load_file(c, &c->keys, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
    c->profile = profile_named(c, c->profile.name);
    return c;
}

struct str profile_get(const struct profile *p, const char *key)
{
    struct str v = ini_get(p->in_keys, key);

    return v.n ? v : ini_get(p->in_config, key);
}

struct str profile_where(const struct config *c, const struct profile *p, const char *key)
{
    bool keys = ini_get(p->in_keys, key).n > 0;
    const struct ini_entry *e = ini_entry(keys ? p->in_keys : p->in_config, key);
    const struct config_file *f = keys ? &c->keys : &c->config;

    return e ? str_fmt(c->arena, "%.*s, line %u", STR_ARG(f->shown), e->line) : f->shown;
}

struct str config_profile(const struct config *c)
{
    return c->profile.name;
}

struct str config_value(const struct config *c, const char *key)
{
    return profile_get(&c->profile, key);
}

struct str config_ca_bundle(const struct config *c)
{
    struct str v = config_env(c, "AWS_CA_BUNDLE");

    return v.n ? v : config_value(c, "ca_bundle");
}

struct str config_region(const struct config *c)
{
    struct str v = c->options.region;

    if (!v.n)
        v = config_env(c, "AWS_REGION");
    if (!v.n)
        v = config_env(c, "AWS_DEFAULT_REGION");
    return v.n ? v : config_value(c, "region");
}

static bool flag(const struct config *c, const char *variable, const char *key)
{
    struct str v = config_env(c, variable);

    return str_caseeq(v.n ? v : config_value(c, key), STR("true"));
}

struct endpoint_flags config_flags(const struct config *c)
{
    return (struct endpoint_flags){ flag(c, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"),
                                    flag(c, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint") };
}

/* "Auto Scaling" -> AUTO_SCALING, or auto_scaling. */
static struct str snake(struct arena *a, struct str id, bool upper)
{
    char *s = arena_alloc(a, id.n + 1);

    for (size_t i = 0; i < id.n; i++) {
        char c = id.s[i];

        if (c == ' ' || c == '-')
            c = '_';
        if (upper && c >= 'a' && c <= 'z')
            c = (char)(c - 32);
        if (!upper && c >= 'A' && c <= 'Z')
            c = (char)(c + 32);
        s[i] = c;
    }
    return (struct str){ s, id.n };
}

/* scheme://host[:port][/path]: no user names, no query; bytes that cannot end up in another place of a request. */
static bool url_fits(struct str url)
{
    struct str rest = str_starts(url, STR("https://")) ? str_sub(url, 8, url.n) : str_starts(url, STR("http://")) ? str_sub(url, 7, url.n) : STR_NONE;

    if (!rest.n || rest.s[0] == '/')
        return false;
    for (size_t i = 0; i < rest.n; i++) {
        char c = rest.s[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr(".:-_/[]~", c))))
            return false;
    }
    return true;
}

static bool services_url(const struct config *c, struct str service_id, struct str *url, struct str *from, struct str *why)
{
    struct str name = config_value(c, "services");
    struct arena *a = c->arena;

    if (!name.n)
        return true;
    const struct ini_section *s = config_section(c, "services", name);
    if (!s) {
        *why = str_fmt(a, "profile `%.*s` names `services = %.*s`, but %.*s has no [services %.*s]", STR_ARG(c->profile.name), STR_ARG(name),
                       STR_ARG(c->config.shown), STR_ARG(name));
        return false;
    }
    *url = ini_sub(ini_entry(s, str_c(a, snake(a, service_id, false))), STR("endpoint_url"));
    *from = str_fmt(a, "[services %.*s] in %.*s", STR_ARG(name), STR_ARG(c->config.shown));
    return true;
}

/* Without its trailing slashes. */
static bool url_usable(const struct config *c, struct str *url, struct str from, struct str *why)
{
    if (url->n && !url_fits(*url)) {
        *why = str_fmt(c->arena, "%.*s: `%.*s` is not an endpoint; write `http://host:port` or `https://host`", STR_ARG(from), STR_ARG(*url));
        return false;
    }
    while (url->n && url->s[url->n - 1] == '/')
        url->n--;
    return true;
}

bool config_endpoint(const struct config *c, struct str service_id, struct str *url, struct str *from, struct str *why)
{
    struct str own = str_fmt(c->arena, "AWS_ENDPOINT_URL_%.*s", STR_ARG(snake(c->arena, service_id, true)));

    *url = c->options.endpoint;
    *from = STR("the file's `endpoint`");
    if (url->n)
        return url_usable(c, url, *from, why);
    if (c->options.bare || flag(c, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"))
        return true;
    *from = own;
    *url = config_env(c, str_c(c->arena, own));
    if (!url->n) {
        *from = STR("AWS_ENDPOINT_URL");
        *url = config_env(c, "AWS_ENDPOINT_URL");
    }
    if (!url->n && !services_url(c, service_id, url, from, why))
        return false;
    if (!url->n) {
        *from = str_fmt(c->arena, "profile `%.*s`", STR_ARG(c->profile.name));
        *url = config_value(c, "endpoint_url");
    }
    return url_usable(c, url, *from, why);
}

bool config_service(const struct config *c, struct arena *a, const struct service *s, struct str region, struct endpoint *out, struct str *from, struct str *why)
{
    struct str url = STR_NONE;

    if (!config_endpoint(c, s->id, &url, from, why))
        return false;
    if (!region.n && s->global)
        region = STR("us-east-1");
    bool found = endpoint_find(a, s, region, config_flags(c), out, why);
    if (!url.n) {
        *from = STR_NONE;
        return found;
    }
    if (!found && s->global)
        out->sign_region = STR("us-east-1");
    endpoint_override(out, url);
    return true;
}

size_t config_profiles(const struct config *c, struct arena *a, const struct str **out)
{
    struct str *v = arena_array(a, c->config.ini.n + c->keys.ini.n, sizeof *v);
    size_t n = 0;

    for (size_t i = 0; i < c->config.ini.n; i++) {
        struct str name = c->config.ini.v[i].name;

        if (str_starts(name, STR("profile ")))
            v[n++] = str_sub(name, 8, name.n);
        else if (str_is(name, "default"))
            v[n++] = name;
    }
    for (size_t i = 0; i < c->keys.ini.n; i++)
        v[n++] = c->keys.ini.v[i].name;
    *out = v;
    return n;
}
