/* The chain of credentials where everything that it reads is any bytes: the shared files, a token's file, a program's output, every answer of the network.
 * Parts are split by NUL bytes; what is missing is empty. It always ends, with keys that may go into a header or with a reason. */
#include <stdint.h>
#include <stdlib.h>

#include "kc/credentials.h"
#include "kc/lang.h"
#include "world_test.h"

enum { PARTS = 6, WAITS = 4000 };
static struct str part[PARTS];
static const char *const begun[] = {                       /* files that get further than chance does; what follows goes on in their last section */
    "", "[default]\ncredential_process = x", "[default]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = b\n[profile b]",
    "[profile p]\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\n[sso-session s]\nsso_region = eu-west-1\nsso_start_url = x",
    "[profile p]\nrole_arn = arn:aws:iam::1:role/a\nweb_identity_token_file = /home/test/token", "[profile p]\nrole_arn = arn:aws:iam::1:role/a\ncredential_source = Ec2InstanceMetadata",
};
static struct arena *keep;
static bool ended;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool model_text(void *user, struct str service, struct str *text)
{
    (void)user;
    return stdlib_text(str_fmt(keep, "aws/models/%.*s.model", STR_ARG(service)), text);
}

/* Odd bodies are refusals. */
static void answer(void *user, const struct http_request *rq, struct arena *a, struct http_reply *out)
{
    static size_t turn;
    struct str body = part[4 + turn++ % 2];

    (void)user, (void)rq, (void)a;
    test_answer_id(out);
    out->body = body;
    out->code = body.n % 2 ? 400 : 200;
}

static void got(void *user, const struct credentials *c, struct str why)
{
    (void)user;
    ended = true;
    if (!c && !why.n)
        abort();
    for (size_t i = 0; c && i < c->token.n; i++)
        if ((unsigned char)c->token.s[i] <= ' ' || (unsigned char)c->token.s[i] > '~')
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct models *models;
    struct str rest = { (const char *)data, size };

    if (!models) {
        keep = arena_new();
        models = models_new(model_text, NULL);
    }
    for (size_t i = 0; i < PARTS; i++)
        if (!str_cut(&rest, 0, &part[i]))
            part[i] = STR("");
    struct test_world *t = test_world_new();
    struct world *w = test_world(t);
    test_world_put(t, "/home/test/.aws/config", str_fmt(test_world_arena(t), "%s\n%.*s", begun[size % (sizeof begun / sizeof *begun)], STR_ARG(part[0])));
    test_world_put(t, "/home/test/.aws/credentials", part[1]);
    test_world_put(t, "/home/test/token", part[2]);
    test_world_put(t, "/home/test/.aws/sso/cache/a0f1490a20d0211c997b44bc357e1972deab8ae3.json", part[2]);    /* of the session `s` */
    test_world_program(t, str_c(test_world_arena(t), part[3]), (int)(size % 2));
    if (size % 3 == 0)
        test_world_env(t, "AWS_WEB_IDENTITY_TOKEN_FILE", "/home/test/token");
    if (size % 5 == 0)
        test_world_env(t, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/");
    test_world_answer(t, answer, NULL);
    struct chain *c = chain_new(w, models, &(struct chain_options){ .config = { .profile = size % 2 ? STR("p") : STR("") }, .role = size % 7 ? STR("") : STR("arn:aws:iam::1:role/r") });
    struct signer s = chain_signer(c);
    ended = false;
    s.get(s.impl, 0, 0, got, NULL);
    for (int i = 0; !ended; i++) {
        if (i == WAITS)
            abort();
        world_wait(w, world_now(w) + 60000);
    }
    chain_free(c);
    test_world_free(t);
    return 0;
}
