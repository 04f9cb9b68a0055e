# SPDX-License-Identifier: Apache-2.0
import ctypes

import gi

gi.require_version("Greeting", "1.0")
from gi.repository import Greeting  # noqa: E402

banner = Greeting.banner("world")
print(ctypes.string_at(banner).decode())
Greeting.banner_free(banner)
