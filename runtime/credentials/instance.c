/* instance.c - keys of an EC2 instance's role, from the metadata service: a session token by PUT, which only the instance itself can get (its reply may
 * travel one hop, unless the instance says more: in a container nothing may come back, and that is not waited for long), then the role's
 * name, then its keys. An instance whose keys could not be renewed in time gets the old ones again: those are used, and asked for anew minutes later. */
#include "room.h"
#include "url.h"

enum { ATTEMPTS_MOST = 10, TIMEOUT_MOST_S = 60, EXTEND_MS = 5 * 60 * 1000 };
#define ROLES "latest/meta-data/iam/security-credentials/"

struct instance {
    struct str base, token, role;
    int64_t timeout_ms;
    int attempts, tries;
    void (*step)(struct fetch *f);                         /* what is asked now, again after a failure */
};

static struct str setting(struct fetch *f, const char *variable, const char *key)
{
    struct str v = search_env(f->s, variable);

    return v.n ? v : config_value(f->s->config, key);
}

static void ask(struct fetch *f, const char *method, struct str path, struct header h, void (*got)(struct fetch *f, const struct http_reply *r))
{
    const struct instance *x = f->own;
    const struct header headers[] = { { STR("User-Agent"), STR("kc/" KC_VERSION) }, h };
    struct http_request rq = { .method = str_of(method), .url = str_fmt(f->s->arena, "%.*s/%.*s", STR_ARG(x->base), STR_ARG(path)), .headers = headers,
                               .nheaders = h.value.n ? 2 : 1, .timeout_ms = x->timeout_ms, .direct = true };

    fetch_http(f, &rq, got);
}

/* Nobody answers: this machine is no instance, or it is one whose keys can be had later. */
static void nobody(struct fetch *f)
{
    f->s->passing = true;
    not_here(f);
}

static void again_or_none(struct fetch *f)
{
    struct instance *x = f->own;

    if (++x->tries < x->attempts)
        fetch_later(f, 0, x->step);
    else
        nobody(f);
}

static bool answer_good(const struct http_reply *r)
{
    return r->status == NET_OK && r->code == 200 && str_trim(r->body).n;
}

/* AWS renews an instance's keys five minutes before their end at the latest. */
static void extend(struct fetch *f)
{
    int64_t now = search_wall(f->s);
    uint32_t random;

    world_random(f->s->world, &random, sizeof random);
    if (f->out.expires - now < EXTEND_MS)
        f->out.expires = now + EXTEND_MS + (int64_t)((uint64_t)random * EXTEND_MS >> 32);
}

static void keys_came(struct fetch *f, const struct http_reply *r)
{
    const struct instance *x = f->own;
    const struct value *v = answer_good(r) ? document_read(f, str_dup(f->s->arena, r->body)) : NULL;

    if (!v) {
        again_or_none(f);
        return;
    }
    f->out.source = str_fmt(f->s->arena, "role %.*s of this EC2 instance", STR_ARG(x->role));
    if (!document_take(f, v, "Token", true, str_fmt(f->s->arena, "the instance metadata on role %.*s", STR_ARG(x->role)))) {
        broken(f, "%.*s (it says `Code: %.*s`)", STR_ARG(f->why), STR_ARG(document_text(v, "Code")));
        return;
    }
    extend(f);
    found(f);
}

static struct header token_header(const struct instance *x)
{
    return (struct header){ STR("x-aws-ec2-metadata-token"), x->token };
}

static void ask_keys(struct fetch *f)
{
    const struct instance *x = f->own;

    ask(f, "GET", str_fmt(f->s->arena, ROLES "%.*s", STR_ARG(x->role)), token_header(x), keys_came);
}

static void role_came(struct fetch *f, const struct http_reply *r)
{
    struct instance *x = f->own;
    struct str rest = r->body, name;

    if (!answer_good(r) || !str_cut(&rest, '\n', &name)) {
        again_or_none(f);
        return;
    }
    x->role = str_dup(f->s->arena, str_trim(name));
    for (size_t i = 0; i < x->role.n; i++)
        if ((unsigned char)x->role.s[i] <= ' ' || (unsigned char)x->role.s[i] > '~' || x->role.s[i] == '/') {
            not_here(f);
            return;
        }
    x->tries = 0;
    x->step = ask_keys;
    ask_keys(f);
}

static void ask_role(struct fetch *f)
{
    ask(f, "GET", STR(ROLES), token_header(f->own), role_came);
}

/* Without a session token the older way remains, which any program that can be made to fetch a URL can go; it may be switched off. */
static void without_token(struct fetch *f)
{
    struct instance *x = f->own;

    if (str_caseeq(setting(f, "AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled"), STR("true"))) {
        broken(f, "the instance metadata service gives no session token (IMDSv2), and the way without one is switched off (AWS_EC2_METADATA_V1_DISABLED); in a "
                  "container, raise the instance's hop limit to 2");
        return;
    }
    x->tries = 0;
    x->step = ask_role;
    ask_role(f);
}

static void ask_token(struct fetch *f);

static void token_came(struct fetch *f, const struct http_reply *r)
{
    struct instance *x = f->own;

    if (answer_good(r)) {
        x->token = str_dup(f->s->arena, r->body);
        x->tries = 0;
        x->step = ask_role;
        ask_role(f);
    } else if (r->status == NET_NOT_SENT && x->tries + 1 >= x->attempts) {
        nobody(f);                                         /* the older way leads to the same door */
    } else if ((r->status == NET_OK && (r->code == 403 || r->code == 404 || r->code == 405)) || r->status == NET_UNKNOWN) {
        without_token(f);
    } else if (r->status == NET_OK && r->code == 400) {
        not_here(f);
    } else if (++x->tries < x->attempts) {
        fetch_later(f, 0, ask_token);
    } else {
        without_token(f);
    }
}

static void ask_token(struct fetch *f)
{
    ask(f, "PUT", STR("latest/api/token"), (struct header){ STR("x-aws-ec2-metadata-token-ttl-seconds"), STR("21600") }, token_came);
}

/* False and told. */
static bool where(struct fetch *f, struct instance *x)
{
    struct str url = setting(f, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint");
    struct str mode = setting(f, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode"), host;
    bool https;

    if (mode.n && !str_caseeq(mode, STR("ipv4")) && !str_caseeq(mode, STR("ipv6"))) {
        broken(f, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: `%.*s` is neither ipv4 nor ipv6", STR_ARG(mode));
        return false;
    }
    x->base = url.n ? url : str_caseeq(mode, STR("ipv6")) ? STR("http://[fd00:ec2::254]") : STR("http://169.254.169.254");
    if (!url_read(x->base, &https, &host)) {
        broken(f, "AWS_EC2_METADATA_SERVICE_ENDPOINT: `%.*s` is no address; write it as http://host", STR_ARG(x->base));
        return false;
    }
    while (x->base.n && x->base.s[x->base.n - 1] == '/')
        x->base.n--;
    return true;
}

static int64_t number(struct fetch *f, const char *variable, const char *key, int64_t most)
{
    int64_t n;

    return str_int(setting(f, variable, key), &n) && n > 0 ? n < most ? n : most : 1;
}

void instance_find(struct fetch *f)
{
    struct instance *x = ARENA_NEW(f->s->arena, struct instance);

    if (str_caseeq(search_env(f->s, "AWS_EC2_METADATA_DISABLED"), STR("true"))) {
        not_here(f);
        return;
    }
    x->timeout_ms = 1000 * number(f, "AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout", TIMEOUT_MOST_S);
    x->attempts = (int)number(f, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts", ATTEMPTS_MOST);
    if (!where(f, x))
        return;
    f->own = x;
    x->step = ask_token;
    ask_token(f);
}
