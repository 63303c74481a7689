/* sso.c - keys of a role for whoever has signed in by SSO. The session's token is cached by `kc login` or the AWS CLI; one with a refresh token is
 * renewed here in its last 15 minutes. The old form has none: when it ends, a person signs in again. */
#include "room.h"

enum { RENEW_BEFORE_MS = 15 * 60 * 1000 };

struct sso {
    struct sso_session session;
    struct str account, role, shown, token;
    int64_t expires;                                       /* of the token */
    const struct value *cached;
    struct world_lock *lock;
};

/* `kc login`, as this user has to write it. */
static struct str login_command(struct fetch *f)
{
    return str_is(f->profile.name, "default") ? STR("kc login") : str_fmt(f->s->arena, "kc login --profile %.*s", STR_ARG(f->profile.name));
}

static void sign_in_again(struct fetch *f, const char *what)
{
    const struct sso *x = f->own;

    broken(f, "%.*s %s; run `%.*s`", STR_ARG(x->session.shown), what, STR_ARG(login_command(f)));
}

static void role_keys_came(struct fetch *f, const struct value *reply, enum outcome o, const struct answer_error *e)
{
    const struct sso *x = f->own;
    const struct value *keys = reply ? value_get(reply, STR("roleCredentials")) : NULL, *expires = keys ? value_get(keys, STR("expiration")) : NULL;

    (void)o;
    if (!reply && str_is(e->code, "UnauthorizedException")) {
        sign_in_again(f, "is no longer valid");
        return;
    }
    if (!reply) {
        broken(f, "%.*s: %.*s", STR_ARG(x->shown), STR_ARG(call_problem(f, e)));
        return;
    }
    f->out = (struct credentials){ .key = document_text(keys, "accessKeyId"), .secret = document_text(keys, "secretAccessKey"),
                                   .token = document_text(keys, "sessionToken"), .expires = expires && expires->kind == VALUE_INT ? expires->i : 0, .source = x->shown };
    if (!f->out.key.n || !f->out.secret.n || !f->out.token.n || !f->out.expires)
        broken(f, "%.*s: the reply holds no keys", STR_ARG(x->shown));
    else
        found(f);
}

static void get_role_keys(struct fetch *f)
{
    const struct sso *x = f->own;
    struct arena *a = f->s->arena;
    const struct pair p[] = { { STR("roleName"), value_str(a, x->role) }, { STR("accountId"), value_str(a, x->account) }, { STR("accessToken"), value_str(a, x->token) } };

    fetch_call(f, &(struct service_call){ .service = "sso", .op = "GetRoleCredentials", .region = x->session.region, .input = value_object(a, p, 3), .got = role_keys_came });
}

/* ---- the token ---- */
/* False: there is none that can be read. */
static bool read_token(struct fetch *f)
{
    struct sso *x = f->own;

    x->cached = cache_read(f, x->session.path);
    x->token = document_text(x->cached, "accessToken");
    return x->token.n && time_parse(document_text(x->cached, "expiresAt"), &x->expires);
}

static bool can_renew(struct fetch *f)
{
    const struct sso *x = f->own;
    int64_t until;

    return x->session.name.n && document_text(x->cached, "refreshToken").n && document_text(x->cached, "clientId").n && document_text(x->cached, "clientSecret").n &&
           time_parse(document_text(x->cached, "registrationExpiresAt"), &until) && until > search_wall(f->s);
}

static void unlock(struct fetch *f)
{
    struct sso *x = f->own;

    world_unlock(f->s->world, x->lock);
    x->lock = NULL;
}

/* With what there is: the token as it was serves while it lasts. */
static void go_on(struct fetch *f)
{
    const struct sso *x = f->own;

    if (x->expires > search_wall(f->s))
        get_role_keys(f);
    else
        sign_in_again(f, "has ended");
}

static void token_renewed(struct fetch *f, const struct value *reply, enum outcome o, const struct answer_error *e)
{
    struct sso *x = f->own;
    int64_t expires = 0;
    const struct value *fresh = reply ? sso_token_new(f, &x->session, x->cached, reply, &expires) : NULL;

    (void)o;
    if (fresh) {
        x->token = document_text(fresh, "accessToken");
        x->expires = expires;
        (void)cache_write(f, x->session.path, fresh);      /* it serves this run all the same */
    }
    unlock(f);
    if (!reply && f->s->passing && x->expires <= search_wall(f->s))
        broken(f, "%.*s cannot be renewed: %.*s", STR_ARG(x->session.shown), STR_ARG(call_problem(f, e)));
    else
        go_on(f);
}

/* Another kc may have renewed it while we waited for the lock. */
static void renew_locked(struct fetch *f, struct world_lock *lock)
{
    struct sso *x = f->own;
    struct arena *a = f->s->arena;

    x->lock = lock;
    if (!read_token(f) || x->expires - search_wall(f->s) > RENEW_BEFORE_MS || !can_renew(f)) {
        unlock(f);
        go_on(f);
        return;
    }
    const struct pair p[] = { { STR("clientId"), value_str(a, document_text(x->cached, "clientId")) },
                              { STR("clientSecret"), value_str(a, document_text(x->cached, "clientSecret")) }, { STR("grantType"), value_str(a, STR("refresh_token")) },
                              { STR("refreshToken"), value_str(a, document_text(x->cached, "refreshToken")) } };
    fetch_call(f, &(struct service_call){ .service = "sso-oidc", .op = "CreateToken", .region = x->session.region, .input = value_object(a, p, 4), .got = token_renewed });
}

/* ---- the source ---- */
static bool lacks(struct fetch *f, struct str value, const char *key)
{
    if (value.n)
        return false;
    broken(f, "profile `%.*s` signs in by SSO, but `%s` is missing; write it into [profile %.*s] of %.*s", STR_ARG(f->profile.name), key, STR_ARG(f->profile.name),
           STR_ARG(f->s->config->config.shown));
    return true;
}

void sso_find(struct fetch *f)
{
    struct sso *x = ARENA_NEW(f->s->arena, struct sso);

    x->account = profile_get(&f->profile, "sso_account_id");
    x->role = profile_get(&f->profile, "sso_role_name");
    if (!x->account.n && !x->role.n) {
        not_here(f);
        return;
    }
    if (lacks(f, x->account, "sso_account_id") || lacks(f, x->role, "sso_role_name"))
        return;
    if (!sso_session_of(f, &x->session)) {
        broken(f, "%.*s", STR_ARG(f->why));
        return;
    }
    x->shown = str_fmt(f->s->arena, "role %.*s in account %.*s by %.*s (profile `%.*s`)", STR_ARG(x->role), STR_ARG(x->account), STR_ARG(x->session.shown),
                       STR_ARG(f->profile.name));
    f->own = x;
    if (!read_token(f))
        sign_in_again(f, "is not signed in");
    else if (x->expires - search_wall(f->s) <= RENEW_BEFORE_MS && can_renew(f))
        cache_lock(f, "~/.aws/sso/cache", renew_locked);
    else
        go_on(f);
}
