/* load_httpd.h - the functions of libmicrohttpd that kc uses, found at run time. Private to runtime/net. */
#ifndef KC_NET_LOAD_HTTPD_H
#define KC_NET_LOAD_HTTPD_H
#include <microhttpd.h>

/* Named as libmicrohttpd has them, without MHD_. */
struct httpd_api {
    struct MHD_Daemon *(*start_daemon)(unsigned flags, uint16_t port, MHD_AcceptPolicyCallback apc, void *apc_cls, MHD_AccessHandlerCallback dh, void *dh_cls, ...);
    void (*stop_daemon)(struct MHD_Daemon *d);
    const union MHD_DaemonInfo *(*get_daemon_info)(struct MHD_Daemon *d, enum MHD_DaemonInfoType type, ...);
    enum MHD_Result (*run)(struct MHD_Daemon *d);
    enum MHD_Result (*get_timeout)(struct MHD_Daemon *d, unsigned long long *ms);
    int (*get_connection_values)(struct MHD_Connection *c, enum MHD_ValueKind kind, MHD_KeyValueIterator each, void *cls);
    struct MHD_Response *(*create_response_from_buffer)(size_t n, void *data, enum MHD_ResponseMemoryMode mode);
    struct MHD_Response *(*create_response_from_callback)(uint64_t n, size_t block, MHD_ContentReaderCallback read, void *cls, MHD_ContentReaderFreeCallback fini);
    enum MHD_Result (*add_response_header)(struct MHD_Response *r, const char *name, const char *value);
    enum MHD_Result (*queue_response)(struct MHD_Connection *c, unsigned code, struct MHD_Response *r);
    void (*destroy_response)(struct MHD_Response *r);
};
/* The functions, or NULL and *why (static). Looks once. */
const struct httpd_api *httpd_load(const char **why);

#endif
