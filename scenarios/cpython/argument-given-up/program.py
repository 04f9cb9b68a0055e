# SPDX-License-Identifier: Apache-2.0
import greeting


def main() -> None:
    names = ["world", "moon"]
    party = {"guests": names}
    print(greeting.greet(names))
    print(len(party["guests"]))


main()
