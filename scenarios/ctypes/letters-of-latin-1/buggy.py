# SPDX-License-Identifier: Apache-2.0
import ctypes

_glib = ctypes.CDLL("libglib-2.0.so.0")
_glib.g_utf8_strlen.argtypes = [ctypes.c_char_p, ctypes.c_ssize_t]
_glib.g_utf8_strlen.restype = ctypes.c_long

ENCODING = "latin-1"


def letters(word):
    return _glib.g_utf8_strlen(word.encode(ENCODING), -1)


print(letters("street"), letters("stra\u00dfe") > 0)
