# SPDX-License-Identifier: Apache-2.0
import greeting


class Guest:
    name = "world"


guest = Guest()
table = [guest, None]
try:
    greeting.place(table, 7, guest)
except IndexError as error:
    print(error)
print(table[0].name)
