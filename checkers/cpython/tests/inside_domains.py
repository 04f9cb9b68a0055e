# SPDX-License-Identifier: Apache-2.0
"""Families of blocks, and the three domains mixed in every way. The first argument says what to expect of this PYTHONMALLOC."""

import ctypes
import os
import resource
import subprocess
import sys
import tracemalloc

from inside import FAMILY_MALLOC, FAMILY_MEM, FAMILY_OBJECT, FAMILY_RAW, check, probe

mode = sys.argv[1]  # pymalloc, malloc, blind
api = ctypes.pythonapi
DOMAINS = {"PyMem_Raw": FAMILY_RAW, "PyMem_": FAMILY_MEM, "PyObject_": FAMILY_OBJECT}
for prefix in DOMAINS:
    for name, arguments in (
        ("Malloc", [ctypes.c_size_t]),
        ("Calloc", [ctypes.c_size_t] * 2),
        ("Realloc", [ctypes.c_void_p, ctypes.c_size_t]),
        ("Free", [ctypes.c_void_p]),
    ):
        function = getattr(api, prefix + name)
        function.restype = None if name == "Free" else ctypes.c_void_p
        function.argtypes = arguments
LARGE, SMALL, NOTHING = 5000, 40, 0  # pymalloc leaves the first and the last to malloc


def allocations(prefix: str, size: int):
    yield getattr(api, prefix + "Malloc")(size)
    yield getattr(api, prefix + "Calloc")(size // 4, 4)
    yield getattr(api, prefix + "Realloc")(None, size)
    yield getattr(api, prefix + "Realloc")(getattr(api, prefix + "Malloc")(size // 2), size)
    yield getattr(api, prefix + "Realloc")(getattr(api, prefix + "Malloc")(size * 2), size)
    if not size:
        yield getattr(api, prefix + "Realloc")(getattr(api, prefix + "Malloc")(SMALL), size)


def families() -> None:
    for prefix, family in DOMAINS.items():
        for size in (LARGE, SMALL, NOTHING):
            for block in allocations(prefix, size):
                seen = probe.probe_block_family(block)
                if mode == "malloc" or (mode == "pymalloc" and (size != SMALL or prefix == "PyMem_Raw")):
                    check(seen == family, prefix, size, seen)
                elif mode == "pymalloc" and seen != family:  # a large block that shrank stays malloc's
                    check(probe.probe_owns(block), prefix, size, seen)
                getattr(api, prefix + "Free")(block)
    check(probe.probe_mismatches() == 0, "false alarm", probe.probe_function(), probe.probe_family())


def mixes() -> None:
    libc = ctypes.CDLL(None)
    libc.free.argtypes = [ctypes.c_void_p]
    for maker, family in DOMAINS.items():
        for taker, taken in DOMAINS.items():
            for how in (
                ("Free",) if tracemalloc.is_tracing() else ("Free", "Realloc")
            ):  # its realloc has a frame more: the caller is not found
                before = probe.probe_mismatches()
                block = getattr(api, maker + "Malloc")(LARGE)
                if how == "Free":
                    getattr(api, taker + "Free")(block)
                else:
                    getattr(api, taker + "Free")(getattr(api, taker + "Realloc")(block, 2 * LARGE))
                check(probe.probe_mismatches() - before == (maker != taker), maker, taker, how)
                if maker != taker:
                    check(probe.probe_function().decode() == taker + how, probe.probe_function())
                    check((probe.probe_family(), probe.probe_free_family()) == (family, taken))
                    check("ffi" in probe.probe_free_module().decode(), probe.probe_free_module())
    before = probe.probe_wrong_frees()
    libc.free(api.PyMem_RawMalloc(LARGE))
    check(probe.probe_wrong_frees() - before == 1, "free of a raw block")


def foreign() -> None:
    for taker in DOMAINS:
        before = probe.probe_mismatches()
        getattr(api, taker + "Free")(probe.probe_foreign_malloc(LARGE))
        check(probe.probe_mismatches() - before == 1, "malloc'ed elsewhere", taker)
        check(probe.probe_family() == FAMILY_MALLOC)


def arenas() -> None:
    keep = [object() for _ in range(200000)]
    for thing in keep[:: len(keep) // 50]:
        check(probe.probe_owns(id(thing)) and probe.probe_owns(id(thing) + 8), "an object in an arena")
    check(probe.probe_arena_known(id(keep[-1])), "an arena that is new")
    large = bytearray(100000)
    check(not probe.probe_owns(ctypes.addressof(ctypes.c_char.from_buffer(large))), "a large block")
    check(not probe.probe_owns(id(object)) and not probe.probe_owns(0) and not probe.probe_owns(2**46 + 5), "no arena")
    old = object  # something from before the attach, which a release makes known
    del old
    known = sum(probe.probe_arena_known(id(module)) for module in sys.modules.values())
    owned = sum(probe.probe_owns(id(module)) for module in sys.modules.values())
    check(owned >= len(sys.modules) * 0.9, "modules", owned, len(sys.modules), known)
    del keep
    print("arenas: of", len(sys.modules), "modules known", known, "owned", owned)


def refused() -> None:
    """Without an arena pymalloc takes small blocks from the raw domain."""
    raw, blocks = 0, (ctypes.c_void_p * 400000)()
    with open("/proc/self/statm") as file:
        size = int(file.read().split()[0]) * resource.getpagesize()
    before, limits = probe.probe_mismatches(), resource.getrlimit(resource.RLIMIT_AS)
    for malloc, free in (("PyMem_Malloc", "PyMem_Free"), ("PyObject_Malloc", "PyObject_Free")):
        malloc, free = getattr(api, malloc), getattr(api, free)
        try:
            resource.setrlimit(resource.RLIMIT_AS, (size, limits[1]))
            for n in range(len(blocks)):
                blocks[n] = malloc(SMALL)
        except MemoryError:
            pass
        finally:
            resource.setrlimit(resource.RLIMIT_AS, limits)
        for block in filter(None, blocks):
            raw += probe.probe_block_family(block) == FAMILY_RAW
            free(block)
        ctypes.memset(blocks, 0, ctypes.sizeof(blocks))
    print("refused: of small blocks raw", raw)
    check(raw, "no small block came from malloc")
    check(probe.probe_mismatches() == before, "false alarm", probe.probe_function(), probe.probe_family())


def churn() -> None:
    """What ordinary programs do: nothing of it is a mistake, and nothing that CPython frees itself looks like one."""
    frees = probe.probe_wrong_frees()
    mismatches = probe.probe_mismatches()
    for module in ("json", "decimal", "sqlite3", "xml.etree.ElementTree", "ssl", "lzma", "bz2", "curses", "readline", "array"):
        try:
            __import__(module)
        except ImportError:
            pass
    text = [str(n) * (n % 900) for n in range(20000)]
    sorted(text)
    "".join(text).encode().decode()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    if os.fork() == 0:
        os._exit(0)
    os.wait()
    check(probe.probe_mismatches() == mismatches, "mismatch", probe.probe_function(), probe.probe_family())
    check(probe.probe_wrong_frees() == frees, "CPython's own free", probe.probe_wrong_frees() - frees)


def traced() -> None:
    before = probe.probe_mismatches()
    was = tracemalloc.is_tracing()
    tracemalloc.start(3)
    kept = [bytes(n) for n in range(0, 5000, 7)]
    check(tracemalloc.get_traced_memory()[0] > sum(map(len, kept)), "tracemalloc sees less")
    families()
    if not was:
        tracemalloc.stop()
    check(probe.probe_mismatches() == before, "mismatch under tracemalloc")


check(probe.probe_version() == sys.version_info[0] << 8 | sys.version_info[1], "version", probe.probe_version())
if mode != "blind":
    check(probe.probe_memory() == (mode == "malloc"), "memory", probe.probe_memory())
families()
churn()
if mode != "blind":
    traced()
    if mode == "pymalloc":
        arenas()
    mixes()
    foreign()
    if mode == "pymalloc":
        refused()
print("ok")
