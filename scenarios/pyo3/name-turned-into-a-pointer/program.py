# SPDX-License-Identifier: Apache-2.0
import greeting


class Guest:
    def __init__(self, number: int) -> None:
        self.number = number

    @property
    def name(self) -> str:
        return f"guest {self.number}"


for number in range(20):
    greeting.measure(Guest(number))
print(greeting.measure(Guest(20)))
