# SPDX-License-Identifier: Apache-2.0
"""`ffisan run --repeat`: a callable that leaves something behind, one that does not, and one that cannot be called."""

from __future__ import annotations

import pathlib
import subprocess
import unittest
from typing import Any

from harness import LauncherTest

EXTENSION = r"""
#include <Python.h>

void *table[1 << 20]; /* a table that grows */
static unsigned used;
static PyObject *cache;

static PyObject *lose_list(PyObject *self, PyObject *none) {
    PyObject *list = PyList_New(0);
    PyList_Append(list, Py_True);
    Py_RETURN_NONE;
}
static PyObject *lose_reference(PyObject *self, PyObject *thing) {
    Py_INCREF(thing);
    Py_RETURN_NONE;
}
static PyObject *lose_every_third(PyObject *self, PyObject *thing) {
    static unsigned calls;
    if (++calls % 3 == 0)
        Py_INCREF(thing);
    Py_RETURN_NONE;
}
static PyObject *lose_memory(PyObject *self, PyObject *none) {
    void *volatile block = PyMem_Malloc(40);
    block = NULL;
    Py_RETURN_NONE;
}
static PyObject *lose_block(PyObject *self, PyObject *none) {
    void *volatile block = malloc(400);
    block = NULL;
    Py_RETURN_NONE;
}
static PyObject *keep_block(PyObject *self, PyObject *none) {
    table[used++ % (1 << 20)] = malloc(400);
    Py_RETURN_NONE;
}
static PyObject *made_once(PyObject *self, PyObject *none) {
    if (cache == NULL)
        cache = PyDict_New();
    Py_INCREF(cache);
    return cache;
}
static PyObject *replaced(PyObject *self, PyObject *thing) {
    static PyObject *last;
    PyObject *before = last;
    Py_INCREF(thing);
    last = PyTuple_Pack(1, thing);
    Py_DECREF(thing);
    Py_XDECREF(before);
    Py_RETURN_NONE;
}
static PyMethodDef methods[] = {
    {"lose_list", lose_list, METH_NOARGS},     {"lose_reference", lose_reference, METH_O},
    {"lose_memory", lose_memory, METH_NOARGS}, {"lose_every_third", lose_every_third, METH_O},
    {"lose_block", lose_block, METH_NOARGS},   {"keep_block", keep_block, METH_NOARGS},
    {"made_once", made_once, METH_NOARGS},     {"replaced", replaced, METH_O},
    {NULL},
};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "leaving", NULL, -1, methods};
PyMODINIT_FUNC PyInit_leaving(void) { return PyModule_Create(&module); }
"""
MODULE = """
import ctypes, functools, json, leaving, re, sys, threading

class Thing:
    pass

thing, log, callbacks, number = Thing(), [], [], 5

def lose_list(): leaving.lose_list()
def lose_reference(): leaving.lose_reference(thing)
def lose_every_third(): leaving.lose_every_third(thing)
def lose_memory(): leaving.lose_memory()
def lose_block(): leaving.lose_block()
def keep_block(): leaving.keep_block()
def log_grows(): log.append([1])
def callback_stays():
    callbacks.append(CALLBACK(nothing))

def nothing(): pass
CALLBACK = ctypes.CFUNCTYPE(None)

def made_once(): leaving.made_once()
def replaced(): leaving.replaced(Thing())

@functools.lru_cache(maxsize=64)
def remembered(number): return [number]
def cache_fills():
    global number
    number += 1
    remembered(number)
def counts():
    global number
    number += 1000
def interns(): sys.intern("text %d" % (number % 7))
def library():
    json.loads(json.dumps({"a": [1, 2.5, None, {"b": "c" * 40}]}))
    re.compile("a+b").match("aab")
    held = [Thing() for _ in range(20)]
    held.append(held)
def thread():
    other = threading.Thread(target=library)
    other.start()
    other.join()
def callback_goes():
    CALLBACK(nothing)()
class Holder:
    @staticmethod
    def inner(): leaving.lose_list()
def raises(): raise ValueError("on purpose")
async def never_runs(): pass
"""
SILENT = (
    "made_once",
    "replaced",
    "cache_fills",
    "counts",
    "interns",
    "library",
    "thread",
    "callback_goes",
    "nothing",
)
SYSTEM = "/usr/bin/python3"


def include_of(python: str) -> pathlib.Path:
    ask = "import sysconfig; print(sysconfig.get_paths()['include'])"
    return pathlib.Path(subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True).stdout.strip())


class Repeat(LauncherTest):
    def setUp(self) -> None:
        super().setUp()
        (self.place / "leaving.c").write_text(EXTENSION)
        (self.place / "used.py").write_text(MODULE)
        self.build(SYSTEM)

    def build(self, python: str) -> None:
        command = ["cc", "-w", "-g", "-O1", "-shared", "-fPIC", f"-I{include_of(python)}", "leaving.c", "-o", "leaving.so"]
        subprocess.run(command, cwd=self.place, check=True)

    def repeated(self, name: str, *options: str, python: str = SYSTEM) -> tuple[int, list[dict[str, Any]]]:
        result = self.run_reported("--repeat", f"used:{name}", *options, "--", python)
        self.assertNotIn(b"Traceback", result.stderr)
        return result.returncode, self.report()["findings"]

    def only(self, name: str, rule: str, what: str, stay: int, python: str = SYSTEM) -> dict[str, Any]:
        status, findings = self.repeated(name, "--repeat-count=96", python=python)
        self.assertEqual((status, len(findings)), (99, 1), (python, name, findings))
        finding = findings[0]
        self.assertEqual(finding["rule"], rule)
        self.assertEqual(finding["repeats"], [{"what": what, "calls": 96, "stay": stay}])
        return finding

    def test_an_object_that_was_made(self) -> None:
        finding = self.only("lose_list", "reference-leak", "made", 96)
        self.assertEqual(finding["objects"][0]["type"], "list")
        self.assertIn("PyList_New", finding["message"])
        self.assertIn("leaving.lose_list()", finding["message"])
        self.assertIn("nobody has the reference", finding["message"])
        self.assertIn("used.py", str(finding["stacks"]))

    def test_a_count_that_grows(self) -> None:
        self.assertIn("Thing", self.only("lose_reference", "reference-leak", "references", 96)["message"])
        self.only("lose_every_third", "reference-leak", "references", 32)

    def test_blocks(self) -> None:
        self.only("lose_memory", "leak", "memory", 96)
        self.assertIn("no live pointer", self.only("lose_block", "leak", "lost", 96)["message"])
        self.assertIn("still leads", self.only("keep_block", "leak", "held", 96)["message"])

    def test_what_python_keeps(self) -> None:
        self.assertIn("still leads", self.only("log_grows", "reference-leak", "made", 96)["message"])
        status, findings = self.repeated("callback_stays", "--repeat-count=96")
        self.assertEqual(status, 99)
        self.assertIn("callback_stays", str(findings[0]["stacks"]))

    def test_silent(self) -> None:
        for name in SILENT:
            with self.subTest(name):
                self.assertEqual(self.repeated(name), (0, []))

    def test_every_interpreter(self) -> None:
        for path in sorted((pathlib.Path.home() / ".pyenv" / "versions").glob("3.*/bin/python3")):
            python = str(path)
            if not (include_of(python) / "Python.h").exists():
                continue
            self.build(python)
            with self.subTest(python):
                if not 8 <= int(path.parts[-3].split(".")[1]) <= 13:
                    self.refused(125, "cannot be watched", "--repeat", "used:nothing", "--", python)
                    continue
                self.only("lose_list", "reference-leak", "made", 96, python)
                self.only("lose_every_third", "reference-leak", "references", 32, python)
                for name in ("cache_fills", "library", "callback_goes"):
                    self.assertEqual(self.repeated(name, python=python), (0, []), name)

    def test_how_it_is_named(self) -> None:
        folder = self.place / "apart"
        folder.mkdir()
        (folder / "beside.py").write_text("def nothing(): pass\n")
        (folder / "script.py").write_text("import beside\ndef called(): beside.nothing()\n")
        self.assertEqual(self.run_reported("--repeat", "apart/script.py:called", "--", SYSTEM).returncode, 0)
        self.assertEqual(self.repeated("Holder.inner", "--repeat-count=16")[0], 99)
        self.assertEqual(
            self.run_reported("--repeat", "used:nothing", "--", "env", "A=1", SYSTEM, "-X", "dev", "-W", "error").returncode, 0
        )

    def refused(self, status: int, words: str, *arguments: str) -> None:
        result = self.run_reported(*arguments)
        self.assertEqual(result.returncode, status, result.stderr)
        self.assertIn(words, result.stderr.decode())

    def test_what_cannot_be_called(self) -> None:
        for status, words, target in (
            (125, "there is no module nowhere", "nowhere:f"),
            (125, "there is no file nowhere.py", "nowhere.py:f"),
            (125, "used has no f", "used:f"),
            (125, "no callable, but of type int", "used:number"),
            (125, "calling that runs nothing", "used:never_runs"),
            (125, "takes 'module:callable'", "used"),
            (1, "raised an exception, in call 1", "used:raises"),
        ):
            with self.subTest(target):
                self.refused(status, words, "--repeat", target, "--", SYSTEM)

    def test_what_is_no_interpreter(self) -> None:
        self.refused(125, "'ls' is none", "--repeat", "used:nothing", "--", "ls")
        self.refused(125, "--repeat 'app.py:function'", "--repeat", "used:nothing", "--", SYSTEM, "app.py")
        self.refused(125, "cannot have -m as well", "--repeat", "used:nothing", "--", SYSTEM, "-m", "pytest")
        self.refused(125, "--repeat is missing", "--repeat-count=8", "--", SYSTEM)


if __name__ == "__main__":
    unittest.main()
