/* shelf.h - for tests of `empty`: a toy service of boxes, in which parts stand, whose listing pages by two tokens. */
#ifndef KC_TEST_SHELF_H
#define KC_TEST_SHELF_H
#include "kcl_kit.h"
#include "kctest.h"

#define SHELF_TYPES                                                                                                                                  \
    "resource Box @aws(\"toy\") {\n"                                                                                                                 \
    "  name: string @replace\n"                                                                                                                      \
    "  force: bool = false @write_only\n"                                                                                                            \
    "  tags: map[string] = {} @initial\n"                                                                                                            \
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

enum { BOXES = 8, PARTS = 30000, VERSIONS = 3, SHELF_PAGE = 100 };
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

extern struct shelf *shelf;                                /* from shelf_setup to shelf_teardown */
extern struct kcl_kit *shelf_kit;                          /* and kc over it */
int shelf_setup(void **state);
int shelf_teardown(void **state);
void shelf_add(int box, int name, int version, bool is_fixed);
void shelf_fill(size_t n);                                 /* so many parts in the first box */
size_t shelf_alive(int box);                               /* parts in it */
size_t shelf_boxes(void);                                  /* that are there */
void shelf_grow_old(void);                                 /* an hour: what was made is fresh no more */

#define CASE(f) cmocka_unit_test_setup_teardown(f, shelf_setup, shelf_teardown)

#endif
