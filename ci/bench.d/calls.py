# SPDX-License-Identifier: Apache-2.0
"""Prints what one foreign call takes, in ns of CPU time: the best of a few loops, the loop itself included."""

import sys
import time
from collections.abc import Callable

LOOPS = 7


def best(function: Callable[..., object], argument: object, calls: int) -> float:
    taken = []
    for _ in range(LOOPS):
        start = time.process_time()
        for _ in range(calls):
            function(argument)
        taken.append(time.process_time() - start)
    return min(taken) / calls * 1e9


def by_ctypes() -> tuple[Callable[..., object], Callable[..., object]]:
    import ctypes

    libc = ctypes.CDLL("libc.so.6")
    libc.strlen.argtypes, libc.strlen.restype = [ctypes.c_char_p], ctypes.c_size_t
    return libc.abs, libc.strlen


def by_cffi() -> tuple[Callable[..., object], Callable[..., object]]:
    import cffi

    ffi = cffi.FFI()
    ffi.cdef("int abs(int); size_t strlen(const char *);")
    libc = ffi.dlopen("libc.so.6")
    return libc.abs, libc.strlen


def main() -> None:
    binding, kind, calls = sys.argv[1], sys.argv[2], int(sys.argv[3])
    trivial, longer = by_ctypes() if binding == "ctypes" else by_cffi()
    if kind == "trivial":
        print(f"{best(trivial, 5, calls):.1f}")
    else:
        print(f"{best(longer, b'x' * 20_000, calls):.1f}")  # some 200 ns and more in C


if __name__ == "__main__":
    main()
