/* value.c - making values and looking inside. Comparing: value_cmp.c; text of scalars: scalar.c; printing: value_print.c.
 * A list or object knows what is inside (unknowns by phase, secrets, digests) and how many nodes it has as a tree, so that these questions
 * cost nothing and a value that shares parts a million times over is noticed. Objects over 8 keys carry a hash index. */
#include "kc/value.h"
#include "kc/arena.h"
#include "kc/hash.h"
#include <string.h>

enum { HAS_SET = 1, HAS_UNKNOWN = 2, HAS_PLAN = 4, HAS_APPLY = 8, HAS_SECRET = 16, HAS_BULK = 32, HAS_DIGEST = 64, HAS_FILE = 128 };
enum { INDEX_FROM = 9 };

const struct value value_none = { .kind = VALUE_NONE };
const struct value value_true = { .kind = VALUE_BOOL, .b = true };
const struct value value_false = { .kind = VALUE_BOOL, .b = false };
const struct value value_empty_list = { .kind = VALUE_LIST, .has = HAS_SET };
const struct value value_empty_object = { .kind = VALUE_OBJECT, .has = HAS_SET };
const struct value value_empty_string = { .kind = VALUE_STRING, .s = { "", 0 } };
static const struct digest nothing_known;
const struct value value_withheld = { .kind = VALUE_DIGEST, .secret = true, .digest = &nothing_known };

static struct value *make(struct arena *a, enum value_kind k)
{
    struct value *v = ARENA_NEW(a, struct value);
    v->kind = k;
    return v;
}

const struct value *value_bool(bool b)
{
    return b ? &value_true : &value_false;
}

const struct value *value_int(struct arena *a, int64_t i)
{
    return value_of_kind(a, VALUE_INT, i);
}

const struct value *value_float(struct arena *a, double f)
{
    struct value *v = make(a, VALUE_FLOAT);
    v->f = f;
    return v;
}

const struct value *value_str(struct arena *a, struct str s)
{
    if (!s.n)
        return &value_empty_string;
    struct value *v = make(a, VALUE_STRING);
    v->s = s;
    return v;
}

const struct value *value_string(struct arena *a, struct str s)
{
    return value_str(a, s.n ? str_dup(a, s) : s);
}

const struct value *value_of_kind(struct arena *a, enum value_kind k, int64_t i)
{
    struct value *v = make(a, k);
    v->i = i;
    return v;
}

const struct value *value_percent(struct arena *a, double f)
{
    struct value *v = make(a, VALUE_PERCENT);
    v->f = f;
    return v;
}

const struct value *value_range(struct arena *a, int64_t lo, int64_t hi)
{
    struct value *v = make(a, VALUE_RANGE);
    v->range.lo = lo;
    v->range.hi = hi;
    return v;
}

const struct value *value_cidr(struct arena *a, struct cidr c)
{
    struct value *v = make(a, VALUE_CIDR);
    v->cidr = c;
    return v;
}

const struct value *value_ip(struct arena *a, struct ip ip)
{
    struct value *v = make(a, VALUE_IP);
    v->ip = ip;
    return v;
}

const struct value *value_version(struct arena *a, struct version x)
{
    struct value *v = make(a, VALUE_VERSION);
    v->version = x;
    return v;
}

const struct value *value_ref(struct arena *a, struct str addr)
{
    struct value *v = make(a, VALUE_REF);
    v->addr = str_dup(a, addr);
    return v;
}

const struct value *value_unknown(struct arena *a, const struct term *t, const struct type *ty, enum phase p)
{
    struct value *v = make(a, VALUE_UNKNOWN);
    v->unknown.term = t;
    v->unknown.type = ty;
    v->unknown.phase = p;
    return v;
}

bool value_is_file(const struct value *v)
{
    return v->kind == VALUE_DIGEST && v->digest->path.n;
}

/* What v contributes to the `has` of the list or object that holds it. */
static uint8_t inside(const struct value *v)
{
    uint8_t has = (v->secret ? HAS_SECRET : 0) | (v->bulk ? HAS_BULK : 0) | (value_is_file(v) ? HAS_FILE : v->kind == VALUE_DIGEST ? HAS_DIGEST : 0);
    if (v->kind == VALUE_UNKNOWN)
        has |= HAS_UNKNOWN | (v->unknown.phase == PHASE_APPLY ? HAS_APPLY : v->unknown.phase == PHASE_PLAN ? HAS_PLAN : 0);
    if (v->kind == VALUE_LIST || v->kind == VALUE_OBJECT) {
        if (!(v->has & HAS_SET))
            die("a list or object that value.c did not make");
        has |= v->has;
    }
    return has;
}

size_t value_weight(const struct value *v)
{
    return v->weight ? v->weight : 1;
}

static void note(struct value *container, const struct value *part)
{
    container->has |= inside(part);
    size_t w = container->weight + value_weight(part);
    container->weight = w > UINT32_MAX ? UINT32_MAX : (uint32_t)w;
}

const struct value *value_list(struct arena *a, const struct value *const *v, size_t n)
{
    if (!n)
        return &value_empty_list;
    struct value *x = make(a, VALUE_LIST);
    x->has = HAS_SET;
    x->weight = 1;
    x->list.v = arena_copy(a, v, n * sizeof *v);
    x->list.n = n;
    for (size_t i = 0; i < n; i++)
        note(x, v[i]);
    return x;
}

static size_t index_size(size_t n)
{
    size_t size = 32;
    while (size < n * 2)
        size *= 2;
    return size;
}

static const uint32_t *make_index(struct arena *a, const struct pair *v, size_t n)
{
    size_t size = index_size(n);
    uint32_t *index = ARENA_ARRAY(a, uint32_t, size);
    for (size_t i = 0; i < n; i++) {
        size_t k = str_hash(v[i].key) & (size - 1);
        while (index[k])
            k = (k + 1) & (size - 1);
        index[k] = (uint32_t)i + 1;
    }
    return index;
}

const struct value *value_object(struct arena *a, const struct pair *v, size_t n)
{
    if (!n)
        return &value_empty_object;
    struct value *x = make(a, VALUE_OBJECT);
    x->has = HAS_SET;
    x->weight = 1;
    x->object.v = arena_copy(a, v, n * sizeof *v);
    x->object.n = n;
    if (n >= INDEX_FROM)
        x->object.index = make_index(a, x->object.v, n);
    for (size_t i = 0; i < n; i++)
        note(x, v[i].value);
    return x;
}

static size_t position(const struct value *o, struct str key)
{
    if (!o->object.index) {
        for (size_t i = 0; i < o->object.n; i++)
            if (str_eq(o->object.v[i].key, key))
                return i;
        return SIZE_MAX;
    }
    size_t mask = index_size(o->object.n) - 1;
    for (size_t k = str_hash(key) & mask; o->object.index[k]; k = (k + 1) & mask)
        if (str_eq(o->object.v[o->object.index[k] - 1].key, key))
            return o->object.index[k] - 1;
    return SIZE_MAX;
}

const struct value *value_get(const struct value *object, struct str key)
{
    if (!object || object->kind != VALUE_OBJECT)
        return NULL;
    size_t i = position(object, key);
    return i == SIZE_MAX ? NULL : object->object.v[i].value;
}

const struct value *value_at(const struct value *v, const char *dotted)
{
    struct str rest = str_of(dotted), part;
    while (v && str_cut(&rest, '.', &part)) {
        int64_t i;
        if (v->kind == VALUE_LIST)
            v = str_int(part, &i) && i >= 0 && (size_t)i < v->list.n ? v->list.v[i] : NULL;
        else
            v = value_get(v, part);
    }
    return v;
}

const struct value *value_with(struct arena *a, const struct value *object, struct str key, const struct value *v)
{
    size_t n = object->object.n, i = position(object, key);
    struct pair *p = ARENA_ARRAY(a, struct pair, n + 1);
    if (n)
        memcpy(p, object->object.v, n * sizeof *p);
    if (i == SIZE_MAX)
        p[n++] = (struct pair){ str_dup(a, key), v };
    else
        p[i].value = v;
    return value_object(a, p, n);
}

static const struct digest *copy_digest(struct arena *a, const struct digest *d)
{
    struct digest *copy = arena_copy(a, d, sizeof *d);
    copy->path = str_dup(a, d->path);
    return copy;
}

const struct value *value_keep(struct arena *a, const struct value *v)
{
    struct value *copy;
    if (v->kind == VALUE_LIST) {
        const struct value **items = ARENA_ARRAY(a, const struct value *, v->list.n);
        for (size_t i = 0; i < v->list.n; i++)
            items[i] = value_keep(a, v->list.v[i]);
        return value_list(a, items, v->list.n);
    }
    if (v->kind == VALUE_OBJECT) {
        struct pair *pairs = ARENA_ARRAY(a, struct pair, v->object.n);
        for (size_t i = 0; i < v->object.n; i++)
            pairs[i] = (struct pair){ str_dup(a, v->object.v[i].key), value_keep(a, v->object.v[i].value) };
        return value_object(a, pairs, v->object.n);
    }
    if (v->kind == VALUE_NONE)
        return &value_none;
    copy = arena_copy(a, v, sizeof *v);
    if (v->kind == VALUE_STRING)
        copy->s = str_dup(a, v->s);
    if (v->kind == VALUE_REF)
        copy->addr = str_dup(a, v->addr);
    if (v->kind == VALUE_DIGEST)
        copy->digest = copy_digest(a, v->digest);
    return copy;
}

const struct value *value_map(struct arena *a, const struct value *v, value_leaf *f, void *user)
{
    if (v->kind == VALUE_LIST) {
        const struct value **p = ARENA_ARRAY(a, const struct value *, v->list.n);
        for (size_t i = 0; i < v->list.n; i++)
            p[i] = value_map(a, v->list.v[i], f, user);
        return value_list(a, p, v->list.n);
    }
    if (v->kind == VALUE_OBJECT) {
        struct pair *p = ARENA_ARRAY(a, struct pair, v->object.n);
        for (size_t i = 0; i < v->object.n; i++)
            p[i] = (struct pair){ v->object.v[i].key, value_map(a, v->object.v[i].value, f, user) };
        return value_object(a, p, v->object.n);
    }
    return f(a, v, user);
}

static const struct value *mark_secret(struct arena *a, const struct value *v, void *user)
{
    (void)user;
    if (v->secret || v->kind == VALUE_NONE)
        return v;
    struct value *x = arena_copy(a, v, sizeof *v);
    x->secret = true;
    return x;
}

const struct value *value_secret(struct arena *a, const struct value *v)
{
    return value_map(a, v, mark_secret, NULL);
}

const struct value *value_veil(struct arena *a, const struct value *v, const struct value *like)
{
    if (!v || !like || !value_has_secret(like))
        return v;
    if (v->kind != VALUE_OBJECT || like->kind != VALUE_OBJECT)
        return value_secret(a, v);
    struct pair *p = ARENA_ARRAY(a, struct pair, v->object.n);
    for (size_t i = 0; i < v->object.n; i++)
        p[i] = (struct pair){ v->object.v[i].key, value_veil(a, v->object.v[i].value, value_get(like, v->object.v[i].key)) };
    return value_object(a, p, v->object.n);
}

static const struct value *withhold(struct arena *a, const struct value *v, void *user)
{
    (void)a;
    (void)user;
    return v->secret && v->kind != VALUE_UNKNOWN ? &value_withheld : v;
}

const struct value *value_withhold(struct arena *a, const struct value *v)
{
    return value_has_secret(v) ? value_map(a, v, withhold, NULL) : v;
}

const struct value *value_bulk(struct arena *a, const struct value *v)
{
    if (v->kind != VALUE_STRING || v->bulk)
        return v;
    struct value *x = arena_copy(a, v, sizeof *v);
    x->bulk = true;
    return x;
}

const struct value *value_digest(struct arena *a, const struct digest *d, bool secret)
{
    struct value *v = make(a, VALUE_DIGEST);
    v->secret = secret;
    v->digest = copy_digest(a, d);
    return v;
}

const struct value *value_sum(struct arena *a, struct str text)
{
    struct digest d = { .n = sizeof d.sum, .size = text.n };
    sha256(text, d.sum);
    return value_digest(a, &d, false);
}

void value_digests(const struct value *v, void (*see)(void *user, const struct value *digest), void *user)
{
    if (!v || !value_has_digest(v))
        return;
    for (size_t i = 0; v->kind == VALUE_LIST && i < v->list.n; i++)
        value_digests(v->list.v[i], see, user);
    for (size_t i = 0; v->kind == VALUE_OBJECT && i < v->object.n; i++)
        value_digests(v->object.v[i].value, see, user);
    if (v->kind == VALUE_DIGEST)
        see(user, v);
}

bool value_is_known(const struct value *v)
{
    return !(inside(v) & HAS_UNKNOWN);
}

bool value_has_secret(const struct value *v)
{
    return inside(v) & HAS_SECRET;
}

bool value_has_bulk(const struct value *v)
{
    return inside(v) & HAS_BULK;
}

bool value_has_digest(const struct value *v)
{
    return inside(v) & HAS_DIGEST;
}

bool value_has_file(const struct value *v)
{
    return inside(v) & HAS_FILE;
}

enum phase value_phase(const struct value *v)
{
    uint8_t has = inside(v);
    return has & HAS_APPLY ? PHASE_APPLY : has & HAS_PLAN ? PHASE_PLAN : PHASE_KNOWN;
}

const char *value_kind_name(enum value_kind k)
{
    static const char *const name[] = {
        [VALUE_NONE] = "none", [VALUE_BOOL] = "bool", [VALUE_INT] = "int", [VALUE_FLOAT] = "float", [VALUE_STRING] = "string",
        [VALUE_CIDR] = "cidr", [VALUE_IP] = "ip", [VALUE_SIZE] = "size", [VALUE_DURATION] = "duration",
        [VALUE_PERCENT] = "percent", [VALUE_RANGE] = "range", [VALUE_VERSION] = "version", [VALUE_LIST] = "list",
        [VALUE_OBJECT] = "object", [VALUE_REF] = "instance", [VALUE_UNKNOWN] = "unknown value",
        [VALUE_DIGEST] = "value that is not kept",
    };
    return name[k];
}
