# SPDX-License-Identifier: Apache-2.0
from _greeting import lib


class Person:
    def __init__(self, name):
        self._greeting = lib.greeting_new(name.encode())

    def close(self):
        if self._greeting is not None:
            lib.greeting_free(self._greeting)
            self._greeting = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


with Person("world") as person:
    person.close()
print("closed")
