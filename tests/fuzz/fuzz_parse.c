/* Any bytes through scanner, layout, parser, repair, printers. Nothing may crash, hang or be lost: tokens tile the input, a broken
 * file has an error and a file with an error is broken. */
#include <stdlib.h>
#include "ast.h"
#include "token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool ok)
{
    if (!ok)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct sources *s = sources_new();
    struct arena *a = arena_new();
    struct diags d;
    struct buf out = { 0 };
    size_t entries;
    diags_init(&d);
    uint32_t k = sources_add(s, (struct source){ STR("fuzz.kcl"), { (const char *)data, n }, false });
    struct ast_file *f = ast_parse(a, s, k, &d);
    uint32_t off = 0;
    for (size_t i = 0; i < f->ntokens; i++) {
        require(f->tokens[i].off == off);
        off += f->tokens[i].len;
    }
    require(off == n);
    require(f->broken == (d.errors > 0));
    ast_print(&out, f);
    struct ast_entry *e = ast_index(a, s, k, &entries);
    for (size_t i = 0; i < entries; i++)
        require(e[i].span.off + e[i].span.len <= n);
    diags_sort(&d);
    diags_text(&out, &d, s, (struct diag_style){ 0 });
    diags_json(&out, &d, s);
    buf_fini(&out);
    diags_fini(&d);
    arena_free(a);
    sources_free(s);
    return 0;
}
