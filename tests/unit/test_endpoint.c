/* Endpoints: every line of tests/data/endpoints.txt, which botocore's own rules wrote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "kc/arena.h"
#include "kc/aws.h"

static const struct { const char *service, *prefix; } prefixes[] = {
    { "elbv2", "elasticloadbalancing" }, { "ecr", "api.ecr" }, { "resourcegroupstaggingapi", "tagging" }, { "service-quotas", "servicequotas" },
};

static struct str prefix_of(const char *service)
{
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (!strcmp(prefixes[i].service, service))
            return str_of(prefixes[i].prefix);
    return str_of(service);
}

static void every_vector_is_met(void **state)
{
    struct arena *a = arena_new();
    FILE *f = fopen("tests/data/endpoints.txt", "r");
    char service[64], region[64], flags[8], url[200], sign[64];
    size_t n = 0, wrong = 0;

    (void)state;
    assert_non_null(f);
    while (fscanf(f, "%63s %63s %7s %199s %63s", service, region, flags, url, sign) == 5) {
        struct service s = { .name = str_of(service), .endpoint = prefix_of(service) };
        struct endpoint_flags ef = { strchr(flags, 'f') != NULL, strchr(flags, 'd') != NULL };
        struct endpoint e;
        struct str why = STR_NONE;
        bool found = endpoint_find(a, &s, str_of(region), ef, &e, &why);
        bool right = !strcmp(url, "-") ? !found && why.n : found && str_is(e.url, url) && str_is(e.sign_region, sign);

        n++;
        if (!right && wrong++ < 20)
            print_error("%s %s %s: expected %s %s, got %.*s %.*s\n", service, region, flags, url, sign, STR_ARG(e.url), STR_ARG(e.sign_region));
    }
    fclose(f);
    arena_free(a);
    assert_true(n > 900);
    assert_int_equal(wrong, 0);
}

static void only_things_shaped_like_regions_are_regions(void **state)
{
    static const char *const bad[] = { "", "us", "eu-west", "eu-west-", "eu-west-1.evil.com", "eu-west-1/", "xx-east-1", "EU-WEST-1", "eu-west-123", "localhost" };
    struct arena *a = arena_new();
    struct service s = { .name = STR("ec2"), .endpoint = STR("ec2") };
    struct endpoint e;
    struct str why;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(endpoint_find(a, &s, str_of(bad[i]), (struct endpoint_flags){ 0 }, &e, &why));
        assert_false(endpoint_region_known(str_of(bad[i])));
    }
    assert_true(endpoint_region_known(STR("eu-west-1")));
    assert_false(endpoint_region_known(STR("eu-wset-1")));
    assert_true(str_is(endpoint_partition(STR("us-gov-west-1")), "aws-us-gov"));
    assert_true(str_is(endpoint_partition(STR("us-isob-east-1")), "aws-iso-b"));
    assert_int_equal(endpoint_partition(STR("mars-1")).n, 0);
    arena_free(a);
}

static void each_partition_has_a_home(void **state)
{
    const struct str *regions;
    size_t n = endpoint_regions(&regions);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        struct str home = endpoint_home(endpoint_partition(regions[i]));
        assert_true(endpoint_region_known(home));
        assert_true(str_eq(endpoint_partition(home), endpoint_partition(regions[i])));
    }
    assert_int_equal(endpoint_home(STR("mars")).n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vector_is_met),
        cmocka_unit_test(only_things_shaped_like_regions_are_regions),
        cmocka_unit_test(each_partition_has_a_home),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
