/* change.c - making, changing and deleting objects: identity, tokens, unique names, references, states.
 * Everything that can refuse comes before anything that changes, so that a refused request leaves no trace. */
#include <string.h>
#include "kc/hash.h"
#include "kc/json.h"
#include "room.h"

static bool ask(struct request *r, struct kind *k, const char *which, struct object *o, const struct value **attrs)
{
    struct str name = data_str(k->data, which);
    struct hook_call c = { .r = r, .sim = r->sim, .a = r->a, .o = o, .attrs = attrs ? *attrs : NULL };

    if (!name.n)
        return true;
    if (!hook_find(name)(&c))
        return sim_refuse(r, code_of(r, "value"), "refused");
    if (attrs)
        *attrs = c.attrs;
    return true;
}

/* ---- references ---- */
static bool in_list(struct arena *a, const struct value *list, struct str text)
{
    size_t i;

    if (list->kind == VALUE_STRING)
        return str_eq(list->s, text);
    for (i = 0; list->kind == VALUE_LIST && i < list->list.n; i++)
        if (str_eq(tree_text(a, list->list.v[i], STR_NONE), text))
            return true;
    return false;
}

bool check_state(struct request *r, const struct object *o, const struct value *states, struct str wrong, struct str field)
{
    struct str state = field.n ? tree_text(r->a, o->attrs, field) : object_state(o);

    if (!states || states->kind == VALUE_NONE || in_list(r->a, states, state))
        return true;
    return kind_refuse(r, o->kind, "busy", wrong.n ? wrong : code_of(r, "busy"), o->id,
                       str_c(r->a, str_fmt(r->a, "is %.*s; it must be %.*s for this", STR_ARG(state),
                             STR_ARG(states->kind == VALUE_LIST && states->list.n ? value_text(r->a, states->list.v[0]) : value_text(r->a, states)))));
}

static bool unseen(struct request *r, const struct refer *f, const struct object *o, struct str text)
{
    struct sim *s = r->sim;

    if (sim_missed(r, o) || !object_alive(o))
        return true;
    if (!f->fresh || s->o.exact || o->row)
        return false;
    return s->now - o->born < sim_draw_ms(s, f->fresh, str_fmt(r->a, "fresh %.*s %.*s", STR_ARG(r->service->name), STR_ARG(text)));
}

static bool check_one(struct request *r, struct kind *k, const struct refer *f, struct str text, const struct object *self)
{
    struct kind *to = kind_find(r->sim, k->service->name, f->to);
    struct object *o;

    if (to)
        rows_make(r, to);
    if (!to || (f->accepts.n && str_eq(f->accepts, text)) || (f->prefix.n && !str_starts(text, f->prefix)))
        return true;
    o = f->by.n ? object_by(r->a, to, f->by, text) : object_find(to, text);
    if (!o && !f->by.n && data_str(to->data, "names").n)
        o = object_by(r->a, to, data_str(to->data, "names"), text);
    if (o && o == self)
        return true;
    if (!o || unseen(r, f, o, text))
        return !f->missing.n || sim_refuse(r, f->missing, "The %.*s '%.*s' does not exist", STR_ARG(to->name), STR_ARG(text));
    return check_state(r, o, f->states, f->wrong, f->field);
}

bool check_refers(struct request *r, struct kind *k, const struct value *attrs, const struct object *self)
{
    size_t i, j, n;

    for (i = 0; i < k->nrefers; i++) {
        const struct value **leaf;

        n = tree_leaves(r->a, attrs, k->refers[i].path, &leaf);
        for (j = 0; j < n; j++)
            if (!check_one(r, k, &k->refers[i], tree_text(r->a, leaf[j], STR_NONE), self))
                return false;
    }
    return true;
}

/* x goes away with o by another reference, or came along with it: it does not hold o. */
static bool falls_with(struct request *r, struct object *x, const struct refer *f, const struct object *o)
{
    size_t i;

    if (f->cascade && !x->made)
        return true;
    for (i = 0; i < x->kind->nrefers; i++)
        if (x->kind->refers[i].cascade && !x->kind->refers[i].blocks.n && refers_to(r->sim, x, &x->kind->refers[i], o))
            return true;
    return false;
}

static bool blocked_by(struct request *r, struct kind *k, const struct refer *f, const struct object *o)
{
    size_t i;

    for (i = 0; i < k->order.n; i++) {
        struct object *x = k->order.v[i];

        if (x != o && object_alive(x) && refers_to(r->sim, x, f, o) && !falls_with(r, x, f, o))
            return !sim_refuse(r, f->blocks, "The %.*s '%.*s' has a dependency and cannot be deleted: %.*s '%.*s'", STR_ARG(o->kind->name), STR_ARG(o->id),
                           STR_ARG(k->name), STR_ARG(x->id));
    }
    return false;
}

bool check_blocks(struct request *r, const struct object *o)
{
    struct sim *s = r->sim;
    size_t i, j, n;

    for (i = 0; i < s->nservices; i++)
        for (j = 0; j < s->services[i].nkinds; j++) {
            struct kind *k = s->services[i].kinds[j];

            for (n = 0; n < k->nrefers; n++)
                if (k->refers[n].blocks.n && kind_find(s, k->service->name, k->refers[n].to) == o->kind && blocked_by(r, k, &k->refers[n], o))
                    return false;
        }
    return true;
}

/* ---- what the input says ---- */
static bool dropped(const struct verb *v, struct str name)
{
    const struct value *const *list, *one[1];
    size_t n = data_list(v->data, "drop", &list, one), i;

    for (i = 0; i < n; i++)
        if (list[i]->kind == VALUE_STRING && str_eq(list[i]->s, name))
            return true;
    return false;
}

/* EC2 wraps single attributes: { Value = true }. */
static const struct value *unwrap(const struct value *v)
{
    return v->kind == VALUE_OBJECT && v->object.n == 1 && str_is(v->object.v[0].key, "Value") ? v->object.v[0].value : v;
}

static const struct value *attributes(struct request *r, const struct verb *v)
{
    const struct value *set = value_get(v->data, STR("set")), *with = value_get(v->data, STR("with"));
    const struct value *out = &value_empty_object, *input = kept_input(r);
    size_t i;

    for (i = 0; i < input->object.n; i++) {
        const struct pair *p = &input->object.v[i];

        if (!is_plumbing(r, p->key) && !dropped(v, p->key))
            out = value_with(r->a, out, p->key, unwrap(p->value));
    }
    for (i = 0; set && set->kind == VALUE_OBJECT && i < set->object.n; i++) {
        struct str from = set->object.v[i].value->kind == VALUE_STRING ? set->object.v[i].value->s : STR_NONE, head = from;
        const struct value *x = tree_get(input, from);
        struct str part;

        if (str_cut(&head, '.', &part) && !str_eq(part, set->object.v[i].key))
            out = tree_put(r->a, out, part, NULL);
        if (x)
            out = tree_put(r->a, out, set->object.v[i].key, unwrap(x));
    }
    return with ? tree_merge(r->a, out, tree_fill(r, NULL, out, with)) : out;
}

struct str request_digest(struct request *r)
{
    struct buf b = { 0 };
    struct str out;

    json_write(&b, kept_input(r), JSON_CANONICAL, true);
    out = sha256_hex(r->a, buf_view(&b));
    buf_fini(&b);
    return out;
}

static struct str token_of(struct request *r)
{
    size_t i;

    for (i = 0; r->op->in && i < r->op->in->nmembers; i++) {
        const struct member *m = &r->op->in->members[i];
        struct str text = m->token ? tree_text(r->a, r->input, m->name) : STR_NONE;

        if (text.n)
            return str_fmt(r->a, "%.*s %.*s %.*s", STR_ARG(r->op->name), STR_ARG(r->region), STR_ARG(text));
    }
    return STR_NONE;
}

static struct object *by_token(struct kind *k, struct str token)
{
    size_t i;

    for (i = 0; token.n && i < k->order.n; i++) {
        struct object *o = k->order.v[i];

        if (!o->removed && str_eq(o->token, token))
            return o;
    }
    return NULL;
}

/* ---- create ---- */
static struct object *same_of(struct request *r, struct kind *k, const struct value *attrs, const struct value *names)
{
    size_t i, j;

    for (i = 0; i < k->order.n; i++) {
        struct object *o = k->order.v[i];
        bool same = object_alive(o) && str_eq(o->region, region_of(r, k));

        for (j = 0; same && j < names->list.n; j++) {
            struct str want = tree_text(r->a, attrs, names->list.v[j]->s);

            same = want.n && str_eq(want, tree_text(r->a, o->attrs, names->list.v[j]->s));
        }
        if (same)
            return o;
    }
    return NULL;
}

static struct object *clash(struct request *r, struct kind *k, const struct value *attrs, struct str id)
{
    const struct value *unique = value_get(k->data, STR("unique"));
    struct object *o = object_find(k, id);
    size_t i;

    if (o && object_alive(o))
        return o;
    for (i = 0; unique && unique->kind == VALUE_LIST && i < unique->list.n; i++)
        if (unique->list.v[i]->kind == VALUE_LIST && (o = same_of(r, k, attrs, unique->list.v[i])))
            return o;
    return NULL;
}

static bool same_attributes(struct request *r, const struct object *o, const struct value *attrs)
{
    size_t i;

    for (i = 0; i < attrs->object.n; i++)
        if (!tree_same(r->a, attrs->object.v[i].value, value_get(o->attrs, attrs->object.v[i].key)))
            return false;
    return true;
}

/* Merged deeply, or each attribute as a whole. */
static const struct value *changed(struct request *r, const struct verb *v, const struct object *o, const struct value *changes)
{
    const struct value *out = o->attrs;
    size_t i;

    if (!data_true(v->data, "whole"))
        return tree_merge(r->a, o->attrs, changes);
    for (i = 0; i < changes->object.n; i++)
        out = value_with(r->a, out, changes->object.v[i].key, changes->object.v[i].value);
    return out;
}

static bool met(struct request *r, const struct verb *v, struct object *o, const struct value *given, struct str id)
{
    struct str code = v->on->exists.n ? v->on->exists : code_of(r, "exists");

    if (o->dying)
        return kind_refuse(r, v->on, "dying", data_str(v->data, "dying").n ? data_str(v->data, "dying") : code, id, "is being deleted");
    if (data_true(v->data, "upsert")) {
        object_set(r->sim, o, changed(r, v, o, given));
        return sim_answer(r, v, &o, 1);
    }
    if (data_true(v->data, "same") && same_attributes(r, o, given))
        return sim_answer(r, v, &o, 1);
    return kind_refuse(r, v->on, "exists", code, id, "already exists");
}

static int64_t lag(struct request *r, struct str id)
{
    const struct value *l = value_get(r->service->data, STR("lag")), *share = l ? value_get(l, STR("share")) : NULL;
    double p = share && share->kind == VALUE_PERCENT ? share->f / 100 : share && share->kind == VALUE_INT ? (double)share->i / 100 : 0;
    struct str what = str_fmt(r->a, "lag %.*s", STR_ARG(id));
    int64_t up_to = data_ms(value_get(l, STR("up_to")), 0);

    if (l && r->sim->o.lag_ms) {
        up_to = r->sim->o.lag_ms;
        p = r->sim->o.lag_share;
    }
    if (r->sim->o.exact || sim_draw_unit(r->sim, what) >= p)
        return 0;
    return (int64_t)((double)up_to * sim_draw_unit(r->sim, str_fmt(r->a, "lag for %.*s", STR_ARG(id))));
}

const struct value *attrs_whole(struct request *r, struct kind *k, const struct value *attrs, struct str *id)
{
    const struct value *defaults = value_get(k->data, STR("defaults")), *computed = value_get(k->data, STR("computed")), *digits = value_get(k->data, STR("digits"));

    if (k->prefix.n) {
        *id = sim_new_id(r->sim, k->prefix, digits && digits->kind == VALUE_INT ? (size_t)digits->i : 17);
        attrs = tree_put(r->a, attrs, k->keys[0], value_string(r->a, *id));
    }
    if (defaults)
        attrs = tree_merge(r->a, tree_fill(r, NULL, attrs, defaults), attrs);
    if (computed)
        attrs = tree_merge(r->a, attrs, tree_fill(r, NULL, attrs, computed));
    if (!k->prefix.n)
        *id = key_text(r->a, k, attrs);
    return attrs;
}

static void finish(struct request *r, struct kind *k, struct object *o)
{
    const struct value *state = value_get(k->data, STR("state")), *then = state ? value_get(state, STR("later")) : NULL, *tags = input_tags(r, k);

    o->made = !r->within;
    o->seen = r->sim->now + lag(r, o->id);
    o->token = str_dup(r->sim->account, token_of(r));
    o->digest = str_dup(r->sim->account, o->token.n ? request_digest(r) : STR_NONE);
    if (tags)
        object_tag(r->sim, o, tags);
    if (state)
        object_run(r->sim, o, state, false, then ? tree_fill(r, o, o->attrs, then) : NULL);
    object_touch(r->sim, o);
}

bool verb_create(struct request *r, const struct verb *v)
{
    struct kind *k = v->on;
    const struct value *given = attributes(r, v), *attrs;
    struct object *o = by_token(k, token_of(r));
    struct str id;

    rows_make(r, k);
    if (o && data_str(v->data, "repeated").n)
        return kind_refuse(r, k, "exists", data_str(v->data, "repeated"), o->id, "was made with this token");
    if (o && str_eq(o->digest, request_digest(r)))
        return sim_answer(r, v, &o, 1);
    if (o)
        return sim_refuse(r, code_of(r, "mismatch"), "The client token was used before with different parameters");
    attrs = attrs_whole(r, k, given, &id);
    if (!id.n)
        return sim_refuse(r, code_of(r, "required"), "The request must contain the parameter %.*s", STR_ARG(k->nkeys ? k->keys[0] : k->name));
    if (!check_refers(r, k, attrs, NULL))
        return false;
    o = clash(r, k, attrs, id);
    if (o)
        return met(r, v, o, given, id);
    if (!ask(r, k, "check", NULL, &attrs))
        return false;
    if (!k->prefix.n)
        id = key_text(r->a, k, attrs);
    o = object_new(r->sim, k, id, region_of(r, k), attrs);
    finish(r, k, o);
    if (!ask(r, k, "made", o, NULL))
        return false;
    return sim_answer(r, v, &o, 1);
}

/* ---- update ---- */
static const struct value *without_keys(struct request *r, const struct verb *v, const struct value *attrs)
{
    const struct value *const *by, *one[1], *from = value_get(v->data, STR("from"));
    size_t n = data_list(v->data, "by", &by, one), i;

    for (i = 0; i < v->on->nkeys || i < n; i++) {
        struct str rest = i < n ? by[i]->s : n ? STR_NONE : v->on->keys[i], name;

        while (str_cut(&rest, '|', &name))
            attrs = tree_put(r->a, attrs, from && data_str(from, str_c(r->a, name)).n ? data_str(from, str_c(r->a, name)) : name, NULL);
    }
    return attrs;
}

static bool changes_nothing(struct request *r, const struct object *o, const struct value *changes)
{
    return value_eq(tree_merge(r->a, o->attrs, changes), o->attrs);
}

static bool record(struct request *r, const struct verb *v, const struct object *o, const struct value *plan)
{
    struct kind *k = kind_find(r->sim, v->on->service->name, data_str(plan, "kind"));
    struct verb shown = { .kind = v->kind, .on = k, .data = v->data };
    const struct value *attrs = value_get(plan, STR("with"));
    struct object *x;
    struct str id;

    if (!k)
        return sim_refuse(r, STR("InternalError"), "no kind for the record of %.*s", STR_ARG(r->op->name));
    attrs = attrs_whole(r, k, tree_fill(r, o, o->attrs, attrs ? attrs : &value_empty_object), &id);
    x = object_new(r->sim, k, id, region_of(r, k), attrs);
    x->token = str_dup(r->sim->account, token_of(r));
    x->digest = str_dup(r->sim->account, request_digest(r));
    object_run(r->sim, x, plan, false, NULL);
    if (x->m.n == 2 && o->m.n == 2)
        x->m.at[1] = o->m.at[1];
    return sim_answer(r, &shown, &x, 1);
}

static bool repeated(struct request *r, const struct verb *v, const struct value *plan, bool *done)
{
    struct kind *k = plan ? kind_find(r->sim, v->on->service->name, data_str(plan, "kind")) : NULL;
    struct verb shown = { .kind = v->kind, .on = k, .data = v->data };
    struct object *x = k ? by_token(k, token_of(r)) : NULL;

    *done = x != NULL;
    if (!x)
        return true;
    if (!str_eq(x->digest, request_digest(r)))
        return sim_refuse(r, code_of(r, "mismatch"), "The client token was used before with different parameters");
    return sim_answer(r, &shown, &x, 1);
}

bool verb_update(struct request *r, const struct verb *v)
{
    const struct value *changes = without_keys(r, v, attributes(r, v)), *run = value_get(v->data, STR("run")), *rec = value_get(v->data, STR("record"));
    struct str same = data_str(v->data, "nothing");
    struct vec found = { 0 };
    struct object *o;
    bool done, good;

    if (!repeated(r, v, rec, &done) || done)
        return !r->failed;
    good = sim_locate(r, v, &found);
    o = good ? found.v[0] : NULL;
    vec_fini(&found);
    if (!good || !check_state(r, o, value_get(v->data, STR("state")), data_str(v->data, "wrong"), STR_NONE))
        return false;
    if (!check_refers(r, v->on, changes, o) || !ask(r, v->on, "check", o, &changes))
        return false;
    if (same.n && changes_nothing(r, o, changes))
        return sim_refuse(r, same, "No changes needed for the configuration provided");
    if (run)
        object_run(r->sim, o, run, false, changes);
    else
        object_set(r->sim, o, changed(r, v, o, changes));
    return rec ? record(r, v, o, rec) : sim_answer(r, v, &o, 1);
}

/* ---- delete ---- */
static bool may_go(struct request *r, const struct verb *v, struct object *o)
{
    if (o->row)
        return sim_refuse(r, code_of(r, "value"), "The %.*s '%.*s' belongs to AWS", STR_ARG(o->kind->name), STR_ARG(o->id));
    if (!object_alive(o) || o->dying)
        return sim_refuse(r, data_str(v->data, "dying").n ? data_str(v->data, "dying") : o->kind->missing.n ? o->kind->missing : code_of(r, "missing"),
                      "The %.*s '%.*s' is deleted or being deleted", STR_ARG(o->kind->name), STR_ARG(o->id));
    return check_state(r, o, value_get(v->data, STR("state")), data_str(v->data, "wrong"), STR_NONE) && ask(r, o->kind, "before", o, NULL) && check_blocks(r, o);
}

static bool go(struct request *r, const struct verb *v, struct object *o)
{
    const struct value *gone = value_get(v->data, STR("gone"));

    if (!gone)
        gone = value_get(o->kind->data, STR("gone"));
    if (gone && value_at(gone, "steps.0")) {
        object_run(r->sim, o, gone, true, NULL);
        return true;
    }
    if (!ask(r, o->kind, "removed", o, NULL))
        return false;
    object_remove(r->sim, o);
    return true;
}

bool verb_delete(struct request *r, const struct verb *v)
{
    struct vec found = { 0 };
    bool good = sim_locate(r, v, &found);
    size_t i;

    if (!good && data_true(v->data, "lenient") && str_eq(r->code, v->on->missing)) {
        r->failed = false;
        vec_fini(&found);
        return true;
    }
    for (i = 0; good && i < found.n; i++)
        good = may_go(r, v, found.v[i]);
    for (i = 0; good && i < found.n; i++)
        good = go(r, v, found.v[i]);
    if (good && found.n == 1)
        good = sim_answer(r, v, (struct object *const *)found.v, 1);
    vec_fini(&found);
    return good;
}
