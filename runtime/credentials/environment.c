/* environment.c - keys in variables. They may end: whoever set AWS_CREDENTIAL_EXPIRATION says when, and a fetch reads them again. */
#include "room.h"

void environment_find(struct fetch *f)
{
    struct search *s = f->s;
    struct str key = search_env(s, "AWS_ACCESS_KEY_ID"), secret = search_env(s, "AWS_SECRET_ACCESS_KEY");
    struct str token = search_env(s, "AWS_SECURITY_TOKEN"), expires = search_env(s, "AWS_CREDENTIAL_EXPIRATION");

    if (!f->environment || (!key.n && !secret.n)) {
        not_here(f);
        return;
    }
    if (!key.n || !secret.n) {
        broken(f, "%s is set and %s is not; set both, or neither", key.n ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
               key.n ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
        return;
    }
    f->out = (struct credentials){ .key = key, .secret = secret, .token = token.n ? token : search_env(s, "AWS_SESSION_TOKEN"), .source = STR("environment") };
    if (expires.n && !time_parse(expires, &f->out.expires))
        broken(f, "AWS_CREDENTIAL_EXPIRATION: `%.*s` is not a time; write it as 2026-01-02T03:04:05Z", STR_ARG(expires));
    else
        found(f);
}
