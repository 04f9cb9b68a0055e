# SPDX-License-Identifier: Apache-2.0
"""Prints what calls of extension/api.c's functions take, in ns of CPU time: the best of a few loops, the loop included."""

import sys
import time
from collections.abc import Callable
from itertools import repeat

import api  # type: ignore[import-not-found]

LOOPS = 7
FUNCTIONS: list[Callable[[object], object]] = [api.one, api.ten, api.drop]


def best(function: Callable[[object], object], calls: int) -> float:
    taken = []
    for _ in range(LOOPS):
        start = time.process_time()
        for _ in repeat(None, calls):
            function(LOOPS)
        taken.append(time.process_time() - start)
    return min(taken) / calls * 1e9


def main() -> None:
    calls = int(sys.argv[1])
    print(*(f"{best(function, calls):.1f}" for function in FUNCTIONS))


if __name__ == "__main__":
    main()
