/* config.h - what the environment and the shared files say: profile, region, endpoint overrides, keys. Read once, read again on refresh.
 * Ownership: a config lives in the arena it was loaded into. Nothing here talks to AWS. */
#ifndef KC_AWS_CONFIG_H
#define KC_AWS_CONFIG_H
#include "ini.h"
#include "kc/aws.h"

struct config_file {
    struct str path, shown;                                /* shown: with ~ for the home folder */
    bool present;
    struct ini ini;
    struct str problem;                                    /* unreadable or malformed; empty: fine */
};
struct config {
    struct world *world;
    struct arena *arena;
    struct aws_options options;
    struct str profile;                                    /* never empty */
    struct str profile_from;                               /* "--profile", "AWS_PROFILE"; empty: nobody chose it */
    struct config_file config, keys;                       /* ~/.aws/config, ~/.aws/credentials */
    const struct ini_section *in_config, *in_keys;         /* the profile there, or NULL */
};
struct config *config_load(struct world *w, struct arena *a, const struct aws_options *o);
struct str config_env(const struct config *c, const char *name);                   /* STR_NONE: unset, empty, or options.bare */
struct str config_value(const struct config *c, const char *key);                  /* of the profile: credentials file, then config file */
struct str config_region(const struct config *c);                                  /* empty: none */
struct endpoint_flags config_flags(const struct config *c);
/* The override for a service: its variable, the general variable, the profile's services section, the profile. *from says which.
 * True with empty *url: none. False: *why (a missing services section, not a URL). */
bool config_endpoint(const struct config *c, struct str service_id, struct str *url, struct str *from, struct str *why);
/* Names of all profiles, for suggestions. */
size_t config_profiles(const struct config *c, struct arena *a, const struct str **out);

/* The chain of credentials.c. False: *why says where it looked and what to do. */
bool credentials_find(const struct config *c, struct arena *a, struct credentials *out, struct str *why);

#endif
