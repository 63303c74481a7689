/* Any JSON as the input of an operation of each protocol, and any bytes as its reply and its error. */
#include <stddef.h>
#include <stdint.h>
#include "kc/arena.h"
#include "kc/aws.h"
#include "kc/json.h"
#include "operation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const ops[][2] = { { "ec2", "RunInstances" }, { "autoscaling", "CreateAutoScalingGroup" }, { "eks", "CreateNodegroup" },
                                          { "route53", "ChangeResourceRecordSets" }, { "s3", "PutObject" }, { "sqs", "CreateQueue" } };
    if (!size)
        return 0;
    const char *const *pick = ops[data[0] % 6];
    const struct operation *op = operation(pick[0], pick[1]);
    struct arena *a = arena_new();
    struct str text = { (const char *)data + 1, size - 1 }, why = STR_NONE;
    struct http_reply r = { .code = 200, .headers = request_id, .nheaders = 1, .body = text };
    struct answer_error e;
    struct wire w;
    const struct value *input = json_read(a, text, JSON_TYPED, &why);
    why = STR_NONE;
    if (input && !wire_request(a, op, input, &w, &why) && !why.n)
        __builtin_trap();
    why = STR_NONE;
    if (!wire_reply(a, op, &r, &why) && !why.n)
        __builtin_trap();
    r.code = 400;
    if (wire_error(a, op, &r, &e) && !(e.code.n && e.request_id.n))
        __builtin_trap();
    arena_free(a);
    return 0;
}
