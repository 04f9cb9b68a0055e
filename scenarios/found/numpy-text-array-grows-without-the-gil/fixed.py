# SPDX-License-Identifier: Apache-2.0
"""How many there are is known: the array has its size from the start."""

import numpy

numbers = numpy.fromstring("1 " * 10000, sep=" ", count=10000)
print(len(numbers))
