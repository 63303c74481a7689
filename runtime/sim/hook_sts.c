/* hook_sts.c - sessions: keys of a role, and their end. Keys tell their secret and their end themselves, so that the account remembers nothing of them:
 * the secret follows from the key, the token holds the end and what proves it. Who may assume what is not simulated. */
#include "hook.h"
#include "kc/hash.h"

enum { HOUR_S = 3600 };

static struct str proof(struct arena *a, struct str key, int64_t ends)
{
    return str_sub(sha256_hex(a, str_fmt(a, "kc/sandbox/session %.*s %lld", STR_ARG(key), (long long)ends)), 0, 16);
}

static struct str secret_of(struct arena *a, struct str key)
{
    return str_sub(sha256_hex(a, str_fmt(a, "kc/sandbox/this+is+not+a+secret/%.*s", STR_ARG(key))), 0, 40);
}

int64_t sim_wall(const struct request *r)
{
    return r->sim->start_wall + (r->sim->arrived ? r->sim->arrived : r->sim->now);
}

bool session_keys(struct arena *a, struct str key, struct str token, struct credentials *out)
{
    struct str rest = token, ends, sum;
    int64_t n = 0;

    if (!str_starts(key, STR("ASIAKC")) || !str_cut(&rest, '.', &ends) || !str_int(ends, &n) || !str_cut(&rest, '.', &sum) || !str_eq(sum, proof(a, key, n)))
        return false;
    *out = (struct credentials){ .key = key, .secret = secret_of(a, key), .token = token, .expires = n };
    return true;
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
    struct str last = role;

    while (str_find(last, STR("/")) != SIZE_MAX)
        last = str_sub(last, str_find(last, STR("/")) + 1, last.n);
    const struct value *v = tree_put(a, NULL, STR("AccessKeyId"), value_string(a, key));
    v = tree_put(a, v, STR("SecretAccessKey"), value_string(a, secret_of(a, key)));
    v = tree_put(a, v, STR("SessionToken"), value_string(a, str_fmt(a, "%lld.%.*s", (long long)ends, STR_ARG(proof(a, key, ends)))));
    v = tree_put(a, v, STR("Expiration"), value_int(a, ends));
    r->out = tree_put(a, NULL, STR("Credentials"), v);
    v = tree_put(a, NULL, STR("AssumedRoleId"), value_string(a, str_fmt(a, "AROAKCSANDBOX00000001:%.*s", STR_ARG(name))));
    v = tree_put(a, v, STR("Arn"), value_string(a, str_fmt(a, "arn:aws:sts::111122223333:assumed-role/%.*s/%.*s", STR_ARG(last), STR_ARG(name))));
    r->out = tree_put(a, r->out, STR("AssumedRoleUser"), v);
    return true;
}

const struct hook hooks_sts[] = {
    { "assume_role", assume_role },
    { NULL, NULL },
};
