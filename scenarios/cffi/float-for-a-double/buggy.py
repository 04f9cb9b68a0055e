# SPDX-License-Identifier: Apache-2.0
import cffi

ffi = cffi.FFI()
ffi.cdef("float pow(float base, float exponent);")
libm = ffi.dlopen("libm.so.6")

print("2 to the 10th is", libm.pow(2, 10))
