# SPDX-License-Identifier: Apache-2.0
import greeting

greeting.start()
sessions = [greeting.session() for _ in range(8)]
print(len(sessions))
del sessions
greeting.finish()
