/* hook.h - what the hook files share. Private to runtime/sim. */
#ifndef SIM_HOOK_H
#define SIM_HOOK_H
#include "room.h"

struct kind *ec2_kind(struct sim *s, const char *name);
struct object *each_object(struct kind *k, size_t *i);     /* the next one alive from *i; NULL at the end */
const struct value *text_value(struct arena *a, const char *text);
void set_text(struct hook_call *c, const char *path, struct str text);
struct object *hook_named(struct hook_call *c);            /* the one that the request names, by the options of the hook's operation; NULL: refused */
/* A policy as JSON with statements; NULL: refused with the code. */
const struct value *hook_document(struct hook_call *c, struct str text, const char *code, const char *message);
bool document_is_public(const struct value *document);     /* it lets everybody in */
/* Whether a service may encrypt with the key: there, enabled, symmetric, or one of AWS's own. By id, ARN or alias. */
bool kms_can_encrypt(struct sim *s, struct arena *a, struct str region, struct str name);
/* What must not lie open in the account's log: no cipher, but nothing that a search finds. `name`: of the thing; another gives another text. */
struct str sim_seal(struct sim *s, struct arena *a, struct str name, struct str text);
struct str sim_unseal(struct sim *s, struct arena *a, struct str name, struct str sealed);
enum way { WAY_NONE, WAY_NAT, WAY_INTERNET };
enum way way_out(struct sim *s, struct arena *a, struct str subnet_id);        /* the default route of a subnet, if it works */
bool role_has(struct sim *s, struct arena *a, struct str role_arn, const char *policy);  /* attached, by the last part of the policy's ARN */
bool role_trusts(struct sim *s, struct arena *a, struct str role_arn, const char *service);
/* An interface in a subnet with one group: `attached` in use, else left behind. */
struct object *interface_new(struct sim *s, struct arena *a, struct str subnet_id, struct str group, struct str description, struct str owner, bool public_ip);
/* Those of an owner: removed, or left behind as available. */
void interfaces_drop(struct sim *s, struct arena *a, struct str owner, bool linger);
struct object *role_of(struct sim *s, struct arena *a, struct str arn);        /* NULL: there is none */
/* An instance profile that a service made for a role: IAM does not let the role go while it is there. */
void profile_new(struct sim *s, struct arena *a, struct str name, struct str role_arn);
void profile_drop(struct sim *s, struct str name);

/* ---- EKS (hook_eks.c) ---- */
struct kind *eks_kind(struct sim *s, const char *name);
const struct value *eks_let(struct sim *s, const char *name);  /* of the behaviour data */
bool listed(const struct value *list, struct str text);
struct str attr(struct hook_call *c, const struct object *o, const char *path);
struct object *cluster_of(struct hook_call *c, const struct value *attrs);
bool invalid(struct hook_call *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool minor_of(struct str version, int64_t *n);             /* "1.33": 33 */
struct str owner_of(struct hook_call *c, const struct object *o);      /* of interfaces: kind and id */
const struct value *issue(struct hook_call *c, const char *code, const char *text);  /* { health: { issues: [..] } } */
/* Who may enter without having been asked for: the creator, nodes. EKS keeps the unique id of the principal, not its name. */
void entry_new(struct hook_call *c, struct str cluster, struct str principal, const char *type);
struct str principal_id(struct hook_call *c, struct str arn);  /* RoleId of a role; else the ARN itself */
bool entry_works(struct hook_call *c, struct str cluster, struct str principal);
#endif
