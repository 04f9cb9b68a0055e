# SPDX-License-Identifier: Apache-2.0
"""How the programs of each runtime are started. A scenario's runtime is the name of the folder that it is in."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = "/usr/bin/python3"
SKIPPED = 77


@dataclass(frozen=True)
class Runtime:
    command: list[str]
    suffix: str  # of its programs
    probe: list[str]  # arguments with which the command succeeds where everything is there
    source: str  # where ci/setup has it from
    built: str = ""  # what CMake has built of a program where everything is there


RUNTIMES = {
    "native": Runtime([], "", [], ""),
    "ctypes": Runtime([PYTHON], ".py", ["-c", "import ctypes"], "python3"),
    "cpython": Runtime([PYTHON], ".py", ["-c", ""], "python3"),
    "cython": Runtime([PYTHON], ".py", ["-c", ""], "ci/packages/python.txt (Cython)", "greeting.so"),
    "nanobind": Runtime([PYTHON], ".py", ["-c", ""], "ci/packages/python.txt (nanobind)", "greeting.so"),
    "pybind11": Runtime([PYTHON], ".py", ["-c", ""], "ci/packages/python.txt (pybind11)", "greeting.so"),
    "pyo3": Runtime([PYTHON], ".py", ["-c", ""], "scenarios/pyo3/Cargo.lock, by cargo", "greeting.so"),
    "found": Runtime([PYTHON], ".py", ["-c", "import numpy"], "python3-numpy"),
    "found-wheel": Runtime(
        [str(ROOT / "build/venv/bin/python3")],
        ".py",
        ["-c", "import ahocorasick, google.protobuf, zstandard"],
        "ci/packages/python.txt",
    ),
    "cffi": Runtime([PYTHON], ".py", ["-c", "import cffi"], "python3-cffi"),
    "cffi-wheel": Runtime([str(ROOT / "build/venv/bin/python3")], ".py", ["-c", "import cffi"], "ci/packages/python.txt"),
    "gi": Runtime([PYTHON], ".py", ["-c", "import gi; gi.require_version('GLib', '2.0')"], "python3-gi, gir1.2-glib-2.0"),
    "ruby": Runtime(["ruby"], ".rb", ["-r", "fiddle", "-r", "ffi", "-e", ""], "ruby, ruby-ffi"),
    "php": Runtime(["php"], ".php", ["-r", "FFI::cdef();"], "php-cli"),
    "java": Runtime(
        ["java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", "/usr/share/java/jna.jar"],
        ".java",
        ["--list-modules"],
        "openjdk-17-jdk-headless, libjna-java",
    ),
    "jni": Runtime(["java", "-Xshare:auto", "-XX:TieredStopAtLevel=1"], ".java", ["--list-modules"], "openjdk-17-jdk-headless"),
    "go": Runtime(["go"], "", ["version"], "go"),
    "guile": Runtime(["guile", "--no-auto-compile"], ".scm", ["-c", "(use-modules (system foreign))"], "guile-3.0"),
    "lua": Runtime(["luajit"], ".lua", ["-e", "require('ffi')"], "luajit"),
    "node": Runtime(["node"], ".js", ["-e", "require('koffi')"], "nodejs, ci/packages/node.txt"),
}

# What they find their modules by; {build} is the folder of what was built for the scenario's variant.
ENVIRONMENT = {
    "NODE_PATH": str(ROOT / "build/node/node_modules"),
    "GI_TYPELIB_PATH": "{build}",
    "GUILE_AUTO_COMPILE": "0",
    "BINDING_LIBRARY": "{build}/libbinding.so",
}


def missing(what: str, source: str) -> None:
    """Ends the test: skipped, but where everything has to be there (ci/test says so) that is a failure."""
    print(f"{what} is not there; ci/setup has it from {source}")
    sys.exit(1 if os.environ.get("FFISAN_NO_SKIPS") else SKIPPED)


def require(name: str, build: Path | None = None) -> None:
    """`build`: the folder of what was built for a scenario's variant."""
    runtime = RUNTIMES[name]
    if build and runtime.built and not (build / runtime.built).exists():
        missing(f"{build / runtime.built} was not built: {name}", runtime.source)
    if not runtime.command:
        return
    found = shutil.which(runtime.command[0])
    environment = os.environ | {"NODE_PATH": ENVIRONMENT["NODE_PATH"]}
    probe = [*runtime.command, *runtime.probe]
    if not found or subprocess.run(probe, env=environment, capture_output=True, check=False).returncode:
        missing(name, runtime.source)


def command_of(name: str, folder: Path, variant: str, build: Path) -> list[str]:
    runtime = RUNTIMES[name]
    for program in (f"program{runtime.suffix}", f"{variant}{runtime.suffix}"):
        if runtime.suffix and (folder / program).exists():
            return [*runtime.command, program]
    return [str(build / "program")]


def environment_of(build: Path, variant: str) -> dict[str, str]:
    given = {name: value.format(build=build) for name, value in ENVIRONMENT.items()}
    return given | {"PYTHONPATH": f"{build}:{Path(os.environ['GREETING_LIBRARY']).parent}:{variant}"}
