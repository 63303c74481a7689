/* role.c - a role assumed with credentials of another source: `role_arn` of a profile with `source_profile` or `credential_source`, or the role that
 * a file of kc names, over what the profile gives. Sources may themselves be roles; a ring of profiles is refused.
 * With `mfa_serial` a person types a code, once: the session is kept where the AWS CLI keeps it, for later runs, and is not renewed. */
#include "kc/diag.h"
#include "kc/json.h"
#include "room.h"

enum { DURATION_LEAST = 900, DURATION_MOST = 43200, PROFILES_MOST = 16, CODE_DIGITS = 6, CODES = 3, LEFT_LEAST_MS = 60000 };

struct role {
    struct str arn, session, external_id, mfa, shown;      /* shown: "role `arn` (profile `x`)" */
    int64_t duration;                                      /* seconds; 0: AWS's own */
    struct credentials with;
    struct str endpoint;                                   /* where STS is asked; empty: as the settings say */
    struct str cache;                                      /* of the session, where a person had to type */
};

/* ---- the call ---- */
static size_t add(struct pair *p, size_t n, struct arena *a, const char *key, struct str value)
{
    if (value.n)
        p[n++] = (struct pair){ str_of(key), value_str(a, value) };
    return n;
}

static void keep_session(struct fetch *f, struct str path)
{
    struct arena *a = f->s->arena;
    const struct pair c[] = { { STR("AccessKeyId"), value_str(a, f->out.key) }, { STR("SecretAccessKey"), value_str(a, f->out.secret) },
                              { STR("SessionToken"), value_str(a, f->out.token) }, { STR("Expiration"), value_str(a, time_text(a, f->out.expires, TIME_ISO8601)) } };
    const struct pair top = { STR("Credentials"), value_object(a, c, 4) };

    (void)cache_write(f, path, value_object(a, &top, 1));  /* a cache that cannot be written costs another question, nothing else */
}

static void role_answered(struct fetch *f, const struct value *reply, enum outcome o, const struct answer_error *e)
{
    struct role *r = f->own;

    (void)o;
    f->out.source = str_fmt(f->s->arena, "%.*s, with %.*s", STR_ARG(r->shown), STR_ARG(r->with.source));
    if (!reply) {
        broken(f, "%.*s cannot be assumed with the credentials from %.*s: %.*s", STR_ARG(r->shown), STR_ARG(r->with.source), STR_ARG(call_problem(f, e)));
        return;
    }
    if (!document_take(f, value_get(reply, STR("Credentials")), "SessionToken", true, r->shown)) {
        broken(f, "%.*s", STR_ARG(f->why));
        return;
    }
    if (r->cache.n)
        keep_session(f, r->cache);
    found(f);
}

/* STS of the region of the run; else of the partition that the role is in. */
struct str role_region(struct fetch *f, struct str arn)
{
    struct str region = config_region(f->s->config), rest = arn, partition = STR_NONE;

    if (region.n)
        return region;
    str_cut(&rest, ':', &partition);
    str_cut(&rest, ':', &partition);
    region = endpoint_home(partition);
    return region.n ? region : endpoint_home(STR("aws"));
}

static void assume(struct fetch *f, struct str code)
{
    struct role *r = f->own;
    struct arena *a = f->s->arena;
    struct pair p[6];
    size_t n = add(p, 0, a, "RoleArn", r->arn);

    n = add(p, n, a, "RoleSessionName", r->session.n ? r->session : f->s->session_name);
    n = add(p, n, a, "ExternalId", r->external_id);
    n = add(p, n, a, "SerialNumber", r->mfa);
    n = add(p, n, a, "TokenCode", code);
    if (r->duration)
        p[n++] = (struct pair){ STR("DurationSeconds"), value_int(a, r->duration) };
    fetch_call(f, &(struct service_call){ .service = "sts", .op = "AssumeRole", .region = role_region(f, r->arn), .endpoint = r->endpoint,
                                          .input = value_object(a, p, n), .with = &r->with, .got = role_answered });
}

/* ---- MFA ---- */
/* The AWS CLI's key for the same session: the arguments as Python writes them, in order of their names. */
static struct str cache_key(struct fetch *f, const struct role *r)
{
    const struct { const char *name; struct str value; } args[] = {
        { "ExternalId", r->external_id }, { "RoleArn", r->arn }, { "RoleSessionName", r->session }, { "SerialNumber", r->mfa } };
    struct buf b = { 0 };

    buf_putc(&b, '{');
    if (r->duration)
        buf_fmt(&b, "\"DurationSeconds\": %lld", (long long)r->duration);
    for (size_t i = 0; i < sizeof args / sizeof *args; i++) {
        if (!args[i].value.n)
            continue;
        buf_fmt(&b, "%s\"%s\": ", b.n > 1 ? ", " : "", args[i].name);
        json_write(&b, value_str(f->s->arena, args[i].value), JSON_PLAIN, false);
    }
    buf_putc(&b, '}');
    return buf_take(&b, f->s->arena);
}

static bool kept_session(struct fetch *f, struct role *r)
{
    const struct value *v = cache_read(f, r->cache), *keys = v ? value_get(v, STR("Credentials")) : NULL;

    f->out.source = str_fmt(f->s->arena, "%.*s, a session with MFA kept in ~/.aws/cli/cache", STR_ARG(r->shown));
    return keys && document_take(f, keys, "SessionToken", true, r->shown) && f->out.expires - search_wall(f->s) > LEFT_LEAST_MS;
}

static bool code_good(struct str code)
{
    bool good = code.n == CODE_DIGITS;

    for (size_t i = 0; good && i < code.n; i++)
        good = code.s[i] >= '0' && code.s[i] <= '9';
    return good;
}

static bool ask_code(struct fetch *f, const struct role *r, struct str *code)
{
    struct world *w = f->s->world;
    struct buf b = { 0 };

    text_safe(&b, str_fmt(f->s->arena, "MFA code of %.*s, for %.*s: ", STR_ARG(r->mfa), STR_ARG(r->shown)));
    struct str prompt = buf_take(&b, f->s->arena);
    for (int i = 0; i < CODES; i++) {
        world_err(w, prompt);
        if (!world_read_line(w, f->s->arena, code))
            return false;
        *code = str_trim(*code);
        if (code_good(*code))
            return true;
        world_err(w, STR("A code is six digits.\n"));
    }
    return false;
}

static void assume_with_mfa(struct fetch *f)
{
    struct role *r = f->own;
    struct str code = STR_NONE;

    f->s->once = true;
    if (!f->s->may_ask)
        broken(f, "the session of %.*s began with an MFA code and cannot be renewed without another; run kc again", STR_ARG(r->shown));
    else if (!world_is_tty(f->s->world, 0))
        broken(f, "%.*s needs a code of the MFA device %.*s, and there is no terminal to ask at; run `kc whoami` with this profile at a terminal first: the "
                  "session is kept for later runs", STR_ARG(r->shown), STR_ARG(r->mfa));
    else if (!ask_code(f, r, &code))
        broken(f, "%.*s needs a code of the MFA device %.*s, and none was given", STR_ARG(r->shown), STR_ARG(r->mfa));
    else
        assume(f, code);
}

/* ---- the source ---- */
static void source_done(struct fetch *below, enum ended how)
{
    struct fetch *f = below->up;
    struct role *r = f->own;

    if (how == ENDED_BROKEN) {
        broken(f, "%.*s", STR_ARG(below->why));
        return;
    }
    if (how == ENDED_NONE) {
        broken(f, "%.*s is to be assumed with %s%.*s%s, which has no credentials", STR_ARG(r->shown), below->environment ? "credential_source `" : "profile `",
               STR_ARG(below->environment ? profile_get(&f->profile, "credential_source") : below->profile.name), "`");
        return;
    }
    r->with = below->out;
    if (r->mfa.n)
        assume_with_mfa(f);
    else
        assume(f, STR_NONE);
}

/* False and told: a ring of profiles, or too many. A profile may name itself when it has keys of its own. */
static bool no_ring(struct fetch *f, struct str source)
{
    struct buf path = { 0 };
    size_t n = 0;
    bool ring = false;

    for (const struct fetch *x = f; x; x = x->up, n++) {
        buf_fmt(&path, "%s`%.*s`", n ? " <- " : "", STR_ARG(x->profile.name));
        ring = ring || str_eq(x->profile.name, source);
    }
    if (str_eq(f->profile.name, source) && profile_has_keys(&f->profile))
        ring = false;
    if (ring)
        broken(f, "profile `%.*s` gets its role's credentials from itself by `source_profile`: `%.*s` <- %.*s; let one of them name a profile with keys",
               STR_ARG(source), STR_ARG(source), STR_ARG(buf_view(&path)));
    else if (n > PROFILES_MOST)
        broken(f, "more than %d profiles are joined by `source_profile`, from `%.*s` on", PROFILES_MOST, STR_ARG(f->s->config->profile.name));
    buf_fini(&path);
    return !ring && n <= PROFILES_MOST;
}

static void from_profile(struct fetch *f, struct str name)
{
    const struct config *c = f->s->config;
    struct profile p = profile_named(c, name);

    if (!p.in_config && !p.in_keys)
        broken(f, "profile `%.*s` names `source_profile = %.*s` (%.*s), and there is no such profile", STR_ARG(f->profile.name), STR_ARG(name),
               STR_ARG(profile_where(c, &f->profile, "source_profile")));
    else if (no_ring(f, name))
        fetch_below(f, p, NULL, source_done);
}

static void from_machine(struct fetch *f, struct str name)
{
    static const struct { const char *name; const struct origin *source; } machine[] = {
        { "Environment", &source_environment }, { "EcsContainer", &source_container }, { "Ec2InstanceMetadata", &source_instance } };

    for (size_t i = 0; i < sizeof machine / sizeof *machine; i++)
        if (str_is(name, machine[i].name)) {
            fetch_below(f, f->profile, machine[i].source, source_done);
            return;
        }
    broken(f, "profile `%.*s`: `credential_source = %.*s` (%.*s) is not one of Environment, EcsContainer, Ec2InstanceMetadata", STR_ARG(f->profile.name),
           STR_ARG(name), STR_ARG(profile_where(f->s->config, &f->profile, "credential_source")));
}

/* False and told. */
static bool read_role(struct fetch *f, struct role *r)
{
    struct str duration = profile_get(&f->profile, "duration_seconds");

    r->session = profile_get(&f->profile, "role_session_name");
    r->external_id = profile_get(&f->profile, "external_id");
    r->mfa = profile_get(&f->profile, "mfa_serial");
    r->shown = str_fmt(f->s->arena, "role `%.*s` (profile `%.*s`)", STR_ARG(r->arn), STR_ARG(f->profile.name));
    if (!duration.n || (str_int(duration, &r->duration) && r->duration >= DURATION_LEAST && r->duration <= DURATION_MOST))
        return true;
    broken(f, "profile `%.*s`: `duration_seconds = %.*s` (%.*s) is not a number from %d to %d", STR_ARG(f->profile.name), STR_ARG(duration),
           STR_ARG(profile_where(f->s->config, &f->profile, "duration_seconds")), DURATION_LEAST, DURATION_MOST);
    return false;
}

void role_find(struct fetch *f)
{
    struct str arn = profile_get(&f->profile, "role_arn"), source = profile_get(&f->profile, "source_profile");
    struct str machine = profile_get(&f->profile, "credential_source");
    struct role *r = ARENA_NEW(f->s->arena, struct role);

    /* Keys beside a role are what it is assumed with when another profile, or itself, names the profile as source. */
    if (!arn.n || profile_get(&f->profile, "web_identity_token_file").n || (f->up && profile_has_keys(&f->profile))) {
        not_here(f);
        return;
    }
    r->arn = arn;
    if (!read_role(f, r))
        return;
    f->own = r;
    if (r->mfa.n) {
        r->cache = cache_path(f, "~/.aws/cli/cache", cache_key(f, r));
        if (kept_session(f, r)) {
            f->s->once = true;
            found(f);
            return;
        }
    }
    if (source.n && machine.n)
        broken(f, "profile `%.*s` has both `source_profile` and `credential_source`; one says what the role is assumed with", STR_ARG(f->profile.name));
    else if (source.n)
        from_profile(f, source);
    else if (machine.n)
        from_machine(f, machine);
    else
        broken(f, "profile `%.*s` has `role_arn` (%.*s) but neither `source_profile` nor `credential_source`; write which profile the role is assumed with",
               STR_ARG(f->profile.name), STR_ARG(profile_where(f->s->config, &f->profile, "role_arn")));
}

void role_given(struct fetch *f, struct str arn)
{
    struct role *r = ARENA_NEW(f->s->arena, struct role);

    *r = (struct role){ .arn = arn, .with = f->out, .endpoint = f->s->endpoint, .shown = str_fmt(f->s->arena, "role `%.*s`", STR_ARG(arn)) };
    f->own = r;
    assume(f, STR_NONE);
}
