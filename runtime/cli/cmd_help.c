/* cmd_help.c - kc help, kc version, kc explain. */
#include "commands.h"

#include "kc/arena.h"
#include "output.h"

int command_help(struct session *s)
{
    const struct options *o = s->options;
    struct buf b = { 0 };
    enum command c = COMMAND_NONE;

    for (enum command i = COMMAND_CHECK; o->nargs && i < COMMAND_COUNT; i++)
        if (str_is(o->args[0], command_title(i)))
            c = i;
    if (o->nargs && str_is(o->args[0], "validate"))
        c = COMMAND_CHECK;
    if (o->nargs && c == COMMAND_NONE) {
        buf_fmt(&b, "kc: there is no command `%.*s`; see `kc help`\n", STR_ARG(o->args[0]));
        world_err(s->world, buf_view(&b));
        buf_fini(&b);
        return 64;
    }
    options_help(&b, c);
    output_buf(s, &b);
    return 0;
}

int command_version(struct session *s)
{
    if (s->options->json)
        output_json(s, OBJECT(s->arena, { STR("version"), value_str(s->arena, STR(KC_VERSION)) }));
    else
        world_out(s->world, STR("kc " KC_VERSION "\n"));
    return 0;
}

int command_explain(struct session *s)
{
    struct str code = s->options->args[0], text, near[3];
    struct str names[DIAG_COUNT];
    struct buf b = { 0 };
    enum diag_code found;

    if (diag_find(code, &found)) {
        buf_fmt(&b, "%s: %s\n", diag_name(found), diag_title(found));
        if (stdlib_text(str_fmt(s->arena, "docs/errors/%s.md", diag_name(found)), &text))
            buf_fmt(&b, "\n%.*s", STR_ARG(text));
        output_buf(s, &b);
        return 0;
    }
    for (size_t i = 0; i < DIAG_COUNT; i++)
        names[i] = str_of(diag_name((enum diag_code)i));
    struct diag *x = diag_add(&s->diags, DIAG_E0808, SPAN_NONE, "there is no error code `%.*s`", STR_ARG(code));
    if (diag_nearest(code, names, DIAG_COUNT, near))
        diag_help(&s->diags, x, "did you mean `%.*s`?", STR_ARG(near[0]));
    return session_fail(s, 1);
}
