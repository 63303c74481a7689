/* route.c - finds the service and the operation that a request is for, from host, path, X-Amz-Target and Action.
 * Not here: whether it is signed (verify.c) or well formed (decode.c). */
#include "room.h"

bool route_load(struct request *r, struct sim_service *sv)
{
    struct str why = STR_NONE;

    if (!sv->model)
        sv->model = model_service(r->sim->o.models, sv->name, &why);
    if (!sv->model)
        return sim_refuse(r, STR("InternalError"), "the simulated AWS has no model of %.*s: %.*s", STR_ARG(sv->name), STR_ARG(why));
    r->service = sv;
    return true;
}

/* "iam.amazonaws.com", "eks.eu-west-1.amazonaws.com", "fips.eks.eu-west-1...", "ec2-fips.eu-west-1...", "bucket.s3.eu-west-1...". */
static struct sim_service *by_host(struct sim *s, struct str host, struct str *bucket)
{
    size_t dot = str_find(host, STR(".s3.")), i;

    for (i = 0; i < s->nservices && dot != SIZE_MAX; i++)
        if (data_true(s->services[i].data, "buckets")) {
            *bucket = str_sub(host, 0, dot);
            return &s->services[i];
        }
    for (i = 0; i < s->nservices; i++) {
        struct sim_service *sv = &s->services[i];
        struct str name = data_str(sv->data, "host");
        size_t at, end;

        if (!name.n)
            name = sv->name;
        at = str_starts(host, STR("fips.")) ? 5 : 0;
        end = at + name.n;
        if (str_starts(str_sub(host, at, host.n), name) && end < host.n
            && (host.s[end] == '.' || str_starts(str_sub(host, end, host.n), STR("-fips."))))
            return sv;
    }
    return NULL;
}

/* The scope of a signature names region and service. */
static struct sim_service *by_scope(struct request *r)
{
    struct str name = r->signature.service;
    size_t i;

    for (i = 0; i < r->sim->nservices; i++) {
        struct sim_service *sv = &r->sim->services[i];
        struct str host = data_str(sv->data, "host");

        if (name.n && str_eq(name, host.n ? host : sv->name))
            return sv;
    }
    return NULL;
}

static void find_region(struct request *r)
{
    struct str rest = r->host, part;

    r->region = r->signature.region;
    while (str_cut(&rest, '.', &part)) {
        if (part.n > 6 && endpoint_region_known(part))
            r->region = part;
    }
    if (!r->region.n)
        r->region = r->sim->o.region;
    store_place(r->sim, r->region);
}

/* ---- REST: method and path against the templates ---- */
static bool match_query(struct str want, struct str query)
{
    struct str pair, have, rest;

    while (str_cut(&want, '&', &pair)) {
        bool found = false;

        rest = query;
        while (!found && str_cut(&rest, '&', &have)) {
            size_t eq = str_find(have, STR("="));

            found = str_eq(have, pair) || (eq == have.n - 1 && str_eq(str_sub(have, 0, eq), pair));
        }
        if (!found)
            return false;
    }
    return true;
}

/* Length of the literal text matched, or -1. Labels are taken still encoded. */
static int match_path(struct str t, struct str path, struct labels *l)
{
    int literal = 0;
    size_t i = 0, j = 0;

    l->n = 0;
    while (i < t.n) {
        if (t.s[i] == '{') {
            size_t end = str_find(str_sub(t, i, t.n), STR("}")), start = j;
            struct str name;
            bool greedy;

            if (end == SIZE_MAX || l->n == sizeof l->v / sizeof l->v[0])
                return -1;
            name = str_sub(t, i + 1, i + end);
            greedy = str_ends(name, STR("+"));
            i += end + 1;
            while (j < path.n && (greedy || path.s[j] != '/'))
                j++;
            if (j == start)
                return -1;
            l->v[l->n].name = greedy ? str_sub(name, 0, name.n - 1) : name;
            l->v[l->n++].value = str_sub(path, start, j);
        } else if (j < path.n && t.s[i] == path.s[j]) {
            i++, j++, literal++;
        } else if (t.s[i] == '/' && i + 1 == t.n && j == path.n) {
            i++;
        } else {
            return -1;
        }
    }
    if (j < path.n && path.s[j] == '/' && j + 1 == path.n)
        j++;
    return j == path.n ? literal : -1;
}

/* PUT of an object and a copy share a path: the copy must have its header. How many such headers there are, or -1. */
static int match_headers(struct request *r, const struct operation *op)
{
    int n = 0;
    size_t i;

    for (i = 0; op->in && i < op->in->nmembers; i++) {
        const struct member *m = &op->in->members[i];

        if (m->location != LOCATION_HEADER || !m->required)
            continue;
        if (!header_get(r->http, str_c(r->a, m->wire_in)).s)
            return -1;
        n++;
    }
    return n;
}

static const struct operation *rest(struct request *r, struct labels *labels)
{
    const struct operation *best = NULL;
    int score = -1;
    size_t i;

    for (i = 0; i < r->service->model->noperations; i++) {
        const struct operation *op = &r->service->model->operations[i];
        size_t q = str_find(op->uri, STR("?"));
        struct str want = q == SIZE_MAX ? STR_NONE : str_sub(op->uri, q + 1, op->uri.n);
        struct labels l;
        int got, headers;

        if (!str_eq(op->method, r->http->method))
            continue;
        got = match_path(str_sub(op->uri, 0, q), r->path, &l);
        headers = match_headers(r, op);
        if (got < 0 || headers < 0 || !match_query(want, r->query))
            continue;
        got = got * 16 + (want.n > 0) * 8 + headers;
        if (got > score) {
            score = got;
            best = op;
            *labels = l;
        }
    }
    return best;
}

/* ---- the others ---- */
static struct str action(struct request *r)
{
    struct param *v;
    bool bad;
    size_t n = form_parse(r->a, r->http->body.n ? r->http->body : r->query, true, &v, &bad), i;

    for (i = 0; i < n; i++)
        if (str_is(v[i].key, "Action"))
            return v[i].value;
    return STR_NONE;
}

static bool by_name(struct request *r, struct str name)
{
    if (!name.n)
        return sim_refuse(r, code_of(r, "no_action"), "the request names no operation");
    r->op = model_operation(r->service->model, name);
    if (!r->op)
        return sim_refuse(r, code_of(r, "action"), "the action %.*s is not valid for this endpoint", STR_ARG(name));
    return true;
}

bool sim_route(struct request *r, struct labels *labels)
{
    struct str bucket = STR_NONE, target;
    struct sim_service *sv;

    labels->n = 0;
    if (!url_split(r->http->url, &r->host, &r->path, &r->query))
        return sim_refuse(r, STR("InvalidRequest"), "the url %.*s cannot be read", STR_ARG(r->http->url));
    r->sent_path = r->path;
    signature_read(r);
    find_region(r);
    sv = by_host(r->sim, r->host, &bucket);
    if (!sv)
        sv = by_scope(r);
    if (!sv)
        return sim_refuse(r, STR("UnknownService"), "the simulated AWS has no service at %.*s", STR_ARG(r->host));
    if (!route_load(r, sv))
        return false;
    switch (sv->model->protocol) {
    case PROTOCOL_EC2:
    case PROTOCOL_QUERY:
        return by_name(r, action(r));
    case PROTOCOL_JSON_10:
    case PROTOCOL_JSON_11:
        target = header_get(r->http, "x-amz-target");
        if (!str_starts(target, sv->model->target) || target.n <= sv->model->target.n)
            return sim_refuse(r, code_of(r, "action"), "X-Amz-Target is %.*s", STR_ARG(target));
        return by_name(r, str_sub(target, sv->model->target.n + 1, target.n));
    default:
        if (bucket.n)
            r->path = str_fmt(r->a, "/%.*s%.*s", STR_ARG(bucket), STR_ARG(r->path));
        r->op = rest(r, labels);
        if (!r->op)
            return sim_refuse(r, code_of(r, "action"), "%.*s %.*s is no operation of %.*s", STR_ARG(r->http->method), STR_ARG(r->path), STR_ARG(sv->name));
        return true;
    }
}
