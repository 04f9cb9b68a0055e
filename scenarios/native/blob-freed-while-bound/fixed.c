/* SPDX-License-Identifier: Apache-2.0 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void bind_picture(sqlite3_stmt *statement, size_t size) {
    char *picture = malloc(size);
    memset(picture, 0x7f, size);
    sqlite3_bind_blob(statement, 1, picture, (int)size, free);
}

int main(void) {
    sqlite3 *database;
    sqlite3_stmt *statement;
    sqlite3_open(":memory:", &database);
    sqlite3_prepare_v2(database, "select length(?)", -1, &statement, NULL);
    bind_picture(statement, 5000);
    printf("%d is SQLITE_ROW\n", sqlite3_step(statement));
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return 0;
}
