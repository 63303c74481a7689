/* endpoint.c - where a service lives: one template, partitions, and the list of exceptions (docs/design.md, Endpoints and credentials), all as data.
 * tests/data/endpoints.txt holds what botocore's rules say, for every row here. Overrides by environment and profile: config.c. */
#include "kc/wire.h"

#include <string.h>

#include "kc/arena.h"

/* {p} endpoint prefix, {r} region, {dns} and {dual} suffixes of the partition. */
struct partition { const char *id, *dns, *dual; const char *prefixes[10]; };

static const struct partition partitions[] = {             /* longer prefixes before shorter ones */
    { "aws-us-gov", "amazonaws.com", "api.aws", { "us-gov-" } },
    { "aws-iso", "c2s.ic.gov", "api.aws.ic.gov", { "us-iso-" } },
    { "aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud", { "us-isob-" } },
    { "aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", { "eu-isoe-" } },
    { "aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov", { "us-isof-" } },
    { "aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu", { "eusc-de-" } },
    { "aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", { "cn-" } },
    { "aws", "amazonaws.com", "api.aws", { "us-", "eu-", "ap-", "sa-", "ca-", "me-", "af-", "il-", "mx-" } },
};

/* Services with one endpoint for a whole partition; fips sign regions differ in China. */
struct global { const char *prefix, *partition, *plain, *dual, *fips, *both, *sign, *fips_sign; };

static const struct global globals[] = {
    { "iam", "aws", "iam.{dns}", "iam.global.{dual}", "iam-fips.{dns}", "iam-fips.global.{dual}", "us-east-1", "us-east-1" },
    { "iam", "aws-cn", "iam.cn-north-1.{dns}", "iam.global.{dual}", "iam-fips.{dns}", "iam-fips.{dual}", "cn-north-1", "cn-north-1" },
    { "iam", "aws-us-gov", "iam.us-gov.{dns}", "iam.us-gov.{dual}", "iam.us-gov.{dns}", "iam.us-gov.{dual}", "us-gov-west-1", "us-gov-west-1" },
    { "iam", "aws-iso", "iam.us-iso-east-1.{dns}", "iam.{dual}", "iam-fips.us-iso-east-1.{dns}", "iam-fips.{dual}", "us-iso-east-1", "us-iso-east-1" },
    { "iam", "aws-iso-b", "iam.us-isob-east-1.{dns}", "iam.{dual}", "iam-fips.us-isob-east-1.{dns}", "iam-fips.{dual}", "us-isob-east-1", "us-isob-east-1" },
    { "iam", "aws-iso-e", "iam.eu-isoe-west-1.{dns}", "iam.{dual}", "iam-fips.{dns}", "iam-fips.{dual}", "eu-isoe-west-1", "eu-isoe-west-1" },
    { "iam", "aws-iso-f", "iam.us-isof-south-1.{dns}", "iam.{dual}", "iam-fips.{dns}", "iam-fips.{dual}", "us-isof-south-1", "us-isof-south-1" },
    { "iam", "aws-eusc", "iam.eusc-de-east-1.{dns}", "iam.global.{dual}", "iam-fips.{dns}", "iam-fips.{dual}", "eusc-de-east-1", "eusc-de-east-1" },
    { "route53", "aws", "route53.{dns}", "route53.global.{dual}", "route53-fips.{dns}", "route53-fips.global.{dual}", "us-east-1", "us-east-1" },
    { "route53", "aws-cn", "route53.{dns}", "route53.global.{dual}", "route53-fips.{dns}", "route53-fips.{dual}", "cn-northwest-1", "cn-northwest-1" },
    { "route53", "aws-us-gov", "route53.us-gov.{dns}", "route53.us-gov.{dual}", "route53.us-gov.{dns}", "route53.us-gov.{dual}", "us-gov-west-1", "us-gov-west-1" },
    { "route53", "aws-iso", "route53.{dns}", "route53.{dual}", "route53-fips.{dns}", "route53-fips.{dual}", "us-iso-east-1", "us-iso-east-1" },
    { "route53", "aws-iso-b", "route53.{dns}", "route53.{dual}", "route53-fips.{dns}", "route53-fips.{dual}", "us-isob-east-1", "us-isob-east-1" },
    { "route53", "aws-iso-e", "route53.{dns}", "route53.{dual}", "route53-fips.{dns}", "route53-fips.{dual}", "eu-isoe-west-1", "eu-isoe-west-1" },
    { "route53", "aws-iso-f", "route53.{dns}", "route53.{dual}", "route53-fips.{dns}", "route53-fips.{dual}", "us-isof-south-1", "us-isof-south-1" },
    { "route53", "aws-eusc", "route53.{dns}", "route53.global.{dual}", "route53-fips.{dns}", "route53-fips.{dual}", "eusc-de-east-1", "eusc-de-east-1" },
};

/* Regional exceptions, first match wins; partition NULL: all. Host NULL: AWS has no such endpoint. */
enum { PLAIN = 0, FIPS = 1, DUAL = 2, BOTH = FIPS | DUAL };
struct exception { const char *prefix, *partition; int flags; const char *host; };

static const struct exception exceptions[] = {
    { "ec2", "aws-us-gov", FIPS, "{p}.{r}.{dns}" },
    { "autoscaling", "aws-us-gov", FIPS, "{p}.{r}.{dns}" },
    { "eks", "aws-us-gov", FIPS, "{p}.{r}.{dns}" },
    { "elasticloadbalancing", "aws-us-gov", FIPS, "{p}.{r}.{dns}" },
    { "sts", "aws-us-gov", FIPS, "{p}.{r}.{dns}" },
    { "ssm", "aws-us-gov", FIPS, "{p}.{r}.{dns}" },
    { "sqs", "aws-us-gov", FIPS, "{p}.{r}.{dns}" },
    { "events", "aws-us-gov", FIPS, "{p}.{r}.{dns}" },
    { "events", "aws-us-gov", BOTH, "{p}.{r}.{dual}" },
    { "logs", "aws-us-gov", FIPS, "{p}.{r}.{dns}" },
    { "acm", "aws-us-gov", FIPS, "{p}.{r}.{dns}" },
    { "servicequotas", "aws-us-gov", FIPS, "{p}.{r}.{dns}" },
    { "portal.sso", "aws-us-gov", FIPS, "{p}.{r}.{dns}" },
    { "oidc", "aws-us-gov", FIPS, "{p}.{r}.{dns}" },
    { "eks", "aws", FIPS, "fips.{p}.{r}.{dns}" },
    { "api.ecr", NULL, DUAL, "ecr.{r}.{dual}" },
    { "api.ecr", NULL, BOTH, "ecr-fips.{r}.{dual}" },
    { "s3", "aws-cn", FIPS, NULL },
    { "s3", "aws-cn", BOTH, NULL },
    { "s3", NULL, DUAL, "s3.dualstack.{r}.{dns}" },
    { "s3", NULL, BOTH, "s3-fips.dualstack.{r}.{dns}" },
    { "secretsmanager", "aws-cn", BOTH, "{p}-fips.{r}.{dual}" },
    { "secretsmanager", "aws", DUAL, "{p}.{r}.{dns}" },
    { "secretsmanager", "aws", BOTH, "{p}-fips.{r}.{dns}" },
    { "secretsmanager", "aws-us-gov", DUAL, "{p}.{r}.{dns}" },
    { "secretsmanager", "aws-us-gov", BOTH, "{p}-fips.{r}.{dns}" },
    { "secretsmanager", "aws-cn", DUAL, "{p}.{r}.{dns}" },
};

static const char *const regular[] = {
    [PLAIN] = "{p}.{r}.{dns}", [FIPS] = "{p}-fips.{r}.{dns}", [DUAL] = "{p}.{r}.{dual}", [BOTH] = "{p}-fips.{r}.{dual}",
};

static const struct str known_regions[] = {                /* botocore's partitions.json; newer ones still resolve */
    STR("af-south-1"), STR("ap-east-1"), STR("ap-east-2"), STR("ap-northeast-1"), STR("ap-northeast-2"), STR("ap-northeast-3"),
    STR("ap-south-1"), STR("ap-south-2"), STR("ap-southeast-1"), STR("ap-southeast-2"), STR("ap-southeast-3"),
    STR("ap-southeast-4"), STR("ap-southeast-5"), STR("ap-southeast-6"), STR("ap-southeast-7"), STR("ca-central-1"),
    STR("ca-west-1"), STR("cn-north-1"), STR("cn-northwest-1"), STR("eu-central-1"), STR("eu-central-2"), STR("eu-isoe-west-1"),
    STR("eu-north-1"), STR("eu-south-1"), STR("eu-south-2"), STR("eu-west-1"), STR("eu-west-2"), STR("eu-west-3"),
    STR("eusc-de-east-1"), STR("il-central-1"), STR("me-central-1"), STR("me-south-1"), STR("mx-central-1"), STR("sa-east-1"),
    STR("us-east-1"), STR("us-east-2"), STR("us-gov-east-1"), STR("us-gov-west-1"), STR("us-iso-east-1"), STR("us-iso-west-1"),
    STR("us-isob-east-1"), STR("us-isob-west-1"), STR("us-isof-east-1"), STR("us-isof-south-1"), STR("us-west-1"),
    STR("us-west-2"),
};

/* "-east-1" after the prefix: one word, one number. */
static bool region_tail(struct str tail)
{
    struct str word, rest = tail;

    if (!str_cut(&rest, '-', &word) || !word.n || !rest.n || rest.n > 2)
        return false;
    for (size_t i = 0; i < word.n; i++)
        if (!((word.s[i] >= 'a' && word.s[i] <= 'z') || (word.s[i] >= '0' && word.s[i] <= '9')))
            return false;
    for (size_t i = 0; i < rest.n; i++)
        if (rest.s[i] < '0' || rest.s[i] > '9')
            return false;
    return word.n <= 20;
}

static const struct partition *partition_of(struct str region)
{
    for (size_t i = 0; i < sizeof partitions / sizeof *partitions; i++)
        for (const char *const *p = partitions[i].prefixes; *p; p++)
            if (str_starts(region, str_of(*p)) && region_tail(str_sub(region, strlen(*p), region.n)))
                return &partitions[i];
    return NULL;
}

struct str endpoint_partition(struct str region)
{
    const struct partition *p = partition_of(region);

    return p ? str_of(p->id) : STR_NONE;
}

struct str endpoint_home(struct str partition)
{
    for (size_t i = 0; i < sizeof globals / sizeof *globals; i++)
        if (str_is(partition, globals[i].partition))
            return str_of(globals[i].sign);
    return STR_NONE;
}

size_t endpoint_regions(const struct str **out)
{
    *out = known_regions;
    return sizeof known_regions / sizeof *known_regions;
}

bool endpoint_region_known(struct str region)
{
    for (size_t i = 0; i < sizeof known_regions / sizeof *known_regions; i++)
        if (str_eq(known_regions[i], region))
            return true;
    return false;
}

static const struct global *global_of(struct str prefix, const struct partition *p)
{
    for (size_t i = 0; i < sizeof globals / sizeof *globals; i++)
        if (str_is(prefix, globals[i].prefix) && !strcmp(p->id, globals[i].partition))
            return &globals[i];
    return NULL;
}

static const char *regional_host(struct str prefix, const struct partition *p, int flags)
{
    for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++) {
        const struct exception *e = &exceptions[i];

        if (e->flags == flags && str_is(prefix, e->prefix) && (!e->partition || !strcmp(e->partition, p->id)))
            return e->host;
    }
    return regular[flags];
}

static struct str expand(struct arena *a, const char *host, struct str prefix, struct str region, const struct partition *p)
{
    struct buf b = { 0 };

    while (*host) {
        const char *end = *host == '{' ? strchr(host, '}') : NULL;

        if (!end) {
            buf_putc(&b, *host++);
            continue;
        }
        struct str name = { host + 1, (size_t)(end - host - 1) };
        buf_str(&b, str_is(name, "p") ? prefix : str_is(name, "r") ? region : str_of(str_is(name, "dns") ? p->dns : p->dual));
        host = end + 1;
    }
    return buf_take(&b, a);
}

bool endpoint_find(struct arena *a, const struct service *s, struct str region, struct endpoint_flags f, struct endpoint *out, struct str *why)
{
    const struct partition *p = partition_of(region);
    int flags = (f.fips ? FIPS : 0) | (f.dualstack ? DUAL : 0);

    *out = (struct endpoint){ .sign_region = region };
    if (!p) {
        *why = str_fmt(a, "`%.*s` is not an AWS region", STR_ARG(region));
        return false;
    }
    const struct global *g = global_of(s->endpoint, p);
    const char *const hosts[] = { g ? g->plain : NULL, g ? g->fips : NULL, g ? g->dual : NULL, g ? g->both : NULL };
    const char *host = g ? hosts[flags] : regional_host(s->endpoint, p, flags);
    if (!host) {
        *why = str_fmt(a, "%.*s has no %s endpoint in %.*s", STR_ARG(s->name), f.dualstack ? "FIPS dualstack" : "FIPS", STR_ARG(region));
        return false;
    }
    if (g)
        out->sign_region = str_of(f.fips ? g->fips_sign : g->sign);
    out->host = expand(a, host, s->endpoint, region, p);
    out->url = str_fmt(a, "https://%.*s", STR_ARG(out->host));
    return true;
}
