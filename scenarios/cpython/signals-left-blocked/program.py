# SPDX-License-Identifier: Apache-2.0
import signal

import greeting

greeting.send("hello")
try:
    greeting.send(b"hello")
except TypeError:
    print("that is no letter")
print("can be stopped:", not signal.pthread_sigmask(signal.SIG_BLOCK, []))
