# SPDX-License-Identifier: Apache-2.0
import ctypes

_libm = ctypes.CDLL("libm.so.6")
_libm.ldexp.restype = ctypes.c_double
_libm.ldexp.argtypes = [ctypes.c_double, ctypes.c_int]

print("three quarters by 2 to the 4th:", _libm.ldexp(0.75, 4))
