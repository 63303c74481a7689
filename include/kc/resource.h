/* resource.h - a resource type applied, without I/O: requests from bindings, fields from replies, ready, failed, gone, re-find.
 * Shared by plan (refresh, diff) and engine (operations, recovery). All results live in the arena given. */
#ifndef KC_RESOURCE_H
#define KC_RESOURCE_H
#include "kc/caller.h"
#include "kc/graph.h"
#include "kc/keyring.h"
#include "kc/model.h"

/* What the terms of a binding may see. Fields left NULL are `none`. */
struct resource_view {
    const struct rtype *type;
    const struct value *inputs;                            /* object; known as far as the step needs it */
    const struct value *outs;                              /* object: id and the rest */
    const struct value *live;
    struct str token;
    const struct value *owner_tags;                        /* kc:lineage, kc:addr, kc:gen, kc:token */
    const struct value *tags_set, *tags_gone;              /* update of tags: pairs to set, keys to remove */
    const struct value *tags_after;                        /* update of tags: all that it has then, others' too; NULL: not known */
    const struct value *ids;                               /* many-reads */
    const struct value *each, *reply, *sent;
    const struct value *made;                              /* object: made values, while they exist; what is secret is marked */
    uint32_t generation;                                   /* of the object: what fresh(label) counts; 0: not known */
    const struct value *changed;                           /* update: list of the names of fields that differ; NULL: none */
    const struct value *now, *was;                         /* chains: the field as AWS shows it; as kc wrote it last */
    const struct provider *provider;                       /* where it lives; NULL: not known */
    const struct principal *principal;                     /* who answers there; NULL: not known */
};
/* A term failed: our binding or the user's value. unbelieved: the reply is not the answer to what was asked (a path that must be there is not, or
 * it names another object): an error for a read, an unknown outcome for a change; never "gone", never "differs". */
struct resource_fault {
    struct str problem; enum diag_code code; struct span where; bool unbelieved;
    struct str field; const struct value *raw;             /* of a single member that cannot be read as declared: what AWS shows (none: nothing to compute it from) */
    const struct resource_fault *members; size_t nmembers; /* such members; `problem` may then be empty: the rest was read */
};

struct str resource_service(const struct rtype *t, const struct rstep *s);   /* "eks"; of "service:Operation" the first part */
struct str resource_operation(const struct rstep *s);
/* The request of a step: object by API names, `none` members dropped. NULL: *f. `m` resolves wire names where send is not written. */
const struct value *resource_request(struct arena *a, struct models *m, const struct rstep *s, const struct resource_view *v, struct resource_fault *f);
/* The requests of a repeated step (`over`), one per element, else one; `when` applied. A step about tags_set, tags_gone or tags_after with nothing to set
 * or remove gives none. A token member of the operation that the binding leaves out gets view->token. 0 with f->problem set: a fault. */
size_t resource_requests(struct arena *a, struct models *m, const struct rstep *s, const struct resource_view *v, const struct value ***out, struct resource_fault *f);
/* Applies `sets` to the reply: object of targets (fields, outs, live), parsed to the declared types. NULL: *f. */
const struct value *resource_absorb(struct arena *a, const struct rstep *s, const struct resource_view *v, struct resource_fault *f);
/* Splits a reply of a many-read (or find) into (identity, absorbed) pairs. With v->ids, only those asked for.
 * A field that cannot be read as declared does no harm to the others: `fields` holds its raw value under "!name" instead, and fault.members tells
 * it. resource_diff shows it as a change that writes but never replaces. fault.problem: the item as a whole is no answer. */
struct resource_item { const struct value *identity, *fields; struct resource_fault fault; };
size_t resource_items(struct arena *a, const struct rstep *s, const struct resource_view *v, struct resource_item **out, struct resource_fault *f);
/* What the reply of a read (any kind) says of the one object of the view: absorbed fields (f->members as above), or value_none when it is not in
 * there: a list without it, or a `live` that is none though what it is computed from is there. NULL: *f, unbelieved when the reply lacks what it
 * must have or speaks of another object. */
const struct value *resource_found(struct arena *a, const struct rstep *s, const struct resource_view *v, struct resource_fault *f);
const struct value *resource_merge(struct arena *a, const struct value *into, const struct value *add);  /* members of add win; NULL counts as empty */
/* The outs among absorbed targets, over the former ones (what a record keeps). */
const struct value *resource_outs(struct arena *a, const struct rtype *t, const struct value *former, const struct value *absorbed);
/* Identities as text, equal when the objects are: for maps and comparison. */
struct str resource_key(struct arena *a, const struct value *identity);
/* The key of the k-th parent, to be compared with resource_key of objects of type t->parents[k].type; empty: not known yet. */
struct str resource_parent_key(struct arena *a, const struct rtype *t, size_t k, const struct value *inputs);
/* What is new with each object under one name, out of `live` and outs; empty: the type has none, or AWS did not show it. */
struct str resource_uid(struct arena *a, const struct resource_view *v);
/* The value of an out that follows from the view's inputs, partition, account and region. NULL: it has none, not known yet, or *f. */
const struct value *resource_out_value(struct arena *a, const struct resource_view *v, const struct rout *o, struct resource_fault *f);
/* The outs after a step whose reply has not come: unknown is what only the reply, or what is made for it, can tell. */
const struct value *resource_will(struct arena *a, const struct rstep *s, const struct resource_view *v);
/* What is wanted given what the object was made with: `inputs` with the type's adjustments applied. Never NULL; *f when a term failed. */
const struct value *resource_adjust(struct arena *a, const struct rtype *t, const struct value *inputs, const struct value *outs, struct resource_fault *f);
/* The way of a field from view->now (view->was: as kc wrote it last) to view->inputs: the values to go through, the wanted one last, parsed as the
 * field; none at all with a note: it stays as it is. refusal: it cannot go there. False: no such chain, or *f, or not known yet.
 * A chain that follows its parent (`after`) has no steps of its own: resource_minors tells how far it is behind. */
struct resource_way { const struct value **steps; size_t n; struct str refusal, note, why; };
bool resource_chain(struct arena *a, const struct resource_view *v, const struct rchain *c, struct resource_way *out, struct resource_fault *f);
/* No call leads from `now` to what is wanted: a new object. False too where that is not known yet, or *f. */
bool resource_needs_new(struct arena *a, const struct resource_view *v, const struct rchain *c, struct resource_fault *f);
int64_t resource_minors(const struct value *behind, const struct value *ahead);  /* of two versions; negative: it is ahead; INT64_MAX: other majors, or no versions */
/* Whether a term holds. *known (may be NULL): false where that is not known yet, or cannot be said. */
bool resource_tells(struct arena *a, const struct resource_view *v, const struct term *t, bool *known);
struct str resource_words(struct arena *a, const struct resource_view *v, const struct term *t);        /* its text; empty: not known, or none */
/* When the object ends by the type's `expires`, as far as inputs and outs tell. */
struct expiry {
    enum { EXPIRY_NONE,                                    /* its type says nothing, or it has no end, or that is not known yet */
           EXPIRY_AT, EXPIRY_ODD } kind;                   /* ODD: what stands there is no time, or cannot be had */
    int64_t at, days;                                      /* AT: wall ms; whole days that are left, negative when it has ended */
    struct str when, words;                                /* AT: "2026-12-24T10:00:00Z", "ends in 25 days". ODD: words say why that is not known */
};
struct expiry resource_expiry(struct arena *a, const struct resource_view *v, int64_t now);
bool resource_takes(struct arena *a, const struct resource_view *v);     /* an unmarked object, over inputs and live, is ours to take */
/* Something that one object at a time can have stands in the wishes of both, surely. */
bool resource_clash(struct arena *a, const struct rtype *t, const struct value *was, const struct value *inputs);
bool resource_guarded(struct arena *a, const struct resource_view *v);   /* AWS refuses to delete it now; lifted by t->guarded_by */
/* What the reply of a holder step says stands on the object, or that of an empty step in it. key: identity of the element, to be compared with
 * records of type s->holds; or empty. */
struct resource_element { struct str name, key; const struct value *value; };
size_t resource_inside(struct arena *a, const struct rstep *s, const struct resource_view *v, struct resource_element **out, struct resource_fault *f);
bool resource_empties(struct arena *a, const struct rstep *s, const struct resource_view *v);  /* what stands in it goes with it, say these inputs; not known: no */
/* The request that removes these n elements: as many as s->remove takes in one call at most. */
const struct value *resource_removal(struct arena *a, struct models *m, const struct rstep *s, const struct resource_view *v, const struct resource_element *e, size_t n,
                                     struct resource_fault *f);
/* How many elements a success (v->reply) tells that it did not do, and why not the first of them. */
size_t resource_left(struct arena *a, const struct rstep *s, const struct resource_view *v, struct str *why, struct resource_fault *f);

/* LEAVING: somebody is deleting it. FAILED: its creation failed. UNHEALTHY: made, at rest, not well: a note, no reason for anything. `why`: AWS's reason. */
enum readiness { READY, READY_NOT_YET, READY_FAILED, READY_UNHEALTHY, READY_LEAVING };
enum readiness resource_ready(struct arena *a, const struct resource_view *v, struct str *why);

/* Fields of `inputs` that differ from `now`, comparing as the type says (owned keys, documents, sets, initial, write-only, shared). `applied`: what kc
 * wrote last; a field that it does not have (a record of an older kc) was not compared then, and is not now unless AWS shows it.
 * unread: `old` is what AWS shows, which cannot be read as declared: written in place, never a replacement. Where no step writes the field there is
 * no change at all: who read it has the fault, and notes it.
 * made: `field` names a made value, which is made anew (resource_made_changes, never resource_diff); old and new are none.
 * why: what it comes to, for people; of a chain.
 * Each of the three may be as it is or as it was kept; `keys` (or NULL) for digests of secrets: what is not comparable is no change. */
struct resource_change { struct str field; const struct value *old, *new; bool replace, disruptive, unknown, unread, made; struct str why; };
size_t resource_diff(struct arena *a, const struct keyring *keys, const struct rtype *t, const struct value *inputs, const struct value *applied, const struct value *observed,
                     const struct str *ignore, size_t nignore, struct resource_change **out);
/* Update steps that write these fields, in order; false and *orphan when a field has none. A write-only field may have none: it is only
 * recorded (a step reads it later, as `preserve` of a delete). */
bool resource_updates(struct arena *a, const struct keyring *keys, const struct rtype *t, const struct resource_change *c, size_t n, const struct rstep ***out, size_t *nout, struct str *orphan);
/* The first change that a step is `on`; NULL: none. */
const struct resource_change *resource_act_on(struct arena *a, const struct keyring *keys, const struct rstep *s, const struct resource_change *c, size_t n);
/* After a create: the update steps whose fields were not in the create's request and do not read equal; *fields: the names of those, a list. */
size_t resource_completes(struct arena *a, struct models *m, const struct rtype *t, const struct value *inputs, const struct value *observed, const struct rstep ***out,
                          const struct value **fields);
/* ---- made values ---- */
/* A new one, from those that v has already; secret, unless it is public; in `a`, which should be an arena_secret. NULL: *f. */
const struct value *resource_made(struct arena *a, const struct resource_view *v, const struct rmade *m, const struct pki_source *s, struct resource_fault *f);
/* Those to be made anew, by name: what AWS does not surely hold (`unmade`, of the record), what is another in AWS than the one recorded, what nobody
 * knows the public part of, what a step makes anew that writes one of the changes. An update that has a `when` says itself whether AWS lacks it. */
struct resource_anew {
    const struct str *unmade; size_t nunmade;
    struct resource_view view;                             /* what is wanted of it; its outs are the recorded ones with what was read */
    const struct value *recorded, *observed;
    const struct resource_change *changes; size_t nchanges;
    const struct keyring *keys;
    bool young;                                            /* written a short while ago: AWS may show what it held before */
    bool another;                                          /* set: AWS holds another than the one recorded */
    struct str lacking;                                    /* set: an out that follows from one made before the type had that out */
};
size_t resource_anew(struct arena *a, const struct rtype *t, struct resource_anew *x, struct str **out);
bool resource_knows(const struct rstep *s);               /* an update whose `when` says whether AWS lacks what it makes */
/* So it says. *lost: of what AWS shows alone, not of what the record has. */
bool resource_lacks(struct arena *a, const struct rstep *s, const struct resource_view *v, bool *lost);
bool resource_remakes(const struct rtype *t, struct str name);           /* an update makes it anew; else only another object does */
size_t resource_made_changes(struct arena *a, const struct rtype *t, const struct str *names, size_t n, struct resource_change **out);
/* The step makes something, and a read shows this out of its reply too: it tells which one AWS holds. */
bool resource_witness(const struct rtype *t, const struct rstep *s, struct str out);
bool resource_applies(struct arena *a, const struct rstep *s, const struct resource_view *v, struct resource_fault *f);     /* its `when`; false with f->problem: a fault */

/* Its request is made of what was read, so that what others write in between would be undone: read again before it is sent again. */
bool resource_rests_on_read(const struct rstep *s);
/* `have` without the keys that go, and with what is set. */
const struct value *resource_tags_after(struct arena *a, const struct value *have, const struct value *set, const struct value *gone);
/* Tags to set, and keys to remove: only such as kc set before (`was`, the tags of the record). Others' tags stay. */
void resource_tags(struct arena *a, const struct value *want, const struct value *was, const struct value *have, const struct value *owner, const struct value **set,
                   const struct value **gone);

enum verdict {
    VERDICT_OK, VERDICT_GONE, VERDICT_EXISTS, VERDICT_BUSY,/* busy: in use, wait and retry */
    VERDICT_SETTLING,                                      /* a referent is new: retry within its window; `field` names it */
    VERDICT_AGAIN,                                         /* retryable by the type's own list */
    VERDICT_UNKNOWN,                                       /* effect unknown */
    VERDICT_CREDENTIALS, VERDICT_THROTTLED, VERDICT_FAILED };
/* What the answer to a step means: the step's own `errors` first, then the type's; codes may be "Code: *text*". What no list names is FAILED: nothing
 * is read out of the spelling of a code. GONE needs AWS's request id besides. EXISTS only ends a create (or the update that completes one). One code may mean both that the object
 * and that its referent is missing: then GONE with *field set; a create takes that as SETTLING. `s` may be NULL. */
enum verdict resource_verdict(const struct rtype *t, const struct rstep *s, const struct answer *r, struct str *field);
/* A read after the first may say by a code of `absent` that its part is not there: the reply is then the empty object. */
bool resource_absent(const struct rstep *s, const struct answer *r);

/* token = base32(SHA-256(lineage, salt, addr, generation, step, verb)), 52 characters (docs/design.md, Tokens and tags). */
struct str resource_token(struct arena *a, struct str lineage, struct str salt, struct str addr, uint32_t generation, struct str step, struct str verb);
const struct value *resource_owner_tags(struct arena *a, struct str lineage, struct str addr, uint32_t generation, struct str token);
/* The identity of an object: its identity out, or an object of the identity fields (relations). NULL: not known yet. */
const struct value *resource_identity(struct arena *a, const struct rtype *t, const struct value *inputs, const struct value *outs);
struct str resource_name(struct arena *a, const struct rtype *t, const struct value *inputs, const struct value *outs);  /* for people: "vpc-123"; t NULL, not known: a name that stands there, or empty */

#endif
