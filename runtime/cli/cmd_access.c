/* cmd_access.c - kc kubeconfig and kc token: the way into a cluster. The token needs no state, and no request beyond those that credentials take. */
#include "commands.h"

#include "kc/arena.h"
#include "kc/date.h"
#include "output.h"

static const struct pair *pair_of(const struct value *outs, struct str key)
{
    for (size_t i = 0; i < outs->object.n; i++)
        if (str_eq(outs->object.v[i].key, key))
            return &outs->object.v[i];
    return NULL;
}

/* Those that end in `.kind`: "`blue`, `green`", and the last of them. */
static size_t named(const struct value *outs, struct str end, struct buf *names, const struct pair **last)
{
    size_t n = 0;

    for (size_t i = 0; i < outs->object.n; i++) {
        struct str key = outs->object.v[i].key;

        if (!str_ends(key, end))
            continue;
        *last = &outs->object.v[i];
        buf_fmt(names, "%s`%.*s`", n++ ? ", " : "", STR_ARG(str_sub(key, 0, key.n - end.n)));
    }
    return n;
}

const struct pair *recorded_out(struct session *s, struct str kind, const char *what, const char *otherwise)
{
    const struct value *outs = state_meta(s->state)->outs && state_meta(s->state)->outs->kind == VALUE_OBJECT ? state_meta(s->state)->outs : &value_empty_object;
    struct str name = s->options->nargs ? s->options->args[0] : STR_NONE, end = str_fmt(s->arena, ".%.*s", STR_ARG(kind));
    const struct pair *only = NULL, *p = pair_of(outs, name.n ? name : kind);
    struct buf names = { 0 };

    p = p ? p : name.n ? pair_of(outs, str_fmt(s->arena, "%.*s%.*s", STR_ARG(name), STR_ARG(end))) : NULL;
    size_t n = p ? 0 : named(outs, end, &names, &only);
    if (!p && !name.n && n == 1)
        p = only;
    if (!p) {
        struct diag *x = name.n ? diag_add(&s->diags, DIAG_E0808, SPAN_NONE, "no %s of `%.*s` is recorded for stack `%.*s`", what, STR_ARG(name), STR_ARG(s->project.stack))
                         : n ? diag_add(&s->diags, DIAG_E0808, SPAN_NONE, "which %s? there are several", what)
                             : diag_add(&s->diags, DIAG_E0808, SPAN_NONE, "no %s is recorded for stack `%.*s`", what, STR_ARG(s->project.stack));
        diag_help(&s->diags, x, n ? "name one of them: %.*s" : "%.*s", STR_ARG(n ? buf_view(&names) : str_of(otherwise)));
    }
    buf_fini(&names);
    return p;
}

int command_kubeconfig(struct session *s)
{
    static const char made[] = "it is recorded when `kc apply` has made the cluster";

    if (s->options->admin)
        return command_admin(s);
    if (!session_project(s, false) || !session_state(s, false))
        return session_fail(s, s->exit_code);
    const struct pair *out = recorded_out(s, STR("kubeconfig"), "kubeconfig", made);
    if (!out)
        return session_fail(s, 1);
    if (out->value->kind != VALUE_STRING) {
        diag_help(&s->diags, diag_add(&s->diags, DIAG_E0808, SPAN_NONE, "the recorded output is no kubeconfig"), made);
        return session_fail(s, 1);
    }
    world_out(s->world, out->value->s);
    if (!str_ends(out->value->s, STR("\n")))
        world_out(s->world, STR("\n"));
    return 0;
}

int command_token(struct session *s)
{
    struct arena *a = s->arena;
    struct str why = STR_NONE;
    int64_t expires = 0;

    if (!s->options->cluster.n) {
        world_err(s->world, STR("kc: `kc token` needs `--cluster NAME`, and `--region` where neither AWS_REGION nor the profile says it\n"));
        return 64;
    }
    if (!session_sandbox(s) || !session_client(s))
        return session_fail(s, s->exit_code);
    struct str token = aws_eks_token(s->aws, a, s->options->cluster, s->region, &expires, &why);
    if (!token.n) {
        diag_add(&s->diags, s->region.n ? DIAG_E0702 : DIAG_E0810, SPAN_NONE, "%.*s", STR_ARG(why));
        return session_fail(s, s->region.n ? 5 : 1);
    }
    if (!s->options->json) {
        world_out(s->world, token);
        world_out(s->world, STR("\n"));
        return 0;
    }
    const struct value *status = OBJECT(a, { STR("expirationTimestamp"), value_str(a, date_text(a, expires / 1000 * 1000)) }, { STR("token"), value_str(a, token) });
    output_json(s, OBJECT(a, { STR("apiVersion"), value_str(a, STR("client.authentication.k8s.io/v1")) }, { STR("kind"), value_str(a, STR("ExecCredential")) },
                          { STR("spec"), &value_empty_object }, { STR("status"), status }));
    return 0;
}
