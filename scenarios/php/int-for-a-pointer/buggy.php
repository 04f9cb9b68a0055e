<?php
// SPDX-License-Identifier: Apache-2.0
$libc = FFI::cdef("int getenv(const char *name);", "libc.so.6");

$value = $libc->getenv("PATH");
echo $value === 0 ? "no PATH\n" : "there is a PATH\n";
