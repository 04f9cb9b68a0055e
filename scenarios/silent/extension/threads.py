# SPDX-License-Identifier: Apache-2.0
"""Calls threads.c in every way that it may be called."""

import sys
import threading

import _threads as threads

calls = []


def called():
    calls.append(threading.get_ident())
    return sum(range(100))


def works_for_long():
    total = 0
    for number in range(2_000_000):
        total += number % 7
    return total


assert len(threads.let_others(300)) == 600
threads.without()
threads.in_threads(called)
assert len(calls) == 2 * 3 + 2 * 2 + 2
threads.wait_for(works_for_long)
assert threads.in_another_interpreter(b"import sys, math; sum(range(1000))") == 0
threads.in_threads(called)
assert threads.in_another_interpreter(b"x = [[] for _ in range(1000)]") == 0
threads.let_others(10)
threads.round_up_for_a_while()

workers = [threading.Thread(target=threads.let_others, args=(200,)) for _ in range(4)]
for worker in workers:
    worker.start()
for worker in workers:
    worker.join()
threads.keep({"kept": calls})
if sys.version_info >= (3, 10):  # older ones may crash of it, with or without FFISan
    threads.stay(called)
print("done")
