# SPDX-License-Identifier: Apache-2.0
import greeting

heard = []


def subscribe(prefix: str) -> None:
    greeting.listen(lambda text: heard.append(prefix + text))


subscribe("heard: ")
print(heard)
