/* cmd_access.c - kc kubeconfig and kc token: the way into a cluster. The token needs no state, and no request beyond those that credentials take. */
#include "commands.h"

#include "kc/arena.h"
#include "kc/date.h"
#include "output.h"

/* NAME, NAME.kubeconfig, or without a name: `kubeconfig`, else the only one. */
static const struct value *find_kubeconfig(struct session *s, const struct value *outs, struct str name, struct buf *names)
{
    const struct value *only = NULL;
    size_t found = 0;

    if (!outs || outs->kind != VALUE_OBJECT)
        return NULL;
    if (name.n) {
        const struct value *v = value_get(outs, name);

        return v ? v : value_get(outs, str_fmt(s->arena, "%.*s.kubeconfig", STR_ARG(name)));
    }
    if (value_get(outs, STR("kubeconfig")))
        return value_get(outs, STR("kubeconfig"));
    for (size_t i = 0; i < outs->object.n; i++) {
        struct str key = outs->object.v[i].key;

        if (!str_ends(key, STR(".kubeconfig")))
            continue;
        only = outs->object.v[i].value;
        buf_fmt(names, "%s`%.*s`", found++ ? ", " : "", STR_ARG(str_sub(key, 0, key.n - 11)));
    }
    return found == 1 ? only : NULL;
}

int command_kubeconfig(struct session *s)
{
    struct buf names = { 0 };
    struct str name = s->options->nargs ? s->options->args[0] : STR_NONE;

    if (!session_project(s, false) || !session_state(s, false))
        return session_fail(s, s->exit_code);
    const struct value *v = find_kubeconfig(s, state_meta(s->state)->outs, name, &names);
    if (v && v->kind == VALUE_STRING) {
        world_out(s->world, v->s);
        if (!str_ends(v->s, STR("\n")))
            world_out(s->world, STR("\n"));
        buf_fini(&names);
        return 0;
    }
    struct diag *x = diag_add(&s->diags, DIAG_E0808, SPAN_NONE, v ? "the recorded output is no kubeconfig" : names.n ? "which kubeconfig? there are several" :
                              "no kubeconfig is recorded for stack `%.*s`", STR_ARG(s->project.stack));
    if (names.n)
        diag_help(&s->diags, x, "name one of them: %.*s", STR_ARG(buf_view(&names)));
    else
        diag_help(&s->diags, x, "it is recorded when `kc apply` has made the cluster");
    buf_fini(&names);
    return session_fail(s, 1);
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
