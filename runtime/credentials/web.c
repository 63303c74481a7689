/* web.c - a role for whoever shows the token of an identity provider: pods with a role of their service account, jobs of CI. The token's file is read
 * for each fetch, since somebody else renews it. The call is not signed. */
#include "room.h"

enum { TOKEN_BYTES = 64 << 10 };

struct web { struct str file, role, shown; };

/* A variable before the profile's key, each for itself, as botocore has it. */
static struct str setting(struct fetch *f, const char *variable, const char *key)
{
    struct str v = f->environment ? search_env(f->s, variable) : STR_NONE;

    return v.n ? v : profile_get(&f->profile, key);
}

static void web_answered(struct fetch *f, const struct value *reply, enum outcome o, const struct answer_error *e)
{
    const struct web *w = f->own;

    (void)o;
    f->out.source = w->shown;
    if (!reply)
        broken(f, "%.*s: AWS does not give it for that token: %.*s", STR_ARG(w->shown), STR_ARG(call_problem(f, e)));
    else if (!document_take(f, value_get(reply, STR("Credentials")), "SessionToken", true, w->shown))
        broken(f, "%.*s", STR_ARG(f->why));
    else
        found(f);
}

void web_find(struct fetch *f)
{
    struct arena *a = f->s->arena;
    struct web *w = ARENA_NEW(a, struct web);
    struct str session = setting(f, "AWS_ROLE_SESSION_NAME", "role_session_name"), token = STR_NONE;

    *w = (struct web){ .file = setting(f, "AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file"), .role = setting(f, "AWS_ROLE_ARN", "role_arn") };
    if (!w->file.n) {
        not_here(f);
        return;
    }
    if (!w->role.n) {
        broken(f, "the web identity token `%.*s` is named, but no role; set AWS_ROLE_ARN, or `role_arn` in profile `%.*s`", STR_ARG(w->file), STR_ARG(f->profile.name));
        return;
    }
    w->shown = str_fmt(a, "role `%.*s` by the web identity token %.*s", STR_ARG(w->role), STR_ARG(w->file));
    enum disk_error e = world_read(f->s->world, a, w->file, TOKEN_BYTES, &token);
    token = str_trim(token);
    if (e != DISK_OK || !token.n) {
        broken(f, "the web identity token %.*s %s%s", STR_ARG(w->file), e != DISK_OK ? "cannot be read: " : "is empty", e != DISK_OK ? disk_error_text(e) : "");
        return;
    }
    f->own = w;
    const struct pair p[] = { { STR("RoleArn"), value_str(a, w->role) }, { STR("RoleSessionName"), value_str(a, session.n ? session : f->s->session_name) },
                              { STR("WebIdentityToken"), value_str(a, token) } };
    fetch_call(f, &(struct service_call){ .service = "sts", .op = "AssumeRoleWithWebIdentity", .region = role_region(f, w->role),
                                          .input = value_object(a, p, 3), .got = web_answered });
}
