/* diff.c - which fields differ, and which steps write them. */
#include "compare.h"
#include "view.h"

static bool named(const struct str *list, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(list[i], name))
            return true;
    return false;
}

static bool reserved_key(struct str key)
{
    return tag_owned_by_kc(key) || str_starts(key, STR("aws:"));
}

/* The pairs of v whose keys kc answers for: in want or in was. */
static const struct value *owned(struct arena *a, const struct value *v, const struct value *want, const struct value *was)
{
    if (!v || v->kind != VALUE_OBJECT)
        return v;
    struct pair *p = ARENA_ARRAY(a, struct pair, v->object.n);
    size_t n = 0;
    for (size_t i = 0; i < v->object.n; i++) {
        struct str key = v->object.v[i].key;
        if (!reserved_key(key) && (value_get(want, key) || (was && value_get(was, key))))
            p[n++] = v->object.v[i];
    }
    return value_object(a, p, n);
}

/* `@ignore(a.b)`: both sides lose member b of a. */
static const struct value *without(struct arena *a, const struct value *v, struct str path)
{
    struct str rest = path, part;
    if (!v || v->kind != VALUE_OBJECT || !str_cut(&rest, '.', &part))
        return v;
    struct pair *p = ARENA_ARRAY(a, struct pair, v->object.n);
    size_t n = 0;
    for (size_t i = 0; i < v->object.n; i++) {
        bool hit = str_eq(v->object.v[i].key, part);
        if (!hit || rest.n)
            p[n++] = (struct pair){ v->object.v[i].key, hit ? without(a, v->object.v[i].value, rest) : v->object.v[i].value };
    }
    return value_object(a, p, n);
}

struct three { const struct value *want, *was, *now; };

static void drop_ignored(struct arena *a, struct str field, const struct str *ignore, size_t n, struct three *x)
{
    for (size_t i = 0; i < n; i++) {
        if (ignore[i].n <= field.n + 1 || !str_eq(path_root(ignore[i]), field))
            continue;
        struct str rest = str_sub(ignore[i], field.n + 1, ignore[i].n);
        *x = (struct three){ without(a, x->want, rest), without(a, x->was, rest), without(a, x->now, rest) };
    }
}

/* What AWS shows of a secret is one, whatever the type of the field. */
static const struct value *veiled(struct arena *a, const struct value *now, struct three x)
{
    return value_veil(a, value_veil(a, now, x.want), x.was);
}

/* Others move the field too: only what the file says anew counts, against what kc wrote last. */
static bool moved_by_file(const struct comparing *c, const struct rfield *fd, struct three x)
{
    if (x.want->kind == VALUE_NONE || !x.was)
        return false;
    return compare(c, fd->type, x.want, NULL, x.was) != SAME;
}

static bool field_differs(const struct comparing *with, const struct rfield *fd, struct three x, struct resource_change *c)
{
    struct arena *a = with->a;
    if (!x.want)
        x.want = &value_none;
    if (!x.now && !x.was)
        return false;
    if (fd->owned_keys) {
        x.now = owned(a, x.now ? x.now : x.was, x.want, x.was);
        x.want = owned(a, x.want, x.want, NULL);
        x.was = owned(a, x.was, x.want, x.was);
    }
    if (fd->shared && !moved_by_file(with, fd, x))
        return false;
    const struct value *now = x.now ? x.now : x.was;
    enum sameness s = compare(with, fd->type, x.want, x.was, now);
    *c = (struct resource_change){ .field = fd->name, .old = veiled(a, now, x), .new = x.want, .replace = fd->replace || fd->identity, .disruptive = fd->disruptive, .unknown = s == UNSURE };
    return s != SAME;
}

/* An update step writes it. */
static bool written(const struct rtype *t, struct str field)
{
    const struct rstep *s;
    for (size_t i = 0; (s = rtype_step(t, STEP_UPDATE, i)); i++)
        for (size_t k = 0; k < s->non; k++)
            if (str_eq(path_root(s->on[k]), field))
                return true;
    return false;
}

/* A secret of which nobody knows whether AWS has it, and which can be sent in place. */
static bool sent_anew(const struct keyring *keys, const struct rtype *t, const struct rfield *fd, const struct value *want)
{
    return keyring_recovery(keys) == RECOVERY_SEND && !fd->replace && !fd->identity && want && !value_has_digest(want) && written(t, fd->name);
}

/* Somebody took it off, and the file is as it was: what an update step puts back is no reason for another object (AttachInternetGateway). */
static bool taken_off(const struct comparing *c, const struct rtype *t, const struct rfield *fd, struct three x)
{
    bool off = x.now && x.now->kind == VALUE_NONE && x.was && x.was->kind != VALUE_NONE && x.want && value_is_known(x.want);
    return off && !fd->identity && written(t, fd->name) && compare(c, fd->type, x.want, NULL, x.was) == SAME;
}

size_t resource_diff(struct arena *a, const struct keyring *keys, const struct rtype *t, const struct value *inputs, const struct value *applied,
                     const struct value *observed, const struct str *ignore, size_t nignore, struct resource_change **out)
{
    struct resource_change *c = ARENA_ARRAY(a, struct resource_change, t->nfields);
    struct comparing with = { a, keys, false };
    size_t n = 0;
    for (size_t i = 0; i < t->nfields; i++) {
        const struct rfield *fd = &t->fields[i];
        if (fd->initial || named(ignore, nignore, fd->name))
            continue;
        const struct value *now = fd->write_only || !observed ? NULL : value_get(observed, fd->name);
        struct three x = { value_get(inputs, fd->name), applied ? value_get(applied, fd->name) : NULL, now };
        const struct value *raw = !now && observed && !fd->write_only ? value_get(observed, unread_name(a, fd->name)) : NULL;
        if (raw && !written(t, fd->name))
            continue;                                      /* nothing can be done about it: its reader notes it */
        if (raw) {
            c[n++] = (struct resource_change){ .field = fd->name, .old = veiled(a, raw, x), .new = x.want ? x.want : &value_none, .unread = true };
            continue;
        }
        if (applied && !x.was && (fd->shared || !now))
            continue;                                      /* the record was made when the field did not exist */
        drop_ignored(a, fd->name, ignore, nignore, &x);
        with.doubt = sent_anew(keys, t, fd, x.want);
        if (!field_differs(&with, fd, x, &c[n]))
            continue;
        c[n].replace &= !taken_off(&with, t, fd, x);
        n++;
    }
    *out = c;
    return n;
}

static const struct value *sub(struct arena *a, const struct value *v, struct str path)
{
    const struct value *r = v ? value_at(v, str_c(a, path)) : NULL;
    return r ? r : &value_none;
}

static bool differs_at(const struct comparing *with, const struct resource_change *c, struct str path)
{
    struct arena *a = with->a;
    const struct value *x = sub(a, c->old, path), *y = sub(a, c->new, path);
    if (c->new && !value_is_known(y))
        return true;
    return compare(with, NULL, y, x, x) != SAME;
}

/* Whether the path written after `on` takes care of (part of) this change. */
static bool path_hits(const struct comparing *with, const struct resource_change *c, struct str on)
{
    if (!str_eq(path_root(on), c->field))
        return false;
    return on.n == c->field.n || c->new->kind != VALUE_OBJECT || differs_at(with, c, str_sub(on, c->field.n + 1, on.n));
}

static bool step_hits(const struct comparing *with, const struct rstep *s, const struct resource_change *c)
{
    for (size_t i = 0; i < s->non; i++)
        if (path_hits(with, c, s->on[i]))
            return true;
    return false;
}

const struct resource_change *resource_act_on(struct arena *a, const struct keyring *keys, const struct rstep *s, const struct resource_change *c, size_t n)
{
    struct comparing with = { a, keys, false };
    for (size_t i = 0; i < n; i++)
        if (step_hits(&with, s, &c[i]))
            return &c[i];
    return NULL;
}

/* A member of an object field that changed and that no update writes; empty: all written. */
static struct str unwritten(const struct comparing *with, const struct rtype *t, const struct resource_change *c)
{
    const struct rstep *s;
    bool any = false, whole = false;
    for (size_t i = 0; (s = rtype_step(t, STEP_UPDATE, i)); i++)
        for (size_t k = 0; k < s->non; k++)
            if (str_eq(path_root(s->on[k]), c->field)) {
                any = true;
                whole |= s->on[k].n == c->field.n;
            }
    if (whole)
        return STR_NONE;
    if (!any || c->new->kind != VALUE_OBJECT)
        return any ? STR_NONE : c->field;
    for (size_t i = 0; i < c->new->object.n; i++) {
        struct str path = str_fmt(with->a, "%.*s.%.*s", STR_ARG(c->field), STR_ARG(c->new->object.v[i].key));
        bool covered = !differs_at(with, c, c->new->object.v[i].key);
        for (size_t k = 0; !covered && (s = rtype_step(t, STEP_UPDATE, k)); k++)
            for (size_t p = 0; p < s->non; p++)
                covered |= str_starts(s->on[p], path);
        if (!covered)
            return path;
    }
    return STR_NONE;
}

bool resource_updates(struct arena *a, const struct keyring *keys, const struct rtype *t, const struct resource_change *c, size_t n, const struct rstep ***out,
                      size_t *nout, struct str *orphan)
{
    const struct rstep *s;
    struct comparing with = { a, keys, keyring_recovery(keys) == RECOVERY_SEND };
    *out = ARENA_ARRAY(a, const struct rstep *, t->nsteps);
    *nout = 0;
    for (size_t i = 0; (s = rtype_step(t, STEP_UPDATE, i)); i++) {
        bool hit = false;
        for (size_t k = 0; k < n && !hit; k++)
            hit = step_hits(&with, s, &c[k]);
        if (hit)
            (*out)[(*nout)++] = s;
    }
    for (size_t k = 0; k < n; k++) {
        const struct rfield *fd = rtype_field(t, c[k].field);
        if (!(fd && fd->write_only) && (*orphan = unwritten(&with, t, &c[k])).n)
            return false;
    }
    return true;
}

/* No request of the type has it: it only says when a step is to run (`turn`), and there is nothing of it to be completed. */
static bool only_says_when(const struct rtype *t, struct str field)
{
    for (size_t i = 0; i < t->nsteps; i++) {
        const struct rstep *s = &t->steps[i];
        bool changes = s->kind == STEP_CREATE || s->kind == STEP_UPDATE;
        if (changes && (!s->send || term_uses_param(s->send, field) || (s->over && term_uses_param(s->over, field)) || (s->when && term_uses_param(s->when, field))))
            return false;
    }
    return true;
}

/* Whether the create's own request carries the field. */
static bool created_with(struct models *m, const struct rtype *t, const struct rstep *create, struct str field)
{
    if (create->send)
        return term_uses_param(create->send, field) ||
               (t->tags.n && str_eq(field, t->tags) && term_uses_param(create->send, STR("all_tags")));
    struct str why, op = resource_operation(create);
    const struct service *svc = m ? model_service(m, resource_service(t, create), &why) : NULL;
    const struct operation *o = svc ? model_operation(svc, op) : NULL;
    const struct rfield *fd = rtype_field(t, field);
    return o && o->in && model_match(o->in, path_root(fd->wire.n ? fd->wire : field));
}

static bool incomplete(struct arena *a, struct models *m, const struct rtype *t, struct str on, const struct value *inputs,
                       const struct value *observed)
{
    struct str field = path_root(on);
    const struct rfield *fd = rtype_field(t, field);
    const struct rstep *create = rtype_step(t, STEP_CREATE, 0);
    const struct value *want = value_get(inputs, field), *now = observed ? value_get(observed, field) : NULL;
    struct comparing with = { a, NULL, false };                 /* neither is a digest */
    if (!fd || !want || want->kind == VALUE_NONE || (create && created_with(m, t, create, field)) || (fd->write_only && only_says_when(t, field)))
        return false;
    if (on.n > field.n) {
        struct str rest = str_sub(on, field.n + 1, on.n);
        want = sub(a, want, rest);
        now = now ? sub(a, now, rest) : NULL;
        return compare(&with, NULL, want, NULL, now ? now : &value_none) != SAME;
    }
    if (fd->owned_keys)
        now = now ? owned(a, now, want, NULL) : NULL;
    return compare(&with, fd->type, want, NULL, now ? now : &value_none) != SAME;
}

size_t resource_completes(struct arena *a, struct models *m, const struct rtype *t, const struct value *inputs,
                          const struct value *observed, const struct rstep ***out, const struct value **fields)
{
    const struct rstep *s;
    const struct value **names = ARENA_ARRAY(a, const struct value *, t->nfields);
    bool *lacks = ARENA_ARRAY(a, bool, t->nfields);
    size_t n = 0, nnames = 0;
    *out = ARENA_ARRAY(a, const struct rstep *, t->nsteps);
    for (size_t i = 0; (s = rtype_step(t, STEP_UPDATE, i)); i++) {
        bool due = false;
        for (size_t k = 0; k < s->non; k++)
            if (incomplete(a, m, t, s->on[k], inputs, observed))
                due = lacks[rtype_field(t, path_root(s->on[k])) - t->fields] = true;
        if (due)
            (*out)[n++] = s;
    }
    for (size_t i = 0; i < t->nfields; i++)
        if (lacks[i])
            names[nnames++] = value_str(a, t->fields[i].name);
    *fields = value_list(a, names, nnames);
    return n;
}

void resource_tags(struct arena *a, const struct value *want, const struct value *was, const struct value *have, const struct value *owner,
                   const struct value **set, const struct value **gone)
{
    const struct value *all = resource_merge(a, want, owner);
    struct pair *p = ARENA_ARRAY(a, struct pair, all->object.n);
    size_t n = 0, ngone = 0, nhave = have && have->kind == VALUE_OBJECT ? have->object.n : 0;
    for (size_t i = 0; i < all->object.n; i++) {
        const struct value *now = nhave ? value_get(have, all->object.v[i].key) : NULL;
        if (!now || !value_eq(now, all->object.v[i].value))
            p[n++] = all->object.v[i];
    }
    const struct value **keys = ARENA_ARRAY(a, const struct value *, nhave);
    for (size_t i = 0; i < nhave; i++) {
        struct str key = have->object.v[i].key;
        if (!reserved_key(key) && !value_get(all, key) && was && value_get(was, key))
            keys[ngone++] = value_str(a, key);
    }
    *set = value_object(a, p, n);
    *gone = value_list(a, keys, ngone);
}

const struct value *resource_tags_after(struct arena *a, const struct value *have, const struct value *set, const struct value *gone)
{
    struct pair *p = ARENA_ARRAY(a, struct pair, have->object.n);
    size_t n = 0;
    for (size_t i = 0; i < have->object.n; i++) {
        bool goes = false;
        for (size_t k = 0; k < gone->list.n && !goes; k++)
            goes = str_eq(gone->list.v[k]->s, have->object.v[i].key);
        if (!goes)
            p[n++] = have->object.v[i];
    }
    return resource_merge(a, value_object(a, p, n), set);
}
