# SPDX-License-Identifier: Apache-2.0
"""Writes the C source of the module _binding, libcurl as cffi compiles it (API mode): binding.py OUTPUT"""

import sys

import cffi

ffi = cffi.FFI()
ffi.cdef("""
    #define CURLOPT_URL ...
    #define CURLOPT_WRITEFUNCTION ...
    void *curl_easy_init(void);
    int curl_easy_setopt(void *handle, int option, ...);
    void curl_easy_cleanup(void *handle);
    void *curl_multi_init(void);
    int curl_multi_add_handle(void *multi, void *handle);
    int curl_multi_perform(void *multi, int *running);
    int curl_multi_remove_handle(void *multi, void *handle);
    int curl_multi_cleanup(void *multi);
    extern "Python" size_t received(char *data, size_t size, size_t count, void *user);
""")
ffi.set_source("_binding", "#include <curl/curl.h>")
ffi.emit_c_code(sys.argv[1])
