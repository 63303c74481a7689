/* diag_json.c - diagnostics for programs: one JSON object a line (docs/design.md, Diagnostics). */
#include "kc/arena.h"
#include "kc/diag.h"
#include "kc/json.h"
#include "kc/value.h"

struct page {
    struct arena *a;
    const struct sources *s;
};

/* Text as JSON can hold it: bytes that are not UTF-8 are escaped as text_safe does. */
static const struct value *text(const struct page *p, struct str x)
{
    if (str_utf8(x))
        return value_str(p->a, x);
    struct buf b = { 0 };
    text_safe(&b, x);
    return value_str(p->a, buf_take(&b, p->a));
}

static const struct value *place(const struct page *p, uint32_t file, uint32_t off)
{
    struct position x = sources_position(p->s, file, off);
    struct pair v[] = { { STR("line"), value_int(p->a, x.line) },
                        { STR("col"), value_int(p->a, x.col) },
                        { STR("utf16"), value_int(p->a, x.utf16) },
                        { STR("byte"), value_int(p->a, off) } };
    return value_object(p->a, v, 4);
}

/* Adds file and range to v when the span has a place; returns the new count. */
static size_t add_place(const struct page *p, struct span at, struct pair *v, size_t n)
{
    const struct source *src = sources_get(p->s, at.file);
    if (!src)
        return n;
    struct pair range[] = { { STR("start"), place(p, at.file, at.off) }, { STR("end"), place(p, at.file, at.off + at.len) } };
    v[n++] = (struct pair){ STR("file"), text(p, src->path) };
    v[n++] = (struct pair){ STR("range"), value_object(p->a, range, 2) };
    return n;
}

static const struct value *labels(const struct page *p, const struct diag *x)
{
    const struct value *v[DIAG_LABELS];
    for (size_t i = 0; i < x->nlabels; i++) {
        struct pair f[3];
        size_t n = add_place(p, x->labels[i].at, f, 0);
        f[n++] = (struct pair){ STR("text"), text(p, x->labels[i].text) };
        v[i] = value_object(p->a, f, n);
    }
    return value_list(p->a, v, x->nlabels);
}

static const struct value *notes(const struct page *p, const struct diag *x)
{
    const struct value *v[DIAG_NOTES];
    for (size_t i = 0; i < x->nnotes; i++) {
        struct pair f[] = { { STR("kind"), value_str(p->a, x->notes[i].help ? STR("help") : STR("note")) },
                            { STR("text"), text(p, x->notes[i].text) } };
        v[i] = value_object(p->a, f, 2);
    }
    return value_list(p->a, v, x->nnotes);
}

static const struct value *fixes(const struct page *p, const struct diag *x)
{
    if (!x->fix.text.s)
        return &value_empty_list;
    struct pair f[4];
    size_t n = add_place(p, x->fix.at, f, 0);
    f[n++] = (struct pair){ STR("newText"), text(p, x->fix.text) };
    f[n++] = (struct pair){ STR("applicability"), value_str(p->a, x->fix.certain ? STR("certain") : STR("maybe")) };
    const struct value *v = value_object(p->a, f, n);
    return value_list(p->a, &v, 1);
}

static void write_one(const struct page *p, struct buf *out, const struct diag *x)
{
    static const char *const word[] = { "error", "warning", "note" };
    struct pair v[12] = { { STR("v"), value_int(p->a, 1) },
                          { STR("code"), value_str(p->a, str_of(diag_name(x->code))) },
                          { STR("severity"), value_str(p->a, str_of(word[x->severity])) },
                          { STR("message"), text(p, x->message) } };
    size_t n = add_place(p, x->at, v, 4);
    if (x->label.n)
        v[n++] = (struct pair){ STR("label"), text(p, x->label) };
    v[n++] = (struct pair){ STR("labels"), labels(p, x) };
    v[n++] = (struct pair){ STR("notes"), notes(p, x) };
    v[n++] = (struct pair){ STR("fixes"), fixes(p, x) };
    if (x->addr.n)
        v[n++] = (struct pair){ STR("address"), text(p, x->addr) };
    json_write(out, value_object(p->a, v, n), JSON_PLAIN, false);
    if (out->n && out->s[out->n - 1] != '\n')
        buf_putc(out, '\n');
}

void diags_json(struct buf *out, const struct diags *d, const struct sources *s)
{
    struct page p = { arena_new(), s };
    for (size_t i = 0; i < d->n; i++)
        write_one(&p, out, d->v[i]);
    arena_free(p.a);
}
