/* world_test_room.h - a test world from inside: for world_test.c, and for its disk in world_test_disk.c. */
#ifndef WORLD_TEST_ROOM_H
#define WORLD_TEST_ROOM_H
#include "kc/map.h"
#include "world_test.h"

enum { MAX_REQUESTS = 100000, MAX_LINES = 32 };

struct file {
    struct str path;
    bool folder, gone, locked;
    struct buf data;
    size_t synced;
    int64_t changed;                                       /* counts */
    struct str link;
    struct str holder;
    enum disk_error denied;
};
struct world_file { struct file *file; unsigned epoch; };
struct world_source { struct file *file; size_t at; };
struct world_lock { struct file *file; unsigned epoch; };

struct flight {                                            /* a request under way */
    struct http_request rq;
    http_done *done;
    void *user;
    int64_t due;
    struct flight *next;
};
struct test_world {
    struct world w;
    struct arena *arena;
    struct map env, files;
    struct str args, typed[MAX_LINES];
    size_t ntyped, next_typed;
    struct buf out, err;
    bool tty;
    unsigned width;
    uint64_t seed;
    int signals, seen;
    int64_t signal_at;
    struct str program_out;
    int program_code;
    int program_takes;
    unsigned runs;
    struct str ran;
    int64_t now, wall_offset, latency;
    test_answer *answer;
    void *answer_user;
    struct flight *flights;
    struct test_request *requests;
    size_t nrequests, cap_requests;
    int fail_skip, fail_times;
    enum disk_error fail;
    int64_t room;
    unsigned effects, epoch;
};

extern const struct disk_ops test_disk;
void test_disk_new(struct test_world *t);                  /* the folders that there always are */
void test_disk_free(struct test_world *t);
void test_net_close(void *impl);                           /* what is under way is told, and nothing more comes */

#endif
