/* url.h - the host of an http or https URL, and which hosts may be asked for credentials. */
#ifndef KC_CREDENTIALS_URL_H
#define KC_CREDENTIALS_URL_H
#include <stdbool.h>
#include "kc/str.h"

/* scheme://host[:port][/path][?query]; user names, blanks and control characters are refused. host without brackets. */
bool url_read(struct str url, bool *https, struct str *host);
/* Over https any; without, this machine itself and the addresses at which AWS puts its agents: 169.254.170.2 (ECS), 169.254.170.23 and fd00:ec2::23 (EKS). */
bool url_may_give_credentials(struct str url, struct str *host);

#endif
