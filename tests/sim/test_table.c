/* test_table.c - for every field of examples/quickstart.kcl: which change gives which set of (address, action, field), and that after the
 * apply there is nothing left to do. Addresses are without "payments."; a line reads: action fields: addresses. */
#include "kctest.h"
#include "lang_kit.h"
#include "stack.h"
#include <stdlib.h>

struct row { const char *name, *from, *to, *want; };

static const char *const tagged =
    "access.entry[\"arn:aws:iam::111122223333:role/platform\"] control_plane.eks.addon[\"eks-pod-identity-agent\"] "
    "control_plane.eks.addon[\"kube-proxy\"] control_plane.eks.addon[\"vpc-cni\"] control_plane.eks.cluster control_plane.eks.oidc "
    "control_plane.eks.role network.internet network.main network.nat_address[\"eu-west-1a\"] network.nat_gateway[\"eu-west-1a\"] "
    "network.private[\"eu-west-1a\"] network.private[\"eu-west-1b\"] network.private[\"eu-west-1c\"] network.private_table[\"eu-west-1a\"] "
    "network.private_table[\"eu-west-1b\"] network.private_table[\"eu-west-1c\"] network.public[\"eu-west-1a\"] network.public[\"eu-west-1b\"] "
    "network.public[\"eu-west-1c\"] network.public_table node_addon[\"coredns\"] node_role";

static const struct row rows[] = {
    { "param env", "= \"dev\"", "= \"prod\"",
      "create : network.nat_address[\"eu-west-1b\"] network.nat_address[\"eu-west-1c\"] network.nat_gateway[\"eu-west-1b\"] "
      "network.nat_gateway[\"eu-west-1c\"]\n"
      "update (disruptive) template_version?,tags: node_pool.general.group\n"
      "update instance_tags,tags: node_pool.general.template\n"
      "update nat_gateway: network.private_route[\"eu-west-1b\"] network.private_route[\"eu-west-1c\"]\n"
      "update tags: TAGGED\n" },
    { "tags", "team = \"payments\"", "team = \"core\"",
      "update (disruptive) template_version?,tags: node_pool.general.group\n"
      "update instance_tags,tags: node_pool.general.template\n"
      "update tags: TAGGED\n" },
    { "version", "v1.34", "v1.35",
      "update (disruptive) version: node_pool.general.group\n"
      "update kubernetes: control_plane.eks.addon[\"eks-pod-identity-agent\"] control_plane.eks.addon[\"kube-proxy\"] "
      "control_plane.eks.addon[\"vpc-cni\"] node_addon[\"coredns\"]\n"
      "update version: control_plane.eks.cluster\n" },
    { "public_access", "203.0.113.0/24", "203.0.113.0/24, 198.51.100.7/32", "update public_access_cidrs: control_plane.eks.cluster\n" },
    { "public_access, nobody", "[203.0.113.0/24]", "[]", "update public_access,public_access_cidrs: control_plane.eks.cluster\n" },
    { "cidr", "10.20.0.0/16", "10.21.0.0/16",
      "replace (create first) cidr_block: network.main\n"
      "replace (create first) table,gateway: network.public_route\n"
      "replace (create first) table,subnet: network.private_association[\"eu-west-1a\"] network.private_association[\"eu-west-1b\"] "
      "network.private_association[\"eu-west-1c\"] network.public_association[\"eu-west-1a\"] network.public_association[\"eu-west-1b\"] "
      "network.public_association[\"eu-west-1c\"]\n"
      "replace (create first) vpc,cidr_block: network.private[\"eu-west-1a\"] network.private[\"eu-west-1b\"] network.private[\"eu-west-1c\"] "
      "network.public[\"eu-west-1a\"] network.public[\"eu-west-1b\"] network.public[\"eu-west-1c\"]\n"
      "replace (create first) vpc: network.internet network.private_table[\"eu-west-1a\"] network.private_table[\"eu-west-1b\"] "
      "network.private_table[\"eu-west-1c\"] network.public_table\n"
      "replace (delete first) : access.admin[\"arn:aws:iam::111122223333:role/platform\"] access.entry[\"arn:aws:iam::111122223333:role/platform\"] "
      "control_plane.eks.addon[\"eks-pod-identity-agent\"] control_plane.eks.addon[\"kube-proxy\"] control_plane.eks.addon[\"vpc-cni\"] "
      "node_addon[\"coredns\"]\n"
      "replace (delete first) subnet: network.nat_gateway[\"eu-west-1a\"]\n"
      "replace (delete first) subnets: node_pool.general.group\n"
      "replace (delete first) table,nat_gateway: network.private_route[\"eu-west-1a\"] network.private_route[\"eu-west-1b\"] "
      "network.private_route[\"eu-west-1c\"]\n"
      "replace (delete first) url: control_plane.eks.oidc\n"
      "replace (delete first) vpc,subnets: control_plane.eks.cluster\n" },
    { "zones", "zones = 3", "zones = 4",
      "create : network.private[\"eu-west-1d\"] network.private_association[\"eu-west-1d\"] network.private_route[\"eu-west-1d\"] "
      "network.private_table[\"eu-west-1d\"] network.public[\"eu-west-1d\"] network.public_association[\"eu-west-1d\"]\n"
      "replace (create first) subnets: node_pool.general.group\n" },
    { "nat, none", "nat = if env == \"prod\" then \"per_zone\" else \"single\"", "nat = \"none\"\n    endpoints = [\"s3\"]",
      "create : network.gateway_endpoint[\"s3\"]\n"
      "delete : network.nat_address[\"eu-west-1a\"] network.nat_gateway[\"eu-west-1a\"] network.private_route[\"eu-west-1a\"] "
      "network.private_route[\"eu-west-1b\"] network.private_route[\"eu-west-1c\"]\n" },
    { "nat, per zone", "else \"single\"", "else \"per_zone\"",
      "create : network.nat_address[\"eu-west-1b\"] network.nat_address[\"eu-west-1c\"] network.nat_gateway[\"eu-west-1b\"] "
      "network.nat_gateway[\"eu-west-1c\"]\n"
      "update nat_gateway: network.private_route[\"eu-west-1b\"] network.private_route[\"eu-west-1c\"]\n" },
    { "instance", "m6i.large", "m6i.xlarge", "replace (create first) instances: node_pool.general.group\n" },
    { "nodes", "2..6", "3..8", "update minimum,maximum: node_pool.general.group\n" },
    { "disk", "80GiB", "100GiB",
      "update (disruptive) template_version?: node_pool.general.group\n"
      "update disk: node_pool.general.template\n" },
    { "labels, value", "workload = \"general\"", "workload = \"batch\"", "update labels: node_pool.general.group\n" },
    { "labels, one more", "workload = \"general\"", "workload = \"general\", extra = \"1\"", "update labels: node_pool.general.group\n" },
    { "labels, none", "labels = { workload = \"general\" }", "labels = {}", "update labels: node_pool.general.group\n" },
    { "admins", "role/platform", "role/ops",
      "create : access.admin[\"arn:aws:iam::111122223333:role/ops\"] access.entry[\"arn:aws:iam::111122223333:role/ops\"]\n"
      "delete : access.admin[\"arn:aws:iam::111122223333:role/platform\"] access.entry[\"arn:aws:iam::111122223333:role/platform\"]\n" },
    { "label of the pool", "node_pool general", "node_pool main",
      "create : node_pool.main.group node_pool.main.template\n"
      "delete : node_pool.general.group node_pool.general.template\n" },
    { "out", "out kubeconfig = payments.kubeconfig", "out endpoint = payments.endpoint", "" },
};

static struct str got;                                     /* what the last plan says, in the rows' form */

static int by_text(const void *x, const void *y)
{
    return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

static struct str key_of(struct arena *a, const struct plan_item *x)
{
    struct buf b = { 0 };
    buf_fmt(&b, "%s ", action_name(x->action));
    for (size_t i = 0; i < x->nchanges; i++)
        buf_fmt(&b, "%s%.*s%s", i ? "," : "", STR_ARG(x->changes[i].field), x->changes[i].unknown ? "?" : "");
    return buf_take(&b, a);
}

static void note_plan(struct stack *s, struct plan *p)
{
    struct str *line = ARENA_ARRAY(s->a, struct str, p->nitems), key = STR_NONE;
    size_t n = 0;
    for (size_t i = 0; i < p->nitems; i++)
        if (p->items[i]->action != ACTION_NOOP) {
            struct str addr = p->items[i]->addr;
            addr = str_starts(addr, STR("payments.")) ? str_sub(addr, 9, addr.n) : addr;
            line[n++] = str_fmt(s->a, "%.*s: \t%.*s", STR_ARG(key_of(s->a, p->items[i])), STR_ARG(addr));
        }
    qsort(line, n, sizeof *line, by_text);
    struct buf b = { 0 };
    for (size_t i = 0; i < n; i++) {
        struct str rest = line[i], head;
        str_cut(&rest, '\t', &head);
        bool same = i && str_eq(head, key);
        buf_fmt(&b, "%s%.*s%.*s", i ? same ? " " : "\n" : "", same ? 0 : (int)head.n, head.s, STR_ARG(rest));
        key = head;
    }
    buf_cstr(&b, n ? "\n" : "");
    got = buf_take(&b, s->a);
}

/* from -> to in the text, once. */
static struct str edited(struct arena *a, struct str text, const char *from, const char *to)
{
    size_t at = str_find(text, str_of(from));
    if (at == SIZE_MAX)
        fail_msg("the example has no %s", from);
    return str_fmt(a, "%.*s%s%.*s", STR_ARG(str_sub(text, 0, at)), to, STR_ARG(str_sub(text, at + strlen(from), text.n)));
}

static bool check_row(const struct row *r, struct str base)
{
    struct stack *s = stack_new("examples/quickstart.kcl", NULL);
    s->text = base;
    stack_must(s, STACK_APPLY, 0);
    s->text = edited(s->a, base, r->from, r->to);
    s->before_run = note_plan;
    got = STR_NONE;
    int code = stack_run(s, STACK_APPLY);
    struct str want = str_of(r->want);
    size_t at = str_find(want, STR("TAGGED"));
    if (at != SIZE_MAX)
        want = edited(s->a, want, "TAGGED", tagged);
    bool ok = code == 0 && str_eq(got, want);
    if (!str_eq(got, want))
        fprintf(stderr, "%s: got\n%.*s  want\n%.*s", r->name, STR_ARG(got), STR_ARG(want));
    if (code)
        fprintf(stderr, "%s: apply ends with %d: %.*s\n%.*s", r->name, code, STR_ARG(s->why), STR_ARG(stack_problems(s)));
    s->before_run = NULL;
    if (ok && stack_run(s, STACK_PLAN) != 0) {
        fprintf(stderr, "%s: after the apply there is still something to do\n", r->name);
        ok = false;
    }
    stack_free(s);
    return ok;
}

static void test_rows(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    size_t bad = 0;
    struct str base = lang_kit_file(a, "examples/quickstart.kcl");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        bad += !check_row(&rows[i], base);
    arena_free(a);
    assert_int_equal(bad, 0);
}

/* Another region is another place: what is regional is made anew there and then goes here, what is global stays. */
static void test_region(void **state)
{
    (void)state;
    struct stack *s = stack_new("examples/quickstart.kcl", NULL);
    struct str base = lang_kit_file(s->a, "examples/quickstart.kcl");
    s->text = base;
    stack_must(s, STACK_APPLY, 0);
    s->text = edited(s->a, base, "eu-west-1", "eu-central-1");
    s->before_run = note_plan;
    stack_must(s, STACK_APPLY, 0);
    assert_true(str_find(got, STR("node_role")) == SIZE_MAX);
    assert_true(str_find(got, STR("replace (create first) vpc,subnets: control_plane.eks.cluster\n")) != SIZE_MAX);
    s->before_run = NULL;
    stack_must(s, STACK_PLAN, 0);
    stack_must(s, STACK_DESTROY, 0);
    assert_int_equal(sim_count(s->sim, STR_NONE), 0);
    stack_free(s);
}

/* The order of things in a file, comments and layout do not matter. */
static void test_nothing(void **state)
{
    (void)state;
    struct stack *s = stack_new("examples/quickstart.kcl", NULL);
    struct str base = lang_kit_file(s->a, "examples/quickstart.kcl");
    s->text = base;
    stack_must(s, STACK_APPLY, 0);
    s->text = edited(s->a, edited(s->a, base, "zones = 3", "# three\n    zones = 1 + 2"), "disk = 80GiB", "disk = 81920MiB");
    stack_must(s, STACK_PLAN, 0);
    stack_free(s);
}

/* Any of the changes together, one set after another: each is carried out whole, and then there is nothing to do. */
static void test_together(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 3; seed++) {
        uint32_t dice = seed * 2654435761u;
        struct stack *s = stack_new("examples/quickstart.kcl", NULL);
        struct str base = lang_kit_file(s->a, "examples/quickstart.kcl");
        for (int step = 0; step < 4; step++) {
            struct buf said = { 0 };
            s->text = base;
            for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                dice = dice * 1664525u + 1013904223u;
                bool one_way = strcmp(rows[i].name, "version") == 0 || strcmp(rows[i].name, "nat, none") == 0 || strcmp(rows[i].name, "zones") == 0;   /* no way back; no way out */
                if (one_way || dice >> 24 > 80 || str_find(s->text, str_of(rows[i].from)) == SIZE_MAX)
                    continue;
                s->text = edited(s->a, s->text, rows[i].from, rows[i].to);
                buf_fmt(&said, "%s; ", rows[i].name);
            }
            int applied = stack_run(s, STACK_APPLY), left = applied ? 0 : stack_run(s, STACK_PLAN);
            if (applied || left)
                fail_msg("seed %u, step %d: %.*sapply %d, plan %d: %.*s", (unsigned)seed, step, STR_ARG(buf_view(&said)), applied, left, STR_ARG(applied ? stack_problems(s) : s->why));
            buf_fini(&said);
        }
        stack_must(s, STACK_DESTROY, 0);
        assert_int_equal(sim_count(s->sim, STR_NONE), 0);
        stack_free(s);
    }
}

static void test_destroy(void **state)
{
    (void)state;
    struct stack *s = stack_new("examples/quickstart.kcl", NULL);
    stack_must(s, STACK_APPLY, 0);
    size_t objects = sim_count(s->sim, STR_NONE);
    stack_must(s, STACK_DESTROY, 0);
    assert_int_equal(sim_count(s->sim, STR_NONE), 0);
    stack_must(s, STACK_DESTROY, 0);                                           /* nothing to do, and fine */
    stack_must(s, STACK_APPLY, 0);
    assert_int_equal(sim_count(s->sim, STR_NONE), objects);
    stack_must(s, STACK_PLAN, 0);
    stack_free(s);
}

/* The estimate against the run, over 20 seeds with log-normal durations: how far off, and whether the path printed is the path of the run. */
struct run { int64_t estimate; char path[1024]; struct str *addr; };  /* addr: of each operation, empty without one; outlives the program */
static struct run last;

/* Three add-ons take the same time: which is the last is chance, and the plan says addon[*]. */
static struct str without_key(struct str addr)
{
    size_t at = addr.n;
    while (at && addr.s[at - 1] != '[')
        at--;
    return at && addr.s[addr.n - 1] == ']' ? str_sub(addr, 0, at - 1) : addr;
}

static void note_estimate(struct stack *s, struct plan *p)
{
    size_t n = 0;
    last.estimate = p->estimate;
    last.addr = ARENA_ARRAY(s->a, struct str, p->nops);
    for (size_t i = 0; i < p->nops; i++)
        if (p->ops[i]->item)
            last.addr[i] = str_dup(s->a, without_key(p->ops[i]->item->addr));
    last.path[0] = 0;
    for (size_t i = 0; i < p->ncritical; i++) {
        const struct plan_op *op = p->ops[p->critical[i]];
        if (op->item && op->usual * 50 >= p->estimate && n < sizeof last.path)
            n += (size_t)snprintf(last.path + n, sizeof last.path - n, "%.*s;", STR_ARG(last.addr[op->index]));
    }
}

/* The operations that took more than 2 %, from the one that ended last back to what each waited for: the dependency that ended last. */
static void path_of_run(const struct stack *s, char *out, size_t cap)
{
    const struct plan *p = s->plan;
    const struct op_report *r = s->result.reports;
    size_t chain[256], n = 0, at = 0;
    for (size_t i = 0; i < s->result.n; i++)
        at = r[i].ended > r[at].ended ? i : at;
    for (bool more = true; more && n < 256;) {
        chain[n++] = at;
        const struct plan_op *op = p->ops[at];
        more = op->ndeps > 0;
        for (size_t k = 0; k < op->ndeps; k++)
            at = k == 0 || r[op->deps[k]].ended > r[at].ended ? op->deps[k] : at;
    }
    size_t len = 0;
    for (out[0] = 0; n-- > 0;) {
        struct str addr = last.addr[chain[n]];
        int64_t took = r[chain[n]].ended - r[chain[n]].started;
        if (addr.n && took * 50 >= s->result.took && len < cap)
            len += (size_t)snprintf(out + len, cap - len, "%.*s;", STR_ARG(addr));
    }
}

static int by_size(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return a < b ? -1 : a > b;
}

static void test_estimate(void **state)
{
    (void)state;
    enum { SEEDS = 20 };
    double ratio[SEEDS], sum = 0;
    size_t same = 0;
    for (unsigned i = 0; i < SEEDS; i++) {
        char path[1024];
        struct stack *s = stack_new("examples/quickstart.kcl", &(struct sim_options){ .seed = i + 1, .strict_limits = true });
        s->before_run = note_estimate;
        stack_must(s, STACK_APPLY, 0);
        path_of_run(s, path, sizeof path);
        same += strcmp(path, last.path) == 0;
        if (strcmp(path, last.path) != 0)
            fprintf(stderr, "seed %u: path %s\n   plan said %s\n", i + 1, path, last.path);
        ratio[i] = (double)s->result.took / (double)last.estimate;
        sum += ratio[i];
        stack_free(s);
    }
    qsort(ratio, SEEDS, sizeof *ratio, by_size);
    fprintf(stderr, "run over estimate: least %.2f, median %.2f, mean %.2f, most %.2f; the path is the plan's in %zu of %d\n", ratio[0],
            (ratio[9] + ratio[10]) / 2, sum / SEEDS, ratio[SEEDS - 1], same, SEEDS);
    assert_true(ratio[0] > 0.85 && ratio[SEEDS - 1] < 1.2);
    assert_int_equal(same, SEEDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows), cmocka_unit_test(test_region), cmocka_unit_test(test_nothing), cmocka_unit_test(test_together),
                                        cmocka_unit_test(test_destroy), cmocka_unit_test(test_estimate) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
