/* hostility.c - lookups that lie, calls that are busy, and things that do not end as they should. */
#include "story.h"

/* Once, a few times, for long, or now and then. */
static struct fault often(struct story *y, struct fault f)
{
    if (story_chance(y, 30)) {
        f.rate = 0.02 + (double)story_below(y, 30) / 100;
        return f;
    }
    if (story_chance(y, 20)) {                             /* from the first on and to the end of the run */
        f.times = 1000000;
        return f;
    }
    f.skip = (unsigned)story_below(y, story_chance(y, 50) ? 4 : 60);
    f.times = story_chance(y, 50) ? 1 + (unsigned)story_below(y, 5) : 10 + (unsigned)story_below(y, 200);
    return f;
}

static struct str lookup(struct story *y)
{
    static const char *const ops[] = { "Describe*", "Get*", "List*", "DescribeVpcs", "DescribeVpcs", "DescribeSubnets", "DescribeCluster", "DescribeNodegroup", "DescribeRouteTables", "DescribeNatGateways",
                                       "DescribeInternetGateways", "DescribeAddresses", "GetRole", "DescribeAddon", "DescribeAccessEntry", "DescribeLaunchTemplates", "ListAttachedRolePolicies",
                                       "DescribeLaunchTemplateVersions", "DescribeAddon*", "DescribeUpdate", "ListAssociatedAccessPolicies", "ListPodIdentityAssociations" };
    return str_of(ops[story_below(y, sizeof ops / sizeof ops[0])]);
}

void hostile_lookups(struct story *y)
{
    static const struct fault kinds[] = {
        { .kind = FAULT_TRUNCATE, .cut = 40 }, { .kind = FAULT_TRUNCATE, .cut = 300 }, { .kind = FAULT_503 }, { .kind = FAULT_RESET_AFTER }, { .kind = FAULT_RESET_BEFORE },
        { .kind = FAULT_CODE, .code = { "AccessDeniedException", 21 }, .message = { "User is not authorized to perform this", 38 }, .http = 403 },
        { .kind = FAULT_CODE, .code = { "UnauthorizedOperation", 21 }, .message = { "You are not authorized to perform this operation.", 49 }, .http = 403 },
        { .kind = FAULT_HTML, .http = 200 }, { .kind = FAULT_HTML, .http = 404 }, { .kind = FAULT_HTML, .http = 403 }, { .kind = FAULT_EMPTY },
    };
    for (int n = 1 + (int)story_below(y, 3), i = 0; i < n; i++) {
        struct fault f = often(y, kinds[story_below(y, sizeof kinds / sizeof kinds[0])]);
        f.op = lookup(y);
        sim_fault(y->s->sim, &f);
        story_say(y, "fault %d on %.*s, skip %u, times %u, rate %.2f, status %d", f.kind, STR_ARG(f.op), f.skip, f.times, f.rate, f.http);
    }
}

/* ---- failing and busy ---- */
static const struct value *issues(struct story *y, const char *code, const char *text)
{
    struct pair issue[] = { { STR("code"), value_string(y->a, str_of(code)) }, { STR("message"), value_string(y->a, str_of(text)) } };
    const struct value *one = value_object(y->a, issue, 2), *list = value_list(y->a, &one, 1);
    struct pair all[] = { { STR("issues"), list } };
    struct pair health[] = { { STR("health"), value_object(y->a, all, 1) } };

    return value_object(y->a, health, 1);
}

static const struct value *errors(struct story *y)
{
    struct pair error[] = { { STR("errorCode"), value_string(y->a, STR("PodEvictionFailure")) }, { STR("errorMessage"), value_string(y->a, STR("Reached max retries while trying to evict pods")) } };
    const struct value *one = value_object(y->a, error, 2);
    struct pair all[] = { { STR("errors"), value_list(y->a, &one, 1) } };

    return value_object(y->a, all, 1);
}

static void plan_fate(struct story *y, struct sim_fate f)
{
    sim_fate(y->s->sim, &f);
    story_say(y, "fate: %.*s from %.*s to %.*s, skip %u, times %u", STR_ARG(f.kind), STR_ARG(f.from), STR_ARG(f.to.n ? f.to : STR("nothing")), f.skip, f.times);
}

/* An update that AWS takes and ends as failed: its record says so, and nothing changed. */
static void failed_update(struct story *y, struct str kind, const char *back, unsigned times)
{
    plan_fate(y, (struct sim_fate){ .kind = kind, .from = STR("UPDATING"), .to = str_of(back), .fails = true, .times = times });
    plan_fate(y, (struct sim_fate){ .kind = STR("eks.update"), .from = STR("InProgress"), .to = STR("Failed"), .fails = true, .set = errors(y), .times = times });
}

static void one_fate(struct story *y)
{
    unsigned skip = (unsigned)story_below(y, 3), times = 1 + (unsigned)story_below(y, 2);
    const struct value *no_nodes = issues(y, "NodeCreationFailure", "Instances failed to join the kubernetes cluster"), *sick = issues(y, "AsgInstanceLaunchFailures", "Could not launch instances");

    switch (story_below(y, 10)) {
    case 0: case 1:
        plan_fate(y, (struct sim_fate){ STR("eks.nodegroup"), STR("CREATING"), STR("CREATE_FAILED"), true, no_nodes, skip, times });
        break;
    case 2:
        plan_fate(y, (struct sim_fate){ STR("eks.nodegroup"), STR("CREATING"), STR("DEGRADED"), true, sick, skip, times });
        break;
    case 3:
        plan_fate(y, (struct sim_fate){ STR("eks.nodegroup"), STR("CREATING"), STR_NONE, false, NULL, skip, 1 });
        break;
    case 4: case 5:
        failed_update(y, STR("eks.nodegroup"), "ACTIVE", times);
        break;
    case 6:
        failed_update(y, STR("eks.cluster"), "ACTIVE", times);
        break;
    case 7:
        plan_fate(y, (struct sim_fate){ STR("eks.addon"), STR("CREATING"), story_chance(y, 50) ? STR("CREATE_FAILED") : STR("DEGRADED"), true, NULL, skip, times });
        break;
    case 8:
        plan_fate(y, (struct sim_fate){ STR("ec2.nat_gateway"), STR("pending"), STR("failed"), true, NULL, skip, times });
        break;
    default:
        failed_update(y, STR("eks.addon"), "UPDATE_FAILED", times);
        break;
    }
}

static void one_busy(struct story *y)
{
    static const struct { const char *op, *code, *text; int http; } busy[] = {
        { "UpdateNodegroup*", "ResourceInUseException", "Nodegroup cannot be updated as it is currently not in Active state", 409 },
        { "DeleteNodegroup", "ResourceInUseException", "Nodegroup cannot be deleted while it is being updated", 409 },
        { "CreateNodegroup", "ResourceInUseException", "Cluster has an update in progress", 409 },
        { "UpdateCluster*", "ResourceInUseException", "Cannot UpdateClusterConfig because cluster currently has update in progress", 409 },
        { "*Addon", "ResourceInUseException", "Addon has an update in progress", 409 },
        { "DeleteCluster", "ResourceInUseException", "Cluster has nodegroups attached", 409 },
        { "DeleteSubnet", "DependencyViolation", "The subnet has dependencies and cannot be deleted.", 400 },
        { "DeleteSecurityGroup", "DependencyViolation", "resource has a dependent object", 400 },
        { "DetachInternetGateway", "DependencyViolation", "Network has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.", 400 },
        { "ReleaseAddress", "InvalidIPAddress.InUse", "Address is in use.", 400 },
        { "DeleteRole", "DeleteConflict", "Cannot delete entity, must detach all policies first.", 409 },
        { "DeleteVpc", "DependencyViolation", "The vpc has dependencies and cannot be deleted.", 400 },
        { "DeleteRouteTable", "DependencyViolation", "The routeTable has dependencies and cannot be deleted.", 400 },
    };
    size_t which = (size_t)story_below(y, sizeof busy / sizeof busy[0]);
    struct fault f = { .kind = FAULT_CODE, .op = str_of(busy[which].op), .code = str_of(busy[which].code), .message = str_of(busy[which].text), .http = busy[which].http,
                       .skip = (unsigned)story_below(y, 3), .times = 1 + (unsigned)story_below(y, 6) };
    sim_fault(y->s->sim, &f);
    story_say(y, "busy: %.*s, skip %u, times %u", STR_ARG(f.op), f.skip, f.times);
}

void hostile_failures(struct story *y)
{
    for (int n = 1 + (int)story_below(y, 2), i = 0; i < n; i++)
        one_fate(y);
    for (int n = (int)story_below(y, 3), i = 0; i < n; i++)
        one_busy(y);
}
