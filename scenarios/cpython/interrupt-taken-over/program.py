# SPDX-License-Identifier: Apache-2.0
import os
import signal

import greeting

print(greeting.count(1000))
try:
    os.kill(os.getpid(), signal.SIGINT)
    print("interrupted: no")
except KeyboardInterrupt:
    print("interrupted: yes")
