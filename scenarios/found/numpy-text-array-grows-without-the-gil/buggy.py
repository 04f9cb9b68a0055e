# SPDX-License-Identifier: Apache-2.0
"""How many numbers there are is not said: the array grows while the GIL is released."""

import numpy

numbers = numpy.fromstring("1 " * 10000, sep=" ")
print(len(numbers))
