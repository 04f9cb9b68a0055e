# SPDX-License-Identifier: Apache-2.0
import ctypes
import threading
import time

_libc = ctypes.CDLL("libc.so.6")
_libc.usleep.argtypes = [ctypes.c_uint]

beats = []


def beat():
    while not done.wait(0.01):
        beats.append(time.monotonic())


done = threading.Event()
thread = threading.Thread(target=beat)
thread.start()
_libc.usleep(400_000)
done.set()
thread.join()
print("awake")
