# SPDX-License-Identifier: Apache-2.0
import os

import cffi

ffi = cffi.FFI()
ffi.cdef("""
    struct greeting *greeting_new(const char *name);
    const char *greeting_name(const struct greeting *greeting);
    void greeting_free(struct greeting *greeting);
""")
library = ffi.dlopen(os.environ["GREETING_LIBRARY"])


class Person:
    def __init__(self, name):
        self._greeting = ffi.gc(library.greeting_new(name.encode()), library.greeting_free)

    def name(self):
        return ffi.string(library.greeting_name(self._greeting)).decode()

    def close(self):
        ffi.release(self._greeting)


person = Person("world")
print(person.name())
person.close()
