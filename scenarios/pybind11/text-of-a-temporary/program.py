# SPDX-License-Identifier: Apache-2.0
import greeting


class Guest:
    def __str__(self):
        return "the world and the moon and all the stars beyond them " * 20


print(greeting.length(Guest()) > 0)
