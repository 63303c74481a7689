/* test_keep.c - @keep: a file that a fleet's instances boot from stays while one of them may. The service checks it: with each call, what the fleet is
 * set to and what each of its instances runs must have its file. */
#include "kcl_kit.h"
#include "kctest.h"
#include <stdlib.h>

static const char model[] =
    "service toy protocol json-1.1 api 2020-01-01 endpoint toy sign toy id \"Toy\" target Toy\n"
    "op CreateFleet in Fleet\n"
    "op CreateShelf in Name\n"
    "op CreateTemplate in Template out TemplateResponse\n"
    "op DeleteFile in Name\n"
    "op DeleteFleet in Name\n"
    "op DeleteShelf in Name\n"
    "op DeleteTemplate in Name\n"
    "op DescribeFile in Name out FileResponse\n"
    "op DescribeFleet in Name out FleetResponse\n"
    "op DescribeShelf in Name out FileResponse\n"
    "op DescribeTemplate in Name out TemplateResponse\n"
    "op PutFile in File\n"
    "op UpdateFleet in Fleet\n"
    "op UpdateTemplate in Template out TemplateResponse\n"
    "struct File\n  Name! string\n  Shelf string\n  Slot string\n"
    "struct FileResponse\n  File File\n"
    "struct Fleet\n  Name! string\n  Template string\n  Version int\n  Size int\n  Running [int]\n  Ready bool\n"
    "struct FleetResponse\n  Fleet Fleet\n"
    "struct Name\n  Name! string\n"
    "struct Template\n  Name! string\n  File string\n  Version int\n"
    "struct TemplateResponse\n  Template Template\n";

#define TYPES                                                                                                                                              \
    "resource Shelf @aws(\"toy\") {\n"                                                                                                                     \
    "  name: string @identity @replace\n"                                                                                                                  \
    "  create CreateShelf { send { Name = name } }\n"                                                                                                      \
    "  read DescribeShelf { send { Name = name }, live = reply.File, key = { name = reply.File.Name } }\n"                                                 \
    "  find DescribeShelf { by = \"name\", send { Name = name }, each = [reply.File] }\n"                                                                  \
    "  delete DeleteShelf { send { Name = name } }\n"                                                                                                      \
    "  errors { gone = [\"NotThere\"] }\n"                                                                                                                 \
    "}\n"                                                                                                                                                  \
    "resource File @aws(\"toy\") {\n"                                                                                                                      \
    "  name: string @identity @replace\n"                                                                                                                  \
    "  shelf: string = \"\" @initial\n"                                                                                                                    \
    "  slot: string = \"\" @initial\n"                                                                                                                     \
    "  create PutFile { send { Name = name, Shelf = shelf, Slot = slot } }\n"                                                                              \
    "  read DescribeFile { send { Name = name }, live = reply.File, key = { name = reply.File.Name } }\n"                                                  \
    "  find DescribeFile { by = \"name\", send { Name = name }, each = [reply.File] }\n"                                                                   \
    "  delete DeleteFile { send { Name = name } }\n"                                                                                                       \
    "  errors { gone = [\"NotThere\"] }\n"                                                                                                                 \
    "}\n"                                                                                                                                                  \
    "resource Only @aws(\"toy\") {\n"                                                                                                                      \
    "  name: string @identity @replace\n"                                                                                                                  \
    "  slot: string @replace\n"                                                                                                                            \
    "  create PutFile { send { Name = name, Slot = slot } }\n"                                                                                             \
    "  read DescribeFile { send { Name = name }, live = reply.File, key = { name = reply.File.Name }, slot = live.Slot }\n"                                \
    "  find DescribeFile { by = \"name\", send { Name = name }, each = [reply.File] }\n"                                                                   \
    "  delete DeleteFile { send { Name = name } }\n"                                                                                                       \
    "  unique = [[slot]]\n"                                                                                                                                \
    "  errors { gone = [\"NotThere\"] }\n"                                                                                                                 \
    "}\n"                                                                                                                                                  \
    "resource Template @aws(\"toy\") {\n"                                                                                                                  \
    "  name: string @identity @replace\n"                                                                                                                  \
    "  file: string\n"                                                                                                                                     \
    "  out version: int\n"                                                                                                                                 \
    "  create CreateTemplate { send { Name = name, File = file }, version = reply.Template.Version }\n"                                                    \
    "  read DescribeTemplate { send { Name = name }, live = reply.Template, key = { name = reply.Template.Name }, file = live.File, version = live.Version }\n" \
    "  find DescribeTemplate { by = \"name\", send { Name = name }, each = [reply.Template] }\n"                                                           \
    "  update UpdateTemplate { on = [file], renews = [version], send { Name = name, File = file }, version = reply.Template.Version }\n"                   \
    "  delete DeleteTemplate { send { Name = name } }\n"                                                                                                   \
    "  errors { gone = [\"NotThere\"] }\n"                                                                                                                 \
    "}\n"                                                                                                                                                  \
    "resource Fleet @aws(\"toy\") {\n"                                                                                                                     \
    "  name: string @identity @replace\n"                                                                                                                  \
    "  template: string\n"                                                                                                                                 \
    "  version: int\n"                                                                                                                                     \
    "  size: int = 1\n"                                                                                                                                    \
    "  create CreateFleet { send { Name = name, Template = template, Version = version, Size = size } }\n"                                                 \
    "  read DescribeFleet { send { Name = name }, live = reply.Fleet, key = { name = reply.Fleet.Name }, template = live.Template, version = live.Version, size = live.Size }\n" \
    "  find DescribeFleet { by = \"name\", send { Name = name }, each = [reply.Fleet] }\n"                                                                 \
    "  update UpdateFleet { on = [template, version, size], send { Name = name, Template = template, Version = version, Size = size } }\n"                 \
    "  delete DeleteFleet { send { Name = name } }\n"                                                                                                      \
    "  ready { until = live.Ready }\n"                                                                                                                     \
    "  trails = size([for v in live.Running if v != live.Version: v]) > 0\n"                                                                               \
    "  errors { gone = [\"NotThere\"] }\n"                                                                                                                 \
    "}\n"
#define REST(file) "Template t { name = \"t\", file = " file " }\nFleet fleet { name = \"f\", template = t.name, version = t.version }\n"
#define BOOT(name) TYPES "File boot @keep(fleet) { name = \"" name "\" }\n" REST("boot.name")

static const char one[] = BOOT("one"), two[] = BOOT("two"), three[] = BOOT("three");
static const char without[] = TYPES REST("\"none\"");
static const char nothing[] = TYPES;

/* ---- the service ---- */

enum { FILES = 16, VERSIONS = 32, RUNNING = 3 };
static struct kcl_kit *k;
static struct { char name[16], shelf[16], slot[16]; bool there; } files[FILES];
static struct { char name[16]; bool there; } shelves[4];
static struct { bool there; char file[VERSIONS][16]; int64_t version; } template;
static struct { bool there; int64_t version, size, running[RUNNING]; int64_t rolled; bool unready; } fleet;
static int64_t rolling;                                    /* ms until instances follow what the fleet is set to */
static const char *dark;                                   /* this operation is refused */
static char order[64];                                     /* what was deleted */

static int64_t now(void)
{
    return world_now(test_world(k->t));
}

static bool has_file(const char *name)
{
    for (size_t i = 0; i < FILES; i++)
        if (files[i].there && !strcmp(files[i].name, name))
            return true;
    return false;
}

static void roll(void)
{
    for (size_t i = 0; fleet.there && now() >= fleet.rolled && i < RUNNING; i++)
        fleet.running[i] = fleet.version;
}

static void check(int64_t version)
{
    const char *file = template.file[version];
    if (strcmp(file, "none") && !has_file(file))
        fail_msg("version %d wants %s, and it is not there", (int)version, file);
}

static void all_can_boot(void)
{
    if (!fleet.there)
        return;
    check(fleet.version);
    for (size_t i = 0; i < RUNNING; i++)
        check(fleet.running[i]);
}

static size_t there(void)
{
    size_t n = 0;
    for (size_t i = 0; i < FILES; i++)
        n += files[i].there;
    return n;
}

static const struct value *text(struct arena *a, const char *s)
{
    return value_string(a, str_of(s));
}

static const struct value *wrap(struct arena *a, const char *key, const struct pair *p, size_t n)
{
    struct pair whole = { str_of(key), value_object(a, p, n) };
    return value_object(a, &whole, 1);
}

static void copy(char *out, size_t n, const struct value *in, const char *key)
{
    snprintf(out, n, "%.*s", STR_ARG(kcl_get(in, key)));
}

static const char *file_call(struct arena *a, struct str op, const struct value *in, const struct value **reply)
{
    size_t i = 0, free = FILES;
    for (; i < FILES && !(files[i].there && str_is(kcl_get(in, "Name"), files[i].name)); i++)
        free = files[i].there ? free : i;
    if (str_is(op, "PutFile")) {
        for (size_t n = 0; n < FILES; n++)
            if (files[n].there && files[n].slot[0] && str_is(kcl_get(in, "Slot"), files[n].slot))
                return "SlotTaken";
        i = i < FILES ? i : free;
        copy(files[i].name, sizeof files[i].name, in, "Name");
        copy(files[i].shelf, sizeof files[i].shelf, in, "Shelf");
        copy(files[i].slot, sizeof files[i].slot, in, "Slot");
        files[i].there = true;
        return NULL;
    }
    if (i == FILES)
        return "NotThere";
    struct pair p[2] = { { STR("Name"), text(a, files[i].name) }, { STR("Slot"), text(a, files[i].slot) } };
    *reply = wrap(a, "File", p, 2);
    if (str_is(op, "DeleteFile")) {
        files[i].there = false;
        strcat(order, "F");
    }
    return NULL;
}

static const char *shelf_call(struct arena *a, struct str op, const struct value *in, const struct value **reply)
{
    size_t i = 0;
    while (i < 4 && !(shelves[i].there && str_is(kcl_get(in, "Name"), shelves[i].name)))
        i++;
    if (str_is(op, "CreateShelf")) {
        for (i = 0; shelves[i].there; i++)
            ;
        copy(shelves[i].name, sizeof shelves[i].name, in, "Name");
        shelves[i].there = true;
        return NULL;
    }
    if (i == 4)
        return "NotThere";
    struct pair p = { STR("Name"), text(a, shelves[i].name) };
    *reply = wrap(a, "File", &p, 1);
    for (size_t n = 0; str_is(op, "DeleteShelf") && n < FILES; n++)
        if (files[n].there && !strcmp(files[n].shelf, shelves[i].name))
            return "NotEmpty";
    if (str_is(op, "DeleteShelf"))
        shelves[i].there = false;
    return NULL;
}

static const char *template_call(struct arena *a, struct str op, const struct value *in, const struct value **reply)
{
    bool makes = str_is(op, "CreateTemplate") || str_is(op, "UpdateTemplate");
    if (!template.there && !str_is(op, "CreateTemplate"))
        return "NotThere";
    if (makes) {
        template.there = true;
        copy(template.file[++template.version], sizeof template.file[0], in, "File");
    }
    struct pair p[3] = { { STR("Name"), text(a, "t") }, { STR("File"), text(a, template.file[template.version]) }, { STR("Version"), value_int(a, template.version) } };
    *reply = wrap(a, "Template", p, 3);
    if (str_is(op, "DeleteTemplate")) {
        template.there = false;
        strcat(order, "T");
    }
    return NULL;
}

static const char *fleet_call(struct arena *a, struct str op, const struct value *in, const struct value **reply)
{
    if (!fleet.there && !str_is(op, "CreateFleet"))
        return "NotThere";
    if (str_is(op, "CreateFleet") || str_is(op, "UpdateFleet")) {
        int64_t version = value_get(in, STR("Version"))->i;
        fleet.rolled = version != fleet.version ? now() + (fleet.there ? rolling : 0) : fleet.rolled;
        fleet.version = version;
        fleet.size = value_get(in, STR("Size"))->i;
        fleet.there = true;
        for (size_t i = 0; str_is(op, "CreateFleet") && i < RUNNING; i++)
            fleet.running[i] = version;
    }
    roll();
    const struct value *run[RUNNING];
    for (size_t i = 0; i < RUNNING; i++)
        run[i] = value_int(a, fleet.running[i]);
    struct pair p[6] = { { STR("Name"), text(a, "f") }, { STR("Template"), text(a, "t") }, { STR("Version"), value_int(a, fleet.version) },
                         { STR("Size"), value_int(a, fleet.size) }, { STR("Running"), value_list(a, run, RUNNING) }, { STR("Ready"), value_bool(!fleet.unready) } };
    *reply = wrap(a, "Fleet", p, 6);
    if (str_is(op, "DeleteFleet")) {
        fleet.there = false;
        strcat(order, "G");
    }
    return NULL;
}

static const char *call(struct kcl_kit *kit, struct arena *a, struct str op, const struct value *in, const struct value **reply)
{
    (void)kit;
    if (dark && str_is(op, dark))
        return "Dark";
    const char *code = str_ends(op, STR("File")) ? file_call(a, op, in, reply) : str_ends(op, STR("Shelf")) ? shelf_call(a, op, in, reply)
                     : str_ends(op, STR("Template")) ? template_call(a, op, in, reply) : fleet_call(a, op, in, reply);
    all_can_boot();
    return code;
}

static int setup(void **state)
{
    (void)state;
    memset(files, 0, sizeof files);
    memset(shelves, 0, sizeof shelves);
    memset(&template, 0, sizeof template);
    memset(&fleet, 0, sizeof fleet);
    order[0] = 0;
    rolling = 0;
    dark = NULL;
    k = kcl_kit_new(model, call, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    kcl_kit_free(k);
    return 0;
}

static void later(void)
{
    test_world_advance(k->t, 60 * 60000);
}

/* It was applied an hour ago; what comes from here on reaches the instances in half an hour. */
static void stands(const char *file)
{
    kcl_must(k, file, KCL_APPLY, 0);
    later();
    rolling = 30 * 60000;
}

/* ---- tests ---- */

static void it_goes_in_the_same_apply_when_all_have_moved(void **state)
{
    (void)state;
    kcl_must(k, one, KCL_APPLY, 0);
    later();
    kcl_must(k, two, KCL_PLAN, 2);
    assert_true(str_find(kcl_plan_text(k), STR("goes when nothing of fleet may use it any more")) != SIZE_MAX);
    kcl_must(k, two, KCL_APPLY, 0);
    assert_true(has_file("two") && !has_file("one"));
    kcl_must(k, two, KCL_PLAN, 0);
}

static void it_stays_while_something_trails(void **state)
{
    (void)state;
    stands(one);
    kcl_must(k, two, KCL_APPLY, 0);                        /* no failure */
    assert_true(kcl_says(k, "stays: fleet may still use it"));
    assert_true(has_file("one") && has_file("two"));
    kcl_must(k, two, KCL_PLAN, 0);                         /* nothing to do while it trails, and why */
    assert_int_equal(k->plan->nnotes, 1);
    assert_str(k->plan->notes[0], "boot (generation 1) stays: fleet may still use it");
    kcl_must(k, three, KCL_APPLY, 0);
    assert_int_equal(there(), 3);
    later();
    kcl_must(k, three, KCL_PLAN, 2);
    kcl_must(k, three, KCL_APPLY, 0);                      /* by itself */
    assert_int_equal(there(), 1);
    assert_true(has_file("three"));
    kcl_must(k, three, KCL_PLAN, 0);
}

static void what_leaves_the_file_stays_too(void **state)
{
    (void)state;
    stands(one);
    kcl_must(k, without, KCL_APPLY, 0);
    assert_true(has_file("one"));
    kcl_must(k, without, KCL_PLAN, 0);
    assert_str(k->plan->notes[0], "boot (generation 1) stays: fleet may still use it");
    later();
    kcl_must(k, without, KCL_APPLY, 0);
    assert_int_equal(there(), 0);
}

/* Set to a former version by hand: it was last written with that file. */
static void what_settings_name_stays(void **state)
{
    static const char pinned[] = TYPES "File boot @keep(fleet) { name = \"two\" }\nTemplate t { name = \"t\", file = boot.name }\n"
                                       "Fleet fleet { name = \"f\", template = t.name, version = 1 }\n";
    (void)state;
    kcl_must(k, one, KCL_APPLY, 0);
    later();
    kcl_must(k, pinned, KCL_APPLY, 0);
    assert_true(has_file("one") && has_file("two"));
    later();
    kcl_must(k, pinned, KCL_PLAN, 0);
    assert_str(k->plan->notes[0], "boot (generation 1) stays: fleet may still use it");
    kcl_must(k, two, KCL_APPLY, 0);                        /* unpinned */
    assert_true(!has_file("one"));
}

static void it_stays_while_a_user_is_not_read_or_not_ready(void **state)
{
    (void)state;
    stands(one);
    kcl_must(k, two, KCL_APPLY, 0);
    later();
    dark = "DescribeFleet";
    kcl_must(k, two, KCL_APPLY, 1);
    assert_true(has_file("one"));
    dark = NULL;
    fleet.unready = true;
    kcl_must(k, two, KCL_APPLY, 0);
    assert_true(has_file("one"));
    fleet.unready = false;
    kcl_must(k, two, KCL_APPLY, 0);
    assert_int_equal(there(), 1);
}

static void set_back(struct kcl_kit *kit)
{
    (void)kit;
    fleet.running[1] = 1;                                  /* an instance of the former version, since the plan */
    fleet.rolled = now() + 60000;
}

static void the_engine_looks_once_more(void **state)
{
    (void)state;
    stands(one);
    kcl_must(k, two, KCL_APPLY, 0);
    later();
    k->before_run = set_back;
    kcl_must(k, two, KCL_APPLY, 0);
    k->before_run = NULL;
    assert_true(has_file("one"));
    later();
    kcl_must(k, two, KCL_APPLY, 0);
    assert_int_equal(there(), 1);
}

static void the_way_back_takes_what_stands(void **state)
{
    (void)state;
    stands(one);
    kcl_must(k, two, KCL_APPLY, 0);
    kcl_must(k, one, KCL_APPLY, 0);
    assert_true(has_file("one"));
    later();
    kcl_must(k, one, KCL_APPLY, 0);
    assert_true(has_file("one"));
    assert_int_equal(there(), 1);
}

#define ON_SHELF(shelf, name) TYPES "Shelf s { name = \"" shelf "\" }\nFile boot @keep(fleet) { name = \"" name "\", shelf = s.name }\n" REST("boot.name")

static void what_it_stands_on_stays(void **state)
{
    static const char left[] = ON_SHELF("left", "one"), right[] = ON_SHELF("right", "two");
    (void)state;
    stands(left);
    kcl_must(k, right, KCL_APPLY, 0);                      /* a new shelf, with a new file */
    assert_true(has_file("one") && has_file("two"));
    assert_true(shelves[0].there && shelves[1].there);
    kcl_must(k, right, KCL_PLAN, 0);
    assert_true(k->plan->nnotes == 2);
    later();
    kcl_must(k, right, KCL_APPLY, 0);
    assert_int_equal(there(), 1);
    assert_false(shelves[0].there);
}

static void a_destroy_goes_in_order(void **state)
{
    (void)state;
    stands(one);
    kcl_must(k, two, KCL_APPLY, 0);
    kcl_must(k, nothing, KCL_DESTROY, 0);
    assert_string_equal(order, "GTFF");
    assert_int_equal(kcl_records(k), 0);
}

static void what_has_to_go_first_is_refused(void **state)
{
    static const char was[] = TYPES "Only boot @keep(fleet) { name = \"one\", slot = \"a\" }\n" REST("boot.name");
    static const char wants[] = TYPES "Only boot @keep(fleet) { name = \"two\", slot = \"a\" }\n" REST("boot.name");
    (void)state;
    kcl_must(k, was, KCL_APPLY, 0);
    later();
    kcl_must(k, wants, KCL_PLAN, 1);
    assert_int_equal(k->code, DIAG_E0618);
    assert_true(kcl_says(k, "boot must stay, since fleet may still use it, and its successor can only come when it is gone"));
}

/* Another kc may take up what a killed one left: at every moment all that runs has its file, and in the end nothing is left over. */
static void killed_anywhere_nothing_is_taken_from_who_runs(void **state)
{
    unsigned n = 0;
    for (long at = 1;; at++, n++) {
        if (at > 1)
            setup(state);
        kcl_must(k, one, KCL_APPLY, 0);
        later();
        rolling = at % 2 ? 0 : 30 * 60000;
        bool dead = kcl_killed(k, two, KCL_APPLY, at);
        kcl_must(k, two, KCL_APPLY, 0);
        later();
        kcl_must(k, two, KCL_APPLY, 0);
        assert_int_equal(there(), 1);
        assert_true(has_file("two"));
        kcl_must(k, two, KCL_PLAN, 0);
        if (!dead)
            break;
        teardown(state);
    }
    assert_in_range(n, 30, 300);
    print_message("killed %u times\n", n);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(it_goes_in_the_same_apply_when_all_have_moved),
        CASE(it_stays_while_something_trails),
        CASE(what_leaves_the_file_stays_too),
        CASE(what_settings_name_stays),
        CASE(it_stays_while_a_user_is_not_read_or_not_ready),
        CASE(the_engine_looks_once_more),
        CASE(the_way_back_takes_what_stands),
        CASE(what_it_stands_on_stays),
        CASE(a_destroy_goes_in_order),
        CASE(what_has_to_go_first_is_refused),
        CASE(killed_anywhere_nothing_is_taken_from_who_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
