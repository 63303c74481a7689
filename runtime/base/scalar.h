/* scalar.h - text of scalars as .kcl writes them. Private to base. */
#ifndef KC_BASE_SCALAR_H
#define KC_BASE_SCALAR_H
#include "kc/value.h"

struct str duration_text(struct arena *a, int64_t ms);     /* "1h30m" */
struct str size_text(struct arena *a, int64_t bytes);      /* "80GiB" */
struct str float_text(struct arena *a, double f);          /* shortest that reads back equal, always with a point or exponent */
struct str percent_text(struct arena *a, double f);
struct str version_text(struct arena *a, struct version v);/* without v */
struct str digest_text(struct arena *a, const struct value *v);                /* DIGEST or bulk: "(3.2 KiB, sha256 1f2e3d4c...)" */

#endif
