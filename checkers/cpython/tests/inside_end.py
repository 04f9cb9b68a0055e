# SPDX-License-Identifier: Apache-2.0
"""Something in C's memory that only an object in a module's dictionary keeps: it has to be whole when the end is seen, which is after the
atexit functions and before anything is taken apart. The double speaks at that moment, and once more when the process is through."""

import atexit
import ctypes
import gc
import sys
import threading
import types

from inside import probe

WORD = 0x5A5A1234


class Holder:
    """Overwrites the word when it dies."""

    def __init__(self, word: ctypes.c_size_t) -> None:
        self.word = word

    def __del__(self) -> None:
        ctypes.c_size_t.from_address(ctypes.addressof(self.word)).value = 0


def main() -> None:
    word = ctypes.c_size_t(WORD)
    module = types.ModuleType("keeper")
    module.holder = Holder(word)  # type: ignore[attr-defined]
    cycle = [module]
    cycle.append(cycle)  # type: ignore[arg-type]
    sys.modules["keeper"] = module
    probe.probe_watch(ctypes.byref(word))
    atexit.register(print, "atexit", flush=True)


if len(sys.argv) > 1:  # daemon threads that never stop
    for _ in range(4):
        threading.Thread(target=lambda: [None for _ in iter(int, 1)], daemon=True).start()
main()
gc.collect()
