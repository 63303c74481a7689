/* token.c - the bearer token by which an EKS cluster knows an IAM identity: a presigned GetCallerIdentity (docs/design.md, Signing).
 * The API server replays the URL against STS; the signed header binds it to one cluster. */
#include "client.h"

#include "kc/arena.h"
#include "kc/hash.h"

enum { URL_VALID_S = 60, TOKEN_VALID_MS = 14 * 60 * 1000, TOKEN_MAX = 4096 };

struct str aws_eks_token(struct aws *c, struct arena *a, struct str cluster, struct str region, int64_t *expires_wall_ms, struct str *why)
{
    const struct service sts = { .name = STR("sts"), .id = STR("STS"), .endpoint = STR("sts"), .sign = STR("sts") };
    struct header header = { STR("x-k8s-aws-id"), cluster };
    struct credentials keys;
    struct endpoint e;

    if (!region.n)
        region = aws_region(c);
    if (!region.n) {
        *why = STR("no region: use `--region`, or set AWS_REGION");
        return STR_NONE;
    }
    if (!aws_credentials(c, a, &keys, why) || !endpoint_find(a, &sts, region, config_flags(c->config), &e, why))
        return STR_NONE;
    int64_t now = world_wall(c->world) + c->skew;
    struct sign_input in = { .method = STR("GET"), .host = e.host, .path = STR("/"), .query = STR("Action=GetCallerIdentity&Version=2011-06-15"),
                             .headers = &header, .nheaders = 1, .service = sts.sign, .region = e.sign_region, .wall_ms = now };
    struct str query = sign_presign(a, &in, &keys, URL_VALID_S);
    struct str token = str_fmt(a, "k8s-aws-v1.%.*s", STR_ARG(base64_url(a, str_fmt(a, "%.*s/?%.*s", STR_ARG(e.url), STR_ARG(query)))));
    if (token.n > TOKEN_MAX) {
        *why = STR("the token is longer than the 4096 bytes that clusters accept: the session token is too long");
        return STR_NONE;
    }
    *expires_wall_ms = now + TOKEN_VALID_MS;
    return token;
}
