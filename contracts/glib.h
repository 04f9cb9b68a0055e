/* SPDX-License-Identifier: Apache-2.0
 *
 * GLib: memory, texts, files, containers, main loops and sources; of GObject callbacks with destroy notifies; a little of GIO.
 *
 * Rules are from docs.gtk.org/glib/ (Memory Allocation, String Utilities, Unicode Manipulation, The Main Event Loop, GVariant,
 * and the pages of the functions), docs.gtk.org/gobject/ and docs.gtk.org/gio/.
 *
 * g_malloc is malloc and g_free is free since 2.46, so that they are one family here.
 *
 * Not said, because it is not always so, or cannot be seen:
 *   - who owns an object of GObject: references may float, and containers take them;
 *   - what becomes of GError, lists, and what else comes out of slices: until 2.76 their memory is used again unseen;
 *   - the end of a callback without a destroy notify: it may have said itself that it is not to be called again, or its object
 *     may be gone;
 *   - the life of what floats (GVariant).
 */
#ifndef FFISAN_CONTRACTS_GLIB_H
#define FFISAN_CONTRACTS_GLIB_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <ffisan/contract.h>

typedef char gchar;
typedef unsigned char guchar;
typedef int gint;
typedef gint gboolean;
typedef unsigned int guint;
typedef unsigned long gulong;
typedef long glong;
typedef unsigned char guint8;
typedef unsigned int guint32;
typedef double gdouble;
typedef signed long gssize;
typedef unsigned long gsize;
typedef void *gpointer;
typedef const void *gconstpointer;
typedef guint32 gunichar;
typedef guint32 GQuark;
typedef gsize GType;
typedef int GPid;
typedef struct _GError GError;
typedef struct _GString GString;
typedef struct _GHashTable GHashTable;
typedef struct _GPtrArray GPtrArray;
typedef struct _GArray GArray;
typedef struct _GByteArray GByteArray;
typedef struct _GBytes GBytes;
typedef struct _GMainLoop GMainLoop;
typedef struct _GMainContext GMainContext;
typedef struct _GSource GSource;
typedef struct _GThread GThread;
typedef struct _GDir GDir;
typedef struct _GTimer GTimer;
typedef struct _GChecksum GChecksum;
typedef struct _GKeyFile GKeyFile;
typedef struct _GRegex GRegex;
typedef struct _GMatchInfo GMatchInfo;
typedef struct _GAsyncQueue GAsyncQueue;
typedef struct _GOptionContext GOptionContext;
typedef struct _GOptionGroup GOptionGroup;
typedef struct _GMappedFile GMappedFile;
typedef struct _GVariant GVariant;
typedef struct _GVariantType GVariantType;
typedef struct _GVariantBuilder GVariantBuilder;
typedef struct _GObject GObject;
typedef struct _GClosure GClosure;
typedef struct _GValue GValue;
typedef struct _GParamSpec GParamSpec;
typedef struct _GFile GFile;
typedef struct _GCancellable GCancellable;
typedef struct _GInputStream GInputStream;
typedef struct _GOutputStream GOutputStream;

typedef enum { G_USER_DIRECTORY_DESKTOP } GUserDirectory;
typedef enum { G_CHECKSUM_MD5 } GChecksumType;
typedef enum { G_KEY_FILE_NONE } GKeyFileFlags;
typedef enum { G_REGEX_DEFAULT } GRegexCompileFlags;
typedef enum { G_REGEX_MATCH_DEFAULT } GRegexMatchFlags;
typedef enum { G_NORMALIZE_DEFAULT } GNormalizeMode;
typedef enum { G_CONNECT_DEFAULT } GConnectFlags;

typedef void (*GDestroyNotify)(gpointer data);
typedef gboolean (*GSourceFunc)(gpointer data);
typedef void (*GSourceOnceFunc)(gpointer data);
typedef void (*GChildWatchFunc)(GPid pid, gint status, gpointer data);
typedef gpointer (*GThreadFunc)(gpointer data);
typedef void (*GCallback)(void);
typedef void (*GClosureNotify)(gpointer data, GClosure *closure);
typedef guint (*GHashFunc)(gconstpointer key);
typedef gboolean (*GEqualFunc)(gconstpointer a, gconstpointer b);

#define FAILS_NULL  FFISAN_FAILS(ret == NULL, NULL)
#define FAILS_0     FFISAN_FAILS(ret == 0, 0)
#define GIVEN       FFISAN_CONSUMED FFISAN_NULLABLE
#define TEXT        FFISAN_CSTRING FFISAN_NULLABLE
#define MEMORY      FFISAN_FAMILY("malloc") FFISAN_OWNED(g_free, free, g_realloc, g_realloc_n, realloc)
#define MEMORY_KEPT FFISAN_OWNED(g_free, free, g_realloc, g_realloc_n, realloc)
#define OUT_MEMORY  FFISAN_OUT_OWNED(g_free, free, g_realloc, g_realloc_n, realloc)
/* Of a vector one may keep the texts and free the rest. */
#define VECTOR FFISAN_OWNED(g_strfreev, g_free, free)
#define ERROR  GError **error FFISAN_NULLABLE
/* -1: up to the NUL. */
#define UP_TO(n)           FFISAN_WHEN(n < 0, FFISAN_CSTRING) FFISAN_WHEN(n > 0, FFISAN_IN(n))
#define KEPT_UNTIL(notify) FFISAN_WHEN(notify != NULL, FFISAN_NOTIFIED(notify))

/* ==== libglib ==== */

FFISAN_LIBRARY("libglib-2.0.so.0", "libglib-2-????????.0.so.*")

/* ---- memory: g_malloc gives NULL for no bytes, and ends the program when there is none ---- */

gpointer g_malloc(gsize n) MEMORY;
gpointer g_malloc0(gsize n) MEMORY;
gpointer g_malloc_n(gsize count, gsize size) MEMORY;
gpointer g_malloc0_n(gsize count, gsize size) MEMORY;
gpointer g_try_malloc(gsize n) MEMORY FFISAN_FAILS(ret == NULL && n > 0, NULL);
gpointer g_try_malloc0(gsize n) MEMORY FFISAN_FAILS(ret == NULL && n > 0, NULL);
gpointer g_realloc(gpointer memory GIVEN, gsize n) MEMORY;
gpointer g_realloc_n(gpointer memory GIVEN, gsize count, gsize size) MEMORY;
gpointer g_try_realloc(gpointer memory GIVEN, gsize n) MEMORY FFISAN_FAILS(ret == NULL && n > 0, NULL);
void g_free(gpointer memory GIVEN) FFISAN_FAMILY("malloc");
gpointer g_memdup2(gconstpointer memory FFISAN_NULLABLE FFISAN_WHEN(memory != NULL, FFISAN_IN(n)), gsize n) MEMORY;

/* ---- texts ---- */

gchar *g_strdup(const gchar *text TEXT) MEMORY;
gchar *g_strndup(const gchar *text FFISAN_NULLABLE, gsize n) MEMORY;
gchar *g_strdup_printf(const gchar *format FFISAN_CSTRING FFISAN_NONNULL, ...) MEMORY;
gchar *g_strdup_vprintf(const gchar *format FFISAN_CSTRING FFISAN_NONNULL, va_list arguments) MEMORY;
gchar *g_strconcat(const gchar *first TEXT, ...) MEMORY;
gchar *g_strjoin(const gchar *between TEXT, ...) MEMORY;
gchar *g_strjoinv(const gchar *between TEXT, gchar **texts FFISAN_NONNULL) MEMORY;
gchar **g_strsplit(const gchar *text FFISAN_CSTRING FFISAN_NONNULL, const gchar *between FFISAN_CSTRING FFISAN_NONNULL,
                   gint most) VECTOR;
gchar **g_strsplit_set(const gchar *text FFISAN_CSTRING FFISAN_NONNULL, const gchar *between FFISAN_CSTRING FFISAN_NONNULL,
                       gint most) VECTOR;
gchar **g_strdupv(gchar **texts FFISAN_NULLABLE) VECTOR;
void g_strfreev(gchar **texts GIVEN);
guint g_strv_length(gchar **texts FFISAN_NONNULL);
gchar *g_strescape(const gchar *text FFISAN_CSTRING FFISAN_NONNULL, const gchar *except TEXT) MEMORY;
gchar *g_strcompress(const gchar *text FFISAN_CSTRING FFISAN_NONNULL) MEMORY;
gchar *g_ascii_strdown(const gchar *text FFISAN_NONNULL UP_TO(n), gssize n) MEMORY;
gchar *g_ascii_strup(const gchar *text FFISAN_NONNULL UP_TO(n), gssize n) MEMORY;
gsize g_strlcpy(gchar *to FFISAN_NONNULL FFISAN_OUT(n), const gchar *from FFISAN_CSTRING FFISAN_NONNULL, gsize n);
gint g_snprintf(gchar *to FFISAN_OUT(n), gulong n, gchar const *format FFISAN_CSTRING FFISAN_NONNULL, ...);
const gchar *g_strerror(gint number) FFISAN_STATIC;
const gchar *g_intern_string(const gchar *text TEXT) FFISAN_STATIC;
const gchar *g_quark_to_string(GQuark quark) FFISAN_STATIC;
gchar *g_shell_quote(const gchar *text FFISAN_CSTRING FFISAN_NONNULL) MEMORY;
gchar *g_markup_escape_text(const gchar *text FFISAN_NONNULL UP_TO(n), gssize n) MEMORY;
char *g_uri_escape_string(const char *text FFISAN_CSTRING FFISAN_NONNULL, const char *except TEXT, gboolean utf8) MEMORY;
char *g_uri_unescape_string(const char *text TEXT, const char *illegal TEXT) MEMORY;
gchar *g_base64_encode(const guchar *data FFISAN_IN(n), gsize n) MEMORY;
guchar *g_base64_decode(const gchar *text FFISAN_CSTRING FFISAN_NONNULL, gsize *n FFISAN_NONNULL FFISAN_OUT_N(1)) MEMORY;
gchar *g_convert(const gchar *text FFISAN_NONNULL FFISAN_WHEN(n > 0, FFISAN_IN(n)), gssize n,
                 const gchar *to FFISAN_CSTRING FFISAN_NONNULL, const gchar *from FFISAN_CSTRING FFISAN_NONNULL,
                 gsize *read FFISAN_NULLABLE FFISAN_OUT_N(1), gsize *written FFISAN_NULLABLE FFISAN_OUT_N(1), ERROR)
MEMORY FAILS_NULL;
gchar *g_locale_to_utf8(const gchar *text FFISAN_NONNULL UP_TO(n), gssize n, gsize *read FFISAN_NULLABLE FFISAN_OUT_N(1),
                        gsize *written FFISAN_NULLABLE FFISAN_OUT_N(1), ERROR)
MEMORY FAILS_NULL;
gchar *g_filename_to_utf8(const gchar *text FFISAN_NONNULL UP_TO(n), gssize n, gsize *read FFISAN_NULLABLE FFISAN_OUT_N(1),
                          gsize *written FFISAN_NULLABLE FFISAN_OUT_N(1), ERROR)
MEMORY FAILS_NULL;
gchar *g_filename_from_utf8(const gchar *text FFISAN_NONNULL UP_TO(n), gssize n, gsize *read FFISAN_NULLABLE FFISAN_OUT_N(1),
                            gsize *written FFISAN_NULLABLE FFISAN_OUT_N(1), ERROR)
MEMORY FAILS_NULL;

/* ---- UTF-8: these do not look whether it is; g_utf8_validate, g_utf8_make_valid and g_utf8_normalize do ---- */

#define UTF8_UP_TO(n) FFISAN_NONNULL FFISAN_WHEN(n < 0, FFISAN_UTF8)
glong g_utf8_strlen(const gchar *text FFISAN_WHEN(most < 0, FFISAN_UTF8), gssize most);
gchar *g_utf8_strup(const gchar *text UTF8_UP_TO(n), gssize n) MEMORY;
gchar *g_utf8_strdown(const gchar *text UTF8_UP_TO(n), gssize n) MEMORY;
gchar *g_utf8_casefold(const gchar *text UTF8_UP_TO(n), gssize n) MEMORY;
gchar *g_utf8_strreverse(const gchar *text UTF8_UP_TO(n), gssize n) MEMORY;
gchar *g_utf8_substring(const gchar *text FFISAN_NONNULL, glong from, glong to) MEMORY;
gchar *g_utf8_normalize(const gchar *text FFISAN_NONNULL UP_TO(n), gssize n, GNormalizeMode mode) MEMORY FAILS_NULL;
gchar *g_utf8_make_valid(const gchar *text FFISAN_NONNULL UP_TO(n), gssize n) MEMORY;
gboolean g_utf8_validate(const gchar *text FFISAN_NONNULL UP_TO(n), gssize n, const gchar **end FFISAN_NULLABLE);

/* ---- files, the environment ---- */

gboolean g_file_get_contents(const gchar *name FFISAN_CSTRING FFISAN_NONNULL, gchar **contents FFISAN_NONNULL OUT_MEMORY,
                             gsize *n FFISAN_NULLABLE FFISAN_OUT_N(1), ERROR) FAILS_0;
gboolean g_file_set_contents(const gchar *name FFISAN_CSTRING FFISAN_NONNULL, const gchar *contents UP_TO(n), gssize n,
                             ERROR) FAILS_0;
gint g_file_open_tmp(const gchar *pattern TEXT, gchar **name FFISAN_NULLABLE OUT_MEMORY, ERROR) FFISAN_FAILS(ret == -1, -1);
GDir *g_dir_open(const gchar *path FFISAN_CSTRING FFISAN_NONNULL, guint flags, ERROR) FFISAN_OWNED(g_dir_close) FAILS_NULL;
const gchar *g_dir_read_name(GDir *dir FFISAN_NONNULL) FFISAN_BORROWED(dir);
void g_dir_close(GDir *dir FFISAN_CONSUMED FFISAN_NONNULL);
GMappedFile *g_mapped_file_new(const gchar *name FFISAN_CSTRING FFISAN_NONNULL, gboolean writable, ERROR)
    FFISAN_OWNED(g_mapped_file_unref) FAILS_NULL;
GMappedFile *g_mapped_file_ref(GMappedFile *file FFISAN_REF);
void g_mapped_file_unref(GMappedFile *file FFISAN_UNREF);
gchar *g_build_filename(const gchar *first TEXT, ...) MEMORY;
gchar *g_path_get_basename(const gchar *path FFISAN_CSTRING FFISAN_NONNULL) MEMORY;
gchar *g_path_get_dirname(const gchar *path FFISAN_CSTRING FFISAN_NONNULL) MEMORY;
gchar *g_canonicalize_filename(const gchar *path FFISAN_CSTRING FFISAN_NONNULL, const gchar *from TEXT) MEMORY;
gchar *g_filename_to_uri(const gchar *path FFISAN_CSTRING FFISAN_NONNULL, const gchar *host TEXT, ERROR)
MEMORY FAILS_NULL;
gchar *g_filename_from_uri(const gchar *uri FFISAN_CSTRING FFISAN_NONNULL, gchar **host FFISAN_NULLABLE OUT_MEMORY, ERROR)
MEMORY FAILS_NULL;
gchar *g_find_program_in_path(const gchar *name FFISAN_CSTRING FFISAN_NONNULL) MEMORY;
gchar *g_get_current_dir(void) MEMORY;
gchar **g_get_environ(void) VECTOR;
gchar **g_listenv(void) VECTOR;
gboolean g_setenv(const gchar *name FFISAN_CSTRING FFISAN_NONNULL, const gchar *value FFISAN_CSTRING FFISAN_NONNULL,
                  gboolean overwrite);
const gchar *g_get_user_name(void) FFISAN_STATIC;
const gchar *g_get_home_dir(void) FFISAN_STATIC;
const gchar *g_get_tmp_dir(void) FFISAN_STATIC;
const gchar *g_get_host_name(void) FFISAN_STATIC;
const gchar *g_get_user_cache_dir(void) FFISAN_STATIC;
const gchar *g_get_user_config_dir(void) FFISAN_STATIC;
const gchar *g_get_user_data_dir(void) FFISAN_STATIC;
const gchar *g_get_user_special_dir(GUserDirectory which) FFISAN_STATIC;
gboolean g_spawn_command_line_sync(const gchar *command FFISAN_CSTRING FFISAN_NONNULL, gchar **output FFISAN_NULLABLE OUT_MEMORY,
                                   gchar **errors FFISAN_NULLABLE OUT_MEMORY, gint *status FFISAN_NULLABLE FFISAN_OUT_N(1), ERROR)
FAILS_0 FFISAN_BLOCKS;

/* ---- containers ---- */

GString *g_string_new(const gchar *text TEXT) FFISAN_OWNED(g_string_free, g_string_free_to_bytes);
GString *g_string_new_len(const gchar *text FFISAN_NULLABLE UP_TO(n), gssize n)
    FFISAN_OWNED(g_string_free, g_string_free_to_bytes);
GString *g_string_sized_new(gsize n) FFISAN_OWNED(g_string_free, g_string_free_to_bytes);
gchar *g_string_free(GString *string FFISAN_CONSUMED, gboolean all) FFISAN_WHEN(all == 0, MEMORY_KEPT);
GBytes *g_string_free_to_bytes(GString *string FFISAN_CONSUMED)
    FFISAN_OWNED(g_bytes_unref, g_bytes_unref_to_data, g_bytes_unref_to_array);
GString *g_string_append(GString *string FFISAN_NONNULL, const gchar *text TEXT);
GString *g_string_append_len(GString *string FFISAN_NONNULL, const gchar *text FFISAN_NULLABLE UP_TO(n), gssize n);
GString *g_string_assign(GString *string FFISAN_NONNULL, const gchar *text TEXT);
void g_string_printf(GString *string FFISAN_NONNULL, const gchar *format FFISAN_CSTRING FFISAN_NONNULL, ...);
void g_string_append_printf(GString *string FFISAN_NONNULL, const gchar *format FFISAN_CSTRING FFISAN_NONNULL, ...);

GHashTable *g_hash_table_new(GHashFunc hash, GEqualFunc equal) FFISAN_OWNED(g_hash_table_unref, g_hash_table_destroy);
GHashTable *g_hash_table_new_full(GHashFunc hash, GEqualFunc equal, GDestroyNotify key FFISAN_NULLABLE,
                                  GDestroyNotify value FFISAN_NULLABLE) FFISAN_OWNED(g_hash_table_unref, g_hash_table_destroy);
GHashTable *g_hash_table_ref(GHashTable *table FFISAN_REF);
void g_hash_table_unref(GHashTable *table FFISAN_UNREF);
void g_hash_table_destroy(GHashTable *table FFISAN_UNREF);
guint g_hash_table_size(GHashTable *table FFISAN_NONNULL);

GPtrArray *g_ptr_array_new(void) FFISAN_OWNED(g_ptr_array_unref, g_ptr_array_free);
GPtrArray *g_ptr_array_sized_new(guint n) FFISAN_OWNED(g_ptr_array_unref, g_ptr_array_free);
GPtrArray *g_ptr_array_new_with_free_func(GDestroyNotify each FFISAN_NULLABLE) FFISAN_OWNED(g_ptr_array_unref, g_ptr_array_free);
GPtrArray *g_ptr_array_ref(GPtrArray *array FFISAN_REF);
void g_ptr_array_unref(GPtrArray *array FFISAN_UNREF);
gpointer *g_ptr_array_free(GPtrArray *array FFISAN_UNREF, gboolean all) FFISAN_WHEN(all == 0, MEMORY_KEPT);
GArray *g_array_new(gboolean zero_terminated, gboolean clear, guint size) FFISAN_OWNED(g_array_unref, g_array_free);
GArray *g_array_ref(GArray *array FFISAN_REF);
void g_array_unref(GArray *array FFISAN_UNREF);
gchar *g_array_free(GArray *array FFISAN_UNREF, gboolean all) FFISAN_WHEN(all == 0, MEMORY_KEPT);
GByteArray *g_byte_array_new(void) FFISAN_OWNED(g_byte_array_unref, g_byte_array_free, g_byte_array_free_to_bytes);
GByteArray *g_byte_array_append(GByteArray *array FFISAN_NONNULL, const guint8 *data FFISAN_IN(n), guint n);
GByteArray *g_byte_array_ref(GByteArray *array FFISAN_REF);
void g_byte_array_unref(GByteArray *array FFISAN_UNREF);
guint8 *g_byte_array_free(GByteArray *array FFISAN_UNREF, gboolean all) FFISAN_WHEN(all == 0, MEMORY_KEPT);
GBytes *g_byte_array_free_to_bytes(GByteArray *array FFISAN_UNREF)
    FFISAN_OWNED(g_bytes_unref, g_bytes_unref_to_data, g_bytes_unref_to_array);

#define OWNED_BYTES FFISAN_OWNED(g_bytes_unref, g_bytes_unref_to_data, g_bytes_unref_to_array)
GBytes *g_bytes_new(gconstpointer data FFISAN_NULLABLE FFISAN_IN(n), gsize n) OWNED_BYTES;
GBytes *g_bytes_new_take(gpointer data GIVEN, gsize n) OWNED_BYTES;
GBytes *g_bytes_new_with_free_func(gconstpointer data FFISAN_NULLABLE KEPT_UNTIL(release) FFISAN_IN(n), gsize n,
                                   GDestroyNotify release FFISAN_NULLABLE FFISAN_ONCE, gpointer data_of_release) OWNED_BYTES;
GBytes *g_bytes_ref(GBytes *bytes FFISAN_REF);
void g_bytes_unref(GBytes *bytes FFISAN_UNREF FFISAN_NULLABLE);
gpointer g_bytes_unref_to_data(GBytes *bytes FFISAN_UNREF, gsize *n FFISAN_NONNULL FFISAN_OUT_N(1)) MEMORY;
GByteArray *g_bytes_unref_to_array(GBytes *bytes FFISAN_UNREF)
    FFISAN_OWNED(g_byte_array_unref, g_byte_array_free, g_byte_array_free_to_bytes);
gconstpointer g_bytes_get_data(GBytes *bytes FFISAN_NONNULL, gsize *n FFISAN_NULLABLE FFISAN_OUT_N(1)) FFISAN_BORROWED(bytes);
gsize g_bytes_get_size(GBytes *bytes FFISAN_NONNULL);

/* ---- small things ---- */

GTimer *g_timer_new(void) FFISAN_OWNED(g_timer_destroy);
void g_timer_destroy(GTimer *timer FFISAN_CONSUMED);
gdouble g_timer_elapsed(GTimer *timer FFISAN_NONNULL, gulong *microseconds FFISAN_NULLABLE FFISAN_OUT_N(1));
GChecksum *g_checksum_new(GChecksumType type) FFISAN_OWNED(g_checksum_free) FAILS_NULL;
GChecksum *g_checksum_copy(const GChecksum *checksum FFISAN_NONNULL) FFISAN_OWNED(g_checksum_free);
void g_checksum_free(GChecksum *checksum GIVEN);
void g_checksum_update(GChecksum *checksum FFISAN_NONNULL, const guchar *data UP_TO(n), gssize n);
const gchar *g_checksum_get_string(GChecksum *checksum FFISAN_NONNULL) FFISAN_BORROWED(checksum);
void g_checksum_get_digest(GChecksum *checksum FFISAN_NONNULL, guint8 *digest FFISAN_NONNULL FFISAN_OUT(*n),
                           gsize *n FFISAN_NONNULL FFISAN_INOUT_N(1));
gchar *g_compute_checksum_for_data(GChecksumType type, const guchar *data FFISAN_IN(n), gsize n) MEMORY;
gchar *g_compute_checksum_for_string(GChecksumType type, const gchar *text UP_TO(n), gssize n) MEMORY;
GKeyFile *g_key_file_new(void) FFISAN_OWNED(g_key_file_free, g_key_file_unref);
GKeyFile *g_key_file_ref(GKeyFile *file FFISAN_REF);
void g_key_file_unref(GKeyFile *file FFISAN_UNREF);
void g_key_file_free(GKeyFile *file FFISAN_UNREF);
gboolean g_key_file_load_from_data(GKeyFile *file FFISAN_NONNULL,
                                   const gchar *data FFISAN_WHEN(n == (gsize)-1, FFISAN_CSTRING)
                                       FFISAN_WHEN(n != (gsize)-1, FFISAN_IN(n)),
                                   gsize n, GKeyFileFlags flags, ERROR) FAILS_0;
gboolean g_key_file_load_from_file(GKeyFile *file FFISAN_NONNULL, const gchar *name FFISAN_CSTRING FFISAN_NONNULL,
                                   GKeyFileFlags flags, ERROR) FAILS_0;
gchar *g_key_file_get_string(GKeyFile *file FFISAN_NONNULL, const gchar *group FFISAN_CSTRING FFISAN_NONNULL,
                             const gchar *key FFISAN_CSTRING FFISAN_NONNULL, ERROR)
MEMORY FAILS_NULL;
gchar *g_key_file_get_value(GKeyFile *file FFISAN_NONNULL, const gchar *group FFISAN_CSTRING FFISAN_NONNULL,
                            const gchar *key FFISAN_CSTRING FFISAN_NONNULL, ERROR)
MEMORY FAILS_NULL;
gchar **g_key_file_get_groups(GKeyFile *file FFISAN_NONNULL, gsize *n FFISAN_NULLABLE FFISAN_OUT_N(1)) VECTOR;
gchar *g_key_file_to_data(GKeyFile *file FFISAN_NONNULL, gsize *n FFISAN_NULLABLE FFISAN_OUT_N(1), ERROR) MEMORY;
GRegex *g_regex_new(const gchar *pattern FFISAN_CSTRING FFISAN_NONNULL, GRegexCompileFlags compile, GRegexMatchFlags match, ERROR)
    FFISAN_OWNED(g_regex_unref) FAILS_NULL;
GRegex *g_regex_ref(GRegex *regex FFISAN_REF);
void g_regex_unref(GRegex *regex FFISAN_UNREF);
/* A match reads the text where it is, for as long as anybody asks it. */
gboolean g_regex_match(const GRegex *regex FFISAN_NONNULL, const gchar *text FFISAN_CSTRING FFISAN_NONNULL,
                       GRegexMatchFlags flags,
                       GMatchInfo **match FFISAN_NULLABLE FFISAN_OUT_OWNED(g_match_info_free, g_match_info_unref));
void g_match_info_free(GMatchInfo *match FFISAN_UNREF FFISAN_NULLABLE);
void g_match_info_unref(GMatchInfo *match FFISAN_UNREF);
GMatchInfo *g_match_info_ref(GMatchInfo *match FFISAN_REF);
gchar *g_match_info_fetch(const GMatchInfo *match FFISAN_NONNULL, gint number) MEMORY;
gchar *g_match_info_fetch_named(const GMatchInfo *match FFISAN_NONNULL, const gchar *name FFISAN_CSTRING FFISAN_NONNULL) MEMORY;
gchar **g_match_info_fetch_all(const GMatchInfo *match FFISAN_NONNULL) VECTOR;
gchar **g_regex_split(const GRegex *regex FFISAN_NONNULL, const gchar *text FFISAN_CSTRING FFISAN_NONNULL,
                      GRegexMatchFlags flags) VECTOR;
gchar *g_regex_escape_string(const gchar *text FFISAN_NONNULL UP_TO(n), gint n) MEMORY;
GAsyncQueue *g_async_queue_new(void) FFISAN_OWNED(g_async_queue_unref);
GAsyncQueue *g_async_queue_ref(GAsyncQueue *queue FFISAN_REF);
void g_async_queue_unref(GAsyncQueue *queue FFISAN_UNREF);
gchar *g_option_context_get_help(GOptionContext *context FFISAN_NONNULL, gboolean main,
                                 GOptionGroup *group FFISAN_NULLABLE) MEMORY;

/* ---- values: those of g_variant_new_... float ---- */

GVariant *g_variant_ref(GVariant *value FFISAN_REF);
void g_variant_unref(GVariant *value FFISAN_UNREF);
GVariant *g_variant_parse(const GVariantType *type FFISAN_NULLABLE, const gchar *text FFISAN_NONNULL,
                          const gchar *limit FFISAN_NULLABLE, const gchar **end FFISAN_NULLABLE, ERROR)
    FFISAN_OWNED(g_variant_unref) FAILS_NULL;
const gchar *g_variant_get_string(GVariant *value FFISAN_NONNULL, gsize *n FFISAN_NULLABLE FFISAN_OUT_N(1))
    FFISAN_BORROWED(value);
gchar *g_variant_dup_string(GVariant *value FFISAN_NONNULL, gsize *n FFISAN_NONNULL FFISAN_OUT_N(1)) MEMORY;
gchar *g_variant_print(GVariant *value FFISAN_NONNULL, gboolean annotate) MEMORY;
GVariantType *g_variant_type_new(const gchar *text FFISAN_CSTRING FFISAN_NONNULL) FFISAN_OWNED(g_variant_type_free);
GVariantType *g_variant_type_copy(const GVariantType *type FFISAN_NONNULL) FFISAN_OWNED(g_variant_type_free);
void g_variant_type_free(GVariantType *type GIVEN);

/* ---- main loops, sources, threads ---- */

GMainLoop *g_main_loop_new(GMainContext *context FFISAN_NULLABLE, gboolean running) FFISAN_OWNED(g_main_loop_unref);
GMainLoop *g_main_loop_ref(GMainLoop *loop FFISAN_REF);
void g_main_loop_unref(GMainLoop *loop FFISAN_UNREF);
void g_main_loop_run(GMainLoop *loop FFISAN_NONNULL) FFISAN_BLOCKS;
void g_main_loop_quit(GMainLoop *loop FFISAN_NONNULL);
gboolean g_main_loop_is_running(GMainLoop *loop FFISAN_NONNULL);
GMainContext *g_main_context_new(void) FFISAN_OWNED(g_main_context_unref);
GMainContext *g_main_context_ref(GMainContext *context FFISAN_REF);
void g_main_context_unref(GMainContext *context FFISAN_UNREF);
gboolean g_main_context_iteration(GMainContext *context FFISAN_NULLABLE, gboolean may_block);

guint g_idle_add_full(gint priority, GSourceFunc function KEPT_UNTIL(notify),
                      gpointer data FFISAN_WHEN(notify != NULL, FFISAN_USER_DATA(function) FFISAN_NOTIFIED(notify)),
                      GDestroyNotify notify FFISAN_NULLABLE FFISAN_ONCE);
guint g_timeout_add_full(gint priority, guint milliseconds, GSourceFunc function KEPT_UNTIL(notify),
                         gpointer data FFISAN_WHEN(notify != NULL, FFISAN_USER_DATA(function) FFISAN_NOTIFIED(notify)),
                         GDestroyNotify notify FFISAN_NULLABLE FFISAN_ONCE);
guint g_timeout_add_seconds_full(gint priority, guint seconds, GSourceFunc function KEPT_UNTIL(notify),
                                 gpointer data FFISAN_WHEN(notify != NULL, FFISAN_USER_DATA(function) FFISAN_NOTIFIED(notify)),
                                 GDestroyNotify notify FFISAN_NULLABLE FFISAN_ONCE);
guint g_child_watch_add_full(gint priority, GPid pid, GChildWatchFunc function KEPT_UNTIL(notify),
                             gpointer data FFISAN_WHEN(notify != NULL, FFISAN_USER_DATA(function) FFISAN_NOTIFIED(notify)),
                             GDestroyNotify notify FFISAN_NULLABLE FFISAN_ONCE);
guint g_idle_add(GSourceFunc function FFISAN_NONNULL, gpointer data);
guint g_timeout_add(guint milliseconds, GSourceFunc function FFISAN_NONNULL, gpointer data);
gboolean g_source_remove(guint id);
GSource *g_idle_source_new(void) FFISAN_OWNED(g_source_unref);
GSource *g_timeout_source_new(guint milliseconds) FFISAN_OWNED(g_source_unref);
GSource *g_source_ref(GSource *source FFISAN_REF);
void g_source_unref(GSource *source FFISAN_UNREF);
void g_source_destroy(GSource *source FFISAN_NONNULL);
guint g_source_attach(GSource *source FFISAN_NONNULL, GMainContext *context FFISAN_NULLABLE);
void g_source_set_callback(GSource *source FFISAN_NONNULL, GSourceFunc function KEPT_UNTIL(notify),
                           gpointer data FFISAN_WHEN(notify != NULL, FFISAN_USER_DATA(function) FFISAN_NOTIFIED(notify)),
                           GDestroyNotify notify FFISAN_NULLABLE FFISAN_ONCE);
GThread *g_thread_new(const gchar *name TEXT, GThreadFunc function FFISAN_LIBRARY_THREAD FFISAN_NONNULL, gpointer data)
    FFISAN_OWNED(g_thread_join, g_thread_unref);
gpointer g_thread_join(GThread *thread FFISAN_UNREF FFISAN_NONNULL) FFISAN_BLOCKS;
GThread *g_thread_ref(GThread *thread FFISAN_REF);
void g_thread_unref(GThread *thread FFISAN_UNREF);

/* ==== libgobject ==== */

FFISAN_LIBRARY("libgobject-2.0.so.0", "libgobject-2-????????.0.so.*")

gulong g_signal_connect_data(gpointer instance, const gchar *signal FFISAN_CSTRING FFISAN_NONNULL,
                             GCallback handler KEPT_UNTIL(destroy), gpointer data KEPT_UNTIL(destroy),
                             GClosureNotify destroy FFISAN_NULLABLE FFISAN_ONCE, GConnectFlags flags);
void g_signal_handler_disconnect(gpointer instance, gulong id);
void g_object_set_data_full(GObject *object, const gchar *key FFISAN_CSTRING FFISAN_NONNULL, gpointer data KEPT_UNTIL(destroy),
                            GDestroyNotify destroy FFISAN_NULLABLE FFISAN_ONCE);
GClosure *g_cclosure_new(GCallback function KEPT_UNTIL(destroy), gpointer data KEPT_UNTIL(destroy),
                         GClosureNotify destroy FFISAN_NULLABLE FFISAN_ONCE);
const gchar *g_type_name(GType type) FFISAN_STATIC;
const gchar *g_signal_name(guint signal) FFISAN_STATIC;
gchar *g_value_dup_string(const GValue *value FFISAN_NONNULL) FFISAN_OWNED(g_free, free);
void g_value_set_string(GValue *value FFISAN_NONNULL, const gchar *text TEXT);

/* ==== libgio ==== */

FFISAN_LIBRARY("libgio-2.0.so.0", "libgio-2-????????.0.so.*")

char *g_file_get_path(GFile *file) FFISAN_OWNED(g_free, free);
char *g_file_get_uri(GFile *file) FFISAN_OWNED(g_free, free);
char *g_file_get_basename(GFile *file) FFISAN_OWNED(g_free, free);
gboolean g_file_load_contents(GFile *file, GCancellable *cancellable FFISAN_NULLABLE,
                              char **contents FFISAN_NONNULL FFISAN_OUT_OWNED(g_free, free),
                              gsize *n FFISAN_NULLABLE FFISAN_OUT_N(1),
                              char **etag FFISAN_NULLABLE FFISAN_OUT_OWNED(g_free, free), ERROR) FAILS_0;
gssize g_input_stream_read(GInputStream *stream, void *buffer FFISAN_OUT(n), gsize n, GCancellable *cancellable FFISAN_NULLABLE,
                           ERROR) FFISAN_FAILS(ret == -1, -1);
gboolean g_input_stream_read_all(GInputStream *stream, void *buffer FFISAN_OUT(n), gsize n,
                                 gsize *read FFISAN_NONNULL FFISAN_OUT_N(1), GCancellable *cancellable FFISAN_NULLABLE,
                                 ERROR) FAILS_0;
gssize g_output_stream_write(GOutputStream *stream, const void *buffer FFISAN_IN(n), gsize n,
                             GCancellable *cancellable FFISAN_NULLABLE, ERROR) FFISAN_FAILS(ret == -1, -1);
gboolean g_output_stream_write_all(GOutputStream *stream, const void *buffer FFISAN_IN(n), gsize n,
                                   gsize *written FFISAN_NULLABLE FFISAN_OUT_N(1), GCancellable *cancellable FFISAN_NULLABLE,
                                   ERROR) FAILS_0;

#endif
