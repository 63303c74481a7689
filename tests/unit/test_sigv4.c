/* Signatures against the published example, the published suite and botocore's signers (sigv4_vectors.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "kc/arena.h"
#include "kc/aws.h"
#include "sigv4_vectors.h"

enum { WHEN_S = 1440938160 };                              /* 2015-08-30T12:36:00Z */
static struct arena *a;

static int setup(void **state)
{
    (void)state;
    a = arena_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static struct sign_input input_of(const struct vector *v)
{
    struct header *h = arena_array(a, 8, sizeof *h);
    struct str rest = str_of(v->headers), name, value;
    size_t n = 0;

    while (str_cut(&rest, '\n', &name) && name.n && str_cut(&rest, '\n', &value))
        h[n++] = (struct header){ name, value };
    return (struct sign_input){ .method = str_of(v->method), .host = str_of(v->host), .path = str_of(v->path), .query = str_of(v->query), .headers = h, .nheaders = n,
                                .body = str_of(v->body), .service = str_of(v->service), .region = str_of(v->region), .wall_ms = (int64_t)WHEN_S * 1000, .s3 = v->s3 };
}

static struct credentials keys_of(const struct vector *v)
{
    return (struct credentials){ .key = STR("AKIDEXAMPLE"), .secret = STR("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), .token = str_of(v->token) };
}

static void vectors_are_met(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const struct vector *v = &vectors[i];
        struct sign_input in = input_of(v);
        struct credentials c = keys_of(v);
        struct header out[4];
        struct str got;

        if (v->expires)
            got = sign_presign(a, &in, &c, v->expires);
        else
            got = out[sign_headers(a, &in, &c, out) - 1].value;
        if (!str_is(got, v->result))
            fail_msg("%s:\n  %.*s\n  %s", v->name, STR_ARG(got), v->result);
    }
}

static void the_published_signature_comes_out(void **state)
{
    struct sign_input in = input_of(&vectors[0]);
    struct credentials c = keys_of(&vectors[0]);
    struct header out[4];
    struct str names;

    (void)state;
    assert_int_equal(sign_headers(a, &in, &c, out), 2);
    assert_true(str_ends(out[1].value, STR("Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7")));
    assert_true(str_starts(sign_canonical(a, &in, &c, &names), STR("GET\n/\nAction=ListUsers&Version=2010-05-08\ncontent-type:")));
    assert_true(str_is(names, "content-type;host;x-amz-date"));
}

static void signing_again_replaces_what_signing_added(void **state)
{
    struct sign_input in = input_of(&vectors[10]);
    struct credentials c = keys_of(&vectors[10]);
    struct header out[4], all[12];
    size_t n = sign_headers(a, &in, &c, out);

    (void)state;
    memcpy(all, in.headers, in.nheaders * sizeof *all);
    memcpy(all + in.nheaders, out, n * sizeof *all);
    in.headers = all;
    in.nheaders += n;
    struct header again[4];
    assert_int_equal(sign_headers(a, &in, &c, again), n);
    assert_true(str_eq(again[n - 1].value, out[n - 1].value));
    c.secret = STR("another");
    sign_headers(a, &in, &c, again);
    assert_false(str_eq(again[n - 1].value, out[n - 1].value));
}

static void repeated_headers_are_joined_in_order(void **state)
{
    struct header h[] = { { STR("Z"), STR("1") }, { STR("My-Header"), STR("b") }, { STR("my-header"), STR(" a ") } };
    struct sign_input in = input_of(&vectors[1]);
    struct credentials c = keys_of(&vectors[1]);
    struct str names;

    (void)state;
    in.headers = h;
    in.nheaders = 3;
    assert_true(str_find(sign_canonical(a, &in, &c, &names), STR("\nmy-header:b,a\nx-amz-date:20150830T123600Z\nz:1\n")) != SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_are_met),
        cmocka_unit_test(the_published_signature_comes_out),
        cmocka_unit_test(signing_again_replaces_what_signing_added),
        cmocka_unit_test(repeated_headers_are_joined_in_order),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
