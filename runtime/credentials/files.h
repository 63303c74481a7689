/* files.h - the insides of a config: the two shared files and the profiles in them. Private to this room. */
#ifndef KC_CREDENTIALS_FILES_H
#define KC_CREDENTIALS_FILES_H
#include "ini.h"
#include "kc/config.h"

struct config_file {
    struct str path, shown;                                /* shown: with ~ for the home folder */
    bool present;
    struct ini ini;
    struct str problem;                                    /* unreadable or malformed; empty: fine */
};
struct profile {
    struct str name;
    const struct ini_section *in_config, *in_keys;         /* NULL: not there */
};
struct config {
    struct world *world;
    struct arena *arena;
    struct config_options options;
    struct config_file config, keys;                       /* ~/.aws/config, ~/.aws/credentials */
    struct profile profile;                                /* the chosen one */
    struct str profile_from;                               /* "--profile", "AWS_PROFILE"; empty: nobody chose it */
};
struct profile profile_named(const struct config *c, struct str name);
struct str profile_get(const struct profile *p, const char *key);                  /* credentials file, then config file; STR_NONE: neither, or empty */
/* "~/.aws/config, line 7" where the key is written, for messages. */
struct str profile_where(const struct config *c, const struct profile *p, const char *key);
const struct ini_section *config_section(const struct config *c, const char *kind, struct str name);   /* [kind name] of the config file, or NULL */
struct str config_home(const struct config *c, const char *path);                  /* "~/.aws/x" with the home folder for ~ */

#endif
