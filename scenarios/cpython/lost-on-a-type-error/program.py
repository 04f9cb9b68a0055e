# SPDX-License-Identifier: Apache-2.0
import greeting

for punctuation in ("!", *range(8)):
    try:
        print(greeting.greet("world", punctuation))
    except TypeError as error:
        print(error)
