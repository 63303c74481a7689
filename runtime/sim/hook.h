/* hook.h - what the hook files share. Private to runtime/sim. */
#ifndef SIM_HOOK_H
#define SIM_HOOK_H
#include "room.h"

struct kind *ec2_kind(struct sim *s, const char *name);
struct object *each_object(struct kind *k, size_t *i);     /* the next one alive from *i; NULL at the end */
const struct value *text_value(struct arena *a, const char *text);
void set_text(struct hook_call *c, const char *path, struct str text);
enum way { WAY_NONE, WAY_NAT, WAY_INTERNET };
enum way way_out(struct sim *s, struct arena *a, struct str subnet_id);        /* the default route of a subnet, if it works */
bool role_has(struct sim *s, struct arena *a, struct str role_arn, const char *policy);  /* attached, by the last part of the policy's ARN */
bool role_trusts(struct sim *s, struct arena *a, struct str role_arn, const char *service);
/* An interface in a subnet with one group: `attached` in use, else left behind. */
struct object *interface_new(struct sim *s, struct arena *a, struct str subnet_id, struct str group, struct str description, struct str owner, bool public_ip);
/* Those of an owner: removed, or left behind as available. */
void interfaces_drop(struct sim *s, struct arena *a, struct str owner, bool linger);
#endif
