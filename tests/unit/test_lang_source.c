/* Resource types as text: what belongs to a type's text, that it means the same by itself, and that a damaged text does no harm. */
#include "kctest.h"
#include "kc/arena.h"
#include "lang_world.h"
#include <stdlib.h>
#include <string.h>

#define NET(uses) \
    "resource Net @aws(\"ec2\") {\n  # a word: other\n  cidr: cidr4 = 10.0.0.0/16 @replace\n  name: string = " uses " @initial\n  tags: Tags = {} @initial\n" \
    "  out id: id[\"vpc\"]\n" \
    "  create CreateVpc { send { CidrBlock = cidr, TagSpecifications = [{ ResourceType = KIND, Tags = all_tags }] }, id = reply.Vpc.VpcId }\n" \
    "  read DescribeVpcs { send { VpcIds = ids }, each = reply.Vpcs, key = it.VpcId, live = it, cidr = cidr(it.CidrBlock) }\n" \
    "  find DescribeVpcs { by = \"tag\", send { Filters = [{ Name = \"tag:kc:token\", Values = [token] }] }, each = reply.Vpcs, id = it.VpcId }\n" \
    "  delete DeleteVpc { send { VpcId = id } }\n}\n"
#define TOP "type Tags = map[string]\nlet KIND = \"\\(kind_of(1))\"\nfn kind_of(x: int) = \"vpc\"\nfn other(x: int) = x\nlet beyond = 3\n"

static void load(struct lang_world *w, const struct lang_file *files)
{
    *w = (struct lang_world){ 0 };
    lang_world_load(w, files);
    if (w->diags.n)
        fail_msg("%.*s", STR_ARG(lang_world_diags(w)));
}

static struct rsource source_of(struct lang_world *w, const char *type)
{
    struct rsource t;
    assert_true(lang_source(w->program, w->arena, str_of(type), &t));
    assert_str(t.type, type);
    assert_int_equal(t.language, RTYPE_LANGUAGE);
    return t;
}

static size_t parts_with(const struct rsource *t, const char *path, const char *start)
{
    size_t n = 0;
    for (size_t i = 0; i < t->nparts; i++)
        n += str_is(t->parts[i].path, path) && str_starts(t->parts[i].text, str_of(start));
    return n;
}

static struct str default_of(struct lang_world *w, const struct rtype *t, const char *field)
{
    struct buf b = { 0 };
    term_print(&b, rtype_field(t, str_of(field))->dflt);
    return buf_take(&b, w->arena);
}

/* The default of Net.name with nothing but the text. */
static struct str name_alone(struct lang_world *w, const struct rsource *t)
{
    struct program *alone = lang_reload(w->sources, &w->diags, t);
    const struct rtype *back = lang_rtype(alone, t->type);
    if (!back)
        fail_msg("%.*s", STR_ARG(lang_world_diags(w)));
    struct str text = default_of(w, back, "name");
    lang_free(alone);
    return text;
}

static void what_is_reached_is_kept_and_nothing_else(void **state)
{
    (void)state;
    const struct lang_file files[] = { { "main.kcl", "import \"nets\"\nNet a { }\n" }, { "nets.kcl", TOP NET("\"net\"") }, { NULL, NULL } };
    struct lang_world w;
    load(&w, files);
    struct rsource t = source_of(&w, "nets.Net");
    assert_int_equal(t.nparts, 4);
    assert_int_equal(parts_with(&t, "nets.kcl", "type Tags") + parts_with(&t, "nets.kcl", "let KIND") + parts_with(&t, "nets.kcl", "fn kind_of"), 3);
    assert_int_equal(parts_with(&t, "nets.kcl", "resource Net"), 1);
    assert_true(str_find(t.parts[3].text, STR("# a word: other")) != SIZE_MAX);            /* text, not a printed tree */
    assert_str(name_alone(&w, &t), "\"net\"");
    assert_false(lang_source(w.program, w.arena, STR("nets.Tags"), &t));
    assert_false(lang_source(w.program, w.arena, STR("nets.Nothing"), &t));
    assert_false(lang_source(w.program, w.arena, STR("elsewhere.Net"), &t));
    lang_world_fini(&w);
}

/* Two files with a function of one name, each with a helper of one name: every call finds its own. */
static void equal_names_of_several_files_stay_apart(void **state)
{
    (void)state;
    const struct lang_file files[] = {
        { "main.kcl", "import \"lib/nets\" as nets\nnets.Net a { }\n" },
        { "lib/nets.kcl", "import \"far\" as far\nimport \"../near\"\n" TOP "fn shape(x: string) = \"own \\(x)\"\n" NET("\"\\(shape(far.shape(near(\"x\"))))\"") },
        { "lib/far.kcl", "fn shape(x: string) = helper(x)\nfn helper(x: string) = \"far \\(x)\"\nfn _own(x: string) = x\n" },
        { "near.kcl", "fn near(x: string) = helper(x)\nfn helper(x: string) = \"near \\(x)\"\n" }, { NULL, NULL },
    };
    struct lang_world w;
    load(&w, files);
    struct rsource t = source_of(&w, "lib/nets.Net");
    assert_str(default_of(&w, lang_rtype(w.program, STR("lib/nets.Net")), "name"), "\"own far near x\"");
    assert_str(name_alone(&w, &t), "\"own far near x\"");
    assert_int_equal(parts_with(&t, "lib/far.kcl", "fn "), 2);
    assert_int_equal(parts_with(&t, "lib/nets.kcl", "import "), 2);
    lang_world_fini(&w);
}

/* Which file is read first, and what else is in the files, does not change the text: nothing is stored anew for that. */
static void the_text_depends_on_the_type_alone(void **state)
{
    (void)state;
    const struct lang_file one[] = { { "main.kcl", "import \"nets\"\nimport \"std/aws/ec2\" as ec2\nNet a { }\n" },
                                     { "nets.kcl", "import \"std/aws/tags\"\n" TOP NET("filter(\"a\", []).Name") }, { NULL, NULL } };
    const struct lang_file two[] = { { "main.kcl", "import \"std/aws/ec2\" as ec2\nimport \"nets\" as n\nn.Net a { }\n" },
                                     { "nets.kcl", "# moved\nimport \"std/aws/ec2\" as e\nimport \"std/aws/tags\"\nfn more(x: int) = x\n" TOP NET("filter(\"a\", []).Name") },
                                     { NULL, NULL } };
    struct lang_world w, v;
    load(&w, one);
    load(&v, two);
    struct rsource t = source_of(&w, "nets.Net"), u = source_of(&v, "nets.Net");
    assert_int_equal(parts_with(&t, "std/aws/tags.kcl", "fn filter"), 1);
    assert_true(rsource_eq(&t, &u));
    lang_world_fini(&w);
    lang_world_fini(&v);
}

static uint64_t next(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

/* A part of the text, each time with a few bytes altered or a piece taken out. */
static struct str damaged(struct arena *a, struct str text, uint64_t *seed)
{
    char *s = arena_copy(a, text.s, text.n);
    size_t n = text.n, from = next(seed) % n, len = 1 + next(seed) % 12;
    if (next(seed) % 2) {
        len = len < n - from ? len : n - from;
        memmove(s + from, s + from + len, n - from - len);
        n -= len;
    }
    for (size_t i = 0; n && i < next(seed) % 4; i++)
        s[next(seed) % n] = text.s[next(seed) % text.n];
    return (struct str){ s, n };
}

/* State is a file that anybody may edit, with the right digests: such a text gives a type, or diagnostics, and nothing worse. */
static void a_damaged_text_does_no_harm(void **state)
{
    (void)state;
    const struct lang_file files[] = { { "main.kcl", "import \"std/aws/eks\" as eks\n" }, { NULL, NULL } };
    struct lang_world w;
    uint64_t seed = 7;
    unsigned good = 0;
    load(&w, files);
    struct rsource whole = source_of(&w, "std/aws/eks.NodeGroup");
    for (int i = 0; i < 600; i++) {
        struct arena *a = arena_new();
        struct sources *s = sources_new();
        struct diags d;
        struct rpart *parts = arena_copy(a, whole.parts, whole.nparts * sizeof *parts);
        struct rsource t = whole;
        size_t at = next(&seed) % whole.nparts;
        t.parts = parts;
        parts[at].text = damaged(a, parts[at].text, &seed);
        diags_init(&d);
        struct program *p = lang_reload(s, &d, &t);
        const struct rtype *back = lang_rtype(p, t.type);
        good += back != NULL;
        assert_true(back || d.n);
        lang_free(p);
        diags_fini(&d);
        sources_free(s);
        arena_free(a);
    }
    assert_in_range(good, 20, 580);
    lang_world_fini(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_reached_is_kept_and_nothing_else), cmocka_unit_test(equal_names_of_several_files_stay_apart),
        cmocka_unit_test(the_text_depends_on_the_type_alone), cmocka_unit_test(a_damaged_text_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
