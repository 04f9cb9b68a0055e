# SPDX-License-Identifier: Apache-2.0
import greeting


class Guest:
    pass


def say(name: str) -> str:
    return f"hello, {name}"


try:
    print(greeting.greet(Guest(), say))
except Exception as error:
    print(type(error).__name__)
