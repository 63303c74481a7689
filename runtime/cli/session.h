/* session.h - what a command has open: world, options, project, library, sandbox or network, client, program, state.
 * Commands open the parts they need, in this order; session_close closes what is open, in reverse. */
#ifndef KC_CLI_SESSION_H
#define KC_CLI_SESSION_H
#include "cli.h"
#include "kc/aws.h"
#include "kc/engine.h"
#include "kc/lang.h"
#include "kc/map.h"
#include "kc/plan.h"
#include "kc/sim.h"
#include "project.h"

struct session {
    struct world *world;
    struct arena *arena;
    const struct options *options;
    cli_network *network;
    struct diags diags;
    struct sources *sources;
    struct project project;
    struct loader loader;
    struct models *models;
    struct sim *sim;
    struct world_lock *sandbox_lock;
    struct aws_clients *clients;
    struct aws *aws;                                       /* of the run's own rights; one of clients */
    struct callers *callers;
    struct str region;                                     /* for what does not say its own; may be empty */
    struct program *program;
    struct map kept;                                       /* types.c: types made from texts that state keeps */
    struct state *state;
    struct keyring *keys;                                  /* with which state's secrets are compared */
    struct graph *graph;
    const struct provider *const *places; size_t nplaces;  /* everywhere that the run reaches to, each once */
    struct principal who;                                  /* of the run's own rights, or the first that were met */
    struct plan_context planning;
    struct engine_context carrying;
    int exit_code;                                         /* why an opening function said false */
};
struct session *session_new(struct world *w, struct arena *a, const struct options *o, cli_network *network);
void session_close(struct session *s);                     /* prints diagnostics not yet printed */
int session_fail(struct session *s, int exit_code);        /* prints the diagnostics; returns exit_code */

/* Each: false with diagnostics and s->exit_code. */
bool session_project(struct session *s, bool need_file);
bool session_sandbox(struct session *s);                   /* with --sandbox; else the network */
bool session_client(struct session *s);                    /* and region */
bool session_program(struct session *s, bool offline);     /* loads and checks the file */
bool session_no_program(struct session *s);                /* no file is evaluated: for types of what is recorded */
bool session_state(struct session *s, bool write);
bool session_secrets(struct session *s, bool write);          /* after session_state */
size_t session_ways(struct session *s, const struct str **out);                 /* what stands between kc and AWS: another endpoint, a proxy */
bool session_region(struct session *s, struct str region, struct span at);     /* it is one, or may be */
bool session_providers(struct session *s);                 /* regions of the graph exist */
bool session_identity(struct session *s);                  /* who answers at each provider of graph and state; held against state */
bool session_no_answer(struct session *s, const struct answer *r);             /* says why nobody answered who we are; always false */
bool session_graph(struct session *s, bool offline);       /* evaluates; lookups are answered through the client */
/* types.c: for the contexts of plan and engine (user: the session); whether all kept texts are of a version that this kc reads, else diagnostics. */
const struct rtype *session_type(void *user, struct str name);
bool session_source(void *user, struct arena *a, struct str name, struct rsource *out);
bool session_types_readable(struct session *s);
void session_types_close(struct session *s);
/* Signals since the start: then a command stops with 130. */
bool session_interrupted(struct session *s);

#endif
