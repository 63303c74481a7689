/* sso_session.c - what a profile says of its SSO session, and the token of that session as the AWS CLI caches it.
 *   [profile p]        sso_session = s, sso_account_id, sso_role_name        or the old form: sso_start_url, sso_region beside them
 *   [sso-session s]    sso_start_url, sso_region, sso_registration_scopes */
#include "room.h"

/* A key of the session's section or of the profile; false and told where the two disagree. */
static bool either(struct fetch *f, const struct ini_section *section, struct str name, const char *key, struct str *out)
{
    struct str in_session = ini_get(section, key), in_profile = profile_get(&f->profile, key);

    *out = in_session.n ? in_session : in_profile;
    if (!in_session.n || !in_profile.n || str_eq(in_session, in_profile))
        return true;
    f->why = str_fmt(f->s->arena, "profile `%.*s` and [sso-session %.*s] have different values of `%s` (%.*s); take it out of the profile", STR_ARG(f->profile.name),
                     STR_ARG(name), key, STR_ARG(profile_where(f->s->config, &f->profile, key)));
    return false;
}

static bool lacks(struct fetch *f, const struct sso_session *s, const char *key)
{
    f->why = str_fmt(f->s->arena, "profile `%.*s` signs in by SSO, but `%s` is missing; write it into [%s%.*s] of %.*s", STR_ARG(f->profile.name), key,
                     s->name.n ? "sso-session " : "profile ", STR_ARG(s->name.n ? s->name : f->profile.name), STR_ARG(f->s->config->config.shown));
    return false;
}

bool sso_session_of(struct fetch *f, struct sso_session *out)
{
    const struct config *c = f->s->config;
    const struct ini_section *section = NULL;

    *out = (struct sso_session){ .name = profile_get(&f->profile, "sso_session") };
    if (out->name.n && !(section = config_section(c, "sso-session", out->name))) {
        f->why = str_fmt(f->s->arena, "profile `%.*s` names `sso_session = %.*s` (%.*s), but %.*s has no [sso-session %.*s]", STR_ARG(f->profile.name),
                         STR_ARG(out->name), STR_ARG(profile_where(c, &f->profile, "sso_session")), STR_ARG(c->config.shown), STR_ARG(out->name));
        return false;
    }
    if (!either(f, section, out->name, "sso_start_url", &out->start_url) || !either(f, section, out->name, "sso_region", &out->region))
        return false;
    if (!out->start_url.n || !out->region.n)
        return lacks(f, out, out->start_url.n ? "sso_region" : "sso_start_url");
    out->scopes = ini_get(section, "sso_registration_scopes");
    out->shown = out->name.n ? str_fmt(f->s->arena, "SSO session `%.*s`", STR_ARG(out->name)) : str_fmt(f->s->arena, "SSO of %.*s", STR_ARG(out->start_url));
    out->path = cache_path(f, "~/.aws/sso/cache", out->name.n ? out->name : out->start_url);
    return true;
}

/* The cached form of a token: what CreateToken replied, with the registration it was made by. */
const struct value *sso_token_new(struct fetch *f, const struct sso_session *s, const struct value *registration, const struct value *reply, int64_t *expires)
{
    struct arena *a = f->s->arena;
    const struct value *seconds = value_get(reply, STR("expiresIn"));
    struct str refresh = document_text(reply, "refreshToken"), token = document_text(reply, "accessToken");
    struct pair p[8];
    size_t n = 0;

    if (!token.n || !seconds || seconds->kind != VALUE_INT || seconds->i <= 0 || seconds->i > 366 * 86400)
        return NULL;
    *expires = (search_wall(f->s) / 1000 + seconds->i) * 1000;
    p[n++] = (struct pair){ STR("startUrl"), value_str(a, s->start_url) };
    p[n++] = (struct pair){ STR("region"), value_str(a, s->region) };
    p[n++] = (struct pair){ STR("accessToken"), value_str(a, token) };
    p[n++] = (struct pair){ STR("expiresAt"), value_str(a, time_text(a, *expires, TIME_ISO8601)) };
    for (size_t i = 0; i < 3; i++) {
        static const char *const kept[] = { "clientId", "clientSecret", "registrationExpiresAt" };
        struct str v = document_text(registration, kept[i]);

        if (v.n)
            p[n++] = (struct pair){ str_of(kept[i]), value_str(a, v) };
    }
    if (refresh.n)
        p[n++] = (struct pair){ STR("refreshToken"), value_str(a, refresh) };
    return value_object(a, p, n);
}
