/* rtype.h - a resource type: everything kc knows about one kind of AWS object (docs/design.md, Resource types), as data.
 * lang makes it from a `resource` declaration; resource (the room) applies it; state keeps it as JSON for types that are not in std.
 * Terms see parameters: inputs and outs by bare name, and reply live it id ids token each all_tags tags_set tags_gone. */
#ifndef KC_RTYPE_H
#define KC_RTYPE_H
#include "kc/term.h"

struct rfield {
    struct str name, wire;                                 /* wire: API member written with @wire, else empty: matched by name */
    const struct type *type;
    const struct term *dflt;                               /* over the other inputs; NULL: none */
    bool replace, disruptive, initial, write_only, owned_keys, identity;
    struct span span;
    struct str doc;
};
struct rout {
    struct str name, wire;
    const struct type *type;
    bool identity;                                         /* the object's id (or part of it: a relation) */
    struct span span;
};
struct rassign {                                           /* `id = reply.Vpc.VpcId` */
    struct str target;                                     /* field, out, or live */
    const struct term *value;
};
enum rstep_kind { STEP_CREATE, STEP_READ, STEP_FIND, STEP_UPDATE, STEP_DELETE };
enum find_by { FIND_TOKEN, FIND_NAME, FIND_TAG, FIND_RELATION };          /* re-find classes, docs/design.md, Recovery */
struct rwait {                                             /* after an update: wait DescribeUpdate { send, until, failed, why } */
    struct str op;                                         /* empty: none */
    const struct term *send, *until, *failed, *why;        /* see reply (of the wait) and the update's own reply as `sent` */
};
struct rstep {
    enum rstep_kind kind;
    struct str op;                                         /* operation of the type's service, or "service:Operation" */
    const struct term *send;                               /* an object; NULL: every input under its wire name, by the model */
    const struct rassign *sets; size_t nsets;
    const struct term *each, *key;                         /* read, find: the list of elements; an element's identity (over `it`) */
    bool many;                                             /* read: its send uses `ids`: one call serves up to 200 objects */
    enum find_by by;                                       /* find */
    const struct str *on; size_t non;                      /* update: field paths that it writes */
    const struct str *renews; size_t nrenews;              /* update: outs that may change */
    const struct term *over;                               /* repeated for each element, bound to `each`; NULL: once */
    const struct term *when;                               /* skipped unless true; NULL: always */
    struct rwait wait;
    int64_t usual;                                         /* update: how long this one takes, ms; 0: as the type's updates do */
    struct span span;
};
struct rsettle { struct str code; struct str field; };     /* error code that may only mean: the referent in `field` is still new */
struct rtype {
    struct str name;                                       /* "std/aws/ec2.Vpc": unique, stored in state */
    struct str service;                                    /* of @aws("ec2") */
    const struct rfield *fields; size_t nfields;
    const struct rout *outs; size_t nouts;
    const struct rstep *steps; size_t nsteps;              /* in the order written */
    const struct term *until, *failed, *why;               /* ready: over live and outs; until NULL: ready at once */
    const struct str *gone, *busy, *exists; size_t ngone, nbusy, nexists;
    const struct str *retry; size_t nretry;                /* further codes worth sending again */
    const struct rsettle *settling; size_t nsettling;
    const struct str *const *unique; const size_t *nunique_fields; size_t nunique;  /* sets of field names that AWS keeps unique */
    const struct term *lane;                               /* operations with equal value run one at a time; NULL: none */
    int64_t usual_create, usual_update, usual_delete;      /* medians, ms; 0: 1 s */
    bool lookup;                                           /* only reads: a lookup */
    bool std;
    struct str tags;                                       /* the field that holds tags, or empty */
    struct str tag_kind;                                   /* how owner tags go out is the binding's business (all_tags) */
    struct span span;
};
const struct rfield *rtype_field(const struct rtype *t, struct str name);
const struct rout *rtype_out(const struct rtype *t, struct str name);
const struct rstep *rtype_step(const struct rtype *t, enum rstep_kind k, size_t nth);  /* NULL when there are fewer */
const struct value *rtype_to_json(struct arena *a, const struct rtype *t);
const struct rtype *rtype_from_json(struct arena *a, const struct value *v);           /* NULL: malformed */

#endif
