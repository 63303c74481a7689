/* test_calls.c - words of single calls: of a listing the first page alone; a success that tells of what it did not do. */
#include "kcl_kit.h"
#include "kctest.h"

static const char model[] =
    "service toy protocol json-1.1 api 2020-01-01 endpoint toy sign toy id \"Toy\" target Toy\n"
    "op PutEntry in PutEntryRequest out PutEntryResponse\n"
    "op ListEntries in ListEntriesRequest out ListEntriesResponse page Next>From list Entries\n"
    "op DropEntry in EntryName\n"
    "struct Entry\n  Name string\n  Text string\n"
    "struct EntryName\n  Name! string\n"
    "struct PutEntryRequest\n  Name! string\n  Text string\n"
    "struct Failure\n  Code string\n  Text string\n"
    "struct PutEntryResponse\n  Failures [Failure]\n"
    "struct ListEntriesRequest\n  From string\n"
    "struct ListEntriesResponse\n  Entries [Entry]\n  Next string\n";

#define TELLS "failed = reply.Failures ?? [], why = \"\\(it.Code): \\(it.Text)\""
#define ENTRY(FIRST)                                                                                                                                 \
    "resource Entry @aws(\"toy\") {\n"                                                                                                               \
    "  name: string @identity @replace\n"                                                                                                            \
    "  text: string\n"                                                                                                                               \
    "  create PutEntry { send { Name = name, Text = text }, " TELLS " }\n"                                                                          \
    "  read ListEntries { " FIRST "send { From = name }, each = [for e in reply.Entries if e.Name == name: e], key = { name = it.Name }, text = it.Text }\n" \
    "  find ListEntries { by = \"relation\", " FIRST "send { From = name }, each = [for e in reply.Entries if e.Name == name: e] }\n"                \
    "  update PutEntry { on = [text], send { Name = name, Text = text }, " TELLS " }\n"                                                             \
    "  delete DropEntry { send { Name = name } }\n"                                                                                                  \
    "  errors { retry = [\"Later\"] }\n"                                                                                                             \
    "}\n"
static const char first[] = ENTRY("first_page = true, ") "Entry a { name = \"b\", text = \"x\" }\n";
static const char all[] = ENTRY("") "Entry a { name = \"b\", text = \"x\" }\n";

/* ---- the service: a register in alphabetical order, two entries a page ---- */

struct entry { char name[16], text[16]; bool there; };
struct book { struct entry v[26]; unsigned lists, puts, refusals; const char *code; };   /* of so many puts the first are no success */
static struct book book;

static const char *call(struct kcl_kit *k, struct arena *a, struct str op, const struct value *in, const struct value **reply)
{
    struct str name = kcl_get(in, str_is(op, "ListEntries") ? "From" : "Name");
    size_t at = name.n ? (size_t)(name.s[0] - 'a') % 26 : 0;
    const struct value *page[2];
    size_t n = 0;
    (void)k;
    if (str_is(op, "PutEntry") && book.puts++ < book.refusals) {
        struct pair p[] = { { STR("Code"), value_str(a, str_of(book.code)) }, { STR("Text"), value_str(a, STR("not so")) } };
        const struct value *one = value_object(a, arena_copy(a, p, sizeof p), 2);
        *reply = value_with(a, &value_empty_object, STR("Failures"), value_list(a, &one, 1));
        return NULL;
    }
    if (!str_is(op, "ListEntries")) {
        book.v[at] = (struct entry){ .there = str_is(op, "PutEntry") };
        snprintf(book.v[at].name, sizeof book.v[at].name, "%.*s", STR_ARG(name));
        snprintf(book.v[at].text, sizeof book.v[at].text, "%.*s", STR_ARG(kcl_get(in, "Text")));
        return NULL;
    }
    book.lists++;
    for (; at < 26 && n < 2; at++)
        if (book.v[at].there) {
            struct pair p[] = { { STR("Name"), value_str(a, str_of(book.v[at].name)) }, { STR("Text"), value_str(a, str_of(book.v[at].text)) } };
            page[n++] = value_object(a, arena_copy(a, p, sizeof p), 2);
        }
    *reply = value_with(a, &value_empty_object, STR("Entries"), value_list(a, arena_copy(a, page, n * sizeof *page), n));
    if (at < 26)
        *reply = value_with(a, *reply, STR("Next"), value_str(a, str_fmt(a, "%c", (char)('a' + at))));
    return NULL;
}

static struct kcl_kit *full(void)
{
    book = (struct book){ 0 };
    for (size_t i = 0; i < 26; i++) {
        book.v[i] = (struct entry){ .there = i != 1 };
        snprintf(book.v[i].name, sizeof book.v[i].name, "%c", (char)('a' + i));
    }
    return kcl_kit_new(model, call, NULL);
}

static void what_stands_where_the_listing_begins_is_read_from_one_page(void **state)
{
    struct kcl_kit *k = full();
    (void)state;
    kcl_must(k, first, KCL_APPLY, 0);
    book.lists = 0;
    kcl_must(k, first, KCL_PLAN, 0);
    assert_int_equal(book.lists, 1);
    kcl_must(k, all, KCL_PLAN, 0);
    assert_in_range(book.lists, 10, 20);                   /* to the end */
    book.v[1].there = false;
    kcl_must(k, first, KCL_PLAN, 2);                       /* gone, though others follow */
    kcl_kit_free(k);
}

static void a_success_that_tells_of_a_failure_is_a_refusal(void **state)
{
    struct kcl_kit *k = full();
    (void)state;
    book.code = "Wrong";
    book.refusals = 1;
    kcl_must(k, first, KCL_APPLY, 1);
    assert_true(kcl_says(k, "Wrong") && kcl_says(k, "not so"));
    assert_int_equal(kcl_records(k), 0);
    assert_int_equal(k->open, 0);
    kcl_must(k, first, KCL_APPLY, 0);
    assert_string_equal(book.v[1].text, "x");
    book.puts = 0;                                         /* an update too; the object stays as it was */
    kcl_must(k, ENTRY("") "Entry a { name = \"b\", text = \"y\" }\n", KCL_APPLY, 1);
    assert_true(kcl_says(k, "not so"));
    kcl_must(k, first, KCL_PLAN, 0);
    kcl_kit_free(k);
}

static void its_code_means_what_the_type_says(void **state)
{
    struct kcl_kit *k = full();
    (void)state;
    book.code = "Later";
    book.refusals = 3;
    kcl_must(k, first, KCL_APPLY, 0);
    assert_int_equal(book.puts, 4);
    assert_string_equal(book.v[1].text, "x");
    kcl_kit_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stands_where_the_listing_begins_is_read_from_one_page), cmocka_unit_test(a_success_that_tells_of_a_failure_is_a_refusal),
        cmocka_unit_test(its_code_means_what_the_type_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
