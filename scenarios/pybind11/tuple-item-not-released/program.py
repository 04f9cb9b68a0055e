# SPDX-License-Identifier: Apache-2.0
import greeting


class Guest:
    def __init__(self, name: list[str]) -> None:
        self.name = name


guest = Guest(["world"])
pair = greeting.pair(guest)
print(pair[0], *guest.name)
