# SPDX-License-Identifier: Apache-2.0
import array

import cffi

ffi = cffi.FFI()
ffi.cdef("int getloadavg(double loads[], int count);")
libc = ffi.dlopen(None)

loads = array.array("f", [0] * 6)
count = libc.getloadavg(ffi.from_buffer("double[]", loads), 3)
print(count, "loads, and nothing behind them:", loads[3:].tolist() == [0, 0, 0])
