# SPDX-License-Identifier: Apache-2.0
"""Small memory of Python objects that C keeps: seen when it goes, by the block that it lies in, and not when a neighbour's goes."""

import array
import ctypes
import sys
from typing import Any, Callable, List

from inside import check, probe

probe.probe_keep.argtypes = [ctypes.c_void_p]
probe.probe_lend.argtypes = [ctypes.c_void_p]
probe.probe_kept_start.restype = ctypes.c_size_t
probe.probe_kept_size.restype = ctypes.c_size_t
probe.probe_kept_function.restype = ctypes.c_char_p
ctypes.pythonapi.PyBytes_AsString.argtypes = [ctypes.py_object]
ctypes.pythonapi.PyBytes_AsString.restype = ctypes.c_void_p
ctypes.pythonapi.PyByteArray_AsString.argtypes = [ctypes.py_object]
ctypes.pythonapi.PyByteArray_AsString.restype = ctypes.c_void_p
ctypes.pythonapi.PyUnicode_AsUTF8.argtypes = [ctypes.py_object]
ctypes.pythonapi.PyUnicode_AsUTF8.restype = ctypes.c_void_p
FREED, MOVED, TAKEN = 1, 2, 3


class Pair(ctypes.Structure):
    _fields_ = [("a", ctypes.c_int * 20), ("b", ctypes.c_int)]


def of_exporter(holder: Any) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(holder))


MAKERS: "dict[str, tuple[Callable[[int], Any], Callable[[Any], int]]]" = {
    "bytes": (lambda n: b"%d" % n * 20, ctypes.pythonapi.PyBytes_AsString),
    "bytearray": (lambda n: bytearray(100), ctypes.pythonapi.PyByteArray_AsString),
    "text": (lambda n: "%d\u20ac" % n * 8, ctypes.pythonapi.PyUnicode_AsUTF8),
    "array": (lambda n: array.array("i", range(40)), lambda held: held.buffer_info()[0]),
    "ctypes array": (lambda n: (ctypes.c_int * 40)(), ctypes.addressof),
    "ctypes int": (lambda n: ctypes.c_int(n), ctypes.addressof),
    "string buffer": (lambda n: ctypes.create_string_buffer(50), ctypes.addressof),
    "structure": (lambda n: Pair(), ctypes.addressof),
    "memoryview": (lambda n: memoryview(bytearray(90)), of_exporter),
}


def holds(address: int, size: int) -> bool:
    start = probe.probe_kept_start()
    return start <= address and address + size <= start + probe.probe_kept_size() and probe.probe_kept_size() <= 512


def dies(name: str, hand_over: Callable[[Any], None], expected: int) -> None:
    make, where = MAKERS[name]
    held: List[Any] = [make(n) for n in range(1000, 1007)]
    address = where(held[3])
    hand_over(address)
    for neighbour in (2, 4, 0, 6):
        held[neighbour] = None
    check(probe.probe_kept_ended() == 0, name, "a neighbour died")
    held[3] = None
    check(probe.probe_kept_ended() == expected, name, "it died", probe.probe_kept_ended())
    check(holds(address, 4), name, "block", hex(address), hex(probe.probe_kept_start()), probe.probe_kept_size())
    check(probe.probe_kept_function() in (b"PyObject_Free", b"PyMem_Free"), name, probe.probe_kept_function())
    hand_over(None)


def grows(step: int, hand_over: Callable[[Any], None], expected: int) -> None:
    """A bytearray of 100 bytes in a block of 112, or of 128 with the debug hooks around."""
    held = bytearray(100)
    hand_over(ctypes.pythonapi.PyByteArray_AsString(held))
    held.extend(bytes(step))
    now = ctypes.pythonapi.PyByteArray_AsString(held)
    ended = probe.probe_kept_ended()
    check(ended == expected, "bytearray grew by", step, ended, hex(now))
    hand_over(None)


def identities() -> None:
    """An object is known as one, whatever its type; what lies inside of one is memory."""
    probe.probe_identity.argtypes = [ctypes.c_void_p]
    probe.probe_identity.restype = ctypes.c_bool
    for held in (object(), [], Pair(), Pair, b"bytes" * 9, type("Made", (), {})()):
        check(probe.probe_identity(id(held)), "no object", type(held))
    for name, (make, where) in MAKERS.items():
        memory = make(1)
        check(not probe.probe_identity(where(memory)), "taken for an object", name)


def main() -> None:
    identities()
    for name in MAKERS:
        dies(name, probe.probe_keep, FREED)
        dies(name, probe.probe_lend, TAKEN)
    grows(300, probe.probe_keep, MOVED)
    grows(300, probe.probe_lend, TAKEN)
    grows(0, probe.probe_keep, 0)
    grows(0, probe.probe_lend, 0)
    print("ok")


if __name__ == "__main__":
    main()
    sys.stdout.flush()
