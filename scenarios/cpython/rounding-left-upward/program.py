# SPDX-License-Identifier: Apache-2.0
import greeting

greeting.price(0.1)
print("a third is", 1 / float("3"))
