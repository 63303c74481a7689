/* Any bytes as the XML reply of DescribeInstances-like shapes: read or refused, never worse. */
#include <stddef.h>
#include <stdint.h>
#include "kc/arena.h"
#include "kc/aws.h"
#include "operation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const ops[][2] = { { "ec2", "DescribeInstances" }, { "iam", "GetRole" }, { "route53", "ListResourceRecordSets" }, { "s3", "ListObjectVersions" } };
    if (!size)
        return 0;
    const char *const *pick = ops[data[0] % 4];
    const struct operation *op = operation(pick[0], pick[1]);
    struct arena *a = arena_new();
    struct http_reply r = { .code = 200, .body = { (const char *)data + 1, size - 1 } };
    struct aws_error e;
    struct str why = STR_NONE;
    if (!wire_reply(a, op, &r, &why) && !why.n)
        __builtin_trap();
    wire_error(a, op, &r, &e);
    arena_free(a);
    return 0;
}
