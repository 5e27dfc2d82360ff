/* libcurl, loaded when the engine is made and not when the program starts (base/library.h). The functions
 * that the engine calls are defined here under their own names, so that the calls read as they do
 * everywhere, with curl's own checks of their types.
 *
 * Before http_library_load only curl_url may be called: it loads for itself, because addresses are
 * looked at before there is an engine. */
/* What it looks at is const from some version on. */
#define curl_url_get curl_url_get_declared
#include "client/http_internal.h"
#undef curl_url_get
CURLUcode curl_url_get(const CURLU *u, CURLUPart part, char **out, unsigned int flags);

#include "base/library.h"

#include <stdarg.h>

/* type, name, parameters, arguments */
#define FUNCTIONS(X)                                                                               \
    X(CURLcode, curl_global_init, (long flags), (flags))                                           \
    X(curl_version_info_data *, curl_version_info, (CURLversion v), (v))                           \
    X(void, curl_free, (void *p), (p))                                                             \
    X(time_t, curl_getdate, (const char *p, const time_t *unused), (p, unused))                    \
    X(CURL *, curl_easy_init, (void), ())                                                          \
    X(void, curl_easy_cleanup, (CURL * curl), (curl))                                              \
    X(CURLcode, curl_easy_pause, (CURL * curl, int mask), (curl, mask))                            \
    X(const char *, curl_easy_strerror, (CURLcode code), (code))                                   \
    X(CURLM *, curl_multi_init, (void), ())                                                        \
    X(CURLMcode, curl_multi_cleanup, (CURLM * multi), (multi))                                     \
    X(CURLMcode, curl_multi_add_handle, (CURLM * multi, CURL * curl), (multi, curl))               \
    X(CURLMcode, curl_multi_remove_handle, (CURLM * multi, CURL * curl), (multi, curl))            \
    X(CURLMcode, curl_multi_perform, (CURLM * multi, int *running), (multi, running))              \
    X(CURLMcode, curl_multi_poll,                                                                  \
        (CURLM * multi, struct curl_waitfd fds[], unsigned int n, int ms, int *ready),             \
        (multi, fds, n, ms, ready))                                                                \
    X(CURLMcode, curl_multi_wakeup, (CURLM * multi), (multi))                                      \
    X(CURLMsg *, curl_multi_info_read, (CURLM * multi, int *left), (multi, left))                  \
    X(const char *, curl_multi_strerror, (CURLMcode code), (code))                                 \
    X(struct curl_slist *, curl_slist_append, (struct curl_slist * list, const char *s),           \
        (list, s))                                                                                 \
    X(void, curl_slist_free_all, (struct curl_slist * list), (list))                               \
    X(void, curl_url_cleanup, (CURLU * u), (u))                                                    \
    X(CURLUcode, curl_url_get, (const CURLU *u, CURLUPart part, char **out, unsigned int flags),   \
        (u, part, out, flags))                                                                     \
    X(CURLUcode, curl_url_set, (CURLU * u, CURLUPart part, const char *s, unsigned int flags),     \
        (u, part, s, flags))                                                                       \
    X(const char *, curl_url_strerror, (CURLUcode code), (code))

#define PLACE(type, name, parameters, arguments) static type(*real_##name) parameters;
FUNCTIONS(PLACE)
static CURLU *(*real_curl_url)(void);
static CURLcode (*real_curl_easy_setopt)(CURL *, CURLoption, ...);
static CURLcode (*real_curl_easy_getinfo)(CURL *, CURLINFO, ...);
static CURLMcode (*real_curl_multi_setopt)(CURLM *, CURLMoption, ...);

#define ROW(type, name, parameters, arguments) {#name, &real_##name},
static const struct library_function functions[] = {
    FUNCTIONS(ROW){"curl_url", &real_curl_url},
    {"curl_easy_setopt", &real_curl_easy_setopt},
    {"curl_easy_getinfo", &real_curl_easy_getinfo},
    {"curl_multi_setopt", &real_curl_multi_setopt},
};

static struct library library = LIBRARY("libcurl.so.4", "libcurl4", functions);

int http_library_load(struct err *e)
{
    return library_need(&library, e);
}

#define HAND_ON(type, name, parameters, arguments)                                                 \
    type name parameters                                                                           \
    {                                                                                              \
        return real_##name arguments;                                                              \
    }
FUNCTIONS(HAND_ON)

CURLU *curl_url(void)
{
    return http_library_load(NULL) ? NULL : real_curl_url();
}

/* What the three below take last is told by the option's number (curl/curl.h, CURLOPTTYPE_…). */
#undef curl_easy_setopt
CURLcode curl_easy_setopt(CURL *curl, CURLoption option, ...)
{
    CURLcode code;
    va_list args;
    va_start(args, option);
    if (option >= CURLOPTTYPE_OFF_T && option < CURLOPTTYPE_BLOB)
        code = real_curl_easy_setopt(curl, option, va_arg(args, curl_off_t));
    else if (option < CURLOPTTYPE_OBJECTPOINT)
        code = real_curl_easy_setopt(curl, option, va_arg(args, long));
    else
        code = real_curl_easy_setopt(curl, option, va_arg(args, void *));
    va_end(args);
    return code;
}

#undef curl_easy_getinfo
CURLcode curl_easy_getinfo(CURL *curl, CURLINFO info, ...)
{
    va_list args;
    va_start(args, info);
    CURLcode code = real_curl_easy_getinfo(curl, info, va_arg(args, void *));
    va_end(args);
    return code;
}

#undef curl_multi_setopt
CURLMcode curl_multi_setopt(CURLM *multi, CURLMoption option, ...)
{
    va_list args;
    va_start(args, option);
    CURLMcode code = (int)option < CURLOPTTYPE_OBJECTPOINT
                         ? real_curl_multi_setopt(multi, option, va_arg(args, long))
                         : real_curl_multi_setopt(multi, option, va_arg(args, void *));
    va_end(args);
    return code;
}
