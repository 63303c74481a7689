/* scaling.h - what the files of simulated Auto Scaling share. Private to runtime/sim/hook_scaling*.c.
 *
 * A group (kind autoscaling.group) is looked after by one pass (scaling_pass): what became of its members, who is to go, how many are missing, how far a refresh is.
 * A pass runs when a request or an instance has changed something, and when the last one said that there will be something to do; nothing happens in between.
 * Members, activities, hooks and refreshes are objects of their own. What is no member of AWS's shapes is the simulator's and shown by no reply. */
#ifndef SIM_SCALING_H
#define SIM_SCALING_H
#include "hook.h"

struct scaling { struct sim *s; struct arena *a; struct object *group; };

/* ---- hook_scaling.c: groups and their requests ---- */
struct kind *scaling_kind(struct sim *s, const char *name);
struct object *scaling_group(struct request *r, struct str name);      /* NULL: refused */
int64_t scaling_pace(const struct sim *s, const char *what);           /* ms, of the behaviour's `pace` */
bool scaling_wrong(struct request *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));   /* ValidationError */
bool is_suspended(struct arena *a, const struct object *group, const char *process);
void scaling_soon(struct sim *s, struct object *group);                /* a pass, shortly */

const struct value *scaling_tag(struct arena *a, const struct object *group, const struct pair *tag);   /* as AWS shows it */

/* ---- attributes ---- */
struct str text_of(struct arena *a, const struct object *o, const char *path);
bool text_is(struct arena *a, const struct object *o, const char *path, const char *text);
int64_t int_of(struct arena *a, const struct object *o, const char *path, int64_t otherwise);
void put_of(struct sim *s, struct arena *a, struct object *o, const char *path, const struct value *v);   /* NULL: taken off */
void put_text(struct sim *s, struct arena *a, struct object *o, const char *path, struct str text);
void put_num(struct sim *s, struct arena *a, struct object *o, const char *path, int64_t n);

/* ---- hook_scaling_log.c: activities ---- */
struct str scaling_at(struct scaling *g);                              /* "At 2026-01-01T00:00:00Z" */
struct object *activity_new(struct scaling *g, const char *description, struct str instance, struct str cause, const struct value *details);
void activity_state(struct scaling *g, struct str activity, const char *status, int progress, struct str message);   /* empty message: none */
void activity_end(struct scaling *g, struct str activity, const char *status, struct str message);

/* ---- hook_scaling_fleet.c: what is launched, where; who goes first ---- */
enum { SCALING_PLACES = 64 };
struct place { struct str zone, subnet; int64_t in_zone, in_subnet; };     /* and how many members count there */
size_t fleet_places(struct scaling *g, struct place v[SCALING_PLACES]);
/* `config`: { LaunchTemplate or MixedInstancesPolicy }, of a group or of a refresh. False: EC2 refused. */
bool fleet_launch(struct scaling *g, struct str cause, const struct value *config, struct str refresh);
void fleet_failed(struct scaling *g);                                  /* a launch: the next one waits, longer each time; after a day there is none */
void fleet_succeeded(struct scaling *g);
struct object *fleet_victim(struct scaling *g);                        /* to shrink; NULL: all are protected */
bool fleet_matches(struct scaling *g, const struct object *member, const struct value *config);
struct str fleet_version(struct sim *s, struct arena *a, const struct value *spec);   /* as a number */

/* ---- hook_scaling_life.c: members ---- */
struct object *each_member(struct scaling *g, size_t *i);
bool member_is(struct arena *a, const struct object *m, const char *states);   /* one of them, parted by blanks; "Pending*" */
bool member_counts(struct arena *a, const struct object *m);           /* towards the desired capacity: pending or in service */
bool member_serves(struct arena *a, const struct object *m);           /* in service and healthy */
int64_t member_weight(struct arena *a, const struct object *m);
void member_new(struct scaling *g, const struct object *instance, const struct value *attrs, struct str activity);
void member_state(struct scaling *g, struct object *m, const char *state);
void member_leaves(struct scaling *g, struct object *m, struct str cause);     /* from service to its end: connections, hooks, termination */
void member_ends(struct scaling *g, struct object *m);                 /* at once */
void members_follow(struct scaling *g);                                /* what their instances, hooks and load balancers have come to */
void members_join(struct scaling *g, struct str target_group);         /* all in service are registered */
void members_part(struct scaling *g, struct str target_group);
void hook_answer(struct scaling *g, struct object *m, struct str hook, struct str result);   /* CONTINUE or ABANDON */

/* ---- hook_scaling_keep.c: the pass ---- */
struct tally { int64_t want, live, serving, pending; };                /* in units of capacity */
struct tally scaling_tally(struct scaling *g);
void scaling_pass(struct scaling *g);
void scaling_again(struct scaling *g, int64_t at);                     /* there will be something to do */

/* ---- hook_scaling_refresh.c ---- */
struct object *refresh_running(struct scaling *g);
int64_t refresh_extra(struct scaling *g, const struct tally *t);       /* how many more than wanted may be launched for it */
const struct value *refresh_spec(struct scaling *g);                   /* what it launches by; NULL: none is running */
void refresh_follow(struct scaling *g);
#endif
