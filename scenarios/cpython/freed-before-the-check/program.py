# SPDX-License-Identifier: Apache-2.0
import greeting

for name in ("a rather long name for a world", "", "world"):
    try:
        greeting.set_name(name)
        print("named", name)
    except ValueError as error:
        print(error)
