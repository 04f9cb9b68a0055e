# SPDX-License-Identifier: Apache-2.0
import cffi

ffi = cffi.FFI()
ffi.cdef("double pow(double base, double exponent);")
libm = ffi.dlopen("libm.so.6")

print("2 to the 10th is", libm.pow(2, 10))
