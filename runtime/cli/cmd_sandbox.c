/* cmd_sandbox.c - kc sandbox serve: the simulated account of this project for any client of AWS (docs/sandbox.md, Served). */
#include "commands.h"

#include "kc/arena.h"
#include "kc/listen.h"
#include "output.h"

enum { PEM_BYTES = 1 << 20 };
static const char usual_address[] = "127.0.0.1:4566";

static int usage(struct session *s, const char *problem)
{
    world_err(s->world, str_fmt(s->arena, "kc: %s\n", problem));
    return 64;
}

static void serve(void *user, struct arena *a, const struct http_request *rq, struct http_reply *out)
{
    struct session *s = user;

    sim_exchange(s->sim, a, rq, out);
}

static bool read_pem(struct session *s, struct str path, struct str *out)
{
    enum disk_error e = path.n ? world_read(s->world, s->arena, path, PEM_BYTES, out) : DISK_OK;

    if (e == DISK_OK)
        return true;
    diag_add(&s->diags, DIAG_E0809, SPAN_NONE, "%.*s cannot be read: %s", STR_ARG(path), disk_error_text(e));
    return false;
}

/* What a client needs, in a form that a shell takes. The keys are no secret: they open this account alone. */
static void tell(struct session *s, const struct listener *l)
{
    const struct credentials *keys = sim_credentials();
    struct str region = s->options->region.n ? s->options->region : STR("eu-west-1");
    struct buf b = { 0 };

    buf_fmt(&b, "# A simulated AWS; Ctrl-C ends it, the account stays in %.*s\n", STR_ARG(s->project.sandbox));
    buf_fmt(&b, "export AWS_ENDPOINT_URL=%.*s\n", STR_ARG(listen_url(l)));
    buf_fmt(&b, "export AWS_ACCESS_KEY_ID=%.*s AWS_SECRET_ACCESS_KEY=%.*s\n", STR_ARG(keys->key), STR_ARG(keys->secret));
    buf_fmt(&b, "export AWS_REGION=%.*s AWS_DEFAULT_REGION=%.*s AWS_EC2_METADATA_DISABLED=true\n", STR_ARG(region), STR_ARG(region));
    world_out(s->world, buf_view(&b));
    buf_fini(&b);
}

int command_sandbox(struct session *s)
{
    const struct options *o = s->options;
    struct listen_options lo = { .address = o->listen.n ? o->listen : str_of(usual_address), .answer = serve, .user = s };
    struct str why = STR_NONE;

    if (!str_is(o->args[0], "serve"))
        return usage(s, str_c(s->arena, str_fmt(s->arena, "`kc sandbox` knows `serve`, not `%.*s`", STR_ARG(o->args[0]))));
    if (!o->certificate.n != !o->key.n)
        return usage(s, "HTTPS takes both `--tls-certificate` and `--tls-key`");
    if (o->speed <= 0)
        return usage(s, "a served sandbox has a clock: `--sandbox-speed` is above 0");
    if (!read_pem(s, o->certificate, &lo.certificate) || !read_pem(s, o->key, &lo.key) || !session_project(s, false) || !session_sandbox(s))
        return session_fail(s, s->exit_code ? s->exit_code : 1);
    struct listener *l = listen_open(s->world, &lo, s->arena, &why);
    bool good = l != NULL;
    if (l) {
        tell(s, l);
        good = listen_run(l, &why);
        listen_close(l);
    }
    if (good)
        return 0;
    diag_add(&s->diags, DIAG_E0809, SPAN_NONE, "the sandbox cannot be served: %.*s", STR_ARG(why));
    return session_fail(s, 1);
}
