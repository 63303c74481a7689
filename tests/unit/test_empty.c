/* test_empty.c - `empty`: what stands in an object is refused by name, or removed before it; over a toy service whose listing pages by two tokens. */
#include "kcl_kit.h"
#include "kctest.h"
#include <stdlib.h>

static const char model[] =
    "service toy protocol json-1.1 api 2020-01-01 endpoint toy sign toy id \"Toy\" target Toy\n"
    "op CreateBox in CreateBoxRequest out CreateBoxResponse\n"
    "op DeleteBox in BoxId\n"
    "op DescribeBoxes in DescribeBoxesRequest out DescribeBoxesResponse\n"
    "op ListParts in ListPartsRequest out ListPartsResponse page NextName,NextVersion>FromName,FromVersion limit Max list Parts more More\n"
    "op PutPart in PutPartRequest\n"
    "op RemoveParts in RemovePartsRequest out RemovePartsResponse\n"
    "struct Box\n  Id string\n  Name string\n  Tags {string: string}\n"
    "struct BoxId\n  Id! string\n"
    "struct CreateBoxRequest\n  Name! string\n  Tags {string: string}\n"
    "struct CreateBoxResponse\n  Box Box\n"
    "struct DescribeBoxesRequest\n  Ids [string]\n  Token string\n"
    "struct DescribeBoxesResponse\n  Boxes [Box]\n"
    "struct Left\n  Code string\n  Name string\n"
    "struct ListPartsRequest\n  Box! string\n  Name string\n  FromName string\n  FromVersion string\n  Max int\n"
    "struct ListPartsResponse\n  Parts [Part]\n  NextName string\n  NextVersion string\n  More bool\n"
    "struct Part\n  Box string\n  Name string\n  Version string\n  Fixed bool\n"
    "struct PartId\n  Name string\n  Version string\n"
    "struct PutPartRequest\n  Box! string\n  Name! string\n"
    "struct RemovePartsRequest\n  Box! string\n  Parts [PartId]\n"
    "struct RemovePartsResponse\n  Left [Left]\n";

#define TYPES                                                                                                                                        \
    "resource Box @aws(\"toy\") {\n"                                                                                                                 \
    "  name: string @replace\n"                                                                                                                      \
    "  force: bool = false @write_only\n"                                                                                                            \
    "  tags: map[string] = {} @initial\n"                                                                                                \
    "  out id: string\n"                                                                                                                             \
    "  create CreateBox { send { Name = name, Tags = all_tags }, id = reply.Box.Id }\n"                                                              \
    "  read DescribeBoxes { send { Ids = ids }, each = reply.Boxes, key = it.Id, live = it, name = it.Name, tags = it.Tags ?? {} }\n"                \
    "  find DescribeBoxes { by = \"tag\", send { Token = token }, each = reply.Boxes, id = it.Id }\n"                                                \
    "  delete DeleteBox { send { Id = id } }\n"                                                                                                      \
    "  empty ListParts {\n"                                                                                                                          \
    "    when = force\n"                                                                                                                             \
    "    send { Box = id }\n"                                                                                                                        \
    "    each = [for p in reply.Parts if !(p.Fixed ?? false): p]\n"                                                                                  \
    "    key = { box = id, name = it.Name }\n"                                                                                                       \
    "    holds = \"Part\"\n"                                                                                                                         \
    "    name = \"version \\(it.Version) of \\(it.Name)\"\n"                                                                                         \
    "    remove RemoveParts {\n"                                                                                                                     \
    "      batch = 40\n"                                                                                                                             \
    "      send { Box = id, Parts = [for p in each: { Name = p.Name, Version = p.Version }] }\n"                                                     \
    "      failed = reply.Left ?? [], why = \"\\(it.Name): \\(it.Code)\"\n"                                                                          \
    "    }\n"                                                                                                                                        \
    "  }\n"                                                                                                                                          \
    "  errors { gone = [\"NoSuchBox\"] }\n"                                                                                                          \
    "}\n"                                                                                                                                            \
    "resource Part @aws(\"toy\") {\n"                                                                                                                \
    "  box: string @identity @replace\n"                                                                                                             \
    "  name: string @identity @replace\n"                                                                                                            \
    "  create PutPart { send { Box = box, Name = name } }\n"                                                                                         \
    "  read ListParts { send { Box = box, Name = name }, each = reply.Parts, key = { box = it.Box, name = it.Name } }\n"                             \
    "  find ListParts { by = \"relation\", send { Box = box, Name = name }, each = reply.Parts }\n"                                                  \
    "  delete RemoveParts { send { Box = box, Parts = [{ Name = name }] } }\n"                                                                       \
    "  errors { gone = [\"NoSuchBox\"] }\n"                                                                                                          \
    "}\n"

static const char kept[] = TYPES "Box b { name = \"b\" }\n";
static const char forced[] = TYPES "Box b { name = \"b\", force = true }\n";
static const char renamed[] = TYPES "Box b { name = \"c\" }\n";
static const char renamed_forced[] = TYPES "Box b { name = \"c\", force = true }\n";
static const char nothing[] = TYPES;

/* ---- the service ---- */

enum { BOXES = 8, PARTS = 30000, VERSIONS = 3, PAGE = 100 };
struct part { int box, name, version; bool gone, fixed; char named[16], versioned[16]; };
struct box { char id[16], name[16], token[64]; const struct value *tags; bool gone; };
struct shelf {
    struct box boxes[BOXES]; size_t nboxes;
    struct part *parts; size_t nparts;                     /* by name, then version */
    int stuck;                                             /* the name of which nothing can be removed; -1: none */
    int written;                                           /* new parts at each removal */
    bool forgetful;                                        /* after a place that is gone it knows of none */
    unsigned lists, removals, largest;
    size_t lost;                                           /* removed without having been listed ever */
    bool listed[PARTS];
};

static struct shelf *shelf;
static struct kcl_kit *k;

static int box_at(const struct value *in, const char *key)
{
    for (size_t i = 0; i < shelf->nboxes; i++)
        if (!shelf->boxes[i].gone && str_is(kcl_get(in, key), shelf->boxes[i].id))
            return (int)i;
    return -1;
}

static size_t alive(int box)
{
    size_t n = 0;
    for (size_t i = 0; i < shelf->nparts; i++)
        n += !shelf->parts[i].gone && shelf->parts[i].box == box;
    return n;
}

static size_t fixed(int box)
{
    size_t n = 0;
    for (size_t i = 0; i < shelf->nparts; i++)
        n += !shelf->parts[i].gone && shelf->parts[i].box == box && shelf->parts[i].fixed;
    return n;
}

static void add(int box, int name, int version, bool is_fixed)
{
    assert_true(shelf->nparts < PARTS);
    struct part *p = &shelf->parts[shelf->nparts++];
    *p = (struct part){ .box = box, .name = name, .version = version, .fixed = is_fixed };
    if (name < 0)
        snprintf(p->named, sizeof p->named, "own");
    else
        snprintf(p->named, sizeof p->named, "p%05d", name);
    snprintf(p->versioned, sizeof p->versioned, "v%d", version);
}

static void fill(size_t n)
{
    for (size_t i = 0; i < n; i++)
        add(0, (int)(i / VERSIONS), (int)(i % VERSIONS), false);
}

static const struct value *part_value(struct arena *a, const struct part *p)
{
    struct pair v[4] = { { STR("Box"), value_string(a, str_of(shelf->boxes[p->box].id)) }, { STR("Name"), value_string(a, str_of(p->named)) },
                         { STR("Version"), value_string(a, str_of(p->versioned)) }, { STR("Fixed"), value_bool(p->fixed) } };
    return value_object(a, v, 4);
}

struct who { struct str name, version; };                  /* no version: any */

static bool named(const struct part *p, struct who who)
{
    return str_is(who.name, p->named) && (!who.version.n || str_is(who.version, p->versioned));
}

static const char *list(struct arena *a, const struct value *in, const struct value **reply)
{
    int box = box_at(in, "Box");
    struct who from = { kcl_get(in, "FromName"), kcl_get(in, "FromVersion") }, only = { .name = kcl_get(in, "Name") };
    const struct value *v[PAGE];
    size_t i = 0, n = 0;
    if (box < 0)
        return "NoSuchBox";
    shelf->lists++;
    for (size_t k2 = 0; from.name.n && k2 < shelf->nparts; k2++)
        if (named(&shelf->parts[k2], from))
            i = shelf->forgetful && shelf->parts[k2].gone ? shelf->nparts : k2 + 1;
    for (; i < shelf->nparts && n < PAGE; i++) {
        const struct part *p = &shelf->parts[i];
        if (p->gone || p->box != box || (only.name.n && !named(p, only)))
            continue;
        shelf->listed[i] = true;
        v[n++] = part_value(a, p);
    }
    bool more = false;
    for (; i < shelf->nparts && !more; i++)
        more = !shelf->parts[i].gone && shelf->parts[i].box == box;
    const struct value *at = n ? v[n - 1] : NULL;
    struct pair p[4] = { { STR("Parts"), value_list(a, v, n) }, { STR("More"), value_bool(more) } };
    if (more) {
        p[2] = (struct pair){ STR("NextName"), value_get(at, STR("Name")) };
        p[3] = (struct pair){ STR("NextVersion"), value_get(at, STR("Version")) };
    }
    *reply = value_object(a, p, more ? 4 : 2);
    return NULL;
}

static const char *remove_parts(struct arena *a, const struct value *in, const struct value **reply)
{
    int box = box_at(in, "Box");
    const struct value *ids = value_get(in, STR("Parts")), *left[100];
    size_t n = 0;
    if (box < 0)
        return "NoSuchBox";
    shelf->removals++;
    shelf->largest = ids->list.n > shelf->largest ? (unsigned)ids->list.n : shelf->largest;
    for (size_t i = 0; i < ids->list.n; i++) {
        struct who who = { kcl_get(ids->list.v[i], "Name"), kcl_get(ids->list.v[i], "Version") };
        for (size_t j = 0; j < shelf->nparts; j++) {
            struct part *p = &shelf->parts[j];
            if (p->gone || p->box != box || !named(p, who))
                continue;
            if (p->name == shelf->stuck && p->name >= 0) {
                struct pair e[2] = { { STR("Code"), value_str(a, STR("AccessDenied")) }, { STR("Name"), value_get(ids->list.v[i], STR("Name")) } };
                left[n++] = value_object(a, e, 2);
            } else {
                p->gone = true;
                shelf->lost += !shelf->listed[j];
            }
        }
    }
    for (int i = 0; i < shelf->written; i++)
        add(box, 90000, i, false);
    struct pair p = { STR("Left"), value_list(a, left, n) };
    *reply = value_object(a, &p, 1);
    return NULL;
}

static const char *describe(struct arena *a, const struct value *in, const struct value **reply)
{
    const struct value *ids = value_get(in, STR("Ids")), *v[BOXES];
    size_t n = 0;
    for (size_t i = 0; i < shelf->nboxes; i++) {
        struct box *b = &shelf->boxes[i];
        bool wanted = kcl_get(in, "Token").n && str_is(kcl_get(in, "Token"), b->token);
        for (size_t j = 0; ids && j < ids->list.n; j++)
            wanted = wanted || str_is(ids->list.v[j]->s, b->id);
        struct pair p[3] = { { STR("Id"), value_string(a, str_of(b->id)) }, { STR("Name"), value_string(a, str_of(b->name)) }, { STR("Tags"), b->tags } };
        if (wanted && !b->gone)
            v[n++] = value_object(a, p, 3);
    }
    struct pair p = { STR("Boxes"), value_list(a, v, n) };
    *reply = value_object(a, &p, 1);
    return NULL;
}

static const char *call(struct kcl_kit *kit, struct arena *a, struct str op, const struct value *in, const struct value **reply)
{
    if (str_is(op, "CreateBox")) {
        struct box *b = &shelf->boxes[shelf->nboxes++];
        snprintf(b->id, sizeof b->id, "box-%zu", shelf->nboxes);
        snprintf(b->name, sizeof b->name, "%.*s", STR_ARG(kcl_get(in, "Name")));
        snprintf(b->token, sizeof b->token, "%.*s", STR_ARG(value_get(value_get(in, STR("Tags")), STR("kc:token"))->s));
        b->tags = value_keep(kit->a, value_get(in, STR("Tags")));
        struct pair id = { STR("Id"), value_string(a, str_of(b->id)) }, p = { STR("Box"), value_object(a, &id, 1) };
        *reply = value_object(a, &p, 1);
        return NULL;
    }
    if (str_is(op, "DescribeBoxes"))
        return describe(a, in, reply);
    if (str_is(op, "ListParts"))
        return list(a, in, reply);
    if (str_is(op, "RemoveParts"))
        return remove_parts(a, in, reply);
    if (str_is(op, "PutPart")) {
        add(box_at(in, "Box"), -1, 0, false);
        return NULL;
    }
    int box = box_at(in, "Id");
    if (box < 0)
        return "NoSuchBox";
    if (alive(box) > fixed(box))
        return "NotEmpty";
    shelf->boxes[box].gone = true;
    return NULL;
}

static int setup(void **state)
{
    (void)state;
    shelf = calloc(1, sizeof *shelf);
    shelf->parts = calloc(PARTS, sizeof *shelf->parts);
    shelf->stuck = -1;
    k = kcl_kit_new(model, call, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    kcl_kit_free(k);
    free(shelf->parts);
    free(shelf);
    return 0;
}

static void old(void)
{
    test_world_advance(k->t, 60 * 60000);
}

static size_t boxes(void)
{
    size_t n = 0;
    for (size_t i = 0; i < shelf->nboxes; i++)
        n += !shelf->boxes[i].gone;
    return n;
}

/* ---- the plan ---- */

static void what_stands_in_it_is_refused_by_name(void **state)
{
    (void)state;
    kcl_must(k, kept, KCL_APPLY, 0);
    fill(4);
    old();
    kcl_must(k, nothing, KCL_PLAN, 1);
    assert_int_equal(k->code, DIAG_E0616);
    assert_true(kcl_says(k, "b cannot go: in it stand 4 that would go with it: version v0 of p00000, version v1 of p00000, version v2 of p00000, version v0 of p00001"));
    assert_true(kcl_says(k, "put its block back with `force = true`"));
    kcl_must(k, nothing, KCL_DESTROY, 1);
    assert_int_equal(k->code, DIAG_E0616);
    assert_int_equal(alive(0), 4);
    kcl_must(k, renamed, KCL_PLAN, 1);                     /* a replacement loses them too */
    assert_true(kcl_says(k, "write `force = true` in its block"));
    for (size_t i = 0; i < 4; i++)
        shelf->parts[i].gone = true;
    kcl_must(k, nothing, KCL_APPLY, 0);                    /* nothing in it: nobody is asked for anything */
    assert_int_equal(boxes(), 0);
    assert_int_equal(shelf->removals, 0);
}

static void only_the_first_page_is_read_for_a_plan(void **state)
{
    (void)state;
    kcl_must(k, forced, KCL_APPLY, 0);
    fill(1234);
    shelf->lists = 0;
    kcl_must(k, nothing, KCL_PLAN, 2);
    assert_int_equal(shelf->lists, 1);
    const struct plan_item *x = kcl_item(k, "b", ACTION_DELETE);
    assert_int_equal(x->ninside, 1);
    assert_int_equal(x->inside[0].n, PAGE);
    assert_true(x->inside[0].more);
    assert_true(str_find(kcl_plan_text(k), STR("emptied first: more than 100 things: version v0 of p00000")) != SIZE_MAX);
}

/* A page may show nothing that goes, and the next one does. */
static void a_page_without_any_says_nothing_of_the_next(void **state)
{
    (void)state;
    kcl_must(k, kept, KCL_APPLY, 0);
    for (int i = 0; i < PAGE + 20; i++)
        add(0, i, 0, true);
    kcl_must(k, nothing, KCL_PLAN, 2);
    add(0, 70000, 0, false);
    kcl_must(k, nothing, KCL_PLAN, 1);
    assert_true(kcl_says(k, "in it stands 1 that would go with it: version v0 of p70000"));
}

static void what_goes_with_it_is_guarded_however_little_the_plan_sees(void **state)
{
    (void)state;
    kcl_must(k, forced, KCL_APPLY, 0);
    old();
    kcl_must(k, nothing, KCL_PLAN, 2);
    assert_int_equal(k->plan->nguards, 1);
    assert_str(k->plan->guards[0].why, "lost with it: what stands in it by then (nothing now)");
    fill(2);
    kcl_must(k, renamed_forced, KCL_PLAN, 2);
    assert_int_equal(k->plan->nguards, 1);
    assert_str(k->plan->guards[0].what, "replaces it");
    assert_str(k->plan->guards[0].why, "lost with it: 2 things in it");
    kcl_must(k, nothing, KCL_DESTROY, 0);                  /* says its intent itself */
    assert_int_equal(k->plan->nguards, 0);
    assert_int_equal(kcl_item(k, "b", ACTION_DELETE)->inside[0].n, 2);
    assert_int_equal(boxes(), 0);
}

static void the_block_counts_before_the_record(void **state)
{
    (void)state;
    kcl_must(k, kept, KCL_APPLY, 0);
    fill(2);
    old();
    kcl_must(k, renamed_forced, KCL_APPLY, 0);             /* force, written with the very change that needs it */
    assert_int_equal(boxes(), 1);
    assert_int_equal(alive(0), 0);
    kcl_must(k, renamed, KCL_APPLY, 0);                    /* taken back: the record's word is the last one applied */
    add(1, 0, 0, false);
    old();
    kcl_must(k, nothing, KCL_PLAN, 1);
}

static void what_goes_by_itself_is_no_loss(void **state)
{
    static const char with_part[] = TYPES "Box b { name = \"b\" }\nPart p { box = b.id, name = \"own\" }\n";
    (void)state;
    kcl_must(k, with_part, KCL_APPLY, 0);
    old();
    assert_int_equal(alive(0), 1);
    kcl_must(k, nothing, KCL_APPLY, 0);
    assert_int_equal(boxes(), 0);
}

/* The file names the box in plain text: the part does not go with it by any operation of the plan, and would be lost. */
static void what_the_plan_leaves_in_it_is_a_loss(void **state)
{
    static const char with_part[] = TYPES "Box b { name = \"b\" }\nPart p @after(b) { box = \"box-1\", name = \"own\" }\n";
    static const char part_alone[] = TYPES "Part p { box = \"box-1\", name = \"own\" }\n";
    (void)state;
    kcl_must(k, with_part, KCL_APPLY, 0);
    old();
    kcl_must(k, part_alone, KCL_PLAN, 1);
    assert_int_equal(k->code, DIAG_E0616);
}

static void without_asking_all_that_stands_in_it_counts(void **state)
{
    (void)state;
    kcl_must(k, forced, KCL_APPLY, 0);
    fill(3);
    k->trust_state = true;
    kcl_must(k, nothing, KCL_PLAN, 2);
    assert_str(k->plan->guards[0].why, "lost with it: what stands in it");
    kcl_must(k, nothing, KCL_APPLY, 0);
    assert_int_equal(boxes(), 0);
}

static void the_estimate_counts_it(void **state)
{
    (void)state;
    kcl_must(k, forced, KCL_APPLY, 0);
    kcl_must(k, nothing, KCL_PLAN, 2);
    int64_t before = k->plan->estimate;
    fill(100);                                             /* three batches of forty, listed and removed */
    kcl_must(k, nothing, KCL_PLAN, 2);
    assert_int_equal(k->plan->estimate - before, 3 * 400);
}

/* ---- the engine ---- */

static void it_is_emptied_page_by_page(void **state)
{
    (void)state;
    shelf->forgetful = true;
    kcl_must(k, forced, KCL_APPLY, 0);
    fill(1003);
    for (int i = 0; i < 5; i++)
        add(0, 80000, i, true);                            /* they stay, and hold nobody up */
    old();
    shelf->lists = 0;
    kcl_must(k, nothing, KCL_APPLY, 0);
    assert_int_equal(boxes(), 0);
    assert_int_equal(alive(0), 5);
    assert_int_equal(shelf->largest, 40);
    assert_int_equal(shelf->removals, 10 * 3 + 1);       /* a page of a hundred goes by 40, 40, 20 */
    assert_int_equal(shelf->lists, 1 + 11 + 1);          /* the plan's, one for each page, one that shows that it is empty */
    assert_int_equal(shelf->lost, 0);
    assert_int_equal(kcl_records(k), 0);
    assert_int_equal(k->open, 0);
}

static void memory_does_not_grow_with_what_stands_in_it(void **state)
{
    size_t used[2], n[2] = { 1000, 20000 };
    for (int i = 0; i < 2; i++) {
        if (i)
            setup(state);
        kcl_must(k, forced, KCL_APPLY, 0);
        fill(n[i]);
        old();
        kcl_must(k, nothing, KCL_APPLY, 0);
        used[i] = arena_used(k->run);
        assert_int_equal(alive(0), 0);
        if (!i)
            teardown(state);
    }
    print_message("%zu bytes of memory for 1000 things, %zu for 20000\n", used[0], used[1]);
    assert_in_range((used[1] - used[0]) / (n[1] - n[0]), 0, 60);   /* the calls that carry them, not what they carry */
}

static void what_could_not_be_removed_is_told(void **state)
{
    (void)state;
    kcl_must(k, forced, KCL_APPLY, 0);
    fill(60);
    shelf->stuck = 15;                                   /* in the second batch */
    old();
    kcl_must(k, nothing, KCL_APPLY, 1);
    assert_true(kcl_says(k, "RemoveParts left 3 of 20 in it: p00015: AccessDenied"));
    assert_int_equal(boxes(), 1);
    assert_int_equal(alive(0), 3);
    assert_int_equal(k->open, 0);
    shelf->stuck = -1;
    kcl_must(k, nothing, KCL_APPLY, 0);
    assert_int_equal(boxes(), 0);
}

static void who_writes_meanwhile_is_named(void **state)
{
    (void)state;
    kcl_must(k, forced, KCL_APPLY, 0);
    fill(10);
    shelf->written = 2;
    old();
    kcl_must(k, nothing, KCL_APPLY, 1);
    assert_true(kcl_says(k, "it does not get empty: after "));
    assert_true(kcl_says(k, " stand in it again: version v0 of p90000, and more"));
    assert_int_equal(boxes(), 1);
    assert_in_range(shelf->removals, 4, 12);
    shelf->written = 0;
    kcl_must(k, nothing, KCL_APPLY, 0);
    assert_int_equal(boxes(), 0);
}

static void a_removal_without_answer_is_listed_again(void **state)
{
    (void)state;
    for (unsigned at = 3; at < 12; at++) {
        if (at > 3)
            setup(state);
        kcl_must(k, forced, KCL_APPLY, 0);
        fill(100);
        old();
        k->lose = k->calls + at;
        kcl_must(k, nothing, KCL_APPLY, 0);
        assert_int_equal(boxes(), 0);
        assert_int_equal(k->open, 0);
        if (at < 11)
            teardown(state);
    }
}

static unsigned told;

static void on_progress(struct kcl_kit *kit, const struct op_report *r)
{
    (void)kit;
    told += str_starts(r->detail, STR("removes what stands in it: "));
}

static void progress_is_told(void **state)
{
    (void)state;
    kcl_must(k, forced, KCL_APPLY, 0);
    fill(200);
    told = 0;
    k->changed = on_progress;
    kcl_must(k, nothing, KCL_APPLY, 0);
    assert_true(told >= 6);
}

static void interrupt(struct kcl_kit *kit, const struct op_report *r)
{
    if (str_starts(r->detail, STR("removes what stands in it: 80")))
        test_world_signal(kit->t);
}

static void ctrl_c_stops_between_calls(void **state)
{
    (void)state;
    kcl_must(k, forced, KCL_APPLY, 0);
    fill(1000);
    old();
    k->changed = interrupt;
    kcl_must(k, nothing, KCL_APPLY, 130);
    k->changed = NULL;
    assert_int_equal(k->open, 0);
    assert_in_range(alive(0), 500, 999);
    kcl_must(k, nothing, KCL_APPLY, 0);
    assert_int_equal(boxes(), 0);
}

static void killed_anywhere_the_next_run_goes_on(void **state)
{
    unsigned n = 0;
    for (long at = 1;; at++, n++) {
        if (at > 1)
            setup(state);
        kcl_must(k, forced, KCL_APPLY, 0);
        fill(230);
        old();
        if (!kcl_killed(k, nothing, KCL_APPLY, at))
            break;
        kcl_must(k, nothing, KCL_APPLY, 0);
        assert_int_equal(boxes(), 0);
        assert_int_equal(alive(0), 0);
        assert_int_equal(kcl_records(k), 0);
        teardown(state);
    }
    assert_in_range(n, 40, 400);
    print_message("killed %u times\n", n);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_stands_in_it_is_refused_by_name),
        CASE(only_the_first_page_is_read_for_a_plan),
        CASE(a_page_without_any_says_nothing_of_the_next),
        CASE(what_goes_with_it_is_guarded_however_little_the_plan_sees),
        CASE(the_block_counts_before_the_record),
        CASE(what_goes_by_itself_is_no_loss),
        CASE(what_the_plan_leaves_in_it_is_a_loss),
        CASE(without_asking_all_that_stands_in_it_counts),
        CASE(the_estimate_counts_it),
        CASE(it_is_emptied_page_by_page),
        CASE(memory_does_not_grow_with_what_stands_in_it),
        CASE(what_could_not_be_removed_is_told),
        CASE(who_writes_meanwhile_is_named),
        CASE(a_removal_without_answer_is_listed_again),
        CASE(progress_is_told),
        CASE(ctrl_c_stops_between_calls),
        CASE(killed_anywhere_the_next_run_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
