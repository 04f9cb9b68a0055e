<?php
// SPDX-License-Identifier: Apache-2.0
$greeting = FFI::cdef(<<<C
    struct greeting_style {
        int width;
        char fill;
        double volume;
        const char *suffix;
    };
    size_t greeting_measure(const char *name, const struct greeting_style *style);
    C, getenv("GREETING_LIBRARY"));

$style = $greeting->new("struct greeting_style");
$style->width = 20;
$style->volume = 1.0;
printf("columns: %d\n", $greeting->greeting_measure("world", FFI::addr($style)));
