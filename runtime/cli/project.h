/* project.h - root, file, stack and folders of a command (docs/design.md, Projects, stacks, files), and reading sources for lang. */
#ifndef KC_CLI_PROJECT_H
#define KC_CLI_PROJECT_H
#include "kc/diag.h"
#include "kc/map.h"
#include "kc/value.h"
#include "options.h"

struct project {
    struct str root;                                       /* absolute, links followed */
    struct str file;                                       /* from the root: "prod/cluster.kcl"; empty: none was needed */
    struct str stack;                                      /* "prod/cluster" */
    struct str folder;                                     /* .kc, or --state-dir */
    struct str stack_folder;                               /* .kc/stacks/prod/cluster, or below .kc/sandbox */
    struct str durations;                                  /* .kc/durations, or below .kc/sandbox: a cache */
    struct str sandbox;                                    /* .kc/sandbox */
};
/* need_file: a command that reads it. Without: the stack suffices; `kc sandbox` needs neither. False: diagnostics added. */
bool project_find(struct world *w, struct arena *a, const struct options *o, bool need_file, struct project *p, struct diags *d);

struct loader {                                            /* the user pointer of project_load */
    struct world *world;
    struct project project;
    struct str stdlib, behaviour;                          /* folders given by flags, or empty */
    struct arena *arena; struct map measured;              /* large files, each read once: its path and struct body_file */
};
/* A lang_loader: "std/..." from --sandbox-behaviour, --stdlib or the binary; others below the root, links resolved, regular files only. */
bool project_load(void *user, struct arena *a, struct str path, struct str *text, struct str *why);
/* A lang_measurer for files below the root: up to 64 KiB as bytes, up to 5 GiB, which is what one upload takes, by their digest. */
bool project_measure(void *user, struct arena *a, struct str path, const struct value **blob, struct str *why);
/* A file of the library by its path there: "aws/models/ec2.model". */
bool project_library(const struct loader *l, struct arena *a, struct str path, struct str *text);
/* Names of simulated services: those of the library and of the folders given. */
size_t project_services(const struct loader *l, struct arena *a, const struct str **out);

#endif
