# SPDX-License-Identifier: Apache-2.0
import ctypes
import gc

_glib = ctypes.CDLL("libglib-2.0.so.0")
_SOURCE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
_glib.g_main_loop_new.argtypes = [ctypes.c_void_p, ctypes.c_int]
_glib.g_main_loop_new.restype = ctypes.c_void_p
_glib.g_main_loop_run.argtypes = [ctypes.c_void_p]
_glib.g_main_loop_quit.argtypes = [ctypes.c_void_p]
_glib.g_main_loop_unref.argtypes = [ctypes.c_void_p]
_glib.g_idle_add.argtypes = [_SOURCE, ctypes.c_void_p]


class Loop:
    def __init__(self):
        self.loop = _glib.g_main_loop_new(None, 0)

    def later(self, function, *arguments):
        def call(_data):
            function(*arguments)
            return 0

        source = _SOURCE(call)
        _glib.g_idle_add(source, None)
        return source

    def run(self):
        last = self.later(_glib.g_main_loop_quit, self.loop)
        _glib.g_main_loop_run(self.loop)
        _glib.g_main_loop_unref(self.loop)
        return last


def say_nothing():
    """A small thing to do when there is time."""


loop = Loop()
call = loop.later(say_nothing)
gc.collect()
loop.run()
print("done")
