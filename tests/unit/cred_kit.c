/* cred_kit.c - see cred_kit.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cred_kit.h"
#include "kc/lang.h"

enum { MAX_ANSWERS = 64 };
static struct canned { const char *part; int code; struct str body; const char *type, *date; int times; bool forever; } canned[MAX_ANSWERS];
static size_t ncanned;

static bool model_text(void *user, struct str service, struct str *text)
{
    const struct cred_kit *k = user;

    return stdlib_text(str_fmt(k->a, "aws/models/%.*s.model", STR_ARG(service)), text);
}

static struct str line_of(struct arena *a, const struct http_request *rq)
{
    return str_fmt(a, "%.*s %.*s %.*s", STR_ARG(rq->method), STR_ARG(rq->url), STR_ARG(rq->body));
}

static void answer(void *user, const struct http_request *rq, struct arena *a, struct http_reply *out)
{
    struct str line = line_of(a, rq);
    struct header *h = arena_array(a, 3, sizeof *h);

    (void)user;
    for (size_t i = 0; i < ncanned; i++) {
        struct canned *c = &canned[i];

        if ((!c->forever && !c->times) || str_find(line, str_of(c->part)) == SIZE_MAX)
            continue;
        c->times -= !c->forever;
        if (!c->body.s) {
            *out = (struct http_reply){ .status = NET_NOT_SENT, .problem = STR("the network is down") };
            return;
        }
        *out = (struct http_reply){ .code = c->code, .body = c->body, .headers = h };
        h[out->nheaders++] = (struct header){ STR("x-amzn-requestid"), STR("id-1") };
        if (c->type)
            h[out->nheaders++] = (struct header){ STR("x-amzn-errortype"), str_of(c->type) };
        if (c->date)
            h[out->nheaders++] = (struct header){ STR("date"), str_of(c->date) };
        return;
    }
    *out = (struct http_reply){ .status = NET_NOT_SENT, .problem = STR("nobody lives there") };
}

void cred_setup(struct cred_kit *k)
{
    *k = (struct cred_kit){ .t = test_world_new() };
    k->a = test_world_arena(k->t);
    k->models = models_new(model_text, k);
    test_world_answer(k->t, answer, NULL);
    cred_forget_answers(k);
}

void cred_teardown(struct cred_kit *k)
{
    chain_free(k->chain);
    test_world_free(k->t);
    models_free(k->models);
}

int cred_case_setup(void **kit)
{
    cred_setup(*kit);
    return 0;
}

int cred_case_teardown(void **kit)
{
    cred_teardown(*kit);
    return 0;
}

void cred_restart(struct cred_kit *k, const char *profile)
{
    chain_free(k->chain);
    k->chain = NULL;
    k->profile = profile;
}

void cred_files(struct cred_kit *k, const char *config, const char *keys)
{
    if (config)
        test_world_put(k->t, "/home/test/.aws/config", str_of(config));
    if (keys)
        test_world_put(k->t, "/home/test/.aws/credentials", str_of(keys));
}

static void put(const char *part, int code, struct str body, const char *type, int times)
{
    assert_true(ncanned < MAX_ANSWERS);
    canned[ncanned++] = (struct canned){ part, code, body, type, NULL, times, times == 0 };
}

void cred_answer(struct cred_kit *k, const char *part, int code, const char *body, int times)
{
    put(part, code, body ? str_dup(k->a, str_of(body)) : STR_NONE, NULL, times);
}

void cred_answer_error(struct cred_kit *k, const char *part, int code, const char *type, int times)
{
    put(part, code, str_fmt(k->a, "{\"message\":\"no\"}"), type, times);
}

void cred_answer_dated(struct cred_kit *k, const char *part, int code, const char *body, const char *date, int times)
{
    cred_answer(k, part, code, body, times);
    canned[ncanned - 1].date = date;
}

void cred_forget_answers(struct cred_kit *k)
{
    (void)k;
    ncanned = 0;
}

void cred_sts(struct cred_kit *k, const char *part, const char *key, int minutes, int times)
{
    const char *op = strstr(part, "WebIdentity") ? "AssumeRoleWithWebIdentity" : "AssumeRole";
    struct str until = time_text(k->a, world_wall(test_world(k->t)) + (int64_t)minutes * 60000, TIME_ISO8601);

    put(part, 200, str_fmt(k->a, "<%sResponse><%sResult><Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t-%s</SessionToken>"
                           "<Expiration>%.*s</Expiration></Credentials></%sResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></%sResponse>",
                           op, op, key, key, STR_ARG(until), op, op), NULL, times);
}

static void got(void *user, const struct credentials *c, struct str why)
{
    struct cred_kit *k = user;

    k->answers++;
    k->good = c != NULL;
    k->why = str_dup(k->a, why);
    if (c)
        k->keys = (struct credentials){ str_dup(k->a, c->key), str_dup(k->a, c->secret), str_dup(k->a, c->token), c->expires, str_dup(k->a, c->source), c->serial };
}

void cred_ask(struct cred_kit *k, uint64_t refused)
{
    struct chain_options o = { .config = { .profile = str_of(k->profile), .explicit_profile = k->profile != NULL }, .role = str_of(k->role) };

    if (!k->chain)
        k->chain = chain_new(test_world(k->t), k->models, &o);
    struct signer s = chain_signer(k->chain);
    s.get(s.impl, 0, refused, got, k);
}

bool cred_get(struct cred_kit *k, uint64_t refused)
{
    unsigned before = k->answers;
    struct world *w = test_world(k->t);

    cred_ask(k, refused);
    for (int i = 0; k->answers == before; i++) {
        assert_true(i < 10000);
        world_wait(w, world_now(w) + 60000);
    }
    return k->good;
}

void cred_gives(struct cred_kit *k, const char *profile, const char *key, const char *token, const char *source)
{
    cred_restart(k, profile);
    if (!cred_get(k, 0))
        fail_msg("%.*s", STR_ARG(k->why));
    assert_string_equal(str_c(k->a, k->keys.key), key);
    assert_string_equal(str_c(k->a, k->keys.token), token);
    assert_string_equal(str_c(k->a, k->keys.source), source);
}

void cred_refuses(struct cred_kit *k, const char *profile, const char *part)
{
    cred_restart(k, profile);
    if (cred_get(k, 0))
        fail_msg("expected \"%s\", and got %.*s", part, STR_ARG(k->keys.source));
    if (str_find(k->why, str_of(part)) == SIZE_MAX)
        fail_msg("expected \"%s\" in: %.*s", part, STR_ARG(k->why));
}

size_t cred_requests(struct cred_kit *k, const char *part)
{
    const struct test_request *rq;
    size_t n = test_world_requests(k->t, &rq), found = 0;

    for (size_t i = 0; i < n; i++)
        found += str_find(line_of(k->a, &rq[i].rq), str_of(part)) != SIZE_MAX;
    return found;
}

const struct http_request *cred_request(struct cred_kit *k, const char *part)
{
    const struct test_request *rq;
    size_t n = test_world_requests(k->t, &rq);

    while (n--)
        if (str_find(line_of(k->a, &rq[n].rq), str_of(part)) != SIZE_MAX)
            return &rq[n].rq;
    return NULL;
}
