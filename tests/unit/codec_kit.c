/* codec_kit.c - see codec_kit.h. */
#include "codec_kit.h"
#include "kc/lang.h"

struct arena *codec_arena;
static struct models *models;

static bool embedded(void *user, struct str service, struct str *text)
{
    (void)user;
    return stdlib_text(str_fmt(codec_arena, "aws/models/%.*s.model", STR_ARG(service)), text);
}

int codec_begin(void **state)
{
    (void)state;
    codec_arena = arena_new();
    models = models_new(embedded, NULL);
    return 0;
}

int codec_end(void **state)
{
    (void)state;
    models_free(models);
    arena_free(codec_arena);
    return 0;
}

const struct operation *codec_operation(const char *service, const char *name)
{
    struct str why = STR_NONE;
    const struct service *s = model_service(models, str_of(service), &why);
    assert_non_null(s);
    const struct operation *op = model_operation(s, str_of(name));
    assert_non_null(op);
    return op;
}
