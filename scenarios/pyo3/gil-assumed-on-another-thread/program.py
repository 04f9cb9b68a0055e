# SPDX-License-Identifier: Apache-2.0
import greeting

heard = []
greeting.listen(heard)
print(heard)
