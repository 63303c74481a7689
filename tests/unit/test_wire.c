/* The codec by example: literal requests as AWS expects them, replies as AWS writes them. Every operation with random parameters is
 * compared with botocore in tests/conformance; this is what holds without Python. */
#include "kctest.h"
#include "kc/aws.h"
#include "kc/json.h"
#include "kc/lang.h"
#include "kc/term.h"
#include "aws/wire.h"
#include "aws/xml.h"

static struct arena *arena;
static struct models *models;

static bool embedded(void *user, struct str service, struct str *text)
{
    (void)user;
    return stdlib_text(str_fmt(arena, "aws/models/%.*s.model", STR_ARG(service)), text);
}

static int begin(void **state)
{
    (void)state;
    arena = arena_new();
    models = models_new(embedded, NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    models_free(models);
    arena_free(arena);
    return 0;
}

static const struct operation *operation(const char *service, const char *name)
{
    struct str why = STR_NONE;
    const struct service *s = model_service(models, str_of(service), &why);
    assert_non_null(s);
    const struct operation *op = model_operation(s, str_of(name));
    assert_non_null(op);
    return op;
}

static const struct value *json(const char *text)
{
    struct str why = STR_NONE;
    const struct value *v = json_read(arena, str_of(text), JSON_TYPED, &why);
    if (!v)
        fail_msg("%.*s", STR_ARG(why));
    return v;
}

static struct wire request(const char *service, const char *op, const char *input)
{
    struct wire w;
    struct str why = STR_NONE;
    if (!wire_request(arena, operation(service, op), json(input), &w, &why))
        fail_msg("%.*s", STR_ARG(why));
    return w;
}

static struct str header(const struct wire *w, const char *name)
{
    for (size_t i = 0; i < w->nheaders; i++)
        if (str_caseeq(w->headers[i].name, str_of(name)))
            return w->headers[i].value;
    return STR_NONE;
}

static struct str refusal(const char *service, const char *op, const struct value *input)
{
    struct wire w;
    struct str why = STR_NONE;
    assert_false(wire_request(arena, operation(service, op), input, &w, &why));
    return why;
}

static struct str tree(const char *service, const char *op, int code, const char *body)
{
    struct http_reply r = { .code = code, .body = str_of(body) };
    struct str why = STR_NONE;
    const struct value *v = wire_reply(arena, operation(service, op), &r, &why);
    if (!v)
        return why;
    struct buf b = { 0 };
    json_write(&b, v, JSON_PLAIN, true);
    return buf_take(&b, arena);
}

/* ---- requests ---- */

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
    const struct pair p[] = { { STR("Name"), value_str(arena, STR("n")) }, { STR("SecretString"), value_secret(arena, value_str(arena, STR("hunter2"))) } };
    struct wire w;
    struct str why;
    assert_true(wire_request(arena, operation("secretsmanager", "CreateSecret"), value_object(arena, p, 2), &w, &why));
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
    const struct pair p[] = { { STR("VpcId"), value_unknown(arena, NULL, NULL, PHASE_APPLY) } };
    assert_str(refusal("ec2", "CreateSubnet", value_object(arena, p, 1)), "VpcId: the value is not known yet");
}

/* ---- replies ---- */

static void ec2_replies(void **state)
{
    (void)state;
    assert_str(tree("ec2", "DescribeVpcs", 200,
                    "<?xml version=\"1.0\"?><DescribeVpcsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r</requestId><vpcSet><item>"
                    "<vpcId>vpc-1</vpcId><cidrBlock>10.0.0.0/16</cidrBlock><isDefault>false</isDefault><tagSet><item><key>a</key><value/></item></tagSet>"
                    "<surprise>1</surprise></item></vpcSet></DescribeVpcsResponse>"),
               "{\"Vpcs\":[{\"IsDefault\":false,\"Tags\":[{\"Key\":\"a\",\"Value\":\"\"}],\"VpcId\":\"vpc-1\",\"CidrBlock\":\"10.0.0.0/16\"}]}");
    assert_str(tree("ec2", "DescribeVpcs", 200, "<r><vpcSet/></r>"), "{\"Vpcs\":[]}");
    assert_str(tree("ec2", "DescribeVpcs", 200, "<r/>"), "{}");
    assert_str(tree("ec2", "DescribeNatGateways", 200, "<r><natGatewaySet><item><createTime>2026-11-22T08:43:05.000Z</createTime></item></natGatewaySet></r>"),
               "{\"NatGateways\":[{\"CreateTime\":1795336985000}]}");
}

static void query_replies(void **state)
{
    (void)state;
    assert_str(tree("iam", "ListRoles", 200,
                    "<ListRolesResponse xmlns=\"u\"><ListRolesResult><IsTruncated>false</IsTruncated><Roles><member><RoleName>r</RoleName>"
                    "<MaxSessionDuration>3600</MaxSessionDuration><AssumeRolePolicyDocument>%7B%7D</AssumeRolePolicyDocument></member></Roles>"
                    "</ListRolesResult><ResponseMetadata><RequestId>x</RequestId></ResponseMetadata></ListRolesResponse>"),
               "{\"Roles\":[{\"RoleName\":\"r\",\"AssumeRolePolicyDocument\":\"%7B%7D\",\"MaxSessionDuration\":3600}],\"IsTruncated\":false}");
    assert_str(tree("iam", "DeleteRole", 200, "<DeleteRoleResponse/>"), "{}");
    assert_str(tree("iam", "GetRole", 200, "<GetRoleResponse/>"), "GetRoleResult in the reply to GetRole: is missing");
}

static void json_replies(void **state)
{
    (void)state;
    assert_str(tree("eks", "DescribeCluster", 200, "{\"cluster\":{\"name\":\"c\",\"createdAt\":1795341785.5,\"tags\":{\"a\":\"b\",\"n\":null},\"roleArn\":null,\"new\":1}}"),
               "{\"cluster\":{\"name\":\"c\",\"createdAt\":1795341785500,\"tags\":{\"a\":\"b\"}}}");
    assert_str(tree("eks", "ListClusters", 200, ""), "{}");
    assert_str(tree("ssm", "GetParameter", 200, "{\"Parameter\":{\"Version\":3.0,\"Value\":7}}"), "{\"Parameter\":{\"Value\":\"7\",\"Version\":3}}");
    assert_str(tree("eks", "DescribeCluster", 200, "{\"cluster\":{\"createdAt\":\"soon\"}}"), "createdAt in the reply to DescribeCluster: is not a time");
}

static void xml_replies(void **state)
{
    (void)state;
    assert_str(tree("s3", "ListObjectVersions", 200,
                    "<ListVersionsResult><IsTruncated>true</IsTruncated><Version><Key>a</Key></Version><Name>b</Name><Version><Key>b</Key></Version></ListVersionsResult>"),
               "{\"IsTruncated\":true,\"Versions\":[{\"Key\":\"a\"},{\"Key\":\"b\"}],\"Name\":\"b\"}");
    assert_str(tree("s3", "GetBucketLocation", 200, "<LocationConstraint xmlns=\"u\">EU</LocationConstraint>"), "{\"LocationConstraint\":\"EU\"}");
    assert_str(tree("s3", "GetBucketPolicy", 200, "{\"Version\":1}"), "{\"Policy\":\"{\\\"Version\\\":1}\"}");
    assert_str(tree("s3", "GetObject", 200, "abc"), "{\"Body\":\"YWJj\"}");
    assert_str(tree("s3", "CopyObject", 200, "<Error><Code>SlowDown</Code></Error>"), "SlowDown in the reply to CopyObject: an error in a reply with a success status");
    assert_str(tree("s3", "HeadBucket", 200, ""), "{}");
}

static void headers_are_read(void **state)
{
    (void)state;
    const struct header h[] = { { STR("etag"), STR("\"x\"") }, { STR("content-length"), STR("12") }, { STR("x-amz-meta-by"), STR("kc") },
                                { STR("last-modified"), STR("Sun, 22 Nov 2026 08:43:05 GMT") } };
    struct http_reply r = { .code = 200, .headers = h, .nheaders = 4 };
    struct str why;
    const struct value *v = wire_reply(arena, operation("s3", "HeadObject"), &r, &why);
    assert_non_null(v);
    assert_str(value_at(v, "ETag")->s, "\"x\"");
    assert_int_equal(value_at(v, "ContentLength")->i, 12);
    assert_int_equal(value_at(v, "LastModified")->i, INT64_C(1795336985000));
    assert_str(value_at(v, "Metadata.by")->s, "kc");
}

static void hostile_xml_is_refused(void **state)
{
    (void)state;
    struct str why = STR_NONE;
    assert_null(xml_read(arena, STR("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>"), &why));
    assert_str(why, "line 1: it has a document type, which no reply of AWS has");
    assert_null(xml_read(arena, STR("<a>&b;</a>"), &why));
    assert_null(xml_read(arena, STR("<a><b></a>"), &why));
    assert_null(xml_read(arena, STR(""), &why));
    struct buf b = { 0 };
    for (int i = 0; i < 65; i++)
        buf_cstr(&b, "<a>");
    assert_null(xml_read(arena, buf_view(&b), &why));
    assert_str(why, "line 1: nested deeper than 64 levels");
    buf_fini(&b);
    const struct xml *x = xml_read(arena, STR("<n:a xmlns:n='u' k='v'>t<b>1 &amp; 2<!-- c --> 3</b>u</n:a>"), &why);
    assert_str(x->name, "a");
    assert_str(xml_child(x, STR("b"))->text, "1 & 2 3");
    assert_str(x->text, "");
}

/* ---- errors, times ---- */

static struct aws_error error(const char *service, const char *op, int code, const char *body)
{
    struct http_reply r = { .code = code, .body = str_of(body) };
    struct aws_error e;
    wire_error(arena, operation(service, op), &r, &e);
    return e;
}

static void errors_are_read(void **state)
{
    (void)state;
    struct aws_error e = error("ec2", "CreateVpc", 400,
                               "<Response><Errors><Error><Code>VpcLimitExceeded</Code><Message>full</Message></Error></Errors><RequestID>r</RequestID></Response>");
    assert_str(e.code, "VpcLimitExceeded");
    assert_str(e.message, "full");
    assert_str(e.request_id, "r");
    assert_int_equal(e.http, 400);
    e = error("eks", "CreateCluster", 409, "{\"__type\":\"a.b#ResourceInUseException:http://x\",\"message\":\"m\"}");
    assert_str(e.code, "ResourceInUseException");
    e = error("ec2", "CreateVpc", 502, "<!doctype html><html>\n<h1>Bad  Gateway</h1></html>");
    assert_str(e.code, "HTTP 502");
    assert_str(e.message, "Bad Gateway");
    e = error("s3", "HeadBucket", 404, "");
    assert_str(e.code, "HTTP 404");
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
        struct str back = time_text(arena, good[i].ms, TIME_ISO8601);
        assert_true(time_parse(back, &ms));
        assert_int_equal(ms, good[i].ms);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (time_parse(str_of(bad[i]), &ms))
            fail_msg("%s is taken", bad[i]);
    assert_str(time_text(arena, -500, TIME_ISO8601), "1969-12-31T23:59:59.500Z");
    assert_str(time_text(arena, INT64_C(1709164800000), TIME_RFC822), "Thu, 29 Feb 2024 00:00:00 GMT");
    assert_str(time_text(arena, INT64_C(1709164800250), TIME_UNIX), "1709164800.250");
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
        cmocka_unit_test(times_go_out_in_the_form_of_the_place),
        cmocka_unit_test(secrets_reach_the_wire),
        cmocka_unit_test(none_is_not_sent),
        cmocka_unit_test(bad_inputs_are_refused),
        cmocka_unit_test(unknown_values_are_refused),
        cmocka_unit_test(ec2_replies),
        cmocka_unit_test(query_replies),
        cmocka_unit_test(json_replies),
        cmocka_unit_test(xml_replies),
        cmocka_unit_test(headers_are_read),
        cmocka_unit_test(hostile_xml_is_refused),
        cmocka_unit_test(errors_are_read),
        cmocka_unit_test(times_are_read_and_written),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
