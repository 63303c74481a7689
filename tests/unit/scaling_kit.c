/* scaling_kit.c - see scaling_kit.h. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>
#include "kc/json.h"
#include "scaling_kit.h"
#include "sim/room.h"

static const char *make(struct sim_test *t, const char *op, const char *json, const char *path)
{
    const char *id = sim_text(t, sim_ok(t, "ec2", op, json), path);

    assert_string_not_equal(id, "");
    return id;
}

struct scaling_kit *asg_of(struct sim_test *t)
{
    struct scaling_kit *k = ARENA_NEW(t->a, struct scaling_kit);
    const struct value *r;

    *k = (struct scaling_kit){ .t = t };
    k->vpc = make(t, "CreateVpc", "{\"CidrBlock\":\"10.0.0.0/16\"}", "Vpc.VpcId");
    sim_test_pass(t, 10000);
    k->subnet[0] = make(t, "CreateSubnet", sim_json(t, "{'VpcId':'%s','CidrBlock':'10.0.0.0/24','AvailabilityZone':'eu-west-1a'}", k->vpc), "Subnet.SubnetId");
    k->subnet[1] = make(t, "CreateSubnet", sim_json(t, "{'VpcId':'%s','CidrBlock':'10.0.1.0/24','AvailabilityZone':'eu-west-1b'}", k->vpc), "Subnet.SubnetId");
    r = sim_ok(t, "ec2", "DescribeImages", "{\"Owners\":[\"amazon\"],\"Filters\":[{\"Name\":\"name\",\"Values\":[\"al2023-ami-2023.9*\"]},{\"Name\":\"architecture\",\"Values\":[\"x86_64\"]}]}");
    k->image = sim_text(t, r, "Images.0.ImageId");
    k->template_id = make(t, "CreateLaunchTemplate", sim_json(t, "{'LaunchTemplateName':'how','LaunchTemplateData':{'ImageId':'%s','InstanceType':'t3.small'}}", k->image), "LaunchTemplate.LaunchTemplateId");
    sim_test_pass(t, 10000);
    return k;
}

struct scaling_kit *asg_new(const struct sim_options *o)
{
    return asg_of(sim_test_new(o ? o : &(struct sim_options){ .exact = true }));
}

void asg_free(struct scaling_kit *k)
{
    sim_test_free(k->t);
}

void asg_pass(struct scaling_kit *k, int seconds)
{
    sim_test_pass(k->t, (int64_t)seconds * 1000);
}

void asg_version(struct scaling_kit *k, const char *type)
{
    sim_ok(k->t, "ec2", "CreateLaunchTemplateVersion", sim_json(k->t, "{'LaunchTemplateId':'%s','LaunchTemplateData':{'ImageId':'%s','InstanceType':'%s'}}", k->template_id, k->image, type));
}

static const struct value *parsed(struct scaling_kit *k, const char *json)
{
    struct str why = STR_NONE;
    const struct value *v = json_read(k->t->a, str_of(json), 0, &why);

    if (!v)
        fail_msg("%s: %.*s", json, STR_ARG(why));
    return v;
}

const char *asg_json(struct scaling_kit *k, const char *name, int size, const char *more)
{
    const struct value *v = parsed(k, sim_json(k->t, "{'AutoScalingGroupName':'%s','MinSize':%d,'MaxSize':%d,'DesiredCapacity':%d,'VPCZoneIdentifier':'%s,%s','LaunchTemplate':{'LaunchTemplateId':'%s','Version':'1'}}",
                                               name, size, size, size, k->subnet[0], k->subnet[1], k->template_id));
    const struct value *over = parsed(k, sim_json(k->t, "{%s}", more));
    struct buf b = { 0 };
    size_t i;

    for (i = 0; i < over->object.n; i++)
        v = tree_put(k->t->a, v, over->object.v[i].key, over->object.v[i].value->kind == VALUE_NONE ? NULL : over->object.v[i].value);
    json_write(&b, v, JSON_PLAIN, false);
    return str_c(k->t->a, buf_take(&b, k->t->a));
}

void asg_group(struct scaling_kit *k, const char *name, int size, const char *more)
{
    sim_ok(k->t, "autoscaling", "CreateAutoScalingGroup", asg_json(k, name, size, more));
}

static const struct value *nth_of(const struct value *reply, const char *list, size_t nth)
{
    const struct value *v = value_get(reply, str_of(list));

    return v && v->kind == VALUE_LIST && nth < v->list.n ? v->list.v[nth] : NULL;
}

const struct value *asg_show(struct scaling_kit *k, const char *name)
{
    return nth_of(sim_ok(k->t, "autoscaling", "DescribeAutoScalingGroups", sim_json(k->t, "{'AutoScalingGroupNames':['%s']}", name)), "AutoScalingGroups", 0);
}

static bool has_text(const struct value *v, const char *member, const char *text)
{
    const struct value *x = value_get(v, str_of(member));

    return x && x->kind == VALUE_STRING && str_is(x->s, text);
}

static size_t count(const struct value *group, const char *member, const char *text)
{
    const struct value *m;
    size_t i, n = 0;

    for (i = 0; group && (m = nth_of(group, "Instances", i)); i++)
        n += !strcmp(text, "*") || has_text(m, member, text);
    return n;
}

size_t asg_members(struct scaling_kit *k, const char *name, const char *state)
{
    return count(asg_show(k, name), "LifecycleState", state);
}

size_t asg_in_zone(const struct value *group, const char *zone)
{
    return count(group, "AvailabilityZone", zone);
}

const char *asg_member(struct scaling_kit *k, const char *name, size_t nth)
{
    const struct value *m = nth_of(asg_show(k, name), "Instances", nth);

    return m ? sim_text(k->t, m, "InstanceId") : "";
}

bool asg_has(struct scaling_kit *k, const char *name, const char *instance)
{
    return count(asg_show(k, name), "InstanceId", instance) > 0;
}

const char *asg_state(struct scaling_kit *k, const char *instance)
{
    return sim_text(k->t, sim_ok(k->t, "ec2", "DescribeInstances", sim_json(k->t, "{'InstanceIds':['%s']}", instance)), "Reservations.0.Instances.0.State.Name");
}

const struct value *asg_activity(struct scaling_kit *k, const char *name, size_t nth)
{
    return nth_of(sim_ok(k->t, "autoscaling", "DescribeScalingActivities", sim_json(k->t, "{'AutoScalingGroupName':'%s'}", name)), "Activities", nth);
}

bool asg_told(struct scaling_kit *k, const char *name, const char *cause)
{
    const struct value *v;
    size_t i;

    for (i = 0; (v = asg_activity(k, name, i)); i++)
        if (strstr(sim_text(k->t, v, "Cause"), cause))
            return true;
    return false;
}

bool asg_ended(struct scaling_kit *k, const char *name, const char *status, const char *message)
{
    const struct value *v;
    size_t i;

    for (i = 0; (v = asg_activity(k, name, i)); i++)
        if (has_text(v, "StatusCode", status) && strstr(sim_text(k->t, v, "StatusMessage"), message))
            return true;
    return false;
}
