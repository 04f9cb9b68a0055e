# SPDX-License-Identifier: Apache-2.0
import cffi

ffi = cffi.FFI()
ffi.cdef("""
    void *curl_easy_init(void);
    char *curl_easy_escape(void *handle, const char *text, int length);
    void curl_free(void *text);
    void curl_easy_cleanup(void *handle);
""")
curl = ffi.dlopen("libcurl.so.4")
handle = curl.curl_easy_init()


def escape(text):
    data = text.encode()
    escaped = curl.curl_easy_escape(handle, data, len(data))
    result = ffi.string(escaped).decode()
    curl.curl_free(escaped)
    return result


def query(fields):
    return "&".join(f"{escape(name)}={escape(value)}" for name, value in fields.items())


print(query({"name": "wide world", "greeting": "hello, you", "language": "en & fr", "tone": "a bit formal"}))
curl.curl_easy_cleanup(handle)
