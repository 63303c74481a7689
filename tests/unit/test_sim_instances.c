/* test_sim_instances.c - the simulated EC2's instances: launched from templates, one holder for an interface, disks that come and go, guests that join or die. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "kc/hash.h"
#include "kc/json.h"
#include "sim/hook.h"
#include "sim_test.h"

struct place { struct sim_test *t; const char *vpc, *subnet, *group, *image, *arm; };

static const char *make(struct sim_test *t, const char *op, const char *json, const char *path)
{
    const char *id = sim_text(t, sim_ok(t, "ec2", op, json), path);

    assert_string_not_equal(id, "");
    return id;
}

static const char *image(struct sim_test *t, const char *arch)
{
    const struct value *r = sim_ok(t, "ec2", "DescribeImages", sim_json(t, "{'Owners':['amazon'],'Filters':[{'Name':'name','Values':['al2023-ami-2023.9*']},{'Name':'architecture','Values':['%s']}]}", arch));

    assert_string_equal(sim_text(t, r, "Images.0.RootDeviceName"), "/dev/xvda");
    return sim_text(t, r, "Images.0.ImageId");
}

static struct place place(const struct sim_options *o)
{
    struct sim_test *t = sim_test_new(o);
    struct place p = { .t = t };

    p.vpc = make(t, "CreateVpc", "{\"CidrBlock\":\"10.0.0.0/16\"}", "Vpc.VpcId");
    sim_test_pass(t, 5000);
    p.subnet = make(t, "CreateSubnet", sim_json(t, "{'VpcId':'%s','CidrBlock':'10.0.0.0/28','AvailabilityZone':'eu-west-1a'}", p.vpc), "Subnet.SubnetId");
    p.group = make(t, "CreateSecurityGroup", sim_json(t, "{'GroupName':'masters','Description':'m','VpcId':'%s'}", p.vpc), "GroupId");
    sim_test_pass(t, 5000);
    p.image = image(t, "x86_64");
    p.arm = image(t, "arm64");
    return p;
}

static struct place exact(void)
{
    return place(&(struct sim_options){ .exact = true });
}

static const char *run(struct place *p, const char *more)
{
    struct str json = str_fmt(p->t->a, "{'MinCount':1,'MaxCount':1,'ImageId':'%s','InstanceType':'t3.small','SubnetId':'%s','SecurityGroupIds':['%s']%s%s}", p->image, p->subnet, p->group,
                              *more ? "," : "", more);

    return make(p->t, "RunInstances", sim_json(p->t, "%.*s", STR_ARG(json)), "Instances.0.InstanceId");
}

static const char *shown(struct place *p, const char *id, const char *path)
{
    const struct value *r = sim_ok(p->t, "ec2", "DescribeInstances", sim_json(p->t, "{'InstanceIds':['%s']}", id));

    return sim_text(p->t, r, str_c(p->t->a, str_fmt(p->t->a, "Reservations.0.Instances.0.%s", path)));
}

static const char *volume(struct place *p, const char *id, const char *path)
{
    return sim_text(p->t, sim_ok(p->t, "ec2", "DescribeVolumes", sim_json(p->t, "{'VolumeIds':['%s']}", id)), str_c(p->t->a, str_fmt(p->t->a, "Volumes.0.%s", path)));
}

static const char *eni(struct place *p, const char *id, const char *path)
{
    const struct value *r = sim_ok(p->t, "ec2", "DescribeNetworkInterfaces", sim_json(p->t, "{'NetworkInterfaceIds':['%s']}", id));

    return sim_text(p->t, r, str_c(p->t->a, str_fmt(p->t->a, "NetworkInterfaces.0.%s", path)));
}

static void end(struct place *p, const char *id)
{
    sim_ok(p->t, "ec2", "TerminateInstances", sim_json(p->t, "{'InstanceIds':['%s']}", id));
}

static bool well(struct place *p, const char *id)
{
    sim_ok(p->t, "ec2", "DescribeRegions", "{}");
    return guest_is_well(p->t->sim, object_find(ec2_kind(p->t->sim, "instance"), str_of(id)));
}

static void test_life(void **state)
{
    struct place p = exact();
    const char *id = run(&p, "'TagSpecifications':[{'ResourceType':'instance','Tags':[{'Key':'Name','Value':'one'}]},{'ResourceType':'volume','Tags':[{'Key':'of','Value':'one'}]}]"), *root;
    const struct value *r;

    (void)state;
    assert_string_equal(shown(&p, id, "State.Name"), "pending");
    assert_string_equal(shown(&p, id, "State.Code"), "0");
    assert_string_equal(shown(&p, id, "Tags.0.Value"), "one");
    assert_string_equal(shown(&p, id, "PrivateIpAddress"), "10.0.0.4");
    assert_string_equal(shown(&p, id, "PrivateDnsName"), "ip-10-0-0-4.eu-west-1.compute.internal");
    assert_string_equal(shown(&p, id, "SecurityGroups.0.GroupName"), "masters");
    assert_string_equal(shown(&p, id, "Placement.AvailabilityZone"), "eu-west-1a");
    assert_string_equal(shown(&p, id, "NetworkInterfaces.0.Attachment.DeviceIndex"), "0");
    sim_test_pass(p.t, 13000);
    assert_string_equal(shown(&p, id, "State.Name"), "running");
    root = shown(&p, id, "BlockDeviceMappings.0.Ebs.VolumeId");
    assert_string_equal(volume(&p, root, "State"), "in-use");
    assert_string_equal(volume(&p, root, "Size"), "8");
    assert_string_equal(volume(&p, root, "Tags.0.Value"), "one");
    r = sim_ok(p.t, "ec2", "DescribeInstances", "{\"Filters\":[{\"Name\":\"instance-state-name\",\"Values\":[\"running\"]},{\"Name\":\"private-ip-address\",\"Values\":[\"10.0.0.4\"]}]}");
    assert_string_equal(sim_text(p.t, r, "Reservations.0.Instances.0.InstanceId"), id);
    sim_fails(p.t, "ec2", "DeleteSubnet", sim_json(p.t, "{'SubnetId':'%s'}", p.subnet), "DependencyViolation");

    sim_ok(p.t, "ec2", "StopInstances", sim_json(p.t, "{'InstanceIds':['%s']}", id));
    sim_fails(p.t, "ec2", "StartInstances", sim_json(p.t, "{'InstanceIds':['%s']}", id), "IncorrectInstanceState");
    sim_test_pass(p.t, 26000);
    assert_string_equal(shown(&p, id, "State.Name"), "stopped");
    assert_string_equal(shown(&p, id, "PrivateIpAddress"), "10.0.0.4");
    sim_ok(p.t, "ec2", "ModifyInstanceAttribute", sim_json(p.t, "{'InstanceId':'%s','InstanceType':{'Value':'t3.medium'},'DisableApiTermination':{'Value':true}}", id));
    sim_ok(p.t, "ec2", "StartInstances", sim_json(p.t, "{'InstanceIds':['%s']}", id));
    sim_test_pass(p.t, 13000);
    assert_string_equal(shown(&p, id, "InstanceType"), "t3.medium");
    sim_fails(p.t, "ec2", "ModifyInstanceAttribute", sim_json(p.t, "{'InstanceId':'%s','InstanceType':{'Value':'t3.small'}}", id), "IncorrectInstanceState");
    sim_fails(p.t, "ec2", "TerminateInstances", sim_json(p.t, "{'InstanceIds':['%s']}", id), "OperationNotPermitted");
    sim_ok(p.t, "ec2", "ModifyInstanceAttribute", sim_json(p.t, "{'InstanceId':'%s','DisableApiTermination':{'Value':false}}", id));

    end(&p, id);
    assert_string_equal(shown(&p, id, "State.Name"), "shutting-down");
    sim_fails(p.t, "ec2", "DeleteSubnet", sim_json(p.t, "{'SubnetId':'%s'}", p.subnet), "DependencyViolation");
    sim_test_pass(p.t, 36000);
    assert_string_equal(shown(&p, id, "State.Name"), "terminated");
    assert_string_equal(shown(&p, id, "SubnetId"), "");
    assert_string_equal(shown(&p, id, "StateReason.Code"), "Client.UserInitiatedShutdown");
    sim_fails(p.t, "ec2", "DescribeVolumes", sim_json(p.t, "{'VolumeIds':['%s']}", root), "InvalidVolume.NotFound");
    sim_ok(p.t, "ec2", "DeleteSubnet", sim_json(p.t, "{'SubnetId':'%s'}", p.subnet));
    sim_test_pass(p.t, 3600000);
    sim_fails(p.t, "ec2", "DescribeInstances", sim_json(p.t, "{'InstanceIds':['%s']}", id), "InvalidInstanceID.NotFound");
    sim_test_free(p.t);
}

static void test_refused(void **state)
{
    static const struct { const char *json, *code; } cases[] = {
        { "'ImageId':'ami-0123456789abcdef0','InstanceType':'t3.small','SubnetId':'SUBNET'", "InvalidAMIID.NotFound" },
        { "'ImageId':'resolve:ssm:/nowhere','InstanceType':'t3.small','SubnetId':'SUBNET'", "InvalidParameterValue" },
        { "'ImageId':'ARM','InstanceType':'t3.small','SubnetId':'SUBNET'", "InvalidParameterValue" },
        { "'ImageId':'IMAGE','InstanceType':'t9.small','SubnetId':'SUBNET'", "InvalidParameterValue" },
        { "'ImageId':'IMAGE','InstanceType':'t3.small'", "VPCIdNotSpecified" },
        { "'ImageId':'IMAGE','InstanceType':'t3.small','SubnetId':'subnet-0'", "InvalidSubnetID.NotFound" },
        { "'ImageId':'IMAGE','InstanceType':'t3.small','SubnetId':'SUBNET','KeyName':'none'", "InvalidKeyPair.NotFound" },
        { "'ImageId':'IMAGE','InstanceType':'t3.small','SubnetId':'SUBNET','SecurityGroupIds':['sg-0']", "InvalidGroup.NotFound" },
        { "'ImageId':'IMAGE','InstanceType':'t3.small','SubnetId':'SUBNET','IamInstanceProfile':{'Name':'none'}", "InvalidParameterValue" },
        { "'ImageId':'IMAGE','InstanceType':'t3.small','SubnetId':'SUBNET','PrivateIpAddress':'10.0.0.1'", "InvalidParameterValue" },
        { "'ImageId':'IMAGE','InstanceType':'t3.small','SubnetId':'SUBNET','PrivateIpAddress':'10.9.0.9'", "InvalidParameterValue" },
        { "'ImageId':'IMAGE','InstanceType':'t3.small','SubnetId':'SUBNET','NetworkInterfaces':[{'DeviceIndex':0,'SubnetId':'SUBNET'}]", "InvalidParameterCombination" },
        { "'ImageId':'IMAGE','InstanceType':'t3.small','SubnetId':'SUBNET','Placement':{'GroupName':'none'}", "InvalidPlacementGroup.Unknown" },
        { "'ImageId':'IMAGE','InstanceType':'t3.small','SubnetId':'SUBNET','LaunchTemplate':{'LaunchTemplateName':'none'}", "InvalidLaunchTemplateName.NotFoundException" },
        { "'ImageId':'IMAGE','InstanceType':'t3.small','SubnetId':'SUBNET','BlockDeviceMappings':[{'DeviceName':'/dev/xvda','Ebs':{'VolumeSize':4}}]", "InvalidBlockDeviceMapping" },
        { "'ImageId':'IMAGE','InstanceType':'t3.small','SubnetId':'SUBNET','BlockDeviceMappings':[{'DeviceName':'/dev/xvdb','Ebs':{'VolumeSize':20,'VolumeType':'io2'}}]", "MissingParameter" },
    };
    struct place p = exact();
    size_t i, before;

    (void)state;
    before = sim_count(p.t->sim, STR(""));
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static const struct { const char *word; size_t at; } words[] = { { "SUBNET", offsetof(struct place, subnet) }, { "IMAGE", offsetof(struct place, image) }, { "ARM", offsetof(struct place, arm) } };
        struct str json = str_of(cases[i].json);
        size_t j;

        for (j = 0; j < 3; j++) {
            size_t hit;

            while ((hit = str_find(json, str_of(words[j].word))) != SIZE_MAX)
                json = str_fmt(p.t->a, "%.*s%s%.*s", (int)hit, json.s, *(const char **)((char *)&p + words[j].at), (int)(json.n - hit - strlen(words[j].word)), json.s + hit + strlen(words[j].word));
        }
        sim_fails(p.t, "ec2", "RunInstances", sim_json(p.t, "{'MinCount':1,'MaxCount':1,%.*s}", STR_ARG(json)), cases[i].code);
    }
    assert_int_equal(sim_count(p.t->sim, STR("")), before);
    assert_int_equal(sim_count(p.t->sim, STR("ec2.network_interface")), 0);
    assert_int_equal(sim_count(p.t->sim, STR("ec2.volume")), 0);
    sim_test_free(p.t);
}

static void test_user_data_has_an_end(void **state)
{
    struct place p = exact();
    char *big = arena_array(p.t->a, 16385, 1);
    struct str text;

    (void)state;
    memset(big, '#', 16385);
    text = base64(p.t->a, (struct str){ big, 16385 });
    sim_fails(p.t, "ec2", "RunInstances", sim_json(p.t, "{'MinCount':1,'MaxCount':1,'ImageId':'%s','InstanceType':'t3.small','SubnetId':'%s','UserData':'%.*s'}", p.image, p.subnet, STR_ARG(text)),
              "InvalidParameterValue");
    text = base64(p.t->a, (struct str){ big, 16384 });
    sim_ok(p.t, "ec2", "RunInstances", sim_json(p.t, "{'MinCount':1,'MaxCount':1,'ImageId':'%s','InstanceType':'t3.small','SubnetId':'%s','UserData':'%.*s'}", p.image, p.subnet, STR_ARG(text)));
    sim_test_free(p.t);
}

static void test_a_token_launches_once(void **state)
{
    struct place p = exact();
    const char *a = run(&p, "'ClientToken':'t1'"), *b = run(&p, "'ClientToken':'t1'"), *c = run(&p, "'ClientToken':'t2'");

    (void)state;
    assert_string_equal(a, b);
    assert_string_not_equal(a, c);
    sim_fails(p.t, "ec2", "RunInstances", sim_json(p.t, "{'MinCount':1,'MaxCount':1,'ImageId':'%s','InstanceType':'t3.medium','SubnetId':'%s','ClientToken':'t1'}", p.image, p.subnet),
              "IdempotentParameterMismatch");
    assert_int_equal(sim_count(p.t->sim, STR("ec2.instance")), 2);
    sim_test_free(p.t);
}

/* The subnet has eleven addresses. */
static void test_as_many_as_there_is_room_for(void **state)
{
    struct place p = exact();
    const char *twenty = sim_json(p.t, "'MaxCount':20,'ImageId':'%s','InstanceType':'t3.small','SubnetId':'%s'", p.image, p.subnet);

    (void)state;
    sim_fails(p.t, "ec2", "RunInstances", sim_json(p.t, "{'MinCount':12,%s}", twenty), "InsufficientFreeAddressesInSubnet");
    assert_int_equal(sim_count(p.t->sim, STR("ec2.network_interface")), 0);
    assert_int_equal(sim_count(p.t->sim, STR("ec2.volume")), 0);
    sim_ok(p.t, "ec2", "RunInstances", sim_json(p.t, "{'MinCount':5,%s}", twenty));
    assert_int_equal(sim_count(p.t->sim, STR("ec2.instance")), 11);
    sim_test_free(p.t);
}

/* A slot: the template names the interface, and a second instance cannot start while the first has it. */
static void test_an_interface_has_one_holder(void **state)
{
    struct place p = exact();
    const char *slot, *template, *id, *launch;

    (void)state;
    slot = make(p.t, "CreateNetworkInterface", sim_json(p.t, "{'SubnetId':'%s','PrivateIpAddress':'10.0.0.10','Groups':['%s']}", p.subnet, p.group), "NetworkInterface.NetworkInterfaceId");
    template = make(p.t, "CreateLaunchTemplate", sim_json(p.t, "{'LaunchTemplateName':'m','LaunchTemplateData':{'ImageId':'%s','InstanceType':'t3.small',"
                    "'NetworkInterfaces':[{'DeviceIndex':0,'NetworkInterfaceId':'%s'}],'TagSpecifications':[{'ResourceType':'instance','Tags':[{'Key':'slot','Value':'a'}]}]}}", p.image, slot),
                    "LaunchTemplate.LaunchTemplateId");
    launch = sim_json(p.t, "{'MinCount':1,'MaxCount':1,'LaunchTemplate':{'LaunchTemplateId':'%s','Version':'$Latest'}}", template);
    id = make(p.t, "RunInstances", launch, "Instances.0.InstanceId");
    assert_string_equal(shown(&p, id, "PrivateIpAddress"), "10.0.0.10");
    assert_string_equal(eni(&p, slot, "Status"), "in-use");
    sim_fails(p.t, "ec2", "RunInstances", launch, "InvalidNetworkInterface.InUse");
    sim_fails(p.t, "ec2", "DeleteNetworkInterface", sim_json(p.t, "{'NetworkInterfaceId':'%s'}", slot), "InvalidParameterValue");
    sim_test_pass(p.t, 60000);
    end(&p, id);
    sim_test_pass(p.t, 20000);
    sim_fails(p.t, "ec2", "RunInstances", launch, "InvalidNetworkInterface.InUse");
    sim_test_pass(p.t, 20000);
    assert_string_equal(eni(&p, slot, "Status"), "available");
    id = make(p.t, "RunInstances", launch, "Instances.0.InstanceId");
    assert_string_equal(shown(&p, id, "PrivateIpAddress"), "10.0.0.10");
    sim_fails(p.t, "ec2", "RunInstances", sim_json(p.t, "{'MinCount':1,'MaxCount':1,'LaunchTemplate':{'LaunchTemplateId':'%s','Version':'7'}}", template), "InvalidLaunchTemplateId.VersionNotFound");
    sim_fails(p.t, "ec2", "RunInstances", sim_json(p.t, "{'MinCount':1,'MaxCount':1,'ImageId':'%s','InstanceType':'t3.small','NetworkInterfaces':[{'DeviceIndex':0,'NetworkInterfaceId':'%s','Groups':['%s']}]}",
              p.image, slot, p.group), "InvalidParameterCombination");
    sim_test_free(p.t);
}

/* What Auto Scaling does: a template, a subnet beside the template's open interface. No client may. */
static void test_a_service_launches_by_itself(void **state)
{
    struct place p = exact();
    const char *template = make(p.t, "CreateLaunchTemplate", sim_json(p.t, "{'LaunchTemplateName':'w','LaunchTemplateData':{'ImageId':'resolve:ssm:/aws/service/eks/optimized-ami/1.33/amazon-linux-2023/x86_64/"
                                "standard/recommended/image_id','InstanceType':'t3.small','NetworkInterfaces':[{'DeviceIndex':0,'Groups':['%s'],'DeleteOnTermination':true}]}}", p.group), "LaunchTemplate.LaunchTemplateId");
    const char *json = sim_json(p.t, "{'MinCount':1,'MaxCount':1,'LaunchTemplate':{'LaunchTemplateId':'%s','Version':'1'},'SubnetId':'%s'}", template, p.subnet), *id;
    struct str why;
    struct request r;

    (void)state;
    sim_fails(p.t, "ec2", "RunInstances", json, "InvalidParameterCombination");
    assert_true(sim_within(&r, p.t->sim, p.t->a, STR("eu-west-1"), "ec2", "RunInstances", json_read(p.t->a, str_of(json), 0, &why)));
    id = sim_text(p.t, r.out, "Instances.0.InstanceId");
    assert_string_equal(shown(&p, id, "SubnetId"), p.subnet);
    assert_string_equal(shown(&p, id, "RootDeviceName"), "/dev/xvda");
    json = sim_json(p.t, "{'MinCount':1,'MaxCount':1,'LaunchTemplate':{'LaunchTemplateId':'lt-0'},'SubnetId':'%s'}", p.subnet);
    assert_false(sim_within(&r, p.t->sim, p.t->a, STR("eu-west-1"), "ec2", "RunInstances", json_read(p.t->a, str_of(json), 0, &why)));
    assert_true(str_is(r.code, "InvalidLaunchTemplateId.NotFound"));
    sim_test_free(p.t);
}

static const char scripted[] = "'TagSpecifications':[{'ResourceType':'instance','Tags':[{'Key':'sandbox:guest','Value':'%s'}]}]";

static const char *with_script(struct place *p, const char *script)
{
    return run(p, str_c(p->t->a, str_fmt(p->t->a, scripted, script)));
}

static const char *health(struct place *p, const char *id)
{
    return sim_text(p->t, sim_ok(p->t, "ec2", "DescribeInstanceStatus", sim_json(p->t, "{'InstanceIds':['%s']}", id)), "InstanceStatuses.0.InstanceStatus.Status");
}

static void test_guests(void **state)
{
    struct place p = exact();
    const char *usual = run(&p, ""), *late = with_script(&p, "joins after 3m"), *never = with_script(&p, "never joins"), *dies = with_script(&p, "joins after 30s, dies after 5m"),
               *off = with_script(&p, "shuts down after 10m"), *spot = with_script(&p, "is reclaimed after 10m");

    (void)state;
    assert_false(well(&p, usual));
    sim_test_pass(p.t, 45000);
    assert_true(well(&p, usual));
    assert_true(well(&p, dies));
    assert_false(well(&p, late));
    assert_string_equal(health(&p, usual), "initializing");
    sim_test_pass(p.t, 150000);
    assert_true(well(&p, late));
    assert_string_equal(health(&p, usual), "ok");
    sim_test_pass(p.t, 180000);
    assert_false(well(&p, never));
    assert_string_equal(health(&p, never), "ok");
    assert_false(well(&p, dies));
    assert_string_equal(health(&p, dies), "impaired");
    sim_ok(p.t, "ec2", "RebootInstances", sim_json(p.t, "{'InstanceIds':['%s']}", dies));
    sim_test_pass(p.t, 40000);
    assert_true(well(&p, dies));
    sim_test_pass(p.t, 600000);
    assert_string_equal(shown(&p, off, "State.Name"), "stopped");
    assert_string_equal(shown(&p, spot, "State.Name"), "terminated");
    assert_string_equal(shown(&p, spot, "StateReason.Code"), "Server.SpotInstanceTermination");
    assert_true(well(&p, usual));
    end(&p, usual);
    assert_false(well(&p, usual));
    sim_test_free(p.t);
}

/* Scripts of the behaviour: the first row that fits, by tag, user data or image. */
static void test_guests_by_row(void **state)
{
    struct arena *a = arena_new();
    struct str why;
    const struct value *all = sim_behaviour(a), *rows = json_read(a, STR("{\"table\":true,\"usual\":\"joins after 10s\",\"rows\":["
        "{\"tag\":{\"Name\":\"bad-*\"},\"script\":\"never joins\"},{\"user_data\":\"*kubelet*\",\"script\":\"joins after 2m\"},{\"image\":\"ami-none\",\"script\":\"never joins\"}]}"), 0, &why);
    const struct value *file = value_with(a, value_get(all, STR("ec2.instances")), STR("guests"), rows);
    struct place p = place(&(struct sim_options){ .exact = true, .behaviour = value_with(a, all, STR("ec2.instances"), file) });
    const char *usual = run(&p, ""), *bad = run(&p, "'TagSpecifications':[{'ResourceType':'instance','Tags':[{'Key':'Name','Value':'bad-1'}]}]"),
               *late = run(&p, str_c(p.t->a, str_fmt(p.t->a, "'UserData':'%.*s'", STR_ARG(base64(p.t->a, STR("#!/bin/sh\nstart kubelet\n"))))));

    (void)state;
    sim_test_pass(p.t, 15000);
    assert_true(well(&p, usual));
    assert_false(well(&p, late));
    sim_test_pass(p.t, 120000);
    assert_true(well(&p, late));
    assert_false(well(&p, bad));
    sim_test_free(p.t);
    arena_free(a);
}

/* What is under way goes on after a restart, at the same moment. */
static void test_a_restart_changes_nothing(void **state)
{
    struct test_world *w = test_world_new();
    struct place p = place(&(struct sim_options){ .log = STR("/account.log"), .disk = test_world(w), .seed = 7 }), q;
    const char *id = with_script(&p, "joins after 90s, shuts down after 5m"), *one, *two;

    (void)state;
    sim_test_pass(p.t, 60000);
    sim_ok(p.t, "ec2", "DescribeRegions", "{}");
    q = p;
    q.t = sim_test_new(&(struct sim_options){ .log = STR("/account.log"), .disk = test_world(w), .seed = 7 });
    id = str_c(q.t->a, str_dup(q.t->a, str_of(id)));
    assert_false(well(&q, id));
    sim_test_pass(q.t, 60000);
    assert_true(well(&q, id));
    sim_test_pass(q.t, 400000);
    one = shown(&q, id, "State.Name");
    assert_string_equal(one, "stopped");
    two = image(q.t, "x86_64");
    assert_string_equal(two, p.image);
    sim_test_free(q.t);
    sim_test_free(p.t);
    test_world_free(w);
}

/* In a subnet that says so machines are named after their ids. */
static void test_names(void **state)
{
    struct place p = exact();
    const char *id;

    (void)state;
    sim_ok(p.t, "ec2", "ModifySubnetAttribute", sim_json(p.t, "{'SubnetId':'%s','PrivateDnsHostnameTypeOnLaunch':'resource-name'}", p.subnet));
    id = run(&p, "");
    assert_string_equal(shown(&p, id, "PrivateDnsName"), str_c(p.t->a, str_fmt(p.t->a, "%s.eu-west-1.compute.internal", id)));
    assert_string_equal(shown(&p, run(&p, "'PrivateDnsNameOptions':{'HostnameType':'ip-name'}"), "PrivateDnsName"), "ip-10-0-0-5.eu-west-1.compute.internal");
    sim_test_free(p.t);
}

static void test_volumes_follow(void **state)
{
    struct place p = exact();
    const char *id = run(&p, "'BlockDeviceMappings':[{'DeviceName':'/dev/xvdf','Ebs':{'VolumeSize':20,'VolumeType':'gp3','Iops':4000,'Throughput':250,'DeleteOnTermination':false}}]"), *kept, *data, *other;
    const char *link;

    (void)state;
    kept = shown(&p, id, "BlockDeviceMappings.1.Ebs.VolumeId");
    assert_string_equal(volume(&p, kept, "Throughput"), "250");
    data = make(p.t, "CreateVolume", "{\"AvailabilityZone\":\"eu-west-1a\",\"Size\":30,\"VolumeType\":\"gp3\"}", "VolumeId");
    other = make(p.t, "CreateVolume", "{\"AvailabilityZone\":\"eu-west-1b\",\"Size\":30,\"VolumeType\":\"gp3\"}", "VolumeId");
    sim_test_pass(p.t, 20000);
    link = sim_json(p.t, "{'VolumeId':'%s','InstanceId':'%s','Device':'/dev/xvdg'}", data, id);
    assert_string_equal(sim_text(p.t, sim_ok(p.t, "ec2", "AttachVolume", link), "State"), "attaching");
    sim_test_pass(p.t, 3000);
    assert_string_equal(volume(&p, data, "Attachments.0.State"), "attached");
    sim_fails(p.t, "ec2", "AttachVolume", link, "VolumeInUse");
    sim_fails(p.t, "ec2", "DeleteVolume", sim_json(p.t, "{'VolumeId':'%s'}", data), "VolumeInUse");
    sim_fails(p.t, "ec2", "AttachVolume", sim_json(p.t, "{'VolumeId':'%s','InstanceId':'%s','Device':'/dev/xvdh'}", other, id), "InvalidVolume.ZoneMismatch");
    sim_ok(p.t, "ec2", "DetachVolume", sim_json(p.t, "{'VolumeId':'%s'}", data));
    assert_string_equal(volume(&p, data, "State"), "in-use");
    sim_test_pass(p.t, 4000);
    assert_string_equal(volume(&p, data, "State"), "available");
    sim_ok(p.t, "ec2", "AttachVolume", link);
    end(&p, id);
    sim_test_pass(p.t, 36000);
    assert_string_equal(volume(&p, data, "State"), "available");
    assert_string_equal(volume(&p, kept, "State"), "available");
    assert_int_equal(sim_count(p.t->sim, STR("ec2.volume")), 3);
    sim_test_free(p.t);
}

int main(void)
{
    json_seed(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_life),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_user_data_has_an_end),
        cmocka_unit_test(test_a_token_launches_once),
        cmocka_unit_test(test_as_many_as_there_is_room_for),
        cmocka_unit_test(test_an_interface_has_one_holder),
        cmocka_unit_test(test_a_service_launches_by_itself),
        cmocka_unit_test(test_guests),
        cmocka_unit_test(test_guests_by_row),
        cmocka_unit_test(test_a_restart_changes_nothing),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_volumes_follow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
