# SPDX-License-Identifier: Apache-2.0
"""`ffisan run --revoke` from end to end: late uses by whoever made the call, alone and beside other checkers, and under the
runtimes' own handlers of memory faults; results that stay what they are."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
import unittest
from typing import Any

from harness import LauncherTest

EXAMPLES = pathlib.Path(os.environ["FFISAN_EXAMPLES"])
CONTRACT = os.environ["FFISAN_KEEPER_CONTRACT"]
SOURCES = pathlib.Path(__file__).parent / "keeper"
INCLUDE = pathlib.Path(__file__).resolve().parents[2] / "shims" / "include"
PLAIN, INSTRUMENTED = EXAMPLES / "keeper" / "libkeeper.so", EXAMPLES / "keeper_asan" / "libkeeper.so"
JNA = pathlib.Path("/usr/share/java/jna.jar")

CTYPES = """
import ctypes, sys
library = ctypes.CDLL(sys.argv[1])
{prologue}
def go(what):
    if what == "read":
        library.keeper_look(b"hello")
        print(library.keeper_late_read())
    elif what == "write":
        memory = (ctypes.c_ubyte * 100)()
        library.keeper_fill(memory, 100)
        library.keeper_late_write()
    elif what == "writes":  # beyond those that are guarded
        memory = (ctypes.c_ubyte * 100)()
        for _ in range(5):
            library.keeper_fill(memory, 100)
        library.keeper_late_write()
    elif what == "again":  # the same memory is lent once more, and the pointer is a new one
        for _ in range(2):
            library.keeper_look(b"hello")
print("begins", flush=True)
go(sys.argv[2])
print("ends")
"""

HELD = """
import ctypes, sys
library, libc = ctypes.CDLL(sys.argv[1]), ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = library.keeper_hold.argtypes = [ctypes.c_void_p]
memory = libc.malloc(30)
library.keeper_hold(memory)
libc.free(memory)
print("begins")
"""

CFFI = """
import cffi, sys
ffi = cffi.FFI()
ffi.cdef("void keeper_look(const char *); int keeper_late_read(void);"
         "void keeper_fill(unsigned char *, size_t); void keeper_late_write(void);")
library = ffi.dlopen(sys.argv[1])
def go(what):
    if what == "read":
        library.keeper_look(b"hello")
        library.keeper_late_read()
    else:
        memory = ffi.new("unsigned char[100]")
        library.keeper_fill(memory, 100)
        library.keeper_late_write()
print("begins", flush=True)
go(sys.argv[2])
print("ends")
"""

RESULTS = """
import ctypes, ctypes.util, sys
library = ctypes.CDLL(sys.argv[1])
library.keeper_find.restype = ctypes.c_void_p
library.keeper_find.argtypes = [ctypes.c_void_p, ctypes.c_int]
library.keeper_number.restype = ctypes.c_long
library.keeper_between.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
library.keeper_between.restype = ctypes.c_long
memory = (ctypes.c_ubyte * 5000)(*[i % 251 for i in range(5000)])
address = ctypes.addressof(memory)
text = ctypes.create_string_buffer(b"12 apples")
for _ in range(600):  # more than are guarded, and more than there are places for
    assert library.keeper_sum(memory, 5000) == sum(memory)
    assert library.keeper_read(memory, 10) == 5 and list(memory[4:6]) == [5, memory[5]]
    assert library.keeper_find(text, ord("a")) == ctypes.addressof(text) + 3
    assert library.keeper_find(text, 0) == ctypes.addressof(text) + 9
    end = ctypes.c_void_p()
    assert library.keeper_number(text, ctypes.byref(end)) == 12 and end.value == ctypes.addressof(text) + 2
    assert library.keeper_between(address, address + 100) == sum(memory[:100])
before = list(memory)
for to, start in ((0, 8), (8, 0), (100, 200)):  # one into the other, and beside each other
    library.keeper_mix(ctypes.byref(memory, to), ctypes.byref(memory, start), 16)
    for i in range(16):
        before[to + i] ^= before[start + i]
    assert list(memory) == before
library.keeper_terminate(text, 4)
assert text.raw[:6] == b"aaaa\\0p", text.raw
visit = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
assert library.keeper_each(memory, 50, visit(lambda at: at == address + 30)) == 30
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
library.keeper_take.argtypes = [ctypes.c_void_p]
for _ in range(5):
    block = libc.malloc(10)
    ctypes.memmove(block, b"mine", 5)
    library.keeper_take(block)
print("begins", flush=True)
print("ends")
"""

STDLIB = """
import bz2, hashlib, lzma, sqlite3, threading, zlib
data = bytes(range(256)) * 40
def work():
    for _ in range(40):
        assert zlib.decompress(zlib.compress(data)) == data
        assert bz2.decompress(bz2.compress(data)) == data
        assert len(hashlib.sha256(data).digest()) == 32
    connection = sqlite3.connect(":memory:")
    connection.execute("create table t(a text, b blob)")
    connection.executemany("insert into t values(?, ?)", [(str(i), data[:i]) for i in range(200)])
    assert connection.execute("select sum(length(b)), max(a) from t").fetchall() == [(19900, "99")]
threads = [threading.Thread(target=work) for _ in range(3)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert lzma.decompress(lzma.compress(data)) == data
print("begins", flush=True)
print("ends")
"""

C = """
#include "keeper.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
int main(int argc, char **argv) {
    char text[] = "hello";
    puts("begins");
    fflush(stdout);
    keeper_look(text);
    keeper_late_read();
    puts("ends");
    return 0;
}
"""

GO = """
package main
// #include "keeper.h"
// #include <stdlib.h>
import "C"
import ("fmt"; "os"; "unsafe")
func fault() (what string) {
    defer func() { what = fmt.Sprint(recover()) }()
    var nothing *int
    return fmt.Sprint(*nothing)
}
func main() {
    fmt.Println("begins")
    text := C.CString("hello")
    C.keeper_look(text)
    C.keeper_late_read()
    C.free(unsafe.Pointer(text))
    if what := fault(); what != "runtime error: invalid memory address or nil pointer dereference" {
        fmt.Println(what)
        os.Exit(3)
    }
    fmt.Println("ends")
}
"""

JAVA = """
import com.sun.jna.*;
public class Late {
    interface Keeper extends Library {
        void keeper_look(String text);
        int keeper_late_read();
    }
    static int length(String text) { return text.length(); }
    public static void main(String[] arguments) {
        System.out.println("begins");
        Keeper keeper = Native.load(arguments[0], Keeper.class);
        int thrown = 0;
        for (int i = 0; i < 20000; i++) // compiled by then: NullPointerException is a memory fault that HotSpot handles
            try {
                length(i % 2 == 0 ? null : "x");
            } catch (NullPointerException exception) {
                thrown++;
            }
        keeper.keeper_look("hello");
        keeper.keeper_late_read();
        System.out.println(thrown == 10000 ? "ends" : "wrong");
    }
}
"""

EXTENSION = """
#include <Python.h>
#include "keeper.h"
static PyObject *late(PyObject *self, PyObject *unused) {
    char text[] = "hello";
    keeper_look(text);
    return PyLong_FromLong(keeper_late_read());
}
static PyMethodDef methods[] = {{"late", late, METH_NOARGS, ""}, {0}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "late", 0, -1, methods};
PyMODINIT_FUNC PyInit_late(void) { return PyModule_Create(&module); }
"""


class Revoke(LauncherTest):
    def revoke(self, *command: str, options: tuple[str, ...] = (), **variables: str) -> Any:
        return self.run_reported("--exit-code=77", f"--contract={CONTRACT}", "--revoke", *options, "--", *command, **variables)

    def found(self, function: str, *command: str, ends: bytes = b"begins\nends\n", **more: Any) -> dict[str, Any]:
        result = self.revoke(*command, **more)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (77, ends, b""))
        findings: list[dict[str, Any]] = self.report()["findings"]
        self.assertEqual(
            [(f["rule"], f["function"], f["argument"]["index"]) for f in findings], [("retained-pointer", function, 0)]
        )
        return findings[0]

    def ctypes(self, what: str, prologue: str = "", library: pathlib.Path = PLAIN) -> list[str]:
        return [sys.executable, "-c", CTYPES.replace("{prologue}", prologue), str(library), what]

    def compile(self, source: str, text: str, *command: str) -> pathlib.Path:
        (self.place / source).write_text(text)
        subprocess.run(command, check=True, cwd=self.place, capture_output=True)
        return self.place


class Natively(Revoke):
    def test_ctypes_late_read(self) -> None:
        finding = self.found("keeper_look", *self.ctypes("read"), ends=b"begins\n101\nends\n")
        roles = {stack["role"]: [frame["function"] for frame in stack["frames"]] for stack in finding["stacks"]}
        self.assertEqual(roles["detected"][0], "keeper_late_read")
        self.assertIn("go", roles["detected"])
        self.assertIn("go", roles["lent"])

    def test_ctypes_late_write(self) -> None:
        for what in ("write", "writes"):
            self.found("keeper_fill", *self.ctypes(what))

    def test_faulthandler_stays_behind(self) -> None:
        prologue = "import faulthandler; faulthandler.enable()"
        self.found("keeper_look", *self.ctypes("read", prologue), ends=b"begins\n101\nends\n")
        crash = "import faulthandler, ctypes; faulthandler.enable(); ctypes.string_at(8)"
        result = self.revoke(sys.executable, "-c", crash)
        self.assertIn(b"Fatal Python error: Segmentation fault", result.stderr)
        self.assertEqual([finding["rule"] for finding in self.report()["findings"]], ["foreign-crash"])

    def test_cffi(self) -> None:
        if subprocess.run([sys.executable, "-c", "import cffi"], capture_output=True, check=False).returncode != 0:
            self.skipTest("cffi is not installed")
        self.found("keeper_look", sys.executable, "-c", CFFI, str(PLAIN), "read")
        self.found("keeper_fill", sys.executable, "-c", CFFI, str(PLAIN), "write")

    def test_a_program(self) -> None:
        self.compile(
            "late.c",
            C,
            "gcc",
            "-g",
            "-o",
            "late",
            "late.c",
            f"-I{SOURCES}",
            f"-I{INCLUDE}",
            str(PLAIN),
            f"-Wl,-rpath,{PLAIN.parent}",
        )
        self.found("keeper_look", "./late")

    def test_an_extension(self) -> None:
        import sysconfig

        if not pathlib.Path(sysconfig.get_path("include"), "Python.h").exists():
            self.skipTest("Python's headers are not installed")
        headers = [f"-I{SOURCES}", f"-I{INCLUDE}", f"-I{sysconfig.get_path('include')}"]
        library = [str(PLAIN), f"-Wl,-rpath,{PLAIN.parent}"]
        self.compile("late.c", EXTENSION, "gcc", "-g", "-shared", "-fPIC", "-o", "late.so", "late.c", *headers, *library)
        code = "import sys; sys.path.insert(0, '.'); import late; print('begins', flush=True); late.late(); print('ends')"
        self.found("keeper_look", sys.executable, "-c", code)

    @unittest.skipUnless(shutil.which("go"), "go is not installed")
    def test_go_keeps_its_faults(self) -> None:
        flags = {"CGO_CFLAGS": f"-I{SOURCES} -I{INCLUDE}", "CGO_LDFLAGS": f"{PLAIN} -Wl,-rpath,{PLAIN.parent}",
                 "GOCACHE": str(self.place / "cache"), "GOFLAGS": "-mod=mod", "HOME": str(self.place)}  # fmt: skip
        (self.place / "late.go").write_text(GO)
        built = subprocess.run(
            ["go", "build", "-o", "late", "late.go"],
            cwd=self.place,
            env={**os.environ, **flags},
            capture_output=True,
            check=False,
        )
        self.assertEqual(built.returncode, 0, built.stderr)
        self.found("keeper_look", "./late")

    @unittest.skipUnless(shutil.which("java") and shutil.which("javac") and JNA.exists(), "java or jna is not installed")
    def test_hotspot_keeps_its_faults(self) -> None:
        self.compile("Late.java", JAVA, "javac", "-cp", str(JNA), "Late.java")
        self.found("keeper_look", "java", "-cp", f"{JNA}:.", "Late", str(PLAIN))

    def test_results_stay_what_they_are(self) -> None:
        for code in (RESULTS, STDLIB):
            result = self.revoke(sys.executable, "-c", code, str(PLAIN))
            self.assertEqual((result.returncode, result.stdout, result.stderr), (0, b"begins\nends\n", b""))
            self.assertEqual(self.report()["findings"], [])

    def test_what_is_left_alone_is_said(self) -> None:
        self.revoke(sys.executable, "-c", RESULTS, str(PLAIN))
        said = [entry["what"] for entry in self.not_watched()]
        self.assertTrue(any("keeper_each() as argument 1" in what for what in said), said)

    def test_a_pointer_that_is_lent_again_is_no_finding(self) -> None:
        result = self.revoke(*self.ctypes("again"))
        self.assertEqual((result.returncode, result.stdout), (0, b"begins\nends\n"))


class BesideOthers(Revoke):
    def test_asan(self) -> None:
        for what, function in (("read", "keeper_look"), ("write", "keeper_fill")):
            finding = self.found(function, *self.ctypes(what, library=INSTRUMENTED), options=("--with=asan",), ends=b"begins\n")
            self.assertEqual(finding["checker"], "AddressSanitizer")

    @unittest.skipUnless(shutil.which("valgrind"), "valgrind is not installed")
    def test_valgrind(self) -> None:
        result = self.revoke(*self.ctypes("read"), options=("--with=valgrind",))
        self.assertEqual((result.returncode, result.stderr), (77, b""))
        finding = self.report()["findings"][0]
        self.assertEqual(
            (finding["rule"], finding["function"], finding["checker"]), ("retained-pointer", "keeper_look", "Valgrind")
        )
        self.assertEqual(len(self.report()["findings"]), 1)

    def test_other_rules_of_contracts_hold(self) -> None:
        for option in ("--with=native", "--with=asan", "--with=valgrind"):
            if option == "--with=valgrind" and not shutil.which("valgrind"):
                continue
            result = self.run_reported(f"--contract={CONTRACT}", option, "--", sys.executable, "-c", HELD, str(PLAIN))
            self.assertEqual(result.returncode, 99, option)
            self.assertEqual([finding["rule"] for finding in self.report()["findings"]], ["freed-while-retained"], option)

    def test_results_stay_what_they_are(self) -> None:
        for option in ("--with=asan", "--with=valgrind"):
            if option == "--with=valgrind" and not shutil.which("valgrind"):
                continue
            code = RESULTS.replace("range(600)", "range(20)")
            if option == "--with=asan":  # its free() knows nothing of copies
                code = code.replace("library.keeper_take(block)", "libc.free(block)")
            result = self.revoke(sys.executable, "-c", code, str(PLAIN), options=(option,))
            self.assertEqual((result.returncode, result.stdout, result.stderr), (0, b"begins\nends\n", b""), option)
            self.assertEqual(self.report()["findings"], [])


if __name__ == "__main__":
    unittest.main()
