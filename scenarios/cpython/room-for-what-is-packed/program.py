# SPDX-License-Identifier: Apache-2.0
import zlib

import greeting

print(greeting.unpack(zlib.compress(b"hi"), 20))
