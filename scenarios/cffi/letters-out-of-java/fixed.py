# SPDX-License-Identifier: Apache-2.0
import cffi

ffi = cffi.FFI()
ffi.cdef("char *g_utf8_strup(const char *, ssize_t); void g_free(void *);")
library = ffi.dlopen("libglib-2.0.so.0")


def from_java(text):
    """As Java writes it to a DataOutputStream."""
    units = text.encode("utf-16-be")
    pairs = [units[i : i + 2] for i in range(0, len(units), 2)]
    return b"".join(pair.decode("utf-16-be", "surrogatepass").encode("utf-8", "surrogatepass") for pair in pairs)


def upper(text):
    raised = library.g_utf8_strup(
        text.decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass").decode("utf-16").encode(), -1
    )
    try:
        return ffi.string(raised)
    finally:
        library.g_free(raised)


print(len(upper(from_java("smile \U0001f600"))) > 0)
