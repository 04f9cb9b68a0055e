/* SPDX-License-Identifier: Apache-2.0
 *
 * libcurl: easy, multi, share, URL and MIME handles, lists, and what options keep.
 *
 * Rules are from the manual pages at curl.se/libcurl/c/: libcurl (threads, strings), curl_easy_setopt (strings are copied, but
 * for CURLOPT_POSTFIELDS), CURLOPT_ERRORBUFFER, CURLOPT_POSTFIELDS, CURLOPT_COPYPOSTFIELDS, CURLOPT_HTTPHEADER,
 * CURLOPT_WRITEFUNCTION and the others of their names, curl_easy_cleanup, curl_easy_reset, curl_easy_getinfo, CURLINFO_...,
 * curl_multi_info_read, curl_mime_subparts, curl_slist_append, libcurl-thread.
 *
 * What only a transfer uses (POSTFIELDS, lists, callbacks for the data and what they are handed) is kept until curl_easy_perform
 * has returned, or the handle has left its multi handle; whoever asks with curl_easy_getinfo how it went has seen its end as
 * well. What cleaning up may still call (headers, progress, debugging, sockets) is kept until then.
 *
 * Not said: how long what other callbacks are handed has to live.
 */
#ifndef FFISAN_CONTRACTS_LIBCURL_H
#define FFISAN_CONTRACTS_LIBCURL_H

#include <stddef.h>
#include <sys/select.h>
#include <sys/types.h>
#include <time.h>

#include <ffisan/contract.h>

FFISAN_LIBRARY("libcurl.so.4", "libcurl-gnutls.so.4", "libcurl-nss.so.4", "libcurl-*.so.4*")

typedef void CURL;
typedef void CURLM;
typedef void CURLSH;
typedef struct Curl_URL CURLU;
typedef struct curl_mime curl_mime;
typedef struct curl_mimepart curl_mimepart;
typedef struct CURLMsg CURLMsg;
typedef struct curl_version_info_data curl_version_info_data;
struct curl_slist;
struct curl_httppost;
struct curl_header;
struct curl_easyoption;
struct curl_sockaddr;
struct curl_waitfd {
    int fd;
    short events, revents;
};
struct curl_pushheaders;
typedef int curl_socket_t;
typedef off_t curl_off_t;

typedef enum {
    CURLE_OK,
    CURLE_FAILED_INIT = 2,
    CURLE_COULDNT_CONNECT = 7,
    CURLE_OUT_OF_MEMORY = 27,
    CURLE_OPERATION_TIMEDOUT
} CURLcode;
typedef enum { CURLM_OK, CURLM_BAD_HANDLE, CURLM_OUT_OF_MEMORY = 3, CURLM_INTERNAL_ERROR } CURLMcode;
typedef enum { CURLSHE_OK, CURLSHE_BAD_OPTION, CURLSHE_IN_USE, CURLSHE_NOMEM = 4 } CURLSHcode;
typedef enum { CURLUE_OK, CURLUE_OUT_OF_MEMORY = 7 } CURLUcode;
typedef enum { CURLHE_OK, CURLHE_MISSING = 2 } CURLHcode;
typedef enum { CURLUPART_URL } CURLUPart;
typedef enum { CURLVERSION_FIRST } CURLversion;
typedef enum { CURLINFO_TEXT } curl_infotype;
typedef enum { CURL_LOCK_DATA_NONE } curl_lock_data;
typedef enum { CURL_LOCK_ACCESS_NONE } curl_lock_access;
typedef enum { CURLINFO_NONE } CURLINFO;
typedef enum { CURLSOCKTYPE_IPCXN } curlsocktype;
typedef enum { CURLSHOPT_NONE, CURLSHOPT_LOCKFUNC = 3, CURLSHOPT_UNLOCKFUNC } CURLSHoption;
typedef enum {
    CURLMOPT_SOCKETFUNCTION = 20001,
    CURLMOPT_TIMERFUNCTION = 20004,
    CURLMOPT_PUSHFUNCTION = 20014,
} CURLMoption;
typedef enum {
    CURLOPT_READFUNCTION = 20012,
    CURLOPT_WRITEFUNCTION = 20011,
    CURLOPT_PROGRESSFUNCTION = 20056,
    CURLOPT_HEADERFUNCTION = 20079,
    CURLOPT_DEBUGFUNCTION = 20094,
    CURLOPT_SSL_CTX_FUNCTION = 20108,
    CURLOPT_SOCKOPTFUNCTION = 20148,
    CURLOPT_OPENSOCKETFUNCTION = 20163,
    CURLOPT_SEEKFUNCTION = 20167,
    CURLOPT_CLOSESOCKETFUNCTION = 20208,
    CURLOPT_XFERINFOFUNCTION = 20219,
    CURLOPT_TRAILERFUNCTION = 20283,
    CURLOPT_WRITEDATA = 10001,
    CURLOPT_READDATA = 10009,
    CURLOPT_HEADERDATA = 10029,
    CURLOPT_ERRORBUFFER = 10010,
    CURLOPT_POSTFIELDS = 10015,
    CURLOPT_HTTPHEADER = 10023,
    CURLOPT_HTTPPOST = 10024,
    CURLOPT_QUOTE = 10028,
    CURLOPT_POSTQUOTE = 10039,
    CURLOPT_TELNETOPTIONS = 10070,
    CURLOPT_PREQUOTE = 10093,
    CURLOPT_HTTP200ALIASES = 10104,
    CURLOPT_MAIL_RCPT = 10187,
    CURLOPT_RESOLVE = 10203,
    CURLOPT_PROXYHEADER = 10228,
    CURLOPT_CONNECT_TO = 10243,
    CURLOPT_MIMEPOST = 10269,
    CURLOPT_URL = 10002,
    CURLOPT_PROXY = 10004,
    CURLOPT_USERPWD,
    CURLOPT_PROXYUSERPWD,
    CURLOPT_RANGE,
    CURLOPT_REFERER = 10016,
    CURLOPT_FTPPORT,
    CURLOPT_USERAGENT,
    CURLOPT_COOKIE = 10022,
    CURLOPT_SSLCERT = 10025,
    CURLOPT_KEYPASSWD,
    CURLOPT_COOKIEFILE = 10031,
    CURLOPT_CUSTOMREQUEST = 10036,
    CURLOPT_INTERFACE = 10062,
    CURLOPT_CAINFO = 10065,
    CURLOPT_COOKIEJAR = 10082,
    CURLOPT_SSL_CIPHER_LIST,
    CURLOPT_SSLCERTTYPE = 10086,
    CURLOPT_SSLKEY,
    CURLOPT_SSLKEYTYPE,
    CURLOPT_CAPATH = 10097,
    CURLOPT_ACCEPT_ENCODING = 10102,
    CURLOPT_NETRC_FILE = 10118,
    CURLOPT_COOKIELIST = 10135,
    CURLOPT_SSH_PUBLIC_KEYFILE = 10152,
    CURLOPT_SSH_PRIVATE_KEYFILE,
    CURLOPT_CRLFILE = 10169,
    CURLOPT_ISSUERCERT,
    CURLOPT_USERNAME = 10173,
    CURLOPT_PASSWORD,
    CURLOPT_PROXYUSERNAME,
    CURLOPT_PROXYPASSWORD,
    CURLOPT_NOPROXY,
    CURLOPT_SSH_KNOWNHOSTS = 10183,
    CURLOPT_MAIL_FROM = 10186,
    CURLOPT_DNS_SERVERS = 10211,
    CURLOPT_XOAUTH2_BEARER = 10220,
    CURLOPT_DNS_INTERFACE,
    CURLOPT_PINNEDPUBLICKEY = 10230,
    CURLOPT_UNIX_SOCKET_PATH,
    CURLOPT_DEFAULT_PROTOCOL = 10238,
    CURLOPT_PROXY_CAINFO = 10246,
    CURLOPT_PRE_PROXY = 10262,
    CURLOPT_REQUEST_TARGET = 10266,
    CURLOPT_DOH_URL = 10279,
} CURLoption;

typedef size_t (*curl_write_callback)(char *buffer, size_t size, size_t count, void *data);
typedef size_t (*curl_read_callback)(char *buffer, size_t size, size_t count, void *data);
typedef int (*curl_seek_callback)(void *data, curl_off_t offset, int origin);
typedef int (*curl_progress_callback)(void *data, double total_down, double down, double total_up, double up);
typedef int (*curl_xferinfo_callback)(void *data, curl_off_t total_down, curl_off_t down, curl_off_t total_up, curl_off_t up);
typedef int (*curl_debug_callback)(CURL *handle, curl_infotype type, char *text, size_t size, void *data);
typedef int (*curl_trailer_callback)(struct curl_slist **list, void *data);
typedef void (*curl_free_callback)(void *data);
typedef void (*curl_lock_function)(CURL *handle, curl_lock_data what, curl_lock_access access, void *data);
typedef void (*curl_unlock_function)(CURL *handle, curl_lock_data what, void *data);
typedef int (*curl_socket_callback)(CURL *easy, curl_socket_t socket, int what, void *data, void *socket_data);
typedef int (*curl_multi_timer_callback)(CURLM *multi, long milliseconds, void *data);
typedef int (*curl_push_callback)(CURL *parent, CURL *easy, size_t headers, struct curl_pushheaders *by_name, void *data);
typedef int (*curl_sockopt_callback)(void *data, curl_socket_t socket, curlsocktype purpose);
typedef curl_socket_t (*curl_opensocket_callback)(void *data, curlsocktype purpose, struct curl_sockaddr *address);
typedef int (*curl_closesocket_callback)(void *data, curl_socket_t socket);
typedef CURLcode (*curl_ssl_ctx_callback)(CURL *curl, void *context, void *data);

#define EASY  FFISAN_HANDLE(CURL)
#define MULTI FFISAN_HANDLE(CURLM)
#define SHARE FFISAN_HANDLE(CURLSH)

/* ---- the library ---- */

CURLcode curl_global_init(long flags) FFISAN_FAILS(ret != CURLE_OK, CURLE_FAILED_INIT);
void curl_global_cleanup(void);
char *curl_version(void) FFISAN_STATIC;
curl_version_info_data *curl_version_info(CURLversion age) FFISAN_STATIC;
const char *curl_easy_strerror(CURLcode code) FFISAN_STATIC;
const char *curl_multi_strerror(CURLMcode code) FFISAN_STATIC;
const char *curl_share_strerror(CURLSHcode code) FFISAN_STATIC;
const char *curl_url_strerror(CURLUcode code) FFISAN_STATIC;
const struct curl_easyoption *curl_easy_option_by_name(const char *name FFISAN_CSTRING) FFISAN_STATIC;
const struct curl_easyoption *curl_easy_option_by_id(CURLoption id) FFISAN_STATIC;
const struct curl_easyoption *curl_easy_option_next(const struct curl_easyoption *previous FFISAN_NULLABLE) FFISAN_STATIC;
time_t curl_getdate(const char *date FFISAN_CSTRING FFISAN_NONNULL, const time_t *unused FFISAN_NULLABLE);
int curl_strequal(const char *a FFISAN_CSTRING, const char *b FFISAN_CSTRING);
int curl_strnequal(const char *a, const char *b, size_t n);
char *curl_getenv(const char *name FFISAN_CSTRING FFISAN_NONNULL) FFISAN_OWNED(curl_free);
char *curl_escape(const char *text FFISAN_WHEN(length == 0, FFISAN_CSTRING) FFISAN_WHEN(length > 0, FFISAN_IN(length)),
                  int length) FFISAN_OWNED(curl_free) FFISAN_FAILS(ret == NULL, NULL);
char *curl_unescape(const char *text FFISAN_WHEN(length == 0, FFISAN_CSTRING) FFISAN_WHEN(length > 0, FFISAN_IN(length)),
                    int length) FFISAN_OWNED(curl_free) FFISAN_FAILS(ret == NULL, NULL);
char *curl_easy_escape(CURL *curl EASY FFISAN_NULLABLE,
                       const char *text FFISAN_WHEN(length == 0, FFISAN_CSTRING) FFISAN_WHEN(length > 0, FFISAN_IN(length)),
                       int length) FFISAN_OWNED(curl_free) FFISAN_FAILS(ret == NULL, NULL);
char *curl_easy_unescape(CURL *curl EASY FFISAN_NULLABLE,
                         const char *text FFISAN_WHEN(length == 0, FFISAN_CSTRING) FFISAN_WHEN(length > 0, FFISAN_IN(length)),
                         int length, int *out_length FFISAN_NULLABLE FFISAN_OUT_N(1)) FFISAN_OWNED(curl_free)
    FFISAN_FAILS(ret == NULL, NULL);
void curl_free(void *memory FFISAN_CONSUMED FFISAN_NULLABLE);

/* The list goes in and comes back, also when it is the same. */
struct curl_slist *curl_slist_append(struct curl_slist *list FFISAN_CONSUMED FFISAN_NULLABLE,
                                     const char *text FFISAN_CSTRING FFISAN_NONNULL)
    FFISAN_OWNED(curl_slist_free_all, curl_slist_append) FFISAN_FAILS(ret == NULL, NULL);
void curl_slist_free_all(struct curl_slist *list FFISAN_CONSUMED FFISAN_NULLABLE);

/* ---- one transfer ---- */

CURL *curl_easy_init(void) EASY FFISAN_OWNED(curl_easy_cleanup) FFISAN_FAILS(ret == NULL, NULL);
CURL *curl_easy_duphandle(CURL *curl EASY FFISAN_NONNULL) EASY FFISAN_OWNED(curl_easy_cleanup) FFISAN_FAILS(ret == NULL, NULL)
    FFISAN_SERIAL(curl);
void curl_easy_cleanup(CURL *curl EASY FFISAN_CONSUMED FFISAN_NULLABLE) FFISAN_SERIAL(curl) FFISAN_NO_REENTRY;
void curl_easy_reset(CURL *curl EASY FFISAN_NONNULL) FFISAN_SERIAL(curl);
CURLcode curl_easy_perform(CURL *curl EASY) FFISAN_FAILS(ret != CURLE_OK, CURLE_COULDNT_CONNECT)
    FFISAN_FAILS(ret != CURLE_OK, CURLE_OPERATION_TIMEDOUT) FFISAN_SERIAL(curl) FFISAN_NO_REENTRY FFISAN_BLOCKS;
CURLcode curl_easy_pause(CURL *curl EASY, int mask) FFISAN_SERIAL(curl);
CURLcode curl_easy_upkeep(CURL *curl EASY) FFISAN_SERIAL(curl);
CURLcode curl_easy_recv(CURL *curl EASY, void *buffer FFISAN_OUT(room), size_t room, size_t *n FFISAN_NONNULL FFISAN_OUT_N(1))
    FFISAN_FAILS(ret != CURLE_OK, CURLE_COULDNT_CONNECT) FFISAN_SERIAL(curl);
CURLcode curl_easy_send(CURL *curl EASY, const void *buffer FFISAN_IN(size), size_t size,
                        size_t *n FFISAN_NONNULL FFISAN_OUT_N(1)) FFISAN_FAILS(ret != CURLE_OK, CURLE_COULDNT_CONNECT)
    FFISAN_SERIAL(curl);
CURLHcode curl_easy_header(CURL *curl EASY, const char *name FFISAN_CSTRING, size_t index, unsigned int origin, int request,
                           struct curl_header **header FFISAN_NONNULL);
struct curl_header *curl_easy_nextheader(CURL *curl EASY, unsigned int origin, int request,
                                         struct curl_header *previous FFISAN_NULLABLE);

/* Options: by what becomes of the pointer. COPIED are the texts that are copied. */
#define COPIED                                                                                                                   \
    (option == CURLOPT_URL || option == CURLOPT_PROXY || option == CURLOPT_USERPWD || option == CURLOPT_PROXYUSERPWD ||          \
     option == CURLOPT_RANGE || option == CURLOPT_REFERER || option == CURLOPT_FTPPORT || option == CURLOPT_USERAGENT ||         \
     option == CURLOPT_COOKIE || option == CURLOPT_SSLCERT || option == CURLOPT_KEYPASSWD || option == CURLOPT_COOKIEFILE ||     \
     option == CURLOPT_CUSTOMREQUEST || option == CURLOPT_INTERFACE || option == CURLOPT_CAINFO ||                               \
     option == CURLOPT_COOKIEJAR || option == CURLOPT_SSL_CIPHER_LIST || option == CURLOPT_SSLCERTTYPE ||                        \
     option == CURLOPT_SSLKEY || option == CURLOPT_SSLKEYTYPE || option == CURLOPT_CAPATH ||                                     \
     option == CURLOPT_ACCEPT_ENCODING || option == CURLOPT_NETRC_FILE || option == CURLOPT_COOKIELIST ||                        \
     option == CURLOPT_SSH_PUBLIC_KEYFILE || option == CURLOPT_SSH_PRIVATE_KEYFILE || option == CURLOPT_CRLFILE ||               \
     option == CURLOPT_ISSUERCERT || option == CURLOPT_USERNAME || option == CURLOPT_PASSWORD ||                                 \
     option == CURLOPT_PROXYUSERNAME || option == CURLOPT_PROXYPASSWORD || option == CURLOPT_NOPROXY ||                          \
     option == CURLOPT_SSH_KNOWNHOSTS || option == CURLOPT_MAIL_FROM || option == CURLOPT_DNS_SERVERS ||                         \
     option == CURLOPT_XOAUTH2_BEARER || option == CURLOPT_DNS_INTERFACE || option == CURLOPT_PINNEDPUBLICKEY ||                 \
     option == CURLOPT_UNIX_SOCKET_PATH || option == CURLOPT_DEFAULT_PROTOCOL || option == CURLOPT_PROXY_CAINFO ||               \
     option == CURLOPT_PRE_PROXY || option == CURLOPT_REQUEST_TARGET || option == CURLOPT_DOH_URL)
#define LISTS                                                                                                                    \
    (option == CURLOPT_HTTPHEADER || option == CURLOPT_QUOTE || option == CURLOPT_POSTQUOTE ||                                   \
     option == CURLOPT_TELNETOPTIONS || option == CURLOPT_PREQUOTE || option == CURLOPT_HTTP200ALIASES ||                        \
     option == CURLOPT_MAIL_RCPT || option == CURLOPT_RESOLVE || option == CURLOPT_PROXYHEADER || option == CURLOPT_CONNECT_TO)
#define KEPT_FOR_TRANSFER                                                                                                        \
    FFISAN_NULLABLE FFISAN_RETAINED(curl, curl_easy_setopt, curl_easy_reset, curl_easy_perform, curl_easy_getinfo,               \
                                    curl_multi_remove_handle)
#define KEPT FFISAN_NULLABLE FFISAN_RETAINED(curl, curl_easy_setopt, curl_easy_reset)
/* clang-format off */
CURLcode curl_easy_setopt(CURL *curl EASY, CURLoption option, ...)
    FFISAN_VARIANT(COPIED, const char *, FFISAN_CSTRING FFISAN_NULLABLE)
    FFISAN_VARIANT(option == CURLOPT_ERRORBUFFER, char *, KEPT FFISAN_OUT(256))
    FFISAN_VARIANT(option == CURLOPT_WRITEDATA || option == CURLOPT_READDATA || option == CURLOPT_HEADERDATA, void *,
                   KEPT_FOR_TRANSFER)
    FFISAN_VARIANT(option == CURLOPT_POSTFIELDS, void *, KEPT_FOR_TRANSFER)
    FFISAN_VARIANT(LISTS, struct curl_slist *, KEPT_FOR_TRANSFER)
    FFISAN_VARIANT(option == CURLOPT_HTTPPOST, struct curl_httppost *, KEPT_FOR_TRANSFER)
    FFISAN_VARIANT(option == CURLOPT_MIMEPOST, curl_mime *, KEPT_FOR_TRANSFER)
    FFISAN_VARIANT(option == CURLOPT_WRITEFUNCTION, curl_write_callback, KEPT_FOR_TRANSFER)
    FFISAN_VARIANT(option == CURLOPT_READFUNCTION, curl_read_callback, KEPT_FOR_TRANSFER)
    FFISAN_VARIANT(option == CURLOPT_SEEKFUNCTION, curl_seek_callback, KEPT_FOR_TRANSFER)
    FFISAN_VARIANT(option == CURLOPT_TRAILERFUNCTION, curl_trailer_callback, KEPT_FOR_TRANSFER)
    FFISAN_VARIANT(option == CURLOPT_HEADERFUNCTION, curl_write_callback, KEPT)
    FFISAN_VARIANT(option == CURLOPT_PROGRESSFUNCTION, curl_progress_callback, KEPT)
    FFISAN_VARIANT(option == CURLOPT_XFERINFOFUNCTION, curl_xferinfo_callback, KEPT)
    FFISAN_VARIANT(option == CURLOPT_DEBUGFUNCTION, curl_debug_callback, KEPT)
    FFISAN_VARIANT(option == CURLOPT_SSL_CTX_FUNCTION, curl_ssl_ctx_callback, KEPT)
    FFISAN_VARIANT(option == CURLOPT_SOCKOPTFUNCTION, curl_sockopt_callback, KEPT)
    FFISAN_VARIANT(option == CURLOPT_OPENSOCKETFUNCTION, curl_opensocket_callback, KEPT)
    FFISAN_VARIANT(option == CURLOPT_CLOSESOCKETFUNCTION, curl_closesocket_callback, KEPT)
    FFISAN_KEYED_BY(option)
    FFISAN_FAILS(ret != CURLE_OK, CURLE_OUT_OF_MEMORY)
    FFISAN_SERIAL(curl);
/* clang-format on */

/* Kinds of information are in the number's upper half: 1 text, 2 long, 3 double, 4 lists and structures, 5 socket, 6 64-bit
 * number. CURLINFO_PRIVATE, a text by its number, is the program's own pointer. Of the fourth kind only two are the caller's. */
#define INFO_PRIVATE     0x100015
#define INFO_SSL_ENGINES 0x40001b
#define INFO_COOKIELIST  0x40001c
/* clang-format off */
CURLcode curl_easy_getinfo(CURL *curl EASY, CURLINFO info, ...)
    FFISAN_VARIANT((info & 0xf00000) == 0x100000 && info != INFO_PRIVATE, char **, FFISAN_NONNULL FFISAN_BORROWED(curl))
    FFISAN_VARIANT(info == INFO_PRIVATE, char **, FFISAN_NONNULL FFISAN_OUT_N(1))
    FFISAN_VARIANT((info & 0xf00000) == 0x200000, long *, FFISAN_NONNULL FFISAN_OUT_N(1))
    FFISAN_VARIANT((info & 0xf00000) == 0x300000, double *, FFISAN_NONNULL FFISAN_OUT_N(1))
    FFISAN_VARIANT(info == INFO_SSL_ENGINES || info == INFO_COOKIELIST, struct curl_slist **,
                   FFISAN_NONNULL FFISAN_OUT_OWNED(curl_slist_free_all, curl_slist_append))
    FFISAN_VARIANT((info & 0xf00000) == 0x500000, curl_socket_t *, FFISAN_NONNULL FFISAN_OUT_N(1))
    FFISAN_VARIANT((info & 0xf00000) == 0x600000, curl_off_t *, FFISAN_NONNULL FFISAN_OUT_N(1))
    FFISAN_FAILS(ret != CURLE_OK, CURLE_OUT_OF_MEMORY)
    FFISAN_SERIAL(curl);
/* clang-format on */

/* ---- several at once; only curl_multi_wakeup may come from another thread meanwhile ---- */

#define MULTI_FAILS FFISAN_FAILS(ret != CURLM_OK, CURLM_INTERNAL_ERROR)
CURLM *curl_multi_init(void) MULTI FFISAN_OWNED(curl_multi_cleanup) FFISAN_FAILS(ret == NULL, NULL);
CURLMcode curl_multi_cleanup(CURLM *multi MULTI FFISAN_CONSUMED) MULTI_FAILS FFISAN_SERIAL(multi) FFISAN_NO_REENTRY;
CURLMcode curl_multi_add_handle(CURLM *multi MULTI, CURL *curl EASY) MULTI_FAILS FFISAN_SERIAL(multi) FFISAN_NO_REENTRY;
CURLMcode curl_multi_remove_handle(CURLM *multi MULTI, CURL *curl EASY) MULTI_FAILS FFISAN_SERIAL(multi) FFISAN_NO_REENTRY;
CURLMcode curl_multi_fdset(CURLM *multi MULTI, fd_set *readable, fd_set *writable, fd_set *exceptional,
                           int *highest FFISAN_NONNULL FFISAN_OUT_N(1)) MULTI_FAILS FFISAN_SERIAL(multi);
CURLMcode curl_multi_wait(CURLM *multi MULTI, struct curl_waitfd more[], unsigned int count, int milliseconds,
                          int *ready FFISAN_NULLABLE FFISAN_OUT_N(1)) MULTI_FAILS FFISAN_SERIAL(multi) FFISAN_BLOCKS;
CURLMcode curl_multi_poll(CURLM *multi MULTI, struct curl_waitfd more[], unsigned int count, int milliseconds,
                          int *ready FFISAN_NULLABLE FFISAN_OUT_N(1)) MULTI_FAILS FFISAN_SERIAL(multi) FFISAN_BLOCKS;
CURLMcode curl_multi_wakeup(CURLM *multi MULTI) MULTI_FAILS;
CURLMcode curl_multi_perform(CURLM *multi MULTI, int *running FFISAN_NULLABLE FFISAN_OUT_N(1)) MULTI_FAILS
    FFISAN_SERIAL(multi) FFISAN_NO_REENTRY;
CURLMcode curl_multi_socket_action(CURLM *multi MULTI, curl_socket_t socket, int events,
                                   int *running FFISAN_NULLABLE FFISAN_OUT_N(1)) MULTI_FAILS
    FFISAN_SERIAL(multi) FFISAN_NO_REENTRY;
CURLMcode curl_multi_timeout(CURLM *multi MULTI, long *milliseconds FFISAN_NONNULL FFISAN_OUT_N(1)) MULTI_FAILS
    FFISAN_SERIAL(multi);
CURLMsg *curl_multi_info_read(CURLM *multi MULTI, int *left FFISAN_NONNULL FFISAN_OUT_N(1))
    FFISAN_BORROWED(multi, curl_multi_remove_handle) FFISAN_SERIAL(multi);
CURLMcode curl_multi_assign(CURLM *multi MULTI, curl_socket_t socket, void *data) MULTI_FAILS FFISAN_SERIAL(multi);
CURLMcode curl_multi_setopt(CURLM *multi MULTI, CURLMoption option, ...)
    FFISAN_VARIANT(option == CURLMOPT_SOCKETFUNCTION, curl_socket_callback,
                   FFISAN_NULLABLE FFISAN_RETAINED(multi, curl_multi_setopt))
        FFISAN_VARIANT(option == CURLMOPT_TIMERFUNCTION, curl_multi_timer_callback,
                       FFISAN_NULLABLE FFISAN_RETAINED(multi, curl_multi_setopt))
            FFISAN_VARIANT(option == CURLMOPT_PUSHFUNCTION, curl_push_callback,
                           FFISAN_NULLABLE FFISAN_RETAINED(multi, curl_multi_setopt)) FFISAN_KEYED_BY(option) MULTI_FAILS
    FFISAN_SERIAL(multi);

/* ---- what transfers share; its locks may be called on any thread that uses one of them ---- */

CURLSH *curl_share_init(void) SHARE FFISAN_OWNED(curl_share_cleanup) FFISAN_FAILS(ret == NULL, NULL);
CURLSHcode curl_share_cleanup(CURLSH *share SHARE FFISAN_CONSUMED) FFISAN_FAILS(ret != CURLSHE_OK, CURLSHE_IN_USE);
CURLSHcode curl_share_setopt(CURLSH *share SHARE, CURLSHoption option, ...)
    FFISAN_VARIANT(option == CURLSHOPT_LOCKFUNC, curl_lock_function, FFISAN_NULLABLE FFISAN_RETAINED(share, curl_share_setopt))
        FFISAN_VARIANT(option == CURLSHOPT_UNLOCKFUNC, curl_unlock_function,
                       FFISAN_NULLABLE FFISAN_RETAINED(share, curl_share_setopt)) FFISAN_KEYED_BY(option)
            FFISAN_FAILS(ret != CURLSHE_OK, CURLSHE_NOMEM);

/* ---- URLs ---- */

CURLU *curl_url(void) FFISAN_OWNED(curl_url_cleanup) FFISAN_FAILS(ret == NULL, NULL);
CURLU *curl_url_dup(CURLU *url FFISAN_NONNULL) FFISAN_OWNED(curl_url_cleanup) FFISAN_FAILS(ret == NULL, NULL);
void curl_url_cleanup(CURLU *url FFISAN_CONSUMED FFISAN_NULLABLE);
CURLUcode curl_url_get(CURLU *url, CURLUPart what, char **part FFISAN_OUT_OWNED(curl_free), unsigned int flags)
    FFISAN_FAILS(ret != CURLUE_OK, CURLUE_OUT_OF_MEMORY);
CURLUcode curl_url_set(CURLU *url, CURLUPart what, const char *part FFISAN_CSTRING FFISAN_NULLABLE, unsigned int flags)
    FFISAN_FAILS(ret != CURLUE_OK, CURLUE_OUT_OF_MEMORY);

/* ---- MIME: a part belongs to its mime, a mime to the part that it was put below ---- */

#define MIME_FAILS FFISAN_FAILS(ret != CURLE_OK, CURLE_OUT_OF_MEMORY)
curl_mime *curl_mime_init(CURL *curl EASY) FFISAN_OWNED(curl_mime_free) FFISAN_FAILS(ret == NULL, NULL);
void curl_mime_free(curl_mime *mime FFISAN_CONSUMED FFISAN_NULLABLE);
curl_mimepart *curl_mime_addpart(curl_mime *mime) FFISAN_BORROWED(mime) FFISAN_FAILS(ret == NULL, NULL);
CURLcode curl_mime_name(curl_mimepart *part, const char *name FFISAN_CSTRING FFISAN_NULLABLE) MIME_FAILS;
CURLcode curl_mime_filename(curl_mimepart *part, const char *name FFISAN_CSTRING FFISAN_NULLABLE) MIME_FAILS;
CURLcode curl_mime_type(curl_mimepart *part, const char *type FFISAN_CSTRING FFISAN_NULLABLE) MIME_FAILS;
CURLcode curl_mime_encoder(curl_mimepart *part, const char *encoding FFISAN_CSTRING FFISAN_NULLABLE) MIME_FAILS;
CURLcode curl_mime_data(curl_mimepart *part,
                        const char *data FFISAN_NULLABLE FFISAN_WHEN(size == (size_t)-1, FFISAN_CSTRING)
                            FFISAN_WHEN(size != (size_t)-1, FFISAN_IN(size)),
                        size_t size) MIME_FAILS;
CURLcode curl_mime_filedata(curl_mimepart *part, const char *name FFISAN_CSTRING FFISAN_NULLABLE) MIME_FAILS;
CURLcode curl_mime_data_cb(curl_mimepart *part, curl_off_t size,
                           curl_read_callback read FFISAN_NULLABLE FFISAN_WHEN(release != NULL, FFISAN_NOTIFIED(release)),
                           curl_seek_callback seek FFISAN_NULLABLE FFISAN_WHEN(release != NULL, FFISAN_NOTIFIED(release)),
                           curl_free_callback release FFISAN_NULLABLE,
                           void *data FFISAN_WHEN(release != NULL, FFISAN_USER_DATA(read) FFISAN_NOTIFIED(release))) MIME_FAILS;
CURLcode curl_mime_subparts(curl_mimepart *part, curl_mime *below FFISAN_CONSUMED FFISAN_NULLABLE) MIME_FAILS;
CURLcode curl_mime_headers(curl_mimepart *part,
                           struct curl_slist *headers FFISAN_NULLABLE FFISAN_WHEN(take != 0, FFISAN_CONSUMED),
                           int take) MIME_FAILS;
void curl_formfree(struct curl_httppost *form FFISAN_NULLABLE);

#endif
