/* hook_dns.h - what zones (hook_route53.c) and their records (hook_records.c) share. Private to runtime/sim. */
#ifndef SIM_HOOK_DNS_H
#define SIM_HOOK_DNS_H
#include "hook.h"

struct kind *dns_kind(struct sim *s, const char *name);
struct str dns_name(struct arena *a, struct str name);     /* as AWS writes it: lower case, a dot at the end, odd letters in octal */
/* "com example www" of "www.example.com.": the order of lists. */
struct str dns_order(struct arena *a, struct str name);
struct dns_item { struct str order; struct object *o; };
void dns_sort(struct dns_item *v, size_t n);
bool dns_inside(struct str name, struct str zone);         /* both as AWS writes them: the zone itself too */
/* A change that name servers come to know: { Id, Status, SubmittedAt }, PENDING at first. */
const struct value *dns_change(struct hook_call *c);
/* The next record of a zone from *i on, in no order; NULL at the end. */
struct object *dns_next(struct hook_call *c, const struct object *zone, size_t *i);
void dns_records_new(struct hook_call *c, const struct object *zone, const struct value *servers);      /* those that a zone has by itself */
bool dns_is_own(const struct object *zone, struct arena *a, const struct object *record);               /* NS and SOA of the zone itself */
#endif
