/* lang_kit.h - .kcl text given by a test, with the embedded library, to a program; models from the library. */
#ifndef KC_LANG_KIT_H
#define KC_LANG_KIT_H
#include "kc/lang.h"
#include "kc/model.h"

struct lang_kit {
    struct arena *a;
    struct sources *sources;
    struct diags diags;
    struct models *models;
    struct program *program;
    struct str text;                                       /* of "cluster.kcl" */
};
/* text: the root file. params: name=value pairs separated by blanks, or NULL. Diagnostics are left in diags. */
struct lang_kit *lang_kit_new(struct str text, const char *params, bool check_all);
void lang_kit_free(struct lang_kit *k);
void lang_kit_show(const struct lang_kit *k);              /* diagnostics, to standard error */
struct str lang_kit_file(struct arena *a, const char *path);              /* a file of the repository */
bool lang_kit_model(void *user, struct str service, struct str *text);    /* model_source over the library; user: an arena */
#endif
