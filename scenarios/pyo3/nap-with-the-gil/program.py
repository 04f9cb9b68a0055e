# SPDX-License-Identifier: Apache-2.0
import greeting

greeting.nap(400)
print("awake")
