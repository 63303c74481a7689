/* lang_world.h - shared by tests of lang: programs from texts in memory, with the real library behind "std/". */
#ifndef LANG_WORLD_H
#define LANG_WORLD_H
#include "kc/lang.h"

struct lang_file {
    const char *path, *text;
};
struct lang_world {
    const struct lang_file *files;                         /* ended by a NULL path; the first is the root */
    struct lang_options options;                           /* load and user are filled in */
    struct sources *sources;
    struct diags diags;
    struct arena *arena;
    struct program *program;
    struct lang_result result;
};
void lang_world_load(struct lang_world *w, const struct lang_file *files);
void lang_world_eval(struct lang_world *w, const struct lang_answers *answers);
void lang_world_fini(struct lang_world *w);
struct str lang_world_graph(struct lang_world *w);         /* graph_text, or the diagnostics when there is no graph */
struct str lang_world_diags(struct lang_world *w);
struct str lang_world_input(struct lang_world *w, const char *addr, const char *field);   /* as .kcl; "absent" */

#endif
