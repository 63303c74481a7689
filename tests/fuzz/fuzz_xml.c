/* Any bytes as the XML reply of DescribeInstances-like shapes, or inside the elements that belong around them: read or refused, never worse. */
#include <stddef.h>
#include <stdint.h>
#include "kc/arena.h"
#include "kc/aws.h"
#include "operation.h"

static struct str around(struct arena *a, const struct operation *op, struct str body)
{
    struct str root = op->service->protocol == PROTOCOL_REST_XML ? op->out->name : str_fmt(a, "%.*sResponse", STR_ARG(op->name));
    struct str inner = op->wrapper.n ? str_fmt(a, "<%.*s>%.*s</%.*s>", STR_ARG(op->wrapper), STR_ARG(body), STR_ARG(op->wrapper)) : body;
    return str_fmt(a, "<%.*s>%.*s</%.*s>", STR_ARG(root), STR_ARG(inner), STR_ARG(root));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const ops[][2] = { { "ec2", "DescribeInstances" }, { "iam", "GetRole" }, { "route53", "ListResourceRecordSets" }, { "s3", "ListObjectVersions" } };
    if (!size)
        return 0;
    const char *const *pick = ops[data[0] % 4];
    const struct operation *op = operation(pick[0], pick[1]);
    struct arena *a = arena_new();
    struct http_reply r = { .code = 200, .headers = request_id, .nheaders = 1, .body = { (const char *)data + 1, size - 1 } };
    struct answer_error e;
    struct str why = STR_NONE;
    if (!wire_reply(a, op, &r, &why) && !why.n)
        __builtin_trap();
    why = STR_NONE;
    struct http_reply inside = r;
    inside.body = around(a, op, r.body);
    if (!wire_reply(a, op, &inside, &why) && !why.n)
        __builtin_trap();
    r.code = 400;
    if (wire_error(a, op, &r, &e) && !(e.code.n && e.request_id.n))
        __builtin_trap();
    arena_free(a);
    return 0;
}
