/* test_std.c - the standard library against the simulated AWS: what is changed in place, what another hand moved, what is refused while planning,
 * and that names keep apart. Each row is applied, changed, applied again; then there is nothing left to do. */
#include <string.h>
#include "kctest.h"
#include "lang_kit.h"
#include "sim_test.h"
#include "stack.h"

#define VPC "import \"std/aws/ec2\" as ec2\nec2.Vpc v { cidr_block = 10.0.0.0/16, dns_hostnames = true }\n"
#define RAW "import \"std/aws/eks\" as eks\nimport \"std/aws/iam\" as iam\n" VPC \
    "ec2.Subnet a { vpc = v.id, zone = \"eu-west-1a\", cidr_block = 10.0.0.0/24 }\n" \
    "ec2.Subnet b { vpc = v.id, zone = \"eu-west-1b\", cidr_block = 10.0.1.0/24 }\n" \
    "ec2.Subnet b2 { vpc = v.id, zone = \"eu-west-1b\", cidr_block = 10.0.2.0/24 }\n" \
    "ec2.Subnet c { vpc = v.id, zone = \"eu-west-1c\", cidr_block = 10.0.3.0/24 }\n" \
    "iam.Role r { name = \"cp\", trust = iam.trust_service([\"eks.amazonaws.com\"]) }\n" \
    "iam.PolicyAttachment rp { role = r.name, policy = \"arn:aws:iam::aws:policy/AmazonEKSClusterPolicy\" }\n" \
    "eks.Cluster k @after(rp) { name = \"raw\", version = v1.33, role = r.arn, vpc = v.id, subnets = [a.id, b.id]"

#define SMALL(more) "import \"std/cluster\"\ncluster demo {\n  region = \"eu-west-1\"\n  control_plane eks { version = v1.33 }\n  network { zones = 2 }\n" more "\n}\n"
#define POOL "  node_pool general { nodes = 1..3 }\n"

struct change { const char *name, *before, *after, *want; };
static const struct change changes[] = {
    { "ports and block of a rule", VPC "ec2.SecurityGroup g { name = \"g\", description = \"g\", vpc = v.id }\nec2.IngressRule x { group = g.id, from_port = 22, to_port = 22, block = 10.0.0.0/8 }\n",
      VPC "ec2.SecurityGroup g { name = \"g\", description = \"g\", vpc = v.id }\nec2.IngressRule x { group = g.id, from_port = 443, to_port = 444, block = 10.1.0.0/16 }\n",
      "update x from_port,to_port,block\n" },
    { "all ICMP, written in two ways", VPC "ec2.SecurityGroup g { name = \"g\", description = \"g\", vpc = v.id }\nec2.EgressRule x { group = g.id, protocol = \"icmp\", from_port = -1, to_port = -1, block = 10.0.0.0/8 }\n",
      VPC "ec2.SecurityGroup g { name = \"g\", description = \"g\", vpc = v.id }\nec2.EgressRule x { group = g.id, protocol = \"icmp\", from_port = -1, to_port = -1, block = 10.0.0.0/9 }\n",
      "update x block\n" },
    { "audiences of a provider", "import \"std/aws/iam\" as iam\niam.OidcProvider o { url = \"https://issuer.example/1\", audiences = [\"one\", \"two\"] }\n",
      "import \"std/aws/iam\" as iam\niam.OidcProvider o { url = \"https://issuer.example/1\", audiences = [\"three\", \"two\"] }\n", "update o audiences\n" },
    { "the role of a profile", "import \"std/aws/iam\" as iam\niam.Role one { name = \"one\", trust = iam.trust_service([\"ec2.amazonaws.com\"]) }\niam.Role two { name = \"two\", trust = iam.trust_service([\"ec2.amazonaws.com\"]) }\n"
      "iam.InstanceProfile p { name = \"p\", role = one.name }\n",
      "import \"std/aws/iam\" as iam\niam.Role one { name = \"one\", trust = iam.trust_service([\"ec2.amazonaws.com\"]) }\niam.Role two { name = \"two\", trust = iam.trust_service([\"ec2.amazonaws.com\"]) }\n"
      "iam.InstanceProfile p { name = \"p\", role = two.name }\n", "update p role\n" },
    { "private DNS of an endpoint", VPC "ec2.Subnet a { vpc = v.id, zone = \"eu-west-1a\", cidr_block = 10.0.0.0/24 }\n"
      "ec2.VpcEndpoint e { vpc = v.id, service_name = \"com.amazonaws.eu-west-1.sts\", kind = \"Interface\", subnets = [a.id] }\n",
      VPC "ec2.Subnet a { vpc = v.id, zone = \"eu-west-1a\", cidr_block = 10.0.0.0/24 }\n"
      "ec2.VpcEndpoint e { vpc = v.id, service_name = \"com.amazonaws.eu-west-1.sts\", kind = \"Interface\", subnets = [a.id], private_dns = true }\n", "update e private_dns\n" },
    { "addresses taken away", RAW ", public_access_cidrs = [203.0.113.0/24] }\n", RAW " }\n", "update k public_access_cidrs\n" },
    { "endpoints and addresses together", RAW ", public_access_cidrs = [203.0.113.0/24] }\n", RAW ", private_access = false }\n", "update k private_access,public_access_cidrs\n" },
    { "a key for secrets, later", RAW " }\n", RAW ", secrets_key = \"arn:aws:kms:eu-west-1:111122223333:key/1\" }\n", "update k secrets_key\n" },
    { "logs and protection", RAW ", logs = [\"api\"] }\n", RAW ", logs = [\"audit\", \"api\"], deletion_protection = true }\n", "update k logs,deletion_protection\n" },
    { "another subnet of the same zone", RAW " }\n", RAW ", by_zone = { \"eu-west-1a\" = [a.id], \"eu-west-1b\" = [b2.id], \"eu-west-1c\" = [c.id] } }\n", "update k subnets\n" },
    { "the last pool goes", SMALL(POOL "  addon \"metrics-server\" { }\n"), SMALL("  addon \"metrics-server\" { }\n"),
      "delete demo.node_pool.general.group \ndelete demo.node_pool.general.template \n" },
    { "a viewer of everything and of a part", SMALL("  access { viewers = [\"arn:aws:iam::111122223333:role/s\"] }\n"),
      SMALL("  access { viewers = [\"arn:aws:iam::111122223333:role/s\"], namespaced = [{ principal = \"arn:aws:iam::111122223333:role/s\", namespaces = [\"x\"], level = \"view\" }] }\n"), "" },
};

static struct str said;                                    /* what the last plan holds: "action address fields" a line */

static void note_plan(struct stack *s, struct plan *p)
{
    struct buf b = { 0 };

    for (size_t i = 0; i < p->nitems; i++) {
        const struct plan_item *x = p->items[i];

        if (x->action == ACTION_NOOP)
            continue;
        buf_fmt(&b, "%s %.*s ", action_name(x->action), STR_ARG(x->addr));
        for (size_t k = 0; k < x->nchanges; k++)
            buf_fmt(&b, "%s%.*s", k ? "," : "", STR_ARG(x->changes[k].field));
        buf_putc(&b, '\n');
    }
    said = buf_take(&b, s->a);
}

static bool check_change(const struct change *c)
{
    struct stack *s = stack_new("test_std.kcl", NULL);
    bool ok;

    s->text = str_of(c->before);
    stack_must(s, STACK_APPLY, 0);
    s->text = str_of(c->after);
    s->before_run = note_plan;
    said = STR_NONE;
    ok = stack_run(s, STACK_APPLY) == 0;
    if (!ok)
        fprintf(stderr, "%s: %.*s\n%.*s", c->name, STR_ARG(s->why), STR_ARG(stack_problems(s)));
    if (!str_is(said, c->want)) {
        fprintf(stderr, "%s: planned\n%.*s  and not\n%s", c->name, STR_ARG(said), c->want);
        ok = false;
    }
    s->before_run = NULL;
    if (ok && stack_run(s, STACK_PLAN) != 0) {
        fprintf(stderr, "%s: afterwards there is still something to do\n", c->name);
        ok = false;
    }
    stack_free(s);
    return ok;
}

static void changed_in_place(void **state)
{
    size_t bad = 0;

    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        bad += !check_change(&changes[i]);
    assert_int_equal(bad, 0);
}

/* What cannot be is said before anything is sent. */
static void refused_while_planning(void **state)
{
    static const struct change rows[] = {
        { "back to the config map", RAW " }\n", RAW ", authentication = \"API_AND_CONFIG_MAP\" }\n", "authentication" },
        { "another key for secrets", RAW ", secrets_key = \"arn:aws:kms:eu-west-1:111122223333:key/1\" }\n", RAW ", secrets_key = \"arn:aws:kms:eu-west-1:111122223333:key/2\" }\n", "secrets_key" },
        { "fewer zones", RAW " }\n", RAW ", by_zone = { \"eu-west-1b\" = [b.id, b2.id] } }\n", "eu-west-1a" },
        { "a minor back", RAW " }\n", RAW " }\n", "version" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct stack *s = stack_new("test_std.kcl", NULL);
        struct str back = str_of(rows[i].after);

        s->text = str_of(rows[i].before);
        stack_must(s, STACK_APPLY, 0);
        if (str_is(str_of(rows[i].want), "version")) {
            size_t at = str_find(back, STR("v1.33"));
            back = str_fmt(s->a, "%.*sv1.32%.*s", STR_ARG(str_sub(back, 0, at)), STR_ARG(str_sub(back, at + 5, back.n)));
        }
        s->text = back;
        if (stack_run(s, STACK_PLAN) != 1 || str_find(s->why, str_of(rows[i].want)) == SIZE_MAX)
            fail_msg("%s: %.*s", rows[i].name, STR_ARG(s->why));
        stack_free(s);
    }
}

/* ---- another hand ---- */
static const struct value *hand(struct stack *s, const char *service, const char *op, const char *json)
{
    struct sim_test t = { .a = s->a, .models = s->models, .world = s->t, .sim = s->sim, .region = STR("eu-west-1") };

    return sim_ok(&t, service, op, json);
}

static const char *text(struct stack *s, const struct value *v, const char *path)
{
    struct sim_test t = { .a = s->a };

    return sim_text(&t, v, path);
}

static void other_hands_are_set_right(void **state)
{
    struct stack *s = stack_new("test_std.kcl", NULL);
    const char *link, *table, *gateway, *vpc;
    const struct value *r;

    (void)state;
    s->text = STR(VPC "ec2.InternetGateway i { vpc = v.id }\nec2.Subnet a { vpc = v.id, zone = \"eu-west-1a\", cidr_block = 10.0.0.0/24 }\nec2.RouteTable one { vpc = v.id }\n"
                  "ec2.RouteTable two { vpc = v.id }\nec2.RouteTableAssociation x { table = one.id, subnet = a.id }\n");
    stack_must(s, STACK_APPLY, 0);
    r = hand(s, "ec2", "DescribeRouteTables", "{\"Filters\":[{\"Name\":\"association.subnet-id\",\"Values\":[\"*\"]}]}");
    link = text(s, r, "RouteTables.0.Associations.0.RouteTableAssociationId");
    r = hand(s, "ec2", "DescribeRouteTables", "{\"Filters\":[{\"Name\":\"association.main\",\"Values\":[\"true\"]}]}");
    table = text(s, r, "RouteTables.0.RouteTableId");
    hand(s, "ec2", "ReplaceRouteTableAssociation", str_c(s->a, str_fmt(s->a, "{\"AssociationId\":\"%s\",\"RouteTableId\":\"%s\"}", link, table)));
    r = hand(s, "ec2", "DescribeInternetGateways", "{}");
    gateway = text(s, r, "InternetGateways.0.InternetGatewayId");
    vpc = text(s, r, "InternetGateways.0.Attachments.0.VpcId");
    hand(s, "ec2", "DetachInternetGateway", str_c(s->a, str_fmt(s->a, "{\"InternetGatewayId\":\"%s\",\"VpcId\":\"%s\"}", gateway, vpc)));
    s->before_run = note_plan;
    stack_must(s, STACK_APPLY, 0);
    if (!str_is(said, "update i vpc\nupdate x table\n") && !str_is(said, "update x table\nupdate i vpc\n"))
        fail_msg("%.*s", STR_ARG(said));
    s->before_run = NULL;
    stack_must(s, STACK_PLAN, 0);
    stack_must(s, STACK_DESTROY, 0);
    assert_int_equal(sim_count(s->sim, STR_NONE), 0);
    stack_free(s);
}

/* AWS shows a new route in its table before it knows it everywhere: a change that comes too soon is sent again. */
static void what_is_young_is_changed_all_the_same(void **state)
{
    struct stack *s = stack_new("test_std.kcl", &(struct sim_options){ .exact = false, .seed = 1, .lag_ms = 40000, .lag_share = 1 });
    const char *rest = VPC "ec2.InternetGateway i { vpc = v.id }\nec2.Subnet a { vpc = v.id, zone = \"eu-west-1a\", cidr_block = 10.0.0.0/24 }\nec2.NetworkInterface n { subnet = a.id }\n"
                       "ec2.RouteTable t { vpc = v.id }\nec2.Route x @after(i) @after(n) { table = t.id, destination = 10.9.0.0/16, ";

    (void)state;
    s->text = str_fmt(s->a, "%sgateway = i.id }\n", rest);
    stack_must(s, STACK_APPLY, 0);
    s->text = str_fmt(s->a, "%sinterface = n.id }\n", rest);
    stack_must(s, STACK_APPLY, 0);
    stack_must(s, STACK_PLAN, 0);
    stack_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changed_in_place),
        cmocka_unit_test(refused_while_planning),
        cmocka_unit_test(other_hands_are_set_right),
        cmocka_unit_test(what_is_young_is_changed_all_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
