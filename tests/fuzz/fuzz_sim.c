/* Any bytes as a request to the simulated AWS: first byte the operation, the rest its body, or for the last one path and query. Decoded and
 * executed without a signature; whatever comes out is encoded. */
#include <stddef.h>
#include <stdint.h>
#include "kc/json.h"
#include "kc/lang.h"
#include "sim/room.h"

static struct arena *keep;

static bool embedded(void *user, struct str service, struct str *text)
{
    (void)user;
    return stdlib_text(str_fmt(keep, "aws/models/%.*s.model", STR_ARG(service)), text);
}

static bool load(void *user, struct arena *a, struct str path, struct str *text, struct str *why)
{
    (void)user, (void)a, (void)why;
    return stdlib_text(path, text);
}

static void prepare(struct sim_options *o)
{
    struct sources *s = sources_new();
    const struct str *paths;
    size_t n = stdlib_list(&paths), m = 0, i;
    struct pair *v;
    struct diags d;

    keep = arena_new();
    v = ARENA_ARRAY(keep, struct pair, n);
    json_seed(1);
    diags_init(&d);
    for (i = 0; i < n; i++)
        if (str_starts(paths[i], STR("sandbox/")))
            v[m++] = (struct pair){ str_sub(paths[i], 8, paths[i].n - 4), lang_values(s, &d, keep, paths[i], load, NULL) };
    diags_fini(&d);
    sources_free(s);
    *o = (struct sim_options){ .exact = true, .models = models_new(embedded, NULL), .behaviour = value_object(keep, v, m) };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct { const char *url, *method, *target; } ways[] = {
        { "https://ec2.eu-west-1.amazonaws.com/", "POST", "" },
        { "https://iam.amazonaws.com/", "POST", "" },
        { "https://eks.eu-west-1.amazonaws.com/clusters", "POST", "" },
        { "https://ssm.eu-west-1.amazonaws.com/", "POST", "AmazonSSM.PutParameter" },
        { "https://eks.eu-west-1.amazonaws.com/", "GET", "" },
    };
    static struct sim_options options;
    static struct sim *s;
    static unsigned runs;
    struct arena *a = arena_new();
    struct http_reply out = { 0 };
    struct labels labels;
    struct str why;

    if (!keep)
        prepare(&options);
    if (runs++ % 500 == 0) {
        sim_free(s);
        s = sim_new(&options, a, &why);
    }
    if (size > 1) {
        size_t way = data[0] % 5;
        struct str text = { (const char *)data + 1, size - 1 };
        struct header target = { STR("x-amz-target"), str_of(ways[way].target) };
        struct http_request rq = { .method = str_of(ways[way].method), .url = str_of(ways[way].url), .headers = &target, .nheaders = 1, .body = way == 4 ? STR_NONE : text };
        struct request r = { .sim = s, .a = a, .http = &rq, .status = 400, .id = STR("r") };

        if (way == 4)
            rq.url = str_fmt(a, "%s%.*s", ways[way].url, STR_ARG(text));
        if (sim_route(&r, &labels) && sim_decode(&r, &labels))
            sim_execute(&r);
        if (r.failed)
            encode_error(&r, &out);
        else
            encode_reply(&r, &out);
        if (r.failed && (!r.code.n || !out.body.n))
            __builtin_trap();
    }
    arena_free(a);
    return 0;
}
