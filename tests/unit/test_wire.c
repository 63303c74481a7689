/* The codec by example: literal requests as AWS expects them, replies as AWS writes them. Every operation with random parameters is
 * compared with botocore in tests/conformance; this is what holds without Python. */
#include "kctest.h"
#include <string.h>
#include "kc/aws.h"
#include "kc/hash.h"
#include "kc/json.h"
#include "kc/lang.h"
#include "kc/term.h"
#include "wire/wire.h"
#include "wire/xml.h"

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
    assert_false(wire_request(arena, operation(service, op), input, &w, &why));
    return why;
}

static const struct header signed_by_aws[] = { { { "x-amzn-requestid", 16 }, { "r", 1 } } };

/* The reply as a tree, or why it is none. */
static struct str tree_with(const char *service, const char *op, int code, const struct header *h, size_t n, const char *body)
{
    struct http_reply r = { .code = code, .headers = h, .nheaders = n, .body = str_of(body) };
    struct str why = STR_NONE;
    const struct value *v = wire_reply(arena, operation(service, op), &r, &why);
    if (!v)
        return why;
    struct buf b = { 0 };
    json_write(&b, v, JSON_PLAIN, true);
    return buf_take(&b, arena);
}

static struct str tree(const char *service, const char *op, int code, const char *body)
{
    return tree_with(service, op, code, signed_by_aws, 1, body);
}

static struct str typed(const char *service, const char *op, int code, const char *type, const char *body)
{
    const struct header h[] = { signed_by_aws[0], { STR("content-type"), str_of(type) } };
    return tree_with(service, op, code, h, 2, body);
}

static struct str without_id(const char *service, const char *op, int code, const char *body)
{
    return tree_with(service, op, code, NULL, 0, body);
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

static const struct value *file_of(const char *path, uint64_t size)
{
    struct digest d = { .n = sizeof d.sum, .size = size, .path = str_of(path), .changed = 7 };
    memset(d.sum, 0xab, sizeof d.sum);
    return value_digest(arena, &d, false);
}

#define ABAB "abababababababababababababababababababababababababababababababab"
static void a_file_is_a_body_beside_the_request(void **state)
{
    (void)state;
    const struct value *in = value_with(arena, json("{\"Bucket\":\"bkt\",\"Key\":\"k\"}"), STR("Body"), file_of("/big.bin", 3000000000));
    const struct credentials keys = { .key = STR("AKID"), .secret = STR("s") };
    struct endpoint e = { .url = STR("https://s3.eu-west-1.amazonaws.com"), .host = STR("s3.eu-west-1.amazonaws.com"), .sign_region = STR("eu-west-1") };
    struct http_request out = { 0 };
    struct str why;
    assert_true(wire_outgoing(arena, operation("s3", "PutObject"), in, e, &keys, 0, &out, &why));
    assert_int_equal(out.body.n, 0);
    assert_str(out.file->path, "/big.bin");
    assert_int_equal(out.file->size, 3000000000);
    assert_int_equal(out.file->changed, 7);
    assert_str(hex(arena, out.file->sha256, 32), ABAB);
    assert_str(header_of(out.headers, out.nheaders, "x-amz-content-sha256"), ABAB);
    in = value_with(arena, json("{\"Name\":\"n\"}"), STR("SecretBinary"), file_of("/big.bin", 70000));
    assert_str(refusal("secretsmanager", "CreateSecret", in), "SecretBinary: must be a string, not value that is not kept");
    in = value_with(arena, json("{\"Bucket\":\"b\",\"Key\":\"k\"}"), STR("Body"), file_of("", 70000));
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
    assert_str(tree("ec2", "DescribeVpcs", 200, "<DescribeVpcsResponse><vpcSet/></DescribeVpcsResponse>"), "{\"Vpcs\":[]}");
    assert_str(tree("ec2", "DescribeVpcs", 200, "<DescribeVpcsResponse/>"), "{}");
    assert_str(tree("ec2", "DescribeNatGateways", 200, "<DescribeNatGatewaysResponse><natGatewaySet><item><createTime>2026-11-22T08:43:05.000Z</createTime></item>"
                    "</natGatewaySet></DescribeNatGatewaysResponse>"),
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
    assert_str(tree("iam", "GetRole", 200, "<GetRoleResponse/>"), "GetRoleResult is missing");
}

static void json_replies(void **state)
{
    (void)state;
    assert_str(tree("eks", "DescribeCluster", 200, "{\"cluster\":{\"name\":\"c\",\"createdAt\":1795341785.5,\"tags\":{\"a\":\"b\",\"n\":null},\"roleArn\":null,\"new\":1}}"),
               "{\"cluster\":{\"name\":\"c\",\"createdAt\":1795341785500,\"tags\":{\"a\":\"b\"}}}");
    assert_str(tree("ssm", "GetParameter", 200, "{\"Parameter\":{\"Version\":3.0,\"Value\":7}}"), "{\"Parameter\":{\"Value\":\"7\",\"Version\":3}}");
    assert_str(tree("eks", "DescribeCluster", 200, "{\"cluster\":{\"createdAt\":\"soon\"}}"), "createdAt is not a time");
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
    assert_str(tree("s3", "CopyObject", 200, "<Error><Code>SlowDown</Code></Error>"), "it is an error (SlowDown) with a success status");
    assert_str(tree("s3", "HeadBucket", 200, ""), "{}");
}

static void headers_are_read(void **state)
{
    (void)state;
    const struct header h[] = { { STR("etag"), STR("\"x\"") }, { STR("content-length"), STR("12") }, { STR("x-amz-meta-by"), STR("kc") },
                                { STR("last-modified"), STR("Sun, 22 Nov 2026 08:43:05 GMT") }, { STR("x-amz-request-id"), STR("r") } };
    struct http_reply r = { .code = 200, .headers = h, .nheaders = 5 };
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

/* ---- what is not AWS's own ---- */

static const char page[] = "<html><head><title>Sign in</title></head><body>Hotel guests only</body></html>";

static void web_pages_are_no_replies(void **state)
{
    (void)state;
    static const char *const ops[][2] = { { "ec2", "CreateVpc" }, { "ec2", "DeleteVpc" }, { "iam", "DeleteRole" }, { "eks", "DescribeCluster" }, { "eks", "TagResource" },
                                          { "sqs", "TagQueue" }, { "ssm", "GetParameter" }, { "s3", "PutBucketVersioning" }, { "s3", "GetBucketVersioning" },
                                          { "s3", "HeadBucket" }, { "route53", "GetHostedZone" } };
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        assert_str(typed(ops[i][0], ops[i][1], 200, "Text/HTML; charset=utf-8", page), "it is a web page");
        if (strcmp(ops[i][1], "HeadBucket") != 0)          /* which has no body to look into */
            assert_true(tree(ops[i][0], ops[i][1], 200, page).s[0] != '{');
    }
    assert_str(tree("s3", "PutBucketVersioning", 200, "<HTML/>"), "it is a web page");
    assert_str(typed("s3", "GetObject", 200, "text/html", "abc"), "{\"ContentType\":\"text/html\",\"Body\":\"YWJj\"}");   /* the object's own type */
    assert_str(typed("s3", "HeadObject", 200, "text/html", ""), "{\"ContentType\":\"text/html\"}");
}

static void a_reply_has_the_request_id(void **state)
{
    (void)state;
    static const char *const names[] = { "x-amzn-requestid", "X-Amzn-RequestId", "x-amzn-request-id", "x-amz-request-id", "x-amz-id-2" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct header h = { str_of(names[i]), STR("r") }, empty = { str_of(names[i]), STR(" ") };
        assert_str(tree_with("eks", "ListClusters", 200, &h, 1, "{\"clusters\":[]}"), "{\"clusters\":[]}");
        assert_str(tree_with("eks", "ListClusters", 200, &empty, 1, "{\"clusters\":[]}"), "it has no request id of AWS");
    }
    assert_str(without_id("ssm", "DescribeParameters", 200, "{\"Parameters\":[]}"), "it has no request id of AWS");
    assert_str(without_id("s3", "HeadBucket", 200, ""), "it has no request id of AWS");
    assert_str(without_id("s3", "DeleteBucket", 204, ""), "it has no request id of AWS");
    assert_str(without_id("s3", "GetObject", 200, "abc"), "it has no request id of AWS");
    assert_str(without_id("route53", "GetHostedZone", 200, "<GetHostedZoneResponse/>"), "it has no request id of AWS");
    assert_str(without_id("ec2", "DeleteVpc", 200, "<DeleteVpcResponse><return>true</return></DeleteVpcResponse>"), "it has no request id of AWS");
    assert_str(without_id("ec2", "DeleteVpc", 200, "<DeleteVpcResponse><requestId>r</requestId><return>true</return></DeleteVpcResponse>"), "{}");
    assert_str(without_id("iam", "DeleteRole", 200, "<DeleteRoleResponse/>"), "it has no request id of AWS");
    assert_str(without_id("iam", "DeleteRole", 200, "<DeleteRoleResponse><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></DeleteRoleResponse>"), "{}");
    assert_str(without_id("iam", "DeleteRole", 200, "<DeleteRoleResponse><ResponseMetadata><RequestId/></ResponseMetadata></DeleteRoleResponse>"),
               "it has no request id of AWS");
}

static void a_reply_has_the_root_of_its_operation(void **state)
{
    (void)state;
    assert_str(tree("ec2", "CreateVpc", 200, "<CreateSubnetResponse/>"), "the body is <CreateSubnetResponse>, not <CreateVpcResponse>");
    assert_str(tree("ec2", "DeleteVpc", 200, "<Response><Errors/></Response>"), "the body is <Response>, not <DeleteVpcResponse>");
    assert_str(tree("ec2", "DeleteVpc", 200, ""), "the body is not readable XML: line 1: no element found");
    assert_str(tree("ec2", "CreateVpc", 200, "<CreateVpcResponse><vpc><vpcId>vpc-1</vpc"), "the body is not readable XML: line 1: unclosed token");
    assert_str(tree("iam", "GetRole", 200, "<ListRolesResponse><GetRoleResult/></ListRolesResponse>"), "the body is <ListRolesResponse>, not <GetRoleResponse>");
    assert_str(tree("iam", "DeleteRole", 200, "<ErrorResponse/>"), "the body is <ErrorResponse>, not <DeleteRoleResponse>");
    assert_str(tree("elbv2", "DeleteLoadBalancer", 200, "<DeleteLoadBalancerResponse/>"), "DeleteLoadBalancerResult is missing");
    assert_str(tree("elbv2", "DeleteLoadBalancer", 200, "<DeleteLoadBalancerResponse><DeleteLoadBalancerResult/></DeleteLoadBalancerResponse>"), "{}");
    assert_str(tree("route53", "DeleteHostedZone", 200, "<GetHostedZoneResponse/>"), "the body is <GetHostedZoneResponse>, not <DeleteHostedZoneResponse>");
    assert_str(tree("route53", "GetHostedZone", 200, ""), "the body is empty");
    assert_str(tree("route53", "ChangeTagsForResource", 200, ""), "{}");
    assert_str(tree("route53", "ChangeTagsForResource", 200, "<Other/>"), "the body is <Other>, not <ChangeTagsForResourceResponse>");
    assert_str(tree("route53", "ChangeTagsForResource", 200, "<ChangeTagsForResourceResponse/>"), "{}");
}

static void empty_is_believed_only_where_nothing_is_due(void **state)
{
    (void)state;
    assert_str(tree("eks", "DescribeCluster", 200, ""), "the body is empty");
    assert_str(tree("eks", "ListClusters", 200, " \n"), "the body is empty");
    assert_str(tree("eks", "DescribeCluster", 200, "null"), "the body is null");
    assert_str(tree("eks", "DescribeCluster", 200, "[]"), "the body is not an object");
    assert_str(tree("ssm", "GetParameter", 200, "\"x\""), "the body is not an object");
    assert_true(str_starts(tree("eks", "DescribeCluster", 200, "{\"cluster\":{"), STR("the body is not readable JSON: ")));
    assert_str(tree("sqs", "TagQueue", 200, ""), "{}");
    assert_str(tree("sqs", "TagQueue", 200, "null"), "{}");
    assert_true(str_starts(tree("sqs", "TagQueue", 200, "done"), STR("the body is not readable JSON: ")));
    assert_str(tree("eks", "DescribeCluster", 200, "{}"), "{}");   /* AWS's own: what must stand in it, the type's bindings say */
    assert_str(tree("s3", "GetBucketVersioning", 200, ""), "the body is empty");
    assert_str(tree("s3", "GetBucketPolicy", 200, ""), "the body is empty");
    assert_str(tree("s3", "PutBucketVersioning", 200, ""), "{}");
    assert_str(tree("s3", "PutBucketVersioning", 200, "OK"), "the body is not readable XML: line 1: syntax error");
    assert_str(tree("s3", "PutBucketVersioning", 200, "<Error><Code>InternalError</Code></Error>"), "it is an error (InternalError) with a success status");
    assert_str(tree("s3", "GetBucketVersioning", 200, "<VersioningConfiguration/>"), "{}");
    assert_str(tree("s3", "GetObject", 200, ""), "{\"Body\":\"\"}");
}

static void the_status_is_the_operations(void **state)
{
    (void)state;
    assert_str(tree("s3", "DeleteBucket", 204, ""), "{}");
    assert_str(tree("s3", "DeleteBucket", 200, ""), "the status is 200, not 204");
    assert_str(tree("s3", "PutBucketPolicy", 204, ""), "{}");
    assert_str(tree("s3", "GetBucketPolicy", 204, ""), "the status is 204, not 200");
    assert_str(tree("s3", "HeadBucket", 206, ""), "the status is 206, not 200");
    assert_str(tree("route53", "CreateHostedZone", 200, "<CreateHostedZoneResponse/>"), "the status is 200, not 201");
    assert_str(tree("eks", "DescribeCluster", 202, "{\"cluster\":{}}"), "the status is 202, not 200");
    assert_str(tree("ec2", "DeleteVpc", 204, ""), "the status is 204, not 200");
}

/* ---- errors, times ---- */

static bool error_with(const char *service, const char *op, int code, const struct header *h, size_t n, const char *body, struct answer_error *e)
{
    struct http_reply r = { .code = code, .headers = h, .nheaders = n, .body = str_of(body) };
    return wire_error(arena, operation(service, op), &r, e);
}

static struct answer_error error(const char *service, const char *op, int code, const char *body)
{
    struct answer_error e;
    bool believed = error_with(service, op, code, signed_by_aws, 1, body, &e);
    assert_int_equal(believed, !str_is(e.code, "NotBelieved"));
    return e;
}

static void errors_are_read(void **state)
{
    (void)state;
    struct answer_error e = error("ec2", "CreateVpc", 400,
                               "<Response><Errors><Error><Code>VpcLimitExceeded</Code><Message>full</Message></Error></Errors><RequestID>r-9</RequestID></Response>");
    assert_str(e.code, "VpcLimitExceeded");
    assert_str(e.message, "full");
    assert_str(e.request_id, "r-9");
    assert_int_equal(e.http, 400);
    e = error("eks", "CreateCluster", 409, "{\"__type\":\"a.b#ResourceInUseException:http://x\",\"message\":\"m\"}");
    assert_str(e.code, "ResourceInUseException");
    assert_str(e.request_id, "r");
    assert_str(error("s3", "HeadBucket", 404, "").code, "HTTP 404");
    assert_str(error("s3", "GetObject", 301, "<Error><Code>PermanentRedirect</Code></Error>").code, "PermanentRedirect");
    assert_str(error("route53", "ChangeResourceRecordSets", 400, "<InvalidChangeBatch><Messages><Message>a</Message></Messages></InvalidChangeBatch>").code, "InvalidChangeBatch");
}

static void what_is_no_error_of_aws_is_not_believed(void **state)
{
    static const struct { const char *service, *op; int code; const char *body; } cases[] = {
        { "ec2", "DeleteVpc", 404, page }, { "ec2", "DeleteVpc", 404, "" }, { "iam", "GetRole", 404, "Not Found" }, { "iam", "GetRole", 403, page },
        { "eks", "DescribeCluster", 404, "" }, { "eks", "DescribeCluster", 404, "{}" }, { "eks", "DescribeCluster", 404, "{\"message\":\"no\"}" },
        { "eks", "DescribeCluster", 404, "[\"ResourceNotFoundException\"]" }, { "ssm", "GetParameter", 400, "{\"__type\":\"ParameterNotF" },
        { "s3", "GetBucketPolicy", 404, "" }, { "s3", "GetBucketPolicy", 404, "<Error/>" }, { "route53", "GetHostedZone", 404, "<NoSuchHostedZone/>" },
        { "route53", "GetHostedZone", 400, "<Greeting><Messages><Message>hello</Message></Messages></Greeting>" },
        { "eks", "DeleteCluster", 302, "" }, { "s3", "HeadBucket", 301, "" }, { "s3", "HeadBucket", 999, "" },
        { "eks", "DeleteCluster", 999, "{\"__type\":\"ResourceNotFoundException\"}" }, { "ec2", "DeleteVpc", 302, page },
        { "ec2", "DeleteVpc", 200, "<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code></Error></Errors></Response>" },
    };
    static const struct { const char *service, *op, *body; } signless[] = {
        { "s3", "HeadBucket", "" }, { "eks", "DeleteCluster", "{\"__type\":\"ResourceNotFoundException\",\"message\":\"no\"}" },
        { "ec2", "DeleteVpc", "<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code></Error></Errors></Response>" },
        { "iam", "GetRole", "<ErrorResponse><Error><Code>NoSuchEntity</Code></Error></ErrorResponse>" }, { "s3", "DeleteBucket", "<Error><Code>NoSuchBucket</Code></Error>" },
    };
    struct answer_error e;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (error_with(cases[i].service, cases[i].op, cases[i].code, signed_by_aws, 1, cases[i].body, &e) || !str_is(e.code, "NotBelieved"))
            fail_msg("case %zu is believed: %.*s", i, STR_ARG(e.code));
    for (size_t i = 0; i < sizeof signless / sizeof *signless; i++)
        if (error_with(signless[i].service, signless[i].op, 404, NULL, 0, signless[i].body, &e) || !str_is(e.code, "NotBelieved"))
            fail_msg("without an id %s is believed: %.*s", signless[i].op, STR_ARG(e.code));
}

static void what_came_instead_is_told_without_secrets(void **state)
{
    struct answer_error e;
    const struct header type = { STR("content-type"), STR("text/html") };
    (void)state;
    assert_false(error_with("ec2", "DeleteVpc", 502, &type, 1, "<!doctype html><html>\n<h1>Bad  Gateway</h1></html>", &e));
    assert_str(e.message, "HTTP 502 with text/html is no reply of AWS to DeleteVpc: it is no error of AWS; from a proxy? It says: Bad Gateway");
    assert_int_equal(e.http, 502);
    error_with("ec2", "DeleteVpc", 403, NULL, 0, "Authorization: AWS4-HMAC-SHA256 Signature=5f58852869a4616ddc3825ad9099dfa6ebe39e2af31b was blocked", &e);
    assert_str(e.message, "HTTP 403 with no content type is no reply of AWS to DeleteVpc: it is no error of AWS; from a proxy? It says: "
                          "Authorization: AWS4-HMAC-SHA256 was blocked");
    error_with("secretsmanager", "CreateSecret", 403, NULL, 0, "you sent hunter2", &e);
    assert_str(e.message, "HTTP 403 with no content type is no reply of AWS to CreateSecret: it is no error of AWS");
    error_with("eks", "DeleteCluster", 302, NULL, 0, "", &e);
    assert_str(e.message, "HTTP 302 with no content type is no reply of AWS to DeleteCluster: it redirects, and kc does not follow redirects of signed requests");
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
        cmocka_unit_test(a_file_is_a_body_beside_the_request),
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
        cmocka_unit_test(web_pages_are_no_replies),
        cmocka_unit_test(a_reply_has_the_request_id),
        cmocka_unit_test(a_reply_has_the_root_of_its_operation),
        cmocka_unit_test(empty_is_believed_only_where_nothing_is_due),
        cmocka_unit_test(the_status_is_the_operations),
        cmocka_unit_test(errors_are_read),
        cmocka_unit_test(what_is_no_error_of_aws_is_not_believed),
        cmocka_unit_test(what_came_instead_is_told_without_secrets),
        cmocka_unit_test(times_are_read_and_written),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
