/* hook_s3.h - what the files of the simulated S3 share. Private to runtime/sim. */
#ifndef SIM_HOOK_S3_H
#define SIM_HOOK_S3_H
#include "hook.h"

struct kind *s3_kind(struct sim *s, const char *name);
/* The bucket that the request names, seen from its region. NULL: refused. */
struct object *s3_bucket(struct hook_call *c);
bool s3_versioned(const struct object *bucket);            /* is, or was: replies show version ids */
bool s3_marker(const struct object *version);              /* a delete marker */
struct object *s3_latest(struct hook_call *c, struct str bucket, struct str key);   /* a version or a delete marker; NULL: none */
struct object *s3_version(struct hook_call *c, struct str bucket, struct str key, struct str id);
/* Takes away a version, or puts a delete marker where there is none named. `out`: DeleteMarker and VersionId, as replies have them. */
const struct value *s3_remove(struct hook_call *c, const struct object *bucket, struct str key, struct str id);
bool s3_list_versions(struct hook_call *c);
bool s3_list(struct hook_call *c);
#endif
