/* listen.h - an HTTP or HTTPS server on one thread over libmicrohttpd, for the served sandbox (docs/sandbox.md, Served).
 * libmicrohttpd is loaded with dlopen when it is needed. Bodies up to 32 MiB, 64 connections, 60 s without a byte end one. */
#ifndef KC_LISTEN_H
#define KC_LISTEN_H
#include "kc/world.h"

struct arena;
struct listener;
/* Answers one request that has arrived whole; what *out points to lives in `a`, which ends with the exchange. A reply whose status is not NET_OK is
 * none: the connection is cut. */
typedef void listen_answer(void *user, struct arena *a, const struct http_request *rq, struct http_reply *out);
struct listen_options {
    struct str address;                                    /* "127.0.0.1:4566", "[::1]:0": port 0 takes a free one */
    struct str certificate, key;                           /* PEM: HTTPS; both empty: HTTP */
    listen_answer *answer; void *user;
};
/* NULL: *why (in `a`). The listener's memory is its own. */
struct listener *listen_open(struct world *w, const struct listen_options *o, struct arena *a, struct str *why);
struct str listen_url(const struct listener *l);           /* "http://127.0.0.1:4566" */
/* Serves until a signal comes (world_signals). False: *why, of a poll that failed. */
bool listen_run(struct listener *l, struct str *why);
void listen_close(struct listener *l);                     /* NULL is allowed */

#endif
