/* test_sim_route53.c - the simulated Route 53: zones, batches of changes, lists in their order, VPCs, tags. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>
#include "sim_test.h"

#define R53 "route53"

static struct sim_test *exact(void)
{
    return sim_test_new(&(struct sim_options){ .exact = true });
}

/* Without the prefix that replies have. */
static const char *bare(const char *id)
{
    return strrchr(id, '/') + 1;
}

static const char *zone(struct sim_test *t, const char *name)
{
    const struct value *r = sim_ok(t, R53, "CreateHostedZone", sim_json(t, "{'Name':'%s','CallerReference':'%s'}", name, name));
    const char *id = sim_text(t, r, "HostedZone.Id");

    assert_memory_equal(id, "/hostedzone/Z", 13);
    return bare(id);
}

static const char *batch(struct sim_test *t, const char *id, const char *changes)
{
    return sim_json(t, "{'HostedZoneId':'%s','ChangeBatch':{'Changes':[%s]}}", id, changes);
}

static const char *change(struct sim_test *t, const char *action, const char *name, const char *type, const char *value)
{
    return sim_json(t, "{'Action':'%s','ResourceRecordSet':{'Name':'%s','Type':'%s','TTL':60,'ResourceRecords':[{'Value':'%s'}]}}", action, name, type, value);
}

static const char *two(struct sim_test *t, const char *a, const char *b)
{
    return str_c(t->a, str_fmt(t->a, "%s,%s", a, b));
}

static void apply(struct sim_test *t, const char *id, const char *changes)
{
    sim_ok(t, R53, "ChangeResourceRecordSets", batch(t, id, changes));
}

static void refused(struct sim_test *t, const char *id, const char *changes, const char *why)
{
    struct answer_error e = sim_call_error(t, R53, "ChangeResourceRecordSets", batch(t, id, changes));

    assert_string_equal(str_c(t->a, e.code), "InvalidChangeBatch");
    if (!strstr(str_c(t->a, e.message), why))
        fail_msg("\"%s\" does not say \"%s\"", str_c(t->a, e.message), why);
}

/* "name type" of all records, with a line end after each. */
static const char *listed(struct sim_test *t, const char *id)
{
    const struct value *list = value_get(sim_ok(t, R53, "ListResourceRecordSets", sim_json(t, "{'HostedZoneId':'%s'}", id)), STR("ResourceRecordSets"));
    struct buf b = { 0 };
    size_t i;

    for (i = 0; i < list->list.n; i++)
        buf_fmt(&b, "%s %s\n", sim_text(t, list->list.v[i], "Name"), sim_text(t, list->list.v[i], "Type"));
    return str_c(t->a, buf_take(&b, t->a));
}

static void a_zone_has_its_own_records_and_a_token(void **state)
{
    struct sim_test *t = exact();
    const char *id = zone(t, "Example.com");
    const struct value *r = sim_ok(t, R53, "GetHostedZone", sim_json(t, "{'Id':'%s'}", id));

    (void)state;
    assert_string_equal(sim_text(t, r, "HostedZone.Name"), "example.com.");
    assert_string_not_equal(sim_text(t, r, "DelegationSet.NameServers.3"), "");
    assert_string_equal(listed(t, id), "example.com. NS\nexample.com. SOA\n");
    sim_fails(t, R53, "CreateHostedZone", "{\"Name\":\"Example.com\",\"CallerReference\":\"Example.com\"}", "HostedZoneAlreadyExists");
    sim_fails(t, R53, "CreateHostedZone", "{\"Name\":\"no good\",\"CallerReference\":\"x\"}", "InvalidDomainName");
    assert_string_not_equal(zone(t, "example.com."), id);  /* another token: another zone of the name */
    sim_fails(t, R53, "GetHostedZone", "{\"Id\":\"Z1\"}", "NoSuchHostedZone");
    sim_test_free(t);
}

static void a_batch_is_done_as_a_whole_or_not_at_all(void **state)
{
    struct sim_test *t = exact();
    const char *id = zone(t, "example.com"), *good = change(t, "CREATE", "a.example.com", "A", "192.0.2.1");

    (void)state;
    refused(t, id, two(t, good, change(t, "CREATE", "b.example.org", "A", "192.0.2.1")), "RRSet with DNS name b.example.org. is not permitted in zone example.com.");
    assert_null(strstr(listed(t, id), "a.example.com"));
    apply(t, id, good);
    refused(t, id, good, "Tried to create resource record set [name='a.example.com.', type='A'] but it already exists");
    refused(t, id, change(t, "DELETE", "a.example.com", "A", "192.0.2.9"), "but the values provided do not match the current values");
    refused(t, id, change(t, "DELETE", "b.example.com", "A", "192.0.2.9"), "[name='b.example.com.', type='A'] but it was not found");
    apply(t, id, two(t, change(t, "DELETE", "A.example.com.", "A", "192.0.2.1"), change(t, "CREATE", "a.example.com", "CNAME", "b.example.com")));
    assert_string_equal(listed(t, id), "example.com. NS\nexample.com. SOA\na.example.com. CNAME\n");
    sim_test_free(t);
}

static void what_dns_forbids_is_refused(void **state)
{
    struct sim_test *t = exact();
    const char *id = zone(t, "example.com");

    (void)state;
    refused(t, id, change(t, "CREATE", "example.com", "CNAME", "x.example.org"), "is not permitted at apex");
    refused(t, id, change(t, "DELETE", "example.com", "SOA", "x"), "exactly one SOA");
    refused(t, id, change(t, "DELETE", "example.com", "NS", "x"), "at least one NS");
    apply(t, id, change(t, "CREATE", "a.example.com", "A", "192.0.2.1"));
    apply(t, id, change(t, "CREATE", "c.example.com", "CNAME", "a.example.com"));
    refused(t, id, change(t, "CREATE", "a.example.com", "CNAME", "x.example.org"), "conflicts with other records");
    refused(t, id, change(t, "CREATE", "c.example.com", "A", "192.0.2.1"), "a conflicting RRSet of type CNAME");
    refused(t, id, change(t, "CREATE", "b.example.com", "A", "host"), "not a valid IPv4 address");
    refused(t, id, change(t, "CREATE", "b.example.com", "AAAA", "192.0.2.1"), "not a valid IPv6 address");
    refused(t, id, change(t, "CREATE", "b.example.com", "TXT", "bare"), "enclosed in quotation marks");
    apply(t, id, change(t, "CREATE", "b.example.com", "TXT", "\\\"one\\\" \\\"two\\\""));
    sim_fails(t, R53, "ChangeResourceRecordSets", batch(t, id, "{'Action':'CREATE','ResourceRecordSet':{'Name':'n.example.com','Type':'A','TTL':60}}"), "InvalidInput");
    sim_test_free(t);
}

static const char *alias(struct sim_test *t, const char *id, const char *dns)
{
    return sim_json(t, "{'Action':'UPSERT','ResourceRecordSet':{'Name':'www.example.com','Type':'A','AliasTarget':{'HostedZoneId':'%s','DNSName':'%s','EvaluateTargetHealth':false}}}",
                    id, dns);
}

static void aliases_lead_somewhere(void **state)
{
    struct sim_test *t = exact();
    const char *id = zone(t, "example.com");

    (void)state;
    apply(t, id, change(t, "CREATE", "a.example.com", "A", "192.0.2.1"));
    refused(t, id, alias(t, id, "b.example.com"), "but that target was not found");
    refused(t, id, alias(t, id, "b.example.org"), "does not lie within the target zone");
    apply(t, id, alias(t, id, "A.example.com"));
    apply(t, id, alias(t, "Z32O12XQLNTSW2", "Lb-1.elb.amazonaws.com"));     /* a zone of AWS's own */
    assert_non_null(strstr(listed(t, id), "www.example.com. A\n"));
    sim_test_free(t);
}

static const char *weighted(struct sim_test *t, const char *set, int weight)
{
    return sim_json(t, "{'Action':'CREATE','ResourceRecordSet':{'Name':'w.example.com','Type':'A','SetIdentifier':'%s','Weight':%d,'TTL':60,'ResourceRecords':[{'Value':'192.0.2.1'}]}}", set, weight);
}

static void sets_stand_beside_each_other(void **state)
{
    struct sim_test *t = exact();
    const char *id = zone(t, "example.com");

    (void)state;
    apply(t, id, two(t, weighted(t, "b", 1), weighted(t, "a", 2)));
    refused(t, id, change(t, "CREATE", "w.example.com", "A", "192.0.2.1"), "other RRSets exist with the same name and type");
    sim_fails(t, R53, "ChangeResourceRecordSets", batch(t, id, "{'Action':'CREATE','ResourceRecordSet':{'Name':'w.example.com','Type':'A','Weight':1,'TTL':60,'ResourceRecords':[{'Value':'192.0.2.1'}]}}"), "InvalidInput");
    assert_string_equal(sim_text(t, sim_ok(t, R53, "ListResourceRecordSets", sim_json(t, "{'HostedZoneId':'%s'}", id)), "ResourceRecordSets.2.SetIdentifier"), "a");
    sim_test_free(t);
}

static void lists_go_by_labels_from_the_end(void **state)
{
    struct sim_test *t = exact();
    const char *id = zone(t, "example.com"), *from;
    const struct value *r;

    (void)state;
    apply(t, id, two(t, change(t, "CREATE", "z.a.example.com", "A", "192.0.2.1"), change(t, "CREATE", "b.example.com", "TXT", "\\\"x\\\"")));
    apply(t, id, two(t, change(t, "CREATE", "b.example.com", "A", "192.0.2.1"), change(t, "CREATE", "*.example.com", "A", "192.0.2.1")));
    assert_string_equal(listed(t, id), "example.com. NS\nexample.com. SOA\n\\052.example.com. A\nz.a.example.com. A\nb.example.com. A\nb.example.com. TXT\n");
    r = sim_ok(t, R53, "ListResourceRecordSets", sim_json(t, "{'HostedZoneId':'%s','MaxItems':'2','StartRecordName':'a.example.com'}", id));
    assert_string_equal(sim_text(t, r, "ResourceRecordSets.0.Name"), "z.a.example.com.");
    assert_string_equal(sim_text(t, r, "IsTruncated"), "true");
    assert_string_equal(sim_text(t, r, "NextRecordType"), "TXT");
    from = sim_json(t, "{'HostedZoneId':'%s','StartRecordName':'%s','StartRecordType':'%s'}", id, sim_text(t, r, "NextRecordName"), sim_text(t, r, "NextRecordType"));
    r = sim_ok(t, R53, "ListResourceRecordSets", from);
    assert_string_equal(sim_text(t, r, "ResourceRecordSets.0.Type"), "TXT");
    assert_string_equal(sim_text(t, r, "IsTruncated"), "false");
    sim_fails(t, R53, "ListResourceRecordSets", sim_json(t, "{'HostedZoneId':'%s','StartRecordType':'A'}", id), "InvalidInput");
    sim_test_free(t);
}

static void a_change_spreads_in_time(void **state)
{
    struct sim_test *t = exact();
    const char *id = zone(t, "example.com");
    const struct value *r = sim_ok(t, R53, "ChangeResourceRecordSets", batch(t, id, change(t, "CREATE", "a.example.com", "A", "192.0.2.1")));
    const char *which = sim_json(t, "{'Id':'%s'}", bare(sim_text(t, r, "ChangeInfo.Id")));

    (void)state;
    assert_string_equal(sim_text(t, r, "ChangeInfo.Status"), "PENDING");
    sim_test_pass(t, 31000);
    assert_string_equal(sim_text(t, sim_ok(t, R53, "GetChange", which), "ChangeInfo.Status"), "PENDING");
    sim_test_pass(t, 2000);
    assert_string_equal(sim_text(t, sim_ok(t, R53, "GetChange", which), "ChangeInfo.Status"), "INSYNC");
    sim_fails(t, R53, "GetChange", "{\"Id\":\"C0\"}", "NoSuchChange");
    sim_test_free(t);
}

static void a_zone_works_at_one_batch_at_a_time(void **state)
{
    struct sim_test *t = sim_test_new(&(struct sim_options){ .seed = 3 });
    const char *id = zone(t, "example.com"), *other = zone(t, "example.org");

    (void)state;
    apply(t, id, change(t, "CREATE", "a.example.com", "A", "192.0.2.1"));
    sim_fails(t, R53, "ChangeResourceRecordSets", batch(t, id, change(t, "CREATE", "b.example.com", "A", "192.0.2.1")), "PriorRequestNotComplete");
    apply(t, other, change(t, "CREATE", "a.example.org", "A", "192.0.2.1"));
    sim_test_pass(t, 300);
    apply(t, id, change(t, "CREATE", "b.example.com", "A", "192.0.2.1"));
    sim_test_free(t);
}

static void a_zone_leaves_empty(void **state)
{
    struct sim_test *t = exact();
    const char *id = zone(t, "example.com"), *which = sim_json(t, "{'Id':'%s'}", id);

    (void)state;
    apply(t, id, change(t, "CREATE", "a.example.com", "A", "192.0.2.1"));
    sim_fails(t, R53, "DeleteHostedZone", which, "HostedZoneNotEmpty");
    apply(t, id, change(t, "DELETE", "a.example.com", "A", "192.0.2.1"));
    assert_string_equal(sim_text(t, sim_ok(t, R53, "DeleteHostedZone", which), "ChangeInfo.Status"), "PENDING");
    sim_fails(t, R53, "GetHostedZone", which, "NoSuchHostedZone");
    assert_int_equal(sim_count(t->sim, STR("")), 0);
    assert_int_equal(sim_count(t->sim, STR("route53.record")), 0);
    sim_test_free(t);
}

static const char *seen_by(struct sim_test *t, const char *id, const char *vpc)
{
    return sim_json(t, "{'HostedZoneId':'%s','VPC':{'VPCRegion':'eu-west-1','VPCId':'%s'}}", id, vpc);
}

static void a_private_zone_is_seen_by_a_vpc_at_least(void **state)
{
    struct sim_test *t = exact();
    const char *a = sim_text(t, sim_ok(t, "ec2", "CreateVpc", "{\"CidrBlock\":\"10.0.0.0/16\"}"), "Vpc.VpcId");
    const char *b = sim_text(t, sim_ok(t, "ec2", "CreateVpc", "{\"CidrBlock\":\"10.1.0.0/16\"}"), "Vpc.VpcId"), *id;
    const struct value *r;

    (void)state;
    sim_fails(t, R53, "CreateHostedZone", "{\"Name\":\"x.internal\",\"CallerReference\":\"1\",\"HostedZoneConfig\":{\"PrivateZone\":true}}", "InvalidInput");
    sim_fails(t, R53, "CreateHostedZone", "{\"Name\":\"x.internal\",\"CallerReference\":\"1\",\"VPC\":{\"VPCRegion\":\"eu-west-1\",\"VPCId\":\"vpc-1\"}}", "InvalidVPCId");
    r = sim_ok(t, R53, "CreateHostedZone", sim_json(t, "{'Name':'x.internal','CallerReference':'1','VPC':{'VPCRegion':'eu-west-1','VPCId':'%s'}}", a));
    id = bare(sim_text(t, r, "HostedZone.Id"));
    assert_string_equal(sim_text(t, r, "HostedZone.Config.PrivateZone"), "true");
    sim_fails(t, R53, "CreateHostedZone", sim_json(t, "{'Name':'x.internal','CallerReference':'2','VPC':{'VPCRegion':'eu-west-1','VPCId':'%s'}}", a), "ConflictingDomainExists");
    sim_fails(t, R53, "AssociateVPCWithHostedZone", seen_by(t, zone(t, "example.com"), b), "PublicZoneVPCAssociation");
    sim_fails(t, R53, "DisassociateVPCFromHostedZone", seen_by(t, id, a), "LastVPCAssociation");
    sim_ok(t, R53, "AssociateVPCWithHostedZone", seen_by(t, id, b));
    sim_ok(t, R53, "DisassociateVPCFromHostedZone", seen_by(t, id, a));
    sim_fails(t, R53, "DisassociateVPCFromHostedZone", seen_by(t, id, a), "VPCAssociationNotFound");
    assert_string_equal(sim_text(t, sim_ok(t, R53, "GetHostedZone", sim_json(t, "{'Id':'%s'}", id)), "VPCs.0.VPCId"), b);
    sim_test_free(t);
}

static const char *tagged(struct sim_test *t, const char *id, int n)
{
    return sim_json(t, "{'ResourceType':'hostedzone','ResourceId':'%s','AddTags':[{'Key':'k%d','Value':'v'}]}", id, n);
}

static void a_zone_bears_ten_tags(void **state)
{
    struct sim_test *t = exact();
    const char *id = zone(t, "example.com");
    int i;

    (void)state;
    for (i = 0; i < 10; i++)
        sim_ok(t, R53, "ChangeTagsForResource", tagged(t, id, i));
    sim_fails(t, R53, "ChangeTagsForResource", tagged(t, id, 10), "InvalidInput");
    sim_ok(t, R53, "ChangeTagsForResource", sim_json(t, "{'ResourceType':'hostedzone','ResourceId':'%s','RemoveTagKeys':['k0']}", id));
    sim_ok(t, R53, "ChangeTagsForResource", tagged(t, id, 10));
    assert_string_equal(sim_text(t, sim_ok(t, R53, "ListTagsForResource", sim_json(t, "{'ResourceType':'hostedzone','ResourceId':'%s'}", id)), "ResourceTagSet.Tags.0.Key"), "k1");
    sim_test_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_zone_has_its_own_records_and_a_token), cmocka_unit_test(a_batch_is_done_as_a_whole_or_not_at_all), cmocka_unit_test(what_dns_forbids_is_refused),
        cmocka_unit_test(aliases_lead_somewhere), cmocka_unit_test(sets_stand_beside_each_other), cmocka_unit_test(lists_go_by_labels_from_the_end),
        cmocka_unit_test(a_change_spreads_in_time), cmocka_unit_test(a_zone_works_at_one_batch_at_a_time), cmocka_unit_test(a_zone_leaves_empty),
        cmocka_unit_test(a_private_zone_is_seen_by_a_vpc_at_least), cmocka_unit_test(a_zone_bears_ten_tags),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
