/* The codec by example: literal requests as AWS expects them, and times in the forms of their places. Every operation with random parameters is
 * compared with botocore in tests/conformance; this is what holds without Python. */
#include "codec_kit.h"
#include <string.h>
#include "kc/aws.h"
#include "kc/hash.h"
#include "kc/json.h"
#include "kc/term.h"
#include "wire/wire.h"

static const struct value *json(const char *text)
{
    struct str why = STR_NONE;
    const struct value *v = json_read(codec_arena, str_of(text), JSON_TYPED, &why);
    if (!v)
        fail_msg("%.*s", STR_ARG(why));
    return v;
}

static struct wire request(const char *service, const char *op, const char *input)
{
    struct wire w;
    struct str why = STR_NONE;
    if (!wire_request(codec_arena, codec_operation(service, op), json(input), &w, &why))
        fail_msg("%.*s", STR_ARG(why));
    return w;
}

static struct str header_of(const struct header *h, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (str_caseeq(h[i].name, str_of(name)))
            return h[i].value;
    return STR_NONE;
}

static struct str header(const struct wire *w, const char *name)
{
    return header_of(w->headers, w->nheaders, name);
}

static struct str refusal(const char *service, const char *op, const struct value *input)
{
    struct wire w;
    struct str why = STR_NONE;
    assert_false(wire_request(codec_arena, codec_operation(service, op), input, &w, &why));
    return why;
}

static void ec2_form(void **state)
{
    (void)state;
    struct wire w = request("ec2", "AuthorizeSecurityGroupIngress",
                            "{\"GroupId\":\"sg-1\",\"IpPermissions\":[{\"IpProtocol\":\"tcp\",\"FromPort\":443,\"ToPort\":443,"
                            "\"UserIdGroupPairs\":[{\"GroupId\":\"sg-2\"}]},{\"IpProtocol\":-1,\"IpRanges\":[{\"CidrIp\":{\"$cidr\":\"10.0.0.0/8\"}}]}],"
                            "\"TagSpecifications\":[]}");
    assert_str(w.method, "POST");
    assert_str(w.path, "/");
    assert_str(w.query, "");
    assert_str(header(&w, "content-type"), "application/x-www-form-urlencoded; charset=utf-8");
    assert_str(w.body, "Action=AuthorizeSecurityGroupIngress&Version=2016-11-15&GroupId=sg-1&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=443"
                       "&IpPermissions.1.ToPort=443&IpPermissions.1.Groups.1.GroupId=sg-2&IpPermissions.2.IpProtocol=-1"
                       "&IpPermissions.2.IpRanges.1.CidrIp=10.0.0.0%2F8");
}

static void ec2_blob_and_attribute(void **state)
{
    (void)state;
    assert_str(request("ec2", "ImportKeyPair", "{\"KeyName\":\"k\",\"PublicKeyMaterial\":\"ssh-ed25519 AAA\"}").body,
               "Action=ImportKeyPair&Version=2016-11-15&KeyName=k&PublicKeyMaterial=c3NoLWVkMjU1MTkgQUFB");
    assert_str(request("ec2", "ModifyVpcAttribute", "{\"vpc_id\":\"vpc-1\",\"enable_dns_hostnames\":{\"Value\":true}}").body,
               "Action=ModifyVpcAttribute&Version=2016-11-15&EnableDnsHostnames.Value=true&VpcId=vpc-1");
}

static void query_form(void **state)
{
    (void)state;
    assert_str(request("iam", "CreateRole", "{\"RoleName\":\"r\",\"AssumeRolePolicyDocument\":\"{}\",\"Tags\":[{\"Key\":\"a/b\",\"Value\":\"c d\"}]}").body,
               "Action=CreateRole&Version=2010-05-08&RoleName=r&AssumeRolePolicyDocument=%7B%7D&Tags.member.1.Key=a%2Fb&Tags.member.1.Value=c%20d");
    assert_str(request("autoscaling", "UpdateAutoScalingGroup", "{\"AutoScalingGroupName\":\"a\",\"TerminationPolicies\":[]}").body,
               "Action=UpdateAutoScalingGroup&Version=2011-01-01&AutoScalingGroupName=a&TerminationPolicies=");
}

static void rest_json_parts(void **state)
{
    (void)state;
    struct wire w = request("eks", "UpdateAccessEntry", "{\"clusterName\":\"demo\",\"principalArn\":\"arn:aws:iam::1:role/a/b\",\"kubernetesGroups\":[]}");
    assert_str(w.path, "/clusters/demo/access-entries/arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa%2Fb");
    assert_str(w.body, "{\"kubernetesGroups\":[]}");
    assert_str(header(&w, "content-type"), "application/json");
    w = request("eks", "UntagResource", "{\"resourceArn\":\"arn:x\",\"tagKeys\":[\"a\",\"b c\"]}");
    assert_str(w.method, "DELETE");
    assert_str(w.query, "tagKeys=a&tagKeys=b%20c");
    assert_str(w.body, "");
    assert_int_equal(w.nheaders, 0);
    w = request("eks", "UpdateNodegroupVersion", "{\"clusterName\":\"c\",\"nodegroupName\":\"n\"}");
    assert_str(w.body, "{}");
    w = request("eks", "CreateCluster", "{\"name\":\"c\",\"roleArn\":\"r\",\"resourcesVpcConfig\":{\"subnetIds\":[\"s\"]},\"version\":{\"$version\":\"1.34\"}}");
    assert_str(w.body, "{\"name\":\"c\",\"version\":\"1.34\",\"roleArn\":\"r\",\"resourcesVpcConfig\":{\"subnetIds\":[\"s\"]}}");
}

static void json_target(void **state)
{
    (void)state;
    struct wire w = request("sqs", "CreateQueue", "{\"QueueName\":\"q\",\"Attributes\":{\"Policy\":\"{}\"}}");
    assert_str(header(&w, "x-amz-target"), "AmazonSQS.CreateQueue");
    assert_str(header(&w, "content-type"), "application/x-amz-json-1.0");
    assert_str(header(&w, "x-amzn-query-mode"), "true");
    assert_str(w.body, "{\"QueueName\":\"q\",\"Attributes\":{\"Policy\":\"{}\"}}");
    w = request("ssm", "DescribeParameters", "{}");
    assert_str(w.body, "{}");
    assert_str(header(&w, "content-type"), "application/x-amz-json-1.1");
}

static void rest_xml_body(void **state)
{
    (void)state;
    struct wire w = request("route53", "ChangeResourceRecordSets",
                            "{\"HostedZoneId\":\"/hostedzone/Z1\",\"ChangeBatch\":{\"Changes\":[{\"Action\":\"CREATE\",\"ResourceRecordSet\":{\"Name\":\"t\","
                            "\"Type\":\"TXT\",\"TTL\":60,\"ResourceRecords\":[{\"Value\":\"\\\"<x>\\\"\"}]}}]}}");
    assert_str(w.path, "/2013-04-01/hostedzone/Z1/rrset/");
    assert_str(w.body, "<ChangeResourceRecordSetsRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><ChangeBatch><Changes><Change>"
                       "<Action>CREATE</Action><ResourceRecordSet><Name>t</Name><Type>TXT</Type><TTL>60</TTL><ResourceRecords><ResourceRecord>"
                       "<Value>&quot;&lt;x&gt;&quot;</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></Change></Changes></ChangeBatch>"
                       "</ChangeResourceRecordSetsRequest>");
}

static void s3_addresses(void **state)
{
    (void)state;
    struct wire w = request("s3", "PutObject", "{\"Bucket\":\"bkt\",\"Key\":\"a/b c+d=\xc3\xa9.json\",\"Body\":\"{}\",\"IfNoneMatch\":\"*\",\"Metadata\":{\"by\":\"kc\"}}");
    assert_str(w.host_prefix, "bkt");
    assert_str(w.path, "/a/b%20c%2Bd%3D%C3%A9.json");
    assert_str(w.body, "{}");
    assert_str(header(&w, "if-none-match"), "*");
    assert_str(header(&w, "x-amz-meta-by"), "kc");
    w = request("s3", "PutBucketVersioning", "{\"Bucket\":\"bkt\",\"VersioningConfiguration\":{\"Status\":\"Enabled\"}}");
    assert_str(w.path, "/");
    assert_str(w.query, "versioning");
    assert_str(w.body, "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>Enabled</Status></VersioningConfiguration>");
    assert_str(header(&w, "x-amz-sdk-checksum-algorithm"), "SHA256");
    assert_int_equal(header(&w, "x-amz-checksum-sha256").n, 44);
    w = request("s3", "ListObjectsV2", "{\"Bucket\":\"bkt\",\"Prefix\":\"a/\"}");
    assert_str(w.query, "list-type=2&prefix=a%2F");
}

static const struct value *file_of(const char *path, uint64_t size)
{
    struct digest d = { .n = sizeof d.sum, .size = size, .path = str_of(path), .changed = 7 };
    memset(d.sum, 0xab, sizeof d.sum);
    return value_digest(codec_arena, &d, false);
}

#define ABAB "abababababababababababababababababababababababababababababababab"
static void a_file_is_a_body_beside_the_request(void **state)
{
    (void)state;
    const struct value *in = value_with(codec_arena, json("{\"Bucket\":\"bkt\",\"Key\":\"k\"}"), STR("Body"), file_of("/big.bin", 3000000000));
    const struct credentials keys = { .key = STR("AKID"), .secret = STR("s") };
    struct endpoint e = { .url = STR("https://s3.eu-west-1.amazonaws.com"), .host = STR("s3.eu-west-1.amazonaws.com"), .sign_region = STR("eu-west-1") };
    struct http_request out = { 0 };
    struct str why;
    assert_true(wire_outgoing(codec_arena, codec_operation("s3", "PutObject"), in, e, &keys, 0, &out, &why));
    assert_int_equal(out.body.n, 0);
    assert_str(out.file->path, "/big.bin");
    assert_int_equal(out.file->size, 3000000000);
    assert_int_equal(out.file->changed, 7);
    assert_str(hex(codec_arena, out.file->sha256, 32), ABAB);
    assert_str(header_of(out.headers, out.nheaders, "x-amz-content-sha256"), ABAB);
    in = value_with(codec_arena, json("{\"Name\":\"n\"}"), STR("SecretBinary"), file_of("/big.bin", 70000));
    assert_str(refusal("secretsmanager", "CreateSecret", in), "SecretBinary: must be a string, not value that is not kept");
    in = value_with(codec_arena, json("{\"Bucket\":\"b\",\"Key\":\"k\"}"), STR("Body"), file_of("", 70000));
    assert_str(refusal("s3", "PutObject", in), "Body: must be a string, not value that is not kept");
}

static void times_go_out_in_the_form_of_the_place(void **state)
{
    (void)state;
    assert_str(request("autoscaling", "PutScheduledUpdateGroupAction",
                       "{\"AutoScalingGroupName\":\"a\",\"ScheduledActionName\":\"s\",\"StartTime\":1795336985000}").body,
               "Action=PutScheduledUpdateGroupAction&Version=2011-01-01&AutoScalingGroupName=a&ScheduledActionName=s&StartTime=2026-11-22T08%3A43%3A05Z");
    struct wire w = request("s3", "HeadObject", "{\"Bucket\":\"b\",\"Key\":\"k\",\"IfModifiedSince\":\"2026-11-22T09:43:05+01:00\"}");
    assert_str(header(&w, "if-modified-since"), "Sun, 22 Nov 2026 08:43:05 GMT");
    w = request("secretsmanager", "CreateSecret", "{\"Name\":\"n\",\"SecretBinary\":\"\"}");
    assert_str(w.body, "{\"Name\":\"n\",\"SecretBinary\":\"\"}");
}

static void secrets_reach_the_wire(void **state)
{
    (void)state;
    const struct pair p[] = { { STR("Name"), value_str(codec_arena, STR("n")) }, { STR("SecretString"), value_secret(codec_arena, value_str(codec_arena, STR("hunter2"))) } };
    struct wire w;
    struct str why;
    assert_true(wire_request(codec_arena, codec_operation("secretsmanager", "CreateSecret"), value_object(codec_arena, p, 2), &w, &why));
    assert_str(w.body, "{\"Name\":\"n\",\"SecretString\":\"hunter2\"}");
}

static void none_is_not_sent(void **state)
{
    (void)state;
    assert_str(request("ec2", "DescribeVpcs", "{\"VpcIds\":null,\"NextToken\":null}").body, "Action=DescribeVpcs&Version=2016-11-15");
    assert_str(refusal("ec2", "CreateSubnet", json("{\"VpcId\":null}")), "VpcId: is required");
}

static void bad_inputs_are_refused(void **state)
{
    (void)state;
    assert_str(refusal("ec2", "CreateVpc", json("{\"CidrBlok\":\"10.0.0.0/16\"}")), "CidrBlok: CreateVpcRequest has no such member; did you mean CidrBlock?");
    assert_str(refusal("ec2", "CreateVpc", json("{\"cidr_block\":\"a\",\"CidrBlock\":\"b\"}")), "CidrBlock: given twice");
    assert_str(refusal("ec2", "CreateVpc", json("[]")), "must be an object, not list");
    assert_str(refusal("ec2", "DescribeVpcs", json("{\"Filters\":[{\"Name\":\"a\",\"Values\":[{}]}]}")), "Filters[0].Values[0]: must be a string, not object");
    assert_str(refusal("ec2", "CreateVolume", json("{\"AvailabilityZone\":\"a\",\"Size\":{\"$size\":1024}}")), "Size: must be a whole number, not size");
    assert_str(refusal("ec2", "DescribeVpcs", json("{\"MaxResults\":3000000000}")), "MaxResults: 3000000000 does not fit in 32 bits");
    assert_str(refusal("eks", "DescribeCluster", json("{}")), "name: is required");
    assert_str(refusal("eks", "DescribeCluster", json("{\"name\":\"\"}")), "name: must not be empty: it is a part of the path");
    assert_str(refusal("s3", "PutObject", json("{\"Bucket\":\"b\",\"Key\":\"k\",\"ContentType\":\"a\\r\\nx: y\"}")),
               "ContentType: a header cannot hold a line break or control character");
    assert_str(refusal("iam", "GetRole", json("{\"RoleName\":\"a\",\"Extra\":1}")), "Extra: GetRoleRequest has no such member");
}

static void unknown_values_are_refused(void **state)
{
    (void)state;
    const struct pair p[] = { { STR("VpcId"), value_unknown(codec_arena, NULL, NULL, PHASE_APPLY) } };
    assert_str(refusal("ec2", "CreateSubnet", value_object(codec_arena, p, 1)), "VpcId: the value is not known yet");
}

static void times_are_read_and_written(void **state)
{
    (void)state;
    static const struct { const char *text; int64_t ms; } good[] = {
        { "1970-01-01T00:00:00Z", 0 }, { "2026-11-22T08:43:05Z", INT64_C(1795336985000) }, { "2026-11-22T08:43:05.1239Z", INT64_C(1795336985123) },
        { "2024-02-29", INT64_C(1709164800000) }, { "2026-11-22T09:43:05+01:00", INT64_C(1795336985000) }, { "2026-11-22T08:43:05+0000", INT64_C(1795336985000) },
        { "Sun, 22 Nov 2026 08:43:05 GMT", INT64_C(1795336985000) }, { "1795336985", INT64_C(1795336985000) }, { "1.795336985E9", INT64_C(1795336985000) },
        { "1969-12-31T23:59:59.5Z", -500 }, { " 0001-01-01T00:00:00Z ", INT64_C(-62135596800000) },
    };
    static const char *const bad[] = { "", "now", "2026-13-01", "2026-11-22T8:43:05Z", "2026-11-22T08:43:05Zx", "2026-11-22T25:00:00Z", "1e400", "-5",
                                       "Sun, 22 Xyz 2026 08:43:05 GMT", "Sun, 22 Nov 2026 08:43:05 CET", "12345678901234567890" };
    int64_t ms;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (!time_parse(str_of(good[i].text), &ms) || ms != good[i].ms)
            fail_msg("%s gives %lld", good[i].text, (long long)ms);
        struct str back = time_text(codec_arena, good[i].ms, TIME_ISO8601);
        assert_true(time_parse(back, &ms));
        assert_int_equal(ms, good[i].ms);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (time_parse(str_of(bad[i]), &ms))
            fail_msg("%s is taken", bad[i]);
    assert_str(time_text(codec_arena, -500, TIME_ISO8601), "1969-12-31T23:59:59.500Z");
    assert_str(time_text(codec_arena, INT64_C(1709164800000), TIME_RFC822), "Thu, 29 Feb 2024 00:00:00 GMT");
    assert_str(time_text(codec_arena, INT64_C(1709164800250), TIME_UNIX), "1709164800.250");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ec2_form),
        cmocka_unit_test(ec2_blob_and_attribute),
        cmocka_unit_test(query_form),
        cmocka_unit_test(rest_json_parts),
        cmocka_unit_test(json_target),
        cmocka_unit_test(rest_xml_body),
        cmocka_unit_test(s3_addresses),
        cmocka_unit_test(a_file_is_a_body_beside_the_request),
        cmocka_unit_test(times_go_out_in_the_form_of_the_place),
        cmocka_unit_test(secrets_reach_the_wire),
        cmocka_unit_test(none_is_not_sent),
        cmocka_unit_test(bad_inputs_are_refused),
        cmocka_unit_test(unknown_values_are_refused),
        cmocka_unit_test(times_are_read_and_written),
    };
    return cmocka_run_group_tests(tests, codec_begin, codec_end);
}
