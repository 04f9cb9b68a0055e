# SPDX-License-Identifier: Apache-2.0
import greeting


class Guest:
    pass


try:
    print(greeting.greet(Guest(), str.upper))
except Exception as error:
    print(type(error).__name__)
