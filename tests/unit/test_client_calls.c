/* The client against a scripted endpoint: pages, turns, deadlines, signals, endpoints, what is asked beside calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "aws/limits.h"
#include "kc/hash.h"
#include "script_kit.h"

static void pages_are_joined(void **state)
{
    (void)state;
    script_say(NET_OK, 200, "{\"clusters\":[\"a\",\"b\"],\"nextToken\":\"t1\"}");
    script_say(NET_OK, 200, "{\"clusters\":[],\"nextToken\":\"t2\"}");
    script_say(NET_OK, 429, script_throttle);
    script_say(NET_OK, 200, "{\"clusters\":[\"c\"],\"nextToken\":\"\"}");
    struct ask k = { .service = STR("eks"), .op = STR("ListClusters"), .all_pages = true };
    struct answer r = aws_call_wait(script->aws, script->a, &k);
    assert_int_equal(r.class, ANSWER_OK);
    assert_int_equal(value_at(r.reply, "clusters")->list.n, 3);
    assert_int_equal(script->at, 4);
    script_forget();                                       /* without all_pages: one page */
    script_say(NET_OK, 200, "{\"clusters\":[\"a\"],\"nextToken\":\"same\"}");
    k.all_pages = false;
    r = aws_call_wait(script->aws, script->a, &k);
    assert_int_equal(value_at(r.reply, "clusters")->list.n, 1);
    assert_true(str_is(value_at(r.next, "nextToken")->s, "same")); /* and the way to the next */
    k.input = r.next;
    assert_int_equal(aws_call_wait(script->aws, script->a, &k).class, ANSWER_UNKNOWN); /* which names itself */
}

/* What a listing does not show counts as gone: so it is whole, or an error. */
static void a_listing_is_whole_or_an_error(void **state)
{
    static const char *const first = "{\"clusters\":[\"a\"],\"nextToken\":\"t1\"}";
    struct ask k = { .service = STR("eks"), .op = STR("ListClusters"), .all_pages = true };

    (void)state;
    script_say(NET_OK, 200, first);                        /* the same page for ever */
    struct answer r = aws_call_wait(script->aws, script->a, &k);
    assert_int_equal(r.class, ANSWER_UNKNOWN);
    assert_null(r.reply);
    assert_true(str_is(r.error.message, "a page of the listing names itself as the next one"));
    script_forget();                                       /* a page in the middle that never comes */
    script_say(NET_OK, 200, first);
    script_say_foreign(200, "<html/>");
    r = aws_call_wait(script->aws, script->a, &k);
    assert_int_equal(r.class, ANSWER_UNKNOWN);
    assert_null(r.reply);
    script_forget();
    script_say(NET_OK, 200, first);
    script_say(NET_OK, 200, "{}");
    r = aws_call_wait(script->aws, script->a, &k);
    assert_int_equal(r.class, ANSWER_UNKNOWN);
    assert_true(str_is(r.error.message, "a page of the listing lacks the list that another has"));
    script_forget();                                       /* no page has one: it does not appear from nowhere */
    script_say(NET_OK, 200, "{\"nextToken\":\"t1\"}");
    script_say(NET_OK, 200, "{}");
    r = aws_call_wait(script->aws, script->a, &k);
    assert_int_equal(r.class, ANSWER_OK);
    assert_null(value_at(r.reply, "clusters"));
    script_forget();
    script_say(NET_OK, 200, "<ListRolesResponse><ListRolesResult><IsTruncated>true</IsTruncated><Roles/></ListRolesResult></ListRolesResponse>");
    k.service = STR("iam");
    k.op = STR("ListRoles");
    r = aws_call_wait(script->aws, script->a, &k);
    assert_int_equal(r.class, ANSWER_UNKNOWN);
    assert_true(str_is(r.error.message, "a page of the listing says that more follows, and not where"));
}

static void a_burst_is_spread_as_the_limit_says(void **state)
{
    unsigned n = 0;
    struct ask k = { .service = STR("ec2"), .op = STR("DeleteNatGateway"), .repeat = REPEAT_ALWAYS };
    struct pair p = { STR("NatGatewayId"), script_text("nat-1") };

    (void)state;
    k.input = value_object(script->a, &p, 1);
    script_say(NET_OK, 200, "<DeleteNatGatewayResponse><natGatewayId>nat-1</natGatewayId></DeleteNatGatewayResponse>");
    int64_t start = world_now(script->w);
    for (int i = 0; i < 13; i++)
        aws_send(script->aws, script->a, &k, script_arrived, &n);
    assert_int_equal(n, 0);                                /* never from inside aws_send */
    while (n < 10)
        world_wait(script->w, start + 60000);
    assert_true(world_now(script->w) - start < 100);       /* burst of 10 */
    while (n < 13)
        world_wait(script->w, start + 60000);
    assert_true(world_now(script->w) - start >= 2900 && world_now(script->w) - start < 3500); /* then one a second */
}

static void polls_leave_half_of_the_bucket(void **state)
{
    unsigned polls = 0, calls = 0;
    struct ask k = { .service = STR("eks"), .op = STR("ListClusters"), .poll = true };

    (void)state;
    script_say(NET_OK, 200, "{\"clusters\":[]}");
    int64_t start = world_now(script->w);
    for (int i = 0; i < 20; i++)
        aws_send(script->aws, script->a, &k, script_arrived, &polls);
    while (world_wait(script->w, start + 10) != WAIT_TIMEOUT)
        ;
    assert_int_equal(polls, 16);                           /* of 30: down to 15 left */
    k.poll = false;
    for (int i = 0; i < 14; i++)
        aws_send(script->aws, script->a, &k, script_arrived, &calls);
    while (world_wait(script->w, start + 30) != WAIT_TIMEOUT)
        ;
    assert_int_equal(calls, 14);
}

static void a_deadline_holds(void **state)
{
    struct ask k = { .service = STR("eks"), .op = STR("ListClusters"), .deadline = world_now(script->w) + 5000 };

    (void)state;
    script_say(NET_OK, 500, "");
    test_world_latency(script->t, 1500);
    struct answer r = aws_call_wait(script->aws, script->a, &k);
    assert_int_equal(r.class, ANSWER_UNKNOWN);
    assert_true(world_now(script->w) <= k.deadline + 5000);
    k.deadline = world_now(script->w) - 1;
    assert_int_equal(aws_call_wait(script->aws, script->a, &k).class, ANSWER_NOT_SENT);
}

static void a_signal_ends_the_wait_and_a_cancelled_call_stays_silent(void **state)
{
    unsigned n = 0;
    struct ask k = { .service = STR("eks"), .op = STR("ListClusters") };

    (void)state;
    script_say(NET_OK, 200, "{\"clusters\":[]}");
    test_world_latency(script->t, 5000);
    test_world_signal_at(script->t, world_now(script->w) + 100);
    struct answer r = script_describe_cluster();
    assert_int_equal(r.class, ANSWER_UNKNOWN);
    assert_true(str_is(r.error.code, "Interrupted"));
    struct ticket *early = aws_send(script->aws, script->a, &k, script_arrived, &n), *late = aws_send(script->aws, script->a, &k, script_arrived, &n);
    ticket_cancel(early);
    world_wait(script->w, world_now(script->w) + 1);
    ticket_cancel(late);
    for (int i = 0; i < 10; i++)
        world_wait(script->w, world_now(script->w) + 10000);
    assert_int_equal(n, 0);
    assert_int_equal(aws_pending(script->aws), 0);
    aws_send(script->aws, script->a, &k, script_arrived, &n); /* under way when client and world go */
    world_wait(script->w, world_now(script->w) + 1);
}

static void an_overridden_endpoint_is_used_and_told(void **state)
{
    const struct test_request *rq;

    (void)state;
    aws_free(script->aws);
    test_world_env(script->t, "AWS_ENDPOINT_URL", "http://127.0.0.1:5000/base/");
    test_world_env(script->t, "KC_WAIT_SCALE", "100");
    script->aws = aws_new(script->w, script->models, &(struct aws_options){ 0 });
    assert_int_equal(aws_wait_scale(script->aws), 100);
    assert_true(str_is(aws_endpoint_note(script->aws), "endpoint overridden: http://127.0.0.1:5000/base (AWS_ENDPOINT_URL), waits divided by 100 (KC_WAIT_SCALE)"));
    script_say(NET_OK, 200, script_cluster);
    script_describe_cluster();
    assert_int_equal(test_world_requests(script->t, &rq), 1);
    assert_true(str_is(rq->rq.url, "http://127.0.0.1:5000/base/clusters/payments"));
    script_say(NET_OK, 200, "<R><GetUserResult/></R>");
    script_call("iam", "ListRoles", NULL, REPEAT_ALWAYS);
    test_world_requests(script->t, &rq);
    assert_true(str_find(test_header(rq[1].rq.headers, rq[1].rq.nheaders, "authorization"), STR("/us-east-1/iam/")) != SIZE_MAX);
    test_world_env(script->t, "AWS_ENDPOINT_URL", NULL);
    aws_free(script->aws);
    script->aws = aws_new(script->w, script->models, &(struct aws_options){ 0 });
    assert_int_equal(aws_wait_scale(script->aws), 1);      /* not honoured on the real endpoints */
    assert_int_equal(aws_endpoint_note(script->aws).n, 0);
}

static void the_token_is_a_presigned_url_for_one_cluster(void **state)
{
    int64_t expires = 0;
    struct str why = STR_NONE, url;
    struct str token = aws_eks_token(script->aws, script->a, STR("payments"), STR_NONE, &expires, &why);

    (void)state;
    assert_true(str_starts(token, STR("k8s-aws-v1.")));
    struct str body = str_sub(token, 11, token.n);
    struct buf padded = { 0 };                             /* back to the padded alphabet */
    for (size_t i = 0; i < body.n; i++)
        buf_putc(&padded, (char)(body.s[i] == '-' ? '+' : body.s[i] == '_' ? '/' : body.s[i]));
    while (padded.n % 4)
        buf_putc(&padded, '=');
    assert_true(base64_decode(script->a, buf_view(&padded), &url));
    buf_fini(&padded);
    assert_true(str_starts(url, STR("https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F")));
    assert_true(str_find(url, STR("&X-Amz-Expires=60&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Signature=")) != SIZE_MAX);
    assert_true(expires == world_wall(script->w) + 14 * 60 * 1000);
}

static void who_we_are_is_asked(void **state)
{
    const struct provider p = { .kind = STR("aws"), .region = STR("eu-west-1") };
    struct principal who;
    struct answer r;

    (void)state;
    script_say(NET_OK, 200, "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/a</Arn><UserId>x</UserId>"
                     "<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>");
    assert_true(aws_identity(script->aws, script->a, &p, &who, &r));
    assert_true(str_is(who.account, "123456789012"));
    script_forget();
    script_say(NET_OK, 403, "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>The security token included in the request is invalid.</Message></Error><RequestId>r</RequestId></ErrorResponse>");
    assert_false(aws_identity(script->aws, script->a, &p, &who, &r));
    assert_int_equal(r.class, ANSWER_CREDENTIALS);
}

static void limits_follow_the_published_table(void **state)
{
    static const struct { const char *service, *action; bool unfiltered; int burst, rate; } cases[] = {
        { "ec2", "RunInstances", true, 5, 2000 }, { "ec2", "CreateVpc", true, 50, 5000 }, { "ec2", "DescribeVpcs", true, 100, 20000 },
        { "ec2", "DescribeInstances", true, 50, 10000 }, { "ec2", "DescribeInstances", false, 100, 20000 }, { "ec2", "CreateVpcEndpoint", true, 4, 300 },
        { "route53", "CreateHostedZone", false, 40, 2000 }, { "elbv2", "DescribeLoadBalancers", false, 40, 10000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int burst, rate;

        limits_of(str_of(cases[i].service), str_of(cases[i].action), cases[i].unfiltered, &burst, &rate);
        assert_int_equal(burst, cases[i].burst);
        assert_int_equal(rate, cases[i].rate);
    }
    assert_true(action_reads(STR("DescribeVpcs")));
    assert_false(action_reads(STR("CreateVpc")));
}

#define T(f) cmocka_unit_test_setup_teardown(f, script_setup, script_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(pages_are_joined),
        T(a_listing_is_whole_or_an_error),
        T(a_burst_is_spread_as_the_limit_says),
        T(polls_leave_half_of_the_bucket),
        T(a_deadline_holds),
        T(a_signal_ends_the_wait_and_a_cancelled_call_stays_silent),
        T(an_overridden_endpoint_is_used_and_told),
        T(the_token_is_a_presigned_url_for_one_cluster),
        T(who_we_are_is_asked),
        T(limits_follow_the_published_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
