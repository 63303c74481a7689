/* room.h - what the sources of credentials share. One search is a tree of fetches: the profile that was asked for, below it the profiles and sources
 * that its role is assumed with. A fetch walks a list of sources; each is called once and ends its turn once, at once or from a later world_wait,
 * by one of not_here, found, broken. After that it must not touch the fetch: the memory of the whole tree may be gone. */
#ifndef KC_CREDENTIALS_ROOM_H
#define KC_CREDENTIALS_ROOM_H
#include "files.h"
#include "kc/arena.h"
#include "kc/credentials.h"

struct fetch;
enum { SOURCE_MACHINE = 1 };                               /* of the machine or the environment, not of a profile */
struct origin { int flags; void (*find)(struct fetch *f); };

enum ended { ENDED_NONE, ENDED_FOUND, ENDED_BROKEN };
typedef void fetch_done(struct fetch *f, enum ended how);  /* f->out, or f->why */

struct search {                                            /* what all fetches of a tree share */
    struct world *world;
    struct models *models;
    struct arena *arena;
    const struct config *config;
    int64_t offset;                                        /* AWS's clock minus ours, ms */
    struct str session_name;                               /* of roles whose profile names none */
    bool may_ask;                                          /* a person may be asked for a code: only for the first credentials of a run */
    bool once;                                             /* a person was asked: cannot be had again without one */
    bool passing;                                          /* it broke for a reason that may pass: no network, a service in trouble */
    struct str endpoint;                                   /* that a file of kc names: only that role is asked for there, nobody's token is sent to it */
    struct str role;                                       /* assumed with what the first fetch finds; empty: none */
    fetch_done *done;                                      /* of the whole */
    struct errand *errands;                                /* requests, timers, children under way */
};
struct fetch {
    struct search *s;
    struct fetch *up;                                      /* the one that assumes a role with what this finds; NULL: the first */
    struct profile profile;
    bool environment;                                      /* variables may name credentials: not below a profile, nor beside --profile */
    const struct origin *const *sources;
    size_t nsources, at;
    void *own;                                             /* of the source at work */
    struct credentials out;
    struct str why;
    fetch_done *done;
    void *user;
};
void not_here(struct fetch *f);                            /* the next source's turn */
void found(struct fetch *f);                               /* f->out is filled; refused here if it cannot go into headers */
void broken(struct fetch *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A fetch below `up` for that profile: its own sources (flags without SOURCE_MACHINE), or only `one` of the machine's. */
void fetch_below(struct fetch *up, struct profile p, const struct origin *one, fetch_done *done);
struct search *search_new(struct world *w, struct models *m, const struct config_options *o, int64_t offset);
void search_start(struct search *s, struct str role, fetch_done *done, void *user);
void search_free(struct search *s);                        /* what is under way is dropped; NULL is allowed */
int64_t search_wall(const struct search *s);               /* AWS's time */
struct str search_env(const struct search *s, const char *name);

/* ---- errands: they come back unless the search is freed ---- */
void fetch_http(struct fetch *f, const struct http_request *rq, void (*got)(struct fetch *f, const struct http_reply *r));
void fetch_later(struct fetch *f, int64_t ms, void (*fire)(struct fetch *f));
void fetch_program(struct fetch *f, const char *const *argv, int64_t timeout_ms, void (*got)(struct fetch *f, int code, struct str out));

/* ---- calls of AWS: by model, retried while that may help ---- */
struct service_call {
    const char *service, *op;
    struct str region;
    struct str endpoint;                                   /* in place of what the settings say; empty: none */
    const struct value *input;
    const struct credentials *with;                        /* NULL: an operation without signature */
    /* reply NULL: *e says why; outcome OUTCOME_REFUSED and the like. Called once, from here or later. */
    void (*got)(struct fetch *f, const struct value *reply, enum outcome o, const struct answer_error *e);
};
void fetch_call(struct fetch *f, const struct service_call *call);
struct str call_problem(struct fetch *f, const struct answer_error *e);   /* "AccessDenied: User is not ... (request id x)"; never with a secret */

/* ---- documents with keys: of programs, containers, instances, roles ---- */
/* {AccessKeyId, SecretAccessKey, <token_key>, Expiration (text, or ms as in replies)} into f->out (but its source). False: f->why names what is missing,
 * never what is there. */
bool document_take(struct fetch *f, const struct value *v, const char *token_key, bool must_expire, struct str whose);
const struct value *document_read(struct fetch *f, struct str text);   /* an object, or NULL: no JSON object */
struct str document_text(const struct value *v, const char *key);      /* STR_NONE: absent, or no text */

/* ---- caches: files of ~/.aws shared with the AWS CLI, 0600 ---- */
struct str cache_path(struct fetch *f, const char *folder, struct str key);          /* folder/sha1(key).json */
const struct value *cache_read(struct fetch *f, struct str path);                    /* NULL: none, or not readable as such */
enum disk_error cache_write(struct fetch *f, struct str path, const struct value *v);
/* Calls `next` when the folder's lock is ours, or after 20 s without it, from here or later; *lock (borrowed by next) is then released by world_unlock. */
void cache_lock(struct fetch *f, const char *folder, void (*next)(struct fetch *f, struct world_lock *lock));

/* ---- sources ---- */
extern const struct origin source_environment, source_container, source_instance;
void environment_find(struct fetch *f);
void role_find(struct fetch *f);
void role_given(struct fetch *f, struct str arn);          /* the role that chain_options names, over the profile's own credentials */
void web_find(struct fetch *f);
void sso_find(struct fetch *f);
void keys_file_find(struct fetch *f);
void login_find(struct fetch *f);
void process_find(struct fetch *f);
void config_file_find(struct fetch *f);
void container_find(struct fetch *f);
void instance_find(struct fetch *f);
struct str role_region(struct fetch *f, struct str arn);   /* where STS is asked for it */
bool profile_has_keys(const struct profile *p);            /* static ones, in either file */

/* ---- SSO sessions: for the source and for kc login ---- */
struct sso_session {
    struct str name;                                       /* of [sso-session name]; empty: the old form, by its start URL */
    struct str start_url, region, scopes;
    struct str shown;                                      /* "SSO session `x`" */
    struct str path;                                       /* of its cached token */
};
bool sso_session_of(struct fetch *f, struct sso_session *out);                       /* false: f->why */
const struct value *sso_token_new(struct fetch *f, const struct sso_session *s, const struct value *registration, const struct value *reply, int64_t *expires);

#endif
