/* keyring.c - sealing and comparing. What a digest is of: the value as canonical typed JSON, under HMAC-SHA256; of bulk: the text, under SHA-256. */
#include "kc/hash.h"
#include "kc/json.h"
#include "room.h"
#include <string.h>

void key_id(struct str key, uint8_t out[ID_BYTES])
{
    uint8_t sum[32];
    sha256(key, sum);
    memcpy(out, sum, ID_BYTES);
}

struct keyring *keyring_open(struct world *w, struct arena *a, struct str lineage, struct str *why)
{
    struct keyring *k = ARENA_NEW(a, struct keyring);
    *k = (struct keyring){ .w = w, .a = a, .lineage = lineage };
    key_id(lineage, k->lineage_id);
    return keyfile_find(k, why) ? k : NULL;
}

void keyring_close(struct keyring *k)
{
    if (k)
        explicit_bzero(&k->own, sizeof k->own);
}

static bool is_key(const struct digest *d, const uint8_t id[ID_BYTES])
{
    return d->n && memcmp(d->key, id, ID_BYTES) == 0;
}

void keyring_met(struct keyring *k, const struct value *digest)
{
    const struct digest *d = digest->digest;
    if (!digest->secret || !d->n || is_key(d, k->lineage_id))
        return;
    if (k->has && is_key(d, k->own.id)) {
        k->ours = true;
        return;
    }
    k->others = true;
    memcpy(k->other, d->key, ID_BYTES);
}

void keyring_may_make(struct keyring *k)
{
    k->may_make = true;
}

void keyring_recover(struct keyring *k, enum recovery how)
{
    k->recovery = how;
}

enum recovery keyring_recovery(const struct keyring *k)
{
    return k ? k->recovery : RECOVERY_NONE;
}

/* Digests of two keys in one state would be of use to nobody. */
static bool may_seal(const struct keyring *k)
{
    return k->has && (k->recovery || k->ours || !k->others);
}

static void digest_under(struct str key, const struct value *v, uint8_t sum[32])
{
    struct buf b = { 0 };
    json_write(&b, v, JSON_TYPED | JSON_CANONICAL, true);
    hmac_sha256(key, buf_view(&b), sum);
    buf_fini(&b);
}

static struct str own(const struct keyring *k)
{
    return (struct str){ (const char *)k->own.bytes, KEY_BYTES };
}

static const struct value *seal_leaf(struct arena *a, const struct value *v, void *user)
{
    struct keyring *k = user;
    struct digest d = { .n = SECRET_SUM };
    uint8_t sum[32];
    if (v->kind == VALUE_DIGEST || v->kind == VALUE_UNKNOWN)
        return v;
    if (!v->secret)
        return v->bulk ? value_sum(a, v->s) : v;
    if (k && !k->has && k->may_make && (k->recovery || !k->others))
        k->may_make = keyfile_make(k);
    if (!k || !may_seal(k))
        return &value_withheld;
    digest_under(own(k), v, sum);
    memcpy(d.sum, sum, d.n);
    memcpy(d.key, k->own.id, ID_BYTES);
    return value_digest(a, &d, true);
}

const struct value *keyring_seal(struct keyring *k, struct arena *a, const struct value *v)
{
    return v && (value_has_secret(v) || value_has_bulk(v)) ? value_map(a, v, seal_leaf, k) : v;
}

/* ---- comparing ---- */

/* The key of a digest; false: it is not here. */
static bool key_of(const struct keyring *k, const struct digest *d, struct str *key)
{
    bool mine = k && k->has && is_key(d, k->own.id), old = k && is_key(d, k->lineage_id);
    *key = mine ? own(k) : old ? k->lineage : STR_NONE;
    return mine || old;
}

static enum likeness judged(bool same)
{
    return same ? KEPT_SAME : KEPT_OTHER;
}

static enum likeness two_digests(const struct value *x, const struct value *y)
{
    const struct digest *d = x->digest, *e = y->digest;
    if (x->secret && y->secret && !d->n && !e->n)          /* nobody can tell them apart, and nobody needs to */
        return KEPT_SAME;
    bool comparable = x->secret == y->secret && d->n && e->n && memcmp(d->key, e->key, ID_BYTES) == 0;
    return comparable ? judged(memcmp(d->sum, e->sum, d->n) == 0) : KEPT_UNSURE;
}

/* A value as it is against one that was kept. */
static enum likeness against(const struct keyring *k, const struct value *v, const struct value *digest)
{
    const struct digest *d = digest->digest;
    struct str key;
    uint8_t sum[32];
    if (v->kind == VALUE_NONE || v->kind == VALUE_UNKNOWN)
        return v->kind == VALUE_NONE ? KEPT_OTHER : KEPT_UNSURE;
    if (!digest->secret) {
        if (v->kind == VALUE_STRING)
            sha256(v->s, sum);
        return judged(v->kind == VALUE_STRING && v->s.n == d->size && memcmp(sum, d->sum, d->n) == 0);
    }
    if (!key_of(k, d, &key))
        return KEPT_UNSURE;
    digest_under(key, v, sum);
    return judged(memcmp(sum, d->sum, d->n) == 0);
}

static enum likeness worse(enum likeness x, enum likeness y)
{
    return x == KEPT_OTHER || y == KEPT_OTHER ? KEPT_OTHER : x == KEPT_UNSURE ? x : y;
}

static enum likeness compare_objects(const struct keyring *k, const struct value *x, const struct value *y)
{
    enum likeness r = judged(x->object.n == y->object.n);
    for (size_t i = 0; i < x->object.n && r != KEPT_OTHER; i++) {
        const struct value *other = value_get(y, x->object.v[i].key);
        r = worse(r, other ? keyring_compare(k, x->object.v[i].value, other) : KEPT_OTHER);
    }
    return r;
}

enum likeness keyring_compare(const struct keyring *k, const struct value *x, const struct value *y)
{
    if (x->kind == VALUE_DIGEST && y->kind == VALUE_DIGEST)
        return two_digests(x, y);
    if (x->kind == VALUE_DIGEST)
        return against(k, y, x);
    if (y->kind == VALUE_DIGEST)
        return against(k, x, y);
    if (!value_has_digest(x) && !value_has_digest(y))
        return judged(value_eq(x, y));
    if (x->kind == VALUE_OBJECT && y->kind == VALUE_OBJECT)
        return compare_objects(k, x, y);
    bool lists = x->kind == VALUE_LIST && y->kind == VALUE_LIST && x->list.n == y->list.n;
    enum likeness r = judged(lists);
    for (size_t i = 0; lists && i < x->list.n && r != KEPT_OTHER; i++)
        r = worse(r, keyring_compare(k, x->list.v[i], y->list.v[i]));
    return r;
}

struct look { const struct keyring *k; bool shut, stale; };

static void look_at(void *user, const struct value *digest)
{
    struct look *l = user;
    struct str key;
    l->shut |= digest->secret && !key_of(l->k, digest->digest, &key);
    l->stale |= digest->secret && l->k && is_key(digest->digest, l->k->lineage_id);
}

bool keyring_opens(const struct keyring *k, const struct value *v)
{
    struct look l = { .k = k };
    value_digests(v, look_at, &l);
    return !l.shut;
}

bool keyring_stale(const struct keyring *k, const struct value *v)
{
    struct look l = { .k = k };
    value_digests(v, look_at, &l);
    return l.stale;
}

void keyring_sum(const struct keyring *k, struct buf *out, const struct value *v)
{
    uint8_t sum[32];
    if (!k || !k->has || !value_has_secret(v))
        return;
    digest_under(own(k), v, sum);
    for (size_t i = 0; i < SECRET_SUM; i++)
        buf_fmt(out, "%02x", sum[i]);
}

/* ---- for people ---- */

static struct str shown(struct arena *a, const uint8_t id[ID_BYTES])
{
    return hex(a, id, ID_BYTES);
}

struct str keyring_problem(const struct keyring *k, struct arena *a)
{
    static const char wayout[] = "`kc apply --send-secrets` sends them anew (--accept-secrets: takes what the file says for what is there)";
    struct str file = k->path.n ? k->path : STR("its file");
    if (k->has && k->others && !k->ours)
        return str_fmt(a, "%.*s is another key than the stack's (%.*s, not %.*s). Put the right one there; if it is lost, %s",
                       STR_ARG(k->given ? STR("KC_STATE_KEY") : file), STR_ARG(shown(a, k->own.id)), STR_ARG(shown(a, k->other)), wayout);
    if (!k->has && k->others)
        return str_fmt(a, "the key of this stack (%.*s) is not here. Copy %.*s from where it was made, or set KC_STATE_KEY; if it is lost, %s",
                       STR_ARG(shown(a, k->other)), STR_ARG(file), wayout);
    return str_fmt(a, "recorded where the key was not. %s", wayout);
}

struct str keyring_news(const struct keyring *k, struct arena *a)
{
    if (k->made)
        return str_fmt(a, "the key by which kc sees whether a secret of this stack has changed was made: %.*s. Whoever else applies it needs a copy, or its text in KC_STATE_KEY",
                       STR_ARG(k->path));
    if (k->failed.n)
        return str_fmt(a, "no key for secrets could be kept (%.*s): those of this stack count as unchanged; set KC_STATE_KEY to 64 hex digits", STR_ARG(k->failed));
    return STR_NONE;
}
