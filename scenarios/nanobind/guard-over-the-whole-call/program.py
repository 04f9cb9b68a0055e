# SPDX-License-Identifier: Apache-2.0
import greeting

greetings = []
greeting.gather(greetings, 3)
print(len(greetings))
