/* net.h - the network part of the world over libcurl's multi interface.
 * libcurl is loaded with dlopen at the first request (docs/design.md, Models), so that `kc check` never pays for it.
 * TLS: peer and host verified, 1.2 at least; https only, http only for an overridden endpoint or a loopback address. No redirects,
 * no netrc, no cookies, no proxy credentials in messages. Keep-alive, at most 16 connections per host.
 * Proxies as the environment says (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY, lower case first), but never for a request marked `direct`. */
#ifndef KC_NET_H
#define KC_NET_H
#include "kc/world.h"

/* Puts itself in the place of w->net, which goes on waiting until the first request; the clock and signals of w are used. ca_bundle: a file, or empty for the system's. */
void net_attach(struct world *w, struct str ca_bundle);

/* "proxy: http://proxy:3128 (HTTPS_PROXY), not for localhost (NO_PROXY)": what the environment says for https; empty: none. Without user and password. */
struct str net_proxy_note(struct world *w, struct arena *a);

#endif
