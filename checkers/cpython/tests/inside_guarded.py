# SPDX-License-Identifier: Apache-2.0
"""Calls the extension in guarded.c: inside_guarded.py legal|ending|planted. Runs in every interpreter from 3.8 on, under the shim."""

import ctypes
import sys
import threading
import time

import guarded


def check(found: object, expected: object) -> None:
    assert found == expected, (found, expected)


def legal() -> None:
    for _ in range(3):
        check(guarded.nested(), 32)
        check(guarded.given_state(), 16)
        check(guarded.own_state(), 16)
        check(guarded.unlocked(), 3)
        check(guarded.forked(), 16)
        check(guarded.subinterpreter("import sys, guarded\nguarded.quick(10)\nassert guarded.nested() == 32"), (0, 16, 5))
    threads = [threading.Thread(target=guarded.quick, args=(2000,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    guarded.quick(1000)
    for thread in threads:
        thread.join()
    time.sleep(0)
    check(guarded.pending() > 0, True)
    check(guarded.compared(), True)
    try:
        guarded.signalled()
    except KeyboardInterrupt:
        print("interrupted")
    check(ctypes.pythonapi.PyByteArray_Size(ctypes.py_object(bytearray(4))), 4)


def ending() -> None:
    guarded.stay(threading.get_ident)
    threading.Thread(target=guarded.quick, args=(10**9,), daemon=True).start()
    time.sleep(0.05)


def planted() -> None:
    check(guarded.released(), 5)
    check(guarded.unattached(bytearray(3)), 3)
    check(guarded.unattached_alone(bytearray(3)), 3)
    check(guarded.detached_again((1, 2)), 2)
    check(guarded.looked_up({}), 0)
    check(guarded.others([1]), 2)
    guarded.subinterpreter("import guarded\nguarded.released()")
    size = ctypes.CDLL(None).PySet_Size
    size.argtypes = [ctypes.py_object]
    check(size({1}), 1)


if __name__ == "__main__":
    {"legal": legal, "ending": ending, "planted": planted}[sys.argv[1]]()
    print("ok")
