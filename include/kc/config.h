/* config.h - what the environment and the shared AWS files say: profile, region, endpoints, certificates. Read at once when loaded; whoever wants
 * to see a change loads again. Order of each setting: option, environment, profile (docs/design.md, Endpoints and credentials).
 * Ownership: a config lives in the arena it was loaded into, and its strings too. Nothing here talks to AWS. */
#ifndef KC_CONFIG_H
#define KC_CONFIG_H
#include "kc/wire.h"

struct config_options {
    struct str region, profile;                            /* empty: environment, then the shared files */
    struct str endpoint;                                   /* for every service, before what environment and files say; empty: none */
    bool explicit_profile;                                 /* named by option: variables with credentials are left out */
    struct str profile_by;                                 /* who named it, for messages; empty: --profile */
    bool bare;                                             /* no variable and no file is read: sandbox */
};
struct config;
struct config *config_load(struct world *w, struct arena *a, const struct config_options *o);
struct str config_env(const struct config *c, const char *name);                   /* STR_NONE: unset, empty, or bare */
struct str config_profile(const struct config *c);                                 /* never empty */
struct str config_value(const struct config *c, const char *key);                  /* of the profile: credentials file, then config file */
struct str config_region(const struct config *c);                                  /* empty: none */
struct str config_ca_bundle(const struct config *c);                               /* a file: AWS_CA_BUNDLE, `ca_bundle`; empty: the system's */
struct endpoint_flags config_flags(const struct config *c);
/* The override for a service: its variable, the general variable, the profile's services section, the profile. *from says which.
 * True with empty *url: none. False: *why (a missing services section, not a URL). */
bool config_endpoint(const struct config *c, struct str service_id, struct str *url, struct str *from, struct str *why);
/* Where a service is reached in that region, overrides included; *from names the override, or is empty. Memory from `a`. */
bool config_service(const struct config *c, struct arena *a, const struct service *s, struct str region, struct endpoint *out, struct str *from, struct str *why);
/* Names of all profiles, for suggestions. */
size_t config_profiles(const struct config *c, struct arena *a, const struct str **out);

#endif
