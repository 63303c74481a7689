/* wire.h - what the parts of the codec share. Private to this room; the public half is kc/wire.h.
 * Requests: wire.c (entry, HTTP parts), wire_form.c (ec2, query), wire_json.c, wire_xml.c. Replies: wire_reply.c, wire_error.c, over
 * belief.c (whose they are) and xml.c. */
#ifndef KC_WIRE_ROOM_H
#define KC_WIRE_ROOM_H
#include "kc/wire.h"

enum { WIRE_DEPTH = 64, WIRE_BODY = 32 << 20 };

/* Where in the input we are, for messages: "Filters[0].Name". Frames live on the C stack. */
struct at {
    const struct at *up;                                   /* NULL: the input itself */
    struct str name;                                       /* a member or key; empty: an element */
    size_t index;                                          /* of the element */
    unsigned depth;
};
struct writing {
    struct arena *a;
    const struct operation *op;
    struct str *why;
};
struct at at_member(const struct at *up, struct str name);
struct at at_index(const struct at *up, size_t index);
/* Sets *why to "path: message" and returns false. */
bool refuse(struct writing *w, const struct at *at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* An object's values in the order of the struct's members, NULL where none is given. NULL, and refused: not an object, an unknown or
 * doubled name, a required member missing, too deep. `none` counts as not given. */
const struct value **bind_members(struct writing *w, const struct at *at, const struct shape *s, const struct value *v);
/* Checks that v is a list or map (by s), known, and not too deep. */
bool check_container(struct writing *w, const struct at *at, const struct shape *s, const struct value *v);
/* A scalar as text. Times without a format of their own take `fallback`. Blobs come out as base64. */
bool scalar_text(struct writing *w, const struct at *at, const struct shape *s, const struct value *v, enum time_format fallback, struct str *out);
struct str percent_encode(struct arena *a, struct str text, bool keep_slash);

bool form_write(struct writing *w, const struct value *const *input, struct buf *out);
/* v by its wire names, ready for json_write. NULL: refused. */
const struct value *json_wire(struct writing *w, const struct at *at, const struct shape *s, const struct value *v);
/* `skip_located`: the top struct, whose URI, header and query members are not in the body. */
const struct value *json_struct(struct writing *w, const struct at *at, const struct shape *s, const struct value *const *v, bool skip_located);
bool xml_write(struct writing *w, const struct at *at, struct str name, struct str xmlns, const struct shape *s, const struct value *v, struct buf *out);
bool xml_write_struct(struct writing *w, const struct at *at, struct str name, struct str xmlns, const struct shape *s, const struct value *const *v,
                      bool skip_located, struct buf *out);

#endif
