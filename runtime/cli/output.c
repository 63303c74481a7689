/* output.c - see output.h. */
#include "output.h"

#include "kc/json.h"

bool output_colour(struct session *s, int fd)
{
    return !s->options->no_color && !world_getenv(s->world, "NO_COLOR").n && !str_is(world_getenv(s->world, "TERM"), "dumb") && world_is_tty(s->world, fd);
}

/* Whether the terminal's locale takes more than ASCII. */
static bool wide_letters(struct session *s)
{
    static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

    for (size_t i = 0; i < 3; i++) {
        struct str v = world_getenv(s->world, names[i]);

        if (v.n)
            return str_find(v, STR("UTF-8")) != SIZE_MAX || str_find(v, STR("utf8")) != SIZE_MAX;
    }
    return false;
}

void output_diags(struct session *s)
{
    struct buf b = { 0 };

    if (!s->diags.n)
        return;
    diags_sort(&s->diags);
    if (s->options->json)
        diags_json(&b, &s->diags, s->sources);
    else
        diags_text(&b, &s->diags, s->sources, (struct diag_style){ output_colour(s, 2), !wide_letters(s), world_width(s->world, 2) });
    if (s->options->json && s->options->command == COMMAND_CHECK)
        world_out(s->world, buf_view(&b));
    else
        world_err(s->world, buf_view(&b));
    buf_fini(&b);
    diags_fini(&s->diags);
    diags_init(&s->diags);
}

void output_note(struct session *s, struct str text)
{
    struct buf b = { 0 };

    buf_cstr(&b, "note: ");
    text_safe(&b, text);
    buf_putc(&b, '\n');
    world_err(s->world, buf_view(&b));
    buf_fini(&b);
}

void output_buf(struct session *s, struct buf *b)
{
    world_out(s->world, buf_view(b));
    buf_fini(b);
}

void output_json(struct session *s, const struct value *v)
{
    struct buf b = { 0 };

    json_write(&b, v, JSON_PRETTY, false);
    buf_putc(&b, '\n');
    output_buf(s, &b);
}

void output_duration(struct buf *out, int64_t ms)
{
    long long s = (long long)(ms + 500) / 1000;

    if (ms < 10000)
        buf_fmt(out, "%lld.%lld s", (long long)ms / 1000, (long long)ms % 1000 / 100);
    else if (s < 60)
        buf_fmt(out, "%lld s", s);
    else if (s < 3600)
        buf_fmt(out, "%lld min %lld s", s / 60, s % 60);
    else
        buf_fmt(out, "%lld h %lld min", s / 3600, s % 3600 / 60);
}

const struct value *output_expiry(struct arena *a, const struct expiry *x)
{
    if (x->kind != EXPIRY_AT)
        return &value_none;
    return OBJECT(a, { STR("at"), value_str(a, x->when) }, { STR("days_left"), value_int(a, x->days) });
}

const struct value *output_text(struct arena *a, struct str s)
{
    return s.s ? value_str(a, s) : &value_none;
}
