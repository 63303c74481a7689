/* model.h - service models: the wire facts of AWS operations, in the text form of docs/design.md, Models.
 * Loaded per service on demand from the text given by the loader; slices point into that text.
 * Ownership: struct models owns all; everything returned is borrowed until models_free. */
#ifndef KC_MODEL_H
#define KC_MODEL_H
#include <stdbool.h>
#include "kc/str.h"

enum protocol { PROTOCOL_EC2, PROTOCOL_QUERY, PROTOCOL_REST_JSON, PROTOCOL_REST_XML, PROTOCOL_JSON_10, PROTOCOL_JSON_11 };
enum shape_kind { SHAPE_STRING, SHAPE_BOOL, SHAPE_INT, SHAPE_LONG, SHAPE_FLOAT, SHAPE_DOUBLE, SHAPE_TIME, SHAPE_BLOB, SHAPE_LIST, SHAPE_MAP, SHAPE_STRUCT, SHAPE_ENUM };
enum time_format { TIME_DEFAULT, TIME_ISO8601, TIME_RFC822, TIME_UNIX };
enum location { LOCATION_BODY, LOCATION_URI, LOCATION_HEADER, LOCATION_HEADERS, LOCATION_QUERY, LOCATION_STATUS };

struct shape {
    struct str name;                                       /* struct and enum; else empty */
    enum shape_kind kind;
    enum time_format time;
    const struct member *members; size_t nmembers;         /* STRUCT */
    const struct member *payload;                          /* STRUCT: the member that is the body, or NULL */
    const struct shape *elem, *key;                        /* LIST; MAP: key and elem */
    struct str elem_wire, key_wire;                        /* irregular element names, or empty */
    bool flat;
    bool has_lo, has_hi; double lo, hi;                    /* length or value */
    const struct str *values; size_t nvalues;              /* ENUM */
};
struct member {
    struct str name;                                       /* API name */
    struct str wire_in, wire_out;                          /* as sent, as read: protocol's rule already applied */
    const struct shape *shape;
    enum location location;
    struct str xmlns;
    bool required, token, secret, flat, attribute, stream;
};
struct operation {
    struct str name, method, uri;                          /* uri with {labels}; "/" and POST when not written */
    const struct shape *in, *out;                          /* NULL: none */
    struct str root, wrapper;                              /* rest-xml request root; query result wrapper */
    const struct str *errors; size_t nerrors;
    struct { struct str token_out, token_in, limit, list, more; } page;  /* token_out empty: not paged; comma-separated where AWS has several */
    bool checksum, unsigned_;
    int status;                                            /* expected HTTP status, 200 when not written */
    const struct service *service;
};
struct service {
    struct str name;                                       /* as in .kcl: "ec2", "elbv2" */
    struct str id;                                         /* "Elastic Load Balancing v2": for AWS_ENDPOINT_URL_<ID> */
    enum protocol protocol;
    struct str api, endpoint, sign, target, xmlns;
    struct str host;                                       /* the label at the beginning of paths that goes into the host instead (S3's buckets); or empty */
    bool global, querymode;
    const struct operation *operations; size_t noperations;
};

struct models;
typedef bool model_source(void *user, struct str service, struct str *text);  /* text must stay; false: no such service */
struct models *models_new(model_source *source, void *user);
void models_free(struct models *m);
/* NULL and *why (static or in the models' arena) when there is no such service or its text is bad. */
const struct service *model_service(struct models *m, struct str name, struct str *why);
const struct operation *model_operation(const struct service *s, struct str name);
const struct member *model_member(const struct shape *s, struct str name);     /* exact API name */
const struct member *model_match(const struct shape *s, struct str name);      /* ignoring case and '_': cidr_block -> CidrBlock */
const struct member *model_tags(const struct shape *in);                       /* where an input takes the tags of what it makes; NULL: nowhere */
const struct shape *model_path(const struct shape *s, struct str dotted, struct str *bad);  /* "Vpc.VpcId"; list members step into the element; NULL and the first bad part */

#endif
