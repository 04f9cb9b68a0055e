<?php
// SPDX-License-Identifier: Apache-2.0
$libc = FFI::cdef("char *strdup(const char *text); void free(void *memory);", "libc.so.6");

function shout($libc, string $name): string
{
    $copy = $libc->strdup($name);
    $text = strtoupper(FFI::string($copy));
    return $text;
}

for ($i = 0; $i < 8; $i++) {
    echo shout($libc, "world"), "\n";
}
