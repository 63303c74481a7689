/* cmd_state.c - kc state list and kc state show: what is recorded, without asking AWS. */
#include "commands.h"

#include "kc/arena.h"
#include "output.h"

/* When its object ends, as far as the record says. False: its type says nothing of an end. */
static bool expiry_of(struct session *s, const struct record *r, struct expiry *out)
{
    struct resource_view v = { .type = s->planning.type(s, r->type), .inputs = r->inputs, .outs = r->outs };

    if (!v.type || !v.type->expires)
        return false;
    *out = resource_expiry(s->arena, &v, world_wall(s->world));
    return true;
}

static const struct value *record_value(struct session *s, const struct record *r, bool whole)
{
    struct arena *a = s->arena;
    const struct value **deps = arena_array(a, r->ndeps, sizeof *deps);
    const struct value *v = OBJECT(a, { STR("address"), value_str(a, r->addr) }, { STR("type"), value_str(a, r->type) },
                                   { STR("status"), value_str(a, str_of(status_name(r->status))) }, { STR("generation"), value_int(a, r->generation) },
                                   { STR("id"), output_text(a, resource_name(a, s->planning.type(s, r->type), r->inputs, r->outs)) });
    struct expiry end;

    if (expiry_of(s, r, &end))
        v = value_with(a, v, STR("expires"), output_expiry(a, &end));
    if (!whole)
        return v;
    for (size_t i = 0; i < r->ndeps; i++)
        deps[i] = value_str(a, r->deps[i].addr);
    v = value_with(a, v, STR("provider"), provider_value(a, r->provider));
    v = value_with(a, v, STR("account"), output_text(a, r->account));
    v = value_with(a, v, STR("inputs"), r->inputs ? value_pack(a, r->inputs) : &value_none);
    v = value_with(a, v, STR("outputs"), r->outs ? value_pack(a, r->outs) : &value_none);
    if (r->pin)
        v = value_with(a, v, STR("pinned"), r->pin);
    return value_with(a, v, STR("depends_on"), value_list(a, deps, r->ndeps));
}

static int list(struct session *s, const struct record **records, size_t n)
{
    struct buf b = { 0 };
    int width = 0;

    if (s->options->json) {
        const struct value **v = arena_array(s->arena, n, sizeof *v);

        for (size_t i = 0; i < n; i++)
            v[i] = record_value(s, records[i], false);
        output_json(s, OBJECT(s->arena, { STR("version"), value_int(s->arena, 1) }, { STR("resources"), value_list(s->arena, v, n) }));
        return 0;
    }
    for (size_t i = 0; i < n; i++)
        width = (int)records[i]->addr.n > width ? (int)records[i]->addr.n : width;
    for (size_t i = 0; i < n; i++) {
        const struct record *r = records[i];
        struct str id = resource_name(s->arena, s->planning.type(s, r->type), r->inputs, r->outs);
        struct expiry end;

        text_safe(&b, r->addr);
        buf_fmt(&b, "%*s  %-9s ", width - (int)r->addr.n, "", r->pin ? "pinned" : status_name(r->status));
        text_safe(&b, id);
        if (expiry_of(s, r, &end) && end.kind == EXPIRY_AT)
            buf_fmt(&b, "  (%.*s)", STR_ARG(end.words));
        buf_cstr(&b, state_get(s->state, r->addr) == r ? "\n" : "  (not the one in use)\n");
    }
    output_buf(s, &b);
    if (!n)
        output_note(s, str_fmt(s->arena, "nothing is recorded for stack `%.*s`", STR_ARG(s->project.stack)));
    return 0;
}

static void print_fields(struct buf *b, const char *title, const struct value *v)
{
    if (!v || v->kind != VALUE_OBJECT || !v->object.n)
        return;
    buf_fmt(b, "%s\n", title);
    for (size_t i = 0; i < v->object.n; i++) {
        if (v->object.v[i].value->kind == VALUE_NONE)
            continue;
        buf_fmt(b, "  %.*s = ", STR_ARG(v->object.v[i].key));
        value_print(b, v->object.v[i].value);
        buf_putc(b, '\n');
    }
}

static void print_expiry(struct session *s, struct buf *b, const struct record *r)
{
    struct expiry end;

    if (!expiry_of(s, r, &end))
        return;
    if (end.kind == EXPIRY_AT)
        buf_fmt(b, "%.*s (%.*s)\n", STR_ARG(end.words), STR_ARG(end.when));
    else if (end.kind == EXPIRY_ODD)
        buf_fmt(b, "when it ends is not known: %.*s\n", STR_ARG(end.words));
}

static void print_record(struct session *s, const struct record *r)
{
    struct buf b = { 0 }, text = { 0 };

    buf_fmt(&text, "%.*s: %.*s, %s\n", STR_ARG(r->addr), STR_ARG(r->type), status_name(r->status));
    buf_fmt(&text, "in %.*s%s%.*s\n", STR_ARG(provider_show(s->arena, r->provider)), r->account.n ? ": account " : "", STR_ARG(r->account));
    print_expiry(s, &text, r);
    print_fields(&text, "inputs", r->inputs);
    print_fields(&text, "outputs", r->outs);
    print_fields(&text, "pinned answer", r->pin);
    for (size_t i = 0; i < r->ndeps; i++)
        buf_fmt(&text, "%s%.*s", i ? ", " : "depends on ", STR_ARG(r->deps[i].addr));
    if (r->ndeps)
        buf_putc(&text, '\n');
    struct str rest = buf_view(&text), line;
    while (str_cut(&rest, '\n', &line) && (line.n || rest.n)) {   /* line by line: text_safe shows control bytes, line ends too */
        text_safe(&b, line);
        buf_putc(&b, '\n');
    }
    buf_fini(&text);
    output_buf(s, &b);
}

/* An output of the root or of a top component may be shown too. */
static bool show_output(struct session *s, struct str name)
{
    const struct value *outs = state_meta(s->state)->outs, *v = outs ? value_get(outs, name) : NULL;
    struct buf b = { 0 };

    if (!v)
        return false;
    if (s->options->json) {
        output_json(s, v);
    } else if (v->kind == VALUE_STRING && !v->secret) {
        world_out(s->world, v->s);
        world_out(s->world, STR("\n"));
    } else {
        value_print(&b, v);
        buf_putc(&b, '\n');
        output_buf(s, &b);
    }
    return true;
}

static int show(struct session *s, struct str name, const struct record **records, size_t n)
{
    struct str addr = address_normal(s->arena, name), near[3];
    struct str *names = arena_array(s->arena, n, sizeof *names);

    for (size_t i = 0; i < n; i++) {
        names[i] = records[i]->addr;
        if (!str_eq(address_normal(s->arena, records[i]->addr), addr) || state_get(s->state, records[i]->addr) != records[i])
            continue;
        if (s->options->json)
            output_json(s, record_value(s, records[i], true));
        else
            print_record(s, records[i]);
        return 0;
    }
    if (show_output(s, name))
        return 0;
    struct diag *x = diag_add(&s->diags, DIAG_E0808, SPAN_NONE, "nothing is recorded at `%.*s` in stack `%.*s`", STR_ARG(name), STR_ARG(s->project.stack));
    if (diag_nearest(name, names, n, near))
        diag_help(&s->diags, x, "did you mean `%.*s`?", STR_ARG(near[0]));
    return session_fail(s, 1);
}

int command_state(struct session *s)
{
    const struct options *o = s->options;
    const struct record **records;
    bool lists = str_is(o->args[0], "list");

    if ((!lists && !str_is(o->args[0], "show")) || (o->nargs == 2) == lists) {
        world_err(s->world, STR("kc: write `kc state list`, or `kc state show ADDRESS`\n"));
        return 64;
    }
    if (!session_project(s, false) || !session_no_program(s) || !session_state(s, false))
        return session_fail(s, s->exit_code);
    size_t n = state_list(s->state, s->arena, &records);
    return lists ? list(s, records, n) : show(s, o->args[1], records, n);
}
