# SPDX-License-Identifier: Apache-2.0
import ctypes

import numpy as np

_libc = ctypes.CDLL("libc.so.6")
_Doubles = ctypes.POINTER(ctypes.c_double)
_libc.getloadavg.argtypes = [_Doubles, ctypes.c_int]

table = np.full((3, 2), -1.0)
loads = table[:, 0]
count = _libc.getloadavg(loads.ctypes.data_as(_Doubles), 3)
print(count, "loads are there:", bool((table[:, 0] >= 0).all()))
