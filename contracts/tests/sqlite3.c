/* SPDX-License-Identifier: Apache-2.0
 *
 * SQLite, right and wrong.
 */
#include <sqlite3.h>

#include "cases.h"
#include "closures.h"

/* Without lookaside each of its blocks is one of the heap's. */
static sqlite3 *database(void) {
    sqlite3 *db = NULL;
    sqlite3_open(":memory:", &db);
    sqlite3_db_config(db, SQLITE_DBCONFIG_LOOKASIDE, NULL, 0, 0);
    sqlite3_exec(db, "create table t (a, b); insert into t values ('first row, and long', x'00112233'), ('second', 2)", NULL,
                 NULL, NULL);
    return db;
}

static sqlite3_stmt *statement(sqlite3 *db, const char *sql) {
    sqlite3_stmt *stmt = NULL;
    sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    return stmt;
}

/* ---- connections ---- */

RIGHT(failed_open_is_closed) {
    sqlite3 *db = NULL;
    sqlite3_open("/nowhere/at/all", &db);
    puts(sqlite3_errmsg(db));
    sqlite3_close(db);
    sqlite3_close(NULL);
}
RIGHT(busy_close_is_no_close) {
    sqlite3 *db = database();
    sqlite3_stmt *stmt = statement(db, "select 1");
    if (sqlite3_close(db) == SQLITE_BUSY) {
        sqlite3_finalize(stmt);
        sqlite3_close(db);
    }
}
RIGHT(statements_outlive_close_v2) {
    sqlite3 *db = database();
    sqlite3_stmt *stmt = statement(db, "select a from t");
    sqlite3_close_v2(db);
    while (sqlite3_step(stmt) == SQLITE_ROW)
        puts((const char *)sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
}
RIGHT(statements_asked_of_the_connection) {
    sqlite3 *db = database();
    statement(db, "select 1");
    for (sqlite3_stmt *stmt; (stmt = sqlite3_next_stmt(db, NULL)) != NULL;)
        sqlite3_finalize(stmt);
    sqlite3_close(db);
}
WRONG(connection_after_close, "use-after-close", "sqlite3_errcode") {
    sqlite3 *db = database();
    sqlite3_close(db);
    sqlite3_errcode(db);
}
WRONG(connection_closed_twice, "use-after-close", "sqlite3_close") {
    sqlite3 *db = database();
    sqlite3_close(db);
    sqlite3_close(db);
}

/* ---- statements ---- */

WRONG(statement_after_finalize, "use-after-close", "sqlite3_data_count") {
    sqlite3 *db = database();
    sqlite3_stmt *stmt = statement(db, "select 1");
    sqlite3_finalize(stmt);
    sqlite3_data_count(stmt);
    sqlite3_close(db);
}
WRONG(statement_that_was_not_prepared, "unchecked-error", "sqlite3_step") {
    sqlite3 *db = database();
    sqlite3_stmt *stmt = NULL;
    sqlite3_prepare_v2(db, "select nonsense from nowhere", -1, &stmt, NULL);
    sqlite3_step(stmt);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}
WRONG(no_text_prepared, "null-argument", "sqlite3_prepare_v2") {
    sqlite3 *db = database();
    sqlite3_stmt *stmt = NULL;
    sqlite3_prepare_v2(db, NULL, -1, &stmt, NULL);
    sqlite3_close(db);
}

/* ---- what is bound ---- */

#define LAST_OF_ALL 2
static void bound(int rebound, int early, sqlite3_destructor_type destructor) {
    sqlite3 *db = database();
    sqlite3_stmt *stmt = statement(db, "select ?1, ?2");
    char *text = block_of(16, 0);
    strcpy(text, "bound");
    sqlite3_bind_text(stmt, 1, text, -1, destructor);
    sqlite3_step(stmt);
    sqlite3_reset(stmt);
    if (rebound)
        sqlite3_bind_int(stmt, rebound, 3);
    if (early)
        free(text);
    if (early < LAST_OF_ALL)
        sqlite3_data_count(stmt);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    if (!early)
        free(text);
}
RIGHT(static_text_until_finalize) {
    bound(0, 0, SQLITE_STATIC);
}
WRONG(static_text_freed_just_before_finalize, "freed-while-retained", "") {
    bound(0, LAST_OF_ALL, SQLITE_STATIC);
}
RIGHT(static_text_until_bound_anew) {
    bound(1, 1, SQLITE_STATIC);
}
RIGHT(transient_text_is_copied) {
    bound(0, 1, SQLITE_TRANSIENT);
}
RIGHT(text_given_with_free) {
    sqlite3 *db = database();
    sqlite3_stmt *stmt = statement(db, "select ?1");
    sqlite3_bind_text(stmt, 1, strdup("given"), -1, free);
    sqlite3_bind_text(stmt, 1, sqlite3_mprintf("%d", 2), -1, sqlite3_free);
    sqlite3_bind_text(stmt, 7, strdup("there is no such place"), -1, free);
    sqlite3_step(stmt);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}
WRONG(static_text_freed, "freed-while-retained", "") {
    bound(0, 1, SQLITE_STATIC);
}
WRONG(static_text_freed_while_another_was_bound, "freed-while-retained", "") {
    bound(2, 1, SQLITE_STATIC);
}
WRONG(blob_longer_than_its_block, "buffer-too-small", "sqlite3_bind_blob") {
    sqlite3 *db = database();
    sqlite3_stmt *stmt = statement(db, "select ?1");
    char *blob = block_of(16, 1);
    sqlite3_bind_blob(stmt, 1, blob, 24, SQLITE_TRANSIENT);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    free(blob);
}

/* ---- what columns give ---- */

static void copied(int late) {
    sqlite3 *db = database();
    sqlite3_stmt *from = statement(db, "select a from t"), *to = statement(db, "select ?1");
    sqlite3_step(from);
    const char *text = (const char *)sqlite3_column_text(from, 0);
    if (late)
        sqlite3_step(from);
    sqlite3_bind_text(to, 1, text, -1, SQLITE_TRANSIENT);
    sqlite3_finalize(from);
    sqlite3_finalize(to);
    sqlite3_close(db);
}
RIGHT(column_copied_at_once) {
    copied(0);
}
WRONG(column_copied_after_the_next_step, "use-after-close", "sqlite3_bind_text") {
    copied(1);
}
WRONG(column_freed, "free-of-borrowed", "sqlite3_column_text") {
    sqlite3 *db = database();
    sqlite3_stmt *stmt = statement(db, "select a from t");
    sqlite3_step(stmt);
    free((void *)sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

/* ---- memory ---- */

RIGHT(errors_and_tables_given_back) {
    sqlite3 *db = database();
    char *error = NULL, **table;
    int rows, columns;
    sqlite3_exec(db, "nonsense", NULL, NULL, &error);
    sqlite3_free(error);
    sqlite3_get_table(db, "select * from t", &table, &rows, &columns, NULL);
    sqlite3_free_table(table);
    sqlite3_free(sqlite3_realloc(sqlite3_malloc(10), 2000));
    sqlite3_stmt *stmt = statement(db, "select 1");
    sqlite3_free(sqlite3_expanded_sql(stmt));
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}
RIGHT(database_as_bytes) {
    sqlite3 *db = database(), *copy;
    sqlite3_int64 size;
    unsigned char *bytes = sqlite3_serialize(db, NULL, &size, 0);
    sqlite3_open(":memory:", &copy);
    sqlite3_deserialize(copy, NULL, bytes, size, size, SQLITE_DESERIALIZE_FREEONCLOSE);
    sqlite3_close(copy);
    sqlite3_close(db);
}
WRONG(printed_text_freed_by_libc, "mismatched-deallocator", "sqlite3_mprintf") {
    free(sqlite3_mprintf("%s", "text"));
}
WRONG(database_as_bytes_freed_by_libc, "mismatched-deallocator", "sqlite3_serialize") {
    sqlite3 *db = database();
    free(sqlite3_serialize(db, NULL, NULL, 0));
    sqlite3_close(db);
}

static void read_blob(int n) {
    sqlite3 *db = database();
    sqlite3_blob *blob;
    char *buffer = block_of(2, 0);
    sqlite3_blob_open(db, "main", "t", "b", 1, 0, &blob);
    sqlite3_blob_read(blob, buffer, n, 0);
    sqlite3_blob_close(blob);
    sqlite3_close(db);
    free(buffer);
}
RIGHT(blob_read_into_what_is_there) {
    read_blob(2);
}
WRONG(blob_read_into_less_than_said, "buffer-too-small", "sqlite3_blob_read") {
    read_blob(4);
}

WRONG(blob_that_did_not_open, "unchecked-error", "sqlite3_blob_read") {
    sqlite3 *db = database();
    sqlite3_blob *blob = NULL;
    char buffer[4];
    sqlite3_blob_open(db, "main", "nowhere", "b", 1, 0, &blob);
    sqlite3_blob_read(blob, buffer, 2, 0);
    sqlite3_close(db);
}

/* ---- callbacks ---- */

static void progress_dropped(int replaced) {
    sqlite3 *db = database();
    struct closure closure = {0};
    sqlite3_progress_handler(db, 1000, (int (*)(void *))closure_make(&closure, &ffi_type_sint, 1), NULL);
    if (replaced)
        sqlite3_progress_handler(db, 0, NULL, NULL);
    closure_drop(&closure);
    sqlite3_changes(db);
    sqlite3_close(db);
}
RIGHT(handler_dropped_when_taken_away) {
    progress_dropped(1);
}
WRONG(handler_dropped_while_set, "collected-callback", "") {
    progress_dropped(0);
}

/* Python's own module frees it just before it closes: nothing can call the handler in between. */
static void data_freed(int used) {
    sqlite3 *db = database();
    struct closure closure = {0};
    void *data = block_of(16, 0);
    sqlite3_progress_handler(db, 1000, (int (*)(void *))closure_make(&closure, &ffi_type_sint, 1), data);
    free(data);
    if (used)
        sqlite3_changes(db);
    sqlite3_close(db);
    closure_drop(&closure);
}
RIGHT(handlers_data_freed_just_before_close) {
    data_freed(0);
}
WRONG(handlers_data_freed_while_it_may_be_called, "freed-while-retained", "") {
    data_freed(1);
}

static void function_dropped(const char *other) {
    sqlite3 *db = database();
    struct closure closure = {0};
    sqlite3_create_function(db, "greet", 1, SQLITE_UTF8, NULL,
                            (void (*)(sqlite3_context *, int, sqlite3_value **))closure_make(&closure, &ffi_type_void, 3), NULL,
                            NULL);
    sqlite3_create_function(db, other, 1, SQLITE_UTF8, NULL, NULL, NULL, NULL);
    closure_drop(&closure);
    sqlite3_changes(db);
    sqlite3_close(db);
}
RIGHT(function_dropped_when_taken_away) {
    function_dropped("GREET");
}
WRONG(function_dropped_while_another_is_taken_away, "collected-callback", "") {
    function_dropped("greet_all");
}
