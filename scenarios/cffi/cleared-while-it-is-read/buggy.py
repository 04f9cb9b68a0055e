# SPDX-License-Identifier: Apache-2.0
import os

import cffi

ffi = cffi.FFI()
ffi.cdef("""
    typedef struct notebook notebook;
    notebook *notebook_open(const char *title);
    int notebook_close(notebook *book);
    const char *notebook_title(notebook *book);
    int notebook_rename(notebook *book, const char *title);
    int notebook_measure(const char *text);
    int notebook_write(notebook *book, const char *line);
    int notebook_each(notebook *book, int (*line)(const char *text, void *user), void *user);
    void notebook_clear(notebook *book);
""")
lib = ffi.dlopen(os.environ["NOTEBOOK_LIBRARY"])


@ffi.callback("int(const char *, void *)")
def line(text, _):
    if ffi.string(text) == b"stop":
        lib.notebook_clear(book)
        return 1
    return 0


book = lib.notebook_open(b"monday")
for text in (b"milk", b"stop", b"tea"):
    lib.notebook_write(book, text)
lib.notebook_each(book, line, ffi.NULL)
print("read")
lib.notebook_close(book)
