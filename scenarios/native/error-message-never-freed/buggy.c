/* SPDX-License-Identifier: Apache-2.0 */
#include <sqlite3.h>
#include <stdio.h>

/* The table of an older version may lack. */
static int load(sqlite3 *database) {
    char *message = NULL;
    int result = sqlite3_exec(database, "select * from devices limit 1", NULL, NULL, &message);
    if (result != SQLITE_OK)
        result = sqlite3_exec(database, "create temporary table device (id text)", NULL, NULL, NULL);
    return result;
}

/* Overwrites what earlier calls left on the stack: a stale copy of a pointer still counts as a way to the block. */
static void sweep_stack(void) {
    volatile char rubbish[16384];
    for (size_t i = 0; i < sizeof(rubbish); i++)
        rubbish[i] = 1;
}

int main(void) {
    sqlite3 *database;
    sqlite3_open(":memory:", &database);
    for (int i = 0; i < 8; i++)
        printf("%d\n", load(database));
    sqlite3_close(database);
    sweep_stack();
    return 0;
}
