/* hook.c - the hooks by name. Each set stands in a file of its own: hook_<what>.c. */
#include <string.h>
#include "hook.h"

hook_fn *hook_find(struct str name)
{
    const struct hook *const all[] = {
        hooks_ec2, hooks_net, hooks_blocks, hooks_addresses, hooks_templates, hooks_images, hooks_instances, hooks_modify, hooks_guests, hooks_interfaces, hooks_volumes,
        hooks_eks, hooks_nodes, hooks_addons,
        hooks_iam,
        hooks_parameters,
        hooks_s3,
        hooks_sts,
        hooks_secrets,
        hooks_kms,
        hooks_tags,
        hooks_route53, hooks_records,
        hooks_sqs, hooks_events, hooks_logs,
        hooks_elb, hooks_listen, hooks_targets,
        hooks_scaling, hooks_scaling_calls, hooks_scaling_keep, hooks_scaling_log, hooks_scaling_members, hooks_scaling_refresh,
    };
    size_t i;
    const struct hook *h;

    for (i = 0; name.n && i < sizeof all / sizeof all[0]; i++)
        for (h = all[i]; h->name; h++)
            if (str_is(name, h->name))
                return h->fn;
    return NULL;
}

struct object *hook_named(struct hook_call *c)
{
    struct vec found = { 0 };
    struct object *o = sim_locate(c->r, c->verb, &found) ? found.v[0] : NULL;

    vec_fini(&found);
    return o;
}
