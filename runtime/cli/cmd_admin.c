/* cmd_admin.c - kc kubeconfig --admin: a way into a cluster when no other is left. Beside its own authority a cluster trusts a second one for clients, whose
 * key is in Secrets Manager; it is read there, and signs a certificate for a key that is made here. Both keys are in secret memory alone, the kubeconfig
 * goes to standard output, nothing is recorded. */
#include "commands.h"

#include "kc/arena.h"
#include "kc/date.h"
#include "kc/hash.h"
#include "kc/json.h"
#include "kc/pki.h"
#include "output.h"

enum { GROUPS_MOST = 16, NAME_MOST = 64, SHORTEST = 60 * 1000 };

/* What the output `break_glass` says. */
struct entrance {
    struct str output;                                     /* its own name */
    struct str cluster, server, trusted, secret;           /* trusted: PEM; empty: whom this machine trusts */
    const struct str *groups; size_t ngroups;
    struct provider place;                                 /* of the secret */
};
struct authority { struct str text, version; struct pki_certificate certificate; };     /* text: the key and the certificate, PEM */
struct clock { struct world *world; int64_t ahead; };      /* AWS's: this machine's may be wrong, and the cluster's is not this machine's */

/* ---- what is recorded ---- */

static bool unusable(struct session *s, const struct entrance *e, const char *what)
{
    struct diag *x = diag_add(&s->diags, DIAG_E0814, SPAN_NONE, "output `%.*s` tells no way in: %s", STR_ARG(e->output), what);

    diag_help(&s->diags, x, "write `out break_glass = { cluster = \"prod\", server = \"https://...\", trusted = PEM or none, secret = ARN, groups = [...] }`, and apply");
    return false;
}

static struct str text_of(const struct value *out, const char *member)
{
    const struct value *v = value_get(out, str_of(member));

    return v && v->kind == VALUE_STRING && !v->secret ? v->s : STR_NONE;
}

static bool read_groups(struct session *s, const struct value *out, struct entrance *e)
{
    const struct value *v = value_get(out, STR("groups"));
    struct str *groups = arena_array(s->arena, GROUPS_MOST, sizeof *groups);

    e->groups = groups;
    for (size_t i = 0; v && v->kind == VALUE_LIST && i < v->list.n && i < GROUPS_MOST; i++)
        if (v->list.v[i]->kind == VALUE_STRING)
            groups[e->ngroups++] = v->list.v[i]->s;
    return e->ngroups && e->ngroups == v->list.n;
}

/* arn:aws:secretsmanager:eu-west-1:111122223333:secret:NAME */
static bool read_place(struct session *s, struct entrance *e)
{
    struct str rest = e->secret, part[6];
    size_t n = 0;

    while (n < 6 && str_cut(&rest, ':', &part[n]))
        n++;
    if (n < 6 || !str_is(part[0], "arn") || !str_is(part[2], "secretsmanager") || !rest.n)
        return unusable(s, e, "`secret` is the ARN of no secret");
    e->place = (struct provider){ .kind = STR("aws"), .region = part[3] };
    return session_region(s, part[3], SPAN_NONE);
}

static bool read_entrance(struct session *s, const struct pair *out, struct entrance *e)
{
    struct pki_certificate *v;
    struct str why = STR_NONE;
    size_t n;

    *e = (struct entrance){ .output = out->key, .cluster = text_of(out->value, "cluster"), .server = text_of(out->value, "server"),
                            .trusted = text_of(out->value, "trusted"), .secret = text_of(out->value, "secret") };
    if (!e->cluster.n)
        return unusable(s, e, "`cluster` is no name");
    if (!str_starts(e->server, STR("https://")))
        return unusable(s, e, "`server` is no address that begins with https://");
    if (e->trusted.n && !pki_certificates(s->arena, e->trusted, &v, &n, &why))
        return unusable(s, e, str_c(s->arena, str_fmt(s->arena, "`trusted`: %.*s", STR_ARG(why))));
    if (!read_groups(s, out->value, e))
        return unusable(s, e, "`groups` is no list of names, 1 to 16");
    return read_place(s, e);
}

static bool find_entrance(struct session *s, struct entrance *e)
{
    const struct pair *out = recorded_out(s, STR("break_glass"), "output `break_glass`", "it is recorded when `kc apply` has made a cluster that has a break-glass authority");

    return out && read_entrance(s, out, e);
}

/* ---- the authority ---- */

static bool refused(struct session *s, const struct entrance *e, const struct answer *r)
{
    bool rights = r->class == ANSWER_DENIED || r->class == ANSWER_REFUSED;
    struct str id = r->error.request_id.n ? str_fmt(s->arena, " (request id %.*s)", STR_ARG(r->error.request_id)) : STR("");

    if (session_interrupted(s) || r->class == ANSWER_CREDENTIALS)
        return session_no_answer(s, r);
    struct diag *x = diag_add(&s->diags, rights ? DIAG_E0701 : DIAG_E0710, SPAN_NONE, "secret %.*s cannot be read: %.*s: %.*s%.*s", STR_ARG(e->secret),
                              STR_ARG(r->error.code), STR_ARG(r->error.message), STR_ARG(id));
    if (r->class == ANSWER_DENIED)
        diag_help(&s->diags, x, "its policy lets one operator role read it: add `--role ARN`, or `--profile NAME`");
    return false;
}

static bool cannot_sign(struct session *s, const struct entrance *e, const struct authority *by, struct str why)
{
    struct diag *x = diag_add(&s->diags, DIAG_E0814, SPAN_NONE, "the authority in %.*s (version %.*s) cannot sign: %.*s", STR_ARG(e->secret), STR_ARG(by->version), STR_ARG(why));

    diag_help(&s->diags, x, "the secret holds a private key and the certificate of an authority, PEM; `kc plan` tells when that ends, and what to write for the next one");
    return false;
}

static bool read_authority(struct session *s, struct arena *vault, const struct entrance *e, struct authority *by)
{
    struct ask ask = { .service = STR("secretsmanager"), .op = STR("GetSecretValue"), .provider = &e->place, .repeat = REPEAT_ALWAYS,
                       .input = OBJECT(s->arena, { STR("SecretId"), value_str(s->arena, e->secret) }, { STR("VersionStage"), value_str(s->arena, STR("AWSCURRENT")) }) };
    struct answer r = aws_call_wait(s->aws, vault, &ask);
    struct pki_certificate *v;
    struct str why = STR_NONE;
    size_t n;

    if (r.class != ANSWER_OK)
        return refused(s, e, &r);
    by->text = text_of(r.reply, "SecretString");
    by->version = text_of(r.reply, "VersionId");
    if (!by->text.n)
        return cannot_sign(s, e, by, STR("it is no text"));
    if (!pki_certificates(vault, by->text, &v, &n, &why))
        return cannot_sign(s, e, by, why);
    by->certificate = v[0];
    return true;
}

/* ---- the certificate ---- */

static void fill(void *impl, void *p, size_t n)
{
    world_random(((struct clock *)impl)->world, p, n);
}

static int64_t now(void *impl)
{
    const struct clock *c = impl;

    return world_wall(c->world) + c->ahead;
}

/* The ARN of who asks, in the 64 characters that a name may have. It never reads like a name of the cluster's own ("system:..."): what is left of a longer one
 * begins with the account or with dots. */
static struct str name_of(struct arena *a, struct str arn)
{
    struct str rest = arn, part;

    for (size_t i = 0; arn.n > NAME_MOST && i < 4; i++)
        str_cut(&rest, ':', &part);
    return rest.n <= NAME_MOST ? rest : str_fmt(a, "..%.*s", STR_ARG(str_sub(rest, rest.n - NAME_MOST + 2, rest.n)));
}

/* For as long as was asked for, but never beyond the authority itself. */
static bool sign(struct session *s, struct arena *vault, const struct entrance *e, const struct authority *by, struct str arn, struct str *key, struct pki_certificate *out)
{
    struct clock clock = { s->world, callers_clock(s->callers, &e->place) };
    struct pki_source source = { fill, now, &clock };
    struct str why = STR_NONE, pem;
    int64_t left = by->certificate.ends - now(&clock);
    struct pki_request q = { .common_name = name_of(s->arena, arn), .organizations = e->groups, .norganizations = e->ngroups, .usages = PKI_CLIENT,
                             .lifetime = left < s->options->lifetime ? left : s->options->lifetime };
    struct pki_certificate *made;
    size_t n;

    if (left < SHORTEST)
        return cannot_sign(s, e, by, str_fmt(s->arena, "it ended at %.*s", STR_ARG(date_text(s->arena, by->certificate.ends))));
    if (!pki_request_fits(s->arena, &q, &why))
        return unusable(s, e, str_c(s->arena, why));
    if (!pki_make(vault, PKI_EC, 0, STR("P-256"), &source, key, &why) || !pki_certify(vault, &q, *key, by->text, &source, &pem, &why) ||
        !pki_certificates(s->arena, pem, &made, &n, &why))
        return cannot_sign(s, e, by, why);
    *out = made[0];
    return true;
}

/* ---- the kubeconfig ---- */

static void quoted(struct buf *b, const char *before, struct str text)
{
    struct arena *a = arena_new();

    buf_cstr(b, before);
    json_write(b, value_str(a, text), JSON_CANONICAL, false);      /* also a scalar of YAML */
    buf_putc(b, '\n');
    arena_free(a);
}

static void encoded(struct buf *b, struct arena *a, const char *before, struct str pem)
{
    if (pem.n)
        buf_fmt(b, "%s%.*s\n", before, STR_ARG(base64(a, pem)));
}

static void print(struct session *s, struct arena *vault, const struct entrance *e, struct str key, const struct pki_certificate *c)
{
    struct str user = str_fmt(s->arena, "%.*s-admin", STR_ARG(e->cluster));
    struct buf b = { 0 };

    buf_cstr(&b, "apiVersion: v1\nkind: Config\nclusters:\n");
    quoted(&b, "- name: ", e->cluster);
    quoted(&b, "  cluster:\n    server: ", e->server);
    encoded(&b, s->arena, "    certificate-authority-data: ", e->trusted);
    quoted(&b, "users:\n- name: ", user);
    encoded(&b, s->arena, "  user:\n    client-certificate-data: ", c->pem);
    encoded(&b, vault, "    client-key-data: ", key);
    quoted(&b, "contexts:\n- name: ", user);
    quoted(&b, "  context:\n    cluster: ", e->cluster);
    quoted(&b, "    user: ", user);
    quoted(&b, "current-context: ", user);
    output_buf(s, &b);
}

static void tell(struct session *s, const struct entrance *e, const struct authority *by, const struct pki_certificate *c)
{
    bool cut = c->ends == by->certificate.ends;

    output_note(s, str_fmt(s->arena, "read secret %.*s, version %.*s", STR_ARG(e->secret), STR_ARG(by->version)));
    output_note(s, str_fmt(s->arena, "signed for %.*s until %.*s%s", STR_ARG(c->subject), STR_ARG(date_text(s->arena, c->ends)), cut ? ", when the authority itself ends" : ""));
    if (world_is_tty(s->world, 1))
        output_note(s, STR("what stands above is a key: whoever has seen it may enter. `kc kubeconfig --admin | kubectl --kubeconfig /dev/stdin ...` keeps it to itself"));
}

static bool enter(struct session *s, struct arena *vault)
{
    struct entrance e;
    struct authority by = { 0 };
    struct principal who;
    struct answer r;
    struct str key = STR_NONE;
    struct pki_certificate c = { 0 };

    if (!find_entrance(s, &e))
        return false;
    if (!aws_identity(s->aws, s->arena, &e.place, &who, &r))
        return session_no_answer(s, &r);
    if (!read_authority(s, vault, &e, &by) || !sign(s, vault, &e, &by, who.arn, &key, &c))
        return false;
    print(s, vault, &e, key, &c);
    tell(s, &e, &by, &c);
    return true;
}

int command_admin(struct session *s)
{
    if (!session_project(s, false) || !session_sandbox(s) || !session_client(s) || !session_state(s, false))
        return session_fail(s, s->exit_code);
    struct arena *vault = arena_secret();

    s->exit_code = 1;
    bool good = enter(s, vault);
    arena_free(vault);
    return good ? 0 : session_fail(s, s->exit_code);
}
