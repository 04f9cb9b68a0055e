# SPDX-License-Identifier: Apache-2.0
import greeting

data = bytearray(b"abc")
try:
    greeting.checksum(data)
except ValueError as error:
    print(error)
print(greeting.checksum(b"abcdef"))
