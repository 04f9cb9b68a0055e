# SPDX-License-Identifier: Apache-2.0
"""python-magic has no tests in what its registry has of it: these go through all of its functions."""

import tempfile
import threading
from pathlib import Path

import magic
import pytest

KINDS = {b"#!/bin/sh\n": "text/x-shellscript", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR": "image/png", b"%PDF-1.4\n": "application/pdf"}


@pytest.mark.parametrize("data", KINDS)
def test_buffer(data: bytes) -> None:
    assert magic.from_buffer(data, mime=True) == KINDS[data]
    assert magic.from_buffer(data)


@pytest.mark.parametrize("data", KINDS)
def test_file(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(data)
        assert magic.from_file(str(path), mime=True) == KINDS[data]
        with path.open("rb") as opened:
            assert magic.from_descriptor(opened.fileno(), mime=True) == KINDS[data]


@pytest.mark.parametrize("option", ["mime", "mime_encoding", "keep_going", "uncompress", "raw", "extension"])
def test_options(option: str) -> None:
    assert magic.Magic(**{option: True}).from_buffer(b"hello") is not None


def test_parameters() -> None:
    cookie = magic.Magic()
    cookie.setparam(magic.MAGIC_PARAM_INDIR_MAX, 7)
    assert cookie.getparam(magic.MAGIC_PARAM_INDIR_MAX) == 7
    assert magic.version() > 500


def test_errors() -> None:
    with pytest.raises(FileNotFoundError):
        magic.from_file("/no/such/file")
    with pytest.raises(magic.MagicException):
        magic.Magic(magic_file="/no/such/file")


def test_threads() -> None:
    cookie = magic.Magic(mime=True)
    threads = [threading.Thread(target=cookie.from_buffer, args=(b"hello",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
