<?php
// SPDX-License-Identifier: Apache-2.0

$sqlite = FFI::cdef('
    int sqlite3_open(const char *path, void **database);
    int sqlite3_prepare_v2(void *database, const char *text, int size, void **statement, void *tail);
    int sqlite3_bind_int(void *statement, int index, int value);
    char *sqlite3_expanded_sql(void *statement);
    void sqlite3_free(void *text);
    int sqlite3_reset(void *statement);
    int sqlite3_finalize(void *statement);
    int sqlite3_close(void *database);
', 'libsqlite3.so.0');

/** What is logged of each statement. */
function expanded(FFI $sqlite, FFI\CData $statement): string {
    $text = $sqlite->sqlite3_expanded_sql($statement);
    return FFI::string($text);
}

$database = $sqlite->new('void *');
$sqlite->sqlite3_open(':memory:', FFI::addr($database));
$statement = $sqlite->new('void *');
$sqlite->sqlite3_prepare_v2($database, 'select ?1', -1, FFI::addr($statement), null);
for ($i = 0; $i < 8; $i++) {
    $sqlite->sqlite3_bind_int($statement, 1, $i);
    echo expanded($sqlite, $statement), "\n";
    $sqlite->sqlite3_reset($statement);
}
$sqlite->sqlite3_finalize($statement);
$sqlite->sqlite3_close($database);
