/* words.c - the table of words of resource types. */
#include "words.h"
#include <string.h>

static const struct word words[] = {
    { "create", FORM_BLOCK, IN_TYPE, IN_CREATE },
    { "read", FORM_BLOCK, IN_TYPE, IN_READ },
    { "find", FORM_BLOCK, IN_TYPE, IN_FIND },
    { "update", FORM_BLOCK, IN_TYPE, IN_UPDATE },
    { "delete", FORM_BLOCK, IN_TYPE, IN_DELETE },
    { "retire", FORM_BLOCK, IN_TYPE, IN_RETIRE },
    { "holder", FORM_BLOCK, IN_TYPE, IN_HOLDER },
    { "empty", FORM_BLOCK, IN_TYPE, IN_EMPTY },
    { "remove", FORM_BLOCK, IN_EMPTY, IN_REMOVE },
    { "action", FORM_BLOCK, IN_TYPE, IN_ACTION },
    { "wait", FORM_BLOCK, IN_TYPE | IN_CALLS | IN_ACTION, IN_WAIT },
    { "ready", FORM_BLOCK, IN_TYPE, IN_READY },
    { "errors", FORM_BLOCK, IN_TYPE, IN_ERRORS },
    { "errors", FORM_BLOCK, IN_STEP | IN_REMOVE, IN_STEP_ERRORS },
    { "usual", FORM_BLOCK, IN_TYPE, IN_USUAL },
    { "guard", FORM_BLOCK, IN_TYPE, IN_GUARD },
    { "expires", FORM_BLOCK, IN_TYPE, IN_EXPIRES },
    { "chain", FORM_BLOCK, IN_TYPE, IN_CHAIN },
    { "parent", FORM_BLOCK, IN_TYPE, IN_PARENT },
    { "adjust", FORM_BLOCK, IN_TYPE, IN_ADJUST },
    { "unique", FORM_NAMES, IN_TYPE, 0 },
    { "lane", FORM_TERM, IN_TYPE, 0 },
    { "uid", FORM_TERM, IN_TYPE, 0 },
    { "takes", FORM_TERM, IN_TYPE, 0 },
    { "trails", FORM_TERM, IN_TYPE, 0 },
    { "exclusive", FORM_TERM, IN_TYPE, 0 },
    { "carries_load", FORM_PLAIN, IN_TYPE, 0 },
    { "keeps", FORM_PLAIN, IN_TYPE, 0 },
    /* steps */
    { "send", FORM_BLOCK, IN_STEP | IN_REMOVE | IN_WAIT, 0 },
    { "send", FORM_TERM, IN_STEP | IN_REMOVE | IN_WAIT, 0 },
    { "each", FORM_TERM, IN_READ | IN_FIND | IN_ASK, 0 },
    { "key", FORM_TERM, IN_READ | IN_FIND | IN_ASK, 0 },
    { "by", FORM_PLAIN, IN_FIND, 0 },
    { "on", FORM_NAMES, IN_UPDATE | IN_ACTION, 0 },
    { "renews", FORM_NAMES, IN_UPDATE, 0 },
    { "over", FORM_TERM, IN_CALLS, 0 },
    { "when", FORM_TERM, IN_STEP, 0 },
    { "usual", FORM_PLAIN, IN_UPDATE | IN_REMOVE | IN_ACTION, 0 },
    { "live", FORM_TERM, IN_CREATE | IN_READ | IN_FIND | IN_UPDATE, 0 },
    { "wait", FORM_NAMES, IN_CALLS | IN_ACTION, 0 },       /* wait = NAME of one declared in the type */
    { "overwrites", FORM_PLAIN, IN_CREATE, 0 },
    { "absent", FORM_PLAIN, IN_READ, 0 },
    { "unnamed", FORM_PLAIN, IN_READ, 0 },
    { "first_page", FORM_PLAIN, IN_READ | IN_FIND, 0 },
    { "name", FORM_TERM, IN_ASK, 0 },
    { "holds", FORM_PLAIN, IN_ASK, 0 },
    { "batch", FORM_PLAIN, IN_REMOVE, 0 },
    { "failed", FORM_TERM, IN_REMOVE | IN_CREATE | IN_UPDATE | IN_DELETE, 0 },
    { "why", FORM_TERM, IN_REMOVE | IN_CREATE | IN_UPDATE | IN_DELETE | IN_ACTION, 0 },
    { "running", FORM_TERM, IN_ACTION, 0 },
    /* blocks of the type */
    { "name", FORM_NAMES, IN_WAIT | IN_ACTION, 0 },
    { "until", FORM_TERM, IN_WAIT | IN_READY, 0 },
    { "failed", FORM_TERM, IN_WAIT | IN_READY, 0 },
    { "why", FORM_TERM, IN_WAIT | IN_READY, 0 },
    { "why", FORM_PLAIN, IN_RETIRE, 0 },
    { "why", FORM_TERM, IN_CHAIN, 0 },
    { "unhealthy", FORM_TERM, IN_READY, 0 },
    { "leaving", FORM_TERM, IN_READY, 0 },
    { "gone", FORM_PLAIN, IN_ERRORS | IN_STEP_ERRORS, 0 },
    { "busy", FORM_PLAIN, IN_ERRORS | IN_STEP_ERRORS, 0 },
    { "exists", FORM_PLAIN, IN_ERRORS | IN_STEP_ERRORS, 0 },
    { "retry", FORM_PLAIN, IN_ERRORS | IN_STEP_ERRORS, 0 },
    { "settling", FORM_NAMES, IN_ERRORS, 0 },
    { "create", FORM_PLAIN, IN_USUAL, 0 },
    { "update", FORM_PLAIN, IN_USUAL, 0 },
    { "delete", FORM_PLAIN, IN_USUAL, 0 },
    { "visible", FORM_PLAIN, IN_USUAL, 0 },
    { "when", FORM_TERM, IN_GUARD, 0 },
    { "by", FORM_NAMES, IN_GUARD, 0 },
    { "at", FORM_TERM, IN_EXPIRES, 0 },
    { "help", FORM_TERM, IN_EXPIRES, 0 },
    { "steps", FORM_TERM, IN_CHAIN, 0 },
    { "refuse", FORM_TERM, IN_CHAIN, 0 },
    { "note", FORM_TERM, IN_CHAIN, 0 },
    { "replace", FORM_TERM, IN_CHAIN, 0 },
    { "after", FORM_NAMES, IN_CHAIN, 0 },
    { "lag", FORM_PLAIN, IN_CHAIN, 0 },
};
enum { NWORDS = sizeof words / sizeof *words };

static const struct word *search(struct str name, unsigned place, bool block, bool setting)
{
    for (size_t i = 0; i < NWORDS; i++)
        if ((words[i].places & place) && str_is(name, words[i].name) && (words[i].form == FORM_BLOCK ? block : setting))
            return &words[i];
    return NULL;
}

const struct word *word_find(struct str name, unsigned place)
{
    return search(name, place, true, true);
}

const struct word *word_block(struct str name, unsigned place)
{
    return search(name, place, true, false);
}

const struct word *word_setting(struct str name, unsigned place)
{
    return search(name, place, false, true);
}

#define CALL_NAMES "reply live it id ids token each all_tags tags_set tags_gone sent"
#define PLACE_NAMES "partition account region"             /* where it is; a field of that name goes first */

const char *word_names(unsigned place)
{
    switch (place) {
    case IN_CREATE:
        return CALL_NAMES " " PLACE_NAMES " caller";
    case IN_UPDATE:
        return CALL_NAMES " " PLACE_NAMES " changed tags_after";
    case IN_ACTION:
        return "live id token";
    case IN_CHAIN:
        return "live now was";
    case IN_OUT:
        return PLACE_NAMES;
    case IN_GUARD:
    case IN_TERM:
        return "live id";
    case IN_PARENT:
    case IN_ADJUST:
    case IN_EXPIRES:
        return "";
    default:
        return CALL_NAMES " " PLACE_NAMES;
    }
}

bool word_is_name(struct str name)
{
    struct str rest = STR(CALL_NAMES " generation"), word;
    while (str_cut(&rest, ' ', &word))
        if (str_eq(word, name))
            return true;
    return false;
}

const char *word_name_home(struct str name)
{
    static const struct { const char *name, *home; } homes[] = {
        { "caller", "a `create`" }, { "changed", "an `update`" }, { "tags_after", "an `update`" }, { "now", "a `chain`" }, { "was", "a `chain`" },
        { "partition", "a call or the value of an `out`" }, { "account", "a call or the value of an `out`" }, { "region", "a call or the value of an `out`" },
    };
    for (size_t i = 0; i < sizeof homes / sizeof *homes; i++)
        if (str_is(name, homes[i].name))
            return homes[i].home;
    return NULL;
}

void words_offer(struct program *p, struct vec *names, unsigned place)
{
    for (size_t i = 0; i < NWORDS; i++)
        if (words[i].places & place)
            names_add(p, names, str_of(words[i].name));
}

struct str places_of(struct arena *a, struct str name)
{
    const char *names[NWORDS];
    size_t n = 0;
    unsigned at = 0;
    for (size_t i = 0; i < NWORDS; i++)
        at |= str_is(name, words[i].name) ? words[i].places : 0;
    for (size_t i = 0; i < NWORDS; i++)
        if (words[i].form == FORM_BLOCK && (words[i].inside & at & ~(unsigned)IN_STEP_ERRORS))
            names[n++] = words[i].name;
    struct buf b = { 0 };
    for (size_t i = 0; i < n; i++)
        buf_fmt(&b, "%s`%s`", i == 0 ? "" : i + 1 == n ? " or " : ", ", names[i]);
    return buf_take(&b, a);
}
