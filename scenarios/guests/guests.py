# SPDX-License-Identifier: Apache-2.0
"""The guests: one row each, by name. {build} is the folder of the programs, {scratch} one of this run."""

from collections.abc import Callable
from dataclasses import dataclass, field

JEMALLOC, TCMALLOC, MIMALLOC, ASAN = "libjemalloc.so.2", "libtcmalloc_minimal.so.4", "libmimalloc.so.2", "libasan.so.8"
LIBRARIES = (JEMALLOC, TCMALLOC, MIMALLOC, ASAN)
PACKAGES = {
    JEMALLOC: "libjemalloc2",
    TCMALLOC: "libtcmalloc-minimal4",
    MIMALLOC: "libmimalloc2.0",
    ASAN: "libasan8, which comes with gcc",
    "musl-gcc": "musl-tools",
    "valgrind": "valgrind",
    "setarch": "util-linux",
    "luajit": "luajit",
}


@dataclass(frozen=True)
class Guest:
    """What is run, and what is expected of it.

    command      the program first
    bug          the rule of the bug that it plants when the last word is "bug"; only the watched runs have that word
    finds        the rule of what it always does
    status       of the plain run; None: any
    end          how the records of the process that was started say that it ended; None: it leaves no records
    images       programs that this process was, one after the other, each with records
    notes        the notes in all records, by name
    not_watched  patterns of entries that the report must have; empty: it has none but those on leaks
    loose        entries of not_watched are not looked at
    varies       what this pattern matches in its output is not compared
    before, after    preloaded before and after the shim
    options      for ffisan run; shim_options: the same in FFISAN_OPTIONS
    lost         a pattern of what ffisan report says of a process that could not make records
    full_disk    records find no room in their folder; ffisan run looks for another one
    crossings    a pattern in its output whose group is how many the records have to count
    doctor       a pattern of what ffisan doctor says of it
    """

    command: tuple[str, ...]
    bug: str | None = None
    finds: str | None = None
    status: int | None = 0
    end: str | None = "exit"
    images: int | None = 1
    notes: tuple[str, ...] = ()
    not_watched: tuple[str, ...] = ()
    loose: bool = False
    varies: bytes = b"(?!)"
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    shim_options: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    stdin: bytes = b""
    needs: tuple[str, ...] = ()
    doctor: str | None = None
    seconds: float = 90
    root: bool = False
    set_uid: str | None = None
    full_disk: bool = False
    lost: str | None = None
    crossings: str | None = None

    @property
    def expected_rule(self) -> str | None:
        return self.bug or self.finds

    def words(self, fill: Callable[[str], str], *, watched: bool) -> list[str]:
        return [fill(word) for word in self.command] + (["bug"] if self.bug and watched else [])


def program(name: str, *arguments: str) -> tuple[str, ...]:
    return (f"{{build}}/{name}", *arguments)


def limited(limits: str, name: str, *arguments: str) -> tuple[str, ...]:
    """Under limits that a shell sets, which becomes the program."""
    return ("/bin/sh", "-c", f'ulimit {limits} && exec "$0" "$@"', *program(name, *arguments))


def library(name: str) -> str:
    return f"{{build}}/{name}.so"


GIVER = library("giver")
DOUBLE_FREE = "double-free"
PRELOADED = "its malloc comes before the shim's"
CONFINED = ("a part of .*: it confined itself",)


# Python, called back by a watched function that ctypes has found.
FAULTHANDLER = """
import ctypes, faulthandler, sys
call = ctypes.CDLL(sys.argv[1]).watched_call
back = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda _: faulthandler.dump_traceback(sys.stderr, all_threads=False))
for _ in range(3):
    call(back, None)
"""

# More by value than a gate hands on.
LARGE = """
import ctypes, sys
class Large(ctypes.Structure):
    _fields_ = [("numbers", ctypes.c_int * 1000)]
total = ctypes.CDLL(sys.argv[1]).watched_sum
total.argtypes = [Large]
print(total(Large((ctypes.c_int * 1000)(*range(1000)))))
"""

# LuaJIT, which has no libffi: it looks a name up, and calls the address.
LUAJIT = """
local ffi = require("ffi")
ffi.cdef("int watched_add(int a, int b);")
local library, sum = ffi.load("{build}/watched_library.so"), 0
for i = 1, 500 do sum = sum + library.watched_add(i, 1) end
assert(sum == 125750)
print("500 calls")
"""


def build_table() -> dict[str, Guest]:
    table = {
        # The beginning.
        "early": Guest(program("early")),
        "early_bind_now": Guest(program("early"), environment={"LD_BIND_NOW": "1"}),
        "early_library_after": Guest(program("early"), after=(library("early_library"),)),
        "early_library_before": Guest(program("early"), before=(library("early_library"),)),
        "wrapper_after": Guest(program("dlclose", GIVER), bug=DOUBLE_FREE, after=(library("wrapper_library"),)),
        "wrapper_before": Guest(program("dlclose", GIVER), before=(library("wrapper_library"),), notes=("FOREIGN_ALLOCATOR",)),
        # Processes.
        "fork_threads": Guest(program("fork_threads"), seconds=200),
        "fork_bug": Guest(program("fork_bug"), bug=DOUBLE_FREE),
        "vfork": Guest(program("vfork"), bug=DOUBLE_FREE),
        "spawn": Guest(program("spawn")),
        "exec_chain": Guest(program("exec_chain"), status=11, images=11),
        "exec_fails": Guest(program("exec_fails"), bug=DOUBLE_FREE, status=6),
        "exec_emptied": Guest(
            program("exec_other", "emptied", "{build}/double_free"),
            status=4,
            not_watched=("environment without the shim",),
        ),
        "follow_all": Guest(program("exec_other", "kept", "{build}/double_free"), bug=DOUBLE_FREE, status=4),
        "daemon": Guest(program("daemon", "5"), bug=DOUBLE_FREE),
        "outlives": Guest(program("daemon", "20"), options=("--wait", "0"), not_watched=("still running",)),
        "ends_in_handler": Guest(program("ends_in_handler")),
        "atfork": Guest(program("atfork")),
        "held": Guest(program("held")),
        # Threads and signals.
        "threads_any_order": Guest(program("threads_any_order")),
        "threads_sequential": Guest(program("threads_sequential")),
        "threads_cancelled": Guest(program("threads_cancelled")),
        "threads_stacks": Guest(program("threads_stacks")),
        "signals_timer": Guest(program("signals_timer")),
        "signals_stack": Guest(program("signals_stack")),
        "coroutines": Guest(program("coroutines"), bug=DOUBLE_FREE),
        "deep_stack": Guest(limited("-s 65536", "deep_stack"), images=2),
        # Modules.
        "dlopen_closed": Guest(program("dlopen_many", GIVER, "500", "closed"), bug=DOUBLE_FREE),
        "dlopen_open": Guest(program("dlopen_many", GIVER, "500", "open"), bug=DOUBLE_FREE),
        "dlopen_rows_full": Guest(
            program("dlopen_many", GIVER, "1100", "open"),
            bug=DOUBLE_FREE,
            notes=("ROWS_FULL",),
            not_watched=("more modules than there are rows",),
            seconds=200,
        ),
        "deepbind": Guest(program("dlopen_modes", GIVER, "deepbind"), bug=DOUBLE_FREE),
        "deepbind_now": Guest(program("dlopen_modes", library("giver_now"), "deepbind"), bug=DOUBLE_FREE),
        "dlmopen": Guest(
            program("dlopen_modes", GIVER, "namespace"),
            bug=DOUBLE_FREE,
            notes=("NAMESPACE",),
            not_watched=("link-map namespace",),
        ),
        "free_compared": Guest(program("free_compared", GIVER, library("giver_now")), bug=DOUBLE_FREE),
        "free_compared_fixed": Guest(program("free_compared_fixed", GIVER, library("giver_now")), bug=DOUBLE_FREE),
        "audited": Guest(
            program("dlclose", GIVER), bug=DOUBLE_FREE, environment={"LD_AUDIT": library("audit_library")}, loose=True
        ),
        "by_loader": Guest(("/lib64/ld-linux-x86-64.so.2", *program("dlclose", GIVER)), bug=DOUBLE_FREE),
        "not_random": Guest(("setarch", "-R", *program("dlclose", GIVER)), bug=DOUBLE_FREE, needs=("setarch",), images=2),
        # Descriptors, rights, limits.
        "few_descriptors": Guest(limited("-n 4", "plain"), bug=DOUBLE_FREE, status=12, images=2),
        "sandbox": Guest(program("sandbox"), bug=DOUBLE_FREE, notes=("CONFINED",), not_watched=CONFINED),
        "locked": Guest(program("locked"), bug=DOUBLE_FREE, loose=True),
        "cat": Guest(program("cat"), stdin=bytes(range(256)) * 4000),
        "descriptors": Guest(program("descriptors"), bug=DOUBLE_FREE, status=42),
        "privileges": Guest(program("privileges"), bug=DOUBLE_FREE, root=True),
        "address_space": Guest(limited("-v 200000", "forms"), bug=DOUBLE_FREE, images=2),
        "memory_as": Guest(program("memory_refused", "as"), bug=DOUBLE_FREE, loose=True),
        "memory_data": Guest(program("memory_refused", "data"), bug=DOUBLE_FREE, loose=True),
        "file_size_0": Guest(limited("-f 0", "plain"), status=12, end="exec", not_watched=("plain",)),
        "file_size_4096": Guest(limited("-f 8", "plain"), status=12, end="exec", not_watched=("plain",)),
        "disk_full": Guest(program("plain"), status=12, end=None, full_disk=True, root=True, lost="No space left on device"),
        # The allocator's own users.
        "forms": Guest(program("forms"), bug=DOUBLE_FREE),
        "forms_quarantined": Guest(
            program("forms"), bug=DOUBLE_FREE, shim_options=("quarantine=all",), options=("--quarantine", "all")
        ),
        "mallopt": Guest(program("mallopt")),
        "perturb": Guest(program("mallopt"), environment={"MALLOC_PERTURB_": "165"}),
        "own_malloc": Guest(program("own_malloc", GIVER), notes=("FOREIGN_ALLOCATOR",), not_watched=(PRELOADED,)),
        "own_new": Guest(program("own_new")),
        "new_delete": Guest(program("new_delete"), bug="mismatched-deallocator"),
        "no_unwind": Guest(program("no_unwind"), bug=DOUBLE_FREE),
        "no_unwind_pie": Guest(program("no_unwind_pie"), bug=DOUBLE_FREE),
        # What cannot be watched.
        "static": Guest(program("plain_static"), status=12, end=None, not_watched=("statically linked",), doctor="statically"),
        "static_pie": Guest(
            program("plain_static_pie"), status=12, end=None, not_watched=("statically linked",), doctor="statically"
        ),
        "musl": Guest(
            program("plain_musl"),
            status=12,
            end=None,
            needs=("musl-gcc",),
            not_watched=("not glibc's loader",),
            doctor="not glibc's loader",
        ),
        "musl_static": Guest(
            program("plain_musl-static"), status=12, end=None, needs=("musl-gcc",), not_watched=("statically linked",)
        ),
        "musl_child": Guest(
            program("exec_other", "kept", "{build}/plain_musl"),
            status=12,
            needs=("musl-gcc",),
            not_watched=("plain_musl",),
        ),
        "static_child": Guest(program("exec_other", "kept", "{build}/plain_static"), status=12, not_watched=("plain_static",)),
        "set_uid": Guest(
            ("{scratch}/set_uid",),
            status=12,
            end=None,
            root=True,
            set_uid="plain",
            not_watched=("more rights",),
            doctor="more rights",
        ),
        # Other checkers.
        "asan": Guest(
            program("plain_asan"),
            status=12,
            notes=("ASAN",),
            not_watched=("AddressSanitizer",),
            environment={"ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"},
        ),
        "asan_preloaded": Guest(
            program("plain"),
            status=12,
            needs=(ASAN,),
            before=(ASAN,),
            notes=("ASAN",),
            environment={"ASAN_OPTIONS": "detect_leaks=0"},
        ),
        "asan_static": Guest(
            program("plain_asan_static"),
            status=12,
            notes=("FOREIGN_ALLOCATOR",),
            not_watched=(PRELOADED,),
            environment={"ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"},
        ),
        "valgrind": Guest(
            ("valgrind", "-q", "--error-exitcode=5", *program("plain")),
            status=12,
            needs=("valgrind",),
            notes=("VALGRIND",),
            images=None,
            not_watched=("Valgrind",),
        ),
    }
    watch = ('watch="watched_*:watched_add,watched_pick,watched_library.so:watched_version,strlen,/no/*:watched_call"',)
    for flavour in ("lazy", "now", "noplt", "noplt_lazy"):
        for mode in ("local", "global", "deepbind", "reopened"):
            table[f"watched_{flavour}_{mode}"] = Guest(
                program("watched", mode, library(f"watched_{flavour}")), shim_options=watch, crossings=r"(\d+) calls"
            )
    for name in ("linked", "linked_now", "linked_fixed"):
        table[f"watched_{name}"] = Guest(
            program(f"watched_{name}", "linked", library("watched_lazy")), shim_options=watch, crossings=r"(\d+) calls"
        )
    table["watched_faulthandler"] = Guest(
        ("/usr/bin/python3", "-c", FAULTHANDLER, library("watched_library")), shim_options=("watch=watched_call",), loose=True
    )
    table["watched_large"] = Guest(
        ("/usr/bin/python3", "-c", LARGE, library("watched_library")), shim_options=("watch=watched_sum",), loose=True
    )
    table["watched_luajit"] = Guest(
        ("luajit", "-e", LUAJIT),
        shim_options=('watch="watched_library.so:watched_add"',),
        crossings=r"(\d+) calls",
        needs=("luajit",),
        loose=True,
    )
    for way in (
        "exception",
        "longjmp",
        "siglongjmp",
        "cancelled",
        "cancelled-anywhere",
        "exit-thread",
        "contexts",
        "copied-stacks",
        "backtrace",
        "signals",
        "terminate",
    ):
        table[f"watched_{way}"] = Guest(
            program("watched_unwind", way),
            shim_options=("watch=watched_call",),
            crossings=r"(\d+) calls" if way not in ("signals", "terminate") else None,
            status=-6 if way == "terminate" else 0,
            end="signal" if way == "terminate" else "exit",
            finds="foreign-crash" if way == "terminate" else None,
        )
    for way in ("alone", "global", "deepbind", "above", "beside"):
        # Where the answer depends on what nobody can know, the slot stays the loader's.
        table[f"twins_{way}"] = Guest(
            program("twins", way, "{build}"), shim_options=("watch=twin",), crossings=r"(\d+) calls" if way == "alone" else None
        )
    for way in ("caught-outside", "rethrown-outside", "thrown-by-callback", "jumped-outside", "not-caught"):
        ends = way == "not-caught"
        table[f"escapes_{way}"] = Guest(
            program("escapes", way),
            finds="foreign-unwind",
            shim_options=("rules=-foreign-crash",),
            options=("--rules", "-foreign-crash"),
            status=-6 if ends else 0,
            end="signal" if ends else "exit",
        )
    for way in ("threads", "children", "unloaded", "held"):
        table[f"closures_{way}"] = Guest(program("closures", way))
    for way in ("late", "late-at-exit", "late-in-thread", "late-in-child"):
        table[f"closures_{way}"] = Guest(program("closures", way), bug="collected-callback")
    for way in ("inside", "translated", "cancelled", "exit-thread", "after", "coroutine"):
        table[f"escapes_{way}"] = Guest(program("escapes", way))
    contract = {
        "options": ("--contract", "{build}/registered.ffc"),
        "shim_options": ("contracts={build}/registered.ffc",),
    }
    ways = ("slot", "pointer", "name", "inside", "late", "variadic", "threads", "nested", "jumped")
    for way in ways:
        table[f"registered_{way}"] = Guest(
            program("registered", library("registered_library"), way), bug="null-argument", **contract
        )
    table["registered_sized"] = Guest(
        program("registered", library("registered_library"), "sized"), bug="buffer-too-small", **contract
    )
    for way in ("jumped", "thrown", "cancelled", "exited", "cleaned-up", "jumped-alone", "thrown-alone", "shared-with-child"):
        table[f"registered_left_{way}"] = Guest(program("registered_left", way), bug="use-after-close", **contract)
    for name in ("registered_now", "registered_fixed"):
        table[f"{name}_slot"] = Guest(program(name, library("registered_library"), "slot"), bug="null-argument", **contract)
    for way, rule in (
        ("closed", "use-after-close"),
        ("lent", "use-after-close"),
        ("size", "wrong-size-dealloc"),
        ("freed", "mismatched-deallocator"),
        ("family", "mismatched-deallocator"),
        ("kept", "freed-while-retained"),
    ):
        table[f"spoken_{way}"] = Guest(program("spoken", way), bug=rule)
    table["spoken_fixed"] = Guest(program("spoken_fixed", "closed"), bug="use-after-close")
    for mode, pattern in (("none", "none"), ("glob", "*exec_other"), ("path", "/no/*")):
        table[f"follow_{mode}"] = Guest(
            program("exec_other", "kept", "{build}/double_free", "follow"),
            status=4,
            options=("--follow", pattern),
            shim_options=(f"follow={pattern}",),
            not_watched=("double_free",),
        )
    for name, flavour in (
        ("", "giver"),
        ("_now", "giver_now"),
        ("_noplt", "giver_noplt"),
        ("_noplt_lazy", "giver_noplt_lazy"),
    ):
        table[f"dlclose{name}"] = Guest(program("dlclose", library(flavour)), bug=DOUBLE_FREE)
    table["dlclose_bind_now"] = Guest(program("dlclose", GIVER), bug=DOUBLE_FREE, environment={"LD_BIND_NOW": "1"})
    for kind in ("shared", "static", "static_hidden"):
        table[f"module_{kind}"] = Guest(program("module", library(f"module_{kind}"), kind), bug="mismatched-deallocator")
    for name, allocator in (("jemalloc", JEMALLOC), ("tcmalloc", TCMALLOC), ("mimalloc", MIMALLOC)):
        linked = "tcmalloc_minimal" if name == "tcmalloc" else name
        table[f"{name}_after"] = Guest(program("plain"), status=12, bug=DOUBLE_FREE, needs=(allocator,), after=(allocator,))
        table[f"{name}_before"] = Guest(
            program("plain"), status=12, needs=(allocator,), before=(allocator,), notes=("FOREIGN_ALLOCATOR",)
        )
        table[f"{name}_linked"] = Guest(program(f"plain_{linked}"), status=12, bug=DOUBLE_FREE, needs=(allocator,))
        table[f"{name}_threads"] = Guest(program("threads_any_order"), needs=(allocator,), after=(allocator,))
        table[f"{name}_new"] = Guest(
            program("module", library("module_shared"), "shared"), needs=(allocator,), after=(allocator,)
        )
    for way, status, end in (
        ("exit", 21, "exit"),
        ("_exit", 22, "exit"),
        ("_Exit", 23, "exit"),
        ("quick_exit", 24, "exit"),
        ("return", 26, "exit"),
        ("raw", 25, "none"),
        ("abort", -6, "signal"),
        ("segv", -11, "signal"),
        ("term", -15, "none"),
        ("kill", -9, "none"),
    ):
        finds = "foreign-crash" if end == "signal" else None
        table[f"busy_{way}"] = Guest(program("ways_to_end", way), status=status, end=end, finds=finds)
    for way, status in (
        ("return", 47),
        ("exit", 44),
        ("_exit", 41),
        ("_Exit", 42),
        ("quick", 43),
        ("twice", 44),
        ("raw", 46),
        ("thread", 45),
        ("both", 45),
        ("last-thread", 0),
        ("forks", 47),
        ("threads-forks", 47),
    ):
        table[f"ends_{way}"] = Guest(program("ends", way), status=status, end="none" if way == "raw" else "exit")
    for way, status in CRASHES.items():
        finds = None if status > 0 or way in NO_FAULT else "foreign-crash"
        end = NO_FAULT.get(way, "signal" if finds else "exit")
        table[f"crash_{way}"] = Guest(program("crash", way), status=status, end=end, finds=finds, images=None)
    for way, status, end, bug in (
        ("tight", 6, "exit", DOUBLE_FREE),
        ("threads", 6, "exit", DOUBLE_FREE),
        ("fork", 6, "exit", DOUBLE_FREE),
        ("strict", 0, "none", DOUBLE_FREE),
        ("crash", -11, "none", None),
    ):
        table[f"confined_{way}"] = Guest(
            program("confined", way), status=status, end=end, bug=bug, notes=("CONFINED",), not_watched=CONFINED
        )
    table["confined_exec"] = Guest(
        program("confined", "exec", "{build}/double_free"),
        status=4,
        end="exec",
        notes=("CONFINED",),
        not_watched=(*CONFINED, "double_free: it inherits a filter"),
    )
    table["confined_promised"] = Guest(
        program("confined", "promised", "{build}/double_free"),
        status=4,
        images=2,
        bug=DOUBLE_FREE,
        notes=("CONFINED",),
        not_watched=CONFINED,
    )
    table["confined_refused"] = Guest(program("confined", "refused"), status=-4, end="signal", finds="foreign-crash")
    table["signals"] = Guest(program("signals"))
    table["starts"] = Guest(
        program("starts", "/usr/bin/env"),
        loose=True,
        varies=rb"(?m)^(LD_PRELOAD|FFISAN_OPTIONS|ASAN_OPTIONS|TMPDIR|XDG_RUNTIME_DIR)=.*\n",
    )
    return table


# How each way of crash.c ends.
CRASHES = {
    "null": -11,
    "nothing": -11,
    "no-address": -11,
    "behind-file": -7,
    "divide": -8,
    "no-instruction": -4,
    "abort": -6,
    "abort-blocked": -6,
    "abort-handled": 8,
    "ignored": -6,
    "overflow": -11,
    "large-frame": -11,
    "small-signal-stack": -11,
    "raise": -11,
    "kill": -11,
    "killed": -11,
    "blocked": -11,
    "recover": 7,
    "retry": -11,
    "report-raise": -11,
    "report-raise-plainly": -11,
    "report-raise-late": -11,
    "give-back": -11,
    "handler-ends": 9,
    "thread": -11,
    "threads": -11,
    "abort-thread": -6,
    "overflow-thread": -11,
    "forked-child": -11,
    "raw-child": -11,
    "vfork-child": -11,
}
# Deaths that are no finding, and the end that the records name: killed by somebody else; a signal that the kernel or
# abort() set back to its default behind the handler; a stack that ends in a thread that the shim has never seen.
NO_FAULT = {"killed": "signal", "ignored": "none", "blocked": "none", "overflow-thread": "none"}
GUESTS = build_table()
