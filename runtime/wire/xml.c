/* xml.c - a tree out of expat's events. */
#include "xml.h"
#include <expat.h>
#include <string.h>
#include "kc/arena.h"

enum { MAX_SIZE = 32 << 20, MAX_DEPTH = 64, MAX_NODES = 4000000 };

struct reader {
    struct arena *a;
    XML_Parser parser;
    struct xml *open[MAX_DEPTH], *last[MAX_DEPTH];         /* open elements, and the last child of each */
    unsigned depth;
    size_t nodes;
    struct xml *root;
    struct buf text;
    const char *problem;                                   /* what we refuse; NULL: expat knows */
};

static void stop(struct reader *r, const char *problem)
{
    if (!r->problem)
        r->problem = problem;
    XML_StopParser(r->parser, XML_FALSE);
}

static struct str local_name(struct reader *r, const XML_Char *name)
{
    const char *colon = strrchr(name, ':');
    return str_dup(r->a, str_of(colon ? colon + 1 : name));
}

static void read_attributes(struct reader *r, struct xml *x, const XML_Char **pairs)
{
    size_t n = 0;
    while (pairs[2 * n])
        n++;
    struct xml_attribute *out = n ? ARENA_ARRAY(r->a, struct xml_attribute, n) : NULL;
    for (size_t i = 0; i < n; i++)
        out[i] = (struct xml_attribute){ str_dup(r->a, str_of(pairs[2 * i])), str_dup(r->a, str_of(pairs[2 * i + 1])) };
    x->attributes = out;
    x->nattributes = n;
    r->nodes += n;
}

static void XMLCALL on_start(void *user, const XML_Char *name, const XML_Char **attributes)
{
    struct reader *r = user;
    if (r->depth == MAX_DEPTH) {
        stop(r, "nested deeper than 64 levels");
        return;
    }
    struct xml *x = ARENA_NEW(r->a, struct xml);
    x->name = local_name(r, name);
    read_attributes(r, x, attributes);
    if (++r->nodes > MAX_NODES) {
        stop(r, "too many elements");
        return;
    }
    if (!r->depth) {
        r->root = x;
    } else if (r->last[r->depth - 1]) {
        r->last[r->depth - 1]->next = x;
        r->last[r->depth - 1] = x;
    } else {
        r->open[r->depth - 1]->child = x;
        r->last[r->depth - 1] = x;
    }
    r->open[r->depth] = x;
    r->last[r->depth++] = NULL;
    r->text.n = 0;
}

static void XMLCALL on_end(void *user, const XML_Char *name)
{
    struct reader *r = user;
    (void)name;
    struct xml *x = r->open[--r->depth];
    if (!x->child)
        x->text = str_dup(r->a, buf_view(&r->text));
    r->text.n = 0;
}

static void XMLCALL on_text(void *user, const XML_Char *s, int n)
{
    struct reader *r = user;
    buf_add(&r->text, s, (size_t)n);
}

static void XMLCALL on_doctype(void *user, const XML_Char *name, const XML_Char *system, const XML_Char *public, int internal)
{
    (void)name, (void)system, (void)public, (void)internal;
    stop(user, "it has a document type, which no reply of AWS has");
}

static const struct xml *parse(struct reader *r, struct str text, struct str *why)
{
    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, on_start, on_end);
    XML_SetCharacterDataHandler(r->parser, on_text);
    XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
    if (XML_Parse(r->parser, text.s ? text.s : "", (int)text.n, XML_TRUE) == XML_STATUS_OK && !r->problem)
        return r->root;
    const char *problem = r->problem ? r->problem : XML_ErrorString(XML_GetErrorCode(r->parser));
    *why = str_fmt(r->a, "line %lu: %s", (unsigned long)XML_GetCurrentLineNumber(r->parser), problem);
    return NULL;
}

const struct xml *xml_read(struct arena *a, struct str text, struct str *why)
{
    if (text.n > MAX_SIZE) {
        *why = STR("larger than 32 MiB");
        return NULL;
    }
    struct arena *scratch = arena_new();
    struct reader *r = ARENA_NEW(scratch, struct reader);
    r->a = a;
    r->parser = XML_ParserCreate(NULL);
    if (!r->parser)
        die("out of memory");
    const struct xml *root = parse(r, text, why);
    XML_ParserFree(r->parser);
    buf_fini(&r->text);
    arena_free(scratch);
    return root;
}

const struct xml *xml_again(const struct xml *x, struct str name)
{
    while (x && !str_eq(x->name, name))
        x = x->next;
    return x;
}

const struct xml *xml_child(const struct xml *x, struct str name)
{
    return x ? xml_again(x->child, name) : NULL;
}
