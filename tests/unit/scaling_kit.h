/* scaling_kit.h - a simulated account with a network of two zones and a launch template, and short words for groups in it. */
#ifndef KC_SCALING_KIT_H
#define KC_SCALING_KIT_H
#include "sim_test.h"

struct scaling_kit { struct sim_test *t; const char *vpc, *subnet[2], *image, *template_id; };
struct scaling_kit *asg_new(const struct sim_options *o);  /* NULL: exact ones */
struct scaling_kit *asg_of(struct sim_test *t);            /* in an account that is there */
void asg_free(struct scaling_kit *k);
void asg_pass(struct scaling_kit *k, int seconds);
void asg_version(struct scaling_kit *k, const char *type); /* one more version of the template */
/* CreateAutoScalingGroup: so many in both subnets by version 1; `more`: further members or others, in single quotes; null takes one off. */
const char *asg_json(struct scaling_kit *k, const char *name, int size, const char *more);
void asg_group(struct scaling_kit *k, const char *name, int size, const char *more);
const struct value *asg_show(struct scaling_kit *k, const char *name);             /* NULL: there is none */
size_t asg_members(struct scaling_kit *k, const char *name, const char *state);    /* in this state; "*": any */
const char *asg_member(struct scaling_kit *k, const char *name, size_t nth);       /* its instance */
bool asg_has(struct scaling_kit *k, const char *name, const char *instance);
size_t asg_in_zone(const struct value *group, const char *zone);
const char *asg_state(struct scaling_kit *k, const char *instance);
const struct value *asg_activity(struct scaling_kit *k, const char *name, size_t nth);     /* newest first; NULL: none */
bool asg_told(struct scaling_kit *k, const char *name, const char *cause);
bool asg_ended(struct scaling_kit *k, const char *name, const char *status, const char *message);
#endif
