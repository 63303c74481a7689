/* keys.c - static keys in a profile of the two shared files. */
#include "room.h"

bool profile_has_keys(const struct profile *p)
{
    return profile_get(p, "aws_access_key_id").n || profile_get(p, "aws_secret_access_key").n;
}

static void from_section(struct fetch *f, const struct config_file *file, const struct ini_section *s)
{
    struct str key = ini_get(s, "aws_access_key_id"), secret = ini_get(s, "aws_secret_access_key"), token = ini_get(s, "aws_security_token");

    if (!key.n && !secret.n) {
        not_here(f);
        return;
    }
    if (!key.n || !secret.n) {
        broken(f, "profile `%.*s` in %.*s has %s but no %s", STR_ARG(f->profile.name), STR_ARG(file->shown), key.n ? "aws_access_key_id" : "aws_secret_access_key",
               key.n ? "aws_secret_access_key" : "aws_access_key_id");
        return;
    }
    f->out = (struct credentials){ .key = key, .secret = secret, .token = token.n ? token : ini_get(s, "aws_session_token"),
                                   .source = str_fmt(f->s->arena, "profile `%.*s` in %.*s", STR_ARG(f->profile.name), STR_ARG(file->shown)) };
    found(f);
}

void keys_file_find(struct fetch *f)
{
    from_section(f, &f->s->config->keys, f->profile.in_keys);
}

void config_file_find(struct fetch *f)
{
    from_section(f, &f->s->config->config, f->profile.in_config);
}

/* `aws login` keeps its keys where only it renews them, with a signature of its own (DPoP). */
void login_find(struct fetch *f)
{
    if (!profile_get(&f->profile, "login_session").n) {
        not_here(f);
        return;
    }
    broken(f, "profile `%.*s` gets its credentials from `aws login` (`login_session`, %.*s), which kc does not follow; run "
              "`eval \"$(aws configure export-credentials --profile %.*s --format env)\"` first, or name another profile",
           STR_ARG(f->profile.name), STR_ARG(profile_where(f->s->config, &f->profile, "login_session")), STR_ARG(f->profile.name));
}
