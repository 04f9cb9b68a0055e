# SPDX-License-Identifier: Apache-2.0
import greeting

print(len(greeting.gather(5)))
