<?php
// SPDX-License-Identifier: Apache-2.0
$greeting = FFI::cdef(<<<C
    struct greeting *greeting_new(const char *name);
    void greeting_free(struct greeting *greeting);
    char *greeting_render(const struct greeting *greeting);
    void greeting_string_free(char *text);
    C, getenv("GREETING_LIBRARY"));

function greet(FFI $library, string $name): string
{
    $greeting = $library->greeting_new($name);
    $rendered = $library->greeting_render($greeting);
    $text = FFI::string($rendered);
    $library->greeting_free($greeting);
    return $text;
}

for ($i = 0; $i < 8; $i++) {
    echo greet($greeting, "world"), "\n";
}
