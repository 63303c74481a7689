/* Service models: every committed file loads; what it says is found; a broken one is refused with its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "kc/arena.h"
#include "kc/lang.h"
#include "kc/model.h"

static bool embedded(void *user, struct str service, struct str *text)
{
    struct arena *a = user;
    return stdlib_text(str_fmt(a, "aws/models/%.*s.model", STR_ARG(service)), text);
}

static bool literal(void *user, struct str service, struct str *text)
{
    (void)service;
    *text = str_of(user);
    return true;
}

struct fixture {
    struct arena *a;
    struct models *m;
};

static int open_models(void **state)
{
    static struct fixture f;
    f.a = arena_new();
    f.m = models_new(embedded, f.a);
    *state = &f;
    return 0;
}

static int close_models(void **state)
{
    struct fixture *f = *state;
    models_free(f->m);
    arena_free(f->a);
    return 0;
}

static const struct operation *operation(struct fixture *f, const char *service, const char *name)
{
    struct str why = STR_NONE;
    const struct service *s = model_service(f->m, str_of(service), &why);
    if (!s)
        fail_msg("%.*s", STR_ARG(why));
    const struct operation *op = model_operation(s, str_of(name));
    assert_non_null(op);
    return op;
}

#define IS(x, text) assert_true(str_is((x), (text)))

static void every_service_loads(void **state)
{
    struct fixture *f = *state;
    const struct str *paths;
    size_t n = stdlib_list(&paths), services = 0, operations = 0;
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (size_t i = 0; i < n; i++) {
        if (!str_starts(paths[i], STR("aws/models/")) || !str_ends(paths[i], STR(".model")))
            continue;
        struct str why = STR_NONE;
        const struct service *s = model_service(f->m, str_sub(paths[i], 11, paths[i].n - 6), &why);
        if (!s)
            fail_msg("%.*s", STR_ARG(why));
        services++;
        operations += s->noperations;
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    printf("# %zu services, %zu operations in %.2f ms\n", services, operations,
           (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6);
    assert_true(services >= 20);
    assert_true(operations >= 470);
}

static void facts_of_a_service(void **state)
{
    const struct service *s = operation(*state, "sqs", "CreateQueue")->service;
    assert_int_equal(s->protocol, PROTOCOL_JSON_10);
    assert_true(s->querymode);
    assert_false(s->global);
    IS(s->target, "AmazonSQS");
    s = operation(*state, "elbv2", "CreateLoadBalancer")->service;
    IS(s->id, "Elastic Load Balancing v2");
    IS(s->endpoint, "elasticloadbalancing");
    assert_true(operation(*state, "iam", "GetRole")->service->global);
    assert_false(operation(*state, "sts", "AssumeRole")->service->global);
}

static void facts_of_an_operation(void **state)
{
    const struct operation *op = operation(*state, "eks", "ListClusters");
    IS(op->method, "GET");
    IS(op->uri, "/clusters");
    IS(op->page.token_out, "nextToken");
    IS(op->page.token_in, "nextToken");
    IS(op->page.limit, "maxResults");
    IS(op->page.list, "clusters");
    op = operation(*state, "iam", "ListRoles");
    IS(op->page.more, "IsTruncated");
    IS(op->wrapper, "ListRolesResult");
    IS(op->method, "POST");
    IS(op->uri, "/");
    op = operation(*state, "route53", "CreateHostedZone");
    assert_int_equal(op->status, 201);
    IS(op->root, "CreateHostedZoneRequest");
    assert_true(operation(*state, "s3", "PutBucketPolicy")->checksum);
    assert_true(operation(*state, "sts", "AssumeRoleWithWebIdentity")->unsigned_);
    op = operation(*state, "eks", "CreateCluster");
    assert_int_equal(op->nerrors, 7);
    IS(op->errors[0], "ResourceInUseException");
}

static void facts_of_members(void **state)
{
    const struct shape *in = operation(*state, "ec2", "CreateSecurityGroup")->in;
    const struct member *m = model_member(in, STR("Description"));
    IS(m->wire_in, "GroupDescription");
    assert_true(m->required);
    m = model_member(operation(*state, "ec2", "DescribeVpcs")->out, STR("Vpcs"));
    IS(m->wire_out, "vpcSet");
    IS(model_member(m->shape->elem, STR("CidrBlock"))->wire_out, "cidrBlock");
    m = model_member(operation(*state, "eks", "CreateAddon")->in, STR("clusterName"));
    IS(m->wire_in, "name");
    assert_int_equal(m->location, LOCATION_URI);
    assert_true(model_member(operation(*state, "eks", "CreateAddon")->in, STR("clientRequestToken"))->token);
    assert_true(model_member(operation(*state, "route53", "CreateHostedZone")->in, STR("CallerReference"))->token);
    assert_true(model_member(operation(*state, "secretsmanager", "CreateSecret")->in, STR("SecretString"))->secret);
    in = operation(*state, "s3", "PutBucketTagging")->in;
    IS(in->payload->name, "Tagging");
    IS(in->payload->xmlns, "http://s3.amazonaws.com/doc/2006-03-01/");
    m = model_member(operation(*state, "s3", "DeleteObjects")->in->payload->shape, STR("Objects"));
    assert_true(m->flat);
    IS(m->wire_in, "Object");
    m = model_member(operation(*state, "eks", "DescribeCluster")->out, STR("cluster"));
    const struct shape *status = model_member(m->shape, STR("status"))->shape;
    assert_int_equal(status->kind, SHAPE_ENUM);
    IS(status->values[0], "CREATING");
}

static void names_match_without_case_and_underscore(void **state)
{
    const struct shape *in = operation(*state, "ec2", "CreateVpc")->in;
    IS(model_match(in, STR("cidr_block"))->name, "CidrBlock");
    IS(model_match(in, STR("CIDRBLOCK"))->name, "CidrBlock");
    assert_null(model_match(in, STR("cidr_bloc")));
    assert_null(model_member(in, STR("cidr_block")));
    IS(model_match(operation(*state, "eks", "CreateCluster")->in, STR("resources_vpc_config"))->name, "resourcesVpcConfig");
}

static void paths_lead_through_lists_and_maps(void **state)
{
    struct str bad;
    const struct shape *out = operation(*state, "ec2", "DescribeVpcs")->out;
    assert_int_equal(model_path(out, STR("Vpcs.VpcId"), &bad)->kind, SHAPE_STRING);
    assert_int_equal(model_path(out, STR("Vpcs.0.VpcId"), &bad)->kind, SHAPE_STRING);
    assert_int_equal(model_path(out, STR("Vpcs"), NULL)->kind, SHAPE_LIST);
    assert_null(model_path(out, STR("Vpcs.Nope.More"), &bad));
    IS(bad, "Nope");
    assert_null(model_path(out, STR("Vpcs.VpcId.More"), &bad));
    IS(bad, "More");
    out = operation(*state, "eks", "DescribeCluster")->out;
    assert_int_equal(model_path(out, STR("cluster.tags.anything"), &bad)->kind, SHAPE_STRING);
}

static void unknown_services_are_said(void **state)
{
    struct fixture *f = *state;
    struct str why = STR_NONE;
    assert_null(model_service(f->m, STR("ec3"), &why));
    IS(why, "there is no service model \"ec3\"");
    assert_null(model_operation(operation(f, "ec2", "CreateVpc")->service, STR("CreateVPC")));
}

#define HEAD "service x protocol query api 1 endpoint x sign x id \"X\"\n"

static void broken_models_are_refused(void **state)
{
    (void)state;
    static const struct { const char *text, *why; } cases[] = {
        { "", "a service without operations" },
        { "op A\n", "model x, line 1: the first line, and no other, is the service's" },
        { "service y protocol query api 1 endpoint x sign x id \"X\"\n", "another service: 'y'" },
        { "service x protocol soap api 1 endpoint x sign x id \"X\"\n", "no such protocol: 'soap'" },
        { "service x protocol query api 1 endpoint x sign x id \"X\n", "a quote is not closed" },
        { "service x protocol query api 1 endpoint x sign x\n", "api, endpoint, sign and id must be there" },
        { HEAD, "a service without operations" },
        { HEAD "op A in B\n", "line 2: no such type: 'B'" },
        { HEAD "op A in B\nenum B x\n", "input and output are structs in 'A'" },
        { HEAD "op A GET clusters\n", "a path begins with /: 'clusters'" },
        { HEAD "op A fast\n", "no such fact of an operation: 'fast'" },
        { HEAD "op A status 20000\n", "no such fact of an operation: 'status'" },
        { HEAD "op A page token\n", "paging is written reply>request, not 'token'" },
        { HEAD "op A\nstruct B\n  C string odd\n", "line 4: no such fact of a member: 'odd'" },
        { HEAD "op A\nstruct B\n  C string @cookie\n", "no such fact of a member: '@cookie'" },
        { HEAD "op A\nstruct B\n  C [string\n", "a type is not closed" },
        { HEAD "op A\nstruct B\n  C [string a b]\n", "unexpected word in a type 'b'" },
        { HEAD "op A\nstruct B\n  C {string string}\n", "a map is written {key: value}" },
        { HEAD "op A\nstruct B\n  C string(1-2)\n", "bounds are written (lo..hi)" },
        { HEAD "op A\nstruct B\n  C time:noon\n", "no such time format: 'noon'" },
        { HEAD "op A\nstruct B\n  C\n", "a type is missing" },
        { HEAD "op A\nstruct B\n  C [[[[[[[[[[[[[[[[[[string]]]]]]]]]]]]]]]]]]\n", "nested too deep" },
        { HEAD "op A\nstruct B payload D\n  C string\n", "no payload member 'D'" },
        { HEAD "op A\nstruct B\nstruct B\n", "defined twice: 'B'" },
        { HEAD "op A\nstruct B\n \"\n", "a quote is not closed" },
        { HEAD "op A\nenum B\n", "an enum without values: 'B'" },
        { HEAD "op A\n\n", "line 3: an empty line" },
        { HEAD "op A\nenum B x\n  errors E\n", "this line belongs to nothing" },
        { HEAD "op A\nshape B\n", "not 'shape'" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct models *m = models_new(literal, (void *)cases[i].text);
        struct str why = STR_NONE;
        if (model_service(m, STR("x"), &why))
            fail_msg("case %zu is taken", i);
        if (str_find(why, str_of(cases[i].why)) == SIZE_MAX)
            fail_msg("case %zu: %.*s", i, STR_ARG(why));
        models_free(m);
    }
}

static void wire_names_follow_the_protocol(void **state)
{
    (void)state;
    struct models *m = models_new(literal, (void *)"service x protocol ec2 api 1 endpoint x sign x id \"X\"\nop A in B\nstruct B\n  CidrBlock! string\n"
                                           "  Groups [string g flat](1..5) >SecurityGroupId <groupSet\n  when time:rfc822 secret token\n");
    struct str why = STR_NONE;
    const struct service *s = model_service(m, STR("x"), &why);
    assert_non_null(s);
    const struct member *v = s->operations[0].in->members;
    IS(v[0].wire_in, "CidrBlock");
    IS(v[0].wire_out, "cidrBlock");
    assert_true(v[0].required);
    IS(v[1].wire_in, "SecurityGroupId");
    IS(v[1].wire_out, "groupSet");
    IS(v[1].shape->elem_wire, "g");
    assert_true(v[1].flat && v[1].shape->flat && v[1].shape->has_lo);
    assert_true(v[1].shape->lo >= 1 && v[1].shape->hi <= 5);
    assert_int_equal(v[2].shape->time, TIME_RFC822);
    assert_true(v[2].secret && v[2].token && !v[2].required);
    models_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_service_loads),
        cmocka_unit_test(facts_of_a_service),
        cmocka_unit_test(facts_of_an_operation),
        cmocka_unit_test(facts_of_members),
        cmocka_unit_test(names_match_without_case_and_underscore),
        cmocka_unit_test(paths_lead_through_lists_and_maps),
        cmocka_unit_test(unknown_services_are_said),
        cmocka_unit_test(broken_models_are_refused),
        cmocka_unit_test(wire_names_follow_the_protocol),
    };
    return cmocka_run_group_tests(tests, open_models, close_models);
}
