/* value.h - the values of the language, of requests and replies, of state and plan: one immutable tree.
 * Ownership: a value and all below it live in the arena it was made in (constants are static); never changed once made.
 * Secret is a mark on leaves, and so is bulk: no printer and no JSON shows the one, of the other they show digest and length. A digest is a kind
 * of value: what stands for a value that is not kept. */
#ifndef KC_VALUE_H
#define KC_VALUE_H
#include <stdbool.h>
#include <stdint.h>
#include "kc/str.h"

struct term;
struct type;

enum value_kind {
    VALUE_NONE, VALUE_BOOL, VALUE_INT, VALUE_FLOAT, VALUE_STRING,
    VALUE_CIDR, VALUE_IP, VALUE_SIZE, VALUE_DURATION, VALUE_PERCENT, VALUE_RANGE, VALUE_VERSION,
    VALUE_LIST, VALUE_OBJECT,                              /* map and object are one kind: ordered pairs */
    VALUE_REF,                                             /* a whole resource or component instance, by address */
    VALUE_UNKNOWN,                                         /* of a known type, with the term that will produce it */
    VALUE_DIGEST                                           /* there is, or was, a value that state does not keep; secret: of a secret */
};
enum phase { PHASE_KNOWN, PHASE_PLAN, PHASE_APPLY };       /* docs/design.md, Phases */

struct ip { uint8_t b[16]; bool v6; };                     /* v4: first four bytes */
struct cidr { struct ip ip; uint8_t bits; };
struct version { int32_t major, minor, patch; };           /* patch -1: not written */
struct pair { struct str key; const struct value *value; };
enum { SECRET_SUM = 16 };                                  /* bytes that are kept of a secret's digest */
struct digest {
    uint8_t sum[32], n;                                    /* n bytes: SHA-256; of a secret SECRET_SUM of an HMAC, or none: nothing is known of it */
    uint8_t key[8];                                        /* of a secret: whose key that was (keyring.h) */
    uint64_t size;                                         /* bytes of the text; of a secret 0 */
    struct str path; int64_t changed;                      /* of a file that can be sent: where it is, and when it was written to; never kept */
};

struct value {
    enum value_kind kind;
    bool secret;
    bool bulk;                                             /* text that is kept and shown by its digest */
    uint8_t has;                                           /* LIST, OBJECT: what is inside; private to value.c */
    uint32_t weight;                                       /* LIST, OBJECT: nodes inside, counted as a tree; see value_weight */
    union {
        bool b;
        int64_t i;                                         /* INT; SIZE in bytes; DURATION in ms */
        double f;                                          /* FLOAT; PERCENT (33% is 33.0) */
        struct str s;
        struct ip ip;
        struct cidr cidr;
        struct { int64_t lo, hi; } range;                  /* both ends included */
        struct version version;
        struct { const struct value *const *v; size_t n; } list;
        struct { const struct pair *v; size_t n; const uint32_t *index; } object;   /* index: private to value.c */
        struct str addr;                                   /* REF */
        struct { const struct term *term; const struct type *type; enum phase phase; } unknown;
        const struct digest *digest;
    };
};

extern const struct value value_none, value_true, value_false, value_empty_list, value_empty_object, value_empty_string;
extern const struct value value_withheld;                  /* DIGEST of a secret of which nothing is known here */
const struct value *value_bool(bool b);
const struct value *value_int(struct arena *a, int64_t i);
const struct value *value_float(struct arena *a, double f);
const struct value *value_string(struct arena *a, struct str s);       /* copies */
const struct value *value_str(struct arena *a, struct str s);          /* borrows the bytes */
const struct value *value_of_kind(struct arena *a, enum value_kind k, int64_t i);  /* SIZE, DURATION */
const struct value *value_percent(struct arena *a, double f);
const struct value *value_range(struct arena *a, int64_t lo, int64_t hi);
const struct value *value_cidr(struct arena *a, struct cidr c);
const struct value *value_ip(struct arena *a, struct ip ip);
const struct value *value_version(struct arena *a, struct version v);
const struct value *value_list(struct arena *a, const struct value *const *v, size_t n);      /* copies the array */
const struct value *value_object(struct arena *a, const struct pair *v, size_t n);            /* copies; keys unique */
const struct value *value_ref(struct arena *a, struct str addr);
const struct value *value_unknown(struct arena *a, const struct term *t, const struct type *ty, enum phase p);
const struct value *value_secret(struct arena *a, const struct value *v);                     /* all leaves marked */
/* v, secret where `like` is: what shows in the place of a secret is one. v and like may be NULL. */
const struct value *value_veil(struct arena *a, const struct value *v, const struct value *like);
const struct value *value_withhold(struct arena *a, const struct value *v);                   /* each secret leaf becomes value_withheld */
const struct value *value_bulk(struct arena *a, const struct value *v);                       /* marked, where it is text */
const struct value *value_digest(struct arena *a, const struct digest *d, bool secret);       /* copies */
const struct value *value_sum(struct arena *a, struct str text);                              /* DIGEST of a text that is no secret */
/* A copy with each leaf as `f` has it: what is neither a list nor an object. */
typedef const struct value *value_leaf(struct arena *a, const struct value *leaf, void *user);
const struct value *value_map(struct arena *a, const struct value *v, value_leaf *f, void *user);

const struct value *value_get(const struct value *object, struct str key);   /* NULL: no such key, or not an object */
const struct value *value_at(const struct value *v, const char *dotted);     /* value_get along "a.b.0.c"; NULL when absent */
const struct value *value_with(struct arena *a, const struct value *object, struct str key, const struct value *v); /* a copy with key set */
const struct value *value_keep(struct arena *a, const struct value *v);      /* a copy that owes nothing to other arenas; terms of unknowns are borrowed */
bool value_is_known(const struct value *v);                /* no unknown anywhere inside */
bool value_has_secret(const struct value *v);              /* a digest of a secret is one */
bool value_has_bulk(const struct value *v);
bool value_has_digest(const struct value *v);              /* of what is not kept; files do not count */
bool value_is_file(const struct value *v);                 /* a digest of a file that is there: it can be sent */
bool value_has_file(const struct value *v);
void value_digests(const struct value *v, void (*see)(void *user, const struct value *digest), void *user);       /* each one inside; NULL: none */
size_t value_weight(const struct value *v);                /* nodes counted as a tree (shared parts count each time), for limits */
enum phase value_phase(const struct value *v);             /* the latest phase of any unknown inside */
bool value_eq(const struct value *a, const struct value *b);   /* deep; objects ignore order; int and float compare by number */
int value_cmp(const struct value *a, const struct value *b);   /* total order for known values of one kind */
struct str value_text(struct arena *a, const struct value *v); /* scalar as AWS wants it: cidr, ip, id as text, version without v, bool true/false, size in bytes */
struct str value_brief(struct arena *a, const struct value *v, size_t limit);   /* the same in one line of at most `limit` bytes, safe for a terminal; NULL: none */
struct str value_scrub(struct arena *a, struct str text, const struct value *v);    /* text without the secrets of v: AWS repeats in errors what it was sent */
void value_print(struct buf *out, const struct value *v);      /* as .kcl source; secrets as (secret), unknowns as (known after apply), bulk as (3.2 KiB, sha256 0a1b..) */
const char *value_kind_name(enum value_kind k);                /* "list", "duration", ... for messages */

/* Reading scalars from text; false: not of that form. `why` (may be NULL) gets a static reason: "host bits are set", ... */
bool cidr_parse(struct str text, struct cidr *out, const char **why);
bool ip_parse(struct str text, struct ip *out);
bool version_parse(struct str text, struct version *out);   /* with or without the leading v */
bool duration_parse(struct str text, int64_t *ms);          /* 1h30m */
bool size_parse(struct str text, int64_t *bytes);           /* 80GiB */
struct str cidr_text(struct arena *a, struct cidr c);
struct str ip_text(struct arena *a, struct ip ip);

#endif
