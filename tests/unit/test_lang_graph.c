/* From text to graph: addresses, values, edges, lookups in rounds, what is open offline. */
#include "kctest.h"
#include "lang_world.h"
#include "kc/arena.h"
#include "kc/model.h"


static const char types[] =
    "type Tags = map[string]\n"
    "resource Net @aws(\"ec2\") {\n"
    "  cidr: cidr4 = 10.0.0.0/16 @replace\n  name: string = \"net\" @initial\n  tags: Tags = {} @write_only\n  out id: id[\"vpc\"]\n"
    "  create CreateVpc { send { CidrBlock = cidr, TagSpecifications = [{ ResourceType = \"vpc\", Tags = all_tags }] }, id = reply.Vpc.VpcId }\n"
    "  read DescribeVpcs { send { Filters = [{ Name = \"vpc-id\", Values = ids }] }, each = reply.Vpcs, key = it.VpcId, cidr = it.CidrBlock }\n"
    "  find DescribeVpcs { by = \"tag\", send { Filters = [{ Name = \"tag:kc:token\", Values = [token] }] }, each = reply.Vpcs }\n"
    "  delete DeleteVpc { send { VpcId = id } }\n"
    "}\n"
    "resource Zones @aws(\"ec2\") {\n  state: string = \"available\"\n  out names: list[string]\n"
    "  read DescribeAvailabilityZones { send { }, names = [for z in reply.AvailabilityZones: z.ZoneName] }\n}\n";

static void run(struct lang_world *w, const char *text)
{
    static struct lang_file files[3];
    files[0] = (struct lang_file){ "main.kcl", text };
    files[1] = (struct lang_file){ "types.kcl", types };
    files[2] = (struct lang_file){ NULL, NULL };
    lang_world_load(w, files);
    lang_world_eval(w, NULL);
}

static void has(struct lang_world *w, const char *line)
{
    struct str g = lang_world_graph(w);
    if (str_find(g, str_of(line)) == SIZE_MAX)
        fail_msg("no `%s` in:\n%.*s", line, STR_ARG(g));
}

static void hasnt(struct lang_world *w, const char *line)
{
    struct str g = lang_world_graph(w);
    if (str_find(g, str_of(line)) != SIZE_MAX)
        fail_msg("`%s` in:\n%.*s", line, STR_ARG(g));
}

static void slots_and_variants(void **state)
{
    (void)state;
    struct lang_world w = { 0 };
    run(&w, "import \"types\"\n"
            "component plane {\n  version: version\n  name: string\n  Net core { name = name, tags = { v = \"\\(version)\" } }\n  out id = core.id\n}\n"
            "component pool {\n  size: int = 1\n  plane: id[\"vpc\"]?\n  Net group { name = self.label, tags = { size = \"\\(size)\", plane = plane ?? \"\" } }\n}\n"
            "component net {\n  wide: bool = false\n  Net main { name = \"wide \\(wide)\" }\n  out id = main.id\n}\n"
            "schema Planes @one_of { eks: plane, own: plane }\n"
            "component cluster {\n  control: Planes\n  network: net\n  pool: map[pool]\n"
            "  control eks { name = self.label }\n  pool @after(network) { plane = control.eks?.id }\n  out all = keys(pool)\n}\n"
            "cluster a {\n  control eks { version = v1.30 }\n  pool general { }\n  for z in [\"x\", \"y\"] { pool gpu[z] { size = 2 } }\n}\n");
    has(&w, "a.control.eks.core  ");
    has(&w, "a.network.main  ");
    has(&w, "a.pool.general.group  ");
    has(&w, "a.pool.gpu[\"x\"].group  ");
    has(&w, "a.network  (gate)");
    hasnt(&w, "a.control.own");
    assert_str(lang_world_input(&w, "a.pool.gpu[\"y\"].group", "name"), "\"gpu-y\"");
    assert_str(lang_world_input(&w, "a.control.eks.core", "name"), "\"a\"");
    assert_str(lang_world_input(&w, "a.all", ""), "[\"general\", \"gpu-x\", \"gpu-y\"]");
    const struct node *n = graph_find(w.result.graph, STR("a.pool.general.group"));
    assert_int_equal(n->nedges, 2);
    lang_world_fini(&w);
}

static void edges(void **state)
{
    (void)state;
    struct lang_world w = { 0 };
    run(&w, "import \"types\"\n"
            "Net a { name = \"first\" }\n"
            "Net by_id { name = a.id }\n"
            "Net by_input { name = a.name }\n"
            "let through = { n = a.name }\n"
            "Net by_let { name = through.n }\n"
            "Net by_after @after(a, by_id) { }\n"
            "Net by_hold @hold(a) { }\n"
            "Net alone { }\n");
    has(&w, "by_id  (resource types.Net)\n  uses a\n");
    has(&w, "by_input  (resource types.Net)\n  uses a\n");
    has(&w, "by_let  (resource types.Net)\n  uses a\n");
    has(&w, "by_after  (resource types.Net)\n  after a\n  after by_id\n");
    has(&w, "by_hold  (resource types.Net)\n  holds a\n");
    assert_str(lang_world_input(&w, "by_let", "name"), "\"first\"");
    assert_int_equal(graph_find(w.result.graph, STR("alone"))->nedges, 0);
    lang_world_fini(&w);
}

static void lookups_in_rounds(void **state)
{
    (void)state;
    static const char text[] = "import \"types\"\n"
                               "Zones here { }\n"
                               "let two = take(here.names, 2)\n"
                               "for z in two {\n  Net each[z] { name = z }\n}\n"
                               "out ids = [for z in two: each[z].id]\n";
    struct lang_world w = { 0 };
    run(&w, text);
    assert_int_equal(w.diags.errors, 0);
    assert_int_equal(w.result.nopen, 1);
    assert_str(w.result.open[0]->addr, "here");
    const struct value *names[] = { value_string(w.arena, STR("a")), value_string(w.arena, STR("b")), value_string(w.arena, STR("c")) };
    struct pair out = { STR("names"), value_list(w.arena, names, 3) };
    struct pair answer = { STR("here"), value_object(w.arena, &out, 1) };
    struct lang_answers answers = { &answer, 1 };
    lang_world_eval(&w, &answers);
    assert_int_equal(w.result.nopen, 0);
    has(&w, "each[\"a\"]  ");
    has(&w, "each[\"b\"]  ");
    hasnt(&w, "each[\"c\"]  ");
    has(&w, "here  (lookup types.Zones)");
    lang_world_fini(&w);

    struct lang_world offline = { .options.offline = true };
    run(&offline, text);
    assert_int_equal(offline.diags.errors, 0);
    has(&offline, "each[*]  ");
    hasnt(&offline, "each[\"");
    lang_world_fini(&offline);
}

static void apply_values_decide_nothing(void **state)
{
    (void)state;
    struct lang_world w = { .options.offline = true };
    run(&w, "import \"types\"\n"
            "component inner {\n  names: list[string]\n  for n in names { Net each[n] { } }\n}\n"
            "Net a { }\n"
            "inner one { names = [a.id] }\n");
    struct str d = lang_world_diags(&w);
    assert_int_equal(w.diags.errors, 1);
    assert_true(str_find(d, STR("E0401")) != SIZE_MAX);
    assert_true(str_find(d, STR("a.id")) != SIZE_MAX);
    lang_world_fini(&w);
}

static void marks_and_provider(void **state)
{
    (void)state;
    struct lang_world w = { 0 };
    run(&w, "import \"types\"\n"
            "component home {\n  region: string @provider\n  Net main { }\n  Net kept @ignore(cidr, tags) @replace(create_first) { }\n}\n"
            "home a @protect { region = \"eu-west-1\" }\n"
            "Net taken @adopt(\"vpc-1\") { }\n"
            "moved old -> a.main\n");
    const struct node *n = graph_find(w.result.graph, STR("a.main")), *kept = graph_find(w.result.graph, STR("a.kept"));
    assert_true(n->protect.set && n->protect.on);
    assert_str(n->provider->region, "eu-west-1");
    assert_int_equal(kept->nignore, 2);
    assert_int_equal(kept->replace, REPLACE_CREATE_FIRST);
    assert_str(graph_find(w.result.graph, STR("taken"))->adopt, "vpc-1");
    assert_int_equal(graph_find(w.result.graph, STR("taken"))->provider->region.n, 0);
    assert_int_equal(w.result.graph->nmoved, 1);
    assert_str(w.result.graph->moved[0].from, "old");
    lang_world_fini(&w);
}

static void asserts_and_unknowns(void **state)
{
    (void)state;
    struct lang_world w = { 0 };
    run(&w, "import \"types\"\n"
            "Net a { name = fresh(\"x\") }\n"
            "assert starts(a.id, \"vpc-\") else \"odd id \\(a.id)\"\n"
            "out text = \"<\\(a.id)>\"\n"
            "out maybe = if a.id == \"\" then 1 else 2\n"
            "out list = [for x in [a.id, \"k\"]: upper(x)]\n");
    has(&w, "assert_1  (assert)\n  uses a\n");
    assert_str(lang_world_input(&w, "text", ""), "\"<\\(a.id)>\"");
    assert_str(lang_world_input(&w, "a", "name"), "fresh(\"x\")");
    assert_str(lang_world_input(&w, "maybe", ""), "if a.id == \"\" then 1 else 2");
    lang_world_fini(&w);
}

static void parameters(void **state)
{
    (void)state;
    static const char text[] = "param env: \"dev\" | \"prod\" = \"dev\"\nparam n: int = 1\nparam blocks: list[cidr4] = []\nparam need: string\n"
                               "out o = \"\\(env) \\(n) \\(size(blocks)) \\(need)\"\n";
    struct arena *a = arena_new();
    struct pair good[] = { { STR("env"), value_string(a, STR("prod")) },
                           { STR("n"), value_string(a, STR("7")) },
                           { STR("blocks"), value_string(a, STR("[10.0.0.0/8]")) },
                           { STR("need"), value_string(a, STR("x")) } };
    struct lang_world w = { .options = { .params = good, .nparams = 4 } };
    run(&w, text);
    assert_str(lang_world_input(&w, "o", ""), "\"prod 7 1 x\"");
    assert_str(value_text(a, value_get(w.result.graph->params, STR("n"))), "7");
    lang_world_fini(&w);

    struct pair wrong[] = { { STR("env"), value_string(a, STR("test")) }, { STR("need"), value_string(a, STR("x")) } };
    struct lang_world v = { .options = { .params = wrong, .nparams = 2 } };
    run(&v, text);
    assert_int_equal(v.diags.errors, 1);
    assert_true(str_find(lang_world_diags(&v), STR("E0505")) != SIZE_MAX);
    lang_world_fini(&v);

    struct pair unknown[] = { { STR("evn"), value_string(a, STR("dev")) }, { STR("need"), value_string(a, STR("x")) } };
    struct lang_world u = { .options = { .params = unknown, .nparams = 2 } };
    run(&u, text);
    assert_true(str_find(lang_world_diags(&u), STR("did you mean `env`")) != SIZE_MAX);
    lang_world_fini(&u);

    struct lang_world none = { 0 };
    run(&none, text);
    assert_true(str_find(lang_world_diags(&none), STR("--set need=")) != SIZE_MAX);
    lang_world_fini(&none);
    arena_free(a);
}

static void limits(void **state)
{
    (void)state;
    struct lang_world w = { 0 };
    run(&w, "let big = size([for a in 1..10000: [for b in 1..10000: a]])\n");
    assert_int_equal(w.diags.errors, 1);
    assert_true(str_find(lang_world_diags(&w), STR("E0403")) != SIZE_MAX);
    lang_world_fini(&w);
    struct lang_world v = { 0 };
    run(&v, "import \"types\"\ncomponent c {\n  Net n { }\n  c again { }\n}\nc x { }\n");
    assert_true(str_find(lang_world_diags(&v), STR("E0404")) != SIZE_MAX);
    assert_int_equal(v.diags.errors, 1);
    lang_world_fini(&v);
}

static void library_types(void **state)
{
    (void)state;
    struct lang_world w = { 0 };
    run(&w, "let x = 1\n");
    const struct rtype *t = lang_rtype(w.program, STR("std/aws/ec2.Vpc"));
    assert_non_null(t);
    assert_str(t->service, "ec2");
    assert_true(t->std && !t->lookup);
    assert_non_null(rtype_step(t, STEP_CREATE, 0));
    assert_true(rtype_step(t, STEP_READ, 0)->many);
    assert_int_equal(rtype_step(t, STEP_FIND, 0)->by, FIND_TAG);
    assert_true(rtype_out(t, STR("id"))->identity);
    assert_str(t->tags, "tags");
    assert_null(lang_rtype(w.program, STR("std/aws/ec2.Nothing")));
    assert_null(lang_rtype(w.program, STR("std/nowhere.X")));
    assert_int_equal(w.diags.errors, 0);
    lang_world_fini(&w);
}

static bool model_text(void *user, struct str service, struct str *text)
{
    struct arena *a = user;
    return stdlib_text(str_fmt(a, "aws/models/%.*s.model", STR_ARG(service)), text);
}

static void bindings_fit_the_service(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct models *m = models_new(model_text, a);
    struct lang_world good = { .options.models = m };
    run(&good, "import \"types\"\nNet a { }\n");
    assert_int_equal(good.diags.errors, 0);
    lang_world_fini(&good);
    static const char create[] = "create CreateVpc { send { CidrBlock = cidr, TagSpecifications = [{ ResourceType = \"vpc\", Tags = all_tags }] }, id = reply.Vpc.VpcId }";
    static const char read[] = "read DescribeVpcs { send { VpcIds = ids }, each = reply.Vpcs, key = it.VpcId, cidr = it.CidrBlock }";
    static const char find[] = "find DescribeVpcs { by = \"name\", each = reply.Vpcs, id = it.VpcId }", delete[] = "delete DeleteVpc { send { VpcId = id } }";
    static const struct {
        const char *create, *read, *find, *delete, *says;  /* NULL: as above */
    } cases[] = {
        { NULL, NULL, "", NULL, "E0311" },
        { NULL, NULL, NULL, "delete DeleteVpc { send { VpcIdd = id } }", "did you mean `VpcId`" },
        { NULL, NULL, NULL, "delete DeleteVpc { send { vpcId = id } }", "did you mean `VpcId`" },
        { NULL, NULL, NULL, "delete DeleteVpc { send { } }", "must be sent `VpcId`" },
        { NULL, NULL, NULL, "delete DeleteVpd { send { VpcId = id } }", "did you mean `DeleteVpc`" },
        { NULL, NULL, NULL, "delete \"ec3:DeleteVpc\" { send { VpcId = id } }", "no service is called `ec3`" },
        { NULL, NULL, "find DescribeVpcs { by = \"name\", each = reply.Vpcss }", NULL, "did you mean `Vpcs`" },
        { NULL, NULL, "find DescribeVpcs { by = \"name\", each = reply.Vpcs, id = it.VpcIdx }", NULL, "has no member `VpcIdx`" },
        { NULL, NULL, "find DescribeVpcs { by = \"name\", each = [for v in reply.Vpcs if v.IsDefault: v], id = it.VpcIdx }", NULL, "has no member `VpcIdx`" },
        { NULL, NULL, "find DescribeVpcs { by = \"name\", each = flatten([for v in reply.Vpcs: v.Tags]), id = it.Kee }", NULL, "did you mean `Key`" },
        { NULL, NULL, "find DescribeVpcs { by = \"name\", each = reply.Vpcs, id = it.Vpc ?? it.VpcIdx }", NULL, "has no member `Vpc`" },
        { NULL, NULL, "find DescribeVpcs { by = \"colour\", each = reply.Vpcs }", NULL, "relation" },
        { NULL, NULL, "find DescribeVpcs { by = \"token\", each = reply.Vpcs }", NULL, "takes no idempotency token" },
        { NULL, NULL, "find DescribeVpcs { by = \"name\", send { Filters = [{ Nmae = \"x\" }] }, each = reply.Vpcs }", NULL, "takes no `Nmae`" },
        { "create CreateVpc { send { CidrBlock = cidr, InstanceTenancy = \"defualt\", TagSpecifications = [{ ResourceType = \"vpc\", Tags = all_tags }] }, id = reply.Vpc.VpcId }",
          NULL, NULL, NULL, "is none of the values of `Tenancy`" },
        { "create CreateVpc { send { CidrBlock = cidr }, id = reply.Vpc.VpcId }", NULL, NULL, NULL, "TagSpecifications" },
        { "create CreateVpc { send { CidrBlock = cidr, TagSpecifications = if cidr == 10.0.0.0/8 then [] else [{ ResourceType = \"vpc\", Tag = all_tags }] }, id = reply.Vpc.VpcId }", NULL, NULL,
          NULL, "did you mean `Tags`" },
        { NULL, NULL, NULL, "delete DeleteVpc { send { VpcId = id } }\nready { until = live.Stat == \"available\" }", "did you mean `State`" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str text = str_fmt(a, "resource V @aws(\"ec2\") {\n cidr: cidr4 @replace\n out id: id[\"vpc\"]\n %s\n %s\n %s\n %s\n}\n", cases[i].create ? cases[i].create : create,
                                  cases[i].read ? cases[i].read : read, cases[i].find ? cases[i].find : find, cases[i].delete ? cases[i].delete : delete);
        struct lang_world w = { .options.models = m };
        run(&w, str_c(a, text));
        struct str d = lang_world_diags(&w);
        if (cases[i].says && (w.diags.errors != 1 || str_find(d, str_of(cases[i].says)) == SIZE_MAX))
            fail_msg("case %zu wants `%s`, got:\n%.*s", i, cases[i].says, STR_ARG(d));
        lang_world_fini(&w);
    }
    models_free(m);
    arena_free(a);
}

/* Every binding of the library names operations, members and reply paths that exist, and what is inside has types. */
static void library_checks(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct models *m = models_new(model_text, a);
    struct lang_world w = { .options = { .models = m, .check_all = true, .offline = true } };
    run(&w, "import \"std/cluster\"\nimport \"std/aws/ssm\" as ssm\nimport \"std/aws/sts\" as sts\n");
    if (w.diags.errors)
        fail_msg("%.*s", STR_ARG(lang_world_diags(&w)));
    lang_world_fini(&w);
    models_free(m);
    arena_free(a);
}

/* A long program that uses much of the language has nothing wrong with it. */
static void much_of_the_language(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    FILE *f = fopen("tests/golden/check/_everything.kcl", "rb");
    assert_non_null(f);
    char *text = arena_alloc(a, 1 << 16);
    text[fread(text, 1, (1 << 16) - 1, f)] = 0;
    fclose(f);
    struct lang_world w = { .options.offline = true };
    run(&w, text);
    if (w.diags.n)
        fail_msg("%.*s", STR_ARG(lang_world_diags(&w)));
    has(&w, "c.node_pool.work[\"a\"].group  ");
    has(&w, "net[\"eu-west-1c\"]  ");
    hasnt(&w, "wide_net");
    assert_true(graph_find(w.result.graph, STR("c.node_pool.work[\"b\"].group"))->protect.on);
    lang_world_fini(&w);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_and_variants), cmocka_unit_test(edges),      cmocka_unit_test(lookups_in_rounds), cmocka_unit_test(apply_values_decide_nothing),
        cmocka_unit_test(marks_and_provider), cmocka_unit_test(asserts_and_unknowns), cmocka_unit_test(parameters), cmocka_unit_test(limits), cmocka_unit_test(library_types),
        cmocka_unit_test(bindings_fit_the_service), cmocka_unit_test(library_checks), cmocka_unit_test(much_of_the_language),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
