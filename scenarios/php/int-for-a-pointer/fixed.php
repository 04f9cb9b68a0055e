<?php
// SPDX-License-Identifier: Apache-2.0
$libc = FFI::cdef("char *getenv(const char *name);", "libc.so.6");

$value = $libc->getenv("PATH");
echo $value === null ? "no PATH\n" : "there is a PATH\n";
