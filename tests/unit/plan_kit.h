/* plan_kit.h - a toy service, its resource type, and a small AWS that answers for it: what tests of resource, plan and engine need
 * where the standard library would only be in the way. Everything lives in the kit's arena. */
#ifndef KC_PLAN_KIT_H
#define KC_PLAN_KIT_H
#include "aws_kit.h"
#include "kc/arena.h"
#include "kc/plan.h"
#include "world_test.h"

struct thing { char id[24], name[32], zone[16], parent[24], state[16]; int64_t size; const struct value *tags; bool hidden; };
enum { KIT_THINGS = 20000 };
struct kit {
    struct test_world *t;
    struct world *w;
    struct arena *a;
    struct models *models;
    struct aws_kit aws;
    struct state *state;
    struct diags diags;
    struct graph *graph;
    struct rtype *type;                                    /* toy.Thing; tests may change it before use */
    struct thing *things; size_t nthings;
    bool trust_state;                                      /* plan without asking AWS */
    int exit_code;                                         /* of the last plan */
    const char *refuse;                                    /* error code for every request; NULL: none */
    const char *refuse_id;                                 /* only for those that speak of this one */
};
struct kit *kit_new(void);
void kit_free(struct kit *k);

/* terms and values */
const struct term *kit_param(struct kit *k, const char *name);
const struct term *kit_path(struct kit *k, const char *dotted);           /* "reply.Thing.Id": a parameter and fields of it */
const struct term *kit_object(struct kit *k, const char *key, ...);       /* key, term, key, term, NULL */
const struct term *kit_list(struct kit *k, const struct term *t);
const struct value *kit_json(struct kit *k, const char *json);
const struct value *kit_ref(struct kit *k, const char *addr, const char *path);

/* graph: inputs as JSON; fields not written are none */
struct node *kit_node(struct kit *k, const char *addr, const char *json);
void kit_set(struct kit *k, struct node *n, const char *field, const struct value *v);
/* The object is in AWS, and state has it as the node wants it. */
struct record *kit_have(struct kit *k, const char *addr, const char *json);
struct record *kit_had(struct kit *k, const char *addr, const char *json, const char *dep);  /* with a data edge to dep */
struct record *kit_generation(struct kit *k, const char *addr, const char *json, uint32_t generation);
const struct value *kit_fresh(struct kit *k, const char *label);            /* fresh("label") */
struct plan *kit_plan(struct kit *k);                      /* finishes the graph; fails the test on diagnostics */
struct plan *kit_plan_partial(struct kit *k, enum diag_code code);          /* not all could be read: exit 1, and this is said first */
struct plan *kit_plan_fails(struct kit *k, enum diag_code code);
struct plan *kit_destroy(struct kit *k);
void kit_destroy_fails(struct kit *k, enum diag_code code);
const struct plan_item *kit_item(const struct plan *p, const char *addr);
const struct plan_op *kit_op(const struct plan *p, const char *addr, enum op_kind kind);
bool kit_before(const struct plan *p, const struct plan_op *x, const struct plan_op *y);    /* y waits for x, directly or not */

#endif
