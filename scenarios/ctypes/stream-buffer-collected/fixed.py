# SPDX-License-Identifier: Apache-2.0
import ctypes
import tempfile
from pathlib import Path

_libc = ctypes.CDLL("libc.so.6")
_IOFBF = 0
_libc.fopen.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
_libc.fopen.restype = ctypes.c_void_p
_libc.setvbuf.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
_libc.fputs.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
_libc.fclose.argtypes = [ctypes.c_void_p]


class Log:
    def __init__(self, path: Path) -> None:
        self.stream = _libc.fopen(bytes(path), b"w")
        self.buffer = buffer = ctypes.create_string_buffer(4096)
        _libc.setvbuf(self.stream, buffer, _IOFBF, len(buffer))

    def write(self, line: str) -> None:
        _libc.fputs(line.encode() + b"\n", self.stream)

    def close(self) -> None:
        _libc.fclose(self.stream)


with tempfile.TemporaryDirectory() as folder:
    log = Log(Path(folder) / "log")
    log.write("started")
    log.close()
    print((Path(folder) / "log").stat().st_size)
