/* view.c - what a name in a binding's term means: special words first, then inputs, then outputs.
 * An output that is not known yet stays unknown, so that a request that needs it says so instead of sending nothing. */
#include "view.h"
#include <stdarg.h>

struct scope {
    struct arena *arena;
    const struct resource_view *view;
    const struct value *it, *id;
};

void fault_set(struct arena *a, struct resource_fault *f, struct span at, const char *fmt, ...)
{
    struct buf b = { 0 };
    va_list ap;
    va_start(ap, fmt);
    buf_vfmt(&b, fmt, ap);
    va_end(ap);
    f->problem = buf_take(&b, a);
    f->code = DIAG_E0604;
    f->where = at;
}

bool tag_owned_by_kc(struct str key)
{
    return str_starts(key, STR("kc:"));
}

struct str path_root(struct str path)
{
    size_t n = 0;
    while (n < path.n && path.s[n] != '.' && path.s[n] != '[')
        n++;
    return str_sub(path, 0, n);
}

const struct value *view_all_tags(struct arena *a, const struct resource_view *v)
{
    const struct value *user = v->type->tags.n ? value_get(v->inputs, v->type->tags) : NULL;
    if (user && user->kind == VALUE_UNKNOWN)
        return NULL;
    if (!user || user->kind != VALUE_OBJECT)
        user = &value_empty_object;
    return resource_merge(a, user, v->owner_tags);
}

static const struct value *or_none(const struct value *v)
{
    return v ? v : &value_none;
}

/* The words that are not fields. False: `name` is none of them. *out NULL: stays unknown. */
static bool special(const struct scope *s, struct str name, const struct value **out)
{
    const struct resource_view *v = s->view;
    if (str_is(name, "reply"))
        *out = or_none(v->reply);
    else if (str_is(name, "live"))
        *out = or_none(v->live);
    else if (str_is(name, "it"))
        *out = or_none(s->it);
    else if (str_is(name, "each"))
        *out = or_none(v->each);
    else if (str_is(name, "sent"))
        *out = or_none(v->sent);
    else if (str_is(name, "ids"))
        *out = or_none(v->ids);
    else if (str_is(name, "id"))
        *out = s->id ? s->id : resource_identity(s->arena, v->type, v->inputs, v->outs);
    else if (str_is(name, "token"))
        *out = v->token.n ? value_str(s->arena, v->token) : &value_none;
    else if (str_is(name, "all_tags"))
        *out = view_all_tags(s->arena, v);
    else if (str_is(name, "tags_set"))
        *out = v->tags_set ? v->tags_set : &value_empty_object;
    else if (str_is(name, "tags_gone"))
        *out = v->tags_gone ? v->tags_gone : &value_empty_list;
    else if (str_is(name, "generation"))
        *out = v->generation ? value_int(s->arena, v->generation) : NULL;
    else
        return false;
    return true;
}

/* Words that came later than types that use them as names of fields: those go first. */
static bool late(const struct scope *s, struct str name, const struct value **out)
{
    const struct resource_view *v = s->view;
    static const struct principal nobody;
    const struct principal *who = v->principal ? v->principal : &nobody;
    const struct { const char *name; struct str text; } texts[] = {
        { "partition", who->partition }, { "account", who->account }, { "region", v->provider ? v->provider->region : STR_NONE }, { "caller", who->arn },
    };
    if (str_is(name, "tags_after")) {
        *out = v->tags_after;
        return true;
    }
    const struct { const char *name; const struct value *value; } values[] = { { "changed", v->changed }, { "now", v->now }, { "was", v->was } };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (str_is(name, texts[i].name)) {
            *out = texts[i].text.n ? value_str(s->arena, texts[i].text) : NULL;
            return true;
        }
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (str_is(name, values[i].name)) {
            *out = values[i].value ? values[i].value : i == 0 ? &value_empty_list : &value_none;
            return true;
        }
    return false;
}

static const struct value *param(void *user, struct str name)
{
    const struct scope *s = user;
    const struct value *v = NULL;
    if (special(s, name, &v))
        return v;
    if ((v = value_get(s->view->inputs, name)))
        return v;
    if ((v = value_get(s->view->outs, name)))
        return v;
    if (rtype_made(s->view->type, name))
        return s->view->made ? value_get(s->view->made, name) : NULL;
    if (!rtype_field(s->view->type, name) && !rtype_out(s->view->type, name) && late(s, name, &v))
        return v;
    return rtype_out(s->view->type, name) ? NULL : &value_none;
}

static const struct value *evaluate(struct arena *a, const struct resource_view *v, const struct value *it, const struct value *id, const struct term *t,
                                    const struct pki_source *source, struct resource_fault *f)
{
    struct scope s = { a, v, it, id };
    struct eval e = { .arena = a, .param = param, .user = &s, .source = source };
    const struct value *r = term_eval(&e, t);
    if (r)
        return r;
    *f = (struct resource_fault){ .problem = e.problem, .code = e.code, .where = e.where.file ? e.where : t->span };
    return NULL;
}

const struct value *view_eval(struct arena *a, const struct resource_view *v, const struct value *it, const struct value *id,
                              const struct term *t, struct resource_fault *f)
{
    return evaluate(a, v, it, id, t, NULL, f);
}

static bool is_unknown(const struct value *v)
{
    return v->kind == VALUE_UNKNOWN;
}

/* The first such one inside v, and the path to it. */
static const struct value *first_of(bool (*is)(const struct value *v), const struct value *v, struct buf *path, unsigned depth)
{
    if (is(v))
        return v;
    if (depth > 64)
        return NULL;
    size_t mark = path->n;
    size_t n = v->kind == VALUE_OBJECT ? v->object.n : v->kind == VALUE_LIST ? v->list.n : 0;
    for (size_t i = 0; i < n; i++) {
        bool object = v->kind == VALUE_OBJECT;
        if (object)
            buf_fmt(path, "%s%.*s", path->n ? "." : "", STR_ARG(v->object.v[i].key));
        else
            buf_fmt(path, "[%zu]", i);
        const struct value *u = first_of(is, object ? v->object.v[i].value : v->list.v[i], path, depth + 1);
        if (u)
            return u;
        path->n = mark;
    }
    return NULL;
}

static const struct value *known(struct arena *a, const struct value *r, const struct term *t, struct resource_fault *f)
{
    if (!r || value_is_known(r))
        return r;
    struct buf path = { 0 }, text = { 0 };
    const struct value *u = first_of(is_unknown, r, &path, 0);
    if (u && u->unknown.term)
        term_print(&text, u->unknown.term);
    fault_set(a, f, t->span, "%.*s%sneeds %.*s, which is not known yet", STR_ARG(buf_view(&path)), path.n ? " " : "",
              STR_ARG(buf_view(&text)));
    buf_fini(&path);
    buf_fini(&text);
    return NULL;
}

const struct value *view_eval_known(struct arena *a, const struct resource_view *v, const struct value *it, const struct value *id,
                                    const struct term *t, struct resource_fault *f)
{
    return known(a, view_eval(a, v, it, id, t, f), t, f);
}

const struct value *view_make(struct arena *a, const struct resource_view *v, const struct term *t, const struct pki_source *s, struct resource_fault *f)
{
    return known(a, evaluate(a, v, NULL, NULL, t, s, f), t, f);
}

static bool is_file(const struct value *v)
{
    return value_is_file(v);
}

static bool is_kept_alone(const struct value *v)
{
    return v->kind == VALUE_DIGEST && !value_is_file(v);
}

/* What of the request is no body that goes out in pieces. */
static const struct value *all_but_body(struct arena *a, const struct operation *op, const struct value *request)
{
    const struct member *m = op && op->in ? op->in->payload : NULL;
    const struct value *v = m && m->stream ? value_get(request, m->name) : NULL;
    return v && value_is_file(v) ? value_with(a, request, m->name, &value_none) : request;
}

bool view_sendable(struct arena *a, const struct operation *op, const struct value *request, struct span at, struct resource_fault *f)
{
    struct buf path = { 0 };
    const struct value *d = NULL;
    if (value_has_digest(request)) {
        d = first_of(is_kept_alone, request, &path, 0);
        fault_set(a, f, at, "%.*s is %s: state keeps its digest alone, so it cannot be sent", STR_ARG(buf_view(&path)),
                  !d || d->secret ? "a secret that is known only where it comes from" : "a text that is known only where the file gives it");
        f->code = DIAG_E0813;
    } else if (value_has_file(request) && (d = first_of(is_file, all_but_body(a, op, request), &path, 0))) {
        fault_set(a, f, at, "%.*s is the file %.*s, and this call takes no body in pieces: a file of up to 64 KiB can be sent there", STR_ARG(buf_view(&path)),
                  STR_ARG(d->digest->path));
        f->code = DIAG_E0318;
    }
    buf_fini(&path);
    return !d;
}
