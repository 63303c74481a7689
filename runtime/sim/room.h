/* room.h - what the files of the simulator share. Private to runtime/sim.
 * Ownership: the account (objects, their attributes, the log's text) lives in sim->account until sim_free; one exchange lives in request->a.
 * Attributes are immutable value trees by API names: a change makes a new tree in the account's arena. */
#ifndef SIM_ROOM_H
#define SIM_ROOM_H
#include "kc/arena.h"
#include "kc/wire.h"
#include "kc/map.h"
#include "kc/sim.h"
#include "kc/vec.h"

#define SIM_ACCOUNT "111122223333"
enum { SIM_STEPS = 6, SIM_KEYS = 4, SIM_DEPTH = 32, SIM_MAX_OBJECTS = 200000 };

/* ---- behaviour, compiled from the data (behave.c) ---- */
struct sim_service;
struct refer {                                             /* refers = { VpcId = { to = "vpc", ... } } */
    struct str path;                                       /* attribute that holds ids; lists are stepped into */
    struct str to, by;                                     /* kind ("iam.role" across services), attribute compared; empty: its id */
    struct str missing, blocks;                            /* codes: no such referent; referent cannot be deleted while this lives */
    const struct value *states; struct str wrong;          /* states the referent must be in, else this code */
    struct str field;                                      /* where the referent keeps its state; empty: its own state field */
    int64_t fresh;                                         /* median ms during which a new referent is not seen yet (propagation) */
    struct str accepts;                                    /* a value that is not looked up ("local") */
    struct str prefix;                                     /* only values with this prefix are looked up; empty: all */
    bool cascade;                                          /* goes away with the referent */
    int64_t wakes;                                         /* so many ms after a change of the referent it is woken; -1: it is not */
};
struct kind {
    struct sim_service *service;
    struct str name, full;                                 /* "vpc", "ec2.vpc" */
    const struct value *data;
    struct str shape, prefix, missing, exists, field;      /* field: where the state is */
    struct str elsewhere;                                  /* names are taken in all regions: what a request in another one is told; empty: by region */
    struct str keys[SIM_KEYS]; size_t nkeys;               /* attributes that are the identity; "A|B": whichever is there */
    struct refer *refers; size_t nrefers;
    struct map byid;                                       /* handle -> struct object, removed ones left out */
    const struct str *place;                               /* of the sim: in which region names are looked up */
    struct vec order;                                      /* struct object, oldest first */
    struct map rowed;                                      /* regions whose rows were made */
    bool watched;                                          /* changes of its objects wake others */
};
enum verb_kind { VERB_CREATE, VERB_GET, VERB_LIST, VERB_UPDATE, VERB_DELETE, VERB_TAG, VERB_UNTAG, VERB_TAGS, VERB_SHOW, VERB_ANSWER, VERB_HOOK };
struct verb {
    enum verb_kind kind;
    struct kind *on;                                       /* NULL: any object of the service, by id or ARN */
    const struct value *data;                              /* options; empty object when none */
};
struct sim_service {
    struct str name;
    const struct value *lets;                              /* all of the file */
    const struct value *data;                              /* the `service` let, or an empty object */
    const struct service *model;                           /* loaded at the first request that may be for it */
    struct map verbs;                                      /* operation -> struct verb */
    struct kind **kinds; size_t nkinds;
};

/* ---- the account (store.c) ---- */
struct machine {                                           /* states that come by themselves */
    struct str field;
    struct str steps[SIM_STEPS]; int64_t at[SIM_STEPS];    /* when each is entered */
    size_t n, pos;
    int64_t vanish;                                        /* when the object goes; 0: it stays */
    bool corpse;                                           /* the last step is only a memory ("deleted") */
    const struct value *merge;                             /* attributes that come with the last step; NULL: none */
    struct str settle;                                     /* hook asked which last step it is; empty: none */
};
struct object {
    struct kind *kind;
    struct str id, region;                                 /* region empty: of a global service */
    struct str handle;                                     /* under which its kind finds it: the id, with the region where clients choose it */
    const struct value *attrs, *tags;                      /* tags: object key -> text */
    int64_t born, seen;                                    /* until `seen` it may be missed */
    uint64_t serial;
    struct str token, digest;                              /* "CreateX:token"; hash of the input that came with it */
    struct machine m;
    int64_t wake;                                          /* when its kind's hook `wakes` looks after it; 0: never */
    bool made;                                             /* by a client's own call; else it came along */
    bool dying, removed, dirty;
    bool row;                                              /* from the data's `rows`: never logged, never deleted */
};
struct bucket { double level, size, rate; int64_t at; };
struct flight;
struct sim {
    struct arena *account;
    struct sim_options o;
    struct sim_service *services; size_t nservices;
    int64_t now;                                           /* virtual ms since creation */
    int64_t start_wall;
    int64_t session_ms;                                    /* of sim_options */
    uint64_t next;                                         /* number of the next id */
    uint64_t requests;
    struct str place;                                      /* region of the request or object that is being worked on */
    struct vec dirty;
    struct map buckets;
    /* log.c */
    struct world_file *log;
    char digest[33];
    int64_t logged;                                        /* `now` of the last line */
    bool replaying;                                        /* what the log says is taken as it is: nothing follows from it */
    struct str stranger;                                   /* a kind in the log that the behaviour does not know */
    struct str broken;                                     /* the log could not be written: nothing is served any more */
    /* clock.c */
    struct world former;                                   /* of the world it is attached to */
    struct world *world;
    int64_t real_base, virtual_base;
    double owed;                                           /* real ms that waits were too short to sleep */
    struct flight *flights; size_t nflights;
    uint64_t flight_serial;
    int64_t arrived;                                       /* of the request being served, when it is served late; 0: now */
    int signals;
    /* fault.c, calls */
    struct sim_fault { struct fault f; unsigned skip, times; struct sim_fault *next; } *faults;
    struct fate { struct sim_fate f; struct fate *next; } *fates;
    uint64_t hits;
    struct sim_call *calls; size_t ncalls, capcalls;
};

/* The signature that came with a request, in its Authorization header or in its query (presigned). */
struct signature {
    struct str key, region, service;                       /* of its scope; empty: there is none */
    struct str names, given, date, token;
    struct str query;                                      /* what of the query is signed */
    bool presigned; int64_t expires_s;                     /* from its date */
    struct str role;                                       /* "role/session": a session's; empty: the account's own user */
};
struct sums_of_body { uint8_t sha256[32], md5[16]; uint64_t size; };
struct request {                                           /* one exchange while it is served */
    struct sim *sim;
    struct arena *a;
    const struct http_request *http;
    const struct sums_of_body *sums;                       /* sim_sums; NULL: not asked yet */
    struct str host, path, query;                          /* of the url; path and query as sent; a bucket in the host goes before the path */
    struct str sent_path;
    struct str region;
    struct signature signature;
    struct sim_service *service;
    const struct operation *op;
    const struct value *input, *out;
    struct str id;                                         /* request id */
    bool within;                                           /* of AWS itself: what it makes no client made */
    bool failed; struct str code, message; int status;
};
/* Marks the request as refused; the first refusal stays. Always false, so that checks read `return sim_refuse(...)`. */
bool sim_refuse(struct request *r, struct str code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Codes by meaning: what this service calls it (`service = { codes = { required = ".." } }`, else the protocol's own). */
struct str code_of(const struct request *r, const char *meaning);

/* ---- values (tree.c) ---- */
struct fields { struct arena *a; struct pair *v; size_t n, cap; };
void fields_put(struct fields *f, struct str key, const struct value *v);      /* replaces an equal key; NULL is left out */
const struct value *fields_take(struct fields *f);
const struct value *tree_get(const struct value *v, struct str dotted);        /* NULL when absent */
const struct value *tree_put(struct arena *a, const struct value *v, struct str dotted, const struct value *leaf);  /* leaf NULL: removed */
const struct value *tree_merge(struct arena *a, const struct value *base, const struct value *over);  /* objects deeply; over wins */
const struct value *tree_list(struct arena *a, const struct value *list, const struct value *more);    /* list with one more; NULL: empty */
size_t tree_leaves(struct arena *a, const struct value *v, struct str dotted, const struct value ***out);  /* all values at the path, lists stepped into */
struct str tree_text(struct arena *a, const struct value *v, struct str dotted);  /* scalar at the path as text; empty when absent */
bool tree_same(struct arena *a, const struct value *x, const struct value *y); /* as text for scalars, so that data and requests compare */
const struct value *tree_fill(struct request *r, const struct object *o, const struct value *attrs, const struct value *tpl);  /* "{name}" in texts replaced */
struct str data_str(const struct value *data, const char *key);                /* text or empty */
int64_t data_ms(const struct value *v, int64_t otherwise);                     /* duration, number or text as ms */
bool data_true(const struct value *data, const char *key);
size_t data_list(const struct value *data, const char *key, const struct value *const **out, const struct value *one[1]);  /* a list, or one thing as a list of one */
bool sim_glob(struct str pattern, struct str text);            /* * and ? */

/* ---- behave.c ---- */
bool behave_load(struct sim *s, struct str *why);
struct kind *kind_find(struct sim *s, struct str service, struct str name);    /* name may be "service.kind" */
struct sim_service *service_find(struct sim *s, struct str name);

/* ---- store.c ---- */
struct object *object_find(struct kind *k, struct str id);                     /* not removed; NULL */
void store_place(struct sim *s, struct str region);            /* where names are looked up from now on */
struct object *object_by(struct arena *a, struct kind *k, struct str attr, struct str text);  /* the first alive with that attribute */
struct object *object_new(struct sim *s, struct kind *k, struct str id, struct str region, const struct value *attrs);
void object_set(struct sim *s, struct object *o, const struct value *attrs);   /* copies */
void object_tag(struct sim *s, struct object *o, const struct value *tags);
void object_touch(struct sim *s, struct object *o);
void object_remove(struct sim *s, struct object *o);                           /* at once, with what cascades */
bool refers_to(struct sim *s, const struct object *o, const struct refer *f, const struct object *target);
bool object_alive(const struct object *o);                 /* neither removed nor in its last state before vanishing ("deleted") */
struct str object_state(const struct object *o);
/* Starts steps: `plan` is { field, steps, takes [, keep] [, settle] }. vanish: the object goes at the end. */
void object_run(struct sim *s, struct object *o, const struct value *plan, bool vanish, const struct value *merge);
/* Its kind's hook `wakes` is to look after it at `at`, or at once; what is earlier stays. */
void object_wake(struct sim *s, struct object *o, int64_t at);
/* At rest in another state, with what ails it in health.issues; an empty code: well again. */
void object_ail(struct sim *s, struct object *o, struct str state, struct str code, struct str message);
void update_fails(struct sim *s, struct object *update, const char *code, const char *message);   /* a record that runs: it ends as Failed */
struct str sim_new_id(struct sim *s, struct str prefix, size_t digits);
struct str sim_digits(struct sim *s, struct arena *a, struct str region, struct str name);   /* 17 of an id that a name has in a region, always the same */
uint64_t sim_draw(struct sim *s, struct str what);             /* 64 bits from the seed and `what`: the same in every run */
double sim_draw_unit(struct sim *s, struct str what);          /* [0, 1) */
int64_t sim_draw_ms(struct sim *s, int64_t median, struct str what);               /* log-normal, or the median when exact */
void store_advance(struct sim *s, int64_t to);             /* states up to `to`, in order of time */

/* ---- log.c ---- */
bool log_open(struct sim *s, struct str *why);
bool log_commit(struct sim *s, struct str op);             /* writes what is dirty; false: broken */
void log_close(struct sim *s);

/* ---- http.c ---- */
struct param { struct str key, value; bool used, bare; };
bool url_split(struct str url, struct str *host, struct str *path, struct str *query);
bool percent_decode(struct arena *a, struct str x, bool plus, struct str *out);
int digit_of(char c);                                      /* of a hexadecimal digit; -1: it is none */
size_t form_parse(struct arena *a, struct str text, bool plus, struct param **out, bool *bad);   /* at most 20,000 */
struct str header_get(const struct http_request *rq, const char *name);        /* name in lower case; STR_NONE when absent */

/* ---- route.c: which operation a request is for; sets service, op, region ---- */
struct labels { struct { struct str name, value; } v[8]; size_t n; };
bool sim_route(struct request *r, struct labels *labels);
bool route_load(struct request *r, struct sim_service *sv); /* sets service, with its model; false: refused */
/* ---- verify.c: signature and content type ---- */
void signature_read(struct request *r);                    /* who says he sent it: r->signature */
bool sim_verify(struct request *r);
/* ---- body.c: what there is to know of a body; one in a file is read in pieces, and nothing of it is kept. False: the file is not what it was ---- */
bool sim_read_file(struct request *r, enum disk_error *e);
const struct sums_of_body *sim_sums(struct request *r);
/* ---- chunked.c: a body that was sent in chunks is put together, for the rest to see ---- */
#define CHUNKS_PLAIN "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
bool sim_unchunk(struct request *r);
/* ---- decode*.c: input by API names ---- */
bool sim_decode(struct request *r, const struct labels *labels);
bool decode_form(struct request *r, struct fields *f);
bool decode_json(struct request *r, const struct shape *shape, const struct value *json, const struct value **out, struct str at, int depth);
bool decode_xml(struct request *r, const struct shape *shape, struct str body, struct fields *f);
const struct value *sim_scalar(struct request *r, const struct shape *s, struct str text, struct str at);  /* NULL: refused */
bool check_input(struct request *r);                       /* required, enums, lengths, ranges */
bool sim_time_read(struct str text, int64_t *ms);              /* ISO 8601, RFC 822 or seconds */
struct str sim_time_write(struct arena *a, int64_t ms, enum time_format f);        /* ISO8601 or RFC822 */

/* ---- mask.c ---- */
const struct value *kept_input(struct request *r);             /* the input as the account keeps it: without secrets that no reply shows */

/* ---- encode*.c ---- */
void encode_reply(struct request *r, struct http_reply *out);
void encode_error(struct request *r, struct http_reply *out);
struct str encode_xml(struct request *r);
struct str encode_json(struct request *r, const struct shape *shape, const struct value *v);
struct str encode_json_query(struct request *r);

/* ---- serve.c, verbs, show.c, filter.c ---- */
void sim_serve(struct sim *s, struct arena *a, const struct http_request *rq, struct http_reply *out);
/* One service of AWS calls another: no signature, no limits. False: refused, with code and message in *r; else the answer is r->out. */
bool sim_within(struct request *r, struct sim *s, struct arena *a, struct str region, const char *service, const char *op, const struct value *input);
bool sim_execute(struct request *r);
bool verb_create(struct request *r, const struct verb *v);
bool verb_update(struct request *r, const struct verb *v);
bool verb_delete(struct request *r, const struct verb *v);
bool verb_tag(struct request *r, const struct verb *v);
bool verb_get(struct request *r, const struct verb *v);
bool verb_list(struct request *r, const struct verb *v);
/* Objects that the input names by key (or `by`/`from` of the options), in its order. False: refused with the kind's `missing`. */
bool sim_locate(struct request *r, const struct verb *v, struct vec *out);
bool sim_missed(struct request *r, const struct object *o);    /* too new to be seen by this request */
bool check_refers(struct request *r, struct kind *k, const struct value *attrs, const struct object *self);
bool check_blocks(struct request *r, const struct object *o);
bool check_state(struct request *r, const struct object *o, const struct value *states, struct str wrong, struct str field);
/* Refuses in the words of the kind's `says`, which may hold {name}; without them: The KIND 'NAME' `usual`. */
bool kind_refuse(struct request *r, const struct kind *k, const char *which, struct str code, struct str name, const char *usual);
struct str key_text(struct arena *a, const struct kind *k, const struct value *attrs);  /* identity, or empty when an attribute is absent */
/* Defaults under and computed ones over what is given; *id: its identity, new where AWS makes it. */
const struct value *attrs_whole(struct request *r, struct kind *k, const struct value *given, struct str *id);
void rows_make(struct request *r, struct kind *k);
struct str region_of(const struct request *r, const struct kind *k);
bool is_tag_member(struct str name);
struct str request_digest(struct request *r);              /* of its input: the same for the same request */
bool is_plumbing(const struct request *r, struct str name); /* DryRun, tokens, paging, tags: not attributes */
const struct value *sim_show(struct request *r, struct object *o, const struct shape *shape);
const struct value *sim_fit(struct request *r, const struct value *v, const struct shape *shape, int depth);
/* Fills r->out for the operation's output from objects. */
bool sim_answer(struct request *r, const struct verb *v, struct object *const *o, size_t n);
bool filter_objects(struct request *r, const struct verb *v, const struct shape *elem, struct vec *objects);
const struct value *tags_read(struct request *r, const struct value *tags);    /* list of {Key, Value} or map -> object */
const struct value *tags_specified(struct request *r, const struct value *specs, struct str kind);     /* of TagSpecifications, for this kind of thing; NULL: none */
const struct value *input_tags(struct request *r, const struct kind *k);       /* given at create; NULL: none */
bool page_out(struct request *r);

/* ---- clock.c ---- */
void clock_detach(struct sim *s);
void clock_serve(struct sim *s);                           /* time starts to follow that of the world of its disk */
void clock_keep_pace(struct sim *s);                       /* ... and has caught up with it */                          /* requests on the way are forgotten; the world gets its own clock and network back */

/* ---- fault.c, limit.c ---- */
void fate_take(struct sim *s, const struct object *o, struct machine *m);      /* a machine that was just made */
int64_t fault_delay(struct sim *s, const struct http_request *rq);             /* how late it is served; 0: at once */
const struct fault *fault_take(struct sim *s, struct str op);
const struct fault *fault_within(struct sim *s, struct str op);                /* of a call of sim_within */
bool limit_take(struct request *r);

/* ---- hooks: what data cannot say; named in the data ---- */
struct hook_call {
    struct request *r;                                     /* NULL in `settle`, `wakes`, and where time takes an object away */
    struct sim *sim;
    struct arena *a;
    struct object *o;                                      /* the object; NULL in `check` of a create and in verb hooks */
    const struct value *attrs;                             /* check: what is about to be stored; may be replaced */
    const struct verb *verb;
    struct str last;                                       /* settle: the last step; may be replaced */
    const struct value *set;                               /* settle: attributes to merge; NULL */
    bool undo;                                             /* settle: what was to come with the last step does not */
};
typedef bool hook_fn(struct hook_call *c);                 /* false: refused (check, verb) */
struct hook { const char *name; hook_fn *fn; };
hook_fn *hook_find(struct str name);                       /* NULL: no such hook */
/* Each ends with { NULL, NULL }. */
extern const struct hook hooks_ec2[], hooks_net[], hooks_blocks[], hooks_addresses[], hooks_templates[], hooks_images[], hooks_instances[], hooks_modify[], hooks_guests[], hooks_interfaces[], hooks_volumes[];
extern const struct hook hooks_eks[], hooks_nodes[], hooks_addons[];
extern const struct hook hooks_iam[];
extern const struct hook hooks_parameters[];
extern const struct hook hooks_s3[];
extern const struct hook hooks_sts[];
extern const struct hook hooks_secrets[];
extern const struct hook hooks_kms[];
extern const struct hook hooks_tags[];
extern const struct hook hooks_route53[], hooks_records[];
extern const struct hook hooks_sqs[], hooks_events[], hooks_logs[];
extern const struct hook hooks_elb[], hooks_listen[], hooks_targets[];
extern const struct hook hooks_scaling[], hooks_scaling_calls[], hooks_scaling_keep[], hooks_scaling_log[], hooks_scaling_members[], hooks_scaling_refresh[];

/* ---- sessions (hook_sts.c) ---- */
int64_t sim_wall(const struct request *r);                 /* when the request arrived, as AWS's wall clock */
/* Keys of a session, and of which role: "role/session". False: not ones that STS here gave. */
bool session_keys(struct arena *a, struct str key, struct str token, struct credentials *out, struct str *who);
#endif
