# SPDX-License-Identifier: Apache-2.0
import os

import cffi

ffi = cffi.FFI()
ffi.cdef("""
    typedef int greeting_heard(const char *name, void *data);
    void greeting_listen(greeting_heard *heard, void *data);
    int greeting_announce(const char *name);
""")
library = ffi.dlopen(os.environ["GREETING_LIBRARY"])


def launch(_name, _data):
    print("the rocket is launched")
    return 1


class Counter:
    def __init__(self):
        self._callback = ffi.callback("greeting_heard", self.heard)
        library.greeting_listen(self._callback, ffi.NULL)

    def heard(self, _name, _data):
        return 0

    def close(self):
        library.greeting_listen(ffi.NULL, ffi.NULL)


counter = Counter()
button = ffi.callback("greeting_heard", launch)
print(library.greeting_announce(b"world"))
counter.close()
