# SPDX-License-Identifier: Apache-2.0
import greeting

print(greeting.greet("world"))
