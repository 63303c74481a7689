/* operation.h - an operation of the embedded models, for targets that read or write its messages. */
#ifndef KC_FUZZ_OPERATION_H
#define KC_FUZZ_OPERATION_H
#include "kc/arena.h"
#include "kc/lang.h"
#include "kc/model.h"

static const struct header request_id[] = { { { "x-amzn-requestid", 16 }, { "r", 1 } } };   /* without it no reply is opened */
static struct arena *keep;

static bool embedded(void *user, struct str service, struct str *text)
{
    (void)user;
    return stdlib_text(str_fmt(keep, "aws/models/%.*s.model", STR_ARG(service)), text);
}

static const struct operation *operation(const char *service, const char *name)
{
    static struct models *models;
    struct str why;
    if (!keep) {
        keep = arena_new();
        models = models_new(embedded, NULL);
    }
    return model_operation(model_service(models, str_of(service), &why), str_of(name));
}

#endif
