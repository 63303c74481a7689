/* cmd_identity.c - kc whoami and kc login: whose credentials these are, and getting some. */
#include "commands.h"

#include "kc/arena.h"
#include "output.h"

/* ---- kc whoami ---- */
static void print_who(struct session *s, const struct principal *who, const struct credentials *keys)
{
    const struct str *notes;
    size_t nnotes = session_ways(s, &notes);
    struct buf b = { 0 };

    buf_fmt(&b, "account    %.*s\nprincipal  %.*s\nsource     ", STR_ARG(who->account), STR_ARG(who->arn));
    text_safe(&b, keys->source);
    buf_fmt(&b, "\nuntil      %.*s", STR_ARG(keys->expires ? time_text(s->arena, keys->expires, TIME_ISO8601) : STR("they do not end")));
    if (keys->expires) {
        buf_cstr(&b, ", in ");
        output_duration(&b, keys->expires - world_wall(s->world) - aws_clock_offset(s->aws));
    }
    buf_putc(&b, '\n');
    for (size_t i = 0; i < nnotes; i++)
        buf_fmt(&b, "note: %.*s\n", STR_ARG(notes[i]));
    output_buf(s, &b);
}

static void print_who_json(struct session *s, const struct principal *who, const struct credentials *keys)
{
    struct arena *a = s->arena;
    const struct value *until = keys->expires ? value_str(a, time_text(a, keys->expires, TIME_ISO8601)) : &value_none;

    output_json(s, OBJECT(a, { STR("account"), value_str(a, who->account) }, { STR("arn"), value_str(a, who->arn) },
                          { STR("source"), output_text(a, keys->source) }, { STR("expires"), until }));
}

int command_whoami(struct session *s)
{
    struct provider here = { .kind = STR("aws") };
    struct principal who;
    struct credentials keys;
    struct answer r;
    struct str why = STR_NONE;

    if (!session_sandbox(s) || !session_client(s))
        return session_fail(s, s->exit_code);
    here.region = s->region.n ? s->region : endpoint_home(STR("aws"));
    bool known = aws_identity(s->aws, s->arena, &here, &who, &r);
    if (known && !aws_credentials(s->aws, s->arena, &keys, &why))
        r = (struct answer){ .class = ANSWER_CREDENTIALS, .error.message = why };
    if (!known || why.n) {
        session_no_answer(s, &r);
        return session_fail(s, s->exit_code);
    }
    output_diags(s);
    if (s->options->json)
        print_who_json(s, &who, &keys);
    else
        print_who(s, &who, &keys);
    return 0;
}

/* ---- kc login ---- */
static void show(void *user, const struct login_prompt *p)
{
    struct session *s = user;
    struct buf b = { 0 };

    buf_cstr(&b, "Open this in a browser, on any machine:\n\n    ");
    text_safe(&b, p->url);
    buf_cstr(&b, "\n\nand type the code\n\n    ");
    text_safe(&b, p->code);
    buf_cstr(&b, "\n\nIt is good for ");
    output_duration(&b, p->expires - world_wall(s->world));
    buf_cstr(&b, ". Waiting for you there; Ctrl-C gives up.\n");
    world_out(s->world, buf_view(&b));
    buf_fini(&b);
}

int command_login(struct session *s)
{
    const struct options *o = s->options;
    struct config_options c = { .profile = o->profile, .explicit_profile = o->explicit_profile };
    struct answer r = { .class = ANSWER_CREDENTIALS };
    struct str session = STR_NONE;
    struct buf b = { 0 };
    int64_t expires = 0;

    if (!session_sandbox(s))
        return session_fail(s, s->exit_code);
    if (!login_run(s->world, s->models, s->arena, &c, show, s, &session, &expires, &r.error.message)) {
        session_no_answer(s, &r);
        return session_fail(s, s->exit_code);
    }
    buf_fmt(&b, "Signed in: %.*s, until %.*s.\n", STR_ARG(session), STR_ARG(time_text(s->arena, expires, TIME_ISO8601)));
    output_buf(s, &b);
    return 0;
}
