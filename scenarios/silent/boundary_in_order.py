# SPDX-License-Identifier: Apache-2.0
"""What looks like a mistake at the boundary and is none: arrays with strides that the function is told of, modes and masks
that are changed on purpose, exceptions in callbacks that somebody deals with or that are nobody's fault."""

import array
import contextlib
import ctypes
import io
import os
import signal
import subprocess
import sys
import threading

import numpy as np

libc = ctypes.CDLL("libc.so.6")
libm = ctypes.CDLL("libm.so.6")
blas = ctypes.CDLL("libblas.so.3")
Doubles = ctypes.POINTER(ctypes.c_double)
Compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))


def doubles(values: np.ndarray) -> "ctypes._Pointer[ctypes.c_double]":
    return values.ctypes.data_as(Doubles)


def arrays() -> None:
    blas.cblas_ddot.restype = blas.ddot_.restype = ctypes.c_double
    blas.cblas_ddot.argtypes = [ctypes.c_int, Doubles, ctypes.c_int, Doubles, ctypes.c_int]
    table = np.arange(16.0).reshape(4, 4)
    print(blas.cblas_ddot(8, doubles(table.ravel()[::2]), 2, doubles(table.ravel()[::2]), 2))
    print(blas.cblas_ddot(4, doubles(table[:, 1]), 4, doubles(table[2]), 1))
    print(blas.cblas_ddot(4, doubles(table[::-1, 1]), -4, doubles(table[0]), 1) >= 0)
    step = ctypes.c_int(2)
    by = ctypes.byref
    half = table[0, ::2]
    print(blas.ddot_(by(ctypes.c_int(2)), doubles(half), by(step), doubles(half), by(step)))
    print(blas.cblas_ddot(2, doubles(table[1:3, 1:3]), 1, doubles(table[1:3, 1:3]), 1))  # a row of it
    print(libc.getloadavg(doubles(np.zeros(3)), 3), libc.getloadavg(doubles(np.zeros((3, 1))), 3))
    print(libc.getloadavg(doubles(np.zeros(3, dtype=complex)), 3), libc.getloadavg(doubles(np.zeros((3, 3)).T), 3))
    print(libc.getloadavg((ctypes.c_char * 24).from_buffer(array.array("d", [0] * 3)), 3))
    print(libc.memcmp(doubles(table[:, 0]), table[:, 1].ctypes.data_as(ctypes.c_void_p), 0))
    libc.getloadavg.argtypes = [np.ctypeslib.ndpointer(np.float64, flags="C"), ctypes.c_int]
    print(libc.getloadavg(np.zeros(3), 3))


def environment() -> None:
    upward = 0x800
    print(libm.fesetround(upward), libm.fegetround() == upward, libm.fesetround(0))
    with np.errstate(all="ignore"):
        print(np.float64(1) / np.float64(0))
    print(subprocess.run(["true"], check=False).returncode, libc.system(b"true"), os.system("true"))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    numbers = (ctypes.c_ulong * 16)(1 << (signal.SIGUSR2 - 1))
    print(libc.pthread_sigmask(0, numbers, None), signal.pthread_sigmask(signal.SIG_SETMASK, before) != before)
    signal.signal(signal.SIGTERM, lambda *_: None)
    libc.signal.restype = ctypes.c_void_p
    libc.signal.argtypes = [ctypes.c_int, ctypes.c_void_p]
    print(libc.signal(signal.SIGTERM, None) is not None)


def sort(compare: "ctypes._FuncPointer") -> None:
    numbers = (ctypes.c_int * 2)(2, 1)
    libc.qsort(numbers, 2, 4, compare)


@Compare
def catches(left, right):
    try:
        return left[0] - right["0"]
    except TypeError:
        return left[0] - right[0]


@Compare
def changes(left, right):
    libm.fesetround(0x400)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return left[0] - right[0]


@Compare
def interrupted(_left, _right):
    raise KeyboardInterrupt


@Compare
def leaves(_left, _right):
    sys.exit(3)


@Compare
def raises(_left, _right):
    raise ValueError


def exceptions() -> None:
    sort(catches)
    sort(changes)
    libm.fesetround(0)
    with contextlib.redirect_stderr(io.StringIO()):
        sort(interrupted)
        sort(leaves)
    dealt_with = []
    sys.unraisablehook = lambda unraisable: dealt_with.append(unraisable.exc_type.__name__)
    sort(raises)
    sys.unraisablehook = sys.__unraisablehook__
    print(dealt_with)


def keeps_no_gil() -> None:
    late = ctypes.PyDLL("libc.so.6")
    late.usleep(20_000)
    ctypes.pythonapi.PyRun_SimpleString(b"import time; time.sleep(0.2)")
    ctypes.CDLL("libc.so.6").usleep(200_000)


arrays()
environment()
exceptions()
keeps_no_gil()
thread = threading.Thread(target=exceptions)
thread.start()
thread.join()
