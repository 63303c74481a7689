/* The client against a scripted endpoint: what is sent again and what is not, whose word counts, clock, credentials. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "script_kit.h"

static struct answer create_cluster(enum repeat repeat)
{
    struct pair net = { STR("subnetIds"), value_list(script->a, (const struct value *const[]){ script_text("subnet-1") }, 1) };
    struct pair p[] = { { STR("name"), script_text("payments") }, { STR("roleArn"), script_text("arn:aws:iam::1:role/r") }, { STR("resourcesVpcConfig"), value_object(script->a, &net, 1) } };

    return script_call("eks", "CreateCluster", value_object(script->a, p, 3), repeat);
}

static void a_call_is_signed_and_answered(void **state)
{
    const struct test_request *rq;

    (void)state;
    script_say(NET_OK, 200, script_cluster);
    struct answer r = script_describe_cluster();
    assert_int_equal(r.class, ANSWER_OK);
    assert_true(str_is(value_at(r.reply, "cluster.status")->s, "ACTIVE"));
    assert_true(str_is(r.request_id, "id-1"));
    assert_int_equal(test_world_requests(script->t, &rq), 1);
    assert_true(str_is(rq->rq.url, "https://eks.eu-west-1.amazonaws.com/clusters/payments"));
    struct str auth = test_header(rq->rq.headers, rq->rq.nheaders, "authorization");
    assert_true(str_starts(auth, STR("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-west-1/eks/aws4_request, SignedHeaders=")));
    assert_int_equal(aws_stats(script->aws).reads, 1);
    assert_int_equal(aws_pending(script->aws), 0);
}

static void what_never_left_is_sent_again(void **state)
{
    (void)state;
    script_say(NET_NOT_SENT, 0, NULL);
    script_say(NET_NOT_SENT, 0, NULL);
    script_say(NET_OK, 200, script_cluster);
    struct answer r = create_cluster(REPEAT_ASK);
    assert_int_equal(r.class, ANSWER_OK);
    assert_int_equal(r.attempts, 3);
    script_forget();
    script_say(NET_NOT_SENT, 0, NULL);
    r = create_cluster(REPEAT_ASK);
    assert_int_equal(r.class, ANSWER_NOT_SENT);
    assert_true(str_is(r.error.message, "it broke"));
    assert_true(r.attempts > 3 && r.attempts < 10);
}

static void an_unknown_effect_goes_back_when_repeating_is_unsafe(void **state)
{
    (void)state;
    script_say(NET_UNKNOWN, 0, NULL);
    script_say(NET_OK, 200, script_cluster);
    assert_int_equal(create_cluster(REPEAT_ASK).class, ANSWER_UNKNOWN);
    assert_int_equal(script->at, 1);
    script->at = 0;
    assert_int_equal(create_cluster(REPEAT_ALWAYS).class, ANSWER_OK);
    assert_int_equal(script->at, 2);
    script_forget();
    script_say(NET_OK, 500, "");
    script_say(NET_OK, 200, "{\"cluster\":");
    script_say(NET_OK, 200, script_cluster);
    assert_int_equal(create_cluster(REPEAT_ASK).class, ANSWER_UNKNOWN);
    assert_int_equal(create_cluster(REPEAT_ASK).class, ANSWER_UNKNOWN);
    script->at = 0;
    assert_int_equal(create_cluster(REPEAT_ALWAYS).class, ANSWER_OK);
    assert_int_equal(script->at, 3);
}

static void the_same_bytes_go_out_again_but_for_date_and_signature(void **state)
{
    const struct test_request *rq;

    (void)state;
    script_say(NET_UNKNOWN, 0, NULL);
    script_say(NET_OK, 500, "");
    script_say(NET_OK, 200, script_cluster);
    test_world_latency(script->t, 3000);
    assert_int_equal(create_cluster(REPEAT_ALWAYS).class, ANSWER_OK);
    assert_int_equal(test_world_requests(script->t, &rq), 3);
    assert_true(str_eq(rq[0].rq.body, rq[2].rq.body));
    assert_false(str_eq(test_header(rq[0].rq.headers, rq[0].rq.nheaders, "authorization"), test_header(rq[2].rq.headers, rq[2].rq.nheaders, "authorization")));
}

static void doubt_outlives_a_later_throttle(void **state)
{
    (void)state;
    script_say(NET_UNKNOWN, 0, NULL);
    script_say(NET_OK, 429, script_throttle);
    assert_int_equal(create_cluster(REPEAT_ALWAYS).class, ANSWER_UNKNOWN);
}

static void throttles_are_waited_out(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++)
        script_say(NET_OK, 429, script_throttle);
    script_say(NET_OK, 200, script_cluster);
    int64_t start = world_now(script->w);
    struct answer r = create_cluster(REPEAT_ASK);
    assert_int_equal(r.class, ANSWER_OK);
    assert_int_equal(aws_stats(script->aws).throttles, 6);
    assert_true(world_now(script->w) - start > 2000 && world_now(script->w) - start < 200000);
    script_forget();
    script_say(NET_OK, 429, script_throttle);
    r = script_describe_cluster();
    assert_int_equal(r.class, ANSWER_THROTTLED);
    assert_true(str_is(r.error.code, "ThrottlingException"));
    assert_true(str_is(r.error.request_id, "id-1"));
}

static void an_outage_ends_in_bounded_work(void **state)
{
    (void)state;
    script_say(NET_OK, 503, "");
    for (int i = 0; i < 60; i++)
        assert_int_equal(script_describe_cluster().class, ANSWER_UNKNOWN);
    assert_true(script->at < 60 + 60);                          /* 500 tokens, 10 a retry */
}

static void refusals_are_told_as_they_are(void **state)
{
    static const struct { int code; const char *body; enum answer_class class; } cases[] = {
        { 400, "{\"__type\":\"InvalidParameterException\",\"message\":\"no\"}", ANSWER_REFUSED },
        { 404, "{\"__type\":\"ResourceNotFoundException\",\"message\":\"no\"}", ANSWER_REFUSED },
        { 403, "{\"__type\":\"AccessDeniedException\",\"message\":\"no\"}", ANSWER_DENIED },
        { 403, "{\"__type\":\"UnrecognizedClientException\",\"message\":\"no\"}", ANSWER_CREDENTIALS },
        { 403, "{\"__type\":\"ExpiredTokenException\",\"message\":\"no\"}", ANSWER_CREDENTIALS },
        { 400, "{\"__type\":\"LimitExceededException\",\"message\":\"no\"}", ANSWER_REFUSED },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        script_forget();
        script_say(NET_OK, cases[i].code, cases[i].body);
        struct answer r = script_describe_cluster();
        if (r.class != cases[i].class)
            fail_msg("case %zu: class %d, code %.*s", i, (int)r.class, STR_ARG(r.error.code));
        assert_int_equal(script->at, 1);
        assert_int_equal(r.error.http, cases[i].code);
    }
}

/* A page from between us and AWS is nothing that AWS said, whatever its status. */
static void what_is_not_from_aws_decides_nothing(void **state)
{
    static const char *const page = "<html><body>Blocked by policy</body></html>", *const gone = "{\"__type\":\"ResourceNotFoundException\"}";
    static const struct { int code; const char *const *body; } cases[] = {
        { 200, &page }, { 400, &page }, { 401, &page }, { 403, &page }, { 404, &page }, { 404, &gone }, { 302, &page }, { 429, &page }, { 503, &page }, { 999, &gone },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        script_forget();
        script_say_foreign(cases[i].code, *cases[i].body);
        struct answer r = create_cluster(REPEAT_ASK);
        if (r.class != ANSWER_UNKNOWN || !r.doubt || script->at != 1)
            fail_msg("case %zu: class %d after %zu", i, (int)r.class, script->at);
        assert_true(str_is(r.error.code, "NotBelieved"));
        assert_int_equal(r.error.http, cases[i].code);
        script_say(NET_OK, 200, script_cluster);           /* where repeating is safe it passes */
        script->at = 0;
        assert_int_equal(create_cluster(REPEAT_ALWAYS).class, ANSWER_OK);
        assert_int_equal(script->at, 2);
    }
    script_forget();
    script_say_foreign(403, page);
    struct answer r = script_describe_cluster();
    assert_int_equal(r.class, ANSWER_UNKNOWN);
    assert_null(r.reply);
    assert_true(str_is(r.error.message, "HTTP 403 with text/html is no reply of AWS to DescribeCluster: it is no error of AWS; from a proxy? It says: Blocked by policy"));
    script_forget();
    script_say(NET_OK, 200, "");                           /* AWS's id alone makes no reply */
    r = script_describe_cluster();
    assert_int_equal(r.class, ANSWER_UNKNOWN);
    assert_true(str_find(r.error.message, STR("the body is empty")) != SIZE_MAX);
}

static void doubt_outlives_a_later_denial(void **state)
{
    (void)state;
    script_say(NET_UNKNOWN, 0, NULL);
    script_say(NET_OK, 403, "{\"__type\":\"ExpiredTokenException\",\"message\":\"no\"}");
    assert_int_equal(create_cluster(REPEAT_ALWAYS).class, ANSWER_UNKNOWN);
    script->at = 0;
    assert_int_equal(script_describe_cluster().class, ANSWER_CREDENTIALS); /* a read has no effect to doubt */
    script_forget();
    script_say(NET_UNKNOWN, 0, NULL);
    script_say(NET_OK, 409, "{\"__type\":\"ResourceInUseException\",\"message\":\"there\"}");
    struct answer r = create_cluster(REPEAT_ALWAYS);
    assert_int_equal(r.class, ANSWER_REFUSED);
    assert_true(r.doubt);
}

static void a_body_that_could_not_be_sent_is_a_refusal(void **state)
{
    (void)state;
    script_say(NET_NO_BODY, 0, NULL);
    struct answer r = create_cluster(REPEAT_ALWAYS);
    assert_int_equal(r.class, ANSWER_REFUSED);
    assert_true(str_is(r.error.code, "FileChanged"));
    assert_true(str_find(r.error.message, STR("it broke. It was not sent; run kc again")) != SIZE_MAX);
    assert_false(r.doubt);
    assert_int_equal(script->at, 1);
    script_forget();
    script_say(NET_UNKNOWN, 0, NULL);
    script_say(NET_NO_BODY, 0, NULL);
    r = create_cluster(REPEAT_ALWAYS);
    assert_int_equal(r.class, ANSWER_REFUSED);
    assert_true(r.doubt);                                  /* the first time it may have been sent */
}

/* ---- the clock ---- */

static void the_clock_is_read_from_the_first_reply(void **state)
{
    const struct test_request *rq;

    (void)state;
    assert_int_equal(aws_clock_offset(script->aws), 0);
    script_step((struct step){ NET_OK, 200, script_cluster, "date", "Fri, 02 Jan 2026 00:04:05 GMT", true });
    script_describe_cluster();                             /* a proxy's clock is no clock */
    assert_int_equal(aws_clock_offset(script->aws), 0);
    script_forget();
    script_say_with(200, script_cluster, "date", "Fri, 02 Jan 2026 06:04:05 GMT");
    int64_t theirs = 1767333845000, sent = world_wall(script->w); /* the same, as ms */
    assert_int_equal(script_describe_cluster().class, ANSWER_OK);
    assert_in_range(aws_clock_offset(script->aws), theirs - world_wall(script->w), theirs + 999 - sent);
    size_t n = test_world_requests(script->t, &rq);
    script_describe_cluster();                             /* and the next is signed with it */
    test_world_requests(script->t, &rq);
    assert_true(str_starts(test_header(rq[n].rq.headers, rq[n].rq.nheaders, "x-amz-date"), STR("20260102T06")));
}

static void clocks_that_agree_have_no_offset(void **state)
{
    (void)state;
    test_world_latency(script->t, 2500);                   /* the date says whole seconds, and is as old as the way back */
    script_say_with(200, script_cluster, "date", "Fri, 02 Jan 2026 03:04:06 GMT");
    script_describe_cluster();
    assert_int_equal(aws_clock_offset(script->aws), 0);
}

/* All that left before the clock was known are refused for it, and all of them are sent again. */
static void a_burst_with_a_wrong_clock_passes(void **state)
{
    unsigned n = 0;
    struct ask k = { .service = STR("eks"), .op = STR("ListClusters") };

    (void)state;
    for (int i = 0; i < 5; i++)
        script_say_with(403, "{\"__type\":\"InvalidSignatureException\",\"message\":\"Signature not yet current\"}", "date", "Thu, 01 Jan 2026 20:04:05 GMT");
    script_say(NET_OK, 200, "{\"clusters\":[]}");
    for (int i = 0; i < 5; i++)
        aws_send(script->aws, script->a, &k, script_arrived, &n);
    while (aws_pending(script->aws))
        world_wait(script->w, world_now(script->w) + 60000);
    assert_int_equal(n, 5);
    assert_int_equal(script->at, 10);
}

/* A HEAD is refused without a word. */
static void a_head_refused_for_the_clock_is_sent_again(void **state)
{
    struct pair p = { STR("Bucket"), script_text("b") };

    (void)state;
    script_say_with(403, "", "date", "Fri, 02 Jan 2026 05:04:05 GMT");
    script_say(NET_OK, 200, "");
    assert_int_equal(script_call("s3", "HeadBucket", value_object(script->a, &p, 1), REPEAT_ALWAYS).class, ANSWER_OK);
    script_forget();
    script_say_with(403, "", "date", "Fri, 02 Jan 2026 05:04:05 GMT");
    assert_int_equal(script_call("s3", "HeadBucket", value_object(script->a, &p, 1), REPEAT_ALWAYS).class, ANSWER_DENIED);
    assert_int_equal(script->at, 1);
}

static void a_wrong_clock_is_corrected_once(void **state)
{
    const struct test_request *rq;

    (void)state;
    script_say_with(403, "{\"__type\":\"InvalidSignatureException\",\"message\":\"Signature expired: 20260102T030405Z is now earlier than\"}", "date", "Fri, 02 Jan 2026 05:04:05 GMT");
    script_say(NET_OK, 200, script_cluster);
    assert_int_equal(script_describe_cluster().class, ANSWER_OK);
    assert_int_equal(test_world_requests(script->t, &rq), 2);
    assert_true(str_starts(test_header(rq[1].rq.headers, rq[1].rq.nheaders, "x-amz-date"), STR("20260102T0504")));
    script_forget();                                       /* the same again does not loop */
    script_say_with(403, "{\"__type\":\"InvalidSignatureException\",\"message\":\"Signature expired\"}", "date", "Fri, 02 Jan 2026 05:04:05 GMT");
    assert_int_equal(script_describe_cluster().class, ANSWER_CREDENTIALS);
    assert_int_equal(script->at, 1);
}

static void expired_keys_are_read_again_once(void **state)
{
    const struct test_request *rq;

    (void)state;
    script_say(NET_OK, 200, script_cluster);
    script_say(NET_OK, 403, "{\"__type\":\"ExpiredTokenException\",\"message\":\"expired\"}");
    script_say(NET_OK, 200, script_cluster);
    assert_int_equal(script_describe_cluster().class, ANSWER_OK);
    test_world_env(script->t, "AWS_ACCESS_KEY_ID", "AKIDFRESH");
    assert_int_equal(script_describe_cluster().class, ANSWER_OK);
    assert_int_equal(test_world_requests(script->t, &rq), 3);
    assert_true(str_find(test_header(rq[2].rq.headers, rq[2].rq.nheaders, "authorization"), STR("AKIDFRESH/")) != SIZE_MAX);
}

static void nothing_is_sent_without_credentials_or_region(void **state)
{
    (void)state;
    aws_free(script->aws);
    test_world_env(script->t, "AWS_ACCESS_KEY_ID", NULL);
    test_world_env(script->t, "AWS_SECRET_ACCESS_KEY", NULL);
    script->aws = aws_new(script->w, script->models, &(struct aws_options){ 0 });
    struct answer r = script_describe_cluster();
    assert_int_equal(r.class, ANSWER_CREDENTIALS);
    assert_true(str_find(r.error.message, STR("--sandbox")) != SIZE_MAX);
    aws_free(script->aws);
    test_world_env(script->t, "AWS_REGION", NULL);
    script->aws = aws_new(script->w, script->models, &(struct aws_options){ .fixed = &(struct credentials){ .key = STR("K"), .secret = STR("S") }, .bare = true });
    assert_true(str_is(script_describe_cluster().error.code, "NoRegion"));
    assert_int_equal(script->at, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, script_setup, script_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_call_is_signed_and_answered),
        T(what_never_left_is_sent_again),
        T(an_unknown_effect_goes_back_when_repeating_is_unsafe),
        T(the_same_bytes_go_out_again_but_for_date_and_signature),
        T(doubt_outlives_a_later_throttle),
        T(throttles_are_waited_out),
        T(an_outage_ends_in_bounded_work),
        T(refusals_are_told_as_they_are),
        T(what_is_not_from_aws_decides_nothing),
        T(doubt_outlives_a_later_denial),
        T(a_body_that_could_not_be_sent_is_a_refusal),
        T(the_clock_is_read_from_the_first_reply),
        T(clocks_that_agree_have_no_offset),
        T(a_burst_with_a_wrong_clock_passes),
        T(a_head_refused_for_the_clock_is_sent_again),
        T(a_wrong_clock_is_corrected_once),
        T(expired_keys_are_read_again_once),
        T(nothing_is_sent_without_credentials_or_region),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
