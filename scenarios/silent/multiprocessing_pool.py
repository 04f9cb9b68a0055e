# SPDX-License-Identifier: Apache-2.0
"""Processes by fork, by spawn and by a fork server: each starts and ends in its own way."""

import multiprocessing


def square(number: int) -> int:
    return number * number


def main() -> None:
    for method in ("fork", "spawn", "forkserver"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            print(method, pool.map(square, range(4)))
            pool.close()
            pool.join()


if __name__ == "__main__":
    main()
