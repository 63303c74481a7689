/* The codec by example: replies and errors as AWS writes them, and what is not AWS's own. */
#include "codec_kit.h"
#include <string.h>
#include "kc/aws.h"
#include "kc/json.h"
#include "wire/wire.h"
#include "wire/xml.h"

static const struct header signed_by_aws[] = { { { "x-amzn-requestid", 16 }, { "r", 1 } } };

/* The reply as a tree, or why it is none. */
static struct str tree_with(const char *service, const char *op, int code, const struct header *h, size_t n, const char *body)
{
    struct http_reply r = { .code = code, .headers = h, .nheaders = n, .body = str_of(body) };
    struct str why = STR_NONE;
    const struct value *v = wire_reply(codec_arena, codec_operation(service, op), &r, &why);
    if (!v)
        return why;
    struct buf b = { 0 };
    json_write(&b, v, JSON_PLAIN, true);
    return buf_take(&b, codec_arena);
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
    const struct value *v = wire_reply(codec_arena, codec_operation("s3", "HeadObject"), &r, &why);
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
    assert_null(xml_read(codec_arena, STR("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>"), &why));
    assert_str(why, "line 1: it has a document type, which no reply of AWS has");
    assert_null(xml_read(codec_arena, STR("<a>&b;</a>"), &why));
    assert_null(xml_read(codec_arena, STR("<a><b></a>"), &why));
    assert_null(xml_read(codec_arena, STR(""), &why));
    struct buf b = { 0 };
    for (int i = 0; i < 65; i++)
        buf_cstr(&b, "<a>");
    assert_null(xml_read(codec_arena, buf_view(&b), &why));
    assert_str(why, "line 1: nested deeper than 64 levels");
    buf_fini(&b);
    const struct xml *x = xml_read(codec_arena, STR("<n:a xmlns:n='u' k='v'>t<b>1 &amp; 2<!-- c --> 3</b>u</n:a>"), &why);
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

/* ---- errors ---- */

static bool error_with(const char *service, const char *op, int code, const struct header *h, size_t n, const char *body, struct answer_error *e)
{
    struct http_reply r = { .code = code, .headers = h, .nheaders = n, .body = str_of(body) };
    return wire_error(codec_arena, codec_operation(service, op), &r, e);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
    };
    return cmocka_run_group_tests(tests, codec_begin, codec_end);
}
