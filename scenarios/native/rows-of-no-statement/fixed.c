/* SPDX-License-Identifier: Apache-2.0 */
#include <sqlite3.h>
#include <stdio.h>

static int count(sqlite3 *database, const char *query) {
    sqlite3_stmt *statement;
    int rows = 0;
    if (sqlite3_prepare_v2(database, query, -1, &statement, NULL) != SQLITE_OK)
        return 0;
    while (sqlite3_step(statement) == SQLITE_ROW)
        rows++;
    sqlite3_finalize(statement);
    return rows;
}

int main(void) {
    sqlite3 *database;
    sqlite3_open(":memory:", &database);
    printf("%d %d\n", count(database, "select 1 union select 2"), count(database, "select name from people"));
    sqlite3_close(database);
    return 0;
}
