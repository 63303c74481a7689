/* script_kit.c - see script_kit.h. */
#include "script_kit.h"
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "kc/lang.h"

struct script *script;
const char script_throttle[] = "{\"__type\":\"ThrottlingException\",\"message\":\"Rate exceeded\"}";
const char script_cluster[] = "{\"cluster\":{\"name\":\"payments\",\"status\":\"ACTIVE\"}}";

static bool model_text(void *user, struct str service, struct str *text)
{
    struct script *s = user;

    return stdlib_text(str_fmt(s->a, "aws/models/%.*s.model", STR_ARG(service)), text);
}

static void answer(void *user, const struct http_request *rq, struct arena *mem, struct http_reply *out)
{
    struct script *x = user;
    const struct step *s = &x->steps[x->at < x->nsteps ? x->at : x->nsteps - 1];
    struct header *h = arena_array(mem, 2, sizeof *h);

    (void)rq;
    x->at++;
    *out = (struct http_reply){ .status = s->status, .code = s->code, .problem = STR("it broke"), .body = str_of(s->body), .headers = h };
    if (!s->foreign)
        h[out->nheaders++] = (struct header){ STR("x-amzn-requestid"), STR("id-1") };
    if (s->header)
        h[out->nheaders++] = (struct header){ str_of(s->header), str_of(s->value) };
}

int script_setup(void **state)
{
    struct test_world *t = test_world_new();
    struct arena *a = test_world_arena(t);

    (void)state;
    script = ARENA_NEW(a, struct script);
    script->t = t;
    script->w = test_world(t);
    script->a = a;
    script->models = models_new(model_text, script);
    test_world_env(t, "AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
    test_world_env(t, "AWS_SECRET_ACCESS_KEY", "secret");
    test_world_env(t, "AWS_REGION", "eu-west-1");
    test_world_env(t, "AWS_EC2_METADATA_DISABLED", "true");
    test_world_answer(t, answer, script);
    script->aws = aws_new(script->w, script->models, &(struct aws_options){ 0 });
    return 0;
}

int script_teardown(void **state)
{
    struct models *models = script->models;

    (void)state;
    aws_free(script->aws);
    test_world_free(script->t);
    models_free(models);
    return 0;
}

void script_step(struct step s)
{
    assert_true(script->nsteps < SCRIPT_STEPS);
    script->steps[script->nsteps++] = s;
}

void script_say(enum net_status status, int code, const char *body)
{
    script_step((struct step){ .status = status, .code = code, .body = body });
}

void script_say_with(int code, const char *body, const char *header, const char *value)
{
    script_step((struct step){ NET_OK, code, body, header, value, false });
}

void script_say_foreign(int code, const char *body)
{
    script_step((struct step){ NET_OK, code, body, "content-type", "text/html", true });
}

void script_forget(void)
{
    script->nsteps = script->at = 0;
}

const struct value *script_text(const char *s)
{
    return value_string(script->a, str_of(s));
}

struct answer script_call(const char *service, const char *op, const struct value *input, enum repeat repeat)
{
    struct ask k = { .service = str_of(service), .op = str_of(op), .input = input, .repeat = repeat };

    return aws_call_wait(script->aws, script->a, &k);
}

struct answer script_describe_cluster(void)
{
    struct pair p = { STR("name"), script_text("payments") };

    return script_call("eks", "DescribeCluster", value_object(script->a, &p, 1), REPEAT_ALWAYS);
}

void script_arrived(void *user, const struct answer *r)
{
    *(unsigned *)user += r->class == ANSWER_OK;
}
