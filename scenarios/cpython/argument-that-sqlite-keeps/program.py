# SPDX-License-Identifier: Apache-2.0
import greeting

greeting.bind_name(b"%d is a name" % 1234)
print(greeting.step(), "is SQLITE_ROW")
greeting.finish()
