<?php
// SPDX-License-Identifier: Apache-2.0
$greeting = FFI::cdef(<<<C
    struct greeting_style {
        int width;
        char fill;
        double volume;
        const char *suffix;
    };
    struct greeting_style greeting_style_default(void);
    C, getenv("GREETING_LIBRARY"));

$style = $greeting->greeting_style_default();
echo "suffix: ", FFI::string(FFI::cast("char *", $style->suffix)), "\n";
