/* shelf.c - see shelf.h. */
#include "shelf.h"
#include <stdlib.h>

struct shelf *shelf;
struct kcl_kit *shelf_kit;

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

static int box_at(const struct value *in, const char *key)
{
    for (size_t i = 0; i < shelf->nboxes; i++)
        if (!shelf->boxes[i].gone && str_is(kcl_get(in, key), shelf->boxes[i].id))
            return (int)i;
    return -1;
}

size_t shelf_alive(int box)
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

void shelf_add(int box, int name, int version, bool is_fixed)
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

void shelf_fill(size_t n)
{
    for (size_t i = 0; i < n; i++)
        shelf_add(0, (int)(i / VERSIONS), (int)(i % VERSIONS), false);
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
    const struct value *v[SHELF_PAGE];
    size_t i = 0, n = 0;
    if (box < 0)
        return "NoSuchBox";
    shelf->lists++;
    for (size_t k2 = 0; from.name.n && k2 < shelf->nparts; k2++)
        if (named(&shelf->parts[k2], from))
            i = shelf->forgetful && shelf->parts[k2].gone ? shelf->nparts : k2 + 1;
    for (; i < shelf->nparts && n < SHELF_PAGE; i++) {
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
        shelf_add(box, 90000, i, false);
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
        shelf_add(box_at(in, "Box"), -1, 0, false);
        return NULL;
    }
    int box = box_at(in, "Id");
    if (box < 0)
        return "NoSuchBox";
    if (shelf_alive(box) > fixed(box))
        return "NotEmpty";
    shelf->boxes[box].gone = true;
    return NULL;
}

size_t shelf_boxes(void)
{
    size_t n = 0;
    for (size_t i = 0; i < shelf->nboxes; i++)
        n += !shelf->boxes[i].gone;
    return n;
}

int shelf_setup(void **state)
{
    (void)state;
    shelf = calloc(1, sizeof *shelf);
    shelf->parts = calloc(PARTS, sizeof *shelf->parts);
    shelf->stuck = -1;
    shelf_kit = kcl_kit_new(model, call, NULL);
    return 0;
}

int shelf_teardown(void **state)
{
    (void)state;
    kcl_kit_free(shelf_kit);
    free(shelf->parts);
    free(shelf);
    return 0;
}

void shelf_grow_old(void)
{
    test_world_advance(shelf_kit->t, 60 * 60000);
}
