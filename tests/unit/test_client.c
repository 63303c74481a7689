/* The client against a scripted endpoint: what is retried and what is not, turns, pages, clock, credentials, signals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "aws/limits.h"
#include "kc/arena.h"
#include "kc/aws.h"
#include "kc/hash.h"
#include "kc/lang.h"
#include "world_test.h"

enum { MAX_STEPS = 64 };
struct step { enum net_status status; int code; const char *body, *header, *value; bool foreign; };   /* foreign: without AWS's request id */

static struct test_world *t;
static struct world *w;
static struct arena *a;
static struct models *models;
static struct aws *c;
static struct step script[MAX_STEPS];
static size_t nscript, at;

static bool model_text(void *user, struct str service, struct str *text)
{
    (void)user;
    return stdlib_text(str_fmt(a, "aws/models/%.*s.model", STR_ARG(service)), text);
}

static void answer(void *user, const struct http_request *rq, struct arena *mem, struct http_reply *out)
{
    const struct step *s = &script[at < nscript ? at : nscript - 1];
    struct header *h = arena_array(mem, 2, sizeof *h);

    (void)user;
    (void)rq;
    at++;
    *out = (struct http_reply){ .status = s->status, .code = s->code, .problem = STR("it broke"), .body = str_of(s->body), .headers = h };
    if (!s->foreign)
        h[out->nheaders++] = (struct header){ STR("x-amzn-requestid"), STR("id-1") };
    if (s->header)
        h[out->nheaders++] = (struct header){ str_of(s->header), str_of(s->value) };
}

static int setup(void **state)
{
    (void)state;
    t = test_world_new();
    w = test_world(t);
    a = test_world_arena(t);
    models = models_new(model_text, NULL);
    test_world_env(t, "AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
    test_world_env(t, "AWS_SECRET_ACCESS_KEY", "secret");
    test_world_env(t, "AWS_REGION", "eu-west-1");
    test_world_env(t, "AWS_EC2_METADATA_DISABLED", "true");
    test_world_answer(t, answer, NULL);
    c = aws_new(w, models, &(struct aws_options){ 0 });
    nscript = at = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    aws_free(c);
    test_world_free(t);
    models_free(models);
    return 0;
}

static void say(enum net_status status, int code, const char *body)
{
    script[nscript++] = (struct step){ .status = status, .code = code, .body = body };
}

static void say_with(int code, const char *body, const char *header, const char *value)
{
    script[nscript++] = (struct step){ NET_OK, code, body, header, value, false };
}

static void say_foreign(int code, const char *body)
{
    script[nscript++] = (struct step){ NET_OK, code, body, "content-type", "text/html", true };
}

static const struct value *text(const char *s)
{
    return value_string(a, str_of(s));
}

static struct answer call(const char *service, const char *op, const struct value *input, enum repeat repeat)
{
    struct ask k = { .service = str_of(service), .op = str_of(op), .input = input, .repeat = repeat };

    return aws_call_wait(c, a, &k);
}

static struct answer describe_cluster(void)
{
    struct pair p = { STR("name"), text("payments") };

    return call("eks", "DescribeCluster", value_object(a, &p, 1), REPEAT_ALWAYS);
}

static struct answer create_cluster(enum repeat repeat)
{
    struct pair net = { STR("subnetIds"), value_list(a, (const struct value *const[]){ text("subnet-1") }, 1) };
    struct pair p[] = { { STR("name"), text("payments") }, { STR("roleArn"), text("arn:aws:iam::1:role/r") }, { STR("resourcesVpcConfig"), value_object(a, &net, 1) } };

    return call("eks", "CreateCluster", value_object(a, p, 3), repeat);
}

static const char *const throttle = "{\"__type\":\"ThrottlingException\",\"message\":\"Rate exceeded\"}";
static const char *const cluster = "{\"cluster\":{\"name\":\"payments\",\"status\":\"ACTIVE\"}}";

static void a_call_is_signed_and_answered(void **state)
{
    const struct test_request *rq;

    (void)state;
    say(NET_OK, 200, cluster);
    struct answer r = describe_cluster();
    assert_int_equal(r.class, ANSWER_OK);
    assert_true(str_is(value_at(r.reply, "cluster.status")->s, "ACTIVE"));
    assert_true(str_is(r.request_id, "id-1"));
    assert_int_equal(test_world_requests(t, &rq), 1);
    assert_true(str_is(rq->rq.url, "https://eks.eu-west-1.amazonaws.com/clusters/payments"));
    struct str auth = test_header(rq->rq.headers, rq->rq.nheaders, "authorization");
    assert_true(str_starts(auth, STR("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-west-1/eks/aws4_request, SignedHeaders=")));
    assert_int_equal(aws_stats(c).reads, 1);
    assert_int_equal(aws_pending(c), 0);
}

static void what_never_left_is_sent_again(void **state)
{
    (void)state;
    say(NET_NOT_SENT, 0, NULL);
    say(NET_NOT_SENT, 0, NULL);
    say(NET_OK, 200, cluster);
    struct answer r = create_cluster(REPEAT_ASK);
    assert_int_equal(r.class, ANSWER_OK);
    assert_int_equal(r.attempts, 3);
    nscript = at = 0;
    say(NET_NOT_SENT, 0, NULL);
    r = create_cluster(REPEAT_ASK);
    assert_int_equal(r.class, ANSWER_NOT_SENT);
    assert_true(str_is(r.error.message, "it broke"));
    assert_true(r.attempts > 3 && r.attempts < 10);
}

static void an_unknown_effect_goes_back_when_repeating_is_unsafe(void **state)
{
    (void)state;
    say(NET_UNKNOWN, 0, NULL);
    say(NET_OK, 200, cluster);
    assert_int_equal(create_cluster(REPEAT_ASK).class, ANSWER_UNKNOWN);
    assert_int_equal(at, 1);
    at = 0;
    assert_int_equal(create_cluster(REPEAT_ALWAYS).class, ANSWER_OK);
    assert_int_equal(at, 2);
    nscript = at = 0;
    say(NET_OK, 500, "");
    say(NET_OK, 200, "{\"cluster\":");
    say(NET_OK, 200, cluster);
    assert_int_equal(create_cluster(REPEAT_ASK).class, ANSWER_UNKNOWN);
    assert_int_equal(create_cluster(REPEAT_ASK).class, ANSWER_UNKNOWN);
    at = 0;
    assert_int_equal(create_cluster(REPEAT_ALWAYS).class, ANSWER_OK);
    assert_int_equal(at, 3);
}

static void the_same_bytes_go_out_again_but_for_date_and_signature(void **state)
{
    const struct test_request *rq;

    (void)state;
    say(NET_UNKNOWN, 0, NULL);
    say(NET_OK, 500, "");
    say(NET_OK, 200, cluster);
    test_world_latency(t, 3000);
    assert_int_equal(create_cluster(REPEAT_ALWAYS).class, ANSWER_OK);
    assert_int_equal(test_world_requests(t, &rq), 3);
    assert_true(str_eq(rq[0].rq.body, rq[2].rq.body));
    assert_false(str_eq(test_header(rq[0].rq.headers, rq[0].rq.nheaders, "authorization"), test_header(rq[2].rq.headers, rq[2].rq.nheaders, "authorization")));
}

static void doubt_outlives_a_later_throttle(void **state)
{
    (void)state;
    say(NET_UNKNOWN, 0, NULL);
    say(NET_OK, 429, throttle);
    assert_int_equal(create_cluster(REPEAT_ALWAYS).class, ANSWER_UNKNOWN);
}

static void throttles_are_waited_out(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++)
        say(NET_OK, 429, throttle);
    say(NET_OK, 200, cluster);
    int64_t start = world_now(w);
    struct answer r = create_cluster(REPEAT_ASK);
    assert_int_equal(r.class, ANSWER_OK);
    assert_int_equal(aws_stats(c).throttles, 6);
    assert_true(world_now(w) - start > 2000 && world_now(w) - start < 200000);
    nscript = at = 0;
    say(NET_OK, 429, throttle);
    r = describe_cluster();
    assert_int_equal(r.class, ANSWER_THROTTLED);
    assert_true(str_is(r.error.code, "ThrottlingException"));
    assert_true(str_is(r.error.request_id, "id-1"));
}

static void an_outage_ends_in_bounded_work(void **state)
{
    (void)state;
    say(NET_OK, 503, "");
    for (int i = 0; i < 60; i++)
        assert_int_equal(describe_cluster().class, ANSWER_UNKNOWN);
    assert_true(at < 60 + 60);                             /* 500 tokens, 10 a retry */
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
        nscript = at = 0;
        say(NET_OK, cases[i].code, cases[i].body);
        struct answer r = describe_cluster();
        if (r.class != cases[i].class)
            fail_msg("case %zu: class %d, code %.*s", i, (int)r.class, STR_ARG(r.error.code));
        assert_int_equal(at, 1);
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
        nscript = at = 0;
        say_foreign(cases[i].code, *cases[i].body);
        struct answer r = create_cluster(REPEAT_ASK);
        if (r.class != ANSWER_UNKNOWN || !r.doubt || at != 1)
            fail_msg("case %zu: class %d after %zu", i, (int)r.class, at);
        assert_true(str_is(r.error.code, "NotBelieved"));
        assert_int_equal(r.error.http, cases[i].code);
        say(NET_OK, 200, cluster);                         /* where repeating is safe it passes */
        at = 0;
        assert_int_equal(create_cluster(REPEAT_ALWAYS).class, ANSWER_OK);
        assert_int_equal(at, 2);
    }
    nscript = at = 0;
    say_foreign(403, page);
    struct answer r = describe_cluster();
    assert_int_equal(r.class, ANSWER_UNKNOWN);
    assert_null(r.reply);
    assert_true(str_is(r.error.message, "HTTP 403 with text/html is no reply of AWS to DescribeCluster: it is no error of AWS; from a proxy? It says: Blocked by policy"));
    nscript = at = 0;
    say(NET_OK, 200, "");                                  /* AWS's id alone makes no reply */
    r = describe_cluster();
    assert_int_equal(r.class, ANSWER_UNKNOWN);
    assert_true(str_find(r.error.message, STR("the body is empty")) != SIZE_MAX);
}

static void doubt_outlives_a_later_denial(void **state)
{
    (void)state;
    say(NET_UNKNOWN, 0, NULL);
    say(NET_OK, 403, "{\"__type\":\"ExpiredTokenException\",\"message\":\"no\"}");
    assert_int_equal(create_cluster(REPEAT_ALWAYS).class, ANSWER_UNKNOWN);
    at = 0;
    assert_int_equal(describe_cluster().class, ANSWER_CREDENTIALS);   /* a read has no effect to doubt */
    nscript = at = 0;
    say(NET_UNKNOWN, 0, NULL);
    say(NET_OK, 409, "{\"__type\":\"ResourceInUseException\",\"message\":\"there\"}");
    struct answer r = create_cluster(REPEAT_ALWAYS);
    assert_int_equal(r.class, ANSWER_REFUSED);
    assert_true(r.doubt);
}

static void a_body_that_could_not_be_sent_is_a_refusal(void **state)
{
    (void)state;
    say(NET_NO_BODY, 0, NULL);
    struct answer r = create_cluster(REPEAT_ALWAYS);
    assert_int_equal(r.class, ANSWER_REFUSED);
    assert_true(str_is(r.error.code, "FileChanged"));
    assert_true(str_find(r.error.message, STR("it broke. It was not sent; run kc again")) != SIZE_MAX);
    assert_false(r.doubt);
    assert_int_equal(at, 1);
    nscript = at = 0;
    say(NET_UNKNOWN, 0, NULL);
    say(NET_NO_BODY, 0, NULL);
    r = create_cluster(REPEAT_ALWAYS);
    assert_int_equal(r.class, ANSWER_REFUSED);
    assert_true(r.doubt);                                  /* the first time it may have been sent */
}

/* ---- the clock ---- */

struct arrivals { size_t done; };

static void arrived(void *user, const struct answer *r)
{
    ((struct arrivals *)user)->done += r->class == ANSWER_OK;
}

static void the_clock_is_read_from_the_first_reply(void **state)
{
    const struct test_request *rq;

    (void)state;
    assert_int_equal(aws_clock_offset(c), 0);
    script[nscript++] = (struct step){ NET_OK, 200, cluster, "date", "Fri, 02 Jan 2026 00:04:05 GMT", true };
    describe_cluster();                                    /* a proxy's clock is no clock */
    assert_int_equal(aws_clock_offset(c), 0);
    nscript = at = 0;
    say_with(200, cluster, "date", "Fri, 02 Jan 2026 06:04:05 GMT");
    int64_t theirs = 1767333845000, sent = world_wall(w);  /* the same, as ms */
    assert_int_equal(describe_cluster().class, ANSWER_OK);
    assert_in_range(aws_clock_offset(c), theirs - world_wall(w), theirs + 999 - sent);
    size_t n = test_world_requests(t, &rq);
    describe_cluster();                                    /* and the next is signed with it */
    test_world_requests(t, &rq);
    assert_true(str_starts(test_header(rq[n].rq.headers, rq[n].rq.nheaders, "x-amz-date"), STR("20260102T06")));
}

static void clocks_that_agree_have_no_offset(void **state)
{
    (void)state;
    test_world_latency(t, 2500);                           /* the date says whole seconds, and is as old as the way back */
    say_with(200, cluster, "date", "Fri, 02 Jan 2026 03:04:06 GMT");
    describe_cluster();
    assert_int_equal(aws_clock_offset(c), 0);
}

/* All that left before the clock was known are refused for it, and all of them are sent again. */
static void a_burst_with_a_wrong_clock_passes(void **state)
{
    struct arrivals n = { 0 };
    struct ask k = { .service = STR("eks"), .op = STR("ListClusters") };

    (void)state;
    for (int i = 0; i < 5; i++)
        say_with(403, "{\"__type\":\"InvalidSignatureException\",\"message\":\"Signature not yet current\"}", "date", "Thu, 01 Jan 2026 20:04:05 GMT");
    say(NET_OK, 200, "{\"clusters\":[]}");
    for (int i = 0; i < 5; i++)
        aws_send(c, a, &k, arrived, &n);
    while (aws_pending(c))
        world_wait(w, world_now(w) + 60000);
    assert_int_equal(n.done, 5);
    assert_int_equal(at, 10);
}

/* A HEAD is refused without a word. */
static void a_head_refused_for_the_clock_is_sent_again(void **state)
{
    struct pair p = { STR("Bucket"), text("b") };

    (void)state;
    say_with(403, "", "date", "Fri, 02 Jan 2026 05:04:05 GMT");
    say(NET_OK, 200, "");
    assert_int_equal(call("s3", "HeadBucket", value_object(a, &p, 1), REPEAT_ALWAYS).class, ANSWER_OK);
    nscript = at = 0;
    say_with(403, "", "date", "Fri, 02 Jan 2026 05:04:05 GMT");
    assert_int_equal(call("s3", "HeadBucket", value_object(a, &p, 1), REPEAT_ALWAYS).class, ANSWER_DENIED);
    assert_int_equal(at, 1);
}

static void a_wrong_clock_is_corrected_once(void **state)
{
    const struct test_request *rq;

    (void)state;
    say_with(403, "{\"__type\":\"InvalidSignatureException\",\"message\":\"Signature expired: 20260102T030405Z is now earlier than\"}", "date", "Fri, 02 Jan 2026 05:04:05 GMT");
    say(NET_OK, 200, cluster);
    assert_int_equal(describe_cluster().class, ANSWER_OK);
    assert_int_equal(test_world_requests(t, &rq), 2);
    assert_true(str_starts(test_header(rq[1].rq.headers, rq[1].rq.nheaders, "x-amz-date"), STR("20260102T0504")));
    nscript = at = 0;                                      /* the same again does not loop */
    say_with(403, "{\"__type\":\"InvalidSignatureException\",\"message\":\"Signature expired\"}", "date", "Fri, 02 Jan 2026 05:04:05 GMT");
    assert_int_equal(describe_cluster().class, ANSWER_CREDENTIALS);
    assert_int_equal(at, 1);
}

static void expired_keys_are_read_again_once(void **state)
{
    const struct test_request *rq;

    (void)state;
    say(NET_OK, 200, cluster);
    say(NET_OK, 403, "{\"__type\":\"ExpiredTokenException\",\"message\":\"expired\"}");
    say(NET_OK, 200, cluster);
    assert_int_equal(describe_cluster().class, ANSWER_OK);
    test_world_env(t, "AWS_ACCESS_KEY_ID", "AKIDFRESH");
    assert_int_equal(describe_cluster().class, ANSWER_OK);
    assert_int_equal(test_world_requests(t, &rq), 3);
    assert_true(str_find(test_header(rq[2].rq.headers, rq[2].rq.nheaders, "authorization"), STR("AKIDFRESH/")) != SIZE_MAX);
}

static void nothing_is_sent_without_credentials_or_region(void **state)
{
    (void)state;
    aws_free(c);
    test_world_env(t, "AWS_ACCESS_KEY_ID", NULL);
    test_world_env(t, "AWS_SECRET_ACCESS_KEY", NULL);
    c = aws_new(w, models, &(struct aws_options){ 0 });
    struct answer r = describe_cluster();
    assert_int_equal(r.class, ANSWER_CREDENTIALS);
    assert_true(str_find(r.error.message, STR("--sandbox")) != SIZE_MAX);
    aws_free(c);
    test_world_env(t, "AWS_REGION", NULL);
    c = aws_new(w, models, &(struct aws_options){ .fixed = &(struct credentials){ .key = STR("K"), .secret = STR("S") }, .bare = true });
    assert_true(str_is(describe_cluster().error.code, "NoRegion"));
    assert_int_equal(at, 0);
}

static void pages_are_joined(void **state)
{
    (void)state;
    say(NET_OK, 200, "{\"clusters\":[\"a\",\"b\"],\"nextToken\":\"t1\"}");
    say(NET_OK, 200, "{\"clusters\":[],\"nextToken\":\"t2\"}");
    say(NET_OK, 429, throttle);
    say(NET_OK, 200, "{\"clusters\":[\"c\"],\"nextToken\":\"\"}");
    struct ask k = { .service = STR("eks"), .op = STR("ListClusters"), .all_pages = true };
    struct answer r = aws_call_wait(c, a, &k);
    assert_int_equal(r.class, ANSWER_OK);
    assert_int_equal(value_at(r.reply, "clusters")->list.n, 3);
    assert_int_equal(at, 4);
    nscript = at = 0;                                      /* without all_pages: one page */
    say(NET_OK, 200, "{\"clusters\":[\"a\"],\"nextToken\":\"same\"}");
    k.all_pages = false;
    r = aws_call_wait(c, a, &k);
    assert_int_equal(value_at(r.reply, "clusters")->list.n, 1);
    assert_true(str_is(value_at(r.next, "nextToken")->s, "same"));             /* and the way to the next */
    k.input = r.next;
    assert_int_equal(aws_call_wait(c, a, &k).class, ANSWER_UNKNOWN);           /* which names itself */
}

/* What a listing does not show counts as gone: so it is whole, or an error. */
static void a_listing_is_whole_or_an_error(void **state)
{
    static const char *const first = "{\"clusters\":[\"a\"],\"nextToken\":\"t1\"}";
    struct ask k = { .service = STR("eks"), .op = STR("ListClusters"), .all_pages = true };

    (void)state;
    say(NET_OK, 200, first);                               /* the same page for ever */
    struct answer r = aws_call_wait(c, a, &k);
    assert_int_equal(r.class, ANSWER_UNKNOWN);
    assert_null(r.reply);
    assert_true(str_is(r.error.message, "a page of the listing names itself as the next one"));
    nscript = at = 0;                                      /* a page in the middle that never comes */
    say(NET_OK, 200, first);
    say_foreign(200, "<html/>");
    r = aws_call_wait(c, a, &k);
    assert_int_equal(r.class, ANSWER_UNKNOWN);
    assert_null(r.reply);
    nscript = at = 0;
    say(NET_OK, 200, first);
    say(NET_OK, 200, "{}");
    r = aws_call_wait(c, a, &k);
    assert_int_equal(r.class, ANSWER_UNKNOWN);
    assert_true(str_is(r.error.message, "a page of the listing lacks the list that another has"));
    nscript = at = 0;                                      /* no page has one: it does not appear from nowhere */
    say(NET_OK, 200, "{\"nextToken\":\"t1\"}");
    say(NET_OK, 200, "{}");
    r = aws_call_wait(c, a, &k);
    assert_int_equal(r.class, ANSWER_OK);
    assert_null(value_at(r.reply, "clusters"));
    nscript = at = 0;
    say(NET_OK, 200, "<ListRolesResponse><ListRolesResult><IsTruncated>true</IsTruncated><Roles/></ListRolesResult></ListRolesResponse>");
    k.service = STR("iam");
    k.op = STR("ListRoles");
    r = aws_call_wait(c, a, &k);
    assert_int_equal(r.class, ANSWER_UNKNOWN);
    assert_true(str_is(r.error.message, "a page of the listing says that more follows, and not where"));
}

static void a_burst_is_spread_as_the_limit_says(void **state)
{
    struct arrivals n = { 0 };
    struct ask k = { .service = STR("ec2"), .op = STR("DeleteNatGateway"), .repeat = REPEAT_ALWAYS };
    struct pair p = { STR("NatGatewayId"), text("nat-1") };

    (void)state;
    k.input = value_object(a, &p, 1);
    say(NET_OK, 200, "<DeleteNatGatewayResponse><natGatewayId>nat-1</natGatewayId></DeleteNatGatewayResponse>");
    int64_t start = world_now(w);
    for (int i = 0; i < 13; i++)
        aws_send(c, a, &k, arrived, &n);
    assert_int_equal(n.done, 0);                           /* never from inside aws_send */
    while (n.done < 10)
        world_wait(w, start + 60000);
    assert_true(world_now(w) - start < 100);               /* burst of 10 */
    while (n.done < 13)
        world_wait(w, start + 60000);
    assert_true(world_now(w) - start >= 2900 && world_now(w) - start < 3500);   /* then one a second */
}

static void polls_leave_half_of_the_bucket(void **state)
{
    struct arrivals polls = { 0 }, calls = { 0 };
    struct ask k = { .service = STR("eks"), .op = STR("ListClusters"), .poll = true };

    (void)state;
    say(NET_OK, 200, "{\"clusters\":[]}");
    int64_t start = world_now(w);
    for (int i = 0; i < 20; i++)
        aws_send(c, a, &k, arrived, &polls);
    while (world_wait(w, start + 10) != WAIT_TIMEOUT)
        ;
    assert_int_equal(polls.done, 16);                      /* of 30: down to 15 left */
    k.poll = false;
    for (int i = 0; i < 14; i++)
        aws_send(c, a, &k, arrived, &calls);
    while (world_wait(w, start + 30) != WAIT_TIMEOUT)
        ;
    assert_int_equal(calls.done, 14);
}

static void a_deadline_holds(void **state)
{
    struct ask k = { .service = STR("eks"), .op = STR("ListClusters"), .deadline = world_now(w) + 5000 };

    (void)state;
    say(NET_OK, 500, "");
    test_world_latency(t, 1500);
    struct answer r = aws_call_wait(c, a, &k);
    assert_int_equal(r.class, ANSWER_UNKNOWN);
    assert_true(world_now(w) <= k.deadline + 5000);
    k.deadline = world_now(w) - 1;
    assert_int_equal(aws_call_wait(c, a, &k).class, ANSWER_NOT_SENT);
}

static void a_signal_ends_the_wait_and_a_cancelled_call_stays_silent(void **state)
{
    struct arrivals n = { 0 };
    struct ask k = { .service = STR("eks"), .op = STR("ListClusters") };

    (void)state;
    say(NET_OK, 200, "{\"clusters\":[]}");
    test_world_latency(t, 5000);
    test_world_signal_at(t, world_now(w) + 100);
    struct answer r = describe_cluster();
    assert_int_equal(r.class, ANSWER_UNKNOWN);
    assert_true(str_is(r.error.code, "Interrupted"));
    struct ticket *early = aws_send(c, a, &k, arrived, &n), *late = aws_send(c, a, &k, arrived, &n);
    ticket_cancel(early);
    world_wait(w, world_now(w) + 1);
    ticket_cancel(late);
    for (int i = 0; i < 10; i++)
        world_wait(w, world_now(w) + 10000);
    assert_int_equal(n.done, 0);
    assert_int_equal(aws_pending(c), 0);
    aws_send(c, a, &k, arrived, &n);                       /* under way when client and world go */
    world_wait(w, world_now(w) + 1);
}

static void an_overridden_endpoint_is_used_and_told(void **state)
{
    const struct test_request *rq;

    (void)state;
    aws_free(c);
    test_world_env(t, "AWS_ENDPOINT_URL", "http://127.0.0.1:5000/base/");
    test_world_env(t, "KC_WAIT_SCALE", "100");
    c = aws_new(w, models, &(struct aws_options){ 0 });
    assert_int_equal(aws_wait_scale(c), 100);
    assert_true(str_is(aws_endpoint_note(c), "endpoint overridden: http://127.0.0.1:5000/base (AWS_ENDPOINT_URL), waits divided by 100 (KC_WAIT_SCALE)"));
    say(NET_OK, 200, cluster);
    describe_cluster();
    assert_int_equal(test_world_requests(t, &rq), 1);
    assert_true(str_is(rq->rq.url, "http://127.0.0.1:5000/base/clusters/payments"));
    say(NET_OK, 200, "<R><GetUserResult/></R>");
    call("iam", "ListRoles", NULL, REPEAT_ALWAYS);
    test_world_requests(t, &rq);
    assert_true(str_find(test_header(rq[1].rq.headers, rq[1].rq.nheaders, "authorization"), STR("/us-east-1/iam/")) != SIZE_MAX);
    test_world_env(t, "AWS_ENDPOINT_URL", NULL);
    aws_free(c);
    c = aws_new(w, models, &(struct aws_options){ 0 });
    assert_int_equal(aws_wait_scale(c), 1);                /* not honoured on the real endpoints */
    assert_int_equal(aws_endpoint_note(c).n, 0);
}

static void the_token_is_a_presigned_url_for_one_cluster(void **state)
{
    int64_t expires = 0;
    struct str why = STR_NONE, url;
    struct str token = aws_eks_token(c, a, STR("payments"), STR_NONE, &expires, &why);

    (void)state;
    assert_true(str_starts(token, STR("k8s-aws-v1.")));
    struct str body = str_sub(token, 11, token.n);
    struct buf padded = { 0 };                             /* back to the padded alphabet */
    for (size_t i = 0; i < body.n; i++)
        buf_putc(&padded, (char)(body.s[i] == '-' ? '+' : body.s[i] == '_' ? '/' : body.s[i]));
    while (padded.n % 4)
        buf_putc(&padded, '=');
    assert_true(base64_decode(a, buf_view(&padded), &url));
    buf_fini(&padded);
    assert_true(str_starts(url, STR("https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F")));
    assert_true(str_find(url, STR("&X-Amz-Expires=60&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Signature=")) != SIZE_MAX);
    assert_true(expires == world_wall(w) + 14 * 60 * 1000);
}

static void who_we_are_is_asked(void **state)
{
    const struct provider p = { .kind = STR("aws"), .region = STR("eu-west-1") };
    struct principal who;
    struct answer r;

    (void)state;
    say(NET_OK, 200, "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/a</Arn><UserId>x</UserId>"
                     "<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>");
    assert_true(aws_identity(c, a, &p, &who, &r));
    assert_true(str_is(who.account, "123456789012"));
    nscript = at = 0;
    say(NET_OK, 403, "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>The security token included in the request is invalid.</Message></Error><RequestId>r</RequestId></ErrorResponse>");
    assert_false(aws_identity(c, a, &p, &who, &r));
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

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_call_is_signed_and_answered), T(what_never_left_is_sent_again), T(an_unknown_effect_goes_back_when_repeating_is_unsafe),
        T(the_same_bytes_go_out_again_but_for_date_and_signature), T(doubt_outlives_a_later_throttle), T(throttles_are_waited_out),
        T(an_outage_ends_in_bounded_work), T(refusals_are_told_as_they_are), T(what_is_not_from_aws_decides_nothing),
        T(doubt_outlives_a_later_denial), T(a_body_that_could_not_be_sent_is_a_refusal), T(the_clock_is_read_from_the_first_reply),
        T(clocks_that_agree_have_no_offset), T(a_burst_with_a_wrong_clock_passes),
        T(a_head_refused_for_the_clock_is_sent_again), T(a_listing_is_whole_or_an_error), T(a_wrong_clock_is_corrected_once), T(expired_keys_are_read_again_once),
        T(nothing_is_sent_without_credentials_or_region), T(pages_are_joined), T(a_burst_is_spread_as_the_limit_says), T(polls_leave_half_of_the_bucket),
        T(a_deadline_holds), T(a_signal_ends_the_wait_and_a_cancelled_call_stays_silent), T(an_overridden_endpoint_is_used_and_told),
        T(the_token_is_a_presigned_url_for_one_cluster), T(who_we_are_is_asked), T(limits_follow_the_published_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
