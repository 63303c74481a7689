/* aws_kit.h - AWS as the caller of a test, met as one principal. */
#ifndef AWS_KIT_H
#define AWS_KIT_H
#include "kc/aws.h"
#include "kc/graph.h"
#include "kc/state.h"

struct aws_kit { struct aws_clients *clients; struct callers *callers; };
extern const struct provider at_home;                         /* aws, eu-west-1, the run's own rights */
struct aws_kit aws_kit_new(struct world *w, struct models *m, struct arena *a, const struct aws_options *o);     /* has met `at_home` */
void aws_kit_meet(struct aws_kit *k, const struct graph *g, const struct state *s, struct arena *a);              /* all that these name; each may be NULL */
void aws_kit_free(struct aws_kit *k);

#endif
