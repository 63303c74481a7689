/* hook_sts.c - who asks, and sessions: keys of a role, and their end. Keys tell their secret, their role and their end themselves, so that the account
 * remembers nothing of them: the secret follows from the key, the token says the rest and what proves it. Who may assume what is not simulated. */
#include "hook.h"
#include "kc/hash.h"

enum { HOUR_S = 3600 };

static struct str proof(struct arena *a, struct str key, int64_t ends, struct str who)
{
    return str_sub(sha256_hex(a, str_fmt(a, "kc/sandbox/session %.*s %lld %.*s", STR_ARG(key), (long long)ends, STR_ARG(who))), 0, 16);
}

static struct str secret_of(struct arena *a, struct str key)
{
    return str_sub(sha256_hex(a, str_fmt(a, "kc/sandbox/this+is+not+a+secret/%.*s", STR_ARG(key))), 0, 40);
}

int64_t sim_wall(const struct request *r)
{
    if (r->sim->o.served)
        return world_wall(&r->sim->former);
    return r->sim->start_wall + (r->sim->arrived ? r->sim->arrived : r->sim->now);
}

bool session_keys(struct arena *a, struct str key, struct str token, struct credentials *out, struct str *who)
{
    struct str rest = token, ends, sum;
    int64_t n = 0;

    if (!str_starts(key, STR("ASIAKC")) || !str_cut(&rest, '.', &ends) || !str_int(ends, &n) || !str_cut(&rest, '.', &sum) || !str_eq(sum, proof(a, key, n, rest)))
        return false;
    *out = (struct credentials){ .key = key, .secret = secret_of(a, key), .token = token, .expires = n };
    *who = rest;
    return true;
}

static struct str role_name(struct str arn)
{
    while (str_find(arn, STR("/")) != SIZE_MAX)
        arn = str_sub(arn, str_find(arn, STR("/")) + 1, arn.n);
    return arn;
}

/* The id of a role is not looked for: it need not be there. */
static const struct value *session_user(const struct request *r, struct str who)
{
    struct arena *a = r->a;
    struct str role, name = who;

    str_cut(&name, '/', &role);
    const struct value *v = tree_put(a, NULL, STR("AssumedRoleId"), value_string(a, str_fmt(a, "AROAKCSANDBOX00000001:%.*s", STR_ARG(name))));
    return tree_put(a, v, STR("Arn"), value_string(a, str_fmt(a, "arn:%.*s:sts::111122223333:assumed-role/%.*s", STR_ARG(endpoint_partition(r->region)), STR_ARG(who))));
}

static bool assume_role(struct hook_call *c)
{
    struct request *r = c->r;
    struct arena *a = c->a;
    const struct value *asked = value_get(r->input, STR("DurationSeconds"));
    struct str role = tree_text(a, r->input, STR("RoleArn")), name = tree_text(a, r->input, STR("RoleSessionName"));
    int64_t life = r->sim->session_ms ? r->sim->session_ms : 1000 * (asked && asked->kind == VALUE_INT ? asked->i : HOUR_S);
    int64_t ends = (sim_wall(r) + life) / 1000 * 1000;
    struct str key = str_fmt(a, "ASIAKC%014llX", (unsigned long long)(sim_draw(r->sim, str_fmt(a, "%.*s %.*s %lld", STR_ARG(role), STR_ARG(name), (long long)ends)) >> 8));
    struct str who = str_fmt(a, "%.*s/%.*s", STR_ARG(role_name(role)), STR_ARG(name));
    struct str token = str_fmt(a, "%lld.%.*s.%.*s", (long long)ends, STR_ARG(proof(a, key, ends, who)), STR_ARG(who));

    const struct value *v = tree_put(a, NULL, STR("AccessKeyId"), value_string(a, key));
    v = tree_put(a, v, STR("SecretAccessKey"), value_string(a, secret_of(a, key)));
    v = tree_put(a, v, STR("SessionToken"), value_string(a, token));
    v = tree_put(a, v, STR("Expiration"), value_int(a, ends));
    r->out = tree_put(a, NULL, STR("Credentials"), v);
    r->out = tree_put(a, r->out, STR("AssumedRoleUser"), session_user(r, who));
    return true;
}

static bool caller_identity(struct hook_call *c)
{
    struct request *r = c->r;
    struct arena *a = c->a;
    bool session = r->signature.role.n > 0;
    const struct value *user = session ? session_user(r, r->signature.role) : NULL;

    r->out = tree_put(a, NULL, STR("Account"), value_string(a, STR("111122223333")));
    r->out = tree_put(a, r->out, STR("Arn"), session ? value_get(user, STR("Arn")) : value_string(a, str_fmt(a, "arn:%.*s:iam::111122223333:user/sandbox", STR_ARG(endpoint_partition(r->region)))));
    r->out = tree_put(a, r->out, STR("UserId"), session ? value_get(user, STR("AssumedRoleId")) : value_string(a, STR("AIDAKCSANDBOX00000001")));
    return true;
}

const struct hook hooks_sts[] = {
    { "assume_role", assume_role },
    { "caller_identity", caller_identity },
    { NULL, NULL },
};
