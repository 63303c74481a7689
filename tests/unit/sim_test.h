/* sim_test.h - a simulated account for tests: the real models and behaviour data, calls by operation name and JSON.
 *
 *     struct sim_test *t = sim_test_new(&(struct sim_options){ .exact = true });
 *     const struct value *r = sim_ok(t, "ec2", "CreateVpc", "{\"CidrBlock\":\"10.0.0.0/16\"}");
 *     sim_fails(t, "ec2", "DeleteVpc", "{\"VpcId\":\"vpc-1\"}", "InvalidVpcID.NotFound");
 *     sim_test_free(t);
 *
 * Each call is written by wire_request, signed, handed over as HTTP, and read by wire_reply or wire_error. Time: sim_test_pass. */
#ifndef KC_SIM_TEST_H
#define KC_SIM_TEST_H
#include "kc/arena.h"
#include "kc/aws.h"
#include "kc/sim.h"
#include "kc/value.h"
#include "world_test.h"

struct sim_test {
    struct arena *a;
    struct models *models;
    struct test_world *world;
    struct sim *sim;
    struct str region;
    const struct value *behaviour;
};
const struct value *sim_behaviour(struct arena *a);        /* of the embedded stdlib/sandbox */
bool sim_model_source(void *user, struct str service, struct str *text);
struct sim_test *sim_test_new(const struct sim_options *o);/* models, behaviour, disk, start_wall and region are filled in when empty */
void sim_test_free(struct sim_test *t);
void sim_test_pass(struct sim_test *t, int64_t ms);        /* virtual time */
/* A signed request for the operation. */
struct http_request sim_request(struct sim_test *t, const char *service, const char *op, const struct value *input);
void sim_sign(struct sim_test *t, const char *service, struct http_request *rq);
const struct value *sim_ok(struct sim_test *t, const char *service, const char *op, const char *json);   /* fails the test when refused */
struct answer_error sim_call_error(struct sim_test *t, const char *service, const char *op, const char *json);
void sim_fails(struct sim_test *t, const char *service, const char *op, const char *json, const char *code);
const char *sim_text(struct sim_test *t, const struct value *v, const char *dotted);   /* scalar as text; "" when absent */
const char *sim_json(struct sim_test *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));    /* single quotes become double ones */
#endif
