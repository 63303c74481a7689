/* behave.c - behaviour data (stdlib/sandbox/<service>.kcl as values) made ready: kinds, what they refer to, which operation does what.
 *
 * A file is `let`s of plain data; a service may have several: ec2.kcl, ec2.volumes.kcl. `service` holds settings; every other let with `shape` or operations is a kind:
 *   shape    the model's struct that shows it                id       prefix of ids that AWS makes ("vpc-")
 *   key      attribute(s) that identify it                   missing  code when there is none; `exists`: code when there is one already
 *   create get list show update delete tag untag tags hook answer    operations: a name, { op = name, ...options }, or a list of these
 *   refers   what its attributes point to                    unique   lists of attributes that no two may share
 *   state    { field, steps, takes }                         gone     the same for deletion, with keep = 1h while it stays visible
 *   defaults, computed    attributes under and over the input; "{name}" in texts is filled in
 *   embeds   members shown from other kinds                  filters  filter name -> path, where the rule does not find it
 *   says     words of its own for `missing exists dying busy`, with {name}    names    another attribute that it may be called by (an ARN)
 *   rows     objects that AWS has by itself                  check, made, settle, before, removed, shown, wakes    C hooks by name
 * Mistakes in the data are found here and told by place: they are our own or those of --sandbox-behaviour. */
#include <stdlib.h>
#include "room.h"

static const struct { const char *word; enum verb_kind kind; } words[] = {
    { "create", VERB_CREATE }, { "get", VERB_GET },     { "list", VERB_LIST }, { "show", VERB_SHOW },     { "update", VERB_UPDATE }, { "delete", VERB_DELETE },
    { "tag", VERB_TAG },       { "untag", VERB_UNTAG }, { "tags", VERB_TAGS }, { "answer", VERB_ANSWER }, { "hook", VERB_HOOK },
};
/* The words that each place knows: anything else is a mistake, and is told. */
static const char kind_words[] = " shape id key missing exists refers unique state gone defaults computed embeds filters rows check made settle before removed shown wakes digits names says"
                                 " tag_kind also encoded memory elsewhere strangers denied create get list show update delete tag untag tags answer hook ";
static const char verb_words[] = " op by from ids where drop set with out field list upsert same repeated dying lenient gone state wrong nothing run record name whole needs lacking given conflicts ";
static const char refer_words[] = " to by missing blocks state wrong field fresh accepts prefix cascade wakes ";
static const char plan_words[] = " field steps takes settle keep later kind with ";
static const char service_words[] = " host buckets page lag limits http codes versions owner plumbing legacy presigned ";

struct kind *kind_find(struct sim *s, struct str service, struct str name)
{
    size_t dot = str_find(name, STR(".")), i, j;

    if (dot != SIZE_MAX) {
        service = str_sub(name, 0, dot);
        name = str_sub(name, dot + 1, name.n);
    }
    for (i = 0; i < s->nservices; i++)
        for (j = 0; str_eq(s->services[i].name, service) && j < s->services[i].nkinds; j++)
            if (str_eq(s->services[i].kinds[j]->name, name))
                return s->services[i].kinds[j];
    return NULL;
}

struct sim_service *service_find(struct sim *s, struct str name)
{
    size_t i;

    for (i = 0; i < s->nservices; i++)
        if (str_eq(s->services[i].name, name))
            return &s->services[i];
    return NULL;
}

static bool bad(struct sim *s, struct str *why, const struct kind *k, const char *what, struct str name)
{
    *why = str_fmt(s->account, "sandbox behaviour %.*s: %s %.*s", STR_ARG(k->full), what, STR_ARG(name));
    return false;
}

static bool has_word(const char *set, struct str word)
{
    size_t i, n = 0;

    for (i = 0; set[i]; i += n + 1) {
        for (n = 0; set[i + n] && set[i + n] != ' '; n++)
            ;
        if (n && str_eq((struct str){ set + i, n }, word))
            return true;
        if (!set[i + n])
            break;
    }
    return false;
}

static bool only(struct sim *s, const struct kind *k, const struct value *d, const char *set, struct str *why)
{
    size_t i;

    for (i = 0; d && d->kind == VALUE_OBJECT && i < d->object.n; i++)
        if (!has_word(set, d->object.v[i].key))
            return bad(s, why, k, "nobody reads", d->object.v[i].key);
    return true;
}

static struct refer read_refer(struct str path, const struct value *d)
{
    struct refer f = { .path = path };

    f.to = data_str(d, "to");
    f.by = data_str(d, "by");
    f.missing = data_str(d, "missing");
    f.blocks = data_str(d, "blocks");
    f.states = value_get(d, STR("state"));
    f.wrong = data_str(d, "wrong");
    f.field = data_str(d, "field");
    f.fresh = data_ms(value_get(d, STR("fresh")), 0);
    f.accepts = data_str(d, "accepts");
    f.prefix = data_str(d, "prefix");
    f.cascade = data_true(d, "cascade");
    f.wakes = data_ms(value_get(d, STR("wakes")), -1);
    return f;
}

static bool read_refers(struct sim *s, struct kind *k, struct str *why)
{
    const struct value *d = value_get(k->data, STR("refers"));
    size_t i;

    if (!d)
        return true;
    if (d->kind != VALUE_OBJECT)
        return bad(s, why, k, "refers is not", STR("an object"));
    k->refers = ARENA_ARRAY(s->account, struct refer, d->object.n);
    for (i = 0; i < d->object.n; i++) {
        k->refers[i] = read_refer(d->object.v[i].key, d->object.v[i].value);
        if (!k->refers[i].to.n)
            return bad(s, why, k, "no `to` in the reference", d->object.v[i].key);
        if (!only(s, k, d->object.v[i].value, refer_words, why))
            return false;
    }
    k->nrefers = d->object.n;
    return true;
}

static bool add_verb(struct sim *s, struct kind *k, enum verb_kind kind, const struct value *d, struct str *why)
{
    struct verb *v = ARENA_NEW(s->account, struct verb);
    struct str name = d->kind == VALUE_STRING ? d->s : data_str(d, "op");

    v->kind = kind;
    v->on = k;
    v->data = d->kind == VALUE_OBJECT ? d : &value_empty_object;
    if (!name.n)
        return bad(s, why, k, "an operation without", STR("`op`"));
    if (map_has(&k->service->verbs, name))
        return bad(s, why, k, "two kinds want", name);
    if (kind == VERB_HOOK && !hook_find(data_str(d, "name")))
        return bad(s, why, k, "no such hook:", data_str(d, "name"));
    map_put(&k->service->verbs, name, v);
    return only(s, k, v->data, verb_words, why) && only(s, k, value_get(v->data, STR("run")), plan_words, why)
        && only(s, k, value_get(v->data, STR("record")), plan_words, why) && only(s, k, value_get(v->data, STR("gone")), plan_words, why);
}

static bool read_verbs(struct sim *s, struct kind *k, struct str *why)
{
    const struct value *const *list, *one[1];
    size_t i, j, n;

    for (i = 0; i < sizeof words / sizeof words[0]; i++) {
        n = data_list(k->data, words[i].word, &list, one);
        for (j = 0; j < n; j++)
            if (!add_verb(s, k, words[i].kind, list[j], why))
                return false;
    }
    return true;
}

static bool check_words(struct sim *s, struct kind *k, struct str *why)
{
    static const char *const hooks[] = { "check", "made", "settle", "before", "removed", "shown", "wakes" };
    size_t i;

    if (!only(s, k, k->data, kind_words, why) || !only(s, k, value_get(k->data, STR("state")), plan_words, why) || !only(s, k, value_get(k->data, STR("gone")), plan_words, why))
        return false;
    for (i = 0; i < sizeof hooks / sizeof hooks[0]; i++) {
        struct str name = data_str(k->data, hooks[i]);

        if (name.n && !hook_find(name))
            return bad(s, why, k, "no such hook:", name);
    }
    return true;
}

static bool read_kind(struct sim *s, struct kind *k, struct str *why)
{
    const struct value *const *list, *one[1];
    const struct value *state = value_get(k->data, STR("state"));
    size_t n = data_list(k->data, "key", &list, one), i;

    k->shape = data_str(k->data, "shape");
    k->prefix = data_str(k->data, "id");
    k->missing = data_str(k->data, "missing");
    k->exists = data_str(k->data, "exists");
    k->elsewhere = data_str(k->data, "elsewhere");
    k->field = data_str(state, "field");
    if (n > SIM_KEYS)
        return bad(s, why, k, "too many attributes in", STR("key"));
    for (i = 0; i < n; i++)
        k->keys[i] = list[i]->kind == VALUE_STRING ? list[i]->s : STR_NONE;
    k->nkeys = n;
    if (!n && k->shape.n) {
        k->keys[0] = str_fmt(s->account, "%.*sId", STR_ARG(k->shape));
        k->nkeys = 1;
    }
    return check_words(s, k, why) && read_refers(s, k, why) && read_verbs(s, k, why);
}

static bool read_service(struct sim *s, struct sim_service *sv, const struct pair *p, struct str *why)
{
    size_t i;

    sv->name = p->key;
    sv->lets = p->value;
    sv->data = value_get(p->value, STR("service"));
    if (!sv->data)
        sv->data = &value_empty_object;
    if (!only(s, &(struct kind){ .full = p->key }, sv->data, service_words, why))
        return false;
    sv->kinds = ARENA_ARRAY(s->account, struct kind *, p->value->object.n);
    for (i = 0; i < p->value->object.n; i++) {
        const struct pair *let = &p->value->object.v[i];
        struct kind *k;

        if (str_is(let->key, "service") || let->value->kind != VALUE_OBJECT || data_true(let->value, "table"))
            continue;
        k = ARENA_NEW(s->account, struct kind);
        k->place = &s->place;
        k->service = sv;
        k->name = let->key;
        k->full = str_fmt(s->account, "%.*s.%.*s", STR_ARG(sv->name), STR_ARG(let->key));
        k->data = let->value;
        sv->kinds[sv->nkinds++] = k;
        if (!read_kind(s, k, why))
            return false;
    }
    return true;
}

static bool check_targets(struct sim *s, struct str *why)
{
    size_t i, j, n;

    for (i = 0; i < s->nservices; i++)
        for (j = 0; j < s->services[i].nkinds; j++) {
            struct kind *k = s->services[i].kinds[j];

            for (n = 0; n < k->nrefers; n++) {
                struct kind *to = kind_find(s, k->service->name, k->refers[n].to);

                if (!to && str_find(k->refers[n].to, STR(".")) == SIZE_MAX)
                    return bad(s, why, k, "refers to a kind that is not there:", k->refers[n].to);
                if (to && k->refers[n].wakes >= 0)
                    to->watched = true;
            }
        }
    return true;
}

/* "ec2.volumes" holds further lets of "ec2". NULL: two files have one of the same name. */
static const struct value *by_service(struct sim *s, const struct value *b, struct str *why)
{
    const struct value *out = &value_empty_object;
    size_t i, j;

    for (i = 0; i < b->object.n; i++) {
        const struct value *more = b->object.v[i].value, *all;
        struct str rest = b->object.v[i].key, name;

        if (more->kind != VALUE_OBJECT || !str_cut(&rest, '.', &name))
            continue;
        all = value_get(out, name);
        for (j = 0; all && j < more->object.n; j++)
            if (value_get(all, more->object.v[j].key)) {
                *why = str_fmt(s->account, "sandbox behaviour %.*s: two files have a let %.*s", STR_ARG(name), STR_ARG(more->object.v[j].key));
                return NULL;
            }
        out = value_with(s->account, out, name, tree_merge(s->account, all, more));
    }
    return out;
}

bool behave_load(struct sim *s, struct str *why)
{
    const struct value *b = s->o.behaviour;
    size_t i;

    if (!b || b->kind != VALUE_OBJECT || !b->object.n) {
        *why = STR("the simulated AWS has no behaviour data");
        return false;
    }
    b = by_service(s, b, why);
    if (!b)
        return false;
    s->services = ARENA_ARRAY(s->account, struct sim_service, b->object.n);
    for (i = 0; i < b->object.n; i++) {
        if (!read_service(s, &s->services[s->nservices++], &b->object.v[i], why))
            return false;
    }
    return check_targets(s, why);
}
