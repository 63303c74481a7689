/* credentials.c - the chain of places that may give credentials (docs/design.md, Endpoints and credentials), in order. The first that applies decides: it gives
 * keys, or it is broken and says why; nothing is skipped silently. A new kind of source is a row in `chain`.
 * Sources that need a request or a program of their own are recognised and named, not passed over. */
#include "config.h"

#include "kc/arena.h"
#include "kc/diag.h"
#include "wire.h"

enum provided { PROVIDED, PROVIDED_NOT, PROVIDED_BROKEN };
struct origin {
    enum provided (*find)(const struct config *c, struct arena *a, struct credentials *out, struct str *why);
};

/* Keys go into headers: anything but visible ASCII is a slip of copying. */
static bool clean(struct arena *a, struct str value, const char *name, struct str *why)
{
    for (size_t i = 0; i < value.n; i++)
        if (value.s[i] <= ' ' || value.s[i] > '~') {
            *why = str_fmt(a, "%s contains a blank, a line break or another byte that does not belong there: copy it again", name);
            return false;
        }
    return true;
}

static enum provided checked(struct arena *a, struct credentials *out, struct str *why)
{
    bool good = clean(a, out->key, "the access key id", why) && clean(a, out->secret, "the secret access key", why) &&
                clean(a, out->token, "the session token", why);

    return good ? PROVIDED : PROVIDED_BROKEN;
}

static enum provided from_environment(const struct config *c, struct arena *a, struct credentials *out, struct str *why)
{
    struct str key = config_env(c, "AWS_ACCESS_KEY_ID"), secret = config_env(c, "AWS_SECRET_ACCESS_KEY");
    struct str token = config_env(c, "AWS_SECURITY_TOKEN"), expires = config_env(c, "AWS_CREDENTIAL_EXPIRATION");

    if (c->options.explicit_profile || (!key.n && !secret.n))
        return PROVIDED_NOT;
    if (!key.n || !secret.n) {
        *why = str_fmt(a, "%s is set and %s is not; set both, or neither", key.n ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                       key.n ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
        return PROVIDED_BROKEN;
    }
    *out = (struct credentials){ .key = key, .secret = secret, .token = token.n ? token : config_env(c, "AWS_SESSION_TOKEN"), .source = STR("environment") };
    if (expires.n && !time_parse(expires, &out->expires)) {
        *why = str_fmt(a, "AWS_CREDENTIAL_EXPIRATION: `%.*s` is not a time; write it as 2026-01-02T03:04:05Z", STR_ARG(expires));
        return PROVIDED_BROKEN;
    }
    return checked(a, out, why);
}

/* A profile somebody asked for must exist; a file that is there must be readable. */
static enum provided from_broken_files(const struct config *c, struct arena *a, struct credentials *out, struct str *why)
{
    const struct str *names;
    struct str near[3];

    (void)out;
    if (c->keys.problem.n || c->config.problem.n) {
        *why = c->keys.problem.n ? c->keys.problem : c->config.problem;
        return PROVIDED_BROKEN;
    }
    if (!c->profile_from.n || c->in_keys || c->in_config)
        return PROVIDED_NOT;
    size_t n = config_profiles(c, a, &names);
    size_t k = diag_nearest(c->profile, names, n, near);
    *why = str_fmt(a, "profile `%.*s` (from %.*s) is neither in %.*s nor in %.*s%s%.*s%s", STR_ARG(c->profile), STR_ARG(c->profile_from),
                   STR_ARG(c->config.shown), STR_ARG(c->keys.shown), k ? "; did you mean `" : "", k ? (int)near[0].n : 0, k ? near[0].s : "", k ? "`?" : "");
    return PROVIDED_BROKEN;
}

/* Sources in a profile that take a request or a program: said, not skipped. Static keys further down the chain come first only
 * where AWS says so (the credentials file before credential_process and login). */
static enum provided unsupported(const struct config *c, struct arena *a, const char *key, struct str *why)
{
    if (!config_value(c, key).n)
        return PROVIDED_NOT;
    *why = str_fmt(a, "profile `%.*s` gets its credentials by `%s`, which this version of kc does not follow; run "
                      "`eval \"$(aws configure export-credentials --profile %.*s --format env)\"` first, or name a profile with static keys",
                   STR_ARG(c->profile), key, STR_ARG(c->profile));
    return PROVIDED_BROKEN;
}

static enum provided from_role(const struct config *c, struct arena *a, struct credentials *out, struct str *why)
{
    static const char *const keys[] = { "role_arn", "web_identity_token_file", "sso_session", "sso_account_id", "sso_role_name" };
    enum provided p = PROVIDED_NOT;

    (void)out;
    for (size_t i = 0; i < sizeof keys / sizeof *keys && p == PROVIDED_NOT; i++)
        p = unsupported(c, a, keys[i], why);
    return p;
}

static enum provided from_program(const struct config *c, struct arena *a, struct credentials *out, struct str *why)
{
    enum provided p = unsupported(c, a, "login_session", why);

    (void)out;
    return p == PROVIDED_NOT ? unsupported(c, a, "credential_process", why) : p;
}

static enum provided from_section(const struct config *c, const struct config_file *f, const struct ini_section *s, struct arena *a,
                                  struct credentials *out, struct str *why)
{
    struct str key = ini_get(s, "aws_access_key_id"), secret = ini_get(s, "aws_secret_access_key");
    struct str token = ini_get(s, "aws_session_token");

    if (!key.n && !secret.n)
        return PROVIDED_NOT;
    if (!key.n || !secret.n) {
        *why = str_fmt(a, "profile `%.*s` in %.*s has %s but no %s", STR_ARG(c->profile), STR_ARG(f->shown),
                       key.n ? "aws_access_key_id" : "aws_secret_access_key", key.n ? "aws_secret_access_key" : "aws_access_key_id");
        return PROVIDED_BROKEN;
    }
    *out = (struct credentials){ .key = key, .secret = secret, .token = token.n ? token : ini_get(s, "aws_security_token"),
                                 .source = str_fmt(a, "profile `%.*s` in %.*s", STR_ARG(c->profile), STR_ARG(f->shown)) };
    return checked(a, out, why);
}

static enum provided from_keys_file(const struct config *c, struct arena *a, struct credentials *out, struct str *why)
{
    return from_section(c, &c->keys, c->in_keys, a, out, why);
}

static enum provided from_config_file(const struct config *c, struct arena *a, struct credentials *out, struct str *why)
{
    return from_section(c, &c->config, c->in_config, a, out, why);
}

/* Nothing static anywhere: name what a machine of AWS would have offered. */
static enum provided from_platform(const struct config *c, struct arena *a, struct credentials *out, struct str *why)
{
    static const char *const variables[] = { "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI" };

    (void)out;
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        if (config_env(c, variables[i]).n) {
            *why = str_fmt(a, "%s is set, but this version of kc does not fetch credentials that way; run "
                              "`eval \"$(aws configure export-credentials --format env)\"` first", variables[i]);
            return PROVIDED_BROKEN;
        }
    return PROVIDED_NOT;
}

static const struct origin chain[] = {
    { from_environment }, { from_broken_files }, { from_role }, { from_keys_file }, { from_program }, { from_config_file }, { from_platform },
};

bool credentials_find(const struct config *c, struct arena *a, struct credentials *out, struct str *why)
{
    *out = (struct credentials){ 0 };
    if (c->options.fixed) {
        *out = *c->options.fixed;
        return true;
    }
    for (size_t i = 0; !c->options.bare && i < sizeof chain / sizeof *chain; i++) {
        enum provided p = chain[i].find(c, a, out, why);

        if (p != PROVIDED_NOT)
            return p == PROVIDED;
    }
    *why = str_fmt(a, "no AWS credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, and profile `%.*s` has no keys in %.*s%s or %.*s%s; "
                      "set the variables, choose another profile with `--profile`, or try `--sandbox`, which needs no account",
                   STR_ARG(c->profile), STR_ARG(c->keys.shown), c->keys.present ? "" : " (absent)", STR_ARG(c->config.shown),
                   c->config.present ? "" : " (absent)");
    return false;
}
