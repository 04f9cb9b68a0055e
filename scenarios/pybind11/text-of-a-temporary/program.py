# SPDX-License-Identifier: Apache-2.0
import greeting


class Guest:
    def __init__(self, *names: str) -> None:
        self.names = names

    def __str__(self) -> str:
        return " and ".join(self.names)


print(greeting.length(Guest("the world", "the moon", "all the stars beyond them")) > 0)
