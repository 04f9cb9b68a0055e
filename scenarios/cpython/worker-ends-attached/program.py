# SPDX-License-Identifier: Apache-2.0
import greeting

heard = []
for _ in range(3):
    greeting.announce(heard.append)
print(heard)
