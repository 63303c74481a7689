/* identity.c - who AWS takes us for, and with what we sign. The only place that names the operation. */
#include "client.h"

#include "kc/arena.h"

bool aws_identity(struct aws *c, struct arena *a, const struct provider *p, struct principal *out, struct answer *r)
{
    struct ask call = { .service = STR("sts"), .op = STR("GetCallerIdentity"), .provider = p, .input = &value_empty_object, .repeat = REPEAT_ALWAYS };

    *r = aws_call_wait(c, a, &call);
    if (r->class != ANSWER_OK)
        return false;
    const struct value *account = value_get(r->reply, STR("Account")), *arn = value_get(r->reply, STR("Arn"));
    *out = (struct principal){ endpoint_partition(p->region), account ? value_text(a, account) : STR_NONE, arn ? value_text(a, arn) : STR_NONE };
    if (out->account.n)
        return true;
    r->class = ANSWER_UNKNOWN;
    r->error = (struct answer_error){ .code = STR("UnreadableReply"), .message = STR("the reply names no account"), .request_id = r->request_id };
    return false;
}

struct waited_keys { struct arena *a; struct credentials *out; struct str *why; bool done, good; };

static void keep_keys(void *user, const struct credentials *keys, struct str why)
{
    struct waited_keys *x = user;

    x->done = true;
    x->good = keys != NULL;
    if (keys)
        *x->out = (struct credentials){ str_dup(x->a, keys->key), str_dup(x->a, keys->secret), str_dup(x->a, keys->token), keys->expires,
                                        str_dup(x->a, keys->source), keys->serial };
    else
        *x->why = str_dup(x->a, why);
}

bool aws_credentials(struct aws *c, struct arena *a, struct credentials *out, struct str *why)
{
    struct waited_keys x = { .a = a, .out = out, .why = why };

    c->signer.get(c->signer.impl, c->skew, 0, keep_keys, &x);
    while (!x.done)
        if (world_wait(c->world, world_now(c->world) + TIMEOUT_MS) == WAIT_SIGNAL && !x.done) {
            c->signer.cancel(c->signer.impl, &x);
            *why = STR("interrupted");
            break;
        }
    return x.good;
}
