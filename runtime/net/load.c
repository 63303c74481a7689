/* load.c - libcurl and libmicrohttpd: `kc check` and the sandbox never pay for them (docs/design.md, Models). */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kc/memory.h"
#include "library.h"
#include "load_httpd.h"

#define CURL_SYMBOL(f) { "curl_" #f, offsetof(struct curl_api, f) }
static const struct symbol curl_symbols[] = {
    CURL_SYMBOL(global_init_mem), CURL_SYMBOL(easy_init),         CURL_SYMBOL(easy_cleanup),        CURL_SYMBOL(easy_setopt), CURL_SYMBOL(easy_getinfo), CURL_SYMBOL(easy_strerror),
    CURL_SYMBOL(slist_append),  CURL_SYMBOL(slist_free_all),    CURL_SYMBOL(multi_init),          CURL_SYMBOL(multi_cleanup), CURL_SYMBOL(multi_setopt),
    CURL_SYMBOL(multi_add_handle), CURL_SYMBOL(multi_remove_handle), CURL_SYMBOL(multi_perform), CURL_SYMBOL(multi_poll), CURL_SYMBOL(multi_info_read),
};
static const char *const curl_names[] = { "libcurl.so.4", "libcurl-gnutls.so.4", NULL };
static const struct library curl = { curl_names, curl_symbols, sizeof curl_symbols / sizeof *curl_symbols, "libcurl", "7.66", "libcurl4" };

#define HTTPD_SYMBOL(f) { "MHD_" #f, offsetof(struct httpd_api, f) }
static const struct symbol httpd_symbols[] = {
    HTTPD_SYMBOL(start_daemon), HTTPD_SYMBOL(stop_daemon), HTTPD_SYMBOL(get_daemon_info), HTTPD_SYMBOL(run), HTTPD_SYMBOL(get_timeout), HTTPD_SYMBOL(get_connection_values),
    HTTPD_SYMBOL(create_response_from_buffer), HTTPD_SYMBOL(create_response_from_callback), HTTPD_SYMBOL(add_response_header), HTTPD_SYMBOL(queue_response), HTTPD_SYMBOL(destroy_response),
};
static const char *const httpd_names[] = { "libmicrohttpd.so.12", NULL };
static const struct library httpd = { httpd_names, httpd_symbols, sizeof httpd_symbols / sizeof *httpd_symbols, "libmicrohttpd", "0.9.74", "libmicrohttpd12" };

enum { PROBLEM = 256 };

const struct curl_api *curl_load(const char **why)
{
    static struct curl_api api;
    static bool tried, good;
    static char problem[PROBLEM];

    if (!tried) {
        tried = true;
        good = library_open(&curl, &api, problem, sizeof problem);
        /* it copies what it sends, secrets too */
        if (good && api.global_init_mem(CURL_GLOBAL_DEFAULT, malloc, memory_clear, memory_move, strdup, calloc) != CURLE_OK) {
            good = false;
            snprintf(problem, sizeof problem, "libcurl cannot be used: it does not start");
        }
    }
    *why = problem;
    return good ? &api : NULL;
}

const struct httpd_api *httpd_load(const char **why)
{
    static struct httpd_api api;
    static bool tried, good;
    static char problem[PROBLEM];

    if (!tried) {
        tried = true;
        good = library_open(&httpd, &api, problem, sizeof problem);
    }
    *why = problem;
    return good ? &api : NULL;
}
