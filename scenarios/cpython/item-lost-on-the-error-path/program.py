# SPDX-License-Identifier: Apache-2.0
import greeting


class Counter:
    """A sequence that makes its items."""

    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int) -> object:
        return index + 1000 if index < 2 else [index]


refused = 0
for _ in range(20):
    try:
        greeting.total(Counter())
    except TypeError:
        refused += 1
print(refused)
