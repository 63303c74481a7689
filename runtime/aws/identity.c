/* identity.c - who AWS takes us for. The only place that names the operation. */
#include "kc/aws.h"

#include "kc/arena.h"

bool aws_identity(struct aws *c, struct arena *a, struct str region, struct aws_who *out, struct aws_result *r)
{
    struct aws_call call = { .service = STR("sts"), .op = STR("GetCallerIdentity"), .region = region, .input = &value_empty_object, .repeat = AWS_REPEAT_ALWAYS };

    *r = aws_call_wait(c, a, &call);
    if (r->class != AWS_OK)
        return false;
    const struct value *account = value_get(r->reply, STR("Account")), *arn = value_get(r->reply, STR("Arn"));
    *out = (struct aws_who){ account ? value_text(a, account) : STR_NONE, arn ? value_text(a, arn) : STR_NONE };
    if (out->account.n)
        return true;
    r->class = AWS_UNKNOWN;
    r->error = (struct aws_error){ .code = STR("UnreadableReply"), .message = STR("the reply names no account"), .request_id = r->request_id };
    return false;
}
