/* container.c - keys from the agent beside a container: ECS tasks, EKS pod identity, and what serves the same at a loopback address. The agent's token
 * is read from its file for each fetch, since somebody else renews it. */
#include "room.h"
#include "url.h"

enum { TIMEOUT_MS = 2000, ATTEMPTS = 3, PAUSE_MS = 1000, TOKEN_BYTES = 64 << 10 };

struct container { struct str url, variable, shown; int tries; struct str problem; };

static void ask(struct fetch *f);

static void again(struct fetch *f, struct str problem)
{
    struct container *c = f->own;

    c->problem = problem;
    if (++c->tries < ATTEMPTS) {
        fetch_later(f, PAUSE_MS, ask);
        return;
    }
    f->s->passing = true;
    broken(f, "%.*s gave no credentials, asked %d times: %.*s", STR_ARG(c->shown), ATTEMPTS, STR_ARG(problem));
}

static void answered(struct fetch *f, const struct http_reply *r)
{
    const struct container *c = f->own;
    struct arena *a = f->s->arena;
    const struct value *v;

    if (r->status != NET_OK)
        again(f, str_dup(a, r->problem));
    else if (r->code != 200)
        again(f, str_fmt(a, "it answered with HTTP %d", r->code));
    else if (!(v = document_read(f, str_dup(a, r->body))))
        again(f, STR("its answer is no JSON object"));
    else if (f->out.source = c->shown, document_take(f, v, "Token", true, str_fmt(a, "the answer of %.*s", STR_ARG(c->shown))))
        found(f);
    else
        broken(f, "%.*s", STR_ARG(f->why));
}

/* False and told. The token goes into a header as it is: a line break in it is not cut off but refused. */
static bool authorization(struct fetch *f, struct str *out)
{
    struct str file = search_env(f->s, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char *name = file.n ? "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE" : "AWS_CONTAINER_AUTHORIZATION_TOKEN";

    *out = STR_NONE;
    if (file.n) {
        enum disk_error e = world_read(f->s->world, f->s->arena, file, TOKEN_BYTES, out);

        if (e != DISK_OK) {
            broken(f, "%s: %.*s cannot be read: %s", name, STR_ARG(file), disk_error_text(e));
            return false;
        }
    } else {
        *out = search_env(f->s, name);
    }
    for (size_t i = 0; i < out->n; i++)
        if ((unsigned char)out->s[i] < ' ' || (unsigned char)out->s[i] > '~') {
            broken(f, "%s: the token contains a line break or another byte that no header may hold", name);
            return false;
        }
    return true;
}

static void ask(struct fetch *f)
{
    const struct container *c = f->own;
    struct header h[3] = { { STR("Accept"), STR("application/json") }, { STR("User-Agent"), STR("kc/" KC_VERSION) } };
    struct http_request rq = { .method = STR("GET"), .url = c->url, .headers = h, .nheaders = 2, .timeout_ms = TIMEOUT_MS, .direct = true };
    struct str token;

    if (!authorization(f, &token))
        return;
    if (token.n)
        h[rq.nheaders++] = (struct header){ STR("Authorization"), token };
    fetch_http(f, &rq, answered);
}

void container_find(struct fetch *f)
{
    struct str relative = search_env(f->s, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"), full = search_env(f->s, "AWS_CONTAINER_CREDENTIALS_FULL_URI"), host;
    struct container *c = ARENA_NEW(f->s->arena, struct container);

    if (!relative.n && !full.n) {
        not_here(f);
        return;
    }
    c->variable = relative.n ? STR("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") : STR("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    c->url = relative.n ? str_fmt(f->s->arena, "http://169.254.170.2%.*s", STR_ARG(relative)) : full;
    if ((relative.n && relative.s[0] != '/') || !url_may_give_credentials(c->url, &host)) {
        broken(f, "%.*s: `%.*s` is not where credentials may be asked for: %s", STR_ARG(c->variable), STR_ARG(relative.n ? relative : full),
               relative.n ? "a path that begins with /" : "https, or this machine, 169.254.170.2, 169.254.170.23 or [fd00:ec2::23]");
        return;
    }
    c->shown = str_fmt(f->s->arena, "the container's credentials at %.*s (%.*s)", STR_ARG(host), STR_ARG(c->variable));
    f->own = c;
    ask(f);
}
