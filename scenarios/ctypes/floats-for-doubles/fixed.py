# SPDX-License-Identifier: Apache-2.0
import array
import ctypes

_libc = ctypes.CDLL("libc.so.6")

loads = array.array("d", [0] * 6)
count = _libc.getloadavg((ctypes.c_char * (loads.itemsize * len(loads))).from_buffer(loads), 3)
print(count, "loads, and nothing behind them:", loads[3:].tolist() == [0, 0, 0])
