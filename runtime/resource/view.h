/* view.h - evaluation of a binding's terms: what each parameter name means. Private to this room. */
#ifndef KC_RESOURCE_VIEW_H
#define KC_RESOURCE_VIEW_H
#include "kc/arena.h"
#include "kc/resource.h"

/* `it` and `id` override what the view gives; NULL: not overridden. NULL result: *f. The result may hold unknowns. */
const struct value *view_eval(struct arena *a, const struct resource_view *v, const struct value *it, const struct value *id,
                              const struct term *t, struct resource_fault *f);
/* As view_eval; an unknown inside is a fault that names what is missing. */
const struct value *view_eval_known(struct arena *a, const struct resource_view *v, const struct value *it, const struct value *id,
                                    const struct term *t, struct resource_fault *f);
/* False: a digest stands in it, and it is not a file where op takes one; *f. op may be NULL. */
bool view_sendable(struct arena *a, const struct operation *op, const struct value *request, struct span at, struct resource_fault *f);
/* The same with randomness and time at hand; nothing may stay unknown. */
const struct value *view_make(struct arena *a, const struct resource_view *v, const struct term *t, const struct pki_source *s, struct resource_fault *f);
/* Whether what the term starts from is in the reply; false: *f, unbelieved. NULL is believed. */
bool view_believe(struct arena *a, const struct resource_view *v, const struct value *it, const struct term *t, struct resource_fault *f);
const struct value *view_parse(struct arena *a, const struct type *ty, const struct value *v);   /* absorb.c: as declared; NULL: cannot be read so */
struct str unread_name(struct arena *a, struct str field);   /* "!gateway": where the raw value of a field stands that could not be read as declared */
const struct value *view_all_tags(struct arena *a, const struct resource_view *v);
void fault_set(struct arena *a, struct resource_fault *f, struct span at, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
bool tag_owned_by_kc(struct str key);                      /* kc:lineage and kin */
struct str path_root(struct str path);                     /* "vpc" of "vpc.subnets" */

#endif
