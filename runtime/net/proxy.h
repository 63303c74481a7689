/* proxy.h - which proxy the environment names for a request. */
#ifndef KC_NET_PROXY_H
#define KC_NET_PROXY_H
#include "kc/net.h"

/* Both empty: none. from: the variable. The variables of curl and Python, lower case before upper case. */
struct proxy { struct str url, from; };
struct proxy proxy_for(struct world *w, bool https);
struct proxy proxy_exceptions(struct world *w);            /* NO_PROXY, as libcurl takes it */

#endif
