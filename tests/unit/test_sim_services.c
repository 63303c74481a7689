/* test_sim_services.c - the simulated parameter store, queues, event rules, log groups: what they take, refuse and show. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>
#include "sim_test.h"

static struct sim_test *exact(void)
{
    return sim_test_new(&(struct sim_options){ .exact = true });
}

/* ---- parameters ---- */
static const char *parameter(struct sim_test *t, const char *name, bool open)
{
    return sim_text(t, sim_ok(t, "ssm", "GetParameter", sim_json(t, "{'Name':'%s','WithDecryption':%s}", name, open ? "true" : "false")), "Parameter.Value");
}

static void a_parameter_is_overwritten_only_when_asked(void **state)
{
    struct sim_test *t = exact();
    const struct value *r;

    (void)state;
    sim_fails(t, "ssm", "PutParameter", "{\"Name\":\"/aws/x\",\"Value\":\"1\",\"Type\":\"String\"}", "ValidationException");
    sim_fails(t, "ssm", "PutParameter", "{\"Name\":\"/a\",\"Value\":\"1\"}", "ValidationException");
    r = sim_ok(t, "ssm", "PutParameter", "{\"Name\":\"/a\",\"Value\":\"1\",\"Type\":\"String\",\"Description\":\"d\",\"Tags\":[{\"Key\":\"k\",\"Value\":\"v\"}]}");
    assert_string_equal(sim_text(t, r, "Version"), "1");
    assert_string_equal(sim_text(t, r, "Tier"), "Standard");
    sim_fails(t, "ssm", "PutParameter", "{\"Name\":\"/a\",\"Value\":\"2\",\"Type\":\"String\"}", "ParameterAlreadyExists");
    sim_fails(t, "ssm", "PutParameter", "{\"Name\":\"/a\",\"Value\":\"2\",\"Overwrite\":true,\"Tags\":[{\"Key\":\"k\",\"Value\":\"v\"}]}", "ValidationException");
    sim_fails(t, "ssm", "PutParameter", "{\"Name\":\"/a\",\"Value\":\"2\",\"Overwrite\":true,\"Type\":\"SecureString\"}", "HierarchyTypeMismatchException");
    r = sim_ok(t, "ssm", "PutParameter", "{\"Name\":\"/a\",\"Value\":\"2\",\"Overwrite\":true,\"Tier\":\"Advanced\"}");
    assert_string_equal(sim_text(t, r, "Version"), "2");
    sim_fails(t, "ssm", "PutParameter", "{\"Name\":\"/a\",\"Value\":\"2\",\"Overwrite\":true,\"Tier\":\"Standard\"}", "ValidationException");
    assert_string_equal(parameter(t, "/a", false), "2");
    r = sim_ok(t, "ssm", "DescribeParameters", "{\"ParameterFilters\":[{\"Key\":\"Name\",\"Option\":\"Equals\",\"Values\":[\"/a\"]}]}");
    assert_string_equal(sim_text(t, r, "Parameters.0.Description"), "d");
    assert_string_equal(sim_text(t, r, "Parameters.0.Tier"), "Advanced");
    assert_string_equal(sim_text(t, sim_ok(t, "ssm", "ListTagsForResource", "{\"ResourceType\":\"Parameter\",\"ResourceId\":\"/a\"}"), "TagList.0.Value"), "v");
    sim_ok(t, "ssm", "DeleteParameter", "{\"Name\":\"/a\"}");
    sim_fails(t, "ssm", "GetParameter", "{\"Name\":\"/a\"}", "ParameterNotFound");
    sim_test_free(t);
}

static void a_secure_parameter_is_read_with_decryption(void **state)
{
    struct sim_test *t = exact();
    struct buf b = { 0 };

    (void)state;
    sim_fails(t, "ssm", "PutParameter", "{\"Name\":\"/s\",\"Value\":\"canary-1\",\"Type\":\"SecureString\",\"KeyId\":\"none\"}", "InvalidKeyId");
    sim_fails(t, "ssm", "PutParameter", "{\"Name\":\"/s\",\"Value\":\"x\",\"Type\":\"String\",\"KeyId\":\"alias/aws/ssm\"}", "ValidationException");
    sim_ok(t, "ssm", "PutParameter", "{\"Name\":\"/s\",\"Value\":\"canary-1\",\"Type\":\"SecureString\"}");
    assert_string_equal(parameter(t, "/s", true), "canary-1");
    assert_null(strstr(parameter(t, "/s", false), "canary"));
    value_print(&b, sim_dump(t->sim, t->a));
    assert_int_equal(str_find(buf_view(&b), STR("canary")), SIZE_MAX);
    buf_fini(&b);
    sim_test_free(t);
}

static void parameters_are_listed_by_path(void **state)
{
    static const char *const names[] = { "/a/x", "/a/y", "/a/b/z", "/ab" };
    struct sim_test *t = exact();
    const struct value *r;
    size_t i;

    (void)state;
    for (i = 0; i < 4; i++)
        sim_ok(t, "ssm", "PutParameter", sim_json(t, "{'Name':'%s','Value':'1','Type':'String'}", names[i]));
    r = sim_ok(t, "ssm", "GetParametersByPath", "{\"Path\":\"/a\"}");
    assert_int_equal(value_get(r, STR("Parameters"))->list.n, 2);
    r = sim_ok(t, "ssm", "GetParametersByPath", "{\"Path\":\"/a/\",\"Recursive\":true}");
    assert_int_equal(value_get(r, STR("Parameters"))->list.n, 3);
    r = sim_ok(t, "ssm", "GetParameters", "{\"Names\":[\"/ab\",\"/none\"]}");
    assert_string_equal(sim_text(t, r, "Parameters.0.Name"), "/ab");
    assert_string_equal(sim_text(t, r, "InvalidParameters.0"), "/none");
    sim_test_free(t);
}

/* ---- queues ---- */
static const char *queue(struct sim_test *t, const char *name)
{
    return sim_text(t, sim_ok(t, "sqs", "CreateQueue", sim_json(t, "{'QueueName':'%s'}", name)), "QueueUrl");
}

static const char *attribute(struct sim_test *t, const char *url, const char *name)
{
    return sim_text(t, sim_ok(t, "sqs", "GetQueueAttributes", sim_json(t, "{'QueueUrl':'%s','AttributeNames':['%s']}", url, name)),
                    str_c(t->a, str_fmt(t->a, "Attributes.%s", name)));
}

static void set(struct sim_test *t, const char *url, const char *name, const char *text)
{
    sim_ok(t, "sqs", "SetQueueAttributes", sim_json(t, "{'QueueUrl':'%s','Attributes':{'%s':'%s'}}", url, name, text));
}

static void refuses(struct sim_test *t, const char *url, const char *name, const char *text, const char *code)
{
    sim_fails(t, "sqs", "SetQueueAttributes", sim_json(t, "{'QueueUrl':'%s','Attributes':{'%s':'%s'}}", url, name, text), code);
}

static void a_queue_is_made_again_only_as_it_is(void **state)
{
    struct sim_test *t = exact();
    const char *url = queue(t, "q");

    (void)state;
    assert_string_equal(queue(t, "q"), url);
    assert_string_equal(sim_text(t, sim_ok(t, "sqs", "CreateQueue", "{\"QueueName\":\"q\",\"Attributes\":{\"DelaySeconds\":\"0\"}}"), "QueueUrl"), url);
    sim_fails(t, "sqs", "CreateQueue", "{\"QueueName\":\"q\",\"Attributes\":{\"DelaySeconds\":\"1\"}}", "QueueAlreadyExists");
    assert_string_equal(attribute(t, url, "QueueArn"), "arn:aws:sqs:eu-west-1:111122223333:q");
    sim_ok(t, "sqs", "DeleteQueue", sim_json(t, "{'QueueUrl':'%s'}", url));
    sim_fails(t, "sqs", "GetQueueUrl", "{\"QueueName\":\"q\"}", "AWS.SimpleQueueService.NonExistentQueue");
    sim_fails(t, "sqs", "CreateQueue", "{\"QueueName\":\"q\"}", "AWS.SimpleQueueService.QueueDeletedRecently");
    sim_test_pass(t, 61000);
    queue(t, "q");
    sim_test_free(t);
}

static void attributes_have_bounds(void **state)
{
    struct sim_test *t = exact();
    const char *url = queue(t, "q"), *fifo, *dead = queue(t, "dead");

    (void)state;
    refuses(t, url, "DelaySeconds", "901", "InvalidAttributeValue");
    refuses(t, url, "MessageRetentionPeriod", "59", "InvalidAttributeValue");
    refuses(t, url, "Colour", "red", "InvalidAttributeName");
    refuses(t, url, "ContentBasedDeduplication", "true", "InvalidAttributeName");
    refuses(t, url, "Policy", "no", "InvalidAttributeValue");
    refuses(t, url, "RedrivePolicy", "{\\\"deadLetterTargetArn\\\":\\\"arn:aws:sqs:eu-west-1:111122223333:none\\\",\\\"maxReceiveCount\\\":3}", "InvalidParameterValue");
    set(t, url, "RedrivePolicy", "{\\\"deadLetterTargetArn\\\":\\\"arn:aws:sqs:eu-west-1:111122223333:dead\\\",\\\"maxReceiveCount\\\":3}");
    assert_non_null(strstr(attribute(t, url, "RedrivePolicy"), "maxReceiveCount"));
    set(t, url, "RedrivePolicy", "");
    assert_string_equal(attribute(t, url, "RedrivePolicy"), "");
    set(t, url, "KmsMasterKeyId", "alias/aws/sqs");
    assert_string_equal(attribute(t, url, "SqsManagedSseEnabled"), "false");
    sim_fails(t, "sqs", "CreateQueue", "{\"QueueName\":\"f\",\"Attributes\":{\"FifoQueue\":\"true\"}}", "InvalidParameterValue");
    sim_fails(t, "sqs", "CreateQueue", "{\"QueueName\":\"f.fifo\"}", "InvalidParameterValue");
    fifo = sim_text(t, sim_ok(t, "sqs", "CreateQueue", "{\"QueueName\":\"f.fifo\",\"Attributes\":{\"FifoQueue\":\"true\"}}"), "QueueUrl");
    assert_string_equal(attribute(t, fifo, "DeduplicationScope"), "queue");
    refuses(t, fifo, "RedrivePolicy", "{\\\"deadLetterTargetArn\\\":\\\"arn:aws:sqs:eu-west-1:111122223333:dead\\\",\\\"maxReceiveCount\\\":3}", "InvalidParameterValue");
    assert_string_not_equal(dead, "");
    sim_test_free(t);
}

static void attributes_show_after_a_while(void **state)
{
    struct sim_test *t = sim_test_new(&(struct sim_options){ .seed = 1 });
    const char *url = queue(t, "q");

    (void)state;
    sim_test_pass(t, 5000);
    set(t, url, "DelaySeconds", "5");
    assert_string_equal(attribute(t, url, "DelaySeconds"), "0");
    sim_test_pass(t, 5000);
    assert_string_equal(attribute(t, url, "DelaySeconds"), "5");
    sim_test_free(t);
}

/* ---- rules ---- */
static void put_rule(struct sim_test *t)
{
    sim_ok(t, "events", "PutRule", "{\"Name\":\"r\",\"EventPattern\":\"{\\\"source\\\":[\\\"aws.ec2\\\"]}\",\"Description\":\"d\",\"Tags\":[{\"Key\":\"k\",\"Value\":\"v\"}]}");
}

static void a_rule_is_put_as_a_whole(void **state)
{
    struct sim_test *t = exact();
    const struct value *r;

    (void)state;
    sim_fails(t, "events", "PutRule", "{\"Name\":\"r\"}", "ValidationException");
    sim_fails(t, "events", "PutRule", "{\"Name\":\"r\",\"EventPattern\":\"no\"}", "InvalidEventPatternException");
    sim_fails(t, "events", "PutRule", "{\"Name\":\"r\",\"ScheduleExpression\":\"often\"}", "ValidationException");
    sim_fails(t, "events", "PutRule", "{\"Name\":\"r\",\"EventPattern\":\"{}\",\"EventBusName\":\"mine\"}", "ResourceNotFoundException");
    put_rule(t);
    r = sim_ok(t, "events", "DescribeRule", "{\"Name\":\"r\"}");
    assert_string_equal(sim_text(t, r, "Arn"), "arn:aws:events:eu-west-1:111122223333:rule/r");
    assert_string_equal(sim_text(t, r, "State"), "ENABLED");
    sim_ok(t, "events", "PutRule", "{\"Name\":\"r\",\"ScheduleExpression\":\"rate(5 minutes)\",\"State\":\"DISABLED\"}");
    r = sim_ok(t, "events", "DescribeRule", "{\"Name\":\"r\",\"EventBusName\":\"default\"}");
    assert_string_equal(sim_text(t, r, "EventPattern"), "");
    assert_string_equal(sim_text(t, r, "Description"), "");
    assert_string_equal(sim_text(t, r, "State"), "DISABLED");
    r = sim_ok(t, "events", "ListTagsForResource", "{\"ResourceARN\":\"arn:aws:events:eu-west-1:111122223333:rule/r\"}");
    assert_string_equal(sim_text(t, r, "Tags.0.Value"), "v");
    sim_ok(t, "events", "DeleteRule", "{\"Name\":\"r\"}");
    sim_ok(t, "events", "DeleteRule", "{\"Name\":\"r\"}");
    sim_fails(t, "events", "DescribeRule", "{\"Name\":\"r\"}", "ResourceNotFoundException");
    sim_test_free(t);
}

static const char *target(struct sim_test *t, const char *id, const char *arn)
{
    return sim_json(t, "{'Rule':'r','Targets':[{'Id':'%s','Arn':'%s'}]}", id, arn);
}

static void a_success_may_refuse_targets(void **state)
{
    struct sim_test *t = exact();
    const struct value *r;
    int i;

    (void)state;
    sim_fails(t, "events", "PutTargets", target(t, "a", "arn:aws:lambda:eu-west-1:111122223333:function:f"), "ResourceNotFoundException");
    put_rule(t);
    queue(t, "q");
    sim_fails(t, "events", "PutTargets", target(t, "a", "q"), "ValidationException");
    r = sim_ok(t, "events", "PutTargets", target(t, "a", "arn:aws:sqs:eu-west-1:111122223333:none"));
    assert_string_equal(sim_text(t, r, "FailedEntryCount"), "1");
    assert_string_equal(sim_text(t, r, "FailedEntries.0.ErrorCode"), "ResourceNotFoundException");
    for (i = 0; i < 5; i++)
        sim_ok(t, "events", "PutTargets", target(t, str_c(t->a, str_fmt(t->a, "t%d", i)), "arn:aws:sqs:eu-west-1:111122223333:q"));
    sim_fails(t, "events", "PutTargets", target(t, "t5", "arn:aws:sqs:eu-west-1:111122223333:q"), "LimitExceededException");
    sim_fails(t, "events", "DeleteRule", "{\"Name\":\"r\"}", "ValidationException");
    assert_string_equal(sim_text(t, sim_ok(t, "events", "ListTargetsByRule", "{\"Rule\":\"r\"}"), "Targets.4.Id"), "t4");
    assert_string_equal(sim_text(t, sim_ok(t, "events", "ListRuleNamesByTarget", "{\"TargetArn\":\"arn:aws:sqs:eu-west-1:111122223333:q\"}"), "RuleNames.0"), "r");
    sim_ok(t, "events", "RemoveTargets", "{\"Rule\":\"r\",\"Ids\":[\"t0\",\"t1\",\"t2\",\"t3\",\"t4\",\"none\"]}");
    sim_ok(t, "events", "DeleteRule", "{\"Name\":\"r\"}");
    sim_test_free(t);
}

/* ---- log groups ---- */
static void a_log_group_keeps_what_it_is_told(void **state)
{
    struct sim_test *t = exact();
    const struct value *r;

    (void)state;
    sim_ok(t, "logs", "CreateLogGroup", "{\"logGroupName\":\"/a/b\",\"tags\":{\"k\":\"v\"}}");
    sim_ok(t, "logs", "CreateLogGroup", "{\"logGroupName\":\"/a\"}");
    sim_fails(t, "logs", "CreateLogGroup", "{\"logGroupName\":\"/a\"}", "ResourceAlreadyExistsException");
    sim_fails(t, "logs", "CreateLogGroup", "{\"logGroupName\":\"/c\",\"kmsKeyId\":\"arn:aws:kms:eu-west-1:111122223333:key/none\"}", "InvalidParameterException");
    r = sim_ok(t, "logs", "DescribeLogGroups", "{\"logGroupNamePrefix\":\"/a\"}");
    assert_string_equal(sim_text(t, r, "logGroups.0.logGroupName"), "/a");
    assert_string_equal(sim_text(t, r, "logGroups.1.logGroupName"), "/a/b");
    assert_string_equal(sim_text(t, r, "logGroups.0.arn"), "arn:aws:logs:eu-west-1:111122223333:log-group:/a:*");
    sim_fails(t, "logs", "PutRetentionPolicy", "{\"logGroupName\":\"/a\",\"retentionInDays\":2}", "InvalidParameterException");
    sim_ok(t, "logs", "PutRetentionPolicy", "{\"logGroupName\":\"/a\",\"retentionInDays\":3}");
    assert_string_equal(sim_text(t, sim_ok(t, "logs", "DescribeLogGroups", "{}"), "logGroups.0.retentionInDays"), "3");
    sim_ok(t, "logs", "DeleteRetentionPolicy", "{\"logGroupName\":\"/a\"}");
    assert_string_equal(sim_text(t, sim_ok(t, "logs", "DescribeLogGroups", "{}"), "logGroups.0.retentionInDays"), "");
    r = sim_ok(t, "logs", "ListTagsForResource", "{\"resourceArn\":\"arn:aws:logs:eu-west-1:111122223333:log-group:/a/b\"}");
    assert_string_equal(sim_text(t, r, "tags.k"), "v");
    sim_ok(t, "logs", "PutLogGroupDeletionProtection", "{\"logGroupIdentifier\":\"/a\",\"deletionProtectionEnabled\":true}");
    sim_fails(t, "logs", "DeleteLogGroup", "{\"logGroupName\":\"/a\"}", "ValidationException");
    sim_ok(t, "logs", "PutLogGroupDeletionProtection", "{\"logGroupIdentifier\":\"/a\",\"deletionProtectionEnabled\":false}");
    sim_ok(t, "logs", "DeleteLogGroup", "{\"logGroupName\":\"/a\"}");
    sim_fails(t, "logs", "DeleteLogGroup", "{\"logGroupName\":\"/a\"}", "ResourceNotFoundException");
    sim_test_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_parameter_is_overwritten_only_when_asked), cmocka_unit_test(a_secure_parameter_is_read_with_decryption), cmocka_unit_test(parameters_are_listed_by_path),
        cmocka_unit_test(a_queue_is_made_again_only_as_it_is), cmocka_unit_test(attributes_have_bounds), cmocka_unit_test(attributes_show_after_a_while),
        cmocka_unit_test(a_rule_is_put_as_a_whole), cmocka_unit_test(a_success_may_refuse_targets), cmocka_unit_test(a_log_group_keeps_what_it_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
