/* room.h - private to runtime/secret: a stack's key, and what is known of whose it is. */
#ifndef KC_SECRET_ROOM_H
#define KC_SECRET_ROOM_H
#include "kc/arena.h"
#include "kc/keyring.h"
#include "kc/world.h"

enum { KEY_BYTES = 32, ID_BYTES = 8 };

struct key { uint8_t bytes[KEY_BYTES], id[ID_BYTES]; };
struct keyring {
    struct world *w;
    struct arena *a;
    struct str lineage;
    uint8_t lineage_id[ID_BYTES];                          /* of the lineage taken for a key */
    struct str path;                                       /* of the key's file; empty: there is no place for one */
    bool given;                                            /* the key is KC_STATE_KEY */
    bool has;                                              /* `own` is a key */
    struct key own;
    bool ours, others;                                     /* state has digests of our key; of another one */
    uint8_t other[ID_BYTES];                               /* which */
    bool may_make;
    enum recovery recovery;
    bool made;                                             /* in this run */
    struct str failed;                                     /* why none could be made; empty: it was not tried, or was */
};
void key_id(struct str key, uint8_t out[ID_BYTES]);

/* keyfile.c */
bool keyfile_find(struct keyring *k, struct str *why);     /* fills path, given, has, own. False: what is there is no key */
bool keyfile_make(struct keyring *k);                      /* a new key, durable. False: `failed` */

#endif
