/* hook.h - what the hook files share. Private to runtime/sim. */
#ifndef SIM_HOOK_H
#define SIM_HOOK_H
#include "room.h"

struct kind *ec2_kind(struct sim *s, const char *name);
struct object *each_object(struct kind *k, size_t *i);     /* the next one alive from *i; NULL at the end */
const struct value *text_value(struct arena *a, const char *text);
const struct value *put_str(struct arena *a, const struct value *v, const char *path, struct str text);  /* empty: nothing is put */
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

/* ---- load balancers (hook_elb.c, hook_listen.c): names, properties from the tables of the data, which balancer sends to a group ---- */
bool elb_name(struct hook_call *c, const char *attr);
void elb_properties(struct hook_call *c, const char *table, bool network);
struct str elb_property(struct arena *a, const struct object *o, const char *key);
bool elb_change_properties(struct hook_call *c);
struct object *balancer_of_group(struct sim *s, struct arena *a, struct str group);    /* NULL: no listener does */

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

/* ---- EC2: networks (hook_net.c) ---- */
void tag_as(struct request *r, struct object *o, const struct value *input);   /* those of its TagSpecifications that are for this kind */
struct object *zone_named(struct request *r, struct str name);                 /* NULL: none in the request's region */
struct str public_ip(struct sim *s, struct arena *a, struct str of);           /* drawn from a name */
void address_of_none(struct sim *s, struct arena *a, const struct object *interface);      /* no kept address leads to it any more */

/* ---- blocks of addresses (hook_blocks.c) ---- */
bool cidr_within(struct cidr outer, struct ip x);
bool cidr_overlaps(struct cidr x, struct cidr y);
/* Those that a VPC or subnet has now; kind: "vpc_cidr", "vpc_ipv6_cidr", "subnet_ipv6_cidr". How many. */
size_t blocks_of(struct sim *s, struct arena *a, const char *kind, struct str owner, struct cidr *out, size_t max);
void vpc_blocks_made(struct hook_call *c);                 /* of the VPC c->o */
bool subnet_block4(struct hook_call *c, const struct object *vpc, struct str text);    /* false: refused */
bool subnet_block6(struct hook_call *c, const struct object *vpc, struct str text);
void local_routes(struct sim *s, struct arena *a, const struct object *table);         /* one for each block of its VPC */

/* ---- interfaces (hook_interfaces.c) ---- */
void addresses_taken(struct sim *s, struct arena *a, struct str subnet, struct map *out);
/* What a new one is made of, by SubnetId, Groups, addresses or their number; its addresses are put into `taken`. NULL: refused. */
const struct value *interface_attrs(struct request *r, const struct value *spec, struct map *taken);
const struct value *interface_groups(struct request *r, const struct value *ids, struct str vpc);   /* as shown; the VPC's own when there are none. NULL: refused */
struct str internal_name(struct arena *a, struct str region, struct str host);         /* in the VPC's DNS */
struct object *interface_made(struct request *r, const struct value *attrs);
void interface_attach(struct request *r, struct object *o, const struct object *instance, int64_t index, bool fleeting);   /* fleeting: goes with the instance */
bool interface_of(struct arena *a, const struct object *o, const struct object *instance);
struct object *interface_at(struct sim *s, struct arena *a, const struct object *instance, int64_t index);      /* NULL: none */
void interfaces_let_go(struct sim *s, struct arena *a, const struct object *instance, bool all);    /* free again, or gone with it; all: gone */

/* ---- templates, images (hook_templates.c, hook_images.c); NULL: refused ---- */
struct object *template_of(struct request *r, const struct value *named);      /* by LaunchTemplateId or LaunchTemplateName */
struct object *template_version(struct request *r, const struct object *template, struct str version);  /* a number, $Latest, $Default or empty */
struct str template_number(struct arena *a, const struct object *template, struct str version);
struct object *image_of(struct request *r, struct str id);                     /* "ami-..." or "resolve:ssm:/name" */
struct str parameter_image(struct request *r, struct str parameter);           /* the image that a public parameter names; empty: none */

/* ---- volumes (hook_volumes.c) ---- */
const struct value *volume_attrs(struct request *r, const struct value *spec, struct str size_as);  /* type, size and speed as they are then. NULL: refused */
struct object *volume_of(struct request *r, struct str id);                    /* NULL: refused */
struct object *volume_attach(struct request *r, struct object *volume, const struct object *instance, struct str device, bool fleeting);
void volumes_let_go(struct sim *s, struct arena *a, const struct object *instance, bool all);

/* ---- instances (hook_launch.c, hook_instances.c) ----
 * One instance by what RunInstances takes, pending now. A service (sim_within) may say the SubnetId of an interface that its template leaves open. NULL: refused. */
struct object *instance_launch(struct request *r, const struct value *spec);
struct object *instance_of(struct request *r, struct str id);                  /* also one that has ended. NULL: refused */
bool instances_named(struct hook_call *c, struct vec *out);                    /* by the request's InstanceIds: all of them, or refused */
const struct value *instance_profile_named(struct request *r, const struct value *spec);     /* { Arn, Id } by Name or Arn. NULL: refused */
struct object *profile_give(struct request *r, struct object *instance, const struct value *profile);
void profile_let_go(struct sim *s, struct arena *a, const struct object *instance);
void instance_terminate(struct sim *s, struct arena *a, struct object *instance, const char *code, const char *message);   /* nothing where it is ending already */
void instance_shuts_down(struct sim *s, struct arena *a, struct object *instance);     /* by itself: stops, or ends where it says so */

/* ---- what runs in them (hook_guests.c) ---- */
void guest_starts(struct sim *s, struct arena *a, const struct object *instance);
void guest_ends(struct sim *s, const struct object *instance);
struct str guest_state(struct sim *s, const struct object *instance);          /* "booting", "well", "dead"; empty: not running */
bool guest_is_well(struct sim *s, const struct object *instance);              /* running, has joined, has not died: what health checks see */
#endif
