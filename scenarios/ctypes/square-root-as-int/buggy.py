# SPDX-License-Identifier: Apache-2.0
import ctypes

_libm = ctypes.CDLL("libm.so.6")
_libm.sqrt.argtypes = [ctypes.c_double]

print(_libm.sqrt(2.0))
