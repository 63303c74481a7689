/* rtype_json.c - resource types as JSON values and back, for state: what left the file must still be read and deleted.
 * Absent members are false, empty or NULL; spans and docs stay behind. */
#include "kc/rtype.h"
#include "kc/arena.h"

static const char *const step_kinds[] = { "create", "read", "find", "update", "delete", "retire", "holder" };
static const char *const find_kinds[] = { "token", "name", "tag", "relation" };

/* ---- writing ---- */

struct object {
    struct arena *a;
    struct pair p[64];
    size_t n;
};

static void put(struct object *o, const char *key, const struct value *v)
{
    o->p[o->n++] = (struct pair){ str_of(key), v };
}

static void put_text(struct object *o, const char *key, struct str s)
{
    if (s.n)
        put(o, key, value_str(o->a, s));
}

static void put_flag(struct object *o, const char *key, bool b)
{
    if (b)
        put(o, key, &value_true);
}

static void put_term(struct object *o, const char *key, const struct term *t)
{
    if (t)
        put(o, key, term_to_json(o->a, t));
}

static void put_int(struct object *o, const char *key, int64_t i)
{
    if (i)
        put(o, key, value_int(o->a, i));
}

static const struct value *texts(struct arena *a, const struct str *s, size_t n)
{
    const struct value **v = ARENA_ARRAY(a, const struct value *, n);
    for (size_t i = 0; i < n; i++)
        v[i] = value_str(a, s[i]);
    return value_list(a, v, n);
}

static void put_texts(struct object *o, const char *key, const struct str *s, size_t n)
{
    if (n)
        put(o, key, texts(o->a, s, n));
}

static const struct value *done(const struct object *o)
{
    return value_object(o->a, o->p, o->n);
}

static const struct value *write_field(struct arena *a, const struct rfield *f)
{
    struct object o = { .a = a };
    put(&o, "name", value_str(a, f->name));
    put_text(&o, "wire", f->wire);
    put(&o, "type", type_to_json(a, f->type));
    put_term(&o, "default", f->dflt);
    put_flag(&o, "replace", f->replace);
    put_flag(&o, "disruptive", f->disruptive);
    put_flag(&o, "initial", f->initial);
    put_flag(&o, "write_only", f->write_only);
    put_flag(&o, "owned_keys", f->owned_keys);
    put_flag(&o, "identity", f->identity);
    put_flag(&o, "shared", f->shared);
    return done(&o);
}

static const struct value *write_out(struct arena *a, const struct rout *r)
{
    struct object o = { .a = a };
    put(&o, "name", value_str(a, r->name));
    put_text(&o, "wire", r->wire);
    put(&o, "type", type_to_json(a, r->type));
    put_flag(&o, "identity", r->identity);
    put_flag(&o, "renewed", r->renewed);
    put_term(&o, "value", r->value);
    return done(&o);
}

static const struct value *write_sets(struct arena *a, const struct rstep *s)
{
    const struct value **v = ARENA_ARRAY(a, const struct value *, s->nsets);
    for (size_t i = 0; i < s->nsets; i++) {
        struct object o = { .a = a };
        put(&o, "target", value_str(a, s->sets[i].target));
        put_term(&o, "value", s->sets[i].value);
        v[i] = done(&o);
    }
    return value_list(a, v, s->nsets);
}

static const struct value *write_wait(struct arena *a, const struct rwait *w)
{
    struct object o = { .a = a };
    put_text(&o, "op", w->op);
    put_term(&o, "send", w->send);
    put_term(&o, "until", w->until);
    put_term(&o, "failed", w->failed);
    put_term(&o, "why", w->why);
    return done(&o);
}

static const struct value *write_step(struct arena *a, const struct rstep *s)
{
    struct object o = { .a = a };
    put(&o, "kind", value_str(a, str_of(step_kinds[s->kind])));
    put(&o, "op", value_str(a, s->op));
    put_term(&o, "send", s->send);
    if (s->nsets)
        put(&o, "sets", write_sets(a, s));
    put_term(&o, "each", s->each);
    put_term(&o, "key", s->key);
    put_flag(&o, "many", s->many);
    if (s->kind == STEP_FIND)
        put(&o, "by", value_str(a, str_of(find_kinds[s->by])));
    put_texts(&o, "on", s->on, s->non);
    put_texts(&o, "renews", s->renews, s->nrenews);
    put_term(&o, "over", s->over);
    put_term(&o, "when", s->when);
    put_int(&o, "usual", s->usual);
    if (s->wait.op.n)
        put(&o, "wait", write_wait(a, &s->wait));
    put_texts(&o, "absent", s->absent.v, s->absent.n);
    put_texts(&o, "gone", s->gone.v, s->gone.n);
    put_texts(&o, "busy", s->busy.v, s->busy.n);
    put_texts(&o, "exists", s->exists.v, s->exists.n);
    put_texts(&o, "retry", s->retry.v, s->retry.n);
    put_flag(&o, "unnamed", s->unnamed);
    put_term(&o, "name", s->name);
    put_text(&o, "why", s->why);
    put_text(&o, "holds", s->holds);
    return done(&o);
}

static const struct value *write_parent(struct arena *a, const struct rparent *x)
{
    struct object o = { .a = a };
    put_text(&o, "type", x->type);
    put_term(&o, "identity", x->identity);
    return done(&o);
}

static const struct value *write_chain(struct arena *a, const struct rchain *c)
{
    struct object o = { .a = a };
    put_text(&o, "field", c->field);
    put_term(&o, "steps", c->steps);
    put_term(&o, "refuse", c->refuse);
    put_term(&o, "note", c->note);
    put_text(&o, "after", c->after);
    put_int(&o, "lag", c->lag);
    return done(&o);
}

static const struct value *write_adjust(struct arena *a, const struct radjust *x)
{
    struct object o = { .a = a };
    put_text(&o, "field", x->field);
    put_term(&o, "value", x->value);
    return done(&o);
}

static void put_settling(struct object *o, const struct rtype *t)
{
    struct pair *p = ARENA_ARRAY(o->a, struct pair, t->nsettling);
    for (size_t i = 0; i < t->nsettling; i++)
        p[i] = (struct pair){ t->settling[i].code, value_str(o->a, t->settling[i].field) };
    if (t->nsettling)
        put(o, "settling", value_object(o->a, p, t->nsettling));
}

static void put_unique(struct object *o, const struct rtype *t)
{
    const struct value **v = ARENA_ARRAY(o->a, const struct value *, t->nunique);
    for (size_t i = 0; i < t->nunique; i++)
        v[i] = texts(o->a, t->unique[i], t->nunique_fields[i]);
    if (t->nunique)
        put(o, "unique", value_list(o->a, v, t->nunique));
}

#define PUT_EACH(o, key, array, count, write)                                                   \
    do {                                                                                        \
        const struct value **each_ = ARENA_ARRAY((o)->a, const struct value *, count);          \
        for (size_t i_ = 0; i_ < (count); i_++)                                                 \
            each_[i_] = write((o)->a, &(array)[i_]);                                            \
        put(o, key, value_list((o)->a, each_, count));                                          \
    } while (0)

const struct value *rtype_to_json(struct arena *a, const struct rtype *t)
{
    struct object o = { .a = a };
    put(&o, "name", value_str(a, t->name));
    put(&o, "service", value_str(a, t->service));
    PUT_EACH(&o, "fields", t->fields, t->nfields, write_field);
    PUT_EACH(&o, "outs", t->outs, t->nouts, write_out);
    PUT_EACH(&o, "steps", t->steps, t->nsteps, write_step);
    put_term(&o, "until", t->until);
    put_term(&o, "failed", t->failed);
    put_term(&o, "why", t->why);
    put_term(&o, "unhealthy", t->unhealthy);
    put_term(&o, "leaving", t->leaving);
    put_term(&o, "uid", t->uid);
    put_term(&o, "takes", t->takes);
    if (t->nparents)
        PUT_EACH(&o, "parents", t->parents, t->nparents, write_parent);
    if (t->nchains)
        PUT_EACH(&o, "chains", t->chains, t->nchains, write_chain);
    if (t->nadjusts)
        PUT_EACH(&o, "adjusts", t->adjusts, t->nadjusts, write_adjust);
    put_flag(&o, "load", t->load);
    put_text(&o, "keeps", t->keeps);
    put_term(&o, "guarded", t->guarded);
    put_text(&o, "guarded_by", t->guarded_by);
    put_int(&o, "visible", t->visible);
    put_texts(&o, "gone", t->gone, t->ngone);
    put_texts(&o, "busy", t->busy, t->nbusy);
    put_texts(&o, "exists", t->exists, t->nexists);
    put_texts(&o, "retry", t->retry, t->nretry);
    put_settling(&o, t);
    put_unique(&o, t);
    put_term(&o, "lane", t->lane);
    put_int(&o, "usual_create", t->usual_create);
    put_int(&o, "usual_update", t->usual_update);
    put_int(&o, "usual_delete", t->usual_delete);
    put_flag(&o, "lookup", t->lookup);
    put_flag(&o, "std", t->std);
    put_text(&o, "tags", t->tags);
    put_text(&o, "tag_kind", t->tag_kind);
    return done(&o);
}

/* ---- reading: a reader remembers that something was wrong, so that it is asked once ---- */

struct reader {
    struct arena *a;
    bool bad;
};

static struct str get_text(struct reader *r, const struct value *v, const char *key, bool required)
{
    const struct value *s = value_get(v, str_of(key));
    r->bad |= s ? s->kind != VALUE_STRING : required;
    return s && s->kind == VALUE_STRING ? s->s : STR_NONE;
}

static bool get_flag(struct reader *r, const struct value *v, const char *key)
{
    const struct value *b = value_get(v, str_of(key));
    r->bad |= b && b->kind != VALUE_BOOL;
    return b && b->kind == VALUE_BOOL && b->b;
}

static int64_t get_int(struct reader *r, const struct value *v, const char *key)
{
    const struct value *i = value_get(v, str_of(key));
    r->bad |= i && i->kind != VALUE_INT;
    return i && i->kind == VALUE_INT ? i->i : 0;
}

static const struct term *get_term(struct reader *r, const struct value *v, const char *key)
{
    const struct value *x = value_get(v, str_of(key));
    const struct term *t = x ? term_from_json(r->a, x) : NULL;
    r->bad |= x && !t;
    return t;
}

static const struct type *get_type(struct reader *r, const struct value *v)
{
    const struct value *x = value_get(v, STR("type"));
    const struct type *t = x ? type_from_json(r->a, x) : NULL;
    r->bad |= !t;
    return t;
}

static const struct value *get_list(struct reader *r, const struct value *v, const char *key)
{
    const struct value *l = value_get(v, str_of(key));
    r->bad |= l && l->kind != VALUE_LIST;
    return l && l->kind == VALUE_LIST ? l : &value_empty_list;
}

static const struct str *read_texts(struct reader *r, const struct value *l, size_t *n)
{
    *n = l->kind == VALUE_LIST ? l->list.n : 0;
    r->bad |= l->kind != VALUE_LIST;
    struct str *s = ARENA_ARRAY(r->a, struct str, *n);
    for (size_t i = 0; i < *n; i++) {
        r->bad |= l->list.v[i]->kind != VALUE_STRING;
        s[i] = l->list.v[i]->kind == VALUE_STRING ? l->list.v[i]->s : STR_NONE;
    }
    return s;
}

static const struct str *get_texts(struct reader *r, const struct value *v, const char *key, size_t *n)
{
    return read_texts(r, get_list(r, v, key), n);
}

static struct rcodes get_codes(struct reader *r, const struct value *v, const char *key)
{
    struct rcodes c;
    c.v = get_texts(r, v, key, &c.n);
    return c;
}

static size_t get_choice(struct reader *r, const struct value *v, const char *key, const char *const *names, size_t n)
{
    struct str s = get_text(r, v, key, true);
    for (size_t i = 0; i < n; i++)
        if (str_is(s, names[i]))
            return i;
    r->bad = true;
    return 0;
}

static void read_field(struct reader *r, const struct value *v, struct rfield *f)
{
    f->name = get_text(r, v, "name", true);
    f->wire = get_text(r, v, "wire", false);
    f->type = get_type(r, v);
    f->dflt = get_term(r, v, "default");
    f->replace = get_flag(r, v, "replace");
    f->disruptive = get_flag(r, v, "disruptive");
    f->initial = get_flag(r, v, "initial");
    f->write_only = get_flag(r, v, "write_only");
    f->owned_keys = get_flag(r, v, "owned_keys");
    f->identity = get_flag(r, v, "identity");
    f->shared = get_flag(r, v, "shared");
}

static void read_out(struct reader *r, const struct value *v, struct rout *o)
{
    o->name = get_text(r, v, "name", true);
    o->wire = get_text(r, v, "wire", false);
    o->type = get_type(r, v);
    o->identity = get_flag(r, v, "identity");
    o->renewed = get_flag(r, v, "renewed");
    o->value = get_term(r, v, "value");
}

static void read_wait(struct reader *r, const struct value *v, struct rwait *w)
{
    w->op = get_text(r, v, "op", true);
    w->send = get_term(r, v, "send");
    w->until = get_term(r, v, "until");
    w->failed = get_term(r, v, "failed");
    w->why = get_term(r, v, "why");
}

static void read_step(struct reader *r, const struct value *v, struct rstep *s)
{
    s->kind = (enum rstep_kind)get_choice(r, v, "kind", step_kinds, sizeof step_kinds / sizeof *step_kinds);
    s->op = get_text(r, v, "op", true);
    s->send = get_term(r, v, "send");
    const struct value *sets = get_list(r, v, "sets"), *wait = value_get(v, STR("wait"));
    struct rassign *p = ARENA_ARRAY(r->a, struct rassign, sets->list.n);
    for (size_t i = 0; i < sets->list.n; i++) {
        p[i].target = get_text(r, sets->list.v[i], "target", true);
        p[i].value = get_term(r, sets->list.v[i], "value");
        r->bad |= !p[i].value;
    }
    s->sets = p;
    s->nsets = sets->list.n;
    s->each = get_term(r, v, "each");
    s->key = get_term(r, v, "key");
    s->many = get_flag(r, v, "many");
    if (s->kind == STEP_FIND)
        s->by = (enum find_by)get_choice(r, v, "by", find_kinds, 4);
    s->on = get_texts(r, v, "on", &s->non);
    s->renews = get_texts(r, v, "renews", &s->nrenews);
    s->over = get_term(r, v, "over");
    s->when = get_term(r, v, "when");
    s->usual = get_int(r, v, "usual");
    if (wait)
        read_wait(r, wait, &s->wait);
    s->absent = get_codes(r, v, "absent");
    s->gone = get_codes(r, v, "gone");
    s->busy = get_codes(r, v, "busy");
    s->exists = get_codes(r, v, "exists");
    s->retry = get_codes(r, v, "retry");
    s->unnamed = get_flag(r, v, "unnamed");
    s->name = get_term(r, v, "name");
    s->why = get_text(r, v, "why", false);
    s->holds = get_text(r, v, "holds", false);
}

static void read_parent(struct reader *r, const struct value *v, struct rparent *p)
{
    p->type = get_text(r, v, "type", true);
    p->identity = get_term(r, v, "identity");
    r->bad |= !p->identity;
}

static void read_chain(struct reader *r, const struct value *v, struct rchain *c)
{
    c->field = get_text(r, v, "field", true);
    c->steps = get_term(r, v, "steps");
    c->refuse = get_term(r, v, "refuse");
    c->note = get_term(r, v, "note");
    c->after = get_text(r, v, "after", false);
    c->lag = get_int(r, v, "lag");
    r->bad |= !c->steps && !c->after.n;
}

static void read_adjust(struct reader *r, const struct value *v, struct radjust *x)
{
    x->field = get_text(r, v, "field", true);
    x->value = get_term(r, v, "value");
    r->bad |= !x->value;
}

static void read_settling(struct reader *r, const struct value *v, struct rtype *t)
{
    const struct value *o = value_get(v, STR("settling"));
    r->bad |= o && o->kind != VALUE_OBJECT;
    if (!o || o->kind != VALUE_OBJECT)
        return;
    struct rsettle *s = ARENA_ARRAY(r->a, struct rsettle, o->object.n);
    for (size_t i = 0; i < o->object.n; i++) {
        r->bad |= o->object.v[i].value->kind != VALUE_STRING;
        if (!r->bad)
            s[i] = (struct rsettle){ o->object.v[i].key, o->object.v[i].value->s };
    }
    t->settling = s;
    t->nsettling = o->object.n;
}

static void read_unique(struct reader *r, const struct value *v, struct rtype *t)
{
    const struct value *l = get_list(r, v, "unique");
    const struct str **sets = ARENA_ARRAY(r->a, const struct str *, l->list.n);
    size_t *sizes = ARENA_ARRAY(r->a, size_t, l->list.n);
    for (size_t i = 0; i < l->list.n; i++)
        sets[i] = read_texts(r, l->list.v[i], &sizes[i]);
    t->unique = sets;
    t->nunique_fields = sizes;
    t->nunique = l->list.n;
}

#define GET_EACH(r, v, key, T, read, array, count)                                              \
    do {                                                                                        \
        const struct value *l_ = get_list(r, v, key);                                           \
        T *each_ = ARENA_ARRAY((r)->a, T, l_->list.n);                                          \
        for (size_t i_ = 0; i_ < l_->list.n; i_++)                                              \
            read(r, l_->list.v[i_], &each_[i_]);                                                \
        (array) = each_;                                                                        \
        (count) = l_->list.n;                                                                   \
    } while (0)

const struct rtype *rtype_from_json(struct arena *a, const struct value *v)
{
    struct reader r = { a, v->kind != VALUE_OBJECT };
    struct rtype *t = ARENA_NEW(a, struct rtype);
    t->name = get_text(&r, v, "name", true);
    t->service = get_text(&r, v, "service", true);
    GET_EACH(&r, v, "fields", struct rfield, read_field, t->fields, t->nfields);
    GET_EACH(&r, v, "outs", struct rout, read_out, t->outs, t->nouts);
    GET_EACH(&r, v, "steps", struct rstep, read_step, t->steps, t->nsteps);
    t->until = get_term(&r, v, "until");
    t->failed = get_term(&r, v, "failed");
    t->why = get_term(&r, v, "why");
    t->unhealthy = get_term(&r, v, "unhealthy");
    t->leaving = get_term(&r, v, "leaving");
    t->uid = get_term(&r, v, "uid");
    t->takes = get_term(&r, v, "takes");
    GET_EACH(&r, v, "parents", struct rparent, read_parent, t->parents, t->nparents);
    GET_EACH(&r, v, "chains", struct rchain, read_chain, t->chains, t->nchains);
    GET_EACH(&r, v, "adjusts", struct radjust, read_adjust, t->adjusts, t->nadjusts);
    t->load = get_flag(&r, v, "load");
    t->keeps = get_text(&r, v, "keeps", false);
    t->guarded = get_term(&r, v, "guarded");
    t->guarded_by = get_text(&r, v, "guarded_by", false);
    t->visible = get_int(&r, v, "visible");
    t->gone = get_texts(&r, v, "gone", &t->ngone);
    t->busy = get_texts(&r, v, "busy", &t->nbusy);
    t->exists = get_texts(&r, v, "exists", &t->nexists);
    t->retry = get_texts(&r, v, "retry", &t->nretry);
    read_settling(&r, v, t);
    read_unique(&r, v, t);
    t->lane = get_term(&r, v, "lane");
    t->usual_create = get_int(&r, v, "usual_create");
    t->usual_update = get_int(&r, v, "usual_update");
    t->usual_delete = get_int(&r, v, "usual_delete");
    t->lookup = get_flag(&r, v, "lookup");
    t->std = get_flag(&r, v, "std");
    t->tags = get_text(&r, v, "tags", false);
    t->tag_kind = get_text(&r, v, "tag_kind", false);
    return r.bad ? NULL : t;
}
