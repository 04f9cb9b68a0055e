# SPDX-License-Identifier: Apache-2.0
import greeting


def describe(size: int) -> str:
    try:
        return "large" if greeting.Hall(size).is_large else "small"
    except OverflowError:
        return "endless"


print(describe(50))
try:
    print(describe(10**30))
except OverflowError:
    print("endless, said print")
