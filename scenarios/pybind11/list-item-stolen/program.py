# SPDX-License-Identifier: Apache-2.0
import greeting


class Guest:
    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return self.name


guest = Guest("world")
guests = [guest]
print(greeting.first(guests))
print(guest.name)
