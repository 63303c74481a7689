/* absorb.c - fields and outputs out of replies, parsed to the types declared; which element of a list is which object. */
#include "kc/map.h"
#include "view.h"

static const struct type *target_type(const struct rtype *t, struct str name)
{
    const struct rfield *f = rtype_field(t, name);
    const struct rout *o = f ? NULL : rtype_out(t, name);
    return f ? f->type : o ? o->type : NULL;
}

/* A document that somebody else wrote may be empty, or no JSON at all: then it is what it is, and differs. */
const struct value *view_parse(struct arena *a, const struct type *ty, const struct value *v)
{
    if (!ty || v->kind == VALUE_NONE || v->kind == VALUE_UNKNOWN)
        return v;
    bool text = type_strip(ty)->kind == TYPE_DOCUMENT && v->kind == VALUE_STRING;
    if (text && !str_trim(v->s).n)
        return &value_none;
    const struct value *r = type_read(a, ty, v);
    if (!r && text)
        r = v;
    return r && ty->kind == TYPE_SECRET ? value_secret(a, r) : r;
}

static bool set_anywhere(const struct rtype *t, struct str name)
{
    for (size_t i = 0; i < t->nsteps; i++)
        for (size_t k = 0; k < t->steps[i].nsets; k++)
            if (str_eq(t->steps[i].sets[k].target, name))
                return true;
    return false;
}

/* live.<@wire path> for what no step assigns. */
static size_t by_wire(struct arena *a, const struct rtype *t, const struct value *live, struct pair *p)
{
    size_t n = 0;
    for (size_t i = 0; i < t->nfields + t->nouts; i++) {
        bool field = i < t->nfields;
        struct str name = field ? t->fields[i].name : t->outs[i - t->nfields].name;
        struct str wire = field ? t->fields[i].wire : t->outs[i - t->nfields].wire;
        if (!wire.n || set_anywhere(t, name))
            continue;
        const struct value *v = value_at(live, str_c(a, wire));
        if (v && (v = view_parse(a, target_type(t, name), v)))
            p[n++] = (struct pair){ name, v };
    }
    return n;
}

struct str unread_name(struct arena *a, struct str field)
{
    return str_fmt(a, "!%.*s", STR_ARG(field));
}

/* What the object is known by. */
static bool identifies(const struct rtype *t, struct str name)
{
    const struct rfield *f = rtype_field(t, name);
    const struct rout *o = rtype_out(t, name);
    return f ? f->identity : o && o->identity;
}

static bool from_reply(const struct term *t)
{
    return term_uses_param(t, STR("reply")) || term_uses_param(t, STR("it")) || term_uses_param(t, STR("live"));
}

/* What AWS said where the whole term could not be computed from it; none: nothing. */
static const struct value *raw_of(struct arena *a, const struct resource_view *v, const struct value *it, const struct value *id, const struct term *t)
{
    struct resource_fault f;
    for (size_t i = t->kind == TERM_IF ? 1 : 0; i < t->nargs; i++) {
        if (!t->args[i] || t->kind == TERM_FOR || !from_reply(t->args[i]))
            continue;
        const struct value *x = view_eval(a, v, it, id, t->args[i], &f);
        return x ? x : raw_of(a, v, it, id, t->args[i]);
    }
    return &value_none;
}

static void cannot_read(struct arena *a, const struct resource_view *v, const struct rassign *set, const struct value *raw, struct resource_fault *f)
{
    struct buf ty = { 0 }, text = { 0 };
    const struct type *want = target_type(v->type, set->target);
    raw = want && want->kind == TYPE_SECRET ? value_secret(a, raw) : value_veil(a, raw, value_get(v->inputs, set->target));
    value_print(&text, raw);
    if (want)
        type_print(&ty, want);
    struct str shown = buf_view(&text);
    fault_set(a, f, set->value->span, "%.*s: AWS shows %.*s%s, which cannot be read as %.*s", STR_ARG(set->target), (int)(shown.n < 60 ? shown.n : 60), shown.s,
              shown.n < 60 ? "" : "...", STR_ARG(buf_view(&ty)));
    f->field = set->target;
    f->raw = raw;
    buf_fini(&ty);
    buf_fini(&text);
}

/* The value of one assignment; false: it cannot be read as declared, *f says why and holds what AWS shows. */
static bool absorb_one(struct arena *a, const struct rassign *set, const struct resource_view *v, const struct value *it,
                       const struct value *id, struct pair *p, struct resource_fault *f)
{
    bool known_by = str_is(set->target, "live") || identifies(v->type, set->target);
    if (known_by && from_reply(set->value) && !view_believe(a, v, it, set->value, f))
        return false;
    struct resource_fault why;
    const struct value *x = view_eval(a, v, it, id, set->value, &why);
    const struct value *r = x ? view_parse(a, target_type(v->type, set->target), x) : NULL;
    if (!r) {
        cannot_read(a, v, set, x ? x : raw_of(a, v, it, id, set->value), f);
        f->unbelieved = known_by;
        return false;
    }
    *p = (struct pair){ set->target, r };
    return true;
}

struct taking {                                            /* what a reply gives, and what of it could not be read */
    struct pair *p; size_t n;
    struct resource_fault *faults; size_t nfaults;
};

static void keep_raw(struct arena *a, const struct rtype *t, struct taking *x, const struct resource_fault *f)
{
    x->faults[x->nfaults++] = *f;
    if (rtype_field(t, f->field))
        x->p[x->n++] = (struct pair){ unread_name(a, f->field), f->raw };
}

/* What a read leaves open nobody will tell later. */
static const struct value *outs_or_none(struct arena *a, const struct rtype *t, const struct value *outs)
{
    struct pair *p = ARENA_ARRAY(a, struct pair, t->nouts);
    for (size_t i = 0; i < t->nouts; i++) {
        const struct value *v = value_get(outs, t->outs[i].name);
        p[i] = (struct pair){ t->outs[i].name, v ? v : &value_none };
    }
    return value_object(a, p, t->nouts);
}

/* What follows from the inputs, and from outs that are known now, comes out so, or something is wrong that nobody who depends on it may build on. */
static bool outs_follow(struct arena *a, const struct resource_view *v, struct taking *x, struct resource_fault *f)
{
    for (size_t i = 0; v->inputs && i < v->type->nouts; i++) {
        const struct rout *o = &v->type->outs[i];
        struct resource_view now = *v;
        struct resource_fault why = { 0 };
        if (!o->value)
            continue;
        now.outs = resource_outs(a, v->type, v->outs, value_object(a, x->p, x->n));
        const struct value *want = resource_out_value(a, &now, o, &why), *got = NULL;
        for (size_t k = 0; want && k < x->n; k++)
            got = str_eq(x->p[k].key, o->name) ? x->p[k].value : got;
        if (want && got && got->kind != VALUE_NONE && !value_eq(want, got)) {
            fault_set(a, f, o->span, "%.*s is %.*s in AWS, not %.*s, which follows from what the object was made with", STR_ARG(o->name), STR_ARG(value_text(a, got)),
                      STR_ARG(value_text(a, want)));
            return false;
        }
        if (want && !got)
            x->p[x->n++] = (struct pair){ o->name, want };
    }
    return true;
}

/* `live` is what the step assigns to it, else the element, else the reply. A member that cannot be read leaves its raw value under "!name" and is
 * told in f->members; f->problem is set only when the whole is no answer. */
static const struct value *absorb(struct arena *a, const struct rstep *s, const struct resource_view *v, const struct value *it,
                                  const struct value *id, struct resource_fault *f)
{
    const struct rtype *t = v->type;
    struct resource_view seen = *v;
    struct taking x = { .p = ARENA_ARRAY(a, struct pair, 2 * s->nsets + t->nfields + 2 * t->nouts + 1), .faults = ARENA_ARRAY(a, struct resource_fault, s->nsets) };
    bool first = s->kind == STEP_READ && s == rtype_step(t, STEP_READ, 0), has_live = false;
    if (it || first)
        seen.live = it ? it : v->reply;
    if (s->kind == STEP_READ)
        seen.outs = outs_or_none(a, t, v->outs);
    for (size_t i = 0; i < s->nsets; i++)
        if (str_is(s->sets[i].target, "live")) {
            if (!absorb_one(a, &s->sets[i], v, it, id, &x.p[x.n], f))
                return &value_empty_object;
            seen.live = x.p[x.n++].value;
            has_live = true;
        }
    if (has_live && seen.live->kind == VALUE_NONE)
        return value_object(a, x.p, x.n);
    for (size_t i = 0; i < s->nsets; i++) {
        struct resource_fault one = { 0 };
        if (str_is(s->sets[i].target, "live"))
            continue;
        if (absorb_one(a, &s->sets[i], &seen, it, id, &x.p[x.n], &one))
            x.n++;
        else if (one.unbelieved && !f->problem.n)
            *f = one;
        else
            keep_raw(a, t, &x, &one);
    }
    if (!has_live && (it || first) && seen.live)
        x.p[x.n++] = (struct pair){ STR("live"), seen.live };
    if (first && seen.live)
        x.n += by_wire(a, t, seen.live, x.p + x.n);
    if (!f->problem.n)
        outs_follow(a, v, &x, f);
    f->members = x.faults;
    f->nmembers = x.nfaults;
    return value_object(a, x.p, x.n);
}

const struct value *resource_absorb(struct arena *a, const struct rstep *s, const struct resource_view *v, struct resource_fault *f)
{
    *f = (struct resource_fault){ 0 };
    const struct value *fields = absorb(a, s, v, NULL, NULL, f);
    return f->problem.n ? NULL : fields;
}

static const struct rstep *keyed_read(const struct rtype *t)
{
    const struct rstep *s;
    for (size_t i = 0; (s = rtype_step(t, STEP_READ, i)); i++)
        if (s->key && s->each)
            return s;
    return NULL;
}

/* The parts of an identity as their fields and outs are declared, so that text from AWS equals what the user wrote. */
static const struct value *parse_identity(struct arena *a, const struct rtype *t, const struct value *raw)
{
    if (raw->kind == VALUE_OBJECT) {
        struct pair *p = ARENA_ARRAY(a, struct pair, raw->object.n);
        for (size_t i = 0; i < raw->object.n; i++) {
            const struct value *v = view_parse(a, target_type(t, raw->object.v[i].key), raw->object.v[i].value);
            if (!v || v->kind == VALUE_NONE)
                return NULL;
            p[i] = (struct pair){ raw->object.v[i].key, v };
        }
        return value_object(a, p, raw->object.n);
    }
    return raw->kind == VALUE_NONE ? NULL : raw;
}

/* The identity goes back into the outs it is made of. */
static const struct value *with_identity(struct arena *a, const struct rtype *t, const struct value *fields, const struct value *id)
{
    if (id->kind == VALUE_OBJECT)
        return resource_merge(a, fields, id);
    for (size_t i = 0; i < t->nouts; i++) {
        struct str name = t->outs[i].name;
        const struct value *v = value_with(a, &value_empty_object, name, id);
        const struct value *same = value_get(fields, name) ? NULL : resource_identity(a, t, NULL, v);
        if (same)
            return resource_merge(a, fields, v);
    }
    return fields;
}

static bool item(struct arena *a, const struct rstep *s, const struct rstep *like, const struct resource_view *v, const struct value *it,
                 const struct map *asked, struct resource_item *out, struct resource_fault *f)
{
    const struct rstep *sets = s->nsets || !like ? s : like;
    if (!view_believe(a, v, it, s->key, f))
        return false;
    const struct value *raw = s->key ? view_eval(a, v, it, NULL, s->key, f) : NULL;
    if (s->key && !raw)
        return false;
    const struct value *id = raw ? parse_identity(a, v->type, raw) : NULL;
    if (id && asked && !map_has(asked, resource_key(a, id)))
        return true;                                       /* a neighbour in the same reply: not ours to understand */
    out->fields = absorb(a, sets, v, it, id, &out->fault);
    if (!raw)
        id = resource_identity(a, v->type, resource_merge(a, v->inputs, out->fields), resource_merge(a, v->outs, out->fields));
    if (!id && !raw && like && like->key && it && (raw = view_eval(a, v, it, NULL, like->key, f)))
        id = parse_identity(a, v->type, raw);
    out->identity = id;
    if (id)
        out->fields = with_identity(a, v->type, out->fields, id);
    return !f->problem.n;
}

size_t resource_items(struct arena *a, const struct rstep *s, const struct resource_view *v, struct resource_item **out,
                      struct resource_fault *f)
{
    *f = (struct resource_fault){ 0 };
    *out = NULL;
    const struct rstep *like = s->kind == STEP_FIND ? keyed_read(v->type) : NULL;
    if (s->kind == STEP_FIND && !like)
        like = rtype_step(v->type, STEP_READ, 0);
    if (!s->each) {
        *out = ARENA_NEW(a, struct resource_item);
        return item(a, s, like, v, NULL, NULL, *out, f);
    }
    if (!view_believe(a, v, NULL, s->each, f))
        return 0;
    const struct value *list = view_eval(a, v, NULL, NULL, s->each, f);
    if (!list || list->kind == VALUE_NONE)
        return 0;
    if (list->kind != VALUE_LIST) {
        fault_set(a, f, s->each->span, "each of %.*s is a %s, not a list", STR_ARG(s->op), value_kind_name(list->kind));
        return 0;
    }
    struct map asked = { 0 };
    for (size_t i = 0; v->ids && i < v->ids->list.n; i++)
        map_put(&asked, resource_key(a, v->ids->list.v[i]), a);
    *out = ARENA_ARRAY(a, struct resource_item, list->list.n);
    size_t n = 0;
    bool ok = true;
    for (size_t i = 0; ok && i < list->list.n; i++) {
        (*out)[n] = (struct resource_item){ 0 };
        ok = item(a, s, like, v, list->list.v[i], v->ids ? &asked : NULL, &(*out)[n], f);
        n += ok && (*out)[n].identity != NULL;
    }
    map_fini(&asked);
    return ok ? n : 0;
}

/* A reply that names the object must name the one that was asked for. */
static bool speaks_of(struct arena *a, const struct rstep *s, const struct resource_view *v, struct resource_fault *f)
{
    const struct value *id = resource_identity(a, v->type, v->inputs, v->outs);
    if (!s->key || !id)
        return true;
    if (!view_believe(a, v, NULL, s->key, f))
        return false;
    const struct value *raw = view_eval(a, v, NULL, NULL, s->key, f), *named = raw ? parse_identity(a, v->type, raw) : NULL;
    if (named && str_eq(resource_key(a, named), resource_key(a, id)))
        return true;
    fault_set(a, f, s->key->span, "the reply is not believed: it speaks of another object, %.*s", STR_ARG(named ? resource_key(a, named) : STR("without a name")));
    f->unbelieved = true;
    return false;
}

static const struct value *found_alone(struct arena *a, const struct rstep *s, const struct resource_view *v, struct resource_fault *f)
{
    *f = (struct resource_fault){ 0 };
    const struct value *fields = absorb(a, s, v, NULL, NULL, f);
    const struct value *live = value_get(fields, STR("live"));
    struct resource_view seen = *v;
    if (!f->problem.n && live && live->kind == VALUE_NONE)
        return &value_none;
    seen.live = live ? live : v->live;
    return !f->problem.n && speaks_of(a, s, &seen, f) ? fields : NULL;
}

const struct value *resource_found(struct arena *a, const struct rstep *s, const struct resource_view *v, struct resource_fault *f)
{
    if (!s->each)
        return found_alone(a, s, v, f);
    const struct value *id = resource_identity(a, v->type, v->inputs, v->outs);
    struct resource_item *items;
    size_t n = resource_items(a, s, v, &items, f);
    if (f->problem.n)
        return NULL;
    for (size_t i = 0; i < n; i++)
        if (!id || str_eq(resource_key(a, items[i].identity), resource_key(a, id))) {
            *f = items[i].fault;
            return f->problem.n ? NULL : items[i].fields;
        }
    return &value_none;
}

const struct value *resource_outs(struct arena *a, const struct rtype *t, const struct value *former, const struct value *absorbed)
{
    struct pair *p = ARENA_ARRAY(a, struct pair, t->nouts);
    size_t n = 0;
    for (size_t i = 0; i < t->nouts; i++) {
        const struct value *v = value_get(absorbed, t->outs[i].name);
        if (!v || (v->kind == VALUE_NONE && value_get(former, t->outs[i].name)))
            v = value_get(former, t->outs[i].name);
        if (v)
            p[n++] = (struct pair){ t->outs[i].name, v };
    }
    return value_object(a, p, n);
}
