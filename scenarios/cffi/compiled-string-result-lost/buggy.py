# SPDX-License-Identifier: Apache-2.0
from _greeting import ffi, lib


def greet(name):
    greeting = lib.greeting_new(name.encode())
    try:
        text = lib.greeting_render(greeting)
        return ffi.string(text).decode()
    finally:
        lib.greeting_free(greeting)


for _ in range(8):
    print(greet("world"))
