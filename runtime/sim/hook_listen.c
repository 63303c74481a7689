/* hook_listen.c - listeners and target groups: what fits together, certificates, whom a group serves. */
#include <string.h>
#include "hook.h"

static struct kind *elb_kind(struct sim *s, const char *name)
{
    return kind_find(s, STR("elbv2"), str_of(name));
}

static bool network_protocol(struct str protocol)
{
    return !str_is(protocol, "HTTP") && !str_is(protocol, "HTTPS");
}

static bool secure(struct str protocol)
{
    return str_is(protocol, "TLS") || str_is(protocol, "HTTPS");
}

/* ---- which groups a listener sends to ---- */
static size_t group_arns(struct arena *a, const struct value *attrs, const struct value ***out)
{
    const struct value **one, **many;
    size_t n = tree_leaves(a, attrs, STR("DefaultActions.TargetGroupArn"), &one), m = tree_leaves(a, attrs, STR("DefaultActions.ForwardConfig.TargetGroups.TargetGroupArn"), &many), i;

    *out = ARENA_ARRAY(a, const struct value *, n + m);
    for (i = 0; i < n + m; i++)
        (*out)[i] = i < n ? one[i] : many[i - n];
    return n + m;
}

static bool listener_uses(struct arena *a, const struct object *listener, struct str group)
{
    const struct value **arn;
    size_t n = group_arns(a, listener->attrs, &arn), i;

    for (i = 0; i < n; i++)
        if (str_eq(value_text(a, arn[i]), group))
            return true;
    return false;
}

struct object *balancer_of_group(struct sim *s, struct arena *a, struct str group)
{
    struct object *o;
    size_t i = 0;

    while ((o = each_object(elb_kind(s, "listener"), &i)))
        if (listener_uses(a, o, group))
            return object_find(elb_kind(s, "load_balancer"), tree_text(a, o->attrs, STR("LoadBalancerArn")));
    return NULL;
}

/* ---- listeners ---- */
static bool fits_group(struct hook_call *c, const struct object *balancer, struct str protocol, struct str arn)
{
    struct object *group = object_find(elb_kind(c->sim, "target_group"), arn), *other = balancer_of_group(c->sim, c->a, arn);
    struct str own = group ? attr(c, group, "Protocol") : STR_NONE;

    if (!group)
        return true;                                       /* `refers` says it */
    if (network_protocol(own) != network_protocol(protocol) || (str_find(protocol, STR("UDP")) != SIZE_MAX) != (str_find(own, STR("UDP")) != SIZE_MAX))
        return sim_refuse(c->r, STR("IncompatibleProtocols"), "The protocol %.*s of the listener does not fit the protocol %.*s of the target group", STR_ARG(protocol), STR_ARG(own));
    if (!str_eq(attr(c, group, "VpcId"), attr(c, balancer, "VpcId")))
        return sim_refuse(c->r, STR("InvalidConfigurationRequest"), "The target group '%.*s' is in another VPC", STR_ARG(arn));
    if (other && other != balancer)
        return sim_refuse(c->r, STR("TargetGroupAssociationLimit"), "The following target groups cannot be associated with more than one load balancer: %.*s", STR_ARG(arn));
    return true;
}

static bool port_free(struct hook_call *c, struct str balancer, struct str port)
{
    struct object *o;
    size_t i = 0;

    while ((o = each_object(elb_kind(c->sim, "listener"), &i)))
        if (o != c->o && str_eq(attr(c, o, "LoadBalancerArn"), balancer) && str_eq(attr(c, o, "Port"), port))
            return sim_refuse(c->r, STR("DuplicateListener"), "A listener already exists on this port for this load balancer '%.*s'", STR_ARG(balancer));
    return true;
}

static bool listener_secure(struct hook_call *c, const struct value *whole, struct str protocol)
{
    const struct value *certificates = value_get(whole, STR("Certificates"));

    if (!secure(protocol)) {
        if (value_get(c->attrs, STR("Certificates")) || value_get(c->attrs, STR("SslPolicy")))
            return sim_refuse(c->r, STR("InvalidConfigurationRequest"), "Certificates and security policies are of HTTPS and TLS listeners");
        c->attrs = tree_put(c->a, tree_put(c->a, c->attrs, STR("Certificates"), &value_none), STR("SslPolicy"), &value_none);
        return true;
    }
    if (!certificates || certificates->kind != VALUE_LIST || certificates->list.n != 1)
        return sim_refuse(c->r, STR("ValidationError"), "Exactly one certificate must be specified for HTTPS and TLS listeners");
    if (!value_get(whole, STR("SslPolicy")) || value_get(whole, STR("SslPolicy"))->kind == VALUE_NONE)
        set_text(c, "SslPolicy", STR("ELBSecurityPolicy-2016-08"));
    return true;
}

static bool listener_check(struct hook_call *c)
{
    const struct value *whole = c->o ? tree_merge(c->a, c->o->attrs, c->attrs) : c->attrs, **arn;
    struct str balancer_arn = tree_text(c->a, whole, STR("LoadBalancerArn")), protocol = tree_text(c->a, whole, STR("Protocol")), own = tree_text(c->a, whole, STR("ListenerArn"));
    struct object *balancer = object_find(elb_kind(c->sim, "load_balancer"), balancer_arn);
    size_t n = group_arns(c->a, whole, &arn), i, at;
    bool network = balancer && str_is(attr(c, balancer, "Type"), "network");

    if (str_is(c->r->op->name, "ModifyListenerAttributes"))
        return elb_change_properties(c);
    if (!protocol.n || !tree_text(c->a, whole, STR("Port")).n)
        return sim_refuse(c->r, STR("ValidationError"), "A listener needs a protocol and a port");
    if (!balancer || network != network_protocol(protocol))
        return sim_refuse(c->r, STR("UnsupportedProtocol"), "The protocol %.*s is not of this type of load balancer", STR_ARG(protocol));
    for (i = 0; i < n; i++)
        if (!fits_group(c, balancer, protocol, value_text(c->a, arn[i])))
            return false;
    if (!port_free(c, balancer_arn, tree_text(c->a, whole, STR("Port"))) || !listener_secure(c, whole, protocol))
        return false;
    if (c->o)
        return true;
    at = str_find(own, STR(":loadbalancer/"));
    own = str_fmt(c->a, "%.*s:listener/%.*s", (int)at, own.s, STR_ARG(str_sub(own, at + 14, own.n)));
    set_text(c, "ListenerArn", own);
    set_text(c, "ResourceArn", own);
    elb_properties(c, "listener_attributes", network);
    return true;
}

/* AWS shows one group both ways. */
static bool listener_shown(struct hook_call *c)
{
    const struct value *actions = value_get(c->attrs, STR("DefaultActions")), *list = &value_empty_list;
    size_t i;

    for (i = 0; actions && i < actions->list.n; i++) {
        const struct value *v = actions->list.v[i], *arn = value_get(v, STR("TargetGroupArn"));

        if (arn && !value_get(v, STR("ForwardConfig")))
            v = tree_put(c->a, v, STR("ForwardConfig.TargetGroups"), tree_list(c->a, NULL, tree_put(c->a, NULL, STR("TargetGroupArn"), arn)));
        list = tree_list(c->a, list, v);
    }
    c->attrs = tree_put(c->a, c->attrs, STR("DefaultActions"), list);
    return true;
}

/* ---- certificates besides the first ---- */
static struct object *listener_of(struct hook_call *c)
{
    struct str arn = tree_text(c->a, c->r->input, STR("ListenerArn"));
    struct object *o = object_find(elb_kind(c->sim, "listener"), arn);

    if (!o || sim_missed(c->r, o))
        sim_refuse(c->r, STR("ListenerNotFound"), "The listener '%.*s' does not exist", STR_ARG(arn));
    return c->r->failed ? NULL : o;
}

static bool certificates_change(struct hook_call *c, bool add)
{
    struct object *o = listener_of(c);
    const struct value *have = o ? value_get(o->attrs, STR("Further")) : NULL, *given = value_get(c->r->input, STR("Certificates")), *list = &value_empty_list;
    size_t i, j;

    if (!o)
        return false;
    if (!secure(attr(c, o, "Protocol")))
        return sim_refuse(c->r, STR("InvalidConfigurationRequest"), "Certificates are of HTTPS and TLS listeners");
    for (i = 0; have && i < have->list.n; i++) {
        bool named = false;

        for (j = 0; j < given->list.n; j++)
            named |= str_eq(tree_text(c->a, have->list.v[i], STR("CertificateArn")), tree_text(c->a, given->list.v[j], STR("CertificateArn")));
        if (!named)
            list = tree_list(c->a, list, have->list.v[i]);
    }
    for (j = 0; add && j < given->list.n; j++)
        list = tree_list(c->a, list, tree_put(c->a, given->list.v[j], STR("IsDefault"), &value_false));
    object_set(c->sim, o, tree_put(c->a, o->attrs, STR("Further"), list));
    if (add)
        c->r->out = tree_put(c->a, NULL, STR("Certificates"), list);
    return true;
}

static bool certificates_add(struct hook_call *c)
{
    return certificates_change(c, true);
}

static bool certificates_remove(struct hook_call *c)
{
    return certificates_change(c, false);
}

static bool certificates_list(struct hook_call *c)
{
    struct object *o = listener_of(c);
    const struct value *own = o ? value_get(o->attrs, STR("Certificates")) : NULL, *more = o ? value_get(o->attrs, STR("Further")) : NULL, *list = &value_empty_list;
    size_t i;

    for (i = 0; own && own->kind == VALUE_LIST && i < own->list.n; i++)
        list = tree_list(c->a, list, tree_put(c->a, own->list.v[i], STR("IsDefault"), &value_true));
    for (i = 0; more && i < more->list.n; i++)
        list = tree_list(c->a, list, more->list.v[i]);
    c->r->out = tree_put(c->a, NULL, STR("Certificates"), list);
    return o != NULL;
}

/* ---- target groups ---- */
static void default_of(struct hook_call *c, const char *name, const struct value *v)
{
    if (!value_get(c->attrs, str_of(name)))
        c->attrs = tree_put(c->a, c->attrs, str_of(name), v);
}

static bool health_fits(struct hook_call *c, const struct value *whole)
{
    bool plain = str_is(tree_text(c->a, whole, STR("HealthCheckProtocol")), "TCP"), network = network_protocol(tree_text(c->a, whole, STR("Protocol")));

    if (plain && !network)
        return sim_refuse(c->r, STR("InvalidConfigurationRequest"), "Health check protocol 'TCP' is not supported for target groups with protocol HTTP or HTTPS");
    if (plain && (value_get(c->attrs, STR("HealthCheckPath")) || value_get(c->attrs, STR("Matcher"))))
        return sim_refuse(c->r, STR("InvalidConfigurationRequest"), "A path and a matcher are of health checks by HTTP and HTTPS");
    return true;
}

static bool target_group_change(struct hook_call *c)
{
    const struct value *whole = tree_merge(c->a, c->o->attrs, c->attrs);
    bool plain = str_is(tree_text(c->a, whole, STR("HealthCheckProtocol")), "TCP");

    if (str_is(c->r->op->name, "ModifyTargetGroupAttributes"))
        return elb_change_properties(c);
    if (!health_fits(c, whole))
        return false;
    if (plain)
        c->attrs = tree_put(c->a, tree_put(c->a, c->attrs, STR("HealthCheckPath"), &value_none), STR("Matcher"), &value_none);
    return true;
}

static bool target_group_check(struct hook_call *c)
{
    struct str protocol = tree_text(c->a, c->attrs, STR("Protocol"));
    bool network = network_protocol(protocol), plain;

    if (c->o)
        return target_group_change(c);
    if (!elb_name(c, "TargetGroupName"))
        return false;
    if (!protocol.n || !tree_text(c->a, c->attrs, STR("Port")).n || !tree_text(c->a, c->attrs, STR("VpcId")).n)
        return sim_refuse(c->r, STR("ValidationError"), "A target group needs a protocol, a port and a VPC");
    default_of(c, "HealthCheckProtocol", text_value(c->a, network ? "TCP" : "HTTP"));
    plain = str_is(tree_text(c->a, c->attrs, STR("HealthCheckProtocol")), "TCP");
    if (!health_fits(c, c->attrs))
        return false;
    default_of(c, "HealthCheckTimeoutSeconds", value_int(c->a, plain ? 10 : 6));
    if (!network)
        default_of(c, "ProtocolVersion", text_value(c->a, "HTTP1"));
    if (!plain) {
        default_of(c, "HealthCheckPath", text_value(c->a, "/"));
        default_of(c, "Matcher", tree_put(c->a, NULL, STR("HttpCode"), text_value(c->a, network ? "200-399" : "200")));
    }
    set_text(c, "ResourceArn", tree_text(c->a, c->attrs, STR("TargetGroupArn")));
    elb_properties(c, "target_group_attributes", network);
    return true;
}

static bool target_group_shown(struct hook_call *c)
{
    struct object *balancer = balancer_of_group(c->sim, c->a, c->o->id);

    c->attrs = tree_put(c->a, c->attrs, STR("LoadBalancerArns"), balancer ? tree_list(c->a, NULL, value_string(c->a, balancer->id)) : &value_empty_list);
    return true;
}

static bool named_in(struct hook_call *c, const char *list, struct str text, bool *given)
{
    const struct value *v = value_get(c->r->input, str_of(list));
    size_t i;

    *given |= v != NULL;
    for (i = 0; v && i < v->list.n; i++)
        if (str_eq(value_text(c->a, v->list.v[i]), text))
            return true;
    return false;
}

static bool groups_list(struct hook_call *c)
{
    const struct member *m = model_member(c->r->op->out, STR("TargetGroups"));
    const struct value *list = &value_empty_list, *names = value_get(c->r->input, STR("Names")), *arns = value_get(c->r->input, STR("TargetGroupArns"));
    struct str of = tree_text(c->a, c->r->input, STR("LoadBalancerArn"));
    struct object *o;
    size_t i = 0, asked = (names ? names->list.n : 0) + (arns ? arns->list.n : 0);

    if (of.n && !object_find(elb_kind(c->sim, "load_balancer"), of))
        return sim_refuse(c->r, STR("LoadBalancerNotFound"), "The load balancer '%.*s' does not exist", STR_ARG(of));
    while ((o = each_object(elb_kind(c->sim, "target_group"), &i))) {
        struct object *balancer = of.n ? balancer_of_group(c->sim, c->a, o->id) : NULL;
        bool given = false, named = named_in(c, "Names", attr(c, o, "TargetGroupName"), &given), listed = named_in(c, "TargetGroupArns", o->id, &given);
        bool hit = named || listed;

        if (!sim_missed(c->r, o) && (hit || !given) && (!of.n || (balancer && str_eq(balancer->id, of))))
            list = tree_list(c->a, list, sim_show(c->r, o, m->shape->elem));
    }
    if (list->list.n < asked)
        return sim_refuse(c->r, STR("TargetGroupNotFound"), "One or more target groups not found");
    c->r->out = tree_put(c->a, NULL, STR("TargetGroups"), list);
    return true;
}

const struct hook hooks_listen[] = {
    { "listener_check", listener_check },
    { "listener_shown", listener_shown },
    { "certificates_add", certificates_add },
    { "certificates_remove", certificates_remove },
    { "certificates_list", certificates_list },
    { "target_group_check", target_group_check },
    { "target_group_shown", target_group_shown },
    { "groups_list", groups_list },
    { NULL, NULL },
};
