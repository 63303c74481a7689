/* keyfile.c - where the key of a stack is: in the environment, else in a file of this user's, beside no state. */
#include "kc/hash.h"
#include "room.h"
#include <string.h>

enum { FILE_MAX = 4096 };

static bool read_key(struct keyring *k, struct str text)
{
    text = str_trim(text);
    k->has = text.n == 2 * KEY_BYTES && hex_decode(text, k->own.bytes);
    if (k->has)
        key_id((struct str){ (const char *)k->own.bytes, KEY_BYTES }, k->own.id);
    return k->has;
}

/* An empty path: neither variable says where files of this user are. */
static struct str keys_folder(struct keyring *k)
{
    struct str config = world_getenv(k->w, "XDG_CONFIG_HOME"), home = world_getenv(k->w, "HOME");
    if (config.n && config.s[0] == '/')
        return str_fmt(k->a, "%.*s/kc/keys", STR_ARG(config));
    return home.n ? str_fmt(k->a, "%.*s/.config/kc/keys", STR_ARG(home)) : STR("");
}

bool keyfile_find(struct keyring *k, struct str *why)
{
    struct str folder = keys_folder(k), text = world_getenv(k->w, "KC_STATE_KEY");
    k->path = folder.n ? str_fmt(k->a, "%.*s/%.*s", STR_ARG(folder), STR_ARG(k->lineage)) : folder;
    k->given = text.n != 0;
    if (k->given) {
        *why = str_fmt(k->a, "KC_STATE_KEY is no key: %zu characters, not the 64 hex digits of 32 bytes", str_trim(text).n);
        return read_key(k, text);
    }
    enum disk_error e = k->path.n ? world_read(k->w, k->a, k->path, FILE_MAX, &text) : DISK_ABSENT;
    *why = e == DISK_OK ? str_fmt(k->a, "%.*s holds no key: a key is 64 hex digits", STR_ARG(k->path))
                        : str_fmt(k->a, "%.*s cannot be read: %s", STR_ARG(k->path), disk_error_text(e));
    return e == DISK_ABSENT || (e == DISK_OK && read_key(k, text));
}

bool keyfile_make(struct keyring *k)
{
    struct buf b = { 0 };
    uint8_t bytes[KEY_BYTES];
    if (!k->path.n) {
        k->failed = STR("neither XDG_CONFIG_HOME nor HOME says where");
        return false;
    }
    world_random(k->w, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        buf_fmt(&b, "%02x", bytes[i]);
    buf_putc(&b, '\n');
    enum disk_error e = world_mkdirs(k->w, str_folder(k->path));
    e = e == DISK_OK ? world_write(k->w, k->path, buf_view(&b)) : e;
    k->made = e == DISK_OK && read_key(k, buf_view(&b));
    if (!k->made)
        k->failed = str_fmt(k->a, "%.*s cannot be written: %s", STR_ARG(k->path), disk_error_text(e));
    explicit_bzero(bytes, sizeof bytes);
    buf_fini(&b);
    return k->made;
}
