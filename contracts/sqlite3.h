/* SPDX-License-Identifier: Apache-2.0
 *
 * SQLite: connections, statements, what is bound and what columns give, functions and hooks.
 *
 * Rules are from the C interface's reference, sqlite.org/c3ref/NAME.html, NAME being the page of the function (open, close,
 * prepare, bind_blob, column_blob, create_function, serialize, ...), and sqlite.org/c3ref/c_static.html for destructors.
 *
 * Not said, because it is not always so:
 *   - that text is UTF-8 (file names are bytes on Unix, and SQLite stores what it is given);
 *   - SERIAL: in the serialized mode, which is the default, any thread may use a connection;
 *   - what sqlite3_db_handle, sqlite3_next_stmt and sqlite3_context_db_handle give belongs to whoever made it, and may be closed
 *     with it;
 *   - that column names end at the next step: only a statement that is prepared again there loses them;
 *   - how long the data of functions, collations and modules has to live, where no destructor tells of its end;
 *   - sqlite3_value: the same registers serve as columns, arguments and results.
 */
#ifndef FFISAN_CONTRACTS_SQLITE3_H
#define FFISAN_CONTRACTS_SQLITE3_H

#include <stdarg.h>

#include <ffisan/contract.h>

FFISAN_LIBRARY("libsqlite3.so.0", "libsqlite3.so", "libsqlite3-*.so*")

typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;
typedef struct sqlite3_value sqlite3_value;
typedef struct sqlite3_context sqlite3_context;
typedef struct sqlite3_blob sqlite3_blob;
typedef struct sqlite3_backup sqlite3_backup;
typedef struct sqlite3_str sqlite3_str;
typedef struct sqlite3_module sqlite3_module;
typedef struct sqlite3_vfs sqlite3_vfs;
typedef long long int sqlite_int64;
typedef unsigned long long int sqlite_uint64;
typedef sqlite_int64 sqlite3_int64;
typedef sqlite_uint64 sqlite3_uint64;
typedef const char *sqlite3_filename;
typedef void (*sqlite3_destructor_type)(void *);

#define SQLITE_STATIC    ((sqlite3_destructor_type)0)
#define SQLITE_TRANSIENT ((sqlite3_destructor_type)-1)

#define SQLITE_OK       0
#define SQLITE_ERROR    1
#define SQLITE_BUSY     5
#define SQLITE_NOMEM    7
#define SQLITE_IOERR    10
#define SQLITE_CANTOPEN 14
#define SQLITE_ROW      100
#define SQLITE_DONE     101

#define SQLITE_CONFIG_LOG              16
#define SQLITE_SERIALIZE_NOCOPY        0x001
#define SQLITE_DESERIALIZE_FREEONCLOSE 1

#define FAILS_UNLESS_OK(value) FFISAN_FAILS(ret != SQLITE_OK, value)

/* ---- memory: sqlite3_malloc's blocks are not malloc's ---- */

void *sqlite3_malloc(int n) FFISAN_FAMILY("sqlite3") FFISAN_OWNED(sqlite3_free, sqlite3_realloc, sqlite3_realloc64)
    FFISAN_FAILS(ret == NULL && n > 0, NULL);
void *sqlite3_malloc64(sqlite3_uint64 n) FFISAN_FAMILY("sqlite3") FFISAN_OWNED(sqlite3_free, sqlite3_realloc, sqlite3_realloc64)
    FFISAN_FAILS(ret == NULL && n > 0, NULL);
void *sqlite3_realloc(void *memory FFISAN_CONSUMED FFISAN_NULLABLE, int n) FFISAN_FAMILY("sqlite3")
    FFISAN_OWNED(sqlite3_free, sqlite3_realloc, sqlite3_realloc64) FFISAN_FAILS(ret == NULL && n > 0, NULL);
void *sqlite3_realloc64(void *memory FFISAN_CONSUMED FFISAN_NULLABLE, sqlite3_uint64 n) FFISAN_FAMILY("sqlite3")
    FFISAN_OWNED(sqlite3_free, sqlite3_realloc, sqlite3_realloc64) FFISAN_FAILS(ret == NULL && n > 0, NULL);
void sqlite3_free(void *memory FFISAN_CONSUMED FFISAN_NULLABLE) FFISAN_FAMILY("sqlite3");
sqlite3_uint64 sqlite3_msize(void *memory FFISAN_NULLABLE);
char *sqlite3_mprintf(const char *format FFISAN_CSTRING, ...) FFISAN_FAMILY("sqlite3")
    FFISAN_OWNED(sqlite3_free, sqlite3_realloc, sqlite3_realloc64) FFISAN_FAILS(ret == NULL, NULL);
char *sqlite3_vmprintf(const char *format FFISAN_CSTRING, va_list arguments) FFISAN_FAMILY("sqlite3")
    FFISAN_OWNED(sqlite3_free, sqlite3_realloc, sqlite3_realloc64) FFISAN_FAILS(ret == NULL, NULL);
char *sqlite3_snprintf(int n, char *buffer FFISAN_WHEN(n > 0, FFISAN_OUT(n)), const char *format FFISAN_CSTRING, ...);
char *sqlite3_vsnprintf(int n, char *buffer FFISAN_WHEN(n > 0, FFISAN_OUT(n)), const char *format FFISAN_CSTRING,
                        va_list arguments);
sqlite3_int64 sqlite3_memory_used(void);
sqlite3_int64 sqlite3_memory_highwater(int reset);
void sqlite3_randomness(int n, void *buffer FFISAN_NULLABLE FFISAN_WHEN(n > 0, FFISAN_OUT(n)));

/* ---- the library ---- */

const char *sqlite3_libversion(void) FFISAN_STATIC;
const char *sqlite3_sourceid(void) FFISAN_STATIC;
int sqlite3_libversion_number(void);
int sqlite3_threadsafe(void);
int sqlite3_compileoption_used(const char *option FFISAN_CSTRING FFISAN_NONNULL);
const char *sqlite3_compileoption_get(int index) FFISAN_STATIC;
const char *sqlite3_errstr(int code) FFISAN_STATIC;
int sqlite3_initialize(void);
int sqlite3_shutdown(void);
int sqlite3_sleep(int milliseconds) FFISAN_BLOCKS;
int sqlite3_complete(const char *sql FFISAN_CSTRING FFISAN_NONNULL);
int sqlite3_complete16(const void *sql FFISAN_NONNULL);
int sqlite3_stricmp(const char *a FFISAN_CSTRING FFISAN_NULLABLE, const char *b FFISAN_CSTRING FFISAN_NULLABLE);
int sqlite3_strnicmp(const char *a, const char *b, int n);
int sqlite3_strglob(const char *pattern FFISAN_CSTRING, const char *text FFISAN_CSTRING);
int sqlite3_strlike(const char *pattern FFISAN_CSTRING, const char *text FFISAN_CSTRING, unsigned int escape);
void sqlite3_log(int code, const char *format FFISAN_CSTRING FFISAN_NONNULL, ...);
int sqlite3_enable_shared_cache(int on);
int sqlite3_release_memory(int bytes);
sqlite3_int64 sqlite3_soft_heap_limit64(sqlite3_int64 bytes);
int sqlite3_auto_extension(void (*entry)(void) FFISAN_RETAINED(library, sqlite3_cancel_auto_extension,
                                                               sqlite3_reset_auto_extension)) FAILS_UNLESS_OK(SQLITE_NOMEM);
int sqlite3_cancel_auto_extension(void (*entry)(void));
void sqlite3_reset_auto_extension(void);

typedef void (*sqlite3_log_callback)(void *, int, const char *);
int sqlite3_config(int op, ...)
    FFISAN_VARIANT(op == SQLITE_CONFIG_LOG, sqlite3_log_callback, FFISAN_RETAINED(library, sqlite3_config, sqlite3_shutdown))
        FFISAN_KEYED_BY(op) FAILS_UNLESS_OK(SQLITE_ERROR);

/* ---- connections: a handle comes back from a failed open as well, and has to be closed; close refuses while statements live
 * ---- */

int sqlite3_open(const char *name FFISAN_CSTRING,
                 sqlite3 **db FFISAN_NONNULL FFISAN_WHEN(*db != NULL, FFISAN_OUT_OWNED(sqlite3_close, sqlite3_close_v2)))
    FAILS_UNLESS_OK(SQLITE_CANTOPEN);
int sqlite3_open16(const void *name,
                   sqlite3 **db FFISAN_NONNULL FFISAN_WHEN(*db != NULL, FFISAN_OUT_OWNED(sqlite3_close, sqlite3_close_v2)))
    FAILS_UNLESS_OK(SQLITE_CANTOPEN);
int sqlite3_open_v2(const char *name FFISAN_CSTRING,
                    sqlite3 **db FFISAN_NONNULL FFISAN_WHEN(*db != NULL, FFISAN_OUT_OWNED(sqlite3_close, sqlite3_close_v2)),
                    int flags, const char *vfs FFISAN_CSTRING FFISAN_NULLABLE) FAILS_UNLESS_OK(SQLITE_CANTOPEN);
int sqlite3_close(sqlite3 *db FFISAN_CONSUMED FFISAN_NULLABLE) FAILS_UNLESS_OK(SQLITE_BUSY);
int sqlite3_close_v2(sqlite3 *db FFISAN_CONSUMED FFISAN_NULLABLE) FAILS_UNLESS_OK(SQLITE_ERROR);

int sqlite3_exec(sqlite3 *db, const char *sql FFISAN_CSTRING, int (*callback)(void *, int, char **, char **) FFISAN_NULLABLE,
                 void *data FFISAN_USER_DATA(callback),
                 char **errmsg FFISAN_NULLABLE FFISAN_WHEN(errmsg != NULL && *errmsg != NULL, FFISAN_OUT_OWNED(sqlite3_free)))
    FAILS_UNLESS_OK(SQLITE_ERROR) FFISAN_BLOCKS;
int sqlite3_get_table(sqlite3 *db, const char *sql FFISAN_CSTRING FFISAN_NONNULL,
                      char ***result FFISAN_NONNULL FFISAN_OUT_OWNED(sqlite3_free_table),
                      int *rows FFISAN_NULLABLE FFISAN_OUT_N(1), int *columns FFISAN_NULLABLE FFISAN_OUT_N(1),
                      char **errmsg FFISAN_NULLABLE FFISAN_WHEN(errmsg != NULL && *errmsg != NULL,
                                                                FFISAN_OUT_OWNED(sqlite3_free)))
    FAILS_UNLESS_OK(SQLITE_ERROR) FFISAN_BLOCKS;
void sqlite3_free_table(char **result FFISAN_CONSUMED FFISAN_NULLABLE);

int sqlite3_extended_result_codes(sqlite3 *db, int on);
sqlite3_int64 sqlite3_last_insert_rowid(sqlite3 *db FFISAN_NONNULL);
void sqlite3_set_last_insert_rowid(sqlite3 *db FFISAN_NONNULL, sqlite3_int64 rowid);
int sqlite3_changes(sqlite3 *db FFISAN_NONNULL);
sqlite3_int64 sqlite3_changes64(sqlite3 *db FFISAN_NONNULL);
int sqlite3_total_changes(sqlite3 *db FFISAN_NONNULL);
sqlite3_int64 sqlite3_total_changes64(sqlite3 *db FFISAN_NONNULL);
void sqlite3_interrupt(sqlite3 *db FFISAN_NONNULL);
int sqlite3_errcode(sqlite3 *db FFISAN_NULLABLE);
int sqlite3_extended_errcode(sqlite3 *db FFISAN_NULLABLE);
const char *sqlite3_errmsg(sqlite3 *db FFISAN_NULLABLE) FFISAN_BORROWED(db);
const void *sqlite3_errmsg16(sqlite3 *db FFISAN_NULLABLE) FFISAN_BORROWED(db);
int sqlite3_error_offset(sqlite3 *db);
int sqlite3_system_errno(sqlite3 *db);
int sqlite3_limit(sqlite3 *db FFISAN_NONNULL, int id, int value);
int sqlite3_get_autocommit(sqlite3 *db FFISAN_NONNULL);
int sqlite3_txn_state(sqlite3 *db, const char *schema FFISAN_CSTRING FFISAN_NULLABLE);
const char *sqlite3_db_name(sqlite3 *db, int index);
sqlite3_filename sqlite3_db_filename(sqlite3 *db, const char *name FFISAN_CSTRING FFISAN_NULLABLE);
int sqlite3_db_readonly(sqlite3 *db, const char *name FFISAN_CSTRING FFISAN_NULLABLE);
int sqlite3_db_release_memory(sqlite3 *db FFISAN_NONNULL);
int sqlite3_db_cacheflush(sqlite3 *db);
int sqlite3_db_status(sqlite3 *db, int op, int *current FFISAN_OUT_N(1), int *highest FFISAN_OUT_N(1), int reset);
int sqlite3_table_column_metadata(sqlite3 *db, const char *schema FFISAN_CSTRING FFISAN_NULLABLE,
                                  const char *table FFISAN_CSTRING, const char *column FFISAN_CSTRING FFISAN_NULLABLE,
                                  const char **type FFISAN_NULLABLE, const char **collation FFISAN_NULLABLE,
                                  int *not_null FFISAN_NULLABLE FFISAN_OUT_N(1), int *primary FFISAN_NULLABLE FFISAN_OUT_N(1),
                                  int *increments FFISAN_NULLABLE FFISAN_OUT_N(1)) FAILS_UNLESS_OK(SQLITE_ERROR);
int sqlite3_load_extension(sqlite3 *db, const char *file FFISAN_CSTRING FFISAN_NONNULL,
                           const char *entry FFISAN_CSTRING FFISAN_NULLABLE,
                           char **errmsg FFISAN_NULLABLE FFISAN_WHEN(errmsg != NULL && ret != SQLITE_OK && *errmsg != NULL,
                                                                     FFISAN_OUT_OWNED(sqlite3_free)))
    FAILS_UNLESS_OK(SQLITE_ERROR);
int sqlite3_enable_load_extension(sqlite3 *db, int on);
int sqlite3_declare_vtab(sqlite3 *db, const char *sql FFISAN_CSTRING FFISAN_NONNULL);
int sqlite3_overload_function(sqlite3 *db, const char *name FFISAN_CSTRING FFISAN_NONNULL, int arguments);
int sqlite3_wal_autocheckpoint(sqlite3 *db, int pages);
int sqlite3_wal_checkpoint(sqlite3 *db, const char *name FFISAN_CSTRING FFISAN_NULLABLE) FFISAN_BLOCKS;
int sqlite3_wal_checkpoint_v2(sqlite3 *db, const char *name FFISAN_CSTRING FFISAN_NULLABLE, int mode,
                              int *log FFISAN_NULLABLE FFISAN_OUT_N(1),
                              int *checkpointed FFISAN_NULLABLE FFISAN_OUT_N(1)) FFISAN_BLOCKS;

/* ---- callbacks of a connection: one of each kind, until the next ---- */

int sqlite3_busy_handler(sqlite3 *db,
                         int (*handler)(void *, int)
                             FFISAN_NULLABLE FFISAN_RETAINED(db, sqlite3_busy_handler, sqlite3_busy_timeout),
                         void *data FFISAN_USER_DATA(handler)) FAILS_UNLESS_OK(SQLITE_ERROR);
int sqlite3_busy_timeout(sqlite3 *db, int milliseconds) FAILS_UNLESS_OK(SQLITE_ERROR);
void sqlite3_progress_handler(sqlite3 *db, int instructions,
                              int (*handler)(void *)
                                  FFISAN_NULLABLE FFISAN_WHEN(instructions > 0, FFISAN_RETAINED(db, sqlite3_progress_handler)),
                              void *data FFISAN_WHEN(instructions > 0, FFISAN_USER_DATA(handler)));
int sqlite3_set_authorizer(sqlite3 *db,
                           int (*authorizer)(void *, int, const char *, const char *, const char *, const char *)
                               FFISAN_NULLABLE FFISAN_RETAINED(db, sqlite3_set_authorizer),
                           void *data FFISAN_USER_DATA(authorizer)) FAILS_UNLESS_OK(SQLITE_ERROR);
void *sqlite3_trace(sqlite3 *db,
                    void (*trace)(void *, const char *)
                        FFISAN_NULLABLE FFISAN_RETAINED(db, sqlite3_trace, sqlite3_trace_v2, sqlite3_profile),
                    void *data FFISAN_USER_DATA(trace));
void *sqlite3_profile(sqlite3 *db,
                      void (*profile)(void *, const char *, sqlite3_uint64)
                          FFISAN_NULLABLE FFISAN_RETAINED(db, sqlite3_profile, sqlite3_trace_v2, sqlite3_trace),
                      void *data FFISAN_USER_DATA(profile));
int sqlite3_trace_v2(sqlite3 *db, unsigned mask,
                     int (*callback)(unsigned, void *, void *, void *)
                         FFISAN_NULLABLE FFISAN_WHEN(mask != 0,
                                                     FFISAN_RETAINED(db, sqlite3_trace_v2, sqlite3_trace, sqlite3_profile)),
                     void *data FFISAN_WHEN(mask != 0, FFISAN_USER_DATA(callback))) FAILS_UNLESS_OK(SQLITE_ERROR);
void *sqlite3_commit_hook(sqlite3 *db, int (*hook)(void *) FFISAN_NULLABLE FFISAN_RETAINED(db, sqlite3_commit_hook),
                          void *data FFISAN_USER_DATA(hook));
void *sqlite3_rollback_hook(sqlite3 *db, void (*hook)(void *) FFISAN_NULLABLE FFISAN_RETAINED(db, sqlite3_rollback_hook),
                            void *data FFISAN_USER_DATA(hook));
void *sqlite3_update_hook(sqlite3 *db,
                          void (*hook)(void *, int, char const *, char const *, sqlite3_int64)
                              FFISAN_NULLABLE FFISAN_RETAINED(db, sqlite3_update_hook),
                          void *data FFISAN_USER_DATA(hook));
void *sqlite3_wal_hook(sqlite3 *db,
                       int (*hook)(void *, sqlite3 *, const char *, int)
                           FFISAN_NULLABLE FFISAN_RETAINED(db, sqlite3_wal_hook, sqlite3_wal_autocheckpoint),
                       void *data FFISAN_USER_DATA(hook));
int sqlite3_collation_needed(sqlite3 *db, void *data FFISAN_USER_DATA(needed),
                             void (*needed)(void *, sqlite3 *, int text, const char *)
                                 FFISAN_NULLABLE FFISAN_RETAINED(db, sqlite3_collation_needed, sqlite3_collation_needed16))
    FAILS_UNLESS_OK(SQLITE_ERROR);
int sqlite3_collation_needed16(sqlite3 *db, void *data FFISAN_USER_DATA(needed),
                               void (*needed)(void *, sqlite3 *, int text, const void *)
                                   FFISAN_NULLABLE FFISAN_RETAINED(db, sqlite3_collation_needed16, sqlite3_collation_needed))
    FAILS_UNLESS_OK(SQLITE_ERROR);
int sqlite3_autovacuum_pages(sqlite3 *db,
                             unsigned int (*pages)(void *, const char *, unsigned int, unsigned int, unsigned int)
                                 FFISAN_NULLABLE FFISAN_WHEN(destroy == NULL, FFISAN_RETAINED(db, sqlite3_autovacuum_pages))
                                     FFISAN_WHEN(destroy != NULL, FFISAN_NOTIFIED(destroy)),
                             void *data FFISAN_WHEN(destroy != NULL, FFISAN_USER_DATA(pages) FFISAN_NOTIFIED(destroy)),
                             void (*destroy)(void *) FFISAN_NULLABLE FFISAN_ONCE) FAILS_UNLESS_OK(SQLITE_ERROR);

/* ---- functions, collations, modules: by name, until replaced or, with a destructor, until that was called ---- */

#define FUNCTION_KEPT                                                                                                            \
    FFISAN_RETAINED(db, sqlite3_create_function, sqlite3_create_function_v2, sqlite3_create_function16,                          \
                    sqlite3_create_window_function)
#define FUNCTION_KEPT_OR_NOTIFIED                                                                                                \
    FFISAN_WHEN(destroy == NULL, FUNCTION_KEPT) FFISAN_WHEN(destroy != NULL, FFISAN_NOTIFIED(destroy))
#define FUNCTION_DATA                                                                                                            \
    FFISAN_WHEN(destroy != NULL, FFISAN_NOTIFIED(destroy))                                                                       \
    FFISAN_WHEN(destroy != NULL && function != NULL, FFISAN_USER_DATA(function))                                                 \
    FFISAN_WHEN(destroy != NULL && function == NULL && step != NULL, FFISAN_USER_DATA(step))

int sqlite3_create_function(sqlite3 *db, const char *name FFISAN_CSTRING FFISAN_NONNULL, int arguments, int encoding, void *data,
                            void (*function)(sqlite3_context *, int, sqlite3_value **) FFISAN_NULLABLE FUNCTION_KEPT,
                            void (*step)(sqlite3_context *, int, sqlite3_value **) FFISAN_NULLABLE FUNCTION_KEPT,
                            void (*final)(sqlite3_context *) FFISAN_NULLABLE FUNCTION_KEPT) FFISAN_KEYED_BY(name, arguments)
    FAILS_UNLESS_OK(SQLITE_ERROR);
int sqlite3_create_function16(sqlite3 *db, const void *name FFISAN_NONNULL, int arguments, int encoding, void *data,
                              void (*function)(sqlite3_context *, int, sqlite3_value **) FFISAN_NULLABLE FUNCTION_KEPT,
                              void (*step)(sqlite3_context *, int, sqlite3_value **) FFISAN_NULLABLE FUNCTION_KEPT,
                              void (*final)(sqlite3_context *) FFISAN_NULLABLE FUNCTION_KEPT) FAILS_UNLESS_OK(SQLITE_ERROR);
int sqlite3_create_function_v2(sqlite3 *db, const char *name FFISAN_CSTRING FFISAN_NONNULL, int arguments, int encoding,
                               void *data FUNCTION_DATA,
                               void (*function)(sqlite3_context *, int, sqlite3_value **)
                                   FFISAN_NULLABLE FUNCTION_KEPT_OR_NOTIFIED,
                               void (*step)(sqlite3_context *, int, sqlite3_value **) FFISAN_NULLABLE FUNCTION_KEPT_OR_NOTIFIED,
                               void (*final)(sqlite3_context *) FFISAN_NULLABLE FUNCTION_KEPT_OR_NOTIFIED,
                               void (*destroy)(void *) FFISAN_NULLABLE FFISAN_ONCE) FFISAN_KEYED_BY(name, arguments)
    FAILS_UNLESS_OK(SQLITE_ERROR);
int sqlite3_create_window_function(sqlite3 *db, const char *name FFISAN_CSTRING FFISAN_NONNULL, int arguments, int encoding,
                                   void *data FFISAN_WHEN(destroy != NULL, FFISAN_NOTIFIED(destroy))
                                       FFISAN_WHEN(destroy != NULL && step != NULL, FFISAN_USER_DATA(step)),
                                   void (*step)(sqlite3_context *, int, sqlite3_value **)
                                       FFISAN_NULLABLE FUNCTION_KEPT_OR_NOTIFIED,
                                   void (*final)(sqlite3_context *) FFISAN_NULLABLE FUNCTION_KEPT_OR_NOTIFIED,
                                   void (*value)(sqlite3_context *) FFISAN_NULLABLE FUNCTION_KEPT_OR_NOTIFIED,
                                   void (*inverse)(sqlite3_context *, int, sqlite3_value **)
                                       FFISAN_NULLABLE FUNCTION_KEPT_OR_NOTIFIED,
                                   void (*destroy)(void *) FFISAN_NULLABLE FFISAN_ONCE) FFISAN_KEYED_BY(name, arguments)
    FAILS_UNLESS_OK(SQLITE_ERROR);

#define COLLATION_KEPT FFISAN_RETAINED(db, sqlite3_create_collation, sqlite3_create_collation_v2, sqlite3_create_collation16)
int sqlite3_create_collation(sqlite3 *db, const char *name FFISAN_CSTRING FFISAN_NONNULL, int encoding, void *data,
                             int (*compare)(void *, int, const void *, int, const void *) FFISAN_NULLABLE COLLATION_KEPT)
    FFISAN_KEYED_BY(name) FAILS_UNLESS_OK(SQLITE_ERROR);
int sqlite3_create_collation16(sqlite3 *db, const void *name FFISAN_NONNULL, int encoding, void *data,
                               int (*compare)(void *, int, const void *, int, const void *) FFISAN_NULLABLE COLLATION_KEPT)
    FAILS_UNLESS_OK(SQLITE_ERROR);
/* Unlike the others, this one does not call its destructor when it fails. */
int sqlite3_create_collation_v2(sqlite3 *db, const char *name FFISAN_CSTRING FFISAN_NONNULL, int encoding,
                                void *data FFISAN_WHEN(destroy != NULL, FFISAN_USER_DATA(compare) FFISAN_NOTIFIED(destroy)),
                                int (*compare)(void *, int, const void *, int, const void *)
                                    FFISAN_NULLABLE FFISAN_WHEN(destroy == NULL, COLLATION_KEPT)
                                        FFISAN_WHEN(destroy != NULL, FFISAN_NOTIFIED(destroy)),
                                void (*destroy)(void *) FFISAN_NULLABLE FFISAN_ONCE) FFISAN_KEYED_BY(name)
    FAILS_UNLESS_OK(SQLITE_ERROR);

int sqlite3_create_module(sqlite3 *db, const char *name FFISAN_CSTRING FFISAN_NONNULL,
                          const sqlite3_module *module FFISAN_NULLABLE FFISAN_RETAINED(db, sqlite3_create_module,
                                                                                       sqlite3_create_module_v2,
                                                                                       sqlite3_drop_modules),
                          void *data) FFISAN_KEYED_BY(name) FAILS_UNLESS_OK(SQLITE_ERROR);
int sqlite3_create_module_v2(sqlite3 *db, const char *name FFISAN_CSTRING FFISAN_NONNULL,
                             const sqlite3_module *module FFISAN_NULLABLE
                                 FFISAN_WHEN(destroy == NULL, FFISAN_RETAINED(db, sqlite3_create_module, sqlite3_create_module_v2,
                                                                              sqlite3_drop_modules)),
                             void *data FFISAN_WHEN(destroy != NULL, FFISAN_NOTIFIED(destroy)),
                             void (*destroy)(void *) FFISAN_NULLABLE FFISAN_ONCE) FFISAN_KEYED_BY(name)
    FAILS_UNLESS_OK(SQLITE_ERROR);
int sqlite3_drop_modules(sqlite3 *db, const char **keep FFISAN_NULLABLE);

sqlite3_vfs *sqlite3_vfs_find(const char *name FFISAN_CSTRING FFISAN_NULLABLE);
int sqlite3_vfs_register(sqlite3_vfs *vfs FFISAN_NONNULL FFISAN_RETAINED(library, sqlite3_vfs_unregister), int make_default)
    FFISAN_KEYED_BY(vfs) FAILS_UNLESS_OK(SQLITE_ERROR);
int sqlite3_vfs_unregister(sqlite3_vfs *vfs) FFISAN_KEYED_BY(vfs);

/* ---- statements ---- */

#define STATEMENT_OUT FFISAN_NONNULL FFISAN_OUT_OWNED(sqlite3_finalize)
#define SQL_IN        FFISAN_WHEN(n < 0, FFISAN_CSTRING)
int sqlite3_prepare(sqlite3 *db, const char *sql FFISAN_NONNULL SQL_IN, int n, sqlite3_stmt **stmt STATEMENT_OUT,
                    const char **tail FFISAN_NULLABLE) FAILS_UNLESS_OK(SQLITE_ERROR);
int sqlite3_prepare_v2(sqlite3 *db, const char *sql FFISAN_NONNULL SQL_IN, int n, sqlite3_stmt **stmt STATEMENT_OUT,
                       const char **tail FFISAN_NULLABLE) FAILS_UNLESS_OK(SQLITE_ERROR);
int sqlite3_prepare_v3(sqlite3 *db, const char *sql FFISAN_NONNULL SQL_IN, int n, unsigned int flags,
                       sqlite3_stmt **stmt STATEMENT_OUT, const char **tail FFISAN_NULLABLE) FAILS_UNLESS_OK(SQLITE_ERROR);
int sqlite3_prepare16(sqlite3 *db, const void *sql FFISAN_NONNULL, int n, sqlite3_stmt **stmt STATEMENT_OUT,
                      const void **tail FFISAN_NULLABLE) FAILS_UNLESS_OK(SQLITE_ERROR);
int sqlite3_prepare16_v2(sqlite3 *db, const void *sql FFISAN_NONNULL, int n, sqlite3_stmt **stmt STATEMENT_OUT,
                         const void **tail FFISAN_NULLABLE) FAILS_UNLESS_OK(SQLITE_ERROR);
int sqlite3_prepare16_v3(sqlite3 *db, const void *sql FFISAN_NONNULL, int n, unsigned int flags,
                         sqlite3_stmt **stmt STATEMENT_OUT, const void **tail FFISAN_NULLABLE) FAILS_UNLESS_OK(SQLITE_ERROR);
/* Both answer with the code of the statement's last run: that is no failure of theirs. */
int sqlite3_finalize(sqlite3_stmt *stmt FFISAN_CONSUMED FFISAN_NULLABLE);
int sqlite3_reset(sqlite3_stmt *stmt FFISAN_NULLABLE);
int sqlite3_step(sqlite3_stmt *stmt) FFISAN_FAILS(ret != SQLITE_ROW && ret != SQLITE_DONE, SQLITE_BUSY)
    FFISAN_FAILS(ret != SQLITE_ROW && ret != SQLITE_DONE, SQLITE_IOERR) FFISAN_BLOCKS;
const char *sqlite3_sql(sqlite3_stmt *stmt) FFISAN_BORROWED(stmt);
char *sqlite3_expanded_sql(sqlite3_stmt *stmt) FFISAN_OWNED(sqlite3_free) FFISAN_FAILS(ret == NULL, NULL);
int sqlite3_stmt_readonly(sqlite3_stmt *stmt FFISAN_NULLABLE);
int sqlite3_stmt_isexplain(sqlite3_stmt *stmt FFISAN_NULLABLE);
int sqlite3_stmt_busy(sqlite3_stmt *stmt FFISAN_NULLABLE);
int sqlite3_stmt_status(sqlite3_stmt *stmt, int op, int reset);
sqlite3 *sqlite3_db_handle(sqlite3_stmt *stmt);
sqlite3_stmt *sqlite3_next_stmt(sqlite3 *db, sqlite3_stmt *stmt FFISAN_NULLABLE);

/* ---- what is bound: static memory is the statement's until that index is bound anew ---- */

#define BIND_KEPT                                                                                                                \
    FFISAN_RETAINED(stmt, sqlite3_bind_blob, sqlite3_bind_blob64, sqlite3_bind_double, sqlite3_bind_int, sqlite3_bind_int64,     \
                    sqlite3_bind_null, sqlite3_bind_text, sqlite3_bind_text16, sqlite3_bind_text64, sqlite3_bind_value,          \
                    sqlite3_bind_pointer, sqlite3_bind_zeroblob, sqlite3_bind_zeroblob64, sqlite3_clear_bindings,                \
                    sqlite3_transfer_bindings)
#define BIND_OWNERSHIP                                                                                                           \
    FFISAN_NULLABLE FFISAN_WHEN(destructor == SQLITE_STATIC, BIND_KEPT)                                                          \
        FFISAN_WHEN(destructor != SQLITE_STATIC && destructor != SQLITE_TRANSIENT, FFISAN_NOTIFIED(destructor))
#define DESTRUCTOR FFISAN_NULLABLE FFISAN_WHEN(destructor != SQLITE_STATIC && destructor != SQLITE_TRANSIENT, FFISAN_ONCE)
#define BINDS      FFISAN_KEYED_BY(index) FAILS_UNLESS_OK(SQLITE_NOMEM)

int sqlite3_bind_blob(sqlite3_stmt *stmt, int index, const void *blob BIND_OWNERSHIP FFISAN_WHEN(n >= 0, FFISAN_IN(n)), int n,
                      void (*destructor)(void *) DESTRUCTOR) BINDS;
int sqlite3_bind_blob64(sqlite3_stmt *stmt, int index, const void *blob BIND_OWNERSHIP FFISAN_IN(n), sqlite3_uint64 n,
                        void (*destructor)(void *) DESTRUCTOR) BINDS;
int sqlite3_bind_double(sqlite3_stmt *stmt, int index, double value) BINDS;
int sqlite3_bind_int(sqlite3_stmt *stmt, int index, int value) BINDS;
int sqlite3_bind_int64(sqlite3_stmt *stmt, int index, sqlite3_int64 value) BINDS;
int sqlite3_bind_null(sqlite3_stmt *stmt, int index) BINDS;
int sqlite3_bind_text(sqlite3_stmt *stmt, int index,
                      const char *text BIND_OWNERSHIP FFISAN_WHEN(n < 0, FFISAN_CSTRING) FFISAN_WHEN(n >= 0, FFISAN_IN(n)), int n,
                      void (*destructor)(void *) DESTRUCTOR) BINDS;
int sqlite3_bind_text16(sqlite3_stmt *stmt, int index, const void *text BIND_OWNERSHIP FFISAN_WHEN(n >= 0, FFISAN_IN(n)), int n,
                        void (*destructor)(void *) DESTRUCTOR) BINDS;
int sqlite3_bind_text64(sqlite3_stmt *stmt, int index, const char *text BIND_OWNERSHIP FFISAN_WHEN(n < 0x7fffffff, FFISAN_IN(n)),
                        sqlite3_uint64 n, void (*destructor)(void *) DESTRUCTOR, unsigned char encoding) BINDS;
int sqlite3_bind_value(sqlite3_stmt *stmt, int index, const sqlite3_value *value) BINDS;
int sqlite3_bind_pointer(sqlite3_stmt *stmt, int index,
                         void *pointer FFISAN_NULLABLE FFISAN_WHEN(destructor != NULL, FFISAN_NOTIFIED(destructor)),
                         const char *type, void (*destructor)(void *) FFISAN_NULLABLE FFISAN_ONCE) BINDS;
int sqlite3_bind_zeroblob(sqlite3_stmt *stmt, int index, int n) BINDS;
int sqlite3_bind_zeroblob64(sqlite3_stmt *stmt, int index, sqlite3_uint64 n) BINDS;
int sqlite3_bind_parameter_count(sqlite3_stmt *stmt);
const char *sqlite3_bind_parameter_name(sqlite3_stmt *stmt, int index) FFISAN_BORROWED(stmt);
int sqlite3_bind_parameter_index(sqlite3_stmt *stmt, const char *name FFISAN_CSTRING FFISAN_NULLABLE);
int sqlite3_clear_bindings(sqlite3_stmt *stmt FFISAN_NONNULL);
int sqlite3_transfer_bindings(sqlite3_stmt *from, sqlite3_stmt *to);

/* ---- what columns give: until the next step or reset, or a conversion (which cannot be foreseen) ---- */

#define OF_THIS_ROW FFISAN_BORROWED(stmt, sqlite3_step, sqlite3_reset)
int sqlite3_column_count(sqlite3_stmt *stmt FFISAN_NULLABLE);
int sqlite3_data_count(sqlite3_stmt *stmt FFISAN_NULLABLE);
const char *sqlite3_column_name(sqlite3_stmt *stmt, int column) FFISAN_BORROWED(stmt);
const void *sqlite3_column_name16(sqlite3_stmt *stmt, int column) FFISAN_BORROWED(stmt);
const char *sqlite3_column_database_name(sqlite3_stmt *stmt, int column);
const char *sqlite3_column_table_name(sqlite3_stmt *stmt, int column);
const char *sqlite3_column_origin_name(sqlite3_stmt *stmt, int column);
const char *sqlite3_column_decltype(sqlite3_stmt *stmt, int column);
const void *sqlite3_column_blob(sqlite3_stmt *stmt, int column) OF_THIS_ROW;
double sqlite3_column_double(sqlite3_stmt *stmt, int column);
int sqlite3_column_int(sqlite3_stmt *stmt, int column);
sqlite3_int64 sqlite3_column_int64(sqlite3_stmt *stmt, int column);
const unsigned char *sqlite3_column_text(sqlite3_stmt *stmt, int column) OF_THIS_ROW;
const void *sqlite3_column_text16(sqlite3_stmt *stmt, int column) OF_THIS_ROW;
sqlite3_value *sqlite3_column_value(sqlite3_stmt *stmt, int column);
int sqlite3_column_bytes(sqlite3_stmt *stmt, int column);
int sqlite3_column_bytes16(sqlite3_stmt *stmt, int column);
int sqlite3_column_type(sqlite3_stmt *stmt, int column);

/* ---- inside a function: values and results ---- */

const void *sqlite3_value_blob(sqlite3_value *value);
double sqlite3_value_double(sqlite3_value *value);
int sqlite3_value_int(sqlite3_value *value);
sqlite3_int64 sqlite3_value_int64(sqlite3_value *value);
void *sqlite3_value_pointer(sqlite3_value *value, const char *type);
const unsigned char *sqlite3_value_text(sqlite3_value *value);
const void *sqlite3_value_text16(sqlite3_value *value);
int sqlite3_value_bytes(sqlite3_value *value);
int sqlite3_value_bytes16(sqlite3_value *value);
int sqlite3_value_type(sqlite3_value *value);
int sqlite3_value_numeric_type(sqlite3_value *value);
int sqlite3_value_nochange(sqlite3_value *value);
int sqlite3_value_frombind(sqlite3_value *value);
unsigned int sqlite3_value_subtype(sqlite3_value *value);
sqlite3_value *sqlite3_value_dup(const sqlite3_value *value FFISAN_NULLABLE) FFISAN_OWNED(sqlite3_value_free);
void sqlite3_value_free(sqlite3_value *value FFISAN_CONSUMED FFISAN_NULLABLE);
void *sqlite3_aggregate_context(sqlite3_context *context, int bytes);
void *sqlite3_user_data(sqlite3_context *context);
sqlite3 *sqlite3_context_db_handle(sqlite3_context *context);
void *sqlite3_get_auxdata(sqlite3_context *context, int argument);
void sqlite3_set_auxdata(sqlite3_context *context, int argument,
                         void *data FFISAN_NULLABLE FFISAN_WHEN(destroy != NULL, FFISAN_NOTIFIED(destroy)),
                         void (*destroy)(void *) FFISAN_NULLABLE);

/* Static memory has to stay for as long as the result travels, and nobody can say how long that is: only what is copied is
 * given a size. */
#define RESULT_OWNERSHIP                                                                                                         \
    FFISAN_NULLABLE FFISAN_WHEN(destructor != SQLITE_STATIC && destructor != SQLITE_TRANSIENT, FFISAN_NOTIFIED(destructor))
#define RESULT_BYTES FFISAN_WHEN(destructor == SQLITE_TRANSIENT && n >= 0, FFISAN_IN(n))
void sqlite3_result_blob(sqlite3_context *context, const void *blob RESULT_OWNERSHIP RESULT_BYTES, int n,
                         void (*destructor)(void *) DESTRUCTOR);
void sqlite3_result_blob64(sqlite3_context *context,
                           const void *blob RESULT_OWNERSHIP FFISAN_WHEN(destructor == SQLITE_TRANSIENT, FFISAN_IN(n)),
                           sqlite3_uint64 n, void (*destructor)(void *) DESTRUCTOR);
void sqlite3_result_double(sqlite3_context *context, double value);
void sqlite3_result_error(sqlite3_context *context,
                          const char *message FFISAN_WHEN(n < 0, FFISAN_CSTRING) FFISAN_WHEN(n >= 0, FFISAN_IN(n)), int n);
void sqlite3_result_error16(sqlite3_context *context, const void *message FFISAN_WHEN(n >= 0, FFISAN_IN(n)), int n);
void sqlite3_result_error_toobig(sqlite3_context *context);
void sqlite3_result_error_nomem(sqlite3_context *context);
void sqlite3_result_error_code(sqlite3_context *context, int code);
void sqlite3_result_int(sqlite3_context *context, int value);
void sqlite3_result_int64(sqlite3_context *context, sqlite3_int64 value);
void sqlite3_result_null(sqlite3_context *context);
void sqlite3_result_text(sqlite3_context *context,
                         const char *text RESULT_OWNERSHIP RESULT_BYTES FFISAN_WHEN(destructor == SQLITE_TRANSIENT && n < 0,
                                                                                    FFISAN_CSTRING),
                         int n, void (*destructor)(void *) DESTRUCTOR);
void sqlite3_result_text64(sqlite3_context *context, const char *text RESULT_OWNERSHIP, sqlite3_uint64 n,
                           void (*destructor)(void *) DESTRUCTOR, unsigned char encoding);
void sqlite3_result_text16(sqlite3_context *context, const void *text RESULT_OWNERSHIP RESULT_BYTES, int n,
                           void (*destructor)(void *) DESTRUCTOR);
void sqlite3_result_value(sqlite3_context *context, sqlite3_value *value);
void sqlite3_result_pointer(sqlite3_context *context,
                            void *pointer FFISAN_NULLABLE FFISAN_WHEN(destroy != NULL, FFISAN_NOTIFIED(destroy)),
                            const char *type, void (*destroy)(void *) FFISAN_NULLABLE FFISAN_ONCE);
void sqlite3_result_zeroblob(sqlite3_context *context, int n);
int sqlite3_result_zeroblob64(sqlite3_context *context, sqlite3_uint64 n);
void sqlite3_result_subtype(sqlite3_context *context, unsigned int subtype);

/* ---- blobs, backups, whole databases, strings ---- */

int sqlite3_blob_open(sqlite3 *db, const char *schema FFISAN_CSTRING, const char *table FFISAN_CSTRING,
                      const char *column FFISAN_CSTRING, sqlite3_int64 row, int flags,
                      sqlite3_blob **blob FFISAN_NONNULL FFISAN_OUT_OWNED(sqlite3_blob_close)) FAILS_UNLESS_OK(SQLITE_ERROR);
int sqlite3_blob_reopen(sqlite3_blob *blob, sqlite3_int64 row) FAILS_UNLESS_OK(SQLITE_ERROR);
int sqlite3_blob_close(sqlite3_blob *blob FFISAN_CONSUMED FFISAN_NULLABLE);
int sqlite3_blob_bytes(sqlite3_blob *blob);
int sqlite3_blob_read(sqlite3_blob *blob FFISAN_NONNULL, void *buffer FFISAN_WHEN(n > 0, FFISAN_OUT(n)), int n, int offset)
    FAILS_UNLESS_OK(SQLITE_ERROR);
int sqlite3_blob_write(sqlite3_blob *blob FFISAN_NONNULL, const void *buffer FFISAN_WHEN(n > 0, FFISAN_IN(n)), int n, int offset)
    FAILS_UNLESS_OK(SQLITE_ERROR);

sqlite3_backup *sqlite3_backup_init(sqlite3 *to, const char *to_name FFISAN_CSTRING FFISAN_NONNULL, sqlite3 *from,
                                    const char *from_name FFISAN_CSTRING FFISAN_NONNULL) FFISAN_OWNED(sqlite3_backup_finish)
    FFISAN_FAILS(ret == NULL, NULL);
int sqlite3_backup_step(sqlite3_backup *backup FFISAN_NONNULL, int pages) FFISAN_BLOCKS;
int sqlite3_backup_finish(sqlite3_backup *backup FFISAN_CONSUMED FFISAN_NULLABLE);
int sqlite3_backup_remaining(sqlite3_backup *backup FFISAN_NONNULL);
int sqlite3_backup_pagecount(sqlite3_backup *backup FFISAN_NONNULL);

unsigned char *sqlite3_serialize(sqlite3 *db, const char *schema FFISAN_CSTRING FFISAN_NULLABLE,
                                 sqlite3_int64 *size FFISAN_NULLABLE FFISAN_OUT_N(1), unsigned int flags)
    FFISAN_WHEN((flags & SQLITE_SERIALIZE_NOCOPY) == 0, FFISAN_OWNED(sqlite3_free));
/* Memory that it may free is its own at once, also when it fails. Else it is the database's; only of the main one, which
 * cannot be detached, is it known for how long. */
int sqlite3_deserialize(sqlite3 *db, const char *schema FFISAN_CSTRING FFISAN_NULLABLE,
                        unsigned char *data FFISAN_IN(size)
                            FFISAN_WHEN((flags & SQLITE_DESERIALIZE_FREEONCLOSE) != 0, FFISAN_CONSUMED)
                                FFISAN_WHEN((flags & SQLITE_DESERIALIZE_FREEONCLOSE) == 0 && schema == NULL,
                                            FFISAN_RETAINED(db, sqlite3_deserialize)),
                        sqlite3_int64 size, sqlite3_int64 room, unsigned flags) FAILS_UNLESS_OK(SQLITE_ERROR);

sqlite3_str *sqlite3_str_new(sqlite3 *db FFISAN_NULLABLE) FFISAN_OWNED(sqlite3_str_finish);
char *sqlite3_str_finish(sqlite3_str *text FFISAN_CONSUMED FFISAN_NULLABLE) FFISAN_OWNED(sqlite3_free);
void sqlite3_str_appendf(sqlite3_str *text, const char *format FFISAN_CSTRING, ...);
void sqlite3_str_append(sqlite3_str *text, const char *more FFISAN_WHEN(n > 0, FFISAN_IN(n)), int n);
void sqlite3_str_appendall(sqlite3_str *text, const char *more FFISAN_CSTRING FFISAN_NONNULL);
void sqlite3_str_appendchar(sqlite3_str *text, int n, char character);
void sqlite3_str_reset(sqlite3_str *text);
int sqlite3_str_errcode(sqlite3_str *text FFISAN_NULLABLE);
int sqlite3_str_length(sqlite3_str *text FFISAN_NULLABLE);
char *sqlite3_str_value(sqlite3_str *text FFISAN_NULLABLE)
    FFISAN_BORROWED(text, sqlite3_str_append, sqlite3_str_appendall, sqlite3_str_appendf, sqlite3_str_appendchar,
                    sqlite3_str_reset);

#endif
