/* identity.c - who AWS takes us for. The only place that names the operation. */
#include "kc/aws.h"

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
