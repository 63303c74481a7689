/* rtype.h - a resource type: everything kc knows about one kind of AWS object (docs/design.md, Resource types), as data.
 * lang makes it from a `resource` declaration; resource (the room) applies it; state keeps the declaration's text beside the records (rsource).
 * Terms see parameters: inputs and outs by bare name, and reply live it id ids token each all_tags tags_set tags_gone. */
#ifndef KC_RTYPE_H
#define KC_RTYPE_H
#include "kc/term.h"

struct rfield {
    struct str name, wire;                                 /* wire: API member written with @wire, else empty: matched by name */
    const struct type *type;
    const struct term *dflt;                               /* over the other inputs; NULL: none */
    bool replace, disruptive, initial, write_only, owned_keys, identity;
    bool shared;                                           /* @shared: after creation others move it too (an autoscaler); a change of the file's value counts, theirs does not */
    bool digest;                                           /* @digest, and blobs: what state and plan keep by its digest; without a read it is write_only too */
    struct span span;
    struct str doc;
};
struct rout {
    struct str name, wire;
    const struct type *type;
    bool identity;                                         /* the object's id (or part of it: a relation) */
    bool renewed;                                          /* @renewed: new with each object, also one made again under the same name */
    const struct term *value;                              /* how it follows from inputs and `partition account region`; NULL: only AWS knows */
    struct span span;
};
/* made key = rsa_key(2048): text that exists only while a create runs, or an update whose `on` names it. public: no secret (a certificate). */
struct rmade { struct str name; const struct term *value; bool public; struct span span; };
/* Error codes, each "Code" or "Code: *text*" (stars stand for anything) where one code has two meanings. */
struct rcodes { const struct str *v; size_t n; };
struct rassign {                                           /* `id = reply.Vpc.VpcId` */
    struct str target;                                     /* field, out, or live */
    const struct term *value;
};
enum rstep_kind { STEP_CREATE, STEP_READ, STEP_FIND, STEP_UPDATE, STEP_DELETE,
                  STEP_RETIRE,                             /* before the delete of something that carries load: takes no new work from then on */
                  STEP_HOLDER,                             /* a question before a delete: what of others stands on this object? */
                  STEP_EMPTY,                              /* the same of what stands in it, and goes before it where `when` holds */
                  STEP_ACT,                                /* action: something done to the object that is no field of it */
                  STEP_REMOVE };                           /* of an EMPTY: the call that removes elements. No step of its own: rstep.remove */
enum find_by { FIND_TOKEN, FIND_NAME, FIND_TAG, FIND_RELATION };          /* re-find classes, docs/design.md, Recovery */
struct rwait {                                             /* after a create, update or delete: wait DescribeUpdate { send, until, failed, why } */
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
    const struct str *on; size_t non;                      /* update: field paths that it writes; act: due when they are changed */
    const struct str *renews; size_t nrenews;              /* update: outs that may change */
    const struct str *mades; size_t nmades;                /* create, update: the made values that its request or what it sets is made from */
    const struct term *over;                               /* repeated for each element, bound to `each`; NULL: once */
    const struct term *when;                               /* skipped unless true; NULL: always */
    struct rwait wait;
    struct str called;                                     /* act: what people call it: "refresh"; the operation where it has no name */
    const struct term *due, *running, *reason;             /* act, over inputs, outs and live: to be done; under way already; why, for people */
    int64_t usual;                                         /* update, act, remove: how long this one takes, ms; 0: as the type's updates do; a call */
    struct rcodes absent;                                  /* read, not the first: codes that mean this part is not there; the reply then reads as empty */
    bool overwrites;                                       /* create: AWS answers a second one as the first: what stands there is looked for before */
    struct rcodes gone, busy, exists, retry;               /* `errors` of this step alone, looked at before the type's */
    bool unnamed;                                          /* read: the reply cannot say whose it is. Else `key` without `each` is the identity that it speaks of */
    const struct term *name;                               /* holder, empty: what an element is called, over `it`: "node group b" */
    bool first_page;                                       /* read, find: what is looked for stands where the listing begins: no further page is asked for */
    struct str why;                                        /* retire: what becomes of what runs on it, for people */
    struct str holds;                                      /* holder, empty: type of the elements where kc makes such ones too: those in state are no strangers */
    const struct rstep *remove;                            /* empty: sends `each`, elements of the answer */
    int64_t batch;                                         /* remove: so many at most, as a list; 0: one, and it is no list */
    const struct term *left, *left_why;                    /* create, update, delete, remove: elements of its reply that tell of what it did not do; over `it`: AWS's reason. NULL: its success is one */
    struct span span;
};
/* parent Cluster { name = cluster }: the object that this one lives in. `identity` is evaluated over the inputs and compared with the parent's. */
struct rparent { struct str type; const struct term *identity; struct span span; };
/* How a field gets from one value to another.
 *   chain version { steps = [...], refuse = text or none, note = text }   the values to go through, the wanted one last; [] leaves it as it is, with the note
 *                   ..., why = text                                           what the change comes to, for people: shown in the plan beside it
 *   chain version { after = version, lag = 3 }                            never more than `lag` minors behind that field of the parent, and no step without need
 *   chain groups { replace = size(now) == 0 }                             where this holds, no call leads there: a new object
 * Terms see inputs, live, `now` (what AWS shows of the field) and `was` (what kc wrote last). */
struct rchain { struct str field; const struct term *steps, *refuse, *note, *why, *replace; struct str after; int64_t lag; struct span span; };
/* adjust subnets = term: what is wanted, given what the object was made with (its outs); applied whenever inputs meet a record. */
struct radjust { struct str field; const struct term *value; struct span span; };
struct rsettle { struct str code; struct str field; };     /* error code that may only mean: the referent in `field` is still new */
struct rtype {
    struct str name;                                       /* "std/aws/ec2.Vpc": unique, stored in state */
    struct str service;                                    /* of @aws("ec2") */
    const struct rfield *fields; size_t nfields;
    const struct rout *outs; size_t nouts;
    const struct rmade *mades; size_t nmades;
    const struct rstep *steps; size_t nsteps;              /* in the order written */
    const struct term *until, *failed, *why;               /* ready: over live and outs; until NULL: ready at once. failed: its creation failed */
    const struct term *unhealthy, *leaving;                /* made, at rest and not well: a note, nothing more; somebody is deleting it */
    const struct term *uid;                                /* over live and outs: what is new with each object under one name (RoleId); NULL: the identity says it */
    const struct term *takes;                              /* over inputs and live: an unmarked one that AWS made along is taken, not refused */
    const struct term *exclusive;                          /* over inputs: a list of what one object at a time can have (an address); NULL: nothing */
    const struct term *trails;                             /* over inputs, outs, live: something of it follows what it was told before (instances of a former template) */
    const struct term *expires, *expires_help;             /* over inputs and outs: the time at which it ends, or none; what to write before that, for people */
    const struct rparent *parents; size_t nparents;
    const struct rchain *chains; size_t nchains;
    const struct radjust *adjusts; size_t nadjusts;
    bool load;                                             /* carries_load = true: its capacity under one parent never falls below what the file says */
    struct str keeps;                                      /* what is lost with it ("the Kubernetes objects in it"): deleting or replacing wants --allow-destroy; empty: nothing */
    const struct term *guarded; struct str guarded_by;     /* guard { when = live.deletionProtection, by = deletion_protection }: AWS refuses to delete it */
    int64_t visible;                                       /* usual { visible = 5m }: how long AWS may take to show a new one everywhere, ms; 0: five minutes */
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
/* Values of fields marked @digest as bulk (value.h). */
const struct value *rtype_mark(struct arena *a, const struct rtype *t, const struct value *fields);
const struct rmade *rtype_made(const struct rtype *t, struct str name);
const struct rstep *rtype_step(const struct rtype *t, enum rstep_kind k, size_t nth);  /* NULL when there are fewer */

/* A type as text, whole: its declaration and every function, let, type, resource and import that it reaches, the library's included, as they
 * stand in their files. A part is one such item; the parts of a path, a line each, are a file of that path. */
struct rpart { struct str path, text; };
struct rsource {
    struct str type;                                       /* "lib/queue.Queue": declared in the parts of "lib/queue.kcl" */
    int64_t language;                                      /* RTYPE_LANGUAGE when it was written */
    const struct rpart *parts; size_t nparts;              /* by path, then as they stand in the file */
};
enum { RTYPE_LANGUAGE = 3,                                 /* of .kcl: raised when a text comes to mean something else, or means something only now */
       RSOURCE_PARTS = 4096, RSOURCE_BYTES = 4 << 20 };    /* of one type: more is refused by `kc check` and when state is read */
bool rsource_eq(const struct rsource *x, const struct rsource *y);
size_t rsource_bytes(const struct rsource *t);

#endif
