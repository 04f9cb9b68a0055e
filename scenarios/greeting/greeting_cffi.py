# SPDX-License-Identifier: Apache-2.0
"""Writes the C source of the module _greeting: greeting_cffi.py OUTPUT"""

import sys

import cffi

ffi = cffi.FFI()
ffi.cdef("""
    struct greeting;
    struct greeting *greeting_new(const char *name);
    void greeting_rename(struct greeting *greeting, const char *name);
    const char *greeting_name(const struct greeting *greeting);
    void greeting_free(struct greeting *greeting);
    char *greeting_render(const struct greeting *greeting);
    void greeting_string_free(char *text);
    void greeting_write(const char *name, char *out);
    struct greeting_style {
        int width;
        char fill;
        double volume;
        const char *suffix;
        ...;
    };
    struct greeting_style greeting_style_default(void);
    size_t greeting_measure(const char *name, const struct greeting_style *style);
    int greeting_format(const char *name, const struct greeting_style *style, char *out, size_t *size);
    double greeting_loudness(double volume, double distance);
    int greeting_repeat(const char *name, int times, char *out, size_t size);
""")
ffi.set_source("_greeting", '#include "greeting.h"')
ffi.emit_c_code(sys.argv[1])
