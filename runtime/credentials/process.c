/* process.c - keys that a program prints: `credential_process`. It is started without a shell; it may write to the terminal (standard error is its own).
 * What it prints holds keys, so no message repeats it. */
#include "room.h"
#include "words.h"

enum { PROGRAM_MS = 60000 };

struct process { struct str shown; const char *program; };

static void program_ended(struct fetch *f, int code, struct str out)
{
    const struct process *p = f->own;
    const struct value *v = code == 0 ? document_read(f, out) : NULL, *version = v ? value_get(v, STR("Version")) : NULL;

    f->out.source = p->shown;
    if (code < 0)
        broken(f, "%.*s: `%s` could not be run to its end (not found, killed, more than %d s, or more than 64 KiB of output)", STR_ARG(p->shown), p->program,
               PROGRAM_MS / 1000);
    else if (code)
        broken(f, "%.*s: `%s` ended with exit code %d", STR_ARG(p->shown), p->program, code);
    else if (!v)
        broken(f, "%.*s: what `%s` printed is no JSON object", STR_ARG(p->shown), p->program);
    else if (!version || version->kind != VALUE_INT || version->i != 1)
        broken(f, "%.*s: what `%s` printed does not have `\"Version\": 1`", STR_ARG(p->shown), p->program);
    else if (!document_take(f, v, "SessionToken", false, str_fmt(f->s->arena, "%.*s: what `%s` printed", STR_ARG(p->shown), p->program)))
        broken(f, "%.*s", STR_ARG(f->why));
    else
        found(f);
}

void process_find(struct fetch *f)
{
    struct str line = profile_get(&f->profile, "credential_process"), where = profile_where(f->s->config, &f->profile, "credential_process");
    struct process *p = ARENA_NEW(f->s->arena, struct process);
    const char *why = NULL;
    size_t n = 0;

    if (!line.n) {
        not_here(f);
        return;
    }
    p->shown = str_fmt(f->s->arena, "credential_process of profile `%.*s` (%.*s)", STR_ARG(f->profile.name), STR_ARG(where));
    const char *const *argv = words_split(f->s->arena, line, &n, &why);
    if (!argv || !n) {
        broken(f, "%.*s cannot be split into words: %s", STR_ARG(p->shown), why ? why : "it is empty");
        return;
    }
    p->program = argv[0];
    f->own = p;
    fetch_program(f, argv, PROGRAM_MS, program_ended);
}
