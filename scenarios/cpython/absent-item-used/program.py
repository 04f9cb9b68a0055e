# SPDX-License-Identifier: Apache-2.0
import greeting

print(greeting.name_length({"name": "world"}), flush=True)
try:
    print(greeting.name_length({}))
except KeyError as error:
    print(error)
