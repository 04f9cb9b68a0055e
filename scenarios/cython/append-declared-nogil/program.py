# SPDX-License-Identifier: Apache-2.0
import greeting

total, results = greeting.sums(range(4))
print(total, len(results))
