/* test_tags_after.c - `tags_after`: an API that replaces all tags at once drops nobody's. */
#include "kcl_kit.h"
#include "kctest.h"
#include <stdlib.h>

static const char model[] =
    "service toy protocol json-1.1 api 2020-01-01 endpoint toy sign toy id \"Toy\" target Toy\n"
    "op CreateThing in CreateThingRequest\n"
    "op DeleteThing in ThingName\n"
    "op DescribeThing in ThingName out DescribeThingResponse\n"
    "op ReplaceTags in ReplaceTagsRequest\n"
    "op SetTags in ReplaceTagsRequest\n"
    "op UpdateThing in UpdateThingRequest\n"
    "struct CreateThingRequest\n  Name! string\n  Size int\n  Tags {string: string}\n"
    "struct DescribeThingResponse\n  Thing Thing\n"
    "struct ReplaceTagsRequest\n  Name! string\n  Tags {string: string}\n"
    "struct Thing\n  Name string\n  Size int\n  Tags {string: string}\n"
    "struct ThingName\n  Name! string\n"
    "struct UpdateThingRequest\n  Name! string\n  Size int\n  Tags {string: string}\n";

#define TYPE TYPE_WITH("", "")
#define TYPE_WITH(more, update)                                                                                                  \
    "resource Thing @aws(\"toy\") {\n"                                                                                           \
    "  name: string @identity @replace\n"                                                                                        \
    "  size: int = 1\n"                                                                                                          \
    "  tags: map[string] = {} @owned_keys\n"                                                                                     \
    "  create CreateThing { send { Name = name, Size = size, Tags = all_tags } }\n"                                              \
    "  read DescribeThing { send { Name = name }, live = reply.Thing, key = { name = reply.Thing.Name }, size = live.Size, tags = live.Tags }\n" \
    "  find DescribeThing { by = \"name\", send { Name = name }, each = [reply.Thing] }\n"                                       \
    "  update UpdateThing { on = [size], send { Name = name, Size = size" more " } }\n"                                          \
    "  " update "\n"                                                                                                             \
    "  update ReplaceTags { on = [tags], send { Name = name, Tags = tags_after } }\n"                                            \
    "  delete DeleteThing { send { Name = name } }\n"                                                                            \
    "  errors { gone = [\"NoSuchThing\"], retry = [\"TryAgain\"], busy = [\"AtWork\"] }\n"                                       \
    "}\n"

static const char first[] = TYPE "Thing t { name = \"t\", tags = { team = \"a\", old = \"1\" } }\n";
static const char second[] = TYPE "Thing t { name = \"t\", tags = { team = \"b\", new = \"2\" } }\n";
static const char bigger[] = TYPE "Thing t { name = \"t\", size = 2, tags = { team = \"a\", old = \"1\" } }\n";
static const char twice[] = TYPE_WITH("", "update SetTags { on = [tags], send { Name = name, Tags = tags_set } }")
                            "Thing t { name = \"t\", tags = { team = \"b\", new = \"2\" } }\n";
static const char both[] = TYPE "Thing t { name = \"t\", size = 2, tags = { team = \"b\", new = \"2\" } }\n";
static const char all_in_one[] = TYPE_WITH(", Tags = tags_after", "") "Thing t { name = \"t\", size = 2, tags = { team = \"a\", old = \"1\" } }\n";
static const char all_in_one_both[] = TYPE_WITH(", Tags = tags_after", "") "Thing t { name = \"t\", size = 2, tags = { team = \"b\", new = \"2\" } }\n";

/* ---- the service ---- */

static struct kcl_kit *k;
static bool there, mute;                                   /* mute: it does not show tags */
static int64_t size;
static struct { char key[32], value[80]; } tags[32];
static size_t ntags;
static unsigned replaced;
static const char *refuse;                                 /* the next replacement, with this code */
static const char *meanwhile;                              /* somebody sets this tag while kc is at work */

static void put(struct str key, struct str value)
{
    size_t i = 0;
    while (i < ntags && !str_is(key, tags[i].key))
        i++;
    ntags = i == ntags ? ntags + 1 : ntags;
    snprintf(tags[i].key, sizeof tags[i].key, "%.*s", STR_ARG(key));
    snprintf(tags[i].value, sizeof tags[i].value, "%.*s", STR_ARG(value));
}

static const char *tag(const char *key)
{
    for (size_t i = 0; i < ntags; i++)
        if (!strcmp(tags[i].key, key))
            return tags[i].value;
    return NULL;
}

static void take_tags(const struct value *v)
{
    ntags = 0;
    for (size_t i = 0; i < v->object.n; i++)
        put(v->object.v[i].key, v->object.v[i].value->s);
}

static void somebody(void)
{
    if (meanwhile)
        put(str_of(meanwhile), STR("theirs"));
    meanwhile = NULL;
}

static const struct value *shown(struct arena *a)
{
    struct pair t[32], p[3] = { { STR("Name"), value_str(a, STR("t")) }, { STR("Size"), value_int(a, size) } };
    for (size_t i = 0; i < ntags; i++)
        t[i] = (struct pair){ str_dup(a, str_of(tags[i].key)), value_string(a, str_of(tags[i].value)) };
    p[2] = (struct pair){ STR("Tags"), value_object(a, t, ntags) };
    struct pair whole = { STR("Thing"), value_object(a, p, mute ? 2 : 3) };
    return value_object(a, &whole, 1);
}

static const char *call(struct kcl_kit *kit, struct arena *a, struct str op, const struct value *in, const struct value **reply)
{
    const char *code = refuse;
    (void)kit;
    if (str_is(op, "CreateThing")) {
        there = true;
        size = value_get(in, STR("Size"))->i;
        take_tags(value_get(in, STR("Tags")));
        return NULL;
    }
    if (!there)
        return "NoSuchThing";
    if (str_is(op, "DescribeThing")) {
        *reply = shown(a);
    } else if (str_is(op, "UpdateThing")) {
        size = value_get(in, STR("Size"))->i;
        if (value_get(in, STR("Tags")))
            take_tags(value_get(in, STR("Tags")));
        somebody();
    } else if (str_is(op, "SetTags")) {
        const struct value *v = value_get(in, STR("Tags"));
        for (size_t i = 0; i < v->object.n; i++)
            put(v->object.v[i].key, v->object.v[i].value->s);
    } else if (str_is(op, "ReplaceTags")) {
        refuse = NULL;
        somebody();
        if (code)
            return code;
        replaced++;
        take_tags(value_get(in, STR("Tags")));
    } else {
        there = false;
    }
    return NULL;
}

static int setup(void **state)
{
    (void)state;
    k = kcl_kit_new(model, call, NULL);
    there = mute = false;
    ntags = replaced = 0;
    refuse = meanwhile = NULL;
    kcl_must(k, first, KCL_APPLY, 0);
    put(STR("theirs"), STR("1"));
    test_world_advance(k->t, 60 * 60000);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    kcl_kit_free(k);
    return 0;
}

static void all_is_well(void)
{
    assert_string_equal(tag("team"), "b");
    assert_string_equal(tag("new"), "2");
    assert_null(tag("old"));
    assert_non_null(tag("theirs"));
    assert_non_null(tag("kc:addr"));
    kcl_must(k, k->file, KCL_PLAN, 0);
}

/* ---- tests ---- */

static void others_tags_stay(void **state)
{
    (void)state;
    kcl_must(k, second, KCL_APPLY, 0);
    all_is_well();
    assert_int_equal(replaced, 1);
}

static void nothing_about_tags_replaces_none(void **state)
{
    (void)state;
    kcl_must(k, bigger, KCL_APPLY, 0);
    assert_int_equal(replaced, 0);
}

static void a_call_that_writes_all_writes_others_tags(void **state)
{
    (void)state;
    kcl_must(k, all_in_one, KCL_APPLY, 0);
    assert_int_equal(size, 2);
    assert_non_null(tag("theirs"));
    assert_string_equal(tag("old"), "1");
    size = 1;
    kcl_must(k, all_in_one_both, KCL_APPLY, 0);
    all_is_well();
    assert_int_equal(replaced, 0);                         /* it had written them already */
}

static void set_meanwhile(struct kcl_kit *kit)
{
    (void)kit;
    somebody();
}

static void a_tag_set_since_the_plan_stays(void **state)
{
    (void)state;
    meanwhile = "since";
    k->before_run = set_meanwhile;
    kcl_must(k, second, KCL_APPLY, 0);
    all_is_well();
    assert_non_null(tag("since"));
}

/* Each replacement has a read of its own, however short ago the last one was. */
static void a_tag_set_during_another_step_stays(void **state)
{
    (void)state;
    meanwhile = "during";
    kcl_must(k, both, KCL_APPLY, 0);
    all_is_well();
    assert_non_null(tag("during"));
}

static void what_is_sent_again_is_made_anew(void **state)
{
    static const char *const codes[] = { "ThrottlingException", "TryAgain", "AtWork" };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (i)
            setup(state);
        refuse = codes[i];
        meanwhile = "waited";
        kcl_must(k, second, KCL_APPLY, 0);
        all_is_well();
        assert_non_null(tag("waited"));
        assert_int_equal(replaced, 1);
        if (i + 1 < sizeof codes / sizeof *codes)
            teardown(state);
    }
}

/* What the first of two steps left is neither the plan's value nor the file's, and nobody else's all the same. */
static void what_an_earlier_step_wrote_is_its_own(void **state)
{
    (void)state;
    refuse = "AtWork";
    kcl_must(k, twice, KCL_APPLY, 0);
    all_is_well();
    assert_int_equal(replaced, 1);
}

static void what_cannot_be_read_is_not_replaced(void **state)
{
    (void)state;
    mute = true;
    kcl_must(k, second, KCL_APPLY, 1);
    assert_true(kcl_says(k, "ReplaceTags replaces all tags, and those that it has now cannot be read"));
    assert_int_equal(replaced, 0);
    assert_non_null(tag("theirs"));
}

static void killed_anywhere_nobodys_are_dropped(void **state)
{
    unsigned n = 0;
    for (long at = 1;; at++, n++) {
        if (at > 1)
            setup(state);
        bool dead = kcl_killed(k, both, KCL_APPLY, at);
        kcl_must(k, both, KCL_APPLY, 0);
        all_is_well();
        if (!dead)
            break;
        teardown(state);
    }
    assert_in_range(n, 12, 100);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(others_tags_stay),
        CASE(nothing_about_tags_replaces_none),
        CASE(a_call_that_writes_all_writes_others_tags),
        CASE(a_tag_set_since_the_plan_stays),
        CASE(a_tag_set_during_another_step_stays),
        CASE(what_is_sent_again_is_made_anew),
        CASE(what_an_earlier_step_wrote_is_its_own),
        CASE(what_cannot_be_read_is_not_replaced),
        CASE(killed_anywhere_nobodys_are_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
