/* execute.c - what an operation does, by its verb: finding the objects an input names, reading, listing, tagging.
 * Not here: making, changing, deleting (change.c); what is shown (show.c); filters (filter.c). */
#include <string.h>
#include "room.h"

struct str region_of(const struct request *r, const struct kind *k)
{
    return k->service->model && k->service->model->global ? STR_NONE : r->region;
}

struct str key_text(struct arena *a, const struct kind *k, const struct value *attrs)
{
    struct buf b = { 0 };
    size_t i;

    for (i = 0; i < k->nkeys; i++) {
        struct str rest = k->keys[i], name, text = STR_NONE;

        while (!text.n && str_cut(&rest, '|', &name))
            text = tree_text(a, attrs, name);
        if (!text.n) {
            buf_fini(&b);
            return STR_NONE;
        }
        if (i)
            buf_putc(&b, '/');
        buf_str(&b, text);
    }
    return buf_take(&b, a);
}

void rows_make(struct request *r, struct kind *k)
{
    const struct value *rows = value_get(k->data, STR("rows")), *defaults = value_get(k->data, STR("defaults"));
    size_t i;

    if (!rows || rows->kind != VALUE_LIST || map_has(&k->rowed, r->region))
        return;
    map_put(&k->rowed, str_dup(r->sim->account, r->region), k);
    for (i = 0; i < rows->list.n; i++) {
        const struct value *attrs = tree_fill(r, NULL, rows->list.v[i], tree_merge(r->a, defaults, rows->list.v[i]));
        struct str id = str_fmt(r->a, "%.*s %zu %.*s", STR_ARG(r->region), i, STR_ARG(key_text(r->a, k, attrs)));
        struct object *o = object_new(r->sim, k, id, region_of(r, k), attrs);

        o->row = true;
        o->dirty = false;
        r->sim->dirty.n--;
        r->sim->next--;                                    /* made when they are needed: that moves nobody else's number */
    }
}

bool is_tag_member(struct str name)
{
    return str_is(name, "Tags") || str_is(name, "tags") || str_is(name, "TagSpecifications") || str_is(name, "TagSet") || str_is(name, "TagList");
}

bool is_plumbing(const struct request *r, struct str name)
{
    const struct member *m = model_member(r->op->in, name);
    const struct value *const *list, *one[1];
    size_t n = data_list(r->service->data, "plumbing", &list, one), i;

    for (i = 0; i < n; i++)
        if (list[i]->kind == VALUE_STRING && str_eq(list[i]->s, name))
            return true;
    return str_is(name, "DryRun") || is_tag_member(name) || (m && m->token) || str_eq(name, r->op->page.token_in) || str_eq(name, r->op->page.limit);
}

/* ---- finding ---- */
bool sim_missed(struct request *r, const struct object *o)
{
    return o->seen > r->sim->now || (o->region.n && !str_eq(o->region, r->region));
}

bool kind_refuse(struct request *r, const struct kind *k, const char *which, struct str code, struct str name, const char *usual)
{
    const struct value *says = value_get(k->data, STR("says")), *own = says ? value_get(says, str_of(which)) : NULL;

    if (!own)
        return sim_refuse(r, code, "The %.*s '%.*s' %s", STR_ARG(k->name), STR_ARG(name), usual);
    own = tree_fill(r, NULL, tree_put(r->a, NULL, STR("name"), value_string(r->a, name)), own);
    return sim_refuse(r, code, "%.*s", STR_ARG(value_text(r->a, own)));
}

static bool none(struct request *r, const struct kind *k, struct str id)
{
    const struct value *const *names, *one[1];
    const struct object *o = k->elsewhere.n ? object_find((struct kind *)k, id) : NULL;
    size_t n = data_list(k->data, "strangers", &names, one), i;

    for (i = 0; i < n; i++)
        if (names[i]->kind == VALUE_STRING && str_eq(names[i]->s, id))
            return sim_refuse(r, data_str(k->data, "denied"), "Access Denied");
    if (o && object_alive(o))
        return sim_refuse(r, k->elsewhere, "The %.*s '%.*s' is in the region %.*s: send the request to the endpoint of that region", STR_ARG(k->name), STR_ARG(id),
                          STR_ARG(o->region));
    return kind_refuse(r, k, "missing", k->missing.n ? k->missing : code_of(r, "missing"), id, "does not exist");
}

struct criterion { struct str attr, text; };

/* An object with one key may be called by what it `names` itself, too (an ARN). */
static bool meets(struct request *r, const struct object *o, const struct criterion *c, size_t n)
{
    struct str other = o->kind->nkeys == 1 && n == 1 && str_eq(c[0].attr, o->kind->keys[0]) ? data_str(o->kind->data, "names") : STR_NONE;
    size_t i;

    if (other.n && str_eq(tree_text(r->a, o->attrs, other), c[0].text))
        return true;
    for (i = 0; i < n; i++)
        if (!str_eq(tree_text(r->a, o->attrs, c[i].attr), c[i].text))
            return false;
    return true;
}

/* By its whole identity an object is found at once, otherwise by looking through all. */
static struct object *pick(struct request *r, struct kind *k, const struct criterion *c, size_t n)
{
    struct object *corpse = NULL, *direct;
    struct buf id = { 0 };
    size_t i;

    for (i = 0; i < n; i++)
        buf_fmt(&id, "%s%.*s", i ? "/" : "", STR_ARG(c[i].text));
    direct = object_find(k, buf_view(&id));
    buf_fini(&id);
    if (direct && !sim_missed(r, direct) && object_alive(direct) && meets(r, direct, c, n))
        return direct;
    for (i = 0; i < k->order.n; i++) {
        struct object *o = k->order.v[i];

        if (o->removed || sim_missed(r, o) || !meets(r, o, c, n))
            continue;
        if (object_alive(o))
            return o;
        corpse = o;
    }
    return corpse;
}

/* The input member that carries an attribute: of the same name, or as `from` says. */
static const struct value *carried(struct request *r, const struct verb *v, struct str attr)
{
    const struct value *from = value_get(v->data, STR("from"));
    struct str name = from ? data_str(from, str_c(r->a, attr)) : STR_NONE;

    return tree_get(r->input, name.n ? name : attr);
}

/* All that a list of the input names by an attribute. */
static bool locate_listed(struct request *r, const struct verb *v, struct str attr, struct str member, struct vec *out, bool *done)
{
    const struct value *list = tree_get(r->input, member);
    size_t i;

    if (!list || list->kind != VALUE_LIST)
        return true;
    *done = true;
    for (i = 0; i < list->list.n; i++) {
        struct criterion c = { attr, value_text(r->a, list->list.v[i]) };
        struct object *o = pick(r, v->on, &c, 1);

        if (!o && !data_true(v->data, "lenient"))
            return none(r, v->on, c.text);
        if (o)
            vec_add(out, o);
    }
    return true;
}

/* By the list of the key, or by any that `ids` names: { attribute = list }. */
static bool locate_many(struct request *r, const struct verb *v, struct str attr, struct vec *out, bool *done)
{
    const struct value *ids = value_get(v->data, STR("ids"));
    size_t i;

    *done = false;
    if (!ids || ids->kind != VALUE_OBJECT)
        return locate_listed(r, v, attr, ids && ids->kind == VALUE_STRING ? ids->s : str_fmt(r->a, "%.*ss", STR_ARG(attr)), out, done);
    for (i = 0; i < ids->object.n; i++)
        if (!locate_listed(r, v, ids->object.v[i].key, value_text(r->a, ids->object.v[i].value), out, done))
            return false;
    return true;
}

bool sim_locate(struct request *r, const struct verb *v, struct vec *out)
{
    const struct value *const *by = NULL, *one[1];
    size_t nby = data_list(v->data, "by", &by, one), n = nby ? nby : v->on->nkeys, i;
    struct criterion c[SIM_KEYS] = { 0 };
    struct object *o;
    bool done;

    rows_make(r, v->on);
    for (i = 0; i < n && i < SIM_KEYS; i++) {
        struct str rest = nby ? by[i]->s : v->on->keys[i], attr = STR_NONE;
        const struct value *x = NULL;

        while (!x && str_cut(&rest, '|', &attr))
            x = carried(r, v, attr);
        if (!x && n == 1) {
            if (!locate_many(r, v, nby ? by[0]->s : v->on->keys[0], out, &done) || done)
                return !r->failed;
        }
        if (!x || x->kind == VALUE_LIST || x->kind == VALUE_OBJECT)
            return sim_refuse(r, code_of(r, "required"), "The request must contain the parameter %.*s", STR_ARG(nby ? by[i]->s : v->on->keys[i]));
        c[i] = (struct criterion){ attr, value_text(r->a, x) };
    }
    o = pick(r, v->on, c, i);
    if (!o)
        return none(r, v->on, i ? c[i - 1].text : STR_NONE);
    vec_add(out, o);
    return true;
}

/* ---- reading ---- */
static bool in_state(struct request *r, const struct verb *v, const struct vec *found)
{
    size_t i;

    for (i = 0; i < found->n; i++)
        if (!check_state(r, found->v[i], value_get(v->data, STR("state")), data_str(v->data, "wrong"), STR_NONE))
            return false;
    return true;
}

/* A part that has a code of its own for its absence: needs = "Policy", lacking = "NoSuchBucketPolicy". */
static bool has_part(struct request *r, const struct verb *v, const struct object *o)
{
    struct str needs = data_str(v->data, "needs"), lacking = data_str(v->data, "lacking");
    const struct value *part = needs.n ? tree_get(o->attrs, needs) : o->tags;

    if (!lacking.n || (part && part->kind != VALUE_NONE && (needs.n || part->object.n)))
        return true;
    return sim_refuse(r, lacking, "The %.*s '%.*s' has none", STR_ARG(o->kind->name), STR_ARG(o->id));
}

bool verb_get(struct request *r, const struct verb *v)
{
    struct vec found = { 0 };
    bool good = sim_locate(r, v, &found) && in_state(r, v, &found) && (!found.n || has_part(r, v, found.v[0]))
             && sim_answer(r, v, (struct object *const *)found.v, found.n);

    vec_fini(&found);
    return good;
}

static const struct refer *refer_at(const struct kind *k, struct str path)
{
    size_t i;

    for (i = 0; i < k->nrefers; i++)
        if (str_eq(k->refers[i].path, path))
            return &k->refers[i];
    return NULL;
}

static bool is_key(const struct kind *k, struct str name)
{
    size_t i;

    for (i = 0; i < k->nkeys; i++)
        if (str_eq(k->keys[i], name))
            return true;
    return false;
}

static bool in_where(const struct verb *v, struct str name)
{
    const struct value *const *list, *one[1];
    size_t n = data_list(v->data, "where", &list, one), i;

    for (i = 0; i < n; i++)
        if (list[i]->kind == VALUE_STRING && str_eq(list[i]->s, name))
            return true;
    return false;
}

/* Scalars of the input that name attributes narrow the list: `clusterName`, `RoleName`; a parent must exist. */
static bool narrow(struct request *r, const struct verb *v, struct criterion *c, size_t *n)
{
    const struct value *from = value_get(v->data, STR("from"));
    size_t i, j;

    *n = 0;
    for (i = 0; i < r->input->object.n && *n < 8; i++) {
        const struct pair *p = &r->input->object.v[i];
        struct str attr = p->key;
        struct fields f = { .a = r->a };

        if (p->value->kind == VALUE_LIST || p->value->kind == VALUE_OBJECT || is_plumbing(r, p->key))
            continue;
        for (j = 0; from && from->kind == VALUE_OBJECT && j < from->object.n; j++)
            if (from->object.v[j].value->kind == VALUE_STRING && str_eq(from->object.v[j].value->s, p->key))
                attr = from->object.v[j].key;
        if (!is_key(v->on, attr) && !refer_at(v->on, attr) && !in_where(v, attr))
            continue;
        c[(*n)++] = (struct criterion){ attr, value_text(r->a, p->value) };
        if (refer_at(v->on, attr)) {
            fields_put(&f, attr, p->value);
            if (!check_refers(r, v->on, fields_take(&f), NULL))
                return false;
        }
    }
    return true;
}

static const struct shape *elem_of(struct request *r, const struct kind *k)
{
    size_t i;

    for (i = 0; r->op->out && i < r->op->out->nmembers; i++) {
        const struct shape *s = r->op->out->members[i].shape;

        if (s->kind == SHAPE_LIST && s->elem->kind == SHAPE_STRUCT && str_eq(s->elem->name, k->shape))
            return s->elem;
    }
    return NULL;
}

bool verb_list(struct request *r, const struct verb *v)
{
    struct vec found = { 0 };
    struct criterion c[8];
    size_t nc, i;
    bool named = false, good = true;

    rows_make(r, v->on);
    if (v->on->nkeys == 1)
        good = locate_many(r, v, v->on->keys[0], &found, &named);
    if (good)
        good = narrow(r, v, c, &nc);
    for (i = 0; good && !named && i < v->on->order.n; i++) {
        struct object *o = v->on->order.v[i];

        if (!o->removed && !sim_missed(r, o) && meets(r, o, c, nc))
            vec_add(&found, o);
    }
    if (good)
        good = filter_objects(r, v, elem_of(r, v->on), &found) && sim_answer(r, v, (struct object *const *)found.v, found.n) && page_out(r);
    vec_fini(&found);
    return good;
}

/* ---- tags ---- */
static struct object *by_name(struct request *r, struct sim_service *sv, struct str name)
{
    static const char *const usual[] = { "arn", "Arn" };
    size_t i, j, n;

    for (i = 0; i < sv->nkinds; i++) {
        struct kind *k = sv->kinds[i];
        struct str attr = data_str(k->data, "names");

        for (j = 0; j < k->order.n; j++) {
            struct object *o = k->order.v[j];

            if (!object_alive(o) || sim_missed(r, o))
                continue;
            if (str_eq(o->id, name) || (attr.n && str_eq(tree_text(r->a, o->attrs, attr), name)))
                return o;
            for (n = 0; !attr.n && n < 2; n++)
                if (str_eq(tree_text(r->a, o->attrs, str_of(usual[n])), name))
                    return o;
        }
    }
    return NULL;
}

static bool tag_targets(struct request *r, const struct verb *v, struct vec *out)
{
    static const char *const members[] = { "Resources", "resourceArn", "ResourceArn", "ResourceARN", "ResourceId", "resourceId", "KeyId", "ResourceArns" };
    size_t i, j;

    if (v->on->nkeys || value_get(v->data, STR("by")))
        return sim_locate(r, v, out);
    for (i = 0; i < sizeof members / sizeof members[0]; i++) {
        const struct value **leaf;
        size_t n = tree_leaves(r->a, r->input, str_of(members[i]), &leaf);

        for (j = 0; j < n; j++) {
            struct str name = value_text(r->a, leaf[j]);
            struct object *o = by_name(r, r->service, name);

            if (!o)
                return sim_refuse(r, v->on->missing.n ? v->on->missing : code_of(r, "missing"), "The resource '%.*s' does not exist", STR_ARG(name));
            vec_add(out, o);
        }
    }
    return true;
}

static const struct value *first_member(const struct value *input, const char *const *names)
{
    const struct value *v = NULL;

    for (; !v && *names; names++)
        v = value_get(input, str_of(*names));
    return v;
}

static const struct value *drop_keys(struct request *r, const struct value *tags, const struct value *keys)
{
    static const char *const names[] = { "Key", "TagKey", "key", NULL };
    struct fields f = { .a = r->a };
    size_t i, j;

    for (i = 0; i < tags->object.n; i++) {
        bool gone = false;

        for (j = 0; keys->kind == VALUE_LIST && j < keys->list.n; j++) {
            const struct value *k = keys->list.v[j];
            const struct value *name = k->kind == VALUE_OBJECT ? first_member(k, names) : k;

            gone |= name && name->kind == VALUE_STRING && str_eq(name->s, tags->object.v[i].key);
        }
        if (!gone)
            fields_put(&f, tags->object.v[i].key, tags->object.v[i].value);
    }
    return fields_take(&f);
}

bool verb_tag(struct request *r, const struct verb *v)
{
    static const char *const tags[] = { "Tags", "tags", "TagList", NULL }, *const keys[] = { "TagKeys", "tagKeys", "Tags", "tags", NULL };
    bool whole = data_true(v->data, "whole");
    const struct value *given = data_str(v->data, "given").n ? tree_get(r->input, data_str(v->data, "given")) : first_member(r->input, v->kind == VERB_UNTAG ? keys : tags);
    struct vec found = { 0 };
    bool good = tag_targets(r, v, &found) && in_state(r, v, &found);
    size_t i;

    if (good && v->kind == VERB_TAGS)
        good = !found.n || has_part(r, v, found.v[0]);
    else if (good && !given && !(whole && v->kind == VERB_UNTAG))
        good = sim_refuse(r, code_of(r, "required"), "The request must contain tags");
    for (i = 0; good && v->kind != VERB_TAGS && i < found.n; i++) {
        struct object *o = found.v[i];
        const struct value *had = whole ? &value_empty_object : o->tags;
        const struct value *next = v->kind != VERB_UNTAG ? tree_merge(r->a, had, tags_read(r, given)) : whole ? had : drop_keys(r, had, given);

        if (next->object.n > 50)
            good = sim_refuse(r, r->service->model->protocol == PROTOCOL_EC2 ? STR("TagLimitExceeded") : code_of(r, "value"), "no more than 50 tags");
        else
            object_tag(r->sim, o, next);
    }
    if (good)
        good = sim_answer(r, v, (struct object *const *)found.v, v->kind == VERB_TAGS ? found.n : 0);
    vec_fini(&found);
    return good;
}

/* ---- by verb ---- */
static bool fixed(struct request *r, const struct verb *v)
{
    const struct value *out = value_get(v->data, STR("out"));

    r->out = out ? tree_fill(r, NULL, r->input, out) : &value_empty_object;
    return true;
}

static bool hooked(struct request *r, const struct verb *v)
{
    struct hook_call c = { .r = r, .sim = r->sim, .a = r->a, .verb = v };

    return hook_find(data_str(v->data, "name"))(&c) && page_out(r);
}

bool sim_execute(struct request *r)
{
    const struct verb *v = map_get(&r->service->verbs, r->op->name);
    const struct value *dry = value_get(r->input, STR("DryRun"));
    struct str owner = tree_text(r->a, r->input, data_str(r->service->data, "owner"));

    r->out = &value_empty_object;
    if (!v)
        return sim_refuse(r, code_of(r, "action"), "the simulated AWS does not know how to do %.*s: teach it in sandbox/%.*s.kcl", STR_ARG(r->op->name), STR_ARG(r->service->name));
    if (dry && dry->kind == VALUE_BOOL && dry->b)
        return sim_refuse(r, STR("DryRunOperation"), "Request would have succeeded, but DryRun flag is set.");
    if (owner.n && !str_is(owner, SIM_ACCOUNT))
        return sim_refuse(r, code_of(r, "owner"), "Access Denied");
    switch (v->kind) {
    case VERB_CREATE:
        return verb_create(r, v);
    case VERB_GET:
        return verb_get(r, v);
    case VERB_LIST:
        return verb_list(r, v);
    case VERB_SHOW:
        return elem_of(r, v->on) ? verb_list(r, v) : verb_get(r, v);
    case VERB_UPDATE:
        return verb_update(r, v);
    case VERB_DELETE:
        return verb_delete(r, v);
    case VERB_TAG:
    case VERB_UNTAG:
    case VERB_TAGS:
        return verb_tag(r, v);
    case VERB_ANSWER:
        return fixed(r, v);
    case VERB_HOOK:
        return hooked(r, v);
    }
    return false;
}
