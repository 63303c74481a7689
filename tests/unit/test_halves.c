/* test_halves.c - one field that two calls write, one of which takes off and the other adds: between them it is neither as it was nor as it will
 * be, and that is nobody else's doing. What somebody else does to it before the first of them is. */
#include "kcl_kit.h"
#include "kctest.h"

static const char model[] =
    "service toy protocol json-1.1 api 2020-01-01 endpoint toy sign toy id \"Toy\" target Toy\n"
    "op MakeBag in Bag\n"
    "op ListBags out ListBagsResponse\n"
    "op AddItems in BagItems\n"
    "op DropItem in BagItem\n"
    "op DropBag in BagName\n"
    "struct Bag\n  Name! string\n  Items [string]\n"
    "struct BagName\n  Name! string\n"
    "struct BagItem\n  Name! string\n  Item! string\n"
    "struct BagItems\n  Name! string\n  Items! [string]\n"
    "struct ListBagsResponse\n  Bags [Bag]\n";

#define BAG(ITEMS)                                                                                                                                   \
    "resource Bag @aws(\"toy\") {\n"                                                                                                                 \
    "  name: string @identity @replace\n"                                                                                                            \
    "  items: set[string] = []\n"                                                                                                                    \
    "  create MakeBag { send { Name = name, Items = items } }\n"                                                                                     \
    "  read ListBags { each = reply.Bags, key = { name = it.Name }, items = it.Items ?? [] }\n"                                                      \
    "  find ListBags { by = \"relation\", each = [for b in reply.Bags if b.Name == name: b] }\n"                                                     \
    "  update DropItem { on = [items], over = [for i in live.Items ?? [] if !(i in items): i], send { Name = name, Item = each } }\n"                \
    "  update AddItems { on = [items], send { Name = name, Items = [for i in items if !(i in (live.Items ?? [])): i] } }\n"                         \
    "  delete DropBag { send { Name = name } }\n"                                                                                                    \
    "}\n"                                                                                                                                            \
    "Bag b { name = \"b\", items = [" ITEMS "] }\n"

/* ---- the service: one bag, its items are letters ---- */
static struct { bool there, in[26]; unsigned adds, drops; bool meddles; } bag;

static bool *letter(struct str item)
{
    return &bag.in[(size_t)(item.s[0] - 'a') % 26];
}

static const struct value *shown(struct arena *a)
{
    const struct value *items[26];
    size_t n = 0;
    for (size_t i = 0; i < 26; i++)
        if (bag.in[i])
            items[n++] = value_str(a, str_fmt(a, "%c", (char)('a' + i)));
    const struct value *one = value_with(a, value_with(a, &value_empty_object, STR("Name"), value_str(a, STR("b"))), STR("Items"), value_list(a, arena_copy(a, items, n * sizeof *items), n));
    return value_list(a, arena_copy(a, &one, sizeof one), bag.there);
}

static const char *call(struct kcl_kit *k, struct arena *a, struct str op, const struct value *in, const struct value **reply)
{
    (void)k;
    const struct value *list = value_get(in, STR("Items"));
    for (size_t i = 0; list && i < list->list.n; i++)
        *letter(list->list.v[i]->s) = true;
    if (str_is(op, "MakeBag")) {
        bag.there = true;
    } else if (str_is(op, "AddItems")) {
        bag.adds += (unsigned)list->list.n;
    } else if (str_is(op, "DropItem")) {
        *letter(kcl_get(in, "Item")) = false;
        bag.drops++;
    } else if (str_is(op, "DropBag")) {
        bag.there = false;
    } else {
        *reply = value_with(a, &value_empty_object, STR("Bags"), shown(a));
        bag.in['z' - 'a'] |= bag.meddles;                  /* another hand, after this read */
    }
    return NULL;
}

static struct kcl_kit *with(const char *file)
{
    bag.there = bag.meddles = false;
    bag.adds = bag.drops = 0;
    for (size_t i = 0; i < 26; i++)
        bag.in[i] = false;
    struct kcl_kit *k = kcl_kit_new(model, call, NULL);
    kcl_must(k, file, KCL_APPLY, 0);
    return k;
}

static void one_call_takes_off_and_the_other_adds(void **state)
{
    struct kcl_kit *k = with(BAG("\"a\", \"b\""));
    (void)state;
    kcl_must(k, BAG("\"b\", \"c\", \"d\""), KCL_APPLY, 0);
    assert_int_equal(bag.drops, 1);
    assert_int_equal(bag.adds, 2);
    assert_true(!bag.in[0] && bag.in[1] && bag.in[2] && bag.in[3]);
    kcl_must(k, BAG("\"b\", \"c\", \"d\""), KCL_PLAN, 0);
    kcl_kit_free(k);
}

static void another_hand_before_the_first_is_seen(void **state)
{
    struct kcl_kit *k = with(BAG("\"a\""));
    (void)state;
    bag.meddles = true;
    kcl_must(k, BAG("\"b\""), KCL_APPLY, 3);
    assert_true(kcl_says(k, "changed by someone else"));
    assert_int_equal(bag.adds + bag.drops, 0);
    kcl_kit_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(one_call_takes_off_and_the_other_adds), cmocka_unit_test(another_hand_before_the_first_is_seen) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
