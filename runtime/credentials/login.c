/* login.c - signing in by SSO with a browser anywhere (RFC 8628): kc registers itself, asks for a code, shows where to type it, and asks for the token
 * until somebody has. The token goes where `sso.c` and the AWS CLI find it. */
#include "room.h"

enum { ENDS_AFTER_MS = 24 * 3600 * 1000, INTERVAL_S = 5, SLOWER_S = 5, INTERVAL_MOST_S = 300, SCOPES = 32, FAILURES = 10 };
#define DEVICE_GRANT "urn:ietf:params:oauth:grant-type:device_code"

struct login {
    struct sso_session session;
    login_show *show;
    void *user;
    const struct value *registration;                      /* clientId, clientSecret, registrationExpiresAt */
    struct str device_code;
    int64_t interval_s, code_ends, token_ends;
    int failures;                                          /* answers in a row that were none */
    bool done, good;
};

static void ended(struct fetch *f, enum ended how)
{
    struct login *x = f->user;

    x->done = true;
    x->good = how == ENDED_FOUND;
}

static struct login *login_of(struct fetch *f)
{
    return f->user;
}

static int64_t integer(const struct value *v, const char *key)
{
    const struct value *x = value_get(v, str_of(key));

    return x && x->kind == VALUE_INT ? x->i : 0;
}

static void call(struct fetch *f, const char *op, const struct pair *p, size_t n,
                 void (*got)(struct fetch *f, const struct value *reply, enum outcome o, const struct answer_error *e))
{
    fetch_call(f, &(struct service_call){ .service = "sso-oidc", .op = op, .region = login_of(f)->session.region, .input = value_object(f->s->arena, p, n), .got = got });
}

/* ---- the token ---- */
static void ask_token(struct fetch *f);

static void ask_later(struct fetch *f)
{
    struct login *x = login_of(f);

    if (search_wall(f->s) + x->interval_s * 1000 >= x->code_ends)
        broken(f, "nobody typed the code in time; run `kc login` again");
    else
        fetch_later(f, x->interval_s * 1000, ask_token);
}

static void token_came(struct fetch *f, const struct value *reply, enum outcome o, const struct answer_error *e)
{
    struct login *x = login_of(f);
    const struct value *token = reply ? sso_token_new(f, &x->session, x->registration, reply, &x->token_ends) : NULL;
    bool slower = !reply && str_is(e->code, "SlowDownException");

    if (token) {
        enum disk_error d = cache_write(f, x->session.path, token);

        if (d == DISK_OK)
            f->done(f, ENDED_FOUND);
        else
            broken(f, "%.*s cannot be written: %s", STR_ARG(x->session.path), disk_error_text(d));
        return;
    }
    if (slower && x->interval_s < INTERVAL_MOST_S)
        x->interval_s += SLOWER_S;
    bool pending = !reply && (slower || str_is(e->code, "AuthorizationPendingException"));
    bool trouble = !reply && (o == OUTCOME_NOT_SENT || o == OUTCOME_UNKNOWN || o == OUTCOME_THROTTLED);
    x->failures = trouble ? x->failures + 1 : 0;
    if (pending || (trouble && x->failures < FAILURES))
        ask_later(f);
    else if (reply)
        broken(f, "%.*s: the reply holds no token", STR_ARG(x->session.shown));
    else if (str_is(e->code, "AccessDeniedException"))
        broken(f, "%.*s: the request was refused in the browser", STR_ARG(x->session.shown));
    else if (str_is(e->code, "ExpiredTokenException"))
        broken(f, "nobody typed the code in time; run `kc login` again");
    else
        broken(f, "%.*s: %.*s", STR_ARG(x->session.shown), STR_ARG(call_problem(f, e)));
}

static void ask_token(struct fetch *f)
{
    struct login *x = login_of(f);
    struct arena *a = f->s->arena;
    const struct pair p[] = { { STR("clientId"), value_str(a, document_text(x->registration, "clientId")) },
                              { STR("clientSecret"), value_str(a, document_text(x->registration, "clientSecret")) },
                              { STR("grantType"), value_str(a, STR(DEVICE_GRANT)) }, { STR("deviceCode"), value_str(a, x->device_code) } };

    call(f, "CreateToken", p, 4, token_came);
}

/* ---- the code ---- */
static void code_came(struct fetch *f, const struct value *reply, enum outcome o, const struct answer_error *e)
{
    struct login *x = login_of(f);
    struct login_prompt prompt;

    (void)o;
    if (!reply) {
        broken(f, "%.*s gives no code: %.*s", STR_ARG(x->session.shown), STR_ARG(call_problem(f, e)));
        return;
    }
    prompt = (struct login_prompt){ .url = document_text(reply, "verificationUri"), .url_with_code = document_text(reply, "verificationUriComplete"),
                                    .code = document_text(reply, "userCode") };
    x->device_code = document_text(reply, "deviceCode");
    if (!prompt.url.n || !prompt.code.n || !x->device_code.n || integer(reply, "expiresIn") <= 0) {
        broken(f, "%.*s: the reply holds no code", STR_ARG(x->session.shown));
        return;
    }
    int64_t interval = integer(reply, "interval"), life = integer(reply, "expiresIn") < ENDS_AFTER_MS / 1000 ? integer(reply, "expiresIn") * 1000 : ENDS_AFTER_MS;
    x->interval_s = interval > 0 && interval <= INTERVAL_MOST_S ? interval : INTERVAL_S;
    x->code_ends = prompt.expires = search_wall(f->s) + life;
    x->show(x->user, &prompt);
    ask_later(f);
}

static void registered(struct fetch *f, const struct value *reply, enum outcome o, const struct answer_error *e)
{
    struct login *x = login_of(f);
    struct arena *a = f->s->arena;

    (void)o;
    if (!reply || !document_text(reply, "clientId").n || !document_text(reply, "clientSecret").n) {
        broken(f, "%.*s does not take kc as a client: %.*s", STR_ARG(x->session.shown), STR_ARG(reply ? STR("the reply holds no id") : call_problem(f, e)));
        return;
    }
    const struct pair kept[] = { { STR("clientId"), value_get(reply, STR("clientId")) }, { STR("clientSecret"), value_get(reply, STR("clientSecret")) },
                                 { STR("registrationExpiresAt"), value_str(a, time_text(a, integer(reply, "clientSecretExpiresAt") * 1000, TIME_ISO8601)) } };
    x->registration = value_object(a, kept, 3);
    const struct pair p[] = { kept[0], kept[1], { STR("startUrl"), value_str(a, x->session.start_url) } };
    call(f, "StartDeviceAuthorization", p, 3, code_came);
}

/* The session form asks for what lets its token be renewed; the old form has no such thing. */
static const struct value *scopes(struct fetch *f)
{
    const struct sso_session *s = &login_of(f)->session;
    const struct value *v[SCOPES];
    struct str rest = s->scopes.n ? s->scopes : STR("sso:account:access"), part;
    size_t n = 0;

    while (n < SCOPES && str_cut(&rest, ',', &part))
        if (str_trim(part).n)
            v[n++] = value_str(f->s->arena, str_trim(part));
    return value_list(f->s->arena, v, n);
}

static void begin(struct fetch *f)
{
    struct login *x = login_of(f);
    struct arena *a = f->s->arena;

    if (!profile_get(&f->profile, "sso_session").n && !profile_get(&f->profile, "sso_start_url").n) {
        broken(f, "profile `%.*s` does not sign in by SSO; name one that does with `--profile`, or write `sso_session` into it (docs/credentials.md)",
               STR_ARG(f->profile.name));
        return;
    }
    if (!sso_session_of(f, &x->session)) {
        broken(f, "%.*s", STR_ARG(f->why));
        return;
    }
    const struct pair p[] = { { STR("clientName"), value_str(a, f->s->session_name) }, { STR("clientType"), value_str(a, STR("public")) }, { STR("scopes"), scopes(f) } };
    call(f, "RegisterClient", p, x->session.name.n ? 3 : 2, registered);
}

bool login_run(struct world *w, struct models *m, struct arena *a, const struct config_options *o, login_show *show, void *user,
               struct str *session, int64_t *expires, struct str *why)
{
    struct search *s = search_new(w, m, o, 0);
    struct login x = { .show = show, .user = user };
    struct fetch f = { .s = s, .profile = s->config->profile, .done = ended, .user = &x };
    struct str problem = s->config->config.problem;

    s->session_name = STR("kc");
    if (problem.n)
        broken(&f, "%.*s", STR_ARG(problem));
    else
        begin(&f);
    while (!x.done)
        if (world_wait(w, world_now(w) + ENDS_AFTER_MS) == WAIT_SIGNAL && !x.done) {
            f.why = STR("interrupted");
            break;
        }
    *session = str_dup(a, x.session.shown);
    *expires = x.token_ends;
    *why = str_dup(a, f.why);
    search_free(s);
    return x.good;
}
