<?php
// SPDX-License-Identifier: Apache-2.0
// PHP FFI: functions, structs, by value too, callbacks, buffers, variadic functions, owned and borrowed memory.

$libc = FFI::cdef(<<<C
    typedef struct { long quot; long rem; } ldiv_t;
    ldiv_t ldiv(long numerator, long denominator);
    size_t strlen(const char *text);
    char *getenv(const char *name);
    int snprintf(char *out, size_t size, const char *format, ...);
    void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *));
    void *malloc(size_t size);
    void free(void *memory);
    double strtod(const char *text, char **end);
    C, "libc.so.6");

$sqlite = FFI::cdef(<<<C
    typedef struct sqlite3 sqlite3;
    int sqlite3_open(const char *name, sqlite3 **connection);
    int sqlite3_exec(sqlite3 *connection, const char *query, int (*row)(void *, int, char **, char **), void *context, char **error);
    int sqlite3_close(sqlite3 *connection);
    C, "libsqlite3.so.0");

$greeting = FFI::cdef(<<<C
    struct greeting_style {
        int width;
        char fill;
        double volume;
        const char *suffix;
    };
    struct greeting_style greeting_style_default(void);
    size_t greeting_measure(const char *name, const struct greeting_style *style);
    int greeting_format(const char *name, const struct greeting_style *style, char *out, size_t *size);
    C, getenv("GREETING_LIBRARY"));

function rows(FFI $sqlite, string $query): array
{
    $found = [];
    $place = $sqlite->new("sqlite3 *");
    $sqlite->sqlite3_open(":memory:", FFI::addr($place));
    $sqlite->sqlite3_exec($place, $query, function ($context, $count, $values, $names) use (&$found) {
        for ($i = 0; $i < $count; $i++) {
            $found[] = FFI::string($values[$i]);
        }
        return 0;
    }, null, null);
    $sqlite->sqlite3_close($place);
    return $found;
}

function calls(FFI $libc): void
{
    $numbers = FFI::new("int[3]");
    foreach ([3, 1, 2] as $i => $number) {
        $numbers[$i] = $number;
    }
    $libc->qsort($numbers, 3, 4, fn ($left, $right) => FFI::cast("int *", $left)[0] - FFI::cast("int *", $right)[0]);
    $out = FFI::new("char[64]");
    $libc->snprintf($out, 64, "%d %s", 7, "seven");
    $block = $libc->malloc(100);
    FFI::memset($block, 1, 100);
    $libc->free($block);
    echo $numbers[0], $numbers[1], $numbers[2], " ", FFI::string($out), " ", $libc->ldiv(17, 5)->quot, " ", $libc->strlen("hello"), " ",
        $libc->strtod("2.5", null), " ", $libc->getenv("NOT_THERE") === null ? "none" : "some", "\n";
}

for ($i = 0; $i < 20; $i++) {
    calls($libc);
    echo implode(",", rows($sqlite, "select 1, 'x'")), "\n";
}
$style = $greeting->greeting_style_default();
$style->width = 20;
$out = FFI::new("char[64]");
$size = FFI::new("size_t");
$size->cdata = 64;
$greeting->greeting_format("world", FFI::addr($style), $out, FFI::addr($size));
echo FFI::string($out), "|", $size->cdata, " ", $greeting->greeting_measure("world", FFI::addr($style)), "\n";
