# SPDX-License-Identifier: Apache-2.0
"""Calls each function of guilty.c with what it wants, or the one that is named."""

import gc
import sys
from typing import Any, Dict, List, Tuple

import guilty

collect = gc.collect  # a callback


def text() -> str:
    return "".join(["a text ", str(len(sys.argv)), "\u00e9"])


def arguments() -> Dict[str, List[Tuple[Any, ...]]]:
    data = bytearray(b"some bytes that stay")
    return {
        "encoded": [(text(),)],
        "used_in_time": [(text(),)],
        "of_an_item": [([text()],)],
        "another_owner": [([],)],
        "after_a_callback": [(collect, text())],
        "never_given_back": [(data,)],
        "not_on_errors": [(data,), (b"1",)],
        "the_second_not": [(b"first", data)],
        "text_not": [(3, text())],
        "by_keyword_not": [(), (1, data)],
        "by_parser_not": [(1, data)],
        "given_back": [(b"1", None), (b"1", b"22", "text", data), (data, data, data, data)],
        "moved": [(data,), (b"other bytes",), (data,)],
        "moved_to_heap": [(data,), (b"other bytes",), (data,)],
        "copy_given_back": [(data,)],
        "refused": [(b"123",), (5,), (data,)],
        "badly_called": [(data, "no number"), (data, 5)],
        "by_reference": [(b"".join([b"12", b"345"]),)],
        "reference_kept": [(b"".join([b"12", b"345"]),), (b"".join([b"67", b"89"]),)],
        "by_pointer": [(data,)],
    }


def call(name: str) -> None:
    for given in arguments().get(name, [()]):
        try:
            getattr(guilty, name)(*given)
        except ValueError:
            pass


wanted = sys.argv[1:]
for name in wanted or [name for name in dir(guilty) if name[0] != "_" and name != "Wrapper"]:
    call(name)
if not wanted:
    guilty.by_keyword_not(data=bytearray(b"by name"))
    wrapper = guilty.Wrapper(b"".join([b"wrapped", b"bytes"]))
    if sys.version_info >= (3, 9):
        guilty.copy_given_back(wrapper)
    del wrapper
print("ok")
