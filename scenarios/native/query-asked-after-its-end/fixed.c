/* SPDX-License-Identifier: Apache-2.0 */
#include <sqlite3.h>
#include <stdio.h>

/* What went wrong is told by the query's text; here: whether there is one. */
static void report(const char *text) {
    puts(text != NULL ? "a query failed" : "something failed");
}

static int rows_of(sqlite3 *database, const char *text) {
    sqlite3_stmt *query;
    int result, rows = 0;
    if (sqlite3_prepare_v2(database, text, -1, &query, NULL) != SQLITE_OK)
        return -1;
    while ((result = sqlite3_step(query)) == SQLITE_ROW)
        rows++;
    if (result != SQLITE_DONE)
        report(sqlite3_sql(query));
    sqlite3_finalize(query);
    return rows;
}

int main(void) {
    sqlite3 *database;
    sqlite3_open(":memory:", &database);
    printf("%d\n", rows_of(database, "select 1 union all select 2"));
    printf("%d\n", rows_of(database, "select abs(-9223372036854775808)"));
    sqlite3_close(database);
    return 0;
}
